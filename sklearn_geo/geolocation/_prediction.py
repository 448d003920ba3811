# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every estimator over cells predicts: places, cells, how sure it is."""

import abc
import numbers

import numpy as np
from sklearn.utils import ClassifierTags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._numbers import is_whole
from sklearn_geo._settings import check_settings
from sklearn_geo.base import GeoEstimator
from sklearn_geo.geolocation._cell_regions import CellRegions
from sklearn_geo.geolocation._combine import softmax
from sklearn_geo.geolocation._masks import log_prior
from sklearn_geo.geolocation._places_out import GeolocatorMixin
from sklearn_geo.geolocation._points import N_WEIGHED, POINTS, best_points
from sklearn_geo.metrics import geo_score
from sklearn_geo.metrics._silence import score_of_answers

# Settings that act at once where they are changed after fit.
_CHANGEABLE = (
    "combine",
    "n_crops",
    "routing",
    "point",
    "point_km",
    "abstain_below",
)


def check_same_cells(inside, cell_places, remedy):
    """Refuse to ask an estimator that has got other cells since.

    Parameters
    ----------
    inside : CellPredictor
        What is asked.

    cell_places : ndarray of shape (n_cells, 2)
        Where its cells were.

    remedy : str
        What to do about it: a sentence.
    """
    now = inside.cell_places_
    if now is not cell_places and not np.array_equal(now, cell_places):
        raise ValueError(
            f"The {type(inside).__name__} that is asked was fitted again since, and "
            f"its {len(now)} cells are not the {len(cell_places)} there were. {remedy}"
        )


class CellPredictor(CellRegions, GeolocatorMixin, GeoEstimator, abc.ABC):
    """Base of estimators that predict a distribution over the cells of a partition.

    A subclass says four things:

    - `_read_features(X)` validates X at prediction;
    - `_log_scores(X, known)` yields slices of validated rows and the log scores of
      their finest cells;
    - `_level_proba(X, level)` yields slices and probabilities at a coarser level, of
      the `n_cells_` there are;
    - `_true_cells(y, X)` returns the finest cell of each row of y.

    Fitted, it has `cells_` (of the finest partition), `cell_places_`, `cell_names_`.
    """

    _parameter_constraints: dict = {
        "point": [StrOptions(set(POINTS))],
        "point_km": [Interval(numbers.Real, 0, None, closed="left")],
        "abstain_below": [Interval(numbers.Real, 0, 1, closed="both"), None],
    }

    @abc.abstractmethod
    def _read_features(self, X):
        """Validate features at prediction."""

    @abc.abstractmethod
    def _log_scores(self, X, known):
        """Yield (rows, scores), `known` (log priors, or None) added to the scores."""

    @abc.abstractmethod
    def _level_proba(self, X, level):
        """Yield (rows, probabilities) of the cells of a level."""

    @abc.abstractmethod
    def _true_cells(self, y, X):
        """Return finest cells (-1 for none), and places, or None if y has none."""

    def predict(self, X, *, prior=None, mask=None):
        """Predict where each row was taken.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_photos, n_features)
            Features.

        prior : array-like of shape (n_cells,) or (n_photos, n_cells), default=None
            Factors on the probabilities of the finest cells, which are normalised
            again; a row of them for each photo if they differ.

        mask : array-like of bool, collection of cells, polygon or callable, \
                default=None
            The only cells that are possible: one bool a cell (or a row of them a
            photo), the indices or names of cells, a polygon or several in degrees
            (GeoJSON, shapely) or with a CRS (geopandas) in which the places of cells
            must lie, or a function from places of shape (n_cells, 2) to bools.

        Returns
        -------
        places : ndarray of shape (n_photos, 2), float64
            Latitude and longitude in degrees, by the rule `point`. NaN where the
            confidence is below `abstain_below`.
        """
        check_is_fitted(self)
        X = self._read_features(X)
        known = self._known(X, prior, mask)
        least = self.abstain_below or 0.0
        table = self._point_places()
        if table is not None:
            cells, confidence = self._likeliest(X, known, with_confidence=least > 0.0)
            places = table[cells]
        else:
            cells, proba = self._first(X, known, min(N_WEIGHED, len(self.cell_places_)))
            confidence = proba[:, 0]
            places = best_points(
                proba,
                cells,
                self.cell_places_,
                point=self.point,
                point_km=self.point_km,
            )
        if least > 0.0:
            places[confidence < least] = np.nan
        return places

    def predict_cells(self, X, level=-1, *, prior=None, mask=None):
        """Predict the cell of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_photos, n_features)
            Features.

        level : int, default=-1
            Which partition, from 0, the coarsest, to -1, the finest. Only the finest
            takes `prior` and `mask`.

        prior, mask : as there
            As in :meth:`predict`.

        Returns
        -------
        cells : ndarray of shape (n_photos,), int64
            The likeliest cell: a row of the table `cells_` of that partition. At a
            coarser level it is that of the level's own head, base(M, c) in the
            paper's notation; for "tree_sum" that of the summed probabilities.
        """
        check_is_fitted(self)
        X = self._read_features(X)
        level = self._read_level(level, prior, mask)
        if level is None:
            return self._likeliest(X, self._known(X, prior, mask))[0]
        cells = np.empty(X.shape[0], dtype=np.int64)
        for rows, proba in self._level_proba(X, level):
            cells[rows] = proba.argmax(axis=1)
        return cells

    def predict_proba(self, X, level=-1, *, prior=None, mask=None):
        """Return the probabilities of cells.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_photos, n_features)
            Features.

        level : int, default=-1
            Which partition, as in :meth:`predict_cells`.

        prior, mask : as there
            As in :meth:`predict`.

        Returns
        -------
        proba : ndarray of shape (n_photos, n_cells)
            Of the finest cells. Rows sum to 1. (So they do at a coarser level, except
            for "tree_sum" where fine cells have lost their ancestor.)
        """
        check_is_fitted(self)
        X = self._read_features(X)
        level = self._read_level(level, prior, mask)
        if level is None:
            known = self._known(X, prior, mask)
            parts = ((r, softmax(s)) for r, s in self._log_scores(X, known))
        else:
            parts = self._level_proba(X, level)
        out = None
        for rows, proba in parts:
            if out is None:
                out = np.empty((X.shape[0], proba.shape[1]), dtype=proba.dtype)
            out[rows] = proba
        return out

    def predict_topk(self, X, k=5, *, prior=None, mask=None):
        """Return the k likeliest places of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_photos, n_features)
            Features.

        k : int, default=5
            How many; all cells if there are fewer.

        prior, mask : as there
            As in :meth:`predict`.

        Returns
        -------
        places : ndarray of shape (n_photos, k, 2)
            Where the k likeliest cells are, the likeliest first: their means of
            training places, or their centres for ``point="center"``.

        proba : ndarray of shape (n_photos, k)
            Their probabilities.
        """
        check_is_fitted(self)
        X = self._read_features(X)
        if not is_whole(k) or k < 1:
            raise ValueError(f"k must be a whole number from 1 on; got {k!r}.")
        k = min(int(k), len(self.cell_places_))
        cells, proba = self._first(X, self._known(X, prior, mask), k)
        table = self._point_places()
        return (self.cell_places_ if table is None else table)[cells], proba

    def confidence(self, X, *, prior=None, mask=None):
        """Return how sure each prediction is.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_photos, n_features)
            Features.

        prior, mask : as there
            As in :meth:`predict`.

        Returns
        -------
        confidence : ndarray of shape (n_photos,)
            The probability of the likeliest of the finest cells.
        """
        check_is_fitted(self)
        X = self._read_features(X)
        return self._likeliest(X, self._known(X, prior, mask), with_confidence=True)[1]

    def score(self, X, y, sample_weight=None):
        r"""Return the mean GeoScore of the predicted places.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_photos, n_features)
            Features.

        y : array-like of shape (n_photos, 2)
            Where they were taken.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts.

        Returns
        -------
        score : float
            The mean of :math:`5000 \exp(-d / 1492.7)`, between 0 and 5000; larger is
            better. A photo without an answer (`abstain_below`) scores 0.
        """
        truth = self._read_target(y, X)
        weights = self._read_weights(sample_weight, X)
        return score_of_answers(geo_score, truth, self.predict(X), weights)

    def _known(self, X, prior, mask):
        own = self._parameter_constraints
        asked = [name for name in _CHANGEABLE if name in own]
        if asked:
            check_settings(self, *asked)
        known = log_prior(
            prior,
            mask,
            cell_places=self.cell_places_,
            cell_names=self.cell_names_,
            n_rows=X.shape[0],
        )
        if known is None:
            return None
        # Only ratios matter, and single precision keeps digits of small logarithms.
        return known - known.max(axis=1, keepdims=True)

    def _point_places(self):
        """Return the place of each cell where the answer hangs on one cell alone."""
        if self.point == "mean":
            return self.cell_places_
        if self.point == "center":
            table = self.cells_
            return np.column_stack(
                [table["center_latitude"], table["center_longitude"]]
            )
        return None

    def _read_level(self, level, prior, mask):
        """Return a level from 0, or None for the finest."""
        n_levels = len(self.n_cells_)
        if not is_whole(level) or not -n_levels <= level < n_levels:
            if n_levels == 1:
                raise ValueError(f"There is one level only: level=-1; got {level!r}.")
            raise ValueError(
                f"level must be a whole number from 0, the coarsest of {n_levels}, to "
                f"{n_levels - 1}, or -1 for the finest; got {level!r}."
            )
        level = int(level) % n_levels
        if level == n_levels - 1:
            return None
        if prior is not None or mask is not None:
            raise ValueError(
                "prior and mask are about the finest cells: leave level at -1."
            )
        return level

    def _likeliest(self, X, known, *, with_confidence=False):
        """Return the likeliest cell of each row, and its probability if asked for."""
        cells = np.empty(X.shape[0], dtype=np.int64)
        confidence = np.empty(X.shape[0]) if with_confidence else None
        for rows, scores in self._log_scores(X, known):
            best = scores.argmax(axis=1)
            cells[rows] = best
            if with_confidence:
                scores -= np.take_along_axis(scores, best[:, np.newaxis], axis=1)
                confidence[rows] = 1.0 / np.exp(scores, out=scores).sum(axis=1)
        return cells, confidence

    def _first(self, X, known, k):
        """Return the k likeliest cells of each row, in order, and probabilities."""
        cells = np.empty((X.shape[0], k), dtype=np.int64)
        out = np.empty((X.shape[0], k))
        for rows, scores in self._log_scores(X, known):
            if k < scores.shape[1]:
                best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
                best.sort(axis=1)
            else:
                best = np.broadcast_to(np.arange(k), (len(scores), k))
            own = np.take_along_axis(scores, best, axis=1)
            order = np.argsort(-own, axis=1, kind="stable")
            cells[rows] = np.take_along_axis(best, order, axis=1)
            top = scores.max(axis=1, keepdims=True)
            total = np.exp(scores - top).sum(axis=1, keepdims=True)
            out[rows] = np.exp(np.take_along_axis(own, order, axis=1) - top) / total
        return cells, out

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # No classifier by type, since y are places, but probabilities of many cells.
        tags.classifier_tags = ClassifierTags()
        return tags
