# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Venue annotation end to end: Tables 3 and 5 of the paper."""

import sys
from dataclasses import replace

import numpy as np

from sklearn_geo.reproduce._out_of_fold import out_of_fold
from sklearn_geo.reproduce._scoring import (
    COVERAGE,
    FOLD_KINDS,
    HAMMING,
    MAP,
    Resamples,
    block_level,
    difference,
    multilabel_estimates,
    split_rows,
)
from sklearn_geo.reproduce._tables import Result, ResultTable
from sklearn_geo.reproduce._venue_blocks import VenueSize, photo_blocks
from sklearn_geo.reproduce._venue_data import read_venues, synthetic_venues
from sklearn_geo.reproduce._venue_rows import CONCATENATED, venue_rows

__all__ = ["add_arguments", "run", "score_venues", "venue_blocks"]

QUICK = VenueSize(
    n_venues=600,
    n_photos=3000,
    n_splits=3,
    hidden=64,
    batch_size=64,
    max_iter=20,
    learning_rate_init=0.003,
    student_hidden=(32,),
    student_batch_size=128,
    student_max_iter=5,
    student_learning_rate_init=0.005,
    n_resamples=200,
)
_LARGEST = 50_000


def score_venues(
    rows, blocks, data, splits, *, size, seed=0, resamples, n_jobs=None, progress=None
):
    """Score rows on held-out venues, one after the other.

    Parameters
    ----------
    rows : sequence of VenueRow
        What to score.

    blocks : mapping of str to (transformer, list of str)
        The representations.

    data : VenueData
        The venues.

    splits : list of (train, test)
        Folds. A venue is one row, so no venue is on both sides.

    size : VenueSize
        Settings of the networks.

    seed : int, default=0
        Seed of the networks.

    resamples : Resamples
        What intervals come from.

    n_jobs : int, default=None
        Folds done at a time.

    progress : callable, default=None
        Called with the row and the number of its folds that are done.

    Yields
    ------
    Result
        A row of the table.

    See Also
    --------
    venue_blocks : The representations.

    Examples
    --------
    >>> from sklearn_geo.reproduce import (
    ...     Resamples, VenueRow, VenueSize, photo_blocks, score_venues, split_rows,
    ...     synthetic_venues,
    ... )
    >>> size = VenueSize(student_hidden=(4,), student_max_iter=1)
    >>> data = synthetic_venues(100, 200)
    >>> blocks = photo_blocks(data, size=size)
    >>> row = VenueRow("B", "activity", ("app",), model="logistic")
    >>> splits = split_rows(data.places, "random", n_splits=2, random_state=0)
    >>> resamples = Resamples(100, random_state=0)
    >>> (result,) = score_venues(
    ...     [row], blocks, data, splits, size=size, resamples=resamples
    ... )
    >>> sorted(result.values)
    ['coverage error', 'hamming loss', 'mAP']
    """
    for row in rows:
        done = None if progress is None else (lambda n, row=row: progress(row, n))
        if done is not None:
            done(0)
        probabilities, seconds = out_of_fold(
            row.pipeline(blocks, size, seed),
            data.frame,
            data.target,
            splits,
            n_jobs=n_jobs,
            progress=done,
        )
        estimates = multilabel_estimates(data.target, probabilities, resamples)
        yield Result(row.method, row.group, estimates, row.paper, seconds)


def add_arguments(parser):
    """Add the options of this command to its parser."""
    parser.add_argument(
        "--city",
        metavar="NAME",
        help="of --data, only this city, such as NYC or TKY",
    )
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="folds at a time (default: 1)"
    )


def run(options, progress, file=None):
    """Compute the tables, printing them row by row.

    Parameters
    ----------
    options : Namespace
        What the command line says.

    progress : Progress
        The line that is written over.

    file : file, default=None
        Where to print; None is the standard output.

    Returns
    -------
    list of (str, ResultTable)
        A table for each kind of folds, and what to call its files.
    """
    file = sys.stdout if file is None else file
    size = QUICK if options.quick else VenueSize()
    if options.data is None:
        if options.city is not None:
            raise ValueError("--city is one of those in --data: pass the folder too.")
        n_venues = options.rows or size.n_venues
        data = synthetic_venues(n_venues, size.n_photos, seed=options.seed)
    else:
        progress.show("Reading check-ins")
        n_rows = options.rows or (2000 if options.quick else _LARGEST)
        data = read_venues(
            options.data, city=options.city, n_rows=n_rows, seed=options.seed
        )
    progress.clear()
    size = replace(size, batch_size=_batch_size(len(data.frame), size.batch_size))
    if data.from_checkins:
        from sklearn_geo.reproduce._city_blocks import CITY_NARROW

        size = replace(size, narrow=CITY_NARROW)
    print(_introduction(data, size), file=file, flush=True)
    blocks = venue_blocks(data, size, options.seed, progress)
    rows = venue_rows(blocks)
    resamples = Resamples(len(data.target), size.n_resamples, random_state=options.seed)
    tables = []
    for kind in FOLD_KINDS if options.folds == "both" else [options.folds]:
        splits = split_rows(
            data.places, kind, n_splits=size.n_splits, random_state=options.seed
        )
        table = ResultTable(
            f"Venue annotation of {data.name}, {_folds(data, kind, size)}",
            [HAMMING, COVERAGE, MAP],
            methods=[row.method for row in rows],
        )
        print(file=file)
        table.print_head(file)
        results = score_venues(
            rows, blocks, data, splits, size=size, seed=options.seed,
            resamples=resamples, n_jobs=options.jobs,
            progress=_shower(progress, rows, size.n_splits),
        )  # fmt: skip
        for result in results:
            progress.clear()
            table.append(result, file=file)
        table.notes += [*_findings(table.rows), *_remarks(data)]
        table.print_notes(file)
        tables.append((f"venue_{kind}", table))
    return tables


def venue_blocks(data, size, seed, progress=None):
    """Make the representations that the data allow.

    Parameters
    ----------
    data : VenueData
        The venues.

    size : VenueSize
        Settings of the students.

    seed : int
        Their seed.

    progress : Progress, default=None
        Where to say what is trained.

    Returns
    -------
    dict of str to (transformer, list of str)
        The representations.

    See Also
    --------
    photo_blocks : Those over a corpus of photos.
    city_blocks : Those over the check-ins of a city.

    Examples
    --------
    >>> from sklearn_geo.reproduce import VenueSize, synthetic_venues, venue_blocks
    >>> size = VenueSize(student_hidden=(4,), student_max_iter=1)
    >>> transformer, columns = venue_blocks(synthetic_venues(20, 200), size, 0)["utm"]
    >>> columns
    ['latitude', 'longitude']
    """

    def say(text):
        if progress is not None:
            progress.show(f"Training {text}")

    if data.from_checkins:
        from sklearn_geo.reproduce._city_blocks import city_blocks

        blocks = city_blocks(data, size=size, random_state=seed, progress=say)
    else:
        blocks = photo_blocks(data, size=size, random_state=seed, progress=say)
    if progress is not None:
        progress.clear()
    return blocks


def _shower(progress, rows, n_splits):
    """Return what shows how far the table is."""
    total = len(rows) * n_splits
    numbers = {row.method: number for number, row in enumerate(rows)}

    def show(row, n_done):
        done = numbers[row.method] * n_splits + n_done
        progress.bar(done, total, row.method)

    return show


def _batch_size(n_rows, least):
    """Return a power of two near a hundredth of the rows: tens of thousands take long.

    The paper has 32, on data of an unknown number of venues.
    """
    return int(np.clip(2 ** int(np.log2(n_rows / 100 + 1)), least, 256))


def _introduction(data, size):
    """Say what is asked, and of what, and how it is learnt."""
    shares = ", ".join(
        f"{label} {100 * share:.0f} %"
        for label, share in zip(data.labels, data.target.mean(axis=0), strict=True)
    )
    around = (
        f"the check-ins of {data.tags.n_photos:,} venues around"
        if data.from_checkins
        else f"{data.tags.n_photos:,} photos around"
    )
    return (
        "Which labels does a venue have? B: 34 columns of when and by whom it is "
        "visited.\nThe place adds what is known from "
        f"{around}.\nLabels: {shares}.\n"
        f"Classifiers: a hidden layer of {size.hidden} a block, batches of "
        f"{size.batch_size} (the paper: 512 and 32)."
    )


def _folds(data, kind, size):
    if kind == "random":
        return f"{size.n_splits} random folds of venues"
    level = block_level(data.places, size.n_splits)
    return f"{size.n_splits} folds of whole S2 cells of level {level}"


def _findings(results):
    """Say what fusion and attention gained, on the same resamples."""
    scores = {each.method: each.values[MAP.name] for each in results}
    ours = "Ours + B"
    notes = []
    for other, text in (
        ("Baseline", "the check-ins alone (B)"),
        (CONCATENATED, "concatenation of the same blocks"),
        ("Ours + B, logistic", "logistic regression on the same columns"),
        ("Ours + B, boosted trees", "boosted trees on the same columns"),
    ):
        gain = difference(scores[ours], scores[other])
        notes.append(
            f"mAP of {ours} minus that of {text}: {gain.value:+.3f} "
            f"(95 % of resamples: {gain.low:+.3f} to {gain.high:+.3f})."
        )
    return notes


def _remarks(data):
    """Say what is different here."""
    if data.from_checkins:
        return [
            "There are no photos here, so objects and scenes are left out, and tags "
            "are what people do around a venue: the times of check-ins at other "
            "venues. Ours is these times at the nearest 40 and 200 venues, and the "
            "labels of training venues within reach, none of which is the venue's "
            "own. OneHot is of small S2 cells, since a city is in one UTM zone; radii "
            "and distances are chosen by how far the nearest venues are."
        ]
    if data.looks is None:
        return ["The photos have no object and scene posteriors: Ours is without them."]
    return ["Venues, check-ins and photos are synthetic, of one invented world."]
