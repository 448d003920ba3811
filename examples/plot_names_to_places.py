# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
From the name of a town to where it is
======================================

Oberhausen is not in Portugal. How much of the map does a name rule out, and how near to
a town do its letters lead? This is geolocation without a photo: sparse features, places
to predict, and the same estimators.

Given a file, the example runs on real names: ``python plot_names_to_places.py
cities.csv.gz``, or the environment variable ``SKLEARN_GEO_TOWNS``. It is a CSV with the
columns `lat`, `lon` and `name`, as one makes it from a GeoNames dump. Without a file
towns are invented.
"""

# %%
# Names and places
# ----------------
#
# Invented towns speak invented languages: the syllables of a name depend on its country
# and neighbouring countries share a language; endings depend on the region. A fifth of
# the towns is held out.

import csv
import gzip
import os
import sys

import numpy as np
from sklearn.model_selection import train_test_split

from sklearn_geo.datasets import make_town_names


def read_towns(path, n_towns=30_000):
    """Read names and places from a CSV, at most so many rows of it, at random."""
    open_file = gzip.open if path.endswith(".gz") else open
    with open_file(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    chosen = np.random.default_rng(0).permutation(len(rows))[:n_towns]
    names = np.array([rows[i]["name"] for i in chosen])
    places = np.array([[float(rows[i][c]) for c in ("lat", "lon")] for i in chosen])
    return names, places


path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SKLEARN_GEO_TOWNS")
if path:
    names, places = read_towns(path)
else:
    names, places = make_town_names(6_000, random_state=0, return_X_y=True)
names_train, names_test, y_train, y_test = train_test_split(
    names, places, test_size=0.2, random_state=0
)
for name, (latitude, longitude) in zip(names_train[:4], y_train[:4], strict=True):
    print(f"{name:<20} {latitude:6.1f} {longitude:7.1f}")

# %%
# Models
# ------
#
# Letters become counts of n-grams, sparse and tens of thousands wide. On top of them:
#
# - *base(L, f)*: one network that knows fine cells only;
# - *base(M, f)*: one network with heads for coarse, middle and fine cells, of which the
#   fine one answers;
# - *f\**: the same network, but a fine cell is scored by the product of its own
#   probability and those of the cells it lies in;
# - *tree_sum*: a single softmax over the fine cells, summed up the tree, so that levels
#   agree by construction; and the same answering with the place of the largest expected
#   GeoScore instead of the middle of the likeliest cell;
# - the ten towns with the most similar names, and the densest place among theirs;
# - the prior, which reads no name.

from sklearn.feature_extraction.text import TfidfVectorizer

from sklearn_geo.geolocation import (
    HierarchicalCellClassifier,
    NeighborGeolocator,
    PriorGeolocator,
)

grams = TfidfVectorizer(
    analyzer="char_wb", ngram_range=(1, 4), min_df=3, sublinear_tf=True
)
X_train, X_test = grams.fit_transform(names_train), grams.transform(names_test)
print(f"{X_train.shape[1]:,} n-grams, {X_train.nnz / X_train.shape[0]:.0f} in a name")

settings = {
    "hidden": (128,),
    "learning_rate_init": 0.003,
    "max_iter": 10,
    "early_stopping": True,
    "n_iter_no_change": 2,
    "random_state": 0,
}
many = HierarchicalCellClassifier(**settings).fit(X_train, y_train)
one = HierarchicalCellClassifier(many.partitions_[-1], **settings)
one.fit(X_train, y_train)
tree = HierarchicalCellClassifier(combine="tree_sum", **settings)
tree.fit(X_train, y_train)
neighbors = NeighborGeolocator(10).fit(X_train, y_train)
prior = PriorGeolocator().fit(X_train, y_train)
print("cells, from coarse to fine:", many.n_cells_)

answers = {
    "base(L, f)": one.predict(X_test),
    "base(M, f)": many.set_params(combine="finest").predict(X_test),
    "f*": many.set_params(combine="product").predict(X_test),
    "tree_sum": tree.predict(X_test),
    "tree_sum, GeoScore": tree.set_params(point="max_geoscore").predict(X_test),
    "10 neighbours": neighbors.predict(X_test),
    "prior": prior.predict(X_test),
}

# %%
# How far off they are
# --------------------
#
# Shares of the towns placed within a city, a region, a country and a continent of the
# truth, in percent, and the median error. The product along the hierarchy, f*, corrects
# the fine head of the same network by what the coarse ones know. What to answer with,
# given the probabilities, matters at least as much: the middle of the likeliest cell is
# rarely the place from which the truth is not far.

from sklearn_geo.metrics import accuracy_at_km, median_great_circle_error

print(f"{'':<20}  25 km  200 km  750 km  2500 km   median")
for model, answer in answers.items():
    shares = 100 * accuracy_at_km(y_test, answer, [25, 200, 750, 2500])
    median = median_great_circle_error(y_test, answer)
    cells = "".join(
        f"{share:>{width}.1f}"
        for share, width in zip(shares, (7, 8, 8, 9), strict=True)
    )
    print(f"{model:<20}{cells} {median:>5,.0f} km")

# %%
# Which model wins depends on how far off one may be. The curve shows all distances,
# with intervals of 95 %.

import matplotlib.pyplot as plt

from sklearn_geo.inspection import DistanceCurveDisplay

shown = ("base(L, f)", "f*", "tree_sum, GeoScore", "10 neighbours", "prior")
DistanceCurveDisplay.from_predictions(y_test, {name: answers[name] for name in shown})
plt.show()

# %%
# A single name
# -------------
#
# A model's answer is one place, but what it knows is a distribution. This is one name
# of the held-out towns; grey dots are the towns that the model has learnt from.

from sklearn_geo.inspection import ProbabilityMapDisplay

confidence = tree.confidence(X_test)
row = int(np.argsort(confidence)[int(0.6 * len(confidence))])
display = ProbabilityMapDisplay.from_estimator(
    tree, X_test[[row]], y_test[[row]], extent="world"
)
display.ax_.scatter(y_train[:, 1], y_train[:, 0], s=0.6, color="0.25", linewidths=0)
display.ax_.set_title(f"Where is {names_test[row]}?")
# sphinx_gallery_thumbnail_number = -1
plt.show()

# %%
# Everything in one table
# -----------------------
#
# Among the rows of the report are those that tell whether to believe the model: if
# every town were given its true cell, errors would be those of "best possible"; regions
# of cells hold the truth as often as they promise, because they were calibrated on
# towns that were held out in `fit`; and answers that the model is sure of are better.

from sklearn_geo.geolocation import GeolocationReport

print(GeolocationReport(tree, X_test, y_test, n_resamples=500))
