# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import pytest

from tests.dask_workers import two_workers


@pytest.fixture(scope="session")
def cluster():
    """Two worker processes that only this machine can reach."""
    with two_workers() as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    """A client of them; all that asks for one asks this one meanwhile."""
    from distributed import Client

    with Client(cluster) as client:
        client.wait_for_workers(2, timeout=60)
        yield client
