# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What makes teacher rows of raw tags: the parameter `target_propagator`."""

import numpy as np
from sklearn.base import clone

from sklearn_geo.context._row_names import rows_named
from sklearn_geo.context._teachers import Teachers

__all__ = ["fit_propagators", "photos_that_teach", "propagators_of"]


def photos_that_teach(model):
    """Return the photos of a transformer's corpus that are learnt from.

    Parameters
    ----------
    model : GPS2VecPlusTransformer
        The transformer, which has a corpus.

    Returns
    -------
    ndarray of int or None
        Their rows; None is all.
    """
    tagged = np.diff(model.corpus.tags.indptr) > 0
    # A photo without tags is a neighbour, but it teaches nothing by itself.
    if model.target_propagator is not None or tagged.all():
        return None
    return np.flatnonzero(tagged)


def fit_propagators(
    given, contexts, places, matrix, corpus=None, photos=None, *, some=False
):
    """Fit what makes teacher rows of raw tags.

    Parameters
    ----------
    given : transformer, mapping of str to transformer, or None
        The parameter.

    contexts : Contexts
        The blocks of columns.

    places : ndarray of shape (n_photos, 2)
        Where the photos were taken.

    matrix : ndarray or csr_array of shape (n_photos, n_columns)
        What is known of them.

    corpus : GeoTagCorpus or None, default=None
        The corpus whose tags `matrix` is, if it is one: then its index is shared.

    photos : ndarray of shape (n_photos,) or None, default=None
        The rows of `matrix` that are those of `places`; None is all.

    some : bool, default=False
        Leave out the propagator of a context that all photos miss, instead of refusing
        them.

    Returns
    -------
    dict of str to transformer
        Fitted propagators by context.
    """
    fitted = {}
    for name, propagator in propagators_of(given, contexts).items():
        propagator = clone(propagator)
        if hasattr(propagator, "set_output"):
            propagator.set_output(transform="default")
        params = propagator.get_params(deep=False)
        columns = np.arange(matrix.shape[1])
        own = columns[contexts.columns[name]]
        whole = np.array_equal(own, columns)
        if corpus is not None and whole and params.get("corpus", 0) is None:
            fitted[name] = propagator.set_params(corpus=corpus).fit(places)
            continue
        known, block = Teachers(matrix, contexts, {}, places, photos).known(name)
        if some and not len(known):
            continue
        if not len(known):
            raise ValueError(
                f"y: no photo teaches the context {name!r}: all its rows are NaN. Drop "
                "its columns, or give it rows."
            )
        rows = known if photos is None else photos[known]
        with rows_named(rows, own):
            fitted[name] = propagator.fit(places[known], block)
    return fitted


def propagators_of(given, contexts):
    """Return the unfitted propagators by context.

    Parameters
    ----------
    given : transformer, mapping of str to transformer, or None
        The parameter.

    contexts : Contexts
        The blocks of columns.

    Returns
    -------
    dict of str to transformer
        The propagators.
    """
    if given is None:
        return {}
    names = list(contexts.widths)
    if hasattr(given, "fit"):
        name = "tag" if "tag" in names else names[0]
        if name != "tag" and len(names) > 1:
            raise ValueError(
                f"target_propagator: say which of the contexts {names} it makes: "
                f'target_propagator={{"{names[-1]}": ...}}.'
            )
        return {name: given}
    unknown = [name for name in given if name not in names]
    if unknown:
        raise ValueError(
            f"target_propagator names the contexts {unknown}, which y does not have. "
            f"Its contexts are {names}."
        )
    for name, propagator in given.items():
        if not (hasattr(propagator, "fit") and hasattr(propagator, "transform")):
            raise ValueError(
                f"target_propagator: {propagator!r} for the context {name!r} has no "
                "fit and transform. Leave a context out whose rows are as y has them."
            )
    return dict(given)
