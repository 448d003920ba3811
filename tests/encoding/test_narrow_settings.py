# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Settings in narrow numbers of numpy mean what they say."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from sklearn_geo.encoding import (
    GridOneHotEncoder,
    RandomFourierEncoder,
    S2OneHotEncoder,
    SinusoidalEncoder,
    SoftGridEncoder,
    Sphere2VecEncoder,
    SphericalHarmonicsEncoder,
)

PLACES = np.random.default_rng(0).normal([48.0, 11.0], 2.0, (60, 2))


@pytest.mark.parametrize(
    ("encoder", "settings"),
    [
        # 127 and 1 are no int8 together, nor 255 and 1 a uint8.
        (SphericalHarmonicsEncoder(), {"degree": np.int8(127)}),
        (SphericalHarmonicsEncoder(), {"degree": np.uint8(255)}),
        (SinusoidalEncoder(), {"n_scales": np.int8(40)}),
        (RandomFourierEncoder(random_state=0), {"n_frequencies": np.int8(100)}),
        (Sphere2VecEncoder(periodic=False), {"n_scales": np.int8(100)}),
        (SoftGridEncoder(), {"n_rows": np.int8(100), "n_cols": np.uint8(90)}),
        # 100,000 metres are beyond half floats, and so are 80,060 rows of a grid.
        (SoftGridEncoder(3, 2), {"sigma_km": np.float16(100.0)}),
        (GridOneHotEncoder(), {"cell_km": np.float16(0.25)}),
        (GridOneHotEncoder(), {"cell_km": np.float32(0.25)}),
        (GridOneHotEncoder(100), {"max_categories": np.int8(3)}),
        (S2OneHotEncoder(), {"level": np.int8(12)}),
    ],
    ids=str,
)
def test_narrow_settings_are_the_numbers_that_they_are(encoder, settings):
    narrow = clone(encoder).set_params(**settings).fit(PLACES)
    plain = {name: value.item() for name, value in settings.items()}
    plain = clone(encoder).set_params(**plain).fit(PLACES)
    names = narrow.get_feature_names_out()
    assert_array_equal(names, plain.get_feature_names_out())
    found, wanted = narrow.transform(PLACES), plain.transform(PLACES)
    assert found.shape == wanted.shape == (60, len(names))
    assert abs(found - wanted).max() == 0.0


def test_half_a_width_is_not_beyond_what_half_floats_hold():
    # 1/e at the distance of sigma: one row and column, and a place in the middle.
    encoder = SoftGridEncoder(1, 1, np.float16(100.0)).fit(PLACES)
    far = SoftGridEncoder(1, 1, 50.0).fit(PLACES).transform(PLACES)
    np.testing.assert_allclose(encoder.transform(PLACES) ** 2, far, rtol=1e-12)
