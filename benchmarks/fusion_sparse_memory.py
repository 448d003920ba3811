# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A fit with a wide one-hot block, which is never made dense."""

import time

import numpy as np
from scipy import sparse

from benchmarks._child import in_child
from benchmarks._harness import Growth, Job, Number
from sklearn_geo.fusion import AttentionFusionClassifier

N_ACTIVITY = 34
# Cells of a fine grid, of which a row is in one.
N_CELLS = 50_000


def work(n):
    rng = np.random.default_rng(0)
    cells = rng.integers(N_CELLS, size=n)
    ones = np.ones(n, dtype=np.float32)
    place = sparse.csr_array(
        (ones, cells, np.arange(n + 1)), shape=(n, N_CELLS), dtype=np.float32
    )
    activity = rng.standard_normal((n, N_ACTIVITY), dtype=np.float32)
    X = sparse.hstack([place, sparse.csr_array(activity)], format="csr")
    y = activity[:, 0] > 0
    blocks = {"utm": slice(0, N_CELLS), "app": slice(N_CELLS, N_CELLS + N_ACTIVITY)}
    start = time.perf_counter()
    model = AttentionFusionClassifier(
        blocks, max_iter=3, batch_size=500, device="cpu", random_state=0
    ).fit(X, y)
    answers = model.predict(X)
    return {
        "seconds": time.perf_counter() - start,
        "rows": len(answers),
        "rows right": int((answers == y).sum()),
        "dense MiB": 4 * n * N_CELLS / 2**20,
    }


def check(n, results):
    found = results["ours"]
    assert found["rows"] == n
    # A few hundred rows are a few steps, in which not much is learnt.
    assert found["rows right"] > (0.9 if n >= 10_000 else 0.5) * n


JOB = Job(
    name="fusion_sparse_memory",
    question=f"fit and prediction with a one-hot block of {N_CELLS:,} columns, in a "
    "process of its own",
    make=lambda n: n,
    runners={"ours": lambda n: in_child("benchmarks.fusion_sparse_memory", "work", n)},
    check=check,
    goals=(
        Number("ours", "peak MiB", at_most=1024.0),
        Growth("ours", "peak MiB", at_most=0.5),
    ),
    sizes=(100_000, 400_000),
    quick_sizes=(20_000,),
    repeats=1,
    notes="The peak counts the interpreter, the libraries and X. Dense, the block "
    "alone would have 19 GB of float32 in 100,000 rows.",
)
