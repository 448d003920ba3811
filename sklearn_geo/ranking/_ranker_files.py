# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A fitted ranker as a folder of JSON and safetensors: nothing in it is run."""

import hashlib
from copy import copy
from pathlib import Path

import numpy as np
import torch
from scipy import sparse
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from sklearn_geo._file_lock import folder_locked
from sklearn_geo._made_for import SET_AFTER_FIT, made_for
from sklearn_geo._settings import check_strictly
from sklearn_geo._tables import location_positions
from sklearn_geo.base import check_places
from sklearn_geo.nets import (
    Store,
    Training,
    get_weights,
    net_from_weights,
    set_weights,
    write_store,
)
from sklearn_geo.nets._fields import are_texts, flag, need, reading
from sklearn_geo.nets._history import history_columns, read_history
from sklearn_geo.nets._store import MANIFEST, check_place
from sklearn_geo.nets._store_within import check_inner, free_folder, named_folder
from sklearn_geo.nets._stored_device import device_here, device_name
from sklearn_geo.ranking._embedding import HashtagEmbedding
from sklearn_geo.ranking._encoder_files import encoder_from_json, encoder_to_json
from sklearn_geo.ranking._levels import RankerState, plan_levels
from sklearn_geo.ranking._photo_rows import LARGEST_FACTOR, PhotoRows, PhotoScaling
from sklearn_geo.ranking._place_prior import PlacePrior
from sklearn_geo.ranking._scorers import ScorerWithPrior, make_scorer
from sklearn_geo.ranking._vocabulary import Vocabulary

__all__ = ["load_ranker", "save_ranker"]

_EMBEDDING, _FIELD = "embedding", "embedding_folder"
# How a parameter is told that is an estimator or an array.
_GIVEN, _FROZEN = "given", "frozen"
_TUPLES = ("location", "sigma_km_schedule", "hidden_layer_sizes")
# No prior is smoothed by near as much.
_SMOOTHEST = 1e9
# Nor believed by near as much.
_LARGEST_SHARE = 1e9


# Writing ------------------------------------------------------------------------------


def save_ranker(model, folder):
    """Write a fitted ranker to a folder."""
    _check_settings(model)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with folder_locked(folder):
        _save(model, folder)


def _check_settings(model):
    """Refuse what whoever loads the model would not get, or could not load."""
    check_strictly(model)
    device_name(model.device)
    names = getattr(model, "feature_names_in_", None)
    names = None if names is None else list(names)
    location_positions(model.location, names, model.n_features_in_)
    model._check_same(SET_AFTER_FIT)
    model._loss()
    model._widths()
    model._tags_now()


def _save(model, folder):
    """Write the embedding, and then what names it."""
    within = free_folder(folder, _EMBEDDING, _FIELD)
    encoder, encoder_arrays = encoder_to_json(model._encoder)
    content = {
        "params": _params_to_json(model),
        "encoder": encoder,
        "somewhere": model._somewhere,
        "n_tags": model.n_tags_,
        "tag_names": model.tag_names_,
        "learns_tags": model._learns_tags,
        "n_untagged": model.n_untagged_,
        "n_features": model.n_features_in_,
        "feature_names": getattr(model, "feature_names_in_", None),
        "n_photo_columns": model._n_photo_columns,
        "scaling": model._scaling.kind,
        "states": [
            # Infinity, which JSON does not have: the place was not told.
            [None if np.isinf(state.sigma_km) else state.sigma_km, state.n_iter]
            for state in model.states_
        ],
        "seed": model._seed,
        "sparse": model.net_.sparse,
        "settled": getattr(model, "_settled", None),  # not in pickles of before
        "embedding": _save_embedding(model, folder / within),
        _FIELD: within,
    }
    tables = history_columns(model.history_)
    tables |= {"tag_counts": model.tag_counts_, "frequency": model._frequency}
    if model._scaling.center is not None:
        tables["photo_center"] = model._scaling.center
        tables["photo_factor"] = model._scaling.factor
    if not model._learns_tags:
        tables["tag_vectors"] = model.tag_vectors_
    blocks = {"tables": tables}
    if encoder_arrays:
        blocks["place-encoder"] = encoder_arrays
    for number, state in enumerate(model.states_):
        blocks[f"state-{number}"] = get_weights(state.module)
    if model._quick is not None:
        blocks["quick"] = get_weights(model._quick)
    if model._prior is not None:
        blocks["prior"] = _prior_arrays(model._prior)
    write_store(folder, type(model).__name__, content, blocks)


def _params_to_json(model):
    params = model.get_params(deep=False)
    del params["random_state"]
    params["device"] = device_name(params["device"])
    for name in ("location_encoder", "embedding", "tag_vectors"):
        value = params[name]
        if value is not None and not isinstance(value, str):
            params[name] = _FROZEN if isinstance(value, FrozenEstimator) else _GIVEN
    schedule = params["sigma_km_schedule"]
    if callable(schedule):
        levels = plan_levels("sampling", schedule, 0.0)
        params["sigma_km_schedule"] = [level.sigma_km for level in levels]
    for name in ("tag_names", "omit_tags", "sigma_km_schedule", "hidden_layer_sizes"):
        params[name] = _as_list(params[name])
    if not isinstance(params["location"], str):
        params["location"] = _as_list(params["location"])
    return params


def _as_list(values):
    if values is None:
        return None
    if isinstance(values, (set, frozenset)):
        values = sorted(values, key=str)
    return [each.item() if isinstance(each, np.generic) else each for each in values]


def _save_embedding(model, path):
    """Write the embedding beside the ranker; return what tells it from others."""
    embedding = _inner(model.embedding_)
    if embedding is None:
        return None
    if not isinstance(embedding, HashtagEmbedding):
        raise ValueError(
            f"The embedding {type(embedding).__name__} cannot be stored without a "
            "pickle: it is code of somebody else. Transform the features first and "
            "fit the ranker on what comes out, or use HashtagEmbedding."
        )
    embedding.save_pretrained(path)
    return _digest(path)


def _inner(estimator):
    return estimator.estimator if isinstance(estimator, FrozenEstimator) else estimator


def _digest(path):
    try:
        check_place(path / MANIFEST)  # before it is read, as the store will be
        return hashlib.sha256((path / MANIFEST).read_bytes()).hexdigest()
    except OSError as error:
        raise ValueError(
            f"{path.parent} lacks its sub-folder {path.name!r}. Copy the whole folder, "
            "or write it again with save_pretrained."
        ) from error


def _prior_arrays(prior):
    arrays = {
        "places": prior.places,
        "data": prior.indicator.data,
        "indices": prior.indicator.indices.astype(np.int64),
        "indptr": prior.indicator.indptr.astype(np.int64),
        "bandwidths_km": np.array(prior.bandwidths_km),
        "smoothing": np.array(prior.smoothing, dtype=np.float64),
    }
    if prior.groups is not None:
        arrays["groups"] = np.asarray(prior.groups, dtype=np.int64)
    return arrays


# Reading ------------------------------------------------------------------------------


def load_ranker(cls, folder):
    """Read a ranker that :func:`save_ranker` has written."""
    store = Store(folder, kind=cls.__name__)
    blocks = {name: store.load(name) for name in store.names}
    with reading(folder):
        model = _restored(cls, store.content, blocks, folder)
        _read_networks(model, store.content, blocks)
    return model


def _restored(cls, content, blocks, folder):
    """Return the ranker without its networks."""
    tables = blocks["tables"]
    model = cls(**_read_params(content["params"]))
    check_strictly(model)
    model._seed = _integer(content, "seed", 0)
    model.n_tags_ = _integer(content, "n_tags", 1)
    model.n_untagged_ = _integer(content, "n_untagged", 0)
    model._n_photo_columns = _integer(content, "n_photo_columns", 1)
    model._learns_tags = flag(content, "learns_tags")
    _read_tags(model, content["tag_names"], tables)
    _read_columns(model, content)
    within = named_folder(content, _EMBEDDING, _FIELD)
    _read_embedding(model, content["embedding"], Path(folder) / within)
    _read_scaling(model, content["scaling"], tables)
    somewhere = content["somewhere"]
    fine = isinstance(somewhere, list) and all(
        type(each) is float for each in somewhere
    )
    need(fine, "somewhere is no place")
    check_places(np.array([somewhere]), name="somewhere")
    model._somewhere = somewhere
    first = blocks["state-0"]["places.linear.weight"]
    need(first.ndim == 2, "places.linear.weight is no matrix")
    model._encoder = encoder_from_json(
        content["encoder"], blocks.get("place-encoder", {}), first.shape[1], folder
    )
    model._prior = None
    if "prior" in blocks:
        model._prior = _read_prior(model, blocks["prior"])
    model._whose, model._scorers, model._gallery = {}, {}, None
    return model


def _read_params(params):
    need(isinstance(params, dict), "params is no mapping")
    params = dict(params)
    params["device"] = device_here(params["device"], stacklevel=6)
    # What is no JSON is put back when it is read, see _put_back.
    for name in ("embedding", "tag_vectors", "location_encoder"):
        known = (None, _GIVEN, _FROZEN)
        if name == "location_encoder":
            known = ("auto", "pair", _GIVEN, _FROZEN)
        need(params[name] in known, f"{name} is of no kind")
        if params[name] in (_GIVEN, _FROZEN):
            params[name] = "auto" if name == "location_encoder" else None
    for name in _TUPLES:
        if name == "location" and params[name] == "auto":
            continue
        need(isinstance(params[name], list), f"{name} is no list")
        params[name] = tuple(params[name])
    hidden = params["hidden_layer_sizes"]
    need(all(type(n) is int and n > 0 for n in hidden), "hidden_layer_sizes is wrong")
    for name in ("tag_names", "omit_tags"):
        value = params[name]
        need(value is None or isinstance(value, list), f"{name} is no list")
    return params


def _as_given(estimator, frozen):
    return FrozenEstimator(estimator) if frozen else clone(estimator)


def _read_tags(model, names, tables):
    need(names is None or are_texts(names), "tag_names is no list of names")
    model._vocabulary = Vocabulary(model.n_tags_, names, model.omit_tags)
    model.tag_names_ = model._vocabulary.names
    counts, frequency = tables["tag_counts"], tables["frequency"]
    fine = counts.shape == (model.n_tags_,) and counts.dtype == np.int64
    need(bool(fine and (counts >= 0).all()), "tag_counts is of other tags")
    fine = frequency.shape == (model.n_tags_,) and frequency.dtype == np.float64
    fine = fine and (frequency > 0).all() and (frequency <= 1).all()
    need(bool(fine), "frequency is of other tags")
    model.tag_counts_, model._frequency = counts, frequency
    model.tag_vectors_ = None
    if not model._learns_tags:
        vectors = tables["tag_vectors"]
        fine = vectors.ndim == 2 and len(vectors) == model.n_tags_
        need(fine and vectors.dtype == np.float32, "tag_vectors is of other tags")
        model.tag_vectors_ = _finite(vectors, "tag_vectors")


def _read_columns(model, content):
    model.n_features_in_ = _integer(content, "n_features", 3)
    names = content["feature_names"]
    if names is not None:
        fine = are_texts(names) and len(names) == model.n_features_in_
        need(fine, "feature_names are of other columns")
        model.feature_names_in_ = np.array(names, dtype=object)


def _read_embedding(model, digest, path):
    model.embedding_ = None
    n_columns = model.n_features_in_ - 2
    if digest is not None:
        check_inner(path)
        need(digest == _digest(path), "its embedding is another one")
        embedding = HashtagEmbedding.from_pretrained(path)
        fine = embedding.n_features_in_ == n_columns
        need(fine, "its embedding is of other columns")
        n_columns = embedding.n_components_
        model.embedding_ = embedding
    fine = model._n_photo_columns == n_columns
    need(fine, f"photos have {model._n_photo_columns} columns, not {n_columns}")


def _read_scaling(model, kind, tables):
    need(kind in ("l2", "standard", None), "scaling is of no kind")
    center = factor = None
    if kind == "standard":
        center, factor = tables["photo_center"], tables["photo_factor"]
        for name, array in (("photo_center", center), ("photo_factor", factor)):
            fine = array.shape == (model._n_photo_columns,)
            need(fine and array.dtype == np.float64, f"{name} is of other columns")
            _finite(array, name)
        fine = (factor >= 0).all() and (factor <= LARGEST_FACTOR).all()
        need(bool(fine), "photo_factor is not what columns are multiplied by")
    model._scaling = PhotoScaling(kind, center, factor)


def _read_prior(model, arrays):
    places, indptr = arrays["places"], arrays["indptr"]
    n_places = len(places)
    fine = places.ndim == 2 and places.shape[1] == 2 and n_places > 0
    fine = bool(fine and places.dtype == np.float64 and (abs(places) <= 180).all())
    need(fine and bool((abs(places[:, 0]) <= 90).all()), "the prior has no places")
    indices, data = arrays["indices"], _finite(arrays["data"], "the prior")
    fine = indptr.shape == (n_places + 1,) and indices.shape == data.shape
    fine = fine and indptr.dtype == indices.dtype == np.int64 and indptr[0] == 0
    fine = bool(fine and (np.diff(indptr) >= 0).all() and indptr[-1] == len(indices))
    fine = fine and (not len(indices) or indices.min() >= 0)
    fine = fine and (not len(indices) or indices.max() < model.n_tags_)
    need(fine, "the prior is of other tags")
    # Together they are a finite number, so all that is made of them is.
    most = np.finfo(data.dtype).max / max(len(data), 1)
    fine = (data >= 0).all() and (data <= most).all()
    need(bool(fine), "the prior has weights of tags that are none")
    shape = (n_places, model.n_tags_)
    indicator = sparse.csr_array((data, indices, indptr), shape=shape)
    bandwidths = _finite(arrays["bandwidths_km"], "the prior")
    fine = bandwidths.ndim == 1 and len(bandwidths) and (bandwidths > 0).all()
    need(bool(fine), "the prior has no bandwidths")
    smoothing, groups = arrays["smoothing"], arrays.get("groups")
    fine = smoothing.shape == () and 0 < _finite(smoothing, "the prior") <= _SMOOTHEST
    need(bool(fine), "the smoothing of the prior is none")
    if groups is not None:
        fine = groups.shape == (n_places,) and groups.dtype == np.int64
        need(bool(fine and groups.min() >= 0), "the prior is of other users")
    prior = PlacePrior(places, indicator, model._frequency, bandwidths, groups)
    prior.smoothing = float(smoothing)
    return prior


# Networks -----------------------------------------------------------------------------


def _read_networks(model, content, blocks):
    """Make the networks, once it is sure that they are as large as their weights."""
    states = content["states"]
    need(isinstance(states, list) and len(states) > 0, "states is no list")
    for state in states:
        fine = isinstance(state, list) and len(state) == 2 and type(state[1]) is int
        fine = fine and (state[0] is None or (type(state[0]) is float))
        need(bool(fine and (state[0] or 0.0) >= 0.0), "states is of other levels")
    weights = [blocks[f"state-{number}"] for number in range(len(states))]
    for each in weights:
        _check_weights(model, each)
    net = net_from_weights(
        model._network(),
        model._criterion(),
        weights[-1],
        training=Training.of(model, early_stopping=False),
        seed=model._seed,
        sparse=flag(content, "sparse"),
    )
    net.history.extend(read_history(blocks["tables"]))
    model._take_net(net)
    model.states_ = []
    for (sigma_km, n_iter), each in zip(states, weights, strict=True):
        set_weights(net, each)
        sigma_km = np.inf if sigma_km is None else sigma_km
        module = model._state(sigma_km).module
        model.states_.append(RankerState(sigma_km, n_iter, module))
    _read_settled(model, content.get("settled"))
    if model._learns_tags:
        table = model.states_[-1].module.table.weight
        model.tag_vectors_ = table.detach().cpu().numpy()
    _read_quick(model, blocks.get("quick"))
    _check_scores(model)
    _put_back(model, content["params"])


def _read_settled(model, settled):
    """Let a training go on with the network as it was before a prior was weighed."""
    model._settled = settled
    if settled is None:
        return
    fine = isinstance(settled, list) and [type(each) for each in settled] == [float] * 2
    need(fine and 0.01 <= settled[0] <= 1.0, "settled is no share")
    need(abs(settled[1]) <= _LARGEST_SHARE, "settled is no share")
    module = model.net_.module_
    fine = model._prior is not None and hasattr(module, "prior_share")
    need(fine, "it is settled, and has no prior")
    rest, share = settled
    module.scale(1.0 / rest)
    module.prior_share.data.fill_(share)


def _read_quick(model, weights):
    model._quick = None
    if weights is None:
        return
    _check_weights(model, weights, "multilinear")
    model._quick = model._network("multilinear")().to(model.net_.device)
    set_weights(model._quick, weights)
    model._quick.eval()


def _check_weights(model, weights, *scorer):
    """Refuse weights of other widths before there is a network as wide as it says."""
    if model._learns_tags:
        wanted = (model.n_tags_, model.n_components)
        shape = weights["table.weight"].shape
        need(shape == wanted, f"vectors of tags have the shape {shape}, not {wanted}")
    with torch.device("meta"):  # as wide as it says, but nowhere
        network = model._network(*scorer)()
    wanted = {name: tuple(t.shape) for name, t in network.state_dict().items()}
    for name, array in weights.items():
        need(array.dtype == np.float32, f"{name} holds other numbers than float32")
        _finite(array, name)
        if name in wanted:
            fine = array.shape == wanted[name]
            need(fine, f"{name} has the shape {array.shape}, not {wanted[name]}")
    missing, more = set(wanted) - set(weights), set(weights) - set(wanted)
    need(not missing and not more, f"weights lack {missing}, and have {more} besides")


def _check_scores(model):
    """Refuse weights that are finite and so large that what comes out is no number.

    A photo at a place tells of them; scorers refuse what is left when they are asked.
    """
    n_columns = model._n_photo_columns
    photo = np.full((1, n_columns), n_columns**-0.5, dtype=np.float32)
    place, heard = np.array([model._somewhere]), np.ones(1, dtype=np.float32)
    encoded = model._places(place).encoded(place)
    modules = [state.module for state in model.states_]
    modules += [] if model._quick is None else [model._quick]
    for module in modules:
        scorer = make_scorer(module)
        vectors = scorer.photo_vectors(PhotoRows(photo, None))
        if model._prior is not None and hasattr(module, "prior_share"):
            scorer = ScorerWithPrior(scorer, model._prior, place)
        scorer.of_tags(vectors, encoded, heard)


def _put_back(model, params):
    """Set the parameters that are estimators or arrays."""
    if params["location_encoder"] in (_GIVEN, _FROZEN):
        frozen = params["location_encoder"] == _FROZEN
        # A copy, as in a fit: what is set later is not for the ranker.
        model.location_encoder = _as_given(copy(model._encoder), frozen)
    if params["embedding"] is not None:
        frozen = params["embedding"] == _FROZEN
        fine = model.embedding_ is not None
        need(fine, "it has no embedding, and says that it has one")
        model.embedding = _as_given(model.embedding_, frozen)
        if frozen:
            model.embedding_ = model.embedding
    if params["tag_vectors"] is not None:
        model.tag_vectors = model.tag_vectors_
    model._made_for = made_for(model._architecture())


def _integer(content, name, least):
    value = content[name]
    need(type(value) is int and least <= value < 2**31, f"{name} is no number")
    return value


def _finite(array, name):
    fine = array.dtype.kind == "f" and np.isfinite(array).all()
    need(bool(fine), f"{name} has numbers that are not finite")
    return array
