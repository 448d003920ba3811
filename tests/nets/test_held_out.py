# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows held out: a partition, the same with the same seed."""

import numpy as np
import pytest

from sklearn_geo.nets import RowData, hold_out


def test_held_out_rows_are_a_partition():
    rows = RowData(np.eye(90))
    train, valid = hold_out(rows, 0.2, seed=1)
    assert len(valid) == 18
    assert sorted([*train.rows, *valid.rows]) == list(range(90))
    again = hold_out(rows, 0.2, seed=1)[1]
    assert np.array_equal(valid.rows, again.rows)
    assert not np.array_equal(valid.rows, hold_out(rows, 0.2, seed=2)[1].rows)
    with pytest.raises(ValueError, match="of 1 rows leaves none to learn"):
        hold_out(RowData(np.eye(1)), 0.5, seed=1)
