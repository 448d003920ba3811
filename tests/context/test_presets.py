# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Presets: what they say, what wins over them, and where networks start."""

import pickle
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.utils._param_validation import validate_parameter_constraints

from sklearn_geo.context._presets import PRESETS, Preset, resolve
from sklearn_geo.nets import (
    TRAINING_CONSTRAINTS,
    HeadedMLP,
    HeadsLoss,
    RowData,
    Training,
    get_weights,
    hold_out,
    train_net,
)

ROWS = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]])


def test_the_paper_s_values():
    paper = PRESETS["paper"]
    training = paper.training
    assert (training.solver, training.learning_rate_init) == ("sgd", 0.001)
    assert (training.momentum, training.batch_size) == (0.9, 32)
    assert training.learning_rate_decay == 1.0
    assert training.weight_decay == 0.0
    assert (paper.init, paper.start_at_mean) == ("glorot", False)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_satisfy_the_constraints(name):
    settings = vars(PRESETS[name].training)
    validate_parameter_constraints(TRAINING_CONSTRAINTS, settings, "Training")
    # The divergence of a zone is that of photos held out.
    assert settings["early_stopping"]
    assert pickle.loads(pickle.dumps(PRESETS[name])) == PRESETS[name]


@pytest.mark.parametrize("name", PRESETS)
def test_none_is_what_the_preset_says(name):
    settings = dict.fromkeys(vars(Training()))
    assert resolve(name, settings) == PRESETS[name]
    assert resolve(name) == PRESETS[name]


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_set_wins(name):
    changes = {"batch_size": 7, "early_stopping": False, "tol": 0.0, "solver": None}
    found = resolve(name, changes)
    own = PRESETS[name]
    assert found.training == own.training.but(
        batch_size=7, early_stopping=False, tol=0.0
    )
    assert (found.init, found.start_at_mean) == (own.init, own.start_at_mean)


def test_unknown_names():
    with pytest.raises(ValueError, match=r"preset='fast': use one of \['default', 'pa"):
        resolve("fast")
    with pytest.raises(
        ValueError, match=r"no settings \['epochs'\]\. They have \['sol"
    ):
        resolve("paper", {"epochs": 3, "solver": "adam"})


def _drawn(make):
    torch.manual_seed(3)
    return get_weights(make())


def test_the_paper_starts_with_glorot_weights():
    make = partial(HeadedMLP, 40, [3], hidden=(50, 60))
    assert PRESETS["paper"].starting(make, [ROWS]) is make


def test_where_the_default_starts():
    make = partial(HeadedMLP, 40, [3], hidden=(50, 60))
    started = PRESETS["default"].starting(make, [ROWS], np.array([1.0, 3.0]))
    weights = _drawn(pickle.loads(pickle.dumps(started)))
    # Weighted sums 2.5, 1.5, 0 of 4.
    expected = 0.9 * np.array([0.625, 0.375, 0.0]) + 0.1 / 3
    np.testing.assert_allclose(np.exp(weights["heads.bias"]), expected, rtol=1e-6)
    # He: uniform within sqrt(6 / inputs); the largest of thousands is close to that.
    for name, inputs in (("trunk.0.weight", 40), ("trunk.2.weight", 50)):
        bound = np.sqrt(6 / inputs)
        assert 0.98 * bound < np.abs(weights[name]).max() <= bound * (1 + 1e-6)
        assert not weights[name.replace("weight", "bias")].any()


def test_photos_held_out_do_not_count_in_the_mean():
    # Ten photos, each with a tag of its own; the one held out is hold_out's choice.
    rows = np.eye(10)
    make = partial(HeadedMLP, 40, [10])
    default = PRESETS["default"]
    _, valid = hold_out(RowData(rows), default.training.validation_fraction, 5)
    (held_out,) = valid.rows
    found = np.exp(_drawn(default.starting(make, [rows], seed=5))["heads.bias"])
    expected = np.full(10, 0.9 / 9 + 0.01)
    expected[held_out] = 0.01
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    # Without a seed, and where nothing is held out, all photos count.
    runs_all = Preset(Training(early_stopping=False), start_at_mean=True)
    for started in (
        default.starting(make, [rows]),
        runs_all.starting(make, [rows], seed=5),
    ):
        np.testing.assert_allclose(np.exp(_drawn(started)["heads.bias"]), 0.1, 1e-6)


def test_settings_are_independent():
    make = partial(HeadedMLP, 40, [3], hidden=(50, 60))
    plain = _drawn(make)
    at_mean = _drawn(Preset(Training(), start_at_mean=True).starting(make, [ROWS]))
    for name in set(plain) - {"heads.bias"}:
        np.testing.assert_array_equal(plain[name], at_mean[name])
    he = _drawn(Preset(Training(), init="he").starting(make, [ROWS]))
    assert not he["heads.bias"].any()
    assert np.abs(he["trunk.0.weight"]).max() > np.abs(plain["trunk.0.weight"]).max()


@pytest.mark.parametrize("seed", [0, 1])
def test_the_default_learns_small_columns_sooner(seed):
    # Columns as small as those of a soft grid, teachers that follow them.
    rng = np.random.default_rng(seed)
    at = rng.random((300, 1))
    X = 0.4 * np.exp(-np.abs(at - np.linspace(0, 1, 20)) / 0.1)
    logits = 3.0 * np.sin(np.arange(1, 7) * 3.0 * at)
    rows = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    lowest = {}
    for name, epochs in (("paper", 40), ("default", 8)):
        preset = resolve(name, {"max_iter": epochs, "device": "cpu"})
        make = partial(HeadedMLP, 20, [6], hidden=(32, 64))
        net = train_net(
            preset.starting(make, [rows], seed=seed),
            partial(HeadsLoss, "kl", reduce="sum"),
            RowData(X, [rows]),
            training=preset.training,
            seed=seed,
        )
        lowest[name] = min(record["valid_loss"] for record in net.history)
    assert lowest["default"] < lowest["paper"]
