# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which faults are planted; whether tests find them takes hours and no part of this."""

import ast
import shutil
import subprocess

import numpy as np
import pytest

from tests.reliability.mutant_operators import find_mutants
from tests.reliability.mutants import PACKAGE, ROOT, Module, changed_lines, span


def planted(text):
    """Return all texts that one mutant makes of a text."""
    tree = ast.parse(text)
    before = ast.unparse(tree)
    texts = []
    for mutant in find_mutants(tree):
        mutant.plant()
        texts.append(ast.unparse(ast.fix_missing_locations(tree)))
        mutant.pull_out()
        assert ast.unparse(tree) == before
    return texts


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("x + y", ["x - y"]),
        ("x * 2", ["x / 2", "x * 3", "x * 1"]),
        ("0.5", ["1.5", "0.5005"]),
        ("x % y", ["x * y", "x"]),
        ("x < y", ["x <= y", "x >= y"]),
        ("x == y", ["x != y"]),
        ("-x", ["x"]),
        ("x and y", ["x or y", "y", "x"]),
        ("f(x, y)", ["f(y, x)"]),
        ("np.sin(x)", ["np.cos(x)"]),
        ("wrap_longitude(x)", ["x"]),
        ("x.copy()", ["x"]),
        ("np.clip(x, *b)", ["x"]),
        ("f(x, side='left')", ["f(x)", "f(x, side='right')"]),
        ("np.float64", ["np.float32"]),
        ("a if x else b", ["a", "b"]),
        ("(lat, lon)", ["(lon, lat)"]),
        ("f'{x + y}'", []),
    ],
)
def test_expressions(text, changed):
    assert sorted(planted(f"z = {text}")) == sorted(f"z = {new}" for new in changed)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("lat, lon = x", ["lon, lat = x"]),
        ("x[y] = z", ["pass"]),
        ("x += y", ["x -= y", "pass"]),
        ("x.sort()", ["pass", "x"]),
        # Documentation, imports, annotations and messages stay as they are.
        ("'Words.'", []),
        ("import x", []),
        ("x: int", []),
        ("raise ValueError('a' + b)", ["pass"]),
        ("__all__ = ['x', 'y']", []),
    ],
)
def test_statements(text, changed):
    assert sorted(planted(text)) == sorted(changed)


def test_conditions():
    text = "if x:\n    y()"
    assert set(planted(text)) == {
        "if False:\n    y()",
        "if True:\n    y()",
        "if x:\n    pass",
    }


def test_mutants_know_where_they_are():
    text = "a = 1\n\n@cached\ndef f(x, y=2):\n    def g():\n        return x + 3\n"
    where = {
        str(mutant): (mutant.function, mutant.lines)
        for mutant in find_mutants(ast.parse(text))
    }
    assert where["number: 1  ->  2"] == (None, (1, 1))
    # A default value is made where the function is.
    assert where["number: 2  ->  3"][0] is None
    # Code is found by the name and the first line of the outer function.
    assert where["number: 3  ->  4"] == (("f", 3), (6, 6))


def test_names_are_kept_and_code_compiles():
    module = Module(ROOT / PACKAGE / "geometry" / "_sphere.py")
    assert len(set(module.names.values())) == len(module.mutants) > 300
    chosen = np.random.default_rng(0).choice(len(module.mutants), 40, replace=False)
    whole = compile(module.tree, module.path, "exec")
    for number in chosen:
        code = module.code(module.mutants[number])
        assert code.co_filename == whole.co_filename
        assert code != whole


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_mutants_of_a_change_are_those_of_its_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "module.py"
    path.write_text("a = 1\nb = 2\nc = 3\nd = (\n    4\n)\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.hooksPath="]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "module.py"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "first"], check=True)
    assert changed_lines(path, "HEAD") == set()
    path.write_text("a = 1\nb = 7\nd = (\n    8\n)\ne = 9\nf = [x for x in e]\n")
    lines = changed_lines(path, "HEAD")
    assert lines == {2, 4, 6, 7}
    mutants = find_mutants(ast.parse(path.read_text()))
    inside = [str(each) for each in mutants if not lines.isdisjoint(span(each))]
    assert {"number: 7  ->  8", "number: 8  ->  9", "number: 9  ->  10"} < set(inside)
    assert "number: 1  ->  2" not in inside
