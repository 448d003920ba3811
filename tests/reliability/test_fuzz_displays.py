# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of anything: drawn, and told in tables with NaN in places, or words."""

import io
import warnings
from functools import cache, partial
from inspect import signature

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from matplotlib.figure import Figure
from scipy import sparse

from sklearn_geo import inspection
from sklearn_geo.partition import S2Partition
from tests.reliability import scale
from tests.reliability.doors import (
    Door,
    Kind,
    counts,
    flag,
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
    words,
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
resampled = {
    "n_resamples": one_of(2, 5),
    "random_state": seed,
    "confidence_level": ~one_of(0.5, 0.95, None),
}
extent = one_of("auto", "world", (0, 1, 0, 1), [170, -170, -90, 90])
most = one_of(1, 3, 25)
# What is drawn on maps; colours are matplotlib's to read.
coast = Kind(
    lambda draw, n: {"type": "LineString", "coordinates": [[170, 0], [-170, 9]]},
    lambda draw, n: draw.choice(
        [{}, {"type": 5}, {"type": "Point", "coordinates": None}, 7, True, [[0, 1]]]
    ),
)
on_maps = {"extent": ~extent, "graticule": ~flag, "coastline": ~coast}
# What a picture looks like is asked of a few, as that takes as long as all the rest.
looked_at = {"looked_at": Kind(lambda draw, n: draw.often(0.1), flag.bad, True)}
N_PHOTOS = 6
tag_names = Kind(
    lambda draw, n: draw.choice([list, np.array])(["sea", "$", "été", "a b", "c", "d"]),
    lambda draw, n: scalar(draw),
)


def _of_photos(kind):
    """Return the kind of what the photos of a gallery have, however many places."""
    return Kind(
        lambda draw, n: kind.good(draw, N_PHOTOS),
        lambda draw, n: kind.bad(draw, N_PHOTOS),
    )


def _of_tags(kind):
    """Return the kind of what is said of each of a few tags."""
    return Kind(lambda draw, n: kind.good(draw, n)[:N_TAGS], kind.bad)


thumbnails = Kind(
    lambda draw, n: draw.choice(
        [
            np.zeros((N_PHOTOS, 4, 5, 3), np.uint8),
            [None] * N_PHOTOS,
            {2: np.ones((3, 3))},
            lambda photo: np.full((2, 2, 3), photo / N_PHOTOS),
        ]
    ),
    _of_photos(table(3)).bad,
)
true_tags = Kind(
    lambda draw, n: draw.choice(
        [
            ["sea"],
            [0, 3],
            np.arange(N_PHOTOS) < 2,
            sparse.csr_array(np.eye(N_PHOTOS))[:1],
        ]
    ),
    numbers.bad,
)
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


# Their settings say how many axes they need.
_PANELS = (
    inspection.AttentionDisplay,
    inspection.ContinentDisplay,
    inspection.ZoneReportDisplay,
)


def look(figure):
    """Make a picture of it, where letters that fonts lack are told of."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        figure.savefig(io.BytesIO(), format="png")


def _draw(cls, maker="from_predictions", **arguments):
    """Draw it, and return the tables behind it."""
    axes = None if cls in _PANELS else Figure(figsize=(2, 2)).subplots()
    looked_at = arguments.pop("looked_at", False)
    try:
        display = getattr(cls, maker)(ax=axes, **arguments)
        if looked_at is True:
            look(display.figure_)
    finally:
        plt.close("all")
    names = ("to_frame", "to_geojson")
    return [getattr(display, name)() for name in names if hasattr(display, name)]


def _anything(arguments):
    # Intervals of one user are NaN, and so is a score that a zone does not have.
    return True


def _door(cls, takes, **options):
    options.setdefault("free", _anything)
    takes = takes | looked_at
    # Fonts and styles are loaded by whoever draws first.
    maker = options.pop("maker", "from_predictions")
    return Door(
        partial(_draw, cls, maker),
        takes,
        allowance=200,
        undressed=False,
        **options,
    )


DOORS = {
    "AlbumPathDisplay": _door(
        inspection.AlbumPathDisplay,
        {
            "y_true": places,
            "y_pred": places,
            "times": ~seconds,
            "groups": ~groups,
            "group": ~one_of("a", 0),
            "time_zone": ~one_of("Europe/Paris", "UTC", "+02:00"),
            "user": ~words,
            "start": ~one_of(0, 1),
            "most": ~most,
            "numbers": ~flag,
            "misses": ~flag,
            "photos": ~places,
            **on_maps,
        },
    ),
    "AttentionDisplay": _door(
        inspection.AttentionDisplay,
        {
            "weights": share,
            "y": ~groups,
            "block_names": ~one_of(["a", "b", "c"]),
            "importance": ~one_of({"a": 0.5, "b": -0.1, "c": 0.0}),
            "measure": ~words,
            "order": ~one_of("given", "attention", "importance"),
            "annotate": ~flag,
        },
    ),
    "ContinentDisplay": _door(
        inspection.ContinentDisplay,
        {
            "query_places": places,
            "precision": precision,
            "train_places": ~_of_photos(places),
            "by": ~one_of("continent", "utm_zone", ("s2", 3)),
            "name": ~words,
            "measure": ~words,
            "groups": ~groups,
            "order": ~one_of("count", "precision", "name"),
            "most": ~most,
            "annotate": ~flag,
            **resampled,
        },
    ),
    "DistanceCurveDisplay": _door(
        inspection.DistanceCurveDisplay,
        {
            "y_true": places,
            "y_pred": places,
            "groups": ~groups,
            "name": ~words,
            "localities": ~flag,
            "limits_km": ~one_of((1, 1000), [0.5, 20015.0]),
            **resampled,
        },
    ),
    "FoldScoresDisplay": _door(
        inspection.FoldScoresDisplay,
        {
            "scores": scores_of_folds,
            "later": ~one_of({"a": 0.5}, {"a": np.nan, "b": np.float32(1.0)}),
            "measure": ~words,
            "order": ~one_of("best", "given"),
            "most": ~most,
        },
        maker="from_scores",
    ),
    "PerClassDisplay": _door(
        inspection.PerClassDisplay,
        {
            "y_true": table(N_TAGS, lambda draw: float(draw.often(0.4))),
            "y_score": table(N_TAGS),
            "groups": ~groups,
            "name": ~words,
            "class_names": ~_of_tags(tag_names),
            "classes": ~one_of(None, ["sea", "a b"], [1]),
            "order": ~one_of("gain", "score", "count", "given"),
            "most": ~most,
            **resampled,
        },
        also=("no class", "No class"),
    ),
    "PlaceMapDisplay": _door(
        inspection.PlaceMapDisplay,
        {
            "places": places,
            "values": numbers,
            "columns": ~one_of(["height"]),
            "photos": ~_of_photos(places),
            "label": ~words,
            "share": ~one_of("all", "column", "panel"),
            "colorbar": ~flag,
            **on_maps,
        },
    ),
    "RetrievalSheetDisplay": _door(
        inspection.RetrievalSheetDisplay,
        {
            "tag": one_of("sea"),
            "places": places,
            "ranked": lists,
            "scores": ~table(3),
            "place_names": ~names_of,
            "gallery_places": ~_of_photos(places),
            "has_tag": ~_of_photos(vector(lambda draw: float(draw.often(0.5)))),
            "km": ~one_of(750, np.inf),
            "thumbnails": ~thumbnails,
            "features": ~_of_photos(table(3)),
            "subjects": ~_of_photos(groups),
            "show_scores": ~flag,
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
            "name": ~words,
            "measure": ~words,
            "tag_names": ~_of_tags(tag_names),
            "bins_per_decade": ~one_of(1, 2),
            "points": ~one_of("auto", True, False),
            **resampled,
        },
    ),
    "TaggingSheetDisplay": _door(
        inspection.TaggingSheetDisplay,
        {
            "places": places,
            "tags": lists,
            "scores": ~table(3),
            "place_names": ~names_of,
            "tag_names": ~tag_names,
            "true_tags": ~true_tags,
            "thumbnail": ~Kind(lambda draw, n: np.ones((3, 4, 3)) / 2, table(3).bad),
            "features": ~Kind(lambda draw, n: np.arange(3.0), numbers.bad),
            "subject": ~words,
            "show_scores": ~flag,
        },
        also=("no tag", "A tag"),
    ),
    "ZoneReportDisplay": _door(
        inspection.ZoneReportDisplay,
        {
            "zones": zones,
            "values": precision,
            "counts": ~vector(lambda draw: float(draw.randrange(9))),
            "label": ~words,
            "kind": ~one_of("both", "map", "bars"),
            "most": ~most,
            "colorbar": ~flag,
            **on_maps,
        },
    ),
    "LongitudeHourDisplay": _door(
        inspection.LongitudeHourDisplay,
        {
            "places": places,
            "times": seconds,
            "groups": ~groups,
            "per_user": ~one_of("one", "weight", "all"),
            "time_zone": ~one_of("Europe/Paris", "UTC", "+02:00"),
            "center": ~one_of("hour", 0.0, -180, 180.0),
            "random_state": seed,
            "sun": ~flag,
            "counts": ~flag,
        },
        maker="from_places",
    ),
    **{
        cls.__name__: Door(
            lambda cls=cls, **arguments: _draw(
                cls, partition=_cells(), **{"y_true": None, **arguments}
            ),
            takes | looked_at,
            free=_anything,
            allowance=200,
            undressed=False,
        )
        for cls, takes in (
            (
                inspection.CellMapDisplay,
                {
                    "y_true": places,
                    "y_pred": places,
                    "label": ~words,
                    "colorbar": ~flag,
                    **on_maps,
                },
            ),
            (
                inspection.CoverageDisplay,
                {
                    "y_true": places,
                    "regions": regions,
                    "groups": ~groups,
                    "name": ~words,
                    "sizes": ~flag,
                    **resampled,
                },
            ),
            (
                inspection.ProbabilityMapDisplay,
                {
                    "y_true": ~pair,
                    "y_proba": proba,
                    "k": ~one_of(1, 3),
                    "colorbar": ~flag,
                    **on_maps,
                },
            ),
        )
    },
}


def test_nobody_is_forgotten():
    assert not forgotten(inspection, DOORS)


# What matplotlib reads, and what is the same in all examples.
_ELSEWHERE = {"self", "ax", "kwargs", "cmap", "norm", "color", "photo_color"}
_ELSEWHERE |= {"partition", "regions"}


@pytest.mark.parametrize("name", DOORS)
def test_no_argument_is_forgotten(name):
    cls = getattr(inspection, name)
    for maker in ("from_predictions", "from_scores", "from_places", "plot"):
        if hasattr(cls, maker):
            known = signature(getattr(cls, maker)).parameters
            assert set(known) - _ELSEWHERE <= set(DOORS[name].takes), maker


@pytest.mark.parametrize("name", DOORS)
@settings(max_examples=scale(2, LONG))
@given(draw=draws)
def test_it_draws_or_says_why_not(name, draw):
    DOORS[name].attack(draw)
