# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Albums of users, from first cells to scores of all cells, against a bare LSTM."""

from dataclasses import dataclass

import numpy as np
import torch

from benchmarks._harness import Goal, Growth, Job, Measured, Number
from benchmarks._inputs import photo_places
from sklearn_geo.geolocation._album_messages import AlbumMessages
from sklearn_geo.geolocation._album_network import AlbumLSTM
from sklearn_geo.geolocation._album_rows import AlbumRows
from sklearn_geo.geolocation._albums import by_user, like_lengths, padding_waste
from sklearn_geo.geolocation._first_cells import FirstCells

# The paper's coarse mesh, its first cells, and photos of a user on average.
N_CELLS, N_FIRST, PHOTOS_OF_A_USER = 538, 10, 20
ALBUM, HIDDEN, SLOTS = 24, 256, 4096


@dataclass
class Inputs:
    """Photos, and networks with random weights: what they say does not matter."""

    first: FirstCells
    groups: np.ndarray
    times: np.ndarray
    paper: AlbumLSTM
    messages: AlbumMessages
    bare: torch.nn.LSTM


def make(n):
    rng = np.random.default_rng(0)
    n_users = max(1, n // PHOTOS_OF_A_USER)
    activity = rng.pareto(1.5, n_users) + 0.3
    groups = rng.choice(n_users, size=n, p=activity / activity.sum())
    times = rng.integers(3 * 10**8, size=n).astype("datetime64[s]")
    cells = (
        rng.integers(N_CELLS, size=n_users)[groups, None] + _near(n, rng)
    ) % N_CELLS
    proba = -np.sort(-rng.dirichlet(np.ones(N_FIRST), n), axis=1).astype(np.float32)
    mass = rng.uniform(0.5, 1.0, n).astype(np.float32)
    first = FirstCells(cells.astype(np.int32), proba, mass, N_CELLS)
    torch.manual_seed(0)
    paper = AlbumLSTM(N_CELLS, HIDDEN).eval()
    messages = AlbumMessages(
        photo_places(N_CELLS), np.full(N_CELLS, 1.0 / N_CELLS), 16
    ).eval()
    bare = torch.nn.LSTM(N_CELLS + 1, HIDDEN, batch_first=True, bidirectional=True)
    own = dict(paper.states.onward.named_parameters())
    own |= {f"{k}_reverse": v for k, v in paper.states.backward.named_parameters()}
    bare.load_state_dict(own)
    return Inputs(first, groups, times, paper, messages, bare.eval())


def _near(n, rng):
    """Return so many different small numbers a photo."""
    return np.argsort(rng.random((n, 3 * N_FIRST)), axis=1)[:, :N_FIRST]


def batches(inputs):
    albums = by_user(inputs.groups, inputs.times, ALBUM)
    for batch in like_lengths(albums.lengths, SLOTS):
        yield albums.padded(batch)


def scores(inputs, module):
    """Return the likeliest cell of each photo, by albums."""
    rows, out = AlbumRows(inputs.first, inputs.times), np.empty(len(inputs.groups), int)
    for padded in batches(inputs):
        blocks = rows.tensors(padded)
        with torch.inference_mode():
            found = module.dense(module(blocks), blocks).numpy()
        there = padded >= 0
        out[padded[there]] = found[there].argmax(axis=1)
    return out


def correction(inputs):
    albums = by_user(inputs.groups, inputs.times, ALBUM)
    lengths = [albums.lengths[at] for at in like_lengths(albums.lengths, SLOTS)]
    return Measured(
        *_timed(lambda: scores(inputs, inputs.messages)),
        {"waste": padding_waste(lengths)},
    )


def _timed(work):
    import time

    start = time.perf_counter()
    return work(), time.perf_counter() - start


def paper(inputs):
    return scores(inputs, inputs.paper)


def packed(inputs):
    """Run the paper's LSTM by torch's packed sequences, and its softmax layer."""
    rows, out = AlbumRows(inputs.first, inputs.times), np.empty(len(inputs.groups), int)
    for padded in batches(inputs):
        with torch.inference_mode():
            columns, lengths = inputs.paper.inputs(rows.tensors(padded))
            joined = torch.nn.utils.rnn.pack_padded_sequence(
                columns, lengths, batch_first=True, enforce_sorted=False
            )
            states = torch.nn.utils.rnn.pad_packed_sequence(
                inputs.bare(joined)[0], batch_first=True
            )[0]
            found = inputs.paper.head(states).numpy()
        there = padded >= 0
        out[padded[there]] = found[there].argmax(axis=1)
    return out


def bare(inputs):
    """Run torch's LSTM alone, on batches of the same shapes."""
    for padded in batches(inputs):
        columns = torch.zeros(*padded.shape, N_CELLS + 1)
        with torch.inference_mode():
            inputs.bare(columns)


def check(inputs, results):
    # Rounding may decide between cells that are equally good.
    assert (results["paper"] == results["packed"]).mean() > 0.999
    assert results["correction"].shape == inputs.groups.shape
    assert results["correction"].max() < N_CELLS


JOB = Job(
    name="albums",
    question=f"albums of up to {ALBUM} photos, from {N_FIRST} first cells to scores of "
    f"{N_CELLS} cells",
    make=make,
    runners={
        "correction": correction,
        "paper": paper,
        "packed": packed,
        "bare LSTM": bare,
    },
    check=check,
    limits=frozenset({"bare LSTM"}),
    goals=(
        Goal("correction", "bare LSTM", at_most=1.5),
        Goal("paper", "bare LSTM", at_most=1.5),
        Number("correction", "waste", at_most=0.3),
        Growth("correction", at_most=1.1),
        Growth("paper", at_most=1.1),
    ),
    unit="photos",
    sizes=(10_000, 30_000, 100_000),
    quick_sizes=(2_000, 4_000),
    repeats=3,
    notes="The bare LSTM is the paper's, on batches that are given: no inputs are made "
    "and no scores.",
)
