# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One zone's networks, from its photos."""

import time
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from sklearn_geo.context._architecture import of_network
from sklearn_geo.context._short_memory import ShortMemory, SkippedZone
from sklearn_geo.nets import (
    HeadsLoss,
    RowData,
    get_weights,
    net_from_weights,
    train_net,
)

__all__ = [
    "TrainedZone",
    "ZoneTask",
    "train_or_skip",
    "train_zone",
    "training_of",
    "zone_loss",
]


@dataclass
class ZoneTask:
    """What a zone is trained on.

    Attributes
    ----------
    zone : int
        Id of the zone.

    name : str
        Its name, for messages.

    X : ndarray or LazyRows of shape (n_photos, n_features)
        Columns of the places of its photos.

    targets : tuple of tuple of (ndarray, csr_array or LazyRows)
        Teacher rows, network by network and context by context. A row of NaN, or an
        empty row of a sparse target, does not teach.

    sample_weight : ndarray of shape (n_photos,) or None
        What every photo counts.

    seed : int
        Decides everything that is left to chance, whatever else is trained.

    start : dict of str to ndarray, default=None
        Weights to go on from.

    epochs : int, default=None
        How many epochs at most; None is what the settings say.
    """

    zone: int
    name: str
    X: object
    targets: tuple
    sample_weight: object
    seed: int
    start: object = None
    epochs: object = None


@dataclass
class TrainedZone:
    """What came out of the training of a zone.

    Attributes
    ----------
    zone : int
        Id of the zone.

    weights : dict of str to ndarray
        Its weights, see :class:`Architecture`.

    n_photos : int
        Number of photos, those held out included.

    seconds : float
        How long it took.

    histories : list of list of dict
        A record an epoch, network by network, as nets keep them.

    interrupted : bool
        Whether Ctrl-C ended the training.
    """

    zone: int
    weights: dict
    n_photos: int
    seconds: float
    histories: list = field(default_factory=list)
    interrupted: bool = False

    @property
    def n_epochs(self):
        """Number of epochs of the network that had most."""
        return max((len(history) for history in self.histories), default=0)

    @property
    def held_out_kl(self):
        """The best divergence on photos held out, added up over the contexts."""
        return float(
            sum(
                min(
                    (record.get("valid_loss", np.nan) for record in history),
                    default=np.nan,
                )
                for history in self.histories
            )
        )

    def record(self, name, n_photos):
        """Return what a report says of the zone.

        Parameters
        ----------
        name : str
            Its name.

        n_photos : int
            Number of photos that it has seen, now and before.

        Returns
        -------
        dict
            Plain values.
        """
        return {
            "name": name,
            "photos": n_photos,
            "epochs": self.n_epochs,
            "held_out_kl": self.held_out_kl,
            "seconds": self.seconds,
        }


def zone_loss():
    """Make the loss: the sum over contexts of KL(teacher || student), equation 1."""
    return HeadsLoss("kl", reduce="sum")


def training_of(task, preset):
    """Return the settings for a zone: one of too few photos holds none out.

    Parameters
    ----------
    task : ZoneTask
        The photos.

    preset : Preset
        How networks are trained.

    Returns
    -------
    Training
        The settings of the preset, without early stopping if no photo would be left.
    """
    training, n_photos = preset.training, task.X.shape[0]
    if max(1, round(training.validation_fraction * n_photos)) >= n_photos:
        return training.but(early_stopping=False)
    return training


def train_zone(task, architecture, preset):
    """Train the networks of a zone, one after the other.

    Parameters
    ----------
    task : ZoneTask
        The photos.

    architecture : Architecture
        The shape of the networks.

    preset : Preset
        How they are trained.

    Returns
    -------
    TrainedZone
        The weights and how they were found.
    """
    began = time.perf_counter()
    training = training_of(task, preset)
    weights, histories, interrupted = {}, [], False
    for number, targets in enumerate(task.targets):
        data = RowData(task.X, targets, task.sample_weight)
        seed = task.seed + number
        net = None
        make = partial(architecture.module, number)
        if task.start is not None:
            net = net_from_weights(
                make,
                zone_loss,
                of_network(task.start, number),
                training=training,
                seed=seed,
                sparse=data.is_sparse,
            )
        else:
            make = preset.starting(make, targets, task.sample_weight, seed=seed)
        try:
            net = train_net(
                make,
                zone_loss,
                data,
                training=training,
                seed=seed,
                net=net,
                # Who interrupts wants no other network to be trained for long either.
                epochs=0 if interrupted else task.epochs,
            )
        except ValueError as error:
            raise ValueError(f"Zone {task.name}: {error}") from error
        interrupted |= net.interrupted_
        own = get_weights(net)
        weights.update({f"{number}.{name}": array for name, array in own.items()})
        histories.append([dict(record) for record in net.history])
    return TrainedZone(
        task.zone,
        weights,
        int(data.X.shape[0]),
        time.perf_counter() - began,
        histories,
        interrupted,
    )


def train_or_skip(task, architecture, preset):
    """Train a zone, or say that there is no memory for it.

    Parameters
    ----------
    task : ZoneTask or SkippedZone
        The photos; a zone that could not even gather them is returned as it is.

    architecture, preset
        See :func:`train_zone`.

    Returns
    -------
    TrainedZone or SkippedZone
        What came of it.
    """
    if isinstance(task, SkippedZone):
        return task
    with ShortMemory() as memory:
        return train_zone(task, architecture, preset)
    return SkippedZone(task.zone, task.name, int(task.X.shape[0]), memory.why)
