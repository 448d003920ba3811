# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is shown to networks that adjust cells by posting times, and what they say."""

from copy import deepcopy
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from scipy import stats
from sklearn.utils import gen_batches

from sklearn_geo.geolocation._combine import log_softmax
from sklearn_geo.geolocation._first_cells import FirstCells
from sklearn_geo.geolocation._time_network import (
    CorrectionLoss,
    TimeCorrection,
    n_reference,
    paper_network,
    photo_losses,
    time_triple,
    time_waves,
)
from sklearn_geo.nets import HeadsLoss, LazyRows, RowData, rows_in_memory
from sklearn_geo.nets._usual import answering

__all__ = [
    "STRENGTHS",
    "TINY",
    "CorrectionLesson",
    "PaperLesson",
    "Taught",
    "corrector",
    "foreign",
    "occasions",
    "paper_inputs",
    "paper_scores",
]

# Shares of a correction that held-out photos choose from, beside none at all.
STRENGTHS = np.array([0.25, 0.5, 0.75, 1.0])
# A gain counts if it is beyond what chance does once in a hundred times.
_SURE = 0.99
# Probabilities below it count as much.
TINY = 1e-30
# Photos whose losses are reckoned together.
_AT_ONCE = 1024


@dataclass(frozen=True)
class Taught:
    """Photos to learn from.

    Parameters
    ----------
    first : FirstCells
        What the wrapped estimator says of each, not having seen it.

    times : ndarray of datetime64 of shape (n_photos,)
        Moments in UTC, NaT where there is none.

    metadata : ndarray of shape (n_photos, n_metadata)
        Further columns, standardised.

    cells : ndarray of int of shape (n_photos,)
        Where they were taken; -1 is in no cell, or of weight 0.

    weights : ndarray of shape (n_photos,) or None
        What each counts.

    occasions : ndarray of int of shape (n_photos,)
        Photos of one cell, day and group are one occasion.

    places : ndarray of shape (n_cells, 2)
        Where the cells are.

    foreign : ndarray of bool of shape (n_photos,)
        Photos of cells that were strange to what `first` is of.
    """

    first: FirstCells
    times: np.ndarray
    metadata: np.ndarray
    cells: np.ndarray
    weights: np.ndarray | None
    occasions: np.ndarray
    places: np.ndarray
    foreign: np.ndarray


def occasions(cells, times, groups):
    """Give photos of the same cell, day and group one number.

    Parameters
    ----------
    cells : ndarray of int of shape (n_photos,)
        Cells.

    times : ndarray of datetime64 of shape (n_photos,)
        Moments; every photo without one is an occasion of its own.

    groups : ndarray of int of shape (n_photos,) or None
        Who took them.

    Returns
    -------
    ndarray of int of shape (n_photos,)
        From 0 on.
    """
    days = times.astype("datetime64[D]").astype(np.int64)
    missing = np.isnat(times)
    days[missing] = 0
    single = np.where(missing, np.arange(1, len(times) + 1), 0)
    groups = np.zeros(len(times), dtype=np.int64) if groups is None else groups
    key = np.column_stack([cells, days, groups, single])
    return np.unique(key, axis=0, return_inverse=True)[1].reshape(-1)


def foreign(cells, folds):
    """Tell which photos are of cells that their fold has for itself.

    Parameters
    ----------
    cells : ndarray of int of shape (n_photos,)
        Cells, -1 for none.

    folds : ndarray of int of shape (n_photos,) or None
        The fold that each photo was held out in, if any was.

    Returns
    -------
    ndarray of bool of shape (n_photos,)
        True where less than half of the photos of the cell are in other folds. A user
        who posts from home has a cell there, and an estimator that has not seen this
        user hardly knows the cell. New photos do not lie so: their cells are of others.
    """
    if folds is None:
        return np.zeros(len(cells), dtype=bool)
    table = np.zeros((cells.max() + 2, folds.max() + 1))
    np.add.at(table, (cells, folds), 1.0)  # -1 counts in the last row
    return 2.0 * table[cells, folds] > table.sum(axis=1)[cells]


class CorrectionLesson:
    """How a :class:`TimeCorrection` is taught, and asked.

    Parameters
    ----------
    taught : Taught
        Photos.

    shrinkage : float
        Factor of the penalty.

    seed : int
        Draws the moments that stand for all.
    """

    def __init__(self, taught, shrinkage, seed):
        self.taught, self.shrinkage, self.seed = taught, shrinkage, seed
        self.columns = self.columns_of(taught.times, taught.metadata)
        size = np.bincount(taught.occasions)[taught.occasions]
        # The photos of one occasion were posted at one hour: they are one witness.
        self.weights = 1.0 / size
        if taught.weights is not None:
            self.weights = self.weights * taught.weights
        inside = taught.cells >= 0
        counts = np.bincount(
            taught.cells[inside], self.weights[inside], len(taught.places)
        )
        mean = counts.sum() / max(1, np.count_nonzero(inside))
        self.share = (counts + 0.5 * mean) / (counts + 0.5 * mean).sum()

    @staticmethod
    def columns_of(times, metadata):
        """Return what the network sees beside probabilities."""
        known = ~np.isnat(times)
        columns = np.column_stack([time_waves(times), known, metadata])
        return columns.astype(np.float32)

    def network(self, rows):
        """Return what makes the network, for photos it learns from."""
        rng = np.random.default_rng([self.seed, 2])
        n_metadata = self.taught.metadata.shape[1]
        n_time = self.columns.shape[1] - n_metadata - 1
        known = rows[self.columns[rows, n_time] > 0]
        n_most = n_reference(len(self.share))
        moments = np.zeros((1, n_time), dtype=np.float32)
        if len(known):
            moments = self.columns[self._some(known, n_most, rng), :n_time]
        metadata = self.columns[self._some(rows, n_most, rng), n_time + 1 :]
        return partial(
            TimeCorrection, moments, self.taught.places, self.share, metadata
        )

    def _some(self, rows, n_most, rng):
        """Draw rows by their weights."""
        chance = self.weights[rows] / self.weights[rows].sum()
        # At even steps along the sum of chances: no draw is far from its share.
        steps = (np.arange(n_most) + rng.random()) / n_most
        at = np.searchsorted(np.cumsum(chance), steps)
        return rows[np.minimum(at, len(rows) - 1)]

    def criterion(self, rows):
        """Return what makes the loss."""
        whose = self.taught.occasions[rows]
        worth = np.bincount(whose, self.weights[rows])
        # As many witnesses of equal weight would be worth as much.
        n_witnesses = worth.sum() ** 2 / np.square(worth).sum()
        return partial(CorrectionLoss, self.shrinkage / n_witnesses)

    def data(self, rows):
        """Return photos as the network reads them."""
        n_columns = self.columns.shape[1] + len(self.share)
        inputs = LazyRows((len(self.columns), n_columns), self._inputs)
        return RowData(inputs, [self.taught.cells], self.weights, rows=rows)

    def _inputs(self, rows):
        logs = self.heard(rows).astype(np.float32)
        return np.hstack([self.columns[rows], logs])

    def heard(self, rows):
        """Return :meth:`logs`, but shares of cells for photos of foreign cells."""
        logs = self.logs(rows)
        logs[self.taught.foreign[rows]] = np.log(self.share)
        return logs

    def logs(self, rows):
        r"""Return log probabilities of all cells, for some of the photos.

        What the first cells leave is spread over the others by their shares of photos,
        but no other cell gets more than the last of the first ones.
        """
        first = self.taught.first
        cells = first.cells[rows].astype(np.intp)
        mass = first.mass[rows].astype(np.float64)[:, np.newaxis]
        own = np.maximum(first.proba[rows] * mass, TINY)
        out = np.tile(self.share, (len(cells), 1))
        np.put_along_axis(out, cells, 0.0, axis=1)
        rest = np.maximum(1.0 - mass, 0.0) / np.maximum(
            out.sum(axis=1, keepdims=True), TINY
        )
        out = np.clip(out * rest, TINY, own.min(axis=1, keepdims=True))
        np.put_along_axis(out, cells, own, axis=1)
        return np.log(out)

    @torch.no_grad()
    def losses(self, net, rows):
        """Return the loss of photos, uncorrected and at all strengths."""
        module = net.module_.cpu()
        out = np.empty((len(rows), 1 + len(STRENGTHS)))
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            cells = torch.from_numpy(self.taught.cells[part])
            columns = torch.from_numpy(self.columns[part])
            logs = torch.from_numpy(self.heard(part).astype(np.float32))
            correction, scale = module.correct(columns)
            scores = scale[:, None] * logs
            for at, strength in enumerate([0.0, *STRENGTHS]):
                more = strength * correction
                lost = photo_losses(
                    scores + more, module.log_share + more, module.lost, cells
                )
                out[start : start + len(part), at] = lost.numpy()
        return out

    def choose(self, losses, rows, units):
        """Choose the strength that held-out photos vouch for.

        Parameters
        ----------
        losses : ndarray of shape (n_rows, 1 + n_strengths)
            Of photos held out.

        rows : ndarray of int of shape (n_rows,)
            Which photos.

        units : ndarray of int of shape (n_photos,)
            Photos of one unit are alike, and vouch for each other.

        Returns
        -------
        strength : float
            0 unless the gain is more than chance may do.

        gain : float
            Mean fall of the loss, in nats.
        """
        weights = self.weights[rows]
        gains = losses[:, :1] - losses[:, 1:]
        means = np.average(gains, axis=0, weights=weights)
        best = int(np.argmax(means))
        _, whose = np.unique(units[rows], return_inverse=True)
        n_units = whose.max() + 1
        if n_units < 2:
            return 0.0, 0.0
        beyond = weights * (gains[:, best] - means[best])
        square = np.square(np.bincount(whose, beyond)).sum()
        error = np.sqrt(square * n_units / (n_units - 1)) / weights.sum()
        if means[best] <= stats.t.ppf(_SURE, n_units - 1) * error:
            return 0.0, 0.0
        return float(STRENGTHS[best]), float(means[best])


def corrector(module, strength):
    """Return a function from columns and log probabilities to log posteriors.

    Parameters
    ----------
    module : TimeCorrection
        The network.

    strength : float
        The share of its correction to use.

    Returns
    -------
    callable
        From columns of shape (n_rows, n_columns) and log probabilities of shape
        (n_rows, n_cells) to an array like the latter, in double precision: rows do not
        feel each other. It is the mixture that :class:`CorrectionLoss` teaches; where
        there is neither a time nor metadata, log probabilities stay what they are.
    """
    n_time = module.time.reference.shape[1]

    def array(tensor):
        return tensor.detach().cpu().numpy().astype(np.float64)

    slopes, total = map(array, module.time.table())
    further = None
    if module.metadata is not None:
        further = [array(each) for each in module.metadata.table()]
    trust, tilt = array(module.trust_slopes), array(module.scale_slopes)
    log_scale, log_share = module.log_scale.item(), array(module.log_share)
    lost, heard = (-np.logaddexp(0.0, sign * module.lost.item()) for sign in (-1, 1))

    def correct(columns, logs):
        columns = columns.astype(np.float64)
        metadata = columns[:, n_time + 1 :]
        share = strength * columns[:, n_time] * 2.0 / (1.0 + np.exp(-metadata @ trust))
        added = columns[:, :n_time] @ slopes
        added -= total
        added *= share[:, np.newaxis]
        if further is not None:
            added += strength * (metadata @ further[0] - further[1])
        scale = np.exp(log_scale + metadata @ tilt)[:, np.newaxis]
        scores = log_softmax(scale * logs + added)
        guesses = log_softmax(log_share + added)
        answers = np.logaddexp(scores + heard, guesses + lost)
        if further is None:  # whose time is missing, nothing is known of
            silent = columns[:, n_time] == 0.0
            answers[silent] = log_softmax(logs[silent])
        return answers

    return correct


class PaperLesson:
    """How the network of Table 2 is taught, and asked.

    Parameters
    ----------
    taught : Taught
        Photos.

    hidden : sequence of int
        Widths of the three hidden layers.

    dropout : float
        Share of outputs of a layer that are dropped.
    """

    def __init__(self, taught, hidden, dropout):
        self.taught, self.hidden, self.dropout = taught, hidden, dropout
        self.columns = self.columns_of(taught.times, taught.metadata)
        self.weights = taught.weights

    @staticmethod
    def columns_of(times, metadata):
        """Return what the network sees beside first cells and their mass."""
        return np.column_stack([time_triple(times), metadata]).astype(np.float32)

    def network(self, rows):
        """Return what makes the network."""
        n_cells = self.taught.first.n_cells
        n_inputs = n_cells + 1 + self.columns.shape[1]
        return paper_network(n_inputs, n_cells, self.hidden, self.dropout)

    def criterion(self, rows):
        """Return what makes the loss."""
        return HeadsLoss

    def data(self, rows):
        """Return photos as the network reads them."""
        inputs = paper_inputs(self.taught.first, self.columns)
        return RowData(inputs, [self.taught.cells], self.weights, rows=rows)


def paper_inputs(first, columns):
    """Return the rows (p', its mass, columns) of section 3.2."""

    def some(rows):
        mass = first.mass[rows][:, np.newaxis]
        return np.hstack([first.dense(rows), mass, columns[rows]])

    return LazyRows((len(first), first.n_cells + 1 + columns.shape[1]), some)


@answering()
def paper_scores(net, first, columns):
    """Return the logits of a network of Table 2.

    They are reckoned in double precision: in single, rounding depends on which rows
    are beside each other.
    """
    out = np.empty((len(first), first.n_cells))
    module = deepcopy(net.module_).double().eval()
    device = next(module.parameters()).device
    inputs = paper_inputs(first, columns)
    widths = sum(each.shape[0] for each in module.parameters() if each.ndim == 2)
    for rows in gen_batches(len(first), rows_in_memory(16 * widths, len(first))):
        block = torch.from_numpy(np.asarray(inputs[rows], dtype=np.float64))
        out[rows] = module(block.to(device))[0].cpu().numpy()
    return out
