# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What estimators share that learn about a place from the photos around it."""

import numbers

import numpy as np
from sklearn.utils._param_validation import Options, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._labels import check_rows
from sklearn_geo._numbers import naming
from sklearn_geo._settings import check_settings
from sklearn_geo._tags import read_tags
from sklearn_geo.encoding._feature_names import check_input_features
from sklearn_geo.neighbors._corpus import GeoTagCorpus
from sklearn_geo.neighbors._groups import check_groups, group_codes
from sklearn_geo.neighbors._progress import Progress


class FromPhotos:
    """Mixin: photos come from `fit` or from a corpus, and some are left out.

    It needs the parameters named in `_parameter_constraints`. `fit`, `fit_transform`
    and `transform` themselves stay with the estimator, because metadata routing reads
    their signatures.
    """

    _parameter_constraints: dict = {
        "exclude_self": [StrOptions({"fit_transform"}), Options(bool, {False})],
        "exclude_same_group": ["boolean"],
        "corpus": [GeoTagCorpus, None],
        "sparse_output": ["boolean"],
        "dtype": "no_validation",
        "n_jobs": [numbers.Integral, None],
        "verbose": ["verbose"],
    }

    def get_feature_names_out(self, input_features=None):
        """Return the names of the tags, with `tag_` before each.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only checked against the columns seen in `fit`.

        Returns
        -------
        ndarray of str objects of shape (n_tags,)
            For example `tag_sunset`, or `tag_0` where tags have no names.
        """
        check_input_features(self, input_features)
        return np.asarray([f"tag_{name}" for name in self._tag_columns()], dtype=object)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "corpus_")

    def _fit(self, X, y, groups):
        with all_or_nothing(self):
            self._check_dtype()
            self._check_y_or_corpus(y)
            places = self._read_places(X, reset=True)
            self._learn_photos(places, y, groups)
        return places

    def _learn_photos(self, places, y, groups, features=None):
        """Set `corpus_`: that of the parameter, or one of the training rows."""
        if self.corpus is not None:
            corpus = self.corpus
        else:
            if groups is not None:
                check_groups(groups, places)
            tags, tag_names = self._read_tags(y)
            check_rows(len(places), tags, "y")
            corpus = GeoTagCorpus._of(places, tags, tag_names, groups, features)
        self._check_groups_are_known(corpus)
        self.corpus_ = corpus

    def _read_tags(self, y):
        """Read y as a tag indicator; what has one dimension is none.

        In a Pipeline y is the label of the task at hand, and a label must not reach an
        encoder by accident. The conformance tests replace this by one that makes a
        column of whatever they are given.
        """
        with naming("y"):
            first = y if hasattr(y, "shape") else np.asarray(y, dtype=object)
        if len(first.shape) == 1 and not _holds_rows(first):
            raise ValueError(
                "y has one dimension, as the labels of a task have, and not one column "
                "a tag. Where y is a label, give the photos and their tags by "
                "corpus=GeoTagCorpus(places, tags). Where it is one tag, pass it as a "
                "column: numpy.reshape(y, (-1, 1))."
            )
        return read_tags(y, name="y", dtype=self.dtype)

    def _check_asked(self):
        """Refuse what is not fitted, and parameters set since that fit refuses."""
        check_is_fitted(self)
        check_settings(self)
        self._check_dtype()

    def _own_rows(self, places, groups):
        """Return for each training row the photo that it is, if that is left out."""
        if self.exclude_same_group and groups is None:
            raise ValueError(
                "exclude_same_group=True needs to know whose the rows are: pass "
                "groups= to fit_transform. A Pipeline passes them on with metadata "
                "routing enabled and requested: set_fit_request(groups=True)."
                "set_transform_request(groups=True)."
            )
        if self.corpus is None and self.exclude_self:
            return np.arange(len(places))
        return None

    def _progress(self, n_rows):
        return Progress(type(self).__name__, n_rows, self.verbose)

    def _query_groups(self, places, groups):
        """Return the numbers of the groups of the rows, None if none is left out."""
        self._check_groups_are_known(self.corpus_)
        if groups is None:
            return None
        check_rows(len(places), groups, "groups")
        if not self.exclude_same_group:
            return None
        return group_codes(groups, places, self.corpus_._group_values)

    def _tag_columns(self):
        """Return the name of each tag, or its number where tags have no names."""
        names = self.corpus_.tag_names
        return range(self.corpus_.n_tags) if names is None else names

    def _check_y_or_corpus(self, y):
        if self.corpus is None and y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None. Pass a tag indicator, or give a corpus=GeoTagCorpus(...)."
            )

    def _check_groups_are_known(self, corpus):
        if self.exclude_same_group and corpus._group_values is None:
            where = "fit" if self.corpus is None else "GeoTagCorpus"
            raise ValueError(
                "exclude_same_group=True needs to know whose the photos are: pass "
                f"groups= to {where}."
            )

    def _check_dtype(self):
        if np.dtype(self.dtype) not in (np.float64, np.float32):
            raise ValueError(
                f"dtype={self.dtype!r} must be numpy.float64 or numpy.float32."
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = self.corpus is None
        tags.target_tags.one_d_labels = False
        tags.target_tags.two_d_labels = True
        tags.target_tags.single_output = False
        tags.target_tags.multi_output = True
        tags.target_tags.positive_only = True
        # Rows have the number type that `dtype` says, whatever that of the places is.
        tags.transformer_tags.preserves_dtype = []
        return tags


def _holds_rows(y):
    """Say whether an array of one dimension holds lists: rows of unequal lengths."""
    rows = (list, tuple, set, frozenset, np.ndarray)
    return y.dtype == object and any(isinstance(row, rows) for row in y[:1])
