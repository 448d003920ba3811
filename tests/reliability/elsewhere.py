# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Another process, another chance and no network: what estimators say there.

Runs as a script: ``python -m tests.reliability.elsewhere FILE`` imports every module of
the package, teaches and asks every subject, and makes data, while whatever opens a
socket fails. Python's own audit sees to that, which no library can go round. What
subjects said is written to the file.
"""

import importlib
import pickle
import pkgutil
import random
import sys
import traceback
from functools import partial
from inspect import signature
from pathlib import Path

BLOCKED = ("socket.", "urllib.", "http.client.", "ftplib.", "smtplib.")
# A process that asks for its own name asks nobody.
HARMLESS = ("socket.gethostname",)
ADDRESS = "http://127.0.0.1:9/models"
N_ASKED = 40


class NetworkError(OSError):
    """Something went for the network."""


def block():
    """Let everything fail that opens a socket, or asks for a name."""

    def refuse(event, arguments):
        if event.startswith(BLOCKED) and event not in HARMLESS:
            raise NetworkError(f"no network: {event} {arguments!r}")

    sys.addaudithook(refuse)


def _told(call):
    """Return the error that a call ends with, in words, or None."""
    try:
        call()
    except Exception:
        return traceback.format_exc()
    return None


def main(file):
    """Do it all, and write what came of it."""
    random.seed(99)
    block()
    report = {"failed": {}, "answers": {}, "fetches": {}, "modules": 0}

    def attempt(name, call):
        told = _told(call)
        if told is not None:
            report["failed"][name] = told

    import sklearn_geo

    for module in pkgutil.walk_packages(sklearn_geo.__path__, "sklearn_geo."):
        if not module.name.endswith("__main__"):
            attempt(module.name, lambda name=module.name: importlib.import_module(name))
            report["modules"] += 1

    import numpy as np
    import torch

    from tests.reliability.subjects import SUBJECTS, answers, taught

    np.random.seed(99)  # noqa: NPY002
    torch.manual_seed(99)

    def ask(subject):
        X = subject.rows(np.random.default_rng(1), N_ASKED)
        report["answers"][subject.name] = answers(subject, taught(subject), X)

    for subject in SUBJECTS:
        attempt(subject.name, lambda subject=subject: ask(subject))
    report["failed"].update(_failed_data())
    report["fetches"] = _fetches(Path(file).parent)
    Path(file).write_bytes(pickle.dumps(report))


def _failed_data():
    """Make all data that can be made; return what failed."""
    from sklearn_geo import datasets

    failed = {}
    for name in datasets.__all__:
        if name.startswith("make_"):
            make = getattr(datasets, name)
            told = _told(partial(make, 100) if signature(make).parameters else make)
            if told is not None:
                failed[name] = told
    return failed


def _fetches(folder):
    """Return what everything says that has to have a network: name -> text."""
    import sklearn_geo
    from sklearn_geo import datasets

    calls = {
        f"{name}.from_pretrained": lambda name=name: getattr(
            sklearn_geo, name
        ).from_pretrained(ADDRESS)
        for name in ("GPS2VecPlusTransformer", "NumpyContextEncoder")
    }
    for name in datasets.__all__:
        if name.startswith("fetch_"):
            fetch = getattr(datasets, name)
            calls[name] = partial(fetch, data_home=folder, n_retries=0, delay=0.0)
    return {name: _message(call) for name, call in calls.items()}


def _message(call):
    """Return the class and the message of the error that a call ends with."""
    try:
        call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "No error."


if __name__ == "__main__":
    main(sys.argv[1])
