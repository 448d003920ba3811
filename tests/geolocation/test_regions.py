# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_geo.geolocation import HierarchicalCellClassifier, UserAveragingGeolocator
from sklearn_geo.geolocation._regions import (
    OUTSIDE,
    cell_thresholds,
    promised_threshold,
    rows_needed,
    tail_masses,
    threshold,
)
from sklearn_geo.partition import S2Partition


def test_tail_masses_by_hand():
    proba = np.array([[0.5, 0.1, 0.2, 0.2], [0.25, 0.25, 0.25, 0.25], [0, 0, 1, 0]])
    expected = [[1.0, 0.1, 0.5, 0.5], [1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.0]]
    np.testing.assert_allclose(tail_masses(proba), expected, atol=1e-15)
    np.testing.assert_array_equal(tail_masses(np.ones((2, 1))), np.ones((2, 1)))


def test_small_tails_keep_their_digits():
    proba = np.array([[1.0, 1e-30, 3e-30]])
    np.testing.assert_allclose(tail_masses(proba), [[1.0, 1e-30, 4e-30]])


@given(seed=st.integers(0, 2**32 - 1))
def test_tail_masses_are_a_naive_sum(seed):
    rng = np.random.default_rng(seed)
    # Few values, so that there are equals.
    proba = rng.integers(1, 5, size=(3, rng.integers(1, 9))).astype(np.float64)
    proba /= proba.sum(axis=1, keepdims=True)
    expected = [[row[row <= p].sum() for p in row] for row in proba]
    np.testing.assert_allclose(tail_masses(proba), expected)


@pytest.mark.parametrize(
    ("coverage", "n"), [(0.5, 1), (0.9, 9), (0.8, 4), (0.99, 99), (0.95, 19), (0.1, 1)]
)
def test_rows_needed(coverage, n):
    assert rows_needed(coverage) == n


def test_threshold_by_hand():
    scores = np.array([0.9, 0.1, 0.5, 0.7, 0.3, 1.0, 0.8, 0.2, 0.6])
    # (9 + 1) * 0.9 = 9: the least of nine. 0.5: rank 5 from the top.
    assert threshold(scores, 0.9) == 0.1
    assert threshold(scores, 0.5) == 0.6
    assert threshold(scores, 0.91) == -np.inf
    # 0.55 * 10 = 5.5, rank 6.
    assert threshold(scores, 0.55) == 0.5


def _simulate(n_held_out, coverage, n_trials=4000, n_cells=12):
    """Share of regions that hold the truth, when the model is wrong about it."""
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.full(n_cells, 0.3), size=(n_trials, n_held_out + 1))
    truth = rng.dirichlet(np.full(n_cells, 0.3), size=(n_trials, n_held_out + 1))
    chances = (0.5 * proba + 0.5 * truth).cumsum(axis=2)
    cells = (rng.random(chances.shape[:2])[..., np.newaxis] > chances).sum(axis=2)
    tails = tail_masses(proba.reshape(-1, n_cells)).reshape(proba.shape)
    scores = np.take_along_axis(tails, cells[..., np.newaxis], axis=2)[..., 0]
    hits = [threshold(s[:-1], coverage) <= s[-1] for s in scores]
    return np.mean(hits)


@pytest.mark.parametrize(("n_held_out", "coverage"), [(19, 0.6), (19, 0.9), (60, 0.8)])
def test_promise_is_kept_by_a_model_that_is_wrong(n_held_out, coverage):
    # At least the promise, and at most 1 / (n + 1) more: scores of 1 (the likeliest
    # cell) are the only ties, and they lie above these quantiles.
    found = _simulate(n_held_out, coverage)
    noise = 3.0 * np.sqrt(coverage * (1.0 - coverage) / 4000)
    assert coverage - noise <= found <= coverage + 1.0 / (n_held_out + 1) + noise


def test_groups_are_calibrated_apart():
    scores = np.array([0.1, 0.2, 0.3, 0.8, 0.9, 0.7])
    row_groups = np.array(["a", "a", "a", "b", "b", "b"])
    cell_groups = np.array(["b", "a", "c", "a"])
    # Rank ceil(4 * 0.75) = 3 of three.
    found = cell_thresholds(scores, row_groups, cell_groups, 0.75)
    np.testing.assert_array_equal(found, [0.7, 0.1, -np.inf, 0.1])
    # "b" and "d" have too few rows for 0.75, and are calibrated together with "c".
    row_groups = np.array(["a", "a", "a", "b", "b", "d"])
    found = cell_thresholds(scores, row_groups, cell_groups, 0.75)
    np.testing.assert_array_equal(found, [0.7, 0.1, 0.7, 0.1])


def test_promises_that_cannot_be_kept():
    scores = np.array([0.5, OUTSIDE, 0.4, OUTSIDE])
    with pytest.raises(
        ValueError, match=r"at least 9 held-out photos, and there are 4"
    ):
        promised_threshold(scores, 0.9)
    with pytest.raises(ValueError, match=r"cannot be promised: 2 of the 4 held-out"):
        promised_threshold(scores, 0.7)
    assert promised_threshold(scores, 0.3) == 0.4
    with pytest.raises(ValueError, match=r"2 of the 4 .* in the group Asia lie in no"):
        promised_threshold(scores, 0.7, "Asia")


def test_what_lies_outside_in_a_small_group_stops_nobody():
    scores = np.array([0.1, 0.2, 0.3, 0.4, OUTSIDE])
    row_groups = np.array(["a", "a", "a", "a", "b"])
    found = cell_thresholds(scores, row_groups, np.array(["a", "b"]), 0.75)
    # Rank ceil(5 * 0.75) = 4 of the four in "a".
    np.testing.assert_array_equal(found, [0.1, -np.inf])


# New users ----------------------------------------------------------------------------


def test_threshold_of_users_by_hand():
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    users = np.array([7, 7, 7, 7, 2, 3])
    # Votes in descending order: 1/4, 1/2, 3/4, 1, 2, 3. (3 + 1) * coverage of them.
    assert threshold(scores, 0.25, users) == 0.6
    assert threshold(scores, 0.125, users) == 0.8
    assert threshold(scores, 0.5, users) == 0.5
    assert threshold(scores, 0.75, users) == 0.4
    assert threshold(scores, 0.76, users) == -np.inf
    order = np.random.default_rng(0).permutation(6)
    assert threshold(scores[order], 0.5, users[order]) == 0.5
    # Alone, each row is a user: what it is for rows.
    scores = np.random.default_rng(1).random(31)
    for coverage in (0.1, 0.5, 0.8, 0.9, 0.96, 0.97, 0.99):
        found = threshold(scores, coverage, np.arange(31) * 5)
        assert found == threshold(scores, coverage)


def _simulate_users(n_users, coverage, alike, n_trials=2000):
    """Shares of new users whose photo has its truth, by users and by photos."""
    rng = np.random.default_rng(0)
    hits = np.zeros(2)
    for _ in range(n_trials):
        sizes = np.minimum(rng.zipf(1.5, size=n_users), 500)
        users = np.repeat(np.arange(n_users), sizes)
        ease = rng.random(n_users + 1)
        scores = alike * ease[users] + (1.0 - alike) * rng.random(len(users))
        new = alike * ease[-1] + (1.0 - alike) * rng.random()
        hits[0] += threshold(scores, coverage, users) <= new
        hits[1] += threshold(scores, coverage) <= new
    return hits / n_trials


@pytest.mark.parametrize("alike", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("n_users", "coverage"), [(9, 0.9), (24, 0.8)])
def test_promise_to_new_users_is_kept(n_users, coverage, alike):
    by_users, by_photos = _simulate_users(n_users, coverage, alike)
    noise = 3.0 * np.sqrt(coverage * (1.0 - coverage) / 2000)
    most = coverage + 2.0 / (n_users + 1) + noise
    assert coverage - noise <= by_users <= most
    if alike == 1.0:
        # Whoever has many photos decides alone.
        assert by_photos < coverage - noise


def test_groups_of_cells_have_users_of_their_own():
    scores = np.array([0.1, 0.2, 0.3, 0.8, 0.9, 0.7])
    row_groups = np.array(["a", "a", "a", "b", "b", "b"])
    users = np.array([0, 1, 2, 0, 0, 1])
    # Three users in "a": rank ceil(4 * 0.75) = 3. Two in "b" are too few for 0.75, and
    # calibrated together with nobody else, they are too few again.
    found = cell_thresholds(scores, row_groups, np.array(["b", "a"]), 0.75, users)
    np.testing.assert_array_equal(found, [-np.inf, 0.1])
    # For 0.5 they are enough: 1.5 votes of 1/2, 1/2 and 1.
    found = cell_thresholds(scores, row_groups, np.array(["b", "a"]), 0.5, users)
    np.testing.assert_array_equal(found, [0.7, 0.2])


def test_too_few_users_are_counted():
    words = r"at least 9 held-out users \(groups\), and there are those of 2"
    with pytest.raises(ValueError, match=words):
        promised_threshold(np.ones(50), 0.9, users=np.arange(50) % 2)
    with pytest.raises(ValueError, match=r"users \(groups\) in the group Asia, and"):
        promised_threshold(np.ones(50), 0.9, "Asia", np.arange(50) % 2)


def test_the_smallest_promise_takes_the_largest_score():
    # ceil((n + 1) * coverage) is 1, however small the coverage.
    for coverage in (1e-300, 1e-16, 1e-10, 0.2):
        assert threshold(np.array([0.1, 0.3, 0.2]), coverage) == 0.3


def test_regions_do_not_outlive_the_settings_they_were_calibrated_with(tmp_path):
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(40, 50, 400), rng.uniform(0, 20, 400)])
    model = HierarchicalCellClassifier(
        [S2Partition(100, 5), S2Partition(40, 5)],
        combine="finest",
        max_iter=1,
        random_state=0,
    ).fit(places, places)
    before = model.predict_region(places, 0.8)
    model.set_params(combine="product")
    words = "calibrated with combine='finest', and it is 'product' now"
    with pytest.raises(ValueError, match=words):
        model.predict_region(places, 0.8)
    model.calibrate(places, places).predict_region(places, 0.8)
    with pytest.raises(ValueError, match="combine='product'"):
        model.set_params(combine="finest").predict_region(places, 0.8)
    # Nor do those of a folder, whatever was set when it was written.
    model.save_pretrained(tmp_path)
    read = HierarchicalCellClassifier.from_pretrained(tmp_path)
    with pytest.raises(ValueError, match="combine='product', and it is 'finest' now"):
        read.predict_region(places, 0.8)
    read.set_params(combine="product").predict_region(places, 0.8)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    for held in ({"routing": "soft"}, ["combine"], {"combine": 1, "x": 2}):
        manifest["content"]["calibrated_by"] = held
        (tmp_path / "manifest.json").write_text(json.dumps(manifest))
        with pytest.raises(ValueError, match=r"calibrated_by is .* no such settings"):
            HierarchicalCellClassifier.from_pretrained(tmp_path)
    # A folder of before this was kept.
    del manifest["content"]["calibrated_by"]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    read = HierarchicalCellClassifier.from_pretrained(tmp_path)
    read.predict_region(places, 0.8)
    with pytest.raises(ValueError, match="calibrated with combine='finest'"):
        read.set_params(combine="product").predict_region(places, 0.8)
    model.calibrate(places, places)
    assert model.predict_region(places, 0.8).shape == before.shape


def test_learning_anew_knows_of_no_rows_of_before():
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(40, 50, 300), rng.uniform(0, 20, 300)])
    users = np.arange(300) % 20
    base = HierarchicalCellClassifier(
        S2Partition(60, 5), calibration_fraction=None, max_iter=1, random_state=0
    )
    X = np.column_stack([users, places])
    for model in (base, UserAveragingGeolocator(base, groups=0)):
        model.fit(X, places).calibrate(X, places, groups=users)
        held = {name for name in vars(model) if "calibrat" in name}
        held -= {"calibration_fraction"}
        assert len(held) == 5
        model.fit(X, places)
        assert {getattr(model, name) for name in held} == {None}
        with pytest.raises(ValueError, match="No rows were held out"):
            model.predict_region(X, 0.8)
        model.calibrate(X[:100], places[:100]).predict_region(X, 0.8)
        assert model.calibration_groups_ is None
