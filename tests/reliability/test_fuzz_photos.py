# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos, geolocators and taggers, asked and taught anything: an answer, or words."""

import pytest
from hypothesis import given

from tests.reliability.arguments import (
    ARGUMENTS,
    arguments_of,
    attack_method,
    entries_of,
    known,
)
from tests.reliability.strategies import draws

ENTRIES = entries_of("vision", "geolocation", "ranking")


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_no_argument_is_forgotten(entry):
    assert set(arguments_of(entry.method)) <= set(ARGUMENTS)


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
@given(draw=draws)
def test_it_answers_or_says_why_not(entry, draw):
    attack_method(entry.subject, known(entry.subject), entry.name, draw)
