# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How a network is trained: the settings, under scikit-learn's names."""

from dataclasses import dataclass, fields, replace
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_geo.nets._optimizers import SOLVERS

__all__ = ["TRAINING_CONSTRAINTS", "Training", "check_loss"]

# Some rates are multiplied once more, see make_optimizers.
_LARGEST = 1e30

# For `_parameter_constraints` of estimators: `{**TRAINING_CONSTRAINTS, ...}`.
TRAINING_CONSTRAINTS = {
    "solver": [StrOptions(set(SOLVERS))],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "learning_rate_decay": [Interval(Real, 0, 1, closed="right")],
    "learning_rate_every": [Interval(Integral, 1, None, closed="left")],
    "momentum": [Interval(Real, 0, 1, closed="left")],
    "weight_decay": [Interval(Real, 0, None, closed="left")],
    "batch_size": [Interval(Integral, 1, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "tol": [Interval(Real, 0, None, closed="left")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), None],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    "shuffle": ["boolean"],
    "device": [str, torch.device],
    "mixed_precision": [StrOptions({"auto", "bfloat16", "float16"}), "boolean"],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "random_state": ["random_state"],
}


@dataclass(frozen=True)
class Training:
    r"""Settings of a training. Estimators have parameters of the same names.

    Parameters
    ----------
    solver : {"adam", "adagrad", "sgd"}, default="adam"
        The optimizer.

    learning_rate_init : float, default=0.001
        Learning rate of the first epoch.

    learning_rate_decay : float, default=1.0
        Factor on the learning rate after every `learning_rate_every` epochs; 1 keeps
        it constant, 0.5 halves it.

    learning_rate_every : int, default=1
        Number of epochs between two steps of the learning rate.

    momentum : float, default=0.9
        Momentum of "sgd".

    weight_decay : float, default=0.0
        Strength of the L2 penalty, as torch's optimizers add it to gradients.

    batch_size : int, default=200
        Rows of a step.

    max_iter : int, default=200
        Largest number of epochs.

    tol : float, default=1e-4
        By how much the watched loss must fall to count as better.

    n_iter_no_change : int or None, default=10
        Training ends after so many epochs in a row that were not better. None runs all
        `max_iter` epochs.

    early_stopping : bool, default=False
        Watch the loss of a held-out share instead of the training loss, and put the
        weights of the best epoch back at the end.

    validation_fraction : float, default=0.1
        The held-out share.

    shuffle : bool, default=True
        Shuffle the rows before every epoch.

    device : str or torch.device, default="auto"
        "auto" is the first CUDA device if there is one, else the processor.
        "accelerate" trains in all processes of an ``accelerate launch`` together.

    mixed_precision : {"auto", "bfloat16", "float16"} or bool, default="auto"
        Halve the precision of products where it is safe, on an accelerator only.
        "auto" and True take "bfloat16" where the device has it.

    verbose : int, default=0
        0 prints nothing; 1 prints a line an epoch.

    See Also
    --------
    train_net : Trains by these settings.

    Notes
    -----
    The learning rate of epoch :math:`e = 0, 1, \dots` is :math:`\eta_0 \,
    d^{\lfloor e / k \rfloor}`.

    Examples
    --------
    >>> from sklearn_geo.nets import Training
    >>> paper = Training(
    ...     solver="sgd", learning_rate_init=0.01, learning_rate_decay=0.5,
    ...     learning_rate_every=5,
    ... )
    >>> [paper.learning_rate(epoch) for epoch in (0, 4, 5, 10)]
    [0.01, 0.01, 0.005, 0.0025]
    """

    solver: str = "adam"
    learning_rate_init: float = 1e-3
    learning_rate_decay: float = 1.0
    learning_rate_every: int = 1
    momentum: float = 0.9
    weight_decay: float = 0.0
    batch_size: int = 200
    max_iter: int = 200
    tol: float = 1e-4
    n_iter_no_change: int | None = 10
    early_stopping: bool = False
    validation_fraction: float = 0.1
    shuffle: bool = True
    device: object = "auto"
    mixed_precision: object = "auto"
    verbose: int = 0

    def __post_init__(self):
        for name in ("learning_rate_init", "weight_decay"):
            value = getattr(self, name)
            if isinstance(value, Real) and value > _LARGEST:
                raise ValueError(
                    f"{name}={value:g} is beyond what float32 holds, in which networks "
                    "learn. Lower it."
                )

    @classmethod
    def of(cls, estimator, **overrides):
        """Read the settings that an estimator has as parameters.

        Parameters
        ----------
        estimator : BaseEstimator
            The estimator; settings it has no parameter for keep their defaults.

        **overrides
            Settings that win.

        Returns
        -------
        Training
            The settings.
        """
        params = estimator.get_params(deep=False)
        names = {setting.name for setting in fields(cls)} & set(params)
        settings = {**{name: params[name] for name in names}, **overrides}
        # Narrow numbers of numpy would overflow in the arithmetic of a training.
        return cls(
            **{
                name: value.item() if isinstance(value, np.number) else value
                for name, value in settings.items()
            }
        )

    def but(self, **changes):
        """Return the same settings with changes.

        Parameters
        ----------
        **changes : dict
            Settings by name.

        Returns
        -------
        Training
            The changed copy.
        """
        return replace(self, **changes)

    def learning_rate(self, epoch):
        """Return the learning rate of an epoch, counted from zero.

        Parameters
        ----------
        epoch : int
            The epoch.

        Returns
        -------
        float
            The learning rate.
        """
        steps = epoch // self.learning_rate_every
        return self.learning_rate_init * self.learning_rate_decay**steps


def check_loss(training, which, epoch, loss):
    """Refuse a loss that is no number, and say what may help."""
    if np.isfinite(loss):
        return
    raise ValueError(
        f"The {which} of epoch {epoch + 1} is {loss}: the steps were too long, or "
        "features are too large. Lower learning_rate_init (it is "
        f"{training.learning_rate_init:g}), or scale the features, for example with "
        "StandardScaler."
    )
