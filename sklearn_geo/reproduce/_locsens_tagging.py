# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tags of photos: the tagging table of LocSens and those of its supplement."""

import copy
import sys
import time
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from sklearn_geo.metrics import tag_coverage_at_k
from sklearn_geo.metrics._tagging import _hashtag_accuracy_rows
from sklearn_geo.reproduce._locsens_models import LocSensModels
from sklearn_geo.reproduce._locsens_options import (
    LOCSENS_DIFFERS,
    add_locsens_arguments,
    choose_size,
    run_in_turn,
    trunk_notes,
)
from sklearn_geo.reproduce._locsens_task import open_photos
from sklearn_geo.reproduce._scoring import FOLD_KINDS, Resamples, difference
from sklearn_geo.reproduce._tables import Estimate, Measure, Result, ResultTable

__all__ = ["ROWS", "TaggingRow", "add_arguments", "run"]

_LEVELS = (1, 10, 50)
_HITS = tuple(
    Measure(f"A@{k}", decimals=1, percent=True, interval=k == 10) for k in _LEVELS
)
_SHARES = tuple(
    Measure(name, decimals=1, percent=True, interval=False)
    for name in ("%pred", "%cpred")
)
_OURS, _NO_PLACE, _PLACE = "ours", "without the place", "place alone"


@dataclass(frozen=True)
class TaggingRow:
    """One row of the tables.

    Parameters
    ----------
    method : str
        What it is called.

    group : str
        The heading it stands under.

    maker : tuple
        A method of :class:`LocSensModels` and what it is called with.

    reads : {"names", "picture", "all"}
        What of a photo it is told.

    paper : tuple of float, default=()
        The paper's A@1, A@10, A@50, %pred and %cpred, in percent; None if not known.

    omitted : tuple of float, default=()
        A@1, A@10 and A@50 with names of places left out.
    """

    method: str
    group: str
    maker: tuple
    reads: str
    paper: tuple = ()
    omitted: tuple = field(default=())

    def published(self, measures):
        """Return the paper's numbers as a table takes them."""
        names = [m.name for m in (*_HITS, *_SHARES)]
        numbers = dict(zip(names, self.paper, strict=False))
        return _known(numbers, measures)

    def published_omitted(self):
        """Return the paper's numbers with names of places left out."""
        names = [m.name for m in _HITS]
        return _known(dict(zip(names, self.omitted, strict=False)), _HITS)


ROWS = (
    TaggingRow(
        "Frequency", _NO_PLACE, ("frequency", "world"), "names",
        (1.82, 13.45, None, 0.01, 0.01),
    ),
    TaggingRow(
        "MLC", _NO_PLACE, ("embedding", "mlc"), "picture",
        (8.86, 30.59, None, 8.04, 4.5),
    ),
    TaggingRow(
        "MCC", _NO_PLACE, ("embedding", "mcc"), "picture",
        (20.32, 47.64, 68.05, 29.11, 15.15), (15.15, 36.75, 51.80),
    ),
    TaggingRow(
        "HER", _NO_PLACE, ("embedding", "her"), "picture",
        (15.83, 31.24, None, 18.63, 8.74),
    ),
    TaggingRow(
        "LocSens, zeroed", _NO_PLACE, ("trunk", "tagging", "zeroed"), "all",
        (15.92, 46.60, None, 26.98, 13.31),
    ),
    TaggingRow(
        "Country Frequency", _PLACE, ("frequency", "country"), "names",
        (28.05, 46.63, 63.14), (3.80, 17.21, 41.60),
    ),
    TaggingRow(
        "Town Frequency", _PLACE, ("frequency", "town"), "names",
        (51.41, 65.49, 71.05), (16.97, 34.95, 47.53),
    ),
    TaggingRow(
        "LocSens, raw", "picture and place", ("trunk", "tagging", "raw"), "all",
        (28.10, 68.21, 85.85, 44.00, 24.04), (17.34, 44.45, 61.10),
    ),
    TaggingRow("Kernel prior", _OURS, ("kernel",), "all"),
    TaggingRow("MCC times kernel", _OURS, ("product",), "all"),
    TaggingRow("Multilinear", _OURS, ("multilinear", "tagging", "raw"), "all"),
)  # fmt: skip
_BEST, _OTHERS = "Multilinear", ("LocSens, raw", "MCC times kernel", "Kernel prior")


def add_arguments(parser):
    """Add the options of this command to its parser."""
    add_locsens_arguments(parser)


def run(options, progress, file=None):
    """Compute the tables, printing the first one row by row.

    Parameters
    ----------
    options : argparse.Namespace
        The command line.

    progress : Progress
        The line that is written over.

    file : file, default=None
        Where to print; None is the standard output.

    Returns
    -------
    list of (str, ResultTable)
        Names for files, and the tables.
    """
    file = sys.stdout if file is None else file
    size = choose_size(options)
    progress.show("photos")
    photos = open_photos(options, size)
    tables = []
    for kind in FOLD_KINDS if options.folds == "both" else (options.folds,):
        train, test = photos.split(kind, options.seed)
        models = LocSensModels(photos, train, size, seed=options.seed)
        judge = TaggingJudge(photos, test, size.n_resamples, seed=options.seed)
        found = _tables(judge, photos, kind, len(train))
        first = found["accuracy"]
        progress.show("MCC")
        models.mcc  # noqa: B018 (the trunk needs it, so it is learnt before jobs start)
        progress.clear()
        first.print_head(file)
        answers = run_in_turn(
            _answer, models, ROWS, (test, photos.is_place), options, progress
        )
        for row, (lists, omitted, seconds) in zip(ROWS, answers, strict=True):
            judge.add(found, row, lists, omitted, seconds, file=file)
        for name, table in found.items():
            table.notes += _notes(name, photos, size)
            if "A@10" in {m.name for m in table.measures}:
                table.notes += _findings(table.rows)
            if table is first:
                first.print_notes(file)
            else:
                print(f"\n{table.to_text()}", file=file, flush=True)
            tables.append((f"locsens_tagging_{name}_{kind}", table))
        print(file=file)
    return tables


def _answer(models, row, test, is_place):
    """Teach a method, and list the tags that it suggests for the test photos."""
    start = time.perf_counter()
    name, *arguments = row.maker
    if (name, *arguments) == ("embedding", "mcc"):
        model = models.mcc
        start -= models.mcc_seconds
    else:
        model = models.fit(getattr(models, name)(*arguments), row.reads)
    X, most = models.read(row.reads, test), _LEVELS[-1]
    lists = model.predict_topk(X, most)
    seconds = time.perf_counter() - start
    if is_place is None:
        return lists, None, seconds
    # The same model, but names of places are not on its lists.
    other = copy.copy(model)
    other.omit_tags = np.flatnonzero(is_place)
    return lists, other.predict_topk(X, most), seconds


class TaggingJudge:
    """Says how good lists of tags are, with intervals over users.

    Parameters
    ----------
    photos : TaggedPhotos
        The photos.

    test : ndarray of int
        Those that are tested on.

    n_resamples : int
        Resamples of users.

    seed : int, default=0
        Draws the resamples.
    """

    def __init__(self, photos, test, n_resamples, *, seed=0):
        self.truth = photos.y[test]
        users = photos.users[test]
        settings = {"n_resamples": n_resamples, "random_state": seed}
        self.resamples = Resamples(len(test), groups=users, **settings)
        self.truth_omitted = None
        if photos.is_place is not None:
            kept = sparse.diags_array((~photos.is_place).astype(np.float64))
            truth = sparse.csr_array(self.truth @ kept)
            truth.eliminate_zeros()
            # Photos that have no other tag are passed over.
            self._kept = np.flatnonzero(np.diff(truth.indptr))
            if self._kept.size:
                self.truth_omitted = truth[self._kept]
                self._resamples_kept = Resamples(
                    len(self._kept), groups=users[self._kept], **settings
                )

    def accuracy(self, lists):
        """Return A@1, A@10 and A@50."""
        return _accuracy(self.truth, lists, self.resamples)

    def accuracy_omitted(self, lists):
        """Return the same without names of places."""
        return _accuracy(self.truth_omitted, lists[self._kept], self._resamples_kept)

    def coverage(self, lists):
        """Return the shares of tags in use that are ever, and ever rightly, listed."""
        return {
            name: Estimate(
                tag_coverage_at_k(self.truth, lists, 10, correct=correct, ranked=True)
            )
            for name, correct in (("%pred", False), ("%cpred", True))
        }

    def add(self, tables, row, lists, omitted, seconds, *, file=None):
        """Add a row to the tables that there are, and print that of the first."""
        common = {"method": row.method, "group": row.group}
        found = {
            "accuracy": (self.accuracy(lists), row.published(_HITS)),
            "coverage": (self.coverage(lists), row.published(_SHARES)),
        }
        if "omitted" in tables:
            values = self.accuracy_omitted(omitted)
            found["omitted"] = values, row.published_omitted()
        for name, (values, paper) in found.items():
            tables[name].append(
                Result(**common, values=values, paper=paper, seconds=seconds),
                file=file if name == "accuracy" else None,
            )


def _accuracy(truth, lists, resamples):
    hits, _ = _hashtag_accuracy_rows(truth, lists, _LEVELS, ranked=True)
    return {m.name: resamples.mean(hits[:, at]) for at, m in enumerate(_HITS)}


def _tables(judge, photos, kind, n_train):
    """Return empty tables by name."""
    apart = "users" if kind == "random" else "users and S2 cells"
    where = (
        f"{photos.title}: {n_train:,} teach, {judge.truth.shape[0]:,} are tagged, "
        f"{apart} apart"
    )
    titles = {
        "accuracy": (f"Tagging (A@k). {where}.", _HITS),
        "coverage": (f"Tagging: tags ever suggested. {where}.", _SHARES),
    }
    if judge.truth_omitted is not None:
        n_kept = judge.truth_omitted.shape[0]
        title = f"Tagging, names of places omitted. {where}; {n_kept:,} have other tags"
        titles["omitted"] = (f"{title}.", _HITS)
    methods = [row.method for row in ROWS]
    return {
        name: ResultTable(title, measures, methods=methods, data_differ=LOCSENS_DIFFERS)
        for name, (title, measures) in titles.items()
    }


def _notes(name, photos, size):
    """Say how to read a table."""
    if name == "coverage":
        return [
            "Of the tags that test photos have, the share that is on any list of ten, "
            "and the share that is on the list of a photo that has it. No intervals: a "
            "resample has fewer photos, and so fewer tags."
        ]
    if name == "omitted":
        return [
            "Names of places are left out of the truth and of all lists; photos that "
            "have no other tag are left out. In the paper the names are those of "
            "continents, countries, regions and towns."
        ]
    notes = [
        "A@k: share of photos with a true tag among the k first. Intervals are over "
        "users, who either teach or are tested: photos of one album are alike, so a "
        "split by photos flatters whoever remembers.",
        *trunk_notes(size),
        *photos.notes,
    ]
    if photos.word_vectors is None:
        notes.append(
            "HER regresses vectors made of which tags go together, not GloVe's. Tags "
            "without a vector are never suggested."
        )
    if photos.is_place is None:
        notes.append(
            "Nothing tells which tags are names of places, so the table without them "
            "is left out. A table of GeoNames in the folder would tell."
        )
    return notes


def _findings(rows):
    """Say how far ours is ahead, on the same resamples."""
    scores = {row.method: row.values["A@10"] for row in rows}
    notes = []
    for other in _OTHERS:
        gain = difference(scores[_BEST], scores[other])
        notes.append(
            f"A@10 of {_BEST} minus {other}: {100 * gain.value:+.1f} points (95 % of "
            f"resamples: {100 * gain.low:+.1f} to {100 * gain.high:+.1f})."
        )
    return notes


def _known(numbers, measures):
    return {
        m.name: numbers[m.name] / 100.0
        for m in measures
        if numbers.get(m.name) is not None
    }
