# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A fit from memory maps that are larger than what the process may allocate."""

import contextlib
import math
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import sklearn

from benchmarks._child import in_child
from benchmarks._harness import Growth, Job, Number
from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.geometry import utm_zone_bounds

PHOTOS_A_ZONE, CONTEXTS, HIDDEN, N_EPOCHS = 2_500, {"scene": 400, "tag": 600}, (64,), 2
ALLOWED_MIB, WORKING_MIB = 128, 32
_BLOCK = 1_000
# What Linux tells of a process.
STATUS = Path("/proc/self/status")


def work(n_zones):
    """Write photos to disk, then fit zones under a limit; say what that took."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        fit(*photos(folder / "few", 1), folder / "loads what is loaded once")
        places, teachers = photos(folder / "many", n_zones)
        before = own_mib("RssAnon")
        with allowed(ALLOWED_MIB), peak_of("RssAnon") as peak:
            start = time.perf_counter()
            model = fit(places, teachers, folder / "checkpoint")
            seconds = time.perf_counter() - start
        report = model.zone_report_
        return {
            "seconds": seconds,
            "zones": len(report),
            "photos": int(report["photos"].sum()),
            "zones without a result": int(np.isnan(report["held_out_kl"]).sum()),
            "data MiB": (places.nbytes + teachers.nbytes) / 2**20,
            "a zone MiB": zone_mib(model),
            "own peak MiB": peak[0] - before,
        }


def photos(folder, n_zones):
    """Write photos of all zones, in turns; return maps of places and teachers."""
    folder.mkdir()
    n, width = n_zones * PHOTOS_A_ZONE, sum(CONTEXTS.values())
    rng = np.random.default_rng(0)
    # Zones in the north of the temperate latitudes, which are all alike.
    bounds = utm_zone_bounds()
    bounds = bounds[(bounds[:, 0] >= 0.0) & (bounds[:, 2] <= 56.0)][:n_zones]
    places = np.memmap(folder / "places", np.float32, "w+", shape=(n, 2))
    teachers = np.memmap(folder / "teachers", np.float32, "w+", shape=(n, width))
    for start in range(0, n, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, n))
        south, west, north, east = bounds[rows % n_zones].T
        # A little away from borders, which single precision might cross.
        share = rng.uniform(0.01, 0.99, size=(2, len(rows)))
        places[rows, 0] = south + share[0] * (north - south)
        places[rows, 1] = west + share[1] * (east - west)
        teachers[rows] = rng.exponential(size=(len(rows), width)) ** 2
    places.flush()
    teachers.flush()
    return tuple(
        np.memmap(folder / name, np.float32, "r", shape=(n, columns))
        for name, columns in (("places", 2), ("teachers", width))
    )


def fit(places, teachers, checkpoint):
    with sklearn.config_context(working_memory=WORKING_MIB):
        return GPS2VecPlusTransformer(
            contexts=CONTEXTS,
            hidden=HIDDEN,
            max_iter=N_EPOCHS,
            checkpoint_dir=checkpoint,
            device="cpu",
            random_state=0,
        ).fit(places, teachers)


def zone_mib(model):
    """Reckon what the photos of one zone take: what networks read and teachers."""
    n_columns = model._zones.columns.n_features + sum(CONTEXTS.values())
    return 4 * PHOTOS_A_ZONE * n_columns / 2**20


def own_mib(field):
    """Read how much memory the process has that is no file's, in MiB."""
    for line in STATUS.read_text().splitlines() if STATUS.exists() else ():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 2**10
    return math.nan


@contextlib.contextmanager
def allowed(mib):
    """Refuse allocations that go beyond what there is by more than this.

    The limit counts memory that is the process's own and can be written to. Maps of
    files that are only read do not count, as their pages can go at any time.
    """
    if not STATUS.exists():
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = int((own_mib("VmData") + mib) * 2**20)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


@contextlib.contextmanager
def peak_of(field):
    """Look every few milliseconds; the list that it gives holds the largest value."""
    peak, done = [own_mib(field)], threading.Event()

    def watch():
        while not done.wait(0.005):
            peak[0] = max(peak[0], own_mib(field))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def check(n_zones, results):
    found = results["ours"]
    assert found["zones"] == n_zones
    assert found["photos"] == n_zones * PHOTOS_A_ZONE
    assert found["zones without a result"] == 0


JOB = Job(
    name="context_memory",
    question=f"a fit from memory maps by a process that may allocate {ALLOWED_MIB} MiB",
    make=lambda n: n,
    runners={"ours": lambda n: in_child("benchmarks.context_memory", "work", n)},
    check=check,
    goals=(
        Number("ours", "own peak MiB", at_most=ALLOWED_MIB),
        Growth("ours", "own peak MiB", at_most=0.15),
    ),
    unit="zones",
    sizes=(20, 80),
    quick_sizes=(2,),
    repeats=1,
    unjudged="" if STATUS.exists() else "this system has no limit of own memory",
    notes=f"{PHOTOS_A_ZONE} photos a zone, {sum(CONTEXTS.values())} teacher columns, "
    f"working_memory={WORKING_MIB}, checkpoint_dir. The limit is RLIMIT_DATA, above "
    "what interpreter and libraries have; the peak is looked at 200 times a second.",
)
