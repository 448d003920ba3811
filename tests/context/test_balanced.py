# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from sklearn_geo.context._balanced import balanced_rows, fair_share, row_hashes


def splitmix64(seed, n):
    """The generator as its authors wrote it, with Python's integers."""
    mask, state, out = 2**64 - 1, seed, []
    for _ in range(n):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        out.append(z ^ (z >> 31))
    return out


def test_hashes_are_the_published_numbers_of_splitmix64():
    # Its first three outputs from the seed 0.
    assert [hex(number) for number in row_hashes(0, np.arange(3)).tolist()] == [
        "0xe220a8397b1dcdaf",
        "0x6e789e6aa1b965f4",
        "0x6c45d188009454f",
    ]


@pytest.mark.parametrize("seed", [0, 7, 2**31 - 2])
def test_hashes_do_not_depend_on_the_other_rows(seed):
    expected = splitmix64(seed, 50)
    assert row_hashes(seed, np.arange(50)).tolist() == expected
    assert row_hashes(seed, np.array([31, 4])).tolist() == [expected[31], expected[4]]
    assert row_hashes(seed, np.array([2**40])).dtype == np.uint64


@pytest.mark.parametrize(
    ("counts", "n_most", "share"),
    [
        ([5, 2, 1], 8, 5),  # all fit
        ([5, 2, 1], 7, 4),  # 4 + 2 + 1
        ([5, 2, 1], 6, 3),  # 3 + 2 + 1
        ([5, 2, 1], 4, 1),  # 2 + 2 + 1 is too many
        ([5, 2, 1], 1, 1),  # one of each at least
        ([10], 3, 3),
    ],
)
def test_fair_share_by_hand(counts, n_most, share):
    assert fair_share(counts, n_most) == share


def test_the_smallest_hashes_of_a_zone_are_chosen():
    # Hashes from seed 0: row 0 0xe2..., row 1 0x6e..., row 2 0x06..., row 3 0xf8...
    zones = np.array([4, 4, 4, 9])
    assert_array_equal(balanced_rows(zones, 2, 0), [2, 3])
    assert_array_equal(balanced_rows(zones, 3, 0), [1, 2, 3])
    assert_array_equal(balanced_rows(zones, 99, 0), [0, 1, 2, 3])


@given(
    st.lists(st.integers(-1, 4), min_size=1, max_size=60),
    st.integers(1, 70),
    st.integers(0, 2**31 - 2),
)
def test_balanced_rows_against_a_naive_choice(zones, n_most, seed):
    zones = np.array(zones)
    hashes = splitmix64(seed, len(zones))
    chosen = balanced_rows(zones, n_most, seed)
    groups = [np.flatnonzero(zones == zone).tolist() for zone in np.unique(zones)]
    fits = [
        share
        for share in range(1, len(zones) + 1)
        if sum(min(share, len(group)) for group in groups) <= n_most
    ]
    share = max(fits, default=1)
    expected = [
        row for group in groups for row in sorted(group, key=hashes.__getitem__)[:share]
    ]
    assert chosen.tolist() == sorted(expected)


def test_samples_of_two_seeds_share_no_more_than_chance():
    zones = np.zeros(10_000, dtype=int)
    both = np.intersect1d(balanced_rows(zones, 5000, 1), balanced_rows(zones, 5000, 2))
    assert abs(len(both) - 2500) < 150  # six standard deviations of 25
