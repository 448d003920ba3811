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

model = Pipeline([("place", "passthrough"), ("linear", LogisticRegression(C=3))])
model.set_params(linear__max_iter=300)
grid = [
    {"place": [UTMOneHotEncoder(zones="seen", handle_unknown="ignore")]},
    {"place": [S2OneHotEncoder()], "place__level": [2, 3, 4]},
    {"place": [SphericalHarmonicsEncoder()], "place__degree": [2, 4, 8]},
    {
        "place": [RandomFourierEncoder(128, random_state=0)],
        "place__sigmas": [(0.5,), (2.0,), (8.0,)],
    },
]
folds = S2BlockKFold(5, level=4, shuffle=True, random_state=0)
search = GridSearchCV(model, grid, cv=folds).fit(X, y)

# %%
# What was tried, best first
# --------------------------

import numpy as np

results = search.cv_results_
scores = np.column_stack([results[f"split{k}_test_score"] for k in range(5)])
names = []
for tried in results["params"]:
    rest = [
        f"{key.split('__')[1]}={value}" for key, value in tried.items() if "__" in key
    ]
    encoder = type(tried["place"]).__name__.removesuffix("Encoder")
    names.append(f"{encoder} {', '.join(rest)}".strip())
order = np.argsort(-scores.mean(axis=1))
for at in order:
    behind = scores[order[0]] - scores[at]
    error = 2 * behind.std(ddof=1) / np.sqrt(5)
    print(f"{names[at]:<34}{scores[at].mean():.3f}", end="")
    print("" if at == order[0] else f"  behind by {behind.mean():.3f} ± {error:.3f}")

# %%
# The picture
# -----------
#
# Dots are folds and lines their means. The map is what the best model says of the
# language that is spoken most; white dots are the photos.

import matplotlib.pyplot as plt

from sklearn_geo import PlaceMapDisplay

figure, (left, right) = plt.subplots(
    1, 2, figsize=(12, 3.9), layout="constrained", width_ratios=[1, 1.5]
)
kinds = ["UTM", "S2", "Spherical", "Random"]
colors = dict(zip(kinds, ["#CC79A7", "#E69F00", "#0072B2", "#009E73"], strict=True))
for row, at in enumerate(order):
    color = next(c for kind, c in colors.items() if names[at].startswith(kind))
    left.plot(scores[at], np.full(5, row), "o", color=color, alpha=0.45, markersize=5)
    left.plot(
        scores[at].mean(), row, "|", color=color, markersize=15, markeredgewidth=3
    )
left.set_yticks(np.arange(len(names)), [names[at] for at in order])
left.set(ylim=(len(names) - 0.4, -0.6), xlim=(0, 1.02), xlabel="accuracy")
left.grid(axis="y", color="0.92")
left.spines[["top", "right"]].set_visible(False)
PlaceMapDisplay.from_estimator(
    search.best_estimator_,
    columns=int(np.bincount(y).argmax()),
    extent="world",
    photos=X,
    label="probability of the language",
    coastline=make_coastline(),
    ax=right,
)
right.set_title("what the best one says")
plt.show()

# %%
# The smooth encoders share the first places, and differ by no more than the folds do:
# take the simplest of them. Cells fall behind, and the more so the smaller they are: a
# cell that was not seen cannot guess. For another question, or with folds that are
# nearer to the training photos, the order is another one; that is why one searches.
