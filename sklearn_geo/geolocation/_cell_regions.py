# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Regions of cells that hold the truth as often as was promised."""

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._functions import ask_function
from sklearn_geo._labels import label_array, number_labels
from sklearn_geo._made_for import made_for
from sklearn_geo._numbers import is_real
from sklearn_geo.geolocation._combine import softmax
from sklearn_geo.geolocation._held_out import read_groups
from sklearn_geo.geolocation._regions import (
    OUTSIDE,
    cell_thresholds,
    promised_threshold,
    tail_masses,
)
from sklearn_geo.geometry import unit_vectors
from sklearn_geo.metrics import continent_names

__all__ = ["CellRegions"]

# Rows of a held-out share that are read together.
_ROWS_AT_ONCE = 4096
# What may be changed after fit, and makes other probabilities of what was held out.
_ANSWERED_BY = (
    "album_size",
    "combine",
    "groups",
    "n_crops",
    "routing",
    "time_zone",
    "times",
    "window_hours",
)


# What is known of the rows that regions were calibrated on.
CALIBRATION = (
    "calibration_scores_",
    "calibration_cells_",
    "calibration_places_",
    "calibration_groups_",
)


class CellRegions:
    """The regions of :class:`CellPredictor`, which says the scores of cells."""

    def predict_region(self, X, coverage=0.9, *, by=None, prior=None, mask=None):
        r"""Return the smallest set of cells that holds the truth at a promised rate.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_photos, n_features)
            Features.

        coverage : float, default=0.9
            The promised rate, between 0 and 1.

        by : str, callable, array-like of shape (n_cells,) or None, default=None
            Keep the promise within each group of places, not only on average: on every
            continent, in the groups a function makes of places, or in groups given by
            one label a cell.

        prior, mask : as there
            As in :meth:`predict`. The promise is about regions without them: a mask
            that is always right keeps it, another one need not.

        Returns
        -------
        region : csr_array of bool of shape (n_photos, n_cells)
            The cells of each region. ``region.indices[region.indptr[i]:
            region.indptr[i + 1]]`` are those of row i; the likeliest is one of them.

        Notes
        -----
        Split-conformal prediction [1]_ with the score of adaptive prediction sets [2]_:
        the mass of the cells that are likelier than the true one,

        .. math:: E(x, c) = \sum_{c': p_{c'}(x) > p_c(x)} p_{c'}(x).

        A region is :math:`\{c : E(x, c) \le q\}`, the smallest set of likeliest cells
        whose mass is more than :math:`q`, with :math:`q` the
        :math:`\lceil (n + 1) \cdot` coverage :math:`\rceil`-th smallest score of the
        :math:`n` held-out rows. If new rows are drawn as those were, the region holds
        the cell of the truth with at least the promised probability, whatever the
        network is worth, and with at most :math:`1 / (n + 1)` more where scores are
        distinct. Nothing is randomised and no region is empty: when the likeliest cell
        alone is right more often than promised, regions are that cell.

        **New users.** Photos of one user are alike, so that the promise above says
        nothing of users who are not among the held-out. If `groups` were held out whole
        (or passed to :meth:`calibrate`), :math:`q` is, of :math:`K` held-out users
        with :math:`N_k` rows each, the quantile of hierarchical conformal prediction
        [3]_: the least score for which

        .. math:: \frac{1}{K + 1} \sum_{k=1}^{K} \frac{1}{N_k}
            \#\{i : E_{ki} \le q\} \ge \text{coverage},

        where every user has the same weight, however many rows. If users are drawn as
        those were, a photo drawn from those of a new one lies in its region with at
        least the promised probability, and with at most :math:`2 / (K + 1)` more where
        scores are distinct. That takes at least coverage / (1 - coverage) users: 9 for
        0.9, 19 for 0.95.

        A held-out place that lies in no cell counts as missed. With `by`, every group
        of cells has its own :math:`q` from the held-out rows whose truth lies in it;
        groups with too few rows share one, and where that is not enough their cells
        are in every region.

        These regions adapt: an uncertain row gets more cells. Cells above one threshold
        of probability would be fewer on average, but leave the least certain rows with
        one cell each, which is the false precision that a region is to replace.

        References
        ----------
        .. [1] V. Vovk, A. Gammerman and G. Shafer, "Algorithmic Learning in a Random
           World", Springer, 2005.
        .. [2] Y. Romano, M. Sesia and E. Candès, "Classification with Valid and
           Adaptive Coverage", NeurIPS 2020.
        .. [3] Y. Lee, R. F. Barber and R. Willett, "Distribution-free inference with
           hierarchical data", arXiv:2306.06342, 2023.
        """
        check_is_fitted(self)
        X = self._read_features(X)
        least = self._region_thresholds(coverage, by)
        known = self._known(X, prior, mask)
        every, order = np.arange(X.shape[0]), []
        indices, sizes = [], [np.zeros(1, dtype=np.int64)]
        for rows, scores in self._log_scores(X, known):
            proba = softmax(scores.astype(np.float64))
            inside = tail_masses(proba) >= least
            if known is not None:
                inside &= proba > 0.0
            indices.append(np.nonzero(inside)[1].astype(np.int32))
            sizes.append(inside.sum(axis=1))
            order.append(every[rows])
        indptr = np.cumsum(np.concatenate(sizes))
        indices, order = np.concatenate(indices), np.concatenate(order)
        region = sparse.csr_array(
            (np.ones(len(indices), dtype=bool), indices, indptr),
            shape=(X.shape[0], len(self.cell_places_)),
        )
        return region if (order == every).all() else region[np.argsort(order)]

    def calibrate(self, X, y, *, groups=None):
        """Calibrate regions on rows that were not used in `fit`.

        Replaces the share that `fit` held out. Use it for rows of other users, say,
        since photos of one user are alike and a random share flatters.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_photos, n_features)
            Features.

        y : array-like of shape (n_photos, 2)
            Where they were taken, or what `fit` took as y.

        groups : array-like of shape (n_photos,), default=None
            Whose photos they are. The promise is then about photos of other users,
            each of whom counts the same; see :meth:`predict_region`. None counts every
            photo the same.

        Returns
        -------
        self : estimator
            The estimator.
        """
        check_is_fitted(self)
        X = self._read_features(X)
        cells, places = self._true_cells(y, X)
        users = None if groups is None else read_groups(groups, X.shape[0])
        self._calibrate(X, cells, places, users=users)
        return self

    def _calibrate(self, X, cells, places, rows=None, users=None):
        """Keep the scores of held-out rows of X: tail masses of their true cells."""
        rows = np.arange(X.shape[0]) if rows is None else rows
        scores = np.full(len(rows), OUTSIDE)
        for at, logs in self._some_scores(X, rows):
            own = np.flatnonzero(cells[at] >= 0)
            tails = tail_masses(softmax(logs[own].astype(np.float64)))
            scores[at[own]] = tails[np.arange(len(own)), cells[at[own]]]
        answered_by = made_for(self._answered_by())
        self.calibration_scores_ = scores
        self.calibration_cells_ = cells
        self.calibration_places_ = places
        self.calibration_groups_ = users
        self._calibrated_by = answered_by

    def _forget_calibration(self):
        """Know of no rows that regions were calibrated on."""
        for name in CALIBRATION:
            setattr(self, name, None)
        self._calibrated_by = None

    def _answered_by(self):
        """Return the settings that change what is said of cells, also after fit."""
        params = self.get_params(deep=False)
        return {name: params[name] for name in _ANSWERED_BY if name in params}

    def _some_scores(self, X, rows):
        """Yield positions among some rows of X, and the log scores of these rows."""
        for part in gen_batches(len(rows), _ROWS_AT_ONCE):
            # A few rows of a memory map, never the whole share.
            for piece, logs in self._log_scores(X[rows[part]], None):
                yield np.arange(part.start + piece.start, part.start + piece.stop), logs

    def _region_thresholds(self, coverage, by):
        if not is_real(coverage) or not 0.0 < coverage < 1.0:
            raise ValueError(
                f"coverage must lie between 0 and 1, as 0.9 does; got {coverage!r}."
            )
        scores = getattr(self, "calibration_scores_", None)
        if scores is None:
            own = "calibration_fraction" in self.get_params(deep=False)
            held_out = (
                "Set calibration_fraction (and give fit 10 rows or more), or call"
            )
            raise ValueError(
                f"No rows were held out to calibrate regions on. "
                f"{held_out if own else 'Call'} calibrate(X, y) with rows that were "
                "not used in fit."
            )
        now = made_for(self._answered_by())
        # Estimators that were pickled before this was kept have none, or fewer.
        before = now | (getattr(self, "_calibrated_by", None) or {})
        for name in now:
            if before[name] != now[name]:
                raise ValueError(
                    f"Regions were calibrated with {name}={before[name]!r}, and it is "
                    f"{now[name]!r} now, so that they would not hold what is promised. "
                    "Call calibrate(X, y) again, with rows that were not used in fit."
                )
        # Estimators of before there were groups have none.
        users = getattr(self, "calibration_groups_", None)
        if by is not None:
            return self._group_thresholds(scores, coverage, by, users)
        return promised_threshold(scores, coverage, users=users)

    def _group_thresholds(self, scores, coverage, by, users):
        groups = self._groups(by)
        cells = self.calibration_cells_
        inside, outside = np.flatnonzero(cells >= 0), np.flatnonzero(cells < 0)
        # What lies in no cell is missed, in the group that it would be in; where that
        # is unknown, in every group.
        missed = groups[:0]
        if len(outside) and self.calibration_places_ is None:
            every = np.unique(groups)
            missed = np.repeat(every, len(outside))
            outside = np.tile(outside, len(every))
        elif len(outside):
            tree = cKDTree(unit_vectors(self.cell_places_))
            places = unit_vectors(self.calibration_places_[outside])
            missed = groups[tree.query(places)[1]]
        rows = np.concatenate([inside, outside])
        own = np.concatenate([groups[cells[inside]], missed])
        users = None if users is None else users[rows]
        return cell_thresholds(scores[rows], own, groups, coverage, users)

    def _groups(self, by):
        if isinstance(by, str) and by == "continent":
            return continent_names(self.cell_places_)
        if hasattr(by, "collect"):
            raise TypeError("by is a lazy frame, which has no rows yet: collect it.")
        if callable(by):
            by = ask_function(by, self.cell_places_, "by")
        groups = label_array(by, "by")
        if groups.shape != (len(self.cell_places_),):
            raise ValueError(
                f'by must be "continent", a function of places, or one label for each '
                f"of the {len(self.cell_places_)} cells; got "
                f"{by if isinstance(by, str) else f'shape {groups.shape}'}."
            )
        return number_labels(groups, name="by")[1]
