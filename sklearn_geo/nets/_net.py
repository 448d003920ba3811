# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The skorch net behind an estimator, and the loop that trains it."""

import time
from functools import partial

import numpy as np
import torch
from skorch import NeuralNet

from sklearn_geo.nets._chance import seeded_training
from sklearn_geo.nets._device_rows import keep_on_device
from sklearn_geo.nets._optimizers import make_optimizers
from sklearn_geo.nets._precision import autocast, loss_scaler
from sklearn_geo.nets._processes import start_processes
from sklearn_geo.nets._row_data import RowData
from sklearn_geo.nets._seeding import choose_device, seeded
from sklearn_geo.nets._stopping import BestWeights, Patience
from sklearn_geo.nets._training import Training, check_loss
from sklearn_geo.nets._usual import answering, usual_torch

__all__ = ["EstimatorNet"]


class EstimatorNet(NeuralNet):
    """A skorch net that takes whole batches and keeps house silently.

    Its loop does per step what a loop written by hand does: no copies row by row, no
    waiting for the device, no callbacks a batch. Estimators make one by
    :func:`train_net`.

    Parameters
    ----------
    module : callable
        Makes the network: a class, a function, or a `functools.partial` of them.

    criterion : callable
        Makes the loss, a Module that takes outputs, targets and weights.

    training : Training or None, default=None
        The settings; None is their defaults.

    seed : int, default=0
        Decides the first weights, the shuffles and dropout. Torch's random numbers
        neither matter nor change.

    sparse : bool, default=False
        Whether batches are sparse.

    **kwargs
        What skorch keeps in addition.

    Attributes
    ----------
    module_ : Module
        The network.

    history : skorch.history.History
        A row an epoch; :func:`history_table` makes a table of it.

    interrupted_ : bool
        Whether Ctrl-C ended the last training.

    See Also
    --------
    train_net : Makes one and trains it.

    Examples
    --------
    >>> import numpy as np
    >>> from functools import partial
    >>> from sklearn_geo.nets import EstimatorNet, HeadedMLP, HeadsLoss
    >>> from sklearn_geo.nets import RowData, Training
    >>> data = RowData(np.eye(4), [np.array([0, 1, 0, 1])])
    >>> net = EstimatorNet(
    ...     partial(HeadedMLP, 4, [2], init="zeros"),
    ...     HeadsLoss,
    ...     training=Training(max_iter=3),
    ... )
    >>> net = net.initialize().fit_loop(data)
    >>> len(net.history), round(net.history[0, "train_loss"], 3)
    (3, 0.693)
    """

    def __init__(
        self, module, criterion, *, training=None, seed=0, sparse=False, **kwargs
    ):
        training = Training() if training is None else training
        settings = {
            "lr": training.learning_rate_init,
            "max_epochs": training.max_iter,
            "batch_size": training.batch_size,
            "device": str(_device(training.device)),
            "train_split": None,
            "callbacks": "disable",
            "verbose": 0,
        }
        super().__init__(module, criterion, **{**settings, **kwargs})
        self.training = training
        self.seed = seed
        self.sparse = sparse

    def initialize(self):
        """Make the network, its loss and its optimizers; the seed decides them.

        Returns
        -------
        EstimatorNet
            The net itself.
        """
        with usual_torch(), seeded(self.seed, self.device):
            return super().initialize()

    def initialize_optimizer(self, triggered_directly=None):
        """Make the optimizers that the settings ask for.

        Parameters
        ----------
        triggered_directly : object, default=None
            What skorch passes; it changes nothing.

        Returns
        -------
        EstimatorNet
            The net itself.
        """
        first, *second = make_optimizers(
            self.module_, self.training, sparse=self.sparse
        )
        self.optimizer_ = first
        self.row_optimizer_ = second[0] if second else None
        return self

    def optimizers(self):
        """Return the optimizers, one or two.

        Returns
        -------
        list of Optimizer
            The second, if there is one, is that of sparse gradients.
        """
        pair = (self.optimizer_, self.row_optimizer_)
        return [each for each in pair if each is not None]

    def get_dataset(self, X, y=None):
        """Return X if it is :class:`RowData`, else make it so.

        Parameters
        ----------
        X : RowData, array or sparse array
            The rows.

        y : object, default=None
            What to learn, if X is not :class:`RowData`.

        Returns
        -------
        RowData
            The rows and what they teach.
        """
        if isinstance(X, RowData):
            return X
        if y is None:
            return RowData(X)
        return RowData(X, y if isinstance(y, (list, tuple)) else [y])

    def fit_loop(
        self,
        X,
        y=None,
        epochs=None,
        *,
        valid=None,
        watch_start=False,
        draw=None,
        on_epoch=None,
        **unused,
    ):
        """Train.

        Parameters
        ----------
        X, y : as there
            Data, as :meth:`get_dataset` takes them.

        epochs : int or None, default=None
            How many at most; None is `max_iter` of the settings.

        valid : RowData or None, default=None
            Rows held out; their loss is watched.

        watch_start : bool, default=False
            Whether the weights there are stay if no epoch is better on those rows.

        draw : callable or None, default=None
            From (epoch, random generator, n_rows) to the positions that this epoch
            trains on, in their order; for samplers. None is all rows, shuffled.

        on_epoch : callable or None, default=None
            Called with the record of every epoch; a true answer ends the training.

        **unused
            What skorch's own methods pass.

        Returns
        -------
        self
            The net.
        """
        data = self.get_dataset(X, y)
        _refuse_no_weight(valid)
        epochs = self.training.max_iter if epochs is None else epochs
        best = None if valid is None else BestWeights(self.module_)
        chance = self.seed, len(self.history), self.device
        self.interrupted_ = True  # until all epochs are done
        try:
            with (
                usual_torch(),
                seeded_training(self.module_, self.criterion_, *chance),
            ):
                self._epochs(data, valid, epochs, best, watch_start, draw, on_epoch)
            self.interrupted_ = False
        except KeyboardInterrupt:
            pass  # and what was learnt is kept
        if best is not None:
            best.restore()
        return self

    def _epochs(self, data, valid, epochs, best, watch_start, draw, on_epoch):
        training = self.training
        patience = Patience(training.n_iter_no_change, training.tol)
        data, valid = keep_on_device([data, valid], self.device)
        processes = start_processes(training.device)
        scaler = loss_scaler(self.device, training.mixed_precision)
        step = partial(self._step, processes, scaler)
        if valid is not None and watch_start:
            patience.tell(self.evaluate(valid, processes=processes))
            best.keep()
        for _ in range(epochs):
            record = self._epoch(data, valid, draw, processes, step)
            watched = record["train_loss" if valid is None else "valid_loss"]
            record["best"] = patience.tell(watched)
            if best is not None and record["best"]:
                best.keep()
            self.history.append(record)
            if training.verbose and processes.is_first:
                print(_line(record))
            if (on_epoch is not None and on_epoch(record)) or patience.exhausted:
                break

    def _epoch(self, data, valid, draw, processes, step):
        began, epoch = time.perf_counter(), len(self.history)
        rate = self.training.learning_rate(epoch)
        for optimizer in self.optimizers():
            for group in optimizer.param_groups:
                group["lr"] = rate * group.get("rate_factor", 1.0)
        chance = np.random.default_rng([self.seed, epoch])
        if draw is not None:
            order = np.asarray(draw(epoch, chance, len(data)))
        elif self.training.shuffle:
            order = chance.permutation(len(data))
        else:
            order = None
        self.module_.train()
        parts = data.parts(self.batch_size, order)
        train_loss = _mean((step(data, at) for at in parts), processes)
        check_loss(self.training, "training loss", epoch, train_loss)
        record = {
            "epoch": epoch + 1,
            "train_loss": train_loss,
            "learning_rate": rate,
            "n_rows": len(data) if order is None else len(order),
        }
        if valid is not None:
            valid_loss = self.evaluate(valid, processes=processes)
            check_loss(self.training, "held-out loss", epoch, valid_loss)
            record["valid_loss"] = valid_loss
        record["seconds"] = time.perf_counter() - began
        return record

    def _step(self, processes, scaler, data, at):
        """Do one step; return what its rows add to the sums of losses and weights."""
        at, scale, counts = processes.share(at)
        batch = data.take(at, training=True)
        size, weight = _size_and_weight(batch)
        batch = batch.to(self.device)
        optimizers = self.optimizers()
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        with autocast(self.device, self.training.mixed_precision):
            outputs = self.module_(batch.inputs)
            loss = self.criterion_(outputs, batch.targets, batch.weight)
        scaled = loss if scale == 1.0 else loss * scale
        if scaler is None:
            scaled.backward()
            processes.average_gradients(self.module_)
            for optimizer in optimizers:
                optimizer.step()
        else:
            scaler.scale(scaled).backward()
            processes.average_gradients(self.module_)
            for optimizer in optimizers:
                scaler.step(optimizer)
            scaler.update()
        return loss.detach() * (size * counts), weight * counts

    def evaluate(self, data, *, batch_size=None, processes=None):
        """Return the mean loss over rows, without learning from them.

        Parameters
        ----------
        data : RowData
            The rows.

        batch_size : int or None, default=None
            Rows at a time; None is the batch size of the training.

        processes : OneProcess or SeveralProcesses or None, default=None
            Processes that share the rows. None is this one alone.

        Returns
        -------
        float
            The weighted mean.
        """
        processes = start_processes("cpu") if processes is None else processes
        self.module_.eval()

        def losses():
            for part in data.parts(batch_size or self.batch_size):
                at, _, counts = processes.share(part)
                batch = data.take(at)
                size, weight = _size_and_weight(batch)
                batch = batch.to(self.device)
                outputs = self.module_(batch.inputs)
                loss = self.criterion_(outputs, batch.targets, batch.weight)
                yield loss * (size * counts), weight * counts

        with answering():
            return _mean(losses(), processes)

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Return the loss of a batch, as skorch asks for it.

        Parameters
        ----------
        y_pred : tuple of Tensor
            Outputs of the network.

        y_true : tuple of Tensor or SparseRows
            What to learn.

        X : object, default=None
            What skorch passes; it changes nothing.

        training : bool, default=False
            What skorch passes; it changes nothing.

        Returns
        -------
        Tensor of shape ()
            The loss.
        """
        targets = y_true if isinstance(y_true, (list, tuple)) else [y_true]
        return self.criterion_(y_pred, targets)

    def forward_iter(self, X, training=False, device="cpu"):
        """Yield the outputs of batch after batch.

        Parameters
        ----------
        X : RowData, array or sparse array
            The rows.

        training : bool, default=False
            Whether layers such as dropout are those of training.

        device : str, default="cpu"
            Where outputs are put.

        Yields
        ------
        outputs : tuple of Tensor
            What the network says of a batch.
        """
        self.module_.train(training)
        for batch in self.get_dataset(X).batches(self.batch_size):
            with torch.inference_mode(False) if training else answering():
                outputs = self.module_(batch.to(self.device).inputs)
                if isinstance(outputs, torch.Tensor):
                    outputs = outputs.to(device)
                else:
                    outputs = tuple(output.to(device) for output in outputs)
            yield outputs

    def renew(self, training, *, seed, criterion=None, sparse=False):
        """Take settings that a training is to go on with.

        What optimizers remember is kept unless the rule is another one now.

        Parameters
        ----------
        training : Training
            The settings. The network moves to their device.

        seed : int
            Decides what is left to chance from now on.

        criterion : callable or None, default=None
            Makes the loss; None keeps the one there is.

        sparse : bool, default=False
            Whether rows are sparse: their gradients have an optimizer of their own.
        """
        self.training, self.seed = training, seed
        self.batch_size = training.batch_size
        if criterion is not None:
            self.criterion_ = criterion()
        self._move(str(_device(training.device)))
        self._renew_optimizers(sparse)

    def _move(self, device):
        self.criterion_.to(device)
        if device == self.device:
            return
        self.device = device
        self.module_.to(device)
        for optimizer in self.optimizers():  # which puts its memory where weights are
            optimizer.load_state_dict(optimizer.state_dict())

    def _renew_optimizers(self, sparse):
        now = make_optimizers(self.module_, self.training, sparse=sparse)
        old = self.optimizers()
        goes_on = any(each.state for each in old) and sparse == self.sparse
        if goes_on and list(map(_rule, old)) == list(map(_rule, now)):
            return
        self.sparse = sparse
        with self._current_init_context("optimizer"):
            self.initialize_optimizer()

    def forget_steps(self):
        """Drop what optimizers remember, which can be larger than the network."""
        for optimizer in self.optimizers():
            optimizer.state.clear()
            optimizer.zero_grad(set_to_none=True)


def _device(device):
    if isinstance(device, str) and device == "accelerate":
        return start_processes(device).device
    return choose_device(device)


def _refuse_no_weight(valid):
    weights = valid.weights() if isinstance(valid, RowData) else None
    if weights is not None and not weights.any():
        raise ValueError(
            "valid: all rows held out have weight 0, so that no loss can be watched. "
            "Hold out others."
        )


def _rule(optimizer):
    """Return what settings say of an optimizer, but its rate, which epochs set."""
    names = ("solver", "momentum", "weight_decay")
    return type(optimizer), [optimizer.defaults.get(name) for name in names]


def _size_and_weight(batch):
    size = len(batch)
    return size, size if batch.weight is None else float(batch.weight.sum())


def _mean(steps, processes):
    """Divide sums of losses and weights; the device is asked once, at the end."""
    loss_sum, weight_sum = 0.0, 0.0
    for loss, weight in steps:
        loss_sum = loss_sum + loss
        weight_sum = weight_sum + weight
    loss_sum, weight_sum = processes.sums(loss_sum, weight_sum)
    return loss_sum / weight_sum if weight_sum else 0.0


def _line(record):
    held_out = (
        f", held out {record['valid_loss']:.5f}{' *' if record['best'] else ''}"
        if "valid_loss" in record
        else ""
    )
    return (
        f"Epoch {record['epoch']}: loss {record['train_loss']:.5f}{held_out} "
        f"({record['seconds']:.2f} s)"
    )
