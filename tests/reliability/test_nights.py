# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What runs the long forms counts right, and names whoever fell over."""

import os
import subprocess
import sys
import time
from functools import partial

import pytest

pytest.importorskip("resource")  # of Unix, as forks are

from tests.reliability import nights


@pytest.fixture(autouse=True)
def seeds_from_none_on(monkeypatch):
    monkeypatch.setattr(nights, "FIRST_SEED", 0)


def odd(seed):
    assert seed % 2 == 0, f"{seed} is odd"


def deadly(seed):
    if seed == 3:
        os._exit(9)


def made(folder):
    kinds = {"k odd": odd, "k deadly": deadly, "k good": lambda seed: None}
    return [nights.Target(name, 6, once, folder) for name, once in kinds.items()]


def test_counts_and_what_was_wrong(tmp_path, capfd):
    end = time.monotonic() + 60
    nights._watch(partial(made, tmp_path), end, 4, False, tmp_path, 0)
    known = {target.name: target for target in made(tmp_path)}
    assert {name: t.examples for name, t in known.items()} == dict.fromkeys(known, 4)
    assert set(known["k odd"].wrong) == {"1", "3"}
    assert "3 is odd" in known["k odd"].wrong["3"]
    assert known["k deadly"].wrong == {"3": "the process ended or hung: 9"}
    assert known["k good"].wrong == {}
    # The next run goes on with the next seeds, up to what each is to have.
    nights._watch(partial(made, tmp_path), end, 100, False, tmp_path, 0)
    known = {target.name: target for target in made(tmp_path)}
    assert [target.examples for target in known.values()] == [6, 6, 6]
    assert set(known["k odd"].wrong) == {"1", "3", "5"}
    nights.show(known.values())
    table = capfd.readouterr().out.splitlines()
    assert table[-1].split() == ["k", "3", "3", "6", "18", "4"]


def test_what_was_wrong_is_tried_again_once_it_is_mended(tmp_path):
    end = time.monotonic() + 60
    nights._watch(partial(made, tmp_path), end, 100, False, tmp_path, 0)

    def mended():
        return [nights.Target("k odd", 6, lambda seed: None, tmp_path)]

    nights._watch(mended, end, 100, True, tmp_path, 0)
    assert mended()[0].wrong == {}
    assert mended()[0].examples == 6


def test_what_ended_the_process_is_tried_again_only_once(tmp_path, capfd):
    end = time.monotonic() + 60
    nights._watch(partial(made, tmp_path), end, 100, False, tmp_path, 0)
    before = {target.name: target.wrong for target in made(tmp_path)}
    capfd.readouterr()
    nights._watch(partial(made, tmp_path), end, 100, True, tmp_path, 0)
    assert {name: set(wrong) for name, wrong in before.items()} == {
        target.name: set(target.wrong) for target in made(tmp_path)
    }
    said = capfd.readouterr().out.splitlines()
    assert said.count("WRONG k deadly, seed 3: the process ended, 9") == 1


def test_what_the_night_before_said_is_no_sign_of_hanging(tmp_path):
    old = tmp_path / "said-0"
    old.write_text("k odd\n3")
    os.utime(old, (0, 0))

    class Late(nights.Target):
        def __lt__(self, other):
            time.sleep(0.5)  # longer than until it is looked whether the child hangs
            return super().__lt__(other)

    def late():
        return [Late(f"k {n}", 2, lambda seed: None, tmp_path) for n in range(3)]

    end = time.monotonic() + 60
    nights._watch(late, end, 2, False, tmp_path, 0)
    assert [(t.examples, t.wrong) for t in late()] == [(2, {})] * 3


def test_a_process_that_ends_before_it_begins_is_told(tmp_path):
    class Broken(nights.Target):
        def __lt__(self, other):
            os._exit(7)

    def broken():
        return [Broken(f"k {n}", 2, lambda seed: None, tmp_path) for n in range(2)]

    with pytest.raises(SystemExit, match="ended before it began: 7"):
        nights._watch(broken, time.monotonic() + 60, 2, False, tmp_path, 0)


def test_as_a_command(tmp_path):
    # It finds the doors of tests that have them, in the order that they are written.
    command = [sys.executable, "-m", "tests.reliability.nights", "metrics"]
    kept = tmp_path / "kept.csv"
    options = ["--jobs=1", "--until=1", f"--out={tmp_path}", f"--kept={kept}"]
    run = partial(
        subprocess.run, capture_output=True, text=True, check=True, timeout=300
    )
    said = run([*command, *options, "--minutes=1"]).stdout
    from tests.reliability.test_fuzz_metrics import DOORS

    n = str(len(DOORS))
    assert said.splitlines()[-1].split() == ["metrics", n, "0", "1", n, "0"]
    # What is kept is where a machine goes on that has seen none of it.
    run([*command, *options, "--keep"])
    counts = nights.read_kept(kept)
    assert {name: examples for name, (examples, _) in counts.items()} == {
        f"metrics {name}": 1 for name in DOORS
    }
    elsewhere = [*command, f"--out={tmp_path / 'new'}", f"--kept={kept}", "--show"]
    assert run(elsewhere).stdout == said


def test_counts_that_are_kept(tmp_path):
    kept = tmp_path / "kept.csv"
    assert nights.read_kept(kept) == {}
    end = time.monotonic() + 60
    nights._watch(partial(made, tmp_path), end, 4, False, tmp_path, 0)
    nights.write_kept(kept, made(tmp_path))
    counts = nights.read_kept(kept)
    assert {name: n for name, (n, _) in counts.items()} == {
        "k odd": 4,
        "k deadly": 4,
        "k good": 4,
    }
    # Elsewhere the next seeds are tried, and doors that were not keep their counts.
    seen, folder = [], tmp_path / "elsewhere"
    folder.mkdir()
    target = nights.Target("k good", 6, seen.append, folder, counts)
    target.turn(100, lambda words: None)
    assert seen == [4, 5]
    nights.write_kept(kept, [target])
    assert {name: n for name, (n, _) in nights.read_kept(kept).items()} == {
        "k odd": 4,
        "k deadly": 4,
        "k good": 6,
    }


def test_a_door_that_has_no_more(tmp_path):
    def steps(at):
        return nights.OVER if at == 3 else None

    target = nights.Target("k walk", 100, steps, tmp_path)
    target.turn(100, lambda words: None)
    assert (target.examples, target.until) == (3, 3)
    target.save()
    again = nights.Target("k walk", 100, steps, tmp_path)
    assert (again.examples, again.until) == (3, 3)
