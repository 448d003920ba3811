# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Invented place names that sound like the language region they belong to.

Each language has syllables of its own, drawn at random, so names are pronounceable,
belong to no real place, and carry a hint of where they are, as real ones do.
"""

from functools import lru_cache

import numpy as np

_ONSETS = (
    *("b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z"),
    *("br", "dr", "kl", "pl", "sh", "st", "th", "tr", "ch", "gr"),
)
_VOWELS = ("a", "e", "i", "o", "u", "ai", "au", "ei", "ia", "oa", "ou", "y")
_CODAS = ("l", "n", "r", "s", "t", "m", "k", "nd", "rt", "st", "x", "sh")
# A language uses only some of the sounds; that is what makes it recognisable.
_N_ONSETS, _N_VOWELS, _N_CODAS, _N_ENDINGS = 10, 4, 4, 4


def invent_names(languages, rng, taken=()):
    """Invent one name for each entry, no two of them equal.

    Parameters
    ----------
    languages : ndarray of int of shape (n_names,)
        The language of each name.

    rng : numpy.random.Generator
        Draws the sounds of the names.

    taken : iterable of str, default=()
        Names that must not be given again.

    Returns
    -------
    ndarray of str of shape (n_names,)
        Lower-case names of two to four syllables.
    """
    used = set(taken)
    sounds = {
        int(language): _sounds(int(language)) for language in np.unique(languages)
    }
    names = []
    for language in languages:
        onsets, vowels, codas, endings = sounds[int(language)]
        n_syllables = 1 + rng.integers(1, 3)
        while True:
            drawn = rng.random((n_syllables, 3))
            name = ""
            for onset, vowel, coda in drawn:
                name += onsets[int(onset * len(onsets))]
                name += vowels[int(vowel * len(vowels))]
                # Closed syllables are the rarer ones.
                if coda < 0.25:
                    name += codas[int(4 * coda * len(codas))]
            if rng.random() < 0.3:
                name += endings[rng.integers(len(endings))]
            if name not in used:
                break
            n_syllables = min(n_syllables + 1, 6)
        used.add(name)
        names.append(name)
    return np.array(names, dtype=str)


@lru_cache(maxsize=1_024)
def _sounds(language):
    """Return the onsets, vowels, codas and endings that a language uses."""
    rng = np.random.default_rng([7919, language])
    onsets = list(rng.choice(_ONSETS, _N_ONSETS, replace=False))
    vowels = list(rng.choice(_VOWELS, _N_VOWELS, replace=False))
    codas = list(rng.choice(_CODAS, _N_CODAS, replace=False))
    endings = [
        vowels[rng.integers(len(vowels))] + codas[rng.integers(len(codas))]
        for _ in range(_N_ENDINGS)
    ]
    endings = [onsets[rng.integers(len(onsets))] + ending for ending in endings]
    return onsets, vowels, codas, endings
