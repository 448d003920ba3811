# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import sys

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest

from sklearn_geo.distributed import fit_zone_store, transform
from sklearn_geo.distributed._engine import add_up, each_part, each_task, parts_of


def numbered(part, setup, number, more):
    return [(number, part["x"].tolist(), setup, more)]


def joined(results):
    return [each for result in results for each in result]


@pytest.mark.parametrize("n_parts", [1, 2, 16, 17, 40])
def test_parts_are_numbered_and_added_up_in_order(n_parts):
    frame = pd.DataFrame({"x": np.arange(40), "y": "text"})
    table = dd.from_pandas(frame, npartitions=n_parts)
    tasks = parts_of(table, ["x"], numbered, {"a": 1}, "more")
    assert len(tasks) == n_parts
    found = add_up(tasks, joined)
    assert [each[0] for each in found] == list(range(n_parts))
    assert [x for each in found for x in each[1]] == list(range(40))
    assert all(each[2:] == ({"a": 1}, "more") for each in found)
    assert joined(each_part(tasks)) == found


def test_without_a_client_jobs_are_done_here_one_by_one():
    done = []
    results = each_task(lambda job, setup, more: (job, setup, more), [3, 1], "s", "m")
    for result in results:
        done.append(result)
    assert done == [(3, "s", "m"), (1, "s", "m")]


@pytest.mark.parametrize("missing", ["dask.dataframe", "distributed"])
def test_without_dask_it_is_said_what_to_install(monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    for call in (lambda: fit_zone_store(None, None, None), lambda: transform(0, 0)):
        with pytest.raises(ImportError, match=r"pip install 'sklearn-geo\[dask\]'"):
            call()
