# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import gzip
import tracemalloc

import numpy as np
import pytest

from sklearn_geo.ranking import read_word_vectors
from sklearn_geo.ranking._word_vectors import vectors_of_tags

LINES = "beach 0.5 1\nsnow -1 0.25\nat home 2 3\n"


@pytest.fixture
def written(tmp_path):
    def write(text, name="vectors.txt"):
        file = tmp_path / name
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    return write


def test_reads_words_and_their_numbers(written):
    found = read_word_vectors(written(LINES))
    assert list(found) == ["beach", "snow", "at home"]
    assert found["beach"].dtype == np.float32
    np.testing.assert_array_equal(found["snow"], [-1, 0.25])
    np.testing.assert_array_equal(found["at home"], [2, 3])


@pytest.mark.parametrize(
    "text",
    [
        "3 2\n" + LINES,  # as word2vec and fastText write it
        LINES.replace("\n", " \r\n"),
        "\x0c\n" + LINES.replace("\n", "\n \x0b\f\n"),
        "\n" + LINES.replace(" ", "\t").replace("at\thome", "at home") + "\n\n",
        "".join(
            f"  {line}\n" for line in LINES.replace(" ", "  ").splitlines()
        ).replace("at  home", "at home"),
        "\ufeff" + LINES,
        "\ufeff3 2\n" + LINES,
        gzip.compress(LINES.encode()),
        gzip.compress(("3 2\n" + LINES).encode()),
    ],
    ids=[
        "header",
        "blanks at ends",
        "blank lines",
        "tabs",
        "two blanks",
        "byte order mark",
        "byte order mark and header",
        "gzip",
        "gzip with header",
    ],
)
def test_reads_other_forms(written, text):
    found = read_word_vectors(written(text))
    np.testing.assert_array_equal(list(found.values()), [[0.5, 1], [-1, 0.25], [2, 3]])
    assert list(found) == ["beach", "snow", "at home"]
    assert list(read_word_vectors(written(text), ["snow"])) == ["snow"]


def test_a_word_that_is_a_blank(written):
    found = read_word_vectors(written("beach 1 2\n 3 4\n"))
    assert list(found) == ["beach", ""]


def test_words_of_any_letters_and_the_first_of_two(written):
    text = "a\u00a0b 1 2\n\u6d77 3 4\n\x85 5 6\n. . . 7 8\n\u6d77 9 9\n"
    found = read_word_vectors(written(text))
    assert list(found) == ["a\u00a0b", "\u6d77", "\x85", ". . ."]
    np.testing.assert_array_equal(found["\u6d77"], [3, 4])


def test_wanted_words_only_and_no_further(written):
    file = written(LINES + "broken\n")
    assert list(read_word_vectors(file, ["snow", "beach"])) == ["beach", "snow"]
    with pytest.raises(ValueError, match="line 4: it has a word and 0 numbers"):
        read_word_vectors(file, ["snow", "unknown"])


def test_memory_holds_wanted_words_only(written):
    file = written("".join(f"word{n} {'0.125 ' * 100}\n" for n in range(4000)))
    tracemalloc.start()
    found = read_word_vectors(file, ["word7", "missing"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert list(found) == ["word7"]
    assert peak < 300_000  # all would be 1.6 million bytes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("just words\n", "line 1: expected a word and its numbers"),
        ("beach 1 2\nsnow 3\n", "line 2: it has a word and 1 numbers"),
        ("beach 1 2\nsnow 3 x\n", "line 2: 'x' in the vector of 'snow'"),
        ("beach 1 2\nsnow nan 3\n", "line 2: 'nan' in the vector of 'snow'"),
        ("beach 1 -1e39\n", "line 1: '-1e39' in the vector of 'beach'"),
        ("2 2\nbeach 1 inf\n", "line 2: 'inf' in the vector of 'beach'"),
    ],
)
def test_bad_lines_are_named(written, text, message):
    with pytest.raises(ValueError, match=message):
        read_word_vectors(written(text))


def test_a_single_word_is_no_collection(written):
    with pytest.raises(ValueError, match=r"pass \['snow'\]"):
        read_word_vectors(written(LINES), "snow")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_word_vectors(tmp_path / "none.txt")


# For tags -----------------------------------------------------------------------------


def test_vectors_of_tags_from_all_sources(written):
    names = ["snow", "unknown", "beach"]
    wanted = [[-1, 0.25], [0, 0], [0.5, 1]]
    mapping = {"beach": [0.5, 1], "snow": np.array([-1, 0.25]), "other": [7, 7]}
    file = written(LINES)
    for source in (mapping, file, str(file), wanted, np.array(wanted)):
        found = vectors_of_tags(source, 3, names)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(vectors_of_tags(wanted, 3, None), wanted)


class KeyedVectors:
    """What gensim has: it can be asked for words, and is no Mapping."""

    key_to_index = {"beach": 0}

    def __contains__(self, word):
        return word in self.key_to_index

    def __getitem__(self, word):
        return np.array([0.5, 1], dtype=np.float32)


def test_vectors_of_tags_from_what_is_like_a_mapping():
    found = vectors_of_tags(KeyedVectors(), 2, ["snow", "beach"])
    np.testing.assert_array_equal(found, [[0, 0], [0.5, 1]])


@pytest.mark.parametrize(
    ("source", "names", "message"),
    [
        (None, ["a", "b"], "pass word_vectors"),
        ({"a": [1.0]}, None, "tags have no names"),
        ({"c": [1.0]}, ["a", "b"], "None of the 2 tags has a vector"),
        ({"a": [1.0], "b": [1.0, 2.0]}, ["a", "b"], r"'b'\] has the shape \(2,\)"),
        ({"a": [1.0], "b": [np.nan]}, ["a", "b"], r"'b'\] has numbers that are not"),
        ({"a": [1.0], "b": ["x"]}, ["a", "b"], r"'b'\].* rows of numbers"),
        ([[1.0, 2.0]], ["a", "b"], "1 rows, but y has 2 tags"),
        ([1.0, 2.0], ["a", "b"], "an array of numbers with a row a tag"),
        ([[1.0], [np.inf]], ["a", "b"], "row 1: the vector of 'b'"),
        ([[1.0], [np.nan]], None, "row 1: the vector of tag 1"),
        ([[0.0], [0.0]], None, "no tag has a vector"),
    ],
)
def test_bad_vectors(source, names, message):
    with pytest.raises(ValueError, match=message):
        vectors_of_tags(source, 2, names)


def test_damaged_and_endless_files_are_named(tmp_path):
    path = tmp_path / "vectors.txt"
    packed = gzip.compress(b"beach 0.5 1\nsnow -1 0.25\n" * 1000)
    checksum = packed[:-8] + bytes(4) + packed[-4:]
    for data in (packed[:-9], checksum, packed + b"\x1f\x8b\x08xxxxxxxxxx"):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"vectors\.txt, line \d+: the compressed"):
            read_word_vectors(path)
    # A line of 300 MB, of which 300 KB are in the file.
    with gzip.open(path, "wb", 1) as file:
        for _ in range(300):
            file.write(b" " * 1_000_000)
    tracemalloc.start()
    with pytest.raises(ValueError, match="line 1: it has 4,194,304 bytes or more"):
        read_word_vectors(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


@pytest.mark.parametrize("length", ["0", "9" * 25, "9" * 5000])
def test_lengths_that_cannot_be(written, length):
    path = written(f"2 {length}\nbeach 1 2\n")
    with pytest.raises(ValueError, match=r"line 1: vectors of .* numbers cannot be"):
        read_word_vectors(path)
