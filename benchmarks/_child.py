# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Work done in a process of its own, so that its peak memory is its own too."""

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks._harness import Measured

_CODE = """
import importlib, json, resource, sys
work = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
numbers = work(*json.loads(sys.argv[3]))
# Kilobytes, but bytes on macOS.
unit = 2**20 if sys.platform == "darwin" else 2**10
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
print(json.dumps({**numbers, "peak MiB": peak}))
"""


def in_child(module, function, *arguments, n_threads=None):
    """Call `module.function(*arguments)` in a fresh interpreter.

    Arguments are numbers and text. The function returns a dict of numbers, among them
    "seconds" and whatever of its result is to be compared. With `n_threads` libraries
    of linear algebra use so many.

    Returns
    -------
    Measured
        Its result is the whole dict, and "peak MiB" the most memory that the process
        ever held.
    """
    several = {} if n_threads is None else {"OMP_NUM_THREADS": str(n_threads)}
    out = subprocess.run(
        [sys.executable, "-c", _CODE, module, function, json.dumps(arguments)],
        stdout=subprocess.PIPE,  # what goes wrong is seen
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
        env={**os.environ, **several},
    )
    numbers = json.loads(out.stdout.splitlines()[-1])
    seconds = numbers.pop("seconds")
    return Measured(numbers, seconds, numbers)
