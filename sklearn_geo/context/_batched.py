# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Many zones trained at once, as one batched computation."""

import time
import warnings
from collections import deque
from contextlib import contextmanager
from functools import partial

import numpy as np
import torch
from scipy import sparse

from sklearn_geo.context._architecture import of_network
from sklearn_geo.context._batched_memory import buckets, half_of
from sklearn_geo.context._batched_rows import ResidentRows, StreamedRows, walk
from sklearn_geo.context._batched_steps import NetworkStack
from sklearn_geo.context._short_memory import ShortMemory, SkippedZone
from sklearn_geo.context._zone_training import TrainedZone, train_or_skip, training_of
from sklearn_geo.nets import Patience, RowData, choose_device, hold_out, seeded
from sklearn_geo.nets._training import check_loss
from sklearn_geo.nets._usual import usual_torch

__all__ = ["train_zones"]


def train_zones(tasks, architecture, preset):
    """Train the networks of many zones, their steps side by side.

    Every zone has the first weights, the batches, the steps and the end that
    :func:`train_zone` gives it, so that its result is the same to the noise of
    floating point, whatever other zones are trained with it.

    Parameters
    ----------
    tasks : sequence of ZoneTask
        The zones. The targets of one context are either dense in all of them or sparse
        in all of them.

    architecture : Architecture
        The shape of their networks.

    preset : Preset
        How they are trained.

    Yields
    ------
    TrainedZone or SkippedZone
        The zones, each as soon as it is done. Their seconds are shares of the time
        that zones took together. After Ctrl-C those that were being trained come with
        the best weights they had, and then no more.

    Raises
    ------
    ValueError
        What :func:`train_zone` raises; the message names the zone.

    Notes
    -----
    Zones are put in order of size, and so many of them make a bucket as memory holds
    together with their rows. A zone whose rows do not fit is read batch by batch. If
    memory runs out all the same, half as many are tried, and one that is alone is
    skipped.

    In a bucket the zone with most batches comes first, so that the zones that have a
    batch left are always the first ones. A zone that is done leaves, and the ones
    behind it move up.

    On a card, `mixed_precision` "auto" and True compute products in TensorFloat-32:
    half precision needs copies of all weights in each step, which take longer than what
    products of small batches save.

    Zones are trained one by one if they have too few photos to hold any out, if their
    columns are sparse, if products on the card are in "float16", whose gradients need a
    scale of their own for every zone, and for ``device="accelerate"``.
    """
    training, together = preset.training, []
    device = _stacking_device(training)
    for task in tasks:
        as_others = training_of(task, preset) == training
        if as_others and device is not None and not sparse.issparse(task.X[:1]):
            together.append(task)
            continue
        trained = train_or_skip(task, architecture, preset)
        yield trained
        if not isinstance(trained, SkippedZone) and trained.interrupted:
            return
    if not together:
        return
    waiting = deque(buckets(together, architecture, preset, device))
    while waiting:
        bucket, is_resident = waiting.popleft()
        done, interrupted = set(), False
        with ShortMemory() as memory:
            for position, trained in _train_bucket(
                bucket, architecture, preset, device, is_resident
            ):
                done.add(position)
                interrupted |= trained.interrupted
                yield trained
        if interrupted:
            return
        if memory.why:
            if device.type == "cuda":
                torch.cuda.empty_cache()
            left = [task for at, task in enumerate(bucket) if at not in done]
            if len(bucket) == 1:
                (task,) = bucket
                yield SkippedZone(
                    task.zone, task.name, int(task.X.shape[0]), memory.why
                )
                continue
            middle = (len(left) + 1) // 2
            halves = [(left[:middle], is_resident), (left[middle:], is_resident)]
            waiting.extendleft(half for half in reversed(halves) if half[0])


def _stacking_device(training):
    """Return the device that trains zones at once, None if they go one by one."""
    if isinstance(training.device, str) and training.device == "accelerate":
        return None
    device = choose_device(training.device)
    return None if half_of(training, device) is torch.float16 else device


@contextmanager
def _quick_products(training, device):
    """Let a card compute products in TensorFloat-32, unless full precision is wanted.

    It reads weights as they are. Half precision first makes copies of them, and with
    few rows a batch a card is busy with memory rather than with products.
    """
    if device.type != "cuda" or training.mixed_precision not in ("auto", True):
        yield
        return
    products = torch.backends.cuda.matmul
    newer = getattr(products, "fp32_precision", None)
    try:
        before = torch.get_float32_matmul_precision()
    except RuntimeError:  # torch's newer setting is in use, and only that
        before = None
    if before is None:
        products.fp32_precision = "tf32"
    elif before == "highest":
        torch.set_float32_matmul_precision("high")
    try:
        yield
    finally:
        if before is not None:
            torch.set_float32_matmul_precision(before)
        if newer is not None:
            products.fp32_precision = newer


def _train_bucket(tasks, architecture, preset, device, is_resident):
    """Yield the position of a task and its trained zone, as they are done."""
    found = [
        TrainedZone(task.zone, {}, int(task.X.shape[0]), 0.0, []) for task in tasks
    ]
    training = training_of(tasks[0], preset)
    last = len(architecture.networks) - 1
    for number in range(last + 1):
        learners = [
            _Learner(position, task, number, architecture, preset, training)
            for position, task in enumerate(tasks)
        ]
        run = _Run(learners, architecture.module(number), training, device)
        interrupted = False
        for learner, arrays, stopped in run.train(is_resident):
            trained = found[learner.position]
            trained.weights.update(
                {f"{number}.{name}": array for name, array in arrays.items()}
            )
            trained.histories.append(learner.history)
            trained.seconds += learner.seconds
            trained.interrupted |= stopped
            interrupted |= stopped
            if number == last:
                yield learner.position, trained
        if interrupted:
            warnings.warn(
                "Training was interrupted. The networks of the zones in training are "
                "fitted and predict, as well as they had learnt by then.",
                UserWarning,
                stacklevel=2,
            )


class _Learner:
    """One network of one zone: its rows, its chance, and how far it has come."""

    def __init__(self, position, task, number, architecture, preset, training):
        self.position, self.name, self.seed = position, task.name, task.seed + number
        targets = task.targets[number]
        try:
            self.data = RowData(task.X, targets, task.sample_weight)
            self.train, self.valid = self.data, None
            if training.early_stopping:
                self.train, self.valid = hold_out(
                    self.data, training.validation_fraction, self.seed
                )
        except ValueError as error:
            raise ValueError(f"Zone {self.name}: {error}") from error
        if task.start is not None:
            own = of_network(task.start, number).items()
            self.first = lambda: {name: torch.tensor(array) for name, array in own}
        else:
            make = partial(architecture.module, number)
            make = preset.starting(make, targets, task.sample_weight, seed=self.seed)
            self.first = lambda: self._draw(make)
        self.limit = training.max_iter if task.epochs is None else task.epochs
        self.patience = Patience(training.n_iter_no_change, training.tol)
        self.shuffle = training.shuffle
        self.history, self.seconds = [], 0.0

    def _draw(self, make):
        with usual_torch(), seeded(self.seed):
            return make().state_dict()

    @property
    def is_done(self):
        """Whether there is no further epoch."""
        return self.patience.exhausted or len(self.history) >= self.limit

    def order(self, epoch):
        """Return the positions of an epoch, as a net draws them."""
        if not self.shuffle:
            return np.arange(len(self.train))
        return np.random.default_rng([self.seed, epoch]).permutation(len(self.train))


class _Run:
    """The training of networks of one shape, zone beside zone."""

    def __init__(self, learners, module, training, device):
        # Most batches first, in training and among the rows held out.
        self.learners = sorted(learners, key=lambda each: -len(each.data))
        self.training, self.device = training, device
        with usual_torch():
            self.stack = NetworkStack(
                module,
                len(learners),
                training,
                device,
                half=half_of(training, device),
                keeps_best=training.early_stopping,
            )

    def train(self, is_resident):
        """Yield each learner with its weights, and whether it was interrupted."""
        began, interrupted = time.perf_counter(), False
        with usual_torch():
            for slot, learner in enumerate(self.learners):
                self.stack.load(slot, learner.first())
                learner.first = None
            kind = ResidentRows if is_resident else StreamedRows
            self.rows = kind([each.data for each in self.learners], self.device)
        self._share_time(began)
        epoch = 0
        while self.learners:
            done = [
                slot
                for slot, learner in enumerate(self.learners)
                if interrupted or learner.is_done
            ]
            for slot in done:
                yield self.learners[slot], self.stack.arrays(slot), interrupted
            if done:
                self._leave(done)
                continue
            try:
                with usual_torch():
                    self._epoch(epoch)
            except KeyboardInterrupt:
                interrupted = True
            epoch += 1

    def _leave(self, done):
        """Let learners go; the ones behind move up."""
        kept = [slot for slot in range(len(self.learners)) if slot not in set(done)]
        for target, source in enumerate(kept):
            if target != source:
                self.stack.move(source, target)
        self.learners = [self.learners[slot] for slot in kept]
        self.rows = self.rows.only(kept)

    def _share_time(self, began):
        seconds = (time.perf_counter() - began) / len(self.learners)
        for learner in self.learners:
            learner.seconds += seconds
        return seconds

    def _epoch(self, epoch):
        began, rate = time.perf_counter(), self.training.learning_rate(epoch)
        train = [learner.train for learner in self.learners]
        orders = [learner.order(epoch) for learner in self.learners]

        def learn(inputs, targets, weight, sizes):
            factor = weight / sizes[:, None]
            return self.stack.learn(inputs, targets, factor, rate)

        with _quick_products(self.training, self.device):
            train_losses = self._walk(train, orders, learn)
        self._check("training loss", train_losses, epoch)
        valid_losses = [None] * len(train)
        if self.training.early_stopping:
            valid = [learner.valid for learner in self.learners]
            orders = [np.arange(len(part)) for part in valid]
            valid_losses = self._walk(
                valid, orders, lambda *batch: self.stack.losses(*batch[:2])
            )
            self._check("held-out loss", valid_losses, epoch)
        seconds = self._share_time(began)
        for slot, (learner, train_loss, valid_loss) in enumerate(
            zip(self.learners, train_losses, valid_losses, strict=True)
        ):
            record = {
                "epoch": epoch + 1,
                "train_loss": train_loss,
                "learning_rate": rate,
                "n_rows": len(learner.train),
            }
            if valid_loss is not None:
                record["valid_loss"] = valid_loss
            record["seconds"] = seconds
            watched = train_loss if valid_loss is None else valid_loss
            record["best"] = learner.patience.tell(watched)
            if valid_loss is not None and record["best"]:
                self.stack.keep(slot)
            learner.history.append(record)
        if self.training.verbose:
            print(_line(self.learners))

    def _walk(self, parts, orders, losses_of):
        """Return the weighted mean of the losses of each zone."""
        total = torch.zeros(len(parts), device=self.device)
        batch_size = self.training.batch_size
        for inputs, targets, weight, sizes in walk(
            parts, batch_size, orders, self.rows
        ):
            losses = losses_of(inputs, targets, weight, sizes)
            total[: len(sizes)] += (losses * weight).sum(dim=1)
        means = []
        for loss, part in zip(total.tolist(), parts, strict=True):
            weights = _weight_sum(part)
            means.append(loss / weights if weights else 0.0)
        return means

    def _check(self, which, losses, epoch):
        wrong = [at for at, loss in enumerate(losses) if not np.isfinite(loss)]
        if not wrong:
            return
        try:
            check_loss(self.training, which, epoch, losses[wrong[0]])
        except ValueError as error:
            name = self.learners[wrong[0]].name
            more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            raise ValueError(f"Zone {name}{more}: {error}") from None


def _weight_sum(part):
    if part.sample_weight is None:
        return len(part)
    rows = slice(None) if part.rows is None else part.rows
    return float(part.sample_weight[rows].sum(dtype=np.float64))


def _line(learners):
    records = [learner.history[-1] for learner in learners]
    text = f"Epoch {records[0]['epoch']}, {len(records)} zones: loss "
    text += f"{np.mean([record['train_loss'] for record in records]):.5f}"
    if "valid_loss" in records[0]:
        text += (
            f", held out {np.mean([record['valid_loss'] for record in records]):.5f}"
        )
    return text + f" ({sum(record['seconds'] for record in records):.2f} s)"
