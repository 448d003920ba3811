# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Parameters that may have been set since `fit` looked at them."""

from sklearn import config_context, get_config
from sklearn.utils._param_validation import validate_parameter_constraints

__all__ = ["check_settings", "check_strictly"]


def check_settings(estimator, *names):
    """Refuse parameters that `fit` would refuse.

    As `fit` does, it looks at none where scikit-learn is set to
    `skip_parameter_validation`.

    Whoever asks for one row at a time does not wait for it: only what is named is
    looked at.

    Parameters
    ----------
    estimator : estimator
        Whose parameters they are.

    *names : str
        The parameters that the answer is made with; all if none is named.

    Examples
    --------
    >>> from sklearn_geo._settings import check_settings
    >>> from sklearn_geo.neighbors import NeighborVoteAnnotator
    >>> check_settings(NeighborVoteAnnotator(n_votes=-7), "n_votes")
    Traceback (most recent call last):
        ...
    sklearn.utils._param_validation.InvalidParameterError: The 'n_votes' parameter of \
NeighborVoteAnnotator must be an int in the range [1, inf). Got -7 instead.
    """
    if get_config()["skip_parameter_validation"]:
        return
    constraints = estimator._parameter_constraints
    validate_parameter_constraints(
        constraints,
        {name: getattr(estimator, name) for name in names or constraints},
        caller_name=type(estimator).__name__,
    )


def check_strictly(estimator):
    """Refuse parameters that `fit` would refuse, whatever scikit-learn skips.

    A file may hold anything, whoever trusts the parameters of their own; and what is
    written has to be read again. In a `partial_fit` scikit-learn skips all of them once
    there was a first call.

    Parameters
    ----------
    estimator : estimator
        What was made of a file, is to be written to one, or learns in parts.

    Examples
    --------
    >>> from sklearn import config_context
    >>> from sklearn_geo._settings import check_strictly
    >>> from sklearn_geo.neighbors import NeighborVoteAnnotator
    >>> with config_context(skip_parameter_validation=True):
    ...     check_strictly(NeighborVoteAnnotator(n_votes=-7))
    Traceback (most recent call last):
        ...
    sklearn.utils._param_validation.InvalidParameterError: The 'n_votes' parameter of \
NeighborVoteAnnotator must be an int in the range [1, inf). Got -7 instead.
    """
    with config_context(skip_parameter_validation=False):
        estimator._validate_params()
