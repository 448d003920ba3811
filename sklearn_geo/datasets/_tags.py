# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The tags of synthetic photos: a vocabulary with meanings, and how it is used.

Four kinds of tags: names of places at four scales; words for the terrain and the
climate; words for the subject, which differ from one language region to the next
(and some of which mean another thing next door); and noise, found everywhere.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse
from sklearn import get_config

from sklearn_geo.datasets._draw import (
    GroupedDraw,
    draw_columns,
    draw_ranks,
    zipf_weights,
)
from sklearn_geo.datasets._subjects import SUBJECTS, TRAITS, subject_tables
from sklearn_geo.datasets._world import N_COUNTRIES, N_REGIONS

TAG_KINDS = ("place", "terrain", "word", "noise")
MAX_TAGS = 15
# How often a tag of a photo is of each kind, and a place tag of each scale.
_KIND_SHARES = (0.30, 0.25, 0.20, 0.25)
_SCALES = ("landmark", "town", "region", "country")
_SCALE_SHARES = (0.15, 0.40, 0.20, 0.25)
# A photo belongs to a town or a landmark up to this distance.
_TOWN_KM, _LANDMARK_KM = 40.0, 1.5
_CLIMATES = ("cold", "mild", "hot")
_ALBUM_NOISE = 3


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The tags of a world and what they mean.

    Parameters
    ----------
    names, kinds : ndarray of str of shape (n_tags,)
        What a tag says, and which of `TAG_KINDS` it is.

    meanings : ndarray of int of shape (n_tags, n_languages)
        Subject that a word stands for in each language; -1 where it is not used.

    place_tags : dict of str to ndarray of int
        For each scale, the tag of each landmark, town, region, country; -1 for none.

    terrain_tags : ndarray of int
        Tags of the terrain, column by column of `terrain_columns`.

    terrain_counts : ndarray of int
        How many of them belong to each column.

    words : ndarray of int
        Tags of words, (subject, language) by (subject, language).

    word_counts : ndarray of int of shape (n_subjects * n_languages,)
        How many words there are for each.

    noise : ndarray of int
        Tags that mean nothing.
    """

    names: np.ndarray
    kinds: np.ndarray
    meanings: np.ndarray
    place_tags: dict
    terrain_tags: np.ndarray
    terrain_counts: np.ndarray
    words: np.ndarray
    word_counts: np.ndarray
    noise: np.ndarray


@dataclass(eq=False)
class TagContext:
    """What about each photo its tags depend on; one entry a photo.

    Parameters
    ----------
    places : ndarray of shape (n_photos, 2)
        Latitude and longitude in degrees.

    traits : ndarray of shape (n_photos, n_traits)
        What the place is like.

    warmth : ndarray of shape (n_photos,)
        Temperature in degrees Celsius.

    subject, language, album : ndarray of int of shape (n_photos,)
        What is shown, what is spoken there, and which album it is from.
    """

    places: np.ndarray
    traits: np.ndarray
    warmth: np.ndarray
    subject: np.ndarray
    language: np.ndarray
    album: np.ndarray


def make_vocabulary(world, n_tags, n_languages):
    """Invent the vocabulary of a world.

    Parameters
    ----------
    world : World
        Where the places are.

    n_tags : int
        How many tags there are in all.

    n_languages : int
        How many language regions there are.

    Returns
    -------
    Vocabulary
    """
    n_terrain, n_words, n_noise = (
        max(1, round(share * n_tags)) for share in (0.18, 0.20, 0.20)
    )
    place = _place_names(world, n_tags - n_terrain - n_words - n_noise)
    terrain = _terrain_names(n_terrain)
    words, meanings = _word_names(n_words, n_languages)
    names = [name for name, _, _ in place]
    n_place = len(names)
    names += [name for name, _ in terrain] + words
    n_noise = n_tags - len(names)
    width = len(str(n_noise - 1))
    names += [f"noise_{k:0{width}d}" for k in range(n_noise)]
    kinds = np.repeat(TAG_KINDS, [n_place, n_terrain, n_words, n_noise])

    sizes = (len(world.landmarks), len(world.towns), N_REGIONS, N_COUNTRIES)
    place_tags = {
        scale: np.full(size, -1) for scale, size in zip(_SCALES, sizes, strict=True)
    }
    for tag, (_, scale, index) in enumerate(place):
        place_tags[scale][index] = tag
    column = np.array([column for _, column in terrain])
    by_column = np.argsort(column, kind="stable")
    table = np.full((n_tags, n_languages), -1, dtype=np.int16)
    table[n_place + n_terrain : n_tags - n_noise] = meanings
    tag, language = np.nonzero(table >= 0)
    cell = table[tag, language].astype(np.intp) * n_languages + language
    by_cell = np.argsort(cell, kind="stable")
    return Vocabulary(
        names=np.array(names, dtype=str),
        kinds=kinds,
        meanings=table,
        place_tags=place_tags,
        terrain_tags=n_place + by_column,
        terrain_counts=np.bincount(column, minlength=_n_terrain_columns()),
        words=tag[by_cell],
        word_counts=np.bincount(cell, minlength=len(SUBJECTS) * n_languages),
        noise=np.arange(n_tags - n_noise, n_tags),
    )


def draw_tags(vocabulary, world, context, mean_tags, tag_signal, language_signal, rng):
    """Tag the photos.

    Parameters
    ----------
    vocabulary : Vocabulary
        The tags.

    world : World
        Where they come from.

    context : TagContext
        What the tags of each photo depend on.

    mean_tags : float
        Tags that a photo has on average, before repetitions are dropped.

    tag_signal : float
        Share of photos that are tagged for what they are; the others get the tags of
        some other photo.

    language_signal : float
        Share of words that are those of the region; others are of any language.

    rng : numpy.random.Generator
        Draws the tags.

    Returns
    -------
    CSR matrix of shape (n_photos, n_tags), int32
        The indicator; an array where scikit-learn's `sparse_interface` says so.
    """
    n_photos, n_tags = len(context.places), len(vocabulary.names)
    # A negative binomial: most photos have a few tags, some have many.
    spread = 2.0
    n_more = rng.negative_binomial(spread, spread / (spread + mean_tags - 1), n_photos)
    counts = np.minimum(1 + n_more, MAX_TAGS)
    photo = np.repeat(np.arange(n_photos), counts)
    swapped = np.flatnonzero(rng.random(n_photos) >= tag_signal)
    source = np.arange(n_photos)
    source[swapped] = rng.permutation(swapped)
    kind = draw_ranks(photo.size, _KIND_SHARES, rng)

    tag = np.full(photo.size, -1)
    slots = np.flatnonzero(kind == TAG_KINDS.index("place"))
    rows = source[photo[slots]]
    tag[slots] = _draw_places(vocabulary, world, context.places, rows, rng)
    slots = np.flatnonzero(kind == TAG_KINDS.index("terrain"))
    tag[slots] = _draw_terrain(vocabulary, context, source[photo[slots]], rng)
    slots = np.flatnonzero(kind == TAG_KINDS.index("word"))
    rows = source[photo[slots]]
    tag[slots] = _draw_words(vocabulary, context, rows, language_signal, rng)
    # Whatever has no name is tagged with noise, like a quarter of all.
    slots = np.flatnonzero(tag < 0)
    tag[slots] = _draw_noise(vocabulary, context.album[source[photo[slots]]], rng)
    return _indicator(photo, tag, n_photos, n_tags)


def tag_strings(tags, names):
    """Return the tags of each row as one string, delimited by commas."""
    tags = sparse.csr_array(tags)
    words = names[tags.indices].tolist()
    ends = tags.indptr.tolist()
    return [",".join(words[start:end]) for start, end in pairwise(ends)]


def _place_names(world, n_names):
    """Return (name, scale, index) of the busiest places, about evenly by scale."""
    weights = {
        "country": np.bincount(
            world.nearest("countries", world.towns)[0], world.sizes, N_COUNTRIES
        ),
        "region": np.bincount(
            world.nearest("regions", world.towns)[0], world.sizes, N_REGIONS
        ),
        "town": world.sizes,
    }
    counts = np.diff(world.landmark_starts)
    rank = np.arange(len(world.landmarks)) - np.repeat(
        world.landmark_starts[:-1], counts
    )
    weights["landmark"] = np.repeat(world.sizes, counts) / (rank + 2.0)
    wanted = {"country": n_names // 6, "region": n_names // 4}
    wanted["landmark"] = n_names // 6
    wanted["country"] = min(max(wanted["country"], 1), N_COUNTRIES)
    wanted["region"] = min(wanted["region"], N_REGIONS)
    wanted["town"] = min(n_names - sum(wanted.values()), len(world.towns))
    # Large vocabularies go down to landmarks; what is left after those is noise.
    wanted["landmark"] = n_names - sum(
        wanted[scale] for scale in ("country", "region", "town")
    )
    chosen = []
    for scale in ("country", "region", "town", "landmark"):
        names = getattr(world, f"{scale}_names")
        busiest = np.argsort(-weights[scale], kind="stable")[: max(wanted[scale], 0)]
        chosen += [(f"{scale}_{names[index]}", scale, index) for index in busiest]
    return chosen[:n_names]


def _n_terrain_columns():
    # Each trait in any climate, then each trait in each climate.
    return len(TRAITS) * (1 + len(_CLIMATES))


def _terrain_names(n_names):
    """Return (name, column) of the terrain tags."""
    stems = [f"terrain_{trait}" for trait in TRAITS]
    stems += [f"terrain_{trait}_{climate}" for climate in _CLIMATES for trait in TRAITS]
    named = []
    for k in range(n_names):
        again, column = divmod(k, len(stems))
        named.append((stems[column] + (f"_{again + 1}" if again else ""), column))
    return named


def _word_names(n_words, n_languages):
    """Return names and meanings of the words, shape (n_words, n_languages).

    Some words are found in one language only ("carretera"). Others are found in all,
    but stand for another subject in each; which of those fits a photo is told neither
    by its subject, nor by its region, nor by the two taken independently.
    """
    n_subjects = min(len(SUBJECTS), max(1, n_words // (n_languages + 1)))
    names, meanings = [], np.full((n_words, n_languages), -1, dtype=np.int16)
    # Shared words first: word j stands for another subject in each language.
    for j in range(min(n_subjects, n_words - 1)):
        names.append(f"word_shared_{j:02d}")
        meanings[j] = (j + 5 * np.arange(n_languages)) % n_subjects
    for k in range(n_words - len(names)):
        again, cell = divmod(k, n_subjects * n_languages)
        subject, language = divmod(cell, n_languages)
        meanings[len(names), language] = subject
        name = f"word_{SUBJECTS[subject].name}_lang{language}"
        names.append(name + (f"_{again + 1}" if again else ""))
    return names, meanings


def _draw_places(vocabulary, world, places, rows, rng):
    """Return a place tag for each of the given rows, or -1."""
    found = {}
    for scale, kind, reach in (
        ("landmark", "landmarks", _LANDMARK_KM),
        ("town", "towns", _TOWN_KM),
        ("region", "regions", np.inf),
        ("country", "countries", np.inf),
    ):
        index, km = world.nearest(kind, places)
        found[scale] = np.where(km <= reach, vocabulary.place_tags[scale][index], -1)
    ladder = np.column_stack([found[scale] for scale in _SCALES])[rows]
    start = draw_ranks(rows.size, _SCALE_SHARES, rng)
    # What has no name of its own at the wanted scale is called by a larger one.
    usable = (ladder >= 0) & (np.arange(len(_SCALES)) >= start[:, np.newaxis])
    step = usable.argmax(axis=1)
    return np.where(usable.any(axis=1), ladder[np.arange(rows.size), step], -1)


def _draw_terrain(vocabulary, context, rows, rng):
    """Return a terrain tag for each of the given rows."""
    _, _, likes, _ = subject_tables()
    shown = 1.0 + 3.0 * (likes > 0.0).T
    strength = context.traits[rows] ** 2 * shown[context.subject[rows]] + 1e-6
    warmth = context.warmth[rows]
    hot = 1.0 / (1.0 + np.exp(-(warmth - 18.0)))
    cold = 1.0 / (1.0 + np.exp(warmth - 8.0))
    climate = (cold, (1.0 - cold) * (1.0 - hot), hot)
    # The climate is said about as often as it is left out.
    weights = np.hstack([strength] + [strength * c[:, np.newaxis] for c in climate])
    weights *= vocabulary.terrain_counts > 0
    column = draw_columns(weights, rng)
    member = GroupedDraw(vocabulary.terrain_counts).draw(column, rng)
    return vocabulary.terrain_tags[member]


def _draw_words(vocabulary, context, rows, language_signal, rng):
    """Return a word for what each of the given rows shows, or -1."""
    n_languages = vocabulary.meanings.shape[1]
    any_language = rng.integers(n_languages, size=rows.size)
    native = rng.random(rows.size) < language_signal
    language = np.where(native, context.language[rows], any_language)
    cell = context.subject[rows] * n_languages + language
    member = GroupedDraw(vocabulary.word_counts, shift=4.0).draw(cell, rng)
    return np.where(member >= 0, vocabulary.words[member], -1)


def _draw_noise(vocabulary, album, rng):
    """Return a noise tag for each slot: half of them are the album's own few."""
    weights = zipf_weights(vocabulary.noise.size, shift=2.0)
    cumulative = np.cumsum(weights)

    def draw(shape):
        rank = np.searchsorted(cumulative, rng.random(shape) * cumulative[-1], "right")
        return np.minimum(rank, weights.size - 1)

    own = draw((int(album.max(initial=0)) + 1, _ALBUM_NOISE))
    of_album = own[album, rng.integers(_ALBUM_NOISE, size=album.size)]
    rank = np.where(rng.random(album.size) < 0.5, of_album, draw(album.size))
    return vocabulary.noise[rank]


def _indicator(photo, tag, n_photos, n_tags):
    """Return the indicator of (photo, tag) pairs as CSR, each pair once."""
    # Sorting is faster than np.unique, which hashes.
    pairs = np.sort(photo.astype(np.int64) * n_tags + tag)
    pairs = pairs[np.concatenate([[True], pairs[1:] != pairs[:-1]])]
    rows, columns = np.divmod(pairs, n_tags)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n_photos))])
    # Four bytes, so that counts of tags do not overflow in a product of two of these.
    data = np.ones(pairs.size, dtype=np.int32)
    array = get_config().get("sparse_interface", "spmatrix") == "sparray"
    cls = sparse.csr_array if array else sparse.csr_matrix
    parts = (data, columns.astype(np.int32), indptr.astype(np.int32))
    return cls(parts, shape=(n_photos, n_tags))
