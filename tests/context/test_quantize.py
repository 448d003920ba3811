# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sklearn_geo.context._architecture import Architecture
from sklearn_geo.context._quantize import (
    DTYPES,
    pack_weights,
    packed_shapes,
    unpack_weights,
)
from sklearn_geo.nets import RowLinear, get_weights

# Two units: one with weights up to 127, so a step of 1; one up to 12.7, a step of 0.1.
BY_ROW = np.array([[127.0, 12.7], [-63.6, -0.26], [0.4, 0.0]], dtype=np.float32)
WIDTHS = {"a": 2, "b": 3, "c": 4}
BYTES = np.array([[127, 127], [-64, -3], [0, 0]])


@pytest.mark.parametrize("name", ["0.trunk.0.weight", "1.heads.weight"])
def test_worked_numbers_where_rows_are_inputs(name):
    packed = pack_weights({name: BY_ROW}, "int8")
    assert packed[name].dtype == np.int8
    np.testing.assert_array_equal(packed[name], BYTES)
    assert packed[name + ".scale"].shape == (1, 2)
    np.testing.assert_allclose(packed[name + ".scale"], [[1.0, 0.1]], rtol=1e-6)
    back = unpack_weights(packed, "int8")
    assert list(back) == [name]
    expected = [[127, 12.7], [-64, -0.3], [0, 0]]
    np.testing.assert_allclose(back[name], expected, rtol=1e-6)


def test_worked_numbers_where_rows_are_units():
    name = "0.trunk.2.weight"
    packed = pack_weights({name: BY_ROW.T}, "int8")
    np.testing.assert_array_equal(packed[name], BYTES.T)
    np.testing.assert_allclose(packed[name + ".scale"], [[1.0], [0.1]], rtol=1e-6)


def test_layers_are_what_the_rule_takes_them_for():
    architecture = Architecture(5, (("a", "b"), ("c",)), WIDTHS, (6, 7, 8))
    for number in range(2):
        module = architecture.module(number)
        by_row = {
            name for name, part in module.named_modules() if isinstance(part, RowLinear)
        }
        assert by_row == {"trunk.0", "heads"}
        # A unit has a scale of its own, so its bias is as long as the scales.
        packed = pack_weights(
            {f"{number}.{name}": a for name, a in get_weights(module).items()}, "int8"
        )
        for name in packed:
            if name.endswith(".weight"):
                bias = packed[name.replace("weight", "bias")]
                assert packed[name + ".scale"].size == bias.size
                assert bias.dtype == np.float32


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("hidden", [(), (6,), (6, 7, 8)])
def test_shapes_are_foretold(dtype, hidden):
    architecture = Architecture(5, (("a", "b"), ("c",)), WIDTHS, hidden)
    shapes = architecture.shapes()
    weights = {name: np.ones(shape, np.float32) for name, shape in shapes.items()}
    packed = pack_weights(weights, dtype)
    found = {name: (array.shape, str(array.dtype)) for name, array in packed.items()}
    assert found == packed_shapes(shapes, dtype)
    back = unpack_weights(packed, dtype)
    assert {name: array.shape for name, array in back.items()} == shapes
    for array in back.values():
        assert array.dtype == np.float32
        np.testing.assert_allclose(array, 1.0, rtol=1e-6)
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


@settings(deadline=None)
@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(0, 5), st.integers(0, 5)),
        elements=st.floats(-1e6, 1e6, width=32, allow_subnormal=False),
    ),
    st.sampled_from(["0.heads.weight", "0.trunk.4.weight"]),
)
def test_half_a_step_at_most(weights, name):
    packed = pack_weights({name: weights}, "int8")
    back = unpack_weights(packed, "int8")[name]
    scale = packed[name + ".scale"].astype(float)
    error = np.abs(back.astype(float) - weights)
    assert (error <= scale / 2 * (1 + 1e-4)).all()
    # What is stored again stays what it is.
    again = pack_weights({name: back}, "int8")
    np.testing.assert_array_equal(again[name], packed[name])


def test_units_of_zeros_and_of_the_smallest_numbers():
    weights = np.array([[0, 1e-45, 1e-38], [0, -1e-45, -1e-38]], np.float32)
    packed = pack_weights({"0.heads.weight": weights}, "int8")
    back = unpack_weights(packed, "int8")["0.heads.weight"]
    np.testing.assert_allclose(back, weights, atol=1e-40)


def test_float16_rounds_to_eleven_bits_and_ends_at_65504():
    weights = {"b": np.array([1 + 2**-11, 1 + 3 * 2**-11, -65504.0], np.float32)}
    packed = pack_weights(weights, "float16")
    assert packed["b"].dtype == np.float16
    back = unpack_weights(packed, "float16")["b"]
    assert back.tolist() == [1.0, 1 + 2**-9, -65504.0]
    for value in (65505.0, -70000.0, np.inf, np.nan):
        words = r'b has the value .*dtype="float16" ends at 65504.*"float32"'
        with pytest.raises(ValueError, match=words):
            pack_weights({"b": np.array([0, value], np.float32)}, "float16")


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_int8_refuses_what_is_not_finite(value):
    weights = {"0.heads.weight": np.array([[0, value]], np.float32)}
    with pytest.raises(ValueError, match=r"0\.heads\.weight has values that are not"):
        pack_weights(weights, "int8")


def test_float32_is_not_copied_and_other_dtypes_are_refused():
    array = np.ones((2, 3), np.float32)
    packed = pack_weights({"0.heads.weight": array}, "float32")
    assert packed["0.heads.weight"] is array
    back = unpack_weights(packed, "float32")["0.heads.weight"]
    assert np.shares_memory(back, array)
    assert array.flags.writeable
    for run in (pack_weights, unpack_weights, packed_shapes):
        with pytest.raises(ValueError, match=r"dtype='int4': use one of"):
            run({}, "int4")
