# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Centres of weighted places: mean, mode and geometric median."""

import warnings

import numpy as np
from scipy.spatial import cKDTree
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import gen_batches

from sklearn_geo._weights import check_each
from sklearn_geo.base import check_places
from sklearn_geo.geometry._arguments import is_real, is_whole, read_numbers
from sklearn_geo.geometry._sphere import (
    EARTH_RADIUS_KM,
    _half_angles_of_vectors,
    _rows_that_fit,
    chord_to_km,
    haversine,
    km_to_chord,
    places_from_vectors,
    unit_vectors,
)

# Sums of weights (or distances) that differ by less than this share are a tie.
_TIE = 1e-12


def spherical_mean(places, sample_weight=None):
    """Return the weighted mean of places: the direction of their mean unit vector.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees.

    sample_weight : array-like of shape (n_places,), default=None
        Non-negative weights; equal ones if None.

    Returns
    -------
    ndarray of shape (2,)
        Latitude and longitude in degrees.

    Raises
    ------
    ValueError
        If the places cancel (two opposite places, for example), so that their mean
        vector points nowhere.

    See Also
    --------
    geometric_median : The place with the smallest sum of distances.
    spherical_mode : The place around which most weight lies.

    Examples
    --------
    >>> from sklearn_geo.geometry import spherical_mean
    >>> spherical_mean([[0.0, 179.0], [0.0, -177.0]]).round(6)
    array([   0., -179.])
    """
    places = check_places(places)
    weights = _check_weights(sample_weight, len(places))
    total, length = _resultant(unit_vectors(places), weights)
    if length <= 1e-12:
        raise ValueError(
            "no mean of these places is defined: they balance each other around the "
            "globe. Use geometric_median or spherical_mode, or drop a place."
        )
    return places_from_vectors(total[np.newaxis])[0]


def spherical_mode(places, sample_weight=None, *, radius_km=25.0):
    """Return the place, among those given, around which most weight lies.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees.

    sample_weight : array-like of shape (n_places,), default=None
        Non-negative weights; equal ones if None. Places of weight zero do not count,
        neither as neighbours nor as an answer.

    radius_km : float, default=25.0
        How far from a place weight counts as lying around it, the border included.

    Returns
    -------
    ndarray of shape (2,)
        Latitude and longitude in degrees. Of places with the same weight around them,
        the one from which the weighted sum of distances to that weight is smallest; of
        those, the first.

    See Also
    --------
    spherical_mean : The place the mean vector points to.
    geometric_median : The place with the smallest sum of distances.

    Notes
    -----
    Equal places count as one with their weights added. Places are taken in small pieces
    of a k-d tree: from the middle of a piece most neighbours are certain, and pieces
    that cannot hold the answer are passed over. Memory is bounded by
    ``sklearn.get_config()["working_memory"]``.

    Examples
    --------
    >>> from sklearn_geo.geometry import spherical_mode
    >>> spherical_mode([[0.0, 0.0], [48.0, 2.0], [48.1, 2.0], [48.2, 2.0]])
    array([48.1,  2. ])
    """
    places = check_places(places)
    weights = _check_weights(sample_weight, len(places))
    if not (is_real(radius_km) and radius_km >= 0.0):
        raise ValueError(f"radius_km must not be negative; got {radius_km!r}.")
    places, weights = _merge_equal(places, weights)
    tree = cKDTree(unit_vectors(places))
    gathered = _gathered_weights(places, weights, tree, radius_km)
    tied = gathered >= gathered.max() * (1.0 - _TIE)
    if tied.sum() > 1:
        spread = _spreads(places, weights, tree, tied, radius_km)
        tied = spread <= spread.min() * (1.0 + _TIE)
    return places[np.argmax(tied)]


def geometric_median(places, sample_weight=None, *, max_iter=300, tol_km=1e-6):
    """Return the place with the smallest weighted sum of great-circle distances.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees.

    sample_weight : array-like of shape (n_places,), default=None
        Non-negative weights; equal ones if None.

    max_iter : int, default=300
        Most steps of one descent.

    tol_km : float, default=1e-6
        A descent ends when its steps become shorter than this.

    Returns
    -------
    ndarray of shape (2,)
        Latitude and longitude in degrees. If the minimum is one of the places, exactly
        that place. If it is not unique (two places, for example), one of the minima.

    Warns
    -----
    ConvergenceWarning
        If `max_iter` steps were not enough.

    See Also
    --------
    spherical_mean : The place the mean vector points to; outliers move it more.
    spherical_mode : The place around which most weight lies.

    Notes
    -----
    Weiszfeld's iteration in the tangent plane [2]_, leaving places that are not the
    minimum as in [1]_ and finished by Newton steps. Places within 45 degrees of their
    mean have one minimum and the descent finds it. Places farther apart can have
    several: the descent then starts from the mean and from the best of the places, and
    the lowest end is taken.

    References
    ----------
    .. [1] Y. Vardi and C.-H. Zhang, "The multivariate L1-median and associated data
       depth", PNAS 97(4), 2000.
    .. [2] P. T. Fletcher, S. Venkatasubramanian and S. Joshi, "The geometric median on
       Riemannian manifolds with application to robust atlas estimation", NeuroImage
       45(1), 2009.

    Examples
    --------
    >>> from sklearn_geo.geometry import geometric_median
    >>> geometric_median([[0.0, 0.0], [0.0, 1.0], [0.0, 80.0]])
    array([0., 1.])
    """
    places = check_places(places)
    weights = _check_weights(sample_weight, len(places))
    if not (is_whole(max_iter) and max_iter >= 1):
        raise ValueError(
            f"max_iter must be 1 or more; got {max_iter!r}. It is a whole number."
        )
    if not (is_real(tol_km) and tol_km >= 0.0):
        raise ValueError(f"tol_km must not be negative; got {tol_km!r}.")
    places, weights = _merge_equal(places, weights)
    weights /= weights.sum()
    vectors = unit_vectors(places)
    ends = [
        _descend(start, vectors, weights, max_iter, tol_km / EARTH_RADIUS_KM)
        for start in _median_starts(vectors, weights)
    ]
    _, vector, place, converged = min(ends, key=lambda end: end[0])
    if not converged:
        warnings.warn(
            f"geometric_median did not settle in {max_iter} steps. Raise max_iter, or "
            f"tol_km if a rougher answer will do (tol_km={tol_km}).",
            ConvergenceWarning,
            stacklevel=2,
        )
    if place is not None:
        return places[place]
    return places_from_vectors(vector[np.newaxis])[0]


def _check_weights(sample_weight, n_places):
    """Return weights that are finite, not negative and not all zero, 1 at most."""
    if sample_weight is None:
        return np.ones(n_places)
    weights = read_numbers(sample_weight, "sample_weight")
    if weights.shape != (n_places,):
        raise ValueError(
            f"sample_weight must hold one weight per place, shape ({n_places},); got "
            f"shape {weights.shape}."
        )
    check_each(weights)
    if not weights.any():
        raise ValueError(
            "sample_weight is zero for every place, so nothing is left to take the "
            "centre of."
        )
    # A power of two changes no digit, and sums cannot overflow any more.
    return np.ldexp(weights, -np.frexp(weights.max())[1])


def _merge_equal(places, weights):
    """Drop places without weight and add up the weights of equal ones.

    The places stay in the order in which they appear first.
    """
    # Complex numbers sort by two keys at once. The names of a pole stay apart: they
    # have one vector, so that only time is lost.
    keys = np.ascontiguousarray(places).view(np.complex128)[:, 0]
    kept = np.flatnonzero(weights)
    _, first, groups = np.unique(keys[kept], return_index=True, return_inverse=True)
    order = np.argsort(first)
    summed = np.bincount(groups, weights=weights[kept])
    return places[kept[first[order]]], summed[order]


def _resultant(vectors, weights):
    """Sum weighted vectors; return the sum and its share of the longest possible."""
    total = weights @ vectors
    return total, np.linalg.norm(total) / weights.sum()


def _gathered_weights(places, weights, tree, radius_km):
    """Return the weight around each place, -inf where it cannot be the greatest."""
    gathered = np.full(len(places), -np.inf)
    most = 0.0
    for members in _pieces(tree.indices):
        others, km, reach = _surroundings(tree, members, radius_km)
        sure = km <= radius_km - reach
        certain = weights[others[sure]].sum()
        others = others[~sure]
        if certain + weights[others].sum() < most * (1.0 - _TIE):
            continue
        columns = np.ascontiguousarray(tree.data[others].T)
        for rows in _gen_fitting(members, len(others)):
            within = _within(places, rows, others, columns, tree, radius_km)
            gathered[rows] = certain + within @ weights[others]
        most = max(most, gathered[members].max())
    return gathered


def _spreads(places, weights, tree, tied, radius_km):
    """Return the weighted sum of distances to what lies around each tied place.

    It is infinite where it cannot be the smallest.
    """
    spread = np.full(len(places), np.inf)
    pieces = list(_pieces(tree.indices[tied[tree.indices]]))
    # Whoever is certainly around is at most `reach` nearer than to the piece's middle.
    bounds = np.empty(len(pieces))
    for i, members in enumerate(pieces):
        others, km, reach = _surroundings(tree, members, radius_km)
        km = np.where(km <= radius_km - reach, km - reach, 0.0)
        bounds[i] = np.maximum(km, 0.0) @ weights[others]
    least = np.inf
    for i in np.argsort(bounds, kind="stable"):
        if bounds[i] > least * (1.0 + _TIE):
            break
        others, _, _ = _surroundings(tree, pieces[i], radius_km)
        columns = np.ascontiguousarray(tree.data[others].T)
        for rows in _gen_fitting(pieces[i], len(others)):
            km, buffer = np.empty((2, len(rows), len(others)))
            _half_angles_of_vectors(tree.data[rows], columns, out=km, buffer=buffer)
            km *= _within(places, rows, others, columns, tree, radius_km)
            spread[rows] = 2.0 * EARTH_RADIUS_KM * (km @ weights[others])
        least = min(least, spread[pieces[i]].min())
    return spread


def _pieces(rows, size=64):
    """Cut rows in the order of a k-d tree into small pieces of the globe."""
    return (rows[block] for block in gen_batches(len(rows), size))


def _gen_fitting(rows, n_columns):
    """Yield as many rows as fit the working memory, and rather the cache."""
    n_columns += 1
    n_fit = min(_rows_that_fit(34 * n_columns, len(rows)), 2**16 // n_columns)
    return (rows[block] for block in gen_batches(len(rows), max(1, n_fit)))


def _surroundings(tree, members, radius_km):
    """Return who may be within the radius of members, and their km to the middle.

    Also returns how far the members reach from the middle, a metre of rounding added.
    """
    middle = tree.data[members].mean(axis=0)
    length = np.linalg.norm(middle)
    middle = middle / length if length > 0.1 else tree.data[members[0]]
    extent = np.linalg.norm(tree.data[members] - middle, axis=1).max()
    reach = float(chord_to_km(extent)) + 1e-3
    chord = float(km_to_chord(radius_km + reach)) + 1e-7
    others = np.array(tree.query_ball_point(middle, chord), dtype=np.intp)
    km = chord_to_km(np.linalg.norm(tree.data[others] - middle, axis=1))
    return others, km, reach


def _within(places, rows, others, columns, tree, radius_km):
    """Return a mask of which others are within the radius of which rows."""
    # Pairs whose scalar product is this near the cut are measured by haversine.
    cut, doubtful = 1.0 - float(km_to_chord(radius_km)) ** 2 / 2.0, 4e-15
    products = tree.data[rows] @ columns
    within = products >= cut - doubtful
    doubt = within & (products <= cut + doubtful)
    if doubt.any():
        i, j = np.nonzero(doubt)
        within[i, j] = haversine(places[rows[i]], places[others[j]]) <= radius_km
    return within


def _median_starts(vectors, weights, n_tried=512, n_kept=8):
    """Where to start descents: the mean and, if that may not do, the best places."""
    starts = []
    total, length = _resultant(vectors, weights)
    if length > 1e-12:
        mean = total / np.linalg.norm(total)
        if (vectors @ mean).min() >= np.sqrt(0.5):
            return [mean]
        starts.append(mean)
    # Evenly spread over the rows, which may be in any order, and the heaviest.
    tried = np.linspace(0, len(weights) - 1, n_tried).round().astype(np.intp)
    heavy = np.argsort(-weights, kind="stable")[: n_tried // 4]
    tried = np.unique(np.concatenate([tried, heavy]))
    costs = np.empty(len(tried))
    for rows in gen_batches(len(tried), _rows_that_fit(8 * len(weights), len(tried))):
        angles = vectors[tried[rows]] @ vectors.T
        np.clip(angles, -1.0, 1.0, out=angles)
        costs[rows] = np.arccos(angles, out=angles) @ weights
    best = tried[np.argsort(costs, kind="stable")[:n_kept]]
    return [*starts, *vectors[best]]


def _chords(x, columns):
    """Return the distances from x to unit vectors and to their antipodes."""
    near, far = np.zeros((2, columns.shape[1]))
    for value, column in zip(x, columns, strict=True):
        near += (column - value) ** 2
        far += (column + value) ** 2
    return np.sqrt(near), np.sqrt(far)


def _cost(x, columns, weights):
    """Return the weighted sum of angles from x."""
    near, far = _chords(x, columns)
    # Precise for small and for straight angles, unlike arcsine and arccosine.
    return 2.0 * (np.arctan2(near, far) @ weights)


def _pull(x, columns, weights):
    """Return what draws x away, and what is needed to step.

    The sum of weighted directions to the places, the rate of Weiszfeld's step, the
    Hessian of the cost in the tangent plane, and the weight that holds x where it is:
    that of a place in x less that of a place opposite (from where any way is closer).
    """
    near, far = _chords(x, columns)
    sine, cosine = near * far / 2.0, (far**2 - near**2) / 4.0
    aside = sine > 1e-12
    holding = weights[~aside] @ np.sign(cosine[~aside])
    if not aside.all():
        columns, weights = columns[:, aside], weights[aside]
        near, far, sine, cosine = (part[aside] for part in (near, far, sine, cosine))
    directions = (columns - cosine * x[:, np.newaxis]) / sine
    drawn = directions @ weights
    drawn -= (drawn @ x) * x
    bends = weights * cosine / sine
    hessian = bends.sum() * (np.eye(3) - np.outer(x, x))
    hessian -= (directions * bends) @ directions.T
    rate = (weights / (2.0 * np.arctan2(near, far))).sum()
    return drawn, rate, hessian, holding


def _descend(x, vectors, weights, max_iter, tol):
    """Go downhill from x; return (cost, vector, place or None, converged)."""
    columns = np.ascontiguousarray(vectors.T)
    cost = _cost(x, columns, weights)
    left = set()  # places that are no minimum, or a higher one
    for _ in range(max_iter):
        # If the nearest place is a minimum it is the one ahead: step right onto it.
        nearest = int(np.argmax(x @ columns))
        if nearest not in left:
            left.add(nearest)
            drawn, _, _, holding = _pull(vectors[nearest], columns, weights)
            cost_there = _cost(vectors[nearest], columns, weights)
            if np.linalg.norm(drawn) <= holding + _TIE:
                if cost_there <= cost * (1.0 + _TIE):
                    return cost_there, vectors[nearest], nearest, True
            elif cost_there < cost:
                # Steps beside a place are short, but not those from it.
                x, cost = vectors[nearest], cost_there
        drawn, rate, hessian, holding = _pull(x, columns, weights)
        strength = np.linalg.norm(drawn)
        if strength <= max(holding, 0.0) + _TIE:
            return cost, x, None, True
        steps = [drawn * ((strength - holding) / (strength * rate))]
        if holding == 0.0:
            steps.insert(0, _newton_step(x, drawn, hessian))
        moved, cost_moved, length = _first_descent(x, cost, steps, columns, weights)
        if length <= tol:
            return cost, x if moved is None else moved, None, True
        x, cost = moved, cost_moved
    return cost, x, None, False


def _newton_step(x, drawn, hessian):
    """Return Newton's step in the tangent plane, or None where there is no minimum."""
    helper = np.eye(3)[np.argmin(np.abs(x))]
    east = np.cross(helper, x)
    east /= np.linalg.norm(east)
    plane = np.stack([east, np.cross(x, east)])
    bends, axes = np.linalg.eigh(plane @ hessian @ plane.T)
    if bends[0] <= 1e-9 * max(bends[1], 1e-9):
        return None
    step = ((axes.T @ plane @ drawn) / bends) @ axes.T @ plane
    length = np.linalg.norm(step)
    return step if length <= 0.5 else step * (0.5 / length)


def _first_descent(x, cost, steps, columns, weights):
    """Take the first step, halved if need be, that does not raise the cost.

    Where there is none, None is returned, and a length of 0.
    """
    for step in steps:
        for _ in range(0 if step is None else 30):
            length = np.linalg.norm(step)
            moved = np.cos(length) * x + np.sinc(length / np.pi) * step
            moved /= np.linalg.norm(moved)
            cost_moved = _cost(moved, columns, weights)
            if cost_moved <= cost + 4.0 * np.finfo(np.float64).eps * cost:
                return moved, cost_moved, length
            step = step / 2.0
    return None, cost, 0.0
