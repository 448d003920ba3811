# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Pages that are generated, not typed: the API lists and the table of checks."""

import importlib
import inspect
import warnings
from pathlib import Path
from unittest import SkipTest

import sklearn_geo
from tests import contract

# Rooms in the order a reader needs them.
ORDER = (
    "encoding",
    "neighbors",
    "context",
    "vision",
    "distributed",
    "fusion",
    "partition",
    "geolocation",
    "ranking",
    "inspection",
    "model_selection",
    "metrics",
    "datasets",
    "reproduce",
    "nets",
    "geometry",
    "base",
)


def _rooms():
    missing = set(sklearn_geo._ROOMS) - set(ORDER)
    if missing:
        raise RuntimeError(f"say where these rooms stand in the API: {missing}")
    return [room for room in ORDER if room in sklearn_geo._ROOMS]


def api_page():
    """Return one section a room, listing every public name."""
    lines = ["API reference", "=============", ""]
    for room in _rooms():
        module = importlib.import_module(f"sklearn_geo.{room}")
        title = f"sklearn_geo.{room}"
        lines += [title, "-" * len(title), "", inspect.getdoc(module), ""]
        classes = [n for n in module.__all__ if inspect.isclass(getattr(module, n))]
        functions = [n for n in module.__all__ if callable(getattr(module, n))]
        functions = [name for name in functions if name not in classes]
        constants = [n for n in module.__all__ if n not in classes + functions]
        lines += [f".. currentmodule:: sklearn_geo.{room}", ""]
        for kind, names in (("class", classes), ("function", functions)):
            if names:
                lines += [".. autosummary::", "   :toctree: .", "   :nosignatures:"]
                lines += [f"   :template: {kind}.rst", ""]
                lines += [*(f"   {name}" for name in names), ""]
        for name in constants:
            value = repr(getattr(module, name))
            shown = f" = ``{value}``" if len(value) <= 80 else ""
            lines += [f"``{name}``{shown}", ""]
    return "\n".join(lines)


def _outcomes(estimator_checks):
    """Run checks and return the names of those that passed, failed, were skipped."""
    outcomes = {"passed": [], "failed": [], "skipped": []}
    for estimator, check in estimator_checks:
        try:
            check(estimator)
        except SkipTest:
            how = "skipped"
        except Exception:
            how = "failed"
        else:
            how = "passed"
        outcomes[how].append(contract.check_name(check))
    return outcomes


def compatibility_table():
    """Run every check on every public estimator and return the counts as rows."""
    rows = []
    reasons = {}
    for cls in contract.public_estimators():
        expected = contract.expected_failures(cls)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            full = _outcomes(contract.checks_of(contract.folded(cls)))
            public = _outcomes(contract.checks_of(cls))
        surprises = full["failed"] + sorted(set(public["failed"]) ^ set(expected))
        if surprises:
            raise RuntimeError(f"{cls.__name__} breaks the contract: {surprises}")
        rows.append((cls.__name__, full, public))
        for name, reason in expected.items():
            reasons.setdefault(reason, {}).setdefault(name, []).append(cls.__name__)
    lines = [
        ".. list-table::",
        "   :header-rows: 1",
        "",
        "   * - Estimator",
        "     - Folded: checks passed / skipped by scikit-learn / failed",
        "     - Public: checks passed / skipped / failed as expected",
    ]
    order = ("passed", "skipped", "failed")
    for name, full, public in rows:
        lines += [
            f"   * - `{name}`",
            *(
                "     - " + " / ".join(str(len(o[how])) for how in order)
                for o in (full, public)
            ),
        ]
    lines += [
        "",
        "Estimators whose X is something else than the two columns of a place have no "
        "row here. Their own test modules run those of scikit-learn's checks that suit "
        "their input, and say which: "
        + ", ".join(f"`{name}`" for name in sorted(contract.OTHER_INPUT))
        + ".",
    ]
    title = "Why the public classes cannot pass some checks"
    lines += ["", title, "-" * len(title), ""]
    for reason, checks in reasons.items():
        lines += [f"{reason}", ""]
        lines += [f"- `{name}`" for name in sorted(checks)]
        lines += [""]
    return "\n".join(lines)


def write(folder):
    """Write the generated pages where the hand-written ones include them."""
    folder = Path(folder)
    folder.mkdir(exist_ok=True)
    for name, text in (
        ("api.rst", api_page()),
        ("compatibility.inc", compatibility_table()),
    ):
        file = folder / name
        # An unchanged file keeps its date, so that Sphinx rebuilds nothing for it.
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
