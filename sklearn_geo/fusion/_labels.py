# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Y of a classifier: classes or an indicator of labels, and their weights."""

import warnings
from collections.abc import Mapping
from numbers import Real

import numpy as np
from scipy import sparse
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from sklearn_geo._labels import first_missing
from sklearn_geo._numbers import naming
from sklearn_geo._tags import check_n_tags
from sklearn_geo.nets import LazyRows

__all__ = ["LabelReader", "column_texts", "refuse_lists", "refuse_missing"]


class LabelReader:
    """What the outputs of a classifier mean.

    Parameters
    ----------
    y : ndarray or csr matrix
        Validated targets of `fit`.

    names : list of str or None
        Names of the columns of y, if it has any.

    Attributes
    ----------
    is_multilabel : bool
        Whether y is an indicator.

    classes : ndarray
        The classes, or the positions of the labels.

    names : list of str
        What classes or labels are called.
    """

    def __init__(self, y, names=None):
        refuse_missing(y)
        with naming("y"):
            kind = type_of_target(y, input_name="y", raise_unknown=True)
            check_classification_targets(y)
        if kind == "multiclass-multioutput":
            raise ValueError(
                "y has several columns of classes. Pass one column, or a 0/1 indicator "
                "of labels."
            )
        self.is_multilabel = kind == "multilabel-indicator"
        if self.is_multilabel:
            _check_indicator(y)
            check_n_tags(y.shape[1], "y")
            self.classes = np.arange(y.shape[1])
            self.names = names or [str(label) for label in self.classes]
        else:
            with naming("y"):
                self.classes = np.unique(column_or_1d(y, warn=True))
            self.names = [str(name) for name in self.classes.tolist()]
            if len(self.classes) < 2:
                raise ValueError(
                    "This classifier needs samples of at least 2 classes in the data, "
                    f"but y has only one class: {self.classes.tolist()[0]!r}."
                )

    @classmethod
    def of(cls, is_multilabel, classes, names):
        """Make one of what is known already."""
        labels = object.__new__(cls)
        labels.is_multilabel, labels.classes = is_multilabel, classes
        labels.names = names
        return labels

    @property
    def n_outputs(self):
        """Number of outputs of the network."""
        n_classes = len(self.classes)
        return 1 if n_classes == 2 and not self.is_multilabel else n_classes

    @property
    def kind(self):
        """Which loss it is."""
        return "classes" if self.n_outputs > 1 and not self.is_multilabel else "labels"

    def target(self, y):
        """Return what a :class:`RowData` takes for a target."""
        if not self.is_multilabel:
            codes = self.codes(y)
            return codes.astype(np.float32)[:, None] if self.n_outputs == 1 else codes
        if sparse.issparse(y):
            rows = sparse.csr_array(y)
            return LazyRows(rows.shape, lambda at: rows[at].toarray())
        return np.asarray(y, dtype=np.float32)

    def codes(self, y, what="y"):
        """Return the number of the class of every row."""
        with naming(what):
            y = column_or_1d(y)
        try:
            codes = np.searchsorted(self.classes, y).clip(max=len(self.classes) - 1)
        except (TypeError, ArithmeticError):  # of decimal numbers that are none
            kinds = ", ".join(sorted({type(label).__name__ for label in y.tolist()}))
            raise TypeError(
                f"{what} holds labels ({kinds}) that cannot be compared with the "
                f"classes of fit, such as {self.classes[0]!r}."
            ) from None
        unknown = self.classes[codes] != y
        if unknown.any():
            new = np.unique(y[unknown]).tolist()
            raise ValueError(
                f"{what} has classes that fit has not seen: "
                f"{', '.join(map(repr, new[:5]))}{', ...' if len(new) > 5 else ''} "
                f"({int(unknown.sum())} rows). Leave such rows out, or fit with them."
            )
        return codes

    def indicator(self, y):
        """Return y as 0/1, a column a class or label."""
        if not self.is_multilabel:
            return self.classes[self.codes(y)][:, None] == self.classes
        with naming("y"):
            y = y if sparse.issparse(y) else np.asarray(y)
        if y.ndim != 2 or y.shape[1] != len(self.classes):
            raise ValueError(
                f"y must be a 0/1 indicator of the {len(self.classes)} labels of fit; "
                f"got shape {y.shape}."
            )
        _check_indicator(y)
        return y

    def warn_of_empty(self, y):
        """Say which labels no row has, since they cannot be learnt."""
        if not self.is_multilabel:
            return
        positive = np.asarray((y != 0).sum(axis=0)).ravel()
        never = [self.names[at] for at in np.flatnonzero(positive == 0)]
        if never:
            warnings.warn(
                f"{len(never)} of {len(self.names)} labels are never seen in y: "
                f"{', '.join(never[:5])}{', ...' if len(never) > 5 else ''}. They are "
                "always predicted to be unlikely.",
                UserWarning,
                stacklevel=6,  # whoever called fit
            )

    def balance(self, class_weight, y, sample_weight):
        """Return the weights of classes, or of negatives and positives of labels."""
        if class_weight is None:
            return None
        weight = np.ones(y.shape[0]) if sample_weight is None else sample_weight
        if self.is_multilabel:
            return self._label_balance(class_weight, y, weight)
        if isinstance(class_weight, str):
            mass = np.bincount(self.codes(y), weight, minlength=len(self.classes))
            found = mass.sum() / (len(mass) * np.maximum(mass, 1e-12))
        else:
            found = self._read_classes(class_weight)
        return found[None] if self.n_outputs == 1 else found

    def _read_classes(self, class_weight):
        if not isinstance(class_weight, Mapping):
            raise ValueError(
                "class_weight of classes must be a mapping from class to weight; lists "
                "are for labels."
            )
        known = self.classes.tolist()
        unknown = [label for label in class_weight if label not in known]
        if unknown:
            raise ValueError(
                f"class_weight names {', '.join(map(repr, unknown))}, but the classes "
                f"are {', '.join(map(repr, known[:10]))}."
            )
        weights = [_positive(class_weight.get(label, 1.0)) for label in known]
        return np.array(weights)

    def _label_balance(self, class_weight, y, weight):
        n_labels = len(self.classes)
        if isinstance(class_weight, str):
            positive = np.asarray(weight @ (y != 0)).ravel()
            sides = np.column_stack([weight.sum() - positive, positive])
            # A label that all rows have, or none, is as it is.
            usable = (sides > 0).all(axis=1, keepdims=True)
            balanced = weight.sum() / (2 * np.maximum(sides, 1e-12))
            return np.where(usable, balanced, 1.0)
        pairs = [class_weight] * n_labels
        if isinstance(class_weight, list):
            pairs = class_weight
        if len(pairs) != n_labels:
            raise ValueError(
                f"class_weight has {len(pairs)} entries for {n_labels} labels."
            )
        found = np.ones((n_labels, 2))
        for row, pair in zip(found, pairs, strict=True):
            if not isinstance(pair, Mapping) or not set(pair) <= {0, 1}:
                raise ValueError(
                    "class_weight of a label says what its 0 and its 1 weigh, such as "
                    f"{{0: 1, 1: 5}}; got {pair!r}."
                )
            for side, value in pair.items():
                row[int(side)] = _positive(value)
        return found


def column_texts(y):
    """Return the names of the columns of a data frame as text, None of all else."""
    columns = getattr(y, "columns", None)
    return None if columns is None else [str(name) for name in columns]


def refuse_missing(y):
    """Name the first row without a class."""
    row = first_missing(np.asarray(y)) if np.ndim(y) == 1 else None
    if row is not None:
        raise ValueError(
            f"y, row {row}: the class is missing ({y[row]!r}). Leave such rows out."
        )


def refuse_lists(y):
    """Say what to do with labels that are listed row by row."""
    flat = len(getattr(y, "shape", ())) == 1
    rows = y if flat or isinstance(y, (list, tuple)) else ()
    some = next(iter(rows), None)
    if hasattr(some, "to_list"):  # of polars
        some = some.to_list()
    listed = isinstance(some, (set, frozenset)) or (
        isinstance(some, (list, tuple))
        and any(isinstance(label, str) for row in rows for label in row)
    )
    if listed:
        raise ValueError(
            f"y has a list of labels a row, such as {some!r}. Make a 0/1 indicator of "
            "them: MultiLabelBinarizer().fit_transform(y)."
        )


def _check_indicator(y):
    values = y.data if sparse.issparse(y) else y
    wrong = (values != 0) & (values != 1)
    if wrong.any():
        raise ValueError(
            "y of several columns must be an indicator of labels, 0 or 1; it holds "
            f"{values[wrong].tolist()[0]!r}."
        )


def _positive(value):
    if not isinstance(value, Real) or not 0 <= value < np.inf:
        raise ValueError(
            f"class_weight must be finite, and must not be negative; got {value!r}."
        )
    return float(value)
