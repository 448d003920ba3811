# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every encoder does with the `input_features` of `get_feature_names_out`."""

from sklearn.base import OneToOneFeatureMixin
from sklearn.utils.validation import check_is_fitted


def check_input_features(estimator, input_features):
    """Refuse input names that are not those seen in fit, in scikit-learn's words.

    The names of an encoder's columns do not depend on what the latitude and the
    longitude were called, so a caller may leave `input_features` out; what it does
    give has to agree with `feature_names_in_` and `n_features_in_`.

    Parameters
    ----------
    estimator : estimator
        The encoder whose `get_feature_names_out` was called.

    input_features : array-like of str or None
        What it was called with.
    """
    check_is_fitted(estimator)
    if input_features is not None:
        # The public door to scikit-learn's own check and its messages.
        OneToOneFeatureMixin.get_feature_names_out(estimator, input_features)
