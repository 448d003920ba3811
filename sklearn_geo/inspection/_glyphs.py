# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Little coloured shapes that stand for photos: alike where their features are."""

import colorsys

import numpy as np
from scipy import sparse

from sklearn_geo._labels import first_missing, label_array, number_labels
from sklearn_geo._numbers import naming, read_numbers, reject_masked
from sklearn_geo._tables import check_sparse, reject_unread

# Rows that the axes of the shapes are found from; and numbers that make a shape: a hue
# and its strength, a lightness, and four waves around the outline.
_MOST_ROWS, _N_NUMBERS = 512, 11
# Of fewer rows, what they have in common cannot be told from what they are.
_LEAST_ROWS = 8
_MOST_COLUMNS = 2**20
_ANGLES = np.linspace(0.0, 2 * np.pi, 120)


class Glyphs:
    """Outlines and colours of photos.

    Parameters
    ----------
    features : array-like of shape (n_photos, n_features) or None
        What photos are like. Photos with similar features get similar shapes.

    subjects : array-like of shape (n_photos,) or None
        A label a photo, which gets its colour from it.
    """

    def __init__(self, features=None, subjects=None):
        self._features = self._labels = None
        if features is not None:
            self._features = _read_features(features)
            self._learn_axes()
        if subjects is not None:
            self._labels = _read_subjects(subjects)
            _, self._codes = number_labels(self._labels, name="subjects")

    @property
    def known(self):
        """Whether anything is known of photos."""
        return self._features is not None or self._labels is not None

    def check(self, photo):
        """Check that there is something to make a glyph of."""
        for name, part in (("features", self._features), ("subjects", self._labels)):
            if part is not None and photo >= part.shape[0]:
                raise ValueError(
                    f"{name} has {part.shape[0]} rows, and photo {photo} is to be "
                    "drawn. Pass a row for each photo of the gallery, in its order."
                )

    def label(self, photo):
        """Return the subject of a photo, or None."""
        return None if self._labels is None else str(self._labels[photo])

    def outline(self, photo):
        """Return a closed curve around 0, of reach about 1, of shape (n, 2)."""
        numbers = self._numbers(photo)
        if numbers is None:
            return np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])
        radius = np.ones_like(_ANGLES)
        waves = np.tanh(0.7 * numbers[3:]).reshape(-1, 2)
        for at, (cosine, sine) in enumerate(waves):
            angles = (at + 2) * _ANGLES
            radius += 0.2 * (cosine * np.cos(angles) + sine * np.sin(angles))
        radius *= 0.95 / radius.max()
        return radius[:, np.newaxis] * np.column_stack(
            [np.cos(_ANGLES), np.sin(_ANGLES)]
        )

    def color(self, photo):
        """Return red, green and blue between 0 and 1."""
        if self._labels is not None:
            # Steps of the golden section never come back to a hue.
            hue = (0.58 + 0.618034 * self._codes[photo]) % 1.0
            return colorsys.hls_to_rgb(hue, 0.7, 0.6)
        numbers = self._numbers(photo)
        if numbers is None:
            return (0.8, 0.8, 0.8)
        hue = np.arctan2(numbers[1], numbers[0]) / (2 * np.pi) % 1.0
        strength = 0.25 + 0.6 * np.tanh(np.hypot(numbers[0], numbers[1]))
        return colorsys.hls_to_rgb(hue, 0.58 + 0.14 * np.tanh(numbers[2]), strength)

    def _learn_axes(self):
        """Find the directions in which the photos differ most."""
        n_rows, n_columns = self._features.shape
        if not n_rows:
            return  # there is no photo to make a glyph of
        at = np.unique(np.linspace(0, n_rows - 1, min(n_rows, _MOST_ROWS)).astype(int))
        rows = self._rows(at)
        if n_rows < _LEAST_ROWS:
            axes = np.random.default_rng(0).standard_normal((_N_NUMBERS, n_columns))
            self._mean = np.zeros(n_columns)
            with np.errstate(over="ignore"):  # of huge looks there is one colour then
                length = np.linalg.norm(rows, axis=1).mean()
            self._axes = axes / max(length, 1e-12)
            return
        self._mean = rows.mean(axis=0)
        _, sizes, axes = np.linalg.svd(rows - self._mean, full_matrices=False)
        axes, sizes = axes[:_N_NUMBERS], sizes[:_N_NUMBERS] / np.sqrt(len(rows))
        # The sign of an axis is anybody's guess: its largest part is positive.
        largest = np.abs(axes).argmax(axis=1)
        axes = axes * np.sign(axes[np.arange(len(axes)), largest])[:, np.newaxis]
        seen = sizes > 1e-9 * max(np.abs(rows).max(initial=0.0), 1e-300)
        axes, sizes = axes[seen], sizes[seen]
        self._axes = np.zeros((_N_NUMBERS, n_columns))
        if not len(axes):
            return
        # Large differences stay larger than small ones, which are mostly noise.
        axes = axes / np.sqrt(sizes[0] * sizes)[:, np.newaxis]
        mixed = np.random.default_rng(0).standard_normal((_N_NUMBERS - 3, len(axes)))
        mixed /= np.sqrt((sizes / sizes[0]).sum())
        self._axes[: min(3, len(axes))] = axes[:3]
        self._axes[3:] = mixed @ axes

    def _rows(self, at):
        rows = self._features
        rows = rows.iloc[at] if hasattr(rows, "iloc") else rows[at]
        rows = rows.toarray() if hasattr(rows, "toarray") else rows
        return np.nan_to_num(read_numbers(rows, "features"))

    def _numbers(self, photo):
        if self._features is None:
            return None
        return self._axes @ (self._rows([photo])[0] - self._mean)


def _read_subjects(subjects):
    """Return a label a photo."""
    labels = label_array(subjects, "subjects")
    if labels.ndim != 1:
        raise ValueError(
            f"subjects must be a label a photo; got the shape {labels.shape}."
        )
    row = first_missing(labels)
    if row is not None:
        raise ValueError(
            f"subjects, row {row}: the label is missing ({labels[row]}). Give such "
            'photos one of their own, such as "?".'
        )
    return labels


def _reject_unsound(features):
    reject_unread(features, "features")
    reject_masked(features, "features")
    check_sparse(features, "features")


def _read_features(features):
    """Return features whose rows can be chosen; their numbers are read row by row."""
    _reject_unsound(features)
    if sparse.issparse(features):
        features = features.tocsr()
    elif not hasattr(features, "iloc") or hasattr(features, "compute"):
        with naming("features"):
            features = np.asarray(features)
    shape = features.shape
    if len(shape) != 2 or not shape[1]:
        raise ValueError(
            f"features must have a row for each photo, of a column at least; got shape "
            f"{shape}."
        )
    if shape[1] > _MOST_COLUMNS:
        raise ValueError(
            f"features has {shape[1]:,} columns, and glyphs are made of "
            f"{_MOST_COLUMNS:,} at most."
        )
    return features


def as_row(features):
    """Return the features of one photo as a table of one row."""
    _reject_unsound(features)
    if sparse.issparse(features):
        return features.reshape(1, -1)
    with naming("features"):
        return np.asarray(features).reshape(1, -1)
