# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is known zone by zone: a map of zones, and bars of the largest."""

import numpy as np
from scipy import sparse

from sklearn_geo._numbers import naming, reject_masked
from sklearn_geo.inspection._by_name import by_text, is_by_name, reject_twice
from sklearn_geo.inspection._cell_map import corners_of
from sklearn_geo.inspection._export import ShowsPlaces, collection_of
from sklearn_geo.inspection._map import MapWindow, cell_paths, largest_box, plain
from sklearn_geo.inspection._pyplot import (
    COLORS,
    check_drawable,
    check_most,
    logarithmic_bar,
    panel_axes,
    scale_of,
    shown,
)
from sklearn_geo.inspection._text import in_legend
from sklearn_geo.inspection._words import check_flags, check_text
from sklearn_geo.inspection._zones import (
    counts_of,
    numbers_of,
    photos_elsewhere,
    regions_of,
    with_zones,
    zone_polygons,
)
from sklearn_geo.metrics._rows import check_choice

_LABELS = {
    "photos": "photos learnt from",
    "epochs": "epochs of training",
    "held_out_kl": "KL divergence from the teachers, held out",
    "seconds": "seconds of training",
}
_KINDS = ("both", "map", "bars")
# What zones have beside their numbers in GeoJSON.
_PROPERTIES = ("zone", "photos", "falls_back")
# Inches of a zone that has room for its name.
_ROOM = 0.3
_FALLS_BACK = "0.9"
_FEWEST = 7


class ZoneReportDisplay(ShowsPlaces):
    """Map of zones and bars of the largest: what a transformer knows in each.

    Of a `GPS2VecPlusTransformer` it shows the photos of every zone, the divergence from
    its teachers on photos held out, or the epochs, and where it falls back because
    there were too few photos. Of scores that are known zone by zone, such as those of
    Table 6 of the GPS2Vec+ paper [1]_, it shows them, or what the last of several
    models gains over the first.

    Parameters
    ----------
    geojson : dict
        The zones: a FeatureCollection with the property `zone`.

    values : dict of str to ndarray of shape (n_zones,)
        Numbers of the zones; of several models by name.

    counts : ndarray of shape (n_zones,), default=None
        Photos or rows in each zone. The largest are those with most, if it is given.

    label : str, default="value"
        What the numbers are.

    fallback : dict, default=None
        Zones without networks: a FeatureCollection with the properties `zone` and
        `photos`.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the map; with the bars if there is no map.

    axes_ : list of matplotlib Axes
        Axes of the map and of the bars.

    figure_ : matplotlib Figure
        Figure that holds them.

    zones_ : matplotlib PathCollection or None
        The zones on the map; its array are the numbers, or the gains.

    fallback_ : matplotlib PathCollection or None
        The zones without networks.

    bars_ : list of matplotlib BarContainer
        The bars of each model.

    shown_ : list of str
        The zones with bars, from top to bottom.

    colorbar_ : matplotlib Colorbar or None
        The colour bar.

    See Also
    --------
    PlaceMapDisplay : What a transformer says of the places in a zone.
    sklearn_geo.metrics.per_region_score : Scores by zone.

    References
    ----------
    .. [1] Y. Yin, Y. Zhang, Z. Liu, Y. Liang, S. Wang, R. R. Shah and R. Zimmermann,
       "Learning Multi-context Aware Location Representations from Large-scale Geotagged
       Images", ACM Multimedia, 2021, table 6.

    Examples
    --------
    Two of the nine columns of the table:

    >>> from sklearn_geo.inspection import ZoneReportDisplay
    >>> display = ZoneReportDisplay.from_predictions(
    ...     ["30U", "18T"],
    ...     {"unsupervised": [0.246, 0.254], "supervised": [0.293, 0.278]},
    ...     label="mAP",
    ... )
    >>> display.zones_.get_array().round(3).tolist()
    [0.047, 0.024]
    """

    def __init__(self, geojson, values, *, counts=None, label="value", fallback=None):
        check_text(label, "label")
        self.geojson = geojson
        self.values = values
        self.counts = counts
        self.label = label
        self.fallback = fallback

    @classmethod
    def from_estimator(
        cls, transformer, *, color_by="photos", label=None, ax=None, **kwargs
    ):
        """Draw what a transformer knows of its zones.

        Parameters
        ----------
        transformer : estimator
            A fitted `GPS2VecPlusTransformer` or `NumpyContextEncoder`, or a pipeline,
            union or search that has one.

        color_by : {"photos", "held_out_kl", "epochs", "seconds"}, default="photos"
            Which field of `zone_report_`.

        label : str, default=None
            What the numbers are. None says it.

        ax : matplotlib Axes, or two of them, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        ZoneReportDisplay
            The display.
        """
        model = with_zones(transformer)
        report, regions = model.zone_report_, regions_of(model)
        fields = [name for name in report.dtype.names if name != "zone"]
        if not isinstance(color_by, str) or color_by not in fields:
            raise ValueError(
                f"color_by must be one of {', '.join(map(repr, fields))}; got "
                f"{color_by!r}."
            )
        if regions is None:
            raise ValueError(
                "This transformer has regions=None: one network for the whole globe, "
                "and no zones. PlaceMapDisplay shows what it says."
            )
        if not len(report):
            raise ValueError(
                "No zone has networks: everywhere the networks of the whole globe "
                "answer. Lower min_samples, or fit on more photos."
            )
        fallback = photos_elsewhere(model)
        elsewhere = None
        if fallback:
            elsewhere = zone_polygons(list(fallback), regions)
            for one in elsewhere["features"]:
                one["properties"]["photos"] = fallback[one["properties"]["zone"]]
        label = _LABELS.get(color_by, color_by) if label is None else label
        display = cls(
            zone_polygons(report["zone"].tolist(), regions),
            {"": report[color_by].astype(np.float64)},
            counts=report["photos"],
            label=label,
            fallback=elsewhere,
        )
        if color_by == "photos":
            kwargs.setdefault("norm", "log")
        return display.plot(ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        zones,
        values,
        *,
        regions="utm",
        counts=None,
        label="score",
        ax=None,
        **kwargs,
    ):
        """Draw scores that are known zone by zone.

        Parameters
        ----------
        zones : array-like of shape (n_zones,)
            Names of the zones, each once, such as "30U".

        values : array-like of shape (n_zones,), or mapping of str to such
            Their scores, NaN where there is none. Of several models by name: the map
            then shows what the last one gains over the first.

        regions : "utm" or partition, default="utm"
            Where the zones are: on the UTM grid, or cells of a fitted partition.

        counts : array-like of shape (n_zones,), default=None
            How many rows each zone has. Those with most are the largest.

        label : str, default="score"
            What the numbers are.

        ax : matplotlib Axes, or two of them, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        ZoneReportDisplay
            The display.
        """
        reject_masked(zones, "zones")
        if sparse.issparse(zones):
            raise TypeError("zones must be a list of names; got a sparse array.")
        with naming("zones"):
            names = [str(zone) for zone in np.asarray(zones, dtype=object).ravel()]
        if not names:
            raise ValueError("zones is empty: there is no zone to draw.")
        reject_twice(names, "zones")
        models = by_text(values, "values") if is_by_name(values) else {"": values}
        if not models:
            raise ValueError("values is empty: there is no model to draw.")
        found = {}
        for who, numbers in models.items():
            what = f"values of {who}" if who else "values"
            found[who] = numbers = numbers_of(numbers, len(names), what)
            if np.isinf(numbers).any():
                zone = names[int(np.argmax(np.isinf(numbers)))]
                raise ValueError(f"{what}, zone {zone}: it is infinite, no value.")
        if counts is not None:
            counts = counts_of(counts, len(names))
        if not any(np.isfinite(numbers).any() for numbers in found.values()):
            raise ValueError("values has no number for any zone.")
        display = cls(zone_polygons(names, regions), found, counts=counts, label=label)
        return display.plot(ax, **kwargs)

    def plot(
        self,
        ax=None,
        *,
        kind="both",
        most=12,
        extent="auto",
        cmap=None,
        norm=None,
        coastline=None,
        graticule=True,
        colorbar=True,
    ):
        """Draw the map and the bars.

        Parameters
        ----------
        ax : matplotlib Axes, or two of them, default=None
            Where to draw: one for the map, one for the bars.

        kind : {"both", "map", "bars"}, default="both"
            What to draw.

        most : int, default=12
            How many zones have bars: those with most photos or rows, or, where that is
            not known, those with the largest numbers.

        extent : "auto", "world" or (west, east, south, north), default="auto"
            What the map shows, in degrees. "auto" is around the zones.

        cmap : str or Colormap, default=None
            Colours. None is "viridis", and "RdBu" for gains: red is a loss.

        norm : "linear", "log", "centered" or matplotlib Normalize, default=None
            How numbers become colours. None is "linear", "log" for photos, and
            "centered" for gains.

        coastline : dict, GeoDataFrame, GeoSeries, str or path, default=None
            GeoJSON, geometries of geopandas, or a file of either, to draw behind;
            polygons are filled, as land.

        graticule : bool, default=True
            Whether to draw meridians and parallels.

        colorbar : bool, default=True
            Whether to draw a colour bar.

        Returns
        -------
        ZoneReportDisplay
            The display, with its artists.
        """
        check_flags(graticule=graticule, colorbar=colorbar)
        check_choice(kind, _KINDS, "kind")
        check_most(most)
        from matplotlib import colormaps

        gains = len(self.values) > 1
        cmap = ("RdBu" if gains else "viridis") if cmap is None else cmap
        cmap = colormaps[cmap] if isinstance(cmap, str) else cmap
        self._cmap = cmap.with_extremes(bad="0.88")
        norm = ("centered" if gains else "linear") if norm is None else norm
        self._scale = scale_of(norm, self._mapped())
        order = self._largest(most)
        self.shown_ = [self._names()[at] for at in order]
        window = MapWindow.read(extent, self._corners())
        self.axes_, self.figure_ = self._make_axes(ax, kind, window, len(order))
        self.ax_ = self.axes_[0]
        self.zones_ = self.fallback_ = self.colorbar_ = None
        self.bars_ = []
        if kind != "bars":
            self._draw_map(self.ax_, window, coastline, graticule)
            if colorbar and self.zones_.get_array().count():
                self._draw_colorbar()
        if kind != "map":
            self._draw_bars(self.axes_[-1], order, as_on_map=kind == "both")
        return self

    def _names(self):
        return [one["properties"]["zone"] for one in self.geojson["features"]]

    def _mapped(self):
        """Return what the map shows: numbers, or what the last gains over the first."""
        first, *others = self.values.values()
        return others[-1] - first if others else first

    def _largest(self, most):
        size = self._mapped() if self.counts is None else np.asarray(self.counts)
        size = np.where(np.isfinite(size), size, -np.inf)
        return np.argsort(-size, kind="stable")[:most].tolist()

    def _corners(self):
        features = [*self.geojson["features"], *self._elsewhere()]
        return corners_of([one["geometry"] for one in features])

    def _elsewhere(self):
        return [] if self.fallback is None else self.fallback["features"]

    def _make_axes(self, ax, kind, window, n_bars):
        size = {"map": window.figsize(), "bars": (4.6, 1.3 + 0.3 * n_bars)}
        if kind != "both":
            axes, figure = panel_axes(ax, [(0, 0)], (1, 1), figsize=size[kind])
            return list(axes[0]), figure
        size = size["map"][0] + 3.0, max(size["map"][1], 1.4 + 0.24 * n_bars)
        axes, figure = panel_axes(ax, [(0, 0), (0, 1)], (1, 2), figsize=size)
        if ax is None:
            axes[0, 0].get_gridspec().set_width_ratios([size[0] - 3.0, 3.0])
            axes[0, 1].tick_params(labelleft=True)
        return list(axes[0]), figure

    def _draw_map(self, ax, window, coastline, graticule):
        from matplotlib.collections import PathCollection
        from matplotlib.patches import Patch

        elsewhere = self._elsewhere()
        if elsewhere:
            self.fallback_ = PathCollection(
                cell_paths([one["geometry"] for one in elsewhere], window),
                facecolors=_FALLS_BACK,
                edgecolors="0.6",
                hatch="////",
                linewidths=0.4,
                zorder=0.8,
            )
            ax.add_collection(self.fallback_, autolim=False)
            photos = sum(one["properties"]["photos"] for one in elsewhere)
            text = f"fall back: {_some(len(elsewhere), 'zone')} with "
            text += _some(photos, "photo")
            ax.legend(
                handles=[
                    Patch(
                        facecolor=_FALLS_BACK, edgecolor="0.6", hatch="////", label=text
                    )
                ],
                loc="upper left",
                bbox_to_anchor=(0.0, -0.07),
                frameon=False,
                fontsize="small",
            )
        geometries = [one["geometry"] for one in self.geojson["features"]]
        self.zones_ = PathCollection(
            cell_paths(geometries, window),
            array=shown(self._mapped(), self._scale),
            cmap=self._cmap,
            norm=self._scale,
            edgecolors="0.4",
            linewidths=0.4,
            zorder=1,
        )
        ax.add_collection(self.zones_, autolim=False)
        window.dress(ax, graticule=graticule, coastline=coastline)
        self._write_names(ax, window)

    def _write_names(self, ax, window):
        """Write its name into every zone that has room for it."""
        inches = window.figsize()[0] / (window.east - window.west)
        colors = self._cmap(self._scale(self.zones_.get_array()))
        for name, path, color in zip(
            self._names(), self.zones_.get_paths(), colors, strict=True
        ):
            west, east, south, north = largest_box(path, window)
            x, y = (west + east) / 2, (south + north) / 2
            room = (east - west) * inches / max(1.0, len(name) / 4)
            if room < _ROOM or north <= south:
                continue
            light = color[:3] @ (0.299, 0.587, 0.114) > 0.55
            ax.text(
                x,
                y,
                name,
                ha="center",
                va="center",
                fontsize=float(np.clip(18.0 * room, 6.0, 11.0)),
                color="black" if light else "white",
                zorder=2,
            )

    def _draw_colorbar(self):
        from matplotlib.colors import LogNorm

        label = self.label
        if len(self.values) > 1:
            first, *_, last = self.values
            label = f"{label}: {last} minus {first}"
        self.colorbar_ = self.figure_.colorbar(
            self.zones_, ax=self.ax_, label=label, shrink=0.8, pad=0.02
        )
        if isinstance(self._scale, LogNorm):
            logarithmic_bar(self.colorbar_, lambda value: f"{value:,.10g}")

    def _draw_bars(self, ax, order, as_on_map):
        rows, step = np.arange(len(order), dtype=np.float64), 0.8 / len(self.values)
        single = len(self.values) == 1
        for at, (who, numbers) in enumerate(self.values.items()):
            check_drawable(numbers[order])
            color = COLORS[at % len(COLORS)]
            if single and as_on_map:
                color = self._cmap(self._scale(shown(numbers[order], self._scale)))
            self.bars_.append(
                ax.barh(
                    rows + (at - (len(self.values) - 1) / 2) * step,
                    numbers[order],
                    height=0.9 * step,
                    color=color,
                    label=in_legend(who),
                    zorder=2,
                )
            )
        names = self.shown_
        if self.counts is not None and not self._counts_are_shown():
            counts = np.asarray(self.counts)[order]
            names = [f"{name} ({n:,})" for name, n in zip(names, counts, strict=True)]
        ax.set_yticks(rows, names, fontsize="small")
        # A few bars are not blown up to fill the height.
        ax.set_ylim(max(len(order), _FEWEST) - 0.4, -0.6)
        ax.tick_params(axis="y", length=0)
        ax.grid(axis="x", color="0.9", linewidth=0.6)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_xlabel(self.label)
        if not single:
            ax.legend(
                fontsize="small",
                frameon=False,
                loc="lower left",
                bbox_to_anchor=(0.0, 1.0),
            )
        total = len(self.geojson["features"])
        if len(order) < total:
            ax.set_title(
                f"the largest {len(order)} of {total:,} zones", fontsize="small"
            )

    def _counts_are_shown(self):
        numbers = list(self.values.values())
        return len(numbers) == 1 and np.array_equal(numbers[0], self.counts)

    def to_geojson(self):
        """Return the zones with their numbers.

        Returns
        -------
        dict
            A FeatureCollection of polygons with the properties `zone`, `photos` if they
            are counted, and `value`, or the name of each model ("value of zone" if it
            is called like another property). Zones without networks are there too, with
            `falls_back` true and no value.
        """
        features = []
        keys = {who: _key_of(who) for who in self.values}
        for at, one in enumerate(self.geojson["features"]):
            found = dict(one["properties"])
            if self.counts is not None:
                found["photos"] = plain(self.counts[at])
            for who, numbers in self.values.items():
                found[keys[who]] = plain(numbers[at])
            if self.fallback is not None:
                found["falls_back"] = False
            features.append({**one, "properties": found})
        for one in self._elsewhere():
            nothing = dict.fromkeys(keys.values())
            found = {**one["properties"], **nothing, "falls_back": True}
            features.append({**one, "properties": found})
        return collection_of(features)


def _key_of(who):
    """Return the property that holds what is known of a model."""
    return f"value of {who}" if who in _PROPERTIES else who or "value"


def _some(n, what):
    return f"{n:,} {what}{'' if n == 1 else 's'}"
