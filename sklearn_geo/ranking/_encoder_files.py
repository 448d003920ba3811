# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fitted encoders of places as JSON and arrays: nothing of them is run."""

import importlib
from numbers import Integral

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from sklearn_geo._settings import check_strictly
from sklearn_geo.encoding._one_hot import INFREQUENT, LEFT_OUT
from sklearn_geo.encoding._sphere2vec import VARIANTS
from sklearn_geo.geometry import EARTH_RADIUS_KM
from sklearn_geo.nets._fields import need
from sklearn_geo.partition._files import partition_from_json, partition_to_json
from sklearn_geo.ranking._place_rows import NormalisedPair

__all__ = ["encoder_from_json", "encoder_to_json"]

_PAIR = "pair"
# Columns of a number a place, which follow from the parameters alone; what their
# parameters say of how many columns there are at least.
_DENSE = {
    "RandomFourierEncoder": lambda params: params["n_frequencies"],
    "SinusoidalEncoder": lambda params: params["n_scales"],
    "SoftGridEncoder": lambda params: params["n_rows"] * params["n_cols"],
    "Sphere2VecEncoder": lambda params: params["n_scales"] / _SAME_SCALES,
    "SphericalHarmonicsEncoder": lambda params: (params["degree"] + 1) ** 2,
    "UnitVectorEncoder": lambda params: 3,
}
# Scales of waves that are as long as each other are one.
_SAME_SCALES = 1_000
# A column a region, and where the regions that were seen are kept.
_ONE_HOT = {
    "GridOneHotEncoder": "_cell_ids",
    "S2OneHotEncoder": "cells_",
    "UTMOneHotEncoder": None,
}
_PARTITIONS = ("partition", "regions")
_GIVEN = "given"


# Writing ------------------------------------------------------------------------------


def encoder_to_json(encoder):
    """Return what is to be said of a fitted encoder, and its arrays.

    Parameters
    ----------
    encoder : transformer
        An encoder of places of this library, or the published pair.

    Returns
    -------
    content : dict
        What JSON holds.

    arrays : dict of str to ndarray
        The rest.
    """
    if isinstance(encoder, NormalisedPair):
        return {"class": _PAIR}, {}
    name = type(encoder).__name__
    room = importlib.import_module("sklearn_geo.encoding")
    known = (*_DENSE, *_ONE_HOT)
    if name not in known or type(encoder) is not getattr(room, name):
        raise ValueError(
            f"The location_encoder {name} cannot be stored without a pickle: it is "
            f'code of somebody else. Fit with "pair" or one of {", ".join(known)}, or '
            "keep the model by a means that you trust, such as joblib.dump."
        )
    params = {**encoder.get_params(deep=False), **_as_fitted(encoder)}
    params["dtype"] = np.dtype(params["dtype"]).name
    if not isinstance(params.get("random_state"), Integral):
        params.pop("random_state", None)
    if not isinstance(params.get("zones", ""), str):
        params["zones"] = [str(zone) for zone in params["zones"]]
    if "sigmas" in params:
        params["sigmas"] = np.asarray(params["sigmas"]).tolist()
    content = {"class": name, "params": params}
    if getattr(encoder, "partition_", None) is not None:
        for parameter in _PARTITIONS:
            if parameter in params:
                params[parameter] = _GIVEN
        content["partition"] = partition_to_json(encoder.partition_)
    arrays = {}
    if name in ("RandomFourierEncoder", "Sphere2VecEncoder"):
        arrays["frequencies"] = encoder.frequencies_
    if name in _ONE_HOT:
        regions, columns = _regions_of(encoder)
        arrays |= {"regions": regions, "columns": columns}
        content["has_infrequent"] = encoder._has_infrequent
    return content, arrays


def _as_fitted(encoder):
    """Return parameters that count in fit, as they were then: others may be set now."""
    name = type(encoder).__name__
    if name == "RandomFourierEncoder":
        sigmas = getattr(encoder, "_sigmas", encoder.sigmas)
        return {"sigmas": sigmas, "n_frequencies": encoder.frequencies_.shape[1]}
    if name == "Sphere2VecEncoder":
        return _radii_of(encoder)
    if name == "SoftGridEncoder":
        if encoder.partition_ is not None:
            return {"extent": "tight"}
        return {"regions": "utm", "extent": encoder._planes._extent}
    if name == "S2OneHotEncoder" and encoder.partition_ is None:
        return {"level": encoder._fitted_level(), "partition": None}
    if name == "GridOneHotEncoder" and encoder._n_rows() != encoder._rows_asked_for():
        return {"cell_km": np.pi * EARTH_RADIUS_KM / encoder._n_rows()}
    if name == "UTMOneHotEncoder":
        left_out = bool((encoder._column_of_zone == LEFT_OUT).any())
        if left_out == (encoder.caps == "own"):
            return {"caps": "ignore" if left_out else "own"}
    return {}


def _radii_of(encoder):
    """Return what a Sphere2VecEncoder makes its frequencies of, or the like."""
    known = encoder.frequencies_
    try:
        if np.array_equal(clone(encoder).fit(np.zeros((1, 2))).frequencies_, known):
            return {}
    except ValueError:  # set to what fit refuses
        pass
    coarse, fine = (float(min(1.0, 1.0 / each)) for each in (known[0], known[-1]))
    return {"n_scales": len(known), "max_radius": coarse, "min_radius": fine}


def _regions_of(encoder):
    """Return the regions that have a column, and which."""
    where = _ONE_HOT[type(encoder).__name__]
    if where is not None:
        return getattr(encoder, where), encoder._column_of_cell
    table = encoder._column_of_zone
    zones = np.flatnonzero(table >= 0)
    zones = zones[np.argsort(table[zones], kind="stable")]  # as they were listed
    return zones, table[zones]


# Reading ------------------------------------------------------------------------------


def encoder_from_json(content, arrays, n_columns, path):
    """Make the encoder that :func:`encoder_to_json` was given.

    Parameters
    ----------
    content : object
        What was read, and may have been changed by anybody.

    arrays : dict of str to ndarray
        The arrays.

    n_columns : int
        How many columns it has to have.

    path : path
        Where it was read, for messages.

    Returns
    -------
    transformer
        The encoder, fitted.
    """
    need(isinstance(content, dict), "the encoder is no mapping")
    name = content["class"]
    if name == _PAIR:
        return NormalisedPair()
    known = isinstance(name, str) and (name in _DENSE or name in _ONE_HOT)
    need(known, f"the encoder {name!r} is none of this library")
    params = dict(content["params"])
    partition = None
    if "partition" in content:
        partition = partition_from_json(content["partition"], path)
        for parameter in _PARTITIONS:
            if params.get(parameter) == _GIVEN:
                params[parameter] = FrozenEstimator(partition)
    if "sigmas" in params:
        need(isinstance(params["sigmas"], list), "the encoder's sigmas are no list")
        params["sigmas"] = tuple(params["sigmas"])
    dtype = np.dtype(params["dtype"])
    need(dtype.kind in "biuf", f"the encoder's dtype is {dtype}")
    params["dtype"] = dtype.type
    encoder = getattr(importlib.import_module("sklearn_geo.encoding"), name)(**params)
    check_strictly(encoder)
    if name in _DENSE:
        # Before anything of that size is made.
        least = _DENSE[name](encoder.get_params(deep=False))
        need(least <= n_columns, f"the encoder has {least} columns, not {n_columns}")
        shape = None
        if name == "RandomFourierEncoder":
            shape = (len(params["sigmas"]), encoder.n_frequencies, 3)
        elif name == "Sphere2VecEncoder" and "frequencies" in arrays:  # not in old ones
            shape = (n_columns // len(VARIANTS[encoder.variant]),)
        if shape is not None:
            frequencies = _floats(arrays["frequencies"], shape, "frequencies")
        encoder.fit(np.zeros((1, 2)))
        if shape is not None:
            encoder.frequencies_ = frequencies
    else:
        _set_regions(encoder, content["has_infrequent"], arrays, partition)
    found = len(encoder.get_feature_names_out())
    need(found == n_columns, f"the encoder has {found} columns, not {n_columns}")
    return encoder


def _set_regions(encoder, has_infrequent, arrays, partition):
    regions, columns = arrays["regions"], arrays["columns"]
    fine = regions.ndim == 1 and columns.shape == regions.shape and len(regions)
    need(fine, "the regions of the encoder are no list")
    fine = regions.dtype.kind in "iu" and columns.dtype == np.int32
    need(bool(fine and regions.min() >= 0), "the regions of the encoder are no ids")
    ordered = np.sort(regions)
    need(bool((ordered[1:] > ordered[:-1]).all()), "a region is there twice")
    encoder.n_features_in_ = 2
    if hasattr(encoder, "partition"):
        encoder.partition_ = partition
        if partition is not None:
            need(ordered[-1] < partition.n_cells_, "the regions are no cells")
    if _ONE_HOT[type(encoder).__name__] is not None:  # found by bisection
        need(np.array_equal(ordered, regions), "the regions are not in order")
    # Every region has the next column, but for rare ones, which share the last.
    need(type(has_infrequent) is bool, "has_infrequent is neither true nor false")
    n_own = int(columns.max()) + (not has_infrequent)
    rare = columns == n_own
    fine = np.array_equal(columns[~rare], np.arange(n_own))
    need(fine, "the columns of the encoder are not one a region")
    names = encoder._region_names(regions[~rare]).astype(object)
    encoder._has_infrequent = has_infrequent
    if has_infrequent:
        names = np.append(names, INFREQUENT)
    encoder._column_regions = names
    encoder._keep_regions(regions, columns, rare)


def _floats(array, shape, name):
    fine = array.shape == shape and array.dtype == np.float64
    need(bool(fine and np.isfinite(array).all()), f"{name} are of another encoder")
    return array
