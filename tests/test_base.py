# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What may come through the door, and what a newcomer reads otherwise."""

import pickle
import re
from fractions import Fraction

import geopandas
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import TransformerMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.utils import estimator_html_repr
from sklearn.utils.fixes import parse_version

import sklearn_geo
from sklearn_geo.base import (
    GeoEstimator,
    check_place,
    check_places,
    places_in,
    wrap_longitude,
)

PLACES = np.array([[48.137, 11.575], [-33.87, 151.21], [0.0, -0.0], [90.0, 12.0]])


class Pair(TransformerMixin, GeoEstimator):
    """Reads a place and nothing else."""

    def fit(self, X, y=None):
        self.places_ = self._read_places(X, reset=True)
        return self

    def transform(self, X):
        return self._read_places(X, reset=False)


class Located(TransformerMixin, GeoEstimator):
    """Reads a place among other columns."""

    def __init__(self, location=(0, 1)):
        self.location = location

    def fit(self, X, y=None):
        self._read_located(X, location=self.location, reset=True)
        return self

    def transform(self, X):
        return self._read_located(X, location=self.location, reset=False)


# ---------------------------------------------------------------- longitudes wrap


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (190.0, -170.0),
        (-190.0, 170.0),
        (180.0, -180.0),
        (-180.0, -180.0),
        (540.0, -180.0),
        (360.0, 0.0),
        (-720.25, -0.25),
        (np.nextafter(-180.0, -np.inf), np.nextafter(180.0, 0.0)),
        (181.1, 181.1 - 360.0),
        (-280.3, -280.3 + 360.0),
        (np.nextafter(180.0, 0.0), np.nextafter(180.0, 0.0)),
        (5e-324, 5e-324),
    ],
)
def test_longitudes_wrap(given_, expected):
    assert wrap_longitude([given_])[0] == expected


@settings(deadline=None)
@given(st.floats(-1e6, 1e6))
def test_wrapped_longitude_is_the_same_meridian(longitude):
    wrapped = float(wrap_longitude(longitude))
    assert -180.0 <= wrapped < 180.0
    # Not a digit is lost: a border and a place a turn apart stay one meridian.
    assert (Fraction(longitude) - Fraction(wrapped)) % 360 == 0
    if -180.0 <= longitude < 180.0:
        assert wrapped == longitude


def test_clean_places_are_not_copied_and_never_changed():
    assert check_places(PLACES) is PLACES
    outside = np.array([[1.0, 190.0]])
    outside.setflags(write=False)
    assert_array_equal(check_places(outside), [[1.0, -170.0]])
    assert_array_equal(outside, [[1.0, 190.0]])


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("n_places", [1, 511, 512, 513, 1024, 1500])
def test_one_place_among_many_is_never_missed(n_places, order):
    # Around the ends of rows that are compared at a time, and of the table.
    rows = {0, 1, 510, 511, 512, 513, 1022, 1023, 1024, n_places - 2, n_places - 1}
    for row in sorted(rows & set(range(n_places))):
        places = np.zeros((n_places, 2), order=order)
        places[row, 1] = 190.0
        expected = np.where(places == 190.0, -170.0, places)
        assert_array_equal(check_places(places), expected)
        for place in ([90.5, 0.0], [-91.0, 0.0], [np.nan, 0.0], [0.0, -np.inf]):
            places[row] = place
            with pytest.raises(ValueError, match=f"places, row {row}: "):
                check_places(places)


# --------------------------------------------------------------- what is accepted


@pytest.mark.parametrize(
    "table",
    [
        PLACES.tolist(),
        PLACES.astype(object),
        np.asfortranarray(PLACES),
        pd.DataFrame(PLACES, columns=["lat", "lon"]),
        pd.DataFrame(PLACES, columns=["Latitude", " LNG "]),
        pd.DataFrame(PLACES, columns=["y", "x"]),
        pd.DataFrame(PLACES, columns=["home__lat", "home__long"]),
        pd.DataFrame(PLACES, columns=["a", "b"]),
        pd.DataFrame(PLACES),
        pl.DataFrame(PLACES, schema=["lat", "lon"]),
        pd.DataFrame(PLACES, columns=["lat", "lon"]).convert_dtypes(),
        geopandas.GeoSeries.from_xy(PLACES[:, 1], PLACES[:, 0], crs=4326),
        geopandas.GeoSeries.from_xy(PLACES[:, 1], PLACES[:, 0]),
        geopandas.GeoDataFrame(
            geometry=geopandas.points_from_xy(PLACES[:, 1], PLACES[:, 0], crs=4326)
        ),
    ],
    ids=lambda table: type(table).__name__,
)
def test_accepted_tables(table):
    assert_array_equal(check_places(table), PLACES)
    assert_array_equal(Pair().fit(table).places_, PLACES)
    assert_array_equal(Pair().fit_transform(table), PLACES)
    assert_array_equal(places_in(table), PLACES)


def test_float32_is_read_as_float64():
    places = check_places(PLACES.astype(np.float32))
    assert places.dtype == np.float64
    assert_array_equal(places, PLACES.astype(np.float32).astype(np.float64))


@pytest.mark.parametrize("crs", [3857, 32632, 4258])
def test_points_of_any_projection_are_reprojected(crs):
    points = geopandas.GeoSeries.from_xy(
        [11.575, 9.0], [48.137, 0.0], crs=4326, index=["a", "b"]
    )
    places = check_places(points.to_crs(crs))
    np.testing.assert_allclose(places, [[48.137, 11.575], [0.0, 9.0]], atol=1e-9)


def test_geodataframe_keeps_its_other_columns_for_located_estimators():
    frame = geopandas.GeoDataFrame(
        {"height": [3.0, 4.0], "width": [5.0, 6.0]},
        geometry=geopandas.points_from_xy([11.0, 12.0], [48.0, 49.0], crs=4326),
        index=[7, 9],
    )
    places, rest = Located(("latitude", "longitude")).fit(frame).transform(frame)
    assert_array_equal(places, [[48.0, 11.0], [49.0, 12.0]])
    assert_array_equal(rest, [[3.0, 5.0], [4.0, 6.0]])
    with pytest.raises(ValueError, match=r"exactly two columns.*ColumnTransformer"):
        Pair().fit(frame)


def test_the_columns_of_a_geodataframe_are_not_counted_beside_its_points():
    frame = geopandas.GeoDataFrame(
        {"home_a": [10.0, 20.0], "home_b": [30.0, 40.0], "n": [1, 2]},
        geometry=geopandas.points_from_xy([1.0, 2.0], [51.0, 52.0]),
    )
    # The default of estimators means its points.
    for location in ((0, 1), [0, 1], np.array([0, 1]), "auto"):
        places, rest = Located(location).fit(frame).transform(frame)
        assert_array_equal(places, [[51.0, 1.0], [52.0, 2.0]])
        assert_array_equal(rest, [[10.0, 30.0, 1.0], [20.0, 40.0, 2.0]])
    places, rest = Located(("home_a", "home_b")).fit(frame).transform(frame)
    assert_array_equal(places, [[10.0, 30.0], [20.0, 40.0]])
    assert_array_equal(rest, [[51.0, 1.0, 1.0], [52.0, 2.0, 2.0]])
    for location in ((1, 2), (2, 3), (1, 0), (-2, -1), ("home_a", 1), (0, 1, 2)):
        with pytest.raises(ValueError, match=r"Pass location=\(0, 1\) or \"auto\" for"):
            Located(location).fit(frame)


def test_times_and_series_are_no_places():
    spans = np.array([[48, 11], [50, 7]], dtype="m8[s]")
    for times in (spans, spans.astype(np.int64).astype("M8[s]")):
        for read in (check_places, Pair().fit, Located((0, 1)).fit):
            with pytest.raises(TypeError, match="holds dates or spans of time, which"):
                read(times)
    for series in (pl.Series([1.0, 2.0, 3.0]), pd.Series([1.0, 2.0, 3.0])):
        with pytest.raises(
            ValueError, match=r"one-dimensional.*pass both, for example"
        ):
            check_places(series)
        with pytest.raises(
            ValueError, match=r"one-dimensional.*pass both, for example"
        ):
            Pair().fit(series)


def test_an_index_with_repeated_labels_multiplies_no_rows():
    frame = geopandas.GeoDataFrame(
        {"height": [1.0, 2.0, 3.0]},
        geometry=geopandas.points_from_xy([2.0, 3.0, 151.0], [48.0, 50.0, -33.0]),
        crs=3857,
        index=[0, 0, 1],
    ).set_crs(4326, allow_override=True)
    expected = [[48.0, 2.0], [50.0, 3.0], [-33.0, 151.0]]
    assert_array_equal(check_places(frame[["geometry"]]), expected)
    assert_array_equal(places_in(frame, location=("latitude", "longitude")), expected)
    places, rest = Located("auto").fit(frame).transform(frame)
    assert_array_equal(places, expected)
    assert_array_equal(rest[:, 0], [1.0, 2.0, 3.0])


def test_points_beside_a_latitude_column_are_ambiguous():
    frame = geopandas.GeoDataFrame(
        {"latitude": [3.0]}, geometry=geopandas.points_from_xy([11.0], [48.0])
    )
    with pytest.raises(ValueError, match="has points and also the column 'latitude'"):
        Located("auto").fit(frame)
    assert_array_equal(places_in(frame), [[48.0, 11.0]])  # only the place is asked for


@pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.8"),
    reason="scikit-learn 1.7 keeps the index of frames only, not that of series",
)
def test_set_output_keeps_the_index_of_a_geoseries():
    class Named(Pair):
        def get_feature_names_out(self, input_features=None):
            return np.array(["a", "b"], dtype=object)

    points = geopandas.GeoSeries.from_xy([11.0], [48.0], crs=4326, index=["munich"])
    out = Named().set_output(transform="pandas").fit(points).transform(points)
    assert list(out.index) == ["munich"]


def test_missing_places_only_where_allowed():
    with_gap = np.array([[1.0, 200.0], [np.nan, np.nan]])
    assert_array_equal(
        check_places(with_gap, allow_missing=True), [[1.0, -160.0], [np.nan, np.nan]]
    )
    with pytest.raises(ValueError, match="row 1: the latitude is NaN"):
        check_places(with_gap)
    with pytest.raises(ValueError, match="row 0: the longitude is NaN"):
        check_places([[1.0, np.nan]], allow_missing=True)


def test_zero_rows():
    with pytest.raises(ValueError, match=r"places is empty: it has 0 rows.*Pass rows"):
        check_places(np.empty((0, 2)))
    with pytest.raises(ValueError, match=r"y_true is too short: it has 1 .* least 2"):
        check_places(PLACES[:1], name="y_true", min_places=2)
    assert check_places(np.empty((0, 2)), min_places=0).shape == (0, 2)
    with pytest.raises(ValueError, match=r"0 sample\(s\).*required by Pair"):
        Pair().fit(np.empty((0, 2)))


# ---------------------------------------------------------------- what is refused

BAD = {
    "latitude 91": (
        [[10.0, 20.0], [91.0, 120.0]],
        ValueError,
        r"row 1: latitude 91.0 .* outside \[-90, 90\].*\(latitude, longitude\)",
    ),
    "swapped values": (
        [[10.0, 20.0], [151.21, -33.87]],
        ValueError,
        r"row 1: latitude 151.21 .*columns look swapped: pass \(latitude, longitude\)",
    ),
    "metres": (
        [[4649776.22, 500000.0]],
        ValueError,
        "metres of a map projection: convert them to degrees",
    ),
    "NaN latitude": (
        [[np.nan, 0.0], [1.0, 1.0], [np.nan, 2.0]],
        ValueError,
        r"row 0: the latitude is NaN .*Drop or fill.*1 more row like it",
    ),
    "NaN longitude": ([[0.0, np.nan]], ValueError, "row 0: the longitude is NaN"),
    "infinity": (
        [[0.0, 0.0], [0.0, np.inf], [0.0, -np.inf]],
        ValueError,
        r"row 1: the longitude is infinity .*Drop or fill",
    ),
    "strings": (np.array([["48", "11"]]), TypeError, "holds text, not numbers"),
    "list of strings": ([["48", "11"]], TypeError, "holds text, not numbers"),
    "objects": (
        np.array([["48", 11.0]], dtype=object),
        TypeError,
        "holds text, not numbers. Convert it to degrees first",
    ),
    "one column": ([[1.0], [2.0]], ValueError, "exactly two columns"),
    "three columns": ([[1.0, 2.0, 3.0]], ValueError, "exactly two columns.* 3"),
    "swapped names": (
        pd.DataFrame([[1.0, 2.0]], columns=["lon", "lat"]),
        ValueError,
        r"\['lon', 'lat'\], which look swapped.*Select them as X\[\['lat', 'lon'\]\]",
    ),
    "swapped x, y": (
        pd.DataFrame([[1.0, 2.0]], columns=["X", "Y"]),
        ValueError,
        "which look swapped",
    ),
    "half swapped": (
        pd.DataFrame([[1.0, 2.0]], columns=["height", "lat"]),
        ValueError,
        "which look swapped",
    ),
    "empty list": ([], ValueError, "empty list: there is no place in it"),
    "duplicate names": (
        pd.DataFrame([[1.0, 2.0]], columns=["lat", "lat"]),
        ValueError,
        r"duplicate column names: \['lat'\]. Rename or drop",
    ),
    "list of tuples": (
        [(1.0, 2.0)],
        TypeError,
        r"list of tuples.*np.array\(list_of_pairs\)",
    ),
    "tuple of arrays": (
        (np.zeros(3), np.zeros(3)),
        TypeError,
        r"is a tuple.*np.column_stack\(\[latitude, longitude\]\)",
    ),
    "object column": (
        pd.DataFrame({"lat": [1.0], "lon": pd.Series(["2"], dtype=object)}),
        TypeError,
        r"column 'lon' has dtype object, not numbers.*pd.to_numeric\(X\['lon'\]\)",
    ),
    "polars text column": (
        pl.DataFrame({"lat": [1.0], "lon": ["2"]}),
        TypeError,
        r"column 'lon' has dtype String, not numbers.*pl.col\('lon'\).cast\(pl.Float64",
    ),
    "decimal commas": (
        pd.DataFrame({"lat": ["48.5", "48,14"], "lon": [1.0, 2.0]}),
        TypeError,
        r"column 'lat' has .* not numbers. Row 1 is '48,14', with a decimal comma: "
        r'read the file with read_csv\(..., decimal=","\)',
    ),
    "decimal commas of polars": (
        pl.DataFrame({"lat": ["48,14"], "lon": [1.0]}),
        TypeError,
        r"Row 0 is '48,14', with .* read_csv\(..., decimal_comma=True\)",
    ),
    "degrees and minutes": (
        pd.DataFrame({"lat": [1.0, 2.0], "lon": [None, "11°34'E"]}),
        TypeError,
        r"""Row 1 is "11°34'E"\. .* plain numbers: .* letters .* add minutes / 60""",
    ),
    "words of polars": (
        pl.DataFrame({"lat": ["1.5", "unknown"], "lon": [1.0, 2.0]}),
        TypeError,
        r"Row 1 is 'unknown', .*pl.col\('lat'\).cast\(pl.Float64, strict=False\)\)",
    ),
    "dates": (
        pd.DataFrame({"lat": [1.0], "lon": pd.to_datetime(["2020-01-01"])}),
        TypeError,
        "column 'lon' has dtype datetime64.*, not numbers",
    ),
    "one dimension": (
        np.array([48.0, 11.0]),
        ValueError,
        r"one-dimensional \(shape \(2,\)\).*\[\[latitude, longitude\]\]",
    ),
    "one of two columns": (
        np.array([48.0, 59.9, 11.0]),
        ValueError,
        r'one-dimensional \(shape \(3,\)\).*pass both, for example df\[\["lat", "lon',
    ),
    "metres in one column": (
        [[48.0, 11.0], [48.0, 500_000.0]],
        ValueError,
        "row 1: longitude 500000.0 .*metres of a map projection",
    ),
    "two longitudes": (
        pd.DataFrame([[1.0, 2.0]], columns=["lng", "x"]),
        ValueError,
        "two longitude columns, 'lng' and 'x', and no latitude",
    ),
    "ragged rows": (
        [[1.0, 2.0], [3.0]],
        ValueError,
        r"row 1: \[3.0\] is not as long as row 0",
    ),
    "list of dicts": (
        [{"lat": 1.0, "lon": 2.0}],
        TypeError,
        r"list of dicts. Pass pd.DataFrame\(list_of_dicts\)",
    ),
    "list of sparse rows": (
        [sparse.csr_array(np.ones((1, 2))), sparse.csr_array(np.ones((1, 2)))],
        TypeError,
        "row 0: a sparse array in a list. .* scipy.sparse.vstack",
    ),
    "tensor with gradients": (
        torch.ones((2, 2), requires_grad=True),
        TypeError,
        r"(X|places) cannot be read as an array: .*tensor.detach\(\)",
    ),
    "list of tensors with gradients": (
        [torch.ones(2, requires_grad=True)] * 2,
        TypeError,
        r"(X|places) cannot be read as an array: .*tensor.detach\(\)",
    ),
    "lazy frame": (
        pl.LazyFrame({"lat": [1.0], "lon": [2.0]}),
        TypeError,
        r"polars LazyFrame.*pass (X|places).collect\(\)",
    ),
    "arrow table": (
        pl.DataFrame({"lat": [1.0], "lon": [2.0]}).to_arrow(),
        TypeError,
        r"pyarrow Table.*pass (X|places).to_pandas\(\)",
    ),
    "nothing": (None, TypeError, r"no table \(None\)"),
    "a number": (48.1, TypeError, "no table"),
    "a word": ("Munich", TypeError, r"no table \('Munich'\)"),
    "a mapping": ({"lat": [1.0], "lon": [2.0]}, TypeError, "no table"),
    "sparse": (sparse.csr_array(np.ones((2, 2))), TypeError, "[Ss]parse"),
    "complex": (np.array([[1j, 2.0]]), ValueError, "Complex data not supported"),
}


FITTABLE_NAMES = {
    "object column",
    "polars text column",
    "decimal commas",
    "decimal commas of polars",
    "degrees and minutes",
    "words of polars",
    "dates",
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("door", ["function", "fit", "transform"])
def test_bad_input_says_what_to_do(case, door):
    table, error, words = BAD[case]
    columns = table.columns if isinstance(table, pd.DataFrame | pl.DataFrame) else None
    if door == "function":
        call = check_places
    elif door == "fit":
        call = Pair().fit
    elif columns is None:
        call = Pair().fit(PLACES).transform
    else:
        named = pd.DataFrame(PLACES, columns=list(columns))
        # The bad names themselves cannot be fitted, so give them to fit as well.
        call = Pair().fit(named) if case in FITTABLE_NAMES else Pair().fit
        call = getattr(call, "transform", call)
    if door == "transform" and case in ("one column", "three columns"):
        words = "features, but Pair is expecting 2 features"
    with pytest.raises(error, match=re.compile(words, re.DOTALL)) as caught:
        call(table)
    assert len(str(caught.value)) < 500


def test_text_in_a_wider_table():
    frame = pd.DataFrame({"city": ["Oslo"], "lat": ["59.9"], "lon": [10.8]})
    beside = r"column 'city' .* leave it out, as in X\[\['lat', 'lon'\]\]"
    for call in (check_places, Pair().fit):
        with pytest.raises(TypeError, match=beside):
            call(frame)
    with pytest.raises(TypeError, match=r"'lat' .*Convert it .*_numeric\(X\['lat'\]\)"):
        Pair().fit(frame[["lat", "lon"]].assign(height=3.0))


def test_geometries_that_are_no_points():
    points = geopandas.GeoSeries.from_xy([1.0, 2.0], [3.0, 4.0], crs=4326)
    lines = geopandas.GeoSeries.from_wkt(["LINESTRING (0 0, 1 1)"], crs=4326)
    with pytest.raises(ValueError, match="row 0: the geometry is a LineString, not a"):
        check_places(lines)
    points.iloc[1] = None
    with pytest.raises(ValueError, match="row 1: the geometry is missing, not a point"):
        check_places(points)


def test_other_number_of_columns_at_transform():
    with pytest.raises(ValueError, match="3 features, but Pair is expecting 2"):
        Pair().fit(PLACES).transform(np.ones((2, 3)))


def test_exactly_two_points_to_column_transformer():
    frame = pd.DataFrame(PLACES, columns=["lat", "lon"]).assign(height=1.0)
    with pytest.raises(ValueError, match="Pair reads exactly two columns") as caught:
        Pair().fit(frame)
    assert "['lat', 'lon', 'height']" in str(caught.value)
    # The remedy it gives has to work.
    advice = re.search(r"make_column_transformer\(.*\)", str(caught.value)).group()
    assert advice == (
        'make_column_transformer((Pair(), ["lat", "lon"]), remainder="passthrough")'
    )
    union = make_column_transformer((Pair(), ["lat", "lon"]), remainder="passthrough")
    assert_array_equal(union.fit_transform(frame)[:, :2], PLACES)


def test_one_place():
    assert_array_equal(check_place([1, 190]), [1.0, -170.0])
    with pytest.raises(ValueError, match=r"one place, \[latitude, longitude\]; got"):
        check_place([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="point, row 0: latitude 99"):
        check_place([99.0, 100.0], name="point")


# ------------------------------------------------------------- location among others

WIDE = pd.DataFrame(
    {"height": [1.0, 2.0], "lon": [11.0, 200.0], "lat": [48.0, -3.0], "w": [5.0, 6.0]}
)


@pytest.mark.parametrize("location", [("lat", "lon"), (2, 1), (-2, 1), "auto"])
@pytest.mark.parametrize("container", [pd.DataFrame, pl.from_pandas])
def test_location_picks_columns(location, container):
    places, rest = Located(location).fit(WIDE).transform(container(WIDE))
    assert_array_equal(places, [[48.0, 11.0], [-3.0, -160.0]])
    assert_array_equal(rest, [[1.0, 5.0], [2.0, 6.0]])
    assert_array_equal(places_in(container(WIDE), location=location), places)


def test_location_of_arrays_is_by_position():
    X = WIDE.to_numpy()
    places, rest = Located((2, 1)).fit(X).transform(X)
    assert_array_equal(places, [[48.0, 11.0], [-3.0, -160.0]])
    assert_array_equal(rest, [[1.0, 5.0], [2.0, 6.0]])
    with pytest.raises(ValueError, match="no column names: use positions, location="):
        Located(("lat", "lon")).fit(X)


def test_places_in_a_table_with_text():
    wide = WIDE.assign(tags=["beach sun", "road"])
    for table in (wide, pl.from_pandas(wide)):
        assert_array_equal(places_in(table), [[48.0, 11.0], [-3.0, -160.0]])
    array = wide.to_numpy()
    assert_array_equal(places_in(array, location=(2, 1))[:, 0], [48.0, -3.0])


@pytest.mark.parametrize("location", [(0, 1), (1, 0), (-2, -1), (5, 4)])
def test_float32_features_stay_float32_and_a_view(location):
    X = np.ones((5, 6), dtype=np.float32)
    places, rest = Located(location).fit(X).transform(X)
    assert rest.shape == (5, 4)
    assert places.dtype == np.float64
    assert rest.dtype == np.float32
    assert np.shares_memory(rest, X)


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("lat", "must be a pair"),
        (("lat",), "must be a pair"),
        (("lat", "foo"), r"no column 'foo'. X has the 4 columns \['height', 'lon'"),
        ((0, 9), "no column 9. X has the 4 columns"),
        ((True, 1), "no column True"),
        ((1, 1), "names one column twice"),
        (("lon", "lat"), r"looks swapped.*pass location=\('lat', 'lon'\)"),
        (3, "must be a pair"),
        ({"lat", "lon"}, "must be a pair"),
        ({"lat": 2, "lon": 1}, "must be a pair"),
    ],
)
def test_malformed_location_lists_the_columns(location, words):
    with pytest.raises(ValueError, match=words):
        Located(location).fit(WIDE)
    with pytest.raises(ValueError, match=words):
        places_in(WIDE, location=location)


def test_auto_location_that_is_not_clear():
    with pytest.raises(ValueError, match="found no longitude column among the 3"):
        places_in(WIDE.drop(columns="lon"))
    with pytest.raises(ValueError, match="found more than one latitude column"):
        places_in(WIDE.assign(latitude=1.0))


# ------------------------------------------------------------------------ doc links


def test_html_repr_links_to_the_docs():
    class Public(Pair):
        pass

    Public.__module__ = "sklearn_geo.encoding._public"
    html = estimator_html_repr(Public())
    assert "sklearn_geo.encoding.Public.html" in html
    assert clone(Public()) is not None


# ---------------------------------------------------------------- pickles have a date


def test_a_pickle_of_another_release_says_so():
    pair = Pair().fit(PLACES)
    state = pair.__getstate__()
    assert state["_sklearn_geo_version"] == sklearn_geo.__version__
    again = pickle.loads(pickle.dumps(pair))
    assert vars(again).keys() == vars(pair).keys()
    state["_sklearn_geo_version"] = "0.0.1"
    words = r"Pair was written by sklearn-geo 0\.0\.1 and is read by .*fit it again"
    with pytest.warns(InconsistentVersionWarning, match=words):
        Pair().__setstate__(state)
    del state["_sklearn_geo_version"]
    with pytest.warns(InconsistentVersionWarning, match="of an unknown version"):
        Pair().__setstate__(state)


def test_masked_places_are_not_uncovered():
    hidden = np.ma.masked_array([[1.0, 2.0], [3.0, 999.0]], mask=[[0, 0], [0, 1]])
    for read in (check_places, places_in, Pair().fit):
        with pytest.raises(ValueError, match="row 1: the value is masked"):
            read(hidden)
    assert_array_equal(check_places(hidden[:1]), [[1.0, 2.0]])


def test_meridians_are_finite():
    with pytest.raises(ValueError, match="infinity, which is no meridian"):
        wrap_longitude([7.5, np.inf])
    with pytest.raises(TypeError, match="longitude must hold numbers"):
        wrap_longitude([1j])
    assert_array_equal(wrap_longitude([np.nan, 190.0]), [np.nan, -170.0])


def test_one_place_is_no_nest():
    with pytest.raises(ValueError, match="spot holds what is no number"):
        check_place([[1.0], [2.0, 3.0]], name="spot")
    for location in (np.array(1), np.array([[0, 1], [0, 1]])):
        with pytest.raises(ValueError, match="location"):
            places_in([[1.0, 2.0]], location=location)
