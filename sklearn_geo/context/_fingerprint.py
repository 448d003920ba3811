# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What makes a fit the same fit as the one that was killed."""

import dataclasses
import hashlib
import json

import numpy as np
from scipy import sparse

from sklearn_geo._blocks import blocks
from sklearn_geo.context._checkpoint import Checkpoint
from sklearn_geo.context._fetch import folder_of
from sklearn_geo.context._files import KIND, content_of
from sklearn_geo.neighbors import GeoTagCorpus
from sklearn_geo.nets import Store, rows_in_memory

__all__ = ["digest_of", "fingerprint_of", "open_checkpoint", "renewed", "stored_seed"]

# Settings that change how fast a fit is and how much it prints, not what comes out.
_HOW = ("device", "verbose")


def open_checkpoint(model, zones, teachers, weights, preset, epochs=None):
    """Open the checkpoint that the parameters of a transformer ask for.

    Parameters
    ----------
    model : GPS2VecPlusTransformer
        The transformer.

    zones : FittedZones
        What is going to be trained.

    teachers : Teachers
        The photos.

    weights : ndarray of shape (n_photos,) or None
        What they count.

    preset : Preset
        How networks are trained.

    epochs : int or None, default=None
        How many epochs at most, if that is not what the preset says.

    Returns
    -------
    Checkpoint
        The checkpoint, with the zones that are done if the fit is resumed.
    """
    content = content_of(model, zones)
    fingerprint = fingerprint_of(model, content, teachers, weights, preset)
    if epochs is not None:  # a partial fit is no part of a fit
        fingerprint["epochs"] = epochs
    return Checkpoint(
        model.checkpoint_dir,
        fingerprint,
        kind=KIND,
        content=content,
        resume=model.resume,
        renew=renewed,
    )


def fingerprint_of(model, content, teachers, weights, preset):
    """Return what decides the numbers of a fit, a short value each."""
    training = dataclasses.asdict(preset.training)
    how = {name: value for name, value in training.items() if name not in _HOW}
    more = {
        field.name: getattr(preset, field.name)
        for field in dataclasses.fields(preset)
        if field.name != "training"
    }
    photos = teachers.photos
    return {
        **_columns(content),
        "networks": content["networks"],
        "hidden": content["hidden"],
        "encoder": content["encoder"],
        "fallback_encoder": content["fallback_encoder"],
        "regions": content["regions"]["kind"],
        "cells": _digest_of_json(content["regions"]),
        "target_propagator": {
            name: _described(propagator)
            for name, propagator in teachers.propagators.items()
        },
        "min_samples": int(model.min_samples),
        "fallback_samples": int(model.fallback_samples),
        **{name: str(value) for name, value in {**how, **more}.items()},
        "seed": content["seed"],
        "places": digest_of(teachers.places),
        "y": digest_of(teachers.matrix),
        **({} if photos is None else {"photos": digest_of(photos)}),
        "sample_weight": None if weights is None else digest_of(weights),
    }


def renewed(fingerprint, content):
    """Return what a checkpoint that was begun before would say of its fit now.

    Columns were counted then, in no order; which they are, its content says.

    Parameters
    ----------
    fingerprint : object
        What it says of its fit.

    content : object
        What else it says.

    Returns
    -------
    object
        The same of what was begun now, or of what cannot be read.
    """
    if not isinstance(fingerprint, dict) or "columns" in fingerprint:
        return fingerprint
    try:
        columns = _columns(content)
    except (KeyError, TypeError):
        return fingerprint
    return {**fingerprint, **columns}


def stored_seed(folder):
    """Return the seed of the fit whose checkpoint a folder holds, or None.

    A fit without a `random_state` draws another seed every time; one that is resumed
    goes on with the seed that it had.
    """
    folder = folder_of(folder, "checkpoint_dir")
    if not folder.is_dir():
        return None
    try:
        seed = Store(folder, kind=KIND).content.get("seed")
    except ValueError:
        return None
    return seed if type(seed) is int and seed >= 0 else None


def _columns(content):
    """Say which columns are whose, and in which order."""
    contexts = content["contexts"]
    return {
        "contexts": [[each["name"], len(each["columns"])] for each in contexts],
        "columns": _digest_of_json([each["columns"] for each in contexts]),
    }


def digest_of(array):
    """Return a checksum of the numbers of an array, read a few rows at a time.

    Parameters
    ----------
    array : ndarray or csr_array
        The array.

    Returns
    -------
    str
        The same for the same numbers.
    """
    digest = hashlib.sha256()
    if sparse.issparse(array):
        parts = (array.data, array.indices, array.indptr)
        digest.update(repr(array.shape).encode())
    else:
        parts = (array,)
    for part in parts:
        digest.update(f"{part.shape} {part.dtype.str}".encode())
        row_bytes = part.dtype.itemsize * int(np.prod(part.shape[1:]))
        size = rows_in_memory(row_bytes, len(part))
        for rows in blocks(len(part), size):
            digest.update(np.ascontiguousarray(part[rows]))
    return digest.hexdigest()[:32]


def _described(value):
    """Return what an estimator is made of, and a digest of the data that it holds."""
    if isinstance(value, GeoTagCorpus):
        return [digest_of(value.places), digest_of(value.tags)]
    if isinstance(value, np.ndarray) or sparse.issparse(value):
        return repr(value) if value.dtype.hasobject else digest_of(value)
    if not hasattr(value, "get_params") or isinstance(value, type):
        return repr(value)
    params = value.get_params(deep=False)
    described = {name: _described(params[name]) for name in sorted(params)}
    return {"class": type(value).__name__, **described}


def _digest_of_json(value):
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
