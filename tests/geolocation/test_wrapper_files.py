# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Wrappers as folders: what is read predicts as what was written, or says why not."""

import json
import os
import shutil
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

import sklearn_geo.geolocation as room
from sklearn_geo.geolocation import (
    AlbumGeolocator,
    HierarchicalCellClassifier,
    SceneNetworks,
    TimeAdjustedGeolocator,
    UserAveragingGeolocator,
)
from sklearn_geo.geolocation._wrapper_files import StoredWrapper, stored_estimator
from sklearn_geo.nets import Store, write_block
from tests.geolocation.test_cross_fit import Sign
from tests.geolocation.wrapping import album_photos, classifier, looks

FRAME, PLACES = album_photos(n_users=40)
FRAME["outdoor"] = np.random.default_rng(1).random(len(FRAME))
X = FRAME.drop(columns=["taken", "user"])


def averaging(inside=None, **params):
    settings = {"groups": "user", "times": "taken", "window_hours": 40.0}
    inside = classifier() if inside is None else inside
    return UserAveragingGeolocator(inside, **{**settings, **params})


def timed(inside=None, **params):
    settings = {"times": "taken", "metadata": ("outdoor",), "cv": 2, "random_state": 0}
    settings |= {"max_iter": 3, "batch_size": 64}
    inside = classifier() if inside is None else inside
    return TimeAdjustedGeolocator(inside, **{**settings, **params})


def albums(inside=None, **params):
    settings = {"groups": "user", "times": "taken", "cv": 2, "random_state": 0}
    settings |= {"max_iter": 3, "hidden": 5, "device": "cpu"}
    inside = classifier() if inside is None else inside
    return AlbumGeolocator(inside, **{**settings, **params})


def frame_of(model):
    """Return the columns that a model reads."""
    wanted, columns = model, list(looks(FRAME).columns)
    while wanted is not None:
        for name in ("taken", "user", "outdoor"):
            named = wanted.get_params(deep=False)
            named = [
                named.get("times"),
                named.get("groups"),
                *named.get("metadata", ()),
            ]
            if name in named and name not in columns:
                columns.append(name)
        wanted = getattr(wanted, "estimator", None)
        if not isinstance(wanted, StoredWrapper):
            wanted = None
    return FRAME[columns]


MODELS = {
    "averages": averaging(window_hours=None),
    "windows": averaging(missing_times="alone", time_zone="Europe/Paris"),
    "of scenes": averaging(
        SceneNetworks(
            classifier(), scene_estimator=FrozenEstimator(Sign().fit()), max_iter=1
        )
    ),
    "times": timed(),
    "times without metadata": timed(metadata=()),
    "the paper's": timed(preset="paper", hidden=(9, 8, 7), max_iter=2, metadata=()),
    "average of times": averaging(timed()),
    "albums": albums(album_size=6),
    "the paper's albums": albums(preset="paper"),
    "albums of times": albums(timed()),
    "average of albums of times": averaging(albums(timed())),
}


def test_what_is_read_knows_what_its_regions_were_calibrated_with(tmp_path):
    model = averaging().fit(FRAME, PLACES).calibrate(FRAME, PLACES)
    model.set_params(window_hours=None).save_pretrained(tmp_path)
    read = UserAveragingGeolocator.from_pretrained(tmp_path)
    with pytest.raises(ValueError, match=r"window_hours=40.0, and it is None now"):
        read.predict_region(FRAME, 0.8)
    read.set_params(window_hours=40.0).predict_region(FRAME, 0.8)


@pytest.mark.parametrize("name", MODELS)
def test_what_is_read_predicts_as_what_was_written(name, tmp_path):
    model = clone(MODELS[name])
    frame = frame_of(model)
    model.fit(frame, PLACES)
    model.calibrate(frame, PLACES)
    if getattr(model, "strength_", None) == 0.0:
        model.strength_ = 0.5
    if hasattr(model, "corrects_"):
        model.corrects_ = True
    model.save_pretrained(tmp_path / "model")
    assert sorted(path.suffix for path in (tmp_path / "model").iterdir())[0] == ""
    more = {"scene_estimator": Sign().fit()} if name == "of scenes" else {}
    again = type(model).from_pretrained(tmp_path / "model", **more)
    np.testing.assert_allclose(
        again.predict_proba(frame), model.predict_proba(frame), rtol=1e-6
    )
    np.testing.assert_array_equal(again.predict(frame), model.predict(frame))
    np.testing.assert_array_equal(
        again.predict_region(frame, 0.8).toarray(),
        model.predict_region(frame, 0.8).toarray(),
    )
    _same_attributes(again, model)
    before, after = model.get_params(deep=False), again.get_params(deep=False)
    assert isinstance(after.pop("estimator"), FrozenEstimator)
    assert after.pop("cv") == "prefit"
    for key in after:
        if key != "random_state":
            assert after[key] == before[key], key
    with pytest.raises(ValueError, match="feature names should match"):
        again.predict(frame[frame.columns[::-1]])
    # Once more, and to learn again: what is wrapped is frozen.
    again.save_pretrained(tmp_path / "again")
    twice = type(model).from_pretrained(tmp_path / "again", **more)
    np.testing.assert_array_equal(twice.predict(frame), model.predict(frame))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it has seen these photos
        clone(again).fit(frame, PLACES)


def _same_attributes(again, model):
    for name in (
        "cell_places_",
        "history_",
        "left_out_",
        "metadata_mean_",
        "strength_",
    ):
        if hasattr(model, name):
            found, expected = getattr(again, name), getattr(model, name)
            assert np.asarray(found).tobytes() == np.asarray(expected).tobytes(), name
            assert type(found) is type(expected), name
    assert again.n_features_in_ == model.n_features_in_
    assert list(again.feature_names_in_) == list(model.feature_names_in_)
    assert again.n_cells_ == model.n_cells_
    np.testing.assert_array_equal(again.cells_, model.cells_)
    if hasattr(model, "n_iter_"):
        assert again.n_iter_ == model.n_iter_


def test_training_goes_on(tmp_path):
    model = timed(warm_start=True, max_iter=3, metadata=())
    frame = frame_of(model)
    model.fit(frame, PLACES).save_pretrained(tmp_path)
    again = TimeAdjustedGeolocator.from_pretrained(tmp_path)
    assert again.net_.criterion_.shrinkage == model.net_.criterion_.shrinkage
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it has seen these photos
        again.fit(frame, PLACES)
    assert again.n_iter_ == 6
    model = albums(warm_start=True)
    model.fit(frame_of(model), PLACES).save_pretrained(tmp_path)
    again = AlbumGeolocator.from_pretrained(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        again.fit(frame_of(model), PLACES)
    assert again.n_iter_ == 6


def test_windows_may_be_infinite(tmp_path):
    model = averaging(window_hours=np.inf)
    table = frame_of(model)
    model.fit(table, PLACES).calibrate(table, PLACES)
    model.save_pretrained(tmp_path)
    again = UserAveragingGeolocator.from_pretrained(tmp_path)
    assert again.window_hours == np.inf
    np.testing.assert_array_equal(again.predict(table), model.predict(table))
    regions = [one.predict_region(table, coverage=0.8) for one in (model, again)]
    assert (regions[0] != regions[1]).nnz == 0
    again.window_hours = 40.0
    with pytest.raises(ValueError, match="calibrated with window_hours=inf, and it"):
        again.predict_region(table, coverage=0.8)


def test_arrays_need_no_columns(tmp_path):
    model = averaging(groups=None, times=None, window_hours=None)
    model.fit(X.to_numpy(), PLACES).save_pretrained(tmp_path)
    again = UserAveragingGeolocator.from_pretrained(tmp_path)
    np.testing.assert_array_equal(
        again.predict(X.to_numpy(), groups=FRAME["user"]),
        model.predict(X.to_numpy(), groups=FRAME["user"]),
    )
    assert not hasattr(again, "feature_names_in_")


def test_what_holds_the_estimator_is_left_away(tmp_path):
    base = classifier().fit(looks(FRAME).assign(outdoor=0.0), PLACES)
    for estimator in (
        FrozenEstimator(base),
        make_pipeline("passthrough", base),
        make_pipeline(base),
        GridSearchCV(classifier(), {"max_iter": [1, 2]}, cv=2).fit(X, PLACES),
    ):
        model = averaging(estimator, cv="prefit", window_hours=None)
        model.fit(FRAME, PLACES).save_pretrained(tmp_path)
        again = UserAveragingGeolocator.from_pretrained(tmp_path)
        assert isinstance(again.estimator_.estimator, HierarchicalCellClassifier)
        np.testing.assert_array_equal(again.predict(FRAME), model.predict(FRAME))


class Other(HierarchicalCellClassifier):
    """A class that nobody else has."""


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        (
            make_pipeline(StandardScaler(), classifier()),
            "a Pipeline with StandardScaler, which cannot.*Transform X before",
        ),
        (
            GridSearchCV(
                make_pipeline(StandardScaler(), classifier()),
                {"verbose": [False]},
                cv=2,
            ),
            "a Pipeline with StandardScaler",
        ),
        (Other(classifier().partitions, max_iter=1), "a Other, which cannot be stored"),
        (
            averaging(make_pipeline(StandardScaler(), classifier())),
            "a Pipeline with StandardScaler",
        ),
    ],
)
def test_what_cannot_be_stored(inside, words, tmp_path):
    model = averaging(inside, window_hours=None).fit(frame_of(averaging()), PLACES)
    folder = tmp_path / "model"
    with pytest.raises(ValueError, match=words):
        model.save_pretrained(folder)
    assert not folder.exists()  # nothing was written


def test_stored_classes_are_public_and_can_be_read():
    from sklearn_geo.geolocation._wrapper_files import _STORED

    for name in _STORED:
        assert hasattr(getattr(room, name), "from_pretrained")
    assert stored_estimator(classifier()).max_iter == 4


@pytest.fixture(scope="module")
def times_model():
    return timed().fit(frame_of(timed()), PLACES)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    model = averaging(timed())
    model.fit(frame_of(model), PLACES).save_pretrained(folder)
    return folder


@pytest.fixture
def folder(written, tmp_path):
    shutil.copytree(written, tmp_path / "copy")
    return tmp_path / "copy"


def _change(folder, key, value):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["content"][key] = value
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize("inner", ["", "estimator", "estimator/estimator"])
def test_missing_and_damaged_files(folder, inner):
    path = folder / inner
    (path / "manifest.json").rename(path / "elsewhere")
    with pytest.raises(ValueError, match=r"no readable manifest.json"):
        UserAveragingGeolocator.from_pretrained(folder)
    (path / "elsewhere").rename(path / "manifest.json")
    blocks = list(path.glob("*.safetensors"))
    assert blocks
    for block in blocks:
        data = block.read_bytes()
        block.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        with pytest.raises(ValueError, match="damaged or was exchanged"):
            UserAveragingGeolocator.from_pretrained(folder)
        block.unlink()
        with pytest.raises(ValueError, match="lacks its file"):
            UserAveragingGeolocator.from_pretrained(folder)
        block.write_bytes(data)
    UserAveragingGeolocator.from_pretrained(folder)


def test_folders_of_others(folder, tmp_path):
    with pytest.raises(ValueError, match=r"holds a UserAver.*, not a TimeAdjusted"):
        TimeAdjustedGeolocator.from_pretrained(folder)
    with pytest.raises(ValueError, match=r"holds a TimeAdj.*, not a UserAveraging"):
        UserAveragingGeolocator.from_pretrained(folder / "estimator")
    classifier().fit(X, PLACES).save_pretrained(tmp_path / "classifier")
    shutil.rmtree(folder / "estimator")
    with pytest.raises(ValueError, match="no readable manifest"):
        UserAveragingGeolocator.from_pretrained(folder)
    shutil.copytree(tmp_path / "classifier", folder / "estimator")
    with pytest.raises(ValueError, match=r"holds a Hierarch.*, not a TimeAdjusted"):
        UserAveragingGeolocator.from_pretrained(folder)


def test_an_estimator_of_another_time(folder, times_model):
    times_model.save_pretrained(folder / "estimator")  # over the one that was written
    with pytest.raises(ValueError, match=r"holds another TimeAdj.*written with it"):
        UserAveragingGeolocator.from_pretrained(folder)


def test_links_that_lead_out(folder, tmp_path):
    (folder / "estimator").rename(tmp_path / "away")
    (folder / "estimator").symlink_to(tmp_path / "away")
    with pytest.raises(ValueError, match="is a link that leads out of its folder"):
        UserAveragingGeolocator.from_pretrained(folder)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("estimator", "Pipeline", "wraps a 'Pipeline', which is never stored"),
        ("estimator", "os.system", "never stored"),
        ("estimator", ["HierarchicalCellClassifier"], "never stored"),
        ("estimator", "HierarchicalCellClassifier", "holds a TimeAdjusted"),
        ("estimator_checksum", "00", "holds another TimeAdjusted"),
        ("params", {"window_hours": -1}, "'window_hours' parameter"),
        ("params", {"window": 1}, "was changed: TypeError: .*window"),
        ("params", {"cv": 5}, "was changed: TypeError"),
        ("params", 3, "was changed: AttributeError"),
        ("n_features", "many", "incomplete or was changed"),
        ("feature_names", 5, "not one name for each feature"),
        ("feature_names", ["look"], "not one name for each feature"),
        ("feature_names", [["look"]] * 4, "not one name for each feature"),
        ("n_features", 4.5, "n_features is 4.5, which is no count"),
        ("seed", 2**70, "seed is 1180.*, which is no count"),
        ("params", {"window_hours": {}}, "was changed: KeyError"),
        ("params", {"window_hours": {"float": "wide"}}, "was changed: ValueError"),
        ("seed", [1], "incomplete or was changed"),
    ],
)
def test_changed_manifests(folder, key, value, words):
    _change(folder, key, value)
    with pytest.raises(ValueError, match=words):
        UserAveragingGeolocator.from_pretrained(folder)


def test_changed_networks(written, tmp_path):
    folder = tmp_path / "times"
    shutil.copytree(written / "estimator", folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    network = manifest["blocks"].pop("network")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match="was changed: it has no network"):
        TimeAdjustedGeolocator.from_pretrained(folder)
    manifest["blocks"]["network"] = network
    manifest["content"]["params"]["preset"] = "paper"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match=r"changed: .*weights of another network"):
        TimeAdjustedGeolocator.from_pretrained(folder)
    # The tables of another one, with other cells.
    other = timed(classifier(max_iter=1).set_params(partitions__max_per_cell=30))
    other.fit(frame_of(other), PLACES).save_pretrained(tmp_path / "other")
    shutil.rmtree(folder / "estimator")
    shutil.copytree(tmp_path / "other" / "estimator", folder / "estimator")
    content = json.loads((tmp_path / "other" / "manifest.json").read_text())["content"]
    manifest["content"]["params"]["preset"] = None
    manifest["content"]["estimator_checksum"] = content["estimator_checksum"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match=r"changed: .*weights of another network"):
        TimeAdjustedGeolocator.from_pretrained(folder)


@pytest.mark.parametrize("name", ["strength_", "metadata_mean_", "left_out_"])
def test_what_is_learnt_has_to_be_there(written, tmp_path, name):
    folder = tmp_path / "times"
    shutil.copytree(written / "estimator", folder)
    tables = Store(folder).load("tables")
    del tables[name]
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["blocks"]["tables"] = write_block(folder, "tables", tables)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match=f"changed: .*does not say its {name}") as told:
        TimeAdjustedGeolocator.from_pretrained(folder)
    assert str(folder) in str(told.value)


class Means(nn.Module):
    """Features of an image: its channels, averaged by the network around it."""

    def forward(self, images):
        return images


def test_what_is_code_has_to_be_passed(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (30, 3, 4, 4), dtype=np.uint8)
    base = classifier(backbone=Means, image_size=4, max_iter=1)
    model = averaging(base.fit(images, PLACES[:30]), cv="prefit", groups=None)
    model.set_params(times=None, window_hours=None).fit(images, PLACES[:30])
    model.save_pretrained(tmp_path)
    users = np.arange(30) // 3
    with pytest.raises(ValueError, match="pass backbone=, what made it"):
        UserAveragingGeolocator.from_pretrained(tmp_path)
    again = UserAveragingGeolocator.from_pretrained(tmp_path, backbone=Means)
    np.testing.assert_array_equal(
        again.predict(images, groups=users), model.predict(images, groups=users)
    )
    with pytest.raises(ValueError, match=r"takes no scene_estimator\. Leave"):
        UserAveragingGeolocator.from_pretrained(tmp_path, scene_estimator=Sign())


def test_written_over(written, tmp_path):
    shutil.copytree(written, tmp_path / "copy")
    for seed in (1, 2, 3):
        model = averaging(classifier(random_state=seed), window_hours=None)
        model.fit(frame_of(model), PLACES).save_pretrained(tmp_path / "copy")
        again = UserAveragingGeolocator.from_pretrained(tmp_path / "copy")
        np.testing.assert_array_equal(
            again.predict(frame_of(model)), model.predict(frame_of(model))
        )


@pytest.mark.parametrize("place", ["estimator-2", "estimator/estimator-2"])
def test_nothing_is_saved_through_links(folder, written, tmp_path, place):
    away = shutil.copytree(written / "estimator", tmp_path / "away")
    (away / "tables-0123456789abcdef.safetensors").write_text("kept")
    model = UserAveragingGeolocator.from_pretrained(folder)
    (folder / place).symlink_to(away)
    before = {path: path.read_bytes() for path in away.rglob("*.*")}
    for _ in range(3):  # the second cleans, where it writes, what the first has left
        model.save_pretrained(folder)
        UserAveragingGeolocator.from_pretrained(folder)
    assert not (folder / place).is_symlink()
    assert {path: path.read_bytes() for path in away.rglob("*.*")} == before


def test_a_save_that_dies_leaves_the_one_before(written, tmp_path, monkeypatch):
    folder = shutil.copytree(written, tmp_path / "copy")
    before = UserAveragingGeolocator.from_pretrained(folder)
    model = averaging(classifier(random_state=1), window_hours=None)
    frame = frame_of(model)
    model.fit(frame, PLACES)
    replace, n_files = os.replace, 0

    def dying(*paths):
        if next(left, None) is None:
            raise KeyboardInterrupt
        replace(*paths)

    while True:  # at the first file, at the second, ...
        left = iter(range(n_files))
        monkeypatch.setattr(os, "replace", dying)
        try:
            model.save_pretrained(folder)
        except KeyboardInterrupt:
            died = True
        else:
            died = False
        monkeypatch.undo()
        again = UserAveragingGeolocator.from_pretrained(folder)
        expected = before if died else model
        np.testing.assert_array_equal(again.predict(frame), expected.predict(frame))
        if not died:
            break
        n_files += 1
    assert n_files == 5  # two inside and their manifest, one outside and its manifest
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == [
        "estimator",
        "estimator-2",
    ]


def test_naive_times_of_a_wrapped_estimator_that_reads_hours(written):
    # Hours count inside, also where it is frozen: clocks have to tell their zone.
    again = UserAveragingGeolocator.from_pretrained(written)
    frame = frame_of(averaging(timed()))
    naive = frame.assign(taken=pd.to_datetime(frame["taken"]).dt.tz_localize(None))
    with pytest.raises(ValueError, match="tells no time zone"):
        again.predict(naive)
