# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What makes teacher rows of raw tags: for which context, and of which photos."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin

from sklearn_geo.context._contexts import read_contexts
from sklearn_geo.context._propagators import fit_propagators, propagators_of
from sklearn_geo.context._teachers import Teachers
from sklearn_geo.neighbors import GeoNeighborTagPropagator, GeoTagCorpus

NAN = np.nan
RULE = {"tag": 3, "object": 2, "scene": 4}
rng = np.random.default_rng(0)
PLACES = rng.uniform([46.0, 3.0], [51.0, 9.0], (48, 2))


class Recorder(TransformerMixin, BaseEstimator):
    """Keep what it is fitted on, and say the mean of it."""

    def fit(self, X, y=None):
        self.X_, self.y_ = X, y
        return self

    def transform(self, X):
        mean = np.asarray(self.y_.mean(axis=0)).reshape(1, -1)
        return np.repeat(mean, len(X), axis=0)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_propagators_learn_from_the_photos_that_have_tags(kind):
    Y = rng.integers(0, 2, size=(48, 9)).astype(float)
    Y[:, 5] = 1
    Y[[3, 9], 5:] = NAN
    contexts = read_contexts(RULE, 9, None)
    recorder = Recorder()
    photos = np.arange(2, 48)
    places = PLACES[photos]
    given = {"scene": recorder}
    fitted = fit_propagators(given, contexts, places, kind(Y), None, photos)
    assert list(fitted) == ["scene"]
    assert not hasattr(recorder, "X_")  # a copy was fitted
    known = np.setdiff1d(photos, [3, 9])
    assert_array_equal(fitted["scene"].X_, PLACES[known])
    block = fitted["scene"].y_
    block = block.toarray() if sparse.issparse(block) else block
    assert_array_equal(block, Y[known, 5:])
    teachers = Teachers(kind(Y), contexts, fitted, places, photos)
    mean = Y[known, 5:].mean(axis=0)
    rows = teachers.rows(np.array([0, 1]), "scene")
    assert_allclose(rows, np.tile(mean / mean.sum(), (2, 1)), rtol=1e-6)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0]])
def test_columns_of_a_corpus_in_any_order(order):
    tags = np.zeros((48, 3))
    tags[:, 0] = 8.0
    tags[:, 1] = 1.0
    corpus = GeoTagCorpus(PLACES, tags)
    contexts = read_contexts({"tag": order}, 3, None)
    given = GeoNeighborTagPropagator()
    fitted = fit_propagators(given, contexts, corpus.places, corpus.tags, corpus)
    teachers = Teachers(corpus.tags, contexts, fitted, PLACES)
    rows = teachers.rows(np.arange(5), "tag")
    expected = np.array([8 / 9, 1 / 9, 0.0])[order]
    assert_allclose(rows.toarray(), np.tile(expected, (5, 1)), atol=1e-6)


def test_a_corpus_is_indexed_once():
    tags = sparse.csr_array(np.eye(4)[rng.integers(0, 4, 48)])
    corpus = GeoTagCorpus(PLACES, tags)
    propagator = GeoNeighborTagPropagator(radius_km=100)
    contexts = read_contexts({"tag": 4}, 4, None)
    fitted = fit_propagators(propagator, contexts, corpus.places, corpus.tags, corpus)
    assert fitted["tag"].corpus is corpus
    alone = fit_propagators(propagator, contexts, PLACES, tags)
    dense = [made["tag"].transform(PLACES) for made in (fitted, alone)]
    dense = [rows.toarray() if sparse.issparse(rows) else rows for rows in dense]
    assert_allclose(dense[0], dense[1])
    assert propagator.corpus is None


def test_one_propagator_is_for_tags():
    contexts = read_contexts({"scene": 1, "tag": 2}, 3, None)
    one = Recorder()
    assert propagators_of(None, contexts) == {}
    assert propagators_of(one, contexts) == {"tag": one}
    assert propagators_of({"scene": one}, contexts) == {"scene": one}
    assert propagators_of(one, read_contexts(None, 3, None)) == {"context": one}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            Recorder(),
            "say which of the contexts ['scene', 'object'] it makes: target_p",
        ),
        ({"tag": Recorder()}, "names the contexts ['tag'], which y does not have. Its"),
        (
            {"scene": None},
            "None for the context 'scene' has no fit and transform. Leave",
        ),
        ({"scene": "passthrough"}, "'passthrough' for the context 'scene' has no fit"),
    ],
)
def test_propagators_that_are_refused(given, words):
    contexts = read_contexts({"scene": 1, "object": 2}, 3, None)
    with pytest.raises(ValueError, match=re.escape(words)):
        propagators_of(given, contexts)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_nobody_has_tags(kind):
    contexts = read_contexts({"tag": 1, "scene": 2}, 3, None)
    Y = kind(np.array([[NAN, 1, 0], [NAN, 1, 1]]))
    with pytest.raises(ValueError, match="no photo teaches the context 'tag': all its"):
        fit_propagators(Recorder(), contexts, PLACES[:2], Y)
