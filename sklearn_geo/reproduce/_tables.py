# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables of results: printed row by row, beside the paper's numbers, kept as CSV."""

import csv
import io
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sklearn_geo._whole_files import write_whole

__all__ = ["DATA_DIFFER", "Estimate", "Measure", "Progress", "Result", "ResultTable"]

#: The last line of every table that stands beside the paper's.
DATA_DIFFER = (
    "The data differ from the paper's, so its numbers are here for comparison only: "
    "what can agree is which row is better, and not by how much."
)
_WIDTH = 88
_SECONDS = "seconds"


@dataclass(frozen=True)
class Estimate:
    """A number, and the ends of its interval if it has one.

    Parameters
    ----------
    value : float
        The number.

    low, high : float, default=nan
        Ends of its interval.

    See Also
    --------
    Resamples : Makes them.

    Examples
    --------
    >>> from sklearn_geo.reproduce import Estimate
    >>> Estimate(0.5, 0.4, 0.6).has_interval, Estimate(0.5).has_interval
    (True, False)
    """

    value: float
    low: float = np.nan
    high: float = np.nan

    @property
    def has_interval(self):
        """Whether both ends are known."""
        return bool(np.isfinite(self.low) and np.isfinite(self.high))


@dataclass(frozen=True)
class Measure:
    """What a column of a table measures, and how it is written.

    Parameters
    ----------
    name : str
        The heading.

    better : {"higher", "lower", ""}, default="higher"
        Which numbers are good ones; "" where none are.

    decimals : int, default=3
        Digits behind the point.

    percent : bool, default=False
        Whether shares are written as percentages.

    interval : bool, default=True
        Whether the printed table has room for intervals; the CSV always has.

    paper : bool, default=True
        Whether the paper has such numbers.

    log : bool, default=False
        Whether pictures have a logarithmic axis, for times that differ by powers of 10.

    digits : int, default=2
        Room for digits before the point (and for a sign).

    See Also
    --------
    ResultTable : Has one for each column.

    Examples
    --------
    >>> from sklearn_geo.reproduce import Measure
    >>> Measure("mAP").written(0.40649), Measure("share", percent=True).written(0.5)
    ('0.406', '50.000')
    """

    name: str
    better: str = "higher"
    decimals: int = 3
    percent: bool = False
    interval: bool = True
    paper: bool = True
    log: bool = False
    digits: int = 2

    def written(self, value):
        """Write a number; nothing where there is none.

        Parameters
        ----------
        value : float or None
            The number.

        Returns
        -------
        str
            The text; empty for None and NaN.
        """
        if value is None or np.isnan(value):
            return ""
        return f"{100 * value if self.percent else value:.{self.decimals}f}"


@dataclass(frozen=True)
class Result:
    """One row of a table.

    Parameters
    ----------
    method : str
        What was measured.

    group : str, default=""
        The heading that the row stands under.

    values : dict of str to Estimate
        What was measured, by the names of measures. What is not there was not computed.

    paper : dict of str to float
        What the paper reports, by the names of measures.

    seconds : float, default=nan
        How long it took.

    See Also
    --------
    ResultTable : A table of them.

    Examples
    --------
    >>> from sklearn_geo.reproduce import Estimate, Result
    >>> Result("Baseline", values={"mAP": Estimate(0.3)}, paper={"mAP": 0.298}).method
    'Baseline'
    """

    method: str
    group: str = ""
    values: dict = field(default_factory=dict)
    paper: dict = field(default_factory=dict)
    seconds: float = np.nan


class ResultTable:
    """A table that is printed row by row, and then kept as CSV and as a picture.

    Parameters
    ----------
    title : str
        What the table shows.

    measures : sequence of Measure
        Its columns.

    rows : iterable of Result, default=()
        Rows that are there already.

    notes : sequence of str, default=()
        What to say below the table, a paragraph each. What is known only at the end is
        appended to the attribute `notes`.

    methods : iterable of str, default=()
        Names of rows to come, so that the first column is wide enough for them.

    data_differ : str or None, default=DATA_DIFFER
        The last line.

    Attributes
    ----------
    rows : list of Result
        The rows.

    notes : list of str
        What is said below.

    See Also
    --------
    Result : A row.

    Examples
    --------
    >>> from sklearn_geo.reproduce import Estimate, Measure, Result, ResultTable
    >>> table = ResultTable("Table 5", [Measure("mAP")], methods=["Ours + B"])
    >>> table.append(Result("B", values={"mAP": Estimate(0.31, 0.3, 0.32)},
    ...                     paper={"mAP": 0.298}, seconds=1.5))
    >>> print(table.to_text())  # doctest: +ELLIPSIS
    Table 5
    <BLANKLINE>
                           mAP               seconds
                here         95 %     paper
    ------------------------------------------------
    B          0.310  0.300-0.320   (0.298)      1.5
    <BLANKLINE>
    The data differ from the paper's, so its numbers are here for comparison ...
    """

    def __init__(
        self, title, measures, rows=(), notes=(), *, methods=(), data_differ=DATA_DIFFER
    ):
        self.title = title
        self.measures = tuple(measures)
        self.rows = list(rows)
        for row in self.rows:
            self._check(row)
        self.notes = list(notes)
        self.methods = tuple(methods)
        self.data_differ = data_differ

    def append(self, row, *, file=None):
        """Add a row; and print it, if there is a file.

        Parameters
        ----------
        row : Result
            The row.

        file : file, default=None
            Where to print it.
        """
        self._check(row)
        before = self.rows[-1].group if self.rows else ""
        self.rows.append(row)
        if file is not None:
            print("\n".join(self._lines(row, before)), file=file, flush=True)

    def _check(self, row):
        known = {measure.name for measure in self.measures}
        for name in (*row.values, *row.paper):
            if name not in known:
                raise ValueError(
                    f"The row {row.method!r} has the measure {name!r}; this table has "
                    f"{sorted(known)}."
                )

    def print_head(self, file=None):
        """Print the title and the headings.

        Parameters
        ----------
        file : file, default=None
            Where to; None is the standard output.
        """
        print("\n".join(self._head()), file=file, flush=True)

    def print_notes(self, file=None):
        """Print what is said below the table.

        Parameters
        ----------
        file : file, default=None
            Where to; None is the standard output.
        """
        print("\n".join(self._foot()), file=file, flush=True)

    def to_text(self):
        """Return the table as it is printed.

        Returns
        -------
        str
            Title, headings, rows and notes.
        """
        lines, group = self._head(), ""
        for row in self.rows:
            lines += self._lines(row, group)
            group = row.group
        return "\n".join([*lines, *self._foot()])

    def to_csv(self, path):
        """Write the table, a line a row.

        Of each measure there are four columns: the number, the ends of its interval,
        and the paper's number. What is not known is empty.

        Parameters
        ----------
        path : str or path
            The file. Its folder is made if it is not there.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        head = ["table", "group", "method"]
        for measure in self.measures:
            head += [f"{measure.name}{end}" for end in ("", " low", " high", " paper")]
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow([*head, _SECONDS])
        for row in self.rows:
            cells = [self.title, row.group, row.method]
            for measure in self.measures:
                estimate = row.values.get(measure.name, Estimate(np.nan))
                paper = row.paper.get(measure.name)
                numbers = (estimate.value, estimate.low, estimate.high, paper)
                cells += [_plain(number) for number in numbers]
            writer.writerow([*cells, _plain(row.seconds)])
        write_whole(path, text.getvalue().encode("utf-8"))

    def plot(self, path=None):
        """Draw the table as bars: ours with intervals, the paper's as hollow marks.

        Parameters
        ----------
        path : str or path, default=None
            Where to save the picture, if anywhere.

        Returns
        -------
        matplotlib.figure.Figure
            The picture, a panel a measure.
        """
        from sklearn_geo.reproduce._bars import draw_table

        figure = draw_table(self)
        if path is not None:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(path, dpi=150)
        return figure

    def _name_width(self):
        names = [*self.methods, *(row.method for row in self.rows)]
        return max([len(name) for name in names], default=6)

    def _columns(self):
        """Yield what each printed column is: its measure, what of it, and its width."""
        for measure in self.measures:
            number = measure.digits + 1 + measure.decimals + 2 * measure.percent
            yield measure, "here", number
            if measure.interval:
                yield measure, "95 %", 2 * number - 1
            if measure.paper:
                yield measure, "paper", number + 2

    def _head(self):
        name = " " * self._name_width()
        over, under = name, name
        for measure in self.measures:
            columns = [(what, w) for m, what, w in self._columns() if m is measure]
            width = sum(w for _, w in columns) + 2 * len(columns)
            over += "  " + measure.name.center(width - 2)
            under += "".join("  " + what.rjust(w) for what, w in columns)
        over += "  " + _SECONDS
        rule = "-" * len(over)
        return [*textwrap.wrap(self.title, _WIDTH), "", over, under.rstrip(), rule]

    def _lines(self, row, group_before):
        lines = []
        if row.group != group_before:
            lines = [row.group]
        line = row.method.ljust(self._name_width())
        for measure, what, width in self._columns():
            estimate = row.values.get(measure.name, Estimate(np.nan))
            line += "  " + _cell(measure, what, estimate, row.paper).rjust(width)
        seconds = "" if np.isnan(row.seconds) else f"{row.seconds:.1f}"
        return [*lines, f"{line}  {seconds:>{len(_SECONDS)}}".rstrip()]

    def _foot(self):
        notes = [*self.notes, *([self.data_differ] if self.data_differ else [])]
        lines = []
        for note in notes:
            lines += ["", *textwrap.wrap(note, _WIDTH)]
        return lines


def _cell(measure, what, estimate, paper):
    """Write one cell of a printed row."""
    if what == "here":
        return measure.written(estimate.value)
    if what == "paper":
        number = measure.written(paper.get(measure.name))
        return f"({number})" if number else ""
    if not estimate.has_interval:
        return ""
    # A hyphen is no sign of an interval where there are minus signs.
    joint = "-" if estimate.low >= 0 else ".."
    return f"{measure.written(estimate.low)}{joint}{measure.written(estimate.high)}"


def _plain(number):
    """Write a number for machines; nothing where there is none."""
    return "" if number is None or np.isnan(number) else repr(float(number))


class Progress:
    """One line that is written over while something long is done.

    On what is no terminal, nothing is written.

    Parameters
    ----------
    file : file, default=None
        Where to; None is the standard error.

    See Also
    --------
    ResultTable : What is printed at the end.

    Examples
    --------
    >>> from sklearn_geo.reproduce import Progress
    >>> progress = Progress()
    >>> progress.show("Ours + B: 2 of 10 folds")
    >>> progress.clear()
    """

    def __init__(self, file=None):
        self._file = sys.stderr if file is None else file
        self._on = bool(getattr(self._file, "isatty", bool)())

    def show(self, text):
        """Write a text in place of the one before.

        Parameters
        ----------
        text : str
            The text.
        """
        if self._on:
            print(f"\r\033[K{text}", end="", file=self._file, flush=True)

    def bar(self, done, total, text):
        """Write how much is done, as a bar, and what is being done.

        Parameters
        ----------
        done : int
            How much is done.

        total : int
            Of how much.

        text : str
            What is being done.
        """
        filled = round(20 * done / total)
        self.show(f"[{'#' * filled}{'.' * (20 - filled)}] {done}/{total}  {text}")

    def clear(self):
        """Leave an empty line, for what is printed next."""
        self.show("")
