# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos put in order by what they look like, once, when an estimator is fitted."""

from sklearn_geo._made_for import check_made_for, made_for
from sklearn_geo.neighbors._approximate import index_of


class ByLooks:
    """Estimators with a `metric` and `ann`, which nobody but `fit` reads."""

    def _index_looks(self, features, owner):
        self._index = index_of(features, self.metric, ann=self.ann, owner=owner)
        self._made_for = made_for(self._looks())

    def _check_asked(self):
        super()._check_asked()
        # Estimators that were pickled before this was kept have none.
        check_made_for(
            getattr(self, "_made_for", None),
            self._looks(),
            "Photos were put in order by it: set it back, or fit again.",
        )

    def _looks(self):
        return {"metric": self.metric, "ann": self.ann}
