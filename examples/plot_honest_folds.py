# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
Why your score was too good
===========================

On random folds, next to every test photo lies a training photo of the same street. A
model that only remembers streets looks brilliant then. Folds of whole blocks ask about
places of which nothing was seen. Which of the two tells what will happen? It depends on
where the next photos come from.
"""

# %%
# Which country is this?
# ----------------------
#
# Photos around Europe, in an invented world whose countries have borders of their own.
# To know what *will* happen, there are later photos, too: some were taken where photos
# are known, others far from all of them.

import numpy as np

from sklearn_geo.datasets import make_coastline, make_geotagged_photos
from sklearn_geo.geometry import chord_to_km, unit_vectors
from sklearn_geo.inspection import PlaceMapDisplay

WEST, EAST, SOUTH, NORTH = EXTENT = (-12.0, 35.0, 35.0, 62.0)


def around_europe(n_photos, random_state):
    photos = make_geotagged_photos(n_photos, random_state=random_state)
    latitude, longitude = photos.places.T
    seen = (latitude > SOUTH) & (latitude < NORTH)
    seen &= (longitude > WEST) & (longitude < EAST)
    return photos.places[seen], photos.country[seen]


X, y = around_europe(4_000, random_state=0)
X_later, y_later = around_europe(20_000, random_state=100)

# %%
# How far is each later photo from the nearest one that is known?

from scipy.spatial import cKDTree

chord, _ = cKDTree(unit_vectors(X)).query(unit_vectors(X_later))
km = chord_to_km(chord)
known_towns, new_places = km < 5, km > 50
print(f"{len(X):,} photos; later {known_towns.sum():,} within 5 km of one of them,")
print(f"and {new_places.sum():,} more than 50 km from all")

# %%
# Two models, two kinds of folds
# ------------------------------
#
# One-hot cells of about 70 km remember what they have seen. Spherical harmonics draw
# one smooth map.

from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_geo import S2BlockKFold, S2OneHotEncoder, SphericalHarmonicsEncoder

models = {
    "cells": make_pipeline(
        S2OneHotEncoder(level=7), LogisticRegression(max_iter=1_000)
    ),
    "harmonics": make_pipeline(
        SphericalHarmonicsEncoder(degree=8), LogisticRegression(max_iter=1_000)
    ),
}
folds = {
    "random folds": KFold(5, shuffle=True, random_state=0),
    "block folds": S2BlockKFold(5, level=5, shuffle=True, random_state=0),
}
scores, truth = {}, {}
for name, model in models.items():
    scores[name] = {
        kind: cross_val_score(model, X, y, cv=cv) for kind, cv in folds.items()
    }
    model.fit(X, y)
    truth[name] = [
        model.score(X_later[rows], y_later[rows]) for rows in (known_towns, new_places)
    ]
    means = ", ".join(f"{kind} {s.mean():.2f}" for kind, s in scores[name].items())
    print(f"{name}: {means}; later, known towns {truth[name][0]:.2f},", end=" ")
    print(f"new places {truth[name][1]:.2f}")

# %%
# Promised, and what happened
# ---------------------------
#
# Colours on the maps are folds; photos of a town are drawn a little apart. On the
# right, dots are the scores of single folds, bars their means, and diamonds what
# happened later: in known towns beside random folds, in new places beside block folds.

import matplotlib.pyplot as plt
from matplotlib.colors import ListedColormap

figure, axes = plt.subplots(
    1, 3, figsize=(12, 3.9), layout="constrained", width_ratios=[1, 1, 0.9]
)
apart = X + np.random.default_rng(0).normal(0.0, 0.4, X.shape)
colors = ListedColormap(["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9"])
for ax, (kind, cv) in zip(axes, folds.items(), strict=False):
    fold = np.empty(len(X))
    for k, (_, test) in enumerate(cv.split(X)):
        fold[test] = k
    PlaceMapDisplay.from_predictions(
        apart,
        fold,
        extent=EXTENT,
        ax=ax,
        cmap=colors,
        colorbar=False,
        coastline=make_coastline(),
    )
    ax.set_title(kind)
ax, rows = axes[2], []
for name, color in (("cells", "#D55E00"), ("harmonics", "#0072B2")):
    for kind, happened in zip(folds, truth[name], strict=True):
        at, found = -len(rows), scores[name][kind]
        ax.plot(found, np.full(len(found), at), "o", color=color, alpha=0.5)
        ax.plot(found.mean(), at, "|", color=color, markersize=22, markeredgewidth=3)
        ax.plot(happened, at, "D", color="black", markersize=8, zorder=3)
        rows.append(f"{name},\n{kind}")
ax.plot([], [], "|", color="0.5", markersize=12, markeredgewidth=3, label="promised")
ax.plot([], [], "D", color="black", label="what happened")
ax.set_yticks(-np.arange(len(rows)), rows)
ax.set(xlim=(0.0, 1.05), ylim=(-3.5, 0.5), xlabel="accuracy")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(loc="lower left", frameon=False)
plt.show()

# %%
# Random folds are right about known towns, where cells are hard to beat. About new
# places they are wrong by far for the cells, and would choose the wrong model. Block
# folds see it coming, roughly: single folds differ much, for each is another piece of
# the map. So ask first where the next photos come from, and choose folds that are as
# far from the training photos as those will be: `level` sets the size of the blocks,
# and :class:`~sklearn_geo.model_selection.BufferedSpatialKFold` keeps a distance.
