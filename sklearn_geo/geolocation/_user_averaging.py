# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One answer for all photos of a user: the mean of what is said of each."""

import os
from functools import lru_cache
from numbers import Real
from tempfile import TemporaryFile, gettempdir

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_consistent_length

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo.geolocation._combine import softmax
from sklearn_geo.geolocation._cross_fit import score_parts, sees_albums
from sklearn_geo.geolocation._masks import add_known
from sklearn_geo.geolocation._photo_columns import Given, check_times
from sklearn_geo.geolocation._wrapper import WRAPPER_CONSTRAINTS, CellWrapper
from sklearn_geo.geolocation._wrapper_files import StoredWrapper
from sklearn_geo.nets import rows_in_memory

__all__ = ["UserAveragingGeolocator"]

# Pieces stay in the cache of a processor, but have enough rows for fast products.
_PIECE_BYTES, _LEAST_ROWS = 1 << 22, 256
# Pieces of probabilities that are kept: the one worked on and those beside it.
_KEPT_PIECES = 3
# So many pieces of whole users are kept in memory; more go to a file.
_WHOLE_PIECES = 2
# So many arrays of the size of a piece there are at the same time.
_ARRAYS = _KEPT_PIECES + _WHOLE_PIECES + 4


class UserAveragingGeolocator(StoredWrapper, CellWrapper):
    r"""Average the probabilities of cells over all photos of a user.

    People take most of their photos in few places. So the mean over the photos of a
    user names the right cell more often than what is said of a single one, and it is
    what every cleverer use of albums has to be compared with. The price is that users
    who travel are put where most of their photos are.

    With `window_hours` the mean is over the photos that the user took shortly before
    and after: it can move with a traveller.

    Parameters
    ----------
    estimator : estimator
        Says probabilities of cells: a `HierarchicalCellClassifier`, `SceneNetworks`,
        another wrapper, or a pipeline or search that ends in one.

    groups : str or int, default=None
        The column of X, by name or position, that tells whose each photo is: a user or
        an album. It is no feature. None takes the array `groups` of `predict`.

    times : str or int, default=None
        The column of X that tells when each photo was taken, for `window_hours`. It is
        no feature. None takes the array `times` of `predict`.

    time_zone : str, default=None
        Where clocks stood that tell no zone. Only differences count here, so None will
        do, unless the wrapped estimator reads hours.

    window_hours : float, default=None
        Average over the photos of the user within so many hours before and after, the
        ends included. None averages over all. Can be changed after `fit`.

    missing_times : {"error", "alone"}, default="error"
        What becomes of a photo without a time where `window_hours` is set: "alone"
        answers for it alone, and leaves it out of the means of others.

    cv : {"prefit"} or None, default=None
        "prefit" takes the estimator as it is, fitted. None fits a clone. Nothing is
        learnt from its probabilities, so they may be of its training photos.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.

    cell_places_ : ndarray of shape (n_cells, 2)
        Where each cell is.

    n_cells_ : list of int
        The number of cells, of the finest partition alone.

    n_features_in_ : int
        Number of columns seen in `fit`, with those of groups and times.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of these columns, if they are strings.

    See Also
    --------
    HierarchicalCellClassifier : Says probabilities of cells.
    SelectiveGeolocator : Answer for some photos only.

    Notes
    -----
    Section 3.3 of [1]_, there a control: with the probabilities :math:`p(c \mid x_i)`
    of the wrapped estimator, a photo `i` of the user :math:`u` gets

    .. math:: \bar p_i(c) = \frac{1}{|W_i|} \sum_{j \in W_i} p(c \mid x_j), \qquad
        W_i = \{j : u_j = u_i\}
        \text{ or } \{j : u_j = u_i, |t_j - t_i| \le w\},

    and the answer is the likeliest cell. The window is not in the paper.

    In Table 6 of [1]_ (coarse mesh) averaging puts 27.3 % of the photos within 200 km,
    the network that knows albums 25.7 %, and the one that knows the time 24.2 %. In its
    Table 7 no other model of that mesh has as large a class bias.

    **What a call sees.** The mean is over the photos of one call of `predict`: ask for
    all photos of a user together. Users need not have been seen in `fit`, and a user
    with one photo gets what the wrapped estimator says.

    Memory stays within ``sklearn.get_config()["working_memory"]``, however many photos
    a user has, and there is no table of all pairs of photos.

    References
    ----------
    .. [1] J. M. Johns, J. Rounds and M. J. Henry, "Multi-modal geolocation estimation
       using deep neural networks", arXiv:1712.09458, 2017.

    Examples
    --------
    Two photos of Anne look like the north. The third looks like the south, by itself:

    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn_geo.geolocation import (
    ...     HierarchicalCellClassifier, UserAveragingGeolocator
    ... )
    >>> from sklearn_geo.partition import S2Partition
    >>> look = np.tile([-1.0, 1.0], 50)
    >>> y = np.column_stack([40 * look, np.full(100, 10.0)])
    >>> base = HierarchicalCellClassifier(
    ...     S2Partition(60, 5), learning_rate_init=0.1, random_state=0
    ... ).fit(pd.DataFrame({"look": look}), y)
    >>> photos = pd.DataFrame({"look": [1, 1, -0.5, -1], "user": list("aaab")})
    >>> model = UserAveragingGeolocator(base, groups="user", cv="prefit")
    >>> model.fit(photos, [[40, 10], [40, 10], [40, 10], [-40, 10]]).predict(photos)
    array([[ 40.,  10.],
           [ 40.,  10.],
           [ 40.,  10.],
           [-40.,  10.]])
    """

    _parameter_constraints: dict = {
        **{
            name: WRAPPER_CONSTRAINTS[name]
            for name in ("estimator", "groups", "times", "time_zone")
        },
        "window_hours": [Interval(Real, 0, None, closed="both"), None],
        "missing_times": [StrOptions({"error", "alone"})],
        "cv": [StrOptions({"prefit"}), None],
    }

    def __init__(
        self,
        estimator,
        *,
        groups=None,
        times=None,
        time_zone=None,
        window_hours=None,
        missing_times="error",
        cv=None,
    ):
        self.estimator = estimator
        self.groups = groups
        self.times = times
        self.time_zone = time_zone
        self.window_hours = window_hours
        self.missing_times = missing_times
        self.cv = cv

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, *, times=None, groups=None):
        """Fit the wrapped estimator; there is nothing else to learn.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_columns)
            Features, and columns of groups and times if they are named.

        y : array-like of shape (n_photos, 2)
            Where the photos were taken: latitude and longitude in degrees, or whatever
            else the wrapped estimator learns from.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts, for the wrapped estimator.

        times, groups : array-like of shape (n_photos,), default=None
            When photos were taken, and by whom, where these are no columns of X. Only a
            wrapped estimator that reads them needs them here.

        Returns
        -------
        self : UserAveragingGeolocator
            The fitted estimator.
        """
        with all_or_nothing(self):
            photos = self._read_features(Given(X, times, groups), reset=True)
            if y is not None:
                check_consistent_length(X, y)
            weights = self._read_weights(sample_weight, photos)
            self._fit_whole(photos, y, weights, seed=None)
        return self

    def _log_scores(self, photos, known):
        self._check_same_cells()
        if photos.groups is None:
            raise ValueError(
                "An average over the photos of a user needs to know whose each photo "
                'is: name a column of X, as in groups="user", or pass an array, as in '
                "predict(X, groups=users)."
            )
        self._validate_params()  # window_hours may have been changed after fit
        order, starts, ends = self._windows(photos)
        n_cells = len(self.cell_places_)
        size = max(_PIECE_BYTES // (8 * n_cells), _LEAST_ROWS)
        size = min(size, rows_in_memory(_ARRAYS * 8 * n_cells, len(order)))
        pieces = list(gen_batches(len(order), size))
        asked = Asked(self.estimator_, photos, order, n_cells, size)

        @lru_cache(maxsize=_KEPT_PIECES)
        def proba(number):
            return asked.proba(pieces[number])

        @lru_cache(maxsize=max(_LEAST_ROWS, rows_in_memory(8 * n_cells, len(pieces))))
        def total(number):
            return proba(number).sum(axis=0)

        for piece in pieces:
            first, last = starts[piece], ends[piece]
            sums = np.zeros((len(first), n_cells))
            for number in range(first.min() // size, -(-last.max() // size)):
                other = pieces[number]
                if first.max() <= other.start and last.min() >= other.stop:
                    sums += total(number)
                    continue
                n = other.stop - other.start
                add_windows(
                    sums,
                    proba(number),
                    np.clip(first - other.start, 0, n),
                    np.clip(last - other.start, 0, n),
                )
            sums /= (last - first)[:, np.newaxis]
            np.maximum(sums, np.finfo(np.float64).tiny, out=sums)
            scores, rows = np.log(sums, out=sums), order[piece]
            add_known(scores, known, rows)
            yield rows, scores

    def _windows(self, photos):
        """Return an order of the photos, and from where to where in it each averages.

        Photos of a user come together, by time where that matters.
        """
        groups, window = photos.groups, self.window_hours
        if window is None or window == np.inf:
            order = np.argsort(groups, kind="stable")
            ranks = groups[order]
            return (
                order,
                np.searchsorted(ranks, ranks, side="left"),
                np.searchsorted(ranks, ranks, side="right"),
            )
        window = float(window)
        moments, known, an_hour = self._since_first(photos)
        span = int(moments.max(initial=0))
        # A little more, for hours such as 1 / 3.
        least = np.floor(min(window, span / an_hour) * an_hour * (1.0 + 4e-16) + 1e-6)
        reach = min(int(least), span)
        order = np.lexsort((moments, ~known, groups))
        groups, moments, known = groups[order], moments[order], known[order]
        # What has no time is alone, behind all that its user has.
        seats = 2 * groups + ~known
        starts = stands(seats, moments, moments - reach, side="left")
        ends = stands(seats, moments, moments + reach, side="right")
        alone = np.flatnonzero(~known)
        starts[alone], ends[alone] = alone, alone + 1
        return order, starts, ends

    def _since_first(self, photos):
        """Return times since the first, which are known, and how long an hour is."""
        if photos.times is None:
            raise ValueError(
                f"window_hours={self.window_hours} needs to know when each photo was "
                'taken: name a column of X, as in times="taken", or pass an array, as '
                "in predict(X, times=taken). window_hours=None averages over all "
                "photos of a user."
            )
        if self.missing_times == "error":
            check_times(
                photos.times,
                'missing_times="alone", which answers for each of them by itself',
            )
        known = ~np.isnat(photos.times)
        moments = photos.times.astype(np.int64)
        first = moments[known].min() if known.any() else 0
        unit = np.datetime_data(photos.times.dtype)[0]
        an_hour = np.timedelta64(1, "h") // np.timedelta64(1, unit)
        return np.where(known, moments - first, 0), known, int(an_hour)


class Asked:
    """What an estimator says of photos, piece by piece.

    One that reads albums is asked about whole users. What it says of these is kept, in
    a file if they have many photos, so that nobody is looked at anew for each piece.

    Parameters
    ----------
    estimator : estimator
        Fitted.

    photos : Photos
        The photos.

    order : ndarray of int of shape (n_photos,)
        Puts photos of a user together.

    n_cells : int
        How many probabilities there are of each photo.

    size : int
        How many photos there are in a piece.
    """

    def __init__(self, estimator, photos, order, n_cells, size):
        self.estimator = estimator
        self.photos = photos
        self.order = order
        self.n_cells = n_cells
        self.size = size
        self.whole = sees_albums(estimator)
        self.users = photos.groups[order]
        self.start, self.kept = 0, np.empty((0, n_cells))

    def proba(self, piece):
        """Return the probabilities of a piece of the photos in their order."""
        out = np.empty((piece.stop - piece.start, self.n_cells))
        if not self.whole:
            self._fill(out, piece.start, piece.stop)
            return out
        at = piece.start
        while at < piece.stop:
            if not self.start <= at < self.start + len(self.kept):
                self._keep(at, piece.stop - 1)
            stop = min(piece.stop, self.start + len(self.kept))
            own = self.kept[at - self.start : stop - self.start]
            out[at - piece.start : stop - piece.start] = own
            at = stop
        return out

    def _keep(self, first, last):
        """Ask about the users of two photos, and of all that are between."""
        start = int(np.searchsorted(self.users, self.users[first], side="left"))
        stop = int(np.searchsorted(self.users, self.users[last], side="right"))
        shape = stop - start, self.n_cells
        self.kept = None  # before there are new ones
        if shape[0] > _WHOLE_PIECES * self.size:
            kept = map_of_a_file(shape)
        else:
            kept = np.empty(shape)
        self._fill(kept, start, stop)
        self.start, self.kept = start, kept

    def _fill(self, out, start, stop):
        some = self.photos[self.order[start:stop]]
        for rows, scores in score_parts(self.estimator, some):
            out[rows] = softmax(scores.astype(np.float64))


def map_of_a_file(shape):
    """Map a file without a name for an array of float64.

    Room for it is taken first: where a disk is full, whoever writes to a map of a file
    with holes is ended by the system, without a word.
    """
    n_bytes = 8 * shape[0] * shape[1]
    with TemporaryFile() as file:  # the map outlives it
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, n_bytes)
            else:  # macOS and Windows
                for start in range(0, n_bytes, _PIECE_BYTES):
                    file.write(bytes(min(_PIECE_BYTES, n_bytes - start)))
                file.flush()
        except OSError as error:
            raise OSError(
                error.errno,
                f"{error.strerror}: the probabilities of all photos of a user take "
                f"{n_bytes / 2**20:.0f} MB of temporary files. Set TMPDIR to a folder "
                "with more room",
                gettempdir(),
            ) from error
        return np.memmap(file, np.float64, "w+", shape=shape)


def stands(groups, values, asked, side):
    """Return where values would stand among those of their group.

    Parameters
    ----------
    groups, values : ndarray of int of shape (n,)
        Sorted by group, and by value within each.

    asked : ndarray of int of shape (n,)
        A value of each group.

    side : {"left", "right"}
        Before or behind what equals it.

    Returns
    -------
    ndarray of int of shape (n,)
        From the first of all groups on.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geolocation._user_averaging import stands
    >>> groups, values = np.array([0, 0, 1, 1]), np.array([3, 5, 1, 9])
    >>> stands(groups, values, np.array([4, 5, 0, 10]), side="right")
    array([1, 2, 2, 4])
    """
    n = len(values)
    turn = np.repeat([1, 0 if side == "left" else 2], n)
    keys = turn, np.append(values, asked), np.append(groups, groups)
    order = np.lexsort(keys)
    is_value = order < n
    out = np.empty(n, dtype=np.intp)
    out[order[~is_value] - n] = np.cumsum(is_value)[~is_value]
    return out


def add_windows(sums, values, starts, ends):
    """Add the sum over a window of rows to each row of an array.

    Parameters
    ----------
    sums : ndarray of shape (n_windows, n_columns)
        Changed in place.

    values : ndarray of shape (n_rows, n_columns)
        What to sum.

    starts, ends : ndarray of int of shape (n_windows,)
        The rows of each window, from `starts` up to before `ends`; perhaps none.

    Notes
    -----
    A window is a row of blocks whose lengths are powers of two, and blocks of all
    starts are doubled together. Nothing is ever subtracted, as differences of running
    sums would do: what is tiny keeps all its digits beside what is large.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geolocation._user_averaging import add_windows
    >>> sums = np.zeros((2, 1))
    >>> add_windows(
    ...     sums, np.array([[1.0], [10.0], [100.0]]), np.array([0, 1]), np.array([3, 2])
    ... )
    >>> sums.ravel()
    array([111.,  10.])
    """
    used = np.flatnonzero(ends > starts)
    if not len(used):
        return
    left, at = (ends - starts)[used], starts[used]
    first, length = at.min(), 1
    at -= first
    blocks = values[first : first + (at + left).max()]
    while True:
        rows = np.flatnonzero(left & 1)
        sums[used[rows]] += blocks[at[rows]]
        at[rows] += length
        left = left >> 1
        if not left.any():
            return
        blocks = blocks[:-length] + blocks[length:]
        length *= 2
