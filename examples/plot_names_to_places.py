# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
From the name of a town to where it is
======================================

Oberhausen is not in Portugal. How much of the map does a name rule out, and how near to
a town do its letters lead? This is geolocation without a photo: sparse features, places
to predict, and the same estimators.

The environment variable ``SKLEARN_GEO_TOWNS`` may name a CSV with the columns `lat`,
`lon` and `name`, as one makes it from a GeoNames dump. Without it, towns are invented.
"""

# %%
# Names and places
# ----------------
#
# Invented towns speak invented languages: the syllables of a name depend on its country
# and neighbouring countries share a language; endings depend on the region. A fifth of
# the towns is held out.

import os

import pandas as pd
from sklearn.model_selection import train_test_split

from sklearn_geo.datasets import make_coastline, make_town_names

if path := os.environ.get("SKLEARN_GEO_TOWNS"):
    towns = pd.read_csv(path, keep_default_na=False)
    towns = towns.sample(frac=1.0, random_state=0).head(30_000)
    names, places = towns["name"].to_numpy(), towns[["lat", "lon"]].to_numpy()
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
# - *fine cells*: a network that knows them only;
# - *three sizes*: a network with heads for coarse, middle and fine cells, of which the
#   fine one answers; *f\**, where the heads are multiplied along the hierarchy;
# - *tree*: one softmax over the fine cells, summed up the hierarchy; and the same
#   answering with the place of the largest expected *GeoScore*;
# - the ten towns with the most similar names; and the prior, which reads no name.

from sklearn.feature_extraction.text import TfidfVectorizer

from sklearn_geo import (
    HierarchicalCellClassifier,
    NeighborGeolocator,
    PriorGeolocator,
)

grams = TfidfVectorizer(
    analyzer="char_wb", ngram_range=(1, 4), min_df=3, sublinear_tf=True
)
X_train, X_test = grams.fit_transform(names_train), grams.transform(names_test)

settings = {"hidden": (128,), "learning_rate_init": 0.003, "max_iter": 10}
settings |= {"early_stopping": True, "n_iter_no_change": 2, "random_state": 0}
many = HierarchicalCellClassifier(**settings).fit(X_train, y_train)
fine = HierarchicalCellClassifier(many.partitions_[-1], **settings)
tree = HierarchicalCellClassifier(combine="tree_sum", **settings)
answers = {
    "fine cells": fine.fit(X_train, y_train).predict(X_test),
    "three sizes": many.set_params(combine="finest").predict(X_test),
    "f*": many.set_params(combine="product").predict(X_test),
    "tree": tree.fit(X_train, y_train).predict(X_test),
    "tree, GeoScore": tree.set_params(point="max_geoscore").predict(X_test),
    "10 neighbours": NeighborGeolocator(10).fit(X_train, y_train).predict(X_test),
    "prior": PriorGeolocator().fit(X_train, y_train).predict(X_test),
}

# %%
# How far off they are
# --------------------
#
# The product along the hierarchy, f*, corrects the fine head of the same network. What
# to answer with, given the probabilities, matters at least as much: the middle of the
# likeliest cell is rarely the place from which the truth is not far.

import matplotlib.pyplot as plt

from sklearn_geo import DistanceCurveDisplay, ProbabilityMapDisplay

shown = ("fine cells", "f*", "tree, GeoScore", "10 neighbours", "prior")
curves = {name: answers[name] for name in shown}
DistanceCurveDisplay.from_predictions(y_test, curves)
plt.show()

from sklearn_geo.metrics import accuracy_at_km

km = [25, 200, 750, 2500]
shares = {name: accuracy_at_km(y_test, answer, km) for name, answer in answers.items()}
print((100 * pd.DataFrame(shares, [f"{n} km" for n in km]).T).round(1).to_string())

# %%
# A single name
# -------------
#
# A model's answer is one place, but what it knows is a distribution: here that of a
# name of which it is neither sure nor at a loss.

row = int(tree.confidence(X_test).argsort()[int(0.6 * len(names_test))])
display = ProbabilityMapDisplay.from_estimator(
    tree, X_test[[row]], y_test[[row]], extent="world", coastline=make_coastline()
)
display.ax_.set_title(f"Where is {names_test[row]}?")
plt.show()

# %%
# Letters rule out most of the map: the median error of the invented towns falls from
# 9,989 km to 722 km.
