# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The land of the synthetic worlds as polygons, to draw behind their photos."""

import numpy as np

from sklearn_geo.datasets._globe import _read_ring
from sklearn_geo.datasets._outlines import LAND, WATER


def make_coastline():
    """Make the outlines of the land of all synthetic worlds, as GeoJSON.

    They are drawn by hand, about a degree coarse: enough to see where on a map one is,
    and no map of the earth. For real places take land that is surveyed, for example
    that of Natural Earth.

    Returns
    -------
    dict
        A FeatureCollection of one Polygon a continent or island, with its `name`. Seas
        and great lakes are holes. Land across the antimeridian stays in one piece, with
        longitudes beyond 180. Every call returns a new one.

    See Also
    --------
    make_geotagged_photos : Photos of such a world.
    sklearn_geo.inspection.PlaceMapDisplay : Takes it as `coastline`.

    Examples
    --------
    >>> from sklearn_geo.datasets import make_coastline
    >>> land = make_coastline()
    >>> [feature["properties"]["name"] for feature in land["features"][:3]]
    ['Africa', 'Madagascar', 'Eurasia']
    """
    rings = {name: _read_ring(text) for name, text in LAND.items()}
    holes = {name: [] for name in rings}
    for text in WATER.values():
        water = _read_ring(text)
        around = next(name for name, ring in rings.items() if _inside(water[0], ring))
        holes[around].append(water)
    features = [
        {
            "type": "Feature",
            "properties": {"name": name},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    _closed(ring, sign)
                    for ring, sign in ((outer, 1.0), *((h, -1.0) for h in holes[name]))
                ],
            },
        }
        for name, outer in rings.items()
    ]
    return {"type": "FeatureCollection", "features": features}


def _inside(point, ring):
    """Tell whether a point is inside a ring, by the even-odd rule."""
    start, end = ring, np.roll(ring, -1, axis=0)
    crossed = (start[:, 1] > point[1]) != (end[:, 1] > point[1])
    (x0, y0), (x1, y1) = start[crossed].T, end[crossed].T
    return bool((x0 + (point[1] - y0) * (x1 - x0) / (y1 - y0) > point[0]).sum() % 2)


def _closed(ring, sign):
    """Close a ring; with a sign of 1 it runs counter-clockwise, with -1 the other way.

    RFC 7946 wants outer rings and holes like this.
    """
    x, y = ring.T
    area = (x * np.roll(y, -1) - np.roll(x, -1) * y).sum()
    ring = ring if area * sign > 0.0 else ring[::-1]
    return [*ring.tolist(), ring[0].tolist()]
