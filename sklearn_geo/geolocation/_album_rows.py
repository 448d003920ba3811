# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What networks read of albums: first cells of their photos, gaps, and the truth."""

import numpy as np

from sklearn_geo.geolocation._albums import minutes_since, shuffled_in_lots
from sklearn_geo.nets import LazyRows, RowData, Several

__all__ = ["AlbumLesson", "AlbumRows", "known_elsewhere"]


class AlbumRows:
    """Photos whose albums become the inputs of a network.

    Parameters
    ----------
    first : FirstCells
        What is said of each photo.

    times : ndarray of datetime64 of shape (n_photos,) or None, default=None
        When they were taken.

    Notes
    -----
    The blocks of `B` albums of `T` photos and padding, `k` first cells, and `u` cells
    that some photo of an album names:

    - cells, int of shape (B, T, k), and their probabilities;
    - told, of shape (B, T, 4): whether there is a photo, the mass of its first cells,
      minutes since the first photo of the album, and whether that is known;
    - union, int of shape (B, u, 1): cells of the album, -1 for none;
    - at, int of shape (B, T, k): where in the union each first cell is.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geolocation._album_rows import AlbumRows
    >>> from sklearn_geo.geolocation._first_cells import FirstCells
    >>> first = FirstCells.of(np.array([[0.5, 0.5, 0], [0, 0.4, 0.6]]), 2)
    >>> blocks = AlbumRows(first).blocks(np.array([[0, 1, -1]]))
    >>> blocks[0][0].tolist(), blocks[3][0, :, 0].tolist()
    ([[0, 1], [2, 1], [0, 0]], [0, 1, 2])
    """

    def __init__(self, first, times=None):
        self.first, self.times = first, times

    def blocks(self, rows):
        """Return the blocks of padded albums, see Notes."""
        known = rows >= 0
        at = np.where(known, rows, 0)
        cells = np.where(known[..., np.newaxis], self.first.cells[at], 0)
        cells = cells.astype(np.int64)
        proba = np.where(known[..., np.newaxis], self.first.proba[at], np.float32(0))
        minutes = minutes_since(self.times, rows)
        timed = ~np.isnan(minutes)
        told = np.zeros((*rows.shape, 4), dtype=np.float32)
        told[..., 0] = known
        told[..., 1] = np.where(known, self.first.mass[at], 0.0)
        told[..., 2][timed] = minutes[timed]
        told[..., 3] = timed
        return (cells, proba, told, *self._union(cells, known))

    def _union(self, cells, known):
        """Return the cells of every album, and where in them each cell is."""
        n_albums, _, n_first = cells.shape
        keys = cells + self.first.n_cells * np.arange(n_albums)[:, None, None]
        present, number = np.unique(keys[known], return_inverse=True)
        album = present // self.first.n_cells
        counts = np.bincount(album, minlength=n_albums)
        rank = np.arange(len(present)) - (np.cumsum(counts) - counts)[album]
        width = counts.max() if len(counts) else 0
        union = np.full((n_albums, width, 1), -1, dtype=np.int64)
        union[album, rank, 0] = present % self.first.n_cells
        at = np.zeros(cells.shape, dtype=np.int64)
        at[known] = rank[number.reshape(-1, n_first)]
        return union, at

    def tensors(self, rows):
        """Return the blocks of padded albums as a network takes them."""
        return (
            RowData(_lazily(lambda _: Several(self.blocks(rows)), len(rows)))
            .take(slice(0, len(rows)))
            .inputs
        )


class AlbumLesson:
    """Albums to learn from: one at random of every user, drawn for each epoch.

    Parameters
    ----------
    rows : AlbumRows
        The photos.

    users : Albums
        One album a user, however long.

    size : int
        Photos of an album at most.

    cells : ndarray of int of shape (n_photos,)
        Where each photo truly is; -1 is in no cell: it is read but teaches nothing.

    weights : ndarray of shape (n_photos,) or None
        What each photo counts.

    batch_size : int
        Albums of a step.
    """

    def __init__(self, rows, users, size, cells, weights, batch_size):
        self.photos, self.users, self.size, self.cells = rows, users, size, cells
        self.batch_size = batch_size
        counted = (cells >= 0).astype(np.float64)
        if weights is not None:
            counted = counted * weights
        # What the photos of an album of each user count on average; sums of weights
        # over albums are 1 on average.
        sums = np.add.reduceat(counted[users.order], users.starts[:-1])
        expected = sums * np.minimum(1.0, size / users.lengths)
        mean = expected.mean() if len(expected) else 1.0  # nobody teaches
        self.weights = counted / max(mean, np.finfo(np.float32).tiny)
        self.starts = users.starts[:-1].copy()
        self.lengths = np.minimum(users.lengths, size)

    def draw(self, epoch, rng, n_rows):
        """Draw an album of every user, and the order they come in."""
        spare = self.users.lengths - self.lengths
        self.starts = self.users.starts[:-1] + rng.integers(spare + 1)
        return shuffled_in_lots(self.lengths, self.batch_size, rng)

    def padded(self, at):
        """Return the rows of the drawn albums of some users."""
        starts, lengths = self.starts[at], self.lengths[at]
        step = np.arange(lengths.max())
        inside = step < lengths[:, np.newaxis]
        row = np.where(inside, starts[:, np.newaxis] + step, 0)
        return np.where(inside, self.users.order[row], -1)

    def data(self):
        """Return the users as the net reads them."""
        n_users = len(self.users)
        return RowData(
            _lazily(lambda at: Several(self.photos.blocks(self.padded(at))), n_users),
            [
                _lazily(self._truth, n_users),
                _lazily(self._counted, n_users),
            ],
        )

    def _truth(self, at):
        rows = self.padded(at)
        return np.where(rows >= 0, self.cells[rows], -1)

    def _counted(self, at):
        rows = self.padded(at)
        return np.where(rows >= 0, self.weights[rows], 0.0)


def _lazily(rows, n_rows):
    return LazyRows((n_rows, 1), rows)


def known_elsewhere(cells, folds):
    """Tell which photos lie in a cell that other folds have photos of, too.

    Cells are made for all training photos, some for those of a single user. Whoever has
    not seen that user cannot name them, and of new users it is never asked.

    Parameters
    ----------
    cells, folds : ndarray of int of shape (n_photos,)
        True cells, -1 for none, and the fold each photo was held out in.

    Returns
    -------
    ndarray of bool of shape (n_photos,)
        False for photos in no cell.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geolocation._album_rows import known_elsewhere
    >>> known_elsewhere(np.array([0, 0, 1, 1, -1]), np.array([0, 1, 1, 1, 0]))
    array([ True,  True, False, False, False])
    """
    inside = cells >= 0
    if not inside.any():
        return inside
    n_folds = folds.max() + 1
    pairs = np.bincount(
        np.where(inside, cells, 0) * n_folds + folds,
        inside,
        minlength=(cells.max() + 1) * n_folds,
    ).reshape(-1, n_folds)
    others = pairs.sum(axis=1)[cells] - pairs[cells, folds]
    return inside & (others > 0.0)
