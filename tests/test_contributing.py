# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The template in CONTRIBUTING must be an estimator that keeps the contract."""

import re
import textwrap
from pathlib import Path

import numpy as np
import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from sklearn_geo.geometry import haversine_to_point
from tests import contract

TEXT = (Path(__file__).parent.parent / "CONTRIBUTING.rst").read_text()


def template():
    block = re.search(r"code-block:: python\n\n((?:[ ]{7}.*\n|\n)+)", TEXT).group(1)
    namespace = {"__name__": __name__}
    exec(textwrap.dedent(block), namespace)
    cls = namespace["DistanceEncoder"]
    globals()["DistanceEncoder"] = cls  # pickles look it up here
    return cls


ENCODER = template()
folded = type("FoldedDistanceEncoder", (contract._FoldedHook, ENCODER), {})
folded.__module__ = __name__
globals()["FoldedDistanceEncoder"] = folded


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pytest.param(estimator, check, id=contract.check_name(check))
        for estimator, check in estimator_checks_generator(folded())
    ],
)
def test_template_passes_the_checks(estimator, check):
    check(estimator)


def test_template_does_what_it_says():
    places = np.array([[0.0, 10.0], [0.0, 20.0]])
    encoder = ENCODER(scale_km=2.0).fit(places)
    expected = haversine_to_point(places, [0.0, 15.0]) / 2.0
    np.testing.assert_allclose(encoder.transform(places)[:, 0], expected)
    with pytest.raises(ValueError, match="scale_km"):
        ENCODER(scale_km=0.0).fit(places)


def test_the_map_of_the_house_is_true():
    root = Path(__file__).parent.parent
    paths = re.findall(r"^`([\w.]+(?:/|\.py|\.txt))`", TEXT, re.MULTILINE)
    assert len(paths) >= 10
    for path in paths:
        assert (root / path).exists() or (root / "sklearn_geo" / path).exists(), path
