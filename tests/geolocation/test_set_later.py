# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is set, or learnt inside, after fit, and what that has to do with answers."""

import pickle

import numpy as np
import pytest

from sklearn_geo.geolocation import (
    AlbumGeolocator,
    TimeAdjustedGeolocator,
)
from tests.geolocation.wrapping import album_photos, classifier, looks

FRAME, TOWNS = album_photos(n_users=25)
LOOKS = looks(FRAME).to_numpy()
ROWS = {"times": FRAME["taken"], "groups": FRAME["user"]}


def weights_of(model):
    parts = model.net_.module_.parameters()
    return np.concatenate([part.detach().numpy().ravel() for part in parts])


# Warm starts --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "more"),
    [
        (classifier(early_stopping=True, batch_size=8), {"groups": FRAME["user"]}),
        (TimeAdjustedGeolocator(classifier(), cv=2, max_iter=2), ROWS),
        (
            TimeAdjustedGeolocator(
                classifier(), cv=2, max_iter=2, preset="paper", hidden=(4, 4, 4)
            ),
            ROWS,
        ),
        (AlbumGeolocator(classifier(), cv=2, max_iter=2), ROWS),
        (AlbumGeolocator(classifier(), cv=2, max_iter=2, preset="paper"), ROWS),
    ],
    ids=["cells", "times", "paper's times", "albums", "paper's albums"],
)
def test_a_warm_start_takes_the_seed_that_is_set(model, more):
    model.set_params(warm_start=True, random_state=0, batch_size=8, device="cpu").fit(
        LOOKS, TOWNS, **more
    )
    held_out, said = getattr(model, "calibration_groups_", None), []
    for seed in (0, 5, 5, None):
        one = pickle.loads(pickle.dumps(model)).set_params(random_state=seed)
        said.append(weights_of(one.fit(LOOKS, TOWNS, **more)))
        assert one._seed == model._seed  # of the rows held out
        np.testing.assert_array_equal(
            getattr(one, "calibration_groups_", None), held_out
        )
    np.testing.assert_array_equal(said[1], said[2])
    np.testing.assert_array_equal(said[0], said[3])
    assert np.abs(said[0] - said[1]).max() > 1e-5
