# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The mean of all rows that propagators make, for a zone that none of them teaches.

Few fits need it, and these read the table once more, shuffled by UTM zones: whatever
the zones of the networks are, these have all photos.
"""

import copy
from dataclasses import dataclass, replace

import numpy as np

from sklearn_geo.context._mean_rows import sum_of_propagated
from sklearn_geo.context._regions import UTMRegions
from sklearn_geo.context._short_memory import ShortMemory
from sklearn_geo.context._teachers import Teachers
from sklearn_geo.distributed._engine import each_part, each_task, parts_of
from sklearn_geo.distributed._spool import Pieces, gather, spool_part
from sklearn_geo.distributed._zones import fitted_propagators
from sklearn_geo.geometry import utm_zones

__all__ = ["means_of_propagated"]


@dataclass(frozen=True)
class SumJob:
    """The photos of a UTM zone.

    Attributes
    ----------
    zone : int
        The zone.

    pieces : ndarray of shape (n_pieces, 3)
        Where they are, see :meth:`Pieces.of`.
    """

    zone: int
    pieces: np.ndarray


def means_of_propagated(frame, setup, somewhere, spool):
    """Make the means of contexts those of the rows that propagators make.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        The table.

    setup : Setup
        What is common to all tasks of the fit.

    somewhere : ndarray of shape (n_utm_zones, 2)
        A place in each UTM zone that has photos.

    spool : path
        Where photos may lie on their way to UTM zones.

    Returns
    -------
    means : dict of str to ndarray
        Mean teacher row of each context.

    why : str or None
        What was said of the memory, if it ran out.
    """
    plan = copy.copy(setup.plan)
    plan.regions = UTMRegions()
    nothing = np.empty(0, dtype=np.int64)
    by_zone = replace(
        setup,
        plan=plan,
        zones=np.unique(utm_zones(somewhere)).astype(np.int64),
        share=None,
        sampled=nothing,
        minor={},
        beyond={},
    )
    folder = spool / "sums"
    folder.mkdir(exist_ok=True)
    columns = setup.layout.columns(teachers=True)
    tasks = parts_of(frame, columns, spool_part, by_zone, folder)
    pieces = Pieces(each_part(tasks))
    by_zone = replace(by_zone, files=pieces.files)
    jobs = (SumJob(zone, pieces.of(zone)) for zone in by_zone.zones.tolist())
    sums = {}
    for zone, found, why in each_task(sum_zone, jobs, by_zone, folder, lost=lost_sum):
        if why is not None:
            return setup.means, why
        sums[zone] = found
    means = dict(setup.means)
    for name in setup.propagators:
        total = sum(sums[zone][name] for zone in sorted(sums))
        if total.sum() > 0.0:
            means[name] = total / total.sum()
    return means, None


def sum_zone(job, setup, folder):
    """Add up the rows that propagators make for the photos of a zone.

    Parameters
    ----------
    job : SumJob
        The zone.

    setup : Setup
        What is common to all zones.

    folder : path
        Where photos are.

    Returns
    -------
    zone : int
        The zone.

    sums : dict of str to ndarray, or None
        The sums by context.

    why : str or None
        What was said of the memory, if it ran out.
    """
    with ShortMemory() as memory:
        photos, own, _ = gather(folder, setup.files, job.pieces)
        propagators = fitted_propagators(setup, photos)
        photos = photos.take(np.flatnonzero(own))
        contexts = setup.plan.contexts
        teachers = Teachers(photos.matrix, contexts, propagators, photos.places)
        sums = {
            name: sum_of_propagated(teachers, name, photos.weights)
            for name in propagators
        }
        return job.zone, sums, None
    return lost_sum(job, memory.why)


def lost_sum(job, why):
    """Return what :func:`sum_zone` returns where nothing could be done."""
    return job.zone, None, why
