# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tags: what each kind knows about a photo, and what noise does not."""

import numpy as np
import pytest
import sklearn
from scipy import sparse
from scipy.stats import chi2_contingency

from sklearn_geo.datasets import make_geotagged_photos
from sklearn_geo.datasets._subjects import TRAITS
from sklearn_geo.datasets._tags import make_vocabulary
from sklearn_geo.datasets._world import make_world
from sklearn_geo.geometry import haversine

SIZES = {"n_features": 1, "n_objects": 2, "n_scenes": 2}


def _counts(photos):
    return np.asarray(photos.tags.sum(axis=0)).ravel()


def _spread_km(photos, tag):
    """Return the median distance of two photos that carry a tag."""
    rows = photos.tags[:, [tag]].nonzero()[0]
    rng = np.random.default_rng(0)
    pairs = rng.choice(rows, (2, 1000))
    # Photos of one album are near whatever their tags.
    pairs = pairs[:, photos.albums[pairs[0]] != photos.albums[pairs[1]]]
    return np.median(haversine(*photos.true_places[pairs]))


def _busiest(photos, start):
    counts = _counts(photos)
    chosen = np.flatnonzero(np.char.startswith(photos.tag_names, start))
    return chosen[np.argsort(-counts[chosen])[:5]]


def test_tags_are_an_indicator_with_up_to_fifteen_a_photo(photos):
    assert sparse.issparse(photos.tags)
    assert photos.tags.format == "csr"
    assert photos.tags.dtype == np.int32
    assert (photos.tags.data == 1).all()
    assert photos.tags.has_canonical_format
    per_photo = np.diff(photos.tags.indptr)
    assert per_photo.min() >= 1
    assert 10 <= per_photo.max() <= 15
    assert 3.0 < per_photo.mean() < 5.0


def test_more_tags_on_demand():
    few = make_geotagged_photos(2000, mean_tags=1.5, random_state=0, **SIZES)
    many = make_geotagged_photos(2000, mean_tags=8.0, random_state=0, **SIZES)
    assert 1.0 <= few.tags.sum() / 2000 < 1.6 < 5.0 < many.tags.sum() / 2000


def test_names_are_unique_and_say_their_kind(photos):
    assert len(np.unique(photos.tag_names)) == 1000
    starts = {
        "place": ("country_", "region_", "town_", "landmark_"),
        "terrain": ("terrain_",),
        "word": ("word_",),
        "noise": ("noise_",),
    }
    for name, kind in zip(photos.tag_names, photos.tag_kinds, strict=True):
        assert name.startswith(starts[kind])
    assert not any("," in name for name in photos.tag_names)


def test_every_kind_is_common(photos):
    counts = _counts(photos)
    for kind in ("place", "terrain", "word", "noise"):
        assert counts[photos.tag_kinds == kind].sum() > 0.1 * counts.sum()


@pytest.mark.parametrize("kind", ["place", "noise", None])
def test_frequencies_follow_zipf(photos, kind):
    chosen = slice(None) if kind is None else photos.tag_kinds == kind
    counts = np.sort(_counts(photos)[chosen])[::-1]
    rank = np.arange(1, counts.size + 1)
    body = slice(4, counts.size // 3)
    slope = np.polyfit(np.log(rank[body]), np.log(counts[body]), 1)[0]
    assert -1.5 < slope < -0.6


def test_place_tags_are_concentrated_at_their_scale(photos):
    landmark, town, region, country = (
        np.median([_spread_km(photos, tag) for tag in _busiest(photos, start)])
        for start in ("landmark_", "town_", "region_", "country_")
    )
    assert landmark < 3.0 < 8.0
    assert landmark < town < 40.0 < region < country < 2500.0


def test_noise_tags_are_found_everywhere(photos):
    rng = np.random.default_rng(1)
    pairs = rng.integers(20_000, size=(2, 4000))
    anywhere = np.median(haversine(*photos.true_places[pairs]))
    for tag in _busiest(photos, "noise_"):
        assert _spread_km(photos, tag) == pytest.approx(anywhere, rel=0.15)


def _one_an_album(photos):
    _, rows = np.unique(photos.albums, return_index=True)
    return rows


def _dependence(photos, tag, labels):
    """Return the p-value of a tag's independence of labels, one photo an album."""
    rows = _one_an_album(photos)
    tagged = photos.tags[:, [tag]].toarray().ravel()[rows]
    table = np.zeros((2, labels.max() + 1))
    np.add.at(table, (tagged, labels[rows]), 1)
    return chi2_contingency(table[:, table.sum(axis=0) > 50]).pvalue


def test_noise_depends_on_nothing_and_words_on_subject_and_language(photos):
    noise = _busiest(photos, "noise_")
    for labels in (photos.subject, photos.language, photos.country):
        # Five tests: Bonferroni.
        assert min(_dependence(photos, tag, labels) for tag in noise) > 0.001
    own = [
        tag
        for tag in np.flatnonzero(np.char.startswith(photos.tag_names, "word_food_"))
        if _counts(photos)[tag] > 100
    ]
    assert own
    for tag in own:
        assert _dependence(photos, tag, photos.subject) < 1e-6
        assert _dependence(photos, tag, photos.language) < 1e-6


def test_terrain_tags_follow_the_land(photos):
    world = make_world(0, 2000, 8)
    traits = world.traits(photos.true_places)
    for name in ("coast", "mountain", "desert", "forest", "tropics", "urban"):
        tags = np.char.startswith(photos.tag_names, f"terrain_{name}")
        tagged = np.asarray(photos.tags[:, tags].sum(axis=1)).ravel() > 0
        column = traits[:, TRAITS.index(name)]
        assert tagged.sum() > 20
        assert column[tagged].mean() > column[~tagged].mean() + 0.15, name


def test_climate_is_in_the_tag(photos):
    latitude = np.abs(photos.true_places[:, 0])
    hot, mild, cold = (
        np.median(
            latitude[
                photos.tags[
                    :, np.flatnonzero(photos.tag_names == f"terrain_forest_{c}")
                ].nonzero()[0]
            ]
        )
        for c in ("hot", "mild", "cold")
    )
    assert hot < 35 < mild < cold


def test_words_mean_their_subject_in_their_language(photos):
    tag = np.nonzero(photos.tag_meanings >= 0)[0]
    assert (photos.tag_kinds[tag] == "word").all()
    words = photos.tags[:, photos.tag_kinds == "word"].tocoo()
    tags = np.flatnonzero(photos.tag_kinds == "word")[words.col]
    meant = photos.tag_meanings[tags, photos.language[words.row]]
    assert (meant == photos.subject[words.row]).all()


def test_some_words_are_of_one_language_and_some_mean_another_thing_next_door(photos):
    words = photos.tag_meanings[photos.tag_kinds == "word"]
    n_languages = (words >= 0).sum(axis=1)
    assert set(n_languages) == {1, 8}
    for row in words[n_languages == 8]:
        assert len(set(row)) == 8


def _word_scores(photos, more_photos):
    """Hit rates of the best word by subject, region, their product, and both."""
    tags = np.flatnonzero(photos.tag_kinds == "word")
    truth = photos.tags[:, tags].tocoo()
    n_subjects = len(photos.subject_names)
    joint = np.zeros((n_subjects, 8, tags.size))
    np.add.at(
        joint, (photos.subject[truth.row], photos.language[truth.row], truth.col), 1
    )
    joint += 1e-3
    by_subject = joint.sum(axis=1)
    by_language = joint.sum(axis=0)
    prior = by_subject.sum(axis=0)
    by_subject /= by_subject.sum(axis=1, keepdims=True)
    by_language /= by_language.sum(axis=1, keepdims=True)
    product = by_subject[:, None] * by_language[None] / prior
    new = more_photos.tags[:, tags].tocoo()
    subject, language = more_photos.subject[new.row], more_photos.language[new.row]
    return [
        (score.argmax(axis=1) == new.col).mean()
        for score in (
            by_subject[subject],
            by_language[language],
            product[subject, language],
            joint[subject, language],
        )
    ]


def test_words_are_told_by_subject_and_region_together_only(photos, more_photos):
    subject, language, product, joint = _word_scores(photos, more_photos)
    assert joint > product + 0.05
    assert product > max(subject, language) + 0.05
    assert joint > 0.4


def test_with_one_language_the_region_tells_nothing():
    sizes = {"language_regions": 1, **SIZES}
    one = make_geotagged_photos(4000, random_state=0, **sizes)
    assert one.tag_meanings.shape == (1000, 1)
    assert set(one.language) == {0}


def test_without_language_signal_words_are_of_any_language():
    photos = make_geotagged_photos(8000, language_signal=0.0, random_state=0, **SIZES)
    own = (photos.tag_meanings >= 0).sum(axis=1) == 1
    words = photos.tags[:, own].tocoo()
    spoken = photos.tag_meanings[own].argmax(axis=1)[words.col]
    right = spoken == photos.language[words.row]
    assert right.mean() == pytest.approx(1 / 8, abs=0.02)
    # What is shown is still what is said.
    meant = photos.tag_meanings[own].max(axis=1)[words.col]
    assert (meant == photos.subject[words.row]).all()


def test_without_tag_signal_place_tags_are_anywhere():
    photos = make_geotagged_photos(20_000, tag_signal=0.0, random_state=0, **SIZES)
    town = np.median([_spread_km(photos, tag) for tag in _busiest(photos, "town_")])
    assert town > 3000.0
    tags = np.flatnonzero(photos.tag_kinds == "word")
    words = photos.tags[:, tags].tocoo()
    meant = photos.tag_meanings[tags[words.col], photos.language[words.row]]
    assert (meant == photos.subject[words.row]).mean() < 0.15


def test_albums_leak_tags(photos):
    # Half of the noise is the album's own: mates share more of it than strangers do.
    noise = sparse.csr_array(photos.tags[:, photos.tag_kinds == "noise"])
    order = np.argsort(photos.albums, kind="stable")
    mates = photos.albums[order[1:]] == photos.albums[order[:-1]]
    common = noise[order[1:]].multiply(noise[order[:-1]]).sum(axis=1)[mates]
    rng = np.random.default_rng(0)
    strangers = noise.multiply(noise[rng.permutation(20_000)]).sum(axis=1)
    assert common.mean() > 2 * strangers.mean()


@pytest.mark.parametrize("n_tags", [10, 11, 57, 1000, 20_000])
@pytest.mark.parametrize("n_languages", [1, 2, 8, 40])
def test_vocabularies_of_any_size_are_complete(n_tags, n_languages):
    world = make_world(3, 20, n_languages)
    vocabulary = make_vocabulary(world, n_tags, n_languages)
    assert vocabulary.names.shape == vocabulary.kinds.shape == (n_tags,)
    assert len(set(vocabulary.names)) == n_tags
    assert set(vocabulary.kinds) == {"place", "terrain", "word", "noise"}
    assert vocabulary.meanings.shape == (n_tags, n_languages)
    assert vocabulary.meanings.max() < 24


@pytest.mark.parametrize("interface", ["sparray", "spmatrix"])
def test_sparse_output_follows_the_setting(interface):
    if "sparse_interface" not in sklearn.get_config():
        pytest.skip("this version of scikit-learn has no such setting")
    with sklearn.config_context(sparse_interface=interface):
        photos = make_geotagged_photos(50, random_state=0, **SIZES)
    assert sparse.isspmatrix(photos.tags) == (interface == "spmatrix")
