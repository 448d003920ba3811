# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_geo._weights import check_total, check_weights


def test_weights_that_are_masked_are_refused():
    weights = np.ma.array([1.0, 2.0, 3.0], mask=False)
    assert check_weights(weights, np.zeros((3, 1))).tolist() == [1.0, 2.0, 3.0]
    weights.mask = [False, True, False]
    with pytest.raises(ValueError, match=r"^sample_weight, row 1: the value is masked"):
        check_weights(weights, np.zeros((3, 1)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_total_that_is_no_number_is_told_by_its_row(value):
    with pytest.raises(ValueError, match=rf"^sample_weight, row 2: {value} is no weig"):
        check_total(np.array([1.0, 2.0, value, np.nan]))
    with pytest.raises(ValueError, match="adds up to infinity"):
        check_total(np.array([1e308, 1e308]))
    check_total(np.array([1.0, 2.0]))
