# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is said of many places by what reads places, a few columns of it at a time."""

import difflib
from collections import Counter

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.base import is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import _num_samples, check_is_fitted

from sklearn_geo._answers import classes_known, final
from sklearn_geo._blocks import blocks
from sklearn_geo._numbers import is_whole, read_numbers
from sklearn_geo._tables import check_sparse, location_positions
from sklearn_geo.inspection._by_name import by_text, is_by_name, reject_twice
from sklearn_geo.inspection._spread import Spread
from sklearn_geo.inspection._words import read_names
from sklearn_geo.metrics._responses import read_tag_scores

# Places at a time, where memory does not ask for fewer.
_BLOCK_ROWS = 8192
# What a column is called that stands alone and has no name.
UNNAMED = "value"
# What the single answer of a regressor is called.
PREDICTED = "prediction"


def _budget():
    """Return the bytes that may be worked in."""
    return get_config()["working_memory"] * 2**20


def by_name(estimators):
    """Return estimators by name; a single one goes by the name of its class."""
    if is_by_name(estimators):
        if not estimators:
            raise ValueError("There is no estimator to draw: the mapping is empty.")
        return by_text(estimators, "The mapping of estimators")
    return {type(final(estimators)).__name__: estimators}


def need_method(estimator, who, *methods, remedy):
    """Refuse what cannot be asked.

    Parameters
    ----------
    estimator : object
        What is to be asked.

    who : str
        What it is called in error messages.

    *methods : str
        It has to have one of these.

    remedy : str
        What to pass, a sentence.
    """
    if not any(hasattr(estimator, method) for method in methods):
        kind = type(estimator).__name__
        what = kind if who == kind else f"{who} is of {kind}, which"
        raise TypeError(f"{what} has no {' or '.join(methods)}. {remedy}")


class PlaceColumns:
    """What is said of places: columns, a classifier's probabilities, predictions.

    Parameters
    ----------
    transformer : transformer, classifier or regressor
        Fitted on places alone: arrays or frames of latitude and longitude.

    who : str
        What it is called in error messages.

    sample : ndarray of shape (1, 2)
        A place that it is going to be asked about.
    """

    def __init__(self, transformer, who, sample):
        methods = ("transform", "predict_proba")
        method = next((name for name in methods if hasattr(transformer, name)), None)
        # Tags of what is no estimator cannot be asked for.
        if hasattr(transformer, "__sklearn_tags__") and is_regressor(transformer):
            method = method or "predict"
        if method is None:
            raise TypeError(
                f"{who} has neither transform nor predict_proba and is no regressor, "
                "so that there is no column to draw. Pass a transformer, classifier or "
                "regressor of places, or the steps of the pipeline before its last: "
                "pipeline[:-1]."
            )
        try:
            check_is_fitted(transformer)
        except NotFittedError as error:
            raise NotFittedError(
                f"{who} is not fitted yet: fit it, for example on the places of photos "
                "and their tags, and draw it then."
            ) from error
        self.transformer, self.who, self._method = transformer, who, method
        self._kept = None, []
        self._order, self._input_names = self._read_input()
        # One place is enough to see how many columns there are.
        said = self._ask(sample)
        self.n_columns = 1 if np.ndim(said) == 1 else said.shape[1]
        self.names = self._read_names(said)

    def _read_input(self):
        """Return the order of latitude and longitude, and their names, if any."""
        names = getattr(self.transformer, "feature_names_in_", None)
        n_columns = getattr(self.transformer, "n_features_in_", 2)
        if n_columns != 2:
            which = "" if names is None else f" ({', '.join(map(str, names))})"
            raise ValueError(
                f"{self.who} reads {n_columns} columns{which}, and a map has only the "
                "two of a place. Pass the part of it that reads places alone, such as "
                'column_transformer.named_transformers_["place"]; or predict for a '
                "grid of places with the other columns filled in, and draw that by "
                "from_predictions."
            )
        if names is None:
            return (0, 1), None
        names = list(names)
        return location_positions("auto", names, 2), names

    def _table(self, places):
        """Write places as what the transformer was fitted on."""
        columns = np.empty_like(places)
        columns[:, self._order] = places
        if self._input_names is None:
            return columns
        import pandas as pd

        return pd.DataFrame(columns, columns=self._input_names)

    def _ask(self, places):
        """Return what is said of places: a table, of labels that are several too."""
        said = getattr(self.transformer, self._method)(self._table(places))
        if isinstance(said, list):  # a table of no and yes for each label
            said = read_tag_scores(said, final(self.transformer), self._method, None)
        return said

    def _read_names(self, said):
        if hasattr(said, "columns"):
            return [str(name) for name in said.columns]
        if self._method == "predict":
            return [PREDICTED] if self.n_columns == 1 else None
        if self._method == "predict_proba":
            names = self._label_names()
            return names if names is not None and len(names) == said.shape[1] else None
        try:
            return [str(name) for name in self.transformer.get_feature_names_out()]
        except (AttributeError, ValueError, NotFittedError):
            return None  # as of a step that was made of a function

    def _label_names(self):
        """Return what a classifier calls its classes, or its labels, if it does."""
        model = final(self.transformer)
        known = (getattr(model, name, None) for name in ("label_names_", "tag_names_"))
        names = next((names for names in known if names is not None), None)
        names = classes_known(model) if names is None else names
        if names is None or any(np.ndim(name) for name in names):
            return None  # as of labels, with a no and a yes for each
        return [str(name) for name in names]

    def find(self, column):
        """Return the position of a column.

        Parameters
        ----------
        column : str or int
            Its name, which may lack what it begins with up to a ``_`` if no other
            column ends so; or its number.

        Returns
        -------
        int
            The position.
        """
        if is_whole(column):
            if not -self.n_columns <= column < self.n_columns:
                raise ValueError(
                    f"{self.who} has {self.n_columns} columns, numbered from 0; there "
                    f"is no column {column}."
                )
            return int(column) % self.n_columns
        if not isinstance(column, str):
            raise TypeError(
                f"A column is a name or a number; got {column!r} ({type(column)})."
            )
        if self.names is None:
            raise ValueError(
                f"The columns of {self.who} have no names, so there is no {column!r}. "
                f"Give a number from 0 to {self.n_columns - 1}."
            )
        if column in self.names:
            return self.names.index(column)
        ends = [at for at, name in enumerate(self.names) if name.endswith(f"_{column}")]
        if len(ends) == 1:
            return ends[0]
        if ends:
            some = ", ".join(repr(self.names[at]) for at in ends[:5])
            raise ValueError(
                f"{column!r} could be several columns of {self.who}: {some}. Give the "
                "whole name."
            )
        raise ValueError(self._no_column(column))

    def _no_column(self, column):
        # Near as a whole, or near to what a name ends in.
        tails = {}
        for name in reversed(self.names):
            parts = name.split("_")
            tails.update({"_".join(parts[k:]): name for k in range(len(parts))})
        near = [tails[one] for one in difflib.get_close_matches(column, tails, n=9)]
        near = list(dict.fromkeys(near))[:3]
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        some = ", ".join(self.names[:5]) + (", ..." if self.n_columns > 5 else "")
        return (
            f"{self.who} has no column {column!r}.{hint} It has {self.n_columns} "
            f"columns: {some}."
        )

    def name(self, position):
        """Return the name of a column, or "column 3"."""
        return f"column {position}" if self.names is None else self.names[position]

    def values(self, places, positions):
        """Return some columns of what the transformer makes of places.

        Parameters
        ----------
        places : ndarray of shape (n_places, 2)
            Latitude and longitude in degrees.

        positions : list of int
            Which columns.

        Returns
        -------
        ndarray of shape (n_places, n_positions), float64
            The columns. The others are never in memory for all places.
        """
        out = np.empty((len(places), len(positions)))
        for rows, said in self._said_of(places):
            out[rows] = self._pick(said, positions)
        return out

    def widest(self, places):
        """Return the position of the column that differs most between places.

        Parameters
        ----------
        places : ndarray of shape (n_places, 2)
            Latitude and longitude in degrees.

        Returns
        -------
        int
            The position; the first of columns that differ as much.
        """
        spread, kept = Spread(self.n_columns), []
        # What is said of all of them is kept for `values`, if there is room.
        room = 16 * self.n_columns * len(places) <= _budget()
        for rows, said in self._said_of(places):
            spread.add(self._pick(said))
            if room:
                kept.append((rows, said))
        if room:
            self._kept = places, kept
        return spread.widest()

    def _said_of(self, places):
        """Yield slices of places and what is said of them."""
        if self._kept[0] is places:
            yield from self._kept[1]
            return
        size = int(np.clip(_budget() // (16 * self.n_columns), 1, _BLOCK_ROWS))
        for rows in blocks(len(places), size):
            yield rows, self._ask(places[rows])

    def _pick(self, said, positions=None):
        """Return columns as numbers; all of a sparse table stay sparse."""
        every = slice(None) if positions is None else positions
        if sparse.issparse(said):
            if positions is None and np.can_cast(said.dtype, np.float64):
                return said.astype(np.float64)
            said = said.tocsr()[:, every].toarray()
        elif hasattr(said, "columns"):
            said = said.to_numpy()[:, every]
        else:
            said = np.asarray(said)
            said = said.reshape(len(said), -1)[:, every]
        try:
            return np.asarray(said, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"{self.who} makes columns that hold no numbers ({said.ravel()[0]!r}), "
                "which have no place on a scale of colours."
            ) from error


def wanted_columns(columns, readers, places):
    """Return the positions of the columns of every transformer."""
    if columns is None:
        who, first = next(iter(readers.items()))
        column = first.widest(places)
        columns = column if first.names is None else first.names[column]
    if is_by_name(columns):
        columns = by_text(columns, "columns")
        strange = set(columns) - set(readers)
        missing = set(readers) - set(columns)
        if strange or missing:
            raise ValueError(
                "columns must name every transformer once: they are "
                f"{', '.join(map(repr, readers))}; got {', '.join(map(repr, columns))}."
            )
    else:
        columns = dict.fromkeys(readers, columns)
    wanted = {}
    for who, reader in readers.items():
        some = columns[who]
        alone = isinstance(some, str) or not np.iterable(some)
        some = [some] if alone else list(some)
        if not some:
            raise ValueError(f"There is no column of {who} to draw: columns is empty.")
        wanted[who] = list(dict.fromkeys(reader.find(one) for one in some))
    return wanted


def same_columns(panels):
    """Return what panels of the same column have in common.

    Parameters
    ----------
    panels : dict
        From row and column of a panel to the names of its transformer and column.

    Returns
    -------
    dict
        From these names to the name of the column if several transformers have it, and
        else to the row. A single transformer has no column twice.
    """
    keys = list(panels.values())
    if len({who for who, _ in keys}) == 1:
        return {key: key for key in keys}
    often = Counter(name for _, name in keys)
    return {key: key[1] if often[key[1]] > 1 else at[0] for at, key in panels.items()}


def named_columns(table, columns, n_places, who):
    """Yield the columns of a table with their names."""
    n_rows = _num_samples(table)
    if n_rows != n_places:
        of = f" of {who}" if who else ""
        raise ValueError(
            f"values{of} has {n_rows} rows, and there are {n_places} places. Give one "
            "for each, in the same order."
        )
    names = getattr(table, "columns", None)
    check_sparse(table, "values")
    if sparse.issparse(table):
        table = table.toarray()
    array = read_numbers(table, "values")
    if names is None and hasattr(table, "name") and array.ndim == 1:
        # polars calls what has no name "".
        names = None if table.name is None or table.name == "" else [table.name]
    if array.ndim not in (1, 2):
        of = f" of {who}" if who else ""
        raise ValueError(
            f"values{of} must be a number a place, or a table with a column for each; "
            f"got the shape {array.shape}."
        )
    single = array.ndim == 1
    array = array.reshape(n_places, -1)
    if columns is not None:
        names = (
            [columns] if isinstance(columns, str) else read_names(columns, "columns")
        )
        if len(names) != array.shape[1]:
            raise ValueError(
                f"columns names {len(names)} columns, and values has {array.shape[1]}."
            )
    if names is None:
        names = (
            [UNNAMED] if single else [f"column {at}" for at in range(array.shape[1])]
        )
    names = [str(name) for name in names]
    reject_twice(names, "values" if columns is None else "columns")
    yield from zip(names, array.T, strict=True)
