# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Settings that numpy holds in few bits are the same numbers."""

import numpy as np
import pytest

from tests.reliability.subjects import SUBJECTS, answers, taught

# scikit-learn's constraint of a share that is no count takes no narrow float.
_ONLY_WIDE = {"min_df", "max_df"}


def _narrow(value):
    """Return a number in the fewest bits that hold it exactly, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    kinds = (np.int8, np.int64) if isinstance(value, int) else (np.float16,)
    for kind in kinds:
        if (
            isinstance(value, float)
            or np.iinfo(kind).min <= value <= np.iinfo(kind).max
        ):
            return kind(value)
    return None


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_narrow_numbers_as_settings(subject):
    settings = subject.make().get_params(deep=False)
    narrow = {name: _narrow(value) for name, value in settings.items()}
    narrow = {
        name: value
        for name, value in narrow.items()
        if value is not None and name not in _ONLY_WIDE
    }
    if not narrow:
        pytest.skip("no setting of it is a number")
    wide = {name: value.item() for name, value in narrow.items()}
    X = subject.rows(np.random.default_rng(1), 20)
    expected = answers(subject, taught(subject, **wide), X)
    with np.errstate(over="raise"):
        found = answers(subject, taught(subject, **narrow), X)
    for name, answer in expected.items():
        assert found[name].dtype == answer.dtype, name
        np.testing.assert_array_equal(found[name], answer, err_msg=name)
