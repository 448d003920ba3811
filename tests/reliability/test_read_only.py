# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows and targets that may not be written to, as joblib hands them to its workers."""

import numpy as np
import pytest
from scipy import sparse

from tests.reliability.subjects import SUBJECTS, answers


def _locked(values, dtype):
    """Return the same, read-only; a sparse table in a form that needs no copy."""
    if sparse.issparse(values):
        table = sparse.csr_array(values).astype(dtype)
        table.sum_duplicates()
        parts = (_locked(part, dtype) for part in _parts(table))
        table = sparse.csr_array(tuple(parts), shape=table.shape)
        table.has_canonical_format = True
        return table
    if isinstance(values, np.ndarray):
        values = values.copy()
        values.flags.writeable = False
    return values


def _parts(table):
    return table.data, table.indices, table.indptr


def _in_few_bytes(targets):
    """Return targets with indicators of tags as sparse arrays."""
    return {
        name: sparse.csr_array(values)
        if isinstance(values, np.ndarray) and values.ndim == 2 and values.shape[1] > 2
        else values
        for name, values in targets.items()
    }


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_what_is_read_only_teaches_the_same(subject, dtype):
    rng = np.random.default_rng(0)
    X = subject.rows(rng, 40)
    targets = _in_few_bytes(subject.targets(rng, X))
    expected = answers(subject, subject.make().fit(X, **targets), X)
    targets = {name: _locked(values, dtype) for name, values in targets.items()}
    X = _locked(X, dtype)
    found = answers(subject, subject.make().fit(X, **targets), X)
    for name, answer in expected.items():
        np.testing.assert_array_equal(found[name], answer, err_msg=name)


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_what_was_learnt_of_tags_stays(subject):
    # Views that are read-only, of memory that others write to later.
    rng = np.random.default_rng(0)
    X = subject.rows(rng, 40)
    targets = _in_few_bytes(subject.targets(rng, X))
    below = {}
    for name, values in targets.items():
        if sparse.issparse(values):
            table = _locked(values, np.float32)
            below[name] = [part.copy() for part in _parts(table)]
            views = [part.view() for part in below[name]]
            for view in views:
                view.flags.writeable = False
            targets[name] = sparse.csr_array(tuple(views), shape=table.shape)
            targets[name].has_canonical_format = True
    if not below:
        pytest.skip("its targets are no tags")
    model = subject.make().fit(X, **targets)
    expected = answers(subject, model, X)
    for parts in below.values():
        for part in parts:
            part[:] = 0
    found = answers(subject, model, X)
    for name, answer in expected.items():
        np.testing.assert_array_equal(found[name], answer, err_msg=name)
