# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every release has written is read by this one, and answers as it did then.

`store_now.py` makes the folder of a release. What is in one is never changed.
"""

import json
import pickle
import warnings
from functools import cache
from itertools import starmap

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from packaging.version import Version
from sklearn.exceptions import InconsistentVersionWarning

import sklearn_geo
from sklearn_geo.neighbors import GeoTagCorpus
from tests.reliability import store_now
from tests.reliability.store_now import STORED, rows_from_json, way_of
from tests.reliability.subjects import SUBJECTS, answers

FOLDERS = sorted(STORED.glob("[0-9]*"), key=lambda path: Version(path.name))
BY_NAME = {subject.name: subject for subject in SUBJECTS}
# Networks compute in float32, and another torch, or another processor, adds up in
# another order.
TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}


@cache
def held_in(folder):
    return json.loads((folder / "answers.json").read_text(encoding="utf-8"))


def stored(choose):
    return [
        pytest.param(folder, name, id=f"{folder.name}-{name}")
        for folder in FOLDERS
        for name, entry in held_in(folder)["estimators"].items()
        if choose(entry)
    ]


def compare(said, before):
    if isinstance(said, list):
        assert len(said) == len(before)
        list(starmap(compare, zip(said, before, strict=True)))
    elif said.dtype.kind == "f":
        assert_allclose(said, before, **TOLERANCE)
    else:
        assert_array_equal(said, before)


def check_answers(folder, subject, estimator):
    held = held_in(folder)["estimators"][subject.name]
    X = rows_from_json(held["rows"])
    said = answers(subject, estimator, X)
    assert said.keys() >= held["answers"].keys()
    for method, before in held["answers"].items():
        compare(said[method], before)


def test_there_is_something_of_every_reader():
    newest = held_in(FOLDERS[-1])["estimators"]
    for subject in SUBJECTS:
        if way_of(subject) is not None:
            assert newest[subject.name]["way"] == way_of(subject), (
                f"{subject} is not in {FOLDERS[-1]}: the next release keeps it there."
            )


@pytest.mark.parametrize(("folder", "name"), stored(lambda entry: entry["way"]))
def test_files_answer_as_before(folder, name):
    subject = BY_NAME[name]
    if way_of(subject) == "folder":
        estimator = subject.cls.from_pretrained(folder / name)
    else:
        estimator = subject.cls.load(folder / f"{name}.json")
    check_answers(folder, subject, estimator)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_zone_stores_answer_as_before_without_torch(folder):
    reader = sklearn_geo.NumpyContextEncoder.from_pretrained(
        folder / "GPS2VecPlusTransformer"
    )
    check_answers(folder, BY_NAME["GPS2VecPlusTransformer"], reader)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_corpora_hold_what_they_held(folder):
    corpus = GeoTagCorpus.load(folder / "GeoTagCorpus", mmap_mode=None)
    held = held_in(folder)["corpus"]
    assert_array_equal(corpus.places, held["places"])
    assert_array_equal(corpus.tags.toarray(), held["tags"])


@pytest.mark.parametrize(("folder", "name"), stored(lambda entry: entry["pickled"]))
def test_pickles_answer_as_before(folder, name):
    versions = held_in(folder)["versions"]
    if versions["sklearn"] != sklearn.__version__:
        pytest.skip(
            f"It was pickled with scikit-learn {versions['sklearn']}, whose pickles "
            f"{sklearn.__version__} does not promise to read."
        )
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        estimator = pickle.loads((folder / f"{name}.pickle").read_bytes())
    kinds = {warning.category for warning in told}
    assert all(issubclass(kind, InconsistentVersionWarning) for kind in kinds)
    # Another release of this library says so, and the same one says nothing.
    assert bool(kinds) == (versions["sklearn_geo"] != sklearn_geo.__version__)
    check_answers(folder, BY_NAME[name], estimator)


def test_a_folder_is_small_and_is_never_replaced(capsys):
    for folder in FOLDERS:
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert sum(path.stat().st_size for path in files) < 500_000
    with pytest.raises(SystemExit, match=r"is there; what a release has written is"):
        store_now.main([sklearn_geo.__version__])
    with pytest.raises(SystemExit, match=r"This is sklearn-geo .*, not 99\.0"):
        store_now.main(["99.0"])


def test_this_release_reads_what_it_writes_now(tmp_path):
    store_now.store(tmp_path / "now")
    held = json.loads((tmp_path / "now/answers.json").read_text(encoding="utf-8"))
    newest = held_in(FOLDERS[-1])
    assert held["estimators"].keys() >= newest["estimators"].keys()
    # Rows survive JSON as they were.
    for name, entry in held["estimators"].items():
        X = BY_NAME[name].rows(np.random.default_rng(1), store_now.N_ROWS)
        again = rows_from_json(entry["rows"])
        assert type(again) is type(X)
        assert_array_equal(np.asarray(again), np.asarray(X))
