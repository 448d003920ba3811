# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Modes by the table of near cells are those that pairs of cells of each row give."""

import numpy as np
import pytest

from sklearn_geo.geolocation import _modes
from sklearn_geo.geolocation._modes import modes
from sklearn_geo.geometry import pairwise_haversine, unit_vectors

LATTICE = np.stack(np.meshgrid(np.arange(8.0), np.arange(8.0)), axis=-1).reshape(-1, 2)


def _rows(kind, n_rows=30, n_weighed=40):
    rng = np.random.default_rng(3)
    proba = rng.random((n_rows, n_weighed))
    if kind == "ties":
        proba = np.round(proba * 4.0) / 4.0
        proba[:, 0] = 1.0
    elif kind == "equal":
        proba[:] = 0.1
    cells = np.argsort(rng.random((n_rows, len(LATTICE))), axis=1)[:, :n_weighed]
    return -np.sort(-proba, axis=1), cells


@pytest.mark.parametrize("km", [0.0, 120.0, 250.0, 600.0])
@pytest.mark.parametrize("kind", ["random", "ties", "equal"])
def test_both_ways_are_one(monkeypatch, kind, km):
    proba, cells = _rows(kind)
    vectors, tables = unit_vectors(LATTICE), []

    def near_cells(*args):
        tables.append(made(*args))
        return tables[-1]

    made = _modes._near_cells
    monkeypatch.setattr(_modes, "_near_cells", near_cells)
    found = modes(proba, cells, vectors, km)
    monkeypatch.setattr(_modes, "_near_cells", lambda *args: None)
    np.testing.assert_array_equal(found, modes(proba, cells, vectors, km))
    near = pairwise_haversine(LATTICE) <= km + 1e-6
    np.testing.assert_array_equal(tables[0].toarray(), near)
    for row, p in enumerate(proba):
        answer = np.flatnonzero((vectors == found[row]).all(axis=1))[0]
        masses, spreads = _slowly(p / p.sum(), LATTICE[cells[row]], km)
        own = np.flatnonzero(cells[row] == answer)[0]
        assert p[own] > 0.0
        equal = (p > 0.0) & (masses >= masses[p > 0.0].max() - 1e-11)
        assert equal[own]
        assert spreads[own] <= spreads[equal].min() + 1e-9


def _slowly(p, places, km):
    """Return what lies around each cell of a row, and how far away on the whole."""
    away = [pairwise_haversine(place[np.newaxis], places)[0] for place in places]
    near = [one <= km + 1e-6 for one in away]
    masses = [p[by].sum() for by in near]
    spreads = [(p * one)[by].sum() for one, by in zip(away, near, strict=True)]
    return np.array(masses), np.array(spreads)


def test_no_table_is_made_for_few_rows_or_too_many_pairs():
    vectors = unit_vectors(LATTICE)
    assert _modes._near_cells(vectors, 0.01, (1, 63), 2**30) is None
    assert _modes._near_cells(vectors, 0.01, (2, 63), 2**30) is not None
    # All 64 * 64 pairs are near: more than four times what a row looks at.
    assert _modes._near_cells(vectors, 4.0, (9, 31), 2**30) is None
    assert _modes._near_cells(vectors, 4.0, (9, 32), 2**30) is not None
    assert _modes._near_cells(vectors, 4.0, (9, 32), 2**18) is None
