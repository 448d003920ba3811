# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_geo.geometry import haversine
from sklearn_geo.ranking._place_rows import evenly, scales_of


def town_and_country():
    """Draw 1,000 photos of a town, and then 1,500 of the country around."""
    rng = np.random.default_rng(0)
    town = [48.0, 2.0] + rng.uniform(-0.01, 0.01, (1_000, 2))
    return np.concatenate([town, [48.0, 2.0] + rng.uniform(-3.0, 3.0, (1_500, 2))])


@pytest.mark.parametrize("order", ["town first", "country first", "shuffled"])
def test_scales_do_not_hang_on_the_order_of_photos(order):
    places = town_and_country()
    tenth = np.array(
        [
            np.partition(haversine(np.broadcast_to(each, places.shape), places), 9)[9]
            for each in places
        ]
    )
    assert np.median(tenth[:1_000]) < np.median(tenth) / 20
    if order == "country first":
        places = places[::-1]
    elif order == "shuffled":
        places = np.random.default_rng(1).permutation(places)
    assert scales_of(places, 0)[-1] == pytest.approx(np.median(tenth), rel=0.15)


@pytest.mark.parametrize("n_rows", [1, 6, 7, 8, 13, 100])
def test_rows_are_taken_evenly_and_no_fewer_than_may_be(n_rows):
    found = evenly(np.arange(n_rows), 7)
    assert len(found) == min(n_rows, 7)
    assert found[0] == 0
    assert found[-1] == n_rows - 1
    steps = np.diff(found)
    assert (steps >= 1).all()
    assert np.ptp(steps) <= 1 if len(steps) else n_rows == 1
