# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Dask at work: on the cluster of the client there is, or here without one."""

from itertools import islice

__all__ = ["add_up", "each_part", "each_task", "need_dask", "parts_of"]

# Results that one task adds up.
_TOGETHER = 16


def need_dask():
    """Say what to install where there is no dask."""
    try:
        import dask.dataframe  # noqa: F401
        import distributed  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "sklearn_geo.distributed works with dask. Install it with: pip install "
            "'sklearn-geo[dask]'"
        ) from error


def parts_of(frame, columns, function, setup, *more):
    """Make a task for each part of a table.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        The table.

    columns : list of str
        Columns to read.

    function : callable
        From a part, `setup`, its number and `more` to something small.

    setup : Setup
        Goes to all of them, and to each worker once.

    *more : object
        Further arguments.

    Returns
    -------
    list of dask.delayed.Delayed
        The tasks.
    """
    import dask

    setup = dask.delayed(setup, name=_name("setup"), traverse=False)
    task = dask.delayed(function, pure=False, traverse=False)
    return [
        task(part, setup, number, *more)
        for number, part in enumerate(_parts(frame, columns))
    ]


def _parts(frame, columns):
    """Return the parts of a table with some columns: the same, whatever columns."""
    # Dask reads no other columns then; all it does to be faster would also put small
    # parts together, the more the fewer columns there are.
    parts = frame[columns].simplify().to_delayed(optimize_graph=False)
    if len(parts) != frame.npartitions:
        raise ValueError(
            f"photos has {frame.npartitions} parts, and {len(parts)} when it is read. "
            "Write it to Parquet first, and pass the files."
        )
    return parts


def add_up(tasks, add):
    """Add up the results of tasks in a tree, and return the one that is left."""
    import dask

    add = dask.delayed(add, pure=False)
    while len(tasks) > 1:
        tasks = [
            add(tasks[first : first + _TOGETHER])
            for first in range(0, len(tasks), _TOGETHER)
        ]
    return dask.compute(tasks[0])[0]


def each_part(tasks):
    """Yield the results of tasks as they are done."""
    import dask

    client = _client()
    if client is None:
        for task in tasks:
            yield dask.compute(task)[0]
    else:
        yield from _as_completed(client, client.compute(tasks))


def each_task(function, jobs, setup, *more, lost=None):
    """Yield the results of a function of each job as they are done.

    The jobs begin in the order they have. An iterable may make them one by one. What
    ``lost(job, why)`` returns is the result of a job of which workers die again and
    again, as they do when the system ends them because memory runs out.
    """
    client = _client()
    if client is None:
        for job in jobs:
            yield function(job, setup, *more)
        return
    from distributed import KilledWorker, as_completed

    # A task, since what is scattered is lost with the worker that holds it.
    setup = client.submit(_as_it_is, setup, pure=False)
    jobs, waiting, running = iter(jobs), as_completed(), {}
    try:
        while True:
            # Not all at once: jobs are made when their turn comes.
            for job in islice(jobs, max(0, _n_ahead(client) - len(running))):
                future = client.submit(_call, job, function, setup, more, pure=False)
                running[future] = job
                waiting.add(future)
            if not running:
                return
            future = next(waiting)
            job = running.pop(future)
            try:
                result = future.result()
            except KilledWorker as error:
                if lost is None or error.task != future.key:
                    raise  # the second is what all jobs need
                result = lost(job, "workers died of it, again and again")
            yield result
    finally:
        client.cancel(list(running))


def _n_ahead(client):
    """Return how many jobs keep all workers at work."""
    return 2 * sum(client.nthreads().values()) + 2


def _as_completed(client, futures):
    from distributed import as_completed

    try:
        for _, result in as_completed(futures, with_results=True):
            yield result
    finally:
        client.cancel(futures)


def _call(job, function, setup, more):
    return function(job, setup, *more)


def _as_it_is(value):
    return value


def _client():
    from distributed import get_client

    try:
        return get_client()
    except ValueError:
        return None


def _name(what):
    import uuid

    return f"{what}-{uuid.uuid4().hex}"
