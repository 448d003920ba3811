# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos of an album tell each other where they may be; an LSTM says how loudly."""

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import nn

from sklearn_geo.geolocation._album_network import BothWays, backwards, take_steps
from sklearn_geo.geometry import EARTH_RADIUS_KM, chord_to_km, unit_vectors

__all__ = ["AlbumMessages", "MessagesLoss", "message_scales"]

# Minutes at which the ways between two photos are learnt; straight lines between.
_KNOTS = (0, 1, 10, 60, 360, 1440, 4 * 1440, 30 * 1440, 365 * 1440)
# What an LSTM reads of a photo: 9 of itself, 3 of the way from the one before.
_N_INPUTS = 12
_REACHES = 3
_FAR_KM = 500.0
_LEAST = 1e-6
# Log share where there is no cell; infinity times nothing would be no gradient.
_NONE = -1e4


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
    With shares :math:`\pi`, and :math:`\hat p_i`, :math:`\mu_i` the first cells of
    photo `i` and the mass they had, all of what is said of it is

    .. math:: p_i(c) = (1 - \varepsilon) \mu_i \hat p_i(c)
              + (1 - (1 - \varepsilon) \mu_i) \pi(c).

    What the photos before `i` say is a message :math:`f_i`, a distribution over cells:

    .. math::
        f_1 = \pi, \quad
        a_i \propto f_i \, (p_i / \pi)^{\lambda_i}, \quad
        f_{i+1} = g^0_i \, \pi + g^1_i \, a_i + \sum_k g^{k + 1}_i \, K_k a_i

    so the next photo was taken anywhere, in the same cell, or near it: :math:`K_k`
    moves to cell `d` with a chance in proportion to
    :math:`\pi(d) \exp(-\mathrm{km}(c, d) / \tau_k)`. A message :math:`b_i` comes from
    the photos after it alike. The scores are

    .. math:: s_i = \sigma \log p_i + \log(f_i / \pi) + \log(b_i / \pi).

    Where all photos may be anywhere, :math:`g^0 = 1`, nothing is added. The gates
    :math:`g_i` are a softmax of functions of the time gap, and of the states of a
    bidirectional LSTM at both photos; so is :math:`\lambda_i`, of the state at one. The
    LSTM reads how sure each photo is, about where it is, and how that agrees with the
    photo before, but no names of cells: there is nothing in it that could prefer a
    cell.

    All is reckoned on the cells that some photo of the album names, and one more that
    stands for the rest.

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
        n_ways = 1 + _REACHES
        # Jumps are no parameter: the softmax needs one way less.
        self.by_gap = nn.Parameter(torch.zeros(len(_KNOTS) + 1, n_ways))
        self.ways = nn.Parameter(torch.full((n_ways,), -1.5))
        self.log_trust = nn.Parameter(torch.tensor(-0.7))
        self.log_scale = nn.Parameter(torch.tensor(-0.3))
        self.doubt = nn.Parameter(torch.tensor(-4.0))
        self.states = BothWays(_N_INPUTS, hidden)
        self.of_ways = _zeros(4 * hidden, n_ways)
        self.of_trust = _zeros(2 * hidden, 1)

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
        prior = torch.cat([pi, rest], dim=1)
        lift = self._lift(cells, proba, told, at, prior.shape[1])
        gates, trust = self._gates(cells, proba, told, lift, lengths)
        kernel = self._kernel(own, pi)
        said = self._messages(lift * trust, gates, prior, kernel, lengths)
        scale = self.log_scale.exp()
        log_prior = torch.cat([log_pi, torch.zeros_like(rest)], dim=1)
        scores = scale * (lift + log_prior[:, None]) + said
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
        sure = (1.0 - torch.sigmoid(self.doubt)) * told[:, :, 1:2]
        floor = (1.0 - sure).clamp_min(_LEAST)
        lift = floor.log().expand(-1, -1, width).clone()
        own = floor + sure * proba / self.log_shares[cells].exp()
        # Padding repeats position 0, with nothing to tell.
        return lift.scatter(2, at, own.log())

    def _gates(self, cells, proba, told, lift, lengths):
        """Return chances of ways to the next photo, and how far photos are believed.

        Returns
        -------
        gates : Tensor of shape (n_albums, n_steps - 1, 1 + n_ways)
            The first is a jump to anywhere.

        trust : Tensor of shape (n_albums, n_steps, 1)
            Powers of what is said.
        """
        states = self.states(self._inputs(cells, proba, told), lengths)
        pairs = torch.cat([states[:, :-1], states[:, 1:]], dim=2)
        logits = self.ways + self._basis(told[:, 1:]) @ self.by_gap
        logits = logits + self.of_ways(pairs)
        gates = nn.functional.pad(logits, (1, 0)).softmax(dim=2)
        trust = (self.log_trust + self.of_trust(states)).exp()
        return gates, trust

    def _basis(self, told):
        """Return weights of the knots; the last is for gaps that are not known."""
        gap, timed = told[:, :, 2].contiguous(), told[:, :, 3:]
        knots = self.knots
        last = len(knots) - 2
        left = (torch.searchsorted(knots, gap, right=True) - 1).clamp(0, last)
        share = (gap - knots[left]) / (knots[left + 1] - knots[left])
        share = share.clamp(0.0, 1.0)[:, :, None]
        out = gap.new_zeros(*gap.shape, len(knots))
        out = out.scatter(2, left[:, :, None], 1.0 - share)
        out = out.scatter(2, left[:, :, None] + 1, share)
        return torch.cat([out * timed, 1.0 - timed], dim=2)

    def _inputs(self, cells, proba, told):
        """Return what the LSTM reads: no cell by name, and zeros for padding."""
        mean = torch.einsum("btk,btkx->btx", proba, self.vectors[cells])
        entropy = -torch.xlogy(proba, proba).sum(dim=2, keepdim=True)
        gap = told[:, :, 2:3] / self.knots[-1]
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
        Tensor of shape (n_albums, n_union, n_scales * n_union)
            Rows are where from. What is missing to 1 goes to other cells.
        """
        vectors = self.vectors[own]
        inner = torch.bmm(vectors, vectors.transpose(1, 2)).clamp(-1.0, 1.0)
        km = EARTH_RADIUS_KM * torch.arccos(inner)
        km.diagonal(dim1=1, dim2=2).zero_()
        sums = self.kernel_sums[own]
        parts = [
            (km / -scale).exp() * pi[:, None] / sums[:, :, number, None]
            for number, scale in enumerate(self.scales)
        ]
        return torch.cat(parts, dim=2)

    def _messages(self, said, gates, prior, kernel, lengths):
        """Return what the other photos add to the score of each cell."""
        n_steps = said.shape[1]
        steps = backwards(lengths, n_steps)
        ways = backwards(lengths - 1, max(n_steps - 1, 0))
        said = torch.stack([said, take_steps(said, steps)], dim=1)
        gates = torch.stack([gates, take_steps(gates, ways)], dim=1)
        n_cells = prior.shape[1] - 1
        message = prior[:, None].expand(-1, 2, -1)
        log_prior = message.clamp_min(1e-30).log()
        found = [torch.zeros_like(message)]
        for step in range(n_steps - 1):
            belief = (log_prior + found[-1] + said[:, :, step]).softmax(dim=2)
            gate = gates[:, :, step, :, None]
            near = torch.bmm(belief[:, :, :n_cells], kernel)
            near = near.view(len(near), 2, _REACHES, n_cells)
            own = gate[:, :, 0] * prior[:, None, :n_cells]
            own = own + gate[:, :, 1] * belief[:, :, :n_cells]
            own = own + (gate[:, :, 2:] * near).sum(dim=2)
            least = gate[:, :, 0] * prior[:, None, n_cells:]
            rest = torch.maximum(1.0 - own.sum(dim=2, keepdim=True), least)
            message = torch.cat([own, rest], dim=2)
            found.append(message.clamp_min(1e-30).log() - log_prior)
        onward, back = torch.stack(found, dim=2).unbind(dim=1)
        return onward + take_steps(back, steps)


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
