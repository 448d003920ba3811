# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The tags that a model was taught: their names, their numbers, who was left out."""

from difflib import get_close_matches
from numbers import Integral

import numpy as np
from scipy import sparse

from sklearn_geo._entries import canonical
from sklearn_geo._numbers import reject_masked
from sklearn_geo._tags import check_n_tags, check_tag_names, read_tags

__all__ = ["Vocabulary", "read_indicator"]


def read_indicator(y, n_rows, *, name="y"):
    """Read which photo has which tag, and what the tags are called.

    Parameters
    ----------
    y : {array-like, sparse array or matrix, data frame} of shape (n_photos, n_tags)
        What is not zero is a tag.

    n_rows : int
        How many photos there are.

    name : str, default="y"
        What the argument is called in error messages.

    Returns
    -------
    indicator : csr_array of shape (n_photos, n_tags), float32
        Ones.

    tag_names : list of str or None
        Names of the columns of a data frame.
    """
    indicator, tag_names = read_tags(y, name=name, dtype=np.float32)
    if indicator.shape[0] != n_rows:
        raise ValueError(
            f"{name} has the tags of {indicator.shape[0]} photos, but X has {n_rows} "
            "rows. Pass one row of tags a photo, in the same order."
        )
    check_n_tags(indicator.shape[1], name)
    # The counts may be the caller's, who does not let us write to them.
    ones = np.ones(indicator.nnz, dtype=np.float32)
    parts = (ones, indicator.indices, indicator.indptr)
    return canonical(*parts, indicator.shape), tag_names


class Vocabulary:
    """Names of tags, and the tags that are never suggested.

    Parameters
    ----------
    n_tags : int
        How many there are.

    names : sequence of str or None
        Their names; None calls them by their numbers.

    omitted : sequence of str or int or None, default=None
        Tags that are never suggested. Names that are no tag are passed over: lists of
        place names are longer than any vocabulary.

    Attributes
    ----------
    names : list of str or None
        The names.

    allowed : ndarray of bool of shape (n_tags,) or None
        Which tags may be suggested; None is all.

    omitted : sequence of str or int or None
        As it was given.
    """

    omitted = None  # of one that was pickled before this was kept

    def __init__(self, n_tags, names=None, omitted=None):
        self.n_tags, self.omitted = n_tags, omitted
        reject_masked(names, "tag_names")
        self.names = None if names is None else check_tag_names(names, n_tags, "y")
        self._number = {name: n for n, name in enumerate(self.names or ())}
        self.allowed = None
        left_out = self._left_out(omitted)
        if len(left_out):
            self.allowed = np.ones(n_tags, dtype=bool)
            self.allowed[left_out] = False
            if not self.allowed.any():
                raise ValueError("omit_tags leaves no tag to suggest.")

    def without(self, omitted):
        """Return a vocabulary of the same tags that omits these."""
        if omitted is self.omitted:
            return self
        return Vocabulary(self.n_tags, self.names, omitted)

    def name(self, number):
        """Return what a tag is called."""
        return str(number) if self.names is None else self.names[number]

    def position(self, tag):
        """Return the number of one tag, given by its name or its number."""
        if isinstance(tag, Integral) and not isinstance(tag, bool):
            if not 0 <= tag < self.n_tags:
                raise ValueError(f"There is no tag {tag}, only 0 to {self.n_tags - 1}.")
            return int(tag)
        if not isinstance(tag, str):
            raise ValueError(
                f"A tag is asked for by its name or its number; got {tag!r}."
            )
        if self.names is None:
            raise ValueError(
                f"The tag {tag!r} is asked for by its name, but tags have no names: "
                "pass y as a data frame or set tag_names, or ask by number."
            )
        if tag not in self._number:
            near = get_close_matches(tag, self.names, n=3, cutoff=0.6)
            hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
            raise ValueError(
                f"Nobody was taught the tag {tag!r}: it is none of the {self.n_tags} "
                f"tags of fit.{hint}"
            )
        return self._number[tag]

    def positions(self, tags):
        """Return the numbers of tags, an int64 array."""
        if sparse.issparse(tags):
            raise TypeError(
                "Tags are asked for by names or numbers, not by a sparse indicator."
            )
        one = isinstance(tags, (str, bytes)) or not hasattr(tags, "__iter__")
        if one or (hasattr(tags, "dtype") and np.ndim(tags) == 0):
            tags = [tags]
        if isinstance(tags, memoryview):
            tags = np.asarray(tags)
        return np.array([self.position(_plain(tag)) for tag in tags], dtype=np.int64)

    def silence(self, scores):
        """Set the scores of omitted tags to -inf, in place, and return them."""
        if self.allowed is not None:
            scores[:, ~self.allowed] = -np.inf
        return scores

    def _left_out(self, omitted):
        if omitted is None:
            return []
        if isinstance(omitted, str):
            raise ValueError(
                f"omit_tags must be a collection of tags; got the string {omitted!r}. "
                f"Pass [{omitted!r}]."
            )
        found = []
        for tag in map(_plain, omitted):
            if isinstance(tag, str) and self.names is not None:
                if tag in self._number:
                    found.append(self._number[tag])
            else:
                found.append(self.position(tag))
        return found


def _plain(tag):
    """Turn a numpy scalar into what Python has for it."""
    return tag.item() if isinstance(tag, np.generic) else tag
