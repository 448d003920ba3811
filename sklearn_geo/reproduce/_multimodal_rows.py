# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What times and owners add: Tables 6 and 7 and the tests of the multi-modal paper."""

from dataclasses import dataclass

from sklearn_geo.reproduce._multimodal_paper import (
    BIAS_AND_ERRORS,
    CENTROIDS,
    MEAN_GAIN_KM,
    MODELS,
    PAPER_WIDTH,
)
from sklearn_geo.reproduce._multimodal_tables import (
    ACCURACY,
    BIAS,
    MULTIMODAL_DIFFERS,
    TEST,
    accuracy_printed,
    bias_printed,
)
from sklearn_geo.reproduce._tables import Result, ResultTable

__all__ = ["ROWS", "ModelRow", "accuracy_table", "bias_table", "test_table"]

#: Hours of the window of user averaging.
WINDOW_HOURS = 48.0


@dataclass(frozen=True)
class ModelRow:
    """A model of one mesh.

    Parameters
    ----------
    method : str
        What it is called.

    mesh : str
        Name of the mesh in Table 1.

    maker : tuple
        A method of :class:`MeshModels` and what it is called with.

    key : str or None
        What the paper's tables call it; None if they do not have it.

    outdoor : bool, default=False
        Whether there is a row of outdoor photos only.

    bias : bool, default=True
        Whether it has a row in Table 7.
    """

    method: str
    mesh: str
    maker: tuple
    key: str | None = None
    outdoor: bool = False
    bias: bool = True

    @property
    def group(self):
        """The heading it stands under."""
        return f"{self.mesh} mesh" if self.key else f"{self.mesh} mesh, ours"

    def answer(self, models):
        """Ask the model, which is taught now if it is not yet."""
        name, *arguments = self.maker
        return getattr(models, name)(*arguments)


_WINDOW = f"M1 averaged, {WINDOW_HOURS:.0f} h"
_CENTER, _IMAGERY = "best, cell centroid", "best, imagery centroid"
ROWS = (
    ModelRow("M1", "Coarse", ("m1",), "M1"),
    ModelRow("M2", "Coarse", ("m2", "paper"), "M2", outdoor=True),
    ModelRow("user averaging", "Coarse", ("averaging",), "user averaging"),
    ModelRow("M3", "Coarse", ("m3", "paper"), "M3", outdoor=True),
    ModelRow(_CENTER, "Coarse", ("best", False), _CENTER, bias=False),
    ModelRow(_IMAGERY, "Coarse", ("best", True), _IMAGERY),
    ModelRow("M2", "Coarse", ("m2",), outdoor=True),
    ModelRow("M2, told outdoor", "Coarse", ("m2_outdoor",)),
    ModelRow(_WINDOW, "Coarse", ("averaging", WINDOW_HOURS)),
    ModelRow("M3", "Coarse", ("m3",), outdoor=True),
    ModelRow("M1", "Fine", ("m1",), "M1"),
    ModelRow("M2", "Fine", ("m2", "paper"), "M2", outdoor=True),
    ModelRow(_CENTER, "Fine", ("best", False), _CENTER, bias=False),
    ModelRow(_IMAGERY, "Fine", ("best", True), _IMAGERY),
    ModelRow("M2", "Fine", ("m2",), outdoor=True),
    ModelRow(_WINDOW, "Fine", ("averaging", WINDOW_HOURS)),
    ModelRow("M3", "Fine", ("m3",), outdoor=True),
)
_INSIDE = "best, photos in a cell"

# What is compared: the better one last. The paper compares the first pair.
_PAIRS = (
    ("M1 to M2", "Coarse", ("m1",), ("m2", "paper"), True),
    ("M2 to M3", "Coarse", ("m2", "paper"), ("m3", "paper"), True),
    ("M1 to M2", "Coarse", ("m1",), ("m2",), False),
    ("M2 to M3", "Coarse", ("m2",), ("m3",), False),
    ("M1 to M2", "Fine", ("m1",), ("m2", "paper"), True),
    ("M1 to M2", "Fine", ("m1",), ("m2",), False),
    ("M2 to M3", "Fine", ("m2",), ("m3",), False),
)
_PAPERS_GAIN = {"mean gain km": MEAN_GAIN_KM, "log10 p": -16.0}


def accuracy_table(models, judges, progress, file=None):
    """Compute Table 6, and print it row by row.

    Parameters
    ----------
    models : dict of str to MeshModels
        By the name of the mesh.

    judges : Judges
        Of all photos of the hold-out, and of outdoor ones.

    progress : Progress
        Says what is taught.

    file : file, default=None
        Where to print; None is the standard output.

    Returns
    -------
    ResultTable
    """
    table = ResultTable(
        f"Table 6. Models on {judges.title}, in percent.",
        ACCURACY,
        methods=[f"{row.method}, outdoor" for row in ROWS],
        data_differ=MULTIMODAL_DIFFERS,
        notes=_accuracy_notes(models, judges),
    )
    table.print_head(file)
    for number, row in enumerate(_known_rows(judges)):
        progress.bar(number, len(ROWS), f"{row.group}: {row.method}")
        answer = row.answer(models[row.mesh])
        progress.clear()
        for result in _accuracy_rows(row, answer, judges):
            table.append(result, file=file)
        if row.maker == ("best", True):
            for result in _inside(answer, models[row.mesh], judges):
                table.append(result, file=file)
    table.print_notes(file)
    return table


def _known_rows(judges):
    """Return the rows that can be computed: nothing may tell what is outdoors."""
    return [row for row in ROWS if judges.outdoor or row.maker[0] != "m2_outdoor"]


def _accuracy_rows(row, answer, judges):
    """Yield the row of all photos, and perhaps that of outdoor ones."""
    paper = MODELS.get((row.mesh, row.key, False))
    if row.key == "M1":
        paper = CENTROIDS[row.mesh, True]
    values = judges.every.accuracy(answer.places)
    yield Result(row.method, row.group, values, accuracy_printed(paper), answer.seconds)
    if row.outdoor and judges.outdoor is not None:
        paper = accuracy_printed(MODELS.get((row.mesh, row.key, True)))
        values = judges.outdoor.accuracy(answer.places)
        yield Result(f"{row.method}, outdoor", row.group, values, paper)


def _inside(answer, models, judges):
    """Yield the best possible row of photos that lie in a cell, if any does."""
    inside = models.first.true_cells(judges.photos.places) >= 0
    if inside.any():
        group = f"{models.first.name} mesh, ours"
        yield Result(_INSIDE, group, judges.of(rows=inside).accuracy(answer.places))


def bias_table(models, judges):
    """Compute Table 7.

    Parameters
    ----------
    models : dict of str to MeshModels
        By the name of the mesh; those of Table 6 are not taught again.

    judges : Judges
        Of all photos of the hold-out.

    Returns
    -------
    ResultTable
    """
    table = ResultTable(
        f"Table 7. How models use cells, and their errors, on {judges.title}.",
        BIAS,
        data_differ=MULTIMODAL_DIFFERS,
        notes=[
            "KL divergence of the predicted from the true shares of cells, and entropy "
            "of the predicted shares, in nats, with one added to every count. Photos "
            "in no cell are left out of both, and not of errors: these make the mean "
            "error of the best possible row larger than the paper's."
        ],
    )
    for row in _known_rows(judges):
        if not row.bias:
            continue
        first, answer = models[row.mesh].first, row.answer(models[row.mesh])
        true_cells = first.true_cells(judges.photos.places)
        table.append(
            Result(
                row.method,
                row.group,
                judges.every.bias(first, true_cells, answer.cells, answer.places),
                bias_printed(BIAS_AND_ERRORS.get((row.mesh, row.key))),
            )
        )
    return table


def test_table(models, judges):
    """Compute the Wilcoxon tests of section 4.2.

    Parameters
    ----------
    models : dict of str to MeshModels
        By the name of the mesh; those of Table 6 are not taught again.

    judges : Judges
        Of all photos of the hold-out.

    Returns
    -------
    ResultTable
    """
    table = ResultTable(
        f"Section 4.2. Wilcoxon signed-rank tests of paired errors, on {judges.title}.",
        TEST,
        data_differ=MULTIMODAL_DIFFERS,
        notes=[
            "A gain is the error of the first model minus that of the second: positive "
            "where the second is closer. The median gain is 0 where most photos get "
            "the same cell from both. p is two-sided; by photos, as in the paper, "
            "which takes all photos as independent, and by users, each of whom is one "
            "pair. The paper's p is below 1e-16."
        ],
    )
    for method, mesh, before, after, of_paper in _PAIRS:
        answers = [
            getattr(models[mesh], name)(*arguments)
            for name, *arguments in (before, after)
        ]
        first = mesh == "Coarse" and of_paper and method == "M1 to M2"
        table.append(
            Result(
                method,
                f"{mesh} mesh" if of_paper else f"{mesh} mesh, ours",
                judges.every.test(*(answer.places for answer in answers)),
                _PAPERS_GAIN if first else {},
            )
        )
    return table


def _accuracy_notes(models, judges):
    coarse = models["Coarse"]
    notes = [
        'Above "ours" M2 and M3 are the paper\'s networks (preset="paper"), below '
        "they are what this library does by default: corrections of what M1 says. Both "
        f"learnt from {len(coarse.task.second):,} photos of users that M1 has not "
        "seen. User averaging is that of M1, over all photos of a user or those within "
        f"{WINDOW_HOURS:.0f} hours. Intervals are over users."
    ]
    if coarse.width != PAPER_WIDTH:
        notes.append(
            f"Hidden layers of the paper's M2 are {coarse.width} wide here, three "
            "times the inputs of the coarse mesh as in the paper, where that makes "
            f"{PAPER_WIDTH:,}; --full has that."
        )
    if coarse.epochs is not None:
        notes.append(
            f"M2 and M3 had {coarse.epochs} epochs at most, which is far too few."
        )
    if judges.outdoor is not None:
        notes.append(
            f"Outdoor: only the {len(judges.outdoor):,} photos that are probably taken "
            "outdoors are located; albums have all photos. M2 told outdoor has that "
            "probability as an input, as the paper suggests."
        )
    return notes
