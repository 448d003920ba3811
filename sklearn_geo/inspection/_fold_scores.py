# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The scores of models on the folds of a cross-validation, and how far they differ."""

import re
from collections.abc import Mapping

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._numbers import read_numbers
from sklearn_geo.inspection._by_name import by_text
from sklearn_geo.inspection._export import frame_of
from sklearn_geo.inspection._pyplot import COLORS, axes_of, check_most
from sklearn_geo.inspection._text import literal
from sklearn_geo.inspection._words import check_text
from sklearn_geo.metrics._rows import check_choice

_ORDERS = ("best", "given")
_LONGEST = 40  # characters of the value of a parameter
_MOST = 1e300  # no axis reaches beyond, as it takes some room at its ends


class FoldScoresDisplay:
    """Scores of several models on the same folds: a dot a fold, a bar for the mean.

    Folds differ from each other much more than models do, above all folds of whole
    regions. So models are compared fold by fold: :meth:`to_frame` says how far each is
    behind the best, and how sure that is.

    Parameters
    ----------
    scores : dict of ndarray of shape (n_folds,)
        By name of the model, its scores on the folds. NaN is a fit that failed.

    later : dict of float, default=None
        By name of the model, the score on rows that came later, to draw beside.

    measure : str, default="score"
        What the scores are; more is better.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the scores.

    figure_ : matplotlib Figure
        Figure that holds them.

    dots_ : list of matplotlib Line2D
        The folds of each model, from the top.

    means_ : matplotlib Line2D
        The means.

    later_ : matplotlib Line2D or None
        What came later.

    See Also
    --------
    sklearn_geo.model_selection.S2BlockKFold : Folds of whole regions.
    PerClassDisplay : One fold, class by class.

    Notes
    -----
    The error in :meth:`to_frame` is twice the standard error of the mean of the
    differences, taken fold by fold. Folds share training rows, so it is rather too
    small than too large: what is less than it is no difference.

    Examples
    --------
    >>> from sklearn_geo.inspection import FoldScoresDisplay
    >>> display = FoldScoresDisplay.from_scores(
    ...     {"cells": [0.5, 0.6, 0.7], "waves": [0.6, 0.7, 0.8]}, measure="accuracy"
    ... )
    >>> table = display.to_frame().round(2)
    >>> list(table.model), list(table.behind)
    (['waves', 'cells'], [0.0, 0.1])
    """

    def __init__(self, scores, *, later=None, measure="score"):
        self.scores = scores
        self.later = later
        self.measure = measure

    @classmethod
    def from_search(cls, search, *, metric=None, measure=None, ax=None, **kwargs):
        """Draw what a search has tried.

        Parameters
        ----------
        search : GridSearchCV, RandomizedSearchCV or the like
            Fitted. Candidates are named by the parameters that differ among them; of a
            whole estimator it is the class. Of a search by halving, which tries them
            with ever more rows or of another resource, the name says with how many.

        metric : str, default=None
            Which score, of a search for several. None is the one that chose the best.

        measure : str, default=None
            What to call it. None is what `metric` or `scoring` says.

        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        FoldScoresDisplay
            The display.
        """
        if not hasattr(search, "refit"):
            raise TypeError(
                f"{type(search).__name__} is no search. Pass a fitted GridSearchCV or "
                "the like."
            )
        check_is_fitted(search, "cv_results_")
        results = search.cv_results_
        if metric is None:
            several = isinstance(search.refit, str)
            several = several and getattr(search, "multimetric_", True)
            metric = search.refit if several else "score"
        found = {}
        for key in results:
            matched = re.fullmatch(r"split(\d+)_test_(.+)", key)
            if matched:
                found.setdefault(matched[2], {})[int(matched[1])] = results[key]
        if not isinstance(metric, str) or metric not in found:
            raise ValueError(
                f"The search has no scores called {metric!r}. Set metric to one of "
                f"{', '.join(map(repr, found))}."
            )
        folds = np.array([found[metric][k] for k in sorted(found[metric])])
        if measure is None:
            scoring = search.scoring if metric == "score" else metric
            measure = scoring if isinstance(scoring, str) else "score"
        candidates = results["params"]
        if getattr(search, "resource", None) == "n_samples":
            # Halving tries the best again; another resource is one of their parameters.
            candidates = [
                {**params, "n_resources": n}
                for params, n in zip(candidates, results["n_resources"], strict=True)
            ]
        names = _name_candidates(candidates)
        scores = dict(zip(names, folds.T, strict=True))
        return cls.from_scores(scores, measure=measure, ax=ax, **kwargs)

    @classmethod
    def from_scores(cls, scores, *, later=None, measure="score", ax=None, **kwargs):
        """Draw scores that are known.

        Parameters
        ----------
        scores : mapping of str to array-like of shape (n_folds,)
            By name of the model, what `cross_val_score` returned for it. All with the
            same folds.

        later : mapping of str to float, default=None
            By name of the model, the score on rows that came later; not all need one.

        measure : str, default="score"
            What the scores are; more is better.

        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        FoldScoresDisplay
            The display.
        """
        check_text(measure, "measure")
        scores = _read_scores(scores)
        display = cls(scores, later=_read_later(later, scores), measure=measure)
        return display.plot(ax, **kwargs)

    def plot(self, ax=None, *, order="best", most=25, color=COLORS[0]):
        """Draw the scores.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        order : {"best", "given"}, default="best"
            Which model is at the top: the one with the largest mean, or the first.

        most : int, default=25
            How many models to draw at most, from the top.

        color : matplotlib color, default="#0072B2"
            Of dots and bars.

        Returns
        -------
        FoldScoresDisplay
            The display, with its artists.
        """
        check_choice(order, _ORDERS, "order")
        check_most(most)
        names = (self._ordered() if order == "best" else list(self.scores))[:most]
        self.ax_, self.figure_ = axes_of(ax, figsize=(7.0, 1.0 + 0.34 * len(names)))
        at = np.arange(len(names))
        self.dots_ = []
        for row, name in enumerate(names):
            folds = self.scores[name]
            self.dots_ += self.ax_.plot(
                folds, np.full(len(folds), row), "o", color=color, alpha=0.4, ms=5
            )
        style = {"color": color, "ms": 15, "mew": 3}
        means = [self.scores[name].mean() for name in names]
        (self.means_,) = self.ax_.plot(means, at, "|", **style)
        parts, self.later_ = ["dots: folds", "bars: their means"], None
        if self.later:
            (self.later_,) = self.ax_.plot(
                [self.later.get(name, np.nan) for name in names], at, "kD", ms=7
            )
            parts.append("diamonds: later")
        self.ax_.set_yticks(at, list(map(literal, names)))
        self.ax_.tick_params(axis="y", length=0)
        self.ax_.set_ylim(len(names) - 0.4, -0.6)
        self.ax_.set_xlabel(f"{self.measure}\n({', '.join(parts)})")
        self.ax_.grid(color="0.9", linewidth=0.6)
        self.ax_.set_axisbelow(True)
        self.ax_.spines[["top", "right"]].set_visible(False)
        if len(names) < len(self.scores):
            which = "best" if order == "best" else "first"
            self.ax_.set_title(f"the {which} {len(names)} of {len(self.scores)}")
        return self

    def _ordered(self):
        """Return the names, the largest mean first and what failed last."""
        means = np.array([folds.mean() for folds in self.scores.values()])
        names = list(self.scores)
        return [names[at] for at in np.argsort(-means, kind="stable")]

    def to_frame(self):
        """Return the means, and how far each model is behind the best.

        Returns
        -------
        DataFrame
            A row a model, the best first, with the columns `model`; `mean`; `behind`,
            how much less that is than the best mean; `error`, of that; and `later`, if
            anything is known.
        """
        names = self._ordered()
        columns = {name: [] for name in ("model", "mean", "behind", "error")}
        best = self.scores[names[0]]
        for name in names:
            behind = best - self.scores[name]
            n = len(behind)
            with np.errstate(over="ignore"):  # of scores beyond 1e154
                spread = behind.std(ddof=1) if n > 1 else np.nan
            columns["model"].append(name)
            columns["mean"].append(float(self.scores[name].mean()))
            columns["behind"].append(float(behind.mean()))
            columns["error"].append(float(2.0 * spread / np.sqrt(n)))
        if self.later:
            columns["later"] = [self.later.get(name, np.nan) for name in names]
        return frame_of(columns)


def _name_candidates(candidates):
    """Name each candidate of a search by the parameters that differ among them."""
    keys = list(dict.fromkeys(key for params in candidates for key in params))
    written = [
        {key: str(value) for key, value in params.items()} for params in candidates
    ]
    differ = [key for key in keys if len({one.get(key) for one in written}) > 1]
    names, seen = [], {}
    for params in candidates:
        set_here = [key for key in differ if key in params]
        whole = [key for key in set_here if isinstance(params[key], BaseEstimator)]
        parts = [type(params[key]).__name__ for key in whole]
        parts += [
            f"{key.rpartition('__')[2]}={_say(params[key])}"
            for key in set_here
            if key not in whole
        ]
        name = " ".join(parts) or "all the same"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _say(value):
    """Write a value as short as it has to be in a name."""
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _read_scores(scores):
    if not isinstance(scores, Mapping) or not scores:
        raise ValueError(
            "scores must be a dict from the names of models to their scores on the "
            f"folds, and hold at least one; got {scores!r:.60}."
        )
    read = {}
    for name, folds in by_text(scores, "scores").items():
        try:
            read[name] = read_numbers(folds, f"The scores of {name}")
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"The scores of {name} must be numbers, one a fold; got {folds!r:.60}."
            ) from error
    first = next(iter(read))
    for name, folds in read.items():
        if folds.ndim != 1 or not len(folds):
            raise ValueError(
                f"The scores of {name} must be one number a fold, as cross_val_score "
                f"returns them; got the shape {folds.shape}."
            )
        if len(folds) != len(read[first]):
            raise ValueError(
                f"{first} has scores on {len(read[first])} folds, and {name} on "
                f"{len(folds)}. Score all models on the same folds."
            )
        if (np.abs(folds) > _MOST).any():
            raise ValueError(
                f"The scores of {name} must not be infinite, nor beyond {_MOST:g}."
            )
    return read


def _read_later(later, scores):
    if later is None:
        return None
    if not isinstance(later, Mapping):
        raise ValueError(
            "later must be a dict from the names of models to a score; got "
            f"{later!r:.60}."
        )
    read = {}
    for name, score in by_text(later, "later").items():
        if name not in scores:
            raise ValueError(
                f"later has {name}, which has no scores on folds. There are those of "
                f"{', '.join(scores)}."
            )
        try:
            read[name] = float(score)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(
                f"The later score of {name} must be a number; got {score!r:.60}."
            ) from error
        if abs(read[name]) > _MOST:
            raise ValueError(
                f"The later score of {name} must not be infinite, nor beyond "
                f"{_MOST:g}; got {score!r:.60}."
            )
    return read
