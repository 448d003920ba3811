# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What rows an interval hands to a metric, and which metrics need not be called."""

import numpy as np
import pandas as pd
import pytest

from sklearn_geo.metrics import _intervals, bootstrap_interval
from sklearn_geo.metrics._intervals import _sums_without_each


def test_functions_of_one_table_are_given_that_table():
    table = pd.DataFrame({"hits": [1.0, 2.0, 3.0], "shown": [2.0, 2.0, 4.0]})

    def rate(rows):
        return rows["hits"].sum() / rows["shown"].sum()

    found = bootstrap_interval(rate, table, n_resamples=20, random_state=0)
    assert found.estimate == 0.75


def test_empty_masks_are_taken_off_and_others_are_refused():
    kinds = set()

    def middle(rows, *more):
        kinds.update({type(rows), *map(type, more)})
        return float(np.sum(rows))

    rows = np.ma.masked_array([1.0, 2.0, 3.0], mask=False)
    for given in ((rows,), (rows, rows)):
        bootstrap_interval(middle, *given, n_resamples=5, random_state=0)
    assert kinds == {np.ndarray}
    rows = np.ma.masked_array([1.0, 2.0, 3.0], mask=[False, True, False])
    plain = np.arange(3.0)
    with pytest.raises(ValueError, match=r"^y_true, row 1: the value is masked"):
        bootstrap_interval(middle, rows, plain)
    with pytest.raises(ValueError, match=r"^y_pred, row 1: the value is masked"):
        bootstrap_interval(middle, plain, rows)


@pytest.mark.parametrize("metric", [np.mean, np.nanmean])
def test_means_of_numpy_are_not_called_once_a_resample(metric, monkeypatch):
    def refuse(*args):
        raise AssertionError("it is called for every resample")

    monkeypatch.setattr(_intervals, "_Called", refuse)
    rows = np.arange(4.0)
    assert bootstrap_interval(metric, rows, n_resamples=5).estimate == 1.5


def test_what_outweighs_the_others_may_be_negative():
    sums = _sums_without_each(np.array([3.0, -1e20, 1.0, 2.0]))
    assert sums[1] == 6.0
    assert (sums[[0, 2, 3]] == -1e20).all()
