# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every job shares: timing, ratios, growth and goals."""

import gc
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

SIZES = (10_000, 100_000, 1_000_000)
QUICK_SIZES = (10_000, 100_000)
# A runner that takes longer than this is repeated less often.
SLOW_SECONDS = 5.0


@dataclass(frozen=True)
class Bounded:
    """What every goal has: a name, a value at the largest size, and a bound on it."""

    at_least: float | None = field(default=None, kw_only=True)
    at_most: float | None = field(default=None, kw_only=True)

    def bound(self):
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return f"<= {self.at_most:g}"

    def met(self, value):
        if value is None:  # the growth of a single size
            return False
        if self.at_least is not None:
            return value >= self.at_least
        return value <= self.at_most


@dataclass(frozen=True)
class Goal(Bounded):
    """A ratio of medians."""

    over: str
    under: str

    @property
    def name(self):
        return f"{self.over} / {self.under}"

    def value(self, outcome):
        return outcome.ratio(self)


@dataclass(frozen=True)
class Growth(Bounded):
    """The fitted exponent of a runner's seconds, or of a number that it reports."""

    runner: str
    what: str = "seconds"

    @property
    def name(self):
        return f"growth of {self.what}, {self.runner}"

    def value(self, outcome):
        return outcome.growth(self.runner, self.what)


@dataclass(frozen=True)
class Number(Bounded):
    """A number that a runner reports, such as its peak memory."""

    runner: str
    what: str

    @property
    def name(self):
        return f"{self.what}, {self.runner}"

    def value(self, outcome):
        return outcome.numbers[outcome.sizes[-1]][self.runner][self.what]


@dataclass(frozen=True)
class Measured:
    """What a runner returns that takes its own time, or has numbers to report."""

    result: Any
    seconds: float
    numbers: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """One question, answered by several runners on the same inputs.

    `runners` maps a name to a callable of the inputs; the first is ours. `check`
    gets the results of all runners at every size and raises if they are not equal.
    """

    name: str
    question: str
    make: Callable[[int], Any]
    runners: dict[str, Callable[[Any], Any]]
    check: Callable[[Any, dict[str, Any]], None]
    goals: tuple[Bounded, ...] = ()
    # What is counted: "places", "pairs"; for the table only.
    unit: str = "rows"
    sizes: tuple[int, ...] = SIZES
    quick_sizes: tuple[int, ...] = QUICK_SIZES
    # Runners that give no result to compare (bounds such as a bare copy).
    limits: frozenset[str] = frozenset()
    # Runners too slow for all rows work on this many at most, and their seconds are
    # those for all rows at the same pace.
    sampled: dict[str, int] = field(default_factory=dict)
    # Turns that are timed; with 0 the first one is, for work in fresh processes.
    repeats: int = 7
    notes: str = ""
    # Why goals cannot be judged here, such as "this machine has no accelerator".
    unjudged: str = ""


@dataclass
class Result:
    """Medians of one job, by size and runner, and the last numbers reported."""

    job: Job
    seconds: dict[int, dict[str, float]] = field(default_factory=dict)
    spread: dict[int, dict[str, float]] = field(default_factory=dict)
    numbers: dict[int, dict[str, dict[str, float]]] = field(default_factory=dict)

    @property
    def sizes(self):
        return sorted(self.seconds)

    def ratio(self, goal):
        at = self.seconds[self.sizes[-1]]
        return at[goal.over] / at[goal.under]

    def growth(self, runner, what="seconds"):
        if what == "seconds":
            values = [self.seconds[size][runner] for size in self.sizes]
        else:
            values = [self.numbers[size][runner][what] for size in self.sizes]
        return fitted_exponent(self.sizes, values)

    @property
    def is_full(self):
        """Whether the largest size was run, where goals mean something."""
        return self.sizes[-1] == self.job.sizes[-1] and not self.job.unjudged

    def missed(self):
        if not self.is_full:
            return []
        return [goal for goal in self.job.goals if not goal.met(goal.value(self))]

    def as_dict(self):
        last = self.sizes[-1]
        return {
            "job": self.job.name,
            "question": self.job.question,
            "seconds": {str(size): self.seconds[size] for size in self.sizes},
            "spread": {str(size): self.spread[size] for size in self.sizes},
            "numbers": {str(size): self.numbers[size] for size in self.sizes},
            "growth": {r: self.growth(r) for r in self.seconds[last]},
            "ratios": {
                goal.name: {
                    "value": goal.value(self),
                    "goal": goal.bound(),
                    "met": goal.met(goal.value(self)) if self.is_full else None,
                    "at": last,
                }
                for goal in self.job.goals
            },
        }


def fitted_exponent(sizes, seconds):
    """Return b of the least-squares line log t = a + b log n, or None for one size."""
    if len(sizes) < 2:
        return None
    x = [math.log(size) for size in sizes]
    y = [math.log(max(second, 1e-9)) for second in seconds]
    mean_x, mean_y = statistics.fmean(x), statistics.fmean(y)
    covariance = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return covariance / sum((a - mean_x) ** 2 for a in x)


def _timed(job, name, inputs, size):
    """Run a runner once: what it found, its seconds, and the numbers it reports."""
    gc.collect()
    start = time.perf_counter()
    found = job.runners[name](inputs)
    seconds = time.perf_counter() - start
    if not isinstance(found, Measured):
        found = Measured(found, seconds)
    pace = max(1.0, size / job.sampled.get(name, size))
    return found.result, found.seconds * pace, found.numbers


def run_job(job, *, quick=False, progress=lambda text: None):
    """Run one job at every size; assert equal results before keeping a time."""
    outcome = Result(job)
    for size in job.quick_sizes if quick else job.sizes:
        inputs = job.make(size)
        times = {name: [] for name in job.runners}
        outcome.numbers[size] = {}
        results, slow = {}, set()
        for name in job.runners:
            progress(f"{job.name}: {name}, n = {size:,}")
            # The first call also warms caches and lazily built tables: not counted,
            # unless it is so slow that it cannot matter.
            start = time.perf_counter()
            result, seconds, outcome.numbers[size][name] = _timed(
                job, name, inputs, size
            )
            if name not in job.limits:
                results[name] = result
            if not job.repeats or time.perf_counter() - start > SLOW_SECONDS:
                slow.add(name)
                times[name].append(seconds)
            del result
        job.check(inputs, results)
        del results
        repeats = min(3, job.repeats) if quick else job.repeats
        # Runners take turns, so that a slow minute of the machine hits all of them.
        for turn in range(repeats):
            for name in job.runners:
                if name in slow and len(times[name]) >= 3 - 2 * quick:
                    continue
                progress(f"{job.name}: {name}, n = {size:,}, {turn + 1}/{repeats}")
                _, seconds, numbers = _timed(job, name, inputs, size)
                times[name].append(seconds)
                outcome.numbers[size][name] = numbers
        outcome.seconds[size] = {n: statistics.median(t) for n, t in times.items()}
        outcome.spread[size] = {
            name: (max(t) - min(t)) / statistics.median(t) for name, t in times.items()
        }
    progress("")
    return outcome


def report(outcome):
    """Return a table for the terminal."""
    job = outcome.job
    names = list(job.runners)
    widths = [max(12, len(name) + 2) for name in names]
    lines = [f"{job.name}: {job.question}"]
    header = f"{job.unit:>12}" + "".join(
        f"{name:>{width}}" for name, width in zip(names, widths, strict=True)
    )
    lines.append(header)
    for size in outcome.sizes:
        cells = "".join(
            f"{_seconds(outcome.seconds[size][name]):>{width}}"
            for name, width in zip(names, widths, strict=True)
        )
        lines.append(f"{size:>12,}" + cells)
    if len(outcome.sizes) > 1:
        exponents = "".join(
            f"{'n^' + format(outcome.growth(name), '.2f'):>{width}}"
            for name, width in zip(names, widths, strict=True)
        )
        lines.append(f"{'growth':>12}" + exponents)
    for name, numbers in outcome.numbers[outcome.sizes[-1]].items():
        if numbers:
            told = ", ".join(f"{what} {value:.4g}" for what, value in numbers.items())
            lines.append(f"  {name}, n = {outcome.sizes[-1]:,}: {told}")
    for name, rows in job.sampled.items():
        lines.append(f"  {name} worked on {rows:,} {job.unit}, at that pace.")
    for goal in job.goals:
        value = goal.value(outcome)
        verdict = "met" if goal.met(value) else "MISSED"
        if not outcome.is_full:
            why = job.unjudged or f"the goal is for n = {job.sizes[-1]:,}"
            verdict = f"not judged, {why}"
        lines.append(
            f"  {goal.name} = {_number(value)}  (goal {goal.bound()}, "
            f"n = {outcome.sizes[-1]:,}): {verdict}"
        )
    if job.notes:
        lines.append(f"  {job.notes}")
    return "\n".join(lines)


def _number(value):
    return "unknown" if value is None else f"{value:.3g}"


def _seconds(value):
    for factor, unit in ((1.0, "s"), (1e3, "ms")):
        if value * factor >= 1.0:
            return f"{value * factor:.3g} {unit}"
    return f"{value * 1e6:.3g} us"
