# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_geo._tags import read_tags


@pytest.mark.parametrize("dtype", ["M8[s]", "m8[D]"])
def test_times_are_no_tags(dtype):
    with pytest.raises(TypeError, match=r"^y holds times, of dtype"):
        read_tags(np.zeros((2, 3), dtype=dtype), name="y")
