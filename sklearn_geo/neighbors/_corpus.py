# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A collection of geotagged photos that many estimators share."""

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_array

from sklearn_geo._entries import canonical
from sklearn_geo._labels import check_rows
from sklearn_geo._missing import is_missing
from sklearn_geo._numbers import naming
from sklearn_geo._tags import check_tag_names, is_read_only, read_tags
from sklearn_geo.base import check_places
from sklearn_geo.neighbors._corpus_files import read_corpus, write_corpus
from sklearn_geo.neighbors._groups import check_groups
from sklearn_geo.neighbors._in_order import names_in_order
from sklearn_geo.neighbors._index import PlaceIndex


class GeoTagCorpus:
    """Photos with places and tags, indexed once and shared by whoever needs them.

    What was learnt from photos is not the `y` of the task at hand. Give a corpus to
    the `corpus` parameter of an encoder, and the encoder looks photos up there; its
    `fit` then reads no labels.

    Parameters
    ----------
    places : array-like of shape (n_photos, 2)
        Latitude and longitude in degrees.

    tags : {array-like, sparse matrix, data frame} of shape (n_photos, n_tags)
        Tag indicator: how often each photo carries each tag, not negative. float32 is
        kept, everything else becomes float64. A photo may have no tags.

    features : array-like of shape (n_photos, n_features), default=None
        What the photos look like, for example embeddings. float32 is kept.

    groups : array-like of shape (n_photos,), default=None
        Users or albums the photos belong to, as text or numbers.

    tag_names : array-like of str of shape (n_tags,), default=None
        Names of the tags, or the `vocabulary_` of what made the columns. If None, those
        of the columns of `tags`, if it has any.

    Attributes
    ----------
    places : ndarray of shape (n_photos, 2)
        Latitude and longitude in degrees.

    tags : csr_array of shape (n_photos, n_tags)
        The tag indicator.

    features : ndarray of shape (n_photos, n_features) or None
        What the photos look like.

    groups : ndarray of shape (n_photos,) or None
        Whose the photos are.

    tag_names : tuple of str or None
        Names of the tags.

    index : PlaceIndex
        The index of the places.

    n_photos, n_tags : int
        The shape of `tags`.

    Raises
    ------
    ValueError
        If the parts differ in length, a place is none, or a count is negative or not
        finite.

    See Also
    --------
    GeoNeighborTagPropagator : Tags of the photos around a place.
    PlaceIndex : The index on its own.

    Notes
    -----
    A corpus never changes: its arrays are copies that cannot be written to (an array
    of read-only memory, such as a map opened with ``mmap_mode="r"``, is used as it
    is). So `copy.deepcopy` and :func:`sklearn.base.clone` return the corpus itself, and
    a grid search over an encoder neither copies nor indexes it again.

    A pickle holds the arrays and the finished index. Between processes joblib replaces
    large arrays by memory maps, written once for all tasks, so workers share one copy.
    On disk a corpus is kept by :meth:`save` and :meth:`load`, without pickle.

    Examples
    --------
    >>> from sklearn.base import clone
    >>> from sklearn_geo.neighbors import GeoNeighborTagPropagator, GeoTagCorpus
    >>> corpus = GeoTagCorpus(
    ...     places=[[48.86, 2.29], [48.85, 2.35], [40.69, -74.04]],
    ...     tags=[[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    ...     tag_names=["tower", "church", "statue"],
    ... )
    >>> corpus
    GeoTagCorpus(<3 photos, 3 tags>)
    >>> encoder = GeoNeighborTagPropagator(n_neighbors=2, corpus=corpus)
    >>> clone(encoder).corpus is corpus
    True
    """

    __slots__ = (
        "__weakref__",
        "_features",
        "_group_codes",
        "_group_values",
        "_index",
        "_places",
        "_rank",
        "_ranked_tags",
        "_tag_names",
        "_tags",
    )

    def __init__(self, places, tags, features=None, groups=None, *, tag_names=None):
        given, places = places, check_places(places)
        tags, column_names = read_tags(tags, name="tags")
        check_rows(len(places), tags, "tags", of="places")
        if tag_names is None:
            tag_names = column_names
        else:
            tag_names = _read_names(tag_names, tags.shape[1])
        if features is not None:
            with naming("features"):
                checked = check_array(
                    features, dtype=[np.float64, np.float32], input_name="features"
                )
            features = _own(checked, features)
            check_rows(len(places), features, "features", of="places")
        values, codes = (None, None) if groups is None else check_groups(groups, places)
        self._fill(_own(places, given), tags, tag_names, features, values, codes)

    @classmethod
    def _of(cls, places, tags, tag_names=None, groups=None, features=None):
        """Make a corpus of parts that `check_places` and `read_tags` returned."""
        corpus = cls.__new__(cls)
        values, codes = (None, None) if groups is None else check_groups(groups, places)
        corpus._fill(places.copy(), tags, tag_names, features, values, codes)
        return corpus

    def _fill(
        self, places, tags, tag_names, features, values, codes, index=None, ranked=None
    ):
        if index is None:
            index = PlaceIndex(places)
        if ranked is None:
            # Photos near each other on the globe are neighbours in memory here.
            order = index.curve_order
            rank = np.empty(len(order), dtype=np.int32)
            rank[order] = np.arange(len(order), dtype=np.int32)
            ranked = rank, tags[order]
        parts = {
            "_places": places,
            "_tags": tags,
            "_tag_names": None if tag_names is None else tuple(tag_names),
            "_features": features,
            "_group_values": values,
            "_group_codes": codes,
            "_index": index,
            "_rank": ranked[0],
            "_ranked_tags": ranked[1],
        }
        for name, part in parts.items():
            object.__setattr__(self, name, part)
        more = (ranked[0], ranked[1].data, ranked[1].indices, ranked[1].indptr)
        for array in (*self._arrays().values(), *more):
            if array is not None:
                array.flags.writeable = False

    def _arrays(self):
        tags = self._tags
        return {
            "places": self._places,
            "tags_data": tags.data,
            "tags_indices": tags.indices,
            "tags_indptr": tags.indptr,
            "features": self._features,
            "group_values": self._group_values,
            "group_codes": self._group_codes,
        }

    def __setattr__(self, name, value):
        raise AttributeError(
            f"A {type(self).__name__} never changes, so {name!r} cannot be set. Make a "
            "new one."
        )

    def __delattr__(self, name):
        self.__setattr__(name, None)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        ranked = self._ranked_tags
        parts = (
            *(self._arrays(), self.n_tags, self._tag_names, self._index),
            (self._rank, ranked.data, ranked.indices, ranked.indptr),
        )
        return _restored, (type(self), *parts)

    def __len__(self):
        return self.n_photos

    def __repr__(self):
        return f"{type(self).__name__}(<{self.n_photos} photos, {self.n_tags} tags>)"

    @property
    def places(self):
        """Latitude and longitude in degrees."""
        return self._places

    @property
    def tags(self):
        """The tag indicator."""
        # Anew: whoever gives it other arrays does not change that of the corpus.
        tags = self._tags
        return canonical(tags.data, tags.indices, tags.indptr, tags.shape)

    @property
    def tag_names(self):
        """Names of the tags, or None."""
        return self._tag_names

    @property
    def features(self):
        """What the photos look like, or None."""
        return self._features

    @property
    def groups(self):
        """Whose the photos are, or None."""
        if self._group_values is None:
            return None
        return self._group_values[self._group_codes]

    @property
    def index(self):
        """The index of the places."""
        return self._index

    @property
    def n_photos(self):
        """Number of photos."""
        return self._tags.shape[0]

    @property
    def n_tags(self):
        """Number of tags."""
        return self._tags.shape[1]

    def save(self, folder):
        """Write the corpus to a folder: one ``.npy`` file an array, and one of JSON.

        Parameters
        ----------
        folder : str or path
            Made if it is not there. A corpus that is there is replaced in one step:
            until the new one is whole, the old one is read.

        Raises
        ------
        FileExistsError
            If the folder holds files that are no corpus.

        See Also
        --------
        load : The way back.

        Examples
        --------
        >>> import tempfile
        >>> from sklearn_geo.neighbors import GeoTagCorpus
        >>> corpus = GeoTagCorpus([[0.0, 0.0]], [[1, 0]])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     corpus.save(folder)
        ...     GeoTagCorpus.load(folder, mmap_mode=None)
        GeoTagCorpus(<1 photos, 2 tags>)
        """
        content = {
            "n_photos": self.n_photos,
            "n_tags": self.n_tags,
            "tag_names": self._tag_names,
        }
        write_corpus(folder, content, self._arrays())

    @classmethod
    def load(cls, folder, *, mmap_mode="r", verify=True):
        """Read a corpus that was saved.

        Parameters
        ----------
        folder : str or path
            Where :meth:`save` wrote to.

        mmap_mode : {"r", None}, default="r"
            Map the arrays into memory, which shares them with other processes and reads
            them when they are needed; or, if None, read them now.

        verify : bool, default=True
            Compare the files with their checksums, which reads them once.

        Returns
        -------
        GeoTagCorpus
            The corpus. Its index is built anew.

        Raises
        ------
        FileNotFoundError
            If there is no corpus in the folder, or a part of it is missing.

        ValueError
            If a file is damaged, or of a format that this version cannot read.

        See Also
        --------
        save : How it got there.
        """
        if mmap_mode not in ("r", None):
            raise ValueError(f'mmap_mode must be "r" or None; got {mmap_mode!r}.')
        manifest, arrays = read_corpus(folder, mmap_mode, verify)
        try:
            return cls._from_arrays(arrays, manifest)
        except (IndexError, OverflowError, TypeError, ValueError) as error:
            raise ValueError(
                f"The corpus in {folder} is damaged: {error!s:.500}"
            ) from error

    @classmethod
    def _from_arrays(cls, arrays, manifest):
        tags = sparse.csr_array(
            (arrays["tags_data"], arrays["tags_indices"], arrays["tags_indptr"]),
            shape=(manifest["n_photos"], manifest["n_tags"]),
        )
        # Also bounds the indices, which products of sparse matrices do not check.
        tags.check_format(full_check=True)
        codes, values = arrays["group_codes"], arrays["group_values"]
        groups = None
        if codes is not None and values is not None:
            if codes.dtype.kind != "i" or not (
                (codes >= 0).all() and (codes < len(values)).all()
            ):
                raise ValueError("the group codes point nowhere.")
            groups = values[codes]
        names = manifest["tag_names"]
        return cls(arrays["places"], tags, arrays["features"], groups, tag_names=names)


def _restored(cls, arrays, n_tags, tag_names, index, ranked):
    shape = (len(arrays["places"]), n_tags)
    tags = (arrays["tags_data"], arrays["tags_indices"], arrays["tags_indptr"])
    tags = canonical(*tags, shape)
    ranked = ranked[0], sparse.csr_array(ranked[1:], shape=shape)
    corpus = cls.__new__(cls)
    corpus._fill(
        arrays["places"],
        tags,
        tag_names,
        arrays["features"],
        arrays["group_values"],
        arrays["group_codes"],
        index,
        ranked,
    )
    return corpus


def _read_names(tag_names, n_tags):
    """Return the name of each tag as text."""
    if np.iterable(tag_names):
        tag_names = names_in_order(tag_names, "tag_names")
        for column, tag in enumerate(tag_names):
            if is_missing(tag):
                raise ValueError(f"tag_names, column {column}: the name is missing.")
    return check_tag_names(tag_names, n_tags, "tags")


def _own(array, given):
    """Return an array nobody else can write to: itself if its memory is read-only."""
    if np.may_share_memory(array, np.asarray(given)) and not is_read_only(array):
        return array.copy()
    return array
