# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    GroupShuffleSplit,
    cross_validate,
)

from sklearn_geo.model_selection import S2BlockKFold, UserDisjointShuffleSplit
from sklearn_geo.model_selection._user_disjoint import _draw

sizes_of_users = st.lists(st.integers(1, 40), min_size=2, max_size=30)


def users_of(sizes, seed=0):
    users = np.repeat(np.arange(len(sizes)), sizes)
    return np.random.RandomState(seed).permutation(users)


def zipf_users(n_users=2000, n_rows=20_000):
    rng = np.random.RandomState(0)
    share = 1.0 / np.arange(1, n_users + 1)
    return rng.choice(n_users, n_rows, p=share / share.sum())


@given(
    sizes=sizes_of_users,
    test_size=st.floats(0.05, 0.9),
    train_share=st.none() | st.floats(0.1, 0.95),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=150)
def test_the_promise(sizes, test_size, train_share, seed):
    users = users_of(sizes)
    n_rows = len(users)
    n_test = max(1, round(test_size * n_rows))
    if train_share is None:
        train_size = n_train = None
    else:
        train_size = n_train = max(1, int(train_share * (n_rows - n_test)))
    if n_test + (n_train or 1) > n_rows:
        return
    cv = UserDisjointShuffleSplit(
        3, test_size=test_size, train_size=train_size, random_state=seed
    )
    for train, test in cv.split(np.zeros((n_rows, 1)), groups=users):
        in_test, in_train = set(users[test]), set(users[train])
        assert in_test
        assert in_train
        assert not in_test & in_train
        # A user is in a set with all rows or with none.
        assert len(test) == sum(sizes[user] for user in in_test)
        assert len(train) == sum(sizes[user] for user in in_train)
        outside = min(size for user, size in enumerate(sizes) if user not in in_test)
        if len(test) > n_test:
            assert len(in_test) == 1
            assert len(test) == min(sizes)
        else:
            assert n_test - len(test) < outside
        if n_train is None:
            assert len(train) == n_rows - len(test)
            continue
        left = [size for user, size in enumerate(sizes) if user not in in_test]
        unused = [
            size for user, size in enumerate(sizes) if user not in in_test | in_train
        ]
        if len(train) > n_train:
            assert len(in_train) == 1
            assert len(train) == min(left)
        elif unused:
            assert n_train - len(train) < min(unused)


@given(sizes=sizes_of_users, n_rows=st.integers(1, 300), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=150)
def test_draw_goes_through_users_one_by_one(sizes, n_rows, seed):
    order = np.random.RandomState(seed).permutation(len(sizes))
    taken, left = set(), n_rows
    for user in order:
        if sizes[user] <= left:
            taken.add(user)
            left -= sizes[user]
    if not taken:
        taken = {next(user for user in order if sizes[user] == min(sizes))}
    assert set(np.flatnonzero(_draw(np.array(sizes), order, n_rows))) == taken


@pytest.mark.parametrize("test_size", [0.05, 0.2, 0.5])
def test_zipf_users_give_exact_sizes_where_groups_do_not(test_size):
    users = zipf_users()
    X = np.zeros((len(users), 1))
    params = {"test_size": test_size, "random_state": 0}
    ours = UserDisjointShuffleSplit(10, **params).fold_sizes(X, groups=users)
    np.testing.assert_array_equal(ours["test"], test_size * 20_000)
    np.testing.assert_array_equal(ours["train"] + ours["test"], 20_000)
    theirs = [len(t) for _, t in GroupShuffleSplit(10, **params).split(X, None, users)]
    assert np.abs(np.array(theirs) - test_size * 20_000).max() > 200


def test_every_user_who_fits_is_tested_on_sometimes():
    users = users_of([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
    cv = UserDisjointShuffleSplit(200, test_size=0.2, random_state=0)
    splits = [frozenset(users[test]) for _, test in cv.split(users, groups=users)]
    assert set.union(*map(set, splits)) == set(range(10))
    assert len(set(splits)) > 10


def test_sizes_worked_by_hand():
    users = users_of([60, 20, 10, 9, 1])
    X = np.zeros((100, 1))

    def sizes(**params):
        cv = UserDisjointShuffleSplit(4, random_state=0, **params)
        return {
            name: set(rows) for name, rows in cv.fold_sizes(X, groups=users).items()
        }

    # 10 rows: user 2, or users 3 and 4.
    assert sizes(test_size=0.1)["test"] == {10}
    assert sizes(test_size=10) == {"test": {10}, "train": {90}, "dropped": {0}}
    assert sizes() == {"test": {20}, "train": {80}, "dropped": {0}}
    assert sizes(train_size=0.8) == sizes()
    # User 4; then user 0 alone, or users 1 to 3, whoever comes first.
    parts = sizes(test_size=1, train_size=60)
    assert parts["test"] == {1}
    assert parts["train"] <= {39, 60}
    assert parts["dropped"] <= {60, 39}


def test_all_users_are_larger_than_the_test_set():
    users = np.repeat(["a", "b", "c"], [50, 30, 20])
    cv = UserDisjointShuffleSplit(5, test_size=0.1, random_state=0)
    for train, test in cv.split(users, groups=users):
        assert set(users[test]) == {"c"}
        assert set(users[train]) == {"a", "b"}


def test_order_of_rows_does_not_matter():
    users = zipf_users(100, 1000)
    order = np.random.RandomState(1).permutation(1000)
    cv = UserDisjointShuffleSplit(3, random_state=4)
    for (_, test), (_, other) in zip(
        cv.split(users, groups=users),
        cv.split(users, groups=users[order]),
        strict=True,
    ):
        np.testing.assert_array_equal(test, np.sort(order[other]))


def test_same_seed_same_splits():
    users = zipf_users(100, 1000)
    cv = UserDisjointShuffleSplit(3, random_state=4)
    expected = [test.tolist() for _, test in cv.split(users, groups=users)]
    assert expected[0] != expected[1]
    for copy in (cv, clone(cv, safe=False), pickle.loads(pickle.dumps(cv))):
        assert [t.tolist() for _, t in copy.split(users, groups=users)] == expected
    other = UserDisjointShuffleSplit(3, random_state=5)
    assert [t.tolist() for _, t in other.split(users, groups=users)] != expected


@pytest.mark.parametrize(
    "kind",
    [list, np.array, pd.Series, pl.Series, pd.Categorical, lambda u: np.c_[u]],
    ids=["list", "array", "Series", "polars", "Categorical", "column"],
)
def test_kinds_of_groups(kind):
    users = ["ada", "ben", "ada", "cyd", "ben", "ada"]
    cv = UserDisjointShuffleSplit(4, test_size=0.34, random_state=0)
    expected = [test.tolist() for _, test in cv.split(users, groups=np.array(users))]
    assert [t.tolist() for _, t in cv.split(users, groups=kind(users))] == expected
    assert all(set(test) in ({1, 4}, {3}) for test in expected)


def test_missing_groups_name_the_remedy():
    X = np.zeros((10, 2))
    with pytest.raises(ValueError, match="groups=users to split, to cross_validate"):
        next(UserDisjointShuffleSplit().split(X))
    with pytest.raises(ValueError, match=r'params=\{"groups": users\}'):
        cross_validate(Ridge(), X, X[:, 0], cv=UserDisjointShuffleSplit())


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        (["a"] * 4, "All 4 rows belong to one user"),
        (["a", None, "b", "b"], r"^groups, row 1: the group is missing \(None\)\."),
        ([1.0, np.nan, 2.0, 2.0], r"^groups, row 1: the group is missing \(nan\)\."),
        ([np.inf, 1.0, -np.inf, 2.0], r"^groups, row 0: the group is infinite"),
        ([1, 2, pd.NA, 2], r"^groups, row 2: the group is missing \(<NA>\)\."),
        ([[1, 2]] * 4, r"in one column; got list of the shape \(4, 2\)"),
        (["a", "b"], "inconsistent numbers of samples"),
    ],
)
def test_bad_groups(groups, words):
    if groups[0] == "a":
        groups = np.array(groups, dtype=object)
    with pytest.raises(ValueError, match=words):
        next(UserDisjointShuffleSplit().split(np.zeros((4, 1)), groups=groups))


def test_users_with_fields():
    groups = np.zeros(4, dtype=[("id", int), ("name", "U5")])
    with pytest.raises(TypeError, match=r"groups has the fields \('id', 'name'\)"):
        next(UserDisjointShuffleSplit().split(np.zeros((4, 1)), groups=groups))


def test_users_of_several_types():
    groups = np.array(["a", 1, "b", "b"], dtype=object)
    with pytest.raises(TypeError, match=r"groups mixes values .*\(int, str\)"):
        next(UserDisjointShuffleSplit().split(np.zeros((4, 1)), groups=groups))


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"n_splits": 0}, "'n_splits' parameter of UserDisjointShuffleSplit"),
        ({"test_size": 1.5}, "'test_size'"),
        ({"test_size": 0}, "'test_size'"),
        ({"train_size": 0.0}, "'train_size'"),
        ({"test_size": 10}, "test_size=10 .* do not fit the 10 rows"),
        ({"test_size": 0.99}, "both sets need at least one row"),
        ({"train_size": 10}, "do not fit the 10 rows"),
        ({"test_size": 0.5, "train_size": 0.6}, "together at most all of them"),
        ({"test_size": 5, "train_size": 6}, "Lower the sizes"),
    ],
)
def test_bad_sizes(params, words):
    users = np.arange(10)
    with pytest.raises(ValueError, match=words):
        next(UserDisjointShuffleSplit(**params).split(users, groups=users))


@pytest.mark.parametrize(
    ("test_size", "train_size", "n_rows", "n_test"),
    # 3.5 and 3.5, 7.5 and 17.5, 1.5 and 13.5 rows, which are rounded to even ones.
    [(0.5, 0.5, 7, 4), (0.3, 0.7, 25, 8), (0.1, 0.9, 15, 2), (0.25, 0.5, 10, 2)],
)
def test_shares_that_add_up_to_all_rows_fit(test_size, train_size, n_rows, n_test):
    cv = UserDisjointShuffleSplit(
        2, test_size=test_size, train_size=train_size, random_state=0
    )
    n_train = n_rows - n_test if test_size + train_size == 1 else train_size * n_rows
    for train, test in cv.split(np.zeros((n_rows, 1)), groups=np.arange(n_rows)):
        assert (len(train), len(test)) == (n_train, n_test)


def test_rows_that_hold_nothing_are_not_counted_one_by_one():
    # As rows of a csr array they would take 8 TiB.
    X = sparse.coo_array((2**40, 3))
    with pytest.raises(ValueError, match=r"^X is sparse, with 1099511627776 rows"):
        next(UserDisjointShuffleSplit().split(X, groups=[1, 2]))


def test_repr_and_n_splits():
    cv = UserDisjointShuffleSplit(7, test_size=0.25)
    assert cv.get_n_splits() == 7
    assert repr(cv) == (
        "UserDisjointShuffleSplit(n_splits=7, random_state=None, test_size=0.25,\n"
        "             train_size=None)"
    )


def test_groups_are_routed():
    users = zipf_users(60, 300)
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(300, 2)), rng.normal(size=300)
    cv = UserDisjointShuffleSplit(3, random_state=0)
    grid = {"alpha": [0.1, 10.0]}
    plain = GridSearchCV(Ridge(), grid, cv=cv).fit(X, y, groups=users)
    assert plain.n_splits_ == 3
    expected = [
        Ridge(alpha=0.1).fit(X[train], y[train]).score(X[test], y[test])
        for train, test in cv.split(X, y, users)
    ]
    scores = cross_validate(Ridge(alpha=0.1), X, y, groups=users, cv=cv)["test_score"]
    np.testing.assert_allclose(scores, expected)
    with sklearn.config_context(enable_metadata_routing=True):
        routed = GridSearchCV(Ridge(), grid, cv=cv).fit(X, y, groups=users)
        scores = cross_validate(
            Ridge(alpha=0.1), X, y, cv=cv, params={"groups": users}
        )["test_score"]
        refused = UserDisjointShuffleSplit(3).set_split_request(groups=False)
        with pytest.raises(ValueError, match="needs the user of every row"):
            next(refused.split(X))
    np.testing.assert_allclose(scores, expected)
    for fold in range(3):
        name = f"split{fold}_test_score"
        np.testing.assert_allclose(routed.cv_results_[name][0], expected[fold])
        np.testing.assert_allclose(plain.cv_results_[name][0], expected[fold])


def test_who_requests_groups():
    requests = UserDisjointShuffleSplit().get_metadata_routing()
    assert requests.split.requests == {"groups": True}
    assert S2BlockKFold().get_metadata_routing().split.requests == {}
    assert not hasattr(S2BlockKFold(), "set_split_request")


def test_train_size_alone_bounds_the_training_rows():
    users = np.repeat(["ada", "ben", "cyd", "dan", "eve"], [60, 20, 10, 9, 1])
    cv = UserDisjointShuffleSplit(n_splits=20, train_size=0.3, random_state=0)
    for train, test in cv.split(np.zeros((100, 2)), groups=users):
        # Ada has more rows than either set may hold: she comes alone, if at all.
        assert 0 < len(train) <= 30 or set(users[train]) == {"ada"}
        assert 0 < len(test) <= 70
        assert not set(users[train]) & set(users[test])


def test_users_that_are_masked_are_refused():
    users = np.ma.array([1, 2, 1, 3], mask=[0, 1, 0, 0])
    with pytest.raises(ValueError, match=r"^groups, row 1: the value is masked"):
        next(UserDisjointShuffleSplit().split(np.zeros((4, 1)), groups=users))
    users.mask = False
    next(UserDisjointShuffleSplit().split(np.zeros((4, 1)), groups=users))
