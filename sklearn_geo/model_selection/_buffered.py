# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Spatial folds with a strip of no man's land around the test rows."""

import numbers

import numpy as np
from scipy.spatial import cKDTree
from sklearn.utils._param_validation import Interval

from sklearn_geo._numbers import is_real, naming, reject_masked
from sklearn_geo.base import places_in
from sklearn_geo.geometry import (
    haversine,
    haversine_to_point,
    km_to_chord,
    unit_vectors,
)
from sklearn_geo.model_selection._s2_block import S2BlockKFold

# Chords this close to the limit (a few micrometres on the ground) are rounded too
# coarsely to decide; their haversine distance does.
_SLACK = 1e-12


def is_near(places, centres, km):
    """Tell which places lie within `km` of at least one centre.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        Validated places.

    centres : ndarray of shape (n_centres, 2)
        Validated places.

    km : float
        Great-circle distance; a place exactly that far is near.

    Returns
    -------
    ndarray of shape (n_places,), bool
        As all n_places x n_centres haversine distances would tell, found with a k-d
        tree on unit vectors instead.
    """
    if not (len(places) and len(centres)):
        return np.zeros(len(places), dtype=bool)
    # Many photos of one spot would make leaves of the tree that are slow to search.
    pairs = np.ascontiguousarray(centres).view(np.complex128)
    centres = np.unique(pairs).view(np.float64).reshape(-1, 2)
    tree = cKDTree(unit_vectors(centres))
    vectors = unit_vectors(places)
    chord = float(km_to_chord(km))
    nearest, centre = tree.query(vectors, distance_upper_bound=chord + 2.0 * _SLACK)
    near = nearest < chord - _SLACK
    doubtful = np.flatnonzero(~near & (nearest <= chord + _SLACK))
    if not len(doubtful):
        return near
    near[doubtful] = haversine(places[doubtful], centres[centre[doubtful]]) <= km
    # Rounding may rank another centre of the doubtful shell before the nearest one.
    for row in doubtful[~near[doubtful]]:
        shell = tree.query_ball_point(vectors[row], chord + _SLACK)
        near[row] = (haversine_to_point(centres[shell], places[row]) <= km).any()
    return near


def drop_buffer(X, train, test, *, km, location="auto"):
    """Leave out the training rows that lie within `km` of a test row.

    Puts a buffer around the test rows of any splitter; the list of pairs that comes out
    serves as `cv=`.

    Parameters
    ----------
    X : array-like, sparse array, data frame or GeoDataFrame of n_rows rows
        A table with a latitude and a longitude column.

    train : array-like of int, or of bool of shape (n_rows,)
        Positions of the training rows, as a splitter yields them, or a mask.

    test : array-like of int, or of bool of shape (n_rows,)
        Positions of the test rows, or a mask.

    km : float
        Width of the buffer, great-circle distance. A row exactly `km` away is left out.

    location : "auto" or pair of str or int, default="auto"
        Where X holds the places; see `S2BlockKFold`.

    Returns
    -------
    ndarray of int
        Positions of the training rows that stay, in the order of `train`.

    See Also
    --------
    BufferedSpatialKFold : Does this around blocks of S2 cells.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import GroupKFold
    >>> from sklearn_geo.model_selection import drop_buffer
    >>> X = np.array([[48.857, 2.352], [48.861, 2.336], [41.902, 12.496]])
    >>> users = ["ada", "ben", "ben"]
    >>> for train, test in GroupKFold(2).split(X, groups=users):
    ...     print("train", drop_buffer(X, train, test, km=5.0), "test", test)
    train [] test [1 2]
    train [2] test [0]
    """
    _check_km(km)
    places = places_in(X, location=location)
    train = _read_positions(train, len(places), "train")
    test = _read_positions(test, len(places), "test")
    return train[~is_near(places[train], places[test], km)]


def _read_positions(rows, n_rows, name):
    """Return positions of rows, given as such or as a mask."""
    reject_masked(rows, name)
    with naming(name):
        rows = np.asarray(rows)
    if rows.dtype.kind == "b" and rows.shape == (n_rows,):
        return np.flatnonzero(rows)
    if rows.size == 0:
        return np.zeros(0, dtype=np.intp)
    if rows.dtype.kind not in "iu" or rows.ndim != 1:
        raise ValueError(
            f"{name} must be positions of rows (integers), or a mask of the {n_rows} "
            f"rows of X; got an array of shape {rows.shape} and dtype {rows.dtype}."
        )
    outside = (rows < 0) | (rows >= n_rows)
    if outside.any():
        raise ValueError(
            f"{name} names row {int(rows[outside][0])}, but X has rows 0 to "
            f"{n_rows - 1}."
        )
    return rows.astype(np.intp, copy=False)


def _check_km(km):
    if not (is_real(km) and km >= 0.0):
        raise ValueError(f"km must be a number of kilometres, 0 or more; got {km!r}.")


class BufferedSpatialKFold(S2BlockKFold):
    """K folds of S2 cells whose training rows keep a distance from the test rows.

    Blocks have edges, and across an edge rows are as close as ever. This splitter tests
    on the same balanced folds of whole cells as `S2BlockKFold`, and leaves out of the
    training set every row within `km` of a test row. What remains measures how a model
    does at least `km` away from all that it has seen.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.

    km : float, default=1.0
        Width of the buffer: training rows whose great-circle distance to any test row
        is at most `km` are left out. Take the distance over which rows are alike, for
        example the radius within which a feature collects what was seen around it.

    level : int, default=8
        S2 level of the cells, from 0 to 30: 8 is about 36 km wide, 10 is 9 km, 12 is
        2.3 km; see `S2BlockKFold` and `s2_level_for_km`. Cells should be several times
        wider than the buffer, or it drops most of the training rows.

    location : "auto" or pair of str or int, default="auto"
        Names or positions of the latitude and the longitude column of X; see
        `S2BlockKFold`.

    shuffle : bool, default=False
        Deal out cells of similar size (the same power of two) in random order.

    random_state : int, RandomState instance or None, default=None
        Decides the order if `shuffle` is True. Pass an int for the same folds in every
        call.

    verbose : int, default=0
        1 prints a line a fold with the numbers of rows: trained on, tested on, dropped.

    See Also
    --------
    S2BlockKFold : The same folds without a buffer.
    drop_buffer : A buffer around the test rows of any other splitter.

    Notes
    -----
    `fold_sizes` tells how many rows the buffer of each fold dropped. The test folds
    are a partition of the rows all the same, so `cross_val_predict` works.

    Every row outside the fold looks up its nearest test row in a k-d tree on unit
    vectors, so the cost is O(n log n) a fold and no distance matrix is made. The result
    is exact: rows within rounding of the limit are decided by their haversine distance.

    A buffer that would leave nothing to train on is an error, not an empty fold.

    References
    ----------
    .. [1] K. Le Rest, D. Pinaud, P. Monestiez, J. Chadoeuf and V. Bretagnolle, "Spatial
       leave-one-out cross-validation for variable selection in the presence of spatial
       autocorrelation", Global Ecology and Biogeography 23(7), 2014.
    .. [2] D. R. Roberts et al., "Cross-validation strategies for data with temporal,
       spatial, hierarchical, or phylogenetic structure", Ecography 40(8), 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.model_selection import BufferedSpatialKFold
    >>> X = np.ones((40, 2))
    >>> X[:, 1] = np.arange(40) + 0.5  # a row every 111 km; a cell's edge at 22.6
    >>> cv = BufferedSpatialKFold(n_splits=2, km=250.0, level=2)
    >>> sizes = cv.fold_sizes(X)
    >>> sizes["train"], sizes["test"], sizes["dropped"]
    (array([15, 21]), array([23, 17]), array([2, 2]))
    """

    _parameter_constraints = {
        **S2BlockKFold._parameter_constraints,
        "km": [Interval(numbers.Real, 0.0, None, closed="left")],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_splits=5,
        *,
        km=1.0,
        level=8,
        location="auto",
        shuffle=False,
        random_state=None,
        verbose=0,
    ):
        super().__init__(
            n_splits,
            level=level,
            location=location,
            shuffle=shuffle,
            random_state=random_state,
        )
        self.km = km
        self.verbose = verbose

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
            Positions of the training rows, ascending. None of them is within `km` of a
            test row.

        test : ndarray of int
            Positions of the test rows, ascending.

        Raises
        ------
        ValueError
            If the rows fall into fewer cells than there are folds, or if the buffer
            leaves no training row.
        """
        places, folds = self._assign_folds(X, y, groups)
        for fold in range(self.n_splits):
            outside, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            train = outside[~is_near(places[outside], places[test], self.km)]
            if not len(train):
                raise ValueError(
                    f"{type(self).__name__}, fold {fold + 1} of {self.n_splits}: all "
                    f"{len(outside)} rows outside the fold lie within km={self.km} of "
                    f"one of its {len(test)} test rows, so none is left to train on. "
                    "Use a narrower buffer (smaller km), or wider cells (a smaller "
                    f"level than {self.level}) so that fewer rows lie at an edge."
                )
            if self.verbose:
                print(
                    f"[{type(self).__name__}] fold {fold + 1}/{self.n_splits}: "
                    f"{len(train)} rows to train on, {len(test)} to test on, "
                    f"{len(outside) - len(train)} dropped within {self.km:g} km"
                )
            yield train, test
