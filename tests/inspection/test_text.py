# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import io

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.cbook import is_math_text
from matplotlib.font_manager import fontManager
from matplotlib.text import Text

from sklearn_geo.inspection import (
    AlbumPathDisplay,
    AttentionDisplay,
    ContinentDisplay,
    CoverageDisplay,
    DistanceCurveDisplay,
    FoldScoresDisplay,
    PerClassDisplay,
    PlaceMapDisplay,
    TagFrequencyDisplay,
    ZoneReportDisplay,
)
from sklearn_geo.inspection._text import families, units_in_pixels, write
from sklearn_geo.partition import S2Partition


@pytest.fixture
def ax():
    axes = plt.figure(figsize=(4, 4)).add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 4), ylim=(4, 0))
    return axes


def _width(text, ax):
    return text.get_window_extent().width / units_in_pixels(ax)


def test_names_that_fit_stay_as_they_are(ax):
    assert units_in_pixels(ax) == pytest.approx(100.0)
    text = write(ax, 0.5, 0.5, "sea", 9.0, width=1.0)
    assert (text.get_text(), text.get_fontsize()) == ("sea", 9.0)
    # Two dollars are no formula.
    text = write(ax, 0.5, 0.5, "$a$", 9.0, width=1.0)
    assert text.get_text() == "$a$"
    assert _width(text, ax) > 0.1


@pytest.mark.parametrize(
    "name",
    [
        "sanfranciscobaybridge",
        "llanfairpwllgwyngyllgogerychwyrndrobwll",
        "Washington District of Columbia, United States",
        "Сан-Сальвадор-де-Жужуй",
        "a  b",
        "",
        "-",
    ],
)
@pytest.mark.parametrize("lines", [1, 2, 3])
@pytest.mark.parametrize("width", [0.3, 1.0, 3.5])
def test_every_name_fits(ax, name, lines, width):
    text = write(ax, 1.0, 1.0, name, 9.0, width=width, lines=lines)
    assert _width(text, ax) <= width + 1e-6
    assert text.get_text().count("\n") < lines
    written = text.get_text()
    if "…" not in written:
        assert "".join(written.split()) == "".join(name.split())
    else:
        start = "".join(written.split())[:-1]
        assert "".join(name.split()).startswith(start)
        assert text.get_fontsize() < 9.0


def test_lines_break_between_words_and_after_hyphens(ax):
    text = write(ax, 1.0, 1.0, "North Atlantic Ocean", 9.0, width=1.05, lines=2)
    assert text.get_text() == "North Atlantic\nOcean"
    text = write(ax, 1.0, 1.0, "Сан-Сальвадор-де-Жужуй", 9.0, width=1.2, lines=2)
    assert text.get_text().split("\n")[0].endswith("-")
    assert text.get_text().replace("\n", "") == "Сан-Сальвадор-де-Жужуй"
    # A word too long for any line breaks where the line ends.
    text = write(ax, 1.0, 1.0, "x" * 30, 9.0, width=1.0, lines=3)
    assert set(text.get_text()) == {"x", "\n"}
    assert text.get_text().count("x") == 30


def test_letters_that_the_usual_font_lacks():
    from matplotlib.ft2font import FT2Font

    usual = families("Paris")
    assert families("São Tomé, Ωμέγα, Москва") == usual
    base = next(f.fname for f in fontManager.ttflist if f.name == "DejaVu Sans")
    known = set(FT2Font(base).get_charmap())
    other = next(f for f in fontManager.ttflist if f.name == "STIXGeneral")
    letter = next(
        chr(one) for one in FT2Font(other.fname).get_charmap() if one not in known
    )
    found = families(f"a{letter}")
    assert found[: len(usual)] == usual
    assert len(found) > len(usual)
    held = {
        one
        for f in fontManager.ttflist
        if f.name in found[len(usual) :]
        for one in FT2Font(f.fname).get_charmap()
    }
    assert ord(letter) in held
    # Boxes that stand for any letter are no help.
    assert not any(name.startswith("Last Resort") for name in families("\U0010fffd"))


NAMES = [r"$\foo$", "cost $5 or $6", r"a\$b$", "$$$", "\ud800"]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_come_with_the_data_are_drawn_as_they_read(name):
    """No dollar begins mathematics, and what is half a character can be saved."""
    other = f"{name} too"
    places, half = [[1.0, 2.0], [3.0, 4.0]], [[0.1, 0.9], [0.8, 0.2]]
    displays = {
        "class": PerClassDisplay.from_predictions(
            [name, other], half, confidence_level=None
        ),
        "block": AttentionDisplay.from_predictions(
            half, block_names=[name, other], y=[name, other]
        ),
        "region": ContinentDisplay.from_predictions(
            places, [0.1, 0.9], by=lambda places: [name] * len(places), n_resamples=2
        ),
        "user": AlbumPathDisplay.from_predictions(places, places, groups=[name] * 2),
        "column": PlaceMapDisplay.from_predictions(
            places, pd.DataFrame(half, columns=pd.Index([name, other], dtype=object))
        ),
    }
    if name != "\ud800":  # which the caller writes, and is told of
        scores = {name: [0.1, 0.2], other: [0.3, 0.4]}
        displays["model"] = FoldScoresDisplay.from_scores(scores)
    for what, display in displays.items():
        display.figure_.savefig(io.BytesIO(), format="svg")
        texts = [one.get_text() for one in display.figure_.findobj(Text)]
        shown = name.replace("\ud800", "\ufffd")
        found = [one for one in texts if shown in one.replace(r"\$", "$")]
        assert found, what
        assert not any(map(is_math_text, found)), what


def test_two_halves_of_a_character_are_one(ax):
    assert write(ax, 1, 1, "\ud83c\udf0d", 9.0, width=2.0).get_text() == "\U0001f30d"


def test_legends_show_names_that_begin_with_a_line():
    places, half = [[1.0, 2.0], [3.0, 4.0]], [[0.1, 0.9], [0.8, 0.2]]
    pair, few = {"_a": [0.1, 0.2], "b": [0.3, 0.4]}, {"n_resamples": 2}
    cells = S2Partition(5, 1).fit(places)
    regions = {0.5: [[0], [0]]}
    displays = [
        AttentionDisplay.from_predictions(half, y=["_a", "b"]),
        ContinentDisplay.from_predictions(places, pair, **few),
        CoverageDisplay.from_predictions(
            places, regions, partition=cells, name="_a", **few
        ),
        DistanceCurveDisplay.from_predictions(places, {"_a": places}, **few),
        PerClassDisplay.from_predictions(
            [0, 1], {"_a": half, "b": half}, confidence_level=None
        ),
        TagFrequencyDisplay.from_predictions([0, 1], pair, [5, 6], **few),
        ZoneReportDisplay.from_predictions(["31U", "32T"], pair),
    ]
    for display in displays:
        legends = [axes.get_legend() for axes in display.figure_.axes]
        shown = [one.get_text() for key in legends if key for one in key.get_texts()]
        assert any(text.startswith(" _a") for text in shown), type(display)
    plt.close("all")
