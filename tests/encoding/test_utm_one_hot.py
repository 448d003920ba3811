# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""UTMOneHotEncoder: one column for each UTM zone."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import utm
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn import config_context, get_config
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sklearn_geo.encoding import S2OneHotEncoder, UnitVectorEncoder, UTMOneHotEncoder

LETTERS = "CDEFGHJKLMNPQRSTUVWX"
ALL_ZONES = {f"{number}{letter}" for number in range(1, 61) for letter in LETTERS} - {
    "32X",
    "34X",
    "36X",
}
CAPS = ["A", "B", "Y", "Z"]


def zone_name(latitude, longitude):
    """Name the zone of a single place with the utm package."""
    if latitude < -80:
        return "A" if longitude < 0 else "B"
    if latitude > 84:
        return "Y" if longitude < 0 else "Z"
    number = utm.latlon_to_zone_number(latitude, longitude)
    return f"{number}{utm.latitude_to_zone_letter(latitude)}"


def loop(places):
    """Name the zones of many places in a loop, as one column of objects."""
    return np.array([[zone_name(*map(float, place))] for place in places], dtype=object)


@pytest.fixture(scope="module")
def world():
    """Places all over the globe, caps and odd zones included."""
    rng = np.random.default_rng(1)
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1, 1500)))
    places = np.column_stack([latitude, rng.uniform(-180, 180, 1500)])
    norway = np.column_stack([rng.uniform(56, 64, 50), rng.uniform(0, 12, 50)])
    svalbard = np.column_stack([rng.uniform(72, 84, 50), rng.uniform(0, 42, 50)])
    caps = np.column_stack([rng.choice([-85, 88], 50), rng.uniform(-180, 180, 50)])
    return np.concatenate([places, norway, svalbard, caps])


@pytest.fixture(scope="module")
def europe():
    """Places in a few zones with very different numbers of places."""
    rng = np.random.default_rng(2)
    latitude = rng.normal(50, 5, 300)
    return np.column_stack([latitude, rng.normal(3, 6, 300)])


def columns_by_name(X, names):
    X = X.toarray() if sparse.issparse(X) else np.asarray(X)
    return {name: X[:, i] for i, name in enumerate(names)}


def assert_same_columns(ours, our_names, theirs, their_names):
    ours = columns_by_name(ours, [name.removeprefix("utm_") for name in our_names])
    their_names = [
        name.removeprefix("x0_").replace("infrequent_sklearn", "infrequent")
        for name in their_names
    ]
    theirs = columns_by_name(theirs, their_names)
    assert ours.keys() == theirs.keys()
    for name, column in ours.items():
        assert_array_equal(column, theirs[name], err_msg=name)


# Which columns


def test_all_zones_are_columns_whatever_the_data():
    encoder = UTMOneHotEncoder().fit([[51.5, -0.1]])
    names = encoder.get_feature_names_out()
    assert len(names) == 1201
    assert set(names) == {f"utm_{zone}" for zone in ALL_ZONES | set(CAPS)}
    assert list(names[-4:]) == ["utm_A", "utm_B", "utm_Y", "utm_Z"]
    assert len(encoder.infrequent_zones_) == 0


@pytest.mark.parametrize("caps", ["error", "ignore"])
def test_without_caps_there_are_1197_columns(caps):
    encoder = UTMOneHotEncoder(caps=caps).fit([[51.5, -0.1]])
    assert set(encoder.zones_) == ALL_ZONES
    assert encoder.transform([[51.5, -0.1]]).shape == (1, 1197)


@pytest.mark.parametrize("zones", ["all", "seen"])
def test_world_equals_a_loop_over_utm_fed_to_one_hot_encoder(world, zones):
    names = loop(world)
    known = [sorted(ALL_ZONES | set(CAPS))] if zones == "all" else "auto"
    oracle = OneHotEncoder(categories=known)
    theirs = oracle.fit_transform(names)
    encoder = UTMOneHotEncoder(zones)
    ours = encoder.fit_transform(world)
    assert_same_columns(
        ours,
        encoder.get_feature_names_out(),
        theirs,
        oracle.get_feature_names_out(),
    )
    assert {"32V", "31X", "33X"} < set(names.ravel())


def test_seen_zones_keep_the_order_of_all(world):
    everything = list(UTMOneHotEncoder().fit(world).zones_)
    seen = list(UTMOneHotEncoder("seen").fit(world).zones_)
    assert set(seen) == set(loop(world).ravel())
    assert seen == [zone for zone in everything if zone in set(seen)]


@pytest.mark.parametrize("kind", [list, tuple, np.array, pd.Series])
def test_listed_zones_keep_their_order(kind):
    encoder = UTMOneHotEncoder(kind(["31U", "Z", "30U"]), sparse_output=False)
    places = [[51.5, -0.1], [48.9, 2.3], [88.0, 10.0]]
    assert_array_equal(encoder.fit_transform(places), [[0, 0, 1], [1, 0, 0], [0, 1, 0]])
    assert list(encoder.get_feature_names_out()) == ["utm_31U", "utm_Z", "utm_30U"]
    assert list(encoder.zones_) == ["31U", "Z", "30U"]


# Caps


def test_caps_worked_by_hand():
    caps = [[-80.5, -1.0], [-90.0, 0.0], [84.5, -179.0], [84.5, 179.0]]
    encoder = UTMOneHotEncoder().fit(caps)
    assert_array_equal(
        encoder.inverse_transform(encoder.transform(caps)), ["A", "B", "Y", "Z"]
    )


def test_caps_ignored_are_rows_of_zeros_even_if_unknown_is_an_error():
    places = [[51.5, -0.1], [88.0, 10.0], [-85.0, 3.0]]
    for zones in ("all", "seen", ["30U"]):
        encoder = UTMOneHotEncoder(zones, caps="ignore", handle_unknown="error")
        X = encoder.fit_transform(places)
        assert_array_equal(X.sum(axis=1).ravel().tolist(), [[1, 0, 0]])
        assert list(encoder.inverse_transform(X)) == ["30U", None, None]


def test_caps_ignored_are_not_infrequent():
    places = [[51.5, -0.1]] * 3 + [[48.9, 2.3], [88.0, 10.0]]
    encoder = UTMOneHotEncoder(
        "seen",
        caps="ignore",
        min_frequency=2,
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
    )
    X = encoder.fit_transform(places)
    assert list(encoder.get_feature_names_out()) == ["utm_30U", "utm_infrequent"]
    assert_array_equal(X, [[1, 0]] * 3 + [[0, 1], [0, 0]])
    # A new zone is unknown and goes to the rare ones; a cap is neither.
    assert_array_equal(
        encoder.transform([[10.0, 10.0], [88.0, 10.0]]), [[0, 1], [0, 0]]
    )


def test_caps_as_errors():
    encoder = UTMOneHotEncoder(caps="error", handle_unknown="ignore")
    places = [[51.5, -0.1], [88.0, 10.0], [-85.0, 3.0]]
    words = (
        r"row 1: the place \(88.0, 10.0\) lies in the UTM zone 'Z'.*polar cap"
        r'.*caps="ignore".*1 more row like it'
    )
    with pytest.raises(ValueError, match=words):
        encoder.fit(places)
    encoder.fit(places[:1])
    with pytest.raises(ValueError, match=words):
        encoder.transform(places)


# Unknown and rare zones


@pytest.mark.parametrize("handle_unknown", ["ignore", "infrequent_if_exist"])
@pytest.mark.parametrize("min_frequency", [None, 1, 5, 40, 300, 0.05, 0.3])
@pytest.mark.parametrize("zones", ["all", "seen", ["32U", "31U", "30T", "1C"]])
def test_unknown_and_rare_zones_as_in_one_hot_encoder(
    europe, world, zones, min_frequency, handle_unknown
):
    categories = {"all": [sorted(ALL_ZONES | set(CAPS))], "seen": "auto"}
    oracle = OneHotEncoder(
        categories=categories[zones] if isinstance(zones, str) else [zones],
        min_frequency=min_frequency,
        handle_unknown=handle_unknown,
    ).fit(loop(europe))
    encoder = UTMOneHotEncoder(
        zones, min_frequency=min_frequency, handle_unknown=handle_unknown
    ).fit(europe)
    for places in (europe, world[::5]):
        assert_same_columns(
            encoder.transform(places),
            encoder.get_feature_names_out(),
            oracle.transform(loop(places)),
            oracle.get_feature_names_out(),
        )
    rare = None if min_frequency is None else oracle.infrequent_categories_[0]
    assert set(encoder.infrequent_zones_) == set([] if rare is None else rare)
    assert set(encoder.zones_) == set(oracle.categories_[0])


@pytest.mark.parametrize("min_frequency", [2, 0.3])
def test_rare_zones_worked_by_hand(min_frequency):
    # 3 places in 30U, 2 in 31U, 1 in 33U, 1 in 18T; 30 % of 7 places is 2.1.
    places = [[51.5, -0.1]] * 3 + [[48.9, 2.3]] * 2 + [[52.5, 13.4], [40.7, -74.0]]
    encoder = UTMOneHotEncoder("seen", min_frequency=min_frequency)
    X = encoder.fit_transform(places).toarray()
    names = list(encoder.get_feature_names_out())
    if min_frequency == 2:
        assert names == ["utm_30U", "utm_31U", "utm_infrequent"]
        assert_array_equal(X.sum(axis=0), [3, 2, 2])
        assert set(encoder.infrequent_zones_) == {"33U", "18T"}
    else:
        assert names == ["utm_30U", "utm_infrequent"]
        assert_array_equal(X.sum(axis=0), [3, 4])
        assert set(encoder.infrequent_zones_) == {"33U", "18T", "31U"}
    assert set(encoder.zones_) == {"30U", "31U", "33U", "18T"}
    assert list(encoder.inverse_transform(X))[-2:] == ["infrequent", "infrequent"]


def test_unknown_zone_seen():
    encoder = UTMOneHotEncoder("seen").fit([[51.5, -0.1]])
    with pytest.raises(
        ValueError,
        match=r"row 1: the place \(48.9, 2.3\) lies in the UTM zone '31U', which has "
        r"no column. Columns are the zones seen in fit.*zones=\"all\".*2 more rows",
    ):
        encoder.transform([[51.5, -0.1], [48.9, 2.3], [0.5, 0.5], [1.5, 1.5]])


def test_unknown_zone_listed():
    encoder = UTMOneHotEncoder(["30U"])
    with pytest.raises(
        ValueError, match=r"row 0: .*'31U'.*listed in zones: add it.*\"ignore\""
    ):
        encoder.fit([[48.9, 2.3]])
    encoder.set_params(handle_unknown="ignore")
    assert encoder.fit_transform([[48.9, 2.3]]).nnz == 0
    encoder.set_params(handle_unknown="error")
    with pytest.raises(ValueError, match=r"row 0: .*listed in zones"):
        encoder.fit([[51.5, -0.1]]).transform([[48.9, 2.3]])


# The way back


def test_inverse_gives_names(world):
    encoder = UTMOneHotEncoder().fit(world)
    X = encoder.transform(world)
    names = encoder.inverse_transform(X)
    assert names.shape == (len(world),)
    assert names.dtype == object
    assert_array_equal(names, loop(world).ravel())
    assert_array_equal(encoder.inverse_transform(X.toarray()), names)
    assert_array_equal(encoder.inverse_transform(X.tocoo()), names)
    assert_array_equal(encoder.inverse_transform(sparse.csc_array(X)), names)


def test_inverse_of_probabilities_and_frames():
    encoder = UTMOneHotEncoder(["30U", "31U", "32U"], handle_unknown="ignore")
    encoder.fit([[51.5, -0.1]])
    X = [[0.2, 0.5, 0.3], [0.4, 0.2, 0.4], [0, 0, 0]]
    expected = ["31U", "30U", None]
    assert list(encoder.inverse_transform(X)) == expected
    names = encoder.get_feature_names_out()
    assert list(encoder.inverse_transform(pd.DataFrame(X, columns=names))) == expected
    frame = pl.DataFrame(np.array(X), schema=list(names))
    assert list(encoder.inverse_transform(frame)) == expected


def test_inverse_takes_the_columns_of_transform():
    encoder = UTMOneHotEncoder(["30U", "31U"]).fit([[51.5, -0.1]])
    with pytest.raises(ValueError, match=r"takes the 2 columns.*X has 3"):
        encoder.inverse_transform([[0, 0, 1]])


# Output


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int8, bool, "uint8"])
@pytest.mark.parametrize("sparse_output", [True, False])
def test_dtype(europe, dtype, sparse_output):
    encoder = UTMOneHotEncoder("seen", dtype=dtype, sparse_output=sparse_output)
    X = encoder.fit_transform(europe)
    assert X.dtype == np.dtype(dtype)
    assert sparse.issparse(X) == sparse_output
    assert_array_equal(
        X.toarray() if sparse_output else X,
        UTMOneHotEncoder("seen").fit_transform(europe).toarray(),
    )


def test_half_floats_are_for_dense_output(europe):
    encoder = UTMOneHotEncoder("seen", dtype=np.float16, sparse_output=False)
    assert encoder.fit_transform(europe).dtype == np.float16
    encoder.set_params(sparse_output=True)
    with pytest.raises(ValueError, match=r"np.float16 only with sparse_output=False"):
        encoder.fit(europe)


@pytest.mark.parametrize(
    "interface",
    ["spmatrix", "sparray"] if "sparse_interface" in get_config() else [None],
)
def test_sparse_class_follows_scikit_learn(europe, interface):
    settings = {} if interface is None else {"sparse_interface": interface}
    with config_context(**settings):
        X = UTMOneHotEncoder().fit_transform(europe)
    assert isinstance(
        X, sparse.csr_array if interface == "sparray" else sparse.spmatrix
    )
    assert X.format == "csr"
    assert_array_equal(X.indptr, np.arange(len(europe) + 1))


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_data_frames_in_and_out(europe, container):
    frame = {"pandas": pd.DataFrame, "polars": pl.DataFrame}[container](
        {"lat": europe[:, 0], "lon": europe[:, 1]}
    )
    encoder = UTMOneHotEncoder("seen", sparse_output=False)
    out = encoder.set_output(transform=container).fit_transform(frame)
    assert type(out) is type(frame)
    assert_array_equal(encoder.feature_names_in_, ["lat", "lon"])
    assert list(out.columns) == list(encoder.get_feature_names_out())
    assert_array_equal(
        out.to_numpy(), UTMOneHotEncoder("seen").fit_transform(europe).toarray()
    )


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_sparse_output_fits_no_data_frame(europe, container):
    encoder = UTMOneHotEncoder().set_output(transform=container)
    words = rf"{container.capitalize()} output does not.*sparse_output=False"
    with pytest.raises(ValueError, match=words):
        encoder.fit_transform(europe)
    with (
        config_context(transform_output=container),
        pytest.raises(ValueError, match=words),
    ):
        UTMOneHotEncoder().fit(europe).transform(europe)


# In company


def test_beside_other_columns(europe):
    frame = pd.DataFrame(
        {"likes": np.arange(300), "lat": europe[:, 0], "lon": europe[:, 1]}
    )
    columns = make_column_transformer(
        (UTMOneHotEncoder(["30U"], handle_unknown="ignore"), ["lat", "lon"]),
        remainder="passthrough",
        sparse_threshold=0,
    )
    X = columns.fit_transform(frame)
    assert list(columns.get_feature_names_out()) == [
        "utmonehotencoder__utm_30U",
        "remainder__likes",
    ]
    assert_array_equal(X[:, 0], (loop(europe) == "30U").ravel())


def test_union_in_a_search_with_two_workers(europe):
    west = np.where(europe[:, 1] < 0, "west", "east")
    model = Pipeline(
        [
            (
                "places",
                FeatureUnion(
                    [
                        ("utm", UTMOneHotEncoder(handle_unknown="ignore")),
                        ("s2", S2OneHotEncoder()),
                        ("sphere", UnitVectorEncoder()),
                    ]
                ),
            ),
            ("model", LogisticRegression()),
        ]
    )
    search = GridSearchCV(
        model,
        {"places__utm__zones": ["all", "seen"], "places__s2__level": [4, 6]},
        cv=2,
        n_jobs=2,
        error_score="raise",
    ).fit(europe, west)
    assert search.best_score_ > 0.9
    names = search.best_estimator_[:-1].get_feature_names_out()
    assert {name.split("__")[0] for name in names} == {"utm", "s2", "sphere"}
    assert {"utm__utm_30U", "sphere__x"} < set(names)


def test_zone_means_by_regression(europe):
    zones = loop(europe).ravel()
    model = make_pipeline(UTMOneHotEncoder("seen"), LogisticRegression(C=1e4))
    assert_array_equal(model.fit(europe, zones).predict(europe), zones)


def test_clone_and_pickle(europe):
    encoder = UTMOneHotEncoder(["30U", "31U"], handle_unknown="ignore").fit(europe)
    assert not hasattr(clone(encoder), "zones_")
    assert clone(encoder).zones == ["30U", "31U"]
    again = pickle.loads(pickle.dumps(encoder))
    assert_array_equal(
        again.transform(europe).toarray(), encoder.transform(europe).toarray()
    )


def test_places_are_read_as_everywhere(world):
    encoder = UTMOneHotEncoder().fit(world)
    X = encoder.transform(world)
    around = encoder.transform(world + [0, 360])
    assert (around != X).nnz == 0
    assert (encoder.transform([[10, 180]]) != encoder.transform([[10, -180]])).nnz == 0
    for row in (0, 17, len(world) - 1):
        one = encoder.transform(world[row : row + 1]).toarray()
        assert_array_equal(one, X[[row]].toarray())
    assert (encoder.transform(world[::-1]) != X[::-1]).nnz == 0


def test_not_fitted(europe):
    encoder = UTMOneHotEncoder()
    for method in (encoder.transform, encoder.inverse_transform):
        with pytest.raises(NotFittedError):
            method(europe)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"zones": "30U"}, "'zones' parameter .* must be .*'all'"),
        ({"zones": 30}, "'zones' parameter .* must be .*array-like"),
        ({"zones": []}, "zones is an empty list"),
        ({"zones": ["30U", "31U", "30U"]}, "names '30U' twice"),
        ({"zones": ["32X"]}, "32X"),
        ({"zones": ["30U", "30O"]}, "30O"),
        ({"zones": [30]}, "30"),
        ({"zones": ["30U", "B"], "caps": "ignore"}, "polar cap 'B', but caps is 'ign"),
        ({"caps": "drop"}, "'caps' parameter .* must be"),
        ({"handle_unknown": "warn"}, "'handle_unknown' parameter .* must be"),
        ({"min_frequency": 0}, "'min_frequency' parameter .* must be"),
        ({"min_frequency": 1.5}, "'min_frequency' parameter .* must be"),
        ({"sparse_output": "yes"}, "'sparse_output' parameter .* must be"),
        ({"dtype": object}, "dtype=.* does not suit one-hot columns"),
        ({"dtype": str}, "dtype=.* does not suit one-hot columns"),
    ],
)
def test_bad_parameters(parameters, words):
    with pytest.raises(ValueError, match=words):
        UTMOneHotEncoder(**parameters).fit([[51.5, -0.1]])


@pytest.mark.parametrize("kind", [set, frozenset])
def test_zones_without_an_order_are_refused(kind):
    with pytest.raises(TypeError, match=f"zones is a {kind.__name__}, .* no order"):
        UTMOneHotEncoder(kind(["31U", "30U"])).fit([[51.5, -0.1]])
    named = UTMOneHotEncoder({"31U": 1, "30U": 2}.keys()).fit([[51.5, -0.1]])
    assert list(named.zones_) == ["31U", "30U"]


def test_seen_zones_need_a_zone():
    with pytest.raises(ValueError, match=r'found no zone.*caps is \'ignore\'.*"own"'):
        UTMOneHotEncoder("seen", caps="ignore").fit([[88.0, 1.0]])


@pytest.mark.parametrize(
    ("X", "words"),
    [
        ([[100.0, 10.0]], "outside.*swapped"),
        ([[np.nan, 10.0]], "row 0: the latitude is NaN"),
        (np.empty((0, 2)), r"Found array with 0 sample\(s\)"),
        ([[1.0, 2.0, 3.0]], "UTMOneHotEncoder reads exactly two columns"),
    ],
)
def test_what_is_no_place(X, words):
    with pytest.raises(ValueError, match=words):
        UTMOneHotEncoder().fit(X)
