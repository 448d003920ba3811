# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""From the scores of several partitions' heads to one distribution over fine cells."""

import numpy as np

COMBINATIONS = ("product", "finest", "tree_sum")


def log_softmax(scores):
    """Normalise every row of log scores in place, and return them.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_cells)
        Logarithms up to a constant a row; -inf is a cell that cannot be.

    Returns
    -------
    ndarray of shape (n_rows, n_cells)
        Log probabilities; the exponentials of a row sum to 1.
    """
    scores -= scores.max(axis=1, keepdims=True)
    scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return scores


def softmax(scores):
    """Turn rows of log scores into probabilities in place, and return them."""
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    return scores


def has_orphans(parents):
    """Tell whether some fine cell lost an ancestor."""
    return any((parent < 0).any() for parent in parents)


def product_scores(logits, parents):
    r"""Return log f* of every fine cell, up to a constant a row.

    Parameters
    ----------
    logits : list of ndarray of shape (n_rows, n_cells of the level)
        The heads' outputs, from the coarsest to the finest partition.

    parents : list of ndarray of shape (n_fine_cells,)
        For every partition but the finest, which of its cells a fine cell lies in; -1
        where that cell was dropped.

    Returns
    -------
    ndarray of shape (n_rows, n_fine_cells)
        Sums of log probabilities. They are not normalised over the fine cells.

    Notes
    -----
    Section 3.4 of [1]_ multiplies the probabilities of all levels; the paper gives the
    rule in words, without an equation number, and calls it f* in its Table 3. For a
    fine cell :math:`c` with ancestors :math:`a_1(c), \dots, a_{L-1}(c)`,

    .. math::
        f^*(c) = p_L(c) \prod_{l=1}^{L-1} p_l(a_l(c)),

    where each :math:`p_l` is a softmax over the cells of its own level: a product of
    experts, not a chain of conditional probabilities.

    If an ancestor was dropped, that level says nothing about the cell. The levels that
    do speak are then raised to the power :math:`L / m`, with :math:`m` their number:
    the cell is judged by the geometric mean of the experts that know it, neither
    favoured (as by a factor of 1) nor excluded (as by a factor of 0).

    References
    ----------
    .. [1] E. Müller-Budack, K. Pustu-Iren and R. Ewerth, "Geolocation Estimation of
       Photos using a Hierarchical Model and Scene Classification", ECCV 2018.
    """
    total = np.array(logits[-1])
    if not has_orphans(parents):
        # Every softmax only adds a constant to the row.
        for level, parent in zip(logits[:-1], parents, strict=True):
            total += np.take(level, parent, axis=1)
        return total
    log_softmax(total)
    n_levels = len(logits)
    speaking = np.ones(total.shape[1], dtype=np.intp)
    for level, parent in zip(logits[:-1], parents, strict=True):
        known = np.flatnonzero(parent >= 0)
        total[:, known] += log_softmax(np.array(level))[:, parent[known]]
        speaking[known] += 1
    total *= (n_levels / speaking).astype(total.dtype)
    return total


def merged_head(weights, biases, parents):
    """Return the one linear head whose outputs are the log f* of linear heads.

    A sum of linear functions of the same features is a linear function of them: with
    every ancestor in place, f* needs no more than one matrix product.

    Parameters
    ----------
    weights : list of ndarray of shape (n_features, n_cells of the level)
        The heads' weights, from the coarsest to the finest.

    biases : list of ndarray of shape (n_cells of the level,)
        The heads' biases.

    parents : list of ndarray of shape (n_fine_cells,)
        Ancestors of the fine cells, none of them missing.

    Returns
    -------
    weight : ndarray of shape (n_features, n_fine_cells)
        The weights of the merged head.

    bias : ndarray of shape (n_fine_cells,)
        Its biases.
    """
    weight, bias = np.array(weights[-1]), np.array(biases[-1])
    for w, b, parent in zip(weights[:-1], biases[:-1], parents, strict=True):
        weight += np.take(w, parent, axis=1)
        bias += b[parent]
    return weight, bias


def sum_up(proba, parent, n_cells):
    """Add up probabilities of fine cells in their ancestors.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_fine_cells)
        Probabilities of the fine cells.

    parent : ndarray of shape (n_fine_cells,)
        Their ancestors; what a cell without one holds is not counted anywhere.

    n_cells : int
        Number of cells of the coarser partition.

    Returns
    -------
    ndarray of shape (n_rows, n_cells)
        Probabilities of the coarser cells.
    """
    order = np.argsort(parent, kind="stable")
    order = order[np.searchsorted(parent[order], 0) :]
    summed = np.zeros((len(proba), n_cells), dtype=proba.dtype)
    if len(order):
        present, starts = np.unique(parent[order], return_index=True)
        summed[:, present] = np.add.reduceat(
            np.take(proba, order, axis=1), starts, axis=1
        )
    return summed
