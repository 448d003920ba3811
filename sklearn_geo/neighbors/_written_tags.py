# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Reading tags as users wrote them: lists of words, or delimited strings."""

import numpy as np
from scipy import sparse


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
    for row, tags in enumerate(_column(X)):
        if isinstance(tags, str):
            yield tags.split(delimiter)
        elif _is_missing(tags):
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


def _column(X):
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
        X = X[X.columns[0]] if hasattr(X, "columns") else np.asarray(X)[:, 0]
    elif len(shape) != 1:
        raise ValueError(f"X has the shape {shape}, but tags are one column.")
    for to_list in ("to_list", "tolist"):
        if hasattr(X, to_list):
            return getattr(X, to_list)()
    return X


def _is_missing(value):
    if value is None or isinstance(value, float):
        return value is None or value != value
    return type(value).__name__ == "NAType"
