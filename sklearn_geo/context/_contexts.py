# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which columns of y belong to which context, and what they are called."""

import numbers
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sklearn_geo._tags import check_n_tags

__all__ = [
    "Contexts",
    "as_slice",
    "default_networks",
    "read_contexts",
    "read_networks",
]

# The only context where nothing gives it a name.
_UNNAMED = "context"
# The two that share a trunk in the paper: what is seen on the photos.
_VISUAL = ("object", "scene")


@dataclass(frozen=True)
class Contexts:
    """Blocks of columns by name.

    Attributes
    ----------
    columns : dict of str to (slice or ndarray)
        The columns of y, context by context.

    widths : dict of str to int
        How many they are.

    teachers : dict of str to (tuple of str or None)
        What the columns are called within their context, where they have names.
    """

    columns: dict
    widths: dict
    teachers: dict

    def feature_names(self):
        """Return the names of the columns of all contexts, in order."""
        names = []
        for context, width in self.widths.items():
            teachers = self.teachers[context]
            names += [
                f"{context}_{teacher}"
                for teacher in (range(width) if teachers is None else teachers)
            ]
        return names


def read_contexts(contexts, n_columns, names):
    """Cut the columns of y into contexts.

    Parameters
    ----------
    contexts : mapping or None
        From names of contexts to a number of columns, a list of column names or
        positions, or the prefix of column names. None goes by names as FeatureUnion
        and ColumnTransformer make them, ``scene__beach``; without such names there is
        one context.

    n_columns : int
        Number of columns of y.

    names : list of str or None
        Their names.

    Returns
    -------
    Contexts
        The blocks.
    """
    if not n_columns:
        raise ValueError(
            "y has no columns: it needs one for each thing a teacher says."
        )
    check_n_tags(n_columns, "y")
    contexts = _plain_rules(contexts)
    names = None if names is None else [_plain(name) for name in names]
    if contexts is None:
        chosen = _contexts_by_name(n_columns, names)
    else:
        chosen = _chosen(contexts, n_columns, names)
    taken = np.zeros(n_columns, dtype=np.int64)
    for positions in chosen.values():
        np.add.at(taken, positions, 1)
    if (taken > 1).any():
        raise ValueError(
            f"contexts: {_column(int(np.argmax(taken > 1)), names)} of y is in more "
            "than one context. Each column belongs to one."
        )
    if (taken == 0).any():
        left = np.flatnonzero(taken == 0)
        raise ValueError(
            f"contexts: {len(left)} of the {n_columns} columns of y are in no context, "
            f"the first of them is {_column(int(left[0]), names)}. Name a context for "
            "them, or drop them."
        )
    teachers = {
        context: _teachers(context, rule, positions, names)
        for (context, positions), rule in zip(
            chosen.items(), _rules(contexts, chosen), strict=True
        )
    }
    found = Contexts(
        {context: as_slice(positions) for context, positions in chosen.items()},
        {context: len(positions) for context, positions in chosen.items()},
        teachers,
    )
    called = found.feature_names()
    if len(set(called)) < len(called):
        twice = next(name for name in called if called.count(name) > 1)
        raise ValueError(
            f"contexts: two columns would both be called {twice!r}, the name of their "
            "context before their own. Rename a context."
        )
    return found


def _plain(value):
    """Return a name or number as Python's own, which errors show as what it is."""
    return value.item() if isinstance(value, np.generic) else value


def _plain_rules(contexts):
    if not isinstance(contexts, Mapping):
        return contexts
    return {
        _plain(context): list(map(_plain, rule))
        if isinstance(rule, (list, tuple))
        else _plain(rule)
        for context, rule in contexts.items()
    }


def default_networks(contexts):
    """Say which contexts share a trunk: objects and scenes, as in the paper."""
    visual = tuple(name for name in _VISUAL if name in contexts)
    networks = []
    for name in contexts:
        if name not in visual:
            networks.append((name,))
        elif name == next(each for each in contexts if each in visual):
            networks.append(visual)
    return tuple(networks)


def read_networks(networks, contexts):
    """Check which contexts share a trunk.

    Parameters
    ----------
    networks : sequence of sequence of str, or None
        The parameter; None is :func:`default_networks`. A bare name is a network of
        its own.

    contexts : sequence of str
        Names of the contexts.

    Returns
    -------
    tuple of tuple of str
        The contexts of each network.
    """
    if networks is None:
        return default_networks(contexts)
    if isinstance(networks, str):
        networks = (networks,)
    read = tuple(map(_names, networks))
    named = [name for group in read for name in group]
    unknown = [name for name in named if name not in contexts]
    missing = [name for name in contexts if name not in named]
    twice = sorted({str(name) for name in named if named.count(name) > 1})
    for what, which in (
        ("names contexts that y does not have:", unknown),
        ("names contexts more than once:", twice),
        ("lacks the contexts", missing),
    ):
        if which:
            raise ValueError(
                f"networks={networks!r} {what} {which}. The contexts are "
                f"{list(contexts)}; each belongs to one network, as in "
                f"networks={default_networks(contexts)!r}."
            )
    if not all(read):
        raise ValueError(f"networks={networks!r} has a network without contexts.")
    return read


def _names(group):
    """Return the names of a network's contexts, or the one name that it is."""
    alone = isinstance(group, str) or not np.iterable(group)
    return tuple(
        str(name) if isinstance(name, str) else name
        for name in ([group] if alone else group)
    )


def _contexts_by_name(n_columns, names):
    everything = np.arange(n_columns)
    if names is None:
        return {_UNNAMED: everything}
    if not all(name.partition("__")[0] and "__" in name for name in names):
        return {_UNNAMED: everything}
    found = {}
    for position, name in enumerate(names):
        found.setdefault(name.split("__", 1)[0], []).append(position)
    return {context: np.array(positions) for context, positions in found.items()}


def _chosen(contexts, n_columns, names):
    if not isinstance(contexts, Mapping) or not contexts:
        raise ValueError(
            f"contexts={contexts!r} names no contexts. Say what belongs to each: "
            'contexts={"object": 1000, "scene": 365, "tag": 2000}.'
        )
    for context in contexts:
        if not isinstance(context, str) or not context:
            raise ValueError(
                f"contexts: a context cannot be called {context!r}. Use text, such as "
                '"tag".'
            )
    for context, rule in contexts.items():
        if not (
            isinstance(rule, (numbers.Integral, str, slice)) or np.iterable(rule)
        ) or isinstance(rule, (bool, dict)):
            raise ValueError(
                f"contexts: {rule!r} does not say which columns belong to {context!r}. "
                "Give their number, a list of names or positions, a slice, or the "
                "prefix of their names."
            )
    counted = [isinstance(rule, numbers.Integral) for rule in contexts.values()]
    if any(counted) and not all(counted):
        raise ValueError(
            f"contexts={contexts!r} mixes numbers of columns with names. Use the one "
            "or the other."
        )
    if all(counted):
        return _by_width(contexts, n_columns)
    return {
        context: _by_rule(context, rule, n_columns, names)
        for context, rule in contexts.items()
    }


def _by_width(contexts, n_columns):
    if min(contexts.values()) < 1:
        raise ValueError(f"contexts={contexts!r}: every context has a column or more.")
    total = int(sum(contexts.values()))
    if total != n_columns:
        raise ValueError(
            f"contexts={contexts!r} add up to {total} columns, but y has {n_columns}."
        )
    found, start = {}, 0
    for context, width in contexts.items():
        found[context] = np.arange(start, start + width)
        start += width
    return found


def _by_rule(context, rule, n_columns, names):
    if isinstance(rule, slice):
        try:
            positions = np.arange(n_columns)[rule]
        except (TypeError, IndexError) as error:
            raise ValueError(
                f"contexts: the slice of {context!r} goes by {rule!r}. Slices go by "
                "positions; give a list of names instead."
            ) from error
    elif isinstance(rule, str):
        _need_names(context, rule, names)
        positions = [i for i, name in enumerate(names) if name.startswith(rule)]
        if not positions:
            raise ValueError(
                f"contexts: no column of y begins with {rule!r}. The first columns are "
                f"{names[:5]}."
            )
    else:
        keys = list(map(_plain, rule))
        if keys and all(isinstance(key, (bool, np.bool_)) for key in keys):
            raise ValueError(
                f"contexts: {context!r} is a mask. Give the positions instead, as "
                "np.flatnonzero(mask) says them."
            )
        positions = [_position(context, key, n_columns, names) for key in keys]
    if not len(positions):
        raise ValueError(f"contexts: {context!r} has no columns.")
    return np.asarray(positions, dtype=np.int64)


def _position(context, key, n_columns, names):
    if isinstance(key, numbers.Integral) and not isinstance(key, bool):
        if not -n_columns <= key < n_columns:
            raise ValueError(
                f"contexts: {context!r} names column {key}; y has {n_columns}."
            )
        return int(key) % n_columns
    _need_names(context, key, names)
    if key not in names:
        raise ValueError(
            f"contexts: {context!r} names the column {key!r}, which y does not have. "
            f"The first columns are {names[:5]}."
        )
    return names.index(key)


def _need_names(context, key, names):
    if names is None:
        raise ValueError(
            f"contexts: {context!r} goes by the name {key!r}, but the columns of y "
            "have no names. Pass a data frame, or numbers of columns."
        )


def _rules(contexts, chosen):
    if contexts is None:
        return [f"{context}__" for context in chosen]
    return list(contexts.values())


def _teachers(context, rule, positions, names):
    """Name the columns of a context, without the prefix that says which it is."""
    if names is None:
        return None
    own = [names[position] for position in positions]
    # The longest first, so that what joins prefix and name goes with the prefix.
    stems = [rule] if isinstance(rule, str) else []
    joined = [f"{stem}{joint}" for stem in [*stems, context] for joint in ("__", "_")]
    for prefix in [*joined, *stems]:
        if all(name.startswith(prefix) and name != prefix for name in own):
            own = [name.removeprefix(prefix) for name in own]
            break
    return tuple(own)


def as_slice(positions):
    """Return positions as a slice where they lie side by side: a view, no copy."""
    if (np.diff(positions) == 1).all():
        return slice(int(positions[0]), int(positions[-1]) + 1)
    return np.asarray(positions)


def _column(position, names):
    return f"column {position}" + ("" if names is None else f" ({names[position]!r})")
