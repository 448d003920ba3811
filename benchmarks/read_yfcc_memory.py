# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Streaming the metadata of YFCC100M: memory that does not grow with the file."""

import time

from benchmarks._child import in_child
from benchmarks._harness import Growth, Job, Number
from benchmarks.read_yfcc import FIELDS, written
from sklearn_geo.datasets import iter_yfcc100m


def work(n):
    """Read n lines; say what that took, and whether every photo is accounted for."""
    path = written(n)
    start = time.perf_counter()
    chunks = iter_yfcc100m(path, kind="photos", fields=FIELDS, chunk_rows=10_000)
    n_photos = sum(len(photos.ids) for photos in chunks)
    return {
        "seconds": time.perf_counter() - start,
        "file MiB": path.stat().st_size / 2**20,
        "photos lost": n - len(range(0, n, 100)) - n_photos,
    }


def check(_, results):
    assert results["ours"]["photos lost"] == 0


JOB = Job(
    name="read_yfcc_memory",
    question="YFCC100M in chunks of 10,000 rows, in a process of its own",
    make=lambda n: n,
    runners={"ours": lambda n: in_child("benchmarks.read_yfcc_memory", "work", n)},
    check=check,
    goals=(
        Growth("ours", "peak MiB", at_most=0.05),
        Number("ours", "peak MiB", at_most=400.0),
    ),
    unit="lines",
    sizes=(50_000, 200_000, 500_000),
    quick_sizes=(20_000, 100_000),
    repeats=3,
    notes="The peak counts the interpreter and the libraries too.",
)
