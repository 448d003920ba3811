# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The published scorer: its widths, its weights, and its sums instead of a joint."""

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_geo.nets import seeded
from sklearn_geo.ranking._projection import paper_weights
from sklearn_geo.ranking._scorers import MultilinearScorer, TrunkScorer, make_scorer
from sklearn_geo.ranking._trunk import TrunkNetwork

rng = np.random.default_rng(0)


def made(*args, **options):
    with seeded(0, torch.device("cpu")):
        return TrunkNetwork(*args, **options).eval()


@pytest.fixture(scope="module")
def paper():
    return made(300, 2, np.ones((4, 300), dtype=np.float32), False, weight_init="paper")


@pytest.fixture(scope="module")
def network():
    """Return a small one whose weights are large enough to tell parts apart."""
    network = made(
        5, 2, rng.normal(size=(7, 6)), False, n_components=4, hidden=(32, 64, 8)
    )
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(torch.as_tensor(rng.normal(scale=0.5, size=weight.shape)))
    return network


def projected(layer, inputs):
    """Bring inputs to the width of a layer, as the text says it, in float64."""
    weight, bias = (
        each.detach().double().numpy() for each in layer.linear.parameters()
    )
    rows = np.maximum(inputs @ weight.T + bias, 0.0)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


def joined_scores(network, places, photos, tags, heard=None):
    """Score joined vectors: place, photo, tag."""
    place = projected(network.places, places)
    if heard is not None:
        place = place * heard[:, np.newaxis]
    parts = [place, projected(network.photos, photos), projected(network.tags, tags)]
    rows = np.hstack(parts)
    for layer in network.trunk:
        if isinstance(layer, nn.Linear):
            weight, bias = (
                each.detach().double().numpy() for each in layer.parameters()
            )
            rows = rows @ weight.T + bias
        elif isinstance(layer, nn.GroupNorm):
            groups = rows.reshape(len(rows), layer.num_groups, -1)
            center = groups.mean(axis=2, keepdims=True)
            spread = np.sqrt(groups.var(axis=2, keepdims=True) + layer.eps)
            rows = ((groups - center) / spread).reshape(rows.shape)
            weight, bias = (
                each.detach().double().numpy() for each in layer.parameters()
            )
            rows = rows * weight + bias
        else:
            rows = np.maximum(rows, 0.0)
    return rows[:, 0]


def inputs_of(n):
    photos, tags = rng.normal(size=(n, 5)), rng.normal(size=(n, 6))
    return rng.uniform(size=(n, 2)), photos, tags


def as_tensor(array):
    return torch.as_tensor(array, dtype=torch.float32)


# The paper's --------------------------------------------------------------------------


def test_widths_of_the_paper(paper):
    kinds = [type(layer).__name__ for layer in paper.trunk]
    assert kinds == ["Linear", "GroupNorm", "ReLU"] * 5 + ["Linear"]
    widths = [
        (layer.in_features, layer.out_features)
        for layer in paper.trunk
        if isinstance(layer, nn.Linear)
    ]
    assert widths == [
        (900, 2048),
        (2048, 2048),
        (2048, 2048),
        (2048, 1024),
        (1024, 512),
        (512, 1),
    ]
    for layer in paper.trunk:
        if isinstance(layer, nn.GroupNorm):
            assert (layer.num_groups, layer.eps) == (32, 1e-3)
    for name, width in (("places", 2), ("photos", 300), ("tags", 300)):
        linear = getattr(paper, name).linear
        assert (linear.in_features, linear.out_features) == (width, 300)
    # 900 + 2 * 90,300 before they are joined, 12,861,441 in linear layers, and 15,360
    # in the norms: 13.06 million.
    assert sum(weight.numel() for weight in paper.parameters()) == 13_058_301


def test_weights_of_the_paper(paper):
    paper_weights(paper)
    for layer in paper.modules():
        if isinstance(layer, nn.Linear):
            assert not layer.bias.any()
            n = layer.weight.numel()
            # Six standard errors of the mean and of the deviation.
            assert abs(float(layer.weight.detach().mean())) < 0.06 / np.sqrt(n)
            error = 6 * 0.01 / np.sqrt(2 * n)
            assert abs(float(layer.weight.detach().std()) - 0.01) < error


@pytest.mark.parametrize(
    ("width", "n_groups"),
    [(2048, 32), (512, 32), (256, 16), (48, 2), (8, 1), (7, 1), (2, 1), (33, 1)],
)
def test_no_group_is_so_small_that_nothing_is_left(width, n_groups):
    network = made(2, 2, np.ones((2, 3)), True, n_components=3, hidden=(width,))
    assert network.trunk[1].num_groups == n_groups
    # One row has something to be told from another one by.
    one, two = as_tensor(np.eye(width)[:1]), as_tensor(np.eye(width)[1:2])
    assert (network.trunk[1](one) != network.trunk[1](two)).any()


def test_a_layer_of_one_has_no_norm():
    network = made(2, 2, np.ones((2, 3)), True, n_components=3, hidden=(4, 1))
    assert isinstance(network.trunk[4], nn.Identity)


# The sums -----------------------------------------------------------------------------


def test_scores_are_those_of_joined_vectors(network):
    places, photos, tags = inputs_of(20)
    with torch.inference_mode():
        found = network.scores(
            network.place_parts(as_tensor(places))
            + network.photo_parts(as_tensor(photos))
            + network.tag_parts(as_tensor(tags))
        )
    expected = joined_scores(network, places, photos, tags)
    assert expected.std() > 0.01
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_silenced_place_is_a_vector_of_zeros(network):
    places, photos, tags = inputs_of(6)
    heard = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    other = np.where(heard[:, np.newaxis] > 0, places, 7.0)
    with torch.inference_mode():
        rest = network.photo_parts(as_tensor(photos)) + network.tag_parts(
            as_tensor(tags)
        )
        found, moved = (
            network.scores(
                network.place_parts(as_tensor(each), as_tensor(heard)) + rest
            )
            for each in (places, other)
        )
        photo_only = network.scores(rest)
    np.testing.assert_array_equal(found, moved)
    quiet = heard == 0
    np.testing.assert_allclose(found[quiet], photo_only[quiet], atol=1e-6)
    assert (abs(found - photo_only)[~quiet] > 1e-4).all()
    expected = joined_scores(network, places, photos, tags, heard)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_places_are_let_in_little_by_little(network):
    places, _, _ = inputs_of(4)
    try:
        network.place_share.fill_(0.25)
        with torch.inference_mode():
            found = network.place_parts(as_tensor(places))
    finally:
        network.place_share.fill_(1.0)
    vectors = 0.25 * projected(network.places, places)
    first = network.trunk[0].weight.detach().double().numpy()[:, :4]
    np.testing.assert_allclose(found, vectors @ first.T, rtol=1e-4, atol=1e-5)


def test_the_scorer_says_what_joined_vectors_say(network):
    scorer = make_scorer(network)
    assert isinstance(scorer, TrunkScorer)
    assert not isinstance(scorer, MultilinearScorer)
    table = network.table.weight.numpy()
    places, photos, _ = inputs_of(3)
    heard = np.array([1.0, 0.0, 1.0])
    single = [each.astype(np.float32) for each in (places, heard)]

    class Rows:
        def __len__(self):
            return 3

        def rows(self, at):
            return photos[at].astype(np.float32)

    vectors = scorer.photo_vectors(Rows())
    np.testing.assert_allclose(
        vectors, projected(network.photos, photos), rtol=1e-4, atol=1e-6
    )
    expected = np.array(
        [
            joined_scores(
                network,
                np.repeat(places[i : i + 1], 7, axis=0),
                np.repeat(photos[i : i + 1], 7, axis=0),
                table,
                np.repeat(heard[i], 7),
            )
            for i in range(3)
        ]
    )
    close = {"rtol": 1e-4, "atol": 1e-5}
    found = scorer.of_tags(vectors, *single)
    np.testing.assert_allclose(found, expected, **close)
    listed = np.array([[0, 3], [6, 6], [5, 1]])
    np.testing.assert_allclose(
        scorer.of_pairs(vectors, *single, listed),
        np.take_along_axis(expected, listed, axis=1),
        **close,
    )
    found = scorer.of_tags(vectors, *single, table[2:4])
    np.testing.assert_allclose(found, expected[:, 2:4], **close)
    # All photos for a tag and a place.
    expected = np.array(
        [
            joined_scores(
                network,
                np.repeat(places[query : query + 1], 3, axis=0),
                photos,
                np.repeat(table[tag : tag + 1], 3, axis=0),
                np.repeat(heard[query], 3),
            )
            for query, tag in enumerate((4, 2, 2))
        ]
    )
    tags = np.array([4, 2, 2])
    found = scorer.of_photos(vectors, *single, tags)
    np.testing.assert_allclose(found, expected, **close)
    found = scorer.of_photos(vectors, *single, None, table[tags])
    np.testing.assert_allclose(found, expected, **close)
