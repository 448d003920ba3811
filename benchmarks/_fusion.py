# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The five blocks of the paper and its network, for the benchmarks of fusion."""

import numpy as np

from sklearn_geo.fusion import AttentionFusionClassifier

# Zones of a continent, ImageNet's objects, Places365, the tags, what a venue does.
BLOCKS = {"utm": 60, "object": 1000, "scene": 365, "tag": 2000, "app": 34}
HIDDEN = (16, 512, 512, 512, 512)
N_LABELS = 6


def bounds():
    """Return the columns of each block as a slice."""
    ends = np.cumsum([0, *BLOCKS.values()]).tolist()
    return {
        name: slice(start, stop)
        for name, start, stop in zip(BLOCKS, ends[:-1], ends[1:], strict=True)
    }


def make(n):
    """Return rows of all blocks and labels that depend on each of them."""
    rng = np.random.default_rng(0)
    X = np.empty((n, sum(BLOCKS.values())), dtype=np.float32)
    for cut in bounds().values():
        X[:, cut] = rng.standard_exponential((n, cut.stop - cut.start), np.float32)
        X[:, cut] /= X[:, cut].sum(axis=1, keepdims=True)
    scores = sum(
        X[:, cut] @ rng.standard_normal((cut.stop - cut.start, N_LABELS))
        for cut in bounds().values()
    )
    return X, (scores > np.quantile(scores, 0.8, axis=0)).astype(np.float32)


def model(**settings):
    """Return the paper's classifier: nothing is scaled, dropped or held out."""
    return AttentionFusionClassifier(
        bounds(),
        **{
            "scale": None,
            "dropout": 0.0,
            "early_stopping": False,
            "n_iter_no_change": None,
            "device": "cpu",
            "random_state": 0,
            **settings,
        },
    )
