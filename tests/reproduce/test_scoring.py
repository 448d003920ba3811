# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Scores of rows that were not trained on, worked by hand and by other means."""

import numpy as np
import pytest
from sklearn.metrics import coverage_error, hamming_loss

from sklearn_geo.geometry import s2_cell_ids
from sklearn_geo.metrics import macro_average_precision
from sklearn_geo.reproduce import (
    Estimate,
    Resamples,
    block_level,
    difference,
    multilabel_estimates,
    split_rows,
)


def labels_and_scores(n_rows=60, n_labels=4, seed=0):
    rng = np.random.default_rng(seed)
    y = (rng.random((n_rows, n_labels)) < 0.3).astype(int)
    y[y.sum(axis=1) == 0, 0] = 1
    # Rounded, so that there are ties.
    return y, np.round(0.4 * y + 0.6 * rng.random(y.shape), 1)


def test_measures_are_scikit_learns_and_ours():
    y, p = labels_and_scores()
    estimates = multilabel_estimates(y, p, Resamples(len(y), 20, random_state=0))
    assert estimates["hamming loss"].value == pytest.approx(hamming_loss(y, p >= 0.5))
    assert estimates["coverage error"].value == pytest.approx(coverage_error(y, p))
    assert estimates["mAP"].value == pytest.approx(macro_average_precision(y, p))


@pytest.mark.parametrize("grouped", [False, True])
def test_resamples_weigh_rows_by_how_often_they_were_drawn(grouped):
    y, p = labels_and_scores()
    groups = np.repeat(np.arange(12), 5) if grouped else None
    resamples = Resamples(len(y), 15, groups=groups, random_state=3)
    # As many groups are drawn as there are.
    assert (resamples.counts.sum(axis=1) == len(y)).all()
    if grouped:
        assert (resamples.counts.reshape(15, 12, 5).std(axis=2) == 0).all()
    found = resamples.mean_average_precision(y, p).samples
    for counts, value in zip(resamples.counts, found, strict=True):
        expected = macro_average_precision(y, p, sample_weight=counts)
        assert value == pytest.approx(expected)
    mean = resamples.mean(p[:, 0]).samples
    assert mean[4] == pytest.approx(np.average(p[:, 0], weights=resamples.counts[4]))


@pytest.mark.parametrize("n_rows", [9, 10])
def test_medians_are_those_of_the_rows_drawn(n_rows):
    values = np.random.default_rng(5).normal(size=n_rows)
    resamples = Resamples(n_rows, 30, random_state=1)
    found = resamples.median(values)
    assert found.value == np.median(values)
    for counts, sample in zip(resamples.counts, found.samples, strict=True):
        drawn = np.repeat(values, counts.astype(int))
        assert sample == pytest.approx(np.median(drawn))


def test_a_label_that_a_resample_lacks_is_left_out_there():
    y = np.zeros((8, 2), dtype=int)
    y[:4, 0], y[0, 1] = 1, 1
    resamples = Resamples(8, 200, random_state=0)
    lacking = resamples.counts[:, 0] == 0
    assert 0 < lacking.sum() < 200
    perfect = resamples.mean_average_precision(y, y.astype(float))
    assert (perfect.samples == 1.0).all()
    with pytest.raises(ValueError, match="No row of y_true belongs"):
        resamples.mean_average_precision(np.zeros((8, 2)), y)


def test_a_resample_without_any_class_says_nothing():
    y = np.zeros((20, 1), dtype=int)
    y[3] = 1
    resamples = Resamples(20, 300, random_state=0)
    lacking = resamples.counts[:, 3] == 0
    assert 0.3 < lacking.mean() < 0.42  # (1 - 1 / 20) ** 20 = 0.358
    first = resamples.mean_average_precision(y, y.astype(float))
    assert (first.value, first.low, first.high) == (1.0, 1.0, 1.0)
    assert np.array_equal(np.isnan(first.samples), lacking)
    second = resamples.mean_average_precision(y, np.ones((20, 1)))
    gain = difference(first, second)
    assert gain.value == pytest.approx(1 - 1 / 20)
    shares = (1 - resamples.counts[:, 3] / 20)[~lacking]
    assert gain.low == pytest.approx(np.quantile(shares, 0.025))
    nobody = Resamples(20, 1, random_state=0)
    nobody.counts = resamples.counts[lacking][:1]
    estimate = nobody.mean_average_precision(y, y)
    assert (estimate.value, estimate.has_interval) == (1.0, False)


def test_groups_are_told_apart_as_everywhere():
    big = Resamples(2, 50, groups=[2**53, 2**53 + 1], random_state=0)
    assert set(big.counts[:, 0]) == {0.0, 1.0, 2.0}
    with pytest.raises(ValueError, match=r"^groups, row 1: the group is missing"):
        Resamples(3, groups=["a", None, "b"])
    with pytest.raises((TypeError, ValueError), match=r"^groups"):
        Resamples(3, groups=[1, "1", 2])


@pytest.mark.parametrize("wrong", [0, -1, 2.5, True, "3"])
def test_there_is_a_row_and_a_resample(wrong):
    with pytest.raises(ValueError, match=r"^n_rows must be a whole number"):
        Resamples(wrong)
    with pytest.raises(ValueError, match=r"^n_resamples must be a whole number"):
        Resamples(3, wrong)


def test_differences_are_paired():
    values = np.random.default_rng(0).normal(size=50)
    resamples = Resamples(50, 300, random_state=0)
    gain = difference(resamples.mean(values + 0.01), resamples.mean(values))
    # Far less than either mean varies.
    assert gain.value == pytest.approx(0.01)
    assert gain.low == pytest.approx(0.01)
    assert resamples.mean(values).high - resamples.mean(values).low > 0.3
    with pytest.raises(ValueError, match="same Resamples"):
        difference(Estimate(0.2), resamples.mean(values))
    with pytest.raises(ValueError, match="same Resamples"):
        difference(Resamples(50, 40).mean(values), resamples.mean(values))


def test_shapes_that_do_not_fit_are_refused():
    resamples = Resamples(3, random_state=0)
    with pytest.raises(ValueError, match="a column a label"):
        multilabel_estimates([[1, 0]] * 3, [[0.5]] * 3, resamples)
    with pytest.raises(ValueError, match=r"^groups must name .* each of the 3 rows"):
        Resamples(3, groups=[1, 2])
    for y, scores, words in (
        ([[1, 0]] * 2, [[0.5, 0.1]] * 2, r"the resamples are of 3 rows"),
        ([[1, 0]] * 3, [[0.5]] * 3, r"y_score has \(3, 1\)"),
        ([1, 0, 1], [0.5, 0.1, 0.2], r"a column a label"),
        ([[1, 0]] * 3, [[0, 1], [0.5, np.nan], [0, 1]], r"^y_score, row 1: NaN"),
        ([[1, 0], [0, 1], [np.nan, 1]], [[0, 1]] * 3, r"^y_true, row 2: NaN"),
    ):
        with pytest.raises(ValueError, match=words):
            resamples.mean_average_precision(y, scores)


def test_every_row_is_tested_once_and_blocks_are_whole():
    rng = np.random.default_rng(0)
    places = rng.normal([48.0, 11.0], 0.1, (400, 2))
    for kind in ("random", "block"):
        splits = split_rows(places, kind, n_splits=4, random_state=0)
        tested = np.concatenate([test for _, test in splits])
        assert sorted(tested) == list(range(400))
        for train, test in splits:
            assert not set(train) & set(test)
            assert len(train) + len(test) == 400
    cells = s2_cell_ids(places, block_level(places, 4))
    for train, test in splits:
        assert not set(cells[train]) & set(cells[test])
    for wrong in ("spatial", np.array([1, 2])):
        with pytest.raises(ValueError, match=r"^Folds are of the kinds .*; got "):
            split_rows(places, wrong)
    for wrong in ("auto", 2.0, 1):
        for kind in ("random", "block"):
            with pytest.raises(ValueError, match=r"^n_splits must be a whole number"):
                split_rows(places, kind, n_splits=wrong)


def test_block_level_is_the_coarsest_that_will_do():
    places = np.random.default_rng(0).normal([48.0, 11.0], 0.1, (400, 2))
    level = block_level(places, 4)

    def fits(level):
        sizes = np.unique(s2_cell_ids(places, level), return_counts=True)[1]
        return sizes.size >= 32 and sizes.max() <= 50

    assert fits(level)
    assert not any(map(fits, range(level)))
    # One place: nothing can be dealt out, and the search ends.
    assert block_level(np.zeros((9, 2)), 4) == 20


@pytest.mark.parametrize(("n_splits", "level"), [(1, 1), (3, 1), (4, 2), (12, 2)])
def test_cells_of_places_all_over_the_globe_are_those_of_a_cube(n_splits, level):
    rng = np.random.default_rng(0)
    latitudes = np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, 4000)))
    places = np.column_stack([latitudes, rng.uniform(-180.0, 180.0, 4000)])
    # Six faces, of four cells each and of sixteen: eight a fold are enough.
    assert 6 * 4 ** (level - 1) < 8 * n_splits <= 6 * 4**level
    assert block_level(places, n_splits) == level


@pytest.mark.parametrize("values", [[1.0, np.nan], [1.0, np.inf], [1e300, 1.0]])
def test_values_without_a_mean_are_refused(values):
    resamples = Resamples(2, 5, random_state=0)
    for estimate in (resamples.mean, resamples.median):
        with pytest.raises(ValueError, match=r"values, row \d: .* cannot be averaged"):
            estimate(values)


def test_values_are_one_a_row():
    resamples = Resamples(2, 5, random_state=0)
    for wrong in ([[1.0], [2.0]], [1.0], [1.0, 2.0, 3.0]):
        for estimate in (resamples.mean, resamples.median):
            with pytest.raises(ValueError, match="one number for each of the 2 rows"):
                estimate(wrong)
