# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows at once, by hand."""

import sklearn

from sklearn_geo.nets import rows_in_memory


def test_rows_in_memory_by_hand():
    with sklearn.config_context(working_memory=2):
        assert rows_in_memory(1024, 10**6) == 2048
        assert rows_in_memory(1024, 100) == 100
        assert rows_in_memory(2**40, 100) == 1
