# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables of scenes and groups, as published and as people write them."""

import numpy as np
import pytest

from sklearn_geo.vision import read_scene_table
from sklearn_geo.vision._scene_table import scene_name

# The form of the table of Places365, with scenes and groups of our own.
PUBLISHED = """\
,Level 1,,,Level 2,,,
category,indoor,"outdoor, natural","outdoor, man-made",home,"work (a, b)",field,road
'/a/airfield',0,0,1,0,0,0,1
'/b/barn',0,1,1,1,0,1,0
'/d/desert/sand',0,1,0,0,0,1,0
'/o/office',1,0,0,0,1,0,0
"""


def read(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    return read_scene_table(path)


def test_the_published_form(tmp_path):
    table = read(tmp_path, PUBLISHED)
    assert table.scenes == ["airfield", "barn", "desert/sand", "office"]
    assert list(table.levels) == ["Level 1", "Level 2"]
    first, second = table.levels.values()
    assert first.groups == ["indoor", "outdoor, natural", "outdoor, man-made"]
    assert second.groups == ["home", "work (a, b)", "field", "road"]
    assert first.membership.tolist() == [[0, 0, 1], [0, 1, 1], [0, 1, 0], [1, 0, 0]]
    assert second.membership.tolist() == [
        [0, 0, 0, 1],
        [1, 0, 1, 0],
        [0, 0, 1, 0],
        [0, 1, 0, 0],
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text + "\n,,,,,,,\n",
        lambda text: text.replace(",0", ","),
        lambda text: text.replace("0", "0.0").replace(",1", ",1.0"),
        lambda text: text.replace("\n", ",,\n"),
        lambda text: text.rstrip("\n"),
    ],
    ids=["bom", "crlf", "blank", "gaps", "floats", "more columns", "no last newline"],
)
def test_what_spreadsheets_make_of_it(tmp_path, change):
    expected, table = read(tmp_path, PUBLISHED), read(tmp_path, change(PUBLISHED))
    assert table.scenes == expected.scenes
    for name, level in expected.levels.items():
        assert table.levels[name].groups == level.groups
        np.testing.assert_array_equal(table.levels[name].membership, level.membership)


def test_one_level_and_other_separators(tmp_path):
    table = read(tmp_path, "scene;in;out\nbarn;1;1\nbeach;;1\n")
    assert table.scenes == ["barn", "beach"]
    assert list(table.levels) == ["level 1"]
    assert table.levels["level 1"].membership.tolist() == [[1, 1], [0, 1]]
    table = read(tmp_path, "\tin\tout\nbarn\t1\t0\n")
    assert table.levels["level 1"].groups == ["in", "out"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PUBLISHED.replace("'/o/office',1", "'/o/office',2"), "line 6, 'indoor': '2'"),
        (PUBLISHED.replace("'/o/office',1", "'/o/office',x"), "line 6, 'indoor': 'x'"),
        (PUBLISHED.replace("field',0", "field',x"), "line 3: it is no scene with"),
        (
            PUBLISHED.replace("field,road", "field,"),
            "column 8: it has '1', where the h",
        ),
        (
            PUBLISHED.replace(",home,", ",,"),
            "line 4, column 5: it has '1', where the header names no group",
        ),
        (PUBLISHED.replace("1\n", "1,1\n"), "line 3, column 9: it has '1', where"),
        (PUBLISHED.replace("'/o/office'", "''"), "line 6: the scene has no name"),
        (PUBLISHED.replace("'/o/office'", ""), "line 6: the scene has no name"),
        ("a,b\nsea,\nbarn,1\n", "no group in its header, line 2. If that line is a"),
        (PUBLISHED[:-6], r"line 6: it has 6 columns.*cut off"),
        (PUBLISHED + "'/b/barn',1,0,0,0,0,0,1\n", "line 7: the scene 'barn' is there"),
        (f"a,{'y' * 9999}\nb,1\nc,2\n", "line 3, 'y{59}: '2' is neither 0 nor 1"),
        ("airfield,0,1\nbarn,1,0\n", "has no header"),
        ("a,b,c\nd,e,f\n", "has no line of zeros and ones"),
        ("", "has no line of zeros and ones"),
        ("a,b\nc,d\ne,f\nbarn,1\n", "line 3: it is no scene"),
    ],
)
def test_words(tmp_path, text, words):
    with pytest.raises(ValueError, match=words) as info:
        read(tmp_path, text)
    assert "table.csv" in str(info.value)


def test_files_that_are_no_text(tmp_path):
    with pytest.raises(ValueError, match="cannot be read as a table"):
        read_scene_table(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="cannot be read as a table"):
        read(tmp_path, PUBLISHED.replace("barn", "bärn"), encoding="latin-1")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("'/a/airfield'", "airfield"),
        ("/a/apartment_building/outdoor", "apartment_building/outdoor"),
        (" beach ", "beach"),
        ("church/indoor", "church/indoor"),
        ("/abbey", "/abbey"),
        (3, "3"),
    ],
)
def test_names_of_scenes(text, name):
    assert scene_name(text) == name


def test_a_field_without_an_end(tmp_path):
    path = tmp_path / "scenes.csv"
    path.write_text(",a,b\nbarn,0,1\n" + "x" * 200_000 + ",1,0\n")
    with pytest.raises(ValueError, match=r"scenes\.csv, line 3: field larger than"):
        read_scene_table(path)


def test_a_header_without_groups(tmp_path):
    with pytest.raises(ValueError, match=r"table\.csv names no group in its header"):
        read(tmp_path, ",,\ncategory,,\n'/b/barn',0,1\n")
