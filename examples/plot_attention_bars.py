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
# One fusion for all labels
# -------------------------

from sklearn_geo.fusion import AttentionFusionClassifier

model = AttentionFusionClassifier(
    attention="sample", hidden=32, batch_size=64, max_iter=12, random_state=0
).fit(X.iloc[train], y.iloc[train])

# %%
# Weights, label by label
# -----------------------
#
# Boxes hold the middle half of the rows of a label, lines nine tenths. All blocks are
# open for all labels: what the weights say is that nothing had to be shut out.

import matplotlib.pyplot as plt

from sklearn_geo import AttentionDisplay

AttentionDisplay.from_predictions(
    pd.DataFrame(model.attention_weights(X.iloc[test]), columns=model.block_names_),
    y.iloc[test],
)
plt.show()

# %%
# Worth, label by label
# ---------------------
#
# What a block is worth for a label is measured: how much average precision is lost on
# photos of other people if the block is left out.

from sklearn.metrics import average_precision_score

figure, axes = plt.subplots(
    1, len(labels), figsize=(11, 2.6), layout="constrained", sharex=True
)
for k, (label, ax) in enumerate(zip(labels, axes, strict=True)):

    def precision_of_label(model, X, y, k=k):
        return average_precision_score(
            np.asarray(y)[:, k], model.predict_proba(X)[:, k]
        )

    worth = model.block_importance(
        X.iloc[test], y.iloc[test], scoring=precision_of_label
    )
    print(f"{label:<10}", {name: round(loss, 3) for name, loss in worth.items()})
    AttentionDisplay(None, importance=worth, measure="AP").plot(ax)
    ax.set_title(label)
    ax.set_xlabel("AP lost without it")
    ax.tick_params(axis="y", labelleft=k == 0)
# sphinx_gallery_thumbnail_number = -1
plt.show()

# %%
# Concerts and museums are told from the photo, and nothing stands in for it. For a
# beach the tags of other people's photos count, too. The zone, let through like the
# rest, is worth little or nothing. Losses and gains of less than a tenth are within
# what another seed would change.
