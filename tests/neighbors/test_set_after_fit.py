# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import copy

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_geo import neighbors

RNG = np.random.default_rng(0)
PLACES = RNG.uniform(-60.0, 60.0, (40, 2))
LOOKS = RNG.normal(size=(40, 3))
BOTH = np.hstack([PLACES, LOOKS])
TAGS = (RNG.random((40, 4)) < 0.5).astype(int)

FITTED = {
    "geographic": (neighbors.GeoNeighborTagPropagator(5), PLACES),
    "visual": (neighbors.VisualNeighborTagPropagator(5), LOOKS),
    "joint": (neighbors.JointNeighborTagPropagator(5, 5), BOTH),
    "hash": (neighbors.HashTagEncoder([1, 100]), PLACES),
    "vote": (neighbors.NeighborVoteAnnotator(5, 3), BOTH),
}
WRONG = [
    ("geographic", {"n_neighbors": 0}),
    ("geographic", {"sigma_km": -7.0}),
    ("geographic", {"radius_km": -7.0}),
    ("geographic", {"norm": "l3"}),
    ("geographic", {"sparse_output": "no"}),
    ("visual", {"n_neighbors": -7}),
    ("visual", {"sigma": -7.0}),
    ("joint", {"geo_weight": 2.5}),
    ("joint", {"visual_sigma": 0.0}),
    ("joint", {"n_visual_neighbors": 0}),
    ("hash", {"norm": "l3"}),
    ("hash", {"exclude_same_group": "no"}),
    ("vote", {"n_votes": -7}),
    ("vote", {"n_neighbors": 0}),
    ("vote", {"radius_km": -7.0}),
    ("vote", {"sigma": -7.0}),
    ("vote", {"metric": "nonsense"}),
    ("vote", {"threshold": 2.0}),
]


@pytest.fixture(scope="module")
def fitted():
    return {name: (model.fit(X, TAGS), X) for name, (model, X) in FITTED.items()}


@pytest.mark.parametrize(("name", "params"), WRONG)
def test_what_fit_would_refuse_is_refused_when_set_later(fitted, name, params):
    model, X = fitted[name]
    model = copy.copy(model).set_params(**params)
    (parameter,) = params
    asked = [lambda: model.fit(X, TAGS)]
    for method in ("transform", "predict", "predict_proba"):
        if hasattr(model, method):
            asked.append(lambda method=method: getattr(model, method)(X[:1]))
    if hasattr(model, "predict"):
        asked.append(lambda: model.score(X, TAGS))
    assert len(asked) > 1
    for ask in asked:
        with pytest.raises(InvalidParameterError, match=f"The '{parameter}' param"):
            ask()


@pytest.mark.parametrize("name", ["geographic", "visual", "joint", "hash"])
def test_a_type_of_numbers_that_fit_would_refuse(fitted, name):
    model, X = fitted[name]
    model = copy.copy(model).set_params(dtype=np.int64)
    with pytest.raises(ValueError, match=r"must be numpy.float64 or numpy.float32"):
        model.transform(X[:1])


@pytest.mark.parametrize("name", FITTED)
def test_what_fit_takes_may_be_set_later(fitted, name):
    model, X = fitted[name]
    if name == "vote":
        changed = copy.copy(model).set_params(threshold=1e-6)
        shares = model.predict_proba(X)
        assert np.array_equal(changed.predict(X), (shares > 0).astype(int))
    else:
        changed = copy.copy(model).set_params(sparse_output=False)
        assert np.array_equal(changed.transform(X), model.transform(X).toarray())


@pytest.mark.parametrize("name", ["visual", "joint"])
def test_photos_stay_in_the_order_of_fit_or_are_refused(fitted, name):
    model, X = fitted[name]
    before = model.transform(X[:3])
    model = copy.copy(model)
    for wrong in ({"metric": "euclidean"}, {"ann": True}):
        (parameter,) = wrong
        model.set_params(**wrong)
        with pytest.raises(ValueError, match=f"^{parameter} is .* fit again"):
            model.transform(X[:3])
        model.set_params(**FITTED[name][0].get_params(deep=False))
        assert (model.transform(X[:3]) != before).nnz == 0
    other = model.set_params(metric="euclidean").fit(X, TAGS).transform(X[:3])
    assert (other != before).nnz
    del model._made_for  # as of one that was pickled before this was kept
    assert (model.transform(X[:3]) != other).nnz == 0


CORPUS = neighbors.GeoTagCorpus(PLACES, TAGS, LOOKS, groups=np.arange(40))


@pytest.mark.parametrize("name", ["geographic", "visual", "joint", "hash"])
@pytest.mark.parametrize("groups", [None, ["ann"] * 20])
def test_a_fit_transform_that_fails_leaves_the_fit_before(name, groups):
    model, X = FITTED[name]
    model = clone(model).set_params(corpus=CORPUS, exclude_same_group=True).fit(X)
    before = model.transform(X[:3])
    other = neighbors.GeoTagCorpus(PLACES[:9], TAGS[:9], LOOKS[:9], groups=range(9))
    model.set_params(corpus=other)
    # Whose the rows are nobody says, or in words where the corpus has numbers.
    with pytest.raises((ValueError, TypeError), match="groups"):
        model.fit_transform(X[:20], groups=groups)
    assert model.corpus_ is CORPUS
    assert (model.transform(X[:3]) != before).nnz == 0


@pytest.mark.parametrize("name", ["geographic", "visual", "joint", "hash"])
def test_with_a_corpus_fit_reads_neither_tags_nor_groups(name):
    model, X = FITTED[name]
    model = clone(model).set_params(corpus=CORPUS)
    expected = model.fit(X).transform(X)
    model.fit(X, ["no", "tags"], groups=[None] * 40)
    assert (model.transform(X) != expected).nnz == 0


MANY = np.tile(BOTH, (5, 1)), np.tile(TAGS, (5, 60))
NARROW = {
    "geographic": {"n_neighbors": 127},
    "visual": {"n_neighbors": 127},
    "joint": {"n_neighbors": 127, "n_visual_neighbors": 127},
    "hash": {"n_tags": 127},
    "vote": {"n_neighbors": 127, "n_votes": 126},
}


@pytest.mark.parametrize("groups", [None, np.arange(200) // 3])
@pytest.mark.parametrize("name", NARROW)
def test_a_narrow_integer_is_the_same_number(name, groups):
    model, X = FITTED[name]
    columns = {"geographic": [0, 1], "hash": [0, 1], "visual": [2, 3, 4]}
    X, y = MANY[0][:, columns.get(name, range(5))], MANY[1]
    found = []
    for integer in (int, np.int8, np.uint8):
        params = {key: integer(value) for key, value in NARROW[name].items()}
        model = clone(model).set_params(**params)
        if name == "vote":
            found.append(model.fit(X, y).predict_proba(X))
            continue
        model.set_params(exclude_same_group=groups is not None)
        found.append(model.fit_transform(X, y, groups=groups).toarray())
    assert found[0].any()
    for rows in found[1:]:
        np.testing.assert_array_equal(rows, found[0])


def test_shares_in_narrow_floats():
    share = np.float16(0.1)
    assert float(share) + float(np.float16(1.0) - share) < 0.9999
    model = neighbors.JointNeighborTagPropagator(3, 3, norm=None, geo_weight=share)
    rows = model.fit(BOTH, np.ones((40, 1))).transform(BOTH).toarray()
    np.testing.assert_allclose(rows, 1.0, rtol=1e-12)
