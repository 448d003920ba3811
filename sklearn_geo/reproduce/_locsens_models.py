# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The methods of the LocSens tables, made ready for the photos at hand."""

import time
import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds
from sklearn.frozen import FrozenEstimator

from sklearn_geo.datasets._draw import import_pandas
from sklearn_geo.ranking import (
    HashtagEmbedding,
    KernelTagger,
    LocSensRanker,
    PlaceFrequencyTagger,
    ProductTagger,
    read_word_vectors,
)

__all__ = ["FULL", "QUICK", "LocSensModels", "LocSensSize", "vectors_by_company"]

# Without borders, from a street to a country.
_BANDWIDTHS_KM = (1.0, 10.0, 100.0, 1000.0)
_PAPER_HIDDEN, _PAPER_COMPONENTS = (2048, 2048, 2048, 1024, 512), 300


@dataclass(frozen=True)
class LocSensSize:
    """How much is drawn and computed.

    Parameters
    ----------
    n_photos, n_tags : int, default=8_000 and 300
        Size of the synthetic data.

    n_components : int, default=64
        Length of the vectors of photos, tags and places; the paper's have 300.

    hidden : tuple of int, default=(128, 64, 32)
        Widths of the trunk, which a processor trains in minutes; the paper's are 2048,
        2048, 2048, 1024 and 512.

    batch_size, learning_rate : int and float, default=256 and 0.002
        Photos of a step of the trunk, and its learning rate, for Adam.

    max_iter : int, default=40
        Largest number of epochs of the trunk, at each level.

    epochs : int, default=60
        Largest number of epochs of everything else.

    n_queries : int, default=1_000
        Largest number of queries to retrieve photos by.

    n_resamples : int, default=500
        Resamples of users for the intervals.
    """

    n_photos: int = 8_000
    n_tags: int = 300
    n_components: int = 64
    hidden: tuple = (128, 64, 32)
    batch_size: int = 256
    learning_rate: float = 0.002
    max_iter: int = 40
    epochs: int = 60
    n_queries: int = 1_000
    n_resamples: int = 500

    @property
    def is_narrow(self):
        """Whether the trunk is narrower than the paper's."""
        return self.hidden != _PAPER_HIDDEN


#: The published widths.
FULL = LocSensSize(
    n_components=_PAPER_COMPONENTS,
    hidden=_PAPER_HIDDEN,
    batch_size=1024,
    max_iter=100,
    n_queries=10_000,
)
#: Enough to see that everything works.
QUICK = LocSensSize(1_500, 200, 16, (32, 32), 256, 0.005, 4, 8, 200, 100)


class LocSensModels:
    """Makes the methods, and gives each what it reads.

    Parameters
    ----------
    photos : TaggedPhotos
        The photos.

    train : ndarray of int
        Those that teach.

    size : LocSensSize
        How wide and how long.

    seed : int, default=0
        Decides first weights and the order of photos.

    Attributes
    ----------
    mcc : HashtagEmbedding
        The fitted MCC, whose vectors the trunk is given.

    mcc_seconds : float
        How long that took.
    """

    def __init__(self, photos, train, size, *, seed=0):
        self.photos, self.train, self.size, self.seed = photos, train, size, seed

    def read(self, what, rows):
        """Return what a method reads of some photos.

        Parameters
        ----------
        what : {"names", "picture", "all"}
            Names of the town and the country; features; or the place and features.

        rows : ndarray of int
            Which photos.

        Returns
        -------
        DataFrame or ndarray
        """
        if what == "names":
            columns = {key: of[rows] for key, of in self.photos.regions.items()}
            frame = import_pandas().DataFrame(columns)
            return frame.assign(world="world")
        X = self.photos.X[rows]
        return X[:, 2:] if what == "picture" else X

    def fit(self, model, what):
        """Teach a method the photos of the training users, and return it."""
        arguments = {}
        if isinstance(model, (LocSensRanker, ProductTagger)):
            arguments["groups"] = self.photos.users[self.train]
        X = self.read(what, self.train)
        with warnings.catch_warnings():
            # A note below the tables says it.
            warnings.filterwarnings("ignore", message=".*no word vector")
            return model.fit(X, self.photos.y[self.train], **arguments)

    # The methods ----------------------------------------------------------------------

    def frequency(self, regions):
        """Return what counts the tags of regions: "world", "country" or "town"."""
        # A town is one of its country; where nobody has been, the country is asked.
        levels = {"world": ("world",), "country": ("country",)}
        chain = levels.get(regions, ("town", "country"))
        return PlaceFrequencyTagger(chain, smoothing=0)

    def embedding(self, supervision):
        """Return what learns vectors of photos and tags: "mlc", "mcc" or "her"."""
        vectors = self.word_vectors if supervision == "her" else None
        return HashtagEmbedding(
            supervision,
            n_components=self.size.n_components,
            word_vectors=vectors,
            max_iter=self.size.epochs,
            random_state=self.seed,
        )

    @cached_property
    def mcc(self):
        """The fitted MCC, whose vectors the trunk is given."""
        start = time.perf_counter()
        model = self.fit(self.embedding("mcc"), "picture")
        self.mcc_seconds = time.perf_counter() - start
        return model

    def trunk(self, task, location_mode):
        """Return the paper's scorer, on vectors of MCC."""
        return LocSensRanker(
            task,
            scorer="trunk",
            location_mode=location_mode,
            embedding=FrozenEstimator(self.mcc),
            n_components=self.size.n_components,
            hidden_layer_sizes=self.size.hidden,
            # Candidates of another scorer would not be the paper's answers.
            shortlist=None,
            batch_size=self.size.batch_size,
            learning_rate_init=self.size.learning_rate,
            max_iter=self.size.max_iter,
            random_state=self.seed,
        )

    def multilinear(self, task, location_mode):
        """Return our scorer."""
        return LocSensRanker(
            task,
            location_mode=location_mode,
            n_components=self.size.n_components,
            max_iter=self.size.epochs,
            random_state=self.seed,
        )

    def kernel(self):
        """Return the place prior without borders."""
        return KernelTagger(_BANDWIDTHS_KM)

    def product(self):
        """Return MCC times the kernel, its weight found on users who are held out."""
        return ProductTagger(
            self.embedding("mcc"),
            self.kernel(),
            weight="auto",
            random_state=self.seed,
        )

    @cached_property
    def word_vectors(self):
        """Vectors of tags for HER: those of a file, or by the company tags keep."""
        photos = self.photos
        if photos.word_vectors is not None:
            return read_word_vectors(photos.word_vectors, photos.tag_names)
        n_components = min(self.size.n_components, len(photos.tag_names) - 1)
        return vectors_by_company(photos.y[self.train], n_components, self.seed)


def vectors_by_company(y, n_components, seed=0):
    """Make vectors of tags of which tags go together.

    Parameters
    ----------
    y : csr_array of shape (n_photos, n_tags)
        Tag indicator.

    n_components : int
        Their length, less than the number of tags.

    seed : int, default=0
        Begins the decomposition.

    Returns
    -------
    ndarray of shape (n_tags, n_components)
        The leading singular vectors, times the roots of the singular values, of the
        positive pointwise mutual information of tags on one photo. Zeros for tags that
        are always alone.
    """
    y = sparse.csr_array(y, dtype=np.float64)
    together = sparse.coo_array(y.T @ y)
    row, column = together.coords
    apart = row != column
    row, column, counts = row[apart], column[apart], together.data[apart]
    if not counts.size:
        raise ValueError(
            "No photo has two tags, so nothing tells which tags go together. Put a "
            "file of word vectors, such as glove.txt, into the folder."
        )
    n_tags = y.shape[1]
    often = np.bincount(row, counts, minlength=n_tags)
    information = np.log(counts * counts.sum() / (often[row] * often[column]))
    positive = information > 0.0
    parts = (information[positive], (row[positive], column[positive]))
    table = sparse.csr_array(parts, shape=(n_tags, n_tags))
    start = np.random.default_rng([seed, 1]).standard_normal(n_tags)
    left, values, _ = svds(table, k=n_components, v0=start)
    vectors = left * np.sqrt(values)
    vectors[often == 0] = 0.0
    return vectors
