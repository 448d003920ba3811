# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is wrong with a folder is said once, in the same words."""

import pytest
import torch

from sklearn_geo.nets._fields import are_texts, flag, need, reading


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyError("seed"), "it lacks 'seed'"),
        (ValueError("seed is none."), "seed is none"),
        (OverflowError("too large"), "too large"),
        (RuntimeError("size mismatch"), "size mismatch"),
        (TypeError("x" * 9999), "x" * 500),
    ],
)
def test_a_folder_is_named_with_what_is_wrong(error, words):
    with (
        pytest.raises(ValueError, match="here is incomplete") as caught,
        reading("here"),
    ):
        raise error
    assert str(caught.value) == (
        f"here is incomplete or was changed: {words}. Copy the whole folder, or write "
        "it again with save_pretrained."
    )
    assert caught.value.__cause__ is error


def test_other_errors_are_not_about_the_folder():
    for error in (
        MemoryError(),
        torch.cuda.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory"),
    ):
        with pytest.raises(type(error)) as caught, reading("here"):
            raise error
        assert caught.value is error
    with reading("here"):
        need(True, "nothing")


def test_fields():
    assert flag({"sparse": False}, "sparse") is False
    with pytest.raises(ValueError, match="sparse is neither true nor false"):
        flag({"sparse": 0}, "sparse")
    with pytest.raises(ValueError, match="seed is none"):
        need(False, "seed is none")
    assert are_texts([])
    assert are_texts(["sea"])
    assert not are_texts("sea")
    assert not are_texts(["sea", 1])
