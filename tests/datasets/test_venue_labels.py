# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo.datasets import venue_labels
from sklearn_geo.datasets._venue_labels import VENUE_LABELS, plain_words

FOOD, SHOP, HOTEL, BAR, STORE, HOSPITAL = VENUE_LABELS


def labels_of(name, **kwargs):
    row = venue_labels([name], **kwargs)[0]
    return [label for label, given in zip(VENUE_LABELS, row, strict=True) if given]


def test_labels_are_those_of_table_2_in_its_order():
    assert list(VENUE_LABELS) == [
        "Restaurant & Food",
        "Shop",
        "Hotel",
        "Pub & Bar",
        "Store",
        "Hospital",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Coffee Shop", [FOOD, SHOP]),
        ("Food & Drink Shop", [FOOD, SHOP]),
        ("Hotel Bar", [HOTEL, BAR]),
        ("American Restaurant", [FOOD]),
        ("Arts & Crafts Store", [STORE]),
        ("Bookstore", [STORE]),
        ("Drugstore / Pharmacy", [STORE]),
        ("Salon / Barbershop", [SHOP]),
        ("Gastropub", [FOOD, BAR]),
        ("Pub", [BAR]),
        ("Bars", [BAR]),
        ("Breweries", [BAR]),
        ("Bakeries", [FOOD]),
        ("Ramen /  Noodle House", [FOOD]),
        ("Mac & Cheese Joint", [FOOD]),
        ("Fish & Chips Shop", [FOOD, SHOP]),
        ("Emergency Room", [HOSPITAL]),
        ("Hospital", [HOSPITAL]),
        # What only looks like it.
        ("Juice Bar", [FOOD]),
        ("Bed & Breakfast", [HOTEL]),
        ("Animal Hospital", []),
        ("Internet Cafe", []),
        ("Shopping Mall", []),
        ("Storage Facility", []),
        ("Workshop", []),
        ("Barn", []),
        ("Public Art", []),
        ("Team", []),
        ("Home (private)", []),
        ("", []),
        ("   ", []),
    ],
)
def test_words_give_labels(name, expected):
    assert labels_of(name) == expected


@pytest.mark.parametrize(
    "name",
    ["Café", "CAFÉ", "Cafe", "Cafés", "CafÃ©", "Caf?", "Caf\ufffd", "Caf\ufffd\ufffd"],
)
def test_broken_letters_do_not_matter(name):
    assert labels_of(name) == [FOOD]


def test_plain_words():
    assert plain_words("Doctor's Office / Åre—Café") == "doctors office are cafe"
    # A question mark within other words is not mended.
    assert plain_words("Caf?teria") == "caf teria"


def test_several_names_a_venue_are_joined():
    target = venue_labels([["Hotel", "Bar"], [], ["Bridge", "Store"], "Hospital"])
    assert_array_equal(
        target,
        [[0, 0, 1, 1, 0, 0], [0] * 6, [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 1]],
    )


def test_missing_names_have_no_label():
    names = pd.Series(["Bar", None, np.nan, "Pub"])
    assert_array_equal(venue_labels(names).sum(axis=1), [1, 0, 0, 1])


def test_venues_without_a_label_can_be_dropped():
    names = np.array(["Bridge", "Bar", "Office", "Store"])
    target, kept = venue_labels(names, drop_unlabelled=True)
    assert_array_equal(kept, [1, 3])
    assert_array_equal(target, venue_labels(names)[[1, 3]])
    target, kept = venue_labels(["Bridge"], drop_unlabelled=True)
    assert target.shape == (0, 6)
    assert kept.shape == (0,)


def test_own_rules():
    rules = {"water": ["pool", "*park", "-car park"], "car": ("car park",)}
    target = venue_labels(["Waterpark", "Car Park", "Pool Hall"], rules=rules)
    assert_array_equal(target, [[1, 0], [0, 1], [1, 0]])


def test_a_plural_s_is_ignored_behind_a_y_too():
    rules = {"a": ["subway", "bay"], "b": ["party", "*brewery", "-toy"]}
    names = ["Subways", "Bays", "Subway", "Parties", "Partys", "Microbreweries"]
    target = venue_labels([*names, "Toys Party", "Toy"], rules=rules)
    assert_array_equal(target[:, 0], [1, 1, 1, 0, 0, 0, 0, 0])
    assert_array_equal(target[:, 1], [0, 0, 0, 1, 1, 1, 1, 0])


def test_the_table_in_the_docstring_is_the_table():
    text = " ".join(venue_labels.__doc__.split("====\n")[-2].split())
    for label, words in VENUE_LABELS.items():
        assert label in text
        for word in words:
            assert word.lstrip("-").replace("*", r"\*") in text


@pytest.mark.parametrize(
    ("names", "rules", "error", "match"),
    [
        ([], None, ValueError, "category_names is empty"),
        (["Bar", 7], None, TypeError, "row 1: 7 is no name"),
        (["Bar"], {}, ValueError, "rules is empty"),
        (["Bar"], {"bar": "bar"}, TypeError, r"pass a list of words"),
        (["Bar"], {"bar": 1}, TypeError, r"^rules\['bar'\] is 1; pass a list of words"),
        (np.array("Bar"), None, TypeError, "^category_names must be a list of names"),
        (pl.DataFrame({"name": ["Bar"]}), None, TypeError, "^category_names is a tabl"),
        (pd.DataFrame({"bar": ["Pub"]}), None, TypeError, "^category_names is a table"),
        (["Bar"], {"bar": ["-pub", " & "]}, ValueError, "has no word"),
    ],
)
def test_bad_input(names, rules, error, match):
    with pytest.raises(error, match=match):
        venue_labels(names, rules=rules)
