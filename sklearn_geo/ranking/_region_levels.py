# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The region that a photo lies in, at several levels: cells, partitions, names."""

from difflib import get_close_matches
from itertools import pairwise
from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._missing import is_blank
from sklearn_geo._tables import column_names
from sklearn_geo.geometry import S2_MAX_LEVEL, s2_cell_ids
from sklearn_geo.partition import CellHierarchy
from sklearn_geo.partition._base import PlacePartition

__all__ = ["distinct_chains", "read_levels"]


def read_levels(regions):
    """Return the levels that `regions` stands for, from fine to coarse.

    Parameters
    ----------
    regions : int, str, partition, CellHierarchy or sequence of these
        What a person passed.

    Returns
    -------
    list
        One level each, with `check`, `fit` and `codes`.
    """
    regions = _without_hierarchy(regions)
    single = isinstance(regions, (str, Integral, PlacePartition, FrozenEstimator))
    parts = [regions] if single else regions
    if not isinstance(parts, (list, tuple, np.ndarray)) or not len(parts):
        _refuse(regions)
    levels = [_read_level(part, regions) for part in parts]
    cells = [level.level for level in levels if isinstance(level, _CellLevel)]
    if any(coarse >= fine for fine, coarse in pairwise(cells)):
        raise ValueError(
            f"regions={regions!r}: levels go from fine to coarse, and the coarser S2 "
            f"level has the smaller number. Pass {tuple(sorted(set(cells))[::-1])}."
        )
    # A town is one of its country: names go with those of the coarser levels.
    names = [level for level in levels if isinstance(level, _NameLevel)]
    for at, level in enumerate(names):
        level.columns = tuple(each.columns[0] for each in names[at:])
    return levels


def _without_hierarchy(regions):
    """Return the partitions that a hierarchy stands for, from fine to coarse."""
    frozen = isinstance(regions, FrozenEstimator)
    inside = regions.estimator if frozen else regions
    if not isinstance(inside, CellHierarchy):
        return regions
    if not frozen:
        own = inside.partitions  # None is those of the paper
        return list(inside._partitions() if own is None else own)[::-1]
    check_is_fitted(inside)
    parts = (
        each if isinstance(each, FrozenEstimator) else FrozenEstimator(each)
        for each in inside.partitions_
    )
    return list(parts)[::-1]


def _read_level(part, regions):
    if isinstance(part, Integral) and not isinstance(part, bool):
        if not 0 <= part <= S2_MAX_LEVEL:
            raise ValueError(
                f"regions={regions!r}: there is no S2 level {part}, only 0 to "
                f"{S2_MAX_LEVEL}. Level 13 is a kilometre wide, 9 a town, 3 a country."
            )
        return _CellLevel(int(part))
    if isinstance(part, str):
        return _NameLevel(part)
    inside = part.estimator if isinstance(part, FrozenEstimator) else part
    if not isinstance(inside, PlacePartition):
        _refuse(regions)
    return _PartitionLevel(part)


def _refuse(regions):
    raise TypeError(
        f"regions={regions!r:.80} are no regions. Pass an S2 level such as 10, a "
        'partition such as S2Partition(), the name of a column such as "town", or a '
        "list of these from fine to coarse."
    )


class _CellLevel:
    """Cells of one S2 level."""

    needs_places = True

    def __init__(self, level):
        self.level = level

    def check(self, X):
        """Refuse a table that does not say where photos are."""

    def fit(self, X, places, weights):
        self._ids = np.unique(s2_cell_ids(places, self.level))
        self.n_regions = len(self._ids)

    def codes(self, X, places):
        ids = s2_cell_ids(places, self.level)
        at = np.minimum(np.searchsorted(self._ids, ids), self.n_regions - 1)
        return np.where(self._ids[at] == ids, at, -1)


class _PartitionLevel:
    """Cells of a partition, which is fitted unless it is frozen."""

    needs_places = True

    def __init__(self, partition):
        self.partition = partition

    def check(self, X):
        """Refuse a table that does not say where photos are."""

    def fit(self, X, places, weights):
        if not isinstance(self.partition, FrozenEstimator):
            self.partition = clone(self.partition).fit(places, sample_weight=weights)
        self.n_regions = self.partition.n_cells_

    def codes(self, X, places):
        return np.asarray(self.partition.predict(places), dtype=np.int64)


class _NameLevel:
    """Regions that a column names, within those that coarser columns name."""

    needs_places = False

    def __init__(self, column):
        self.columns = (column,)

    def check(self, X):
        _position(X, self.columns[0])

    def fit(self, X, places, weights):
        keys = dict.fromkeys(key for key in self._keys(X) if key is not None)
        self._codes = {key: code for code, key in enumerate(keys)}
        self.n_regions = len(self._codes)

    def codes(self, X, places):
        found = (self._codes.get(key, -1) for key in self._keys(X))
        return np.fromiter(found, dtype=np.int64, count=X.shape[0])

    def _keys(self, X):
        """Return the name and those of the coarser levels, None where it is missing."""
        values = [_column(X, name) for name in self.columns]
        return [None if key[0] is None else key for key in zip(*values, strict=True)]


def _position(X, name):
    """Return where a column is."""
    names = None if sparse.issparse(X) else column_names(X)
    if names is None:
        raise ValueError(
            f"regions names the column {name!r}, but X has no column names: pass a "
            "data frame."
        )
    if name not in names:
        near = get_close_matches(name, names, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        shown = names if len(names) <= 12 else [*names[:12], "..."]
        raise ValueError(
            f"regions names the column {name!r}, which X does not have: it has "
            f"{shown}.{hint}"
        )
    return names.index(name)


def _column(X, name):
    """Return the names in a column as a list, None where they are missing."""
    at = _position(X, name)
    column = X.iloc[:, at] if hasattr(X, "iloc") else X[:, at]
    return [None if is_blank(value) else value for value in column.to_numpy()]


def distinct_chains(codes, n_regions):
    """Find the different rows of codes.

    Parameters
    ----------
    codes : ndarray of int of shape (n_rows, n_levels)
        The region at each level, -1 for none.

    n_regions : sequence of int
        How many regions the levels have.

    Returns
    -------
    chains : ndarray of int of shape (n_chains, n_levels)
        The different rows.

    chain_of : ndarray of int of shape (n_rows,)
        ``chains[chain_of]`` are the rows.
    """
    chain_of = np.zeros(len(codes), dtype=np.int64)
    first = np.zeros(1, dtype=np.int64)
    for level, n in enumerate(n_regions):
        # Numbered anew at every level, so that numbers stay small.
        keys = chain_of * (n + 1) + codes[:, level] + 1
        _, first, chain_of = np.unique(keys, return_index=True, return_inverse=True)
    return codes[first], chain_of
