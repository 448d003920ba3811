# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Several processes that train one network."""

import os
import subprocess
import sys

import numpy as np
import pytest

from sklearn_geo.nets import Training, start_processes
from tests.nets.several_processes import train


def test_one_process_keeps_everything():
    alone = start_processes("auto")
    assert alone.share(slice(0, 5)) == (slice(0, 5), 1.0, 1.0)
    assert alone.sums(1, 2.5) == (1.0, 2.5)
    assert alone.is_first


def test_accelerate_is_asked_for_by_name(monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-geo\[accelerate\]'"):
        start_processes("accelerate")
    assert Training(device="accelerate").device == "accelerate"


def test_two_processes_learn_what_one_learns(tmp_path):
    pytest.importorskip(
        "accelerate", reason="accelerate, an optional extra, is not installed"
    )
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2"]
    launch += ["--rdzv-backend=c10d", "--rdzv-endpoint=localhost:0"]
    launch += ["-m", "tests.nets.several_processes", str(tmp_path)]
    given = {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        launch,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=400,  # two processes on cores that others use too
    )
    assert done.returncode == 0, done.stderr
    alone = train("cpu")
    for number in (0, 1):
        with np.load(tmp_path / f"{number}.npz") as together:
            assert set(together) == set(alone)
            for name, array in alone.items():
                np.testing.assert_allclose(together[name], array, atol=1e-6)


@pytest.mark.parametrize(("n_rows", "count"), [(7, 2), (9, 4), (2, 2), (1, 3)])
def test_shares_are_a_partition_and_weigh_right(n_rows, count):
    from sklearn_geo.nets._processes import SeveralProcesses

    losses = np.arange(n_rows) ** 2.0
    for rows in (slice(3, 3 + n_rows), np.arange(3, 3 + n_rows)):
        shares = []
        for number in range(count):
            process = object.__new__(SeveralProcesses)
            process._number, process._count = number, count
            shares.append(process.share(rows))
        sums, total, n_counted = 0.0, 0.0, 0.0
        for mine, scale, counts in shares:
            at = np.r_[mine] - 3
            sums += losses[at].mean() * scale
            total += losses[at].sum() * counts
            n_counted += len(at) * counts
        assert sums / count == pytest.approx(losses.mean())
        assert total == pytest.approx(losses.sum())
        assert n_counted == pytest.approx(n_rows)
