# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every argument of every public method may be by mistake, drawn by its name."""

import copy
import inspect
import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy import sparse
from shapely import geometry as shapes

from tests.reliability.attack import attack
from tests.reliability.spoiled import THINGS, spoil
from tests.reliability.strategies import HUGE, STRINGS, foul, scalar
from tests.reliability.subjects import SUBJECTS, Subject, answers, taught

__all__ = [
    "ARGUMENTS",
    "LEFT_OUT",
    "WORDS",
    "Entry",
    "arguments_of",
    "attack_method",
    "draw_arguments",
    "entries_of",
    "known",
    "methods_of",
]

# What an error has to say: which argument it is about, which row or which parameter;
# or how scikit-learn and numpy say by themselves that a table is none.
WORDS = re.compile(
    r"\b(X|y|rows?|columns?|features?|samples?|photos?|labels?|classes|arguments?"
    r"|sample_weight|groups|times|scenes?|prior|mask|k|n_neighbors|level|coverage|by"
    r"|tags?|tag_vectors?|place|granularity|within_km|exclude|photo|scoring|group"
    r"|km|confidence_level|n_resamples|random_state|transform|instance is not fitted"
    r"|min_per_cell|max_per_cell|pixels?|file|table)\b"
)
# What scikit-learn, numpy and pandas say by themselves of what is no table, no target
# or no number. They show the value or the shape, but do not call it by name.
WORDS_OF_OTHERS = re.compile(
    r"could not convert string to float|np\.matrix is not supported|Complex data not"
    r"|setting an array element with a sequence|Found array with dim|predefined scorers"
    r"|A sparse array of dimension|Expected 2D array|truth value of an? (empty )?array"
    r"|Sample weights must|Classification metrics can't handle|is not supported"
    r"|An empty dict was passed|Expected sequence or array-like|must be an array-like"
    r"|Input contains|object is not callable|cannot be interpreted as an integer"
    r"|integer is required|is not compatible with arrays of|did not contain a loop"
    r"|should have at least 1 dimension|Cannot cast array data"
    r"|cannot be used to seed|Seed must be between|float\(\) argument"
    r"|Unknown label type|Cannot use mean|not supported between"
)
SAYS = re.compile(f"{WORDS.pattern}|{WORDS_OF_OTHERS.pattern}")
# They change what they belong to, so each call has a copy; then it is asked about X.
LEARNS = {"fit", "partial_fit", "calibrate", "index", "update_zones", "set_output"}
# What has a row for each row of X.
ROWS_OUT = {"predict", "predict_proba", "predict_topk", "transform", "confidence"}
ROWS_OUT |= {"decision_function", "predict_cells", "predict_region", "accepts"}
ROWS_OUT |= {"kneighbors", "penultimate", "attention_weights"}
# What may be NaN or infinite, as documented.
ENDS = {
    # A probability that is missing stays so.
    "SceneHierarchy": {"transform", "fit"},
    # What is not answered, and the interval of a number that has none.
    "SelectiveGeolocator": {"predict", "fit", "report"},
    # After the last place that the neighbours stand for.
    "NeighborGeolocator": {"predict_topk"},
}

# Methods that are attacked elsewhere, or are not ours.
_READERS = "it reads or writes files, see test_hostile_*.py and test_disk.py"
LEFT_OUT = {
    "from_pretrained": _READERS,
    "save_pretrained": _READERS,
    "export_onnx": _READERS,
    "set_params": "see lives.py",
}


def methods_of(cls):
    """Return names of the public methods of an estimator that are asked anything."""
    names = []
    for name, _ in inspect.getmembers(cls, callable):
        owner = next(one for one in cls.__mro__ if name in vars(one))
        ours = owner.__module__.startswith("sklearn_geo.") or name == "set_output"
        if name.startswith("_") or name.endswith("_request") or not ours:
            continue
        if name not in LEFT_OUT and (name != "set_output" or _has_names(cls)):
            names.append(name)
    return names


def _has_names(cls):
    return hasattr(cls, "get_feature_names_out")


def arguments_of(method):
    """Return the parameters of a method, by name."""
    parameters = dict(inspect.signature(method).parameters)
    parameters.pop("self", None)
    return parameters


def draw_arguments(draw, subject, method, X=None):
    """Draw arguments for a method of a fitted estimator.

    Parameters
    ----------
    draw : Draw
        Where the example begins.

    subject : Subject
        Whose method it is.

    method : callable
        A bound method.

    X : array-like or None, default=None
        What to pass as X; None draws it.

    Returns
    -------
    dict
        By name. What has a default is left out, most times.
    """
    rng = np.random.default_rng(draw.randint(0, 3))
    n = draw.choice([5, 2, 1, 9, 0])
    good = subject.rows(rng, n or 1)[:n]
    context = _Context(subject, method.__self__, good, rng)
    drawn = {}
    # One or two arguments are spoiled; the others are good.
    names = list(arguments_of(method).items())
    to_spoil = (
        {draw.choice([name for name, _ in names]) for _ in range(draw.randint(0, 2))}
        if names
        else set()
    )
    for name, parameter in names:
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        needed = parameter.default is parameter.empty
        if name == "X" and X is not None:
            drawn[name] = X
        elif needed or name in to_spoil or draw.randint(0, 3) == 3:
            drawn[name] = ARGUMENTS[name](draw, context, name in to_spoil)
    return drawn


def _or_else(draw, values, n, width):
    """Draw one of some values, or whatever else there is."""
    kind = draw.random()
    if kind < 0.6:
        return draw.choice(values)
    return scalar(draw) if kind < 0.8 else foul(draw, n, width)


def _width(X):
    return X.shape[1] if np.ndim(X) > 1 else 1


@contextmanager
def _quiet():
    """Silence what scikit-learn's look for infinity says of inf - inf."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "invalid value encountered in reduce")
        yield


def attack_method(subject, estimator, name, draw):
    """Call a method of a fitted estimator twice, see `attack`."""

    def make(draw):
        return draw_arguments(draw, subject, getattr(estimator, name))

    def call(**arguments):
        if name not in LEARNS:
            with _quiet():
                answer = getattr(estimator, name)(**arguments)
            return _plain(answer)
        taught = copy.deepcopy(estimator)
        with _quiet():
            getattr(taught, name)(**arguments)
        if "X" not in arguments:
            return None
        return answers(subject, taught, arguments["X"])

    def check(arguments, answer):
        X = arguments.get("X")
        if name in ROWS_OUT and len(getattr(X, "shape", ())) >= 2:
            parts = answer if isinstance(answer, tuple) else (answer,)
            n_rows = len(X) if hasattr(X, "compute") else X.shape[0]
            assert {_n_rows(part) for part in parts} == {n_rows}

    def free(arguments):
        return bool(arguments.get("return_scores")) or name in ENDS.get(
            subject.name, ()
        )

    return attack(draw, make, call, words=SAYS, check=check, free=free, undressed=False)


def _plain(answer):
    """Return what can be compared of an answer: the table of a report, say."""
    for name in ("to_frame", "numpy"):
        if hasattr(answer, name):
            return getattr(answer, name)()
    return answer


def _n_rows(part):
    return part.shape[0] if hasattr(part, "shape") else len(part)


class _Context:
    """Good rows, their targets, and the estimator that is asked."""

    def __init__(self, subject, estimator, good, rng):
        self.subject, self.estimator = subject, estimator
        self.good, self.rng, self.n = good, rng, len(good)

    @property
    def n_cells(self):
        return len(getattr(self.estimator, "cell_places_", np.zeros(3)))


def _rows(draw, context, bad):
    if not bad:
        return context.good
    if draw.randint(0, 3) == 3:
        return foul(draw, context.n, min(_width(context.good), 4))
    X = context.good
    for _ in range(draw.choice([1, 2, 3])):
        X = spoil(draw, X)
    return X


def _target(draw, context, bad):
    targets = context.subject.targets(context.rng, context.good)
    y = targets.get("y")
    if y is None:
        y = np.zeros(context.n)
    return _spoiled(draw, np.asarray(y), context) if bad else y


def _spoiled(draw, values, context):
    if draw.randint(0, 3) == 3:
        width = min(values.shape[1], 4) if values.ndim == 2 else 1
        return foul(draw, context.n, width)
    for _ in range(draw.choice([1, 2])):
        values = spoil(draw, values)
    return values


def _weights(draw, context, bad):
    values = context.rng.random(context.n) + 0.1
    if not bad:
        return values
    kind = draw.choice(["zero", "negative", "one", "tiny", "huge", "any"])
    if kind == "zero":
        return values * 0.0
    if kind == "negative":
        return -values
    if kind == "one":
        return np.arange(context.n) == 0
    if kind in ("tiny", "huge"):
        return values * {"tiny": 1e-310, "huge": 1e308}[kind]
    return _spoiled(draw, values, context)


def _groups(draw, context, bad):
    values = np.array([f"user {i % 2}" for i in range(context.n)], dtype=object)
    if not bad:
        return values
    kind = draw.choice(["one", "own", "numbers", "category", "any", "any"])
    if kind == "one":
        return np.zeros(context.n)
    if kind in ("own", "numbers"):
        return np.arange(context.n) * (1 if kind == "own" else 2**40)
    if kind == "category":
        return pd.Categorical(values)
    return _spoiled(draw, values, context)


def _times(draw, context, bad):
    hours = context.rng.integers(10_000, size=context.n)
    values = np.datetime64("2014-01-01", "s") + hours.astype("m8[h]")
    values = pd.Series(values).dt.tz_localize("UTC")
    if not bad:
        return values
    if draw.often(0.5):
        frame = spoil(draw, pd.DataFrame({"time": values}))
        two_d = isinstance(frame, pd.DataFrame) and frame.shape[1]
        return frame.iloc[:, 0] if two_d else frame
    return _spoiled(draw, values.to_numpy(), context)


def _scenes(draw, context, bad):
    values = np.array(["indoor", "outdoor"], dtype=object)
    values = values[np.arange(context.n) % 2]
    return _spoiled(draw, values, context) if bad else values


def _prior(draw, context, bad):
    shape = draw.choice([(context.n_cells,), (context.n, context.n_cells)])
    values = context.rng.random(shape) + 0.1
    if not bad:
        return values
    if draw.often(0.5):
        return values * draw.choice([0.0, 1e-320, 1e-300, 1e300, 1e308])
    return _spoiled(draw, values, context)


_RING = [[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]
_POLYGON = {"type": "Polygon", "coordinates": [_RING]}
_BAD_POLYGONS = [
    {},
    {"type": "Polygon"},
    {"type": None, "coordinates": None},
    {"type": "Polygon", "coordinates": []},
    {"type": "Polygon", "coordinates": [[]]},
    {"type": "Polygon", "coordinates": [[[0, 0]]]},
    {"type": "Polygon", "coordinates": [[[0], [1], [2]]]},
    {"type": "Polygon", "coordinates": [[["a", "b"], ["c", "d"], ["e", "f"]]]},
    {"type": "Polygon", "coordinates": _RING},
    {"type": "Polygon", "coordinates": [[[np.nan, 0], [1, 1], [np.inf, 2]]]},
    {"type": "Polygon", "coordinates": [[[1e308, -1e308], [1, 1], [-1e308, 1e308]]]},
    {"type": "Polygon", "coordinates": 7},
    {"type": "MultiPolygon", "coordinates": [_RING]},
    {"type": "MultiPolygon", "coordinates": [[_RING], None]},
    {"type": "Point", "coordinates": [0, 0]},
    {"type": "Feature"},
    {"type": "Feature", "geometry": None},
    {"type": "Feature", "geometry": "x"},
    {"type": "FeatureCollection"},
    {"type": "FeatureCollection", "features": None},
    {"type": "FeatureCollection", "features": [None, 1]},
    {"type": "GeometryCollection", "geometries": [{}]},
    shapes.Polygon(),
    shapes.Point(0, 0),
    shapes.LineString([[0, 0], [1, 1]]),
    shapes.Polygon([[0, 0], [1, 1], [0, 1], [1, 0]]),
    shapes.Polygon([[0, 0, 5], [10, 10, 5], [0, 10, 5]]),
]


def _north(places):
    return places[:, 0] < 91


def _nothing(places):
    return None


def _places(places):
    return places


def _of_nan(places):
    return places[:, 0] * np.nan


def _takes_none():
    return True


def _by_latitude(places):
    return np.round(places[:, 0])


def _dicts(places):
    return [{}] * len(places)


def _mask(draw, context, bad):
    n = context.n_cells
    good = [
        np.ones(n, dtype=bool),
        np.ones((context.n, n), dtype=bool),
        [0],
        {0, n - 1},
        _POLYGON,
        _north,
    ]
    if not bad:
        return draw.choice(good)
    return _or_else(
        draw,
        [
            *([*_BAD_POLYGONS]),
            *(
                [
                    np.zeros(n, dtype=bool),
                    np.arange(n) == 0,
                    np.ones(n),
                    np.ones((n, context.n + 1), dtype=bool),
                    [-1],
                    [n],
                    [0.0],
                    [True, 1],
                    [2**70],
                    [None],
                    {"a", 1},
                    {None},
                    {(1, 2)},
                    ["x"],
                    [b"x"],
                    [["x"]],
                    "x",
                    b"x",
                    np.array(["x"], dtype=STRINGS),
                    pd.Series([0]),
                    pd.Series([True] * n, index=range(5, 5 + n)),
                    pd.array([True] * (n - 1) + [pd.NA], dtype="boolean"),
                    sparse.csr_array(np.ones((context.n or 1, n), dtype=bool)),
                    range(1),
                    (i for i in [0]),
                    _nothing,
                    _places,
                    _of_nan,
                    _takes_none,
                    len,
                ]
            ),
        ],
        context.n,
        n,
    )


def _number(*good):
    def strategy(draw, context, bad):
        if not bad:
            return draw.choice(good)
        return _or_else(draw, [*([*HUGE, *THINGS])], 1, 1)

    return strategy


def _level(draw, context, bad):
    if not bad:
        return draw.choice([-1, 0])
    return _or_else(draw, [*([1, 2, -2, -3, *HUGE])], 1, 1)


def _by(draw, context, bad):
    n = context.n_cells
    if not bad:
        return draw.choice(["continent", np.arange(n) % 2, np.zeros(n)])
    return _or_else(
        draw,
        [
            *(
                [
                    "x",
                    np.arange(n),
                    np.full(n, np.nan),
                    np.array([None] * n, dtype=object),
                    np.array(([1, "a", None, 2.0] * n)[:n], dtype=object),
                    [1] * (n + 1),
                    _places,
                    _nothing,
                    _by_latitude,
                    _dicts,
                    len,
                ]
            )
        ],
        n,
        1,
    )


def _tags(draw, context, bad):
    if not bad:
        return draw.choice([0, [0, 1], 2])
    return _or_else(
        draw,
        [*([5, -1, [], [[0]], ["x"], "x", [0, "x"], [0.0], [True], [2**70], [0] * 9])],
        2,
        1,
    )


def _place(draw, context, bad):
    if not bad:
        return draw.choice([[48.0, 11.0], [[48.0, 11.0]], (90.0, 180.0)])
    return _or_else(
        draw,
        [
            *(
                [
                    [91.0, 0.0],
                    [np.nan, np.nan],
                    [np.nan, 0.0],
                    [[1.0, 2.0], [3.0, 4.0]],
                    np.zeros((0, 2)),
                    [np.inf, 0.0],
                    [0.0, 1e6],
                    ["a", "b"],
                ]
            )
        ],
        1,
        2,
    )


def _vectors(one):
    def strategy(draw, context, bad):
        width = getattr(context.estimator, "tag_vectors_", np.zeros((1, 3))).shape[1]
        values = context.rng.normal(size=width if one else (2, width))
        return _spoiled(draw, values, context) if bad else values

    return strategy


def _exclude(draw, context, bad):
    if not bad:
        return draw.choice([0, [0, 1], None])
    return _or_else(
        draw, [*([-1, 7, 10**6, [], [[0]], [0, -1], [0.5], "x", [None]])], 1, 1
    )


def _photo(draw, context, bad):
    if not bad:
        return context.rng.integers(0, 256, (12, 14, 3)).astype(np.uint8)
    photos = context.rng.integers(0, 256, (12, 14, 3)).astype(np.uint8)
    return _or_else(draw, [spoil(draw, photos)], 3, 3)


def _names(draw, context, bad):
    if not bad:
        return None
    # Anything that is no list scikit-learn refuses in its own words.
    return draw.choice([[], ["a"], ["a", "b"], ["a"] * 4, list("abcd"), [1, 2, 3, 4]])


def _flag(draw, context, bad):
    return draw.choice([None, 0, 1, "x", np.bool_(False)] if bad else [True, False])


def _seed_of(draw, context, bad):
    return draw.choice([0, -1, "x"] if bad else [0, 3])  # None is another each time


ARGUMENTS = {
    "X": _rows,
    "y": _target,
    "sample_weight": _weights,
    "groups": _groups,
    "times": _times,
    "scenes": _scenes,
    "prior": _prior,
    "mask": _mask,
    "k": _number(1, 3, 100),
    "n_neighbors": _number(None, 1, 3),
    "level": _level,
    "coverage": _number(0.5, 0.9),
    "by": _by,
    "tag": _tags,
    "tags": _tags,
    "place": _place,
    "granularity": _number(None, "city", 0, "street"),
    "within_km": _number(None, 100.0, 1e5),
    "exclude": _exclude,
    "tag_vectors": _vectors(one=False),
    "tag_vector": _vectors(one=True),
    "return_scores": _flag,
    "return_distance": _flag,
    "photo": _photo,
    "input_features": _names,
    "scene": _number(0, "a"),
    "group": _number(0, "a"),
    "scoring": _number(None),
    "km": _number((1, 25, 200)),
    "confidence_level": _number(0.95),
    "n_resamples": _number(10, 0),
    "random_state": lambda draw, context, bad: draw.choice(
        [0, -1, "x"] if bad else [0]
    ),
    "transform": _number("default", "pandas", "polars", None),
}


@dataclass(frozen=True)
class Entry:
    """A public method of a public estimator.

    Parameters
    ----------
    subject : Subject
        Whose.

    name : str
        Of the method.
    """

    subject: Subject
    name: str

    def __str__(self):
        return f"{self.subject.name}.{self.name}"

    @property
    def method(self):
        """The function."""
        return getattr(self.subject.cls, self.name)


def entries_of(*rooms):
    """Return the public methods of all estimators of some rooms."""
    return [
        Entry(subject, name)
        for subject in SUBJECTS
        if subject.cls.__module__.split(".")[1] in rooms
        for name in methods_of(subject.cls)
    ]


@cache
def known(subject):
    """Return a fitted estimator, with a gallery if it can have one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator = taught(subject)
    if hasattr(estimator, "index"):
        estimator.index(subject.rows(np.random.default_rng(2), 9))
    return estimator
