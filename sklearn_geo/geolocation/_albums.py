# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos of users in order of time, cut into albums, and batches of like lengths."""

from dataclasses import dataclass

import numpy as np

__all__ = [
    "Albums",
    "by_user",
    "like_lengths",
    "minutes_since",
    "padding_waste",
    "shuffled_in_lots",
]

# Albums of a batch are at most so many times as long as the shortest, or one longer.
_ALIKE = 1.4
# Batches that are filled together, so that albums of like lengths meet.
_LOT = 16


@dataclass(frozen=True)
class Albums:
    """Runs of photos: one array of rows, and where each album begins in it.

    Parameters
    ----------
    order : ndarray of int of shape (n_photos,)
        Rows of photos, album after album.

    starts : ndarray of int of shape (n_albums + 1,)
        Where each album begins in `order`, and the end.

    users : ndarray of int of shape (n_albums,)
        Whose each album is.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geolocation._albums import by_user
    >>> albums = by_user(np.array([1, 0, 1, 1]), np.array([5, 0, 2, 9]), size=2)
    >>> albums.padded(slice(None))
    array([[ 1, -1],
           [ 2,  0],
           [ 3, -1]])
    """

    order: np.ndarray
    starts: np.ndarray
    users: np.ndarray

    def __len__(self):
        return len(self.users)

    @property
    def lengths(self):
        """Number of photos of each album."""
        return np.diff(self.starts)

    def rows(self, albums):
        """Return the rows of some albums, one album after the other."""
        lengths = self.lengths[albums]
        first = np.cumsum(lengths) - lengths
        run = np.arange(lengths.sum()) - np.repeat(first, lengths)
        return self.order[np.repeat(self.starts[:-1][albums], lengths) + run]

    def padded(self, albums):
        """Return the rows of some albums, a line an album, -1 after its last photo."""
        return padded_runs(self.order, self.starts[:-1][albums], self.lengths[albums])

    def cut(self, size):
        """Cut albums into consecutive pieces of at most `size` photos.

        An album becomes as few pieces as can be, and their lengths differ by one photo
        at most: 25 photos are 13 and 12, not 24 and one that is alone.
        """
        lengths = self.lengths
        n_pieces = -(-lengths // size)
        of = np.repeat(np.arange(len(lengths)), n_pieces)
        first = np.cumsum(n_pieces) - n_pieces
        number = np.arange(len(of)) - first[of]
        share, rest = lengths[of] // n_pieces[of], lengths[of] % n_pieces[of]
        starts = self.starts[of] + number * share + np.minimum(number, rest)
        return Albums(self.order, np.append(starts, self.starts[-1]), self.users[of])

    def some(self, albums):
        """Return some of the albums."""
        ends = np.append(0, np.cumsum(self.lengths[albums]))
        return Albums(self.rows(albums), ends, self.users[albums])


def padded_runs(order, starts, lengths):
    """Return runs of an array as lines, -1 where a line is longer than its run."""
    run = np.arange(lengths.max() if len(lengths) else 0)
    at = starts[:, np.newaxis] + run
    inside = run < lengths[:, np.newaxis]
    return np.where(inside, order[np.where(inside, at, 0)], -1)


def by_user(groups, times, size=None):
    """Put photos in the order of users and times, and cut users into albums.

    Parameters
    ----------
    groups : ndarray of int of shape (n_photos,)
        Whose each photo is.

    times : ndarray of shape (n_photos,) or None
        When each was taken; what has no time comes last. None leaves the photos of a
        user in the order of rows, which also decides between equal times.

    size : int or None, default=None
        Photos of an album at most; None makes one album a user.

    Returns
    -------
    Albums
        Those of user 0 first.
    """
    if times is None:
        order = np.argsort(groups, kind="stable")
    elif times.dtype.kind == "M":
        order = np.lexsort((times.astype(np.int64), np.isnat(times), groups))
    else:
        order = np.lexsort((times, groups))
    own = groups[order]
    opens = np.flatnonzero(np.append(True, own[1:] != own[:-1])[: len(own)])
    albums = Albums(order, np.append(opens, len(own)), own[opens])
    return albums if size is None else albums.cut(size)


def minutes_since(times, rows):
    """Return how long after the first photo of its album each photo was taken.

    Parameters
    ----------
    times : ndarray of datetime64 of shape (n_photos,) or None
        When photos were taken.

    rows : ndarray of int of shape (n_albums, length)
        Padded albums.

    Returns
    -------
    ndarray of float32 of shape (n_albums, length)
        Minutes; NaN where a time is missing, and for padding.
    """
    minutes = np.full(rows.shape, np.nan, dtype=np.float32)
    if times is not None and rows.shape[1]:
        # Times that are missing come last.
        since = times[rows] - times[rows[:, :1]]
        known = (rows >= 0) & ~np.isnat(since)
        minutes[known] = since[known] / np.timedelta64(1, "m")
    return minutes


def like_lengths(lengths, n_slots):
    """Yield batches of albums of like lengths, the shortest first.

    Parameters
    ----------
    lengths : ndarray of int of shape (n_albums,)
        Photos of each.

    n_slots : int
        Photos and padding of a batch at most, unless a single album has more.

    Yields
    ------
    ndarray of int
        Numbers of albums.
    """
    order = np.argsort(lengths, kind="stable")
    ranked = lengths[order]
    begin = 0
    while begin < len(order):
        # The last album is the longest: count * longest must fit.
        longest = max(ranked[begin] + 1, int(_ALIKE * ranked[begin]))
        end = int(np.searchsorted(ranked, longest, side="right"))
        end = min(end, begin + max(1, n_slots // ranked[begin]))
        sizes = ranked[begin:end] * np.arange(1, end - begin + 1)
        end = begin + max(1, int(np.searchsorted(sizes, n_slots, side="right")))
        yield order[begin:end]
        begin = end


def padding_waste(batches):
    """Return the share of padding among the slots of batches of lengths."""
    slots = sum(len(lengths) * lengths.max() for lengths in batches)
    return 1.0 - sum(lengths.sum() for lengths in batches) / slots


def shuffled_in_lots(lengths, batch_size, rng):
    """Return albums in random order, but so that batches hold like lengths.

    Parameters
    ----------
    lengths : ndarray of int of shape (n_albums,)
        Photos of each.

    batch_size : int
        Albums of a batch.

    rng : numpy.random.Generator
        Draws.

    Returns
    -------
    ndarray of int of shape (n_albums,)
        Numbers of albums: every `batch_size` of them are a batch. Albums are sorted by
        length within lots of some batches, and these batches are shuffled.
    """
    order = rng.permutation(len(lengths))
    batches = []
    for begin in range(0, len(order), _LOT * batch_size):
        lot = order[begin : begin + _LOT * batch_size]
        lot = lot[np.argsort(lengths[lot], kind="stable")]
        batches += [lot[at : at + batch_size] for at in range(0, len(lot), batch_size)]
    # The one that is not full has to stay last.
    full = [at for at, batch in enumerate(batches) if len(batch) == batch_size]
    rest = [at for at, batch in enumerate(batches) if len(batch) < batch_size]
    mixed = [batches[at] for at in [*rng.permutation(full).astype(int), *rest]]
    return np.concatenate(mixed) if mixed else order
