# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is drawn of several models comes by their names."""

from collections import Counter
from collections.abc import Mapping

from scipy import sparse

from sklearn_geo.inspection._words import check_text


def is_by_name(values):
    """Tell a mapping of names from a table; a matrix of scipy may be a dict as well."""
    return isinstance(values, Mapping) and not sparse.issparse(values)


def by_text(values, what):
    """Let names be text, and refuse those that are the same text then."""
    names = [str(name) for name in values]
    for name in names:
        check_text(name, f"A name of {what}")
    reject_twice(names, what)
    return dict(zip(names, values.values(), strict=True))


def reject_twice(names, what):
    """Refuse names of which one comes twice: only the last would be drawn."""
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise ValueError(
            f"{what} names {twice[0]!r} more than once. Give each a name of its own."
        )
