# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import pickle
import threading

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.distributed import transform
from tests.distributed.photos import (
    LOCATION,
    fit_in_memory,
    make_photos,
    make_transformer,
)


@pytest.fixture(scope="module")
def model():
    return fit_in_memory(make_transformer(append_location=True), make_photos())


@pytest.fixture(scope="module")
def store(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    model.save_pretrained(folder)
    return folder


@pytest.fixture
def places():
    frame = make_photos()[LOCATION]
    return frame.set_index(pd.Index(np.arange(len(frame)) * 10, name="photo"))


@pytest.mark.parametrize("scheduler", ["synchronous", "threads"])
def test_frames_keep_their_index_and_divisions(model, store, places, scheduler):
    table = dd.from_pandas(places, npartitions=5)
    for given in (model, str(store), store):
        columns = transform(given, table)
        assert isinstance(columns, dd.DataFrame)
        assert columns.divisions == table.divisions
        assert columns.known_divisions
        assert list(columns.columns) == list(model.get_feature_names_out())
        assert (columns.dtypes == np.float32).all()
        computed = columns.compute(scheduler=scheduler)
        assert_array_equal(computed.index, places.index)
        assert computed.index.name == "photo"
        assert (computed.dtypes == np.float32).all()
        expected = model.transform(places)
        assert_allclose(computed, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("chunks", [(100, 2), (480, 1), ((1, 0, 479), (2,))])
def test_arrays_keep_their_chunks_of_rows(model, places, chunks):
    array = da.from_array(places.to_numpy(), chunks=chunks)
    columns = transform(model, array)
    assert isinstance(columns, da.Array)
    assert columns.chunks[0] == array.chunks[0]
    assert columns.shape == (480, len(model.get_feature_names_out()))
    assert columns.dtype == np.float32
    computed = columns.compute(scheduler="synchronous")
    expected = model.transform(places)
    assert_allclose(computed, expected, rtol=0, atol=1e-6)
    assert_array_equal(columns[:3].compute(scheduler="synchronous"), computed[:3])


def test_rows_of_which_nobody_knows_how_many(model, places):
    array = dd.from_pandas(places, npartitions=3).to_dask_array()
    columns = transform(model, array)
    assert np.isnan(columns.shape[0])
    assert columns.compute(scheduler="synchronous").shape[0] == 480


def test_parts_without_rows(model, places):
    table = dd.from_pandas(places, npartitions=3)
    table = table.map_partitions(lambda part: part[part.index > 2000], meta=places[:0])
    columns = transform(model, table).compute(scheduler="synchronous")
    assert len(columns) == (places.index > 2000).sum()
    assert list(columns.columns) == list(model.get_feature_names_out())


def test_nothing_is_computed_before_it_is_asked_for(model, places):
    def fail(part):
        raise AssertionError("this was computed")

    table = dd.from_pandas(places, npartitions=2)
    columns = transform(model, table.map_partitions(fail, meta=places[:0]))
    with pytest.raises(AssertionError, match="this was computed"):
        columns.compute(scheduler="synchronous")


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_tables_are_those_of_pandas_whatever_output_was_set(store, places, output):
    model = GPS2VecPlusTransformer.from_pretrained(store).set_output(transform=output)
    columns = transform(model, dd.from_pandas(places, npartitions=2))
    computed = columns.compute(scheduler="synchronous")
    assert isinstance(computed, pd.DataFrame)
    assert_array_equal(computed.index, places.index)
    assert list(computed.columns) == list(model.get_feature_names_out())
    blocks = transform(model, da.from_array(places.to_numpy(), chunks=(100, 2)))
    assert_allclose(
        blocks.compute(scheduler="synchronous"), computed, rtol=0, atol=1e-6
    )


def test_all_parts_share_one_transformer(model, places):
    array = da.from_array(places.to_numpy(), chunks=(40, 2))
    graph = dict(transform(model, array).__dask_graph__())
    assert sum("model-" in str(key) for key in graph) == 1
    table = transform(model, dd.from_pandas(places, npartitions=9))
    (table,) = dask.optimize(table)
    graph = table.__dask_graph__()
    assert sum("model-" in str(key) for key in graph) == 1


def test_threads_share_a_transformer(model, places):
    expected = model.transform(places)
    shared = pickle.loads(pickle.dumps(model))  # with nothing loaded yet
    found, errors = [], []

    def encode():
        try:
            found.append(shared.transform(places))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=encode) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(found) == 4
    for each in found:
        assert_array_equal(each, expected)


def test_what_cannot_be_encoded(model, places, tmp_path):
    with pytest.raises(TypeError, match=r"goes to model\.transform"):
        transform(model, places)
    with pytest.raises(NotFittedError):
        transform(GPS2VecPlusTransformer(), dd.from_pandas(places, npartitions=2))
    with pytest.raises(ValueError, match="is no store"):
        transform(tmp_path, dd.from_pandas(places, npartitions=2))
    swapped = dd.from_pandas(places[LOCATION[::-1]], npartitions=2)
    with pytest.raises(ValueError, match="feature names should match"):
        transform(model, swapped)
    wide = dd.from_pandas(places.assign(altitude=0.0), npartitions=2)
    with pytest.raises(ValueError, match="altitude"):
        transform(model, wide)
    with pytest.raises(ValueError, match="X has 3 features"):
        transform(model, da.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"has 1 dimension"):
        transform(model, da.zeros(4))


def test_the_default_scheduler_needs_no_client(model, places):
    columns = transform(model, dd.from_pandas(places, npartitions=2))
    (computed,) = dask.compute(columns)
    assert_allclose(computed, model.transform(places), rtol=0, atol=1e-6)


def test_what_is_asked_for_is_not_changed_by_later_settings(places):
    frame = make_photos()
    model = fit_in_memory(make_transformer(target_propagator=None), frame)
    expected = model.transform(places)
    table = dd.from_pandas(places, npartitions=3)
    columns = transform(model, table)
    array = transform(model, da.from_array(places.to_numpy(), chunks=(200, 2)))
    model.set_params(append_location=True)
    fit_in_memory(model.set_params(random_state=9, max_iter=1), frame[::2])
    assert (
        np.abs(model.transform(places)[:, : expected.shape[1]] - expected) > 0
    ).any()
    for asked in (columns, array):
        computed = np.asarray(asked.compute(scheduler="synchronous"))
        assert_allclose(computed, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", ["Float64", "Float32", "double[pyarrow]", "float32"])
def test_columns_of_any_numbers(model, places, dtype):
    # Dask's own example of columns that may miss values misses one.
    table = dd.from_pandas(places.astype(dtype), npartitions=2)
    computed = transform(model, table).compute(scheduler="synchronous")
    expected = model.transform(places.astype(dtype).astype(float))
    assert_allclose(computed, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", [str, "category", complex, "datetime64[ns]"])
def test_columns_of_no_numbers_are_told_by_name_without_invented_values(
    model, places, dtype
):
    table = dd.from_pandas(places.astype({"latitude": dtype}), npartitions=2)
    with pytest.raises(
        TypeError, match=r"^places: the column 'latitude' has dtype [\w\[\]]+, not num"
    ):
        transform(model, table)


def test_bad_rows_are_named_with_their_part(model, places):
    places.iloc[250, 0] = 95.0
    table = dd.from_pandas(places, npartitions=4)
    assert places.index[240] == 2400  # the third of four parts begins there
    with pytest.raises(
        ValueError, match=r"^places, part that begins with 2400: X, row 10: latitude 95"
    ):
        transform(model, table).compute(scheduler="synchronous")
    array = da.from_array(places.to_numpy(), chunks=(120, 2))
    with pytest.raises(ValueError, match=r"^places, part 2: X, row 10: latitude 95"):
        transform(model, array).compute(scheduler="synchronous")
