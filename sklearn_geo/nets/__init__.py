# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every torch estimator of the library shares.

Seeding, batches, layers, losses, and the skorch net behind an estimator. These are
tools for people who write estimators; the estimators themselves are in other rooms.
"""

from sklearn_geo.nets._device_rows import DeviceRows, keep_on_device
from sklearn_geo.nets._estimator import NetMixin
from sklearn_geo.nets._history import history_table
from sklearn_geo.nets._linear import RowLinear
from sklearn_geo.nets._losses import (
    HeadsLoss,
    cross_entropy,
    kl_divergence,
    pairwise_ranking,
    weighted_mean,
)
from sklearn_geo.nets._mlp import HeadedMLP, init_weights
from sklearn_geo.nets._net import EstimatorNet, hold_out, train_net
from sklearn_geo.nets._optimizers import RowOptimizer, make_optimizers
from sklearn_geo.nets._outputs import net_outputs, rows_in_memory
from sklearn_geo.nets._processes import start_processes
from sklearn_geo.nets._random_layers import (
    RandomLayer,
    SeededDropout,
    draws_from_torch,
    seed_layers,
)
from sklearn_geo.nets._row_data import Batch, LazyRows, Lookup, RowData
from sklearn_geo.nets._seeding import choose_device, draw_seed, seeded
from sklearn_geo.nets._sparse_rows import SparseRows
from sklearn_geo.nets._stopping import BestWeights, Patience
from sklearn_geo.nets._store import Store, write_block, write_manifest, write_store
from sklearn_geo.nets._training import TRAINING_CONSTRAINTS, Training
from sklearn_geo.nets._weights import get_weights, net_from_weights, set_weights

__all__ = [
    "TRAINING_CONSTRAINTS",
    "Batch",
    "BestWeights",
    "DeviceRows",
    "EstimatorNet",
    "HeadedMLP",
    "HeadsLoss",
    "LazyRows",
    "Lookup",
    "NetMixin",
    "Patience",
    "RandomLayer",
    "RowData",
    "RowLinear",
    "RowOptimizer",
    "SeededDropout",
    "SparseRows",
    "Store",
    "Training",
    "choose_device",
    "cross_entropy",
    "draw_seed",
    "draws_from_torch",
    "get_weights",
    "history_table",
    "hold_out",
    "init_weights",
    "keep_on_device",
    "kl_divergence",
    "make_optimizers",
    "net_from_weights",
    "net_outputs",
    "pairwise_ranking",
    "rows_in_memory",
    "seed_layers",
    "seeded",
    "set_weights",
    "start_processes",
    "train_net",
    "weighted_mean",
    "write_block",
    "write_manifest",
    "write_store",
]
