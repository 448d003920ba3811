# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.utils import estimator_html_repr
from sklearn.utils.estimator_checks import (
    check_param_validation,
    estimator_checks_generator,
)
from sklearn.utils.validation import validate_data

from sklearn_geo import neighbors
from sklearn_geo.geometry import EARTH_RADIUS_KM
from sklearn_geo.neighbors import (
    GeoNeighborTagPropagator,
    GeoTagCorpus,
    JointNeighborTagPropagator,
    VisualNeighborTagPropagator,
)
from tests.contract import OTHER_INPUT, TakesFlatTags, fold

DEGREE_KM = EARTH_RADIUS_KM * np.pi / 180.0

# On the equator at weights 1, 1/2, 1/4 with sigma 10 km; they look like the second, the
# first and the third photo at weights 1/3, 1, 1/9 with sigma 1.
THREE = np.column_stack(
    [
        np.zeros(3),
        10.0 * np.log([1.0, 2.0, 4.0]) / DEGREE_KM,
        np.log([3.0, 1.0, 9.0]),
    ]
)
TAGS = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 2]])
HERE = [[0.0, 0.0, 0.0]]


def _dense(*args, **params):
    params = {"metric": "euclidean", "sparse_output": False, **params}
    return JointNeighborTagPropagator(*args, **params)


def _photos(n_photos, seed):
    rng = np.random.default_rng(seed)
    X = np.column_stack(
        [
            60.0 + rng.normal(size=n_photos),
            179.0 + rng.normal(size=n_photos),
            rng.normal(size=(n_photos, 4)),
        ]
    )
    return X, (rng.random((n_photos, 7)) < 0.25).astype(float)


def test_by_hand():
    # Geographic: (1, 1/2) / 1.5; visual: (1/3, 1) / (4/3) of the photos 0 and 1.
    geo, visual = np.array([1.0, 1 / 3, 0.0]), np.array([1.0, 0.75, 0.0])
    for share in (0.0, 0.25, 0.5, 1.0):
        row = _dense(2, 2, geo_weight=share, norm=None).fit(THREE, TAGS).transform(HERE)
        expected = share * geo + (1 - share) * visual
        np.testing.assert_allclose(row[0], expected, rtol=1e-12)
        row = _dense(2, 2, geo_weight=share).fit(THREE, TAGS).transform(HERE)
        np.testing.assert_allclose(row[0], expected / expected.sum(), rtol=1e-12)
    # One neighbour of each kind: the first is near, the second looks alike.
    row = _dense(1, 1, norm=None).fit(THREE, TAGS).transform(HERE)
    np.testing.assert_allclose(row, [[1.0, 0.5, 0.0]])


def test_without_the_photo_itself_by_hand():
    rows = _dense(1, 1, norm=None).fit_transform(THREE, TAGS)
    # Nearest to 0 is 1, and ln 3 from its look are 1 and 2: the first of the two.
    np.testing.assert_allclose(rows[0], [1.0, 1.0, 0.0])
    # Nearest to 2 is 1; most like it is 0.
    np.testing.assert_allclose(rows[2], [1.0, 0.5, 0.0])


@pytest.mark.parametrize("sparse_output", [True, False])
@pytest.mark.parametrize("working_memory", [1024, 0.01])
@pytest.mark.parametrize("params", [{}, {"radius_km": 60.0}])
@pytest.mark.parametrize("own", ["self", "group", "none"])
def test_rows_are_mixed_of_those_of_the_two_others(
    sparse_output, working_memory, params, own
):
    X, tags = _photos(120, 0)
    users = np.random.default_rng(1).integers(0, 12, 120)
    rest = {"sparse_output": False, "exclude_same_group": own == "group"}
    call = "transform" if own == "none" else "fit_transform"

    def rows_of(encoder, table):
        if call == "transform":
            return encoder.fit(table, tags).transform(table)
        return encoder.fit_transform(table, tags, groups=users)

    geo = GeoNeighborTagPropagator(9, sigma_km=30.0, norm=None, **params, **rest)
    visual = VisualNeighborTagPropagator(6, sigma=0.5, norm=None, **rest)
    # Averages of tags: the sums of weights are rows of one tag that all tagged carry.
    tags = np.column_stack([tags, tags.any(axis=1)])
    parts = []
    for encoder, table in ((geo, X[:, :2]), (visual, X[:, 2:])):
        sums = rows_of(encoder, table)
        total = sums[:, -1:]
        parts.append(sums / np.where(total > 0, total, 1.0))
    expected = 0.3 * parts[0] + 0.7 * parts[1]
    encoder = JointNeighborTagPropagator(
        9,
        6,
        sigma_km=30.0,
        visual_sigma=0.5,
        geo_weight=0.3,
        norm=None,
        **params,
        **{**rest, "sparse_output": sparse_output},
    )
    with config_context(working_memory=working_memory):
        rows = rows_of(encoder, X)
    assert sparse.issparse(rows) == sparse_output
    rows = rows.toarray() if sparse_output else rows
    np.testing.assert_allclose(rows, expected, rtol=1e-6, atol=1e-9)


def test_one_kind_alone_is_the_other_estimator():
    X, tags = _photos(80, 2)
    users = np.arange(80) % 7
    params = {"exclude_same_group": True, "sparse_output": False}
    geo = GeoNeighborTagPropagator(9, **params)
    visual = VisualNeighborTagPropagator(9, metric="cosine", **params)
    for share, one, table in ((1.0, geo, X[:, :2]), (0.0, visual, X[:, 2:])):
        both = JointNeighborTagPropagator(9, 9, geo_weight=share, **params)
        np.testing.assert_allclose(
            both.fit_transform(X, tags, groups=users),
            one.fit_transform(table, tags, groups=users),
            rtol=1e-9,
            atol=1e-12,
        )


def test_where_one_kind_knows_nothing_the_other_speaks():
    # Nobody within a kilometre, but a photo that looks the same; and the other way.
    encoder = _dense(2, 2, radius_km=1.0).fit(THREE, TAGS)
    row = encoder.transform([[50.0, 0.0, 0.0]])
    alone = _dense(2, 2, geo_weight=0.0).fit(THREE, TAGS).transform(HERE)
    np.testing.assert_allclose(row, alone)
    # However far both are, rows are finite.
    far = _dense(sigma_km=1e-6, visual_sigma=1e-6).fit(THREE, TAGS)
    np.testing.assert_allclose(far.transform([[-80.0, 170.0, 1e7]]).sum(axis=1), 1.0)


def test_location_by_name_and_frames():
    X, tags = _photos(40, 3)
    expected = _dense(5, 5).fit_transform(X, tags)
    names = ["lat", "lon", "a", "b", "c", "d"]
    frame = pd.DataFrame(X, columns=names)[["a", "lon", "b", "lat", "c", "d"]]
    tags = pd.DataFrame(tags, columns=list("tuvwxyz"))
    for location in ("auto", ("lat", "lon"), (3, 1)):
        encoder = _dense(5, 5, location=location).set_output(transform="pandas")
        out = encoder.fit_transform(frame, tags)
        np.testing.assert_allclose(out.to_numpy(), expected, rtol=1e-9, atol=1e-12)
        assert list(out.columns) == [f"tag_{tag}" for tag in "tuvwxyz"]
    with pytest.raises(ValueError, match="looks swapped"):
        _dense(location=("lon", "lat")).fit(frame, tags)


def test_rows_are_independent_wrapped_and_pickled():
    X, tags = _photos(60, 4)
    encoder = _dense(9, 9).fit(X, tags)
    rows = encoder.transform(X)
    for i in range(0, 60, 7):
        one = encoder.transform(X[i : i + 1])
        np.testing.assert_allclose(one[0], rows[i], rtol=1e-9, atol=1e-12)
    turned = X + [0.0, 360.0, 0.0, 0.0, 0.0, 0.0]
    np.testing.assert_allclose(encoder.transform(turned), rows, rtol=1e-6)
    again = pickle.loads(pickle.dumps(encoder))
    before = X.copy()
    X[:] = 1.0  # fit keeps copies
    np.testing.assert_array_equal(again.transform(before), rows)
    np.testing.assert_array_equal(encoder.transform(before), rows)
    jobs = encoder.set_params(n_jobs=2)
    np.testing.assert_array_equal(jobs.transform(before), rows)


def test_corpus():
    X, tags = _photos(60, 5)
    corpus = GeoTagCorpus(X[:, :2], tags, X[:, 2:])
    encoder = _dense(9, 9, corpus=corpus)
    expected = _dense(9, 9).fit(X, tags).transform(X)
    rows = encoder.fit_transform(X, ["no", "labels"] * 30)
    np.testing.assert_allclose(rows, expected)
    assert clone(encoder).fit(X).corpus_ is corpus
    with pytest.raises(ValueError, match="corpus has no features"):
        _dense(corpus=GeoTagCorpus(X[:, :2], tags)).fit(X)
    with pytest.raises(ValueError, match=r"X has 3 features a photo.*have 4"):
        encoder.fit(X[:, :5])


@pytest.mark.parametrize(
    ("params", "X", "words"),
    [
        ({"n_neighbors": 0}, THREE, "'n_neighbors' parameter"),
        ({"n_visual_neighbors": 0}, THREE, "'n_visual_neighbors' parameter"),
        ({"sigma_km": 0.0}, THREE, "'sigma_km' parameter"),
        ({"visual_sigma": -1.0}, THREE, "'visual_sigma' parameter"),
        ({"geo_weight": 1.1}, THREE, "'geo_weight' parameter"),
        ({"radius_km": -1.0}, THREE, "'radius_km' parameter"),
        ({"location": (0, 9)}, THREE, "there is no column 9"),
        ({"exclude_same_group": True}, THREE, "pass groups= to fit"),
        ({}, THREE[:, :2], "nothing that says what photos look like"),
        ({}, THREE[:, :1], "a place takes two"),
        ({}, THREE + [100, 0, 0], r"row 0: latitude 100\.0"),
        ({}, THREE * np.nan, "the latitude is NaN"),
        ({}, THREE + [0, 0, np.inf], "infinity"),
        ({}, THREE[:2], r"has \d rows, but"),
    ],
)
def test_refuses(params, X, words):
    with pytest.raises(ValueError, match=words):
        _dense(**params).fit(X, TAGS)


# The contract -------------------------------------------------------------------------


class Folded(TakesFlatTags, JointNeighborTagPropagator):
    """Reads any finite matrix as places, and as features as well."""

    def _read_located(self, X, *, location, reset):
        X = validate_data(self, X, reset=reset, dtype=np.float64)
        return fold(X), X


def _checks():
    for params in ({}, {"exclude_self": False}):
        folded = Folded(3, 3, metric="euclidean", **params)
        for estimator, check in estimator_checks_generator(folded):
            name = f"{check.func.__name__}-{len(params)}"
            if check.func.__name__ != "check_array_api_input":
                yield pytest.param(estimator, check, id=name)


@pytest.mark.parametrize(("estimator", "check"), list(_checks()))
def test_folded_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_parameters_are_validated_documented_and_linked():
    check_param_validation("Folded", Folded())
    assert OTHER_INPUT["JointNeighborTagPropagator"].endswith("test_joint")
    assert "JointNeighborTagPropagator" in neighbors.__all__
    html = estimator_html_repr(JointNeighborTagPropagator())
    assert "sklearn_geo.neighbors.JointNeighborTagPropagator.html" in html
    for parameter in JointNeighborTagPropagator().get_params():
        assert f"\n{parameter} : " in inspect.getdoc(JointNeighborTagPropagator)
