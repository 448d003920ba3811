# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import check_param_validation

from sklearn_geo.geometry import s2_cell_ids
from sklearn_geo.partition import CellHierarchy, S2Partition
from sklearn_geo.ranking import KernelTagger, PlaceFrequencyTagger
from sklearn_geo.ranking._top_k import top_k
from tests.contract import OTHER_INPUT
from tests.ranking.places import TakesPlainTables, checks_of, photos_of

# Paris has two photos, Lyon one, Berlin one; Paris in Texas has one.
TOWNS = pd.DataFrame(
    {
        "town": ["Paris", "Paris", "Lyon", "Berlin", "Paris"],
        "land": ["France", "France", "France", "Germany", "Texas"],
    }
)
TAGS = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0]])
# All tags of tagged photos: 2, 2, 2, 0 of 6.
WORLD = np.array([2, 2, 2, 0]) / 6


def _by_town(**params):
    params = {"smoothing": 0.0, **params}
    tagger = PlaceFrequencyTagger(("town", "land"), **params)
    with pytest.warns(UserWarning, match=r"1 of 5 photos have no tag"):
        return tagger.fit(TOWNS, TAGS)


def _ask(*rows):
    return pd.DataFrame(rows, columns=["town", "land"])


# By hand ------------------------------------------------------------------------------


def test_counts_by_hand():
    tagger = _by_town()
    assert tagger.n_regions_ == [3, 2]  # Paris in Texas taught nothing
    assert_allclose(tagger.tag_frequencies_, WORLD)
    assert_array_equal(tagger.tag_counts_, [2, 2, 2, 0])
    proba = tagger.predict_proba(
        _ask(
            ("Paris", "France"),  # its own: 2, 1, 0 of 3
            ("Nice", "France"),  # France: 2, 2, 1 of 5
            ("Paris", "Texas"),  # nobody: the world
            ("Berlin", None),  # a Berlin of no country is another one
            (None, "Germany"),
        )
    )
    expected = [
        [2 / 3, 1 / 3, 0, 0],
        [2 / 5, 2 / 5, 1 / 5, 0],
        WORLD,
        WORLD,
        [0, 0, 1, 0],
    ]
    assert_allclose(proba, expected)


def test_smoothing_by_hand():
    france = (np.array([2, 2, 1, 0]) + 3 * WORLD) / (5 + 3)
    paris = (np.array([2, 1, 0, 0]) + 3 * france) / (3 + 3)
    found = _by_town(smoothing=3.0).predict_proba(_ask(("Paris", "France")))
    assert_allclose(found, [paris])
    france = 0.75 * np.array([2, 2, 1, 0]) / 5 + 0.25 * WORLD
    paris = 0.75 * np.array([2, 1, 0, 0]) / 3 + 0.25 * france
    tagger = _by_town(smoothing=0.25, mixing="jelinek-mercer")
    assert_allclose(tagger.predict_proba(_ask(("Paris", "France"))), [paris])
    # All of it is the parent's.
    tagger = _by_town(smoothing=1.0, mixing="jelinek-mercer")
    assert_allclose(tagger.predict_proba(_ask(("Paris", "France"))), [WORLD])


def test_regions_with_few_photos_are_passed_over():
    tagger = _by_town(min_photos=2)
    proba = tagger.predict_proba(_ask(("Paris", "France"), ("Lyon", "France")))
    assert_allclose(proba, [[2 / 3, 1 / 3, 0, 0], [2 / 5, 2 / 5, 1 / 5, 0]])
    tagger = _by_town(min_photos=3)
    proba = tagger.predict_proba(_ask(("Paris", "France"), ("Berlin", "Germany")))
    assert_allclose(proba, [[2 / 5, 2 / 5, 1 / 5, 0], WORLD])


def test_without_backoff_the_world_is_next():
    tagger = _by_town(backoff=False, smoothing=3.0)
    assert tagger.n_regions_ == [3]
    proba = tagger.predict_proba(_ask(("Paris", "France"), ("Nice", "France")))
    paris = (np.array([2, 1, 0, 0]) + 3 * WORLD) / (3 + 3)
    assert_allclose(proba, [paris, WORLD])


def test_suggestions_by_hand():
    tagger = _by_town()
    asked = _ask(("Paris", "France"), ("Nice", "France"))
    # Equal ones in the order of columns; what nobody has comes last.
    assert_array_equal(tagger.predict_topk(asked, 3), [[0, 1, 2], [0, 1, 2]])
    tags, scores = tagger.predict_topk(asked, 5, return_scores=True)
    assert_array_equal(tags, [[0, 1, 2, 3, -1], [0, 1, 2, 3, -1]])
    assert_allclose(scores[1], [2 / 5, 2 / 5, 1 / 5, 0, -np.inf])
    tagger.set_params(n_suggested=1)
    assert_array_equal(tagger.predict(asked).toarray(), [[1, 0, 0, 0], [1, 0, 0, 0]])
    tagger.set_params(threshold=0.35)
    assert_array_equal(tagger.predict(asked).toarray(), [[1, 0, 0, 0], [1, 1, 0, 0]])
    # The first of Paris is right, the first of Nice is not.
    assert tagger.set_params(threshold=None).score(asked, [[1, 0, 0, 0]] * 2) == 1.0


def test_tags_are_left_out_of_suggestions():
    frame = pd.DataFrame(TAGS[:4], columns=["paris", "night", "river", "nobody"])
    tagger = PlaceFrequencyTagger("town", smoothing=0, omit_tags=["paris", "rome"])
    tagger.fit(TOWNS[:4], frame)
    asked = _ask(("Paris", "France"))
    assert tagger.tag_names_ == ["paris", "night", "river", "nobody"]
    assert_array_equal(tagger.predict_topk(asked, 4), [[1, 2, 3, -1]])
    scores = tagger.decision_function(asked)
    assert_allclose(scores, [[-np.inf, 1 / 3, 0, 0]])
    assert_allclose(tagger.predict_proba(asked), [[2 / 3, 1 / 3, 0, 0]])
    # Photos that are left without a tag do not count.
    truth = [[1, 1, 0, 0], [1, 0, 0, 0]]
    assert tagger.score(_ask(("Paris", "France"), ("Lyon", "France")), truth) == 1.0


# Regions ------------------------------------------------------------------------------


def _naive(places, tags, query, levels, a, weights):
    """Back off from level to level by loops."""
    p = weights @ tags / (weights @ tags).sum()
    for level in sorted(levels):  # from coarse to fine
        here = s2_cell_ids(places, level) == s2_cell_ids(query[np.newaxis], level)[0]
        n = (weights[here, np.newaxis] * tags[here]).sum(axis=0)
        if n.sum():
            p = (n + a * p) / (n.sum() + a)
    return p


@pytest.mark.parametrize("a", [0.0, 0.5, 10.0])
def test_s2_levels_are_those_of_a_naive_loop(a):
    places, tags = photos_of(200, 0)
    weights = np.random.default_rng(1).integers(0, 3, 200).astype(float)
    weights[tags.sum(axis=1) == 0] = 0
    queries, _ = photos_of(40, 2)
    levels = (11, 9, 7, 3)
    tagger = PlaceFrequencyTagger(levels, smoothing=a, untagged="skip")
    with pytest.warns(UserWarning, match="no tag"):
        tagger.fit(places, tags, sample_weight=weights)
    proba = tagger.predict_proba(queries)
    expected = [_naive(places, tags, query, levels, a, weights) for query in queries]
    assert_allclose(proba, expected, atol=1e-12)
    assert_allclose(proba.sum(axis=1), 1.0)


def test_whole_weights_are_repetitions():
    places, tags = photos_of(60, 3, untagged=False)
    weights = np.random.default_rng(4).integers(0, 4, 60)
    weighted = PlaceFrequencyTagger(min_photos=2).fit(places, tags, weights)
    repeated = PlaceFrequencyTagger(min_photos=2)
    repeated.fit(np.repeat(places, weights, axis=0), np.repeat(tags, weights, axis=0))
    assert_allclose(weighted.predict_proba(places), repeated.predict_proba(places))


def test_partitions_names_and_cells_side_by_side():
    places, tags = photos_of(120, 5, untagged=False)
    frame = pd.DataFrame(places, columns=["lat", "lon"])
    frame["name"] = np.where(places[:, 0] > 0, "north", "south")
    partition = S2Partition(20, 2)
    # In a cell that was kept only the cell counts, elsewhere the half of the world.
    tagger = PlaceFrequencyTagger([partition, "name"], smoothing=0.0).fit(frame, tags)
    assert not hasattr(partition, "cells_")  # it was cloned
    cells = clone(partition).fit(places).predict(places)
    assert (cells < 0).any()
    for row, cell in enumerate(cells):
        here = cells == cell
        if cell < 0:
            here = frame["name"] == frame["name"][row]
        expected = tags[here].sum(axis=0) / tags[here].sum()
        found = tagger.predict_proba(frame[row : row + 1])
        assert_allclose(found, [expected])
    frozen = FrozenEstimator(clone(partition).fit(places))
    again = PlaceFrequencyTagger((frozen, "name"), smoothing=0.0).fit(
        frame[:9], tags[:9]
    )
    assert again.n_regions_[0] == frozen.n_cells_


def test_a_hierarchy_stands_for_its_partitions():
    places, tags = photos_of(120, 6, untagged=False)
    coarse, fine = S2Partition(60, 1), S2Partition(10, 1)
    one = PlaceFrequencyTagger(CellHierarchy([coarse, fine])).fit(places, tags)
    two = PlaceFrequencyTagger([fine, coarse]).fit(places, tags)
    assert_array_equal(one.predict_proba(places), two.predict_proba(places))
    fitted = CellHierarchy([coarse, fine]).fit(places)
    partitions = [FrozenEstimator(each) for each in fitted.partitions_[::-1]]
    some = places[:60], tags[:60]  # whose own cells would be others
    one = PlaceFrequencyTagger(FrozenEstimator(fitted)).fit(*some)
    assert one.n_regions_ == fitted.n_cells_[::-1]
    two = PlaceFrequencyTagger(partitions).fit(*some)
    assert_array_equal(one.predict_proba(places), two.predict_proba(places))


def test_a_hierarchy_without_partitions_is_that_of_the_paper():
    places, tags = photos_of(600, 6, untagged=False)
    paper = [S2Partition(most, 50) for most in (1000, 2000, 5000)]
    one = PlaceFrequencyTagger(CellHierarchy()).fit(places, tags)
    two = PlaceFrequencyTagger(paper).fit(places, tags)
    assert_array_equal(one.predict_proba(places), two.predict_proba(places))
    with pytest.raises(NotFittedError, match="CellHierarchy"):
        PlaceFrequencyTagger(FrozenEstimator(CellHierarchy())).fit(places, tags)


@pytest.mark.parametrize("library", ["pandas", "polars", "categories"])
def test_missing_names_are_no_region(library):
    names = {"town": ["a", None, "", "a"], "lat": [1.0, 2.0, 3.0, 4.0]}
    if library == "polars":
        frame = pl.DataFrame(names)
    else:
        frame = pd.DataFrame(names)
        frame["town"] = [*names["town"][:1], np.nan, pd.NA, "a"]
        if library == "categories":
            frame["town"] = frame["town"].astype("category")
    tags = np.eye(4)[[0, 1, 1, 2]]
    tagger = PlaceFrequencyTagger("town", smoothing=0.0).fit(frame, tags)
    assert tagger.n_regions_ == [1]
    world = [0.25, 0.5, 0.25, 0]
    expected = [[0.5, 0, 0.5, 0], world, world, [0.5, 0, 0.5, 0]]
    assert_allclose(tagger.predict_proba(frame), expected)


def test_nobody_names_a_region():
    frame = pd.DataFrame({"town": [None, None]})
    tagger = PlaceFrequencyTagger("town").fit(frame, [[1, 0], [1, 1]])
    assert tagger.n_regions_ == [0]
    assert_allclose(tagger.predict_proba(frame), [[2 / 3, 1 / 3]] * 2)


def test_numbers_name_regions_too():
    frame = pd.DataFrame({"zip": [10115, 10115, 75001]})
    tagger = PlaceFrequencyTagger("zip", smoothing=0).fit(frame, np.eye(3))
    assert_allclose(tagger.predict_proba(frame[2:]), [[0, 0, 1]])


# Odd places, sizes and containers -----------------------------------------------------


def test_poles_and_the_antimeridian():
    places = np.array([[90.0, 0.0], [-90.0, 10.0], [0.0, 180.0]])
    tagger = PlaceFrequencyTagger(8, smoothing=0).fit(places, np.eye(3))
    asked = [[90.0, -120.0], [-90.0, 77.0], [0.0, -180.0]]
    assert_allclose(tagger.predict_proba(asked), np.eye(3))


def test_one_photo():
    tagger = PlaceFrequencyTagger().fit([[1.0, 2.0]], [[0, 1]])
    assert_allclose(tagger.predict_proba([[1.0, 2.0], [-50.0, 0.0]]), [[0, 1]] * 2)
    assert_array_equal(tagger.predict_topk([[1.0, 2.0]], 2), [[1, 0]])


def test_rows_do_not_depend_on_each_other():
    places, tags = photos_of(150, 7, untagged=False)
    tagger = PlaceFrequencyTagger().fit(places, tags)
    whole = tagger.predict_proba(places)
    with config_context(working_memory=1e-4):
        assert_array_equal(tagger.predict_proba(places), whole)
    for row in range(0, 150, 10):
        one = places[row : row + 1]
        assert_array_equal(tagger.predict_proba(one), whole[row : row + 1])


@pytest.mark.parametrize("smoothing", [0.0, 2.0])
@pytest.mark.parametrize("omit_tags", [None, [1, 4, 5]])
def test_lists_are_those_of_the_scores(smoothing, omit_tags):
    places, tags = photos_of(150, 8, untagged=False)
    tagger = PlaceFrequencyTagger(smoothing=smoothing, omit_tags=omit_tags)
    tagger.fit(places, tags)
    for k in (1, 4, tags.shape[1] + 3):
        found, scores = tagger.predict_topk(places, k, return_scores=True)
        expected, best = top_k(tagger.decision_function(places), k)
        assert_array_equal(found, expected)
        assert_array_equal(scores, best)


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_array, pd.DataFrame])
def test_kinds_of_y_and_x(make):
    places, tags = photos_of(80, 9, untagged=False)
    expected = PlaceFrequencyTagger().fit(places, tags).predict_proba(places)
    tagger = PlaceFrequencyTagger().fit(places, make(tags))
    assert_array_equal(tagger.predict_proba(places), expected)
    wide = np.column_stack([np.full((80, 3), np.nan), places])
    tagger = PlaceFrequencyTagger(location=(3, 4)).fit(wide, make(tags))
    assert_array_equal(tagger.predict_proba(wide), expected)
    tagger = PlaceFrequencyTagger().fit(sparse.csr_matrix(places), tags)
    assert_array_equal(tagger.predict_proba(sparse.csr_array(places)), expected)
    tagger = PlaceFrequencyTagger().fit(places.tolist(), tags)
    assert_array_equal(tagger.predict_proba(places.tolist()), expected)
    frame = pd.DataFrame({"town": "?", "lat": places[:, 0], "lon": places[:, 1]})
    tagger = PlaceFrequencyTagger(location="auto").fit(frame, tags)
    assert list(tagger.feature_names_in_) == ["town", "lat", "lon"]
    assert_array_equal(tagger.predict_proba(frame), expected)
    again = pickle.loads(pickle.dumps(tagger))
    assert_array_equal(again.predict_proba(frame), expected)


def test_it_can_be_searched():
    places, tags = photos_of(120, 10, untagged=False)
    search = GridSearchCV(
        PlaceFrequencyTagger(), {"regions": [4, (12, 8)], "smoothing": [0, 5]}, cv=2
    )
    search.fit(places, sparse.csr_array(tags))
    assert 0.0 <= search.best_score_ <= 1.0


# What is refused ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regions", "message"),
    [
        (31, "no S2 level 31, only 0 to 30"),
        ((4, 10), r"from fine to coarse.*Pass \(10, 4\)"),
        ((10, 10), r"Pass \(10,\)"),
        (2.5, "are no regions"),
        ((), "are no regions"),
        (None, "are no regions"),
        (True, "are no regions"),
        ({"town"}, "are no regions"),
        ("towns", r"the column 'towns'.*it has \['town', 'land'\].*mean 'town'"),
    ],
)
def test_odd_regions(regions, message):
    with pytest.raises((TypeError, ValueError), match=message):
        PlaceFrequencyTagger(regions).fit(TOWNS, TAGS)


def test_what_else_is_refused():
    with pytest.raises(ValueError, match="has no column names: pass a data frame"):
        PlaceFrequencyTagger("town").fit([[1.0, 2.0]], [[1]])
    with pytest.raises(ValueError, match="share of the coarser region"):
        PlaceFrequencyTagger(4, smoothing=2, mixing="jelinek-mercer").fit(
            [[1.0, 2.0]], [[1]]
        )
    with pytest.raises(ValueError, match=r"row 4: the photo has no tag \(1 in all\)"):
        PlaceFrequencyTagger("town", untagged="error").fit(TOWNS, TAGS)
    with pytest.raises(ValueError, match="No photo has a tag"):
        PlaceFrequencyTagger("town").fit(TOWNS, TAGS * 0)
    with (
        pytest.warns(UserWarning, match="no tag"),
        pytest.raises(ValueError, match="with a tag has weight 0"),
    ):
        PlaceFrequencyTagger("town").fit(TOWNS, TAGS, [0, 0, 0, 0, 1])
    with pytest.raises(ValueError, match="tags of 4 photos, but X has 5"):
        PlaceFrequencyTagger("town").fit(TOWNS, TAGS[:4])
    with pytest.raises(ValueError, match=r"row 0: latitude 120.0 .*look swapped"):
        PlaceFrequencyTagger().fit([[120.0, 2.0]], [[1]])
    with pytest.raises(TypeError, match="column 'town' has dtype"):
        PlaceFrequencyTagger().fit(TOWNS, TAGS)


# The contract -------------------------------------------------------------------------


class Folded(TakesPlainTables, PlaceFrequencyTagger):
    """Takes what scikit-learn's checks feed."""


def test_its_checks_are_run_here():
    assert OTHER_INPUT["PlaceFrequencyTagger"].endswith("test_place_frequency")
    check_param_validation("Folded", Folded())
    for parameter in PlaceFrequencyTagger().get_params():
        assert f"\n{parameter} : " in inspect.getdoc(PlaceFrequencyTagger)


@pytest.mark.parametrize(("estimator", "check"), checks_of(Folded()))
def test_folded_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)  # those of sklearn.utils.estimator_checks


@pytest.mark.parametrize(
    "tagger", [PlaceFrequencyTagger((3,)), KernelTagger(10.0)], ids=["cells", "kernel"]
)
def test_a_fit_that_fails_is_none(tagger):
    X = np.array([[48.0, 11.0], [40.0, -74.0]])
    with pytest.raises(ValueError, match="No photo has a tag"):
        tagger.fit(X, np.zeros((2, 3)))
    with pytest.raises(NotFittedError):
        tagger.predict(X)


def test_a_second_fit_that_fails_leaves_the_first():
    tagger = PlaceFrequencyTagger(regions=[3], tag_names=["a", "b"])
    places, y = [[0.0, 0.0], [50.0, 10.0]], np.eye(2)
    before = tagger.fit(places, y).decision_function(places)
    with pytest.raises(ValueError, match="tag_names has 2 names"):
        tagger.fit([[-40.0, 0.0], [1.0, 1.0]], np.ones((2, 1)))
    assert_array_equal(tagger.decision_function(places), before)


def test_a_second_fit_that_fails_late_leaves_the_first():
    tagger = _by_town()
    before = tagger.predict_proba(TOWNS)
    more, tags = TOWNS.assign(more=1.0), np.column_stack([TAGS, TAGS])
    with (
        pytest.warns(UserWarning, match=r"1 of 5 photos have no tag"),
        pytest.raises(ValueError, match="has weight 0: there is nothing to learn"),
    ):
        tagger.fit(more, tags, sample_weight=[0, 0, 0, 0, 1])
    assert_array_equal(tagger.predict_proba(TOWNS), before)


def test_more_tags_than_anything_holds_counts_of():
    wide = sparse.csr_array(([1.0], ([0], [7])), shape=(2, 10**9))
    for tagger in (PlaceFrequencyTagger(S2Partition(4, 1)), KernelTagger()):
        with pytest.raises(ValueError, match="y has 1,000,000,000 columns; the most"):
            tagger.fit([[1.0, 2.0], [3.0, 4.0]], wide)


def test_one_weight_for_all():
    where, tags = photos_of(30, 0, untagged=False)
    for weight in (1.0, np.float64(3.0)):
        tagger = PlaceFrequencyTagger(S2Partition(4, 1))
        expected = clone(tagger).fit(where, tags, sample_weight=np.full(30, weight))
        tagger.fit(where, tags, sample_weight=weight)
        assert_allclose(
            tagger.decision_function(where), expected.decision_function(where)
        )


def test_one_tag_as_a_sparse_array_of_one_dimension():
    where, tags = photos_of(30, 0)
    column = np.r_[1.0, tags[1:, 0]]
    scores = []
    for y in (column[:, np.newaxis], sparse.coo_array(column)):
        with pytest.warns(UserWarning, match="have no tag"):
            tagger = PlaceFrequencyTagger(S2Partition(4, 1)).fit(where, y)
        scores.append(tagger.decision_function(where))
    assert_array_equal(scores[1], scores[0])
