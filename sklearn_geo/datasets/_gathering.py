# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables (dicts of columns) cut, joined, and turned into Bunches."""

import warnings
from itertools import chain, compress

import numpy as np


def rows_of(table, rows):
    """Return rows (a slice or a boolean array) of every column of a table."""
    if isinstance(rows, slice):
        return {name: values[rows] for name, values in table.items()}
    return {
        name: values[rows]
        if isinstance(values, np.ndarray)
        else list(compress(values, rows))
        for name, values in table.items()
    }


def join(tables):
    """Return one table of several, one after the other.

    Parameters
    ----------
    tables : iterable of dict
        With the same columns: arrays or lists. An optional column that some tables lack
        is left out.

    Returns
    -------
    table : dict
    """
    tables = list(tables)
    if len(tables) == 1:
        return tables[0]
    out = {}
    for name in tables[0]:
        if not all(name in table for table in tables):
            continue
        parts = [table[name] for table in tables]
        if isinstance(parts[0], np.ndarray):
            out[name] = np.concatenate(parts)
        else:
            out[name] = list(chain.from_iterable(parts))
    return out


class Reading:
    """Tables on their way to Bunches: whole, or chunk by chunk.

    Parameters
    ----------
    tables : iterable of dict
        From `read_table`.

    finish : callable
        Makes a Bunch of a table. It is given the report as `report` afterwards.

    report : ReadReport
        The one that was given to `read_table`.
    """

    def __init__(self, tables, finish, report):
        self.tables, self.finish, self.report = tables, finish, report

    def chunks(self):
        """Yield a Bunch a chunk."""
        for table in self.tables:
            yield self._bunch(table)
        self._warn(3)  # whoever iterates

    def whole(self):
        """Return everything as one Bunch."""
        bunch = self._bunch(join(self.tables))
        self._warn(5)  # whoever called load_*, above the decorator
        return bunch

    def _bunch(self, table):
        bunch = self.finish(table)
        bunch.report = self.report
        return bunch

    def _warn(self, stacklevel):
        if self.report.n_skipped:
            problem, found = max(
                self.report.problems.items(), key=lambda item: item[1].count
            )
            path, line, _ = found.examples[0]
            warnings.warn(
                f"{self.report.n_skipped:,} rows were skipped, most of them because "
                f"{problem} (first in {path}, line {line}). `report` lists all "
                "problems.",
                UserWarning,
                stacklevel=stacklevel,
            )
