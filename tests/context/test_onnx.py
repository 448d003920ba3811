# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Exported zones in onnxruntime, beside the encoders and torch's networks."""

import json
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from sklearn.preprocessing import FunctionTransformer

import sklearn_geo
from sklearn_geo.context import _onnx
from sklearn_geo.context._numpy_forward import forward
from sklearn_geo.context._onnx import export_zone
from sklearn_geo.context._onnx_graph import Graph
from sklearn_geo.context._onnx_places import write_columns
from sklearn_geo.encoding import (
    RandomFourierEncoder,
    SinusoidalEncoder,
    SoftGridEncoder,
    Sphere2VecEncoder,
    SphericalHarmonicsEncoder,
    UnitVectorEncoder,
    UTMOneHotEncoder,
)
from sklearn_geo.geometry import (
    destination,
    utm_unproject,
    utm_zone_bounds,
    utm_zone_ids,
)
from sklearn_geo.nets import HeadedMLP, get_weights
from sklearn_geo.partition import S2Partition, TrianglePartition

# Contexts in another order than the networks have them.
WIDTHS = {"scene": 7, "tag": 11, "object": 5}
NETWORKS = (("object", "scene"), ("tag",))
HIDDEN = (64, 32, 48)
# Norway's and Svalbard's, the first and last at the antimeridian, southern ones, caps.
ZONES = [
    "30U",
    "31V",
    "32V",
    "33X",
    "1C",
    "60X",
    "1M",
    "31N",
    "56H",
    "A",
    "B",
    "Y",
    "Z",
]
PLACE = [[48.2, 11.6]]
ENCODERS = [
    UnitVectorEncoder(),
    UnitVectorEncoder(dtype=np.float32),
    SinusoidalEncoder(n_scales=1),
    SinusoidalEncoder(n_scales=12),
    *(
        Sphere2VecEncoder(variant, n_scales=5)
        for variant in ("sphereC", "sphereC+", "sphereM", "sphereM+")
    ),
    Sphere2VecEncoder(periodic=False),
    SphericalHarmonicsEncoder(degree=0),
    SphericalHarmonicsEncoder(degree=1),
    SphericalHarmonicsEncoder(degree=20),
    RandomFourierEncoder(30, random_state=0),
]


def modules(n_features, hidden=HIDDEN):
    torch.manual_seed(0)
    made = [
        HeadedMLP(n_features, [WIDTHS[name] for name in names], hidden=hidden)
        for names in NETWORKS
    ]
    for module in made:  # biases begin at zero; outputs should differ between places
        for parameter in module.parameters():
            parameter.data += 0.1 * torch.randn_like(parameter)
    return made


def described(made, hidden=HIDDEN):
    weights = {
        f"{number}.{name}": array
        for number, module in enumerate(made)
        for name, array in get_weights(module).items()
    }
    return {
        "weights": weights,
        "networks": NETWORKS,
        "widths": WIDTHS,
        "hidden": hidden,
    }


def torch_outputs(made, columns, layer="softmax"):
    columns = torch.tensor(np.asarray(columns, dtype=np.float32))
    with torch.inference_mode():
        if layer != "softmax":
            return [module.trunk[: 2 * layer](columns).numpy() for module in made]
        logits = {
            name: part
            for names, module in zip(NETWORKS, made, strict=True)
            for name, part in zip(names, module(columns), strict=True)
        }
        return [torch.softmax(logits[name], dim=1).numpy() for name in WIDTHS]


def session(path):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def columns_session(encoder, zone, folder):
    """Return a session of nothing but the columns."""
    graph = Graph()
    columns = write_columns(encoder, zone, graph.input("place", np.float64, 2))
    graph.output("columns", columns, len(encoder.get_feature_names_out()))
    path = folder / "columns.onnx"
    path.write_bytes(graph.model("columns", {"version": "0"}).SerializeToString())
    return session(path)


def zone_places(zone, n=150):
    """Draw places in a zone, and take its corners and the middles of its edges."""
    south, west, north, east = utm_zone_bounds(zone)
    random = np.random.default_rng(zone)
    inside = np.column_stack(
        [random.uniform(south, north, n), random.uniform(west, east, n)]
    )
    edge = [
        (latitude, longitude)
        for latitude in (south, (south + north) / 2, north)
        for longitude in (west, (west + east) / 2, east)
    ]
    return np.vstack([inside, edge])


@pytest.mark.parametrize("name", ZONES)
def test_zone_is_equal_to_torch(name, tmp_path):
    zone = int(utm_zone_ids(name))
    encoder = SoftGridEncoder(sigma_km=60).fit(PLACE)
    made = modules(400)
    path = export_zone(
        tmp_path / "zone.onnx",
        **described(made),
        encoder=encoder,
        zone=zone,
        zone_name=name,
    )
    places = zone_places(zone)
    expected = torch_outputs(made, encoder.transform_in_zone(places, zone))
    # The test would see nothing if all places were alike.
    assert all(np.ptp(part, axis=0).max() > 0.01 for part in expected)
    zone_session = session(path)
    for turns in (0.0, 360.0, -360.0):
        found = zone_session.run(None, {"place": places + [0.0, turns]})
        for part, other in zip(found, expected, strict=True):
            assert part.dtype == np.float32
            np.testing.assert_allclose(part, other, rtol=0, atol=1e-6)
    by_numpy = forward(
        encoder.transform_in_zone(places, zone),
        described(made)["weights"],
        NETWORKS,
        WIDTHS,
    )
    np.testing.assert_allclose(by_numpy, np.hstack(expected), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize(
    "settings",
    [
        {"sigma_km": 60},
        {"sigma_km": 20, "normalize": "l1"},
        {"sigma_km": 0.5, "normalize": "max", "n_rows": 7, "n_cols": 13},
        {"sigma_km": 1e-6, "normalize": "l1", "n_rows": 1, "n_cols": 3},
        {"sigma_km": 300, "extent": "paper", "dtype": np.float32},
        {"sigma_km": 300, "dtype": np.float16},
        {"hard": True, "n_rows": 6},
        {"hard": True, "n_rows": 1, "n_cols": 1},
    ],
    ids=str,
)
def test_soft_grids_in_the_graph(name, settings, tmp_path):
    zone = int(utm_zone_ids(name))
    encoder = SoftGridEncoder(**settings).fit(PLACE)
    places = zone_places(zone, 60)
    found = columns_session(encoder, zone, tmp_path).run(None, {"place": places})[0]
    expected = encoder.transform_in_zone(places, zone)
    # Half floats are rounded at another digit. With a sigma of a millimetre, nanometres
    # matter to the few places that are as near to one cell as to the next.
    coarse = settings.get("dtype") is np.float16 or settings.get("sigma_km") == 1e-6
    atol = 1e-3 if coarse else 1e-6
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol)


@pytest.mark.parametrize("name", ["30U", "33X", "56H", "A", "Z"])
def test_metres_are_those_of_the_encoder(name, tmp_path):
    # With one cell and a sigma of a metre, beside the middle of the zone, a millimetre
    # moves the value by a thousandth.
    zone = int(utm_zone_ids(name))
    encoder = SoftGridEncoder(1, 1, 0.001).fit(PLACE)
    extent = encoder._planes.extents(np.array([zone]))[0]
    middle = (extent[:2] + extent[2:]) / 2
    places = destination(
        utm_unproject(middle[np.newaxis], [zone]), np.arange(0, 360, 20), 0.001
    )
    values = columns_session(encoder, zone, tmp_path).run(None, {"place": places})[0]
    np.testing.assert_allclose(
        values, encoder.transform_in_zone(places, zone), rtol=0, atol=1e-7
    )
    assert (values > 0.2).all()


def test_places_outside_the_zone(tmp_path):
    encoder = SoftGridEncoder(5, 5, sigma_km=4000).fit(PLACE)
    for name in ("30U", "56H", "Z"):
        zone = int(utm_zone_ids(name))
        south, west, north, east = utm_zone_bounds(zone)
        middle = [[(south + north) / 2, (west + east) / 2]]
        away = destination(middle, np.arange(0, 360, 15), 6000)
        columns = columns_session(encoder, zone, tmp_path)
        found = columns.run(None, {"place": away})[0]
        expected = encoder.transform_in_zone(away, zone)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
        # Whatever comes, no NaN leaves the graph.
        random = np.random.default_rng(0)
        anywhere = random.uniform([-90, -180], [90, 180], (2000, 2))
        edges = [[90, 0], [-90, 0], [0, middle[0][1] + 90], [0, middle[0][1] + 180]]
        anywhere = np.vstack([anywhere, edges])
        assert np.isfinite(columns.run(None, {"place": anywhere})[0]).all()


PARTITIONS = {
    "S2": S2Partition(max_per_cell=40, min_per_cell=1),
    "triangles": TrianglePartition(max_per_cell=40, min_per_cell=1),
}


@pytest.mark.parametrize("kind", PARTITIONS)
@pytest.mark.parametrize(
    "settings", [{"sigma_km": 500}, {"hard": True, "n_cols": 7}], ids=str
)
def test_cells_of_a_partition(kind, settings, tmp_path):
    random = np.random.default_rng(0)
    places = np.column_stack(
        [
            np.degrees(np.arcsin(random.uniform(-1, 1, 800))),
            random.uniform(-180, 180, 800),
        ]
    )
    places = np.vstack([places, [[90.0, 0.0], [-90.0, 7.0], [10.0, -180.0]]])
    encoder = SoftGridEncoder(**settings, regions=PARTITIONS[kind]).fit(places)
    columns, cells = encoder.transform_with_zone(places)
    chosen = np.unique(cells)
    assert chosen.min() >= 0
    for cell in {*cells[-3:].tolist(), *chosen[:: len(chosen) // 5].tolist()}:
        own = cells == cell
        for turns in (0.0, 360.0):
            found = columns_session(encoder, cell, tmp_path).run(
                None, {"place": places[own] + [0.0, turns]}
            )[0]
            np.testing.assert_allclose(found, columns[own], rtol=0, atol=1e-6)
    # The middle itself, where the ratio of an angle to its sine is 1.
    table = encoder.partition_.cells_
    middle = [[table["center_latitude"][0], table["center_longitude"][0]]]
    found = columns_session(encoder, 0, tmp_path).run(
        None, {"place": np.array(middle)}
    )[0]
    np.testing.assert_allclose(found, encoder.transform_in_zone(middle, 0), atol=1e-6)


@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
def test_other_encoders_in_the_graph(encoder, tmp_path):
    random = np.random.default_rng(0)
    places = random.uniform([-90, -180], [90, 180], (200, 2))
    edges = [[90, 0], [-90, 30], [0, -180], [0, 180], [45, 90], [-45, -90], [0, 0]]
    places = np.vstack([places, edges])
    encoder = encoder.fit(places)
    run = columns_session(encoder, None, tmp_path).run
    expected = encoder.transform(places)
    for turns in (0.0, 360.0, -360.0):
        found = run(None, {"place": places + [0.0, turns]})[0]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.fixture
def exported(tmp_path):
    """Return a function that exports London's zone, changed in some ways."""
    encoder = SoftGridEncoder(4, 5, sigma_km=100).fit(PLACE)
    made = modules(20)

    def export(**changes):
        options = {
            **described(made),
            "encoder": encoder,
            "zone": int(utm_zone_ids("30U")),
            "zone_name": "30U",
            **changes,
        }
        return export_zone(changes.pop("path", tmp_path / "zone.onnx"), **options)

    export.made, export.encoder, export.folder = made, encoder, tmp_path
    return export


def test_batches_of_any_size_and_names_of_outputs(exported):
    london = session(exported())
    assert [tensor.name for tensor in london.get_inputs()] == ["place"]
    assert [tensor.name for tensor in london.get_outputs()] == list(WIDTHS)
    places = zone_places(int(utm_zone_ids("30U")), 600)
    many = london.run(None, {"place": places})
    for rows in (slice(0, 0), slice(0, 1), slice(4, 7)):
        for part, whole, width in zip(
            london.run(None, {"place": places[rows]}),
            many,
            WIDTHS.values(),
            strict=True,
        ):
            assert part.shape == (rows.stop - rows.start, width)
            np.testing.assert_allclose(part, whole[rows], rtol=0, atol=1e-6)
    np.testing.assert_allclose(many[0].sum(axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_hidden_layers(exported, layer):
    whole = exported().stat().st_size
    path = exported(output_layer=layer)
    london = session(path)
    names = [f"network{number}_layer{layer}" for number in (0, 1)]
    assert [tensor.name for tensor in london.get_outputs()] == names
    places = zone_places(int(utm_zone_ids("30U")))
    columns = exported.encoder.transform_in_zone(places, "30U")
    for part, other in zip(
        london.run(None, {"place": places}),
        torch_outputs(exported.made, columns, layer),
        strict=True,
    ):
        np.testing.assert_allclose(part, other, rtol=0, atol=1e-5)
    assert path.stat().st_size < whole  # what lies beyond is left out


def test_heads_without_a_trunk(tmp_path):
    encoder = SoftGridEncoder(4, 5, sigma_km=100).fit(PLACE)
    made = modules(20, hidden=())
    path = export_zone(
        tmp_path / "new" / "zone.onnx",  # the folder is made
        **described(made, hidden=()),
        encoder=encoder,
        zone=int(utm_zone_ids("30U")),
        zone_name="30U",
    )
    columns = encoder.transform_in_zone([[51.5, -0.13]], "30U")
    found = session(path).run(None, {"place": np.array([[51.5, -0.13]])})
    for part, other in zip(found, torch_outputs(made, columns), strict=True):
        np.testing.assert_allclose(part, other, rtol=0, atol=1e-6)


def test_metadata(exported):
    names = {"scene": [f"scene {i}" for i in range(7)], "tag": None}
    metadata = session(exported(names=names)).get_modelmeta().custom_metadata_map
    assert metadata["version"] == sklearn_geo.__version__
    assert metadata["zone_name"] == "30U"
    assert metadata["zone"] == str(int(utm_zone_ids("30U")))
    assert metadata["input"] == "place: latitude and longitude in degrees, float64"
    assert json.loads(metadata["bounds"]) == [48, -6, 56, 0]
    assert json.loads(metadata["contexts"]) == WIDTHS
    assert list(json.loads(metadata["contexts"])) == list(WIDTHS)
    assert json.loads(metadata["networks"]) == [list(names) for names in NETWORKS]
    assert json.loads(metadata["names"]) == names
    assert json.loads(metadata["output_layer"]) == "softmax"
    encoder = json.loads(metadata["encoder"])
    assert encoder["class"] == "SoftGridEncoder"
    assert encoder["sigma_km"] == 100
    assert (encoder["n_rows"], encoder["n_cols"]) == (4, 5)


def test_metadata_of_a_cell(tmp_path):
    places = np.random.default_rng(0).uniform([40, 0], [50, 10], (50, 2))
    encoder = SoftGridEncoder(
        4, 5, 100, regions=S2Partition(max_per_cell=20, min_per_cell=1)
    )
    encoder.fit(places)
    path = export_zone(
        tmp_path / "cell.onnx",
        **described(modules(20)),
        encoder=encoder,
        zone=np.int64(1),
        zone_name="some cell",
    )
    metadata = session(path).get_modelmeta().custom_metadata_map
    assert metadata["zone"] == "1"
    assert "bounds" not in metadata
    outline = encoder.partition_.cell_outline(1, 8)
    np.testing.assert_array_equal(json.loads(metadata["outline"]), outline)


def test_model_is_old_enough_for_old_runtimes(exported):
    model = onnx.load(exported())
    onnx.checker.check_model(model, full_check=True)
    assert model.ir_version == 7
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 13)]
    # Plain numbers and operators: no code, no other files.
    assert {node.domain for node in model.graph.node} == {""}
    assert not model.functions


@pytest.mark.parametrize(
    ("encoder", "zone"),
    [
        (FunctionTransformer(), None),
        (UTMOneHotEncoder(), None),
        (SoftGridEncoder(4, 5), None),  # another grid in each zone
        (object(), 7),
    ],
)
def test_columns_are_the_input_of_what_a_graph_cannot_compute(exported, encoder, zone):
    if hasattr(encoder, "fit"):
        encoder.fit(PLACE)
    globe = session(exported(encoder=encoder, zone=zone, zone_name="globe"))
    assert [tensor.name for tensor in globe.get_inputs()] == ["columns"]
    columns = np.random.default_rng(0).random((9, 20), dtype=np.float32)
    for part, other in zip(
        globe.run(None, {"columns": columns}),
        torch_outputs(exported.made, columns),
        strict=True,
    ):
        np.testing.assert_allclose(part, other, rtol=0, atol=1e-6)
    metadata = globe.get_modelmeta().custom_metadata_map
    assert metadata["input"] == (
        f"columns: the columns that {type(encoder).__name__}.transform gives, float32"
    )
    assert metadata["zone"] == ("" if zone is None else "7")


def test_outline_may_be_given_where_it_is_not_known(exported):
    ring = [[48.0, -6.0], [48.0, 0.0], [56.0, 0.0], [56.0, -6.0]]
    path = exported(encoder=FunctionTransformer(), outline=np.array(ring))
    metadata = session(path).get_modelmeta().custom_metadata_map
    assert json.loads(metadata["outline"]) == ring


def test_an_encoder_for_the_whole_globe(tmp_path):
    encoder = SphericalHarmonicsEncoder(degree=4).fit(PLACE)
    made = modules(25)
    path = export_zone(
        tmp_path / "globe.onnx",
        **described(made),
        encoder=encoder,
        zone=None,
        zone_name="globe",
    )
    places = np.random.default_rng(0).uniform([-90, -180], [90, 180], (100, 2))
    found = session(path).run(None, {"place": places})
    for part, other in zip(
        found, torch_outputs(made, encoder.transform(places)), strict=True
    ):
        np.testing.assert_allclose(part, other, rtol=0, atol=1e-5)


def test_contexts_may_be_called_anything(exported):
    words = {"scene": "place", "tag": "place_", "object": "Gemm:3 / Ünïcode"}
    london = session(
        exported(
            networks=[[words[name] for name in names] for names in NETWORKS],
            widths={words[name]: width for name, width in WIDTHS.items()},
        )
    )
    assert [tensor.name for tensor in london.get_inputs()] == ["place__"]
    assert [tensor.name for tensor in london.get_outputs()] == list(words.values())
    assert london.get_modelmeta().custom_metadata_map["input"].startswith("place__: ")


def test_file_is_replaced_in_one_step(exported, monkeypatch):
    path = exported()
    before = path.read_bytes()

    def no_disk_left(*_):
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", no_disk_left)
        with pytest.raises(OSError, match="no space left"):
            exported(output_layer=1)
    assert path.read_bytes() == before
    assert exported(output_layer=1) == path
    assert path.read_bytes() != before
    assert [file.name for file in exported.folder.iterdir()] == ["zone.onnx"]


@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
def test_every_value_of_the_graph_is_read(encoder, tmp_path):
    # Old runtimes give wrong numbers from the second batch on where one is not.
    zone = int(utm_zone_ids("30U"))
    columns_session(encoder.fit(PLACE), zone, tmp_path)
    graph = onnx.load(tmp_path / "columns.onnx").graph
    written = [name for node in graph.node for name in node.output]
    written += [array.name for array in graph.initializer]
    read = {name for node in graph.node for name in node.input}
    assert set(written) - read == {"columns"}


def test_same_zone_same_bytes(exported):
    assert exported().read_bytes() == exported().read_bytes()


def test_without_onnx(exported, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-geo\[onnx\]'"):
        exported()


def test_what_does_not_fit_is_said(exported, monkeypatch):
    weights = described(exported.made)["weights"]
    with pytest.raises(ValueError, match=r"1\.trunk\.2\.bias is missing"):
        exported(weights={k: v for k, v in weights.items() if k != "1.trunk.2.bias"})
    with pytest.raises(ValueError, match="no weights of network 0"):
        exported(weights={})
    with pytest.raises(
        ValueError, match=r"0\.trunk\.2\.weight has shape \(32, 64\), not"
    ):
        exported(hidden=(64, 33, 48))
    with pytest.raises(
        ValueError, match="read 20 columns, but SoftGridEncoder gives 9"
    ):
        exported(encoder=SoftGridEncoder(3, 3).fit(PLACE))
    with pytest.raises(
        ValueError, match="2 names for the 7 columns of the context 'scene'"
    ):
        exported(names={"scene": ["beach", "city"]})
    with pytest.raises(ValueError, match="names speaks of 'scenes'; the contexts are"):
        exported(names={"scenes": None})
    monkeypatch.setattr(_onnx, "_MOST_BYTES", 1000)
    with pytest.raises(
        ValueError, match=r"ONNX holds 2\. Train narrower hidden layers"
    ):
        exported()
    assert not list(exported.folder.iterdir())
