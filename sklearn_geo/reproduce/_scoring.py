# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How good predictions are, and the folds of rows that they are of."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import KFold
from sklearn.utils import check_random_state, gen_batches

from sklearn_geo._labels import check_groups
from sklearn_geo._numbers import is_whole, read_numbers
from sklearn_geo.base import check_places
from sklearn_geo.geometry import s2_cell_ids
from sklearn_geo.model_selection import S2BlockKFold
from sklearn_geo.reproduce._tables import Estimate, Measure

__all__ = [
    "COVERAGE",
    "FOLD_KINDS",
    "HAMMING",
    "MAP",
    "Resamples",
    "block_level",
    "difference",
    "multilabel_estimates",
    "split_rows",
]

#: The three measures of the paper's Table 5.
HAMMING = Measure("hamming loss", better="lower", interval=False)
COVERAGE = Measure("coverage error", better="lower", interval=False)
MAP = Measure("mAP")

#: How rows may be dealt out to folds.
FOLD_KINDS = ("random", "block")

# Blocks are fine enough for a fold to have so many of them.
_BLOCKS_A_FOLD = 8
# Level 0 has six cells.
_COARSEST_BLOCKS, _FINEST_BLOCKS = 1, 20
_CONFIDENCE = 0.95
# So many of them add up to a finite number.
_LARGEST = 1e290
_COUNT_BYTES, _CHUNK_BYTES = 8, 16 * 2**20


@dataclass(frozen=True)
class _Sampled(Estimate):
    """An estimate that keeps its resamples, to be compared with another."""

    samples: np.ndarray = None

    __hash__ = None


class Resamples:
    """The same bootstrap resamples of rows for every method, so that methods compare.

    Parameters
    ----------
    n_rows : int
        How many rows there are.

    n_resamples : int, default=500
        How often to draw as many.

    groups : array-like of shape (n_rows,), default=None
        Users, for example. They are then drawn whole.

    random_state : int, RandomState instance or None, default=None
        Decides what is drawn.

    Attributes
    ----------
    counts : ndarray of shape (n_resamples, n_rows)
        How often each row was drawn.

    See Also
    --------
    sklearn_geo.metrics.bootstrap_interval : The same for any metric, one at a time.

    Examples
    --------
    >>> from sklearn_geo.reproduce import Resamples
    >>> resamples = Resamples(4, n_resamples=100, random_state=0)
    >>> hits = resamples.mean([1.0, 1.0, 0.0, 1.0])
    >>> hits.value, hits.low < hits.value < hits.high
    (0.75, True)
    """

    def __init__(self, n_rows, n_resamples=500, *, groups=None, random_state=None):
        for name, number in (("n_rows", n_rows), ("n_resamples", n_resamples)):
            if not is_whole(number) or number < 1:
                raise ValueError(
                    f"{name} must be a whole number, at least 1; got {number!r}."
                )
        rng = check_random_state(random_state)
        codes = np.arange(n_rows)
        if groups is not None:
            _, codes = check_groups(groups, n_rows)
        n_groups = int(codes.max()) + 1
        drawn = rng.randint(0, n_groups, size=(n_resamples, n_groups))
        counts = np.zeros((n_resamples, n_groups))
        np.add.at(counts, (np.arange(n_resamples)[:, np.newaxis], drawn), 1.0)
        self.counts = counts if groups is None else counts[:, codes]

    def mean(self, values):
        """Estimate a mean over rows.

        Parameters
        ----------
        values : array-like of shape (n_rows,)
            One number a row.

        Returns
        -------
        Estimate
            The mean and its interval.
        """
        values = _row_values(values, self.counts.shape[1])
        samples = self.counts @ values / self.counts.sum(axis=1)
        return _with_interval(float(values.mean()), samples)

    def median(self, values):
        """Estimate a median over rows.

        Parameters
        ----------
        values : array-like of shape (n_rows,)
            One number a row.

        Returns
        -------
        Estimate
            The median and its interval.
        """
        values = _row_values(values, self.counts.shape[1])
        order = np.argsort(values, kind="stable")
        samples = np.empty(len(self.counts))
        rows = max(1, int(_CHUNK_BYTES // (_COUNT_BYTES * len(values))))
        for batch in gen_batches(len(samples), rows):
            passed = np.cumsum(self.counts[batch][:, order], axis=1)
            half = passed[:, -1:] / 2.0
            # Two rows are in the middle where one ends at half of what was drawn.
            middle = (passed < half).sum(axis=1), (passed <= half).sum(axis=1)
            samples[batch] = sum(values[order[at]] for at in middle) / 2.0
        return _with_interval(float(np.median(values)), samples)

    def mean_average_precision(self, y_true, y_score):
        """Estimate the macro average precision.

        Parameters
        ----------
        y_true : array-like of shape (n_rows, n_classes)
            1 where the row belongs to the class, else 0.

        y_score : array-like of shape (n_rows, n_classes)
            Scores, the higher the likelier.

        Returns
        -------
        Estimate
            Its value and interval. Classes that no row belongs to are left out, and so
            are resamples without a row of any class.

        See Also
        --------
        sklearn_geo.metrics.macro_average_precision : The same without an interval.
        """
        y_true, y_score = _read_labels(y_true, y_score, "y_score", self.counts.shape[1])
        classes = np.flatnonzero(y_true.any(axis=0))
        if not classes.size:
            raise ValueError("No row of y_true belongs to any class.")
        ones = np.ones((1, len(y_true)))
        value = np.mean([
            _average_precisions(y_true[:, k], y_score[:, k], ones)[0] for k in classes
        ])  # fmt: skip
        precisions = np.full((len(self.counts), classes.size), np.nan)
        rows = max(1, int(_CHUNK_BYTES // (_COUNT_BYTES * len(y_true))))
        for batch in gen_batches(len(self.counts), rows):
            for column, k in enumerate(classes):
                precisions[batch, column] = _average_precisions(
                    y_true[:, k], y_score[:, k], self.counts[batch]
                )
        # A class that a resample has no row of is left out there.
        drawn = np.isfinite(precisions)
        sums = np.where(drawn, precisions, 0.0).sum(axis=1)
        n_drawn = drawn.sum(axis=1)
        samples = np.full(len(sums), np.nan)
        np.divide(sums, n_drawn, out=samples, where=n_drawn > 0)
        return _with_interval(float(value), samples)


def _row_values(values, n_rows):
    """Return one finite number a row, none so large that sums are not."""
    values = read_numbers(values, "values")
    if values.shape != (n_rows,):
        raise ValueError(
            f"values must hold one number for each of the {n_rows} rows; got shape "
            f"{values.shape}."
        )
    fine = np.abs(values) <= _LARGEST  # NaN is not
    if not fine.all():
        row = int(np.argmin(fine))
        raise ValueError(
            f"values, row {row}: {values[row]} cannot be averaged. Leave such rows out."
        )
    return values


def _read_labels(y_true, scores, name, n_rows):
    """Return which row has which label, and a score for each."""
    y_true, scores = read_numbers(y_true, "y_true"), read_numbers(scores, name)
    if scores.shape != y_true.shape:
        raise ValueError(
            f"y_true has the shape {y_true.shape}, and {name} has {scores.shape}. Both "
            "need a row a sample and a column a label."
        )
    if y_true.ndim != 2 or len(y_true) != n_rows:
        raise ValueError(
            f"y_true has the shape {y_true.shape}, but the resamples are of {n_rows} "
            "rows: it needs a row for each, and a column a label."
        )
    for what, values in (("y_true", y_true), (name, scores)):
        holes = np.isnan(values).any(axis=1)
        if holes.any():
            raise ValueError(
                f"{what}, row {np.argmax(holes)}: NaN is neither a label nor a score. "
                "Leave such rows out."
            )
    return y_true > 0, scores


def _average_precisions(true, score, counts):
    """Average precision of one class in every resample, ties taken as one step."""
    order = np.argsort(-score, kind="stable")
    true, score = true[order], score[order]
    # The last row of every distinct score that a true row has.
    last = np.flatnonzero(np.append(score[1:] != score[:-1], True))
    entered = np.cumsum(counts[:, order], axis=1)[:, last]
    right = np.cumsum(np.where(true, counts[:, order], 0.0), axis=1)[:, last]
    gained = np.diff(right, axis=1, prepend=0.0)
    precision = np.divide(right, entered, out=np.zeros_like(right), where=entered > 0)
    total = right[:, -1]
    sums = (gained * precision).sum(axis=1)
    return np.divide(sums, total, out=np.full(len(total), np.nan), where=total > 0)


def difference(first, second):
    """Estimate how much better the first of two is on the same resamples.

    Parameters
    ----------
    first, second : Estimate
        What the same :class:`Resamples` gave for two methods.

    Returns
    -------
    Estimate
        First minus second, with an interval of the differences.

    See Also
    --------
    multilabel_estimates : Each of the two by itself.

    Examples
    --------
    >>> from sklearn_geo.reproduce import Resamples, difference
    >>> resamples = Resamples(4, random_state=0)
    >>> gain = difference(resamples.mean([1, 1, 0, 1]), resamples.mean([0, 0, -1, 0]))
    >>> gain.value, gain.low, gain.high
    (1.0, 1.0, 1.0)
    """
    ours, theirs = (getattr(each, "samples", None) for each in (first, second))
    if ours is None or np.shape(ours) != np.shape(theirs):
        raise ValueError(
            "first and second have to be what the same Resamples gave, not numbers or "
            "what others gave."
        )
    return _with_interval(first.value - second.value, ours - theirs)


def multilabel_estimates(y_true, probabilities, resamples):
    """Measure a multi-label classifier as the paper's Table 5 does.

    Parameters
    ----------
    y_true : array-like of shape (n_rows, n_labels)
        0/1 indicator.

    probabilities : array-like of shape (n_rows, n_labels)
        Probabilities of the labels; half and more is a yes.

    resamples : Resamples
        What intervals come from.

    Returns
    -------
    dict of str to Estimate
        "hamming loss", "coverage error" and "mAP".

    See Also
    --------
    difference : How much two differ.
    Resamples : Which rows are drawn.

    Examples
    --------
    >>> from sklearn_geo.reproduce import Resamples, multilabel_estimates
    >>> y, p = [[1, 0], [0, 1], [1, 1]], [[0.9, 0.6], [0.2, 0.8], [0.7, 0.4]]
    >>> estimates = multilabel_estimates(y, p, Resamples(3, random_state=0))
    >>> {name: round(each.value, 3) for name, each in estimates.items()}
    {'hamming loss': 0.333, 'coverage error': 1.333, 'mAP': 0.917}
    """
    y_true, probabilities = _read_labels(
        y_true, probabilities, "probabilities", resamples.counts.shape[1]
    )
    if not np.isfinite(probabilities).all():
        raise ValueError("probabilities have to be finite numbers.")
    wrong = ((probabilities >= 0.5) != y_true).mean(axis=1)
    # How far down the ranking the last label of a row stands, ties counted in full.
    lowest = np.where(y_true, probabilities, np.inf).min(axis=1)
    covered = (probabilities >= lowest[:, np.newaxis]).sum(axis=1)
    return {
        HAMMING.name: resamples.mean(wrong),
        COVERAGE.name: resamples.mean(covered),
        MAP.name: resamples.mean_average_precision(y_true, probabilities),
    }


def split_rows(places, kind, *, n_splits=5, level=None, random_state=None):
    """Deal out rows to folds.

    Parameters
    ----------
    places : array-like of shape (n_rows, 2)
        Latitude and longitude in degrees.

    kind : {"random", "block"}
        Any row in any fold; or whole S2 cells, so that a test row has no training row
        around it.

    n_splits : int, default=5
        Number of folds.

    level : int, default=None
        Level of the S2 cells; None chooses by :func:`block_level`.

    random_state : int, RandomState instance or None, default=None
        Deals out random folds.

    Returns
    -------
    list of (train, test)
        Positions of rows. Every row is tested once.

    See Also
    --------
    out_of_fold : Predictions on folds.

    Examples
    --------
    >>> from sklearn_geo.reproduce import split_rows
    >>> places = [[0.0, 0.0], [0.0, 0.1], [50.0, 0.0], [50.0, 0.1]]
    >>> [test.tolist() for _, test in split_rows(places, "block", n_splits=2, level=5)]
    [[0, 1], [2, 3]]
    """
    if not isinstance(kind, str) or kind not in FOLD_KINDS:
        raise ValueError(f"Folds are of the kinds {FOLD_KINDS}; got {kind!r:.60}.")
    if not is_whole(n_splits) or n_splits < 2:
        raise ValueError(
            f"n_splits must be a whole number of folds, at least 2; got {n_splits!r}."
        )
    places = check_places(places)
    if kind == "random":
        splitter = KFold(n_splits, shuffle=True, random_state=random_state)
    else:
        level = block_level(places, n_splits) if level is None else level
        splitter = S2BlockKFold(n_splits, level=level)
    return list(splitter.split(places))


def block_level(places, n_splits):
    """Choose the coarsest S2 level whose cells can be dealt out evenly.

    Parameters
    ----------
    places : array-like of shape (n_rows, 2)
        Latitude and longitude in degrees.

    n_splits : int
        Number of folds.

    Returns
    -------
    int
        The coarsest level with eight cells a fold at least, none of which holds more
        than half a fold; if there is none, 20.

    See Also
    --------
    out_of_fold : Predictions on folds of such blocks.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.reproduce import block_level
    >>> rng = np.random.default_rng(0)
    >>> town = rng.normal([48.1, 11.6], 0.05, (1000, 2))
    >>> country = rng.normal([48.1, 11.6], 5.0, (1000, 2))
    >>> block_level(town, 5), block_level(country, 5)
    (12, 5)
    """
    if not is_whole(n_splits) or n_splits < 1:
        raise ValueError(
            f"n_splits must be a whole number of folds, at least 1; got {n_splits!r}."
        )
    places = check_places(places)
    for level in range(_COARSEST_BLOCKS, _FINEST_BLOCKS):
        _, sizes = np.unique(s2_cell_ids(places, level), return_counts=True)
        fine = sizes.size >= _BLOCKS_A_FOLD * n_splits
        if fine and sizes.max() <= len(places) / (2.0 * n_splits):
            return level
    return _FINEST_BLOCKS


def _with_interval(value, samples):
    tail, known = (1.0 - _CONFIDENCE) / 2, samples[np.isfinite(samples)]
    low = high = np.nan
    if known.size:
        low, high = np.quantile(known, [tail, 1.0 - tail])
    return _Sampled(value, float(low), float(high), samples)
