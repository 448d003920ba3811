# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The loop that trains: equal to one written by hand, seeded, silent, interruptible."""

import os
import pickle
import signal
import threading
import tracemalloc
from functools import partial

import numpy as np
import pytest
import torch
from scipy import sparse

from sklearn_geo.nets import (
    EstimatorNet,
    HeadedMLP,
    HeadsLoss,
    RowData,
    Training,
    _chance,
    get_weights,
    hold_out,
    train_net,
)
from sklearn_geo.nets._precision import half_precision

N, D, K = 90, 5, 3


def data(n=N, *, sparse_rows=False, weight=False, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, D)).astype(np.float32)
    y = (X @ rng.standard_normal((D, K))).argmax(axis=1)
    if sparse_rows:
        X = sparse.csr_array(np.where(np.abs(X) > 0.7, X, 0))
    return RowData(X, [y], rng.random(n) if weight else None)


NETWORK = partial(HeadedMLP, D, [K], hidden=(4,))
SETTINGS = Training(
    max_iter=4,
    batch_size=16,
    learning_rate_init=0.05,
    n_iter_no_change=None,
    device="cpu",
)


def fit(rows=None, *, training=SETTINGS, network=NETWORK, **options):
    rows = data() if rows is None else rows
    return train_net(network, HeadsLoss, rows, training=training, **options)


def assert_same_weights(a, b, **tolerance):
    a, b = get_weights(a), get_weights(b)
    for name in a:
        np.testing.assert_allclose(a[name], b[name], **tolerance)


def losses(net, name="train_loss"):
    return [row[name] for row in net.history]


SOLVERS = {
    "adam": (torch.optim.Adam, {}),
    "adagrad": (torch.optim.Adagrad, {}),
    "sgd": (torch.optim.SGD, {"momentum": 0.8, "weight_decay": 0.01}),
}


@pytest.mark.parametrize("solver", SOLVERS)
def test_equals_a_loop_written_by_hand(solver):
    cls, options = SOLVERS[solver]
    rows = data(weight=True)
    training = SETTINGS.but(
        solver=solver, learning_rate_decay=0.5, learning_rate_every=2, **options
    )
    net = fit(rows, training=training, seed=7)

    with torch.random.fork_rng():
        torch.manual_seed(7)
        network = NETWORK()
    optimizer = cls(network.parameters(), lr=0.05, **options)
    X, y = torch.from_numpy(rows.X), torch.from_numpy(rows.targets[0])
    w = torch.from_numpy(rows.sample_weight)
    for epoch in range(4):
        optimizer.param_groups[0]["lr"] = 0.05 if epoch < 2 else 0.025
        order = np.random.default_rng([7, epoch]).permutation(N)
        total = 0.0
        for start in range(0, N, 16):
            at = np.sort(order[start : start + 16])
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(
                network(X[at])[0], y[at], reduction="none"
            )
            (loss * w[at]).mean().backward()
            optimizer.step()
            total += (loss * w[at]).sum().item()
        assert net.history[epoch]["train_loss"] == pytest.approx(total / N, rel=1e-5)
    assert_same_weights(net, network, rtol=1e-5, atol=1e-6)


def test_same_seed_same_numbers():
    network = partial(NETWORK, dropout=0.5)
    first, again = (fit(network=network, seed=3) for _ in range(2))
    assert_same_weights(first, again, rtol=0)
    other = fit(network=network, seed=4)
    with pytest.raises(AssertionError):
        assert_same_weights(first, other, rtol=0.01)


def test_torchs_own_numbers_are_untouched():
    before = torch.get_rng_state()
    fit(network=partial(NETWORK, dropout=0.5), seed=3)
    assert torch.equal(torch.get_rng_state(), before)


def test_silent_or_a_line_an_epoch(capsys):
    fit()
    assert capsys.readouterr().out == ""
    fit(training=SETTINGS.but(verbose=1, early_stopping=True))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("Epoch 1: loss ")
    assert ", held out " in lines[0]


def test_memory_maps_give_the_same_numbers(tmp_path):
    rows = data()
    np.save(tmp_path / "x.npy", rows.X)
    mapped = RowData(np.load(tmp_path / "x.npy", mmap_mode="r"), rows.targets)
    assert_same_weights(fit(rows), fit(mapped), rtol=0)


@pytest.mark.parametrize("solver", ["adagrad", "sgd"])
def test_sparse_rows_give_the_numbers_of_dense_ones(solver):
    training = SETTINGS.but(solver=solver, momentum=0.0)
    rows = data(sparse_rows=True)
    dense = RowData(rows.X.toarray(), rows.targets)
    a, b = fit(rows, training=training), fit(dense, training=training)
    assert_same_weights(a, b, rtol=1e-4, atol=1e-6)
    assert a.row_optimizer_ is not None
    assert b.row_optimizer_ is None


def test_no_shuffle_and_samplers():
    seen = []
    training = SETTINGS.but(shuffle=False, max_iter=2)
    everything = fit(training=training)

    def draw(epoch, chance, n_rows):
        seen.append((epoch, n_rows, int(chance.integers(1000))))
        return np.arange(n_rows)

    drawn = fit(training=training, draw=draw)
    assert_same_weights(everything, drawn, rtol=0)
    assert [entry[:2] for entry in seen] == [(0, N), (1, N)]
    expected = [int(np.random.default_rng([0, e]).integers(1000)) for e in (0, 1)]
    assert [entry[2] for entry in seen] == expected
    few = fit(training=training, draw=lambda epoch, chance, n: np.arange(5 + epoch))
    assert [row["n_rows"] for row in few.history] == [5, 6]


def test_early_stopping_puts_the_best_weights_back():
    # Labels that mean nothing: the held-out loss soon rises.
    rng = np.random.default_rng(0)
    rows = RowData(rng.standard_normal((N, D)), [rng.integers(K, size=N)])
    train, valid = hold_out(rows, 0.3, seed=0)
    training = SETTINGS.but(max_iter=200, n_iter_no_change=5)
    net = fit(train, training=training, valid=valid)
    held_out = losses(net, "valid_loss")
    assert 6 <= len(held_out) < 200
    assert min(held_out[-5:]) > min(held_out) - training.tol
    assert net.evaluate(valid) == pytest.approx(min(held_out), rel=1e-6)
    assert held_out[-1] > min(held_out) + 1e-4
    best = [row["best"] for row in net.history]
    assert np.flatnonzero(best)[-1] == np.argmin(held_out)
    again = fit(
        rows, training=training.but(early_stopping=True, validation_fraction=0.3)
    )
    assert_same_weights(net, again, rtol=0)


def test_training_loss_that_stays_ends_the_training():
    training = SETTINGS.but(
        max_iter=50, n_iter_no_change=3, learning_rate_init=1e-9, solver="sgd"
    )
    assert len(fit(training=training).history) == 4


def test_evaluate_by_hand():
    net = fit(network=partial(HeadedMLP, D, [K], init="zeros"), epochs=0)
    assert len(net.history) == 0
    assert net.evaluate(data()) == pytest.approx(np.log(K))
    assert net.evaluate(data(), batch_size=7) == pytest.approx(np.log(K))


def test_going_on_is_warm(monkeypatch):
    whole = fit(keep_steps=True)
    monkeypatch.setattr(_chance, "_later_seed", lambda seed, n_epochs: seed)
    part = fit(epochs=2, keep_steps=True)
    more = train_net(None, None, data(), training=SETTINGS, net=part, epochs=2)
    assert more is part
    assert [row["epoch"] for row in more.history] == [1, 2, 3, 4]
    assert_same_weights(whole, more, rtol=0)
    assert not more.optimizer_.state  # dropped at the end of the second call


@pytest.mark.parametrize("sparse_rows", [False, True])
@pytest.mark.parametrize("solver", SOLVERS)
def test_going_on_after_steps_were_forgotten(solver, sparse_rows):
    rows = data(sparse_rows=sparse_rows)
    training = SETTINGS.but(solver=solver)
    net = fit(rows, training=training, epochs=2)
    assert not any(optimizer.state for optimizer in net.optimizers())
    before = net.evaluate(rows)
    # Until 2.13 torch's Adagrad makes what it remembers when it is made, only then.
    train_net(None, None, rows, training=training, net=net, epochs=2)
    assert net.evaluate(rows) < before


@pytest.mark.parametrize("sparse_rows", [False, True])
@pytest.mark.parametrize(
    "change", [{"solver": "sgd"}, {"weight_decay": 0.5}], ids=["solver", "decay"]
)
def test_going_on_with_other_settings_heeds_them(change, sparse_rows):
    rows, other = data(sparse_rows=sparse_rows), SETTINGS.but(**change)
    net, same = (fit(rows, epochs=1, keep_steps=True) for _ in range(2))
    train_net(None, None, rows, training=other, net=net, epochs=1)
    same.forget_steps()
    same.training = other
    with same._current_init_context("optimizer"):
        same.initialize_optimizer()
    same.partial_fit(rows, epochs=1)
    assert_same_weights(net, same, rtol=0)


def test_going_on_with_another_loss_heeds_it():
    doubled = partial(HeadsLoss, head_weights=[2.0])
    net = fit(epochs=1)
    train_net(None, doubled, data(), training=SETTINGS, net=net, epochs=1)
    twice = net.evaluate(data())
    train_net(None, HeadsLoss, data(), training=SETTINGS, net=net, epochs=0)
    assert net.evaluate(data()) == pytest.approx(twice / 2)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("sparse_rows", [False, True])
def test_going_on_elsewhere_moves_all_that_is_remembered(solver, sparse_rows):
    rows, here = data(sparse_rows=sparse_rows), SETTINGS.but(solver=solver)
    net, moved = (fit(rows, training=here, keep_steps=True) for _ in range(2))
    for each, training in ((net, here), (moved, here.but(device="cpu:0"))):
        train_net(None, None, rows, training=training, net=each, epochs=1)
    assert (net.device, moved.device) == ("cpu", "cpu:0")
    assert_same_weights(net, moved, rtol=0)


def test_going_on_asks_for_the_device_again(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    net, elsewhere = fit(epochs=1), SETTINGS.but(device="cuda")
    with pytest.raises(ValueError, match="sees no CUDA device"):
        train_net(None, None, data(), training=elsewhere, net=net)


def test_going_on_with_another_seed_takes_other_steps():
    nets = [fit(epochs=1) for _ in range(3)]
    for net, seed in zip(nets, (5, 5, 6), strict=True):
        train_net(None, None, data(), training=SETTINGS, net=net, seed=seed, epochs=1)
    assert_same_weights(nets[0], nets[1], rtol=0)
    first, last = get_weights(nets[0]), get_weights(nets[2])
    assert any((first[name] != last[name]).any() for name in first)


def test_going_on_may_keep_what_was_better():
    rows, valid = data(), data(seed=1)
    worse = SETTINGS.but(solver="sgd", learning_rate_init=30.0)
    kept, left = (fit(rows, epochs=4) for _ in range(2))
    before = get_weights(kept)
    for net, watch in ((kept, True), (left, False)):
        settings = {"training": worse, "valid": valid, "net": net}
        train_net(None, None, rows, **settings, watch_start=watch)
    for name, weights in get_weights(kept).items():
        np.testing.assert_array_equal(weights, before[name])
    assert [row["best"] for row in kept.history[4:]] == [False] * 4
    assert left.history[4]["best"]


def test_rows_held_out_have_a_weight():
    rows = data(weight=True)
    rows.sample_weight[::2] = 0.0
    train, valid = hold_out(rows, 0.2, 0)
    assert (len(train), len(valid)) == (36, 9)
    assert train.weights().all()
    assert valid.weights().all()
    nothing = rows.subset(np.arange(0, N, 2))
    with pytest.raises(ValueError, match="all rows held out have weight 0"):
        fit(rows, valid=nothing)


def test_ctrl_c_leaves_a_net_that_predicts():
    def interrupt(record):
        if record["epoch"] == 3:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted after 3 whole epochs"):
        net = fit(on_epoch=interrupt)
    assert net.interrupted_
    assert len(net.history) == 3
    assert_same_weights(net, fit(epochs=3), rtol=0)
    assert not fit().interrupted_


def test_ctrl_c_before_the_first_epoch(monkeypatch):
    # skorch keeps it to itself, so it comes to nobody but the one who looks for it.
    def interrupt(self, X, y=None):
        raise KeyboardInterrupt

    monkeypatch.setattr(EstimatorNet, "get_dataset", interrupt)
    with pytest.warns(UserWarning, match="interrupted after 0 whole epochs"):
        net = fit()
    assert net.interrupted_
    assert len(net.history) == 0


def test_ctrl_c_in_the_midst_of_an_epoch(monkeypatch):
    step, count = EstimatorNet._step, []

    def interrupted(*args):
        count.append(1)
        if len(count) == 14:
            raise KeyboardInterrupt
        return step(*args)

    monkeypatch.setattr(EstimatorNet, "_step", interrupted)
    with pytest.warns(UserWarning, match="interrupted after 2 whole epochs"):
        net = fit(training=SETTINGS.but(early_stopping=True))
    assert torch.isfinite(net.forward(data().X)[0]).all()
    valid = hold_out(data(), 0.1, seed=0)[1]
    assert net.evaluate(valid) == pytest.approx(min(losses(net, "valid_loss")))


def test_ctrl_c_while_weights_are_kept(monkeypatch):
    # Half of the copy is of this epoch and half of one before: it must not come back.
    count, copy_ = [], torch.Tensor.copy_

    def interrupted(self, other, *args):
        count.append(1)
        if len(count) == 2:
            raise KeyboardInterrupt
        return copy_(self, other, *args)

    training = SETTINGS.but(early_stopping=True)
    expected = fit(training=training, epochs=2)
    monkeypatch.setattr(torch.Tensor, "copy_", interrupted)
    with pytest.warns(UserWarning, match="interrupted after 1 whole epochs"):
        net = fit(training=training)
    monkeypatch.undo()
    assert expected.history[1]["best"]
    assert_same_weights(net, expected, rtol=0)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_real_ctrl_c():
    training = SETTINGS.but(max_iter=50_000)  # minutes, if nobody interrupts
    # A shell that starts the tests in the background has them ignore the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    try:
        timer.start()
        with pytest.warns(UserWarning, match="The network is fitted and predicts"):
            net = fit(training=training)
        timer.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert 0 < len(net.history) < 50_000
    assert torch.isfinite(net.forward(data().X)[0]).all()


def test_memory_maps_are_read_in_passing(tmp_path):
    X = np.lib.format.open_memmap(
        tmp_path / "x.npy", mode="w+", dtype=np.float64, shape=(20_000, 400)
    )
    rows = RowData(X, [np.zeros(20_000, dtype=np.int64)])
    network = partial(HeadedMLP, 400, [2])
    training = SETTINGS.but(batch_size=500, early_stopping=True)
    tracemalloc.start()
    fit(rows, network=network, training=training, epochs=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # A few batches of 1.6 MB, of 64 MB.
    assert peak < 8e6


def test_a_callback_may_stop():
    net = fit(on_epoch=lambda record: record["epoch"] == 2)
    assert len(net.history) == 2


def test_steps_that_are_too_long_are_told():
    training = SETTINGS.but(solver="sgd", learning_rate_init=1e30)
    with pytest.raises(ValueError, match=r"loss of epoch 1 is nan.*Lower"):
        fit(training=training)


def test_a_held_out_loss_that_is_no_number_is_told():
    rows = data()
    far = np.full((4, D), 3e38, dtype=np.float32)
    far = RowData(far, [np.zeros(4, dtype=int)])
    with pytest.raises(ValueError, match=r"^The held-out loss of epoch 1 is nan"):
        fit(rows, valid=far, network=partial(HeadedMLP, D, [K], hidden=(40,)))


@pytest.mark.parametrize("sparse_rows", [False, True])
def test_pickles_go_on_and_predict_the_same(sparse_rows):
    rows = data(sparse_rows=sparse_rows)
    net = fit(rows, keep_steps=True)
    again = pickle.loads(pickle.dumps(net))
    assert_same_weights(net, again, rtol=0)
    for each in (net, again):
        train_net(None, None, rows, training=SETTINGS, net=each, epochs=1)
    assert_same_weights(net, again, rtol=0)


def test_half_precision_is_for_accelerators():
    assert half_precision("cpu", "auto") is None
    assert half_precision("cpu", "float16") is None
    assert half_precision("mps", "float16") is torch.float16
    assert half_precision("mps", "auto") is torch.bfloat16
    assert half_precision("mps", False) is None


def test_skorch_can_use_it_alone():
    rows = data()
    net = EstimatorNet(NETWORK, HeadsLoss, training=SETTINGS)
    net.fit(rows.X, rows.targets[0])
    assert len(net.history) == 4
    (logits,) = net.forward(rows.X)
    assert logits.shape == (N, K)
    assert net.get_loss((logits,), torch.from_numpy(rows.targets[0])) < np.log(K)


def test_the_seed_decides_all_where_skorch_is_asked():
    rows = data()
    network = partial(HeadedMLP, D, [K], hidden=(4,), dropout=0.5)
    wanted = get_weights(fit(rows, network=network, seed=5))["heads.weight"]
    before = torch.get_rng_state()
    for ask in (
        lambda net: net.fit(rows),
        lambda net: net.fit(rows.X, rows.targets[0]),
        lambda net: net.initialize().fit_loop(rows),
        lambda net: net.fit(rows).fit(rows),
    ):
        net = EstimatorNet(network, HeadsLoss, training=SETTINGS, seed=5)
        assert np.array_equal(get_weights(ask(net))["heads.weight"], wanted)
        torch.testing.assert_close(torch.get_rng_state(), before)


@pytest.mark.parametrize("first", [np.asarray, sparse.csr_array])
def test_learning_goes_on_with_rows_of_another_form(first):
    X, y = np.eye(4), np.array([0, 1, 0, 1])
    forms = {np.asarray: sparse.csr_array, sparse.csr_array: np.asarray}
    training = Training(solver="sgd", momentum=0.0, max_iter=1, device="cpu")
    module = partial(HeadedMLP, 4, [2])
    settings = {"training": training, "keep_steps": True}
    net = train_net(module, HeadsLoss, RowData(first(X), [y]), **settings)
    train_net(None, None, RowData(forms[first](X), [y]), net=net, **settings)
    same = train_net(module, HeadsLoss, RowData(first(X), [y]), **settings)
    train_net(None, None, RowData(first(X), [y]), net=same, **settings)
    for one, other in zip(
        net.module_.parameters(), same.module_.parameters(), strict=True
    ):
        torch.testing.assert_close(one, other)
