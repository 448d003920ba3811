# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
A teacher with photos, a student without
========================================

Which tags do people use here? The tags of the photos nearby say so, as long as somebody
keeps the photos and looks them up. GPS2Vec+ trains a small network to say the same from
the place alone. Here are both, for one tag in one UTM zone of a synthetic world.
"""

# %%
# Photos of a synthetic world
# ---------------------------
#
# The world has towns, and people in a region share a language. We take a zone with many
# photos, and hide every fifth of them from teacher and student.

import numpy as np
import pandas as pd

from sklearn_geo import (
    GeoNeighborTagPropagator,
    GPS2VecPlusTransformer,
    PlaceMapDisplay,
)
from sklearn_geo.datasets import make_coastline, make_geotagged_photos
from sklearn_geo.geometry import utm_zone_names, utm_zones

world = make_geotagged_photos(20_000, n_tags=60, random_state=0)
inside = utm_zone_names(utm_zones(world.places)) == "30U"
places = world.places[inside]
tags = pd.DataFrame(world.tags[inside].toarray(), columns=world.tag_names)
held_out = np.arange(len(places)) % 5 == 0
print(f"{len(places):,} photos")

# %%
# The teacher, and its student
# ----------------------------
#
# The teacher spreads tags to neighbours, with weights that fall to 1/e over 10 km
# (equation 3 of the paper). The student sees a soft grid over the zone and learns what
# the teacher says of each photo. Half of the paper's width is enough for one zone.

teacher = GeoNeighborTagPropagator(sparse_output=False)
teacher.fit(places[~held_out], tags[~held_out])
student = GPS2VecPlusTransformer(
    contexts={"tag": 60},
    target_propagator=GeoNeighborTagPropagator(),
    hidden=(256, 512),
    missing_zone="nearest",
    random_state=0,
)
student.fit(places[~held_out], tags[~held_out])
models = {"teacher": teacher, "student": student}

# %%
# Who is closer to the photos that were held out?
# -----------------------------------------------
#
# We compare with what a teacher that has those photos, too, says of them (the
# Kullback-Leibler divergence). And we take the time: the teacher looks up photos for
# every place, the student only multiplies.

import time

from scipy.special import rel_entr

truth = GeoNeighborTagPropagator(sparse_output=False).fit(places, tags)
truth = truth.transform(places[held_out])
for name, model in models.items():
    began = time.perf_counter()
    said = model.transform(places[held_out])
    microseconds = 1e6 * (time.perf_counter() - began) / len(said)
    far = rel_entr(truth, np.maximum(said, 1e-12)).sum(axis=1).mean()
    print(f"{name}: KL {far:.3f}, {microseconds:.0f} microseconds a place")

# %%
# What they say of the whole zone
# -------------------------------
#
# This is the tag whose use differs most within the zone; `columns=` would choose
# others. White dots are the photos: the student smooths between them.

import matplotlib.pyplot as plt

PlaceMapDisplay.from_estimator(
    models, zone="30U", photos=places, resolution=80, coastline=make_coastline()
)
plt.show()

# %%
# The student answers from a file that holds no photos, and need not win everywhere. Far
# from all photos what it says is as free as what any network says there.
