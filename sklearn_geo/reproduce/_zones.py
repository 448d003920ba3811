# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Table 6 of the paper: the student's tags against its teacher's, zone by zone."""

import sys

import numpy as np
from sklearn.model_selection import GroupKFold

from sklearn_geo.geometry import utm_zone_names, utm_zones
from sklearn_geo.reproduce._out_of_fold import out_of_fold
from sklearn_geo.reproduce._photo_models import QUICK, Effort, PhotoModels
from sklearn_geo.reproduce._photo_task import (
    add_corpus_argument,
    common_concepts,
    open_task,
)
from sklearn_geo.reproduce._scoring import Resamples, difference
from sklearn_geo.reproduce._tables import Measure, Result, ResultTable

__all__ = ["PAPER", "add_arguments", "run", "zone_rows"]

# Intervals of levels are in the CSV; what matters is that of the gain.
_TEACHER = Measure("unsupervised", interval=False)
_STUDENT = Measure("supervised", interval=False)
_GAIN = Measure("gain", decimals=1, percent=True)
_MEASURES = (_TEACHER, _STUDENT, _GAIN)
#: The paper's mAP of teacher and student in its nine zones.
PAPER = {
    "30U": (0.246, 0.293),
    "31U": (0.257, 0.282),
    "18T": (0.254, 0.278),
    "10S": (0.351, 0.351),
    "32T": (0.279, 0.322),
    "32U": (0.239, 0.234),
    "11S": (0.301, 0.323),
    "17T": (0.239, 0.253),
    "16T": (0.295, 0.346),
}
_N_ZONES, _N_FOLDS, _N_RESAMPLES = 9, 4, 500
# Concepts that fewer users show in a zone are missing in many resamples of users.
_FEW = 3


def add_arguments(parser):
    """Add the options of `zones`.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        What reads the command line.
    """
    add_corpus_argument(parser)
    parser.epilog = "--folds changes nothing here: folds share no user."


def run(options, progress):
    """Compute the table, and print it row by row.

    Parameters
    ----------
    options : argparse.Namespace
        The command line.

    progress : Progress
        Shows what is being done.

    Returns
    -------
    list of (str, ResultTable)
        The name for files, and the table.
    """
    progress.show("photos")
    task = open_task(options, factor=2)
    models = PhotoModels(
        task,
        effort=QUICK if options.quick else Effort(),
        seed=options.seed,
        progress=progress.show,
    )
    folds = GroupKFold(_N_FOLDS, shuffle=True, random_state=options.seed)
    splits = list(folds.split(task.X, groups=task.users))
    y, said = task.y.to_numpy(), {}
    y = y[:, common_concepts(y, splits)]
    for measure, block in ((_TEACHER, "tags"), (_STUDENT, "tag")):
        model = models.fused((block, "app"))
        said[measure.name], _ = out_of_fold(
            model,
            task.X,
            y,
            splits,
            progress=lambda done, name=measure.name: progress.bar(
                done, _N_FOLDS, f"folds of {name}"
            ),
        )
    progress.clear()
    table = ResultTable(
        "Table 6: tags and features of a photo together, where tags are propagated "
        f"from photos nearby (unsupervised) or said by a network (supervised). "
        f"{task.title}, {y.shape[1]} concepts.",
        _MEASURES,
        methods=["31U (1,000)"],
    )
    table.print_head()
    for row in zone_rows(task.places, task.users, y, said, seed=options.seed):
        table.append(row, file=sys.stdout)
    table.notes += [
        "Zones with most photos, and how many there are. Every photo is tested once, "
        "by models that were trained on no photo of its user. Gains are in points, "
        "with intervals over users, on the same resamples for both. Of a zone, the "
        f"concepts count that {_FEW} users or more show there.",
        _verdict(table.rows[:-1]),
        *task.notes,
    ]
    table.print_notes()
    return [("zones_table6", table)]


def zone_rows(places, users, y_true, said, *, n_zones=_N_ZONES, seed=0):
    """Compare student and teacher in the zones with most photos, and everywhere.

    Parameters
    ----------
    places : array-like of shape (n_photos, 2)
        Latitude and longitude in degrees.

    users : array-like of shape (n_photos,)
        Who took the photos; intervals are over users.

    y_true : array-like of shape (n_photos, n_concepts)
        0/1 indicator.

    said : dict of str to ndarray of shape (n_photos, n_concepts)
        Probabilities by "unsupervised" and "supervised".

    n_zones : int, default=9
        How many zones.

    seed : int, default=0
        Decides the resamples.

    Yields
    ------
    Result
        A row a zone, then one of all photos.
    """
    users, zones = np.asarray(users), utm_zones(places)
    numbers, counts = np.unique(zones, return_counts=True)
    for at in np.argsort(-counts, kind="stable")[:n_zones]:
        inside = np.flatnonzero(zones == numbers[at])
        (name,) = utm_zone_names([numbers[at]])
        values = _values(users, y_true, said, inside, seed)
        if values:
            title = f"{name} ({len(inside):,})"
            yield Result(title, "zones", values, _paper(str(name)))
    values = _values(users, y_true, said, np.arange(len(users)), seed)
    yield Result(f"all ({len(users):,})", "all photos", values)


def _values(users, y_true, said, rows, seed):
    """Compare both on some photos; nothing if too few users show any concept."""
    users, y_true = users[rows], y_true[rows]
    shown = [np.unique(users[column > 0]).size >= _FEW for column in y_true.T]
    concepts = np.flatnonzero(shown)
    if not concepts.size:
        return {}
    resamples = Resamples(len(rows), _N_RESAMPLES, groups=users, random_state=seed)
    values = {
        name: resamples.mean_average_precision(
            y_true[:, concepts], scores[np.ix_(rows, concepts)]
        )
        for name, scores in said.items()
    }
    values[_GAIN.name] = difference(values[_STUDENT.name], values[_TEACHER.name])
    return values


def _paper(zone):
    """Return the paper's numbers of a zone, if it has it."""
    if zone not in PAPER:
        return {}
    teacher, student = PAPER[zone]
    return {
        _TEACHER.name: teacher,
        _STUDENT.name: student,
        _GAIN.name: student - teacher,
    }


def _verdict(rows):
    """Say in how many zones who is better, and in how many that is more than chance."""
    gains = [row.values[_GAIN.name] for row in rows]
    better = sum(gain.value > 0 for gain in gains)
    surely = sum(gain.low > 0 for gain in gains)
    surely_not = sum(gain.high < 0 for gain in gains)
    return (
        f"The student is ahead in {better} of {len(gains)} zones, in {surely} of them "
        f"by more than chance (an interval above 0); in {surely_not} it is behind by "
        "more than chance. In the paper it is ahead in seven of nine. It need not be: "
        "the teacher looks photos up, the student had to learn them."
    )
