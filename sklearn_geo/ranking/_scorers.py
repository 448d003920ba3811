# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A trained network as it answers: tags for photos, photos for tags, in chunks."""

import numpy as np
import torch
from torch.nn import functional

from sklearn_geo._numbers import all_finite
from sklearn_geo.nets import rows_in_memory
from sklearn_geo.nets._usual import answering

__all__ = ["MultilinearScorer", "ScorerWithPrior", "TrunkScorer", "make_scorer"]

# Rows of a trunk at a time: what lies between two layers stays in the cache.
_ROWS_AT_ONCE = 512
# Rows that are looked up at a time, and multiplied before they leave the cache.
_ROWS_GATHERED = 256


def make_scorer(module):
    """Return the scorer of a network."""
    cls = MultilinearScorer if hasattr(module, "tag_queries") else TrunkScorer
    return cls(module)


class _Scorer:
    """What both scorers share.

    Parameters
    ----------
    module : Module
        The network; it does not change any more.
    """

    def __init__(self, module):
        self.module = module.eval()
        self._tags = None

    @property
    def device(self):
        """Where the network is."""
        return self.module.place_share.device

    def _to(self, array):
        # A memory map is read, never written; torch would warn that it could be.
        array = array if array.flags.writeable else array.copy()
        return torch.from_numpy(array).to(self.device)

    @answering()
    def photo_vectors(self, photos):
        """Return vectors of photos, ndarray of shape (n_photos, n_components)."""
        width = sum(self.module.photos.linear.weight.shape)
        out = np.empty((len(photos), self.n_components), dtype=np.float32)
        step = rows_in_memory(4 * width, max(len(photos), 1))
        for start in range(0, len(photos), step):
            at = slice(start, start + step)
            out[at] = self.module.photos(self._to(photos.rows(at))).cpu().numpy()
        return out

    def _on_device(self, rows):
        return rows if isinstance(rows, torch.Tensor) else self._to(rows)

    @property
    def n_place_columns(self):
        """Width of encoded places."""
        return self.module.places.linear.in_features

    @property
    def n_components(self):
        """Width of the vectors of photos."""
        return self.module.photos.linear.out_features

    @answering()
    def tag_vectors(self, inputs=None):
        """Return projected tags as a tensor: all that were taught, or of vectors."""
        if inputs is not None:
            return self.module.tags(self._to(inputs))
        if self._tags is None:
            self._tags = self.module.tags(self.module.table.weight).contiguous()
        return self._tags

    def __getstate__(self):
        return {**self.__dict__, "_tags": None}


def _product(matrix, vector):
    """Multiply a matrix and a vector; numpy's takes half the time of torch's."""
    if matrix.device.type != "cpu":
        return torch.mv(matrix, vector)
    return torch.from_numpy(matrix.numpy() @ vector.numpy())


def _product_of_rows(matrix, rows, vector):
    """Multiply some rows of an ndarray and a vector, a share of them at a time."""
    vector = vector.numpy()
    out = np.empty(len(rows), dtype=matrix.dtype)
    found = np.empty((min(_ROWS_GATHERED, len(rows)), len(vector)), dtype=matrix.dtype)
    for start in range(0, len(rows), _ROWS_GATHERED):
        part = rows[start : start + _ROWS_GATHERED]
        # "clip" writes to `found` itself; "raise" would fill a copy first.
        np.take(matrix, part, axis=0, out=found[: len(part)], mode="clip")
        np.dot(found[: len(part)], vector, out=out[start : start + len(part)])
    return torch.from_numpy(out)


def _finite(scores):
    """Refuse scores that no network gives whose weights are those of a training."""
    if not all_finite(scores):
        raise ValueError(
            "The scores of the network are not finite, so its weights are not what a "
            "training leaves. Fit again with a smaller learning_rate_init, or copy the "
            "folder again that it was read from."
        )
    return scores


class MultilinearScorer(_Scorer):
    """Every query is one product; see :class:`MultilinearNetwork`."""

    def tag_bias(self, inputs=None):
        """Return biases of tags; a tag that was never taught is a typical one."""
        bias = self.module.tag_bias.detach()
        return bias if inputs is None else bias.mean().expand(len(inputs))

    @answering()
    def of_tags(self, photos, places, heard, inputs=None):
        """Score tags for photos.

        Parameters
        ----------
        photos : ndarray of shape (n, n_components)
            Vectors of photos.

        places, heard : ndarray of shape (n, n_columns) and (n,)
            Encoded places, and 0 for those that are silenced.

        inputs : ndarray of shape (n_tags, n_columns) or None, default=None
            Vectors of other tags; None scores those that were taught.

        Returns
        -------
        ndarray of shape (n, n_tags)
            Scores.
        """
        module, u = self.module, self._to(photos)
        place = module.place_vectors(self._to(places), self._to(heard))
        queries = module.tag_queries(u, place)
        same = (u * module.E(place)).sum(1)
        bias = self.tag_bias(inputs)
        vectors = self.tag_vectors(inputs)
        if len(queries) == 1:  # a product of a matrix and a vector
            scores = _product(vectors, queries[0])[None]
            scores += bias
            scores += same
        else:
            scores = torch.addmm(bias, queries, vectors.T).add_(same[:, None])
        return _finite(scores.cpu().numpy())

    @answering()
    def of_pairs(self, photos, places, heard, tags):
        """Score some tags of each photo, positions of shape (n, n_listed)."""
        if (tags == tags[:1]).all():  # the same for all: they are all there is
            listed, number = np.unique(tags[0], return_inverse=True)
            module, u = self.module, self._to(photos)
            place = module.place_vectors(self._to(places), self._to(heard))
            queries, same = module.tag_queries(u, place), (u * module.E(place)).sum(1)
            bias, vectors = self.tag_bias()[listed], self.tag_vectors()[listed]
            scores = torch.addmm(bias, queries, vectors.T) + same[:, None]
            return _finite(scores.cpu().numpy())[:, number]
        every = self.of_tags(photos, places, heard)
        return np.take_along_axis(every, tags, axis=1)

    @answering()
    def of_photos(self, photos, places, heard, tags, inputs=None):
        """Score photos for tags with places.

        Parameters
        ----------
        photos : ndarray of shape (n_photos, n_components)
            Vectors of photos.

        places, heard : ndarray of shape (n_queries, n_columns) and (n_queries,)
            Encoded places of queries, and 0 for those that are silenced.

        tags : ndarray of int of shape (n_queries,) or None
            Their tags.

        inputs : ndarray of shape (n_queries, n_columns) or None, default=None
            Vectors of their tags instead.

        Returns
        -------
        ndarray of shape (n_queries, n_photos)
            Scores.
        """
        return self.answer(photos, *self.ask(places, heard, tags, inputs))

    @answering()
    def ask(self, places, heard, tags, inputs=None):
        """Return what :meth:`answer` takes, a row a query; parameters as above."""
        module = self.module
        place = module.place_vectors(self._to(places), self._to(heard))
        if inputs is None:
            tags = self._to(tags)
            w, bias = self.tag_vectors()[tags], self.tag_bias()[tags]
        else:
            w, bias = self.tag_vectors(inputs), self.tag_bias(inputs)
        same = (w * module.D(place)).sum(1) + bias
        return module.photo_queries(w, place), same

    @answering()
    def answer(self, photos, queries, same, *, rows=None):
        """Score photos, or some rows of them, for what :meth:`ask` has prepared."""
        if rows is not None and len(queries) == 1 and self.device.type == "cpu":
            scores = _product_of_rows(photos, rows, queries[0])[None]
        else:
            photos = self._to(photos if rows is None else photos[rows])
            if len(queries) == 1:
                scores = _product(photos, queries[0])[None]
            else:
                scores = queries @ photos.T
        return _finite(scores.add_(same[:, None]).cpu().numpy())


class TrunkScorer(_Scorer):
    """Every triplet passes the trunk; see :class:`TrunkNetwork`."""

    @answering()
    def of_tags(self, photos, places, heard, inputs=None):
        """Score tags for photos, parameters as of :class:`MultilinearScorer`."""
        asked = self._photo_and_place(photos, places, heard)
        tags = self.tag_vectors(inputs)
        scores = np.empty((len(asked), len(tags)), dtype=np.float32)
        for start in range(0, len(tags), _ROWS_AT_ONCE):
            at = slice(start, start + _ROWS_AT_ONCE)
            part = functional.linear(tags[at], self.module._part(2))
            for row, other in enumerate(asked):
                scores[row, at] = self.module.scores(part + other).cpu().numpy()
        return _finite(scores)

    @answering()
    def of_pairs(self, photos, places, heard, tags):
        """Score some tags of each photo, positions of shape (n, n_listed)."""
        asked = self._photo_and_place(photos, places, heard)
        vectors = self.tag_vectors()
        scores = np.empty(tags.shape, dtype=np.float32)
        for row, other in enumerate(asked):
            listed = vectors[self._to(tags[row])]
            scores[row] = self._one_by_one(listed, other, 2)
        return _finite(scores)

    @answering()
    def of_photos(self, photos, places, heard, tags, inputs=None):
        """Score photos for tags, parameters as of :class:`MultilinearScorer`."""
        return self.answer(photos, *self.ask(places, heard, tags, inputs))

    @answering()
    def ask(self, places, heard, tags, inputs=None):
        """Return what :meth:`answer` takes, a row a query; parameters as above."""
        vectors = self.tag_vectors(inputs)
        vectors = vectors if inputs is not None else vectors[self._to(tags)]
        asked = functional.linear(vectors, self.module._part(2))
        return (asked + self.module.place_parts(self._to(places), self._to(heard)),)

    @answering()
    def answer(self, photos, asked, *, rows=None):
        """Score photos, or some rows of them, for what :meth:`ask` has prepared."""
        photos = photos if rows is None else photos[rows]
        scores = np.empty((len(asked), len(photos)), dtype=np.float32)
        for row, other in enumerate(asked):
            scores[row] = self._one_by_one(photos, other, 1)
        return _finite(scores)

    def _photo_and_place(self, photos, places, heard):
        module = self.module
        part = functional.linear(self._to(photos), module._part(1))
        return part + module.place_parts(self._to(places), self._to(heard))

    def _one_by_one(self, vectors, other, number):
        """Score rows of vectors beside what is the same for all of them."""
        scores = np.empty(len(vectors), dtype=np.float32)
        for start in range(0, len(vectors), _ROWS_AT_ONCE):
            at = slice(start, start + _ROWS_AT_ONCE)
            part = functional.linear(
                self._on_device(vectors[at]), self.module._part(number)
            )
            scores[at] = self.module.scores(part + other).cpu().numpy()
        return scores


class ScorerWithPrior:
    """A multilinear scorer to which a prior of some places adds what it knows.

    Parameters
    ----------
    scorer : MultilinearScorer
        The scorer.

    prior : PlacePrior
        The prior.

    places : ndarray of shape (n, 2)
        The places of the photos that it is going to be asked about.
    """

    def __init__(self, scorer, prior, places):
        self._scorer, self._prior, self._places = scorer, prior, places

    def of_tags(self, photos, places, heard, inputs=None):
        """Score tags for photos, see :class:`MultilinearScorer`."""
        scores = self._scorer.of_tags(photos, places, heard, inputs)
        if inputs is not None or not heard.any():
            return scores  # nobody has used these tags anywhere
        lifts, rest = self._prior.lifts(self._places, heard > 0)
        share = float(self._scorer.module.prior_share.detach())
        with np.errstate(over="ignore", invalid="ignore"):  # told in words
            scores += (share * rest)[:, np.newaxis]
            row = np.repeat(np.arange(len(scores)), np.diff(lifts.indptr))
            scores[row, lifts.indices] += share * lifts.data
        return _finite(scores)

    def of_pairs(self, photos, places, heard, tags):
        """Score some tags of each photo, positions of shape (n, n_listed)."""
        every = self.of_tags(photos, places, heard)
        return np.take_along_axis(every, tags, axis=1)
