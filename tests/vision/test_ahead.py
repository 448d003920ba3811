# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Work done ahead: in order, bounded, and errors where they belong."""

import threading
import time

import pytest

from sklearn_geo.vision._ahead import done_ahead


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_in_order(n_threads):
    def late(value):
        time.sleep(0.001 * (value % 3))
        return -value

    assert list(done_ahead(late, range(20), n_threads, 4)) == [-v for v in range(20)]
    assert list(done_ahead(late, [], n_threads, 4)) == []


def test_no_more_than_so_many_wait():
    begun = []
    results = done_ahead(lambda value: begun.append(value) or value, range(100), 2, 3)
    assert next(results) == 0
    time.sleep(0.05)
    assert len(begun) <= 3
    results.close()
    assert len(begun) <= 3


def test_errors_come_in_their_turn():
    def picky(value):
        if value == 3:
            raise KeyError(value)
        return value

    results = done_ahead(picky, range(1000), 2, 8)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    before = threading.active_count()
    with pytest.raises(KeyError):
        next(results)
    assert threading.active_count() < before  # nobody goes on working
