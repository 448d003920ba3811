# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What all splitters of the room share: checked parameters and a table of sizes."""

import numpy as np
from sklearn.utils._param_validation import validate_parameter_constraints


class FoldSizesMixin:
    """Check the parameters when a splitter splits, and tell how large its folds are."""

    _parameter_constraints = {}

    def _check_parameters(self):
        validate_parameter_constraints(
            self._parameter_constraints,
            {name: getattr(self, name) for name in self._parameter_constraints},
            caller_name=type(self).__name__,
        )

    def fold_sizes(self, X, y=None, groups=None):
        """Count the rows of every split: trained on, tested on, and left out.

        Parameters
        ----------
        X : array-like, sparse array, data frame or GeoDataFrame of n_rows rows
            What `split` takes.

        y : array-like of shape (n_rows,), default=None
            Ignored, exists for API compatibility.

        groups : array-like of shape (n_rows,), default=None
            What `split` takes.

        Returns
        -------
        dict of ndarray of shape (n_splits,)
            "train", "test" and "dropped" (rows that are in neither). pandas makes a
            table of it: ``pd.DataFrame(cv.fold_sizes(X))``.

        Notes
        -----
        A splitter that draws at random without a fixed `random_state` draws anew here,
        so its next `split` has other sizes.
        """
        n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
        sizes = np.array(
            [(len(train), len(test)) for train, test in self.split(X, y, groups)],
            dtype=np.int64,
        )
        train, test = sizes.T
        return {"train": train, "test": test, "dropped": n_rows - train - test}
