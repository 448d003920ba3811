# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""From the tags that users wrote to a tag indicator."""

import math
import numbers
import re
import warnings
from array import array

import numpy as np
from scipy import sparse
from sklearn.base import TransformerMixin, _fit_context
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils.validation import check_array, check_is_fitted

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._numbers import naming
from sklearn_geo._tables import check_sparse
from sklearn_geo._tags import as_output
from sklearn_geo.base import GeoEstimator
from sklearn_geo.neighbors._in_order import names_in_order, reject_frame
from sklearn_geo.neighbors._spelling import earlier_spelling, spelling
from sklearn_geo.neighbors._stop_tags import CAMERA_BRANDS, STOP_TAGS
from sklearn_geo.neighbors._written_tags import (
    doubt_of_delimiter,
    tag_column,
    written_tags,
)

# As in "geo:lat=51.5", which programs write.
_MACHINE_TAG = re.compile(r"[^\W\d]\w*:[^\W\d]\w*=", re.IGNORECASE)

_DROPPED = -1


class TagVectorizer(TransformerMixin, GeoEstimator):
    """Turn the tags that users wrote into a tag indicator.

    One row a photo, one column a tag of the vocabulary, and a one where the photo
    carries the tag: a tag that is written twice counts once. The vocabulary consists of
    the tags that most photos carry, without those that say nothing about a place. It is
    how the GPS2Vec+ paper [1]_ prepares the tags that it propagates.

    Parameters
    ----------
    max_features : int or None, default=2000
        How many tags the vocabulary has: those that the most photos carry, and of tags
        equal in this the ones that come first in the alphabet. None takes all.

    stop_tags : "default", array-like of str or None, default="default"
        Tags to leave out. "default" is a list of English function words and of words
        that programs add or that all photos could carry, such as "geotagged".

    camera_brands : "default", array-like of str or None, default="default"
        Brands to leave out, alone ("nikon") or followed by a model, which has a digit
        in it ("nikond90", "Nikon D90").

    machine_tags : {"drop", "keep"}, default="drop"
        What to do with tags written by programs, such as "geo:lat=51.5". They often
        hold the very place, or the label, that is to be predicted.

    lowercase : bool, default=True
        Whether capitals make no difference.

    strip_accents : {"unicode", "ascii"} or None, default="unicode"
        Remove accents of Latin, Greek and Cyrillic letters, so that "café" is "cafe",
        and the points of Hebrew and Arabic, which few type. Letters of full width, of
        mathematical alphabets and joined ones are plain ones, and so are Latin letters
        and digits above or below the line: "m²" is "m2". All else of other scripts
        stays as it is. "ascii" removes what is beyond ASCII as well, and then tags of
        which nothing is left.

    delimiter : str or None, default=","
        What stands between tags where those of a row are one string; None is any
        whitespace. Spaces around tags do not belong to them.

    min_df : int or float, default=1
        Leave out tags that fewer photos carry than this number (int), or than this
        share of all photos (float).

    max_df : int or float, default=1.0
        Leave out tags that more photos carry than this number or share.

    vocabulary : array-like of str, default=None
        The tags that have columns, in this order; tags are spelt like those in rows.
        The numbers of a mapping, such as the `vocabulary_` of another one, have to be
        in this order as well. What concerns frequencies and what leaves tags out is
        ignored then.

    sparse_output : bool, default=True
        Return a sparse matrix (or array, as scikit-learn's ``sparse_interface`` says).
        Data frames, as of ``set_output(transform="pandas")``, need False.

    dtype : number dtype, default=numpy.float64
        Number type of the indicator.

    Attributes
    ----------
    vocabulary_ : dict
        The column of each tag.

    n_photos_ : ndarray of shape (n_tags,), int
        How many of the training photos carry each tag.

    See Also
    --------
    GeoTagCorpus : Photos with a tag indicator; takes the names of tags as `tag_names`.
    GeoNeighborTagPropagator : Propagates a tag indicator to places.
    sklearn.feature_extraction.text.CountVectorizer : Words of running text.

    Notes
    -----
    Tags of a row are a list (or tuple, set or array) of strings, or one string with
    delimiters; None and NaN are a photo without tags. Columns are in the order of the
    alphabet. Names of columns are the tags themselves: what is made of the indicator,
    such as a propagated row, says `tag_` before them.

    The paper also leaves out words that are not English, which takes a dictionary: pass
    the tags to keep as `vocabulary`.

    References
    ----------
    .. [1] Y. Yin, Y. Zhang, Z. Liu, Y. Liang, S. Wang, R. R. Shah and R. Zimmermann,
       "Learning Multi-context Aware Location Representations from Large-scale Geotagged
       Images", ACM Multimedia, 2021, section 3.3.

    Examples
    --------
    >>> from sklearn_geo.neighbors import TagVectorizer
    >>> tags = [["Sunset", "beach", "Nikon D90"], ["café", "sunset"], "beach, Sunset"]
    >>> vectorizer = TagVectorizer(sparse_output=False)
    >>> vectorizer.fit_transform(tags)
    array([[1., 0., 1.],
           [0., 1., 1.],
           [1., 0., 1.]])
    >>> vectorizer.get_feature_names_out()
    array(['beach', 'cafe', 'sunset'], dtype=object)
    """

    _parameter_constraints: dict = {
        "max_features": [Interval(numbers.Integral, 1, None, closed="left"), None],
        "stop_tags": [StrOptions({"default"}), "array-like", set, frozenset, None],
        "camera_brands": [StrOptions({"default"}), "array-like", set, frozenset, None],
        "machine_tags": [StrOptions({"drop", "keep"})],
        "lowercase": ["boolean"],
        "strip_accents": [StrOptions({"unicode", "ascii"}), None],
        "delimiter": [str, None],
        "min_df": [
            Interval(RealNotInt, 0, 1, closed="both"),
            Interval(numbers.Integral, 1, None, closed="left"),
        ],
        "max_df": [
            Interval(RealNotInt, 0, 1, closed="both"),
            Interval(numbers.Integral, 1, None, closed="left"),
        ],
        "vocabulary": ["array-like", None],
        "sparse_output": ["boolean"],
        "dtype": "no_validation",
    }

    def __init__(
        self,
        max_features=2000,
        *,
        stop_tags="default",
        camera_brands="default",
        machine_tags="drop",
        lowercase=True,
        strip_accents="unicode",
        delimiter=",",
        min_df=1,
        max_df=1.0,
        vocabulary=None,
        sparse_output=True,
        dtype=np.float64,
    ):
        self.max_features = max_features
        self.stop_tags = stop_tags
        self.camera_brands = camera_brands
        self.machine_tags = machine_tags
        self.lowercase = lowercase
        self.strip_accents = strip_accents
        self.delimiter = delimiter
        self.min_df = min_df
        self.max_df = max_df
        self.vocabulary = vocabulary
        self.sparse_output = sparse_output
        self.dtype = dtype

    def fit(self, X, y=None):
        """Choose the vocabulary.

        Parameters
        ----------
        X : array-like of shape (n_photos,) of lists of str or of str
            The tags of each photo. A frame or an array of one column is a column.

        y : None
            Ignored.

        Returns
        -------
        self : TagVectorizer
            The fitted vectorizer.
        """
        self.fit_transform(X)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Choose the vocabulary, and turn the same tags into an indicator.

        Parameters
        ----------
        X : array-like of shape (n_photos,) of lists of str or of str
            The tags of each photo.

        y : None
            Ignored.

        Returns
        -------
        {csr_matrix, csr_array, ndarray, data frame} of shape (n_photos, n_tags)
            The tag indicator.
        """
        self._check_parameters()
        X = tag_column(X)
        if isinstance(X, (list, tuple)):
            doubt = doubt_of_delimiter(X, self.delimiter)
            if doubt:
                warnings.warn(doubt, UserWarning, stacklevel=2)
        with all_or_nothing(self):
            return self._output(self._learn(X))

    def _learn(self, X):
        """Set the vocabulary; return the indicator of the same tags."""
        if self.vocabulary is not None:
            self.vocabulary_ = self._given_vocabulary()
            self._spelt_anew = True
            indicator = self._indicator(X)
            self.n_photos_ = _carriers(indicator)
            return indicator
        all_tags = _Codes(self._clean(), self._useless())
        indicator = self._to_matrix(X, all_tags, n_tags=None)
        names = np.array([*all_tags.columns], dtype=object)
        n_carriers = _carriers(indicator)
        keep = self._choose(names, n_carriers, indicator.shape[0])
        self.vocabulary_ = {str(names[i]): column for column, i in enumerate(keep)}
        self._spelt_anew = True
        self.n_photos_ = n_carriers[keep]
        indicator = indicator[:, keep]
        indicator.sort_indices()
        return indicator

    def transform(self, X):
        """Turn tags into an indicator; those outside the vocabulary are left out.

        Parameters
        ----------
        X : array-like of shape (n_photos,) of lists of str or of str
            The tags of each photo.

        Returns
        -------
        {csr_matrix, csr_array, ndarray, data frame} of shape (n_photos, n_tags)
            The tag indicator.
        """
        check_is_fitted(self)
        self._validate_params()  # how tags are read may have been set after fit
        self._check_parameters()
        return self._output(self._indicator(X))

    def inverse_transform(self, X):
        """Say which tags the photos of an indicator carry.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_photos, n_tags)
            Anything but zero is a tag that a photo carries.

        Returns
        -------
        list of list of str
            Tags in the order of their columns.
        """
        check_is_fitted(self)
        check_sparse(X)
        with naming("X"):
            X = check_array(
                X,
                accept_sparse="csr",
                dtype=[np.float64, np.float32],
                input_name="X",
            )
        X = sparse.csr_array(X)
        names = self.get_feature_names_out()
        if X.shape[1] != len(names):
            raise ValueError(
                f"inverse_transform takes the {len(names)} columns that transform "
                f"gives; X has {X.shape[1]}."
            )
        X = X.copy()
        X.sum_duplicates()
        X.eliminate_zeros()
        return [
            names[X.indices[start:stop]].tolist()
            for start, stop in zip(X.indptr[:-1], X.indptr[1:], strict=True)
        ]

    def get_feature_names_out(self, input_features=None):
        """Return the tags in the order of their columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Ignored: there is one column of input.

        Returns
        -------
        ndarray of str objects of shape (n_tags,)
            The tags.
        """
        check_is_fitted(self)
        return np.array([*self.vocabulary_], dtype=object)

    def _check_parameters(self):
        if np.dtype(self.dtype).kind not in "biuf":
            raise ValueError(
                f"dtype={self.dtype!r} does not suit an indicator. Use a type of "
                "numbers such as np.float64, np.int8 or bool."
            )
        if self.sparse_output and np.dtype(self.dtype) == np.float16:
            raise ValueError(
                f"dtype={self.dtype!r} is one that sparse matrices cannot have. Use "
                "np.float32, or sparse_output=False."
            )
        if self.delimiter == "":
            raise ValueError(
                'delimiter="" separates nothing. Name the character between tags, or '
                "pass delimiter=None for whitespace."
            )

    def _clean(self):
        """Return the function that spells a tag as it is in the vocabulary."""
        return spelling(lowercase=self.lowercase, strip_accents=self.strip_accents)

    def _useless(self):
        """Return the function that says which tags (cleaned) are left out."""
        clean = self._clean()
        stop_tags = _listed(self.stop_tags, STOP_TAGS, clean, "stop_tags")
        brands = _listed(self.camera_brands, CAMERA_BRANDS, clean, "camera_brands")
        drop_machine_tags = self.machine_tags == "drop"
        model = None
        if brands:
            either = "|".join(re.escape(brand) for brand in sorted(brands))
            model = re.compile(rf"(?:{either})(?:$|.*\d)", re.DOTALL)

        def useless(tag):
            return (
                tag in stop_tags
                or (model is not None and model.match(tag) is not None)
                or (drop_machine_tags and _MACHINE_TAG.match(tag) is not None)
            )

        return useless

    def _given_vocabulary(self):
        clean, columns = self._clean(), {}
        for tag in names_in_order(self.vocabulary, "vocabulary"):
            if not isinstance(tag, str):
                raise TypeError(f"vocabulary holds {tag!r}, which is no string.")
            if not clean(tag):
                raise ValueError(f"Of the tag {tag!r} in vocabulary nothing is left.")
            if clean(tag) in columns:
                raise ValueError(
                    f"vocabulary has the tag {clean(tag)!r} twice. Each tag has one "
                    "column: leave out the copy."
                )
            columns[clean(tag)] = len(columns)
        if not columns:
            raise ValueError("vocabulary is empty. Name at least one tag.")
        return columns

    def _choose(self, names, n_carriers, n_photos):
        """Return the tags to keep, in the order of the alphabet."""
        at_least, at_most = (
            _photos_of(bound, n_photos) for bound in (self.min_df, self.max_df)
        )
        if at_least > at_most:
            raise ValueError(
                f"min_df={self.min_df!r} is more than max_df={self.max_df!r}: with "
                f"{n_photos} photos no tag could be between the two."
            )
        keep = np.flatnonzero((n_carriers >= at_least) & (n_carriers <= at_most))
        if not len(keep):
            found = f"{len(names)} different tags" if len(names) else "no tag"
            raise ValueError(
                f"The vocabulary is empty: of {n_photos} photos there is {found} that "
                "is no stop tag, camera brand or machine tag, and none of them is "
                "left between min_df and max_df. Check the delimiter "
                f"({self.delimiter!r}), or relax what leaves tags out."
            )
        # Not by numpy, whose texts would all be as wide as the longest.
        keep = keep[sorted(range(len(keep)), key=names[keep].tolist().__getitem__)]
        if self.max_features is not None:
            # The stable sort takes the tags that come first in the alphabet.
            most = np.argsort(-n_carriers[keep], kind="stable")[: self.max_features]
            keep = keep[np.sort(most)]
        return keep

    def _indicator(self, X):
        # Stored before spelling changed, a vocabulary is found by its own.
        fitted_with = spelling if hasattr(self, "_spelt_anew") else earlier_spelling
        clean = fitted_with(lowercase=self.lowercase, strip_accents=self.strip_accents)
        known = _Codes(clean, None, self.vocabulary_)
        return self._to_matrix(X, known, n_tags=len(self.vocabulary_))

    def _to_matrix(self, X, codes, n_tags):
        """Return a boolean csr_array with one column a code."""
        indices, indptr = array("q"), array("q", [0])
        for tags in written_tags(X, self.delimiter):
            found = {codes[tag] for tag in tags}
            found.discard(_DROPPED)
            indices.extend(sorted(found))
            indptr.append(len(indices))
        if len(indptr) == 1:
            raise ValueError(
                "Found array with 0 sample(s) while a minimum of 1 is required by "
                f"{type(self).__name__}."
            )
        n_tags = len(codes.columns) if n_tags is None else n_tags
        wide = max(len(indices), n_tags) > np.iinfo(np.int32).max
        index_type = np.int64 if wide else np.int32
        parts = (
            np.ones(len(indices), dtype=bool),
            np.array(indices, dtype=index_type),
            np.array(indptr, dtype=index_type),
        )
        return sparse.csr_array(parts, shape=(len(indptr) - 1, n_tags))

    def _output(self, indicator):
        if not self.sparse_output:
            return indicator.toarray().astype(self.dtype, copy=False)
        return as_output(indicator.astype(self.dtype))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags


class _Codes(dict):
    """The code of each tag as users spell it; every spelling is looked at once."""

    def __init__(self, clean, useless, columns=None):
        super().__init__()
        self.columns = {} if columns is None else columns
        self._clean, self._useless = clean, useless
        self._grows = columns is None

    def __missing__(self, spelling):
        tag = self._clean(spelling)
        if not self._grows:
            code = self.columns.get(tag, _DROPPED)
        elif not tag or self._useless(tag):
            code = _DROPPED
        else:
            code = self.columns.setdefault(tag, len(self.columns))
        self[spelling] = code
        return code


def _photos_of(bound, n_photos):
    """Return a number of photos that is given as one, or as a share of all."""
    if isinstance(bound, numbers.Integral):
        return bound
    number = bound * n_photos
    # 0.07 of a hundred photos are seven, but for rounding.
    whole = round(number)
    return whole if math.isclose(number, whole, rel_tol=1e-12) else number


def _carriers(indicator):
    return np.bincount(indicator.indices, minlength=indicator.shape[1])


def _listed(tags, default, clean, name):
    """Return a list given by a parameter as a set of cleaned tags."""
    if tags is None:
        return frozenset()
    tags = default if isinstance(tags, str) else tags
    reject_frame(tags, name)
    for tag in tags:
        if not isinstance(tag, str):
            raise TypeError(f"{name} holds {tag!r}, which is no string.")
    return frozenset(map(clean, tags)) - {""}
