# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""
S2 cells against triangles
==========================

A classifier that says where a photo was taken needs classes: cells of the earth with
similar numbers of photos. Two papers cut the earth in two ways, into S2 cells and into
triangles. How close to a photo can each of them come?
"""

# %%
# Three partitions
# ----------------
#
# One half of the photos of an invented world makes the cells, the other half is asked
# about. The same limits for all: a cell with more than 300 photos is cut, one with
# fewer than 30 is dropped. S2 cells and "midpoint" triangles are cut in four where they
# are; "delaunay" triangles get a new corner where their photos are.

from sklearn.model_selection import train_test_split

from sklearn_geo.datasets import make_coastline, make_geotagged_photos
from sklearn_geo.partition import S2Partition, TrianglePartition

photos = make_geotagged_photos(60_000, random_state=0)
train, test = train_test_split(photos.places, test_size=0.5, random_state=0)
partitions = {
    "S2 cells": S2Partition(300, 30),
    "triangles, midpoint": TrianglePartition(300, 30),
    "triangles, delaunay": TrianglePartition(300, 30, refine="delaunay"),
}

# %%
# The best a classifier could do
# ------------------------------
#
# A classifier that always names the right cell answers with the place that stands for
# it, the mean of its training photos. How far that is from the photo bounds every
# classifier over these cells. Photos in no cell are not found at all.

from sklearn_geo.metrics import accuracy_at_km

titles = []
for name, partition in partitions.items():
    cells = partition.fit(train).predict(test)
    found = cells >= 0
    answers = partition.inverse_transform(cells[found])
    near = accuracy_at_km(test[found], answers, [25, 200, 750])
    city, region, country = near * found.mean()
    dropped = len(partition.dropped_) / len(train)
    print(f"{name:20} {partition.n_cells_} cells, {dropped:.1%} dropped;", end=" ")
    titles.append(f"{name}: {region:.0%} within 200 km")
    print(f"within 25 km {city:.1%}, 200 km {region:.1%}, 750 km {country:.1%}")

# %%
# On a map
# --------
#
# The same corner of that world, cut three times: colours tell how many photos a cell
# holds, dots are photos, and what is pale is in no cell.

import matplotlib.pyplot as plt

from sklearn_geo import CellMapDisplay

style = {"norm": plt.Normalize(0, 300), "coastline": make_coastline()}
figure, axes = plt.subplots(1, 3, figsize=(12, 3.2), layout="compressed")
for ax, title, partition in zip(axes, titles, partitions.values(), strict=True):
    display = CellMapDisplay.from_estimator(
        partition, extent=(-30, 60, 20, 66), colorbar=False, ax=ax, **style
    )
    ax.plot(train[:, 1], train[:, 0], ",", color="black")
    ax.set_title(title)
figure.colorbar(display.cells_, ax=axes, label="photos in a cell", pad=0.01)
plt.show()

# %%
# S2 begins with the six faces of a cube, so a few photos in the middle of nowhere still
# get a cell, a very large one. Triangles begin with 1,922 of the size of New Zealand:
# lonely photos are dropped, and the answers that remain are closer. Between the
# triangles, "delaunay" puts its corners where photos are, loses fewer of them, and pays
# with cells that are long and have no parents: only S2 cells and "midpoint" triangles
# make a :class:`~sklearn_geo.partition.CellHierarchy`.
