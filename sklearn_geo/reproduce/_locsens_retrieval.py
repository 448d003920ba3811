# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos for a tag and a place: the retrieval table of LocSens, from near to far."""

import sys
import time
from dataclasses import dataclass

import numpy as np
from sklearn.frozen import FrozenEstimator

from sklearn_geo.metrics import (
    precision_at_k_within_km,
    precision_ceiling_at_k_within_km,
)
from sklearn_geo.ranking import RadiusFilter
from sklearn_geo.reproduce._locsens_figures import figures
from sklearn_geo.reproduce._locsens_models import LocSensModels
from sklearn_geo.reproduce._locsens_options import (
    LOCSENS_DIFFERS,
    add_locsens_arguments,
    choose_size,
    run_in_turn,
    trunk_notes,
)
from sklearn_geo.reproduce._locsens_task import open_photos
from sklearn_geo.reproduce._scoring import FOLD_KINDS, Resamples
from sklearn_geo.reproduce._tables import Measure, Result, ResultTable

__all__ = ["ROWS", "Found", "RetrievalJudge", "RetrievalRow", "add_arguments", "run"]

_K = 10
# Anywhere, continent, country, region, city and street.
_KM = (np.inf, 2500.0, 750.0, 200.0, 25.0, 1.0)
_DISTANCES = tuple(
    Measure(name, decimals=1, percent=True, interval=name in ("750 km", "25 km"))
    for name in ("anywhere", "2500 km", "750 km", "200 km", "25 km", "1 km")
)
_FAR, _NEAR = _DISTANCES[:3], _DISTANCES[3:]
_MACRO = Measure("P@10 of tags", decimals=1, percent=True)
# A tag is a query where so many test photos have it.
_LEAST_PHOTOS = 10
_NO_PLACE, _TRUNK, _OURS = "without the place", "LocSens", "ours"
#: The mean over tags is published of MCC; see the notes of that table.
_PAPER_MACRO = {"MCC": 0.1407}


@dataclass(frozen=True)
class RetrievalRow:
    """One row of the tables.

    Parameters
    ----------
    method : str
        What it is called.

    group : str
        The heading it stands under.

    paper : tuple of float, default=()
        The paper's P@10 anywhere and within 2500, 750, 200, 25 and 1 km, in percent.

    sigma_km : float, default=None
        The state of a training by location sampling that answers.

    radius_km : float, default=None
        How far photos may be, for a filter.
    """

    method: str
    group: str
    paper: tuple = ()
    sigma_km: float | None = None
    radius_km: float | None = None

    def published(self):
        """Return the paper's numbers as a table takes them."""
        names = [measure.name for measure in _DISTANCES]
        numbers = dict(zip(names, self.paper, strict=False))
        return {n: v / 100.0 for n, v in numbers.items() if v is not None}


@dataclass(frozen=True)
class _Work:
    """What is learnt once, and the rows that it answers.

    Parameters
    ----------
    method : str
        What is waited for.

    maker : tuple
        A method of :class:`LocSensModels` and what it is called with; empty for the
        ceiling, which learns nothing.

    rows : tuple of RetrievalRow
        The rows.
    """

    method: str
    maker: tuple
    rows: tuple


def _alone(method, group, paper, *maker):
    return _Work(method, maker, (RetrievalRow(method, group, paper),))


WORK = (
    _alone("MLC", _NO_PLACE, (5.28, 2.54, 1.65, 1.00, 0.62, 0.17), "embedding", "mlc"),
    _alone(
        "MCC", _NO_PLACE, (42.18, 29.23, 24.2, 18.34, 13.25, 4.66), "embedding", "mcc"
    ),
    _alone(
        "HER", _NO_PLACE, (37.36, 25.03, 20.27, 15.51, 11.23, 3.65), "embedding", "her"
    ),
    _alone(
        "zeroed", _TRUNK, (40.05, 28.32, 24.34, 18.44, 12.79, 3.74), "trunk",
        "retrieval", "zeroed",
    ),
    _alone(
        "raw", _TRUNK, (32.74, 28.42, 25.52, 21.83, 15.53, 4.83), "trunk",
        "retrieval", "raw",
    ),
    _alone(
        "dropout", _TRUNK, (36.95, 30.42, 26.14, 20.46, 14.28, 4.64), "trunk",
        "retrieval", "dropout",
    ),
    _Work(
        "sampling",
        ("trunk", "retrieval", "sampling"),
        tuple(
            RetrievalRow(f"sigma {sigma}", _TRUNK, paper, sigma_km=km)
            for sigma, km, paper in (
                ("1", 20_000.0, (40.60, 28.40, 23.84, 18.16, 13.04, 4.13)),
                ("0.1", 2_000.0, (40.03, 29.30, 24.36, 18.83, 13.46, 4.22)),
                ("0.05", 1_000.0, (39.80, 31.25, 25.76, 19.58, 13.78, 4.30)),
                ("0.01", 200.0, (37.05, 31.27, 26.65, 20.14, 14.15, 4.44)),
                ("0", 0.0, (35.95, 30.61, 27.00, 21.39, 14.75, 4.83)),
            )
        ),
    ),
    _alone("Multilinear, raw", _OURS, (), "multilinear", "retrieval", "raw"),
    _Work(
        "Multilinear, sampling",
        ("multilinear", "retrieval", "sampling"),
        tuple(
            RetrievalRow(f"Multilinear, {km:,.0f} km", _OURS, (), sigma_km=km)
            for km in (20_000.0, 2_000.0, 1_000.0, 200.0, 0.0)
        ),
    ),
    _Work(
        "MCC, filtered",
        ("embedding", "mcc"),
        tuple(
            RetrievalRow(f"MCC within {km:,.0f} km", _OURS, (), radius_km=km)
            for km in (2500.0, 200.0, 25.0)
        ),
    ),
    _alone("Ceiling", "the best possible", (100.0, 96.1, 90.5, 80.3, 64.5, 42.5)),
)  # fmt: skip
ROWS = tuple(row for work in WORK for row in work.rows)


def add_arguments(parser):
    """Add the options of this command to its parser."""
    add_locsens_arguments(parser)
    parser.add_argument(
        "--exclude-self",
        action="store_true",
        help="the photo that a query was made of is no answer; in the paper it is one",
    )


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
    list of (str, ResultTable or DisplayFiles)
        Names for files, and what is written to them.
    """
    file = sys.stdout if file is None else file
    size = choose_size(options)
    progress.show("photos")
    photos = open_photos(options, size)
    outcome = []
    for kind in FOLD_KINDS if options.folds == "both" else (options.folds,):
        train, test = photos.split(kind, options.seed)
        models = LocSensModels(photos, train, size, seed=options.seed)
        judge = RetrievalJudge(
            photos, test, size, exclude_self=options.exclude_self, seed=options.seed
        )
        tables = _tables(judge, photos, kind, len(train))
        progress.show("MCC")
        models.mcc  # noqa: B018 (others need it, so it is learnt before jobs start)
        progress.clear()
        tables["far"].print_head(file)
        answers = run_in_turn(_answer, models, WORK, (judge,), options, progress)
        found = [each for answered in answers for each in _add(tables, answered, file)]
        for name, table in tables.items():
            table.notes += _notes(name, judge, photos, size)
            if name == "far":
                table.print_notes(file)
            else:
                print(f"\n{table.to_text()}", file=file, flush=True)
            outcome.append((f"locsens_retrieval_{name}_{kind}", table))
        if options.out is not None:
            outcome += figures(judge, found, photos, train, kind)
        print(file=file)
    return outcome


def _add(tables, answered, file):
    """Add what was found to the tables, and print the rows of the first."""
    for each in answered:
        common = {"method": each.row.method, "group": each.row.group}
        paper = each.row.published()
        for name, measures in (("far", _FAR), ("near", _NEAR)):
            names = [measure.name for measure in measures]
            tables[name].append(
                Result(
                    **common,
                    values={key: each.estimates[key] for key in names},
                    paper={key: paper[key] for key in names if key in paper},
                    seconds=each.seconds,
                ),
                file=file if name == "far" else None,
            )
        if each.of_tags is not None:
            published = _PAPER_MACRO.get(each.row.method)
            tables["tags"].append(
                Result(
                    **common,
                    values={_MACRO.name: each.mean_of_tags},
                    paper={} if published is None else {_MACRO.name: published},
                )
            )
        yield each


@dataclass(frozen=True)
class Found:
    """What a method found.

    Parameters
    ----------
    row : RetrievalRow
        The method.

    precision : ndarray of shape (n_queries, 6)
        P@10 of every query within every distance.

    estimates : dict of str to Estimate
        Its means, by distance.

    seconds : float
        For learning and answering.

    of_tags : ndarray of shape (n_tag_queries,), default=None
        P@10 anywhere, where every frequent tag is one query.

    mean_of_tags : Estimate, default=None
        Its mean.
    """

    row: RetrievalRow
    precision: np.ndarray
    estimates: dict
    seconds: float
    of_tags: np.ndarray | None = None
    mean_of_tags: object = None


class RetrievalJudge:
    """Asks for photos of test users, and says how good the answers are.

    Parameters
    ----------
    photos : TaggedPhotos
        The photos.

    test : ndarray of int
        The gallery. A query is a random tag of one of them, and its place.

    size : LocSensSize
        With the number of queries and of resamples.

    exclude_self : bool, default=False
        Whether the photo that a query was made of is no answer.

    seed : int, default=0
        Draws queries and resamples.

    Attributes
    ----------
    asked : ndarray of int of shape (n_queries,)
        Positions in the gallery of the photos that queries are made of.

    tags : ndarray of int of shape (n_queries,)
        The tags asked for.

    places : ndarray of shape (n_queries, 2)
        The places asked for.

    frequent : ndarray of int
        Tags that at least ten photos of the gallery have.
    """

    def __init__(self, photos, test, size, *, exclude_self=False, seed=0):
        self.test, self.exclude_self = test, exclude_self
        self.gallery_tags = photos.y[test]
        self.gallery_places = photos.places[test]
        rng = np.random.default_rng([seed, 2])
        n_tags = np.diff(self.gallery_tags.indptr)
        tagged = np.flatnonzero(n_tags)
        n_queries = min(size.n_queries, len(tagged))
        self.asked = np.sort(rng.choice(tagged, n_queries, replace=False))
        drawn = (rng.random(n_queries) * n_tags[self.asked]).astype(np.int64)
        at = self.gallery_tags.indptr[self.asked] + drawn
        self.tags = self.gallery_tags.indices[at].astype(np.int64)
        self.places = self.gallery_places[self.asked]
        self.users = photos.users[test][self.asked]
        counts = self.gallery_tags.sum(axis=0)
        self.frequent = np.flatnonzero(counts >= _LEAST_PHOTOS)
        settings = {"n_resamples": size.n_resamples, "random_state": seed}
        self.resamples = Resamples(n_queries, groups=self.users, **settings)
        self._tag_resamples = None
        if self.frequent.size:
            self._tag_resamples = Resamples(len(self.frequent), **settings)

    @property
    def n_listed(self):
        """How many photos to list for a query."""
        return _K + self.exclude_self

    def found(self, row, lists, seconds, of_tags=None):
        """Measure the answers of a method.

        Parameters
        ----------
        row : RetrievalRow
            The method.

        lists : ndarray of int of shape (n_queries, n_listed) or None
            The photos found; None is the best possible.

        seconds : float
            How long it took.

        of_tags : ndarray of int of shape (n_tag_queries, 10), default=None
            The photos found for every frequent tag.

        Returns
        -------
        Found
        """
        queries = self.tags, self.places, self.gallery_tags, self.gallery_places
        settings = {
            "k": _K,
            "km": _KM,
            "exclude_self": self.asked if self.exclude_self else None,
            "average": None,
        }
        if lists is None:
            precision = precision_ceiling_at_k_within_km(*queries, **settings)
        else:
            precision = precision_at_k_within_km(*queries, lists, **settings)
        estimates = {
            measure.name: self.resamples.mean(precision[:, at])
            for at, measure in enumerate(_DISTANCES)
        }
        mean_of_tags = None
        if of_tags is not None:
            of_tags = precision_at_k_within_km(
                self.frequent, None, self.gallery_tags, None, of_tags,
                k=_K, km=np.inf, average=None,
            )  # fmt: skip
            mean_of_tags = self._tag_resamples.mean(of_tags)
        return Found(row, precision, estimates, seconds, of_tags, mean_of_tags)


def _answer(models, work, judge):
    """Teach a method, and let it answer the queries of its rows."""
    start = time.perf_counter()
    if not work.maker:
        return [judge.found(work.rows[0], None, np.nan)]
    name, *arguments = work.maker
    if name == "embedding":
        return _by_the_tag(models, work, judge, arguments[0], start)
    model = models.fit(getattr(models, name)(*arguments), "all")
    model.index(models.read("all", judge.test))
    found = []
    for row in work.rows:
        # That of the largest sigma of at most half the distance answers.
        granularity = None
        if row.sigma_km is not None:
            granularity = 2.0 * row.sigma_km or np.finfo(np.float64).tiny
        lists = model.retrieve(
            judge.tags, judge.places, judge.n_listed, granularity=granularity
        )
        found.append(judge.found(row, lists, time.perf_counter() - start))
        start = time.perf_counter()
    return found


def _by_the_tag(models, work, judge, supervision, start):
    """Let an embedding answer, which does not know of places; a filter may."""
    model = models.mcc
    if supervision == "mcc":
        start -= models.mcc_seconds
    else:
        model = models.fit(models.embedding(supervision), "picture")
    if work.rows[0].radius_km is not None:
        return list(_filtered(models, work, judge, model))
    model.index(models.read("picture", judge.test))
    lists = _retrieved(model, judge.tags, judge.n_listed)
    seconds = time.perf_counter() - start
    of_tags = None
    if judge.frequent.size:
        of_tags = _retrieved(model, judge.frequent, _K)
    return [judge.found(work.rows[0], lists, seconds, of_tags)]


def _retrieved(model, tags, k):
    """List photos for tags; none where a tag has no vector, as HER may have it."""
    lists = np.full((len(tags), k), -1, dtype=np.int64)
    known = model.tag_vectors_[tags].any(axis=1)
    if known.any():
        lists[known] = model.retrieve(tags[known], k)
    return lists


def _filtered(models, work, judge, model):
    for row in work.rows:
        start = time.perf_counter()
        by_radius = RadiusFilter(FrozenEstimator(model), radius_km=row.radius_km)
        models.fit(by_radius, "all").index(models.read("all", judge.test))
        lists = by_radius.retrieve(judge.tags, judge.places, judge.n_listed)
        yield judge.found(row, lists, time.perf_counter() - start)


def _tables(judge, photos, kind, n_train):
    """Return empty tables by name."""
    apart = "users" if kind == "random" else "users and S2 cells"
    where = (
        f"{photos.title}: {n_train:,} teach, {len(judge.test):,} are looked through, "
        f"{apart} apart"
    )
    queries = f"{len(judge.tags):,} queries by a tag and a place (P@10)"
    common = {
        "methods": [row.method for row in ROWS],
        "data_differ": LOCSENS_DIFFERS,
    }
    tables = {
        "far": ResultTable(f"Retrieval, {queries}. {where}.", _FAR, **common),
        "near": ResultTable(f"Retrieval, nearer, {queries}. {where}.", _NEAR, **common),
    }
    if judge.frequent.size:
        title = f"Retrieval by {len(judge.frequent):,} tags, a query each. {where}."
        tables["tags"] = ResultTable(title, [_MACRO], **common)
    return tables


def _notes(name, judge, photos, size):
    """Say how to read a table."""
    if name == "tags":
        return [
            f"Every tag that {_LEAST_PHOTOS} photos of the gallery have is one query, "
            "and all tags count alike; intervals are over tags. Never compare this "
            "mean with those above, in which a tag counts as often as it is drawn: of "
            "MCC, the paper's are 14.07 and 42.18."
        ]
    if name == "near":
        return ["The same answers as above: only what counts as near is less."]
    own = "is no answer" if judge.exclude_self else "may be an answer, as in the paper"
    return [
        "A photo found is right if it has the tag and was taken within the distance. "
        "Queries are a random tag and the place of photos of the gallery; the photo "
        f"itself {own}. Intervals are over users.",
        "sigma: states of one training by location sampling, from places told roughly "
        "(sigma 1, from pole to pole) to exactly (0); Multilinear is the same of our "
        "scorer, in km. MCC within: photos within the radius, ranked by the tag, so "
        "lists may end early.",
        *trunk_notes(size),
        *photos.notes,
    ]
