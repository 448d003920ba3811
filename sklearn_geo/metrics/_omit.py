# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tags that do not count: struck out of truth, lists and scores alike."""

import numpy as np
from scipy import sparse

from sklearn_geo._numbers import reject_masked
from sklearn_geo.metrics._indicator import row_batches


def kept_tags(omit_tags, n_tags):
    """Read which tags do not count; return which do.

    Parameters
    ----------
    omit_tags : array-like of int or of bool, or None
        Positions of tags, or True for each that does not count.

    n_tags : int
        How many tags there are.

    Returns
    -------
    ndarray of bool of shape (n_tags,), or None
        None if all tags count.
    """
    if omit_tags is None:
        return None
    reject_masked(omit_tags, "omit_tags")
    values = omit_tags
    if isinstance(values, (set, frozenset)):
        values = list(values)
    values = np.asarray(values)
    if isinstance(omit_tags, str) or values.dtype.kind in "USO":
        raise ValueError(
            "omit_tags must be positions of tags, not their names. Look them up first: "
            "omit_tags=np.isin(tag_names, list(omitted_names))."
        )
    if values.ndim != 1 or (values.size and values.dtype.kind not in "biu"):
        raise ValueError(
            "omit_tags must be positions of tags in a vector, or True and False for "
            f"each; got shape {values.shape} and dtype {values.dtype}."
        )
    kept = np.ones(n_tags, dtype=bool)
    if values.dtype.kind == "b":
        if values.size != n_tags:
            raise ValueError(
                f"omit_tags says True or False of {values.size} tags, and there are "
                f"{n_tags}. Pass one for each, or positions."
            )
        kept = ~values
    elif values.size:
        outside = (values < 0) | (values >= n_tags)
        if outside.any():
            raise ValueError(
                f"omit_tags: there is no tag {values[outside][0]}, only 0 to "
                f"{n_tags - 1}."
            )
        kept[values] = False
    if kept.all():
        return None
    if not kept.any():
        raise ValueError("omit_tags leaves no tag that counts.")
    return kept


def without_columns(truth, kept):
    """Take out of an indicator the tags that do not count, or of a block of scores."""
    if kept is None:
        return truth
    columns = np.flatnonzero(kept)
    if not sparse.issparse(truth):
        return truth[:, columns]
    chosen = sparse.csr_array(truth[:, columns])
    chosen.sort_indices()
    return chosen


def without_entries(lists, kept):
    """Strike tags that do not count out of lists, whose later entries move up.

    Parameters
    ----------
    lists : ndarray of int64, of shape (n_rows, n_listed)
        Positions of tags, best first; -1 where a list has ended.

    kept : ndarray of bool of shape (n_tags,), or None
        Which tags count.

    Returns
    -------
    ndarray of the same shape
        The lists, filled up with -1. Gaps that were there stay where they were.
    """
    if kept is None:
        return lists
    # One more, so that -1 finds an entry of its own: it is never struck out.
    struck = np.append(~kept, False)
    cleared = np.empty_like(lists)
    for rows in row_batches(lists.shape, 48):
        block = lists[rows]
        gone = struck[block]
        # A stable sort moves what is struck out behind what remains.
        order = np.argsort(gone, axis=1, kind="stable")
        cleared[rows] = np.take_along_axis(np.where(gone, -1, block), order, axis=1)
    return cleared
