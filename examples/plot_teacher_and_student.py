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
# The world has towns, and people in a region share a language. We take the zone with
# most photos, and hide every fifth photo from teacher and student.

import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_geo import (
    GeoNeighborTagPropagator,
    GPS2VecPlusTransformer,
    PlaceMapDisplay,
)
from sklearn_geo.datasets import make_geotagged_photos
from sklearn_geo.geometry import utm_zone_names, utm_zones

world = make_geotagged_photos(20_000, n_tags=60, random_state=0)
zones = utm_zones(world.places)
zone = np.bincount(zones).argmax()
inside = zones == zone
places = world.places[inside]
tags = pd.DataFrame(world.tags[inside].toarray(), columns=world.tag_names)
held_out = np.arange(len(places)) % 5 == 0
(name,) = utm_zone_names([zone])
print(f"zone {name}: {len(places)} photos")

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
    contexts={"tag": tags.shape[1]},
    target_propagator=GeoNeighborTagPropagator(),
    hidden=(256, 512),
    missing_zone="nearest",
    random_state=0,
)
student.fit(places[~held_out], tags[~held_out])
print(student.zone_report_)

# %%
# What they say of the whole zone
# -------------------------------
#
# We map the tag whose use differs most within the zone; `columns=` would choose others.
# White dots are the photos: the student smooths between them.

display = PlaceMapDisplay.from_estimator(
    {"teacher": teacher, "student": student}, zone=name, photos=places, resolution=80
)
plt.show()

# %%
# The teacher looks up photos for every place, the student only multiplies:

for who, encoder in (("teacher", teacher), ("student", student)):
    began = time.perf_counter()
    encoder.transform(display.places)
    seconds = time.perf_counter() - began
    print(f"{who}: {1e6 * seconds / len(display.places):.0f} microseconds a place")

# %%
# Who is closer to the photos that were held out?
# -----------------------------------------------
#
# We compare with what a teacher that has those photos, too, says of them. The student
# need not win everywhere. It answers from a file that holds no photos; far from all
# photos, though, what it says is as free as what any network says there.

truth = GeoNeighborTagPropagator(sparse_output=False).fit(places, tags)
rows = truth.transform(places[held_out])


def divergence(rows, said):
    said = np.maximum(said, 1e-12)
    terms = np.where(rows > 0, rows * np.log(np.maximum(rows, 1e-300) / said), 0.0)
    return terms.sum(axis=1).mean()


for who, encoder in (("teacher", teacher), ("student", student)):
    print(f"{who}: KL {divergence(rows, encoder.transform(places[held_out])):.3f}")
