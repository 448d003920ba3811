# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Estimators with any parameters they allow, and any life: an answer, or words."""

import pytest
from hypothesis import given, settings

from tests.reliability import scale
from tests.reliability.lives import live
from tests.reliability.strategies import draws
from tests.reliability.subjects import SUBJECTS

# Examples a door in the long form, see nights.py.
LONG = 2_000

ROOMS = {"context", "vision", "fusion", "geolocation", "ranking"}
MINE = [s for s in SUBJECTS if s.cls.__module__.split(".")[1] in ROOMS]


@pytest.mark.parametrize("subject", MINE, ids=str)
@settings(max_examples=scale(3, LONG))
@given(draw=draws)
def test_whatever_happened_before(subject, draw):
    live(subject, draw)
