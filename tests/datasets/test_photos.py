# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The public face of the photos: shapes, switches, frames, errors, size and speed."""

import sys
import time

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.utils import Bunch

from sklearn_geo.base import check_places
from sklearn_geo.datasets import (
    make_geotagged_photos,
    make_town_names,
)
from sklearn_geo.geometry import haversine

SMALL = {"n_photos": 300, "n_tags": 40, "n_features": 3, "n_objects": 4, "n_scenes": 3}


def _changed(one, other):
    """Return the names of the entries in which two data sets differ."""
    changed = set()
    for key in one:
        a, b = one[key], other[key]
        if sparse.issparse(a):
            differ = a.shape != b.shape or (a != b).nnz > 0
        else:
            differ = not np.array_equal(a, b)
        if differ:
            changed.add(key)
    return changed


def test_the_bunch_holds_what_it_promises():
    photos = make_geotagged_photos(**SMALL, random_state=0)
    assert isinstance(photos, Bunch)
    assert photos.data.shape == (300, 3)
    assert photos.objects.shape == (300, 4)
    assert photos.scenes.shape == (300, 3)
    assert photos.tags.shape == (300, 40)
    assert photos.places.shape == photos.true_places.shape == (300, 2)
    assert photos.target is photos.places
    assert photos.target_names == ["latitude", "longitude"]
    assert photos.feature_names == ["image_0", "image_1", "image_2"]
    assert photos.object_names == ["object_0", "object_1", "object_2", "object_3"]
    assert photos.posted.dtype == np.dtype("datetime64[s]")
    for key in ("users", "albums", "posted", "subject", "town", "country", "language"):
        assert photos[key].shape == (300,)
    assert photos.towns.shape == (2000, 2)
    assert photos.town_names.shape == (2000,)
    assert photos.frame is None
    assert_array_equal(check_places(photos.places), photos.places)
    assert photos.country_language[photos.country].tolist() == photos.language.tolist()


def test_the_description_says_synthetic_first():
    photos = make_geotagged_photos(**SMALL, random_state=0)
    assert photos.DESCR.splitlines()[0].startswith("SYNTHETIC")
    assert "300 invented photos by 12 invented users" in photos.DESCR
    assert "synthetic" in make_geotagged_photos.__doc__.splitlines()[0]


def test_features_and_target_alone():
    photos = make_geotagged_photos(**SMALL, random_state=0)
    X, y = make_geotagged_photos(**SMALL, random_state=0, return_X_y=True)
    assert_array_equal(X, photos.data)
    assert_array_equal(y, photos.places)


def test_same_seed_same_photos_other_seed_other_photos():
    one = make_geotagged_photos(**SMALL, random_state=3)
    assert _changed(one, make_geotagged_photos(**SMALL, random_state=3)) == set()
    state = np.random.RandomState(3)
    assert _changed(one, make_geotagged_photos(**SMALL, random_state=state)) == set()
    other = make_geotagged_photos(**SMALL, random_state=state)
    assert {"data", "places", "tags", "posted", "users"} <= _changed(one, other)
    # The world stays the same.
    world = {"towns", "town_names", "country_names", "tag_names", "tag_meanings"}
    assert not world & _changed(one, other)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"daylight": 0.0}, {"posted"}),
        ({"album_signal": 0.0}, {"users", "albums"}),
        ({"tag_signal": 0.0}, {"tags"}),
        ({"language_signal": 0.0}, {"tags"}),
        ({"mean_tags": 3.0}, {"tags"}),
        ({"place_signal": 0.0}, {"data", "objects", "scenes"}),
        ({"subject_signal": 0.0}, {"data", "objects", "scenes"}),
        (
            {"place_subjects": 0.0},
            {"subject", "tags", "data", "objects", "scenes"},
        ),
        ({"gps_noise_km": 0.0}, {"places", "target"}),
        ({"default_geotags": 0.5}, {"places", "target"}),
        ({"n_features": 5}, {"data", "feature_names", "DESCR"}),
        ({"n_objects": 5}, {"objects", "object_names", "DESCR"}),
    ],
)
def test_a_switch_changes_its_own_trait_and_nothing_else(parameters, expected):
    one = make_geotagged_photos(**SMALL, random_state=0)
    other = make_geotagged_photos(**{**SMALL, **parameters}, random_state=0)
    assert _changed(one, other) == expected


def test_other_language_regions_change_languages_words_and_names_only():
    one = make_geotagged_photos(**SMALL, random_state=0)
    other = make_geotagged_photos(**SMALL, language_regions=1, random_state=0)
    assert _changed(one, other) == {
        "tags",
        "tag_names",
        "tag_meanings",
        "language",
        "country_language",
        "town_names",
        "country_names",
    }


def test_another_world_has_other_towns():
    one = make_geotagged_photos(**SMALL, random_state=0)
    other = make_geotagged_photos(**SMALL, world_seed=1, random_state=0)
    assert {"towns", "town_names", "places", "data"} <= _changed(one, other)


def test_gps_noise_is_of_the_size_asked_for(photos):
    away = haversine(photos.places, photos.true_places)
    middle = haversine(photos.places, photos.towns[photos.town])
    error = away[middle > 1e-6]
    # The median of Rayleigh's distribution is sqrt(2 ln 2) times its scale.
    assert np.median(error) == pytest.approx(0.02 * 1.1774, rel=0.05)
    assert 0.005 < (error > 0.2).mean() < 0.04
    assert error[error < 2.5].max() < 2.0


def test_without_gps_noise_geotags_are_true():
    photos = make_geotagged_photos(
        **SMALL, gps_noise_km=0.0, default_geotags=0.0, random_state=0
    )
    assert haversine(photos.places, photos.true_places).max() < 1e-6


def test_default_geotags_are_the_middle_of_a_town(photos):
    towns = {tuple(town) for town in photos.towns}
    by_default = [tuple(place) in towns for place in photos.places]
    assert np.mean(by_default) == pytest.approx(0.01, abs=0.003)
    all_of_them = make_geotagged_photos(**SMALL, default_geotags=1.0, random_state=0)
    assert all(tuple(place) in towns for place in all_of_them.places)


def test_rows_are_in_random_order(photos):
    for key in ("users", "albums", "town"):
        labels = photos[key]
        runs = (labels[1:] == labels[:-1]).mean()
        shares = np.bincount(labels) / labels.size
        assert runs == pytest.approx((shares**2).sum(), abs=0.005)


def test_as_frame():
    plain = make_geotagged_photos(**SMALL, random_state=0)
    photos = make_geotagged_photos(**SMALL, random_state=0, as_frame=True)
    frame = photos.frame
    assert frame.columns.tolist() == [
        *("latitude", "longitude", "user", "album", "posted", "tags")
    ]
    assert_array_equal(check_places(frame[["latitude", "longitude"]]), plain.places)
    assert str(frame["posted"].dt.tz) == "UTC"
    naive = frame["posted"].dt.tz_localize(None).to_numpy()
    assert_array_equal(naive.astype("datetime64[s]"), plain.posted)
    for row in range(0, 300, 37):
        names = plain.tag_names[plain.tags[[row]].indices]
        assert frame["tags"][row].split(",") == names.tolist()
    assert isinstance(photos.data, pd.DataFrame)
    assert photos.data.columns.tolist() == photos.feature_names
    assert photos.target.columns.tolist() == ["latitude", "longitude"]
    assert_allclose(photos.scenes.sum(axis=1), 1.0, atol=1e-5)
    assert photos.objects.columns.tolist() == photos.object_names
    assert (frame.index == photos.data.index).all()
    X, y = make_geotagged_photos(
        **SMALL, random_state=0, as_frame=True, return_X_y=True
    )
    assert isinstance(X, pd.DataFrame)
    assert isinstance(y, pd.DataFrame)


def test_as_frame_without_pandas_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-geo\[pandas\]'"):
        make_geotagged_photos(5, as_frame=True)


@pytest.mark.parametrize(
    "parameters",
    [
        {"n_photos": 1},
        {"n_photos": 30, "n_users": 30},
        {"n_photos": 30, "n_users": 1},
        {"n_photos": 30, "n_towns": 1},
        {"n_photos": 30, "n_towns": 2, "language_regions": 40},
        {"n_photos": 30, "n_tags": 10, "n_features": 1, "n_objects": 2, "n_scenes": 2},
        {"n_photos": 30, "album_size": 1.0, "album_spread_km": 0.0},
        {"n_photos": 30, "mean_tags": 1.01},
    ],
)
def test_extreme_sizes_work(parameters):
    photos = make_geotagged_photos(**parameters, random_state=0)
    n_photos = parameters["n_photos"]
    assert photos.places.shape == (n_photos, 2)
    assert np.unique(photos.users).size == parameters.get("n_users", 1)
    assert np.diff(photos.tags.indptr).min() >= 1


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"n_photos": 0}, "'n_photos' parameter .* must be an int in the range"),
        ({"n_photos": 10.5}, "'n_photos' parameter"),
        ({"n_tags": 9}, r"'n_tags' parameter .* \[10, inf\)"),
        ({"daylight": 1.5}, "'daylight' parameter .* float in the range"),
        ({"album_signal": -0.1}, "'album_signal' parameter"),
        ({"album_spread_km": -1.0}, "'album_spread_km' parameter"),
        ({"mean_tags": 1.0}, "'mean_tags' parameter"),
        ({"language_regions": 0}, "'language_regions' parameter"),
        ({"language_regions": 41}, "'language_regions' parameter"),
        ({"n_towns": 0}, "'n_towns' parameter"),
        ({"place_signal": "strong"}, "'place_signal' parameter"),
        ({"subject_signal": 1e300}, "'subject_signal' parameter"),
        ({"world_seed": -1}, "'world_seed' parameter"),
        ({"random_state": "seed"}, "'random_state' parameter"),
        ({"as_frame": "yes"}, "'as_frame' parameter"),
        ({"n_photos": 5, "n_users": 6}, "n_users=6 is more than n_photos=5.*Lower"),
    ],
)
def test_wrong_parameters_are_named(parameters, words):
    with pytest.raises(ValueError, match=words):
        make_geotagged_photos(**parameters)


# Said where scikit-learn compares it with an end of the range.
@pytest.mark.filterwarnings("ignore:The 'generic' unit for NumPy timedelta")
def test_a_span_of_time_is_no_number():
    day = np.timedelta64(1, "D")
    with pytest.raises(TypeError, match="daylight must not be a span of time"):
        make_geotagged_photos(10, daylight=day)
    with pytest.raises(TypeError, match="n_languages must not be a span of time"):
        make_town_names(10, n_languages=day)


def test_time_grows_linearly_and_a_hundred_thousand_photos_are_quick():
    make_geotagged_photos(10, random_state=0)
    # Processor time, so that a busy machine does not fail the test.
    start = time.process_time()
    make_geotagged_photos(10_000, random_state=0)
    small = time.process_time() - start
    start = time.process_time()
    photos = make_geotagged_photos(100_000, random_state=0)
    large = time.process_time() - start
    # Ten seconds is the promise; three is usual.
    assert large < 10.0
    assert large < 20.0 * small
    assert photos.data.nbytes == 100_000 * 64 * 4


def test_narrow_numbers_are_numbers():
    for name in ("mean_tags", "place_signal", "subject_signal", "place_subjects"):
        photos = make_geotagged_photos(
            20, n_features=True, random_state=0, **{name: np.float16(2.0)}
        )
        assert photos.data.shape == (20, 1)


def test_true_is_one_photo():
    one = make_geotagged_photos(True, n_users=True, n_towns=True, random_state=0)
    assert len(one.data) == 1
