# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Mutation testing: plant one small fault at a time, and see whether a test fails.

    python -m tests.reliability.mutants geometry
    python -m tests.reliability.mutants geometry/_sphere partition --sample 200 --seed 0
    python -m tests.reliability.mutants geometry --again    # those that survived
    python -m tests.reliability.mutants metrics --since v1.0    # in lines changed since

The tests of a room are collected once. A mutant then is a forked process in which one
function has other code; it runs the tests that call the function until one fails.
Constants, tables and default values, which are made while modules are
imported, need a process that imports the changed module from the start.

Nothing is written but ``build/mutants``: which tests call which functions, and a line a
mutant. A run that was stopped goes on where it was. Mutants are tried in an order drawn
with `--seed`, so that what is done when a run is stopped is a fair sample.
"""

import argparse
import ast
import collections
import importlib
import json
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

from tests.reliability.mutant_operators import find_mutants
from tests.reliability.mutant_reach import Reach, collect, record
from tests.reliability.mutant_trials import (
    KILLED,
    PACKAGE,
    SURVIVED,
    TIMEOUT,
    UNPLANTED,
    UNREACHED,
    Swapped,
    check_control,
    fork,
    run_pytest,
    try_whole,
)

ROOT = Path(__file__).resolve().parents[2]

# Imported once, before any process is forked.
HEAVY = """
hypothesis.extra.numpy numpy pandas pyproj s2sphere scipy.optimize scipy.sparse
scipy.spatial scipy.stats sklearn.cluster sklearn.model_selection sklearn.neighbors
sklearn.pipeline sklearn.utils.estimator_checks utm
"""


class Module:
    """A module of the package with its mutants."""

    def __init__(self, path):
        self.path = path
        self.name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        self.tree = ast.parse(path.read_text("utf-8"))
        self.mutants = find_mutants(self.tree)
        # A mutant is named by what it changes, and keeps its name if lines move.
        self.names, twins = {}, collections.Counter()
        for mutant in self.mutants:
            place = f"{self.name}:{(mutant.function or ('',))[0]}:{mutant}"
            twins[place] += 1
            self.names[id(mutant)] = f"{place} #{twins[place]}"

    def code(self, mutant):
        """Compile the module with a mutant in it, or with None."""
        if mutant is None:
            return compile(self.tree, self.path, "exec")
        mutant.plant()
        try:
            return compile(ast.fix_missing_locations(self.tree), self.path, "exec")
        finally:
            mutant.pull_out()


def read_results(path):
    """Return what became of mutants, by name; the last line of each counts."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {line["mutant"]: line for line in map(json.loads, lines)}


def changed_lines(path, revision):
    """Return which lines of a file a revision of git does not have."""
    command = ["git", "diff", "--no-ext-diff", "--no-color", "--unified=0"]
    command += [revision, "--", path]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = set()
    for first, count in re.findall(
        r"^@@ \S+ \+(\d+)(?:,(\d+))? @@", text, re.MULTILINE
    ):
        lines.update(range(int(first), int(first) + int(count or 1)))
    return lines


def span(mutant):
    """Return the lines that hold what a mutant changes."""
    nodes = [node for node in ast.walk(mutant.node) if hasattr(node, "lineno")]
    first, last = mutant.lines
    if nodes:
        first = min(node.lineno for node in nodes)
        last = max(node.end_lineno for node in nodes)
    return range(first, last + 1)


def choose(modules, results, arguments):
    """List the (module, mutant) that are to be tried."""
    chosen = [(module, mutant) for module in modules for mutant in module.mutants]
    random.Random(arguments.seed).shuffle(chosen)
    wanted, lines = [], None
    if arguments.since:
        lines = {
            module: changed_lines(module.path, arguments.since) for module in modules
        }
    for module, mutant in chosen[: arguments.sample]:
        known = results.get(module.names[id(mutant)], {}).get("status")
        left = known in (SURVIVED, UNREACHED) if arguments.again else known is None
        if left and (lines is None or not lines[module].isdisjoint(span(mutant))):
            wanted.append((module, mutant))
    return wanted


def run_room(room, modules, arguments):
    """Try the mutants of a room, and print what became of them."""
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    path, calls = out / f"{room}.jsonl", out / f"{room}.calls.json"
    folders = [f"tests/{room}"]
    if arguments.record or not calls.exists():
        record(folders, modules, calls)
    reach = Reach(calls, collect(folders))

    def report(module, mutant, status, test, seconds):
        line = {
            "mutant": module.names[id(mutant)],
            "line": mutant.lines[0],
            "status": status,
            "test": test,
            "seconds": round(seconds, 2),
        }
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def swapped(jobs):
        run_pytest(folders, Swapped(jobs, reach, report, arguments.budget))

    def whole(jobs):
        controlled = set()
        for module, mutant in jobs:
            began, tests = time.monotonic(), reach.tests(module, mutant)
            tests = reach.afford(tests, arguments.budget)
            result = (UNREACHED, "")
            if tests:
                if module not in controlled:
                    controlled.add(module)
                    check_control(try_whole(module, None, tests[:50], reach))
                result = try_whole(module, mutant, tests, reach)
            report(module, mutant, *result, time.monotonic() - began)

    wanted = choose(modules, read_results(path), arguments)
    _in_processes(swapped, [job for job in wanted if job[1].function], arguments.jobs)
    results, left = read_results(path), []
    for module, mutant in wanted:
        status = results.get(module.names[id(mutant)], {}).get("status", UNPLANTED)
        if status == UNPLANTED or (
            status == SURVIVED and reach.runs_at_import(module, mutant)
        ):
            left.append((module, mutant))
    _in_processes(whole, left, arguments.jobs)
    show(modules, read_results(path))


def _in_processes(function, jobs, n_processes):
    shares = [jobs[k::n_processes] for k in range(n_processes)]
    pids = [
        fork(lambda share=share: function(share), quiet=False)
        for share in shares
        if share
    ]
    ends = [os.waitpid(pid, 0)[1] for pid in pids]
    if any(ends):
        sys.exit("A process broke off; what it has not tried is not counted.")


def show(modules, results):
    """Print the mutants that survived, and counts a module."""
    table = []
    for module in modules:
        known = [results.get(module.names[id(mutant)]) for mutant in module.mutants]
        for mutant, result in zip(module.mutants, known, strict=True):
            if result and result["status"] in (SURVIVED, UNREACHED):
                where = f"{module.path.relative_to(ROOT)}:{mutant.lines[0]}"
                print(f"{where}: {result['status']}: {mutant}")
        statuses = collections.Counter(result["status"] for result in known if result)
        gone = statuses[KILLED] + statuses[TIMEOUT]
        table.append((module.name, len(known), statuses.total(), gone))
    table.append(("all", *map(sum, zip(*[row[1:] for row in table], strict=True))))
    print(f"{'module':40} {'mutants':>8} {'tried':>8} {'killed':>8} {'survived':>8}")
    for name, n_all, n_tried, n_gone in table:
        print(f"{name:40} {n_all:8} {n_tried:8} {n_gone:8} {n_tried - n_gone:8}")


def _load_profile():
    """Let property tests be few, the same every time, and quick to fail."""
    from hypothesis import HealthCheck, Phase, settings

    settings.register_profile(
        "mutants",
        deadline=None,
        database=None,
        derandomize=True,
        max_examples=20,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def main():
    """Read the command line and try mutants."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.mutants")
    parser.add_argument("what", nargs="+", help="rooms or modules: geometry/_sphere")
    parser.add_argument("--sample", type=int, help="so many mutants of each room")
    parser.add_argument("--seed", type=int, default=0, help="of the order")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--budget", type=float, default=60.0, help="seconds a mutant")
    parser.add_argument("--since", metavar="REVISION", help="in lines changed since")
    parser.add_argument("--again", action="store_true", help="try who survived again")
    parser.add_argument(
        "--record", action="store_true", help="note anew who calls what"
    )
    parser.add_argument("--out", default=ROOT / "build" / "mutants", help="folder")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    os.environ["OMP_NUM_THREADS"] = "1"
    for name in HEAVY.split():
        importlib.import_module(name)
    _load_profile()
    if PACKAGE in sys.modules:
        sys.exit(f"{PACKAGE} is imported too early to be changed.")
    rooms = collections.defaultdict(list)
    for what in arguments.what:
        room, _, name = what.partition("/")
        for path in sorted((ROOT / PACKAGE / room).glob(f"{name or '*'}.py")):
            rooms[room].append(Module(path))
    for room, modules in rooms.items():
        run_room(room, [module for module in modules if module.mutants], arguments)


if __name__ == "__main__":
    main()
