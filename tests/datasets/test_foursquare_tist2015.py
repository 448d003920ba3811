# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Foursquare's global files, written by hand. Ids and places are invented."""

import warnings
import zipfile

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo import VenueActivityEncoder
from sklearn_geo.datasets import (
    DataFileError,
    iter_foursquare_tist2015,
    load_foursquare_tist2015,
    make_checkins,
)

CHECKINS = "dataset_TIST2015_Checkins.txt"
POIS = "dataset_TIST2015_POIs.txt"
CITIES = "dataset_TIST2015_Cities.txt"
TIME = "Tue Apr 03 18:00:{:02d} +0000 2012"

VISITS = [
    [5, "sushi", TIME.format(1), 540],
    [6, "hotel", TIME.format(2), -240],
    [5, "sushi", TIME.format(3), 540],
    [7, "shop", TIME.format(4), 540],
    [5, "lost", TIME.format(5), 345],
    [8, "lost", TIME.format(6), 345],
    [8, "ghost", TIME.format(7), -270],
]
VENUES = [
    ["idle", 10.0, 20.0, "Bar", "FR"],
    ["shop", 35.1, 139.2, "Bookstore", "JP"],
    ["hotel", 40.7, -74.0, "Hotel", "US"],
    ["sushi", 35.6, 139.7, "Café", "JP"],
]
TOWNS = [
    ["Tokyo", 35.7, 139.7, "JP", "Japan", "National and provincial capital"],
    ["Yokohama", 35.0, 139.2, "JP", "Japan", "Provincial capital"],
    ["New York", 40.8, -74.0, "US", "United States", "Other"],
]


def as_text(rows):
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)


def write(folder, visits=VISITS, venues=VENUES, towns=TOWNS):
    for name, rows in ((CHECKINS, visits), (POIS, venues), (CITIES, towns)):
        if rows is not None:
            text = rows if isinstance(rows, str) else as_text(rows)
            (folder / name).write_bytes(text.encode("latin-1"))
    return folder


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path)


def test_fields(folder):
    venues = load_foursquare_tist2015(folder)
    assert_array_equal(venues.venue_ids, ["sushi", "hotel", "shop", "lost", "ghost"])
    nan = np.nan
    places = [[35.6, 139.7], [40.7, -74.0], [35.1, 139.2], [nan, nan], [nan, nan]]
    assert_array_equal(venues.places, places)
    names = venues.category_names[venues.categories]
    assert_array_equal(names, ["Café", "Hotel", "Bookstore", "", ""])
    assert_array_equal(venues.country, ["JP", "US", "JP", "", ""])
    assert_array_equal(venues.town, [0, 2, 1, -1, -1])
    assert_array_equal(venues.town_names, ["Tokyo", "Yokohama", "New York"])
    assert_array_equal(venues.towns[2], [40.8, -74.0])
    assert_array_equal(venues.target.sum(axis=1), [1, 1, 1, 0, 0])
    assert_array_equal(venues.checkins.venue, [0, 1, 0, 2, 3, 3, 4])
    assert_array_equal(venues.checkins.user, [5, 6, 5, 7, 5, 8, 8])
    assert_array_equal(venues.checkins.utc_offset, [9, -4, 9, 9, 5.75, 5.75, -4.5])
    assert venues.checkins.time[6] == np.datetime64("2012-04-03T18:00:07")
    assert_array_equal(
        venues.category_names[venues.checkins.category], names[venues.checkins.venue]
    )
    found = venues.report.notes["venue of check-ins has no line in the file of venues"]
    assert found.count == 2
    assert found.examples[0][2] == "lost"
    assert venues.report.n_rows == 7
    assert set(make_checkins(5, random_state=0)) <= set(venues)


def test_the_encoder_takes_it(folder):
    venues = load_foursquare_tist2015(folder)
    encoder = VenueActivityEncoder(utc_offset="utc_offset", time_zone="UTC")
    columns = encoder.fit(venues.checkins).transform(venues.venues)
    assert_array_equal(columns[:, 0], [2, 1, 1, 2, 1])
    assert_array_equal(columns[:, 1], [1, 1, 1, 2, 1])
    # 18:00 UTC is 03:00 on Wednesday in Tokyo.
    names = list(encoder.get_feature_names_out())
    assert columns[0, names.index("share_hour_03")] == 1.0
    assert columns[0, names.index("share_wednesday")] == 1.0


def test_only_venues_with_a_place_or_a_label(folder):
    for option in ({"located_only": True}, {"labelled_only": True}):
        venues = load_foursquare_tist2015(folder, **option)
        assert_array_equal(venues.venue_ids, ["sushi", "hotel", "shop"])
        assert_array_equal(venues.checkins.venue, [0, 1, 0, 2])
        assert_array_equal(venues.town, [0, 2, 1])
        assert len(venues.town_names) == 3
        assert (venues.report.n_rows, venues.report.n_filtered) == (4, 3)


@pytest.mark.parametrize(
    ("chosen", "ids"),
    [
        ({"countries": "JP"}, ["sushi", "shop"]),
        ({"countries": ["US", "FR"]}, ["hotel"]),
        ({"cities": "Yokohama"}, ["shop"]),
        ({"cities": ["Tokyo", "New York"]}, ["sushi", "hotel"]),
        ({"cities": ["Tokyo", "New York"], "countries": ["JP"]}, ["sushi"]),
    ],
)
def test_countries_and_cities(folder, chosen, ids):
    venues = load_foursquare_tist2015(folder, **chosen)
    assert_array_equal(venues.venue_ids, ids)
    rows = [row for row in VISITS if row[1] in ids]
    assert_array_equal(venues.checkins.user, [row[0] for row in rows])
    assert venues.report.n_filtered == len(VISITS) - len(rows)
    chunks = list(iter_foursquare_tist2015(folder, chunk_rows=2, **chosen))
    venue = np.concatenate([chunk.venue for chunk in chunks])
    assert_array_equal(venue, [row[1] for row in rows])


def test_countries_and_cities_that_are_not_there(folder):
    with pytest.raises(ValueError, match=r"no venue in countries=\['XX'\].*FR, JP, US"):
        load_foursquare_tist2015(folder, countries="XX")
    match = r"no venue in countries=\['JP'\] and cities=\['New York'\]\. Its countries"
    with pytest.raises(ValueError, match=match):
        load_foursquare_tist2015(folder, countries="JP", cities="New York")
    with pytest.raises(ValueError, match=r"no venue in countries=\[\]\."):
        load_foursquare_tist2015(folder, countries=[])
    with pytest.raises(ValueError, match=r"has no 'Oslo'\. It has 3: Tokyo"):
        load_foursquare_tist2015(folder, cities="Oslo")
    (folder / CITIES).unlink()
    with pytest.raises(FileNotFoundError, match=r"dataset_TIST2015_Cities\*\.txt"):
        load_foursquare_tist2015(folder, cities="Tokyo")
    venues = load_foursquare_tist2015(folder)
    assert_array_equal(venues.town, [-1] * 5)
    assert venues.towns.shape == (0, 2)


def test_streaming_gives_the_same_rows(folder):
    whole = load_foursquare_tist2015(folder)
    chunks = list(iter_foursquare_tist2015(folder, chunk_rows=3))
    assert [len(chunk.time) for chunk in chunks] == [3, 3, 1]
    row = whole.checkins.venue
    for name, expected in (
        ("venue", whole.venue_ids[row]),
        ("user", whole.checkins.user),
        ("time", whole.checkins.time),
        ("utc_offset", whole.checkins.utc_offset),
        ("places", whole.places[row]),
        ("country", whole.country[row]),
        ("category", whole.category_names[whole.categories][row]),
    ):
        assert_array_equal(np.concatenate([chunk[name] for chunk in chunks]), expected)
    what = "venue of check-ins has no line in the file of venues"
    assert chunks[-1].report.notes[what].count == 2


def test_path_to_the_file_or_an_archive(tmp_path, folder):
    expected = load_foursquare_tist2015(folder).places
    assert_array_equal(load_foursquare_tist2015(folder / CHECKINS).places, expected)
    path = tmp_path / "dataset_TIST2015.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in (CHECKINS, POIS, CITIES):
            archive.write(folder / name, f"dataset_TIST2015/{name}")
            (folder / name).unlink()
    assert_array_equal(load_foursquare_tist2015(path).places, expected)
    assert_array_equal(load_foursquare_tist2015(tmp_path).places, expected)


def test_files_that_are_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Checkins\*\.txt.*POIs\.txt and"):
        load_foursquare_tist2015(tmp_path)
    write(tmp_path, venues=None)
    with pytest.raises(FileNotFoundError, match=r"no file named .*_POIs\*\.txt"):
        load_foursquare_tist2015(tmp_path)


def test_a_venue_with_several_lines(tmp_path):
    again = [
        ["sushi", 35.8, 139.9, "Diner", "JP"],
        ["sushi", 35.7, 139.8, "Diner", "JP"],
    ]
    venues = load_foursquare_tist2015(write(tmp_path, venues=VENUES + again))
    assert_array_equal(venues.places[0], [35.7, 139.8])
    assert venues.category_names[venues.categories[0]] == "Diner"
    notes = venues.report.notes
    assert notes["venue has several places, its median place is taken"].count == 1
    found = notes["venue has several categories, the most frequent is taken"]
    assert found.examples == [(str(tmp_path / POIS), None, "sushi")]


def changed(rows, row, column, value):
    rows = [list(each) for each in rows]
    rows[row][column] = value
    return rows


@pytest.mark.parametrize(
    ("files", "name", "line", "match"),
    [
        ({"visits": changed(VISITS, 2, 2, "no")}, CHECKINS, 3, "'no' is not a time"),
        ({"visits": changed(VISITS, 2, 3, 9)}, CHECKINS, 3, "'9' is no offset from"),
        ({"visits": changed(VISITS, 2, 1, "")}, CHECKINS, 3, "venue id .* is missing"),
        ({"visits": as_text(VISITS)[:-4]}, CHECKINS, 7, "'-' is not a number"),
        ({"visits": as_text(VISITS)[:-22]}, CHECKINS, 7, "the file breaks off here"),
        ({"venues": changed(VENUES, 0, 1, "x")}, POIS, 1, "is not a number"),
        ({"venues": changed(VENUES, 0, 1, -91)}, POIS, 1, "beyond 90 degrees"),
        ({"venues": [*VENUES[1:], ["idle", 1]]}, POIS, 4, "the line has 2 columns"),
    ],
)
def test_a_wrong_line_is_named_or_skipped(tmp_path, files, name, line, match):
    write(tmp_path, **files)
    with pytest.raises(DataFileError, match=match) as caught:
        load_foursquare_tist2015(tmp_path)
    assert caught.value.path == str(tmp_path / name)
    assert caught.value.line == line
    with pytest.warns(UserWarning, match="1 rows were skipped"):
        venues = load_foursquare_tist2015(tmp_path, errors="skip")
    assert venues.report.n_skipped == 1
    assert len(venues.checkins.time) == (6 if name == CHECKINS else 7)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        list(iter_foursquare_tist2015(tmp_path, errors="skip", chunk_rows=2))
    assert len(caught) == 1


def test_offsets_in_hours(tmp_path):
    visits = [[*row[:3], row[3] / 60] for row in VISITS]
    write(tmp_path, visits=visits)
    with pytest.raises(DataFileError, match=r"has hours, not minutes"):
        load_foursquare_tist2015(tmp_path)
    venues = load_foursquare_tist2015(tmp_path, offset_unit="hours")
    assert_array_equal(venues.checkins.utc_offset, [9, -4, 9, 9, 5.75, 5.75, -4.5])


def test_shuffled_files(tmp_path):
    write(tmp_path, visits=[[row[1], row[2], row[3], row[0]] for row in VISITS])
    with pytest.raises(DataFileError, match="columns look shuffled"):
        load_foursquare_tist2015(tmp_path)
    # The two files in place of each other.
    write(tmp_path, visits=VENUES, venues=VISITS)
    with pytest.raises(DataFileError, match="expected are 5"):
        load_foursquare_tist2015(tmp_path)


def test_few_rows(folder):
    venues = load_foursquare_tist2015(folder, max_rows=2)
    assert_array_equal(venues.venue_ids, ["sushi", "hotel"])
    venues = load_foursquare_tist2015(folder, countries="FR")
    assert venues.places.shape == (0, 2)
    assert venues.target.shape == (0, 6)
    assert len(venues.checkins.time) == 0


def test_as_frame(folder):
    venues = load_foursquare_tist2015(folder, as_frame=True, categories=["Hotel"])
    assert list(venues.frame.columns) == ["latitude", "longitude", "Hotel"]
    assert_array_equal(venues.frame["Hotel"], [0, 1, 0, 0, 0])
    assert len(venues.checkins) == 7


def test_what_a_path_may_be(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    for path in (f"~/{CHECKINS}", "~", folder / CHECKINS):
        venues = load_foursquare_tist2015(path)
        assert_array_equal(venues.venue_ids[:2], ["sushi", "hotel"])
    with pytest.raises(TypeError, match=r"path is a list\. Pass the folder"):
        load_foursquare_tist2015([folder / CHECKINS, folder / POIS])


def test_wrong_lines_of_cities_are_counted(tmp_path):
    towns = [TOWNS[0], ["Nowhere", 95.0, 0.0, "", "", ""], TOWNS[2]]
    folder = write(tmp_path, towns=towns)
    with pytest.raises(DataFileError, match=r"Cities\.txt, line 2: latitude"):
        load_foursquare_tist2015(folder)
    with pytest.warns(UserWarning, match="1 rows were skipped"):
        venues = load_foursquare_tist2015(folder, errors="skip")
    assert_array_equal(venues.town_names, ["Tokyo", "New York"])
    assert (venues.report.n_skipped, venues.report.n_rows) == (1, len(VISITS))
