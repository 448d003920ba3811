# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How well several models find every class, side by side."""

import numpy as np
from scipy import sparse

from sklearn_geo._labels import check_rows
from sklearn_geo._numbers import read_numbers
from sklearn_geo._tables import check_sparse
from sklearn_geo.inspection._average_precision import class_precisions
from sklearn_geo.inspection._by_name import by_text, is_by_name
from sklearn_geo.inspection._class_scores import class_scores, names_learnt
from sklearn_geo.inspection._classes import (
    choose_classes,
    classes_and_indicator,
    indicator_of,
)
from sklearn_geo.inspection._columns import by_name
from sklearn_geo.inspection._export import frame_of
from sklearn_geo.inspection._pyplot import COLORS, axes_of, check_most
from sklearn_geo.inspection._text import in_legend, literal
from sklearn_geo.inspection._words import check_text
from sklearn_geo.metrics._rows import check_choice

_ORDERS = ("gain", "score", "count", "given")
# So many bars fit into an inch, and so many letters below it, before names are turned.
_BARS_AN_INCH, _LETTERS_AN_INCH = 7.0, 12.5


class PerClassDisplay:
    """Bars of the average precision of every class, of one model or of several.

    Figure 3 of the GPS2Vec+ paper [1]_: which classes gain from another representation,
    and which do not. Lines are the means over all classes (mAP).

    Parameters
    ----------
    precisions : dict of Bunch
        By name of the model: `estimate`, the average precision of each class, and `low`
        and `high`, the ends of its interval, or None.

    class_names : list of str
        What the classes are called.

    counts : ndarray of shape (n_classes,)
        How many rows are of each class.

    n_rows : int
        How many rows there are.

    means : dict of Bunch
        By name of the model, the same of the mean over the classes.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the bars.

    figure_ : matplotlib Figure
        Figure that holds them.

    bars_ : list of matplotlib BarContainer
        The bars of each model.

    lines_ : list of matplotlib Line2D
        The mean of each model.

    errorbars_ : list of matplotlib ErrorbarContainer
        The intervals of each model, if there are any.

    shown_ : list of str
        The classes, from left to right.

    See Also
    --------
    sklearn_geo.metrics.macro_average_precision : The mean.
    sklearn_geo.metrics.bootstrap_interval : The intervals.

    Notes
    -----
    Average precision is scikit-learn's. Classes that no row is of have none: they are
    left out, of the mean too. A row has one class, or several; then every label is
    compared with all rows that do not have it. The short black lines are what a model
    that knows nothing comes to, the share of the rows that are of the class.

    For intervals rows are drawn anew. Draws that hold no row of a class do not count
    for it, and draws hold some rows twice, which flatters average precision a little:
    intervals of classes with a few rows are too narrow and lie too high.

    References
    ----------
    .. [1] Y. Yin, Y. Zhang, Z. Liu, Y. Liang, S. Wang, R. R. Shah and R. Zimmermann,
       "Learning Multi-context Aware Location Representations from Large-scale Geotagged
       Images", ACM Multimedia, 2021, figure 3.

    Examples
    --------
    >>> from sklearn_geo.inspection import PerClassDisplay
    >>> display = PerClassDisplay.from_predictions(
    ...     ["sea", "hill", "sea", "hill"],
    ...     {"ours": [[0.1, 0.9], [0.8, 0.2], [0.3, 0.7], [0.2, 0.8]]},
    ...     confidence_level=None,
    ... )
    >>> display.shown_, display.precisions["ours"].estimate.round(2)
    (['hill', 'sea'], array([0.83, 0.83]))
    """

    def __init__(self, precisions, *, class_names, counts, n_rows, means):
        self.precisions = precisions
        self.class_names = class_names
        self.counts = counts
        self.n_rows = n_rows
        self.means = means

    @classmethod
    def from_estimator(cls, estimator, X, y, *, class_names=None, ax=None, **kwargs):
        """Draw how well fitted classifiers find the classes of rows.

        Parameters
        ----------
        estimator : estimator, or mapping of str to estimator
            Fitted classifiers, with `predict_proba` or `decision_function`.

        X : array-like of shape (n_rows, ...), or mapping of str to such
            Rows that were not learnt from; a mapping holds those of each model, the
            same rows in the same order.

        y : array-like of shape (n_rows,) or (n_rows, n_labels)
            A class a row, or 0/1 for each label. A single column is one label if it
            holds 0 and 1 alone and has a name, of its own or in `class_names`, or if
            the first model has learnt one label; otherwise it is a class a row. Labels
            may come in another order than a model has learnt them in, and need not be
            all of them, if they are called as there.

        class_names : sequence of str, default=None
            What labels are called. None takes the names of the columns of `y`, those
            that the first model has learnt, or numbers.

        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`from_predictions`.

        Returns
        -------
        PerClassDisplay
            The display.
        """
        models = by_name(estimator)
        many = is_by_name(X)
        tables = by_text(X, "X") if many else dict.fromkeys(models, X)
        if set(tables) != set(models):
            raise ValueError(
                f"X holds rows of {', '.join(map(repr, tables))}, and the models are "
                f"{', '.join(map(repr, models))}. Give each its own, or all the same."
            )
        if class_names is None and getattr(y, "columns", None) is None:
            class_names = names_learnt(next(iter(models.values())), y)
        classes, _, names = classes_and_indicator(y, class_names)
        labels = names if classes is None else None
        scores = {
            name: class_scores(model, name, tables[name], classes, labels)
            for name, model in models.items()
        }
        return cls.from_predictions(y, scores, class_names=class_names, ax=ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_score,
        *,
        name=None,
        class_names=None,
        groups=None,
        confidence_level=0.95,
        n_resamples=500,
        random_state=0,
        ax=None,
        **kwargs,
    ):
        """Draw how well scores find the classes of rows.

        Parameters
        ----------
        y_true : array-like of shape (n_rows,) or (n_rows, n_labels)
            A class a row, or 0/1 for each label. A single column is one label if it
            holds 0 and 1 alone and has a name, of its own or in `class_names`;
            otherwise it is a class a row.

        y_score : array-like of shape (n_rows, n_classes), or mapping of str to such
            How likely every class is thought, in the order of the sorted classes, or of
            the labels; of several models by name. One column does for two classes, and
            a vector for one label.

        name : str, default=None
            Name of a single model.

        class_names : sequence of str, default=None
            What classes are called, in that order. None takes the names of the columns,
            or the classes themselves.

        groups : array-like of shape (n_rows,), default=None
            Users or albums, drawn whole for the intervals.

        confidence_level : float or None, default=0.95
            Of the intervals. None draws none.

        n_resamples : int, default=500
            How often rows are drawn anew for the intervals.

        random_state : int, RandomState instance or None, default=0
            Seed of the resampling.

        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        PerClassDisplay
            The display.
        """
        if not is_by_name(y_score):
            check_text(name, "name")
            y_score = {"model" if name is None else name: y_score}
        if not y_score:
            raise ValueError("y_score is empty: there is no model to draw.")
        truth, names = indicator_of(y_true, class_names, name="y_true")
        tables = {
            who: _read_scores(table, truth.shape, who)
            for who, table in by_text(y_score, "y_score").items()
        }
        seen = truth.any(axis=0)
        names = [one for one, there in zip(names, seen, strict=True) if there]
        if not names:
            raise ValueError("No row of y_true is of any class: nothing can be found.")
        found = {
            who: class_precisions(
                truth[:, seen],
                table[:, seen],
                groups=groups,
                confidence_level=confidence_level,
                n_resamples=n_resamples,
                random_state=random_state,
            )
            for who, table in tables.items()
        }
        display = cls(
            {who: classes for who, (classes, _) in found.items()},
            class_names=names,
            counts=truth[:, seen].sum(axis=0),
            n_rows=len(truth),
            means={who: mean for who, (_, mean) in found.items()},
        )
        return display.plot(ax, **kwargs)

    def plot(self, ax=None, *, classes=None, order="gain", most=25):
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        classes : sequence of str, default=None
            Which classes to show, in this order. None shows all, or the `most` frequent
            ones.

        order : {"gain", "score", "count", "given"}, default="gain"
            From left to right: those first that gain most from the first to the last
            model, that the last model finds best, that are most frequent, or as they
            come. A single model has no gain, and is in order of its score.

        most : int, default=25
            How many classes are shown at most, if they are not named.

        Returns
        -------
        PerClassDisplay
            The display, with its artists.
        """
        shown = self._choose(classes, order, most)
        self.shown_ = [self.class_names[at] for at in shown]
        n_bars = len(shown) * (len(self.precisions) + 1)
        width = float(np.clip(1.2 + n_bars / _BARS_AN_INCH, 5.0, 14.0))
        self.ax_, self.figure_ = axes_of(ax, figsize=(width, 4.2))
        axes, step = self.ax_, 0.82 / len(self.precisions)
        middles = np.arange(len(shown), dtype=np.float64)
        self.bars_, self.lines_, self.errorbars_ = [], [], []
        for at, (who, found) in enumerate(self.precisions.items()):
            color = COLORS[at % len(COLORS)]
            x = middles + (at - (len(self.precisions) - 1) / 2) * step
            heights = found.estimate[shown]
            self.bars_.append(
                axes.bar(
                    x,
                    heights,
                    0.92 * step,
                    color=color,
                    label=in_legend(self._label(who)),
                    zorder=2,
                )
            )
            if found.low is not None:
                gaps = [heights - found.low[shown], found.high[shown] - heights]
                self.errorbars_.append(
                    axes.errorbar(
                        x,
                        heights,
                        yerr=np.maximum(gaps, 0.0),
                        fmt="none",
                        ecolor="0.25",
                        elinewidth=1.0,
                        capsize=float(np.clip(12.0 * step, 1.0, 3.0)),
                        zorder=4,
                    )
                )
            mean = self.means[who].estimate
            self.lines_.append(
                axes.axhline(mean, color=color, linewidth=1.1, linestyle="--", zorder=1)
            )
        chance = self.counts[shown] / self.n_rows
        axes.hlines(
            chance,
            middles - 0.45,
            middles + 0.45,
            color="black",
            linewidth=1.1,
            zorder=5,
            label="_chance",
        )
        self._dress(axes, middles, width)
        return self

    def _choose(self, classes, order, most):
        """Return the positions of the classes to show, from left to right."""
        check_choice(order, _ORDERS, "order")
        check_most(most)
        if classes is not None:
            return choose_classes(classes, self.class_names)
        first, *_, last = [*self.precisions.values()] * 2
        if len(self.precisions) > 1:
            last = list(self.precisions.values())[-1]
        elif order == "gain":
            order = "score"
        shown = np.argsort(-self.counts, kind="stable")[:most]
        shown = shown if order == "count" else np.sort(shown)
        if order in ("gain", "score"):
            key = last.estimate - (first.estimate if order == "gain" else 0.0)
            shown = shown[np.argsort(-key[shown], kind="stable")]
        return shown.tolist()

    def _label(self, who):
        mean = self.means[who]
        text = f"{who}: mAP {mean.estimate:.3f}"
        return (
            text if mean.low is None else f"{text} ({mean.low:.3f} to {mean.high:.3f})"
        )

    def _dress(self, axes, middles, width):
        names, n = self.shown_, len(self.class_names)
        letters = max(map(len, names)) + 2
        turned = letters * len(names) > _LETTERS_AN_INCH * width
        axes.set_xticks(
            middles,
            list(map(literal, names)),
            rotation=40 if turned else 0,
            ha="right" if turned else "center",
            rotation_mode="anchor",
            # Lines of text that are turned have the room of a class each.
            fontsize=float(np.clip(80.0 * width / len(names), 5.0, 10.0)),
        )
        axes.tick_params(axis="x", length=0)
        axes.set_xlim(-0.6, len(names) - 0.4)
        axes.set_ylim(0.0, 1.0)
        what = "average precision"
        axes.set_ylabel(what)
        notes = ["dashed: mean over all classes", "black: knowing nothing"]
        if len(names) < n:
            notes.insert(0, f"{len(names)} of {n} classes")
        axes.set_xlabel("; ".join(notes), fontsize="small", color="0.35")
        axes.grid(axis="y", color="0.9", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(
            fontsize="small",
            frameon=False,
            loc="lower left",
            bbox_to_anchor=(0.0, 1.0),
            ncols=max(1, min(len(self.precisions), int(width // 3.2))),
        )

    def to_frame(self):
        """Return the average precisions as a pandas DataFrame.

        Returns
        -------
        DataFrame
            A row a model and class, with the columns `model`, `class`, `count`, the
            rows of the class, `average_precision`, `low` and `high`; and a row a model
            with the class "mean".
        """
        columns = {name: [] for name in ("model", "class", "count")}
        columns |= {name: [] for name in ("average_precision", "low", "high")}
        n = len(self.class_names)
        for who, found in self.precisions.items():
            columns["model"] += [who] * (n + 1)
            columns["class"] += [*self.class_names, "mean"]
            columns["count"] += [*np.asarray(self.counts).tolist(), self.n_rows]
            for name, part in (
                ("average_precision", "estimate"),
                ("low", "low"),
                ("high", "high"),
            ):
                values = found[part]
                values = [np.nan] * n if values is None else np.asarray(values).tolist()
                mean = self.means[who][part]
                columns[name] += [*values, np.nan if mean is None else mean]
        return frame_of(columns)


def _read_scores(table, shape, who):
    """Return scores as an array with a column a class."""
    check_sparse(table, "y_score")
    if sparse.issparse(table):
        if table.ndim == 2 and table.shape[1] > max(shape[1], 1):
            raise _other_classes(table, shape, who)  # before it is made dense
        table = table.toarray()
    table = read_numbers(table, "y_score")
    check_rows(shape[0], table, f"the scores of {who}", "y_true")
    if shape[1] == 1 and table.ndim == 1:
        table = table[:, np.newaxis]
    if shape[1] == 2 and (table.ndim == 1 or table.shape[1] == 1):
        table = np.column_stack([-table.ravel(), table.ravel()])
    if table.shape != shape:
        raise _other_classes(table, shape, who)
    if np.isnan(table).any():
        row, column = np.argwhere(np.isnan(table))[0]
        raise ValueError(f"The scores of {who}, row {row}, column {column}, are NaN.")
    return table


def _other_classes(table, shape, who):
    return ValueError(
        f"The scores of {who} have the shape {table.shape}, and y_true has "
        f"{shape[1]} classes. Give a column for each, in their order."
    )
