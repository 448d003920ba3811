# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One spelling for all ways in which users write a tag."""

import unicodedata

from sklearn.feature_extraction.text import strip_accents_ascii, strip_accents_unicode

from sklearn_geo.neighbors._accents import without_accents

__all__ = ["earlier_spelling", "spelling"]

_ACCENTS = {"unicode": without_accents, "ascii": strip_accents_ascii, None: str}
_EARLIER_ACCENTS = {**_ACCENTS, "unicode": strip_accents_unicode}


def spelling(*, lowercase, strip_accents):
    """Return the function that spells a tag as it is in the vocabulary.

    Parameters
    ----------
    lowercase : bool
        Whether capitals make no difference.

    strip_accents : {"unicode", "ascii"} or None
        Which accents to remove.

    Returns
    -------
    callable
        It takes a string and returns one.
    """
    without = _ACCENTS[strip_accents]

    def spell(tag):
        if not tag.isascii():
            # One spelling for a letter and its accent, whoever wrote it how.
            tag = without(unicodedata.normalize("NFC", tag))
        if lowercase:  # of plain letters: others may not know what small ones are
            tag = tag.lower()
        if not tag.isascii():
            tag = unicodedata.normalize("NFC", tag)
        return " ".join(tag.split())

    return spell


def earlier_spelling(*, lowercase, strip_accents):
    """Return what :func:`spelling` returned before scripts kept their own marks.

    The vocabulary of a vectorizer that was fitted then, and stored, is spelt so.
    """
    without = _EARLIER_ACCENTS[strip_accents]

    def spell(tag):
        tag = unicodedata.normalize("NFC", tag)
        return " ".join(without(tag.lower() if lowercase else tag).split())

    return spell
