# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Links in folders of strangers: nothing is written or deleted behind them."""

import os

__all__ = ["is_link", "leads_out", "open_own"]


def is_link(path):
    """Say whether a link is in this place, also one that leads nowhere.

    Parameters
    ----------
    path : path
        The place.

    Returns
    -------
    bool
        Whether it is a symbolic link or, on Windows, a junction.
    """
    # Python knows junctions since 3.12.
    is_junction = getattr(os.path, "isjunction", lambda path: False)
    return os.path.islink(path) or is_junction(path)


def leads_out(path):
    """Say whether a link is in this place that leads out of the folder it lies in.

    Parameters
    ----------
    path : path
        The place.

    Returns
    -------
    bool
        False where there is no link.
    """
    folder = os.path.realpath(os.path.dirname(path))
    return is_link(path) and os.path.dirname(os.path.realpath(path)) != folder


def open_own(path):
    """Open a file to read and write it, which is made if it is not there.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    file
        The file; an OSError if a link is in its place.
    """
    return open(path, "r+b", opener=_open)


def _open(path, flags):
    # Windows does not know the last one: whoever opens a file looks for links before.
    flags |= os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    return os.open(path, flags, 0o666)
