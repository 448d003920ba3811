# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Jobs that all begin at one moment, a thread each, and take turns all the time."""

import sys
import threading
import time
import warnings

__all__ = ["at_once"]


def at_once(jobs, seconds=240.0):
    """Return what jobs return, in their order.

    Threads take turns after a millionth of a second once all of them are there: the
    machinery that starts threads, above all under a tracer, does not stand that.

    Parameters
    ----------
    jobs : list of callable
        Called without arguments. What one raises is raised here.

    seconds : float, default=240.0
        How long they may take, all together.

    Returns
    -------
    list
        A result a job.
    """
    found, barrier = [None] * len(jobs), threading.Barrier(len(jobs) + 1)

    def work(number, job):
        try:
            barrier.wait(60)
            found[number] = job()
        except BaseException as error:
            found[number] = error

    threads = [
        threading.Thread(target=work, args=each, daemon=True)
        for each in enumerate(jobs)
    ]
    before, end = sys.getswitchinterval(), time.monotonic() + seconds
    with warnings.catch_warnings():  # which is no matter of one thread
        warnings.simplefilter("error")
        # Each fold of scikit-learn's Parallel empties the list of filters and fills it
        # again; another that copies it in between says it was called without Parallel.
        warnings.filterwarnings("ignore", r"`sklearn\.utils\.parallel\.delayed`")
        for thread in threads:
            thread.start()
        while barrier.n_waiting < len(jobs) and time.monotonic() < end:
            time.sleep(0.001)
        try:
            sys.setswitchinterval(1e-6)
            barrier.wait(60)
            for thread in threads:
                thread.join(max(0.0, end - time.monotonic()))
        finally:
            sys.setswitchinterval(before)
    assert not any(thread.is_alive() for thread in threads), "threads wait for ever"
    for result in found:
        if isinstance(result, BaseException):
            raise result
    return found
