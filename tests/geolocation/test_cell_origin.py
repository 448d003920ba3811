# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Partitions may come in every form that stands for the same cells, and no other."""

import copy
import json
import pickle
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sklearn.frozen import FrozenEstimator

from sklearn_geo.geolocation import HierarchicalCellClassifier
from sklearn_geo.partition import (
    AreaPartition,
    CellHierarchy,
    KMeansPartition,
    S2Partition,
    TrianglePartition,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 4))
PLACES = RNG.uniform(-59, 59, (120, 2))
BOXES = [
    shapely.box(west, south, west + 40, south + 40)
    for west in range(-60, 60, 40)
    for south in range(-60, 60, 40)
]
NAMES = [f"area {number}" for number in range(9)]


def cells(partitions=None):
    return HierarchicalCellClassifier(
        partitions, max_iter=2, random_state=0, device="cpu", warm_start=True
    )


def table(shapes=BOXES, names=NAMES):
    return gpd.GeoDataFrame({"name": names}, geometry=list(shapes), crs=4326)


def check_goes_on(model, partitions):
    """Check that a model learns on, with the cells it has, and stays that way."""
    before, n_epochs = model.cells_.copy(), model.n_iter_
    model.set_params(partitions=partitions)
    for _ in range(2):  # what was found the same is looked at less the second time
        model.partial_fit(X[:9], PLACES[:9])
    again = pickle.loads(pickle.dumps(model))
    again.partial_fit(X[:9], PLACES[:9])
    copy.deepcopy(model).partial_fit(X[:9], PLACES[:9])
    model.fit(X, PLACES)
    assert model.n_iter_ == n_epochs + 4
    assert again.n_iter_ == n_epochs + 3
    np.testing.assert_array_equal(model.cells_, before)


def check_refused(model, partitions):
    model.set_params(partitions=partitions)
    with pytest.raises(ValueError, match=r"^partitions is .* before\. What there is"):
        model.partial_fit(X, PLACES)
    with pytest.raises(ValueError, match=r"^partitions is .* before\. What there is"):
        model.fit(X, PLACES)


# Forms of the parameter -------------------------------------------------------------


COARSE, FINE = S2Partition(40, 1), S2Partition(20, 1)
ONE = [FINE, [FINE], (FINE,), CellHierarchy([FINE]), S2Partition(20.0, np.int64(1))]
TWO = [[COARSE, FINE], (COARSE, FINE), CellHierarchy([COARSE, FINE])]
TWO += [CellHierarchy([COARSE, FINE]).fit(PLACES), [copy.copy(COARSE), FINE]]
FITTED = [
    lambda fitted: fitted,
    copy.deepcopy,
    tuple,
    CellHierarchy,
    lambda fitted: [FrozenEstimator(each) for each in fitted],
    lambda fitted: [FrozenEstimator(each) for each in copy.deepcopy(fitted)],
    lambda fitted: [*fitted[:-1], FrozenEstimator(copy.deepcopy(fitted[-1]))],
    lambda fitted: CellHierarchy([FrozenEstimator(each) for each in fitted]),
]


@pytest.mark.parametrize("forms", [ONE, TWO])
@pytest.mark.parametrize("first", range(5))
def test_all_forms_of_the_same_partitions(forms, first):
    model = cells(forms[first]).fit(X, PLACES)
    for partitions in forms:
        check_goes_on(model, copy.deepcopy(partitions))


@pytest.mark.parametrize("partitions", [FINE, [COARSE, FINE], None])
@pytest.mark.parametrize("form", FITTED)
def test_fitted_cells_stand_for_their_partitions(partitions, form, tmp_path):
    model = cells(partitions).fit(X, PLACES)
    check_goes_on(model, form(model.partitions_))
    # So do they in one that was read again, and so does what they were made of.
    model.save_pretrained(tmp_path)
    read = HierarchicalCellClassifier.from_pretrained(tmp_path)
    read.set_params(warm_start=True)
    check_goes_on(read, form(model.partitions_))
    check_goes_on(read, [part.__sklearn_clone__() for part in model.partitions_])
    check_goes_on(read, read.partitions_)


@pytest.mark.parametrize("partition", [KMeansPartition(5), TrianglePartition(20, 1)])
def test_other_kinds_of_partitions(partition):
    # Seeds are handed down, and decide nothing once there are cells.
    model = cells(partition).fit(X, PLACES)
    for form in FITTED[:3]:
        check_goes_on(model, form(model.partitions_))
    check_goes_on(model, copy.deepcopy(partition))
    if isinstance(partition, KMeansPartition):
        check_goes_on(model, KMeansPartition(5, random_state=3))
        check_refused(model, KMeansPartition(6))
        check_refused(model, KMeansPartition(5, representative="medoid"))


def test_the_same_cells_from_a_table_and_from_an_array():
    places = gpd.pd.DataFrame(PLACES, columns=["latitude", "longitude"])
    model = cells(FrozenEstimator(S2Partition(20, 1).fit(PLACES))).fit(X, PLACES)
    check_goes_on(model, FrozenEstimator(S2Partition(20, 1).fit(places)))


@pytest.mark.parametrize(
    "partitions",
    [
        None,
        [COARSE, S2Partition(21, 1)],
        [S2Partition(40, 2), FINE],
        [FINE, COARSE],
        [FINE],
        [S2Partition(60, 1), COARSE, FINE],
        [COARSE, S2Partition(20, 1, uncovered="nearest")],
        [TrianglePartition(40, 1), TrianglePartition(20, 1)],
        [],
        [None, None],
        "cells",
        # Frozen, they are what they were fitted to.
        [FrozenEstimator(part.fit(PLACES[:60])) for part in (COARSE, FINE)],
        [COARSE, FrozenEstimator(S2Partition(20, 1))],
    ],
)
def test_others_are_refused(partitions):
    model = cells([COARSE, FINE]).fit(X, PLACES)
    check_refused(model, partitions)
    check_goes_on(model, CellHierarchy([COARSE, FINE]))


def test_defaults_are_the_same_of_any_number_of_rows():
    model = cells().fit(X, PLACES)
    check_goes_on(model, None)
    check_refused(model, S2Partition(20, 1))


def test_partitions_that_are_changed_in_place():
    mine = S2Partition(20, 1)
    model = cells([COARSE, mine]).fit(X, PLACES)
    mine.set_params(max_per_cell=30)
    check_refused(model, [COARSE, mine])
    mine.set_params(max_per_cell=20)
    check_goes_on(model, [COARSE, mine])
    # Who says what places outside get, of the cells there are, changes no cell.
    model.partitions_[1].set_params(uncovered="nearest")
    check_goes_on(model, [COARSE, mine])
    check_goes_on(model, model.partitions_)
    check_goes_on(model, [FrozenEstimator(p) for p in copy.deepcopy(model.partitions_)])
    # Nor are frozen cells the same that were fitted to others since.
    frozen = FrozenEstimator(copy.deepcopy(model.partitions_[1]))
    check_goes_on(model, [COARSE, frozen])
    frozen.estimator.fit(PLACES[:60])
    check_refused(model, [COARSE, frozen])


def test_the_error_says_both():
    model = cells([FINE]).fit(X, PLACES)
    words = r"partitions is S2Partition\(max_per_cell=21, min_per_cell=1\), and was "
    words += r"\[S2Partition\(max_per_cell=20, min_per_cell=1\)\] before\."
    with pytest.raises(ValueError, match=words):
        model.set_params(partitions=S2Partition(21, 1)).partial_fit(X, PLACES)


# Areas ------------------------------------------------------------------------------


def geojson(shapes=BOXES, names=NAMES):
    features = [
        {
            "type": "Feature",
            "properties": {"name": name},
            "geometry": shapely.geometry.mapping(shape),
        }
        for name, shape in zip(names, shapes, strict=True)
    ]
    return json.loads(json.dumps({"type": "FeatureCollection", "features": features}))


def test_areas_in_all_their_forms(tmp_path):
    path = tmp_path / "areas.geojson"
    path.write_text(json.dumps(geojson()))
    table().to_parquet(tmp_path / "areas.parquet")
    forms = [
        AreaPartition(table(), name_column="name"),
        AreaPartition(table()),
        AreaPartition(table().assign(more=1.0)),
        AreaPartition(table().rename(columns={"name": "title"}), name_column="title"),
        AreaPartition(table().iloc[:]),
        AreaPartition(table().reset_index(drop=True)),
        AreaPartition(table().to_crs(3857)),
        AreaPartition(gpd.read_parquet(tmp_path / "areas.parquet")),
        AreaPartition(gpd.GeoSeries(BOXES, index=NAMES, crs=4326)),
        AreaPartition(geojson(), long_edges="shorter"),
        AreaPartition(path),
        AreaPartition(str(path)),
    ]
    for first in (0, 8, 9, 10, 11):
        model = cells(forms[first]).fit(X, PLACES)
        for partition in forms:
            check_goes_on(model, partition)
    unnamed = cells(AreaPartition(BOXES)).fit(X, PLACES)
    for areas in (list(BOXES), tuple(BOXES), np.array(BOXES), gpd.GeoSeries(BOXES)):
        check_goes_on(unnamed, AreaPartition(areas))
    # A file that is gone tells no other areas.
    model = cells(AreaPartition(path)).fit(X, PLACES)
    path.unlink()
    check_goes_on(model, AreaPartition(Path(path)))
    check_refused(model, AreaPartition(tmp_path / "other.geojson"))


OTHER = [*BOXES[:-1], shapely.box(20, 20, 60, 59)]


@pytest.mark.parametrize(
    "partition",
    [
        AreaPartition(table(OTHER)),
        AreaPartition(table(names=[*NAMES[:-1], "another"])),
        AreaPartition(table(BOXES[::-1])),
        AreaPartition(table(BOXES[:-1], NAMES[:-1])),
        AreaPartition(geojson(OTHER)),
        AreaPartition(BOXES),
        AreaPartition(table(), uncovered="nearest"),
        AreaPartition(table(), name_column="title"),
        AreaPartition("none.geojson"),
        AreaPartition(7),
        FrozenEstimator(AreaPartition(table(OTHER)).fit(PLACES)),
        FrozenEstimator(AreaPartition(table()).fit(PLACES[:60])),
        S2Partition(20, 1),
    ],
)
def test_other_areas_are_refused(partition, tmp_path):
    model = cells(AreaPartition(table())).fit(X, PLACES)
    check_refused(model, partition)
    model.save_pretrained(tmp_path)
    read = HierarchicalCellClassifier.from_pretrained(tmp_path)
    check_refused(read.set_params(warm_start=True), partition)
    check_goes_on(read, AreaPartition(table()))


def test_a_table_of_ones_own_that_is_changed_in_place(tmp_path):
    mine = table()
    partition = AreaPartition(mine, name_column="name")
    model = cells(partition).fit(X, PLACES)
    mine["accuracy"] = 1.0
    check_goes_on(model, partition)
    check_goes_on(model, AreaPartition(mine, name_column="name"))
    model.save_pretrained(tmp_path)
    mine.loc[8, "geometry"] = OTHER[-1]
    check_refused(model, partition)
    mine.loc[8, "geometry"] = BOXES[-1]
    check_goes_on(model, partition)
    shapes = list(BOXES)
    model = cells(AreaPartition(shapes)).fit(X, PLACES)
    shapes[-1] = OTHER[-1]
    check_refused(model, AreaPartition(shapes))


def test_pickles_of_before_this_was_kept_go_on():
    model = cells(FINE).fit(X, PLACES)
    del model._cell_origin
    model.set_params(partitions=S2Partition(21, 1)).partial_fit(X, PLACES)
    assert model.n_iter_ == 3
