# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Processes that are killed, disks that are full, folders that nobody may write to."""

import json
import os
import pickle
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from sklearn_geo.neighbors import GeoTagCorpus
from sklearn_geo.partition import S2Partition, TrianglePartition
from tests.reliability.subjects import SUBJECTS, answers, places, taught

__all__ = ["KINDS", "Children", "Kind", "moments", "needs_fork", "same_as"]

needs_fork = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="needs fork and SIGKILL, which Windows has not"
)


class Children:
    """Children of a process that has imported all before, see `dying`."""

    def __init__(self, folder):
        self.folder, self.n_started, self.living = Path(folder), 0, set()
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.reliability.dying"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},  # no forked process has one
            bufsize=1,
            cwd=Path(__file__).parents[2],
        )

    def start(
        self,
        action,
        *,
        watched="no such folder",
        last=-1,
        after=None,
        file_limit=None,
        read_only=None,
        **args,
    ):
        """Begin something.

        It dies before event `last` in the `watched` folder, or after some seconds, or
        has no room for large files, or a folder that it cannot write to.
        """
        self.n_started += 1
        said = self.folder / f"said-{self.n_started}.txt"
        order = {"action": action, "args": args, "said": str(said)}
        order |= {"folder": str(watched), "last": last, "after": after}
        order["hindered"] = {"file_limit": file_limit, "read_only": read_only}
        child = Child(self, self._ask(order)["pid"], said)
        self.living.add(child.pid)
        return child

    def run(self, action, **options):
        """Do something to its end, and return what it said."""
        code, said = self.start(action, **options).end()
        assert code == 0, said.get("error", said)
        return said

    def _ask(self, order):
        self.process.stdin.write(json.dumps(order) + "\n")
        line = self.process.stdout.readline()
        assert line, "the process that forks children has died"
        return json.loads(line)

    def close(self):
        """End all that is not ended."""
        for pid in self.living:
            os.kill(pid, signal.SIGKILL)
            self._ask({"wait": pid})
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@dataclass(frozen=True)
class Child:
    """One of them."""

    parent: Children
    pid: int
    said: Path

    def end(self):
        """Wait for it; return its exit code and what it said."""
        code = self.parent._ask({"wait": self.pid})["code"]
        self.parent.living.discard(self.pid)
        lines = self.said.read_text().splitlines() if self.said.exists() else []
        found = {}
        for line in lines:
            found |= json.loads(line)
        if "cannot" in found:
            pytest.skip(f"this machine does not let tests mount: {found['cannot']}")
        return code, found


def moments(rng, whole, n_kills):
    """Draw moments to kill something: half by what it does to files, half by time.

    Parameters
    ----------
    rng : Generator
        The chance.

    whole : dict
        What was said of a run that nobody killed.

    n_kills : int
        How many.

    Returns
    -------
    list of dict
        Options of :meth:`Children.start`.
    """
    found = []
    for number in range(n_kills):
        if number % 2:
            found.append({"after": float(rng.uniform(0, 1.1) * whole["seconds"])})
        else:
            found.append({"last": int(rng.integers(whole["events"]))})
    return found


# What is written ----------------------------------------------------------------------


@dataclass
class Kind:
    """Something that can be saved, in two versions.

    Parameters
    ----------
    name : str
        What it is called.

    make : callable
        ``make(seed)`` returns a version, fitted.

    ask : callable
        ``ask(model)`` returns what it says: arrays by name.

    file : str
        What it is saved as.
    """

    name: str
    make: object
    ask: object
    file: str
    models: list = field(default_factory=list)

    def __str__(self):
        return self.name

    def versions(self):
        """Return the two versions, made once."""
        if not self.models:
            self.models = [self.make(seed) for seed in (0, 1)]
            first, second = map(self.ask, self.models)
            assert not same_as(first, [second]), f"{self.name} says the same twice"
        return self.models

    def pickled(self, folder):
        """Write pickles of the versions for other processes, and return their names."""
        names = [str(folder / f"{self.name}-{number}.pickle") for number in range(2)]
        for name, model in zip(names, self.versions(), strict=True):
            Path(name).write_bytes(pickle.dumps(model))
        return names

    def save(self, number, path):
        """Save a version."""
        model = self.versions()[number]
        save = getattr(model, "save_pretrained", None) or model.save
        save(path)

    def read(self, path):
        """Read what was saved."""
        cls = type(self.versions()[0])
        return (cls.from_pretrained if hasattr(cls, "from_pretrained") else cls.load)(
            path
        )


# What the second version changes where other training rows would not.
_CHANGES = {"UserAveragingGeolocator": {"window_hours": None}}


def _subject(subject):
    X = subject.rows(np.random.default_rng(11), 6)
    changes = _CHANGES.get(subject.name, {})
    return Kind(
        subject.name,
        lambda seed: taught(subject, seed=seed, **(changes if seed else {})),
        lambda model: answers(subject, model, X),
        "store",
    )


def _ranker(seed):
    """Make a ranker with an embedding, which is a store in its store."""
    import sklearn_geo

    subject = next(
        each for each in SUBJECTS if each.name == "LocSensRanker-multilinear"
    )
    embedding = sklearn_geo.HashtagEmbedding(
        n_components=4, batch_size=16, max_iter=2, random_state=0, device="cpu"
    )
    return taught(subject, seed=seed, embedding=embedding)


def _kinds():
    stored = [each for each in SUBJECTS if hasattr(each.cls, "save_pretrained")]
    for subject in stored:
        yield _subject(subject)
    nested = next(each for each in stored if each.name == "LocSensRanker-multilinear")
    kind = _subject(nested)
    kind.name, kind.make = "LocSensRanker-embedding", _ranker
    yield kind
    globe = places(np.random.default_rng(12), 50)
    for cls, file in ((S2Partition, "cells.json"), (TrianglePartition, "cells.csv")):
        yield Kind(
            cls.__name__,
            lambda seed, cls=cls: cls(20, 1).fit(
                places(np.random.default_rng(seed), 200)
            ),
            lambda model: {"cells": model.cells_, "predict": model.predict(globe)},
            file,
        )
    yield Kind("GeoTagCorpus", _corpus, _parts_of_corpus, "corpus")


def _corpus(seed):
    rng = np.random.default_rng(seed)
    n = 60 + seed
    return GeoTagCorpus(
        places(rng, n), rng.integers(0, 3, (n, 4)), rng.normal(size=(n, 3))
    )


def _parts_of_corpus(corpus):
    return {
        "places": corpus.places,
        "tags": corpus.tags.toarray(),
        "features": corpus.features,
    }


KINDS = list(_kinds())


def same_as(said, versions):
    """Return the numbers of the versions that say the same, bit for bit."""
    return [number for number, each in enumerate(versions) if _equal(said, each)]


def _equal(first, second):
    if isinstance(first, dict):
        return all(_equal(first[name], second[name]) for name in second)
    if isinstance(first, list):
        return all(map(_equal, first, second))
    if first is None or second is None:
        return first is second
    return np.array_equal(first, second)
