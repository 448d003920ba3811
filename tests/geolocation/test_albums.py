# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_geo.geolocation._albums import (
    by_user,
    like_lengths,
    minutes_since,
    padding_waste,
    shuffled_in_lots,
)


def _moments(*minutes):
    return np.array(minutes, dtype="datetime64[m]").astype("datetime64[s]")


def test_users_one_after_the_other_and_times_in_order():
    groups = np.array([1, 0, 1, 0, 1])
    times = _moments(9, 5, 2, 1, 9)
    albums = by_user(groups, times)
    # Equal times stay in order of rows.
    assert albums.padded(slice(None)).tolist() == [[3, 1, -1], [2, 0, 4]]
    assert albums.users.tolist() == [0, 1]
    assert by_user(groups, None).padded(slice(None)).tolist() == [[1, 3, -1], [0, 2, 4]]


def test_what_has_no_time_comes_last_in_order_of_rows():
    times = np.array(["NaT", "2020-01-02", "NaT", "2020-01-01"], dtype="datetime64[s]")
    albums = by_user(np.zeros(4, dtype=int), times)
    assert albums.order.tolist() == [3, 1, 0, 2]


@pytest.mark.parametrize(
    ("n_photos", "lengths"),
    [(1, [1]), (24, [24]), (25, [13, 12]), (49, [17, 16, 16]), (72, [24, 24, 24])],
)
def test_long_users_are_cut_evenly(n_photos, lengths):
    albums = by_user(np.zeros(n_photos, dtype=int), np.arange(n_photos), 24)
    assert albums.lengths.tolist() == lengths
    # Consecutive photos, each in one album.
    np.testing.assert_array_equal(albums.order, np.arange(n_photos))
    rows = albums.padded(slice(None))
    np.testing.assert_array_equal(rows[rows >= 0], np.arange(n_photos))


def test_some_albums_are_what_they_were():
    rng = np.random.default_rng(0)
    groups = rng.integers(20, size=300)
    albums = by_user(groups, rng.integers(50, size=300), 8)
    picked = np.array([7, 2, 11])
    some = albums.some(picked)
    for number, album in enumerate(picked):
        run = albums.order[albums.starts[album] : albums.starts[album + 1]]
        assert some.order[some.starts[number] : some.starts[number + 1]].tolist() == (
            run.tolist()
        )
        assert (groups[run] == some.users[number]).all()


def test_minutes_since_the_first_photo():
    times = np.array(
        ["2020-01-01T00:00", "2020-01-01T01:30", "NaT"], dtype="datetime64[s]"
    )
    rows = np.array([[0, 1, 2], [1, -1, -1], [2, -1, -1]])
    nan = np.nan
    expected = [[0.0, 90.0, nan], [0.0, nan, nan], [nan, nan, nan]]
    np.testing.assert_array_equal(minutes_since(times, rows), expected)
    assert np.isnan(minutes_since(None, rows)).all()


def test_batches_hold_all_albums_once_and_fit():
    rng = np.random.default_rng(1)
    lengths = rng.integers(1, 25, size=500)
    batches = list(like_lengths(lengths, 200))
    np.testing.assert_array_equal(np.sort(np.concatenate(batches)), np.arange(500))
    for batch in batches:
        assert len(batch) * lengths[batch].max() <= 200
    # An album longer than that is alone.
    assert [b.tolist() for b in like_lengths(np.array([5, 2, 3]), 4)] == [[1], [2], [0]]


def test_little_is_wasted_on_padding():
    counts = np.bincount(np.random.default_rng(2).zipf(1.7, 20_000).clip(max=5000))
    lengths = np.repeat(np.arange(len(counts)), counts)
    groups = np.repeat(np.arange(len(lengths)), lengths)
    albums = by_user(groups, None, 24)
    batches = [albums.lengths[b] for b in like_lengths(albums.lengths, 4096)]
    assert padding_waste(batches) < 0.05
    # By hand: three and one photo in two lines of three.
    assert padding_waste([np.array([3, 1])]) == pytest.approx(1 / 3)


def test_lots_shuffle_but_keep_like_lengths_together():
    rng = np.random.default_rng(3)
    lengths = rng.integers(1, 25, size=403)
    order = shuffled_in_lots(lengths, 8, rng)
    np.testing.assert_array_equal(np.sort(order), np.arange(403))
    batches = [lengths[order[at : at + 8]] for at in range(0, 403, 8)]
    assert padding_waste(batches) < 0.15
    assert (np.diff([b.mean() for b in batches]) < 0).any()
    assert not np.array_equal(order, shuffled_in_lots(lengths, 8, rng))
