# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How an embedding is fitted: what is read, the network, its loss, its training."""

from functools import partial
from numbers import Integral

import numpy as np
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import check_array, validate_data

from sklearn_geo._blocks import blocks
from sklearn_geo._made_for import check_made_for, made_for
from sklearn_geo._numbers import check_float32, naming, reject_masked
from sklearn_geo._weights import check_weights
from sklearn_geo.fusion._scaling import Scaling
from sklearn_geo.nets import NetMixin, rows_in_memory
from sklearn_geo.ranking._embedding_data import EmbeddingData
from sklearn_geo.ranking._embedding_loss import (
    EmbeddingLoss,
    TagSampler,
    positive_weights,
)
from sklearn_geo.ranking._embedding_network import EmbeddingNetwork, PhotoTower
from sklearn_geo.ranking._word_vectors import vectors_of_tags
from sklearn_geo.vision._crops import channels_first

__all__ = ["EmbeddingFitting", "unit_rows"]

_FLOATS = [np.float64, np.float32, np.float16]
# From here on "auto" can spare rows to watch the loss on.
_MANY_ROWS = 1_000


class EmbeddingFitting(NetMixin):
    """The part of :class:`HashtagEmbedding` that nobody calls from outside."""

    def _learn(self, X, y, sample_weight, *, go_on, epochs=None):
        X = self._read_photos(X, reset=not go_on)
        if go_on:
            self._check_same("Set warm_start=False and call fit to learn anew.")
        indicator = self._read_target(y, X.shape[0], go_on)
        if sample_weight is not None:
            sample_weight = check_weights(sample_weight, X)
        rows, sample_weight = self._lessons(indicator, sample_weight, stacklevel=6)
        vectors = None
        if self.supervision == "her":
            vectors = self._read_vectors(go_on)
        data = EmbeddingData(self, X, indicator, sample_weight, rows, vectors)
        seed = self._draw_seed(go_on)
        if not go_on:
            self._made_for = made_for(self._architecture())
            self._shape = X.shape[1:]
            self.n_components_ = self.n_components
            if vectors is not None:
                self.n_components_ = vectors.shape[1]
        loss = self._make_loss(data)
        watch = self.early_stopping
        if watch == "auto":
            watch = len(data) >= _MANY_ROWS
        learn, valid = data.split(watch and epochs is None, self._seed)
        self._train(
            None if go_on else self._make_network(data, self._scaling(data), vectors),
            loss,
            learn,
            seed=seed,
            valid=valid,
            go_on=go_on,
            watch_start=True,
            epochs=epochs,
            draw=data.draw,
            early_stopping=False,
            keep_steps=self.warm_start or epochs is not None,
        )
        self._set_tag_vectors()
        vars(self).pop("gallery_", None)  # its vectors are of another space
        return self

    def _read_photos(self, X, reset=False):
        reject_masked(X, "X")
        if self.backbone is None:
            with naming("X"):
                X = validate_data(
                    self, X, reset=reset, dtype=_FLOATS, ensure_all_finite=False
                )
            return _finite_rows(X)
        with naming("X"):
            X = check_array(X, allow_nd=True, dtype=[*_FLOATS[1:], np.uint8])
        if X.ndim != 4:
            raise ValueError(
                "With a backbone X is a batch of images, of shape (n, channels, "
                f"height, width) or (n, height, width, channels); got shape {X.shape}. "
                "Set backbone=None to learn from features."
            )
        if not channels_first(X.shape):
            X = np.moveaxis(X, 3, 1)
        if reset:
            self.n_features_in_ = X.shape[1]
        elif X.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has images with {X.shape[1]} channels, but fit had images with "
                f"{self.n_features_in_}. Convert them first."
            )
        return X

    def _read_vectors(self, go_on):
        vectors = vectors_of_tags(self.word_vectors, self.n_tags_, self.tag_names_)
        if go_on and not np.array_equal(vectors, self._own_weights()):
            raise ValueError(
                "word_vectors are others than before. Set warm_start=False to learn "
                "anew."
            )
        return vectors

    def _scaling(self, data):
        if self.scale is None or self.backbone is not None:
            return None
        columns = np.arange(data.X.shape[1])
        return Scaling.of(self.scale, data.X, columns, data.rows)

    def _architecture(self):
        """Return the parameters that decide what the network is."""
        names = ("supervision", "n_components", "use_bias", "scale", "backbone")
        found = {name: getattr(self, name) for name in names}
        found["hidden_layer_sizes"] = _widths(self.hidden_layer_sizes)
        found["n_sampled_tags"] = self._n_sampled()
        return found

    def _check_same(self, remedy):
        """Refuse parameters that are not those of the network there is."""
        check_made_for(self._made_for, self._architecture(), remedy)

    def _n_sampled(self):
        return self.n_sampled_tags if self.supervision == "mcc" else None

    def _make_loss(self, data):
        if self._n_sampled() is not None:
            return partial(EmbeddingLoss, "sampled")
        balance = None
        if self.supervision == "mlc" and self.class_weight in ("balanced", "effective"):
            balance = positive_weights(self.class_weight, *data.counts())
        focal = self.supervision == "mlc" and self.class_weight == "focal"
        return partial(EmbeddingLoss, self.supervision, balance, focal)

    def _make_network(self, data, scaling, vectors=None):
        """Return what makes the network; without data, weights are put in later."""
        tower = partial(
            PhotoTower,
            self._shape,
            self.n_components_,
            hidden=_widths(self.hidden_layer_sizes),
            backbone=self.backbone,
            scaling=scaling,
        )
        sampler = None
        if self._n_sampled() is not None:
            # Any counts make a sampler that is right on average.
            counts = self.tag_counts_ if data is None else data.tag_counts
            sampler = partial(TagSampler, counts, self._n_sampled())
        network = partial(
            EmbeddingNetwork,
            tower,
            self.n_tags_,
            self.n_components_,
            use_bias=self.use_bias,
            fixed=self.supervision == "her",
            sampler=sampler,
        )
        if data is None:
            return network
        biases = data.first_biases(self.supervision) if self.use_bias else None
        return partial(_started, network, vectors, biases)

    def _own_weights(self):
        return self.net_.module_.tags.weight.detach().cpu().numpy()

    def _set_tag_vectors(self):
        vectors = self._own_weights().copy()
        self._known = vectors.any(axis=1) if self.supervision == "her" else None
        self._normalizes = self.normalize
        self.tag_vectors_ = unit_rows(vectors) if self.normalize else vectors


def _finite_rows(X):
    """Refuse NaN and infinity, some rows at a time: there may be very many."""
    size = rows_in_memory(8 * X.shape[1], X.shape[0])
    for rows in blocks(X.shape[0], size):
        assert_all_finite(X[rows], input_name="X")
        check_float32(X[rows], first=rows.start)
    return X


def _widths(sizes):
    """Return the widths of hidden layers as a tuple of int."""
    for size in sizes:
        if not isinstance(size, Integral) or isinstance(size, bool) or size < 1:
            raise ValueError(
                "hidden_layer_sizes must be whole numbers of at least 1, one a layer; "
                f"got {sizes!r}."
            )
    return tuple(int(size) for size in sizes)


def _started(network, vectors, biases):
    return network().start(vectors, biases)


def unit_rows(vectors):
    """Scale rows to length 1, in place; rows of zeros stay."""
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    length[length == 0.0] = 1.0
    vectors /= length[:, np.newaxis].astype(np.float32)
    return vectors
