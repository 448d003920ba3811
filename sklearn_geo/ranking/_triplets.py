# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Triplets: a photo with one of its tags, and what is wrong beside them."""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sklearn_geo._blocks import blocks

__all__ = ["TripletSampler", "Triplets"]

# Photos that are drawn for at once: bounds what lies beside the result.
_BLOCK = 1 << 18


@dataclass(frozen=True)
class Triplets:
    """What an epoch learns from: for every photo a tag, and pairs that are wrong.

    Attributes
    ----------
    tag : ndarray of int32 of shape (n_photos,)
        One of the photo's tags.

    negative_photo : ndarray of int32 of shape (n_photos, n_negatives)
        The photo of every wrong pair: the photo itself, or one without the tag.

    negative_tag : ndarray of int32 of shape (n_photos, n_negatives)
        The tag of every wrong pair: the tag itself, or one that the photo lacks.

    n_void : int
        Pairs that are not wrong, for want of a wrong one: they are photo and tag
        themselves, and teach nothing.
    """

    tag: np.ndarray
    negative_photo: np.ndarray
    negative_tag: np.ndarray
    n_void: int


class TripletSampler:
    r"""Draw triplets for all photos at once, without trial and error.

    Parameters
    ----------
    indicator : csr_array of shape (n_photos, n_tags)
        Which photo has which tag. Every photo has one at least.

    task : {"tagging", "retrieval"}, default="tagging"
        What a wrong pair has replaced. "tagging": photo or tag, at the toss of a fair
        coin. "retrieval": always the photo, so that tags are as frequent among right
        pairs as among wrong ones.

    n_negatives : int, default=6
        Wrong pairs a photo.

    Notes
    -----
    A tag is replaced by any tag that the photo lacks, all as likely; a photo by any
    photo without the tag. A tag on every photo leaves no photo to replace by: then the
    tag is replaced instead, and the other way round.

    If :math:`m_0 < m_1 < \dots` are the tags of a photo, then :math:`m_j - j` tags
    before :math:`m_j` are lacking. So the lacking tag number :math:`r` is :math:`r`
    plus the number of :math:`j` with :math:`m_j - j \le r`, which one binary search
    finds; and what is lacking never has to be written down.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import sparse
    >>> from sklearn_geo.ranking._triplets import TripletSampler
    >>> indicator = sparse.csr_array([[1, 1, 0], [0, 0, 1]])
    >>> sampler = TripletSampler(indicator, "retrieval", n_negatives=2)
    >>> drawn = sampler.draw(np.random.default_rng(0))
    >>> drawn.negative_photo
    array([[1, 1],
           [0, 0]], dtype=int32)
    """

    def __init__(self, indicator, task="tagging", n_negatives=6):
        if task not in ("tagging", "retrieval"):
            raise ValueError(f'task must be "tagging" or "retrieval"; got {task!r}.')
        indicator = _canonical(indicator)
        self.task = task
        self.n_negatives = n_negatives
        self.n_photos, self.n_tags = indicator.shape
        if not np.diff(indicator.indptr).all():
            row = int(np.argmin(np.diff(indicator.indptr)))
            raise ValueError(f"Photo {row} has no tag: leave such photos out first.")
        self._of_photo = _Members(indicator)
        self._of_tag = _Members(sparse.csr_array(indicator.T))
        n_full = int((self._of_photo.n_others == 0).sum())
        n_everywhere = int((self._of_tag.n_others == 0).sum())
        if n_full and n_everywhere:
            warnings.warn(
                f"{n_full} of {self.n_photos} photos have every tag, and "
                f"{n_everywhere} of {self.n_tags} tags are on every photo: "
                "nothing is wrong beside such a pair, and it teaches nothing.",
                UserWarning,
                stacklevel=3,
            )

    def draw(self, rng):
        """Draw triplets for every photo.

        Parameters
        ----------
        rng : numpy.random.Generator
            Where chance comes from.

        Returns
        -------
        Triplets
            In the order of the photos.
        """
        shape = (self.n_photos, self.n_negatives)
        tag = np.empty(self.n_photos, dtype=np.int32)
        photos = np.empty(shape, dtype=np.int32)
        tags = np.empty(shape, dtype=np.int32)
        n_void = 0
        for rows in blocks(self.n_photos, _BLOCK):
            n_void += self._draw(rng, rows, tag[rows], photos[rows], tags[rows])
        return Triplets(tag, photos, tags, n_void)

    def _draw(self, rng, rows, tag, photos, tags):
        """Fill in some rows, and return how many pairs are not wrong."""
        photo = np.arange(rows.start, rows.stop)
        tag[:] = self._of_photo.draw_members(photo, rng)
        photos[:], tags[:] = photo[:, np.newaxis], tag[:, np.newaxis]
        if self.task == "tagging":
            take_photo = rng.integers(0, 2, size=photos.shape, dtype=np.uint8) > 0
        else:
            take_photo = np.ones(photos.shape, dtype=bool)
        no_photo = self._of_tag.n_others[tag] == 0
        no_tag = self._of_photo.n_others[photo] == 0
        take_photo[no_photo] = False
        take_photo[no_tag & ~no_photo] = True
        take_tag = ~take_photo
        take_tag[no_photo & no_tag] = False
        # Photos are asked for tag by tag, so that searches stay in the cache.
        order = np.argsort(tag, kind="stable")
        row, which = np.nonzero(take_photo[order])
        row = order[row]
        photos[row, which] = self._of_tag.draw_others(tag[row], rng)
        row, which = np.nonzero(take_tag)
        tags[row, which] = self._of_photo.draw_others(photo[row], rng)
        return int((no_photo & no_tag).sum()) * self.n_negatives


class _Members:
    """The members of every row, and what is none.

    Parameters
    ----------
    indicator : csr_array of shape (n_rows, n_columns)
        Members in order, none twice.

    Attributes
    ----------
    n_others : ndarray of int64 of shape (n_rows,)
        Columns that are no members.
    """

    def __init__(self, indicator):
        n_rows, self._n_columns = indicator.shape
        self._starts = indicator.indptr.astype(np.int64)
        self._columns = indicator.indices
        length = np.diff(self._starts)
        self.n_others = self._n_columns - length
        # m_j - j of every row, and rows one behind the other: a sorted array, of
        # 64 bits because rows times columns are more than 32 hold.
        self._keys = np.repeat(
            np.arange(n_rows) * self._n_columns + self._starts[:-1], length
        )
        self._keys -= np.arange(len(self._keys))
        self._keys += self._columns

    def draw_members(self, rows, rng):
        """Draw one member for every row that is given."""
        start = self._starts[rows]
        return self._columns[start + rng.integers(0, self._starts[rows + 1] - start)]

    def draw_others(self, rows, rng):
        """Draw one column that is no member for every row that is given."""
        rank = rng.integers(0, self.n_others[rows])
        keys = rows.astype(np.int64) * self._n_columns + rank
        before = np.searchsorted(self._keys, keys, side="right") - self._starts[rows]
        return rank + before


def _canonical(indicator):
    """Return members in order, none twice, without entries of zero."""
    indicator = sparse.csr_array(indicator)
    if not indicator.has_canonical_format or not indicator.data.all():
        indicator = indicator.copy()
        indicator.sum_duplicates()
        indicator.eliminate_zeros()
    return indicator
