# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A map of one user's photos in the order of time, as several models place them."""

import numpy as np
from sklearn.utils.validation import check_consistent_length

from sklearn_geo._numbers import is_whole
from sklearn_geo.base import check_places
from sklearn_geo.inspection._album_answers import answers_of_both, rows_of_user
from sklearn_geo.inspection._by_name import by_text, is_by_name
from sklearn_geo.inspection._columns import need_method
from sklearn_geo.inspection._errors import errors_of
from sklearn_geo.inspection._export import ShowsPlaces, collection_of, frame_of
from sklearn_geo.inspection._map import plain, point_feature
from sklearn_geo.inspection._moments import read_moments
from sklearn_geo.inspection._path_panel import (
    MISS_COLOR,
    PATH_COLOR,
    TRUTH_COLOR,
    PathPanel,
    path_window,
)
from sklearn_geo.inspection._paths import cut_lines, path_km
from sklearn_geo.inspection._pyplot import panel_axes
from sklearn_geo.inspection._text import literal
from sklearn_geo.inspection._words import check_flags

# Maps wider than this stand one above the other.
_WIDE = 1.25


class AlbumPathDisplay(ShowsPlaces):
    """Map of one user's photos in the order of time, before and after they are joined.

    A photo by itself may be placed anywhere; the photos around it cannot all have been
    taken a continent away. Each panel is a model: its answers in the order of time,
    with arrows from one to the next, above the way that the user took in truth. Arrows
    are the order of photos, not routes.

    Parameters
    ----------
    paths : dict of ndarray of shape (n_photos, 2)
        By name of the model, where it places each photo, in the order of time; NaN
        where it has no answer.

    truth : ndarray of shape (n_photos, 2), default=None
        Where the photos were taken.

    times : ndarray of datetime64 of shape (n_photos,), default=None
        When they were posted. Photos without a time are last, and beside the path.

    user : object, default=None
        Whose photos these are.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the last panel.

    axes_ : list of matplotlib Axes
        Axes of all panels, one a model.

    figure_ : matplotlib Figure
        Figure that holds them.

    stops_ : dict of matplotlib PathCollection
        By name of the model, its answers. Those that lie on top of each other are one
        mark, larger the more there are.

    arrows_ : dict of list of matplotlib FancyArrowPatch
        By name of the model, the moves from one mark to the next.

    numbers_ : dict of list of matplotlib Text
        By name of the model, which photos are at each mark, counted from 1.

    misses_ : dict of matplotlib LineCollection
        By name of the model, lines from where photos were taken to the answers; only
        if the truth is known.

    truth_ : list of matplotlib PathCollection
        Where the photos were taken, on each panel.

    legend_ : matplotlib Legend
        The key, with whose photos they are, which, and of when.

    See Also
    --------
    sklearn_geo.geolocation.AlbumGeolocator : Joins the photos of a user.
    ProbabilityMapDisplay : What is known of a single photo.

    Examples
    --------
    >>> from sklearn_geo.inspection import AlbumPathDisplay
    >>> truth = [[48.9, 2.4], [48.9, 2.3], [45.8, 4.8]]
    >>> alone = [[48.9, 2.4], [-33.9, 151.2], [45.8, 4.8]]
    >>> display = AlbumPathDisplay.from_predictions(
    ...     truth, {"alone": alone, "together": truth}
    ... )
    >>> [ax.get_title().splitlines()[0] for ax in display.axes_]
    ['alone: median error 0.0 km', 'together: median error 0.0 km']
    >>> [text.get_text() for text in display.numbers_["alone"]]
    ['1, 3', '2']
    """

    def __init__(self, paths, *, truth=None, times=None, user=None):
        self.paths = paths
        self.truth = truth
        self.times = times
        self.user = user

    @classmethod
    def from_estimators(
        cls,
        before,
        after,
        X,
        y=None,
        *,
        group=None,
        times=None,
        groups=None,
        names=("before", "after"),
        ax=None,
        **kwargs,
    ):
        """Draw where two fitted geolocators place the photos of one user.

        Parameters
        ----------
        before : estimator
            Fitted geolocator, such as what `after` wraps, ``after.estimator_``. It may
            read all columns of X, or those that are neither times nor groups.

        after : estimator
            Fitted geolocator, such as an `AlbumGeolocator`.

        X : array-like of shape (n_photos, n_columns)
            Photos, of one user or of several.

        y : array-like of shape (n_photos, 2), default=None
            Where they were taken, if that is known.

        group : object, default=None
            The user to show. None is the one with the most photos.

        times : array-like of shape (n_photos,), default=None
            When photos were posted; without it, the column of X that `after` reads, or
            else the order of the rows.

        groups : array-like of shape (n_photos,), default=None
            Whose photos these are; without it, the column of X that `after` reads, or
            else all are of one user.

        names : pair of str, default=("before", "after")
            What the two are called.

        ax : sequence of two matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        AlbumPathDisplay
            The display.
        """
        names = _two_names(names)
        for who, model in zip(names, (before, after), strict=True):
            need_method(model, who, "predict", remedy="Pass a fitted geolocator.")
        if y is not None:
            y = check_places(y, name="y", allow_missing=True)
            check_consistent_length(X, y)
        rows, user, answers, times = answers_of_both(
            before, after, X, group=group, times=times, groups=groups
        )
        if y is not None and np.isnan(y[rows]).any():
            row = rows[np.isnan(y[rows]).any(axis=1)][0]
            raise ValueError(
                f"y, row {row}: it is not known where this photo of the user was "
                "taken. Leave such photos out, or pass no y."
            )
        return cls.from_predictions(
            None if y is None else y[rows],
            dict(zip(names, answers, strict=True)),
            times=times,
            user=user,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_pred,
        *,
        group=None,
        times=None,
        groups=None,
        time_zone=None,
        user=None,
        ax=None,
        **kwargs,
    ):
        """Draw where models place the photos of one user.

        Parameters
        ----------
        y_true : array-like of shape (n_photos, 2) or None
            Where they were taken, if that is known.

        y_pred : array-like of shape (n_photos, 2), or mapping of str to such
            Where models place them; rows of NaN are no answer.

        group : object, default=None
            The user to show, if there are groups. None is the one with the most photos.

        times : array-like of shape (n_photos,), default=None
            When photos were posted; without it, rows are in order.

        groups : array-like of shape (n_photos,), default=None
            Whose photos these are; without it, all are of one user.

        time_zone : str, default=None
            Where clocks stood that tell no zone. It may be left out: the order does not
            change with it.

        user : object, default=None
            What to call the user if there are no groups.

        ax : matplotlib Axes, or sequence of them, default=None
            Where to draw, an Axes a model; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        AlbumPathDisplay
            The display.
        """
        if not is_by_name(y_pred):
            y_pred = {"answers": y_pred}
        if not y_pred:
            raise ValueError("y_pred is empty: there is no model to draw.")
        paths = {
            name: check_places(answers, name=f"y_pred, {name}", allow_missing=True)
            for name, answers in by_text(y_pred, "y_pred").items()
        }
        sizes = {name: len(answers) for name, answers in paths.items()}
        if y_true is not None:
            y_true = check_places(y_true, name="y_true")
            sizes["y_true"] = len(y_true)
        if len(set(sizes.values())) > 1:
            raise ValueError(
                "There must be a place for each photo in all of y_pred and y_true; got "
                f"{', '.join(f'{n} of {name}' for name, n in sizes.items())}."
            )
        n_photos = next(iter(sizes.values()))
        rows, found = rows_of_user(groups, group, n_photos)
        user = user if found is None else found
        if times is not None:
            times = read_moments(times, n_photos, time_zone, clocks=False)[rows]
            order = np.argsort(times, kind="stable")  # NaT is last
            rows, times = rows[order], times[order].astype("datetime64[s]")
        display = cls(
            {name: answers[rows] for name, answers in paths.items()},
            truth=None if y_true is None else y_true[rows],
            times=times,
            user=user,
        )
        return display.plot(ax, **kwargs)

    def plot(
        self,
        ax=None,
        *,
        start=0,
        most=24,
        extent="auto",
        numbers=True,
        misses=True,
        photos=None,
        coastline=None,
        graticule=True,
    ):
        """Draw the maps.

        Parameters
        ----------
        ax : matplotlib Axes, or sequence of them, default=None
            Where to draw, an Axes a model; new axes if None.

        start : int, default=0
            The first photo to draw, in the order of time.

        most : int or None, default=24
            How many to draw, as many as there are in an album of the paper. Errors and
            lengths in titles are of these. None draws all.

        extent : "auto", "world" or (west, east, south, north), default="auto"
            What to show, in degrees. "auto" is around all answers and the truth.

        numbers : bool, default=True
            Whether to write which photos are at each mark.

        misses : bool, default=True
            Whether to draw a line from where each photo was taken to the answer.

        photos : array-like of shape (n_others, 2), default=None
            Places to draw as grey dots behind everything, such as those learnt from:
            they show where people are, and so, roughly, land.

        coastline : dict, GeoDataFrame, GeoSeries, str or path, default=None
            GeoJSON, geometries of geopandas, or a file of either, to draw behind;
            polygons are filled, as land.

        graticule : bool, default=True
            Whether to draw meridians and parallels.

        Returns
        -------
        AlbumPathDisplay
            The display, with its artists.
        """
        check_flags(numbers=numbers, misses=misses, graticule=graticule)
        shown = self._shown(start, most)
        paths = {name: path[shown] for name, path in self.paths.items()}
        truth = None if self.truth is None else self.truth[shown]
        n_ordered = len(range(*shown.indices(self._n_ordered())))
        seen = [*paths.values(), *([] if truth is None else [truth])]
        seen = np.concatenate(seen)
        seen = seen[~np.isnan(seen[:, 0])]
        if not len(seen):
            raise ValueError("No photo has an answer or a true place to draw.")
        window = path_window(extent, seen, seen if truth is None else truth)
        self._make_axes(ax, window)
        self.stops_, self.arrows_, self.numbers_ = {}, {}, {}
        self.misses_, self.truth_ = {}, []
        photos = None if photos is None else check_places(photos, name="photos")
        first = shown.start + 1 if numbers else None
        for axes, (name, path) in zip(self.axes_, paths.items(), strict=True):
            panel = PathPanel(axes, window)
            if photos is not None:
                panel.draw_photos(photos)
            if truth is not None:
                self.truth_.append(panel.draw_truth(truth, n_ordered))
                if misses:
                    self.misses_[name] = panel.draw_misses(truth, path)
            self.stops_[name], self.arrows_[name], self.numbers_[name] = (
                panel.draw_path(path, n_ordered, first=first)
            )
            window.dress(axes, graticule=graticule, coastline=coastline)
            axes.set_title(_title(name, path, truth, n_ordered), fontsize="medium")
        self.ax_ = self.axes_[-1]
        self._legend(shown, n_ordered, misses, whole=ax is None)
        return self

    def _shown(self, start, most):
        n_photos = len(next(iter(self.paths.values())))
        if not is_whole(start) or not (most is None or is_whole(most)):
            raise ValueError(
                f"start and most are whole numbers of photos; got {start!r} and "
                f"{most!r}."
            )
        if not 0 <= start < n_photos:
            raise ValueError(
                f"start must be the number of one of the {n_photos} photos, from 0 on; "
                f"got {start!r}."
            )
        if most is not None and most < 1:
            raise ValueError(f"most must be at least one photo, or None; got {most!r}.")
        stop = n_photos if most is None else min(start + most, n_photos)
        return slice(start, stop)

    def _n_ordered(self):
        """Return how many photos have a time, or at least an order."""
        if self.times is None:
            return len(next(iter(self.paths.values())))
        return int((~np.isnat(self.times)).sum())

    def _make_axes(self, ax, window):
        n_panels = len(self.paths)
        width, height = window.inches(8.2, 4.6)
        # Wide maps are above each other, high ones side by side.
        if width > _WIDE * height:
            shape = (n_panels, 1)
        else:
            shape = (1, n_panels)
            width, height = window.inches(4.6, 5.0)
        axes, self.figure_ = panel_axes(
            ax,
            list(np.ndindex(*shape)),
            shape,
            figsize=(
                shape[1] * max(width + 0.5, 3.4) + 0.3,
                shape[0] * (height + 0.6) + 0.9,
            ),
        )
        self.axes_ = list(axes.ravel())

    def _legend(self, shown, n_ordered, misses, *, whole):
        from matplotlib.lines import Line2D

        style = {"color": PATH_COLOR, "marker": "o", "markeredgecolor": "white"}
        handles = [Line2D([], [], **style, label="answers, in the order of time")]
        if self.truth is not None:
            style = {"color": TRUTH_COLOR, "linestyle": ":", "marker": "+"}
            handles.append(Line2D([], [], **style, label="where they were taken"))
        if self.truth is not None and misses:
            handles.append(Line2D([], [], color=MISS_COLOR, alpha=0.6, label="errors"))
        style = {"title": self._caption(shown, n_ordered), "title_fontsize": "small"}
        style |= {"ncols": len(handles), "frameon": False, "fontsize": "small"}
        if whole:
            self.legend_ = self.figure_.legend(
                handles=handles, loc="outside lower center", **style
            )
        else:
            style |= {"loc": "upper center", "bbox_to_anchor": (0.5, -0.09)}
            self.legend_ = self.ax_.legend(handles=handles, **style)

    def _caption(self, shown, n_ordered):
        """Say whose photos are shown, which, and of when."""
        n_photos = len(next(iter(self.paths.values())))
        first, last = shown.start + 1, shown.stop
        some = f"photos {first} to {last}" if last > first else f"photo {first}"
        text = some if last - first + 1 == n_photos else f"{some} of {n_photos}"
        if self.user is not None:
            text = f"user {literal(self.user)}: {text}"
        if self.times is not None and n_ordered:
            days = self.times[shown][:n_ordered].astype("datetime64[D]")
            text += f", {days[0]}" + (f" to {days[-1]}" if days[-1] > days[0] else "")
        if n_ordered < shown.stop - shown.start:
            text += f"; {shown.stop - shown.start - n_ordered} without a time"
        return text

    def _errors(self):
        """Return the error of every photo by model, NaN where there is no answer."""
        if self.truth is None:
            return None
        return {name: errors_of(self.truth, path) for name, path in self.paths.items()}

    def to_frame(self):
        """Return the photos as a pandas DataFrame.

        Returns
        -------
        DataFrame
            A row a model and photo, with the columns `model`, `order` (from 1; 0
            without a time), `time`, `latitude`, `longitude` and `error_km`, NaN where
            it is not known.
        """
        n_models, n_photos = len(self.paths), len(next(iter(self.paths.values())))
        errors, times = self._errors(), self.times
        if errors is None:
            errors = dict.fromkeys(self.paths, np.full(n_photos, np.nan))
        if times is None:
            times = np.full(n_photos, np.datetime64("NaT", "s"))
        order = np.arange(1, n_photos + 1)
        order[self._n_ordered() :] = 0
        places = np.concatenate(list(self.paths.values()))
        columns = {"model": np.repeat(np.array(list(self.paths), object), n_photos)}
        columns |= {"order": np.tile(order, n_models), "time": np.tile(times, n_models)}
        columns |= {"latitude": places[:, 0], "longitude": places[:, 1]}
        errors = np.concatenate([errors[name] for name in self.paths])
        return frame_of({**columns, "error_km": errors})

    def to_geojson(self):
        """Return the answers, the truth and the ways between them.

        Returns
        -------
        dict
            A FeatureCollection. Each answer is a point with `role`, the name of the
            model, `order` (from 1; None without a time), `time` and `error_km`; each
            true place one with the `role` "truth". The way from point to point is a
            MultiLineString of the same `role`, cut at the antimeridian.
        """
        errors = self._errors()
        paths = [(*one, errors and errors[one[0]]) for one in self.paths.items()]
        if self.truth is not None:
            paths.append(("truth", self.truth, None))
        n_ordered, features = self._n_ordered(), []
        for name, path, km in paths:
            for at in np.flatnonzero(~np.isnan(path[:, 0])).tolist():
                known = self.times is not None and not np.isnat(self.times[at])
                properties = {
                    "role": name,
                    "order": at + 1 if at < n_ordered else None,
                    "time": f"{self.times[at]}Z" if known else None,
                }
                if km is not None:
                    properties["error_km"] = plain(float(km[at]))
                features.append(point_feature(path[at], properties))
            lines = cut_lines(path[:n_ordered])
            if lines:
                geometry = {"type": "MultiLineString", "coordinates": lines}
                feature = {"type": "Feature", "geometry": geometry}
                features.append({**feature, "properties": {"role": name}})
        return collection_of(features)


def _two_names(names):
    """Check what two models are to be called."""
    alone = isinstance(names, str) or not np.iterable(names)
    found = [names] if alone else [str(name) for name in names]
    if len(found) != 2 or found[0] == found[1]:
        raise ValueError(
            "names must be two different texts, one for each estimator, as in "
            f'("before", "after"); got {names!r}.'
        )
    return found


def _title(name, path, truth, n_ordered):
    """Say how far off a path is, and how long."""
    km = path_km(path[:n_ordered])
    way = f"way of {km:,.0f} km"
    if truth is None:
        return f"{name}: {way}"
    errors = errors_of(truth, path)
    n_silent = int(np.isnan(errors).sum())
    middle = np.median(np.where(np.isnan(errors), np.inf, errors))
    digits = ",.0f" if middle >= 10 else ",.1f"
    median = f"median error {middle:{digits}} km"
    median = median if np.isfinite(middle) else "no median error"
    text = f"{name}: {median}"
    if n_silent:
        text += f", {n_silent} without an answer"
    return f"{text}\n{way}, in truth {path_km(truth[:n_ordered]):,.0f} km"
