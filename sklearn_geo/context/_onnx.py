# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One zone in one file of ONNX: places in, contexts out."""

import json
from pathlib import Path

import numpy as np

import sklearn_geo
from sklearn_geo._whole_files import write_whole
from sklearn_geo.context._architecture import Architecture
from sklearn_geo.context._onnx_graph import Graph
from sklearn_geo.context._onnx_places import can_write_columns, write_columns
from sklearn_geo.encoding import SoftGridEncoder
from sklearn_geo.geometry import utm_zone_bounds

__all__ = ["export_zone"]

# Files of ONNX hold less than two gibibytes; some room is left for all but weights.
_MOST_BYTES = 2**31 - 2**24
# Pieces that each edge of a cell's outline is cut into.
_STEPS_AN_EDGE = 8


def export_zone(
    path,
    *,
    weights,
    networks,
    widths,
    hidden,
    encoder,
    zone,
    zone_name,
    output_layer="softmax",
    names=None,
    outline=None,
):
    """Write the networks of a zone, and the way from a place to them, as ONNX.

    A runtime and this file are all that a phone needs. onnxruntime reads it from
    version 1.16 on.

    Parameters
    ----------
    path : str or path
        The file. It is replaced in one step.

    weights : dict of str to ndarray
        The zone's arrays, see :class:`Architecture`.

    networks : sequence of sequence of str
        The contexts that share a trunk, network by network.

    widths : dict of str to int
        Number of columns of each context.

    hidden : sequence of int
        Widths of the layers of a trunk.

    encoder : estimator
        The fitted encoder that gives the networks their columns.

    zone : int or None
        The zone: the id of a UTM zone, or the cell of the encoder's partition. None is
        the whole globe.

    zone_name : str
        What it is called.

    output_layer : "softmax" or int, default="softmax"
        Distributions of the contexts, or the values of a layer of the trunks, counted
        from 1; layers and heads beyond it are left out of the file.

    names : dict of str to (sequence of str or None), default=None
        Names of the columns of contexts.

    outline : array-like of shape (n_points, 2) or None, default=None
        Latitude and longitude around the zone, for the metadata. With soft grids it is
        known already.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ImportError
        If onnx is not installed.

    ValueError
        If the weights are not those of such networks, or too large for one file.

    Notes
    -----
    *The input* is `place`, of shape (n, 2) in double precision: latitude and longitude
    in degrees. Longitudes may be counted on any turn of the globe. What the place's own
    zone is, nothing in the file asks: a place outside is drawn in the plane of this
    zone, as :meth:`SoftGridEncoder.transform_in_zone` does within 60 degrees.

    The graph computes the columns of :class:`SoftGridEncoder`,
    :class:`UnitVectorEncoder`, :class:`SinusoidalEncoder`, :class:`Sphere2VecEncoder`,
    :class:`SphericalHarmonicsEncoder` and :class:`RandomFourierEncoder`, in double
    precision. With another encoder (and with soft grids of UTM zones for networks of
    the whole globe) the input is `columns`, of shape (n, n_features) in single
    precision: what the encoder's `transform` gives.

    *The outputs* have shape (n, width) in single precision: one for each context,
    called as the context is, with its distribution in the rows; or for a hidden layer
    one for each network, called `network0_layer3` and so on.

    *The metadata* are text: `version` of the library, `zone` and `zone_name`, `input`
    (what it is called and what it means), and as JSON `encoder` with its parameters,
    `output_layer`, `contexts` (widths), `networks` and `names`. Where a zone lies is
    said by `bounds` (its south, west, north and east border) for soft grids in UTM
    zones, and by `outline` (latitude and longitude around) for other zones.

    A hard cell changes at its border: a place within nanometres of the border of two
    cells may be given to the other one.
    """
    networks = [list(contexts) for contexts in networks]
    n_features = _check_weights(weights, networks, widths, hidden)
    _check_names(names, widths)
    graph = Graph()
    inside = can_write_columns(encoder, zone)
    # A context may be called as the input is.
    source = "place" if inside else "columns"
    while source in widths:
        source += "_"
    if inside:
        n_columns = len(encoder.get_feature_names_out())
        if n_columns != n_features:
            raise ValueError(
                f"The networks read {n_features} columns, but "
                f"{type(encoder).__name__} gives {n_columns}. Export with the encoder "
                "that they were trained with."
            )
        columns = write_columns(encoder, zone, graph.input(source, np.float64, 2))
    else:
        columns = graph.input(source, np.float32, n_features)
    outputs = {}
    for number, contexts in enumerate(networks):
        if output_layer == "softmax":
            values = _layers(columns, weights, number, len(hidden))
            heads = _heads(values, weights, number, [widths[c] for c in contexts])
            outputs.update(zip(contexts, heads, strict=True))
        else:
            values = _layers(columns, weights, number, output_layer)
            outputs[f"network{number}_layer{output_layer}"] = values
    # In the order of the columns that `transform` gives.
    for name in widths if output_layer == "softmax" else outputs:
        width = widths[name] if output_layer == "softmax" else hidden[output_layer - 1]
        graph.output(name, outputs[name], width)
    metadata = {
        "version": sklearn_geo.__version__,
        "zone": "" if zone is None else str(int(zone)),
        "zone_name": str(zone_name),
        "input": f"{source}: {_meaning(inside, encoder)}",
        "encoder": _to_json({"class": type(encoder).__name__, **_parameters(encoder)}),
        "output_layer": _to_json(output_layer),
        "contexts": _to_json(dict(widths)),
        "networks": _to_json(networks),
        "names": _to_json(names),
        **_border(encoder, zone, outline),
    }
    model = graph.model(f"sklearn-geo zone {zone_name}", metadata)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, model.SerializeToString())
    return path


def _layers(values, weights, number, n_layers):
    """Add the first layers of a trunk."""
    for layer in range(n_layers):
        # The first layer has inputs in rows, the others have outputs.
        values = _linear(
            values, weights, f"{number}.trunk.{2 * layer}", by_input=layer == 0
        ).apply("Relu")
    return values


def _heads(values, weights, number, widths):
    """Add the heads, one product, and cut it into distributions."""
    logits = _linear(values, weights, f"{number}.heads", by_input=True)
    parts = [logits]
    if len(widths) > 1:
        cuts = logits.graph.array(np.array(widths, dtype=np.int64))
        parts = logits.apply("Split", cuts, axis=1, n_outputs=len(widths))
    return [part.apply("Softmax", axis=1) for part in parts]


def _linear(values, weights, name, by_input):
    arrays = (
        values.graph.array(np.asarray(weights[f"{name}.{part}"], np.float32), name)
        for part in ("weight", "bias")
    )
    return values.apply("Gemm", *arrays, transB=0 if by_input else 1)


def _check_weights(weights, networks, widths, hidden):
    """Return the number of columns that the networks read."""
    first = weights.get("0.trunk.0.weight" if hidden else "0.heads.weight")
    if first is None:
        raise ValueError("There are no weights of network 0: export a trained zone.")
    n_features = int(np.shape(first)[0])
    expected = Architecture(n_features, networks, widths, hidden).shapes()
    for name, shape in expected.items():
        found = None if name not in weights else np.shape(weights[name])
        if found != shape:
            raise ValueError(
                f"These are weights of other networks: {name} "
                + (
                    "is missing."
                    if found is None
                    else f"has shape {found}, not {shape}."
                )
            )
    n_bytes = 4 * sum(int(np.prod(shape)) for shape in expected.values())
    if n_bytes > _MOST_BYTES:
        raise ValueError(
            f"The weights of this zone take {n_bytes / 2**30:.1f} GiB, and a file of "
            "ONNX holds 2. Train narrower hidden layers."
        )
    return n_features


def _check_names(names, widths):
    for context, own in (names or {}).items():
        if context not in widths:
            raise ValueError(
                f"names speaks of {context!r}; the contexts are {list(widths)}."
            )
        if own is not None and len(own) != widths[context]:
            raise ValueError(
                f"names has {len(own)} names for the {widths[context]} columns of "
                f"the context {context!r}."
            )


def _meaning(inside, encoder):
    if inside:
        return "latitude and longitude in degrees, float64"
    return f"the columns that {type(encoder).__name__}.transform gives, float32"


def _border(encoder, zone, outline):
    """Say where the zone lies, if it is known."""
    if zone is not None and type(encoder) is SoftGridEncoder:
        if encoder.partition_ is None:
            return {"bounds": _to_json(utm_zone_bounds(int(zone)))}
        outline = encoder.partition_._outlines(np.array([zone]), _STEPS_AN_EDGE)[0]
    return {} if outline is None else {"outline": _to_json(np.asarray(outline))}


def _parameters(encoder):
    get_params = getattr(encoder, "get_params", None)
    return {} if get_params is None else get_params(deep=False)


def _to_json(value):
    return json.dumps(value, default=_plain)


def _plain(value):
    """Make what JSON does not know plain: numbers, arrays, else a description."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, type):
        return value.__name__
    return " ".join(repr(value).split())
