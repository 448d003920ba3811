# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of both estimators share: scikit-learn's checks."""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from tests.contract import check_name

# The first column and the others: two blocks of whatever the checks feed.
TWO_BLOCKS = {"first": slice(0, 1), "others": slice(1, None)}
# Checks that cannot pass, and why.
EXPECTED_FAILURES = dict.fromkeys(
    (
        "check_sample_weight_equivalence_on_dense_data",
        "check_sample_weight_equivalence_on_sparse_data",
    ),
    "Batches are drawn at random among rows: a row of weight 2 is drawn once, two "
    "equal rows are drawn apart.",
)
FAILURES_OF_TWO_BLOCKS = {
    "check_fit2d_1feature": "A single column makes no second block, which is said.",
}
FAILURES_OF_MASKS = {
    "check_estimators_pickle": "It has rows of NaN in every block, of which nothing is "
    "known, which is said.",
}


def checks_of(make, expected):
    """Yield parameters of a test that runs the checks on an estimator.

    Parameters
    ----------
    make : callable
        Makes the estimator.

    expected : dict of str to str
        Checks that fail in addition to those here, and why.
    """
    expected = {**EXPECTED_FAILURES, **expected}
    for estimator, check in estimator_checks_generator(make()):
        name = check_name(check)
        marks = ()
        if name in expected:
            marks = pytest.mark.xfail(reason=expected[name], strict=True)
        yield pytest.param(estimator, check, id=name, marks=marks)
