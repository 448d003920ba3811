# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables of GeoNames, written by hand. Ids, and places where they matter, are ours."""

import zipfile

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo.datasets import DataFileError, iter_geonames, load_geonames


def row(id_, name, place, kind="P", code="PPL", country="DE", people="", **others):
    fields = {
        "id": id_,
        "name": name,
        "ascii": others.get("ascii", name),
        "alternatives": others.get("alternatives", ""),
        "lat": place[0],
        "lon": place[1],
        "class": kind,
        "code": code,
        "country": country,
        "cc2": others.get("cc2", ""),
        "admin1": "07",
        "admin2": "053",
        "admin3": "",
        "admin4": "",
        "population": people,
        "elevation": others.get("elevation", ""),
        "dem": others.get("dem", "58"),
        "zone": "Europe/Berlin",
        "modified": others.get("modified", "2023-10-12"),
    }
    return list(map(str, fields.values()))


ROWS = [
    row(11, "Köln", (50.94, 6.96), code="PPLA2", people=963395, ascii="Koeln",
        alternatives="Cologne,Colonia,,Кёльн"),
    row(12, "Nirgendwo", (51.0, 7.0), people=0, elevation=-3, dem=-9999),
    row(13, "Hoher Berg", (47.5, 11.1), "T", "MT", dem=2900, cc2="AT,CH"),
    row(14, "Utrecht", (52.1, 5.1), country="NL", people=290529, modified=""),
    row(15, "", (0, 0), "", "", "", people=""),
]  # fmt: skip


def as_text(rows):
    return "".join("\t".join(each) + "\n" for each in rows)


def write(folder, rows=ROWS, name="cities1000.txt", encoding="utf-8"):
    path = folder / name
    text = rows if isinstance(rows, str) else as_text(rows)
    path.write_bytes(text.encode(encoding))
    return path


@pytest.fixture
def path(tmp_path):
    return write(tmp_path)


def test_fields(path):
    gazetteer = load_geonames(path)
    assert_array_equal(gazetteer.ids, [11, 12, 13, 14, 15])
    assert_array_equal(gazetteer.names[:2], ["Köln", "Nirgendwo"])
    assert gazetteer.ascii_names[0] == "Koeln"
    assert gazetteer.alternate_names[0] == ["Cologne", "Colonia", "Кёльн"]
    assert gazetteer.alternate_names[1] == []
    assert_array_equal(gazetteer.places[:2], [[50.94, 6.96], [51.0, 7.0]])
    assert np.isnan(gazetteer.places[4]).all()
    assert_array_equal(gazetteer.feature_classes, ["P", "P", "T", "P", ""])
    assert_array_equal(gazetteer.feature_codes, ["PPLA2", "PPL", "MT", "PPL", ""])
    assert_array_equal(gazetteer.countries, ["DE", "DE", "DE", "NL", ""])
    assert gazetteer.other_countries[2] == "AT,CH"
    assert_array_equal(gazetteer.population, [963395, 0, 0, 290529, 0])
    assert_array_equal(gazetteer.elevation[:2], [np.nan, -3])
    assert_array_equal(gazetteer.dem[:3], [58, np.nan, 2900])
    assert gazetteer.time_zones[0] == "Europe/Berlin"
    assert gazetteer.admin1[0] == "07"
    assert gazetteer.modified[0] == np.datetime64("2023-10-12")
    assert np.isnat(gazetteer.modified[3])
    assert gazetteer.modified.dtype == np.dtype("datetime64[D]")
    assert gazetteer.target is gazetteer.places
    assert gazetteer.data is gazetteer.names
    assert gazetteer.report.notes["place is 0, 0, taken as missing"].count == 1
    assert "Creative Commons" in gazetteer.DESCR


@pytest.mark.parametrize(
    ("chosen", "ids"),
    [
        ({"feature_classes": "P"}, [11, 12, 14]),
        ({"feature_classes": ["T", "S"]}, [13]),
        ({"feature_codes": "PPLA2"}, [11]),
        ({"countries": "NL"}, [14]),
        ({"countries": {"NL", "DE"}, "min_population": 1}, [11, 14]),
        ({"min_population": 963395}, [11]),
        ({"min_population": 963396}, []),
    ],
)
def test_only_some(path, chosen, ids):
    gazetteer = load_geonames(path, **chosen)
    assert_array_equal(gazetteer.ids, ids)
    assert gazetteer.places.shape == (len(ids), 2)
    assert gazetteer.report.n_filtered == 5 - len(ids)
    chunks = list(iter_geonames(path, chunk_rows=1, **chosen))
    assert sum(len(chunk.ids) for chunk in chunks) == len(ids)


def test_names_and_places(path):
    names, places = load_geonames(path, return_X_y=True, max_rows=2)
    assert_array_equal(names, ["Köln", "Nirgendwo"])
    assert_array_equal(places, [[50.94, 6.96], [51.0, 7.0]])


def test_without_details(path):
    few, all_ = load_geonames(path, details=False), load_geonames(path)
    assert "alternate_names" not in few
    assert "elevation" not in few
    for name in ("ids", "names", "countries", "population", "places"):
        assert_array_equal(few[name], all_[name])


def test_streaming_gives_the_same(path):
    whole = load_geonames(path)
    chunks = list(iter_geonames(path, chunk_rows=2))
    assert [len(chunk.ids) for chunk in chunks] == [2, 2, 1]
    for name in ("ids", "names", "places", "population", "modified"):
        joined = np.concatenate([chunk[name] for chunk in chunks])
        assert_array_equal(joined, whole[name])
    joined = [names for chunk in chunks for names in chunk.alternate_names]
    assert joined == whole.alternate_names


def test_archives_as_published(tmp_path):
    for name in ("DE", "NL", "cities15000"):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            archive.writestr("readme.txt", "Readme for GeoNames\n" * 9)
            rows = [each for each in ROWS if each[8] == name or len(name) > 2]
            archive.writestr(f"{name}.txt", as_text(rows))
    assert len(load_geonames(tmp_path / "DE.zip").ids) == 3
    assert len(load_geonames(tmp_path / "cities15000.zip").ids) == 5
    with pytest.raises(ValueError, match="hold the same places"):
        load_geonames(tmp_path)
    (tmp_path / "cities15000.zip").unlink()
    assert_array_equal(load_geonames(tmp_path).ids, [11, 12, 13, 14])


def test_folders(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"allCountries\.txt or cities\*\.txt"):
        load_geonames(tmp_path)
    write(tmp_path, name="allCountries.txt")
    assert len(load_geonames(tmp_path).ids) == 5
    write(tmp_path, name="cities500.txt")
    with pytest.raises(ValueError, match=r"has allCountries\.txt, cities500\.txt"):
        load_geonames(tmp_path)
    both = load_geonames([tmp_path / "cities500.txt", tmp_path / "allCountries.txt"])
    assert len(both.ids) == 10


def test_quotes_and_other_line_ends_are_text(tmp_path):
    rows = [list(each) for each in ROWS]
    rows[0][1] = '"Kölle\x85 "am" Rhein'
    rows[1][1] = "null"
    text = as_text(rows).replace("\n", "\r\n").removesuffix("\r\n")
    gazetteer = load_geonames(write(tmp_path, "\ufeff" + text))
    assert_array_equal(gazetteer.names[:2], ['"Kölle\x85 "am" Rhein', "null"])
    assert_array_equal(gazetteer.ids, [11, 12, 13, 14, 15])


def test_a_table_in_latin_1(tmp_path):
    rows = [list(each) for each in ROWS]
    rows[0][3] = ""
    gazetteer = load_geonames(write(tmp_path, rows, encoding="latin-1"))
    assert gazetteer.names[0] == "Köln"
    assert gazetteer.report.notes["line is not UTF-8, read as Latin-1"].count == 1


def changed(at, column, value):
    rows = [list(each) for each in ROWS]
    rows[at][column] = value
    return as_text(rows)


@pytest.mark.parametrize(
    ("text", "line", "match"),
    [
        (changed(1, 0, "x"), 2, r"geonameid \(column 1\) 'x' is not a whole number"),
        (changed(1, 4, "north"), 2, "'north, 7.0' is not a number"),
        (changed(1, 4, "123"), 2, r"the latitude is beyond 90 degrees \(are latitude"),
        (changed(1, 6, "PPL"), 2, "'PPL' is no class of features"),
        (changed(1, 14, "many"), 2, "population .* 'many' is not a whole number"),
        (changed(1, 18, "2023-02-30"), 2, "'2023-02-30' is not a time"),
        (as_text(ROWS)[:-40], 5, "the file breaks off here"),
        (as_text([*ROWS[:4], ROWS[4][:18]]), 5, "the line has 18 columns"),
    ],
)
def test_a_wrong_line_is_named_or_skipped(tmp_path, text, line, match):
    path = write(tmp_path, text)
    with pytest.raises(DataFileError, match=match) as caught:
        load_geonames(path)
    assert caught.value.line == line
    with pytest.warns(UserWarning, match="1 rows were skipped"):
        gazetteer = load_geonames(path, errors="skip")
    assert len(gazetteer.ids) == 4


def test_shuffled_columns(tmp_path):
    order = [1, 0, *range(2, 19)]
    text = as_text([[each[i] for i in order] for each in ROWS])
    with pytest.raises(DataFileError, match="columns look shuffled"):
        load_geonames(write(tmp_path, text))
    east = [row(i, "Ost", (10 + i, 100 + i)) for i in range(5)]
    order = [0, 1, 2, 3, 5, 4, *range(6, 19)]
    text = as_text([[each[i] for i in order] for each in east])
    with pytest.raises(DataFileError, match="look swapped"):
        load_geonames(write(tmp_path, text), errors="skip")


def test_a_class_that_is_a_code(path):
    with pytest.raises(ValueError, match="codes such as 'PPLC' go to feature_codes"):
        load_geonames(path, feature_classes="PPL")


def test_as_frame(path):
    frame = load_geonames(path, as_frame=True).frame
    assert list(frame.columns[:4]) == ["id", "name", "ascii_name", "alternate_names"]
    assert frame.loc[0, "latitude"] == 50.94
    assert frame.loc[3, "country"] == "NL"
    assert "elevation" not in load_geonames(path, as_frame=True, details=False).frame
