# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
Coarse cells correct fine ones
==============================

Fine cells tell streets apart, but each has few photos to learn from. Coarse cells have
many, and cannot say more than "somewhere in this country". Müller-Budack et al. (ECCV
2018) train both at once, and multiply along the hierarchy: f*. Is that better than
choosing one partition?
"""

# %%
# Photos, and people who are tested
# ---------------------------------
#
# An invented world; image features say where a photo was taken, faintly.

from sklearn_geo import UserDisjointShuffleSplit
from sklearn_geo.datasets import make_geotagged_photos

photos = make_geotagged_photos(6_000, random_state=0)
X, y = photos.data, photos.places
splitter = UserDisjointShuffleSplit(1, test_size=0.3, random_state=0)
train, test = next(splitter.split(y, groups=photos.users))

# %%
# One partition each, and all three
# ---------------------------------
#
# The three partitions are fitted together, and each of them then teaches a classifier
# of its own. All have the same features and the same settings.

from sklearn_geo import HierarchicalCellClassifier

settings = {"max_iter": 12, "random_state": 0}
together = HierarchicalCellClassifier(**settings).fit(X[train], y[train])
answers = {}
for partition, size in zip(
    together.partitions_, ("coarse", "middle", "fine"), strict=True
):
    alone = HierarchicalCellClassifier(partition, **settings).fit(X[train], y[train])
    answers[f"{size} ({partition.n_cells_} cells)"] = alone.predict(X[test])
answers["f* (all three)"] = together.predict(X[test])

# %%
# How often they are near enough
# ------------------------------
#
# Within 1, 25, 200, 750 and 2,500 km: a street, a city, a region, a country and a
# continent, in the usual words. The picture shows how much f* is ahead of each single
# partition on the same photos, with intervals of 95 %, made by drawing users anew,
# because photos of one user are alike.

import matplotlib.pyplot as plt
import numpy as np

from sklearn_geo.metrics import bootstrap_interval, great_circle_error

KM = np.array([1, 25, 200, 750, 2500])
near = {
    name: 100.0 * (great_circle_error(y[test], answer)[:, np.newaxis] <= KM)
    for name, answer in answers.items()
}
for name, hits in near.items():
    print(f"{name:<18}", *(f"{share:6.1f}" for share in hits.mean(axis=0)))

figure, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
*singles, (_, best) = near.items()
styles = ("#E69F00", "o"), ("#009E73", "s"), ("#0072B2", "^")
for at, ((name, hits), (color, marker)) in enumerate(zip(singles, styles, strict=True)):
    ahead = bootstrap_interval(
        lambda rows: rows.mean(axis=0),
        best - hits,
        groups=photos.users[test],
        n_resamples=500,
        random_state=0,
    )
    reach = ahead.estimate - ahead.low, ahead.high - ahead.estimate
    x, style = np.arange(len(KM)) + 0.15 * (at - 1), {"color": color, "fmt": marker}
    ax.errorbar(x, ahead.estimate, reach, capsize=3, label=name, **style)
ax.axhline(0, color="0.4", linewidth=1, zorder=0)
ax.set_xticks(np.arange(len(KM)), [f"{km:,} km" for km in KM])
ax.set(title="f* is behind no single partition", ylabel="f* ahead, percentage points")
ax.set_xlabel("answers within")
ax.legend(frameon=False, title="f* ahead of", loc="upper right")
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# The coarse partition is good at continents and useless in cities; the fine one is the
# other way round. f* need not choose: it falls behind neither by more than chance, and
# costs one training instead of three. What it cannot do is repair weak features: four
# photos in ten are still placed more than a continent away.
