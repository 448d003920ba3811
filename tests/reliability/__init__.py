# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Attacks on the whole package: fuzz, files, faults, determinism, threads."""

import os

NIGHTLY = os.environ.get("SKLEARN_GEO_NIGHTLY") == "1"


def scale(quick, nightly):
    """Return how often something is tried: in every run of the suite, or at night."""
    return nightly if NIGHTLY else quick
