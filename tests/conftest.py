# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What holds for every test: one thread a process, and no walks through old objects.

Property tests run a few examples that never change; `--hypothesis-profile=nightly`
runs ten thousand of each that are new every time. A test that says itself how many
examples it wants keeps that number.
"""

import gc
import os

from hypothesis import HealthCheck, settings

# Before anything loads numpy or torch. Networks of tests are so small that threads
# wait for each other most of the time, and processes of tests share the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile(
    "quick",
    deadline=None,
    derandomize=True,
    max_examples=20,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "nightly",
    deadline=None,
    max_examples=10_000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def pytest_configure(config):
    """Take the quick profile, unless another is asked for, and quiet hypothesis."""
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("quick")
    # Of what is frozen below nobody knows who holds it, and old versions of hypothesis
    # take that for nobody.
    config.addinivalue_line(
        "filterwarnings",
        "ignore:It looks like .register_random. was passed:"
        "hypothesis.errors.HypothesisWarning",
    )


def pytest_collection_finish(session):
    """Take what was made while tests were collected out of every garbage collection.

    Modules and parameters live to the end. There are millions of them in the whole
    suite, and a collection that visits them all takes most of a second.
    """
    gc.collect()
    gc.freeze()
