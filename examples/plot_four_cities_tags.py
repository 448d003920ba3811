# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
One photo in four cities
========================

A tram is an *elétrico* in Lisbon and a *bim* in Vienna. A model of pictures cannot know
where it is, and one of places cannot know what is to be seen. Here is what both
together say of one photo, if it had been taken in each of four cities.
"""

# %%
# What people call it
# -------------------
#
# The photos are invented, the words are not. *Football* is played with the foot in
# Edinburgh, and with the hands, too, in Melbourne.

import numpy as np

cities = {
    "Lisbon": (38.72, -9.14),
    "Vienna": (48.21, 16.37),
    "Edinburgh": (55.95, -3.19),
    "Melbourne": (-37.81, 144.96),
}
words = {
    "tram": ("elétrico", "bim", "tram", "tram"),
    "coffee": ("bica", "melange", "coffee", "flatwhite"),
    "cake": ("pastel", "torte", "cake", "lamington"),
    "soccer": ("futebol", "fussball", "football", "soccer"),
    "footy": ("rugby", "rugby", "rugby", "football"),
}
subjects, names = list(words), sorted({word for row in words.values() for word in row})
n_words = len(names)
names += [name.lower() for name in cities] + ["travel", "weekend"]

rng = np.random.default_rng(0)
n_photos, n_users = 2_400, 120
user = rng.integers(n_users, size=n_photos)
city = user % len(cities)  # people take photos at home
subject = rng.integers(len(subjects), size=n_photos)
places = np.array(list(cities.values()))[city] + rng.normal(0, 0.1, (n_photos, 2))
looks = rng.normal(size=(len(subjects), 16))
features = looks[subject] + rng.normal(0, 0.8, (n_photos, 16))

# %%
# Most write the local word, many the name of the city, and some what says nothing.

local = np.array([[names.index(word) for word in row] for row in words.values()])
right = local[subject, city]
tags = np.zeros((n_photos, len(names)), dtype=int)
tags[np.arange(n_photos), right] = rng.random(n_photos) < 0.8
tags[np.arange(n_photos), n_words + city] = rng.random(n_photos) < 0.5
tags[:, -2:] = rng.random((n_photos, 2)) < 0.2

# %%
# Four taggers
# ------------
#
# One sees the picture, one the place, the third multiplies what these two say, and the
# ranker learns both together. Users who teach are not asked about.

from sklearn.frozen import FrozenEstimator

from sklearn_geo import HashtagEmbedding, KernelTagger, LocSensRanker, ProductTagger
from sklearn_geo.metrics import bootstrap_interval
from sklearn_geo.model_selection import UserDisjointShuffleSplit

X = np.hstack([places, features])
splitter = UserDisjointShuffleSplit(1, test_size=0.4, random_state=0)
train, test = next(splitter.split(X, groups=user))
train = train[tags[train].any(axis=1)]

small = {"n_components": 32, "max_iter": 15, "random_state": 0}
picture = HashtagEmbedding(**small).fit(features[train], tags[train])
place = KernelTagger(bandwidth_km=50).fit(X[train], tags[train])
product = ProductTagger(FrozenEstimator(picture), place).fit(X[train], tags[train])
ranker = LocSensRanker(tag_names=names, **small)
ranker.fit(X[train], tags[train], groups=user[train])

# %%
# How often is the first word the local word for what the photo shows? Names of cities
# and words that say nothing do not count. Intervals of 95 % draw users anew.

taggers = {"picture": picture, "place": place, "product": product, "ranker": ranker}
for name, tagger in taggers.items():
    lists = tagger.predict_topk(
        (features if name == "picture" else X)[test], len(names)
    )
    order = lists[lists < n_words].reshape(len(test), n_words)
    hit = (order[:, 0] == right[test]).astype(float)
    found = bootstrap_interval(np.mean, hit, groups=user[test], random_state=0)
    print(f"{name:<8}{found.estimate:5.0%}  ({found.low:.0%} to {found.high:.0%})")

# %%
# The picture alone guesses among the words of four cities, the place alone among those
# of all subjects. Together they know. Here a product is nearly as good as a joint
# model, and costs much less; fit it first.
#
# One photo, as if it had been taken in each city
# -----------------------------------------------
#
# It was taken in Lisbon. Bars are scores, which compare tags of one city.

import matplotlib.pyplot as plt

from sklearn_geo import TaggingSheetDisplay

tram = test[(subject[test] == subjects.index("tram")) & (city[test] == 0)][0]
TaggingSheetDisplay.from_ranker(ranker, X[tram], cities, k=4, subject="tram")
plt.show()

# %%
# Names of cities are among the first, and any table of the most frequent tags of a town
# knows them. Look at what is bold besides: words that one city alone uses.
