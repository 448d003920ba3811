# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Times as check-ins have them, thousands at once."""

import datetime

import numpy as np

# "Tue Apr 03 18:00:09 +0000 2012": where its parts stand.
_WIDTH = 30
_DAY, _HOUR, _MINUTE, _SECOND, _YEAR = (8, 2), (11, 2), (14, 2), (17, 2), (26, 4)
_SIGN, _OFFSET_HOUR, _OFFSET_MINUTE = 20, (21, 2), (23, 2)
_BLANKS, _COLONS = (3, 7, 10, 19, 25), (13, 16)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun")
_MONTHS += ("Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_KEYS = np.array([int.from_bytes(name.encode(), "big") for name in _MONTHS])
_DAYS_IN_MONTH = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def parse_times(texts):
    """Read many times of the form "Tue Apr 03 18:00:09 +0000 2012".

    Parameters
    ----------
    texts : list of str
        The times.

    Returns
    -------
    times : ndarray of datetime64[s]
        Moments in coordinated universal time; NaT where `good` is False.

    good : ndarray of bool
        Whether a text has exactly this form and is a time of the calendar.
    """
    packed = np.array(texts, dtype=f"U{_WIDTH + 1}")
    codes = packed.view(np.int32).reshape(len(packed), _WIDTH + 1)
    good = (codes[:, _WIDTH] == 0) & (codes[:, _WIDTH - 1] != 0)
    good &= (codes[:, _BLANKS] == ord(" ")).all(axis=1)
    good &= (codes[:, _COLONS] == ord(":")).all(axis=1)
    sign = codes[:, _SIGN]
    good &= (sign == ord("+")) | (sign == ord("-"))
    parts = [
        _digits(codes, *place, good)
        for place in (_YEAR, _DAY, _HOUR, _MINUTE, _SECOND, _OFFSET_HOUR)
    ]
    year, day, hour, minute, second, offset_hour = parts
    offset_minute = _digits(codes, *_OFFSET_MINUTE, good)
    letters = codes[:, 4:7]
    good &= (letters < 128).all(axis=1)
    keys = (letters[:, 0] << 16) | (letters[:, 1] << 8) | letters[:, 2]
    is_month = keys[:, None] == _MONTH_KEYS
    month = is_month.argmax(axis=1)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)) & (month == 1)
    good &= is_month.any(axis=1) & (year >= 1970)
    good &= (day >= 1) & (day <= _DAYS_IN_MONTH[month] + leap)
    good &= (hour < 24) & (minute < 60) & (second < 61)
    good &= (offset_hour < 24) & (offset_minute < 60)

    months = ((year - 1970) * 12 + month).astype("datetime64[M]")
    offset = 3600 * offset_hour + 60 * offset_minute
    seconds = 86_400 * (day - 1) + 3600 * hour + 60 * minute + second
    seconds -= np.where(sign == ord("-"), -offset, offset)
    times = months.astype("datetime64[s]") + seconds.astype("timedelta64[s]")
    return np.where(good, times, np.datetime64("NaT", "s")), good


def parse_time(text):
    """Read one time, in the form of `parse_times` or of ISO 8601.

    Parameters
    ----------
    text : str
        The time. Without an offset it is coordinated universal time.

    Returns
    -------
    numpy.datetime64
        The moment in coordinated universal time, to the second.

    Raises
    ------
    ValueError
        If the text is neither.
    """
    times, good = parse_times([text])
    if good[0]:
        return times[0]
    try:
        moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise ValueError(
            "is not a time such as 'Tue Apr 03 18:00:09 +0000 2012', or no such day "
            "exists"
        ) from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return np.datetime64(moment, "s")


def _digits(codes, start, width, good):
    """Return the number that stands in some columns, and clear `good` where none."""
    number = np.zeros(len(codes), dtype=np.int64)
    for column in range(start, start + width):
        digit = codes[:, column] - ord("0")
        good &= (digit >= 0) & (digit <= 9)
        number = 10 * number + digit
    # What is no number is out of the way of the arithmetic that follows.
    return np.where(good, number, 0)


def checkin_times(fields):
    """Convert a column of check-in times to datetime64[s]; see `parse_time`."""
    fields = [field.strip() for field in fields]
    times, good = parse_times(fields)
    for row in np.flatnonzero(~good):
        times[row] = parse_time(fields[row])
    return times
