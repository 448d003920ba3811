# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Lists of MP-16, Im2GPS, Im2GPS3k, YFCC4k and YFCC26k, and what is odd in them."""

import gzip

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo.datasets import (
    DataFileError,
    iter_mp16,
    load_im2gps,
    load_im2gps3k,
    load_mp16,
    load_yfcc4k,
    load_yfcc26k,
)
from tests.datasets.written import photo_list, yfcc_line

FULL = (
    "IMG_ID,AUTHOR,LAT,LON,S3_Label,S16_Label,S365_Label,Prob_indoor,Prob_natural,"
    "Prob_urban"
)
LOADERS = {
    "mp16_places365.csv": load_mp16,
    "im2gps_places365.csv": load_im2gps,
    "im2gps3k_places365.csv": load_im2gps3k,
    "yfcc4k_places365.csv": load_yfcc4k,
    "yfcc25600_places365.csv": load_yfcc26k,
}


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


@pytest.mark.parametrize("name", LOADERS)
def test_all_lists_have_the_same_fields(write, name):
    rows = [
        "0a/b1/1234567.jpg,12@N00,52.5,13.4,2,10,66,0.25,0.125,0.625",
        "0a/b1/7654321.jpg,34@N01,-33.9,18.4,,,,,,",
    ]
    path = write(name, photo_list(rows, FULL))
    for where in (path, path.parent):
        photos = LOADERS[name](where, as_frame=True)
        assert photos.ids.tolist() == [1234567, 7654321]
        assert photos.files.tolist() == ["0a/b1/1234567.jpg", "0a/b1/7654321.jpg"]
        assert photos.users.tolist() == ["12@N00", "34@N01"]
        assert_array_equal(photos.places, [[52.5, 13.4], [-33.9, 18.4]])
        assert photos.target is photos.places
        assert photos.scene_label_names == ["S3", "S16", "S365"]
        assert photos.scene_labels.tolist() == [[2, 10, 66], [-1, -1, -1]]
        assert photos.scene_probability_names == ["indoor", "natural", "urban"]
        assert_array_equal(
            photos.scene_probabilities, [[0.25, 0.125, 0.625], [np.nan] * 3]
        )
        assert photos.frame.columns.tolist() == [
            *("id", "file", "user", "latitude", "longitude", "S3", "S16", "S365"),
            *("indoor", "natural", "urban"),
        ]
        assert photos.report.n_rows == 2
        assert photos.report.notes == {}
        assert "Number of photos: 2\n" in photos.DESCR


def test_what_a_list_lacks_is_left_out(write):
    path = write("mp16_places365.csv", "LON,LAT,IMG_ID\n13.4,52.5,a/1.jpg\n")
    photos = load_mp16(path)
    assert_array_equal(photos.places, [[52.5, 13.4]])
    assert not {"users", "scene_labels", "scene_probabilities", "urls"} & set(photos)
    with pytest.raises(
        DataFileError, match="no column LON or LNG or longitude, only IM"
    ):
        load_mp16(write("mp16_places365.csv", "IMG_ID,LAT\na/1.jpg,52.5\n"))


def test_numbers_of_photos_are_in_the_names_of_files(write):
    names = {
        "e1/55/4763369508.jpg": 4763369508,
        "101_0123abcdef_33_12@N00.jpg": 101,
        "Oldtown_00003_202_0123abcdef_1292_12@N07.jpg": 202,
        "New_Land_00012_303_0123abcdef_1_34567@N00.jpg": 303,
        "404": 404,
        "portrait.jpg": -1,
        "9" * 30 + ".jpg": -1,
    }
    text = photo_list([f"{name},x,1,2" for name in names], "IMG_ID,AUTHOR,LAT,LON")
    photos = load_im2gps(write("im2gps_places365.csv", text))
    assert dict(zip(photos.files, photos.ids.tolist(), strict=True)) == names


def test_authors_are_put_right(write):
    rows = ["a/1.jpg,12@N00,1,2", "a/2.jpg,0123abcdef_1292_34@N07,1,2", "a/3.jpg,,1,2"]
    text = photo_list(rows, "IMG_ID,AUTHOR,LAT,LON")
    photos = load_im2gps(write("im2gps_places365.csv", text))
    assert photos.users.tolist() == ["12@N00", "34@N07", ""]
    assert {what: found.count for what, found in photos.report.notes.items()} == {
        "author has parts of a file name before it, cut off": 1
    }


@pytest.mark.parametrize("errors", ["raise", "skip"])
def test_a_header_the_wrong_way_round_is_seen(write, errors):
    # As in one published version of Im2GPS3k: the first number is the latitude.
    rows = [f"a/{i}.jpg,12@N00,{i % 60},{i * 11 % 180}" for i in range(1, 50)]
    path = write("im2gps3k_places365.csv", photo_list(rows, "IMG_ID,AUTHOR,LON,LAT"))
    photos = load_im2gps3k(path, errors=errors)
    assert photos.places[:, 0].tolist() == [i % 60 for i in range(1, 50)]
    assert photos.places[:, 1].tolist() == [i * 11 % 180 for i in range(1, 50)]
    assert list(photos.report.notes) == ["header has LAT and LON the wrong way round"]
    # In the right order, nothing is swapped.
    path = write("im2gps3k_places365.csv", photo_list(rows, "IMG_ID,AUTHOR,LAT,LON"))
    assert_array_equal(load_im2gps3k(path).places, photos.places)


def test_addresses_are_joined_by_file(write):
    rows = ["a/1.jpg,12@N00,1,2", "a/2.jpg,12@N00,1,2", "a/3.jpg,12@N00,1,2"]
    path = write("mp16_places365.csv", photo_list(rows, "IMG_ID,AUTHOR,LAT,LON"))
    urls = write("mp16_urls.csv", "a/3.jpg,http://three\na/1.jpg,\n")
    photos = load_mp16(path, urls=urls)
    assert photos.urls.tolist() == ["", "", "http://three"]
    assert photos.report.notes["photo has no address"].count == 1
    assert load_yfcc26k(path, urls=path.parent).urls.tolist() == [
        "",
        "",
        "http://three",
    ]
    chunks = list(iter_mp16(path, urls=urls, chunk_rows=2))
    assert [chunk.urls.tolist() for chunk in chunks] == [["", ""], ["http://three"]]
    urls.write_text("a/1.jpg,http://one,more\n")
    with pytest.raises(DataFileError, match="line 1: the line has 3 columns"):
        load_mp16(path, urls=urls)


def test_places_only_and_chunks(write):
    rows = [f"a/{i}.jpg,x,{i if i % 2 else ''},{i if i % 2 else ''}" for i in range(9)]
    path = write("mp16_places365.csv", photo_list(rows, "IMG_ID,AUTHOR,LAT,LON"))
    photos = load_mp16(path, located_only=True)
    assert photos.ids.tolist() == [1, 3, 5, 7]
    assert photos.report.n_filtered == 5
    assert np.isnan(load_mp16(path).places[::2]).all()
    chunks = list(iter_mp16(path, chunk_rows=3, located_only=True, max_rows=4))
    assert [chunk.ids.tolist() for chunk in chunks] == [[1, 3, 5], [7]]


def test_yfcc4k_also_has_the_columns_of_yfcc100m(write):
    lines = [yfcc_line(i, f"{i:032x}", id=str(100 + i)) for i in range(3)]
    path = write("yfcc4k.txt", "\n".join(lines) + "\n")
    photos = load_yfcc4k(path.parent)
    assert photos.ids.tolist() == [100, 101, 102]
    assert photos.tags[0] == ["café", "old town", "a,b"]
    assert photos.DESCR.startswith("YFCC4k")
    # With both files in a folder the CSV is read.
    write(
        "yfcc4k_places365.csv", photo_list(["a/7.jpg,x,1,2"], "IMG_ID,AUTHOR,LAT,LON")
    )
    assert load_yfcc4k(path.parent).ids.tolist() == [7]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a/4.jpg,x,95,13,1,2,3", "latitude is beyond 90 degrees"),
        ("a/4.jpg,x,,13,1,2,3", "half a place"),
        ("a/4.jpg,x,north,13,1,2,3", "is not a number"),
        ("a/4.jpg,x,1,2,indoor,2,3", "scene S3 .column 5. 'indoor' is not a whole"),
        (",x,1,2,1,2,3", "file of the photo .column 1. '' is missing"),
        ("a/4.jpg,x,1,2", "the line has 4 columns, expected are 7"),
        ('a/4.jpg,"x,1,2,1,2,3', "quotes that do not match"),
    ],
)
def test_bad_lines_are_raised_or_skipped(write, row, message):
    good = [f"a/{i}.jpg,x,1,2,1,2,3" for i in range(8)]
    path = write("mp16_places365.csv", photo_list([*good[:4], row, *good[4:]]))
    with pytest.raises(DataFileError, match="line 6: .*" + message):
        load_mp16(path)
    with pytest.warns(UserWarning, match="1 rows were skipped"):
        photos = load_mp16(path, errors="skip")
    assert photos.ids.tolist() == list(range(8))


def test_files_that_are_not_what_they_should_be(write, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"list of MP-16.*notes of load_mp16"):
        load_mp16(tmp_path)
    path = write("mp16_places365.csv", photo_list([]))
    assert load_mp16(path).places.shape == (0, 2)
    rows = [f"a/{i}.jpg,x,1,2,1,2,3" for i in range(20_000)]
    data = gzip.compress(photo_list(rows).encode())
    (tmp_path / "mp16_places365.csv").write_bytes(data[: len(data) // 2])
    with pytest.raises(DataFileError, match="breaks off here"):
        load_mp16(path)
    path.write_text(yfcc_line() + "\n")
    with pytest.raises(DataFileError, match="line 1: the header has no column LAT"):
        load_mp16(path)


def test_a_photo_listed_twice_is_noted(write):
    path = write("mp16_places365.csv", photo_list(["a/1.jpg,x,1,2,1,2,3"] * 3))
    photos = load_mp16(path)
    assert len(photos.ids) == 3
    assert photos.report.notes["photo is listed again, and kept"].count == 2


@pytest.mark.parametrize(
    ("urls", "error", "match"),
    [(5, TypeError, "^urls is a int"), ([], ValueError, "^urls is an empty list")],
)
def test_addresses_that_are_no_path(tmp_path, urls, error, match):
    path = tmp_path / "mp16_places365.csv"
    path.write_text("IMG_ID,AUTHOR,LAT,LON\n1.jpg,me,1,2\n")
    with pytest.raises(error, match=match):
        load_mp16(path, urls=urls)


def test_lists_that_begin_with_an_empty_line(tmp_path):
    path = tmp_path / "yfcc4k.txt"
    path.write_text("\n" + yfcc_line(id="7") + "\n")
    assert load_yfcc4k(path).ids.tolist() == [7]
    path = tmp_path / "yfcc4k_places365.csv"
    path.write_text("\n\nIMG_ID,AUTHOR,LAT,LON\n8.jpg,me,1,2\n")
    assert load_yfcc4k(path).ids.tolist() == [8]
