# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
When a plain random forest is enough
====================================

Often. Before places are encoded, propagated and fused, give latitude and longitude as
they are to a random forest, and write down its score. Where new rows come from regions
that it has seen, it is hard to beat; where they do not, it has nothing to go by.
"""

# %%
# Three models in five worlds
# ---------------------------
#
# Does a photo show a beach? Nothing is known but its place. Each world is invented, and
# cut into blocks of about 600 km. Photos in half of the blocks can teach; those of
# other people there are in *known* regions, and the other half of the blocks is *new*.
#
# - *forest*: 50 trees, which see latitude and longitude;
# - *harmonics*: smooth columns, and a linear model;
# - *tags*: what people write on photos nearby, and a linear model. These are 5,000
#   photos of still other people, anywhere, which nobody has labelled.

import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from sklearn_geo import GeoNeighborTagPropagator, S2BlockKFold
from sklearn_geo.datasets import make_geotagged_photos
from sklearn_geo.encoding import SphericalHarmonicsEncoder

small = {"n_tags": 100, "n_features": 8, "place_subjects": 4.0}
forest = RandomForestClassifier(50, random_state=0)
linear = LogisticRegression(C=3, max_iter=300)
found = []
for world in range(5):
    photos, others = (
        make_geotagged_photos(n, n // 4, world_seed=world, random_state=seed, **small)
        for seed, n in enumerate((6_000, 5_000))
    )
    X, y = photos.places, photos.subject == photos.subject_names.index("beach")
    known, new = next(S2BlockKFold(2, level=4, shuffle=True, random_state=0).split(X))
    teaches = photos.users[known] % 4 != 0
    train, tests = known[teaches], {"known": known[~teaches], "new": new}
    tags = GeoNeighborTagPropagator(50).fit(others.places, others.tags)
    models = {
        "forest": (forest, X),
        "harmonics": (linear, SphericalHarmonicsEncoder(degree=12).fit_transform(X)),
        "tags": (linear, tags.transform(X)),
    }
    for size in (200, 700, 2_000):
        for name, (model, columns) in models.items():
            model.fit(columns[train[:size]], y[train[:size]])
            for region, test in tests.items():
                said = model.predict_proba(columns[test])[:, 1]
                found.append((region, size, world, name, roc_auc_score(y[test], said)))
table = pd.DataFrame(found, columns=["regions", "rows", "world", "model", "area"])
area = table.set_index(["regions", "rows", "world", "model"])["area"].unstack()
print(area.groupby(["regions", "rows"]).mean().round(2).to_string())

# %%
# The area under the ROC curve is 0.5 for whoever knows nothing. This is how far a model
# is ahead of the forest with 2,000 rows, and twice the standard error over the worlds:

ahead = area.sub(area["forest"], axis=0).drop(columns="forest").xs(2_000, level="rows")
ahead = ahead.groupby("regions").agg(["mean", lambda worlds: 2 * worlds.sem()])
print(ahead.rename(columns={"<lambda_0>": "±"}).round(2).to_string())

# %%
# The picture
# -----------
#
# Bars are twice the standard error over the worlds.

import matplotlib.pyplot as plt

figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", sharey=True)
titles = "Known regions: the forest is enough", "New regions: it is not"
styles = {"forest": "o-", "harmonics": "s--", "tags": "^-."}
colors = {"forest": "#D55E00", "harmonics": "#0072B2", "tags": "#009E73"}
for ax, title, (_, some) in zip(axes, titles, area.groupby("regions"), strict=True):
    mean, error = some.groupby("rows").mean(), 2 * some.groupby("rows").sem()
    for k, name in enumerate(mean):
        drawn = mean.index * 1.05 ** (k - 1), mean[name], error[name]
        ax.errorbar(*drawn, fmt=styles[name], color=colors[name], capsize=3, label=name)
    ax.set(title=title, xlabel="rows to learn from", xscale="log", ylim=(0.4, 1.0))
    ax.set_xticks(mean.index, mean.index)
    ax.minorticks_off()
axes[0].set_ylabel("area under the ROC curve")
axes[0].legend(frameon=False, loc="lower right")
plt.show()

# %%
# In known regions the forest needs some hundred rows and no advice: smooth columns do
# not beat it, and tags are hardly ahead of it, if at all. In new regions it is not far
# from guessing, however many rows it has: what helps there is to know what places are
# *like*, from people who have been there. So what decides is where the next rows come
# from, and :ref:`folds of blocks <sphx_glr_auto_examples_plot_honest_folds.py>` tell.
