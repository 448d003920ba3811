# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A fit that fails leaves the estimator as it was before."""

from contextlib import contextmanager

__all__ = ["all_or_nothing"]


@contextmanager
def all_or_nothing(estimator):
    """Put all attributes back if what is done here fails, or is interrupted.

    What a fit has learnt before stays there until the new fit is done, and so does its
    memory. An object that is changed in place, such as a network that goes on to learn,
    stays changed.

    Parameters
    ----------
    estimator : object
        Whose attributes are set.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from sklearn_geo._all_or_nothing import all_or_nothing
    >>> model = SimpleNamespace(mean_=1.0)
    >>> try:
    ...     with all_or_nothing(model):
    ...         model.n_, model.mean_ = 0, 0.0
    ...         model.mean_ = 1 / model.n_
    ... except ZeroDivisionError:
    ...     print(model)
    namespace(mean_=1.0)
    """
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:  # Ctrl-C is none of Exception
        now = vars(estimator)
        for name in now.keys() - before.keys():
            del now[name]
        now.update(before)
        raise
