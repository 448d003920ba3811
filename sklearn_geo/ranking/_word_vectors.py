# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Vectors of words: a mapping, an array, or a text file as GloVe comes in."""

import gzip
import os
import zlib
from collections.abc import Mapping

import numpy as np

__all__ = ["read_word_vectors", "vectors_of_tags"]

_GZIP, _BOM = b"\x1f\x8b", b"\xef\xbb\xbf"
# Nothing that is published comes near; reading on would fill the memory.
_LONGEST_LINE = 1 << 22


def read_word_vectors(path, words=None):
    r"""Read vectors of words from a text file, a word and its numbers a line.

    GloVe's files are of this form, and those of word2vec and fastText, whose first
    line holds the number of words and the length of the vectors. The file is read line
    by line, and only the words that are wanted are kept in memory.

    Parameters
    ----------
    path : str or path
        The file. It may be compressed by gzip.

    words : iterable of str, default=None
        The words that are wanted; reading ends when all are found. None is all.

    Returns
    -------
    vectors : dict of str to ndarray of shape (n_components,), float32
        The words that are in the file, in its order. Of a word that is there twice the
        first one counts.

    See Also
    --------
    HashtagEmbedding : Takes word vectors as what tags mean.

    Notes
    -----
    A word may have blanks within: the numbers are the last of the line. Lines with too
    few fields, and lines of wanted words with what is no finite number, are errors that
    say where.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_geo.ranking import read_word_vectors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "vectors.txt"
    ...     _ = file.write_text("beach 0.5 1\nsnow -1 0.25\n")
    ...     read_word_vectors(file, ["snow"])
    {'snow': array([-1.  ,  0.25], dtype=float32)}
    """
    wanted = None
    if words is not None:
        if isinstance(words, str):
            raise ValueError(f"words must be a collection of words; pass [{words!r}].")
        wanted = {word.encode() for word in words}
    found, n_numbers = {}, None
    with _opened(path) as file:
        for number, line in enumerate(_lines(path, file), start=1):
            if number == 1:
                line = line.removeprefix(_BOM)
            line = line.rstrip()
            if not line:
                continue
            if n_numbers is None:
                n_numbers = _length(path, line)
                if _is_header(line):
                    continue
            fields = _fields(line, n_numbers)
            if len(fields) <= n_numbers:
                raise ValueError(
                    f"{path}, line {number}: it has a word and {len(fields) - 1} "
                    f"numbers, but vectors have {n_numbers} here. Was the file cut "
                    "off while it was copied?"
                )
            word = fields[0]
            if word in found or (wanted is not None and word not in wanted):
                continue
            found[word] = _numbers(path, number, word, fields[1:])
            if wanted is not None and len(found) == len(wanted):
                break
    if n_numbers is None:
        raise ValueError(f"{path} is empty: it has no vector of a word.")
    return {word.decode(errors="replace"): found[word] for word in found}


def _opened(path):
    with open(path, "rb") as file:
        packed = file.read(2) == _GZIP
    return gzip.open(path, "rb") if packed else open(path, "rb")


def _lines(path, file):
    """Yield the lines of a file, or say where it is damaged or no such file."""
    number = 0
    try:
        while line := file.readline(_LONGEST_LINE):
            number += 1
            if len(line) == _LONGEST_LINE:
                raise ValueError(
                    f"{path}, line {number}: it has {_LONGEST_LINE:,} bytes or more. "
                    "This is no text file with a word and its numbers a line."
                )
            yield line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(
            f"{path}, line {number + 1}: the compressed file is damaged here, or "
            f"breaks off ({str(error).rstrip('.')}). Download it again."
        ) from error


def _fields(line, n_numbers):
    """Return a word and its numbers, however many blanks are between."""
    is_blank = line[:1].isspace()
    fields = line.replace(b"\t", b" ").rsplit(None, n_numbers)
    if is_blank and len(fields) == n_numbers:  # the word is a blank
        return [b"", *fields]
    return [fields[0].lstrip(), *fields[1:]]


def _is_header(line):
    fields = line.split()
    return len(fields) == 2 and all(field.isdigit() for field in fields)


def _length(path, line):
    """Return the length of vectors, by the first line."""
    fields = line.split()
    if _is_header(line):
        n_numbers = int(fields[1][:20])
        if not 0 < n_numbers < _LONGEST_LINE:
            raise ValueError(
                f"{path}, line 1: vectors of {fields[1][:20].decode()} numbers cannot "
                "be. The first line may hold the number of words and the length of "
                "the vectors."
            )
        return n_numbers
    n_numbers = 0
    for field in reversed(fields[1:]):
        try:
            float(field)
        except ValueError:
            break
        n_numbers += 1
    if not n_numbers:
        shown = line[:40].decode(errors="replace")
        raise ValueError(
            f"{path}, line 1: expected a word and its numbers, with blanks between, "
            f"but it begins with {shown!r}."
        )
    return n_numbers


def _numbers(path, number, word, fields):
    try:
        # Python reads numbers faster than numpy does.
        with np.errstate(over="ignore"):
            vector = np.array(list(map(float, fields))).astype(np.float32)
        fine = bool(np.isfinite(vector).all())
    except ValueError:
        fine = False
    if not fine:
        bad = next(field for field in fields if not _is_finite(field))
        raise ValueError(
            f"{path}, line {number}: {_shown(bad)} in the vector of {_shown(word)} is "
            "no finite number."
        )
    return vector


def _shown(field):
    return f"{field[:40].decode(errors='replace')!r}"


def _is_finite(field):
    try:
        return abs(float(field)) <= float(np.finfo(np.float32).max)
    except ValueError:
        return False


def vectors_of_tags(word_vectors, n_tags, names):
    """Return a vector a tag; zeros for tags that have none.

    Parameters
    ----------
    word_vectors : mapping, array-like of shape (n_tags, n_components), str or path
        Where they are from.

    n_tags : int
        Number of tags.

    names : list of str or None
        Names of the tags.

    Returns
    -------
    ndarray of shape (n_tags, n_components), float32
        The vectors.
    """
    if word_vectors is None:
        raise ValueError(
            'supervision="her" learns vectors of words: pass word_vectors, a mapping '
            "from tags to vectors, an array with a row a tag, or a file of GloVe."
        )
    is_file = isinstance(word_vectors, (str, os.PathLike))
    if is_file or _is_mapping(word_vectors):
        if names is None:
            raise ValueError(
                "word_vectors are looked up by the names of tags, but tags have no "
                "names: pass y as a data frame or set tag_names, or pass an array "
                "with a row a tag."
            )
        if is_file:
            word_vectors = read_word_vectors(word_vectors, names)
        return _stacked(word_vectors, names)
    vectors = np.asarray(word_vectors)
    if vectors.ndim != 2 or vectors.dtype.kind not in "fiu" or not vectors.shape[1]:
        raise ValueError(
            "word_vectors must be an array of numbers with a row a tag; got the shape "
            f"{vectors.shape} and the type {vectors.dtype}."
        )
    if len(vectors) != n_tags:
        raise ValueError(
            f"word_vectors has {len(vectors)} rows, but y has {n_tags} tags. Pass one "
            "row a tag, zeros where there is no vector."
        )
    vectors = vectors.astype(np.float32)
    bad = ~np.isfinite(vectors).all(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        tag = f"tag {row}" if names is None else repr(names[row])
        raise ValueError(
            f"word_vectors, row {row}: the vector of {tag} has numbers that are not "
            "finite. Write zeros for a tag that has no vector."
        )
    return _checked(vectors)


def _is_mapping(thing):
    """Say whether it maps words to vectors, as dictionaries and gensim's models do."""
    return isinstance(thing, Mapping) or hasattr(thing, "key_to_index")


def _stacked(mapping, names):
    found = [(tag, mapping[name]) for tag, name in enumerate(names) if name in mapping]
    if not found:
        raise ValueError(
            f"None of the {len(names)} tags has a vector in word_vectors; the first "
            f"tags are {names[:3]}. Are they spelt alike? GloVe's words are in lower "
            "case."
        )
    first, width = names[found[0][0]], np.size(found[0][1])
    vectors = np.zeros((len(names), width), dtype=np.float32)
    for tag, vector in found:
        vector = np.asarray(vector)
        if vector.ndim != 1 or len(vector) != width or vector.dtype.kind not in "fiu":
            raise ValueError(
                f"word_vectors[{names[tag]!r}] has the shape {vector.shape}, that of "
                f"{first!r} ({width},): all must be rows of numbers of one length."
            )
        vectors[tag] = vector
        if not np.isfinite(vectors[tag]).all():
            raise ValueError(
                f"word_vectors[{names[tag]!r}] has numbers that are not finite. Leave "
                "the word out if it has no vector."
            )
    return _checked(vectors)


def _checked(vectors):
    if not vectors.any():
        raise ValueError("word_vectors are all zero: no tag has a vector.")
    return vectors
