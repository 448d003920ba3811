# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which tests call which functions, and so may see what is wrong with them."""

import collections
import json
import os
import sys
import tempfile
import threading
import time

import pytest

from tests.reliability.mutant_trials import fork, run_pytest


class _Recorder:
    """A pytest plugin that notes which functions each test calls, and its seconds."""

    def __init__(self, modules):
        self.files = {str(module.path) for module in modules}
        self.seen, self.at_import, self.tests = set(), [], {}

    def note(self, frame, event, arg):
        code = frame.f_code
        if event == "call" and code.co_filename in self.files:
            self.seen.add((code.co_filename, code.co_name))

    def pytest_collection_finish(self, session):
        self.at_import = sorted(self.seen)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item, nextitem):
        self.seen, started = set(), time.process_time()
        # Python lets go of who notes calls where that fails: at the limit of recursion.
        sys.setprofile(self.note)
        try:
            return (yield)
        finally:
            seconds = round(time.process_time() - started, 4)
            self.tests[item.nodeid] = seconds, sorted(self.seen)


def record(folders, modules, path):
    """Run all tests once, and write down what each calls."""

    def run():
        recorder = _Recorder(modules)
        threading.setprofile(recorder.note)
        sys.setprofile(recorder.note)
        code = run_pytest(folders, recorder)
        sys.setprofile(None)
        if code:
            print("Mutants can only be found by tests that pass.")
            return 1
        found = {"import": recorder.at_import, "tests": recorder.tests}
        path.write_text(json.dumps(found))
        return 0

    if os.waitpid(fork(run, quiet=False), 0)[1]:
        sys.exit(1)


class _Collector:
    """A pytest plugin that writes down which tests there are."""

    def __init__(self, file):
        self.file = file

    def pytest_collection_finish(self, session):
        self.file.write("\n".join(item.nodeid for item in session.items).encode())
        self.file.flush()


def collect(folders):
    """Return the names of all tests, in a process that may import the package."""
    with tempfile.TemporaryFile() as file:
        plugin = _Collector(file)
        pid = fork(lambda: run_pytest([*folders, "--collect-only"], plugin))
        if os.waitpid(pid, 0)[1]:
            sys.exit(f"The tests of {folders} cannot be collected.")
        file.seek(0)
        return file.read().decode().splitlines()


class Reach:
    """Which tests call which functions, and how long they take.

    Parameters
    ----------
    path : Path
        What :func:`record` has written.

    tests : list of str
        The tests that there are now. New ones are run on all mutants of their module.
    """

    def __init__(self, path, tests):
        kept = json.loads(path.read_text())
        self.at_import = {tuple(function) for function in kept["import"]}
        self.seconds, present = {}, set(tests)
        self.new = [test for test in tests if test not in kept["tests"]]
        self.of_function = collections.defaultdict(list)
        self.of_file = collections.defaultdict(set)
        for test, (seconds, functions) in kept["tests"].items():
            if test not in present:
                continue
            self.seconds[test] = seconds
            for file, function in functions:
                self.of_function[file, function].append(test)
                self.of_file[file].add(test)

    def cost(self, test):
        """Return how many seconds a test takes."""
        return self.seconds.get(test, 0.1)

    def afford(self, tests, seconds):
        """Return as many of the first tests as take so many seconds."""
        spent = 0.0
        for count, test in enumerate(tests, start=1):
            spent += self.cost(test)
            if spent > seconds:
                return tests[:count]
        return tests

    def runs_at_import(self, module, mutant):
        """Tell whether a mutant changes what is made while modules are imported."""
        return (
            mutant.function is None
            or (str(module.path), mutant.function[0]) in self.at_import
        )

    def tests(self, module, mutant):
        """Return the tests that may see a mutant, those of its own file first."""
        file = str(module.path)
        found = (
            self.of_file[file]
            if self.runs_at_import(module, mutant)
            else self.of_function[file, mutant.function[0]]
        )
        mirror = f"test{module.path.name}::"
        new = [test for test in self.new if mirror in test]
        found = sorted(found, key=lambda test: (mirror not in test, self.cost(test)))
        return [*new, *found]
