# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Probabilities of rows that have several crops: the mean over the crops."""

import numpy as np
from sklearn.utils import gen_batches

from sklearn_geo.geolocation._combine import product_scores, softmax
from sklearn_geo.nets import RowData, rows_in_memory
from sklearn_geo.nets._usual import answering


def feature_blocks(X, network, n_crops):
    """Yield the features of crops, some rows at a time.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_crops, n_features), or a batch of images
        Features of crops as they are, or images that the network takes.

    network : CropNetwork, ImageNetwork or HeadedMLP
        The network; one for images cuts the crops.

    n_crops : int
        How many crops it cuts.

    Yields
    ------
    rows : slice
        Which rows.

    features : ndarray of shape (n_rows, n_crops, n_features)
        Their features.
    """
    n_rows, images = X.shape[0], X.ndim == 4
    # Pixels pass through a backbone whose maps are wider than they are.
    pixels = int(np.prod(X.shape[1:])) * (1 + 32 * n_crops * images)
    data = RowData(X)
    for rows in gen_batches(n_rows, rows_in_memory(4 * pixels, n_rows)):
        if not images:
            yield rows, X[rows]
            continue
        network.eval()
        device = next(network.parameters()).device
        with answering():
            inputs = data.take(rows).inputs.to(device)
            features = network.embed(inputs, n_crops).cpu().numpy()
        yield rows, features


def crop_log_scores(scorer, blocks, log_prior):
    r"""Yield slices of rows, and the log scores of their finest cells.

    Parameters
    ----------
    scorer : CellScorer
        Scores of single crops.

    blocks : iterable of (slice, ndarray of shape (n_rows, n_crops, n_features))
        Features of crops.

    log_prior : ndarray of shape (1 or n_rows, n_fine_cells) or None
        What to add.

    Yields
    ------
    rows : slice
        Which rows.

    scores : ndarray of shape (n_rows of the piece, n_fine_cells)
        Log probabilities up to a constant a row.

    Notes
    -----
    Section 3.4 of the paper: the class probabilities of the crops are averaged, in
    each head, before heads are combined,

    .. math:: \bar p_l(c) = \frac1K \sum_{k=1}^K p_l(c \mid x_k).
    """
    levels = range(len(scorer.n_cells))
    alone = scorer.is_tree or scorer.combine == "finest" or len(levels) == 1
    for rows, features in _pieces(blocks, sum(scorer.n_cells)):
        if alone:
            scores = _mean_logs(scorer.log_scores(_flat(features)), features)
        else:
            scores = product_scores(
                [
                    _mean_logs(scorer.head_scores(_flat(features), level), features)
                    for level in levels
                ],
                scorer.parents,
            )
        if log_prior is not None:
            scores = scores + (log_prior if len(log_prior) == 1 else log_prior[rows])
        yield rows, scores


def crop_level_proba(scorer, blocks, level):
    """Yield slices of rows, and mean probabilities of the cells of a level."""
    for rows, features in _pieces(blocks, sum(scorer.n_cells)):
        parts = (proba for _, proba in scorer.level_proba(_flat(features), level))
        yield rows, _mean(parts, features)


def crop_head_proba(scorer, blocks, number):
    """Yield slices of rows, and mean probabilities of one head of the network."""
    for rows, features in _pieces(blocks, sum(scorer.n_cells)):
        parts = (proba for _, proba in scorer.head_proba(_flat(features), number))
        yield rows, _mean(parts, features)


def _pieces(blocks, n_cells):
    """Cut blocks further, so that the probabilities of a piece fit into memory."""
    for rows, features in blocks:
        n_rows, n_crops = features.shape[:2]
        size = rows_in_memory(3 * 8 * n_crops * n_cells, n_rows)
        for part in gen_batches(n_rows, size):
            start = rows.start + part.start
            yield slice(start, rows.start + part.stop), features[part]


def _flat(features):
    return features.reshape(-1, features.shape[2])


def _mean(parts, features):
    proba = np.concatenate(list(parts))
    return proba.reshape(*features.shape[:2], -1).mean(axis=1)


def _mean_logs(parts, features):
    """Return logarithms of means over crops, also of what single precision has not."""
    scores = np.concatenate([scores for _, scores in parts])
    proba = softmax(scores.astype(np.float64))
    proba = proba.reshape(*features.shape[:2], -1).mean(axis=1)
    proba = np.maximum(proba, np.finfo(np.float64).tiny)
    return np.log(proba).astype(scores.dtype)
