# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Reading a tag indicator: who carries which tag, and what the tags are called."""

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.utils.validation import check_array

from sklearn_geo._entries import canonical
from sklearn_geo._numbers import naming, reject_masked
from sklearn_geo._tables import check_sparse, reject_sparse_rows, reject_unread

_MOST_TAGS = 10**8


def read_tags(tags, *, name, dtype=None):
    """Validate a tag indicator.

    Parameters
    ----------
    tags : {array-like, sparse matrix, data frame} of shape (n_photos, n_tags)
        How often each photo carries each tag. One dimension is one tag.

    name : str
        What the argument is called in error messages.

    dtype : dtype, default=None
        float32 or float64; None keeps these two and turns all others into float64.

    Returns
    -------
    tags : csr_array of shape (n_photos, n_tags)
        The same counts in canonical form, without explicit zeros. It shares no memory
        with the input, unless that is read-only and of this form already.

    tag_names : list of str or None
        Column names of a data frame.
    """
    tag_names = None
    reject_unread(tags, name)
    reject_masked(tags, name)
    if hasattr(tags, "columns") and not sparse.issparse(tags):
        tag_names = check_tag_names(list(tags.columns), len(tags.columns), name)
    if dtype is None:
        dtype = [np.float64, np.float32]
    shape = getattr(tags, "shape", None)
    if shape is not None and len(shape) == 2 and shape[1] == 0:
        raise ValueError(f"{name} has no columns: a tag indicator has one a tag.")
    reject_sparse_rows(tags, name)
    _refuse_words(tags, name)
    check_sparse(tags, name)
    if getattr(getattr(tags, "dtype", None), "kind", None) in ("m", "M"):
        raise TypeError(
            f"{name} holds times, of dtype {tags.dtype}: tags are zeros and numbers."
        )
    if sparse.issparse(tags) and tags.ndim == 1:
        tags = tags.reshape((-1, 1))
    with naming(name):
        matrix = check_array(
            tags,
            accept_sparse=["csr", "csc", "coo"],
            dtype=dtype,
            ensure_2d=False,
            ensure_all_finite=False,
            input_name=name,
        )
    if not sparse.issparse(matrix) and matrix.ndim == 1:
        matrix = matrix[:, np.newaxis]
    counts = _canonical(matrix, tags)
    _check_counts(counts, tag_names, name)
    return counts, tag_names


def check_n_tags(n_tags, name):
    """Refuse as many tags as nothing holds a number each of.

    A sparse table of a billion columns takes no room, but counts of them gigabytes.
    """
    if n_tags > _MOST_TAGS:
        raise ValueError(
            f"{name} has {n_tags:,} columns; the most are {_MOST_TAGS:,}. Leave out "
            "tags that nobody or hardly anybody has."
        )


def check_tag_names(tag_names, n_tags, name):
    """Return tag names as a list of different strings, one a column."""
    if not np.iterable(tag_names):
        raise TypeError(f"tag_names must be a list of names; got {tag_names!r:.60}.")
    tag_names = [str(tag) for tag in tag_names]
    if len(tag_names) != n_tags:
        raise ValueError(
            f"tag_names has {len(tag_names)} names, but {name} has {n_tags} columns. "
            "Give one name a column."
        )
    if len(set(tag_names)) < n_tags:
        twice = sorted({tag for tag in tag_names if tag_names.count(tag) > 1})
        raise ValueError(
            f"{name} has more than one column for the tags {twice[:5]}. Add such "
            "columns up, or rename them."
        )
    return tag_names


def as_output(matrix):
    """Return a csr_array in the sparse interface that scikit-learn is set to."""
    # scikit-learn before 1.9 has no such setting, and returns matrices.
    if get_config().get("sparse_interface", "spmatrix") == "sparray":
        return matrix
    return sparse.csr_matrix(matrix)


def _refuse_words(tags, name):
    if sparse.issparse(tags) or hasattr(tags, "columns"):
        return
    remedy = (
        "It has to be a tag indicator, with one column a tag and a count (or 0 and 1) "
        "a photo: sklearn_geo's TagVectorizer makes one of lists of tags, or of "
        "delimited texts, and scikit-learn's MultiLabelBinarizer of lists of labels."
    )
    if hasattr(tags, "to_list") and not hasattr(tags.dtype, "kind"):  # of polars
        tags = tags.to_list()
    array = tags if hasattr(tags, "dtype") else np.empty(0)
    if isinstance(tags, (list, tuple)) and len(tags):
        first = tags[0]
        while isinstance(first, (list, tuple)) and len(first):
            first = first[0]
        with naming(name):
            array = np.asarray(first)
    kind = getattr(array.dtype, "kind", None)  # that of a tensor says none
    words = kind in ("U", "S")
    if kind == "O":
        kinds = (str, list, tuple, set, frozenset)
        words = any(isinstance(value, kinds) for value in np.ravel(array))
    if words:
        raise ValueError(f"{name} holds words. {remedy}")
    if isinstance(tags, (list, tuple)):
        lengths = {len(row) for row in tags if hasattr(row, "__len__")}
        if len(lengths) > 1:
            raise ValueError(f"{name} has rows of unequal lengths. {remedy}")


def _canonical(matrix, given):
    """Turn a checked matrix into a canonical csr_array that is ours alone."""
    counts = sparse.csr_array(matrix)
    arrays = (counts.data, counts.indices, counts.indptr)
    if sparse.issparse(given) and given.format == "csr":
        theirs = (given.data, given.indices, given.indptr)
        shared = any(
            np.may_share_memory(ours, own) and not is_read_only(ours)
            for ours, own in zip(arrays, theirs, strict=True)
        )
        clean = counts.has_canonical_format and counts.data.all()
        if shared or not clean:
            counts = counts.copy()
    counts.sum_duplicates()
    if not counts.data.all():
        counts.eliminate_zeros()
    # Narrow indices are half the memory, and what the products are computed with.
    if max(counts.nnz, *counts.shape) <= np.iinfo(np.int32).max:
        counts = canonical(
            counts.data,
            counts.indices.astype(np.int32, copy=False),
            counts.indptr.astype(np.int32, copy=False),
            counts.shape,
        )
    return counts


def is_read_only(array):
    """Say whether neither an array nor what it is a view of can be written to.

    A frame of pandas hands out views that are read-only, and writes to their memory.
    """
    while isinstance(array, np.ndarray):
        if array.flags.writeable:
            return False
        array = array.base
    try:
        return array is None or memoryview(array).readonly
    except TypeError:  # nobody knows
        return False


def _check_counts(counts, tag_names, name):
    """Refuse what is no count, naming the first one."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = counts.data.sum()
    if np.isfinite(total) and counts.data.min(initial=0.0) >= 0.0:
        return
    bad = ~(np.isfinite(counts.data) & (counts.data >= 0.0))
    if not bad.any():
        raise ValueError(
            f"The counts of {name} add up to infinity. Scale them down first."
        )
    at = int(np.argmax(bad))
    row = int(np.searchsorted(counts.indptr, at, side="right")) - 1
    column = int(counts.indices[at])
    tag = f"column {column}" if tag_names is None else f"tag {tag_names[column]!r}"
    value = float(counts.data[at])
    if np.isnan(value):
        found, remedy = "NaN", "Write 0 for a tag that a photo does not carry."
    elif np.isinf(value):
        found, remedy = "infinity", "A count is a finite number."
    else:
        found = "negative"
        remedy = "Tags are counted: 0, 1, or any finite number above."
    more = int(bad.sum()) - 1
    others = f" ({more} more value{'s' * (more > 1)} like it.)" if more else ""
    raise ValueError(f"{name}, row {row}, {tag}: {value} is {found}. {remedy}{others}")
