# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest
from scipy import sparse

from sklearn_geo.metrics import (
    precision_at_k_within_km,
    precision_by_region,
    precision_by_tag_frequency,
)

COUNTS = np.array([0, 1, 3, 4, 9, 10, 31, 32, 99, 100, 316, 317, 1000])
PARIS, BERLIN, SYDNEY, LIMA = [48.9, 2.4], [52.5, 13.4], [-33.9, 151.2], [-12.0, -77.0]


def test_bins_by_hand():
    precision = np.arange(13) / 13
    table = precision_by_tag_frequency(
        np.arange(13), precision, COUNTS, n_resamples=20, random_state=0
    )
    # Bins end before the next power of the square root of ten: 1, 3.2, 10, 31.6, ...
    assert table.bins.least.tolist() == [0, 1, 4, 10, 32, 100, 317, 1000]
    assert table.bins.most.tolist() == [0, 3, 9, 31, 99, 316, 999, 3162]
    assert table.bins.n_tags.tolist() == [1, 2, 2, 2, 2, 2, 1, 1]
    expected = np.array([0, 1.5, 3.5, 5.5, 7.5, 9.5, 11, 12]) / 13
    assert table.bins.precision == pytest.approx(expected)
    assert table.tags.tag.tolist() == list(range(13))
    assert table.tags["count"].tolist() == COUNTS.tolist()
    assert table.tags.precision == pytest.approx(precision)
    # One tag in a bin says nothing about others of its frequency.
    assert np.isnan(table.bins.low).tolist() == (table.bins.n_tags == 1).tolist()
    several = table.bins.n_tags > 1
    assert (table.bins.low[several] <= table.bins.precision[several]).all()
    assert (table.bins.precision[several] <= table.bins.high[several]).all()


@pytest.mark.parametrize("bins_per_decade", [1, 2, 3, 10, 50])
def test_every_count_is_in_the_bin_that_says_so(bins_per_decade):
    rng = np.random.default_rng(0)
    counts = np.concatenate(
        [np.arange(50), 10 ** np.arange(7), rng.integers(0, 1e6, 9)]
    )
    table = precision_by_tag_frequency(
        np.arange(counts.size),
        np.zeros(counts.size),
        counts,
        bins_per_decade=bins_per_decade,
        n_resamples=2,
    )
    bins = table.bins
    inside = (bins.least[:, np.newaxis] <= counts) & (
        counts <= bins.most[:, np.newaxis]
    )
    assert (inside.sum(axis=0) == 1).all()
    assert inside.sum(axis=1).tolist() == bins.n_tags.tolist()
    # But for the first ones, of whole numbers, no bin spans more than its share.
    factor = (bins.most + 1.0) / np.maximum(bins.least, 1)
    wide = bins.least >= 100 * bins_per_decade
    assert (factor[wide] <= 10 ** (1 / bins_per_decade) * 1.02).all()


def test_several_queries_a_tag_and_queries_that_are_left_out():
    table = precision_by_tag_frequency(
        [2, 0, 2, 1], [1.0, 0.5, 0.0, np.nan], [5, 5, 9], random_state=0
    )
    assert table.tags.tag.tolist() == [0, 2]
    assert table.tags.n_queries.tolist() == [1, 2]
    assert table.tags.precision.tolist() == [0.5, 0.5]
    assert table.bins.n_tags.tolist() == [2]
    assert table.bins.n_queries.tolist() == [3]
    assert table.bins.precision.tolist() == [0.5]


def test_intervals_draw_tags_anew():
    values = np.array([0.0, 0.2, 0.9, 1.0])
    table = precision_by_tag_frequency(
        np.arange(4), values, [10, 11, 12, 13], n_resamples=300, random_state=5
    )
    draws = values[np.random.RandomState(5).randint(0, 4, (300, 4))].mean(axis=1)
    assert table.bins.low[0] == pytest.approx(np.quantile(draws, 0.025))
    assert table.bins.high[0] == pytest.approx(np.quantile(draws, 0.975))


def test_counts_of_a_sparse_indicator():
    y = sparse.csr_matrix([[1, 0], [1, 1]])
    for counts in (y.sum(axis=0), sparse.csr_array(y).sum(axis=0), [2.0, 1.0]):
        table = precision_by_tag_frequency([0, 1], [1.0, 0.0], counts, n_resamples=2)
        assert table.tags["count"].tolist() == [2, 1]


def test_continents_by_hand():
    places = [PARIS, SYDNEY, BERLIN, PARIS, LIMA, LIMA]
    precision = [1.0, 0.2, 0.0, 0.5, np.nan, 0.7]
    table = precision_by_region(
        places, precision, [PARIS, PARIS, LIMA, [0.0, 20.0]], random_state=0
    )
    assert table.region.tolist() == ["Europe", "Oceania", "South America"]
    assert table.n_queries.tolist() == [3, 1, 1]
    # Nobody was taught about Oceania, and nobody asks about Africa.
    assert table.n_train.tolist() == [2, 0, 1]
    assert table.precision == pytest.approx([0.5, 0.2, 0.7])
    draws = np.random.RandomState(0).randint(0, 3, (2000, 3))
    means = np.array([1.0, 0.0, 0.5])[draws].mean(axis=1)
    assert table.low[0] == pytest.approx(np.quantile(means, 0.025))
    assert table.high[0] == pytest.approx(np.quantile(means, 0.975))
    assert np.isnan(table.low[1:]).all()
    assert np.isnan(table.high[1:]).all()
    assert precision_by_region(places, precision, n_resamples=2).n_train is None


def test_users_are_drawn_whole():
    places, precision = [PARIS] * 4, [1.0, 1.0, 0.0, 0.0]
    alone = precision_by_region(places, precision, random_state=0)
    users = precision_by_region(
        places, precision, groups=["ann", "ann", "bob", "bob"], random_state=0
    )
    assert (users.low[0], users.high[0]) == (0, 1)
    assert users.precision == alone.precision == 0.5
    one = precision_by_region(places, precision, groups=["ann"] * 4)
    assert np.isnan(one.low[0])


def test_regions_of_other_kinds():
    # Both sides of the antimeridian are zones of their own; poles have letters.
    places = [[0.0, 179.9], [0.0, -179.9], [90.0, 10.0], [-90.0, 10.0]]
    precision = [0.1, 0.2, 0.3, 0.4]
    table = precision_by_region(places, precision, places[1:], by="utm_zone")
    assert table.region.tolist() == ["1N", "60N", "B", "Z"]
    assert table.n_train.tolist() == [1, 0, 1, 1]
    assert table.precision.tolist() == [0.2, 0.1, 0.4, 0.3]
    halves = precision_by_region(
        places,
        precision,
        places[:3],
        by=lambda some: np.where(some[:, 0] < 0, "south", "north"),
        n_resamples=2,
    )
    assert halves.region.tolist() == ["north", "south"]
    assert halves.n_train.tolist() == [3, 0]
    assert halves.precision == pytest.approx([0.2, 0.4])
    cells = precision_by_region(places, precision, places, by=("s2", 0), n_resamples=2)
    assert cells.n_queries.tolist() == cells.n_train.tolist()


def test_lists_become_a_table():
    tags = np.array([[1, 0], [1, 0], [0, 1], [1, 1]])
    each = precision_at_k_within_km(
        np.arange(2), None, tags, None, [[0, 2], [3, 1]], k=2, km=np.inf, average=None
    )
    table = precision_by_tag_frequency(np.arange(2), each, [30, 5], random_state=0)
    assert table.bins.least.tolist() == [4, 10]
    assert table.bins.precision.tolist() == [1 / 2, 1 / 2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([2], [1.0], [1, 1]), "query_tags, row 0: there is no tag 2, only 0 to 1"),
        (([0], [1.0, 0.5], [1]), "query_tags has 1 rows but precision has 2"),
        (([0], [[1.0]], [1]), "precision must .* a single km with average=None"),
        (([0], [np.nan], [1]), "precision is NaN for every query"),
        (([0], [1.0], [[1, 2], [3, 4]]), "counts must .* the columns of an indica"),
        (([0], [1.0], [-1]), "counts, tag 0: -1 is no number of photos"),
        (([0], [1.0], [1.5]), r"counts, tag 0: 1\.5 is no number"),
        (([0], [1.0], [np.nan]), "counts, tag 0: nan is no number"),
        (([0], [1.0], [3, 1.5, 2.5]), r"counts, tag 1: 1\.5 is no number"),
        (([0], [1.0], []), r"counts must hold .* got shape \(0,\)"),
        (([0], [1.0], ["a"]), "counts must hold .* dtype <U1"),
        (([0], [1.0], [2.0**53 + 2]), r"counts, tag 0: .* at most 2\*\*53"),
    ],
)
def test_what_is_no_frequency(arguments, words):
    with pytest.raises(ValueError, match=f"^{words}"):
        precision_by_tag_frequency(*arguments)


def test_more_that_does_not_fit():
    with pytest.raises(ValueError, match="bins_per_decade must be a whole number"):
        precision_by_tag_frequency([0], [1.0], [1], bins_per_decade=0)
    with pytest.raises(ValueError, match="confidence_level must be between"):
        precision_by_tag_frequency([0, 1], [1.0, 0], [1, 1], confidence_level=95)
    with pytest.raises(ValueError, match='by must be "continent"'):
        precision_by_region([PARIS], [1.0], by=["Europe"])
    with pytest.raises(TypeError, match=r"^precision must hold numbers"):
        precision_by_region([PARIS], ["high"])
    with pytest.raises(TypeError, match=r"^by mixes values that cannot be sorted"):
        precision_by_region(
            [PARIS] * 2, [1.0, 0.0], by=lambda _: np.array(["a", 1], dtype=object)
        )
    with pytest.raises(ValueError, match="is no kind of region"):
        precision_by_region([PARIS], [1.0], by="country")
    with pytest.raises(ValueError, match=r"^query_places has 1 rows but precision has"):
        precision_by_region([PARIS], [1.0, 0.0])
    with pytest.raises(ValueError, match=r"^train_places, row 0: latitude 95"):
        precision_by_region([PARIS], [1.0], [[95.0, 0.0]])
    with pytest.raises(ValueError, match=r"^query_places, row 0: latitude 95"):
        precision_by_region([[95.0, 0.0]], [1.0])
    with pytest.raises(ValueError, match="groups must name the user"):
        precision_by_region([PARIS], [1.0], groups=["a", "b"])


def test_bins_fit_in_memory():
    with pytest.raises(ValueError, match="bins_per_decade must be a whole number abov"):
        precision_by_tag_frequency([0], [1.0], [5], bins_per_decade=10**9)
    for wrong in (1.5, 1001, True):
        with pytest.raises(ValueError, match="bins_per_decade must be a whole number"):
            precision_by_tag_frequency([0], [1.0], [5], bins_per_decade=wrong)
    finest = precision_by_tag_frequency([0], [1.0], [5], bins_per_decade=1000)
    assert (finest.bins.least[0], finest.bins.most[0]) == (5, 5)
    # A hundred bins in each of two decades are more than an integer of 8 bits counts.
    narrow = precision_by_tag_frequency([0], [1.0], [50], bins_per_decade=np.int8(100))
    assert narrow.bins.least <= 50 <= narrow.bins.most <= 51


def test_shares_and_counts_are_what_they_are():
    for wrong in (80.0, -0.5, np.inf, 1e308, np.nextafter(1.0, 2.0)):
        with pytest.raises(ValueError, match=r"precision, row 1: .* is no share"):
            precision_by_tag_frequency([0, 0], [1.0, wrong], [5])
    with pytest.raises(ValueError, match=r"counts, tag 0: .* is no number of photos"):
        precision_by_tag_frequency([0], [1.0], [2.0**63])


def test_counts_of_half_floats():
    # 2 ** 53, beyond which floats may be rounded, is infinite in them.
    half = np.array([10.0, 20.0], dtype=np.float16)
    table = precision_by_tag_frequency([0, 1], [0.1, 0.3], half, random_state=0)
    assert table.tags["count"].tolist() == [10, 20]


def test_counts_of_any_size_stay_whole():
    # More than float32 holds exactly, more than 32 bits, and the most there may be.
    for count in (2**24 + 1, 3 * 10**9, 2**53):
        for counts in ([count], [float(count)], sparse.csr_array([[count]])):
            table = precision_by_tag_frequency([0], [1.0], counts)
            assert table.tags["count"].tolist() == [count]
            assert table.tags["count"].dtype == np.int64
            assert table.bins.least[0] <= count <= table.bins.most[0]
    assert table.bins.n_queries.dtype == table.bins.n_tags.dtype == np.int64


def test_broken_sparse_counts_are_refused():
    broken = sparse.csr_array(np.eye(2))
    broken.indices[-1] = 10**6
    with pytest.raises(ValueError, match=r"^counts .*contradict each other"):
        precision_by_tag_frequency([0], [1.0], broken)


def test_one_seed_draws_for_all_bins_and_regions():
    values = np.array([0.0, 0.2, 0.9, 1.0])
    rng = np.random.RandomState(5)
    draws = [values[rng.randint(0, 4, (50, 4))].mean(axis=1) for _ in range(2)]
    expected = np.array([np.quantile(draw, [0.025, 0.975]) for draw in draws])
    assert (expected[0] != expected[1]).any()
    options = {"n_resamples": 50, "random_state": 5}
    precision = np.tile(values, 2)
    tables = (
        precision_by_tag_frequency(
            np.arange(8), precision, [10] * 4 + [500] * 4, **options
        ).bins,
        precision_by_region([PARIS] * 4 + [SYDNEY] * 4, precision, **options),
    )
    for table in tables:
        assert np.column_stack([table.low, table.high]) == pytest.approx(expected)


def test_users_make_intervals_wide():
    # Of three users, each always right or always wrong, a resample has 0, 1/3, 2/3 or
    # 1, and none of them is right with probability 1 / 27. Of 60 photos that are drawn
    # alone, about 40 are right, give or take 7.
    precision, users = np.repeat([1.0, 1.0, 0.0], 20), np.repeat(list("abc"), 20)
    alone = precision_by_region([PARIS] * 60, precision, random_state=0)
    whole = precision_by_region([PARIS] * 60, precision, groups=users, random_state=0)
    assert (whole.low[0], whole.high[0]) == (0, 1)
    assert 0.5 < alone.low[0] < alone.high[0] < 0.8


def test_users_of_one_region_are_those_of_its_queries():
    # In Paris there are two users with two queries each; in Sydney there is one user.
    places, precision = [PARIS, SYDNEY] * 4, [1.0, 0.3, 1.0, 0.5, 0.0, 0.3, 0.0, 0.5]
    users = ["ann", "eve", "ann", "eve", "bob", "eve", "bob", "eve"]
    table = precision_by_region(places, precision, groups=users, random_state=0)
    assert (table.low[0], table.high[0]) == (0, 1)
    assert np.isnan(table.low[1])


def test_the_last_bin_holds_the_most_frequent_tag():
    for count in (1, 9, 10, 99, 100, 10**15):
        for per_decade in (1, 2, 7):
            bins = precision_by_tag_frequency(
                [0], [1.0], [count], bins_per_decade=per_decade
            ).bins
            assert bins.least[0] <= count <= bins.most[0]


@pytest.mark.parametrize("per_decade", [1, 2, 3, 7, 1000])
def test_decades_begin_at_powers_of_ten_however_large(per_decade):
    for power in range(1, 16):
        table = precision_by_tag_frequency(
            [0, 1], [1.0, 0.0], [10**power - 1, 10**power], bins_per_decade=per_decade
        )
        assert table.bins.n_tags.tolist() == [1, 1]
        assert table.bins.most[0] == 10**power - 1
        assert table.bins.least[1] == 10**power


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [("confidence_level", 1.5), ("confidence_level", None), ("n_resamples", 0)],
)
def test_settings_are_asked_for_where_no_interval_is_drawn(setting, wrong):
    """One query a bin, or a region, has no interval, whatever was asked for."""
    with pytest.raises((TypeError, ValueError), match=rf"^{setting} must be"):
        precision_by_tag_frequency([0], [1.0], [3], **{setting: wrong})
    with pytest.raises((TypeError, ValueError), match=rf"^{setting} must be"):
        precision_by_region([[1.0, 2.0]], [1.0], **{setting: wrong})
