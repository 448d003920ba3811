# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What networks learnt of tags, beside the photos that they learnt it from."""

import pickle
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import sparse

from benchmarks._harness import Job, Measured, Number
from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.datasets import make_geotagged_photos
from sklearn_geo.model_selection import S2BlockKFold
from sklearn_geo.neighbors import GeoNeighborTagPropagator

N_TAGS, HIDDEN = 500, (256, 512)
# Cells about 72 km wide.
BLOCK_LEVEL, N_FOLDS = 7, 5
# How much of the uniform row is added to whatever is said: a tag that none of the
# neighbours has would be impossible, and a single photo that has it infinitely far.
UNIFORM_SHARE = 0.01
WAYS = ("photos held out", "blocks held out")


class World:
    """A synthetic world twice split, and teacher and student of either training set."""

    def __init__(self, n):
        photos = make_geotagged_photos(n, n_tags=N_TAGS, random_state=0)
        self.tags = sparse.csr_array(photos.tags, dtype=np.float64)
        self.places = photos.places
        random = np.random.default_rng(0).random(n) < 1.0 / N_FOLDS
        _, in_blocks = next(
            S2BlockKFold(N_FOLDS, level=BLOCK_LEVEL).split(photos.places)
        )
        blocks = np.zeros(n, dtype=bool)
        blocks[in_blocks] = True
        self.held_out = dict(zip(WAYS, (random, blocks), strict=True))
        self.fitted = {who: {} for who in ("student", "teacher", "mean")}
        for way, away in self.held_out.items():
            known = self.places[~away], self.tags[~away]
            teacher = GeoNeighborTagPropagator(sparse_output=False, dtype=np.float32)
            student = GPS2VecPlusTransformer(
                contexts={"tag": N_TAGS},
                # Section 3.3 of the paper: a photo is its own nearest neighbour.
                target_propagator=GeoNeighborTagPropagator(dtype=np.float32),
                hidden=HIDDEN,
                device="cpu",
                random_state=0,
            )
            self.fitted["teacher"][way] = teacher.fit(*known)
            self.fitted["student"][way] = student.fit(*known)
            self.fitted["mean"][way] = MeanRow(known[1])

    def divergence(self, way, said):
        """Return the mean KL from the tags that photos held out have, to what is said.

        A photo without tags does not count.
        """
        rows = self.tags[self.held_out[way]]
        sums = rows.sum(axis=1)
        said = (1.0 - UNIFORM_SHARE) * said + UNIFORM_SHARE / N_TAGS
        row_of = np.repeat(np.arange(len(sums)), np.diff(rows.indptr))
        shares = rows.data / sums[row_of]
        total = shares @ np.log(shares / said[row_of, rows.indices])
        return total / np.count_nonzero(sums)


class MeanRow:
    """Says the mean of all rows, wherever."""

    def __init__(self, tags):
        has_tags = tags.sum(axis=1) > 0
        rows = tags[has_tags]
        rows = rows / rows.sum(axis=1)[:, np.newaxis]
        self.row = np.asarray(rows.mean(axis=0), dtype=np.float32)

    def transform(self, places):
        return np.broadcast_to(self.row, (len(places), N_TAGS))


def answer(world, who):
    """Ask about the places of all photos held out, and compare with their tags."""
    numbers, seconds = {}, {}
    for way, away in world.held_out.items():
        encoder, places = world.fitted[who][way], world.places[away]
        start = time.perf_counter()
        said = encoder.transform(places)
        seconds[way] = time.perf_counter() - start
        numbers[f"KL, {way}"] = world.divergence(way, said)
    numbers["microseconds a place"] = 1e6 * seconds[way] / len(places)
    if who == "student":
        numbers["nats below the mean row"] = (
            answer(world, "mean").numbers[f"KL, {WAYS[0]}"] - numbers[f"KL, {WAYS[0]}"]
        )
    for what, size in sizes_on_disk(world.fitted[who][WAYS[0]]):
        numbers[what] = size / 2**20
    return Measured(numbers, seconds[WAYS[0]], numbers)


def sizes_on_disk(encoder):
    """Yield what is on disk of an encoder, and its bytes."""
    if not isinstance(encoder, GPS2VecPlusTransformer):
        yield "MiB", len(pickle.dumps(encoder))
        return
    for dtype, what in (("float32", "MiB"), ("int8", "MiB as int8")):
        with tempfile.TemporaryDirectory() as folder:
            encoder.save_pretrained(folder, dtype=dtype)
            yield what, sum(file.stat().st_size for file in Path(folder).iterdir())


def check(world, results):
    # Nobody is sure of what it cannot know, and nobody says nothing.
    for numbers in results.values():
        for way in WAYS:
            assert 0.0 < numbers[f"KL, {way}"] < np.log(N_TAGS / UNIFORM_SHARE)


JOB = Job(
    name="context_teacher",
    question="networks that learnt tags, beside the photos (GeoNeighborTagPropagator)",
    make=World,
    runners={
        "student": lambda world: answer(world, "student"),
        "teacher": lambda world: answer(world, "teacher"),
        "mean row": lambda world: answer(world, "mean"),
    },
    check=check,
    # The student need not win against the teacher; the table says who does.
    goals=(Number("student", "nats below the mean row", at_least=0.0),),
    unit="photos",
    sizes=(5_000, 20_000),
    quick_sizes=(1_000,),
    repeats=3,
    notes=f"A synthetic world, {N_TAGS} tags. Seconds are for a fifth of the places, "
    "which neither has seen. KL(tags of a photo held out || what is said), a "
    f"hundredth of it uniform; blocks are S2 cells of level {BLOCK_LEVEL}. Students: "
    f"default preset, trunks of {HIDDEN} in UTM zones and for the globe. The teacher "
    "on disk is its pickle.",
)
