# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from scipy import sparse
from scipy.special import softmax
from sklearn import config_context
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
)

from sklearn_geo.geolocation import HierarchicalCellClassifier
from sklearn_geo.geometry import haversine, pairwise_haversine, spherical_mean
from sklearn_geo.metrics import geo_score
from sklearn_geo.partition import CellHierarchy, KMeansPartition, S2Partition
from tests.contract import OTHER_INPUT
from tests.geolocation.common import checks_of, folds_y

LEVELS = [S2Partition(400, 5), S2Partition(120, 5), S2Partition(40, 5)]


def _photos(n_photos=900, seed=0, n_towns=12, noise=0.4):
    """Photos in towns all over the globe, with features that tell the town."""
    rng = np.random.default_rng(1)
    towns = np.column_stack([rng.uniform(-60, 70, 12), rng.uniform(-180, 180, 12)])
    looks = rng.normal(size=(12, 8))
    rng = np.random.default_rng(seed)
    town = rng.integers(n_towns, size=n_photos)
    places = towns[town] + rng.normal(scale=0.5, size=(n_photos, 2))
    X = looks[town] + rng.normal(scale=noise, size=(n_photos, 8))
    return X, places


def _model(partitions=None, **params):
    settings = {"max_iter": 5, "learning_rate_init": 0.05, "batch_size": 32}
    settings |= {"random_state": 0, "device": "cpu", **params}
    return HierarchicalCellClassifier(
        LEVELS if partitions is None else partitions, **settings
    )


@pytest.fixture(scope="module")
def fitted():
    return _model().fit(*_photos())


@pytest.fixture(scope="module")
def tree():
    return _model(combine="tree_sum").fit(*_photos())


# What is learnt -----------------------------------------------------------------------


def test_finds_towns(fitted):
    X, places = _photos(seed=5)
    errors = haversine(places, fitted.predict(X))
    assert np.median(errors) < 100.0
    assert fitted.score(X, places) == geo_score(places, fitted.predict(X))
    assert fitted.score(X, places) > 4000.0
    weights = np.arange(len(X))
    expected = geo_score(places, fitted.predict(X), sample_weight=weights)
    assert fitted.score(X, places, sample_weight=weights) == expected


def _head_probas(model, X):
    """Softmax of each head, by torch in double precision."""
    network = model.net_.module_
    with torch.no_grad():
        logits = network(torch.tensor(X, dtype=torch.float32))
    return [softmax(np.asarray(x, dtype=np.float64), axis=1) for x in logits]


def test_product_is_a_naive_loop_over_the_heads(fitted):
    X, _ = _photos(40, seed=3)
    probas = _head_probas(fitted, X)
    expected = np.empty((len(X), fitted.n_cells_[-1]))
    for row in range(len(X)):
        for cell in range(fitted.n_cells_[-1]):
            value = probas[-1][row, cell]
            for level in range(2):
                value *= probas[level][row, fitted.parents_[level][cell]]
            expected[row, cell] = value
    expected /= expected.sum(axis=1, keepdims=True)
    found = fitted.predict_proba(X)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_array_equal(fitted.predict_cells(X), expected.argmax(axis=1))
    for level in range(2):
        found = fitted.predict_proba(X, level=level)
        np.testing.assert_allclose(found, probas[level], rtol=1e-4, atol=1e-9)
        cells = fitted.predict_cells(X, level=level)
        np.testing.assert_array_equal(cells, probas[level].argmax(axis=1))


def test_the_finest_head_alone(fitted):
    X, _ = _photos(40, seed=3)
    finest = clone(fitted).fit(*_photos())
    finest.set_params(combine="finest")
    expected = _head_probas(fitted, X)[-1]
    np.testing.assert_allclose(finest.predict_proba(X), expected, rtol=1e-4, atol=1e-9)


def test_levels_of_a_tree_are_coherent(tree):
    X, _ = _photos(40, seed=3)
    fine = tree.predict_proba(X)
    np.testing.assert_allclose(fine.sum(axis=1), 1.0, rtol=1e-12)
    for level in range(2):
        summed = np.zeros((len(X), tree.n_cells_[level]))
        for cell, parent in enumerate(tree.parents_[level]):
            summed[:, parent] += fine[:, cell]
        found = tree.predict_proba(X, level=level)
        np.testing.assert_allclose(found, summed, rtol=1e-10)
        # What the network is trained on says the same.
        np.testing.assert_allclose(
            _head_probas(tree, X)[level], summed, rtol=1e-4, atol=1e-9
        )
    assert tree.score(*_photos(seed=5)) > 4000.0


def test_other_heads_need_another_fit(fitted, tree):
    X, _ = _photos(4)
    for model, how, said in (
        (fitted, "tree_sum", "product"),
        (tree, "product", "tree"),
    ):
        changed = pickle.loads(pickle.dumps(model)).set_params(combine=how)
        with pytest.raises(ValueError, match=rf"fitted with {said}.*Fit it again"):
            changed.predict(X)


def test_loss_is_the_mean_of_the_heads(fitted):
    X, places = _photos()
    model = _model(calibration_fraction=None, max_iter=1, batch_size=900)
    model.fit(X, places)
    untrained = _model(
        calibration_fraction=None, max_iter=1, batch_size=900, learning_rate_init=1e-12
    ).fit(X, places)
    cells = np.column_stack([p.predict(places) for p in untrained.partitions_])
    kept = np.flatnonzero(cells[:, -1] >= 0)
    probas = _head_probas(untrained, X[kept])
    losses = [
        -np.log(p[np.arange(len(kept)), cells[kept, level]]).mean()
        for level, p in enumerate(probas)
    ]
    np.testing.assert_allclose(model.history_["train_loss"][0], np.mean(losses), 1e-4)


def test_cells_answer_with_the_mean_of_their_training_places():
    X, places = _photos()
    weights = np.random.default_rng(0).integers(0, 3, size=len(X)).astype(float)
    model = _model(calibration_fraction=None).fit(X, places, sample_weight=weights)
    cells = model.partitions_[-1].predict(places)
    for cell in range(0, model.n_cells_[-1], 7):
        inside = cells == cell
        expected = spherical_mean(places[inside], weights[inside])
        np.testing.assert_allclose(model.cell_places_[cell], expected, atol=1e-9)
    np.testing.assert_allclose(
        model.predict(X), model.cell_places_[model.predict_cells(X)]
    )
    model.set_params(point="center")
    table = model.cells_[model.predict_cells(X)]
    expected = np.column_stack([table["center_latitude"], table["center_longitude"]])
    np.testing.assert_array_equal(model.predict(X), expected)


def test_rows_in_dropped_cells_are_left_out_and_counted():
    X, places = _photos(300)
    places[[7, 11]] = [[-85.0, 10.0], [-85.0, -170.0]]  # alone where they are
    model = _model([S2Partition(100, 5), S2Partition(30, 5)], calibration_fraction=None)
    model.fit(X, places)
    expected = np.flatnonzero(model.partitions_[-1].predict(places) < 0)
    assert {7, 11} <= set(expected.tolist())
    np.testing.assert_array_equal(model.left_out_, expected)
    assert model.history_["n_rows"][0] == 300 - len(expected)


def test_lost_ancestors():
    # A coarse minimum above the fine one drops parents of cells that are kept.
    X, places = _photos(300)
    levels = [S2Partition(60, 30), S2Partition(20, 2)]
    model = _model(levels, calibration_fraction=None).fit(X, places)
    lost = model.parents_[0] < 0
    assert 0 < lost.sum() < len(lost)
    coarse, fine = _head_probas(model, X[:20])
    expected = fine**2
    expected[:, ~lost] = fine[:, ~lost] * coarse[:, model.parents_[0][~lost]]
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X[:20]), expected, 1e-4, 1e-9)
    tree = _model(levels, combine="tree_sum", smoothing_km=300.0).fit(X, places)
    assert np.isfinite(tree.history_["train_loss"]).all()
    assert (tree.predict_proba(X[:20], level=0).sum(axis=1) < 1.0).any()


def test_default_partitions_follow_the_data():
    model = HierarchicalCellClassifier(random_state=0, max_iter=1).fit(*_photos())
    limits = [(p.max_per_cell, p.min_per_cell) for p in model.partitions_]
    # sqrt(810 / 4723695) = 0.013095: nine tenths of 900 rows are learnt from.
    assert limits == [(65, 1), (26, 1), (13, 1)]
    assert model.n_cells_[0] < model.n_cells_[1] < model.n_cells_[2]


@pytest.mark.parametrize(
    "partitions",
    [S2Partition(40, 5), [S2Partition(40, 5)], KMeansPartition(15, random_state=0)],
)
def test_a_single_partition(partitions):
    X, places = _photos()
    model = _model(partitions).fit(X, places)
    assert model.parents_ == []
    assert model.score(X, places) > 4000.0
    one = clone(model).set_params(combine="tree_sum").fit(X, places)
    np.testing.assert_allclose(one.predict_proba(X), model.predict_proba(X), 1e-5)


def test_smoothing_spreads_probability_to_near_cells():
    X, places = _photos(noise=0.1)
    towns = KMeansPartition(12, random_state=0)
    sharp = _model(towns, max_iter=20).fit(X, places)
    assert sharp.confidence(X).min() > 0.9
    smooth = clone(sharp).set_params(smoothing_km=1500.0).fit(X, places)
    weights = np.exp(pairwise_haversine(smooth.cell_places_) / -1500.0)
    taught = weights / weights.sum(axis=1, keepdims=True)
    cells = smooth.partitions_[0].predict(places)
    proba = smooth.predict_proba(X)
    mean = np.array([proba[cells == cell].mean(axis=0) for cell in range(12)])
    np.testing.assert_allclose(mean, taught, atol=0.1)
    assert taught.max(axis=1).min() < 0.8


@pytest.mark.parametrize("as_probabilities", [False, True])
def test_scenes_are_learnt_beside_the_cells(as_probabilities):
    X, places = _photos()
    scenes = np.where(X[:, 0] > 0, "urban", "natural")
    given = scenes
    if as_probabilities:
        given = np.column_stack([scenes == "natural", scenes == "urban"]) * 3.0
    model = _model(max_iter=10).fit(X, places, scenes=given)
    proba = model.predict_scene_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)
    assert ((proba[:, 1] > 0.5) == (scenes == "urban")).mean() > 0.95
    assert model.scenes_.tolist() == (
        [0, 1] if as_probabilities else ["natural", "urban"]
    )
    assert model.score(X, places) > 4000.0
    # Without weight, the cells are what they are without scenes.
    alone = _model(max_iter=10).fit(X, places)
    beside = _model(max_iter=10, scene_weight=0.0).fit(X, places, scenes=given)
    assert np.isfinite(beside.history_["train_loss"]).all()
    np.testing.assert_allclose(
        beside.history_["train_loss"][-1], alone.history_["train_loss"][-1], rtol=0.05
    )


def test_class_imbalance_and_growing_epochs():
    X, places = _photos()
    model = _model(
        sampling_alpha=(0.0, 0.5, 1.0), epoch_growth=0.5, epoch_rows_per_cell=2
    ).fit(X, places)
    n_cells = model.n_cells_[-1]
    grown = [round(2 * n_cells * 1.5**e) for e in range(5)]
    n_rows = 810 - len(model.left_out_)
    assert model.history_["n_rows"].tolist() == [min(n, n_rows) for n in grown]
    assert model.score(X, places) > 3500.0
    model.set_params(early_stopping=True).fit(X, places)
    assert np.isfinite(model.history_["valid_loss"]).all()


# What is predicted --------------------------------------------------------------------


def test_topk(fitted):
    X, _ = _photos(30, seed=3)
    places, proba = fitted.predict_topk(X, k=3)
    full = fitted.predict_proba(X)
    order = np.argsort(-full, axis=1)[:, :3]
    assert places.shape == (30, 3, 2)
    np.testing.assert_allclose(proba, np.take_along_axis(full, order, axis=1))
    np.testing.assert_array_equal(places, fitted.cell_places_[order])
    np.testing.assert_array_equal(places[:, 0], fitted.predict(X))
    np.testing.assert_allclose(fitted.confidence(X), proba[:, 0])
    every, proba = fitted.predict_topk(X, k=10_000)
    assert every.shape[1] == fitted.n_cells_[-1]
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)
    for k in (0, 1.5, "3"):
        with pytest.raises(ValueError, match="k must be a whole number from 1 on"):
            fitted.predict_topk(X, k=k)


def test_abstention(fitted):
    X, places = _photos(100, seed=3, noise=2.0)
    model = pickle.loads(pickle.dumps(fitted)).set_params(abstain_below=0.5)
    sure = model.confidence(X) >= 0.5
    assert 0.1 < sure.mean() < 0.9
    found = model.predict(X)
    np.testing.assert_array_equal(np.isnan(found), np.repeat(~sure[:, None], 2, axis=1))
    np.testing.assert_array_equal(found[sure], fitted.predict(X)[sure])
    score = geo_score(places[sure], found[sure]) * sure.mean()
    np.testing.assert_allclose(model.score(X, places), score)
    model.set_params(abstain_below=1.0)
    assert model.score(X[~sure], places[~sure]) == 0.0


def test_priors_and_masks(fitted):
    X, _ = _photos(30, seed=3)
    full = fitted.predict_proba(X)
    rng = np.random.default_rng(0)
    prior = rng.uniform(0, 2, size=full.shape)
    mask = fitted.cell_places_[:, 0] > 0
    expected = full * prior * mask
    expected /= expected.sum(axis=1, keepdims=True)
    found = fitted.predict_proba(X, prior=prior, mask=mask)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    cells = expected.argmax(axis=1)
    known = {"prior": prior, "mask": lambda places: places[:, 0] > 0}
    np.testing.assert_array_equal(fitted.predict_cells(X, **known), cells)
    np.testing.assert_array_equal(
        fitted.predict(X, **known), fitted.cell_places_[cells]
    )
    np.testing.assert_allclose(fitted.confidence(X, **known), expected.max(axis=1))
    np.testing.assert_allclose(
        fitted.predict_topk(X, 1, **known)[1][:, 0], expected.max(axis=1)
    )
    inside = fitted.predict_region(X, 0.9, mask=mask).toarray()
    assert not inside[:, ~mask].any()
    assert inside.any(axis=1).all()
    names = fitted.cell_names_[:3]
    assert set(fitted.predict_cells(X, mask=list(names))) <= {0, 1, 2}
    with pytest.raises(ValueError, match="mask leaves no cell"):
        fitted.predict(X, mask=np.zeros(len(mask), dtype=bool))
    with pytest.raises(ValueError, match="about the finest cells"):
        fitted.predict_proba(X, level=0, mask=mask)


@pytest.mark.parametrize("point", ["median", "mode_within_km", "max_geoscore"])
def test_point_rules_serve_their_metric(fitted, point):
    X, _ = _photos(300, seed=3, noise=2.5)
    model = pickle.loads(pickle.dumps(fitted)).set_params(point=point, point_km=6000.0)
    proba = model.predict_proba(X)
    expected = {}
    for name, answer in (("rule", model.predict(X)), ("mean", fitted.predict(X))):
        km = np.array([haversine(model.cell_places_, row[None]) for row in answer])
        gain = {
            "median": -km,
            "mode_within_km": km <= 6000.0,
            "max_geoscore": np.exp(km / -1492.7),
        }[point]
        expected[name] = (proba * gain).sum(axis=1)
    assert (expected["rule"] >= expected["mean"] - 1e-6).all()
    assert expected["rule"].mean() > expected["mean"].mean()


def test_levels_are_named_from_coarse_to_fine(fitted):
    X, _ = _photos(5)
    np.testing.assert_array_equal(fitted.predict_cells(X, 2), fitted.predict_cells(X))
    np.testing.assert_array_equal(
        fitted.predict_cells(X, -3), fitted.predict_cells(X, 0)
    )
    for level in (3, -4, 0.5):
        with pytest.raises(ValueError, match="from 0, the coarsest of 3, to 2"):
            fitted.predict_cells(X, level=level)


# Regions ------------------------------------------------------------------------------


def _covered(model, X, places, coverage, **how):
    region = model.predict_region(X, coverage, **how)
    cells = model.partitions_[-1].predict(places)
    return np.asarray(region[np.arange(len(X)), np.maximum(cells, 0)]) & (cells >= 0)


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
def test_regions_keep_their_promise(coverage):
    X, places = _photos(3000, seed=3, noise=2.5)
    model = _model(calibration_fraction=0.3, max_iter=2).fit(X, places)
    assert len(model.calibration_scores_) == 900
    found = _covered(model, *_photos(3000, seed=9, noise=2.5), coverage).mean()
    # Three standard errors of the calibration and of this measurement.
    noise = 3.0 * np.sqrt(coverage * (1.0 - coverage) * (1 / 900 + 1 / 3000))
    assert coverage - noise <= found <= coverage + noise


def test_regions_are_the_smallest_sets_of_likeliest_cells(fitted):
    X, _ = _photos(50, seed=3, noise=2.5)
    proba = fitted.predict_proba(X)
    sizes = []
    for coverage in (0.3, 0.6, 0.9):
        region = fitted.predict_region(X, coverage).toarray()
        sizes.append(region.sum(axis=1))
        for p, inside in zip(proba, region, strict=True):
            assert inside[p.argmax()]
            assert p[inside].min() >= p[~inside].max(initial=0.0)
    assert (sizes[0] <= sizes[1]).all()
    assert (sizes[1] <= sizes[2]).all()
    with config_context(working_memory=0.01):
        again = fitted.predict_region(X, 0.9).toarray()
    np.testing.assert_array_equal(again, region)


def test_regions_by_group():
    X, places = _photos(3000, seed=3, noise=2.5)
    X[places[:, 0] > 0] *= 0.3  # the north looks different
    model = _model(calibration_fraction=0.4, max_iter=2).fit(X, places)
    X, places = _photos(4000, seed=9, noise=2.5)
    north = places[:, 0] > 0
    X[north] *= 0.3
    groups = lambda p: np.where(p[:, 0] > 0, "north", "south")  # noqa: E731
    marginal = _covered(model, X, places, 0.8)
    assert abs(marginal[north].mean() - marginal[~north].mean()) > 0.1
    for by in (groups, groups(model.cell_places_)):
        inside = _covered(model, X, places, 0.8, by=by)
        for group in (north, ~north):
            assert abs(inside[group].mean() - 0.8) < 0.05
    assert _covered(model, X, places, 0.8, by="continent").mean() > 0.76
    for by in ("country", ["a", "b"]):
        with pytest.raises(ValueError, match='by must be "continent", a function'):
            model.predict_region(X[:2], by=by)


def test_regions_by_group_where_every_place_lies_in_a_cell():
    X, places = _photos()
    model = _model(S2Partition(60, 1), max_iter=1).fit(X, places)
    assert (model.calibration_cells_ >= 0).all()
    everywhere = np.zeros(model.n_cells_[-1])
    np.testing.assert_array_equal(
        model.predict_region(X, 0.5, by=everywhere).toarray(),
        model.predict_region(X, 0.5).toarray(),
    )


def test_calibration_by_rows_of_ones_own():
    X, places = _photos()
    model = _model(calibration_fraction=None).fit(X, places)
    with pytest.raises(ValueError, match=r"No rows were held out.*calibrate\(X, y\)"):
        model.predict_region(X)
    assert model.calibrate(*_photos(500, seed=4)) is model
    assert abs(_covered(model, *_photos(2000, seed=9), 0.9).mean() - 0.9) < 0.05
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.calibrate(X[:3], places)


def test_promises_that_cannot_be_kept(fitted):
    X, places = _photos(60)
    with pytest.raises(ValueError, match=r"needs at least 999 held-out photos.*are 90"):
        fitted.predict_region(X, coverage=0.999)
    places[::3] = [-89.0, 0.0]  # no photos near the pole in training
    model = _model(calibration_fraction=None).fit(*_photos())
    model.calibrate(X, places)
    with pytest.raises(ValueError, match=r"cannot be promised: 2[0-9] of the 60"):
        model.predict_region(X)
    assert model.predict_region(X, coverage=0.5).shape == (60, model.n_cells_[-1])
    for coverage in (0.0, 1.0, 90, "high"):
        with pytest.raises(ValueError, match="coverage must lie between 0 and 1"):
            fitted.predict_region(X, coverage=coverage)


# Prefit partitions --------------------------------------------------------------------


def test_a_hierarchy_without_partitions_is_the_papers():
    X, places = _photos()
    X, places = np.tile(X, (3, 1)), np.tile(places, (3, 1))
    model = _model(CellHierarchy(), max_iter=1).fit(X, places)
    assert [part.max_per_cell for part in model.partitions_] == [5000, 2000, 1000]
    assert len(model.n_cells_) == 3


def test_cells_as_y():
    X, places = _photos()
    reference = _model().fit(X, places)
    frozen = [FrozenEstimator(p) for p in reference.partitions_]
    by_places = _model(frozen).fit(X, places)
    np.testing.assert_allclose(by_places.cell_places_, reference.cell_places_)
    np.testing.assert_allclose(by_places.predict_proba(X), reference.predict_proba(X))
    y = np.column_stack([p.predict(places) for p in frozen])
    for cells in (y, y[:, -1], pd.DataFrame(y)):
        by_cells = _model(frozen).fit(X, cells)
        np.testing.assert_allclose(
            by_cells.predict_proba(X), reference.predict_proba(X), rtol=1e-6
        )
        table = by_cells.cells_
        np.testing.assert_array_equal(by_cells.cell_places_[:, 0], table["latitude"])
        assert by_cells.predict_region(X).shape == (len(X), by_cells.n_cells_[-1])
    np.testing.assert_array_equal(np.flatnonzero(y[:, -1] < 0) >= 0, True)
    # Nobody knows on which continent those are that lie in no cell: they count as
    # missed on each, and are most of what is held out on one.
    words = "7 of the 12 held-out places in the group North America lie in no cell"
    with pytest.raises(ValueError, match=words):
        by_cells.predict_region(X, 0.5, by="continent")
    by_cells.predict_region(X, 0.3, by="continent")
    one = np.zeros(by_cells.n_cells_[-1], dtype=int)
    together = by_cells.predict_region(X, 0.5, by=one)
    assert (together != by_cells.predict_region(X, 0.5)).nnz == 0


def test_words_about_cells_as_y():
    X, places = _photos()
    reference = _model(max_iter=1).fit(X, places)
    frozen = [FrozenEstimator(p) for p in reference.partitions_]
    model = _model(frozen, max_iter=1)
    y = np.column_stack([p.predict(places) for p in frozen])
    wrong = y.copy()
    wrong[3, -1] = 10_000
    with pytest.raises(ValueError, match="y, row 3: partition 2 has no cell 10000"):
        model.fit(X, wrong)
    row = int(np.flatnonzero(y[:, -1] >= 0)[0])
    wrong = y.copy()
    wrong[row, 0] = (y[row, 0] + 1) % reference.n_cells_[0]
    with pytest.raises(
        ValueError, match=rf"y, row {row}: cell .* of the finest.*not in"
    ):
        model.fit(X, wrong)
    with pytest.raises(ValueError, match=r"must have the shape \(n_rows,\)"):
        model.fit(X, y[:, :2])


def test_partitions_fitted_on_other_data():
    X, places = _photos()
    elsewhere = np.column_stack([places[:, 0], (places[:, 1] + 90.0)])
    frozen = [
        FrozenEstimator(S2Partition(120, 5).fit(places)),
        FrozenEstimator(S2Partition(40, 5).fit(elsewhere)),
    ]
    with pytest.raises(ValueError, match="were fitted on other places"):
        _model(frozen).fit(X, places)
    south = FrozenEstimator(S2Partition(4, 1).fit(np.full((9, 2), -85.0)))
    with pytest.raises(
        ValueError, match=r"None of the n_samples=900 places.*other data"
    ):
        _model(south).fit(X, places)
    with pytest.raises(ValueError, match="frozen"):
        _model(FrozenEstimator(S2Partition())).fit(X, places)


# Bad input ----------------------------------------------------------------------------


def test_words_about_bad_y():
    X, places = _photos(60)
    model = _model(max_iter=1)
    named = pd.DataFrame(places[:, ::-1], columns=["lon", "lat"])
    with pytest.raises(ValueError, match=r"y.*lon.*lat"):
        model.fit(X, named)
    swapped = places[:, ::-1].copy()
    swapped[5] = [120.0, 30.0]
    swapped[:5] = 0.0
    with pytest.raises(ValueError, match=r"y, row 5.*look swapped"):
        model.fit(X, swapped)
    missing = places.copy()
    missing[8, 1] = np.nan
    with pytest.raises(ValueError, match="y, row 8: the longitude is NaN"):
        model.fit(X, missing)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(X, places[:-1])
    with pytest.raises(ValueError, match="two columns"):
        model.fit(X, places[:, :1])
    with pytest.raises(
        ValueError, match=r"n_samples=60 places in one class only.*Lower"
    ):
        model.fit(X, np.full((60, 2), 30.0))
    with pytest.raises(
        ValueError, match=r"every S2 cell is below min_per_cell=100.*holds 2"
    ):
        _model(S2Partition(100, 100), max_iter=1).fit(X, places)
    with pytest.raises(TypeError, match="is no partition"):
        _model(StandardScaler(), max_iter=1).fit(X, places)


def test_words_about_bad_scenes(fitted):
    X, places = _photos(60)
    model = _model(max_iter=1)
    cases = [
        (["a"] * 59, "one label, or one row of probabilities, for each of the 60 rows"),
        (["a"] * 60, "there is nothing to tell apart"),
        (["a", None] + ["b"] * 58, "scenes, row 1: the scene is missing"),
        (np.zeros((60, 3)), "scenes, row 0: probabilities are finite"),
    ]
    for scenes, words in cases:
        with pytest.raises(ValueError, match=words):
            model.fit(X, places, scenes=scenes)
    with pytest.raises(ValueError, match="has learnt no scenes: pass scenes= to fit"):
        fitted.predict_scene_proba(X)
    model.partial_fit(X, places, scenes=["a", "b"] * 30)
    with pytest.raises(ValueError, match="has learnt 2 scenes: pass scenes= again"):
        model.partial_fit(X, places)
    with pytest.raises(ValueError, match="row 1: 'c' was not among the scenes"):
        model.partial_fit(X, places, scenes=["a", "c"] * 30)
    model = _model(max_iter=1).partial_fit(X, places)
    with pytest.raises(ValueError, match="has learnt no scenes so far"):
        model.partial_fit(X, places, scenes=["a", "b"] * 30)


def test_other_columns_at_prediction(fitted):
    X, _ = _photos(10)
    with pytest.raises(ValueError, match="X has 7 features, but"):
        fitted.predict(X[:, :7])
    frame = pd.DataFrame(X, columns=[f"f{i}" for i in range(8)])
    model = _model(max_iter=1).fit(*(pd.DataFrame(a).add_prefix("f") if i == 0 else a
                                     for i, a in enumerate(_photos())))  # fmt: skip
    model.predict(frame)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[frame.columns[::-1]])


# A good citizen -----------------------------------------------------------------------


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.csc_matrix, np.float32])
def test_kinds_of_features(make, fitted):
    X, places = _photos()
    model = _model().fit(make(X), places)
    found = model.predict_proba(make(X))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, fitted.predict_proba(X), rtol=2e-3, atol=1e-5)


def test_memory_maps_stay_where_they_are(tmp_path, fitted):
    X, places = _photos()
    file = np.memmap(tmp_path / "X", dtype=np.float64, mode="w+", shape=X.shape)
    file[:] = X
    file = np.memmap(tmp_path / "X", dtype=np.float64, mode="r", shape=X.shape)
    model = _model().fit(file, places)
    np.testing.assert_array_equal(model.predict(file), fitted.predict(X))


def test_same_seed_same_numbers_and_rows_are_independent(fitted):
    X, places = _photos()
    again = clone(fitted).fit(X, places)
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    other = clone(fitted).set_params(random_state=1).fit(X, places)
    assert not np.array_equal(other.cell_places_, fitted.cell_places_)
    full = fitted.predict_proba(X)
    for row in (0, 17, 899):
        alone = fitted.predict_proba(X[row : row + 1])
        np.testing.assert_allclose(alone[0], full[row], rtol=1e-9, atol=1e-12)
    with config_context(working_memory=0.01):
        np.testing.assert_allclose(fitted.predict_proba(X), full, rtol=1e-9)
    before = torch.get_rng_state()
    clone(fitted).fit(X, places)
    assert torch.equal(before, torch.get_rng_state())


def test_pickles(fitted):
    X, _ = _photos(20)
    fitted.predict(X)
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.predict_proba(X), fitted.predict_proba(X))
    np.testing.assert_array_equal(copy.predict(X), fitted.predict(X))


def test_hidden_layers():
    X, places = _photos()
    model = _model(hidden=(16, 8), activation="gelu", dropout=0.1, max_iter=30)
    model.fit(X, places)
    assert model.score(X, places) > 4000.0
    probas = _head_probas(model, X[:20])
    expected = probas[-1] * probas[0][:, model.parents_[0]]
    expected *= probas[1][:, model.parents_[1]]
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        model.predict_proba(X[:20]), expected, rtol=1e-3, atol=1e-8
    )
    np.testing.assert_allclose(
        model.predict_proba(X[:20].astype(np.float32)), expected, rtol=1e-2, atol=1e-6
    )


def test_search_over_parameters_and_partitions():
    X, places = _photos(400)
    pipeline = make_pipeline(StandardScaler(), _model(max_iter=2))
    name = "hierarchicalcellclassifier__"
    search = GridSearchCV(
        pipeline,
        {
            f"{name}partitions": [S2Partition(400, 5), LEVELS],
            f"{name}combine": ["product", "finest", "tree_sum"],
        },
        cv=2,
    ).fit(X, places)
    assert search.best_score_ > 1500.0
    limits = {"partitions__max_per_cell": [400, 50]}
    nested = GridSearchCV(_model(S2Partition(400, 5), max_iter=2), limits, cv=2)
    nested.fit(X, places)
    assert nested.best_params_ == {"partitions__max_per_cell": 50}


def test_warm_start_heeds_another_weight_of_scenes():
    X, places = _photos()
    scenes = np.where(X[:, 0] > 0, "urban", "natural")
    model = _model(warm_start=True, max_iter=1).fit(X, places, scenes=scenes)
    assert model.net_.criterion_.head_weights[-1] == 1.0
    model.set_params(scene_weight=0.0).fit(X, places, scenes=scenes)
    assert model.net_.criterion_.head_weights[-1] == 0.0


@pytest.mark.parametrize("dress", [list, pd.Series, pl.Series])
def test_cells_are_read_in_whatever_holds_them(dress):
    X, places = _photos()
    partition = FrozenEstimator(S2Partition(120, 5).fit(places))
    cells = partition.predict(places)
    expected = _model(partition, max_iter=1).fit(X, cells).predict_proba(X)
    found = _model(partition, max_iter=1).fit(X, dress(cells)).predict_proba(X)
    np.testing.assert_array_equal(found, expected)


def test_a_warm_start_keeps_the_best_weights():
    X, places = _photos()
    early = {"early_stopping": True, "n_iter_no_change": 2, "warm_start": True}
    model = _model(max_iter=8, **early).fit(X, places)
    learnt, proba = len(model.history_), model.predict_proba(X)
    # Steps that are far too long make it worse, so that nothing is taken.
    model.set_params(learning_rate_init=10.0, solver="sgd").fit(X, places)
    assert len(model.history_) == learnt + 2
    assert not model.history_["best"][learnt:].any()
    np.testing.assert_array_equal(model.predict_proba(X), proba)


def test_warm_start_and_parts():
    X, places = _photos()
    model = _model(warm_start=True, max_iter=2).fit(X, places)
    cells, first = model.partitions_, model.history_["train_loss"][-1]
    model.fit(X, places)
    assert model.partitions_ is cells
    assert model.n_iter_ == 4
    assert model.history_["train_loss"][-1] < first
    parts = _model().partial_fit(X, places)
    assert parts.n_iter_ == 1
    for _ in range(5):
        parts.partial_fit(X[:450], places[:450]).partial_fit(X[450:], places[450:])
    assert parts.n_iter_ == 11
    assert parts.score(X, places) > 4000.0
    near = np.repeat([X[0]], 5, axis=0), np.repeat([places[0]], 5, axis=0)
    parts.partial_fit(*near)  # a part may have one class only
    with pytest.raises(ValueError, match="No rows were held out"):
        parts.predict_region(X)


def test_weights_of_zero_are_rows_left_out():
    X, places = _photos()
    weights = np.ones(len(X))
    weights[600:] = 0.0
    weighted = _model(calibration_fraction=None).fit(X, places, sample_weight=weights)
    fewer = _model(calibration_fraction=None).fit(X[:600], places[:600])
    np.testing.assert_allclose(weighted.predict_proba(X), fewer.predict_proba(X))
    with pytest.raises(ValueError, match=r"non-zero|0 in every row"):
        _model().fit(X, places, sample_weight=np.zeros(len(X)))


# Why a row of weight 2 is not two rows.
WEIGHTS = (
    "Batches and held-out rows are drawn at random among rows: a row of weight 2 is "
    "drawn once, two equal rows are drawn apart."
)


def _checks():
    params = {
        "partitions": [S2Partition(8, 1), S2Partition(4, 1)],
        "max_iter": 3,
        "batch_size": 32,
        "random_state": 0,
    }
    for combine in ("product", "tree_sum"):
        estimator = folds_y(HierarchicalCellClassifier)(**params, combine=combine)
        yield from checks_of(estimator, WEIGHTS, combine)


@pytest.mark.parametrize(("estimator", "check"), list(_checks()))
def test_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_parameters_are_validated_and_documented():
    name = "HierarchicalCellClassifier"
    check_param_validation(name, HierarchicalCellClassifier())
    check_dataframe_column_names_consistency(
        name, folds_y(HierarchicalCellClassifier)(S2Partition(8, 1), max_iter=2)
    )
    assert OTHER_INPUT[name] == "tests.geolocation.test_classifier"
    for parameter in HierarchicalCellClassifier().get_params():
        assert f"\n{parameter} : " in inspect.getdoc(HierarchicalCellClassifier)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_numbers_that_float32_does_not_hold_are_refused(form):
    X = np.eye(4)
    model = HierarchicalCellClassifier(
        S2Partition(1, 1), max_iter=1, random_state=0, device="cpu"
    ).fit(form(X), [[0, 0], [10, 10], [40, 40], [60, 60]])
    for bad in (1e39, -1e300):
        X = np.eye(4)
        X[2, 1] = bad
        for method in (model.predict, model.penultimate, model.index):
            with pytest.raises(ValueError, match=r"X, row 2: .* beyond what float32"):
                method(form(X))


def test_groups_of_cells_that_cannot_be_sorted_are_named():
    X = np.repeat(np.eye(2), 20, axis=0)
    model = HierarchicalCellClassifier(
        S2Partition(30, 1), max_iter=1, random_state=0, device="cpu"
    ).fit(X, np.repeat([[0, 0], [40, 40]], 20, axis=0))
    with pytest.raises(TypeError, match="by mixes values that cannot be sorted"):
        model.predict_region(X, by=[1, "a"])


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("hidden", [(), (3,)])
def test_answers_beyond_float32_are_refused(form, hidden):
    X = np.eye(4, dtype=np.float32)
    model = HierarchicalCellClassifier(
        S2Partition(1, 1), hidden=hidden, max_iter=1, random_state=0, device="cpu"
    ).fit(form(X), [[0, 0], [10, 10], [40, 40], [60, 60]])
    with torch.no_grad():
        for weights in model.net_.module_.parameters():
            weights.fill_(4.0)
    X[3] = 3.4e38
    for method in (model.predict, model.predict_proba, model.confidence):
        with pytest.raises(ValueError, match="X, row 3: the network's answer is not"):
            method(form(X))


def test_parameters_are_checked_in_every_partial_fit():
    X, y = np.eye(4), [[0, 0], [10, 10], [40, 40], [60, 60]]
    model = HierarchicalCellClassifier(S2Partition(1, 1), random_state=0, device="cpu")
    model.partial_fit(X, y).set_params(learning_rate_init=-1.0)
    with pytest.raises(ValueError, match="'learning_rate_init' parameter"):
        model.partial_fit(X, y)


def test_a_second_fit_that_fails_leaves_the_first():
    X, places = _photos(60)
    model = _model([S2Partition(20, 1)], max_iter=1).fit(X, places)
    before, names = model.predict_proba(X), model.cell_names_
    model.set_params(learning_rate_init=1e300)
    with pytest.raises(ValueError, match="learning_rate_init"):
        model.fit(X[:30, :5], -places[:30])
    np.testing.assert_array_equal(model.predict_proba(X), before)
    np.testing.assert_array_equal(model.cell_names_, names)


def test_rows_that_are_learnt_later_have_as_many_dimensions():
    X, places = _photos(60)
    model = _model(max_iter=1).partial_fit(X, places)
    with pytest.raises(ValueError, match=r"X has 3 dimensions, and .* before has 2"):
        model.partial_fit(np.repeat(X[:, np.newaxis], 2, axis=1), places)


def test_places_in_a_lazy_frame_are_to_be_collected():
    X, places = _photos(60)
    y = pl.LazyFrame({"lat": places[:, 0], "lon": places[:, 1]})
    with pytest.raises(TypeError, match="y is a polars LazyFrame"):
        _model().fit(X, y)


def test_default_cells_take_a_weight_of_three_for_three_rows():
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(-50, 60, 400), rng.uniform(-170, 170, 400)])
    X = rng.normal(size=(400, 3))
    model = HierarchicalCellClassifier(
        max_iter=1, calibration_fraction=None, device="cpu", random_state=0
    )
    thrice = clone(model).fit(np.repeat(X, 3, axis=0), np.repeat(places, 3, axis=0))
    weighed = clone(model).fit(X, places, np.full(400, 3.0))
    assert weighed.n_cells_ == thrice.n_cells_ != clone(model).fit(X, places).n_cells_
    np.testing.assert_allclose(weighed.cell_places_, thrice.cell_places_, atol=1e-9)


@pytest.mark.parametrize("total", [1.0, 1e-9])
def test_weights_that_are_shares_fill_no_default_cell(total):
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(-50, 60, 400), rng.uniform(-170, 170, 400)])
    weights = np.full(400, total / 400)
    model = HierarchicalCellClassifier(calibration_fraction=None, max_iter=1)
    words = f"sample_weight adds up to {total:g} over 400 places.*weights.mean"
    with pytest.raises(ValueError, match=words):
        model.fit(places, places, weights)
    assert model.fit(places, places, weights / weights.mean()).n_cells_[0] > 1
    model.set_params(partitions=S2Partition(total / 20, total / 400))
    assert model.fit(places, places, weights).n_cells_[0] > 10


def test_names_of_columns_are_forgotten_where_images_follow():
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(-50, 60, 40), rng.uniform(-170, 170, 40)])
    frame = pd.DataFrame(rng.normal(size=(40, 3)), columns=["a", "b", "c"])
    model = HierarchicalCellClassifier(S2Partition(20, 1), max_iter=1, device="cpu")
    assert model.fit(frame, places).feature_names_in_.tolist() == ["a", "b", "c"]
    images = rng.integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)
    model.set_params(backbone=_small_backbone, image_size=8).fit(images, places)
    assert model.n_features_in_ == 3
    assert not hasattr(model, "feature_names_in_")
    assert model.fit(images[::-1], places).predict(images).shape == (40, 2)


def _small_backbone():
    return torch.nn.Conv2d(3, 4, 3)
