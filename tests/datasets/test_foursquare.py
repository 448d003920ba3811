# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Foursquare's files, written by hand with every wart. Ids and places are invented."""

import bz2
import datetime
import gzip
import time
import warnings
import zipfile

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo import VenueActivityEncoder
from sklearn_geo.base import check_places
from sklearn_geo.datasets import (
    DataFileError,
    iter_foursquare_tsmc2014,
    load_foursquare_tsmc2014,
    make_checkins,
)

CATEGORY_IDS = {"Bar": "4b" * 12, "Café": "4c" * 12, "Coffee Shop": "4d" * 12}
HEADER = "userId,venueId,venueCategoryId,venueCategory,latitude,longitude,"
HEADER += "timezoneOffset,utcTimestamp"


def utc(text):
    """Return a time as the files write it."""
    moment = datetime.datetime.fromisoformat(text)
    return moment.strftime("%a %b %d %H:%M:%S +0000 %Y")


def checkin(user, venue, category, place, offset, when):
    category_id = CATEGORY_IDS.get(category, "4e" * 12)
    return [user, venue, category_id, category, *place, offset, utc(when)]


# Two venues whose 34 columns are worked by hand below, and one more.
ROWS = [
    checkin(7, "pub", "Bar", (40.5, -74.0), -240, "2012-04-06 01:10:00"),
    checkin(7, "pub", "Bar", (40.5, -74.0), -240, "2012-04-08 02:30:59"),
    checkin(9, "pub", "Bar", (40.5, -74.0), -240, "2012-04-08 02:59:00"),
    checkin(7, "pub", "Bar", (40.5, -74.0), -300, "2012-12-01 03:00:00"),
    checkin(8, "cup", "Café", (40.6, -73.9), -240, "2012-04-08 12:00:00"),
    checkin(8, "roast", "Coffee Shop", (40.7, -73.8), -240, "2012-04-09 12:00:00"),
]


def as_text(rows, delimiter="\t"):
    return "".join(delimiter.join(map(str, row)) + "\n" for row in rows)


def write(folder, text, name="dataset_TSMC2014_NYC.txt", encoding="latin-1"):
    path = folder / name
    path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
    return path


@pytest.fixture
def nyc(tmp_path):
    return write(tmp_path, as_text(ROWS))


def test_fields(nyc):
    venues = load_foursquare_tsmc2014(nyc)
    assert_array_equal(venues.venue_ids, ["pub", "cup", "roast"])
    assert_array_equal(venues.venues, [0, 1, 2])
    assert_array_equal(venues.places, [[40.5, -74.0], [40.6, -73.9], [40.7, -73.8]])
    assert venues.data is venues.places
    assert_array_equal(venues.category_names, ["Bar", "Café", "Coffee Shop"])
    assert_array_equal(venues.categories, [0, 1, 2])
    assert_array_equal(
        venues.target, [[0, 0, 0, 1, 0, 0], [1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0]]
    )
    assert venues.target_names[3] == "Pub & Bar"
    assert_array_equal(venues.town, [0, 0, 0])
    assert_array_equal(venues.town_names, ["NYC"])
    assert_array_equal(venues.country, ["US"] * 3)
    checkins = venues.checkins
    assert_array_equal(checkins.venue, [0, 0, 0, 0, 1, 2])
    assert_array_equal(checkins.user, [7, 7, 9, 7, 8, 8])
    assert checkins.user.dtype == np.int64
    assert checkins.time.dtype == np.dtype("datetime64[s]")
    assert checkins.time[1] == np.datetime64("2012-04-08T02:30:59")
    assert_array_equal(checkins.utc_offset, [-4, -4, -4, -5, -4, -4])
    assert_array_equal(checkins.category, [0, 0, 0, 0, 1, 2])
    assert venues.report.n_rows == 6
    assert ":Number of venues: 3" in venues.DESCR
    assert_array_equal(check_places(venues.data), venues.places)


def test_the_bunch_has_all_fields_of_make_checkins(nyc):
    made, loaded = make_checkins(5, random_state=0), load_foursquare_tsmc2014(nyc)
    assert set(made) - set(loaded) == set()
    assert set(made.checkins) == set(loaded.checkins)
    for name in ("data", "target", "places", "venues"):
        assert loaded[name].dtype == made[name].dtype
        assert loaded[name].ndim == made[name].ndim
    for name in ("venue", "time", "utc_offset", "category"):
        assert loaded.checkins[name].dtype == made.checkins[name].dtype


def test_from_file_to_the_34_columns_by_hand(nyc):
    venues = load_foursquare_tsmc2014(nyc)
    encoder = VenueActivityEncoder(utc_offset="utc_offset", time_zone="UTC")
    encoder.fit(venues.checkins)
    columns = encoder.transform(venues.venues)
    names = list(encoder.get_feature_names_out())
    assert columns.shape == (3, 34)
    # Local times of the pub: Thursday 21:10, Saturday 22:30 and 22:59, Friday 22:00.
    pub = np.zeros(34)
    pub[:3] = 4, 2, 3
    pub[names.index("share_thursday")] = 0.25
    pub[names.index("share_saturday")] = 0.5
    pub[names.index("share_friday")] = 0.25
    pub[names.index("share_hour_21")] = 0.25
    pub[names.index("share_hour_22")] = 0.75
    # The café: Sunday 08:00.
    cup = np.zeros(34)
    cup[:3] = 1
    cup[names.index("share_sunday")] = cup[names.index("share_hour_08")] = 1.0
    assert_allclose(columns[:2], [pub, cup])


def test_warts(tmp_path):
    rows = [list(map(str, row)) for row in ROWS]
    rows[0][0] = " 7 "
    rows[1][4:6] = "40.52", "-74.02"  # the same venue, elsewhere: the median is 40.5
    rows[2][3] = "Pub"  # and in another category, less often
    rows[5][3] = "CafÃ©"  # decoded twice
    lines = ["\t".join(row) for row in rows]
    lines[3] += "\t\t"  # trailing tabs
    lines = [line.encode("utf-8" if "Ã" in line else "latin-1") for line in lines]
    text = "\ufeff".encode() + b"\r\n".join(lines)
    venues = load_foursquare_tsmc2014(write(tmp_path, text))
    assert_array_equal(venues.places[0], [40.5, -74.0])
    assert venues.category_names[venues.categories].tolist() == ["Bar", "Café", "Café"]
    assert_array_equal(venues.target.sum(axis=0), [2, 0, 0, 1, 0, 0])
    notes = venues.report.notes
    assert notes["venue has several places, its median place is taken"].count == 1
    found = notes["venue has several categories, the most frequent is taken"]
    assert found.examples == [("check-ins", None, "pub")]
    assert notes["category name had its letters broken, mended"].count == 1
    assert notes["line is not UTF-8, read as Latin-1"].examples[0][1] == 5
    assert "its median place is taken" in str(venues.report)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_encodings(tmp_path, encoding):
    path = write(tmp_path, as_text(ROWS), encoding=encoding)
    assert "Café" in load_foursquare_tsmc2014(path).category_names


def test_copies_as_csv(tmp_path, nyc):
    expected = load_foursquare_tsmc2014(nyc)
    quoted = [[*row[:3], f'"{row[3]}"', *row[4:]] for row in ROWS]
    text = HEADER + "\n" + as_text(quoted, ",")
    path = write(tmp_path, text, "copy.csv", encoding="utf-8")
    for file in (path, write(tmp_path, as_text(ROWS, ","), "bare.csv")):
        venues = load_foursquare_tsmc2014(file)
        assert_array_equal(venues.places, expected.places)
        assert_array_equal(venues.target, expected.target)
        for name, values in expected.checkins.items():
            assert_array_equal(venues.checkins[name], values)
    titled = HEADER.replace(",", "\t") + "\n" + as_text(ROWS)
    venues = load_foursquare_tsmc2014(write(tmp_path, titled, "titled.txt"))
    assert_array_equal(venues.target, expected.target)


def test_a_header_may_name_columns_in_any_order(tmp_path):
    order = [7, 4, 5, 0, 1, 2, 3, 6]
    titles = HEADER.split(",")
    rows = [[titles[i] for i in order]] + [[row[i] for i in order] for row in ROWS]
    venues = load_foursquare_tsmc2014(write(tmp_path, as_text(rows, ","), "x.csv"))
    assert_array_equal(venues.places[0], [40.5, -74.0])
    assert_array_equal(venues.checkins.user, [7, 7, 9, 7, 8, 8])


def test_a_copy_without_ids_of_categories(tmp_path):
    rows = [[*row[:2], *row[3:]] for row in ROWS]
    text = "user,venue,category,lat,lon,utc_offset,time\n" + as_text(rows, ",")
    path = write(tmp_path, text, "x.csv", encoding="utf-8")
    venues = load_foursquare_tsmc2014(path)
    assert_array_equal(venues.target.sum(axis=1), [1, 1, 2])
    (chunk,) = iter_foursquare_tsmc2014(path)
    assert "category_id" not in chunk
    assert_array_equal(chunk.category[4:], ["Café", "Coffee Shop"])


@pytest.mark.parametrize("columns", [7, 9])
def test_copies_of_other_widths_are_looked_at_like_all(tmp_path, columns):
    def text(rows):
        titles = HEADER.split(",")
        rows = [titles, *rows]
        if columns == 7:
            rows = [[*row[:2], *row[3:]] for row in rows]
        else:
            rows = [["row" if row is titles else 1, *row] for row in rows]
        return as_text(rows, ",")

    venues = load_foursquare_tsmc2014(write(tmp_path, text(ROWS)))
    assert_array_equal(venues.checkins.user, [7, 7, 9, 7, 8, 8])
    hours = [[*row[:6], row[6] / 60, row[7]] for row in ROWS]
    with pytest.raises(DataFileError, match="has hours, not minutes"):
        load_foursquare_tsmc2014(write(tmp_path, text(hours)))
    swapped = [[*row[:4], row[5], row[4], *row[6:]] for row in ROWS]
    with pytest.raises(DataFileError, match="they look swapped"):
        load_foursquare_tsmc2014(write(tmp_path, text(swapped)))


@pytest.mark.parametrize("header", ["", HEADER + "\n"])
def test_copies_that_begin_with_an_empty_line(tmp_path, header):
    path = write(tmp_path, "\n" + header + as_text(ROWS, ","))
    venues = load_foursquare_tsmc2014(path)
    assert_array_equal(venues.checkins.user, [7, 7, 9, 7, 8, 8])
    assert venues.report.notes["line is empty"].count == 1


def test_a_header_with_two_titles_for_users(tmp_path):
    titles = ["user", *HEADER.split(",")]
    rows = [titles, *(["Ada", *row] for row in ROWS)]
    venues = load_foursquare_tsmc2014(write(tmp_path, as_text(rows, ",")))
    assert_array_equal(venues.checkins.user, [7, 7, 9, 7, 8, 8])
    assert venues.checkins.user.dtype.kind == "i"


def test_two_files_of_one_city(tmp_path, nyc):
    (tmp_path / "more").mkdir()
    other = write(tmp_path / "more", as_text(ROWS[:1]))
    match = "several files of the city NYC: .*TSMC2014_NYC.txt and .*TSMC2014_NYC.txt"
    with pytest.raises(ValueError, match=match):
        load_foursquare_tsmc2014([nyc, other])
    twice = load_foursquare_tsmc2014([nyc, nyc])
    assert_array_equal(twice.places, load_foursquare_tsmc2014(nyc).places)
    tokyo = write(tmp_path / "more", as_text(ROWS[:2]), "dataset_TSMC2014_TKY.txt")
    venues = load_foursquare_tsmc2014([nyc, other, tokyo], city="TKY")
    assert len(venues.checkins.user) == 2


def test_users_with_names(tmp_path):
    rows = [[f"u{row[0]}", *row[1:]] for row in ROWS]
    venues = load_foursquare_tsmc2014(write(tmp_path, as_text(rows)))
    assert_array_equal(venues.checkins.user, ["u7", "u7", "u9", "u7", "u8", "u8"])


def test_folders_whose_files_have_other_names(tmp_path):
    write(tmp_path, as_text(ROWS), "dataset_NYC.txt")
    write(tmp_path, as_text(ROWS[:1]), "tky_checkins.csv")
    venues = load_foursquare_tsmc2014(tmp_path)
    assert_array_equal(venues.town_names, ["NYC", "TKY"])
    assert_array_equal(load_foursquare_tsmc2014(tmp_path, city="NYC").country, "US")


def test_a_first_row_about_a_music_venue_is_no_header(tmp_path):
    rows = [checkin(1, "v", "Music Venue", (1, 2), 0, "2012-05-01 10:00")]
    assert len(load_foursquare_tsmc2014(write(tmp_path, as_text(rows))).places) == 1


def test_compressed_and_zipped(tmp_path, nyc):
    expected = load_foursquare_tsmc2014(nyc).checkins.time
    text = nyc.read_bytes()
    nyc.unlink()
    paths = [
        write(tmp_path, gzip.compress(text), "dataset_TSMC2014_NYC.txt.gz"),
        write(tmp_path, bz2.compress(text), "elsewhere.bz2"),
        tmp_path / "dataset_tsmc2014.zip",
    ]
    with zipfile.ZipFile(paths[2], "w") as archive:
        archive.writestr("dataset_tsmc2014/dataset_TSMC2014_NYC.txt", text)
        archive.writestr("dataset_tsmc2014/dataset_TSMC2014_readme.txt", "read me")
    for path in paths:
        assert_array_equal(load_foursquare_tsmc2014(path).checkins.time, expected)
    venues = load_foursquare_tsmc2014(tmp_path)
    assert_array_equal(venues.town_names, ["NYC"])


def test_both_cities(tmp_path, nyc):
    tokyo = [checkin(7, "izakaya", "Bar", (35.6, 139.7), 540, "2012-05-01 10:00:00")]
    write(tmp_path, as_text(tokyo), "dataset_TSMC2014_TKY.txt")
    write(tmp_path, as_text(ROWS[:1]), "dataset_TSMC2014_NYC.csv")  # a copy
    for name in ("", "NYC_"):
        write(tmp_path, "read me", f"dataset_TSMC2014_{name}readme.txt")
    venues = load_foursquare_tsmc2014(tmp_path)
    assert_array_equal(venues.town_names, ["NYC", "TKY"])
    assert_array_equal(venues.town, [0, 0, 0, 1])
    assert_array_equal(venues.country, ["US", "US", "US", "JP"])
    # User 7 of New York is not user 7 of Tokyo.
    assert set(venues.checkins.user) == {"NYC 7", "NYC 8", "NYC 9", "TKY 7"}
    only = load_foursquare_tsmc2014(tmp_path, city="tky")
    assert_array_equal(only.venue_ids, ["izakaya"])
    assert_array_equal(only.checkins.user, [7])
    few = load_foursquare_tsmc2014(tmp_path, max_rows=6)
    assert_array_equal(few.town, [0, 0, 0])
    assert len(load_foursquare_tsmc2014(tmp_path, max_rows=7).places) == 4
    both = load_foursquare_tsmc2014([nyc, tmp_path / "dataset_TSMC2014_TKY.txt"])
    assert_array_equal(both.places, venues.places)
    with pytest.raises(FileNotFoundError, match="no file of the city 'LA', only of"):
        load_foursquare_tsmc2014(tmp_path, city="LA")


def test_streaming_gives_the_same_rows(nyc):
    whole = load_foursquare_tsmc2014(nyc)
    chunks = list(iter_foursquare_tsmc2014(nyc, chunk_rows=4))
    assert [len(chunk.time) for chunk in chunks] == [4, 2]
    assert chunks[0].report is chunks[1].report
    venue = np.concatenate([chunk.venue for chunk in chunks])
    assert_array_equal(venue, whole.venue_ids[whole.checkins.venue])
    category = np.concatenate([chunk.category for chunk in chunks])
    assert_array_equal(category, whole.category_names[whole.checkins.category])
    for name in ("user", "time", "utc_offset"):
        values = np.concatenate([chunk[name] for chunk in chunks])
        assert_array_equal(values, whole.checkins[name])
    places = np.vstack([chunk.places for chunk in chunks])
    assert_array_equal(places, whole.places[whole.checkins.venue])
    assert chunks[0].category_id[0] == CATEGORY_IDS["Bar"]


def test_categories(nyc):
    loaded = load_foursquare_tsmc2014(nyc, categories=None)
    assert loaded.target is None
    assert loaded.target_names == []
    named = load_foursquare_tsmc2014(nyc, categories=["Coffee Shop", "Bar"])
    assert_array_equal(named.target, [[0, 1], [0, 0], [1, 0]])
    ruled = load_foursquare_tsmc2014(nyc, categories={"hot": ["cafe", "coffee"]})
    assert_array_equal(ruled.target, [[0], [1], [1]])
    assert ruled.target_names == ["hot"]
    few = load_foursquare_tsmc2014(
        nyc, categories=["Coffee Shop", "Bar"], labelled_only=True
    )
    assert_array_equal(few.venue_ids, ["pub", "roast"])
    assert_array_equal(few.venues, [0, 1])
    assert_array_equal(few.checkins.venue, [0, 0, 0, 0, 1])
    assert_array_equal(few.places, [[40.5, -74.0], [40.7, -73.8]])
    assert (few.report.n_rows, few.report.n_filtered) == (5, 1)


@pytest.mark.parametrize(
    ("kwargs", "match"),
    [
        ({"categories": "table3"}, "categories='table3' is not known"),
        ({"categories": []}, "is no list of category names"),
        ({"categories": ["Cafe"]}, "category 'Cafe'; there are 3.*Is it 'Café'"),
        ({"categories": None, "labelled_only": True}, "labelled_only=True needs"),
        ({"categories": {}}, "^categories is empty"),
        ({"categories": {"bar": ["-pub"]}}, r"^categories\['bar'\] has no word"),
    ],
)
def test_categories_that_are_not_there(nyc, kwargs, match):
    with pytest.raises(ValueError, match=match):
        load_foursquare_tsmc2014(nyc, **kwargs)


def test_what_is_asked_for_is_looked_at_before_all_is_read(tmp_path):
    path = write(tmp_path, as_text([ROWS[0], ["and then it breaks"]]))
    with pytest.raises(TypeError, match=r"^categories\['bar'\] is 'pub'; pass a list"):
        load_foursquare_tsmc2014(path, categories={"bar": "pub"})
    with pytest.raises(ValueError, match="labelled_only=True needs labels"):
        load_foursquare_tsmc2014(path, categories=None, labelled_only=True)


def test_venues_without_a_place(tmp_path):
    rows = [*ROWS, checkin(1, "lost", "Bar", (0, 0), -240, "2012-05-01 10:00:00")]
    path = write(tmp_path, as_text(rows))
    venues = load_foursquare_tsmc2014(path)
    assert np.isnan(venues.places[3]).all()
    kept = load_foursquare_tsmc2014(path, located_only=True)
    assert_array_equal(kept.venue_ids, venues.venue_ids[:3])
    assert len(kept.checkins.time) == 6


def test_as_frame(nyc):
    venues = load_foursquare_tsmc2014(nyc, as_frame=True)
    assert list(venues.frame.columns[:3]) == ["latitude", "longitude", FOOD]
    assert venues.frame.index.name == "venue"
    assert isinstance(venues.checkins, pd.DataFrame)
    assert str(venues.checkins["time"].dt.tz) == "UTC"
    encoder = VenueActivityEncoder(utc_offset="utc_offset").fit(venues.checkins)
    bunch = load_foursquare_tsmc2014(nyc)
    plain = VenueActivityEncoder(utc_offset="utc_offset", time_zone="UTC")
    assert_array_equal(encoder.activity_, plain.fit(bunch.checkins).activity_)
    bare = load_foursquare_tsmc2014(nyc, as_frame=True, categories=None)
    assert list(bare.frame.columns) == ["latitude", "longitude"]


FOOD = "Restaurant & Food"


def spoilt(row, **changes):
    """Return the rows with some fields of one of them changed."""
    rows = [list(row) for row in ROWS]
    for column, value in changes.items():
        rows[row][int(column[1:])] = value
    return as_text(rows)


@pytest.mark.parametrize(
    ("text", "line", "match"),
    [
        (spoilt(1, c0="x7"), 2, r"user id \(column 1\) 'x7' is not a whole number"),
        (spoilt(1, c1=""), 2, r"venue id \(column 2\) '' is missing"),
        (spoilt(2, c3="4b" * 12), 3, "is the id of a category, not its name"),
        (spoilt(2, c4="95"), 3, "'95, -74.0' is no place: the latitude is beyond 90"),
        (spoilt(2, c5="east"), 3, "'40.5, east' is not a number"),
        (spoilt(3, c6="-4"), 4, "'-4' is no offset from UTC in minutes; if this file "),
        (spoilt(3, c6="-1440"), 4, "'-1440' is no offset from UTC"),
        (spoilt(3, c6=""), 4, "offset from UTC in minutes .column 7. '' is missing"),
        (spoilt(3, c7="yesterday"), 4, "UTC time .column 8. 'yesterday' is not a time"),
        (spoilt(3, c7="Tue Apr 31 18:00:09 +0000 2012"), 4, "no such day exists"),
        (as_text(ROWS).rstrip("\n")[:-30], 6, "no such day exists"),
        (as_text(ROWS)[:-40], 6, "the file breaks off here, in column 6 of 8"),
        (as_text([*ROWS[:3], ROWS[3][:5], *ROWS[4:]]), 4, "the line has 5 columns"),
    ],
)
def test_a_wrong_line_is_named_or_skipped(tmp_path, text, line, match):
    path = write(tmp_path, text)
    with pytest.raises(DataFileError, match=match) as caught:
        load_foursquare_tsmc2014(path)
    assert caught.value.line == line
    assert str(path) in str(caught.value)
    with pytest.warns(UserWarning, match="1 rows were skipped"):
        venues = load_foursquare_tsmc2014(path, errors="skip")
    assert len(venues.checkins.time) == 5
    assert venues.report.n_skipped == 1
    ((_, found),) = venues.report.problems.items()
    assert found.examples[0][1] == line
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rows = list(iter_foursquare_tsmc2014(path, chunk_rows=2, errors="skip"))
    assert [len(chunk.time) for chunk in rows] == [2, 2, 1]
    assert len(caught) == 1


def test_offsets_in_hours(tmp_path):
    rows = [[*row[:6], row[6] / 60, row[7]] for row in ROWS]
    path = write(tmp_path, as_text(rows))
    with pytest.raises(DataFileError, match=r"has hours, not minutes\. Pass offset_"):
        load_foursquare_tsmc2014(path)
    venues = load_foursquare_tsmc2014(path, offset_unit="hours")
    assert_array_equal(venues.checkins.utc_offset, [-4, -4, -4, -5, -4, -4])
    with pytest.raises(DataFileError, match="has minutes, not hours"):
        load_foursquare_tsmc2014(write(tmp_path, as_text(ROWS)), offset_unit="hours")


@pytest.mark.parametrize(
    "order",
    [
        [0, 1, 2, 3, 5, 4, 6, 7],  # longitude first: both are possible latitudes
        [0, 1, 2, 3, 4, 5, 7, 6],
        [0, 1, 3, 2, 4, 5, 6, 7],
        [7, 0, 1, 2, 3, 4, 5, 6],
        [4, 5, 0, 1, 2, 3, 6, 7],
    ],
)
def test_shuffled_columns(tmp_path, order):
    far = [[*row[:4], row[4], row[5] - 100, *row[6:]] for row in ROWS]
    path = write(tmp_path, as_text([[row[i] for i in order] for row in far]))
    with pytest.raises(DataFileError, match=r"look (shuffled|swapped)"):
        load_foursquare_tsmc2014(path, errors="skip")


def test_nothing_to_read(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"dataset_TSMC2014_\*\.txt or .*empty"):
        load_foursquare_tsmc2014(tmp_path)
    write(tmp_path, "a\n", "notes.txt")
    with pytest.raises(FileNotFoundError, match=r"only notes\.txt"):
        load_foursquare_tsmc2014(tmp_path)
    write(tmp_path, "a\n", "dataset_TSMC2014_readme.txt")
    with pytest.raises(FileNotFoundError, match="only a readme"):
        load_foursquare_tsmc2014(tmp_path)
    with pytest.raises(FileNotFoundError, match="There is no file or folder"):
        load_foursquare_tsmc2014(tmp_path / "nowhere")
    with pytest.raises(DataFileError, match="the file is empty"):
        load_foursquare_tsmc2014(write(tmp_path, ""))


def test_a_header_without_a_column(tmp_path):
    text = HEADER.replace("latitude", "breadth") + "\n" + as_text(ROWS, ",")
    with pytest.raises(DataFileError, match="the header has no column latitude or lat"):
        load_foursquare_tsmc2014(write(tmp_path, text, "x.csv"))


def test_a_broken_archive(tmp_path):
    text = gzip.compress(as_text(ROWS * 500).encode("latin-1"))
    path = write(tmp_path, text[: len(text) // 2], "dataset_TSMC2014_NYC.txt.gz")
    with pytest.raises(DataFileError, match="the compressed file breaks off"):
        load_foursquare_tsmc2014(path)


def test_many_lines_are_quick(tmp_path):
    path = write(tmp_path, as_text(ROWS) * 20_000)
    start = time.perf_counter()
    venues = load_foursquare_tsmc2014(path)
    # Three times as much as a busy machine takes: this only sees what is quadratic.
    assert time.perf_counter() - start < 30
    assert len(venues.checkins.time) == 120_000
    assert len(venues.places) == 3


@pytest.mark.parametrize("header", [False, True])
def test_swapped_places_are_seen_by_the_clocks(tmp_path, header):
    # Both orders of New York are places of the globe; clocks there are UTC-4.
    rows = [[*row[:4], row[5], row[4], *row[6:]] for row in ROWS]
    text = as_text(rows)
    if header:
        text = HEADER + "\n" + as_text(rows, ",")
    path = write(tmp_path, text)
    message = f"line {1 + header}: .*'-74.0, 40.5' is where clocks are not -4 hours"
    for errors in ("raise", "skip"):
        with pytest.raises(DataFileError, match=message):
            load_foursquare_tsmc2014(path, errors=errors)


@pytest.mark.parametrize(
    ("place", "offset"),
    [((39.5, 76.0), 480), ((1.9, -157.4), 840), ((28.0, -15.4), 60), ((-45, 170), 780)],
)
def test_clocks_far_from_the_sun_are_no_swap(tmp_path, place, offset):
    # Kashgar, Kiritimati, the Canaries and New Zealand in summer.
    rows = [[*row[:4], *place, offset, row[7]] for row in ROWS]
    venues = load_foursquare_tsmc2014(write(tmp_path, as_text(rows)))
    assert_array_equal(venues.places, [place] * 3)


def test_users_and_venues_that_changed_places(tmp_path):
    rows = [[f"4b{i:022x}", i, *row[2:]] for i, row in enumerate(ROWS)]
    with pytest.raises(DataFileError, match="is the id of a venue, not of a user"):
        load_foursquare_tsmc2014(write(tmp_path, as_text(rows)))
