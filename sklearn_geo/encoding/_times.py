# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns of times, read from arrays, pandas and polars, as moments in UTC."""

import datetime
import re
import zoneinfo

import numpy as np

from sklearn_geo._missing import is_missing
from sklearn_geo._numbers import reject_masked

_NEED_ZONE = (
    'say where these clocks stand, with time_zone="UTC", a name such as "Europe/Paris" '
    'or an offset such as "+02:00"; or pass times with a time zone'
)


def read_zone(time_zone):
    """Turn a parameter into a time zone.

    Parameters
    ----------
    time_zone : str or None
        "UTC", a name of the IANA database, an offset such as "+05:30", or None.

    Returns
    -------
    tzinfo or None
        The zone.
    """
    if time_zone is None:
        return None
    if isinstance(time_zone, str):
        if time_zone.upper() in ("UTC", "Z"):
            return datetime.timezone.utc
        offset = re.fullmatch(r"([+-])(\d\d):?(\d\d)", time_zone)
        if offset and int(offset[2]) < 24 and int(offset[3]) < 60:
            minutes = 60 * int(offset[2]) + int(offset[3])
            delta = datetime.timedelta(minutes=minutes)
            return datetime.timezone(-delta if offset[1] == "-" else delta)
        try:
            return zoneinfo.ZoneInfo(time_zone)
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
            pass
    raise ValueError(
        f'time_zone={time_zone!r} is no time zone. Use "UTC", a name of the IANA '
        'database such as "Europe/Paris", an offset such as "+02:00", or None.'
    )


def read_times(column, zone, name="X"):
    """Read a column of times as moments in UTC.

    Parameters
    ----------
    column : ndarray, Series of pandas or polars, DatetimeIndex, of shape (n_times,)
        datetime64, or objects of :class:`datetime.datetime`, with or without zone, or
        of :class:`datetime.date`, which mean their midnight.

    zone : tzinfo or None
        The zone of times that do not tell theirs; None refuses them.

    name : str, default="X"
        What the column is called in error messages.

    Returns
    -------
    ndarray of shape (n_times,), datetime64
        Moments in UTC, NaT where there is none.
    """
    reject_masked(column, name)
    dtype = getattr(column, "dtype", None)
    aware = getattr(dtype, "tz", None) or getattr(dtype, "time_zone", None)
    if aware is not None and not hasattr(column, "dt"):  # an index of pandas
        column = column.tz_convert("UTC").tz_localize(None)
    elif aware is not None and hasattr(column.dt, "convert_time_zone"):  # polars
        column = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    elif aware is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    times = column.to_numpy() if hasattr(column, "to_numpy") else np.asarray(column)
    if times.ndim == 0:
        raise TypeError(
            f"{name} is a {type(column).__name__}, which is no column of times. Pass "
            "an array, a list or a column of a frame, with one time a row."
        )
    if times.ndim > 1:
        raise ValueError(
            f"{name} must be one column of times; it has the shape {times.shape}."
        )
    if times.dtype.kind == "O":
        return _read_objects(times, zone, name)
    if times.dtype.kind != "M":
        raise TypeError(
            f"{name} holds {_kind(times)}, not times. Convert them first, for example "
            "with pd.to_datetime(column, utc=True), and seconds since 1970 with "
            'pd.to_datetime(column, unit="s", utc=True).'
        )
    if aware is not None or zone is datetime.timezone.utc:
        return times
    if zone is None:
        if np.isnat(times).all():
            return times
        row = int(np.argmin(np.isnat(times)))
        raise ValueError(
            f"{name}, row {row}: {times[row]} tells no time zone. Hours of the day "
            f"mean nothing without: {_NEED_ZONE}."
        )
    return _to_utc(times, zone)


def _kind(values):
    return "text" if values.dtype.kind in "USTO" else "numbers"


def _to_utc(times, zone):
    """Take what clocks of a zone show to UTC."""
    # Clocks are changed at full minutes, so one offset a minute is enough.
    minutes, which = np.unique(times.astype("datetime64[m]"), return_inverse=True)
    offsets = np.zeros(len(minutes), dtype="timedelta64[s]")
    for i, minute in enumerate(minutes):
        if not np.isnat(minute):
            moment = minute.item()
            if not isinstance(moment, datetime.datetime):  # numpy gives a number
                raise ValueError(
                    f"A time is {minute}: before the year 1 or after the year 9999 "
                    f"there are no clocks of {zone}. Leave such rows out, or set "
                    'time_zone="UTC".'
                )
            offset = moment.replace(tzinfo=zone).utcoffset()
            offsets[i] = np.timedelta64(round(offset.total_seconds()), "s")
    return times - offsets[which.reshape(times.shape)]


def _read_objects(values, zone, name):
    moments = np.full(len(values), np.datetime64("NaT", "us"))
    for row, value in enumerate(values):
        if is_missing(value):
            continue
        if isinstance(value, np.datetime64):
            moments[row] = read_times(np.array([value]), zone, name)[0]
            continue
        if not isinstance(value, datetime.date):
            raise TypeError(
                f"{name}, row {row}: {value!r:.60} is no time. Convert the column "
                "first, for example with pd.to_datetime(column, utc=True)."
            )
        if not isinstance(value, datetime.datetime):
            value = datetime.datetime.combine(value, datetime.time.min)
        if value.utcoffset() is None:
            if zone is None:
                raise ValueError(
                    f"{name}, row {row}: {value} tells no time zone. Hours of the day "
                    f"mean nothing without: {_NEED_ZONE}."
                )
            value = value.replace(tzinfo=zone)
        try:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        except OverflowError:
            raise ValueError(
                f"{name}, row {row}: {value} is before the year 1 or after the year "
                "9999 in UTC. Leave such rows out."
            ) from None
        moments[row] = np.datetime64(value.isoformat(), "us")
    return moments


def hours_days_months(times):
    """Give the hour, the day of the week and the month of moments.

    Parameters
    ----------
    times : ndarray of shape (n_times,), datetime64
        Moments; none may be NaT.

    Returns
    -------
    hours, days, months : ndarray of shape (n_times,), int64
        0 to 23; 1 to 7, Sunday first; 1 to 12.
    """
    # To coarser units numpy rounds down, before 1970 as well.
    hours = times.astype("datetime64[h]").astype(np.int64) % 24
    # 1970-01-01, day 0, was a Thursday, the fifth day.
    days = (times.astype("datetime64[D]").astype(np.int64) + 4) % 7 + 1
    months = times.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return hours, days, months
