# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where is a town of that name? The classifiers, SGDClassifier, neighbours, the prior.

This job is about how good answers are, not how fast: its goals are on median errors.
"""

import time
import warnings
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier

from benchmarks._harness import Bounded, Job, Measured
from benchmarks._inputs import town_names
from sklearn_geo.geolocation import (
    HierarchicalCellClassifier,
    NeighborGeolocator,
    PriorGeolocator,
)
from sklearn_geo.metrics import accuracy_at_km, median_great_circle_error

HELD_OUT = 0.2
BLOCK_DEGREES = 10.0
LOCALITIES_KM = (25, 200, 750, 2500)


@dataclass(frozen=True)
class Lead(Bounded):
    """A number that one runner reports over that of another."""

    over: str
    under: str
    what: str

    @property
    def name(self):
        return f"{self.what}, {self.over} / {self.under}"

    def value(self, outcome):
        numbers = outcome.numbers[outcome.sizes[-1]]
        return numbers[self.over][self.what] / numbers[self.under][self.what]


@dataclass
class Split:
    """Names as sparse n-grams, and places, of towns to learn from and to find."""

    X_train: sparse.csr_array
    y_train: np.ndarray
    X_test: sparse.csr_array
    y_test: np.ndarray
    # What a model has fitted, for the models that share it.
    models: dict = field(default_factory=dict)


@dataclass
class Inputs:
    splits: dict
    # Models have one answer: the harness asks more often than that.
    found: dict = field(default_factory=dict)


def _held_out(places, kind):
    rng = np.random.default_rng(1)
    n = round(HELD_OUT * len(places))
    if kind == "random":
        return rng.permutation(len(places)) < n
    blocks = np.floor(places / BLOCK_DEGREES).astype(int)
    _, block, counts = np.unique(
        blocks, axis=0, return_inverse=True, return_counts=True
    )
    block, order = block.ravel(), rng.permutation(len(counts))
    taken = order[: np.searchsorted(np.cumsum(counts[order]), n) + 1]
    return np.isin(block, taken)


def make(n):
    names, places = town_names(n)
    splits = {}
    for kind in ("random", "blocks"):
        test = _held_out(places, kind)
        grams = TfidfVectorizer(
            analyzer="char_wb",
            ngram_range=(1, 4),
            min_df=5,
            sublinear_tf=True,
            dtype=np.float32,
        )
        splits[kind] = Split(
            grams.fit_transform(names[~test]),
            places[~test],
            grams.transform(names[test]),
            places[test],
        )
    return Inputs(splits)


def _classifier(split, combine, point):
    # One network serves both rules for combining its heads.
    key = "tree" if combine == "tree_sum" else "heads"
    if key not in split.models:
        model = HierarchicalCellClassifier(
            combine=combine,
            hidden=(256,),
            batch_size=500,
            learning_rate_init=0.003,
            early_stopping=True,
            n_iter_no_change=2,
            calibration_fraction=None,
            random_state=0,
        )
        split.models[key] = model.fit(split.X_train, split.y_train)
    model = split.models[key].set_params(combine=combine, point=point)
    return model.predict(split.X_test)


def _stochastic_gradient(split):
    _classifier(split, "tree_sum", "mean")
    partition = split.models["tree"].partitions_[-1]
    cells = partition.predict(split.y_train)
    covered = cells >= 0
    model = SGDClassifier(
        loss="log_loss", alpha=1e-5, max_iter=5, tol=None, n_jobs=-1, random_state=0
    )
    with warnings.catch_warnings():
        # Of a few names many have a cell of their own, which scikit-learn 1.7 tells.
        warnings.filterwarnings("ignore", "The number of unique classes is greater")
        model.fit(split.X_train[covered], cells[covered])
    return partition.inverse_transform(model.predict(split.X_test))


def _neighbors(split):
    model = NeighborGeolocator(10).fit(split.X_train, split.y_train)
    return model.predict(split.X_test)


def _prior(split):
    model = PriorGeolocator().fit(split.X_train, split.y_train)
    return model.predict(split.X_test)


MODELS = {
    "ours": lambda split: _classifier(split, "tree_sum", "max_geoscore"),
    "tree_sum": lambda split: _classifier(split, "tree_sum", "mean"),
    "f*, GeoScore": lambda split: _classifier(split, "product", "max_geoscore"),
    "f*": lambda split: _classifier(split, "product", "mean"),
    "finest head": lambda split: _classifier(split, "finest", "mean"),
    "SGDClassifier": _stochastic_gradient,
    "10 neighbours": _neighbors,
    "prior": _prior,
}


def _runner(name):
    def run(inputs):
        if name not in inputs.found:
            start, numbers, answers = time.perf_counter(), {}, {}
            for kind, split in inputs.splits.items():
                answers[kind] = MODELS[name](split)
                pair = split.y_test, answers[kind]
                numbers[f"median km ({kind})"] = median_great_circle_error(*pair)
                shares = accuracy_at_km(*pair, LOCALITIES_KM)
                for km, share in zip(LOCALITIES_KM, shares, strict=True):
                    numbers[f"% within {km} km ({kind})"] = 100.0 * share
            seconds = time.perf_counter() - start
            inputs.found[name] = Measured(answers, seconds, numbers)
        return inputs.found[name]

    return run


def check(inputs, results):
    """Assert that all have answered for the same towns."""
    for answers in results.values():
        for kind, split in inputs.splits.items():
            assert answers[kind].shape == split.y_test.shape
            assert np.isfinite(answers[kind]).all()


JOB = Job(
    name="town_names",
    question="where a town is, by the n-grams of its name: 20 % held out at random, "
    f"and in blocks of {BLOCK_DEGREES:g} degrees",
    make=make,
    runners={name: _runner(name) for name in MODELS},
    check=check,
    goals=tuple(
        Lead(other, "ours", f"median km ({kind})", at_least=1.0)
        for kind in ("random", "blocks")
        for other in ("SGDClassifier", "10 neighbours")
    ),
    unit="towns",
    sizes=(130_000,),
    quick_sizes=(3_000,),
    repeats=1,
    notes='"ours" is tree_sum with the place of the largest expected GeoScore; the '
    "others answer with the mean place of the likeliest cell. Models that share a "
    "network are timed without its training, but for the first.",
)
