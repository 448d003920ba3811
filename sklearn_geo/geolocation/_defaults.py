# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The paper's three partitions, for data of any size."""

import math

from sklearn_geo.partition import S2Partition

# Section 4 of the ECCV 2018 paper: limits, and the photos they were made for.
PAPER_MAX_PER_CELL = (5000, 2000, 1000)
PAPER_MIN_PER_CELL = 50
PAPER_PHOTOS = 4_723_695


def default_partitions(n_places):
    r"""Return the coarse, middle and fine partition for a number of places.

    Parameters
    ----------
    n_places : float
        Number of training places, or the sum of their weights.

    Returns
    -------
    list of S2Partition
        Unfitted, from coarse to fine.

    Notes
    -----
    The paper's limits, 5000, 2000 and 1000 at most and 50 at least for
    :math:`N = 4{,}723{,}695` photos, times :math:`\sqrt{n / N}`, rounded, and 1 at
    least. The number of cells and the photos in each then both grow as
    :math:`\sqrt n`: limits in proportion to :math:`n` would ask a few thousand rows to
    tell 13,000 cells apart, constant ones would leave them in a handful.
    """
    factor = math.sqrt(n_places / PAPER_PHOTOS)

    def scaled(limit):
        return max(1, round(limit * factor))

    return [
        S2Partition(scaled(limit), scaled(PAPER_MIN_PER_CELL))
        for limit in PAPER_MAX_PER_CELL
    ]
