# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The demo works on a small world, and every example says what it is."""

import ast
from pathlib import Path

import pytest
from matplotlib.image import imread

from examples import demo

EXAMPLES = Path(demo.__file__).parent


# So few photos lack the rare subjects in some folds, of which scikit-learn warns.
@pytest.mark.filterwarnings("ignore:Label not:UserWarning")
def test_demo_prints_a_table_and_draws_a_picture(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(demo, "N_PHOTOS", 4_000)
    demo.main(["--out", str(tmp_path / "new" / "folder")])
    printed = capsys.readouterr().out
    rows = [line for line in printed.splitlines() if line.endswith(" s")]
    assert [row[:20].strip() for row in rows] == list(demo.make_models(None))
    # The row that learns from nothing stands at chance: 24 subjects, a little of each.
    assert 3.0 < float(rows[0][20:].split()[0]) < 8.0
    (picture,) = (tmp_path / "new" / "folder").iterdir()
    assert str(picture) in printed
    pixels = imread(picture)
    assert pixels.shape[0] > 400
    assert pixels[..., :3].std() > 0.05  # something is drawn


def test_every_example_has_a_title():
    examples = sorted(EXAMPLES.glob("plot_*.py"))
    assert examples
    for file in examples:
        doc = ast.get_docstring(ast.parse(file.read_text()))
        title, line = doc.splitlines()[:2]
        assert len(line) >= len(title)
        assert set(line) == {"="}
