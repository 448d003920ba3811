# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Labels that forgive a near miss: haversine smoothing over cells."""

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from sklearn_geo.geometry import chord_to_km, km_to_chord, unit_vectors

# Cells whose weight falls below this share of the own cell's are left out.
_LEAST_SHARE = 1e-3


def smoothed_labels(cell_places, smoothing_km, usable=None):
    r"""Return, for every true cell, the distribution over cells that is taught.

    Parameters
    ----------
    cell_places : ndarray of shape (n_cells, 2)
        Where each cell is.

    smoothing_km : float
        Distance over which the weight falls to 1 / e.

    usable : ndarray of bool of shape (n_cells,), default=None
        Cells that can be predicted; others get no weight.

    Returns
    -------
    csr_array of shape (n_cells, n_cells), float32
        Rows sum to 1, those of usable cells at least.

    Notes
    -----
    The weight of cell :math:`j` when :math:`i` is true is
    :math:`\exp(-d_{ij} / \tau) / \sum_k \exp(-d_{ik} / \tau)`, with great-circle
    distances between the places of cells; what is below a thousandth of the own cell's
    weight is left out. The haversine smoothing of [1]_ is not normalised.

    References
    ----------
    .. [1] L. Haas, M. Skreta, S. Alberti and C. Finn, "PIGEON: Predicting Image
       Geolocations", CVPR 2024.
    """
    vectors = unit_vectors(cell_places)
    tree = cKDTree(vectors)
    reach = min(-np.log(_LEAST_SHARE) * smoothing_km, 20_000.0)
    pairs = tree.sparse_distance_matrix(
        tree, float(km_to_chord(reach)), output_type="coo_matrix"
    )
    shares = np.exp(chord_to_km(np.minimum(pairs.data, 2.0)) / -smoothing_km)
    if usable is not None:
        shares *= usable[pairs.col]
    shape = (len(vectors), len(vectors))
    weights = sparse.csr_array((shares, (pairs.row, pairs.col)), shape=shape)
    weights.eliminate_zeros()
    sums = np.asarray(weights.sum(axis=1)).ravel()
    weights.data /= np.repeat(sums, np.diff(weights.indptr))
    return weights.astype(np.float32)
