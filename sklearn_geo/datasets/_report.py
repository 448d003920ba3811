# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a reader says about a file: errors with a line number, and a report."""

from dataclasses import dataclass, field

# So many examples of each problem are kept.
MOST_EXAMPLES = 20
_REMEDY = (
    "Correct the line, or pass errors='skip' to leave out such rows and have them "
    "listed in `report`."
)


class DataFileError(ValueError):
    """A file cannot be read as what it is said to be.

    Parameters
    ----------
    path : str
        The file, and after a colon its member if it is an archive.

    line : int or None
        The line, counted from 1 in the decompressed text; None where the whole file
        is wrong.

    problem : str
        What is wrong, without the value: "is not a number".

    column : str, default=""
        The column, as people would call it.

    value : str or None, default=None
        What stands there.

    remedy : str, default=None
        What to do. None says to correct the line or to skip such rows.

    Attributes
    ----------
    path, line, problem, column, value :
        As given.

    See Also
    --------
    ReadReport : What was left out, where errors are skipped.

    Examples
    --------
    >>> from sklearn_geo.datasets import DataFileError
    >>> error = DataFileError("photos.tsv", 7, "is not a number", "latitude", "north")
    >>> print(str(error)[:57])
    photos.tsv, line 7: latitude 'north' is not a number. Cor
    """

    # Tracebacks show where people import it from.
    __module__ = "sklearn_geo.datasets"
    # From 3.13 on Python shows this line of that module as the source: another's.
    __firstlineno__ = None

    def __init__(self, path, line, problem, column="", value=None, remedy=None):
        self.path, self.line, self.problem = str(path), line, problem
        self.column, self.value = column, value
        self.remedy = _REMEDY if remedy is None else remedy
        where = self.path if line is None else f"{self.path}, line {line}"
        what = " ".join(filter(None, (column, _shown(value), problem)))
        super().__init__(f"{where}: {what}. {self.remedy}".rstrip())

    def __reduce__(self):
        return type(self), (
            self.path,
            self.line,
            self.problem,
            self.column,
            self.value,
            self.remedy,
        )


def _shown(value):
    """Return a value of a file as it is shown to people: quoted, and not too long."""
    if value is None:
        return ""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:56]}...{text[-1]}"


@dataclass
class Finding:
    """How often something was found, and where first.

    Parameters
    ----------
    count : int
        How often.

    examples : list of (path, line, value)
        The first places where it was found.
    """

    count: int = 0
    examples: list = field(default_factory=list)

    def add(self, path, line, value=None, count=1):
        """Count one more, or `count` more of which the first is at this line."""
        self.count += count
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append((str(path), line, value))


@dataclass
class ReadReport:
    """What was read, what was left out and why, and what was put right.

    Every reader of published files hands one out as `report`. While a file is
    streamed, the report grows from chunk to chunk.

    Parameters
    ----------
    n_rows : int
        Rows handed out.

    n_skipped : int
        Rows left out because something in them is wrong (`errors="skip"`).

    n_filtered : int
        Rows left out because they were not asked for, such as videos.

    problems : dict of str to Finding
        Why rows were skipped: how often, and the first 20 as (path, line, value).

    notes : dict of str to Finding
        What was read all the same, such as a row in another encoding.

    See Also
    --------
    DataFileError : What is raised where errors are not skipped.

    Examples
    --------
    >>> from sklearn_geo.datasets import ReadReport
    >>> report = ReadReport(n_rows=98)
    >>> report.skip("photos.tsv", 7, "latitude is not a number", "north")
    >>> report.skip("photos.tsv", 9, "latitude is not a number", "south")
    >>> print(report)
    98 rows read, 2 skipped
    skipped: 2 x latitude is not a number, first in photos.tsv, line 7: 'north'
    """

    n_rows: int = 0
    n_skipped: int = 0
    n_filtered: int = 0
    problems: dict = field(default_factory=dict)
    notes: dict = field(default_factory=dict)

    def skip(self, path, line, problem, value=None):
        """Count a row that is left out.

        Parameters
        ----------
        path : str or path
            The file.

        line : int or None
            The line, counted from 1.

        problem : str
            Why it is left out.

        value : str or None, default=None
            What stands there.
        """
        self.n_skipped += 1
        self.problems.setdefault(problem, Finding()).add(path, line, value)

    def note(self, path, line, what, value=None, count=1):
        """Count something that was read all the same.

        Parameters
        ----------
        path : str or path
            The file.

        line : int or None
            The line, counted from 1.

        what : str
            What was found.

        value : str or None, default=None
            What stands there.

        count : int, default=1
            How often it was found.
        """
        if count:
            found = self.notes.get(what) or self.notes.setdefault(what, Finding())
            found.add(path, line, value, count)

    def take_over(self, other):
        """Count what was found in another file, whose rows are not handed out.

        Parameters
        ----------
        other : ReadReport
            What is known of the other file.
        """
        self.n_skipped += other.n_skipped
        for mine, theirs in (
            (self.problems, other.problems),
            (self.notes, other.notes),
        ):
            for what, found in theirs.items():
                finding = mine.setdefault(what, Finding())
                finding.count += found.count
                finding.examples += found.examples[
                    : MOST_EXAMPLES - len(finding.examples)
                ]

    def __str__(self):
        head = f"{self.n_rows:,} rows read, {self.n_skipped:,} skipped"
        if self.n_filtered:
            head += f", {self.n_filtered:,} not asked for"
        lines = [head]
        for title, findings in (("skipped", self.problems), ("noted", self.notes)):
            for what, found in findings.items():
                path, line, value = found.examples[0]
                at = path if line is None else f"{path}, line {line}"
                shown = f": {_shown(value)}" if value is not None else ""
                lines.append(f"{title}: {found.count:,} x {what}, first in {at}{shown}")
        return "\n".join(lines)
