# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Table 7 of the paper: how long it takes to encode a place, by each of the methods."""

import os
import platform
import sys
import tempfile
import time
from dataclasses import dataclass

import numpy as np

from sklearn_geo.context import GPS2VecPlusTransformer, NumpyContextEncoder
from sklearn_geo.datasets import make_geotagged_photos
from sklearn_geo.geometry import utm_zones
from sklearn_geo.neighbors import (
    GeoNeighborTagPropagator,
    GeoTagCorpus,
    VisualNeighborTagPropagator,
)
from sklearn_geo.reproduce._speed import (
    BallTreeTags,
    in_batches,
    median_of,
    one_at_a_time,
)
from sklearn_geo.reproduce._tables import Measure, Result, ResultTable

__all__ = ["PAPER", "QUICK", "Contest", "Sizes", "add_arguments", "run"]

_SECONDS = Measure("seconds a place", better="lower", decimals=6, log=True)
#: The paper's seconds a place.
PAPER = {"geo": 0.008, "visual": 2.050, "student": 0.029}
_MACHINES_DIFFER = (
    "The paper's numbers are from another machine (Xeon E5-2630 v4 at 2.2 GHz) and "
    "other photos, so they are here for comparison only."
)
_GEO, _VISUAL = "unsupervised: Geo KNN", "unsupervised: Visual KNN"
_STUDENT = "supervised: networks of zones"
_BALL_TREE = "scikit-learn BallTree, one place"
_VISUAL_SIGMA, _N_NEIGHBORS = 10.0, 150


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Parameters
    ----------
    n_photos : int
        Photos of the corpus.

    n_tags, n_features : int
        Columns of tags and of features.

    hidden : tuple of int
        Widths of the networks.

    n_single, n_visual, n_batch : int
        Places that are encoded one at a time, by looks one at a time, and together.

    n_times : int
        How often batches are measured.
    """

    n_photos: int = 50_000
    n_tags: int = 2000
    n_features: int = 500
    hidden: tuple = (512, 1024, 2048)
    n_single: int = 200
    n_visual: int = 30
    n_batch: int = 1000
    n_times: int = 7


QUICK = Sizes(10_000, 500, 100, (128, 256, 512), 50, 15, 200, 6)


def add_arguments(parser):
    """Add nothing: `--rows` is the number of photos that are looked up.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        What reads the command line.
    """
    parser.epilog = (
        "--rows is the number of photos that are looked up. --data and --folds change "
        "nothing here: places of any photos take as long."
    )


def run(options, progress):
    """Measure, and print the table row by row.

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
    if options.data is not None:
        raise ValueError("--data is not for efficiency, whose photos are synthetic.")
    sizes = QUICK if options.quick else Sizes()
    n_photos = options.rows or sizes.n_photos
    table = ResultTable(
        f"Table 7: seconds to encode a place, on this machine. {n_photos:,} synthetic "
        f"photos are looked up, for {_N_NEIGHBORS} neighbours with {sizes.n_tags:,} "
        f"tags; features have {sizes.n_features} columns.",
        (_SECONDS,),
        methods=[_BALL_TREE],
        data_differ=_MACHINES_DIFFER,
    )
    progress.show("photos")
    contest = Contest(sizes, n_photos, seed=options.seed)
    progress.clear()
    table.print_head()
    for row in contest.rows(progress):
        table.append(row, file=sys.stdout)
    table.notes += contest.notes()
    table.print_notes()
    return [("efficiency_table7", table)]


class Contest:
    """Measures all methods on the same places.

    Parameters
    ----------
    sizes : Sizes
        How much is measured.

    n_photos : int
        Photos that are looked up.

    seed : int, default=0
        Decides the photos.
    """

    def __init__(self, sizes, n_photos, *, seed=0):
        photos = make_geotagged_photos(
            n_photos + 2 * sizes.n_batch,
            n_tags=sizes.n_tags,
            n_features=sizes.n_features,
            random_state=seed,
        )
        self.sizes, self.seed = sizes, seed
        self.corpus = GeoTagCorpus(
            photos.places[:n_photos], photos.tags[:n_photos], photos.data[:n_photos]
        )
        # Asked for in the zones that have networks, so that these have to answer.
        zones = utm_zones(photos.places)
        largest = np.argsort(-np.bincount(zones[:n_photos]), kind="stable")[:3]
        self._inside = np.isin(zones[:n_photos], largest)
        asked = n_photos + np.flatnonzero(np.isin(zones[n_photos:], largest))
        self.places = photos.places[np.resize(asked, sizes.n_batch)]
        self.looks = photos.data[n_photos : n_photos + sizes.n_batch]
        self._notes = []

    def rows(self, progress):
        """Measure one method after the other.

        Parameters
        ----------
        progress : Progress
            Shows what is being measured.

        Yields
        ------
        Result
        """
        yield from self._geo(progress)
        yield from self._visual(progress)
        yield from self._student(progress)

    def notes(self):
        """Return what the numbers rest on."""
        import torch

        return [
            "Medians of repeated measurements, with intervals of the median; indexing "
            "and training, which are done once, do not count. Ours and BallTree return "
            "the same rows, which was checked.",
            *self._notes,
            f"{platform.processor() or platform.machine()}, {os.cpu_count()} "
            f"processors, torch on {torch.get_num_threads()} threads.",
        ]

    def _geo(self, progress):
        places, sizes = self.places, self.sizes
        progress.show("Geo KNN")
        ours = GeoNeighborTagPropagator(_N_NEIGHBORS, corpus=self.corpus).fit(places)
        tree = BallTreeTags(
            self.corpus.places, self.corpus.tags, n_neighbors=_N_NEIGHBORS
        )
        _check_same(ours, tree, places[:20])
        seconds = one_at_a_time(tree.transform, places[: sizes.n_single])
        yield _row(_BALL_TREE, _GEO, seconds, PAPER["geo"])
        seconds = one_at_a_time(ours.transform, places[: sizes.n_single])
        yield _row("ours, one place", _GEO, seconds)
        seconds = in_batches(ours.transform, places, sizes.n_times)
        yield _row(f"ours, {sizes.n_batch:,} places", _GEO, seconds)

    def _visual(self, progress):
        looks, sizes = self.looks, self.sizes
        progress.show("Visual KNN")
        ours = VisualNeighborTagPropagator(
            _N_NEIGHBORS, sigma=_VISUAL_SIGMA, metric="euclidean", corpus=self.corpus
        ).fit(looks)
        tree = BallTreeTags(
            self.corpus.features,
            self.corpus.tags,
            n_neighbors=_N_NEIGHBORS,
            sigma=_VISUAL_SIGMA,
            metric="euclidean",
        )
        _check_same(ours, tree, looks[:3])
        seconds = one_at_a_time(tree.transform, looks[: sizes.n_visual])
        yield _row(_BALL_TREE, _VISUAL, seconds, PAPER["visual"])
        seconds = one_at_a_time(ours.transform, looks[: sizes.n_visual])
        yield _row("ours (all compared), one place", _VISUAL, seconds)
        seconds = in_batches(ours.transform, looks[: sizes.n_batch], sizes.n_times)
        yield _row(f"ours, {sizes.n_batch:,} places", _VISUAL, seconds)

    def _student(self, progress):
        places, sizes = self.places, self.sizes
        progress.show("networks of three zones")
        began = time.perf_counter()
        student = self._train()
        self._notes.append(
            f"Networks have the widths {sizes.hidden} in {len(student.zone_report_)} "
            f"zones. They saw their photos once, in {time.perf_counter() - began:.0f} "
            "s: what they say is not used here, and how long it takes does not depend "
            "on it."
        )
        progress.show("networks")
        single = places[: sizes.n_single]
        yield _row(
            "ours, one place",
            _STUDENT,
            one_at_a_time(student.transform, single),
            PAPER["student"],
        )
        seconds = in_batches(student.transform, places, sizes.n_times)
        yield _row(f"ours, {sizes.n_batch:,} places", _STUDENT, seconds)
        with tempfile.TemporaryDirectory() as folder:
            student.save_pretrained(folder)
            plain = NumpyContextEncoder(folder).fit(single)
            seconds = one_at_a_time(plain.transform, single)
        yield _row("ours without torch, one place", _STUDENT, seconds)

    def _train(self):
        """Fit networks of the paper's size, no longer than it takes to have them."""
        rows = np.flatnonzero(self._inside)[: 3 * self.sizes.n_batch]
        teacher = GeoNeighborTagPropagator(_N_NEIGHBORS, dtype=np.float32)
        student = GPS2VecPlusTransformer(
            contexts={"tag": self.corpus.n_tags},
            target_propagator=teacher,
            hidden=self.sizes.hidden,
            min_samples=2,
            missing_zone="nearest",
            max_iter=1,
            early_stopping=False,
            device="cpu",
            random_state=self.seed,
        )
        return student.fit(self.corpus.places[rows], self.corpus.tags[rows])


def _row(method, group, seconds, paper=None):
    papers = {} if paper is None else {_SECONDS.name: paper}
    values = {_SECONDS.name: median_of(seconds)}
    return Result(method, group, values, papers)


def _check_same(ours, tree, rows):
    """Two that do not say the same need not be compared."""
    difference = abs(ours.transform(rows) - tree.transform(rows)).max()
    if difference > 1e-6:
        raise ValueError(
            f"The rows of {type(ours).__name__} and of BallTree differ by {difference}."
        )
