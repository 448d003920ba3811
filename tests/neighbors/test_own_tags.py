# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""An indicator of which the arrays are views of what is written to later."""

import numpy as np
import pytest
from scipy import sparse

from sklearn_geo.neighbors import (
    GeoNeighborTagPropagator,
    GeoTagCorpus,
    VisualNeighborTagPropagator,
)

PLACES = [[0.0, 0.0], [5.0, 5.0], [9.0, 9.0]]


def _indicator(part):
    """Return an indicator, and the memory of one of its arrays that can be written."""
    parts = {
        "data": np.array([1.0, 2.0, 3.0]),
        "indices": np.array([0, 1, 0], dtype=np.int32),
        "indptr": np.array([0, 1, 2, 3], dtype=np.int32),
    }
    below = parts[part]
    for name, array in parts.items():
        parts[name] = array.view() if name == part else array
        parts[name].flags.writeable = False
    return sparse.csr_array(tuple(parts.values()), shape=(3, 2)), below


@pytest.mark.parametrize("part", ["data", "indices", "indptr"])
@pytest.mark.parametrize("kind", ["corpus", "geographic", "visual"])
def test_what_is_below_a_read_only_view_is_written_to(kind, part):
    tags, below = _indicator(part)
    if kind == "corpus":
        corpus = GeoTagCorpus(PLACES, tags)
    elif kind == "geographic":
        corpus = GeoNeighborTagPropagator(1).fit(PLACES, tags).corpus_
    else:
        corpus = VisualNeighborTagPropagator(1).fit(np.eye(3), tags).corpus_
    below[1] = 0
    np.testing.assert_array_equal(corpus.tags.toarray(), [[1, 0], [0, 2], [3, 0]])


def test_an_indicator_that_nobody_writes_to_is_not_copied(tmp_path):
    tags, _ = _indicator("data")
    np.save(tmp_path / "data.npy", tags.data)
    tags.data = np.load(tmp_path / "data.npy", mmap_mode="r")
    assert np.shares_memory(GeoTagCorpus(PLACES, tags).tags.data, tags.data)
