# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How many zones the memory holds that are trained at once, and which go together."""

from math import prod

import torch
from scipy import sparse
from sklearn import get_config

from sklearn_geo.context._architecture import of_network
from sklearn_geo.context._zone_training import training_of

__all__ = ["buckets", "half_of", "zones_that_fit"]

# Of the memory that is free, what stacks and rows may take: products need some too.
_SHARE = 0.8
# More zones at once fill a card no better, and are lost together if it fails.
_MOST = 256
_HALVES = ("bfloat16", "float16")


def zones_that_fit(architecture, device, training, *, n_photos=0, free=None):
    """Say how many zones can be trained at once.

    Parameters
    ----------
    architecture : Architecture
        The shape of their networks.

    device : str or torch.device
        Where they are trained.

    training : Training
        Solver, batch size and early stopping decide what is kept beside weights.

    n_photos : int, default=0
        Photos of a zone whose rows are to be on the device too.

    free : int or None, default=None
        Bytes to reckon with. None asks the card; on a processor it is scikit-learn's
        `working_memory`.

    Returns
    -------
    int
        At least 1, at most 256.

    Notes
    -----
    A network of `P` weights needs :math:`4 P (1 + m + e)` bytes, with `m` moments of
    the solver (one of "sgd" and "adagrad", two of "adam") and `e` one for early
    stopping; half precision has a copy of :math:`2 P`. To that come the gradient of the
    largest layer and what a batch is on its way.

    Examples
    --------
    >>> from sklearn_geo.context._batched_memory import zones_that_fit
    >>> from sklearn_geo.context._architecture import Architecture
    >>> from sklearn_geo.nets import Training
    >>> shape = Architecture(400, (("tag",),), {"tag": 2000}, (512, 1024, 2048))
    >>> zones_that_fit(shape, "cpu", Training(solver="sgd"), free=10 * 2**30)
    80
    """
    device = torch.device(device)
    if half_of(training, device) is torch.float16:
        return 1
    free = _free_bytes(device) if free is None else free
    each = _network_bytes(architecture, training, device)
    each += n_photos * _row_bytes(architecture)
    return int(min(max(1, _SHARE * free // each), _MOST))


def half_of(training, device):
    """Return the type of half precision that was asked for by name, or None."""
    kind = training.mixed_precision
    return getattr(torch, kind) if device.type == "cuda" and kind in _HALVES else None


def buckets(tasks, architecture, preset, device):
    """Yield tasks to train together, and whether their rows fit on the device."""
    allowed = _SHARE * _free_bytes(device)
    network = _network_bytes(architecture, preset.training, device)
    bucket, used, kind = [], 0, None
    for task in sorted(tasks, key=lambda task: -task.X.shape[0]):
        rows = _bytes_of_rows(task)
        is_resident = network + rows <= allowed
        # The smallest zones may have no photo to hold out.
        own_kind = (is_resident, training_of(task, preset).early_stopping)
        cost = network + rows * is_resident
        if bucket and (used + cost > allowed or own_kind != kind):
            yield bucket, kind[0]
            bucket, used = [], 0
        bucket.append(task)
        used, kind = used + cost, own_kind
    yield bucket, kind[0]


def _free_bytes(device):
    if device.type != "cuda":
        return get_config()["working_memory"] * 2**20
    card = device.index  # None is the card in use
    cached = torch.cuda.memory_reserved(card) - torch.cuda.memory_allocated(card)
    return torch.cuda.mem_get_info(card)[0] + cached


def _network_bytes(architecture, training, device):
    """Return what the largest network of a zone takes while it is trained."""
    planes = {"sgd": 2, "adagrad": 2, "adam": 3}[training.solver]
    planes += training.early_stopping
    shapes, needed = architecture.shapes(), []
    for number, contexts in enumerate(architecture.networks):
        sizes = [prod(shape) for shape in of_network(shapes, number).values()]
        width = sum(architecture.widths[name] for name in contexts)
        on_the_way = architecture.n_features + 3 * sum(architecture.hidden) + 6 * width
        needed.append(
            4 * planes * sum(sizes)
            + 8 * max(sizes)
            + (2 * sum(sizes) if half_of(training, device) else 0)
            + 4 * (training.batch_size + 1) * on_the_way
        )
    return max(needed)


def _row_bytes(architecture):
    widths = [
        sum(architecture.widths[name] for name in contexts)
        for contexts in architecture.networks
    ]
    return 4 * (architecture.n_features + max(widths))


def _bytes_of_rows(task):
    """Return what the rows of a zone take on the device, for its widest network."""
    n_rows, n_features = task.X.shape

    def size(target):
        if sparse.issparse(target):
            return 8 * target.nnz
        return 4 * n_rows * target.shape[1]

    return 4 * n_rows * n_features + max(sum(map(size, t)) for t in task.targets)
