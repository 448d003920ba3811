# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A map of where one photo may have been taken."""

import numpy as np
from sklearn.utils.validation import _num_samples

from sklearn_geo._answers import as_partition, finest_partition, innermost
from sklearn_geo._numbers import is_whole, read_numbers
from sklearn_geo.base import check_places
from sklearn_geo.inspection._export import ShowsPlaces, collection_of
from sklearn_geo.inspection._map import (
    RASTERIZED_FROM,
    MapWindow,
    cell_paths,
    plain,
    point_feature,
    read_truth,
)
from sklearn_geo.inspection._pyplot import axes_of, logarithmic_bar
from sklearn_geo.inspection._words import check_flags

# Cells with less than this share of the likeliest one are as pale as those with none.
_FAINTEST = 1e-3
# Shares of what is smaller than this cannot be told from 0.
_LEAST = 1e-290
_ROUNDING = 1e-6  # of softmaxes in 32 bits
# What share of the probability the window holds, besides the answers and the truth.
_SEEN = 0.8
# Of a region's cells: dark, and none of the colours of probabilities.
_OUTLINE = "#CC3311"


class ProbabilityMapDisplay(ShowsPlaces):
    """Map of one photo's distribution, with the likeliest places and the truth.

    Of a classifier over cells it shows the probability of each cell; of a
    `NeighborGeolocator` the places of the neighbours, darker the more they weigh.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        What the probabilities are of: places that stand for cells, or of neighbours.

    probabilities : ndarray of shape (n_places,)
        How likely each is.

    topk : ndarray of shape (k, 2)
        The answers, likeliest first.

    topk_probabilities : ndarray of shape (k,)
        How likely these are.

    truth : ndarray of shape (2,), default=None
        Where the photo was taken, if that is known.

    geojson : dict, default=None
        The cells, one for each of `places`. None draws points.

    region : array-like of int, default=None
        Numbers of the cells to outline, such as those that `predict_region` returns.

    coverage : float, default=None
        The rate at which such regions hold the truth, for the legend.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the map.

    figure_ : matplotlib Figure
        Figure that holds them.

    distribution_ : matplotlib PathCollection
        The cells or points; its array are the probabilities.

    topk_ : list of matplotlib Text
        The numbers of the answers, from 1.

    truth_ : matplotlib Line2D or None
        The mark of the truth.

    region_ : matplotlib PathCollection or None
        The outlines of the cells of the region.

    colorbar_ : matplotlib Colorbar or None
        The colour bar.

    See Also
    --------
    CellMapDisplay : All cells, by count or error.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geolocation import NeighborGeolocator
    >>> from sklearn_geo.inspection import ProbabilityMapDisplay
    >>> places = [[48.9, 2.4], [48.8, 2.3], [52.5, 13.4], [41.9, 12.5]]
    >>> model = NeighborGeolocator(4, sigma_km=100).fit(np.eye(4) + 1, places)
    >>> display = ProbabilityMapDisplay.from_estimator(
    ...     model, [[2, 2, 1, 1]], [[48.85, 2.35]], k=2
    ... )
    >>> display.topk_probabilities
    array([0.5 , 0.25])
    """

    def __init__(
        self,
        places,
        probabilities,
        topk,
        topk_probabilities,
        *,
        truth=None,
        geojson=None,
        region=None,
        coverage=None,
    ):
        self.places = places
        self.probabilities = probabilities
        self.topk = topk
        self.topk_probabilities = topk_probabilities
        self.truth = truth
        self.geojson = geojson
        self.region = region
        self.coverage = coverage

    @classmethod
    def from_estimator(
        cls, estimator, X, y=None, *, k=3, coverage=None, ax=None, **kwargs
    ):
        """Draw what a geolocator thinks of one row.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier over cells, with `predict_proba`, or a fitted
            `NeighborGeolocator`; or a pipeline that ends in one.

        X : array-like of shape (1, ...)
            The row.

        y : array-like of shape (1, 2), default=None
            Where it was, if that is known.

        k : int, default=3
            How many answers to number.

        coverage : float, default=None
            Outline the cells of `predict_region` at this rate. None outlines none.

        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        ProbabilityMapDisplay
            The display.
        """
        if _num_samples(X) != 1:
            raise ValueError(
                f"X must be one row, for example X[:1]; got {_num_samples(X)} rows."
            )
        model, X = innermost(estimator, X)
        truth = read_truth(y, "y")
        region = None if coverage is None else _region_of(model, X, coverage)
        partition = finest_partition(model)
        if partition is not None and hasattr(model, "predict_proba"):
            probabilities = np.asarray(model.predict_proba(X))[0]
            answers = (
                model.predict_topk(X, k) if hasattr(model, "predict_topk") else None
            )
            known = (probabilities, partition, answers, k, truth)
            return cls._of_cells(
                *known, region=region, coverage=coverage, ax=ax, **kwargs
            )
        if not (hasattr(model, "predict_topk") and hasattr(model, "neighbor_weights")):
            raise TypeError(
                f"{type(model).__name__} says nothing about how likely places are: it "
                "needs cells and predict_proba, or neighbours. Pass probabilities to "
                "from_predictions."
            )
        rows, weights = model.neighbor_weights(X)
        topk, shares = model.predict_topk(X, k)
        display = cls(
            model.places_[rows[0]], weights[0], *_known(topk[0], shares[0]), truth=truth
        )
        return display.plot(ax, **kwargs)

    @classmethod
    def from_predictions(cls, y_true, y_proba, *, partition, k=3, ax=None, **kwargs):
        """Draw the probabilities of cells.

        Parameters
        ----------
        y_true : array-like of shape (2,) or (1, 2), or None
            Where it was, if that is known.

        y_proba : array-like of shape (n_cells,) or (1, n_cells)
            How likely each cell is.

        partition : fitted partition or hierarchy
            The cells; of a hierarchy, the finest.

        k : int, default=3
            How many cells to number, each at its representative.

        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        ProbabilityMapDisplay
            The display.
        """
        partition = as_partition(partition)
        probabilities = np.ravel(read_numbers(y_proba, "y_proba"))
        truth = read_truth(y_true)
        return cls._of_cells(probabilities, partition, None, k, truth, ax=ax, **kwargs)

    @classmethod
    def _of_cells(
        cls,
        probabilities,
        partition,
        answers,
        k,
        truth,
        *,
        region=None,
        coverage=None,
        ax,
        **kwargs,
    ):
        if not is_whole(k) or k < 1:
            raise ValueError(f"k must be a whole number above 0; got {k!r}.")
        table = partition.cells_
        if probabilities.shape != (len(table),):
            raise ValueError(
                f"y_proba must hold one probability for each of the {len(table)} "
                f"cells; got the shape {probabilities.shape}."
            )
        low, high = probabilities.min(), probabilities.max()
        if not (low >= 0.0 and high <= 1.0 + _ROUNDING):
            raise ValueError(
                "y_proba must hold probabilities, finite numbers from 0 to 1; got "
                f"{low:g} to {high:g}."
            )
        if probabilities.max() < _LEAST:
            raise ValueError("y_proba is 0 in every cell, so nothing is likely.")
        places = np.column_stack([table["latitude"], table["longitude"]])
        if answers is None:
            best = np.argsort(-probabilities, kind="stable")[:k]
            topk, shares = places[best], probabilities[best]
        else:
            topk, shares = _known(np.asarray(answers[0])[0], np.asarray(answers[1])[0])
        display = cls(
            places,
            probabilities,
            topk,
            shares,
            truth=truth,
            geojson=partition.to_geojson(),
            region=region,
            coverage=coverage,
        )
        return display.plot(ax, **kwargs)

    def plot(
        self,
        ax=None,
        *,
        extent="auto",
        cmap="YlGnBu",
        coastline=None,
        graticule=True,
        colorbar=True,
    ):
        """Draw the map.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        extent : "auto", "world" or (west, east, south, north), default="auto"
            What to show, in degrees. "auto" is around the answers, the truth and four
            fifths of the probability.

        cmap : str or Colormap, default="YlGnBu"
            Colours, from unlikely to likely, on a logarithmic scale.

        coastline : dict, GeoDataFrame, GeoSeries, str or path, default=None
            GeoJSON, geometries of geopandas, or a file of either, to draw behind;
            polygons are filled, as land.

        graticule : bool, default=True
            Whether to draw meridians and parallels.

        colorbar : bool, default=True
            Whether to draw a colour bar.

        Returns
        -------
        ProbabilityMapDisplay
            The display, with its artists.
        """
        check_flags(graticule=graticule, colorbar=colorbar)
        window = MapWindow.read(extent, self._seen())
        self.ax_, self.figure_ = axes_of(
            ax, figsize=window.figsize(below=1.0), layout="compressed"
        )
        from matplotlib import colormaps
        from matplotlib.colors import LogNorm

        highest = float(np.max(self.probabilities))
        norm = LogNorm(_FAINTEST * highest, highest, clip=True)
        cmap = colormaps[cmap] if isinstance(cmap, str) else cmap
        self._draw_distribution(window, norm, cmap)
        window.dress(self.ax_, graticule=graticule, coastline=coastline)
        self._draw_answers(window)
        self.colorbar_ = None
        # Neighbours that all weigh alike need no key.
        if colorbar and np.ptp(self.probabilities) > 0.0:
            label = "probability" if self.geojson is not None else "weight of neighbour"
            self.colorbar_ = self.figure_.colorbar(
                self.distribution_, ax=self.ax_, label=label, shrink=0.8, pad=0.02
            )
            logarithmic_bar(self.colorbar_, _percent)
        return self

    def _seen(self):
        """Return places that the window has to hold."""
        order = np.argsort(-self.probabilities, kind="stable")
        mass = np.cumsum(self.probabilities[order])
        n = int(np.searchsorted(mass, _SEEN * mass[-1])) + 1
        seen = [self.places[order[:n]], self.topk]
        if self.truth is not None:
            seen.append(self.truth[np.newaxis])
        return check_places(np.concatenate(seen))

    def _draw_distribution(self, window, norm, cmap):
        from matplotlib.collections import PathCollection

        many = len(self.places) > RASTERIZED_FROM
        if self.geojson is None:
            # The likeliest on top.
            order = np.argsort(self.probabilities, kind="stable")
            self.distribution_ = self.ax_.scatter(
                window.shift(self.places[order, 1]),
                self.places[order, 0],
                c=self.probabilities[order],
                s=18,
                cmap=cmap,
                norm=norm,
                edgecolors="0.3",
                linewidths=0.3,
                rasterized=many,
                zorder=2,
            )
            return
        geometries = [feature["geometry"] for feature in self.geojson["features"]]
        self.distribution_ = PathCollection(
            cell_paths(geometries, window),
            array=np.asarray(self.probabilities),
            cmap=cmap,
            norm=norm,
            edgecolors="0.75",
            linewidths=0.3 if len(geometries) < 1000 else 0.1,
            rasterized=many,
            zorder=1,
        )
        self.ax_.add_collection(self.distribution_, autolim=False)

    def _draw_region(self, window):
        """Outline the region, and return its entry in the legend."""
        from matplotlib.collections import PathCollection
        from matplotlib.patches import Patch

        features = self.geojson["features"]
        geometries = [features[cell]["geometry"] for cell in self.region]
        look = {"facecolor": "none", "edgecolor": _OUTLINE, "linewidth": 1.3}
        self.region_ = PathCollection(
            cell_paths(geometries, window), joinstyle="round", zorder=1.2, **look
        )
        self.ax_.add_collection(self.region_, autolim=False)
        size = f"{len(geometries)} cell{'s' if len(geometries) != 1 else ''}"
        share = "" if self.coverage is None else f"{100 * self.coverage:g} % "
        return Patch(label=f"{share}region: {size}", **look)

    def _draw_answers(self, window):
        from matplotlib.lines import Line2D

        ax = self.ax_
        self.topk_, handles = [], []
        for rank, (place, share) in enumerate(
            zip(self.topk, self.topk_probabilities, strict=True), start=1
        ):
            x, y = float(window.shift(place[1])), float(place[0])
            self.topk_.append(
                ax.text(
                    x,
                    y,
                    str(rank),
                    ha="center",
                    va="center",
                    size="small",
                    color="white",
                    bbox={
                        "boxstyle": "circle,pad=0.25",
                        "facecolor": "#D55E00",
                        "edgecolor": "white",
                        "linewidth": 0.8,
                    },
                    zorder=4 + 1.0 / rank,
                    clip_on=True,
                )
            )
            handles.append(
                Line2D(
                    [],
                    [],
                    linestyle="",
                    marker=f"${rank}$",
                    color="#D55E00",
                    markersize=7,
                    label=f"{_percent(share)}  at {_where(place)}",
                )
            )
        self.truth_ = None
        if self.truth is not None:
            (self.truth_,) = ax.plot(
                window.shift(self.truth[1]),
                self.truth[0],
                linestyle="",
                marker="*",
                markersize=19,
                markerfacecolor="#F0E442",
                markeredgecolor="black",
                label=f"truth, at {_where(self.truth)}",
                zorder=3.5,
            )
            handles.append(self.truth_)
        self.region_ = None
        if self.region is not None:
            handles.append(self._draw_region(window))
        ax.legend(
            handles=handles,
            loc="upper center",
            bbox_to_anchor=(0.5, -0.07),
            ncols=min(len(handles), 2),
            frameon=False,
            fontsize="small",
        )

    def to_geojson(self):
        """Return the distribution, the answers and the truth.

        Returns
        -------
        dict
            A FeatureCollection: cells or points with a `probability` and, if there is a
            region, `in_region`; then the answers with `rank` and `probability`; then
            the truth with `role` "truth".
        """
        features = []
        for at, probability in enumerate(self.probabilities):
            role = {"role": "distribution", "probability": plain(probability)}
            if self.geojson is None:
                features.append(point_feature(self.places[at], role))
            else:
                cell = self.geojson["features"][at]
                if self.region is not None:
                    role["in_region"] = at in self.region
                features.append({**cell, "properties": {**cell["properties"], **role}})
        for rank, (place, share) in enumerate(
            zip(self.topk, self.topk_probabilities, strict=True), start=1
        ):
            role = {"role": "answer", "rank": rank, "probability": plain(share)}
            features.append(point_feature(place, role))
        if self.truth is not None:
            features.append(point_feature(self.truth, {"role": "truth"}))
        return collection_of(features)


def _region_of(model, X, coverage):
    """Return the numbers of the cells of a model's region for one row."""
    if not hasattr(model, "predict_region"):
        raise ValueError(
            f"coverage={coverage!r} asks for a region of cells, and "
            f"{type(model).__name__} has no predict_region. Leave it out."
        )
    return model.predict_region(X, coverage).indices


def _known(places, shares):
    """Leave out answers that there are none of."""
    there = np.isfinite(places).all(axis=1)
    return places[there], shares[there]


def _percent(share):
    return f"{100 * share:.0f} %" if share >= 0.0095 else f"{100 * share:.1g} %"


def _where(place):
    latitude, longitude = place
    return (
        f"{abs(latitude):.1f}°{'NS'[int(latitude < 0)]} "
        f"{abs(longitude):.1f}°{'EW'[int(longitude < 0)]}"
    )
