# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The synthetic data that the tests of this folder measure, made once."""

import signal

import pytest

from sklearn_geo.datasets import make_checkins, make_geotagged_photos


@pytest.fixture(scope="session")
def photos():
    return make_geotagged_photos(20_000, random_state=0)


@pytest.fixture(scope="session")
def more_photos():
    """Return photos of the same world by other users."""
    return make_geotagged_photos(4_000, random_state=1)


@pytest.fixture(scope="session")
def venues():
    return make_checkins(2_000, n_checkins=60_000, random_state=0)


@pytest.fixture
def no_hanging():
    """Let a test fail that would go on for ever."""

    def late(*_):
        raise AssertionError("takes too long")

    if hasattr(signal, "setitimer"):
        before = signal.signal(signal.SIGALRM, late)
        signal.setitimer(signal.ITIMER_REAL, 10)
    yield
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
