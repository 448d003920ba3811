# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The loss that tells a tag from all tags and a photo from all photos, by hand."""

import numpy as np
import pytest
import torch
from scipy import sparse

from sklearn_geo.nets import SparseRows
from sklearn_geo.ranking._loss import PairLoss, Pairs

# Photo 0 has tags 0 and 1, photo 1 has tag 1, photo 2 has tag 2.
TAGS = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]])
OF_TAGS = np.array([[2.0, 1.0, 0.0], [0.5, 1.5, -1.0], [0.0, 0.0, 3.0]])
# A row for each tag of each photo: (0, 0), (0, 1), (1, 1), (2, 2).
ASKS, TAG = np.nonzero(TAGS)
OF_PHOTOS = np.array([[2.0, 0.0, 1.0], [1.0, 9.0, 0.0], [7.0, 1.0, 2.0], [0.0, 1, 2.0]])


def pairs():
    share = sparse.csr_array(TAGS / TAGS.sum(axis=1, keepdims=True))
    return Pairs(
        torch.tensor(OF_TAGS, requires_grad=True),
        torch.tensor(OF_PHOTOS, requires_grad=True),
        torch.tensor(ASKS),
        SparseRows(share.astype(np.float32)),
        torch.tensor(TAGS[:, TAG].T.astype(np.float32)),
    )


def softmax_loss(scores, at):
    return np.log(np.exp(scores).sum()) - scores[at]


def by_hand(tag_share):
    of_tags = [
        np.mean([softmax_loss(OF_TAGS[0], 0), softmax_loss(OF_TAGS[0], 1)]),
        softmax_loss(OF_TAGS[1], 1),
        softmax_loss(OF_TAGS[2], 2),
    ]
    # Beside tag 1 photo 0 does not meet photo 1, which has it too, nor the reverse.
    of_photos = [
        np.mean([softmax_loss(OF_PHOTOS[0], 0), softmax_loss(OF_PHOTOS[1][[0, 2]], 0)]),
        softmax_loss(OF_PHOTOS[2][[1, 2]], 0),
        softmax_loss(OF_PHOTOS[3], 2),
    ]
    return tag_share * np.array(of_tags) + (1 - tag_share) * np.array(of_photos)


@pytest.mark.parametrize(("task", "tag_share"), [("tagging", 0.5), ("retrieval", 0.0)])
def test_by_hand(task, tag_share):
    loss = PairLoss(task)(pairs(), ())
    assert loss.item() == pytest.approx(by_hand(tag_share).mean(), rel=1e-6)


def test_weights_of_photos():
    weight = torch.tensor([2.0, 0.0, 1.0])
    loss = PairLoss("tagging")(pairs(), (), weight)
    rows = by_hand(0.5)
    assert loss.item() == pytest.approx((2 * rows[0] + rows[2]) / 3, rel=1e-6)


def test_retrieval_teaches_nothing_of_tags():
    both = pairs()
    PairLoss("retrieval")(both, ()).backward()
    assert both.of_tags.grad is None
    assert both.of_photos.grad.abs().sum() > 0
    # Photos that have the tag too are no negatives: no gradient.
    assert both.of_photos.grad[1, 1] == 0
    assert both.of_photos.grad[2, 0] == 0
