# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What holds for every test: one thread a process, and no walks through old objects."""

import gc
import os

# Before anything loads numpy or torch. Networks of tests are so small that threads
# wait for each other most of the time, and processes of tests share the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_finish(session):
    """Take what was made while tests were collected out of every garbage collection.

    Modules and parameters live to the end. There are millions of them in the whole
    suite, and a collection that visits them all takes most of a second.
    """
    gc.collect()
    gc.freeze()
