# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A line now and then about how far a long computation has come."""

import time

_SECONDS_BETWEEN_LINES = 1.0


class Progress:
    """Count rows that are done, and say so about once a second.

    Parameters
    ----------
    who : str
        Whose rows they are, for the line.

    n_rows : int
        How many there are.

    verbose : bool or int
        0 prints nothing.
    """

    def __init__(self, who, n_rows, verbose):
        self._who, self._n_rows, self._verbose = who, n_rows, verbose
        self._done = 0
        self._start = self._last = time.perf_counter()

    def advance(self, n_rows):
        """Note that some more rows are done."""
        self._done += n_rows
        now = time.perf_counter()
        long_ago = now - self._last >= _SECONDS_BETWEEN_LINES
        ends_long_work = self._done == self._n_rows and self._last > self._start
        if not self._verbose or not (long_ago or ends_long_work):
            return
        self._last = now
        print(
            f"[{self._who}] {self._done:,} of {self._n_rows:,} rows, "
            f"{now - self._start:.0f} s",
            flush=True,
        )
