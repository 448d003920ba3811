# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a step of training reads: photos, tags and places that do or do not belong."""

from abc import ABC, abstractmethod

import numpy as np
from scipy import sparse

from sklearn_geo.nets import LazyRows, RowData, Several
from sklearn_geo.ranking._triplets import TripletSampler

__all__ = ["Lesson", "PairLesson", "TripletLesson"]


class Lesson(ABC):
    """The rows to learn from, and what is left to chance in an epoch.

    Parameters
    ----------
    photos : PhotoRows
        What gives the vectors of some of the photos.

    places : PlaceRows
        What gives encoded places of some of the photos.

    indicator : csr_array of shape (n_photos, n_tags)
        Tags of the photos.

    at : ndarray of int or None
        The photos that are learnt from; None is all.

    silence : float
        Share of positives whose place is silenced.

    seed : int
        Decides everything that is left to chance.
    """

    def __init__(self, photos, places, indicator, at, *, silence, seed):
        self.photos, self.places, self.silence = photos, places, silence
        self.at = np.arange(indicator.shape[0]) if at is None else np.asarray(at)
        self.indicator = indicator if at is None else indicator[self.at]
        self.seed = seed
        self.sigma_km = 0.0
        self.epoch = 0

    def begin(self, epoch, rng):  # noqa: B027 - a lesson may draw nothing
        """Draw what an epoch needs."""

    @abstractmethod
    def inputs(self, rows):
        """Return the blocks of some rows."""

    # Whether gradients of a table of tags have some rows only.
    by_row = False

    def data(self, sample_weight=None):
        """Return the rows as the net reads them."""
        lazy = LazyRows((len(self.at), 1), self.inputs)
        data = _LessonRows(lazy, sample_weight=sample_weight)
        data.by_row = self.by_row
        return data

    def draw(self, epoch, rng, n_rows):
        """Begin an epoch, and shuffle its rows."""
        self.epoch = epoch
        self.begin(epoch, rng)
        return rng.permutation(n_rows)

    def _heard(self, rows, n_places, known, rng):
        """Return 0 for the places that are silenced, 1 for others."""
        heard = known.astype(np.float32)
        if self.silence:
            quiet = rng.random(len(rows)) < self.silence
            heard *= ~np.resize(quiet, n_places)
        return heard

    def _chance(self, rows):
        """Return what draws the noise of a batch: the same for the same batch."""
        return np.random.default_rng([self.seed, self.epoch, int(rows[0]), len(rows)])

    def _positions(self, rows):
        return np.arange(len(self.at))[rows] if isinstance(rows, slice) else rows


class TripletLesson(Lesson):
    """Positives and as many negatives each; parameters as of :class:`Lesson`.

    Parameters
    ----------
    task : {"tagging", "retrieval"}
        Which negatives there are, see :class:`TripletSampler`.

    n_negatives : int
        Negatives of a positive.

    learnt : bool
        Whether vectors of tags are learnt.
    """

    def __init__(self, *args, task, n_negatives, learnt, **kwargs):
        self.by_row = learnt
        self._task, self._n_negatives = task, n_negatives
        self._sampler = self.drawn = None
        super().__init__(*args, **kwargs)

    def begin(self, epoch, rng):
        """Draw positives and negatives."""
        if self._sampler is None:
            self._sampler = TripletSampler(
                self.indicator, self._task, self._n_negatives
            )
        self.drawn = self._sampler.draw(rng)

    def inputs(self, rows):
        """Return photos, tags and places of some triplets."""
        rows = self._positions(rows)
        if self.drawn is None:  # rows that are only watched have no epochs
            self.begin(0, np.random.default_rng([self.seed, 0]))
        rng, drawn = self._chance(rows), self.drawn
        n_rows, n_negatives = len(rows), self._n_negatives
        photo = drawn.negative_photo[rows].ravel()
        own = np.repeat(np.arange(n_rows), n_negatives)
        is_other = photo != rows[own]
        others, number = np.unique(photo[is_other], return_inverse=True)
        position = own
        position[is_other] = n_rows + number
        both = np.concatenate([drawn.tag[rows], drawn.negative_tag[rows].ravel()])
        tags, of_tag = np.unique(both, return_inverse=True)
        where = self.at[rows]
        if self.sigma_km:  # noise anew for every negative
            where = np.concatenate([where, np.repeat(where, n_negatives)])
        places, known = self.places.rows(where, self.sigma_km, rng)
        heard = self._heard(rows, len(where), known, rng)
        if self.sigma_km and self.silence:
            # A negative is silenced with its positive.
            heard[n_rows:] = known[n_rows:] * np.repeat(heard[:n_rows], n_negatives)
        return Several(
            (
                self.photos.rows(self.at[rows]),
                self.photos.rows(self.at[others]),
                tags.astype(np.int64),
                places,
                heard,
                of_tag[:n_rows].astype(np.int64),
                position.astype(np.int64),
                of_tag[n_rows:].astype(np.int64),
            )
        )


class PairLesson(Lesson):
    """Photos against all tags, and tags with places against the photos of the batch.

    Parameters are those of :class:`Lesson`.

    Parameters
    ----------
    n_sampled_tags : int or None
        Number of other tags that a step takes as negatives; None is all of them.

    prior : PlacePrior or None
        How much more likely tags are at places.

    groups : ndarray of int of shape (n_photos,) or None
        Whose photos they are, for the prior.

    own : ndarray of int of shape (n_photos,) or None
        Which photo of the prior each photo is, -1 for none.
    """

    def __init__(
        self, *args, n_sampled_tags=None, prior=None, groups=None, own=None, **kwargs
    ):
        self._n_sampled = n_sampled_tags
        self._prior, self._groups, self._own = prior, groups, own
        super().__init__(*args, **kwargs)
        if n_sampled_tags is not None and n_sampled_tags >= self.indicator.shape[1]:
            self._n_sampled = None
        self.by_row = self._n_sampled is not None

    def inputs(self, rows):
        """Return photos, places and tags, and who has which."""
        rows = self._positions(rows)
        rng = self._chance(rows)
        where = self.at[rows]
        told, known = self.places.told(where, self.sigma_km, rng)
        heard = self._heard(rows, len(rows), known, rng)
        mine = self.indicator[rows]
        lengths = np.diff(mine.indptr)
        # A query for each tag of each photo.
        asks, tag = np.repeat(np.arange(len(rows)), lengths), mine.indices
        share = sparse.csr_array(
            (np.repeat(1.0 / lengths, lengths), mine.indices, mine.indptr), mine.shape
        )
        # Photos that have the tag of a query are no negatives of it.
        same = mine[:, tag].toarray().T
        offered, offset = self._offered(mine, rng)
        if len(offered):
            number = np.full(mine.shape[1], -1)
            number[offered] = np.arange(len(offered))
            share = sparse.csr_array(
                (share.data, number[share.indices], share.indptr),
                shape=(len(rows), len(offered)),
            )
            share.sort_indices()
            tag = number[tag]
        return Several(
            (
                self.photos.rows(where),
                self.places.encoded(told),
                heard,
                self._lifts(where, told, heard > 0, offered),
                asks.astype(np.int64),
                tag.astype(np.int64),
                offered.astype(np.int64),
                offset.astype(np.float32),
                share,
                same,
            )
        )

    def _lifts(self, where, places, known, offered):
        """Return what the prior says of the tags of a step; no columns for nothing."""
        if self._prior is None or self.sigma_km:  # photos around are exact
            return np.empty((len(places), 0), dtype=np.float32)
        groups = None if self._groups is None else self._groups[where]
        lifts, _ = self._prior.lifts(places, known, own=self._own[where], groups=groups)
        return (lifts[:, offered] if len(offered) else lifts).toarray()

    def _offered(self, mine, rng):
        """Return the tags of a step and what corrects their scores; none for all."""
        if self._n_sampled is None:
            return np.empty(0, dtype=np.int64), np.empty(0)
        n_tags = mine.shape[1]
        own = np.unique(mine.indices)
        drawn = np.unique(rng.integers(n_tags, size=self._n_sampled))
        others = np.setdiff1d(drawn, own, assume_unique=True)
        # Those drawn stand for all others.
        weight = np.log(max(n_tags - len(own), 1) / max(len(others), 1))
        offset = np.repeat([0.0, weight], [len(own), len(others)])
        return np.concatenate([own, others]), offset


class _LessonRows(RowData):
    """Rows that know which gradients they give."""

    by_row = False

    @property
    def is_sparse(self):
        """Whether gradients of the first layer have some rows only."""
        return self.by_row
