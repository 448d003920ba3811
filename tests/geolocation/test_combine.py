# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax as scipy_log_softmax

from sklearn_geo.geolocation._combine import (
    has_orphans,
    log_softmax,
    merged_head,
    product_scores,
    softmax,
    sum_up,
)

# A tree of seven cells in three partitions: A splits in A1 and A2, A1 in three; A2
# and B stay as they are.
# coarse: A, B      middle: A1, A2, B      fine: A1a, A1b, A1c, A2, B
PARENTS = [np.array([0, 0, 0, 0, 1]), np.array([0, 0, 0, 1, 2])]
COARSE = np.log([[0.6, 0.4]])
MIDDLE = np.log([[0.5, 0.2, 0.3]])
FINE = np.log([[0.1, 0.2, 0.05, 0.3, 0.35]])


def _naive(probas, parents):
    """Multiply one number after the other, with the rule for lost ancestors."""
    n_rows, n_fine = probas[-1].shape
    out = np.empty((n_rows, n_fine))
    for row in range(n_rows):
        for cell in range(n_fine):
            factors = [probas[-1][row, cell]]
            for proba, parent in zip(probas[:-1], parents, strict=True):
                if parent[cell] >= 0:
                    factors.append(proba[row, parent[cell]])
            out[row, cell] = np.prod(factors) ** (len(probas) / len(factors))
    return out / out.sum(axis=1, keepdims=True)


def test_f_star_by_hand_on_seven_cells():
    scores = product_scores([COARSE, MIDDLE, FINE], PARENTS)
    # A1a: .6 * .5 * .1, A1b: .6 * .5 * .2, A1c: .6 * .5 * .05, A2: .6 * .2 * .3, and
    # B: .4 * .3 * .35
    f_star = np.array([[0.030, 0.060, 0.015, 0.036, 0.042]])
    np.testing.assert_allclose(np.exp(scores), f_star, rtol=1e-12)
    np.testing.assert_allclose(softmax(scores), f_star / 0.183, rtol=1e-12)
    # The finest head alone says B; with the coarser ones it is A1b.
    assert FINE.argmax() == 4
    assert scores.argmax() == 1


def test_logits_need_not_be_normalised():
    shifted = [COARSE + 3.0, MIDDLE - 100.0, FINE + 0.5]
    for parents in (PARENTS, [np.array([0, 0, 0, -1, 1]), PARENTS[1]]):
        np.testing.assert_allclose(
            softmax(product_scores(shifted, parents)),
            softmax(product_scores([COARSE, MIDDLE, FINE], parents)),
            rtol=1e-10,
        )


def test_lost_ancestors_by_hand():
    # B lost its coarse cell: (.3 * .35) ** (3 / 2); A2 lost both: .3 ** 3.
    parents = [np.array([0, 0, 0, -1, -1]), np.array([0, 0, 0, -1, 2])]
    assert has_orphans(parents)
    assert not has_orphans(PARENTS)
    scores = product_scores([COARSE, MIDDLE, FINE], parents)
    expected = [[0.030, 0.060, 0.015, 0.027, 0.105**1.5]]
    np.testing.assert_allclose(np.exp(scores), expected, rtol=1e-12)


@given(seed=st.integers(0, 2**32 - 1), orphans=st.booleans())
def test_product_is_a_naive_loop(seed, orphans):
    rng = np.random.default_rng(seed)
    sizes = np.sort(rng.integers(1, 9, size=rng.integers(1, 4)))
    logits = [rng.normal(scale=5.0, size=(3, size)) for size in sizes]
    parents = [rng.integers(-orphans, size, size=sizes[-1]) for size in sizes[:-1]]
    expected = _naive([np.exp(scipy_log_softmax(x, axis=1)) for x in logits], parents)
    kept = [x.copy() for x in logits]
    found = softmax(product_scores(logits, parents))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    for before, after in zip(kept, logits, strict=True):
        np.testing.assert_array_equal(before, after)


def test_one_merged_head_is_the_product_of_all():
    rng = np.random.default_rng(0)
    sizes, n_features = [2, 3, 5], 4
    weights = [rng.normal(size=(n_features, size)) for size in sizes]
    biases = [rng.normal(size=size) for size in sizes]
    X = rng.normal(size=(6, n_features))
    logits = [X @ w + b for w, b in zip(weights, biases, strict=True)]
    weight, bias = merged_head(weights, biases, PARENTS)
    np.testing.assert_allclose(
        X @ weight + bias, product_scores(logits, PARENTS), rtol=1e-10
    )


def test_softmaxes_take_cells_that_cannot_be():
    scores = np.array([[0.0, -np.inf, 0.0], [-2000.0, -np.inf, -np.inf]])
    expected = [[0.5, 0.0, 0.5], [1.0, 0.0, 0.0]]
    np.testing.assert_allclose(np.exp(log_softmax(scores.copy())), expected)
    np.testing.assert_allclose(softmax(scores.copy()), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_go_up_the_tree(dtype):
    proba = np.array([[0.1, 0.2, 0.3, 0.4], [0.0, 0.5, 0.5, 0.0]], dtype=dtype)
    found = sum_up(proba, np.array([0, 0, 0, 1]), 2)
    np.testing.assert_allclose(found, [[0.6, 0.4], [1.0, 0.0]])
    # In any order; a cell without children gets nothing; what has no parent is lost.
    parent = np.array([3, -1, 0, 3])
    found = sum_up(proba, parent, 4)
    np.testing.assert_allclose(found, [[0.3, 0, 0, 0.5], [0.5, 0, 0, 0]])
    assert found.dtype == dtype
    np.testing.assert_array_equal(sum_up(proba, np.full(4, -1), 2), np.zeros((2, 2)))
