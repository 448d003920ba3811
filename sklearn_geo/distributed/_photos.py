# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A part of a table of photos as arrays, every column checked."""

from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from sklearn_geo._numbers import read_numbers
from sklearn_geo.base import places_in
from sklearn_geo.context._teachers import open_teachers

__all__ = [
    "Layout",
    "Photos",
    "in_part",
    "leave_out",
    "numbers_left_out",
    "read_part",
    "read_photos",
    "zones_at",
]


@dataclass(frozen=True)
class Layout:
    """Which columns of the table are which.

    Attributes
    ----------
    location : tuple of str
        Latitude and longitude.

    teachers : tuple of str
        What is learnt.

    weight : str or None
        What a photo counts.

    order : str or None
        The number of a photo; None numbers them as they lie.
    """

    location: tuple
    teachers: tuple
    weight: str | None
    order: str | None

    def columns(self, *, teachers):
        """Return the columns to read, with those of teachers or without."""
        more = [name for name in (self.weight, self.order) if name is not None]
        return [*self.location, *more, *(self.teachers if teachers else ())]


@dataclass
class Photos:
    """Some photos.

    Attributes
    ----------
    numbers : ndarray of shape (n_photos,), int64
        The number of each among all photos.

    places : ndarray of shape (n_photos, 2)
        Validated places.

    matrix : ndarray of shape (n_photos, n_columns) or None
        Teacher rows, if they were read.

    weights : ndarray of shape (n_photos,) or None
        What they count.
    """

    numbers: np.ndarray
    places: np.ndarray
    matrix: np.ndarray | None
    weights: np.ndarray | None

    def __len__(self):
        return len(self.places)

    def counting(self):
        """Return the positions of those that count something; None is all."""
        if self.weights is None or self.weights.all():
            return None
        return np.flatnonzero(self.weights)

    def take(self, at):
        """Return some of them."""
        return Photos(
            self.numbers[at],
            self.places[at],
            None if self.matrix is None else self.matrix[at],
            None if self.weights is None else self.weights[at],
        )


def read_photos(frame, layout, part, first=0, *, teachers=True):
    """Read a part of the table; photos that count nothing are left out.

    Parameters
    ----------
    frame : DataFrame
        The part.

    layout : Layout
        Its columns.

    part : int
        Which part it is, for messages.

    first : int, default=0
        The number of its first photo that counts something.

    teachers : bool, default=True
        Whether the teacher rows are read too.

    Returns
    -------
    Photos
        Those that count.
    """
    photos = read_part(frame, layout, part, teachers=teachers)
    return leave_out(photos, layout, first)


def read_part(frame, layout, part, *, teachers=True):
    """Read a part of the table in whole.

    Parameters
    ----------
    frame : DataFrame
        The part.

    layout : Layout
        Its columns.

    part : int
        Which part it is, for messages.

    teachers : bool, default=True
        Whether the teacher rows are read too.

    Returns
    -------
    Photos
        A photo for each row, not numbered unless the table does it.
    """
    with in_part(part):
        places = np.empty((0, 2))
        if len(frame):
            location = frame[list(layout.location)]
            places = places_in(location, location=layout.location, name="places")
        matrix = None
        if teachers:
            matrix, _ = open_teachers(frame[list(layout.teachers)])
            matrix = matrix.toarray() if sparse.issparse(matrix) else matrix
        weights = _weights(frame, layout.weight)
        numbers = _numbers(frame, layout.order)
    return Photos(numbers, places, matrix, weights)


def leave_out(photos, layout, first=0):
    """Leave out photos that count nothing, and number the others.

    Parameters
    ----------
    photos : Photos
        What :func:`read_part` returned.

    layout : Layout
        Its columns.

    first : int, default=0
        The number of the first photo that counts something.

    Returns
    -------
    Photos
        Those that count.
    """
    at = photos.counting()
    if at is not None:
        photos = photos.take(at)
    if layout.order is None:
        photos = replace(photos, numbers=np.arange(first, first + len(photos)))
    return photos


def numbers_left_out(frame, layout, part):
    """Return the numbers of photos that count nothing.

    Parameters
    ----------
    frame : DataFrame
        A part of the table.

    layout : Layout
        Its columns, of weights and numbers among them.

    part : int
        Which part it is, for messages.

    Returns
    -------
    ndarray of int64
        The numbers.
    """
    with in_part(part):
        weights = _weights(frame, layout.weight)
        return _numbers(frame, layout.order)[weights == 0.0]


@contextmanager
def in_part(part, table="photos"):
    """Say of errors in which part of the table the rows are that they name.

    Parameters
    ----------
    part : int or str
        Which part it is, and if need be which of its rows are counted.

    table : str, default="photos"
        What the table is called.
    """
    try:
        yield
    except TypeError as error:
        raise TypeError(f"{table}, part {part}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{table}, part {part}: {error}") from error


def zones_at(locate, places):
    """Say in which zones places lie, also where there are none.

    Parameters
    ----------
    locate : callable
        Says it of one place or more.

    places : ndarray of shape (n_places, 2)
        Validated places.

    Returns
    -------
    ndarray of shape (n_places,), int64
        Their zones.
    """
    if not len(places):
        return np.empty(0, dtype=np.int64)
    return locate(places).astype(np.int64, copy=False)


def _weights(frame, name):
    if name is None:
        return None
    weights = read_numbers(frame[name], f"sample_weight={name!r}")
    wrong = ~(np.isfinite(weights) & (weights >= 0.0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"row {row}: sample_weight={float(weights[row])!r}. Weights are finite and "
            "not negative; 0 leaves a photo out."
        )
    return weights


def _numbers(frame, name):
    if name is None:
        return np.zeros(len(frame), dtype=np.int64)
    column = frame[name]
    numbers = np.asarray(column)
    if not len(numbers):
        return np.empty(0, dtype=np.int64)
    found = f"the dtype {column.dtype}"
    if numbers.dtype.kind in "iu":
        least, most = int(numbers.min()), int(numbers.max())
        if least >= 0 and most <= np.iinfo(np.int64).max:
            return numbers.astype(np.int64)
        found += f" and {least if least < 0 else most}"
    raise ValueError(
        f"order={name!r} has to hold whole numbers from 0 on, a different one for each "
        f"photo; it has {found}."
    )
