# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Predictions of rows that were not trained on."""

import time

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.utils import _safe_indexing

__all__ = ["out_of_fold"]


def out_of_fold(model, X, y, splits, *, n_jobs=None, progress=None):
    """Predict the probabilities of every row by a model that was not trained on it.

    Parameters
    ----------
    model : estimator
        A multi-label classifier; a clone is fitted for every fold.

    X : array-like or data frame of n_rows rows
        Features.

    y : array-like of shape (n_rows, n_labels)
        0/1 indicator.

    splits : iterable of (train, test)
        Positions of rows; what `split` of a splitter yields.

    n_jobs : int, default=None
        How many folds to do at a time, in processes of their own.

    progress : callable, default=None
        Called with the number of folds done, as they are.

    Returns
    -------
    probabilities : ndarray of shape (n_rows, n_labels)
        NaN in rows that are in no test fold.

    seconds : float
        How long it took.

    See Also
    --------
    multilabel_estimates : Scores of such predictions.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn_geo.reproduce import out_of_fold
    >>> y = np.array([[1, 0], [0, 1], [1, 0], [1, 1]])
    >>> splits = [([0, 1], [2, 3]), ([2, 3], [0, 1])]
    >>> model = DummyClassifier(strategy="prior")
    >>> out_of_fold(model, np.zeros((4, 1)), y, splits)[0]
    array([[1. , 0.5],
           [1. , 0.5],
           [0.5, 0.5],
           [0.5, 0.5]])
    """
    y = np.asarray(y)
    if y.ndim != 2:
        raise ValueError(
            f"y has the shape {y.shape}, but it needs a row a sample and a column a "
            "label. Of one label pass y.reshape(-1, 1)."
        )
    splits = list(splits)  # gone through twice
    probabilities = np.full(y.shape, np.nan)
    start = time.perf_counter()
    jobs = (delayed(_predict_fold)(model, X, y, *split) for split in splits)
    folds = Parallel(n_jobs=n_jobs, return_as="generator")(jobs)
    for number, ((_, test), predicted) in enumerate(zip(splits, folds, strict=True)):
        probabilities[test] = predicted
        if progress is not None:
            progress(number + 1)
    return probabilities, time.perf_counter() - start


def _predict_fold(model, X, y, train, test):
    """Fit on some rows, and predict others."""
    fitted = clone(model).fit(_safe_indexing(X, train), y[train])
    predicted = fitted.predict_proba(_safe_indexing(X, test))
    if isinstance(predicted, list):
        # scikit-learn's own multi-output form: a matrix of classes for every label.
        pairs = zip(fitted.classes_, predicted, strict=True)
        return np.column_stack([_of_class_one(*pair) for pair in pairs])
    predicted = np.asarray(predicted)
    classes = getattr(fitted, "classes_", None)
    if y.shape[1] == 1 and _is_of_classes(predicted, classes, y[train]):
        return _of_class_one(classes, predicted)[:, np.newaxis]
    return predicted


def _is_of_classes(predicted, classes, learnt):
    """Say whether the columns that were predicted of one label are its classes.

    One column is the label's own probability where it was learnt: of the only class 0,
    as of the only label of a tagger, `classes` are [0].
    """
    if classes is None or np.ndim(classes) != 1:
        return False
    return predicted.shape[1] > 1 or not np.any(learnt)


def _of_class_one(classes, matrix):
    """Return the column of class 1, which is 0 where no row was of it."""
    position = np.flatnonzero(np.asarray(classes) == 1)
    return matrix[:, position[0]] if position.size else np.zeros(len(matrix))
