# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a partition keeps of the places it has seen, against a dictionary."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from sklearn_geo.partition import S2Partition
from sklearn_geo.partition._stream import add_to_stream

# Few leaves and few places, so that all kinds of equal rows come up.
ROWS = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.sampled_from([0.0, -0.0, 1.0]),
        st.sampled_from([0.0, 2.0]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=30,
)


@given(st.lists(ROWS, min_size=1, max_size=4), st.booleans())
@settings(max_examples=150, deadline=None)
def test_equal_places_are_one(parts, weighted):
    stream, expected = None, {}
    for part in parts:
        table = np.array(part, dtype=float)
        weights = table[:, 3] if weighted else None
        if weighted and not weights.any():
            continue
        leaves, places = table[:, 0].astype(np.uint64), table[:, 1:3]
        before = places.copy()
        stream = add_to_stream(stream, leaves, places, weights)
        assert_array_equal(places, before)
        for leaf, latitude, longitude, weight in part:
            if weight or not weighted:
                key = (leaf, latitude + 0.0, longitude)
                count, total = expected.get(key, (0, 0))
                expected[key] = (count + 1, total + (weight if weighted else 1))
    if stream is None:
        return
    keys = zip(stream.leaves.tolist(), *stream.places.T.tolist(), strict=True)
    values = zip(stream.counts.tolist(), stream.weights.tolist(), strict=True)
    assert list(zip(keys, values, strict=True)) == sorted(expected.items())


def test_parameters_are_looked_at_in_every_part():
    places = np.random.default_rng(0).uniform(40, 50, (50, 2))
    partition = S2Partition(20, 1).partial_fit(places)
    partition.set_params(representative="nobody")
    with pytest.raises(ValueError, match="'representative' parameter of S2Partition"):
        partition.partial_fit(places)
    partition.set_params(representative="mean").partial_fit(places)
    assert partition.cells_["count"].sum() == 100
