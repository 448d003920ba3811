# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
What matters for which label
============================

A fusion weighs blocks of columns: here the zone, the tags of photos nearby, and the
photo itself. May one read off its weights that beaches are recognised by their place
and concerts by the picture? The weights can be had row by row, so that they can be told
apart by label. It is tempting, and it is wrong.
"""

# %%
# Photos, and tags of other people
# --------------------------------
#
# An invented world. Image features are weak, and what is photographed depends on where
# one is. Whoever teaches is not tested.

import numpy as np
import pandas as pd

from sklearn_geo import (
    GeoNeighborTagPropagator,
    UserDisjointShuffleSplit,
    UTMOneHotEncoder,
)
from sklearn_geo.datasets import make_geotagged_photos

world = {"n_tags": 100, "n_features": 16, "n_towns": 150, "place_subjects": 4.0}
photos = make_geotagged_photos(4_000, subject_signal=0.6, random_state=0, **world)
others = make_geotagged_photos(4_000, random_state=100, **world)

zones = UTMOneHotEncoder(zones="seen", sparse_output=False)
nearby = GeoNeighborTagPropagator(50, sparse_output=False)
blocks = {
    "zone": zones.fit_transform(photos.places),
    "tags nearby": nearby.fit(others.places, others.tags).transform(photos.places),
    "photo": photos.data,
}
X = pd.concat(
    [pd.DataFrame(block).add_prefix(f"{name}__") for name, block in blocks.items()],
    axis=1,
)
labels = ["beach", "mountain", "museum", "concert"]
y = pd.DataFrame(
    {name: photos.subject == photos.subject_names.index(name) for name in labels}
).astype(int)
splitter = UserDisjointShuffleSplit(1, test_size=0.4, random_state=0)
train, test = next(splitter.split(X, groups=photos.users))

# %%
# Let through, and worth, label by label
# --------------------------------------
#
# One fusion learns all labels. Boxes on the left are the weights of half of the rows of
# a label. What a block is worth is measured, on the right: how much average precision a
# label loses, on photos of other people, if the block is left out.

import matplotlib.pyplot as plt
from sklearn.metrics import average_precision_score

from sklearn_geo import AttentionDisplay, AttentionFusionClassifier

model = AttentionFusionClassifier(
    attention="sample", hidden=32, batch_size=64, max_iter=12, random_state=0
).fit(X.iloc[train], y.iloc[train])


def precision_of(k):
    return lambda model, X, y: average_precision_score(
        np.asarray(y)[:, k], model.predict_proba(X)[:, k]
    )


X_test, y_test = X.iloc[test], y.iloc[test]
worth = pd.DataFrame(
    {
        label: model.block_importance(X_test, y_test, scoring=precision_of(k))
        for k, label in enumerate(labels)
    }
)
print(worth.round(3).to_string())

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
weights = pd.DataFrame(model.attention_weights(X_test), columns=model.block_names_)
AttentionDisplay.from_predictions(weights, y_test, ax=left)
colors = ["#0072B2", "#D55E00", "#009E73", "#CC79A7"]
worth.plot.barh(ax=right, color=colors, legend=False, width=0.8)
right.invert_yaxis()
right.axvline(0, color="0.3", linewidth=1)
right.set_xlabel("worth: average precision lost without it")
right.set_title("Weights are alike; worth is not")
right.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# All blocks are open for all labels: the weights tell nothing apart. What is lost does.
# Concerts and museums are told from the photo, and nothing stands in for it; for a
# beach the tags of other people's photos count, too; the zone is worth little. Less
# than a tenth, either way, is within what another seed would change.
