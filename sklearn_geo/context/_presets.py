# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Ways to train: the paper's, and one that takes a hundredth of the time.

The paper's preset has the paper's values: SGD, a learning rate of 0.001, momentum 0.9,
batches of 32, Glorot weights. The columns of a soft grid are small (their root mean
square is 0.035), so that it spends tens to hundreds of epochs near where it started.
When to stop the paper does not say: here when photos held out have not improved for 20
epochs.

The default is made of four changes. Each was tried on zones of 100 and 1,000 photos of
the synthetic world, with a trunk a quarter as wide (128, 256, 512); KL is that of
photos held out, at its lowest.

- Adam, learning rate 0.001, batches of 128. A rate of 0.0003 takes 2.5 times the
  epochs to end at most 0.01 lower; decay by epochs is wrong for either small zones,
  whose epoch is one step, or large ones.
- He weights, which let small columns through three layers: objects and scenes of 1,000
  photos end at 3.904 instead of 3.913 (rate 0.0003). The stored networks are the same.
- Biases that start at the mean teacher row with a tenth of the uniform one. After 12
  epochs, tags of 1,000 photos have a KL of 0.13 instead of 0.26; for 100 photos with
  objects and scenes it is 4.07 instead of 4.30. Photos that are held out must not
  count in the mean: with them, small zones looked best after their first epoch and
  ended there. Tags that are not propagated like the mean less: 3.43 with the uniform
  tenth and 3.49 almost without it, where biases of zero gave 3.41.
- Early stopping with 10 epochs of patience, and gains below 0.001 are none. Teachers
  that differ from photo to photo are learnt by heart after 3 to 30 epochs. On countries
  of 12,000 real towns a tolerance of 0.0001 took 77 epochs instead of 58, to a KL of
  0.198 instead of 0.197; 5 epochs of patience took 52, to 0.201.

For 1,000 photos with objects and scenes the paper's preset reached 3.931 after 1,386
epochs, the default after 8. At the paper's widths it reached 4.001 after 146 epochs,
and 0.805 on tags after 101; the default was below both after one.
"""

from dataclasses import dataclass, fields
from functools import partial

import numpy as np

from sklearn_geo.context._start import starting_at_mean
from sklearn_geo.nets import RowData, Training, hold_out, init_weights

__all__ = ["PRESETS", "Preset", "resolve"]


@dataclass(frozen=True)
class Preset:
    """How the networks of zones are trained, and where they start.

    Attributes
    ----------
    training : Training
        Solver, learning rate, batches, and when to stop.

    init : {"glorot", "he"}, default="glorot"
        How weights start, see :func:`~sklearn_geo.nets.init_weights`.

    start_at_mean : bool, default=False
        Whether the biases of heads start at the logarithm of the mean teacher row,
        see :func:`~sklearn_geo.context._start.biases_at_mean`.
    """

    training: Training
    init: str = "glorot"
    start_at_mean: bool = False

    def starting(self, make, targets, sample_weight=None, *, seed=None):
        """Make networks start where this preset starts them.

        Parameters
        ----------
        make : callable
            Makes a :class:`~sklearn_geo.nets.HeadedMLP` with Glorot weights.

        targets : sequence of {ndarray, sparse array or LazyRows}
            Teacher rows of its heads.

        sample_weight : array-like of shape (n_rows,) or None, default=None
            What every row counts.

        seed : int or None, default=None
            The seed of the training, which decides what early stopping holds out: those
            rows do not count in the mean, which would otherwise know them. None counts
            all.

        Returns
        -------
        callable
            Makes such a network; it can be pickled if `make` can.
        """
        if self.init != "glorot":
            make = partial(_make_anew, make, self.init)
        if self.start_at_mean:
            rows = None if seed is None else self._rows_learnt_from(targets, seed)
            make = starting_at_mean(make, targets, sample_weight, rows)
        return make

    def _rows_learnt_from(self, targets, seed):
        """Return the rows that are not held out by a training; None is all."""
        n_rows, share = targets[0].shape[0], self.training.validation_fraction
        # Where no row would be left, none is held out.
        if not self.training.early_stopping or max(1, round(share * n_rows)) >= n_rows:
            return None
        return hold_out(RowData(np.empty((n_rows, 0))), share, seed)[0].rows


PRESETS = {
    "paper": Preset(
        Training(
            solver="sgd",
            learning_rate_init=0.001,
            momentum=0.9,
            batch_size=32,
            max_iter=1000,
            tol=0.0,
            n_iter_no_change=20,
            early_stopping=True,
        )
    ),
    "default": Preset(
        Training(
            solver="adam",
            learning_rate_init=0.001,
            batch_size=128,
            max_iter=200,
            tol=1e-3,
            n_iter_no_change=10,
            early_stopping=True,
        ),
        init="he",
        start_at_mean=True,
    ),
}


def resolve(preset, overrides=None):
    """Return a preset with some of its settings changed.

    Parameters
    ----------
    preset : {"default", "paper"}
        Its name.

    overrides : dict of str to object, default=None
        Settings of :class:`~sklearn_geo.nets.Training` by name. None leaves a setting
        to the preset, everything else wins.

    Returns
    -------
    Preset
        The settings.

    Examples
    --------
    >>> from sklearn_geo.context._presets import resolve
    >>> paper = resolve("paper", {"batch_size": 64, "solver": None}).training
    >>> paper.solver, paper.batch_size
    ('sgd', 64)
    """
    if preset not in PRESETS:
        raise ValueError(f"preset={preset!r}: use one of {sorted(PRESETS)}.")
    found = PRESETS[preset]
    changes = {
        name: value for name, value in (overrides or {}).items() if value is not None
    }
    unknown = sorted(set(changes) - {setting.name for setting in fields(Training)})
    if unknown:
        raise ValueError(
            f"Trainings have no settings {unknown}. They have "
            f"{[setting.name for setting in fields(Training)]}."
        )
    return Preset(found.training.but(**changes), found.init, found.start_at_mean)


def _make_anew(make, init):
    network = make()
    init_weights(network, init)
    return network
