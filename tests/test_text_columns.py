# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What messages say of columns that should be degrees, value by value."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklearn_geo import LocSensRanker, UnitVectorEncoder
from sklearn_geo._text_columns import remedy_for_names, remedy_for_text
from sklearn_geo.base import places_in


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("52.5, 13.4", "str.split(',', expand=True)"),
        ("(52.5 13.4)", "str.split(' ', expand=True)"),
        ("52.5  ;  13.4", "str.split(';', expand=True)"),
        ("52  13", "str.split(' ', expand=True)"),
        ("52,5", 'read_csv(..., decimal=",")'),
        ("POINT (13.4 52.5)", "geopandas.GeoSeries.from_wkt(X['lat'], crs=4326)"),
        ("SRID=4326;POINT(13.4 52.5)", "geopandas.GeoSeries.from_wkt(X['lat']"),
        ("52.5 N", "south and west negative"),
        ("S33.9", "south and west negative"),
        ("52\u00b031'12\"N", "minutes / 60"),
        ("unknown 5", "pd.to_numeric(X['lat'], errors=\"coerce\")"),
        ("", "which is no number of degrees"),
    ],
)
def test_text_of_each_kind_has_its_remedy(text, said):
    remedy = remedy_for_text(["48.1", text], "lat", polars=False)
    assert said in remedy
    assert f"Row 1 is {text!r}" in remedy


def test_the_remedy_for_a_pair_makes_two_columns():
    places = pd.DataFrame({"at": ["(52.5, 13.4)", "(48.1, 11.6)"]})
    remedy = remedy_for_text(places["at"], "at", polars=False)
    how = remedy.split(", with ")[1].removesuffix(".")
    made = eval(how, {"X": places}).astype(float)
    np.testing.assert_array_equal(made, [[52.5, 13.4], [48.1, 11.6]])


@pytest.mark.parametrize("separator", [",", ", ", "; ", " ; ", " ", "   "])
@pytest.mark.parametrize("brackets", ["", "()", "[]", "( ) "])
def test_the_remedy_for_a_pair_is_two_columns_in_either_library(separator, brackets):
    start, end = brackets[: len(brackets) // 2], brackets[len(brackets) // 2 :]
    pairs = [("-52.5", "13.4"), ("48", "-11.6"), ("7.", "+8")]
    texts = [f"{start}{a}{separator}{b}{end}" for a, b in pairs]
    trips = pl.DataFrame({"at": texts, "n": [1, 2, 3]})
    remedy = remedy_for_text(trips["at"], "at", polars=True)
    how = remedy.split(", with ")[1].removesuffix(".")
    made = eval(how, {"X": trips, "pl": pl})
    expected = [[-52.5, 13.4], [48.0, -11.6], [7.0, 8.0]]
    np.testing.assert_array_equal(places_in(made), expected)
    trips = pd.DataFrame({"at": texts, "n": [1, 2, 3]})
    remedy = remedy_for_text(trips["at"], "at", polars=False)
    made = eval(remedy.split(", with ")[1].removesuffix("."), {"X": trips})
    np.testing.assert_array_equal(places_in(made.astype(float)), expected)


def test_what_reads_as_numbers_is_converted():
    assert remedy_for_text(["1", "2.5"], "lat", polars=False) == (
        "Convert it to degrees first, for example with pd.to_numeric(X['lat'])."
    )
    assert remedy_for_text(["1", "?"], "lat", polars=True).endswith(
        "X.with_columns(pl.col('lat').cast(pl.Float64, strict=False)), and drop them."
    )


def test_geometries_that_are_bytes_are_told():
    shapes = pd.DataFrame({"name": ["a"], "geometry": [b"\x01\x01\x00\x00\x00"]})
    with pytest.raises(TypeError, match=r"geopandas\.GeoSeries\.from_wkb\(X\['geome"):
        UnitVectorEncoder().fit(shapes[["geometry"]])
    wide = shapes.assign(age=3)
    with pytest.raises(TypeError, match=r"leave it out, as in geopandas\.GeoSeries\."):
        UnitVectorEncoder().fit(wide)


def test_columns_of_a_wide_frame_are_named():
    towns = pd.DataFrame({"town": ["a"], "Latitude": [1.0], "lng": [2.0]})
    with pytest.raises(TypeError, match=r"as in X\[\['Latitude', 'lng'\]\], or give"):
        UnitVectorEncoder().fit(towns)


def test_a_geodataframe_of_more_than_points_is_told_about_its_geometry():
    geopandas = pytest.importorskip("geopandas")
    towns = geopandas.GeoDataFrame(
        {"town": ["a"]}, geometry=geopandas.points_from_xy([2.0], [1.0]), crs=4326
    )
    with pytest.raises(TypeError, match=r"\(of a GeoDataFrame, X\.geometry\)"):
        UnitVectorEncoder().fit(towns)
    assert UnitVectorEncoder().fit_transform(towns.geometry).shape == (1, 3)


@pytest.mark.parametrize(("separator", "shown"), [(";", "';'"), ("\t", r"'\\t'")])
def test_a_file_read_with_the_wrong_separator(separator, shown):
    flats = pd.DataFrame({separator.join(["lat", "lon"]): [separator.join(["1", "2"])]})
    with pytest.raises(ValueError, match=rf"read_csv\(\.\.\., sep={shown}\)"):
        places_in(flats)
    with pytest.raises(TypeError, match=rf"read_csv\(\.\.\., sep={shown}\)"):
        UnitVectorEncoder().fit(flats)


def test_names_that_may_be_meant_are_proposed():
    assert remedy_for_names(["n", "decimalLatitude", "decimalLongitude"]) == (
        "('decimalLatitude', 'decimalLongitude')"
    )
    assert remedy_for_names(["drop_lat", "drop_lng", "pick_lat", "pick_lng"]) == (
        "('drop_lat', 'drop_lng')"
    )
    assert remedy_for_names(["flat", "along"]) == '("lat", "lon")'
    trips = pl.DataFrame({"pickup_latitude": [1.0], "pickup_longitude": [2.0], "n": 1})
    with pytest.raises(ValueError, match=r"\('pickup_latitude', 'pickup_longitude'\)"):
        places_in(trips)


def test_positions_of_other_columns_than_the_place_are_refused():
    rng = np.random.default_rng(0)
    photos = pd.DataFrame(rng.normal(size=(30, 2)), columns=["f0", "f1"])
    photos["lat"], photos["lon"] = rng.uniform(40, 50, 30), rng.uniform(0, 10, 30)
    tags = rng.integers(2, size=(30, 3))
    ranker = LocSensRanker(n_components=4, max_iter=1, random_state=0)
    with pytest.raises(ValueError, match=r"'f0' and 'f1', but X has a place in 'lat'"):
        ranker.fit(photos, tags)
    with pytest.raises(ValueError, match="but X has a place in 'lat' and 'lon'"):
        places_in(photos, location=(0, 1))
    np.testing.assert_array_equal(
        places_in(photos, location="auto"), photos[["lat", "lon"]]
    )
    # Named, or with names that say little, they are meant.
    assert places_in(photos, location=("f0", "f1")).shape == (30, 2)
    pixels = photos.rename(columns={"lat": "y", "lon": "x"})
    assert places_in(pixels, location=(0, 1)).shape == (30, 2)
