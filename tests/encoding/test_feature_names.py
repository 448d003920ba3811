# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What encoders do with `input_features`."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import NotFittedError

from sklearn_geo.encoding import (
    RandomFourierEncoder,
    S2OneHotEncoder,
    SinusoidalEncoder,
    SoftGridEncoder,
    Sphere2VecEncoder,
    SphericalHarmonicsEncoder,
    UnitVectorEncoder,
    UTMOneHotEncoder,
)

ENCODERS = [S2OneHotEncoder(), UTMOneHotEncoder("seen"), UnitVectorEncoder()]
FRAME = pd.DataFrame({"lat": [51.5, 48.9], "lon": [-0.1, 2.3]})


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda e: type(e).__name__)
def test_names_seen_in_fit_are_accepted(encoder):
    names = encoder.fit(FRAME).get_feature_names_out()
    assert_array_equal(encoder.get_feature_names_out(["lat", "lon"]), names)
    assert_array_equal(
        encoder.fit(FRAME.to_numpy()).get_feature_names_out(["a", "b"]), names
    )


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda e: type(e).__name__)
def test_other_names_are_refused(encoder):
    encoder.fit(FRAME)
    with pytest.raises(ValueError, match="input_features is not equal to feature_name"):
        encoder.get_feature_names_out(["latitude", "longitude"])
    encoder.fit(FRAME.to_numpy())
    with pytest.raises(ValueError, match="input_features should have length equal"):
        encoder.get_feature_names_out(["lat", "lon", "altitude"])


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda e: type(e).__name__)
def test_names_are_known_after_fit_only(encoder):
    with pytest.raises(NotFittedError):
        type(encoder)().get_feature_names_out()


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda e: type(e).__name__)
def test_names_are_an_array_of_python_strings(encoder):
    names = encoder.fit(FRAME).get_feature_names_out()
    assert names.dtype == object
    assert {type(name) for name in names} == {str}
    assert isinstance(names, np.ndarray)


@pytest.mark.parametrize(
    ("encoder", "n_columns"),
    [
        (SoftGridEncoder(n_rows=700, n_cols=np.int64(300)), 210_000),
        (SphericalHarmonicsEncoder(degree=np.int64(300)), 90_601),
        (Sphere2VecEncoder(n_scales=50_000, periodic=False), 300_000),
        (RandomFourierEncoder(n_frequencies=50_000, sigmas=(1.0, 2.0)), 200_000),
        (SinusoidalEncoder(n_scales=30), 120),
    ],
    ids=lambda value: type(value).__name__,
)
def test_wide_rows_are_made_without_their_names(encoder, n_columns):
    encoder.fit(FRAME)
    encoder.transform(FRAME)
    tracemalloc.start()
    try:
        X = encoder.transform(FRAME)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert X.shape == (2, n_columns) == (2, len(encoder.get_feature_names_out()))
    # A name takes 8 bytes as an entry of a list, and 50 and more of its own.
    assert most < X.nbytes + 40 * n_columns + 500_000
