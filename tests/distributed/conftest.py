# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import logging

import pytest


@pytest.fixture(scope="session")
def cluster():
    """Two worker processes that only this machine can reach."""
    from distributed import LocalCluster

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


@pytest.fixture
def client(cluster):
    """A client of them; all that asks for one asks this one meanwhile."""
    from distributed import Client

    with Client(cluster) as client:
        client.wait_for_workers(2, timeout=60)
        yield client
