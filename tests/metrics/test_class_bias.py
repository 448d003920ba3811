# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import math
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import entropy

from sklearn_geo.metrics import class_bias
from sklearn_geo.metrics._class_bias import class_bias_kl

TRUE = [0, 0, 0, 1, 2, 2]
PRED = [0, 0, 0, 0, 0, 0]
# Counts (3, 1, 2) and (6, 0, 0), plus one each: (4, 2, 3) / 9 and (7, 1, 1) / 9.
KL = 4 / 9 * math.log(4 / 7) + 2 / 9 * math.log(2) + 3 / 9 * math.log(3)


def test_by_hand():
    bias = class_bias(TRUE, PRED, n_cells=3)
    assert bias.kl == pytest.approx(KL)
    assert bias.entropy_true == pytest.approx(
        math.log(9) - (4 * math.log(4) + 2 * math.log(2) + 3 * math.log(3)) / 9
    )
    assert bias.entropy_predicted == pytest.approx(math.log(9) - 7 * math.log(7) / 9)
    assert bias.n_cells == 3


def test_cells_without_photos_count():
    # (4, 2, 3, 1) and (7, 1, 1, 1), out of ten.
    expected = (4 * math.log(4 / 7) + 2 * math.log(2) + 3 * math.log(3)) / 10
    assert class_bias(TRUE, PRED, n_cells=4).kl == pytest.approx(expected)
    assert class_bias(TRUE, PRED, labels=[3, 2, 1, 0]).kl == pytest.approx(expected)
    assert class_bias(TRUE, PRED).n_cells == 3


def test_equal_shares_have_no_divergence_and_the_full_entropy():
    # "Best possible" in table 7: the true classes themselves.
    cells = np.tile(np.arange(538), 3)
    bias = class_bias(cells, np.roll(cells, 1), n_cells=538)
    assert bias.kl == 0
    assert bias.entropy_true == pytest.approx(math.log(538))
    # Table 7 says 6.0180 for the same mesh: in nats that is just below the largest.
    assert 6.0180 < bias.entropy_true < 6.3


def test_fine_mesh_entropy_can_only_be_in_nats():
    # Cells hold 500 to 5000 photos. The entropy is least if some hold the most and the
    # others the least; 8.609 of table 7 is below it in bits, and above it in nats.
    n_cells = 6565
    least = min(
        entropy(np.r_[np.full(full, 10.0), np.full(n_cells - full, 1.0)])
        for full in range(0, n_cells, 5)
    )
    assert 8.1 < least < 8.609 < math.log(n_cells) < 8.8
    assert 8.609 * math.log(2) < least


def test_base_and_pseudo_count():
    bits = class_bias(TRUE, PRED, n_cells=3, base=2)
    assert bits.kl == pytest.approx(KL / math.log(2))
    assert bits.entropy_predicted == pytest.approx(entropy([7, 1, 1], base=2))
    assert bits.entropy_true == pytest.approx(entropy([4, 2, 3], base=2))
    assert class_bias(TRUE, PRED, n_cells=3, pseudo_count=0).kl == math.inf
    plain = class_bias(PRED, TRUE, n_cells=3, pseudo_count=0)
    assert plain.kl == pytest.approx(math.log(2))


def test_weights_are_counts():
    weighted = class_bias([0, 1, 2], [0, 0, 0], n_cells=3, sample_weight=[3, 1, 2])
    assert weighted == class_bias(TRUE, PRED, n_cells=3)


@pytest.mark.parametrize(
    "name",
    [
        lambda cells: np.array(["Paris", "Roma", "Berlin"])[cells],
        lambda cells: np.array(["Paris", "Roma", "Berlin"], dtype=object)[cells],
        lambda cells: pd.Series(["Paris", "Roma", "Berlin"])[cells],
        lambda cells: np.array([2**63 + 1, 2**63 + 3, 5], dtype=np.uint64)[cells],
        lambda cells: np.array([-1, 7, 2**62], dtype=np.int64)[cells],
    ],
)
def test_any_labels(name):
    true, pred = np.array(TRUE), np.array(PRED)
    expected = class_bias(true, pred, n_cells=3)
    for labels in (None, name(np.arange(3))):
        found = class_bias(name(true), name(pred), labels=labels)
        assert found.kl == pytest.approx(expected.kl)
        assert found.entropy_true == pytest.approx(expected.entropy_true)


def test_ids_of_64_bits_are_not_rounded():
    # Neighbouring cells that float64 cannot tell apart, once signed, once not.
    true = np.array([2**62, 2**62 + 1], dtype=np.uint64)
    pred = np.array([2**62, 2**62], dtype=np.int64)
    for labels in (None, true):
        bias = class_bias(true, pred, labels=labels)
        assert bias.n_cells == 2
        assert bias.kl == pytest.approx(entropy([2, 2], [3, 1]))


@pytest.mark.parametrize(
    "form",
    [
        list,
        lambda ids: np.array(ids, dtype=object),
        lambda ids: [np.uint64(ids[0]), *ids[1:]],
        lambda ids: pd.Series(ids, dtype=object),
        lambda ids: pd.Series(np.array(ids, dtype=np.uint64)).astype("UInt64"),
        lambda ids: np.array(ids, dtype=np.uint64),
    ],
)
def test_ids_of_64_bits_in_lists_are_not_rounded(form):
    # Beside 5, numpy makes a float of 2**63 + 1 in a list, and the same of 2**63.
    true, pred = [2**63, 2**63 + 1, 5, 6], [2**63, 2**63, 5, 6]
    expected = entropy([2, 2, 2, 2], [3, 1, 2, 2])
    array = np.array(true, dtype=np.uint64)
    for labels in (None, true, array):
        for bias in (
            class_bias(form(true), form(pred), labels=labels),
            class_bias(array, form(pred), labels=labels),
            class_bias(form(true), np.array(pred, dtype=np.uint64), labels=labels),
        ):
            assert bias.n_cells == 4
            assert bias.kl == pytest.approx(expected)
    # Nor does a -1, or a float, turn the ids beside it into floats.
    for other in (-1, 0.5):
        bias = class_bias(form(true), [2**63, 2**63, 5, other])
        assert bias.n_cells == 5
        assert bias.kl == pytest.approx(entropy([2, 2, 2, 2, 1], [3, 1, 2, 1, 2]))
    assert class_bias(array, [1.5] * 4).n_cells == 5


@settings(deadline=None, max_examples=50)
@given(
    arrays(np.int64, st.integers(1, 30), elements=st.integers(0, 5)),
    st.integers(0, 2**31),
)
def test_matches_scipy(true, seed):
    rng = np.random.default_rng(seed)
    pred = rng.integers(0, 6, true.size)
    p = [1 + int((true == cell).sum()) for cell in range(6)]
    q = [1 + int((pred == cell).sum()) for cell in range(6)]
    bias = class_bias(true, pred, n_cells=6)
    assert bias.kl == pytest.approx(entropy(p, q), abs=1e-12)
    assert bias.entropy_true == pytest.approx(entropy(p))
    assert bias.entropy_predicted == pytest.approx(entropy(q))
    assert bias.kl >= 0
    # The order of photos does not matter, on either side.
    assert class_bias(true, rng.permutation(pred), n_cells=6) == bias


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"true_cells": [[0, 1]], "predicted_cells": [0]}, "one cell a photo"),
        ({"true_cells": [], "predicted_cells": []}, "true_cells is empty"),
        ({"true_cells": [0, 1], "predicted_cells": [0]}, "2 rows but predicted_cells"),
        ({"true_cells": [0], "predicted_cells": ["a"]}, "some are numbers and some"),
        (
            {"true_cells": [0], "predicted_cells": [3], "n_cells": 3},
            r"row 0: 3 is not betw",
        ),
        ({"true_cells": [-1], "predicted_cells": [0], "n_cells": 3}, "no cell covers"),
        (
            {"true_cells": [0.5], "predicted_cells": [0], "n_cells": 3},
            "positions, whole",
        ),
        ({"true_cells": ["a"], "predicted_cells": ["a"], "n_cells": 3}, "labels="),
        ({"true_cells": [0], "predicted_cells": [0], "n_cells": 0}, "n_cells must be"),
        (
            {"true_cells": [0], "predicted_cells": [0], "n_cells": 1, "labels": [0]},
            "not both",
        ),
        (
            {"true_cells": [0], "predicted_cells": [9], "labels": [0]},
            "not among labels",
        ),
        ({"true_cells": [0], "predicted_cells": [0], "labels": [0, 0]}, "a cell twice"),
        ({"true_cells": [0.0, np.nan], "predicted_cells": [0, 0]}, "row 1: nan is no"),
        (
            {"true_cells": ["a", None], "predicted_cells": ["a", "a"]},
            "row 1: None is no",
        ),
        ({"true_cells": ["a", np.nan], "predicted_cells": ["a", "a"]}, "row 1: nan is"),
        (
            {
                "true_cells": pd.Series([1, None], dtype="Int64"),
                "predicted_cells": [0, 0],
            },
            "row 1: (nan|<NA>) is no",
        ),
        ({"true_cells": [0, np.inf], "predicted_cells": [0, 0]}, "row 1: inf is no"),
        (
            {"true_cells": [0], "predicted_cells": [0], "pseudo_count": -1},
            "pseudo_count",
        ),
        (
            {"true_cells": [0], "predicted_cells": [0], "base": 1},
            "base must be more than 1",
        ),
    ],
)
def test_bad_input(arguments, words):
    with pytest.raises(ValueError, match=words):
        class_bias(**arguments)


def test_bad_types():
    for wrong in ("a", True):
        with pytest.raises(TypeError, match=r"^pseudo_count must be a number; got"):
            class_bias([0], [0], pseudo_count=wrong)
    with pytest.raises(TypeError, match=r"^base must be a number, such as 2; got 'a'"):
        class_bias([0], [0], base="a")
    with pytest.raises(TypeError, match=r"^true_cells mixes values.*int, str"):
        class_bias([0, "a"], ["a", "b"])
    with pytest.raises(TypeError, match=r"^true_cells and labels must call the cells"):
        class_bias(["a"], ["a"], labels=np.array([b"a", b"b"]))
    with pytest.raises(ValueError, match=r"^pseudo_count must be .* at most 1e\+100"):
        class_bias([0], [0], pseudo_count=1e308)
    with pytest.raises(ValueError, match=r"^base must be at most 1e\+300; got 1000"):
        class_bias([0], [0], base=10**400)
    # The frame has no rows as yet.
    with pytest.raises(ValueError, match=r"^predicted_cells must hold one cell a ph"):
        class_bias([0], pl.LazyFrame({"cell": [0]}))


def test_numbers_of_any_width_are_counted():
    expected = class_bias([0, 1, 1], [0, 0, 1], base=10.0)
    for one in (1, np.longdouble(1), np.float16(1)):
        assert class_bias([0, 1, 1], [0, 0, 1], pseudo_count=one, base=10) == expected
    # Cells that are alike but for their names, each with 2**63 more photos.
    assert class_bias([0, 1], [1, 0], pseudo_count=2**63).kl == 0
    assert class_bias([0], [0], n_cells=2, base=10**30).n_cells == 2


def test_tiny_pseudo_counts_leave_the_divergence_finite():
    # One photo in each of two cells, both predicted in a third. With a count of
    # 2 ** -1074 instead of none, two true shares of a half are predicted to be
    # 2 ** -1075, which is no number, but has a logarithm.
    bias = class_bias([1, 0], [2, 2], n_cells=3, pseudo_count=2.0**-1074, base=2)
    assert bias.kl == pytest.approx(1074.0)
    assert class_bias([1, 0], [2, 2], n_cells=3, pseudo_count=0).kl == np.inf


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"true_cells": []}, "true_cells is empty; class bias needs"),
        ({"predicted_cells": []}, "predicted_cells is empty; class bias needs"),
        ({"labels": []}, "labels is empty"),
        ({"predicted_cells": [[0, 1]]}, "predicted_cells must hold one cell a photo"),
        ({"predicted_cells": [0]}, "true_cells has 2 rows but predicted_cells has 1"),
        # The row that is named is the first one that is wrong.
        ({"true_cells": [0, 3], "n_cells": 3}, "true_cells, row 1: 3 is not between"),
        (
            {"predicted_cells": [3, 0], "n_cells": 3},
            "predicted_cells, row 0: 3 is not between",
        ),
        (
            {"true_cells": [0, 9], "labels": [0, 1]},
            "true_cells, row 1: .*9.* not among",
        ),
        (
            {"predicted_cells": [9, 0], "labels": [0, 1]},
            r"predicted_cells, row 0: .*9.* is not among labels",
        ),
        ({"true_cells": [np.nan, np.inf]}, "true_cells, row 0: nan is no cell"),
        ({"labels": [0, np.nan]}, "labels, row 1: nan is no cell"),
        ({"true_cells": [0.0, 1.0], "n_cells": 3}, "With n_cells=3, true_cells must h"),
        ({"predicted_cells": ["a"] * 2, "n_cells": 3}, "With n_cells=3, predicted_cel"),
        ({"n_cells": 2.5}, "n_cells must be a whole number above 0"),
        (
            {"pseudo_count": np.inf},
            "pseudo_count must be 0 or more, at most .*; got inf",
        ),
        ({"base": 1}, "base must be more than 1"),
        ({"sample_weight": [1, -1]}, "sample_weight, row 1: -1 is negative"),
    ],
)
def test_arguments_and_rows_are_named(arguments, words):
    arguments = {"true_cells": [0, 1], "predicted_cells": [0, 1], **arguments}
    with pytest.raises(ValueError, match=f"^{words}"):
        class_bias(**arguments)


def test_labels_that_mix_kinds_are_named():
    mixed = np.array([0, "a"], dtype=object)
    with pytest.raises(TypeError, match=r"^predicted_cells mixes values"):
        class_bias(["a", "b"], mixed)
    with pytest.raises(TypeError, match=r"^labels mixes values"):
        class_bias(["a", "b"], ["a", "b"], labels=mixed)


def test_a_single_cell_is_always_right():
    bias = class_bias([0, 0], [0, 0], n_cells=1)
    assert (bias.kl, bias.entropy_true, bias.entropy_predicted) == (0, 0, 0)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint64, np.int16])
def test_positions_of_any_integer(dtype):
    true, pred = np.array(TRUE, dtype=dtype), np.array(PRED, dtype=dtype)
    found = class_bias(true, pred, n_cells=np.int16(3))
    assert found == class_bias(TRUE, PRED, n_cells=3)
    # Plain numbers, as they are shown.
    assert "np." not in repr(found)
    assert repr(found).endswith("n_cells=3)")
    with pytest.raises(FrozenInstanceError):
        found.kl = 0.0


@pytest.mark.parametrize(
    "options",
    [
        {"n_cells": 4},
        {"labels": [3, 2, 1, 0]},
        {"pseudo_count": 2.0},
        {"base": 2},
        {"sample_weight": [1, 1, 1, 5, 1, 1]},
    ],
)
def test_the_divergence_alone_is_told_all(options):
    found = class_bias_kl(TRUE, PRED, **options)
    assert found == class_bias(TRUE, PRED, **options).kl
    assert found != pytest.approx(class_bias_kl(TRUE, PRED), rel=1e-3)


def test_counts_of_cells_fit_in_memory():
    with pytest.raises(ValueError, match=r"at most 100,000,000; got 100000001\.$"):
        class_bias([0], [0], n_cells=100_000_001)
