# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables are aligned, printed row by row, and read back from CSV."""

import csv
import io

import matplotlib
import numpy as np
import pytest

from sklearn_geo.reproduce import Estimate, Measure, Progress, Result, ResultTable
from sklearn_geo.reproduce._tables import DATA_DIFFER

matplotlib.use("Agg")

MEASURES = (
    Measure("hamming loss", better="lower", interval=False),
    Measure("mAP", percent=True, decimals=1),
)


def a_table():
    rows = [
        Result(
            "B",
            "activity",
            {"hamming loss": Estimate(0.15), "mAP": Estimate(0.3, 0.28, 0.325)},
            {"hamming loss": 0.159, "mAP": 0.298},
            2.5,
        ),
        Result("A long name + B", "fusion", {"mAP": Estimate(0.41)}, {}, 61.25),
        Result("Not computed", "fusion", {}, {"mAP": 0.251}),
    ]
    return ResultTable("Table 5", MEASURES, rows, ["A note."])


def test_text_is_aligned_and_says_what_is_not_known():
    lines = a_table().to_text().splitlines()
    head, here, rule = lines[2:5]
    rows = {line[:15].strip(): line for line in lines[5:10]}
    assert set(rows) == {"activity", "B", "fusion", "A long name + B", "Not computed"}
    assert len(rule) == len(head)
    # Numbers end where their headings end.
    assert rows["B"].index("0.150") + 5 == here.index("here") + 4
    assert rows["B"].index("28.0-32.5") + 9 == here.index("95 %") + 4
    assert rows["B"].endswith(" 2.5")
    assert rows["A long name + B"].endswith("61.2")
    assert "(29.8)" in rows["B"]
    assert "(25.1)" in rows["Not computed"]
    assert "-" not in rows["A long name + B"]  # no interval, so none is shown
    assert "A note." in lines
    assert " ".join(lines[-2:]) == DATA_DIFFER


def test_rows_printed_as_they_come_are_the_text():
    whole, out = a_table(), io.StringIO()
    grown = ResultTable(
        "Table 5", MEASURES, notes=["A note."], methods=["A long name + B"]
    )
    grown.print_head(out)
    for number, row in enumerate(whole.rows):
        grown.append(row, file=out)
        assert len(out.getvalue().splitlines()) > 5 + number
    grown.print_notes(out)
    assert out.getvalue() == whole.to_text() + "\n"


def test_csv_has_all_digits_and_leaves_empty_what_is_not_known(tmp_path):
    path = tmp_path / "new" / "table.csv"
    table = a_table()
    table.rows[0].values["mAP"] = Estimate(1 / 3, 0.1 + 0.2, np.nan)
    table.to_csv(path)
    with open(path, newline="", encoding="utf-8") as file:
        first, second, third = csv.DictReader(file)
    assert float(first["mAP"]) == 1 / 3
    assert float(first["mAP low"]) == 0.1 + 0.2
    assert first["mAP high"] == second["hamming loss"] == second["mAP paper"] == ""
    assert (second["group"], second["method"]) == ("fusion", "A long name + B")
    assert (third["mAP"], third["seconds"], third["mAP paper"]) == ("", "", "0.251")


def test_a_measure_that_no_column_is_for_is_refused():
    with pytest.raises(ValueError, match="'accuracy'; this table has"):
        a_table().append(Result("C", values={"accuracy": Estimate(0.5)}))
    with pytest.raises(ValueError, match="'accuracy'; this table has"):
        ResultTable("T", MEASURES, [Result("C", paper={"accuracy": 0.5})])


def test_picture_has_a_bar_a_number_and_a_mark_for_the_papers(tmp_path):
    figure = a_table().plot(tmp_path / "table.png")
    hamming, precision = figure.axes
    assert [bar.get_width() for bar in precision.patches] == [30.0, 41.0]
    (mark,) = [line for line in precision.lines if line.get_marker() == "D"]
    assert mark.get_xdata()[0] == pytest.approx(29.8)
    assert mark.get_markerfacecolor() == "white"
    labels = [label.get_text() for label in hamming.get_yticklabels()]
    # What was not computed is not drawn.
    assert labels == ["B", "A long name + B"]
    assert "lower is better" in hamming.get_xlabel()
    assert (tmp_path / "table.png").stat().st_size > 5_000
    matplotlib.pyplot.close(figure)


def test_a_table_without_numbers_is_not_drawn():
    with pytest.raises(ValueError, match="nothing can be drawn"):
        ResultTable("Empty", MEASURES).plot()
    nothing = Result("B", values={"mAP": Estimate(np.nan)})
    with pytest.raises(ValueError, match="nothing can be drawn"):
        ResultTable("Empty", MEASURES, [nothing]).plot()


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("values", [[0.0], [-1.0], [-1.0, -2.0], [-1.0, 2.0], [3.0]])
def test_pictures_have_room_for_any_numbers(values, log):
    measures = Measure("gain", log=log), Measure("cells")
    rows = [Result(str(v), values={"gain": Estimate(v)}) for v in values]
    rows.append(Result("far", values={"gain": Estimate(np.inf)}))
    figure = ResultTable("T", measures, rows).plot()
    gain, cells = figure.axes
    low, high = gain.get_xlim()
    # All of each bar, which begins at 0 but where axes are logarithmic.
    assert low < high
    shown = values if gain.get_xscale() == "linear" else [v for v in values if v > 0]
    assert low <= min(shown)
    assert high >= max(values)
    assert gain.get_xscale() == "log" or low <= 0.0 <= high
    assert len(gain.get_yticklabels()) == len(values)
    assert "does not start" not in gain.get_xlabel()
    assert cells.get_xlim() == (0.0, 1.0)
    figure.canvas.draw()
    matplotlib.pyplot.close(figure)


def test_names_are_drawn_as_they_read(tmp_path):
    measure = Measure("$m_$ in $")
    rows = [
        Result("$a_$", "_$g_$", {measure.name: Estimate(0.5)}),
        Result("b", "h", {measure.name: Estimate(0.7)}),
    ]
    table = ResultTable("Costs $5_$", [measure], rows, data_differ="$6_$")
    figure = table.plot(tmp_path / "table.png")
    (ax,) = figure.axes
    assert ax.get_yticklabels()[0].get_text() == r"\$a_\$"
    group = ax.get_legend().get_texts()[0].get_text()
    assert group == r" _\$g_\$"
    matplotlib.pyplot.close(figure)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_one_line_on_a_terminal_and_nothing_in_a_file():
    terminal, pipe = Terminal(), io.StringIO()
    for file in (terminal, pipe):
        progress = Progress(file)
        progress.bar(5, 10, "Ours")
        progress.clear()
    assert pipe.getvalue() == ""
    text = terminal.getvalue()
    assert "\n" not in text
    assert "[##########..........] 5/10  Ours" in text
    assert text.endswith("\r\033[K")


def test_there_is_room_for_long_numbers():
    kilometres = Measure("median", decimals=0, digits=5, better="lower")
    table = ResultTable("Errors", [kilometres], data_differ=None)
    values = {"median": Estimate(1627.4, 980.0, 10_020.6)}
    table.append(Result("M1", values=values, paper={"median": 1627}))
    _, _, _, here, rule, line = table.to_text().splitlines()
    assert len(line) <= len(rule)
    assert line.index("1627") + 4 == here.index("here") + 4
    assert line.index("980-10021") + 9 == here.index("95 %") + 4
    assert line.index("(1627)") + 6 == here.index("paper") + 5


def test_pictures_say_which_numbers_are_good_only_where_some_are():
    measures = Measure("cells", better=""), Measure("hits")
    row = Result("M1", values={"cells": Estimate(3), "hits": Estimate(0.5)})
    axes = ResultTable("Mesh", measures, [row]).plot().axes
    labels = [ax.get_xlabel() for ax in axes]
    assert labels == ["cells", "hits\nhigher is better"]
