# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos of an album tell each other where they may be; an LSTM says how loudly."""

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import nn

from sklearn_geo.geolocation._album_network import BothWays
from sklearn_geo.geometry import EARTH_RADIUS_KM, chord_to_km, unit_vectors

__all__ = ["AlbumMessages", "MessagesLoss", "message_scales"]

# Minutes at which the ways between two photos are learnt; straight lines between.
_KNOTS = (0, 1, 10, 60, 360, 1440, 4 * 1440, 30 * 1440, 365 * 1440)
# What an LSTM reads of a photo: 9 of itself, 3 of the way from the one before.
_N_INPUTS = 12
_REACHES = 3
_FAR_KM = 500.0
_LEAST = 1e-6
# Where what is learnt begins.
_NOBODY, _POWER, _TRUST, _DOUBT, _SCALE = 1.0, 0.25, 0.0, -3.0, -1.0
# Photos between two photos, plus one, where ways are learnt.
_STEPS = (1, 2, 4, 8, 24)
_HEADS = 2
_TINY = 1e-30
_LOG_TINY = float(np.log(_TINY))
# Log share where there is no cell; infinity times nothing would be no gradient.
_NONE = -1e4
_BY_DIFFERENCES = "donot_use_mm_for_euclid_dist"


def message_scales(cell_places):
    """Return the distances, in km, over which photos of an album may lie apart.

    From the median distance of a cell to the nearest other one, to 500 km or four
    times that distance.
    """
    if len(cell_places) < 2:
        return np.full(_REACHES, _FAR_KM)
    vectors = unit_vectors(cell_places)
    chords = cKDTree(vectors).query(vectors, k=2)[0][:, 1]
    near = max(1.0, float(np.median(chord_to_km(np.minimum(chords, 2.0)))))
    return np.geomspace(near, max(_FAR_KM, 4.0 * near), _REACHES)


class AlbumMessages(nn.Module):
    r"""Add to what is said of a photo what the others of its album say.

    Parameters
    ----------
    places : ndarray of shape (n_cells, 2)
        Where cells are.

    shares : ndarray of shape (n_cells,)
        Shares of training photos in cells, none of them 0.

    hidden : int
        Width of the states of each direction of the LSTM.

    Notes
    -----
    The formulas are those of :class:`AlbumGeolocator`. All is reckoned on the cells
    that some photo of the album names, and one more that stands for the rest.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geolocation._album_messages import AlbumMessages
    >>> from sklearn_geo.geolocation._album_rows import AlbumRows
    >>> from sklearn_geo.geolocation._first_cells import FirstCells
    >>> places, shares = np.array([[0.0, 0], [0, 9], [9, 0]]), np.full(3, 1 / 3)
    >>> first = FirstCells.of(np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]]), 2)
    >>> blocks = AlbumRows(first).tensors(np.array([[0, 1]]))
    >>> network = AlbumMessages(places, shares, 4)
    >>> network.dense(network(blocks), blocks).shape
    torch.Size([1, 2, 3])
    """

    def __init__(self, places, shares, hidden):
        super().__init__()
        vectors = unit_vectors(np.asarray(places, dtype=np.float64))
        scales = message_scales(places)
        self.register_buffer("scales", torch.tensor(scales, dtype=torch.float32))
        self.register_buffer("vectors", torch.tensor(vectors, dtype=torch.float32))
        shares = np.asarray(shares, dtype=np.float64)
        self.register_buffer("log_shares", torch.tensor(np.log(shares)).float())
        sums = _kernel_sums(vectors, shares, scales)
        self.register_buffer("kernel_sums", torch.tensor(sums).float())
        knots = np.log1p(np.array(_KNOTS, dtype=np.float64))
        self.register_buffer("knots", torch.tensor(knots).float())
        n_ways = _HEADS * (1 + _REACHES)
        # What is learnt is added to constants, so that shrinking it does not hurt.
        self.by_gap = nn.Parameter(torch.zeros(len(_KNOTS), n_ways))
        self.by_steps = nn.Parameter(torch.zeros(len(_STEPS), n_ways))
        self.nobody = nn.Parameter(torch.zeros(_HEADS))
        self.power = nn.Parameter(torch.zeros(_HEADS))
        self.trust = nn.Parameter(torch.zeros(()))
        self.scale = nn.Parameter(torch.zeros(()))
        self.doubt = nn.Parameter(torch.zeros(()))
        # Heads that begin alike would stay so: one prefers what is near in time.
        begin = torch.zeros(len(_KNOTS), n_ways)
        begin[:5, : 1 + _REACHES] = 2.0
        self.register_buffer("begin", begin)
        nearest = torch.zeros(len(_STEPS), n_ways)
        nearest[:2, : 1 + _REACHES] = 1.0
        self.register_buffer("nearest", nearest)
        steps = np.log(np.array(_STEPS, dtype=np.float64))
        self.register_buffer("steps", torch.tensor(steps).float())
        self.states = BothWays(_N_INPUTS, hidden)
        self.of_ways = _zeros(2 * hidden, n_ways)
        self.of_power = _zeros(2 * hidden, _HEADS)

    def forward(self, blocks):
        """Return scores of the cells of albums, and what the rest of the cells has.

        Returns
        -------
        own : Tensor of shape (n_albums, n_steps, n_union)
            Scores; very low where the union has no cell.

        rest : Tensor of shape (n_albums, n_steps)
            A cell outside the union scores this and `tail`.

        tail : Tensor of shape (n_cells,)
            See there.

        union : Tensor of int of shape (n_albums, n_union)
            The cells.
        """
        cells, proba, told, union, at = blocks.blocks
        known = told[:, :, :1] > 0
        told = torch.where(known, told, 0.0)
        proba = torch.where(known, proba, 0.0)
        cells, at = torch.where(known, cells, 0), torch.where(known, at, 0)
        lengths = known[:, :, 0].sum(dim=1)
        union = union[:, :, 0]
        inside = union >= 0
        own = union.clamp_min(0)
        log_pi = torch.where(inside, self.log_shares[own], _NONE)
        pi = log_pi.exp()
        rest = (1.0 - pi.sum(dim=1, keepdim=True)).clamp_min(_LEAST)
        log_prior = torch.cat([log_pi, rest.log()], dim=1)[:, None]
        lift = self._lift(cells, proba, told, at, log_prior.shape[2])
        states = self.states(self._inputs(cells, proba, told), lengths)
        said = ((self.trust + _TRUST).exp() * lift + log_prior).softmax(dim=2)
        ways = self._ways(states, told, known[:, :, 0])
        said = self._mixed(said, ways, log_prior.exp(), self._kernel(own, pi))
        power = (self.power + self.of_power(states)).exp() * _POWER
        # Where there is no cell both logarithms are those of the least there is.
        least = log_prior.clamp_min(_LOG_TINY)[:, :, None]
        lifted = said.clamp_min(_TINY).log() - least
        added = (power[..., None] * lifted).sum(dim=2)
        scale = (self.scale + _SCALE).exp()
        flat = torch.cat([log_pi, torch.zeros_like(rest)], dim=1)[:, None]
        scores = scale * (lift + flat) + added
        return scores[:, :, :-1], scores[:, :, -1], scale * self.log_shares, union

    def alone(self, blocks, scale):
        """Return what :meth:`forward` does where photos say nothing to each other."""
        cells, proba, told, union, at = blocks.blocks
        union = union[:, :, 0]
        lift = self._lift(cells, proba, told, at, union.shape[1] + 1)
        log_pi = torch.where(union >= 0, self.log_shares[union.clamp_min(0)], _NONE)
        own = scale * (lift[:, :, :-1] + log_pi[:, None])
        return own, scale * lift[:, :, -1], scale * self.log_shares, union

    def dense(self, outputs, blocks):
        """Return the scores of all cells."""
        own, rest, tail, union = outputs
        out = rest[:, :, None] + tail
        # Cells that are none go to a column that is cut off.
        out = nn.functional.pad(out, (0, 1))
        where = torch.where(union >= 0, union, len(tail))
        out.scatter_(2, where[:, None].expand_as(own), own)
        return out[:, :, :-1]

    def _lift(self, cells, proba, told, at, width):
        """Return log p - log share of the cells of the union, and of the rest."""
        sure = (1.0 - torch.sigmoid(self.doubt + _DOUBT)) * told[:, :, 1:2]
        floor = (1.0 - sure).clamp_min(_LEAST)
        lift = floor.log().expand(-1, -1, width).clone()
        own = floor + sure * proba / self.log_shares[cells].exp()
        # Padding repeats position 0, with nothing to tell.
        return lift.scatter(2, at, own.log())

    def _ways(self, states, told, known):
        """Return how much each photo listens to each other one, in each way.

        Returns
        -------
        Tensor of shape (n_albums, n_steps, n_heads, n_ways, n_steps)
            With what is missing to 1 over the last two, a photo listens to nobody.
        """
        n_albums, n_steps = known.shape
        minutes, timed = told[:, :, 2], told[:, :, 3] > 0
        gaps = (minutes[:, :, None] - minutes[:, None]).abs().log1p()
        logits = _between(gaps, self.knots, self.by_gap + self.begin)
        step = torch.arange(n_steps, device=known.device)
        apart = (step[:, None] - step).abs().clamp_min(1).float().log()
        by_steps = _between(apart, self.steps, self.by_steps + self.nearest)
        both = timed[:, :, None] & timed[:, None]
        logits = torch.where(both[..., None], logits, 0.0) + by_steps
        logits = logits + self.of_ways(states)[:, None]
        listens = known[:, None] & ~torch.eye(
            n_steps, dtype=torch.bool, device=known.device
        )
        logits = torch.where(listens[..., None], logits, _NONE)
        logits = logits.view(n_albums, n_steps, n_steps, _HEADS, 1 + _REACHES)
        logits = logits.permute(0, 1, 3, 4, 2).flatten(3)
        nobody = (self.nobody + _NOBODY)[:, None].expand(n_albums, n_steps, -1, 1)
        shares = torch.cat([logits, nobody], dim=3).softmax(dim=3)[..., :-1]
        return shares.view(n_albums, n_steps, _HEADS, 1 + _REACHES, n_steps)

    def _mixed(self, said, ways, prior, kernel):
        """Return the mixture that each photo hears, a distribution over the union."""
        n_albums, n_steps = said.shape[:2]
        n_cells = said.shape[2] - 1
        heard = torch.bmm(ways.flatten(1, 3), said)
        heard = heard.view(n_albums, n_steps, _HEADS, 1 + _REACHES, n_cells + 1)
        nobody = 1.0 - heard.sum(dim=(3, 4))
        own = heard[:, :, :, 0, :-1] + nobody[..., None] * prior[:, :, None, :-1]
        for number in range(_REACHES):
            moved = heard[:, :, :, 1 + number, :-1].flatten(1, 2)
            own = own + torch.bmm(moved, kernel[number]).view_as(own)
        least = nobody[..., None] * prior[:, :, None, -1:]
        rest = torch.maximum(1.0 - own.sum(dim=3, keepdim=True), least)
        return torch.cat([own, rest], dim=3)

    def _inputs(self, cells, proba, told):
        """Return what the LSTM reads: no cell by name, and zeros for padding."""
        mean = torch.einsum("btk,btkx->btx", proba, self.vectors[cells])
        entropy = -torch.xlogy(proba, proba).sum(dim=2, keepdim=True)
        minutes = told[:, :, 2:3]
        gap = nn.functional.pad(minutes[:, 1:] - minutes[:, :-1], (0, 0, 1, 0))
        gap = gap.abs().log1p() / self.knots[-1]
        step = mean[:, 1:] - mean[:, :-1]
        apart = nn.functional.pad(step.norm(dim=2, keepdim=True), (0, 0, 1, 0))
        same = cells[:, 1:, :, None] == cells[:, :-1, None, :]
        both = torch.einsum(
            "bti,btij,btj->bt", proba[:, 1:], same.float(), proba[:, :-1]
        )
        agree = nn.functional.pad(both[:, :, None], (0, 0, 1, 0))
        columns = [told[:, :, :2], proba[:, :, :1], entropy, mean, gap, told[:, :, 3:]]
        columns += [apart, agree, agree.sqrt()]
        return torch.cat(columns, dim=2) * told[:, :, :1]

    def _kernel(self, own, pi):
        """Return chances to move between cells of an album, one block a distance.

        Returns
        -------
        list of Tensor of shape (n_albums, n_union, n_union)
            Rows are where from. What is missing to 1 goes to other cells.
        """
        vectors = self.vectors[own]
        # Of near cells a product of vectors tells no distance, in single precision.
        chords = torch.cdist(vectors, vectors, compute_mode=_BY_DIFFERENCES)
        km = 2.0 * EARTH_RADIUS_KM * torch.arcsin((chords / 2.0).clamp_max(1.0))
        sums = self.kernel_sums[own]
        return [
            (km / -scale).exp() * pi[:, None] / sums[:, :, number, None]
            for number, scale in enumerate(self.scales)
        ]


class MessagesLoss(nn.Module):
    """Cross-entropy over all cells, from scores of those of the album and the rest."""

    def rows(self, outputs, targets):
        """Return the loss of every photo, 0 for those without a cell."""
        own, rest, tail, union = outputs
        truth = targets[0]
        named = union[:, None] == truth[:, :, None]
        listed = tail.exp()[union.clamp_min(0)] * (union >= 0)
        others = (tail.exp().sum() - listed.sum(dim=1)).clamp_min(1e-12)
        total = torch.logaddexp(own.logsumexp(dim=2), rest + others.log()[:, None])
        inside = own.masked_fill(~named, 0.0).sum(dim=2)
        outside = rest + tail[truth.clamp_min(0)]
        score = torch.where(named.any(dim=2), inside, outside)
        return torch.where(truth >= 0, total - score, 0.0)

    def forward(self, outputs, targets, weight=None):
        """Return the loss of a batch; see :class:`ScoresLoss`."""
        losses = self.rows(outputs, targets) * targets[1]
        return losses.sum() / len(losses)


def _between(values, knots, heights):
    """Return a function of straight lines between knots, flat outside of them."""
    last = len(knots) - 2
    left = (torch.searchsorted(knots, values.contiguous(), right=True) - 1).clamp(
        0, last
    )
    share = ((values - knots[left]) / (knots[left + 1] - knots[left])).clamp(0.0, 1.0)
    low, high = heights[left], heights[left + 1]
    return low + share[..., None] * (high - low)


def _zeros(n_inputs, n_outputs):
    layer = nn.Linear(n_inputs, n_outputs)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def _kernel_sums(vectors, shares, scales):
    """Return what the chances to move from each cell are divided by."""
    sums = np.empty((len(vectors), len(scales)))
    n_rows = max(1, 2**22 // max(1, len(vectors)))
    for begin in range(0, len(vectors), n_rows):
        rows = slice(begin, begin + n_rows)
        inner = np.clip(vectors[rows] @ vectors.T, -1.0, 1.0)
        km = EARTH_RADIUS_KM * np.arccos(inner)
        for number, scale in enumerate(scales):
            sums[rows, number] = np.exp(km / -scale) @ shares
    return np.maximum(sums, 1e-30)
