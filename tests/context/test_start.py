# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Networks start at the mean of what teachers say."""

import pickle
from functools import partial

import numpy as np
import pytest
import sklearn
import torch
from scipy import sparse

from sklearn_geo.context._start import biases_at_mean, starting_at_mean
from sklearn_geo.nets import HeadedMLP, LazyRows, get_weights

# Three photos, four tags; the last tag is nobody's.
ROWS = np.array([[0.5, 0.5, 0, 0], [1.0, 0, 0, 0], [0, 0, 1.0, 0]])
# Column sums 1.5, 0.5, 1.0, 0 of 3; a tenth of the uniform row is 0.025 a column.
MEAN = np.array([0.9 * 0.5, 0.9 / 6, 0.9 / 3, 0.0]) + 0.025
# With weights 1, 0, 3: sums 0.5, 0.5, 3, 0 of 4.
WEIGHT = np.array([1.0, 0.0, 3.0])
WEIGHTED = np.array([0.9 / 8, 0.9 / 8, 0.9 * 0.75, 0.0]) + 0.025


def kinds(rows):
    return {
        "float64": rows,
        "float32": rows.astype(np.float32),
        "csr_array": sparse.csr_array(rows),
        "csr_matrix": sparse.csr_matrix(rows),
        "lazy": LazyRows(rows.shape, lambda at: rows[at]),
        "lazy sparse": LazyRows(rows.shape, lambda at: sparse.csr_array(rows[at])),
    }


@pytest.mark.parametrize("kind", kinds(ROWS))
def test_means_by_hand(kind):
    targets = [kinds(ROWS)[kind]]
    np.testing.assert_allclose(np.exp(biases_at_mean(targets)), MEAN, rtol=1e-6)
    found = np.exp(biases_at_mean(targets, WEIGHT))
    np.testing.assert_allclose(found, WEIGHTED, rtol=1e-6)
    np.testing.assert_allclose(
        np.exp(biases_at_mean(targets, 1e6 * WEIGHT)), WEIGHTED, rtol=1e-6
    )


def test_rows_that_miss_a_context_do_not_count():
    missing = np.full((1, 4), np.nan)
    partly = np.array([[np.nan, 1.0, 0.0, 0.0]])
    zeros = np.zeros((1, 4))
    rows = np.vstack([missing, ROWS, partly, zeros])
    np.testing.assert_allclose(np.exp(biases_at_mean([rows])), MEAN, rtol=1e-6)
    weight = np.array([50.0, *WEIGHT, 70.0, 90.0])
    found = np.exp(biases_at_mean([rows], weight))
    np.testing.assert_allclose(found, WEIGHTED, rtol=1e-6)


def test_contexts_without_photos_are_uniform():
    nothing = [
        np.full((3, 4), np.nan),
        sparse.csr_array((3, 4)),
        np.empty((0, 4)),
    ]
    for target in nothing:
        np.testing.assert_allclose(np.exp(biases_at_mean([target])), 0.25, rtol=1e-6)
    silent = np.exp(biases_at_mean([ROWS], np.zeros(3)))
    np.testing.assert_allclose(silent, 0.25, rtol=1e-6)


def test_heads_stand_side_by_side():
    other = np.array([[1.0, 0.0], [np.nan, np.nan], [1.0, 0.0]])
    found = np.exp(biases_at_mean([ROWS, sparse.csr_array(np.eye(3)), other]))
    expected = np.concatenate([MEAN, np.full(3, 1 / 3), [0.95, 0.05]])
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert found.dtype == np.float32


def test_chunks_do_not_matter():
    rng = np.random.default_rng(0)
    rows = rng.dirichlet(np.ones(50), size=5000)
    rows[rng.random(5000) < 0.2] = np.nan
    weight = rng.random(5000)
    whole = biases_at_mean([rows], weight)
    with sklearn.config_context(working_memory=0.01):
        np.testing.assert_allclose(biases_at_mean([rows], weight), whole, rtol=1e-6)
    ok = ~np.isnan(rows[:, 0])
    mean = np.average(rows[ok], axis=0, weights=weight[ok])
    np.testing.assert_allclose(np.exp(whole), 0.9 * mean + 0.1 / 50, rtol=1e-6)


def test_a_network_whose_heads_are_zero_says_the_mean():
    other = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    make = partial(HeadedMLP, 3, [4, 2], hidden=(5,))
    network = starting_at_mean(make, [ROWS, other])()
    torch.nn.init.zeros_(network.heads.weight)
    first, second = network(torch.randn(6, 3))
    np.testing.assert_allclose(
        first.softmax(dim=1).detach(), np.tile(MEAN, (6, 1)), rtol=1e-5
    )
    np.testing.assert_allclose(
        second.softmax(dim=1).detach(), np.tile([0.95, 0.05], (6, 1)), rtol=1e-5
    )
    assert network.heads.bias.requires_grad


def test_networks_that_will_be_made():
    make = starting_at_mean(partial(HeadedMLP, 3, [4], hidden=(5,)), [ROWS], WEIGHT)
    again = pickle.loads(pickle.dumps(make))
    torch.manual_seed(0)
    first = get_weights(make())
    torch.manual_seed(0)
    second = get_weights(again())
    torch.manual_seed(0)
    plain = get_weights(HeadedMLP(3, [4], hidden=(5,)))
    for name, array in plain.items():
        np.testing.assert_array_equal(first[name], second[name])
        if name != "heads.bias":
            np.testing.assert_array_equal(first[name], array)
    np.testing.assert_allclose(np.exp(first["heads.bias"]), WEIGHTED, rtol=1e-6)


def test_what_will_be_made_holds_no_target():
    big = np.zeros((20_000, 4))
    big[:, 0] = 1.0
    make = starting_at_mean(partial(HeadedMLP, 3, [4]), [big])
    assert len(pickle.dumps(make)) < 2000


def test_targets_of_another_network():
    make = starting_at_mean(partial(HeadedMLP, 3, [5]), [ROWS])
    with pytest.raises(ValueError, match=r"have 4 columns in all; .* have 5\."):
        make()


def test_rows_held_out_do_not_count():
    rows = np.vstack([ROWS, [[0, 0, 0, 1.0]]])
    weight = np.array([*WEIGHT, 1000.0])
    at = np.array([2, 0, 1])
    found = biases_at_mean([rows, sparse.csr_array(rows)], weight, at)
    np.testing.assert_allclose(np.exp(found), np.tile(WEIGHTED, 2), rtol=1e-6)
    make = starting_at_mean(partial(HeadedMLP, 3, [4]), [rows], rows=at)
    np.testing.assert_allclose(make().heads.bias.exp().detach(), MEAN, rtol=1e-6)
