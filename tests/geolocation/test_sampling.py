# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_geo.geolocation._sampling import CellSampler

# Cell 4 has 800 rows, cell 9 has 200; one row of cell 2.
CELLS = np.repeat([4, 9, 2], [800, 200, 1])


def _draw(alpha, epoch=0, growth=None, rows_per_cell=200, n_epochs=6):
    sampler = CellSampler(CELLS, alpha, growth, rows_per_cell, n_epochs)
    rng = np.random.default_rng(epoch)
    return sampler(epoch, rng, len(CELLS))


@pytest.mark.parametrize("alpha", [0.0, 0.5, 2.0])
def test_cells_are_drawn_by_a_power_of_their_size(alpha):
    drawn = np.concatenate([_draw(alpha, epoch) for epoch in range(60)])
    sizes = np.array([800.0, 200.0, 1.0])
    expected = sizes**alpha / (sizes**alpha).sum()
    shares = [(CELLS[drawn] == cell).mean() for cell in (4, 9, 2)]
    np.testing.assert_allclose(shares, expected, atol=0.01)
    # Within a cell, evenly.
    rows = np.bincount(drawn, minlength=len(CELLS))[:800]
    assert rows.min() > 0
    assert rows.max() < 3.0 * rows.mean() + 20


def test_epochs_that_grow_beyond_all_numbers_see_all_rows():
    # Two rows for each of three cells, and then as many as there are.
    for growth in (1e20, 1e300):
        sizes = [len(_draw(None, epoch, growth, 2)) for epoch in (0, 1, 25, 10_000)]
        assert sizes == [6, 1001, 1001, 1001]


def test_a_power_that_leaves_the_fullest_cell_alone():
    assert set(CELLS[_draw(1e9)]) == {4}


@pytest.mark.parametrize("alpha", [None, 1.0, (1.0,)])
def test_data_as_they_are_are_a_permutation(alpha):
    np.testing.assert_array_equal(np.sort(_draw(alpha)), np.arange(len(CELLS)))


def test_several_powers_take_equal_parts():
    sampler = CellSampler(CELLS, (0, 0.5, 1), None, 200, 6)
    assert [sampler.alpha(epoch) for epoch in range(8)] == [
        0, 0, 0.5, 0.5, 1, 1, 1, 1
    ]  # fmt: skip


def test_epochs_grow_by_hand():
    sampler = CellSampler(CELLS, None, 0.06, 200, 20)
    # 200 * 3 * 1.06 ** e, and never more than the 1001 rows there are.
    assert [sampler.n_rows(e) for e in (0, 1, 2, 8, 9)] == [600, 636, 674, 956, 1001]
    drawn = _draw(None, 1, growth=0.06)
    assert len(np.unique(drawn)) == len(drawn) == 636
    assert len(_draw(0.0, 1, growth=0.06)) == 636


def test_same_epoch_same_rows():
    np.testing.assert_array_equal(_draw(0.0, 3), _draw(0.0, 3))


@pytest.mark.parametrize("alpha", [[], [[0.5]], [0.5, np.nan], [np.inf], [-1.0]])
def test_powers_are_numbers_from_0_on(alpha):
    with pytest.raises(ValueError, match=r"sampling_alpha=.* must be a number from"):
        _draw(alpha)


def test_powers_are_no_text():
    with pytest.raises(TypeError, match="sampling_alpha must hold numbers"):
        _draw(["a"])
