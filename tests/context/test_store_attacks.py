# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What strangers can do to a folder that is read: words about it, and nothing else."""

import copy
import json
import os
import pickle
import shutil
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.nets import write_block, write_store
from sklearn_geo.partition import S2Partition

PLACES = np.array([[44.0, 3.0], [44.1, 9.0], [50.0, 3.0], [-33.0, 151.0]])
SETTINGS = {
    "contexts": {"scene": 2, "tag": 1},
    "hidden": (3,),
    "max_iter": 1,
    "min_samples": 5,
    "random_state": 0,
}
# One value of each type and size there is to get wrong.
WRONG = [None, True, -1, 0, 2**70, 10**12, 1.5, 1e300, "", "x", "../x", [], {}, [[]]]
MISSING = object()


def fitted(**params):
    rng = np.random.RandomState(0)
    places = rng.uniform([41.0, 1.0], [47.0, 11.0], (40, 2))
    y = np.hstack([rng.dirichlet(np.ones(2), 40), np.ones((40, 1))])
    return GPS2VecPlusTransformer(**{**SETTINGS, **params}).fit(places, y)


@pytest.fixture(scope="module")
def model():
    return fitted()


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def saved_cells(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cells")
    cells = S2Partition(max_per_cell=30, min_per_cell=10)
    fitted(regions=cells).save_pretrained(folder)
    return folder


@pytest.fixture
def folder(saved, tmp_path):
    return Path(shutil.copytree(saved, tmp_path / "store"))


def manifest_of(folder):
    return json.loads((folder / "manifest.json").read_text())


def write_manifest(folder, manifest):
    path = folder / "manifest.json"
    path.unlink(missing_ok=True)  # a new file is quicker than one cut to nothing
    path.write_text(json.dumps(manifest))


def read(folder):
    return GPS2VecPlusTransformer.from_pretrained(folder)


def paths_of(value, path=()):
    """Yield the path to everything in JSON; of lists only the first and last."""
    if path:
        yield path
    keys = ()
    if isinstance(value, dict):
        keys = value
    elif isinstance(value, list):
        keys = sorted({0, len(value) - 1} & set(range(len(value))))
    for key in keys:
        yield from paths_of(value[key], (*path, key))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def changed(manifest, path, value):
    manifest = copy.deepcopy(manifest)
    holder = at(manifest, path[:-1])
    if value is MISSING:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return manifest


def attack(folder, manifest, start=()):
    """Change everything in a manifest to every wrong value, one at a time.

    Returns
    -------
    dict of tuple to list
        The wrong values that were taken, by path.
    """
    taken = {}
    for path in paths_of(at(manifest, start)):
        path = (*start, *path)
        right = at(manifest, path)
        for value in [*WRONG, MISSING]:
            if value == right and type(value) is type(right):
                continue
            write_manifest(folder, changed(manifest, path, value))
            began = time.process_time()
            try:
                model = read(folder)
                said = model.transform(PLACES)
                names = model.get_feature_names_out()
                report = model.zone_report_
            except ValueError as error:
                words = str(error)
                assert len(words) > 30, (path, value, words)
                assert len(words) < 2000, (path, value, words)
            except Exception as error:
                raise AssertionError((path, value)) from error
            else:
                assert np.isfinite(said).all(), (path, value)
                assert said.shape == (len(PLACES), len(names)), (path, value)
                assert len(report) <= 2, (path, value)
                taken.setdefault(path, []).append(value)
            assert time.process_time() - began < 1.0, (path, value)
    return taken


def test_every_field_of_a_manifest_with_every_wrong_value(folder):
    taken = attack(folder, manifest_of(folder))
    # What decides what is read is never taken when it is wrong.
    assert {path[0] for path in taken} == {"content"}
    strict = {"contexts", "networks", "hidden", "regions", "zones", "dtype"}
    for path, values in taken.items():
        if path[1] not in strict:
            continue
        if path[1] == "contexts":  # names of teachers are anybody's
            assert path[3:] == ("teachers",)
            assert values == [None]
        elif path[1:] == ("zones", 2):  # a zone less, whose places the globe answers
            assert values == [MISSING]
        elif path[1] == "zones":  # numbers of a report are anybody's too
            assert path[3] in ("photos", "epochs", "held_out_kl", "seconds")
        else:
            raise AssertionError((path, values))


def test_every_field_of_a_partition_with_every_wrong_value(saved_cells, tmp_path):
    folder = Path(shutil.copytree(saved_cells, tmp_path / "store"))
    manifest = manifest_of(folder)
    start = ("content", "regions")
    attack(folder, manifest, start)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["hidden"], [10**12], "hidden: '1000000000000' is no count"),
        (["hidden"], [10**7], r"its file has [\d,]+ bytes, and its networks need"),
        (["hidden"], [1] * 100_000, "hidden: .* are no widths of layers"),
        (["encoder", "params", "n_rows"], 10**6, "encoder: .* columns or more"),
        (["encoder", "params", "n_cols"], 10**15, "encoder: .* columns or more"),
        (["encoder", "class"], "PostingTimeEncoder", "encoder: "),
        (["encoder", "class"], "FrozenEstimator", "is no encoder of sklearn_geo"),
        (["encoder", "class"], "os.system", "is no encoder of sklearn_geo"),
        (["encoder", "class"], "__loader__", "is no encoder of sklearn_geo"),
        (["encoder", "params", "regions"], {"a": 1}, "encoder: .*'regions' parameter"),
        (["fallback_encoder", "params", "n_scales"], 10**9, "columns or more"),
        (["fallback_encoder"], None, "zones, id -2 is none of the"),
        (["regions", "kind"], "hexagons", "regions: "),
        (["regions"], {"kind": "globe"}, "encoder: a SoftGridEncoder needs zones"),
        (["networks"], [["scene"], ["tag"], ["tag"]], "networks: .*more than once"),
        (["networks"], [["scene"]], "networks: .*lacks the contexts"),
        (["networks"], [["scene", "tag"]], "networks (of the manifest )?need"),
        (["contexts", 1, "name"], "scene", "contexts: .*is there twice"),
        (["contexts", 1, "columns"], [1], "contexts: .*not those of one table"),
        (["contexts", 1, "columns"], [2, 3], "networks (of the manifest )?need"),
        (["contexts", 1, "columns"], [2**40], "contexts: .*not those of one table"),
        (["contexts", 0, "teachers"], ["beach"], r"contexts: .* are not 2 names"),
        (["column_names"], ["a", "b"], "column_names: .* are not 3 names"),
        (["feature_names_in"], "ab", "feature_names_in: 'ab' is no list"),
        (["location_zones"], ["99Z"], "location_zones: "),
        (["zones", 0, "id"], 10**6, "zones, id 1000000 is none of the"),
        (["zones", 0, "id"], -5, "zones, id -5 is none of the"),
        (["zones", 0, "name"], "1C", "zone '1C' has the block 'zone-fallback', file"),
        (["zones", 0, "block"], "zone-99Z", "'zone-99Z' is not in the store"),
        (["zones", 0, "photos"], 2**64, "are no count"),
        (["params", "checkpoint_dir"], "/etc", r"params: \['checkpoint_dir'\] are n"),
        (["params", "pretrained"], "/etc", r"params: \['pretrained'\] are never"),
        (["params", "device"], "cuda:7", r"params: \['device'\] are never stored"),
        (["params", "os"], "rm", "does not take: .*'os'"),
        (["params", "output_layer"], 3, "output_layer=3, but hidden"),
        (["params", "preset"], "evil", "does not take: .*preset"),
        (["seed"], -1, "seed: '-1' is no count"),
        (["photos_seen"], [[1]], "photos_seen: "),
        (["dtype"], "float16", "networks (of the manifest )?need"),
    ],
)
def test_words_about_what_was_changed(folder, path, value, words):
    write_manifest(folder, changed(manifest_of(folder), ["content", *path], value))
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(ValueError, match=words) as caught:
        read(folder).transform(PLACES)
    assert time.process_time() - began < 2.0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6
    assert str(folder) in str(caught.value)
    if path[0] != "params" or "never" in words:
        # The same words wherever a folder may be given.
        with pytest.raises(ValueError, match=words):
            GPS2VecPlusTransformer(pretrained=folder).fit_transform(PLACES)


def test_zones_that_are_called_otherwise(folder):
    # All that is called after the zone is so.
    text = json.dumps(manifest_of(folder)).replace("zone-31T", "zone-31U")
    manifest = json.loads(text.replace('"name": "31T"', '"name": "31U"'))
    write_manifest(folder, manifest)
    with pytest.raises(ValueError, match="is called '31U', and is '31T'"):
        read(folder)


def test_partitions_of_unknown_classes(saved_cells, tmp_path):
    folder = Path(shutil.copytree(saved_cells, tmp_path / "store"))
    path = ["content", "regions", "partition", "class"]
    for name in ("PlacePartition", "HexPartition", "os", ["S2Partition"]):
        write_manifest(folder, changed(manifest_of(folder), path, name))
        with pytest.raises(ValueError, match=r"store .*regions: .*the partition"):
            read(folder)


def test_more_layers_than_there_are(saved):
    model = GPS2VecPlusTransformer(pretrained=saved, output_layer=3)
    with pytest.raises(ValueError, match=r"output_layer=3, but hidden=\(3,\) has 1"):
        model.fit(PLACES)


def test_headers_of_manifests(folder):
    manifest = manifest_of(folder)
    for change, words in [
        ({"format_version": 2}, "has format version 2; .*pip install -U"),
        ({"format": "safetensors"}, "is the manifest of something else"),
        ({"kind": "HierarchicalCellClassifier"}, "holds a HierarchicalCellClassifier"),
        ({"blocks": []}, "it names no blocks"),
        ({"blocks": {}}, "is not in the store"),
    ]:
        write_manifest(folder, {**manifest, **change})
        with pytest.raises(ValueError, match=words):
            read(folder)
    for text, words in [
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON: it is nested too deeply"),
        ('{"format": NaN}', "NaN is no number"),
        ('{"format": 1, "format": 2}', "is there twice"),
        ("null", "something else"),
    ]:
        (folder / "manifest.json").write_text(text)
        with pytest.raises(ValueError, match=words):
            read(folder)
    (folder / "manifest.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="is no text"):
        read(folder)


def test_the_store_of_another_class(tmp_path):
    write_store(tmp_path, "HierarchicalCellClassifier", {"n_cells": 5}, {})
    with pytest.raises(ValueError, match="holds a HierarchicalCellClassifier, not a"):
        read(tmp_path)
    with pytest.raises(ValueError, match="is no store"):
        read(tmp_path / "nowhere")


@pytest.mark.parametrize("given", [5, True, b"store", ["store"], "sto\0re", np.nan])
def test_what_is_no_folder(model, given):
    places, y = PLACES, np.ones((4, 1))
    with pytest.raises(ValueError, match="folder of a store must be a str or a path"):
        read(given)
    with pytest.raises(ValueError, match="folder of a store must be a str or a path"):
        GPS2VecPlusTransformer(pretrained=given).fit(PLACES)
    with pytest.raises(ValueError, match="folder must be a str or a path"):
        model.save_pretrained(given)
    for resume in (False, True):
        with pytest.raises(ValueError, match="checkpoint_dir must be a str or a path"):
            GPS2VecPlusTransformer(
                checkpoint_dir=given, resume=resume, hidden=(3,), min_samples=1
            ).fit(places, y)


def test_addresses_are_not_written_to(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"folder is 's3://zones/v1', an address"):
        model.save_pretrained("s3://zones/v1")
    with pytest.raises(ValueError, match=r"checkpoint_dir is 'https://x/y', an addre"):
        fitted(checkpoint_dir="https://x/y")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("given", [0, -1, 1.5, "8", None])
def test_max_loaded_zones(saved, given):
    with pytest.raises(ValueError, match=r"max_loaded_zones=.*: use 1 or more"):
        GPS2VecPlusTransformer.from_pretrained(saved, max_loaded_zones=given)


# ------------------------------------------------------------------ files of zones


def entry_of(folder, name):
    blocks = manifest_of(folder)["blocks"]
    return blocks[f"zone-{name}"]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.unlink(), "lacks its file zone-31T"),
        (lambda path: path.write_bytes(path.read_bytes()[:-4]), "is damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"!"), "its checksum"),
        (lambda path: path.write_bytes(b""), "is damaged"),
        (lambda path: (path.unlink(), path.mkdir()), "lacks its file"),
    ],
)
def test_damaged_files(model, folder, damage, words):
    damage(folder / entry_of(folder, "31T")["file"])
    stranger = read(folder)  # files are read when a place needs them
    assert_array_equal(stranger.transform(PLACES[1:2]), model.transform(PLACES[1:2]))
    with pytest.raises(ValueError, match=words) as caught:
        stranger.transform(PLACES[:1])
    assert str(folder) in str(caught.value)
    # Another place is answered after that as before.
    assert_array_equal(stranger.transform(PLACES[1:2]), model.transform(PLACES[1:2]))


def arrays_of(folder, name):
    from sklearn_geo.nets import Store

    return Store(folder).load(f"zone-{name}")


def exchange(folder, arrays):
    """Put other arrays in the place of a zone, with all checksums as they should be."""
    manifest = manifest_of(folder)
    manifest["blocks"]["zone-31T"] = write_block(folder, "zone-31T", arrays)
    write_manifest(folder, manifest)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a.T.copy(), r"is float32 of shape \(3, 400\), and the networks"),
        (lambda a: a.astype(np.int32), "is int32 of shape"),
        (lambda a: a.view(np.uint32), "is uint32 of shape"),
        (lambda a: np.where(a == a[0, 0], np.nan, a), "values that are not finite"),
        (lambda a: np.where(a == a[0, 0], -np.inf, a), "values that are not finite"),
    ],
)
def test_exchanged_files(folder, change, words):
    arrays = arrays_of(folder, "31T")
    name = "0.trunk.0.weight"
    exchange(folder, {**arrays, name: change(arrays[name])})
    with pytest.raises(ValueError, match=words) as caught:
        read(folder).transform(PLACES[:1])
    assert str(folder) in str(caught.value)
    assert name in str(caught.value)
    with pytest.raises(ValueError, match=words):
        read(folder).export_onnx("31T", folder / "zone.onnx")
    with pytest.raises(ValueError, match=words):
        read(folder).numpy_forward(PLACES[:1])


def test_exchanged_files_of_other_sizes_and_names(folder):
    arrays = arrays_of(folder, "31T")
    exchange(folder, {**arrays, "0.trunk.0.weight": np.zeros((4000, 3), "f4")})
    with pytest.raises(ValueError, match=r"its file has [\d,]+ bytes"):
        read(folder)
    renamed = {name.replace("trunk", "trunc"): a for name, a in arrays.items()}
    exchange(folder, renamed)
    with pytest.raises(ValueError, match=r"its array '0\.trunk.* is not there"):
        read(folder).transform(PLACES)
    more = {**arrays, "0.trunk.9.weight": np.zeros(1, "f4")}
    exchange(folder, more)
    with pytest.raises(ValueError, match=r"its array '0.trunk.9.weight' is float32"):
        read(folder).transform(PLACES)


@pytest.mark.parametrize(
    "file",
    [
        "../secret-0123456789abcdef.safetensors",
        "/etc/passwd",
        "zone/../../x-0123456789abcdef.safetensors",
        "zone\\..\\x-0123456789abcdef.safetensors",
        "zone-31T-0123456789abcdef.safetensors\x00",
        "C:zone-0123456789abcdef.safetensors",
        "zone-31T.pkl",
    ],
)
def test_path_tricks(folder, file):
    manifest = manifest_of(folder)
    manifest["blocks"]["zone-31T"]["file"] = file
    write_manifest(folder, manifest)
    with pytest.raises(ValueError, match="was not written by sklearn-geo"):
        read(folder)


@pytest.mark.parametrize("name", ["manifest.json", "zone"])
def test_links_that_lead_out(folder, tmp_path, name):
    if name == "zone":
        name = entry_of(folder, "31T")["file"]
    outside = tmp_path / "outside"
    shutil.move(folder / name, outside)
    try:
        (folder / name).symlink_to(outside)
    except OSError:
        pytest.skip("this file system or user makes no links")
    with pytest.raises(ValueError, match="is a link that leads out of its folder"):
        read(folder).transform(PLACES)


class Bomb:
    """A pickle that writes a file when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_nothing_is_unpickled(saved, folder, tmp_path):
    crater = tmp_path / "crater"
    bomb = pickle.dumps(Bomb(crater))
    (folder / "model.pkl").write_bytes(bomb)
    read(folder).transform(PLACES)
    # As a zone, with its checksum in the manifest, padded to the size of one.
    manifest = manifest_of(folder)
    n_bytes = manifest["blocks"]["zone-31T"]["bytes"]
    from sklearn_geo.nets._mapped_arrays import checksum

    data = bomb + b"\0" * (n_bytes - len(bomb))
    digest = checksum(data)
    file = f"zone-31T-{digest[:16]}.safetensors"
    (folder / file).write_bytes(data)
    manifest["blocks"]["zone-31T"] = {
        "file": file,
        "bytes": n_bytes,
        "checksum": digest,
    }
    write_manifest(folder, manifest)
    with pytest.raises(ValueError, match="is no safetensors file"):
        read(folder).transform(PLACES)
    (folder / "manifest.json").write_bytes(bomb)
    with pytest.raises(ValueError, match="manifest"):
        read(folder)
    assert not crater.exists()
    pickle.loads(bomb)  # it would have gone off
    assert crater.exists()


# --------------------------------------------------- a store that is written over


def times_of(folder):
    return {path: path.stat().st_mtime_ns for path in folder.glob("*.safetensors")}


def new_photos(west=1.0):
    rng = np.random.RandomState(5)
    places = rng.uniform([41.0, west], [47.0, west + 4.0], (20, 2))
    y = np.hstack([rng.dirichlet(np.ones(2), 20), np.ones((20, 1))])
    return places, y


def test_only_zones_that_were_trained_are_written(folder):
    before, old = times_of(folder), read(folder)
    said = old.transform(PLACES)
    model = read(folder).update_zones(*new_photos())
    reader = read(folder)  # before, and has read nothing yet
    model.save_pretrained(folder)
    after = times_of(folder)
    # The old file of the zone stays for those who have the folder open.
    assert before.items() <= after.items()
    assert [path.name[:8] for path in after.keys() - before.keys()] == ["zone-31T"]
    assert_array_equal(reader.transform(PLACES), said)
    assert_array_equal(old.transform(PLACES), said)
    now = read(folder)
    assert_array_equal(now.transform(PLACES), model.transform(PLACES))
    assert_array_equal(now.zone_report_, model.zone_report_)
    assert not np.array_equal(now.transform(PLACES)[:1], said[:1])
    # Saved once more without news, nothing is written; with news, the next zone.
    model.save_pretrained(folder)
    assert times_of(folder).items() <= after.items()
    model.update_zones(*new_photos(west=7.0)).save_pretrained(folder)
    assert_array_equal(read(folder).transform(PLACES), model.transform(PLACES))
    (kept,) = folder.glob("zone-fallback*")
    assert before[kept] == times_of(folder)[kept]


def test_a_zone_that_is_new(folder):
    before = times_of(folder)
    model = read(folder).update_zones(*new_photos(west=13.0))
    model.save_pretrained(folder)
    assert before.items() <= times_of(folder).items()
    assert list(read(folder).zone_report_["zone"]) == ["31T", "32T", "33T"]
    assert_array_equal(read(folder).transform(PLACES), model.transform(PLACES))


def test_a_store_that_somebody_else_has_written_meanwhile(folder):
    model, other = read(folder), read(folder)
    model.transform(PLACES)
    other.update_zones(*new_photos(west=7.0)).save_pretrained(folder)
    model.update_zones(*new_photos()).save_pretrained(folder)
    # Who saves last has the last word, whole.
    assert_array_equal(read(folder).transform(PLACES), model.transform(PLACES))


def test_another_dtype_writes_everything(folder):
    model = read(folder)
    said = model.transform(PLACES)
    model.save_pretrained(folder, dtype="float16")
    assert manifest_of(folder)["content"]["dtype"] == "float16"
    assert np.abs(read(folder).transform(PLACES) - said).max() < 1e-3


@pytest.mark.parametrize(
    ("dtype", "share", "bound"), [("float16", 0.5, 1e-3), ("int8", 0.25, 2e-2)]
)
def test_shorter_weights(tmp_path, dtype, share, bound):
    model = fitted(hidden=(64, 32), max_iter=20)
    sizes, said = {}, {}
    for kind in ("float32", dtype):
        model.save_pretrained(tmp_path / kind, dtype=kind)
        sizes[kind] = sum(p.stat().st_size for p in (tmp_path / kind).glob("zone-*"))
        said[kind] = read(tmp_path / kind).transform(PLACES)
    assert_array_equal(said["float32"], model.transform(PLACES))
    assert sizes[dtype] / sizes["float32"] == pytest.approx(share, abs=0.03)
    assert 0 < np.abs(said[dtype] - said["float32"]).max() < bound
    # Zones that are trained on are stored in as few bytes as the others.
    short = read(tmp_path / dtype).update_zones(*new_photos())
    short.save_pretrained(tmp_path / dtype, dtype=dtype)
    now = read(tmp_path / dtype)
    assert np.abs(now.transform(PLACES) - short.transform(PLACES)).max() < bound
    with pytest.raises(ValueError, match=r"dtype='float8': use one of"):
        model.save_pretrained(tmp_path / "new", dtype="float8")


def test_a_checkpoint_that_is_saved_over(tmp_path):
    model = fitted(checkpoint_dir=tmp_path)
    before = times_of(tmp_path)
    model.save_pretrained(tmp_path)
    assert times_of(tmp_path) == before
    assert_array_equal(read(tmp_path).transform(PLACES), model.transform(PLACES))
    with pytest.raises(ValueError, match="that was saved, not a checkpoint"):
        fitted(checkpoint_dir=tmp_path, resume=True)


@pytest.mark.parametrize("runs", ["torch", "numpy"])
def test_weights_so_large_that_answers_are_no_numbers(folder, runs):
    # All finite, and the file has the right checksum.
    arrays = arrays_of(folder, "31T")
    large = {name: np.full_like(array, 1e30) for name, array in arrays.items()}
    exchange(folder, large)
    stranger = read(folder)
    ask = stranger.transform if runs == "torch" else stranger.numpy_forward
    with pytest.raises(ValueError, match="zone 31T: its networks answer with"):
        ask(PLACES[:1])
    assert np.isfinite(stranger.transform(PLACES[1:2])).all()
