# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Distances to zones by walking along their borders, as slowly as it takes."""

import numpy as np

from sklearn_geo.geometry import haversine, places_from_vectors, unit_vectors


def along(start, end, shares, geodesic):
    """Points between two corners: on the sphere, or on the map."""
    if not geodesic:
        points = start + shares[:, None] * (end - start)
        return np.column_stack([points[:, 0], (points[:, 1] + 180) % 360 - 180])
    (a, b) = unit_vectors([start, end])
    return places_from_vectors((1 - shares)[:, None] * a + shares[:, None] * b)


def slow_km_to_ring(place, ring, geodesic=False):
    """Walk along all edges, then again and again around the points nearest to it."""
    edges = list(zip(ring, np.roll(ring, -1, axis=0), strict=True))
    shares = np.linspace(0, 1, 41)
    walks = np.concatenate([along(*edge, shares, geodesic) for edge in edges])
    nearest = haversine(walks, place[None]).reshape(-1, 41).min(axis=1)
    best = float(nearest.min())
    for number in np.argsort(nearest)[:3]:
        low, high = 0.0, 1.0
        for _ in range(10):
            shares = np.linspace(low, high, 41)
            km = haversine(along(*edges[number], shares, geodesic), place[None])
            at = int(km.argmin())
            best = min(best, float(km[at]))
            low, high = shares[max(at - 2, 0)], shares[min(at + 2, 40)]
    return best


def slow_shares(place, own, rings, blend_km, geodesic=False):
    """Write the formula down: a dict of the shares of zones."""
    weights = {own: 1.0}
    for zone, ring in rings.items():
        longest = haversine(ring, np.roll(ring, -1, axis=0)).max()
        # Whoever is that far from all corners does not hear the edges between them.
        if zone != own and haversine(ring, place[None]).min() < longest + blend_km:
            weight = 1 - slow_km_to_ring(place, ring, geodesic) / blend_km
            if weight > 0:
                weights[zone] = weight
    total = sum(weights.values())
    return {zone: weight / total for zone, weight in weights.items()}
