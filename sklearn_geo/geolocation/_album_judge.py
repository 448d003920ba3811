# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whether albums tell anything: users held out, and strangers in their place."""

import numpy as np
import torch
from scipy import stats

from sklearn_geo.geolocation._album_messages import MessagesLoss
from sklearn_geo.geolocation._albums import by_user, like_lengths
from sklearn_geo.nets._usual import answering

__all__ = ["is_gain", "judge_correction"]

# Chance to believe in albums that tell nothing.
_LEVEL = 0.01
# How far single photos may be believed, without albums.
_SCALES = np.geomspace(0.05, 1.6, 16)
_SLOTS = 2048


def judge_correction(nets, held_out, rows, photos, cells, weights, size, seed):
    """Compare losses of held-out photos with and without their albums.

    Parameters
    ----------
    nets : list of EstimatorNet
        Networks, each trained without some users.

    held_out : list of ndarray of int
        The photos of these.

    rows : AlbumRows
        All photos.

    photos : Photos
        Their times and groups.

    cells : ndarray of int of shape (n_photos,)
        True cells, -1 for those that do not count.

    weights : ndarray of shape (n_photos,) or None
        What each photo counts.

    size : int
        Photos of an album at most.

    seed : int
        Draws the strangers.

    Returns
    -------
    corrects : bool
        Whether to believe in albums.

    gain : float
        By how much the log-likelihood of a held-out photo rises by its album.

    Notes
    -----
    Photos that strangers took at about the same time may be near each other too: it
    was daylight there, or there was an event. So the gain must be larger than that in
    albums of strangers, the same photos with users drawn at random. Both have to be
    found at the level of 1 %, over users: see :func:`is_gain`.
    """
    counts = np.ones(len(cells)) if weights is None else weights
    counts = np.where(cells >= 0, counts, 0.0)
    single, album, mixed = ([] for _ in range(3))
    rng = np.random.default_rng([seed, 3])
    for net, own in zip(nets, held_out, strict=True):
        groups = photos.groups[own]
        single.append(_losses(net, rows, own, photos, cells, groups, size, alone=True))
        album.append(_losses(net, rows, own, photos, cells, groups, size))
        strangers = rng.permutation(groups)
        mixed.append(_losses(net, rows, own, photos, cells, strangers, size))
    if not nets:
        return False, 0.0
    own = np.concatenate(held_out)
    single = np.concatenate(single)
    single = single[:, (counts[own] @ single).argmin()]
    album, mixed = np.concatenate(album), np.concatenate(mixed)
    gain = float(np.average(single - album, weights=counts[own]))
    users = photos.groups[own]
    found = [
        is_gain(np.bincount(users, counts[own] * (other - album))[np.unique(users)])
        for other in (single, mixed)
    ]
    return all(found), gain


def is_gain(sums):
    """Tell whether users gain, beyond what chance does once in a hundred times.

    Parameters
    ----------
    sums : ndarray of shape (n_users,)
        What each gains, in nats.

    Returns
    -------
    bool
        Whether the sum is positive, and a t-test or a signed-rank test says so at half
        the level each. A few photos that become certain of the wrong place cost so much
        that they hide from a t-test what nearly all users gain; and the ranks of fewer
        than eight users can never say enough.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geolocation._album_judge import is_gain
    >>> is_gain(np.r_[np.full(60, 1.0), -40.0])
    True
    >>> is_gain(np.tile([1.0, -1.0], 30))
    False
    """
    if len(sums) < 2 or not sums.sum() > 0.0:
        return False
    error = sums.std(ddof=1) / np.sqrt(len(sums))
    by_size = stats.t.sf(sums.mean() / max(error, 1e-300), len(sums) - 1)
    by_rank = stats.wilcoxon(sums, alternative="greater").pvalue
    return bool(min(by_size, by_rank) < _LEVEL / 2.0)


def _losses(net, rows, own, photos, cells, groups, size, *, alone=False):
    """Return the losses of some photos, in albums of these groups."""
    times = None if photos.times is None else photos.times[own]
    albums = by_user(groups, times, size)
    out = np.zeros((len(own), len(_SCALES)) if alone else len(own))
    module, loss = net.module_.eval(), MessagesLoss()
    device = next(module.parameters()).device
    for batch in like_lengths(albums.lengths, _SLOTS):
        at = albums.padded(batch)
        there = at >= 0
        padded = np.where(there, own[at], -1)
        blocks = rows.tensors(padded).to(device)
        truth = torch.from_numpy(np.where(there, cells[padded], -1)).to(device)
        with answering():
            if alone:
                for number, scale in enumerate(_SCALES):
                    outputs = module.alone(blocks, scale)
                    found = loss.rows(outputs, [truth]).cpu().numpy()
                    out[at[there], number] = found[there]
            else:
                found = loss.rows(module(blocks), [truth]).cpu().numpy()
                out[at[there]] = found[there]
    return out
