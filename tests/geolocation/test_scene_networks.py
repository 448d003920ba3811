# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One network a scene: who teaches whom, who is asked, and what is mixed."""

import pickle
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import check_param_validation

from sklearn_geo.geolocation import HierarchicalCellClassifier, SceneNetworks
from sklearn_geo.geolocation._scenes import scene_report
from sklearn_geo.partition import S2Partition
from tests.contract import OTHER_INPUT
from tests.geolocation.common import checks_of, folds_y

NORTH, SOUTH = [40.0, 10.0], [-40.0, 10.0]


def photos(n=160, seed=0):
    """Indoors a look means north, outdoors it means south."""
    rng = np.random.default_rng(seed)
    inside = np.arange(n) % 2 == 0
    look = rng.choice([-1.0, 1.0], size=n)
    X = np.column_stack([inside, look]).astype(float)
    y = np.column_stack([np.where(inside, look, -look) * 40, np.full(n, 10.0)])
    return X, y, np.where(inside, "indoor", "natural")


class Told(BaseEstimator):
    """Says the scenes that the first column tells, as sure as the parameter is."""

    def __init__(self, sure=1.0):
        self.sure = sure

    def fit(self, X, y=None):
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X):
        inside = X[:, :1] > 0.5
        proba = np.where(inside, self.sure, 1 - self.sure)
        return np.hstack([proba, 1 - proba])


def model(**params):
    common = HierarchicalCellClassifier(
        S2Partition(60, 5), learning_rate_init=0.2, device="cpu"
    )
    settings = {"max_iter": 30, "learning_rate_init": 0.1, "random_state": 0}
    return SceneNetworks(common, **{**settings, **params})


@pytest.fixture(scope="module")
def fitted():
    X, y, scenes = photos()
    return model().fit(X, y, scenes=scenes)


def test_every_scene_learns_its_own_rule(fitted):
    looks = [[1, 1], [1, -1], [0, 1], [0, -1]]
    expected = [NORTH, SOUTH, SOUTH, NORTH]
    np.testing.assert_allclose(fitted.predict(looks), expected, atol=1e-9)
    # A linear classifier of all scenes cannot know this.
    X, y, _ = photos()
    assert fitted.common_.score(X, y) < 3500
    assert fitted.score(X, y) > 4900
    assert fitted.scenes_.tolist() == ["indoor", "natural"]
    assert fitted.predict_scene_proba(X).argmax(axis=1).tolist() == [0, 1] * 80


def test_report_counts_who_taught():
    X, y, _ = photos(100)
    # Of four photos: indoor, both, natural, natural for certain.
    proba = np.tile([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.0, 1.0]], (25, 1))
    fitted = model(calibration_fraction=None, max_iter=2).fit(X, y, scenes=proba)
    # Above 0.3, not at it: the second teaches both.
    assert fitted.scene_report_["n_rows"].tolist() == [50, 75]
    assert fitted.scene_report_["n_epochs"].tolist() == [2, 2]
    assert np.isfinite(fitted.scene_report_["loss"]).all()
    assert fitted.calibration_scores_ is None
    higher = model(threshold=0.65, calibration_fraction=None, max_iter=1)
    found = higher.fit(X, y, scenes=proba).scene_report_["n_rows"]
    assert found.tolist() == [25, 50]


def test_report_counts_no_row_of_a_cell_that_was_dropped():
    X, y, scenes = photos()
    y = y.copy()
    y[:3] = [-89.0, 10.0]  # nobody else has been there, and a cell needs five
    fitted = model(calibration_fraction=None, max_iter=1).fit(X, y, scenes=scenes)
    assert fitted.common_.left_out_.tolist() == [0, 1, 2]
    assert scenes[:3].tolist() == ["indoor", "natural", "indoor"]
    assert fitted.scene_report_["n_rows"].tolist() == [78, 79]


def test_networks_begin_as_the_common_one():
    X, y, scenes = photos()
    fitted = model(max_iter=1, learning_rate_init=1e-12).fit(X, y, scenes=scenes)
    for network in fitted.networks_:
        assert network is not fitted.common_
        np.testing.assert_allclose(
            network.predict_proba(X), fitted.common_.predict_proba(X), atol=1e-6
        )
        assert len(network.history_) == 1
        assert np.array_equal(network.cell_places_, fitted.common_.cell_places_)


def test_the_common_classifier_sees_no_held_out_row():
    X, y, scenes = photos()
    fitted = model().fit(X, y, scenes=scenes)
    assert len(fitted.calibration_scores_) == 16
    assert fitted.scene_report_["n_rows"].sum() == 144
    assert (fitted.common_.history_["n_rows"] == 144).all()
    region = fitted.predict_region(X, 0.8)
    cells = fitted.common_.partitions_[-1].predict(y)
    assert region[np.arange(160), cells].mean() >= 0.8


def test_mixing_by_hand():
    X, y, scenes = photos()
    told = FrozenEstimator(Told(0.75).fit(X))
    fitted = model(scene_estimator=told).fit(X, y, scenes=scenes)
    first, second = (network.predict_proba(X) for network in fitted.networks_)
    inside = X[:, 0] == 1
    routed = np.where(inside[:, None], first, second)
    np.testing.assert_allclose(fitted.predict_proba(X), routed, atol=1e-6)
    fitted.set_params(routing="soft")
    weight = np.where(inside, 0.75, 0.25)[:, None]
    mixed = weight * first + (1 - weight) * second
    np.testing.assert_allclose(fitted.predict_proba(X), mixed, atol=1e-6)
    np.testing.assert_allclose(fitted.predict_proba(X, level=0), mixed, atol=1e-6)
    prior = np.array([0.9, 0.1])
    expected = mixed * prior
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        fitted.predict_proba(X, prior=prior), expected, atol=1e-6
    )


def test_ties_go_to_the_first_scene():
    X, y, scenes = photos()
    told = FrozenEstimator(Told(0.5).fit(X))
    fitted = model(scene_estimator=told).fit(X, y, scenes=scenes)
    first = fitted.networks_[0].predict_proba(X)
    np.testing.assert_allclose(fitted.predict_proba(X), first, atol=1e-6)


def test_coarser_levels_are_mixed_too():
    X, y, scenes = photos()
    common = HierarchicalCellClassifier([S2Partition(100, 1), S2Partition(60, 1)])
    fitted = model().set_params(classifier=common).fit(X, y, scenes=scenes)
    for level in (0, 1):
        proba = fitted.predict_proba(X, level=level)
        assert proba.shape == (160, fitted.common_.n_cells_[level])
        np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-6)


def test_scene_estimators():
    X, y, scenes = photos()
    learnt = model(scene_estimator=LogisticRegression()).fit(X, y, scenes=scenes)
    assert learnt.common_.scenes_ is None
    assert learnt.scene_estimator_.classes_.tolist() == ["indoor", "natural"]
    assert learnt.score(X, y) > 4900
    told = FrozenEstimator(Told().fit(X))
    asked = model(scene_estimator=told).fit(X, y)
    assert asked.scenes_.tolist() == [0, 1]
    assert asked.score(X, y) > 4900


def test_frozen_classifiers():
    X, y, scenes = photos()
    common = model().classifier.set_params(random_state=0)
    common.fit(X, y, scenes=scenes)
    before = common.predict_proba(X)
    fitted = model().set_params(classifier=FrozenEstimator(common))
    fitted.fit(X, y, scenes=scenes)
    assert fitted.common_ is common
    assert np.array_equal(common.predict_proba(X), before)
    assert fitted.score(X, y) > 4900
    without = clone(common).fit(X, y)
    fitted.set_params(classifier=FrozenEstimator(without))
    with pytest.raises(ValueError, match="frozen classifier has learnt no scenes"):
        fitted.fit(X, y, scenes=scenes)


def test_scenes_with_too_few_rows_keep_the_common_network():
    X, y, scenes = photos()
    scenes = np.where(np.arange(160) == 5, "rare", scenes)
    fitted = model(calibration_fraction=None).fit(X, y, scenes=scenes)
    assert fitted.scenes_.tolist() == ["indoor", "natural", "rare"]
    assert fitted.networks_[2] is fitted.common_
    assert fitted.scene_report_["n_rows"].tolist() == [80, 79, 1]
    assert fitted.scene_report_["n_epochs"][2] == 0
    assert np.isnan(fitted.scene_report_["loss"][2])


def test_settings_of_places_are_the_classifiers(fitted):
    X, _, _ = photos(6)
    assert (fitted.point, fitted.point_km, fitted.abstain_below) == ("mean", 25.0, None)
    unsure = pickle.loads(pickle.dumps(fitted))
    unsure.common_.set_params(abstain_below=1.0)
    assert np.isnan(unsure.predict(X)).all()
    assert SceneNetworks().point == "mean"


def test_rows_are_independent_and_memory_does_not_matter(fitted):
    X, _, _ = photos(40, seed=3)
    for routing in ("argmax", "soft"):
        some = pickle.loads(pickle.dumps(fitted)).set_params(routing=routing)
        whole = some.predict_proba(X)
        np.testing.assert_allclose(some.predict_proba(X[7:8]), whole[7:8], atol=1e-6)
        with sklearn.config_context(working_memory=1e-4):
            np.testing.assert_allclose(some.predict_proba(X), whole, atol=1e-6)


def test_sparse_frames_crops_and_seeds(fitted):
    X, y, scenes = photos()
    again = model().fit(X, y, scenes=scenes)
    assert np.array_equal(again.predict_proba(X), fitted.predict_proba(X))
    thin = model().fit(sparse.csr_array(X), y, scenes=scenes)
    assert thin.score(sparse.csr_matrix(X), y) > 4900
    frame = pd.DataFrame(X, columns=["inside", "look"])
    named = model().fit(frame, y, scenes=scenes)
    assert named.feature_names_in_.tolist() == ["inside", "look"]
    assert np.array_equal(named.predict(frame), fitted.predict(X))
    crops = np.repeat(X[:, None], 2, axis=1)
    np.testing.assert_allclose(
        fitted.predict_proba(crops), fitted.predict_proba(X), atol=1e-6
    )


def test_networks_go_to_disk(fitted, tmp_path):
    X, _, _ = photos(50, seed=4)
    fitted.save_pretrained(tmp_path / "own")
    read = SceneNetworks.from_pretrained(tmp_path / "own")
    for routing in ("argmax", "soft"):
        a, b = (each.set_params(routing=routing) for each in (fitted, read))
        assert np.array_equal(a.predict_proba(X), b.predict_proba(X))
    with pytest.raises(ValueError, match="calibrated with routing='argmax'"):
        fitted.predict_region(X, 0.8)
    with pytest.raises(ValueError, match="calibrated with routing='argmax'"):
        read.predict_region(X, 0.8)
    for each in (fitted, read):
        each.set_params(routing="argmax")
    regions = fitted.predict_region(X, 0.8)
    assert (regions != read.predict_region(X, 0.8)).nnz == 0
    assert read.scene_report_.tobytes() == fitted.scene_report_.tobytes()
    assert read.scenes_.tolist() == ["indoor", "natural"]
    assert {path.suffix for path in (tmp_path / "own").iterdir()} == {
        ".json",
        ".safetensors",
    }
    with pytest.raises(ValueError, match="they take no scene_estimator"):
        SceneNetworks.from_pretrained(tmp_path / "own", scene_estimator=Told())
    with pytest.raises(ValueError, match="holds a SceneNetworks, not a Hierarch"):
        HierarchicalCellClassifier.from_pretrained(tmp_path / "own")


def test_networks_on_disk_that_ask_for_scenes(tmp_path):
    X, y, scenes = photos()
    scenes = np.where(np.arange(160) == 5, "rare", scenes)
    asked = LogisticRegression()
    written = model(scene_estimator=asked, calibration_fraction=None)
    written.fit(X, y, scenes=scenes).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="pass scene_estimator=, fitted"):
        SceneNetworks.from_pretrained(tmp_path)
    read = SceneNetworks.from_pretrained(
        tmp_path, scene_estimator=written.scene_estimator_
    )
    assert read.networks_[2] is read.common_
    assert np.array_equal(read.predict(X), written.predict(X))
    assert read.calibration_scores_ is None
    path = tmp_path / "manifest.json"
    path.write_text(path.read_text().replace('"own_network"', '"other"'))
    with pytest.raises(ValueError, match="incomplete or was changed: KeyError"):
        SceneNetworks.from_pretrained(tmp_path)


def test_weights_count():
    X, y, scenes = photos()
    weight = (np.arange(160) < 80).astype(float)
    fitted = model().fit(X, y, sample_weight=weight, scenes=scenes)
    assert fitted.scene_report_["n_rows"].sum() == 72
    with pytest.raises(ValueError, match="at least one non-zero"):
        model().fit(X, y, sample_weight=np.zeros(160), scenes=scenes)


def test_says_what_is_wrong():
    X, y, scenes = photos(20)
    with pytest.raises(ValueError, match="scenes are missing: pass scenes= to fit"):
        model().fit(X, y)
    with pytest.raises(ValueError, match="or freeze the scene_estimator"):
        model(scene_estimator=LogisticRegression()).fit(X, y)
    with pytest.raises(TypeError, match="got a LogisticRegression"):
        SceneNetworks(LogisticRegression()).fit(X, y, scenes=scenes)
    never = np.column_stack([np.full(20, 0.5), np.full(20, 0.3), np.full(20, 0.2)])
    with pytest.raises(ValueError, match="nobody's likeliest scene"):
        model(scene_estimator=LogisticRegression()).fit(X, y, scenes=never)


class Checked(SceneNetworks):
    """Scenes by the sign of the first column: scikit-learn's checks know none."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y, sample_weight=sample_weight)


class Sign(Told):
    def predict_proba(self, X):
        column = X[:, [0]]
        column = column.toarray() if sparse.issparse(column) else np.asarray(column)
        return np.hstack([column > 0, column <= 0]).astype(float)


def checked():
    common = folds_y(HierarchicalCellClassifier)(
        S2Partition(8, 1), max_iter=2, batch_size=500, device="cpu"
    )
    scenes = FrozenEstimator(Sign().fit(None))
    return folds_y(Checked)(common, scene_estimator=scenes, max_iter=1, random_state=0)


# Why a row of weight 2 is not two rows.
WEIGHTS = (
    "Held-out rows are drawn at random among rows: a row of weight 2 is drawn once, "
    "two equal rows are drawn apart."
)


@pytest.mark.parametrize(("estimator", "check"), checks_of(checked(), WEIGHTS))
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_parameters_are_checked():
    estimator = checked()
    check_param_validation(type(estimator).__name__, estimator)
    assert OTHER_INPUT["SceneNetworks"] == "tests.geolocation.test_scene_networks"


def test_a_second_fit_that_fails_leaves_the_first():
    X = np.eye(4)
    y = [[0, 0], [10, 10], [40, 40], [60, 60]]
    classifier = HierarchicalCellClassifier(
        S2Partition(1, 1), max_iter=1, random_state=0, device="cpu"
    )
    model = SceneNetworks(classifier, max_iter=1, random_state=0)
    model.fit(X, y, scenes=[0, 1, 0, 1])
    before = model.predict_proba(X)
    model.set_params(learning_rate_init=1e300)
    with pytest.raises(ValueError, match="learning_rate_init"):
        model.fit(X[:, :3], y[::-1], scenes=[0, 1, 2, 1])
    np.testing.assert_array_equal(model.predict_proba(X), before)
    np.testing.assert_array_equal(model.scenes_, [0, 1])


def test_a_network_that_was_interrupted_has_no_loss():
    history = np.zeros(0, dtype=[("train_loss", float)])
    network = SimpleNamespace(history_=history)
    row = scene_report([(3, None), (2, network)])[1]
    assert row.tolist()[:3] == (1, 2, 0)
    assert np.isnan(row["loss"])


def test_scenes_that_the_router_does_not_have():
    X, y, scenes = photos()
    three = np.where(np.arange(len(X)) % 3, scenes, "urban")
    router = FrozenEstimator(LogisticRegression().fit(X, three))
    words = r"fit has \['indoor', 'natural'\], and scene_estimator knows .*'urban'"
    with pytest.raises(ValueError, match=words):
        model(scene_estimator=router).fit(X, y, scenes=scenes)
    other = FrozenEstimator(LogisticRegression().fit(X, scenes == "indoor"))
    with pytest.raises(ValueError, match=r"scene_estimator knows \[False, True\]"):
        model(scene_estimator=other).fit(X, y, scenes=scenes)
    common = HierarchicalCellClassifier(S2Partition(60, 5), max_iter=2)
    common = FrozenEstimator(common.fit(X, y, scenes=three))
    with pytest.raises(ValueError, match="the frozen classifier knows"):
        SceneNetworks(common, max_iter=1).fit(X, y, scenes=scenes)


def test_the_router_is_taught_with_weights():
    X, y, scenes = photos()
    X = X + np.random.default_rng(0).normal(size=X.shape)
    weights = np.where(scenes == "indoor", 9.0, 1.0)
    found = model(scene_estimator=LogisticRegression(), calibration_fraction=None)
    found.fit(X, y, weights, scenes=scenes)
    expected = LogisticRegression().fit(X, scenes, weights).predict_proba(X)
    np.testing.assert_allclose(found.predict_scene_proba(X), expected)


def test_what_is_changed_after_fit_is_checked(fitted):
    X, *_ = photos(4)
    changed = clone_of(fitted).set_params(routing="argmx")
    with pytest.raises(ValueError, match="'routing' parameter of SceneNetworks must"):
        changed.predict(X)


def clone_of(estimator):
    """Return a fitted copy."""
    return pickle.loads(pickle.dumps(estimator))
