# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of anything that an estimator says: drawn, or words.

Those of predictions are in test_fuzz_displays.py.
"""

from functools import cache, partial
from inspect import signature

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from sklearn.model_selection import GridSearchCV

from sklearn_geo import inspection
from tests.reliability import scale
from tests.reliability.doors import (
    Door,
    Kind,
    groups,
    names_of,
    numbers,
    one_of,
    places,
    seed,
    table,
    vector,
    weights,
    words,
)
from tests.reliability.strategies import draws, scalar
from tests.reliability.subjects import SUBJECTS, taught
from tests.reliability.test_fuzz_displays import look, looked_at, seconds

matplotlib.use("Agg")

# Examples a door in the long form, see nights.py.
LONG = 10_000
BY_NAME = {subject.name: subject for subject in SUBJECTS}
tag_names = Kind(lambda draw, n: list("abcde"), numbers.bad)
GALLERY_TAGS = np.random.default_rng(2).random((30, 5)) < 0.4
GALLERY = BY_NAME["RadiusFilter"].rows(np.random.default_rng(1), 30)


@cache
def fitted(name):
    """Return a fitted one; none of the pictures changes it."""
    if name == "search":
        subject = BY_NAME["PriorGeolocator"]
        rng = np.random.default_rng(0)
        X = subject.rows(rng, 30)
        grid = {"strategy": ["mean", "median"]}
        return GridSearchCV(subject.make(), grid, cv=3, scoring=_score).fit(
            X, **subject.targets(rng, X)
        )
    model = taught(BY_NAME[name])
    if name in ("RadiusFilter", "LocSensRanker-multilinear"):
        model.index(GALLERY)  # of which they retrieve
    return model


@cache
def unfit(name):
    """Return one that has learnt nothing."""
    return BY_NAME[name].make()


def _score(model, X, y):
    return -float(np.abs(model.predict(X) - y).mean())


def model(*names):
    """Return the kind of an estimator: one of these, or anything, fitted or not."""

    def bad(draw, n):
        other = draw.choice(["KMeansPartition", "UnitVectorEncoder", "KernelTagger"])
        unfitted = draw.choice([*names, other]) if names else None
        choices = [lambda: scalar(draw), lambda: fitted(other), dict, lambda: {"a": 1}]
        if unfitted is not None:
            choices.append(lambda: unfit(unfitted))
        return draw.choice(choices)()

    return Kind(lambda draw, n: fitted(draw.choice(names)), bad)


searched = Kind(lambda draw, n: fitted("search"), model().bad)


def some(*values):
    """Return the kind of a setting that may be left out."""
    return ~one_of(*values)


def _rows_of(name):
    width = BY_NAME[name].rows(np.random.default_rng(0), 1).shape[1]
    return table(width, lambda draw: round(draw.uniform(-2, 2), 3))


# A row of each: what the display shows one of.
one_row = Kind(
    lambda draw, n: _rows_of("HierarchicalCellClassifier").good(draw, 1),
    _rows_of("HierarchicalCellClassifier").bad,
)
coverages = Kind(lambda draw, n: draw.sample([0.1, 0.5, 0.75, 0.99], 2), numbers.bad)
# A class is a scorer of the caller's, which raises what it will.
scoring = Kind(
    lambda draw, n: draw.choice(["r2", "accuracy"]),
    lambda draw, n: draw.choice([7, "nonsense", b"r2", pd.NA, ["r2"], np.nan, {}]),
)
one_of_three = vector(lambda draw: draw.choice([0, 1, 2]))
columns = Kind(lambda draw, n: draw.sample(range(3), 2), numbers.bad)
classes = Kind(lambda draw, n: draw.choice([True, False]), numbers.bad)
resampled = {
    "n_resamples": one_of(2, 5),
    "random_state": seed,
    "confidence_level": some(0.5, 0.9),
}
located = _rows_of("KernelTagger")
PHOTO = table(6, dress=False)


def _draw(cls, maker="from_estimator", **arguments):
    """Draw it, and return the tables behind it."""
    looked_at = arguments.pop("looked_at", False)
    try:
        display = getattr(cls, maker)(**arguments)
        if looked_at is True:
            look(display.figure_)
    finally:
        plt.close("all")
    tables = ("to_frame", "to_geojson")
    return [getattr(display, name)() for name in tables if hasattr(display, name)]


def _anything(arguments):
    # Intervals of one row are NaN, and so is what a zone without photos scores.
    return True


def _door(cls, takes, *, maker="from_estimator", also=()):
    return Door(
        partial(_draw, cls, maker),
        takes | looked_at,
        free=_anything,
        allowance=200,
        undressed=False,
        also=("not fitted", *also),
    )


CELLS = "HierarchicalCellClassifier"
DOORS = {
    "AlbumPathDisplay": _door(
        inspection.AlbumPathDisplay,
        {
            "before": model(CELLS, "PriorGeolocator"),
            "after": model(CELLS, "NeighborGeolocator"),
            "X": _rows_of(CELLS),
            "y": ~places,
            "groups": ~groups,
            "group": some("a", 0),
            "times": ~seconds,
            "names": some(("one", "other")),
        },
        also=("has no predict",),
        maker="from_estimators",
    ),
    "AttentionDisplay": _door(
        inspection.AttentionDisplay,
        {
            "estimator": model("AttentionFusionClassifier", "AttentionFusionRegressor"),
            "X": _rows_of("AttentionFusionRegressor"),
            "y": one_of_three,
            "by_class": ~classes,  # what is handed to block_importance is tried there
            "sample_weight": ~weights,
            "scoring": ~scoring,
        },
        also=(
            "fuses no blocks",
            "and continuous targets",
            "and binary targets",
            "continuous is not supported",
            "Sample weights",
            "Input contains",
            "Classification metrics can't handle",
            "not supported between",
        ),
    ),
    "CellMapDisplay": _door(
        inspection.CellMapDisplay,
        {
            "estimator": model(CELLS, "S2Partition", "TrianglePartition"),
            "X": ~_rows_of(CELLS),
            "y": ~places,
            "color_by": some("count", "error", "level"),
            "label": ~words,
        },
        also=("has no cells to draw", "no partition in an empty list"),
    ),
    "CoverageDisplay": _door(
        inspection.CoverageDisplay,
        {
            "estimator": model(CELLS),
            "X": _rows_of(CELLS),
            "y": places,
            "coverages": coverages,
            "groups": ~groups,
            "name": some("model"),
            **resampled,
        },
        also=("makes no regions", "coverage must lie"),
    ),
    "DistanceCurveDisplay": _door(
        inspection.DistanceCurveDisplay,
        {
            "estimator": model(CELLS, "PriorGeolocator"),
            "X": _rows_of(CELLS),
            "y": places,
            "name": some("model"),
            **resampled,
        },
        also=("has no predict",),
    ),
    "FoldScoresDisplay": _door(
        inspection.FoldScoresDisplay,
        {"search": searched, "metric": some("score"), "measure": some("accuracy")},
        maker="from_search",
    ),
    "PerClassDisplay": _door(
        inspection.PerClassDisplay,
        {
            "estimator": model("KernelTagger", "LocSensRanker-multilinear"),
            "X": located,
            "y": table(5, lambda draw: float(draw.often(0.4))),
            "class_names": ~Kind(lambda draw, n: list("abcde"), numbers.bad),
            **resampled,
        },
        also=("has no predict_proba",),
    ),
    "PlaceMapDisplay": _door(
        inspection.PlaceMapDisplay,
        {
            "transformer": model("GPS2VecPlusTransformer", "SinusoidalEncoder"),
            "columns": ~columns,
            "extent": some("auto", "world", (0, 1, 0, 1)),
            "zone": some("32U", "33T"),
            "resolution": one_of(2, 5),
            "photos": ~places,
            "label": ~words,
        },
        also=("mapping is empty",),
    ),
    "ProbabilityMapDisplay": _door(
        inspection.ProbabilityMapDisplay,
        {
            "estimator": model(CELLS, "NeighborGeolocator"),
            "X": one_row,
            "y": ~Kind(lambda draw, n: places.good(draw, 1), places.bad),
            "k": some(1, 3),
            "coverage": some(0.5, 0.8),
        },
        also=("says nothing about how likely",),
    ),
    "RetrievalSheetDisplay": _door(
        inspection.RetrievalSheetDisplay,
        {
            "ranker": model("LocSensRanker-multilinear", "RadiusFilter"),
            "tag": one_of(0, 4),
            "places": places,
            "k": one_of(1, 3),
            "place_names": ~names_of,
            "gallery_places": Kind(lambda draw, n: GALLERY[:, :2], places.bad),
            "within_km": some(1e4),
            "granularity": some("all", "city", "best"),
            "gallery_tags": ~Kind(lambda draw, n: GALLERY_TAGS, table(5).bad),
            "tag_names": ~tag_names,
        },
        maker="from_ranker",
    ),
    "TaggingSheetDisplay": _door(
        inspection.TaggingSheetDisplay,
        {
            "ranker": model("LocSensRanker-multilinear", "KernelTagger"),
            "photo": Kind(lambda draw, n: PHOTO.good(draw, 1)[0], PHOTO.bad),
            "places": places,
            "k": one_of(1, 3),
            "place_names": ~names_of,
            "location": some((0, 1)),
            "granularity": some("all", "city", "best"),
            "tag_names": ~tag_names,
        },
        maker="from_ranker",
    ),
    "ZoneReportDisplay": _door(
        inspection.ZoneReportDisplay,
        {
            "transformer": model("GPS2VecPlusTransformer"),
            "color_by": some("photos", "epochs"),
            "label": ~words,
        },
    ),
}


def test_nobody_is_forgotten():
    makers = ("from_estimator", "from_estimators", "from_ranker", "from_search")
    drawn = {
        name
        for name in inspection.__all__
        if any(hasattr(getattr(inspection, name), maker) for maker in makers)
    }
    assert drawn == set(DOORS)


@pytest.mark.parametrize("name", DOORS)
def test_no_argument_is_forgotten(name):
    maker = DOORS[name].call.args[1]
    known = signature(getattr(getattr(inspection, name), maker)).parameters
    assert set(known) - {"ax", "kwargs"} <= set(DOORS[name].takes)


@pytest.mark.parametrize("name", DOORS)
@settings(max_examples=scale(2, LONG))
@given(draw=draws)
def test_it_draws_or_says_why_not(name, draw):
    DOORS[name].attack(draw)
