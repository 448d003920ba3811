# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
What an encoder takes for near
==============================

A linear model, or the first layer of a network, compares places by their columns. So
the columns decide what "near" means: which places are alike before anything is learnt.
Here is a place in the far east of Siberia, beside the antimeridian, and how similar to
it six encoders find the rest of the globe.
"""

# %%
# Six encoders
# ------------
#
# Raw degrees, scaled as one would scale any column, are what many start with.

import numpy as np
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_geo import (
    RandomFourierEncoder,
    S2OneHotEncoder,
    SinusoidalEncoder,
    Sphere2VecEncoder,
    SphericalHarmonicsEncoder,
    UnitVectorEncoder,
)

place = np.array([[66.0, 175.0]])
encoders = {
    "raw degrees": FunctionTransformer(lambda X: X / [90.0, 180.0]),
    "S2 cells of level 2": S2OneHotEncoder(level=2, sparse_output=False),
    "unit vectors": UnitVectorEncoder(),
    "sinusoids, 4 scales": SinusoidalEncoder(n_scales=4),
    "Sphere2Vec, 16 scales": Sphere2VecEncoder(n_scales=16, min_radius=0.05),
    "spherical harmonics, degree 12": SphericalHarmonicsEncoder(degree=12),
}

# %%
# Six ideas of near
# -----------------
#
# Raw degrees end at the antimeridian: Alaska, 600 km away, is less alike than
# Madagascar. A cell is near to itself and to nothing else. Sinusoids and Sphere2Vec
# are made of latitudes and longitudes, which shows as stripes: what has the same
# latitude or longitude seems alike, however far. Unit vectors and spherical harmonics
# see discs of the same size anywhere on the sphere, wide ones and narrow ones.

import matplotlib.pyplot as plt

from sklearn_geo import PlaceMapDisplay
from sklearn_geo.datasets import make_coastline

similar = {}
for name, encoder in encoders.items():
    to_place = {"Y": encoder.fit_transform(place)}
    similarity = FunctionTransformer(cosine_similarity, kw_args=to_place)
    similar[name] = make_pipeline(encoder, similarity).fit(place)
figure, axes = plt.subplots(2, 3, figsize=(11, 4.2), layout="compressed")
PlaceMapDisplay.from_estimator(
    similar,
    extent="world",
    photos=place,
    label="cosine similarity to the dot",
    cmap="RdBu_r",
    norm=plt.Normalize(-1, 1),
    coastline=make_coastline(),
    ax=axes.ravel(),
)
plt.show()

# %%
# None of them is best. One-hot cells let a model learn each region by itself; smooth
# columns let it carry over what it learnt to where it has seen nothing. Put several
# side by side, and let the folds decide: leave out whole blocks with
# :class:`~sklearn_geo.model_selection.S2BlockKFold`, or the sharpest encoder wins by
# memory.
#
# :class:`~sklearn_geo.encoding.RandomFourierEncoder` imitates a kernel whose width is a
# parameter:

for sigma in (0.5, 2.0):
    encoder = RandomFourierEncoder(512, sigmas=(sigma,), random_state=0)
    columns = encoder.fit_transform(np.vstack([place, [[64.0, -173.0], [62.0, 150.0]]]))
    near, far = cosine_similarity(columns[:1], columns[1:])[0]
    print(f"sigma {sigma}: across the strait {near:.2f}, Kolyma {far:.2f}")
