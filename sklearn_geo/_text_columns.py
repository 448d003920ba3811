# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns that should be degrees and are not: what they hold, and what to do."""

import itertools
import re

__all__ = ["remedy_for_names", "remedy_for_text"]

# Rows of text in which the first that is no number is looked for.
_LOOKED_AT = 100_000
# Blanks are the delimiter only where nothing else is: a thousand of them have one
# meaning, and not one for each way to cut them in two.
_PAIR = re.compile(
    r"[(\[]?\s*[-+]?\d+(\.\d*)?(?:\s*(?=[,;])|(?= ))([,; ])\s*"
    r"[-+]?\d+(\.\d*)?\s*[)\]]?"
)
_POLARS_PAIR = (
    r'.str.extract_groups(r"([-+.\d]+)[^-+.\d]+([-+.\d]+)").struct.unnest()'
    ".cast(pl.Float64)"
)
_WKT = re.compile(r"(SRID=\d+;)?\s*POINT\b", re.IGNORECASE)
# 52.5 N, N 52.5, 52 31' 12", with any signs for degrees, minutes and seconds.
_COMPASS = re.compile(
    r"[NSEWO]?\s*[-+]?\d[\d.,:\s\u00b0\u00ba'\u2032\u2033\"]*[NSEWO]?", re.IGNORECASE
)
# Names of columns in which a place may hide: pickup_latitude, decimalLongitude.
_LIKE = {
    "latitude": re.compile(r"latitude|(?<![a-z])lat(?![a-z])", re.IGNORECASE),
    "longitude": re.compile(
        r"longitude|(?<![a-z])(lon|lng|long)(?![a-z])", re.IGNORECASE
    ),
}


def remedy_for_text(values, column, polars):
    """Say how a column becomes numbers, after the first value that is none.

    Parameters
    ----------
    values : iterable
        The column.

    column : object
        Its name.

    polars : bool
        Whether it is one of polars, and not of pandas.

    Returns
    -------
    str
        Sentences for the end of a message.
    """
    here = f"X[{column!r}]"
    odd = None
    for row, value in enumerate(itertools.islice(values, _LOOKED_AT)):
        if isinstance(value, bytes) or hasattr(value, "geom_type"):
            return _of_geometry(value, here)
        if isinstance(value, str) and not _reads_as_number(value):
            odd = (row, value)
            break
    if odd is None:
        return f"Convert it to degrees first, for example with {_parser(here, polars)}."
    special = _of_strings(*odd, column, here, polars)
    if special:
        return special
    return (
        f"Row {odd[0]} is {odd[1]!r:.60}, which is no number of degrees. Mend such "
        f"rows; or make them missing with {_parser(here, polars, coerce=True)}, and "
        "drop them."
    )


def _of_geometry(value, here):
    """Say how points that pandas holds as objects or bytes are read."""
    made = "GeoSeries.from_wkb" if isinstance(value, bytes) else "GeoSeries"
    return (
        "It holds geometries. Read the file with geopandas (read_parquet, read_file), "
        f"or pass geopandas.{made}({here}, crs=...), which is a place by itself."
    )


def _of_strings(row, text, column, here, polars):
    """Say what to do about text of a known kind, or None."""
    said = f"Row {row} is {text!r:.60}"
    separator = re.search(r"[;\t|]", str(column))
    if separator:
        return (
            f"The name of the column has the separator {separator[0]!r} in it: read "
            f"the file with read_csv(..., sep={separator[0]!r})."
        )
    if _reads_as_number(text.replace(",", ".")):
        option = "decimal_comma=True" if polars else 'decimal=","'
        return (
            f"{said}, with a decimal comma: read the file with read_csv(..., {option})."
        )
    pair = _PAIR.fullmatch(text.strip())
    if pair:
        one = '.str.replace(" +", " ", regex=True)' if pair[2] == " " else ""
        how = f'{here}.str.strip("()[] "){one}.str.split({pair[2]!r}, expand=True)'
        if polars:
            how = f"{here}{_POLARS_PAIR}"
        return f"{said}, two numbers in one text. Make two columns of it, with {how}."
    if _WKT.match(text.strip()):
        return f"{said}. Pass geopandas.GeoSeries.from_wkt({here}, crs=4326)."
    if _COMPASS.fullmatch(text.strip()):
        return (
            f"{said}. Degrees are plain numbers: take letters and signs off, make "
            "south and west negative, and add minutes / 60 and seconds / 3600."
        )
    return None


def _parser(here, polars, coerce=False):
    if polars:
        column = here[2:-1]
        strict = ", strict=False" if coerce else ""
        return f"X.with_columns(pl.col({column}).cast(pl.Float64{strict}))"
    return f"pd.to_numeric({here}" + (', errors="coerce")' if coerce else ")")


def _reads_as_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def remedy_for_names(names):
    """Propose a pair of columns that may be the place, by what their names contain.

    Parameters
    ----------
    names : list of str or None
        The names of all columns.

    Returns
    -------
    str
        A pair, as `location` takes it.
    """
    found = [
        next((name for name in names or () if like.search(name)), None)
        for like in _LIKE.values()
    ]
    return str(tuple(found)) if all(found) else '("lat", "lon")'
