# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A frame of dask is the frame that it computes."""

import numpy as np
import pandas as pd
import pytest

from tests.reliability.subjects import SUBJECTS, dense

dd = pytest.importorskip("dask.dataframe")
TABLES = [
    subject
    for subject in SUBJECTS
    if np.ndim(subject.rows(np.random.default_rng(0), 3)) == 2
]


def _frame(X):
    if hasattr(X, "columns"):
        return X
    return pd.DataFrame(np.asarray(X), columns=[f"c{at}" for at in range(X.shape[1])])


# scikit-learn knows the columns of pandas and polars, and warns where those of dask
# come after them, or before.
@pytest.mark.filterwarnings("ignore:X (does not have|has) (valid )?feature names")
@pytest.mark.parametrize("subject", TABLES, ids=str)
def test_frames_of_dask_give_what_they_compute(subject):
    rng = np.random.default_rng(0)
    X = subject.rows(rng, 30)
    targets, frame = subject.targets(rng, X), _frame(X)
    parts = dd.from_pandas(frame, npartitions=2, sort=False)
    known = subject.make().fit(frame, **targets)
    other = subject.make().fit(parts, **targets)
    for name in subject.methods:
        expected = dense(getattr(known, name)(frame))
        for estimator, asked in ((known, parts), (other, frame), (other, parts)):
            found = dense(getattr(estimator, name)(asked))
            # Rows lie in memory in another way, which changes the last digit.
            np.testing.assert_allclose(found, expected, 1e-6, 1e-9, err_msg=name)
