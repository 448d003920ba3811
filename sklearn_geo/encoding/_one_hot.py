# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What one-hot encoders of places share: one column a region, one region a place.

A place lies in exactly one region (a UTM zone, an S2 cell), so a row has one entry at
most and the CSR arrays are written down at once. What to do with regions unknown or
rare, how columns are named and how they are read back is the same for all regions and
follows :class:`sklearn.preprocessing.OneHotEncoder`.
"""

import abc
import numbers

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.base import TransformerMixin, _fit_context
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._blocks import blocks
from sklearn_geo.base import GeoEstimator
from sklearn_geo.encoding._feature_names import check_input_features
from sklearn_geo.encoding._given_columns import read_given_columns

# What stands for the column of a place whose region has none.
UNKNOWN = -1  # treated as `handle_unknown` says
LEFT_OUT = -2  # always a row of zeros

INFREQUENT = "infrequent"

# Places whose columns are looked up at once: their ids stay in the cache.
_BLOCK_ROWS = 2**15


class PlaceOneHotEncoder(TransformerMixin, GeoEstimator, abc.ABC):
    """Base of the one-hot encoders of places.

    A subclass numbers regions by integer ids of its own. It says which region each
    place lies in, which regions are to be known after fit, which column an id has, and
    what regions are called. Everything else happens here. One with a parameter
    `max_categories` gets its meaning as well.
    """

    _parameter_constraints: dict = {
        "handle_unknown": [StrOptions({"error", "ignore", "infrequent_if_exist"})],
        "min_frequency": [
            Interval(numbers.Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="neither"),
            None,
        ],
        "sparse_output": ["boolean"],
        "dtype": "no_validation",  # numpy knows what a dtype is; see `_number_dtype`
    }

    _region = "region"  # the field's word for what a column stands for
    _prefix = ""  # of the names of columns

    def _prepare(self, places):
        """Set what `_region_ids` needs, in fit: parameters may be set afterwards."""

    @abc.abstractmethod
    def _region_ids(self, places):
        """Say in which region each place lies: ids of shape (n_places,)."""

    @abc.abstractmethod
    def _find_regions(self, places, ids):
        """Choose the regions to know: distinct ids, and the places seen in each.

        Their order is the order of the columns. Training places elsewhere are refused
        here if they have to be.
        """

    @abc.abstractmethod
    def _keep_regions(self, regions, columns, rare):
        """Set the public attributes, and what `_columns_of` needs.

        `columns[i]` is the column of `regions[i]`; `rare[i]` says if it shares it.
        """

    @abc.abstractmethod
    def _columns_of(self, ids):
        """Give the column of each id, or `UNKNOWN`, or `LEFT_OUT`: int32."""

    @abc.abstractmethod
    def _region_names(self, regions):
        """Give the names of regions as an array of str."""

    @abc.abstractmethod
    def _unknown_remedy(self):
        """Say where columns come from and what else can be done, for an error."""

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_column_regions")

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None):
        """Choose the columns and count the training places in each.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        y : None
            Ignored.

        Returns
        -------
        self : estimator
            The fitted encoder.
        """
        with all_or_nothing(self):
            places = self._read_places(X, reset=True)
            self._number_dtype()
            self._prepare(places)
            ids = self._region_ids(places)
            regions, counts = self._find_regions(places, ids)
            rare = rare_regions(
                counts,
                len(places),
                min_frequency=self.min_frequency,
                max_categories=getattr(self, "max_categories", None),
            )
            n_own = len(regions) - int(rare.sum())
            columns = np.full(len(regions), n_own, dtype=np.int32)
            columns[~rare] = np.arange(n_own, dtype=np.int32)
            names = self._region_names(regions[~rare]).astype(object)
            self._has_infrequent = n_own < len(regions)
            if self._has_infrequent:
                if INFREQUENT in names:  # areas have any names
                    raise ValueError(
                        f"a cell is called {INFREQUENT!r}, and so is the column of "
                        "rare ones. Give the cell another name, or leave out "
                        "min_frequency and max_categories."
                    )
                names = np.append(names, INFREQUENT)
            self._keep_regions(regions, columns, rare)
            self._column_regions = names
        return self

    def transform(self, X):
        """Give each place a row with a one in the column of its region.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        Returns
        -------
        X_out : {sparse matrix, sparse array, ndarray} of shape (n_places, n_columns)
            One-hot rows; CSR if `sparse_output=True`.
        """
        check_is_fitted(self)
        self._validate_params()  # what unknown places get may have been set after fit
        self._refuse_sparse_frame()
        places = self._read_places(X, reset=False)
        columns = self._columns_at(places)
        n_columns = len(self._column_regions)
        if columns.min() < 0:
            unknown = columns == UNKNOWN
            if self.handle_unknown == "error":
                self._refuse(unknown, places, self._unknown_remedy())
            elif self.handle_unknown == "infrequent_if_exist" and self._has_infrequent:
                columns[unknown] = n_columns - 1
        if self.sparse_output:
            return one_hot_csr(columns, n_columns, self._number_dtype())
        return one_hot_dense(columns, n_columns, self._number_dtype())

    def inverse_transform(self, X):
        """Give the name of the region that each row stands for.

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_places, n_columns)
            One-hot rows. Of rows with more than one positive entry, such as
            probabilities, the first largest one counts.

        Returns
        -------
        names : ndarray of shape (n_places,), object
            Names without the prefix of the columns, "infrequent" for the column of
            rare ones, and None for rows without a positive entry.
        """
        check_is_fitted(self)
        X = read_given_columns(self, X, accept_sparse="csr")
        n_columns = len(self._column_regions)
        if X.shape[1] != n_columns:
            raise ValueError(
                f"inverse_transform takes the {n_columns} columns that transform "
                f"gives; X has {X.shape[1]}."
            )
        columns = largest_positive(X)
        names = np.append(self._column_regions, [None])
        return names[columns]

    def get_feature_names_out(self, input_features=None):
        """Give the names of the columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only compared with the names seen in :meth:`fit`.

        Returns
        -------
        feature_names_out : ndarray of shape (n_columns,), object
            The names.
        """
        check_input_features(self, input_features)
        # Adding a str to an array of objects keeps the type scikit-learn expects.
        return self._prefix + self._column_regions

    def _columns_at(self, places):
        """Give the column of each place; one table may do it without the ids."""
        n_columns = len(self._column_regions)
        # As wide as sparse rows keep them, and all that grows with the places.
        columns = np.empty(len(places), dtype=_index_dtype(len(places), n_columns))
        for rows in blocks(len(places), _BLOCK_ROWS):
            columns[rows] = self._columns_of(self._region_ids(places[rows]))
        return columns

    def _refuse(self, wrong, places, remedy):
        """Raise on the first of the places that lie where there is no column."""
        if not wrong.any():
            return
        row = int(np.argmax(wrong))
        latitude, longitude = (float(value) for value in places[row])
        more = int(wrong.sum()) - 1
        others = f" ({more} more row{'s' * (more > 1)} like it.)" if more else ""
        raise ValueError(
            f"X, row {row}: the place ({latitude!r}, {longitude!r}) lies in "
            f"{self._where(places[row : row + 1])}. {remedy}{others}"
        )

    def _where(self, place):
        """Say in which region without a column a place lies, for an error."""
        name = str(self._region_names(self._region_ids(place))[0])
        return f"the {self._region} {name!r}, which has no column"

    def _refuse_sparse_frame(self):
        """Raise before the work is done if its result could not be handed over."""
        container = _get_output_config("transform", estimator=self)["dense"]
        if container != "default" and self.sparse_output:
            cls = type(self).__name__
            raise ValueError(
                f"{container.capitalize()} output does not support sparse data. Use "
                f"{cls}(sparse_output=False) to get {container} data frames, or turn "
                f"{container} output off with "
                f'{cls}().set_output(transform="default").'
            )

    def _number_dtype(self):
        dtype = np.dtype(self.dtype)
        # scipy builds sparse matrices of half floats but cannot compute with them.
        if dtype.kind not in "biuf" or (dtype == np.float16 and self.sparse_output):
            raise ValueError(
                f"dtype={self.dtype!r} does not suit one-hot columns. Use a type of "
                "numbers such as np.float64, np.float32, np.int8 or bool (np.float16 "
                "only with sparse_output=False)."
            )
        return dtype

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # The type of the output is a parameter, whatever the type of X.
        tags.transformer_tags.preserves_dtype = []
        return tags


def rare_regions(counts, n_places, *, min_frequency=None, max_categories=None):
    """Mark the regions to be pooled, by the rules of scikit-learn's OneHotEncoder.

    Parameters
    ----------
    counts : ndarray of shape (n_regions,), int
        Training places in each region.

    n_places : int
        Number of training places, those outside all regions included.

    min_frequency : int, float or None, default=None
        Regions with fewer places than this number, or than this share of all places,
        are rare.

    max_categories : int or None, default=None
        Most columns there may be, the one of rare regions included.

    Returns
    -------
    ndarray of shape (n_regions,), bool
        True where a region is rare.
    """
    if min_frequency is None:
        rare = np.zeros(len(counts), dtype=bool)
    elif isinstance(min_frequency, numbers.Integral):
        rare = counts < min_frequency
    else:
        rare = counts < min_frequency * n_places
    n_columns = len(counts) - int(rare.sum()) + 1
    if max_categories is not None and max_categories < n_columns:
        # The stable sort takes the earlier of two equally rare regions first.
        by_count = np.argsort(counts, kind="stable")
        rare[by_count[: len(counts) - (max_categories - 1)]] = True
    return rare


def one_hot_csr(columns, n_columns, dtype):
    """Write down one-hot rows as a CSR matrix or array.

    Parameters
    ----------
    columns : ndarray of shape (n_rows,), int
        Column of the one in each row; a negative number for a row of zeros.

    n_columns : int
        Number of columns.

    dtype : dtype
        Type of the ones.

    Returns
    -------
    csr_matrix or csr_array of shape (n_rows, n_columns)
        Which of the two follows scikit-learn's `sparse_interface` setting; versions
        that do not have it get a matrix, as all of scikit-learn gives there.
    """
    n_rows = len(columns)
    index_dtype = _index_dtype(n_rows, n_columns)
    if columns.min(initial=0) >= 0:
        indices = columns
        indptr = np.arange(n_rows + 1, dtype=index_dtype)
    else:
        has_one = columns >= 0
        indices = columns[has_one]
        indptr = np.zeros(n_rows + 1, dtype=index_dtype)
        np.cumsum(has_one, out=indptr[1:])
    array = get_config().get("sparse_interface", "spmatrix") == "sparray"
    csr = sparse.csr_array if array else sparse.csr_matrix
    ones = np.ones(len(indices), dtype=dtype)
    return csr(
        (ones, indices.astype(index_dtype, copy=False), indptr),
        shape=(n_rows, n_columns),
    )


def _index_dtype(n_rows, n_columns):
    """Give the type that scipy uses for the positions in a matrix of this shape."""
    return np.int32 if max(n_rows, n_columns) < np.iinfo(np.int32).max else np.int64


def one_hot_dense(columns, n_columns, dtype):
    """Write down one-hot rows as an array; the arguments are those of one_hot_csr."""
    dense = np.zeros((len(columns), n_columns), dtype=dtype)
    rows = np.flatnonzero(columns >= 0)
    dense[rows, columns[rows]] = 1
    return dense


def largest_positive(X):
    """Find the first largest entry of each row, or -1 where none is positive.

    Parameters
    ----------
    X : {ndarray, CSR matrix, CSR array} of shape (n_rows, n_columns)
        Numbers.

    Returns
    -------
    ndarray of shape (n_rows,), int
        Its column.
    """
    if not sparse.issparse(X):
        columns = X.argmax(axis=1)
        columns[~(X[np.arange(len(X)), columns] > 0)] = -1
        return columns
    if not X.has_canonical_format:
        X = X.copy()  # the caller's matrix stays as it is
        X.sum_duplicates()
    columns = np.full(X.shape[0], -1, dtype=np.intp)
    filled = np.flatnonzero(np.diff(X.indptr))
    if len(filled) == 0:
        return columns
    starts = X.indptr[filled]
    largest = np.maximum.reduceat(X.data, starts)
    lengths = np.diff(np.append(starts, X.indptr[-1]))
    # Writing from the last entry to the first leaves the first of equal ones.
    row_of_entry = np.repeat(np.arange(len(filled)), lengths)
    chosen = np.flatnonzero((X.data == largest[row_of_entry]) & (X.data > 0))[::-1]
    columns[filled[row_of_entry[chosen]]] = X.indices[chosen]
    return columns
