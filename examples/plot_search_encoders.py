# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
Which encoder? Let the folds decide
===================================

Zones, cells, harmonics, Fourier features: how should a place become columns? An encoder
is a step of a Pipeline, so that a ``GridSearchCV`` tries whole encoders, each with
parameters of its own, in one search.
"""

# %%
# Photos, and a question
# ----------------------
#
# Which language do people speak here? An invented world, and nothing but places.

from sklearn_geo.datasets import make_coastline, make_geotagged_photos

photos = make_geotagged_photos(
    2_500, n_users=600, n_tags=50, n_features=8, random_state=0
)
X, y = photos.places, photos.language

# %%
# One search
# ----------
#
# Every dict of the grid is an encoder and what to try of it. Folds are whole blocks of
# about 600 km: random ones would choose whoever remembers most.

from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sklearn_geo import (
    RandomFourierEncoder,
    S2BlockKFold,
    S2OneHotEncoder,
    SphericalHarmonicsEncoder,
    UTMOneHotEncoder,
)

linear = LogisticRegression(C=3, max_iter=300)
model = Pipeline([("place", "passthrough"), ("linear", linear)])
waves = RandomFourierEncoder(128, random_state=0)
grid = [
    {"place": [UTMOneHotEncoder(zones="seen", handle_unknown="ignore")]},
    {"place": [S2OneHotEncoder()], "place__level": [2, 3, 4]},
    {"place": [SphericalHarmonicsEncoder()], "place__degree": [2, 4, 8]},
    {"place": [waves], "place__sigmas": [(0.5,), (2.0,), (8.0,)]},
]
folds = S2BlockKFold(5, level=4, shuffle=True, random_state=0)
search = GridSearchCV(model, grid, cv=folds).fit(X, y)

# %%
# What was tried, best first
# --------------------------
#
# On the left is every candidate, on every fold. The map is what the best one says of
# the language that is spoken most; white dots are the photos.

import matplotlib.pyplot as plt
import numpy as np

from sklearn_geo import FoldScoresDisplay, PlaceMapDisplay

figure, (left, right) = plt.subplots(
    1, 2, figsize=(12, 3.9), layout="constrained", width_ratios=[1, 1.5]
)
tried = FoldScoresDisplay.from_search(search, measure="accuracy", ax=left)
left.set_title("Smooth encoders share the first places")
PlaceMapDisplay.from_estimator(
    search.best_estimator_,
    columns=int(np.bincount(y).argmax()),
    extent="world",
    photos=X,
    label="probability of the language",
    coastline=make_coastline(),
    ax=right,
)
right.set_title("What the best of them says")
plt.show()

# %%
# How far each is behind, and twice the standard error of that, fold by fold:

print(tried.to_frame().round(3).to_string(index=False))

# %%
# The smooth encoders differ by no more than the folds do: take the simplest of them.
# Cells fall behind, and the more so the smaller they are: a cell that was not seen
# cannot guess. For another question, or with folds that are nearer to the training
# photos, the order is another one; that is why one searches.
