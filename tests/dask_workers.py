# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two processes of dask that only this machine can reach, and that begin at once."""

import contextlib
import logging
from multiprocessing import forkserver

# What workers would import one by one; torch imports half of itself at the first step.
_IMPORTED = ["dask.dataframe", "sklearn_geo.distributed._fit", "torch._dynamo"]


@contextlib.contextmanager
def two_workers():
    """Start a cluster of two worker processes, of one thread each."""
    import dask
    from distributed import LocalCluster

    # Workers are forked from one process that has no threads and has imported all, so
    # that two of them, and those that follow them when they are killed, begin at once.
    # One that was killed is waited for: a busy machine takes longer than 15 seconds.
    settings = {
        "distributed.worker.multiprocessing-method": "forkserver",
        "distributed.deploy.lost-worker-timeout": "10 minutes",
    }
    with dask.config.set(settings):
        forkserver.set_forkserver_preload(_IMPORTED)
        forkserver.ensure_running()
        with LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # any port, and nobody else's
            worker_dashboard_address="127.0.0.1:0",
            silence_logs=logging.ERROR,
        ) as cluster:
            yield cluster
