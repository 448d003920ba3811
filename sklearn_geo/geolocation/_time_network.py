# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the posting time says of cells: waves in time that meet waves over the earth."""

import math
from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from sklearn_geo.encoding import PostingTimeEncoder
from sklearn_geo.nets import HeadedMLP, weighted_mean

__all__ = [
    "CorrectionLoss",
    "Response",
    "TimeCorrection",
    "paper_network",
    "place_waves",
    "time_triple",
    "time_waves",
]

# Waves a day, in time and around the earth: four tell hours apart that are three hours
# from each other.
_DAILY = 4
_DAY, _YEAR = 86_400, 365.2425 * 86_400
# What a weight is expected to be (its standard deviation before anything is seen). A
# wave of the day meets the same wave around the earth where people live by the sun;
# other pairs may mean something, and so may a cell alone.
_EXPECTED, _POSSIBLE, _ALONE, _FURTHER = 1.0, 0.05, 0.05, 0.2
# Reference moments that a response is normalised over: as many as this table holds.
_TABLE, _FEW, _MANY = 1 << 16, 64, 512


def time_triple(times):
    """Return (hour, day of the week, month) as section 3.2 of the paper codes them.

    Parameters
    ----------
    times : ndarray of datetime64 of shape (n_photos,)
        Moments in UTC.

    Returns
    -------
    ndarray of shape (n_photos, 3)
        Rows of zeros where there is no time.
    """
    if not len(times):
        return np.zeros((0, 3))
    encoder = PostingTimeEncoder(time_zone="UTC", handle_missing="zero")
    return encoder.fit_transform(times[:, np.newaxis])


def time_waves(times):
    r"""Return sines and cosines of the day, the year and the week.

    Parameters
    ----------
    times : ndarray of datetime64 of shape (n_photos,)
        Moments in UTC.

    Returns
    -------
    ndarray of shape (n_photos, 24)
        :math:`\cos 2\pi k h` for k = 1 to 4, then the sines, with h the share of the
        day that has passed; products of the first two of each with the first wave of
        the year, since days are longer in summer; two waves of the year; two of the
        week. Rows of zeros where there is no time.
    """
    times = times.astype("datetime64[s]")
    missing = np.isnat(times)
    seconds = np.where(missing, np.datetime64(0, "s"), times).astype(np.int64)
    day = _waves(seconds % _DAY / _DAY, _DAILY)
    year = _waves(seconds % _YEAR / _YEAR, 2)
    week = _waves((seconds // _DAY + 4) % 7 / 7, 2)
    slow = day[:, [0, 1, _DAILY, _DAILY + 1]]
    seasons = slow[:, :, np.newaxis] * year[:, np.newaxis, [0, 2]]
    out = np.column_stack([day, seasons.reshape(len(times), -1), year, week])
    out[missing] = 0.0
    return out


def place_waves(places):
    """Return sines and cosines of the longitude, and smooth functions of the place.

    Parameters
    ----------
    places : ndarray of shape (n_cells, 2)
        Latitude and longitude in degrees.

    Returns
    -------
    ndarray of shape (n_cells, 14)
        Four cosines and four sines of the longitude; the unit vector; the first cosine
        and sine times the sine of the latitude; the cosine of twice the latitude.
    """
    latitude, longitude = np.radians(places).T
    turns = _waves(longitude / (2.0 * np.pi), _DAILY)
    flat, up = np.cos(latitude), np.sin(latitude)
    first = turns[:, [0, _DAILY]]
    return np.column_stack(
        [
            turns,
            flat[:, np.newaxis] * first,
            up,
            up[:, np.newaxis] * first,
            np.cos(2.0 * latitude),
        ]
    )


def _waves(share, n_waves):
    """Return cosines, then sines, of multiples of a share of a turn."""
    angles = 2.0 * np.pi * share[:, np.newaxis] * np.arange(1, n_waves + 1)
    return np.column_stack([np.cos(angles), np.sin(angles)])


def paper_network(n_inputs, n_cells, hidden, dropout):
    """Return what makes the network of Table 2.

    Parameters
    ----------
    n_inputs : int
        N + 4 in the table, and further columns.

    n_cells : int
        N.

    hidden : sequence of int
        Widths of the three hidden layers, 542 * 3 each.

    dropout : float
        0.5.

    Returns
    -------
    callable
        Makes a :class:`~sklearn_geo.nets.HeadedMLP`. Its `trunk` is, four times, a
        dense layer, batch normalisation, an activation (ReLU, sigmoid, ReLU, sigmoid)
        and dropout; its `heads` are the layer of N logits.
    """
    return partial(
        HeadedMLP,
        n_inputs,
        [n_cells],
        hidden=(n_inputs, *hidden),
        activation=["relu", *(("logistic", "relu") * len(hidden))[: len(hidden)]],
        dropout=dropout,
        batch_norm=True,
        init="he",
    )


class Response(nn.Module):
    r"""How each cell answers to some columns, as a density answers to a variable.

    Parameters
    ----------
    columns : ndarray of shape (n_reference, n_columns)
        Rows that stand for the distribution of the columns.

    waves : ndarray of shape (n_cells, n_waves)
        Smooth functions of the places of cells.

    expected : ndarray of shape (n_columns, n_waves)
        Standard deviation that a weight is expected to have.

    alone : float
        The same of the weights that each cell has for itself.

    Notes
    -----
    The answer of cell c to columns :math:`\varphi` is :math:`u_c = \varphi^T (W \psi_c
    + v_c)`, normalised over the reference rows r:

    .. math:: g_c(\varphi) = u_c(\varphi) - \log \frac{1}{R} \sum_r e^{u_c(\varphi_r)}.

    So :math:`e^{g_c}` is the ratio of a density and the one of all photos, :math:`p(t |
    c) / p(t)`, whatever the weights are, and no cell can gain by it on average.
    """

    def __init__(self, columns, waves, expected, alone):
        super().__init__()
        n_columns, n_cells = columns.shape[1], len(waves)
        self.register_buffer("reference", _float32(columns))
        self.register_buffer("waves", _float32(waves.T))
        self.register_buffer("expected", _float32(expected))
        self.alone = alone
        self.smooth = nn.Parameter(torch.zeros(n_columns, waves.shape[1]))
        self.own = nn.Parameter(torch.zeros(n_columns, n_cells))

    def table(self):
        """Return the slopes of all cells, and what normalises their answers."""
        slopes = (self.smooth * self.expected) @ self.waves + self.alone * self.own
        answers = self.reference @ slopes
        return slopes, answers.logsumexp(dim=0) - math.log(len(answers))

    def forward(self, columns):
        """Return the answers of all cells to rows of columns."""
        slopes, total = self.table()
        return columns @ slopes - total

    def penalty(self):
        """Return how far the weights are from zero, as they are expected to be."""
        return 0.5 * (self.smooth.square().sum() + self.own.square().sum())


class TimeCorrection(nn.Module):
    r"""Correct log probabilities of cells by posting times and further columns.

    Parameters
    ----------
    moments : ndarray of shape (n_reference, n_waves)
        Waves of times that stand for all.

    places : ndarray of shape (n_cells, 2)
        Where the cells are.

    share : ndarray of shape (n_cells,)
        Shares of training photos, none of them zero.

    metadata : ndarray of shape (n_reference, n_metadata)
        Rows of metadata that stand for all; there may be no column.

    Notes
    -----
    Inputs are, side by side, the waves of the time, 1 if the time is known, else 0, the
    metadata m, and the log probabilities. Outputs are scores

    .. math::
        s_c = a \, e^{b^T m} \log \tilde p_c
              + 2 \sigma(d^T m) \, g_c(t) + g'_c(m),

    the logits of a guess that does not look at the photo, :math:`\log share_c` instead
    of the first term, and the logit of how often a photo is lost on the wrapped
    estimator, so that only such a guess is left.
    """

    def __init__(self, moments, places, share, metadata):
        super().__init__()
        waves, n_metadata = place_waves(places), metadata.shape[1]
        expected = np.full((moments.shape[1], waves.shape[1]), _POSSIBLE)
        for wave in range(_DAILY):
            pair = [wave, wave + _DAILY]
            expected[np.ix_(pair, pair)] = _EXPECTED
        self.time = Response(moments, waves, expected, _ALONE)
        self.metadata = None
        if n_metadata:
            expected = np.full((n_metadata, waves.shape[1]), _FURTHER)
            self.metadata = Response(metadata, waves, expected, _ALONE)
        self.log_scale = nn.Parameter(torch.zeros(()))
        self.scale_slopes = nn.Parameter(torch.zeros(n_metadata))
        self.trust_slopes = nn.Parameter(torch.zeros(n_metadata))
        self.lost = nn.Parameter(torch.tensor(0.0))
        self.register_buffer("log_share", _float32(np.log(share)))

    def forward(self, inputs):
        """Return scores, guesses, the logit of being lost, and the penalty."""
        n_cells = len(self.log_share)
        correction, scale = self.correct(inputs[:, :-n_cells])
        scores = scale[:, None] * inputs[:, -n_cells:] + correction
        penalty = self.time.penalty() + 50.0 * self.log_scale.square()
        penalty = penalty + 2.0 * self.scale_slopes.square().sum()
        penalty = penalty + 0.5 * self.trust_slopes.square().sum()
        if self.metadata is not None:
            penalty = penalty + self.metadata.penalty()
        return scores, self.log_share + correction, self.lost, penalty

    def correct(self, columns):
        """Return what is added to scores, and the factor of log probabilities."""
        n_time = self.time.reference.shape[1]
        times, known = columns[:, :n_time], columns[:, n_time]
        metadata = columns[:, n_time + 1 :]
        trust = 2.0 * torch.sigmoid(metadata @ self.trust_slopes)
        correction = (known * trust)[:, None] * self.time(times)
        if self.metadata is not None:
            correction = correction + self.metadata(metadata)
        return correction, torch.exp(self.log_scale + metadata @ self.scale_slopes)


class CorrectionLoss(nn.Module):
    r"""Cross-entropy of corrected scores, where some photos are lost.

    Parameters
    ----------
    shrinkage : float, default=0.0
        What the penalty counts beside the mean over photos.

    Notes
    -----
    A photo of a cell that the wrapped estimator has never seen photos of (folds of
    users leave such cells) has a probability near zero, and one of them can outvote
    hundreds. So a share :math:`\epsilon` of photos, which is learnt, is taken as lost:

    .. math::
        \ell = -\log\big((1 - \epsilon) \operatorname{softmax}(s)_c
               + \epsilon \operatorname{softmax}(\log share + g)_c\big).
    """

    def __init__(self, shrinkage=0.0):
        super().__init__()
        self.shrinkage = shrinkage

    def forward(self, outputs, targets, weight=None):
        """Return the mean over photos, and the penalty."""
        losses = photo_losses(*outputs[:3], targets[0])
        return weighted_mean(losses, weight) + self.shrinkage * outputs[3]


def photo_losses(scores, guesses, lost, cells):
    """Return the loss of each photo, see :class:`CorrectionLoss`."""
    own = -functional.cross_entropy(scores, cells, reduction="none")
    guess = -functional.cross_entropy(guesses, cells, reduction="none")
    return -torch.logaddexp(
        own + functional.logsigmoid(-lost), guess + functional.logsigmoid(lost)
    )


def n_reference(n_cells):
    """Return how many moments a response of so many cells is normalised over."""
    return min(max(_TABLE // n_cells, _FEW), _MANY)


def _float32(values):
    return torch.tensor(np.asarray(values), dtype=torch.float32)
