# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What was learnt belongs to one estimator: no array and no copy changes it later."""

import copy
import pickle

import numpy as np
import pytest

from tests.reliability.subjects import SUBJECTS, answers

# Its features are kept as they are, as its docstring says.
_KEEPS_ROWS = {"NeighborGeolocator"}


def _lesson(subject, n_rows=40, seed=0):
    rng = np.random.default_rng(seed)
    X = subject.rows(rng, n_rows)
    return X, subject.targets(rng, X)


def _assert_same(found, expected):
    for name, answer in expected.items():
        np.testing.assert_array_equal(found[name], answer, err_msg=name)


def _turn(values):
    """Write over an array: its rows from the last to the first."""
    if isinstance(values, np.ndarray):
        values[...] = values[::-1].copy()


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_arrays_are_written_to_after_fit(subject):
    (X, targets), (asked, _) = _lesson(subject), _lesson(subject)
    model = subject.make().fit(X, **targets)
    expected = answers(subject, model, asked)
    if subject.name not in _KEEPS_ROWS:
        _turn(X)
    for values in targets.values():
        _turn(values)
    _assert_same(answers(subject, model, asked), expected)


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_a_copy_learns_something_else(subject):
    X, targets = _lesson(subject)
    model = subject.make().fit(X, **targets)
    expected = answers(subject, model, X)
    other_X, other_targets = _lesson(subject, n_rows=33, seed=1)
    other = copy.copy(model).fit(other_X, **other_targets)
    _assert_same(answers(subject, model, X), expected)
    fresh = subject.make().fit(other_X, **other_targets)
    _assert_same(answers(subject, other, other_X), answers(subject, fresh, other_X))


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_a_class_of_ones_own(subject, monkeypatch):
    X, targets = _lesson(subject)
    model = subject.make().fit(X, **targets)
    expected = answers(subject, model, X)
    own = type("Own", (type(model),), {"__module__": __name__, "__qualname__": "Own"})
    monkeypatch.setitem(globals(), "Own", own)
    derived = own(**subject.make().get_params(deep=False)).fit(X, **targets)
    _assert_same(answers(subject, derived, X), expected)
    read = pickle.loads(pickle.dumps(derived))
    assert type(read) is own
    _assert_same(answers(subject, read, X), expected)
