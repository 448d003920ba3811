# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Weights in fewer bytes: half precision, or a byte each with a scale a unit."""

import numpy as np

__all__ = ["DTYPES", "pack_weights", "packed_shapes", "unpack_weights"]

DTYPES = ("float32", "float16", "int8")
_SCALE = ".scale"
_LARGEST_HALF = 65504.0
# Layers that keep a row for each input: the first of a trunk and the heads (RowLinear).
# Those between keep a row for each unit (torch's Linear).
_ROWS_ARE_INPUTS = ("trunk.0.weight", "heads.weight")


def pack_weights(weights, dtype):
    r"""Return the arrays that are stored for the weights of a zone.

    Parameters
    ----------
    weights : dict of str to ndarray
        Weights, see :class:`Architecture`.

    dtype : {"float32", "float16", "int8"}
        How they are stored.

    Returns
    -------
    dict of str to ndarray
        Arrays of the same names. With "int8" each matrix has another array beside it,
        "NAME.scale"; vectors, the biases, stay float32.

    Notes
    -----
    A unit :math:`j` of a layer with weights :math:`w_{ij}` has the scale :math:`s_j =
    \max_i |w_{ij}| / 127`; stored is the integer nearest to :math:`w_{ij} / s_j`. So
    what is read is off by :math:`s_j / 2` at most.
    """
    _check_dtype(dtype)
    packed = {}
    for name, array in weights.items():
        array = np.asarray(array, dtype=np.float32)
        if dtype == "float32":
            packed[name] = array
        elif dtype == "float16":
            packed[name] = _to_half(name, array)
        elif array.ndim == 2:
            packed[name], packed[name + _SCALE] = _to_bytes(name, array)
        else:
            packed[name] = array
    return packed


def unpack_weights(arrays, dtype):
    """Return the float32 weights of a zone from the arrays that are stored.

    Parameters
    ----------
    arrays : dict of str to ndarray
        What :func:`pack_weights` returned.

    dtype : {"float32", "float16", "int8"}
        How they are stored.

    Returns
    -------
    dict of str to ndarray
        Weights that cannot be written to. Arrays that are float32 already are not
        copied.
    """
    _check_dtype(dtype)
    weights = {}
    for name, array in arrays.items():
        if array.dtype == np.int8:
            array = array * arrays[name + _SCALE]
        elif dtype == "int8" and name.endswith(_SCALE):
            continue
        array = np.asarray(array, dtype=np.float32).view()
        array.flags.writeable = False
        weights[name] = array
    return weights


def packed_shapes(shapes, dtype):
    """Return the shape and dtype of each stored array.

    Parameters
    ----------
    shapes : dict of str to tuple of int
        Shapes of the weights.

    dtype : {"float32", "float16", "int8"}
        How they are stored.

    Returns
    -------
    dict of str to tuple of (tuple of int, str)
        Shape and dtype by name.
    """
    _check_dtype(dtype)
    packed = {}
    for name, shape in shapes.items():
        if dtype != "int8":
            packed[name] = (tuple(shape), dtype)
        elif len(shape) == 2:
            scale = list(shape)
            scale[_input_axis(name)] = 1
            packed[name] = (tuple(shape), "int8")
            packed[name + _SCALE] = (tuple(scale), "float32")
        else:
            packed[name] = (tuple(shape), "float32")
    return packed


def _to_half(name, array):
    largest = float(np.abs(array).max(initial=0.0))
    if not largest <= _LARGEST_HALF:
        raise ValueError(
            f'{name} has the value {largest:g}, and dtype="float16" ends at '
            f'{_LARGEST_HALF:g}. Store it with dtype="float32".'
        )
    return array.astype(np.float16)


def _to_bytes(name, array):
    largest = np.abs(array).max(axis=_input_axis(name), keepdims=True, initial=0.0)
    if not np.isfinite(largest).all():
        raise ValueError(
            f"{name} has values that are not finite, which have no scale. Store it "
            'with dtype="float32".'
        )
    scale = largest / np.float32(127)
    steps = np.divide(array, scale, out=np.zeros_like(array), where=scale > 0)
    return np.clip(np.rint(steps), -127, 127).astype(np.int8), scale


def _input_axis(name):
    return 0 if name.endswith(_ROWS_ARE_INPUTS) else 1


def _check_dtype(dtype):
    if dtype not in DTYPES:
        raise ValueError(f"dtype={dtype!r}: use one of {DTYPES}.")
