# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
Seams between networks, and how to blend them
=============================================

GPS2Vec+ trains a network in every UTM zone. The networks of two zones never met, so
what is said of two places ten metres apart may jump where a border runs between them.
``blend_km`` lets all networks near a place speak. It changes how one answers, not what
was learnt: nothing is trained again.
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

WEST, EAST, SOUTH, NORTH = 0.0, 18.0, 44.5, 53.5
photos = make_geotagged_photos(20_000, n_tags=60, random_state=0)
latitude, longitude = photos.places.T
inside = (latitude > SOUTH) & (latitude < NORTH)
inside &= (longitude > WEST) & (longitude < EAST)
places = photos.places[inside]
tags = pd.DataFrame(photos.tags[inside].toarray(), columns=photos.tag_names)
held_out = np.arange(len(places)) % 5 == 0

encoder = GPS2VecPlusTransformer(
    contexts={"tag": tags.shape[1]},
    target_propagator=GeoNeighborTagPropagator(),
    hidden=(64, 128),
    max_iter=15,
    min_samples=64,
    random_state=0,
).fit(places[~held_out], tags[~held_out])
print(f"{len(places):,} photos, {len(encoder.zone_report_)} zones with networks")

# %%
# How large the jumps are
# -----------------------
#
# Places on both sides of the meridians 6° and 12° east, which are borders of zones, and
# for comparison of 3° and 9°, which run through the middle of one. Each pair is about
# 15 metres apart. The number is the share of the distribution that moves (the total
# variation), on average.

degrees = np.arange(SOUTH, NORTH, 0.05)


def jump(meridians, blend_km):
    """Mean share of the tags that moves on the way across a meridian."""
    encoder.set_params(blend_km=blend_km)
    west, east = (
        np.concatenate(
            [
                np.column_stack([degrees, np.full_like(degrees, m + e)])
                for m in meridians
            ]
        )
        for e in (-1e-4, 1e-4)
    )
    moved = np.abs(encoder.transform(west) - encoder.transform(east)).sum(axis=1) / 2
    return moved.mean()


for blend_km in (0, 30, 60):
    at_border, elsewhere = jump([6, 12], blend_km), jump([3, 9], blend_km)
    print(
        f"blend_km={blend_km:<3} {at_border:8.4f} at a border, {elsewhere:.4f} inside"
    )

# %%
# What it costs
# -------------
#
# Smoother is not closer to the truth: a network that speaks beyond its border has seen
# no photo there. On held-out photos within 60 km of a border, here is how far the
# answer is from their own tags, propagated like those that taught (Kullback-Leibler
# divergence, with twice the standard error of the difference). It changes little either
# way: blend for maps, and for models that should not see borders.

truth = GeoNeighborTagPropagator(sparse_output=False).fit(places, tags)
truth = truth.transform(places[held_out])
latitude, longitude = places[held_out].T
km = np.minimum.reduce(
    [
        111.2 * np.abs(latitude - 48.0),
        111.2
        * np.abs(longitude - 6.0 * np.round(longitude / 6.0))
        * np.cos(np.radians(latitude)),
    ]
)


def divergence(blend_km):
    said = encoder.set_params(blend_km=blend_km).transform(places[held_out][km < 60])
    p, q = np.maximum(truth[km < 60], 1e-12), np.maximum(said, 1e-12)
    return (p * np.log(p / q)).sum(axis=1)


alone, blended = divergence(0), divergence(60)
worse = blended - alone
error = 2 * worse.std() / np.sqrt(len(worse))
print(f"{len(worse)} photos: KL {alone.mean():.3f}, then {blended.mean():.3f}")
print(f"difference {worse.mean():+.3f} ± {error:.3f}")

# %%
# On a map
# --------
#
# The tag that varies most over the region, without and with blending. Below is what one
# reads on the way along the dashed line.

import matplotlib.pyplot as plt

from sklearn_geo import PlaceMapDisplay

encoder.set_params(blend_km=0)
encoders = {"blend_km=0": encoder, "blend_km=60": deepcopy(encoder)}
encoders["blend_km=60"].set_params(blend_km=60)
figure, axes = plt.subplot_mosaic(
    [["alone", "blended"], ["way", "way"]],
    figsize=(9, 6.6),
    height_ratios=[2, 1],
    layout="constrained",
)
display = PlaceMapDisplay.from_estimator(
    encoders,
    extent=(WEST, EAST, SOUTH, NORTH),
    resolution=200,
    photos=places,
    label="share of tags",
    coastline=make_coastline(),
    ax=[axes["alone"], axes["blended"]],
)
((_, name), *_) = display.values
way = np.column_stack([np.full(2_000, 49.5), np.linspace(WEST, EAST, 2_000)])
column = list(encoder.get_feature_names_out()).index(name)
for (who, one), color in zip(encoders.items(), ("#D55E00", "#0072B2"), strict=True):
    axes["way"].plot(way[:, 1], one.transform(way)[:, column], color=color, label=who)
for ax in (axes["alone"], axes["blended"]):
    ax.axhline(way[0, 0], color="white", linestyle="--", linewidth=1)
for border in (6, 12):
    axes["way"].axvline(border, color="0.7", linestyle=":", zorder=0)
axes["way"].set(xlim=(WEST, EAST), xlabel="longitude in degrees east", ylabel=name)
axes["way"].legend(frameon=False)
plt.show()
