# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Ways to the median that lead past a place, beside which steps are short."""

import numpy as np
import pytest
from scipy.optimize import minimize

from sklearn_geo.geometry import geometric_median, haversine_to_point


# The first two ended beside a place, up to half a kilometre of cost too high.
@pytest.mark.parametrize("seed", [117, 138, *range(20)])
def test_no_general_minimiser_goes_lower(seed):
    rng = np.random.default_rng(seed)
    n_places = int(rng.integers(3, 65))
    latitude, longitude = rng.uniform(-20, 20, n_places), rng.uniform(-20, 20, n_places)
    places = np.column_stack([latitude, longitude])
    weights = rng.dirichlet(np.full(n_places, rng.choice([0.1, 0.3, 1.0])))

    def cost(place):
        return weights @ haversine_to_point(places, place)

    found = cost(geometric_median(places, weights))
    costs = [cost(place) for place in places]
    start = places[np.argmin(costs)]
    options = {"xatol": 1e-9, "fatol": 1e-9, "maxiter": 2000}
    lowest = minimize(cost, start, method="Nelder-Mead", options=options).fun
    assert found <= min(*costs, lowest) + 1e-6
