# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The loss of triplets, on numbers worked by hand."""

import numpy as np
import pytest
import torch

from sklearn_geo.ranking._loss import TripletLoss

POSITIVE = torch.tensor([1.0, 0.0])
NEGATIVE = torch.tensor([[0.95, 0.5], [0.2, -0.05]])


def test_the_margin_ranking_loss_by_hand():
    # max(0, 0.1 - 0.05) and 0; 0.1 + 0.2 and 0.1 - 0.05: 0.025 and 0.175 on average.
    loss = TripletLoss()
    assert float(loss((POSITIVE, NEGATIVE), ())) == pytest.approx(0.1)
    # Weights are divided by the number of photos: they are 1 on average over all.
    weight = torch.tensor([1.5, 0.5])
    found = float(loss((POSITIVE, NEGATIVE), (), weight))
    assert found == pytest.approx((1.5 * 0.025 + 0.5 * 0.175) / 2)
    # A margin of 0.5: 0.45 and 0; 0.7 and 0.45.
    found = float(TripletLoss("hinge", 0.5)((POSITIVE, NEGATIVE), ()))
    assert found == pytest.approx((0.45 + 0.0 + 0.7 + 0.45) / 4)


def test_the_logistic_loss_by_hand():
    found = float(TripletLoss("logistic")((POSITIVE, NEGATIVE), ()))
    gaps = np.array([0.05, 0.5, -0.2, 0.05])
    assert found == pytest.approx(np.log1p(np.exp(-gaps)).mean())


def test_what_leads_by_the_margin_teaches_nothing():
    positive = torch.tensor([1.0, 0.0], requires_grad=True)
    TripletLoss()((positive, torch.tensor([[0.5, 0.95], [-1.0, -1.0]])), ()).backward()
    # Of the first photo one of two negatives is too near, and it is one of two photos.
    assert positive.grad.tolist() == [-0.25, 0.0]
