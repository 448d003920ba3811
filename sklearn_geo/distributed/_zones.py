# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One task a zone: gather its photos, make their teachers, train, write."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sklearn_geo.context._fitting import train_plan
from sklearn_geo.context._inference import FALLBACK, FALLBACK_NAME
from sklearn_geo.context._propagators import fit_propagators
from sklearn_geo.context._short_memory import ShortMemory, SkippedZone
from sklearn_geo.context._teachers import Teachers
from sklearn_geo.context._zone_store import write_zone
from sklearn_geo.distributed._spool import gather
from sklearn_geo.nets import write_block
from sklearn_geo.nets._mapped_arrays import map_file, mapped_arrays

__all__ = [
    "SampleJob",
    "ZoneJob",
    "do_zone",
    "fitted_propagators",
    "lost_fallback",
    "lost_zone",
    "train_fallback",
]


@dataclass(frozen=True)
class ZoneJob:
    """What is done with a group of photos.

    Attributes
    ----------
    zone : int
        The zone, or another group of photos.

    name : str
        Its name.

    count : int
        How many photos belong to it.

    pieces : ndarray of shape (n_pieces, 3)
        Where they are, see :meth:`Pieces.of`.

    trains : bool
        Whether networks are trained; otherwise only teachers of sampled photos are
        made.
    """

    zone: int
    name: str
    count: int
    pieces: np.ndarray
    trains: bool


@dataclass(frozen=True)
class SampleJob:
    """What the network of the whole globe is trained on.

    Attributes
    ----------
    pieces : ndarray of shape (n_pieces, 3)
        Where the photos of the sample are, see :meth:`Pieces.of`.

    taught : list of str
        Files with the teachers that were made for them.
    """

    pieces: np.ndarray
    taught: list


def do_zone(job, setup, spool, folder):
    """Train a zone and write it into the store.

    Parameters
    ----------
    job : ZoneJob
        The zone.

    setup : Setup
        What is common to all zones.

    spool : path
        Where photos are.

    folder : path
        The folder of the store.

    Returns
    -------
    dict
        "zone", "written" (see :func:`write_zone`) and "histories" if it was trained,
        the file of the "taught" photos of the sample if there are any, and as
        "skipped" the zone if there was no memory for it; "untaught" says that its
        photos of the sample have no teachers, and "silent" that it was not trained
        since no row that is propagated there teaches a context: what it says then has
        to be known first.
    """
    done = {**lost_zone(job, ""), "skipped": None}
    with ShortMemory() as memory:
        _do_zone(job, setup, spool, folder, done)
        return {**done, "untaught": False}
    lost = lost_zone(job, memory.why)
    return done if done["written"] or done["skipped"] else lost


def lost_zone(job, why):
    """Return what :func:`do_zone` returns of a zone for which nothing could be done.

    Parameters
    ----------
    job : ZoneJob
        The zone.

    why : str
        What was said of the memory.

    Returns
    -------
    dict
        As of :func:`do_zone`.
    """
    skipped = SkippedZone(job.zone, job.name, job.count, why) if job.trains else None
    return {
        "zone": job.zone,
        "written": None,
        "taught": None,
        "skipped": skipped,
        "silent": False,
        "untaught": True,
    }


def _do_zone(job, setup, spool, folder, done):
    """Do what is to be done, and note in `done` what is."""
    photos, own, sampled = gather(spool, setup.files, job.pieces)
    if own.sum() != job.count:
        raise ValueError(
            f"Zone {job.name}: {job.count} photos were counted, and {own.sum()} were "
            "read later. The table has to give the same photos each time it is read; "
            "write it to Parquet first if it is computed."
        )
    propagators = fitted_propagators(setup, photos)
    sampled = sampled[own]
    photos = photos if own.all() else photos.take(np.flatnonzero(own))
    teachers = Teachers(photos.matrix, setup.plan.contexts, propagators, photos.places)
    done["silent"] = job.trains and _is_silent(setup, teachers)
    if job.trains and not done["silent"]:
        teachers.tally()
        (trained,) = train_plan(
            setup.plan,
            teachers,
            setup.means,
            setup.preset,
            weights=photos.weights,
            seed=setup.seed,
            rows_of={job.zone: np.arange(len(photos))},
            starts=lambda zone: None,
            fallback_rows=None,
            zones_at_once=1,
        )
        done.update(_write(folder, trained, job.name))
        del trained
    if propagators and sampled.any():
        rows = np.flatnonzero(sampled)
        arrays = {"numbers": photos.numbers[rows]}
        for name in propagators:
            arrays.update(_pack(name, teachers.rows(rows, name)))
        entry = write_block(spool, f"taught-{job.zone}", arrays)
        done["taught"] = entry["file"]


def train_fallback(job, setup, spool, folder):
    """Train the network of the whole globe and write it into the store.

    Parameters
    ----------
    job : SampleJob
        The sample.

    setup, spool, folder
        See :func:`do_zone`.

    Returns
    -------
    dict
        As of :func:`do_zone`.
    """
    with ShortMemory() as memory:
        return _train_fallback(job, setup, spool, folder)
    return lost_fallback(job, memory.why)


def lost_fallback(job, why):
    """Return what :func:`train_fallback` returns where nothing could be done.

    Parameters
    ----------
    job : SampleJob
        The sample.

    why : str
        What was said of the memory.

    Returns
    -------
    dict
        As of :func:`do_zone`.
    """
    n_photos = int((job.pieces[:, 2] - job.pieces[:, 1]).sum())
    skipped = SkippedZone(FALLBACK, FALLBACK_NAME, n_photos, why)
    return {
        "zone": FALLBACK,
        "written": None,
        "taught": None,
        "skipped": skipped,
        "silent": False,
    }


def _train_fallback(job, setup, spool, folder):
    photos, _, _ = gather(spool, setup.files, job.pieces)
    known = _read_taught(setup, spool, job.taught, photos.numbers)
    teachers = _KnownTeachers(photos.matrix, setup.plan.contexts, known, photos.places)
    if _is_silent(setup, teachers):
        return {**lost_fallback(job, ""), "skipped": None, "silent": True}
    (trained,) = train_plan(
        setup.plan,
        teachers,
        setup.means,
        setup.preset,
        weights=photos.weights,
        seed=setup.seed,
        rows_of={},
        starts=lambda zone: None,
        fallback_rows=np.arange(len(photos)),
        zones_at_once=1,
    )
    done = {**lost_fallback(job, ""), "skipped": None}
    return {**done, **_write(folder, trained, FALLBACK_NAME)}


class _KnownTeachers(Teachers):
    """Teachers of which the rows of some contexts were made elsewhere."""

    def __init__(self, matrix, contexts, known, places):
        super().__init__(matrix, contexts, {}, places)
        self.known = known

    def rows(self, at, name):
        return self.known[name][at] if name in self.known else super().rows(at, name)


def fitted_propagators(setup, photos):
    """Fit the propagators on the photos of a zone and those around it."""
    contexts, matrix = setup.plan.contexts, photos.matrix
    if not setup.propagators:
        return {}
    if matrix.dtype.kind == "f":
        for name in setup.propagators:
            columns = contexts.columns[name]
            if np.isnan(matrix[:, columns]).all():
                # Nobody here has tags, though others elsewhere do: so nothing spreads.
                matrix = matrix.copy() if matrix is photos.matrix else matrix
                matrix[:, columns] = 0.0
    return fit_propagators(setup.propagators, contexts, photos.places, matrix)


def _is_silent(setup, teachers):
    """Say whether no propagated row teaches a context whose mean is not known yet."""
    rows = np.arange(len(teachers.places))
    return not setup.means_are_known and not all(
        teachers.teaches(rows, name) for name in setup.propagators
    )


def _write(folder, trained, name):
    if isinstance(trained, SkippedZone):
        return {"written": None, "skipped": trained}
    record = trained.record(name, trained.n_photos)
    written = write_zone(folder, trained.zone, record, trained.weights)
    return {"written": written, "histories": trained.histories, "skipped": None}


def _pack(name, rows):
    """Return teacher rows as arrays for a file."""
    if sparse.issparse(rows):
        parts = {"data": rows.data, "indices": rows.indices, "indptr": rows.indptr}
        return {f"{part} {name}": array for part, array in parts.items()}
    return {f"rows {name}": rows}


def _read_taught(setup, spool, files, numbers):
    """Return the teacher rows that were made for photos with some numbers."""
    if not setup.propagators:
        return {}
    found = [mapped_arrays(map_file(spool / file)) for file in files]
    there = np.concatenate([arrays["numbers"] for arrays in found])
    order = np.argsort(there)
    if not np.array_equal(there[order], numbers):
        raise ValueError(
            f"Teachers were made for {len(there)} photos of the {len(numbers)} of the "
            "sample. The table has to give the same photos each time it is read; write "
            "it to Parquet first if it is computed."
        )
    known = {}
    for name in setup.propagators:
        blocks = [_unpack(name, arrays, setup) for arrays in found]
        if sparse.issparse(blocks[0]):
            known[name] = sparse.csr_array(sparse.vstack(blocks, format="csr"))[order]
        else:
            known[name] = np.concatenate(blocks)[order]
    return known


def _unpack(name, arrays, setup):
    if f"rows {name}" in arrays:
        return arrays[f"rows {name}"]
    parts = tuple(arrays[f"{part} {name}"] for part in ("data", "indices", "indptr"))
    shape = (len(arrays["numbers"]), setup.plan.contexts.widths[name])
    return sparse.csr_array(parts, shape=shape)
