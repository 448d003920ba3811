# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One column for each UTM zone."""

import numpy as np
from sklearn.utils._param_validation import StrOptions

from sklearn_geo.encoding._one_hot import LEFT_OUT, UNKNOWN, PlaceOneHotEncoder
from sklearn_geo.geometry import (
    N_UTM_ZONES,
    utm_zone_ids,
    utm_zone_names,
    utm_zones,
)
from sklearn_geo.geometry._utm_zones import ZoneValues

# Beyond the zones, ids go on with the four polar caps A, B, Y and Z.
N_CAPS = 4


class UTMOneHotEncoder(PlaceOneHotEncoder):
    """Encode places as one column for each zone of the UTM grid.

    The grid of Universal Transverse Mercator cuts the earth between 80 degrees south
    and 84 degrees north into 1,197 zones, most of them six degrees wide and eight
    high, and the four polar caps A, B, Y and Z close it. "Which zone" is the
    coarsest thing a model can know about a place.

    Parameters
    ----------
    zones : {"all", "seen"} or array-like of str, default="all"
        Which zones have a column, and in which order:

        - "all": every zone there is, known without any data;
        - "seen": the zones of the training places, in the order of "all";
        - names such as `["30U", "31U"]`: these, in this order.

    handle_unknown : {"error", "ignore", "infrequent_if_exist"}, default="error"
        What a place in a zone without a column gets. The words mean what they mean to
        :class:`sklearn.preprocessing.OneHotEncoder`:

        - "error": an error. With listed zones, :meth:`fit` raises it too;
        - "ignore": a row of zeros;
        - "infrequent_if_exist": the column of rare zones, if there is one, and a row
          of zeros otherwise.

    caps : {"own", "error", "ignore"}, default="own"
        What a place in one of the four polar caps gets:

        - "own": the caps are zones like all others. With `zones="all"` they are the
          last four columns, with "seen" those with training places have a column,
          and in a list they are named like zones: `["30U", "Z"]`;
        - "error": an error;
        - "ignore": a row of zeros, whatever `handle_unknown` says.

    min_frequency : int or float, default=None
        Zones with fewer training places than this number (int), or than this share of
        all training places (float), are rare: together they get one column, the last,
        called `utm_infrequent`. With `zones="all"` zones without any training place
        are rare too.

    sparse_output : bool, default=True
        Give a CSR matrix; or, where scikit-learn's setting `sparse_interface` says so,
        a CSR array. If False, give an ndarray.

    dtype : number dtype, default=np.float64
        Type of the columns.

    Attributes
    ----------
    zones_ : ndarray of shape (n_zones,), str
        Names of the zones known, rare ones included.

    infrequent_zones_ : ndarray of shape (n_rare_zones,), str
        Names of the zones that share the column `utm_infrequent`.

    n_features_in_ : int
        Number of columns seen in :meth:`fit`: two.

    feature_names_in_ : ndarray of shape (2,)
        Names of the columns seen in :meth:`fit`. Defined only when `X` has column
        names that are all strings.

    See Also
    --------
    S2OneHotEncoder : One column for each S2 cell, of any size.
    UnitVectorEncoder : Three smooth columns instead of many sharp ones.
    sklearn_geo.geometry.utm_zones : The zones themselves.

    Notes
    -----
    There are 60 bands of longitude times 20 of latitude, less the three zones 32X,
    34X and 36X, whose ground the widened zones around Svalbard cover. A place on an
    edge belongs to the zone north or east of it, but latitude 84 still to band X.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.encoding import UTMOneHotEncoder
    >>> places = np.array([[51.5, -0.12], [48.86, 2.35], [52.2, 0.12], [53.5, -2.2]])
    >>> encoder = UTMOneHotEncoder(zones="seen", sparse_output=False)
    >>> encoder.fit_transform(places)
    array([[1., 0.],
           [0., 1.],
           [0., 1.],
           [1., 0.]])
    >>> encoder.get_feature_names_out()
    array(['utm_30U', 'utm_31U'], dtype=object)
    >>> encoder.inverse_transform([[0.0, 1.0], [0.0, 0.0]])
    array(['31U', None], dtype=object)

    All zones and caps are the columns unless told otherwise:

    >>> UTMOneHotEncoder().fit_transform(places).shape
    (4, 1201)
    """

    _parameter_constraints: dict = {
        **PlaceOneHotEncoder._parameter_constraints,
        "zones": [StrOptions({"all", "seen"}), "array-like"],
        "caps": [StrOptions({"own", "error", "ignore"})],
    }

    _region = "UTM zone"
    _prefix = "utm_"

    def __init__(
        self,
        zones="all",
        *,
        handle_unknown="error",
        caps="own",
        min_frequency=None,
        sparse_output=True,
        dtype=np.float64,
    ):
        self.zones = zones
        self.handle_unknown = handle_unknown
        self.caps = caps
        self.min_frequency = min_frequency
        self.sparse_output = sparse_output
        self.dtype = dtype

    def _region_ids(self, places):
        return utm_zones(places)

    def _refuse_caps(self, in_cap, places):
        remedy = (
            "It is a polar cap, where the UTM grid ends, and caps is "
            f'{self.caps!r}. Drop such rows, or use caps="own" or caps="ignore".'
        )
        self._refuse(in_cap, places, remedy)

    def _find_regions(self, places, ids):
        if self.caps == "error":
            self._refuse_caps(ids >= N_UTM_ZONES, places)
        counts = np.bincount(ids, minlength=N_UTM_ZONES + N_CAPS)
        # Without columns of their own the caps are no zones.
        n_zones = N_UTM_ZONES + N_CAPS * (self.caps == "own")
        if not isinstance(self.zones, str):
            zones = self._listed_zones()
            if self.handle_unknown == "error":
                unknown = np.ones(N_UTM_ZONES + N_CAPS, dtype=bool)
                unknown[zones] = False
                unknown[n_zones:] = False
                self._refuse(unknown[ids], places, self._unknown_remedy())
        elif self.zones == "seen":
            zones = np.flatnonzero(counts[:n_zones])
            if len(zones) == 0:
                raise ValueError(
                    'zones="seen" found no zone: all places of X lie in polar caps, '
                    f'and caps is {self.caps!r}. Use caps="own" or zones="all".'
                )
        else:
            zones = np.arange(n_zones)
        return zones, counts[zones]

    def _listed_zones(self):
        """Read the list `zones` as ids."""
        if isinstance(self.zones, (set, frozenset)):
            raise TypeError(
                f"zones is a {type(self.zones).__name__}, which has no order for the "
                "columns to have. Pass a list, for example sorted(zones)."
            )
        names = [str(name) for name in self.zones]
        if not names:
            raise ValueError(
                "zones is an empty list. Name at least one zone, such as "
                'zones=["30U", "31U"], or use zones="all" or zones="seen".'
            )
        zones = utm_zone_ids(names).astype(np.intp)
        distinct, first = np.unique(zones, return_index=True)
        if len(distinct) < len(zones):
            again = np.setdiff1d(np.arange(len(zones)), first)[0]
            raise ValueError(
                f"zones names {names[again]!r} twice. Each zone has one column: leave "
                "out the copy."
            )
        if self.caps != "own" and (zones >= N_UTM_ZONES).any():
            cap = names[int(np.argmax(zones >= N_UTM_ZONES))]
            raise ValueError(
                f"zones names the polar cap {cap!r}, but caps is {self.caps!r}. Use "
                'caps="own" to give caps columns, or take it out of the list.'
            )
        return zones

    def _keep_regions(self, regions, columns, rare):
        names = utm_zone_names(regions)
        self.zones_ = names
        self.infrequent_zones_ = names[rare]
        table = np.full(N_UTM_ZONES + N_CAPS, UNKNOWN, dtype=np.int32)
        if self.caps != "own":
            table[N_UTM_ZONES:] = LEFT_OUT
        table[regions] = columns
        self._column_of_zone = table
        self._columns_by_square = ZoneValues(table)

    def _columns_of(self, ids):
        return self._column_of_zone.take(ids)

    def _columns_at(self, places):
        columns = self._columns_by_square.at(places)
        # Caps are left out of the columns unless they have their own.
        if self.caps == "error":
            self._refuse_caps(columns == LEFT_OUT, places)
        return columns

    def _region_names(self, regions):
        return utm_zone_names(regions)

    def _unknown_remedy(self):
        if isinstance(self.zones, str):
            columns = "Columns are the zones seen in fit: fit on places there too"
        else:
            columns = "Columns are the zones listed in zones: add it to them"
        return (
            f'{columns}, use zones="all", or take such places in with '
            'handle_unknown="ignore" or "infrequent_if_exist".'
        )
