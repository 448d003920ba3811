# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The photos of a gallery that are nearest to queries, by inner products."""

import numpy as np

from sklearn_geo._blocks import blocks
from sklearn_geo._numbers import naming, read_numbers
from sklearn_geo.nets._memory import rows_in_memory
from sklearn_geo.ranking._tagger import check_k
from sklearn_geo.ranking._top_k import top_k

# Squares and products of such numbers are finite in float32.
LARGEST_VECTOR = 1e15

__all__ = ["best_photos", "read_queries", "refuse_unknown"]


def read_queries(tags, tag_vectors, vocabulary, known=None):
    """Return a vector a query, and whether there is one query only.

    Parameters
    ----------
    tags : str, int, sequence of them, or array of floats
        Tags by name or number; or vectors, one a row.

    tag_vectors : ndarray of shape (n_tags, n_components)
        The vectors of tags.

    vocabulary : Vocabulary
        Their names.

    known : ndarray of bool of shape (n_tags,) or None, default=None
        Which tags have a vector; None is all.

    Returns
    -------
    queries : ndarray of shape (n_queries, n_components)
        The vectors.

    is_one : bool
        Whether one query was given without a list around it.
    """
    is_column = hasattr(tags, "to_numpy") and hasattr(tags, "dtype")
    with naming("tags"):
        if isinstance(tags, memoryview) or is_column:
            # Columns of frames have dtypes of their own.
            tags = np.asarray(tags)
        n_axes = np.ndim(tags)
    if _are_vectors(tags):
        queries = read_numbers(tags, "tags")
        n_components = tag_vectors.shape[1]
        if queries.ndim not in (1, 2) or queries.shape[-1] != n_components:
            raise ValueError(
                f"Vectors to search for have {n_components} numbers each; got the "
                f"shape {queries.shape}. Ask for tags by their names or numbers."
            )
        if not (np.abs(queries) <= LARGEST_VECTOR).all():  # NaN is none either
            raise ValueError(
                "Vectors to search for must be finite numbers, and none beyond "
                f"{LARGEST_VECTOR:g}."
            )
        return np.atleast_2d(queries.astype(np.float32)), queries.ndim == 1
    is_one = isinstance(tags, str) or n_axes == 0
    numbers = vocabulary.positions([tags] if is_one else tags)
    if known is not None:
        refuse_unknown(
            numbers,
            known[numbers],
            vocabulary,
            "Pass a vector instead, or fit with word_vectors that has it.",
        )
    return tag_vectors[numbers], is_one


def refuse_unknown(numbers, known, vocabulary, remedy):
    """Refuse tags that have no vector to search with.

    Parameters
    ----------
    numbers : ndarray of int
        Tags.

    known : ndarray of bool of shape (len(numbers),)
        Which of them have a vector.

    vocabulary : Vocabulary
        Their names.

    remedy : str
        What to do about it: a sentence.
    """
    if not known.all():
        tag = vocabulary.name(int(numbers[np.argmin(known)]))
        raise ValueError(
            f"The tag {tag!r} has no word vector, so no photo is near it. {remedy}"
        )


def best_photos(queries, gallery, k):
    """Return the rows of a gallery with the largest inner products, best first.

    Parameters
    ----------
    queries : ndarray of shape (n_queries, n_components)
        What is searched for.

    gallery : ndarray of shape (n_photos, n_components)
        Vectors of photos.

    k : int
        How many. Where there are fewer photos a list ends with -1.

    Returns
    -------
    photos : ndarray of int64 of shape (n_queries, k)
        Rows of the gallery; of equal products the first row first.

    scores : ndarray of shape (n_queries, k)
        The products, -inf where a list has ended.
    """
    k, n_queries = check_k(k, len(gallery)), len(queries)
    photos = np.full((n_queries, k), -1, dtype=np.int64)
    scores = np.full((n_queries, k), -np.inf, dtype=np.float32)
    for rows in blocks(n_queries, rows_in_memory(12 * len(gallery), n_queries)):
        photos[rows], scores[rows] = top_k(queries[rows] @ gallery.T, k)
    return photos, scores


def _are_vectors(tags):
    if isinstance(tags, str) or not np.iterable(tags):
        return isinstance(tags, float)
    if hasattr(tags, "dtype"):
        return getattr(tags.dtype, "kind", "f") == "f"  # that of a tensor says none
    first = next(iter(tags), None)
    return isinstance(first, (float, np.floating)) or np.ndim(first) == 1
