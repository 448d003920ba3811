# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every torch estimator of the library shares.

Seeding, batches, layers, losses, and the skorch net behind an estimator. These are
tools for people who write estimators; the estimators themselves are in other rooms.
"""

from sklearn_geo._lazy import offer

# What reads stored networks needs no torch, and must not import it by way of this room.
_MODULES = {
    "_device_rows": ("DeviceRows", "keep_on_device"),
    "_estimator": ("NetMixin",),
    "_held_out": ("hold_out", "split_rows"),
    "_history": ("history_table",),
    "_linear": ("RowLinear",),
    "_losses": (
        "HeadsLoss",
        "cross_entropy",
        "kl_divergence",
        "pairwise_ranking",
        "weighted_mean",
    ),
    "_memory": ("rows_in_memory",),
    "_mlp": ("HeadedMLP", "init_weights"),
    "_net": ("EstimatorNet",),
    "_optimizers": ("RowOptimizer", "make_optimizers"),
    "_outputs": ("net_outputs",),
    "_processes": ("start_processes",),
    "_random_layers": (
        "RandomLayer",
        "SeededDropout",
        "draws_from_torch",
        "seed_layers",
    ),
    "_row_data": ("Batch", "LazyRows", "Lookup", "RowData", "Several"),
    "_seeding": ("choose_device", "draw_seed", "seeded"),
    "_sparse_rows": ("SparseRows",),
    "_stopping": ("BestWeights", "Patience"),
    "_store": ("Store", "write_block", "write_manifest", "write_store"),
    "_train_net": ("train_net", "whole_trainings"),
    "_training": ("TRAINING_CONSTRAINTS", "Training"),
    "_weights": ("get_weights", "net_from_weights", "set_weights"),
}

__getattr__, __dir__, __all__ = offer(__name__, _MODULES)
