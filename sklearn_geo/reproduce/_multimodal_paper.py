# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Numbers that the multi-modal paper prints: Tables 1 and 3 to 7, and section 4.2."""

from typing import NamedTuple

from sklearn_geo.metrics._errors import LOCALITIES_KM

__all__ = [
    "BIAS_AND_ERRORS",
    "CENTROIDS",
    "IM2GPS",
    "IM2GPS_OTHERS",
    "LOCALITIES_KM",
    "MEAN_GAIN_KM",
    "MESHES",
    "MODELS",
    "OUTDOOR_ONLY",
    "PAPER_WIDTH",
    "RADIUS_KM",
    "Mesh",
    "shares",
]


class Mesh(NamedTuple):
    """A row of Table 1.

    Attributes
    ----------
    limit : int
        Triangles with more photos are refined.

    minimum : int
        Triangles with fewer photos are dropped.

    n_cells : int
        How many there were in the end.

    n_photos : float
        How many photos it was refined with: 2 million of an early data set, or all.
    """

    limit: int
    minimum: int
    n_cells: int
    n_photos: float


# Table 1; numbers of photos are in the caption of Figure 2.
MESHES = {
    "Coarse": Mesh(8000, 1000, 538, 2e6),
    "Fine": Mesh(5000, 500, 6565, 14e6),
    "FineP": Mesh(10000, 50, 4771, 14e6),
}

# Section 3.1.3.
RADIUS_KM = 6372.795

# Units of each hidden layer of M2, Table 2: three times as many as the coarse mesh has
# cells and other inputs.
PAPER_WIDTH = 3 * (538 + 4)

# Table 3, in percent within 1, 25, 200, 750 and 2500 km: by mesh, and whether cells
# are located by the centroid of their photos.
CENTROIDS = {
    ("Coarse", False): (0.42, 6.89, 21.22, 38.53, 56.64),
    ("Coarse", True): (1.25, 10.57, 23.99, 38.72, 56.66),
    ("Fine", False): (3.20, 9.56, 16.64, 29.49, 49.17),
    ("Fine", True): (4.44, 10.49, 16.63, 29.57, 49.13),
    ("FineP", False): (1.86, 8.23, 16.23, 30.98, 50.97),
    ("FineP", True): (3.23, 9.47, 16.69, 31.07, 50.98),
}

# Table 4: by mesh, and whether only outdoor photos are located.
OUTDOOR_ONLY = {
    ("Coarse", False): (1.25, 10.57, 23.99, 38.72, 56.66),
    ("Coarse", True): (1.46, 12.15, 29.22, 46.23, 63.50),
    ("Fine", False): (4.44, 10.49, 16.63, 29.57, 49.13),
    ("Fine", True): (4.90, 12.17, 19.96, 34.84, 54.33),
    ("FineP", False): (3.23, 9.47, 16.69, 31.07, 50.98),
    ("FineP", True): (3.57, 10.82, 19.85, 36.2, 55.94),
}

# Table 5: as Table 3, on the 237 photos of Im2GPS.
IM2GPS = {
    ("Coarse", False): (0.71, 11.35, 29.32, 55.62, 72.02),
    ("Fine", False): (4.57, 20.41, 32.78, 49.95, 67.06),
    ("FineP", False): (3.27, 16.79, 28.87, 46.01, 64.04),
    ("Coarse", True): (2.89, 18.47, 35.53, 56.17, 71.99),
    ("Fine", True): (7.53, 22.42, 33.82, 50.96, 67.07),
    ("FineP", True): (4.75, 18.73, 30.20, 46.23, 64.10),
}

# Its last rows are of other papers, on the same photos.
IM2GPS_OTHERS = {
    "Hays & Efros (2008)": (None, 12.0, 15.0, 23.0, 47.0),
    "Hays & Efros (2015)": (2.5, 21.9, 32.1, 35.4, 51.9),
    "Weyand et al. (2016)": (8.4, 24.5, 37.6, 53.6, 71.3),
    "Vo et al. (2017)": (12.2, 33.3, 44.3, 57.4, 71.3),
}

# Table 6: by mesh, model, and whether only outdoor photos are located. The best
# possible rows have the name of a centroid instead.
MODELS = {
    ("Coarse", "M2", False): (1.20, 10.47, 24.20, 40.12, 60.66),
    ("Coarse", "M2", True): (1.36, 11.99, 29.28, 47.60, 66.69),
    ("Coarse", "user averaging", False): (0.84, 11.34, 27.30, 44.74, 62.84),
    ("Coarse", "M3", False): (1.25, 11.25, 25.65, 42.38, 63.17),
    ("Coarse", "M3", True): (1.39, 12.52, 30.24, 49.17, 68.61),
    ("Coarse", "best, cell centroid", False): (1.57, 25.33, 81.97, 99.99, 100.00),
    ("Coarse", "best, imagery centroid", False): (4.10, 43.38, 93.86, 99.98, 100.00),
    ("Fine", "M2", False): (4.82, 12.28, 18.44, 31.39, 52.25),
    ("Fine", "M2", True): (4.95, 13.44, 21.17, 35.85, 56.31),
    ("Fine", "best, cell centroid", False): (21.92, 73.13, 97.26, 99.99, 100.00),
    ("Fine", "best, imagery centroid", False): (31.22, 83.23, 99.09, 99.99, 100.00),
}

# Table 7: Kullback-Leibler divergence and entropy in nats (see `class_bias` for why
# they are), mean and median error in km.
BIAS_AND_ERRORS = {
    ("Coarse", "M1"): (0.6718, 5.6360, 3897.0, 1627.0),
    ("Coarse", "M2"): (0.4998, 5.2890, 3516.0, 1262.0),
    ("Coarse", "user averaging"): (0.9702, 5.0760, 3192.0, 1051.0),
    ("Coarse", "M3"): (0.4991, 5.1900, 3320.0, 1124.0),
    ("Coarse", "best, imagery centroid"): (0.0000, 6.0180, 62.0, 33.0),
    ("Fine", "M1"): (1.7120, 7.0460, 4561.0, 2705.0),
    ("Fine", "M2"): (0.3543, 8.2770, 4311.0, 2140.0),
    ("Fine", "best, imagery centroid"): (0.0000, 8.6090, 17.0, 4.0),
}

# Section 4.2: by how much the mean error of the coarse M2 is below that of M1. The
# p-value of the Wilcoxon test is below 1e-16.
MEAN_GAIN_KM = 381.0


def shares(percentages, names):
    """Return printed percentages as shares, by the names of measures.

    Parameters
    ----------
    percentages : tuple of float
        As printed; None where nothing is printed.

    names : sequence of str
        As many names.

    Returns
    -------
    dict of str to float
    """
    pairs = zip(names, percentages, strict=True)
    return {name: value / 100.0 for name, value in pairs if value is not None}
