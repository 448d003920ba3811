# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The public class: what goes in, what comes out, and what it is made of."""

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline, make_union
from sklearn.utils.estimator_checks import estimator_checks_generator

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.context._fitted import FittedZones
from sklearn_geo.context._inference import FALLBACK
from sklearn_geo.context._zone_training import train_zone
from sklearn_geo.encoding import SoftGridEncoder, Sphere2VecEncoder, UTMOneHotEncoder
from sklearn_geo.neighbors import GeoNeighborTagPropagator, GeoTagCorpus
from sklearn_geo.nets import Store, write_store
from sklearn_geo.partition import S2Partition
from tests.contract import check_name, folded

SMALL = {"hidden": (8,), "max_iter": 3, "min_samples": 5, "random_state": 0}


@pytest.fixture(scope="module")
def photos():
    """Photos of three zones: 32U, 33U and 32T; teachers of two contexts."""
    rng = np.random.RandomState(0)
    places = rng.uniform([46.0, 8.0], [50.0, 15.0], (240, 2))
    scenes = rng.dirichlet(np.ones(4), 240)
    tags = rng.dirichlet(np.ones(3), 240)
    return places, np.hstack([scenes, tags])


@pytest.fixture(scope="module")
def fitted(photos):
    return GPS2VecPlusTransformer(contexts={"scene": 4, "tag": 3}, **SMALL).fit(*photos)


def names_of(Y):
    return [f"scene_{word}" for word in ("beach", "alley", "hall", "bog")] + [
        f"tag_{word}" for word in ("sun", "sea", "cat")
    ]


# ------------------------------------------------------------- scikit-learn's checks


@pytest.mark.filterwarnings(
    "ignore:X (does not have valid|has) feature names:UserWarning"
)
@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pytest.param(estimator, check, id=check_name(check))
        for estimator, check in estimator_checks_generator(
            folded(GPS2VecPlusTransformer)(
                hidden=(3,), max_iter=1, min_samples=15, random_state=0
            )
        )
        # A weight of two is another training than two photos: batches and shuffles of
        # a stochastic descent are others. What weights do is tested below.
        if check_name(check)
        not in (
            "check_sample_weight_equivalence_on_dense_data",
            "check_sample_weight_equivalence_on_sparse_data",
        )
    ],
)
def test_scikit_learns_checks_with_teachers(estimator, check):
    check(estimator)


# ----------------------------------------------------------------- what it says


def test_rows_are_distributions_in_each_context(fitted, photos):
    said = fitted.transform(photos[0])
    assert said.dtype == np.float32
    assert said.shape == (240, 7)
    assert_allclose(said[:, :4].sum(axis=1), 1.0, rtol=1e-5)
    assert_allclose(said[:, 4:].sum(axis=1), 1.0, rtol=1e-5)
    assert (said >= 0).all()


def test_it_learns_what_differs_between_and_within_zones():
    # In the west of each zone photos show beaches, in the east alleys.
    rng = np.random.RandomState(1)
    places = rng.uniform([48.1, 6.1], [55.9, 17.9], (1500, 2))
    west = np.remainder(places[:, 1], 6.0) < 3.0
    y = np.column_stack([west, ~west]).astype(float)
    model = GPS2VecPlusTransformer(hidden=(64,), random_state=0).fit(places, y)
    assert list(model.zone_report_["zone"]) == ["32U", "33U"]
    there = model.transform([[52.0, 7.0], [52.0, 11.0], [52.0, 13.0], [52.0, 17.0]])
    assert_allclose(there, [[1, 0], [0, 1], [1, 0], [0, 1]], atol=0.05)
    # One network for both zones sees no more than columns that mean two places each.
    assert model.score(places, y) > -0.1


def test_score_is_minus_the_mean_divergence_worked_by_hand(fitted, photos):
    places, y = photos
    said = fitted.transform(places[:3]).astype(float)
    scene, tag = y[:3, :4], y[:3, 4:]
    kl_scene = (scene * np.log(scene / said[:, :4])).sum(axis=1)
    kl_tag = (tag * np.log(tag / said[:, 4:])).sum(axis=1)
    expected = -(kl_scene.mean() + kl_tag.mean()) / 2
    assert fitted.score(places[:3], y[:3]) == pytest.approx(expected, rel=1e-5)
    # A photo that misses a context has no say in its mean; weights weigh.
    part = y[:3].copy()
    part[0, :4] = np.nan
    weights = [1.0, 2.0, 1.0]
    expected = (
        -((2 * kl_scene[1] + kl_scene[2]) / 3 + np.average(kl_tag, weights=weights)) / 2
    )
    assert fitted.score(places[:3], part, weights) == pytest.approx(expected, rel=1e-5)


def test_score_of_the_teacher_itself_is_zero_at_best(photos):
    places, _ = photos
    one = np.tile([0.25, 0.75], (240, 1))
    model = GPS2VecPlusTransformer(**{**SMALL, "max_iter": 30}).fit(places, one)
    # The same teacher everywhere: heads start near it, a tenth of them at (0.5, 0.5),
    # which is a divergence of 0.0016, and have little to learn.
    assert -0.0016 < model.score(places, one) <= 0.0


def test_hidden_layers(photos):
    places, y = photos
    model = GPS2VecPlusTransformer(
        contexts={"scene": 4, "tag": 3},
        networks=(("scene",), ("tag",)),
        **{**SMALL, "hidden": (6, 5)},
    ).fit(places, y)
    softmax = model.transform(places)
    deep = model.set_params(output_layer=2).transform(places)
    assert deep.shape == (240, 10)
    assert (deep >= 0).all()  # after ReLU
    assert list(model.get_feature_names_out()[[0, 5, 9]]) == [
        "scene_layer2_0",
        "tag_layer2_0",
        "tag_layer2_4",
    ]
    assert model.set_params(output_layer=1).transform(places).shape == (240, 12)
    # The heads on the last hidden layer are the softmax.
    zone = model._zones.regions.locate(places[:1])[0]
    weights = model._zones.shelf.get(zone)
    logits = deep[:1, :5] @ weights["0.heads.weight"] + weights["0.heads.bias"]
    expected = np.exp(logits) / np.exp(logits).sum()
    assert_allclose(softmax[:1, :4], expected, rtol=1e-4)


def test_append_location(fitted, photos):
    places, _ = photos
    before = fitted.transform(places)
    model = copy.deepcopy(fitted).set_params(append_location=True)
    said = model.transform(places)
    assert_array_equal(said[:, :7], before)
    expected = UTMOneHotEncoder(zones="seen", sparse_output=False).fit(places)
    assert_array_equal(said[:, 7:], expected.transform(places))
    assert list(model.get_feature_names_out()[7:]) == list(
        expected.get_feature_names_out()
    )
    assert not model.transform([[0.0, 100.0]])[:, 7:].any()  # a zone not seen


def test_names_of_teachers_become_names_of_columns(photos):
    places, y = photos
    frame = pd.DataFrame(y, columns=names_of(y))
    model = GPS2VecPlusTransformer(
        contexts={"scene": "scene_", "tag": ["tag_sun", "tag_sea", "tag_cat"]}, **SMALL
    ).fit(places, frame)
    assert list(model.get_feature_names_out()) == names_of(y)
    assert model.contexts_ == {"scene": 4, "tag": 3}
    assert model.networks_ == (("scene",), ("tag",))
    shuffled = frame[frame.columns[::-1]]
    with pytest.raises(
        ValueError, match=r"other columns than in fit, or another order"
    ):
        model.score(places, shuffled)
    with pytest.raises(ValueError, match=r"lacks \['tag_cat'\]"):
        model.score(places, frame.rename(columns={"tag_cat": "tag_dog"}))
    out = model.set_output(transform="pandas").transform(places[:2])
    assert list(out.columns) == names_of(y)


# ------------------------------------------------------------------ configurations


def test_one_line_configurations(photos):
    places, y = photos
    tags = y[:, 4:]
    gps2vec = GPS2VecPlusTransformer(contexts={"tag": 3}, **SMALL).fit(places, tags)
    hard = GPS2VecPlusTransformer(
        contexts={"tag": 3}, encoding=SoftGridEncoder(hard=True), **SMALL
    ).fit(places, tags)
    assert gps2vec.transform(places).shape == hard.transform(places).shape == (240, 3)
    # A hard grid says the same everywhere in a cell of about 33 by 45 km.
    near = np.array([[48.50, 11.10], [48.51, 11.11]])
    assert_array_equal(*hard.transform(near))
    assert not np.array_equal(*gps2vec.transform(near))


def test_objects_and_scenes_share_a_trunk_as_in_the_paper(photos):
    places, y = photos
    model = GPS2VecPlusTransformer(
        contexts={"tag": 2, "object": 3, "scene": 2}, **SMALL
    )
    assert model.fit(places, y).networks_ == (("tag",), ("object", "scene"))
    said = model.transform(places)  # contexts stay in their own order
    assert_allclose(said[:, :2].sum(axis=1), 1.0, rtol=1e-5)
    assert_allclose(said[:, 2:5].sum(axis=1), 1.0, rtol=1e-5)


@pytest.mark.parametrize(
    ("regions", "encoding"),
    [
        (S2Partition(max_per_cell=100, min_per_cell=5), None),
        (S2Partition(max_per_cell=100, min_per_cell=5), Sphere2VecEncoder(n_scales=4)),
        (None, None),
        (None, UTMOneHotEncoder(zones="seen")),  # sparse columns
        ("utm", Sphere2VecEncoder(n_scales=4)),
    ],
)
def test_regions_and_encodings(photos, regions, encoding):
    places, y = photos
    model = GPS2VecPlusTransformer(regions=regions, encoding=encoding, **SMALL)
    model.fit(places, y)
    said = model.transform(places)
    assert_allclose(said.sum(axis=1), 1.0, rtol=1e-5)
    if regions is None:
        assert list(model.zone_report_["zone"]) == ["globe"]
    assert_allclose(model.numpy_forward(places), said, atol=1e-6)
    for row in (0, 100):
        assert_allclose(model.transform(places[row : row + 1])[0], said[row], atol=1e-6)


def test_grids_of_zones_do_not_go_with_one_network_for_the_globe(photos):
    with pytest.raises(ValueError, match="describes a place within its own zone"):
        GPS2VecPlusTransformer(regions=None, encoding=SoftGridEncoder()).fit(*photos)
    inner = SoftGridEncoder(regions=S2Partition())
    with pytest.raises(ValueError, match="Give the partition to the transformer"):
        GPS2VecPlusTransformer(encoding=inner).fit(*photos)


def test_paper_preset_is_the_papers(photos):
    places, y = photos
    calls = []

    class Spy(GPS2VecPlusTransformer):
        def _learn(self, *args, **kwargs):
            super()._learn(*args, **kwargs)
            calls.append(self.history_)

    Spy(preset="paper", **{**SMALL, "max_iter": 2}).fit(places, y)
    assert set(calls[0]["learning_rate"]) == {0.001}
    from sklearn_geo.context._presets import resolve

    training = resolve("paper").training
    assert (training.solver, training.momentum, training.batch_size) == ("sgd", 0.9, 32)
    assert GPS2VecPlusTransformer().hidden == (512, 1024, 2048)


def test_nested_parameters_of_the_default_encoding():
    model = GPS2VecPlusTransformer()
    model.set_params(encoding__sigma_km=7.0, hidden=(4,))
    assert isinstance(model.encoding, SoftGridEncoder)
    assert model.encoding.sigma_km == 7.0
    assert clone(model).get_params()["encoding__sigma_km"] == 7.0
    globe = GPS2VecPlusTransformer(regions=None).set_params(encoding__n_scales=3)
    assert isinstance(globe.encoding, Sphere2VecEncoder)
    with pytest.raises(ValueError, match="sigma_cm"):
        GPS2VecPlusTransformer().set_params(encoding__sigma_cm=7.0)


# ---------------------------------------------------------------- teachers and photos


def test_propagated_tags_are_the_propagators(photos):
    places, _ = photos
    raw = sparse.random(240, 6, density=0.3, random_state=3, format="csr")
    raw.data[:] = 1.0
    propagator = GeoNeighborTagPropagator(n_neighbors=5, sigma_km=30)
    direct = propagator.fit(places, raw).transform(places)
    expected = GPS2VecPlusTransformer(contexts={"tag": 6}, **SMALL).fit(places, direct)
    model = GPS2VecPlusTransformer(
        contexts={"tag": 6}, target_propagator=clone(propagator), **SMALL
    ).fit(places, raw)
    assert_allclose(model.transform(places), expected.transform(places), atol=1e-6)
    assert model.score(places, raw) == pytest.approx(expected.score(places, direct))
    named = GPS2VecPlusTransformer(
        contexts={"tag": 6}, target_propagator={"tag": propagator}, **SMALL
    ).fit(places, raw)
    assert_allclose(named.transform(places), model.transform(places), atol=1e-6)
    nested = clone(model).set_params(target_propagator__sigma_km=1.0)
    assert nested.target_propagator.sigma_km == 1.0
    with pytest.raises(ValueError, match=r"target_propagator names.*\['tags'\]"):
        clone(model).set_params(target_propagator={"tags": propagator}).fit(places, raw)
    with pytest.raises(ValueError, match="say which of the contexts"):
        GPS2VecPlusTransformer(
            contexts={"a": 3, "b": 3}, target_propagator=propagator
        ).fit(places, raw)


def test_a_photo_that_misses_a_context_does_not_teach_it(photos):
    places, y = photos
    model = GPS2VecPlusTransformer(
        contexts={"scene": 4, "tag": 3}, **{**SMALL, "early_stopping": False}
    )
    half = y.copy()
    half[::2, 4:] = np.nan
    expected = clone(model).fit(places, y)
    partly = model.fit(places, half)
    # The networks of the two contexts are two: scenes do not notice.
    assert_array_equal(
        partly.transform(places)[:, :4], expected.transform(places)[:, :4]
    )
    assert not np.allclose(
        partly.transform(places)[:, 4:], expected.transform(places)[:, 4:]
    )


def test_a_zone_that_nobody_teaches_a_context_says_the_mean(photos):
    places, y = photos
    y = y.copy()
    zone = UTMOneHotEncoder(zones=["33U"], handle_unknown="ignore", sparse_output=False)
    inside = zone.fit_transform(places)[:, 0] > 0
    y[inside, 4:] = np.nan
    model = GPS2VecPlusTransformer(contexts={"scene": 4, "tag": 3}, **SMALL)
    said = model.fit(places, y).transform(places[inside])
    mean = np.nanmean(y[:, 4:], axis=0)
    assert_allclose(said[:, 4:], np.tile(mean, (len(said), 1)), atol=1e-4)


@pytest.mark.parametrize(
    "regions",
    ["utm", None, S2Partition(max_per_cell=30, min_per_cell=1)],
    ids=["utm", "globe", "cells"],
)
def test_weight_zero_is_as_if_a_photo_were_not_there(photos, regions):
    places, y = photos
    places = places.copy()
    weights = np.ones(240)
    weights[::3] = 0.0
    places[0] = [-33.9, 151.2]  # no zone and no column for a photo of weight 0
    kept = weights > 0
    model = GPS2VecPlusTransformer(regions=regions, append_location=True, **SMALL)
    weighted = clone(model).fit(places, y, weights)
    dropped = clone(model).fit(places[kept], y[kept])
    assert_array_equal(weighted.transform(places), dropped.transform(places))
    if not isinstance(regions, S2Partition):  # whose limits are sums of weights
        twice = clone(model).fit(places, y, 2.0 * weights)
        assert_array_equal(twice.transform(places), dropped.transform(places))
    with pytest.raises(ValueError, match="at least one non-zero number"):
        clone(model).fit(places, y, np.zeros(240))


def test_weights_lay_the_zones_as_repeated_photos_do(photos):
    places, y = photos
    weights = np.repeat([1.0, 4.0], 120)
    cells = S2Partition(max_per_cell=60, min_per_cell=1)
    model = GPS2VecPlusTransformer(regions=cells, **SMALL)
    times = weights.astype(int)
    repeated = clone(model).fit(
        np.repeat(places, times, axis=0), np.repeat(y, times, 0)
    )
    weighted = model.fit(places, y, weights)
    names = [each._zones.regions.partition.cell_names_ for each in (weighted, repeated)]
    assert_array_equal(*names)


def test_weights_pull_towards_the_photos_that_count():
    rng = np.random.RandomState(0)
    places = rng.uniform([48, 8], [49, 9], (200, 2))
    y = np.repeat([[1.0, 0.0], [0.0, 1.0]], 100, axis=0)
    weights = np.repeat([3.0, 1.0], 100)
    model = GPS2VecPlusTransformer(hidden=(2,), max_iter=1, random_state=0)
    mean = model.fit(places, y, weights).transform(places).mean(axis=0)
    assert_allclose(mean, [0.75, 0.25], atol=0.1)


def two_zones():
    """Places in 32U, and as many in 33U."""
    rng = np.random.RandomState(0)
    west = rng.uniform([49, 7], [51, 11], (60, 2))
    return np.vstack([west, rng.uniform([49, 13], [51, 17], (60, 2))])


def test_what_nobody_teaches_in_a_zone_is_the_weighted_mean():
    places = two_zones()
    y = np.full((120, 4), 0.5)
    y[:, 2:] = np.repeat([[0.9, 0.1], [0.2, 0.8], [np.nan, np.nan]], [30, 30, 60], 0)
    times = np.repeat([9, 1], [30, 90])
    model = GPS2VecPlusTransformer(
        contexts={"a": 2, "b": 2}, **{**SMALL, "max_iter": 1}
    )
    weighted = clone(model).fit(places, y, times.astype(float))
    repeated = clone(model).fit(np.repeat(places, times, 0), np.repeat(y, times, 0))
    mean = (9 * 0.9 + 0.2) / 10
    for fitted in (weighted, repeated):
        said = fitted.transform([[50.0, 15.0]])[0, 2:]
        assert_allclose(said, [mean, 1 - mean], atol=1e-4)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_what_no_propagated_tag_reaches_is_the_mean_of_propagated_rows(kind):
    places = two_zones()
    tags = np.zeros((120, 3))
    tags[:60, 0] = 1.0
    tags[:5] = [0.0, 50.0, 0.0]
    propagator = GeoNeighborTagPropagator(5, radius_km=10, sparse_output=False)
    rows = propagator.fit(places, tags).transform(places)[:60]
    weights = np.linspace(0.5, 2.0, 120)
    mean = weights[:60] @ (rows / rows.sum(axis=1, keepdims=True)) / weights[:60].sum()
    model = GPS2VecPlusTransformer(
        contexts={"tag": 3}, target_propagator=propagator, **{**SMALL, "max_iter": 1}
    ).fit(places, kind(tags), weights)
    assert_allclose(model.transform([[50.0, 15.0]])[0], mean, atol=1e-4)


def test_a_score_is_that_without_the_photos_of_no_weight():
    rng = np.random.RandomState(1)
    places = two_zones()
    tags = rng.randint(0, 2, (120, 3)) + np.array([1, 0, 0])
    weights = np.arange(120) % 3.0
    kept = weights > 0
    model = GPS2VecPlusTransformer(
        contexts={"tag": 3},
        target_propagator=GeoNeighborTagPropagator(8),
        **{**SMALL, "max_iter": 1},
    ).fit(places, tags)
    expected = model.score(places[kept], tags[kept], weights[kept])
    assert model.score(places, tags, weights) == expected
    tags[~kept] = -1  # nobody looks at these
    assert model.score(places, tags, weights) == expected
    places[0] = [0.0, 100.0]
    model.set_params(missing_zone="error")
    assert model.score(places, tags, weights) == expected
    places[4] = [0.0, 100.0]
    with pytest.raises(ValueError, match=r"X, row 4: .*lies in zone 47N"):
        model.score(places, tags, weights)


# -------------------------------------------------------------- zones that are missing


def test_a_zone_with_one_photo(photos):
    places, y = photos
    places = np.vstack([places, [[-33.9, 151.2]]])
    y = np.vstack([y, y[:1]])
    model = GPS2VecPlusTransformer(**{**SMALL, "min_samples": 1}).fit(places, y)
    report = model.zone_report_
    assert report["photos"][list(report["zone"]).index("56H")] == 1
    assert np.isfinite(model.transform(places)).all()


def test_no_zone_has_enough_photos(photos):
    model = GPS2VecPlusTransformer(**{**SMALL, "min_samples": 1000}).fit(*photos)
    assert len(model.zone_report_) == 0
    assert_allclose(model.transform(photos[0]).sum(axis=1), 1.0, rtol=1e-5)
    with pytest.raises(ValueError, match=r"min_samples=1000 .*largest has \d+"):
        clone(model).set_params(missing_zone="nan").fit(*photos)


@pytest.mark.parametrize(("policy", "expected"), [("uniform", 1 / 7), ("nan", np.nan)])
def test_what_a_missing_zone_gets(photos, policy, expected):
    model = GPS2VecPlusTransformer(missing_zone=policy, **SMALL).fit(*photos)
    assert_allclose(model.transform([[0.0, 100.0]]), np.full((1, 7), expected))


def test_errors_name_the_zone(photos):
    model = GPS2VecPlusTransformer(missing_zone="error", **SMALL).fit(*photos)
    with pytest.raises(
        ValueError, match=r"row 1: .*lies in zone 47N, which has no net"
    ):
        model.transform([[48.0, 11.0], [0.0, 100.0]])


def test_a_policy_may_change_after_fit(photos):
    model = GPS2VecPlusTransformer(missing_zone="nan", **SMALL).fit(*photos)
    model.set_params(missing_zone="uniform")
    assert_allclose(model.transform([[0.0, 100.0]]), np.full((1, 7), 1 / 7))
    model.set_params(missing_zone="fallback")
    with pytest.raises(ValueError, match="was not trained"):
        model.transform([[0.0, 100.0]])


def test_blending_takes_the_jump_out_of_a_seam(photos):
    places, y = photos
    model = GPS2VecPlusTransformer(
        contexts={"scene": 4, "tag": 3}, **{**SMALL, "max_iter": 20}
    ).fit(places, y)
    latitudes = np.linspace(46.5, 49.5, 13)
    ten_metres = 10.0 / 111_195.0 / np.cos(np.radians(latitudes))
    west = np.column_stack([latitudes, 12.0 - ten_metres / 2])
    east = np.column_stack([latitudes, 12.0 + ten_metres / 2])

    def jump():
        return np.abs(model.transform(west) - model.transform(east)).max()

    without = jump()
    within = model.set_params(blend_km=20.0)
    with_blending = jump()
    assert without > 0.01
    assert with_blending < 0.01 * without
    assert_allclose(within.transform(west)[:, :4].sum(axis=1), 1.0, rtol=1e-5)
    # Far from every border nothing changes.
    middle = [[52.0, 9.0], [45.0, 9.0]]
    blended = model.transform(middle)
    assert_array_equal(model.set_params(blend_km=None).transform(middle), blended)


# --------------------------------------------------------- pipelines, searches, pickles


@pytest.fixture(scope="module")
def corpus(photos):
    return GeoTagCorpus(photos[0], photos[1][:, 4:], tag_names=["sun", "sea", "cat"])


def test_corpus_keeps_labels_of_the_task_out(photos, corpus):
    places, y = photos
    model = GPS2VecPlusTransformer(corpus=corpus, **SMALL)
    labels = np.arange(30) % 2
    first = clone(model).fit(places[:30], labels)
    second = clone(model).fit(places[:30])
    assert_array_equal(first.transform(places), second.transform(places))
    direct = GPS2VecPlusTransformer(**SMALL).fit(places, y[:, 4:])
    assert_allclose(first.transform(places), direct.transform(places), atol=1e-6)
    assert list(first.get_feature_names_out()) == [
        "context_sun",
        "context_sea",
        "context_cat",
    ]
    with pytest.raises(ValueError, match=r"has the shape \(30,\).*corpus="):
        GPS2VecPlusTransformer(**SMALL).fit(places[:30], labels)


def test_photos_of_a_corpus_without_tags_teach_nothing(photos):
    places, y = photos
    tags = y[:, 4:].copy()
    tags[::4] = 0.0
    tagged = tags.any(axis=1)
    some = GPS2VecPlusTransformer(corpus=GeoTagCorpus(places, tags), **SMALL)
    only = GPS2VecPlusTransformer(
        corpus=GeoTagCorpus(places[tagged], tags[tagged]), **SMALL
    )
    expected = only.fit(places).transform(places)
    assert_array_equal(some.fit(places).transform(places), expected)
    # With neighbours to learn from they teach, too.
    spread = some.set_params(target_propagator=GeoNeighborTagPropagator(3)).fit(places)
    assert sum(spread.zone_report_["photos"]) == len(places)


@pytest.mark.parametrize("propagated", [False, True])
def test_photos_of_a_corpus_may_lack_the_tags_of_one_context(photos, propagated):
    places, _ = photos
    rng = np.random.RandomState(1)
    tags = rng.randint(0, 3, (240, 7)).astype(float)
    tags[:40, :4] = 0.0  # no scene
    tags[30:90, 4:] = 0.0  # no tag; ten photos have neither
    params = {"contexts": {"scene": 4, "tag": 3}, **SMALL}
    if propagated:
        params["target_propagator"] = {"tag": GeoNeighborTagPropagator(n_neighbors=3)}
    own = GPS2VecPlusTransformer(corpus=GeoTagCorpus(places, tags), **params)
    said = own.fit(places).transform(places)
    # They miss the context, as a row of NaN says elsewhere.
    y = tags.copy()
    y[(tags[:, :4] == 0.0).all(axis=1), :4] = np.nan
    taught = np.ones(240, dtype=bool)
    if not propagated:
        y[(tags[:, 4:] == 0.0).all(axis=1), 4:] = np.nan
        taught = ~np.isnan(y).all(axis=1)
    given = sparse.csr_array(y[taught])  # corpora are sparse
    other = GPS2VecPlusTransformer(**params).fit(places[taught], given)
    assert_array_equal(said, other.transform(places))
    with pytest.raises(ValueError, match="row 0, context 'scene': the row sums to 0"):
        GPS2VecPlusTransformer(**params).fit(places, tags)


def test_a_corpus_shares_its_index_with_the_propagator(photos, corpus):
    model = GPS2VecPlusTransformer(
        corpus=corpus,
        target_propagator=GeoNeighborTagPropagator(n_neighbors=3),
        **SMALL,
    ).fit(photos[0])
    own = GPS2VecPlusTransformer(
        target_propagator=GeoNeighborTagPropagator(n_neighbors=3), **SMALL
    ).fit(photos[0], photos[1][:, 4:])
    assert_allclose(model.transform(photos[0]), own.transform(photos[0]), atol=1e-6)


def test_grid_search_over_encoding_and_hidden(photos, corpus):
    places, _ = photos
    labels = (places[:, 1] > 11).astype(int)
    pipeline = make_pipeline(
        GPS2VecPlusTransformer(corpus=corpus, **SMALL), LogisticRegression()
    )
    grid = {
        "gps2vecplustransformer__encoding__sigma_km": [10.0, 40.0],
        "gps2vecplustransformer__hidden": [(4,), (6, 4)],
    }
    search = GridSearchCV(pipeline, grid, cv=2).fit(places, labels)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(search.predict(places)) == 240


def test_a_search_learns_once_for_all_folds(photos, corpus, monkeypatch):
    places, _ = photos
    learnt = []
    learn = FittedZones.learn

    def counted(zones, model, *args, **kwargs):
        learnt.append(tuple(model.hidden))
        return learn(zones, model, *args, **kwargs)

    monkeypatch.setattr(FittedZones, "learn", counted)
    pipeline = make_pipeline(
        GPS2VecPlusTransformer(corpus=corpus, **SMALL), LogisticRegression()
    )
    grid = {"gps2vecplustransformer__hidden": [(3,), (5,)]}
    search = GridSearchCV(pipeline, grid, cv=4)
    search.fit(places, (places[:, 1] > 11).astype(int))
    # Each candidate once, and once more for the refit unless the last one was best.
    assert learnt[:2] == [(3,), (5,)]
    assert len(learnt) <= 3
    # Without an int chance decides, and nobody shares.
    model = GPS2VecPlusTransformer(corpus=corpus, **{**SMALL, "random_state": None})
    del learnt[:]
    model.fit(places), model.fit(places)
    assert len(learnt) == 2


def test_contexts_in_another_order_are_not_shared(photos, corpus):
    contexts = {"sky": ["sun"], "ground": ["sea", "cat"]}
    first = GPS2VecPlusTransformer(corpus=corpus, contexts=contexts, **SMALL)
    turned = dict(reversed(contexts.items()))
    second = GPS2VecPlusTransformer(corpus=corpus, contexts=turned, **SMALL)
    for model in (first, second):
        model.fit(photos[0])
    names = ["ground_sea", "ground_cat", "sky_sun"]
    assert second.get_feature_names_out().tolist() == names
    alone = clone(second).set_params(
        corpus=GeoTagCorpus(corpus.places, corpus.tags, tag_names=corpus.tag_names)
    )
    said = alone.fit(photos[0]).transform(photos[0])
    assert_array_equal(second.transform(photos[0]), said)


def test_partial_fits_count_the_photos_of_a_corpus_once(photos, corpus):
    model = GPS2VecPlusTransformer(corpus=corpus, **{**SMALL, "min_samples": 100})
    model.partial_fit(photos[0])
    once = model.zone_report_[["zone", "photos"]].tolist()
    for _ in range(2):
        model.partial_fit(photos[0])
    assert model.zone_report_[["zone", "photos"]].tolist() == once
    assert model.n_iter_ == 3


def test_partial_fits_count_the_photos_of_every_corpus(photos, corpus):
    places, _ = photos
    model = GPS2VecPlusTransformer(corpus=corpus, **{**SMALL, "min_samples": 100})
    model.partial_fit(places)
    first = dict(model._zones.photos_seen)
    south = GeoTagCorpus(
        corpus.places * [-1.0, 1.0], corpus.tags, tag_names=corpus.tag_names
    )
    for each in (south, corpus, south):
        model.set_params(corpus=each).partial_fit(places)
    seen = model._zones.photos_seen
    assert {zone: seen[zone] for zone in first} == first
    assert sum(seen.values()) == 2 * sum(first.values())


def test_photos_of_a_corpus_are_added_to_others(photos, corpus):
    model = GPS2VecPlusTransformer(**{**SMALL, "min_samples": 100})
    teachers = corpus.tags.toarray() + 1.0
    model.fit(corpus.places, teachers)
    alone = sum(model._zones.photos_seen.values())
    unnamed = GeoTagCorpus(corpus.places, teachers)
    for _ in range(2):
        model.set_params(corpus=unnamed).partial_fit(corpus.places)
        assert sum(model._zones.photos_seen.values()) == 2 * alone
    model.set_params(corpus=None).partial_fit(corpus.places, teachers)
    assert sum(model._zones.photos_seen.values()) == 3 * alone


def test_what_is_shared_is_not_changed_by_going_on(photos, corpus):
    places, _ = photos
    first = GPS2VecPlusTransformer(corpus=corpus, **SMALL).fit(places)
    second = GPS2VecPlusTransformer(corpus=corpus, **SMALL).fit(places)
    assert first._zones is second._zones
    before = second.transform(places)
    first.partial_fit(places)
    assert not np.array_equal(first.transform(places), before)
    assert_array_equal(second.transform(places), before)
    assert_array_equal(
        GPS2VecPlusTransformer(corpus=corpus, **SMALL).fit(places).transform(places),
        before,
    )
    assert len(first.history_) == len(second.history_) + len(first.zone_report_) + 1


def test_frozen_in_a_feature_union_with_names(fitted, photos):
    places, _ = photos
    union = make_union(
        FrozenEstimator(fitted), UTMOneHotEncoder(zones="seen", sparse_output=False)
    ).set_output(transform="pandas")
    frame = union.fit_transform(places, np.arange(240) % 2)
    assert "frozenestimator__scene_0" in frame.columns
    assert_array_equal(frame.iloc[:, :7], fitted.transform(places))


def test_pickles_and_clones(fitted, photos):
    places, _ = photos
    expected = fitted.transform(places)
    again = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(again.transform(places), expected)
    assert_array_equal(again.zone_report_, fitted.zone_report_)
    assert not hasattr(clone(fitted), "n_features_in_")


def test_same_seed_same_numbers_any_n_jobs_any_way(photos):
    places, y = photos
    model = GPS2VecPlusTransformer(contexts={"scene": 4, "tag": 3}, **SMALL)
    expected = clone(model).fit(places, y).transform(places)
    assert_array_equal(clone(model).fit(places, y).transform(places), expected)
    for params in ({"n_jobs": 2}, {"zones_at_once": 2}):
        other = clone(model).set_params(**params).fit(places, y)
        assert_allclose(other.transform(places), expected, atol=1e-5)
    with joblib.parallel_config("threading", n_jobs=2):
        threads = clone(model).fit(places, y)
    assert_array_equal(threads.transform(places), expected)
    assert not np.array_equal(
        clone(model).set_params(random_state=1).fit(places, y).transform(places),
        expected,
    )


def test_order_of_photos_of_other_zones_does_not_matter(photos):
    places, y = photos
    north = places[:, 0] >= 48.0
    alone = GPS2VecPlusTransformer(**SMALL).fit(places[north], y[north])
    together = GPS2VecPlusTransformer(**SMALL).fit(places, y)
    assert_array_equal(
        alone.transform(places[north]), together.transform(places[north])
    )


def test_memmaps_and_sparse_rows(photos, tmp_path):
    places, y = photos
    expected = GPS2VecPlusTransformer(**SMALL).fit(places, y).transform(places)
    np.save(tmp_path / "y.npy", y)
    mapped = np.load(tmp_path / "y.npy", mmap_mode="r")
    model = GPS2VecPlusTransformer(**SMALL)
    assert_array_equal(model.fit(places, mapped).transform(places), expected)
    # Empty columns would be no difference either; losses are summed in another order.
    as_sparse = model.fit(places, sparse.csr_array(y)).transform(places)
    assert_allclose(as_sparse, expected, atol=1e-4)


# --------------------------------------------------------------------- going on


def test_update_zones_leaves_other_zones_alone(photos):
    places, y = photos
    model = GPS2VecPlusTransformer(**SMALL).fit(places, y)
    zones = model._zones
    before = {zone: zones.shelf.get(zone) for zone in zones.shelf.zone_ids}
    report = model.zone_report_
    here = (places[:, 0] > 48) & (places[:, 1] < 12)  # 32U
    fresh = np.vstack([places[here][:20], np.tile([[-33.9, 151.2]], (6, 1))])
    model.update_zones(fresh, np.vstack([y[here][:20], y[:6]]))
    zones = model._zones
    assert list(model.zone_report_["zone"]) == ["32T", "32U", "33T", "33U", "56H"]
    for zone, weights in before.items():
        changed = any(
            not np.array_equal(array, zones.shelf.get(zone)[name])
            for name, array in weights.items()
        )
        name = "fallback" if zone < 0 else zones.regions.names([zone])[0]
        assert changed == (name == "32U")
    now = model.zone_report_
    row, old = (list(table["zone"]).index("32U") for table in (now, report))
    assert now["photos"][row] == report["photos"][old] + 20
    assert now["epochs"][row] > report["epochs"][old]


def test_partial_fit_goes_on(photos):
    places, y = photos
    model = GPS2VecPlusTransformer(**SMALL)
    scores = []
    for _ in range(4):
        model.partial_fit(places, y)
        scores.append(model.score(places, y))
    assert scores == sorted(scores)
    assert set(model.zone_report_["epochs"]) == {4}
    with pytest.raises(ValueError, match="y has 3 columns"):
        model.partial_fit(places, y[:, :3])


def test_partial_fit_counts_photos_of_earlier_calls(photos):
    places, y = photos
    model = GPS2VecPlusTransformer(**{**SMALL, "min_samples": 40})
    here = np.flatnonzero((places[:, 0] > 48) & (places[:, 1] < 12))
    assert len(here) > 50
    model.partial_fit(places[here[:25]], y[here[:25]])
    assert len(model.zone_report_) == 0
    model.partial_fit(places[here[25:50]], y[here[25:50]])
    assert list(model.zone_report_["zone"]) == ["32U"]
    assert model.zone_report_["photos"][0] == 50


def test_going_on_needs_photos_of_its_own(photos, corpus):
    model = GPS2VecPlusTransformer(corpus=corpus, **SMALL).fit(photos[0])
    with pytest.raises(ValueError, match="Set corpus=None to go on"):
        model.update_zones(*photos)
    model.partial_fit(photos[0])
    assert set(model.zone_report_["epochs"]) == {4}
    with pytest.raises(ValueError, match="pretrained is what fit loads"):
        GPS2VecPlusTransformer(pretrained="folder").partial_fit(*photos)


# --------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"hidden": ()}, r"hidden=\(\) must be the widths"),
        ({"hidden": (4, 0)}, r"hidden=\(4, 0\) must be the widths"),
        ({"output_layer": 2}, r"output_layer=2, but hidden=\(8,\) has 1 layers"),
        (
            {"output_layer": 1, "missing_zone": "uniform"},
            "is a distribution, and output_layer=1",
        ),
        ({"contexts": {"a": 3, "b": 3}}, "add up to 6 columns, but y has 7"),
        ({"networks": (("scene",),)}, "names contexts that y does not have"),
    ],
)
def test_words_about_parameters(photos, params, words):
    with pytest.raises(ValueError, match=words):
        GPS2VecPlusTransformer(**{**SMALL, **params}).fit(*photos)


def test_words_about_y(photos):
    places, y = photos
    model = GPS2VecPlusTransformer(**SMALL)
    with pytest.raises(ValueError, match="requires y to be passed"):
        model.fit(places)
    bad = y.copy()
    bad[17, 2] = -0.5
    with pytest.raises(ValueError, match=r"row 17, context 'context'.*negative"):
        model.fit(places, bad)
    bad[17] = 0.0
    with pytest.raises(ValueError, match=r"row 17.*sums to 0"):
        model.fit(places, bad)
    bad[17] = 3.0  # not a distribution, but it can be made one
    good = y.copy()
    good[17] = 1 / 7
    assert_allclose(
        model.fit(places, bad).transform(places[:5]),
        clone(model).fit(places, good).transform(places[:5]),
        atol=1e-6,
    )


@pytest.mark.parametrize(
    "params",
    [
        {"contexts": {"scene": 4, "tag": 3}},
        {"contexts": {"scene": [0, 2, 4, 6], "tag": [1, 3, 5]}},
        {
            "regions": S2Partition(max_per_cell=100, min_per_cell=5),
            "networks": (("context",),),
        },
        {"regions": None, "encoding": Sphere2VecEncoder(n_scales=3)},
        {"encoding": SoftGridEncoder(5, 4, sigma_km=50)},
    ],
)
def test_what_is_read_is_made_like_what_was_saved(photos, tmp_path, params):
    places, y = photos
    model = GPS2VecPlusTransformer(**params, **SMALL).fit(places, y)
    model.save_pretrained(tmp_path)
    read = GPS2VecPlusTransformer.from_pretrained(tmp_path)
    assert_allclose(read.transform(places), model.transform(places), atol=1e-6)
    # A clone that is fitted again learns the same.
    again = clone(read).set_params(random_state=0).fit(places, y)
    assert_allclose(again.transform(places), model.transform(places), atol=1e-6)
    assert again.contexts_ == model.contexts_


def test_nothing_of_another_class_is_written_over(fitted, tmp_path):
    write_store(tmp_path, "Teapot", {}, {"spout": {"w": np.ones(2)}})
    with pytest.raises(ValueError, match=r"holds a Teapot\. Save to another"):
        fitted.save_pretrained(tmp_path)
    assert Store(tmp_path).kind == "Teapot"


def test_what_is_not_fitted_says_so():
    model = GPS2VecPlusTransformer()
    for name in ("zone_report_", "history_", "contexts_", "networks_", "n_iter_"):
        with pytest.raises(NotFittedError, match="is not fitted yet"):
            getattr(model, name)
        assert not hasattr(model, name)


def test_a_second_fit_that_fails_leaves_the_first(photos):
    places, y = photos
    model = GPS2VecPlusTransformer(contexts={"scene": 4, "tag": 3}, **SMALL)
    before = model.fit(places, y).transform(places)
    model.set_params(missing_zone="nearest", min_samples=1_000)
    with pytest.raises(ValueError, match="No zone has min_samples=1000 photos"):
        model.fit(-places, y[:, ::-1])
    model.set_params(missing_zone=SMALL.get("missing_zone", "fallback"))
    np.testing.assert_array_equal(model.transform(places), before)


def test_progress_is_told(photos, capsys):
    model = GPS2VecPlusTransformer(verbose=1, **SMALL).fit(*photos)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(model.zone_report_) + 1
    assert lines[0].startswith("Zone fallback: ")
    assert lines[1].startswith("Zone 3")
    assert "photos, 3 epochs, held-out KL" in lines[1]
    GPS2VecPlusTransformer(verbose=0, **SMALL).fit(*photos)
    assert capsys.readouterr().out == ""


def test_ctrl_c_after_a_zone_leaves_answers_for_all_places(photos, monkeypatch):
    trained = []

    def until_ctrl_c(task, *more):
        if len(trained) == 2:
            raise KeyboardInterrupt
        trained.append(task.name)
        return train_zone(task, *more)

    monkeypatch.setattr("sklearn_geo.context._zone_training.train_zone", until_ctrl_c)
    with pytest.warns(UserWarning, match="interrupted after 2 of"):
        model = GPS2VecPlusTransformer(**SMALL, device="cpu").fit(*photos)
    assert list(model.zone_report_["zone"]) == trained[1:]
    said = model.transform(np.vstack([photos[0], [[-40.0, 170.0]]]))
    assert np.isfinite(said).all()
    assert (said.std(axis=0) > 1e-4).all()


def test_ctrl_c_within_a_zone_says_how_many_zones_there_are(photos, monkeypatch):
    def as_if_interrupted(task, *more):
        trained = train_zone(task, *more)
        trained.interrupted = task.zone != FALLBACK
        return trained

    monkeypatch.setattr(
        "sklearn_geo.context._zone_training.train_zone", as_if_interrupted
    )
    with pytest.warns(UserWarning, match=r"interrupted after 1 of \d zones"):
        model = GPS2VecPlusTransformer(**SMALL, device="cpu").fit(*photos)
    assert len(model.zone_report_) == 1
    assert np.isfinite(model.transform(photos[0])).all()


def test_a_zone_of_few_photos_is_left_to_the_globe():
    # 127 photos on one side of a border, 128 on the other.
    rng = np.random.default_rng(0)
    places = rng.uniform([48.1, 0.0], [50.0, 5.9], (255, 2))
    places[127:, 1] += 6.0
    y = rng.dirichlet(np.ones(3), 255)
    settings = {"hidden": (4,), "max_iter": 1, "random_state": 0}
    model = GPS2VecPlusTransformer(**settings).fit(places, y)
    assert model.zone_report_["zone"].tolist() == ["32U"]
    globe = GPS2VecPlusTransformer(**settings, min_samples=1000).fit(places, y)
    here = places[:127]
    assert_allclose(model.transform(here), globe.transform(here), atol=1e-6)
