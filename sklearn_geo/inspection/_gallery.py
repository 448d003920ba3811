# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is known of photos: how far they are, which tags they have."""

import difflib

import numpy as np
from scipy import sparse

from sklearn_geo._labels import label_array
from sklearn_geo._numbers import is_real, is_whole, read_numbers
from sklearn_geo._tables import check_sparse
from sklearn_geo.geometry import haversine
from sklearn_geo.metrics._indicator import check_indicator
from sklearn_geo.metrics._rows import check_levels


def check_gallery(ranked, n_photos, name):
    """Check that all photos that were found are in the gallery."""
    if ranked.max() >= n_photos:
        row = int(np.argmax((ranked >= n_photos).any(axis=1)))
        raise ValueError(
            f"ranked, row {row}: there is no photo {ranked[row].max()}: {name} has "
            f"{n_photos} rows. It must be of the gallery that was searched."
        )


def distances_of(places, ranked, gallery_places):
    """Return how far photos are, NaN where there is none or it has no place.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        Where photos were asked for; NaN is anywhere.

    ranked : ndarray of int64, of shape (n_places, k)
        Photos; -1 is none.

    gallery_places : ndarray of shape (n_photos, 2)
        Where they were taken; NaN if it is not known.

    Returns
    -------
    ndarray of shape (n_places, k)
        Kilometres.
    """
    distances = np.full(ranked.shape, np.nan)
    rows, columns = np.nonzero(ranked >= 0)
    asked, found = places[rows], gallery_places[ranked[rows, columns]]
    known = ~(np.isnan(asked) | np.isnan(found)).any(axis=1)
    if known.any():
        km = haversine(asked[known], found[known])
        distances[rows[known], columns[known]] = km
    return distances


def right_answers(has_tag, places, ranked, distances, km):
    """Say which photos have the tag and are near enough.

    Parameters
    ----------
    has_tag : array-like of shape (n_photos,)
        Whether each photo of the gallery has it.

    places : ndarray of shape (n_places, 2)
        Where photos were asked for; NaN is anywhere.

    ranked : ndarray of int64, of shape (n_places, k)
        Photos; -1 is none.

    distances : ndarray of shape (n_places, k) or None
        How far they are.

    km : float
        How far is near enough.

    Returns
    -------
    ndarray of shape (n_places, k), bool
        Whether they are right.
    """
    _, is_one = check_levels(km, name="km", integer=False, least=0)
    if not is_one:
        raise ValueError(f"km must be one number of kilometres; got {km!r:.60}.")
    has_tag = read_numbers(has_tag, "has_tag")
    if has_tag.ndim != 1:
        raise ValueError(
            "has_tag must say of each photo of the gallery whether it has the tag, in "
            f"a vector; got shape {has_tag.shape}."
        )
    check_gallery(ranked, len(has_tag), "has_tag")
    missing = np.isnan(has_tag)
    if missing.any():
        raise ValueError(
            f"has_tag, row {int(np.argmax(missing))}: it is missing whether the photo "
            "has the tag. Give photos whose tags are not known False."
        )
    right = (ranked >= 0) & (has_tag[ranked] != 0)
    if np.isfinite(km):
        if distances is None:
            raise ValueError(
                f"km={km!r} asks for distances, which needs gallery_places."
            )
        # Anywhere is near enough if nobody has said where.
        right &= (distances <= km) | np.isnan(places).any(axis=1)[:, np.newaxis]
    return right


def tag_position(tag, tag_names, n_tags, *, needs):
    """Return the number of a tag, given by its name or its number.

    Parameters
    ----------
    tag : str or int
        The tag.

    tag_names : sequence of str or None
        What tags are called.

    n_tags : int
        How many there are.

    needs : str
        What to pass if names are not known.

    Returns
    -------
    int
        Its number.
    """
    if isinstance(tag, str):
        if tag_names is None:
            raise ValueError(
                f"The tag {tag!r} is asked for by its name, and tags have none: pass "
                f"{needs}."
            )
        names = [str(one) for one in tag_names]
        if tag not in names:
            near = difflib.get_close_matches(tag, names, n=2)
            hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
            raise ValueError(f"There is no tag {tag!r}.{hint}")
        tag = names.index(tag)
    tag = read_tag(tag)
    if not 0 <= tag < n_tags:
        raise ValueError(f"There is no tag {tag}, only 0 to {n_tags - 1}.")
    return tag


def read_tag(tag):
    """Return a name as it is, and a whole number as an int."""
    if isinstance(tag, str):
        return tag
    whole = is_whole(tag) or (is_real(tag) and float(tag).is_integer())
    if not whole:
        raise ValueError(f"A tag is a name or a whole number; got {tag!r:.60}.")
    return int(tag)


def read_true_tags(true_tags, tag_names):
    """Return the tags that a photo has.

    Parameters
    ----------
    true_tags : sequence of str or int, or of bool, or sparse row, or None
        Names or numbers, or True for each tag that it has; a sparse row of an indicator
        stores them.

    tag_names : list of str or None
        What tags are called.

    Returns
    -------
    frozenset of int or None
        Their numbers, None if they are not known.
    """
    if true_tags is None:
        return None
    if sparse.issparse(true_tags):
        check_sparse(true_tags, "true_tags")
        return frozenset(_marked(sparse.coo_array(true_tags), tag_names))
    if isinstance(true_tags, (str, int, np.integer)):
        true_tags = [true_tags]
    n_tags = np.inf if tag_names is None else len(tag_names)
    if not np.iterable(true_tags):
        raise TypeError(
            f"true_tags must be a list of tags, or their row; got {true_tags!r:.60}."
        )
    given = true_tags if hasattr(true_tags, "dtype") else list(true_tags)
    labels = label_array(given, "true_tags")
    if labels.dtype.kind == "b":
        _check_mask(labels, tag_names)
        return frozenset(np.flatnonzero(labels).tolist())
    return frozenset(
        tag_position(
            tag.item() if isinstance(tag, np.generic) else tag,
            tag_names,
            n_tags,
            needs="tag_names",
        )
        for tag in given
        # Tags that nobody was taught cannot be suggested.
        if tag_names is None or not isinstance(tag, str) or tag in tag_names
    )


def _marked(row, tag_names):
    """Return the tags that a sparse row marks."""
    n_tags = row.shape[-1]
    if row.shape not in ((n_tags,), (1, n_tags)):
        raise ValueError(
            "true_tags must be the row of one photo, with a column a tag; got the "
            f"shape {row.shape}."
        )
    if tag_names is not None and n_tags != len(tag_names):
        raise ValueError(
            f"true_tags has {n_tags} columns, and there are {len(tag_names)} tag_names."
        )
    return row.nonzero()[-1].tolist()


def _check_mask(mask, tag_names):
    if mask.ndim == 1 and (tag_names is None or len(mask) == len(tag_names)):
        return
    named = "" if tag_names is None else f", and there are {len(tag_names)} tag_names"
    raise ValueError(
        f"true_tags says True or False in an array of shape {mask.shape}{named}. Give "
        "one for each tag, or the names or numbers of those that the photo has."
    )


def tag_column(gallery_tags, tag, tag_names):
    """Say of every photo of a gallery whether it has a tag.

    Parameters
    ----------
    gallery_tags : {array-like, sparse array or matrix} of shape (n_photos, n_tags)
        The tags of the gallery. Columns that are called like tags may come in any
        order; if none is, they are in that of `tag_names`.

    tag : str or int
        The tag.

    tag_names : list of str or None
        What tags are called.

    Returns
    -------
    ndarray of shape (n_photos,), bool
        Whether a photo has it.
    """
    indicator = check_indicator(gallery_tags, name="gallery_tags")
    columns = [str(name) for name in getattr(gallery_tags, "columns", ())]
    needs = "tag_names, or has_tag"
    if tag_names is None:
        tag_names = columns or None
    elif _are_names(columns, set(map(str, tag_names))):
        tag = str(tag_names[tag_position(tag, tag_names, len(tag_names), needs=needs)])
        tag_names = columns
    column = tag_position(tag, tag_names, indicator.shape[1], needs=needs)
    return indicator[:, [column]].toarray()[:, 0]


def _are_names(columns, tag_names):
    """Tell whether columns are called like tags; some tags are numbers as well."""
    numbered = columns == [str(at) for at in range(len(columns))]
    common = tag_names.intersection(columns)
    return len(common) >= (len(columns) if numbered and columns else 1)
