# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Pickles that know which release wrote them."""

import warnings

from sklearn.exceptions import InconsistentVersionWarning

from sklearn_geo import __version__


class OtherVersionWarning(InconsistentVersionWarning):
    """A pickle comes from another release of this library."""

    def __str__(self):
        return (
            f"A pickle of {self.estimator_name} was written by sklearn-geo "
            f"{self.original_sklearn_version} and is read by "
            f"{self.current_sklearn_version}. It may answer otherwise, or not at all: "
            "fit it again. What save and save_pretrained write stays readable."
        )


class DatedPickles:
    """Mixin of estimators whose pickles are warned of by other releases.

    scikit-learn says which version has pickled its own estimators, and no others.
    """

    def __getstate__(self):
        return {**super().__getstate__(), "_sklearn_geo_version": __version__}

    def __setstate__(self, state):
        state = dict(state)
        version = state.pop("_sklearn_geo_version", "of an unknown version")
        if version != __version__:
            warnings.warn(
                OtherVersionWarning(
                    estimator_name=type(self).__name__,
                    current_sklearn_version=__version__,
                    original_sklearn_version=version,
                ),
                stacklevel=2,
            )
        super().__setstate__(state)
