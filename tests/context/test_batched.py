# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Zones trained at once are the zones trained one by one."""

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn import config_context

from sklearn_geo.context import _batched, _batched_memory, _batched_steps
from sklearn_geo.context._architecture import Architecture
from sklearn_geo.context._batched import train_zones
from sklearn_geo.context._batched_memory import half_of, zones_that_fit
from sklearn_geo.context._batched_rows import ResidentRows, StreamedRows, walk
from sklearn_geo.context._batched_steps import (
    NetworkStack,
    SparseTarget,
    divergences,
)
from sklearn_geo.context._presets import Preset
from sklearn_geo.context._zone_training import ZoneTask, train_zone
from sklearn_geo.nets import (
    HeadsLoss,
    LazyRows,
    RowData,
    SparseRows,
    Training,
    seeded,
)

SHAPE = Architecture(
    6, (("object", "scene"), ("tag",)), {"object": 4, "scene": 3, "tag": 5}, (8, 7)
)


def a_preset(**settings):
    """Settings under which some epochs are well conditioned."""
    training = {
        "solver": "sgd",
        "learning_rate_init": 0.05,
        "batch_size": 8,
        "max_iter": 4,
        "n_iter_no_change": None,
        "device": "cpu",
        **settings,
    }
    return Preset(Training(**training))


def a_task(zone, n_photos, *, shape=SHAPE, missing=0.0, weighted=False, kind="dense"):
    rng = np.random.default_rng([7, zone])
    X = rng.standard_normal((n_photos, shape.n_features)).astype(np.float32)
    weight = rng.uniform(0.2, 3.0, n_photos) if weighted else None
    networks = []
    for contexts in shape.networks:
        targets = []
        for name in contexts:
            map_ = rng.standard_normal((shape.n_features, shape.widths[name]))
            teacher = np.exp(X @ map_)
            if kind == "sparse":
                teacher[teacher < np.median(teacher)] = 0.0
                teacher[:, 0] = 0.5
            teacher /= teacher.sum(axis=1, keepdims=True)
            teacher = teacher.astype(np.float32)
            gone = rng.random(n_photos) < missing
            teacher[gone] = 0.0 if kind == "sparse" else np.nan
            targets.append(sparse.csr_array(teacher) if kind == "sparse" else teacher)
        networks.append(tuple(targets))
    return ZoneTask(zone, f"zone {zone}", X, tuple(networks), weight, 100 * zone + 3)


def both(tasks, preset, shape=SHAPE):
    """Train zones at once and one by one; return pairs by zone."""
    at_once = {zone.zone: zone for zone in train_zones(tasks, shape, preset)}
    assert sorted(at_once) == sorted(task.zone for task in tasks)
    return [(at_once[task.zone], train_zone(task, shape, preset)) for task in tasks]


def assert_same(pairs, rtol=1e-4, atol=2e-6):
    for a, b in pairs:
        assert a.n_photos == b.n_photos
        assert a.n_epochs == b.n_epochs
        assert list(a.weights) == list(b.weights)
        for name, array in b.weights.items():
            assert a.weights[name].dtype == np.float32
            assert a.weights[name].flags.c_contiguous
            np.testing.assert_allclose(a.weights[name], array, rtol=rtol, atol=atol)
        np.testing.assert_allclose(a.held_out_kl, b.held_out_kl, rtol=1e-4)
        for mine, theirs in zip(a.histories, b.histories, strict=True):
            assert len(mine) == len(theirs)
            for row, other in zip(mine, theirs, strict=True):
                assert list(row) == list(other)
                for key in ("epoch", "n_rows", "best", "learning_rate"):
                    assert row[key] == other[key]
                for key in {"train_loss", "valid_loss"} & set(row):
                    np.testing.assert_allclose(row[key], other[key], rtol=1e-4)


SIZES = (40, 2, 65, 33, 7, 64)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"momentum": 0.0},
        {"weight_decay": 0.01},
        {"solver": "adagrad"},
        {"learning_rate_decay": 0.5, "learning_rate_every": 2},
        {"shuffle": False},
        {"batch_size": 1, "learning_rate_init": 0.01, "max_iter": 2},
        {"batch_size": 100},
        {"early_stopping": True, "validation_fraction": 0.25},
    ],
    ids=str,
)
def test_equal_to_zone_by_zone(settings):
    tasks = [a_task(zone, n, missing=0.2) for zone, n in enumerate(SIZES)]
    assert_same(both(tasks, a_preset(**settings)))


@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
@pytest.mark.parametrize("most_runs", [64, 2, 0], ids=["fused", "mixed", "written out"])
def test_all_ways_to_do_steps_of_adam(monkeypatch, weight_decay, most_runs):
    monkeypatch.setattr(_batched_steps, "_MOST_RUNS", most_runs)
    preset = a_preset(solver="adam", learning_rate_init=0.01, weight_decay=weight_decay)
    tasks = [a_task(zone, n, missing=0.2) for zone, n in enumerate(SIZES)]
    assert_same(both(tasks, preset))


@pytest.mark.parametrize("kind", ["dense", "sparse"])
@pytest.mark.parametrize("memory", [1024, 0.001], ids=["resident", "streamed"])
def test_weights_missing_rows_and_sparse_teachers(kind, memory):
    # So little memory also makes a bucket of every zone.
    tasks = [
        a_task(zone, n, missing=0.3, weighted=zone % 2 == 0, kind=kind)
        for zone, n in enumerate(SIZES)
    ]
    with config_context(working_memory=memory):
        assert_same(both(tasks, a_preset(early_stopping=True)))


def test_rows_read_batch_by_batch_in_one_bucket(monkeypatch):
    # As on a card that holds the networks of all zones, but not their rows.
    monkeypatch.setattr(_batched_memory, "_bytes_of_rows", lambda task: 1 << 40)
    made = []
    monkeypatch.setattr(
        _batched,
        "StreamedRows",
        lambda *given: made.append(1) or StreamedRows(*given),
    )
    for kind in ("dense", "sparse"):
        tasks = [
            a_task(zone, n, missing=0.2, weighted=zone == 1, kind=kind)
            for zone, n in enumerate(SIZES)
        ]
        assert_same(both(tasks, a_preset(early_stopping=True)))
    assert len(made) == 2 * len(SHAPE.networks)


@pytest.mark.parametrize("memory", [1024, 0.001], ids=["resident", "streamed"])
def test_rows_that_are_computed_when_asked_for(memory):
    tasks = [a_task(zone, n, missing=0.2) for zone, n in enumerate(SIZES)]
    lazy = [a_task(zone, n, missing=0.2) for zone, n in enumerate(SIZES)]
    for task in lazy:
        task.X = LazyRows(task.X.shape, task.X.__getitem__)
        task.targets = tuple(
            tuple(LazyRows(each.shape, each.__getitem__) for each in targets)
            for targets in task.targets
        )
    with config_context(working_memory=memory):
        found = train_zones(lazy, SHAPE, a_preset())
        at_once = {zone.zone: zone for zone in found}
    one_by_one = [train_zone(task, SHAPE, a_preset()) for task in tasks]
    assert_same([(at_once[zone.zone], zone) for zone in one_by_one])


def test_each_zone_stops_in_its_own_time_with_its_best_weights():
    tasks = [a_task(zone, n) for zone, n in enumerate((60, 24, 120, 41, 90))]
    preset = a_preset(
        solver="adam",
        learning_rate_init=0.03,
        max_iter=40,
        early_stopping=True,
        validation_fraction=0.2,
        n_iter_no_change=2,
        tol=0.002,
    )
    found = list(train_zones(tasks, SHAPE, preset))
    sizes = [zone.n_photos for zone in found]
    assert sizes != sorted(sizes, reverse=True)
    pairs = [(zone, train_zone(tasks[zone.zone], SHAPE, preset)) for zone in found]
    assert_same(pairs, rtol=2e-3, atol=1e-4)
    lengths = {len(history) for zone, _ in pairs for history in zone.histories}
    assert len(lengths) > 3
    assert not all(zone.histories[0][-1]["best"] for zone, _ in pairs)


def test_a_zone_is_what_it_is_whoever_is_beside_it():
    tasks = [a_task(zone, n, missing=0.1) for zone, n in enumerate(SIZES)]
    preset = a_preset(early_stopping=True)
    everybody = {zone.zone: zone for zone in train_zones(tasks, SHAPE, preset)}
    for some in ([0], [0, 1], [5, 0, 3], [2, 0]):
        chosen = [tasks[zone] for zone in some]
        (found,) = (z for z in train_zones(chosen, SHAPE, preset) if z.zone == 0)
        assert_same([(found, everybody[0])], rtol=1e-5, atol=1e-6)


def test_goes_on_from_weights_for_as_many_epochs_as_said():
    tasks = [a_task(zone, n) for zone, n in enumerate((20, 50, 30))]
    for task, epochs in zip(tasks, (3, None, 1), strict=True):
        task.start = train_zone(task, SHAPE, a_preset(max_iter=1)).weights
        task.epochs = epochs
    pairs = both(tasks, a_preset(max_iter=2))
    assert_same(pairs)
    assert [zone.n_epochs for zone, _ in pairs] == [3, 2, 1]
    nothing = a_task(9, 12)
    nothing.start, nothing.epochs = tasks[0].start, 0
    assert_same(both([nothing, tasks[1]], a_preset(max_iter=2)))


def test_first_weights_are_those_that_the_preset_gives():
    training = a_preset(early_stopping=True).training
    preset = Preset(training, init="he", start_at_mean=True)
    tasks = [a_task(zone, n, weighted=zone == 1) for zone, n in enumerate((20, 50, 30))]
    pairs = both(tasks, preset)
    assert_same(pairs)
    other = train_zone(tasks[0], SHAPE, Preset(training))
    assert abs(pairs[0][0].held_out_kl - other.held_out_kl) > 0.01


def test_one_linear_layer_and_sparse_columns():
    linear = Architecture(6, (("tag",),), {"tag": 5}, ())
    tasks = [a_task(zone, n, shape=linear) for zone, n in enumerate((20, 50, 30))]
    # Sparse columns have an optimizer of rows: such a zone is trained alone.
    tasks[1].X = sparse.csr_array(np.where(tasks[1].X > 0, tasks[1].X, 0))
    assert_same(both(tasks, a_preset(), linear))


def test_failures_name_the_zone():
    tasks = [a_task(zone, 30) for zone in range(4)]
    tasks[2].X = tasks[2].X * np.float32(1e30)
    with pytest.raises(
        ValueError, match="Zone zone 2: The training loss of epoch 1 is"
    ):
        list(train_zones(tasks, SHAPE, a_preset()))
    tasks[1].X = tasks[2].X
    with pytest.raises(ValueError, match=r"zone 1 \(and 1 more\): The .* Lower learn"):
        list(train_zones(tasks, SHAPE, a_preset()))
    tasks[3].sample_weight = np.full(30, -1.0)
    for train in (train_zones, lambda tasks, *given: [train_zone(tasks[3], *given)]):
        with pytest.raises(ValueError, match="sample_weight must not be negative"):
            list(train(tasks, SHAPE, a_preset()))


def test_zones_with_nothing_to_hold_out():
    # Of 5 photos 4 are held out and one teaches; of 4 all teach.
    tasks = [a_task(zone, n) for zone, n in enumerate((9, 1, 4, 2, 40, 5))]
    pairs = both(tasks, a_preset(early_stopping=True, validation_fraction=0.9))
    assert_same(pairs)
    rows = [zone.histories[0][0]["n_rows"] for zone, _ in pairs]
    assert rows == [1, 1, 4, 2, 4, 1]
    watched = ["valid_loss" in zone.histories[0][0] for zone, _ in pairs]
    assert watched == [True, False, False, False, True, True]


def test_ctrl_c_keeps_the_best_of_every_zone(monkeypatch):
    tasks = [a_task(zone, n) for zone, n in enumerate((20, 50, 30))]
    for task in tasks:
        task.epochs = 2
    after_two = [
        train_zone(task, SHAPE, a_preset(early_stopping=True)) for task in tasks
    ]
    epoch = _batched._Run._epoch

    def impatient(run, number):
        if number == 2:
            raise KeyboardInterrupt
        epoch(run, number)

    monkeypatch.setattr(_batched._Run, "_epoch", impatient)
    for task in tasks:
        task.epochs = None
    with pytest.warns(UserWarning, match="interrupted"):
        found = list(train_zones(tasks, SHAPE, a_preset(early_stopping=True)))
    assert all(zone.interrupted for zone in found)
    found = {zone.zone: zone for zone in found}
    assert_same([(found[zone.zone], zone) for zone in after_two])


def test_half_as_many_where_memory_runs_out(monkeypatch):
    tasks = [a_task(zone, n) for zone, n in enumerate(SIZES)]
    expected = [train_zone(task, SHAPE, a_preset()) for task in tasks]
    epoch, tried = _batched._Run._epoch, []

    def small_card(run, number):
        if number == 1:
            tried.append(len(run.learners))
            if len(run.learners) > 2:
                raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        epoch(run, number)

    monkeypatch.setattr(_batched._Run, "_epoch", small_card)
    found = {zone.zone: zone for zone in train_zones(tasks, SHAPE, a_preset())}
    assert_same([(found[zone.zone], zone) for zone in expected])
    # Six, then three and three, each of which is two and one; two networks each.
    assert tried == [6, 3, 2, 2, 1, 1, 3, 2, 2, 1, 1]
    monkeypatch.setattr(_batched_memory, "_SHARE", 1e-9)
    found = {zone.zone: zone for zone in train_zones(tasks, SHAPE, a_preset())}
    assert_same([(found[zone.zone], zone) for zone in expected])


def test_zones_that_fit_by_hand():
    # 4 * 8 + 8 + 8 * 6 + 6 = 94 weights, of which a layer has 48 at most.
    shape = Architecture(4, (("tag",),), {"tag": 6}, (8,))
    sgd = Training(solver="sgd", batch_size=9)
    network = 94 * 4 * 2 + 48 * 8 + 4 * 10 * (4 + 3 * 8 + 6 * 6)

    def fit(n_networks, training=sgd, **options):
        free = int(np.ceil(n_networks * network / 0.8))
        return zones_that_fit(shape, "cpu", training, free=free, **options)

    assert [fit(n) for n in (0.5, 1, 7.1, 10_000)] == [1, 1, 7, 256]
    # Adam has another moment, and early stopping the best weights.
    assert fit(7, sgd.but(solver="adam", early_stopping=True)) == int(
        7 * network / (network + 2 * 94 * 4)
    )
    assert fit(7, n_photos=100) == int(7 * network / (network + 100 * 40))
    with config_context(working_memory=1):
        assert zones_that_fit(shape, "cpu", sgd) == min(
            256, int(2**20 * 0.8 // network)
        )


def test_held_out_losses_that_are_no_numbers_are_told():
    told, preset = [], a_preset(early_stopping=True, validation_fraction=0.2)
    for row in range(30):
        tasks = [a_task(zone, 30) for zone in range(2)]
        tasks[1].X = tasks[1].X.copy()
        tasks[1].X[row] = np.nan
        with pytest.raises(
            ValueError, match=r"Zone zone 1: The .* loss of epoch 1 is"
        ) as e:
            list(train_zones(tasks, SHAPE, preset))
        told.append("held-out" in str(e.value))
    assert sum(told) == 6


def test_divergences_are_those_of_the_loss():
    rng = np.random.default_rng(0)
    logits = torch.tensor(rng.standard_normal((3, 5, 9)), dtype=torch.float32)
    logits.requires_grad_()
    dense = rng.dirichlet(np.ones(4), (3, 5)).astype(np.float32)
    dense[1, 2] = np.nan
    thin = rng.random((15, 5)) * (rng.random((15, 5)) < 0.4)
    thin = sparse.csr_array(thin.astype(np.float32))
    rows = SparseRows(thin)
    at, weight = rows.row_numbers(), torch.tensor(rng.random((3, 5)).astype(np.float32))
    targets = [torch.tensor(dense), SparseTarget(at, rows.columns.long(), rows.values)]
    losses, grad = divergences(logits.detach(), targets, (4, 5), weight)
    loss = HeadsLoss("kl", reduce="sum")
    flat = logits.view(15, 9).split((4, 5), dim=1)
    expected = loss.rows(flat, [targets[0].view(15, 4), rows])
    (expected * weight.view(-1)).sum().backward()
    torch.testing.assert_close(losses.view(-1), expected.detach())
    torch.testing.assert_close(grad, logits.grad)
    assert divergences(logits.detach(), targets, (4, 5))[1] is None


@pytest.mark.parametrize("batch_size", [1, 4, 7, 50])
@pytest.mark.parametrize("block", [1, 20, 1 << 20])
def test_walk_gives_every_zone_the_batches_of_a_net(monkeypatch, batch_size, block):
    monkeypatch.setattr("sklearn_geo.context._batched_rows._BLOCK_ROWS", block)
    lengths = (29, 28, 9, 8, 2, 1)
    parts = [RowData(np.arange(n)[:, None] + 100.0 * n) for n in lengths]
    orders = [np.random.default_rng(n).permutation(n) for n in lengths]
    rows = ResidentRows(parts, torch.device("cpu"))
    found = [[] for _ in parts]
    for inputs, targets, weight, sizes in walk(parts, batch_size, orders, rows):
        assert targets == []
        for zone, size in enumerate(sizes.tolist()):
            assert weight[zone].tolist() == [1.0] * size + [0.0] * (
                inputs.shape[1] - size
            )
            found[zone].append(inputs[zone, :size, 0].tolist())
    for part, order, batches in zip(parts, orders, found, strict=True):
        expected = part.batches(batch_size, order=order)
        assert batches == [batch.inputs[:, 0].tolist() for batch in expected]


def test_half_precision_learns_nearly_the_same():
    rng = np.random.default_rng(0)
    inputs = torch.tensor(rng.standard_normal((3, 32, 6)), dtype=torch.float32)
    teacher = torch.tensor(rng.dirichlet(np.ones(12), (3, 32)), dtype=torch.float32)
    shape = Architecture(6, (("tag",),), {"tag": 12}, (16,))
    for solver in ("sgd", "adam", "adagrad"):
        losses = []
        for half in (None, torch.bfloat16):
            stack = NetworkStack(
                shape.module(0),
                3,
                Training(solver=solver),
                torch.device("cpu"),
                half=half,
            )
            with seeded(0):
                for slot in range(3):
                    stack.load(slot, shape.module(0).state_dict())
            factor = torch.full((3, 32), 1 / 32)
            for _ in range(30):
                loss = stack.learn(inputs, [teacher], factor, 0.05)
            losses.append(loss.mean(dim=1))
        np.testing.assert_allclose(*losses, rtol=0.02)


def test_verbose_prints_a_line_an_epoch(capsys):
    tasks = [a_task(zone, n) for zone, n in enumerate((20, 50))]
    list(
        train_zones(tasks, SHAPE, a_preset(max_iter=2, verbose=1, early_stopping=True))
    )
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 * len(SHAPE.networks)
    assert lines[0].startswith("Epoch 1, 2 zones: loss ")
    assert ", held out " in lines[0]


def test_products_on_a_card_are_quicker_unless_full_precision_is_wanted():
    def setting():
        products = torch.backends.cuda.matmul
        if hasattr(products, "fp32_precision"):
            return products.fp32_precision
        return products.allow_tf32

    before, seen = setting(), {}
    for kind in ("auto", True, False, "bfloat16"):
        training = Training(mixed_precision=kind)
        for device in ("cuda", "cpu"):
            with _batched._quick_products(training, torch.device(device)):
                seen[kind, device] = setting()
    quick = [key for key, kind in seen.items() if kind in ("tf32", True)]
    assert quick == [("auto", "cuda"), (True, "cuda")]
    assert setting() == before
    card = torch.device("cuda")
    kinds = ("auto", False, "bfloat16", "float16")
    halves = [half_of(Training(mixed_precision=kind), card) for kind in kinds]
    assert halves == [None, None, torch.bfloat16, torch.float16]
    assert zones_that_fit(SHAPE, "cuda", Training(mixed_precision="float16")) == 1


def test_what_is_free_on_a_card(monkeypatch):
    for name, answer in (
        ("mem_get_info", (800_000, 10**6)),
        ("memory_reserved", 150_000),
        ("memory_allocated", 50_000),
    ):
        monkeypatch.setattr(torch.cuda, name, lambda card, answer=answer: answer)
    sgd = Training(solver="sgd")
    assert zones_that_fit(SHAPE, "cuda", sgd) == zones_that_fit(
        SHAPE, "cuda", sgd, free=900_000
    )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="There is no CUDA device.")
@pytest.mark.parametrize("solver", ["sgd", "adam", "adagrad"])
@pytest.mark.parametrize("kind", ["dense", "sparse"])
@pytest.mark.parametrize("streamed", [False, True], ids=["resident", "streamed"])
def test_on_an_accelerator(monkeypatch, solver, kind, streamed):
    if streamed:
        monkeypatch.setattr(_batched_memory, "_bytes_of_rows", lambda task: 1 << 50)
    tasks = [
        a_task(zone, n, missing=0.2, weighted=zone == 1, kind=kind)
        for zone, n in enumerate(SIZES)
    ]
    settings = {"solver": solver, "learning_rate_init": 0.01, "device": "cuda"}
    full = a_preset(early_stopping=True, mixed_precision=False, **settings)
    pairs = both(tasks, full)
    assert_same(pairs, rtol=1e-3, atol=5e-4)
    for precision in ("auto", "bfloat16", "float16"):
        mixed = a_preset(early_stopping=True, mixed_precision=precision, **settings)
        found = {zone.zone: zone for zone in train_zones(tasks, SHAPE, mixed)}
        for zone, _ in pairs:
            other = found[zone.zone].held_out_kl
            np.testing.assert_allclose(other, zone.held_out_kl, rtol=0.1, atol=0.02)


def test_the_newer_setting_of_products_is_left_as_it_was():
    products = torch.backends.cuda.matmul
    if not hasattr(products, "fp32_precision"):
        pytest.skip("This torch has only the older setting.")
    before = products.fp32_precision
    products.fp32_precision = "tf32"  # the older one now cannot be asked
    try:
        with _batched._quick_products(Training(), torch.device("cuda")):
            assert products.fp32_precision == "tf32"
        assert products.fp32_precision == "tf32"
    finally:
        products.fp32_precision = before
