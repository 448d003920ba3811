# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A net is made and trained, or trained further, and chance is seeded."""

import warnings
from contextlib import contextmanager
from contextvars import ContextVar

from sklearn_geo.nets._held_out import hold_out
from sklearn_geo.nets._net import EstimatorNet
from sklearn_geo.nets._training import Training

__all__ = ["train_net", "whole_trainings"]

_WHOLE = ContextVar("whole", default=False)


@contextmanager
def whole_trainings():
    """Let Ctrl-C end everything here, not just the training of the network it meets.

    A network that was interrupted is of use to whoever fits that network. Where it
    only answers for a fold, or others are made of it, whoever interrupts means the
    whole.

    Yields
    ------
    None
        Nothing: what is trained within raises `KeyboardInterrupt`.

    See Also
    --------
    train_net : Makes a net and trains it.

    Examples
    --------
    >>> from functools import partial
    >>> import numpy as np
    >>> from sklearn_geo.nets import (
    ...     HeadedMLP, HeadsLoss, RowData, train_net, whole_trainings
    ... )
    >>> X, y = np.array([[0.0], [1.0]] * 20), np.array([0, 1] * 20)
    >>> folds = [(X[k::2], y[k::2]) for k in range(2)]
    >>> with whole_trainings():
    ...     nets = [
    ...         train_net(partial(HeadedMLP, 1, [2]), HeadsLoss, RowData(rows, [own]))
    ...         for rows, own in folds
    ...     ]
    >>> len(nets)
    2
    """
    token = _WHOLE.set(True)
    try:
        yield
    finally:
        _WHOLE.reset(token)


def train_net(
    module,
    criterion,
    data,
    *,
    training=None,
    seed=0,
    valid=None,
    net=None,
    watch_start=False,
    epochs=None,
    draw=None,
    on_epoch=None,
    keep_steps=False,
):
    """Make a net and train it, or go on with one.

    Torch's random numbers are seeded inside and are afterwards what they were.

    Parameters
    ----------
    module, criterion : callable
        Make the network and its loss, see :class:`EstimatorNet`.

    data : RowData
        Rows to learn from.

    training : Training or None, default=None
        The settings.

    seed : int, default=0
        Decides everything that is left to chance.

    valid : RowData or None, default=None
        Rows held out. None takes `validation_fraction` of the data if the settings say
        `early_stopping`.

    net : EstimatorNet or None, default=None
        A net to go on with: `module` is then not used, and `criterion` takes the place
        of its loss, unless it is None.

    watch_start : bool, default=False
        Whether weights of a net that goes on stay if no epoch is better on `valid`.

    epochs : int or None, default=None
        How many epochs at most; None is `max_iter`.

    draw, on_epoch : callable or None, default=None
        See :meth:`EstimatorNet.fit_loop`.

    keep_steps : bool, default=False
        Keep what the optimizers remember, for more steps later.

    Returns
    -------
    EstimatorNet
        The trained net, ready to predict also if Ctrl-C ended the training, which is
        warned of.

    See Also
    --------
    Training : The settings.
    EstimatorNet : What is trained.
    whole_trainings : Where Ctrl-C is raised.

    Examples
    --------
    >>> from functools import partial
    >>> import numpy as np
    >>> from sklearn_geo.nets import HeadedMLP, HeadsLoss, RowData, Training, train_net
    >>> X = np.array([[0.0], [1.0]] * 20)
    >>> data = RowData(X, [np.array([0, 1] * 20)])
    >>> net = train_net(
    ...     partial(HeadedMLP, 1, [2]), HeadsLoss, data,
    ...     training=Training(learning_rate_init=0.1, max_iter=50, device="cpu"),
    ... )
    >>> (logits,) = net.forward(X[:2])
    >>> logits.argmax(dim=1)
    tensor([0, 1])
    """
    training = Training() if training is None else training
    if valid is None and training.early_stopping:
        data, valid = hold_out(data, training.validation_fraction, seed)
    goes_on = net is not None
    if not goes_on:
        net = EstimatorNet(
            module,
            criterion,
            training=training,
            seed=seed,
            sparse=data.is_sparse,
        )
        net.initialize()
    else:
        net.renew(training, seed=seed, criterion=criterion, sparse=data.is_sparse)
    net.interrupted_ = True  # skorch keeps an early Ctrl-C to itself
    net.partial_fit(
        data,
        epochs=epochs,
        valid=valid,
        watch_start=watch_start and goes_on,
        draw=draw,
        on_epoch=on_epoch,
    )
    if net.interrupted_ and _WHOLE.get():
        raise KeyboardInterrupt
    if not keep_steps:
        net.forget_steps()
    net.module_.eval()
    if net.interrupted_:
        warnings.warn(
            f"Training was interrupted after {len(net.history)} whole epochs. The "
            "network is fitted and predicts, as well as it had learnt by then.",
            UserWarning,
            stacklevel=2,
        )
    return net
