# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import tracemalloc

import numpy as np
import pytest
import torch
from scipy import sparse
from scipy.special import log_softmax

from sklearn_geo.geolocation import _scorer
from sklearn_geo.geolocation._scorer import CellScorer
from sklearn_geo.nets import HeadedMLP

PARENTS = [np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 2, 2])]
ORPHANS = [np.array([0, 0, -1, 1, 1]), PARENTS[1]]
N_CELLS = [2, 3, 5]


def _network(hidden=(), n_features=6):
    torch.manual_seed(0)
    return HeadedMLP(n_features, [*N_CELLS, 4], hidden=hidden)


def _naive(network, X, parents):
    with torch.no_grad():
        logits = network(torch.tensor(X, dtype=torch.float32))[:3]
    logs = [log_softmax(x.numpy().astype(np.float64), axis=1) for x in logits]
    total = logs[2].copy()
    speaking = np.ones(5)
    for level, parent in enumerate(parents):
        for cell in range(5):
            if parent[cell] >= 0:
                total[:, cell] += logs[level][:, parent[cell]]
                speaking[cell] += 1
    return log_softmax(total * 3 / speaking, axis=1)


def _scores(scorer, X, log_prior=None):
    parts = [(r, s.copy()) for r, s in scorer.log_scores(X, log_prior)]
    rows = np.concatenate([np.arange(len(X) if sparse.issparse(X) is False else
                                     X.shape[0])[r] for r, _ in parts])  # fmt: skip
    np.testing.assert_array_equal(rows, np.arange(X.shape[0]))
    return log_softmax(np.concatenate([s for _, s in parts]), axis=1)


@pytest.mark.parametrize("hidden", [(), (7,)])
@pytest.mark.parametrize("parents", [PARENTS, ORPHANS])
@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize("kind", [np.float64, np.float32, sparse.csr_array])
def test_scores_are_those_of_a_naive_loop(hidden, parents, merged, kind, monkeypatch):
    if not merged:
        monkeypatch.setattr(_scorer, "_MERGED_BYTES", 0)
    monkeypatch.setattr(_scorer, "_PIECE_ROWS", (1, 8))
    X = np.random.default_rng(0).normal(size=(30, 6))
    network = _network(hidden)
    given = kind(X) if kind is sparse.csr_array else X.astype(kind)
    found = _scores(CellScorer(network, parents, N_CELLS, "product"), given)
    np.testing.assert_allclose(found, _naive(network, X, parents), rtol=1e-4, atol=1e-5)


def test_heads_of_their_own():
    X = np.random.default_rng(0).normal(size=(9, 6))
    network = _network((4,))
    scorer = CellScorer(network, PARENTS, N_CELLS, "finest")
    with torch.no_grad():
        expected = [
            torch.softmax(x, 1).numpy()
            for x in network(torch.tensor(X, dtype=torch.float32))
        ]
    for number in range(4):
        found = np.concatenate([p for _, p in scorer.head_proba(X, number)])
        np.testing.assert_allclose(found, expected[number], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        np.exp(_scores(scorer, X)), expected[2], rtol=1e-4, atol=1e-6
    )


def test_what_can_be_made_again_is_not_pickled():
    X = np.random.default_rng(0).normal(size=(9, 6))
    scorer = CellScorer(_network(), PARENTS, N_CELLS, "product")
    before = _scores(scorer, X)
    copy = pickle.loads(pickle.dumps(scorer))
    assert not copy._ready
    np.testing.assert_array_equal(_scores(copy, X), before)


def test_priors_of_rows_stay_with_their_rows(monkeypatch):
    monkeypatch.setattr(_scorer, "_PIECE_ROWS", (1, 4))
    rng = np.random.default_rng(0)
    X, prior = rng.normal(size=(11, 6)), rng.normal(size=(11, 5))
    scorer = CellScorer(_network(), PARENTS, N_CELLS, "product")
    expected = log_softmax(_scores(scorer, X) + prior, axis=1)
    np.testing.assert_allclose(_scores(scorer, X, prior), expected, rtol=1e-9)


@pytest.mark.parametrize("merged", [True, False])
def test_memory_is_bounded(merged, monkeypatch):
    if not merged:
        monkeypatch.setattr(_scorer, "_MERGED_BYTES", 0)
    n_rows, n_cells = 20_000, [50, 200, 1000]
    parents = [np.arange(1000) // 20, np.arange(1000) // 5]
    torch.manual_seed(0)
    scorer = CellScorer(HeadedMLP(8, n_cells), parents, n_cells, "product")
    X = np.ones((n_rows, 8), dtype=np.float32)
    for _ in scorer.log_scores(X[:1]):
        pass
    tracemalloc.start()
    for _ in scorer.log_scores(X):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # All scores at once would be 80 MB for the finest level alone.
    assert peak < 30e6
