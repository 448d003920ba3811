# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos to classify: whose they are, what they show, and how they are split."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo.geometry import s2_cell_ids
from sklearn_geo.reproduce._nus_wide_task import nus_wide_task
from sklearn_geo.reproduce._photo_task import (
    PLACE,
    common_concepts,
    open_task,
    split_photos,
    synthetic_task,
)
from tests.reproduce.photos import options, write_nus_wide, write_users


@pytest.fixture(scope="module")
def task():
    return synthetic_task(600, 800)


def test_users_of_the_corpus_took_none_of_the_photos(task):
    assert not set(task.users) & set(task.corpus.groups)
    assert len(task.corpus) == 800
    # Nor is any photo of the one in the other.
    assert not {tuple(p) for p in task.places} & {tuple(p) for p in task.corpus.places}


def test_a_photo_shows_its_subject_and_what_that_belongs_to(task):
    y, names = task.y.to_numpy(), list(task.y.columns)
    subject = y[:, :24]
    assert_array_equal(subject.sum(axis=1), 1)
    beach = task.y["beach"] == 1
    # Both by hand: beaches and harbours are photos of water; a castle is historic.
    assert (task.y.loc[beach, "water_snow"] == 1).all()
    assert (task.y.loc[task.y["castle"] == 1, "historic_building"] == 1).all()
    # A group of one subject would only say the same again: offices are the workplace.
    assert "workplace" not in names
    assert len(names) == len(set(names))


def test_the_frame_has_the_place_and_the_features(task):
    assert list(task.X.columns[:2]) == PLACE
    assert task.features == [f"image_{k}" for k in range(32)]
    assert task.corpus.features.shape[1] == 32
    assert task.visual.shape == (800, sum(task.contexts.values()))


def test_same_seed_same_photos_other_seed_others():
    one, again, other = (synthetic_task(60, 60, seed=s) for s in (1, 1, 2))
    assert one.X.equals(again.X)
    assert not one.X.equals(other.X)


@pytest.mark.parametrize("kind", ["random", "block"])
def test_no_user_is_on_both_sides(task, kind):
    for seed in range(3):
        train, test = split_photos(task.places, task.users, kind, random_state=seed)
        assert not set(task.users[train]) & set(task.users[test])
        assert len(train) > len(test) > 50
    if kind == "random":
        # Users are drawn until two of five photos are taken.
        assert len(train) + len(test) == 600
        assert 0.35 < len(test) / 600 <= 0.4


def test_blocks_share_no_cell_either(task):
    from sklearn_geo.reproduce._photo_task import _block_level

    train, test = split_photos(task.places, task.users, "block")
    cells = s2_cell_ids(task.places, _block_level(task.places, 0.4))
    assert not set(cells[train]) & set(cells[test])


def test_other_folds_are_refused(task):
    with pytest.raises(ValueError, match='"random" or "block"; got \'rows\''):
        split_photos(task.places, task.users, "rows")


def test_concepts_need_ten_training_photos_and_a_test_photo_on_all_splits():
    y = np.zeros((20, 4), dtype=int)
    y[:11, 0] = 1  # ten to train on, and one to test on
    y[:10, 1] = 1  # none to test on
    y[1:11, 2] = 1  # nine to train on
    y[:, 3] = 1
    split = np.arange(10), np.arange(10, 20)
    assert_array_equal(common_concepts(y, [split]), [0, 3])
    assert_array_equal(common_concepts(y, [split, split[::-1]]), [3])
    with pytest.raises(ValueError, match="more photos by --rows"):
        common_concepts(y[:, 1:3], [split])


def test_sizes_come_from_the_command_line():
    task = open_task(options(rows=50, corpus=70, quick=True))
    assert (len(task.X), len(task.corpus)) == (50, 70)
    with pytest.raises(ValueError, match="--corpus must be 1 or more; got 0"):
        open_task(options(corpus=0))


def test_nus_wide_sets_users_aside_and_knows_one_context(tmp_path):
    photos, names = write_nus_wide(tmp_path)
    write_users(tmp_path, photos)
    task = nus_wide_task(tmp_path)
    assert list(task.y.columns) == names
    assert len(task.X) + len(task.corpus) == 400
    assert not set(task.users) & set(task.corpus.groups)
    assert task.contexts == {}
    assert task.features == [f"BoW_{k}" for k in range(8)]
    # Each row is one photo: its place tells which.
    at = {tuple(place): row for row, place in enumerate(photos.places)}
    rows = [at[tuple(place)] for place in task.places]
    assert_array_equal(task.users, [f"user{u}" for u in photos.users[rows]])
    shown = photos.subject[rows] == photos.subject_names.index(names[0])
    assert_array_equal(task.y[names[0]].to_numpy() == 1, shown)


def test_photos_of_unknown_users_stay_together_by_place(tmp_path):
    write_nus_wide(tmp_path)
    task = nus_wide_task(tmp_path, n_photos=200)
    assert len(task.X) + len(task.corpus) == 200
    cells = np.char.add("cell ", s2_cell_ids(task.places, 13).astype(str))
    assert_array_equal(task.users, cells)
    assert any("do not tell who took 400 photos" in note for note in task.notes)


def test_a_folder_without_nus_wide_says_what_was_looked_for(tmp_path):
    with pytest.raises(FileNotFoundError, match="list of geotags"):
        nus_wide_task(tmp_path)
