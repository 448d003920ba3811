# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One column for each S2 cell."""

import numbers

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils._param_validation import Interval

from sklearn_geo.encoding._one_hot import UNKNOWN, PlaceOneHotEncoder
from sklearn_geo.encoding._partitions import fit_partition
from sklearn_geo.geometry import s2_cell_ids, s2_levels, s2_tokens
from sklearn_geo.partition._base import PlacePartition


class S2OneHotEncoder(PlaceOneHotEncoder):
    r"""Encode places as one column for each S2 cell with training places.

    S2 cuts the globe into six faces and each cell into four again and again, so cells
    of one level are of nearly one size wherever they are, poles included. With a
    partition cells are small where there are many places, and large elsewhere.

    Parameters
    ----------
    level : int, default=10
        Level of the cells, from 0 (six cells) to 30 (below a square centimetre). See
        the notes for their sizes. Without meaning if there is a `partition`.

    partition : S2Partition or other partition, default=None
        Cells to take instead of those of one level: each cell of the partition has a
        column. A copy is fitted on the training places. To keep the cells of one that
        is fitted already, wrap it in :class:`sklearn.frozen.FrozenEstimator`. A place
        outside of its cells is as unknown as one in a cell without a column, unless
        the partition's own `uncovered` gives it to a cell or refuses it.

    handle_unknown : {"error", "ignore", "infrequent_if_exist"}, default="ignore"
        What a place in a cell without a column gets. The words mean what they mean to
        :class:`sklearn.preprocessing.OneHotEncoder`:

        - "error": an error;
        - "ignore": a row of zeros. This is the default, unlike scikit-learn's,
          because new photos keep falling into cells where there were none before;
        - "infrequent_if_exist": the column of rare cells, if there is one, and a row
          of zeros otherwise.

    min_frequency : int or float, default=None
        Cells with fewer training places than this number (int), or than this share of
        all training places (float), are rare: together they get one column, the last,
        called `s2_infrequent`.

    max_categories : int, default=None
        The most columns there may be, the one of rare cells included: the cells with
        the fewest training places become rare until no more are left. As in
        scikit-learn, a place is kept for the rare ones: of as many cells as
        `max_categories` one is pooled.

    sparse_output : bool, default=True
        Give a CSR matrix; or, where scikit-learn's setting `sparse_interface` says so,
        a CSR array. If False, give an ndarray.

    dtype : number dtype, default=np.float64
        Type of the columns.

    Attributes
    ----------
    cells_ : ndarray of shape (n_cells,), uint64 or int64
        Ids of the cells with training places in rising order, rare ones included. With
        a partition, rows of its own `cells_`: all of them.

    infrequent_cells_ : ndarray of shape (n_rare_cells,), uint64 or int64
        Those of them that share the column `s2_infrequent`.

    partition_ : partition or None
        The fitted partition.

    n_features_in_ : int
        Number of columns seen in :meth:`fit`: two.

    feature_names_in_ : ndarray of shape (2,)
        Names of the columns seen in :meth:`fit`. Defined only when `X` has column
        names that are all strings.

    See Also
    --------
    UTMOneHotEncoder : One column for each zone of the UTM grid.
    UnitVectorEncoder : Three smooth columns instead of many sharp ones.
    sklearn_geo.partition.S2Partition : Cells as small as there are many places.
    sklearn_geo.geometry.s2_cell_ids : The cells themselves.

    Notes
    -----
    Columns are named by the token of their cell, its id in hexadecimal digits without
    the zeros at the end; those of another partition than S2's by the name of its
    column and of the cell (`triangle_cell_...`).

    The mean area of a cell of one level is the earth's over
    :math:`6 \cdot 4^{level}`:

    ===== ==================== =======
    level area                 about
    ===== ==================== =======
    4     332,000 square km    580 km
    6     20,800 square km     140 km
    8     1,300 square km      36 km
    10    81 square km         9 km
    12    5.1 square km        2.3 km
    14    0.32 square km       560 m
    ===== ==================== =======

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.encoding import S2OneHotEncoder
    >>> places = np.array([[48.8584, 2.2945], [48.8606, 2.3376], [48.8530, 2.3499]])
    >>> encoder = S2OneHotEncoder(level=12, sparse_output=False).fit(places)
    >>> encoder.get_feature_names_out()
    array(['s2_47e66e3', 's2_47e66ff', 's2_47e671f'], dtype=object)
    >>> encoder.transform(places)
    array([[0., 1., 0.],
           [1., 0., 0.],
           [0., 0., 1.]])
    >>> encoder.transform([[51.5, -0.12]])
    array([[0., 0., 0.]])
    >>> encoder.inverse_transform([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    array(['47e671f', None], dtype=object)

    Cells that adapt to where places are:

    >>> from sklearn_geo.partition import S2Partition
    >>> cells = S2Partition(max_per_cell=2, min_per_cell=1)
    >>> S2OneHotEncoder(partition=cells).fit(places).get_feature_names_out()
    array(['s2_47e66c', 's2_47e674'], dtype=object)
    """

    _parameter_constraints: dict = {
        **PlaceOneHotEncoder._parameter_constraints,
        "level": [Interval(numbers.Integral, 0, 30, closed="both")],
        "partition": [PlacePartition, FrozenEstimator, None],
        "max_categories": [Interval(numbers.Integral, 1, None, closed="left"), None],
    }

    _region = "S2 cell"

    def __init__(
        self,
        level=10,
        *,
        partition=None,
        handle_unknown="ignore",
        min_frequency=None,
        max_categories=None,
        sparse_output=True,
        dtype=np.float64,
    ):
        self.level = level
        self.partition = partition
        self.handle_unknown = handle_unknown
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.sparse_output = sparse_output
        self.dtype = dtype

    @property
    def _prefix(self):
        if self.partition_ is None or self.partition_._feature_name == "s2_cell":
            return "s2_"
        return f"{self.partition_._feature_name}_"

    def _prepare(self, places):
        self._level = self.level
        self.partition_ = None
        if self.partition is not None:
            self.partition_ = fit_partition(self.partition, places)

    def _region_ids(self, places):
        if self.partition_ is None:
            return s2_cell_ids(places, self._fitted_level())
        return self.partition_._cells_at(places)

    def _find_regions(self, places, ids):
        if self.partition_ is None:
            return np.unique(ids, return_counts=True)
        # All cells of the partition are known; -1 is outside of them.
        regions = np.arange(self.partition_.n_cells_)
        return regions, np.bincount(ids + 1, minlength=len(regions) + 1)[1:]

    def _keep_regions(self, regions, columns, rare):
        # Where regions were stored, nothing was prepared.
        self._level = getattr(self, "_level", self.level)
        self.cells_ = regions
        self.infrequent_cells_ = regions[rare]
        self._column_of_cell = columns

    def _fitted_level(self):
        if hasattr(self, "_level"):
            return self._level
        # Pickles of before tell it by their cells only.
        return int(s2_levels(self.cells_[:1])[0])

    def _columns_at(self, places):
        if self.partition_ is None:
            return super()._columns_at(places)
        # All at once: a partition that refuses places names the first one's row.
        return self._columns_of(self._region_ids(places))

    def _columns_of(self, ids):
        position = np.searchsorted(self.cells_, ids)
        position = np.minimum(position, len(self.cells_) - 1, out=position)
        columns = self._column_of_cell[position]
        columns[self.cells_[position] != ids] = UNKNOWN
        return columns

    def _region_names(self, regions):
        if self.partition_ is None:
            return s2_tokens(regions)
        return self.partition_.cell_names_[regions]

    def _where(self, place):
        if self.partition_ is None:
            return super()._where(place)
        return "no cell of the partition"

    def _unknown_remedy(self):
        if self.partition_ is None:
            source = "seen in fit: fit on places there too, use a lower level for "
            source += "larger cells"
        else:
            source = "of the partition: give it more places (or areas) there, set its "
            source += 'uncovered to "nearest"'
        return (
            f"Columns are the cells {source}, or take such places in with "
            'handle_unknown="ignore" or "infrequent_if_exist".'
        )
