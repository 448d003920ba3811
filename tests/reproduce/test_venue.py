# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Venue annotation: one Pipeline, no leaks, every row of the table."""

import pickle
from argparse import Namespace
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV

from sklearn_geo import GeoNeighborTagPropagator, GeoTagCorpus, UTMOneHotEncoder
from sklearn_geo.geometry import haversine
from sklearn_geo.metrics import make_geo_scorer
from sklearn_geo.reproduce import Progress, Resamples, difference, split_rows
from sklearn_geo.reproduce import _venue as venue_module
from sklearn_geo.reproduce._city_blocks import CITY_NARROW, city_blocks
from sklearn_geo.reproduce._surroundings import _LabelsAround, _OthersAround, reach_km
from sklearn_geo.reproduce._venue import QUICK, run, score_venues
from sklearn_geo.reproduce._venue_blocks import PLACE, activity_block, venue_pipeline
from sklearn_geo.reproduce._venue_data import read_venues, synthetic_venues
from sklearn_geo.reproduce._venue_rows import VenueRow, venue_rows

# Tests are no package of their own where modules are imported by file.
_spec = spec_from_file_location("city", Path(__file__).parent / "city.py")
city = module_from_spec(_spec)
_spec.loader.exec_module(city)

# So few venues lack rare labels in some folds, which is said.
pytestmark = pytest.mark.filterwarnings("ignore:.*never seen in y:UserWarning")

TINY = replace(
    QUICK, hidden=8, max_iter=3, student_hidden=(4,), student_max_iter=1, n_splits=2
)


@pytest.fixture(scope="module")
def synthetic():
    return synthetic_venues(150, 600, seed=0)


@pytest.fixture(scope="module")
def invented_city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("city")
    city.write_city(folder, city.make_city(500, seed=0))
    return folder


def test_one_pipeline_is_searched_and_pickled(synthetic):
    encoder = GeoNeighborTagPropagator(
        n_neighbors=20, corpus=synthetic.tags, sparse_output=False
    )
    blocks = {
        "app": activity_block(synthetic),
        "utm": (UTMOneHotEncoder(sparse_output=False), PLACE),
        "tag": (encoder, PLACE),
    }
    model = venue_pipeline(blocks, size=TINY)
    search = GridSearchCV(
        model,
        {"encode__tag__sigma_km": [1.0, 100.0], "fuse__attention": ["type", None]},
        scoring=make_geo_scorer("macro_average_precision"),
        cv=2,
    ).fit(synthetic.frame, synthetic.target)
    best = search.best_estimator_
    assert len(search.cv_results_["params"]) == 4
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    # The corpus was neither copied nor indexed again.
    assert best["encode"].named_transformers_["tag"].corpus is synthetic.tags
    # Blocks are read off the names of columns.
    assert best["fuse"].block_names_ == ["app", "utm", "tag"]
    assert len(best["fuse"].blocks_["app"]) == 34
    again = pickle.loads(pickle.dumps(best))
    rows = synthetic.frame.iloc[:9]
    np.testing.assert_allclose(
        again.predict_proba(rows), best.predict_proba(rows), rtol=1e-6
    )


def test_one_block_is_the_papers_classifier(synthetic):
    model = venue_pipeline({"app": activity_block(synthetic)}, size=TINY)
    assert model["fuse"].attention is None
    assert model["fuse"].aux_weight == 0.0
    assert model["fuse"].block_hidden == {}


def test_blocks_that_say_little_have_narrow_networks():
    encoder = UTMOneHotEncoder(sparse_output=False), PLACE
    blocks = {"app": encoder, "utm": encoder, "labels": encoder}
    assert venue_pipeline(blocks)["fuse"].block_hidden == {"utm": 16}
    size = replace(TINY, narrow=CITY_NARROW)
    narrow = venue_pipeline(blocks, size=size)["fuse"].block_hidden
    assert narrow == {"utm": 16, "labels": 16}


def test_table_has_every_row_of_the_paper():
    photos = ("app", "utm", "hashtag", "tagfeature", "onehot", "tag", "object", "scene")
    rows = {row.method: row for row in venue_rows(photos)}
    assert list(rows)[:14] == [
        "Baseline",
        "OneHot",
        "HashTag",
        "TagFeature",
        "GPS2Vec_onehot",
        "GPS2Vec",
        "Ours",
        "OneHot + B",
        "HashTag + B",
        "TagFeature + B",
        "GPS2Vec_onehot + B",
        "GPS2Vec + B",
        "Ours + B",
        "Ours + B, concatenated",
    ]
    assert rows["Ours + B"].blocks == ("app", "utm", "object", "scene", "tag")
    assert rows["Ours + B"].paper["mAP"] == 0.406
    assert rows["Ours + B, concatenated"].attention is None
    assert rows["Ours + B, logistic"].blocks == rows["Ours + B"].blocks
    # Without photos nothing is seen, and labels around take part.
    there = ("app", "utm", "hashtag", "tagfeature", "onehot", "tag", "quarter")
    ours = {row.method: row for row in venue_rows((*there, "labels"))}["Ours"]
    assert not {"object", "scene"} & set(ours.blocks)
    assert "labels" in ours.blocks


@pytest.mark.parametrize("model", ["fusion", "logistic", "boosting"])
def test_the_seed_of_a_row_is_that_of_all_in_it(model):
    blocks = {"utm": (UTMOneHotEncoder(sparse_output=False), PLACE)}
    row = VenueRow("OneHot", "geo", ("utm",), model=model)
    params = row.pipeline(blocks, TINY, 7).get_params()
    seeds = {name: v for name, v in params.items() if name.endswith("random_state")}
    # The logistic regression draws nothing.
    wanted = {None} if model == "logistic" else {7}
    assert set(seeds.values()) == wanted


def test_command_prints_the_table_and_says_what_was_gained(monkeypatch):
    monkeypatch.setattr(venue_module, "QUICK", replace(TINY, n_photos=600))
    options = Namespace(
        data=None, rows=120, folds="random", seed=0, quick=True, city=None, jobs=1
    )
    out = StringIO()
    ((name, table),) = run(options, Progress(StringIO()), out)
    text = out.getvalue()
    assert name == "venue_random"
    assert table.to_text() in text
    assert len(table.rows) == 18
    assert all(set(row.values) == set(table.rows[0].values) for row in table.rows)
    gains = [note for note in table.notes if note.startswith("mAP of Ours + B minus")]
    assert len(gains) == 4
    assert "synthetic" in text


def test_labels_around_are_those_of_other_folds_and_fall_back_to_shares():
    # Two venues a hundred metres from each other, and one far away.
    X = pd.DataFrame({"latitude": [0.0, 0.0, 10.0], "longitude": [0.0, 0.0009, 0.0]})
    y = np.array([[1, 0], [0, 1], [1, 1]])
    weight = np.exp(-haversine(X.iloc[[0]], X.iloc[[1]])[0] / 0.1)
    # As many folds as rows: each learns from the two others.
    encoder = _LabelsAround(
        (2,), radius_km=0.3, prior=0.5, hidden_share=0.0, n_folds=3, random_state=0
    )
    trained = encoder.fit_transform(X, y)
    expected = (weight * np.array([0, 1]) + 0.5 * np.array([0.5, 1])) / (weight + 0.5)
    np.testing.assert_allclose(trained[0], expected)
    np.testing.assert_allclose(trained[2], [0.5, 0.5])  # nobody is around
    # New rows get all that is around, themselves too.
    sums = np.array([1, 0]) + weight * np.array([0, 1])
    expected = (sums + 0.5 * np.array([2 / 3, 2 / 3])) / (1.0 + weight + 0.5)
    np.testing.assert_allclose(encoder.transform(X)[0], expected)
    names = encoder.get_feature_names_out().tolist()
    assert names == ["label0_of_nearest_2", "label1_of_nearest_2"]
    # What is hidden in training is the shares of all; new rows are told all the same.
    encoder.set_params(hidden_share=1.0)
    np.testing.assert_allclose(encoder.fit_transform(X, y), 2 / 3)
    np.testing.assert_allclose(encoder.transform(X)[0], expected)


def test_others_around_leave_out_the_venue_itself():
    places = np.array([[0.0, 0.0], [0.0, 0.001], [0.0, 0.002]])
    corpus = GeoTagCorpus(places, np.eye(3), groups=[7, 8, 9])
    encoder = GeoNeighborTagPropagator(
        1, corpus=corpus, exclude_same_group=True, sparse_output=False
    )
    X = pd.DataFrame({"venue": [7, 9, 5], "latitude": 0.0, "longitude": places[:, 1]})
    X.loc[1, "longitude"] = 0.002
    X.loc[2, "longitude"] = 0.0
    rows = _OthersAround(encoder).fit(X).transform(X)
    # Venues 7 and 9 see 8; a venue that is new sees the nearest.
    np.testing.assert_allclose(rows, [[0, 1, 0], [0, 1, 0], [1, 0, 0]], atol=1e-12)
    logs = _OthersAround(encoder, log=True).fit_transform(X)
    np.testing.assert_allclose(logs, np.log1p(rows))


def test_reach_is_the_median_distance_of_the_last_neighbour():
    places = np.column_stack([np.zeros(5), np.arange(5) / 111.19508])
    # Of five places in a row, a kilometre apart: 2, 1, 1, 1, 2.
    assert reach_km(places, 2) == pytest.approx(1.0, rel=1e-3)
    assert reach_km(np.zeros((3, 2)), 5) == 1e-3


def test_no_label_of_a_test_venue_reaches_a_prediction(invented_city):
    data = read_venues(invented_city, n_rows=120)
    blocks = city_blocks(data, size=TINY)
    row = {row.method: row for row in venue_rows(blocks)}["Ours + B"]
    train, test = split_rows(data.places, "random", n_splits=2, random_state=0)[0]
    model = row.pipeline(blocks, TINY)
    first = model.fit(data.frame.iloc[train], data.target[train])
    first = first.predict_proba(data.frame.iloc[test])
    # The same with encoders made of data whose test labels are all others.
    other = replace(data, target=data.target.copy())
    other.target[test] = 1 - other.target[test]
    model = row.pipeline(city_blocks(other, size=TINY), TINY)
    second = model.fit(other.frame.iloc[train], other.target[train])
    np.testing.assert_array_equal(first, second.predict_proba(other.frame.iloc[test]))


def test_files_of_a_city_become_venues_with_the_labels_of_table_2(invented_city):
    drawn = city.make_city(500, seed=0)
    data = read_venues(invented_city)
    assert data.from_checkins
    assert data.looks is None
    assert set(data.labels) <= {
        *("Restaurant & Food", "Shop", "Hotel", "Pub & Bar", "Store", "Hospital")
    }
    assert (data.target.sum(axis=1) > 0).mean() > 0.95
    assert "NYC" in data.name
    # Every check-in is a tag of its venue, those of venues without a label too.
    assert data.tags.n_photos == 500
    assert data.tags.tags.sum() == len(drawn["venue"]) == len(data.checkins)
    hour = drawn["hour"] % 24
    evening = (hour >= 18) & (hour < 22)
    weekend = drawn["hour"] >= 5 * 24
    names = data.tags.tag_names
    for day, of_day in (("weekday", ~weekend), ("weekend", weekend)):
        count = data.tags.tags[:, [names.index(f"{day}_18h")]].sum()
        assert count == (evening & of_day).sum()
    assert len(read_venues(invented_city, n_rows=50).frame) == 50


def test_a_folder_without_check_ins_says_what_was_looked_for(tmp_path):
    with pytest.raises(FileNotFoundError, match="dataset_TSMC2014"):
        read_venues(tmp_path)
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        read_venues(tmp_path / "nowhere")


def test_place_tells_more_than_chance_and_adds_to_check_ins():
    data = synthetic_venues(600, 3000, seed=1)
    looks = GeoNeighborTagPropagator(
        50, sigma_km=10.0, norm="l2", corpus=data.looks, sparse_output=False
    )
    blocks = {"app": activity_block(data), "looks": (looks, PLACE)}
    resamples = Resamples(len(data.target), 100, random_state=0)
    splits = split_rows(data.places, "random", n_splits=2, random_state=0)
    rows = [
        VenueRow("B", "", ("app",), model="logistic"),
        VenueRow("place", "", ("looks",), model="logistic"),
        VenueRow("place + B", "", ("app", "looks"), model="logistic"),
    ]
    results = score_venues(
        rows, blocks, data, splits, size=TINY, resamples=resamples, seed=0
    )
    alone, place, both = (result.values["mAP"] for result in results)
    # By chance, the mean average precision is the mean share of the labels.
    assert place.low > data.target.mean() + 0.05
    assert difference(both, alone).low > 0.0
