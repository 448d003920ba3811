# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The venues and the cities of TIST2015."""

import numpy as np
from scipy.spatial import cKDTree

from sklearn_geo.datasets._checkin_rows import category_names
from sklearn_geo.datasets._fields import labels, names
from sklearn_geo.datasets._reading import Column, PlaceColumn, join, read_table
from sklearn_geo.datasets._venue_bunch import Numbering
from sklearn_geo.datasets._venue_rows import median_places, most_frequent
from sklearn_geo.geometry import unit_vectors


class Towns:
    """Cities that have a name and a place.

    Parameters
    ----------
    names : list of str
        What they are called.

    places : ndarray of shape (n_towns, 2)
        Where they are.
    """

    def __init__(self, names, places):
        self.names, self.places = np.array(names, dtype=str), places
        self._located = np.flatnonzero(np.isfinite(places).all(axis=1))
        self._tree = None
        if self._located.size:
            self._tree = cKDTree(unit_vectors(places[self._located]))

    def nearest(self, places):
        """Return the number of the nearest one, -1 where there is none."""
        out = np.full(len(places), -1)
        located = np.flatnonzero(np.isfinite(places).all(axis=1))
        if self._tree is not None and located.size:
            _, which = self._tree.query(unit_vectors(places[located]))
            out[located] = self._located[which]
        return out


class Pois:
    """Venues, numbered from 0; those that come later have no place.

    Parameters
    ----------
    file : DataFile
        Where they are from.

    numbering : Numbering
        Of the venues' ids.

    places : ndarray of shape (n_known, 2)
        Latitudes and longitudes.

    category : ndarray of int of shape (n_known,)
        Positions in `category_names`.

    category_names : list of str
        Names of categories.

    country : ndarray of str of shape (n_known,)
        Codes.
    """

    def __init__(self, file, numbering, places, category, category_names, country):
        self.file, self.numbering, self.n_known = file, numbering, len(places)
        self.n_noted = 0
        # One more, which stands for those that have no line.
        self._places = np.vstack([places, np.full((1, 2), np.nan)])
        self._category = np.append(category, len(category_names))
        self._category_names = category_names
        self._country = np.append(country, "")

    def _rows(self, numbers):
        return np.minimum(numbers, self.n_known)

    def places_of(self, numbers):
        """Return where venues are."""
        return self._places[self._rows(numbers)]

    def countries_of(self, numbers):
        """Return in which countries venues are."""
        return self._country[self._rows(numbers)]

    def categories_of(self, numbers):
        """Return the positions of the categories of venues among names, and these."""
        category = self._category[self._rows(numbers)]
        used, category = np.unique(category, return_inverse=True)
        every = [*self._category_names, ""]
        return category.ravel(), [every[number] for number in used]


def read_towns(files, errors, report):
    """Read the file of cities.

    Parameters
    ----------
    files : list of DataFile
        One, or none.

    errors : {"raise", "skip"}
        What to do about wrong lines.

    report : ReadReport
        Where they are counted.

    Returns
    -------
    towns : Towns
    """
    if not files:
        return Towns([], np.empty((0, 2)))
    columns = {
        "name": Column(0, convert=names, called="city name"),
        "places": PlaceColumn(1, 2),
    }
    own = type(report)()  # its rows are cities
    table = join(read_table(files, columns, n_columns=6, errors=errors, report=own))
    report.take_over(own)
    return Towns(table["name"], table["places"])


def read_pois(files, towns, countries, cities, errors, report):
    """Read the file of venues.

    Parameters
    ----------
    files : list of DataFile
        The files.

    towns : Towns
        Cities, for those asked for.

    countries, cities : list of str or None
        Which venues to keep.

    errors : {"raise", "skip"}
        What to do about wrong lines.

    report : ReadReport
        Where problems, and venues with several lines, are counted.

    Returns
    -------
    pois : Pois
    """
    wanted = None if cities is None else _check_cities(cities, towns)
    seen = set()

    def keep(table):
        kept = np.ones(len(table["country"]), dtype=bool)
        if countries is not None:
            seen.update(table["country"])
            kept &= np.isin(np.array(table["country"], dtype=str), countries)
        if wanted is not None:
            kept &= np.isin(towns.nearest(table["places"]), wanted)
        return kept

    columns = {
        "venue": Column(0, convert=names, called="venue id"),
        "places": PlaceColumn(1, 2),
        "category": Column(3, convert=category_names, called="venue category name"),
        "country": Column(4, convert=labels, called="country code"),
    }
    chosen = countries is not None or wanted is not None
    numbering, categories, codes = Numbering(), Numbering(), Numbering()
    own = type(report)()  # rows of this file are no check-ins
    tables = []
    for table in read_table(
        files,
        columns,
        n_columns=5,
        keep=keep if chosen else None,
        keep_columns=("places", "country") if chosen else (),
        errors=errors,
        report=own,
    ):
        table["venue"] = numbering(table["venue"])
        table["category"] = categories(table["category"])
        table["country"] = codes(table["country"])
        tables.append(table)
    table = join(tables)
    if chosen and not len(table["venue"]):
        asked = {"countries": countries, "cities": cities}
        asked = [f"{name}={each!r}" for name, each in asked.items() if each is not None]
        there = f" Its countries are {', '.join(sorted(seen)[:20])}." if seen else ""
        raise ValueError(f"{files[0]} has no venue in {' and '.join(asked)}.{there}")
    return _gather(files[0], table, numbering, categories, codes, own, report)


def _gather(file, table, numbering, categories, codes, own, report):
    """Make one row of each venue, and take over what was found in the file."""
    n_venues = len(numbering.texts)
    places, moved = median_places(table["venue"], table["places"], n_venues)
    category, mixed = most_frequent(table["venue"], table["category"], n_venues)
    country, _ = most_frequent(table["venue"], table["country"], n_venues)
    ids = numbering.texts
    for which, what in (
        (moved, "venue has several places, its median place is taken"),
        (mixed, "venue has several categories, the most frequent is taken"),
    ):
        if which.size:
            own.note(file, None, what, ids[which[0]], count=which.size)
    report.take_over(own)
    country = np.array([*codes.texts, ""], dtype=str)[country]
    return Pois(file, numbering, places, category, categories.texts, country)


def _check_cities(cities, towns):
    """Return the numbers of cities, or say which there are."""
    unknown = [city for city in cities if city not in set(towns.names)]
    if unknown:
        some = ", ".join(towns.names[:10])
        raise ValueError(
            f"The file of cities has no {unknown[0]!r}. It has {len(towns.names)}: "
            f"{some}{', ...' if len(towns.names) > 10 else ''}."
        )
    return np.flatnonzero(np.isin(towns.names, cities))
