# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows held out: a partition, the same with the same seed."""

import numpy as np
import pytest

from sklearn_geo.nets import RowData, hold_out, split_rows


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


def test_who_holds_all_rows_out_is_told_of_all_that_may_do_so():
    with pytest.raises(
        ValueError, match=r"^validation_fraction=0\.9 of 3 rows "
    ) as one:
        split_rows(3, 0.9, seed=0)
    assert "early_stopping" in str(one.value)
    assert "calibrate" in str(one.value)
    with pytest.raises(ValueError, match=r"0\.9 of 3 users .* from\. Pass more\.$"):
        split_rows(3, 0.9, seed=0, of="users", remedy="Pass more.")
