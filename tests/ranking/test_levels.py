# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Levels of a training, and which state answers how exact a question."""

import numpy as np
import pytest

from sklearn_geo.ranking import GRANULARITIES, RankerState
from sklearn_geo.ranking._levels import Level, pick_state, plan_levels

PAPER = (20_000, 2_000, 1_000, 200, 0)


def states_of(*sigmas):
    return [RankerState(float(sigma), n, None) for n, sigma in enumerate(sigmas)]


def test_levels_of_each_mode():
    assert plan_levels("raw", PAPER, 0.1) == [Level(0.0, 0.1)]
    assert plan_levels("zeroed", PAPER, 0.1) == [Level(np.inf, 1.0)]
    # Silenced until that has converged, and then let in little by little.
    assert plan_levels("dropout", PAPER, 0.5) == [
        Level(np.inf, 1.0),
        Level(0.0, 0.5, grows=True),
    ]
    assert plan_levels("sampling", PAPER, 0.0) == [
        Level(float(sigma), 0.0) for sigma in PAPER
    ]


@pytest.mark.parametrize(
    ("schedule", "sigmas"),
    [
        ((500,), [500]),
        ([np.float32(500), np.int64(20), 0], [500, 20, 0]),
        (np.array([500.0, 500.0, 0.0]), [500, 500, 0]),
        (lambda level: 800 / 2**level if level < 3 else 0, [800, 400, 200, 0]),
        (lambda level: [300, 20, None][level], [300, 20]),
        (lambda level: 7.0, [7] * 100),  # one that never ends
    ],
)
def test_schedules(schedule, sigmas):
    levels = plan_levels("sampling", schedule, 0.2)
    assert [level.sigma_km for level in levels] == sigmas
    assert {level.silence for level in levels} == {0.2}


@pytest.mark.parametrize(
    "schedule",
    [
        (),
        (0, 200),
        (200, -1),
        (200, "0"),
        (True,),
        (np.nan,),
        (200, np.nan, 0),
        lambda level: None,
        lambda level: -5,
    ],
)
def test_words_about_schedules(schedule):
    with pytest.raises(ValueError, match="from rough to exact, such as"):
        plan_levels("sampling", schedule, 0.0)


@pytest.mark.parametrize(
    ("granularity", "paper", "dropout"),
    [
        ("street", 4, 1),  # at most half a kilometre: only 0
        ("city", 4, 1),
        ("region", 4, 1),  # 200 is more than 100
        ("country", 3, 1),  # 200 is at most 375
        ("continent", 2, 1),  # 1000 is at most 1250
        ("anywhere", 0, 0),
        (None, 4, 1),
        (399.0, 4, 1),
        (400, 3, 1),
        (np.float64(2_000.0), 2, 1),
        (4_000, 1, 1),
        (np.inf, 0, 0),
    ],
)
def test_the_state_of_the_largest_sigma_of_at_most_half_the_distance(
    granularity, paper, dropout
):
    assert pick_state(states_of(*PAPER), granularity) == paper
    assert pick_state(states_of(np.inf, 0), granularity) == dropout
    assert pick_state(states_of(0), granularity) == 0
    # Where no state is as exact as that, the last one is as exact as it gets.
    everywhere = granularity in ("anywhere", np.inf)
    assert pick_state(states_of(50_000, 30_000), granularity) == (not everywhere)


def test_names_have_the_distances_of_the_paper():
    assert dict(GRANULARITIES) == {
        "street": 1,
        "city": 25,
        "region": 200,
        "country": 750,
        "continent": 2500,
        "anywhere": np.inf,
    }


@pytest.mark.parametrize(
    "granularity",
    ["town", 0, -3.0, np.nan, True, False, [25], b"city", np.timedelta64(1, "D")],
)
def test_words_about_granularities(granularity):
    with pytest.raises(ValueError, match=r"granularity.*a distance in km"):
        pick_state(states_of(0), granularity)


def test_states_say_what_they_are():
    assert repr(RankerState(200.0, 7, None)) == "RankerState(sigma_km=200, n_iter=7)"
