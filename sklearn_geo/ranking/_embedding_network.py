# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos and tags in one space: a tower of photos, a vector and a bias a tag."""

import copy
import math

import torch
from torch import nn
from torch.nn import functional

from sklearn_geo.nets import HeadedMLP, Several, rows_in_memory
from sklearn_geo.ranking._embedding_loss import sampled_softmax, softmax
from sklearn_geo.vision._crops import as_float

__all__ = ["EmbeddingNetwork", "PhotoTower"]


class PhotoTower(nn.Module):
    """What makes a vector of a photo, of its features or of the image itself.

    Parameters
    ----------
    shape : tuple of int
        Shape of a row of X: (n_features,), or (channels, height, width) of images.

    n_components : int
        Length of the vectors.

    hidden : sequence of int, default=()
        Widths of fully connected layers in between, with rectifiers.

    backbone : Module, callable or None, default=None
        For images: a module that gives features (n, d), or maps (n, d, h, w) that are
        averaged, or what makes one. A module is copied, so that the one passed stays
        as it is.

    scaling : Scaling or None, default=None
        How features are scaled.
    """

    def __init__(self, shape, n_components, *, hidden=(), backbone=None, scaling=None):
        super().__init__()
        self.backbone = None
        n_features = shape[0]
        if backbone is not None:
            is_module = isinstance(backbone, nn.Module)
            self.backbone = copy.deepcopy(backbone) if is_module else backbone()
            n_features = self._probe(shape)
        self.scale = None if scaling is None else scaling.layer()
        self.layers = HeadedMLP(n_features, [n_components], hidden=hidden)

    def forward(self, inputs):
        """Return the vectors of photos."""
        if self.backbone is not None:
            inputs = _features(self.backbone, as_float(inputs))
        elif self.scale is not None:
            inputs = self.scale(inputs)
        return self.layers(inputs)[0]

    def _probe(self, shape):
        """Return the number of features that the backbone gives."""
        if not isinstance(self.backbone, nn.Module):
            raise TypeError(
                "backbone must be a torch module or make one; it made a "
                f"{type(self.backbone).__name__}."
            )
        was_training = self.backbone.training
        self.backbone.eval()
        with torch.no_grad():
            n_features = _features(self.backbone, torch.zeros(1, *shape)).shape[1]
        self.backbone.train(was_training)
        return n_features


class EmbeddingNetwork(nn.Module):
    r"""A photo tower, and tags that it is compared with.

    Parameters
    ----------
    photos : callable
        Makes the :class:`PhotoTower`.

    n_tags, n_components : int
        Number of tags, and length of the vectors.

    use_bias : bool, default=False
        Give every tag a bias.

    fixed : bool, default=False
        The vectors of tags are given and not learnt; what counts is the cosine.

    sampler : callable or None, default=None
        Makes the :class:`TagSampler` of a sampled softmax.

    Notes
    -----
    The score of a tag is :math:`s_j = \langle e, w_j \rangle + b_j`, or the cosine of
    :math:`e` and :math:`w_j` if the vectors are fixed.
    """

    def __init__(
        self,
        photos,
        n_tags,
        n_components,
        *,
        use_bias=False,
        fixed=False,
        sampler=None,
    ):
        super().__init__()
        self.photos = photos()
        self.fixed = fixed
        self.tags = _Rows(n_tags, n_components, learnt=not fixed)
        self.biases = _Rows(n_tags, 1) if use_bias and not fixed else None
        self.sampler = None if sampler is None else sampler()

    @property
    def sparse_layers(self):
        """Layers of which a step of the sampled softmax touches some rows only."""
        return [self.tags] if self.biases is None else [self.tags, self.biases]

    @torch.no_grad()
    def start(self, vectors=None, biases=None):
        """Set the first weights of tags: given ones, or small random ones."""
        if vectors is not None:
            self.tags.weight.copy_(torch.from_numpy(vectors))
        else:
            bound = math.sqrt(6.0 / sum(self.tags.weight.shape))  # Glorot's
            self.tags.weight.uniform_(-bound, bound)
        if self.biases is not None and biases is not None:
            self.biases.weight.copy_(torch.from_numpy(biases)[:, None])
        return self

    def forward(self, inputs):
        """Return what the loss takes.

        Scores of tags; the vectors of photos, if those of tags are fixed; or the
        losses themselves, if inputs come with their tags for a sampled softmax.
        """
        if self.fixed:
            return self.photos(inputs)
        if not isinstance(inputs, Several):
            return self.score(inputs)
        rows, tags = inputs.blocks
        vectors = self.photos(rows)
        if self.training:
            return sampled_softmax(vectors, tags, self.sampler, *self.sparse_layers)
        losses, n_rows = [], len(vectors)
        size = rows_in_memory(12 * len(self.tags.weight), n_rows)
        whole = tags.to_scipy()
        for start in range(0, n_rows, size):
            part = slice(start, start + size)
            scores = self._scores(vectors[part])
            losses.append(softmax(scores, type(tags)(whole[part]).to(scores.device)))
        return torch.cat(losses)

    def score(self, inputs):
        """Return a score of every tag for every photo."""
        return self._scores(self.photos(inputs))

    def _scores(self, vectors):
        if self.fixed:
            weight = functional.normalize(self.tags.weight, dim=1)
            return functional.normalize(vectors.float(), dim=1) @ weight.T
        scores = vectors @ self.tags.weight.T
        return scores if self.biases is None else scores + self.biases.weight[:, 0]


class _Rows(nn.Module):
    """A row of numbers a tag."""

    def __init__(self, n_tags, n_numbers, *, learnt=True):
        super().__init__()
        rows = torch.zeros(n_tags, n_numbers)
        if learnt:
            self.weight = nn.Parameter(rows)
        else:
            self.register_buffer("weight", rows)


def _features(backbone, images):
    found = backbone(images)
    if not isinstance(found, torch.Tensor) or found.dim() not in (2, 4):
        got = (
            f"of shape {tuple(found.shape)}"
            if isinstance(found, torch.Tensor)
            else f"that is a {type(found).__name__}"
        )
        raise ValueError(
            "backbone must give features of shape (n, d), or maps (n, d, h, w); it "
            f"gave something {got}. Cut its classification layer off, or wrap it in a "
            "module that picks the features."
        )
    return found.mean(dim=(2, 3)) if found.dim() == 4 else found
