# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Reading tags as users wrote them: lists of words, or delimited strings."""

import re

import numpy as np
from scipy import sparse

from sklearn_geo._missing import is_missing
from sklearn_geo._numbers import naming

# Rows in which the delimiter is looked for.
_LOOKED_AT = 1_000
# What json.dumps, and the str of a list in a column of a CSV file, leave behind.
_LIST_AS_TEXT = re.compile(r"\s*\[\s*([\"']).*\1\s*\]\s*", re.DOTALL)


def written_tags(X, delimiter):
    """Yield the tags of each row as they are spelt.

    Parameters
    ----------
    X : array-like of shape (n_rows,) of lists of str or of str
        The tags of each row. A frame or an array of one column is a column.

    delimiter : str or None
        What stands between the tags of a string; None is any whitespace.

    Yields
    ------
    sequence of str
        Tags; none where the row is missing.
    """
    for row, tags in enumerate(tag_column(X)):
        if isinstance(tags, str):
            if _LIST_AS_TEXT.fullmatch(tags):
                raise ValueError(
                    f"X, row {row}: {tags!r:.60} is a list that was written as text. "
                    'Read it first, for example with X["tags"].map(json.loads), or '
                    "map(ast.literal_eval) for single quotes."
                )
            yield tags.split(delimiter)
        elif is_missing(tags):
            yield ()
        elif isinstance(tags, (bytes, dict)) or not hasattr(tags, "__iter__"):
            raise TypeError(
                f"X, row {row}: {tags!r:.60} is neither a list of tags nor a string of "
                "delimited tags."
            )
        else:
            tags = list(tags)
            for tag in tags:
                if not isinstance(tag, str):
                    raise TypeError(
                        f"X, row {row}: the tag {tag!r:.60} is no string. Tags are "
                        "words; convert numbers with str first."
                    )
            yield tags


def doubt_of_delimiter(X, delimiter):
    """Say what else may stand between tags, where no row has the delimiter in it.

    Parameters
    ----------
    X : sequence of lists of str or of str
        The tags of each row.

    delimiter : str or None
        What is said to stand between the tags of a string.

    Returns
    -------
    str or None
        A warning, or nothing.
    """
    rows = [tags for tags in X[:_LOOKED_AT] if isinstance(tags, str) and tags.strip()]
    if delimiter is None or len(rows) < 2 or any(delimiter in tags for tags in rows):
        return None
    for other, at_least, option in ((";", 1, '";"'), ("|", 1, '"|"'), (None, 2, None)):
        often = [tags for tags in rows if len(tags.split(other)) > at_least]
        if 2 * len(often) > len(rows):
            return (
                f"No row has the delimiter {delimiter!r} in it, so that each is one "
                f"tag, such as {often[0]!r:.60}. If it holds several, pass "
                f"delimiter={option}."
            )
    return None


def tag_column(X):
    """Return what holds one value a row as something to iterate over."""
    if isinstance(X, (str, bytes)) or not hasattr(X, "__iter__") or sparse.issparse(X):
        raise TypeError(
            f"X is {X!r:.60}, not the tags of several photos. Pass a list with a list "
            "of tags, or a string of delimited tags, for each photo."
        )
    shape = getattr(X, "shape", (0,))
    if len(shape) == 2:
        if shape[1] != 1:
            raise ValueError(
                f"X has {shape[1]} columns, but tags are one column. Select it, for "
                'example X["tags"], or with make_column_transformer((TagVectorizer(), '
                '"tags")).'
            )
        with naming("X"):
            X = X[X.columns[0]] if hasattr(X, "columns") else np.asarray(X)[:, 0]
    elif len(shape) != 1:
        raise ValueError(f"X has the shape {shape}, but tags are one column.")
    for to_list in ("to_list", "tolist"):
        if hasattr(X, to_list):
            return getattr(X, to_list)()
    return X
