# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Random splits that share no user, sized by photos."""

import numbers

import numpy as np
from sklearn.model_selection import BaseShuffleSplit
from sklearn.utils import check_random_state, indexable
from sklearn.utils._param_validation import Interval, RealNotInt

from sklearn_geo._labels import check_groups, label_array
from sklearn_geo._numbers import naming
from sklearn_geo._tables import check_sparse
from sklearn_geo.model_selection._fold_sizes import FoldSizesMixin

_DEFAULT_TEST_SIZE = 0.2


class UserDisjointShuffleSplit(FoldSizesMixin, BaseShuffleSplit):
    """Random splits in which no user has photos on both sides, sized by photos.

    A user takes many photos of one walk, one event, one album, with the same camera and
    the same tags. If some of them are trained on, the others are no test. So users, not
    photos, are drawn for the test set.

    A few users own most photos. scikit-learn's `GroupShuffleSplit` draws a share of the
    *users*, whose share of the photos may then be anything; here `test_size` and
    `train_size` count *photos* (rows), and users are drawn until these are reached.

    Parameters
    ----------
    n_splits : int, default=5
        Number of splits, drawn independently of each other.

    test_size : float or int, default=None
        Rows to test on: a share of all rows if float, a number of rows if int. None is
        what `train_size` leaves, or 0.2 if that is None, too.

    train_size : float or int, default=None
        Rows to train on: a share of all rows if float, a number of rows if int. None is
        all rows of users who are not in the test set.

    random_state : int, RandomState instance or None, default=None
        Decides the order in which users are drawn. Pass an int for the same splits in
        every call.

    See Also
    --------
    sklearn.model_selection.GroupShuffleSplit : Sizes count groups, not rows.
    sklearn.model_selection.GroupKFold : Every row is tested on once.
    S2BlockKFold : Folds that share no place.

    Notes
    -----
    The users (or albums, venues, ...) are the `groups`: ``split(X, groups=users)``,
    ``GridSearchCV(...).fit(X, y, groups=users)``. With scikit-learn's metadata routing
    this splitter requests `groups` by itself.

    Users are gone through in random order; one joins the test set if all of his or her
    rows still fit. Therefore the test set is never larger than asked for, and smaller
    by *fewer rows than the smallest user left outside of it has*: with a single user of
    one photo left outside, it is exact. (Anybody who was passed over did not fit then,
    so does not fit in the end.) Where even the smallest user has more rows than asked
    for, that user alone is the test set. With `train_size` the same is done again, for
    the training set, among the users who are left; rows of users in neither set are the
    "dropped" ones of `fold_sizes`.

    A user with more rows than `test_size` is tested on only where nobody has fewer
    rows, and then alone.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.model_selection import UserDisjointShuffleSplit
    >>> users = np.repeat(["ada", "ben", "cyd", "dan", "eve"], [60, 20, 10, 9, 1])
    >>> X = np.zeros((100, 2))
    >>> cv = UserDisjointShuffleSplit(n_splits=3, test_size=0.3, random_state=0)
    >>> for train, test in cv.split(X, groups=users):
    ...     print(np.unique(users[test]), len(test))
    ['ben' 'cyd'] 30
    ['ben' 'cyd'] 30
    ['ben' 'dan' 'eve'] 30
    """

    # scikit-learn reads this name to route `groups` here without being asked to.
    __metadata_request__split = {"groups": True}

    _parameter_constraints = {
        "n_splits": [Interval(numbers.Integral, 1, None, closed="left")],
        "test_size": [
            Interval(RealNotInt, 0.0, 1.0, closed="neither"),
            Interval(numbers.Integral, 1, None, closed="left"),
            None,
        ],
        "train_size": [
            Interval(RealNotInt, 0.0, 1.0, closed="neither"),
            Interval(numbers.Integral, 1, None, closed="left"),
            None,
        ],
        "random_state": ["random_state"],
    }

    def __init__(
        self, n_splits=5, *, test_size=None, train_size=None, random_state=None
    ):
        super().__init__(
            n_splits,
            test_size=test_size,
            train_size=train_size,
            random_state=random_state,
        )

    def split(self, X, y=None, groups=None):
        """Yield the rows to train and to test on, split by split.

        Parameters
        ----------
        X : array-like of n_rows rows
            Only its number of rows is used.

        y : array-like of shape (n_rows,), default=None
            Ignored, exists for API compatibility.

        groups : array-like of shape (n_rows,)
            The user of every row, as a number or a text.

        Yields
        ------
        train : ndarray of int
            Positions of the training rows, ascending.

        test : ndarray of int
            Positions of the test rows, ascending.

        Raises
        ------
        ValueError
            If `groups` are missing, hold fewer than two users, or the sizes do not fit
            the number of rows.
        """
        self._check_parameters()
        for name, rows in (("X", X), ("y", y), ("groups", groups)):
            check_sparse(rows, name)
        with naming("X, y or groups"):
            X, y, groups = indexable(X, y, groups)
        user_of_row = _number_users(groups)
        rows_of_user = np.bincount(user_of_row)
        n_users = len(rows_of_user)
        if n_users < 2:
            raise ValueError(
                f"All {len(user_of_row)} rows belong to one user, so no split can keep "
                "users apart. groups needs at least two different users."
            )
        n_train, n_test = self._count_rows(len(user_of_row))
        rng = check_random_state(self.random_state)
        for _ in range(self.n_splits):
            order = rng.permutation(n_users)
            in_test = _draw(rows_of_user, order, n_test)
            in_train = ~in_test
            if n_train is not None:
                in_train = _draw(rows_of_user, order[in_train[order]], n_train)
            yield (
                np.flatnonzero(in_train[user_of_row]),
                np.flatnonzero(in_test[user_of_row]),
            )

    def _count_rows(self, n_rows):
        """Turn the sizes into rows; the training rows are None for all the rest."""
        test_size, train_size = self.test_size, self.train_size
        n_train = None if train_size is None else _rows(train_size, n_rows)
        if test_size is None and train_size is None:
            test_size = _DEFAULT_TEST_SIZE
        n_test = n_rows - n_train if test_size is None else _rows(test_size, n_rows)
        if _share_out(test_size, train_size):
            # Both may have been rounded up.
            n_train = min(n_train, n_rows - n_test)
        if not (0 < n_test < n_rows and (n_train or 0) + n_test <= n_rows):
            raise ValueError(
                f"test_size={self.test_size} and train_size={self.train_size} do not "
                f"fit the {n_rows} rows of X: both sets need at least one row and "
                "together at most all of them. Lower the sizes."
            )
        return n_train, n_test


def _share_out(test_size, train_size):
    """Tell two shares of the rows that add up to all of them, or to less."""
    sizes = test_size, train_size
    if any(size is None or isinstance(size, numbers.Integral) for size in sizes):
        return False
    return float(test_size) + float(train_size) <= 1.0 + 1e-9


def _rows(size, n_rows):
    if isinstance(size, numbers.Integral):
        return int(size)
    return max(1, round(size * n_rows))


def _number_users(groups):
    """Return the number of the user of every row, users counted in sorted order."""
    if groups is None:
        raise ValueError(
            "UserDisjointShuffleSplit needs the user of every row as groups: pass "
            "groups=users to split, to cross_validate or to fit of a search such as "
            "GridSearchCV. With metadata routing enabled, cross_validate takes them as "
            'params={"groups": users}.'
        )
    labels = label_array(groups, "groups")
    if labels.dtype.kind == "V":
        raise TypeError(
            f"groups has the fields {labels.dtype.names}. Name users by text or by "
            "numbers."
        )
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ValueError(
            f"groups must name the user of every row, in one column; got "
            f"{type(groups).__name__} of the shape {labels.shape}."
        )
    return check_groups(labels, len(labels))[1]


def _draw(rows_of_user, order, n_rows):
    """Go through users in `order` and take everyone who still fits into `n_rows`."""
    taken = np.zeros(len(rows_of_user), dtype=bool)
    smallest = order[np.argmin(rows_of_user[order])]
    if rows_of_user[smallest] > n_rows:
        taken[smallest] = True
        return taken
    while len(order):
        # Room only shrinks: whoever does not fit now never will.
        order = order[rows_of_user[order] <= n_rows]
        filled = np.cumsum(rows_of_user[order])
        n_fit = np.searchsorted(filled, n_rows, side="right")
        taken[order[:n_fit]] = True
        n_rows -= filled[n_fit - 1] if n_fit else 0
        order = order[n_fit:]
    return taken
