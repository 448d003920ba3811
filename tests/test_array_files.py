# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import os
import pickle
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo._array_files import open_array


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.zeros((0, 3)),
        np.array(5),
        np.array(["a", "bc"]),
    ],
)
def test_what_was_saved_is_mapped(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    mapped = open_array(tmp_path / "a.npy")
    assert isinstance(mapped, np.memmap) == bool(array.size)
    assert not mapped.flags.writeable
    assert_array_equal(mapped, array)
    assert mapped.dtype == array.dtype


def header(text, version=b"\x01\x00", length=None):
    text = text.encode("latin-1")
    width = 2 if version[0] == 1 else 4
    length = len(text) if length is None else length
    return b"\x93NUMPY" + version + length.to_bytes(width, "little") + text


GOOD = "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }"


class Bomb:
    """A pickle that makes a folder when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "damaged"),
        (b"PK\x03\x04" + bytes(60), "magic string"),
        (header(GOOD)[:9], "damaged"),
        (header(GOOD), "damaged"),
        (header(GOOD) + bytes(23), "damaged"),
        (header(GOOD, b"\x02\x00", 2**32 - 1) + bytes(24), "longer than the file"),
        (header(GOOD, b"\x09\x00", 20) + bytes(24), "format version"),
        (header(GOOD.replace("3,", "2, 2**62")) + bytes(24), "damaged"),
        (header(GOOD.replace("3", "4611686018427387904")) + bytes(24), "damaged"),
        (header(GOOD.replace("3", "-3")) + bytes(24), "its shape is"),
        (header(GOOD.replace("3,", "0, 2**70")) + bytes(24), "damaged"),
        (header(GOOD.replace("3", "True")) + bytes(24), "damaged"),
        (header(GOOD.replace("<f8", "<U1000000")) + bytes(24), "damaged"),
        (header(GOOD.replace("<f8", "|O")) + bytes(24), "objects, which are code"),
        (header(GOOD.replace("'<f8'", "()")) + bytes(24), "damaged"),
        (header(GOOD.replace("}", "")) + bytes(24), "damaged"),
        (header(GOOD.replace("(3,)", "(1,) * 70")) + bytes(24), "damaged"),
        (header(GOOD.replace("'", '"""', 1)) + bytes(24), "damaged"),
    ],
)
def test_what_lies_is_refused_by_name(tmp_path, data, words):
    path = tmp_path / "a.npy"
    path.write_bytes(data)
    tracemalloc.start()
    with pytest.raises(ValueError, match=words) as caught:
        open_array(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(path) in str(caught.value)
    assert peak < 5e6


@pytest.mark.parametrize("dtype", ["'<U0'", "'|S0'", "'|V0'", "[('a', '<f8', (0,))]"])
def test_values_without_bytes_take_no_memory(tmp_path, dtype):
    path = tmp_path / "a.npy"
    for shape in ("(100_000_000,)", "(1,)", "()"):
        text = f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}}}"
        path.write_bytes(header(text))
        tracemalloc.start()
        with pytest.raises(ValueError, match=r"a\.npy is .* values have no bytes"):
            open_array(path)
        assert tracemalloc.get_traced_memory()[1] < 1e6
        tracemalloc.stop()
    path.write_bytes(header(text.replace("()", "(0, 3)")))
    assert open_array(path).shape[:2] == (0, 3)


def test_no_pickle_is_read(tmp_path):
    crater = tmp_path / "crater"
    bomb = pickle.dumps(Bomb(crater))
    for data in (bomb, header(GOOD.replace("<f8", "|O").replace("3,", "")) + bomb):
        (tmp_path / "a.npy").write_bytes(data)
        with pytest.raises(ValueError, match=r"a\.npy is damaged"):
            open_array(tmp_path / "a.npy")
    assert not crater.exists()
    pickle.loads(bomb)  # it would have gone off
    assert crater.exists()


def test_what_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"a\.npy"):
        open_array(tmp_path / "a.npy")
    with pytest.raises(IsADirectoryError):
        open_array(tmp_path)
