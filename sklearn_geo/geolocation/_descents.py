# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where a cost of distances to weighted cells is least: descents of many rows at once.

For one row `sklearn_geo.geometry.geometric_median` does the like.
"""

import numpy as np

from sklearn_geo.geometry import EARTH_RADIUS_KM

# Descents of a row start from so many cells, and one from the mean.
N_STARTS = 8
# Most steps of a descent. Few take more than ten.
_N_STEPS = 200
# A descent ends when its steps become shorter than this: a millimetre, in radians.
_SHORTEST = 1e-6 / EARTH_RADIUS_KM
# No step is longer, in radians.
_LONGEST = 0.5
# A step is taken that gains this part of what the slope promises. After it one twice as
# long may follow; instead of one that is not taken, one of a quarter.
_GAIN, _GROWN, _SHRUNK = 0.1, 2.0, 0.25
# Shares of costs and of probabilities that rounding may make.
_TIE, _ROUNDING = 1e-12, 4.0 * np.finfo(np.float64).eps


def least_costs(p, where, scale_km=None):
    r"""Return where the expected cost of each row is least.

    Parameters
    ----------
    p : ndarray of shape (n_rows, n_cells)
        Probabilities of cells, the largest of each row first. Rows sum to 1.

    where : ndarray of shape (n_rows, n_cells, 3)
        Unit vectors of the cells.

    scale_km : float, default=None
        The cost of being :math:`d` away is :math:`-\exp(-d / s)`; None is :math:`d`.

    Returns
    -------
    ndarray of shape (n_rows, 3)
        Unit vectors. If the minimum is a cell, that cell.
    """
    scale = None if scale_km is None else scale_km / EARTH_RADIUS_KM
    # A cell that cannot be is left out: moved to the likeliest, without any weight.
    where = np.where(p[..., np.newaxis] > 0.0, where, where[:, :1])
    rows, starts = _starts(p, where, scale)
    columns = np.ascontiguousarray(where.transpose(0, 2, 1))
    ends, costs = _descend(starts, rows, p, columns, scale)
    least = np.full(len(p), np.inf)
    np.minimum.at(least, rows, costs)
    # What rounding alone sets apart is equal, and the earlier start goes first.
    tied = np.flatnonzero(costs <= (least + _TIE * np.abs(least))[rows])
    return ends[tied[np.unique(rows[tied], return_index=True)[1]]]


def _starts(p, where, scale):
    """Return where descents start, and of which rows they are, in order.

    They start from the cells of least cost, the least first, and from the mean.
    """
    angles = where @ where.transpose(0, 2, 1)
    np.clip(angles, -1.0, 1.0, out=angles)
    costs = _losses(np.arccos(angles, out=angles), scale) @ p[..., np.newaxis]
    costs = np.where(p > 0.0, costs[..., 0], np.inf)
    best = np.argsort(costs, axis=1, kind="stable")[:, :N_STARTS]
    mean = (p[:, np.newaxis] @ where)[:, 0]
    length = np.linalg.norm(mean, axis=1)
    balanced = length <= _TIE
    mean /= np.where(balanced, 1.0, length)[:, np.newaxis]
    starts = np.take_along_axis(where, best[..., np.newaxis], axis=1)
    starts = np.concatenate([starts, mean[:, np.newaxis]], axis=1)
    needed = np.column_stack([np.take_along_axis(p, best, axis=1) > 0.0, ~balanced])
    if scale is None:
        # Within 45 degrees of the mean there is one minimum. A cell that holds half of
        # all is none other than it.
        near = (where @ mean[..., np.newaxis]).min(axis=(1, 2)) >= np.sqrt(0.5)
        needed[near & ~balanced, :-1] = False
        half = p[:, 0] >= 0.5
        starts[half, 0] = where[half, 0]
        needed[half] = np.arange(needed.shape[1]) == 0
    rows, chosen = np.nonzero(needed)
    return rows, starts[rows, chosen]


def _losses(angles, scale):
    """Return the costs of angles."""
    if scale is None:
        return angles
    return -np.exp(angles / -scale)


def _descend(here, rows, p, columns, scale):
    """Go downhill from every start; return the ends and their costs."""
    p, columns = p[rows], columns[rows]
    ends, end_costs = np.empty_like(here), np.empty(len(here))
    going = np.arange(len(here))
    seen = _look(here, p, columns, scale)
    longest = np.full(len(here), _LONGEST)
    passed = np.zeros(p.shape, dtype=bool)
    for _ in range(_N_STEPS):
        _step_onto_cells(here, p, columns, scale, seen, longest, passed)
        cost, free, slope, step, _ = seen
        length = np.linalg.norm(step, axis=1)
        share = np.minimum(longest / np.maximum(length, _SHORTEST), 1.0)
        length *= share
        done = (free <= _TIE) | (length <= _SHORTEST)
        if done.any():
            ends[going[done]], end_costs[going[done]] = here[done], cost[done]
            if done.all():
                return ends, end_costs
            seen = [part[~done] for part in seen]
            cost, _, slope, step, _ = seen
            state = (going, here, p, columns, longest, passed, length, share)
            state = (part[~done] for part in state)
            going, here, p, columns, longest, passed, length, share = state
        moved = _move(here, step * share[:, np.newaxis], length)
        seen_there = _look(moved, p, columns, scale)
        gain = cost - seen_there[0]
        down = gain >= _GAIN * slope * share - _ROUNDING * np.abs(cost)
        here[down] = moved[down]
        for old, new in zip(seen, seen_there, strict=True):
            old[down] = new[down]
        grown = np.clip(_GROWN * length, longest, _LONGEST)
        longest = np.where(down, grown, _SHRUNK * length)
    ends[going], end_costs[going] = here, seen[0]
    return ends, end_costs


def _step_onto_cells(here, p, columns, scale, seen, longest, passed):
    """Step right onto the nearest cell if that is lower, once for every cell.

    If it is a minimum, it is the one ahead, which steps would only come near to. If it
    is none, there is a way down from it, which is hard to find from beside it.
    """
    cost, free, _, _, nearest = seen
    fresh = ~passed[np.arange(len(here)), nearest] & (free > _TIE)
    fresh = np.flatnonzero(fresh)
    cells = columns[fresh, :, nearest[fresh]]
    passed[fresh, nearest[fresh]] = True
    seen_there = _look(cells, p[fresh], columns[fresh], scale)
    # Where it is a minimum, what rounding sets apart is equal.
    slack = np.where(seen_there[1] <= _TIE, _TIE * np.abs(cost[fresh]), 0.0)
    lower = seen_there[0] < cost[fresh] + slack
    here[fresh[lower]], longest[fresh[lower]] = cells[lower], _LONGEST
    for old, new in zip(seen, seen_there, strict=True):
        old[fresh[lower]] = new[lower]


def _move(here, step, length):
    """Go along great circles."""
    length = length[:, np.newaxis]
    moved = np.cos(length) * here + np.sinc(length / np.pi) * step
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


def _look(here, p, columns, scale):
    """Look around from places.

    Parameters
    ----------
    here : ndarray of shape (n, 3)
        Unit vectors.

    p : ndarray of shape (n, n_cells)
        Probabilities of cells, for each of them.

    columns : ndarray of shape (n, 3, n_cells)
        Where the cells are.

    scale : float or None
        The scale of costs, in radians.

    Returns
    -------
    cost : ndarray of shape (n,)
        The cost of being there.

    free : ndarray of shape (n,)
        How much stronger each is drawn away than it is held: it is a minimum if not at
        all.

    slope : ndarray of shape (n,)
        What the next step would gain if the cost went on as it begins.

    step : ndarray of shape (n, 3)
        The next step, a tangent.

    nearest : ndarray of shape (n,)
        The nearest cell.
    """
    # What is east, north and up; up is the place itself.
    east = np.cross(np.eye(3)[np.abs(here).argmin(axis=1)], here)
    east /= np.linalg.norm(east, axis=1, keepdims=True)
    frame = np.stack([east, np.cross(here, east), here], axis=1)
    directions = frame @ columns
    directions, up = directions[:, :2], directions[:, 2]
    sine = np.sqrt(directions[:, 0] ** 2 + directions[:, 1] ** 2)
    angles = np.arctan2(sine, up)
    nearest = angles.argmin(axis=1)
    cost = (_losses(angles, scale) * p).sum(axis=1)
    # The first derivatives of losses, weighed.
    slopes = p if scale is None else p * np.exp(angles / -scale) / scale
    # There is no direction to a cell that is here or opposite. The one holds; from the
    # other any way is closer.
    aside = sine > 1e-12
    holding = np.where(aside, 0.0, slopes * np.sign(up)).sum(axis=1)
    slopes = np.where(aside, slopes, 0.0)
    sine[~aside], angles[~aside] = 1.0, 1.0
    directions /= sine[:, np.newaxis]
    drawn = (directions @ slopes[..., np.newaxis])[..., 0]
    strength = np.linalg.norm(drawn, axis=1)
    # The second derivatives: across the directions and along them.
    across = slopes * up / sine
    along = 0.0 if scale is None else -slopes / scale
    hessian = (directions * (along - across)[:, np.newaxis]) @ np.swapaxes(
        directions, 1, 2
    )
    hessian[:, [0, 1], [0, 1]] += across.sum(axis=1)[:, np.newaxis]
    # Weiszfeld's step as Vardi and Zhang correct it, where a cell holds or repels.
    left = np.where(strength > 0.0, 1.0 - holding / np.maximum(strength, 1e-300), 0.0)
    rate = (slopes / angles).sum(axis=1)
    weiszfeld = drawn * (left / np.maximum(rate, 1e-300))[:, np.newaxis]
    smooth = (holding == 0.0)[:, np.newaxis]
    step = np.where(smooth, _newton(drawn, hessian), weiszfeld)
    slope = left * (drawn * step).sum(axis=1)
    step = (step[:, np.newaxis] @ frame[:, :2])[:, 0]
    return [cost, strength - np.maximum(holding, 0.0), slope, step, nearest]


def _newton(drawn, hessian):
    """Return Newton's steps.

    Where the cost bends down, a step goes as far as if it bent up as much: away from
    saddles and tops, and not to them.
    """
    a, b, d = hessian[:, 0, 0], hessian[:, 0, 1], hessian[:, 1, 1]
    middle, half = (a + d) / 2.0, (a - d) / 2.0
    radius = np.hypot(half, b)
    # The axes of most and of least bend.
    turn = np.arctan2(b, half) / 2.0
    most = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    least = np.stack([-most[:, 1], most[:, 0]], axis=1)
    bends = np.abs([middle + radius, middle - radius])
    bends = np.maximum(bends, np.maximum(1e-3 * bends.max(axis=0), 1e-9))
    step = np.zeros_like(drawn)
    for bend, axis in zip(bends, (most, least), strict=True):
        step += ((drawn * axis).sum(axis=1) / bend)[:, np.newaxis] * axis
    return step
