# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
What a place adds to a photo
============================

A photo shows what it shows, but a weak description of it leaves doubts: is this water
the sea or a lake? Where it was taken helps, if one knows what places are like. Networks
learn that from photos of other people: which objects, scenes and tags there are around.
Here are these contexts one by one, together, and with the photo itself.
"""

# %%
# Photos, and photos of other people
# ----------------------------------
#
# Everything is synthetic. Photos to classify have features with much noise; users of
# test photos have no photo in training, and those of the corpus are other people.

import numpy as np
import pandas as pd

from sklearn_geo import (
    GeoNeighborTagPropagator,
    GPS2VecPlusTransformer,
    UserDisjointShuffleSplit,
)
from sklearn_geo.datasets import make_geotagged_photos

world = {"n_tags": 100, "n_features": 16, "n_towns": 150, "place_subjects": 4.0}
photos = make_geotagged_photos(2_500, subject_signal=0.5, random_state=0, **world)
others = make_geotagged_photos(5_000, random_state=1, **world)

names = np.array(photos.subject_names)
common = np.flatnonzero(np.bincount(photos.subject, minlength=len(names)) > 100)
shown = pd.DataFrame(photos.subject[:, None] == common, columns=names[common])
splitter = UserDisjointShuffleSplit(1, test_size=0.4, random_state=0)
train, test = next(splitter.split(photos.places, groups=photos.users))

# %%
# What networks learnt about places
# ---------------------------------
#
# A small network in every zone says what photos taken there are like. It has seen none
# of the photos above, and no tag of theirs.

contexts = GPS2VecPlusTransformer(
    contexts={"object": 50, "scene": 24, "tag": 100},
    target_propagator={"tag": GeoNeighborTagPropagator()},
    append_location=True,
    hidden=(64,),
    max_iter=15,
    fallback_samples=2_000,
    zones_at_once=16,
    random_state=0,
)
teachers = np.hstack([others.objects, others.scenes, others.tags.toarray()])
contexts.set_output(transform="pandas").fit(others.places, teachers)
columns = contexts.transform(photos.places)
# The block of a column is what stands before two underscores.
columns.columns = [name.replace("_", "__", 1) for name in columns]
features = pd.DataFrame(photos.data).add_prefix("photo__")
columns = pd.concat([columns, features], axis=1)

# %%
# One by one, and together
# ------------------------

from sklearn_geo import AttentionFusionClassifier, PerClassDisplay
from sklearn_geo.metrics import macro_average_precision

settings = {"hidden": 64, "batch_size": 128, "max_iter": 20, "random_state": 0}


def classify(*blocks):
    chosen = columns.filter(regex=f"^({'|'.join(blocks)})__")
    model = AttentionFusionClassifier(learning_rate_init=0.004, **settings)
    model.fit(chosen.iloc[train], shown.iloc[train])
    return model.predict_proba(chosen.iloc[test])


place = "utm", "object", "scene", "tag"
said = {block: classify(block) for block in (*place, "photo")}
said |= {"place": classify(*place), "photo + place": classify(*place, "photo")}
for name, scores in said.items():
    score = macro_average_precision(shown.iloc[test], scores)
    print(f"{name:<18}{score:.3f}")

# %%
# Where the place helps
# ---------------------

import matplotlib.pyplot as plt

compared = {name: said[name] for name in ("place", "photo", "photo + place")}
PerClassDisplay.from_predictions(shown.iloc[test], compared, n_resamples=50)
plt.show()

# %%
# Beaches and mountains are bound to a kind of land and gain much: the features leave
# them in doubt, the place does not. Concerts are anywhere; there the place is one more
# thing to be wrong about.
