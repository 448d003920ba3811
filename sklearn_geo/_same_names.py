# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whether columns of y are those of before, as far as they have names."""

__all__ = ["same_names"]


def same_names(names, before, *, what, remedy):
    """Return what columns are called; refuse other ones, or another order.

    Columns that are numbered from 0 on, as those of pandas are that nobody named, have
    no names.

    Parameters
    ----------
    names, before : sequence of str or None
        What they are called, and were called; None if they have no names.

    what : str
        Whose names they are, in error messages.

    remedy : str
        What to do, in error messages.

    Returns
    -------
    list of str or None
        The names of before, or the new ones where there were none. Another number of
        names is for the caller to refuse.
    """
    if names is None:
        return before
    names = [*map(str, names)]
    numbers = [*map(str, range(len(names)))]
    known = numbers if before is None else [*map(str, before)]
    if names == known or len(names) != len(known):
        return names
    # Numbers in another order tell as much as names.
    if numbers in (names, known) and {*names} != {*known}:
        return known if names == numbers else names
    pairs = zip(names, known, strict=True)
    new, old = next(pair for pair in pairs if pair[0] != pair[1])
    raise ValueError(
        f"{what} have other names than before: {new!r} where {old!r} was. Pass the "
        f"same columns in the same order. {remedy}"
    )
