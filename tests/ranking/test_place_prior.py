# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What photos around a place say of tags, against a slow loop and by hand."""

import numpy as np
import pytest
from scipy import sparse

from sklearn_geo.geometry import haversine
from sklearn_geo.ranking._place_prior import PlacePrior

rng = np.random.default_rng(5)


def slowly(prior, place, skip=()):
    """Return log(p(t | place) / p(t)), photo by photo and bandwidth by bandwidth."""
    p = prior.frequency
    tags = prior.indicator.toarray()
    kept = [n for n in range(len(tags)) if n not in skip]
    crowd = {}
    for n in kept:
        group = n if prior.groups is None else ("of", prior.groups[n])
        crowd[group] = crowd.get(group, 0) + 1
    for h in sorted(prior.bandwidths_km, reverse=True):
        total, mass = np.zeros(len(p)), 0.0
        for n in kept:
            d = haversine(place[None], prior.places[n][None])[0] / h
            group = n if prior.groups is None else ("of", prior.groups[n])
            w = np.exp(-0.5 * d * d) / np.sqrt(crowd[group]) if d <= 4 else 0.0
            total += w * tags[n]
            mass += w * tags[n].sum()
        if mass:
            p = (total + prior.smoothing * p) / (mass + prior.smoothing)
    return np.log(p / prior.frequency)


@pytest.mark.parametrize("groups", [None, rng.integers(0, 6, 40)])
def test_lifts_are_those_of_a_loop(groups):
    places = np.column_stack([rng.normal(60, 0.2, 40), rng.normal(179.9, 0.4, 40)])
    places[:, 1] = (places[:, 1] + 180) % 360 - 180  # across the antimeridian
    tags = sparse.csr_array((rng.random((40, 7)) < 0.3).astype(float))
    frequency = rng.dirichlet(np.ones(7))
    prior = PlacePrior(places, tags, frequency, [2.0, 15.0], groups)
    prior.smoothing = 3.0
    asked = np.array([[60.0, 180.0 - 360.0], [59.9, 179.5], [-60.0, 0.0]])
    lifts, rest = prior.lifts(asked, np.ones(3, dtype=bool))
    found = lifts.toarray() + rest[:, None]
    expected = [slowly(prior, place) for place in asked]
    np.testing.assert_allclose(found, expected, atol=2e-6)
    assert lifts[[2]].nnz == 0
    assert rest[2] == 0


def test_a_photo_and_its_user_do_not_tell_of_it():
    places = rng.normal([48, 11], 0.05, (30, 2))
    tags = sparse.csr_array((rng.random((30, 5)) < 0.4).astype(float))
    groups = rng.integers(0, 4, 30)
    prior = PlacePrior(places, tags, np.full(5, 0.2), [5.0], groups)
    own = np.arange(30)
    known = np.ones(30, dtype=bool)
    lifts, rest = prior.lifts(places, known, own=own, groups=groups)
    for n in (0, 11, 29):
        skip = np.flatnonzero(groups == groups[n])
        expected = slowly(prior, places[n], skip=set(skip.tolist()))
        np.testing.assert_allclose(
            lifts[[n]].toarray()[0] + rest[n], expected, atol=2e-6
        )


def test_probabilities_stay_probabilities():
    places = rng.normal([10, 10], 0.1, (50, 2))
    tags = sparse.csr_array((rng.random((50, 9)) < 0.2).astype(float))
    frequency = rng.dirichlet(np.ones(9))
    prior = PlacePrior(places, tags, frequency, [1.0, 10.0, 100.0])
    lifts, rest = prior.lifts(places, np.ones(50, dtype=bool))
    p = np.exp(lifts.toarray() + rest[:, None]) * frequency
    np.testing.assert_allclose(p.sum(axis=1), 1.0, atol=1e-5)


def test_nothing_is_said_of_places_that_are_not_known():
    prior = PlacePrior(
        np.zeros((3, 2)), sparse.eye_array(3).tocsr(), np.full(3, 1 / 3), [1]
    )
    lifts, rest = prior.lifts(np.zeros((2, 2)), np.array([True, False]))
    assert lifts[[0]].nnz == 3
    assert lifts[[1]].nnz == 0
    assert rest[1] == 0


def test_one_photo_by_hand():
    # One photo with one tag, at the place itself: p = (1 + 2 * 0.25) / (1 + 2) = 0.5.
    tags = sparse.csr_array([[1.0, 0.0]])
    prior = PlacePrior(np.array([[0.0, 0.0]]), tags, [0.25, 0.75], [1.0])
    prior.smoothing = 2.0
    lifts, rest = prior.lifts(np.array([[0.0, 0.0]]), np.array([True]))
    np.testing.assert_allclose(lifts.toarray() + rest, [[np.log(2), np.log(2 / 3)]])


def test_ratios_that_no_number_holds():
    # p = 1 / (1 + 2e-308) is 1, and the frequency 1e-300: the lift is 300 ln 10, though
    # the share that is left to the world times the frequency is no number.
    tags = sparse.csr_array([[1.0, 0.0]])
    prior = PlacePrior(np.array([[0.0, 0.0]]), tags, [1e-300, 1.0], [1e-320, 1.0])
    prior.smoothing = 1e-20
    asked = np.array([[0.0, 0.0], [0.0, 1e-3]])
    lifts, rest = prior.lifts(asked, np.ones(2, dtype=bool))
    found = lifts.toarray()[:, 0] + rest
    np.testing.assert_allclose(found, 300 * np.log(10), rtol=1e-5)


def test_smoothing_follows_how_much_places_tell():
    n = 600
    town = rng.integers(0, 6, n)
    places = np.column_stack([town * 10.0, town * 10.0]) + rng.normal(0, 0.02, (n, 2))
    frequency = np.full(12, 1 / 12)
    tells = sparse.csr_array(np.eye(12)[town])
    says_nothing = sparse.csr_array(np.eye(12)[rng.integers(0, 12, n)])
    sure, unsure = (
        PlacePrior(places, tags, frequency, [3.0]).choose_smoothing(0).smoothing
        for tags in (tells, says_nothing)
    )
    assert sure == 1.0
    assert unsure == 300.0


def test_as_much_is_believed_as_gives_true_tags():
    n = 300
    town = rng.integers(0, 20, n)
    places = np.column_stack([town * 3.0, town * 3.0]) + rng.normal(0, 0.02, (n, 2))
    tags = sparse.csr_array(np.eye(40)[town])
    prior = PlacePrior(places, tags, np.full(40, 1 / 40), [3.0])
    known = np.ones(n, dtype=bool)
    bias, nobody = np.zeros(40), None
    # Scores that are wrong by four: only a prior that is believed puts them right.
    scores = np.zeros((n, 40))
    scores[:, 20:] = 4.0
    _, share = prior.choose_shares(0.1, bias, [(scores, tags, places, known, nobody)])
    assert share > 0.1
    # Scores that are right need no prior: all stays as it was.
    right = 100.0 * tags.toarray()
    found = prior.choose_shares(0.1, bias, [(right, tags, places, known, nobody)])
    assert found == (1.0, 0.1)
