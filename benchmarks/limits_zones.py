# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A thousand zones in a store: learnt, written, and read eight at a time."""

from functools import cache

import numpy as np
import sklearn

from benchmarks import _limits
from sklearn_geo.context import GPS2VecPlusTransformer, NumpyContextEncoder
from sklearn_geo.geometry import utm_zone_bounds

SIZES = (100, 300, 1_000)
PHOTOS_A_ZONE, PLACES_A_ZONE, MOST_LOADED = 40, 1_000, 8
WIDTH, HIDDEN = 3, (16,)
# What is noted of a zone, and its photos.
BYTES_A_ZONE = 50_000


def places_of(n_zones, per_zone, random_state=0):
    """Return places of so many zones, in turns."""
    bounds = utm_zone_bounds()
    bounds = bounds[(bounds[:, 0] >= -80.0) & (bounds[:, 2] <= 72.0)][:n_zones]
    south, west, north, east = np.tile(bounds, (per_zone, 1)).T
    share = np.random.default_rng(random_state).uniform(0.01, 0.99, (2, len(south)))
    latitude = south + share[0] * (north - south)
    return np.column_stack([latitude, west + share[1] * (east - west)])


def learner(checkpoint=None):
    """Return small networks that learn for an epoch."""
    return GPS2VecPlusTransformer(
        contexts={"tag": WIDTH},
        hidden=HIDDEN,
        max_iter=1,
        min_samples=PHOTOS_A_ZONE // 2,
        early_stopping=False,
        n_iter_no_change=10,
        missing_zone="uniform",
        checkpoint_dir=checkpoint,
        device="cpu",
        random_state=0,
    )


def photos(n_zones):
    """Return places and what teachers say of them."""
    places = places_of(n_zones, PHOTOS_A_ZONE)
    return places, np.random.default_rng(1).dirichlet(np.ones(WIDTH), len(places))


@cache
def store(n_zones):
    """Learn and write a store; return its folder."""
    path = _limits.folder() / f"zones-{n_zones}"
    learner().fit(*photos(n_zones)).save_pretrained(path)
    return str(path)


def learning(n, path):
    places, teachers = photos(n)
    model = learner(str(_limits.folder() / "checkpoint"))
    return lambda: model.fit(places, teachers).zone_report_


def writing(n, path):
    model = GPS2VecPlusTransformer.from_pretrained(path)
    into = _limits.folder() / "written"

    def write():
        model.save_pretrained(into)
        return model.zone_report_

    return write


def reading(cls):
    def prepare(n, path):
        places = places_of(n, PLACES_A_ZONE, random_state=2)

        def open_and_transform():
            model = cls.from_pretrained(path, max_loaded_zones=MOST_LOADED)
            # All at once: every zone is read once. In ten batches of places from
            # everywhere it would be read ten times.
            assert np.isfinite(model.transform(places)).all()
            return model.zone_report_

        return open_and_transform

    return prepare


MAKE = {
    "fit": learning,
    "save": writing,
    "transform, by torch": reading(GPS2VecPlusTransformer),
    "transform, by numpy": reading(NumpyContextEncoder),
}


def work(name, n, path):
    """Do one thing with n zones; say what that took."""
    with sklearn.config_context(working_memory=_limits.WORKING_MIB):
        learner().fit(*photos(2)).transform(
            places_of(2, 5)
        )  # loads what is loaded once
        found, numbers = _limits.measured(MAKE[name](n, path))
    return {**numbers, "zones": len(found)}


def check(inputs, results):
    assert all(found["zones"] == inputs[0] for found in results.values()), results


JOB = _limits.limits_job(
    "limits_zones",
    question=f"{SIZES[-1]:,} zones in a store, {MOST_LOADED} of them in memory",
    make=lambda n: (n, store(n)),
    runners=_limits.runners("limits_zones", MAKE, few=50),
    check=check,
    goals=tuple(
        goal
        for name in MAKE
        for goal in _limits.goals(name, _limits.allowance(SIZES[-1], BYTES_A_ZONE))
    ),
    unit="zones",
    sizes=SIZES,
    quick_sizes=(20,),
    notes=f"{PHOTOS_A_ZONE} photos a zone teach a trunk of {HIDDEN} for an epoch, with "
    f"checkpoint_dir; {PLACES_A_ZONE:,} places a zone are transformed, all "
    f"at once. Allowed are {BYTES_A_ZONE:,} bytes a zone.",
)
