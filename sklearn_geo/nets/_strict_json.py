# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""JSON that means one thing only: no name twice, no NaN, no number beyond a float."""

import json
import math

import numpy as np

__all__ = ["strict_json", "to_json"]

# Larger ones are infinite as a float, and overflow wherever they meet one.
_MOST_DIGITS = 308


def strict_json(text):
    """Read JSON, or raise a ValueError that says why not.

    Parameters
    ----------
    text : str
        The text.

    Returns
    -------
    object
        What it says.
    """
    try:
        return json.loads(
            text,
            object_pairs_hook=_once_each,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def to_json(value):
    """Write JSON in one line; numpy's numbers and arrays become plain.

    Parameters
    ----------
    value : object
        Numbers, text, lists and mappings.

    Returns
    -------
    str
        The text.
    """
    return json.dumps(value, default=_plain, allow_nan=False)


def _once_each(pairs):
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        seen = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))
        raise ValueError(f"{twice!r:.60} is there twice")
    return mapping


def _no_constant(name):
    raise ValueError(f"{name} is no number of JSON")


def _finite(text):
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text[:20]} is too large a number")
    return value


def _whole(text):
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"{text[:20]} is too large a number")
    return int(text)


def _plain(value):
    if isinstance(value, np.generic):
        item = value.item()
        if not isinstance(item, np.generic):  # as long doubles still are
            return item
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(
        f"{type(value).__name__} cannot be written to JSON. Only numbers, text, lists "
        "and mappings are stored."
    )
