# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklearn_geo.geolocation._seen import fingerprint, share_seen

PLACES = np.random.default_rng(0).uniform([-90, -180], [90, 180], (5000, 2))


def test_shares_of_few_places_are_exact():
    places = PLACES[:40]
    seen = fingerprint(places)
    assert len(seen) == 40
    assert share_seen(seen, places) == 1.0
    assert share_seen(seen, places[:10]) == 0.25
    assert share_seen(seen, PLACES[40:]) == 0.0
    assert share_seen(fingerprint(places[:0]), places) == 0.0
    # Order, copies and layout are nothing; another sign or the last digit are.
    order = np.random.default_rng(1).permutation(40)
    again = np.asfortranarray(np.vstack([places[order], places]))
    np.testing.assert_array_equal(fingerprint(again), seen)
    assert share_seen(seen, places[:, ::-1]) == 0.0
    assert share_seen(seen, np.nextafter(places, 0)) == 0.0
    assert share_seen(seen, -places) == 0.0


def test_a_sample_of_many_places():
    seen = fingerprint(PLACES)
    assert len(seen) == 1024
    assert (np.diff(seen.astype(object)) > 0).all()
    assert share_seen(seen, PLACES) == 1.0
    # The sample is as good as random: half of the places, 5 standard deviations.
    assert abs(share_seen(seen, PLACES[:2500]) - 0.5) < 5 * 0.5 / 32
    assert abs(share_seen(seen, PLACES[::10]) - 0.1) < 5 * 0.3 / 32


def test_places_seen_in_parts():
    before = None
    for part in np.array_split(PLACES, 7):
        before = fingerprint(part, before)
    np.testing.assert_array_equal(before, fingerprint(PLACES))


def test_many_places_on_a_grid_stay_apart():
    ticks = np.arange(-60, 60) / 4
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    seen = fingerprint(grid[:1000])
    assert len(seen) == 1000
    assert share_seen(seen, grid[1000:]) == 0.0
