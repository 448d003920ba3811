# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Regions that hold the truth as often as promised: split-conformal sets of cells."""

import math

import numpy as np

# What a held-out photo scores whose place lies in no cell: no region can hold it.
OUTSIDE = -1.0


def tail_masses(proba):
    """Return, for every cell, the probability of all cells no likelier than it.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_cells)
        Probabilities; every row sums to 1.

    Returns
    -------
    ndarray of shape (n_rows, n_cells), float64
        1 for the likeliest cell, its own probability for the least likely one. Cells
        that are equally likely get the same value.

    Notes
    -----
    One minus this is the mass of the likelier cells, the score of adaptive prediction
    sets. The sum runs from the small end, so that the tail keeps its digits: a float
    cannot tell 1 - 1e-20 from 1.
    """
    order = np.argsort(proba, axis=1, kind="stable")
    ascending = np.take_along_axis(proba, order, axis=1).astype(np.float64)
    mass = np.cumsum(ascending, axis=1)
    mass /= mass[:, -1:]
    if ascending.shape[1] > 1:
        # A run of equals takes the value at its end: the least one from there on.
        run_ends = np.ones(mass.shape, dtype=bool)
        run_ends[:, :-1] = ascending[:, 1:] > ascending[:, :-1]
        mass[~run_ends] = np.inf
        mass = np.minimum.accumulate(mass[:, ::-1], axis=1)[:, ::-1]
    out = np.empty_like(mass)
    np.put_along_axis(out, order, mass, axis=1)
    return out


def rows_needed(coverage):
    """Return how many held-out rows a coverage needs at least."""
    # The rank ceil((n + 1) * coverage) must not exceed n.
    n = max(1, math.floor(coverage / (1.0 - coverage)) - 1)
    while _rank(n, coverage) > n:
        n += 1
    return n


def _rank(n, coverage):
    # A hair off, since 0.9 * 10 should be 9 and not 10 rounded up from 9.000000000002.
    return max(1, math.ceil((n + 1) * coverage - 1e-9))


def threshold(scores, coverage, users=None):
    """Return the least tail mass of cells that belong to a region.

    Parameters
    ----------
    scores : ndarray of shape (n_held_out,)
        Tail masses of the true cells of held-out rows.

    coverage : float
        The promised rate, between 0 and 1.

    users : ndarray of int of shape (n_held_out,) or None, default=None
        Whose rows they are, if the promise is about other users.

    Returns
    -------
    float
        The finite-sample quantile: of the scores in descending order, the one of rank
        ceil((n_held_out + 1) * coverage). With users, each has one vote, which their
        rows share, and the first score at which (n_users + 1) * coverage votes are
        reached. Minus infinity if there is none, that is, if there are too few.
    """
    if users is not None:
        return _threshold_of_users(scores, coverage, users)
    n = len(scores)
    rank = _rank(n, coverage)
    if rank > n:
        return -np.inf
    return np.partition(scores, n - rank)[n - rank]


def _threshold_of_users(scores, coverage, users):
    _, own, sizes = np.unique(users, return_inverse=True, return_counts=True)
    order = np.argsort(-scores, kind="stable")
    votes = np.cumsum(1.0 / sizes[own.reshape(-1)[order]])
    at = np.searchsorted(votes, (len(sizes) + 1) * coverage - 1e-9)
    return scores[order[at]] if at < len(scores) else -np.inf


def cell_thresholds(scores, row_groups, cell_groups, coverage, users=None):
    """Return one threshold a cell, calibrated within groups of cells.

    Parameters
    ----------
    scores : ndarray of shape (n_held_out,)
        Tail masses of the true cells of held-out rows.

    row_groups : ndarray of shape (n_held_out,)
        The group of each row's true cell.

    cell_groups : ndarray of shape (n_cells,)
        The group of every cell.

    coverage : float
        The promised rate, within every group.

    users : ndarray of int of shape (n_held_out,) or None, default=None
        Whose rows they are, if the promise is about other users.

    Returns
    -------
    ndarray of shape (n_cells,)
        Thresholds. Groups with too few rows (or users) are calibrated together; if they
        still are too few, their cells are in every region (minus infinity), which is
        all that can be done for them.
    """
    out = np.full(len(cell_groups), -np.inf)
    needed = rows_needed(coverage)
    groups, numbers = np.unique(
        np.concatenate([cell_groups, row_groups]), return_inverse=True
    )
    of_cells, of_rows = np.split(numbers, [len(cell_groups)])
    counted = of_rows
    if users is not None:
        counted = np.unique(np.column_stack([of_rows, users]), axis=0)[:, 0]
    small = np.bincount(counted, minlength=len(groups)) < needed

    def of(rows, some):
        return None if some is None else some[rows]

    for group in np.flatnonzero(~small):
        own = of_rows == group
        out[of_cells == group] = promised_threshold(
            scores[own], coverage, groups[group], of(own, users)
        )
    own = small[of_rows]
    rest = threshold(scores[own], coverage, of(own, users))
    out[small[of_cells]] = rest if rest != OUTSIDE else -np.inf
    return out


def promised_threshold(scores, coverage, group=None, users=None):
    """Return the threshold, or raise if no region can keep the promise.

    Parameters
    ----------
    scores : ndarray of shape (n_held_out,)
        Tail masses of the true cells of held-out rows.

    coverage : float
        The promised rate.

    group : object, default=None
        What these rows have in common, for the message.

    users : ndarray of int of shape (n_held_out,) or None, default=None
        Whose rows they are, if the promise is about other users.

    Returns
    -------
    float
        The threshold.
    """
    n = len(scores)
    where = "" if group is None else f" in the group {group!s}"
    least = threshold(scores, coverage, users)
    if np.isinf(least) and users is not None:
        raise ValueError(
            f"coverage={coverage:g} for new users needs photos of at least "
            f"{rows_needed(coverage)} held-out users (groups){where}, and there are "
            f"those of {len(np.unique(users))}. Ask for less, hold out more "
            "(calibration_fraction), call calibrate with photos of more users, or "
            "leave groups out: regions are then promised for photos of the same users."
        )
    if np.isinf(least):
        raise ValueError(
            f"coverage={coverage:g} needs at least {rows_needed(coverage)} held-out "
            f"photos{where}, and there are {n}. Ask for less, hold out more "
            "(calibration_fraction), or call calibrate with photos that were not used "
            "in fit."
        )
    if least == OUTSIDE:
        outside = int((scores == OUTSIDE).sum())
        raise ValueError(
            f"coverage={coverage:g} cannot be promised: {outside} of the {n} held-out "
            f"places{where} lie in no cell of the finest partition, and no region of "
            "cells holds them. Ask for less, lower min_per_cell, or use "
            'uncovered="nearest".'
        )
    return least
