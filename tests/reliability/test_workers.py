# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Workers that are killed at any moment of a run, which ends as if they had not."""

import os
import signal
import threading
import time
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo.distributed import fit_zone_store
from sklearn_geo.nets import Store
from tests.dask_workers import two_workers
from tests.distributed.photos import (
    assert_same_weights,
    fit_in_memory,
    make_photos,
    make_transformer,
    write_parquet,
)
from tests.reliability import scale
from tests.reliability.faults import needs_fork

pytestmark = [
    needs_fork,
    # dask reads Parquet with an argument that pandas 3.1 is going to drop.
    pytest.mark.filterwarnings(
        "ignore:The inplace keyword in DataFrame.reset_index:DeprecationWarning"
    ),
]


def test_a_worker_dies_at_any_moment(tmp_path):
    from distributed import Client

    frame = make_photos()
    alone = fit_in_memory(make_transformer(), frame)
    files = write_parquet(frame, tmp_path / "photos")
    rng, n_killed = np.random.default_rng(0), 0
    with two_workers() as cluster, Client(cluster) as client:
        client.wait_for_workers(2, timeout=120)
        began = time.monotonic()
        fit_zone_store(files, tmp_path / "whole", make_transformer())
        seconds = time.monotonic() - began
        for number in range(scale(2, 20)):
            client.wait_for_workers(2, timeout=120)
            pid = list(client.run(os.getpid).values())[number % 2]
            wait, done = float(rng.uniform(0, seconds)), threading.Event()

            def kill(pid=pid, wait=wait, done=done):
                if not done.wait(wait):
                    os.kill(pid, signal.SIGKILL)

            killer = threading.Thread(target=kill)
            killer.start()
            folder = tmp_path / str(number)
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # also that a zone was left out
                fitted = fit_zone_store(files, folder, make_transformer())
            n_killed += not done.is_set() and not killer.is_alive()
            done.set()
            killer.join()
            assert_same_weights(fitted, alone)
            content = Store(folder).content
            assert content["checkpoint"]["finished"]
            assert_array_equal(
                sorted(each["name"] for each in content["zones"]),
                sorted(each["name"] for each in alone._zones.records.values()),
            )
            # Files of a worker that died are not left there.
            assert not list(folder.glob(".*"))
    assert n_killed >= 1
