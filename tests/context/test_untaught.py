# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos that all miss a context which earlier ones taught."""

import copy

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.context._zone_shelf import ZoneShelf
from sklearn_geo.neighbors import GeoNeighborTagPropagator, GeoTagCorpus

RNG = np.random.default_rng(0)
PLACES = RNG.uniform([44.0, 6.5], [47.0, 11.5], (40, 2))  # zone 32T
TEACHERS = np.hstack([RNG.dirichlet(np.ones(2), 40), RNG.dirichlet(np.ones(2), 40)])
NO_TAGS = TEACHERS.copy()
NO_TAGS[:, 2:] = np.nan


@pytest.fixture(scope="module", params=["as they are", "propagated"])
def fitted(request):
    propagator = {"tag": GeoNeighborTagPropagator()}
    return GPS2VecPlusTransformer(
        contexts={"scene": 2, "tag": 2},
        target_propagator=propagator if request.param == "propagated" else None,
        hidden=(4,),
        max_iter=2,
        min_samples=20,
        random_state=0,
    ).fit(PLACES, TEACHERS)


def test_score_is_that_of_the_others(fitted):
    said = fitted.transform(PLACES)[:, :2].astype(float)
    losses = [
        sum(t * np.log(t / s) for t, s in zip(*rows, strict=True))
        for rows in zip(TEACHERS[:, :2], said, strict=True)
    ]
    assert_allclose(fitted.score(PLACES, NO_TAGS), -np.mean(losses), rtol=1e-5)


@pytest.mark.parametrize("method", ["update_zones", "partial_fit"])
def test_going_on_leaves_the_network_of_what_nobody_teaches(fitted, method):
    model = copy.deepcopy(fitted)
    before = model.transform(PLACES)
    after = getattr(model, method)(PLACES, NO_TAGS).transform(PLACES)
    assert not np.array_equal(after[:, :2], before[:, :2])
    assert_array_equal(after[:, 2:], before[:, 2:])


def test_a_zone_needs_teachers_of_all_contexts_to_begin(fitted):
    model = copy.deepcopy(fitted)
    with pytest.raises(ValueError, match=r"context 'tag', and zone 33T would get"):
        model.update_zones(PLACES + [0.0, 6.0], NO_TAGS)
    # What was refused has not been seen.
    assert model.zone_report_["photos"].tolist() == [40]
    model.update_zones(PLACES[:15] + [0.0, 6.0], TEACHERS[:15])
    assert model.zone_report_["zone"].tolist() == ["32T"]


def test_so_does_the_whole_globe(fitted):
    model = copy.deepcopy(fitted)
    [record] = [each for each in model._zones.shelf.records if each["name"] == "32T"]
    only_32t = ZoneShelf()  # as if there had been no memory for the globe
    only_32t.put(record["id"], record, model._zones.shelf.get(record["id"]))
    model._zones.shelf = only_32t
    model.update_zones(PLACES, NO_TAGS)
    with pytest.raises(ValueError, match="context 'tag', and the whole globe would"):
        model.partial_fit(PLACES, NO_TAGS)
    model.partial_fit(PLACES, TEACHERS).partial_fit(PLACES, NO_TAGS)
    # Four calls of 40 photos, and one that was refused.
    assert model.zone_report_["photos"].tolist() == [160]


@pytest.mark.parametrize("method", ["fit", "update_zones", "partial_fit", "score"])
def test_somebody_has_to_teach_something(fitted, method):
    model = copy.deepcopy(fitted)
    nothing = np.full_like(TEACHERS, np.nan)
    with pytest.raises(ValueError, match=r"teaches the context '(scene|tag)'"):
        getattr(model, method)(PLACES, nothing)
    with pytest.raises(ValueError, match="no photo teaches the context 'tag'"):
        model.fit(PLACES, NO_TAGS)


def test_a_corpus_without_tags_of_a_context():
    tags = np.eye(3)[np.zeros(40, dtype=int)]
    model = GPS2VecPlusTransformer(
        contexts={"scene": [0], "tag": [1, 2]},
        hidden=(4,),
        max_iter=1,
        min_samples=20,
        random_state=0,
    )
    words = "^corpus: no photo teaches the context 'tag': none has a tag of it"
    with pytest.raises(ValueError, match=words):
        model.set_params(corpus=GeoTagCorpus(PLACES, tags)).fit(PLACES)
    all_tags = GeoTagCorpus(PLACES, np.ones((40, 3)))
    model.set_params(corpus=all_tags).fit(PLACES)
    model.set_params(corpus=GeoTagCorpus(PLACES + [0.0, 6.0], tags))
    with pytest.raises(ValueError, match=r"^corpus: no photo .* and zone 33T would"):
        model.partial_fit(PLACES)
