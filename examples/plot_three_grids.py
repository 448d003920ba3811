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
# map like this one, where a degree is a degree. Dots are photos of an invented world.

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection

from sklearn_geo import PlaceMapDisplay
from sklearn_geo.datasets import make_coastline, make_geotagged_photos
from sklearn_geo.geometry import s2_vertices, triangle_vertices, utm_zone_bounds

EXTENT = (-12.0, 30.0, 46.0, 70.0)  # west, east, south, north
window = np.mgrid[42:74:0.25, -16:34:0.25].reshape(2, -1).T
south, west, north, east = utm_zone_bounds(np.unique(utm_zones(window))).T
corners = [(south, west), (south, east), (north, east), (north, west)]
cells = {
    "UTM zones": np.moveaxis(corners, 2, 0),
    "S2 cells of level 4": s2_vertices(np.unique(s2_cell_ids(window, 4))),
    "Triangles of level 1": triangle_vertices(np.unique(triangle_ids(window, 1))),
}
places = make_geotagged_photos(30_000, random_state=0).places
style = {"cmap": "autumn", "colorbar": False, "coastline": make_coastline()}
figure, axes = plt.subplots(1, 3, figsize=(12, 4.6), layout="compressed")
for ax, (title, corners) in zip(axes, cells.items(), strict=True):
    PlaceMapDisplay.from_predictions(
        places, np.ones(len(places)), extent=EXTENT, ax=ax, graticule=False, **style
    )
    rings = np.concatenate([corners, corners[:, :1]], axis=1)
    ax.add_collection(LineCollection(rings[..., ::-1], colors="C0", linewidths=1.0))
    ax.set_title(title)
for name, longitude in (("31V", 1.5), ("32V", 7.5)):
    axes[0].text(longitude, 62.5, name, color="C0", ha="center", size=8)
plt.show()

# %%
# The same grids as columns are :class:`~sklearn_geo.encoding.UTMOneHotEncoder` and
# :class:`~sklearn_geo.encoding.S2OneHotEncoder`; as classes whose size follows the
# photos, they are :ref:`partitions
# <sphx_glr_auto_examples_plot_s2_against_triangles.py>`.
