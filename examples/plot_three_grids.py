# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
Three grids of the earth: zones, cells and triangles
====================================================

Which region a place lies in is the simplest thing a model can know about it. The
library cuts the earth in three ways: UTM zones, S2 cells and triangles of equal area.
All three name a million places in a fraction of a second.
"""

# %%
# Places
# ------
#
# The photos are synthetic: an invented world with hot spots, oceans without photos and
# albums of people who travel. A place is a row of two columns, latitude and longitude.

from sklearn_geo.datasets import make_geotagged_photos

photos = make_geotagged_photos(30_000, random_state=0)
places = photos.places
places[:3].round(3)

# %%
# Names
# -----
#
# Every place has a zone, a cell at each of 31 levels, and a triangle at each of 27.
# A coarser cell or triangle is a few bits of a finer one, so a hierarchy costs nothing.

from sklearn_geo.geometry import (
    s2_cell_ids,
    s2_tokens,
    triangle_ids,
    triangle_tokens,
    utm_zone_names,
    utm_zones,
)

oslo = [[59.91, 10.75]]
print("zone:    ", utm_zone_names(utm_zones(oslo))[0])
for level in (2, 5, 8):
    print(f"cell:     level {level}, {s2_tokens(s2_cell_ids(oslo, level))[0]}")
print("triangle:", triangle_tokens(triangle_ids(oslo, 2))[0])

# %%
# A map of the three around the North Sea
# ---------------------------------------
#
# UTM zones are six degrees wide, but for southern Norway, where 32V is widened at the
# expense of 31V, so that the coast lies in one zone. S2 cells are nearly squares on the
# sphere. Triangles have exactly equal areas, so they grow taller towards the poles on a
# map like this one, where a degree is a degree.

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection

from sklearn_geo.geometry import s2_vertices, triangle_vertices, utm_zone_bounds

WEST, EAST, SOUTH, NORTH = -12.0, 30.0, 46.0, 70.0
window = np.stack(
    np.meshgrid(
        np.arange(SOUTH - 4, NORTH + 4, 0.25), np.arange(WEST - 4, EAST + 4, 0.25)
    ),
    axis=-1,
).reshape(-1, 2)


def closed(vertices):
    """Rings of (longitude, latitude) from vertices of shape (n, k, 2)."""
    return np.concatenate([vertices, vertices[:, :1]], axis=1)[..., ::-1]


south, west, north, east = utm_zone_bounds(np.unique(utm_zones(window))).T
corners = np.stack([(south, west), (south, east), (north, east), (north, west)])
rings = {
    "UTM zones": closed(corners.transpose(2, 0, 1)),
    "S2 cells of level 4": closed(s2_vertices(np.unique(s2_cell_ids(window, 4)))),
    "Triangles of level 1": closed(
        triangle_vertices(np.unique(triangle_ids(window, 1)))
    ),
}
figure, axes = plt.subplots(1, 3, figsize=(12, 4.2), layout="constrained", sharey=True)
for ax, (title, lines) in zip(axes, rings.items(), strict=True):
    ax.scatter(places[:, 1], places[:, 0], s=2, color="C1", linewidths=0)
    ax.add_collection(LineCollection(lines, colors="C0", linewidths=1.0))
    ax.set(title=title, xlim=(WEST, EAST), ylim=(SOUTH, NORTH), xlabel="longitude")
    ax.set_aspect(1.7)
axes[0].set_ylabel("latitude")
for zone, west, east in (("31V", 0, 3), ("32V", 3, 12)):
    axes[0].text((west + east) / 2, 62.5, zone, color="C0", ha="center", size=8)
plt.show()

# %%
# The same grids as columns are :class:`sklearn_geo.encoding.UTMOneHotEncoder` and
# :class:`sklearn_geo.encoding.S2OneHotEncoder`.
