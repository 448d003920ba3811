# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a trained classifier of cells says: its scorer, asked about photos or crops."""

import numpy as np

from sklearn_geo.geolocation._crop_scores import (
    crop_head_proba,
    crop_level_proba,
    crop_log_scores,
    feature_blocks,
)
from sklearn_geo.geolocation._inputs import cells_of
from sklearn_geo.geolocation._scorer import CellScorer

__all__ = ["CellAnswers"]


class CellAnswers:
    """The answers of :class:`HierarchicalCellClassifier`, once there is a network."""

    def _log_scores(self, X, known):
        scorer = self._ready_scorer()
        if X.ndim == 2:
            return scorer.log_scores(X, known)
        return crop_log_scores(scorer, self._crops(X), known)

    def _level_proba(self, X, level):
        scorer = self._ready_scorer()
        if X.ndim == 2:
            return scorer.level_proba(X, level)
        return crop_level_proba(scorer, self._crops(X), level)

    def _scene_proba(self, X):
        if self.scenes_ is None:
            raise ValueError(
                "This classifier has learnt no scenes: pass scenes= to fit."
            )
        number = len(self.net_.module_.n_outputs) - 1
        scorer = self._any_scorer()
        parts = (
            scorer.head_proba(X, number)
            if X.ndim == 2
            else crop_head_proba(scorer, self._crops(X), number)
        )
        return np.concatenate([proba for _, proba in parts])

    def _crops(self, X):
        return feature_blocks(X, self.net_.module_, self.n_crops)

    def _make_scorer(self):
        self._scorer = CellScorer(
            cells_of(self.net_.module_), self.parents_, self.n_cells_, self.combine
        )
        return self._scorer

    def _any_scorer(self):
        scorer = getattr(self, "_scorer", None)
        return self._make_scorer() if scorer is None else scorer

    def _ready_scorer(self):
        scorer = self._any_scorer()
        scorer.combine = self.combine
        if scorer.is_tree != (self.combine == "tree_sum"):
            how = "tree_sum" if scorer.is_tree else "product or finest"
            raise ValueError(
                f"combine={self.combine!r}, but this classifier was fitted with "
                f"{how}, which trains other heads. Fit it again."
            )
        return scorer

    def __getstate__(self):
        # skorch knows how to bring a network from an accelerator to a machine without
        # one; what points into the network is made again there.
        state = dict(super().__getstate__())
        state.pop("_scorer", None)
        return state
