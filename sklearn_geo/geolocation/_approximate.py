# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The nearest photos in a feature space, most of them, by a graph (hnswlib)."""

import numpy as np
from sklearn.utils import check_random_state

from sklearn_geo.neighbors._looks import FeatureIndex

# Edges a node, and candidates kept while building and while searching: a recall of
# about 0.99 at the first hundred neighbours of embeddings.
_N_EDGES = 32
_N_BUILDING = 200
_N_SEARCHING = 400


class ApproximateIndex:
    """Approximate nearest neighbours among the rows of a feature matrix.

    The graph proposes; distances are those of the exact index.

    Parameters
    ----------
    features : ndarray of shape (n_photos, n_features), float32 or float64
        What the photos look like. The graph keeps a copy as float32.

    metric : {"cosine", "euclidean"}
        The distance.

    random_state : int, RandomState instance or None
        Seed of the graph's levels. It is built in one thread, so that the same seed
        gives the same graph.
    """

    def __init__(self, features, metric, *, random_state=None):
        try:
            import hnswlib
        except ImportError as error:
            raise ImportError(
                "ann=True needs hnswlib: pip install sklearn-geo[ann]"
            ) from error
        self._exact = FeatureIndex(features, metric)
        space = "cosine" if metric == "cosine" else "l2"
        self._graph = hnswlib.Index(space=space, dim=features.shape[1])
        seed = int(check_random_state(random_state).randint(2**31 - 1))
        self._graph.init_index(
            max_elements=len(features),
            ef_construction=_N_BUILDING,
            M=_N_EDGES,
            random_seed=seed,
        )
        self._graph.add_items(features, num_threads=1)
        self._n_photos = len(features)

    def query_rows(self):
        """Return how many queries `nearest` can answer within working memory."""
        return self._exact.query_rows()

    def nearest(self, queries, n_neighbors):
        """Find photos near to some queries; see `FeatureIndex.nearest`."""
        n_neighbors = min(n_neighbors, self._n_photos)
        self._graph.set_ef(max(_N_SEARCHING, 2 * n_neighbors))
        try:
            found, _ = self._graph.knn_query(queries, k=n_neighbors, num_threads=1)
        except RuntimeError:
            # Some query ends in a part of the graph with too few photos.
            if len(queries) == 1:
                return self._exact.nearest(queries, n_neighbors)
            one_by_one = [
                self.nearest(queries[i : i + 1], n_neighbors)
                for i in range(len(queries))
            ]
            return tuple(map(np.concatenate, zip(*one_by_one, strict=True)))
        rows = np.sort(found.astype(np.intp), axis=1)
        distances = self._exact.between(queries, rows)
        by = np.argsort(distances, axis=1, kind="stable")
        return (
            np.take_along_axis(distances, by, axis=1),
            np.take_along_axis(rows, by, axis=1),
        )
