# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Pure functions on arrays of places: the sphere, UTM, S2 and triangles."""

from sklearn_geo.geometry._centers import (
    geometric_median,
    spherical_mean,
    spherical_mode,
)
from sklearn_geo.geometry._delaunay import SphericalDelaunay
from sklearn_geo.geometry._directions import bearing, destination
from sklearn_geo.geometry._s2 import s2_cell_ids, s2_leaf_ids
from sklearn_geo.geometry._s2_ids import (
    S2_MAX_LEVEL,
    s2_children,
    s2_contains,
    s2_faces,
    s2_ids_at_level,
    s2_ids_from_tokens,
    s2_intersects,
    s2_is_valid,
    s2_levels,
    s2_parents,
    s2_ranges,
    s2_tokens,
)
from sklearn_geo.geometry._s2_shapes import (
    s2_areas,
    s2_average_area,
    s2_centers,
    s2_edge_neighbors,
    s2_neighbors,
    s2_vertices,
)
from sklearn_geo.geometry._sphere import (
    EARTH_RADIUS_KM,
    chord_to_km,
    haversine,
    haversine_to_point,
    km_to_chord,
    pairwise_haversine,
    pairwise_haversine_chunks,
    places_from_vectors,
    unit_vectors,
)
from sklearn_geo.geometry._triangle_ids import (
    N_BASE_TRIANGLES,
    TRIANGLE_MAX_LEVEL,
    triangle_children,
    triangle_contains,
    triangle_ids_at_level,
    triangle_ids_from_tokens,
    triangle_levels,
    triangle_parents,
    triangle_ranges,
    triangle_tokens,
)
from sklearn_geo.geometry._triangle_shapes import (
    triangle_areas,
    triangle_centers,
    triangle_vertices,
)
from sklearn_geo.geometry._triangles import triangle_ids
from sklearn_geo.geometry._utm_projection import utm_project, utm_unproject
from sklearn_geo.geometry._utm_zones import (
    N_UTM_ZONES,
    utm_zone_bands,
    utm_zone_bounds,
    utm_zone_ids,
    utm_zone_names,
    utm_zone_numbers,
    utm_zones,
)

__all__ = [
    "EARTH_RADIUS_KM",
    "N_BASE_TRIANGLES",
    "N_UTM_ZONES",
    "S2_MAX_LEVEL",
    "TRIANGLE_MAX_LEVEL",
    "SphericalDelaunay",
    "bearing",
    "chord_to_km",
    "destination",
    "geometric_median",
    "haversine",
    "haversine_to_point",
    "km_to_chord",
    "pairwise_haversine",
    "pairwise_haversine_chunks",
    "places_from_vectors",
    "s2_areas",
    "s2_average_area",
    "s2_cell_ids",
    "s2_centers",
    "s2_children",
    "s2_contains",
    "s2_edge_neighbors",
    "s2_faces",
    "s2_ids_at_level",
    "s2_ids_from_tokens",
    "s2_intersects",
    "s2_is_valid",
    "s2_leaf_ids",
    "s2_levels",
    "s2_neighbors",
    "s2_parents",
    "s2_ranges",
    "s2_tokens",
    "s2_vertices",
    "spherical_mean",
    "spherical_mode",
    "triangle_areas",
    "triangle_centers",
    "triangle_children",
    "triangle_contains",
    "triangle_ids",
    "triangle_ids_at_level",
    "triangle_ids_from_tokens",
    "triangle_levels",
    "triangle_parents",
    "triangle_ranges",
    "triangle_tokens",
    "triangle_vertices",
    "unit_vectors",
    "utm_project",
    "utm_unproject",
    "utm_zone_bands",
    "utm_zone_bounds",
    "utm_zone_ids",
    "utm_zone_names",
    "utm_zone_numbers",
    "utm_zones",
]
