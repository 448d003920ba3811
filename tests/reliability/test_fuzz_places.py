# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Estimators that read places, fitted on, asked and set to anything: answers or words.

Those of the rooms partition, encoding and neighbors, and what stands beside them:
PlaceIndex and GeoTagCorpus.
"""

import copy
from functools import cache, partial

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.base import clone

from sklearn_geo import encoding, neighbors, partition
from tests.reliability import scale, subjects
from tests.reliability.attack import attack
from tests.reliability.doors import (
    Door,
    Kind,
    counts,
    flag,
    groups,
    one_of,
    places,
    positive,
    s2_ids,
    table,
    weights,
)
from tests.reliability.settings import change_settings
from tests.reliability.spoiled import spoil
from tests.reliability.strategies import draws, dressed, foul, scalar
from tests.reliability.subjects import SUBJECTS, answers, taught

# Examples a door in the long form, see nights.py.
LONG = 10_000

ROOMS = {"partition": partition, "encoding": encoding, "neighbors": neighbors}
OURS = [s for s in SUBJECTS if s.cls.__module__.split(".")[1] in ROOMS]
READERS = {"save", "load"}  # see test_hostile_*.py
OF_SKLEARN = {
    "set_output",
    "get_params",
    "score",
    "set_params",
    "get_metadata_routing",
    "set_callbacks",
}
TEACH = {"fit", "fit_transform", "partial_fit", "refill"}
N_TAGS = subjects.N_TAGS


# What methods take --------------------------------------------------------------------


def _rows_of(subject):
    def good(draw, n):
        if subject.rows is subjects.places:
            return places.good(draw, n)
        X = subject.rows(np.random.default_rng(draw.randrange(50)), n)
        if isinstance(X, np.ndarray) and X.dtype == np.float64 and draw.often(0.4):
            return dressed(draw, X)
        return X

    def bad(draw, n):
        X = subject.rows(np.random.default_rng(draw.randrange(50)), n)
        width = X.shape[1] if X.ndim > 1 else 1
        if draw.often(0.5):
            return foul(draw, n, width)
        # Once: what is spoiled next depends on the container, which may be undressed.
        return spoil(draw, X)

    return Kind(good, bad)


_indicator = table(N_TAGS, lambda draw: float(draw.often(0.5)))
_features = Kind(lambda draw, n: None, lambda draw, n: foul(draw, n, 1))
_columns = Kind(
    lambda draw, n: None, lambda draw, n: draw.choice([["a", "b"], ["lat"], []])
)
_zones = Kind(
    lambda draw, n: np.array([draw.choice([0, 5, 690, 1200])] * n), s2_ids.bad
)
_pieces = one_of(1, 3, 8)


def _takes(subject, estimator, name):
    """Return the arguments of a method, or None if it takes none."""
    X = _rows_of(subject)
    neighborly = subject.cls.__module__.startswith("sklearn_geo.neighbors")
    if name in ("transform", "predict", "predict_proba", "transform_with_zone"):
        return {"X": X}
    if name in ("fit", "fit_transform", "partial_fit", "refill"):
        takes = {"X": X}
        if subject.cls.__name__ == "NeighborVoteAnnotator":
            return {**takes, "y": _indicator}
        if neighborly and name != "refill" and subject.name != "TagVectorizer":
            return {**takes, "y": _indicator, "groups": ~groups}
        if hasattr(subject.cls, "predict") and name != "fit_transform":
            takes["sample_weight"] = ~weights
        return takes
    if name == "inverse_transform":
        if hasattr(estimator, "n_cells_"):
            return {"cells": counts(estimator.n_cells_)}
        width = estimator.transform(subject.rows(np.random.default_rng(0), 1)).shape[1]
        one = table(width, lambda draw: float(draw.often(0.2)))
        return {"X": Kind(partial(_transformed, subject, estimator), one.bad)}
    return {
        "cell_outline": lambda: {
            "cell": Kind(lambda draw, n: 0, lambda draw, n: scalar(draw)),
            "n_per_edge": ~_pieces,
        },
        "get_feature_names_out": lambda: {"input_features": _columns},
        "membership": lambda: {"level": one_of(0, 1)},
        "to_geojson": lambda: {"n_per_edge": ~_pieces},
        "to_geopandas": lambda: {"n_per_edge": ~_pieces},
        "transform_in_zone": lambda: {"X": X, "zones": _zones, "at_edge": ~flag},
    }[name]()


def _transformed(subject, estimator, draw, n):
    rng = np.random.default_rng(draw.randrange(9))
    return estimator.transform(subject.rows(rng, n))


def _call(subject, estimator, name, **arguments):
    """Ask; or teach a copy, and ask that about good rows."""
    if name not in TEACH:
        return getattr(estimator, name)(**arguments)
    if name in ("fit", "fit_transform"):
        estimator = clone(estimator)
    else:
        estimator = copy.deepcopy(estimator)
    said = getattr(estimator, name)(**arguments)
    X = subject.rows(np.random.default_rng(9), 4)
    after = None if name == "fit_transform" else answers(subject, estimator, X)
    classes = after and after.get("predict")
    if isinstance(classes, np.ndarray) and classes.dtype.kind in "biuf":
        # They keep the type of y, which is not that of the same numbers in a list.
        after["predict"] = classes.astype(np.float64)
    return said if name == "fit_transform" else after


@cache
def _known(subject):
    return taught(subject)


def _entries():
    """Yield each public method of each estimator, those which it has as it is set."""
    for subject in OURS:
        for name in dir(subject.make()):
            if name.startswith("_") or name.endswith("_request"):
                continue
            if name in READERS | OF_SKLEARN or not hasattr(subject.cls, name):
                continue
            if callable(getattr(subject.cls, name, None)):
                yield subject, name


ENTRIES = {f"{subject}.{name}": (subject, name) for subject, name in _entries()}


def _door(key):
    subject, name = ENTRIES[key]
    estimator = _known(subject)
    return Door(
        partial(_call, subject, estimator, name),
        _takes(subject, estimator, name),
        # "No cell" has a place of NaN.
        free=(lambda arguments: True) if name == "inverse_transform" else None,
        most=8,
    )


def test_nobody_is_forgotten():
    for room in ROOMS.values():
        beside = {"PlaceIndex", "GeoTagCorpus"}
        assert set(room.__all__) - beside <= {s.cls.__name__ for s in OURS}
    for subject, name in ENTRIES.values():
        assert _takes(subject, _known(subject), name)


@pytest.mark.parametrize("key", ENTRIES)
@settings(max_examples=scale(8, LONG))
@given(draw=draws)
def test_methods(key, draw):
    _door(key).attack(draw)


# Settings -----------------------------------------------------------------------------

# What to read, and not how to read it.
FIXED = {"corpus", "n_jobs", "verbose", "areas", "partitions"}


def _set(subject, changed, n):
    estimator = subject.make().set_params(**changed)
    rng = np.random.default_rng(4)
    X = subject.rows(rng, n)
    estimator.fit(X, **subject.targets(rng, X))
    return answers(subject, estimator, subject.rows(np.random.default_rng(9), 4))


def _attack_settings(subject, draw):
    def make(draw):
        changed = change_settings(draw, subject.make(), FIXED)
        return {"changed": changed, "n": draw.choice([1, 2, 12, 12])}

    def may_be_nan(arguments):
        return "nan" in arguments["changed"].values()  # for what is not known

    # Cells and columns that are asked for may take some megabytes.
    attack(
        draw,
        make,
        partial(_set, subject),
        allowance=160,
        free=may_be_nan,
        undressed=False,
    )


@pytest.mark.parametrize("subject", OURS, ids=str)
@settings(max_examples=scale(8, LONG))
@given(draw=draws)
def test_settings(subject, draw):
    _attack_settings(subject, draw)


# What is no estimator -----------------------------------------------------------------


@cache
def _index():
    rng = np.random.default_rng(0)
    return neighbors.PlaceIndex(subjects.places(rng, 40))


def _corpus(**arguments):
    corpus = neighbors.GeoTagCorpus(**arguments)
    # Floats keep their width, which differs from that of the same numbers in a list.
    features = corpus.features
    if features is not None:
        features = features.astype(np.float64)
    return [corpus.places, corpus.tags.astype(np.float64), features, corpus.groups]


def _any_infinite(arguments):
    # Infinity where a radius has left out a neighbour.
    return "radius_km" in arguments


DOORS = {
    "PlaceIndex": Door(
        lambda places: neighbors.PlaceIndex(places).nearest([[0.0, 0.0]], 1),
        {"places": places},
    ),
    "PlaceIndex.nearest": Door(
        lambda **arguments: _index().nearest(**arguments),
        {"places": places, "n_neighbors": one_of(1, 3, 40), "radius_km": ~positive},
        free=_any_infinite,
    ),
    "PlaceIndex.within": Door(
        lambda **arguments: _index().within(**arguments),
        {"places": places, "radius_km": positive, "sort_results": ~flag},
    ),
    "PlaceIndex.iter_within": Door(
        lambda **arguments: list(_index().iter_within(**arguments)),
        {"places": places, "radius_km": positive, "sort_results": ~flag},
    ),
    "GeoTagCorpus": Door(
        _corpus,
        {
            "places": places,
            "tags": _indicator,
            "features": ~table(3),
            "groups": ~groups,
            "tag_names": ~one_of(list("abcde"), None),
        },
    ),
}
# For the long run by name.
DOORS_OF_METHODS = {key: partial(_door, key) for key in ENTRIES}


@pytest.mark.parametrize("name", DOORS)
@settings(max_examples=scale(8, LONG))
@given(draw=draws)
def test_what_is_no_estimator(name, draw):
    DOORS[name].attack(draw)
