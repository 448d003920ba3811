# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The first place of a zone that lies on disk, against reading the zone's file."""

import shutil
import statistics
import tempfile
import time
import weakref
from pathlib import Path

import numpy as np

from benchmarks._harness import Job, Measured, Number
from benchmarks._paper_networks import HIDDEN, paper_model, places_in_zones
from sklearn_geo.context import GPS2VecPlusTransformer

MOST_ZONES = 20


class Stored:
    """A zone store, a place in each of its zones, and what is said of it."""

    def __init__(self, n):
        n_zones = max(2, min(n, MOST_ZONES))
        places, zones = places_in_zones(20 * n_zones, n_zones)
        ids, first = np.unique(zones, return_index=True)
        self.places = places[first]
        model = paper_model(ids)
        self.said = model.transform(self.places)
        self.folder = Path(tempfile.mkdtemp())
        weakref.finalize(self, shutil.rmtree, self.folder)
        model.save_pretrained(self.folder)
        shelf = GPS2VecPlusTransformer.from_pretrained(self.folder)._zones.shelf
        entries, block_of = shelf.store.entries, shelf._table.blocks
        self.files = [self.folder / entries[block_of[zone]]["file"] for zone in ids]


def first_places(stored):
    """Ask about a place in zone after zone, none of them loaded before."""
    model = GPS2VecPlusTransformer.from_pretrained(stored.folder)
    rows, seconds, beyond = [], [], []
    for place, file in zip(stored.places, stored.files, strict=True):
        read = _seconds_to_read(file)
        start = time.perf_counter()
        rows.append(model.transform(place[None]))
        seconds.append(time.perf_counter() - start)
        beyond.append(1e3 * (seconds[-1] - read))
    numbers = {"ms beyond reading the file": statistics.median(beyond)}
    return Measured(np.concatenate(rows), statistics.median(seconds), numbers)


def reading(stored):
    """Read the files; they are in the memory of the operating system."""
    seconds = [_seconds_to_read(file) for file in stored.files]
    size = stored.files[0].stat().st_size
    return Measured(None, statistics.median(seconds), {"MiB a file": size / 2**20})


def _seconds_to_read(file):
    start = time.perf_counter()
    file.read_bytes()
    return time.perf_counter() - start


def check(stored, results):
    np.testing.assert_allclose(results["ours"], stored.said, rtol=1e-4, atol=1e-7)


JOB = Job(
    name="context_first_place",
    question="the first place of a zone in a store, with the paper's networks",
    make=Stored,
    runners={"ours": first_places, "read_bytes": reading},
    check=check,
    limits=frozenset({"read_bytes"}),
    goals=(Number("ours", "ms beyond reading the file", at_most=20.0),),
    unit="zones",
    sizes=(5, MOST_ZONES),
    quick_sizes=(2,),
    notes=f"Medians over zones of two networks of {HIDDEN}. Files are in the page "
    "cache; ours checks them, and answers.",
)
