# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklearn_geo._tags import read_tags


@pytest.mark.parametrize("dtype", ["M8[s]", "m8[D]"])
def test_times_are_no_tags(dtype):
    with pytest.raises(TypeError, match=r"^y holds times, of dtype"):
        read_tags(np.zeros((2, 3), dtype=dtype), name="y")


def test_tags_that_are_masked_are_refused():
    tags = np.ma.array(np.eye(3), mask=False)
    assert read_tags(tags, name="y")[0].toarray().tolist() == np.eye(3).tolist()
    tags.mask[1, 1] = True
    with pytest.raises(ValueError, match=r"^y, row 1: the value is masked"):
        read_tags(tags, name="y")


@pytest.mark.parametrize("words", [[*"abc"], [["a"], ["b"], ["c"]]])
@pytest.mark.parametrize("dress", [list, pd.Series, pl.Series])
def test_words_are_no_tag_indicator(dress, words):
    with pytest.raises(ValueError, match=r"y holds words.*TagVectorizer"):
        read_tags(dress(words), name="y")
