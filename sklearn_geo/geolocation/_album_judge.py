# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whether albums tell anything: users held out, and strangers in their place."""

import numpy as np
import torch
from scipy import stats

from sklearn_geo.geolocation._album_messages import MessagesLoss
from sklearn_geo.geolocation._albums import by_user, like_lengths

__all__ = ["judge_correction"]

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
    found at the level of 1 %, by a t-test over users.
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
        _is_positive(np.bincount(users, counts[own] * (other - album)), users)
        for other in (single, mixed)
    ]
    return all(found), gain


def _is_positive(sums, users):
    sums = sums[np.unique(users)]
    if len(sums) < 2 or not sums.any():
        return False
    return bool(stats.ttest_1samp(sums, 0.0, alternative="greater").pvalue < _LEVEL)


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
        with torch.inference_mode():
            if alone:
                for number, scale in enumerate(_SCALES):
                    outputs = module.alone(blocks, scale)
                    found = loss.rows(outputs, [truth]).cpu().numpy()
                    out[at[there], number] = found[there]
            else:
                found = loss.rows(module(blocks), [truth]).cpu().numpy()
                out[at[there]] = found[there]
    return out
