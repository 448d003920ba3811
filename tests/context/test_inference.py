# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""From places to outputs: policies, seams and order against a loop over places."""

import re
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.context._columns import ZoneColumns
from sklearn_geo.context._inference import FALLBACK, Inference
from sklearn_geo.context._nearest_zone import NearestZone
from sklearn_geo.context._networks import ZoneModules
from sklearn_geo.context._regions import PartitionRegions, UTMRegions, WholeGlobe
from sklearn_geo.context._seams import Seams
from sklearn_geo.context._zone_shelf import ZoneShelf
from sklearn_geo.encoding import SoftGridEncoder, UnitVectorEncoder
from sklearn_geo.geometry import utm_zone_ids
from sklearn_geo.partition import S2Partition
from tests.context.mlps import architecture, drawn, slow_outputs

# Around the corner at 48 degrees north, 6 east, where 31T, 31U, 32T and 32U meet.
rng = np.random.default_rng(0)
PLACES = np.array([48.0, 6.0]) + rng.uniform(-3, 3, size=(30, 2))
CORNER = np.array([47.99, 5.99])  # in 31T, less than 2 km from the three others
T31, U31, T32, U32 = utm_zone_ids(["31T", "31U", "32T", "32U"]).tolist()
POLICIES = ["fallback", "nearest", "uniform", "nan"]


def zones_of(trained, regions=None, fallback=True):
    """Make fitted zones out of weights that were drawn, not learnt."""
    regions = UTMRegions() if regions is None else regions
    if isinstance(regions, WholeGlobe):
        columns = ZoneColumns(UnitVectorEncoder().fit(PLACES))
    else:
        given = {}
        if isinstance(regions, PartitionRegions):
            given["regions"] = sklearn.frozen.FrozenEstimator(regions.partition)
        encoder = SoftGridEncoder(2, 2, sigma_km=300, dtype=np.float32, **given)
        columns = ZoneColumns(encoder.fit(PLACES))
    globe = ZoneColumns(UnitVectorEncoder().fit(PLACES)) if fallback else None
    shape = architecture(columns.n_features)
    shelf = ZoneShelf()
    record = {"photos": 1, "epochs": 1, "held_out_kl": 0.0, "seconds": 0.0}
    for zone in trained:
        shelf.put(zone, {"name": str(zone), **record}, drawn(shape, zone))
    if fallback:
        shelf.put(FALLBACK, {"name": "f", **record}, drawn(architecture(3), 99))
    return SimpleNamespace(
        regions=regions,
        columns=columns,
        fallback_columns=globe,
        shelf=shelf,
        architecture=shape,
        fallback_architecture=architecture(3) if fallback else None,
        contexts=SimpleNamespace(widths=shape.widths),
    )


@cache
def utm_seams(blend_km):
    """The borders of all UTM zones, collected once."""
    return Seams(UTMRegions(), blend_km)


def inference_of(zones, missing_zone="fallback", blend_km=None, max_loaded_zones=8):
    inference = Inference(
        zones,
        ZoneModules,
        missing_zone=missing_zone,
        blend_km=blend_km,
        max_loaded_zones=max_loaded_zones,
    )
    if blend_km is not None and isinstance(zones.regions, UTMRegions):
        assert vars(inference.seams) == vars(Seams(zones.regions, blend_km))
        inference.seams = utm_seams(blend_km)
    return inference


def said(inference, places, layer="softmax"):
    n_outputs = inference.zones.architecture.n_outputs(layer)
    out = np.full((len(places), n_outputs), -7, dtype=np.float32)
    inference.write(places, out, layer)
    return out


def slow_said(zones, places, policy, blend_km=None, layer="softmax"):
    """Ask zone by zone about one place at a time."""
    regions, own_of = zones.regions, zones.regions.locate(places)
    known = [zone for zone in zones.shelf.zone_ids if zone >= 0]
    widths = zones.architecture.widths.values()
    n_outputs = zones.architecture.n_outputs(layer)
    uniform = np.concatenate([np.full(width, 1 / width) for width in widths])

    def of_zone(place, zone, edge=False):
        columns = zones.columns(place, zone, at_edge=edge)
        return slow_outputs(zones.architecture, zones.shelf.get(zone), columns, layer)[
            0
        ]

    if isinstance(regions, UTMRegions):
        seams = utm_seams(blend_km)
    else:
        seams = Seams(regions, blend_km)
    nearest = NearestZone(regions, np.array(known), blend_km)
    out = []
    for at, own in enumerate(own_of.tolist()):
        place = places[at : at + 1]
        shares = {own: 1.0}
        if blend_km is not None:
            _, ids, parts = seams.shares(place, own_of[at : at + 1])
            shares = dict(zip(ids.tolist(), parts.tolist(), strict=True))
        if policy == "nan":
            shares = {z: s for z, s in shares.items() if z in known or z == own}
        total = 0.0
        for zone, share in shares.items():
            if zone in known:
                one = of_zone(place, zone)
            elif policy == "fallback":
                columns = zones.fallback_columns(place, zone)
                shape, weights = zones.fallback_architecture, zones.shelf.get(FALLBACK)
                one = slow_outputs(shape, weights, columns, layer)[0]
            elif policy == "nearest" and blend_km is None:
                one = of_zone(place, int(nearest.of(place)[0]), edge=True)
            elif policy == "nearest":
                _, ids, parts = nearest.shares(place)
                one = sum(
                    part * of_zone(place, int(near), edge=True)
                    for near, part in zip(ids, parts, strict=True)
                )
            else:
                one = uniform if policy == "uniform" else np.full(n_outputs, np.nan)
            total = total + share / sum(shares.values()) * one
        out.append(total)
    return np.array(out)


@pytest.mark.parametrize("blend_km", [None, 100.0])
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("trained", [[T31], [T31, U32], [U31, T32, U32]])
def test_against_the_loop(policy, blend_km, trained):
    zones = zones_of(trained)
    found = said(inference_of(zones, policy, blend_km), PLACES)
    expected = slow_said(zones, PLACES, policy, blend_km)
    assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    silent = np.isnan(found).any(axis=1)
    if policy == "nan":
        own = zones.regions.locate(PLACES)
        assert_array_equal(silent, ~np.isin(own, trained))
        assert np.isnan(found[silent]).all()
    else:
        assert not silent.any()
    sums = np.add.reduceat(found[~silent], [0, 3, 5], axis=1)
    assert_allclose(sums, 1.0, rtol=1e-5)  # every context is a distribution


@pytest.mark.parametrize("policy", ["fallback", "nearest", "nan"])
@pytest.mark.parametrize("layer", [1, 2])
def test_hidden_layers(policy, layer):
    zones = zones_of([T31, U32])
    found = said(inference_of(zones, policy, 100.0), PLACES, layer)
    expected = slow_said(zones, PLACES, policy, 100.0, layer)
    assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("policy", POLICIES)
def test_neighbours_that_are_both_missing(policy):
    # Three of the four zones around the corner are missing, and one speaks for them.
    zones, place = zones_of([T31]), CORNER[np.newaxis]
    rows, _, _ = utm_seams(100.0).shares(place, np.array([T31]))
    assert len(rows) == 4
    found = said(inference_of(zones, policy, 100.0), place)
    assert_allclose(np.add.reduceat(found[0], [0, 3, 5]), 1.0, rtol=1e-5)
    # The same with an own zone that is missing.
    zones = zones_of([T32])
    found = said(inference_of(zones, policy, 100.0), place)
    expected = slow_said(zones, place, policy, 100.0)
    assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("blend_km", [None, 50.0])
@pytest.mark.parametrize("policy", POLICIES)
def test_rows_are_independent_of_others_and_of_chunks(policy, blend_km):
    inference = inference_of(zones_of([T31, U32]), policy, blend_km)
    whole = said(inference, PLACES)
    order = np.random.default_rng(1).permutation(len(PLACES))
    assert_allclose(said(inference, PLACES[order]), whole[order], rtol=1e-5, atol=1e-7)
    twice = np.concatenate([PLACES[:5], PLACES[:5]])
    assert_allclose(said(inference, twice)[5:], whole[:5], rtol=1e-5, atol=1e-7)
    for row in range(0, 30, 7):
        alone = said(inference, PLACES[row : row + 1])
        assert_allclose(alone, whole[row : row + 1], rtol=1e-5, atol=1e-7)
    with sklearn.config_context(working_memory=0.001):
        assert_allclose(said(inference, PLACES), whole, rtol=1e-5, atol=1e-7)


def test_a_seam_does_not_jump():
    zones = zones_of([T31, T32, U31, U32])
    across = np.array([[46.0, 6.0 - 6.5e-5], [46.0, 6.0 + 6.5e-5]])  # 10 m apart
    jumps = [
        np.abs(np.diff(said(inference_of(zones, "nan", km), across), axis=0)).max()
        for km in (None, 20.0)
    ]
    assert jumps[0] > 0.05
    assert jumps[1] < 1e-3


def test_places_in_no_cell():
    partition = S2Partition(max_per_cell=20, min_per_cell=5).fit(PLACES)
    regions = PartitionRegions(partition)
    far = np.array([[-40.0, 100.0], PLACES[0]])
    assert regions.locate(far)[0] == -1
    trained = [zone for zone in np.unique(regions.locate(PLACES)).tolist() if zone >= 0]
    zones = zones_of(trained, regions)
    for policy in POLICIES:
        for km in (None, 30.0):
            found = said(inference_of(zones, policy, km), far)
            expected = slow_said(zones, far, policy, km)
            assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    words = (
        "X, row 0: the place (-40.0, 100.0) lies in no zone, and so has no network. "
        'Use missing_zone="fallback" for the network of the whole globe, or "nearest", '
        '"uniform" or "nan".'
    )
    with pytest.raises(ValueError, match=re.escape(words) + "$"):
        said(inference_of(zones, "error"), far)


def test_the_whole_globe_is_one_zone():
    zones = zones_of([0], WholeGlobe(), fallback=False)
    for km in (None, 10.0):
        found = said(inference_of(zones, "error", km), PLACES)
        assert_allclose(found, slow_said(zones, PLACES, "nan"), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("blend_km", [None, 100.0])
def test_error_names_row_place_zone_and_remedy(blend_km):
    zones = zones_of([T31, U31, T32])
    own = zones.regions.locate(PLACES)
    row = int(np.argmax(own == U32))
    count = int((own == U32).sum()) - 1
    latitude, longitude = PLACES[row].tolist()
    words = (
        f"X, row {row}: the place ({latitude!r}, {longitude!r}) lies in zone 32U, "
        'which has no network. Use missing_zone="fallback" for the network of the '
        'whole globe, or "nearest", "uniform" or "nan"; or give the zone photos with '
        f"update_zones. ({count} more rows like it.)"
    )
    inference = inference_of(zones, "error", blend_km)
    with pytest.raises(ValueError, match=re.escape(words)):
        said(inference, PLACES)
    out = np.empty((2, 9), dtype=np.float32)
    with pytest.raises(ValueError, match=r"X, row 501: .*update_zones\.$"):
        inference.write(
            PLACES[[np.argmax(own == T31), row]],
            out,
            "softmax",
            numbers=np.array([7, 501]),
        )
    # A neighbour that has none is no error.
    there = PLACES[own != U32]
    found = said(inference, there)
    assert_allclose(
        found, slow_said(zones, there, "nan", blend_km), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("blend_km", [None, 100.0])
def test_fallback_that_was_not_trained(blend_km):
    zones = zones_of([T31], fallback=False)
    inference = inference_of(zones, "fallback", blend_km)
    words = (
        'missing_zone="fallback" needs the network of the whole globe, which was not '
        "trained: missing_zone was another one in fit, the fit was interrupted, or "
        'there was no memory for it. Fit again, or use missing_zone="nearest", '
        '"uniform", "nan" or "error".'
    )
    with pytest.raises(ValueError, match=re.escape(words)):
        said(inference, PLACES)
    # Where it is not needed, nobody misses it.
    inside = np.array([[45.0, 3.0]])
    assert_allclose(said(inference, inside).sum(), 3.0, rtol=1e-5)


def test_between_the_nearest_zones_nothing_jumps():
    # Nobody in 32U, nor south of 48 degrees: 31U is nearest in the west of it.
    zones = zones_of(utm_zone_ids(["31U", "33U"]).astype(int).tolist())
    longitudes = np.linspace(5.9, 12.1, 3001)
    for latitude in (50.0, 47.9, 47.0):
        line = np.column_stack([np.full(3001, latitude), longitudes])
        jumps = []
        for blend_km in (None, 100.0):
            found = said(inference_of(zones, "nearest", blend_km), line)
            jumps.append(np.abs(np.diff(found, axis=0)).max())
        assert jumps[0] > 0.1
        assert jumps[1] < 0.01


def test_nearest_of_no_zones():
    with pytest.raises(ValueError, match='"nearest" finds no zone with networks'):
        inference_of(zones_of([]), "nearest")


def test_only_so_many_zones_are_loaded():
    zones, made = zones_of([T31, U31, T32, U32]), []

    def make(shape, weights):
        made.append(shape)
        return ZoneModules(shape, weights)

    inference = inference_of(zones, "nan", max_loaded_zones=2)
    inference.make_modules = make
    for zone in (T31, U31, T31, T32, T31, U31):
        inference.modules(zone)
    # T32 took the place of U31, and U31 that of T32; T31 was always in use.
    assert len(made) == 4
    assert list(inference._modules) == [T31, U31]


def test_threads_share_it():
    inference = inference_of(zones_of([T31, U31, T32, U32]), "nan", 50.0, 1)
    whole = said(inference, PLACES)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: said(inference, PLACES), range(24)):
            assert_allclose(found, whole, rtol=1e-5, atol=1e-7)


def test_columns_beside_the_outputs_are_left_alone():
    inference = inference_of(zones_of([T31, U32]), "fallback", 50.0)
    wide = np.full((30, 12), -7, dtype=np.float32)
    inference.write(PLACES, wide[:, 1:10], "softmax")
    assert (wide[:, [0, 10, 11]] == -7).all()
    assert_array_equal(wide[:, 1:10], said(inference, PLACES))


def test_a_zone_is_asked_once():
    zones = zones_of([T31, U31, T32, U32])
    asked = defaultdict(list)
    columns = zones.columns

    class Counted:
        n_features = columns.n_features

        def __call__(self, places, zone, *, at_edge):
            asked[zone, at_edge].append(len(places))
            return columns(places, zone, at_edge=at_edge)

    zones.columns = Counted()
    said(inference_of(zones, "nearest"), PLACES)
    own, counts = np.unique(zones.regions.locate(PLACES), return_counts=True)
    expected = {(zone, False): [count] for zone, count in zip(own, counts, strict=True)}
    assert dict(asked) == expected
