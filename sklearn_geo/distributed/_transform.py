# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Places in a dask collection to what networks learnt about them, in another."""

import copy
import uuid
from pathlib import Path

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.distributed._engine import need_dask
from sklearn_geo.distributed._photos import in_part

__all__ = ["transform"]


def transform(model, places):
    """Encode the places of a dask collection, part by part and when it is asked for.

    Parameters
    ----------
    model : GPS2VecPlusTransformer, str or path
        A fitted transformer, or the folder or address of a zone store. Each worker gets
        it once, and one that comes from a store loads zones from there when it needs
        them.

    places : dask.dataframe.DataFrame or dask.array.Array of shape (n_places, 2)
        Latitude and longitude in degrees.

    Returns
    -------
    dask.dataframe.DataFrame or dask.array.Array
        What ``model.transform`` gives for each part: a data frame with named columns
        and the index and divisions of `places`, or an array with its chunks of rows.

    See Also
    --------
    fit_zone_store : Train the networks on a dask data frame of photos.

    Examples
    --------
    >>> import dask.array as da
    >>> import numpy as np
    >>> from sklearn_geo.context import GPS2VecPlusTransformer
    >>> from sklearn_geo.distributed import transform
    >>> rng = np.random.default_rng(0)
    >>> places = rng.uniform([46.0, 7.0], [50.0, 16.0], (300, 2))
    >>> scenes = rng.dirichlet(np.ones(2), 300)
    >>> model = GPS2VecPlusTransformer(hidden=(8,), max_iter=2, random_state=0)
    >>> model = model.fit(places, scenes)
    >>> table = da.from_array(places, chunks=(100, 2))
    >>> columns = transform(model, table)
    >>> columns.shape, columns.chunks[0]
    ((300, 2), (100, 100, 100))
    >>> bool((columns.compute() == model.transform(places)).all())
    True
    """
    need_dask()
    import dask.array as da
    import dask.dataframe as dd

    if isinstance(model, str | Path):
        if "://" not in str(model):  # workers may be in other folders
            model = Path(model).absolute()
        model = GPS2VecPlusTransformer.from_pretrained(model)
    check_is_fitted(model)
    # What is asked for now is not changed by what is set or fitted until it is made.
    model = copy.copy(model)
    names = [str(name) for name in model.get_feature_names_out()]
    if isinstance(places, dd.DataFrame):
        return _frame(model, places, names)
    if isinstance(places, da.Array):
        return _array(model, places, names)
    raise TypeError(
        f"places is a {type(places).__name__}. Pass a dask.dataframe.DataFrame or a "
        "dask.array.Array; what fits into memory goes to model.transform."
    )


def _frame(model, places, names):
    import pandas as pd

    _check_columns(model, places)
    empty = np.empty((0, len(names)), dtype=np.float32)
    meta = pd.DataFrame(empty, columns=names, index=places._meta.index)
    return places.map_partitions(
        _frame_part, _node(model), names, meta=meta, enforce_metadata=False
    )


def _check_columns(model, places):
    """Say what is wrong with the columns now, not by a worker later."""
    example, wrong = places._meta_nonempty.copy(), {}
    for name, dtype in example.dtypes.items():
        if str(dtype) == "geometry":
            continue
        if getattr(dtype, "kind", "O") not in "fiub":
            wrong[name] = dtype
        example[name] = 0.0  # Dask invents values, and missing ones among them
    model._read_places(example, reset=False)
    for name, dtype in wrong.items():
        raise TypeError(
            f"places: the column {name!r} has dtype {dtype}, not numbers. Make them "
            "numbers first, for example with places.astype(float)."
        )


def _array(model, places, names):
    if places.ndim != 2:
        raise ValueError(
            f"places has {places.ndim} dimension(s). It needs two columns, latitude "
            "and longitude."
        )
    places = places.rechunk({1: -1})
    model.__dict__.pop("feature_names_in_", None)  # an array has no names to compare
    model._read_places(np.zeros((1, places.shape[1])), reset=False)
    return places.map_blocks(
        _array_part,
        _node(model),
        len(names),
        dtype=np.float32,
        chunks=(places.chunks[0], (len(names),)),
        meta=np.empty((0, 0), dtype=np.float32),
    )


def _frame_part(part, model, names):
    import pandas as pd

    columns = np.empty((0, len(names)), dtype=np.float32)
    if len(part):
        with in_part(f"that begins with {part.index[0]}", "places"):
            columns = model.transform(part)
    if not isinstance(columns, pd.DataFrame):  # else set_output asked for one
        columns = pd.DataFrame(np.asarray(columns), columns=names, index=part.index)
    return columns


def _array_part(part, model, n_columns, block_id=None):
    if not len(part):
        return np.empty((0, n_columns), dtype=np.float32)
    with in_part(block_id[0], "places"):
        return np.asarray(model.transform(part))


def _node(model):
    import dask

    return dask.delayed(model, name=f"model-{uuid.uuid4().hex}", traverse=False)
