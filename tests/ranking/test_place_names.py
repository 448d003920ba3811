# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.utils import Bunch

from sklearn_geo.datasets import load_geonames
from sklearn_geo.metrics import continent_names
from sklearn_geo.ranking import PlaceFrequencyTagger, collect_place_names
from sklearn_geo.ranking._countries import CONTINENTS, COUNTRIES

TABLE = {
    "name": ["San Francisco", "Zürich", "Saint-Denis", "Biel/Bienne", None],
    "asciiname": ["San Francisco", "Zuerich", "Saint-Denis", "Biel", ""],
    "alternatenames": ["SF,Frisco", "Zurigo", np.nan, "", "Nowhere"],
    "admin1": ["CA", "Canton of Zurich", "Île-de-France", "07", "Uri"],
    "country": ["US", "CH", "FR", "Ruritania", None],
    "population": [800_000, 400_000, 100_000, 50_000, 0],
}
TOWNS_ALONE = {"continents": False, "countries": False, "regions": False}


def test_towns():
    names = collect_place_names(TABLE, **TOWNS_ALONE)
    assert names == {
        "sanfrancisco",
        "zürich",
        "zurich",
        "zuerich",
        "saintdenis",
        "bielbienne",
        "biel",
        "bienne",
    }
    assert isinstance(names, frozenset)
    large = collect_place_names(TABLE, min_population=400_000, **TOWNS_ALONE)
    assert large == {"sanfrancisco", "zürich", "zurich", "zuerich"}


def test_alternate_names():
    others = collect_place_names(TABLE, alternate_names=True, **TOWNS_ALONE)
    others = others - collect_place_names(TABLE, **TOWNS_ALONE)
    assert others == {"sf", "frisco", "zurigo", "nowhere"}


def test_regions_and_their_codes():
    names = collect_place_names(TABLE, continents=False, countries=False, towns=False)
    assert names == {"cantonofzurich", "îledefrance", "iledefrance", "uri"}


def test_countries():
    names = collect_place_names(TABLE, continents=False, towns=False, regions=False)
    assert {"usa", "unitedstates", "schweiz", "ruritania", "cotedivoire"} <= names
    assert {"england", "unitedkingdom", "newzealand", "réunion", "reunion"} <= names
    assert "us" in names
    assert "ch" not in names
    assert "europe" not in names


def test_continents():
    names = collect_place_names(countries=False)
    assert {"africa", "northamerica", "europe", "oceania", "antarctica"} <= names
    everywhere = np.stack(np.meshgrid(range(-89, 90, 9), range(-179, 180, 9)), axis=-1)
    named = set(continent_names(everywhere.reshape(-1, 2))) - {"Elsewhere"}
    assert named <= set(CONTINENTS)


def test_the_list_of_countries_is_one():
    assert len(COUNTRIES) == 250  # those of ISO 3166, and Kosovo
    assert all(len(code) == 2 and code.isupper() for code in COUNTRIES)
    names = [name for own in COUNTRIES.values() for name in own]
    assert all(name == name.strip() and len(name) > 1 for name in names)
    # Two countries share a name, and nobody else.
    assert {name for name in names if names.count(name) > 1} == {"Congo"}


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("Łódź", {"łódź", "lodz"}),
        ("Køge", {"køge", "koge"}),
        ("Reykjavík", {"reykjavík", "reykjavik"}),
        ("Großenkneten", {"großenkneten", "grossenkneten"}),
        ("'s-Hertogenbosch", {"shertogenbosch"}),
        ("ΑΘΉΝΑ", {"αθήνα", "αθηνα"}),
        ("東京", {"東京"}),
        ("서울", {"서울"}),
        ("गोवा", {"गोवा"}),
        ("がくえん", {"がくえん"}),
        ("Area 51", {"area51"}),
        ("1770", set()),
        ("Å", set()),
        ("--", set()),
    ],
)
def test_how_names_are_written(name, tags):
    assert collect_place_names([name], **TOWNS_ALONE) == tags


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, dict, Bunch])
def test_kinds_of_tables(make):
    table = {key: TABLE[key] for key in ("name", "admin1", "country", "population")}
    expected = collect_place_names(table)
    found = make(**table) if make is Bunch else make(table)
    assert collect_place_names(found) == expected
    # Rows may be called by their numbers, and columns in capitals.
    frame = pd.DataFrame(table, index=range(5, 10)).rename(columns=str.upper)
    assert collect_place_names(frame) == expected


def test_a_table_of_geonames(tmp_path):
    row = ["1", "Köln", "Koeln", "Cologne,Colonia", "50.94", "6.96", "P", "PPLA2"]
    row += ["DE", "", "07", "053", "", "", "963395", "", "58", "Europe/Berlin"]
    (tmp_path / "DE.txt").write_text("\t".join([*row, "2023-10-12"]), encoding="utf-8")
    for as_frame in (False, True):
        table = load_geonames(tmp_path / "DE.txt", as_frame=as_frame)
        table = table.frame if as_frame else table
        names = collect_place_names(
            table, continents=False, alternate_names=True, min_population=1000
        )
        assert {"köln", "koln", "koeln", "cologne", "colonia", "germany"} <= names
        assert not {"07", "053", "de"} & names


def test_some_are_kept():
    names = collect_place_names(["Nice", "Zürich"], keep=["nice", "Zürich"])
    assert not {"nice", "zürich", "zurich"} & names


def test_taggers_leave_them_out():
    tags = pd.DataFrame({"paris": [1, 1], "france": [1, 1], "tower": [1, 0]})
    names = collect_place_names(["Paris", "Lyon"])
    tagger = PlaceFrequencyTagger(4, omit_tags=names).fit([[48.9, 2.3]] * 2, tags)
    assert tagger.predict_topk([[48.9, 2.3]], 2).tolist() == [[2, -1]]


@pytest.mark.parametrize(
    ("table", "params", "message"),
    [
        ("cities1000.txt", {}, "is no table of places. Read it first"),
        (7, {}, "is no table of places"),
        ([1, 2], {}, "not of names alone"),
        ({"lat": [1]}, {}, r"no column that is known; it has \['lat'\]"),
        ({"name": ["a"]}, {"min_population": 5}, "needs a column 'population'"),
        ({"name": ["a"]}, {"alternate_names": True}, "needs a column of them"),
        (
            {"name": ["a", "b"], "population": [3, "7,000"]},
            {"min_population": 5},
            "column 'population', row 1: '7,000' is no number of people",
        ),
        (
            {"name": ["a", "b"], "population": [3]},
            {"min_population": 5},
            "columns of different lengths: {'name': 2, 'population': 1}",
        ),
        ({"name": ["a"], "asciiname": []}, {}, "columns of different lengths"),
        (None, {"min_population": 5}, "and there is none"),
        (["Nice"], {"keep": "nice"}, "keep"),
    ],
)
def test_what_is_refused(table, params, message):
    with pytest.raises((TypeError, ValueError), match=message):
        collect_place_names(table, **params)
