# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where photos were taken, by looks, time and owner: the multi-modal paper's tables."""

import sys
from dataclasses import dataclass

from sklearn_geo.reproduce._multimodal_data import PhotoTask, synthetic_task
from sklearn_geo.reproduce._multimodal_first import fit_first
from sklearn_geo.reproduce._multimodal_looks import (
    cell_table,
    centroid_table,
    few_table,
    outdoor_table,
)
from sklearn_geo.reproduce._multimodal_models import MeshModels
from sklearn_geo.reproduce._multimodal_paper import MESHES, PAPER_WIDTH
from sklearn_geo.reproduce._multimodal_rows import (
    accuracy_table,
    bias_table,
    test_table,
)
from sklearn_geo.reproduce._multimodal_tables import Judge, Judges

__all__ = ["MultimodalSize", "add_arguments", "run"]

_REAL_ROWS, _REAL_ROWS_QUICK = 100_000, 5_000


@dataclass(frozen=True)
class MultimodalSize:
    """How much to draw and compute.

    Parameters
    ----------
    n_photos : int
        Synthetic photos.

    epochs : int or None
        Epochs of M2 and M3 at most; None leaves it to them.

    n_resamples : int
        Resamples of users for intervals.
    """

    n_photos: int = 60_000
    epochs: int | None = None
    n_resamples: int = 500


QUICK = MultimodalSize(5_000, 2, 100)


def add_arguments(parser):
    """Add the options of this command to its parser."""
    parser.add_argument(
        "--refine",
        choices=("delaunay", "midpoint"),
        default="delaunay",
        help="how triangles are made smaller (default: %(default)s)",
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help="the paper's M2 as wide as in the paper, which wants an accelerator",
    )


def run(options, progress, file=None):
    """Compute the tables, and print them.

    Parameters
    ----------
    options : argparse.Namespace
        The command line.

    progress : Progress
        The line that is written over.

    file : file, default=None
        Where to print; None is the standard output.

    Returns
    -------
    list of (str, ResultTable)
        Names for files, and the tables.
    """
    file = sys.stdout if file is None else file
    if options.quick and options.full:
        raise ValueError("--quick is small and --full is not: leave out one of them.")
    size = QUICK if options.quick else MultimodalSize()
    progress.show("photos")
    task = open_task(options, size)
    models, width = {}, PAPER_WIDTH if options.full else None
    for number, name in enumerate(MESHES):
        progress.bar(number, len(MESHES), f"M1 of the mesh {name}")
        first = fit_first(name, task.first, options.seed, options.refine)
        # Three times the inputs of the first mesh, the coarse one, as in Table 2.
        width = width or 3 * (first.partition.n_cells_ + 4)
        settings = {"width": width, "epochs": size.epochs, "seed": options.seed}
        models[name] = MeshModels(first, task, **settings)
    progress.clear()
    judges = Judges(task, size.n_resamples, seed=options.seed)
    of_few = Judge(task.few, size.n_resamples, seed=options.seed)
    tables = {}
    for name, table in (
        ("table1", cell_table(models, task)),
        ("table3", centroid_table(models, judges)),
        ("table4", outdoor_table(models, judges)),
        ("table5", few_table(models, of_few, task)),
    ):
        if table is not None:
            tables[name] = table
            print(table.to_text(), end="\n\n", file=file, flush=True)
    tables["table6"] = accuracy_table(models, judges, progress, file)
    for name, make in (("table7", bias_table), ("wilcoxon", test_table)):
        tables[name] = make(models, judges)
        print(f"\n{tables[name].to_text()}", file=file, flush=True)
    return [(f"multimodal_{name}", table) for name, table in tables.items()]


def open_task(options, size) -> PhotoTask:
    """Read or draw the photos that a command line asks for.

    Parameters
    ----------
    options : argparse.Namespace
        With `data`, `rows`, `seed` and `quick`.

    size : MultimodalSize
        How many photos to draw.

    Returns
    -------
    PhotoTask
    """
    if options.data is None:
        return synthetic_task(options.rows or size.n_photos, seed=options.seed)
    from sklearn_geo.reproduce._multimodal_yfcc import yfcc_task

    n_photos = options.rows or (_REAL_ROWS_QUICK if options.quick else _REAL_ROWS)
    return yfcc_task(options.data, n_photos=n_photos, seed=options.seed)
