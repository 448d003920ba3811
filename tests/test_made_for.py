# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Settings are compared with what they were, and refused in words."""

import copy
import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge

from sklearn_geo._made_for import Digest, check_made_for, made_for

_MANY = np.arange(5_000.0)


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
    settings, before = again((settings, made_for(settings)))
    check_made_for(before, settings, "Fit anew.")
