# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import math

import numpy as np
import pandas as pd
import pytest
import utm
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sklearn_geo.geometry import (
    N_UTM_ZONES,
    _utm_zones,
    utm_project,
    utm_unproject,
    utm_zone_bands,
    utm_zone_bounds,
    utm_zone_ids,
    utm_zone_names,
    utm_zone_numbers,
    utm_zones,
)
from tests.geometry.common_utm import (
    BANDS,
    exact_name,
    grid,
    modest,
    seams,
    zone_names,
)


class TestZones:
    @pytest.mark.parametrize(
        ("latitude", "longitude", "name"),
        [
            (51.5, -0.13, "30U"),  # London
            (48.86, 2.35, "31U"),  # Paris
            (-33.87, 151.21, "56H"),  # Sydney
            (60.39, 5.32, "32V"),  # Bergen
            (78.22, 15.65, "33X"),  # Longyearbyen
            (0.0, 0.0, "31N"),
            (-1e-17, 0.0, "31M"),
            (-5e-324, 0.0, "31M"),
            (-1e-9, 0.0, "31M"),
            (-0.0, 0.0, "31N"),
            (10.0, -1e-17, "30P"),
            (10.0, -5e-324, "30P"),
            (10.0, -0.0, "31P"),
            (84.0, 10.0, "33X"),
            (np.nextafter(84, 90), 10.0, "Z"),
            (-80.0, -180.0, "1C"),
            (np.nextafter(-80, -90), -180.0, "A"),
            (0.0, 180.0, "1N"),
            (0.0, np.nextafter(180, 0), "60N"),
            (0.0, 540.0, "1N"),
            (60.0, 2.999, "31V"),
            (60.0, 3.0, "32V"),
            (60.0, 12.0, "33V"),
            (72.0, 8.999, "31X"),
            (72.0, 9.0, "33X"),
            (72.0, 21.0, "35X"),
            (72.0, 33.0, "37X"),
            (72.0, 41.999, "37X"),
            (72.0, 42.0, "38X"),
            (71.999, 42.0, "38W"),
            (90.0, 0.0, "Z"),
            (90.0, -1e-9, "Y"),
            (90.0, 180.0, "Y"),
            (-90.0, 0.0, "B"),
            (-90.0, -180.0, "A"),
        ],
    )
    def test_by_hand(self, latitude, longitude, name):
        assert zone_names([[latitude, longitude]]) == [name]

    def test_every_seam_exactly(self):
        # All crossings of seams, a float and 1e-9 degrees to either side of each.
        latitudes = seams([*range(-88, 89, 4), 0])
        longitudes = seams(range(-180, 181, 3))
        latitudes = latitudes[np.abs(latitudes) <= 90]
        longitudes = longitudes[(longitudes >= -180) & (longitudes < 180)]
        # Names change with both only at their own seams: check all pairs where the
        # grid is irregular, and each against a few of the other elsewhere.
        irregular = latitudes[latitudes > 50]
        places = np.vstack(
            [
                grid(irregular, longitudes[(longitudes > -13) & (longitudes < 49)]),
                grid(latitudes, [-180.0, -77.0, -1e-17, 0.0, 5.0, 44.0, 179.0]),
                grid(
                    [-90, -85.0, -80.0, -1e-17, 0.0, 61.0, 75.0, 84.0, 90], longitudes
                ),
            ]
        )
        assert zone_names(places) == [exact_name(*place) for place in places.tolist()]

    @modest
    @given(
        st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180, exclude_max=True)))
    )
    def test_any_place_exactly(self, places):
        places.append((1.0, 1.0))
        expected = [exact_name(*place) for place in places]
        assert zone_names([list(place) for place in places]) == expected

    def test_against_utm(self):
        # utm takes places within 1e-14 degrees of a seam for places on it, so a float's
        # neighbours are for the exact test.
        middle = np.vstack(
            [
                grid(np.arange(-79.5, 84, 1.7), np.arange(-179.5, 180, 2.3)),
                grid(
                    [x + d for x in range(-80, 85, 4) for d in (-1e-9, 0, 1e-9)][1:-1],
                    [-178.0, 1.0, 4.0, 10.0, 20.0, 40.0],
                ),
                grid(
                    [-79.0, -0.5, 0.0, 57.0, 63.0, 71.0, 73.0, 84.0],
                    [x + d for x in range(-180, 181, 3) for d in (-1e-9, 0, 1e-9)][
                        1:-2
                    ],
                ),
            ]
        )
        names = [
            f"{utm.latlon_to_zone_number(*place)}{utm.latitude_to_zone_letter(place[0])}"
            for place in middle.tolist()
        ]
        assert zone_names(middle) == names

    def test_what_comes_in_and_out(self):
        places = [[51.5, -0.13], [-90.0, 0.0]]
        ids = utm_zones(places)
        assert ids.dtype == np.int16
        assert_array_equal(utm_zones(pd.DataFrame(places, columns=["lat", "lon"])), ids)
        with pytest.raises(ValueError, match="places, row 1: the longitude is NaN"):
            utm_zones([[0, 0], [0, np.nan]])
        with pytest.raises(ValueError, match="latitude 100"):
            utm_zones([[100.0, 10.0]])

    def test_blocks_change_nothing(self, monkeypatch):
        places = grid(np.linspace(-90, 90, 31), np.linspace(-180, 180, 41))
        ids, metres = utm_zones(places), utm_project(places)
        degrees = utm_unproject(metres, ids)
        monkeypatch.setattr(_utm_zones, "_BLOCK_ROWS", 100)
        assert_array_equal(utm_zones(places), ids)
        assert_array_equal(utm_project(places), metres)
        assert_array_equal(utm_unproject(metres, ids), degrees)


class TestTable:
    def test_count(self):
        assert N_UTM_ZONES == 60 * 20 - 3
        names = utm_zone_names()
        assert len(names) == len(set(names.tolist())) == 1201
        assert names[N_UTM_ZONES:].tolist() == ["A", "B", "Y", "Z"]
        every = {f"{number}{band}" for number in range(1, 61) for band in BANDS}
        assert set(names[:N_UTM_ZONES].tolist()) == every - {"32X", "34X", "36X"}

    def test_order(self):
        # By number, then from south to north: 20 bands a number, X left out thrice.
        for name, i in {
            "1C": 0,
            "1X": 19,
            "2C": 20,
            "31V": 30 * 20 + 17,
            "32W": 31 * 20 + 18,
            "33C": 32 * 20 - 1,
            "37C": 36 * 20 - 3,
            "60X": 1196,
            "A": 1197,
        }.items():
            assert utm_zone_ids(name) == i
            assert utm_zone_names(i) == name

    def test_zones_tile_the_globe(self):
        south, west, north, east = utm_zone_bounds().T
        zones = slice(None, N_UTM_ZONES)
        degrees = ((north - south) * (east - west))[zones]
        assert degrees.sum() == 360 * 164
        assert ((north - south) * (east - west)).sum() == 360 * 180
        # No two overlap, so they cover everything.
        overlap = (
            (np.maximum.outer(south, south) < np.minimum.outer(north, north))
            & (np.maximum.outer(west, west) < np.minimum.outer(east, east))
            & ~np.eye(len(south), dtype=bool)
        )
        assert not overlap.any()
        # True areas on the unit sphere, too.
        areas = np.radians(east - west) * (
            np.sin(np.radians(north)) - np.sin(np.radians(south))
        )
        assert_allclose(areas.sum(), 4 * math.pi)

    def test_bounds_are_those_of_the_zones(self):
        ids = np.arange(1201)
        south, west, north, east = utm_zone_bounds().T
        east, north = np.nextafter(east, -np.inf), np.nextafter(north, -np.inf)
        south[-2:] = np.nextafter(84, np.inf)
        for latitude in (south, (south + north) / 2, north):
            for longitude in (west, (west + east) / 2, east):
                assert_array_equal(
                    utm_zones(np.column_stack([latitude, longitude])), ids
                )

    @pytest.mark.parametrize(
        ("name", "bounds"),
        [
            ("1C", (-80, -180, -72, -174)),
            ("30U", (48, -6, 56, 0)),
            ("31V", (56, 0, 64, 3)),
            ("32V", (56, 3, 64, 12)),
            ("31X", (72, 0, 84, 9)),
            ("33X", (72, 9, 84, 21)),
            ("35X", (72, 21, 84, 33)),
            ("37X", (72, 33, 84, 42)),
            ("60N", (0, 174, 8, 180)),
            ("A", (-90, -180, -80, 0)),
            ("B", (-90, 0, -80, 180)),
            ("Y", (84, -180, 90, 0)),
            ("Z", (84, 0, 90, 180)),
        ],
    )
    def test_bounds_by_hand(self, name, bounds):
        assert_array_equal(utm_zone_bounds(utm_zone_ids(name)), bounds)

    def test_numbers_and_bands(self):
        ids = np.arange(1201)
        numbers, bands = utm_zone_numbers(ids), utm_zone_bands(ids)
        joined = [f"{n or ''}{b}" for n, b in zip(numbers, bands, strict=True)]
        assert joined == utm_zone_names().tolist()
        assert_array_equal(utm_zone_ids(utm_zone_names()), ids)

    def test_shapes(self):
        ids = np.array([[0, 1], [2, 1200]])
        assert utm_zone_names(ids).shape == (2, 2)
        assert utm_zone_ids(utm_zone_names(ids)).tolist() == ids.tolist()
        assert utm_zone_bounds(ids).shape == (2, 2, 4)
        assert utm_zone_names([]).shape == utm_zone_ids([]).shape == (0,)
        assert utm_zone_ids(pd.Series(["1C", "Z"])).tolist() == [0, 1200]
        assert utm_zone_ids("1C").dtype == utm_zone_ids(["1C", "Z"]).dtype == np.int16

    def test_the_tables_are_safe(self):
        utm_zone_names()[:] = "?"
        utm_zone_bounds()[:] = 0
        utm_zone_names([0])[:] = "?"
        assert utm_zone_names(0) == "1C"
        assert utm_zone_bounds(0)[0] == -80

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("32X", "32X does not exist; 31X and 33X cover its longitudes"),
            ("34X", "34X does not exist; 33X and 35X"),
            ("36x", "'36x'.* 36X does not exist; 35X and 37X"),
            ("01C", "no UTM zone '01C'. Write \"1C\""),
            ("30u", "no UTM zone '30u'. Write \"30U\""),
            (" 30 U", 'Write "30U"'),
            ("a", 'Write "A"'),
            ("30I", "no bands I and O"),
            ("30O", "no bands I and O"),
            ("30A", "The polar caps have no number"),
            ("0N", '"30U" or "1C"'),
            ("61N", '"30U" or "1C"'),
            ("N", '"30U" or "1C"'),
            ("30", '"30U" or "1C"'),
            ("", '"30U" or "1C"'),
            ("30UU", "A zone is called by its number, 1 to 60, and its band"),
            (None, "no UTM zone None"),
            (30.5, "no UTM zone 30.5"),
        ],
    )
    def test_unknown_names(self, name, message):
        with pytest.raises(ValueError, match=message):
            utm_zone_ids(["30U", name])

    @pytest.mark.parametrize(
        "function", [utm_zone_names, utm_zone_bounds, utm_zone_numbers, utm_zone_bands]
    )
    def test_unknown_ids(self, function):
        for bad in (-1, 1201):
            with pytest.raises(ValueError, match=f"from 0 to 1200; got {bad}"):
                function([0, bad])
        with pytest.raises(ValueError, match="utm_zone_ids turns names into ids"):
            function(["30U"])
        assert len(function([])) == 0


@pytest.mark.parametrize("name", ["61X", "0C", "X", "N"])
def test_what_is_wrong_with_other_names_is_not_made_up(name):
    with pytest.raises(
        ValueError, match=f"^there is no UTM zone '{name}'. A zone is called"
    ):
        utm_zone_ids(name)


def test_what_is_no_name_of_a_zone():
    for names in (["30U", ["30U", "1C"]], [None], [{}], "4" * 5000):
        with pytest.raises(ValueError, match=r"there is no UTM zone .{2,80}A zone is"):
            utm_zone_ids(names)


def test_broken_sparse_matrices_are_not_written_out():
    # Writing one out reads memory that is not its own.
    broken = sparse.csr_array(np.ones((1, 2)))
    broken.indptr[-1] = 10**6
    with pytest.raises(ValueError, match="there is no UTM zone"):
        utm_zone_ids(broken)
