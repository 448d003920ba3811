# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a partition that learns part by part keeps of the places it has seen."""

from typing import NamedTuple

import numpy as np


class Stream(NamedTuple):
    """Distinct places, sorted by the ids of their leaves, latitude and longitude."""

    leaves: np.ndarray
    places: np.ndarray
    weights: np.ndarray
    counts: np.ndarray


def add_to_stream(stream, leaves, places, weights):
    """Add places to those seen before.

    Parameters
    ----------
    stream : Stream or None
        What was kept so far.

    leaves : ndarray of shape (n_places,), uint64
        Ids of the smallest cells around the new places.

    places : ndarray of shape (n_places, 2)
        The new places.

    weights : ndarray of shape (n_places,) or None
        Their weights. Places of weight zero are not kept.

    Returns
    -------
    Stream
        Old and new ones together; equal places are one, with their weights and counts
        added.
    """
    if weights is None:
        weights = np.ones(len(places))
    elif not weights.all():
        counted = np.flatnonzero(weights)
        leaves, places, weights = leaves[counted], places[counted], weights[counted]
    order = np.argsort(leaves)
    new = Stream(
        leaves[order],
        places[order],
        weights[order],
        np.ones(len(leaves), dtype=np.int64),
    )
    if stream is None:
        return _merge_equal(new)
    together = Stream(*(np.concatenate(pair) for pair in zip(stream, new, strict=True)))
    # A stable sort of two sorted pieces is a merge.
    order = np.argsort(together.leaves, kind="stable")
    return _merge_equal(Stream(*(column[order] for column in together)))


def _merge_equal(stream):
    """Sort the places of each leaf and make equal ones one."""
    leaves, places, weights, counts = stream
    same = leaves[1:] == leaves[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    if not tied.size:
        return stream
    # Few places share a leaf of a centimetre: only those are sorted.
    latitude, longitude = places[tied].T
    order = tied[np.lexsort((longitude, latitude, leaves[tied]))]
    for column in (places, weights, counts):
        column[tied] = column[order]
    same &= (places[1:] == places[:-1]).all(axis=1)
    first = np.flatnonzero(np.append(True, ~same))
    return Stream(
        leaves[first],
        places[first],
        np.add.reduceat(weights, first),
        np.add.reduceat(counts, first),
    )
