# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What networks say, without torch: hand-worked, and torch's own numbers."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import sklearn
import torch
from scipy import sparse

from sklearn_geo.context import _numpy_forward
from sklearn_geo.context._architecture import Architecture
from sklearn_geo.context._networks import ZoneModules
from sklearn_geo.context._numpy_forward import NumpyModules, forward, trunk_depth
from sklearn_geo.nets import HeadedMLP, get_weights

# Contexts in another order than the networks have them.
WIDTHS = {"scene": 4, "tag": 6, "object": 3}
NETWORKS = (("object", "scene"), ("tag",))
HIDDEN = (7, 9, 8)


def modules(n_features=5, hidden=HIDDEN):
    torch.manual_seed(0)
    made = [
        HeadedMLP(n_features, [WIDTHS[name] for name in names], hidden=hidden)
        for names in NETWORKS
    ]
    for module in made:  # biases begin at zero, and would not be seen
        for parameter in module.parameters():
            parameter.data += 0.3 * torch.randn_like(parameter)
    return made


def weights_of(made):
    return {
        f"{number}.{name}": array
        for number, module in enumerate(made)
        for name, array in get_weights(module).items()
    }


@pytest.fixture
def columns():
    return np.random.default_rng(0).standard_normal((40, 5)).astype(np.float32)


def test_one_network_worked_by_hand():
    weights = {
        "0.trunk.0.weight": np.array([[1.0, 2.0], [0.0, -1.0]]),  # rows are inputs
        "0.trunk.0.bias": np.array([0.0, 1.0]),
        "0.trunk.2.weight": np.array([[1.0, 0.0], [0.0, -1.0], [1.0, 1.0]]),  # outputs
        "0.trunk.2.bias": np.array([-1.0, 0.0, 0.0]),
        "0.heads.weight": np.log([[2.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 2.0]]),
        "0.heads.bias": np.array([0.0, 0.0, 0.0]),
    }
    widths = {"tag": 3}
    # (2, 1) -> max(0, (2, 4 - 1 + 1)) = (2, 4) -> max(0, (1, -4, 6)) = (1, 0, 6)
    one = [[2.0, 1.0]]
    np.testing.assert_array_equal(forward(one, weights, [["tag"]], widths, 1), [[2, 4]])
    np.testing.assert_array_equal(
        forward(one, weights, [["tag"]], widths, 2), [[1, 0, 6]]
    )
    # Logits log 2, 0 and 6 log 2: 2, 1 and 64 of 67.
    np.testing.assert_allclose(
        forward(one, weights, [["tag"]], widths), [[2 / 67, 1 / 67, 64 / 67]], rtol=1e-6
    )


def test_equal_to_torch(columns):
    made = modules()
    with torch.inference_mode():
        logits = {
            name: part
            for names, module in zip(NETWORKS, made, strict=True)
            for name, part in zip(names, module(torch.tensor(columns)), strict=True)
        }
        expected = [torch.softmax(logits[name], dim=1).numpy() for name in WIDTHS]
    found = forward(columns, weights_of(made), NETWORKS, WIDTHS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.hstack(expected), atol=1e-6)


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_hidden_layers_equal_to_torch(columns, layer):
    made = modules()
    with torch.inference_mode():
        expected = [m.trunk[: 2 * layer](torch.tensor(columns)).numpy() for m in made]
    found = forward(columns, weights_of(made), NETWORKS, WIDTHS, layer)
    np.testing.assert_allclose(found, np.hstack(expected), atol=1e-5)


@pytest.mark.parametrize("layer", ["softmax", 2])
def test_twin_of_the_modules(columns, layer):
    architecture = Architecture(5, NETWORKS, WIDTHS, HIDDEN)
    weights = weights_of(modules())
    shape = (len(columns), architecture.n_outputs(layer))
    written = []
    for kind in (NumpyModules, ZoneModules):
        out = np.empty(shape, dtype=np.float32)
        kind(architecture, weights).write(columns, out, layer)
        written.append(out)
    np.testing.assert_allclose(*written, atol=1e-5)


def test_linear_heads_sparse_and_double_precision_columns(columns):
    made = modules(hidden=())
    weights = weights_of(made)
    assert trunk_depth(weights, 0) == 0
    columns[columns < 0.5] = 0.0
    expected = forward(columns, weights, NETWORKS, WIDTHS)
    for other in (sparse.csr_array(columns), sparse.csr_matrix(columns)):
        found = forward(other, weights, NETWORKS, WIDTHS)
        np.testing.assert_allclose(found, expected, atol=1e-6)
    double = forward(columns.astype(np.float64).tolist(), weights, NETWORKS, WIDTHS)
    np.testing.assert_array_equal(double, expected)


def test_memory_is_bounded_and_rows_stay_the_same():
    widths, networks = {"tag": 3}, [["tag"]]
    torch.manual_seed(0)
    weights = weights_of([HeadedMLP(50, [3], hidden=(200,))])
    columns = np.random.default_rng(0).random((20_000, 50), dtype=np.float32)
    whole = forward(columns, weights, networks, widths)
    with sklearn.config_context(working_memory=1):
        tracemalloc.start()
        chunked = forward(columns, weights, networks, widths)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    # The layer of 200 would take 15 MiB.
    assert peak < chunked.nbytes + 3 * 2**20
    np.testing.assert_allclose(chunked, whole, atol=1e-6)
    alone = np.vstack(
        [forward(row[None], weights, networks, widths) for row in columns[:9]]
    )
    np.testing.assert_allclose(alone, whole[:9], atol=1e-6)


def test_extreme_logits_stay_distributions():
    weights = {
        "0.heads.weight": np.array([[1e30, -1e30, 0.0]]),
        "0.heads.bias": np.zeros(3),
    }
    found = forward([[1.0], [-1.0], [0.0]], weights, [["tag"]], {"tag": 3})
    np.testing.assert_allclose(found, [[1, 0, 0], [0, 1, 0], [1 / 3] * 3], rtol=1e-6)


def test_no_rows():
    weights = weights_of(modules())
    assert forward(np.zeros((0, 5)), weights, NETWORKS, WIDTHS).shape == (0, 13)
    assert forward(np.zeros((0, 5)), weights, NETWORKS, WIDTHS, 2).shape == (0, 18)


def test_weights_in_half_precision(columns):
    weights = {name: a.astype(np.float16) for name, a in weights_of(modules()).items()}
    exact = {name: a.astype(np.float32) for name, a in weights.items()}
    np.testing.assert_array_equal(
        forward(columns, weights, NETWORKS, WIDTHS),
        forward(columns, exact, NETWORKS, WIDTHS),
    )


def test_weights_are_not_written_to(columns):
    weights = weights_of(modules())
    for array in weights.values():
        array.flags.writeable = False
    columns.flags.writeable = False
    for layer in ("softmax", 1, 3):
        forward(columns, weights, NETWORKS, WIDTHS, layer)


def test_what_does_not_fit_is_said(columns):
    weights = weights_of(modules())
    with pytest.raises(ValueError, match="output_layer=4: network 0 has 3 hidden"):
        forward(columns, weights, NETWORKS, WIDTHS, 4)
    with pytest.raises(ValueError, match="output_layer=0: network 0 has 3 hidden"):
        forward(columns, weights, NETWORKS, WIDTHS, 0)
    with pytest.raises(ValueError, match=r"Network 1 has 6 outputs.*'tag': 5"):
        forward(columns, weights, NETWORKS, {**WIDTHS, "tag": 5})
    with pytest.raises(ValueError, match="5 columns, but there are 4"):
        forward(columns[:, :4], weights, NETWORKS, WIDTHS)
    del weights["1.heads.bias"]
    with pytest.raises(ValueError, match=r"network 1 are incomplete.*1\.heads\.bias"):
        forward(columns, weights, NETWORKS, WIDTHS)


def test_needs_no_torch():
    code = (
        "import importlib.util, sys\n"
        "class NoTorch:  # as if it were not installed\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'torch':\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, NoTorch())\n"
        "spec = importlib.util.spec_from_file_location('alone', sys.argv[1])\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
        "weights = {'0.heads.weight': [[0.0, 0.0]], '0.heads.bias': [0.0, 0.0]}\n"
        "print(module.forward([[1.0]], weights, [['tag']], {'tag': 2}).tolist())\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", code, _numpy_forward.__file__],
        capture_output=True,
        text=True,
        check=True,
    )
    assert out.stdout.strip() == "[[0.5, 0.5]]"
