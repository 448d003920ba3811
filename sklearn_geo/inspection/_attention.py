# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What fused blocks are let through, beside what they are worth."""

import numpy as np
from sklearn.base import is_regressor
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._answers import final, innermost
from sklearn_geo._labels import check_rows
from sklearn_geo._numbers import read_numbers
from sklearn_geo._tables import reject_unread
from sklearn_geo.inspection._by_name import is_by_name, reject_twice
from sklearn_geo.inspection._classes import read_classes
from sklearn_geo.inspection._export import frame_of
from sklearn_geo.inspection._pyplot import COLORS, check_drawable, panel_axes
from sklearn_geo.inspection._text import in_legend, literal
from sklearn_geo.inspection._words import check_flags, check_text, read_names
from sklearn_geo.metrics._rows import check_choice

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_ORDERS = ("given", "attention", "importance")
# Where all weights begin: neither open nor shut.
_START = 0.5


class AttentionDisplay:
    """Bars of what an attention fusion lets through, beside what it is worth.

    The weight of a block says how much of it the network lets through. What a block is
    worth is another matter: a block that is let through may add nothing, and a small
    weight may be made up for behind it. So this shows both where rows with known labels
    are given: the weights, and what the score loses without the block.

    Parameters
    ----------
    attention : dict of str to float
        The weight of each block, between 0 and 1.

    weights : ndarray of shape (n_rows, n_blocks), default=None
        The weights row by row. Their spread is drawn instead of bars.

    classes : dict of str to ndarray of shape (n_rows,), default=None
        Which rows are of a class. The spread is then drawn class by class.

    importance : dict of str to float, default=None
        What the score loses without each block.

    measure : str, default="score"
        Name of that score.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the weights; with what blocks are worth if there is no other.

    axes_ : list of matplotlib Axes
        Axes of the weights, and of what blocks are worth.

    figure_ : matplotlib Figure
        Figure that holds them.

    bars_ : matplotlib BarContainer or None
        The weights as bars.

    boxes_ : list of matplotlib BarContainer
        The middle halves of the weights of rows; one of them, or one a class.

    importance_bars_ : matplotlib BarContainer or None
        What blocks are worth.

    See Also
    --------
    sklearn_geo.fusion.AttentionFusionClassifier : Whose weights these are.

    Examples
    --------
    >>> from sklearn_geo.inspection import AttentionDisplay
    >>> display = AttentionDisplay.from_predictions(
    ...     {"utm": 0.7, "tag": 0.6}, importance={"utm": 0.01, "tag": 0.12}
    ... )
    >>> [float(bar.get_width()) for bar in display.importance_bars_]
    [0.01, 0.12]
    """

    def __init__(
        self, attention, *, weights=None, classes=None, importance=None, measure="score"
    ):
        self.attention = attention
        self.weights = weights
        self.classes = classes
        self.importance = importance
        self.measure = measure

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X=None,
        y=None,
        *,
        by_class=False,
        sample_weight=None,
        scoring=None,
        ax=None,
        **kwargs,
    ):
        """Draw the weights of a fitted fusion, and what its blocks are worth.

        Parameters
        ----------
        estimator : estimator
            A fitted `AttentionFusionClassifier` or `AttentionFusionRegressor`, or a
            Pipeline or search that ends in one.

        X : array-like of shape (n_rows, ...), default=None
            Rows that were not learnt from. With ``attention="sample"`` the spread of
            the weights over them is drawn.

        y : array-like, default=None
            Their labels, for what blocks are worth.

        by_class : bool or sequence, default=False
            Draw the spread for the rows of each class, or of the classes named.

        sample_weight : array-like of shape (n_rows,), default=None
            What each row counts for what blocks are worth.

        scoring : str, callable or None, default=None
            What is lost without a block, as in scikit-learn; None is the estimator's
            own measure.

        ax : matplotlib Axes, or two of them, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        AttentionDisplay
            The display.
        """
        model = final(estimator)
        if not hasattr(model, "block_importance"):
            raise TypeError(
                f"{type(model).__name__} fuses no blocks. Pass a fitted "
                "AttentionFusionClassifier or AttentionFusionRegressor, or a pipeline "
                "that ends in one."
            )
        check_is_fitted(model)
        by_row = model.attention == "sample"
        if isinstance(by_class, np.bool_):
            by_class = bool(by_class)
        _check_rows(X, y, by_row=by_row, by_class=by_class, kind=model.attention)
        if X is None:
            return cls(dict(model.attention_)).plot(ax, **kwargs)
        model, X = innermost(estimator, X)
        parts = {"weights": model.attention_weights(X) if by_row else None}
        if y is not None:
            parts["importance"] = model.block_importance(
                X, y, sample_weight=sample_weight, scoring=scoring
            )
            parts["measure"] = _name_of(scoring, model)
        if by_class is not False:
            wanted = None if by_class is True else by_class
            names = getattr(model, "label_names_", None)
            parts["classes"] = read_classes(y, names, wanted, most=len(COLORS))
        attention = dict(model.attention_)
        if by_row:
            means = parts["weights"].mean(axis=0).tolist()
            attention = dict(zip(attention, means, strict=True))
        elif model.attention is None:
            attention = None
        return cls(attention, **parts).plot(ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        weights,
        y=None,
        *,
        block_names=None,
        importance=None,
        measure="score",
        ax=None,
        **kwargs,
    ):
        """Draw weights that are known.

        Parameters
        ----------
        weights : dict of str to float, or array-like of shape (n_rows, n_blocks)
            A weight a block, or of each row.

        y : array-like of shape (n_rows,) or (n_rows, n_labels), default=None
            Classes of the rows, to draw the spread for each.

        block_names : sequence of str, default=None
            Names of the blocks, for weights that are an array without names.

        importance : dict of str to float, default=None
            What a score loses without each block.

        measure : str, default="score"
            Name of that score.

        ax : matplotlib Axes, or two of them, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        AttentionDisplay
            The display.
        """
        check_text(measure, "measure")
        if is_by_name(weights):
            attention, rows, classes = dict(weights), None, None
            if y is not None:
                raise ValueError(
                    "y says which rows are of a class, and weights has one number a "
                    "block. Pass the weights of the rows, or leave y out."
                )
        else:
            attention, rows = _read_weights(weights, block_names)
            classes = None
            if y is not None:
                reject_unread(y, "y")
                check_rows(len(rows), y, "y", "weights")
                classes = read_classes(y, None, None, most=len(COLORS))
        bad = [name for name, weight in attention.items() if not np.isfinite(weight)]
        if bad:
            raise ValueError(
                f"The weights of the block {bad[0]!r} hold NaN or infinity. Leave such "
                "rows or blocks out."
            )
        drawn = np.array(list(attention.values())) if rows is None else rows
        check_drawable(drawn, "weights")
        if importance is not None and not is_by_name(importance):
            raise TypeError(
                "importance must be a dict from blocks to what each is worth; got "
                f"{importance!r:.60}."
            )
        if importance is not None and set(importance) != set(attention):
            raise ValueError(
                f"importance is of {', '.join(map(str, importance))}, and the blocks "
                f"are {', '.join(map(str, attention))}."
            )
        display = cls(
            attention,
            weights=rows,
            classes=classes,
            importance=importance,
            measure=measure,
        )
        return display.plot(ax, **kwargs)

    def plot(self, ax=None, *, order="given", annotate=True):
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib Axes, or two of them, default=None
            Where to draw: one for the weights, one for what blocks are worth.

        order : {"given", "attention", "importance"}, default="given"
            Order of the blocks: that of the columns, or the largest first.

        annotate : bool, default=True
            Whether to write the numbers beside the bars.

        Returns
        -------
        AttentionDisplay
            The display, with its artists.
        """
        check_flags(annotate=annotate)
        names = self._ordered(order)
        drawn = [part is not None for part in (self.attention, self.importance)]
        n_rows = len(names) * (1 if self.classes is None else 0.55 * len(self.classes))
        shape = (1, sum(drawn))
        axes, self.figure_ = panel_axes(
            ax,
            list(np.ndindex(*shape)),
            shape,
            figsize=(1.0 + 3.9 * sum(drawn), 1.5 + 0.42 * max(n_rows, 2)),
        )
        self.axes_ = list(axes[0])
        self.ax_ = self.axes_[0]
        self.bars_, self.boxes_, self.importance_bars_ = None, [], None
        for at, panel in enumerate(self.axes_):
            panel.set_yticks(np.arange(len(names)), list(map(literal, names)))
            panel.set_ylim(len(names) - 0.45, -0.55)
            panel.tick_params(axis="y", length=0, labelleft=at == 0 or ax is not None)
            panel.grid(axis="x", color="0.9", linewidth=0.6)
            panel.set_axisbelow(True)
            panel.spines[["top", "right"]].set_visible(False)
        if drawn[0]:
            self._draw_attention(self.axes_[0], names, annotate)
        if drawn[1]:
            self._draw_importance(self.axes_[-1], names, annotate)
        return self

    def _ordered(self, order):
        check_choice(order, _ORDERS, "order")
        if order != "given":
            values = getattr(self, order)
            if values is None:
                raise ValueError(f"order={order!r}, but the display has no {order}.")
            return sorted(values, key=values.get, reverse=True)
        return list(self.importance if self.attention is None else self.attention)

    def _draw_attention(self, ax, names, annotate):
        ax.axvline(_START, color="0.6", linewidth=1.0, linestyle=":", zorder=1)
        rows = np.arange(len(names), dtype=np.float64)
        if self.weights is None:
            widths = [self.attention[name] for name in names]
            self.bars_ = ax.barh(rows, widths, height=0.62, color=COLORS[0], zorder=2)
            if annotate:
                ax.bar_label(self.bars_, fmt="%.2f", padding=3, fontsize="small")
        else:
            self._draw_spread(ax, names, rows)
        # The blocks of rows that miss some have more than 1, together the same.
        top = self._most()
        ax.set_xlim(0.0, top)
        if top == 1.0:
            ax.set_xticks(np.linspace(0.0, 1.0, 6))
        ax.set_xlabel(
            "attention: how much of it is let through\n(dotted: at the start)"
        )

    def _most(self):
        """Return the end of the axis of weights: 1, or what some rows go beyond."""
        if self.weights is None:
            most = max(self.attention.values())
        else:
            most = max(
                float(np.quantile(self.weights[rows], _QUANTILES[-1], axis=0).max())
                for rows in (self.classes or {"": slice(None)}).values()
            )
        return 1.0 if most <= 1.0 else 1.05 * most

    def _draw_spread(self, ax, names, rows):
        """Draw boxes: the middle half of the rows, whiskers to 5 and 95 percent."""
        columns = [list(self.attention).index(name) for name in names]
        classes = self.classes
        if classes is None:
            classes = {"": np.ones(len(self.weights), dtype=bool)}
        step = 0.8 / len(classes)
        for at, (label, mask) in enumerate(classes.items()):
            found = np.quantile(self.weights[mask][:, columns], _QUANTILES, axis=0)
            low, left, middle, right, high = found
            y = rows + (at - (len(classes) - 1) / 2) * step
            color = COLORS[at % len(COLORS)]
            ax.hlines(y, low, high, color=color, linewidth=1.2, zorder=2)
            self.boxes_.append(
                ax.barh(
                    y,
                    np.maximum(right - left, 1e-3),
                    left=left,
                    height=0.78 * step,
                    color=color,
                    label=in_legend(literal(label)),
                    zorder=3,
                )
            )
            half = 0.39 * step
            ax.vlines(
                middle, y - half, y + half, color="white", linewidth=1.6, zorder=4
            )
        if self.classes is not None:
            ax.legend(
                fontsize="small",
                frameon=False,
                loc="lower left",
                bbox_to_anchor=(0.0, 1.0),
                ncols=min(len(classes), 3),
            )

    def _draw_importance(self, ax, names, annotate):
        rows, widths = np.arange(len(names)), [self.importance[name] for name in names]
        self.importance_bars_ = ax.barh(
            rows, widths, height=0.62, color=COLORS[1], zorder=2
        )
        ax.axvline(0.0, color="0.3", linewidth=0.8, zorder=3)
        ax.spines["left"].set_visible(False)
        if annotate:
            ax.bar_label(
                self.importance_bars_, fmt="%+.3f", padding=3, fontsize="small"
            )
            ax.margins(x=0.22)
        ax.set_xlabel(f"importance: {self.measure} lost without it\n(what it is worth)")

    def to_frame(self):
        """Return what is drawn as a pandas DataFrame.

        Returns
        -------
        DataFrame
            A row a block: `block`, `attention` and `importance`, NaN where it is not
            known. Where the weights of rows are, `attention` is their mean, and there
            are their quantiles, `q05` to `q95`; if there are classes, a row a block
            and `class`.
        """
        names = self._ordered("given")
        attention = self.attention or {}
        importance = self.importance or {}
        table = []
        classes = self.classes or {None: slice(None)}
        for at, name in enumerate(names):
            for label, rows in classes.items():
                row = {"block": name}
                if label is not None:
                    row["class"] = label
                row["attention"] = attention.get(name, np.nan)
                row["importance"] = importance.get(name, np.nan)
                if self.weights is not None:
                    row["attention"] = self.weights[rows, at].mean()
                    some = np.quantile(self.weights[rows, at], _QUANTILES)
                    for q, value in zip(_QUANTILES, some, strict=True):
                        row[f"q{100 * q:02.0f}"] = value
                table.append(row)
        return frame_of({key: [row[key] for row in table] for key in table[0]})


def _check_rows(X, y, *, by_row, by_class, kind):
    """Say what is missing for what is asked for."""
    if X is None and y is not None:
        raise ValueError("y without X: pass the rows that these are the labels of.")
    if X is not None and y is None and not by_row:
        raise ValueError(
            "X without y: the weights of this fusion are the same for all rows. Pass "
            "the labels too, to see what the blocks are worth, or neither."
        )
    if by_class is not False and (y is None or not by_row):
        raise ValueError(
            'by_class needs X, y and a fusion with attention="sample": otherwise all '
            "classes have the same weights."
        )
    if X is None and kind is None:
        raise ValueError(
            "This fusion has attention=None, so that all of every block is let "
            "through. Pass X and y to see what the blocks are worth."
        )


def _name_of(scoring, model):
    """Return what a score is called."""
    if scoring is None:
        return "R²" if is_regressor(model) else "mAP"
    return scoring if isinstance(scoring, str) else "score"


def _read_weights(weights, names):
    """Return the mean weight of each block by name, and the weights of all rows."""
    reject_unread(weights, "weights")
    if names is None and hasattr(weights, "columns"):
        names = weights.columns
    rows = read_numbers(weights, "weights")
    if rows.ndim != 2 or not rows.size:
        raise ValueError(
            "weights must be a number a block, or an array of shape (n_rows, n_blocks) "
            f"with a row at least; got the shape {rows.shape}."
        )
    if names is None:
        names = [f"block {at}" for at in range(rows.shape[1])]
    names = read_names(names, "block_names")
    if len(names) != rows.shape[1]:
        raise ValueError(
            f"block_names has {len(names)} names for {rows.shape[1]} blocks."
        )
    reject_twice(names, "block_names")
    with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is named
        means = rows.mean(axis=0).tolist()
    return dict(zip(names, means, strict=True)), rows
