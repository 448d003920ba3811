# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
r"""Columns of text become numbers, times, places, texts and tags.

A converter takes the fields of a column, as a list of str, and returns an array or a
list of the same length. If a field is wrong it raises a ValueError that says what is
wrong with it, in words that follow the value: "is not a number". Which field that was
is found by whoever called (`sklearn_geo.datasets._reading`), and only then.

Empty fields, `\N` and `null` are missing: NaN, NaT, or what `missing=` says.
"""

from itertools import repeat

import numpy as np

# In an array each label takes as much memory as the longest of them.
_LONGEST_LABEL = 1000
_MISSING = frozenset({"", "\\N", "null", "NULL", "None", "nan", "NaN", "NA"})


def _filled(fields, filler):
    """Return the fields with a filler where they are missing, without blanks."""
    return [filler if f in _MISSING else f for f in map(str.strip, fields)]


def _without_underscores(fields):
    """Refuse what Python takes for a number and nobody else does: 1_000."""
    if "_" in "".join(fields):
        raise ValueError("is not a number")


def numbers(fields):
    """Convert to float64; missing fields become NaN.

    Examples
    --------
    >>> from sklearn_geo.datasets._fields import numbers
    >>> numbers(["1.5", "", "-3"])
    array([ 1.5,  nan, -3. ])
    """
    n = len(fields)
    try:
        out = np.fromiter(map(float, fields), np.float64, n)
    except ValueError:
        try:
            out = np.fromiter(map(float, _filled(fields, "nan")), np.float64, n)
        except ValueError:
            raise ValueError("is not a number") from None
    _without_underscores(fields)
    if np.isinf(out).any():
        raise ValueError("is infinite")
    return out


def integers(*, missing=None, least=None, most=None, dtype=np.int64):
    """Make a converter to whole numbers.

    Parameters
    ----------
    missing : int or None, default=None
        What missing fields become; None refuses them.

    least, most : int or None, default=None
        The smallest and the largest that make sense.

    dtype : dtype, default=np.int64
        Of the array.
    """
    limits = np.iinfo(dtype)
    low = limits.min if least is None else least
    high = limits.max if most is None else most

    def convert(fields):
        n = len(fields)
        try:
            out = np.fromiter(map(int, fields), np.int64, n)
        except (ValueError, OverflowError):
            if missing is None and not _MISSING.isdisjoint(map(str.strip, fields)):
                raise ValueError("is missing") from None
            try:
                filled = _filled(fields, str(missing))
                out = np.fromiter(map(int, filled), np.int64, n)
            except (ValueError, OverflowError):
                raise ValueError("is not a whole number") from None
        _without_underscores(fields)
        wrong = (out < low) | (out > high)
        if missing is not None:
            wrong &= out != missing
        if wrong.any():
            raise ValueError(f"is not within {low:,} and {high:,}")
        return out.astype(dtype, copy=False)

    return convert


def video_markers(fields):
    """Convert markers to whether it is a video: 0 is a photo, 1 a video."""
    return integers(least=0, most=1, dtype=np.int8)(fields).astype(bool)


def places(latitudes, longitudes):
    """Convert two columns to (latitude, longitude) in degrees, float64.

    Rows in which both are missing have no place and become NaN, and so do places at
    exactly 0, 0, which stand for "unknown" in every such file. Longitudes from -180
    to 360 are taken, and returned within [-180, 180].

    Examples
    --------
    >>> from sklearn_geo.datasets._fields import places
    >>> places(["52.5", ""], ["13.4", ""])
    array([[52.5, 13.4],
           [ nan,  nan]])
    """
    out = np.empty((len(latitudes), 2))
    out[:, 0] = numbers(latitudes)
    out[:, 1] = numbers(longitudes)
    latitude, longitude = out.T
    with np.errstate(invalid="ignore"):
        far = np.abs(latitude) > 90
        if far.any():
            if (np.abs(longitude[far]) <= 90).all():
                raise ValueError(
                    "is no place: the latitude is beyond 90 degrees (are latitude and "
                    "longitude swapped?)"
                )
            raise ValueError("is no place: the latitude is beyond 90 degrees")
        if ((longitude < -180) | (longitude > 360)).any():
            raise ValueError("is no place: the longitude is not within -180 and 180")
        longitude[longitude > 180] -= 360
    if (np.isnan(latitude) != np.isnan(longitude)).any():
        raise ValueError("is half a place: one of latitude and longitude is missing")
    out[(latitude == 0) & (longitude == 0)] = np.nan
    return out


def zero_places(converted, latitudes):
    """Say which rows `places` has taken for missing though they have coordinates."""
    zero = np.isnan(converted[:, 0])
    if zero.any():
        rows = np.flatnonzero(zero)
        given = [latitudes[row].strip() not in _MISSING for row in rows]
        zero[rows] = given
    return zero


def swapped(latitudes, longitudes):
    """Tell whether many places look as if latitude and longitude were swapped.

    In a file that is right some longitudes lie beyond 90 degrees, and no latitude does.
    """
    beyond = [np.abs(_loose(fields)) > 90 for fields in (latitudes, longitudes)]
    n = np.count_nonzero(beyond[0])
    return n >= 3 and n > 0.05 * len(latitudes) and not beyond[1].any()


def _loose(fields):
    """Convert to float64 what can be converted."""
    out = np.zeros(len(fields))
    for i, field in enumerate(fields):
        try:
            out[i] = numbers([field])[0]
        except ValueError:
            continue
    return out


def texts(fields):
    r"""Return texts as they are, missing ones (`\N`) as empty ones.

    Words such as "null" and "None" are texts here: somebody may have written them.
    """
    return ["" if f == "\\N" else f for f in fields] if "\\N" in fields else fields


def names(fields):
    """Return texts of which many are alike; equal ones share memory.

    A text that stands for who or what, such as a user, must not be missing.
    """
    fields = list(map(str.strip, fields))
    if "" in fields or "\\N" in fields:
        raise ValueError("is missing")
    return labels(fields)


def labels(fields):
    """Return texts of which many are alike and some may be missing (empty)."""
    shared = {}
    fields = texts(fields)
    if any(len(field) > _LONGEST_LABEL for field in set(fields)):
        raise ValueError(f"has more than {_LONGEST_LABEL:,} letters")
    return [shared.setdefault(f, f) for f in fields]


def lowered(convert):
    """Return the conversion of texts that makes their letters small, as of hashes."""
    return lambda fields: [text.lower() for text in convert(fields)]


def epochs(fields):
    """Convert seconds since 1970 to datetime64[s] in coordinated universal time."""
    # Missing is NaT, which is the smallest integer.
    nat = np.iinfo(np.int64).min
    return integers(missing=nat, least=0, most=2**33)(fields).view("datetime64[s]")


def times(fields):
    """Convert times such as "2012-04-03 18:00:09.0" to datetime64[s].

    Fractions of seconds are cut off. Missing times become NaT, and so do dates without
    a month or a day (2005-00-00), which stand for "some time in that year".
    """
    cut = [f if len(f) <= _N_SECONDS else _whole_seconds(f) for f in fields]
    try:
        return _as_times(cut)
    except ValueError:
        cut = ["NaT" if f[4:7] == "-00" or f[7:10] == "-00" else f for f in cut]
        return _as_times(_filled(cut, "NaT"))


_N_SECONDS = len("2012-04-03 18:00:09")


def _whole_seconds(field):
    """Cut off a fraction of a second; what is none stays, and is no time."""
    point, digits = field[_N_SECONDS], field[_N_SECONDS + 1 :]
    is_fraction = point == "." and (not digits or digits.isdecimal())
    return field[:_N_SECONDS] if is_fraction else field


# What a time looks like with zeros for all its digits, as far as it goes. Numpy takes
# whatever stands behind one for a zone of time, with a warning.
_LONGEST = "0000-00-00 00:00:00"
_TIMES = {_LONGEST[:n] for n in (4, 7, 10, 13, 16, 19)}
_TIMES |= {form.replace(" ", "T") for form in _TIMES} | {"", "NaT", "nat", "NAT"}
_ZEROS = str.maketrans("0123456789", "0" * 10)


def _as_times(fields):
    """Convert what has the form of a time, and nothing else that numpy understands."""
    forms = "\n".join(fields).translate(_ZEROS).split("\n")
    good = len(forms) == max(1, len(fields)) and _TIMES.issuperset(forms)
    try:
        out = np.array(fields if good else [], dtype="datetime64[s]")
    except ValueError:
        good = False
    first, last = np.datetime64("1000-01-01"), np.datetime64("9999-12-31T23:59:59")
    if not good or (out < first).any() or (out > last).any():
        raise ValueError(
            "is not a time such as '2012-04-03 18:00:09', or no such day exists"
        )
    return out


# Hexadecimal digits by their ASCII code; -1 for everything else.
_HEX = np.full(256, -1, dtype=np.int16)
_HEX[list(b"0123456789")] = range(10)
_HEX[list(b"abcdef")] = _HEX[list(b"ABCDEF")] = range(10, 16)
# Between rows, and between the tags of a row. They are not found in what people write.
_ROW, _TAG = "\x1e", "\x1f"


def _unquoted(data):
    """Decode percent and plus of a whole column at once (bytes to bytes)."""
    data = data.replace(b"+", b" ")
    if b"%" not in data:
        return data
    codes = np.frombuffer(data + b"\0\0", dtype=np.uint8)
    at = np.flatnonzero(codes == ord("%"))
    high, low = _HEX[codes[at + 1]], _HEX[codes[at + 2]]
    at, value = (
        at[(high >= 0) & (low >= 0)],
        (16 * high + low)[(high >= 0) & (low >= 0)],
    )
    codes = codes[:-2].copy()
    codes[at] = value
    keep = np.ones(len(codes), dtype=bool)
    keep[at + 1] = keep[at + 2] = False
    return codes[keep].tobytes()


def _unquoted_one(field):
    """Decode percent and plus of one field: UTF-8, or else Latin-1."""
    data = _unquoted(field.encode("utf-8"))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def unquoted(fields):
    """Decode percent and plus: "caf%C3%A9+au+lait" is "café au lait".

    Old clients wrote Latin-1 ("caf%E9"): a text that is no UTF-8 is read as that.

    Examples
    --------
    >>> from sklearn_geo.datasets._fields import unquoted
    >>> unquoted(["caf%C3%A9+au+lait", "caf%E9", "100%", ""])
    ['café au lait', 'café', '100%', '']
    """
    if not fields:
        return []
    fields = texts(fields)
    joined = _ROW.join(fields)
    try:
        out = _unquoted(joined.encode("utf-8")).decode("utf-8").split(_ROW)
        if len(out) == len(fields):
            return out
    except UnicodeDecodeError:
        pass
    # Somebody wrote Latin-1, or the very character that we put between rows.
    return list(map(_unquoted_one, fields))


def unquoted_tags(fields):
    """Decode lists of tags: "caf%C3%A9,au+lait" is ["café", "au lait"].

    Examples
    --------
    >>> from sklearn_geo.datasets._fields import unquoted_tags
    >>> unquoted_tags(["caf%C3%A9,au+lait", "", "one"])
    [['café', 'au lait'], [], ['one']]
    """
    if not fields:
        return []
    fields = texts(fields)
    joined = _ROW.join(fields)
    if _TAG in joined:
        return [[_unquoted_one(t) for t in f.split(",") if t] for f in fields]
    joined = joined.replace(",", _TAG)
    try:
        out = _unquoted(joined.encode("utf-8")).decode("utf-8")
        # A percent-encoded separator would be one too many.
        if out.count(_TAG) == joined.count(_TAG):
            rows = out.split(_ROW)
            if len(rows) == len(fields):
                return _tag_lists(rows)
    except UnicodeDecodeError:
        pass
    return [[_unquoted_one(t) for t in f.split(",") if t] for f in fields]


def _tag_lists(rows):
    """Split rows at the separator of tags; empty tags are none."""
    out = [row.split(_TAG) if row else [] for row in rows]
    if any(map(list.__contains__, out, repeat(""))):
        out = [[tag for tag in row if tag] for row in out]
    return out
