# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the cells of a classifier were made of, and whether `partitions` is still it."""

import os

import numpy as np
from sklearn.frozen import FrozenEstimator

from sklearn_geo._made_for import made_for, refused, short
from sklearn_geo._tables import is_geo
from sklearn_geo.geolocation._levels import read_partitions
from sklearn_geo.partition import AreaPartition, CellHierarchy
from sklearn_geo.partition._area_shapes import import_shapely
from sklearn_geo.partition._area_sources import read_areas
from sklearn_geo.partition._base import PlacePartition
from sklearn_geo.partition._files import _head

__all__ = ["CellOrigin"]

# What is no matter of which cells there are, once they are made.
_BESIDE = ("random_state",)
# Parameters that only say together which areas there are; degrees between equal ones,
# a tenth of a millimetre, since they may come in another coordinate reference system.
_DRAWN_BY, _CLOSE = ("areas", "name_column", "long_edges"), 1e-9


class CellOrigin:
    """What a classifier's parameter `partitions` was when its cells were made.

    Parameters
    ----------
    partitions : partition, list of partitions, CellHierarchy or None
        The parameter.

    fitted : list of partitions
        What was made of it, from coarse to fine.
    """

    def __init__(self, partitions, fitted):
        self._was = _as_is(partitions)
        given = fitted if partitions is None else read_partitions(partitions, 1)
        self._levels = [_Level(partition) for partition in given]

    def is_still(self, partitions, fitted):
        """Tell whether the parameter stands for the same cells, in whatever form.

        Partitions do that have the same parameters, and fitted ones with the very
        cells; frozen ones are what they were fitted to, whatever their parameters.
        """
        if partitions is None:
            return self._was is None
        given = read_partitions(partitions, 1)
        return len(given) == len(fitted) and all(
            level.is_still(one, other)
            for level, one, other in zip(self._levels, given, fitted, strict=True)
        )

    def check(self, partitions, fitted, remedy):
        """Refuse a parameter that stands for other cells."""
        if not self.is_still(partitions, fitted):
            raise refused("partitions", short(partitions), short(self._was), remedy)


class _Level:
    """What one partition was, and what was found to be the same since."""

    def __init__(self, partition):
        inside = _inside(partition)
        self._settings = _settings(inside)
        self._areas = _Drawing(inside) if isinstance(inside, AreaPartition) else None
        self._cells = None

    def __getstate__(self):
        # Copies compare once more, and pickles hold no table twice.
        return {**self.__dict__, "_cells": None}

    def is_still(self, given, fitted):
        inside, fitted = _inside(given), _inside(fitted)
        if inside is fitted:
            return True
        if type(inside) is not type(fitted):
            return False
        is_alike = inside is given and self._is_alike(inside, fitted)
        return is_alike or self._has_its_cells(inside, fitted)

    def _is_alike(self, given, fitted):
        if _settings(given) != self._settings:
            return False
        if self._areas is None or self._areas.is_still(given):
            return True
        if not _draws_the_same(given, fitted):
            return False
        self._areas = _Drawing(given)
        return True

    def _has_its_cells(self, given, fitted):
        cells = getattr(given, "cells_", None)
        if cells is None:
            return False
        if cells is self._cells:
            return True
        if not np.array_equal(cells, fitted.cells_) or _held(given) != _held(fitted):
            return False
        self._cells = cells
        return True


class _Drawing:
    """Where areas come from, told without a look at every polygon.

    The same table with other polygons is another one, and with more columns it is not.
    What is changed inside of GeoJSON, or in a file, is not seen.
    """

    def __init__(self, partition):
        areas = partition.areas
        is_path = isinstance(areas, os.PathLike)
        self._areas = os.fspath(areas) if is_path else areas
        self._how = (partition.name_column, partition.long_edges)
        self._polygons = _addresses(areas)

    def __getstate__(self):
        # Copies are elsewhere.
        return {**self.__dict__, "_polygons": None}

    def is_still(self, partition):
        now = _Drawing(partition)
        is_path = isinstance(now._areas, str) and isinstance(self._areas, str)
        same = now._areas == self._areas if is_path else now._areas is self._areas
        if not same or now._how != self._how:
            return False
        if self._polygons is None:
            self._polygons = now._polygons
        return now._polygons == self._polygons


def _addresses(areas):
    """Return what tells polygons, which nobody can change, by where they are."""
    if is_geo(areas):
        areas = areas.geometry.to_numpy()
    if not isinstance(areas, (list, tuple, np.ndarray)):
        return None
    return np.fromiter(areas, dtype=object, count=len(areas)).tobytes()


def _draws_the_same(given, fitted):
    try:
        drawn_by = (getattr(given, name) for name in _DRAWN_BY)
        names, shapes = read_areas(*drawn_by, may_overlap=True)
    except (OSError, TypeError, ValueError):
        return False  # no areas, or a file that is not there
    if not np.array_equal(names, fitted._cells.names):
        return False
    same = import_shapely().equals_exact(shapes, fitted._cells.shapes, _CLOSE)
    return bool(same.all())


def _settings(partition):
    if not hasattr(partition, "get_params"):
        return None
    params = partition.get_params(deep=False)
    beside = (*_BESIDE, *_DRAWN_BY)
    return made_for({k: value for k, value in params.items() if k not in beside})


def _held(partition):
    """Return all that a file holds of what makes cells what they are, but the table."""
    held = _head(partition)
    params = held["parameters"]
    held["parameters"] = {k: v for k, v in params.items() if k not in _BESIDE}
    del held["feature_names"]
    return held


def _as_is(partitions):
    """Return partitions that nobody else sets, with the same values."""
    if isinstance(partitions, (list, tuple)):
        return [_as_is(partition) for partition in partitions]
    if isinstance(partitions, CellHierarchy):
        return CellHierarchy(_as_is(partitions.partitions))
    if isinstance(partitions, PlacePartition):
        return type(partitions)(**partitions.get_params(deep=False))
    return partitions


def _inside(partition):
    """Return what a FrozenEstimator holds, or the partition itself."""
    return partition.estimator if isinstance(partition, FrozenEstimator) else partition
