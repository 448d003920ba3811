# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows that are all one place, under one name or under many: a million at night.

Trees of neighbours, clusters, splits of cells and Delaunay meshes degenerate there. One
place has one answer, in memory that is a multiple of what goes in and comes out.
"""

import tracemalloc

import numpy as np
import pytest
import sklearn
from scipy import sparse

from tests.reliability import scale, subjects
from tests.reliability.attack import is_finite
from tests.reliability.subjects import SUBJECTS

N = scale(3_000, 1_000_000)
WORKING, MEGABYTES, TIMES = 32, 150, 60
# Who looks at every photo around each place: as many pairs as there are.
PAIRS = {"HashTagEncoder"}
# Who reads latitude and longitude as they are, so that a pole has many names.
MANY_POLES = {
    "GPS2VecPlusTransformer",
    "GridOneHotEncoder",
    "NumpyContextEncoder",
    "SinusoidalEncoder",
    "SoftGridEncoder",
    "Sphere2VecEncoder",
    "UTMOneHotEncoder",
}
OURS = [s for s in SUBJECTS if s.rows is subjects.places and s.methods]


def one_place(rng, n):
    return np.full((n, 2), [48.137, 11.575])


def one_cell(rng, n):
    return one_place(rng, n) + rng.uniform(0.0, 1e-7, (n, 2))


def one_pole(rng, n):
    return np.column_stack([np.full(n, 90.0), rng.uniform(-180.0, 180.0, n)])


def both_sides_of_the_seam(rng, n):
    return np.column_stack([np.full(n, -16.5), rng.choice([-180.0, 180.0], n)])


def _size(answer):
    if sparse.issparse(answer):
        return answer.data.nbytes + answer.nnz * 8
    if isinstance(answer, list | tuple):
        return sum(map(_size, answer))
    return np.asarray(answer).nbytes


def _row_range(answer, rows):
    """Return how much rows of an answer differ from the first."""
    if isinstance(answer, list | tuple):
        return max(_row_range(part, rows) for part in answer)
    part = answer[rows]
    part = part.toarray() if sparse.issparse(part) else np.asarray(part)
    if part.dtype.kind not in "fiub":
        return float((part != part[:1]).any())
    return float(np.abs(part.astype(float) - part[:1].astype(float)).max(initial=0))


@pytest.mark.parametrize(
    "kind", [one_place, one_cell, one_pole, both_sides_of_the_seam]
)
@pytest.mark.parametrize("subject", OURS, ids=str)
def test_one_place_has_one_answer(subject, kind):
    n, rng = min(N, 3_000) if subject.name in PAIRS else N, np.random.default_rng(0)
    X = kind(rng, n)
    targets = subject.targets(rng, X)
    given = X.nbytes + sum(map(_size, targets.values()))
    tracemalloc.start()
    try:
        with sklearn.config_context(working_memory=WORKING):
            said = _ask(subject, X, targets)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    if isinstance(said, ValueError):
        # Of one place no mesh can be made, say; so it says.
        assert len(str(said).split()) > 6
        return
    given += sum(map(_size, said.values()))
    assert peak <= MEGABYTES * 2**20 + TIMES * given, (
        f"{peak / 2**20:.0f} MB for {given / 2**20:.0f} MB"
    )
    rows = rng.choice(n, 500, replace=False)
    many = kind is one_cell or (kind is one_pole and subject.name in MANY_POLES)
    for name, answer in said.items():
        assert is_finite(answer), name
        assert many or _row_range(answer, rows) <= 1e-6, name


def _ask(subject, X, targets):
    try:
        model = subject.make().fit(X, **targets)
    except ValueError as error:
        return error
    return {name: getattr(model, name)(X) for name in subject.methods}
