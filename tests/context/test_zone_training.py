# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The training of one zone against a step of gradient descent by hand."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sklearn_geo.context._architecture import Architecture
from sklearn_geo.context._presets import resolve
from sklearn_geo.context._zone_training import TrainedZone, ZoneTask, train_zone
from sklearn_geo.nets import LazyRows
from tests.context.mlps import architecture, drawn, softmax

rng = np.random.default_rng(0)
SHAPE = architecture(n_features=6, hidden=(4,))
X = rng.normal(size=(40, 6)).astype(np.float32)
TEACHERS = {
    name: rng.dirichlet(np.ones(width), 40).astype(np.float32)
    for name, width in SHAPE.widths.items()
}


def targets_of(teachers=TEACHERS):
    return tuple(tuple(teachers[name] for name in names) for names in SHAPE.networks)


def preset(name="default", **settings):
    return resolve(name, {"max_iter": 3, "device": "cpu", **settings})


def train(X=X, targets=None, weight=None, seed=5, start=None, how=None, epochs=None):
    targets = targets_of() if targets is None else targets
    task = ZoneTask(636, "32U", X, targets, weight, seed, start, epochs)
    return train_zone(task, SHAPE, preset() if how is None else how)


def one_step(shape, weights, X, targets, weight, rate):
    """Go down the gradient of the mean KL, backwards through the layers by hand."""
    weights = {name: array.astype(np.float64) for name, array in weights.items()}
    moved, weight = dict(weights), weight / weight.mean()
    for number, names in enumerate(shape.networks):
        first, heads = f"{number}.trunk.0", f"{number}.heads"
        gradients = {}
        for row, count in enumerate(weight):
            before = X[row] @ weights[f"{first}.weight"] + weights[f"{first}.bias"]
            values = np.maximum(before, 0.0)
            logits = values @ weights[f"{heads}.weight"] + weights[f"{heads}.bias"]
            errors, start = [], 0
            for name, target in zip(names, targets[number], strict=True):
                stop = start + shape.widths[name]
                error = softmax(logits[start:stop]) - target[row]
                gone = np.isnan(target[row]).all()  # then it does not teach
                errors.append(np.zeros_like(error) if gone else error)
                start = stop
            error = count / len(X) * np.concatenate(errors)
            back = (weights[f"{heads}.weight"] @ error) * (before > 0)
            for name, gradient in (
                (f"{heads}.weight", np.outer(values, error)),
                (f"{heads}.bias", error),
                (f"{first}.weight", np.outer(X[row], back)),
                (f"{first}.bias", back),
            ):
                gradients[name] = gradients.get(name, 0.0) + gradient
        for name, gradient in gradients.items():
            moved[name] = moved[name] - rate * gradient
    return moved


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_a_step_by_hand(kind, weighted):
    teachers = {name: rows.copy() for name, rows in TEACHERS.items()}
    teachers["scene"][[0, 7, 8]] = np.nan
    teachers["tag"][[7, 20]] = np.nan
    weight = rng.uniform(0.5, 2, 40) if weighted else np.ones(40)
    start = drawn(SHAPE, 1)
    how = preset(
        "paper",
        max_iter=1,
        early_stopping=False,
        momentum=0.0,
        batch_size=40,
        learning_rate_init=0.1,
    )
    given = {
        name: sparse.csr_array(np.nan_to_num(rows)) if kind is not np.asarray else rows
        for name, rows in teachers.items()
    }
    trained = train(
        kind(X), targets_of(given), weight if weighted else None, start=start, how=how
    )
    expected = one_step(SHAPE, start, X, targets_of(teachers), weight, 0.1)
    assert set(trained.weights) == set(SHAPE.shapes())
    for name, array in trained.weights.items():
        assert array.dtype == np.float32
        assert_allclose(array, expected[name], rtol=1e-4, atol=1e-6)
        assert not np.array_equal(array, start[name])


def test_the_same_seed_gives_the_same_zone():
    first, again, other = train(), train(), train(seed=6)
    for name, array in first.weights.items():
        assert_array_equal(array, again.weights[name])
    assert (
        first.weights["0.trunk.0.weight"] != other.weights["0.trunk.0.weight"]
    ).any()
    assert first.n_photos == 40
    assert first.zone == 636
    assert not first.interrupted
    assert first.seconds > 0


def test_networks_have_chance_of_their_own():
    how = preset("paper")  # which draws a trunk before it draws heads
    trained = train(how=how)
    a, b = (trained.weights[f"{number}.trunk.0.weight"] for number in (0, 1))
    assert np.abs(a - b).max() > 0.05
    # What the second learns from does not change the first.
    teachers = {**TEACHERS, "tag": TEACHERS["tag"][::-1].copy()}
    other = train(targets=targets_of(teachers), how=how)
    for name, array in trained.weights.items():
        assert np.array_equal(array, other.weights[name]) is name.startswith("0.")


@pytest.mark.parametrize("name", ["default", "paper"])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("start", [None, drawn(SHAPE, 3)])
def test_rows_that_are_computed_give_what_rows_in_memory_give(kind, name, start):
    columns, how = kind(X), preset(name)
    teachers = {name: kind(rows) for name, rows in TEACHERS.items()}
    lazy = {
        name: LazyRows(rows.shape, lambda at, rows=rows: rows[at])
        for name, rows in teachers.items()
    }
    whole = train(columns, targets_of(teachers), start=start, how=how)
    parts = train(
        LazyRows(X.shape, lambda at: columns[at]),
        targets_of(lazy),
        start=start,
        how=how,
    )
    for name, array in whole.weights.items():
        assert_array_equal(parts.weights[name], array)
    assert parts.held_out_kl == whole.held_out_kl


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_going_on_begins_where_it_ended(kind):
    first = train(kind(X))
    copies = {name: array.copy() for name, array in first.weights.items()}
    more = train(kind(X), start=first.weights, epochs=1)
    assert more.n_epochs == 1
    for name, array in first.weights.items():
        assert_array_equal(array, copies[name])  # the start is left as it was
        assert 0 < np.abs(more.weights[name] - array).max() < 0.05
    none = train(kind(X), start=first.weights, epochs=0)
    for name, array in first.weights.items():
        assert_array_equal(none.weights[name], array)


def test_it_learns_what_it_is_taught():
    # Places with a negative first column are all beach, others half and half.
    beach = X[:, :1] < 0
    rows = np.where(beach, [[1.0, 0.0]], [[0.5, 0.5]]).astype(np.float32)
    shape = Architecture(6, (("tag",),), {"tag": 2}, (16,))
    how = preset(max_iter=300, learning_rate_init=0.01, early_stopping=False, tol=0.0)
    trained = train_zone(ZoneTask(0, "0", X, ((rows,),), None, 0), shape, how)
    losses = [record["train_loss"] for record in trained.histories[0]]
    assert losses[-1] < 0.02 < losses[0]


@pytest.mark.parametrize("n_photos", [1, 2, 5])
def test_zones_too_small_to_hold_photos_out(n_photos):
    targets = tuple(tuple(rows[:n_photos] for rows in each) for each in targets_of())
    trained = train(X[:n_photos], targets)
    assert trained.n_photos == n_photos
    assert np.isnan(trained.held_out_kl) == (n_photos == 1)
    assert all(np.isfinite(array).all() for array in trained.weights.values())


def test_what_a_zone_says_of_its_training():
    histories = [
        [{"valid_loss": 0.7}, {"valid_loss": 0.4}, {"valid_loss": 0.5}],
        [{"valid_loss": 2.0}],
    ]
    zone = TrainedZone(5, {}, 12, 1.5, histories)
    assert zone.n_epochs == 3
    assert zone.held_out_kl == pytest.approx(2.4)
    record = {"name": "5", "photos": 20, "epochs": 3, "seconds": 1.5}
    assert zone.record("5", 20) == {**record, "held_out_kl": pytest.approx(2.4)}
    assert np.isnan(TrainedZone(5, {}, 12, 1.5, [[{"train_loss": 1}]]).held_out_kl)
    assert TrainedZone(5, {}, 12, 1.5, [[], []]).n_epochs == 0
    again = pickle.loads(pickle.dumps(zone))
    assert again.histories == histories
