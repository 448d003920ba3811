# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The table of photos: opened, and which of its columns are which."""

from pathlib import Path

from sklearn_geo._tables import location_positions
from sklearn_geo.distributed._photos import Layout

__all__ = ["layout_of", "open_table", "unreadable"]


def open_table(photos):
    """Return the table as a dask data frame."""
    import dask.dataframe as dd

    if isinstance(photos, dd.DataFrame):
        return photos
    if isinstance(photos, str | Path):
        return _read_parquet(str(photos))
    if isinstance(photos, list) and all(
        isinstance(each, str | Path) for each in photos
    ):
        return _read_parquet([str(each) for each in photos])
    raise TypeError(
        f"photos is a {type(photos).__name__}. Pass a dask.dataframe.DataFrame or "
        "Parquet files, such as 'photos/*.parquet'. What fits into memory goes to "
        "GPS2VecPlusTransformer.fit, or through dask.dataframe.from_pandas."
    )


def _read_parquet(paths):
    """Open files of Parquet; a head that is damaged is an error that names them."""
    import dask.dataframe as dd

    try:
        return dd.read_parquet(paths)
    except FileNotFoundError:
        raise
    except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        # Whatever the reader of the format raises of what a file says of its columns.
        raise unreadable(paths, error) from error


def unreadable(paths, error):
    return ValueError(
        f"{paths} cannot be read as Parquet: {type(error).__name__}: {error}"
    )


def layout_of(frame, location, teachers, sample_weight, order):
    """Say which columns of the table are which."""
    columns = list(frame.columns)
    for column in columns:
        if not isinstance(column, str):
            raise TypeError(
                f"photos: the column {column!r} is called by no text. Call columns by "
                "text, for example with photos.rename(columns=str)."
            )
    at = location_positions(location, columns, len(columns))
    location = tuple(columns[position] for position in at)
    roles = dict.fromkeys(location, "location")
    for name, column in (("sample_weight", sample_weight), ("order", order)):
        if column is None:
            continue
        if not isinstance(column, str) or column not in columns:
            raise ValueError(
                f"{name}={column!r}: photos has no such column. It has {columns[:20]}."
            )
        if column in roles:
            raise ValueError(
                f"{name}={column!r}: this column is {roles[column]} already. Name "
                "another one, or none."
            )
        roles[column] = name
    teachers = _teachers(teachers, columns, set(roles))
    missing = [column for column in teachers if column not in columns]
    twice = sorted({name for name in teachers if list(teachers).count(name) > 1})
    both = sorted(roles.keys() & set(teachers))
    for names, what in (
        (missing, "photos has no columns"),
        (twice, "these are named twice:"),
        (both, "these are no teachers, since they are named as something else:"),
    ):
        if names:
            raise ValueError(f"teachers: {what} {names[:10]}. Name columns of photos.")
    if not teachers:
        raise ValueError(
            "photos has no teacher columns beside the location, so there is nothing "
            "to learn."
        )
    for column, dtype in frame.dtypes[list(teachers)].items():
        if getattr(dtype, "kind", "O") not in "fiub":
            raise TypeError(
                f"photos: the column {column!r} has dtype {dtype}, not numbers. Name "
                "the columns to learn from: teachers=[...]."
            )
    return Layout(location, tuple(map(str, teachers)), sample_weight, order)


def _teachers(names, columns, taken):
    """Read which columns teach: all that are nothing else, if none is named."""
    if names is None:
        return [column for column in columns if column not in taken]
    # Texts are sequences of letters, and sets in another order in each process.
    if isinstance(names, str) or not hasattr(names, "__getitem__"):
        raise TypeError(
            f"teachers must be a list of names of columns; got {names!r:.60}."
        )
    return list(names)
