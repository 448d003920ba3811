# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The list of what is attacked has every public estimator, and each can be taught."""

import numpy as np
import pytest
from sklearn.base import clone

from sklearn_geo.base import GeoEstimator
from tests.reliability.subjects import SUBJECTS, answers, public_estimators, taught


def test_nobody_is_forgotten():
    assert {subject.cls.__name__ for subject in SUBJECTS} == public_estimators()


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_has_the_base_that_links_to_the_docs_and_dates_pickles(subject):
    assert isinstance(subject.make(), GeoEstimator)


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_can_be_taught_and_asked(subject):
    estimator = taught(subject)
    assert isinstance(clone(estimator), subject.cls)
    X = subject.rows(np.random.default_rng(1), 7)
    for answer in answers(subject, estimator, X).values():
        assert len(answer) == 7
        if isinstance(answer, np.ndarray) and answer.dtype.kind == "f":
            assert np.isfinite(answer).all()
