# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.datasets._draw import (
    GroupedDraw,
    draw_columns,
    draw_ranks,
    import_pandas,
    named_streams,
    softmax,
    zipf_weights,
)


def test_streams_are_reproducible_and_differ_by_name():
    names = ("one", "two")
    first, again = named_streams(7, names), named_streams(7, names)
    a, b = first["one"].random(5), first["two"].random(5)
    assert_array_equal(a, again["one"].random(5))
    assert not np.any(a == b)
    assert not np.any(a == named_streams(8, names)["one"].random(5))


def test_streams_move_on_with_a_random_state_instance():
    state = np.random.RandomState(0)
    first = named_streams(state, ("one",))["one"].random()
    second = named_streams(state, ("one",))["one"].random()
    assert first != second


def test_zipf_weights_by_hand():
    assert_allclose(zipf_weights(3), np.array([6.0, 3.0, 2.0]) / 11.0)
    assert_allclose(zipf_weights(2, shift=1.0), [0.6, 0.4])


def test_draw_ranks_follows_its_weights():
    drawn = draw_ranks(40_000, [1.0, 0.0, 3.0], np.random.default_rng(0))
    assert_allclose(np.bincount(drawn) / 40_000, [0.25, 0.0, 0.75], atol=0.01)


def test_draw_columns_follows_the_weights_of_each_row():
    weights = np.repeat([[2.0, 0.0, 2.0], [0.0, 0.0, 5.0]], 20_000, axis=0)
    drawn = draw_columns(weights, np.random.default_rng(0))
    share = np.bincount(drawn[:20_000], minlength=3) / 20_000
    assert_allclose(share, [0.5, 0.0, 0.5], atol=0.015)
    assert (drawn[20_000:] == 2).all()


def test_grouped_draw_stays_in_its_group_and_follows_ranks():
    grouped = GroupedDraw([2, 0, 3], shift=0.0)
    rng = np.random.default_rng(0)
    drawn = grouped.draw(np.repeat([0, 1, 2], 30_000), rng).reshape(3, -1)
    assert_allclose(np.bincount(drawn[0]) / 30_000, [2 / 3, 1 / 3], atol=0.01)
    assert (drawn[1] == -1).all()
    share = np.bincount(drawn[2] - 2) / 30_000
    assert_allclose(share, np.array([6, 3, 2]) / 11, atol=0.01)


def test_softmax_by_hand_and_without_overflow():
    logits = np.log(np.array([[1.0, 3.0], [2.0, 2.0]], dtype=np.float32)) + 1000
    assert_allclose(softmax(logits), [[0.25, 0.75], [0.5, 0.5]], rtol=1e-4)


def test_missing_pandas_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-geo\[pandas\]'"):
        import_pandas()
