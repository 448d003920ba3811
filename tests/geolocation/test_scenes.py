# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_geo.geolocation._scenes import read_scenes


def test_labels_and_probabilities():
    assert read_scenes(None, 3) == (None, None)
    scenes, target = read_scenes(["urban", "indoor", "urban"], 3)
    assert scenes.tolist() == ["indoor", "urban"]
    np.testing.assert_array_equal(target, [1, 0, 1])
    assert target.dtype == np.int64
    scenes, target = read_scenes([[1, 3], [2, 0]], 2)
    assert scenes.tolist() == [0, 1]
    np.testing.assert_array_equal(target, [[0.25, 0.75], [1.0, 0.0]])


def test_what_is_learnt_later_has_the_numbers_of_before():
    known = np.array(["indoor", "natural", "urban"])
    scenes, target = read_scenes(["urban"], 1, go_on=True, known=known)
    assert scenes.tolist() == known.tolist()
    np.testing.assert_array_equal(target, [2])


@pytest.mark.parametrize(
    ("scenes", "known", "words"),
    [
        (["a"], None, "got shape"),
        (["a", "z"], ["a", "b"], "row 1: 'z' was not among the scenes"),
        ([[1.0, 0.0], [1.0, np.nan]], None, "row 1: probabilities are finite"),
        ([[1.0, -0.1], [1.0, 0.0]], None, "row 0: probabilities are finite"),
        ([[1.0, 0.0], [1.0, 0.0]], ["a", "b", "c"], "2 columns; there were 3 before"),
        (None, ["a", "b"], "has learnt 2 scenes: pass scenes= again"),
    ],
)
def test_words(scenes, known, words):
    known = None if known is None else np.array(known)
    with pytest.raises(ValueError, match=words):
        read_scenes(scenes, 2, go_on=known is not None, known=known)
