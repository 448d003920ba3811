# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import re

import numpy as np
from numpy.testing import assert_array_equal
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from sklearn_geo.datasets._names import invent_names


def test_names_are_unique_lower_case_and_pronounceable():
    names = invent_names(np.zeros(3000, dtype=int), np.random.default_rng(0))
    assert len(set(names)) == 3000
    assert all(re.fullmatch("[a-z]{3,30}", name) for name in names)
    # Never more than four consonants in a row.
    assert not any(re.search("[^aeiouy]{5}", name) for name in names)


def test_taken_names_are_not_given_again():
    languages = np.arange(200) % 3
    first = invent_names(languages, np.random.default_rng(0))
    assert_array_equal(first, invent_names(languages, np.random.default_rng(0)))
    second = invent_names(languages, np.random.default_rng(0), taken=first)
    assert not set(first) & set(second)


def test_names_tell_their_language():
    languages = np.arange(1600) % 8
    names = invent_names(languages, np.random.default_rng(0))
    grams = CountVectorizer(analyzer="char", ngram_range=(1, 3)).fit_transform(names)
    model = MultinomialNB().fit(grams[:800], languages[:800])
    # One in eight would be right by chance.
    assert model.score(grams[800:], languages[800:]) > 0.6
