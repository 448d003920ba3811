# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
What the clock and the album know
=================================

A photo of a sofa could be from anywhere. But it was posted at three in the morning in
London, and the photo before it shows a temple. Neither is in the picture. How much of
the map do they rule out?
"""

# %%
# Photos with times and owners
# ----------------------------
#
# An invented world. People take photos by day and post them at once, and somebody who
# was in a town an hour ago is still there. Each photo has image features, the time it
# was posted, in UTC, and its owner. Whoever teaches is not tested.

from sklearn_geo import UserDisjointShuffleSplit
from sklearn_geo.datasets import make_coastline, make_geotagged_photos

photos = make_geotagged_photos(4_000, n_users=400, random_state=0, as_frame=True)
X = photos.data.assign(posted=photos.frame["posted"], user=photos.users)
y = photos.places
splitter = UserDisjointShuffleSplit(1, test_size=0.3, random_state=0)
train, test = next(splitter.split(X, groups=X["user"]))
X_train, X_test, y_train, y_test = X.iloc[train], X.iloc[test], y[train], y[test]

# %%
# Three models in one
# -------------------
#
# A classifier of cells (M1) sees the features. Around it comes what corrects it by the
# time (M2), and around that what lets the photos of a user speak to each other (M3).
# Each wrapper learns from what the inner one says of photos that it has *not* seen, so
# that it does not learn to trust it too much: `cv` folds, of whole users.

from sklearn_geo import (
    AlbumGeolocator,
    HierarchicalCellClassifier,
    S2Partition,
    TimeAdjustedGeolocator,
    UserAveragingGeolocator,
)

photo = HierarchicalCellClassifier(S2Partition(100, 10), random_state=0)
clock = TimeAdjustedGeolocator(photo, times="posted", cv=3, random_state=0)
album = AlbumGeolocator(clock, groups="user", times="posted", cv=3, random_state=0)
album.fit(X_train, y_train)

# %%
# The inner ones are fitted too, to all training photos. The mean over a user, which
# learns nothing, is what albums have to be compared with.

clock, photo = album.estimator_, album.estimator_.estimator_
features, posted = X_test[photos.feature_names], X_test["posted"]
mean = UserAveragingGeolocator(clock, groups="user", times="posted", cv="prefit")
answers = {
    "photo (M1)": photo.predict(features),
    "photo and clock (M2)": clock.predict(features, times=posted),
    "mean over a user": mean.fit(X_test, y_test).predict(X_test),
    "photo, clock, album (M3)": album.predict(X_test),
}

# %%
# What it is worth
# ----------------
#
# Median errors, and the shares of photos within a region and a country. The last column
# is how likely such a gain is by chance, of the clock over the photo, and of what
# follows over the clock: Wilcoxon's test on pairs of errors, one pair a user.

from sklearn_geo.metrics import (
    accuracy_at_km,
    median_great_circle_error,
    paired_wilcoxon,
)

photo_alone, with_clock = answers["photo (M1)"], answers["photo and clock (M2)"]
print(f"{'':<24} {'median':>9} {'200 km':>8} {'750 km':>8}   p")
for name, places in answers.items():
    median = median_great_circle_error(y_test, places)
    region, country = accuracy_at_km(y_test, places, [200, 750])
    pair = y_test, places, photo_alone if places is with_clock else with_clock
    gain = paired_wilcoxon(*pair, alternative="less", groups=X_test["user"])
    p = "" if places is photo_alone else f"{gain.pvalue:.0e}"
    print(f"{name:<24} {median:>6,.0f} km {region:>8.1%} {country:>8.1%}   {p}")

# %%
# People of this world stay near home, so that the mean over all their photos is hard to
# beat. It cannot follow a traveller, and names the places where people live too often:
# see :doc:`/time_and_albums`.
#
# Why the clock helps
# -------------------
#
# Each box holds the longitudes of photos posted in one hour, one photo of each of more
# users. Most are taken where it is day, on either side of the line where it is noon.
# Boxes that go out at the top come in at the bottom: the earth is round.

import matplotlib.pyplot as plt

from sklearn_geo.inspection import LongitudeHourDisplay

more = make_geotagged_photos(10_000, n_users=5_000, random_state=1)
LongitudeHourDisplay.from_places(
    more.places, more.posted, groups=more.users, time_zone="UTC"
)
plt.show()

# %%
# Why the album helps
# -------------------
#
# The first 24 photos of one person who was not in training. By themselves they are all
# over the world. Arrows lead from each answer to the next, and the length of that way
# is written above.

from sklearn_geo.inspection import AlbumPathDisplay

AlbumPathDisplay.from_estimators(
    clock,
    album,
    X_test,
    y_test,
    names=("photo and clock", "photo, clock and album"),
    coastline=make_coastline(),
)
# sphinx_gallery_thumbnail_number = -1
plt.show()

# %%
# The album cannot know which of two nearby countries is right, but it knows that nobody
# flies to Africa for one photo.
