# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows held out: a partition, the same with the same seed."""

from functools import partial

import numpy as np
import pytest

from sklearn_geo.nets import (
    HeadedMLP,
    HeadsLoss,
    RowData,
    Training,
    get_weights,
    hold_out,
    split_rows,
    train_net,
)


def test_held_out_rows_are_a_partition():
    rows = RowData(np.eye(90))
    train, valid = hold_out(rows, 0.2, seed=1)
    assert len(valid) == 18
    assert sorted([*train.rows, *valid.rows]) == list(range(90))
    again = hold_out(rows, 0.2, seed=1)[1]
    assert np.array_equal(valid.rows, again.rows)
    assert not np.array_equal(valid.rows, hold_out(rows, 0.2, seed=2)[1].rows)
    with pytest.raises(ValueError, match="of 1 rows leaves none to learn"):
        hold_out(RowData(np.eye(1)), 0.5, seed=1)


def test_who_holds_all_rows_out_is_told_of_all_that_may_do_so():
    with pytest.raises(
        ValueError, match=r"^validation_fraction=0\.9 of 3 rows "
    ) as one:
        split_rows(3, 0.9, seed=0)
    assert "early_stopping" in str(one.value)
    assert "calibrate" in str(one.value)
    with pytest.raises(ValueError, match=r"0\.9 of 3 users .* from\. Pass more\.$"):
        split_rows(3, 0.9, seed=0, of="users", remedy="Pass more.")


@pytest.mark.parametrize("rows", [None, np.arange(3, 60)])
def test_rows_of_no_weight_are_as_if_they_were_not_there(rows):
    rng = np.random.default_rng(0)
    X, weight = rng.random((60, 2)), rng.random(60) * (np.arange(60) % 3 > 0)
    data = RowData(X, [], weight, rows=rows)
    there = np.arange(60) if rows is None else rows
    there = there[weight[there] > 0]
    alone = RowData(X[there], [], weight[there])
    pairs = zip(hold_out(data, 0.3, seed=1), hold_out(alone, 0.3, 1), strict=True)
    for part, other in pairs:
        assert np.array_equal(X[part.rows], X[there][other.rows])
        np.testing.assert_allclose(part.weights(), other.weights(), rtol=1e-6)
        taken = part.take(slice(0, 4)).weight.numpy()
        wanted = weight[part.rows[:4]] / weight[there].mean()
        np.testing.assert_allclose(taken, wanted, rtol=1e-6)
    # Nobody else's weights are changed.
    every = np.arange(60) if rows is None else rows
    np.testing.assert_allclose(data.weights().mean(), 1.0, rtol=1e-6)
    assert len(data) == len(every)


def test_steps_are_as_long_without_the_rows_of_no_weight():
    rng = np.random.default_rng(0)
    X, weight = rng.standard_normal((60, 5)), np.tile([0.0, 1.0, 2.0], 20)
    y = (X[:, 0] > 0).astype(int)
    training = Training(
        solver="sgd", learning_rate_init=0.1, early_stopping=True, max_iter=4,
        batch_size=10, device="cpu",
    )  # fmt: skip

    def learnt(rows):
        data = RowData(X[rows], [y[rows]], weight[rows])
        net = train_net(partial(HeadedMLP, 5, [2]), HeadsLoss, data, training=training)
        return get_weights(net)["heads.weight"]

    np.testing.assert_allclose(
        learnt(np.arange(60)), learnt(np.flatnonzero(weight)), atol=1e-5
    )
