# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a network was made for, and whether settings are still those."""

import os
from collections.abc import Mapping
from copy import copy
from functools import partial

import joblib
import numpy as np
from scipy import sparse
from sklearn.frozen import FrozenEstimator

__all__ = [
    "SET_AFTER_FIT",
    "Digest",
    "check_made_for",
    "made_for",
    "refused",
    "short",
]

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
        that are not fitted. Lists, tuples, series and small arrays of the same entries
        are the same, and so are arrays and tables however they lie in memory; a
        function, a frozen estimator, a mapping of very many only as itself.

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
        raise refused(name, short(value), short(before[name]), remedy)


def refused(name, now, before, remedy):
    """Return the error about a setting, by what :func:`short` says of its values."""
    if now == before:
        return ValueError(f"{name} is not what it was before. {remedy}")
    return ValueError(f"{name} is {now}, and was {before} before. {remedy}")


def short(value):
    """Return what errors say of a value."""
    text = " ".join(repr(value).split())
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 3]}..."


def _told(value):
    """Return a value that can be compared, and that nobody else can change."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value != value:
        return _NAN
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "get_params"):
        return _told_estimator(value)
    if hasattr(value, "shape") and hasattr(value, "columns"):
        return _Table(f"a table of shape {tuple(value.shape)}", copy(value))
    if hasattr(value, "to_numpy"):
        return _told(value.to_numpy())
    if isinstance(value, slice):  # which older Pythons cannot hash
        ends = value.start, value.stop, value.step
        return _Slice(repr(value), tuple(_told(each) for each in ends))
    if isinstance(value, np.ndarray) and (value.size <= _FEW or value.dtype.hasobject):
        return _told(value.tolist())
    if isinstance(value, (list, tuple, range)):
        return tuple(_told(each) for each in value)
    if isinstance(value, (set, frozenset)):
        return frozenset(value)
    if isinstance(value, Mapping) and len(value) <= _FEW:
        return {key: _told(each) for key, each in value.items()}
    if isinstance(value, np.ndarray) or sparse.issparse(value):
        return Digest(f"an array of shape {value.shape}", joblib.hash(_entries(value)))
    if isinstance(value, partial):
        return (_told(value.func), _told(value.args), _told(value.keywords))
    return _Itself(value)


def _told_estimator(value):
    if isinstance(value, FrozenEstimator):
        return _Itself(value)
    params = value.get_params(deep=False)
    kept = {k: _told(each) for k, each in params.items() if k not in _BESIDE}
    return _Settings(repr(value), (type(value), kept))


def _entries(array):
    """Return an array's entries, however it lies in memory or is compressed."""
    if not sparse.issparse(array):
        # Plain, that one in a file is the same.
        array = np.ascontiguousarray(array).view(np.ndarray)
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    array = sparse.csr_array(array, copy=True)
    array.sum_duplicates()
    array.eliminate_zeros()
    at = [part.astype(np.int64) for part in (array.indices, array.indptr)]
    return array.shape, array.data, at


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


class _Slice(_Told):
    """Where a slice begins and ends, and its step."""


class _Settings(_Told):
    """Of an estimator that is not fitted: its parameters."""


class _Table(_Told):
    """A copy of a table, which is the same however its columns lie in memory."""

    def __eq__(self, other):
        same = type(self) is type(other) and type(self.told) is type(other.told)
        return same and bool(self.told.equals(other.told))

    __hash__ = None


class _Itself(_Told):
    """An object that is only the same as itself, or as what equals it for good."""

    def __init__(self, value):
        super().__init__(None, value)

    def __eq__(self, other):
        return type(self) is type(other) and _are_equal(self.told, other.told)

    __hash__ = None

    def __repr__(self):
        return repr(self.told)


def _are_equal(one, other):
    if type(one) is not type(other):
        return False
    if isinstance(one, FrozenEstimator):
        one, other = one.estimator, other.estimator
    if one is other:
        return True
    # What cannot be hashed may change, and arrays answer for each entry.
    is_fixed = type(one).__hash__ is not None and not hasattr(one, "__array__")
    return is_fixed and (one == other) is True


_PLAIN = (bool, int, float, str, bytes, type, _Told)
_NAN = Digest("nan", "nan")
