# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whether a classifier uses its cells as often as the truth does."""

from dataclasses import dataclass

import numpy as np
from scipy.special import entr, rel_entr

from sklearn_geo._labels import first_missing, is_number, label_array, number_labels
from sklearn_geo._numbers import is_real, is_whole
from sklearn_geo.metrics._rows import (
    check_number,
    check_row_weights,
    check_same_length,
)

# A count of each is kept, for the truth and for what is predicted.
_MOST_CELLS = 100_000_000
# Beyond these, sums of counts are infinite, and powers of the base.
_MOST_COUNT, _MOST_BASE = 1e100, 1e300
# Shares below have lost digits, or all of them.
_LEAST_SHARE = 1e-300


@dataclass(frozen=True)
class ClassBias:
    """What `class_bias` found.

    Parameters
    ----------
    kl : float
        Kullback-Leibler divergence of the predicted shares from the true ones; 0 if
        they are equal.

    entropy_true : float
        Shannon entropy of the true shares.

    entropy_predicted : float
        Shannon entropy of the predicted shares. Below `entropy_true`, the predictions
        crowd into fewer cells than the photos do.

    n_cells : int
        Number of cells, those without any photo included.

    See Also
    --------
    class_bias : The function that returns this.

    Examples
    --------
    >>> from sklearn_geo.metrics import class_bias
    >>> bias = class_bias([0, 1], [0, 1])
    >>> bias.kl, bias.n_cells
    (0.0, 2)
    """

    kl: float
    entropy_true: float
    entropy_predicted: float
    n_cells: int


def class_bias(
    true_cells,
    predicted_cells,
    *,
    n_cells=None,
    labels=None,
    pseudo_count=1.0,
    base=None,
    sample_weight=None,
):
    """Compare how often cells are true with how often they are predicted.

    Parameters
    ----------
    true_cells : array-like of shape (n_photos,)
        The cell every photo was taken in: positions, ids, tokens or any other label.

    predicted_cells : array-like of shape (n_photos,)
        The cell predicted for every photo, labelled the same way.

    n_cells : int, default=None
        Number of cells, if the labels are positions 0, 1, ..., `n_cells` - 1.

    labels : array-like of shape (n_cells,), default=None
        All cells there are, if they are called something else. With neither `n_cells`
        nor `labels`, the cells are those that occur; cells which no photo of the test
        set touches are then missing from the comparison.

    pseudo_count : float, default=1.0
        What is added to the count of every cell, on both sides, before counts become
        shares, so that the divergence is finite [1]_. With 0 it is infinite if no
        photo is predicted in a cell that has one.

    base : float, default=None
        Base of the logarithms. None is e, the base of the published table.

    sample_weight : array-like of shape (n_photos,), default=None
        What every photo counts.

    Returns
    -------
    ClassBias
        With the attributes `kl`, `entropy_true`, `entropy_predicted` and `n_cells`.

    Raises
    ------
    ValueError
        If a label is none of the cells, or if there is nothing to compare.

    See Also
    --------
    accuracy_at_km : How far predictions are off. A biased model can be more accurate.

    Notes
    -----
    With p the true and q the predicted shares, after the pseudo count, the divergence
    is the sum of p log(p / q) over the cells (appendix C and table 7 of [1]_); without
    a pseudo count it is infinite as soon as a true cell is never predicted.

    Divergences and entropies of the table are in nats, as here by default.

    References
    ----------
    .. [1] J. M. Johns, J. Rounds and M. J. Henry, "Multi-modal geolocation estimation
       using deep neural networks", arXiv:1712.09458, 2017.

    Examples
    --------
    Six photos in three cells. With one added, the true counts (3, 1, 2) are (4, 2, 3)
    and the predicted counts (6, 0, 0) are (7, 1, 1), all out of nine:

    >>> from sklearn_geo.metrics import class_bias
    >>> bias = class_bias([0, 0, 0, 1, 2, 2], [0, 0, 0, 0, 0, 0], n_cells=3)
    >>> round(bias.kl, 4)
    0.2715
    >>> round(bias.entropy_true, 4), round(bias.entropy_predicted, 4)
    (1.0609, 0.6837)
    """
    if n_cells is not None and labels is not None:
        raise ValueError("Give either n_cells or labels, not both.")
    if isinstance(pseudo_count, bool) or not is_real(pseudo_count):
        raise TypeError(f"pseudo_count must be a number; got {pseudo_count!r}.")
    # As plain floats: narrow ones make limits infinite, scipy takes no wider ones, and
    # numpy no integers of any length.
    if isinstance(pseudo_count, np.floating):
        pseudo_count = float(pseudo_count)
    if not 0 <= pseudo_count <= _MOST_COUNT:
        raise ValueError(
            f"pseudo_count must be 0 or more, at most {_MOST_COUNT:g}; got "
            f"{pseudo_count!r:.60}."
        )
    pseudo_count = float(pseudo_count)
    if base is not None:
        check_number(base, "base", least=1, example="2")
        base = float(base) if isinstance(base, np.floating) else base
        if base > _MOST_BASE:
            raise ValueError(f"base must be at most {_MOST_BASE:g}; got {base!r:.60}.")
        base = float(base)
    true_cells = _read_cells(true_cells, "true_cells")
    predicted_cells = _read_cells(predicted_cells, "predicted_cells")
    check_same_length(true_cells=true_cells, predicted_cells=predicted_cells)
    weights = check_row_weights(sample_weight, true_cells.shape[0])
    if n_cells is None:
        cells = _all_cells(true_cells, predicted_cells, labels)
        n_cells = cells.shape[0]
        true_cells = _positions(true_cells, cells, "true_cells")
        predicted_cells = _positions(predicted_cells, cells, "predicted_cells")
    else:
        if not is_whole(n_cells) or not 1 <= n_cells <= _MOST_CELLS:
            raise ValueError(
                "n_cells must be a whole number above 0, at most "
                f"{_MOST_CELLS:,}; got {n_cells!r}."
            )
        _check_positions(true_cells, n_cells, "true_cells")
        _check_positions(predicted_cells, n_cells, "predicted_cells")

    true, predicted = (
        np.bincount(cells.astype(np.intp), weights=weights, minlength=n_cells)
        + pseudo_count
        for cells in (true_cells, predicted_cells)
    )
    p, q = true / true.sum(), predicted / predicted.sum()
    terms = rel_entr(p, q)
    # Shares that are too small for numbers still have a logarithm.
    lost = (q < _LEAST_SHARE) & (predicted > 0) & (p > q)
    logarithms = np.log(predicted[lost]) - np.log(predicted.sum())
    terms[lost] = p[lost] * (np.log(p[lost]) - logarithms)
    # The published table does not name its base, but that can only be e. None of the
    # 6,565 cells of its fine mesh holds more than ten times the photos of another, so
    # the entropy of the true shares lies between 8.1 and 8.8 nats, which is 11.8 to
    # 12.7 bits; the table says 8.609.
    unit = 1.0 if base is None else np.log(base)
    return ClassBias(
        # Rounding must not take it below zero.
        kl=max(0.0, float(terms.sum() / unit)),
        entropy_true=float(entr(p).sum() / unit),
        entropy_predicted=float(entr(q).sum() / unit),
        n_cells=int(n_cells),
    )


def class_bias_kl(
    y_true,
    y_pred,
    *,
    n_cells=None,
    labels=None,
    pseudo_count=1.0,
    base=None,
    sample_weight=None,
):
    """Return the divergence of `class_bias` alone, for the scorer of that name."""
    return class_bias(
        y_true,
        y_pred,
        n_cells=n_cells,
        labels=labels,
        pseudo_count=pseudo_count,
        base=base,
        sample_weight=sample_weight,
    ).kl


def _read_cells(cells, name):
    cells = label_array(cells, name)
    if cells.ndim != 1:
        raise ValueError(
            f"{name} must hold one cell a photo, in a vector; got shape {cells.shape}. "
            "Assign places to cells first; of probabilities take the argmax."
        )
    if not cells.size:
        raise ValueError(f"{name} is empty; class bias needs at least one photo.")
    row = first_missing(cells)
    if row is None and cells.dtype.kind == "f" and np.isinf(cells).any():
        row = int(np.argmax(np.isinf(cells)))
    if row is not None:
        raise ValueError(
            f"{name}, row {row}: {cells[row]} is no cell. Leave out photos that no "
            "cell covers."
        )
    return cells


def _all_cells(true_cells, predicted_cells, labels):
    """Sorted labels of all cells."""
    parts = {"true_cells": true_cells, "predicted_cells": predicted_cells}
    if labels is not None:
        parts["labels"] = labels = _read_cells(labels, "labels")
    if len({is_number(part) for part in parts.values()}) > 1:
        raise ValueError(
            "true_cells, predicted_cells and labels must call the cells the same: some "
            "are numbers and some are text."
        )
    parts = {name: number_labels(part, name=name)[0] for name, part in parts.items()}
    if labels is not None:
        if parts["labels"].size < labels.size:
            raise ValueError("labels names a cell twice.")
        return parts["labels"]
    known = np.concatenate(_alike(*parts.values()))
    return number_labels(known, name="labels")[0]


def _alike(*labels):
    """Give labels one dtype which rounds none of them.

    Ids of S2 cells are uint64, and numpy makes floats of them beside anything else.
    """
    if {part.dtype.kind for part in labels} <= {"U"}:
        return labels
    if len({part.dtype for part in labels}) > 1:
        return [part.astype(object) for part in labels]
    return labels


def _positions(values, cells, name):
    unique, inverse = np.unique(values, return_inverse=True)
    unique, cells = _alike(unique, cells)
    try:
        found = np.minimum(np.searchsorted(cells, unique), cells.size - 1)
    except TypeError as error:  # text and bytes, say, or text and dates
        kinds = type(unique[0]).__name__, type(cells[0]).__name__
        raise TypeError(
            f"{name} and labels must call the cells the same: some are {kinds[0]} and "
            f"some are {kinds[1]}."
        ) from error
    absent = cells[found] != unique
    if absent.any():
        row = int(np.argmax(absent[inverse]))
        raise ValueError(
            f"{name}, row {row}: {values[row]!r} is not among labels. Add it there, or "
            "leave the photo out."
        )
    return found[inverse]


def _check_positions(values, n_cells, name):
    if values.dtype.kind not in "iu":
        raise ValueError(
            f"With n_cells={n_cells}, {name} must hold positions, whole numbers from 0 "
            f"to {n_cells - 1}; got {values.dtype}. Name the cells by labels= instead."
        )
    outside = (values < 0) | (values >= n_cells)
    if outside.any():
        row = int(np.argmax(outside))
        raise ValueError(
            f"{name}, row {row}: {values[row]} is not between 0 and {n_cells - 1}. "
            "Leave out photos that no cell covers, or correct n_cells."
        )
