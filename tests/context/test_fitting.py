# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""From photos to networks: who learns what from which photos, and what is silent."""

from types import SimpleNamespace

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import NotFittedError

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.context._contexts import read_contexts
from sklearn_geo.context._fit_zones import train_all
from sklearn_geo.context._fitting import silence_untaught, train_plan
from sklearn_geo.context._inference import FALLBACK, FALLBACK_NAME
from sklearn_geo.context._networks import ZoneModules
from sklearn_geo.context._plan import make_plan
from sklearn_geo.context._presets import resolve
from sklearn_geo.context._propagators import fit_propagators
from sklearn_geo.context._regions import UTMRegions, WholeGlobe
from sklearn_geo.context._teachers import Teachers
from sklearn_geo.context._zone_training import TrainedZone
from sklearn_geo.encoding import SoftGridEncoder, Sphere2VecEncoder, UTMOneHotEncoder
from sklearn_geo.geometry import utm_zone_ids
from tests.context.mlps import architecture, drawn

NAN = np.nan
RULE = {"tag": 3, "object": 2, "scene": 4}
T31, U31, T32, U32 = utm_zone_ids(["31T", "31U", "32T", "32U"]).tolist()
rng = np.random.default_rng(0)
# Three zones of 24, 16 and 8 photos.
PLACES = np.vstack(
    [
        [46.0, 3.0] + rng.uniform(-1, 1, size=(24, 2)),
        [50.0, 3.0] + rng.uniform(-1, 1, size=(16, 2)),
        [50.0, 9.0] + rng.uniform(-1, 1, size=(8, 2)),
    ]
)[rng.permutation(48)]
TEACHERS = np.hstack([rng.dirichlet(np.ones(width), 48) for width in RULE.values()])


def model_of(**params):
    defaults = {
        "contexts": RULE,
        "networks": None,
        "regions": "utm",
        "encoding": SoftGridEncoder(2, 2, sigma_km=200),
        "missing_zone": "fallback",
        "hidden": (6,),
        "target_propagator": None,
    }
    return SimpleNamespace(**{**defaults, **params})


def trained_of(model, Y=TEACHERS, places=PLACES, zones=None, starts=None, **options):
    """Train the zones of a plan, and return what came out, in order."""
    plan = make_plan(model, places, Y.shape[1], None, seed=0)
    matrix = sparse.csr_array(Y) if sparse.issparse(Y) else Y
    given = model.target_propagator
    propagators = fit_propagators(given, plan.contexts, places, matrix)
    teachers = Teachers(matrix, plan.contexts, propagators, places)
    ids = plan.regions.locate(places)
    rows_of = {zone: np.flatnonzero(ids == zone) for zone in np.unique(ids).tolist()}
    if zones is not None:
        rows_of = {zone: rows_of[zone] for zone in zones}
    settings = {
        "weights": None,
        "seed": 4,
        "fallback_rows": np.arange(0, len(places), 2),
        "zones_at_once": 1,
        **options,
    }
    preset = resolve("default", {"max_iter": 2, "device": "cpu", "batch_size": 16})
    found = train_plan(
        plan,
        teachers,
        teachers.check(),
        preset,
        rows_of=rows_of,
        starts=starts or (lambda zone: None),
        **settings,
    )
    return plan, list(found)


def same(first, other):
    return set(first.weights) == set(other.weights) and all(
        np.array_equal(array, other.weights[name])
        for name, array in first.weights.items()
    )


def test_the_globe_comes_first_and_then_the_largest_zone():
    plan, found = trained_of(model_of())
    assert [zone.zone for zone in found] == [FALLBACK, T31, U31, U32]
    assert [zone.n_photos for zone in found] == [24, 24, 16, 8]
    for zone in found:
        shape = plan.architecture
        shape = plan.fallback_architecture if zone.zone == FALLBACK else shape
        assert {k: v.shape for k, v in zone.weights.items()} == shape.shapes()
        assert zone.n_epochs == 2
    assert trained_of(model_of(), fallback_rows=None)[1][-1].zone == U32
    assert FALLBACK_NAME == "fallback"
    # By size, not by id: a third of 31T is smaller than 31U.
    some = (PLACES[:, 0] > 48) | (PLACES[:, 1] < 2.5)
    found = trained_of(model_of(), TEACHERS[some], PLACES[some], fallback_rows=None)[1]
    sizes = [zone.n_photos for zone in found]
    assert found[0].zone == U31
    assert sizes == sorted(sizes, reverse=True)


def test_a_zone_is_the_same_whatever_else_is_trained():
    _, every = trained_of(model_of())
    _, alone = trained_of(model_of(), zones=[U31], fallback_rows=None)
    assert same(alone[0], every[2])
    # And whatever the other photos are.
    mine = PLACES[:, 0] > 48
    _, fewer = trained_of(model_of(), TEACHERS[mine], PLACES[mine], fallback_rows=None)
    assert fewer[0].zone == U31
    assert same(fewer[0], every[2])
    _, other = trained_of(model_of(), seed=5)
    assert not same(other[0], every[0])


def test_zones_have_chance_of_their_own():
    _, found = trained_of(model_of(), epochs=0)
    _, a, b, c = (zone.weights["0.trunk.0.weight"] for zone in found)
    assert min(np.abs(a - b).max(), np.abs(b - c).max()) > 0.1


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("encoding", [None, UTMOneHotEncoder(), Sphere2VecEncoder()])
def test_rows_that_do_not_fit_in_memory_change_nothing(kind, encoding):
    Y = TEACHERS.copy()
    Y[::5, :3] = NAN
    found = []
    for memory in (1024, 2e-4):
        with sklearn.config_context(working_memory=memory):
            found.append(trained_of(model_of(encoding=encoding), kind(Y))[1])
    for whole, parts in zip(*found, strict=True):
        assert whole.zone == parts.zone
        for name, array in whole.weights.items():
            assert_allclose(parts.weights[name], array, rtol=1e-5, atol=1e-6)


def test_photos_count_what_they_weigh():
    weights = np.ones(48)
    _, plain = trained_of(model_of())
    _, equal = trained_of(model_of(), weights=7 * weights)
    for first, other in zip(plain, equal, strict=True):
        for name, array in first.weights.items():
            assert_allclose(other.weights[name], array, rtol=1e-5, atol=1e-6)
    weights[PLACES[:, 0] < 48] = rng.uniform(0.1, 3, 24)
    _, other = trained_of(model_of(), weights=weights)
    assert [same(a, b) for a, b in zip(plain, other, strict=True)] == [0, 0, 1, 1]


def said(plan, zone, places):
    out = np.empty((len(places), 9), dtype=np.float32)
    columns = plan.columns(places, zone.zone)
    ZoneModules(plan.architecture, zone.weights).write(columns, out)
    return out


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_what_nobody_teaches_is_the_mean(kind):
    Y = TEACHERS.copy()
    Y[PLACES[:, 1] > 6, 3:5] = NAN  # nobody in 32U teaches objects
    Y[0, 3:5] = 1, 0
    plan, found = trained_of(model_of(), kind(Y))
    mean = np.nanmean(Y[:, 3:5], axis=0)
    there = said(plan, found[3], PLACES[PLACES[:, 1] > 6])
    assert found[3].zone == U32
    assert_allclose(there[:, 3:5], np.tile(mean, (8, 1)), atol=1e-5)
    assert (there[:, :3].std(axis=0) > 1e-5).all()  # other contexts say something
    assert (said(plan, found[1], PLACES)[:, 3].std() > 1e-5).all()


def test_what_the_sample_of_the_globe_lacks_is_the_mean():
    Y = TEACHERS.copy()
    Y[1:, 5:] = NAN  # the only photo of a scene is not in the sample
    plan, found = trained_of(model_of(), Y, fallback_rows=np.arange(1, 48))
    globe = found[0]
    assert globe.zone == FALLBACK
    out = np.empty((48, 9), dtype=np.float32)
    columns = plan.fallback_columns(PLACES, FALLBACK)
    ZoneModules(plan.fallback_architecture, globe.weights).write(columns, out)
    assert_allclose(out[:, 5:], np.tile(Y[0, 5:], (48, 1)), atol=1e-5)


def test_silence_by_hand():
    shape = architecture()
    weights = drawn(shape, 0)
    for array in weights.values():
        array.flags.writeable = False  # as they come from some clusters
    copies = {name: array.copy() for name, array in weights.items()}
    # Object and scene share network 0: columns 0 and 1, and 2 to 5.
    Y = np.hstack([np.ones((2, 3)), np.full((2, 2), NAN), np.ones((2, 4))])
    contexts = read_contexts(shape.widths, 9, None)
    teachers = Teachers(Y, contexts, {}, np.zeros((2, 2)))
    means = {"object": np.array([1.0, 0.0])}
    zone = TrainedZone(0, dict(weights), 2, 0.0)
    silence_untaught(zone, shape, teachers, np.arange(2), means)
    heads, bias = zone.weights["0.heads.weight"], zone.weights["0.heads.bias"]
    assert_array_equal(heads[:, :2], 0)
    assert_allclose(bias[:2], [0.0, np.log(5e-7)], atol=1e-6)
    assert_array_equal(heads[:, 2:], copies["0.heads.weight"][:, 2:])
    assert_array_equal(bias[2:], copies["0.heads.bias"][2:])
    for name, array in weights.items():
        assert_array_equal(array, copies[name])
        if not name.startswith("0.heads"):
            assert zone.weights[name] is array


def test_going_on_is_not_silenced():
    Y = TEACHERS.copy()
    Y[PLACES[:, 1] > 6, 3:5] = NAN
    Y[0, 3:5] = 1, 0
    _, found = trained_of(model_of(), Y)
    known = {zone.zone: zone.weights for zone in found}
    known[U32]["1.heads.bias"][:2] = 3.0, -3.0  # what it had learnt before
    _, more = trained_of(
        model_of(), Y, zones=[U32], fallback_rows=None, starts=known.get, epochs=1
    )
    assert more[0].weights["1.heads.bias"][0] > 2
    assert more[0].n_epochs == 1


def test_plans():
    plan = make_plan(model_of(), PLACES, 9, None, seed=0)
    assert isinstance(plan.regions, UTMRegions)
    assert plan.architecture.n_features == 4
    assert plan.architecture.networks == (("tag",), ("object", "scene"))
    assert plan.architecture.widths == RULE
    assert plan.architecture.hidden == (6,)
    # Columns of grids mean another place in every zone: the globe has others.
    assert isinstance(plan.fallback_columns.encoder, Sphere2VecEncoder)
    shared = make_plan(model_of(encoding=UTMOneHotEncoder()), PLACES, 9, None, seed=0)
    assert shared.fallback_columns is shared.columns
    other = make_plan(model_of(missing_zone="nearest"), PLACES, 9, None, seed=0)
    assert other.fallback_columns is None
    assert other.fallback_architecture is None
    globe = make_plan(model_of(regions=None, encoding=None), PLACES, 9, None, seed=0)
    assert isinstance(globe.regions, WholeGlobe)
    assert globe.is_globe
    assert globe.fallback_columns is None
    assert isinstance(globe.columns.encoder, Sphere2VecEncoder)


def small(**params):
    settings = {"contexts": RULE, "hidden": (4,), "max_iter": 1, "random_state": 0}
    return GPS2VecPlusTransformer(**{**settings, "min_samples": 10, **params})


def test_who_has_learnt_nothing_is_not_fitted():
    wrong = TEACHERS.copy()
    wrong[5] = -1
    for method in ("fit", "partial_fit"):
        model = small()
        with pytest.raises(
            ValueError, match="y, row 5, context 'tag': the row has a neg"
        ):
            getattr(model, method)(PLACES, wrong)
        with pytest.raises(NotFittedError):
            model.transform(PLACES)
    # What was learnt before stays.
    model = small(missing_zone="uniform").partial_fit(PLACES, TEACHERS)
    before = model.transform(PLACES)
    with pytest.raises(ValueError, match="y, row 5, context 'tag'"):
        model.partial_fit(PLACES, wrong)
    assert_array_equal(model.transform(PLACES), before)


def test_rows_of_no_weight_are_not_looked_at_and_do_not_shift_others():
    weights = np.ones(48)
    weights[[0, 3, 7]] = 0
    Y = TEACHERS.copy()
    Y[[0, 3, 7]] = -1
    model = small(missing_zone="uniform").fit(PLACES, Y, sample_weight=weights)
    kept = weights > 0
    other = small(missing_zone="uniform").fit(PLACES[kept], TEACHERS[kept])
    assert_array_equal(model.transform(PLACES), other.transform(PLACES))
    Y[9] = 0
    with pytest.raises(ValueError, match="y, row 9, context 'tag': the row sums to 0"):
        small().fit(PLACES, Y, sample_weight=weights)


def test_score_names_the_row_that_has_no_network():
    model = small(missing_zone="error").fit(PLACES, TEACHERS)  # 32U has 8 photos
    row = int(np.argmax(PLACES[:, 1] > 6))
    assert row > 0
    for memory in (1024, 1e-4):
        raises = pytest.raises(ValueError, match=f"X, row {row}: .* lies in zone 32U")
        with sklearn.config_context(working_memory=memory), raises:
            model.score(PLACES, TEACHERS)


def test_all_zones_of_an_interrupted_bucket_come_and_no_others(monkeypatch):
    begun = []

    def interrupted(tasks, architecture, preset):
        begun.extend(tasks)
        for task in tasks:
            yield TrainedZone(task, {}, 1, 0.0, interrupted=True)

    monkeypatch.setattr("sklearn_geo.context._fit_zones.train_zones", interrupted)
    found = list(train_all(range(6), None, None, zones_at_once=3))
    assert [trained.zone for trained in found] == begun == [0, 1, 2]
