# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The shuffle: from parts of the table to zones, through files that all workers see.

Each part becomes one file, in which the photos of a zone lie side by side; a zone reads
its piece of each file. A worker that dies takes nothing along that was written, and the
order of the photos is that of the parts, whoever is faster.
"""

import numpy as np

from sklearn_geo.distributed._photos import Photos, read_photos, zones_at
from sklearn_geo.nets import write_block
from sklearn_geo.nets._mapped_arrays import map_file, mapped_arrays

__all__ = ["Pieces", "gather", "spool_part"]

# Number types that the files hold; all others become float64.
_DTYPES = ("|b1", "|i1", "|u1", "<i2", "<i4", "<i8", "<f4", "<f8")


def spool_part(frame, setup, part, folder):
    """Write a part of the table, zone by zone.

    Parameters
    ----------
    frame : DataFrame
        The part.

    setup : Setup
        What is common to all parts.

    part : int
        Which it is.

    folder : path
        Where files go.

    Returns
    -------
    dict
        "file", and of each piece in it "groups", "starts" and "stops".
    """
    photos = read_photos(frame, setup.layout, part, setup.first[part])
    sampled = setup.is_sampled(photos.numbers)
    zones = zones_at(setup.plan.regions.locate, photos.places)
    rows, groups, own = setup.hearers(photos.places, zones, sampled)
    groups, starts = np.unique(groups, return_index=True)
    arrays = {
        "numbers": photos.numbers[rows],
        "own": own,
        "sampled": sampled[rows],
        "places": photos.places[rows],
        "matrix": _writable(photos.matrix)[rows],
    }
    if photos.weights is not None:
        arrays["weights"] = photos.weights[rows]
    entry = write_block(folder, f"part-{part}", arrays)
    return {
        "part": part,
        "file": entry["file"],
        "groups": groups,
        "starts": starts,
        "stops": np.append(starts[1:], len(rows))[: len(starts)],
    }


class Pieces:
    """Which pieces of which files belong to which group.

    Parameters
    ----------
    written : iterable of dict
        What :func:`spool_part` returned, of all parts.

    Attributes
    ----------
    files : list of str
        The file of each part.
    """

    def __init__(self, written):
        written = sorted(written, key=lambda each: each["part"])
        self.files = [each["file"] for each in written]
        self._file = np.repeat(
            np.arange(len(written)), [len(each["groups"]) for each in written]
        )
        groups, self._start, self._stop = (
            np.concatenate([each[name] for each in written])
            for name in ("groups", "starts", "stops")
        )
        # By group, and then by part.
        self._order = np.argsort(groups, kind="stable")
        self._groups = groups[self._order]

    def of(self, group):
        """Return the pieces of a group: numbers of files, where they begin and end."""
        first, last = np.searchsorted(self._groups, [group, group + 1])
        at = self._order[first:last]
        return np.column_stack([self._file[at], self._start[at], self._stop[at]])


def gather(folder, files, pieces):
    """Read the photos of a group, in the order of their numbers.

    Parameters
    ----------
    folder : path
        Where the files are.

    files : list of str
        The files of all parts.

    pieces : ndarray of shape (n_pieces, 3)
        What :meth:`Pieces.of` returned.

    Returns
    -------
    photos : Photos
        The photos.

    own, sampled : ndarray of shape (n_photos,), bool
        Which belong to the group, and which are in the sample of all.
    """
    parts = []
    for file, start, stop in pieces.tolist():
        arrays = mapped_arrays(map_file(folder / files[file]))
        # Copied, so that no more than one file is open at a time.
        parts.append({name: array[start:stop].copy() for name, array in arrays.items()})
    together = {
        name: np.concatenate([part[name] for part in parts]) for name in parts[0]
    }
    numbers = together["numbers"]
    if not (np.diff(numbers) > 0).all():
        order = np.argsort(numbers, kind="stable")
        together = {name: array[order] for name, array in together.items()}
        numbers = together["numbers"]
        twice = numbers[:-1][np.diff(numbers) == 0]
        if len(twice):
            raise ValueError(
                f"Two photos have the number {twice[0]} in the column that order= "
                "names. Each photo needs a number of its own."
            )
    photos = Photos(
        numbers, together["places"], together["matrix"], together.get("weights")
    )
    return photos, together["own"], together["sampled"]


def _writable(matrix):
    return matrix if matrix.dtype.str in _DTYPES else matrix.astype(np.float64)
