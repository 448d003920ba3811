# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Places read out of whatever X a search or a pipeline hands over."""

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from sklearn_geo.base import places_in

PLACES = np.array([[48.857, 2.352], [41.902, 12.496], [-33.868, 151.209]])
TAGS = ["tower", "forum", "opera"]


def wide_pandas():
    return pd.DataFrame({"tags": TAGS, "Lon": PLACES[:, 1], "photo__lat": PLACES[:, 0]})


def points(crs=4326):
    geometry = gpd.points_from_xy(PLACES[:, 1], PLACES[:, 0], crs=4326)
    return gpd.GeoDataFrame({"tags": TAGS}, geometry=geometry).to_crs(crs)


@pytest.mark.parametrize(
    "X",
    [
        PLACES,
        PLACES.tolist(),
        np.asfortranarray(PLACES),
        PLACES.astype(object),
        np.column_stack([PLACES, np.ones(3)]),
        sparse.coo_array(PLACES),
        sparse.csc_array(np.column_stack([PLACES, np.ones(3)])),
        pd.DataFrame(PLACES),
        pd.DataFrame(PLACES, columns=["a", "b"]),
        wide_pandas(),
        wide_pandas().set_index("tags"),
        pl.from_pandas(wide_pandas()),
        points(),
        points().geometry,
        points().assign(lat=0.0, lon="nowhere"),
    ],
    ids=lambda X: type(X).__name__,
)
def test_auto_reads_every_kind_of_table(X):
    places = places_in(X)
    assert places.dtype == np.float64
    np.testing.assert_array_equal(places, PLACES)


def test_points_of_a_projection_become_degrees():
    np.testing.assert_allclose(places_in(points(crs=3857)), PLACES, atol=1e-9)


@pytest.mark.parametrize("location", [("photo__lat", "Lon"), [2, 1], (-1, "Lon")])
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_location_by_name_and_position(location, library):
    X = wide_pandas() if library == "pandas" else pl.from_pandas(wide_pandas())
    np.testing.assert_array_equal(places_in(X, location=location), PLACES)


def test_location_can_turn_two_columns_around():
    np.testing.assert_array_equal(places_in(PLACES[:, ::-1], location=(1, 0)), PLACES)


def test_rows_of_mixed_types():
    rows = [[tag, *place] for tag, place in zip(TAGS, PLACES.tolist(), strict=True)]
    np.testing.assert_array_equal(places_in(rows, location=(1, 2)), PLACES)
    X = np.array(rows, dtype=object)
    np.testing.assert_array_equal(places_in(X, location=(1, 2)), PLACES)


def test_longitudes_wrap():
    X = np.array([[0.0, 180.0], [0.0, 540.0], [0.0, 190.0]])
    np.testing.assert_array_equal(places_in(X)[:, 1], [-180.0, -180.0, -170.0])


def test_x_is_not_changed():
    X = wide_pandas()
    before = X.copy()
    (places_in(X) + 0.0)[:] = 0.0
    pd.testing.assert_frame_equal(X, before)


@pytest.mark.parametrize(
    ("X", "location", "error", "words"),
    [
        (wide_pandas(), ("Lon", "photo__lat"), ValueError, "looks? swapped"),
        (wide_pandas(), ("tags", "Lon"), TypeError, "column 'tags' has dtype"),
        (wide_pandas(), ("lat", "Lon"), ValueError, "no column 'lat'"),
        (wide_pandas(), "photo__lat", ValueError, "location must be a pair"),
        (
            wide_pandas().drop(columns="Lon").assign(z=1.0),
            "auto",
            ValueError,
            "no longitude column among",
        ),
        (PLACES, ("lat", "lon"), ValueError, "use positions"),
        (PLACES, (0, 2), ValueError, "no column 2"),
        (PLACES[:, :1], "auto", ValueError, "a place takes two: a latitude and"),
        (PLACES[:, 0], "auto", ValueError, "is one-dimensional"),
        (PLACES[:, 0], (0, 1), ValueError, "is one-dimensional"),
        (tuple(map(tuple, PLACES)), "auto", TypeError, "is a tuple"),
        ([tuple(place) for place in PLACES], "auto", TypeError, "list of tuples"),
        ("lat", "auto", TypeError, "is no table"),
        (PLACES.astype(str), "auto", TypeError, "holds text"),
        (PLACES * [1.0, np.nan], "auto", ValueError, "row 0: the longitude is NaN"),
        (PLACES[:, ::-1], "auto", ValueError, "row 2: latitude 151.209"),
    ],
)
def test_errors_name_what_is_wrong(X, location, error, words):
    with pytest.raises(error, match=words):
        places_in(X, location=location)


def test_columns_of_which_only_some_are_counted():
    X = pd.DataFrame(np.column_stack([TAGS, PLACES]), columns=[0, "lat", "lon"])
    X = X.astype({"lat": float, "lon": float})
    np.testing.assert_array_equal(places_in(X), PLACES)
    np.testing.assert_array_equal(places_in(X, location=(1, 2)), PLACES)


def test_sparse_tables_of_every_format():
    wide = np.column_stack([PLACES, np.eye(3)])
    for make in (
        sparse.coo_array,
        sparse.csr_matrix,
        sparse.csc_array,
        sparse.lil_array,
    ):
        np.testing.assert_array_equal(places_in(make(wide)), PLACES)


def test_a_sparse_table_may_be_as_wide_as_it_likes():
    wide = sparse.csr_array(([48.0, 11.0], ([1, 1], [0, 1])), shape=(2, 10**9))
    assert places_in(wide).tolist() == [[0.0, 0.0], [48.0, 11.0]]


def test_sparse_rows_are_places():
    long = sparse.coo_array((2**40, 2))
    with pytest.raises(ValueError, match="1099511627776 rows and 0 numbers stored"):
        places_in(long)
    with pytest.raises(ValueError, match=r"sparse array of shape \(3,\)"):
        places_in(sparse.coo_array(np.ones(3)))


def homes(**more):
    geometry = gpd.points_from_xy(PLACES[:, 1], PLACES[:, 0])
    columns = {"home_a": [10.0, 20.0, 30.0], "home_b": [40.0, 50.0, 60.0], **more}
    return gpd.GeoDataFrame(columns, geometry=geometry)


@pytest.mark.parametrize(
    "location",
    [(0, 1), [1, 2], (-2, -1), np.array([0, 1]), ("home_a", 1), (0, 99)],
    ids=repr,
)
@pytest.mark.parametrize("more", [{}, {"n": [1, 2, 3]}])
def test_columns_of_a_geodataframe_are_named_and_not_counted(location, more):
    words = (
        r'location=.* X is a GeoDataFrame.* location="auto" .*\[\'home_a\', \'home_b'
    )
    with pytest.raises(ValueError, match=words):
        places_in(homes(**more), location=location)
    named = places_in(homes(**more), location=("home_a", "home_b"))
    assert named.tolist() == [[10.0, 40.0], [20.0, 50.0], [30.0, 60.0]]
    np.testing.assert_array_equal(places_in(homes(**more)), PLACES)


def test_points_that_stand_alone_are_the_first_two_columns():
    for alone in (homes().geometry, homes()[["geometry"]]):
        np.testing.assert_array_equal(places_in(alone, location=(0, 1)), PLACES)


def test_positions_of_half_a_place_are_told_of_the_whole():
    X = pd.DataFrame({"latitude": [48.0], "longitude": [11.0], "height": [519.0]})
    words = r"'longitude' and 'height', but X has a place in 'latitude' and 'longitude'"
    with pytest.raises(ValueError, match=words):
        places_in(X, location=(1, 2))
    with pytest.raises(ValueError, match=r"looks swapped.*location=\(0, 1\)"):
        places_in(X, location=(1, 0))


@pytest.mark.parametrize("kind", ["m8[s]", "m8[ns]", "M8[D]"])
def test_dates_and_spans_of_time_are_no_degrees(kind):
    times = PLACES.astype(np.int64).astype(kind)
    objects = np.empty(times.shape, dtype=object)
    for at, time in np.ndenumerate(times):
        objects[at] = time
    assert isinstance(objects[0, 0], (np.datetime64, np.timedelta64))
    for X in (times, objects, [list(row) for row in times], np.hstack([times, times])):
        with pytest.raises(TypeError, match=r"^X holds dates or spans of time, which"):
            places_in(X)
