# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What jobs on limits share: exact peaks, what is allowed, and the table of the docs.

    python -m benchmarks limits_transformers ... --json FILE
    python -m benchmarks._limits FILE ...

The second line takes the results into `docs/limits.csv`.
"""

import atexit
import csv
import ctypes
import gc
import json
import math
import sys
import tempfile
import time
from functools import cache, partial
from importlib import import_module
from pathlib import Path

import numpy as np
from scipy import sparse

from benchmarks._child import in_child
from benchmarks._harness import Growth, Job, Measured, Number
from benchmarks._inputs import photo_places
from benchmarks.context_memory import STATUS, own_mib

# What scikit-learn's setting of that name is while limits are measured.
WORKING_MIB = 64
# Beside the working memory: libraries that are loaded late, pages that the allocator
# keeps.
SLACK_MIB = 32
MOST_TIME = MOST_MEMORY = 1.2
# Peaks below this say more about the allocator than about us.
LEAST_MIB = 1.0
TABLE = Path(__file__).parent.parent / "docs" / "limits.csv"
_BLOCK = 250_000


def allowance(n, bytes_a_row=0, constant=0):
    """Return what may be taken beside the output, in MiB."""
    return math.ceil(WORKING_MIB + SLACK_MIB + constant + bytes_a_row * n / 2**20)


def measured(call):
    """Call; return the result, and what that took.

    Parameters
    ----------
    call : callable
        What is measured.

    Returns
    -------
    result : object
        Of the call.

    numbers : dict
        Seconds of the processor, the highest point of the process's memory above where
        it was before, and that less the result itself. Files that are mapped should
        have been read before: then their pages are no part of it.
    """
    gc.collect()
    _give_back()
    before = own_mib("VmRSS")
    _forget_peak()
    start = time.process_time()
    result = call()
    seconds = time.process_time() - start
    peak = own_mib("VmHWM") - before
    return result, {
        "seconds": seconds,
        "own peak MiB": max(peak, LEAST_MIB),
        "beside output MiB": max(peak - mib(result), 0.0),
        "output MiB": mib(result),
    }


def _give_back():
    """Hand freed memory back to the system, where the C library can do that."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _forget_peak():
    if STATUS.exists():
        STATUS.with_name("clear_refs").write_text("5")


def mib(result):
    """Return the size of a result in MiB; what is no array counts for nothing."""
    if isinstance(result, list | tuple):
        return sum(map(mib, result))
    if sparse.issparse(result):
        return mib([result.data, result.indices, result.indptr])
    return getattr(result, "nbytes", 0) / 2**20


def first_rows(result, n):
    """Return the first rows of a result as an array."""
    rows = result[:n]
    return rows.toarray() if sparse.issparse(rows) else np.asarray(rows)


@cache
def folder():
    """Return a folder for large files, which this process deletes when it ends."""
    kept = tempfile.TemporaryDirectory(prefix="limits-")
    atexit.register(kept.cleanup)
    return Path(kept.name)


@cache
def places_file(n):
    """Write n places to a file of float64, and return its name."""
    path = folder() / f"places-{n}"
    places = np.memmap(path, np.float64, "w+", shape=(n, 2))
    for start in range(0, n, _BLOCK):
        block = places[start : start + _BLOCK]
        block[:] = photo_places(len(block), random_state=start)
    places.flush()
    return str(path)


def mapped(path):
    """Map places that are only read, all pages in memory."""
    places = np.memmap(path, np.float64, "r").reshape(-1, 2)
    places.max(axis=0)
    return places


def runners(module, names, few):
    """Return a runner a name: it works in a process of its own, on one core.

    Inputs are (n, ...), which `work(name, n, ...)` of the module takes. With `few` or
    less only the code is tried, in this process.
    """
    return {name: partial(_run, f"benchmarks.{module}", name, few) for name in names}


def _run(module, name, few, inputs):
    if inputs[0] > few:
        return in_child(module, "work", name, *inputs, n_threads=1)
    numbers = import_module(module).work(name, *inputs)
    return Measured(numbers, numbers.pop("seconds"), numbers)


def goals(name, allowed, *, time=MOST_TIME, memory=MOST_MEMORY):
    """Return what is asked of a runner."""
    return (
        Growth(name, at_most=time),
        Growth(name, "own peak MiB", at_most=memory),
        Number(name, "beside output MiB", at_most=allowed),
    )


def limits_job(module, **settings):
    """Return a job of runners that are measured once, each in its own process."""
    return Job(
        name=module,
        repeats=0,
        unjudged="" if STATUS.exists() else "this system does not tell of own memory",
        **settings,
    )


# The table ----------------------------------------------------------------------------

COLUMNS = (
    "Job",
    "What",
    "n",
    "Seconds",
    "Time",
    "Time at most",
    "Peak MiB",
    "Memory",
    "Memory at most",
    "Beside output MiB",
    "Allowance MiB",
)


def rows_of(content):
    """Return the rows of the table for the results of some jobs, as dicts."""
    for job in content["jobs"]:
        n = max(job["seconds"], key=int)
        asked = job["ratios"]
        for name, seconds in job["seconds"][n].items():
            time, memory, beside = (asked[goal.name] for goal in goals(name, math.nan))
            yield {
                "Job": job["job"],
                "What": name,
                "n": n,
                "Seconds": f"{seconds:.3g}",
                "Time": f"{time['value']:.2f}",
                "Time at most": time["goal"].removeprefix("<= "),
                "Peak MiB": f"{job['numbers'][n][name]['own peak MiB']:.0f}",
                "Memory": f"{memory['value']:.2f}",
                "Memory at most": memory["goal"].removeprefix("<= "),
                "Beside output MiB": f"{beside['value']:.0f}",
                "Allowance MiB": beside["goal"].removeprefix("<= "),
            }


def read_table():
    """Return the rows of the table in the docs, as dicts of text."""
    if not TABLE.exists():
        return []
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main(paths):
    """Take results into the table: what was measured anew replaces what there was."""
    rows = {(row["Job"], row["What"]): row for row in read_table()}
    for path in paths:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        rows.update({(row["Job"], row["What"]): row for row in rows_of(content)})
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[key] for key in sorted(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
