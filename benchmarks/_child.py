# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Work done in a process of its own, so that its peak memory is its own too."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks._harness import Measured

_CODE = """
import importlib, json, resource, sys
numbers = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])(int(sys.argv[3]))
# Kilobytes, but bytes on macOS.
unit = 2**20 if sys.platform == "darwin" else 2**10
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
print(json.dumps({**numbers, "peak MiB": peak}))
"""


def in_child(module, function, n):
    """Call `module.function(n)` in a fresh interpreter.

    The function returns a dict of numbers, among them "seconds" and whatever of its
    result is to be compared.

    Returns
    -------
    Measured
        Its result is the whole dict, and "peak MiB" the most memory that the process
        ever held.
    """
    out = subprocess.run(
        [sys.executable, "-c", _CODE, module, function, str(n)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
    )
    numbers = json.loads(out.stdout.splitlines()[-1])
    seconds = numbers.pop("seconds")
    return Measured(numbers, seconds, numbers)
