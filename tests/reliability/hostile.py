# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Damaged files given to one reader: it is watched, and what it may not do is an error.

A read of a damaged set of files may end in two ways: with a result that is well formed
and not larger than the files allow, or with a ValueError or an OSError that names the
files. It may not write or delete anything elsewhere, read anything elsewhere, start a
program, open a connection, unpickle, take long, or take much memory.
"""

import contextlib
import faulthandler
import os
import random
import resource
import shutil
import signal
import stat
import sys
import tempfile
import tracemalloc
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from scipy import sparse

from tests.reliability.attack import same
from tests.reliability.mutations import FOLDER, PIPE, Hard, Link, mutated

__all__ = ["HangError", "Siege", "bounded", "finite", "size_of", "watching"]

# What one read may take, beyond what the process had: seconds of the CPU, and bytes.
# Reads that wait for somebody, such as at the end of a pipe, are stopped by a clock.
SECONDS, WAITING, HEADROOM = 20.0, 300.0, 1 << 30
# What tracemalloc may see at most: so many times the size of the files, and what the
# reader may take whatever they are.
TIMES = 100

# What copies of networks in memory are made of; a stranger's pickle names other things.
_OWN = ("sklearn_geo.", "torch.", "numpy", "collections", "sklearn.", "functools")
_PLAIN = {"dict", "list", "set", "frozenset", "bytearray", "complex", "slice"}
_NEVER = {"pickle.find_class", "os.system", "subprocess.Popen", "os.exec", "os.fork"}
_NEVER |= {"os.posix_spawn", "os.spawn", "os.forkpty", "pty.spawn", "socket.connect"}
_NEVER |= {"socket.bind", "webbrowser.open", "os.putenv", "ctypes.dlopen"}
_CHANGES = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link"}
_CHANGES |= {"os.chmod", "os.chown", "os.truncate", "shutil.rmtree", "os.utime"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_SIGNALS = (signal.SIGPROF, signal.SIGALRM)
_watch = None


class HangError(BaseException):
    """A read takes too long. No `except Exception` keeps it."""


class _Watch:
    """What a read did that it may not do."""

    def __init__(self, inside, secret):
        self.inside, self.secret = str(inside), str(secret)
        self.wrong = []

    def see(self, event, args):
        if event == "pickle.find_class":
            module, name = args
            if module.startswith(_OWN) or (module == "builtins" and name in _PLAIN):
                return
        if event in _NEVER:
            self.wrong.append((event, repr(args)[:200]))
        elif event == "open":
            path, mode, flags = args
            if isinstance(path, int):
                return
            path = os.path.realpath(os.fsdecode(path))
            if path == self.secret:
                self.wrong.append((event, path))
            writes = set(mode or "") & set("wax+") or (flags or 0) & _WRITING
            if writes and not self._is_inside(path):
                self.wrong.append((event, path, mode))
        elif event in ("os.remove", "os.rmdir") and args[1] != -1:
            return  # within a folder of `shutil.rmtree`, which is seen itself
        elif event in _CHANGES:
            for path in args[: 2 if event in ("os.rename", "os.link") else 1]:
                if isinstance(path, int) or not self._is_inside(os.fsdecode(path)):
                    self.wrong.append((event, repr(args)[:200]))

    def _is_inside(self, path):
        inside = Path(path).absolute().is_relative_to(self.inside)
        # Python keeps what it has compiled, and old scipy (1.13) what a
        # triangulation says of itself.
        log = Path(path).parent == Path(tempfile.gettempdir()) and Path(path).name
        return inside or "__pycache__" in path or (log or "").startswith("scipy-")


def _hook(event, args):
    if _watch is not None and (event in _NEVER or event in _CHANGES or event == "open"):
        _watch.see(event, args)


sys.addaudithook(_hook)


@contextlib.contextmanager
def watching(inside, secret):
    """Note what is done outside of a folder, and what is never to be done."""
    global _watch
    _watch = watch = _Watch(os.path.realpath(inside), os.path.realpath(secret))
    try:
        yield watch.wrong
    finally:
        _watch = None


@contextlib.contextmanager
def bounded(seconds=SECONDS, headroom=HEADROOM):
    """Bound the time of the CPU and the memory of what is within."""

    def stop(*_):
        raise HangError

    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    before = {kind: signal.signal(kind, stop) for kind in _SIGNALS}
    faulthandler.dump_traceback_later(600, exit=True)  # stuck where no signal comes
    resource.setrlimit(resource.RLIMIT_AS, (now + headroom, limits[1]))
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, WAITING)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, limits)
        faulthandler.cancel_dump_traceback_later()
        for kind, handler in before.items():
            signal.signal(kind, handler)


def size_of(thing):
    """Return how many bytes are in arrays, texts and whatever holds them."""
    if isinstance(thing, np.ndarray):
        inside = thing.tolist() if thing.dtype == object else ()
        return thing.nbytes + sum(map(size_of, inside))
    if sparse.issparse(thing):
        return sum(size_of(part) for part in vars(thing).values())
    if hasattr(thing, "to_dict") and hasattr(thing, "columns"):
        return int(thing.memory_usage(deep=True).sum())
    if isinstance(thing, dict):
        return sum(size_of(k) + size_of(v) for k, v in thing.items())
    if isinstance(thing, list | tuple | set):
        return 8 * len(thing) + sum(map(size_of, thing))
    if isinstance(thing, str | bytes):
        return len(thing)
    return 32


def finite(thing):
    """Say whether all numbers in arrays, and whatever holds them, are finite."""
    if isinstance(thing, np.ndarray):
        if thing.dtype == object:
            return all(map(finite, thing.tolist()))
        if thing.dtype.names:
            return all(finite(thing[name]) for name in thing.dtype.names)
        return thing.dtype.kind not in "fc" or bool(np.isfinite(thing).all())
    if sparse.issparse(thing):
        return finite(thing.tocoo().data)
    if isinstance(thing, dict):
        return all(map(finite, thing.values()))
    if isinstance(thing, list | tuple):
        return all(map(finite, thing))
    return not isinstance(thing, float) or bool(np.isfinite(thing))


class Siege:
    """A folder in which a reader is given one damaged set of files after the other.

    Parameters
    ----------
    reader : Reader
        What is attacked.

    folder : path
        An empty folder.
    """

    def __init__(self, reader, folder):
        self.reader, self.root = reader, Path(os.path.realpath(folder))
        self.inside = self.root / "inside"
        self.outside, self.crater = self.root / "secret", self.root / "crater"
        self.outside.write_text("1\t2\n")
        self.inside.mkdir()
        self.good = reader.files()
        self.said = Counter()
        self.results = []

    def check_good(self):
        """Read what is not damaged, so that damage is what is tried after that."""
        self.write(self.good)
        result = self.reader.read(self.inside)
        assert self._checked(result, self.good) is None

    def once(self, seed):
        """Try one damage, and return what is wrong with the answer: nothing, or why."""
        rng = random.Random(f"{self.reader.name} {seed}")
        how = {"crater": self.crater, "outside": self.outside}
        files = mutated(self.good, rng, links=self.reader.links, **how)
        if self.reader.sign is not None and rng.random() < 0.7:
            files = self.reader.sign(files, rng)
        wrong = self.read(files, measured=seed % 10 == 0)
        return f"{self.reader.name}, seed {seed}: {wrong}" if wrong else None

    def read_twice(self, files, *, measured):
        """Have a set of files read; what is read must be the same a second time."""
        wrong, results = self.read(files, measured=measured), self.results
        if wrong or not results:
            return wrong
        wrong = self.read(files, measured=False)
        if wrong or not same(results, self.results):
            return f"and another time: {wrong or 'something else'}"
        return None

    def read(self, files, *, measured):
        """Have a set of files read, and return what is wrong with the answer.

        Parameters
        ----------
        files : dict
            The files.

        measured : bool
            Whether to see what memory it takes, which makes it slow.
        """
        self.write(files)
        words, peak = None, 0
        self.results = []
        if measured:
            tracemalloc.start()
        try:
            with warnings.catch_warnings(), watching(self.inside, self.outside) as did:
                # What readers warn of; a warning of numpy's is an error here.
                warnings.simplefilter("ignore", UserWarning)
                with bounded():
                    result = self.reader.read(self.inside)
            self.results = [result]
            words = self._checked(result, files)
            self.said["read"] += 1
        except (ValueError, OSError) as error:
            words = self._words(error)
            self.said[type(error).__name__] += 1
        except (Exception, HangError) as error:
            words = f"{type(error).__name__}: {str(error)[:200]} {_place(error)}"
        finally:
            if measured:
                peak = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
        if did:
            return f"it did {did[:3]}"
        total = _total(files)
        if peak > TIMES * total + self.reader.most:
            return f"{peak:,} bytes of memory for {total:,} bytes of files"
        there = sorted(path.name for path in self.root.iterdir())
        if there != ["inside", "secret"] or self.outside.read_text() != "1\t2\n":
            return f"outside there is {there}"
        return words

    def _checked(self, result, files):
        """Return what is wrong with a result."""
        total = _total(files)
        if size_of(result) > TIMES * total + self.reader.most:
            return f"a result of {size_of(result):,} bytes of {total:,} bytes of files"
        if self.reader.finite and not finite(result):
            return "a result that is not finite"
        return None

    def _words(self, error):
        """Return what is wrong with an error."""
        words = str(error)
        if isinstance(error, UnicodeError):
            return f"{type(error).__name__}: {words[:200]} {_place(error)}"
        if str(self.inside) not in words:
            return f"no file in: {type(error).__name__}: {words[:300]} {_place(error)}"
        if len(words) > 5000:
            return f"{len(words)} letters: {words[:200]}"
        return None

    def write(self, files):
        """Put a set of files in the place of the one before."""
        _empty(self.inside)
        for name, data in files.items():
            path = self.inside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if data is FOLDER:
                path.mkdir()
            elif data is PIPE:
                os.mkfifo(path)
            elif isinstance(data, Link):
                path.symlink_to(data.target)
            elif not isinstance(data, Hard):
                path.write_bytes(data)
        for name, data in files.items():
            if isinstance(data, Hard) and (self.inside / data.name).is_file():
                os.link(self.inside / data.name, self.inside / name)


def _total(files):
    return sum(len(data) for data in files.values() if isinstance(data, bytes))


def _empty(folder):
    for path in folder.iterdir():
        if stat.S_ISDIR(path.lstat().st_mode):
            shutil.rmtree(path)
        else:
            path.unlink()


def _place(error):
    """Return where in the package an error was raised."""
    places, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "sklearn_geo" in code.co_filename:
            places.append(f"{Path(code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " < ".join(reversed(places[-4:]))
