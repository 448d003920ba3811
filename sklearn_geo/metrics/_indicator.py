# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tags of photos as the metrics read them: truth, scores and ranked lists."""

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.utils import check_array, gen_batches

from sklearn_geo._numbers import naming, reject_masked
from sklearn_geo._tables import check_sparse, reject_unread
from sklearn_geo._tags import check_n_tags

_BINARIZE = (
    "Turn lists of tags into columns with sklearn.preprocessing.MultiLabelBinarizer."
)


def check_indicator(tags, *, name):
    """Read a multi-label indicator; return it as a CSR array of booleans.

    Parameters
    ----------
    tags : {array-like, sparse array or matrix} of shape (n_photos, n_tags)
        1 where the photo has the tag, else 0.

    name : str
        What the argument is called in error messages.

    Returns
    -------
    csr_array of bool, of shape (n_photos, n_tags)
        With sorted indices, and no stored False.
    """
    reject_unread(tags, name)
    reject_masked(tags, name)
    if not sparse.issparse(tags) and not hasattr(tags, "columns"):
        try:
            with naming(name):
                tags = np.asarray(tags)
        except ValueError:
            raise ValueError(
                f"{name} has rows of unequal length. {_BINARIZE}"
            ) from None
        if tags.ndim != 2 or tags.dtype.kind not in "biuf":
            raise ValueError(
                f"{name} must be an indicator of shape (n_photos, n_tags), of zeros "
                f"and ones; got shape {tags.shape} and dtype {tags.dtype}. {_BINARIZE}"
            )
    if not sparse.issparse(tags) and hasattr(tags, "columns"):
        tags = _frame_to_array(tags, name)
    check_sparse(tags, name)
    if tags.ndim != 2:
        raise ValueError(
            f"{name} must be an indicator of shape (n_photos, n_tags); got shape "
            f"{tags.shape}. {_BINARIZE}"
        )
    if tags.shape[0] == 0 or tags.shape[1] == 0:
        what = "photos" if tags.shape[0] == 0 else "tags"
        raise ValueError(
            f"{name} is empty: it is an indicator of no {what}, of shape {tags.shape}."
        )
    check_n_tags(tags.shape[1], name)
    tags = check_array(
        tags, accept_sparse=True, dtype=None, ensure_all_finite=False, input_name=name
    )
    if not sparse.issparse(tags) and tags.dtype.kind == "f":
        # Sparse matrices hold no half floats, and none of another byte order.
        tags = tags.astype(np.float64, copy=False)
    elif not tags.dtype.isnative:
        tags = tags.astype(tags.dtype.newbyteorder("="))
    tags = sparse.csr_array(tags)
    wrong = (tags.data != 0) & (tags.data != 1)
    if wrong.any():
        position = int(np.argmax(wrong))
        row = int(np.searchsorted(tags.indptr, position, side="right")) - 1
        value = tags.data[position]
        remedy = "Pass which tags a photo has, not how often or how likely."
        if np.isnan(value):
            remedy = "Leave out photos whose tags are not known."
        raise ValueError(
            f"{name}, row {row}, column {tags.indices[position]}: {value} is neither 0 "
            f"nor 1. {remedy}"
        )
    tags = sparse.csr_array(tags, dtype=bool, copy=True)
    tags.sum_duplicates()
    tags.eliminate_zeros()
    return tags


def _frame_to_array(frame, name):
    """Turn a data frame into an array of numbers; missing ones become NaN.

    One whose columns are all sparse becomes a sparse matrix.
    """
    with naming(name):
        tags = check_array(
            frame,
            accept_sparse=True,
            dtype=None,
            ensure_all_finite=False,
            ensure_min_samples=0,
            ensure_min_features=0,
            input_name=name,
        )
    if tags.dtype.kind in "mM":
        raise ValueError(
            f"{name} must be an indicator of zeros and ones, one column a tag; it "
            f"holds times, of dtype {tags.dtype}. {_BINARIZE}"
        )
    if tags.dtype.kind == "O":
        text = np.array([isinstance(value, str) for value in tags.ravel()], dtype=bool)
        if not text.any():
            missing = np.array([value is None for value in tags.ravel()], dtype=bool)
            tags = np.where(missing.reshape(tags.shape), np.nan, tags)
            try:
                return tags.astype(np.float64)
            except (TypeError, ValueError):
                text[:1] = True
        row, column = divmod(int(np.argmax(text)), tags.shape[1])
        raise ValueError(
            f"{name} must be an indicator of zeros and ones, one column a tag; row "
            f"{row} of the column {frame.columns[column]!r} holds "
            f"{tags[row, column]!r}. {_BINARIZE}"
        )
    return tags


def check_scores(scores, truth, *, name="y_score"):
    """Read the score of every tag for every photo, dense or sparse.

    Parameters
    ----------
    scores : {array-like, sparse array or matrix} of shape (n_photos, n_tags)
        The higher, the likelier the tag. What a sparse matrix does not store is 0.

    truth : csr_array of shape (n_photos, n_tags)
        What `check_indicator` returned for the same photos.

    name : str, default="y_score"
        What the argument is called in error messages.

    Returns
    -------
    ndarray or csr_array, of shape (n_photos, n_tags)
        Finite or infinite numbers, none of them NaN.
    """
    if isinstance(scores, list) and scores and np.ndim(scores[0]) == 2:
        raise ValueError(
            f"{name} is a list of {len(scores)} tables, one for each tag, as some "
            "classifiers' predict_proba returns. Stack the column of class 1 of each, "
            "or let make_geo_scorer do it."
        )
    reject_masked(scores, name)
    check_sparse(scores, name)
    with naming(name):
        scores = check_array(
            scores,
            accept_sparse="csr",
            dtype=(np.float64, np.float32),
            ensure_all_finite=False,
            ensure_min_samples=0,
            ensure_min_features=0,
            input_name=name,
        )
    if scores.shape != truth.shape:
        raise ValueError(
            f"{name} must hold a score for each of the {truth.shape[0]} photos and "
            f"{truth.shape[1]} tags of y_true; got shape {scores.shape}. If it is a "
            "list of tags for each photo, best first, pass ranked=True."
        )
    is_sparse = sparse.issparse(scores)
    for rows in row_batches(scores.shape, 1):
        missing = np.isnan(scores[rows].data if is_sparse else scores[rows])
        if missing.any():
            block = scores[rows].toarray() if is_sparse else scores[rows]
            row, column = np.argwhere(np.isnan(block))[0]
            raise ValueError(
                f"{name}, row {rows.start + row}, column {column}: the score is NaN. A "
                "tag that is to come last gets the score -inf."
            )
    return sparse.csr_array(scores) if is_sparse else scores


def check_ranked(ranked, n_rows, n_columns, *, name, what):
    """Read lists of positions, best first, which -1 fills up to one length.

    Parameters
    ----------
    ranked : array-like of int, of shape (n_rows, n_listed)
        Positions of tags or photos; -1 where a list has ended.

    n_rows : int
        How many lists there must be.

    n_columns : int
        How many things there are to list.

    name : str
        What the argument is called in error messages.

    what : str
        What is listed: "tag" or "photo".

    Returns
    -------
    ndarray of shape (n_rows, n_listed), dtype int64
        The lists.
    """
    reject_masked(ranked, name)
    try:
        with naming(name):
            ranked = np.asarray(ranked)
    except ValueError:
        raise ValueError(
            f"{name} has lists of unequal length. Fill the short ones up with -1."
        ) from None
    whole = ranked.dtype.kind in "iu" or not ranked.size
    if ranked.ndim != 2 or not whole or len(ranked) != n_rows:
        raise ValueError(
            f"{name} must list positions of {what}s, whole numbers, best first, in an "
            f"array of shape ({n_rows}, length of the lists); got shape {ranked.shape} "
            f"and dtype {ranked.dtype}."
        )
    ranked = ranked.astype(np.int64, copy=False)
    outside = (ranked < -1) | (ranked >= n_columns)
    if outside.any():
        row, position = np.argwhere(outside)[0]
        raise ValueError(
            f"{name}, row {row}: there is no {what} {ranked[row, position]}, only 0 to "
            f"{n_columns - 1}, and -1 where a list has ended."
        )
    return ranked


def member_lookup(indicator):
    """Prepare to look up whether photos have tags, pair by pair.

    Parameters
    ----------
    indicator : csr_array of bool, of shape (n_photos, n_tags)
        What `check_indicator` returned.

    Returns
    -------
    callable
        `lookup(photos, tags)` takes two arrays of positions and returns one answer a
        pair. A pair with a -1 in it is never a member.
    """
    n_columns = indicator.shape[1]
    lengths = np.diff(indicator.indptr)
    # Rows and their indices are sorted, so these are too.
    keys = np.repeat(np.arange(len(lengths), dtype=np.int64) * n_columns, lengths)
    keys += indicator.indices

    def lookup(photos, tags):
        wanted = photos * n_columns + tags
        if not keys.size:
            return np.zeros(wanted.shape, dtype=bool)
        found = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
        # Without a photo what is wanted is below all keys.
        return (tags >= 0) & (keys[found] == wanted)

    return lookup


def row_batches(shape, bytes_per_value):
    """Slice rows so that a block of so many bytes a value fits the working memory."""
    n_rows, n_columns = shape
    budget = get_config()["working_memory"] * 2**20
    size = int(budget // max(n_columns * bytes_per_value, 1))
    return gen_batches(n_rows, max(1, min(size, n_rows)))


def score_blocks(truth, scores):
    """Yield slices of rows with their dense truth and dense scores."""
    for rows in row_batches(truth.shape, 32):
        block = scores[rows]
        yield (
            rows,
            truth[rows].toarray(),
            block.toarray() if sparse.issparse(block) else block,
        )
