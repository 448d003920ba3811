# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Most of the nearest photos in a feature space, by a graph of faiss."""

import weakref

import numpy as np

from sklearn_geo.neighbors._looks import FeatureIndex

# Edges a node, and candidates kept while the graph is built and searched: nearly all of
# the first hundred neighbours of embeddings are found.
_N_EDGES = 32
_N_BUILDING = 100
_N_SEARCHING = 400

# Rows that tell where features lie and how far they spread.
_N_LOOKED_AT = 4096
# The square of this times hundreds of features is finite in float32.
_FARTHEST = 1e15

# Where more than this share of all photos is asked for, comparing with all is faster.
_LARGE_SHARE = 0.1

# Graphs of corpora, which never change and which many estimators share.
_GRAPHS = weakref.WeakKeyDictionary()


class ApproximateIndex:
    """Approximate nearest neighbours among the rows of a feature matrix.

    The graph (HNSW) proposes photos; their distances, and so their order, are those of
    the exact index. It is built in one thread, so equal features give equal graphs.

    Parameters
    ----------
    features : ndarray of shape (n_photos, n_features), float32 or float64
        What the photos look like. The graph keeps a copy in float32.

    metric : {"cosine", "euclidean"}
        The distance.
    """

    def __init__(self, features, metric):
        faiss = _import_faiss()
        self._exact = FeatureIndex(features, metric)
        self._cosine = metric == "cosine"
        self._n_photos = len(features)
        self._look_at(features[:: -(-self._n_photos // _N_LOOKED_AT)])
        n_features = self._as_float32(features[:1]).shape[1]
        self._graph = faiss.IndexHNSWFlat(n_features, _N_EDGES)
        self._graph.hnsw.efConstruction = _N_BUILDING
        with _OneThread(faiss):
            for chunk in self._exact.chunks():
                self._graph.add(self._as_float32(features[chunk]))

    def __getstate__(self):
        state = self.__dict__.copy()
        state["_graph"] = _import_faiss().serialize_index(self._graph)
        return state

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._graph = _import_faiss().deserialize_index(self._graph)

    def query_rows(self):
        """Return how many queries `nearest` can answer within working memory."""
        return self._exact.query_rows()

    def nearest(self, queries, n_neighbors, excluded=None):
        """Find photos near to some queries.

        The arguments and results are those of `FeatureIndex.nearest`.
        """
        n_neighbors = int(min(n_neighbors, self._n_photos))
        shape = (len(queries), n_neighbors)
        distances, rows = np.full(shape, np.inf), np.full(shape, -1, dtype=np.intp)
        pending, width = np.arange(len(queries)), n_neighbors
        vectors = self._as_float32(queries)
        while len(pending) and width <= _LARGE_SHARE * self._n_photos:
            found = self._search(vectors[pending], width)
            usable = found >= 0
            if excluded is not None:
                usable &= ~excluded.of(pending).among(found)
            done = usable.sum(axis=1) >= n_neighbors
            found[~usable] = -1
            at = pending[done]
            distances[at], rows[at] = self._ranked(
                queries[at], found[done], n_neighbors
            )
            pending, width = pending[~done], 2 * width + 1
        if len(pending):
            left_out = None if excluded is None else excluded.of(pending)
            distances[pending], rows[pending] = self._exact.nearest(
                queries[pending], n_neighbors, left_out
            )
        return distances, rows

    def between(self, queries, rows):
        """Return the distance of each query to each of its own photos."""
        return self._exact.between(queries, rows)

    def _search(self, vectors, width):
        """Return photos near to vectors, -1 where the graph finds no more."""
        faiss = _import_faiss()
        search = faiss.SearchParametersHNSW(efSearch=max(_N_SEARCHING, 2 * width))
        return self._graph.search(vectors, width, params=search)[1].astype(np.intp)

    def _ranked(self, queries, rows, n_neighbors):
        """Put photos in the order of their exact distances; -1 goes last."""
        # By number first, so that equal distances leave that order.
        rows = np.sort(rows, axis=1)
        distances = self._exact.between(queries, rows)
        by = np.argsort(distances, axis=1, kind="stable")[:, :n_neighbors]
        return (
            np.take_along_axis(distances, by, axis=1),
            np.take_along_axis(rows, by, axis=1),
        )

    def _look_at(self, some):
        """Choose the origin and the unit in which float32 tells features apart."""
        self._origin, self._unit = 0.0, 1.0
        vectors = self._vectors(some)
        self._origin = np.median(vectors, axis=0)
        spread = np.abs(vectors - self._origin).max(axis=1)
        self._unit = float(np.median(spread)) or float(spread.max()) or 1.0

    def _vectors(self, features):
        """Return vectors whose straight distances are in the order of the metric."""
        vectors = self._exact.vectors(features)
        if self._cosine:
            # To rows of zeros all are equally far; that needs one more dimension.
            vectors = np.column_stack([vectors, ~vectors.any(axis=1)])
        return vectors

    def _as_float32(self, features):
        """Return vectors for the graph."""
        vectors = self._vectors(features)
        vectors -= self._origin
        with np.errstate(over="ignore"):
            vectors /= self._unit
        np.clip(vectors, -_FARTHEST, _FARTHEST, out=vectors)
        return np.ascontiguousarray(vectors, dtype=np.float32)


def index_of(features, metric, *, ann, owner=None):
    """Return the exact index of some features, or an approximate one.

    Parameters
    ----------
    features : ndarray of shape (n_photos, n_features)
        What the photos look like.

    metric : {"cosine", "euclidean"}
        The distance.

    ann : bool
        Whether the index may be approximate.

    owner : object, default=None
        A corpus that the features belong to. It never changes, so its graph is built
        once, for all estimators.

    Returns
    -------
    FeatureIndex or ApproximateIndex
        The index.
    """
    if not ann:
        return FeatureIndex(features, metric)
    if owner is None:
        return ApproximateIndex(features, metric)
    graphs = _GRAPHS.setdefault(owner, {})
    if metric not in graphs:
        graphs[metric] = ApproximateIndex(features, metric)
    return graphs[metric]


def _import_faiss():
    try:
        import faiss
    except ImportError as error:
        raise ImportError(
            "ann=True finds neighbours by faiss, which is not installed: "
            "pip install 'sklearn-geo[ann]'. With ann=False they are found exactly."
        ) from error
    return faiss


class _OneThread:
    """Keep faiss to one thread for a while: several would build other graphs."""

    def __init__(self, faiss):
        self._faiss = faiss

    def __enter__(self):
        self._before = self._faiss.omp_get_max_threads()
        self._faiss.omp_set_num_threads(1)

    def __exit__(self, *_):
        self._faiss.omp_set_num_threads(self._before)
