# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which scene belongs to which groups: a table in a file, an array or a mapping."""

import csv
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from sklearn_geo._missing import is_missing
from sklearn_geo._numbers import reject_masked

__all__ = ["Level", "read_levels", "read_scene_table", "scene_name"]


@dataclass(frozen=True)
class Level:
    """A level of a hierarchy.

    Attributes
    ----------
    name : str
        What it is called.

    rows : list of str or None
        Names of what is put into groups.

    groups : list of str
        Names of the groups.

    table : ndarray of shape (n_rows, n_groups)
        Not negative; rows are not all zero.
    """

    name: str
    rows: list | None
    groups: list
    table: np.ndarray


def read_scene_table(path):
    r"""Read a table of scenes and groups, as that of Places365 is published.

    The file is a CSV (also separated by semicolons or tabs). A line a scene: its name,
    and a 1 for every group that it belongs to, a 0 or nothing for others. The last line
    before the scenes names the groups; one before that names the levels, above the
    first group of each.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    Bunch
        `scenes`, their names, and `levels`, a mapping from the name of each level to a
        Bunch of `groups` and the `membership` (n_scenes, n_groups) of ones and zeros.
        :class:`SceneHierarchy` takes it as it is.

    Raises
    ------
    ValueError
        If the file is something else. The message says which line.

    See Also
    --------
    SceneHierarchy : Takes such a table, or the name of the file.

    Notes
    -----
    The table itself does not come with this package: it is linked from the page where
    Places365 is downloaded. Names such as `'/a/airfield'` are shortened to "airfield".

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_geo.vision import read_scene_table
    >>> text = ",kind,,place,\ncategory,in,out,home,work\n'/b/barn',0,1,1,1\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "table.csv").write_text(text)
    ...     table = read_scene_table(Path(folder) / "table.csv")
    >>> table.scenes, list(table.levels), table.levels["place"].membership.tolist()
    (['barn'], ['kind', 'place'], [[1, 1]])
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read as a table: {error}") from error
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(text.splitlines(), delimiter=delimiter)
    try:
        lines = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:  # a field without an end, among others
        raise ValueError(f"{path}, line {reader.line_num}: {error}.") from error
    start = next((i for i, (_, row) in enumerate(lines) if _is_data(row)), None)
    if not start:  # no line of data, or no line before it
        what = "has no line of zeros and ones" if start is None else "has no header"
        raise ValueError(
            f"{path} {what}. A table of scenes has lines that name the groups, and "
            "then a line a scene: its name, and zeros and ones."
        )
    odd = lines[start - 1] if _looks_like_data(lines[start - 1][1]) else lines[2:start]
    if odd:
        number = odd[0] if isinstance(odd, tuple) else odd[0][0]
        raise ValueError(
            f"{path}, line {number}: it is no scene with zeros and ones. Only the "
            "first two lines may say something else, names of levels and of groups."
        )
    groups, levels, used = _header([row for _, row in lines[:start]])
    if not used:
        raise ValueError(
            f"{path} names no group in its header, line {lines[start - 1][0]}. If that "
            "line is a scene, write a 1 for each of its groups."
        )
    # A dictionary keeps the order, and finds a name among many at once.
    scenes, table = {}, np.zeros((len(lines) - start, len(used)), dtype=np.int8)
    named = {0, *used}
    for i, (number, row) in enumerate(lines[start:]):
        where = f"{path}, line {number}"
        if len(row) < 1 + max(used):
            raise ValueError(
                f"{where}: it has {len(row)} columns, the header has {1 + max(used)}. "
                "The file may be cut off."
            )
        lost = next(
            (j for j, cell in enumerate(row) if j not in named and _says_more(cell)), 0
        )
        if lost:
            raise ValueError(
                f"{where}, column {lost + 1}: it has {row[lost].strip()!r:.60}, where "
                "the header names no group. Name it, or leave the column out."
            )
        scene = scene_name(row[0])
        if not scene:
            raise ValueError(f"{where}: the scene has no name.")
        if scene in scenes:
            raise ValueError(f"{where}: the scene {scene!r:.60} is there twice.")
        scenes[scene] = i
        for j, column in enumerate(used):
            table[i, j] = _zero_or_one(row[column], f"{where}, {groups[j]!r:.60}")
    return Bunch(
        scenes=list(scenes),
        levels={
            name: Bunch(groups=[groups[j] for j in at], membership=table[:, at])
            for name, at in levels.items()
        },
    )


def _is_data(row):
    """Say whether a line is that of a scene: a name, then zeros and ones only."""
    values = [cell.strip() for cell in row[1:] if cell.strip()]
    return bool(row[0].strip() and values) and all(map(_is_number, values))


def _looks_like_data(row):
    """Say whether most of a line are numbers, though not all."""
    values = [cell.strip() for cell in row[1:] if cell.strip()]
    return 2 * sum(map(_is_number, values)) > len(values)


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _says_more(text):
    """Say whether a cell, of a column without a name, is a number but 0."""
    return _is_number(text) and float(text) != 0.0


def _zero_or_one(text, where):
    text = text.strip()
    if not text:
        return 0
    if not _is_number(text) or float(text) not in (0.0, 1.0):
        raise ValueError(
            f"{where}: {text!r:.60} is neither 0 nor 1. A scene is in a group, or not."
        )
    return int(float(text))


def _header(rows):
    """Return names of groups, columns of each level, and which columns are used."""
    used = [j for j, cell in enumerate(rows[-1]) if j and cell.strip()]
    groups = [rows[-1][j].strip() for j in used]
    above = rows[-2] if len(rows) > 1 else []
    levels, name = {}, "level 1"
    for position, column in enumerate(used):
        cell = above[column].strip() if column < len(above) else ""
        name = cell or name
        levels.setdefault(name, []).append(position)
    return groups, levels, used


def scene_name(text):
    """Return the name of a scene without quotes and the initial of its folder."""
    text = str(text).strip().strip("'\"").strip()
    parts = text.split("/")
    if len(parts) > 2 and not parts[0] and len(parts[1]) == 1:
        return "/".join(parts[2:])
    return text


def read_levels(membership):
    """Read a parameter `membership` as levels.

    Parameters
    ----------
    membership : path, Bunch, array-like, mapping or list
        See :class:`SceneHierarchy`.

    Returns
    -------
    list of Level
        The levels, as given; those of a file from many groups to few.
    """
    if isinstance(membership, (str, os.PathLike)):
        membership = read_scene_table(membership)
    if _is_read(membership):
        scenes = _scene_names("scenes", membership["scenes"])
        levels = [_read_level(*each, scenes) for each in membership["levels"].items()]
        if not levels:
            raise ValueError("membership has no levels: it takes at least one.")
        return sorted(levels, key=lambda level: -len(level.groups))
    if isinstance(membership, Mapping):
        if not membership:
            raise ValueError("membership is an empty mapping. Name groups of scenes.")
        if all(_is_level(value) for value in membership.values()):
            return [_any_level(str(k), value) for k, value in membership.items()]
        return [_from_mapping("level 1", membership)]
    if isinstance(membership, (list, tuple)) and not len(membership):
        raise ValueError("membership is an empty list: it takes at least one level.")
    if isinstance(membership, (list, tuple)) and all(map(_is_level, membership)):
        return [_any_level(f"level {i}", each) for i, each in enumerate(membership, 1)]
    return [_any_level("level 1", membership)]


def _is_read(membership):
    """Say whether it is what :func:`read_scene_table` returns."""
    return (
        isinstance(membership, Mapping)
        and {"scenes", "levels"} <= set(membership)
        and isinstance(membership["levels"], Mapping)
    )


def _read_level(name, level, scenes):
    if not (isinstance(level, Mapping) and {"membership", "groups"} <= set(level)):
        raise ValueError(
            f"membership, {name!r:.60}: a level of read_scene_table has `groups` and "
            "`membership`."
        )
    return _level(name, level["membership"], scenes, level["groups"])


def _is_level(value):
    """Say whether a value is a table or a mapping of its own."""
    return isinstance(value, Mapping) or np.ndim(value) == 2 or hasattr(value, "tocsr")


def _any_level(name, value):
    if isinstance(value, Mapping):
        return _from_mapping(name, value)
    _check_shape(name, getattr(value, "shape", (1, 1)))
    rows = groups = None
    if hasattr(value, "columns") and hasattr(value, "to_numpy"):
        groups = [str(group) for group in value.columns]
        index = getattr(value, "index", ())
        if any(isinstance(row, str) for row in index):
            rows = _scene_names(name, index)
        value = value.to_numpy()
    value = value.toarray() if hasattr(value, "toarray") else value
    return _level(name, value, rows, groups)


def _from_mapping(name, mapping):
    """Read a mapping from scenes to a group, or to several."""
    groups, members = {}, []
    for scene, into in mapping.items():
        several = [into] if isinstance(into, str) or not np.iterable(into) else [*into]
        who = f"{scene_name(scene)!r:.60}"
        if not several:
            raise ValueError(_homeless(name, who))
        if any(map(is_missing, several)):
            raise ValueError(
                f"membership, {name!r:.60}: {who} has a group that is missing. Name "
                "it, or leave it out."
            )
        members.append([groups.setdefault(str(g), len(groups)) for g in several])
    table = np.zeros((len(members), len(groups)))
    for row, columns in enumerate(members):
        table[row, columns] = 1.0
    return _level(name, table, _scene_names(name, mapping), [*groups])


def _scene_names(name, scenes):
    scenes = [*scenes]
    missing = next((row for row, scene in enumerate(scenes) if is_missing(scene)), None)
    if missing is not None:
        raise ValueError(
            f"membership, {name!r:.60}: the name of scene {missing} is missing "
            f"({scenes[missing]!r})."
        )
    return [scene_name(scene) for scene in scenes]


def _level(name, table, rows, groups):
    reject_masked(table, f"membership, {name!r:.60}")
    try:
        table = np.asarray(table, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"membership, {name!r}: it holds {error}.") from error
    _check_shape(name, table.shape)
    groups = [str(i) for i in range(table.shape[1])] if groups is None else [*groups]
    for what, names, n_names in zip(
        ("scenes", "groups"), (rows, groups), table.shape, strict=True
    ):
        if names is not None and len(names) != n_names:
            raise ValueError(
                f"membership, {name!r:.60}: there are {len(names)} names of {what}, "
                f"but the table has the shape {table.shape}, a row a scene and a "
                "column a group."
            )
    twice = next((each for each in groups if groups.count(each) > 1), None)
    if twice is not None:
        raise ValueError(
            f"membership, {name!r:.60}: the group {twice!r:.60} is there twice."
        )
    if rows is not None and len(set(rows)) < len(rows):
        twice = next(each for each, n in Counter(rows).items() if n > 1)
        raise ValueError(
            f"membership, {name!r:.60}: the scene {twice!r:.60} is there twice. Give "
            "every scene one row, with all of its groups."
        )
    wrong = ~(np.isfinite(table) & (table >= 0)).all(axis=1)
    if wrong.any():
        who = _who(rows, int(np.argmax(wrong)))
        raise ValueError(
            f"membership, {name!r}: {who} has a share that is negative, NaN or "
            "infinite. Write 1 for each group that it belongs to, and 0 for others."
        )
    empty = ~(table > 0).any(axis=1)
    if empty.any():
        raise ValueError(_homeless(name, _who(rows, int(np.argmax(empty)))))
    return Level(name, rows, groups, table)


def _check_shape(name, shape):
    if len(shape) != 2 or 0 in shape:
        raise ValueError(
            f"membership, {name!r:.60}: it has the shape {tuple(shape)}. Pass a row a "
            "scene and a column a group, a mapping from scenes to groups, or the name "
            "of a CSV file."
        )


def _who(rows, row):
    return f"row {row}" if rows is None else f"{rows[row]!r:.60}"


def _homeless(name, who):
    return (
        f"membership, {name!r}: {who} is in no group, so that its probability would be "
        "lost. Give it one, such as a group of others."
    )
