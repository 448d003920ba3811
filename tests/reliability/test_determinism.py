# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Same seed, same numbers: what docs/determinism.csv promises of each estimator holds.

The columns of the table, and what is done to an estimator for each:

- "another fit": fitted again after others have drawn random numbers, as a clone, and
  copied by a pickle; nobody else's random numbers are touched;
- "another process": another seed of hashes, and two threads instead of one;
- "other rows": rows are asked one by one, in another order, or in batches;
- "n_jobs": two workers instead of one, which are threads, processes, or of dask;
- "taught in another order": the same rows are taught in another order.
"""

import csv
import pickle
import random
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import joblib
import numpy as np
import pytest
import sklearn
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_predict

from tests.dask_workers import two_workers
from tests.reliability import NIGHTLY, scale
from tests.reliability.elsewhere import N_ASKED
from tests.reliability.subjects import SUBJECTS, answers, taught

TABLE = Path(__file__).parents[2] / "docs" / "determinism.csv"
CONDITIONS = (
    "another fit",
    "another process",
    "other rows",
    "n_jobs",
    "taught in another order",
)
TOLERANCES = {"1e-6": 1e-6, "1e-12": 1e-12}
NOTHING = ("not promised", "has none")
SEEDS = range(scale(1, 20))
BY_NAME = {subject.name: subject for subject in SUBJECTS}


@cache
def table():
    with TABLE.open(newline="", encoding="utf-8") as file:
        return {row.pop("estimator"): row for row in csv.DictReader(file)}


def promised(condition):
    """Parametrize by the subjects of whom something is promised."""
    return pytest.mark.parametrize(
        ("subject", "promise"),
        [
            pytest.param(BY_NAME[name], row[condition], id=name)
            for name, row in table().items()
            if row[condition] not in NOTHING and BY_NAME[name].methods
        ],
    )


def check(said, expected, promise):
    """Compare answers, whatever they are made of."""
    if isinstance(expected, dict):
        assert said.keys() == expected.keys()
        for method, answer in expected.items():
            check(said[method], answer, promise)
    elif isinstance(expected, list):
        assert len(said) == len(expected)
        for one, other in zip(said, expected, strict=True):
            check(one, other, promise)
    else:
        assert said.dtype == expected.dtype
        assert said.shape == expected.shape
        if promise == "bitwise" or expected.dtype.kind != "f":
            # Not to mistake -0.0 for 0.0, and to know a NaN again.
            assert_array_equal(said, expected)
            if expected.dtype.kind == "f":
                assert said.tobytes() == expected.tobytes()
        else:
            tolerance = TOLERANCES[promise]
            assert_allclose(said, expected, rtol=tolerance, atol=tolerance)


def asked(subject, n=N_ASKED, seed=1):
    return subject.rows(np.random.default_rng(seed), n)


@cache
def expected(subject, seed=0):
    """Return a fitted subject and its answers, which nobody changes."""
    estimator = taught(subject, seed=seed)
    return estimator, answers(subject, estimator, asked(subject))


def take(rows, at):
    return rows.iloc[at] if hasattr(rows, "iloc") else rows[at]


def select(said, at):
    """Return the answers to some of the rows."""
    if isinstance(said, dict):
        return {method: select(answer, at) for method, answer in said.items()}
    return [select(part, at) for part in said] if isinstance(said, list) else said[at]


def join(parts):
    """Put answers to pieces of the rows together."""
    first = parts[0]
    if isinstance(first, dict):
        return {method: join([part[method] for part in parts]) for method in first}
    if isinstance(first, list):
        return [join(list(pieces)) for pieces in zip(*parts, strict=True)]
    return np.concatenate(parts)


def chance():
    """Return the states of the random numbers that everybody shares."""
    name, keys, at, has_gauss, gauss = np.random.get_state()  # noqa: NPY002
    numpy_state = (name, keys.tobytes(), at, has_gauss, gauss)
    return numpy_state, torch.get_rng_state().numpy().tobytes(), random.getstate()


def test_the_table_has_every_subject_and_knows_its_words():
    assert list(table()) == [subject.name for subject in SUBJECTS]
    words = {"bitwise", *TOLERANCES, *NOTHING}
    for name, row in table().items():
        assert list(row) == list(CONDITIONS)
        assert set(row.values()) <= words, name
        has_jobs = "n_jobs" in BY_NAME[name].make().get_params(deep=False)
        assert (row["n_jobs"] != "has none") == has_jobs, name
        assert row["another fit"] == row["another process"] == "bitwise"


@promised("another fit")
def test_another_fit(subject, promise):
    estimator, before = expected(subject)
    X = asked(subject)
    copy = pickle.loads(pickle.dumps(estimator))
    check(answers(subject, copy, X), before, promise)
    np.random.seed(11)  # noqa: NPY002
    torch.manual_seed(12)
    random.seed(13)
    state = chance()
    again = taught(subject)
    check(answers(subject, again, X), before, promise)
    if "random_state" in again.get_params(deep=False):
        # A seed decides it all: nobody else's numbers are drawn, or set back.
        assert chance() == state
    rng = np.random.default_rng(0)
    rows = subject.rows(rng, 60)
    twin = clone(estimator).fit(rows, **subject.targets(rng, rows))
    check(answers(subject, twin, X), before, promise)


@promised("another process")
def test_another_process(subject, promise, elsewhere):
    check(elsewhere["answers"][subject.name], expected(subject)[1], promise)


@promised("other rows")
@pytest.mark.parametrize("seed", SEEDS)
def test_other_rows(subject, promise, seed):
    estimator, _ = expected(subject)
    X = asked(subject, seed=seed + 1)
    before = answers(subject, estimator, X)
    alone = [answers(subject, estimator, take(X, [row])) for row in range(5)]
    check(join(alone), select(before, slice(5)), promise)
    order = np.random.default_rng(seed).permutation(len(X))
    check(answers(subject, estimator, take(X, order)), select(before, order), promise)
    with sklearn.config_context(working_memory=0.001):
        check(answers(subject, estimator, X), before, promise)


@promised("taught in another order")
@pytest.mark.parametrize("seed", SEEDS)
def test_taught_in_another_order(subject, promise, seed):
    rng = np.random.default_rng(seed)
    rows = subject.rows(rng, 60)
    targets = subject.targets(rng, rows)
    X = asked(subject)
    before = answers(subject, subject.make().fit(rows, **targets), X)
    order = rng.permutation(60)
    targets = {name: target[order] for name, target in targets.items()}
    again = subject.make().fit(take(rows, order), **targets)
    check(answers(subject, again, X), before, promise)


@pytest.fixture(scope="module")
def backends():
    """Return the names of the backends of joblib that are to be had here."""
    distributed = pytest.importorskip("distributed")
    with ExitStack() as stack:
        cluster = stack.enter_context(two_workers())
        stack.enter_context(distributed.Client(cluster))
        names = ["threading", "loky", "dask"]
        if NIGHTLY:
            ray = pytest.importorskip("ray")
            from ray.util.joblib import register_ray

            ray.init(address="local", num_cpus=2, include_dashboard=False)
            stack.callback(ray.shutdown)
            register_ray()
            names.append("ray")
        yield names


@promised("n_jobs")
def test_n_jobs(subject, promise, backends):
    _, before = expected(subject)
    for backend in backends:
        with joblib.parallel_config(backend, n_jobs=2):
            estimator = taught(subject, n_jobs=2)
            check(answers(subject, estimator, asked(subject)), before, promise)


@pytest.mark.parametrize(
    "name", ["AttentionFusionRegressor", "HierarchicalCellClassifier", "S2Partition"]
)
def test_folds_on_every_backend(name, backends):
    subject = BY_NAME[name]
    rng = np.random.default_rng(0)
    rows = subject.rows(rng, 60)
    y = subject.targets(rng, rows).get("y")
    before = cross_val_predict(subject.make(), rows, y, cv=3)
    for backend in backends:
        with joblib.parallel_config(backend):
            folds = cross_val_predict(subject.make(), rows, y, cv=3, n_jobs=2)
        check(folds, before, "bitwise")


def test_search_on_every_backend(backends):
    subject = BY_NAME["AttentionFusionClassifier"]
    rng = np.random.default_rng(0)
    rows = subject.rows(rng, 60)
    grid = {"hidden": [2, 4]}

    def scores(n_jobs):
        search = GridSearchCV(subject.make(), grid, cv=2, n_jobs=n_jobs)
        search.fit(rows, **subject.targets(rng, rows))
        return search.cv_results_["mean_test_score"]

    before = scores(None)
    for backend in backends:
        with joblib.parallel_config(backend):
            assert_array_equal(scores(2), before)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("GPS2VecPlusTransformer", {"max_loaded_zones": 1}),
        ("GPS2VecPlusTransformer", {"zones_at_once": 1}),
        ("GPS2VecPlusTransformer", {"zones_at_once": 3}),
        ("PosteriorTransformer", {"batch_size": 1}),
        ("PosteriorTransformer", {"batch_size": 7}),
    ],
    ids=str,
)
def test_what_is_looked_at_together_does_not_matter(name, params):
    subject = BY_NAME[name]
    _, before = expected(subject)
    check(answers(subject, taught(subject, **params), asked(subject)), before, "1e-6")


def test_photos_that_are_found_are_the_same():
    subject = BY_NAME["RadiusFilter"]
    rng = np.random.default_rng(3)
    gallery = subject.rows(rng, 40)
    place = gallery[0, :2]

    def found(estimator):
        estimator.index(gallery)
        return [
            part
            for tag in range(3)
            for part in estimator.retrieve(tag, place, 5, return_scores=True)
        ]

    before = found(taught(subject))
    assert before[0].size
    check(found(taught(subject)), before, "bitwise")
    copy = pickle.loads(pickle.dumps(taught(subject)))
    check(found(copy), before, "bitwise")
