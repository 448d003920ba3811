# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame, GeoSeries

from sklearn_geo.geolocation._masks import inside_polygons, log_prior

PLACES = np.array([[10.0, 10.0], [10.0, 30.0], [-20.0, 175.0], [-20.0, -175.0]])
NAMES = np.array(["a", "b", "c", "d"])


def _log_prior(prior=None, mask=None, n_rows=2):
    return log_prior(
        prior, mask, cell_places=PLACES, cell_names=NAMES, n_rows=n_rows
    )  # fmt: skip


def _polygon(coordinates):
    return {"type": "Polygon", "coordinates": coordinates}


def _knot():
    knot = {"type": "GeometryCollection"}
    knot["geometries"] = [knot]
    return knot


def _kept(mask):
    return np.isfinite(_log_prior(mask=mask)[0]).tolist()


def test_nothing_known():
    assert _log_prior() is None


def test_priors_by_hand():
    found = _log_prior(prior=[1, 2, 0, 4])
    np.testing.assert_allclose(found, [[0.0, np.log(2), -np.inf, np.log(4)]])
    found = _log_prior(prior=[[1, 0, 1, 1], [1, 1, 1, 1]], mask=[0, 1, 3])
    np.testing.assert_array_equal(np.isfinite(found), [[1, 0, 0, 1], [1, 1, 0, 1]])


def _north(places):
    return places[:, 0] > 0


@pytest.mark.parametrize(
    "mask",
    [
        [True, True, False, False],
        np.array([[True, True, False, False]] * 2),
        [0, 1],
        {1, 0},
        ["b", "a"],
        frozenset({"a", "b"}),
        np.array(["a", "b"], dtype=object),
        _north,
        shapely.box(0.0, 0.0, 40.0, 40.0),
        GeoSeries([shapely.box(5, 5, 15, 15), shapely.box(25, 5, 35, 15)]),
        {"type": "Feature", "geometry": shapely.box(0, 0, 40, 40).__geo_interface__},
    ],
)
def test_kinds_of_masks(mask):
    assert _kept(mask) == [True, True, False, False]


@pytest.mark.parametrize("crs", [4326, 3857, None])
def test_polygons_in_metres(crs):
    degrees = GeoSeries([shapely.box(5, 5, 15, 15), shapely.box(-180, -60, -170, 0)])
    expected = [True, False, False, True]
    if crs == 3857:  # Mercator's metres, by hand
        radius = 6378137.0
        degrees = degrees.transform(
            lambda xy: np.column_stack(
                [
                    radius * np.radians(xy[:, 0]),
                    radius * np.arctanh(np.sin(np.radians(xy[:, 1]))),
                ]
            )
        )
    series = degrees.set_crs(crs) if crs else degrees
    assert _kept(series) == expected
    frame = GeoDataFrame({"name": ["a", "b"]}, geometry=series)
    assert _kept(frame) == expected
    assert frame.crs == series.crs  # the caller's stays as it is


def test_holes_parts_and_turns():
    outer, hole = shapely.box(0, 0, 40, 40), shapely.box(5, 5, 15, 15)
    ring = shapely.Polygon(outer.exterior.coords, [hole.exterior.coords])
    assert _kept(ring) == [False, True, False, False]
    parts = shapely.MultiPolygon([ring, shapely.box(-180, -90, -170, 0)])
    assert _kept(parts) == [False, True, False, True]
    # Beyond the antimeridian, on either side.
    assert _kept(shapely.box(170, -30, 190, -10)) == [False, False, True, True]
    assert _kept(shapely.box(-190, -30, -170, -10)) == [False, False, True, True]
    collection = shapely.GeometryCollection([shapely.box(5, 5, 15, 15)])
    assert _kept(collection) == [True, False, False, False]


def test_polygons_are_those_of_shapely():
    rng = np.random.default_rng(0)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 40))
    radii = rng.uniform(10, 60, 40)
    star = shapely.Polygon(np.c_[radii * np.cos(angles), radii * np.sin(angles)])
    places = np.column_stack([rng.uniform(-80, 80, 3000), rng.uniform(-80, 80, 3000)])
    expected = shapely.contains_xy(star, places[:, 1], places[:, 0])
    assert 0.1 < expected.mean() < 0.9
    np.testing.assert_array_equal(inside_polygons(places, star), expected)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"mask": [False] * 4}, r"mask leaves no cell: it is false for all 4 cells"),
        ({"mask": []}, "mask leaves no cell"),
        ({"mask": [[True] * 4, [False] * 4]}, "mask, row 1, leaves no cell"),
        ({"mask": shapely.box(50, 50, 60, 60)}, "a polygon, leaves no cell.*-20.0 to"),
        ({"mask": lambda places: places[:, 0] > 50}, r"mask\(places\) leaves no cell"),
        ({"mask": lambda places: places}, r"mask\(places\) must return one bool"),
        ({"mask": [True, False]}, r"one bool for each of the 4 cells.*shape \(2,\)"),
        ({"mask": [4]}, "there is no cell 4; cells are numbered from 0 to 3"),
        ({"mask": [0, -1]}, "there is no cell -1"),
        ({"mask": ["a", "z"]}, "no cell called 'z'; the first one is called 'a'"),
        ({"mask": [0.5, 1.0]}, "mask is an array of float64"),
        ({"mask": shapely.Point(1, 2)}, "type 'Point' has no inside"),
        ({"mask": {"type": "Feature"}}, "mask holds None where a geometry"),
        ({"mask": {"type": "FeatureCollection"}}, "mask holds None where a geometry"),
        ({"mask": {"type": "Polygon"}}, "coordinates of a Polygon are lists of rings"),
        ({"mask": _polygon([[0, 0], [1, 1]])}, "a ring is a list of finite"),
        ({"mask": _polygon([[["a", 0], [1, 1]]])}, "a ring is a list of finite"),
        ({"mask": _polygon([[[np.nan, 0], [1, 1]]])}, "a ring is a list of finite"),
        ({"mask": _knot()}, "mask holds collections in each other"),
        ({"prior": [1, 2]}, r"one factor for each of the 4 cells.*got shape \(2,\)"),
        ({"prior": [1, 2, -1, 3]}, r"prior, cell 2: -1.0 is no factor"),
        ({"prior": [1, np.nan, 1, 3]}, r"prior, cell 1: nan is no factor"),
        ({"prior": [0, 0, 0, 0]}, "prior is 0 for every cell"),
        ({"prior": [0, 0, 1, 1], "mask": [0, 1]}, "prior and mask together leave no"),
        (
            {"prior": [[1, 1, 1, 1], [0, 0, 1, 1]], "mask": [0, 1]},
            "prior and mask together, row 1 leave no cell",
        ),
    ],
)
def test_words_of_errors(known, words):
    with pytest.raises(ValueError, match=words):
        _log_prior(**known)


def test_text_is_no_mask():
    with pytest.raises(TypeError, match=r"mask='France' is text\. Pass a bool array"):
        _log_prior(mask="France")


@pytest.mark.parametrize("mask", [[{}], {None}, [[0], [0, 1]], [object()], {(1,), 2}])
def test_other_things_are_no_mask(mask):
    with pytest.raises(TypeError, match=r"^mask=.* is neither a bool array"):
        _log_prior(mask=mask)


def test_a_set_of_names_need_not_be_sortable():
    assert _kept({"a", "c"}) == [True, False, True, False]


def test_an_edge_may_be_shorter_than_its_slope_is_finite():
    # Over 5e-324 degrees of latitude the border goes 40 degrees to the east.
    tiny = 5e-324
    ring = [[0, -30], [20, -30], [20, 0], [40, tiny], [40, 30], [0, 30]]
    with np.errstate(all="raise"):
        inside = inside_polygons(
            [[10.0, 10.0], [10.0, 30.0], [0.0, 50.0]], _polygon([ring])
        )
    assert inside.tolist() == [True, True, False]


def test_priors_are_numbers():
    with pytest.raises(TypeError, match="prior must hold numbers"):
        _log_prior(prior=[1j, 1, 1, 1])


def test_functions_that_fail_are_named():
    with pytest.raises(TypeError, match=r"mask\(places\) failed .*: .*\(4, 2\)"):
        _log_prior(mask=float)
    with pytest.raises(ValueError, match=r"mask\(places\) failed .*no north") as caught:
        _log_prior(mask=lambda places: _refuse("no north"))
    assert isinstance(caught.value.__cause__, ValueError)


def _refuse(words):
    raise ValueError(words)
