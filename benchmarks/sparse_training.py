# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""An epoch over sparse text features against bare torch loops with the same steps."""

from functools import partial

import numpy as np
import torch
from scipy import sparse
from torch.nn import functional

from benchmarks._harness import Goal, Job
from sklearn_geo.nets import (
    HeadedMLP,
    HeadsLoss,
    RowData,
    Training,
    net_outputs,
    train_net,
)

N_COLUMNS = 2**18
SIZES = (13_000, 130_000)
ENTRIES_A_ROW = 40
N_CLASSES = (400, 900, 1500)
BATCH = 500
RATE = 0.5


def make(n):
    """Return hashed character n-grams of names, as it were: few are frequent."""
    rng = np.random.default_rng(0)
    ranks = rng.zipf(1.2, size=3 * n * ENTRIES_A_ROW)
    # A quick look does without the gigabytes of all columns.
    n_columns = N_COLUMNS if n >= SIZES[0] else 2**12
    ranks = ranks[ranks < 10 * n_columns][: n * ENTRIES_A_ROW] % n_columns
    columns = rng.permutation(n_columns)[ranks].astype(np.int32)
    indptr = np.arange(0, len(columns) + 1, ENTRIES_A_ROW, dtype=np.int32)
    values = rng.random(len(columns), dtype=np.float32) / ENTRIES_A_ROW**0.5
    X = sparse.csr_array((values, columns, indptr), shape=(n, n_columns))
    X.sum_duplicates()
    return X, [rng.integers(width, size=n) for width in N_CLASSES]


def orders(n):
    """Yield the rows of each step."""
    order = np.random.default_rng([0, 0]).permutation(n)
    for start in range(0, n, BATCH):
        yield np.sort(order[start : start + BATCH])


def answers(X, logits_of):
    """Return what the network says of some rows: its weights are too many to keep."""
    rows = np.arange(0, X.shape[0], max(1, X.shape[0] // 200))
    return logits_of(X[rows])


def ours(inputs):
    X, targets = inputs
    net = train_net(
        partial(HeadedMLP, X.shape[1], N_CLASSES, init="zeros"),
        HeadsLoss,
        RowData(X, targets),
        training=Training(
            solver="sgd",
            momentum=0.0,
            learning_rate_init=RATE,
            batch_size=BATCH,
            max_iter=1,
            device="cpu",
        ),
    )

    def logits(rows):
        ((_, heads),) = net_outputs(net, rows)
        return np.hstack([head.numpy() for head in heads])

    return answers(X, logits)


def _bags(block):
    return (torch.from_numpy(block.indices), torch.from_numpy(block.indptr[:-1])), {
        "per_sample_weights": torch.from_numpy(block.data),
        "mode": "sum",
    }


def embedding_bag(inputs):
    """What torch offers for this: an embedding bag with sparse gradients."""
    X, targets = inputs
    targets = [torch.from_numpy(target) for target in targets]
    weight = torch.zeros(X.shape[1], sum(N_CLASSES), requires_grad=True)
    bias = torch.zeros(sum(N_CLASSES), requires_grad=True)
    optimizer = torch.optim.SGD([weight, bias], lr=RATE)

    def product(block, table=weight):
        (columns, starts), options = _bags(block)
        return functional.embedding_bag(columns, table, starts, sparse=True, **options)

    for rows in orders(X.shape[0]):
        optimizer.zero_grad()
        heads = (product(X[rows]) + bias).split(N_CLASSES, dim=1)
        losses = [
            functional.cross_entropy(head, target[rows])
            for head, target in zip(heads, targets, strict=True)
        ]
        (sum(losses) / len(losses)).backward()
        optimizer.step()
    with torch.no_grad():
        return answers(X, lambda rows: (product(rows) + bias).numpy())


def by_hand(inputs):
    """The same two products and nothing else: gradients and steps worked by hand."""
    X, targets = inputs
    weight = torch.zeros(X.shape[1], sum(N_CLASSES))
    bias = torch.zeros(sum(N_CLASSES))

    def product(block, table=weight):
        (columns, starts), options = _bags(block)
        return functional.embedding_bag(columns, table, starts, **options)

    for rows in orders(X.shape[0]):
        block = X[rows]
        slope = product(block).add_(bias)
        for head, target in zip(slope.split(N_CLASSES, dim=1), targets, strict=True):
            torch.softmax(head, dim=1, out=head)
            head[torch.arange(len(rows)), torch.from_numpy(target[rows])] -= 1.0
        slope /= len(rows) * len(targets)
        touched, local = np.unique(block.indices, return_inverse=True)
        turned = sparse.csr_array(
            (block.data, local.astype(np.int32), block.indptr),
            shape=(len(rows), len(touched)),
        ).T.tocsr()
        gradient = product(turned, slope)
        weight.index_add_(0, torch.from_numpy(touched).long(), gradient, alpha=-RATE)
        bias.sub_(slope.sum(dim=0), alpha=RATE)
    return answers(X, lambda rows: (product(rows) + bias).numpy())


def check(inputs, results):
    first, *others = results.values()
    assert np.abs(first).max() > 1e-3
    for other in others:
        np.testing.assert_allclose(first, other, rtol=1e-4, atol=1e-5)


JOB = Job(
    name="sparse_training",
    question=f"an epoch over 2^18 columns, {ENTRIES_A_ROW} entries a row, "
    f"heads of {', '.join(map(str, N_CLASSES))} classes",
    make=make,
    runners={"ours": ours, "embedding_bag": embedding_bag, "by hand": by_hand},
    check=check,
    goals=(
        Goal("ours", "embedding_bag", at_most=1.5),
        Goal("ours", "by hand", at_most=1.5),
    ),
    sizes=SIZES,
    quick_sizes=(2_000,),
    repeats=3,
    notes="SGD without momentum, batches of 500. The weights take 2.9 GB.",
)
