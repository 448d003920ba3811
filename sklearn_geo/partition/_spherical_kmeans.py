# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""k-means on the sphere, for unit vectors in any number that memory holds."""

import numpy as np
from scipy.spatial import cKDTree
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.utils import check_random_state


def spherical_kmeans(
    vectors, weights, n_cells, *, algorithm, n_init, max_iter, tol, random_state
):
    """Return unit vectors of centres that are the means of what is nearest to them.

    Parameters
    ----------
    vectors : ndarray of shape (n_places, 3)
        Distinct unit vectors, in an order that does not depend on the data's.

    weights : ndarray of shape (n_places,)
        Positive weights.

    n_cells : int
        Number of centres, at most as many as vectors.

    algorithm : {"lloyd", "minibatch"}
        What finds the centres to start from.

    n_init : int or "auto"
        How often scikit-learn starts.

    max_iter : int
        Most rounds of scikit-learn's search, and of the search on the sphere after it.

    tol : float
        The search ends when no more than this share of the weight changes its cell.

    random_state : int, RandomState or None
        Seed.

    Returns
    -------
    centers : ndarray of shape (n_centers, 3)
        Unit vectors. None is nearest to no vector.

    n_iter : int
        Rounds on the sphere.
    """
    # Squares of sums of large or small weights would be infinite or zero. Scaling by a
    # power of two changes no digit.
    weights = np.ldexp(weights, -np.frexp(weights.max())[1])
    options = {
        "n_init": n_init,
        "max_iter": max_iter,
        "random_state": check_random_state(random_state),
    }
    if algorithm == "lloyd":
        model = KMeans(n_cells, **options)
    else:
        # Three numbers a place: large batches cost little.
        model = MiniBatchKMeans(n_cells, batch_size=4096, **options)
    model.fit(vectors, sample_weight=weights)
    # The first places stand in for centres that the search left at no direction.
    centers = _directions(model.cluster_centers_, 1.0, vectors[:n_cells])
    centers, at = _without_empty(centers, nearest(cKDTree(centers), vectors))
    n_iter, settled = 0, False
    while not settled and n_iter < max_iter:
        n_iter += 1
        sums = np.stack(
            [np.bincount(at, weights=weights * axis) for axis in vectors.T], axis=1
        )
        masses = np.bincount(at, weights=weights)
        centers = _directions(sums, masses, centers)
        now = nearest(cKDTree(centers), vectors)
        settled = weights[now != at].sum() <= min(tol, 1.0) * weights.sum()
        centers, at = _without_empty(centers, now)
    return centers, n_iter


def _without_empty(centers, at):
    """Drop centres that nothing is nearest to, and count the others anew."""
    filled = np.unique(at)
    return centers[filled], np.searchsorted(filled, at)


def nearest(tree, vectors):
    """Return the index of the centre nearest to each vector."""
    return tree.query(vectors)[1].astype(np.intp)


def _directions(vectors, masses, instead):
    """Scale sums of unit vectors to length one; what points nowhere is replaced."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    lost = ~(length[:, 0] > 1e-12 * masses)  # NaN too, of weights that vanish
    length[lost] = 1.0
    vectors = vectors / length
    vectors[lost] = instead[lost]
    return vectors
