# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wilcoxon

from sklearn_geo.metrics import great_circle_error, paired_wilcoxon

DEGREE = 6371.0088 * math.pi / 180
TRUE = np.zeros((5, 2))


def at(*degrees):
    return np.column_stack([np.zeros(len(degrees)), degrees])


def test_by_hand():
    # Differences 1, -2, 3, 4, 5 degrees: ranks 1, 3, 4, 5 above and 2 below zero. Of
    # the 32 sign patterns, the sum below is at most 2 in three: {}, {1} and {2}.
    a, b = at(2, 1, 5, 7, 9), at(1, 3, 2, 3, 4)
    result = paired_wilcoxon(TRUE, a, b)
    assert result.statistic == 2
    assert result.pvalue == pytest.approx(2 * 3 / 32)
    assert result.median_difference == pytest.approx(3 * DEGREE)
    assert result.mean_difference == pytest.approx(11 / 5 * DEGREE)
    assert result.n_nonzero == 5
    # Plain numbers, as they are shown.
    assert "np." not in repr(result)
    with pytest.raises(FrozenInstanceError):
        result.pvalue = 0.0
    assert paired_wilcoxon(TRUE, a, b, alternative="greater").pvalue == pytest.approx(
        3 / 32
    )
    less = paired_wilcoxon(TRUE, a, b, alternative="less")
    assert less.statistic == 13
    # A sum above zero of 13 or more happens in the same three patterns, mirrored.
    assert less.pvalue == pytest.approx(1 - 3 / 32 + 1 / 32)


def test_swapping_the_predictors_turns_the_signs():
    a, b = at(2, 1, 5, 7, 9), at(1, 3, 2, 3, 4)
    forth, back = paired_wilcoxon(TRUE, a, b), paired_wilcoxon(TRUE, b, a)
    assert forth.pvalue == back.pvalue
    assert forth.median_difference == -back.median_difference
    assert (
        paired_wilcoxon(TRUE, a, b, alternative="less").pvalue
        == paired_wilcoxon(TRUE, b, a, alternative="greater").pvalue
    )


@settings(deadline=None, max_examples=30)
@given(
    st.integers(8, 80),
    st.sampled_from(["two-sided", "less", "greater"]),
    st.integers(0, 2**31),
)
def test_matches_scipy(n, alternative, seed):
    rng = np.random.default_rng(seed)
    true, a, b = (
        np.column_stack([rng.uniform(-90, 90, n), rng.uniform(-180, 180, n)])
        for _ in range(3)
    )
    difference = great_circle_error(true, a) - great_circle_error(true, b)
    expected = wilcoxon(difference, alternative=alternative)
    result = paired_wilcoxon(true, a, b, alternative=alternative)
    assert result.statistic == expected.statistic
    assert result.pvalue == expected.pvalue
    assert result.median_difference == np.median(difference)
    assert result.n_nonzero == n


def test_equal_errors_bear_no_evidence():
    b = at(1, 3, 2, 3, 4)
    result = paired_wilcoxon(TRUE, b, b)
    assert (result.statistic, result.pvalue, result.n_nonzero) == (0, 1, 0)
    # Opposite directions, same errors; appended pairs of zeros change no p-value.
    a = at(-2, 1, 5, 7, 9)
    wide_a, wide_b = np.vstack([a, at(5, 6)]), np.vstack([b, at(-5, 6)])
    wide = paired_wilcoxon(np.zeros((7, 2)), wide_a, wide_b)
    narrow = paired_wilcoxon(TRUE, a, b)
    assert wide.pvalue == narrow.pvalue
    assert wide.n_nonzero == narrow.n_nonzero == 5
    assert wide.mean_difference == pytest.approx(narrow.mean_difference * 5 / 7)


def test_groups_count_once():
    # User "a" has four photos that differ by -1 degree, "b", "c" and "d" one each.
    true = np.zeros((7, 2))
    a, b = at(1, 1, 1, 1, 5, 6, 7), at(2, 2, 2, 2, 3, 3, 3)
    result = paired_wilcoxon(true, a, b, groups=list("aaaabcd"))
    # Mean differences -1, 2, 3, 4: the sum below is 1 or less in two of 16 patterns.
    assert result.n_nonzero == 4
    assert result.statistic == 1
    assert result.pvalue == pytest.approx(2 * 2 / 16)
    assert result.mean_difference == pytest.approx(2 * DEGREE)
    assert result.median_difference == pytest.approx(2.5 * DEGREE)


def test_radius_scales_differences_only():
    a, b = at(2, 1, 5, 7, 9), at(1, 3, 2, 3, 4)
    unit = paired_wilcoxon(TRUE, a, b, radius_km=1.0)
    assert unit.pvalue == paired_wilcoxon(TRUE, a, b).pvalue
    assert unit.median_difference == pytest.approx(math.radians(3))


def test_a_radius_in_few_bits_is_the_number_it_is():
    truth, near = np.zeros((4, 2)), at(1, 2, 3, 4)
    said = paired_wilcoxon(truth, near, at(2, 4, 1, 9), radius_km=2.0)
    assert (
        paired_wilcoxon(truth, near, at(2, 4, 1, 9), radius_km=np.float16(2.0)) == said
    )


def test_rounding_errors_are_no_differences():
    rng = np.random.default_rng(0)
    true, a = (
        np.column_stack([rng.uniform(-90, 90, 500), rng.uniform(-180, 180, 500)])
        for _ in range(2)
    )
    b = a + [0.0, 360.0]
    for radius_km in (6371.0088, 1.0):
        result = paired_wilcoxon(true, a, b, radius_km=radius_km)
        assert (result.statistic, result.pvalue, result.n_nonzero) == (0, 1, 0)
        assert result.mean_difference == result.median_difference == 0
    assert paired_wilcoxon(true, a, b, groups=np.arange(500) % 9).n_nonzero == 0
    # A degree of latitude is 111 km, so a millimetre is 1e-8 degrees: a difference.
    b[0] = a[0] = true[0] = [0.0, 0.0]
    b[0, 0] = 1e-8
    assert paired_wilcoxon(true, a, b).n_nonzero == 1


@pytest.mark.parametrize(
    "groups", [["u", None, "v", "v", "w"], [1, np.nan, 2, 2, 3], ["u", np.nan, *"vvw"]]
)
def test_missing_groups(groups):
    good = at(1, 2, 3, 4, 5)
    with pytest.raises(ValueError, match=r"groups, row 1: the group is missing.*Leave"):
        paired_wilcoxon(TRUE, good, good, groups=groups)


def test_no_rows():
    with pytest.raises(ValueError, match="y_true is empty"):
        paired_wilcoxon(*[np.zeros((0, 2))] * 3)


def test_bad_input():
    with pytest.raises(TypeError, match="radius_km must be a number"):
        paired_wilcoxon(TRUE, TRUE, TRUE, radius_km="a")
    with pytest.raises(ValueError, match=r"pred_a, row 0.*np.clip\(pred_a"):
        paired_wilcoxon(TRUE, at(1, 2, 3, 4, 5) + [91, 0], TRUE)
    good = at(1, 2, 3, 4, 5)
    with pytest.raises(ValueError, match=r"pred_b.*row 2"):
        paired_wilcoxon(TRUE, good, [[0, 0], [0, 0], [99, 200], [0, 0], [0, 0]])
    with pytest.raises(ValueError, match="y_true has 5 rows but pred_a has 4"):
        paired_wilcoxon(TRUE, good[:4], good)
    with pytest.raises(ValueError, match="y_true has 5 rows but pred_b has 4"):
        paired_wilcoxon(TRUE, good, good[:4])
    with pytest.raises(ValueError, match=r"^alternative must be one of 'two-sid"):
        paired_wilcoxon(TRUE, good, good, alternative="smaller")
    with pytest.raises(ValueError, match="user or album of each of the 5 rows"):
        paired_wilcoxon(TRUE, good, good, groups=[1, 2])


def test_medians_are_over_all_pairs():
    # Three of five errors are equal; the others differ by 4 and 5 degrees.
    result = paired_wilcoxon(TRUE, at(9, 9, 3, 2, 1), at(5, 4, 3, 2, 1))
    assert result.n_nonzero == 2
    assert result.median_difference == 0
    assert result.mean_difference == pytest.approx(9 / 5 * DEGREE)


def test_equal_differences_share_their_rank_wherever_the_places_are():
    signs = np.array([1, 1, 1, 1, -1, 1, 1, 1, -1, 1, 1, 1])
    expected = wilcoxon(signs).pvalue
    for shift in range(0, 60, 7):  # the same experiment, moved along the equator
        y_true = np.column_stack([np.zeros(12), 7.0 * np.arange(12) + shift])
        pred_a, pred_b = y_true.copy(), y_true.copy()
        pred_a[:, 1] += np.where(signs > 0, 0.1, 0.3)
        pred_b[:, 1] += np.where(signs > 0, 0.3, 0.1)
        for radius_km in (6371.0, 1.0):
            found = paired_wilcoxon(y_true, pred_a, pred_b, radius_km=radius_km)
            assert found.pvalue == pytest.approx(expected, rel=1e-9)
