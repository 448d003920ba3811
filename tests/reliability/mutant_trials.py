# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How one mutant is tried: in a forked process, until a test fails."""

import collections
import gc
import importlib.abc
import importlib.machinery
import os
import resource
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

import pytest

PACKAGE = "sklearn_geo"

KILLED, TIMEOUT, SURVIVED, UNREACHED = "killed", "timeout", "survived", "unreached"
UNPLANTED = "unplanted"
_EXIT_CODES = {1: KILLED, 2: SURVIVED, 3: UNPLANTED}

# A test may take so many times its own time of the processor, and so much more.
_PATIENCE, _MORE_SECONDS, _MORE_BYTES = 4.0, 2.0, 2 * 1024**3

# So often, and for about so long, nothing is planted: the tests have to pass.
_CONTROL_EVERY, _CONTROL_SECONDS = 200, 1.0


# ---- Processes -----------------------------------------------------------------------


def run_pytest(arguments, plugin):
    """Run pytest in this process."""
    options = "-q --no-header --no-summary --tb=no -p no:cacheprovider -p no:xdist"
    # What is imported before pytest runs is said to be too late for its assertions.
    quiet = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    profile = "--hypothesis-profile=mutants"
    return pytest.main(
        [*options.split(), *quiet, profile, *arguments], plugins=[plugin]
    )


def fork(function, quiet=True):
    """Run a function in a process of its own, whose exit code it returns."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        if quiet:
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, 1)
            os.dup2(null, 2)
        code = function() or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def tried(function, seconds):
    """Run `function(note)` in a process; return what became of it and its last note."""
    read, write = os.pipe()

    def run():
        os.close(read)
        used = int(Path("/proc/self/statm").read_text().split()[0])
        limit = used * resource.getpagesize() + _MORE_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        return function(lambda text: os.write(write, f"{text}\n".encode()))

    pid = fork(run)
    os.close(write)
    # Who waits for ever uses no processor; others may use it meanwhile.
    late = threading.Timer(40.0 * seconds + 300.0, os.kill, (pid, signal.SIGKILL))
    late.start()
    notes = b""
    while part := os.read(read, 65536):
        notes += part
    os.close(read)
    status = os.waitpid(pid, 0)[1]
    late.cancel()
    last = notes.decode().rstrip("\n").rpartition("\n")[2]
    if os.WIFSIGNALED(status):
        return TIMEOUT, last
    code = os.WEXITSTATUS(status)
    if code not in _EXIT_CODES:
        raise RuntimeError(f"Tests ended by {code} in {last!r}, which says nothing.")
    return _EXIT_CODES[code], last


def run_tests(items, reach, note):
    """Run tests until one fails; return the exit code for that."""
    from _pytest.runner import runtestprotocol

    for item, following in zip(items, [*items[1:], None], strict=True):
        note(item.nodeid)
        limit = _PATIENCE * reach.cost(item.nodeid) + _MORE_SECONDS
        signal.setitimer(signal.ITIMER_PROF, limit)
        reports = runtestprotocol(item, log=False, nextitem=following)
        if any(report.failed for report in reports):
            return 1
    return 2


# ---- The quick way: other code for a function ----------------------------------------


class Swapped:
    """A pytest plugin: collect once, then swap code and run tests, in forks."""

    def __init__(self, jobs, reach, report, budget):
        self.jobs, self.reach, self.report = jobs, reach, report
        self.budget = budget
        self.killers = collections.defaultdict(collections.Counter)

    def pytest_runtestloop(self, session):
        items = {item.nodeid: item for item in session.items}
        gc.unfreeze()  # what is frozen is not listed
        functions = collections.defaultdict(list)
        for thing in gc.get_objects():
            if type(thing) is type(fork):
                functions[_key(thing.__code__)].append(thing)
        gc.collect()
        gc.freeze()
        quickest = sorted(items, key=self.reach.cost)
        some = self.reach.afford(quickest, _CONTROL_SECONDS)
        for count, (module, mutant) in enumerate(self.jobs):
            if count % _CONTROL_EVERY == 0:
                check_control(self._try(some, items, fork.__code__, [fork]))
            began = time.monotonic()
            killers = self.killers[module.name, mutant.function]
            tests = self.reach.tests(module, mutant)
            # What has killed others of this function will kill this one.
            tests.sort(key=lambda test: -killers[test])
            if not tests:
                self.report(module, mutant, UNREACHED, "", 0.0)
                continue
            code = _find_code(module.code(mutant), mutant.function)
            targets = functions[(str(module.path), *mutant.function)]
            tests = self.reach.afford(tests, self.budget)
            status, test = self._try(tests, items, code, targets)
            killers[test] += status in (KILLED, TIMEOUT)
            self.report(module, mutant, status, test, time.monotonic() - began)
        return True

    def _try(self, tests, items, code, targets):
        """Run tests after functions have got other code."""

        def run(note):
            if code is None or not targets:
                return 3
            try:
                for function in targets:
                    function.__code__ = code
            except ValueError:  # other free variables
                return 3
            _forget_cached()
            return run_tests([items[test] for test in tests], self.reach, note)

        return tried(run, sum(map(self.reach.cost, tests)))


def check_control(result):
    """Raise an error where tests failed although nothing was planted."""
    status, test = result
    if status != SURVIVED:
        raise RuntimeError(f"{test!r} is {status} where nothing was planted.")


def _key(code):
    return code.co_filename, code.co_name, code.co_firstlineno


def _find_code(code, function):
    """Find the code of a function, by name and line, in that of a module."""
    for constant in code.co_consts:
        if hasattr(constant, "co_consts"):
            if _key(constant)[1:] == function:
                return constant
            if (found := _find_code(constant, function)) is not None:
                return found
    return None


def _forget_cached():
    for name, module in list(sys.modules.items()):
        if name.startswith(PACKAGE):
            for thing in vars(module).values():
                if hasattr(thing, "cache_clear"):
                    thing.cache_clear()


# ---- The whole way: another module from the first import on --------------------------


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import one module from the code of a mutant."""

    def __init__(self, module, code):
        self.module, self.code = module, code

    def find_spec(self, name, path, target=None):
        if name != self.module.name:
            return None
        return importlib.machinery.ModuleSpec(name, self, origin=str(self.module.path))

    def exec_module(self, module):
        module.__file__ = str(self.module.path)
        exec(self.code, vars(module))


class _Ordered:
    """A pytest plugin: run the collected tests in the order that is wanted."""

    def __init__(self, tests, reach, note):
        self.tests, self.reach, self.note = tests, reach, note
        self.code = 1  # what cannot be collected is noticed

    def pytest_runtestloop(self, session):
        items = {item.nodeid: item for item in session.items}
        # Tests vanish with parameters that the package made.
        if not session.testsfailed and items.keys() >= set(self.tests):
            chosen = [items[test] for test in self.tests]
            self.code = run_tests(chosen, self.reach, self.note)
        return True


def try_whole(module, mutant, tests, reach):
    """Run tests in a process that has not yet imported the package."""

    def run(note):
        sys.meta_path.insert(0, _Loader(module, module.code(mutant)))
        signal.setitimer(signal.ITIMER_PROF, 60.0)
        plugin = _Ordered(tests, reach, note)
        run_pytest(dict.fromkeys(test.partition("::")[0] for test in tests), plugin)
        return plugin.code

    return tried(run, 60.0 + sum(map(reach.cost, tests)))
