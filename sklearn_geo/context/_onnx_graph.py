# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Graphs of ONNX written as arithmetic."""

import numpy as np

__all__ = ["Graph", "Value", "import_onnx"]

# Old enough for the runtimes of phones, new enough for the softmax along one axis.
_OPSET, _IR_VERSION = 13, 7


def import_onnx():
    """Return the package `onnx`, or say how to get it."""
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.numpy_helper
    except ImportError as error:
        raise ImportError(
            "Exporting a zone needs onnx: pip install 'sklearn-geo[onnx]'"
        ) from error
    return onnx


class Graph:
    """A graph that grows by a node with every operation on its values."""

    def __init__(self):
        self._onnx = import_onnx()
        self._nodes, self._arrays, self._inputs, self._outputs = [], [], [], []
        self._taken = set()

    def input(self, name, dtype, width):
        """Add an input of shape (n, width), and return it."""
        self._inputs.append(self._describe(name, dtype, width))
        return Value(self, self._take(name))

    def output(self, name, value, width):
        """Call a value of shape (n, width) in single precision an output."""
        self.apply("Identity", value, name=name)
        self._outputs.append(self._describe(name, np.float32, width))

    def array(self, array, hint="constant"):
        """Add a constant, and return it."""
        name = self._take(f"{hint}:{len(self._arrays)}")
        array = np.ascontiguousarray(array)
        self._arrays.append(self._onnx.numpy_helper.from_array(array, name))
        return Value(self, name)

    def apply(self, operator, *inputs, name=None, n_outputs=None, **attributes):
        """Add a node.

        Parameters
        ----------
        operator : str
            Its kind.

        *inputs : Value, float or ndarray
            What it reads; numbers become constants in double precision.

        name : str or None, default=None
            What its only output is called.

        n_outputs : int or None, default=None
            How many outputs it has; None is one.

        **attributes
            What else the operator needs.

        Returns
        -------
        Value or list of Value
            Its output, or all of them where `n_outputs` is given.
        """
        if name is None:
            name = f"{operator}:{len(self._nodes)}"
        names = (
            [name] if n_outputs is None else [f"{name}.{i}" for i in range(n_outputs)]
        )
        names = [self._take(name) for name in names]
        node = self._onnx.helper.make_node(
            operator, [self._read(value).name for value in inputs], names, **attributes
        )
        self._nodes.append(node)
        values = [Value(self, name) for name in names]
        return values[0] if n_outputs is None else values

    def model(self, name, metadata):
        """Return the checked model.

        Parameters
        ----------
        name : str
            What the graph is called.

        metadata : dict of str to str
            What to write beside it.

        Returns
        -------
        onnx.ModelProto
            The model.
        """
        helper = self._onnx.helper
        nodes, arrays = self._used()
        graph = helper.make_graph(nodes, name, self._inputs, self._outputs, arrays)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", _OPSET)],
            ir_version=_IR_VERSION,
            producer_name="sklearn-geo",
            producer_version=metadata["version"],
        )
        helper.set_model_props(model, metadata)
        self._onnx.checker.check_model(model, full_check=True)
        return model

    def _used(self):
        """Return the nodes and constants that outputs depend on.

        Values that nobody reads are not only a waste: onnxruntime up to 1.18 gave wrong
        numbers from the second batch of a size on where there were some.
        """
        nodes, needed = [], {output.name for output in self._outputs}
        for node in reversed(self._nodes):
            if not needed.isdisjoint(node.output):
                nodes.append(node)
                needed.update(node.input)
        return nodes[::-1], [array for array in self._arrays if array.name in needed]

    def _read(self, value):
        if isinstance(value, Value):
            return value
        return self.array(np.asarray(value, dtype=np.float64))

    def _take(self, name):
        if name in self._taken:
            raise ValueError(
                f"Two values of the exported graph would be called {name!r}. Give the "
                "context another name."
            )
        self._taken.add(name)
        return name

    def _describe(self, name, dtype, width):
        kind = self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self._onnx.helper.make_tensor_value_info(name, kind, ["n", width])


class Value:
    """A value in a graph; what is done to it happens when the graph runs."""

    # Arrays leave operations to this class, with themselves on the left.
    __array_ufunc__ = None

    def __init__(self, graph, name):
        self.graph, self.name = graph, name

    def apply(self, operator, *others, **attributes):
        """Add a node that reads this value first."""
        return self.graph.apply(operator, self, *others, **attributes)

    def cast(self, dtype):
        """Give the value in another type."""
        kind = self.graph._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.apply("Cast", to=kind)

    def columns(self, positions):
        """Give some columns of a value of two axes."""
        positions = self.graph.array(np.asarray(positions, dtype=np.int64))
        return self.apply("Gather", positions, axis=1)

    def __add__(self, other):
        return self.apply("Add", other)

    def __radd__(self, other):
        return self.graph.apply("Add", other, self)

    def __sub__(self, other):
        return self.apply("Sub", other)

    def __rsub__(self, other):
        return self.graph.apply("Sub", other, self)

    def __mul__(self, other):
        return self.apply("Mul", other)

    def __rmul__(self, other):
        return self.graph.apply("Mul", other, self)

    def __truediv__(self, other):
        return self.apply("Div", other)

    def __rtruediv__(self, other):
        return self.graph.apply("Div", other, self)

    def __matmul__(self, other):
        return self.apply("MatMul", other)

    def __neg__(self):
        return self.apply("Neg")
