# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What has to be known of all photos before the first zone is trained.

Each part of the table is summed up by itself, and what is said of parts is small and
added up in a tree.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from sklearn_geo.context._balanced import row_hashes
from sklearn_geo.context._teachers import Teachers
from sklearn_geo.distributed._photos import (
    in_part,
    leave_out,
    numbers_left_out,
    read_part,
    read_photos,
    zones_at,
)
from sklearn_geo.geometry import utm_zones

__all__ = [
    "Survey",
    "add_samples",
    "add_surveys",
    "left_out_part",
    "sample_part",
    "survey_part",
]


@dataclass
class Survey:
    """What is known of some parts.

    Attributes
    ----------
    parts : ndarray of shape (n_parts,)
        Which parts.

    sizes : ndarray of shape (n_parts,)
        Number of photos of each that count something.

    digests : ndarray of shape (n_parts, 32), uint8
        Checksums of what they hold.

    zones, counts : ndarray of shape (n_zones,)
        Zones with photos, and how many.

    sums : dict of str to ndarray
        Sums of the teacher rows of each context, weighted.

    somewhere : ndarray of shape (n_utm_zones, 2)
        A place in each UTM zone that has photos.

    beyond : ndarray of shape (n_squares, 3)
        Where zones have photos beyond their borders, see
        :meth:`Setup.squares_beyond`.
    """

    parts: np.ndarray
    sizes: np.ndarray
    digests: np.ndarray
    zones: np.ndarray
    counts: np.ndarray
    sums: dict
    somewhere: np.ndarray
    beyond: np.ndarray

    def count_of(self):
        """Return the number of photos of each zone."""
        return dict(zip(self.zones.tolist(), self.counts.tolist(), strict=True))


def survey_part(frame, setup, part):
    """Sum up a part of the table.

    Parameters
    ----------
    frame : DataFrame
        The part.

    setup : Setup
        What is common to all parts.

    part : int
        Which it is.

    Returns
    -------
    Survey
        What is known of it.
    """
    everything = read_part(frame, setup.layout, part)
    photos = leave_out(everything, setup.layout)
    # Of the whole matrix, so that a bad row is named by where it lies in the part.
    teachers = Teachers(
        everything.matrix,
        setup.plan.contexts,
        setup.propagators,
        photos.places,
        everything.counting(),
    )
    widths = setup.plan.contexts.widths
    sums = {name: np.zeros(width) for name, width in widths.items()}
    if len(photos):
        with in_part(part):
            sums = teachers.tally(photos.weights)
    some = "" if len(photos) == len(everything) else ", without photos of weight 0"
    with in_part(f"{part}{some}"):
        zones = zones_at(setup.plan.regions.locate, photos.places)
    beyond = setup.squares_beyond(photos.places, zones)
    zones, counts = np.unique(zones, return_counts=True)
    return Survey(
        np.array([part]),
        np.array([len(photos)]),
        _digest(photos)[np.newaxis],
        zones,
        counts,
        sums,
        _one_a_zone(photos.places),
        beyond,
    )


def add_surveys(surveys):
    """Add up what is known of several parts.

    Parameters
    ----------
    surveys : list of Survey
        What is known.

    Returns
    -------
    Survey
        What is known of all of them.
    """
    first = surveys[0]
    zones, of_zone = np.unique(
        np.concatenate([survey.zones for survey in surveys]), return_inverse=True
    )
    counts = np.zeros(len(zones), dtype=np.int64)
    np.add.at(counts, of_zone, np.concatenate([survey.counts for survey in surveys]))
    return Survey(
        *(
            np.concatenate([getattr(survey, name) for survey in surveys])
            for name in ("parts", "sizes", "digests")
        ),
        zones,
        counts,
        {name: sum(survey.sums[name] for survey in surveys) for name in first.sums},
        _one_a_zone(np.concatenate([survey.somewhere for survey in surveys])),
        np.unique(np.concatenate([survey.beyond for survey in surveys]), axis=0),
    )


def left_out_part(frame, setup, part):
    """Return the numbers of the photos of a part that count nothing.

    Parameters
    ----------
    frame : DataFrame
        The part, without its teachers.

    setup : Setup
        What is common to all parts.

    part : int
        Which it is.

    Returns
    -------
    ndarray of int64
        Their numbers.
    """
    return numbers_left_out(frame, setup.layout, part)


def sample_part(frame, setup, part):
    """Choose the photos of a part that may be in the sample of all zones.

    They are the :func:`fair_share` of each zone with the smallest hashes: of all photos
    together no others can be chosen.

    Parameters
    ----------
    frame : DataFrame
        The part, without its teachers.

    setup : Setup
        What is common to all parts; `first` and `share` are known.

    part : int
        Which it is.

    Returns
    -------
    dict of str to ndarray
        "zones", "hashes", "numbers" and "places" of photos.
    """
    photos = read_photos(frame, setup.layout, part, setup.first[part], teachers=False)
    sample = {
        "zones": zones_at(setup.plan.regions.locate, photos.places),
        "hashes": row_hashes(setup.seed, setup.ranks(photos.numbers)),
        "numbers": photos.numbers,
        "places": photos.places,
    }
    return _smallest(sample, setup.share)


def add_samples(samples, share):
    """Choose among the photos that were chosen in several parts.

    Parameters
    ----------
    samples : list of dict
        What :func:`sample_part` returned.

    share : int
        How many photos a zone gives.

    Returns
    -------
    dict of str to ndarray
        The same of all parts.
    """
    together = {
        name: np.concatenate([sample[name] for sample in samples])
        for name in samples[0]
    }
    return _smallest(together, share)


def _smallest(sample, share):
    """Return the rows of the smallest hashes of each zone."""
    order = np.lexsort((sample["hashes"], sample["zones"]))
    zones = sample["zones"][order]
    first = np.flatnonzero(np.diff(zones, prepend=zones[:1] - 1))
    lengths = np.diff(np.append(first, len(zones)))
    rank = np.arange(len(zones)) - np.repeat(first, lengths)
    return {name: values[order[rank < share]] for name, values in sample.items()}


def _one_a_zone(places):
    """Return a place in each UTM zone that has some."""
    _, rows = np.unique(zones_at(utm_zones, places), return_index=True)
    return places[rows]


def _digest(photos):
    """Return a checksum of photos."""
    digest = hashlib.sha256()
    for values in (photos.numbers, photos.places, photos.matrix, photos.weights):
        if values is not None:
            digest.update(f"{values.shape} {values.dtype.str}".encode())
            digest.update(np.ascontiguousarray(values))
    return np.frombuffer(digest.digest(), dtype=np.uint8)
