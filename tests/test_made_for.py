# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Settings are compared with what they were, and refused in words."""

import copy
import pickle
from datetime import date
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import shapely
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge

from sklearn_geo._made_for import Digest, check_made_for, made_for

_MANY = np.arange(5_000.0)
_FITTED = Ridge().fit([[0.0], [1.0]], [0.0, 1.0])


_TABLE = pd.DataFrame({"name": ["a", "b"], "area": [1.0, np.nan]})
# The same columns in memory of their own, as pandas reads or adds them.
_APART = pd.DataFrame(index=_TABLE.index)
for _name in _TABLE:
    _APART[_name] = _TABLE[_name].to_numpy(copy=True)
_GRID = np.arange(6_000.0).reshape(60, 100)
_WORN = sparse.csr_array(([2.0, 1.0, 0.0], [2, 0, 1], [0, 3, 3]), shape=(2, 3))


class Maker:
    """Makes networks, and has columns like a table."""

    columns = ("a",)

    def make(self):
        return self


_MAKER = Maker()


class Columns(BaseEstimator):
    """An estimator whose parameter has the name of what tables have."""

    def __init__(self, columns):
        self.columns = columns


_WORDS = {f"word {n}": np.ones(3) for n in range(1_001)}


def _one():
    return 1


def _two():
    return 2


@pytest.mark.parametrize(
    ("value", "same"),
    [
        ((8, 4), [8, 4]),
        ((8, 4), np.array([8, 4])),
        (0.5, np.float64(0.5)),
        ("relu", "relu"),
        (None, None),
        ({"utm": 16}, {"utm": np.int64(16)}),
        (_MANY, _MANY.copy()),
        (_WORDS, _WORDS),
        (sparse.csr_array(np.eye(3)), sparse.csr_array(np.eye(3))),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 2]})),
        (Ridge(2.0), Ridge(2.0, random_state=3)),
        ([Ridge(2.0)], (Ridge(2.0),)),
        (_one, _one),
        (Digest("7 cells", "a"), Digest("of 7 cells", "a")),
        (partial(_one, 3), partial(_one, 3)),
        ((8, 4), pd.Series([8, 4], index=["x", "y"])),
        ((0, 1), range(2)),
        (("a", "b"), pd.Index(["a", "b"])),
        (["a", "b"], pl.Series(["a", "b"])),
        ({"b", "a"}, frozenset("ab")),
        ("a/b.json", Path("a/b.json")),
        (np.nan, float("nan")),
        ([1.0, np.nan], np.array([1.0, np.nan])),
        (SimpleImputer(), SimpleImputer(missing_values=float("nan"))),
        (Fraction(1, 3), Fraction(1, 3)),
        (date(2014, 5, 1), date(2014, 5, 1)),
        (shapely.Point(1, 2), shapely.Point(1, 2)),
        (_MAKER, _MAKER),
        (_MAKER.make, _MAKER.make),
        (Columns(["a"]), Columns(("a",))),
        (FrozenEstimator(_FITTED), FrozenEstimator(_FITTED)),
        (_GRID, np.asfortranarray(_GRID)),
        (_GRID, np.repeat(_GRID, 2, axis=1)[:, ::2]),
        (np.array(["a", None] * 800, dtype=object), ["a", None] * 800),
        (_TABLE, _APART),
        (_TABLE, _TABLE.iloc[:]),
        (pl.DataFrame({"a": [1, 2]}), pl.DataFrame({"a": [1, 2]})),
        (_WORN, sparse.csc_array([[1.0, 0.0, 2.0], [0.0, 0.0, 0.0]])),
        (_WORN, sparse.coo_array([[1.0, 0.0, 2.0], [0.0, 0.0, 0.0]])),
        (slice(0, 3), slice(np.int64(0), 3)),
        ({"a": slice(2), "b": slice(2, None)}, {"a": slice(2), "b": slice(2, None)}),
        (pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-01")),
        ([pd.NaT, pd.Timestamp("2020-01-01")], [pd.NaT, pd.Timestamp("2020-01-01")]),
        (_GRID, _GRID.astype(">f8")),
        (_MANY.astype(">i4"), _MANY.astype("<i4")),
    ],
)
def test_the_same(value, same):
    check_made_for(made_for({"it": value}), {"it": same}, "Fit anew.")
    assert made_for({"it": value}) == made_for({"it": same})


@pytest.mark.parametrize(
    ("value", "other"),
    [
        ((8, 4), (4, 8)),
        ((8,), ()),
        ("relu", "tanh"),
        (None, 0.5),
        ({"utm": 16}, {"utm": 16, "text": 8}),
        (_MANY, _MANY[::-1].copy()),
        (_MANY, None),
        (sparse.csr_array(np.eye(3)), sparse.csr_array(2 * np.eye(3))),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 3]})),
        (Ridge(2.0), Ridge(3.0)),
        (Ridge(2.0), [Ridge(2.0)]),
        (_one, _two),
        (Digest("7 cells", "a"), Digest("7 cells", "b")),
        (partial(_one, 3), partial(_one, 4)),
        (FrozenEstimator(Ridge()), FrozenEstimator(Ridge())),
        (_WORDS, dict(_WORDS)),
        ((8, 4), pd.Series([8, 5])),
        ({"a"}, {"a", "b"}),
        (np.nan, "nan"),
        (np.nan, 0.0),
        (Fraction(1, 3), Fraction(1, 4)),
        (Maker().make, Maker().make),
        (shapely.Point(1, 2), shapely.Point(1, 3)),
        (_GRID, _GRID.T),
        (_TABLE, _TABLE.assign(more=1)),
        (_TABLE, _TABLE.rename(columns={"name": "title"})),
        (_TABLE, pl.from_pandas(_TABLE)),
        (pl.DataFrame({"a": [1, 2]}), pl.DataFrame({"a": [1, 3]})),
        (_WORN, sparse.csr_array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]])),
        (Columns(["a"]), Columns(["b"])),
        (slice(0, 3), slice(0, 4)),
        (slice(0, 3), (0, 3, None)),
        (pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-02")),
        (_GRID, (2 * _GRID).astype(">f8")),
    ],
)
def test_others(value, other):
    with pytest.raises(ValueError, match=r"^it is .* before\. Fit anew\.$"):
        check_made_for(made_for({"it": value}), {"it": other}, "Fit anew.")


def test_the_error_says_both():
    before = made_for({"hidden": [9], "dropout": 0.0})
    with pytest.raises(
        ValueError, match=r"^dropout is 0\.5, and was 0\.0 before\. Set it back\.$"
    ):
        check_made_for(before, {"hidden": (9,), "dropout": 0.5}, "Set it back.")


def test_the_error_shows_slices():
    before = made_for({"contexts": {"tag": slice(0, 2)}})
    with pytest.raises(ValueError, match="Fit anew") as error:
        check_made_for(before, {"contexts": {"tag": slice(0, 3)}}, "Fit anew.")
    now, was = "{'tag': slice(0, 3, None)}", "{'tag': slice(0, 2, None)}"
    assert str(error.value) == f"contexts is {now}, and was {was} before. Fit anew."


def test_the_error_stays_short():
    before = made_for({"names": ["a" * 50] * 50})
    with pytest.raises(ValueError, match="names is") as error:
        check_made_for(before, {"names": ["a" * 50] * 51}, "Fit anew.")
    assert len(str(error.value)) < 250


def test_what_is_changed_in_place_is_seen():
    hidden, model = [8], Ridge(1.0)
    before = made_for({"hidden": hidden, "model": model})
    hidden.append(8)
    with pytest.raises(ValueError, match="hidden"):
        check_made_for(before, {"hidden": hidden}, "Fit anew.")
    model.set_params(alpha=2.0)
    with pytest.raises(ValueError, match=r"model is Ridge\(alpha=2\.0\), and was"):
        check_made_for(before, {"model": model}, "Fit anew.")


def test_what_is_not_known_is_not_refused():
    check_made_for(None, {"hidden": (8,)}, "Fit anew.")
    check_made_for({}, {"hidden": (8,)}, "Fit anew.")


@pytest.mark.parametrize(
    "again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_a_copy_of_both_is_the_same(again):
    settings = {"hidden": (8,), "cells": FrozenEstimator(Ridge()), "make": _one}
    settings |= {"fill": SimpleImputer(), "table": _TABLE, "own": Maker().make}
    settings, before = again((settings, made_for(settings)))
    check_made_for(before, settings, "Fit anew.")


def test_what_was_looked_at_is_the_same():
    # SciPy keeps with a matrix what it has found out about it.
    value = sparse.csr_array(np.eye(3))
    before = made_for({"it": value})
    assert value.has_sorted_indices
    assert value.has_canonical_format
    check_made_for(before, {"it": value}, "Fit anew.")


def test_a_table_that_is_changed_in_place_is_seen():
    table = _TABLE.copy()
    before = made_for({"it": table})
    table.loc[0, "area"] = 2.0
    with pytest.raises(
        ValueError, match=r"it is name area .* a table of shape \(2, 2\)"
    ):
        check_made_for(before, {"it": table}, "Fit anew.")
