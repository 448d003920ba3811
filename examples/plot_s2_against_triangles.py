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
# Photos
# ------
#
# An invented world. One half of the photos makes the cells, the other half is asked
# about.

from sklearn.model_selection import train_test_split

from sklearn_geo.datasets import make_geotagged_photos

photos = make_geotagged_photos(60_000, random_state=0)
train, test = train_test_split(photos.places, test_size=0.5, random_state=0)

# %%
# Three partitions
# ----------------
#
# The same limits for all: a cell with more than 300 photos is cut, one with fewer than
# 30 is dropped. S2 cells and "midpoint" triangles are cut in four where they are;
# "delaunay" triangles get a new corner where their photos are.

from sklearn_geo.partition import S2Partition, TrianglePartition

partitions = {
    "S2 cells": S2Partition(300, 30),
    "triangles, midpoint": TrianglePartition(300, 30),
    "triangles, delaunay": TrianglePartition(300, 30, refine="delaunay"),
}
for name, partition in partitions.items():
    partition.fit(train)
    print(f"{name:20} {partition.n_cells_:4} cells", end=", ")
    print(f"{len(partition.dropped_) / len(train):.1%} of the photos dropped")

# %%
# The best a classifier could do
# ------------------------------
#
# A classifier that always names the right cell answers with the place that stands for
# it, the mean of its training photos. How far that is from the photo bounds every
# classifier over these cells.

import numpy as np

from sklearn_geo.geometry import haversine

errors = {}
for name, partition in partitions.items():
    cells = partition.predict(test)
    found = cells >= 0
    errors[name] = np.full(len(test), np.inf)
    errors[name][found] = haversine(
        test[found], partition.inverse_transform(cells[found])
    )
    shares = [(errors[name] <= radius).mean() for radius in (25, 200, 750)]
    print(f"{name:20} 25 km {shares[0]:.1%}, 200 km {shares[1]:.1%}", end=", ")
    print(f"750 km {shares[2]:.1%}")

# %%
# On a map
# --------
#
# The same corner of that world, cut three times: colours tell how many photos a cell
# holds, white areas are in no cell.

import matplotlib.pyplot as plt
from matplotlib.collections import PolyCollection

WEST, EAST, SOUTH, NORTH = -30.0, 60.0, 20.0, 66.0
figure, axes = plt.subplots(
    1, 3, figsize=(12, 3.4), layout="constrained", sharex=True, sharey=True
)
for ax, (name, partition) in zip(axes, partitions.items(), strict=True):
    outlines = [partition.cell_outline(k) for k in range(partition.n_cells_)]
    drawn = PolyCollection(
        [outline[:, ::-1] for outline in outlines],
        array=partition.cells_["count"],
        cmap="viridis",
        edgecolors="white",
        linewidths=0.4,
        clim=(0, 300),
    )
    ax.add_collection(drawn)
    ax.scatter(train[:, 1], train[:, 0], s=1.0, color="C3", linewidths=0)
    ax.set(title=name, xlim=(WEST, EAST), ylim=(SOUTH, NORTH), xlabel="longitude")
    ax.set_aspect(1.3)
axes[0].set_ylabel("latitude")
figure.colorbar(drawn, ax=axes, label="photos in a cell", shrink=0.8, pad=0.01)
plt.show()

# %%
# S2 begins with the six faces of a cube, so a few photos in the middle of nowhere still
# get a cell, a very large one. Triangles begin with 1,922 of the size of New Zealand:
# lonely photos are dropped, and the answers that remain are closer. Between the
# triangles, "delaunay" puts its corners where photos are, loses fewer of them, and pays
# with cells that are long and have no parents: only S2 cells and "midpoint" triangles
# make a :class:`~sklearn_geo.partition.CellHierarchy`.
