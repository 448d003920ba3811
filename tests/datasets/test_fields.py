# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fields of text become numbers, times, places and tags, or say what is wrong."""

from urllib.parse import quote_plus, unquote_plus, unquote_to_bytes

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from sklearn_geo.datasets._fields import (
    epochs,
    integers,
    labels,
    names,
    numbers,
    places,
    swapped,
    texts,
    times,
    unquoted,
    unquoted_tags,
    zero_places,
)

MISSING = ["", " ", "\\N", "null", "NA"]
CONVERTERS = [
    numbers,
    integers(missing=-1),
    texts,
    names,
    labels,
    epochs,
    times,
    unquoted,
    unquoted_tags,
]


def test_numbers():
    values = numbers([" 1.5", "-2e3", *MISSING, "nan"])
    assert_array_equal(values, [1.5, -2000, *[np.nan] * 6])
    assert values.dtype == np.float64


@pytest.mark.parametrize("field", ["north", "1,5", "1_000", "--", "0x10", "1 2"])
def test_what_is_no_number(field):
    with pytest.raises(ValueError, match="is not a number"):
        numbers(["1", field])
    with pytest.raises(ValueError, match=r"is not a (whole )?number"):
        integers()(["1", field])


def test_infinity_is_no_place_to_be():
    with pytest.raises(ValueError, match="is infinite"):
        numbers(["inf"])


def test_integers():
    values = integers(missing=-1, least=0, most=16, dtype=np.int8)(
        ["16", " 3 ", *MISSING]
    )
    assert_array_equal(values, [16, 3, -1, -1, -1, -1, -1])
    assert values.dtype == np.int8
    with pytest.raises(ValueError, match="is missing"):
        integers()(["1", ""])
    for field in ("-1", "17", "300"):
        with pytest.raises(ValueError, match="is not within 0 and 16"):
            integers(least=0, most=16, dtype=np.int8)([field])
    for field in ("1.5", "9" * 30):
        with pytest.raises(ValueError, match="is not a whole number"):
            integers()([field])


def test_places_are_latitude_first_and_longitudes_are_wrapped():
    found = places(
        ["52.5", "-90", "90", "", "1"], ["13.4", "-180", "180", "\\N", "350"]
    )
    assert_array_equal(
        found, [[52.5, 13.4], [-90, -180], [90, 180], [np.nan, np.nan], [1, -10]]
    )


def test_zero_places_are_missing_and_can_be_told():
    latitudes, longitudes = ["0", "", "0.0", "0"], ["0.000", "", "1", "-0"]
    found = places(latitudes, longitudes)
    assert_array_equal(np.isnan(found[:, 0]), [True, True, False, True])
    assert zero_places(found, latitudes).tolist() == [True, False, False, True]


@pytest.mark.parametrize(
    ("latitude", "longitude", "message"),
    [
        ("95", "13", "latitude is beyond 90 degrees .are latitude and longitude swapp"),
        ("95", "130", "latitude is beyond 90 degrees$"),
        ("-90.001", "0", "beyond 90"),
        ("1", "-180.5", "longitude is not within -180 and 180"),
        ("1", "361", "longitude is not within"),
        ("1", "", "half a place"),
        ("", "1", "half a place"),
        ("north", "1", "is not a number"),
    ],
)
def test_what_is_no_place(latitude, longitude, message):
    with pytest.raises(ValueError, match=message):
        places(["1", latitude], ["1", longitude])


def test_swapped_columns_are_told_from_single_errors():
    far, near = ["139.7", "-100", "174", "10"], ["35", "40", "-41", "50"]
    assert swapped(far, near)
    assert not swapped(near, far)
    assert not swapped(["95"] * 2 + near, near + ["1"] * 2)  # two may be a mistake
    assert not swapped(far + ["1"], near + ["170"])  # some longitudes are longitudes
    assert swapped([*far, "north", ""], [*near, "1", ""])


def test_times():
    found = times(["2012-04-03 18:00:09.0", "2012-04-03 18:00:09", "", "\\N"])
    assert found.dtype == np.dtype("datetime64[s]")
    assert found[0] == found[1] == np.datetime64("2012-04-03T18:00:09")
    assert np.isnat(times(["0000-00-00 00:00:00.0", "2005-00-00 00:00:00", ""])).all()
    for field in (
        "yesterday",
        "now",
        "2012-02-30 10:00:00",
        "03.04.2012",
        "1333476009",
        "2012-04-03T18:00Z",
        "2012-04-03 18:00+01",
        "2012-04-03T18-0800",
        "2012-04-03 18:00z",
        "2012-04-03 18:00209",
        "2012-04-03 18:0",
        "2012-04\n2012-04",
    ):
        with pytest.raises(ValueError, match="is not a time such as"):
            times([field])
    # As far as they go; none at all.
    fields = ["2012", "2012-04", "2012-04-03", "2012-04-03T18", "2012-04-03 18:05"]
    found = times(fields)
    assert found.astype("datetime64[m]").astype(str).tolist() == [
        "2012-01-01T00:00",
        "2012-04-01T00:00",
        "2012-04-03T00:00",
        "2012-04-03T18:00",
        "2012-04-03T18:05",
    ]
    assert times([]).shape == (0,)


def test_seconds_since_1970():
    found = epochs(["1333476009", ""])
    assert found[0] == np.datetime64("2012-04-03T18:00:09")
    assert np.isnat(found[1])
    for field in ("-5", "20120403180009"):
        with pytest.raises(ValueError, match="is not within"):
            epochs([field])


def test_texts_names_and_labels():
    assert texts(["a", "\\N", "null", ""]) == ["a", "", "null", ""]
    first, again, empty = labels(["".join(["a", "b"]), "".join(["a", "b"]), "\\N"])
    assert first is again
    assert (first, empty) == ("ab", "")
    assert names([" a ", "b"]) == ["a", "b"]
    for field in ("", " ", "\\N"):
        with pytest.raises(ValueError, match="is missing"):
            names(["a", field])


def decoded(field):
    """Decode one field by the standard library; Latin-1 where it is no UTF-8."""
    try:
        return unquote_plus(field, errors="strict")
    except UnicodeDecodeError:
        return unquote_to_bytes(field.replace("+", " ")).decode("latin-1")


# What decoding stumbles on: escapes cut off, doubled, of control characters, and what
# stands between rows and tags in memory.
FIELD = st.lists(
    st.sampled_from(
        ["a", "é", "+", "%", "%2", "%25", "%41", "%2C", "%c3%a9", "%C3", "%E9", "%0A"]
        + ["%1E", "%1F", "\x1e", "\x1f", "%zz", "%%41", "4", "1", " ", "%00", "\u2028"]
    ),
    max_size=6,
).map("".join)


@given(st.lists(FIELD, max_size=5))
@example(["%E9", "%C3%A9", "a%1Eb"])
@example(["%C3", "%A9"])  # bytes of two rows make no letter
@example([""])
def test_percent_and_plus_by_the_standard_library(fields):
    assert unquoted(fields) == [decoded(field) for field in fields]


@given(st.lists(st.lists(FIELD, max_size=4).map(",".join), max_size=4))
@example(["%1F,a", "b%1Ec,,", ",", "\x1f"])
@example(["%C3,%A9"])
def test_tags_by_the_standard_library(fields):
    expected = [[decoded(t) for t in field.split(",") if t] for field in fields]
    assert unquoted_tags(fields) == expected


@given(st.lists(st.lists(st.text(min_size=1), max_size=4), max_size=4))
def test_whatever_people_write_comes_back(rows):
    fields = [",".join(map(quote_plus, row)) for row in rows]
    assert unquoted_tags(fields) == rows
    assert unquoted([quote_plus("".join(row)) for row in rows]) == list(
        map("".join, rows)
    )


def test_missing_tags_are_none():
    assert unquoted_tags(["\\N", "", ","]) == [[], [], []]


@pytest.mark.parametrize("convert", CONVERTERS)
def test_no_rows(convert):
    assert len(convert([])) == 0
    assert places([], []).shape == (0, 2)


@pytest.mark.parametrize("convert", [labels, names])
def test_labels_of_any_length_would_fill_the_memory(convert):
    assert convert(["a" * 1000, "b"]) == ["a" * 1000, "b"]
    with pytest.raises(ValueError, match="has more than 1,000 letters"):
        convert(["b", "a" * 1001])


def test_times_with_what_is_no_fraction_behind_them():
    fine = ["2012-04-03 18:00:09", "2012-04-03 18:00:09.", "2012-04-03 18:00:09.75"]
    assert (times(fine) == np.datetime64("2012-04-03T18:00:09")).all()
    for wrong in ("xyz", "+0200", ".5x", " 1"):
        with pytest.raises(ValueError, match="2012-04-03"):
            times(["2012-04-03 18:00:09" + wrong])
