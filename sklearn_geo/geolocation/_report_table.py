# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The table of a report: as text, as HTML and as a data frame."""

import textwrap
from dataclasses import astuple, dataclass, fields
from html import escape

import numpy as np


@dataclass(frozen=True)
class TableRow:
    """One number of a report.

    Parameters
    ----------
    section : str
        Under which heading it stands.

    measure : str
        What it is.

    value, low, high : float
        The number and the ends of its interval; NaN if it has none.

    unit : {"%", "km", "points", "nats"}
        What it is in. Shares in "%" are between 0 and 1 all the same.
    """

    section: str
    measure: str
    value: float
    low: float = np.nan
    high: float = np.nan
    unit: str = ""


def as_text(title, rows, left_out, width=80):
    """Return a table for the terminal."""
    names = [f"  {row.measure}" for row in rows]
    values = [_number(row.value, row.unit) for row in rows]
    lows, highs = ([_end(row, end) for row in rows] for end in ("low", "high"))
    columns = [max(map(len, column)) for column in (names, values, lows, highs)]
    lines, section = [title, ""], None
    for row, name, value, low, high in zip(
        rows, names, values, lows, highs, strict=True
    ):
        if row.section != section:
            section = row.section
            lines.append(section)
        line = f"{name:<{columns[0]}}   {value:>{columns[1]}}"
        if low:
            line += f"   {low:>{columns[2]}} to {high}"
        lines.append(line)
    return "\n".join([*lines, *_notes(left_out, width)])


def _notes(left_out, width):
    if not left_out:
        return []
    text = "Not in this table: " + "; ".join(left_out) + "."
    return ["", *textwrap.wrap(text, width)]


def as_html(title, rows, left_out):
    """Return a table for a notebook."""
    lines = [f"<table><caption>{escape(title)}</caption>"]
    section = None
    for row in rows:
        if row.section != section:
            section = row.section
            lines.append(
                f'<tr><th colspan="3" style="text-align: left">{escape(section)}'
                "</th></tr>"
            )
        interval = _end(row, "low")
        if interval:
            interval = f"{interval} to {_end(row, 'high')}"
        value = _number(row.value, row.unit)
        lines.append(
            f'<tr><td style="text-align: left">{escape(row.measure)}</td>'
            f"<td>{escape(value)}</td><td>{escape(interval)}</td></tr>"
        )
    lines.append("</table>")
    lines += [f"<p>{escape(' '.join(_notes(left_out, 10_000)[1:]))}</p>"] * bool(
        left_out
    )
    return "\n".join(lines)


def as_frame(rows):
    """Return a table for pandas."""
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "to_frame needs pandas: pip install 'sklearn-geo[pandas]'"
        ) from error
    names = [field.name for field in fields(TableRow)]
    return pd.DataFrame([astuple(row) for row in rows], columns=names)


def _end(row, which):
    value = getattr(row, which)
    return "" if np.isnan(value) else _number(value, row.unit)


def _number(value, unit):
    """Write a number with as many digits as anybody wants of its unit."""
    if unit == "%":
        return f"{100 * value:.1f} %"
    if unit == "km":
        return f"{value:,.1f} km" if value < 10 else f"{value:,.0f} km"
    if unit == "nats":
        return f"{value:.2f} nats"
    return f"{value:,.0f}"


class TableReport:
    """Base of reports that are tables: printed, in notebooks and as a data frame.

    A subclass has `_rows`, `left_out` (what is not in the table, and why) and
    `_title()`.
    """

    def to_frame(self):
        """Return the table as a pandas DataFrame.

        Returns
        -------
        DataFrame
            One row a measure, with the columns `section`, `measure`, `value`, `low`,
            `high` and `unit`. Shares are between 0 and 1.
        """
        return as_frame(self._rows)

    def __str__(self):
        return as_text(self._title(), self._rows, self.left_out)

    def __repr__(self):
        return str(self)

    def _repr_html_(self):
        return as_html(self._title(), self._rows, self.left_out)
