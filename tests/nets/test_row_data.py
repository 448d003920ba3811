# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Batches are slices of what was given, whatever holds it."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse

from sklearn_geo.nets import Batch, LazyRows, Lookup, RowData, SparseRows

X = np.arange(14.0).reshape(7, 2)


def test_arrays_become_float32_tensors():
    batch = RowData(X, [np.arange(7), np.arange(7) / 2]).take(np.array([5, 2]))
    assert batch.inputs.dtype == torch.float32
    assert batch.inputs.tolist() == [[10, 11], [4, 5]]
    assert batch.targets[0].dtype == torch.int64
    assert batch.targets[0].tolist() == [5, 2]
    assert batch.targets[1].dtype == torch.float32
    assert batch.targets[1].tolist() == [2.5, 1.0]
    assert batch.weight is None
    assert len(batch) == 2


def test_every_container_gives_the_same_batches(tmp_path):
    order = np.array([6, 0, 3, 5, 1])
    path = tmp_path / "x.npy"
    np.save(path, X.astype(np.float32))
    expected = [[[0, 1], [6, 7], [12, 13]], [[2, 3], [10, 11]]]
    for data in (X, X.tolist(), np.asfortranarray(X), np.load(path, mmap_mode="r")):
        batches = RowData(data).batches(3, order=order)
        assert [batch.inputs.tolist() for batch in batches] == expected
    for make in (sparse.csr_array, sparse.csr_matrix, sparse.csc_array):
        batches = list(RowData(make(X)).batches(3, order=order, training=True))
        assert all(isinstance(batch.inputs, SparseRows) for batch in batches)
        found = [batch.inputs.to_scipy().toarray().tolist() for batch in batches]
        assert found == expected


def test_memory_map_is_not_copied(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, X)
    data = RowData(np.load(path, mmap_mode="r"))
    assert isinstance(data.X, np.memmap)
    part = data.subset(np.array([1, 2]))
    assert part.X is data.X
    batch = part.take(slice(0, 2))
    batch.inputs.zero_()  # a copy, so it may be written to
    assert np.array_equal(np.load(path), X)


def test_images_keep_their_bytes():
    images = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
    batch = RowData(images).take(slice(0, 1))
    assert batch.inputs.dtype == torch.uint8
    assert batch.inputs.shape == (1, 4, 4, 3)
    half = RowData(images.astype(np.float64)).take(slice(0, 1))
    assert half.inputs.dtype == torch.float32


def test_no_lone_row_is_left_over():
    sizes = [len(batch) for batch in RowData(X).batches(3)]
    assert sizes == [3, 4]
    assert [len(batch) for batch in RowData(X).batches(1)] == [1] * 7
    assert [len(batch) for batch in RowData(X[:1]).batches(3)] == [1]
    assert list(RowData(X[:0]).batches(3)) == []


def test_weights_have_mean_one():
    data = RowData(X, sample_weight=[0, 0, 0, 2, 4, 0, 1])
    batch = data.take(slice(3, 5))
    assert batch.weight.tolist() == [2.0, 4.0]
    some = RowData(X, sample_weight=[0, 0, 0, 2, 4, 0, 1], rows=np.array([3, 4]))
    np.testing.assert_allclose(some.take(slice(0, 2)).weight, [2 / 3, 4 / 3])


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        ([1.0] * 6, "has shape .6,.; X has 7 rows"),
        ([-1.0] + [1.0] * 6, "must not be negative"),
        ([0.0] * 7, "not zero everywhere"),
        ([1e308] * 7, "adds up to infinity"),
    ],
)
def test_bad_weights(weight, words):
    with pytest.raises(ValueError, match=words):
        RowData(X, sample_weight=weight)


def test_targets_of_other_length():
    with pytest.raises(ValueError, match="Target 1 has 6 rows, X has 7"):
        RowData(X, [np.zeros(7), np.zeros(6)])


def test_subset_of_a_subset():
    part = RowData(X, [np.arange(7)]).subset(np.array([6, 4, 2])).subset([2, 0])
    assert part.take(slice(0, 2)).targets[0].tolist() == [2, 6]
    assert len(part) == 2
    assert part[1].targets[0].tolist() == [6]


def test_sparse_targets_and_lookups():
    table = sparse.csr_array([[0.9, 0.1, 0], [0, 1.0, 0]])
    lookup = Lookup([1, -1, 0], table)
    assert lookup.shape == (3, 3)
    assert len(lookup) == 3
    batch = RowData(X[:3], [lookup, sparse.coo_array(np.eye(3))]).take(np.arange(3))
    smoothed, eye = (target.to_scipy().toarray() for target in batch.targets)
    np.testing.assert_allclose(smoothed, [[0, 1, 0], [0, 0, 0], [0.9, 0.1, 0]])
    assert np.array_equal(eye, np.eye(3))


def test_whether_batches_are_sparse():
    rows = sparse.csr_array(np.eye(3))
    assert RowData(rows).is_sparse
    assert RowData(LazyRows((3, 3), lambda at: rows[at])).is_sparse
    assert not RowData(np.eye(3)).is_sparse
    assert not RowData(LazyRows((3, 3), lambda at: np.eye(3)[at])).is_sparse
    assert not RowData(LazyRows((0, 3), None)).is_sparse


def test_lookup_refuses_what_is_not_in_its_table():
    with pytest.raises(ValueError, match="goes from -1 to 2, but the table has 2"):
        Lookup([0, -1, 2], np.eye(2))
    with pytest.raises(ValueError, match="index goes from -2"):
        Lookup([0, -2], np.eye(2))


def test_batch_moves():
    batch = Batch(torch.zeros(2, 1), (torch.zeros(2),), torch.ones(2)).to("meta")
    assert batch.inputs.device.type == "meta"
    assert batch.targets[0].device.type == batch.weight.device.type == "meta"


def test_tables_to_look_up_are_anything_with_rows():
    for table in ([[1.0, 0.0], [0.25, 0.75]], sparse.coo_array([[1, 0], [0.25, 0.75]])):
        rows = Lookup([1, 0, -1], table)[np.array([0, 2])].toarray()
        assert rows.tolist() == [[0.25, 0.75], [0.0, 0.0]]
    assert Lookup([], np.eye(2)).shape == (0, 2)
    for index in ([0.0, 1.5], [True, False], ["0", "1"]):
        with pytest.raises(ValueError, match=r"^index has the dtype .* whole numbers"):
            Lookup(index, np.eye(2))


@pytest.mark.parametrize("kind", ["i2", "f4", "f8", "i4"])
def test_images_come_in_any_byte_order(kind):
    images = np.arange(24).reshape(2, 3, 2, 2)
    here, there = (
        RowData(images.astype(order + kind)).take(np.array([1])).inputs
        for order in ("<", ">")
    )
    assert here.dtype == there.dtype
    assert there.tolist() == images[1:].tolist()


def test_frames_are_read_by_row():
    X = np.arange(12.0).reshape(4, 3)
    frame = pd.DataFrame(X, index=[3, 2, 1, 0])
    rows = RowData(frame, [frame[0], frame[[1, 2]]])
    batch = rows.take(np.array([0, 3]))
    assert batch.inputs.tolist() == X[[0, 3]].tolist()
    assert batch.targets[0].tolist() == [0.0, 9.0]
    assert batch.targets[1].tolist() == X[[0, 3], 1:].tolist()
