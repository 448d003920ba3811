# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of geolocators share.

scikit-learn's checks teach numbers, labels and columns of both; a geolocator learns
places and refuses them, and has to. So its checks run on a subclass whose only change
is that the hook which reads y maps any finite y onto the globe.
"""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from tests.contract import check_name, fold


class _FoldedTarget:
    def _read_target(self, y, X):
        if y is not None:
            y = np.asarray(y)
            y = fold(y.reshape(len(y), -1)) if np.isfinite(_numbers(y)).all() else y
        return super()._read_target(y, X)


def _numbers(y):
    return y.astype(np.float64)


def folds_y(cls):
    """Return the test-only subclass of a geolocator that folds its y onto the globe."""
    name = f"YFolded{cls.__name__}"
    if name not in globals():
        globals()[name] = type(name, (_FoldedTarget, cls), {"__module__": __name__})
    folded = globals()[name]
    assert folded.__bases__[1] is cls, f"two classes of tests are called {cls.__name__}"
    return folded


class _OneColumn:
    """Predictions as scikit-learn expects them of y with one column."""

    def predict(self, X):
        return super().predict(X) @ [[1.0], [1000.0]]


def checks_of(estimator, weights=None, suffix=None):
    """Return parameters of a test that runs the common set on a folded geolocator.

    Parameters
    ----------
    estimator : estimator
        Made by :func:`folds_y`.

    weights : str, default=None
        Why a row of weight 2 is not two rows, if so.

    suffix : str, default=None
        What tells several estimators of a module apart.
    """
    params = []
    for one, check in estimator_checks_generator(estimator):
        name, marks = check_name(check), ()
        if name.startswith("check_estimator_sparse"):
            # They want as many columns back as y had, which is one.
            cls = type(estimator)
            one_column = type(cls.__name__, (_OneColumn, cls), {})
            one = one_column(**estimator.get_params(deep=False))
        if weights is not None and name.startswith("check_sample_weight_equivalence"):
            marks = pytest.mark.xfail(reason=weights, strict=True)
        full = name if suffix is None else f"{name}-{suffix}"
        params.append(pytest.param(one, check, id=full, marks=marks))
    return params
