# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
Which block mattered
====================

A venue has check-ins, and it has a place. What is known of the place comes as several
blocks of columns: its zone, what photos around are tagged with, what they show. Fused
by attention, each block has a weight. But how much is let through is not how much it
was worth: here are both.
"""

# %%
# Venues, their check-ins, and photos around
# ------------------------------------------
#
# Everything is synthetic: venues and photos of one invented world.

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from sklearn_geo import (
    GeoNeighborTagPropagator,
    GeoTagCorpus,
    UTMOneHotEncoder,
    VenueActivityEncoder,
)
from sklearn_geo.datasets import make_checkins, make_geotagged_photos
from sklearn_geo.fusion import AttentionFusionClassifier
from sklearn_geo.metrics import macro_average_precision

venues = make_checkins(1_200, as_frame=True, random_state=0)
photos = make_geotagged_photos(6_000, n_tags=200, random_state=1)
frame = venues.data.reset_index()
print(frame.head(3).round(2).to_string())

# %%
# One Pipeline
# ------------
#
# The check-ins are counted once, and frozen. The photos are a corpus of other people's:
# no label of a venue can reach it.

activity = VenueActivityEncoder(utc_offset="utc_offset").fit(venues.checkins)
tagged = GeoTagCorpus(photos.places, photos.tags, tag_names=photos.tag_names)
seen = GeoTagCorpus(photos.places, photos.scenes, tag_names=photos.scene_names)
place = ["latitude", "longitude"]


def around(corpus):
    return GeoNeighborTagPropagator(50, corpus=corpus, sparse_output=False)


encode = ColumnTransformer(
    [
        ("check-ins", FrozenEstimator(activity), ["venue"]),
        ("utm", UTMOneHotEncoder(sparse_output=False), place),
        ("tag", around(tagged), place),
        ("scene", around(seen), place),
    ]
).set_output(transform="pandas")
fuse = AttentionFusionClassifier(hidden=64, batch_size=64, random_state=0)
model = Pipeline([("encode", encode), ("fuse", fuse)])

test = np.arange(len(frame)) % 3 == 0
model.fit(frame[~test], venues.target[~test])
score = macro_average_precision(venues.target[test], model.predict_proba(frame[test]))
print(f"mean average precision on venues not trained on: {score:.3f}")

# %%
# Let through, and worth
# ----------------------
#
# A weight says how much of a block is let through. What a block is worth is measured:
# by how much the score falls when it is left out.

import matplotlib.pyplot as plt

from sklearn_geo.inspection import AttentionDisplay

display = AttentionDisplay.from_estimator(model, frame[test], venues.target[test])
plt.show()

# %%
# The check-ins matter most, and nothing stands in for them. But the zone is let through
# as much as they are, and leaving it out costs next to nothing; and tags and scenes say
# much the same about a place, so that either can be missed. Before a block that is dear
# to compute is dropped, measure:
# :meth:`~sklearn_geo.fusion.AttentionFusionClassifier.block_importance` does.
