# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a wrapped estimator says of photos it has not seen, against plain loops."""

import warnings

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    RepeatedKFold,
    ShuffleSplit,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_geo.geolocation import (
    HierarchicalCellClassifier,
    NeighborGeolocator,
    SceneNetworks,
    SelectiveGeolocator,
    TimeAdjustedGeolocator,
    UserAveragingGeolocator,
)
from sklearn_geo.geolocation._cross_fit import (
    check_estimator_of_cells,
    cross_fit,
    first_cells,
    fit_wrapped,
    fold_numbers,
    folds_of_units,
    is_given,
    proba_parts,
    warn_if_seen,
    with_cells_of,
)
from sklearn_geo.geolocation._first_cells import FirstCells
from sklearn_geo.geolocation._photo_columns import Given, Photos, read_photos
from sklearn_geo.partition import S2Partition
from tests.contract import need_routed_searches
from tests.geolocation.wrapping import album_photos, looks

FRAME, PLACES = album_photos(n_users=20)
X = looks(FRAME).to_numpy()
N = len(X)
GROUPS = np.unique(FRAME["user"], return_inverse=True)[1]
PHOTOS = Photos(X, groups=GROUPS)
LEVELS = [S2Partition(80, 3), S2Partition(25, 3)]


class Spy(HierarchicalCellClassifier):
    """Notes what taught it, and which cells it has."""

    fits = []

    def fit(self, X, y, sample_weight=None, scenes=None):
        super().fit(X, y, sample_weight, scenes)
        cells = [list(part.cell_names_) for part in self.partitions_]
        Spy.fits.append((np.asarray(X), cells, sample_weight, self.random_state))
        return self


@pytest.fixture
def fits():
    Spy.fits.clear()
    return Spy.fits


def quick(cls=HierarchicalCellClassifier, **params):
    settings = {"max_iter": 2, "random_state": 0, "device": "cpu"}
    return cls(LEVELS, **{**settings, **params})


def run(estimator, photos=PHOTOS, weights=None, folds=None, n_first=4, **params):
    folds = fold_numbers(3, photos, PLACES, 0) if folds is None else folds
    settings = {"folds": folds, "n_first": n_first, "seed": 0, **params}
    return (*cross_fit(estimator, photos, PLACES, weights, **settings), folds)


@pytest.mark.parametrize("groups", [None, GROUPS])
def test_folds_are_of_the_photos_that_count(groups):
    weights = np.random.default_rng(0).integers(0, 3, N).astype(float)
    weights[GROUPS == 3] = 0.0
    counted = np.flatnonzero(weights)
    photos = Photos(X, groups=groups)
    folds = fold_numbers(3, photos, PLACES, 0, weights)
    alone = fold_numbers(3, photos[counted], PLACES[counted], 0)
    np.testing.assert_array_equal(folds[counted], alone)
    assert set(folds) == {0, 1, 2}
    if groups is not None:
        assert all(len(set(folds[groups == each])) == 1 for each in range(20))
    with pytest.raises(ValueError, match=f"cv={N} folds of"):
        fold_numbers(N, photos, PLACES, 0, weights)
    # A splitter says itself what is held out when.
    np.testing.assert_array_equal(
        fold_numbers(GroupKFold(3), PHOTOS, PLACES, 0, weights),
        fold_numbers(GroupKFold(3), PHOTOS, PLACES, 0),
    )


def test_equals_a_loop_over_folds(fits):
    weights = np.random.default_rng(0).integers(1, 4, N).astype(float)
    fitted, first, folds = run(quick(Spy), weights=weights)
    assert len(fits) == 4
    np.testing.assert_array_equal(fits[0][0], X)
    frozen = [FrozenEstimator(part) for part in fitted.partitions_]
    for number in range(3):
        train, test = folds != number, folds == number
        np.testing.assert_array_equal(fits[1 + number][0], X[train])
        np.testing.assert_array_equal(fits[1 + number][2], weights[train])
        # Users are on one side.
        assert not set(GROUPS[train]) & set(GROUPS[test])
        alone = quick().set_params(partitions=frozen)
        alone.fit(X[train], PLACES[train], sample_weight=weights[train])
        expected = FirstCells.of(alone.predict_proba(X[test]), 4)
        np.testing.assert_array_equal(first.cells[test], expected.cells)
        np.testing.assert_allclose(first.proba[test], expected.proba, rtol=1e-5)
        np.testing.assert_allclose(first.mass[test], expected.mass, rtol=1e-5)
    alone = quick().fit(X, PLACES, sample_weight=weights)
    np.testing.assert_array_equal(fitted.predict_proba(X), alone.predict_proba(X))


def test_whole_degrees_are_no_cells(fits):
    # Two columns of whole numbers could be cells of two partitions, once these are
    # frozen.
    places = np.clip(PLACES.round(), -90, 89).astype(int)
    folds = fold_numbers(3, PHOTOS, places, 0)
    settings = {"folds": folds, "n_first": 4, "seed": 0}
    fitted, first = cross_fit(quick(Spy), PHOTOS, places, None, **settings)
    _, again = cross_fit(quick(), PHOTOS, places.astype(float), None, **settings)
    np.testing.assert_array_equal(first.cells, again.cells)
    assert len({str(cells) for _, cells, _, _ in fits}) == 1
    # What is taught cells is taught cells.
    frozen = [FrozenEstimator(part) for part in fitted.partitions_]
    frozen = quick().set_params(partitions=frozen)
    own = np.column_stack([part.predict(places) for part in fitted.partitions_])
    _, by_cells = cross_fit(frozen, PHOTOS, own, None, **settings)
    np.testing.assert_array_equal(by_cells.cells, again.cells)


def test_cells_are_the_same_in_all_folds(fits):
    run(quick(Spy))
    assert len({str(cells) for _, cells, _, _ in fits}) == 1
    assert len(fits[0][1]) == 2
    # A fold by itself has fewer.
    alone = quick().fit(X[: N // 2], PLACES[: N // 2])
    assert [list(p.cell_names_) for p in alone.partitions_] != fits[0][1]


def test_seeds_are_handed_down_where_there_is_none(fits):
    run(quick(Spy, random_state=None), seed=7)
    assert {seed for *_, seed in fits} == {7}
    del fits[:]
    run(quick(Spy, random_state=3), seed=7)
    assert {seed for *_, seed in fits} == {3}
    one, first, _ = run(quick(random_state=None), seed=7)
    _, again, _ = run(quick(random_state=None), seed=7)
    np.testing.assert_array_equal(again.cells, first.cells)
    np.testing.assert_array_equal(again.proba, first.proba)
    assert one.random_state == 7


class Sign(BaseEstimator):
    """Scenes by the sign of the first column."""

    def fit(self, X=None, y=None):
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X):
        inside = np.asarray(X)[:, :1] > 0
        return np.hstack([inside, ~inside]).astype(float)


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(StandardScaler(), quick()),
        GridSearchCV(quick(), {"max_iter": [1, 2]}, cv=2),
        GridSearchCV(
            make_pipeline(StandardScaler(), quick()),
            {"hierarchicalcellclassifier__learning_rate_init": [0.01, 0.1]},
            cv=2,
        ),
        SceneNetworks(
            quick(), scene_estimator=FrozenEstimator(Sign().fit()), max_iter=1
        ),
        SceneNetworks(scene_estimator=FrozenEstimator(Sign().fit()), max_iter=1),
        UserAveragingGeolocator(quick()),
    ],
    ids=["pipeline", "search", "search-pipeline", "scenes", "scenes-default", "wrap"],
)
def test_whatever_ends_in_cells(estimator):
    fitted, first, folds = run(estimator)
    inside = check_estimator_of_cells(fitted, fitted=True)
    assert first.n_cells == len(inside.cell_places_)
    np.testing.assert_allclose(first.proba.sum(axis=1), 1.0, rtol=1e-5)
    assert ((first.mass > 0) & (first.mass <= 1 + 1e-6)).all()
    # One fold by hand, with the cells of the whole.
    train, test = np.flatnonzero(folds != 0), np.flatnonzero(folds == 0)
    same = fit_wrapped(with_cells_of(fitted), PHOTOS[train], PLACES[train], None)
    assert not isinstance(same, GridSearchCV)
    again = first_cells(same, PHOTOS[test], 4)
    np.testing.assert_array_equal(again.cells, first.cells[test])
    np.testing.assert_allclose(again.proba, first.proba[test], rtol=1e-4)


def test_weights_find_their_way():
    weights = np.random.default_rng(0).integers(0, 3, N).astype(float)
    pipe = make_pipeline(StandardScaler(), quick())
    fitted = fit_wrapped(clone(pipe), PHOTOS, PLACES, weights)
    last = pipe[-1].__class__.__name__.lower()
    alone = clone(pipe).fit(X, PLACES, **{f"{last}__sample_weight": weights})
    np.testing.assert_array_equal(fitted.predict_proba(X), alone.predict_proba(X))
    none = fit_wrapped(clone(pipe), PHOTOS, PLACES, None)
    assert not np.array_equal(none.predict_proba(X), alone.predict_proba(X))
    folds = fold_numbers(2, PHOTOS, PLACES, 0)
    with pytest.raises(ValueError, match=r"all have sample_weight=0\. Use"):
        run(quick(), weights=(folds == 1).astype(float), folds=folds)


def test_probabilities_in_bounded_parts():
    model = quick().fit(X, PLACES)
    with sklearn.config_context(working_memory=0.005):
        parts = list(proba_parts(model, PHOTOS))
    assert len(parts) > 3
    starts, stops = zip(*((rows.start, rows.stop) for rows, _ in parts), strict=True)
    assert starts[1:] == stops[:-1]
    np.testing.assert_allclose(
        np.vstack([proba for _, proba in parts]), model.predict_proba(X), rtol=1e-4
    )
    # Users are not cut where a wrapper has to see them whole, in a pipeline neither.
    columns = np.column_stack([X, GROUPS])
    whole = UserAveragingGeolocator(quick(), groups=-1).fit(columns, PLACES)
    pipe = make_pipeline("passthrough", whole)
    for estimator in (whole, FrozenEstimator(whole), pipe):
        out = np.zeros((N, len(whole.cell_places_)))
        with sklearn.config_context(working_memory=0.005):
            for rows, proba in proba_parts(estimator, Photos(columns)):
                out[rows] = proba
        np.testing.assert_allclose(out, whole.predict_proba(columns), rtol=1e-4)


def test_a_wrapper_that_came_fitted_with_columns_an_outer_one_takes():
    inner = UserAveragingGeolocator(quick(), groups="user", times="taken")
    inner.fit(FRAME, PLACES)
    photos = read_photos(Given(FRAME), times="taken", groups="user")
    np.testing.assert_allclose(
        first_cells(inner, photos, 99).dense(), inner.predict_proba(FRAME), rtol=1e-4
    )
    table = FRAME.assign(user=GROUPS)[["look_0", "user", "look_1", "look_2"]].to_numpy()
    by_position = UserAveragingGeolocator(quick(), groups=1).fit(table, PLACES)
    photos = read_photos(Given(table), groups=-3)
    assert photos.X.shape == (N, 3)
    np.testing.assert_allclose(
        first_cells(by_position, photos, 99).dense(),
        by_position.predict_proba(table),
        rtol=1e-4,
    )


def test_folds_of_whole_groups():
    for seed in range(5):
        folds = fold_numbers(4, PHOTOS, PLACES, seed)
        assert sorted(set(folds)) == [0, 1, 2, 3]
        assert all(len(set(folds[g == GROUPS])) == 1 for g in np.unique(GROUPS))
    assert (fold_numbers(4, PHOTOS, PLACES, 0) != folds).any()
    alone = fold_numbers(4, Photos(X), PLACES, 0)
    assert np.ptp(np.bincount(alone)) <= 1
    assert any(len(set(alone[g == GROUPS])) > 1 for g in np.unique(GROUPS))
    given = fold_numbers(GroupKFold(3), PHOTOS, PLACES, 0)
    for number, (_, test) in enumerate(GroupKFold(3).split(X, None, GROUPS)):
        np.testing.assert_array_equal(np.flatnonzero(given == number), test)


@pytest.mark.parametrize(
    ("cv", "photos", "words"),
    [
        (21, PHOTOS, "cv=21 folds of 20 groups.*Lower cv"),
        (N + 1, Photos(X), f"cv={N + 1} folds of {N} photos"),
        (ShuffleSplit(9, random_state=0), Photos(X), "holds some photos out several"),
        (RepeatedKFold(n_splits=2), Photos(X), "holds some photos out several"),
        (ShuffleSplit(1, random_state=0), Photos(X), "cv never holds out"),
        (GroupKFold(2), Photos(X), "groups"),
    ],
)
def test_refuses_folds(cv, photos, words):
    with pytest.raises(ValueError, match=words):
        fold_numbers(cv, photos, PLACES, 0)


def test_refuses_more_folds_than_photos_that_count():
    weights = np.zeros(N)
    weights[GROUPS == 3] = 1.0
    n_counted = int((GROUPS == 3).sum())
    cases = [
        (N, Photos(X), f"cv={N} folds of {n_counted} photos of weight above 0"),
        (2, PHOTOS, "cv=2 folds of 1 groups of weight above 0"),
    ]
    for cv, photos, words in cases:
        with pytest.raises(ValueError, match=rf"{words} \(n_samples={N}\): there"):
            fold_numbers(cv, photos, PLACES, 0, weights)


@pytest.mark.parametrize(
    "around",
    [
        lambda model: make_pipeline("passthrough", model),
        lambda model: make_pipeline(GridSearchCV(model, {"max_iter": [1]}, cv=2)),
        lambda model: GridSearchCV(make_pipeline(model), {}, cv=2),
    ],
)
@pytest.mark.parametrize("routed", [False, True])
def test_weights_reach_what_is_inside(fits, around, routed):
    weights = np.random.default_rng(0).random(N)
    with sklearn.config_context(enable_metadata_routing=routed):
        model = quick(Spy)
        if routed:
            model.set_fit_request(sample_weight=True)
            model.set_score_request(sample_weight=True)
        whole = around(model)
        if routed and isinstance(whole, GridSearchCV):
            need_routed_searches()
        fit_wrapped(whole, PHOTOS, PLACES, weights)
    np.testing.assert_array_equal(fits[-1][2], weights)  # the last learns from all


@pytest.mark.parametrize("search", [False, True])
@pytest.mark.parametrize("routed", [False, True])
def test_times_and_groups_reach_a_wrapper_in_a_pipeline(search, routed):
    class Told(UserAveragingGeolocator):
        def fit(self, X, y, sample_weight=None, *, times=None, groups=None):
            told.append(self._read_features(Given(X, times, groups)))
            return super().fit(X, y, sample_weight, times=times, groups=groups)

    told = []
    with sklearn.config_context(enable_metadata_routing=routed):
        model = Told(quick())
        if routed:
            model.set_fit_request(times=True, groups=True)
            model.set_score_request(times=True, groups=True)
        pipe = make_pipeline("passthrough", model)
        if search:
            pipe = GridSearchCV(pipe, {}, cv=2, scoring=lambda *_: 0.0, refit=True)
        moments = np.datetime64("2020-05-01", "s") + np.arange(N)
        whole = Photos(X, times=moments, groups=GROUPS)
        fit_wrapped(pipe, whole, PLACES, None)
    assert [len(one) for one in told] == ([N // 2, N - N // 2, N] if search else [N])
    # Clocks have no zone any more, but nobody asks for one again.
    np.testing.assert_array_equal(told[-1].times, moments)
    np.testing.assert_array_equal(told[-1].groups, GROUPS)


def test_what_takes_no_weights_gets_none():
    class NoWeights(HierarchicalCellClassifier):
        def fit(self, X, y):
            return super().fit(X, y)

    fit_wrapped(make_pipeline(quick(NoWeights)), PHOTOS, PLACES, np.ones(N))


def test_what_comes_fitted():
    assert is_given(quick(), "prefit")
    assert is_given(FrozenEstimator(quick()), 5)
    assert not is_given(quick(), 5)
    assert not is_given(quick(), KFold(3))
    assert not is_given(quick(), None)


@pytest.mark.parametrize(
    ("estimator", "fitted", "words"),
    [
        (
            HierarchicalCellClassifier,
            False,
            r"is the class HierarchicalCellClassifier: pass Hierarchical\w+\(",
        ),
        (NeighborGeolocator(), False, "a NeighborGeolocator has no predict_proba"),
        (make_pipeline(NeighborGeolocator()), False, "a Pipeline has no predict_proba"),
        (
            LogisticRegression().fit(X, GROUPS),
            True,
            "a LogisticRegression has probabilities, but not of cells",
        ),
    ],
)
def test_refuses_what_says_no_cells(estimator, fitted, words):
    with pytest.raises(TypeError, match=words):
        check_estimator_of_cells(estimator, fitted=fitted)


def test_warns_of_photos_that_were_seen():
    model = quick().fit(X, PLACES)
    with pytest.warns(UserWarning, match="learnt from these photos: 100% of a sample"):
        warn_if_seen(model, PLACES)
    scenes = SceneNetworks(
        quick(), scene_estimator=FrozenEstimator(Sign().fit()), max_iter=1
    ).fit(X, PLACES)
    with pytest.warns(UserWarning, match="learnt from these photos"):
        warn_if_seen(scenes, PLACES)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_if_seen(model, PLACES + 1e-9)
        warn_if_seen(model, PLACES[: N // 3])  # less than half of what it knows
        warn_if_seen(model, model.predict_cells(X))  # of cells nothing can be told
        warn_if_seen(LogisticRegression(), PLACES)


def test_warns_of_a_wrapper_that_has_seen_them():
    whole = UserAveragingGeolocator(quick(), groups=-1)
    whole.fit(np.column_stack([X, GROUPS]), PLACES)
    with pytest.warns(UserWarning, match="learnt from these photos"):
        warn_if_seen(whole, PLACES)


def test_units_are_held_out_whole_and_one_alone_judges_nothing():
    units = np.array([7, 3, 7, 3, 9, 7])
    folds = folds_of_units(units, 2, 0)
    assert set(folds) == {0, 1}
    assert all(len(set(folds[units == unit])) == 1 for unit in (3, 7, 9))
    assert len(set(folds_of_units(units, 5, 0))) == 3  # no more than units
    assert folds_of_units(np.full(4, 7), 5, 0).tolist() == [-1] * 4


# What comes fitted, inside of others --------------------------------------------------


def taught(rows, **params):
    settings = {"max_iter": 2, "random_state": 0, "device": "cpu", **params}
    return HierarchicalCellClassifier(LEVELS, **settings).fit(X[rows], PLACES[rows])


def test_a_frozen_classifier_of_scenes_stays_in_folds_what_it_is():
    frozen = FrozenEstimator(taught(slice(0, N // 2), hidden=(3,)))
    router = FrozenEstimator(LogisticRegression().fit(X, X[:, 0] > 0))
    scenes = SceneNetworks(frozen, scene_estimator=router, max_iter=1, random_state=0)
    same = with_cells_of(scenes.fit(X, PLACES))
    assert same.classifier is frozen
    late = slice(N // 2, N)
    photos, folds = Photos(X[late]), np.arange(N - N // 2) % 2
    fitted, first = cross_fit(
        scenes, photos, PLACES[late], None, folds=folds, n_first=4, seed=0
    )
    assert fitted.common_ is frozen.estimator
    for fold in range(2):
        at = folds == fold
        one = clone(scenes).fit(X[late][~at], PLACES[late][~at])
        said = FirstCells.of(one.predict_proba(X[late][at]), 4)
        np.testing.assert_array_equal(first.cells[at], said.cells)


@pytest.mark.parametrize("around", ["pipeline", "wrapper"])
def test_a_frozen_classifier_in_something_has_its_cells_in_folds(around):
    frozen = FrozenEstimator(taught(slice(0, N // 2)))
    model = make_pipeline(StandardScaler(), frozen)
    if around == "wrapper":
        model = UserAveragingGeolocator(frozen)
    wrapper = SelectiveGeolocator(model, coverage=0.5, cv=2, random_state=0)
    late = slice(N // 2, N)
    more = {"groups": GROUPS[late]}
    asked = more if around == "wrapper" else {}
    accepted = wrapper.fit(X[late], PLACES[late], **more).accepts(X[late], **asked)
    assert accepted.any()
    with pytest.warns(UserWarning, match="has learnt from these photos") as caught:
        wrapper.fit(X[: N // 2], PLACES[: N // 2], groups=GROUPS[: N // 2])
    assert [one.filename for one in caught] == [__file__]


@pytest.mark.parametrize(
    "wrapper",
    [
        lambda inside, cv: TimeAdjustedGeolocator(inside, times="taken", max_iter=1),
        lambda inside, cv: SelectiveGeolocator(inside, coverage=0.5, cv=cv),
    ],
)
def test_the_warning_of_photos_that_were_seen_is_of_the_line_that_called(wrapper):
    model = wrapper(FrozenEstimator(taught(slice(None))), cv="prefit")
    table = X
    if isinstance(model, TimeAdjustedGeolocator):
        table = looks(FRAME).assign(taken=FRAME["taken"])
        model.estimator.estimator.fit(looks(FRAME), PLACES)
    with pytest.warns(UserWarning, match="has learnt from these photos") as caught:
        model.fit(table, PLACES)
    assert [one.filename for one in caught] == [__file__]


def test_a_fold_without_weight_is_told_by_whoever_makes_folds():
    weights = np.zeros(N)
    weights[: N // 3] = 1.0
    wrapper = SelectiveGeolocator(NeighborGeolocator(3), coverage=0.5, cv=KFold(3))
    with pytest.raises(ValueError, match=r"^cv: .* all have sample_weight=0"):
        wrapper.fit(X, PLACES, sample_weight=weights)
