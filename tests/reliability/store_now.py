# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a release writes, kept for ever: python -m tests.reliability.store_now VERSION.

Makes `tests/reliability/stored/VERSION`: small fitted estimators as that release writes
them, the rows they were asked and what they answered. `test_stored_before.py` reads
every such folder there is.
"""

import argparse
import json
import pickle
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn

import sklearn_geo
from sklearn_geo.neighbors import GeoTagCorpus
from tests.reliability.subjects import SUBJECTS, Subject, answers, places, tags, taught

STORED = Path(__file__).parent / "stored"
N_ROWS = 7
# They learn next to nothing, so a pickle of them has little that can go out of date.
PICKLED = (
    "GeoNeighborTagPropagator",
    "PostingTimeEncoder",
    "PriorGeolocator",
    "S2OneHotEncoder",
    "S2Partition",
    "TagVectorizer",
)


def way_of(subject: Subject):
    """Return how a subject is kept without pickle: a folder, a file, or None."""
    if hasattr(subject.cls, "save_pretrained"):
        return "folder"
    if hasattr(subject.cls, "save"):
        return "file"
    return None


def rows_to_json(X):
    """Return rows as JSON holds them: columns of a frame, or an array."""
    if isinstance(X, pd.DataFrame):
        return {
            name: column.map(pd.Timestamp.isoformat).tolist()
            if column.dtype.kind == "M"
            else column.tolist()
            for name, column in X.items()
        }
    return X.tolist()


def rows_from_json(held):
    """Make rows of what :func:`rows_to_json` returned."""
    if isinstance(held, dict):
        frame = pd.DataFrame(held)
        for name in {"taken", "time"}.intersection(frame):
            frame[name] = pd.to_datetime(frame[name], utc=True)
        return frame
    rows = np.asarray(held)
    return rows.astype(object) if rows.dtype.kind == "U" else rows


def plain(answer):
    """Return an answer as JSON holds it."""
    if isinstance(answer, list):
        return [plain(part) for part in answer]
    return np.asarray(answer).tolist()


def store(folder):
    """Write the folder of a release."""
    folder.mkdir(parents=True)
    held = {}
    for subject in SUBJECTS:
        way = way_of(subject)
        pickled = subject.name in PICKLED
        if way is None and not pickled:
            continue
        estimator = taught(subject)
        if way == "folder":
            estimator.save_pretrained(folder / subject.name)
        elif way == "file":
            estimator.save(folder / f"{subject.name}.json")
        if pickled:
            (folder / f"{subject.name}.pickle").write_bytes(
                pickle.dumps(estimator, protocol=4)
            )
        X = subject.rows(np.random.default_rng(1), N_ROWS)
        said = answers(subject, estimator, X)
        held[subject.name] = {
            "way": way,
            "pickled": pickled,
            "rows": rows_to_json(X),
            "answers": {name: plain(answer) for name, answer in said.items()},
        }
    rng = np.random.default_rng(2)
    photos = places(rng, 30)
    corpus = GeoTagCorpus(photos, tags(rng, photos)["y"])
    corpus.save(folder / "GeoTagCorpus")
    versions = {"sklearn_geo": sklearn_geo.__version__, "sklearn": sklearn.__version__}
    held = {
        "versions": versions,
        "estimators": held,
        "corpus": {"places": photos.tolist(), "tags": corpus.tags.toarray().tolist()},
    }
    text = json.dumps(held, allow_nan=False, ensure_ascii=False)
    (folder / "answers.json").write_text(text + "\n", encoding="utf-8")


def main(arguments=None):
    """Make the folder of the version named, which has to be the one that runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", help="the release that writes, such as 0.1.0")
    version = parser.parse_args(arguments).version
    folder = STORED / version
    if version != sklearn_geo.__version__:
        sys.exit(f"This is sklearn-geo {sklearn_geo.__version__}, not {version}.")
    if folder.exists():
        sys.exit(f"{folder} is there; what a release has written is never replaced.")
    # Half a folder would fail every later run.
    making = STORED / f".{version}"
    shutil.rmtree(making, ignore_errors=True)
    store(making)
    making.rename(folder)
    print(f"Wrote {folder}: add it to the commit of the release.")


if __name__ == "__main__":
    main()
