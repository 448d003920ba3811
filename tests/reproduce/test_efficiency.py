# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Table 7: medians by hand, a slow oracle, and all the rows."""

import time

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from sklearn_geo.neighbors import GeoNeighborTagPropagator
from sklearn_geo.reproduce import Progress, _efficiency
from sklearn_geo.reproduce._efficiency import Sizes
from sklearn_geo.reproduce._speed import (
    BallTreeTags,
    in_batches,
    median_of,
    one_at_a_time,
)
from tests.reproduce.photos import options


def test_the_interval_of_a_median_by_hand():
    # Of six, all lie on one side of the median in 2 of 64 cases: 97 % are left.
    six = median_of([6.0, 1.0, 5.0, 2.0, 4.0, 3.0])
    assert (six.value, six.low, six.high) == (3.5, 1.0, 6.0)
    # Of ten, nine or more do in 22 of 1,024 cases: 98 % are left.
    ten = median_of(np.arange(1.0, 11.0))
    assert (ten.value, ten.low, ten.high) == (5.5, 2.0, 9.0)
    # Of five, all do in 2 of 32 cases: less than 95 % are left.
    assert not median_of([1.0, 2.0, 3.0, 4.0, 5.0]).has_interval


def test_the_interval_holds_the_median_as_often_as_it_says():
    rng = np.random.default_rng(0)
    for n_times in (8, 30):
        estimates = [median_of(rng.exponential(size=n_times)) for _ in range(600)]
        held = np.mean([each.low <= np.log(2.0) <= each.high for each in estimates])
        assert held > 0.93


def test_times_are_those_of_the_rows():
    def transform(rows):
        time.sleep(0.002 * len(rows))

    single = one_at_a_time(transform, np.zeros((4, 2)))
    assert single.shape == (4,)
    assert (single >= 0.002).all()
    together = in_batches(transform, np.zeros((5, 2)), 3)
    assert together.shape == (3,)
    assert (together >= 0.002).all()


@pytest.mark.parametrize("metric", ["haversine", "euclidean"])
def test_the_ball_tree_says_what_equation_3_says(metric):
    rng = np.random.default_rng(0)
    photos = rng.uniform([48.0, 7.0], [48.3, 7.4], (60, 2))
    tags = sparse.csr_array(rng.integers(0, 2, (60, 4)).astype(float))
    tree = BallTreeTags(photos, tags, n_neighbors=5, sigma=2.0, metric=metric)
    if metric == "haversine":
        ours = GeoNeighborTagPropagator(5, sigma_km=2.0, sparse_output=False)
        expected = ours.fit(photos, tags).transform(photos[:3])
    else:
        apart = np.sqrt(((photos[:3, None] - photos) ** 2).sum(axis=2))
        weights = np.exp(-apart / 2.0)
        weights[apart > np.sort(apart, axis=1)[:, [4]]] = 0.0
        expected = weights @ tags.toarray()
        expected /= expected.sum(axis=1, keepdims=True)
    assert_allclose(tree.transform(photos[:3]).toarray(), expected, atol=1e-9)


def test_all_rows_are_measured(monkeypatch, capsys):
    tiny = Sizes(400, 10, 4, (4,), 6, 6, 8, 6)
    monkeypatch.setattr(_efficiency, "QUICK", tiny)
    ((name, table),) = _efficiency.run(options(quick=True), Progress())
    assert name == "efficiency_table7"
    rows = [(row.group.split(":")[0], row.method) for row in table.rows]
    assert rows == [
        ("unsupervised", "scikit-learn BallTree, one place"),
        ("unsupervised", "ours, one place"),
        ("unsupervised", "ours, 8 places"),
        ("unsupervised", "scikit-learn BallTree, one place"),
        ("unsupervised", "ours (all compared), one place"),
        ("unsupervised", "ours, 8 places"),
        ("supervised", "ours, one place"),
        ("supervised", "ours, 8 places"),
        ("supervised", "ours without torch, one place"),
    ]
    for row in table.rows:
        estimate = row.values["seconds a place"]
        assert 0.0 < estimate.low <= estimate.value <= estimate.high < 5.0
    papers = [row.paper["seconds a place"] for row in table.rows if row.paper]
    assert papers == [0.008, 2.050, 0.029]
    printed = " ".join(capsys.readouterr().out.split())
    assert "from another machine" in printed
    assert "400 synthetic photos are looked up" in printed
