# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Invented worlds, labels of venues, tables of results, and parts of networks."""

import inspect
from numbers import Number

import numpy as np
import pytest
from hypothesis import given, settings

from sklearn_geo import datasets, distributed, fusion, nets, ranking, reproduce, vision
from tests.reliability import scale
from tests.reliability.doors import Door, Kind, numbers, one_of, places, untried
from tests.reliability.spoiled import spoil
from tests.reliability.strategies import draws, foul, scalar

# What takes as long, or as much memory, as it is asked to is not asked for more.
# Examples a door in the long form, see nights.py.
LONG = 10_000
_MOST = 2_000


def _size(*good):
    """Return the kind of a number of things to make."""

    def bad(draw, n):
        value = scalar(draw)
        span = isinstance(value, np.timedelta64)  # which numpy counts as a number
        number = isinstance(value, Number) and not span
        too_many = number and not abs(value) <= _MOST
        return -1 if too_many else value

    return Kind(lambda draw, n: draw.choice(good), bad)


def _one_of(*good):
    return Kind(lambda draw, n: draw.choice(good), lambda draw, n: scalar(draw))


_seed = one_of(0, 7, None)
_flag = one_of(True, False)
_signal = one_of(0.0, 0.5, 1.0)


def _seeded(function):
    """Return the same with a seed, so that two calls are alike."""

    def call(**arguments):
        arguments.setdefault("random_state", 0)
        if arguments["random_state"] is None:
            arguments["random_state"] = 0
        made = function(**arguments)
        return dict(made) if hasattr(made, "keys") else made

    return call


def _photo(draw, n):
    return np.full((3, 4, 3), n, dtype=np.uint8)


def _names(draw, n):
    pool = ["Park", "Coffee Shop", "École", "", "Stadium / Arena"]
    return [draw.choice(pool) for _ in range(n)]


def _rules(draw, n):
    return {"food": "coffee|pizza", "outdoors": "park"}


def _estimates(draw, n):
    return reproduce.Resamples(n, 20, random_state=0).mean(np.arange(float(n)))


def _anything(good):
    """Return the kind of an argument that is an array, spoiled."""

    def bad(draw, n):
        if draw.often(0.3):
            return foul(draw, n, 1)
        return spoil(draw, np.asarray(good(draw, n)))

    return Kind(good, bad)


def _indicator(draw, n):
    return np.eye(max(n, 2))[np.arange(n) % 2]


def _resamples():
    return reproduce.Resamples(3, 20, random_state=0)


def _labels_estimated(y_true, probabilities):
    return reproduce.multilabel_estimates(y_true, probabilities, _resamples())


MADE = {
    "make_checkins": Door(
        _seeded(datasets.make_checkins),
        {
            "n_venues": ~_size(1, 5, 20),
            "n_users": ~_size(1, 4),
            "n_categories": ~_size(1, 3),
            "n_towns": _size(3, 10),
            "language_regions": ~_size(1, 4),
            "place_signal": ~_signal,
            "visitor_signal": ~_signal,
            "as_frame": ~_flag,
            "world_seed": ~one_of(0, 3),
            "random_state": ~_seed,
        },
        allowance=400,
    ),
    "make_geotagged_photos": Door(
        _seeded(datasets.make_geotagged_photos),
        {
            "n_photos": _size(5, 30),
            "n_users": ~_size(1, 4),
            "n_tags": _size(5, 20),
            "n_towns": _size(3, 10),
            "n_features": ~_size(2, 8),
            "n_objects": ~_size(3, 5),
            "n_scenes": ~_size(3, 5),
            "mean_tags": ~one_of(0.0, 1.0, 5.0),
            "album_size": ~one_of(1.0, 8.0),
            "gps_noise_km": ~one_of(0.0, 1.0),
            "default_geotags": ~one_of(0.0, 0.5, 1.0),
            "daylight": ~_signal,
            "as_frame": ~_flag,
            "world_seed": ~one_of(0, 3),
            "random_state": ~_seed,
        },
        allowance=400,
    ),
    "make_town_names": Door(
        _seeded(datasets.make_town_names),
        {
            "n_towns": _size(1, 5, 20),
            "n_languages": ~_size(1, 4),
            "dialect": ~_signal,
            "return_X_y": ~_flag,
            "world_seed": ~one_of(0, 3),
            "random_state": ~_seed,
        },
        allowance=400,
    ),
    "venue_labels": Door(
        datasets.venue_labels,
        {
            "category_names": _anything(_names),
            "rules": ~Kind(_rules, lambda draw, n: scalar(draw)),
            "drop_unlabelled": ~_flag,
        },
    ),
}
REPRODUCED = {
    "block_level": Door(
        reproduce.block_level, {"places": places, "n_splits": _size(2, 3)}
    ),
    "split_rows": Door(
        reproduce.split_rows,
        {
            "places": places,
            "kind": _one_of("random", "block"),
            "n_splits": _size(2, 3),
            "level": ~_one_of(3, 5),
            "random_state": one_of(0, 1),
        },
        most=9,
    ),
    "difference": Door(
        reproduce.difference,
        {
            "first": Kind(_estimates, lambda draw, n: scalar(draw)),
            "second": Kind(_estimates, lambda draw, n: scalar(draw)),
        },
    ),
    "multilabel_estimates": Door(
        _labels_estimated,
        {"y_true": _anything(_indicator), "probabilities": _anything(_indicator)},
    ),
    "Resamples.mean": Door(
        lambda values: reproduce.Resamples(3, 20, random_state=0).mean(values),
        {"values": numbers},
    ),
    "Resamples.median": Door(
        lambda values: _resamples().median(values),
        {"values": numbers},
    ),
}
PARTS = {
    "choose_device": Door(
        lambda device: str(nets.choose_device(device)),
        {"device": _one_of("cpu")},
        allowance=100,  # the first call imports torch
    ),
    # Text is the name of a file. Of an array its pixels are wrong; which photo of many
    # it is, those say who read many.
    "read_photo": Door(
        vision.read_photo,
        {"photo": _anything(_photo)},
        also=("the file", "it has a pixel of"),
    ),
}
DOORS = {**MADE, **REPRODUCED, **PARTS}

_FILES = "reads or writes files, see test_hostile_*.py and test_disk.py"
_LONG = "trains or compares models for minutes; its parts are attacked"
_WITHIN = "takes networks, tensors or seeds that estimators make, and is attacked there"
_DASK = "takes collections of dask, see tests/distributed"
_OBJECTS = "takes objects of its own room only"
ELSEWHERE = {
    **dict.fromkeys(
        (
            *("read_scene_table", "read_word_vectors", "collect_place_names"),
            *("read_venues", "write_block", "write_manifest", "write_store"),
            *("get_data_home", "clear_data_home"),
            *(name for name in datasets.__all__ if name[:5] in ("load_", "iter_")),
            *(name for name in datasets.__all__ if name.startswith("fetch_")),
        ),
        _FILES,
    ),
    **dict.fromkeys(
        (
            *("city_blocks", "photo_blocks", "venue_blocks", "score_venues"),
            *("out_of_fold", "synthetic_venues", "venue_pipeline", "venue_rows"),
        ),
        _LONG,
    ),
    **dict.fromkeys(
        (
            *("cross_entropy", "kl_divergence", "pairwise_ranking", "weighted_mean"),
            *("draws_from_torch", "get_weights", "set_weights", "history_table"),
            *("hold_out", "init_weights", "keep_on_device", "make_optimizers"),
            *("net_from_weights", "net_outputs", "rows_in_memory", "seed_layers"),
            *("seeded", "start_processes", "train_net", "draw_seed"),
        ),
        _WITHIN,
    ),
    **dict.fromkeys(("fit_zone_store", "transform"), _DASK),
    "blocks_of": _OBJECTS,
    **dict.fromkeys(("make_coastline", "whole_trainings"), "takes nothing"),
}


@pytest.mark.parametrize(
    "room",
    [nets, vision, fusion, ranking, datasets, reproduce, distributed],
    ids=lambda room: room.__name__,
)
def test_no_function_is_forgotten(room):
    functions = {
        name for name in room.__all__ if inspect.isfunction(getattr(room, name))
    }
    assert functions <= set(DOORS) | set(ELSEWHERE)


@pytest.mark.parametrize("name", DOORS)
def test_no_argument_is_forgotten(name):
    # Where files lie, see test_hostile_files.py.
    assert not untried(DOORS[name], ["root"])


@pytest.mark.parametrize("name", DOORS)
@settings(max_examples=scale(5, LONG))
@given(draw=draws)
def test_it_answers_or_says_why_not(name, draw):
    DOORS[name].attack(draw)
