# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Zone stores without torch: the numbers that torch gives, and those made by hand."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.pipeline import make_union

from sklearn_geo.context import GPS2VecPlusTransformer, NumpyContextEncoder
from sklearn_geo.encoding import SoftGridEncoder, Sphere2VecEncoder, UTMOneHotEncoder
from sklearn_geo.geometry import utm_zones
from sklearn_geo.nets import Store
from sklearn_geo.partition import S2Partition
from tests.context.fits import photos, transformer
from tests.context.mlps import slow_outputs

HIDDEN = {"hidden": (6, 5)}
# What is saved: how it is learnt, what is asked of it, and how weights are stored.
STORES = {
    "fallback": ({"missing_zone": "fallback"}, {}, "float32"),
    "nearest": ({}, {"missing_zone": "nearest"}, "float32"),
    "uniform": ({}, {"missing_zone": "uniform", "append_location": True}, "float32"),
    "nan": ({}, {"missing_zone": "nan"}, "float16"),
    "blended": ({"missing_zone": "fallback"}, {"blend_km": 300.0}, "float32"),
    "nan-blended": ({}, {"missing_zone": "nan", "blend_km": 300.0}, "int8"),
    "layer-1": ({**HIDDEN, "missing_zone": "fallback"}, {"output_layer": 1}, "float32"),
    "layer-2": (HIDDEN, {"output_layer": 2, "append_location": True}, "float32"),
    "shared": ({**HIDDEN, "networks": (("tag", "scene"),)}, {}, "float32"),
    "cells": (
        {"regions": S2Partition(max_per_cell=60, min_per_cell=20)},
        {"blend_km": 200.0},
        "float32",
    ),
    "globe": ({"regions": None, "encoding": Sphere2VecEncoder(n_scales=4)}, {}, "int8"),
    "sparse": ({"encoding": UTMOneHotEncoder(zones="all")}, {}, "float32"),
}
ELSEWHERE = [[0.0, 100.0], [-89.0, 10.0], [10.0, -180.0], [48.0, 5.9999], [48.0, 6.0]]


@pytest.fixture(scope="module")
def places():
    return np.vstack([photos()[0][:60], ELSEWHERE])


@pytest.fixture(scope="module")
def stores(tmp_path_factory, places):
    """Save a transformer for each of the stores."""
    folder = tmp_path_factory.mktemp("stores")
    np.save(folder / "places.npy", places)
    for name, (learning, asking, dtype) in STORES.items():
        model = transformer(**{"max_iter": 2, **learning}).fit(*photos())
        model.set_params(**asking).save_pretrained(folder / name, dtype=dtype)
    return folder


@pytest.fixture(scope="module")
def printed(stores):
    """Let a process without torch encode the places by all stores."""
    script = Path(__file__).parent / "without_torch.py"
    root = Path(__file__).parent.parent.parent
    out = subprocess.run(
        [sys.executable, "-W", "error", script, stores],
        capture_output=True,
        text=True,
        cwd=root,
        env={"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
    )
    assert out.returncode == 0, out.stderr
    return out.stdout.splitlines()


@pytest.mark.parametrize("name", STORES)
def test_without_torch_the_numbers_are_the_same(stores, printed, places, name):
    model = GPS2VecPlusTransformer.from_pretrained(stores / name)
    with np.load(stores / f"{name}.npz") as found:
        said, names = found["said"], found["names"]
    expected = model.transform(places)
    assert said.dtype == expected.dtype == np.float32
    assert_allclose(said, expected, rtol=1e-5, atol=1e-5)
    assert np.isnan(said).any() == ("nan" in name)
    assert_array_equal(names, model.get_feature_names_out())


def test_what_learns_asks_for_torch(printed):
    assert printed == ["No module named 'torch'", "[]"]


@pytest.mark.parametrize("name", STORES)
def test_numpy_forward_is_the_encoder(stores, places, name):
    model = GPS2VecPlusTransformer.from_pretrained(stores / name)
    encoder = NumpyContextEncoder.from_pretrained(stores / name)
    assert_array_equal(model.numpy_forward(places), encoder.transform(places))
    assert encoder.contexts_ == model.contexts_
    assert encoder.networks_ == model.networks_
    assert_array_equal(encoder.zone_report_, model.zone_report_)


@pytest.mark.parametrize("layer", ["softmax", 1, 2])
def test_a_zone_by_hand(stores, layer):
    encoder = NumpyContextEncoder.from_pretrained(stores / "shared")
    encoder.set_params(output_layer=layer)
    place = photos()[0][:1]
    zone = int(utm_zones(place)[0])
    grid = SoftGridEncoder(dtype=np.float32).fit(place)
    columns = grid.transform_in_zone(place, [zone])
    names = {r["name"]: r["block"] for r in Store(stores / "shared").content["zones"]}
    located = UTMOneHotEncoder(zones="seen").fit(place).get_feature_names_out()[0]
    weights = Store(stores / "shared").open(names[located.removeprefix("utm_")])
    expected = slow_outputs(encoder._zones.architecture, weights, columns, layer)
    assert_allclose(encoder.transform(place), expected, rtol=1e-4, atol=1e-6)


def test_fit_opens_the_store_and_learns_nothing(stores, places):
    stored = NumpyContextEncoder.from_pretrained(stores / "layer-2")
    assert stored.get_params() == {
        "pretrained": stores / "layer-2",
        "revision": None,
        "output_layer": 2,
        "append_location": True,
        "missing_zone": "nearest",
        "blend_km": None,
        "max_loaded_zones": 8,
    }
    again = clone(stored).fit(places[:1], ["a label"])
    assert_array_equal(again.transform(places), stored.transform(places))
    # What is asked is up to the parameters of the encoder, as with the transformer.
    plain = NumpyContextEncoder(str(stores / "layer-2"), missing_zone="uniform")
    model = GPS2VecPlusTransformer(
        pretrained=stores / "layer-2", missing_zone="uniform"
    )
    assert_allclose(
        plain.fit_transform(places), model.fit(places).transform(places), atol=1e-6
    )
    union = make_union(plain, NumpyContextEncoder(stores / "globe"))
    frame = union.set_output(transform="pandas").fit_transform(places)
    assert frame.shape == (len(places), 10)
    assert frame.columns[0] == "numpycontextencoder-1__scene_0"


def test_a_second_fit_that_fails_leaves_the_first(stores, tmp_path, places):
    first = pd.DataFrame(places, columns=["lat", "lon"])
    encoder = NumpyContextEncoder(stores / "uniform", missing_zone="uniform")
    before = encoder.fit(first).transform(first)
    encoder.set_params(pretrained=tmp_path / "nothing")
    with pytest.raises(ValueError, match="is no store"):
        encoder.fit(first.set_axis(["latitude", "longitude"], axis=1))
    assert_array_equal(encoder.feature_names_in_, ["lat", "lon"])
    assert_array_equal(encoder.transform(first), before)


def test_revisions(stores, places):
    encoder = NumpyContextEncoder.from_pretrained(stores, revision="globe")
    assert encoder.revision == "globe"
    expected = NumpyContextEncoder(stores / "globe").fit_transform(places)
    assert_array_equal(encoder.transform(places), expected)
    assert_array_equal(clone(encoder).fit_transform(places), expected)


def test_zones_are_read_when_they_are_needed(stores, places):
    encoder = NumpyContextEncoder.from_pretrained(
        stores / "nearest", max_loaded_zones=2
    )
    shelf = encoder._zones.shelf
    assert shelf.n_loads == 0
    encoder.transform(places[:1])
    assert shelf.n_loads == 1
    encoder.transform(places)
    assert len(shelf.loaded_zones) == 2
    assert shelf.max_loaded_zones == encoder.max_loaded_zones == 2


def test_a_policy_may_change_after_fit(stores):
    encoder = NumpyContextEncoder.from_pretrained(stores / "nearest")
    assert_allclose(encoder.transform([[0.0, 100.0]]).sum(), 2.0, rtol=1e-5)
    with pytest.raises(ValueError, match="was not trained: missing_zone was another"):
        encoder.set_params(missing_zone="fallback").transform([[0.0, 100.0]])
    with pytest.raises(ValueError, match="lies in zone 47N, which has no network"):
        encoder.set_params(missing_zone="error").transform([[0.0, 100.0]])
    encoder.set_params(missing_zone="uniform", output_layer=1)
    with pytest.raises(ValueError, match='missing_zone="uniform" is a distribution'):
        encoder.transform([[0.0, 100.0]])


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"pretrained": None}, "pretrained=None: name the folder or address of a zone"),
        ({"output_layer": 3}, r"output_layer=3, but hidden=\(6, 5\) has 2 layers"),
        (
            {"output_layer": 1, "missing_zone": "uniform"},
            'missing_zone="uniform" is a distribution',
        ),
        ({"pretrained": "nowhere"}, "nowhere"),
        ({"blend_km": -1}, "The 'blend_km' parameter"),
        ({"revision": 2}, "The 'revision' parameter"),
    ],
)
def test_words_about_parameters(stores, places, params, words):
    encoder = NumpyContextEncoder(stores / "layer-2").set_params(**params)
    with pytest.raises((ValueError, FileNotFoundError), match=words):
        encoder.fit(places)


def test_layers_are_those_of_the_store(stores, places):
    # hidden=(512, 1024, 2048) by default has three, but they are not those answering.
    model = GPS2VecPlusTransformer(pretrained=stores / "layer-1", output_layer=3)
    with pytest.raises(ValueError, match=r"hidden=\(6, 5\) has 2 layers"):
        model.fit(places)
    model = GPS2VecPlusTransformer(
        pretrained=stores / "layer-1", output_layer=2, hidden=(3,)
    )
    assert model.fit_transform(places).shape == (len(places), 10)


@pytest.mark.parametrize("reader", [GPS2VecPlusTransformer, NumpyContextEncoder])
def test_a_manifest_that_was_changed(stores, tmp_path, reader):
    def changed(change):
        manifest = json.loads((stores / "globe" / "manifest.json").read_text())
        change(manifest["content"])
        (tmp_path / "manifest.json").write_text(json.dumps(manifest))
        for file in (stores / "globe").glob("*.safetensors"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
        return tmp_path

    def no_policy(content):
        content["params"]["missing_zone"] = "whatever"

    def no_layer(content):
        content["params"]["output_layer"] = 7

    def no_units(content):
        content["hidden"] = [0]

    refused = f"parameters that {reader.__name__} does not take: "
    with pytest.raises(ValueError, match=f"{refused}.*missing_z"):
        reader.from_pretrained(changed(no_policy))
    with pytest.raises(ValueError, match=f"{refused}output_layer=7"):
        reader.from_pretrained(changed(no_layer))
    with pytest.raises(ValueError, match=r"hidden.*\(0,\) are no widths of layers"):
        reader.from_pretrained(changed(no_units))


def test_a_damaged_zone_is_told(stores, places, tmp_path):
    for file in (stores / "globe").iterdir():
        content = bytearray(file.read_bytes())
        if file.suffix == ".safetensors":
            content[-1] ^= 1
        (tmp_path / file.name).write_bytes(content)
    encoder = NumpyContextEncoder.from_pretrained(tmp_path)
    with pytest.raises(ValueError, match="damaged"):
        encoder.transform(places)
