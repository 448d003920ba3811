# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import math
import pickle
import warnings
from dataclasses import FrozenInstanceError
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse, stats
from sklearn.exceptions import UndefinedMetricWarning

from sklearn_geo.metrics import (
    accuracy_at_km,
    bootstrap_interval,
    class_bias,
    geo_score,
    hashtag_accuracy_at_k,
    macro_average_precision,
    mean_great_circle_error,
    mean_over_tags,
    median_great_circle_error,
    precision_at_k_within_km,
    tag_coverage_at_k,
)
from sklearn_geo.metrics._bca import bca_tails
from sklearn_geo.metrics._intervals import (
    _sums_without_each,
    check_settings,
)

DEGREE = 6371.0088 * math.pi / 180
RNG = np.random.default_rng(0)
TRUE = np.zeros((40, 2))
PRED = np.column_stack([np.zeros(40), RNG.gamma(0.5, 10.0, 40)])
GROUPS = np.repeat(np.arange(10), [1, 2, 3, 4, 5, 5, 5, 5, 5, 5])
WEIGHTS = RNG.integers(0, 4, 40)

# What is resampled without calling the metric, and the same where it is called.
SHORTCUTS = {
    "mean_great_circle_error": lambda *a, **k: mean_great_circle_error(*a, **k),
    "median_great_circle_error": lambda *a, **k: median_great_circle_error(*a, **k),
    "geo_score": lambda *a, **k: geo_score(*a, **k),
    "accuracy_at_200km": lambda *a, **k: accuracy_at_km(*a, 200, **k),
}


def same(a, b):
    for name in ("low", "high", "estimate", "standard_error", "distribution"):
        assert getattr(a, name) == pytest.approx(getattr(b, name), rel=1e-9)


@pytest.mark.parametrize("name", SHORTCUTS)
@pytest.mark.parametrize("method", ["percentile", "bca"])
@pytest.mark.parametrize("groups", [None, GROUPS])
@pytest.mark.parametrize("sample_weight", [None, WEIGHTS])
def test_shortcuts_change_nothing(name, method, groups, sample_weight):
    options = {
        "method": method,
        "groups": groups,
        "sample_weight": sample_weight,
        "n_resamples": 60,
        "random_state": 3,
    }
    quick = bootstrap_interval(name, TRUE, PRED, **options)
    slow = bootstrap_interval(SHORTCUTS[name], TRUE, PRED, **options)
    same(quick, slow)


def test_distribution_matches_a_loop():
    errors = PRED[:, 1] * DEGREE
    found = bootstrap_interval(
        mean_great_circle_error, TRUE, PRED, n_resamples=50, random_state=7
    )
    draws = np.random.RandomState(7).randint(0, 40, size=(50, 40))
    expected = [errors[row].mean() for row in draws]
    assert found.distribution == pytest.approx(expected)
    assert found.estimate == pytest.approx(errors.mean())
    assert found.standard_error == pytest.approx(np.std(expected, ddof=1))
    assert found.low == pytest.approx(np.quantile(expected, 0.025))
    assert found.high == pytest.approx(np.quantile(expected, 0.975))
    assert found.confidence_level == 0.95


def test_groups_are_drawn_whole():
    # Two users, one always right, one always wrong: a resample has 0, 1/2 or 1.
    pred = np.column_stack([np.zeros(10), np.repeat([0.0, 90.0], 5)])
    groups = np.repeat(["ann", "bob"], 5)
    found = bootstrap_interval(
        "accuracy_at_25km", TRUE[:10], pred, groups=groups, random_state=0
    )
    assert set(found.distribution) == {0, 0.5, 1}
    assert (found.low, found.high) == (0, 1)
    assert np.mean(found.distribution == 0.5) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("method", ["percentile", "bca"])
@pytest.mark.parametrize("confidence_level", [0.8, 0.95])
def test_ends_match_scipy(method, confidence_level):
    errors = PRED[:, 1] * DEGREE
    found = bootstrap_interval(
        "mean_great_circle_error",
        TRUE,
        PRED,
        method=method,
        confidence_level=confidence_level,
        random_state=0,
        n_resamples=400,
    )
    # SciPy takes the resamples from an earlier result and computes the ends alone.
    earlier = SimpleNamespace(bootstrap_distribution=found.distribution)
    expected = stats.bootstrap(
        (errors,),
        np.mean,
        n_resamples=0,
        bootstrap_result=earlier,
        confidence_level=confidence_level,
        method={"percentile": "percentile", "bca": "BCa"}[method],
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_ends_do_not_depend_on_the_unit(scale):
    values = np.random.default_rng(1).gamma(0.5, 1.0, 40)
    options = {"method": "bca", "n_resamples": 200, "random_state": 0}
    found = bootstrap_interval(np.mean, values, **options)
    scaled = bootstrap_interval(np.mean, values * scale, **options)
    assert scaled.low == pytest.approx(found.low * scale, rel=1e-12)
    assert scaled.high == pytest.approx(found.high * scale, rel=1e-12)


def test_bca_moves_the_interval_of_skewed_errors_up():
    options = {"random_state": 0, "n_resamples": 1000}
    plain = bootstrap_interval("mean_great_circle_error", TRUE, PRED, **options)
    corrected = bootstrap_interval(
        "mean_great_circle_error", TRUE, PRED, method="bca", **options
    )
    assert corrected.low > plain.low
    assert corrected.high > plain.high


ROWS = RNG.random((40, 3))
HOLES = np.where(RNG.random((40, 1)) < 0.3, np.nan, ROWS)
MEANS = {
    "all numbers": (np.mean, ROWS),
    "columns": (partial(np.mean, axis=0), ROWS),
    "left out": (np.nanmean, HOLES[:, 0]),
    "all numbers that are left": (np.nanmean, HOLES),
    "columns that are left": (partial(np.nanmean, axis=0), HOLES),
}


@pytest.mark.parametrize("name", MEANS)
@pytest.mark.parametrize("groups", [None, GROUPS])
@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_means_of_rows_match_a_loop(name, groups, method):
    metric, values = MEANS[name]
    found = bootstrap_interval(
        metric, values, groups=groups, method=method, n_resamples=60, random_state=3
    )
    members = [[row] for row in range(40)]
    if groups is not None:
        members = [np.flatnonzero(groups == group) for group in range(10)]
    draws = np.random.RandomState(3).randint(0, len(members), (60, len(members)))
    rows = [np.concatenate([members[one] for one in draw]) for draw in draws]
    expected = np.array([metric(values[chosen]) for chosen in rows])
    assert found.distribution == pytest.approx(expected)
    assert found.estimate == pytest.approx(metric(values))
    # Said by a function that is not looked into.
    called = bootstrap_interval(
        lambda some: metric(some),
        values,
        groups=groups,
        method=method,
        n_resamples=60,
        random_state=3,
    )
    same(found, called)


def test_numbers_that_are_missing():
    with pytest.raises(ValueError, match=r"returned nan\. np\.nanmean leaves out"):
        bootstrap_interval(np.mean, [1.0, np.nan])
    with pytest.raises(ValueError, match=r"it returned nan\.$"):
        bootstrap_interval(np.median, [1.0, np.nan])
    with pytest.raises(ValueError, match=r"or a vector .* it returned \[ *1\. +nan\]"):
        bootstrap_interval(lambda some: [1.0, np.nan], [1.0, 2.0])
    # In some rows some columns are missing: each column is averaged for itself.
    values = np.array([[1.0, np.nan], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]] * 5)
    found = bootstrap_interval(
        partial(np.nanmean, axis=0), values, n_resamples=50, random_state=0
    )
    assert found.estimate == pytest.approx([1 / 2, 2 / 3])


def test_users_of_retrieval():
    # Two users with two queries each, all of one right: a resample has 0, 1/2 or 1.
    tags = [[1, 0], [0, 1]]
    each = precision_at_k_within_km(
        [0, 1, 0, 1],
        None,
        tags,
        None,
        [[0], [1], [1], [0]],
        k=1,
        km=np.inf,
        average=None,
    )
    users = ["ann", "ann", "bob", "bob"]
    found = bootstrap_interval(np.mean, each, groups=users, random_state=0)
    assert set(found.distribution) == {0, 0.5, 1}
    # The mean over tags: queries are drawn together with their tags.
    queries, values = np.array([0, 0, 0, 1]), np.array([1.0, 1.0, 1.0, 0.0])
    found = bootstrap_interval(
        mean_over_tags, queries, values, random_state=3, n_resamples=50
    )
    draws = np.random.RandomState(3).randint(0, 4, (50, 4))
    expected = [
        np.mean([values[row][queries[row] == t].mean() for t in set(queries[row])])
        for row in draws
    ]
    assert found.distribution == pytest.approx(expected)
    assert found.estimate == 1 / 2


def test_omitted_tags_are_resampled_without_ranking_twice():
    truth = (RNG.random((40, 6)) < 0.4).astype(int)
    score = RNG.random((40, 6))
    metric = partial(hashtag_accuracy_at_k, k=2, omit_tags=[0, 1])
    options = {"n_resamples": 40, "random_state": 0, "groups": GROUPS}
    quick = bootstrap_interval(metric, truth, score, **options)
    slow = bootstrap_interval(lambda *a: metric(*a), truth, score, **options)
    same(quick, slow)


N_SIMULATIONS = 150


def coverage(draw, **options):
    """Share of intervals that hold zero, the true mean of what is drawn."""
    rng = np.random.RandomState(0)
    held = 0
    for seed in range(N_SIMULATIONS):
        values, groups = draw(rng)
        found = bootstrap_interval(
            np.mean,
            values,
            groups=groups if options.get("use_groups") else None,
            n_resamples=300,
            method=options.get("method", "percentile"),
            random_state=seed,
        )
        held += found.low <= 0 <= found.high
    return held / N_SIMULATIONS


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_coverage_of_independent_values(method):
    # The share of 150 hits of probability .94 has a standard deviation of .02.
    held = coverage(lambda rng: (rng.normal(size=50), None), method=method)
    assert 0.88 <= held <= 0.99


def test_coverage_of_users():
    def draw(rng):
        groups = np.repeat(np.arange(30), 6)
        return rng.normal(size=30)[groups] + 0.3 * rng.normal(size=180), groups

    assert 0.87 <= coverage(draw, use_groups=True) <= 0.99
    # Photos of one user err together: as if they did not, intervals are too narrow.
    assert coverage(draw) < 0.7


def test_same_seed_same_numbers_in_any_memory():
    for groups in (None, GROUPS):
        options = {"groups": groups, "method": "bca", "n_resamples": 99}
        first = bootstrap_interval("geo_score", TRUE, PRED, random_state=5, **options)
        with sklearn.config_context(working_memory=0.003):
            second = bootstrap_interval(
                "geo_score", TRUE, PRED, random_state=5, **options
            )
        assert np.array_equal(first.distribution, second.distribution)
        assert (first.low, first.high) == (second.low, second.high)
        other = bootstrap_interval("geo_score", TRUE, PRED, random_state=6, **options)
        assert not np.array_equal(first.distribution, other.distribution)


def test_several_thresholds_at_once():
    found = bootstrap_interval(accuracy_at_km, TRUE, PRED, random_state=0)
    assert found.low.shape == found.high.shape == found.estimate.shape == (5,)
    assert found.distribution.shape == (2000, 5)
    assert (found.low <= found.estimate).all()
    assert (found.estimate <= found.high).all()
    for column, km in enumerate([1, 25, 200, 750, 2500]):
        one = bootstrap_interval(
            partial(accuracy_at_km, km=km), TRUE, PRED, random_state=0
        )
        assert (one.low, one.high) == pytest.approx(
            (found.low[column], found.high[column])
        )


def test_hit_rates_of_hashtags():
    rng = np.random.default_rng(1)
    truth = rng.random((30, 6)) < 0.15
    score = rng.normal(size=(30, 6))
    for name, function in [
        ("hashtag_accuracy_at_1", lambda t, s: hashtag_accuracy_at_k(t, s, 1)),
        ("hashtag_accuracy_at_2", lambda t, s: hashtag_accuracy_at_k(t, s, 2)),
    ]:
        options = {"n_resamples": 50, "random_state": 0, "method": "bca"}
        quick = bootstrap_interval(name, truth, score, **options)
        same(quick, bootstrap_interval(function, truth, score, **options))


def test_a_metric_that_is_called():
    rng = np.random.default_rng(1)
    truth = rng.random((30, 3)) < 0.4
    score = rng.normal(size=(30, 3))
    found = bootstrap_interval(
        macro_average_precision, truth, score, n_resamples=50, random_state=0
    )
    draws = np.random.RandomState(0).randint(0, 30, size=(50, 30))
    expected = [macro_average_precision(truth[row], score[row]) for row in draws]
    assert found.distribution == pytest.approx(expected)


def test_a_constant_metric_has_an_interval_without_width():
    for method in ("percentile", "bca"):
        found = bootstrap_interval(
            "accuracy_at_25km", TRUE, TRUE, method=method, random_state=0
        )
        assert (found.low, found.estimate, found.high) == (1, 1, 1)
        assert found.standard_error == 0


def test_resamples_without_a_tag_are_left_out():
    truth, score = np.zeros((4, 2)), np.zeros((4, 2))
    truth[0, 0] = 1
    with pytest.warns(UndefinedMetricWarning, match="of the 200 resamples") as caught:
        found = bootstrap_interval(
            "hashtag_accuracy_at_2", truth, score, n_resamples=200, random_state=0
        )
    assert len(caught) == 1
    # The tagged photo is missing from (3/4)**4 = .316 of the resamples.
    assert len(found.distribution) / 200 == pytest.approx(1 - 0.316, abs=0.1)
    assert found.low == found.high == 1
    with pytest.warns(UndefinedMetricWarning, match="of the 200 resam") as caught:
        called = bootstrap_interval(
            lambda t, s: hashtag_accuracy_at_k(t, s, 2),
            truth,
            score,
            n_resamples=200,
            random_state=0,
        )
    # Said once, not by the metric of each resample.
    assert len(caught) == 1
    assert np.array_equal(called.distribution, found.distribution)


def test_resamples_without_weight_are_left_out():
    with pytest.warns(UndefinedMetricWarning, match="of the 30 resamples") as caught:
        found = bootstrap_interval(
            SHORTCUTS["geo_score"],
            TRUE[:4],
            PRED[:4],
            sample_weight=[1, 0, 0, 0],
            n_resamples=30,
            method="bca",
            random_state=0,
        )
    assert len(caught) == 1
    # Without the first photo there is no score; each of the others changes nothing.
    expected = geo_score(TRUE[:1], PRED[:1])
    assert (found.low, found.estimate, found.high) == pytest.approx((expected,) * 3)


def test_inputs_are_not_changed_and_results_pickle():
    true, pred = TRUE.copy(), PRED.copy()
    true.flags.writeable = pred.flags.writeable = False
    found = bootstrap_interval("geo_score", true, pred, random_state=0)
    same(pickle.loads(pickle.dumps(found)), found)
    assert "distribution" not in repr(found)
    assert repr(found).startswith("BootstrapInterval(low=")


def test_lists_are_read():
    found = bootstrap_interval(
        lambda a, b: np.mean(np.equal(a, b)),
        ["sea", "sun", "sea"],
        ["sea", "sun", "sun"],
        random_state=0,
        n_resamples=30,
    )
    assert found.estimate == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"groups": np.zeros(40)}, "at least two groups; got 1"),
        ({"groups": [1, 2]}, "user or album of each of the 40 rows"),
        ({"y_true": TRUE[:1], "y_pred": PRED[:1]}, "at least two photos; got 1"),
        ({"y_pred": PRED[:3]}, "y_true has 40 rows but y_pred has 3"),
        ({"n_resamples": 0}, "n_resamples must be a whole number above 0"),
        ({"n_resamples": 10.5}, "n_resamples must be a whole number above 0"),
        ({"confidence_level": 95}, "between 0 and 1, such as 0.95; got 95"),
        ({"method": "basic"}, "method must be one of 'percentile', 'bca'"),
        ({"metric": "accuracy_at_25"}, "Did you mean 'accuracy_at_25km'"),
        ({"metric": "neg_mean_great_circle_error"}, "'mean_great_circle_error'"),
        ({"metric": lambda t, p: np.nan}, "it returned nan"),
        ({"metric": lambda t, p: np.zeros((2, 2))}, "or a vector of them"),
        ({"sample_weight": np.full(40, -1)}, "row 0: -1 is negative"),
        ({"y_pred": np.full((40, 2), 91.0)}, "y_pred"),
        ({"groups": [None] + ["u"] * 20 + ["v"] * 19}, "groups, row 0: the group is m"),
        ({"groups": [1.0] * 20 + [np.nan] * 20}, "groups, row 20: the group is missi"),
        ({"groups": ["u"] * 39 + [np.nan]}, "groups, row 39: the group is missing"),
        ({"y_true": TRUE[:0], "y_pred": PRED[:0]}, "y_true is empty"),
        ({"metric": np.mean, "y_true": [], "y_pred": None}, "y_true is empty"),
    ],
)
def test_bad_input(changes, words):
    arguments = {"metric": "geo_score", "y_true": TRUE, "y_pred": PRED}
    arguments.update(changes)
    with pytest.raises(ValueError, match=words):
        bootstrap_interval(**arguments)


def test_groups_of_any_kind():
    for name in (
        lambda g: g.tolist(),
        lambda g: [f"user {i}" for i in g],
        lambda g: np.datetime64("2014-01-01") + g,
        lambda g: (g + 0.5).tolist(),
        # Ids that float64 cannot tell apart.
        lambda g: [2**63 + int(i) if i else 0 for i in g],
    ):
        options = {"n_resamples": 50, "random_state": 0}
        found = bootstrap_interval(
            "geo_score", TRUE, PRED, groups=name(GROUPS), **options
        )
        same(
            found,
            bootstrap_interval("geo_score", TRUE, PRED, groups=GROUPS, **options),
        )


def test_class_bias_by_function_and_by_name():
    cells = np.repeat([0, 1, 2, 3], 10)
    options = {"n_resamples": 50, "random_state": 0}
    for metric in (class_bias, partial(class_bias, base=math.e)):
        same(
            bootstrap_interval(metric, cells, GROUPS % 4, **options),
            bootstrap_interval("class_bias", cells, GROUPS % 4, **options),
        )


def test_coverage_on_resamples_without_a_tag():
    truth, score = np.zeros((4, 2)), np.zeros((4, 2))
    truth[0, 0] = 1
    with pytest.warns(UndefinedMetricWarning, match="of the 100 resamples"):
        found = bootstrap_interval(
            partial(tag_coverage_at_k, k=[1, 2]),
            truth,
            score,
            n_resamples=100,
            random_state=0,
        )
    # By one suggestion nothing is sure among ties, by two everything is.
    assert found.low.tolist() == found.high.tolist() == [0, 1]


def test_more_bad_input():
    with pytest.raises(TypeError, match="confidence_level must be a number, such as"):
        bootstrap_interval("geo_score", TRUE, PRED, confidence_level="95")
    with pytest.raises(TypeError, match="groups mixes values that cannot be sorted"):
        bootstrap_interval("geo_score", TRUE, PRED, groups=[1] * 20 + ["u"] * 20)
    with pytest.raises(TypeError, match="name of a metric or a function"):
        bootstrap_interval(5, TRUE, PRED)

    def defined_on_all_rows_only(true, pred):
        return 1.0 if len(np.unique(pred)) > 39 else np.nan

    with pytest.raises(ValueError, match="not defined on any of the resamples"):
        bootstrap_interval(
            defined_on_all_rows_only, TRUE, PRED, n_resamples=3, random_state=0
        )


@pytest.mark.parametrize("metric", [np.mean, np.nanmean, np.median])
def test_lists_are_as_good_as_arrays(metric):
    values, options = [3, 1, 4, 1, 5], {"n_resamples": 20, "random_state": 0}
    found = bootstrap_interval(metric, values, **options)
    same(found, bootstrap_interval(metric, np.array(values, dtype=float), **options))


def test_a_statistic_that_is_no_mean_is_called():
    values = np.random.default_rng(2).gamma(0.5, 1.0, 21)
    found = bootstrap_interval(np.median, values, n_resamples=30, random_state=5)
    draws = np.random.RandomState(5).randint(0, 21, size=(30, 21))
    expected = [np.median(values[draw]) for draw in draws]
    assert found.distribution == pytest.approx(expected)


def test_who_asked_is_told_of_undefined_resamples():
    def of_some(values):
        return np.nan if values[0] > 2 else values.mean()

    with pytest.warns(UndefinedMetricWarning, match="left out of the interval") as seen:
        found = bootstrap_interval(
            of_some, np.array([1.0, 2, 3]), n_resamples=20, random_state=0
        )
    assert seen[0].filename == __file__
    assert np.isfinite(found.distribution).all()


@pytest.mark.parametrize(
    "metric", ["mean_great_circle_error", "median_great_circle_error"]
)
def test_weights_may_be_huge(metric):
    # Of the same photo twice, weighed so, the sum is infinite.
    true, pred = [[0.0, 0.0]] * 3, [[0.0, 0.0], [0.0, 1.0], [0.0, 2.0]]
    options = {"n_resamples": 30, "random_state": 0}
    huge, plain = (
        bootstrap_interval(metric, true, pred, sample_weight=weights, **options)
        for weights in ([1e307, 1e308, 5e307], [0.1, 1.0, 0.5])
    )
    np.testing.assert_allclose(huge.distribution, plain.distribution)
    np.testing.assert_allclose(huge.estimate, plain.estimate)


def test_one_resample_has_no_standard_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = bootstrap_interval("geo_score", TRUE, PRED, n_resamples=1)
    assert math.isnan(found.standard_error)
    assert found.low == found.high


@pytest.mark.parametrize("n_resamples", [0, True, 10**9, 2.0])
def test_resamples_are_some_millions_at_most(n_resamples):
    with pytest.raises(ValueError, match="n_resamples must be a whole number above 0"):
        bootstrap_interval(np.mean, [0.0, 1.0], n_resamples=n_resamples)


def test_rows_of_any_sparse_format_are_drawn():
    truth = np.eye(4, dtype=int)
    found = [
        bootstrap_interval(
            "macro_average_precision", tags, truth * 0.5, n_resamples=3, random_state=0
        ).estimate
        for tags in (truth, sparse.bsr_array(truth), sparse.coo_array(truth))
    ]
    assert found == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("method", ["percentile", "bca"])
@pytest.mark.parametrize("called", [False, True])
def test_each_of_several_numbers_has_its_own_interval(method, called):
    # Two columns that are skewed in opposite directions, on scales of their own.
    values = RNG.gamma(0.5, [1.0, 100.0], (30, 2)) * [1.0, -1.0]
    options = {"method": method, "n_resamples": 99, "random_state": 4}
    metric = partial(np.mean, axis=0)
    both = bootstrap_interval(
        (lambda some: metric(some)) if called else metric, values, **options
    )
    for k, column in enumerate(values.T):
        one = bootstrap_interval(np.mean, column, **options)
        assert both.low[k] == pytest.approx(one.low, rel=1e-9)
        assert both.high[k] == pytest.approx(one.high, rel=1e-9)
        assert both.standard_error[k] == pytest.approx(one.standard_error)


def test_resamples_that_equal_the_estimate_count_by_half():
    # Means of twelve zeros and ones are equal to that of all in many resamples.
    values = np.repeat([0.0, 1.0], [9, 3])
    found = bootstrap_interval(
        np.mean, values, method="bca", n_resamples=400, random_state=0
    )
    assert 0.1 < np.mean(found.distribution == found.estimate) < 0.4
    earlier = SimpleNamespace(bootstrap_distribution=found.distribution)
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=0, bootstrap_result=earlier, method="BCa"
    ).confidence_interval
    # Between two such means, a tie more or less moves the end.
    below = np.mean(found.distribution < found.estimate)
    upto = np.mean(found.distribution <= found.estimate)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert below < 0.5 < upto


@pytest.mark.parametrize("sign", [1, -1])
def test_resamples_on_one_side_count_as_if_half_of_one_were_not(sign):
    # A resample has fewer distinct values than all rows have; a small term breaks ties.
    values = np.arange(40.0)

    def distinct(some):
        return sign * (len(np.unique(some)) + some.mean() / 1000)

    found = bootstrap_interval(
        distinct, values, method="bca", n_resamples=200, random_state=0
    )
    assert (sign * found.distribution < sign * found.estimate).all()
    # Left out one by one, the values of 0 to 39 are as skewed as their mean is: not.
    bias = sign * stats.norm.ppf(1 - 0.5 / 200)
    ends = stats.norm.cdf(2 * bias + stats.norm.ppf([0.025, 0.975]))
    expected = np.quantile(found.distribution, ends)
    assert (found.low, found.high) == pytest.approx(tuple(expected), rel=1e-9)
    assert not np.isin([found.low, found.high], found.distribution).any()


CUBE = RNG.random((12, 3, 2))
ODD_MEANS = {
    "of rows": (partial(np.mean, axis=1), CUBE[:, :, 0]),
    "of rows, from the end": (partial(np.mean, axis=-1), CUBE[:, :, 0]),
    "of all, by name": (partial(np.mean, axis=(0, 1)), CUBE[:, :, 0]),
    "of a cube": (np.mean, CUBE),
    "of a cube that has no holes": (np.nanmean, CUBE),
    "in a box": (partial(np.mean, keepdims=True), CUBE[:, 0, 0]),
    "of integers": (np.mean, np.arange(12) // 5),
    "of one column": (partial(np.mean, axis=0), CUBE[:, :1, 0]),
}


@pytest.mark.parametrize("name", ODD_MEANS)
def test_means_that_numpy_knows_and_no_metric_asks_for(name):
    metric, values = ODD_MEANS[name]
    found = bootstrap_interval(metric, values, n_resamples=20, random_state=2)
    draws = np.random.RandomState(2).randint(0, 12, (20, 12))
    expected = np.array([metric(values[draw]) for draw in draws])
    assert found.distribution == pytest.approx(expected)
    assert found.estimate == pytest.approx(metric(values))


def test_rows_of_narrow_floats_are_averaged_in_wide_ones():
    values = CUBE[:, :, 0].astype(np.float32)
    found = bootstrap_interval(np.mean, values, n_resamples=20, random_state=2)
    draws = np.random.RandomState(2).randint(0, 12, (20, 12))
    expected = values.astype(np.float64)[draws].mean(axis=(1, 2))
    assert found.distribution == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n_whole", [0, 4])
@pytest.mark.parametrize("groups", [None, np.arange(16) // 2])
def test_holes_in_columns_are_left_out_column_by_column(n_whole, groups):
    values = RNG.random((16, 2))
    rows = np.arange(n_whole, 16)
    values[rows, rows % 2] = np.nan
    metric = partial(np.nanmean, axis=0)
    options = {"groups": groups, "n_resamples": 30, "random_state": 1}
    found = bootstrap_interval(metric, values, **options)
    same(found, bootstrap_interval(lambda some: metric(some), values, **options))
    assert found.estimate == pytest.approx(np.nanmean(values, axis=0))


def test_weights_count_in_the_estimate():
    # Errors of 0 and a quarter of a meridian, the first with three times the weight.
    true, pred = [[0.0, 0.0]] * 2, [[0.0, 0.0], [90.0, 0.0]]
    for metric in ("mean_great_circle_error", SHORTCUTS["mean_great_circle_error"]):
        found = bootstrap_interval(
            metric, true, pred, sample_weight=[3, 1], n_resamples=20, random_state=0
        )
        assert found.estimate == pytest.approx(90 * DEGREE / 4)
        assert set(np.round(found.distribution / DEGREE, 6)) == {0, 22.5, 90}
    with pytest.raises(ValueError, match=r"^sample_weight, row 1: nan is no weight"):
        bootstrap_interval(
            lambda a, b, sample_weight: 1.0, true, pred, sample_weight=[1, np.nan]
        )


def test_a_resample_with_one_undefined_number_is_left_out():
    def first_and_rest(values):
        return [values[0], np.nan if values[0] > 2 else 1.0]

    with pytest.warns(UndefinedMetricWarning, match="left out of the interval"):
        found = bootstrap_interval(
            first_and_rest, np.array([1.0, 2, 3]), n_resamples=50, random_state=0
        )
    assert set(found.distribution[:, 0]) == {1, 2}
    assert np.isfinite(found.distribution).all()


def test_numbers_are_plain_and_wide():
    found = bootstrap_interval(
        lambda some: np.float32(0.25), [1.0, 2.0], n_resamples=3, random_state=0
    )
    for name in ("low", "high", "estimate", "standard_error", "confidence_level"):
        assert type(getattr(found, name)) is float
    assert "np." not in repr(found)
    found = bootstrap_interval(lambda some: [1, 2], [1.0, 2.0], n_resamples=3)
    assert found.estimate.dtype == np.float64
    values = np.array([0.1, 0.2, 0.4])
    found = bootstrap_interval(np.mean, values, n_resamples=3, random_state=0)
    assert found.estimate == np.mean(values)
    level = np.float32(0.5)
    found = bootstrap_interval(np.mean, values, confidence_level=level, n_resamples=3)
    assert type(found.confidence_level) is float
    with pytest.raises(FrozenInstanceError):
        found.low = 0.0
    # Results are compared as things, not number by number.
    options = {"n_resamples": 3, "random_state": 0}
    one, other = (bootstrap_interval(np.mean, values, **options) for _ in range(2))
    same(one, other)
    assert one != other


def test_two_resamples_have_a_standard_error():
    found = bootstrap_interval(np.mean, np.arange(9), n_resamples=2, random_state=0)
    a, b = found.distribution
    assert a != b
    assert found.standard_error == pytest.approx(abs(a - b) / math.sqrt(2))


def test_arguments_are_named():
    broken = sparse.csr_array(np.eye(2))
    broken.indices[-1] = 10**6
    for name, tables in (
        ("y_true", (broken, np.eye(2))),
        ("y_pred", (np.eye(2), broken)),
    ):
        with pytest.raises(ValueError, match=f"^{name} .*contradict each other"):
            bootstrap_interval(lambda a, b: 1.0, *tables)
    with pytest.raises(ValueError, match=r"^y_true is empty"):
        bootstrap_interval(np.mean, [])
    with pytest.raises(ValueError, match=r"^confidence_level must be between 0 and 1"):
        bootstrap_interval(np.mean, [0.0, 1.0], confidence_level=1)
    with pytest.raises(ValueError, match=r"^method must be one of"):
        bootstrap_interval(np.mean, [0.0, 1.0], method="normal")
    check_settings(10_000_000, 0.95, "bca")
    with pytest.raises(ValueError, match=r"at most 10,000,000; got 10000001\.$"):
        check_settings(10_000_001, 0.95, "bca")


def test_skewness_is_read_off_where_the_metric_is_defined():
    # The second number is defined with the value 9 only, of which there is one.
    values = np.array([9.0, 0.0, 1.0, 2.0, 8.0, 1.5])

    def two(some):
        return [some.mean(), some.max() if 9.0 in some else np.nan]

    with pytest.warns(UndefinedMetricWarning, match="left out of the int") as caught:
        found = bootstrap_interval(
            two, values, method="bca", n_resamples=99, random_state=0
        )
    assert len(caught) == 1
    # Left out one by one: all values but the first.
    means = np.array([np.delete(values, i).mean() for i in range(1, 6)])
    away = means.mean() - means
    a = (away**3).sum() / (6 * (away**2).sum() ** 1.5)
    drawn = found.distribution[:, 0]
    below = np.mean(drawn < values.mean()) + np.mean(drawn == values.mean()) / 2
    bias = stats.norm.ppf(below)
    shifted = bias + stats.norm.ppf([0.025, 0.975])
    ends = np.quantile(drawn, stats.norm.cdf(bias + shifted / (1 - a * shifted)))
    assert (found.low[0], found.high[0]) == pytest.approx(tuple(ends), rel=1e-9)
    assert (found.low[1], found.high[1]) == (9, 9)


def test_a_metric_that_warns_is_told_once_however_often_it_is_called():
    tags = np.array([[1, 0], [0, 0], [0, 0]])
    with pytest.warns(UndefinedMetricWarning, match="of the 20 resamples") as caught:
        bootstrap_interval(
            lambda t, s: hashtag_accuracy_at_k(t, s, 1),
            tags,
            tags,
            method="bca",
            n_resamples=20,
            random_state=0,
        )
    assert len(caught) == 1


@pytest.mark.parametrize("kind", [np.array, pd.Series, pd.DataFrame, list])
def test_what_is_missing_is_missing_in_any_table(kind):
    # pandas has means of its own that pass it over.
    values = kind([1.0, np.nan, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0])
    for mean in (np.mean, partial(np.mean, axis=0)):
        with pytest.raises(
            ValueError, match=r"returned \[?nan\]?\. np\.nanmean leaves"
        ):
            bootstrap_interval(mean, values)
    options = {"n_resamples": 200, "random_state": 0}
    found = bootstrap_interval(np.nanmean, values, **options)
    # Of nine rows that say something five are 1.
    assert found.estimate == pytest.approx(5 / 9)
    drawn = np.random.RandomState(0).randint(0, 10, (200, 10))
    rows = np.array([1.0, np.nan, 0, 1, 0, 1, 0, 1, 1, 0])[drawn]
    assert found.distribution == pytest.approx(np.nanmean(rows, axis=1))


@pytest.mark.parametrize("level", [0.9, 0.999, 1 - 1e-6])
def test_ends_of_bca_are_in_order(level):
    # One row has a thousand tags, the others one each: the more skewed, the wider.
    tags = np.zeros((40, 1039))
    tags[0, :1000] = tags[np.arange(1, 40), 1000 + np.arange(39)] = 1
    found = bootstrap_interval(
        lambda some: float((some.sum(axis=0) > 0).sum()),
        tags,
        method="bca",
        confidence_level=level,
        random_state=0,
    )
    assert found.low <= found.high == found.distribution.max()


@pytest.mark.parametrize("sign", [-1, 1])
def test_ends_of_bca_beyond_their_pole_are_the_ends_of_all(sign):
    # One of n rows alone matters: skewed by (n - 2) / (6 sqrt(n (n - 1))), a sixth.
    n = 1000
    left_out = np.zeros((n, 1))
    left_out[0] = -sign
    a = sign * (n - 2) / (6 * math.sqrt(n * (n - 1)))
    # Without bias, 1 - a z is negative at the seventh standard deviation.
    tails = stats.norm.cdf([-7, 7])
    found = bca_tails(tails, np.array([[-1.0], [1.0]]), np.zeros(1), left_out)[0]
    assert 1 - abs(a) * 7 < 0
    inside = stats.norm.cdf(-7 * sign / (1 + 7 * abs(a)))
    expected = [inside, 1.0] if sign > 0 else [0.0, inside]
    assert found == pytest.approx(expected, rel=1e-4, abs=0.0)


def test_a_level_of_nearly_one_has_ends():
    # Half of what is missing to it is beyond the digits of 1.
    values = np.array([0.0, 1.0, 1.0, 1.0, 5.0])
    for sign in (-1, 0, 1):
        skewed = sign * values if sign else np.arange(5.0)
        found = bootstrap_interval(
            np.mean,
            skewed,
            method="bca",
            confidence_level=np.nextafter(1.0, 0.0),
            n_resamples=50,
            random_state=0,
        )
        assert found.low <= found.estimate <= found.high


def test_medians_of_copies_are_resampled():
    # 501 rows of 0, of which one is a single copy, and 500 of 40 degrees.
    pred = np.zeros((1001, 2))
    pred[501:, 1] = 40.0
    weights = np.full(1001, 1e12)
    weights[0] = 1.0
    found = bootstrap_interval(
        "median_great_circle_error",
        np.zeros((1001, 2)),
        pred,
        sample_weight=weights,
        n_resamples=100,
        random_state=0,
    )
    assert found.estimate == 0.0
    drawn = np.random.RandomState(0).randint(0, 1001, (100, 1001))
    copies = [
        [int(weights[row].sum()) for row in (d[d < 501], d[d > 500])] for d in drawn
    ]
    expected = [
        0.0 if near > far else 40.0 * (1 - 0.5 * (near == far)) for near, far in copies
    ]
    assert found.distribution / DEGREE == pytest.approx(expected)


def test_rows_beside_one_that_outweighs_them_keep_their_digits():
    weights = np.ones(12)
    weights[3] = 1e17
    options = {"sample_weight": weights, "method": "bca", "n_resamples": 300}
    called = SHORTCUTS["mean_great_circle_error"]
    found, slow = (
        bootstrap_interval(metric, TRUE[:12], PRED[:12], random_state=0, **options)
        for metric in ("mean_great_circle_error", called)
    )
    same(found, slow)
    part = np.array([1.0, 1e17, 2.0, -4.0])
    assert _sums_without_each(part)[1] == -1.0


@pytest.mark.parametrize("form", [np.asarray, pd.Series])
def test_means_of_spans_of_time_are_numbers_of_their_unit(form):
    seconds = np.array([0.0, 1.0, 4.0, 5.0, 13.0])
    spans = form(seconds.astype("m8[s]"))
    options = {"n_resamples": 50, "random_state": 0, "method": "bca"}
    expected = bootstrap_interval(np.mean, seconds, **options)
    assert expected.estimate == 4.6
    same(bootstrap_interval(np.mean, spans, **options), expected)
    spans[1] = np.timedelta64("NaT", "s")
    with pytest.raises(ValueError, match=r"returned nan\. np.nanmean leaves out"):
        bootstrap_interval(np.mean, spans)
    assert bootstrap_interval(np.nanmean, spans, n_resamples=9).estimate == 22 / 4


@pytest.mark.parametrize("metric", [np.mean, np.nanmean, partial(np.mean, axis=0)])
@pytest.mark.parametrize("form", [sparse.csr_array, sparse.coo_matrix])
def test_means_of_sparse_rows_say_what_to_pass(metric, form):
    with pytest.raises(TypeError, match=r"^y_true is sparse, .* pass y_true.toarray"):
        bootstrap_interval(metric, form(np.eye(3)))
