# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Probabilities of scenes added up to those of groups, by hand."""

import inspect
import pickle
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import Bunch, estimator_checks, estimator_html_repr
from sklearn.utils.estimator_checks import estimator_checks_generator

from sklearn_geo import vision
from sklearn_geo.geolocation import HierarchicalCellClassifier, SceneNetworks
from sklearn_geo.partition import S2Partition
from sklearn_geo.vision import SceneHierarchy, read_scene_table
from sklearn_geo.vision._scene_table import Level
from tests.contract import ADDITIONAL_CHECKS, OTHER_INPUT

SCENES = ["airfield", "barn", "desert/sand", "office"]
THREE = np.array([[0, 0, 1], [0, 1, 1], [0, 1, 0], [1, 0, 0]])
FOUR = np.array([[0, 0, 0, 1], [1, 0, 1, 0], [0, 0, 1, 0], [0, 1, 0, 0]])
X = np.array([[0.4, 0.3, 0.2, 0.1], [0.0, 1.0, 0.0, 0.0]])
# The barn is natural and man-made: 0.15 to each.
OF_THREE = [[0.1, 0.35, 0.55], [0.0, 0.5, 0.5]]
OF_FOUR = [[0.15, 0.1, 0.35, 0.4], [0.5, 0.0, 0.5, 0.0]]
TEXT = """\
,Level 1,,,Level 2,,,
category,indoor,"outdoor, natural","outdoor, man-made",home,work,field,road
'/a/airfield',0,0,1,0,0,0,1
'/b/barn',0,1,1,1,0,1,0
'/d/desert/sand',0,1,0,0,0,1,0
'/o/office',1,0,0,0,1,0,0
"""


@pytest.fixture(name="path")
def _path(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(TEXT)
    return path


def test_from_the_published_file(path):
    for given in (path, str(path), read_scene_table(path)):
        hierarchy = SceneHierarchy(given).fit(X)
        np.testing.assert_allclose(hierarchy.transform(X), OF_THREE)
        assert hierarchy.scenes_ == SCENES
        assert list(hierarchy.membership_) == ["Level 2", "Level 1"]  # many to few
        np.testing.assert_array_equal(
            hierarchy.membership_["Level 1"][1], [0.0, 0.5, 0.5]
        )
    assert hierarchy.get_feature_names_out().tolist() == [
        "scene_indoor",
        "scene_outdoor, natural",
        "scene_outdoor, man-made",
    ]


def test_any_level(path):
    four = SceneHierarchy(path, level=4, prefix="").fit(X)
    np.testing.assert_allclose(four.transform(X), OF_FOUR)
    assert four.get_feature_names_out().tolist() == ["home", "work", "field", "road"]
    named = SceneHierarchy(path, level="Level 1").fit(X)
    np.testing.assert_allclose(named.transform(X), OF_THREE)
    both = SceneHierarchy(path, level="all").fit(X)
    np.testing.assert_allclose(both.transform(X), np.hstack([OF_FOUR, OF_THREE]))
    assert both.get_feature_names_out()[[0, -1]].tolist() == [
        "Level 2__home",
        "Level 1__outdoor, man-made",
    ]
    with pytest.raises(
        ValueError, match=r"level=5: There is no level of.*'Level 1': 3"
    ):
        SceneHierarchy(path, level=5).fit(X)
    with pytest.raises(ValueError, match="level='home': There is no level"):
        SceneHierarchy(path, level="home").fit(X)


@pytest.mark.parametrize(
    "membership",
    [
        THREE,
        THREE.tolist(),
        sparse.csr_array(THREE),
        pd.DataFrame(THREE, index=SCENES, columns=["in", "nature", "town"]),
        pl.DataFrame(THREE, schema=["in", "nature", "town"]),
        np.ma.masked_array(THREE, mask=False),
        {"airfield": "c", "barn": ["b", "c"], "desert/sand": ["b"], "office": "a"},
        {"kinds": THREE},
        [FOUR, THREE],
        {"places": FOUR, "kinds": THREE},
    ],
)
def test_forms_of_membership(membership):
    hierarchy = SceneHierarchy(membership).fit(X)
    found = hierarchy.transform(X)
    if isinstance(membership, dict) and "barn" in membership:
        found = found[:, [2, 1, 0]]  # groups in the order in which they are named
    np.testing.assert_allclose(found, OF_THREE)


def test_levels_of_levels():
    # From four scenes to three groups to two groups of these; the second table has a
    # row a group of the first, and its shares are uneven.
    deeper = SceneHierarchy([THREE, [[1, 0], [0, 1], [1, 3]]]).fit(X)
    expected = np.array(OF_THREE) @ [[1, 0], [0, 1], [0.25, 0.75]]
    np.testing.assert_allclose(deeper.transform(X), expected)
    named = SceneHierarchy(
        {
            "kinds": {"barn": ["b", "c"], "airfield": "c", "sand": "b", "office": "a"},
            "sides": {"c": "out", "a": "in", "b": "out"},
        }
    ).fit(X)
    # barn, airfield, sand, office: the order of the mapping.
    np.testing.assert_allclose(named.transform(X), [[0.4 + 0.3 + 0.2, 0.1], [1.0, 0.0]])
    assert named.membership_["sides"].shape == (4, 2)
    assert named.groups_of("office") == {"kinds": {"a": 1.0}, "sides": {"in": 1.0}}


def test_rows_sum_to_what_they_did():
    rng = np.random.default_rng(0)
    rows = rng.dirichlet(np.ones(365), size=20)
    sixteen = rng.random((365, 16)) < 0.1
    sixteen[np.arange(365), rng.integers(16, size=365)] = True
    three = rng.random((16, 3)) < 0.4
    three[np.arange(16), rng.integers(3, size=16)] = True
    for level, width in ((16, 16), (3, 3)):
        out = SceneHierarchy([sixteen, three], level=level).fit(rows).transform(rows)
        assert out.shape == (20, width)
        assert (out >= 0).all()
        np.testing.assert_allclose(out.sum(axis=1), 1.0, rtol=1e-12)
    # A slow way of saying the same.
    slow = np.zeros((20, 16))
    for scene in range(365):
        for group in np.flatnonzero(sixteen[scene]):
            slow[:, group] += rows[:, scene] / sixteen[scene].sum()
    fast = SceneHierarchy(sixteen).fit_transform(rows)
    np.testing.assert_allclose(fast, slow, rtol=1e-12)


def test_columns_are_found_by_name(path):
    order = [2, 0, 3, 1]
    names = np.array(SCENES)[order]
    hierarchy = SceneHierarchy(path, scenes=[f"/x/{name}" for name in names])
    np.testing.assert_allclose(hierarchy.fit_transform(X[:, order]), OF_THREE)
    assert hierarchy.scenes_ == names.tolist()
    for before in ("", "scene_", "vgg__scene_", "vgg__", "class_", "a__of_b_"):
        frame = pd.DataFrame(X[:, order], columns=[before + name for name in names])
        np.testing.assert_allclose(SceneHierarchy(path).fit_transform(frame), OF_THREE)
    # Other names say nothing: the order of the table.
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    np.testing.assert_allclose(SceneHierarchy(path).fit_transform(frame), OF_THREE)
    # As some do that are where the table has them.
    frame.columns = ["airfield", "barn", "sand", "office"]
    np.testing.assert_allclose(SceneHierarchy(path).fit_transform(frame), OF_THREE)
    # A part of the scenes, for a network that knows these only.
    two = SceneHierarchy(path, scenes=["office", "barn"]).fit([[0.5, 0.5]])
    np.testing.assert_allclose(two.transform([[0.5, 0.5]]), [[0.5, 0.25, 0.25]])


def test_columns_are_found_as_networks_call_them():
    scenes = ["art_studio", "art_gallery", "art"]
    names = [f"class_{name}" for name in ("art_gallery", "art_studio")]
    for columns in (names, names[::-1]):
        frame = pd.DataFrame([[0.7, 0.3]], columns=columns)
        hierarchy = SceneHierarchy(dict(zip(scenes, scenes, strict=True))).fit(frame)
        got = pd.Series(hierarchy.transform(frame)[0], hierarchy.groups_["level 1"])
        assert got[["art_gallery", "art_studio", "art"]].tolist() == [
            *frame.loc[0, names],
            0.0,
        ]


@pytest.mark.parametrize("before", ["", "scene_", "vgg__scene_", "class_"])
@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["barn", "airfield", "sand", "office"], "0, '{}barn', is scene 1.* column 2,"),
        (["barn", "sand", "airfield", "office"], "0, '{}barn', is scene 1.* column 1,"),
        (["airfield", "?", "office", "barn"], "2, '{}office', is scene 3.*no scene"),
        (["airfield", "?", "office"], "2, '{}office', is scene 3.*no scene of it"),
        (
            ["a__barn", "b__barn"],
            "0, '{}a__barn', is scene 1.*1, '{}b__barn', is the s",
        ),
    ],
)
def test_names_of_which_some_are_in_another_order_say_what_they_say(
    path, names, words, before
):
    frame = pd.DataFrame(X[:, : len(names)], columns=[before + name for name in names])
    hierarchy = SceneHierarchy(path)
    with pytest.raises(ValueError, match=words.replace("{}", before)):
        hierarchy.fit(frame)
    assert not hasattr(hierarchy, "scenes_")
    hierarchy.set_params(scenes=[*SCENES][: len(names)])
    assert hierarchy.fit(frame).scenes_ == SCENES[: len(names)]


@pytest.mark.parametrize("before", ["", "scene_", "vgg__", "all__vgg__scene_"])
@pytest.mark.parametrize(
    "names",
    [
        ["scene_0", "scene_1", "scene_2"],
        ["scene_a", "a", "b"],
        ["sea__calm", "sea__rough", "vgg__sea"],
    ],
)
def test_columns_are_found_though_scenes_are_called_like_columns(names, before):
    table = pd.DataFrame(np.eye(3), index=names, columns=["x", "y", "z"])
    frame = pd.DataFrame([[0.7, 0.2, 0.1]], columns=[before + name for name in names])
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        got = SceneHierarchy(table).fit_transform(frame.iloc[:, order])
        np.testing.assert_allclose(got, [[0.7, 0.2, 0.1]])


def test_what_belongs_to_what(path):
    hierarchy = SceneHierarchy(path).fit(X)
    assert hierarchy.scenes_of("field") == {"barn": 0.5, "desert/sand": 1.0}
    assert hierarchy.scenes_of("indoor", level=3) == {"office": 1.0}
    assert hierarchy.groups_of("/b/barn") == {
        "Level 2": {"home": 0.5, "field": 0.5},
        "Level 1": {"outdoor, natural": 0.5, "outdoor, man-made": 0.5},
    }
    with pytest.raises(ValueError, match="no group 'sea'; there are"):
        hierarchy.scenes_of("sea")
    with pytest.raises(ValueError, match="no group 'home'; there are"):
        hierarchy.scenes_of("home", level="Level 1")
    with pytest.raises(ValueError, match="no scene 'sea'; the first are"):
        hierarchy.groups_of("sea")


def test_photos_that_could_not_be_read_stay_nan():
    hierarchy = SceneHierarchy(THREE).fit(X)
    out = hierarchy.transform(np.vstack([X, np.full(4, np.nan)]))
    assert np.isnan(out[2]).all()
    np.testing.assert_allclose(out[:2], OF_THREE)


def read(scenes, **levels):
    """What `read_scene_table` returns, by hand."""
    return Bunch(scenes=scenes, levels=levels)


@pytest.mark.parametrize(
    ("membership", "params", "words"),
    [
        ([[1, 0]] * 3, {}, "X has 4 columns, but there are 3 scenes"),
        ([[1, 0], [0, 0]], {}, "row 1 is in no group"),
        ({"a": "x", "/s/sea": []}, {}, "'sea' is in no group"),
        ([[1, 0], [-1, 2]], {}, "row 1 has a share that is negative"),
        ([[1, 0], [np.nan, 2]], {}, "row 1 has a share that is negative, NaN"),
        ([1, 2, 3], {}, r"it has the shape \(3,\)"),
        (pd.Series(["a"] * 4, index=SCENES), {}, r"has the shape \(4,\)\. Pass a row"),
        (
            np.ma.masked_equal(THREE, 0),
            {},
            "membership, 'level 1', row 0: the value is",
        ),
        ({"a": "x", "/s/sea": None}, {}, "'sea' has a group that is missing"),
        ({"a": "x", "/s/sea": np.nan}, {}, "'sea' has a group that is missing"),
        ({"a": "x", "/s/sea": ["x", pd.NA]}, {}, "'sea' has a group that is missing"),
        ({"a": "x", None: "y"}, {}, "the name of scene 1 is missing"),
        (
            pd.DataFrame(THREE, index=[*SCENES[:3], np.nan]),
            {},
            "the name of scene 3 is missing",
        ),
        (read(["a", None]), {}, "'scenes': the name of scene 1 is missing"),
        (read(SCENES), {}, "membership has no levels"),
        (read(SCENES, kinds={"groups": ["a"]}), {}, "'kinds': a level of read_scene_"),
        (
            read(SCENES, kinds={"groups": ["a", "b"], "membership": THREE}),
            {},
            "'kinds': there are 2 names of groups, but the table has the shape",
        ),
        (
            read(SCENES[:3], kinds={"groups": [*"abc"], "membership": THREE}),
            {},
            "'kinds': there are 3 names of scenes, but the table has the shape",
        ),
        (np.ones((4, 0)), {}, r"it has the shape \(4, 0\)"),
        ("nowhere.csv", {}, "nowhere.csv cannot be read as a table"),
        ({}, {}, "empty mapping"),
        ([["a", "b"]] * 4, {}, "could not convert"),
        ([THREE, np.ones((7, 2))], {}, "'level 2': its 7 rows are neither"),
        (pd.DataFrame(np.ones((4, 2)), columns=["a", "a"]), {}, "'a' is there twice"),
        (
            pd.DataFrame(np.eye(4), index=["a", "b", "c", "a"]),
            {},
            "'level 1': the scene 'a' is there twice",
        ),
        ({"/b/barn": "x", "sea": "y", "barn": "z"}, {}, "'barn' is there twice"),
        (THREE, {"scenes": SCENES}, "the table has no names of scenes"),
        (
            dict.fromkeys(SCENES, "a"),
            {"scenes": ["sea", *SCENES[1:]]},
            "scenes: 'sea' is not in the table, which begins with",
        ),
        (
            dict.fromkeys(SCENES, "a"),
            {"scenes": [*SCENES[1:], "barn"]},
            "scenes: 'barn' is there twice",
        ),
        ([THREE, THREE], {"level": 3}, "level=3: Several levels have"),
        (
            {"a": dict(zip(SCENES, "1221", strict=True)), "b": {"1": "t"}},
            {},
            "'b': its 1 rows are neither all of the scenes, nor the groups",
        ),
    ],
)
def test_words(membership, params, words):
    with pytest.raises(ValueError, match=words):
        SceneHierarchy(membership, **params).fit(X)


def test_logits_are_refused():
    hierarchy = SceneHierarchy(THREE).fit(X)
    with pytest.raises(ValueError, match=r"row 1, column 2 is -3.*take the softmax"):
        hierarchy.transform([[1, 0, 0, 0], [1, 0, -3, 0]])


def test_it_teaches_networks_of_scenes():
    rng = np.random.default_rng(0)
    scenes = rng.dirichlet(np.full(4, 0.2), size=120)
    kinds = SceneHierarchy(THREE).fit_transform(scenes)
    places = np.column_stack([kinds[:, 0] * 40, np.full(120, 10.0)])
    cells = HierarchicalCellClassifier(S2Partition(60, 5), max_iter=2, random_state=0)
    networks = SceneNetworks(cells, max_iter=1, random_state=0)
    networks.fit(scenes, places, scenes=kinds)
    assert networks.scenes_.tolist() == [0, 1, 2]


def test_copies():
    hierarchy = SceneHierarchy(THREE, level="all").fit(X)
    again = pickle.loads(pickle.dumps(hierarchy))
    np.testing.assert_array_equal(again.transform(X), hierarchy.transform(X))
    with pytest.raises(NotFittedError):
        clone(hierarchy).transform(X)
    single = hierarchy.transform(X.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, hierarchy.transform(X), rtol=1e-6)


class ForAnyWidth(SceneHierarchy):
    """Test-only: makes a table for as many scenes as there are columns.

    scikit-learn's checks feed matrices of one to ten columns to one estimator, and the
    scenes of a table are a certain number.
    """

    def _read_levels(self, n_scenes):
        table = np.random.RandomState(0).rand(n_scenes, 3) + 0.1
        return [Level("level 1", None, ["a", "b", "c"], table)]


def _checks():
    yield from estimator_checks_generator(ForAnyWidth(None))
    for name in ADDITIONAL_CHECKS:
        check = getattr(estimator_checks, name)
        yield ForAnyWidth(None), partial(check, ForAnyWidth.__name__)


# scikit-learn's own set_output checks fit frames and transform arrays.
@pytest.mark.filterwarnings(
    "ignore:X (does not have valid|has) feature names:UserWarning"
)
@pytest.mark.parametrize(("estimator", "check"), [*_checks()])
def test_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_its_place_in_the_contract():
    assert OTHER_INPUT["SceneHierarchy"].endswith("test_scene_hierarchy")
    assert "SceneHierarchy" in vision.__all__
    html = estimator_html_repr(SceneHierarchy(THREE))
    assert "sklearn_geo.vision.SceneHierarchy.html" in html
    for parameter in SceneHierarchy(THREE).get_params():
        assert f"\n{parameter} : " in inspect.getdoc(SceneHierarchy)


def test_groups_and_levels_are_asked_by_name():
    hierarchy = SceneHierarchy([[1, 0], [0, 1]]).fit(np.full((1, 2), 0.5))
    with pytest.raises(TypeError, match="group must be the name of a group"):
        hierarchy.scenes_of(np.zeros((0, 1)))
    with pytest.raises(TypeError, match="level must be the name of a level"):
        hierarchy.scenes_of("a", level=np.zeros(2))


def test_an_empty_list_is_no_membership_and_a_failed_fit_is_none():
    hierarchy = SceneHierarchy([])
    X = np.full((1, 2), 0.5)
    with pytest.raises(ValueError, match="membership is an empty list"):
        hierarchy.fit(X)
    with pytest.raises(NotFittedError):
        hierarchy.transform(X)


def test_scenes_are_asked_by_name():
    hierarchy = SceneHierarchy([[1, 0], [0, 1]]).fit(np.full((1, 2), 0.5))
    with pytest.raises(TypeError, match="scene must be the name of a scene"):
        hierarchy.groups_of(sparse.csr_array((1, 1)))


def test_a_second_fit_that_fails_leaves_the_first():
    hierarchy = SceneHierarchy(THREE).fit(X)
    # The first table is good, the second has a row too few.
    hierarchy.set_params(membership=[np.eye(3), [[1, 0], [0, 1]]])
    with pytest.raises(ValueError, match=r".{20}"):
        hierarchy.fit(np.full((1, 3), 1 / 3))
    np.testing.assert_allclose(hierarchy.transform(X), OF_THREE)


def test_frames_without_columns():
    hierarchy = SceneHierarchy([[1, 0], [0, 1]]).fit([[0.5, 0.5]])
    with pytest.raises(ValueError, match=r"X has 0 feature\(s\): .*without columns"):
        hierarchy.transform(pd.DataFrame(index=[0, 1]))


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_groups_are_called_after_columns(frame):
    table = frame({"in": [1, 0], "out": [0, 1], "both": [1, 1]})
    hierarchy = SceneHierarchy(table).fit([[0.5, 0.5]])
    names = hierarchy.get_feature_names_out().tolist()
    assert names == ["scene_in", "scene_out", "scene_both"]
    assert hierarchy.scenes_of("out") == {"1": 0.5}


def test_what_is_read_by_hand_is_a_membership():
    table = read(SCENES, kinds={"groups": [*"abc"], "membership": THREE})
    np.testing.assert_allclose(SceneHierarchy(table).fit_transform(X), OF_THREE)
    # Two scenes with these names are no table that was read.
    odd = SceneHierarchy({"scenes": "in", "levels": ["in", "out"]})
    np.testing.assert_allclose(odd.fit_transform([[0.6, 0.4]]), [[0.8, 0.2]])


def test_a_prefix_that_is_none_is_told_after_fit_too():
    hierarchy = SceneHierarchy(THREE).fit(X).set_params(prefix=None)
    with pytest.raises(ValueError, match="'prefix' parameter of SceneHierarchy"):
        hierarchy.get_feature_names_out()
