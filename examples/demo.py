# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The main job in one run: which kind of venue is this, and what mattered?

    make demo

People check in at venues. When they do, and how many, tells a bar from an office: that
is B, 34 columns. Where the venue is tells more, if something is known about places:
here, what photos taken around show and are tagged with. Every way of turning places
into columns is scored alone, and together with B, on venues that were not trained on:
a small version of Table 5 of the GPS2Vec+ paper. All venues and photos are synthetic.
"""

import argparse
import time
from pathlib import Path

import matplotlib

from sklearn_geo.datasets import make_coastline
from sklearn_geo.inspection import AttentionDisplay, PlaceMapDisplay
from sklearn_geo.reproduce import (
    Measure,
    Progress,
    Resamples,
    Result,
    ResultTable,
    VenueSize,
    difference,
    out_of_fold,
    score_venues,
    split_rows,
    synthetic_venues,
    venue_blocks,
    venue_rows,
)

# Small networks and larger batches than the paper's, so that all is done in a minute.
SIZE = VenueSize(
    n_venues=1200,
    n_photos=8_000,
    n_splits=3,
    hidden=64,
    batch_size=64,
    max_iter=20,
    learning_rate_init=0.003,
    student_hidden=(64,),
    student_batch_size=128,
    student_max_iter=5,
    student_learning_rate_init=0.005,
    n_resamples=400,
    # There are few venues to learn wide sub-networks from.
    narrow=("utm", "object", "scene", "tag"),
)
N_JOBS = 2
MEASURES = (
    Measure("random folds", percent=True, decimals=1),
    Measure("spatial folds", percent=True, decimals=1, paper=False),
)
KINDS = {"random folds": "random", "spatial folds": "block"}
# Boosted trees on some hundred columns take longer than all the rest.
LEFT_OUT = "boosted trees"
SHOWN = ["hotel", "office"]  # on the map
OURS, ALONE, CONCATENATED = "Ours + B", "Baseline", "Ours + B, concatenated"


def score(data, blocks, progress):
    """Fill the table, a row at a time: every row on both kinds of folds."""
    rows = [row for row in venue_rows(blocks) if LEFT_OUT not in row.method]
    table = ResultTable(
        f"Mean average precision (%) of labels of {data.name}, {SIZE.n_splits} folds",
        MEASURES,
        methods=[row.method for row in rows],
    )
    table.print_head()
    resamples = Resamples(len(data.target), SIZE.n_resamples, random_state=0)
    splits = {
        name: split_rows(data.places, kind, n_splits=SIZE.n_splits, random_state=0)
        for name, kind in KINDS.items()
    }
    total, done = 2 * SIZE.n_splits * len(rows), 0
    for row in rows:
        values, seconds = {}, 0.0
        for name, folds in splits.items():

            def show(row, n, done=done):
                progress.bar(done + n, total, row.method)

            (result,) = score_venues(
                [row], blocks, data, folds, size=SIZE, resamples=resamples,
                n_jobs=N_JOBS, progress=show,
            )  # fmt: skip
            values[name] = result.values["mAP"]
            seconds += result.seconds
            done += SIZE.n_splits
        progress.clear()
        paper = {"random folds": result.paper.get("mAP")}
        table.append(
            Result(row.method, row.group, values, paper, seconds), file=Terminal()
        )
    table.notes += findings(table.rows)
    table.print_notes()
    return rows, table


class Terminal:
    """The standard output of the moment, also while a test reads it."""

    def write(self, text):
        print(text, end="", flush=True)

    def flush(self):
        pass


def findings(results):
    """Say in words what the table says."""
    scores = {result.method: result.values for result in results}
    gains = {
        (other, name): difference(scores[OURS][name], scores[other][name])
        for other in (ALONE, CONCATENATED)
        for name in KINDS
    }

    def said(other, name):
        gain = gains[other, name]
        return (
            f"{100 * gain.value:+.1f} points on {name} "
            f"({100 * gain.low:+.1f} to {100 * gain.high:+.1f})"
        )

    return [
        f"What the place adds to the check-ins ({OURS} against {ALONE}): "
        f"{said(ALONE, 'random folds')}, {said(ALONE, 'spatial folds')}.",
        "What weighting blocks by attention adds to joining them: "
        f"{said(CONCATENATED, 'random folds')}, {said(CONCATENATED, 'spatial folds')}.",
        "Random folds have training venues next door to every test venue. On spatial "
        "folds whole regions are left out, where a place is harder to know: compare "
        "the two columns before you believe either.",
    ]


def draw(data, blocks, rows, table, folder):
    """Draw three pictures: the table, what mattered, and where."""
    import matplotlib.pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{name}.png" for name in ("table", "attention", "map")]
    plt.close(table.plot(files[0]))

    (row,) = [row for row in rows if row.method == OURS]
    train, test = split_rows(data.places, "random", n_splits=4, random_state=1)[0]
    model = row.pipeline(blocks, SIZE).fit(data.frame.iloc[train], data.target[train])
    display = AttentionDisplay.from_estimator(
        model, data.frame.iloc[test], data.target[test]
    )
    display.figure_.savefig(files[1], dpi=150)
    plt.close(display.figure_)

    (row,) = [row for row in rows if row.method == "Ours"]
    halves = split_rows(data.places, "random", n_splits=2, random_state=0)
    likely, _ = out_of_fold(row.pipeline(blocks, SIZE), data.frame, data.target, halves)
    columns = [data.labels.index(label) for label in SHOWN]
    display = PlaceMapDisplay.from_predictions(
        data.places,
        likely[:, columns],
        columns=SHOWN,
        label="how likely, judging by the place alone",
        coastline=make_coastline(),
    )
    display.figure_.savefig(files[2], dpi=150)
    plt.close(display.figure_)
    return files


def main(arguments=None):
    """Run the demo and say where the pictures are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("demo"), metavar="FOLDER")
    options = parser.parse_args(arguments)
    matplotlib.use("Agg")

    start = time.perf_counter()
    progress = Progress()
    progress.show("Making a world of venues and photos")
    data = synthetic_venues(SIZE.n_venues, SIZE.n_photos, seed=0)
    progress.clear()
    print(
        f"""Which kind of venue is this?

- {data.name} with labels such as {", ".join(data.labels[:4])}; one to three each.
- B: when people check in there, and how many: 34 columns of {len(data.checkins):,}
  check-ins.
- Place: {data.tags.n_photos:,} photos of the same invented world, by other people. What
  they show and are tagged with says what a place is like.

Rows called "geo" know the place only; "+ B" know both, their blocks weighted by
attention. Ours is the zone and what networks learnt about objects, scenes and tags.
The range is that of 95 % of resamples; the paper's numbers are of real check-ins.
"""
    )
    blocks = venue_blocks(data, SIZE, 0, progress)
    rows, table = score(data, blocks, progress)
    progress.show("Drawing")
    files = draw(data, blocks, rows, table, options.out)
    progress.clear()
    table.to_csv(options.out / "table.csv")
    about = (
        "the table as bars",
        "how much attention lets through of each block, and what it is worth",
        "where hotels and offices are likely, judging by the place alone",
    )
    print("\nPictures:")
    for file, what in zip(files, about, strict=True):
        print(f"  {file}: {what}")
    print(f"Table: {options.out / 'table.csv'}")
    print(f"\n{time.perf_counter() - start:.0f} s in all")


if __name__ == "__main__":
    main()
