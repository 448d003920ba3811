# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The published scorer: three vectors side by side, and a deep trunk on them."""

from math import gcd

import torch
from torch import nn
from torch.nn import functional

from sklearn_geo.ranking._projection import (
    Projection,
    TagTable,
    he_weights,
    paper_weights,
)
from sklearn_geo.ranking._triplet_rows import replaced

__all__ = ["TrunkNetwork"]

_GROUPS, _EPS = 32, 1e-3
# The narrowest published layer has 16 in a group. Of one in a group nothing is left.
_LEAST_IN_GROUP = 16


class TrunkNetwork(nn.Module):
    r"""Score triplets of a place, a photo and a tag.

    Parameters
    ----------
    n_features, n_place_columns : int
        Widths of photos and of encoded places.

    tag_vectors : ndarray of shape (n_tags, n_columns)
        Vectors of tags.

    learnt : bool
        Whether they are learnt too.

    n_components : int, default=300
        Width that photos, tags and places are brought to.

    hidden : sequence of int, default=(2048, 2048, 2048, 1024, 512)
        Widths of the trunk.

    weight_init : {"he", "paper"}, default="he"
        Weights that keep the scale of what passes, or N(0, 0.01).

    Notes
    -----
    Each of the three passes a linear layer, a ReLU and an L2 norm. They are joined in
    the order place, photo, tag. Five linear layers follow, each with a group norm of 32
    groups (fewer where the width is no multiple of 32, or below 512) and a ReLU, and a
    last linear one, whose output is the score.

    The joined vector is never made: a linear layer of three vectors side by side is the
    sum of a linear layer of each,

    .. math:: W (\ell \frown u \frown w) = W_1 \ell + W_2 u + W_3 w .
    """

    def __init__(
        self,
        n_features,
        n_place_columns,
        tag_vectors,
        learnt,
        *,
        n_components=300,
        hidden=(2048, 2048, 2048, 1024, 512),
        weight_init="he",
    ):
        super().__init__()
        self.places = Projection(n_place_columns, n_components)
        self.photos = Projection(n_features, n_components)
        self.table = TagTable(tag_vectors, learnt)
        self.tags = Projection(tag_vectors.shape[1], n_components)
        layers = []
        for n_in, n_out in zip((3 * n_components, *hidden), hidden, strict=False):
            layers += [nn.Linear(n_in, n_out), _norm(n_out), nn.ReLU()]
        self.trunk = nn.Sequential(*layers, nn.Linear(hidden[-1], 1))
        (paper_weights if weight_init == "paper" else he_weights)(self)
        # How much of the place is let through; it grows while places are brought in.
        self.register_buffer("place_share", torch.ones(()))

    @property
    def sparse_layers(self):
        """The layers whose gradients have some rows only, for their optimizer."""
        return [self.table] if self.table.learnt else []

    def forward(self, inputs):
        """Return the scores of positives, (n,), and of negatives, (n, n_negatives)."""
        rows = replaced(inputs)
        photos = self.photo_parts(rows.photos)
        tags = self.tag_parts(self.table(rows.tags))
        places = self.place_parts(rows.places, rows.heard)
        positive = self.scores(
            places[: rows.n_rows] + photos[: rows.n_rows] + tags[rows.tag]
        )
        negative = self.scores(
            places[rows.place] + photos[rows.photo] + tags[rows.other_tag]
        )
        return positive, negative.reshape(rows.n_rows, -1)

    def place_parts(self, places, heard=None):
        """Return what places add to the first layer; those not heard add nothing."""
        vectors = self.places(places) * self.place_share
        if heard is not None:
            vectors = vectors * heard[:, None]
        return functional.linear(vectors, self._part(0))

    def photo_parts(self, photos):
        """Return what photos add to the first layer."""
        return functional.linear(self.photos(photos), self._part(1))

    def tag_parts(self, vectors):
        """Return what tags, given by their vectors, add to the first layer."""
        return functional.linear(self.tags(vectors), self._part(2))

    def scores(self, joined):
        """Return the scores of sums of three parts."""
        first, *rest = self.trunk
        joined = joined + first.bias
        for layer in rest:
            joined = layer(joined)
        return joined[:, 0]

    def _part(self, number):
        width = self.places.linear.out_features
        return self.trunk[0].weight[:, number * width : (number + 1) * width]


def _norm(width):
    n_groups = gcd(_GROUPS, width)
    while n_groups % 2 == 0 and width // n_groups < _LEAST_IN_GROUP:
        n_groups //= 2
    if width == 1:
        return nn.Identity()
    return nn.GroupNorm(n_groups, width, eps=_EPS)
