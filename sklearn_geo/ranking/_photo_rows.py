# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos as the scorer reads them: float32, scaled, some rows at a time."""

import numpy as np
from sklearn.preprocessing import normalize

__all__ = ["PhotoPart", "PhotoRows", "PhotoScaling"]

# Rows that means and deviations are taken over: more change nothing but the time.
_MANY_ROWS = 100_000


class PhotoScaling:
    """How features of photos are scaled.

    Parameters
    ----------
    kind : {"l2", "standard"} or None
        Rows of length one; columns of mean zero and variance one, and then rows of
        length one; or nothing.

    Attributes
    ----------
    center, factor : ndarray of shape (n_features,) or None
        What is subtracted from columns, and what they are multiplied by.
    """

    def __init__(self, kind, center=None, factor=None):
        self.kind, self.center, self.factor = kind, center, factor

    def fit(self, features, at, rng):
        """Learn the scales of columns from some rows, evenly."""
        if self.kind != "standard":
            return self
        if len(at) > _MANY_ROWS:
            at = np.sort(rng.choice(at, _MANY_ROWS, replace=False))
        some = np.asarray(features[at], dtype=np.float64)
        deviation = some.std(axis=0)
        # A column that says nothing stays as quiet as it was.
        flat = deviation <= 1e-7 * np.maximum(np.abs(some).max(axis=0), 1e-30)
        self.center = some.mean(axis=0)
        self.factor = np.where(flat, 0.0, 1.0 / np.where(flat, 1.0, deviation))
        return self

    def apply(self, rows):
        """Return scaled rows, float32."""
        if self.center is not None:
            rows = (rows - self.center) * self.factor
        with np.errstate(over="ignore"):  # told in words
            rows = np.ascontiguousarray(rows, dtype=np.float32)
        if not np.isfinite(rows).all():
            raise ValueError(
                "X holds features that float32, in which networks compute, does not "
                "hold. Scale such columns first, and look for outliers."
            )
        # No rows where no negative of a batch has another photo.
        return rows if self.kind is None or not len(rows) else normalize(rows)


class PhotoRows:
    """Photos whose features are read and scaled when they are asked for.

    Parameters
    ----------
    features : ndarray or memmap of shape (n_photos, n_features)
        Features.

    scaling : PhotoScaling or None
        How they are scaled; None if they are already.
    """

    def __init__(self, features, scaling):
        self.features, self._scaling = features, scaling

    def __len__(self):
        return len(self.features)

    def rows(self, at):
        """Return some photos."""
        rows = self.features[at]
        return rows if self._scaling is None else self._scaling.apply(rows)


class PhotoPart:
    """Photos that follow each other among others.

    Parameters
    ----------
    photos : PhotoRows
        All.

    at : slice
        Which.
    """

    def __init__(self, photos, at):
        self._photos, self._start, self._stop = photos, at.start, at.stop

    def __len__(self):
        return self._stop - self._start

    def rows(self, at):
        """Return some of these photos."""
        start = self._start + at.start
        return self._photos.rows(slice(start, min(self._start + at.stop, self._stop)))
