# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What one of several processes does in `test_processes.py`: train, write weights."""

import sys
from functools import partial

import numpy as np

from sklearn_geo.nets import (
    HeadedMLP,
    HeadsLoss,
    RowData,
    Training,
    get_weights,
    train_net,
)
from tests.sparse_rows import sparse_rows


def train(device):
    """Train on dense and on sparse rows; return all weights, and losses."""
    rng = np.random.default_rng(0)
    dense = rng.standard_normal((70, 6)).astype(np.float32)
    rows = sparse_rows(rng, (70, 30), 0.1)
    y = rng.integers(3, size=70)
    found = {}
    for name, X in (("dense", dense), ("sparse", rows)):
        net = train_net(
            partial(HeadedMLP, X.shape[1], [3], hidden=(4,)),
            HeadsLoss,
            RowData(X, [y], rng.random(70)),
            training=Training(
                solver="adagrad",
                learning_rate_init=0.05,
                batch_size=32,
                max_iter=3,
                early_stopping=True,
                device=device,
            ),
        )
        for key, array in get_weights(net).items():
            found[f"{name}.{key}"] = array
        found[f"{name}.losses"] = np.array([row["train_loss"] for row in net.history])
        found[f"{name}.valid"] = np.array([row["valid_loss"] for row in net.history])
    return found


if __name__ == "__main__":
    from accelerate import PartialState
    from torch.distributed import barrier, destroy_process_group

    weights = train("accelerate")
    np.savez(f"{sys.argv[1]}/{PartialState().process_index}.npz", **weights)
    # Threads of torch that are still at work when a process ends, end it with SIGABRT.
    # Before torch 2.4 or so, who leaves while another is at work can wait for ever.
    barrier()
    destroy_process_group()
