# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np
import pytest
import sklearn
from scipy import sparse
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_geo.datasets import make_geotagged_photos
from sklearn_geo.geolocation import (
    AlbumGeolocator,
    HierarchicalCellClassifier,
    SceneNetworks,
    TimeAdjustedGeolocator,
)
from sklearn_geo.geolocation._held_out import calibration_rows, watched_rows
from sklearn_geo.nets import RowData, Store, write_block
from sklearn_geo.partition import S2Partition

# 400 photos of 40 users, the first of whom took a hundred.
OWNERS = np.concatenate([np.zeros(100, dtype=int), np.arange(300) % 39 + 1])
RNG = np.random.default_rng(0)
PLACES = RNG.uniform([-60, -180], [60, 180], size=(400, 2))
X = np.hstack([PLACES / 90.0, RNG.normal(size=(400, 2))])
NAMES = np.array([f"user {number}" for number in OWNERS])


class Spy(HierarchicalCellClassifier):
    """Remembers which rows taught it, and which were watched."""

    def _train(self, module, criterion, data, **more):
        self.rows_ = data.rows
        self.watched_ = None if more["valid"] is None else more["valid"].rows
        super()._train(module, criterion, data, **more)


def model(kind=Spy, **params):
    settings = {"max_iter": 2, "random_state": 0, "device": "cpu", **params}
    return kind(S2Partition(60, 1), **settings)


# Rows ---------------------------------------------------------------------------------


def test_without_groups_random_rows_are_held_out():
    counted = np.arange(3, 203, 2)
    learn, held_out = calibration_rows(counted, 0.29, 7)
    order = np.random.default_rng([7, 1]).permutation(100)
    assert len(held_out) == 29  # though 0.29 * 100 is 28.999999999999996
    np.testing.assert_array_equal(held_out, np.sort(counted[order[:29]]))
    np.testing.assert_array_equal(np.sort(np.concatenate([learn, held_out])), counted)


def test_somebody_is_left_to_learn_from():
    for rows in (1, 7):
        learn, held_out = calibration_rows(np.arange(rows), 1.0 - 1e-12, 0)
        assert (len(learn), len(held_out)) == (1, rows - 1)


def test_groups_are_held_out_whole():
    counted = np.flatnonzero(OWNERS != 5)
    learn, held_out = calibration_rows(counted, 0.25, 3, OWNERS)
    assert not set(OWNERS[learn]) & set(OWNERS[held_out])
    np.testing.assert_array_equal(np.sort(np.concatenate([learn, held_out])), counted)
    assert len(set(OWNERS[held_out])) == 9  # a quarter of 39
    assert (np.diff(learn) > 0).all()
    assert (np.diff(held_out) > 0).all()
    _, some = calibration_rows(np.arange(100), 0.29, 0, np.arange(100))
    assert len(some) == 29


def test_what_is_watched_is_watched_whole():
    data = RowData(X, [OWNERS], rows=np.flatnonzero(OWNERS != 5))
    learn, watched = watched_rows(data, 0.2, 3, OWNERS[data.rows])
    assert not set(OWNERS[learn.rows]) & set(OWNERS[watched.rows])
    both = np.concatenate([learn.rows, watched.rows])
    np.testing.assert_array_equal(np.sort(both), data.rows)
    assert len(set(OWNERS[watched.rows])) == 8  # of 39


def test_large_groups_are_held_out_no_more_often():
    # Were it less or more likely for who has many photos, those held out would not be
    # like others to come.
    rows = np.arange(400)
    found = [0 in calibration_rows(rows, 0.25, seed, OWNERS)[1] for seed in range(400)]
    assert abs(np.mean(found) - 0.25) < 3.0 * np.sqrt(0.25 * 0.75 / 400)


# The classifier -----------------------------------------------------------------------


def test_no_user_is_on_two_sides():
    fitted = model(calibration_fraction=0.2, early_stopping=True)
    fitted.fit(X, PLACES, groups=NAMES)
    taught, watched = set(NAMES[fitted.rows_]), set(NAMES[fitted.watched_])
    values = np.unique(NAMES)
    calibrated = set(values[fitted.calibration_groups_])
    assert (len(taught), len(watched), len(calibrated)) == (29, 3, 8)
    assert taught | watched | calibrated == set(values)
    held_out = np.isin(NAMES, list(calibrated))
    assert len(fitted.calibration_scores_) == held_out.sum()
    np.testing.assert_array_equal(
        values[fitted.calibration_groups_], NAMES[held_out]
    )  # row by row
    again = model(calibration_fraction=0.2, early_stopping=True)
    again.fit(X, PLACES, groups=OWNERS.astype(object) + 2**70)  # in the same order
    assert len(set(again.calibration_groups_)) == 8


def test_cells_are_made_without_who_is_held_out():
    fitted = model(calibration_fraction=0.5).fit(X, PLACES, groups=OWNERS)
    others = ~np.isin(OWNERS, fitted.calibration_groups_)
    np.testing.assert_array_equal(fitted.rows_, np.flatnonzero(others))
    alone = model(calibration_fraction=None).fit(X[others], PLACES[others])
    np.testing.assert_array_equal(fitted.cell_places_, alone.cell_places_)
    np.testing.assert_array_equal(fitted.predict_proba(X), alone.predict_proba(X))
    assert alone.calibration_groups_ is None
    alone.calibrate(X[~others], PLACES[~others], groups=OWNERS[~others])
    np.testing.assert_array_equal(fitted.calibration_scores_, alone.calibration_scores_)
    region = fitted.predict_region(X, 0.8).toarray()
    np.testing.assert_array_equal(region, alone.predict_region(X, 0.8).toarray())
    by_rows = alone.calibrate(X[~others], PLACES[~others])
    assert by_rows.calibration_groups_ is None
    fitted.fit(X, PLACES)
    assert fitted.calibration_groups_ is None


def test_weights_of_zero_leave_their_users_out():
    weights = (OWNERS % 2).astype(float)
    fitted = model(calibration_fraction=0.25, early_stopping=True)
    fitted.fit(X, PLACES, sample_weight=weights, groups=OWNERS)
    odd = weights > 0
    alone = model(calibration_fraction=0.25, early_stopping=True)
    alone.fit(X[odd], PLACES[odd], groups=OWNERS[odd])
    assert len(set(fitted.calibration_groups_)) == 5  # of 20
    np.testing.assert_array_equal(fitted.predict_proba(X), alone.predict_proba(X))
    np.testing.assert_array_equal(fitted.calibration_scores_, alone.calibration_scores_)


def test_a_warm_start_holds_the_same_users_out():
    fitted = model(early_stopping=True, warm_start=True).fit(X, PLACES, groups=OWNERS)
    before = fitted.calibration_groups_, fitted.watched_
    fitted.fit(X, PLACES, groups=OWNERS)
    np.testing.assert_array_equal(fitted.calibration_groups_, before[0])
    np.testing.assert_array_equal(fitted.watched_, before[1])


def test_regions_by_continent_count_users_too():
    fitted = model(calibration_fraction=0.5).fit(X, PLACES, groups=OWNERS)
    north = (fitted.cell_places_[:, 0] > 0).astype(int)
    cells = fitted.calibration_cells_
    users = [
        len(set(fitted.calibration_groups_[north[cells] == side])) for side in (0, 1)
    ]
    assert min(users) >= 4  # so that 0.8 can be promised in both
    region = fitted.predict_region(X, 0.8, by=north).toarray()
    for side in (0, 1):
        own = north[cells] == side
        alone = model(calibration_fraction=None)
        alone.__dict__.update(fitted.__dict__)
        alone.calibration_scores_ = fitted.calibration_scores_[own]
        alone.calibration_groups_ = fitted.calibration_groups_[own]
        expected = alone.predict_region(X, 0.8).toarray()
        np.testing.assert_array_equal(
            region[:, north == side], expected[:, north == side]
        )


# Words --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        (NAMES[:-1], "groups has 399 rows, but X has 400"),
        (np.column_stack([NAMES, NAMES]), r"groups must name .*got shape \(400, 2\)"),
        (np.where(OWNERS == 7, np.nan, OWNERS), "groups, row 106: the group is miss"),
        (np.zeros(400), "groups: there are 1, and calibration_fraction=0.1.*more gro"),
        (OWNERS % 7, r"groups: there are 7, .*Set calibration_fraction=0.15 at least"),
    ],
)
@pytest.mark.parametrize("kind", [HierarchicalCellClassifier, SceneNetworks])
def test_words_about_groups(groups, words, kind):
    one, more = model(), {}
    if kind is SceneNetworks:
        one, more = SceneNetworks(one), {"scenes": OWNERS % 2}
    with pytest.raises(ValueError, match=words):
        one.fit(X, PLACES, groups=groups, **more)


def test_words_about_groups_that_calibrate():
    fitted = model(max_iter=1).fit(X, PLACES)
    for groups, words in (
        (NAMES[:-1], "groups has 399 rows, but X has 400"),
        (X, r"groups must name .*got shape \(400, 4\)"),
        (np.where(OWNERS == 7, None, NAMES), "groups, row 106: the group is missing"),
    ):
        with pytest.raises(ValueError, match=words):
            fitted.calibrate(X, PLACES, groups=groups)


def test_what_the_words_say_helps():
    fitted = model(calibration_fraction=0.15).fit(X, PLACES, groups=OWNERS % 7)
    assert set(fitted.calibration_groups_) < set(range(7))
    with pytest.raises(
        ValueError, match=r"0.9 for new users .* 9 held-out.*those of 1"
    ):
        fitted.predict_region(X)
    fitted.calibrate(X, PLACES, groups=OWNERS).predict_region(X)
    fitted = model(calibration_fraction=None).fit(X, PLACES, groups=np.zeros(400))
    assert fitted.calibration_scores_ is None
    watching = model(calibration_fraction=None, early_stopping=True)
    with pytest.raises(ValueError, match=r"groups: of 1 to learn .* early_stopping=F"):
        watching.fit(X, PLACES, groups=np.zeros(400))


# In scikit-learn's company ------------------------------------------------------------


def test_groups_go_through_pipelines_and_routing():
    scaled = StandardScaler().fit_transform(X)
    expected = model().fit(scaled, PLACES, groups=OWNERS)
    pipe = make_pipeline(StandardScaler(), model()).fit(X, PLACES, spy__groups=OWNERS)
    np.testing.assert_array_equal(pipe.predict(X), expected.predict(scaled))
    with sklearn.config_context(enable_metadata_routing=True):
        routed = model().set_fit_request(groups=True)
        pipe = make_pipeline(StandardScaler(), routed).fit(X, PLACES, groups=OWNERS)
    np.testing.assert_array_equal(pipe.predict(X), expected.predict(scaled))
    np.testing.assert_array_equal(
        pipe[-1].calibration_groups_, expected.calibration_groups_
    )


def test_what_was_fitted_before_there_were_groups():
    fitted = model().fit(X, PLACES)
    region = fitted.predict_region(X, 0.8).toarray()
    del fitted.calibration_groups_
    np.testing.assert_array_equal(fitted.predict_region(X, 0.8).toarray(), region)


# Scene networks -----------------------------------------------------------------------


def networks(**params):
    classifier = model(HierarchicalCellClassifier, early_stopping=True)
    return SceneNetworks(classifier, max_iter=2, random_state=0, **params)


def test_no_network_sees_users_that_calibrate():
    scenes = OWNERS % 3  # a scene of one user alone has nobody to be watched
    scenes = np.where(OWNERS == 4, 3, scenes)
    fitted = networks(calibration_fraction=0.3)
    fitted.fit(X, PLACES, scenes=scenes, groups=NAMES)
    values = np.unique(NAMES)
    calibrated = np.isin(NAMES, values[fitted.calibration_groups_])
    assert len(set(fitted.calibration_groups_)) == 12  # of 40
    alone = networks(calibration_fraction=None)
    alone.fit(X[~calibrated], PLACES[~calibrated], scenes=scenes[~calibrated])
    np.testing.assert_array_equal(fitted.cell_places_, alone.cell_places_)
    assert fitted.common_.calibration_groups_ is None
    region = fitted.predict_region(X, 0.8).toarray()
    fitted.calibrate(X[calibrated], PLACES[calibrated], groups=NAMES[calibrated])
    np.testing.assert_array_equal(fitted.predict_region(X, 0.8).toarray(), region)


# On disk ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [HierarchicalCellClassifier, SceneNetworks])
def test_groups_are_stored(kind, tmp_path):
    if kind is SceneNetworks:
        fitted = networks(calibration_fraction=0.4)
        fitted.fit(X, PLACES, scenes=OWNERS % 2, groups=OWNERS)
        block = "scenes"
    else:
        fitted = model(kind, calibration_fraction=0.4).fit(X, PLACES, groups=OWNERS)
        block = "tables"
    fitted.save_pretrained(tmp_path)
    again = kind.from_pretrained(tmp_path)
    np.testing.assert_array_equal(again.calibration_groups_, fitted.calibration_groups_)
    region = fitted.predict_region(X, 0.9).toarray()
    np.testing.assert_array_equal(again.predict_region(X, 0.9).toarray(), region)
    tables = Store(tmp_path, kind=kind.__name__).load(block)
    for wrong in (tables["calibration_groups_"][:-1], np.full(4, 0.5)):
        entry = write_block(tmp_path, block, {**tables, "calibration_groups_": wrong})
        manifest = json.loads((tmp_path / "manifest.json").read_text())
        manifest["blocks"][block] = entry
        (tmp_path / "manifest.json").write_text(json.dumps(manifest))
        with pytest.raises(ValueError, match=r"was changed: .*calibration_groups_ has"):
            kind.from_pretrained(tmp_path)


# The promise --------------------------------------------------------------------------

N_WORLDS, N_USERS, SHARE = 5, 300, 0.3


@pytest.fixture(scope="module")
def asked():
    """Classifiers by rows and by users, and one photo of each of many new users."""
    found = []
    for seed in range(N_WORLDS):
        photos = make_geotagged_photos(
            4_000, n_users=N_USERS, n_tags=300, random_state=seed
        )
        tags, places = sparse.csr_array(photos.tags), photos.places
        new = np.random.default_rng(seed).permutation(N_USERS) < N_USERS // 2
        new = new[photos.users]
        # Rows are in random order, so that the first is one drawn of those of the user.
        first = np.unique(photos.users[new], return_index=True)[1]
        one = np.flatnonzero(new)[first]
        for groups in (None, photos.users[~new]):
            fitted = HierarchicalCellClassifier(
                S2Partition(100, 5, uncovered="nearest"),
                max_iter=4,
                learning_rate_init=0.03,
                calibration_fraction=SHARE,
                random_state=0,
            ).fit(tags[~new], places[~new], groups=groups)
            truth = fitted.partitions_[-1].predict(places[one])
            found.append((groups is not None, fitted, tags[one], truth))
    return found


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_new_users_get_what_is_promised(asked, coverage):
    held = {True: [], False: []}
    for by_users, fitted, tags, truth in asked:
        region = fitted.predict_region(tags, coverage).toarray()
        held[by_users].append(region[np.arange(len(truth)), truth])
    held = {by_users: np.concatenate(each) for by_users, each in held.items()}
    n_asked, n_calibrating = N_WORLDS * N_USERS // 2, N_WORLDS * 45
    assert len(held[True]) == n_asked
    # Three standard errors of shares of users: those that calibrate, and those asked.
    noise = np.sqrt(coverage * (1.0 - coverage) * (1 / n_asked + 1 / n_calibrating))
    least = coverage - 3.0 * noise
    most = coverage + 2.0 / (45 + 1) + 3.0 * noise
    assert least <= held[True].mean() <= most
    # Random rows are of users that taught, and far too easy.
    assert held[False].mean() < least


@pytest.mark.parametrize(
    ("kind", "groups", "words"),
    [
        ("times", None, r"0\.95 of 4 photos leaves none to learn from\. Lower it"),
        ("times", [0, 0, 1, 1], r"^groups: of 2 to learn from, validation_fraction="),
        ("albums", [0, 1, 2, 3], r"0\.95 of 4 users leaves none to learn from\. Lower"),
    ],
)
def test_wrappers_name_no_setting_that_they_do_not_have(kind, groups, words):
    base = FrozenEstimator(model().fit(X, PLACES))
    settings = {"preset": "paper", "validation_fraction": 0.95, "device": "cpu"}
    if kind == "times":
        wrapper = TimeAdjustedGeolocator(base, **settings, hidden=(2, 2, 2))
    else:
        wrapper = AlbumGeolocator(base, **settings, hidden=2)
    times = np.datetime64("2014-05-01T12") + np.arange(4).astype("timedelta64[h]")
    times = times.astype("datetime64[s]")
    far = PLACES[:4] + 1e-7  # new to what is wrapped
    with pytest.raises(ValueError, match=words) as one:
        wrapper.set_params(time_zone="UTC").fit(X[:4], far, times=times, groups=groups)
    assert "early_stopping" not in str(one.value)
