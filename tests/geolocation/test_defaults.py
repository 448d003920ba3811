# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_geo.geolocation._defaults import default_partitions


@pytest.mark.parametrize(
    ("n_places", "limits"),
    [
        # The paper's own, a fifth of them for a 25th of the photos, and 1 at least.
        (4_723_695, [(5000, 50), (2000, 50), (1000, 50)]),
        (188_948, [(1000, 10), (400, 10), (200, 10)]),
        (1, [(2, 1), (1, 1), (1, 1)]),
    ],
)
def test_limits_follow_the_root_of_the_number_of_places(n_places, limits):
    found = default_partitions(n_places)
    assert [(p.max_per_cell, p.min_per_cell) for p in found] == limits


def test_any_number_of_places_is_cut():
    rng = np.random.default_rng(0)
    for n_places in (1, 2, 3, 10, 500):
        places = np.column_stack(
            [rng.uniform(-80, 80, n_places), rng.uniform(-180, 180, n_places)]
        )
        counts = [p.fit(places).n_cells_ for p in default_partitions(n_places)]
        assert counts == sorted(counts)
        assert counts[0] >= 1
