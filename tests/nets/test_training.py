# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Settings, patience, best weights and the table of a training."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import validate_parameter_constraints

from sklearn_geo.nets import (
    TRAINING_CONSTRAINTS,
    BestWeights,
    Patience,
    Training,
    history_table,
)
from sklearn_geo.nets._history import history_columns, read_history


class Toy(BaseEstimator):
    def __init__(self, solver="sgd", max_iter=7, other=1):
        self.solver = solver
        self.max_iter = max_iter
        self.other = other


def test_settings_come_from_parameters():
    assert Training.of(Toy()) == Training(solver="sgd", max_iter=7)
    assert Training.of(Toy(), max_iter=2, tol=0.0) == Training(
        solver="sgd", max_iter=2, tol=0.0
    )
    assert Training().but(batch_size=3).batch_size == 3


def test_defaults_satisfy_the_constraints():
    defaults = vars(Training())
    assert set(defaults) < set(TRAINING_CONSTRAINTS)
    validate_parameter_constraints(TRAINING_CONSTRAINTS, defaults, "Training")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("solver", "lbfgs"),
        ("learning_rate_init", 0.0),
        ("learning_rate_decay", 1.5),
        ("validation_fraction", 1.0),
        ("n_iter_no_change", 0),
        ("mixed_precision", "float8"),
        ("device", 3),
    ],
)
def test_constraints_refuse(name, value):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of Toy must be"):
        validate_parameter_constraints(TRAINING_CONSTRAINTS, {name: value}, "Toy")


def test_learning_rates_of_the_papers():
    # ECCV 2018: halved every 5 epochs. ICLR 2018: falls by 4 % an epoch.
    halved = Training(
        learning_rate_init=0.01, learning_rate_decay=0.5, learning_rate_every=5
    )
    rates = [halved.learning_rate(epoch) for epoch in range(15)]
    assert rates == [0.01] * 5 + [0.005] * 5 + [0.0025] * 5
    falling = Training(learning_rate_init=1.0, learning_rate_decay=0.96)
    assert falling.learning_rate(3) == pytest.approx(0.96**3)


def test_patience_by_hand():
    patience = Patience(3, tol=0.1)
    # Only drops by more than 0.1 start the count again; every new low is a low.
    told = [patience.tell(loss) for loss in (5, 4, 3.95, 4.2, 3.0, 3.0, 2.95, 2.92)]
    assert told == [True, True, True, False, True, False, True, True]
    assert patience.waited == 3
    assert patience.exhausted
    endless = Patience(None, tol=0.0)
    assert endless.tell(1.0)
    assert not any(endless.tell(2.0) for _ in range(50))
    assert not endless.exhausted


def test_best_weights_and_buffers_come_back():
    layer = torch.nn.BatchNorm1d(2)
    best = BestWeights(layer)
    best.restore()  # nothing kept yet
    with torch.no_grad():
        layer.weight.fill_(2.0)
        layer.running_mean.fill_(3.0)
    best.keep()
    with torch.no_grad():
        layer.weight.fill_(5.0)
    best.keep()
    kept = best._kept["weight"]
    with torch.no_grad():
        layer.weight.fill_(6.0)
        layer.running_mean.fill_(7.0)
    best.restore()
    assert layer.weight.tolist() == [5.0, 5.0]
    assert layer.running_mean.tolist() == [3.0, 3.0]
    assert best._kept["weight"] is kept  # written over, not made anew


def test_history_is_a_table():
    rows = [
        {
            "epoch": 1,
            "train_loss": 0.5,
            "valid_loss": 0.7,
            "seconds": 1.0,
            "best": True,
        },
        {"epoch": 2, "train_loss": 0.4, "learning_rate": 0.1, "n_rows": 9},
    ]
    table = history_table(rows)
    assert table["epoch"].tolist() == [1, 2]
    assert table["best"].tolist() == [True, False]
    assert table["n_rows"].tolist() == [0, 9]
    assert math.isnan(table["valid_loss"][1])
    frame = pd.DataFrame(table)
    assert list(frame.columns) == list(table.dtype.names)
    assert np.array_equal(frame["train_loss"], [0.5, 0.4])
    assert len(history_table([])) == 0


def test_a_course_goes_into_arrays_and_back():
    rows = [{"epoch": 1, "train_loss": 0.5, "best": True, "n_rows": 9}]
    arrays = history_columns(history_table(rows))
    assert arrays["history_epoch"].tolist() == [1]
    (again,) = read_history(arrays | {"others": np.ones(7)})
    assert {name: again[name] for name in rows[0]} == rows[0]
    assert math.isnan(again["valid_loss"])
    assert read_history(history_columns(history_table([]))) == []
    with pytest.raises(KeyError, match="history_best"):
        read_history({k: v for k, v in arrays.items() if k != "history_best"})
    for changed in (np.array(1), np.array([1.0]), np.array([1, 2]), np.array([[1]])):
        with pytest.raises(ValueError, match="the history is no table"):
            read_history(arrays | {"history_epoch": changed})


@pytest.mark.parametrize("name", ["learning_rate_init", "weight_decay"])
def test_numbers_that_float32_does_not_hold_are_refused(name):
    with pytest.raises(ValueError, match=f"{name}=1e\\+300 is beyond what float32"):
        Training(**{name: 1e300})
