# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import hashlib
import subprocess
import sys
from pathlib import Path

from sklearn_geo.datasets import make_checkins, make_geotagged_photos

_ELSEWHERE = """
import sys
sys.modules["pandas"] = None  # as if it were not installed
sys.path.insert(0, sys.argv[1])
from test_processes import fingerprints
print(*fingerprints())
"""


def fingerprints():
    """Return a digest of every array of a small world, its photos and its venues."""
    photos = make_geotagged_photos(200, n_towns=50, random_state=1)
    photos["tags"] = photos.tags.indices
    venues = make_checkins(20, n_towns=50, random_state=1)
    arrays = [*photos.values(), *venues.values(), *venues.checkins.values()]
    return [
        hashlib.sha256(array.tobytes()).hexdigest()
        for array in arrays
        if hasattr(array, "tobytes")
    ]


def test_another_process_makes_the_same_data_and_does_so_without_pandas():
    here = fingerprints()
    there = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE, str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert len(here) > 20
    assert there == here
