# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fields of a stored estimator: whoever reads one says what is wrong with it."""

from contextlib import contextmanager

from sklearn_geo.nets._ran_out import ran_out

__all__ = ["are_texts", "flag", "need", "reading"]

# What a field raises that is not what was written, wherever it is noticed.
_WRONG = (KeyError, TypeError, ValueError, OverflowError, RuntimeError)


@contextmanager
def reading(folder):
    """Name the folder, and the remedy, whatever is wrong with what it holds.

    Parameters
    ----------
    folder : str or path
        What is read.
    """
    try:
        yield
    except _WRONG as error:
        if ran_out(error):
            raise
        what = f"it lacks {error}" if isinstance(error, KeyError) else f"{error}"
        what = what[:500].rstrip(".")
        raise ValueError(
            f"{folder} is incomplete or was changed: {what}. Copy the whole "
            "folder, or write it again with save_pretrained."
        ) from error


def need(condition, what):
    """Refuse a field that is not what it has to be.

    Parameters
    ----------
    condition : bool
        Whether it is.

    what : str
        What is wrong if not.
    """
    if not condition:
        raise ValueError(what)


def flag(content, name):
    """Return a field that is true or false."""
    need(type(content[name]) is bool, f"{name} is neither true nor false")
    return content[name]


def are_texts(values):
    """Tell a list of texts."""
    return isinstance(values, list) and all(isinstance(each, str) for each in values)
