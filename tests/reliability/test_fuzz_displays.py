# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of anything: drawn, with a finite table behind them, or words."""

from functools import cache, partial

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from matplotlib.figure import Figure

from sklearn_geo import inspection
from sklearn_geo.partition import S2Partition
from tests.reliability import scale
from tests.reliability.doors import (
    Door,
    Kind,
    counts,
    forgotten,
    groups,
    names_of,
    numbers,
    one_of,
    pair,
    places,
    seed,
    table,
    vector,
)
from tests.reliability.strategies import draws, scalar
from tests.reliability.subjects import places as spread_places

matplotlib.use("Agg")

# Examples a door in the long form, see nights.py.
LONG = 10_000
N_TAGS = 4
precision = vector(lambda draw: draw.choice([0.0, 0.5, 1.0]))
share = table(3, lambda draw: draw.choice([0.0, 0.2, 1.0]))
lists = Kind(
    lambda draw, n: np.array([draw.sample(range(-1, 6), 3) for _ in range(n)]),
    table(3).bad,
)
seconds = Kind(
    lambda draw, n: np.array([draw.randrange(2**31) for _ in range(n)], "M8[s]"),
    numbers.bad,
)
zones = Kind(
    lambda draw, n: draw.sample(["30U", "31U", "32T", "1C", "60X"], n),
    numbers.bad,
)
resampled = {"n_resamples": one_of(2, 5), "random_state": seed}
scores_of_folds = Kind(
    lambda draw, n: {
        name: [draw.choice([0.0, 0.5, np.nan]) for _ in range(n)] for name in "ab"
    },
    lambda draw, n: draw.choice(
        [{"a": numbers.bad(draw, n), "b": [0.5] * n}, {}, scalar(draw)]
    ),
)


@cache
def _cells():
    return S2Partition(10, 1).fit(spread_places(np.random.default_rng(0), 60))


def _shares_of_cells(draw, n):
    proba = np.array([[draw.random() for _ in range(_cells().n_cells_)]])
    return proba / proba.sum()


proba = Kind(_shares_of_cells, lambda draw, n: table(_cells().n_cells_).bad(draw, 1))


def _regions(draw, n):
    return {0.5: [[0]] * n, 0.9: np.ones((n, _cells().n_cells_), dtype=bool)}


regions = Kind(
    _regions,
    lambda draw, n: draw.choice([{0.5: table(3).bad(draw, n)}, {}, scalar(draw)]),
)


def _draw(cls, maker="from_predictions", **arguments):
    """Draw it, and return the tables behind it."""
    figure = Figure(figsize=(2, 2))
    n_axes = 2 if cls is inspection.ZoneReportDisplay else 1
    axes = figure.subplots(1, n_axes)
    display = getattr(cls, maker)(ax=axes, **arguments)
    names = ("to_frame", "to_geojson")
    return [getattr(display, name)() for name in names if hasattr(display, name)]


def _anything(arguments):
    # Intervals of one user are NaN, and so is a score that a zone does not have.
    return True


def _door(cls, takes, **options):
    options.setdefault("free", _anything)
    # Fonts and styles are loaded by whoever draws first.
    maker = options.pop("maker", "from_predictions")
    return Door(
        partial(_draw, cls, maker), takes, allowance=200, undressed=False, **options
    )


DOORS = {
    "AlbumPathDisplay": _door(
        inspection.AlbumPathDisplay,
        {"y_true": places, "y_pred": places, "times": ~seconds},
    ),
    "AttentionDisplay": _door(
        inspection.AttentionDisplay,
        {"weights": share, "y": ~groups, "block_names": ~one_of(["a", "b", "c"])},
    ),
    "ContinentDisplay": _door(
        inspection.ContinentDisplay,
        {
            "query_places": places,
            "precision": precision,
            "groups": ~groups,
            **resampled,
        },
    ),
    "DistanceCurveDisplay": _door(
        inspection.DistanceCurveDisplay,
        {"y_true": places, "y_pred": places, "groups": ~groups, **resampled},
    ),
    "FoldScoresDisplay": _door(
        inspection.FoldScoresDisplay,
        {"scores": scores_of_folds, "measure": ~one_of("accuracy")},
        maker="from_scores",
    ),
    "PerClassDisplay": _door(
        inspection.PerClassDisplay,
        {
            "y_true": table(N_TAGS, lambda draw: float(draw.often(0.4))),
            "y_score": table(N_TAGS),
            "groups": ~groups,
            **resampled,
        },
    ),
    "PlaceMapDisplay": _door(
        inspection.PlaceMapDisplay,
        {
            "places": places,
            "values": numbers,
            "extent": ~one_of("auto", "world", (0, 1, 0, 1)),
        },
    ),
    "RetrievalSheetDisplay": _door(
        inspection.RetrievalSheetDisplay,
        {
            "tag": one_of("sea"),
            "places": places,
            "ranked": lists,
            "scores": ~table(3),
            "place_names": names_of,
        },
    ),
    "TagFrequencyDisplay": _door(
        inspection.TagFrequencyDisplay,
        {
            "query_tags": counts(N_TAGS),
            "precision": precision,
            "counts": Kind(
                lambda draw, n: np.array([draw.randrange(999) for _ in range(N_TAGS)]),
                numbers.bad,
            ),
            "bins_per_decade": ~one_of(1, 2),
            **resampled,
        },
    ),
    "TaggingSheetDisplay": _door(
        inspection.TaggingSheetDisplay,
        {
            "places": places,
            "tags": lists,
            "scores": ~table(3),
            "place_names": names_of,
        },
    ),
    "ZoneReportDisplay": _door(
        inspection.ZoneReportDisplay, {"zones": zones, "values": precision}
    ),
    "LongitudeHourDisplay": Door(
        partial(_draw, inspection.LongitudeHourDisplay, "from_places"),
        {"places": places, "times": seconds, "groups": ~groups},
        free=_anything,
        allowance=200,
        undressed=False,
    ),
    **{
        cls.__name__: Door(
            lambda cls=cls, **arguments: _draw(
                cls, partition=_cells(), **{"y_true": None, **arguments}
            ),
            takes,
            free=_anything,
            allowance=200,
            undressed=False,
        )
        for cls, takes in (
            (inspection.CellMapDisplay, {"y_true": places, "y_pred": places}),
            (
                inspection.CoverageDisplay,
                {"y_true": places, "regions": regions, **resampled},
            ),
            (
                inspection.ProbabilityMapDisplay,
                {"y_true": ~pair, "y_proba": proba, "k": ~one_of(1, 3)},
            ),
        )
    },
}


def test_nobody_is_forgotten():
    assert not forgotten(inspection, DOORS)


@pytest.mark.parametrize("name", DOORS)
@settings(max_examples=scale(2, LONG))
@given(draw=draws)
def test_it_draws_or_says_why_not(name, draw):
    DOORS[name].attack(draw)
