# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Memory beside the output does not grow, and what the docs say keeps its bounds."""

import json
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from benchmarks import _limits
from benchmarks.__main__ import find_job, job_names
from sklearn_geo.encoding import (
    GridOneHotEncoder,
    S2OneHotEncoder,
    SinusoidalEncoder,
    SphericalHarmonicsEncoder,
    UnitVectorEncoder,
    UTMOneHotEncoder,
)
from sklearn_geo.partition import (
    CellHierarchy,
    KMeansPartition,
    S2Partition,
    TrianglePartition,
)

# Whatever a block takes, and at most a number a place.
MIB, A_PLACE = 2**20, 8


@pytest.fixture(scope="module")
def places():
    rng = np.random.default_rng(0)
    n = 2**19
    return np.column_stack([rng.uniform(-90, 90, n), rng.uniform(-180, 180, n)])


@pytest.mark.parametrize(
    "estimator",
    [
        GridOneHotEncoder(1000),
        S2OneHotEncoder(3),
        SinusoidalEncoder(2, dtype=np.float32),
        SphericalHarmonicsEncoder(1),
        UTMOneHotEncoder(),
        UnitVectorEncoder(),
        CellHierarchy([S2Partition(2000), S2Partition(1000)]),
        KMeansPartition(5, n_init=1, max_iter=2, random_state=0),
        S2Partition(),
        TrianglePartition(min_per_cell=1),
        TrianglePartition(min_per_cell=1, refine="delaunay"),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_what_grows_with_the_places_is_the_output(estimator, places):
    estimator.fit(places[::64])
    few = estimator.transform(places[-10:])  # loads what is loaded once
    tracemalloc.start()
    out = estimator.transform(places)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    parts = (out.data, out.indices, out.indptr) if sparse.issparse(out) else (out,)
    beside = peak - sum(part.nbytes for part in parts)
    assert beside < 4 * MIB + A_PLACE * len(places)
    # Rows at the end of many are what they are alone.
    last, few = (
        rows.toarray() if sparse.issparse(rows) else rows for rows in (out[-10:], few)
    )
    assert_array_equal(last, few)


JOBS = [name for name in job_names() if name.startswith("limits_")]


@pytest.fixture(scope="module")
def table():
    return {(row["Job"], row["What"]): row for row in _limits.read_table()}


def test_who_was_measured_has_all_rows_in_the_docs(table):
    assert set(table) == {(job, what) for job in JOBS for what in find_job(job).runners}


def test_the_docs_keep_the_bounds_of_the_jobs(table):
    for (name, what), row in table.items():
        bounds = {goal.name: f"{goal.at_most:g}" for goal in find_job(name).goals}
        time, memory, beside = (goal.name for goal in _limits.goals(what, 0.0))
        assert row["Time at most"] == bounds[time]
        assert row["Memory at most"] == bounds[memory]
        assert row["Allowance MiB"] == bounds[beside]
        assert float(row["Time"]) <= float(row["Time at most"]), what
        assert float(row["Memory"]) <= float(row["Memory at most"]), what
        assert float(row["Beside output MiB"]) <= float(row["Allowance MiB"]), what


def test_peaks_are_those_of_the_call():
    def call():
        lost = np.ones(2**23)  # 64 MiB that are not given
        return lost[: 2**20].copy()  # and 8 MiB that are

    result, numbers = _limits.measured(call)
    assert len(result) == 2**20
    assert numbers["output MiB"] == 8.0
    assert 71.0 < numbers["own peak MiB"] < 75.0
    assert 63.0 < numbers["beside output MiB"] < 67.0


def test_sizes_of_results():
    dense, csr = np.zeros(2**17), sparse.csr_array(np.eye(2))
    assert _limits.mib(dense) == 1.0
    assert _limits.mib([dense, dense]) == 2.0
    # Two numbers of 8 bytes, two columns and three starts of rows of 4.
    assert _limits.mib(csr) * 2**20 == 2 * 8 + 2 * 4 + 3 * 4
    assert _limits.mib({"no": "array"}) == 0.0


def test_results_become_rows_of_the_table(tmp_path, monkeypatch):
    def ratio(value, goal):
        return {"value": value, "goal": f"<= {goal}", "met": True, "at": 1000}

    job = {
        "job": "limits_x",
        "seconds": {"10": {"a": 1.0}, "1000": {"a": 123.456}},
        "numbers": {"1000": {"a": {"own peak MiB": 56.7}}},
        "ratios": {
            "growth of seconds, a": ratio(1.046, "1.2"),
            "growth of own peak MiB, a": ratio(0.5, "1.1"),
            "beside output MiB, a": ratio(34.5, "96"),
        },
    }
    (tmp_path / "found.json").write_text(json.dumps({"jobs": [job]}))
    monkeypatch.setattr(_limits, "TABLE", tmp_path / "limits.csv")
    for _ in range(2):  # what is measured again replaces what was there
        _limits.main([tmp_path / "found.json"])
    header, row = (tmp_path / "limits.csv").read_text().splitlines()
    assert header == ",".join(_limits.COLUMNS)
    assert row == "limits_x,a,1000,123,1.05,1.2,57,0.50,1.1,34,96"
