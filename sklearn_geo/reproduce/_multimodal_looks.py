# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What M1 makes of looks alone: Tables 1, 3, 4 and 5 of the multi-modal paper."""

import numpy as np

from sklearn_geo.reproduce._multimodal_paper import (
    CENTROIDS,
    IM2GPS,
    IM2GPS_OTHERS,
    MESHES,
    OUTDOOR_ONLY,
)
from sklearn_geo.reproduce._multimodal_tables import (
    ACCURACY,
    CELLS,
    COVERAGE,
    MULTIMODAL_DIFFERS,
    OUTDOOR,
    accuracy_printed,
)
from sklearn_geo.reproduce._tables import Estimate, Result, ResultTable

__all__ = ["cell_table", "centroid_table", "few_table", "outdoor_table"]

_CENTROIDS = {False: "cell centroid", True: "imagery centroid"}
_BY_OTHERS = "other papers, on Im2GPS: not computed here"


def cell_table(models, task):
    """Return Table 1: the limits of the meshes, and how many cells came out.

    Parameters
    ----------
    models : dict of str to MeshModels
        By the name of the mesh.

    task : PhotoTask
        The photos.

    Returns
    -------
    ResultTable
    """
    table = _table(
        f"Table 1. Meshes of {len(task.first):,} photos ({task.title}).",
        CELLS,
        notes=[
            "Limits are the paper's times a power of the number of photos, 0.75, so "
            "that both cells and photos in a cell are fewer. Coarse is made of one "
            "photo in seven and filled with all, as in the paper. In no cell: photos "
            "of the hold-out that lie in a triangle that was dropped; they stay "
            "in all tables below, though no model can put them where they are.",
            *task.notes,
        ],
    )
    names = [measure.name for measure in CELLS]
    for mesh in models.values():
        first = mesh.first
        missed = float((first.true_cells(task.test.places) < 0).mean())
        here = first.limit, first.minimum, first.partition.n_cells_, missed
        table.append(
            Result(
                first.name,
                values=dict(zip(names, map(Estimate, here), strict=True)),
                paper=dict(zip(names, MESHES[first.name][:3], strict=False)),
            )
        )
    return table


def centroid_table(models, judges):
    """Return Table 3: cells are where they are, or where their photos are.

    Parameters
    ----------
    models : dict of str to MeshModels
        By the name of the mesh.

    judges : Judges
        Of the hold-out.

    Returns
    -------
    ResultTable
    """
    table = _table(
        f"Table 3. M1 on {judges.title}, in percent.",
        ACCURACY,
        notes=["Intervals are over users."],
    )
    for mesh in models.values():
        answer, first = mesh.m1(), mesh.first
        for imagery, name in _CENTROIDS.items():
            places = first.places_of(answer.cells, imagery=imagery)
            table.append(
                Result(
                    name,
                    first.name,
                    judges.every.accuracy(places),
                    accuracy_printed(CENTROIDS[first.name, imagery]),
                    answer.seconds,
                )
            )
    return table


def outdoor_table(models, judges):
    """Return Table 4: all photos located, or outdoor ones only.

    Parameters
    ----------
    models : dict of str to MeshModels
        By the name of the mesh.

    judges : Judges
        Of the hold-out.

    Returns
    -------
    ResultTable or None
        None if nothing tells which photos are outdoor ones.
    """
    if judges.outdoor is None:
        return None
    table = _table(
        f"Table 4. M1 on {judges.title}, all of them or outdoor ones only, in percent.",
        (COVERAGE, *ACCURACY),
        notes=[
            "Located: the share of photos that are answered for. M1 has learnt from "
            f"all photos; where the probability of outdoors is below {OUTDOOR:g}, "
            "SelectiveGeolocator gives no answer. Cells are located by their photos."
        ],
    )
    for mesh in models.values():
        for only in (False, True):
            places = mesh.m1().places
            if only:
                places = mesh.m1_outdoor()
            judge = judges.of(rows=~np.isnan(places[:, 0]))
            located = Estimate(len(judge) / len(judges.every))
            table.append(
                Result(
                    "outdoor only" if only else "all photos",
                    mesh.first.name,
                    {COVERAGE.name: located, **judge.accuracy(places)},
                    accuracy_printed(OUTDOOR_ONLY[mesh.first.name, only]),
                )
            )
    return table


def few_table(models, judge, task):
    """Return Table 5: the same on a small set, beside what others have printed.

    Parameters
    ----------
    models : dict of str to MeshModels
        By the name of the mesh.

    judge : Judge
        Of the small set.

    task : PhotoTask
        The photos.

    Returns
    -------
    ResultTable
    """
    table = _table(
        f"Table 5. M1 on {task.few_title}, in percent.",
        ACCURACY,
        notes=[
            f"{task.few_note} Of {len(judge)} photos, a share is known to some "
            f"{100 / np.sqrt(len(judge)):.0f} points at best."
        ],
        methods=list(IM2GPS_OTHERS),
    )
    firsts = [mesh.first for mesh in models.values()]
    cells = {first.name: first.model.predict_cells(task.few.X) for first in firsts}
    for imagery, name in _CENTROIDS.items():
        for first in firsts:
            places = first.places_of(cells[first.name], imagery=imagery)
            paper = accuracy_printed(IM2GPS[first.name, imagery])
            table.append(Result(first.name, name, judge.accuracy(places), paper))
    for name, numbers in IM2GPS_OTHERS.items():
        table.append(Result(name, _BY_OTHERS, paper=accuracy_printed(numbers)))
    return table


def _table(title, measures, **settings):
    return ResultTable(title, measures, data_differ=MULTIMODAL_DIFFERS, **settings)
