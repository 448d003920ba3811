# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Letters without their accents; what belongs to a letter of other scripts stays."""

import re
import unicodedata

__all__ = ["without_accents"]

# The accents of Latin, Greek and Cyrillic letters. Vowels of Thai and of Hindi, or what
# makes a Japanese "ga" of "ka", lie elsewhere.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u2de0-\u2dff\ufe20-\ufe2f]+"
)
# Of what Unicode calls compatible, only forms: others (a Korean letter by itself, a
# vowel of Thai) would come out as something that nobody types.
_FORMS = ("<wide>", "<narrow>", "<font>")


class _Plain(dict):
    """The plain character for each that is a form of one."""

    def __missing__(self, code):
        form, *others = unicodedata.decomposition(chr(code)).split() or [""]
        plain = "".join(chr(int(other, 16)) for other in others)
        self[code] = plain if form in _FORMS else chr(code)
        return self[code]


_PLAIN = _Plain()


def without_accents(text):
    """Remove accents of Latin, Greek and Cyrillic letters.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        The text with composed letters (NFC). Letters of full or half width and of
        mathematical alphabets are the plain ones.
    """
    if text.isascii():
        return text
    letters = unicodedata.normalize("NFD", text.translate(_PLAIN))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", letters))
