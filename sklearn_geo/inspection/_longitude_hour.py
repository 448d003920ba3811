# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where photos are taken that are posted at an hour: what a clock knows of a place."""

from numbers import Real

import numpy as np
from sklearn.utils import Bunch, check_random_state

from sklearn_geo.base import check_places, wrap_longitude
from sklearn_geo.inspection._export import frame_of
from sklearn_geo.inspection._map import RASTERIZED_FROM, degrees_label
from sklearn_geo.inspection._moments import read_moments, read_users
from sklearn_geo.inspection._pyplot import COLORS, axes_of
from sklearn_geo.inspection._words import check_flags
from sklearn_geo.metrics._rows import check_choice

_HOURS = 24
# Of fewer photos a box would say more than is known: they are drawn as they are.
_LEAST_PHOTOS = 5
_FEW = 200  # points that may be large
_WHISKERS = 1.5  # times the height of the box
_PER_USER = ("one", "weight")
_NIGHT = "0.93"
_STATS = ("q1", "median", "q3", "low", "high")


class LongitudeHourDisplay:
    """Box plots of the longitude of photos by the hour they were posted at.

    Figure 1 of [1]_: if photos are posted at other hours in Tokyo than in Lisbon, the
    clock tells something of the place before anybody looks at the photo. Boxes that all
    look alike say that it does not.

    Parameters
    ----------
    boxes : Bunch
        A row an hour from 0 to 23 (UTC): `n_photos`, `q1`, `median`, `q3`, `low` and
        `high`, the ends of the whiskers, `mean`, the circular mean, `concentration`,
        which is 1 where all photos have the same longitude and 0 where they lie evenly
        around the globe; and `longitudes`, a list of the longitudes of each hour. NaN
        where there is no photo. All are written around the middle of the axis, or of
        their hour.

    center : float, default=0.0
        Longitude in the middle of the axis.

    n_users : int, default=None
        How many users there are, if users are known.

    per_user : {"one", "weight"} or None, default=None
        How users with many photos were kept from speaking for all.

    n_missing : int, default=0
        How many photos had no time, and were left out.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the boxes.

    figure_ : matplotlib Figure
        Figure that holds them.

    boxes_ : list of dict
        The artists of each box, as `Axes.bxp` returns them.

    points_ : matplotlib Line2D or None
        Photos beyond the whiskers, and those of hours with fewer than five.

    noon_ : list of matplotlib Line2D
        Where the sun is highest, if it is drawn.

    counts_ : list of matplotlib Text
        How many photos there are at each hour.

    See Also
    --------
    sklearn_geo.encoding.PostingTimeEncoder : Times as columns.
    AlbumPathDisplay : What the other photos of a user are worth.

    Notes
    -----
    Longitudes are a circle, and a box plot is not: it has to cut the circle somewhere.
    By default that is done anew for each hour, opposite the circular mean of its
    photos, and what lies beyond one end of the axis is drawn at the other. In the paper
    all hours are cut at the antimeridian, as with ``center=0``: photos on both sides of
    the cut then make a box as high as the axis, whose median lies where none of them
    is. Where photos lie evenly around the globe (`concentration` near 0), no cut is
    right.

    References
    ----------
    .. [1] J. M. Johns, J. Rounds and M. J. Henry, "Multi-modal geolocation estimation
       using deep neural networks", arXiv:1712.09458, 2017, figure 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.inspection import LongitudeHourDisplay
    >>> places = [[0, 10], [0, 20], [0, 40], [0, 100]]
    >>> posted = np.array(
    ...     ["2020-05-01T12:10", "2020-05-02T12:50", "2020-07-01T12:00", "NaT"],
    ...     dtype="datetime64[s]",
    ... )
    >>> display = LongitudeHourDisplay.from_places(places, posted, time_zone="UTC")
    >>> round(float(display.boxes.median[12]), 6), display.n_missing
    (20.0, 1)
    """

    def __init__(self, boxes, *, center=0.0, n_users=None, per_user=None, n_missing=0):
        self.boxes = boxes
        self.center = center
        self.n_users = n_users
        self.per_user = per_user
        self.n_missing = n_missing

    @classmethod
    def from_places(
        cls,
        places,
        times,
        *,
        groups=None,
        per_user="one",
        time_zone=None,
        center="hour",
        random_state=0,
        ax=None,
        **kwargs,
    ):
        """Draw where photos were taken, by when they were posted.

        Parameters
        ----------
        places : array-like of shape (n_photos, 2)
            Latitude and longitude in degrees.

        times : array-like of shape (n_photos,)
            When each photo was posted. Those without a time are left out, and counted.

        groups : array-like of shape (n_photos,), default=None
            Whose photo each is. A user posts many photos from one place at one hour,
            which would look like a rule. Without groups every photo counts.

        per_user : {"one", "weight"}, default="one"
            With groups: one photo of each user at random, as in the paper; or all
            photos, of which those of a user together weigh as much as any other user's.

        time_zone : str, default=None
            Where clocks stood that tell no zone, such as "UTC".

        center : float or "hour", default="hour"
            The longitude opposite which the circle is cut; 0 is what the paper did.
            "hour" finds one for each hour, and shows 0 in the middle of the axis.

        random_state : int, RandomState instance or None, default=0
            Chooses the photo of each user.

        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        LongitudeHourDisplay
            The display.
        """
        check_choice(per_user, _PER_USER, "per_user")
        by_hour = isinstance(center, str) and center == "hour"
        if not by_hour and not (isinstance(center, Real) and abs(center) <= 180.0):
            raise ValueError(
                'center must be "hour", or a longitude from -180 to 180; got '
                f"{center!r}."
            )
        places = check_places(places, name="places")
        times = read_moments(times, len(places), time_zone)
        rows = np.flatnonzero(~np.isnat(times))
        if not len(rows):
            raise ValueError(
                f"None of the {len(places)} photos has a time, so there is nothing to "
                "draw."
            )
        n_missing, n_users = len(places) - len(rows), None
        weights = np.ones(len(rows))
        if groups is not None:
            users = read_users(groups, len(places))[rows]
            _, number, count = np.unique(users, return_inverse=True, return_counts=True)
            number, n_users = number.reshape(-1), len(count)
            if per_user == "one":
                order = check_random_state(random_state).permutation(len(rows))
                first = np.unique(number[order], return_index=True)[1]
                rows, weights = rows[np.sort(order[first])], np.ones(n_users)
            else:
                weights = 1.0 / count[number]
        # To whole hours numpy rounds down, before 1970 as well.
        hours = times[rows].astype("datetime64[h]").astype(np.int64) % _HOURS
        middle = 0.0 if by_hour else float(center)
        display = cls(
            _boxes(places[rows, 1], hours, weights, None if by_hour else middle),
            center=middle,
            n_users=n_users,
            per_user=None if groups is None else per_user,
            n_missing=n_missing,
        )
        return display.plot(ax, **kwargs)

    def plot(self, ax=None, *, sun=True, counts=True, color=COLORS[0]):
        """Draw the boxes.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        sun : bool, default=True
            Whether to draw where the sun is highest at each moment, fifteen degrees an
            hour, and to shade where it is night at the equinox.

        counts : bool, default=True
            Whether to write the number of photos above each hour.

        color : matplotlib color, default="#0072B2"
            Of the boxes.

        Returns
        -------
        LongitudeHourDisplay
            The display, with its artists.
        """
        check_flags(sun=sun, counts=counts)
        self.ax_, self.figure_ = axes_of(ax, figsize=(8.6, 4.8))
        ax = self.ax_
        low, high = self.center - 180.0, self.center + 180.0
        self._draw_boxes(low, high, color)
        self._draw_points(low, high, color)
        self.noon_ = self._draw_sun(low, high) if sun else []
        ticks = np.arange(np.ceil(low / 60.0), np.floor(high / 60.0) + 1) * 60.0
        ax.set_yticks(ticks, [degrees_label(tick, "EW") for tick in ticks])
        ax.set_xticks(np.arange(0, _HOURS + 1, 3))
        ax.set(xlim=(0, _HOURS), ylim=(low, high))
        ax.set(xlabel="hour of posting (UTC)", ylabel="true longitude")
        ax.set_title(self._title(), fontsize="medium", pad=20 if counts else 6)
        self.counts_ = []
        for hour, n in enumerate(self.boxes.n_photos.tolist() if counts else ()):
            self.counts_.append(
                ax.annotate(
                    _short(n),
                    (hour + 0.5, 1.0),
                    xycoords=ax.get_xaxis_transform(),
                    xytext=(0, 3),
                    textcoords="offset points",
                    ha="center",
                    va="bottom",
                    size="x-small",
                    color="0.35",
                )
            )
        return self

    def _turns(self, hour, low, high):
        """Return by which whole turns the photos of an hour are in sight."""
        x = self.boxes.longitudes[hour]
        if not len(x):
            return ()
        first = np.ceil((low - x.max()) / 360.0)
        last = np.floor((high - x.min()) / 360.0)
        return 360.0 * np.arange(first, last + 1)

    def _draw_boxes(self, low, high, color):
        boxes, self.boxes_ = self.boxes, []
        enough = boxes.n_photos >= _LEAST_PHOTOS
        # Of few photos, narrow boxes.
        most = boxes.n_photos.max()
        for hour in np.flatnonzero(enough):
            for turn in self._turns(hour, low, high):
                q1, median, q3, start, end = (
                    float(boxes[key][hour]) + turn for key in _STATS
                )
                stats = {"q1": q1, "med": median, "q3": q3, "fliers": []}
                artists = self.ax_.bxp(
                    [{**stats, "whislo": start, "whishi": end}],
                    positions=[hour + 0.5],
                    widths=[max(0.25, 0.8 * np.sqrt(boxes.n_photos[hour] / most))],
                    patch_artist=True,
                    manage_ticks=False,
                    showfliers=False,
                    boxprops={"facecolor": color, "alpha": 0.55, "edgecolor": "0.2"},
                    medianprops={"color": "black", "linewidth": 1.8},
                    whiskerprops={"color": "0.35"},
                    capprops={"color": "0.35"},
                    zorder=3,
                )
                self.boxes_.append(artists)

    def _draw_points(self, low, high, color):
        boxes = self.boxes
        x, y = [], []
        for hour, longitudes in enumerate(boxes.longitudes):
            alone = longitudes
            if len(longitudes) >= _LEAST_PHOTOS:
                inside = (boxes.low[hour] <= longitudes) & (
                    longitudes <= boxes.high[hour]
                )
                alone = longitudes[~inside]
            for turn in self._turns(hour, low, high):
                y.append(alone + turn)
                x.append(np.full(len(alone), hour + 0.5))
        x, y = np.concatenate(x), np.concatenate(y)
        seen = (low <= y) & (y <= high)
        self.points_ = None
        if not seen.any():
            return
        # Side by side where there are many, but always the same way.
        aside = np.random.default_rng(0).uniform(-0.18, 0.18, len(x))
        few = boxes.n_photos[x.astype(int)] < _LEAST_PHOTOS
        (self.points_,) = self.ax_.plot(
            (x + np.where(few, 0.0, aside))[seen],
            y[seen],
            linestyle="",
            marker="o",
            markersize=4.0 if int(seen.sum()) < _FEW else 2.5,
            markerfacecolor=color,
            markeredgewidth=0,
            alpha=0.6,
            rasterized=int(seen.sum()) > RASTERIZED_FROM,
            zorder=2.5,
        )

    def _draw_sun(self, low, high):
        """Shade the night of the equinox, and draw where it is noon."""
        ax, lines = self.ax_, []
        hours = np.array([0.0, _HOURS])
        noon = 15.0 * (12.0 - hours)
        first, last = np.ceil((low - 270.0) / 360.0), np.floor((high + 270.0) / 360.0)
        for turn in 360.0 * np.arange(first - 1, last + 2):
            # From dusk to the dawn that is 180 degrees further west.
            ax.fill_between(
                hours,
                noon + turn + 90.0,
                noon + turn + 270.0,
                color=_NIGHT,
                linewidth=0,
                zorder=0,
            )
            if max(noon) + turn <= low or min(noon) + turn >= high:
                continue
            lines += ax.plot(
                hours,
                noon + turn,
                color=COLORS[4],
                linestyle="--",
                linewidth=1.4,
                label=None if lines else "noon",
                zorder=1,
            )
        from matplotlib.patches import Patch

        night = Patch(facecolor=_NIGHT, edgecolor="0.7", label="night at the equinox")
        ax.legend(
            handles=[lines[0], night],
            loc="upper center",
            bbox_to_anchor=(0.5, -0.12),
            ncols=2,
            frameon=False,
            fontsize="small",
        )
        return lines

    def _title(self):
        n = int(self.boxes.n_photos.sum())
        text = f"{n:,} photo{'s' * (n != 1)}"
        if self.per_user == "one":
            text += ", one of each user"
        elif self.per_user == "weight":
            text += f" of {self.n_users:,} users, who all weigh the same"
        if self.n_missing:
            text += f"; {self.n_missing:,} without a time"
        return text

    def to_frame(self):
        """Return the boxes as a pandas DataFrame.

        Returns
        -------
        DataFrame
            A row an hour, with the columns `hour`, `n_photos`, `low`, `q1`, `median`,
            `q3`, `high`, `mean` and `concentration`; NaN where there is no photo.
            Longitudes are from -180 to 180, so that `q1` may be east of `q3` if the
            box lies across the antimeridian.
        """
        boxes = self.boxes
        columns = {"hour": np.arange(_HOURS), "n_photos": boxes.n_photos}
        for key in ("low", "q1", "median", "q3", "high", "mean"):
            columns[key] = _wrapped(boxes[key])
        return frame_of({**columns, "concentration": boxes.concentration})


def _boxes(longitudes, hours, weights, center):
    """Work out the box of each hour, around one longitude or that of the hour."""
    names = (*_STATS, "mean", "concentration")
    boxes = Bunch(
        n_photos=np.bincount(hours, minlength=_HOURS),
        longitudes=[],
        **{name: np.full(_HOURS, np.nan) for name in names},
    )
    for hour in range(_HOURS):
        at = hours == hour
        x, w = longitudes[at], weights[at]
        if at.any():
            turned = np.exp(1j * np.radians(x)) @ w / w.sum()
            mean = float(np.degrees(np.angle(turned)))
            boxes.concentration[hour] = abs(turned)
            middle = mean if center is None else center
            boxes.mean[hour] = _around(mean, middle)
            x = _around(x, middle)
            quartiles = _quantiles(x, (0.25, 0.5, 0.75), w)
            boxes.q1[hour], boxes.median[hour], boxes.q3[hour] = quartiles
            reach = _WHISKERS * (quartiles[2] - quartiles[0])
            # Quartiles lie between photos: where the next one is far, there is no
            # whisker.
            low, high = x[x >= quartiles[0] - reach], x[x <= quartiles[2] + reach]
            boxes.low[hour] = min(low.min(), quartiles[0])
            boxes.high[hour] = max(high.max(), quartiles[2])
        boxes.longitudes.append(x)
    return boxes


def _around(longitudes, middle):
    """Write longitudes within half a turn of one."""
    return longitudes - 360.0 * np.round((longitudes - middle) / 360.0)


def _wrapped(longitudes):
    """Write longitudes from -180 to 180, NaN as it is."""
    return np.where(np.abs(longitudes) > 180.0, wrap_longitude(longitudes), longitudes)


def _quantiles(x, shares, weights):
    """Return quantiles; with equal weights they are those of numpy."""
    order = np.argsort(x, kind="stable")
    x, weights = x[order], weights[order]
    # Half of each weight lies on either side of its photo, and what is outside counts
    # for nothing: of n equal photos the k-th is the quantile (k - 1) / (n - 1).
    steps = np.append(0.0, np.cumsum((weights[1:] + weights[:-1]) / 2.0))
    if steps[-1] == 0.0:
        return np.full(len(shares), x[0])
    return np.interp(shares, steps / steps[-1], x)


def _short(n):
    """Write a count so that it is narrow: 950, 1.2k, 35k."""
    if n < 1_000:
        return f"{n}"
    return f"{n / 1_000:.1f}k" if n < 9_950 else f"{n / 1_000:.0f}k"
