# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Equation 5 by hand: the loss of the main head and of every block alone."""

import numpy as np
import pytest
import torch
from scipy.special import expit, softmax

from sklearn_geo.fusion._loss import FusionLoss, squared_error
from sklearn_geo.fusion._network import Learning

MAIN = np.array([[2.0, -1.0], [0.5, 0.0], [-3.0, 1.0]])
AUX = [np.array([[1.0, 1.0], [-2.0, 0.5], [0.0, 4.0]]), -MAIN]
LABELS = np.array([[1, 0], [1, 1], [0, 0]])
CLASSES = np.array([0, 1, 1])
NUMBERS = np.array([[0.5, -1.0], [2.0, 0.25], [1.0, 1.0]])


def binary(scores, target, balance=None):
    """Binary cross-entropy, the mean over the labels of a row."""
    p = expit(scores)
    each = -(target * np.log(p) + (1 - target) * np.log(1 - p))
    if balance is not None:
        each = each * np.where(target == 1, balance[:, 1], balance[:, 0])
    return each.mean(axis=1)


def of_classes(scores, target, balance=None):
    rows = -np.log(softmax(scores, axis=1)[np.arange(len(target)), target])
    return rows if balance is None else rows * balance[target]


def of_numbers(scores, target, balance=None):
    return ((scores - target) ** 2).mean(axis=1)


KINDS = {
    "labels": (binary, LABELS),
    "classes": (of_classes, CLASSES),
    "numbers": (of_numbers, NUMBERS),
}


def _learning(present=None):
    tensors = [torch.tensor(each, dtype=torch.float32) for each in (MAIN, *AUX)]
    if present is not None:
        present = torch.tensor(present, dtype=torch.float32)
    return Learning(tensors[0], tensors[1:], present)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("aux_weights", [[1.0, 1.0], [0.5, 0.0], [0.0, 3.0]])
def test_equation_5_by_hand(kind, aux_weights):
    rows, target = KINDS[kind]
    expected = rows(MAIN, target)
    for share, scores in zip(aux_weights, AUX, strict=True):
        expected = expected + share * rows(scores, target)
    loss = FusionLoss(kind, aux_weights)
    found = loss(_learning(), (torch.tensor(target),))
    np.testing.assert_allclose(found, expected.mean(), rtol=1e-6)
    weight = np.array([0.5, 2.0, 0.5])  # their mean is one
    found = loss(_learning(), (torch.tensor(target),), torch.tensor(weight))
    np.testing.assert_allclose(found, (weight * expected).mean(), rtol=1e-6)


def test_on_paper():
    # Scores of zero are a probability of one half: log 2 for every label and class.
    zero = Learning(torch.zeros(2, 3), [torch.zeros(2, 3)] * 2, None)
    labels = torch.tensor([[1, 0, 1], [0, 0, 0]])
    found = FusionLoss("labels", [1.0, 0.5])(zero, (labels,))
    np.testing.assert_allclose(found, 2.5 * np.log(2), rtol=1e-6)
    found = FusionLoss("classes", [1.0, 0.5])(zero, (torch.tensor([2, 0]),))
    np.testing.assert_allclose(found, 2.5 * np.log(3), rtol=1e-6)
    numbers = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 4.0]])  # 14 / 3 and 16 / 3
    np.testing.assert_allclose(FusionLoss("numbers", [0, 0])(zero, (numbers,)), 5.0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_main_head_alone_where_nothing_is_learnt(kind):
    rows, target = KINDS[kind]
    loss = FusionLoss(kind, [1.0, 1.0])
    found = loss(torch.tensor(MAIN, dtype=torch.float32), (torch.tensor(target),))
    np.testing.assert_allclose(found, rows(MAIN, target).mean(), rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_block_teaches_its_head_nothing(kind):
    rows, target = KINDS[kind]
    present = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    expected = rows(MAIN, target)
    for k, scores in enumerate(AUX):
        expected = expected + present[:, k] * rows(scores, target)
    loss = FusionLoss(kind, [1.0, 1.0])
    found = loss(_learning(present), (torch.tensor(target),))
    np.testing.assert_allclose(found, expected.mean(), rtol=1e-6)


@pytest.mark.parametrize("kind", ["labels", "classes"])
def test_weights_of_classes(kind):
    rows, target = KINDS[kind]
    balance = np.array([[1.0, 4.0], [0.5, 2.0]])
    balance = balance if kind == "labels" else balance[1]
    expected = rows(MAIN, target, balance)
    for scores in AUX:
        expected = expected + rows(scores, target, balance)
    loss = FusionLoss(kind, [1.0, 1.0], balance)
    found = loss(_learning(), (torch.tensor(target),))
    np.testing.assert_allclose(found, expected.mean(), rtol=1e-6)


def test_half_precision_is_summed_in_single():
    half = torch.tensor(MAIN, dtype=torch.bfloat16)
    target = torch.tensor(NUMBERS, dtype=torch.float32)
    assert squared_error(half, target).dtype == torch.float32
    np.testing.assert_allclose(squared_error(half, target), of_numbers(MAIN, NUMBERS))
    for kind in ("labels", "classes"):
        assert FusionLoss(kind).rows(half, torch.tensor(KINDS[kind][1])).dtype == (
            torch.float32
        )
