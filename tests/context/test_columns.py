# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The columns that networks read: of a given zone, or the same in all."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.context._columns import default_encoding, fit_columns
from sklearn_geo.context._regions import (
    PartitionRegions,
    UTMRegions,
    WholeGlobe,
    make_regions,
)
from sklearn_geo.encoding import (
    RandomFourierEncoder,
    SoftGridEncoder,
    Sphere2VecEncoder,
    UTMOneHotEncoder,
)
from sklearn_geo.geometry import utm_zone_ids
from sklearn_geo.partition import S2Partition

PLACES = np.array([48.0, 6.0]) + np.random.default_rng(0).uniform(-3, 3, size=(50, 2))
ZONES = dict(zip(["31U", "32T"], utm_zone_ids(["31U", "32T"]).tolist(), strict=True))


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("at_edge", [False, True])
def test_a_grid_is_asked_about_the_zone(hard, at_edge):
    grid = SoftGridEncoder(3, 4, sigma_km=100, hard=hard)
    columns = fit_columns(grid, UTMRegions(), PLACES, seed=0)
    assert columns.in_zones
    assert columns.n_features == 12
    fitted = SoftGridEncoder(3, 4, sigma_km=100, hard=hard).fit(PLACES)
    for name, zone in ZONES.items():
        found = columns(PLACES, zone, at_edge=at_edge)
        assert found.dtype == np.float32
        expected = fitted.transform_in_zone(PLACES, name, at_edge=at_edge)
        assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    assert grid.dtype == np.float64  # the caller's own is left alone
    assert not hasattr(grid, "n_features_in_")


def test_a_grid_lies_over_the_cells_of_the_partition():
    regions = make_regions(S2Partition(max_per_cell=20, min_per_cell=1), PLACES)
    assert isinstance(regions, PartitionRegions)
    columns = fit_columns(SoftGridEncoder(2, 3), regions, PLACES, seed=0)
    assert columns.encoder.partition_ is regions.partition
    cell = int(regions.locate(PLACES)[0])
    alone = SoftGridEncoder(2, 3, regions=FrozenEstimator(regions.partition))
    expected = alone.fit(PLACES).transform_in_zone(PLACES, cell)
    assert_allclose(columns(PLACES, cell), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("zone", [0, 636, -2])
def test_other_encoders_say_the_same_of_every_zone(zone):
    columns = fit_columns(Sphere2VecEncoder(n_scales=4), UTMRegions(), PLACES, seed=0)
    assert not columns.in_zones
    expected = Sphere2VecEncoder(n_scales=4).fit(PLACES).transform(PLACES)
    found = columns(PLACES, zone)
    assert found.dtype == np.float32
    assert columns.n_features == found.shape[1]
    assert_allclose(found, expected, rtol=1e-6)
    assert_array_equal(columns(PLACES, zone, at_edge=True), found)


def test_sparse_columns_stay_sparse():
    columns = fit_columns(UTMOneHotEncoder(), WholeGlobe(), PLACES, seed=0)
    found = columns(PLACES, 0)
    assert isinstance(found, sparse.csr_array)
    assert found.dtype == np.float32
    assert found.shape == (50, columns.n_features)
    assert_array_equal(found.sum(axis=1), np.ones(50))


def test_what_draws_draws_by_the_seed():
    def first(encoding, seed):
        columns = fit_columns(encoding, WholeGlobe(), PLACES, seed)
        return columns(PLACES[:1], 0)

    for encoding in (
        RandomFourierEncoder(8),
        make_pipeline(RandomFourierEncoder(8), StandardScaler()),
    ):
        assert_array_equal(first(encoding, 3), first(encoding, 3))
        assert (first(encoding, 3) != first(encoding, 4)).any()
    own = RandomFourierEncoder(8, random_state=7)
    assert_array_equal(first(own, 3), first(own, 4))
    assert RandomFourierEncoder(8).random_state is None


def test_encoders_that_make_frames():
    encoding = Sphere2VecEncoder(n_scales=3).set_output(transform="pandas")
    with sklearn.config_context(transform_output="pandas"):
        columns = fit_columns(encoding, WholeGlobe(), PLACES, seed=0)
        assert type(columns(PLACES, 0)) is np.ndarray
        zones = fit_columns(UTMOneHotEncoder(), WholeGlobe(), PLACES, seed=0)
        assert sparse.issparse(zones(PLACES, 0))  # frames would hold no sparse rows
        grid = fit_columns(SoftGridEncoder(2, 2), UTMRegions(), PLACES, seed=0)
        assert type(grid(PLACES, ZONES["31U"])) is np.ndarray


def test_default_encodings():
    assert isinstance(default_encoding("utm"), SoftGridEncoder)
    assert isinstance(default_encoding(S2Partition()), SoftGridEncoder)
    assert isinstance(default_encoding(None), Sphere2VecEncoder)


def test_a_grid_with_regions_of_its_own():
    grid = SoftGridEncoder(regions=S2Partition())
    with pytest.raises(
        ValueError, match="Give the partition to the transformer, which"
    ):
        fit_columns(grid, UTMRegions(), PLACES, seed=0)


def test_a_grid_without_zones():
    with pytest.raises(ValueError, match="regions=None has one network for all zones"):
        fit_columns(SoftGridEncoder(), WholeGlobe(), PLACES, seed=0)


@pytest.mark.parametrize(
    "encoding",
    [
        make_pipeline(SoftGridEncoder(), StandardScaler()),
        FeatureUnion([("grid", SoftGridEncoder()), ("globe", Sphere2VecEncoder())]),
        FrozenEstimator(SoftGridEncoder().fit(PLACES)),
    ],
)
def test_a_grid_inside_of_something(encoding):
    name = type(encoding).__name__
    words = f"encoding is a {name} with a SoftGridEncoder in it, .* itself"
    with pytest.raises(ValueError, match=words):
        fit_columns(encoding, UTMRegions(), PLACES, seed=0)


def test_an_encoder_that_draws_with_a_random_state_is_not_stored(tmp_path):
    encoder = RandomFourierEncoder(random_state=np.random.RandomState(0))
    teachers = np.random.default_rng(0).dirichlet(np.ones(2), 50)
    model = GPS2VecPlusTransformer(
        encoding=encoder, hidden=(4,), max_iter=1, min_samples=5, random_state=0
    ).fit(PLACES, teachers)
    with pytest.raises(ValueError, match="draws with a random_state that is no int"):
        model.save_pretrained(tmp_path / "store")
    model.set_params(encoding__random_state=3).fit(PLACES, teachers)
    model.save_pretrained(tmp_path / "store")
    read = GPS2VecPlusTransformer.from_pretrained(tmp_path / "store")
    assert_array_equal(read.transform(PLACES), model.transform(PLACES))
