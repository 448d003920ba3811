# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Cells of places by binary search against s2sphere's walk up the ancestors."""

import numpy as np
import s2sphere

from benchmarks._harness import Goal, Growth, Job
from benchmarks._inputs import photo_places
from sklearn_geo.geometry import s2_leaf_ids
from sklearn_geo.partition import S2Partition


def make(n):
    # 100 places a cell or so, and places that were not learnt from.
    partition = S2Partition(200, 5).fit(photo_places(n, random_state=1))
    return partition, photo_places(n)


def ours(inputs):
    partition, places = inputs
    return partition.predict(places)


def walk(inputs):
    partition, places = inputs
    cell_of_id = {id_: k for k, id_ in enumerate(partition.cells_["id"].tolist())}
    finest = int(partition.cells_["level"].max())
    cells = []
    for latitude, longitude in places.tolist():
        point = s2sphere.LatLng.from_degrees(latitude, longitude)
        ancestor = s2sphere.CellId.from_lat_lng(point).parent(finest)
        found = cell_of_id.get(ancestor.id(), -1)
        while found < 0 and ancestor.level() > 0:
            ancestor = ancestor.parent()
            found = cell_of_id.get(ancestor.id(), -1)
        cells.append(found)
    return np.array(cells)


def leaf_ids(inputs):
    return s2_leaf_ids(inputs[1])


def check(_, results):
    np.testing.assert_array_equal(results["ours"], results["s2sphere walk"])


JOB = Job(
    name="s2_partition_assign",
    question="the cell of each place in an adaptive S2 partition, -1 outside",
    make=make,
    runners={"ours": ours, "s2sphere walk": walk, "leaf ids alone": leaf_ids},
    check=check,
    limits=frozenset({"leaf ids alone"}),
    goals=(
        Goal("s2sphere walk", "ours", at_least=30.0),
        Growth("ours", at_most=1.1),
    ),
    unit="places",
)
