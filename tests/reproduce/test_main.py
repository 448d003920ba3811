# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The command line: options, files that are written, and errors in words."""

import csv
import subprocess
import sys

import pytest

from sklearn_geo.reproduce import Estimate, Measure, Result, ResultTable
from sklearn_geo.reproduce import __main__ as command_line


@pytest.fixture
def a_command(monkeypatch):
    """Let "venue" be done by something quick, and return what it was asked."""
    asked = []

    def run(options, progress):
        asked.append(options)
        if options.rows == 13:
            raise ValueError("thirteen rows are too few. Ask for more.")
        table = ResultTable("Table 0", [Measure("mAP")])
        table.append(Result("B", values={"mAP": Estimate(0.25)}))
        return [("venue_random", table)]

    from sklearn_geo.reproduce import _venue

    monkeypatch.setattr(_venue, "run", run)
    return asked


def test_options_reach_the_command_and_files_are_written(a_command, capsys, tmp_path):
    folder = tmp_path / "new"
    arguments = ["venue", "--rows", "70", "--folds", "block", "--seed", "3", "--quick"]
    assert command_line.main([*arguments, "--out", str(folder)]) == 0
    (options,) = a_command
    assert (options.rows, options.folds, options.seed) == (70, "block", 3)
    assert options.quick
    assert options.data is None
    with open(folder / "venue_random.csv", newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["method"], float(row["mAP"])) == ("B", 0.25)
    assert (folder / "venue_random.png").stat().st_size > 5_000
    assert str(folder / "venue_random.csv") in capsys.readouterr().out


def test_what_cannot_be_done_is_said_without_a_traceback(a_command, capsys):
    assert command_line.main(["venue", "--rows", "13"]) == 1
    assert capsys.readouterr().err.endswith(
        "venue: thirteen rows are too few. Ask for more.\n"
    )


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_done(
    a_command, capsys, tmp_path
):
    (tmp_path / "file").write_text("here")
    assert command_line.main(["venue", "--out", str(tmp_path / "file")]) == 1
    assert "file" in capsys.readouterr().err
    assert not a_command


def test_a_picture_that_cannot_be_written_is_told(a_command, capsys, tmp_path):
    (tmp_path / "venue_random.png").mkdir()
    assert command_line.main(["venue", "--out", str(tmp_path)]) == 1
    assert "venue_random.png" in capsys.readouterr().err
    assert (tmp_path / "venue_random.csv").is_file()


def test_options_that_would_change_nothing_are_refused(capsys, tmp_path):
    for arguments, text in (
        (["venue", "--city", "NYC"], "venue: --city is one of those in --data"),
        (["efficiency", "--data", str(tmp_path)], "efficiency: --data is not for"),
        (["image", "--data", str(tmp_path), "--corpus", "9"], "image: --corpus is of"),
        (["zones", "--data", str(tmp_path), "--corpus", "9"], "zones: --corpus is of"),
    ):
        assert command_line.main(arguments) == 1
        assert text in capsys.readouterr().err


def test_unknown_tables_and_numbers_are_refused(capsys):
    for arguments, text in (
        (["venues"], "invalid choice: 'venues'"),
        (["venue", "--rows", "0"], "must be 1 or more"),
        (["venue", "--rows", "-3"], "must be 1 or more"),
        (["venue", "--rows", "1e3"], "must be 1 or more, a whole number; got 1e3"),
        (["venue", "--folds", "ten"], "invalid choice: 'ten'"),
        (["zones", "--seed", "-1"], "--seed: must be a whole number from 0 to"),
        (["zones", "--seed", "2147483648"], "0 to 2147483647; got 2147483648"),
        ([], "required: TABLE"),
    ):
        with pytest.raises(SystemExit):
            command_line.main(arguments)
        assert text in capsys.readouterr().err


def test_help_names_every_table():
    out = subprocess.run(
        [sys.executable, "-m", "sklearn_geo.reproduce", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in command_line.COMMANDS:
        assert name in out
