# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Silent unless asked, and then about once a second."""

import numpy as np
import pytest

from sklearn_geo.neighbors import (
    GeoNeighborTagPropagator,
    HashTagEncoder,
    JointNeighborTagPropagator,
    VisualNeighborTagPropagator,
    _progress,
)
from sklearn_geo.neighbors._progress import Progress


def test_a_line_a_second_by_hand(monkeypatch, capsys):
    clock = iter([0.0, 0.4, 1.5, 2.0, 2.6, 2.7])
    monkeypatch.setattr(_progress.time, "perf_counter", lambda: next(clock))
    progress = Progress("Ours", 50_000, verbose=1)
    for _ in range(5):
        progress.advance(10_000)
    # At 0.4 and 2.0 the last line is less than a second old; the end is told anyway.
    assert capsys.readouterr().out.splitlines() == [
        "[Ours] 20,000 of 50,000 rows, 2 s",
        "[Ours] 40,000 of 50,000 rows, 3 s",
        "[Ours] 50,000 of 50,000 rows, 3 s",
    ]


def test_what_is_over_in_a_moment_is_not_told(monkeypatch, capsys):
    clock = iter([0.0, 0.1, 0.2])
    monkeypatch.setattr(_progress.time, "perf_counter", lambda: next(clock))
    progress = Progress("Ours", 2, verbose=1)
    progress.advance(1)
    progress.advance(1)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "cls",
    [
        GeoNeighborTagPropagator,
        HashTagEncoder,
        JointNeighborTagPropagator,
        VisualNeighborTagPropagator,
    ],
)
@pytest.mark.parametrize("verbose", [0, 1])
def test_every_row_is_counted(cls, verbose, monkeypatch, capsys):
    monkeypatch.setattr(_progress, "_SECONDS_BETWEEN_LINES", 0.0)
    rng = np.random.default_rng(0)
    X = rng.uniform(-80, 80, (40, 2 if "Joint" not in cls.__name__ else 5))
    tags = np.eye(4)[rng.integers(4, size=40)]
    cls(verbose=verbose).fit_transform(X, tags)
    out = capsys.readouterr().out
    if verbose:
        assert f"[{cls.__name__}] 40 of 40 rows" in out.splitlines()[-1]
    else:
        assert out == ""
