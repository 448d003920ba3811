# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""GPS2Vec's initial encoding: how near a place is to the cells of its zone's grid."""

import numbers

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_geo._blocks import blocks
from sklearn_geo.encoding._dense import DensePlaceEncoder
from sklearn_geo.encoding._grid_planes import CellPlanes, UTMPlanes
from sklearn_geo.encoding._partitions import fit_partition
from sklearn_geo.partition._base import PlacePartition

# Places projected at once, and bytes of cells computed at once.
_PROJECTED_ROWS, _CELL_BYTES = 16384, 2**19
# A millimetre: the squares of distances stay finite in single precision.
_SMALLEST_SIGMA_KM = 1e-6


class SoftGridEncoder(DensePlaceEncoder):
    r"""Encode places by their nearness to each cell of a grid over their own zone.

    The UTM zone of a place is cut into a grid, and each cell's column says how near
    the place is to the cell's centre: a soft one-hot of cells. This is what the
    networks of GPS2Vec [1]_ and GPS2Vec+ [2]_ read, one network a zone.

    The columns are those of the place's *own* zone: the same column means another
    piece of the earth in another zone. Models that see several zones at once need to
    be told the zone as well, by :class:`UTMOneHotEncoder` or by
    :meth:`transform_with_zone`. The columns in the grid of any other zone are given by
    :meth:`transform_in_zone`.

    Parameters
    ----------
    n_rows : int, default=20
        Number of rows of the grid, from south to north.

    n_cols : int, default=20
        Number of columns of the grid, from west to east.

    sigma_km : float, default=20
        Distance in kilometres over which a value falls to 1/e, at least 1e-6.

    regions : "utm" or partition, default="utm"
        What a grid is laid over:

        - "utm": the zones of the UTM grid and its four polar caps;
        - a partition such as :class:`~sklearn_geo.partition.S2Partition`: its cells. A
          copy is fitted on the training places. To keep the cells of one that is
          fitted already, wrap it in :class:`sklearn.frozen.FrozenEstimator`. A place
          in no cell has a row of zeros, unless the partition's own `uncovered` gives
          it to a cell or refuses it.

    extent : {"tight", "paper"}, default="tight"
        What part of the plane of a zone's eastings and northings the grid covers.
        Cells of a partition have their tight extent only.

        - "tight": from the zone's smallest to its largest easting and northing;
        - "paper": the same northings, but eastings from the zone's smallest to its
          mirror image at the central meridian, 1,000 km minus the smallest. In zones
          that are not symmetric this is too wide (31V, 32V, 37X) or leaves the eastern
          part outside the grid (31X). Polar caps are unknown to the paper and have
          their tight extent.

    normalize : {"l1", "max"} or None, default=None
        Scale each row to the sum 1 ("l1") or to the largest value 1 ("max"). This
        happens in the exponent, so rows are finite however small `sigma_km` is.

    hard : bool, default=False
        Give a one in the cell that holds the place and zeros elsewhere, instead of
        soft values; `sigma_km` and `normalize` then mean nothing. A place outside the
        grid is given to the nearest cell. Such are there with `extent="paper"`, in
        areas of several parts, beyond the borders of cells with
        ``uncovered="nearest"``, and, by less than a thousandth of the grid, at the very
        border of a cell.

    dtype : floating dtype, default=np.float64
        Type of the columns. With `np.float32` all but the projection is computed in
        single precision, at half the memory.

    Attributes
    ----------
    partition_ : partition or None
        The fitted partition, if `regions` is one.

    n_features_in_ : int
        Number of columns seen in :meth:`fit`: two.

    feature_names_in_ : ndarray of shape (2,)
        Names of the columns seen in :meth:`fit`. Defined only when `X` has column
        names that are all strings.

    See Also
    --------
    UTMOneHotEncoder : Which zone a place lies in.
    GridOneHotEncoder : A hard grid over the whole globe.
    sklearn_geo.partition.S2Partition : Regions that adapt to where places are.
    sklearn_geo.geometry.utm_project : The eastings and northings.

    Notes
    -----
    With the place at :math:`l` and the centre of cell `c` at :math:`l_c`, both in
    metres of easting and northing in the place's zone, the value is

    .. math::

        x_c = \exp(-\lVert l - l_c \rVert_2 \, / \, \sigma),

    the distance not squared, and no cell left out. The cell in row `r` (0 in the
    south) and column `c` (0 in the west) has the column `c * n_rows + r` of the
    output, called `cell_r03_c17`: northings vary fastest.

    The paper uses 20 rows and columns and 20 km. On its photos, 10, 20 and 30 rows
    and columns gave a mean average precision of .1754, .1824 and .1853; 10, 20 and
    30 km gave .1779, .1824 and .1747; and hard cells instead of soft ones .130 [1]_.

    The smallest and largest eastings and northings of a zone are those of its outline,
    scanned eight times a degree: they lie at corners and on the central meridian,
    which the scan hits exactly. In caps, metres are those of the Universal Polar
    Stereographic grid; a cap is a half disc of 1,113 (south) or 667 km (north) around
    its pole.

    The plane of a partition's cell is the azimuthal equidistant projection around the
    middle of the cell: metres east and north of it by great circle and bearing. Its
    outline is scanned for the extremes; a cell that holds the antipode of its middle
    has the whole plane. S2 cells with at most 15,000 photos and 16
    rows and columns in each gave the paper .179 where UTM zones gave .182 [1]_.

    References
    ----------
    .. [1] Y. Yin et al., "GPS2Vec: Pre-trained semantic embeddings for worldwide GPS
       coordinates", IEEE Transactions on Multimedia, 2021.
    .. [2] Y. Yin et al., "Learning Multi-context Aware Location Representations from
       Large-scale Geotagged Images", ACM Multimedia, 2021, section 3.3.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.encoding import SoftGridEncoder
    >>> places = np.array([[48.2, 11.6], [49.3, 9.7]])
    >>> encoder = SoftGridEncoder(n_rows=2, n_cols=2, sigma_km=200).fit(places)
    >>> encoder.get_feature_names_out()
    array(['cell_r00_c00', 'cell_r01_c00', 'cell_r00_c01', 'cell_r01_c01'],
          dtype=object)
    >>> encoder.transform(places).round(3)
    array([[0.162, 0.028, 0.343, 0.039],
           [0.405, 0.064, 0.608, 0.071]])
    >>> columns, zones = encoder.transform_with_zone(places)
    >>> zones
    array([636, 636], dtype=int16)

    Grids over the cells of a partition:

    >>> from sklearn_geo.partition import S2Partition
    >>> cells = S2Partition(max_per_cell=1, min_per_cell=1)
    >>> encoder = SoftGridEncoder(2, 2, 200, regions=cells).fit(places)
    >>> encoder.transform_with_zone(places)[1]
    array([1, 0])
    """

    _parameter_constraints: dict = {
        **DensePlaceEncoder._parameter_constraints,
        "n_rows": [Interval(numbers.Integral, 1, None, closed="left")],
        "n_cols": [Interval(numbers.Integral, 1, None, closed="left")],
        "sigma_km": [Interval(numbers.Real, _SMALLEST_SIGMA_KM, None, closed="left")],
        "regions": [StrOptions({"utm"}), PlacePartition, FrozenEstimator],
        "extent": [StrOptions({"tight", "paper"})],
        "normalize": [StrOptions({"l1", "max"}), None],
        "hard": ["boolean"],
    }

    def __init__(
        self,
        n_rows=20,
        n_cols=20,
        sigma_km=20,
        *,
        regions="utm",
        extent="tight",
        normalize=None,
        hard=False,
        dtype=np.float64,
    ):
        self.n_rows = n_rows
        self.n_cols = n_cols
        self.sigma_km = sigma_km
        self.regions = regions
        self.extent = extent
        self.normalize = normalize
        self.hard = hard
        self.dtype = dtype

    def transform_with_zone(self, X):
        """Give the columns of each place and the zone they belong to.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        Returns
        -------
        X_out : ndarray of shape (n_places, n_rows * n_cols)
            The columns, an array whatever `set_output` says.

        zones : ndarray of shape (n_places,), int16 or int64
            Ids of the zones, as :func:`~sklearn_geo.geometry.utm_zones` gives them; or
            cells of the partition, -1 for none.
        """
        self._check_ready()
        places = self._read_places(X, reset=False)
        return self._encode(places), self._planes.zones(places)

    def transform_in_zone(self, X, zones, *, at_edge=False):
        """Give the columns of places in the grids of given zones.

        A place need not lie in its zone: nearness goes on beyond the grid, and a hard
        cell is the nearest one. So the networks of two zones can be asked about one
        place, on both sides of their border.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        zones : int, str or array-like of shape (n_places,)
            One zone for all places or one a place: ids or names of UTM zones, or cells
            of the partition. A place in cell -1, which stands for none, has a row of
            zeros.

        at_edge : bool, default=False
            Move each place to the nearest point that the grid of its zone covers, in
            the zone's plane, before its columns are computed.

        Returns
        -------
        X_out : ndarray of shape (n_places, n_rows * n_cols)
            The columns, an array whatever `set_output` says.

        Notes
        -----
        Planes of UTM zones do not hold the whole globe. A place more than 60 degrees
        of great circle (6,671 km) from the middle of its UTM zone counts as the one
        at 60 degrees in the same direction; from the antipode, that direction is east.

        Examples
        --------
        London lies in zone 30U, just west of zone 31U:

        >>> from sklearn_geo.encoding import SoftGridEncoder
        >>> london = [[51.5, -0.13]]
        >>> encoder = SoftGridEncoder(n_rows=1, n_cols=3, sigma_km=100).fit(london)
        >>> encoder.transform_in_zone(london, "30U").round(3)
        array([[0.029, 0.127, 0.479]])
        >>> encoder.transform_in_zone(london, "31U").round(3)
        array([[0.422, 0.107, 0.025]])
        """
        self._check_ready()
        places = self._read_places(X, reset=False)
        zones = self._planes.read_zones(zones, len(places))
        return self._encode_in(places, zones, at_edge=at_edge)

    def _encode_in(self, places, zones, *, at_edge=False):
        """Do what `transform_in_zone` does, for places and ids that were read."""
        zones = np.broadcast_to(zones, len(places))
        n_columns = self._n_columns()
        out = np.empty((len(places), n_columns), dtype=self._float_dtype())
        project = self._planes.project_from_afar
        n_rows = self._block_rows(n_columns)
        for rows in blocks(len(places), n_rows):
            self._write_in(places[rows], zones[rows], out[rows], project, at_edge)
        return out

    def _check_shape(self):
        self._check_width(
            self._n_columns(), f"n_rows={self.n_rows} times n_cols={self.n_cols}"
        )

    def _prepare(self, places):
        if isinstance(self.regions, str):
            self.partition_ = None
            self._planes = UTMPlanes(self.extent)
            return
        if self.extent != "tight":
            raise ValueError(
                f"extent={self.extent!r} mirrors the eastings of UTM zones, and "
                'regions is a partition. Use extent="tight".'
            )
        self.partition_ = fit_partition(self.regions, places)
        self._planes = CellPlanes(self.partition_)

    def _n_columns(self):
        return int(self.n_rows) * int(self.n_cols)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_planes")

    def _column_names(self):
        digits = max(2, len(str(max(self.n_rows, self.n_cols) - 1)))
        return [
            f"cell_r{row:0{digits}d}_c{column:0{digits}d}"
            for column in range(self.n_cols)
            for row in range(self.n_rows)
        ]

    def _block_rows(self, n_columns):
        return _PROJECTED_ROWS  # cells are computed in blocks of their own

    def _write(self, places, out):
        self._write_in(places, self._planes.zones(places), out, self._planes.project)

    def _write_in(self, places, zones, out, project, at_edge=False):
        inside = zones >= 0
        if not inside.all():
            # Rows in no region are rare or none, so a copy of the others does.
            out[:] = 0
            if not inside.any():
                return
            rows = np.empty((int(inside.sum()), out.shape[1]), dtype=out.dtype)
            self._write_in(places[inside], zones[inside], rows, project, at_edge)
            out[inside] = rows
            return
        present, which = np.unique(zones, return_inverse=True)
        extents = self._planes.extents(present)
        corners, spans = extents[which, :2], extents[which, 2:] - extents[which, :2]
        # From the grid's south-western corner, in float64: easting, northing.
        metres = project(places, zones) - corners
        if at_edge:
            np.clip(metres, 0.0, spans, out=metres)
        if self.hard:
            self._write_hard(metres, spans, out)
        else:
            self._write_soft(metres, spans, out)

    def _write_hard(self, metres, spans, out):
        shape = np.array([self.n_cols, self.n_rows])
        cells = np.floor(metres / spans * shape).astype(np.intp)
        cells = np.clip(cells, 0, shape - 1)
        out[:] = 0
        out[np.arange(len(out)), cells[:, 0] * self.n_rows + cells[:, 1]] = 1

    def _write_soft(self, metres, spans, out):
        sigma = float(self.sigma_km) * 1000.0
        shape = (self.n_cols, self.n_rows)
        # Half floats are too short for distances, and slow.
        working = np.promote_types(out.dtype, np.float32)
        # In units of sigma: where places are, and how far apart centres.
        with np.errstate(over="ignore"):  # cells are all alike then
            reached, steps = metres / sigma, spans / (sigma * np.array(shape))
        # One such block stays in the second-level cache until its values are there.
        block_rows = max(1, _CELL_BYTES // (out.shape[1] * working.itemsize))
        n_rows = min(block_rows, len(out))
        in_place = out.dtype == working
        block = None if in_place else np.empty((n_rows, out.shape[1]), dtype=working)
        # The sum of a column and a row, as a product of matrices of width two: numpy
        # adds up such small outer sums three times more slowly. Products with one are
        # exact, so this is the same number.
        east = np.ones((n_rows, self.n_cols, 2), dtype=working)
        north = np.ones((n_rows, 2, self.n_rows), dtype=working)
        sides = ((east[:, :, 0], self.n_cols), (north[:, 1, :], self.n_rows))
        for rows in blocks(len(out), block_rows):
            n = rows.stop - rows.start
            for axis, (side, n_centres) in enumerate(sides):
                apart = steps[rows, axis, None] * (np.arange(n_centres) + 0.5)
                np.subtract(reached[rows, axis, None], apart, out=apart)
                np.square(apart, out=apart)
                side[:n] = apart
            squares = out[rows] if in_place else block[:n]
            np.matmul(east[:n], north[:n], out=squares.reshape(n, *shape))
            np.sqrt(squares, out=squares)
            if self.normalize is None:
                np.negative(squares, out=squares)
            else:  # relative to the nearest cell, whose value is then 1
                nearest = squares.min(axis=1, keepdims=True)
                np.subtract(nearest, squares, out=squares)
            np.exp(squares, out=squares)
            if self.normalize == "l1":
                squares /= squares.sum(axis=1, keepdims=True)
            if not in_place:
                out[rows] = squares
