# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Outputs in chunks: bounded memory, rows that do not mind their neighbours."""

import numpy as np
import pytest
import sklearn
import torch
from scipy import sparse

from sklearn_geo.nets import HeadedMLP, net_outputs

rng = np.random.default_rng(0)
X = rng.standard_normal((301, 20))
torch.manual_seed(0)
NETWORK = HeadedMLP(20, [7, 30], hidden=(50,), dropout=0.5, batch_norm=True)


def joined(X, **options):
    parts = [outputs for _, outputs in net_outputs(NETWORK, X, **options)]
    return [np.concatenate([part[k].numpy() for part in parts]) for k in (0, 1)]


def test_chunks_cover_the_rows_within_memory():
    with sklearn.config_context(working_memory=0.01):
        chunks = [rows for rows, _ in net_outputs(NETWORK, X, bytes_a_row=300)]
    assert [rows.start for rows in chunks] == list(range(0, 301, 34))
    assert chunks[-1].stop == 301
    # Reckoned from the network: more than its inputs and outputs.
    with sklearn.config_context(working_memory=0.01):
        widths = [rows.stop - rows.start for rows, _ in net_outputs(NETWORK, X)]
    assert max(widths) * 4 * (20 + 50 + 37) < 0.01 * 2**20


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array, np.float32])
def test_rows_are_independent(form):
    rows = form(X)
    whole = joined(rows)
    for size in (1, 7, 300):
        parts = joined(rows, bytes_a_row=2**30 // size)
        for a, b in zip(whole, parts, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-6)


def test_network_is_asked_not_trained():
    NETWORK.train()
    first, again = joined(X), joined(X)  # no dropout
    assert np.array_equal(first[0], again[0])
    assert NETWORK.trunk[1].num_batches_tracked == 0


def test_methods_of_the_network():
    ((rows, (hidden,)),) = net_outputs(NETWORK, X, method="features")
    assert rows == slice(0, 301)
    assert hidden.shape == (301, 50)


def test_no_rows():
    assert list(net_outputs(NETWORK, X[:0])) == []


def test_images_need_room_for_their_feature_maps():
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.AdaptiveAvgPool2d(1)
    )
    images = np.zeros((5, 3, 16, 16), dtype=np.float32)
    # 4 * (768 + 2 * 8 * 256) bytes each
    with sklearn.config_context(working_memory=2 * 4 * (768 + 4096) / 2**20 + 1e-9):
        chunks = [rows.stop for rows, _ in net_outputs(network, images)]
    assert chunks == [2, 4, 5]


def test_answers_that_are_not_finite_name_the_row():
    network = HeadedMLP(2, [1], init="zeros")
    with torch.no_grad():
        network.heads.weight.fill_(1e30)
    X = np.array([[0.0, 1.0], [1e20, -1e20], [0.0, 0.0]], dtype=np.float32)
    assert len(list(net_outputs(network, X[::2]))) == 1
    with pytest.raises(ValueError, match="X, row 1: the network's answer"):
        list(net_outputs(network, X))


def test_a_network_may_have_nothing_to_learn():
    X = np.arange(6.0).reshape(3, 2)
    ((rows, (outputs,)),) = net_outputs(torch.nn.Flatten(), X)
    assert rows == slice(0, 3)
    assert outputs.tolist() == X.tolist()
