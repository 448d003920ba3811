# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The form that is linear in photo, tag and place, term by term."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.nets import seeded
from sklearn_geo.ranking._multilinear import MultilinearNetwork
from sklearn_geo.ranking._scorers import MultilinearScorer, make_scorer

rng = np.random.default_rng(0)
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


def made(learnt, n_columns):
    vectors = rng.normal(size=(7, n_columns)).astype(np.float32)
    with seeded(0, torch.device("cpu")):
        network = MultilinearNetwork(
            5, 3, vectors, learnt, rng.normal(size=7), n_components=4
        )
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(torch.as_tensor(rng.normal(scale=0.7, size=weight.shape)))
    return network.eval()


@pytest.fixture(scope="module", params=[(True, 4), (False, 6), (False, 4)])
def network(request):
    return made(*request.param)


def numbers(tensor):
    return tensor.detach().double().numpy()


def vectors_of(network, photos, places, tags):
    """Bring photos, places and tags to the width of the form."""
    u = photos @ numbers(network.photos.linear.weight).T
    u = u + numbers(network.photos.linear.bias)
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    place = places @ numbers(network.places.linear.weight).T
    place = np.maximum(place + numbers(network.places.linear.bias), 0.0)
    place /= np.maximum(np.linalg.norm(place, axis=1, keepdims=True), 1e-6)
    if hasattr(network.tags, "weight"):
        tags = tags @ numbers(network.tags.weight).T
    return u, place, tags


def form(network, u, place, w, bias):
    """Score every photo, every place and every tag: (n_photos, n_places, n_tags)."""
    a, d, e, g, h, k = (numbers(getattr(network, name).weight) for name in "ADEGHK")
    score = np.einsum("ai,ji,cj->ac", u, a, w)[:, np.newaxis]
    score = score + np.einsum("bi,ji,cj->bc", place, d, w)[np.newaxis]
    score = score + np.einsum("aj,ji,bi->ab", u, e, place)[:, :, np.newaxis]
    score = score + np.einsum("ji,ai,jk,bk,jl,cl->abc", g, u, h, place, k, w)
    return score + bias


def inputs_of(n_photos, n_places):
    photos = rng.normal(size=(n_photos, 5)).astype(np.float32)
    return photos, rng.normal(size=(n_places, 3)).astype(np.float32)


def test_queries_are_the_form_taken_apart(network):
    photos, places = inputs_of(6, 6)
    table = numbers(network.table.weight)
    u, place, w = vectors_of(network, photos, places, table)
    every = form(network, u, place, w, numbers(network.tag_bias))
    expected = every[np.arange(6), np.arange(6)]
    with torch.inference_mode():
        u_ = network.photos(torch.as_tensor(photos))
        place_ = network.place_vectors(torch.as_tensor(places))
        w_ = network.tags(network.table.weight)
        same = (u_ * network.E(place_)).sum(1)
        of_tags = network.tag_queries(u_, place_) @ w_.T + network.tag_bias
        of_tags = of_tags + same[:, None]
        tag = torch.tensor([3, 0, 6, 3, 2, 1])
        of_photos = network.photo_queries(w_[tag], place_) @ u_.T
        same = (w_[tag] * network.D(place_)).sum(1) + network.tag_bias[tag]
        of_photos = of_photos + same[:, None]
    assert_allclose(of_tags, expected, **CLOSE)
    assert_allclose(of_photos, every[:, np.arange(6), tag].T, **CLOSE)


def test_the_scorer_says_what_the_form_says(network):
    scorer = make_scorer(network)
    assert isinstance(scorer, MultilinearScorer)
    photos, places = inputs_of(5, 3)
    table = numbers(network.table.weight)
    u, place, w = vectors_of(network, photos, places, table)
    heard = np.array([1.0, 0.0, 1.0], dtype=np.float32)
    bias = numbers(network.tag_bias)
    every = form(network, u, place * heard[:, np.newaxis], w, bias)

    class Rows:
        def __len__(self):
            return 5

        def rows(self, at):
            return photos[at]

    vectors = scorer.photo_vectors(Rows())
    assert_allclose(vectors, u, **CLOSE)
    for rows in (slice(0, 3), slice(1, 2)):  # several, and one, which is a product less
        asked = vectors[rows], places[rows], heard[rows]
        expected = every[np.arange(3), np.arange(3)][rows]
        assert_allclose(scorer.of_tags(*asked), expected, **CLOSE)
        new = table[[2, 5]].astype(np.float32)
        found = scorer.of_tags(*asked, new)
        wanted = expected[:, [2, 5]] - bias[[2, 5]] + bias.mean()
        assert_allclose(found, wanted, **CLOSE)
        for listed in ([[0, 6]] * 3, [[1, 1, 4]] * 3, [[0, 1], [2, 3], [4, 5]]):
            pairs = np.array(listed)[rows]
            found = scorer.of_pairs(*asked, pairs)
            wanted = np.take_along_axis(expected, pairs, axis=1)
            assert_allclose(found, wanted, **CLOSE)
        tags = np.array([4, 2, 4])
        found = scorer.of_photos(vectors, places[rows], heard[rows], tags[rows])
        wanted = every[:, np.arange(3), tags].T
        assert_allclose(found, wanted[rows], **CLOSE)
        new = table[tags[rows]].astype(np.float32)
        found = scorer.of_photos(vectors, places[rows], heard[rows], None, new)
        wanted = (wanted - bias[tags][:, np.newaxis] + bias.mean())[rows]
        assert_allclose(found, wanted, **CLOSE)


def test_a_silenced_place_leaves_photo_and_tag(network):
    scorer = make_scorer(network)
    photos, places = inputs_of(4, 4)
    u, _, w = vectors_of(network, photos, places, numbers(network.table.weight))
    bias = numbers(network.tag_bias)
    expected = u @ numbers(network.A.weight).T @ w.T + bias
    quiet, vectors = np.zeros(4, dtype=np.float32), u.astype(np.float32)
    found = scorer.of_tags(vectors, places, quiet)
    assert_allclose(found, expected, **CLOSE)
    assert_array_equal(found, scorer.of_tags(vectors, 9 * places - 1, quiet))
    tags = np.array([0, 1, 6, 3])
    found = scorer.of_photos(vectors, places, quiet, tags)
    assert_allclose(found, expected[:, tags].T, **CLOSE)


def test_places_are_let_in_little_by_little(network):
    _, places = inputs_of(1, 4)
    whole = network.place_vectors(torch.as_tensor(places)).detach()
    try:
        network.place_share.fill_(0.25)
        part = network.place_vectors(torch.as_tensor(places)).detach()
    finally:
        network.place_share.fill_(1.0)
    assert_allclose(part, 0.25 * whole)


def test_learnt_vectors_are_met_as_they_are_and_given_ones_through_a_layer():
    learnt, given = made(True, 4), made(False, 4)
    assert "table.weight" in dict(learnt.named_parameters())
    assert "tags.weight" not in dict(learnt.named_parameters())
    assert "table.weight" not in given.state_dict()  # the estimator has them
    assert given.tags.weight.shape == (4, 4)
    assert learnt.sparse_layers == [learnt.table]
    assert given.sparse_layers == []
