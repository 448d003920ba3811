# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Errors name rows as those know them who passed all of them."""

import numpy as np
import pytest
from scipy import sparse
from shapely import box

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.context._row_names import rows_named
from sklearn_geo.neighbors import GeoNeighborTagPropagator, GeoTagCorpus
from sklearn_geo.partition import AreaPartition

RNG = np.random.default_rng(0)
PLACES = RNG.uniform([40.0, 0.0], [50.0, 20.0], (60, 2))
OUTSIDE = PLACES.copy()
OUTSIDE[59] = [-60.0, 0.0]
TEACHERS = RNG.dirichlet(np.ones(4), 60)
# The first 45 photos count nothing.
WEIGHTS = np.repeat([0.0, 1.0], [45, 15])
SMALL = {"hidden": (4,), "max_iter": 1, "min_samples": 5, "random_state": 0}


def in_europe(**params):
    area = AreaPartition([box(-1, 39, 21, 51)], uncovered="error")
    return GPS2VecPlusTransformer(regions=area, **SMALL, **params)


@pytest.mark.parametrize("method", ["fit", "partial_fit", "update_zones", "score"])
def test_places_in_no_cell_beside_photos_of_weight_0(method):
    model = in_europe()
    if method != "fit":
        model.fit(PLACES, TEACHERS)
    with pytest.raises(ValueError, match=r"^X, row 59: the place \(-60\.0, 0\.0\)"):
        getattr(model, method)(OUTSIDE, TEACHERS, sample_weight=WEIGHTS)


def test_places_of_a_corpus_in_no_cell():
    tags = np.ones((60, 3))
    tags[10:40] = 0  # photos without tags are left out
    with pytest.raises(ValueError, match=r"^corpus, row 59: the place"):
        in_europe(corpus=GeoTagCorpus(OUTSIDE, tags)).fit(PLACES)
    propagated = in_europe(
        corpus=GeoTagCorpus(OUTSIDE, tags),
        target_propagator=GeoNeighborTagPropagator(),
    )
    with pytest.raises(ValueError, match=r"^corpus, row 59: the place"):
        propagated.fit(PLACES)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize(("value", "word"), [(-1.0, "negative"), (np.nan, "NaN")])
def test_tags_that_a_propagator_refuses(kind, value, word):
    Y = TEACHERS.copy()
    Y[50:55, 2:] = np.nan  # these miss the context
    Y[57, 3] = value
    model = GPS2VecPlusTransformer(
        contexts={"scene": 2, "tag": 2},
        target_propagator=GeoNeighborTagPropagator(),
        **SMALL,
    )
    with pytest.raises(ValueError, match=rf"^y, row 57, column 3: .* is {word}"):
        model.fit(PLACES, kind(Y), sample_weight=WEIGHTS)


def test_other_words_stay_as_they_are():
    with pytest.raises(ValueError, match=r"^no row 1 at all$"), rows_named([4, 5]):
        raise ValueError("no row 1 at all")
    with pytest.raises(KeyError), rows_named([4, 5]):
        raise KeyError("X, row 1: 3")
    words = r"^X, row 1, column 2: odd$"
    with pytest.raises(ValueError, match=words), rows_named(None):
        raise ValueError("X, row 1, column 2: odd")
