# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import io
import re
import sys

import pytest

from sklearn_geo import _byte_bar
from sklearn_geo._byte_bar import ByteBar, in_words


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("n_bytes", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (12_345_678, "12.3 MB"),
        (775_746_915, "775.7 MB"),
        (3e9, "3.0 GB"),
    ],
)
def test_bytes_in_words(n_bytes, words):
    assert in_words(n_bytes) == words


def test_a_bar_on_a_terminal(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(_byte_bar, "_PAUSE", 0)
    bar = ByteBar("a.zip", 1)
    bar.begin("http://b/a.zip", 0, 1000)
    for _ in range(4):
        bar.move(250)
    bar.end()
    shown = terminal.getvalue()
    assert shown.endswith("\n")
    lines = shown.rstrip("\n").split("\r")[1:]
    assert [line[: line.index(",")] for line in lines] == [
        "a.zip [######..................]  25% of 1.0 kB",
        "a.zip [############............]  50% of 1.0 kB",
        "a.zip [##################......]  75% of 1.0 kB",
        "a.zip [########################] 100% of 1.0 kB",
        "a.zip [########################] 100% of 1.0 kB",
    ]
    assert all(re.search(r", [\d.]+ (bytes|[kMG]B)/s +$", line) for line in lines)


def test_a_bar_of_nobody_knows_how_much(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    bar = ByteBar("a.zip", True)
    bar.begin("http://b/a.zip", 0, None)
    bar.move(2_000)
    bar.say("It broke.")
    bar.begin("http://b/a.zip", 2_000, 0)
    bar.end()
    assert "\nIt broke.\n\ra.zip 2.0 kB, " in terminal.getvalue()


def test_bars_are_not_drawn_all_the_time(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    bar = ByteBar("a.zip", 1)
    bar.begin("http://b/a.zip", 0, 1000)
    for _ in range(1000):
        bar.move(1)
    assert terminal.getvalue().count("\r") <= 3


def test_nothing_is_shown_that_was_not_asked_for(capsys):
    bar = ByteBar("a.zip", 0)
    bar.begin("http://b/a.zip", 0, 10)
    bar.move(10)
    bar.say("words")
    bar.end()
    assert capsys.readouterr() == ("", "")
