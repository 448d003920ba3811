# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The decision map of the docs is what its script draws, and names what there is."""

import importlib.util
from pathlib import Path
from xml.etree import ElementTree

import sklearn_geo

DOCS = Path(__file__).parent.parent / "docs"
spec = importlib.util.spec_from_file_location("draw", DOCS / "draw_choosing.py")
draw = importlib.util.module_from_spec(spec)
spec.loader.exec_module(draw)

NAMES = [name for *_, cases in draw.BRANCHES for _, name in cases]
NAMES += [name for _, name in draw.SPLITS]


def test_the_picture_is_what_the_script_draws():
    assert draw.PATH.read_text(encoding="utf-8") == draw.picture()


def test_every_name_is_public_and_on_the_page_and_said_to_who_hears_it():
    page = (DOCS / "choosing.rst").read_text(encoding="utf-8")
    alt = " ".join(page.split(":alt:")[1].split("\n\n")[0].split())
    for name in NAMES:
        assert name == "KFold" or hasattr(sklearn_geo, name), name
        assert name in alt
        assert page.count(name) >= 2, name  # in a table below, too


def test_nothing_is_drawn_outside_and_words_fit_their_boxes():
    root = ElementTree.fromstring(draw.picture())
    width, height = int(root.get("width")), int(root.get("height"))
    space = "{http://www.w3.org/2000/svg}"
    for one in root.iter(f"{space}rect"):
        right = float(one.get("x", 0)) + float(one.get("width"))
        assert right <= width
        assert float(one.get("y", 0)) + float(one.get("height")) <= height
    # A letter of the fixed font is three fifths of its size wide.
    for *_, cases in draw.BRANCHES:
        for case, name in cases:
            assert 0.61 * 13 * len(name) + 20 < draw.COLUMN - 22
            assert 0.55 * 13 * len(case) + 20 < draw.COLUMN - 22
