# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from sklearn_geo.datasets import make_town_names
from sklearn_geo.datasets._globe import is_land


def test_towns_are_on_land_and_the_same_for_a_seed():
    towns = make_town_names(2_000, random_state=0)
    assert is_land(towns.target).mean() > 0.97
    assert all(name.isalpha() and name.islower() for name in towns.data)
    names, places = make_town_names(2_000, random_state=0, return_X_y=True)
    np.testing.assert_array_equal(names, towns.data)
    np.testing.assert_array_equal(places, towns.target)
    other = make_town_names(2_000, random_state=1)
    assert not np.array_equal(other.target, places)


def test_names_tell_countries_and_endings_regions():
    towns = make_town_names(6_000, n_languages=8, random_state=0)
    grams = CountVectorizer(analyzer="char_wb", ngram_range=(1, 4))
    counts = grams.fit_transform(towns.data)
    train, test = slice(0, 5_000), slice(5_000, None)

    def share_right(target):
        model = MultinomialNB(alpha=0.1).fit(counts[train], target[train])
        return model.score(counts[test], target[test])

    assert share_right(towns.language) > 0.7
    # One region in 240 would be right by chance.
    assert share_right(towns.region) > 0.15
    plain = make_town_names(6_000, n_languages=8, dialect=0.0, random_state=0)
    counts = grams.fit_transform(plain.data)
    assert share_right(plain.region) < 0.15
    # Without endings the same roots stand in the same places.
    np.testing.assert_array_equal(plain.target, towns.target)
    longer = [a.startswith(b) for a, b in zip(towns.data, plain.data, strict=True)]
    assert all(longer)
    ends = np.mean([a != b for a, b in zip(towns.data, plain.data, strict=True)])
    assert ends == pytest.approx(0.6, abs=0.02)


def test_refuses():
    with pytest.raises(ValueError, match="'n_languages' parameter"):
        make_town_names(n_languages=41)
    with pytest.raises(ValueError, match="'dialect' parameter"):
        make_town_names(dialect=1.5)
    with pytest.raises(ValueError, match="'return_X_y' parameter"):
        make_town_names(return_X_y=np.array([1, 2]))


def test_true_is_one_town():
    assert make_town_names(True, random_state=0).data.shape == (1,)
