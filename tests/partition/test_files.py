# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Partitions in files: there and back, and what is said of other files."""

import csv
import errno
import json
import os
import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.frozen import FrozenEstimator

from sklearn_geo.partition import AreaPartition, S2Partition, TrianglePartition
from sklearn_geo.partition._files import (
    _plain,
    integers,
    partition_from_json,
    partition_to_json,
)
from tests.partition.common import globe, photos, seams

SUFFIXES = [".json", ".csv"]
COLUMNS = {
    "name": "str",
    "id": "uint64",
    "level": "int64",
    "count": "int64",
    "weight": "float64",
    "latitude": "float64",
    "longitude": "float64",
    "center_latitude": "float64",
    "center_longitude": "float64",
    "area_km2": "float64",
}


@pytest.fixture(scope="module")
def fitted():
    places = pd.DataFrame(photos(1500, seed=4), columns=["lat", "lon"])
    weights = np.random.default_rng(0).uniform(0.1, 2.0, len(places))
    partition = S2Partition(40.5, 3, uncovered="nearest", representative="medoid")
    return partition.fit(places, sample_weight=weights)


@pytest.fixture(params=SUFFIXES)
def file(fitted, tmp_path, request):
    path = tmp_path / f"cells{request.param}"
    fitted.save(path)
    return path


def test_there_and_back(fitted, file):
    again = S2Partition.load(file)
    assert again.get_params() == fitted.get_params()
    assert again.cells_.dtype == fitted.cells_.dtype
    assert_array_equal(again.cells_, fitted.cells_)  # to the last bit
    assert_array_equal(again.dropped_cells_, fitted.dropped_cells_)
    assert_array_equal(again.oversized_cells_, fitted.oversized_cells_)
    assert again.n_features_in_ == 2
    assert again.feature_names_in_.tolist() == ["lat", "lon"]
    assert again.feature_names_in_.dtype == object
    places = pd.DataFrame(
        np.vstack([photos(500), seams(500), globe(500)]), columns=["lat", "lon"]
    )
    assert_array_equal(again.predict(places), fitted.predict(places))
    cells = np.arange(-1, again.n_cells_)
    assert_array_equal(again.inverse_transform(cells), fitted.inverse_transform(cells))
    assert again.to_geojson() == fitted.to_geojson()
    assert again.get_feature_names_out(["lat", "lon"]).tolist() == ["s2_cell"]
    with pytest.raises(ValueError, match="feature names should match"):
        again.predict(places.rename(columns={"lat": "latitude"}))
    assert not hasattr(again, "dropped_")
    # It can be saved, refilled and fitted like any other.
    again.save(file)
    assert_array_equal(S2Partition.load(file).cells_, fitted.cells_)
    assert again.refill(places).cells_["count"].sum() == 1500 - len(again.dropped_)
    with pytest.warns(UserWarning, match="begins anew"):
        again.partial_fit(places)


def test_numbers_of_numpy(tmp_path):
    places = globe(50)
    partition = S2Partition(np.float32(9.5), np.int64(1), max_level=np.int8(5))
    partition.fit(places).save(tmp_path / "cells.json")
    again = S2Partition.load(tmp_path / "cells.json")
    assert again.get_params()["max_per_cell"] == 9.5
    # Numbers and truths of any library are those of JSON.
    for value in (True, 5, 0.5, "mean", None):
        for given in (value, *([np.array(value)[()]] if value is not None else [])):
            assert json.dumps(_plain(given)) == json.dumps(value)
    assert type(again.max_level) is int
    assert not hasattr(again, "feature_names_in_")
    assert_array_equal(again.predict(places), partition.predict(places))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_cells_yet(tmp_path, suffix):
    places = globe(20)
    partition = S2Partition(1000, 100).partial_fit(places)
    partition.save(tmp_path / f"cells{suffix}")
    again = S2Partition.load(tmp_path / f"cells{suffix}")
    assert again.n_cells_ == 0
    assert again.predict(places).tolist() == [-1] * 20
    assert_array_equal(again.dropped_cells_, partition.dropped_cells_)


def test_csv_is_a_table_below_a_comment(fitted, tmp_path):
    fitted.save(tmp_path / "cells.csv")
    table = pd.read_csv(tmp_path / "cells.csv", comment="#", dtype={"name": str})
    assert table.columns.tolist() == list(fitted.cells_.dtype.names)
    assert table["name"].tolist() == fitted.cell_names_.tolist()
    assert_array_equal(table["id"].to_numpy(np.uint64), fitted.cells_["id"])
    with (tmp_path / "cells.csv").open(newline="") as lines:
        assert len(list(csv.reader(lines))) == fitted.n_cells_ + 2


@pytest.mark.parametrize("path", ["cells", "cells.pkl", "cells.geojson"])
def test_other_suffixes(fitted, tmp_path, path):
    for call in (fitted.save, S2Partition.load):
        with pytest.raises(ValueError, match=rf"{path}: the name .* \.json or \.csv"):
            call(tmp_path / path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_paths_may_be_texts(fitted, tmp_path, suffix):
    path = os.fspath(tmp_path / f"cells{suffix}")
    fitted.save(path)
    assert_array_equal(S2Partition.load(path).cells_, fitted.cells_)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", [S2Partition, TrianglePartition])
def test_dropped_cells_that_are_empty_now(tmp_path, suffix, kind):
    partition = kind(40, 4).fit(photos(500))
    partition.refill(partition.inverse_transform([0]))
    assert len(partition.dropped_cells_)
    assert not partition.dropped_cells_["count"].any()
    partition.save(tmp_path / f"cells{suffix}")
    again = kind.load(tmp_path / f"cells{suffix}")
    assert_array_equal(again.dropped_cells_, partition.dropped_cells_)


def test_the_largest_integers():
    for kind in ("int64", "uint64"):
        limits = np.iinfo(kind)
        values = [limits.min, limits.max]
        assert integers(values, kind).tolist() == values
        for value in (limits.min - 1, limits.max + 1):
            with pytest.raises(ValueError, match=f"{value} is out of bounds for"):
                integers([value], kind)


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"cells\.json"):
        S2Partition.load(tmp_path / "cells.json")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps({"format": "sklearn_geo.partition"}),
        b'{"type": "FeatureCollection", "features": []}',
        b"name,id\n47f,1\n",
        b"[1, 2]",
        b"",
    ],
)
def test_foreign_files(tmp_path, suffix, content):
    path = tmp_path / f"other{suffix}"
    path.write_bytes(content)
    with pytest.raises(
        ValueError, match=rf"other{suffix} is (no file of a partition|damaged)"
    ):
        S2Partition.load(path)


def changed(path, change):
    """Write the head of a file again, changed."""
    text = path.read_text()
    if path.suffix == ".json":
        head = json.loads(text)
        change(head)
        path.write_text(json.dumps(head))
    else:
        first, _, rest = text.partition("\n")
        head = json.loads(first.removeprefix("# "))
        change(head)
        path.write_text(f"# {json.dumps(head)}\n{rest}")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"version": 2}, "written by a newer sklearn_geo .version 2.*Upgrade"),
        ({"version": "1"}, "is damaged: it does not say its version"),
        ({"format": "gpkg"}, "is no file of a partition"),
        (
            {"class": "KMeansPartition"},
            r"holds cells of KMeansPartition, not .*KMeansPartition\.load",
        ),
        (
            {"class": "y" * 100_000},
            r"holds cells of y{60}, not of S2.*with y{60}\.load",
        ),
        ({"version": 10**70}, "version 10{59} of the format"),
        ({"parameters": {"max_cells": 3}}, "parameters are not those of S2Partition"),
        (
            {"parameters": {"min_per_cell": -3}},
            "not those of S2Partition.*min_per_cell",
        ),
        ({"parameters": {"start_level": 9, "max_level": 2}}, "start_level=9 is finer"),
        ({"parameters": None}, "is damaged: it does not say its parameters"),
        ({"n_cells": 3}, r"is damaged: the column 'name' does not have 3 values"),
        ({"columns": {"name": "str"}}, "damaged: its columns are not the ones"),
        ({"columns": {}, "cells": {}}, "is damaged: "),
        ({"columns": dict.fromkeys(COLUMNS, "object")}, "no column 'name' of str"),
        ({"columns": COLUMNS | {"level": "object"}}, "'level' is of an unknown kind"),
        ({"columns": COLUMNS | {"count": "str"}}, "it has no column 'count' of int64"),
        ({"version": True}, "is damaged: it does not say its version"),
        ({"version": 0}, "is damaged: it does not say its version"),
        ({"class": None}, "is damaged: it does not say its class"),
        ({"feature_names": "ab"}, "its feature_names are not the names of two columns"),
        ({"feature_names": ["a", "b", "c"]}, "not the names of two columns"),
        ({"feature_names": [1, 2]}, "not the names of two columns"),
        ({"dropped_cells": {}}, "is damaged: it does not say its 'name'"),
        (
            {"dropped_cells": {"name": ["1", "3"], "count": [1], "weight": [1, 1]}},
            "damaged: the column 'count' has 1 values for 2 cells",
        ),
        (
            {"dropped_cells": {"name": ["1"], "count": [1], "weight": [float("nan")]}},
            "its dropped cells hold what is no count",
        ),
        (
            {"dropped_cells": {"name": ["1"], "count": [-1], "weight": [1]}},
            "its dropped cells hold what is no count",
        ),
        (
            {"dropped_cells": {"name": ["1"], "count": [2**63], "weight": [1]}},
            "is damaged: 9223372036854775808 is out of bounds for int64",
        ),
        (
            {"dropped_cells": {"name": ["1"], "count": [1.5], "weight": [1]}},
            "is damaged: 1.5 is no integer",
        ),
        (
            {"dropped_cells": {"name": ["no"], "count": [1], "weight": [1]}},
            "not the tok",
        ),
    ],
)
def test_changed_heads(file, changes, match):
    changed(file, lambda head: head.update(changes))
    with pytest.raises(ValueError, match=match) as caught:
        S2Partition.load(file)
    assert str(file) in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    "name", ["format", "version", "class", "columns", "feature_names", "dropped_cells"]
)
def test_heads_that_lack_something(file, name):
    changed(file, lambda head: head.pop(name))
    with pytest.raises(ValueError, match=file.name):
        S2Partition.load(file)


@pytest.mark.parametrize("cells", [None, 5, [], {"name": ["1"]}])
def test_cells_that_are_no_table(fitted, tmp_path, cells):
    path = tmp_path / "cells.json"
    fitted.save(path)
    changed(path, lambda head: head.update(cells=cells))
    with pytest.raises(ValueError, match="damaged: its columns are not the ones"):
        S2Partition.load(path)


def test_columns_that_are_no_lists_of_values(fitted, tmp_path):
    path = tmp_path / "cells.json"
    for column, change, match in (
        ("name", lambda values: "1" * len(values), "'name' does not have [0-9]+ val"),
        ("latitude", lambda values: [[value] for value in values], "not hold float64"),
    ):
        fitted.save(path)
        cells = json.loads(path.read_text())["cells"]
        cells[column] = change(cells[column])
        changed(path, lambda head, cells=cells: head.update(cells=cells))
        with pytest.raises(ValueError, match=f"is damaged: the column .*{match}"):
            S2Partition.load(path)


def test_a_table_without_the_comment(fitted, tmp_path):
    path = tmp_path / "cells.csv"
    fitted.save(path)
    path.write_bytes(b"% " + path.read_bytes().removeprefix(b"# "))
    with pytest.raises(ValueError, match="its first line is not the comment that says"):
        S2Partition.load(path)


def test_a_comment_without_a_table(fitted, tmp_path):
    path = tmp_path / "cells.csv"
    fitted.save(path)
    path.write_text(path.read_text().partition("\n")[0])
    with pytest.raises(ValueError, match="damaged: its columns are not the ones it"):
        S2Partition.load(path)


def test_as_a_part_of_another_file(fitted):
    held = json.loads(json.dumps(partition_to_json(fitted)))
    again = partition_from_json(held, "model.json")
    assert_array_equal(again.cells_, fitted.cells_)
    assert partition_to_json(FrozenEstimator(fitted)) == partition_to_json(fitted)
    for held in (None, {}, {"class": ["S2Partition"]}, {"class": "PlacePartition"}):
        with pytest.raises(ValueError, match=r"^model\.json is damaged: the part"):
            partition_from_json(held, "model.json")
    with pytest.raises(ValueError, match=r"^model\.json is no file of a partition"):
        partition_from_json({"class": "S2Partition"}, "model.json")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("column", "row", "value", "match"),
    [
        ("id", 0, 12, "cell 0 has a name and an id of two different cells"),
        ("id", 0, 1.5, "the column 'id' does not hold uint64"),
        ("id", 0, -4, "the column 'id' does not hold uint64"),
        ("name", 1, "zz", "'zz' is not the token of an S2 cell"),
        ("count", 0, "many", "the column 'count' does not hold int64"),
        ("latitude", 0, "nan", "the column 'latitude' holds values that are no number"),
        ("latitude", 2, 95.0, ": latitude and longitude, row 2: latitude 95.0"),
        ("count", 1, -2, "the column 'count' holds values below 0"),
        ("weight", 1, -2.0, "the column 'weight' holds values below 0"),
        ("level", 1, 29, "cell 1 is of another level than it says"),
    ],
)
def test_changed_cells(tmp_path, fitted, suffix, column, row, value, match):
    path = tmp_path / f"cells{suffix}"
    fitted.save(path)
    if suffix == ".json":
        changed(path, lambda head: head["cells"][column].__setitem__(row, value))
    else:
        lines = path.read_text().splitlines()
        values = lines[row + 2].split(",")
        values[fitted.cells_.dtype.names.index(column)] = str(value)
        lines[row + 2] = ",".join(values)
        path.write_text("\n".join(lines) + "\n")
    with pytest.raises(ValueError, match=match):
        S2Partition.load(path)


def test_cells_out_of_order_or_nested(fitted, tmp_path):
    path = tmp_path / "cells.csv"
    fitted.save(path)
    whole = path.read_text().splitlines()
    path.write_text("\n".join([*whole[:2], whole[3], whole[2], *whole[4:]]) + "\n")
    with pytest.raises(ValueError, match="not in the order of their ids"):
        S2Partition.load(path)
    # The face around the first cell takes the place of the last cell of that face.
    token = str(fitted.cell_names_[0])
    face = [k for k, line in enumerate(whole[2:]) if line[:1] == token[0]]
    rest = whole[2 + face[0]].split(",")
    whole[2 + face[0]] = ",".join(["1", str(1 << 60), "0", *rest[3:]])
    order = sorted(whole[2:], key=lambda line: int(line.split(",")[1]))
    path.write_text("\n".join([*whole[:2], *order]) + "\n")
    with pytest.raises(ValueError, match="overlaps another one"):
        S2Partition.load(path)


def test_what_editors_of_tables_do(fitted, file):
    content = file.read_bytes()
    unix = content.replace(b"\r\n", b"\n")
    for now in (b"\xef\xbb\xbf" + content, unix, content + b"\r\n"):
        file.write_bytes(now)
        assert_array_equal(S2Partition.load(file).cells_, fitted.cells_)


def test_longitudes_wrap_as_everywhere(fitted, tmp_path):
    path = tmp_path / "cells.json"
    fitted.save(path)
    first = fitted.cells_["longitude"][0]
    changed(path, lambda head: head["cells"]["longitude"].__setitem__(0, first + 720.0))
    assert S2Partition.load(path).cells_["longitude"][0] == pytest.approx(first)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_names_of_any_text(tmp_path, suffix):
    names = ['a,"b"\nc', "x\ry", "# z", " wide ", "ü日", "'"]
    areas = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": name},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[i, 0], [i + 1, 0], [i + 1, 1], [i, 1], [i, 0]]],
                },
            }
            for i, name in enumerate(names)
        ],
    }
    path = tmp_path / f"areas{suffix}"
    AreaPartition(areas).fit([[0.5, 0.5]]).save(path)
    assert AreaPartition.load(path).cell_names_.tolist() == names


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("deep.json", "[" * 100_000),
        ("large.json", '{"version": ' + "9" * 5000 + "}"),
        ("wide.csv", '# {"format": "sklearn_geo.partition"}\n"' + "9," * 100_000),
    ],
)
def test_what_readers_give_up_on(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(ValueError, match=rf"{name} is damaged: it is no (JSON|CSV)"):
        S2Partition.load(path)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"simplices": [[10**30, 1, 2]]}, "too large"),
        ({"simplices": [[float("inf"), 1, 2]]}, "infinity"),
        (
            {"dropped_cells": {"id": [2**63], "count": [1], "weight": [1.0]}},
            "9223372036854775808 is out of bounds for int64",
        ),
        (
            {"dropped_cells": {"id": [0], "count": [float("inf")], "weight": [1.0]}},
            "inf is no integer",
        ),
        (
            {"dropped_cells": {"id": [10**6], "count": [1], "weight": [1.0]}},
            "the ids are not sorted rows of its mesh",
        ),
    ],
)
def test_meshes_with_numbers_that_are_no_rows(tmp_path, changes, match):
    path = tmp_path / "mesh.json"
    places = np.random.default_rng(0).uniform(-60, 60, (40, 2))
    TrianglePartition(20, 1, refine="delaunay").fit(places).save(path)
    changed(path, lambda head: head.update(changes))
    with pytest.raises(ValueError, match=f"mesh.json is damaged: .*{match}"):
        TrianglePartition.load(path)


@pytest.mark.parametrize("whose", ["cells", "dropped_cells"])
def test_ids_of_triangles_rise_and_are_rows_of_the_mesh(tmp_path, whose):
    path = tmp_path / "mesh.json"
    TrianglePartition(20, 2, refine="delaunay").fit(globe(500)).save(path)
    text = path.read_text()
    head = json.loads(text)
    ids, n_triangles = head[whose]["id"], len(head["simplices"])
    for wrong in (
        [ids[0], *ids[:-1]],
        [ids[1], ids[0], *ids[2:]],
        [*ids[:-1], n_triangles],
        [-1, *ids[1:]],
    ):
        path.write_text(text)
        changed(path, lambda head, wrong=wrong: head[whose].update(id=wrong))
        with pytest.raises(ValueError, match="the ids are not sorted rows of its mesh"):
            TrianglePartition.load(path)


def test_a_row_that_lacks_a_value_is_named(fitted, tmp_path):
    path = tmp_path / "cells.csv"
    fitted.save(path)
    lines = path.read_text().splitlines()
    lines[4] = lines[4].rpartition(",")[0]  # below the comment and the names: row 2
    path.write_text("\n".join(lines))
    with pytest.raises(ValueError, match="row 2 has 9 values for 10 columns"):
        S2Partition.load(path)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.99])
def test_half_a_file(file, share):
    text = file.read_text()
    file.write_text(text[: int(len(text) * share)])
    with pytest.raises(ValueError, match=r"is damaged: .*Write it again with save"):
        S2Partition.load(file)


@pytest.mark.parametrize("suffix", [".json", ".csv"])
def test_a_file_is_replaced_whole_or_not_at_all(suffix, tmp_path, monkeypatch):
    path = tmp_path / f"cells{suffix}"
    old = S2Partition(40, 4).fit(globe(500))
    old.save(path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]

    def full_disk(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    # The system does not say which file it was.
    with pytest.raises(OSError, match=r"No space left on device: '.*/cells\."):
        S2Partition(20, 2).fit(globe(500)).save(path)
    assert_array_equal(S2Partition.load(path).cells_, old.cells_)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_what_a_killed_writer_left_goes_with_the_next_save(tmp_path):
    (tmp_path / ".store-0123.part").write_bytes(b"half")
    S2Partition(40, 4).fit(globe(500)).save(tmp_path / "cells.csv")
    assert [file.name for file in tmp_path.iterdir()] == ["cells.csv"]
