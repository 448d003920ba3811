# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
A region that holds nine photos in ten
======================================

Asked where a photo was taken, a model may answer with a point, and is nearly always
wrong; or with a region, and say how often it is right. Does it keep its word? Here is
one that does not, and what mends it.
"""

# %%
# Photos of people
# ----------------
#
# An invented world. Photos have tags, and the question is where they were taken. Three
# quarters of the people teach, and a quarter is asked about.

import numpy as np
from scipy.sparse import csr_array

from sklearn_geo.datasets import make_coastline, make_geotagged_photos

photos = make_geotagged_photos(8_000, n_users=1_000, random_state=0)
X, y, users = csr_array(photos.tags), photos.places, photos.users
order = np.random.default_rng(0).permutation(users.max() + 1)
train, test = np.flatnonzero(order[users] < 750), np.flatnonzero(order[users] >= 750)

# %%
# Two ways to promise
# -------------------
#
# How many cells a region needs is found on photos that the network has not learnt from.
# By default `fit` holds a tenth of its photos out for that, but they are photos of the
# same people as the others, often of the same afternoon, and far too easy. If `fit` is
# told by `groups` whose photos they are, it holds out a tenth of the people instead.

from sklearn.base import clone

from sklearn_geo import HierarchicalCellClassifier, S2Partition

cells = S2Partition(100, 5, uncovered="nearest")
model = HierarchicalCellClassifier(cells, max_iter=8, random_state=0)
by_photos = clone(model).fit(X[train], y[train])
by_people = clone(model).fit(X[train], y[train], groups=users[train])

# %%
# Promised, and kept
# ------------------
#
# Intervals of 95 % draw people, not photos, anew. Small numbers are how many cells a
# region has in the median.

import matplotlib.pyplot as plt

from sklearn_geo import CoverageDisplay

models = {
    "random photos held out": (by_photos, "#D55E00"),
    "whole people held out": (by_people, "#0072B2"),
}
_, ax = plt.subplots(figsize=(5.4, 5.2), layout="constrained")
for name, (model, color) in models.items():
    display = CoverageDisplay.from_estimator(
        model,
        X[test],
        y[test],
        groups=users[test],
        n_resamples=500,
        name=name,
        ax=ax,
        color=color,
    )
    at = list(display.promised).index(0.9)
    kept, low, high = display.observed[at], display.low[at], display.high[at]
    print(f"{name}: 90 % promised, {kept:.0%} kept ({low:.0%} to {high:.0%})")
plt.show()

# %%
# The price of honesty is size: regions that keep the promise have more cells. The
# promise is about a photo of somebody new, everybody counting the same, and it errs on
# the safe side: with 75 people held out, by up to 2/76 on average. It is
# about all photos together, not about each kind of them; ``by="continent"`` keeps it on
# every continent.
#
# One photo
# ---------
#
# A photo of somebody the model has never met. The likeliest cell is not where it was
# taken; the region holds it. Most regions reach over several continents: this one was
# chosen for lying in Europe.

from sklearn_geo import ProbabilityMapDisplay

region = by_people.predict_region(X[test], coverage=0.9)
answers = by_people.predict_proba(X[test]).argmax(axis=1)
truth = by_people.partitions_[-1].predict(y[test])
latitude, longitude = (
    by_people.partitions_[-1].inverse_transform(np.arange(by_people.n_cells_[-1])).T
)
europe = (latitude > 36) & (latitude < 60) & (longitude > -10) & (longitude < 30)
inside = region.multiply(europe).sum(axis=1) / region.sum(axis=1)
holds = region.toarray()[np.arange(len(test)), truth] & (answers != truth)
row = np.lexsort([-region.sum(axis=1), -inside * holds])[0]
photo = test[[row]]
ProbabilityMapDisplay.from_estimator(
    by_people,
    X[photo],
    y[photo],
    coverage=0.9,
    extent=(-12, 32, 35, 61),
    coastline=make_coastline(),
)
# sphinx_gallery_thumbnail_number = -1
plt.show()
