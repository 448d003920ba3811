# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows on a device give the batches that rows in memory give."""

import numpy as np
import pytest
import torch
from scipy import sparse

from sklearn_geo.nets import DeviceRows, Lookup, RowData, keep_on_device

rng = np.random.default_rng(0)
X, y, P = rng.random((30, 4)), rng.integers(5, size=30), rng.random((30, 3))


def data(**options):
    return RowData(X, [y, P], rng.random(30), **options)


@pytest.mark.parametrize("rows", [None, np.arange(29, 3, -2)])
def test_batches_are_the_same(rows):
    there = data(rows=rows)
    here = DeviceRows(there, "cpu")
    order = rng.permutation(len(there))
    for options in ({}, {"order": order}, {"training": True}):
        pairs = zip(
            there.batches(4, **options), here.batches(4, **options), strict=True
        )
        for a, b in pairs:
            assert torch.equal(a.inputs, b.inputs)
            assert torch.equal(a.weight, b.weight)
            assert all(map(torch.equal, a.targets, b.targets))
    part = np.array([5, 1, 2])
    a, b = there.subset(part).take(slice(0, 3)), here.subset(part).take(slice(0, 3))
    assert torch.equal(a.inputs, b.inputs)


def test_what_stays_where_it_is(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (10**6, 10**6))
    np.save(tmp_path / "x.npy", X)
    many = RowData(np.zeros((1000, 40)))  # 320,000 bytes are more than a quarter
    for rows in (
        many,
        RowData(np.load(tmp_path / "x.npy", mmap_mode="r")),
        RowData(sparse.csr_array(X)),
        RowData(X, [Lookup(y, np.eye(5))]),
        RowData(X, [sparse.csr_array(P)]),
    ):
        assert keep_on_device([rows, None], "cuda") == [rows, None]
    assert keep_on_device([data(), None], "cpu")[1] is None
    other = RowData(X.copy())
    first = RowData(X)
    assert keep_on_device([first, other], "cuda") == [first, other]
    # What lies there has one target and one weight a row.
    weight = rng.random(30)
    whole = RowData(X, [y], weight)
    for other in (
        RowData(X, [y.copy()], weight, rows=np.arange(9)),
        RowData(X, [y, P], weight),
        RowData(X, [y], 1 + weight),
        RowData(X, [y]),
        RowData(X),
    ):
        assert keep_on_device([whole, other], "cuda") == [whole, other]
        assert keep_on_device([other, whole], "cuda") == [other, whole]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="There is no CUDA device.")
def test_parts_share_what_lies_there():
    whole = data()
    parts = [whole.subset(np.arange(20)), whole.subset(np.arange(20, 30))]
    there = keep_on_device(parts, "cuda")
    assert there[0]._all is there[1]._all
    for a, b in zip(parts, there, strict=True):
        batch = b.take(np.array([1, 4]))
        assert batch.inputs.device.type == "cuda"
        assert torch.equal(batch.inputs.cpu(), a.take(np.array([1, 4])).inputs)
