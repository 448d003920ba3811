# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from sklearn_geo.geolocation._album_messages import (
    AlbumMessages,
    MessagesLoss,
    message_scales,
)
from sklearn_geo.geolocation._album_network import AlbumLSTM, BothWays, ScoresLoss
from sklearn_geo.geolocation._album_rows import AlbumLesson, AlbumRows
from sklearn_geo.geolocation._albums import by_user
from sklearn_geo.geolocation._first_cells import FirstCells
from sklearn_geo.geometry import pairwise_haversine
from sklearn_geo.nets import Several

N_CELLS = 30


def _photos(n_photos=120, n_users=12, seed=0):
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.full(N_CELLS, 0.2), n_photos)
    first = FirstCells.of(proba, 6)
    groups = rng.integers(n_users, size=n_photos)
    times = rng.integers(10**7, size=n_photos).astype("datetime64[s]")
    cells = np.array([rng.choice(N_CELLS, p=row) for row in proba])
    return first, groups, times, cells


def _network(kind, seed=0):
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    if kind == "paper":
        return AlbumLSTM(N_CELLS, 8)
    places = np.column_stack(
        [rng.uniform(-60, 60, N_CELLS), rng.uniform(-180, 180, N_CELLS)]
    )
    network = AlbumMessages(places, rng.dirichlet(np.ones(N_CELLS)), 8)
    with torch.no_grad():  # as if it had learnt
        for weight in network.parameters():
            weight += 0.3 * torch.randn_like(weight)
    return network


@pytest.mark.parametrize("step_km", [0.1, 1.0, 30.0])
def test_chances_to_move_between_near_cells(step_km):
    """A grid of cells near each other, against distances of the haversine."""
    steps = step_km * np.arange(12) / 111.195
    north, east = (each.ravel() for each in np.meshgrid(steps, steps))
    places = np.column_stack([50.0 + north, 10.0 + east / np.cos(np.radians(50.0))])
    shares = np.random.default_rng(0).dirichlet(np.ones(144))
    network = AlbumMessages(places, shares, 4)
    own, pi = torch.arange(144)[None], torch.tensor(shares, dtype=torch.float32)[None]
    km = pairwise_haversine(places)
    scales = message_scales(places)
    for scale, found in zip(scales, network._kernel(own, pi), strict=True):
        expected = np.exp(-km / scale) * shares
        expected /= expected.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(found[0], expected, rtol=2e-3)
        np.testing.assert_allclose(found[0].sum(dim=1), 1.0, rtol=1e-3)


def test_both_ways_is_a_bidirectional_lstm_on_packed_albums():
    torch.manual_seed(0)
    ours = BothWays(5, 4)
    theirs = torch.nn.LSTM(5, 4, bidirectional=True, batch_first=True)
    own = {**dict(ours.onward.named_parameters())}
    own |= {f"{n}_reverse": p for n, p in ours.backward.named_parameters()}
    with torch.no_grad():
        for name, weight in theirs.named_parameters():
            weight.copy_(own[name])
    lengths = torch.tensor([6, 1, 3])
    inputs = torch.randn(3, 6, 5)
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        inputs, lengths, batch_first=True, enforce_sorted=False
    )
    states, _ = torch.nn.utils.rnn.pad_packed_sequence(
        theirs(packed)[0], batch_first=True
    )
    found = ours(inputs, lengths)
    for album, length in enumerate(lengths):
        torch.testing.assert_close(found[album, :length], states[album, :length])


@pytest.mark.parametrize("kind", ["paper", "messages"])
def test_padding_is_not_read(kind):
    first, groups, times, _ = _photos()
    network = _network(kind)
    padded = by_user(groups, times, 24).padded(slice(None))
    assert (padded < 0).any()
    blocks = AlbumRows(first, times).tensors(padded)
    expected = network.dense(network(blocks), blocks)
    there = torch.from_numpy(padded >= 0)
    rng = np.random.default_rng(1)
    cells, proba, told, union, at = (block.clone() for block in blocks.blocks)
    n_empty = int((~there).sum())
    cells[~there] = torch.from_numpy(rng.integers(N_CELLS, size=(n_empty, 6)))
    at[~there] = torch.from_numpy(rng.integers(union.shape[1], size=(n_empty, 6)))
    for large in (1e9, torch.nan):
        proba[~there] = large
        told[~there] = torch.tensor([0.0, large, -large, large])
        garbage = Several((cells, proba, told, union, at))
        found = network.dense(network(garbage), garbage)
        assert torch.equal(found[there], expected[there])


@pytest.mark.parametrize("kind", ["paper", "messages"])
def test_an_album_does_not_know_the_others_of_its_batch(kind):
    first, groups, times, _ = _photos()
    network, rows = _network(kind), AlbumRows(first, times)
    padded = by_user(groups, times, 24).padded(slice(None))
    blocks = rows.tensors(padded)
    together = network.dense(network(blocks), blocks)
    for number, album in enumerate(padded):
        alone = rows.tensors(album[album >= 0][np.newaxis])
        found = network.dense(network(alone), alone)[0]
        torch.testing.assert_close(
            found, together[number, : len(found)], rtol=1e-5, atol=1e-5
        )


def test_the_paper_reads_filtered_probabilities_and_their_mass():
    first, groups, times, _ = _photos()
    padded = by_user(groups, times, 24).padded(slice(None))
    blocks = AlbumRows(first, times).tensors(padded)
    inputs, lengths = _network("paper").inputs(blocks)
    there = padded >= 0
    expected = np.column_stack([first.dense(padded[there]), first.mass[padded[there]]])
    np.testing.assert_array_equal(inputs.numpy()[there], expected)
    assert not inputs.numpy()[~there].any()
    assert lengths.tolist() == there.sum(axis=1).tolist()


def test_loss_on_named_cells_is_that_over_all_cells():
    first, groups, times, cells = _photos()
    cells[::7] = -1
    network = _network("messages")
    padded = by_user(groups, times, 24).padded(slice(None))
    blocks = AlbumRows(first, times).tensors(padded)
    outputs = network(blocks)
    truth = torch.from_numpy(np.where(padded >= 0, cells[padded], -1))
    found = MessagesLoss().rows(outputs, [truth])
    dense = network.dense(outputs, blocks).double()
    expected = cross_entropy(
        dense.flatten(0, 1), truth.flatten(), ignore_index=-1, reduction="none"
    )
    torch.testing.assert_close(found.flatten().double(), expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(ScoresLoss().rows(dense, [truth]).flatten(), expected)


def test_a_photo_alone_hears_nothing():
    first, _, times, _ = _photos()
    network, rows = _network("messages"), AlbumRows(first, times)
    blocks = rows.tensors(np.arange(40)[:, np.newaxis])
    found = network.dense(network(blocks), blocks).log_softmax(dim=2)
    scale = (network.scale - 1.0).exp()
    outputs = network.alone(blocks, scale)
    expected = network.dense(outputs, blocks).log_softmax(dim=2)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    # Its likeliest cell is the one it had.
    confident = first.proba[:40, 0] - first.proba[:40, 1] > 0.1
    best = found.argmax(dim=2)[:, 0].numpy()
    np.testing.assert_array_equal(best[confident], first.cells[:40, 0][confident])


def test_photos_of_one_place_agree():
    # Two cells far apart; one photo is not sure, its neighbours are.
    places, shares = np.array([[50.0, 0.0], [-30.0, 150.0]]), np.array([0.5, 0.5])
    proba = np.array([[0.9, 0.1], [0.45, 0.55], [0.9, 0.1]])
    rows = AlbumRows(FirstCells.of(proba, 2))
    blocks = rows.tensors(np.array([[0, 1, 2]]))
    network = AlbumMessages(places, shares, 4)
    found = network.dense(network(blocks), blocks).softmax(dim=2)[0]
    assert found.argmax(dim=1).tolist() == [0, 0, 0]


def test_scales_follow_the_cells():
    assert message_scales(np.array([[0.0, 0.0]])).tolist() == [500.0] * 3
    near = np.array([[0.0, 0.0], [0.0, 1.0], [0.0, 2.0]])  # a degree is 111.195 km
    np.testing.assert_allclose(
        message_scales(near), [111.195, np.sqrt(111.195 * 500), 500], rtol=1e-4
    )


def test_one_album_a_user_an_epoch_and_every_photo_has_its_turn():
    first, groups, times, cells = _photos(n_users=3)
    cells[0] = -1
    users = by_user(groups, times)
    assert (users.lengths > 24).all()
    weights = np.random.default_rng(5).uniform(size=len(cells))
    lesson = AlbumLesson(AlbumRows(first, times), users, 24, cells, weights, 2)
    data, seen = lesson.data(), set()
    for epoch in range(60):
        order = lesson.draw(epoch, np.random.default_rng(epoch), len(data))
        assert sorted(order) == [0, 1, 2]
        rows = lesson.padded(np.arange(3))
        assert rows.shape == (3, 24)
        assert (groups[rows] == [[0], [1], [2]]).all()
        for user, run in enumerate(rows):  # consecutive
            own = users.order[users.starts[user] : users.starts[user + 1]]
            begin = int(np.flatnonzero(own == run[0])[0])
            assert own[begin : begin + 24].tolist() == run.tolist()
        seen |= set(rows.ravel())
        truth, counts = data.take(np.arange(3)).targets
        np.testing.assert_array_equal(truth, cells[rows])
        assert (counts.numpy()[cells[rows] < 0] == 0).all()
    assert len(seen) == len(cells)
    # Weights are in proportion, and sum to one an album on average over long.
    np.testing.assert_allclose(
        lesson.weights[1:] / lesson.weights[1], weights[1:] / weights[1]
    )
