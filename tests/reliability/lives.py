# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Lives of estimators: any parameters that are allowed, taught, changed, asked, copied.

Whatever was done before, what is asked of rows is finite, or an error in words. A
network that has learnt nothing but infinity does not answer as if it had.
"""

import copy
import pickle
import re
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils._param_validation import (
    Interval,
    Options,
    StrOptions,
    _Booleans,
    _NoneConstraint,
    make_constraint,
)

from tests.reliability.arguments import ENDS, SAYS
from tests.reliability.attack import Refusal, is_finite, listen, same
from tests.reliability.subjects import but_promised, dense

__all__ = ["live", "value_inside"]

# What takes as long, or as much memory, as it is asked to; and what only small values
# of say something new.
SMALL = {
    "max_iter": (1, 2, 3),
    "n_components": (1, 2, 9),
    "n_negatives": (1, 2, 40),
    "n_crops": (1, 2, 3),
    "crops": (1, 2, 3),
    "size": (1, 5),
    "image_size": (1, 8),
    "hidden": ((), (1,), [2, 3], (0,), (1.5,), "x", 3, 0, (True,)),
    "hidden_layer_sizes": ((), (1,), [2, 3], (0,), (1.5,), "x", (-1,), (True,)),
    "learning_rate_init": (1e-300, 1e-3, 1.0, 1e6, 1e30, 1e300, "auto"),
    "weight_decay": (0.0, 1.0, 1e6, 1e300),
    "momentum": (0.0, 0.9, 1 - 1e-16),
    "batch_size": (1, 2, 7, 10**9, "auto"),
    "device": ("cpu", "cpu", "nonsense", None, 7, "meta", "xla", "cuda:99"),
    "n_jobs": (None, 1),
    "cv": (2, 3, 1000, None),
    "random_state": (0, 2**32 - 1, None),
    "verbose": (0,),
    "n_bootstrap": (0, 3),
    "album_size": (1, 2, 24),
    "max_loaded_zones": (1, 2),
    "n_first": (1, 2, 1000, "auto"),
    "zones_at_once": (1, 3, 1000, "auto"),
    "n_sampled_tags": (1, 2, 1000, None),
    "shortlist": (None, 1, 2, 1000),
    "sigma_km_schedule": ((0,), (20000, 0), (), (0, 100), (-1,), ("a",), (np.inf, 0)),
    "regions": ((8, 4), (0,), (30, 1), (), (31,), (1, 1), "utm", ("countries",)),
    "location": ((0, 1), (1, 0), "auto", (0, 0), (0, 99), ("lat", "lon"), (0, 1, 2)),
    "tag_names": (
        None,
        list("abcde"),
        ["a"] * 5,
        ["a"],
        [1, 2, 3, 4, 5],
        list("abcdef"),
    ),
    "omit_tags": (None, [0], ["a"], [99], [0, 1, 2, 3, 4], {"b"}, []),
    "radii_km": ((1, 500), (), (-1,), (500, 1), ("a",)),
    "blocks": (
        "auto",
        None,
        {"a": [0]},
        {"a": slice(0, 99)},
        {},
        {"a": []},
        {"a": ["x"]},
    ),
    "block_hidden": (None, {"one": 1}, {"nobody": 3}, {"one": 0}, {"one": "x"}),
    "class_weight": (None, "balanced", {0: 1e300}, {0: 0.0}, {"x": 1}, {}, {0: -1.0}),
    "sampling_alpha": (None, 0, 0.5, 1e3, [0.0, 1.0], [], ["a"], [np.nan]),
    "membership": (
        [[1, 0], [0, 1], [1, 1]],
        [[0, 0]] * 3,
        [],
        "nowhere.csv",
        {"a": "b"},
    ),
    "metadata": ((), ("nobody",), (0,), ("taken",)),
}
# What is not drawn: it is another estimator, a file or a function.
KEPT = {
    *("estimator", "classifier", "scene_estimator", "photo_model", "place_model"),
    *("partitions", "backbone", "module", "pretrained", "corpus", "contexts"),
    *("networks", "encoding", "target_propagator", "checkpoint_dir", "resume"),
    *("cache", "root", "embedding", "tag_vectors", "word_vectors", "layer", "revision"),
    *("location_encoder", "mixed_precision", "time_zone", "preset"),
}


def value_inside(draw, name, constraints):
    """Draw a value that the constraints of a parameter allow, mostly at their ends.

    Parameters
    ----------
    draw : Draw
        Where it begins.

    name : str
        Of the parameter; some have values of their own.

    constraints : list
        As in ``_parameter_constraints``.

    Returns
    -------
    tuple
        The value, or nothing if the parameter is to be left alone.
    """
    if name in KEPT:
        return ()
    if name in SMALL:
        return (draw.choice(SMALL[name]),)
    if constraints == "no_validation":
        return ()
    found = []
    for constraint in map(make_constraint, constraints):
        if isinstance(constraint, Interval):
            found += _inside(constraint)
        elif isinstance(constraint, StrOptions | Options):
            found += sorted(constraint.options, key=str)
        elif isinstance(constraint, _Booleans):
            found += [True, False]
        elif isinstance(constraint, _NoneConstraint):
            found.append(None)
    return (draw.choice(found),) if found else ()


def _inside(interval):
    """Return numbers of an interval: its ends, what is next to them, and beyond."""
    if interval.type is Integral:
        left = 0 if interval.left is None else interval.left
        some = [left, left + 1, left + 2, 7, 1000, interval.right, 2**31, 2**70]
        return [n for n in some if n is not None and n in interval]
    ends = [end for end in (interval.left, interval.right) if end is not None]
    some = [0.0, 0.1, 0.5, 1.0, 2.0, 1e-300, 5e-324, 1e6, 1e300, -1.0, -1e300]
    for end in ends:
        some += [float(end), np.nextafter(end, -np.inf), np.nextafter(end, np.inf)]
    return [float(x) for x in some if x in interval]


def live(subject, draw):
    """Live: teach, change, copy and ask an estimator; assert what every answer is."""
    estimator = subject.make()
    allowed = re.compile(
        f"{SAYS.pattern}|" + "|".join(rf"\b{p}\b" for p in estimator.get_params())
    )
    steps = [_change] * draw.randint(1, 2) + [_teach, _ask]
    for _ in range(draw.randint(0, 4)):
        steps.append(draw.choice([_change, _teach, _ask, _ask, _copy, _go_on]))
    told = []
    for step in [*steps, _ask]:
        before = estimator

        def taken(step=step, before=before):
            return step(draw, subject, before, told)

        heard, _ = listen(taken, traced=False)
        if isinstance(heard, Refusal):
            message = str(heard.error)
            assert allowed.search(message), f"says nothing: {message!r} after {told}"
        elif heard.value is not None:
            estimator = heard.value


def _change(draw, subject, estimator, told):
    name = draw.choice(sorted(estimator._parameter_constraints))
    value = value_inside(draw, name, estimator._parameter_constraints[name])
    if not value or name not in estimator.get_params(deep=False):
        return None
    told.append(f"{name}={value[0]!r}")
    return estimator.set_params(**{name: value[0]})


def _rows(draw, subject):
    """Draw good rows, perhaps of another width or with large numbers."""
    rng = np.random.default_rng(draw.randint(0, 3))
    X = subject.rows(rng, draw.choice([40, 40, 12, 3, 2, 1]))
    targets = subject.targets(rng, X)
    kind = draw.random()
    if kind < 0.1 and isinstance(X, np.ndarray) and X.ndim == 2:
        X = np.hstack([X, X[:, -1:]]) if draw.often(0.5) else X[:, :-1]
    elif kind < 0.2 and isinstance(X, np.ndarray) and X.dtype.kind == "f":
        X = X.copy()
        X[:, 2:] *= draw.choice([0.0, 1e-30, 1e15, 1e30])
    elif kind < 0.25 and isinstance(X, pd.DataFrame):
        X = X.assign(more=1.0)
    if draw.often(0.1) and "y" in targets:
        targets["y"] = targets["y"][::-1][:, :1] if np.ndim(targets["y"]) > 1 else []
    elif draw.often(0.1) and "y" in targets:
        targets["y"] = np.repeat(targets["y"][:1], len(X), axis=0)
    return X, targets


def _teach(draw, subject, estimator, told):
    X, targets = _rows(draw, subject)
    told.append(f"fit {X.shape}")
    return estimator.fit(X, **targets)


def _go_on(draw, subject, estimator, told):
    X, targets = _rows(draw, subject)
    if hasattr(estimator, "partial_fit"):
        told.append(f"partial_fit {X.shape}")
        return estimator.partial_fit(X, **targets)
    if "warm_start" in estimator.get_params(deep=False):
        told.append(f"warm {X.shape}")
        return estimator.set_params(warm_start=True).fit(X, **targets)
    return None


def _copy(draw, subject, estimator, told):
    how = draw.choice(["pickle", "deepcopy", "clone"])
    told.append(how)
    if how == "pickle":
        return pickle.loads(pickle.dumps(estimator))
    return copy.deepcopy(estimator) if how == "deepcopy" else clone(estimator)


def _ask(draw, subject, estimator, told):
    X, _ = _rows(draw, subject)
    told.append(f"ask {X.shape}")
    first = _answers(subject, estimator, X)
    for name, answer in first.items():
        assert len(answer) == len(X), f"{name}: {len(answer)} rows after {told}"
        if name not in ENDS.get(subject.name, ()):
            plain = but_promised(estimator, name, answer)
            assert is_finite(plain), f"{name} {answer} {told}"
    assert same(_answers(subject, estimator, X), first), f"another answer after {told}"


def _answers(subject, estimator, X):
    """Ask what there is with these parameters."""
    names = [name for name in subject.methods if hasattr(estimator, name)]
    return {name: dense(getattr(estimator, name)(X)) for name in names}
