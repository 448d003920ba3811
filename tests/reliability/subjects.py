# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Every public estimator, small and seeded, with rows that it can be taught by."""

import atexit
import inspect
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

import sklearn_geo
from sklearn_geo.partition import S2Partition
from tests import contract
from tests.vision.photo_files import Small, pixels

__all__ = ["SUBJECTS", "Subject", "answers", "but_promised", "dense", "taught"]

N_TAGS = 5
WORDS = ("sunset", "beach", "mountain", "museum", "café", "dog")
SCENES = [[1, 0], [0, 1], [1, 1]]


@dataclass(frozen=True)
class Subject:
    """How one public estimator is made, taught and asked.

    Parameters
    ----------
    name : str
        Of the class; what follows a hyphen tells variants of a class apart.

    make : callable
        Returns it unfitted: small, seeded, on the CPU.

    rows : callable
        ``rows(rng, n)`` returns X of n good rows: an array, or a frame.

    targets : callable
        ``targets(rng, X)`` returns what fit takes beside X, by name.

    methods : tuple of str
        What a fitted one is asked. Each takes X alone.

    place : tuple of int or None, default=(0, 1)
        Which columns of X are latitude and longitude.

    network : bool, default=False
        Whether it trains or asks a network.

    rows_stand_alone : bool, default=True
        Whether an answer depends on nothing but its own row. Photos of an album are
        looked at together.
    """

    name: str
    make: Callable
    rows: Callable
    targets: Callable
    methods: tuple
    place: tuple | None = (0, 1)
    network: bool = False
    rows_stand_alone: bool = True

    def __str__(self):
        return self.name

    @property
    def cls(self):
        """The class."""
        return getattr(sklearn_geo, self.name.split("-")[0])


def taught(subject, n_rows=60, seed=0, **params):
    """Return a subject fitted on good rows, with these parameters changed."""
    rng = np.random.default_rng(seed)
    X = subject.rows(rng, n_rows)
    return subject.make().set_params(**params).fit(X, **subject.targets(rng, X))


def answers(subject, estimator, X):
    """Return what a fitted estimator says of X: method -> a dense array."""
    return {name: dense(getattr(estimator, name)(X)) for name in subject.methods}


def but_promised(estimator, name, answer):
    """Return an answer with 0 for each NaN and -inf that a parameter promises."""
    params = estimator.get_params(deep=False)
    if name == "decision_function" and params.get("omit_tags") is not None:
        return np.where(np.isneginf(answer), 0.0, answer)
    if name == "transform" and params.get("missing_zone") == "nan":
        return np.where(np.isnan(answer), 0.0, answer)
    if name == "predict" and getattr(estimator, "abstain_below", None) is not None:
        # Nowhere has neither latitude nor longitude; half a place is none.
        nowhere = np.isnan(answer).all(axis=-1, keepdims=True)
        return np.where(nowhere, 0.0, answer)
    return answer


def dense(result):
    """Return an answer as one array."""
    if isinstance(result, list | tuple):  # one array an output, or ragged lists
        return [dense(part) for part in result]
    if sparse.issparse(result):
        # A billion columns with little in them stay as they are.
        wide = result.shape[1] > 10**6
        return sparse.csr_array(result) if wide else result.toarray()
    return np.asarray(result)


# Rows ---------------------------------------------------------------------------------


def places(rng, n):
    """Draw places in four clusters, at a pole, and on both sides of the seam."""
    centers = np.array(
        [[48, 11], [40.7, -74], [-33.9, 151.2], [1.3, 103.8], [89, 0], [-16.5, 180]]
    )
    drawn = centers[rng.integers(len(centers), size=n)]
    drawn = drawn + rng.normal(scale=0.4, size=(n, 2))
    drawn[:, 0] = np.clip(drawn[:, 0], -90, 90)
    drawn[:, 1] = np.remainder(drawn[:, 1] + 180, 360) - 180
    return drawn


def features(rng, n):
    """Draw rows of numbers that mean nothing."""
    return rng.normal(size=(n, 4))


def photos(rng, n):
    """Draw places, and what is in the photos."""
    return np.hstack([places(rng, n), features(rng, n)])


def albums(rng, n):
    """Draw features, times and users."""
    frame = pd.DataFrame(features(rng, n), columns=["a", "b", "c", "d"])
    hours = rng.integers(24 * 400, size=n)
    frame["taken"] = pd.Timestamp("2014-01-01", tz="UTC") + pd.to_timedelta(hours, "h")
    frame["user"] = [
        f"user {number}" for number in rng.integers(max(n // 6, 1), size=n)
    ]
    return frame


def moments(rng, n):
    """Draw times, as a frame of one column."""
    return albums(rng, n)[["taken"]]


def checkins(rng, n):
    """Draw check-ins of a few venues."""
    frame = albums(rng, n)[["user", "taken"]].rename(columns={"taken": "time"})
    frame["venue"] = [f"venue {number}" for number in rng.integers(5, size=n)]
    return frame


def words(rng, n):
    """Draw lists of tags."""
    drawn = [rng.choice(WORDS, size=rng.integers(1, 4)) for _ in range(n)]
    return np.array([",".join(tags) for tags in drawn], dtype=object)


def scene_proba(rng, n):
    """Draw probabilities of three scenes."""
    return rng.dirichlet(np.ones(3), size=n)


def bytes_of_photos(rng, n):
    """Draw small photos."""
    return pixels(n, 12, 14, seed=int(rng.integers(1000)))


# Targets ------------------------------------------------------------------------------


def nothing(rng, X):
    """Return no target."""
    return {}


def tags(rng, X):
    """Draw a multi-label indicator; every tag is there and every row has one."""
    indicator = (rng.random((len(X), N_TAGS)) < 0.3).astype(int)
    indicator[np.arange(len(X)), np.arange(len(X)) % N_TAGS] = 1
    return {"y": indicator}


def where(rng, X):
    """Draw where photos were taken."""
    return {"y": places(rng, len(X))}


def where_and_scenes(rng, X):
    """Draw where photos were taken, and scenes."""
    scenes = np.array(["indoor", "outdoor"])[np.arange(len(X)) % 2]
    return {"y": places(rng, len(X)), "scenes": scenes}


def labels(rng, X):
    """Draw three classes."""
    return {"y": np.arange(len(X)) % 3}


def numbers(rng, X):
    """Draw numbers."""
    return {"y": rng.normal(size=len(X))}


def teachers(rng, X):
    """Draw distributions over three things."""
    return {"y": rng.dirichlet(np.ones(3), size=len(X))}


# Estimators ---------------------------------------------------------------------------

NET = {"max_iter": 2, "random_state": 0, "device": "cpu"}
BLOCKS = {"one": slice(0, 2), "two": slice(2, 4)}
ANSWERS_OF_CELLS = ("predict", "predict_proba")
ANSWERS_OF_TAGS = ("predict", "decision_function")


@cache
def _zone_store():
    """Write a zone store, and return its folder, which this process deletes."""
    folder = tempfile.TemporaryDirectory(prefix="zone-store-")
    atexit.register(folder.cleanup)
    taught(_SUBJECTS["GPS2VecPlusTransformer"]).save_pretrained(folder.name)
    return folder.name


def _contexts():
    return sklearn_geo.GPS2VecPlusTransformer(
        hidden=(4,), min_samples=5, fallback_samples=50, **NET
    )


def _cells(**params):
    return sklearn_geo.HierarchicalCellClassifier(
        [S2Partition(20, 1), S2Partition(10, 1)], batch_size=32, **{**NET, **params}
    )


@cache
def _classifier_of_looks():
    rng = np.random.default_rng(5)
    frame = albums(rng, 80)[["a", "b", "c", "d"]]
    return FrozenEstimator(_cells().fit(frame, places(rng, 80)))


def _timed():
    return sklearn_geo.TimeAdjustedGeolocator(
        _cells(), times="taken", metadata=(), cv=2, **NET
    )


def _in_albums():
    return sklearn_geo.AlbumGeolocator(
        _cells(), groups="user", times="taken", hidden=4, cv=2, **NET
    )


def _ranker(**params):
    return sklearn_geo.LocSensRanker(
        n_components=8,
        hidden_layer_sizes=(8, 8),
        n_negatives=2,
        batch_size=16,
        shortlist=None,
        **{**NET, **params},
    )


def _subjects():
    geo = sklearn_geo
    linear = OneVsRestClassifier(LogisticRegression())
    kernel = geo.KernelTagger(200.0, smoothing=1.0)
    partition = ("predict", "transform")
    yield Subject(
        "AreaPartition",
        lambda: geo.AreaPartition(contract.CASES["AreaPartition"].params["areas"]),
        places,
        nothing,
        partition,
    )
    yield Subject(
        "CellHierarchy",
        lambda: geo.CellHierarchy([S2Partition(20, 1), S2Partition(10, 1)]),
        places,
        nothing,
        partition,
    )
    yield Subject(
        "KMeansPartition",
        lambda: geo.KMeansPartition(4, random_state=0),
        places,
        nothing,
        partition,
    )
    for cls in (geo.S2Partition, geo.TrianglePartition):
        make = lambda cls=cls: cls(max_per_cell=10, min_per_cell=1)  # noqa: E731
        yield Subject(cls.__name__, make, places, nothing, partition)
    yield Subject(
        "TrianglePartition-delaunay",
        lambda: geo.TrianglePartition(10, 1, refine="delaunay"),
        places,
        nothing,
        partition,
    )
    for make in (
        lambda: geo.GridOneHotEncoder(50),
        lambda: geo.RandomFourierEncoder(4, random_state=0),
        lambda: geo.S2OneHotEncoder(6, handle_unknown="ignore"),
        lambda: geo.SinusoidalEncoder(4),
        lambda: geo.SoftGridEncoder(3, 2, 200),
        lambda: geo.Sphere2VecEncoder(n_scales=3),
        lambda: geo.SphericalHarmonicsEncoder(3),
        lambda: geo.UTMOneHotEncoder(),
        lambda: geo.UnitVectorEncoder(),
    ):
        yield Subject(type(make()).__name__, make, places, nothing, ("transform",))
    for make in (
        lambda: geo.GeoNeighborTagPropagator(5, exclude_self=False),
        lambda: geo.HashTagEncoder((1, 500, 5000), exclude_self=False),
    ):
        yield Subject(type(make()).__name__, make, places, tags, ("transform",))
    yield Subject(
        "JointNeighborTagPropagator",
        lambda: geo.JointNeighborTagPropagator(5, 5, exclude_self=False),
        photos,
        tags,
        ("transform",),
    )
    yield Subject(
        "VisualNeighborTagPropagator",
        lambda: geo.VisualNeighborTagPropagator(5, exclude_self=False),
        features,
        tags,
        ("transform",),
        None,
    )
    yield Subject(
        "NeighborVoteAnnotator",
        lambda: geo.NeighborVoteAnnotator(20, 5),
        photos,
        tags,
        ("predict", "predict_proba"),
    )
    yield Subject(
        "TagVectorizer",
        lambda: geo.TagVectorizer(),
        words,
        nothing,
        ("transform",),
        None,
    )
    yield Subject(
        "PostingTimeEncoder",
        lambda: geo.PostingTimeEncoder(cyclic=True),
        moments,
        nothing,
        ("transform",),
        None,
    )
    yield Subject(
        "VenueActivityEncoder",
        lambda: geo.VenueActivityEncoder(),
        checkins,
        nothing,
        ("transform",),
        None,
    )
    yield Subject(
        "GPS2VecPlusTransformer",
        _contexts,
        places,
        teachers,
        ("transform",),
        network=True,
    )
    yield Subject(
        "NumpyContextEncoder",
        lambda: geo.NumpyContextEncoder(_zone_store()),
        places,
        nothing,
        ("transform",),
    )
    yield Subject(
        "EvenCrops",
        lambda: geo.EvenCrops(2, size=6),
        bytes_of_photos,
        nothing,
        ("transform",),
        None,
    )
    yield Subject(
        "PosteriorTransformer",
        lambda: geo.PosteriorTransformer(Small(), image_size=8, device="cpu"),
        bytes_of_photos,
        nothing,
        ("transform",),
        None,
        network=True,
    )
    yield Subject(
        "SceneHierarchy",
        lambda: geo.SceneHierarchy(SCENES),
        scene_proba,
        nothing,
        ("transform",),
        None,
    )
    fusion = {"hidden": 4, "batch_size": 16, **NET}
    yield Subject(
        "AttentionFusionClassifier",
        lambda: geo.AttentionFusionClassifier(BLOCKS, **fusion),
        features,
        labels,
        ("predict", "predict_proba", "decision_function"),
        None,
        network=True,
    )
    yield Subject(
        "AttentionFusionRegressor",
        lambda: geo.AttentionFusionRegressor(BLOCKS, **fusion),
        features,
        numbers,
        ("predict",),
        None,
        network=True,
    )
    yield Subject(
        "HierarchicalCellClassifier",
        _cells,
        features,
        where,
        ANSWERS_OF_CELLS,
        None,
        network=True,
    )
    yield Subject(
        "SceneNetworks",
        lambda: geo.SceneNetworks(_cells(), max_iter=2, random_state=0),
        features,
        where_and_scenes,
        ANSWERS_OF_CELLS,
        None,
        network=True,
    )
    yield Subject(
        "NeighborGeolocator",
        lambda: geo.NeighborGeolocator(5),
        features,
        where,
        ("predict",),
        None,
    )
    yield Subject(
        "PriorGeolocator",
        lambda: geo.PriorGeolocator(),
        features,
        where,
        ("predict",),
        None,
    )
    yield Subject(
        "SelectiveGeolocator",
        lambda: geo.SelectiveGeolocator(_cells(), threshold=0.0, random_state=0),
        features,
        where,
        ANSWERS_OF_CELLS,
        None,
        network=True,
    )
    yield Subject(
        "TimeAdjustedGeolocator",
        _timed,
        lambda rng, n: albums(rng, n).drop(columns="user"),
        where,
        ANSWERS_OF_CELLS,
        None,
        network=True,
    )
    yield Subject(
        "AlbumGeolocator",
        _in_albums,
        albums,
        where,
        ANSWERS_OF_CELLS,
        None,
        network=True,
        rows_stand_alone=False,
    )
    yield Subject(
        "UserAveragingGeolocator",
        lambda: geo.UserAveragingGeolocator(
            _classifier_of_looks(), groups="user", times="taken", window_hours=48
        ),
        albums,
        where,
        ANSWERS_OF_CELLS,
        None,
        network=True,
        rows_stand_alone=False,
    )
    yield Subject(
        "HashtagEmbedding",
        lambda: geo.HashtagEmbedding(n_components=4, batch_size=16, **NET),
        features,
        tags,
        ("transform", "decision_function", "predict_proba", "predict"),
        None,
        network=True,
    )
    yield Subject("KernelTagger", lambda: clone(kernel), photos, tags, ANSWERS_OF_TAGS)
    yield Subject(
        "PlaceFrequencyTagger",
        lambda: geo.PlaceFrequencyTagger((8, 4)),
        photos,
        tags,
        ANSWERS_OF_TAGS,
    )
    yield Subject(
        "ProductTagger",
        lambda: geo.ProductTagger(clone(linear), clone(kernel), random_state=0),
        photos,
        tags,
        ANSWERS_OF_TAGS,
    )
    for scorer in ("multilinear", "trunk"):
        yield Subject(
            f"LocSensRanker-{scorer}",
            lambda scorer=scorer: _ranker(scorer=scorer),
            photos,
            tags,
            ANSWERS_OF_TAGS,
            network=True,
        )
    # It answers with photos of its gallery: `retrieve(tag, place)`, which is no method
    # of rows.
    yield Subject(
        "RadiusFilter", lambda: geo.RadiusFilter(clone(linear)), photos, tags, ()
    )


_SUBJECTS = {subject.name: subject for subject in _subjects()}
SUBJECTS = list(_SUBJECTS.values())


def public_estimators():
    """Return the names of all public estimators, of whatever input."""
    return {
        name
        for room in contract.public_modules()
        for name in getattr(room, "__all__", ())
        if inspect.isclass(getattr(room, name))
        and issubclass(getattr(room, name), BaseEstimator)
        and not hasattr(getattr(room, name), "initialize_module")
        and not inspect.isabstract(getattr(room, name))
    }
