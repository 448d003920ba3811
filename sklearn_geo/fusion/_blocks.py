# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which columns belong together: blocks by name, given or read off column names."""

import difflib
import warnings
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from numbers import Integral

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.utils.validation import check_is_fitted

__all__ = ["blocks_of", "read_blocks"]

# What the only block is called where columns have no names to tell more.
ONLY = "all"
_WHAT = (
    "blocks: columns of the block {!r} must be a slice, positions, names or a mask; "
    "got {!r}."
)


def blocks_of(union):
    """Return which columns each part of a fitted union has made.

    For arrays and sparse matrices, whose columns have no names that
    ``blocks="auto"`` could read.

    Parameters
    ----------
    union : FeatureUnion, ColumnTransformer or Pipeline
        Fitted. Of a Pipeline, its last step.

    Returns
    -------
    blocks : dict of str to slice
        The columns of each part that has any.

    See Also
    --------
    AttentionFusionClassifier : Takes the blocks.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_union
    >>> from sklearn_geo import UnitVectorEncoder, UTMOneHotEncoder
    >>> from sklearn_geo.fusion import blocks_of
    >>> zones = UTMOneHotEncoder(zones="seen")
    >>> union = make_union(UnitVectorEncoder(), zones)
    >>> blocks_of(union.fit(np.array([[48.1, 11.6], [51.5, -0.1]])))
    {'unitvectorencoder': slice(0, 3, None), 'utmonehotencoder': slice(3, 5, None)}
    """
    while hasattr(union, "steps"):
        union = union.steps[-1][1]
    if isinstance(union, ColumnTransformer):
        check_is_fitted(union)
        parts = union.output_indices_.items()
        return {name: at for name, at in parts if at.start != at.stop}
    if not hasattr(union, "transformer_list"):
        raise TypeError(
            "blocks_of takes a fitted FeatureUnion or ColumnTransformer, or a Pipeline "
            f"that ends in one; got a {type(union).__name__}."
        )
    check_is_fitted(union)
    blocks, start = {}, 0
    for name, part in union.transformer_list:
        if isinstance(part, str) and part == "drop":
            continue
        width = _width(name, part, union)
        if width:
            blocks[name] = slice(start, start + width)
        start += width
    return blocks


def _width(name, part, union):
    if isinstance(part, str):  # passthrough
        return union.n_features_in_
    if not hasattr(part, "get_feature_names_out"):
        raise TypeError(
            f"blocks_of: the part {name!r} does not say which columns it makes: it has "
            "no get_feature_names_out. A FunctionTransformer has it with "
            'feature_names_out="one-to-one".'
        )
    return len(part.get_feature_names_out())


def read_blocks(blocks, n_features, names):
    """Read the parameter `blocks`.

    Parameters
    ----------
    blocks : mapping, "auto" or None
        What the user said.

    n_features : int
        Number of columns of X.

    names : array-like of str or None
        Their names, if they have any.

    Returns
    -------
    dict of str to ndarray of int
        The columns of each block, by the order of the blocks.
    """
    if blocks is None:
        return {ONLY: np.arange(n_features)}
    names = None if names is None else [str(name) for name in names]
    if isinstance(blocks, str) and blocks == "auto":
        return _blocks_by_prefix(names, n_features)
    if not isinstance(blocks, Mapping):
        raise TypeError(
            'blocks must be "auto", None, or a mapping from the name of a block to its '
            f"columns; got {str(blocks)[:60]!r}."
        )
    if not blocks:
        raise ValueError("blocks is empty: name at least one block of columns.")
    found = {}
    for name, columns in blocks.items():
        if not isinstance(name, str):
            raise TypeError(f"Names of blocks must be text; got {name!r}.")
        found[name] = _columns(name, columns, n_features, names)
    _check_cover(found, n_features, names)
    return found


def _blocks_by_prefix(names, n_features):
    """Group columns by what stands before the first two underscores."""
    parts = [] if names is None else [name.partition("__") for name in names]
    with_prefix = [bool(prefix and line) for prefix, line, _ in parts]
    if not any(with_prefix):
        why = "X has no column names" if names is None else "no name has a prefix"
        warnings.warn(
            f'blocks="auto" found no blocks, for {why}: all {n_features} columns are '
            'one. Call set_output(transform="pandas") on the FeatureUnion or '
            "ColumnTransformer before, pass blocks=blocks_of(the fitted union) or a "
            "mapping, or say blocks=None if one block is meant.",
            UserWarning,
            stacklevel=6,  # whoever called fit
        )
        return {ONLY: np.arange(n_features)}
    if not all(with_prefix):
        lone = names[with_prefix.index(False)]
        raise ValueError(
            f'blocks="auto" reads the block of a column off its name, as in '
            f"block__column, but {lone!r} has none. Pass a mapping of blocks to "
            "columns."
        )
    found = {}
    for position, (prefix, _, _) in enumerate(parts):
        found.setdefault(prefix, []).append(position)
    return {name: np.array(columns) for name, columns in found.items()}


def _columns(block, columns, n_features, names):
    if isinstance(columns, (str, Integral)) and not isinstance(columns, bool):
        columns = [columns]
    if isinstance(columns, slice):
        found = _slice(block, columns, n_features, names)
    else:
        found = _list(block, columns, n_features, names)
    if not len(found):
        raise ValueError(f"blocks: the block {block!r} has no columns. Leave it out.")
    return found


def _slice(block, columns, n_features, names):
    step = 1 if columns.step is None else columns.step
    ends = [columns.start, columns.stop]
    if not isinstance(step, Integral) or not step:
        raise TypeError(_WHAT.format(block, columns))
    if not all(end is None or isinstance(end, (str, Integral)) for end in ends):
        raise TypeError(_WHAT.format(block, columns))
    if isinstance(columns.start, str):
        ends[0] = _position(block, columns.start, names)
    if isinstance(columns.stop, str):  # that name belongs to it, as in pandas
        ends[1] = _position(block, columns.stop, names) + (1 if step > 0 else -1)
        ends[1] = None if ends[1] < 0 else ends[1]
    start, stop = ends
    if stop is not None and stop > n_features:
        raise ValueError(
            f"blocks: the block {block!r} ends at column {stop}, but X has "
            f"{n_features} columns."
        )
    # A copy: torch takes no arrays that lie backwards.
    return np.arange(n_features)[slice(start, stop, step)].copy()


def _list(block, columns, n_features, names):
    if not isinstance(columns, Iterable):
        raise TypeError(_WHAT.format(block, columns))
    values = list(columns)
    if values and all(isinstance(value, (bool, np.bool_)) for value in values):
        if len(values) != n_features:
            raise ValueError(
                f"blocks: the mask of the block {block!r} has {len(values)} entries, "
                f"but X has {n_features} columns."
            )
        return np.flatnonzero(values)
    found = []
    for value in values:
        if isinstance(value, str):
            found.extend(_named(block, value, names))
        elif isinstance(value, Integral):
            if not -n_features <= value < n_features:
                raise ValueError(
                    f"blocks: the block {block!r} asks for column {value}, but X has "
                    f"{n_features} columns, 0 to {n_features - 1}."
                )
            found.append(int(value) % n_features)
        else:
            raise TypeError(_WHAT.format(block, value))
    return np.array(found, dtype=np.intp)


def _named(block, name, names):
    """Return the positions of a name, or of all that a pattern such as tag_* fits."""
    if names is not None and name not in names and ("*" in name or "?" in name):
        found = [at for at, each in enumerate(names) if fnmatchcase(each, name)]
        if not found:
            raise ValueError(
                f"blocks: no column fits {name!r} of the block {block!r}. X begins "
                f"with {', '.join(map(repr, names[:3]))}."
            )
        return found
    return [_position(block, name, names)]


def _position(block, name, names):
    if names is None:
        raise ValueError(
            f"blocks: the block {block!r} asks for the column {name!r}, but X has no "
            "column names. Pass a data frame, or positions."
        )
    if name not in names:
        near = difflib.get_close_matches(name, names, n=3)
        hint = f" Near names are {', '.join(map(repr, near))}." if near else ""
        raise ValueError(
            f"blocks: the block {block!r} asks for the column {name!r}, which X does "
            f"not have.{hint}"
        )
    return names.index(name)


def _check_cover(found, n_features, names):
    """Every column has to be in exactly one block."""
    owner = np.full(n_features, -1)
    titles = list(found)

    def title(column):
        return column if names is None else repr(names[column])

    for number, (name, columns) in enumerate(found.items()):
        values, counts = np.unique(columns, return_counts=True)
        taken = values[(owner[values] >= 0) | (counts > 1)]
        if len(taken):
            before = owner[taken[0]]
            both = f"{titles[before]!r} and {name!r}" if before >= 0 else repr(name)
            raise ValueError(
                f"blocks overlap: column {title(int(taken[0]))} is in {both}"
                f"{'' if before >= 0 else ' twice'}. A column belongs to one block."
            )
        owner[values] = number
    left = np.flatnonzero(owner < 0)
    if len(left):
        some = ", ".join(str(title(int(column))) for column in left[:5])
        raise ValueError(
            f"{len(left)} of {n_features} columns of X are in no block ({some}"
            f"{', ...' if len(left) > 5 else ''}). Add them to blocks, or drop them "
            "from X."
        )
