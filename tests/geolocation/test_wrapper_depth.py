# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Wrappers in wrappers: a stranger's folder may hold as many as paths are long."""

import re

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator

from sklearn_geo.geolocation import UserAveragingGeolocator, _wrapper_files
from tests.geolocation.test_wrapper_files import PLACES, averaging, frame_of


def around(model, frame):
    """Wrap a fitted model once more."""
    return averaging(FrozenEstimator(model), cv="prefit").fit(frame, PLACES)


def test_wrappers_in_one_another_are_few(tmp_path, monkeypatch):
    model = averaging()
    frame = frame_of(model)
    model.fit(frame, PLACES)
    for _ in range(4):
        model = around(model, frame)
    model.save_pretrained(tmp_path / "five")
    again = UserAveragingGeolocator.from_pretrained(tmp_path / "five")
    np.testing.assert_array_equal(again.predict(frame), model.predict(frame))
    model = around(model, frame)
    with pytest.raises(ValueError, match="are 6 wrappers in one another, and 5 at mo"):
        model.save_pretrained(tmp_path / "six")
    assert not (tmp_path / "six").exists()
    # A stranger writes what he likes.
    with monkeypatch.context() as patch:
        patch.setattr(_wrapper_files, "_DEEPEST", 6)
        model.save_pretrained(tmp_path / "six")
    sixth = re.escape(str(tmp_path.joinpath("six", *5 * ["estimator"])))
    with pytest.raises(ValueError, match=f"{sixth} is a wrapper within 5 others"):
        UserAveragingGeolocator.from_pretrained(tmp_path / "six")
