# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Work done by threads a little ahead of who needs it."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor

__all__ = ["done_ahead"]


def done_ahead(function, values, n_threads, ahead):
    """Yield what a function makes of values, in order.

    Parameters
    ----------
    function : callable
        What is done with each value. Pillow and torch do most of their work without
        holding up other threads.

    values : sequence
        The values.

    n_threads : int
        How many threads work; with 1 there are none, and nothing is done ahead.

    ahead : int
        How many results may wait, which bounds memory.

    Yields
    ------
    object
        The next result. An error is raised where its value would have come.

    Examples
    --------
    >>> from sklearn_geo.vision._ahead import done_ahead
    >>> list(done_ahead(abs, [-1, 2, -3], 2, 2))
    [1, 2, 3]
    """
    if n_threads < 2:
        yield from map(function, values)
        return
    waiting = deque()
    with ThreadPoolExecutor(n_threads) as threads:
        try:
            for value in values:
                waiting.append(threads.submit(function, value))
                if len(waiting) >= ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # who asks has had enough, or has failed
            for future in waiting:
                future.cancel()
