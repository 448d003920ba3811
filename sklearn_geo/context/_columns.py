# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The columns that the networks of a zone read."""

import numpy as np
from scipy import sparse
from sklearn.base import clone

from sklearn_geo._seeds import hand_down
from sklearn_geo.context._regions import WholeGlobe, frozen
from sklearn_geo.encoding import SoftGridEncoder, Sphere2VecEncoder

__all__ = ["ZoneColumns", "default_encoding", "fit_columns"]


class ZoneColumns:
    """What an encoder says of places, zone by zone, in single precision.

    Parameters
    ----------
    encoder : transformer
        A fitted encoder of places. One with grids in zones encodes a place in the grid
        of any zone; all others say the same whatever the zone.
    """

    def __init__(self, encoder):
        self.encoder = encoder
        self.in_zones = isinstance(encoder, SoftGridEncoder)
        self.n_features = len(encoder.get_feature_names_out())

    def __call__(self, places, zone, *, at_edge=False):
        """Return the columns of places for the networks of a zone.

        Parameters
        ----------
        places : ndarray of shape (n_places, 2)
            Validated places.

        zone : int
            The zone.

        at_edge : bool, default=False
            Move places outside of the zone's grid to its edge.

        Returns
        -------
        ndarray or csr_array of shape (n_places, n_features), float32
            The columns.
        """
        if self.in_zones:
            zones = np.full(len(places), zone, dtype=np.int64)
            return self.encoder._encode_in(places, zones, at_edge=at_edge)
        columns = self.encoder.transform(places)
        if sparse.issparse(columns):
            return sparse.csr_array(columns, dtype=np.float32)
        return np.asarray(columns, dtype=np.float32)


def default_encoding(regions):
    """Return the encoder that `encoding=None` means.

    Parameters
    ----------
    regions : "utm", partition or None
        The parameter: with zones it is GPS2Vec's soft grid in each, without them an
        encoder of the globe.

    Returns
    -------
    transformer
        An unfitted encoder.
    """
    return Sphere2VecEncoder() if regions is None else SoftGridEncoder()


def fit_columns(encoding, regions, places, seed):
    """Fit an encoder for the zones.

    Parameters
    ----------
    encoding : transformer
        The unfitted encoder.

    regions : UTMRegions, PartitionRegions or WholeGlobe
        The zones.

    places : ndarray of shape (n_places, 2)
        Training places.

    seed : int
        For an encoder that draws and has no seed of its own.

    Returns
    -------
    ZoneColumns
        The columns.
    """
    encoder = clone(encoding)
    if hasattr(encoder, "set_output"):
        encoder.set_output(transform="default")
    params = encoder.get_params()
    if not isinstance(encoder, SoftGridEncoder):
        if any(isinstance(value, SoftGridEncoder) for value in params.values()):
            raise ValueError(
                f"encoding is a {type(encoder).__name__} with a SoftGridEncoder in it, "
                "whose columns mean another place in every zone. The transformer has "
                "to know the zone it asks about: pass the SoftGridEncoder itself."
            )
    else:
        if not isinstance(encoder.regions, str):
            raise ValueError(
                "encoding has regions of its own. Give the partition to the "
                "transformer, which lays the grids over its zones: "
                "GPS2VecPlusTransformer(regions=partition, "
                "encoding=SoftGridEncoder())."
            )
        if isinstance(regions, WholeGlobe):
            raise ValueError(
                "A SoftGridEncoder describes a place within its own zone, and "
                "regions=None has one network for all zones, which would take places "
                "of different zones for the same. Use an encoding of the globe such as "
                'Sphere2VecEncoder(), or regions="utm".'
            )
        encoder.set_params(regions=frozen(regions), dtype=np.float32)
    return ZoneColumns(hand_down(encoder, seed).fit(places))
