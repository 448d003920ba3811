# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Lists of the placing tasks are told apart by their first lines."""

import bz2

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo.datasets import DataFileError, iter_placing, load_placing


def hash_of(i):
    # As published: MD5 in hexadecimal, of which leading zeros of a byte may be gone.
    return f"{i:030x}"


def train_2016(i, longitude=13.4, latitude=52.5):
    return f"{i}\t{hash_of(i)}\t{longitude}\t{latitude}\t7:Old+Town:Town,3:Land:Country"


def locale_2015(i, marker=0, year=2015):
    nodes = "17\tLand@Region@Old Town"
    return f"{hash_of(i)}\t{marker}\t{year}\t{nodes}\t13.4\t52.5"


@pytest.fixture
def write(tmp_path):
    def write(name, *lines):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def test_training_lists_of_2016(write):
    path = write("mediaeval2016_placing_train_photo", train_2016(5), train_2016(6))
    photos = load_placing(path)
    assert photos.ids.tolist() == [5, 6]
    assert photos.hashes.tolist() == [hash_of(5), hash_of(6)]
    assert_array_equal(photos.places, [[52.5, 13.4]] * 2)
    assert photos.target is photos.places
    assert photos.nodes == [["7:Old Town:Town", "3:Land:Country"]] * 2
    assert photos.videos.tolist() == [False, False]
    assert "With a place: 2" in photos.DESCR


def test_test_lists_of_2016(write):
    lines = [f"{i}\t{hash_of(i)}" for i in range(4)]
    path = write("mediaeval2016_placing_estimation_test_video", *lines)
    photos = load_placing(path)
    assert photos.ids.tolist() == [0, 1, 2, 3]
    assert photos.videos.all()
    assert "nodes" not in photos
    assert np.isnan(photos.places).all()
    assert load_placing(path, located_only=True).places.shape == (0, 2)
    # What is to be verified; some lines have nothing.
    path = write(
        "mediaeval2016_placing_verification_test_photo",
        f"7\t{hash_of(7)}\t7:Old+Town:Town",
        f"8\t{hash_of(8)}",
        f"9\t{hash_of(9)}\t",
    )
    assert load_placing(path).nodes == [["7:Old Town:Town"], [], []]


def test_lists_of_2015_and_2014(write):
    lines = [locale_2015(1), locale_2015(2, marker=1), locale_2015(3, year=2014)]
    photos = load_placing(write("mediaeval2015_placing_locale_train", *lines))
    assert "ids" not in photos
    assert photos.hashes.tolist() == [hash_of(i) for i in (1, 2, 3)]
    assert photos.videos.tolist() == [False, True, False]
    assert photos.years.tolist() == [2015, 2015, 2014]
    assert photos.nodes == [["Land", "Region", "Old Town"]] * 3
    assert_array_equal(photos.places, [[52.5, 13.4]] * 3)

    lines = [f"{hash_of(i)}\t{i % 2}\t2015" for i in range(3)]
    photos = load_placing(write("mediaeval2015_placing_locale_test", *lines))
    assert (photos.videos.tolist(), photos.years.tolist()) == ([0, 1, 0], [2015] * 3)

    lines = [f"{hash_of(i)}\t{i % 2}\t2015\t-170.5\t-80.5" for i in range(3)]
    photos = load_placing(write("mediaeval2015_placing_mobility_train", *lines))
    assert_array_equal(photos.places, [[-80.5, -170.5]] * 3)
    assert photos.years.tolist() == [2015] * 3

    lines = [f"{hash_of(i)}\t{i % 2}" for i in range(3)]
    photos = load_placing(write("mediaeval2014_placing_test", *lines))
    assert photos.videos.tolist() == [False, True, False]
    assert "years" not in photos


def test_a_folder_is_read_by_split_and_kind(tmp_path, write):
    write("mediaeval2016_placing_train_photo", train_2016(1), train_2016(2))
    data = "\n".join([train_2016(3), train_2016(4)]).encode()
    (tmp_path / "mediaeval2016_placing_train_video.bz2").write_bytes(bz2.compress(data))
    write("mediaeval2016_placing_estimation_test_photo", f"5\t{hash_of(5)}")
    assert load_placing(tmp_path).ids.tolist() == [1, 2, 3, 4]
    assert load_placing(tmp_path, kind="photos").ids.tolist() == [1, 2]
    assert load_placing(tmp_path, kind="videos").ids.tolist() == [3, 4]
    assert load_placing(tmp_path, split="test").ids.tolist() == [5]
    chunks = list(iter_placing(tmp_path, chunk_rows=3))
    assert [chunk.ids.tolist() for chunk in chunks] == [[1, 2, 3], [4]]
    path = write("renamed", train_2016(1))
    assert "videos" not in load_placing(path)
    with pytest.raises(ValueError, match="does not say what is a photo and what a vid"):
        load_placing(path, kind="photos")


@pytest.mark.parametrize("upper", [(True, False), (False, True), (True, True)])
def test_hashes_are_joined_whatever_their_case(write, upper):
    in_list, in_truth = (str.upper if yes else str for yes in upper)
    assert hash_of(11).upper() != hash_of(11)
    path = write(
        "mediaeval2015_placing_locale_test",
        *(f"{in_list(hash_of(i))}\t0\t2015" for i in (10, 11)),
    )
    csv = write("ground.locale.csv", f"{in_truth(hash_of(11))},52.5,13.4")
    photos = load_placing(path, truth=csv)
    assert_array_equal(photos.places, [[np.nan, np.nan], [52.5, 13.4]])
    assert photos.hashes.tolist() == [hash_of(10), hash_of(11)]


@pytest.mark.parametrize("lost", ["list", "truth"])
def test_hashes_are_joined_where_one_has_lost_its_zeros(write, lost):
    whole, short = f"{'0' * 3}{'ab' * 14}1", f"{'ab' * 14}1"
    in_list, in_truth = (short, whole) if lost == "list" else (whole, short)
    path = write("mediaeval2015_placing_locale_test", f"{in_list}\t0\t2015")
    csv = write("ground.locale.csv", f"{in_truth},52.5,13.4")
    photos = load_placing(path, truth=csv)
    assert_array_equal(photos.places, [[52.5, 13.4]])
    assert photos.hashes.tolist() == [in_list]


def test_the_truth_is_joined_by_hash(tmp_path, write):
    path = write(
        "mediaeval2015_placing_locale_test",
        *(f"{hash_of(i)}\t0\t2015" for i in range(4)),
    )
    csv = write("ground.locale.csv", f"{hash_of(2)},52.5,13.4", f"{hash_of(0)},1,2")
    photos = load_placing(path, truth=csv)
    nan = [np.nan, np.nan]
    assert_array_equal(photos.places, [[1, 2], nan, [52.5, 13.4], nan])
    board = write(
        "mediaeval2015_placing_locale_leaderboard",
        f"{hash_of(2)} 13.4 52.5",
        f"{hash_of(0)}\t2\t1",
    )
    for truth in (board, [csv, board]):
        again = load_placing(path, truth=truth)
        assert_array_equal(again.places, photos.places)
    only = load_placing(path, truth=csv, located_only=True)
    assert only.hashes.tolist() == [hash_of(0), hash_of(2)]
    assert_array_equal(only.places, [[1, 2], [52.5, 13.4]])
    with pytest.raises(FileNotFoundError, match="a ground truth of the placing task"):
        load_placing(path, truth=tmp_path / "nowhere")
    csv.write_text(f"{hash_of(2)},52.5\n")
    with pytest.raises(DataFileError, match="line 1: the line has 2 columns"):
        load_placing(path, truth=csv)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (train_2016(6, latitude=95), "is no place: the latitude is beyond 90 degrees"),
        ("six" + train_2016(6)[1:], "photo id .column 1. 'six' is not a whole number"),
        (f"6\tZZ\t1\t2\t{'' * 3}", "hash .column 2. 'ZZ' is no hash"),
        (f"6\t{hash_of(6)}", "the line has 2 columns, expected are 5"),
    ],
)
def test_bad_lines_are_raised_or_skipped(write, line, message):
    lines = [train_2016(i) for i in range(8)]
    path = write("mediaeval2016_placing_train_photo", *lines[:3], line, *lines[3:])
    with pytest.raises(DataFileError, match="line 4: .*" + message):
        load_placing(path)
    with pytest.warns(UserWarning, match="1 rows were skipped"):
        photos = load_placing(path, errors="skip")
    assert photos.ids.tolist() == list(range(8))


@pytest.mark.parametrize("errors", ["raise", "skip"])
def test_what_is_no_such_list_is_refused(write, errors):
    for lines in (["user\tvenue\ttime"] * 5, ["1\t2\t3\t4"] * 5, ["IMG_ID,LAT,LON"]):
        with pytest.raises(DataFileError, match="is no line of a list of the placing"):
            load_placing(write("mediaeval2016_placing_train", *lines), errors=errors)
    swapped = [train_2016(i, longitude=40, latitude=150) for i in range(5)]
    with pytest.raises(DataFileError, match="two columns look swapped"):
        load_placing(write("mediaeval2016_placing_train", *swapped), errors=errors)


def test_missing_lists_are_explained(tmp_path):
    with pytest.raises(
        FileNotFoundError, match="mediaeval2016_placing_train_photo; se"
    ):
        load_placing(tmp_path)
    with pytest.raises(ValueError, match="The 'split' parameter of load_placing"):
        load_placing(tmp_path, split="validation")


def test_delimiters_after_the_last_column_do_not_matter(write):
    lines = [train_2016(i) + "\t" for i in range(4)]
    photos = load_placing(write("mediaeval2016_placing_train_photo", *lines))
    assert photos.ids.tolist() == [0, 1, 2, 3]
    lines = [f"{i}\t{hash_of(i)}\t" for i in range(4)]
    photos = load_placing(write("mediaeval2016_placing_estimation_test_photo", *lines))
    assert photos.ids.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_lists_without_places_take_none_from_those_beside_them(write, order):
    train = write("mediaeval2016_placing_train_photo", train_2016(5))
    name = "mediaeval2016_placing_estimation_test_photo"
    test = write(name, f"6\t{hash_of(6)}")
    paths = [[train, test][i] for i in order]
    places = [[[52.5, 13.4], [np.nan, np.nan]][i] for i in order]
    photos = load_placing(paths)
    assert photos.ids.tolist() == [[5, 6][i] for i in order]
    assert_array_equal(photos.places, places)
    chunks = list(iter_placing(paths, chunk_rows=1))
    assert_array_equal([chunk.places[0] for chunk in chunks], places)
    located = load_placing(paths, located_only=True)
    assert located.ids.tolist() == [5]
    assert_array_equal(located.places, [[52.5, 13.4]])
    truth = write("ground.csv", f"{hash_of(6)},1,2")
    located = load_placing(paths, located_only=True, truth=truth)
    assert_array_equal(located.places, [[[52.5, 13.4], [1, 2]][i] for i in order])


def test_a_truth_that_is_no_path(write):
    path = write("mediaeval2016_placing_train_photo", train_2016(5))
    for truth in (5, [5]):
        with pytest.raises(TypeError, match=r"^truth is a int"):
            load_placing(path, truth=truth)


@pytest.mark.parametrize("line", [f"{hash_of(6)},1,2", f"{hash_of(6)} 2 1"])
def test_a_truth_that_begins_with_an_empty_line(write, line):
    name = "mediaeval2016_placing_estimation_test_photo"
    path = write(name, "", f"6\t{hash_of(6)}")
    photos = load_placing(path, truth=write("ground.csv", "", line))
    assert_array_equal(photos.places, [[1, 2]])
    assert photos.report.notes["line is empty"].count == 2
