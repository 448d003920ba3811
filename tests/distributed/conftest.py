# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import logging

import pytest


@pytest.fixture(scope="session")
def cluster():
    """Two worker processes on this machine, without a dashboard."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
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
