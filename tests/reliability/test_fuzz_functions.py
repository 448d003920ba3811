# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Functions that read places, ids and tokens, with anything: an answer, or words."""

import numpy as np
import pytest
from hypothesis import given, settings

from sklearn_geo import base, geometry
from tests.reliability import scale, strategies
from tests.reliability.doors import (
    Door,
    Kind,
    flag,
    forgotten,
    level,
    numbers,
    one_of,
    pair,
    places,
    positive,
    s2_ids,
    s2_tokens,
    table,
    triangle_ids,
    triangle_tokens,
    untried,
    vector,
    weights,
)
from tests.reliability.strategies import columns, draws, scalar, wild

radius = ~positive
# Examples a door in the long form, see nights.py.
LONG = 10_000

LISTED = Kind(lambda draw, n: draw.randint(0, 4), lambda draw, n: scalar(draw))


def _on_the_globe(arguments, answer):
    answer = answer.reshape(-1, 2)
    assert (np.abs(answer[:, 0]) <= 90).all()
    assert ((answer[:, 1] >= -180) & (answer[:, 1] < 180)).all()


def _on_unit_sphere(arguments, answer):
    np.testing.assert_allclose(np.linalg.norm(answer, axis=-1), 1, atol=1e-12)


def _between(low, high):
    def check(arguments, answer):
        assert (answer >= low).all()
        assert (answer <= high).all()

    return check


def _to_valid_triangles(arguments, answer):
    geometry.triangle_levels(answer)


def _to_valid_cells(arguments, answer):
    assert geometry.s2_is_valid(answer).all()


def _may_be_missing(arguments):
    return arguments.get("allow_missing", False) is not False


def _anything(arguments):
    # Missing longitudes stay missing, and chords of no neighbour infinite.
    return True


def _chunks(**arguments):
    return list(geometry.pairwise_haversine_chunks(**arguments))


def _delaunay(places, merge_km=0.005, asked=None):
    mesh = geometry.SphericalDelaunay(places, merge_km=merge_km)
    return [
        mesh.vertices,
        mesh.simplices,
        mesh.neighbors,
        mesh.areas(),
        mesh.centers(),
        None if asked is None else mesh.locate(asked),
    ]


_zone = Kind(
    lambda draw, n: draw.choice(["30U", 5, "A", 1200, None, np.int16(7), ["Z"] * n]),
    lambda draw, n: s2_tokens.bad(draw, n) if draw.often(0.5) else scalar(draw),
)
_zone_ids = Kind(
    lambda draw, n: np.array([draw.choice([0, 1196, 1197, 1200, 700])] * n),
    s2_ids.bad,
)
_zone_names = Kind(
    lambda draw, n: [draw.choice(["30U", "1C", "60X", "A", "Z"]) for _ in range(n)],
    s2_tokens.bad,
)
_degrees = vector(lambda draw: draw.choice([0.0, 90.0, -45.0, 360.0, 1e3, 12.5]))
_far = vector(lambda draw: draw.choice([0.0, 1.0, -7.0, 20_015.0, 1e5, 1e-9]))
_chord = vector(lambda draw: draw.choice([0.0, 2.0, 1.0, 1e-300, 1.9999999999999998]))
_metres = table(2, lambda draw: draw.choice([500_000.0, 0.0, 4e6, 166_021.4, 1e7]))
_direction = table(3, lambda draw: draw.choice([0.0, 1.0, -1.0, 1e-300, 1e300, 0.3]))

# Whoever asks for a billion steps waits for a billion.
_steps = Kind(
    lambda draw, n: draw.choice([1, 5, 300]),
    lambda draw, n: draw.choice([0, -1, 2.5, "3", None, np.nan]),
)

GEOMETRY = {
    "bearing": Door(
        geometry.bearing,
        {"a": places, "b": places},
        check=lambda arguments, answer: _between(0, 360)(arguments, answer),
        alike=("a", "b"),
    ),
    "chord_to_km": Door(
        geometry.chord_to_km,
        {"chord": _chord, "radius_km": radius},
        free=_anything,
        check=lambda arguments, answer: _not_nan(answer),
    ),
    "destination": Door(
        geometry.destination,
        {
            "places": places,
            "bearing": _degrees,
            "distance_km": _far,
            "radius_km": radius,
        },
        check=_on_the_globe,
        alike=("places", "bearing", "distance_km"),
    ),
    "geometric_median": Door(
        geometry.geometric_median,
        {
            "places": places,
            "sample_weight": ~weights,
            "max_iter": ~_steps,
            "tol_km": ~one_of(1e-6, 1.0, 0.0),
        },
        check=_on_the_globe,
    ),
    "haversine": Door(
        geometry.haversine,
        {"a": places, "b": places, "radius_km": radius},
        check=_between(0, np.inf),
        alike=("a", "b"),
    ),
    "haversine_to_point": Door(
        geometry.haversine_to_point,
        {"places": places, "point": pair, "radius_km": radius},
    ),
    "km_to_chord": Door(
        geometry.km_to_chord, {"km": _far, "radius_km": radius}, check=_between(0, 2)
    ),
    "pairwise_haversine": Door(
        geometry.pairwise_haversine, {"a": places, "b": ~places, "radius_km": radius}
    ),
    "pairwise_haversine_chunks": Door(
        _chunks, {"a": places, "b": ~places, "radius_km": radius}
    ),
    "places_from_vectors": Door(
        geometry.places_from_vectors, {"vectors": _direction}, check=_on_the_globe
    ),
    "spherical_mean": Door(
        geometry.spherical_mean,
        {"places": places, "sample_weight": ~weights},
        check=_on_the_globe,
    ),
    "spherical_mode": Door(
        geometry.spherical_mode,
        {"places": places, "sample_weight": ~weights, "radius_km": radius},
        check=_on_the_globe,
    ),
    "SphericalDelaunay": Door(
        _delaunay,
        {"places": places, "merge_km": ~one_of(0.0, 0.005, 1.0, 1e5), "asked": ~places},
        most=40,
    ),
    "unit_vectors": Door(
        geometry.unit_vectors, {"places": places}, check=_on_unit_sphere
    ),
    "utm_project": Door(geometry.utm_project, {"places": places, "zones": ~_zone}),
    "utm_unproject": Door(
        geometry.utm_unproject,
        {"coordinates": _metres, "zones": _zone},
        check=_on_the_globe,
    ),
    "utm_zones": Door(geometry.utm_zones, {"places": places}, check=_between(0, 1200)),
    "utm_zone_ids": Door(geometry.utm_zone_ids, {"names": _zone_names}),
    **{
        name: Door(getattr(geometry, name), {"ids": _zone_ids})
        for name in (
            "utm_zone_bands",
            "utm_zone_bounds",
            "utm_zone_names",
            "utm_zone_numbers",
        )
    },
    # ---- cells
    "s2_areas": Door(geometry.s2_areas, {"ids": s2_ids, "radius_km": radius}),
    "s2_average_area": Door(
        geometry.s2_average_area,
        {
            "level": Kind(lambda draw, n: draw.randint(0, 30), level(30).bad),
            "radius_km": radius,
        },
    ),
    "s2_cell_ids": Door(
        geometry.s2_cell_ids,
        {"places": places, "level": level(30)},
        check=_to_valid_cells,
    ),
    "s2_centers": Door(geometry.s2_centers, {"ids": s2_ids, "as_vectors": ~flag}),
    "s2_children": Door(geometry.s2_children, {"ids": s2_ids}, check=_to_valid_cells),
    "s2_contains": Door(
        geometry.s2_contains, {"cells": s2_ids, "ids": s2_ids}, alike=("cells", "ids")
    ),
    "s2_edge_neighbors": Door(
        geometry.s2_edge_neighbors, {"ids": s2_ids}, check=_to_valid_cells
    ),
    "s2_faces": Door(geometry.s2_faces, {"ids": s2_ids}, check=_between(0, 5)),
    "s2_ids_at_level": Door(
        geometry.s2_ids_at_level,
        {"level": LISTED},
        check=_to_valid_cells,
    ),
    "s2_ids_from_tokens": Door(geometry.s2_ids_from_tokens, {"tokens": s2_tokens}),
    "s2_intersects": Door(
        geometry.s2_intersects, {"a": s2_ids, "b": s2_ids}, alike=("a", "b")
    ),
    "s2_is_valid": Door(geometry.s2_is_valid, {"ids": s2_ids}),
    "s2_leaf_ids": Door(
        geometry.s2_leaf_ids, {"places": places}, check=_to_valid_cells
    ),
    "s2_levels": Door(geometry.s2_levels, {"ids": s2_ids}, check=_between(0, 30)),
    "s2_neighbors": Door(geometry.s2_neighbors, {"ids": s2_ids}),
    "s2_parents": Door(
        geometry.s2_parents,
        {"ids": s2_ids, "level": level(30)},
        check=_to_valid_cells,
    ),
    "s2_ranges": Door(geometry.s2_ranges, {"ids": s2_ids}),
    "s2_tokens": Door(geometry.s2_tokens, {"ids": s2_ids}),
    "s2_vertices": Door(geometry.s2_vertices, {"ids": s2_ids, "as_vectors": ~flag}),
    # ---- triangles
    "triangle_areas": Door(
        geometry.triangle_areas, {"ids": triangle_ids, "radius_km": radius}
    ),
    "triangle_centers": Door(
        geometry.triangle_centers, {"ids": triangle_ids}, check=_on_the_globe
    ),
    "triangle_children": Door(
        geometry.triangle_children, {"ids": triangle_ids}, check=_to_valid_triangles
    ),
    "triangle_contains": Door(
        geometry.triangle_contains,
        {"cells": triangle_ids, "ids": triangle_ids},
        alike=("cells", "ids"),
    ),
    "triangle_ids": Door(
        geometry.triangle_ids,
        {"places": places, "level": level(26)},
        check=_to_valid_triangles,
    ),
    "triangle_ids_at_level": Door(
        geometry.triangle_ids_at_level, {"level": LISTED}, check=_to_valid_triangles
    ),
    "triangle_ids_from_tokens": Door(
        geometry.triangle_ids_from_tokens, {"tokens": triangle_tokens}
    ),
    "triangle_levels": Door(geometry.triangle_levels, {"ids": triangle_ids}),
    "triangle_parents": Door(
        geometry.triangle_parents,
        {"ids": triangle_ids, "level": level(26)},
        check=_to_valid_triangles,
    ),
    "triangle_ranges": Door(geometry.triangle_ranges, {"ids": triangle_ids}),
    "triangle_tokens": Door(geometry.triangle_tokens, {"ids": triangle_ids}),
    "triangle_vertices": Door(geometry.triangle_vertices, {"ids": triangle_ids}),
}


def _not_nan(answer):
    assert not np.isnan(answer).any()


_location = one_of("auto", (0, 1), (-2, -1), np.array([0, 1]))
# What other rooms call with matrices that were read already.
_matrix = Kind(
    lambda draw, n: strategies.places(draw, n),
    lambda draw, n: columns(draw, n, 2, wild),
)
_two_names = Kind(
    lambda draw, n: draw.choice([["lat", "lon"], ["a", "b"], ("Latitude", "x__lng")]),
    lambda draw, n: draw.choice([["lon", "lat"], ["y", "lat"], ["x", "lng"]]),
)
_least = Kind(lambda draw, n: draw.choice([0, 1, 2]), lambda draw, n: 10**9)
BASE = {
    "wrap_longitude": Door(base.wrap_longitude, {"longitude": numbers}, free=_anything),
    "check_places": Door(
        base.check_places,
        {"places": places, "allow_missing": ~flag, "min_places": ~_least},
        free=_may_be_missing,
    ),
    "check_place": Door(base.check_place, {"place": pair}),
    "places_in": Door(
        base.places_in, {"X": places, "location": ~_location}, check=_on_the_globe
    ),
    "check_domain": Door(
        base.check_domain,
        {"matrix": _matrix, "names": ~_two_names, "allow_missing": ~flag},
        free=_may_be_missing,
    ),
}
DOORS = {**BASE, **GEOMETRY}


def test_nobody_is_forgotten():
    assert not forgotten(geometry, GEOMETRY)
    assert not forgotten(base, {**BASE, "GeoEstimator": None})


@pytest.mark.parametrize("name", DOORS)
def test_no_argument_is_forgotten(name):
    # What a table is called in messages.
    assert not untried(DOORS[name], ["name"])


@pytest.mark.parametrize("name", DOORS)
@settings(max_examples=scale(8, LONG))
@given(draw=draws)
def test_it_answers_or_says_why_not(name, draw):
    DOORS[name].attack(draw)
