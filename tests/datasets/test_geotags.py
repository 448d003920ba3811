# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo.datasets import DataFileError, ReadReport
from sklearn_geo.datasets._geotags import Geotags, check_columns, photo_numbers
from sklearn_geo.datasets._opening import DataFile

NAN = [np.nan, np.nan]


def geotags(folder, text, **kwargs):
    path = folder / "geotags.txt"
    path.write_text(text)
    return Geotags(DataFile(str(path)), **kwargs)


@pytest.mark.parametrize(
    "text",
    [
        "11\t1.5\t2.5\n12\t3.5\t-4.5\n",
        "11 1.5 2.5\n12   3.5  -4.5\n",
        "11,1.5,2.5\n12,3.5,-4.5",
        "11\t1.5\t2.5\t16\n12\t3.5\t-4.5\t12\n",
        "photo_id\tlatitude\tlongitude\n11\t1.5\t2.5\n12\t3.5\t-4.5\n",
        "Lon,Lat,User,Photo\n2.5,1.5,me,11\n-4.5,3.5,me,12\n",
        "actor\\0001_11.jpg\t1.5\t2.5\nzebra\\0002_12.jpg\t3.5\t-4.5\n",
        "0001_11\t1.5\t2.5\n0002_12\t3.5\t-4.5\n",
    ],
)
def test_layouts(tmp_path, text):
    look_up = geotags(tmp_path, text)
    out = look_up(np.array([12, 7, 11, 99]))
    assert_array_equal(out, [[3.5, -4.5], NAN, [1.5, 2.5], NAN])
    assert look_up(np.array([], dtype=int)).shape == (0, 2)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("2.5 x 11 1.5\n-4.5 x 12 3.5\n", (2, 3, 0)),
        ("b\ta\tc\n1.5\t11\t2.5\n3.5\t12\t-4.5\n", ("a", "b", "c")),
        ("lat,photo,lon\n1.5,11,2.5\n3.5,12,-4.5\n", (1, 0, 2)),
    ],
)
def test_named_columns(tmp_path, text, columns):
    look_up = geotags(tmp_path, text, columns=columns)
    assert_array_equal(look_up(np.array([11, 12])), [[1.5, 2.5], [3.5, -4.5]])


def test_photos_that_come_twice_or_have_no_place(tmp_path):
    report = ReadReport()
    text = "12\t1\t2\n12\t3\t4\n13\t0\t0\n14\t\\N\t\\N\n"
    look_up = geotags(tmp_path, text, report=report)
    assert_array_equal(look_up(np.array([12, 13, 14])), [[1, 2], NAN, NAN])
    assert report.notes["photo has several geotags, the first counts"].count == 1
    assert report.n_rows == 0


def test_wrong_lines(tmp_path):
    text = "11\t1\t2\n12\t91\t2\n13\t5\t6\n"
    with pytest.raises(DataFileError, match="beyond 90 degrees") as caught:
        geotags(tmp_path, text)
    assert caught.value.line == 2
    report = ReadReport()
    look_up = geotags(tmp_path, text, errors="skip", report=report)
    assert report.n_skipped == 1
    assert_array_equal(look_up(np.array([11, 12])), [[1, 2], NAN])
    text = "".join(f"{i}\t{100 + i}\t{i}\n" for i in range(5))
    with pytest.raises(DataFileError, match="look swapped"):
        geotags(tmp_path, text)


def test_photo_numbers():
    fields = ["12", "actor\\0001_2124494179.jpg", "e1/55/47.jpg", "0098_11", " 7 "]
    assert_array_equal(photo_numbers(fields), [12, 2124494179, 47, 11, 7])
    assert photo_numbers([]).shape == (0,)
    for wrong in ("cat.jpg", "", "9" * 30):
        with pytest.raises(ValueError, match="number of a photo"):
            photo_numbers([wrong])


@pytest.mark.parametrize(
    "columns", [(0, 1), (0, "lat", "lon"), ["id"], (0, 1, -1), (0, 1.0, 2)]
)
def test_columns_that_are_not_three(columns):
    with pytest.raises(ValueError, match="must be three, all positions or all names"):
        check_columns(columns)


@pytest.mark.parametrize("n_lines", [1, 20])
def test_a_column_that_the_lines_do_not_have(tmp_path, n_lines):
    text = "".join(f"{i}\t1.5\t2.5\n" for i in range(n_lines))
    message = r"line 1: there is no latitude, longitude \(column 2 and 5\).* 3 columns"
    with pytest.raises(DataFileError, match=message):
        geotags(tmp_path, text, columns=(0, 1, 4))


@pytest.mark.parametrize("text", ["-5", "+5", "", "1" * 5000])
def test_what_is_no_number_of_a_photo(text):
    with pytest.raises(ValueError, match=r"^is (neither the number|too large)"):
        photo_numbers([text])
    with pytest.raises(ValueError, match=r"^is (neither the number|too large)"):
        photo_numbers(["7", text])
