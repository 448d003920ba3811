# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The outlines of zones by name, and what a transformer knows of its own."""

import difflib

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._answers import as_partition
from sklearn_geo._labels import check_rows
from sklearn_geo._numbers import read_numbers
from sklearn_geo.geometry import utm_zone_bounds, utm_zone_ids
from sklearn_geo.inspection._export import collection_of
from sklearn_geo.partition._geojson import geometry


def zone_polygons(names, regions="utm"):
    """Return zones as GeoJSON.

    Parameters
    ----------
    names : sequence of str
        Names of UTM zones, or of cells.

    regions : "utm" or partition, default="utm"
        Where these are: the UTM grid, or a fitted partition or hierarchy.

    Returns
    -------
    dict
        A FeatureCollection; the property `zone` is the name.
    """
    if isinstance(regions, str):
        if regions != "utm":
            raise ValueError(
                f'regions must be "utm" or a fitted partition; got {regions!r}.'
            )
        shapes = [_box(bounds) for bounds in utm_zone_bounds(utm_zone_ids(names))]
    else:
        shapes = _cells(names, as_partition(regions))
    return collection_of(
        {"type": "Feature", "id": name, "geometry": shape, "properties": {"zone": name}}
        for name, shape in zip(names, shapes, strict=True)
    )


def _box(bounds):
    south, west, north, east = bounds
    ring = [(south, west), (south, east), (north, east), (north, west)]
    return geometry([[np.array(ring)]])


def _cells(names, partition):
    check_is_fitted(partition, "cells_")
    cells = {one["id"]: one["geometry"] for one in partition.to_geojson()["features"]}
    for name in names:
        if name not in cells:
            near = difflib.get_close_matches(name, cells, n=2)
            hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
            raise ValueError(
                f"There is no zone {name!r} in regions, which have {len(cells)} "
                f"cells.{hint}"
            )
    return [cells[name] for name in names]


def with_zones(estimator):
    """Find the transformer that has networks of zones, wherever it is.

    Parameters
    ----------
    estimator : estimator
        It, or a pipeline, union or search that it is a part of.

    Returns
    -------
    ZoneReader
        The transformer, fitted.
    """
    from sklearn_geo.context._zone_reader import ZoneReader

    found = [one for one in _parts(estimator) if isinstance(one, ZoneReader)]
    if not found:
        raise TypeError(
            f"{type(estimator).__name__} has no networks of zones. Pass a fitted "
            "GPS2VecPlusTransformer or NumpyContextEncoder, or a pipeline with one."
        )
    if len(found) > 1:
        raise ValueError(
            f"There are {len(found)} transformers with zones in it. Pass the one to "
            "draw."
        )
    check_is_fitted(found[0])
    return found[0]


def _parts(estimator):
    """Yield an estimator and all that it is made of."""
    yield estimator
    inside = []
    if isinstance(estimator, Pipeline):
        inside = [step for _, step in estimator.steps]
    elif isinstance(estimator, FeatureUnion):
        inside = [one for _, one in estimator.transformer_list]
    elif isinstance(estimator, ColumnTransformer):
        table = getattr(estimator, "transformers_", estimator.transformers)
        inside = [one for _, one, _ in table]
    elif isinstance(estimator, FrozenEstimator):
        inside = [estimator.estimator]
    elif hasattr(estimator, "best_estimator_"):
        inside = [estimator.best_estimator_]
    for one in inside:
        yield from _parts(one)


def regions_of(model):
    """Return the zones of a transformer as `regions`: "utm", a partition or None."""
    regions = model._zones.regions
    if hasattr(regions, "partition"):
        return regions.partition
    return None if model._zones.plan.is_globe else "utm"


def photos_elsewhere(model):
    """Return how many photos were seen in zones without networks, by name."""
    zones, known = model._zones, set(model.zone_report_["zone"].tolist())
    ids = [zone for zone, photos in zones.photos_seen.items() if photos and zone >= 0]
    names = zones.regions.names(ids)
    return {
        name: zones.photos_seen[zone]
        for zone, name in zip(ids, names, strict=True)
        if name not in known
    }


def numbers_of(values, n_zones, name):
    """Read one number a zone, which may stand in a column."""
    check_rows(n_zones, values, name, "zones")
    numbers = read_numbers(values, name)
    if numbers.size != n_zones:
        raise ValueError(
            f"{name} must hold one number for each of the {n_zones} zones; got the "
            f"shape {numbers.shape}."
        )
    return numbers.ravel()


def counts_of(values, n_zones):
    """Read how many rows each zone has, as integers where all are whole."""
    counts = numbers_of(values, n_zones, "counts")
    whole = (np.abs(counts) < 2**53).all() and (counts == np.floor(counts)).all()
    return counts.astype(np.int64) if whole else counts
