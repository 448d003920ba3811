# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a step of training reads: whose tags, which photos, which places."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sklearn_geo.ranking._batches import TripletLesson
from sklearn_geo.ranking._photo_rows import PhotoRows, PhotoScaling
from sklearn_geo.ranking._place_rows import NormalisedPair, PlaceRows
from sklearn_geo.ranking._triplet_rows import replaced

N_PHOTOS, N_TAGS = 30, 9
rng = np.random.default_rng(0)
TAGS = (rng.random((N_PHOTOS, N_TAGS)) < 0.3).astype(np.float32)
TAGS[TAGS.sum(axis=1) == 0, 0] = 1
# A photo is known by its feature, and its place by its latitude.
FEATURES = np.arange(N_PHOTOS, dtype=np.float32)[:, np.newaxis]
PLACES = np.column_stack([np.arange(N_PHOTOS) * 2.0, np.zeros(N_PHOTOS)])


class Plain(NormalisedPair):
    """Places as they are, to be known again."""

    def transform(self, places):
        return places


def lesson_of(at=None, *, places=PLACES, silence=0.0, **params):
    params = {"task": "tagging", "n_negatives": 4, "learnt": True, "seed": 3, **params}
    return TripletLesson(
        PhotoRows(FEATURES, PhotoScaling(None)),
        PlaceRows(places, Plain()),
        sparse.csr_array(TAGS),
        at,
        silence=silence,
        **params,
    )


def batch_of(lesson, rows):
    return replaced(lesson.data().take(rows).inputs)


def names(array):
    return np.asarray(array).ravel().astype(int)


@pytest.mark.parametrize("task", ["tagging", "retrieval"])
@pytest.mark.parametrize("at", [None, np.arange(3, 25, 2)])
def test_positives_belong_together_and_negatives_do_not(task, at):
    lesson = lesson_of(at, task=task)
    where = np.arange(N_PHOTOS) if at is None else at
    order = lesson.draw(0, np.random.default_rng(1), len(where))
    assert sorted(order) == list(range(len(where)))
    rows = order[:8]
    batch = batch_of(lesson, rows)
    photos, tags, latitudes = names(batch.photos), names(batch.tags), batch.places[:, 0]
    own = where[rows]
    assert batch.n_rows == 8
    assert_array_equal(photos[:8], own)
    assert_array_equal(latitudes, PLACES[own, 0])
    positive = tags[names(batch.tag)]
    assert (TAGS[own, positive] == 1).all()
    photo = photos[names(batch.photo)].reshape(8, 4)
    tag = tags[names(batch.other_tag)].reshape(8, 4)
    assert (TAGS[photo, tag] == 0).all()
    # Negatives keep the place of their positive, and all but photo or tag.
    assert_array_equal(names(batch.place), np.repeat(np.arange(8), 4))
    assert ((photo == own[:, None]) | (tag == positive[:, None])).all()
    assert set(photo.ravel()) <= set(where)
    if task == "retrieval":
        assert (photo != own[:, None]).all()
    else:
        assert 4 < (photo != own[:, None]).sum() < 28  # a fair coin, 32 times
    # Every photo and tag is in a batch once.
    assert len(set(photos[8:])) == len(photos[8:])
    assert len(set(tags)) == len(tags)


def test_an_epoch_draws_anew_and_the_same_epoch_the_same():
    lesson = lesson_of()
    first = lesson.draw(0, np.random.default_rng(1), N_PHOTOS)
    batch = batch_of(lesson, first[:9])
    lesson.draw(1, np.random.default_rng(2), N_PHOTOS)
    other = batch_of(lesson, first[:9])
    again = lesson_of()
    assert_array_equal(again.draw(0, np.random.default_rng(1), N_PHOTOS), first)
    same = batch_of(again, first[:9])
    assert_array_equal(batch.photo, same.photo)
    assert_array_equal(batch.tags, same.tags)
    assert names(batch.photo).tolist() != names(other.photo).tolist()


def test_slices_are_rows():
    lesson = lesson_of()
    some, same = batch_of(lesson, slice(4, 9)), batch_of(lesson, np.arange(4, 9))
    for name in ("photos", "tags", "places", "tag", "photo", "other_tag"):
        assert_array_equal(getattr(some, name), getattr(same, name))


def test_noise_is_drawn_anew_for_every_negative():
    lesson = lesson_of()
    lesson.sigma_km = 50.0
    batch = batch_of(lesson, np.arange(10))
    assert len(batch.places) == 10 * (1 + 4)
    assert_array_equal(names(batch.place), np.arange(10, 50))
    latitude = batch.places[:, 0].numpy()
    own = PLACES[np.concatenate([np.arange(10), np.repeat(np.arange(10), 4)]), 0]
    off = latitude - own
    assert len(np.unique(off)) == 50
    # 50 km are 0.45 degrees; of 50 draws the deviation is right to a third.
    assert 0.3 < off.std() < 0.6
    lesson.sigma_km = 0.0
    assert len(batch_of(lesson, np.arange(10)).places) == 10


@pytest.mark.parametrize("sigma_km", [0.0, 50.0])
def test_a_share_of_places_is_silenced_with_all_their_negatives(sigma_km):
    lesson = lesson_of(silence=0.4)
    lesson.sigma_km = sigma_km
    quiet = []
    for epoch in range(40):
        lesson.draw(epoch, np.random.default_rng(epoch), N_PHOTOS)
        batch = batch_of(lesson, np.arange(N_PHOTOS))
        heard = batch.heard.numpy()
        assert set(heard) <= {0.0, 1.0}
        quiet.append(1.0 - heard[:N_PHOTOS].mean())
        # A negative is silenced with its positive.
        negative = heard[names(batch.place)].reshape(N_PHOTOS, 4)
        assert (negative == heard[:N_PHOTOS, np.newaxis]).all()
    # 1200 coins: 0.4 to six standard errors.
    assert abs(np.mean(quiet) - 0.4) < 6 * np.sqrt(0.24 / 1200)


@pytest.mark.parametrize("sigma_km", [0.0, 50.0])
def test_missing_places_are_not_heard(sigma_km):
    places = PLACES.copy()
    places[::3] = np.nan
    lesson = lesson_of(places=places)
    lesson.sigma_km = sigma_km
    batch = batch_of(lesson, np.arange(N_PHOTOS))
    heard = batch.heard.numpy()
    assert np.isfinite(batch.places.numpy()).all()
    assert_array_equal(heard[:N_PHOTOS] == 0, np.arange(N_PHOTOS) % 3 == 0)
    negative = heard[names(batch.place)].reshape(N_PHOTOS, 4)
    assert (negative == heard[:N_PHOTOS, np.newaxis]).all()
    lesson.silence = 1.0
    assert not batch_of(lesson, np.arange(N_PHOTOS)).heard.any()


def test_a_batch_in_which_no_photo_is_replaced():
    # Every photo has the first tag, so that only tags can be replaced.
    tags = np.zeros((N_PHOTOS, 3), dtype=np.float32)
    tags[:, 0] = 1
    lesson = TripletLesson(
        PhotoRows(FEATURES + 1, PhotoScaling("l2")),
        PlaceRows(PLACES, Plain()),
        sparse.csr_array(tags),
        None,
        silence=0.0,
        seed=0,
        task="retrieval",
        n_negatives=2,
        learnt=True,
    )
    batch = batch_of(lesson, np.arange(5))
    assert len(batch.photos) == 5
    assert (batch.tags[batch.other_tag] != 0).all()
