# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Blocks of rows are those of scikit-learn, and none where there are no rows."""

import pytest
from sklearn.utils import gen_batches

from sklearn_geo._blocks import blocks


@pytest.mark.parametrize("n_rows", [1, 2, 5, 6, 7])
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_same_as_scikit_learn(n_rows, size):
    assert list(blocks(n_rows, size)) == list(gen_batches(n_rows, size))


def test_no_rows():
    assert list(blocks(0, 3)) == []
