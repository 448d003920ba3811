# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Losses by hand, against torch's own, and by finite differences."""

import math

import numpy as np
import pytest
import torch
from scipy import sparse
from torch.nn import functional

from sklearn_geo.nets import (
    HeadsLoss,
    SparseRows,
    cross_entropy,
    kl_divergence,
    pairwise_ranking,
    weighted_mean,
)

LOG2 = math.log(2)
NAN = math.nan


def logits_and_teacher(n=6, k=5, seed=0):
    rng = np.random.default_rng(seed)
    teacher = rng.random((n, k)) * (rng.random((n, k)) < 0.7)
    teacher[:, 0] += 0.1
    teacher /= teacher.sum(axis=1, keepdims=True)
    logits = torch.from_numpy(rng.standard_normal((n, k))).float()
    return logits, torch.from_numpy(teacher).float()


def as_rows(teacher):
    return SparseRows(sparse.csr_array(teacher.numpy()))


def test_cross_entropy_by_hand():
    # Probabilities 1/4, 3/4.
    logits = torch.tensor([[0.0, math.log(3)]] * 4)
    hard = cross_entropy(logits, torch.tensor([0, 1, -1, 0]))
    np.testing.assert_allclose(
        hard, [math.log(4), math.log(4 / 3), 0, math.log(4)], rtol=1e-6
    )
    soft = torch.tensor([[0.5, 0.5], [0, 1], [0, 0], [NAN, NAN]])
    expected = [
        0.5 * math.log(4) + 0.5 * math.log(4 / 3),
        math.log(4 / 3),
        0,
        0,
    ]
    np.testing.assert_allclose(cross_entropy(logits, soft), expected, atol=1e-6)
    rows = as_rows(torch.nan_to_num(soft))
    np.testing.assert_allclose(cross_entropy(logits, rows), expected, atol=1e-6)


def test_kl_by_hand():
    # Teacher (1/2, 1/2) against (1/4, 3/4): 1/2 log 2 + 1/2 log (2/3).
    logits = torch.tensor([[0.0, math.log(3)]] * 4)
    teacher = torch.tensor([[0.5, 0.5], [0.25, 0.75], [1, 0], [NAN, NAN]])
    expected = [0.5 * LOG2 + 0.5 * math.log(2 / 3), 0, math.log(4), 0]
    np.testing.assert_allclose(kl_divergence(logits, teacher), expected, atol=1e-6)
    rows = as_rows(torch.nan_to_num(teacher))
    np.testing.assert_allclose(kl_divergence(logits, rows), expected, atol=1e-6)


@pytest.mark.parametrize("loss", [cross_entropy, kl_divergence])
def test_sparse_rows_with_nan_teach_nothing(loss):
    logits, teacher = logits_and_teacher()
    teacher[1] = NAN
    teacher[4, 2] = NAN  # one is enough
    logits.requires_grad_()
    rows = loss(logits, as_rows(teacher))
    dense = loss(logits, teacher)
    assert rows[1].item() == rows[4].item() == 0.0
    torch.testing.assert_close(rows, dense)
    rows.sum().backward()
    assert (logits.grad[[1, 4]] == 0).all()
    assert torch.isfinite(logits.grad).all()
    assert (logits.grad[[0, 2, 3, 5]] != 0).any(dim=1).all()


def test_entries_of_a_sparse_teacher_are_added_up():
    # (1/4 + 1/4, 1/2) against (1/4, 3/4): 1/2 log 2 + 1/2 log (2/3).
    parts = (np.array([0.25, 0.25, 0.5]), np.array([0, 0, 1]), np.array([0, 3]))
    rows = SparseRows(sparse.csr_array(parts, shape=(1, 2)))
    logits = torch.tensor([[0.0, math.log(3)]])
    expected = 0.5 * LOG2 + 0.5 * math.log(2 / 3)
    assert kl_divergence(logits, rows).item() == pytest.approx(expected, abs=1e-6)
    expected = 0.5 * math.log(4) + 0.5 * math.log(4 / 3)
    assert cross_entropy(logits, rows).item() == pytest.approx(expected, abs=1e-6)


def test_against_torch():
    logits, teacher = logits_and_teacher()
    theirs = functional.kl_div(logits.log_softmax(1), teacher, reduction="none").sum(
        dim=1
    )
    torch.testing.assert_close(kl_divergence(logits, teacher), theirs)
    torch.testing.assert_close(kl_divergence(logits, as_rows(teacher)), theirs)
    theirs = functional.cross_entropy(logits, teacher, reduction="none")
    torch.testing.assert_close(cross_entropy(logits, teacher), theirs)
    torch.testing.assert_close(cross_entropy(logits, as_rows(teacher)), theirs)


@pytest.mark.parametrize("loss", [cross_entropy, kl_divergence])
@pytest.mark.parametrize("form", [torch.clone, as_rows])
def test_gradients_are_student_minus_teacher(loss, form):
    logits, teacher = logits_and_teacher()
    logits.requires_grad_()
    loss(logits, form(teacher)).sum().backward()
    torch.testing.assert_close(logits.grad, logits.detach().softmax(1) - teacher)


def test_rows_that_miss_a_context_have_no_gradient():
    logits, teacher = logits_and_teacher()
    teacher[2] = NAN
    logits.requires_grad_()
    kl_divergence(logits, teacher).sum().backward()
    assert torch.isfinite(logits.grad).all()
    assert (logits.grad[2] == 0).all()
    assert (logits.grad[3] != 0).any()


def test_large_logits_do_not_overflow():
    logits = torch.tensor([[1000.0, 0.0]])
    assert cross_entropy(logits, torch.tensor([1])).item() == 1000.0
    assert kl_divergence(logits, torch.tensor([[0.0, 1.0]])).item() == 1000.0


def test_ranking_by_hand():
    positive = torch.tensor([2.0, 0.0])
    negative = torch.tensor([[1.5, -1.0], [3.0, 0.0]])
    # max(0, 1 - d): (0.5, 0) and (4, 1)
    assert pairwise_ranking(positive, negative).tolist() == [0.25, 2.5]
    assert pairwise_ranking(positive, negative[:, 0], margin=0.2).tolist() == [
        0.0,
        pytest.approx(3.2),
    ]
    found = pairwise_ranking(positive, negative, kind="logistic")
    expected = [
        (math.log1p(math.exp(-0.5)) + math.log1p(math.exp(-3))) / 2,
        (math.log1p(math.exp(3)) + LOG2) / 2,
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    with pytest.raises(ValueError, match=r'kind=.warp.: use "hinge"'):
        pairwise_ranking(positive, negative, kind="warp")


def test_ranking_against_torch():
    positive, negative = torch.randn(2, 9)
    theirs = functional.margin_ranking_loss(
        positive, negative, torch.ones(9), margin=0.3, reduction="none"
    )
    ours = pairwise_ranking(positive, negative, margin=0.3)
    torch.testing.assert_close(ours, theirs)


def test_weighted_mean_by_hand():
    rows = torch.tensor([1.0, 2.0, 6.0])
    assert weighted_mean(rows).item() == 3.0
    assert weighted_mean(rows, torch.tensor([3.0, 0.0, 0.0])).item() == 1.0


def test_heads_by_hand():
    logits = [torch.zeros(2, 2), torch.zeros(2, 8)]
    targets = [torch.tensor([1, 0]), torch.tensor([5, -1])]
    # Rows: (log 2 + log 8) / 2 and (log 2 + 0) / 2.
    assert HeadsLoss()(logits, targets).item() == pytest.approx(1.25 * LOG2)
    loss = HeadsLoss(reduce="sum", head_weights=[1.0, 0.5])
    assert loss(logits, targets).item() == pytest.approx((2 + 1.5) / 2 * LOG2)
    weight = torch.tensor([0.5, 1.5])
    found = HeadsLoss()(logits, targets, weight).item()
    assert found == pytest.approx((0.5 * 2 + 1.5 * 0.5) / 2 * LOG2)


def test_heads_with_losses_of_their_own():
    logits, teacher = logits_and_teacher()
    loss = HeadsLoss(["kl", "cross_entropy", lambda z, t: (z[:, 0] - t) ** 2])
    targets = [teacher, torch.arange(6) % 5, logits[:, 0] + 2]
    rows = loss.rows([logits] * 3, targets)
    expected = (
        kl_divergence(logits, teacher) + cross_entropy(logits, targets[1]) + 4
    ) / 3
    torch.testing.assert_close(rows, expected)


def test_heads_say_what_is_wrong():
    with pytest.raises(ValueError, match="has 1 heads; got 2 targets"):
        HeadsLoss()([torch.zeros(1, 2)], [torch.tensor([0])] * 2)
    with pytest.raises(ValueError, match=r'reduce=.max.: use "mean"'):
        HeadsLoss(reduce="max")
    with pytest.raises(ValueError, match=r"^losses: .KL. is none\. Use one of .*.kl."):
        HeadsLoss(["kl", "KL"])
    heads = [torch.zeros(1, 2)] * 2, [torch.tensor([0])] * 2
    for wrong in (HeadsLoss(["kl"]), HeadsLoss(head_weights=[1.0])):
        with pytest.raises(ValueError, match=r"has 2 heads; there are . losses and ."):
            wrong(*heads)


@pytest.mark.parametrize("form", [list, tuple, np.array])
def test_weights_of_heads_are_any_sequence(form):
    heads = [torch.zeros(1, 2), torch.zeros(1, 8)], [torch.tensor([0])] * 2
    loss = HeadsLoss(head_weights=form([2.0, 1.0]), reduce="sum")(*heads)
    assert float(loss) == pytest.approx(np.log(2 * 2 * 8))
