# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is set after fit is heeded, or refused in words, and no store is spoiled."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import torch
from sklearn.frozen import FrozenEstimator
from torch import nn

from sklearn_geo.geolocation import (
    AlbumGeolocator,
    HierarchicalCellClassifier,
    SceneNetworks,
    TimeAdjustedGeolocator,
    UserAveragingGeolocator,
)
from sklearn_geo.partition import KMeansPartition, S2Partition
from tests.geolocation.wrapping import album_photos, classifier, looks

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 4))
PLACES = RNG.uniform(-60, 60, (120, 2))
LEVELS = [S2Partition(40, 1), S2Partition(20, 1)]
FRAME, TOWNS = album_photos(n_users=25)
FRAME["outdoor"] = RNG.random(len(FRAME))
FRAME["night"] = RNG.random(len(FRAME))


def cells(partitions=None, **params):
    settings = {"max_iter": 2, "random_state": 0, "device": "cpu", "hidden": (8,)}
    partitions = LEVELS if partitions is None else partitions
    return HierarchicalCellClassifier(partitions, **{**settings, **params})


def timed(**params):
    settings = {"times": "taken", "cv": "prefit", "random_state": 0, "max_iter": 2}
    settings |= {"device": "cpu"}
    return TimeAdjustedGeolocator(params.pop("estimator"), **{**settings, **params})


def albums(**params):
    settings = {"groups": "user", "times": "taken", "cv": "prefit", "max_iter": 2}
    settings |= {"device": "cpu", "random_state": 0, "hidden": 5}
    return AlbumGeolocator(params.pop("estimator"), **{**settings, **params})


@pytest.fixture(scope="module")
def taught():
    return cells(warm_start=True).fit(X, PLACES)


@pytest.fixture
def base():
    # Of the other half of the photos, and of the looks alone.
    return classifier().fit(looks(FRAME)[::2].iloc[:, :5], TOWNS[::2])


def frame(*more):
    return FRAME[[f"look_{number}" for number in range(5)] + list(more)][1::2]


OWN = TOWNS[1::2]


def check_refused(model, name, folder, *rows):
    """Check that a changed model is neither taught nor saved, and stays as it is."""
    before = copy.deepcopy(vars(model)["net_"].module_.state_dict())
    with pytest.raises(ValueError, match=rf"^{name} is .* before\. .*warm_start=False"):
        model.fit(*rows)
    if hasattr(model, "partial_fit"):
        with pytest.raises(ValueError, match=rf"^{name} is .* before\. .*set it back"):
            model.partial_fit(*rows)
    if name == "partitions":
        check_fitted_cells_are_saved(model, folder, rows[0])
    else:
        check_not_saved(model, name, folder)
    after = model.net_.module_.state_dict()
    assert all((after[key] == value).all() for key, value in before.items())


def check_fitted_cells_are_saved(model, folder, X):
    """Check that a folder has the cells that answer, whatever others would be made."""
    model.save_pretrained(folder / "cells")
    read = HierarchicalCellClassifier.from_pretrained(folder / "cells")
    assert read.cell_names_.tolist() == model.cell_names_.tolist()
    np.testing.assert_array_equal(read.predict_proba(X), model.predict_proba(X))


def check_not_saved(model, name, folder):
    """Check that a changed model touches no folder, new or old."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(ValueError, match=rf"^{name} is .*set after fit: fit again, or"):
        model.save_pretrained(folder)
    with pytest.raises(ValueError, match=rf"^{name} is .*set after fit: fit again, or"):
        model.save_pretrained(folder / "new")
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert after == before
    assert not (folder / "new").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden", (9,)),
        ("hidden", ()),
        ("activation", "tanh"),
        ("dropout", 0.5),
        ("combine", "tree_sum"),
        ("partitions", [S2Partition(40, 1), S2Partition(21, 1)]),
        ("partitions", S2Partition(20, 1)),
        ("partitions", None),
        ("partitions", FrozenEstimator(S2Partition(20, 1).fit(PLACES))),
        ("backbone", nn.Identity),
    ],
)
def test_a_classifier_goes_on_with_the_network_there_is(taught, name, value, tmp_path):
    taught.save_pretrained(tmp_path)
    model = copy.deepcopy(taught).set_params(**{name: value})
    check_refused(model, name, tmp_path, X, PLACES)
    model.set_params(**{name: taught.get_params(deep=False)[name]})
    model.save_pretrained(tmp_path)
    assert model.fit(X, PLACES).n_iter_ == 4
    # Anew, it heeds what it is told.
    if name == "hidden":
        anew = model.set_params(hidden=value, warm_start=False).fit(X, PLACES)
        assert anew.net_.module_.heads.weight.shape[0] == (value[0] if value else 4)
        anew.save_pretrained(tmp_path)


def test_a_partition_that_is_changed_in_place_is_seen(tmp_path):
    model = cells(S2Partition(20, 1), warm_start=True).fit(X, PLACES)
    model.set_params(partitions__max_per_cell=50)
    check_refused(model, "partitions", tmp_path, X, PLACES)


def test_tree_sums_stay_tree_sums(tmp_path):
    model = cells(combine="tree_sum", warm_start=True).fit(X, PLACES)
    model.set_params(combine="product")
    check_refused(model, "combine", tmp_path, X, PLACES)


@pytest.mark.parametrize(
    "changed",
    [
        {"combine": "finest"},
        {"point": "center", "abstain_below": 0.1},
        {"solver": "sgd", "learning_rate_init": 0.5, "batch_size": 7},
        {"smoothing_km": 500.0, "calibration_fraction": None},
        {"hidden": [8]},
        {"hidden": np.array([8])},
        {"random_state": 5},
        # Nothing of images, where there are none.
        {"image_size": 8, "augment": False, "freeze_backbone": True},
    ],
)
def test_what_may_be_changed_after_fit(taught, changed, tmp_path):
    model = copy.deepcopy(taught).set_params(**changed)
    model.save_pretrained(tmp_path)
    read = HierarchicalCellClassifier.from_pretrained(tmp_path)
    np.testing.assert_array_equal(read.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(read.predict(X), model.predict(X))
    assert read.fit(X, PLACES).partial_fit(X, PLACES).n_iter_ == 5
    assert model.fit(X, PLACES).n_iter_ == 4


def test_fitted_cells_may_stand_for_their_partitions(taught, tmp_path):
    frozen = [FrozenEstimator(part) for part in copy.deepcopy(taught.partitions_)]
    model = copy.deepcopy(taught).set_params(partitions=frozen)
    finest = taught.partitions_[-1].predict(PLACES)
    # Places are cells from then on, which is what they are frozen for.
    assert model.partial_fit(X, finest).n_iter_ == 3
    model.save_pretrained(tmp_path)


def test_settings_that_nobody_could_read_again_are_not_saved(taught, tmp_path):
    taught.save_pretrained(tmp_path)
    model = copy.deepcopy(taught).set_params(n_crops=0)
    with pytest.raises(ValueError, match="'n_crops' parameter"):
        model.save_pretrained(tmp_path)
    again = HierarchicalCellClassifier.from_pretrained(tmp_path)
    np.testing.assert_array_equal(again.predict(X), taught.predict(X))


class Flat(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(3, 2, 1)

    def forward(self, images):
        return self.layer(images)


class Other(Flat):
    pass


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("backbone", Other),
        ("freeze_backbone", True),
        ("augment", True),
        ("image_size", 5),
    ],
)
def test_a_classifier_of_images(name, value, tmp_path):
    images = np.random.default_rng(0).random((40, 3, 6, 6), dtype=np.float32)
    model = cells(
        S2Partition(10, 1),
        backbone=Flat,
        image_size=4,
        augment=False,
        warm_start=True,
        max_iter=1,
    ).fit(images, PLACES[:40])
    model.save_pretrained(tmp_path)
    read = HierarchicalCellClassifier.from_pretrained(tmp_path, backbone=Flat)
    for each in (model, read):
        each.set_params(**{name: value})
        check_refused(each, name, tmp_path, images, PLACES[:40])
    read.set_params(**{name: model.get_params()[name]})


def test_pickles_of_before_this_was_kept_go_on(taught, tmp_path):
    model = pickle.loads(pickle.dumps(taught))
    del model._made_for
    model.save_pretrained(tmp_path)
    assert model.fit(X, PLACES).n_iter_ == 4
    again = pickle.loads(pickle.dumps(taught))
    again.save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=r"^hidden is \(9,\), and was \(8,\) before"):
        again.set_params(hidden=(9,)).fit(X, PLACES)


# Wrappers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preset", "name", "value"),
    [
        ("paper", "hidden", (7, 6)),
        ("paper", "dropout", 0.25),
        ("paper", "metadata", ("night", "outdoor")),
        (None, "metadata", ("night", "outdoor")),
    ],
)
def test_times_go_on_with_the_network_there_is(base, preset, name, value, tmp_path):
    rows = frame("taken", "outdoor", "night")
    model = timed(
        estimator=base,
        preset=preset,
        hidden=(7,),
        metadata=("outdoor", "night"),
        warm_start=True,
    ).fit(rows, OWN)
    n_epochs = model.n_iter_
    model.save_pretrained(tmp_path)
    read = TimeAdjustedGeolocator.from_pretrained(tmp_path)
    for each in (model, read):
        answers = each.predict_proba(rows)
        before = each.get_params(deep=False)[name]
        each.set_params(**{name: value})
        check_refused(each, name, tmp_path, rows, OWN)
        if name == "metadata":
            with pytest.raises(ValueError, match=r"metadata is .* own mean and scale"):
                each.predict(rows)
        each.set_params(**{name: before})
        np.testing.assert_array_equal(each.predict_proba(rows), answers)
    read.save_pretrained(tmp_path)
    assert model.fit(rows, OWN).n_iter_ > n_epochs


def test_corrections_have_no_layers_of_the_paper(base, tmp_path):
    rows = frame("taken")
    model = timed(estimator=base, warm_start=True).fit(rows, OWN)
    model.set_params(hidden=(3,), dropout=0.1, n_first=7, shrinkage=2.0)
    model.save_pretrained(tmp_path)
    read = TimeAdjustedGeolocator.from_pretrained(tmp_path)
    np.testing.assert_allclose(
        read.predict_proba(rows), model.predict_proba(rows), rtol=1e-6
    )
    assert model.fit(rows, OWN).n_iter_ == 4
    with pytest.raises(ValueError, match=r"^preset is 'paper', and was None before"):
        model.set_params(preset="paper").save_pretrained(tmp_path)


@pytest.mark.parametrize("preset", [None, "paper"])
def test_albums_go_on_with_the_network_there_is(base, preset, tmp_path):
    rows = frame("taken", "user")
    model = albums(estimator=base, preset=preset, warm_start=True).fit(rows, OWN)
    model.save_pretrained(tmp_path)
    read = AlbumGeolocator.from_pretrained(tmp_path)
    for each in (model, read):
        each.set_params(hidden=6)
        check_refused(each, "hidden", tmp_path, rows, OWN)
        each.set_params(hidden=5)
        other = {"preset": "paper" if preset is None else None}
        check_not_saved(each.set_params(**other), "preset", tmp_path)
        each.set_params(preset=preset, album_size=3).save_pretrained(tmp_path / "it")
        again = AlbumGeolocator.from_pretrained(tmp_path / "it")
        np.testing.assert_allclose(
            again.predict_proba(rows), each.predict_proba(rows), rtol=1e-6
        )
    assert model.fit(rows, OWN).n_iter_ > read.n_iter_


def test_a_width_that_is_left_open_is_the_one_it_stands_for(base, tmp_path):
    rows = frame("taken", "user")
    model = albums(estimator=base, hidden="auto").fit(rows, OWN)
    model.set_params(hidden=16).save_pretrained(tmp_path)
    check_not_saved(model.set_params(hidden=17), "hidden", tmp_path)


@pytest.mark.parametrize("make", [timed, albums])
def test_networks_know_the_cells_they_were_taught(make, tmp_path):
    rows = frame("taken", "user") if make is albums else frame("taken")
    features = looks(FRAME)[::2].iloc[:, :5]
    towns = TOWNS[::2]
    one = KMeansPartition(4, random_state=0).fit(towns)
    other = KMeansPartition(4, random_state=0).fit(towns + 0.01)
    first, second = (_over(part, features, towns) for part in (one, other))
    assert first.cell_names_.tolist() == second.cell_names_.tolist()
    model = make(estimator=first, warm_start=True).fit(rows, OWN)
    model.set_params(estimator=copy.deepcopy(first)).fit(rows, OWN)
    assert model.n_iter_ == 4
    words = r"^The wrapped estimator has other cells now than those .*network knows\. "
    with pytest.raises(ValueError, match=words + "Freeze its partitions, or fit anew"):
        model.set_params(estimator=second).fit(rows, OWN)
    # Nor is it saved with cells that came since, in what it wraps.
    model.set_params(estimator=first).fit(rows, OWN)
    vars(first).update(vars(second))
    with pytest.raises(ValueError, match=words + r"Fit again, to save\."):
        model.save_pretrained(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_cells_that_move_are_no_setting(tmp_path):
    rows = np.arange(len(FRAME))
    photos = looks(FRAME).assign(taken=FRAME["taken"])
    inside = classifier().set_params(partitions=KMeansPartition(4))
    model = timed(estimator=inside, cv=2, warm_start=True).fit(photos, TOWNS)
    with pytest.raises(ValueError, match=r"other cells now .* Freeze its partitions"):
        model.fit(photos, TOWNS, sample_weight=1.0 + rows / 10)
    # Its cells are as they were: the same partition, to the same places.
    assert model.fit(photos, TOWNS).n_iter_ == 4
    model.save_pretrained(tmp_path)


def _over(partition, features, towns):
    model = classifier().set_params(partitions=FrozenEstimator(partition))
    return model.fit(features, towns)


def test_what_is_wrapped_is_looked_at_before_anything_is_written(base, tmp_path):
    rows = frame("user", "taken")
    inside = timed(estimator=base).fit(rows.drop(columns="user"), OWN)
    model = UserAveragingGeolocator(inside, groups="user", cv="prefit").fit(rows, OWN)
    model.save_pretrained(tmp_path)
    model.set_params(estimator__estimator__hidden=(3,))
    check_not_saved(model, "hidden", tmp_path)
    model.set_params(estimator__estimator__hidden=(), estimator__metadata=["a"])
    check_not_saved(model, "metadata", tmp_path)
    model.set_params(estimator__metadata=(), window_hours=-1.0)
    with pytest.raises(ValueError, match="'window_hours' parameter"):
        model.save_pretrained(tmp_path)
    read = UserAveragingGeolocator.from_pretrained(tmp_path)
    model.set_params(window_hours=None)
    np.testing.assert_array_equal(read.predict(rows), model.predict(rows))


# Scene networks ---------------------------------------------------------------------


SCENES = np.arange(120) % 2


@pytest.fixture(scope="module")
def routed(taught):
    common = cells(warm_start=True).fit(X, PLACES, scenes=SCENES)
    model = SceneNetworks(
        FrozenEstimator(common), max_iter=2, learning_rate_init=0.1, random_state=0
    )
    return model.fit(X, PLACES, scenes=SCENES)


def test_scene_networks_are_not_saved_as_others(routed, tmp_path):
    model = copy.deepcopy(routed)
    model.save_pretrained(tmp_path)
    model.classifier.estimator.set_params(activation="tanh")
    check_not_saved(model, "activation", tmp_path)
    model.classifier.estimator.set_params(activation="relu")
    model.networks_[1].set_params(dropout=0.5)
    check_not_saved(model, "dropout", tmp_path)
    model.networks_[1].set_params(dropout=0.0)
    with pytest.raises(ValueError, match="'threshold' parameter"):
        model.set_params(threshold=2.0).save_pretrained(tmp_path)
    read = SceneNetworks.from_pretrained(tmp_path)
    np.testing.assert_array_equal(read.predict(X), routed.predict(X))


def test_every_scene_combines_levels_as_the_common_classifier(routed, tmp_path):
    model = copy.deepcopy(routed)
    assert all(network is not model.common_ for network in model.networks_)
    product = model.predict_proba(X)
    model.classifier.estimator.set_params(combine="finest")
    # The softmax of the head of the finest level, of the network of the scene.
    scenes = model.predict_scene_proba(X).argmax(axis=1)
    expected = np.empty_like(product)
    for number, network in enumerate(model.networks_):
        module = copy.deepcopy(network.net_.module_).double().eval()
        logits = module(torch.from_numpy(X))[1].detach().numpy()
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        own = scenes == number
        expected[own] = (e / e.sum(axis=1, keepdims=True))[own]
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-9)
    assert np.abs(product - expected).max() > 1e-3
    model.save_pretrained(tmp_path)
    read = SceneNetworks.from_pretrained(tmp_path)
    np.testing.assert_array_equal(read.predict_proba(X), model.predict_proba(X))


# Regions ----------------------------------------------------------------------------


def check_regions(model, rows, y, name, values):
    """Check that regions are asked for with what they were calibrated with alone."""
    before, after = values
    model.calibrate(rows, y).predict_region(rows, 0.8)
    model.set_params(**{name: after})
    words = f"calibrated with {name}={before!r}, and it is {after!r} now"
    with pytest.raises(ValueError, match=words):
        model.predict_region(rows, 0.8)
    model.calibrate(rows, y).predict_region(rows, 0.8)
    with pytest.raises(ValueError, match=f"calibrated with {name}={after!r}"):
        model.set_params(**{name: before}).predict_region(rows, 0.8)
    model.calibrate(rows, y)


def test_regions_of_times(base):
    rows = frame("taken")
    rows["taken"] = rows["taken"].dt.tz_localize(None)
    model = timed(estimator=base, time_zone="UTC").fit(rows, OWN)
    check_regions(model, rows, OWN, "time_zone", ("UTC", "Asia/Tokyo"))
    check_regions(model, rows, OWN, "estimator__combine", ("product", "finest"))
    # All cells are corrected, however many were learnt from.
    model.set_params(n_first=3).predict_region(rows, 0.8)
    paper = timed(estimator=base, time_zone="UTC", preset="paper", hidden=(5,))
    paper.fit(rows, OWN).calibrate(rows, OWN)
    paper.set_params(n_first=10).predict_region(rows, 0.8)  # which it was
    with pytest.raises(ValueError, match="with n_first=10, and it is 3 now"):
        paper.set_params(n_first=3).predict_region(rows, 0.8)


def test_regions_of_albums_and_users(base, tmp_path):
    rows = frame("taken", "user")
    model = albums(estimator=base).fit(rows, OWN)
    check_regions(model, rows, OWN, "album_size", (24, 3))
    check_regions(model, rows, OWN, "estimator__combine", ("product", "finest"))
    mean = UserAveragingGeolocator(model, groups="user", cv="prefit")
    mean.fit(rows, OWN)
    name = "estimator__estimator__combine"
    mean.calibrate(rows, OWN).set_params(**{name: "finest"})
    with pytest.raises(ValueError, match=f"with {name}='product', and it is 'finest'"):
        mean.predict_region(rows, 0.8)
    # Nor does who reads it again forget.
    mean.save_pretrained(tmp_path)
    read = UserAveragingGeolocator.from_pretrained(tmp_path)
    with pytest.raises(ValueError, match=f"with {name}='product', and it is 'finest'"):
        read.predict_region(rows, 0.8)
    mean.set_params(**{name: "product"}).predict_region(rows, 0.8)
    # The estimator that is cloned and fitted is not the one that answers.
    clones = UserAveragingGeolocator(classifier(), groups="user")
    clones.fit(frame("user"), OWN).calibrate(frame("user"), OWN)
    clones.set_params(estimator__combine="finest").predict_region(frame("user"), 0.8)


def test_regions_of_scene_networks(routed):
    model = copy.deepcopy(routed).calibrate(X, PLACES)
    model.predict_region(X, 0.8)
    model.classifier.estimator.set_params(combine="finest")
    words = "with classifier__combine='product', and it is 'finest' now"
    with pytest.raises(ValueError, match=words):
        model.predict_region(X, 0.8)
    model.calibrate(X, PLACES).predict_region(X, 0.8)


def test_calibrations_of_before_these_were_kept(base):
    rows = frame("taken", "user")
    model = albums(estimator=base).fit(rows, OWN).calibrate(rows, OWN)
    region = model.predict_region(rows, 0.8).toarray()
    model._calibrated_by = {}
    np.testing.assert_array_equal(model.predict_region(rows, 0.8).toarray(), region)


# What it has learnt from ------------------------------------------------------------


def test_a_folder_does_not_tell_what_was_learnt_from(base, tmp_path):
    features = looks(FRAME)[::2].iloc[:, :5].assign(user=FRAME["user"], taken=0)
    features["taken"] = FRAME["taken"]
    base.save_pretrained(tmp_path)
    read = HierarchicalCellClassifier.from_pretrained(tmp_path)
    for keeps in (base, pickle.loads(pickle.dumps(base))):
        with pytest.warns(UserWarning, match="has learnt from these photos"):
            albums(estimator=keeps).fit(features, TOWNS[::2])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        albums(estimator=read).fit(features, TOWNS[::2])
