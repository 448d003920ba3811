# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import itertools
import math

import numpy as np
import pytest
import torch
from scipy import sparse
from scipy.special import expit, logsumexp

from sklearn_geo.nets import SparseRows, seed_layers
from sklearn_geo.ranking._embedding_data import (
    MeanVectors,
    RandomTags,
    shares_of_tags,
)
from sklearn_geo.ranking._embedding_loss import (
    EmbeddingLoss,
    TagSampler,
    inclusion_probabilities,
    positive_weights,
    sampled_softmax,
    sigmoids,
    softmax,
)
from sklearn_geo.ranking._embedding_network import _Rows

LN2, LN3 = math.log(2), math.log(3)
# Two photos and three tags: the first photo has two of them.
TAGS = sparse.csr_array(np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]], dtype=np.float32))
SHARES = np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])


def tags_of(matrix, **options):
    return SparseRows(sparse.csr_array(np.asarray(matrix, dtype=np.float32)), **options)


# By hand ------------------------------------------------------------------------------


def test_shares_of_tags():
    np.testing.assert_array_equal(shares_of_tags(TAGS).toarray(), SHARES)


def test_softmax_by_hand():
    # Sums of exponentials are 4 and 3.
    scores = torch.tensor([[0.0, LN2, 0.0], [0.0, 0.0, 0.0]])
    losses = softmax(scores, tags_of(SHARES))
    # (ln 4 + ln 2) / 2 = 1.5 ln 2, and ln 3.
    np.testing.assert_allclose(losses, [1.5 * LN2, LN3], rtol=1e-6)
    loss = EmbeddingLoss("mcc")
    weight = torch.tensor([2.0, 0.0])
    assert float(loss(scores, [tags_of(SHARES)], weight)) == pytest.approx(1.5 * LN2)


def test_sigmoids_by_hand():
    # Probabilities are 1/2, 3/4, 1/2, and 1/2 everywhere.
    scores = torch.tensor([[0.0, LN3, 0.0], [0.0, 0.0, 0.0]])
    losses = sigmoids(scores, tags_of(TAGS.toarray()))
    # ln 2 + ln 4/3 + ln 2, and 3 ln 2.
    np.testing.assert_allclose(losses, [math.log(16 / 3), 3 * LN2], rtol=1e-6)
    balance = torch.tensor([1.0, 3.0, 5.0])
    losses = sigmoids(scores, tags_of(TAGS.toarray()), balance)
    wanted = [2 * LN2 + 3 * math.log(4 / 3), 7 * LN2]
    np.testing.assert_allclose(losses, wanted, rtol=1e-6)


def test_focal_by_hand():
    scores = torch.tensor([[0.0, LN3, LN3]])
    losses = sigmoids(scores, tags_of([[0, 1, 0]]), focal=True)
    # (1/2)^2 ln 2 of the first, (1/4)^2 ln 4/3 of the tag, (3/4)^2 ln 4 of the last.
    wanted = LN2 / 4 + math.log(4 / 3) / 16 + 9 / 16 * math.log(4)
    np.testing.assert_allclose(losses, [wanted], rtol=1e-6)


def test_cosine_by_hand():
    outputs = torch.tensor([[3.0, 4.0], [0.0, -2.0]])
    target = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    rows = EmbeddingLoss("her").rows(outputs, [target])
    np.testing.assert_allclose(rows, [0.4, 2.0], rtol=1e-6)


def test_mean_vectors_by_hand():
    # The mean of (3, 0) and (0, 4) points where (3, 4) does; tag 2 has no vector.
    vectors = np.array([[3.0, 0.0], [0.0, 4.0], [0.0, 0.0]], dtype=np.float32)
    target = MeanVectors(TAGS, vectors)
    np.testing.assert_allclose(target[np.array([0, 1])], [[0.6, 0.8], [0.0, 0.0]])
    assert target.shape == (2, 2)


def test_weights_of_positives_by_hand():
    counts = [2, 0, 5, 1]
    np.testing.assert_allclose(positive_weights("balanced", counts, 5), [1.5, 1, 1, 4])
    assert positive_weights("balanced", [3], 10_000)[0] == 100.0
    # E(1) = 1, E(2) = 1.999, E(3) = 2.997001, E(4) = 3.994003999.
    found = positive_weights("effective", counts, 5)
    wanted = [2.997001 / 1.999, 1, 1, 3.994003999]
    np.testing.assert_allclose(found, wanted, rtol=1e-9)
    # However many lack it, the effective number of photos stays below 1000.
    assert 990 < positive_weights("effective", [1], 10**9)[0] <= 1000


# One tag at random --------------------------------------------------------------------


def test_expectation_is_the_mean_over_draws():
    rng = np.random.default_rng(0)
    tags = (rng.random((4, 5)) < 0.5).astype(np.float32)
    tags[:, 0] = 1
    scores = torch.from_numpy(rng.normal(size=(4, 5)).astype(np.float32))
    own = [np.flatnonzero(row) for row in tags]
    draws = [
        softmax(scores, torch.tensor(drawn)).mean() for drawn in itertools.product(*own)
    ]
    whole = softmax(scores, SparseRows(shares_of_tags(sparse.csr_array(tags)))).mean()
    assert float(np.mean(draws)) == pytest.approx(float(whole), rel=1e-5)


def test_random_tags_are_the_photos_own_and_drawn_anew():
    indicator = sparse.csr_array(
        np.array([[1, 0, 1, 1], [0, 0, 0, 0], [0, 1, 0, 0]], dtype=np.float32)
    )
    tags = RandomTags(indicator)
    chance = np.random.default_rng(0)
    seen = []
    for epoch in range(3000):
        order = tags(epoch, chance, 3)
        assert sorted(order) == [0, 1, 2]
        seen.append(tags[np.arange(3)])
    seen = np.array(seen)
    assert (seen[:, 1] == -1).all()
    assert (seen[:, 2] == 1).all()
    counts = np.bincount(seen[:, 0], minlength=4)
    assert counts[1] == 0
    # Each a third, to four standard deviations (26 of 3000).
    np.testing.assert_allclose(counts[[0, 2, 3]], 1000, atol=104)


def test_random_tags_at_the_ends_of_chance():
    tags = RandomTags(TAGS, as_rows=True)
    tags.choose(np.array([0.0, 0.0]))
    np.testing.assert_array_equal(tags[:].toarray(), [[1, 0, 0], [0, 0, 1]])
    tags.choose(np.array([1.0, np.nextafter(1.0, 0.0)]))
    np.testing.assert_array_equal(tags[:].toarray(), [[0, 1, 0], [0, 0, 1]])


# A sample of tags ---------------------------------------------------------------------


def test_inclusion_probabilities_by_hand():
    # 16^(3/4) = 8; 2 * 8 / 11 is more than 1, so the others share what is left.
    found = inclusion_probabilities(np.array([15, 0, 0, 0]), 2)
    np.testing.assert_allclose(found, [1, 1 / 3, 1 / 3, 1 / 3])
    np.testing.assert_array_equal(inclusion_probabilities(np.arange(3), 3), 1.0)
    counts = np.random.default_rng(0).zipf(1.5, size=1000).clip(max=10**6)
    found = inclusion_probabilities(counts, 100)
    assert found.sum() == pytest.approx(100)
    assert found.max() <= 1
    assert found.min() > 0


def test_samples_have_their_size_and_their_probabilities():
    counts = np.array([15, 80, 0, 3, 1, 255, 0])
    sampler = TagSampler(counts, 4)
    seed_layers(sampler, 0)
    n_draws = 4000
    hits = np.zeros(len(counts))
    for _ in range(n_draws):
        sampler.train()  # another order of tags
        drawn = sampler.sample().numpy()
        assert len(drawn) == len(set(drawn)) == 4
        hits[drawn] += 1
    chance = inclusion_probabilities(counts, 4)
    error = np.sqrt(chance * (1 - chance) / n_draws)
    assert (np.abs(hits / n_draws - chance) <= 4 * error).all()


def layers_of(n_tags, n_components=4, seed=0):
    rng = np.random.default_rng(seed)
    weights, biases = _Rows(n_tags, n_components), _Rows(n_tags, 1)
    with torch.no_grad():
        for layer in (weights, biases):
            values = rng.normal(size=layer.weight.shape).astype(np.float32)
            layer.weight.copy_(torch.from_numpy(values))
    vectors = torch.from_numpy(rng.normal(size=(3, n_components)).astype(np.float32))
    return vectors.requires_grad_(), weights, biases


def test_all_tags_sampled_is_the_whole_softmax():
    tags = np.array([[0.5, 0, 0.5, 0, 0], [0, 0, 0, 1, 0], [0, 0, 1, 0, 0]])
    target = tags_of(tags, by_column=True)
    vectors, weights, biases = layers_of(5)
    sampler = TagSampler(np.array([3, 0, 9, 1, 2]), 5)
    sampled = sampled_softmax(vectors, target, sampler, weights, biases)
    sampled.sum().backward()
    found = [vectors.grad, weights.weight.grad, biases.weight.grad]
    vectors, weights, biases = layers_of(5)
    whole = softmax(vectors @ weights.weight.T + biases.weight[:, 0], target)
    whole.sum().backward()
    np.testing.assert_allclose(sampled.detach(), whole.detach(), rtol=1e-5)
    wanted = [vectors.grad, weights.weight.grad, biases.weight.grad]
    for a, b in zip(found, wanted, strict=True):
        a = a.to_dense() if a.is_sparse else a
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_the_sum_over_tags_is_right_on_average():
    counts = np.array([50, 20, 10, 5, 2, 1, 0, 0])
    tags = np.zeros((3, 8))
    tags[:, 0] = 1
    target = tags_of(tags, by_column=True)
    vectors, weights, _ = layers_of(8)
    sampler = TagSampler(counts, 3)
    scores = (vectors @ weights.weight.T).detach().numpy().astype(float)
    sums = []
    for _ in range(1500):
        sampler.train()
        losses = sampled_softmax(vectors, target, sampler, weights).detach()
        sums.append(np.exp(losses.numpy() + scores[:, 0]))
    error = np.std(sums, axis=0) / np.sqrt(len(sums))
    wanted = np.exp(scores).sum(axis=1)
    assert (np.abs(np.mean(sums, axis=0) - wanted) < 4 * error).all()


def test_a_step_touches_the_tags_of_sample_and_batch_only():
    target = tags_of(np.eye(3, 1000, 500), by_column=True)
    vectors, weights, biases = layers_of(1000)
    sampler = TagSampler(np.ones(1000), 20)
    sampled_softmax(vectors, target, sampler, weights, biases).sum().backward()
    for layer in (weights, biases):
        touched = layer.weight.grad.coalesce().indices()[0].tolist()
        assert {500, 501, 502} <= set(touched)
        assert 20 <= len(touched) <= 23


# Gradients ----------------------------------------------------------------------------


def reference(kind, scores, tags, balance):
    """Return the mean loss in float64, written down anew."""
    if kind == "mcc":
        shares = tags / tags.sum(axis=1, keepdims=True)
        lost = logsumexp(scores, axis=1, keepdims=True) - scores
        return (shares * lost).sum(axis=1).mean()
    gamma = 2 if kind == "focal" else 0
    p = expit(scores)
    present = -balance * (1 - p) ** gamma * np.log(p)
    absent = -(p**gamma) * np.log(1 - p)
    return np.where(tags > 0, present, absent).sum(axis=1).mean()


@pytest.mark.parametrize("kind", ["mcc", "mlc", "balanced", "focal"])
def test_gradients_are_those_of_finite_differences(kind):
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(3, 4))
    tags = np.array([[1, 0, 0, 1], [0, 1, 0, 0], [1, 1, 1, 0]])
    balance = rng.uniform(1, 5, 4) if kind == "balanced" else np.ones(4)
    step = 1e-5
    slopes = np.zeros_like(scores)
    for at in np.ndindex(*scores.shape):
        ends = []
        for sign in (1, -1):
            moved = scores.copy()
            moved[at] += sign * step
            ends.append(reference(kind, moved, tags, balance))
        slopes[at] = (ends[0] - ends[1]) / (2 * step)
    tensor = torch.tensor(scores, dtype=torch.float32, requires_grad=True)
    if kind == "mcc":
        loss = EmbeddingLoss("mcc")
        target = SparseRows(shares_of_tags(sparse.csr_array(tags.astype(np.float32))))
    else:
        loss = EmbeddingLoss("mlc", balance, focal=kind == "focal")
        target = tags_of(tags)
    value = loss(tensor, [target])
    value.backward()
    assert value.item() == pytest.approx(
        reference(kind, scores, tags, balance), rel=1e-5
    )
    np.testing.assert_allclose(tensor.grad, slopes, rtol=1e-3, atol=1e-5)
