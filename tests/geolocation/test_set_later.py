# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is set, or learnt inside, after fit, and what that has to do with answers."""

import pickle
from functools import partial

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from torch import nn

from sklearn_geo.geolocation import (
    AlbumGeolocator,
    HierarchicalCellClassifier,
    NeighborGeolocator,
    PriorGeolocator,
    SceneNetworks,
    SelectiveGeolocator,
    TimeAdjustedGeolocator,
    UserAveragingGeolocator,
)
from sklearn_geo.partition import S2Partition
from tests.geolocation.wrapping import album_photos, classifier, looks

FRAME, TOWNS = album_photos(n_users=25)
LOOKS = looks(FRAME).to_numpy()
LEVELS = [S2Partition(90, 3), S2Partition(30, 3)]
ROWS = {"times": FRAME["taken"], "groups": FRAME["user"]}


def weights_of(model):
    parts = model.net_.module_.parameters()
    return np.concatenate([part.detach().numpy().ravel() for part in parts])


# Warm starts --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "more"),
    [
        (classifier(early_stopping=True, batch_size=8), {"groups": FRAME["user"]}),
        (TimeAdjustedGeolocator(classifier(), cv=2, max_iter=2), ROWS),
        (
            TimeAdjustedGeolocator(
                classifier(), cv=2, max_iter=2, preset="paper", hidden=(4, 4, 4)
            ),
            ROWS,
        ),
        (AlbumGeolocator(classifier(), cv=2, max_iter=2), ROWS),
        (AlbumGeolocator(classifier(), cv=2, max_iter=2, preset="paper"), ROWS),
    ],
    ids=["cells", "times", "paper's times", "albums", "paper's albums"],
)
def test_a_warm_start_takes_the_seed_that_is_set(model, more):
    model.set_params(warm_start=True, random_state=0, batch_size=8, device="cpu").fit(
        LOOKS, TOWNS, **more
    )
    held_out, said = getattr(model, "calibration_groups_", None), []
    for seed in (0, 5, 5, None):
        one = pickle.loads(pickle.dumps(model)).set_params(random_state=seed)
        said.append(weights_of(one.fit(LOOKS, TOWNS, **more)))
        assert one._seed == model._seed  # of the rows held out
        np.testing.assert_array_equal(
            getattr(one, "calibration_groups_", None), held_out
        )
    np.testing.assert_array_equal(said[1], said[2])
    np.testing.assert_array_equal(said[0], said[3])
    assert np.abs(said[0] - said[1]).max() > 1e-5


# What fit alone reads -----------------------------------------------------------------


@pytest.mark.parametrize(("name", "value"), [("metric", "euclidean"), ("ann", True)])
def test_neighbours_are_found_by_what_they_were_put_in_order_by(name, value):
    model = NeighborGeolocator(5).fit(LOOKS, TOWNS)
    said = model.predict(LOOKS)
    model.set_params(**{name: value})
    words = f"^{name} is {value!r}, and was .* before. Photos were put in order by it"
    for ask in (model.predict, model.predict_topk, model.confidence, model.kneighbors):
        with pytest.raises(ValueError, match=words):
            ask(LOOKS)
    model.set_params(metric="cosine", ann=False, sigma_km=444.8)
    np.testing.assert_array_equal(model.predict(LOOKS), said)
    model.set_params(metric="euclidean").fit(LOOKS, TOWNS).predict(LOOKS)
    del model._made_for  # pickled before this was kept
    model.predict(LOOKS)


def test_a_gallery_is_of_the_crops_it_was_made_of():
    images = np.random.default_rng(0).integers(
        256, size=(30, 12, 24, 3), dtype=np.uint8
    )
    model = HierarchicalCellClassifier(
        S2Partition(10, 1), backbone=lambda: nn.Conv2d(3, 4, 3), image_size=8,
        max_iter=1, random_state=0, device="cpu",
    )  # fmt: skip
    model.fit(images, TOWNS[:30]).index(images)
    model.set_params(n_crops=3)
    with pytest.raises(ValueError, match=r"^n_crops is 3, and was 1 before\. The gal"):
        model.retrieve(images, 1)
    rows = model.index(images).retrieve(images, 1)[0]
    np.testing.assert_array_equal(rows[:, 0], np.arange(30))
    # Of features that were cut elsewhere it cuts none.
    model = classifier().fit(LOOKS, TOWNS).index(LOOKS).set_params(n_crops=3)
    assert model.retrieve(LOOKS, 1)[0][:, 0].tolist() == list(range(len(LOOKS)))


@pytest.mark.parametrize(
    "changed",
    [
        {"criterion": 1},
        {"threshold": 0.5, "coverage": None},
        {"coverage": 0.9},
        {"keep_column": True},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_threshold_is_of_the_settings_it_was_found_by(changed):
    model = SelectiveGeolocator(PriorGeolocator(), 0, coverage=0.4).fit(LOOKS, TOWNS)
    accepted, before = model.accepts(LOOKS), model.get_params(deep=False)
    model.set_params(**changed)
    name = next(iter(changed))
    for ask in (model.accepts, model.predict, model.confidence):
        with pytest.raises(ValueError, match=rf"^{name} is .* before\. Fit again"):
            ask(LOOKS)
    model.set_params(**{name: before[name] for name in changed})
    np.testing.assert_array_equal(model.accepts(LOOKS), accepted)
    model.set_params(**changed).fit(LOOKS, TOWNS).accepts(LOOKS)


@pytest.mark.parametrize(
    ("inside", "name", "value"),
    [
        (HierarchicalCellClassifier(LEVELS, max_iter=1), "combine", "finest"),
        (NeighborGeolocator(5), "n_neighbors", 2),
        (NeighborGeolocator(5), "sigma_km", 5.0),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_threshold_is_of_the_settings_of_what_was_asked(inside, name, value):
    even, odd = slice(0, None, 2), slice(1, None, 2)
    inside = clone(inside).fit(LOOKS[even], TOWNS[even])
    model = SelectiveGeolocator(inside, coverage=0.5, cv="prefit")
    model.fit(LOOKS[odd], TOWNS[odd])
    accepted, before = model.accepts(LOOKS), getattr(inside, name)
    inside.set_params(**{name: value})
    words = rf"^estimator__{name} is {value!r}, and was {before!r} before\. threshold_ "
    for ask in (model.accepts, model.predict):
        with pytest.raises(ValueError, match=words):
            ask(LOOKS)
    assert model.confidence(LOOKS).shape == (len(LOOKS),)  # of all, and as it is now
    inside.set_params(**{name: before})
    np.testing.assert_array_equal(model.accepts(LOOKS), accepted)
    # One that a user gave is of no share of photos.
    model.set_params(coverage=None, threshold=0.3).fit(LOOKS[odd], TOWNS[odd])
    inside.set_params(**{name: value})
    np.testing.assert_array_equal(model.accepts(LOOKS), inside.confidence(LOOKS) >= 0.3)


# What decides how photos are read -----------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        (AlbumGeolocator, {"album_size": 0}),
        (AlbumGeolocator, {"album_size": 2.5}),
        (AlbumGeolocator, {"missing_times": "neutral"}),
        (TimeAdjustedGeolocator, {"missing_times": "last"}),
        (TimeAdjustedGeolocator, {"times": 0.5}),
        (UserAveragingGeolocator, {"window_hours": -1.0}),
    ],
)
def test_what_fit_would_refuse_is_refused_as_photos_are_read(kind, changed):
    settings = {} if kind is UserAveragingGeolocator else {"max_iter": 1}
    model = kind(classifier().fit(LOOKS, TOWNS), cv="prefit", **settings)
    model.fit(LOOKS, TOWNS + 1e-9, **ROWS).set_params(**changed)
    for ask in (model.predict, partial(model.calibrate, y=TOWNS)):
        with pytest.raises(ValueError, match=f"The '{next(iter(changed))}' parameter"):
            ask(LOOKS, **ROWS)


# What is learnt again inside ----------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [AlbumGeolocator, TimeAdjustedGeolocator, UserAveragingGeolocator]
)
def test_a_wrapper_asks_nobody_who_has_got_other_cells(kind):
    inside = classifier().fit(LOOKS, TOWNS)
    settings = {} if kind is UserAveragingGeolocator else {"max_iter": 1}
    model = kind(inside, cv="prefit", **settings).fit(LOOKS, TOWNS + 1e-9, **ROWS)
    said = model.predict(LOOKS, **ROWS)
    inside.fit(LOOKS, TOWNS)  # the same cells once more
    np.testing.assert_allclose(model.predict(LOOKS, **ROWS), said)
    n_cells = inside.n_cells_[-1]
    inside.set_params(partitions=S2Partition(20, 3)).fit(LOOKS, TOWNS)
    assert inside.n_cells_[-1] != n_cells
    words = f"its {inside.n_cells_[-1]} cells are not the {n_cells} there were"
    for ask in (model.predict, model.predict_proba, partial(model.calibrate, y=TOWNS)):
        with pytest.raises(ValueError, match=words):
            ask(LOOKS, **ROWS)
    model.fit(LOOKS, TOWNS + 1e-9, **ROWS).predict(LOOKS, **ROWS)


def test_networks_of_scenes_ask_nobody_who_has_got_other_cells():
    inside = classifier()
    scenes = np.arange(len(LOOKS)) % 2
    inside.fit(LOOKS, TOWNS, scenes=scenes)
    model = SceneNetworks(FrozenEstimator(inside), max_iter=1, random_state=0)
    model.fit(LOOKS, TOWNS, scenes=scenes).predict(LOOKS)
    inside.set_params(partitions=S2Partition(20, 3)).fit(LOOKS, TOWNS, scenes=scenes)
    with pytest.raises(ValueError, match="Fit the networks again too"):
        model.predict(LOOKS)


def test_a_folder_of_networks_of_scenes_has_all_their_settings(tmp_path):
    scenes = np.arange(len(LOOKS)) % 2
    model = SceneNetworks(classifier(), max_iter=1, calibration_fraction=None)
    model.fit(LOOKS, TOWNS, scenes=scenes).save_pretrained(tmp_path)
    read = SceneNetworks.from_pretrained(tmp_path).get_params(deep=False)
    for name in ("threshold", "routing", "max_iter", "calibration_fraction"):
        assert read[name] == getattr(model, name)
