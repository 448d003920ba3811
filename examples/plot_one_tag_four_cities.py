# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
One tag in four cities
======================

The same word calls for other photos elsewhere. A ranker of photos, tags and places
looks for photos of one tag in four cities. The other way round, tags for one photo, is
:ref:`an example of its own <sphx_glr_auto_examples_plot_four_cities_tags.py>`.
"""

# %%
# What people call it
# -------------------
#
# The photos are invented, the words are not. A road is a *carretera* in one city and an
# *interstate* in another. *Football* is played with the foot in San José and Edinburgh,
# with the hands in Chicago, and with both in Melbourne. All sports are played
# everywhere, so neither the picture nor the place alone tells what is meant.

import numpy as np

cities = {
    "San José": (9.93, -84.08),
    "Chicago": (41.88, -87.63),
    "Edinburgh": (55.95, -3.19),
    "Melbourne": (-37.81, 144.96),
}
words = {
    "road": ("carretera", "interstate", "road", "highway"),
    "water": ("lago", "lake", "loch", "billabong"),
    "soccer": ("football", "soccer", "football", "soccer"),
    "gridiron": ("gridiron", "football", "gridiron", "gridiron"),
    "footy": ("footy", "footy", "footy", "football"),
}
subjects, names = list(words), sorted({word for row in words.values() for word in row})
names += [name.lower().replace(" ", "") for name in cities] + ["travel", "weekend"]

rng = np.random.default_rng(0)
n_photos, n_users = 2_000, 100
user = rng.integers(n_users, size=n_photos)
city = user % len(cities)  # people take photos at home
subject = rng.integers(len(subjects), size=n_photos)
places = np.array(list(cities.values()))[city] + rng.normal(0, 0.1, (n_photos, 2))
looks = rng.normal(size=(len(subjects), 16))
features = looks[subject] + rng.normal(0, 0.8, (n_photos, 16))

# %%
# Most write the word, some the name of the city, and some what says nothing:

tags = np.zeros((n_photos, len(names)), dtype=int)
said = [names.index(words[subjects[s]][c]) for s, c in zip(subject, city, strict=True)]
tags[np.arange(n_photos), said] = rng.random(n_photos) < 0.8
tags[np.arange(n_photos), city - 6] = rng.random(n_photos) < 0.5
tags[:, -2:] = rng.random((n_photos, 2)) < 0.2

# %%
# A ranker
# --------
#
# People who teach are not searched: photos of one album are alike, so a search among
# them would flatter the ranker.

from sklearn_geo import UserDisjointShuffleSplit
from sklearn_geo.ranking import LocSensRanker

X = np.hstack([places, features])
splitter = UserDisjointShuffleSplit(1, test_size=0.3, random_state=0)
train, test = next(splitter.split(X, groups=user))
train = train[tags[train].any(axis=1)]
ranker = LocSensRanker(
    n_components=32, max_iter=15, tag_names=names, random_state=0
).fit(X[train], tags[train], groups=user[train])
ranker.index(X[test])

# %%
# One tag in four cities
# ----------------------
#
# There are no pictures, so each photo is a shape that its features decide, with what it
# shows written on it. Frames are around those whose owners wrote the word: whoever
# saw the same and did not write it down is a fine answer, too. `within_km` keeps
# to the city; without it the ranker finds photos of the same sport elsewhere, too.

import matplotlib.pyplot as plt

from sklearn_geo.inspection import RetrievalSheetDisplay

RetrievalSheetDisplay.from_ranker(
    ranker,
    "football",
    cities,
    within_km=100,
    gallery_tags=tags[test],
    gallery_places=places[test],
    features=features[test],
    subjects=np.array(subjects)[subject[test]],
)
plt.show()

# %%
# One word, three sports: soccer in San José and Edinburgh, gridiron in Chicago (but for
# one photo), and footy in Melbourne.
