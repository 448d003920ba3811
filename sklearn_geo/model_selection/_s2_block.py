# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Folds made of whole S2 cells, so that neighbours stay together."""

import heapq
import math
import numbers
import warnings

import numpy as np
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_random_state, indexable
from sklearn.utils._param_validation import Interval

from sklearn_geo._numbers import is_real
from sklearn_geo._tables import check_sparse, is_geo
from sklearn_geo.base import places_in
from sklearn_geo.geometry import EARTH_RADIUS_KM, s2_cell_ids
from sklearn_geo.model_selection._fold_sizes import FoldSizesMixin

_FINEST_LEVEL = 30
# Degrees: radians lie as near to (0, 0), and scaled columns do.
_NEAR_NOTHING = 4
# Six cells of level 0 cover the sphere, and each level halves the side.
_SIDE_KM = math.sqrt(4.0 * math.pi / 6.0) * EARTH_RADIUS_KM


def s2_level_for_km(km):
    r"""Return the S2 level whose cells are about `km` wide.

    Parameters
    ----------
    km : float
        The width wanted, positive.

    Returns
    -------
    int
        The level from 0 to 30 whose mean width is nearest to `km` as a ratio.

    See Also
    --------
    S2BlockKFold : Lists the widths of all levels worth choosing.

    Notes
    -----
    The mean width is the side of a square with the cells' mean area: the sphere has
    :math:`6 \cdot 4^{level}` cells, hence :math:`\sqrt{4 \pi R^2 / 6} / 2^{level}`,
    which is 9220 km at level 0. Single cells of a level are up to a quarter narrower
    or an eighth wider, depending on where they lie.

    Examples
    --------
    >>> from sklearn_geo.model_selection import s2_level_for_km
    >>> s2_level_for_km(1), s2_level_for_km(25), s2_level_for_km(1000)
    (13, 9, 3)
    """
    if isinstance(km, np.floating):
        km = float(km)
    if not (is_real(km) and 0.0 < km < math.inf):
        raise ValueError(f"km must be a positive number of kilometres; got {km!r}.")
    # Not of their ratio, which is infinite for the smallest numbers.
    level = round(math.log2(_SIDE_KM) - math.log2(km))
    return min(max(level, 0), _FINEST_LEVEL)


def _width(level):
    """Say how wide a cell is, in words for messages."""
    km = _SIDE_KM / 2.0**level
    return f"{km:.3g} km" if km >= 1.0 else f"{1000.0 * km:.3g} m"


def _refuse_places_in_y(X, y):
    """Say how texts are split by the places that are to be predicted."""
    one_column = len(getattr(X, "shape", ())) == 1 or (
        isinstance(X, list) and X and isinstance(X[0], str)
    )
    if one_column and not is_geo(X) and getattr(y, "shape", (0,))[1:] == (2,):
        raise ValueError(
            "X is one column and holds no places, but y has two columns. If these are "
            "the places, split them, and hand the folds over: "
            "cv=list(splitter.split(y))."
        )


def balanced_folds(sizes, n_folds, random_state=None):
    """Deal blocks out to folds, each block to the fold that is smallest so far.

    Parameters
    ----------
    sizes : ndarray of shape (n_blocks,), int
        Rows of every block.

    n_folds : int
        Number of folds, at most n_blocks.

    random_state : RandomState or None, default=None
        None deals the blocks by size, largest first. A RandomState deals at random
        among blocks of similar size (the same power of two).

    Returns
    -------
    ndarray of shape (n_blocks,), int
        The fold of every block. The largest and the smallest fold differ by at most
        the size of the largest block, whatever the order: a block is added to a
        smallest fold, which lifts it above no more than the block's own size over the
        smallest. Dealing small blocks last evens out what large ones left.
    """
    if random_state is None:
        order = np.argsort(-sizes, kind="stable")
    else:
        shuffled = random_state.permutation(len(sizes))
        power = np.frexp(sizes)[1]
        order = shuffled[np.argsort(-power[shuffled], kind="stable")]
    folds = np.empty(len(sizes), dtype=np.intp)
    heap = [(0, fold) for fold in range(n_folds)]
    for block, size in zip(order.tolist(), sizes[order].tolist(), strict=True):
        rows, fold = heap[0]
        folds[block] = fold
        heapq.heapreplace(heap, (rows + size, fold))
    return folds


class S2BlockKFold(FoldSizesMixin, BaseCrossValidator):
    """K folds made of whole S2 cells: rows of one cell are never split.

    What lies close together is alike: two photos of one square show the same things,
    often on the same day. Random folds put such neighbours of a test row into the
    training set, and a model that only remembers the neighbourhood scores as if it had
    understood something. Here a fold is a set of cells, so a model is tested in blocks
    of which it has seen nothing.

    The folds are balanced: cells are dealt out by their number of rows, largest
    first, each to the fold that has the fewest rows so far.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.

    level : int, default=8
        S2 level of the cells, from 0 (six cells) to 30 (a square centimetre). Each
        level halves the width: level 4 is 576 km wide on average, 6 is 144 km, 8 is
        36 km (a city), 10 is 9 km, 12 is 2.3 km, 13 is 1.1 km, 14 is 560 m (a
        neighbourhood) and 16 is 140 m. `s2_level_for_km` finds the level for a width.
        Take cells clearly wider than the distance over which rows are alike.

    location : "auto" or pair of str or int, default="auto"
        Names or positions of the latitude and the longitude column of X; names, in a
        GeoDataFrame that has more than points. "auto" takes the points of a
        GeoDataFrame, the columns of a table that has two, the columns whose names tell
        (`lat`, `longitude`, ...), and the first two columns of an array. No other
        column is looked at, so they may hold text.

    shuffle : bool, default=False
        Deal out cells of similar size (the same power of two) in random order.

    random_state : int, RandomState instance or None, default=None
        Decides the order if `shuffle` is True. Pass an int for the same folds in every
        call.

    See Also
    --------
    BufferedSpatialKFold : Also leaves out training rows close to the fold's edges.
    UserDisjointShuffleSplit : Keeps the photos of one user together.
    sklearn.model_selection.GroupKFold : The same for groups that are known.

    Notes
    -----
    The largest and the smallest fold differ by at most the rows of the fullest cell.
    Where one cell holds more than its share of all rows, choose a finer level;
    `fold_sizes` shows how the folds came out.

    The folds depend on where the rows are, not on their order: shuffled rows fall
    into the same folds. Rows on the two sides of a cell's edge may still be close to
    each other; a buffer around the test rows (`BufferedSpatialKFold`) removes them.

    `groups` are not used, and a warning says so.

    References
    ----------
    .. [1] D. R. Roberts et al., "Cross-validation strategies for data with temporal,
       spatial, hierarchical, or phylogenetic structure", Ecography 40(8), 2017.
    .. [2] P. Ploton et al., "Spatial validation reveals poor predictive performance of
       large-scale ecological mapping models", Nature Communications 11, 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.model_selection import S2BlockKFold
    >>> paris, rome, oslo = [48.857, 2.352], [41.902, 12.496], [59.914, 10.752]
    >>> X = np.array([paris, rome, paris, oslo, rome, paris])
    >>> cv = S2BlockKFold(n_splits=2)
    >>> for train, test in cv.split(X):
    ...     print("train", train, "test", test)
    train [1 3 4] test [0 2 5]
    train [0 2 5] test [1 3 4]
    >>> cv.fold_sizes(X)["test"]
    array([3, 3])
    """

    _parameter_constraints = {
        "n_splits": [Interval(numbers.Integral, 2, None, closed="left")],
        "level": [Interval(numbers.Integral, 0, _FINEST_LEVEL, closed="both")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_splits=5,
        *,
        level=8,
        location="auto",
        shuffle=False,
        random_state=None,
    ):
        self.n_splits = n_splits
        self.level = level
        self.location = location
        self.shuffle = shuffle
        self.random_state = random_state

    def split(self, X, y=None, groups=None):
        """Yield the rows to train and to test on, fold by fold.

        Parameters
        ----------
        X : array-like, sparse array, data frame or GeoDataFrame of n_rows rows
            A table with a latitude and a longitude column; see `location`.

        y : array-like of shape (n_rows,), default=None
            Ignored, exists for API compatibility.

        groups : array-like of shape (n_rows,), default=None
            Ignored with a warning, exists for API compatibility.

        Yields
        ------
        train : ndarray of int
            Positions of the training rows, ascending.

        test : ndarray of int
            Positions of the test rows, ascending.

        Raises
        ------
        ValueError
            If the rows fall into fewer cells than there are folds.
        """
        _, folds = self._assign_folds(X, y, groups)
        for fold in range(self.n_splits):
            yield np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of folds.

        Parameters
        ----------
        X, y, groups : object, default=None
            Ignored, exist for API compatibility.

        Returns
        -------
        int
            `n_splits`.
        """
        return self.n_splits

    def _assign_folds(self, X, y, groups):
        """Return the places of X and the fold of every row."""
        self._check_parameters()
        if self.random_state is not None and not self.shuffle:
            raise ValueError(
                f"random_state={self.random_state!r} has no effect without shuffling. "
                "Set shuffle=True, or leave random_state at None."
            )
        if groups is not None:
            warnings.warn(
                f"{type(self).__name__} splits by place and ignores groups. To keep "
                "groups together use UserDisjointShuffleSplit or GroupKFold.",
                UserWarning,
                stacklevel=3,
            )
        for name, rows in (("X", X), ("y", y), ("groups", groups)):
            check_sparse(rows, name)
        X, y, groups = indexable(X, y, groups)
        _refuse_places_in_y(X, y)
        places = places_in(X, location=self.location)
        cells, cell_of_row, sizes = np.unique(
            s2_cell_ids(places, self.level), return_inverse=True, return_counts=True
        )
        if len(cells) < self.n_splits:
            self._explain_few_cells(places, len(cells))
        rng = check_random_state(self.random_state) if self.shuffle else None
        return places, balanced_folds(sizes, self.n_splits, rng)[cell_of_row]

    def _explain_few_cells(self, places, n_cells):
        """Raise, naming the coarsest level that has enough cells, if there is one."""
        remedy = (
            "No level has enough cells for as few different places: use fewer splits."
        )
        for level in range(self.level + 1, _FINEST_LEVEL + 1):
            enough = len(np.unique(s2_cell_ids(places, level)))
            if enough >= self.n_splits:
                remedy = (
                    f"Use a finer level (level={level}, {_width(level)} wide, has "
                    f"{enough} cells) or fewer splits."
                )
                break
        if np.abs(places).max() <= _NEAR_NOTHING:
            remedy += (
                f" All places lie within {_NEAR_NOTHING} degrees of (0, 0), in the "
                "sea: are they scaled, or radians, or not in the first two columns?"
            )
        raise ValueError(
            f"{type(self).__name__} needs at least one cell per fold, n_splits="
            f"{self.n_splits}, but the {len(places)} rows of X fall into {n_cells} "
            f"cell{'s' * (n_cells != 1)} of level {self.level} (about "
            f"{_width(self.level)} wide). {remedy}"
        )
