# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What estimators answer, and the tag scores in it, whatever form they have."""

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, OutlierMixin, is_classifier
from sklearn.multiclass import OneVsRestClassifier, _ConstantPredictor
from sklearn.utils.validation import _check_response_method

from sklearn_geo._answers import classes_known, final


class _Unread(OutlierMixin, BaseEstimator):
    """An estimator with a single method, whose answer scikit-learn hands on unread.

    scikit-learn would take a table of two tags for two classes, and trips over tags
    that a fold has none of. It leaves alone what an outlier detector answers, and still
    keeps it for the other scorers of a search.
    """

    def __init__(self, estimator, method):
        self.estimator = estimator
        # Not under the method's own name, for which other scorers keep what they read.
        self.key = f"unread {method}"
        setattr(self, self.key, getattr(estimator, method))


def ask(method_caller, estimator, response_method, X):
    """Ask an estimator for a response, or take it from the scorers that did before.

    Parameters
    ----------
    method_caller : callable
        What scikit-learn gives to scorers to share responses by.

    estimator : estimator
        A fitted estimator.

    response_method : str or tuple of str
        The methods to look at; of several, the first one there is.

    X : array-like
        The photos.

    Returns
    -------
    response : object
        What the method returned, as it is.

    method : str
        Which method it was.
    """
    methods = response_method
    if isinstance(methods, str):
        methods = (methods,)
    method = next((name for name in methods if _has(estimator, name)), None)
    if method is None:
        # Raises, and says which methods were looked for.
        method = _check_response_method(estimator, response_method).__name__
    if method == "predict" and not is_classifier(estimator):
        return method_caller(estimator, "predict", X), method
    unread = _Unread(estimator, method)
    return method_caller(unread, unread.key, X), method


def _has(estimator, method):
    if not hasattr(estimator, method):
        return False
    inner = final(estimator)
    if isinstance(inner, OneVsRestClassifier):
        # It asks its first estimator alone, which may stand in for a tag without photos
        # and then knows methods that the others do not.
        return all(hasattr(one, method) for one in inner.estimators_)
    return True


def read_tag_scores(response, estimator, method, y_true):
    """Make one table of scores, a column a tag, of whatever was answered.

    Parameters
    ----------
    response : object
        What `ask` returned.

    estimator : estimator
        Who answered.

    method : str
        Which method answered.

    y_true : array-like of shape (n_photos, n_tags)
        The indicator that the scores are to be compared with.

    Returns
    -------
    object
        A table of shape (n_photos, n_tags), if the response could be read as one;
        otherwise the response.
    """
    if isinstance(response, list):
        response = _stack(response, estimator)
    elif _n_columns(y_true) == 1:
        response = _only_tag(response, estimator, method)
    if method == "decision_function":
        response = _put_constants_at_the_ends(response, final(estimator))
    return response


def _n_columns(table):
    shape = getattr(table, "shape", None)
    try:
        shape = np.shape(table) if shape is None else shape
    except ValueError:
        # Rows of unequal length, which the metric complains about.
        return None
    return shape[1] if len(shape) == 2 else None


def _stack(tables, estimator):
    """Make one table out of a list of one table a tag."""
    classes = classes_known(estimator)
    columns = []
    for tag, table in enumerate(tables):
        table = np.asarray(table)
        if table.ndim == 2 and table.shape[1] == 2:
            columns.append(table[:, 1])
        elif table.ndim == 2 and table.shape[1] == 1 and classes is not None:
            # One class only: either no photo of the fold had the tag or all had it.
            columns.append(np.full(len(table), float(classes[tag][0])))
        elif table.ndim == 1:
            columns.append(table)
        else:
            raise ValueError(
                f"The response of {type(estimator).__name__} for tag {tag} has shape "
                f"{table.shape}, not a column of not having it and one of having it."
            )
    return np.column_stack(columns)


def _only_tag(response, estimator, method):
    """Read the scores of a single tag, which classifiers take for two classes."""
    if sparse.issparse(response):
        return response
    table = np.asarray(response)
    if table.ndim == 1:
        return table[:, np.newaxis]
    if table.ndim != 2 or method != "predict_proba":
        return response
    classes = classes_known(estimator)
    if table.shape[1] == 2:
        return table[:, 1:]
    if classes is not None and np.size(classes) == 1 and (table == 1.0).all():
        # One class only, and all photos are certain to be of it.
        return np.full(table.shape, float(np.ravel(classes)[0]))
    return response


def _put_constants_at_the_ends(margins, estimator):
    """Rank tags that no photo of the fold had last, and those that all had first.

    Probabilities of such tags are 0 and 1. Margins have no such ends: those of rare
    tags lie far below zero, where a stand-in for the tag answers 0.
    """
    if sparse.issparse(margins) or np.ndim(margins) != 2:
        return margins
    n_tags = np.shape(margins)[1]
    always = np.zeros(n_tags, dtype=bool)
    never = np.zeros(n_tags, dtype=bool)
    fitted = getattr(estimator, "estimators_", None)
    if isinstance(estimator, OneVsRestClassifier) and len(fitted) == n_tags:
        for tag, one in enumerate(fitted):
            if isinstance(one, _ConstantPredictor):
                (always if np.ravel(one.y_)[0] else never)[tag] = True
    coef, intercept = (getattr(estimator, f"{x}_", None) for x in ("coef", "intercept"))
    if np.ndim(coef) == 2 and len(coef) == n_tags and np.size(intercept) == n_tags:
        # RidgeClassifier fits tags as -1 and 1; what is constant, it only shifts to.
        shifted = ~np.any(coef, axis=1)
        always |= shifted & np.isclose(intercept, 1.0)
        never |= shifted & np.isclose(intercept, -1.0)
    if not (always | never).any():
        return margins
    margins = np.array(margins, dtype=np.float64)
    margins[:, always], margins[:, never] = np.inf, -np.inf
    return margins
