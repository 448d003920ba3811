# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A scorer that is linear in photo, tag and place: every query is one product."""

import torch
from torch import nn

from sklearn_geo.nets import init_weights
from sklearn_geo.ranking._loss import Pairs
from sklearn_geo.ranking._projection import Projection, TagTable
from sklearn_geo.ranking._triplet_rows import replaced

__all__ = ["MultilinearNetwork"]


class MultilinearNetwork(nn.Module):
    r"""Score triplets by a form that is linear in each of the three.

    Parameters
    ----------
    n_features, n_place_columns : int
        Widths of photos and of encoded places.

    tag_vectors : ndarray of shape (n_tags, n_columns)
        Vectors of tags, or what learnt ones begin with.

    learnt : bool
        Whether they are learnt.

    tag_bias : ndarray of shape (n_tags,)
        What biases of tags begin with: how frequent they are.

    n_components : int, default=300
        Width of the vectors of photos and tags, and of the place.

    Notes
    -----
    With vectors `u` of the photo, `w` of the tag and :math:`\ell` of the place

    .. math:: s = \langle A u, w\rangle + \langle D \ell, w\rangle
                + \langle u, E \ell\rangle
                + \sum_j (G u)_j (H \ell)_j (K w)_j + \beta_{tag} .

    For a photo and a place this is :math:`\langle q, w\rangle` plus what is the same
    for all tags, with :math:`q = A u + D\ell + K^\top (G u \circ H\ell)`. For a tag and
    a place it is :math:`\langle p, u\rangle` plus what is the same for all photos, with
    :math:`p = A^\top w + E\ell + G^\top (H\ell \circ K w)`.

    Where there is a :class:`PlacePrior`, :math:`\gamma \log (p(t | \ell) / p_t)` is
    added, with :math:`\gamma` learnt: it is the same for all photos.
    """

    def __init__(
        self,
        n_features,
        n_place_columns,
        tag_vectors,
        learnt,
        tag_bias,
        *,
        n_components=300,
    ):
        super().__init__()
        self.photos = Projection(n_features, n_components, rectify=False)
        self.places = Projection(n_place_columns, n_components)
        self.table = TagTable(tag_vectors, learnt)
        n_columns = tag_vectors.shape[1]
        self.tags = (
            nn.Identity()
            if learnt and n_columns == n_components
            else nn.Linear(n_columns, n_components, bias=False)
        )
        self.tag_bias = nn.Parameter(torch.as_tensor(tag_bias, dtype=torch.float32))
        for name in ("A", "D", "E", "G", "H", "K"):
            setattr(self, name, nn.Linear(n_components, n_components, bias=False))
        init_weights(self)
        # How much of the prior of the place is believed.
        self.prior_share = nn.Parameter(torch.ones(()))
        self.register_buffer("place_share", torch.ones(()))

    @property
    def sparse_layers(self):
        """The layers whose gradients have some rows only, for their optimizer."""
        return [self.table] if self.table.learnt else []

    @property
    def quick_weights(self):
        """The weights that decide on much at once, for the optimizer."""
        return [self.prior_share]

    @property
    def n_components(self):
        """Width of the vectors."""
        return self.A.in_features

    def place_vectors(self, places, heard=None):
        """Return vectors of places; those of places not heard are zero."""
        vectors = self.places(places) * self.place_share
        return vectors if heard is None else vectors * heard[:, None]

    @torch.no_grad()
    def scale(self, factor):
        """Multiply all of the score but the bias of the tag and the prior."""
        for part in (self.A, self.D, self.E, self.G):
            part.weight *= factor

    def tag_queries(self, photos, places):
        """Return, of vectors of photos and places, what the vectors of tags meet."""
        joint = (self.G(photos) * self.H(places)) @ self.K.weight
        return self.A(photos) + self.D(places) + joint

    def photo_queries(self, tags, places):
        """Return, of vectors of tags and places, what the vectors of photos meet."""
        joint = (self.H(places) * self.K(tags)) @ self.G.weight
        return tags @ self.A.weight + self.E(places) + joint

    def forward(self, inputs):
        """Score a batch of photos as its lesson asks for it."""
        if isinstance(inputs.blocks[-1], torch.Tensor) and inputs.blocks[-1].dim() == 2:
            return self._pairs(*inputs.blocks)
        return self._triplets(replaced(inputs))

    def _triplets(self, rows):
        photos, places = (
            self.photos(rows.photos),
            self.place_vectors(rows.places, rows.heard),
        )
        tags, bias = self.tags(self.table(rows.tags)), self.tag_bias[rows.tags]

        def score(u, place, tag):
            u, place = photos[u], places[place]
            met = (self.tag_queries(u, place) * tags[tag]).sum(1) + bias[tag]
            return met + (u * self.E(place)).sum(1)

        own = torch.arange(rows.n_rows, device=photos.device)
        negative = score(rows.photo, rows.place, rows.other_tag)
        return score(own, own, rows.tag), negative.reshape(rows.n_rows, -1)

    def _pairs(
        self, photos, places, heard, lifts, asks, tag, offered, offset, share, same
    ):
        """Score every photo of the batch for every tag, and for every query of it."""
        u, place = self.photos(photos), self.place_vectors(places, heard)
        if len(offered):
            w, bias = self.tags(self.table(offered)), self.tag_bias[offered] + offset
        else:
            w, bias = self.tags(self.table.weight), self.tag_bias
        of_tags = self.tag_queries(u, place) @ w.T + bias
        if lifts.shape[1]:
            of_tags = of_tags + self.prior_share * lifts
        of_photos = self.photo_queries(w[tag], place[asks]) @ u.T
        return Pairs(of_tags, of_photos, asks, share, same)
