# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How likely classifiers and taggers find every class, whatever they call them."""

import numpy as np
from scipy import sparse
from sklearn.utils.validation import _check_response_method, check_is_fitted

from sklearn_geo._answers import classes_known, final
from sklearn_geo._labels import shape_of
from sklearn_geo._numbers import naming
from sklearn_geo.inspection._columns import need_method
from sklearn_geo.metrics._responses import read_tag_scores


def names_learnt(model, y):
    """Return the names of labels that a model has learnt, of labels without names."""
    with naming("y"):
        shape = shape_of(y)
    if len(shape) != 2:
        return None
    model = final(model)
    names = _label_names(model)
    if names is not None and len(names) == shape[1]:
        return names
    # Of one tag a model says how likely it is; of classes it knows several.
    classes = classes_known(model)
    alone = classes is None or isinstance(classes, list) or len(classes) < 2
    return ["0"] if shape[1] == 1 and alone else None


def _label_names(model):
    return getattr(model, "label_names_", getattr(model, "tag_names_", None))


def class_scores(model, who, X, classes, labels):
    """Return a column of scores a class.

    Parameters
    ----------
    model : estimator
        A fitted classifier or tagger.

    who : str
        What it is called in error messages.

    X : array-like of shape (n_rows, ...)
        The rows.

    classes : ndarray of shape (n_classes,) or None
        The classes of the rows, sorted; None if rows have labels.

    labels : list of str or None
        What the labels are called.

    Returns
    -------
    array-like or sparse matrix of shape (n_rows, n_classes)
        The scores, in the order of `classes` or `labels`.
    """
    methods = ["predict_proba", "decision_function"]
    need_method(model, who, *methods, remedy="Pass a fitted classifier or tagger.")
    check_is_fitted(model)
    method = _check_response_method(model, methods)
    response = method(X)
    if classes is None:
        return _label_scores(response, model, method.__name__, who, labels)
    response = np.asarray(response)
    if response.ndim == 1:
        response = np.column_stack([-response, response])
    known = classes_known(model)
    if known is None:
        raise TypeError(
            f"{who} knows no classes, as one that answers tags knows none: pass y as "
            "the indicator of the tags, with a column a tag."
        )
    known = np.asarray(known).tolist()
    if response.shape[1] != len(known):
        raise ValueError(
            f"{who} was fitted on other labels than y holds: it answers with "
            f"{response.shape[1]} columns for {len(known)} classes."
        )
    if not any(one in known for one in classes.tolist()):
        raise ValueError(
            f"{who} has learnt none of the classes of y: it knows {_some(known)}, and "
            f"y holds {_some(classes.tolist())}. Give y the labels it was fitted on."
        )
    # A class that a model has never seen is to it as likely in all rows: not at all.
    out = np.full((len(response), len(classes)), min(0.0, float(response.min())))
    for at, one in enumerate(classes.tolist()):
        if one in known:
            out[:, at] = response[:, known.index(one)]
    return out


def _some(classes):
    return ", ".join(map(repr, classes[:3])) + ", ..." * (len(classes) > 3)


def _label_scores(response, model, method, who, labels):
    """Return a column a label, in the order of those asked for."""
    at = _positions(labels, _label_names(final(model)), who)
    n_labels = len(labels) if at is None else len(_label_names(final(model)))
    indicator = np.empty((0, n_labels))
    scores = read_tag_scores(response, model, method, indicator)
    if at is None or np.shape(scores)[1:] != (n_labels,):
        return scores
    return (
        scores.tocsc()[:, at] if sparse.issparse(scores) else np.asarray(scores)[:, at]
    )


def _positions(labels, learnt, who):
    """Return where labels stand among those learnt; None if they stand there as well.

    Labels that are called otherwise are in the same order.
    """
    learnt = [] if learnt is None else [str(name) for name in learnt]
    known = [name in learnt for name in labels]
    if labels == learnt or not any(known):
        return None
    if all(known):
        return [learnt.index(name) for name in labels]
    if _are_numbered(labels) or _are_numbered(learnt) or _stay(labels, known, learnt):
        return None
    unknown = labels[known.index(False)]
    raise ValueError(
        f"{who} has not learnt the label {unknown!r} of y: it knows {_some(learnt)}. "
        "Leave the column out, or call all columns as it does."
    )


def _are_numbered(names):
    """Tell whether labels have no names, but numbers from 0."""
    return names == [str(at) for at in range(len(names))]


def _stay(labels, known, learnt):
    """Tell whether all labels that are known stand where they were learnt."""
    places = [at for at, one in enumerate(known) if one]
    return len(labels) == len(learnt) and all(labels[at] == learnt[at] for at in places)
