# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos as the scorer reads them: float32, scaled, some rows at a time."""

import numpy as np
from sklearn.preprocessing import normalize

__all__ = ["LARGEST_FACTOR", "PhotoPart", "PhotoRows", "PhotoScaling"]

# Rows that means and deviations are taken over: more change nothing but the time.
_MANY_ROWS = 100_000
# A column whose deviation is this much smaller than its numbers says nothing, and no
# numbers are smaller than that: so no column is multiplied by more.
_FLAT, _TINY = 1e-7, 1e-30
LARGEST_FACTOR = 1.0 / (_FLAT * _TINY)


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
        with np.errstate(over="ignore", invalid="ignore"):  # told in words
            deviation = some.std(axis=0)
        if not np.isfinite(deviation).all():
            raise _too_large()
        # A column that says nothing stays as quiet as it was.
        flat = deviation <= _FLAT * np.maximum(np.abs(some).max(axis=0), _TINY)
        self.center = some.mean(axis=0)
        self.factor = np.where(flat, 0.0, 1.0 / np.where(flat, 1.0, deviation))
        return self

    def apply(self, rows):
        """Return scaled rows, float32."""
        with np.errstate(over="ignore", invalid="ignore"):  # told in words
            if self.center is not None:
                rows = (rows - self.center) * self.factor
            rows = np.ascontiguousarray(rows, dtype=np.float32)
        if not np.isfinite(rows).all():
            raise _too_large()
        # No rows where no negative of a batch has another photo.
        return rows if self.kind is None or not len(rows) else normalize(rows)


def _too_large():
    return ValueError(
        "X holds features that float32, in which networks compute, does not "
        "hold. Scale such columns first, and look for outliers."
    )


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
