# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Every public name is documented in whole, by numpydoc's own rules."""

import importlib
import inspect

import pytest
from numpydoc.validate import validate

import sklearn_geo

# What is asked of the docstring of every public class and function.
LEFT_OUT = {
    "ES01": "A line that says it all needs no second paragraph.",
    "RT02": "A value that is returned may have a name; readers know it by that.",
    "SS05": "It takes a noun in the plural for a verb: bearings, areas.",
}
# Of a method, the class has the examples and says what else to see.
LEFT_OUT_OF_METHODS = {
    **LEFT_OUT,
    "EX01": "The examples of the class call its methods.",
    "SA01": "The class says what else to see.",
}


def public_names():
    """Yield the names of classes, functions, and of what classes offer themselves."""
    for room in sklearn_geo._ROOMS:
        module = importlib.import_module(f"sklearn_geo.{room}")
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            if callable(thing):
                yield f"sklearn_geo.{room}.{name}", LEFT_OUT
            if inspect.isclass(thing):
                for method, value in vars(thing).items():
                    is_code = callable(value) or isinstance(
                        value, classmethod | staticmethod | property
                    )
                    if is_code and not method.startswith("_"):
                        yield (
                            f"sklearn_geo.{room}.{name}.{method}",
                            LEFT_OUT_OF_METHODS,
                        )


@pytest.mark.parametrize(("name", "left_out"), list(public_names()))
def test_documented_in_whole(name, left_out):
    errors = [
        f"{code}: {text}"
        for code, text in validate(name)["errors"]
        if code not in left_out
    ]
    assert not errors


def test_reasons_are_sentences():
    for reason in LEFT_OUT_OF_METHODS.values():
        assert reason.endswith(".")
        assert len(reason.split()) > 4
