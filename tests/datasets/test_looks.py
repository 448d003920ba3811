# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Features and posteriors: what they show of the place and of the subject."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from sklearn_geo.datasets import make_geotagged_photos
from sklearn_geo.datasets._subjects import (
    SCENE_GROUPS,
    SUBJECTS,
    TRAITS,
    subject_tables,
)
from sklearn_geo.geometry import haversine

SIZES = {"n_users": 400, "n_tags": 10, "n_objects": 20}


def _errors(train, test, columns="data"):
    """Return how far the most similar photo of other users was taken, in km."""
    index = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(train[columns])
    nearest = index.kneighbors(test[columns], return_distance=False)[:, 0]
    return haversine(train.true_places[nearest], test.true_places)


def _chance(train, test):
    rows = np.random.default_rng(0).integers(len(train.users), size=len(test.users))
    return haversine(train.true_places[rows], test.true_places)


@pytest.mark.parametrize("view", ["objects", "scenes"])
def test_posteriors_are_rows_that_sum_to_one(photos, view):
    posteriors = photos[view]
    assert posteriors.dtype == np.float32
    assert posteriors.min() >= 0.0
    assert_allclose(posteriors.sum(axis=1), 1.0, atol=1e-5)
    # Confident, but not certain.
    assert 0.3 < posteriors.max(axis=1).mean() < 0.9


def test_features_are_finite_float32(photos):
    assert photos.data.dtype == np.float32
    assert photos.data.shape == (20_000, 64)
    assert np.isfinite(photos.data).all()
    assert 1.0 < photos.data.std() < 6.0


def test_features_tell_the_place_well_above_chance_but_not_exactly(photos, more_photos):
    errors = _errors(photos, more_photos)
    chance = _chance(photos, more_photos)
    assert np.median(errors) < 0.6 * np.median(chance)
    assert (errors <= 25).mean() > 8 * (chance <= 25).mean()
    # A photo of 1 km is rare: 0.03 is what networks reach on real ones.
    assert (errors <= 1.0).mean() < 0.2
    assert (errors > 2500).mean() > 0.2


def test_indoor_photos_tell_less_of_the_place(photos, more_photos):
    errors = _errors(photos, more_photos)
    membership = photos.scene_membership @ photos.scene_group_kinds
    kinds = membership[more_photos.subject].argmax(axis=1)
    indoor, urban, nature = (np.median(errors[kinds == kind]) for kind in range(3))
    assert indoor > 1.5 * nature
    assert indoor > 3 * urban


def test_features_tell_the_subject(photos, more_photos):
    model = KNeighborsClassifier(10, algorithm="brute").fit(photos.data, photos.subject)
    most = np.bincount(photos.subject).max() / 20_000
    assert model.score(more_photos.data, more_photos.subject) > 2 * most


def test_scenes_are_mostly_those_of_the_subject(photos):
    hit = (photos.scenes.argmax(axis=1) == photos.subject).mean()
    assert 0.5 < hit < 0.9


def test_objects_tell_the_subject_and_some_of_the_place(photos, more_photos):
    model = KNeighborsClassifier(10, algorithm="brute")
    model.fit(photos.objects, photos.subject)
    assert model.score(more_photos.objects, more_photos.subject) > 0.3
    near = (_errors(photos, more_photos, "objects") <= 750).mean()
    assert near > 1.3 * (_chance(photos, more_photos) <= 750).mean()


def test_without_any_signal_features_tell_nothing():
    blank = {"place_signal": 0.0, "subject_signal": 0.0, **SIZES}
    train = make_geotagged_photos(6000, random_state=0, **blank)
    test = make_geotagged_photos(2000, random_state=1, **blank)
    assert np.median(_errors(train, test)) > 0.9 * np.median(_chance(train, test))
    # Nothing but noise: standard normal, column by column.
    assert_allclose(train.data.mean(axis=0), 0.0, atol=0.06)
    assert_allclose(train.data.std(axis=0), 1.0, atol=0.05)
    # The same prior for every photo, up to the observers' noise.
    beach = SUBJECTS.index(next(s for s in SUBJECTS if s.name == "beach"))
    shown = train.scenes[train.subject == beach].mean(axis=0)
    assert_allclose(shown, train.scenes.mean(axis=0), atol=0.05)


def test_without_place_signal_only_the_subject_is_seen():
    train = make_geotagged_photos(6000, place_signal=0.0, random_state=0, **SIZES)
    groups = np.zeros((6000, len(SUBJECTS)))
    groups[np.arange(6000), train.subject] = 1.0
    left = train.data - LinearRegression().fit(groups, train.data).predict(groups)
    # What the subject does not explain is noise of unit variance.
    assert left.std() == pytest.approx(1.0, abs=0.02)


def test_without_subject_signal_the_subject_shows_only_through_its_places(photos):
    seen = make_geotagged_photos(6000, subject_signal=0.0, random_state=0, **SIZES)
    hit = (seen.scenes.argmax(axis=1) == seen.subject).mean()
    assert hit < 0.25
    assert (photos.scenes.argmax(axis=1) == photos.subject).mean() > 2 * hit


def test_stronger_place_signal_means_smaller_errors(photos):
    medians = []
    for strength in (0.3, 1.0, 3.0):
        sizes = {"place_signal": strength, **SIZES}
        train = make_geotagged_photos(6000, random_state=0, **sizes)
        test = make_geotagged_photos(1000, random_state=1, **sizes)
        medians.append(np.median(_errors(train, test)))
    assert medians[0] > medians[1] > medians[2]


def test_scene_tables_lead_from_scenes_to_groups_to_three_kinds(photos):
    assert photos.scene_membership.shape == (24, 16)
    assert photos.scene_group_kinds.shape == (16, 3)
    assert set(photos.scene_membership.sum(axis=1)) == {1, 2}
    assert_array_equal(photos.scene_group_kinds.sum(axis=1), 1)
    assert photos.scene_kind_names == ["indoor", "urban", "nature"]
    assert len(set(photos.scene_group_names)) == 16
    # Every group of the table has a scene.
    covered = photos.scene_membership.any(axis=0)
    assert covered.sum() == 16
    beach = photos.scene_names.index("scene_beach")
    nature = photos.scene_membership[beach] @ photos.scene_group_kinds
    assert_array_equal(nature, [0, 0, 1])
    room = photos.scene_names.index("scene_room")
    assert_array_equal(
        photos.scene_membership[room] @ photos.scene_group_kinds, [1, 0, 0]
    )


@pytest.mark.parametrize("n_scenes", [2, 3, 24, 30, 365])
def test_any_number_of_scenes_and_objects(n_scenes):
    photos = make_geotagged_photos(
        60, n_scenes=n_scenes, n_tags=10, n_objects=1000, random_state=0
    )
    assert photos.scenes.shape == (60, n_scenes)
    assert photos.objects.shape == (60, 1000)
    assert_allclose(photos.scenes.sum(axis=1), 1.0, atol=1e-5)
    assert_allclose(photos.objects.sum(axis=1), 1.0, atol=1e-5)
    assert len(set(photos.scene_names)) == n_scenes
    assert photos.scene_membership.shape == (n_scenes, 16)
    if n_scenes > 2:
        kinds = photos.scene_membership @ photos.scene_group_kinds
        assert (kinds.sum(axis=0) > 0).all()


def test_subjects_are_found_where_they_belong(photos):
    names = photos.subject_names
    world_mean = np.abs(photos.true_places[:, 0]).mean()
    snow = np.abs(photos.true_places[photos.subject == names.index("snow"), 0])
    assert snow.mean() > world_mean + 5
    popularity, view, likes, groups = subject_tables()
    assert likes.shape == (len(TRAITS), len(SUBJECTS))
    assert groups.shape == (len(SUBJECTS), len(SCENE_GROUPS))
    assert popularity.shape == view.shape == (len(SUBJECTS),)
    assert ((view >= 0) & (view <= 1)).all()


def test_what_photos_show_follows_the_place_as_strongly_as_asked():
    def markets_are_nearer_to_the_equator_by(strength):
        seen = make_geotagged_photos(
            6000, place_subjects=strength, random_state=0, **SIZES
        )
        away = np.abs(seen.true_places[:, 0])
        market = seen.subject == seen.subject_names.index("market")
        return away[~market].mean() - away[market].mean()

    nothing, some, much = map(markets_are_nearer_to_the_equator_by, (0.0, 1.0, 4.0))
    assert abs(nothing) < 2.5
    assert some > 2.5
    assert much > some + 5


def test_an_album_has_a_theme(photos):
    order = np.argsort(photos.albums, kind="stable")
    mates = photos.albums[order[1:]] == photos.albums[order[:-1]]
    same = (photos.subject[order[1:]] == photos.subject[order[:-1]])[mates].mean()
    shares = np.bincount(photos.subject) / 20_000
    assert same > 2 * (shares**2).sum()
