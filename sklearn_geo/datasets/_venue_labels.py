# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The labels of venues, by the words of their category names."""

import contextlib
import re
import unicodedata
from collections.abc import Mapping

import numpy as np
from sklearn.utils._param_validation import validate_params

from sklearn_geo._missing import is_missing

# A word; `*` before it: any word that ends so; `-` before it: words that are struck
# out before the others are looked for.
VENUE_LABELS = {
    "Restaurant & Food": (
        "restaurant",
        "food",
        "cafe",
        "cafeteria",
        "coffee",
        "*coffeeshop",
        "tea",
        "bakery",
        "diner",
        "deli",
        "bistro",
        "brasserie",
        "gastropub",
        "steakhouse",
        "pizza",
        "pizzeria",
        "burger",
        "sandwich",
        "taco",
        "burrito",
        "bbq",
        "noodle",
        "ramen",
        "sushi",
        "dumpling",
        "dim sum",
        "soup",
        "salad",
        "falafel",
        "wings",
        "fried chicken",
        "hot dog",
        "fish chips",
        "mac cheese",
        "breakfast",
        "bagel",
        "donut",
        "dessert",
        "ice cream",
        "cupcake",
        "creperie",
        "snack",
        "juice",
        "-bed breakfast",
        "-internet cafe",
        "-gaming cafe",
    ),
    "Shop": ("*shop", "-workshop"),
    "Hotel": ("hotel", "motel", "hostel", "resort", "bed breakfast"),
    "Pub & Bar": (
        "bar",
        "*pub",
        "beer garden",
        "brewery",
        "tavern",
        "speakeasy",
        "-juice bar",
        "-salad bar",
        "-sushi bar",
        "-snack bar",
    ),
    "Store": ("*store",),
    "Hospital": ("hospital", "emergency room", "-animal hospital"),
}


@validate_params(
    {
        "category_names": ["array-like"],
        "rules": [Mapping, None],
        "drop_unlabelled": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def venue_labels(category_names, *, rules=None, drop_unlabelled=False):
    r"""Label venues by the words of their category names.

    Foursquare has hundreds of categories, "Coffee Shop" and "Hotel Bar" among them.
    The paper [1]_ tests on six labels (its Table 2) of which a venue may have several:
    a coffee shop is food and a shop, a hotel bar is a hotel and a bar.

    Parameters
    ----------
    category_names : array-like of shape (n_venues,)
        The name of each venue's category; or a list of names for each venue, whose
        labels are joined. An empty name or None has no label.

    rules : mapping of str to sequence of str, default=None
        What the labels are called, in order, and the words that give them; None for the
        table in the Notes.

    drop_unlabelled : bool, default=False
        Leave out venues without a label, and return also which are left.

    Returns
    -------
    target : ndarray of int of shape (n_venues, n_labels)
        1 where a venue has a label; a row of zeros where it has none.

    kept : ndarray of int
        Positions of the rows of `target` in `category_names`. Only with
        `drop_unlabelled=True`.

    Raises
    ------
    TypeError
        If a name is not a string, or if the names are a table.

    ValueError
        If there are no names, or a rule holds no word.

    See Also
    --------
    load_foursquare_tsmc2014 : Check-ins of New York and Tokyo, with these labels.
    load_foursquare_tist2015 : Check-ins of the world, with these labels.

    Notes
    -----
    Capitals, accents and signs are ignored ("Café" is "cafe", "Fish & Chips Shop" is
    "fish chips shop"), and so is a plural s. `*shop` is any word that ends in "shop".
    Words after "not" are struck out before the others are looked for.

    ==================  =============================================================
    Label               Words of the category name
    ==================  =============================================================
    Restaurant & Food   restaurant, food, cafe, cafeteria, coffee, \*coffeeshop, tea,
                        bakery, diner, deli, bistro, brasserie, gastropub,
                        steakhouse, pizza, pizzeria, burger, sandwich, taco, burrito,
                        bbq, noodle, ramen, sushi, dumpling, dim sum, soup, salad,
                        falafel, wings, fried chicken, hot dog, fish chips, mac
                        cheese, breakfast, bagel, donut, dessert, ice cream, cupcake,
                        creperie, snack, juice; not bed breakfast, internet cafe,
                        gaming cafe
    Shop                \*shop; not workshop
    Hotel               hotel, motel, hostel, resort, bed breakfast
    Pub & Bar           bar, \*pub, beer garden, brewery, tavern, speakeasy; not juice
                        bar, salad bar, sushi bar, snack bar
    Store               \*store
    Hospital            hospital, emergency room; not animal hospital
    ==================  =============================================================

    The paper names the six labels and their shares (40.4 %, 19.8 %, 3.5 %, 13.1 %,
    20.7 % and 2.5 %), not the words; the table above is ours, so shares on the same
    check-ins may differ from the published ones.

    References
    ----------
    .. [1] Y. Yin et al., "Learning Multi-context Aware Location Representations from
       Large-scale Geotagged Images", ACM Multimedia, 2021, Table 2.

    Examples
    --------
    >>> from sklearn_geo.datasets import venue_labels
    >>> venue_labels(["Coffee Shop", "Hotel Bar", "Bookstore", "Bridge"])
    array([[1, 1, 0, 0, 0, 0],
           [0, 0, 1, 1, 0, 0],
           [0, 0, 0, 0, 1, 0],
           [0, 0, 0, 0, 0, 0]])
    >>> target, kept = venue_labels(
    ...     ["Bridge", "Jazz Club", "Pub"],
    ...     rules={"night": ["pub", "club"], "day": ["bridge"]},
    ...     drop_unlabelled=True,
    ... )
    >>> target.tolist(), kept.tolist()
    ([[0, 1], [1, 0], [1, 0]], [0, 1, 2])
    """
    patterns = [_compile(*rule) for rule in check_rules(rules)]
    if hasattr(category_names, "columns"):  # a list of it would be their names
        raise TypeError("category_names is a table. Pass one column of it.")
    rows = category_names.tolist() if hasattr(category_names, "tolist") else None
    rows = list(category_names) if rows is None else rows
    if not isinstance(rows, list):  # an array of no axis
        raise TypeError(f"category_names must be a list of names; got {rows!r:.60}.")
    if not rows:
        raise ValueError("category_names is empty. Pass a name for each venue.")
    known = {}
    target = np.zeros((len(rows), len(patterns)), dtype=np.int64)
    for row, names in enumerate(rows):
        if isinstance(names, (list, tuple, np.ndarray)):
            for name in names:
                target[row] |= _labels_of(name, row, patterns, known)
        else:
            target[row] = _labels_of(names, row, patterns, known)
    if not drop_unlabelled:
        return target
    kept = np.flatnonzero(target.any(axis=1))
    return target[kept], kept


def mended(name):
    """Mend a text that was decoded as Latin-1 though it was UTF-8: "CafÃ©"."""
    if "Ã" in name or "Â" in name:
        with contextlib.suppress(UnicodeError):
            return name.encode("latin-1").decode("utf-8")
    return name


def plain_words(name):
    """Return the words of a name in small letters, without accents and signs.

    A letter that was lost at the end of "cafe" ("Caf?") is put back.

    Parameters
    ----------
    name : str
        Any text.

    Returns
    -------
    str
        Words with one space between them.
    """
    name = unicodedata.normalize("NFKD", mended(name)).casefold()
    name = re.sub(r"\bcaf[?\ufffd]+(?=\s|$|[/(,-])", "cafe", name)
    name = "".join(sign for sign in name if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[^\W_]+", re.sub("['\u2019]", "", name)))


def check_rules(rules, name="rules"):
    """Return pairs of a label and its words, after a look at their types.

    Parameters
    ----------
    rules : mapping of str to sequence of str, or None
        See `venue_labels`.

    name : str, default="rules"
        What they are called in messages.

    Returns
    -------
    rules : iterable of (str, sequence of str)
    """
    rules = VENUE_LABELS if rules is None else rules
    if not rules:
        raise ValueError(f"{name} is empty. Name at least one label, or pass None.")
    for label, words in rules.items():
        several = np.iterable(words) and not isinstance(words, str)
        if not several or not all(isinstance(word, str) for word in words):
            raise TypeError(
                f"{name}[{label!r}] is {words!r}; pass a list of words, such as "
                f"[{str(label).lower()!r}]."
            )
        good = [word for word in words if not word.startswith("-")]
        if not any(plain_words(word) for word in good):
            raise ValueError(
                f"{name}[{label!r}] has no word that gives the label. Add one, or "
                "leave the label out."
            )
    return rules.items()


def _compile(label, words):
    """Return a pattern of what is struck out, and one of what gives the label."""
    struck, given = [], []
    for word in words:
        start = r"\b\w*" if word.startswith("*") else r"\b"
        parts = plain_words(word.lstrip("-*"))
        if parts:
            into = struck if word.startswith("-") else given
            plural = rf"{parts[:-1]}(?:ys?|ies)" if parts[-1] == "y" else rf"{parts}s?"
            into.append(rf"{start}{plural}\b")
    return (
        re.compile("|".join(struck)) if struck else None,
        re.compile("|".join(given)),
    )


def _labels_of(name, row, patterns, known):
    """Return 0 or 1 for each label of one name; `known` remembers names seen."""
    if isinstance(name, str):
        if name not in known:
            known[name] = np.array(
                [_is_given(plain_words(name), *pattern) for pattern in patterns],
                dtype=np.int64,
            )
        return known[name]
    if is_missing(name):
        return np.zeros(len(patterns), dtype=np.int64)
    raise TypeError(
        f"category_names, row {row}: {name!r:.60} is no name. Pass strings, and None "
        "where a venue has no category."
    )


def _is_given(words, struck, given):
    """Tell whether a name has one of the words, after others are struck out."""
    if struck is not None:
        words = struck.sub(" ", words)
    return given.search(words) is not None
