# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The networks of TimeAdjustedGeolocator, and what they are shown."""

import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from sklearn_geo.geolocation._first_cells import FirstCells
from sklearn_geo.geolocation._time_lessons import (
    CorrectionLesson,
    PaperLesson,
    Taught,
    corrector,
    foreign,
    occasions,
    paper_inputs,
)
from sklearn_geo.geolocation._time_network import (
    CorrectionLoss,
    Response,
    TimeCorrection,
    paper_network,
    place_waves,
    time_triple,
    time_waves,
)
from sklearn_geo.nets import SeededDropout

# 1 April 2018 was a Sunday.
TIMES = np.array(["2018-04-01T06:00:00", "NaT"], dtype="datetime64[s]")


def test_time_triple_by_hand():
    expected = [[(6 - 11.5) / 24, (1 - 3.5) / 7, (4 - 6.5) / 12], [0, 0, 0]]
    assert_allclose(time_triple(TIMES), expected, rtol=1e-12)
    assert time_triple(TIMES[:0]).shape == (0, 3)


def test_time_waves_by_hand():
    found = time_waves(TIMES)
    assert found.shape == (2, 24)
    # A quarter of the day has passed: cosines and sines of one to four quarter turns.
    assert_allclose(found[0, :8], [0, -1, 0, 1, 1, 0, -1, 0], atol=1e-12)
    assert_allclose(found[0, -4:], [1, 1, 0, 0], atol=1e-12)  # Sunday, day 0
    year = (
        2
        * math.pi
        * math.fmod(
            (TIMES[0] - np.datetime64("1970-01-01T00:00:00")).astype(float)
            / (365.2425 * 86_400),
            1.0,
        )
    )
    assert_allclose(
        found[0, 16:20],
        [
            math.cos(year),
            math.cos(2 * year),
            math.sin(year),
            math.sin(2 * year),
        ],
        atol=1e-9,
    )
    # (cos, cos, sin, sin of two waves of the day) times (cos, sin of the year).
    slow = np.array([0.0, -1.0, 1.0, 0.0])
    products = np.outer(slow, [math.cos(year), math.sin(year)])
    assert_allclose(found[0, 8:16], products.ravel(), atol=1e-9)
    assert not found[1].any()


def test_place_waves_by_hand():
    found = place_waves(np.array([[30.0, 90.0], [0.0, -180.0], [0.0, 180.0]]))
    high = math.sqrt(0.75)
    expected = [0, -1, 0, 1, 1, 0, -1, 0, 0, high, 0.5, 0, 0.5, 0.5]
    assert_allclose(found[0], expected, atol=1e-12)
    assert_allclose(found[1], found[2], atol=1e-12)


def test_layers_are_those_of_table_2():
    # "Layer, Type, Number Neurons, Activation" for the coarse mesh, N = 538.
    n = 538
    table = [
        ("Input", n + 4, nn.ReLU),
        ("Hidden", 542 * 3, nn.Sigmoid),
        ("Hidden", 542 * 3, nn.ReLU),
        ("Hidden", 542 * 3, nn.Sigmoid),
        ("Output", n, None),
    ]
    network = paper_network(n + 4, n, (1626, 1626, 1626), 0.5)()
    layers, width = list(network.trunk), n + 4
    for _, n_neurons, activation in table[:-1]:
        dense, norm, active, dropout = (layers.pop(0) for _ in range(4))
        weight = dense.weight if hasattr(dense, "n_features") else dense.weight.T
        assert tuple(weight.shape) == (width, n_neurons)
        assert isinstance(norm, nn.BatchNorm1d)
        assert norm.num_features == n_neurons
        assert isinstance(active, activation)
        assert isinstance(dropout, SeededDropout)
        assert dropout.p == 0.5
        # He et al.: uniform within sqrt(6 / fan-in), biases zero.
        bound = math.sqrt(6 / width)
        assert 0.99 * bound < weight.abs().max().item() <= bound
        assert not dense.bias.any()
        width = n_neurons
    assert not layers
    assert tuple(network.heads.weight.shape) == (542 * 3, n)  # the softmax's logits
    assert network.n_outputs == (n,)


def test_inputs_of_the_paper_by_hand():
    proba = np.full((2, 14), 0.01)
    proba[0, [2, 3, 5]] = [0.4, 0.3, 0.19]
    proba[1] = 1 / 14
    first = FirstCells.of(proba, 10)
    columns = PaperLesson.columns_of(TIMES, np.array([[7.0], [8.0]]))
    found = paper_inputs(first, columns)[np.array([0, 1])]
    assert found.shape == (2, 14 + 4 + 1)
    mass = 0.4 + 0.3 + 0.19 + 7 * 0.01  # the ten largest
    kept = np.zeros(14)
    kept[[2, 3, 5]] = [0.4, 0.3, 0.19]
    kept[[0, 1, 4, 6, 7, 8, 9]] = 0.01  # of equal ones the first
    assert_allclose(found[0, :14], kept / mass, rtol=1e-6)
    assert_allclose(found[0, 14], mass, rtol=1e-6)
    assert_allclose(found[0, 15:], [-5.5 / 24, -2.5 / 7, -2.5 / 12, 7], rtol=1e-6)
    assert_allclose(found[1, :14], [0.1] * 10 + [0] * 4, rtol=1e-6)
    assert_allclose(found[1, 14:], [10 / 14, 0, 0, 0, 8], rtol=1e-6)


def response(seed=0, n_cells=5):
    rng = np.random.default_rng(seed)
    waves = rng.normal(size=(n_cells, 4))
    answers = Response(rng.normal(size=(50, 3)), waves, np.full((3, 4), 0.7), 0.3)
    for weight in answers.parameters():
        weight.data.copy_(torch.from_numpy(rng.normal(size=weight.shape)))
    return answers


def test_responses_are_density_ratios_whatever_the_weights():
    answers = response()
    ratio = torch.exp(answers(answers.reference))
    assert_allclose(ratio.mean(dim=0).detach(), 1.0, rtol=1e-5)
    columns = np.array([0.3, -1.0, 2.0])
    slopes = 0.7 * answers.smooth.detach().numpy() @ answers.waves.numpy()
    slopes += 0.3 * answers.own.detach().numpy()
    every = np.exp(answers.reference.numpy() @ slopes).mean(axis=0)
    expected = columns @ slopes - np.log(every)
    found = answers(torch.tensor(columns[None], dtype=torch.float32)).detach()
    assert_allclose(found[0], expected, rtol=1e-4, atol=1e-5)


def correction(n_metadata=0, seed=None):
    places = np.array([[0.0, 0.0], [10.0, 120.0], [-30.0, -100.0]])
    rng = np.random.default_rng(1)
    moments = np.datetime64("2018-01-01") + rng.integers(0, 10**7, 40).astype("m8[s]")
    network = TimeCorrection(
        time_waves(moments),
        places,
        np.array([0.5, 0.3, 0.2]),
        rng.normal(size=(40, n_metadata)),
    )
    if seed is not None:
        rng = np.random.default_rng(seed)
        for weight in network.parameters():
            weight.data.copy_(torch.from_numpy(rng.normal(size=weight.shape)))
    return network


def test_a_new_network_corrects_nothing():
    network = correction(n_metadata=2)
    columns = CorrectionLesson.columns_of(TIMES, np.ones((2, 2)))
    logs = np.log(np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]))
    inputs = np.hstack([columns, logs])
    scores, guesses, _, penalty = network(torch.tensor(inputs, dtype=torch.float32))
    assert_allclose(scores.detach(), logs, rtol=1e-5)
    assert_allclose(torch.exp(guesses).detach(), [[0.5, 0.3, 0.2]] * 2, rtol=1e-5)
    assert penalty.item() == 0.0


def test_what_is_missing_is_silent_and_metadata_still_speak():
    columns = CorrectionLesson.columns_of(TIMES, np.zeros((2, 0)))
    added, _ = correction(seed=3).correct(torch.from_numpy(columns))
    assert added[0].abs().max() > 0.01
    assert not added[1].any()
    network = correction(n_metadata=1, seed=3)
    columns = CorrectionLesson.columns_of(TIMES, np.ones((2, 1)))
    added, _ = network.correct(torch.from_numpy(columns))
    alone = network.metadata(torch.ones(1, 1))
    assert_allclose(added[1].detach(), alone[0].detach(), rtol=1e-5)


def test_metadata_decide_how_far_time_and_photo_are_trusted():
    network = correction(n_metadata=1, seed=3)
    network.metadata.smooth.data.zero_()
    network.metadata.own.data.zero_()
    network.trust_slopes.data.fill_(1.5)
    network.scale_slopes.data.fill_(0.5)
    network.log_scale.data.fill_(math.log(0.8))
    times = np.repeat(TIMES[:1], 3)
    columns = CorrectionLesson.columns_of(times, np.array([[0.0], [2.0], [-2.0]]))
    added, scale = network.correct(torch.from_numpy(columns))
    plain = network.time(torch.from_numpy(columns[:1, :-2]))[0].detach()
    for row, m in enumerate((0.0, 2.0, -2.0)):
        trust = 2 / (1 + math.exp(-1.5 * m))
        assert_allclose(added[row].detach(), trust * plain, rtol=1e-4, atol=1e-6)
        assert scale[row].item() == pytest.approx(0.8 * math.exp(0.5 * m), rel=1e-5)


def test_loss_by_hand():
    scores = torch.log(torch.tensor([[0.6, 0.4], [0.01, 0.99]]))
    guesses = torch.log(torch.tensor([[0.5, 0.5], [0.5, 0.5]]))
    lost = torch.tensor(math.log(0.25 / 0.75))  # a quarter of photos
    outputs = (scores, guesses, lost, torch.tensor(3.0))
    found = CorrectionLoss(0.1)(outputs, [torch.tensor([0, 0])])
    each = [0.75 * 0.6 + 0.25 * 0.5, 0.75 * 0.01 + 0.25 * 0.5]
    assert found.item() == pytest.approx(-np.log(each).mean() + 0.3, rel=1e-5)


def test_answers_are_the_mixture_that_is_taught():
    network = correction(n_metadata=1, seed=4)
    times = np.repeat(TIMES, 3)
    columns = CorrectionLesson.columns_of(times, np.linspace(-1, 1, 6)[:, None])
    rng = np.random.default_rng(0)
    logs = np.log(rng.dirichlet(np.ones(3), 6))
    inputs = torch.tensor(np.hstack([columns, logs]), dtype=torch.float32)
    found = corrector(network, 1.0)(columns, logs)
    assert_allclose(np.exp(found).sum(axis=1), 1.0, rtol=1e-9)
    with torch.no_grad():
        outputs = network(inputs)
        for cell in range(3):
            target = [torch.full((6,), cell)]
            loss = CorrectionLoss()(outputs, target)
            assert loss.item() == pytest.approx(-found[:, cell].mean(), rel=1e-4)


def test_occasions_are_cells_days_and_groups():
    times = np.array(
        ["2018-01-01T01", "2018-01-01T23", "2018-01-02T00", "2018-01-01T02", "NaT"]
        + ["NaT"],
        dtype="datetime64[s]",
    )
    cells = np.array([3, 3, 3, 4, 4, 4])
    found = occasions(cells, times, None)
    assert found[0] == found[1]
    assert len(set(found)) == 5
    found = occasions(cells, times, np.array([0, 1, 0, 0, 0, 0]))
    assert len(set(found)) == 6


def test_foreign_photos_are_of_cells_that_their_fold_has_for_itself():
    cells = np.array([0, 0, 0, 1, 1, 2, -1, -1])
    folds = np.array([0, 0, 1, 0, 1, 1, 0, 1])
    expected = [True, True, False, False, False, True, False, False]
    assert_array_equal(foreign(cells, folds), expected)
    assert not foreign(cells, None).any()


def lesson(proba, n_first, cells, n_units=None, **changes):
    n_photos = len(cells)
    days = np.arange(n_photos).astype("m8[D]")
    parts = {
        "first": FirstCells.of(np.asarray(proba), n_first),
        "times": np.datetime64("2018-01-01T00:00:00") + days,
        "metadata": np.zeros((n_photos, 0)),
        "cells": np.asarray(cells),
        "weights": None,
        "occasions": np.arange(n_photos),
        "places": np.zeros((np.shape(proba)[1], 2)),
        "foreign": np.zeros(n_photos, dtype=bool),
        **changes,
    }
    return CorrectionLesson(Taught(**parts), 1.0, 0)


def test_missing_mass_is_spread_by_shares_below_the_last_cell_kept():
    proba = [[0.5, 0.3, 0.12, 0.08], [0.28, 0.26, 0.24, 0.22], [0.7, 0.2, 0.1, 0.0]]
    taught = lesson(proba, 2, [0, 2, 2])
    share = np.array([1.5, 0.5, 2.5, 0.5]) / 5  # half a photo is added to each
    assert_allclose(taught.share, share, rtol=1e-12)
    found = np.exp(taught.logs(np.arange(3)))
    rest = np.array([0, 0, 2.5, 0.5]) / 3
    assert_allclose(found[0], [0.5, 0.3, *(0.2 * rest[2:])], rtol=1e-5)
    # Cell 2 would have 0.383, more than the last one kept.
    assert_allclose(found[1], [0.28, 0.26, 0.26, 0.46 * rest[3]], rtol=1e-5)
    heard = lesson(proba, 2, [0, 2, 2], foreign=np.array([False, True, False]))
    assert_allclose(np.exp(heard.heard(np.arange(3)))[1], share, rtol=1e-12)
    assert_allclose(heard.logs(np.arange(3)), taught.logs(np.arange(3)))


def test_photos_of_an_occasion_are_one_witness():
    taught = lesson(
        np.full((5, 2), 0.5),
        2,
        [0, 0, 0, 1, 1],
        occasions=np.array([0, 0, 0, 1, 2]),
        weights=np.array([2.0, 2, 2, 1, 1]),
    )
    assert_allclose(taught.weights, [2 / 3, 2 / 3, 2 / 3, 1, 1])
    loss = taught.criterion(np.arange(5))()
    # Weights of witnesses are 2, 1, 1: as good as 16 / 6 equal ones.
    assert loss.shrinkage == pytest.approx(6 / 16)


def test_strength_needs_more_than_chance():
    taught, rows = lesson(np.full((40, 2), 0.5), 2, np.arange(40) % 2), np.arange(40)
    rng = np.random.default_rng(0)
    losses = np.ones((40, 5))
    losses[:, 1:] -= [0.1, 0.2, 0.3, 0.25]
    losses[:, 1:] += rng.normal(0, 0.2, (40, 1))
    strength, gain = taught.choose(losses, rows, rows)
    assert strength == 0.75
    assert gain == pytest.approx((losses[:, 0] - losses[:, 3]).mean())
    # The same losses, but all photos are of four users: four witnesses, not forty.
    few = np.ones((40, 5))
    few[:, 1:] += np.array([-0.9, -0.4, 0.1, 0.2])[rows % 4][:, None]
    assert taught.choose(few, rows, rows)[0] > 0
    assert taught.choose(few, rows, rows % 4) == (0.0, 0.0)
    assert taught.choose(losses, rows, np.zeros(40, int)) == (0.0, 0.0)
    losses[:, 1:] = 1.2
    assert taught.choose(losses, rows, rows) == (0.0, 0.0)
