# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The harness keeps its word: equal results first, medians, ratios, goals."""

import json
import re
import time

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks._harness import (
    Goal,
    Growth,
    Job,
    Measured,
    Number,
    Result,
    fitted_exponent,
    report,
    run_job,
)


def job(**changes):
    given = {
        "name": "nap",
        "question": "sleeping",
        "make": lambda n: n,
        "runners": {
            # Long enough that a busy machine, which wakes late, does not matter.
            "ours": lambda n: time.sleep(n * 5e-6) or n,
            "theirs": lambda n: time.sleep(3 * n * 5e-6) or n,
            "limit": lambda n: None,
        },
        "check": lambda n, results: np.testing.assert_equal(
            results["ours"], results["theirs"]
        ),
        "limits": frozenset({"limit"}),
        "goals": (Goal("theirs", "ours", at_least=1.5),),
        "sizes": (2_000, 20_000),
        "quick_sizes": (2_000,),
        "repeats": 3,
    }
    return Job(**{**given, **changes})


def test_exponent_by_hand():
    # t = 5 n^1.5 exactly, then a line, then one size that tells nothing.
    sizes = [10, 100, 1000]
    assert fitted_exponent(sizes, [5 * n**1.5 for n in sizes]) == pytest.approx(1.5)
    assert fitted_exponent(sizes, [2e-3 * n for n in sizes]) == pytest.approx(1.0)
    assert fitted_exponent([10], [1.0]) is None


def test_goals_by_hand():
    outcome = Result(job(), {10: {"ours": 1.0, "theirs": 9.0}, 20: {"ours": 2.0}})
    outcome.seconds[20]["theirs"] = 5.0
    goal = Goal("theirs", "ours", at_least=2.5)
    assert outcome.ratio(goal) == 2.5  # at the largest size
    assert goal.met(2.5)
    assert not goal.met(2.49)
    assert Goal("a", "b", at_most=1.3).met(1.3)
    assert not Goal("a", "b", at_most=1.3).met(1.31)


def test_job_measures_and_reports():
    outcome = run_job(job())
    assert outcome.sizes == [2_000, 20_000]
    assert outcome.missed() == []
    assert outcome.seconds[20_000]["ours"] >= 0.1
    assert 1.5 <= outcome.ratio(outcome.job.goals[0]) <= 4.5
    text = report(outcome)
    assert "theirs / ours = " in text
    assert "(goal >= 1.5, n = 20,000): met" in text
    assert re.search(r"growth +n\^\d\.\d\d", text)


def test_numbers_reported_and_samples():
    def ours(n):
        return Measured(n, seconds=n * 1e-6, numbers={"peak MiB": 2e-6 * n**2})

    def slow(n):  # works on a hundredth, and says how long that took
        return Measured(n, seconds=n * 1e-6)

    measured = job(
        runners={"ours": ours, "slow": slow},
        check=lambda n, results: np.testing.assert_equal(
            results, {"ours": n, "slow": n}
        ),
        limits=frozenset(),
        sampled={"slow": 200},
        goals=(
            Goal("slow", "ours", at_least=99),
            Number("ours", "peak MiB", at_most=800),
            Number("ours", "peak MiB", at_most=799),
            Growth("ours", at_most=1.1),
            Growth("ours", "peak MiB", at_most=1.9),
        ),
    )
    outcome = run_job(measured)
    values = [goal.value(outcome) for goal in measured.goals]
    np.testing.assert_allclose(values, [100, 800, 800, 1, 2])
    assert [goal.name for goal in outcome.missed()] == [
        "peak MiB, ours",
        "growth of peak MiB, ours",
    ]
    text = report(outcome)
    assert re.search(r"growth +n\^1\.00 +n\^2\.00", text)
    assert "ours, n = 20,000: peak MiB 800" in text
    assert "slow worked on 200 rows, at that pace." in text
    assert "peak MiB, ours = 800  (goal <= 799, n = 20,000): MISSED" in text
    assert outcome.as_dict()["numbers"]["2000"]["ours"] == {"peak MiB": 8.0}


def test_goals_that_mean_nothing_here_are_not_judged():
    outcome = run_job(
        job(
            unjudged="this machine has no card",
            goals=(Goal("theirs", "ours", at_least=1e9),),
            sizes=(2_000,),
        )
    )
    assert outcome.missed() == []
    (ratio,) = outcome.as_dict()["ratios"].values()
    assert ratio["met"] is None
    assert "not judged, this machine has no card" in report(outcome)


def test_unequal_results_are_never_timed():
    unequal = job(runners={"ours": lambda n: 1, "theirs": lambda n: 2})
    with pytest.raises(AssertionError, match="not equal"):
        run_job(unequal)


def test_command_line(monkeypatch, capsys, tmp_path):
    # They say themselves how long they took: which goals are missed is no chance.
    runners = {
        "ours": lambda n: Measured(n, seconds=n * 1e-6),
        "theirs": lambda n: Measured(n, seconds=3 * n * 1e-6),
    }
    settled = {"runners": runners, "limits": frozenset()}
    goals = (Goal("ours", "theirs", at_least=2.0),)
    jobs = {"nap": job(**settled), "other": job(name="other", goals=goals, **settled)}
    monkeypatch.setattr(command, "job_names", lambda: list(jobs))
    monkeypatch.setattr(command, "find_job", jobs.get)
    assert command.main(["nap", "--quick", "--json", str(tmp_path / "out.json")]) == 0
    content = json.loads((tmp_path / "out.json").read_text())
    assert [entry["job"] for entry in content["jobs"]] == ["nap"]
    assert content["jobs"][0]["ratios"]["theirs / ours"]["met"] is None
    assert "not judged, the goal is for n = 20,000" in capsys.readouterr().out
    assert command.main([]) == 1
    assert "Goals missed: other: ours / theirs" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        command.main(["nope"])
    assert "no job nope; there are nap, other" in capsys.readouterr().err


def test_jobs_are_found():
    names = command.job_names()
    assert {"haversine", "import_time", "s2_leaf_ids", "utm_zones"} <= set(names)


@pytest.mark.parametrize("name", command.job_names())
def test_every_job_runs_small(name):
    each = command.find_job(name)
    size = min(each.quick_sizes[0], 200)
    inputs = each.make(size)
    results = {
        name: found.result if isinstance(found, Measured) else found
        for name, found in (
            (name, runner(inputs)) for name, runner in each.runners.items()
        )
        if name not in each.limits
    }
    each.check(inputs, results)
    assert each.goals
