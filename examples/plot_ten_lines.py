# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
A place among other columns, in ten lines
=========================================

Here is a table: where and when a photo was posted, and sixteen numbers that a network
made of its pixels. Does it show a beach? In scikit-learn, columns of different kinds
meet in a ``ColumnTransformer``, and a place is one kind more.
"""

# %%
# The table
# ---------
#
# The photos are invented, and their image features are poor on purpose.

import numpy as np

from sklearn_geo.datasets import make_coastline, make_geotagged_photos

photos = make_geotagged_photos(
    6_000,
    n_features=16,
    subject_signal=0.5,
    place_subjects=4.0,
    as_frame=True,
    random_state=0,
)
X = photos.frame[["latitude", "longitude", "posted"]].join(photos.data)
y = np.where(photos.subject == photos.subject_names.index("beach"), "beach", "other")
print(X.iloc[:3, :4].to_string())
print(f"{np.mean(y == 'beach'):.0%} of {len(y):,} photos show a beach")

# %%
# Ten lines
# ---------
#
# Latitude and longitude become smooth waves over the globe, the time becomes hours,
# days and months, and the features are scaled. `S2BlockKFold` finds the place by the
# names of its columns, and leaves out whole regions, so that no score is owed to photos
# next door.

from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_geo import PostingTimeEncoder, S2BlockKFold, SphericalHarmonicsEncoder

columns = make_column_transformer(
    (SphericalHarmonicsEncoder(degree=20), ["latitude", "longitude"]),
    (PostingTimeEncoder(), ["posted"]),
    (StandardScaler(), photos.feature_names),
)
model = make_pipeline(columns, LogisticRegression(C=0.1, max_iter=1_000))
cv = S2BlockKFold(5, level=5)
scores = cross_val_score(model, X, y == "beach", cv=cv, scoring="average_precision")
print(f"average precision: {scores.mean():.2f}")

# %%
# Is the place worth its columns? Leave it out, and look at the same folds. Twice the
# standard error of the mean difference is beside it.

from sklearn.base import clone

photo_only = clone(model).set_params(
    columntransformer__sphericalharmonicsencoder="drop"
)
without = cross_val_score(
    photo_only, X, y == "beach", cv=cv, scoring="average_precision"
)
gain = scores - without
error = 2 * gain.std(ddof=1) / np.sqrt(len(gain))
print(f"without the place: {without.mean():.2f}, gain {gain.mean():.2f} ± {error:.2f}")

# %%
# One photo, anywhere
# -------------------
#
# The model reads all columns at once, so one may ask what it would say of a photo if it
# had been taken elsewhere. Here is one that leaves it in doubt; whatever reads latitude
# and longitude alone can be drawn, so the other columns are put in on the way.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.preprocessing import FunctionTransformer

from sklearn_geo import PlaceMapDisplay

model.fit(X, y)
doubt = np.abs(model.predict_proba(X)[:, 0] - 0.5)
photo = X.iloc[[doubt.argmin()]]


def with_photo(places):
    """The same photo, at every place."""
    table = pd.concat([photo] * len(places), ignore_index=True)
    table[["latitude", "longitude"]] = np.asarray(places)
    return table


anywhere = make_pipeline(FunctionTransformer(with_photo), model).fit(X.iloc[:, :2], y)
display = PlaceMapDisplay.from_estimator(
    anywhere,
    columns="beach",
    extent="world",
    resolution=240,
    photos=photo[["latitude", "longitude"]],
    label="probability of a beach",
    coastline=make_coastline(),
)
display.ax_.set_title("The photo taken at the white dot, if it were taken elsewhere")
plt.show()

# %%
# Beaches are found where other people's photos show them. Where there are no photos, as
# on the oceans, the waves say something all the same, and nobody knows whether it is
# true.
