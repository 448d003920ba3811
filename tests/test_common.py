# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The contract every public estimator signs. See `tests/contract.py` for how."""

import inspect
import io
import pickle
from pathlib import Path
from unittest import SkipTest

import geopandas
import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.utils import estimator_html_repr, get_tags
from sklearn.utils.estimator_checks import estimator_checks_generator

from tests.contract import (
    CASES,
    OTHER_INPUT,
    check_name,
    checks_of,
    expected_failures,
    folded,
    make,
    public_estimators,
    public_modules,
    written_estimators,
)

ESTIMATORS = public_estimators()
each_estimator = pytest.mark.parametrize("cls", ESTIMATORS, ids=lambda c: c.__name__)


def _parameters(classes, strict_table):
    parameters = []
    for cls in classes:
        for estimator, check in checks_of(cls):
            name = check_name(check)
            values = [estimator, check]
            if strict_table:
                values.append(expected_failures(cls).get(name))
            parameters.append(pytest.param(*values, id=f"{cls.__name__}-{name}"))
    return parameters


# ------------------------------------------------------------ scikit-learn's contract


# scikit-learn's own set_output checks fit frames and transform arrays, and the other
# way round.
ignore_names = pytest.mark.filterwarnings(
    "ignore:X (does not have valid|has) feature names:UserWarning"
)


@ignore_names
@pytest.mark.parametrize(
    ("estimator", "check"), _parameters(map(folded, ESTIMATORS), strict_table=False)
)
def test_folded_estimator_passes_every_check(estimator, check):
    check(estimator)


@ignore_names
@pytest.mark.parametrize(
    ("estimator", "check", "reason"), _parameters(ESTIMATORS, strict_table=True)
)
def test_public_estimator_passes_all_but_the_table(estimator, check, reason):
    if reason is None:
        check(estimator)
        return
    # What the mark of strict expected failures does, without the traceback that it
    # makes of each and nobody sees: of hundreds, that takes minutes.
    try:
        check(estimator)
    except SkipTest:
        raise
    except Exception:
        failed = True
    else:
        failed = False
    assert failed, f"The table says that it fails: {reason}"
    pytest.xfail(reason)


@each_estimator
def test_table_names_real_checks_and_gives_reasons(cls):
    names = {check_name(check) for _, check in checks_of(cls)}
    for name, reason in expected_failures(cls).items():
        assert name in names, f"{name} is no check of {cls.__name__}"
        assert reason.endswith("."), f"the reason for {name} is no sentence"
        assert len(reason.split()) >= 6


def test_every_estimator_written_is_public():
    # An estimator joins the contract by appearing in a public __all__.
    forgotten = {
        f"{cls.__module__}.{name}"
        for name, cls in written_estimators()
        if not name.startswith("_") and cls not in ESTIMATORS
    } - {
        f"{cls.__module__}.GeoEstimator"
        for name, cls in written_estimators()
        if name == "GeoEstimator"
    }
    assert not forgotten, f"add to an __all__ (or name with _): {sorted(forgotten)}"


def test_every_public_estimator_has_a_case():
    assert sorted(CASES) == [cls.__name__ for cls in ESTIMATORS]


# ---------------------------------------------------------------------- our contract

# Longitudes are multiples of 1/64, so adding 360 loses no bit.
PLACES = np.array(
    [
        [48.140625, 11.578125],
        [-33.875, 151.203125],
        [0.0, 0.0],
        [51.5, -0.125],
        [60.390625, 5.328125],  # zone 32V, widened for Norway
        [78.21875, 15.640625],  # zone 33X, widened for Svalbard
        [-89.5, 45.0],
        [90.0, 0.0],
        [-90.0, -120.0],
        [-16.5, 179.984375],
        [-16.5, -179.984375],
        [65.5, -180.0],
    ]
    * 3
)


def fitted(cls, places=PLACES, **params):
    y = CASES[cls.__name__].make_y(len(places))
    return make(cls, **params).fit(places, y)


def out(estimator, X):
    """Return what an estimator says of X as a dense array."""
    method = "transform" if hasattr(estimator, "transform") else "predict"
    result = getattr(estimator, method)(X)
    return result.toarray() if sparse.issparse(result) else np.asarray(result)


@each_estimator
def test_poles_and_seams_give_finite_rows(cls):
    result = out(fitted(cls), PLACES)
    assert len(result) == len(PLACES)
    assert np.isfinite(result).all()


@each_estimator
def test_antimeridian_has_one_side(cls):
    estimator = fitted(cls)
    east = np.array([[65.5, 180.0], [-16.5, 180.0], [90.0, 180.0]])
    west = east * [1.0, -1.0]
    assert_array_equal(out(estimator, east), out(estimator, west))


@each_estimator
@pytest.mark.parametrize("turns", [-720.0, -360.0, 360.0])
def test_longitudes_wrap(cls, turns):
    estimator = fitted(cls)
    assert_array_equal(out(estimator, PLACES + [0.0, turns]), out(estimator, PLACES))
    again = fitted(cls, PLACES + [0.0, turns])
    assert_array_equal(out(again, PLACES), out(estimator, PLACES))


@each_estimator
@pytest.mark.parametrize("method", ["fit", "after fit"])
def test_bad_places_are_named(cls, method):
    estimator = fitted(cls)

    def call(X):
        if method == "after fit":
            return out(estimator, X)
        return make(cls).fit(X, CASES[cls.__name__].make_y(len(X)))

    swapped = PLACES.copy()
    swapped[1] = swapped[1, ::-1]
    with pytest.raises(ValueError, match=r"row 1: latitude 151.2.*look swapped"):
        call(swapped)
    for bad, word in ((np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "infinity")):
        for column, axis in enumerate(("latitude", "longitude")):
            X = PLACES.copy()
            X[4, column] = bad
            with pytest.raises(ValueError, match=f"row 4: the {axis} is {word}"):
                call(X)
    X = PLACES.copy()
    X[3] = [-90.5, 120.0]
    with pytest.raises(ValueError, match=r"row 3: latitude -90.5 .*outside \[-90, 90"):
        call(X)
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        call(PLACES[:0])
    with pytest.raises(TypeError, match="holds text, not numbers"):
        call(PLACES.astype(str))
    with pytest.raises(TypeError, match="list of tuples"):
        call([tuple(place) for place in PLACES])


@each_estimator
def test_wrong_columns(cls):
    y = CASES[cls.__name__].make_y(len(PLACES))
    wide = pd.DataFrame(PLACES, columns=["lat", "lon"]).assign(height=1.0)
    with pytest.raises(ValueError, match=r"exactly two columns.*ColumnTransformer"):
        make(cls).fit(wide, y)
    with pytest.raises(ValueError, match="exactly two columns"):
        make(cls).fit(PLACES[:, :1], y)
    with pytest.raises(ValueError, match=r"\['lon', 'lat'\], which look swapped"):
        make(cls).fit(wide[["lon", "lat"]], y)


@each_estimator
def test_names_and_containers_do_not_matter(cls):
    expected = out(fitted(cls), PLACES)
    for frame in (
        pd.DataFrame(PLACES, columns=["lat", "lon"], index=range(100, 136)),
        pl.DataFrame(PLACES, schema=["lat", "lon"]),
    ):
        estimator = fitted(cls, frame)
        assert list(estimator.feature_names_in_) == ["lat", "lon"]
        assert_array_equal(out(estimator, frame), expected)
    points = geopandas.GeoSeries.from_xy(PLACES[:, 1], PLACES[:, 0], crs=4326)
    assert_array_equal(out(fitted(cls, points), points), expected)
    assert_array_equal(out(fitted(cls, PLACES.tolist()), PLACES.tolist()), expected)


@each_estimator
def test_float32_means_the_same_places(cls):
    single = PLACES.astype(np.float32)
    assert_array_equal(single.astype(np.float64), PLACES)
    assert_array_equal(out(fitted(cls, single), single), out(fitted(cls), PLACES))


@each_estimator
def test_read_only_memmap(cls, tmp_path):
    joblib.dump(PLACES, tmp_path / "places.joblib")
    mapped = joblib.load(tmp_path / "places.joblib", mmap_mode="r")
    assert_array_equal(out(fitted(cls, mapped), mapped), out(fitted(cls), PLACES))


@each_estimator
def test_one_row(cls):
    estimator = fitted(cls, PLACES[:1], **CASES[cls.__name__].one_row_params)
    assert len(out(estimator, PLACES[:1])) == 1


@each_estimator
def test_rows_are_independent_and_order_does_not_matter(cls):
    estimator = fitted(cls)
    whole = out(estimator, PLACES)
    for i in range(len(PLACES)):
        assert_allclose(out(estimator, PLACES[i : i + 1])[0], whole[i], atol=1e-6)
    order = np.random.RandomState(0).permutation(len(PLACES))
    assert_allclose(out(estimator, PLACES[order]), whole[order], atol=1e-6)


@each_estimator
def test_pickle_and_clone(cls):
    estimator = fitted(cls)
    expected = out(estimator, PLACES)
    assert_array_equal(out(pickle.loads(pickle.dumps(estimator)), PLACES), expected)
    buffer = io.BytesIO()
    joblib.dump(estimator, buffer)
    buffer.seek(0)
    assert_array_equal(out(joblib.load(buffer), PLACES), expected)
    unfitted = clone(estimator)
    if get_tags(unfitted).requires_fit:
        with pytest.raises(NotFittedError):
            out(unfitted, PLACES)
    else:  # it learns nothing, so it knows all from the start
        assert_array_equal(out(unfitted, PLACES), expected)
    y = CASES[cls.__name__].make_y(len(PLACES))
    assert_array_equal(out(unfitted.fit(PLACES, y), PLACES), expected)


@each_estimator
def test_same_seed_and_any_n_jobs_give_the_same_numbers(cls):
    params = make(cls).get_params()
    seeded = {"random_state": 0} if "random_state" in params else {}
    expected = out(fitted(cls, **seeded), PLACES)
    assert_array_equal(out(fitted(cls, **seeded), PLACES), expected)
    if "n_jobs" in params:
        assert_array_equal(out(fitted(cls, **seeded, n_jobs=2), PLACES), expected)


@each_estimator
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_out_of_a_column_transformer(cls, library):
    case = CASES[cls.__name__]
    if not hasattr(cls, "transform"):
        assert not case.frame_params
        return
    frame = pd.DataFrame(PLACES, columns=["lat", "lon"]).assign(height=2.0)
    frame = frame if library == "pandas" else pl.from_pandas(frame)
    union = make_column_transformer(
        (make(cls, **case.frame_params), ["lat", "lon"]), remainder="passthrough"
    ).set_output(transform=library)
    result = union.fit_transform(frame, case.make_y(len(PLACES)))
    assert type(result).__module__.startswith(library)
    names = list(result.columns)
    assert names[-1] == "remainder__height"
    assert len(set(names)) == len(names)
    # Names mean something: none is the name of an input or a mere count.
    own = [name.split("__", 1)[1] for name in names[:-1]]
    assert all(name.strip("x0123456789") != "" or len(name) == 1 for name in own)
    assert not {"lat", "lon"} & set(own)


@each_estimator
def test_parameters_are_documented_and_linked(cls):
    html = estimator_html_repr(make(cls))
    assert f".{cls.__name__}.html" in html
    doc = inspect.getdoc(cls)  # Python 3.13 takes the indentation away, and others not
    for parameter in make(cls).get_params():
        assert f"\n{parameter} : " in doc, f"{parameter} is not documented"
    for section in ("Parameters", "Attributes", "Examples", "See Also"):
        if section != "Parameters" or make(cls).get_params():
            assert f"\n{section}\n{'-' * len(section)}" in doc


def test_a_raw_scikit_learn_check_would_catch_a_broken_estimator():
    """The fold must not hide a fault: a subclass that learns nothing fails."""
    broken = type("Broken", (folded(ESTIMATORS[-1]),), {"fit": lambda s, X, y=None: s})
    failures = 0
    for estimator, check in estimator_checks_generator(broken()):
        try:
            check(estimator)
        except Exception:
            failures += 1
    assert failures > 5


@pytest.mark.parametrize("name", OTHER_INPUT)
def test_estimators_of_other_input_run_the_checks_elsewhere(name):
    rooms = [room for room in public_modules() if name in room.__all__]
    assert len(rooms) == 1
    module = Path(__file__).parent.parent / (
        OTHER_INPUT[name].replace(".", "/") + ".py"
    )
    text = module.read_text()
    assert name in text
    assert "estimator_checks" in text
