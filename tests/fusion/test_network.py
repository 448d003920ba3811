# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Equation 4 by hand: sub-networks, weights of blocks, concatenation, the main head."""

import numpy as np
import pytest
import torch
from scipy import sparse
from scipy.special import expit

from sklearn_geo.fusion._loss import FusionLoss
from sklearn_geo.fusion._network import FusionNetwork, Learning
from sklearn_geo.fusion._scaling import Scaling
from sklearn_geo.nets import Several, SparseRows, get_weights, seed_layers, set_weights
from tests.sparse_rows import sparse_rows

COLUMNS = [np.array([0, 1]), np.array([2, 3, 4])]
# Numbers that float32 holds exactly, so that network and hand agree to all digits.
WEIGHTS = {
    "layers.0.weight": [[1.0, -0.5], [0.25, 2.0]],
    "layers.0.bias": [0.5, -1.0],
    "layers.1.weight": [[1.0, 0.0, -1.0], [0.5, -0.25, 0.0], [0.0, 1.0, 2.0]],
    "layers.1.bias": [0.0, 0.125, -0.5],
    "main.weight": [[1.0, 2.0], [-1.0, 0.5], [0.25, 0.0], [3.0, -2.0], [0.5, 1.5]],
    "main.bias": [0.75, -0.25],
    "aux.0.weight": [[1.0, -1.0], [0.5, 0.25]],
    "aux.0.bias": [0.0, 1.0],
    "aux.1.weight": [[2.0, 0.0], [1.0, -1.0], [0.5, 0.5]],
    "aux.1.bias": [-0.5, 0.25],
    "of_type": [1.0, -0.5],
    "of_all": [0.25],
}
V = [np.array([0.5, -1.0]), np.array([0.25, 0.5, -0.125])]
X = np.array([[1.0, 2.0, 1.0, -1.0, 0.5], [0.5, 0.0, -2.0, 4.0, 1.0]])


def network(attention="type", **params):
    weights = {name: np.array(w, np.float32) for name, w in WEIGHTS.items()}
    if attention is None:
        del weights["of_type"], weights["of_all"]
    if attention == "sample":
        weights["of_sample.0"], weights["of_sample.1"] = (v.astype("f4") for v in V)
    if not params.get("auxiliary", True):
        weights = {k: w for k, w in weights.items() if not k.startswith("aux")}
    scaling = params.pop("scaling", [None, None])
    made = FusionNetwork(
        COLUMNS, [2, 3], 2, scaling=scaling, attention=attention, **params
    )
    names = {name for name in get_weights(made) if name.startswith("scaling")}
    weights |= {name: get_weights(made)[name] for name in names}
    set_weights(made, weights)
    return made


def by_hand(X, attention):
    """Return h_1, h_2, alpha, h and the outputs, as the paper writes them."""
    w = {name: np.array(value, np.float64) for name, value in WEIGHTS.items()}
    hidden = [
        np.maximum(X[:, at] @ w[f"layers.{k}.weight"] + w[f"layers.{k}.bias"], 0.0)
        for k, at in enumerate(COLUMNS)
    ]
    alpha = np.ones((len(X), 2))
    for k in range(2):
        indicator = np.eye(2)[k]  # of the type of the block
        logit = w["of_type"] @ indicator + w["of_all"][0]
        if attention == "sample":
            logit = logit + hidden[k] @ V[k]
        if attention is not None:
            alpha[:, k] = expit(logit)
    h = np.hstack([alpha[:, [k]] * hidden[k] for k in range(2)])
    return hidden, alpha, h, h @ w["main.weight"] + w["main.bias"]


@pytest.mark.parametrize("attention", ["type", "sample", None])
def test_equation_4_by_hand(attention):
    hidden, alpha, _, expected = by_hand(X, attention)
    # Row 0, on paper: 1 + 0.5 + 0.5 = 2 and -0.5 + 4 - 1 = 2.5; the third of the second
    # block is -1 + 0 + 1 - 0.5, which relu makes 0.
    np.testing.assert_array_equal(hidden[0][0], [2.0, 2.5])
    np.testing.assert_array_equal(hidden[1][0], [0.5, 0.875, 0.0])
    made = network(attention).eval()
    inputs = torch.tensor(X, dtype=torch.float32)
    with torch.no_grad():
        outputs = made(inputs)
        weights = made.weights(inputs)
        shares = made.shares(inputs)
    np.testing.assert_allclose(outputs, expected, rtol=1e-6)
    np.testing.assert_allclose(weights, alpha, rtol=1e-6)
    bias = np.array(WEIGHTS["main.bias"])
    np.testing.assert_allclose(shares.sum(1).numpy() + bias, expected, rtol=1e-6)
    main = np.array(WEIGHTS["main.weight"])
    np.testing.assert_allclose(
        shares[:, 1], alpha[:, [1]] * (hidden[1] @ main[2:]), rtol=1e-6
    )


def test_weights_of_types_are_a_number_a_block():
    alpha = network("type").weights(torch.tensor(X, dtype=torch.float32)).detach()
    # sigmoid(1.25) and sigmoid(-0.25), in every row.
    np.testing.assert_allclose(alpha, [[0.7772999, 0.4378235]] * 2, rtol=1e-6)


def test_heads_of_blocks_speak_in_training_only():
    made = network()
    inputs = torch.tensor(X, dtype=torch.float32)
    hidden, _, _, expected = by_hand(X, "type")
    said = made.train()(inputs)
    assert isinstance(said, Learning)
    assert said.present is None
    np.testing.assert_allclose(said.main.detach(), expected, rtol=1e-6)
    for k, outputs in enumerate(said.aux):
        head = np.array(WEIGHTS[f"aux.{k}.weight"])
        wanted = hidden[k] @ head + np.array(WEIGHTS[f"aux.{k}.bias"])
        np.testing.assert_allclose(outputs.detach(), wanted, rtol=1e-6)
    with torch.no_grad():
        for head in made.aux:  # nothing of them reaches a prediction
            head.weight.fill_(1e6)
            head.bias.fill_(-1e6)
        np.testing.assert_allclose(made.eval()(inputs), expected, rtol=1e-6)
    alone = network(auxiliary=False).train()(inputs)
    np.testing.assert_allclose(alone.detach(), expected, rtol=1e-6)


@pytest.mark.parametrize("attention", ["type", "sample", None])
@pytest.mark.parametrize("masks", [False, True])
def test_sparse_blocks_say_what_dense_ones_say(attention, masks):
    made = network(attention, sparse_blocks=[False, True], masks=masks).eval()
    dense = torch.tensor(X, dtype=torch.float32)
    blocks = (dense[:, :2], SparseRows(sparse.csr_array(X[:, 2:])))
    if masks:
        blocks += (torch.ones(2, 2),)
    expected = by_hand(X, attention)[3]
    with torch.no_grad():
        np.testing.assert_allclose(made(Several(blocks)), expected, rtol=1e-6)
        np.testing.assert_allclose(made(dense), expected, rtol=1e-6)
    assert made.sparse_layers == [made.layers[1]]


@pytest.mark.parametrize("attention", ["type", "sample", None])
def test_a_row_without_a_block(attention):
    made = network(attention, masks=True).eval()
    rows = X.copy()
    rows[0, 3] = np.nan  # one NaN is enough
    nothing = X.copy()
    nothing[0, 2:] = 0.0  # what is seen of a block that is not there
    hidden, alpha, _, whole = by_hand(nothing, attention)
    if attention == "sample":  # a block that is not there has the weight of its type
        alpha[0, 1] = by_hand(nothing, "type")[1][0, 1]
    inputs = torch.tensor(rows, dtype=torch.float32)
    with torch.no_grad():
        outputs, weights = made(inputs), made.weights(inputs)
    # The weight of the block that is there grows to the sum of both.
    np.testing.assert_allclose(weights[0], [alpha[0].sum(), 0.0], rtol=1e-6)
    np.testing.assert_allclose(weights[1], alpha[1], rtol=1e-6)
    main, bias = np.array(WEIGHTS["main.weight"]), np.array(WEIGHTS["main.bias"])
    expected = alpha[0].sum() * (hidden[0][0] @ main[:2]) + bias
    np.testing.assert_allclose(outputs[0], expected, rtol=1e-6)
    np.testing.assert_allclose(outputs[1], whole[1], rtol=1e-6)
    said = made.train()(inputs)
    np.testing.assert_array_equal(said.present, [[1, 0], [1, 1]])
    (said.main.sum() + said.aux[0].sum() + said.aux[1].sum()).backward()
    assert all(w.grad.isfinite().all() for w in made.parameters() if w.requires_grad)


def test_scaling_is_a_part_of_the_network():
    scaling = Scaling(
        "standard", np.array([1.0, -2.0], np.float32), np.array([2.0, 0.5], np.float32)
    )
    made = network(scaling=[scaling, None]).eval()
    moved = X.copy()
    moved[:, :2] = (X[:, :2] - [1.0, -2.0]) * [2.0, 0.5]
    with torch.no_grad():
        outputs = made(torch.tensor(X, dtype=torch.float32))
    np.testing.assert_allclose(outputs, by_hand(moved, "type")[3], rtol=1e-6)
    assert "scaling.0.center" in get_weights(made)


def test_blocks_whose_columns_lie_apart():
    apart = [np.array([3, 0]), np.array([4, 1, 2])]
    made = FusionNetwork(apart, [2, 3], 2, scaling=[None, None])
    together = FusionNetwork(COLUMNS, [2, 3], 2, scaling=[None, None])
    set_weights(together, get_weights(made))
    inputs = torch.tensor(X, dtype=torch.float32)
    with torch.no_grad():
        np.testing.assert_allclose(
            made.eval()(inputs), together.eval()(inputs[:, [3, 0, 4, 1, 2]]), rtol=1e-6
        )


def test_dropout_of_hidden_outputs_keeps_their_mean():
    made = network(dropout=0.5).train()
    seed_layers(made, 0)
    inputs = torch.tensor(X, dtype=torch.float32).repeat(20_000, 1)
    with torch.no_grad():
        outputs = made(inputs).main.reshape(20_000, 2, 2).mean(0)
    np.testing.assert_allclose(outputs, by_hand(X, "type")[3], atol=0.1)
    with torch.no_grad():
        np.testing.assert_allclose(
            made.eval()(inputs)[:2], by_hand(X, "type")[3], rtol=1e-6
        )


def _differences(function, tensor, step=1e-6):
    """Return the gradient by central differences, entry by entry."""
    flat = tensor.data.reshape(-1)
    found = np.empty(len(flat))
    for at in range(len(flat)):
        before = flat[at].item()
        ends = []
        for sign in (1, -1):
            flat[at] = before + sign * step
            ends.append(function().item())
        flat[at] = before
        found[at] = (ends[0] - ends[1]) / (2 * step)
    return found.reshape(tensor.shape)


@pytest.mark.parametrize(
    ("attention", "masks", "kind"),
    [
        ("type", False, "classes"),
        ("type", True, "labels"),
        ("sample", False, "labels"),
        ("sample", True, "classes"),
        (None, True, "numbers"),
    ],
)
def test_gradients_are_finite_differences(attention, masks, kind):
    rng = np.random.default_rng(0)
    made = FusionNetwork(
        COLUMNS,
        [4, 3],
        2,
        scaling=[Scaling("robust", np.zeros(2, "f4"), np.ones(2, "f4")), None],
        attention=attention,
        masks=masks,
    ).double()
    with torch.no_grad():
        for weight in made.parameters():  # biases and attention too
            weight.copy_(torch.tensor(rng.normal(size=weight.shape)))
    rows = rng.normal(size=(4, 5))
    if masks:
        rows[1, 0] = rows[3, 2] = np.nan
    inputs = torch.tensor(rows)
    target = {
        "labels": torch.tensor(rng.integers(2, size=(4, 2))),
        "classes": torch.tensor(rng.integers(2, size=4)),
        "numbers": torch.tensor(rng.normal(size=(4, 2))),
    }[kind]
    loss = FusionLoss(kind, [0.5, 2.0])
    weight = torch.tensor(rng.uniform(0.5, 2.0, size=4))

    def value():
        return loss(made.train()(inputs), (target,), weight)

    made.zero_grad()
    value().backward()
    for name, parameter in made.named_parameters():
        np.testing.assert_allclose(
            parameter.grad, _differences(value, parameter), atol=1e-7, err_msg=name
        )


@pytest.mark.parametrize("attention", ["type", "sample", None])
@pytest.mark.parametrize("masks", [False, True])
def test_gradients_of_sparse_blocks_are_those_of_dense_ones(attention, masks):
    rng = np.random.default_rng(0)
    wide = sparse_rows(rng, (8, 30), 0.1)
    narrow = rng.normal(size=(8, 3))
    here = np.ones((8, 2))
    if masks:
        here[2, 1] = here[5, 0] = 0.0
        wide = sparse.csr_array(wide.multiply(here[:, [1]]))
    dense = np.hstack([narrow, wide.toarray()])
    dense[here[:, 0] == 0, :3] = np.nan
    dense[here[:, 1] == 0, 3:] = np.nan
    columns = [np.arange(3), np.arange(3, 33)]
    made = FusionNetwork(
        columns, [4, 5], 2, scaling=[None] * 2, attention=attention, masks=masks
    )
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(torch.tensor(rng.normal(size=weight.shape)))
    target = torch.tensor(rng.integers(2, size=(8, 2)))
    narrow[here[:, 0] == 0] = 0.0
    blocks = (
        torch.tensor(narrow, dtype=torch.float32),
        SparseRows(wide, by_column=True),
        torch.tensor(here, dtype=torch.float32),
    )
    found = []
    for inputs in (
        torch.tensor(dense, dtype=torch.float32),
        Several(blocks if masks else blocks[:2]),
    ):
        made.zero_grad()
        loss = FusionLoss("labels", [1.0, 1.0])(made.train()(inputs), (target,))
        loss.backward()
        found.append({name: w.grad for name, w in made.named_parameters()})
    assert found[1]["layers.1.weight"].is_sparse
    for name, gradient in found[0].items():
        other = found[1][name]
        other = other.to_dense() if other.is_sparse else other
        np.testing.assert_allclose(other, gradient, atol=1e-6, err_msg=name)


def test_nothing_is_learnt_where_a_block_is_missing():
    made = network("sample", masks=True)
    rows = torch.tensor(X, dtype=torch.float32)
    rows[:, COLUMNS[0][0]] = torch.nan  # all rows miss the first block
    weights = made.weights(rows)
    alpha = expit(np.array(WEIGHTS["of_type"]) + WEIGHTS["of_all"][0])
    second = by_hand(X, "sample")[1][:, 1]  # grows by what the type of the first has
    np.testing.assert_array_equal(weights.detach()[:, 0], 0.0)
    np.testing.assert_allclose(weights.detach()[:, 1], alpha[0] + second, rtol=1e-6)
    made(rows).main.square().sum().backward()
    for parameter in (made.layers[0].weight, made.layers[0].bias, made.of_sample[0]):
        assert parameter.grad is None or not parameter.grad.any()
    assert made.of_sample[1].grad.any()


@pytest.mark.parametrize("attention", ["type", "sample", None])
def test_rows_are_the_same_beside_any_others(attention):
    drawn = np.random.default_rng(0)
    made = FusionNetwork(
        [np.arange(40), np.arange(40, 70)],
        [64, 16],
        3,
        scaling=[None, None],
        attention=attention,
    ).eval()
    rows = torch.tensor(drawn.normal(size=(83, 70)), dtype=torch.float32)
    for method in (made, made.weights, made.shares):
        whole = method(rows)
        assert len(whole) == 83
        for size in (1, 30):
            parts = torch.cat([method(part) for part in rows.split(size)])
            torch.testing.assert_close(parts, whole, rtol=1e-6, atol=1e-7)
