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
# continent, in the usual words. Next to it is how much f* is ahead of each single
# partition on the same photos. Bars are intervals of 95 %, made by drawing users anew,
# because photos of one user are alike.

import matplotlib.pyplot as plt
import numpy as np

from sklearn_geo.metrics import bootstrap_interval, great_circle_error

KM = np.array([1, 25, 200, 750, 2500])
near = {
    name: 100.0 * (great_circle_error(y[test], answer)[:, np.newaxis] <= KM)
    for name, answer in answers.items()
}


def interval(values):
    """Return means of columns, and how far down and up their intervals reach."""
    found = bootstrap_interval(
        lambda rows: rows.mean(axis=0),
        values,
        groups=photos.users[test],
        n_resamples=500,
        random_state=0,
    )
    return found.estimate, (found.estimate - found.low, found.high - found.estimate)


figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
*singles, (best_name, best) = near.items()
colors = ["#E69F00", "#009E73", "#0072B2", "#D55E00"]
for at, ((name, hits), color) in enumerate(zip(near.items(), colors, strict=True)):
    shares, reach = interval(hits)
    x = np.arange(len(KM)) + 0.2 * (at - 1.5)
    left.bar(x, shares, 0.19, yerr=reach, color=color, error_kw={"lw": 1}, label=name)
    print(f"{name:<18}", *(f"{share:6.1f}" for share in shares))
print("f* ahead of")
for at, ((name, hits), color) in enumerate(zip(singles, colors, strict=False)):
    ahead, reach = interval(best - hits)
    x = np.arange(len(KM)) + 0.15 * (at - 1)
    right.errorbar(x, ahead, reach, fmt="o", color=color, capsize=3, label=name)
    print(f"{name:<18}", *(f"{gain:+6.1f}" for gain in ahead))
right.axhline(0, color="0.4", linewidth=1, zorder=0)
left.set(title="Answers within the distance", ylabel="percent of photos")
right.set(title="How much f* is ahead", ylabel="percentage points")
for ax in (left, right):
    ax.set_xticks(np.arange(len(KM)), [f"{km:,} km" for km in KM])
    ax.spines[["top", "right"]].set_visible(False)
left.legend(frameon=False, loc="upper left")
right.legend(frameon=False, title="f* ahead of", loc="upper right")
plt.show()

# %%
# The coarse partition is good at continents and useless in cities; the fine one is the
# other way round. f* need not choose: it is ahead of the fine cells where country and
# continent matter, of the coarse ones where cities do, and falls behind none of them by
# more than chance. It is one network, and costs one training instead of three. What it
# cannot do is repair weak features: four photos in ten are still placed more than a
# continent away.
