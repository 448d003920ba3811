# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One column for each cell of a grid of latitudes and longitudes."""

import math
import numbers

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_geo.encoding._one_hot import UNKNOWN, PlaceOneHotEncoder
from sklearn_geo.geometry import EARTH_RADIUS_KM

# A metre: ids of cells stay far below 2 ** 63.
_SMALLEST_KM = 1e-3


class GridOneHotEncoder(PlaceOneHotEncoder):
    r"""Encode places as one column for each cell of a grid with training places.

    The globe is cut into rows of one height, and each row into cells of one width in
    degrees: many near the equator, three around a pole. So cells are of about
    one area everywhere, unlike those of a plain grid of degrees. A pole lies in one
    cell, that at longitude 0.

    Parameters
    ----------
    cell_km : float, default=10
        About how high and wide cells are, in kilometres; at least 0.001.

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
        called `grid_infrequent`.

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
    cells_ : ndarray of shape (n_cells, 2), int64
        Row (0 at the South Pole) and column (0 at longitude -180) of the cells with
        training places, in rising order, rare ones included.

    centers_ : ndarray of shape (n_cells, 2)
        Latitude and longitude in degrees of the middles of these cells.

    infrequent_cells_ : ndarray of shape (n_rare_cells, 2), int64
        Row and column of the cells that share the column `grid_infrequent`.

    n_features_in_ : int
        Number of columns seen in :meth:`fit`: two.

    feature_names_in_ : ndarray of shape (2,)
        Names of the columns seen in :meth:`fit`. Defined only when `X` has column
        names that are all strings.

    See Also
    --------
    S2OneHotEncoder : Cells of S2, which split into four again and again.
    SoftGridEncoder : How near a place is to the cells of a grid over its zone.
    UTMOneHotEncoder : One column for each zone of the UTM grid.

    Notes
    -----
    With the earth's radius :math:`R` there are as many rows as :math:`\pi R` has
    `cell_km`, rounded and at least one, all of :math:`h` kilometres. A row between
    latitudes :math:`\varphi_1` and :math:`\varphi_2` has the area
    :math:`2 \pi R^2 (\sin\varphi_2 - \sin\varphi_1)`, and as many cells as that has
    :math:`h^2`, rounded and at least one. By rounding, areas differ from :math:`h^2`
    by a few per cent around the poles and hardly at all elsewhere.

    A cell holds its southern and its western border. Columns are named by the middle
    of their cell, `grid_48.14N_11.58E`, with so many digits that no two names are
    equal.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.encoding import GridOneHotEncoder
    >>> places = np.array([[48.8584, 2.2945], [48.8606, 2.3376], [51.5, -0.12]])
    >>> encoder = GridOneHotEncoder(cell_km=100, sparse_output=False).fit(places)
    >>> encoder.get_feature_names_out()
    array(['grid_49.05N_2.06E', 'grid_51.75N_0.73W'], dtype=object)
    >>> encoder.transform(places)
    array([[1., 0.],
           [1., 0.],
           [0., 1.]])
    >>> encoder.inverse_transform([[0.0, 1.0], [0.0, 0.0]])
    array(['51.75N_0.73W', None], dtype=object)
    """

    _parameter_constraints: dict = {
        **PlaceOneHotEncoder._parameter_constraints,
        "cell_km": [Interval(numbers.Real, _SMALLEST_KM, None, closed="left")],
        "max_categories": [Interval(numbers.Integral, 1, None, closed="left"), None],
    }

    _region = "grid cell"
    _prefix = "grid_"

    def __init__(
        self,
        cell_km=10,
        *,
        handle_unknown="ignore",
        min_frequency=None,
        max_categories=None,
        sparse_output=True,
        dtype=np.float64,
    ):
        self.cell_km = cell_km
        self.handle_unknown = handle_unknown
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.sparse_output = sparse_output
        self.dtype = dtype

    def _prepare(self, places):
        self._rows = self._rows_asked_for()

    def _region_ids(self, places):
        n_rows = self._n_rows()
        rows = _steps(places[:, 0] + 90.0, 180.0, n_rows)
        # A pole is one place, by whatever longitude.
        east = np.where(np.abs(places[:, 0]) == 90.0, 0.0, places[:, 1])
        columns = _steps(east + 180.0, 360.0, _row_cells(rows, n_rows))
        return rows * self._stride() + columns

    def _find_regions(self, places, ids):
        return np.unique(ids, return_counts=True)

    def _keep_regions(self, regions, columns, rare):
        self._rows = self._n_rows()  # also where regions were stored
        self._cell_ids = regions
        self._column_of_cell = columns
        self.cells_ = np.column_stack(np.divmod(regions, self._stride()))
        self.centers_ = self._centers(regions)
        self.infrequent_cells_ = self.cells_[rare]

    def _columns_of(self, ids):
        position = np.searchsorted(self._cell_ids, ids)
        position = np.minimum(position, len(self._cell_ids) - 1, out=position)
        columns = self._column_of_cell[position]
        columns[self._cell_ids[position] != ids] = UNKNOWN
        return columns

    def _region_names(self, regions):
        # Cells next to each other are never nearer than half a row's height.
        digits = max(1, 1 - math.floor(math.log10(180.0 / self._n_rows())))
        return np.array(
            [
                f"{abs(latitude):.{digits}f}{'NS'[latitude < 0]}_"
                f"{abs(longitude):.{digits}f}{'EW'[longitude < 0]}"
                for latitude, longitude in self._centers(regions).tolist()
            ],
            dtype=object,
        )

    def _unknown_remedy(self):
        return (
            "Columns are the cells seen in fit: fit on places there too, use a larger "
            "cell_km, or take such places in with "
            'handle_unknown="ignore" or "infrequent_if_exist".'
        )

    def _n_rows(self):
        """Count the rows of the grid that was fitted."""
        if hasattr(self, "_rows"):
            return self._rows
        if not hasattr(self, "centers_"):  # what was stored is being read
            return self._rows_asked_for()
        # Pickles of before tell it by where the middle of a row is.
        south = self.centers_[-1, 0] + 90.0
        return round((float(self.cells_[-1, 0]) + 0.5) * 180.0 / float(south))

    def _rows_asked_for(self):
        return max(1, round(math.pi * EARTH_RADIUS_KM / float(self.cell_km)))

    def _stride(self):
        """Give a number of which no row has more cells."""
        return 4 * self._n_rows() + 4

    def _centers(self, ids):
        n_rows = self._n_rows()
        rows, columns = np.divmod(ids, self._stride())
        latitudes = (rows + 0.5) * (180.0 / n_rows) - 90.0
        longitudes = (columns + 0.5) * (360.0 / _row_cells(rows, n_rows)) - 180.0
        return np.column_stack([latitudes, longitudes])


def _steps(degrees, whole, n_steps):
    """Say in which of equal parts of the whole angles lie, the last one closed."""
    steps = np.floor(degrees * (n_steps / whole)).astype(np.int64)
    return np.minimum(steps, n_steps - 1, out=steps)


def _row_cells(rows, n_rows):
    """Count the cells of rows: the row's area over the square of its height."""
    height = np.pi / n_rows
    # sin(b) - sin(a) = 2 cos((a + b) / 2) sin((b - a) / 2), exact near poles too.
    # Counted from the nearer pole, so both hemispheres have the same cells.
    middle = (np.minimum(rows, n_rows - 1 - rows) + 0.5) * height
    area = 4.0 * np.pi * np.sin(middle) * np.sin(height / 2.0)
    return np.maximum(1, np.rint(area / height**2)).astype(np.int64)
