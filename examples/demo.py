# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The main job in one run: places become columns, and the score is honest.

    make demo

What does a photo taken *here* show? The answer is learnt from nothing but the place,
through several ways of turning places into columns, alone and together in one Pipeline.
Each is scored twice: on random folds, where a test photo has its neighbours in the
training set, and on spatial folds, where whole regions are left out. All photos are
synthetic.
"""

import argparse
import time
from pathlib import Path

import matplotlib
import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_validate
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import label_binarize

from sklearn_geo import (
    GeoNeighborTagPropagator,
    GeoTagCorpus,
    S2BlockKFold,
    S2OneHotEncoder,
    UnitVectorEncoder,
    UTMOneHotEncoder,
    make_geo_scorer,
)
from sklearn_geo.datasets import make_geotagged_photos

N_PHOTOS = 30_000
SPLITTERS = {
    "random": KFold(5, shuffle=True, random_state=0),
    "spatial": S2BlockKFold(5, level=5),
}


def make_world():
    """Photos to learn from, what they show, and a corpus of other photos with tags."""
    world = make_geotagged_photos(N_PHOTOS, random_state=0)
    # Users are split, so that nobody's tags describe their own photos.
    ours = world.users % 5 == 0
    corpus = GeoTagCorpus(
        world.places[~ours], world.tags[~ours], tag_names=list(world.tag_names)
    )
    names = world.subject_names
    shown = label_binarize(world.subject[ours], classes=range(len(names)))
    return world.places[ours], shown, names, corpus


def make_models(corpus):
    """Name -> Pipeline: what is compared."""
    zone = UTMOneHotEncoder(zones="seen", handle_unknown="ignore")
    cell = S2OneHotEncoder(level=8)
    tags = GeoNeighborTagPropagator(
        n_neighbors=30, sigma_km=5.0, norm="l2", corpus=corpus
    )

    def classify(*encoders):
        classifier = LogisticRegression(solver="liblinear")
        return make_pipeline(make_union(*encoders), OneVsRestClassifier(classifier))

    return {
        "nothing": DummyClassifier(strategy="prior"),
        "UTM zone": classify(zone),
        "S2 cell": classify(cell),
        "50 nearest photos": make_pipeline(
            UnitVectorEncoder(), KNeighborsClassifier(n_neighbors=50)
        ),
        "tags around it": classify(tags),
        "zone + cell + tags": classify(zone, cell, tags),
    }


def compare(models, places, shown):
    """Score every model on both kinds of folds, and print a row of the table."""
    scores = {}
    for name, model in models.items():
        start = time.perf_counter()
        scores[name] = {
            kind: 100
            * cross_validate(
                model,
                places,
                shown,
                cv=splitter,
                scoring=make_geo_scorer("macro_average_precision"),
                n_jobs=2,
            )["test_score"]
            for kind, splitter in SPLITTERS.items()
        }
        seconds = time.perf_counter() - start
        cells = "".join(
            f"{values.mean():10.1f} ± {values.std():<3.1f}"
            for values in scores[name].values()
        )
        print(f"{name:<20}{cells}{seconds:8.1f} s", flush=True)
    return scores


def draw(places, corpus, scores, file):
    """One picture: where the photos are, which folds, and what came out."""
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (globe, bars) = plt.subplots(
        1, 2, figsize=(13, 4.6), width_ratios=(1.5, 1), layout="constrained"
    )
    fold = np.empty(len(places), dtype=int)
    for number, (_, test) in enumerate(SPLITTERS["spatial"].split(places)):
        fold[test] = number
    globe.scatter(corpus.places[:, 1], corpus.places[:, 0], color="0.8", s=1)
    globe.scatter(places[:, 1], places[:, 0], c=fold, cmap="Set1", vmax=8, s=4)
    globe.set(
        title=f"{len(places):,} synthetic photos in five spatial folds (others grey)",
        xlabel="longitude",
        ylabel="latitude",
        xlim=(-180, 180),
        ylim=(-60, 84),
    )
    names = list(scores)[::-1]
    height = np.arange(len(names))
    for shift, kind, colour in ((0.2, "random", "0.75"), (-0.2, "spatial", "C0")):
        mean = [scores[name][kind].mean() for name in names]
        spread = [scores[name][kind].std() for name in names]
        bars.barh(
            height + shift, mean, 0.38, xerr=spread, color=colour, label=f"{kind} folds"
        )
    chance = scores["nothing"]["spatial"].mean()
    bars.axvline(chance, color="black", linewidth=0.8, linestyle=":", label="chance")
    bars.set_yticks(height, names)
    bars.set(
        title="What does a photo taken here show?", xlabel="mean average precision (%)"
    )
    bars.legend(loc="upper right", frameon=False)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=150)
    plt.close(figure)


def main(arguments=None):
    """Run the demo and say where the picture is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("demo"), metavar="FOLDER")
    options = parser.parse_args(arguments)

    start = time.perf_counter()
    places, shown, names, corpus = make_world()
    print(
        "What does a photo taken here show, judging by nothing but the place?\n"
        f"- {len(places):,} synthetic photos of {len(names)} subjects: "
        f"{', '.join(names[:4])}, ...\n"
        f"- {len(corpus):,} photos of other users, whose tags tell about places\n"
        "Mean average precision in %, mean ± deviation over five folds:\n"
    )
    print(f"{'learnt from':<20}{'random folds':>15}{'spatial folds':>16}{'time':>10}")
    print("-" * 61)
    scores = compare(make_models(corpus), places, shown)
    file = options.out / "places_as_columns.png"
    draw(places, corpus, scores, file)
    print(
        "\nRandom folds flatter whoever remembers where the training photos were. On\n"
        "spatial folds a cell never seen tells nothing. What others tagged around a\n"
        "place still does, because their photos lie in the regions left out as well;\n"
        "zone and cell beside it only add what does not hold there."
        f"\n\nPicture: {file}   ({time.perf_counter() - start:.0f} s in all)"
    )


if __name__ == "__main__":
    main()
