# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Zones that are trained on clusters: the same numbers, in other processes."""

import gc
import os
import signal
import tempfile
from pathlib import Path

import joblib
import pytest
from numpy.testing import assert_array_equal

from tests.context.fits import N_UTM_ZONES, photos, transformer
from tests.dask_workers import two_workers


class Telling(str):
    """Text that leaves in a folder the number of each process that it comes to.

    Where the file "kill" is in the folder, it takes it away and kills the process. At
    home, where it was made, copies of it do neither.
    """

    def __new__(cls, text, folder, home=None):
        telling = super().__new__(cls, text)
        telling.folder = folder
        telling.home = os.getpid() if home is None else home
        return telling

    def __reduce__(self):
        return _arrived, (str(self), self.folder, self.home)


def _arrived(text, folder, home):
    if os.getpid() == home:
        return Telling(text, folder)
    (Path(folder) / f"{os.getpid()}").touch()
    try:
        (Path(folder) / "kill").unlink()
    except FileNotFoundError:
        return Telling(text, folder, home)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def expected():
    places, y = photos()
    return transformer("fallback").fit(places, y).transform(places)


@pytest.fixture(scope="module")
def dask_client():
    distributed = pytest.importorskip("distributed")
    with two_workers() as cluster, distributed.Client(cluster) as client:
        yield client


@pytest.fixture(scope="module")
def ray_cluster():
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    settings = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    settings["RAY_worker_niceness"] = "0"  # or whatever else runs here goes first
    with (
        pytest.MonkeyPatch.context() as patch,
        # Sockets lie there, whose paths may have a hundred characters.
        tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as folder,
    ):
        for name, value in settings.items():
            patch.setenv(name, value)
        ray.init(
            address="local",
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            object_store_memory=80 * 2**20,
            _node_ip_address="127.0.0.1",
            _temp_dir=folder,
        )
        register_ray()
        yield ray
        ray.shutdown()
        gc.collect()


def fit(backend, folder, **params):
    """Fit on a cluster.

    Returns
    -------
    model : GPS2VecPlusTransformer
    pids : set of int
        Numbers of the processes that zones came to.
    """
    model = transformer("fallback", device=Telling("cpu", str(folder)), **params)
    with joblib.parallel_config(backend, n_jobs=2):
        model.fit(*photos())
    return model, {int(path.name) for path in folder.iterdir() if path.name != "kill"}


def test_dask(dask_client, expected, tmp_path):
    model, pids = fit("dask", tmp_path)
    assert_array_equal(model.transform(photos()[0]), expected)
    assert len(model.zone_report_) == N_UTM_ZONES
    workers = set(dask_client.run(os.getpid).values())
    assert len(workers) == 2
    assert pids
    assert pids <= workers
    assert os.getpid() not in pids


def test_a_worker_of_dask_that_is_killed_changes_nothing(
    dask_client, expected, tmp_path
):
    folder, told = tmp_path / "checkpoint", tmp_path / "told"
    told.mkdir()
    (told / "kill").touch()
    before = set(dask_client.run(os.getpid).values())
    model, pids = fit("dask", told, checkpoint_dir=folder)
    assert not (told / "kill").exists()
    assert_array_equal(model.transform(photos()[0]), expected)
    assert len(model.zone_report_) == N_UTM_ZONES
    # The process that was killed is among those that had begun, and is no more.
    (killed,) = (pid for pid in before if not Path(f"/proc/{pid}").exists())
    assert killed in pids


# Older versions of ray leave files and processes to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.skipif(os.name == "nt", reason="ray has folders and sockets of its own")
def test_ray(ray_cluster, expected, tmp_path):
    model, pids = fit("ray", tmp_path)
    assert_array_equal(model.transform(photos()[0]), expected)
    assert len(model.zone_report_) == N_UTM_ZONES
    assert pids
    assert os.getpid() not in pids
