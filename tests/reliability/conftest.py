# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What several files of attacks share: runs in other processes."""

import os
import pickle
import subprocess
import sys

import pytest

from sklearn_geo._file_lock import locked
from tests.reliability.faults import Children


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory):
    """Return what subjects say in another process, see `elsewhere.py`.

    It has another hash seed, two threads instead of one, and no network. All processes
    that share the tests out wait for one such run.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    file = folder / "elsewhere.pickle"
    environ = {**os.environ, "PYTHONHASHSEED": "12345", "OMP_NUM_THREADS": "2"}
    command = [sys.executable, "-m", "tests.reliability.elsewhere", str(file)]
    with locked(folder / "elsewhere.lock"):
        if not file.exists():
            subprocess.run(command, env=environ, check=True, timeout=3600)
    return pickle.loads(file.read_bytes())


@pytest.fixture(scope="session")
def children(tmp_path_factory):
    """A process whose children write, and are killed."""
    children = Children(tmp_path_factory.mktemp("children"))
    yield children
    children.close()
