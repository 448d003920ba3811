# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Names of places as people write them in tags: what to leave out of a comparison."""

import unicodedata
from collections.abc import Iterable, Mapping
from itertools import repeat
from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_geo._missing import is_blank
from sklearn_geo.ranking._countries import CONTINENTS, COUNTRIES

__all__ = ["collect_place_names"]

# What columns are called in tables of GeoNames, in our Bunches and in copies of either.
_NAMES = ("name", "names", "asciiname", "ascii_name", "ascii_names", "town", "city")
_ALTERNATES = ("alternatenames", "alternate_names", "alternate_name")
_REGIONS = (
    "admin1",
    "admin2",
    "admin3",
    "admin4",
    "admin1_name",
    "admin2_name",
    "region",
    "state",
    "province",
    "county",
)
_COUNTRY_COLUMNS = (
    "country",
    "countries",
    "country_code",
    "country code",
    "country_name",
    "countrycode",
    "cc",
)
_POPULATION = ("population", "pop")
# Letters that have no accent to be taken off, and are written with others.
_WRITTEN = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d"}
    | {"þ": "th", "\u0131": "i", "ħ": "h", "ŧ": "t", "ŋ": "n"}
)
# Accents of Latin, Greek and Cyrillic letters. Marks of other scripts are vowels.
_ACCENTS = ("\u0300", "\u036f")
# Codes of regions are so long at most.
_CODE_LENGTH = 3


@validate_params(
    {
        "table": "no_validation",
        "continents": ["boolean"],
        "countries": ["boolean"],
        "regions": ["boolean"],
        "towns": ["boolean"],
        "alternate_names": ["boolean"],
        "min_population": [Interval(Integral, 0, None, closed="left")],
        "keep": ["array-like", set, frozenset],
    },
    prefer_skip_nested_validation=True,
)
def collect_place_names(
    table=None,
    *,
    continents=True,
    countries=True,
    regions=True,
    towns=True,
    alternate_names=False,
    min_population=0,
    keep=(),
):
    """Collect the names of places, written as tags are, for `omit_tags=`.

    Most photos are tagged with where they are, and who suggests nothing but the name of
    the town has a fair hit rate. What a model knows beyond that shows when such tags
    count nowhere: neither in the truth nor in the suggestions.

    Parameters
    ----------
    table : DataFrame, mapping, sequence of str or None, default=None
        A table of places with columns as GeoNames has them: `name`, `asciiname`,
        `alternatenames`, `admin1` (names; codes are passed over), `country` (codes or
        names), `population`; what :func:`~sklearn_geo.datasets.load_geonames` returns;
        or names alone. None takes continents and countries only.

    continents : bool, default=True
        Include the names of continents, from a list of the library.

    countries : bool, default=True
        Include the names of all countries, from a list of the library, with those
        of the table.

    regions : bool, default=True
        Include the names of regions in the table.

    towns : bool, default=True
        Include the names of the places of the table themselves.

    alternate_names : bool, default=False
        Include the other names of these, in any language. They are many, and more of
        them are words with another meaning.

    min_population : int, default=0
        Leave out places with fewer people. Thousands of villages are called like
        something else ("sand", "lake", "nice").

    keep : collection of str, default=()
        Tags that are none of the result even if a place is called so.

    Returns
    -------
    frozenset of str
        Names in lower case, without spaces, hyphens and other signs: "sanfrancisco".
        Those with accents are there with and without: "münchen", "munchen".

    See Also
    --------
    PlaceFrequencyTagger : Has `omit_tags`, like all taggers.
    sklearn_geo.metrics.hashtag_accuracy_at_k : So does what measures them.
    sklearn_geo.datasets.load_geonames : Reads such a table.

    Notes
    -----
    Table 2 of the supplementary material of [1]_ leaves out the names of all
    continents, countries, regions and towns of its data set. The most frequent tags of
    the town are then right 16.97 % of the time at the first place, instead of 51.41 %.

    References
    ----------
    .. [1] R. Gomez, J. Gibert, L. Gomez and D. Karatzas, "Location Sensitive Image
       Retrieval and Tagging", ECCV 2020, supplementary material, section 1.2.

    Examples
    --------
    >>> from sklearn_geo.ranking import collect_place_names
    >>> table = {
    ...     "name": ["San Francisco", "Zürich", "Nice"],
    ...     "admin1": ["California", "ZH", "Provence-Alpes-Côte d'Azur"],
    ...     "country": ["US", "CH", "FR"],
    ... }
    >>> names = collect_place_names(table, keep=["nice"])
    >>> sorted(collect_place_names(table, continents=False, countries=False))[:4]
    ['california', 'nice', 'provencealpescotedazur', 'provencealpescôtedazur']
    >>> [tag in names for tag in ("sanfrancisco", "zurich", "nice", "usa", "beach")]
    [True, True, False, True, False]
    """
    names = set(CONTINENTS) if continents else set()
    if countries:
        names.update(*COUNTRIES.values())
    if table is not None:
        chosen = (countries, regions, towns, alternate_names)
        names.update(_names_in(table, chosen, min_population))
    elif min_population or alternate_names:
        raise ValueError(
            "min_population and alternate_names choose among the places of a table, "
            "and there is none."
        )
    if isinstance(keep, str):
        raise ValueError(f"keep must be a collection of tags; pass [{keep!r}].")
    kept = {form for tag in keep for form in _written_forms(str(tag))}
    return frozenset(form for name in names for form in _written_forms(name)) - kept


def _names_in(table, chosen, min_population):
    """Yield names of places, as they are written in a table."""
    countries, regions, towns, alternate_names = chosen
    columns = _columns_of(table)
    own = [columns[key] for key in _NAMES if key in columns]
    others = [columns[key] for key in _ALTERNATES if key in columns]
    if alternate_names and not others:
        raise ValueError(
            "alternate_names=True needs a column of them, such as 'alternatenames'; "
            f"the table has {sorted(columns)}."
        )
    _check_lengths(columns)
    large = _large(columns, min_population)
    if towns:
        for column in own + (others if alternate_names else []):
            for value, is_large in zip(column, large, strict=False):
                if is_large:
                    yield from _split(value, column in others)
    if regions:
        for key in _REGIONS:
            for value in set(_texts(columns.get(key, ()))):
                if not _is_code(value):
                    yield from _split(value)
    if countries:
        for key in _COUNTRY_COLUMNS:
            for value in set(_texts(columns.get(key, ()))):
                yield from COUNTRIES.get(value.upper(), _split(value))


def _columns_of(table):
    """Return the columns of a table as lists, by their names in lower case."""
    if isinstance(table, str) or not isinstance(table, Iterable):
        raise TypeError(
            f"table={table!r:.60} is no table of places. Read it first, for example "
            "with sklearn_geo.datasets.load_geonames or pandas.read_csv."
        )
    if hasattr(table, "columns"):
        keys = list(table.columns)
    elif isinstance(table, Mapping):
        keys = list(table)
    else:
        values = list(table)
        if not all(isinstance(value, str) for value in values):
            raise TypeError(
                "table is a list, but not of names alone. Pass a data frame, a mapping "
                "of columns or a list of str."
            )
        return {"name": values}
    known = (*_NAMES, *_ALTERNATES, *_REGIONS, *_COUNTRY_COLUMNS, *_POPULATION)
    columns = {}
    for key in keys:
        short = str(key).strip().lower()
        if short in known and short not in columns:
            columns[short] = list(table[key])
    if not columns:
        raise ValueError(
            f"table has no column that is known; it has {[str(key) for key in keys]}. "
            "Rename them as in GeoNames: name, asciiname, alternatenames, admin1, "
            "country, population."
        )
    return columns


def _check_lengths(columns):
    """Refuse names and numbers of people that are not those of the same places."""
    rows = (*_NAMES, *_ALTERNATES, *_POPULATION)
    lengths = {key: len(columns[key]) for key in rows if key in columns}
    if len({*lengths.values()}) > 1:
        raise ValueError(
            f"table has columns of different lengths: {lengths}. Give one entry a "
            "place in each."
        )


def _large(columns, min_population):
    """Return which places have enough people."""
    if not min_population:
        return repeat(True)
    for key in _POPULATION:
        if key in columns:
            people = [0 if is_blank(value) else value for value in columns[key]]
            return [_number(key, *each) >= min_population for each in enumerate(people)]
    raise ValueError(
        f"min_population={min_population} needs a column 'population'; the table has "
        f"{sorted(columns)}."
    )


def _number(key, row, value):
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"table, column {key!r}, row {row}: {value!r:.60} is no number of people. "
            "Write it in digits, such as 12000, or leave it empty."
        ) from error


def _split(value, by_commas=False):
    """Yield the names that a field holds."""
    if isinstance(value, (list, tuple, np.ndarray)):
        for part in value:
            yield from _split(part)
        return
    if is_blank(value):
        return
    for part in str(value).split(",") if by_commas else [str(value)]:
        yield part
        # Two names of one town: Biel/Bienne.
        if "/" in part:
            yield from part.split("/")


def _is_code(value):
    """Tell the code of a region ("07", "CA") from its name ("Ain")."""
    return value.isascii() and len(value) <= _CODE_LENGTH and value.upper() == value


def _texts(column):
    return (str(value) for value in column if not is_blank(value))


def _written_forms(name):
    """Yield a name as it may be written in a tag: with its accents, and without."""
    name = unicodedata.normalize("NFC", name).lower()
    first, last = _ACCENTS
    letters = unicodedata.normalize("NFD", name).translate(_WRITTEN)
    plain = "".join(letter for letter in letters if not first <= letter <= last)
    plain = unicodedata.normalize("NFC", plain)
    for form in {name, plain}:
        tag = "".join(letter for letter in form if _belongs(letter))
        if len(tag) > 1 and not tag.isdigit():
            yield tag


def _belongs(letter):
    """Tell what is part of a word: letters, digits, and vowel signs of some scripts."""
    return letter.isalnum() or unicodedata.category(letter) in ("Mn", "Mc")
