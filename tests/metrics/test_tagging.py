# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import inspect
import itertools
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import average_precision_score

from sklearn_geo.metrics import (
    _errors,
    _tagging,
    hashtag_accuracy_at_k,
    macro_average_precision,
    tag_coverage_at_k,
)

# Five photos, four tags. Rank of the first right tag, if ties go against it, if they go
# for it, and its probability to be among the first two of a random order:
TRUTH = np.array(
    [
        [1, 0, 0, 0],  # alone at the top: 1, 1, 1
        [0, 1, 0, 0],  # one of two at the top: 2, 1, 1
        [0, 0, 1, 1],  # right, wrong and right share the top: 2, 1, 1
        [1, 0, 0, 0],  # behind one, one of three: 4, 2, 1/3
        [0, 0, 0, 1],  # all alike: 4, 1, 1/2
    ]
)
SCORE = np.array(
    [
        [0.9, 0.1, 0.2, 0.3],
        [0.2, 0.8, 0.8, 0.1],
        [0.7, 0.1, 0.7, 0.7],
        [0.3, 0.3, 0.9, 0.3],
        [0.0, 0.0, 0.0, 0.0],
    ]
)
FORMATS = [
    np.asarray,
    pd.DataFrame,
    sparse.csr_array,
    sparse.csr_matrix,
    sparse.csc_array,
    sparse.coo_array,
    sparse.lil_matrix,
    lambda table: np.asarray(table).tolist(),
]


@pytest.mark.parametrize(
    ("ties", "at_1", "at_2", "at_4"),
    [
        ("pessimistic", 1 / 5, 3 / 5, 1),
        ("optimistic", 4 / 5, 1, 1),
        ("mean", (1 + 1 / 2 + 2 / 3 + 0 + 1 / 4) / 5, (3 + 1 / 3 + 1 / 2) / 5, 1),
    ],
)
def test_five_photos_with_ties(ties, at_1, at_2, at_4):
    found = hashtag_accuracy_at_k(TRUTH, SCORE, k=[1, 2, 4, 9], ties=ties)
    assert found == pytest.approx([at_1, at_2, at_4, 1])
    assert hashtag_accuracy_at_k(TRUTH, SCORE, k=2, ties=ties) == pytest.approx(at_2)


def orders(score):
    """All orders of tags that are sorted by score, best first."""
    for order in itertools.permutations(range(len(score))):
        ordered = [score[tag] for tag in order]
        if ordered == sorted(ordered, reverse=True):
            yield order


tied_tables = st.integers(1, 5).flatmap(
    lambda n_tags: st.lists(
        st.tuples(
            st.lists(st.sampled_from([0, 1]), min_size=n_tags, max_size=n_tags),
            st.lists(
                st.sampled_from([-np.inf, -1.0, 0.0, 1.0]),
                min_size=n_tags,
                max_size=n_tags,
            ),
        ),
        min_size=1,
        max_size=4,
    )
)


@settings(deadline=None, max_examples=60)
@given(tied_tables, st.integers(1, 6))
def test_hit_rate_matches_all_orders_of_ties(rows, k):
    truth, score = (np.array(table) for table in zip(*rows, strict=True))
    hits = [
        [any(true[tag] for tag in order[:k]) for order in orders(values)]
        for true, values in zip(truth, score, strict=True)
    ]
    for ties, over in [("pessimistic", min), ("optimistic", max), ("mean", np.mean)]:
        found = hashtag_accuracy_at_k(truth, score, k, ties=ties, untagged="miss")
        assert found == pytest.approx(np.mean([over(row) for row in hits]))


@settings(deadline=None, max_examples=60)
@given(tied_tables, st.integers(1, 6))
def test_coverage_matches_all_orders_of_ties(rows, k):
    truth, score = (np.array(table) for table in zip(*rows, strict=True))
    used = truth.any(axis=0)
    if not used.any():
        with pytest.warns(
            UndefinedMetricWarning, match=r"^No photo of y_true has a tag"
        ):
            assert np.isnan(tag_coverage_at_k(truth, score, k))
        return
    for ties, over in [("pessimistic", all), ("optimistic", any)]:
        chosen = np.array(
            [
                [
                    over(tag in order[:k] for order in orders(values))
                    for tag in range(len(used))
                ]
                for values in score
            ]
        )
        seen = chosen.any(axis=0)
        right = (chosen & truth.astype(bool)).any(axis=0)
        assert tag_coverage_at_k(truth, score, k, ties=ties) == pytest.approx(
            seen[used].mean()
        )
        assert tag_coverage_at_k(truth, score, k, ties=ties, correct=True) == (
            pytest.approx(right[used].mean())
        )


@settings(deadline=None, max_examples=25)
@given(tied_tables, st.integers(1, 6), st.integers(0, 2**31))
def test_omitted_tags_are_as_if_they_had_never_been(rows, k, seed):
    truth, score = (np.array(table) for table in zip(*rows, strict=True))
    rng = np.random.default_rng(seed)
    n_tags = truth.shape[1]
    kept = rng.random(n_tags) < 0.6
    kept[rng.integers(n_tags)] = True
    omitted = np.flatnonzero(~kept)
    lists = np.array([rng.permutation(n_tags) for _ in truth])
    lists[rng.random(lists.shape) < 0.2] = -1
    number = np.cumsum(kept) - 1
    # By hand: delete what is omitted, give the rest new numbers, fill up.
    shorter = [
        [number[t] if t >= 0 else -1 for t in row if t < 0 or kept[t]]
        for row in lists.tolist()
    ]
    shorter = np.array([row + [-1] * (n_tags - len(row)) for row in shorter])
    less, fewer = truth[:, kept], score[:, kept]
    for form in (np.asarray, sparse.csr_array):
        options = {"omit_tags": omitted, "untagged": "miss"}
        for ties in ("pessimistic", "optimistic", "mean"):
            found = hashtag_accuracy_at_k(
                form(truth), score, [1, k], ties=ties, **options
            )
            expected = hashtag_accuracy_at_k(
                less, fewer, [1, k], ties=ties, untagged="miss"
            )
            assert found == pytest.approx(expected)
        found = hashtag_accuracy_at_k(form(truth), lists, k, ranked=True, **options)
        assert found == hashtag_accuracy_at_k(
            less, shorter, k, ranked=True, untagged="miss"
        )
        if not less.any():
            continue
        # Photos that are left without tags are passed over.
        some = less.any(axis=1)
        found = hashtag_accuracy_at_k(form(truth), score, k, omit_tags=~kept)
        assert found == hashtag_accuracy_at_k(less[some], fewer[some], k)
        for correct in (False, True):
            for scores, others, ranked in (
                (score, fewer, False),
                (
                    sparse.csr_array(np.nan_to_num(score, neginf=-9)),
                    np.nan_to_num(fewer, neginf=-9),
                    False,
                ),
                (lists, shorter, True),
            ):
                found = tag_coverage_at_k(
                    form(truth),
                    scores,
                    [1, k],
                    correct=correct,
                    ranked=ranked,
                    omit_tags=omitted,
                )
                expected = tag_coverage_at_k(
                    less, others, [1, k], correct=correct, ranked=ranked
                )
                assert found == pytest.approx(expected)


def test_omitted_tags_by_hand():
    # Without tag 0 photos 0 and 3 have none. First of the others: 1 and 2 tie; 3 alone
    # among 1 to 3 (2 and 3 both right); all alike.
    found = hashtag_accuracy_at_k(TRUTH, SCORE, k=[1, 2, 3], omit_tags=[0])
    assert found.tolist() == [1 / 3, 2 / 3, 1]
    lists = [[0, 3], [0, 1], [3, 0], [2, 0], [0, -1]]
    assert hashtag_accuracy_at_k(TRUTH, lists, 1, ranked=True, omit_tags=[0]) == 2 / 3
    # Tags 1, 2 and 3 are in use; 3, 1, 3 and 2 come first.
    assert tag_coverage_at_k(TRUTH, lists, 1, ranked=True, omit_tags=[0]) == 1
    found = tag_coverage_at_k(TRUTH, lists, 1, ranked=True, omit_tags=[0], correct=True)
    assert found == 2 / 3
    with pytest.raises(ValueError, match="row 0: the photo has no tag besides omit_ta"):
        hashtag_accuracy_at_k(TRUTH, SCORE, omit_tags=[0], untagged="error")
    with pytest.warns(UndefinedMetricWarning, match=r"^No photo that counts has a tag"):
        found = hashtag_accuracy_at_k([[1, 0]], [[1.0, 0.0]], omit_tags=[0])
    assert np.isnan(found)
    with pytest.warns(UndefinedMetricWarning, match=r"^No photo of y_true has a tag"):
        assert np.isnan(tag_coverage_at_k([[1, 0]], [[1.0, 0.0]], omit_tags=[0]))


def test_coverage_of_five_photos():
    # Surely first: tag 0 of the first photo and tag 2 of the fourth.
    assert tag_coverage_at_k(TRUTH, SCORE, k=1) == 2 / 4
    assert tag_coverage_at_k(TRUTH, SCORE, k=1, correct=True) == 1 / 4
    assert tag_coverage_at_k(TRUTH, SCORE, k=1, ties="optimistic") == 1
    # Among the first two for sure: 0 and 3; 1 and 2; 2. Right are 0 and 1.
    found = tag_coverage_at_k(TRUTH, SCORE, k=[1, 2, 4], correct=True)
    assert found.tolist() == [1 / 4, 2 / 4, 1]
    # Tags that no photo has are no part of the vocabulary in use.
    wide = np.hstack([TRUTH, np.zeros((5, 3))])
    assert tag_coverage_at_k(wide, np.hstack([SCORE, SCORE[:, :3] - 9]), k=1) == 2 / 4


def test_most_frequent_tags_hit_often_and_cover_little():
    truth = np.zeros((10, 100), dtype=int)
    truth[:, 0] = 1
    truth[np.arange(10), np.arange(10, 20)] = 1
    prior = np.tile(truth.sum(axis=0), (10, 1))
    assert hashtag_accuracy_at_k(truth, prior, k=1) == 1
    assert tag_coverage_at_k(truth, prior, k=1) == 1 / 11


def test_ranked_lists():
    lists = [[0, 3], [2, 1], [0, 1], [2, -1], [-1, -1]]
    found = hashtag_accuracy_at_k(TRUTH, lists, k=[1, 2, 10], ranked=True)
    assert found.tolist() == [1 / 5, 2 / 5, 2 / 5]
    # Suggested are 0, 2 at first and also 3, 1 then; right are 0 and then 1.
    found = tag_coverage_at_k(TRUTH, lists, k=[1, 2, 10], ranked=True)
    assert found.tolist() == [2 / 4, 1, 1]
    found = tag_coverage_at_k(TRUTH, lists, k=[1, 2, 10], ranked=True, correct=True)
    assert found.tolist() == [1 / 4, 2 / 4, 2 / 4]


def test_ranked_lists_agree_with_scores_without_ties():
    rng = np.random.default_rng(0)
    truth = rng.random((50, 30)) < 0.1
    score = rng.permuted(np.tile(np.arange(30.0), (50, 1)), axis=1)
    lists = np.argsort(-score, axis=1)[:, :12]
    levels = [1, 3, 12]
    for extra in ({}, {"untagged": "miss"}):
        by_rank = hashtag_accuracy_at_k(truth, lists, levels, ranked=True, **extra)
        by_score = hashtag_accuracy_at_k(truth, score, levels, **extra)
        assert by_rank == pytest.approx(by_score)
    for extra in ({}, {"correct": True}):
        by_rank = tag_coverage_at_k(truth, lists, levels, ranked=True, **extra)
        assert by_rank == pytest.approx(
            tag_coverage_at_k(truth, score, levels, **extra)
        )


def test_photos_without_tags():
    truth = [[1, 0], [0, 0], [0, 1]]
    score = [[2.0, 1.0]] * 3
    assert hashtag_accuracy_at_k(truth, score, k=1) == 1 / 2
    assert hashtag_accuracy_at_k(truth, score, k=1, untagged="miss") == 1 / 3
    with pytest.raises(ValueError, match=r"^y_true, row 1: the photo has no tag, so"):
        hashtag_accuracy_at_k(truth, score, k=1, untagged="error")
    assert hashtag_accuracy_at_k(truth, score, k=1, sample_weight=[3, 9, 1]) == 3 / 4
    with pytest.warns(UndefinedMetricWarning, match=r"^No photo that counts has a tag"):
        assert np.isnan(hashtag_accuracy_at_k(np.zeros((3, 2)), score))
    with pytest.warns(UndefinedMetricWarning, match=r"^No photo that counts has a tag"):
        assert np.isnan(hashtag_accuracy_at_k(np.zeros((3, 2)), score, [1, 2])).all()


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_of_table(form):
    for metric in (hashtag_accuracy_at_k, tag_coverage_at_k):
        expected = metric(TRUTH, SCORE, k=2)
        assert metric(form(TRUTH), SCORE, k=2) == expected
        assert metric(TRUTH, form(SCORE), k=2) == expected
    expected = macro_average_precision(TRUTH, SCORE)
    assert macro_average_precision(form(TRUTH), form(SCORE)) == pytest.approx(expected)
    assert macro_average_precision(form(TRUTH == 1), SCORE) == pytest.approx(expected)


def test_little_memory_changes_nothing():
    rng = np.random.default_rng(0)
    truth = sparse.csr_array(rng.random((300, 40)) < 0.1)
    score = rng.integers(0, 5, (300, 40)).astype(np.float32)
    lists = np.argsort(score, axis=1)[:, :7]
    calls = [
        lambda: hashtag_accuracy_at_k(truth, score, [1, 5], ties="mean"),
        lambda: hashtag_accuracy_at_k(truth, score, 5, omit_tags=[3, 7]),
        lambda: hashtag_accuracy_at_k(truth, lists, 5, ranked=True, omit_tags=[3, 7]),
        lambda: hashtag_accuracy_at_k(truth, lists, [1, 5], ranked=True),
        lambda: tag_coverage_at_k(truth, score, [1, 5], ties="optimistic"),
        lambda: tag_coverage_at_k(truth, lists, 1, ranked=True, correct=True),
        lambda: macro_average_precision(truth, sparse.csr_array(score)),
    ]
    for call in calls:
        expected = call()
        with sklearn.config_context(working_memory=0.002):
            assert np.array_equal(call(), expected)


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 40), st.integers(1, 5), st.booleans(), st.integers(0, 2**31))
def test_macro_average_precision_matches_scikit_learn(n, n_classes, tied, seed):
    rng = np.random.default_rng(seed)
    truth = rng.random((n, n_classes)) < 0.5
    truth[0] = True
    score = rng.integers(0, 4, truth.shape) if tied else rng.normal(size=truth.shape)
    weights = rng.integers(0, 3, n)
    weights[0] = 1
    for sample_weight in (None, weights):
        expected = np.mean(
            [
                average_precision_score(
                    truth[:, c], score[:, c], sample_weight=sample_weight
                )
                for c in range(n_classes)
            ]
        )
        found = macro_average_precision(truth, score, sample_weight=sample_weight)
        assert found == pytest.approx(expected)


def test_empty_classes():
    truth = np.array([[1, 0, 0], [0, 0, 1], [1, 0, 0], [0, 0, 0]])
    score = np.array([[4.0, 1, 1], [3, 2, 4], [2, 3, 3], [1, 4, 2]])
    # Class 0: precision 1 and 2/3 at its samples; class 2: 1.
    assert macro_average_precision(truth, score) == pytest.approx((5 / 6 + 1) / 2)
    zero = macro_average_precision(truth, score, empty_classes="zero")
    assert zero == pytest.approx((5 / 6 + 1) / 3)
    with pytest.warns(UserWarning, match="No positive class found"):
        assert zero == pytest.approx(average_precision_score(truth, score))
    with pytest.raises(ValueError, match="column 1: no sample belongs"):
        macro_average_precision(truth, score, empty_classes="error")
    # A class is as empty if its samples do not count.
    found = macro_average_precision(truth, score, sample_weight=[1, 0, 1, 1])
    assert found == pytest.approx(1)
    nothing = np.zeros_like(truth)
    with pytest.warns(
        UndefinedMetricWarning, match=r"^No sample of y_true belongs to any class"
    ):
        assert np.isnan(macro_average_precision(nothing, score))
    assert macro_average_precision(nothing, score, empty_classes="zero") == 0
    full = macro_average_precision(truth[:, [0, 2]], score[:, [0, 2]])
    found = macro_average_precision(
        truth[:, [0, 2]], score[:, [0, 2]], empty_classes="error"
    )
    assert found == full


def test_coverage_of_nothing_keeps_its_shape():
    nothing = np.zeros((2, 3))
    with pytest.warns(UndefinedMetricWarning, match=r"^No photo of y_true has a tag"):
        found = tag_coverage_at_k(nothing, nothing, k=[1, 2])
    assert found.shape == (2,)
    assert np.isnan(found).all()


METRICS = [hashtag_accuracy_at_k, tag_coverage_at_k, macro_average_precision]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("truth", "score", "words"),
    [
        ([[0, 2], [1, 0]], [[0.0, 0], [0, 0]], "y_true, row 0, column 1: 2 is neither"),
        (
            sparse.csr_array([[0, 0], [0.5, 0]]),
            [[0.0, 0]] * 2,
            "row 1, column 0: 0.5 is",
        ),
        ([["sea"], ["sea", "sun"]], [[0.0, 0]] * 2, "MultiLabelBinarizer"),
        (["sea", "sun"], [[0.0, 0]] * 2, "MultiLabelBinarizer"),
        ([0, 1], [[0.0, 0]] * 2, r"shape \(2,\)"),
        ([[0, 1]], [[0.0, np.nan]], "y_score, row 0, column 1: the score is NaN"),
        (
            [[0, 1]],
            sparse.csr_array([[0.0, np.nan]]),
            "row 0, column 1: the score is N",
        ),
        ([[0, 1]], [[0.0, 1, 2]], "1 photos and 2 tags"),
        ([[0, 1]], [[0.0, 1], [2, 3]], "1 photos and 2 tags"),
        ([[0, 1]], [np.zeros((1, 2)), np.zeros((1, 2))], "list of 2 tables"),
        ([[0, 1]], np.zeros((0, 2)), "1 photos and 2 tags"),
        (np.zeros((0, 2)), np.zeros((0, 2)), "y_true is empty.* no photos"),
        (sparse.csr_array((0, 2)), np.zeros((0, 2)), "y_true is empty.* no photos"),
        (pd.DataFrame({"sea": []}), np.zeros((0, 1)), "y_true is empty.* no photos"),
        (np.zeros((2, 0)), np.zeros((2, 0)), "y_true is empty.* no tags"),
        ([], [], "y_true must be an indicator"),
        (
            [[0, 1], [np.nan, 1]],
            [[0.0, 0]] * 2,
            "y_true, row 1, column 0: nan is neither.*not known",
        ),
        (
            sparse.csr_array([[0, 1], [0, np.nan]]),
            [[0.0, 0]] * 2,
            "y_true, row 1, column 1: nan is neither",
        ),
        (
            pd.DataFrame({"sea": [0, None], "sun": [1, 0]}, dtype=object),
            [[0.0, 0]] * 2,
            "y_true, row 1, column 0: nan is neither",
        ),
        (
            pd.DataFrame({"sea": [0, pd.NA], "sun": [1, 0]}, dtype="Int64"),
            [[0.0, 0]] * 2,
            "y_true, row 1, column 0: nan is neither",
        ),
        (
            pd.DataFrame({"n": [0, 1], "tags": ["sea", "sun"]}),
            [[0.0, 0]] * 2,
            "row 0 of the column 'tags' holds 'sea'.*MultiLabelBinarizer",
        ),
        (
            pd.DataFrame({"tags": [["sea"], ["sun"]]}),
            [[0.0]] * 2,
            r"row 0 of the column 'tags' holds \['sea'\].*MultiLabelBinarizer",
        ),
    ],
)
def test_bad_tables(metric, truth, score, words):
    with pytest.raises(ValueError, match=words) as caught:
        metric(truth, score)
    assert str(caught.value).startswith(("y_true", "y_score"))


@pytest.mark.parametrize("metric", METRICS[:2])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"k": 0}, "k must be 1 or more; got 0"),
        ({"k": 2.5}, "k must be a whole number"),
        ({"ties": "random"}, "ties must be one of 'pessimistic', 'optimistic'"),
        ({"ranked": True}, "y_score must list positions of tags, whole numbers, best"),
        ({"omit_tags": ["paris"]}, "omit_tags must be positions of tags, not their na"),
        ({"omit_tags": [4]}, "omit_tags: there is no tag 4, only 0 to 3"),
    ],
)
def test_bad_arguments(metric, arguments, words):
    with pytest.raises(ValueError, match=f"^{words}"):
        metric(TRUTH, SCORE, **arguments)


def test_more_bad_arguments():
    with pytest.raises(ValueError, match=r"^untagged must be one of"):
        hashtag_accuracy_at_k(TRUTH, SCORE, untagged="drop")
    with pytest.raises(ValueError, match=r"^empty_classes must be one of"):
        macro_average_precision(TRUTH, SCORE, empty_classes="drop")
    with pytest.raises(
        ValueError, match=r"^y_score, row 1: there is no tag 4, only 0 to 3"
    ):
        hashtag_accuracy_at_k(TRUTH[:2], [[0, 1], [2, 4]], ranked=True)
    with pytest.raises(
        ValueError, match=r"unequal length. Fill the short ones up with -1"
    ):
        hashtag_accuracy_at_k(TRUTH[:2], [[0, 1], [2]], ranked=True)
    with pytest.raises(ValueError, match="one weight for each of the 5 rows"):
        hashtag_accuracy_at_k(TRUTH, SCORE, sample_weight=[1, 2])
    for wrong in (np.array([1, 2]), np.array([]), pd.NA):
        for metric in (hashtag_accuracy_at_k, tag_coverage_at_k):
            with pytest.raises(TypeError, match=r"^ranked must be True or False; got"):
                metric(TRUTH, SCORE, ranked=wrong)
    with pytest.raises(TypeError, match=r"^correct must be True or False; got <NA>"):
        tag_coverage_at_k(TRUTH, SCORE, correct=pd.NA)


@pytest.mark.parametrize("dtype", ["float16", ">f8", ">i4", "longdouble", "bool"])
def test_indicators_of_any_number(dtype):
    truth = np.eye(3).astype(dtype)
    assert macro_average_precision(truth, np.eye(3)) == 1.0


def test_a_choice_is_one_of_the_words():
    for ties in (np.array(["mean"]), pd.NA):
        with pytest.raises(ValueError, match="ties must be one of"):
            hashtag_accuracy_at_k(np.eye(2), np.eye(2), 1, ties=ties)


def test_ties_do_not_count_where_better_tags_fill_the_list():
    # Two wrong tags come before the right one, which ties with a third: its place is 3
    # or 4, and no tag among the first one or two is right.
    found = hashtag_accuracy_at_k(
        [[0, 0, 1, 0]], [[3.0, 2.0, 1.0, 1.0]], [1, 2, 3, 4], ties="mean"
    )
    assert found == pytest.approx([0, 0, 0.5, 1])


def test_photos_that_all_have_tags_are_no_error():
    assert hashtag_accuracy_at_k([[1, 0]], [[2.0, 1.0]], 1, untagged="error") == 1


def test_few_photos_of_many_tags():
    # The tag before a photo's first one is not the last one of the photo before it.
    truth = np.array([[0, 0, 0, 0, 1], [1, 0, 0, 0, 0]])
    for lists, hit in (([[4], [0]], 1), ([[2], [0]], 1 / 2), ([[-1], [-1]], 0)):
        assert hashtag_accuracy_at_k(truth, lists, 1, ranked=True) == hit
    found = tag_coverage_at_k(truth, [[2], [-1]], 1, ranked=True, correct=True)
    assert found == 0
    # A list that has ended is no tag: neither the last of all, nor of the photo before.
    found = tag_coverage_at_k(truth, [[-1], [-1]], 1, ranked=True)
    assert found == 0


def test_more_photos_times_tags_than_32_bits_count():
    n = 50_000
    truth = sparse.eye_array(n, dtype=int, format="csr")
    lists = np.arange(n)[:, np.newaxis]
    assert hashtag_accuracy_at_k(truth, lists, 1, ranked=True) == 1
    assert hashtag_accuracy_at_k(truth, (lists + 1) % n, 1, ranked=True) == 0


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.uint64, np.int32])
def test_lists_of_any_integer(dtype):
    truth = np.array([[0, 0, 1], [1, 0, 0]])
    lists = np.array([[0, 2], [2, 1]], dtype=dtype)
    assert hashtag_accuracy_at_k(truth, lists, 2, ranked=True) == 1 / 2
    found = hashtag_accuracy_at_k(truth, lists, 1, ranked=True, omit_tags=[0])
    assert found == 1
    found = tag_coverage_at_k(truth, lists, 1, ranked=True, omit_tags=[0])
    assert found == 1


def test_omitted_tags_leave_nothing_in_their_place():
    # Of a list of one tag that is omitted, nothing is left to be suggested.
    truth = [[1, 1, 1, 1]]
    found = tag_coverage_at_k(truth, [[0, 3]], 2, ranked=True, omit_tags=[0])
    assert found == 1 / 3


def test_long_lists_keep_their_order_without_omitted_tags():
    # Forty tags in their order, every other one omitted: what is left is 1, 3, 5, ...
    for place, tag in enumerate(range(1, 40, 2)):
        found = hashtag_accuracy_at_k(
            np.eye(40)[[tag]],
            [np.arange(40)],
            np.arange(1, 21),
            ranked=True,
            omit_tags=np.arange(0, 40, 2),
        )
        assert found.tolist() == [0] * place + [1] * (20 - place)


@pytest.mark.parametrize(
    ("lists", "words"),
    [
        ([0, 1], r"y_score must list positions of tags.* got shape \(2,\)"),
        ([[0], [-2]], "y_score, row 1: there is no tag -2, only 0 to 2"),
        ([[0, 5], [7, 0]], "y_score, row 0: there is no tag 5"),
        ([[0, 1], [7, 9]], "y_score, row 1: there is no tag 7"),
    ],
)
def test_bad_lists(lists, words):
    for metric in METRICS[:2]:
        with pytest.raises(ValueError, match=f"^{words}"):
            metric(np.eye(2, 3), lists, 1, ranked=True)


def test_plain_numbers_are_returned():
    for metric in METRICS:
        for more in ({}, {"k": 2}, {"k": np.int64(2)}):
            if metric is not macro_average_precision:
                assert type(metric(TRUTH, SCORE, **more)) is float
                assert metric(TRUTH, SCORE, [2]).shape == (1,)
    assert type(macro_average_precision(TRUTH, SCORE)) is float
    with pytest.warns(UndefinedMetricWarning):
        assert type(tag_coverage_at_k([[0]], [[1.0]])) is float


def test_who_asked_is_told_that_there_are_no_tags():
    for metric in METRICS[1:]:
        with pytest.warns(UndefinedMetricWarning, match="The metric is NaN") as seen:
            metric([[0, 0]], [[1.0, 2.0]])
        assert seen[0].filename == __file__


@pytest.mark.parametrize("dtype", [bool, int, float])
def test_sparse_tags_in_any_order_and_said_twice(dtype):
    # Photo 0 has the tags 3, 1 and 3 again, photo 1 the tag 0, and not the tag 2.
    data = np.array([1, 1, 1, 0, 1], dtype=dtype)
    parts = (data, np.array([3, 1, 3, 2, 0]), np.array([0, 3, 5]))
    tags, plain = sparse.csr_array(parts, shape=(2, 4)), [[0, 1, 0, 1], [1, 0, 0, 0]]
    score = [[0.1, 0.4, 0.3, 0.2], [0.1, 0.2, 0.9, 0.3]]
    for metric in METRICS:
        assert metric(tags, score) == metric(plain, score)
    for k in (1, 2):
        for lists in ([[3, 0], [2, 0]], [[0, 3], [0, 2]], [[2, 1], [1, 3]]):
            found = hashtag_accuracy_at_k(tags, lists, k, ranked=True)
            assert found == hashtag_accuracy_at_k(plain, lists, k, ranked=True)
    # What was given stays what it was.
    assert tags.data.tolist() == [1, 1, 1, 0, 1]
    assert tags.indices.tolist() == [3, 1, 3, 2, 0]


def test_rows_to_resample_have_the_defaults_of_their_metric():
    tables = (_errors.ROWS_OF_MEANS, _errors.ROWS_OF_MEDIANS, _tagging.ROWS_OF_MEANS)
    for table in tables:
        for metric, rows in table.items():
            assert inspect.signature(metric) == inspect.signature(rows)


@pytest.mark.parametrize("n_tags", [1_000_000, 9_999_999])
def test_chance_of_many_tags_that_are_all_alike(n_tags):
    truth = sparse.csr_array(([1], ([0], [5])), shape=(1, n_tags))
    scores = np.zeros((1, n_tags), dtype=np.float32)
    chance = hashtag_accuracy_at_k(truth, scores, k=[1, 10, n_tags - 1], ties="mean")
    expected = [1 / n_tags, 10 / n_tags, 1 - 1 / n_tags]
    np.testing.assert_allclose(chance, expected, rtol=1e-12)


@given(drawn=st.integers(-2, 400), wrong=st.integers(0, 300), right=st.integers(1, 300))
@settings(deadline=None, max_examples=200)
def test_chance_is_that_of_counted_draws(drawn, wrong, right):
    n_drawn = min(max(drawn, 0), wrong + right)
    none = Fraction(math.comb(wrong, n_drawn), math.comb(wrong + right, n_drawn))
    found = _tagging._any_right(*(np.array([n]) for n in (drawn, wrong, right)))
    np.testing.assert_allclose(found, float(1 - none), rtol=1e-12)


@pytest.mark.parametrize("ties", ["pessimistic", "optimistic", "mean"])
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.uint64])
def test_k_of_any_integer(ties, dtype):
    # As an int8 neither 300 tags nor 300 - 10 of them can be counted.
    rng = np.random.default_rng(0)
    truth, score = rng.random((20, 300)) < 0.05, rng.integers(0, 9, (20, 300))
    for k in (dtype(10), np.array([3, 10], dtype)):
        found = hashtag_accuracy_at_k(truth, score, k=k, ties=ties)
        plain = np.asarray(k).tolist()
        np.testing.assert_array_equal(
            found, hashtag_accuracy_at_k(truth, score, k=plain, ties=ties)
        )
        if ties != "mean":
            np.testing.assert_array_equal(
                tag_coverage_at_k(truth, score, k=k, ties=ties),
                tag_coverage_at_k(truth, score, k=plain, ties=ties),
            )


def test_frames_of_sparse_columns():
    table = pd.DataFrame.sparse.from_spmatrix(sparse.csr_array(TRUTH))
    for metric in (hashtag_accuracy_at_k, tag_coverage_at_k):
        assert metric(table, SCORE, k=2) == metric(TRUTH, SCORE, k=2)
    assert macro_average_precision(table, table) == 1.0
    counts = pd.DataFrame.sparse.from_spmatrix(sparse.csr_array(TRUTH * 2))
    with pytest.raises(ValueError, match="y_true, row 0, column 0: 2 is neither 0 nor"):
        hashtag_accuracy_at_k(counts, SCORE, k=2)


def test_tags_of_minus_infinity_come_last():
    scores = [[1.0, -np.inf, -np.inf]]
    for truth, at_1, at_3 in (([[1, 0, 0]], 1, 1), ([[0, 1, 0]], 0, 1)):
        for metric in (hashtag_accuracy_at_k, tag_coverage_at_k):
            assert metric(truth, scores, k=[1, 3]).tolist() == [at_1, at_3]
    with pytest.raises(ValueError, match="A tag that is to come last gets the score -"):
        hashtag_accuracy_at_k([[0, 1]], [[1.0, np.nan]])
