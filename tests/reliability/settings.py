# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Settings of estimators, drawn from what their `_parameter_constraints` allow."""

from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import (
    Interval,
    Options,
    _ArrayLikes,
    _Booleans,
    _InstancesOf,
    _NoneConstraint,
    _RandomStates,
    _VerboseHelper,
    make_constraint,
)

from tests.reliability.strategies import HUGE, scalar, tables

__all__ = ["change_settings", "setting"]


# How often something is done: whoever asks for a billion waits for a billion.
_WORK = {"n_init"}


def _of_interval(draw, interval):
    """Draw a number inside: at an end, near it, or far from it."""
    low, high = interval.left, interval.right
    if interval.type is Integral:
        near = low if low is not None else -5
        values = [
            near,
            near + 1,
            near + 2,
            near + 7,
            100,
            high,
            *HUGE[:3],
            10**6,
            10**18,
        ]
        values = [int(v) for v in values if v is not None and np.isfinite(v)]
    else:
        near = 0.0 if low is None or not np.isfinite(low) else float(low)
        values = [near, np.nextafter(near, np.inf), near + 1e-3, near + 0.5, near + 1.0]
        values += [near + 30.0, 1e6, 1e300, 1.7e308, 1e-300, high, float("inf")]
        if high is not None:
            values.append(np.nextafter(float(high), -np.inf))
        values = [float(v) for v in values if v is not None]
        values += [v for v in (1, np.float32(0.5), np.int64(2)) if v in interval]
    inside = [value for value in values if value in interval]
    return draw.choice(inside)


def setting(draw, constraints):
    """Draw a value that one of the constraints allows."""
    constraint = draw.choice(constraints)
    if isinstance(constraint, str) and constraint == "no_validation":
        return draw.choice(["float32", np.float64, np.float16, "int64", None, "O", 7])
    constraint = make_constraint(constraint)
    if isinstance(constraint, Interval):
        return _of_interval(draw, constraint)
    if isinstance(constraint, Options):
        return draw.choice(sorted(constraint.options, key=repr))
    if isinstance(constraint, _Booleans):
        return draw.choice([True, False, np.bool_(True)])
    if isinstance(constraint, _NoneConstraint):
        return None
    if isinstance(constraint, _RandomStates):
        return draw.choice([0, 2**32 - 1])
    if isinstance(constraint, _VerboseHelper):
        return 0
    if isinstance(constraint, _ArrayLikes):
        return draw.choice(
            [[], [1], (1, 2), [0], [0, 0], [1, 500, 5000], [-1, 0], [1e300, 5e-324]]
            + [["lat", "lon"], [0, 1, 2], [np.nan], [None], [[1, 2], [3]], np.eye(2)]
            + [[1.0, float("inf")], [2**63], ["30U"], ["a", "a"], [True, False]]
        )
    if isinstance(constraint, _InstancesOf):
        if constraint.type is str:
            return draw.choice(["", "a", "UTC", "Europe/Berlin", ",", "user", "\ud800"])
        if constraint.type is Integral:
            return draw.choice([1, -1, 2])
        if constraint.type in (set, frozenset):
            return constraint.type(["sunset", "dog"])
        if constraint.type is range:
            return draw.choice([range(0), range(1, 4), range(3, 0, -1), range(10**9)])
    return scalar(draw) if draw.often(0.5) else tables(draw)


def change_settings(draw, estimator, fixed=()):
    """Draw one to three settings of an estimator, each allowed for itself."""
    constraints = {
        name: allowed
        for name, allowed in estimator._parameter_constraints.items()
        if name not in fixed and name in estimator.get_params(deep=False)
    }
    names = draw.sample(sorted(constraints), min(len(constraints), draw.randint(1, 3)))
    changed = {
        name: setting(
            draw,
            [constraints[name]]
            if constraints[name] == "no_validation"
            else list(constraints[name]),
        )
        for name in names
    }
    for name in _WORK & changed.keys():
        changed[name] = draw.randint(1, 3)
    # A million columns, which the largest degree has, take seconds.
    if "degree" in changed and draw.often(0.95):
        changed["degree"] = min(changed["degree"], 60)
    return changed
