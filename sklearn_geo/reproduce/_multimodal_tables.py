# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns of the multi-modal paper's tables, and what stands in them."""

from functools import partial

import numpy as np

from sklearn_geo.metrics import class_bias, great_circle_error, paired_wilcoxon
from sklearn_geo.reproduce._multimodal_paper import LOCALITIES_KM, RADIUS_KM, shares
from sklearn_geo.reproduce._scoring import Resamples
from sklearn_geo.reproduce._tables import Estimate, Measure

__all__ = [
    "ACCURACY",
    "BIAS",
    "CELLS",
    "COVERAGE",
    "MULTIMODAL_DIFFERS",
    "OUTDOOR",
    "TEST",
    "Judge",
    "Judges",
    "accuracy_printed",
    "bias_printed",
]

#: The last line of the tables.
MULTIMODAL_DIFFERS = (
    "The data differ from the paper's, 14.9 million photos of YFCC100M with the scores "
    "of an Inception v4, so its numbers are here for comparison only: what can agree "
    "is which row is better, and not by how much."
)

_NAMES = (
    "street 1 km", "city 25 km", "region 200 km", "country 750 km", "continent 2500 km",
)  # fmt: skip
#: Columns of Tables 3 to 6.
ACCURACY = tuple(
    Measure(
        name,
        decimals=2,
        percent=True,
        interval=name == "region 200 km",
        digits=2 if name == "continent 2500 km" else 1,
    )
    for name in _NAMES
)
COVERAGE = Measure("located", decimals=1, percent=True, interval=False, paper=False)

#: Columns of Table 7.
BIAS = (
    Measure("KL divergence", better="lower", decimals=4, interval=False, digits=1),
    Measure("entropy", better="", decimals=4, interval=False, digits=2),
    Measure("mean error km", better="lower", decimals=0, digits=5),
    Measure("median error km", better="lower", decimals=0, digits=5),
)

#: Columns of Table 1.
CELLS = (
    Measure("limit", better="", decimals=0, interval=False, digits=5),
    Measure("minimum", better="", decimals=0, interval=False, digits=5),
    Measure("cells", better="", decimals=0, interval=False, digits=5),
    Measure(
        "in no cell", better="lower", decimals=1, percent=True, interval=False,
        paper=False, digits=6,
    ),
)  # fmt: skip

#: Columns of the Wilcoxon tests.
TEST = (
    Measure("mean gain km", decimals=0, interval=False, digits=5),
    Measure("median gain km", decimals=1, interval=False, paper=False, digits=5),
    Measure("log10 p", better="lower", decimals=1, interval=False, digits=4),
    Measure(
        "log10 p, users", better="lower", decimals=1, interval=False, paper=False,
        digits=12,
    ),
)  # fmt: skip
#: From this probability on a photo is located where only outdoor ones are.
OUTDOOR = 0.5
# What a p-value is taken for that is too small for a float.
_LEAST_P = 1e-300


def accuracy_printed(percentages):
    """Return a row of the paper's Tables 3 to 6 as our tables take it."""
    return shares(percentages, _NAMES) if percentages else {}


def bias_printed(numbers):
    """Return a row of the paper's Table 7 as ours takes it."""
    names = (measure.name for measure in BIAS)
    return dict(zip(names, numbers, strict=True)) if numbers else {}


class Judge:
    """Says how far answers are from the truth, with intervals over users.

    Parameters
    ----------
    photos : TimedPhotos
        The photos that are located.

    n_resamples : int
        Resamples of users.

    seed : int, default=0
        Draws them.

    rows : ndarray of bool or of int, default=None
        Which photos count; None takes all.
    """

    def __init__(self, photos, n_resamples, *, seed=0, rows=None):
        self.rows = np.arange(len(photos))
        if rows is not None:
            self.rows = self.rows[rows]
        if not self.rows.size:
            raise ValueError("No photo is left to be located. Take more by --rows.")
        self.places = photos.places[self.rows]
        self.users = photos.users[self.rows]
        self.resamples = Resamples(
            len(self.rows), n_resamples, groups=self.users, random_state=seed
        )

    def __len__(self):
        return len(self.rows)

    def errors(self, places):
        """Return errors in km of answers for all photos, on the paper's sphere."""
        return great_circle_error(self.places, places[self.rows], radius_km=RADIUS_KM)

    def accuracy(self, places):
        """Return the shares within 1, 25, 200, 750 and 2500 km."""
        errors = self.errors(places)
        return {
            name: self.resamples.mean(errors <= km)
            for name, km in zip(_NAMES, LOCALITIES_KM, strict=True)
        }

    def bias(self, first, true_cells, cells, places):
        """Return the columns of Table 7.

        Parameters
        ----------
        first : FirstModel
            Whose cells they are.

        true_cells, cells : ndarray of shape (n_photos,)
            Where photos are, and where a model has put them. What lies in no cell is
            left out of divergence and entropy.

        places : ndarray of shape (n_photos, 2)
            The answers.

        Returns
        -------
        dict of str to Estimate
        """
        errors = self.errors(places)
        true_cells, cells = true_cells[self.rows], cells[self.rows]
        found = {
            "mean error km": self.resamples.mean(errors),
            "median error km": self.resamples.median(errors),
        }
        inside = true_cells >= 0
        if inside.any():
            bias = class_bias(
                true_cells[inside], cells[inside], n_cells=first.partition.n_cells_
            )
            found["KL divergence"] = Estimate(bias.kl)
            found["entropy"] = Estimate(bias.entropy_predicted)
        return found

    def test(self, before, after):
        """Return the columns of the Wilcoxon tests: how much closer `after` is."""
        pair = self.places, before[self.rows], after[self.rows]
        photos = paired_wilcoxon(*pair, radius_km=RADIUS_KM)
        users = paired_wilcoxon(*pair, groups=self.users, radius_km=RADIUS_KM)
        values = (
            photos.mean_difference,
            photos.median_difference,
            _log_p(photos),
            _log_p(users),
        )
        return {m.name: Estimate(value) for m, value in zip(TEST, values, strict=True)}


class Judges:
    """Judges of all photos of the hold-out, and of some of them.

    Parameters
    ----------
    task : PhotoTask
        Whose test photos are located.

    n_resamples : int
        Resamples of users.

    seed : int, default=0
        Draws them.

    Attributes
    ----------
    every : Judge
        Of all photos.

    outdoor : Judge or None
        Of those that are probably taken outdoors.
    """

    def __init__(self, task, n_resamples, *, seed=0):
        self.photos = task.test
        self.of = partial(Judge, task.test, n_resamples, seed=seed)
        self.every, self.outdoor = self.of(), None
        outdoor = task.test.outdoor
        if outdoor is not None and (outdoor >= OUTDOOR).any():
            self.outdoor = self.of(rows=outdoor >= OUTDOOR)
        n_users = len(np.unique(task.test.users))
        self.title = (
            f"the hold-out: {len(task.test):,} photos of {n_users:,} users who taught "
            f"nothing ({task.title})"
        )


def _log_p(result):
    return float(np.log10(max(result.pvalue, _LEAST_P)))
