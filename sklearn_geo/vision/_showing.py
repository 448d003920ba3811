# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos shown to a network: read ahead, asked in batches, kept in a cache."""

import warnings

import numpy as np
import torch

from sklearn_geo.vision._ahead import done_ahead
from sklearn_geo.vision._crops import as_float
from sklearn_geo.vision._photo_keys import photo_key
from sklearn_geo.vision._photo_rows import as_row_error
from sklearn_geo.vision._photos import PhotoError, read_photo

__all__ = ["Showing", "tell_of_bad"]

# So many bad rows are named in a warning.
_NAMED = 5


class Showing:
    """One run over many photos.

    Parameters
    ----------
    asked : Asked
        The network.

    views : Views
        What it is shown of a photo.

    cache : RowCache or None
        Where rows are kept.

    root, cache_key, errors, batch_size :
        See :class:`PosteriorTransformer`.

    n_threads : int
        How many threads read photos.

    tell : callable
        Called with the number of photos that are done since the last call.

    Attributes
    ----------
    bad : dict
        Row -> why it cannot be read, and has NaN.
    """

    def __init__(
        self, asked, views, cache, *, root, cache_key, errors, batch_size, n_threads,
        tell,
    ):  # fmt: skip
        self.asked, self.views, self.cache = asked, views, cache
        self.root, self.cache_key, self.errors = root, cache_key, errors
        self.batch_size, self.n_threads, self.tell = batch_size, n_threads, tell
        self.bad = {}

    def rows_of(self, photos, n_columns):
        """Return the rows of photos.

        Parameters
        ----------
        photos : sequence
            What :func:`photo_rows` returned.

        n_columns : int
            How many columns there are.

        Returns
        -------
        ndarray of shape (n_photos, n_columns), float32
            The rows.
        """
        if self.cache is not None:
            _check_width(self.cache.n_columns, n_columns)
        out = np.empty((len(photos), n_columns), dtype=np.float32)
        todo = range(len(photos))
        try:
            while todo:  # again for what was in a damaged part of the cache
                todo = self._pass(photos, todo, out)
        finally:
            if self.cache is not None:
                self.cache.flush()
        return out

    def _pass(self, photos, todo, out):
        """Fill rows; return those that have to be done again."""
        again, batch = [], []
        ahead = max(2 * self.n_threads, self.batch_size)
        results = done_ahead(
            lambda row: self._prepare(photos, row), todo, self.n_threads, ahead
        )
        for row, key, made in results:
            if isinstance(made, PhotoError):
                if self.errors == "raise":
                    raise as_row_error(made, row) from made
                self.bad[row] = made
                out[row] = np.nan
                self.tell(1)
            elif made is None:
                found = self.cache.get(key)
                if found is None:
                    again.append(row)
                else:
                    out[row] = found
                    self.tell(1)
            else:
                batch.append((row, key, made))
                if len(batch) == self.batch_size:
                    self._ask(batch, out)
                    batch = []
        if batch:
            self._ask(batch, out)
        return again

    def _prepare(self, photos, row):
        """Return a row, its key, and its views: None if the cache has it."""
        try:
            photo, key, pixels = photos[row], None, None
            if self.cache is not None:
                key, pixels = photo_key(photo, self.root, self.cache_key)
                if key in self.cache:
                    return row, key, None
            if pixels is None:
                pixels = read_photo(photo, root=self.root)
            return row, key, self.views.of(pixels)
        except PhotoError as error:
            return row, None, error

    def _ask(self, batch, out):
        rows, keys, views = zip(*batch, strict=True)
        shapes = {tuple(each.shape[1:]) for each in views}
        if len(shapes) > 1:
            raise ValueError(
                f"crops made views of different shapes, {sorted(shapes)}: a network is "
                "shown several photos at once. Scale them to one size, or set "
                "batch_size=1."
            )
        counts = [len(each) for each in views]
        if len({each.dtype for each in views}) > 1:  # photos of bytes beside floats
            views = [as_float(each) for each in views]
        # Bytes are laid out, and sent to the device, in a quarter of the time.
        shown = torch.cat(views).contiguous(memory_format=self.asked.layout)
        shown = shown.to(self.asked.device)
        outputs = self.asked(self.views.normalised(shown))
        _check_width(outputs.shape[1], out.shape[1])
        if len(set(counts)) == 1:
            means = outputs.unflatten(0, (len(counts), counts[0])).mean(dim=1)
        else:
            means = torch.stack([part.mean(dim=0) for part in outputs.split(counts)])
        means = means.cpu().numpy()
        finite = np.isfinite(means).all(axis=1)
        if not finite.all():
            raise ValueError(
                f"X, row {rows[int(np.argmin(finite))]}: the network gives NaN or "
                "infinity for this photo. Look at its weights, and at mean and std."
            )
        out[list(rows)] = means
        if self.cache is not None:
            self.cache.add(keys, means)
        self.tell(len(rows))


def _check_width(n_now, n_columns):
    if n_now != n_columns:
        raise ValueError(
            f"The network gives {n_now} outputs now, and gave {n_columns} in fit: "
            "layer, image_size or the network was changed since. Fit again."
        )


def tell_of_bad(bad, n_photos):
    """Warn of photos that could not be read, in the name of who called transform.

    Parameters
    ----------
    bad : dict
        Row -> why it cannot be read.

    n_photos : int
        Of how many.
    """
    if not bad:
        return
    named = [f"row {row}: {bad[row]}" for row in sorted(bad)[:_NAMED]]
    if len(bad) > _NAMED:
        named.append("...")
    warnings.warn(
        f"{len(bad):,} of {n_photos:,} photos cannot be read, and have NaN: "
        f"{'; '.join(named)}.",
        stacklevel=4,  # above transform and its decorator
    )
