# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What encoders do with columns to turn back, and with zones, that they are given."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo.encoding import (
    GridOneHotEncoder,
    S2OneHotEncoder,
    SoftGridEncoder,
    UnitVectorEncoder,
    UTMOneHotEncoder,
)
from sklearn_geo.partition import S2Partition

PLACES = np.array([[48.1, 11.6], [51.5, -0.1], [40.7, -74.0]])
ENCODERS = [
    GridOneHotEncoder(100),
    S2OneHotEncoder(6),
    UTMOneHotEncoder(zones="seen"),
    UnitVectorEncoder(),
]


@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
def test_masked_columns_are_not_uncovered(encoder):
    encoder = encoder.fit(PLACES)
    given = np.eye(3)
    masked = np.ma.array(given, mask=[[0, 0, 0], [1, 0, 0], [0, 0, 0]])
    with pytest.raises(ValueError, match="X, row 1: the value is masked"):
        encoder.inverse_transform(masked)
    unmasked = encoder.inverse_transform(np.ma.array(given))
    assert_array_equal(unmasked, encoder.inverse_transform(given))


@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
@pytest.mark.parametrize("kind", [Fraction, Decimal])
def test_numbers_of_other_kinds(encoder, kind):
    encoder = encoder.fit(PLACES)
    given = [[kind(int(one)) for one in row] for row in np.eye(3)]
    wanted = encoder.inverse_transform(np.eye(3))
    assert_array_equal(encoder.inverse_transform(given), wanted)
    as_array = np.array(given, dtype=object)
    assert_array_equal(encoder.inverse_transform(as_array), wanted)


@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
def test_what_is_missing_is_said_of_lists_and_arrays(encoder):
    encoder = encoder.fit(PLACES)
    given = [[1.0, None, 0.0]]
    for table in (given, np.array(given, dtype=object), np.array(given, dtype=float)):
        with pytest.raises(ValueError, match="Input X contains NaN"):
            encoder.inverse_transform(table)


@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
@pytest.mark.parametrize("dtype", ["U1", "S1", "m8[s]", "M8[s]"])
def test_columns_that_are_no_numbers_are_refused(encoder, dtype):
    given = np.eye(3, dtype=int).astype(dtype)
    with pytest.raises((TypeError, ValueError), match=r"not numbers|dtype='numeric'"):
        encoder.fit(PLACES).inverse_transform(given)


@pytest.mark.parametrize("regions", ["utm", S2Partition(1, 1)], ids=str)
def test_zones_that_are_masked_or_ragged_are_refused_by_name(regions):
    encoder = SoftGridEncoder(2, 2, 500, regions=regions).fit(PLACES)
    zones = encoder.transform_with_zone(PLACES)[1]
    masked = np.ma.array(zones, mask=[False, False, True])
    with pytest.raises(ValueError, match="zones, row 2: the value is masked"):
        encoder.transform_in_zone(PLACES, masked)
    with pytest.raises(ValueError, match="zones holds what is no number"):
        encoder.transform_in_zone(PLACES, [[1], [2, 3], [4]])
    found = encoder.transform_in_zone(PLACES, np.ma.array(zones))
    assert_array_equal(found, encoder.transform(PLACES))
