# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How soon the default preset is as good as the paper's ever gets, in one zone."""

from functools import cached_property

import numpy as np

from benchmarks._harness import Goal, Job, Measured
from sklearn_geo.context._architecture import Architecture
from sklearn_geo.context._presets import resolve
from sklearn_geo.context._zone_training import ZoneTask, train_zone
from sklearn_geo.datasets import make_geotagged_photos
from sklearn_geo.encoding import SoftGridEncoder
from sklearn_geo.geometry import utm_zones
from sklearn_geo.neighbors import GeoNeighborTagPropagator

# The paper's networks, a quarter as wide so that its preset gets far; with fewer photos
# narrower still.
HIDDEN = ((32, 64, 128), (128, 256, 512))
NETWORKS = (("object", "scene"), ("tag",))
N_TAGS, N_OBJECTS, N_SCENES = 500, 200, 100
PHOTOS_A_ZONE = 12  # the busiest zone of the world has more than one photo in so many
SEED = 0
SIZES = (300, 1_000)
# Of the paper's preset, with few photos and with the most.
EPOCHS = (60, 300)


class Zone:
    """The photos of one zone, and what the paper's preset makes of them."""

    def __init__(self, n):
        photos = make_geotagged_photos(
            PHOTOS_A_ZONE * n,
            n_tags=N_TAGS,
            n_objects=N_OBJECTS,
            n_scenes=N_SCENES,
            random_state=0,
        )
        zones = utm_zones(photos.places)
        busiest = np.bincount(zones.astype(int) - zones.min()).argmax() + zones.min()
        rows = np.flatnonzero(zones == busiest)[:n]
        places = photos.places[rows]
        # Section 3.3 of the paper: a photo is its own nearest neighbour.
        propagator = GeoNeighborTagPropagator(sparse_output=False, dtype=np.float32)
        propagator.fit(photos.places, photos.tags)
        rows_of = {
            "object": photos.objects[rows],
            "scene": photos.scenes[rows],
            "tag": propagator.transform(places),
        }
        widths = {name: teacher.shape[1] for name, teacher in rows_of.items()}
        columns = SoftGridEncoder(dtype=np.float32).fit_transform(places)
        targets = tuple(tuple(rows_of[name] for name in names) for names in NETWORKS)
        self.task = ZoneTask(int(busiest), "the busiest", columns, targets, None, SEED)
        is_full = len(columns) >= SIZES[-1]
        self.n_epochs = EPOCHS[is_full]
        self.architecture = Architecture(
            columns.shape[1], NETWORKS, widths, HIDDEN[is_full]
        )

    def train(self, name):
        """Return, network by network, held-out KL and seconds epoch by epoch.

        The photos held out are the same in all presets: seed and share decide them.
        """
        changes = {"max_iter": self.n_epochs, "device": "cpu"}
        trained = train_zone(self.task, self.architecture, resolve(name, changes))
        return [
            (
                np.array([record["valid_loss"] for record in history]),
                np.cumsum([record["seconds"] for record in history]),
            )
            for history in trained.histories
        ]

    @cached_property
    def paper(self):
        """The paper's preset, trained once."""
        return self.train("paper")


def paper(zone):
    """Take the seconds up to the best epoch; the training is done once."""
    best = [kl.min() for kl, _ in zone.paper]
    seconds = sum(spent[kl.argmin()] for kl, spent in zone.paper)
    numbers = {
        **_by_network("held-out KL", best),
        **_by_network("best epoch", [kl.argmin() + 1 for kl, _ in zone.paper]),
        **_by_network("epochs", [len(kl) for kl, _ in zone.paper]),
    }
    return Measured(best, seconds, numbers)


def default(zone):
    """Take the seconds up to the first epoch that is as good as the paper's best."""
    runs = zone.train("default")
    best = [kl.min() for kl, _ in runs]
    seconds, epochs = 0.0, []
    for (kl, spent), (theirs, _) in zip(runs, zone.paper, strict=True):
        as_good = kl <= theirs.min()
        first = as_good.argmax() if as_good.any() else len(kl) - 1
        seconds += spent[first]
        epochs.append(first + 1)
    numbers = {
        **_by_network("held-out KL", best),
        **_by_network("as good after epoch", epochs),
        **_by_network("epochs", [len(kl) for kl, _ in runs]),
        "seconds to its own end": sum(spent[-1] for _, spent in runs),
    }
    return Measured(best, seconds, numbers)


def _by_network(what, values):
    names = ("visual", "tags")
    return {f"{what}, {n}": float(v) for n, v in zip(names, values, strict=True)}


def check(zone, results):
    """Ask that the default ends at least as low as the paper's best."""
    ours, theirs = results["default"], results["paper"]
    assert (np.array(ours) <= np.array(theirs)).all(), (ours, theirs)


JOB = Job(
    name="context_presets",
    question="seconds of training to the lowest held-out KL of the paper's preset",
    make=lambda n: Zone(max(n, 100)),
    runners={"default": default, "paper": paper},
    check=check,
    goals=(Goal("paper", "default", at_least=5.0),),
    unit="photos",
    sizes=SIZES,
    quick_sizes=(300,),
    repeats=3,
    notes=f"One zone, two networks of {HIDDEN[1]}: objects and scenes; tags propagated "
    "from 150 neighbours. The same photos are held out. Presets train for at most "
    f"{EPOCHS[1]} epochs (with fewer photos {EPOCHS[0]}, of {HIDDEN[0]}).",
)
