# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows of check-ins become a Bunch of venues, as `make_checkins` gives one."""

from collections import defaultdict
from collections.abc import Mapping
from difflib import get_close_matches
from itertools import count

import numpy as np
from sklearn.utils import Bunch

from sklearn_geo.datasets._venue_labels import (
    VENUE_LABELS,
    check_rules,
    mended,
    venue_labels,
)
from sklearn_geo.datasets._venue_rows import median_places, most_frequent

# Parameters of readers that gather check-ins by venue.
LOADING = {
    "categories": [str, Mapping, "array-like", None],
    "located_only": ["boolean"],
    "labelled_only": ["boolean"],
    "as_frame": ["boolean"],
}
_WHERE = "check-ins"


class Numbering:
    """Numbers texts from 0 in the order in which they come."""

    def __init__(self):
        self._numbers = defaultdict(count().__next__)

    def __call__(self, texts):
        """Return the number of each text."""
        numbers = map(self._numbers.__getitem__, texts)
        return np.fromiter(numbers, dtype=np.int64, count=len(texts))

    @property
    def texts(self):
        """The texts, in the order of their numbers."""
        return list(self._numbers)


def mend_names(category, texts, report):
    """Mend category names whose letters were broken, and join those that become one.

    Parameters
    ----------
    category : ndarray of int
        Numbers of `texts`.

    texts : list of str
        Distinct names.

    report : ReadReport
        Where mended names are counted.

    Returns
    -------
    category : ndarray of int
        Numbers of the names returned.

    names : list of str
        Distinct names.
    """
    broken = [text for text in texts if mended(text) != text]
    if not broken:
        return category, texts
    what = "category name had its letters broken, mended"
    report.note(_WHERE, None, what, broken[0], count=len(broken))
    numbering = Numbering()
    return numbering(list(map(mended, texts)))[category], numbering.texts


def check_categories(categories, labelled_only):
    """Return what `categories` asks for as rules of `venue_labels`, or None.

    Parameters
    ----------
    categories : "table2", None, mapping, or list of str
        See `load_foursquare_tsmc2014`.

    labelled_only : bool
        Whether there have to be labels.
    """
    if categories is None and labelled_only:
        raise ValueError(
            "labelled_only=True needs labels, and categories=None gives none. Pass "
            "categories='table2' or labels of your own."
        )
    if isinstance(categories, Mapping):
        check_rules(categories, "categories")
    if categories is None or isinstance(categories, Mapping):
        return categories
    if isinstance(categories, str):
        if categories == "table2":
            return VENUE_LABELS
        raise ValueError(
            f"categories={categories!r} is not known. Pass 'table2', None, a mapping "
            f"of labels to words, or a list of category names: [{categories!r}]."
        )
    names = list(categories)
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(
            f"categories={categories!r} is no list of category names. Pass at least "
            "one name as the files spell it, such as ['Coffee Shop'], or 'table2'."
        )
    return names


def venue_bunch(table, venue_ids, category_names, categories, report):
    """Make a Bunch of venues of a table of check-ins.

    Parameters
    ----------
    table : dict of str to ndarray
        `venue` and `category` (numbers of `venue_ids` and `category_names`), `user`,
        `time`, `utc_offset`, and `places`, row by row.

    venue_ids, category_names : list of str
        What the numbers stand for.

    categories : mapping, list or None
        From `check_categories`.

    report : ReadReport
        Where venues are counted whose rows differ.

    Returns
    -------
    venues : Bunch
    """
    venue, n_venues = table["venue"], len(venue_ids)
    places, moved = median_places(venue, table.pop("places"), n_venues)
    category, mixed = most_frequent(venue, table["category"], n_venues)
    for which, what in (
        (moved, "venue has several places, its median place is taken"),
        (mixed, "venue has several categories, the most frequent is taken"),
    ):
        if which.size:
            report.note(_WHERE, None, what, venue_ids[which[0]], count=which.size)
    return assemble(table, places, category, venue_ids, category_names, categories)


def assemble(checkins, places, category, venue_ids, category_names, categories):
    """Make a Bunch of venues whose places and categories are known."""
    names = np.array(category_names, dtype=str)
    target_names, target = [], None
    if isinstance(categories, Mapping):
        target_names = list(categories)
        target = np.zeros((len(category), len(target_names)), dtype=np.int64)
        if len(names):
            target = venue_labels(names, rules=categories)[category]
    elif categories is not None:
        _check_names(categories, category_names)
        target_names = categories
        target = (names[category][:, np.newaxis] == np.array(categories)).astype(int)
    return Bunch(
        data=places,
        target=target,
        feature_names=["latitude", "longitude"],
        target_names=target_names,
        frame=None,
        places=places,
        venues=np.arange(len(places)),
        venue_ids=np.array(venue_ids, dtype=str),
        categories=category,
        category_names=names,
        checkins=Bunch(**checkins),
    )


def keep_venues(venues, kept):
    """Leave venues out, with their check-ins, and number those that are left anew.

    Parameters
    ----------
    venues : Bunch
        From `venue_bunch`; changed in place.

    kept : ndarray of bool of shape (n_venues,)
        Which venues stay.

    Returns
    -------
    n_left_out : tuple of int
        Number of venues, and number of check-ins.
    """
    if kept.all():
        return 0, 0
    number = np.cumsum(kept) - 1
    rows = kept[venues.checkins.venue]
    for name, values in venues.checkins.items():
        venues.checkins[name] = values[rows]
    venues.checkins.venue = number[venues.checkins.venue]
    n_venues = len(kept)
    for name, values in venues.items():
        if isinstance(values, np.ndarray) and name not in (
            "category_names",
            "towns",
            "town_names",
        ):
            venues[name] = values[kept]
    venues.venues = np.arange(int(kept.sum()))
    venues.data = venues.places
    return n_venues - int(kept.sum()), int(rows.size - rows.sum())


def select(venues, located_only, labelled_only, report):
    """Leave out venues without a place, or without a label, and count check-ins."""
    kept = np.ones(len(venues.places), dtype=bool)
    if located_only:
        kept &= np.isfinite(venues.places).all(axis=1)
    if labelled_only:
        kept &= venues.target.any(axis=1)
    _, n_rows = keep_venues(venues, kept)
    report.n_rows -= n_rows
    report.n_filtered += n_rows
    return venues


def venues_to_frames(venues, pandas):
    """Turn the tables of a Bunch of venues into DataFrames."""
    index = pandas.Index(venues.venues, name="venue")
    venues.data = venues.frame = pandas.DataFrame(
        venues.places, columns=venues.feature_names, index=index
    )
    if venues.target is not None:
        venues.target = pandas.DataFrame(
            venues.target, columns=venues.target_names, index=index
        )
        venues.frame = venues.data.join(venues.target)
    venues.checkins = pandas.DataFrame(dict(venues.checkins))
    venues.checkins["time"] = venues.checkins["time"].dt.tz_localize("UTC")


def _check_names(wanted, known):
    """Refuse category names that no venue has, and say which are near."""
    for name in wanted:
        if name not in known:
            near = get_close_matches(name, known, n=3)
            hint = f" Is it {' or '.join(map(repr, near))}?" if near else ""
            raise ValueError(
                f"No venue of these check-ins is in the category {name!r}; there are "
                f"{len(known)} categories, see `category_names`.{hint}"
            )
