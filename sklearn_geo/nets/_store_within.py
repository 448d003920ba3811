# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A store in the folder of another: both are replaced in one step, by the outer one."""

from sklearn_geo._links import is_link, leads_out
from sklearn_geo.nets._store import Store

__all__ = ["check_inner", "free_folder", "named_folder"]


def check_inner(path):
    """Refuse a link in the place of an inner folder that leads out of the outer one.

    Parameters
    ----------
    path : path
        The inner folder.
    """
    if leads_out(path):
        raise ValueError(
            f"{path} is a link that leads out of its folder. Put the folder in the "
            "place of the link."
        )


def free_folder(folder, name, field):
    """Return the name of the folder that a store within another may be written to.

    There are two, used by turns. The store that is there now stays whole until the
    manifest of the outer one is replaced, which names its own. A link in the place of
    the free one goes: what it leads to, which may be anybody's, is not written to.

    Parameters
    ----------
    folder : path
        The folder of the outer store.

    name : str
        What the inner folder is called, if it is the first.

    field : str
        Where the content of the outer store says it.

    Returns
    -------
    str
        `name`, or `name` with "-2".
    """
    try:
        used = Store(folder).content.get(field, name)
    except ValueError:  # no store that anybody could read
        used = None
    free = name
    if used == name and (folder / name).exists():
        free = _second(name)
    if is_link(folder / free):
        (folder / free).unlink()
    return free


def named_folder(content, name, field):
    """Return the name of the inner folder that the content of a store names.

    Parameters
    ----------
    content : dict
        The content; anybody may have changed it.

    name, field : str
        See :func:`free_folder`. Older stores do not say it, and have the first.

    Returns
    -------
    str
        The name.
    """
    used = content.get(field, name)
    if used not in (name, _second(name)):
        raise ValueError(f"its {field} {used!r:.60} is none")
    return used


def _second(name):
    return f"{name}-2"
