# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Seconds of `import sklearn_geo` against those of `import sklearn`."""

import subprocess
import sys

from benchmarks._harness import Goal, Job, Measured

CODE = (
    "import time; start = time.perf_counter(); {statement}; "
    "print(time.perf_counter() - start)"
)


def fresh(statement):
    def run(_):
        out = subprocess.run(
            [sys.executable, "-c", CODE.format(statement=statement)],
            capture_output=True,
            text=True,
            check=True,
        )
        seconds = float(out.stdout)
        return Measured(seconds, seconds)

    return run


def check(_, results):
    assert all(seconds > 0 for seconds in results.values())


JOB = Job(
    name="import_time",
    question="importing in a fresh interpreter",
    make=lambda n: None,
    runners={
        "sklearn_geo": fresh("import sklearn_geo"),
        "sklearn": fresh("import sklearn"),
        "our encoder": fresh("from sklearn_geo import UTMOneHotEncoder"),
        "its encoder": fresh("from sklearn.preprocessing import OneHotEncoder"),
    },
    check=check,
    goals=(
        Goal("sklearn_geo", "sklearn", at_most=1.3),
        Goal("our encoder", "its encoder", at_most=1.3),
    ),
    unit="imports",
    sizes=(1,),
    quick_sizes=(1,),
    notes="The second goal is our own: laziness must not move the cost to first use.",
)
