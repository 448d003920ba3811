# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Triplets: nothing right is drawn as wrong, and all that is wrong is as likely."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import chisquare

from sklearn_geo.ranking._triplets import TripletSampler

TASKS = ["tagging", "retrieval"]


def random_indicator(n_photos=200, n_tags=40, *, seed=0, density=0.1):
    """Some tags a photo; tag 0 is frequent and photo 0 has many."""
    rng = np.random.default_rng(seed)
    dense = rng.random((n_photos, n_tags)) < density
    dense[:, 0] |= rng.random(n_photos) < 0.6
    dense[0] = np.arange(n_tags) < 3 * n_tags // 4
    dense[~dense.any(axis=1), 1] = True
    return dense


def draw(dense, task="tagging", n_negatives=6, *, seed=0):
    indicator = sparse.csr_array(np.asarray(dense, dtype=np.float32))
    sampler = TripletSampler(indicator, task, n_negatives)
    return sampler.draw(np.random.default_rng(seed))


def replaced(dense, drawn):
    """Say which photos and which tags were replaced."""
    photo = np.arange(len(dense))[:, np.newaxis]
    return drawn.negative_photo != photo, drawn.negative_tag != drawn.tag[:, np.newaxis]


@pytest.mark.parametrize("task", TASKS)
def test_wrong_pairs_are_wrong_and_one_side_is_the_photos_own(task):
    dense = random_indicator()
    drawn = draw(dense, task, n_negatives=50)
    photo = np.arange(len(dense))
    assert dense[photo, drawn.tag].all()
    new_photo, new_tag = replaced(dense, drawn)
    assert (new_photo ^ new_tag).all()
    assert not dense[drawn.negative_photo, drawn.negative_tag].any()
    assert drawn.n_void == 0


def test_shapes_and_types():
    drawn = draw(random_indicator(), n_negatives=3)
    assert drawn.tag.shape == (200,)
    assert drawn.negative_photo.shape == drawn.negative_tag.shape == (200, 3)
    for each in (drawn.tag, drawn.negative_photo, drawn.negative_tag):
        assert each.dtype == np.int32


def test_the_coin_is_fair_and_retrieval_tosses_none():
    dense = random_indicator()
    new_photo, _ = replaced(dense, draw(dense, "tagging", n_negatives=100))
    # 20,000 tosses: 0.5 +- 0.0035.
    assert new_photo.mean() == pytest.approx(0.5, abs=0.015)
    # Every column of negatives tosses a coin of its own.
    assert 0 < (new_photo[:, 0] != new_photo[:, 1]).mean() < 1
    new_photo, _ = replaced(dense, draw(dense, "retrieval", n_negatives=100))
    assert new_photo.all()


def test_positives_are_uniform_among_the_photos_tags():
    dense = random_indicator(n_photos=4, n_tags=12, density=0.4)
    tall = np.repeat(dense, 4000, axis=0)
    drawn = draw(tall, n_negatives=1)
    for photo in range(len(dense)):
        rows = slice(4000 * photo, 4000 * (photo + 1))
        counts = np.bincount(drawn.tag[rows], minlength=12)
        assert chisquare(counts[dense[photo]]).pvalue > 1e-4
        assert not counts[~dense[photo]].any()


@pytest.mark.parametrize("seed", range(3))
def test_replacements_are_uniform_as_by_a_naive_loop(seed):
    dense = random_indicator(n_photos=12, n_tags=9, seed=seed, density=0.3)
    drawn = draw(dense, "tagging", n_negatives=20_000, seed=seed)
    new_photo, new_tag = replaced(dense, drawn)
    for photo in range(len(dense)):
        tags = drawn.negative_tag[photo, new_tag[photo]]
        photos = drawn.negative_photo[photo, new_photo[photo]]
        lacking = [tag for tag in range(9) if not dense[photo, tag]]
        without = [row for row in range(12) if not dense[row, drawn.tag[photo]]]
        for found, allowed, n in ((tags, lacking, 9), (photos, without, 12)):
            counts = np.bincount(found, minlength=n)
            assert counts.sum() == counts[allowed].sum() > 0
            if len(allowed) > 1:
                assert chisquare(counts[allowed]).pvalue > 1e-4


def test_tag_frequencies_agree_on_both_sides_for_retrieval():
    # What the task asks for: a wrong pair shows the tag of the right one.
    drawn = draw(random_indicator(), "retrieval")
    assert (drawn.negative_tag == drawn.tag[:, np.newaxis]).all()


@pytest.mark.parametrize("task", TASKS)
def test_tag_on_every_photo_is_replaced_itself(task):
    dense = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0]], dtype=bool)
    drawn = draw(dense, task, n_negatives=300)
    np.testing.assert_array_equal(drawn.tag, 0)
    new_photo, new_tag = replaced(dense, drawn)
    assert not new_photo.any()
    assert new_tag.all()
    assert set(drawn.negative_tag.ravel()) == {1, 2}


@pytest.mark.parametrize("task", TASKS)
def test_photo_with_every_tag_is_replaced_itself(task):
    dense = np.array([[1, 1], [0, 1], [1, 0]], dtype=bool)
    drawn = draw(dense, task, n_negatives=300)
    new_photo, new_tag = replaced(dense, drawn)
    assert new_photo[0].all()
    assert not new_tag[0].any()
    # The one photo without the tag that was drawn.
    np.testing.assert_array_equal(
        drawn.negative_photo[0], 1 if drawn.tag[0] == 0 else 2
    )


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (4, 1)])
def test_where_nothing_is_wrong_the_pair_itself_is_given_and_counted(task, shape):
    dense = np.ones(shape, dtype=bool)
    told = rf"{shape[0]} of {shape[0]} photos have every tag, and {shape[1]} of"
    with pytest.warns(UserWarning, match=told) as caught:
        drawn = draw(dense, task, n_negatives=5)
    assert len(caught) == 1
    assert drawn.n_void == 5 * shape[0]
    assert not np.any(replaced(dense, drawn))


def test_void_pairs_are_counted_and_the_others_are_wrong():
    # Photo 0 has both tags and tag 0 is on both photos; only (1, 1) is wrong.
    dense = np.array([[1, 1], [1, 0]], dtype=bool)
    indicator = sparse.csr_array(dense.astype(np.float32))
    with pytest.warns(UserWarning, match="1 of 2 photos have every tag"):
        sampler = TripletSampler(indicator, "tagging", 4)
    seen = set()
    for seed in range(20):
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # said once, not every epoch
            drawn = sampler.draw(np.random.default_rng(seed))
        pairs = np.stack([drawn.negative_photo, drawn.negative_tag], axis=-1)
        assert (pairs[1] == [1, 1]).all()
        if drawn.tag[0] == 0:
            assert (pairs[0] == [0, 0]).all()
            assert drawn.n_void == 4
        else:
            assert (pairs[0] == [1, 1]).all()
            assert drawn.n_void == 0
        seen.add(int(drawn.tag[0]))
    assert seen == {0, 1}


def test_one_photo_alone_and_one_photo_without_the_tag():
    dense = np.array([[0, 1, 0, 0]], dtype=bool)
    drawn = draw(dense, "retrieval", n_negatives=200)
    assert set(drawn.negative_tag.ravel()) == {0, 2, 3}
    dense = np.array([[1, 0], [1, 0], [0, 1]], dtype=bool)
    drawn = draw(dense, "retrieval", n_negatives=50)
    np.testing.assert_array_equal(drawn.negative_photo[:2], 2)
    assert set(drawn.negative_photo[2]) == {0, 1}


def test_same_generator_same_triplets():
    dense = random_indicator()
    first, again, other = (draw(dense, seed=seed) for seed in (1, 1, 2))
    for name in ("tag", "negative_photo", "negative_tag"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
        assert (getattr(first, name) != getattr(other, name)).any()


def test_the_order_of_entries_and_zeros_that_are_written_down_do_not_matter():
    dense = random_indicator()
    tidy = sparse.csr_array(dense.astype(np.float32))
    row, column = np.nonzero(np.ones_like(dense))
    order = np.random.default_rng(0).permutation(len(row))
    row, column = row[order], column[order]
    data = dense[row, column].astype(np.float32)
    untidy = sparse.csr_array((data, (row, column)), shape=dense.shape)
    untidy.indices.flags.writeable = untidy.data.flags.writeable = False
    drawn = [
        TripletSampler(each).draw(np.random.default_rng(0)) for each in (tidy, untidy)
    ]
    np.testing.assert_array_equal(drawn[0].negative_photo, drawn[1].negative_photo)
    np.testing.assert_array_equal(drawn[0].negative_tag, drawn[1].negative_tag)
    assert untidy.nnz == dense.size


def test_a_million_photos_of_a_hundred_thousand_tags():
    # Rows times columns are 1e11: 32 bits would end at photo 21,474.
    n_photos, n_tags = 1_000_000, 100_000
    own = np.arange(n_photos, dtype=np.int32) % n_tags
    own[::2] = n_tags - 1
    indicator = sparse.csr_array(
        (np.ones(n_photos, np.float32), own, np.arange(n_photos + 1)),
        shape=(n_photos, n_tags),
    )
    drawn = TripletSampler(indicator, n_negatives=2).draw(np.random.default_rng(0))
    np.testing.assert_array_equal(drawn.tag, own)
    photo = np.arange(n_photos)[:, np.newaxis]
    new_photo = drawn.negative_photo != photo
    new_tag = drawn.negative_tag != own[:, np.newaxis]
    assert (new_photo ^ new_tag).all()
    assert (own[drawn.negative_photo] != drawn.negative_tag).all()
    # All of the range is drawn from: the half that has another tag, and every tag.
    photos = drawn.negative_photo[::2][new_photo[::2]]
    assert chisquare(np.histogram(photos, 20, (0, n_photos))[0]).pvalue > 1e-4
    tags = drawn.negative_tag[new_tag]
    assert chisquare(np.histogram(tags[tags < 99_000], 20)[0]).pvalue > 1e-4


def test_every_photo_needs_a_tag():
    with pytest.raises(ValueError, match="Photo 1 has no tag"):
        draw([[1, 0], [0, 0]])


def test_no_such_task():
    with pytest.raises(ValueError, match='must be "tagging" or "retrieval"'):
        draw([[1, 0]], "both")
