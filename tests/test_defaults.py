# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The default values that docstrings promise are those that calls get."""

import ast
import importlib
import inspect
import re

import numpy as np
import pytest
from numpydoc.docscrape import NumpyDocString

import sklearn_geo
from sklearn_geo.geometry import EARTH_RADIUS_KM

NAMES = {"EARTH_RADIUS_KM": EARTH_RADIUS_KM, "np": np, "numpy": np, "inf": np.inf}


def documented():
    """Yield all public functions, classes and methods by name."""
    for room in sklearn_geo._ROOMS:
        if room == "reproduce":
            continue  # tables of numbers, of which few are given by hand
        module = importlib.import_module(f"sklearn_geo.{room}")
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            if callable(thing):
                yield f"{room}.{name}", thing
            if inspect.isclass(thing):
                for method, function in inspect.getmembers(thing, inspect.isfunction):
                    ours = function.__module__.startswith("sklearn_geo")
                    if ours and not method.startswith("_"):
                        yield f"{room}.{name}.{method}", function


def promised(text):
    """Evaluate the words behind "default=" in a docstring."""
    steps = re.fullmatch(r"\((\d+), (\d+), \.\.\., (\d+)\)", text)
    if steps:
        first, second, last = map(int, steps.groups())
        return tuple(range(first, last + 1, second - first))
    return eval(compile(ast.parse(text, mode="eval"), text, "eval"), dict(NAMES))


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-6", 1e-6), ('"mean"', "mean"), ("(1, 3, ..., 7)", (1, 3, 5, 7))],
)
def test_what_is_promised_is_read(text, value):
    assert promised(text) == value


@pytest.mark.parametrize(("name", "thing"), [*documented()])
def test_defaults_are_as_documented(name, thing):
    given = inspect.signature(thing).parameters
    words = NumpyDocString(inspect.cleandoc(thing.__doc__ or ""))["Parameters"]
    for names, text, _ in words:
        default = re.search(r"default=(.+)$", text)
        for parameter in names.split(", "):
            if parameter not in given:
                continue
            if default is not None:
                value = given[parameter].default
                assert promised(default.group(1).strip()) == value, parameter
