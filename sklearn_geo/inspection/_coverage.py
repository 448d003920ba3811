# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whether regions hold the truth as often as they promise."""

import numpy as np
from scipy import sparse
from sklearn.utils import Bunch

from sklearn_geo._answers import (
    as_partition,
    cells_of,
    final,
    finest_partition,
    holds,
    innermost,
)
from sklearn_geo._labels import check_rows, shape_of
from sklearn_geo._numbers import is_whole, read_numbers, reject_many, reject_masked
from sklearn_geo._tables import check_sparse, reject_sparse_rows
from sklearn_geo.base import check_places
from sklearn_geo.inspection._by_name import is_by_name
from sklearn_geo.inspection._export import ShowsPlaces, collection_of, frame_of
from sklearn_geo.inspection._map import point_feature
from sklearn_geo.inspection._pyplot import COLORS, axes_of, shares_axis
from sklearn_geo.inspection._text import in_legend
from sklearn_geo.inspection._words import check_flags, check_text
from sklearn_geo.metrics import bootstrap_interval


class CoverageDisplay(ShowsPlaces):
    """Promised against observed coverage of regions.

    On the diagonal, regions that promise to hold the truth nine times of ten do so.
    Below it, they promise too much.

    Parameters
    ----------
    promised : ndarray of shape (n_levels,)
        What the regions promise.

    observed : ndarray of shape (n_levels,)
        How often they hold the truth.

    low, high : ndarray of shape (n_levels,), default=None
        Ends of the intervals of the observed rates.

    n_cells : ndarray of shape (n_levels,), default=None
        Median number of cells in a region.

    name : str, default=None
        Name of the model.

    hits : ndarray of shape (n_levels, n_rows), default=None
        Which regions hold the truth.

    y_true : ndarray of shape (n_rows, 2), default=None
        Where the rows were.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the points.

    figure_ : matplotlib Figure
        Figure that holds them.

    line_ : matplotlib Line2D
        Observed over promised rates.

    errorbar_ : matplotlib ErrorbarContainer or None
        The intervals.

    sizes_ : list of matplotlib Text
        The numbers of cells beside the points.

    See Also
    --------
    sklearn_geo.geolocation.GeolocationReport : The same numbers in a table.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.inspection import CoverageDisplay
    >>> display = CoverageDisplay(np.array([0.5, 0.9]), np.array([0.55, 0.88])).plot()
    >>> display.line_.get_ydata()
    array([0.55, 0.88])
    """

    def __init__(
        self,
        promised,
        observed,
        *,
        low=None,
        high=None,
        n_cells=None,
        name=None,
        hits=None,
        y_true=None,
    ):
        self.promised = promised
        self.observed = observed
        self.low = low
        self.high = high
        self.n_cells = n_cells
        self.name = name
        self.hits = hits
        self.y_true = y_true

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        coverages=(0.5, 0.6, 0.7, 0.8, 0.9, 0.95),
        groups=None,
        confidence_level=0.95,
        n_resamples=2000,
        random_state=0,
        name=None,
        ax=None,
        **kwargs,
    ):
        """Draw what a classifier over cells promises and keeps.

        Parameters
        ----------
        estimator : estimator
            Fitted, with `predict_region` and a partition, or a pipeline that ends so.

        X : array-like of shape (n_rows, ...)
            Held-out rows, not those it was calibrated on.

        y : array-like of shape (n_rows, 2)
            Their true latitudes and longitudes.

        coverages : sequence of float, default=(0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
            The promises to check.

        groups : array-like of shape (n_rows,), default=None
            Users or albums, drawn whole for the intervals.

        confidence_level : float, default=0.95
            Of the intervals.

        n_resamples : int, default=2000
            How often rows are drawn anew for them.

        random_state : int, RandomState instance or None, default=0
            Seed of the resampling.

        name : str, default=None
            Name of the model; that of its class if None.

        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        CoverageDisplay
            The display.
        """
        name = type(final(estimator)).__name__ if name is None else name
        model, X = innermost(estimator, X)
        partition = finest_partition(model)
        if partition is None or not hasattr(model, "predict_region"):
            raise TypeError(
                f"{name} makes no regions of cells: it needs predict_region and a "
                "partition."
            )
        if not np.iterable(coverages):
            raise TypeError(f"coverages must be a list of numbers; got {coverages!r}.")
        reject_many(coverages, "coverages")
        coverages = list(coverages)
        if not coverages:
            raise ValueError("coverages is empty: there is no promise to check.")
        y = check_places(y, name="y")
        cells = cells_of(partition, y)
        found = []
        for coverage in coverages:
            regions = model.predict_region(X, coverage=coverage)
            check_rows(len(y), regions, "X", "y")
            found.append(holds(regions, cells))
        return cls._of_hits(
            y,
            found,
            coverages,
            name,
            groups,
            ax,
            kwargs,
            confidence_level=confidence_level,
            n_resamples=n_resamples,
            random_state=random_state,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true,
        regions,
        *,
        partition,
        groups=None,
        confidence_level=0.95,
        n_resamples=2000,
        random_state=0,
        name=None,
        ax=None,
        **kwargs,
    ):
        """Draw what regions promise and keep.

        Parameters
        ----------
        y_true : array-like of shape (n_rows, 2)
            True latitudes and longitudes.

        regions : dict
            From each promised coverage, between 0 and 1, to the regions of the rows: a
            matrix of shape (n_rows, n_cells), dense or sparse, that marks their cells,
            or a list of the positions of each one's cells.

        partition : fitted partition or hierarchy
            The cells; of a hierarchy, the finest.

        groups, confidence_level, n_resamples, random_state : as there
            As in :meth:`from_estimator`.

        name, ax, **kwargs : as there
            As in :meth:`from_estimator`.

        Returns
        -------
        CoverageDisplay
            The display.
        """
        y_true = check_places(y_true, name="y_true")
        cells = cells_of(as_partition(partition), y_true)
        if not is_by_name(regions):
            raise TypeError(
                "regions must be a dict from each promised coverage to the regions of "
                f"the rows; got {regions!r:.60}."
            )
        if not regions:
            raise ValueError("regions is empty: there is no coverage to draw.")
        regions = _by_promise(regions)
        regions = {share: _read_regions(one, cells) for share, one in regions.items()}
        coverages = list(regions)
        found = [holds(marked, cells) for marked in regions.values()]
        return cls._of_hits(
            y_true,
            found,
            coverages,
            name,
            groups,
            ax,
            kwargs,
            confidence_level=confidence_level,
            n_resamples=n_resamples,
            random_state=random_state,
        )

    @classmethod
    def _of_hits(cls, y_true, found, coverages, name, groups, ax, kwargs, **settings):
        check_text(name, "name")
        hits = np.array([hit for hit, _ in found])
        sizes = np.array([float(np.median(size)) for _, size in found])
        table = Bunch(observed=[], low=[], high=[])
        for hit in hits.astype(np.float64):
            share = bootstrap_interval(np.mean, hit, groups=groups, **settings)
            table.observed.append(share.estimate)
            table.low.append(share.low)
            table.high.append(share.high)
        numbers = {key: np.array(values) for key, values in table.items()}
        promised = np.array(coverages, dtype=np.float64)
        display = cls(
            promised, n_cells=sizes, name=name, hits=hits, y_true=y_true, **numbers
        )
        return display.plot(ax, **kwargs)

    def plot(self, ax=None, *, color=COLORS[0], sizes=True):
        """Draw the points and the diagonal.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        color : matplotlib color, default="#0072B2"
            Of the points.

        sizes : bool, default=True
            Whether to write the median number of cells beside each point.

        Returns
        -------
        CoverageDisplay
            The display, with `ax_`, `figure_`, `line_` and `errorbar_`.
        """
        check_flags(sizes=sizes)
        self.ax_, self.figure_ = axes_of(ax, figsize=(4.8, 4.6))
        axes = self.ax_
        is_first = "as promised" not in axes.get_legend_handles_labels()[1]
        if is_first:
            axes.plot(
                [0, 1],
                [0, 1],
                color="0.5",
                linewidth=1.0,
                linestyle="--",
                label="as promised",
                zorder=1,
            )
        self.errorbar_ = None
        if self.low is not None:
            gaps = np.array([self.observed - self.low, self.high - self.observed])
            self.errorbar_ = axes.errorbar(
                self.promised,
                self.observed,
                yerr=np.maximum(gaps, 0.0),
                fmt="none",
                ecolor=color,
                elinewidth=1.2,
                capsize=3,
                zorder=2,
            )
        (self.line_,) = axes.plot(
            self.promised,
            self.observed,
            color=color,
            linewidth=1.2,
            marker="o",
            markersize=5,
            label=in_legend(self.name or "observed"),
            zorder=3,
        )
        self.sizes_ = []
        if sizes and self.n_cells is not None:
            for x, y, size in zip(
                self.promised, self.observed, self.n_cells, strict=True
            ):
                self.sizes_.append(
                    axes.annotate(
                        f"{size:,.0f}",
                        (x, y),
                        xytext=(7, -9),
                        textcoords="offset points",
                        size="small",
                        color=color,
                    )
                )
        least = min(self.promised.min(), np.min(self.observed))
        if self.low is not None:
            least = min(least, np.min(self.low))
        # In steps of ten percent, with a little room beyond 100 %.
        least = max(0.0, np.floor(10.0 * least - 1e-9) / 10.0)
        low = least if is_first else min(least, axes.get_xlim()[0])
        label = "promised coverage"
        if self.sizes_:
            label += "\n(numbers: cells in the median region)"
        axes.set(
            xlim=(low, 1.02), ylim=(low, 1.02), xlabel=label, ylabel="observed coverage"
        )
        axes.set_aspect("equal")
        shares_axis(axes.xaxis)
        shares_axis(axes.yaxis)
        axes.grid(color="0.9", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.legend(loc="upper left", fontsize="small")
        return self

    def to_frame(self):
        """Return the rates as a pandas DataFrame.

        Returns
        -------
        DataFrame
            A row a promise, with the columns `promised`, `observed`, and where they
            are known the ends of the intervals, `low` and `high`, and `n_cells`.
        """
        columns = {
            name: getattr(self, name)
            for name in ("promised", "observed", "low", "high", "n_cells")
        }
        return frame_of({k: v for k, v in columns.items() if v is not None})

    def to_geojson(self):
        """Return the rows as points that say which regions held them.

        Returns
        -------
        dict
            A FeatureCollection: one point a row at its true place. The property
            `covered` is a dict from the promised coverage, as text, to a truth value.
        """
        if self.y_true is None or self.hits is None:
            raise ValueError(
                "The display does not know where the rows were. Make it by "
                "from_estimator or from_predictions, or give it y_true and hits."
            )
        keys = _keys_of(self.promised)
        features = [
            point_feature(
                place,
                {"covered": dict(zip(keys, map(bool, hits), strict=True))},
            )
            for place, hits in zip(self.y_true, np.transpose(self.hits), strict=True)
        ]
        return collection_of(features)


def _keys_of(promised):
    """Return coverages as text, as short as they stay apart."""
    for digits in (6, 15, 17):
        keys = [f"{coverage:.{digits}g}" for coverage in promised]
        if len(set(keys)) == len(keys):
            break
    return keys


def _by_promise(regions):
    """Return regions by promised coverage as a number, the least first."""
    found = {}
    for coverage, marked in regions.items():
        try:
            share = float(coverage)
        except (TypeError, ValueError, OverflowError):
            share = np.nan
        if not 0.0 <= share <= 1.0:
            raise ValueError(
                f"regions promises a coverage of {coverage!r:.60}, which must be a "
                "number from 0 to 1, such as 0.9."
            )
        if share in found:
            raise ValueError(
                f"regions promises a coverage of {share:g} more than once."
            )
        found[share] = marked
    return dict(sorted(found.items()))


def _read_regions(regions, cells):
    """Return regions, which are a row of cells a row or lists of cells."""
    reject_masked(regions, "regions")
    check_sparse(regions, "regions")
    reject_sparse_rows(regions, "regions")
    n_rows, n_cells = len(cells), int(cells.max(initial=-1)) + 1
    if isinstance(regions, (list, tuple)):
        regions = [_read_cells(region) for region in regions]
        good = len(regions) == n_rows and all(one is not None for one in regions)
    else:
        shape = shape_of(regions)
        good = len(shape) == 2 and shape[0] == n_rows and shape[1] > 0
    if not good:
        raise ValueError(
            f"regions must hold one region for each of the {n_rows} rows: a matrix of "
            "shape (n_rows, n_cells), or a list of the cells of each, by their numbers."
        )
    if not isinstance(regions, (list, tuple)) and shape[1] < n_cells:
        raise ValueError(
            f"regions has {shape[1]} columns, and a row lies in cell {n_cells - 1}: "
            "every cell of the partition needs a column."
        )
    if isinstance(regions, (list, tuple)) or sparse.issparse(regions):
        return regions
    if getattr(getattr(regions, "dtype", None), "kind", "O") not in "biu":
        missing = np.isnan(read_numbers(regions, "regions")).any(axis=1)
        if missing.any():
            raise ValueError(
                f"regions, row {missing.argmax()}: it is missing whether a cell is in "
                "the region. Mark members by True, and others by False."
            )
    return regions


def _read_cells(region):
    """Return positions of cells; None for others, such as text or marks of members."""
    if isinstance(region, str | bytes) or not np.iterable(region):
        return None
    if hasattr(region, "dtype"):  # what is "in" a Series is its index
        region = np.asarray(region)
    elif not hasattr(region, "__len__"):  # it can be gone through once
        region = list(region)
    if isinstance(region, np.ndarray) and region.dtype.kind != "O":
        good = not region.size or region.dtype.kind in "iu" or _all_whole(region)
    else:
        good = all(is_whole(one) or _all_whole(np.asarray(one)) for one in region)
    return region if good else None


def _all_whole(values):
    floats = values.dtype.kind == "f"
    return floats and bool((np.isfinite(values) & (values == np.floor(values))).all())
