# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The demo works on a small world, and every example says what it is."""

import ast
import csv
import runpy
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.image import imread

from examples import demo

EXAMPLES = Path(demo.__file__).parent


SMALL = replace(
    demo.SIZE,
    n_venues=120,
    n_photos=600,
    n_splits=2,
    hidden=8,
    max_iter=2,
    student_hidden=(4,),
    student_max_iter=1,
    n_resamples=20,
)


# So few venues lack rare labels in some folds.
@pytest.mark.filterwarnings("ignore:.*never seen in y:UserWarning")
def test_demo_prints_a_table_and_draws_three_pictures(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(demo, "SIZE", SMALL)
    monkeypatch.setattr(demo, "N_JOBS", 1)
    folder = tmp_path / "new" / "folder"
    demo.main(["--out", str(folder)])
    printed = capsys.readouterr().out
    with open(folder / "table.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    methods = [row["method"] for row in rows]
    assert methods[0] == "Baseline"
    assert {"Ours", "Ours + B", "Ours + B, concatenated"} < set(methods)
    for row in rows:
        low, value, high = (
            float(row[f"random folds{end}"]) for end in (" low", "", " high")
        )
        assert 0.0 < low <= high < 1.0
        assert f"{100 * value:.1f}" in printed
    assert rows[0]["random folds paper"] == "0.298"
    assert "synthetic" in printed
    for name in ("table", "attention", "map"):
        assert str(folder / f"{name}.png") in printed
        pixels = imread(folder / f"{name}.png")
        assert pixels.shape[0] > 300
        assert pixels[..., :3].std() > 0.05  # something is drawn


def test_every_example_has_its_place_in_the_gallery():
    file = EXAMPLES.parent / "docs" / "_ext" / "gallery_order.py"
    listed = runpy.run_path(str(file))["EXAMPLES"]
    assert sorted(listed) == sorted(file.name for file in EXAMPLES.glob("plot_*.py"))


def test_every_example_has_a_title():
    examples = sorted(EXAMPLES.glob("plot_*.py"))
    assert examples
    for file in examples:
        doc = ast.get_docstring(ast.parse(file.read_text()))
        title, line = doc.splitlines()[:2]
        assert len(line) >= len(title)
        assert set(line) == {"="}
