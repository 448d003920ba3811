# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a network was made for, and whether settings are still those."""

from collections.abc import Mapping
from functools import partial

import joblib
import numpy as np
from scipy import sparse
from sklearn.frozen import FrozenEstimator

__all__ = ["SET_AFTER_FIT", "Digest", "check_made_for", "made_for"]

# The remedy where something is to be saved.
SET_AFTER_FIT = "It was set after fit: fit again, or set it back, to save."
# Entries of arrays that are kept as they are, not by a digest, and of mappings that are
# looked into (vectors of all words are not); letters of a value in errors.
_FEW, _LETTERS = 1_000, 80
# What decides no shape, in estimators among the settings.
_BESIDE = {"device", "n_jobs", "random_state", "verbose"}


def made_for(settings):
    """Return what settings are now, which later changes do not reach.

    Parameters
    ----------
    settings : mapping of str to object
        Values by their names: numbers, texts, sequences, mappings, tables, estimators
        that are not fitted. Lists, tuples and small arrays of the same entries are the
        same; a function, a frozen estimator, a mapping of very many only as itself.

    Returns
    -------
    dict
        For :func:`check_made_for`. It compares by ``==``, and can be pickled where the
        settings can.

    Examples
    --------
    >>> from sklearn_geo._made_for import check_made_for, made_for
    >>> hidden = [8, 8]
    >>> before = made_for({"hidden": hidden, "dropout": 0.5})
    >>> hidden.append(4)
    >>> check_made_for(before, {"hidden": hidden, "dropout": 0.5}, "Fit anew.")
    Traceback (most recent call last):
        ...
    ValueError: hidden is [8, 8, 4], and was (8, 8) before. Fit anew.
    """
    return {name: _told(value) for name, value in settings.items()}


def check_made_for(before, settings, remedy):
    """Refuse settings that are not those that something was made for.

    Parameters
    ----------
    before : dict or None
        What :func:`made_for` has returned. None, of an estimator that was pickled
        before this was kept, refuses nothing, and so does a name that it does not have.

    settings : mapping of str to object
        The values now.

    remedy : str
        What to do about it: a sentence.
    """
    for name, value in settings.items():
        if before is None or name not in before:
            continue
        if _told(value) == before[name]:
            continue
        now, then = _short(value), _short(before[name])
        if now == then:
            raise ValueError(f"{name} is not what it was before. {remedy}")
        raise ValueError(f"{name} is {now}, and was {then} before. {remedy}")


def _told(value):
    """Return a value that can be compared, and that nobody else can change."""
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, np.ndarray) and value.size <= _FEW:
        return _told(value.tolist())
    if isinstance(value, (list, tuple)):
        return tuple(_told(each) for each in value)
    if isinstance(value, Mapping) and len(value) <= _FEW:
        return {key: _told(each) for key, each in value.items()}
    if isinstance(value, np.ndarray) or sparse.issparse(value):
        return Digest(f"an array of shape {value.shape}", joblib.hash(value))
    if hasattr(value, "columns"):
        return Digest(f"a table of shape {tuple(value.shape)}", joblib.hash(value))
    if isinstance(value, partial):
        return (_told(value.func), _told(value.args), _told(value.keywords))
    if hasattr(value, "get_params") and not isinstance(value, FrozenEstimator):
        params = value.get_params(deep=False)
        kept = {k: _told(each) for k, each in params.items() if k not in _BESIDE}
        return _Settings(repr(value), (type(value), kept))
    return _Itself(value)


def _short(value):
    text = " ".join(repr(value).split())
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 3]}..."


class _Told:
    """What stands for something larger: what errors call it, and what tells it."""

    def __init__(self, name, told):
        self.name, self.told = name, told

    def __eq__(self, other):
        return type(self) is type(other) and self.told == other.told

    __hash__ = None

    def __repr__(self):
        return self.name


class Digest(_Told):
    """A digest of something, such as a large array, that may be a setting itself.

    Parameters
    ----------
    name : str
        What errors call it.

    told : str
        The digest: the same for the same thing.
    """


class _Settings(_Told):
    """Of an estimator that is not fitted: its parameters."""


class _Itself(_Told):
    """An object that is only the same as itself."""

    def __init__(self, value):
        super().__init__(None, value)

    def __eq__(self, other):
        return type(other) is _Itself and self.told is other.told

    __hash__ = None

    def __repr__(self):
        return repr(self.told)


_PLAIN = (bool, int, float, str, bytes, type, _Told)
