# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Memory that runs out for one zone of many, for real; see also context's tests."""

import sys

import pytest

from tests.reliability.faults import needs_fork

pytestmark = [
    needs_fork,
    pytest.mark.skipif(
        sys.platform != "linux", reason="other systems do not bound what is allocated"
    ),
]


def test_a_zone_with_more_photos_than_memory(children):
    # 200,000 photos of 200 columns in one zone, and 64 MiB more than what is used.
    said = children.run("little_memory", n_mebibytes=64)
    assert said["skipped"] == ["31T"]
    (told,) = said["told"]
    assert told.startswith("Memory ran out for 1 of 8 zones, which were skipped: 31T (")
    assert len(said["trained"]) == 7
    # Only the 30 of these places that lie in that zone have no answer.
    assert said["n_nan"] == 30
