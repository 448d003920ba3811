# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
When a plain random forest is enough
====================================

Often. Before places are encoded, propagated and fused, give latitude and longitude as
they are to a random forest, and write down its score. Where new rows come from regions
that it has seen, it is hard to beat. Where they do not, it has nothing to go by.
"""

# %%
# Five worlds, cut in two
# -----------------------
#
# The question is whether a photo shows a beach, given nothing but its place. Each world
# is invented, and its land is cut into blocks of about 600 km. Photos in half of the
# blocks can teach; those of other people in the same blocks are the *known regions*,
# and the other half of the blocks are the *new regions*.

import numpy as np

from sklearn_geo import (
    GeoNeighborTagPropagator,
    PlaceMapDisplay,
    S2BlockKFold,
    SphericalHarmonicsEncoder,
)
from sklearn_geo.datasets import make_coastline, make_geotagged_photos

WORLDS, SIZES = range(5), (200, 700, 2_000)


def photos_of(world, n_photos, seed):
    return make_geotagged_photos(
        n_photos,
        n_users=n_photos // 4,
        n_tags=100,
        n_features=8,
        place_subjects=4.0,
        world_seed=world,
        random_state=seed,
    )


# %%
# Three models
# ------------
#
# - a *forest* of 50 trees, which sees latitude and longitude;
# - *harmonics*: smooth columns, and a linear model;
# - *tags*: what people write on photos nearby, and a linear model. These are 5,000
#   photos of still other people, anywhere, which nobody has labelled.

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

SEED = 0
linear = LogisticRegression(C=3, max_iter=300)
forest = RandomForestClassifier(50, random_state=SEED)
scores = np.empty((2, 3, len(SIZES), len(WORLDS)))
for world in WORLDS:
    photos, others = photos_of(world, 6_000, SEED), photos_of(world, 5_000, SEED + 1)
    is_beach = photos.subject == photos.subject_names.index("beach")
    blocks = S2BlockKFold(2, level=4, shuffle=True, random_state=SEED)
    known, new = next(blocks.split(photos.places))
    teaches = photos.users[known] % 4 != 0
    train, tests = known[teaches], (known[~teaches], new)
    harmonics = SphericalHarmonicsEncoder(degree=12)
    tags = GeoNeighborTagPropagator(50).fit(others.places, others.tags)
    models = {
        "forest": (forest, photos.places),
        "harmonics": (linear, harmonics.fit_transform(photos.places)),
        "tags": (linear, tags.transform(photos.places)),
    }
    for m, (model, X) in enumerate(models.values()):
        for s, size in enumerate(SIZES):
            model.fit(X[train[:size]], is_beach[train[:size]])
            for t, test in enumerate(tests):
                said = model.predict_proba(X[test])[:, 1]
                scores[t, m, s, world] = roc_auc_score(is_beach[test], said)

# %%
# The table
# ---------
#
# The area under the ROC curve, which is 0.5 for whoever knows nothing: means over the
# worlds. In brackets is by how much a model is ahead of the forest with all rows, with
# twice the standard error.

regions = ("known regions", "new regions")
for region, of_region in zip(regions, scores, strict=True):
    print(f"{region:<14}", *(f"{size:>6,}" for size in SIZES), "rows")
    for name, of_model in zip(models, of_region, strict=True):
        print(f"  {name:<12}", *(f"{m:6.2f}" for m in of_model.mean(axis=1)), end="")
        ahead = (of_model - of_region[0])[-1]
        error = 2 * ahead.std(ddof=1) / np.sqrt(len(WORLDS))
        print("" if name == "forest" else f"  ({ahead.mean():+.2f} ± {error:.2f})")

# %%
# The picture
# -----------
#
# Bars are twice the standard error over the worlds. The map is what the forest says in
# the last world; white dots are the photos that it has learnt from.

import matplotlib.pyplot as plt

figure, axes = plt.subplots(
    1, 3, figsize=(12, 3.7), layout="constrained", width_ratios=[1, 1, 1.5]
)
styles = (("#D55E00", "o-"), ("#0072B2", "s--"), ("#009E73", "^-."))
for ax, region, of_region in zip(axes, regions, scores, strict=False):
    for m, (name, (color, style)) in enumerate(zip(models, styles, strict=True)):
        error = 2 * of_region[m].std(axis=1, ddof=1) / np.sqrt(len(WORLDS))
        x = np.array(SIZES) * 1.06 ** (m - 1)
        mean = of_region[m].mean(axis=1)
        ax.errorbar(x, mean, error, fmt=style, color=color, capsize=3, label=name)
    ax.axhline(0.5, color="0.6", linestyle=":", linewidth=1)
    ax.set(title=region, xscale="log", xlabel="rows to learn from", ylim=(0.4, 1))
    ax.set_xticks(SIZES, [f"{size:,}" for size in SIZES])
    ax.minorticks_off()
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("area under the ROC curve")
axes[0].legend(frameon=False, loc="lower right")
rows = train[: SIZES[-1]]
forest.fit(photos.places[rows], np.where(is_beach[rows], "beach", "other"))
PlaceMapDisplay.from_estimator(
    forest,
    columns="beach",
    extent=(-20, 45, 25, 62),
    photos=photos.places[rows],
    label="probability of a beach",
    coastline=make_coastline(),
    ax=axes[2],
)
axes[2].set_title("what the forest says")
plt.show()

# %%
# In known regions the forest needs some hundred rows and no advice: smooth columns do
# not beat it, and tags are hardly ahead of it, if at all. In new regions it is not far
# from guessing, however many rows it has, for a coordinate says little about another
# one far away. What helps there is to know what places are *like*, from people who have
# been there. So what decides is where the next rows come from, and
# :ref:`folds of blocks <sphx_glr_auto_examples_plot_honest_folds.py>` tell.
