# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
Why your score was too good
===========================

On random folds, next to every test photo lies a training photo of the same street, and
a model that only remembers streets looks brilliant. Folds of whole blocks ask about
places of which nothing was seen. Which of the two tells what will happen depends on
where the next photos come from.
"""

# %%
# Which country is this?
# ----------------------
#
# Photos around Europe, in an invented world whose countries have borders of their own.
# To know what *will* happen, there are later photos, too: some within 5 km of a known
# one, others more than 50 km from all.

import numpy as np

from sklearn_geo.datasets import make_coastline, make_geotagged_photos
from sklearn_geo.neighbors import PlaceIndex

WEST, EAST, SOUTH, NORTH = EXTENT = (-12.0, 35.0, 35.0, 62.0)


def around_europe(n_photos, random_state):
    photos = make_geotagged_photos(n_photos, random_state=random_state)
    seen = (photos.places > [SOUTH, WEST]) & (photos.places < [NORTH, EAST])
    return photos.places[seen.all(axis=1)], photos.country[seen.all(axis=1)]


X, y = around_europe(4_000, random_state=0)
X_later, y_later = around_europe(20_000, random_state=100)
km = PlaceIndex(X).nearest(X_later, 1)[0][:, 0]
print(f"{len(X):,} photos; later {sum(km < 5):,} near them, {sum(km > 50):,} far away")

# %%
# Two models, two kinds of folds
# ------------------------------
#
# One-hot cells of about 70 km remember what they have seen; spherical harmonics draw
# one smooth map.

from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_geo import S2BlockKFold, S2OneHotEncoder, SphericalHarmonicsEncoder

linear = LogisticRegression(max_iter=1_000)
models = {
    "cells": make_pipeline(S2OneHotEncoder(level=7), linear),
    "harmonics": make_pipeline(SphericalHarmonicsEncoder(degree=8), linear),
}
mix = {"shuffle": True, "random_state": 0}
kinds = {
    "Random folds: right for known towns": (KFold(5, **mix), km < 5),
    "Blocks: right for new places": (S2BlockKFold(5, level=5, **mix), km > 50),
}

# %%
# Promised, and what happened
# ---------------------------
#
# Colours are folds; photos of a town are drawn a little apart.

import matplotlib.pyplot as plt
from matplotlib.colors import ListedColormap

from sklearn_geo import FoldScoresDisplay, PlaceMapDisplay

_, axes = plt.subplots(2, 2, figsize=(9, 6), layout="tight", height_ratios=[3, 1])
apart = X + np.random.default_rng(0).normal(0.0, 0.4, X.shape)
colors = ListedColormap(["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9"])
style = {"cmap": colors, "colorbar": False, "coastline": make_coastline()}
for (top, bottom), (kind, (cv, rows)) in zip(axes.T, kinds.items(), strict=True):
    fold, scores, later = np.empty(len(X)), {}, {}
    for k, (_, test) in enumerate(cv.split(X)):
        fold[test] = k
    for name, model in models.items():
        scores[name] = cross_val_score(model, X, y, cv=cv)
        later[name] = model.fit(X, y).score(X_later[rows], y_later[rows])
    PlaceMapDisplay.from_predictions(apart, fold, extent=EXTENT, ax=top, **style)
    top.set_title(kind)
    display = FoldScoresDisplay.from_scores(
        scores, later=later, measure="accuracy", ax=bottom
    )
    bottom.set_xlim(0.0, 1.03)
    print(f"{kind}\n{display.to_frame().round(2).to_string(index=False)}")
plt.show()

# %%
# In known towns cells are hard to beat. In new places they fail, and random folds would
# choose them all the same. So ask first where the next photos come from, and choose
# folds that are as far from the training photos as those will be: `level` sets the size
# of the blocks, and :class:`~sklearn_geo.model_selection.BufferedSpatialKFold` keeps a
# distance.
