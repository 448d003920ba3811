# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
A place among other columns, in ten lines
=========================================

A table says where and when photos were posted, and holds sixteen numbers that a network
made of their pixels. Which of them show a beach? In scikit-learn, columns of different
kinds meet in a ``ColumnTransformer``, and a place is one kind more.
"""

# %%
# The table
# ---------
#
# The photos are invented, and their image features are poor on purpose.

import numpy as np

from sklearn_geo.datasets import make_coastline, make_geotagged_photos

poor = {"n_features": 16, "subject_signal": 0.5, "place_subjects": 4.0}
photos = make_geotagged_photos(6_000, as_frame=True, random_state=0, **poor)
X = photos.frame[["latitude", "longitude", "posted"]].join(photos.data)
y = photos.subject == photos.subject_names.index("beach")
print(X.iloc[:3, :4].to_string())

# %%
# Ten lines
# ---------
#
# The place becomes smooth waves over the globe, the time hours, days and months, and
# features are scaled. `S2BlockKFold` finds the place by the names of its columns, and
# leaves out whole regions, so that no score is owed to photos next door.

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
folds = {"cv": S2BlockKFold(5, level=5), "scoring": "average_precision"}
scores = cross_val_score(model, X, y, **folds)
print(f"average precision: {scores.mean():.2f}, by chance {y.mean():.2f}")

# %%
# Is the place worth its columns? Leave it out, and look at the same folds, and at twice
# the standard error of the mean difference.

from sklearn.base import clone

dropped = {"columntransformer__sphericalharmonicsencoder": "drop"}
without = cross_val_score(clone(model).set_params(**dropped), X, y, **folds)
gain, error = scores - without, 2 * np.std(scores - without, ddof=1) / np.sqrt(5)
print(f"without: {without.mean():.2f}, gain {gain.mean():.2f} ± {error:.2f}")

# %%
# One photo, anywhere
# -------------------
#
# What would the model say of a photo if it had been taken elsewhere? Here is one that
# leaves it in doubt; its other columns are put in on the way.

import matplotlib.pyplot as plt
from sklearn.preprocessing import FunctionTransformer

from sklearn_geo import PlaceMapDisplay

likely = model.fit(X, y).predict_proba(X)[:, 1]
photo = X.iloc[[np.abs(likely - 0.5).argmin()]]


def with_photo(places):
    rows = photo.iloc[np.zeros(len(places), dtype=int)]
    return rows.assign(latitude=places[:, 0], longitude=places[:, 1])


anywhere = make_pipeline(FunctionTransformer(with_photo), model).fit(photos.places, y)
display = PlaceMapDisplay.from_estimator(
    anywhere,
    columns=1,
    extent="world",
    photos=photo[["latitude", "longitude"]],
    label="probability of a beach",
    coastline=make_coastline(),
)
display.ax_.set_title("One photo (dot), moved: where it would pass for a beach")
plt.show()

# %%
# A place is one kind of columns more, and worth it here. Where there are no photos, as
# on the oceans, the waves say something all the same, and nobody knows if it is true.
