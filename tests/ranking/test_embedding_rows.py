# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What teaches an embedding: photos with tags and a weight, by the names of tags."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sklearn_geo.ranking import HashtagEmbedding
from sklearn_geo.ranking._tagger import photos_with_tags
from tests.ranking.tagged_photos import subjects

X, Y, SUBJECT = subjects()
NEW, NEW_Y, _ = subjects(200, seed=1)
NAMES = [f"{what}{n}" for what in ("sea", "snow", "city", "cat", "food") for n in "abc"]
FRAME = pd.DataFrame(Y.toarray(), columns=NAMES)
KINDS = {
    "mcc": {},
    "random": {"targets": "random"},
    "sampled": {"n_sampled_tags": 4},
    "random sampled": {"n_sampled_tags": 4, "targets": "random"},
    "mlc": {"supervision": "mlc"},
    "balanced": {"supervision": "mlc", "class_weight": "balanced"},
    "effective": {"supervision": "mlc", "class_weight": "effective"},
    "her": {"supervision": "her", "word_vectors": np.eye(15)},
    "watched": {"early_stopping": True},
}


def model(**params):
    settings = {"n_components": 8, "max_iter": 3, "learning_rate_init": 0.02}
    settings |= {"batch_size": 50, "device": "cpu", "random_state": 0}
    return HashtagEmbedding(**{**settings, **params})


# Rows and weights ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_photos_that_teach_nothing_are_as_if_they_were_not_there(kind):
    expected = model(**KINDS[kind]).fit(X, Y).decision_function(NEW)
    far = np.vstack([X, np.full((30, 8), 1e6)]).astype(np.float32)
    with pytest.warns(UserWarning, match="30 of 430 photos have no tag"):
        untagged = model(**KINDS[kind]).fit(
            far, sparse.vstack([Y, sparse.csr_array((30, 15))])
        )
    assert_allclose(untagged.decision_function(NEW), expected, rtol=1e-5, atol=1e-5)
    weight = np.repeat([0.5, 0.0], [400, 30])
    others = sparse.vstack([Y, np.ones((30, 15))])
    light = model(**KINDS[kind]).fit(far, others, sample_weight=weight)
    assert_allclose(light.decision_function(NEW), expected, rtol=1e-5, atol=1e-5)


def test_weights_of_photos_with_tags_are_zero():
    with (
        pytest.warns(UserWarning, match="have no tag"),
        pytest.raises(ValueError, match="Every photo with a tag has weight 0"),
    ):
        model().fit([[0.0], [1.0]], [[1, 1], [0, 0]], sample_weight=[0, 1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [1 / 400, 1e-12, 1e200])
def test_the_scale_of_weights_does_not_matter(kind, scale):
    weight = 1.0 + np.arange(400) % 3
    expected = model(**KINDS[kind]).fit(X, Y, sample_weight=weight)
    found = model(**KINDS[kind]).fit(X, Y, sample_weight=scale * weight)
    expected = expected.decision_function(NEW)
    assert_allclose(found.decision_function(NEW), expected, rtol=1e-4, atol=1e-4)


def test_first_biases_are_the_frequencies_of_tags():
    # Nothing is learnt, so the mean is what it starts at: of 99 photos, 90 have the
    # first tag, and the others one each. Half a photo is added, see there.
    tags = np.eye(10)[np.r_[np.zeros(90, dtype=int), np.arange(1, 10)]]
    looks = np.random.default_rng(0).normal(size=(99, 3)) * 1e-3
    for supervision, expected in (
        ("mcc", np.r_[90.5, np.full(9, 1.5)] / 104.0),
        ("mlc", np.r_[90.5, np.full(9, 1.5)] / 100.0),
    ):
        still = model(supervision=supervision, scale=None, max_iter=1)
        still.set_params(learning_rate_init=1e-12)
        for weight in (None, np.ones(99), np.full(99, 1 / 99)):
            proba = still.fit(looks, tags, sample_weight=weight).predict_proba(looks)
            assert_allclose(proba, np.tile(expected, (99, 1)), rtol=0.02)


def test_more_photos_than_float32_counts():
    n_photos = 2**24 + 3
    ones = np.broadcast_to(np.float32(1), n_photos)
    tags = np.zeros(n_photos, dtype=np.int32)
    # As entries of one row, so that no row takes memory.
    indicator = sparse.csr_array((ones, tags, [0, n_photos]), shape=(1, 2))
    assert indicator.sum(axis=0)[0] == 2**24
    assert_array_equal(photos_with_tags(indicator), [n_photos, 0])


# Names --------------------------------------------------------------------------------


@pytest.mark.parametrize("learn", ["partial_fit", "fit"])
def test_tags_stay_in_their_order(learn):
    one = model(warm_start=True)
    go_on = getattr(one, learn)
    go_on(X, FRAME)
    before = one.decision_function(NEW)
    for other in (FRAME[NAMES[::-1]], FRAME.rename(columns={"seaa": "lake"})):
        with pytest.raises(ValueError, match="tags have other names than before"):
            go_on(X, other)
    assert one.tag_names_ == NAMES
    assert_array_equal(one.decision_function(NEW), before)
    go_on(X, Y)
    assert one.tag_names_ == NAMES  # that y has none does not take them away
    go_on(X, FRAME)
    assert one.predict_topk(NEW, 1).shape == (200, 1)
    one.set_params(tag_names=NAMES[::-1])
    with pytest.raises(ValueError, match="tags have other names than before"):
        go_on(X, Y)


def test_what_is_masked_is_no_photo():
    rows = np.ma.array(X)
    one = model().fit(rows, Y)  # nothing is masked
    rows[3, 1] = np.ma.masked
    for ask in (one.decision_function, one.transform, lambda rows: one.fit(rows, Y)):
        with pytest.raises(ValueError, match="X, row 3: the value is masked"):
            ask(rows)
    images = np.ma.array(np.zeros((2, 3, 8, 8), dtype=np.float32))
    images[1, 0, 0, 0] = np.ma.masked
    with pytest.raises(ValueError, match="X, row 1: the value is masked"):
        model(backbone=dict).fit(images, Y[:2])
    names = np.ma.array(NAMES, mask=np.arange(15) == 2)
    with pytest.raises(ValueError, match="tag_names, row 2: the value is masked"):
        model(tag_names=names).fit(X, Y)


def test_names_of_a_new_fit_are_new():
    one = model().fit(X, FRAME)
    assert one.fit(X, FRAME[NAMES[::-1]]).tag_names_ == NAMES[::-1]
    assert one.fit(X, Y).tag_names_ is None


@pytest.mark.parametrize(
    "first", [Y, pd.DataFrame(Y.toarray())], ids=["array", "frame"]
)
def test_tags_without_names_are_named_later(first):
    one = model(warm_start=True).fit(X, first)
    assert one.fit(X, FRAME).tag_names_ == NAMES
    assert one.n_iter_ == 2 * one.max_iter
    with pytest.raises(ValueError, match=f"names than before: '{NAMES[-1]}' where"):
        one.partial_fit(X, FRAME[NAMES[::-1]])
    assert one.partial_fit(X, first).tag_names_ == NAMES
    two = model(warm_start=True).fit(X, first).set_params(tag_names=NAMES).fit(X, first)
    assert two.tag_names_ == NAMES


def test_numbers_of_columns_in_another_order_are_refused():
    one = model(warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match="other names than before"):
        one.fit(X, pd.DataFrame(Y.toarray()).iloc[:, ::-1])


def test_a_score_is_of_the_same_order():
    one = model().fit(X, FRAME)
    frame = pd.DataFrame(NEW_Y.toarray(), columns=NAMES)
    assert one.score(NEW, frame) == one.score(NEW, NEW_Y)
    with pytest.raises(ValueError, match="tags of y have other names than before"):
        one.score(NEW, frame[NAMES[::-1]])
    with pytest.raises(ValueError, match=f"'LAKE' where '{NAMES[0]}' was"):
        one.score(NEW, frame.rename(columns={NAMES[0]: "LAKE"}))
    assert one.score(NEW, pd.DataFrame(NEW_Y.toarray())) == one.score(NEW, NEW_Y)
    # Where tags are given names, columns may be called otherwise, as in fit.
    two = model(tag_names=[*map(str.upper, NAMES)]).fit(X, FRAME)
    assert two.score(NEW, frame) == one.score(NEW, frame)
