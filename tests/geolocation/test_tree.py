# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch

from sklearn_geo.geolocation._tree import TreeMLP, log_sum_up


def test_sums_by_hand():
    logits = torch.log(torch.tensor([[1.0, 2.0, 3.0, 4.0]]))
    # Cell 0 has two fine ones, cell 1 none, cell 2 one; the last lost its ancestor.
    found = log_sum_up(logits, torch.tensor([0, 2, 0, 3]), 3)
    np.testing.assert_allclose(found.exp(), [[4.0, 0.0, 2.0]], rtol=1e-6)


def test_sums_keep_their_digits():
    logits = torch.tensor([[0.0, -500.0, -501.0]])
    found = log_sum_up(logits, torch.tensor([0, 1, 1]), 2)
    np.testing.assert_allclose(found, [[0.0, -500.0 + np.log1p(np.exp(-1.0))]])


def test_gradients_are_those_of_finite_differences():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(3, 5))
    parent = torch.tensor([1, 0, 1, 3, 3])
    weights = torch.tensor(rng.normal(size=(3, 2)), dtype=torch.float32)

    def value(x):
        return float((log_sum_up(torch.tensor(x), parent, 4)[:, :2] * weights).sum())

    at = torch.tensor(logits, requires_grad=True)
    (log_sum_up(at, parent, 4)[:, :2] * weights).sum().backward()
    for row, cell in np.ndindex(logits.shape):
        up, down = logits.copy(), logits.copy()
        up[row, cell] += 1e-2
        down[row, cell] -= 1e-2
        slope = (value(up) - value(down)) / 2e-2
        assert float(at.grad[row, cell]) == pytest.approx(slope, abs=1e-3)
    assert (at.grad[:, 3:] == 0).all()


def test_network_answers_for_every_level():
    parents = [np.array([0, 0, 1, 1]), np.array([0, 1, 2, -1])]
    network = TreeMLP(3, [4, 2], parents, [2, 3])
    X = torch.randn(5, 3)
    coarse, middle, fine, other = network(X)
    assert [tuple(x.shape) for x in (coarse, middle, fine, other)] == [
        (5, 2), (5, 3), (5, 4), (5, 2)
    ]  # fmt: skip
    proba = fine.softmax(dim=1)
    summed = torch.stack([proba[:, :2].sum(dim=1), proba[:, 2:].sum(dim=1)], dim=1)
    torch.testing.assert_close(coarse.softmax(dim=1), summed)
    torch.testing.assert_close(middle, fine[:, :3])
    assert not any("parent" in name for name in network.state_dict())
