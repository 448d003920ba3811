# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A fit that fails leaves what was there before."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import NotFittedError

from sklearn_geo.vision import EvenCrops, PosteriorTransformer
from tests.vision.photo_files import Small, pixels

PHOTOS = pixels(5)


def teacher(n_classes, seed, names):
    return PosteriorTransformer(
        Small(n_classes, seed), class_names=names, image_size=12, device="cpu"
    )


def test_a_second_fit_of_another_network_that_fails():
    model = teacher(4, 0, list("abcd")).fit(PHOTOS)
    before, first = model.transform(PHOTOS), model.module
    assert not np.allclose(teacher(4, 1, None).fit_transform(PHOTOS), before)
    model.set_params(module=Small(4, seed=1), class_names=list("ab"))
    with pytest.raises(ValueError, match="class_names has 2 names"):
        model.fit(PHOTOS)
    model.set_params(module=first, class_names=list("abcd"))
    assert_array_equal(model.transform(PHOTOS), before)
    assert model.get_feature_names_out().tolist() == [f"class_{c}" for c in "abcd"]


def test_a_first_fit_that_fails_is_none():
    model = teacher(4, 0, list("ab"))
    with pytest.raises(ValueError, match="class_names has 2 names"):
        model.fit(PHOTOS)
    for ask in (model.transform, model.get_feature_names_out):
        with pytest.raises(NotFittedError):
            ask(PHOTOS)


def test_crops_keep_the_name_of_their_column():
    photos = pd.DataFrame({"photo": list(PHOTOS)})
    crops = EvenCrops(2, size=8).fit(photos)
    with pytest.raises(ValueError, match="X"):
        crops.fit(np.zeros((3, 4)))
    assert crops.feature_names_in_.tolist() == ["photo"]
