# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo._text_arrays import text_array


def test_texts_of_any_width():
    for values in ([], ["a", "bcd", ""], ["x" * 100_000] * 3, ["", "x" * 500_000]):
        array = text_array(values)
        assert_array_equal(array, np.array(values, dtype=str))
        assert array.dtype.kind == "U"


def test_one_long_text_among_many_takes_no_memory():
    # As an array it would take 4 * 10**6 * 10**5 bytes.
    values = ["name"] * 100_000 + ["x" * 1_000_000]
    with pytest.raises(ValueError, match=r"'x+'\.\.\. has 1,000,000 letters, and the"):
        text_array(values)
