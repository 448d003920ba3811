# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables 3 and 4 of the paper: what a photo shows, from where it was taken and how."""

import sys
from dataclasses import dataclass

import numpy as np

from sklearn_geo.reproduce._out_of_fold import out_of_fold
from sklearn_geo.reproduce._photo_models import QUICK, Effort, PhotoModels
from sklearn_geo.reproduce._photo_task import (
    add_corpus_argument,
    common_concepts,
    open_task,
    split_photos,
)
from sklearn_geo.reproduce._scoring import (
    FOLD_KINDS,
    MAP,
    Resamples,
    difference,
)
from sklearn_geo.reproduce._tables import Measure, Result, ResultTable

__all__ = ["Judge", "Method", "add_arguments", "run"]

_GAIN = Measure("gain", decimals=1, percent=True)
_OVER_V = Measure("over Visual", decimals=1, percent=True, paper=False)
_N_RESAMPLES = 500
_CONTEXTS = ("utm", "object", "scene", "tag")
_ALL = (*_CONTEXTS, "app")


@dataclass(frozen=True)
class Method:
    """One row of the paper's tables.

    Parameters
    ----------
    name : str
        What the paper calls it.

    group : str
        What it knows.

    blocks : tuple of str
        What a photo is described by, see :meth:`PhotoModels.fused`; ("votes",) for the
        annotator that trains nothing; empty for methods that are not computed.

    paper : float
        The paper's mAP.

    attention : {"type"} or None, default=None
        How blocks are joined.

    any_contexts : bool, default=False
        Whether contexts that the data cannot teach may be left out.
    """

    name: str
    group: str
    blocks: tuple
    paper: float
    attention: str | None = None
    any_contexts: bool = False


_ALONE, _TOGETHER, _WITH_APP = "one context", "contexts together", "with features"
TABLE_3 = (
    Method("UTM", _ALONE, ("utm",), 0.066),
    Method("Object", _ALONE, ("object",), 0.191),
    Method("Scene", _ALONE, ("scene",), 0.194),
    Method("Tag", _ALONE, ("tag",), 0.182),
    Method("Obj.+Sce.", _TOGETHER, ("object", "scene"), 0.194),
    Method("Obj.+Sce.+Tag", _TOGETHER, ("object", "scene", "tag"), 0.198),
    Method("UTM+Obj.+Sce.+Tag", _TOGETHER, _CONTEXTS, 0.201, None, True),
    Method("Contexts + App., X", _WITH_APP, _ALL, 0.325, None, True),
    Method("Contexts + App., attention", _WITH_APP, _ALL, 0.348, "type", True),
)
TABLE_4 = (
    Method("Visual", "visual", ("app",), 0.234),
    Method("OneHot", "geo", ("utm",), 0.066),
    Method("HashTag", "geo", ("hashtag",), 0.163),
    Method("TagFeature", "geo", ("tags",), 0.161),
    Method("GPS2Vec_onehot", "geo", ("onehot",), 0.130),
    Method("GPS2Vec", "geo", ("tag",), 0.182),
    Method("Ours", "geo", _CONTEXTS, 0.210, "type", True),
    Method("OneHot + V", "fusion", ("utm", "app"), 0.238),
    Method("HashTag + V", "fusion", ("hashtag", "app"), 0.261),
    Method("TagFeature + V", "fusion", ("tags", "app"), 0.260),
    Method("GPS2Vec_onehot + V", "fusion", ("onehot", "app"), 0.277),
    Method("GPS2Vec + V", "fusion", ("tag", "app"), 0.300),
    Method("Kleban et al.", "fusion", ("votes",), 0.080),
    Method("Qian et al.", "fusion", (), 0.113),
    Method("Li et al.", "fusion", (), 0.251),
    Method("Wang et al.", "fusion", ("looks", "app"), 0.236),
    Method("Liao et al.", "fusion", ("joint", "app"), 0.347),
    Method("Ours + V", "fusion", _ALL, 0.348, "type", True),
)
# Table, title, rows, and the row that gains are over.
_TABLES = (
    ("table3", "Table 3: contexts one by one and together", TABLE_3, _GAIN, 0.066),
    ("table4", "Table 4: image classification", TABLE_4, _OVER_V, None),
)
_NOTES = {
    "table3": (
        "X joins the same sub-networks without weights. Gains are over the first row, "
        "in points, on the same resamples.",
    ),
    "table4": (
        "+ V joins the columns of a method and the features of the photo without "
        "weights; Ours weighs them by attention. Not computed here, so with the "
        "paper's number only: Qian et al. (takes tags from earlier photos of the user, "
        "and test users have none) and Li et al. (needs concept detectors of its own).",
    ),
}


add_arguments = add_corpus_argument


def run(options, progress):
    """Compute the tables, and print them row by row.

    Parameters
    ----------
    options : argparse.Namespace
        The command line.

    progress : Progress
        Shows what is being done.

    Returns
    -------
    list of (str, ResultTable)
        Names for files, and the tables.
    """
    progress.show("photos")
    task = open_task(options)
    models = PhotoModels(
        task,
        effort=QUICK if options.quick else Effort(),
        seed=options.seed,
        progress=progress.show,
    )
    tables = []
    for kind in FOLD_KINDS if options.folds == "both" else (options.folds,):
        judge = Judge(models, kind, seed=options.seed)
        for name, title, methods, gain, paper in _TABLES:
            table = ResultTable(
                f"{title}. {judge.title}",
                (MAP, gain),
                methods=[method.name for method in methods],
            )
            _fill(table, methods, judge, gain, paper, progress)
            table.notes += [*_NOTES[name], *judge.notes(methods), *task.notes]
            table.print_notes()
            print()
            tables.append((f"image_{name}_{kind}", table))
    return tables


def _fill(table, methods, judge, gain, paper, progress):
    """Compute and print the rows of one table."""
    table.print_head()
    first = None
    for number, method in enumerate(methods):
        progress.bar(number, len(methods), method.name)
        values, seconds = {}, np.nan
        blocks = judge.blocks(method)
        if blocks:
            values[MAP.name], seconds = judge.score(blocks, method.attention)
            first = first or values[MAP.name]
            values[gain.name] = difference(values[MAP.name], first)
        papers = {MAP.name: method.paper}
        if paper is not None:
            papers[gain.name] = method.paper - paper
        progress.clear()
        row = Result(method.name, method.group, values, papers, seconds)
        table.append(row, file=sys.stdout)


class Judge:
    """Scores methods on one split of the photos, each once.

    Parameters
    ----------
    models : PhotoModels
        Makes the methods.

    kind : {"random", "block"}
        How photos are split, see :func:`split_photos`.

    n_resamples : int, default=500
        Resamples of users for the intervals.

    seed : int, default=0
        Decides the split and the resamples.

    Attributes
    ----------
    train, test : ndarray of int
        Positions of photos.

    concepts : ndarray of int
        Those with enough photos on both sides.
    """

    def __init__(self, models, kind, *, n_resamples=_N_RESAMPLES, seed=0):
        self.models, self.task, self.kind = models, models.task, kind
        task = self.task
        self.train, self.test = split_photos(
            task.places, task.users, kind, random_state=seed
        )
        y = task.y.to_numpy()
        self.concepts = common_concepts(y, [(self.train, self.test)])
        self.y = y[:, self.concepts]
        self.resamples = Resamples(
            len(self.test), n_resamples, groups=task.users[self.test], random_state=seed
        )
        self._scores = {}

    @property
    def title(self):
        """What is learnt from and tested on."""
        apart = "users" if self.kind == "random" else "users and S2 cells"
        return (
            f"{self.task.title}, {len(self.concepts)} concepts; {len(self.train):,} "
            f"training and {len(self.test):,} test photos, {apart} kept apart."
        )

    def blocks(self, method):
        """Return the blocks of a method that the data can fill; none if too few."""
        known = {*self.models.contexts(), "utm"}
        usable = [b for b in method.blocks if b in known or b not in _CONTEXTS]
        whole = len(usable) == len(method.blocks)
        return tuple(usable) if whole or method.any_contexts else ()

    def notes(self, methods):
        """Say which contexts are missing, if any."""
        wanted = {block for method in methods for block in method.blocks}
        missing = sorted(wanted & {"object", "scene"} - {*self.models.contexts()})
        if not missing:
            return []
        return [
            f"The data teach no {' and no '.join(missing)} context: rows that need it "
            "alone are empty, and the others are computed without."
        ]

    def score(self, blocks, attention=None):
        """Train a method, and score it on the test photos.

        Parameters
        ----------
        blocks : tuple of str
            What photos are described by.

        attention : {"type", "sample"} or None, default=None
            How blocks are joined.

        Returns
        -------
        mean_average_precision : Estimate
            With an interval over users.

        seconds : float
            For encoding, training and prediction. Networks of places, trained before,
            do not count.
        """
        key = (blocks, attention)
        if key not in self._scores:
            if blocks == ("votes",):
                model = self.models.voted()
            else:
                model = self.models.fused(blocks, attention)
            said, seconds = out_of_fold(
                model, self.task.X, self.y, [(self.train, self.test)]
            )
            estimate = self.resamples.mean_average_precision(
                self.y[self.test], said[self.test]
            )
            self._scores[key] = estimate, seconds
        return self._scores[key]
