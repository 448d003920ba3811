# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Values that stand for nothing, and whatever else lies in a column of objects."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from sklearn_geo._missing import is_blank, is_missing

NOTHING = [
    None,
    float("nan"),
    np.float32("nan"),
    complex("nan"),
    Decimal("NaN"),
    Decimal("sNaN"),
    np.datetime64("NaT", "s"),
    np.timedelta64("NaT", "s"),
    pd.NaT,
    pd.NA,
]


class Proud:
    def __ne__(self, other):
        raise RuntimeError("who asks?")

    __eq__ = __ne__
    __hash__ = None


SOMETHING = [
    0,
    0.0,
    False,
    np.int64(0),
    Decimal(0),
    np.datetime64("2020-01-01"),
    "nan",
    " ",
    b"",
    [],
    [None],
    (float("nan"),),
    {},
    np.array([]),
    np.array([np.nan, np.nan]),
    np.void(b"x"),
    pd.Series([np.nan]),
    Proud(),
]


@pytest.mark.parametrize("value", NOTHING, ids=lambda v: f"{type(v).__name__} {v}")
def test_nothing(value):
    assert is_missing(value) is True
    assert is_blank(value) is True


@pytest.mark.parametrize("value", SOMETHING, ids=lambda v: type(v).__name__)
def test_something(value):
    assert is_missing(value) is False
    assert is_blank(value) is False


def test_empty_text_is_something_that_is_blank():
    assert is_missing("") is False
    assert is_blank("") is True
    assert is_blank(np.str_("")) is True
