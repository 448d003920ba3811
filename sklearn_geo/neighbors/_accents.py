# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Letters without their accents; what belongs to a letter of other scripts stays."""

import re
import unicodedata

__all__ = ["without_accents"]

# The accents of Latin, Greek and Cyrillic letters, and the points of Hebrew and Arabic,
# which are rarely typed. Vowels of Thai and of Hindi, or what makes a Japanese "ga" of
# "ka", lie elsewhere.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u2de0-\u2dff\ufe20-\ufe2f"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u0652]+"
)
# Of what Unicode calls compatible, only forms: others (a Korean letter by itself, a
# vowel of Thai) would come out as something that nobody types.
_FORMS = ("<wide>", "<narrow>", "<font>")
# These are forms where Latin letters or digits come out.
_LATIN_FORMS = ("<compat>", "<super>", "<sub>")


class _Plain(dict):
    """The plain characters for each (decomposed) that is a form of some."""

    def __missing__(self, code):
        form, *others = unicodedata.decomposition(chr(code)).split() or [""]
        self[code] = chr(code)
        if form in _FORMS + _LATIN_FORMS:
            plain = "".join(chr(int(other, 16)) for other in others)
            plain = unicodedata.normalize("NFD", plain).translate(self)
            if form in _FORMS or _is_latin(plain):
                self[code] = plain
        return self[code]


def _is_latin(text):
    """Return whether text consists of Latin letters and digits, but for accents."""
    return all(
        (letter.isascii() and letter.isdigit())
        or unicodedata.name(letter, "").startswith("LATIN ")
        for letter in _ACCENTS.sub("", text) or " "
    )


_PLAIN = _Plain()


def without_accents(text):
    """Remove accents of Latin, Greek and Cyrillic letters, and points of Semitic ones.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        The text with composed letters (NFC). Letters of full or half width, of
        mathematical alphabets and joined ones are the plain ones, and so are Latin
        letters and digits above or below the line.
    """
    if text.isascii():
        return text
    letters = unicodedata.normalize("NFD", text).translate(_PLAIN)
    return unicodedata.normalize("NFC", _ACCENTS.sub("", letters))
