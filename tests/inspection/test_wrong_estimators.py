# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What displays say to estimators and settings that they cannot draw."""

from datetime import timedelta

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from sklearn_geo import (
    HierarchicalCellClassifier,
    KernelTagger,
    PriorGeolocator,
    UnitVectorEncoder,
)
from sklearn_geo.inspection import (
    AlbumPathDisplay,
    CellMapDisplay,
    CoverageDisplay,
    DistanceCurveDisplay,
    FoldScoresDisplay,
    PerClassDisplay,
    PlaceMapDisplay,
    RetrievalSheetDisplay,
    TaggingSheetDisplay,
)
from sklearn_geo.partition import S2Partition

rng = np.random.default_rng(0)
PLACES = rng.uniform([45.0, 5.0], [50.0, 15.0], (40, 2))
X = rng.normal(size=(40, 3))
TAGS = np.eye(2, dtype=int)[rng.integers(2, size=40)]


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: DistanceCurveDisplay.from_estimator(5, X, PLACES), "int has no pred"),
        (
            lambda: DistanceCurveDisplay.from_estimator(
                {"mine": UnitVectorEncoder()}, X, PLACES
            ),
            "mine is of UnitVectorEncoder, which has no predict. Pass a fitted geoloc",
        ),
        (
            lambda: AlbumPathDisplay.from_estimators(PriorGeolocator(), {}, X, PLACES),
            "after is of dict, which has no predict",
        ),
        (
            lambda: PerClassDisplay.from_estimator(UnitVectorEncoder(), X, TAGS),
            "UnitVectorEncoder has no predict_proba or decision_function",
        ),
        (
            lambda: RetrievalSheetDisplay.from_ranker(KernelTagger(), 0, [48.0, 11.0]),
            "ranker is of KernelTagger, which has no retrieve. Pass a fitted ranker",
        ),
        (
            lambda: TaggingSheetDisplay.from_ranker("KernelTagger", X[0], PLACES[:1]),
            "ranker is of str, which has no predict_topk",
        ),
        (lambda: FoldScoresDisplay.from_search({}), "dict is no search"),
    ],
)
def test_what_cannot_be_asked(draw, words):
    with pytest.raises(TypeError, match=words):
        draw()


def test_settings_that_are_no_numbers():
    partition = S2Partition(10, 1).fit(PLACES)
    with pytest.raises(TypeError, match="color_by must hold numbers; got <object"):
        CellMapDisplay.from_estimator(partition, color_by=object())
    with pytest.raises(ValueError, match="no partition in an empty list"):
        CellMapDisplay.from_estimator([])
    cells = S2Partition(10, 1)
    model = HierarchicalCellClassifier(cells, max_iter=1, calibration_fraction=0.5)
    model.fit(X, PLACES)
    with pytest.raises(
        TypeError, match=r"coverages must be a list of numbers; got 0\.5"
    ):
        CoverageDisplay.from_estimator(model, X, PLACES, coverages=0.5)
    with pytest.raises(ValueError, match="coverages has 1,000,000,000 numbers; pass"):
        CoverageDisplay.from_estimator(model, X, PLACES, coverages=range(10**9))
    with pytest.raises(TypeError, match=r"coverages must be a list .* a sparse array"):
        CoverageDisplay.from_estimator(
            model, X, PLACES, coverages=sparse.csr_array([[0.5]])
        )
    with pytest.raises(ValueError, match="coverages is empty"):
        CoverageDisplay.from_estimator(model, X, PLACES, coverages=())
    for span in (np.timedelta64(2, "s"), timedelta(2)):
        with pytest.raises(ValueError, match="k must be a whole number"):
            model.predict_topk(X, span)
    with pytest.raises(ValueError, match="coverage must lie between 0 and 1"):
        model.predict_region(X, np.timedelta64(1, "s"))


def test_columns_and_pixels_of_a_map():
    encoder = UnitVectorEncoder().fit(PLACES)
    for columns in (1.5, np.array(2.0), np.timedelta64(1, "D")):
        with pytest.raises(TypeError, match="A column is a name or a number"):
            PlaceMapDisplay.from_estimator(encoder, columns=columns, resolution=4)
    for resolution in (1, 10**9, 2.5, True):
        with pytest.raises(ValueError, match="number of pixels, from 2 to 10,000"):
            PlaceMapDisplay.from_estimator(encoder, resolution=resolution)


def test_names_and_labels_of_classes():
    model = OneVsRestClassifier(LogisticRegression()).fit(X, TAGS)
    with pytest.raises(TypeError, match=r"class_names must be a list .* got 0\.5"):
        PerClassDisplay.from_estimator(model, X, TAGS, class_names=0.5)
    with pytest.raises(TypeError, match="y must hold numbers"):
        PerClassDisplay.from_estimator(model, X, TAGS * 1j)
    learning = [torch.tensor([1.0], requires_grad=True)] * len(X)
    with pytest.raises(TypeError, match=r"^y cannot be read as an array"):
        PerClassDisplay.from_estimator(model, X, learning)


def test_rows_of_any_sparse_format_are_not_rows_by_name():
    model = OneVsRestClassifier(LogisticRegression()).fit(X, TAGS)
    expected = PerClassDisplay.from_estimator(model, X, TAGS).to_frame()
    found = PerClassDisplay.from_estimator(model, sparse.dok_array(X), TAGS).to_frame()
    assert found.equals(expected)


def test_an_album_of_sparse_rows():
    class Near(PriorGeolocator):
        def predict(self, X):
            return PLACES[: X.shape[0]]

    before, after = (Near().fit(X, PLACES) for _ in range(2))
    users = np.repeat(["a", "b"], 20)
    paths = [
        AlbumPathDisplay.from_estimators(
            before, after, rows, PLACES, groups=users, group="b"
        ).to_frame()
        for rows in (X, sparse.dia_array(X), sparse.coo_array(X))
    ]
    assert len(paths[0])
    for other in paths[1:]:
        assert other.equals(paths[0])


@pytest.mark.parametrize("names", [7, "one", ("one", "one"), ("a", "b", "c")])
def test_names_of_two(names):
    model = PriorGeolocator().fit(X, PLACES)
    with pytest.raises(ValueError, match="names must be two different texts"):
        AlbumPathDisplay.from_estimators(model, model, X, names=names)


def test_places_that_are_none():
    class Ranker:
        def retrieve(self, *arguments, **more):
            raise AssertionError("asked about nothing")

    with pytest.raises(TypeError, match="places must be rows of two numbers; got 7"):
        RetrievalSheetDisplay.from_ranker(Ranker(), 0, 7)


def test_scores_of_a_search_by_anything():
    class Search(BaseEstimator):
        refit, scoring = True, None
        cv_results_ = {"split0_test_score": [1.0], "params": [{}]}

        def fit(self):
            return self

    with pytest.raises(ValueError, match=r"no scores called array\(2\.\). Set metric"):
        FoldScoresDisplay.from_search(Search(), metric=np.array(2.0))
