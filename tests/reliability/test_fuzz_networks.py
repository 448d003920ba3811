# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Contexts and fusion, asked and taught anything: an answer, or words."""

import pytest
from hypothesis import given, settings

from tests.reliability import scale
from tests.reliability.arguments import (
    ARGUMENTS,
    LEARNS,
    arguments_of,
    attack_method,
    entries_of,
    known,
)
from tests.reliability.strategies import draws

# Examples a door in the long form, see nights.py; fewer of those who learn.
LONG, LEARN = 10_000, 1_000

ENTRIES = entries_of("context", "fusion")
ASKED = [entry for entry in ENTRIES if entry.name not in LEARNS]
TAUGHT = [entry for entry in ENTRIES if entry.name in LEARNS]


def test_no_argument_is_forgotten():
    for entry in ENTRIES:
        assert set(arguments_of(entry.method)) <= set(ARGUMENTS), entry


@pytest.mark.parametrize("entry", ASKED, ids=str)
@settings(max_examples=scale(5, LONG))
@given(draw=draws)
def test_asked_anything(entry, draw):
    attack_method(entry.subject, known(entry.subject), entry.name, draw)


@pytest.mark.parametrize("entry", TAUGHT, ids=str)
@settings(max_examples=scale(3, LEARN))
@given(draw=draws)
def test_taught_anything(entry, draw):
    attack_method(entry.subject, known(entry.subject), entry.name, draw)
