# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Command line: `python -m benchmarks [job ...] [--quick] [--json FILE]`."""

import argparse
import importlib
import json
import os
import pkgutil
import platform
import sys
from pathlib import Path

import numpy
import scipy
import sklearn

import benchmarks
from benchmarks._harness import report, run_job
from benchmarks._inputs import PLACES_VARIABLE


def job_names():
    """Return what there is to measure: the modules of this folder, by name."""
    modules = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return sorted(name for name in modules if not name.startswith("_"))


def find_job(name):
    """Import a job. What it compares with has to be installed for this one only."""
    job = importlib.import_module(f"benchmarks.{name}").JOB
    assert job.name == name, f"{name}.py holds job {job.name}"
    return job


def machine():
    return {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }


def main(arguments=None):
    names = job_names()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("job", nargs="*", help=f"default all: {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="smaller, fewer repeats")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write JSON")
    parser.add_argument(
        "--places",
        type=Path,
        metavar="FILE",
        help="CSV of real places (latitude, longitude first); else synthetic ones",
    )
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.job) - set(names))
    if unknown:
        parser.error(f"no job {', '.join(unknown)}; there are {', '.join(names)}")
    if options.places:
        os.environ[PLACES_VARIABLE] = str(options.places.resolve(strict=True))

    def progress(text):
        if sys.stderr.isatty():
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)

    about = machine()
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    outcomes = []
    for name in options.job or names:
        outcome = run_job(find_job(name), quick=options.quick, progress=progress)
        outcomes.append(outcome)
        print("\n" + report(outcome), flush=True)
    if options.json:
        content = {"machine": about, "jobs": [o.as_dict() for o in outcomes]}
        options.json.write_text(json.dumps(content, indent=2) + "\n")
    missed = [f"{o.job.name}: {goal.name}" for o in outcomes for goal in o.missed()]
    if missed:
        print("\nGoals missed: " + "; ".join(missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
