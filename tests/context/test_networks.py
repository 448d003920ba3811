# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Networks of a zone against a forward pass by hand."""

import numpy as np
import pytest
import sklearn
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sklearn_geo.context._architecture import Architecture
from sklearn_geo.context._networks import ZoneModules
from sklearn_geo.nets import get_weights, seeded
from tests.context.mlps import architecture, drawn, slow_outputs

COLUMNS = np.random.default_rng(1).normal(size=(40, 3)).astype(np.float32)
LAYERS = ["softmax", 1, 2]


def said(modules, columns, n_outputs, output_layer="softmax", dtype=np.float32):
    out = np.full((columns.shape[0], n_outputs), -7, dtype=dtype)
    modules.write(columns, out, output_layer)
    return out


def test_by_hand():
    # One feature, one hidden unit: x = 2 gives max(0, 2 * 3 - 1) = 5 and logits 5, 0.
    weights = {
        "0.trunk.0.weight": np.array([[3.0]], dtype=np.float32),
        "0.trunk.0.bias": np.array([-1.0], dtype=np.float32),
        "0.heads.weight": np.array([[1.0, 0.0]], dtype=np.float32),
        "0.heads.bias": np.zeros(2, dtype=np.float32),
    }
    shape = Architecture(1, (("tag",),), {"tag": 2}, (1,))
    modules = ZoneModules(shape, weights)
    columns = np.array([[2.0], [0.0]], dtype=np.float32)
    assert_allclose(said(modules, columns, 1, 1), [[5.0], [0.0]])
    share = np.exp(5) / (1 + np.exp(5))
    expected = [[share, 1 - share], [0.5, 0.5]]
    assert_allclose(said(modules, columns, 2), expected, rtol=1e-5)


def test_module_starts_as_glorot_draws_it():
    shape = architecture()
    with seeded(3, "cpu"):
        first = get_weights(shape.module(0))
    with seeded(3, "cpu"):
        again = get_weights(shape.module(0))
    for name, array in first.items():
        assert_array_equal(array, again[name])
        assert array.shape == shape.shapes()[f"0.{name}"]
    bound = np.sqrt(6 / (3 + 5))
    assert 0 < np.abs(first["trunk.0.weight"]).max() <= bound
    # A head is drawn as if it were a matrix of its own.
    assert np.abs(first["heads.weight"][:, :2]).max() <= np.sqrt(6 / (4 + 2))


def test_making_modules_draws_nothing():
    torch.manual_seed(0)
    ZoneModules(architecture(), drawn(architecture(), 0))
    state = torch.get_rng_state()
    torch.manual_seed(0)
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("hidden", [(5, 4), (6, 2, 3)])
def test_outputs(layer, kind, hidden):
    shape = architecture(hidden=hidden)
    weights = drawn(shape, 0)
    found = said(
        ZoneModules(shape, weights), kind(COLUMNS), shape.n_outputs(layer), layer
    )
    assert_allclose(
        found, slow_outputs(shape, weights, COLUMNS, layer), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("layer", LAYERS)
def test_where_the_outputs_go(layer):
    shape = architecture()
    modules, width = ZoneModules(shape, drawn(shape, 0)), shape.n_outputs(layer)
    expected = said(modules, COLUMNS, width, layer)
    assert_allclose(said(modules, COLUMNS, width, layer, np.float64), expected)
    wide = np.full((40, width + 5), -7, dtype=np.float32)
    modules.write(COLUMNS, wide[:, 2 : 2 + width], layer)
    assert_array_equal(wide[:, 2 : 2 + width], expected)
    assert (wide[:, [0, 1, -1]] == -7).all()
    backwards = np.empty((40, width), dtype=np.float32)[::-1]
    modules.write(COLUMNS, backwards, layer)
    assert_array_equal(backwards, expected)


def test_one_context_is_written_in_place():
    shape = Architecture(3, (("tag",),), {"tag": 3}, (5,))
    weights = drawn(shape, 2)
    found = said(ZoneModules(shape, weights), COLUMNS, 3)
    assert_allclose(found, slow_outputs(shape, weights, COLUMNS), rtol=1e-4)


@pytest.mark.parametrize("layer", LAYERS)
def test_chunks_change_nothing(layer):
    shape = architecture()
    modules, width = ZoneModules(shape, drawn(shape, 0)), shape.n_outputs(layer)
    whole = said(modules, COLUMNS, width, layer)
    with sklearn.config_context(working_memory=1e-4):  # 100 bytes, a row at a time
        assert_allclose(said(modules, COLUMNS, width, layer), whole, rtol=1e-5)
    for row in (0, 17):
        alone = said(modules, COLUMNS[row : row + 1], width, layer)
        assert_allclose(alone[0], whole[row], rtol=1e-5, atol=1e-7)


def test_large_logits_do_not_overflow():
    shape = Architecture(3, (("tag",),), {"tag": 3}, (5,))
    weights = {name: 1e4 * array for name, array in drawn(shape, 2).items()}
    found = said(ZoneModules(shape, weights), COLUMNS, 3)
    assert_allclose(found.sum(axis=1), 1.0, rtol=1e-6)


def test_weights_are_shared_and_never_written_to():
    shape = architecture()
    weights = drawn(shape, 0)
    copies = {name: array.copy() for name, array in weights.items()}
    locked = {name: array.view() for name, array in weights.items()}
    for array in locked.values():
        array.flags.writeable = False
    for given in (weights, locked):
        modules = ZoneModules(shape, given)
        said(modules, COLUMNS, 9)
        for number, layers in enumerate(modules.layers):
            assert len(layers) == 3
            for name, pair in zip(("trunk.0", "trunk.2", "heads"), layers, strict=True):
                for kind, tensor in zip(("weight", "bias"), pair, strict=True):
                    array = weights[f"{number}.{name}.{kind}"]
                    assert np.shares_memory(tensor.numpy(), array)
                    assert not tensor.requires_grad
    assert not any(array.flags.writeable for array in locked.values())
    for name, array in weights.items():
        assert_array_equal(array, copies[name])


def test_weights_that_nobody_may_write_to_are_copied():
    shape = architecture()
    weights = drawn(shape, 0)
    frozen = {
        name: np.frombuffer(array.tobytes(), dtype=np.float32).reshape(array.shape)
        for name, array in weights.items()
    }
    found = said(ZoneModules(shape, frozen), COLUMNS, 9)
    assert_array_equal(found, said(ZoneModules(shape, weights), COLUMNS, 9))
