# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
Seams between networks, and how to blend them
=============================================

GPS2Vec+ trains a network in every UTM zone. The networks of two zones never met, so
what is said of two places ten metres apart may jump where a border runs between them.
``blend_km`` lets all networks near a place speak: nothing is trained again.
"""

# %%
# Networks of a few zones
# -----------------------
#
# Photos of an invented world between the Alps and the North Sea. The networks learn
# which tags people use around a place; every fifth photo is held out.

from copy import deepcopy

import numpy as np
import pandas as pd

from sklearn_geo import GeoNeighborTagPropagator, GPS2VecPlusTransformer
from sklearn_geo.datasets import make_coastline, make_geotagged_photos

WEST, EAST, SOUTH, NORTH = EXTENT = (0.0, 18.0, 44.5, 53.5)
photos = make_geotagged_photos(20_000, n_tags=60, random_state=0)
inside = (photos.places > [SOUTH, WEST]) & (photos.places < [NORTH, EAST])
places, tags = photos.places[inside.all(axis=1)], photos.tags[inside.all(axis=1)]
tags = pd.DataFrame(tags.toarray(), columns=photos.tag_names)
held_out = np.arange(len(places)) % 5 == 0

encoder = GPS2VecPlusTransformer(
    contexts={"tag": 60},
    target_propagator=GeoNeighborTagPropagator(),
    hidden=(64, 128),
    max_iter=15,
    min_samples=64,
    random_state=0,
).fit(places[~held_out], tags[~held_out])
blending = deepcopy(encoder).set_params(blend_km=60)
encoders = {"blend_km=0": encoder, "blend_km=60": blending}

# %%
# How large the jumps are
# -----------------------
#
# Places on both sides of the meridian 12° east, a border of zones, and of 9°, which
# runs through the middle of one; each pair is about 15 metres apart. The number is the
# share of the distribution that moves (the total variation), on average.

latitudes = np.arange(SOUTH, NORTH, 0.05)[:, np.newaxis]
for meridian in (12, 9):
    sides = [np.insert(latitudes, 1, meridian + e, axis=1) for e in (-1e-4, 1e-4)]
    for name, one in encoders.items():
        moved = np.abs(one.transform(sides[0]) - one.transform(sides[1])).sum(axis=1)
        print(f"{meridian:>2}° east, {name:<11} {moved.mean() / 2:.4f}")

# %%
# What it costs
# -------------
#
# Smoother is not closer to the truth: a network that speaks beyond its border has seen
# no photo there. On held-out photos whose answers change, here is how far these are
# from their own tags, propagated like those that taught (Kullback-Leibler divergence),
# with twice the standard error of the difference.

from scipy.special import rel_entr

teacher = GeoNeighborTagPropagator(sparse_output=False).fit(places, tags)
truth = teacher.transform(places[held_out])
alone, blended = (one.transform(places[held_out]) for one in encoders.values())
changes = (alone != blended).any(axis=1)
before, after = rel_entr(truth, [alone, blended])[:, changes].sum(axis=2)
error = 2 * np.std(after - before) / np.sqrt(len(before))
print(f"{len(before)} photos: KL {before.mean():.3f}, then {after.mean():.3f}")
print(f"difference {(after - before).mean():+.3f} ± {error:.3f}")

# %%
# On a map
# --------
#
# The tag that varies most over the region, without and with blending. Below is what one
# reads on the way along the dashed line; dotted lines are borders.

import matplotlib.pyplot as plt

from sklearn_geo import PlaceMapDisplay

layout = {"figsize": (9, 5.6), "height_ratios": [2, 1], "layout": "constrained"}
_, axes = plt.subplot_mosaic([list(encoders), ["way", "way"]], **layout)
display = PlaceMapDisplay.from_estimator(
    encoders,
    extent=EXTENT,
    photos=places,
    label="share of tags",
    coastline=make_coastline(),
    ax=[axes[name] for name in encoders],
)
((_, tag), *_) = display.values
column = list(encoder.get_feature_names_out()).index(tag)
way = np.column_stack([np.full(2_000, 49.5), np.linspace(WEST, EAST, 2_000)])
for (name, one), color in zip(encoders.items(), ("#D55E00", "#0072B2"), strict=True):
    axes["way"].plot(way[:, 1], one.transform(way)[:, column], color=color, label=name)
    axes[name].axhline(49.5, color="white", linestyle="--", linewidth=1)
for border in (6, 12):
    axes["way"].axvline(border, color="0.7", linestyle=":", zorder=0)
axes["way"].set(xlim=(WEST, EAST), xlabel="longitude in degrees east", ylabel=tag)
axes["way"].legend(frameon=False)
plt.show()

# %%
# Blending takes the seams away, and the answers come no closer to the truth by it. Use
# it for maps, and for models that should not see borders.
