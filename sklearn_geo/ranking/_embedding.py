# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""HashtagEmbedding: photos and tags become vectors of one space."""

from numbers import Integral

import numpy as np
from scipy.special import expit
from sklearn.base import TransformerMixin, _fit_context
from sklearn.exceptions import NotFittedError
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._settings import check_settings, check_strictly
from sklearn_geo.base import GeoEstimator
from sklearn_geo.nets import TRAINING_CONSTRAINTS, net_outputs
from sklearn_geo.nets._outputs import _bytes_a_row
from sklearn_geo.ranking._embedding_files import load_embedding, save_embedding
from sklearn_geo.ranking._embedding_fitting import EmbeddingFitting, unit_rows
from sklearn_geo.ranking._gallery import check_not_empty
from sklearn_geo.ranking._tag_search import best_photos, read_queries
from sklearn_geo.ranking._tagger import TaggerMixin

__all__ = ["HashtagEmbedding"]


def _has_probabilities(model):
    return model._taught_by() != "her"


class HashtagEmbedding(TaggerMixin, TransformerMixin, EmbeddingFitting, GeoEstimator):
    r"""Learn vectors of photos and of tags, so that the two can be compared.

    The tags that people gave to photos teach what photos show. A photo, given by its
    features or as an image, becomes a vector of `n_components` numbers, and each tag
    has one as well. Tags near a photo describe it, and photos near a tag are what a
    search for it wants. Places play no part: see the rankers of this room for that.

    Parameters
    ----------
    supervision : {"mcc", "mlc", "her"}, default="mcc"
        How tags teach:

        - "mcc", multi-class classification: a softmax over all tags, whose class is
          one of the photo's tags;
        - "mlc", multi-label classification: a sigmoid for every tag;
        - "her", hashtag embedding regression: the vector of a photo is to point where
          the mean of the `word_vectors` of its tags does.

        "mcc" is by far the best in the paper. Sigmoids that start at the frequencies of
        tags, as they do with `use_bias`, are about as good on a thousand of them.

    n_components : int, default=300
        Length of the vectors. "her" has the length of the word vectors.

    backbone : Module or callable, default=None
        For images: a torch module that gives features, or what makes one. It takes
        floats in [0, 1] of shape (n, channels, height, width), gives (n, d) or maps
        (n, d, h, w) that are averaged, and is trained with all the rest. A module that
        is passed stays as it is: a copy is trained. None takes X as features.

    hidden_layer_sizes : tuple of int, default=()
        Widths of fully connected layers before the vector of a photo.

    targets : {"expectation", "random"}, default="expectation"
        What "mcc" takes for the class of a photo with M tags: each with a share of
        1 / M, or one at random, drawn anew every epoch, as in the paper. The first is
        what the second is on average.

    n_sampled_tags : int, default=None
        "mcc" with very many tags: compute the softmax of a step over so many sampled
        tags and those of the batch. The cost of a step then does not grow with the
        vocabulary. None takes all tags.

    class_weight : {"balanced", "effective", "focal"}, default=None
        How "mlc" makes up for tags that are rare, see Notes. It costs `predict_proba`
        its calibration.

    word_vectors : mapping, array-like, str or path, default=None
        For "her": from tags to vectors; a row a tag, zeros where there is none; or a
        text file as GloVe comes in, see :func:`read_word_vectors`. Tags without a
        vector teach nothing and are never suggested.

    use_bias : bool, default=True
        Give every tag a bias, what it scores on any photo. It counts when tags are
        suggested, and is no part of `tag_vectors_`. Biases start at the frequencies of
        tags, so that vectors need not learn those first.

    normalize : bool, default=True
        Scale the vectors that :meth:`transform`, `tag_vectors_` and :meth:`retrieve`
        go by to length 1. Once fitted, it counts from the next `fit` on.

    scale : {"standard"} or None, default="standard"
        Take the mean off features and divide by the standard deviation, column by
        column, over the photos that teach. Many columns are then held down: all are
        multiplied by 32 over the mean square of a row, if that is less than 1, as it
        is above 32 columns. Images are not scaled.

    tag_names : array-like of str, default=None
        Names of the tags. None takes the columns of y, if it is a data frame.

    omit_tags : array-like or set of str or int, default=None
        Tags that are never suggested, by name or number, such as names of places.

    n_suggested : int, default=10
        How many tags :meth:`predict` suggests.

    threshold : float, default=None
        If set, :meth:`predict` suggests all tags with at least this score instead: 0
        is a probability of one half for "mlc".

    untagged : {"skip", "error"}, default="skip"
        Whether photos without tags are passed over, with a warning, or an error.

    solver : {"adam", "adagrad", "sgd"}, default="adam"
        Optimizer.

    learning_rate_init : float, default=0.003
        Learning rate of the first epoch.

    learning_rate_decay : float, default=1.0
        Factor on the learning rate after every `learning_rate_every` epochs.

    learning_rate_every : int, default=1
        Number of epochs between two steps of the learning rate.

    momentum : float, default=0.9
        Momentum of "sgd".

    weight_decay : float, default=0.0
        Strength of the L2 penalty.

    batch_size : int, default=200
        Photos of a step.

    max_iter : int, default=60
        Number of epochs, at most.

    tol : float, default=1e-4
        By how much the watched loss must fall to count as better.

    n_iter_no_change : int, default=5
        Training ends after so many epochs that were not better. None never does.

    early_stopping : "auto" or bool, default="auto"
        Watch the loss of a held-out share, and keep the weights of the best epoch.
        "auto" does so from 1,000 photos on.

    validation_fraction : float, default=0.1
        That share.

    device : str, default="auto"
        "auto" is the first CUDA device if there is one, else the processor.

    mixed_precision : {"auto", "bfloat16", "float16"} or bool, default="auto"
        Halve the precision of products on an accelerator.

    verbose : int, default=0
        1 prints a line an epoch.

    warm_start : bool, default=False
        Go on with the network of the last `fit`; held-out photos are drawn as they
        were.

    random_state : int, RandomState instance or None, default=None
        Decides the held-out photos, the first weights, the order of photos and the
        tags that are drawn.

    Attributes
    ----------
    tag_vectors_ : ndarray of shape (n_tags, n_components), float32
        The vectors of tags.

    n_tags_ : int
        Number of tags.

    tag_names_ : list of str or None
        Their names.

    classes_ : ndarray of int of shape (n_tags,)
        Numbers of the tags, for `cross_val_predict`.

    tag_counts_ : ndarray of int of shape (n_tags,)
        How many photos of the last `fit` or `partial_fit` have each.

    n_untagged_ : int
        How many of these photos taught nothing, having no tag.

    n_components_ : int
        Length of the vectors.

    gallery_ : ndarray of shape (n_photos, n_components), float32
        The vectors of the photos that :meth:`index` was called with.

    net_ : EstimatorNet
        The skorch net; `net_.module_` is the network.

    history_ : ndarray of shape (`n_iter_`,)
        A row an epoch: losses, learning rate, rows and seconds.

    n_iter_ : int
        Number of epochs.

    n_features_in_ : int
        Number of features seen in `fit`; of channels, for images.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of these features, if they are strings.

    See Also
    --------
    read_word_vectors : Reads files of word vectors.

    Notes
    -----
    The models are those of the section "Learning with Hashtag Supervision" of [1]_. A
    photo has the vector :math:`e`, linear in its features if there are no hidden
    layers, and tag :math:`j` the row :math:`w_j` of the last layer. The score
    of a tag is :math:`s_j = \langle e, w_j \rangle + b_j`, with :math:`b_j = 0` unless
    `use_bias`. With the :math:`M` tags :math:`T` of the photo the losses are

    - "mcc": :math:`-\frac1M \sum_{j \in T} \log \operatorname{softmax}(s)_j`;
    - "mlc": :math:`-\sum_{j \in T} a_j \log \sigma(s_j) - \sum_{j \notin T} \log
      (1 - \sigma(s_j))`;
    - "her": :math:`1 - \cos(e, \frac1M \sum_{j \in T} w_j)` with given :math:`w_j`,
      over the tags that have one. A score is then the cosine of :math:`e` and
      :math:`w_j`.

    The weights of "mlc" are :math:`a_j = 1`; for "balanced" :math:`\min(n_j^- /
    n_j^+, 100)` with the numbers of photos with and without the tag; for "effective"
    :math:`E(n_j^-) / E(n_j^+)` with the effective numbers :math:`E(n) = (1 - \beta^n)
    / (1 - \beta)`, :math:`\beta = 0.999`, of [2]_. "focal" instead multiplies each
    term by the square of how far its probability is off, [3]_ with :math:`\gamma = 2`.

    **A sampled softmax** takes the tags of the batch and tags drawn with probabilities
    :math:`\pi_j \propto (n_j + 1)^{3/4}`, at most 1, and puts :math:`s_j - \log
    \pi_j` in the place of the score of a drawn one: the sum over all tags is then
    right in expectation. Held-out photos are judged by the whole softmax.

    A tag that no photo has is allowed: it is pushed away from all photos, but for
    "her", which knows it by its vector.

    References
    ----------
    .. [1] R. Gomez, J. Gibert, L. Gomez and D. Karatzas, "Location Sensitive Image
       Retrieval and Tagging", ECCV 2020.
    .. [2] Y. Cui et al., "Class-Balanced Loss Based on Effective Number of Samples",
       CVPR 2019.
    .. [3] T.-Y. Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.ranking import HashtagEmbedding
    >>> rng = np.random.default_rng(0)
    >>> subject = rng.integers(3, size=300)
    >>> X = np.eye(3)[subject] + rng.normal(scale=0.2, size=(300, 3))
    >>> tags = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 0]])[subject]
    >>> model = HashtagEmbedding(
    ...     n_components=8, tag_names=["beach", "boat", "snow", "sea"], random_state=0
    ... ).fit(X, tags)
    >>> model.predict_topk([[0, 0, 1]], k=1)
    array([[2]])
    >>> photos = model.index(X).retrieve("snow", k=5)
    >>> subject[photos]
    array([2, 2, 2, 2, 2])
    """

    _parameter_constraints: dict = {
        **TRAINING_CONSTRAINTS,
        **TaggerMixin._tagger_constraints,
        **TaggerMixin._untagged_constraint,
        "supervision": [StrOptions({"mcc", "mlc", "her"})],
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "backbone": [callable, None],
        "hidden_layer_sizes": ["array-like"],
        "targets": [StrOptions({"expectation", "random"})],
        "n_sampled_tags": [Interval(Integral, 1, None, closed="left"), None],
        "class_weight": [StrOptions({"balanced", "effective", "focal"}), None],
        "word_vectors": "no_validation",  # see vectors_of_tags
        "use_bias": ["boolean"],
        "normalize": ["boolean"],
        "scale": [StrOptions({"standard"}), None],
        "early_stopping": ["boolean", StrOptions({"auto"})],
        "device": "no_validation",  # see choose_device
    }
    # A setting that this estimator does not offer.
    del _parameter_constraints["shuffle"]

    def __init__(
        self,
        supervision="mcc",
        *,
        n_components=300,
        backbone=None,
        hidden_layer_sizes=(),
        targets="expectation",
        n_sampled_tags=None,
        class_weight=None,
        word_vectors=None,
        use_bias=True,
        normalize=True,
        scale="standard",
        tag_names=None,
        omit_tags=None,
        n_suggested=10,
        threshold=None,
        untagged="skip",
        solver="adam",
        learning_rate_init=0.003,
        learning_rate_decay=1.0,
        learning_rate_every=1,
        momentum=0.9,
        weight_decay=0.0,
        batch_size=200,
        max_iter=60,
        tol=1e-4,
        n_iter_no_change=5,
        early_stopping="auto",
        validation_fraction=0.1,
        device="auto",
        mixed_precision="auto",
        verbose=0,
        warm_start=False,
        random_state=None,
    ):
        self.supervision = supervision
        self.n_components = n_components
        self.backbone = backbone
        self.hidden_layer_sizes = hidden_layer_sizes
        self.targets = targets
        self.n_sampled_tags = n_sampled_tags
        self.class_weight = class_weight
        self.word_vectors = word_vectors
        self.use_bias = use_bias
        self.normalize = normalize
        self.scale = scale
        self.tag_names = tag_names
        self.omit_tags = omit_tags
        self.n_suggested = n_suggested
        self.threshold = threshold
        self.untagged = untagged
        self.solver = solver
        self.learning_rate_init = learning_rate_init
        self.learning_rate_decay = learning_rate_decay
        self.learning_rate_every = learning_rate_every
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.device = device
        self.mixed_precision = mixed_precision
        self.verbose = verbose
        self.warm_start = warm_start
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Learn from photos and their tags.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_features)
            Features; memory maps stay as they are. With a `backbone`, images of shape
            (n_photos, channels, height, width) or (n_photos, height, width, channels),
            bytes or floats in [0, 1].

        y : {array-like, sparse array or matrix, data frame} of shape \
                (n_photos, n_tags)
            The tag indicator: what is not zero is a tag.

        sample_weight : array-like of shape (n_photos,), default=None
            What each photo counts. The scale of weights does not matter: they are
            divided by their mean over the photos with a tag and a weight above 0.
            Others teach nothing.

        Returns
        -------
        self : HashtagEmbedding
            The fitted model.
        """
        go_on = self.warm_start and self.__sklearn_is_fitted__()
        with all_or_nothing(self):
            return self._learn(X, y, sample_weight, go_on=go_on)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """Learn from some photos in one epoch.

        The first call decides how many tags there are, and how features are scaled.

        Parameters
        ----------
        X, y, sample_weight : as there
            As in :meth:`fit`.

        Returns
        -------
        self : HashtagEmbedding
            The model.
        """
        # Once it is fitted, scikit-learn leaves this out of partial_fit.
        check_strictly(self)
        go_on = self.__sklearn_is_fitted__()
        with all_or_nothing(self):
            return self._learn(X, y, sample_weight, go_on=go_on, epochs=1)

    def transform(self, X):
        """Return the vectors of photos.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_features)
            As in :meth:`fit`.

        Returns
        -------
        vectors : ndarray of shape (n_photos, n_components), float32
            In the space of `tag_vectors_`.
        """
        check_is_fitted(self)
        return self._photo_vectors(self._read_photos(X))

    def _photo_vectors(self, X):
        tower = self.net_.module_.photos
        vectors = np.empty((X.shape[0], self.n_components_), dtype=np.float32)
        for rows, (some,) in net_outputs(tower, X):
            vectors[rows] = some.numpy()
        return unit_rows(vectors) if self._normalizes else vectors

    def _taught_by(self):
        """Return how the tags have taught, whatever is set for the next fit."""
        return getattr(self, "_made_for", {}).get("supervision", self.supervision)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns of :meth:`transform`.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the features, checked and not used.

        Returns
        -------
        names : ndarray of str
            "embedding_0" and so on.
        """
        check_is_fitted(self)
        _check_feature_names_in(self, input_features)
        names = [f"embedding_{number}" for number in range(self.n_components_)]
        return np.array(names, dtype=object)

    def _score_blocks(self, X):
        X = self._read_photos(X)
        network = self.net_.module_
        # Scores, and what is made of them.
        size = _bytes_a_row(network.photos, X) + 16 * self.n_tags_
        for rows, (some,) in net_outputs(network, X, bytes_a_row=size, method="score"):
            scores = some.numpy()
            if self._known is not None:
                scores[:, ~self._known] = -np.inf
            yield rows, scores

    @available_if(_has_probabilities)
    def predict_proba(self, X):
        """Return probabilities of tags.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_features)
            As in :meth:`fit`.

        Returns
        -------
        proba : ndarray of shape (n_photos, n_tags), float32
            For "mcc" how probably a tag of the photo, chosen at random, is this one:
            a row adds up to 1. For "mlc" how probably the photo has the tag. Tags of
            `omit_tags` keep theirs.
        """
        check_is_fitted(self)
        check_settings(self, "supervision")
        proba, by = None, self._taught_by()
        for rows, scores in self._score_blocks(X):
            if proba is None:  # what X is was checked by now
                proba = np.empty((self._n_rows(X), self.n_tags_), dtype=np.float32)
            if by == "mcc":
                scores -= scores.max(axis=1, keepdims=True)
                np.exp(scores, out=scores)
                scores /= scores.sum(axis=1, keepdims=True)
            else:
                expit(scores, out=scores)
            proba[rows] = scores
        return proba

    def index(self, X):
        """Set the photos that :meth:`retrieve` finds.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_features)
            Photos as in :meth:`fit`; it need not be those.

        Returns
        -------
        self : HashtagEmbedding
            The model.
        """
        check_is_fitted(self)
        check_not_empty(X)
        self.gallery_ = self._photo_vectors(self._read_photos(X))
        return self

    def retrieve(self, tags, k=10, *, return_scores=False):
        """Return the photos of the gallery that are nearest to tags, best first.

        Parameters
        ----------
        tags : str, int, sequence of them, or array of floats of shape (n_components,) \
                or (n_queries, n_components)
            A tag by its name or number, or several, each a query. Or vectors: sums of
            `tag_vectors_` ask for photos of several tags, and the vector of a photo
            for photos like it.

        k : int, default=10
            How many.

        return_scores : bool, default=False
            Return their scores as well.

        Returns
        -------
        photos : ndarray of int64 of shape (k,) or (n_queries, k)
            Rows of the X of :meth:`index`; of equal scores the first row first. Filled
            up with -1 if the gallery has fewer.

        scores : ndarray of shape (k,) or (n_queries, k)
            Only with `return_scores=True`: inner products with `tag_vectors_`, which
            are cosines if `normalize`. -inf where a list has ended.
        """
        check_is_fitted(self)
        if not hasattr(self, "gallery_"):
            raise NotFittedError(
                "There are no photos to find: call index(X) with them first."
            )
        queries, is_one = read_queries(
            tags, self.tag_vectors_, self._vocabulary, self._known
        )
        photos, scores = best_photos(queries, self.gallery_, k)
        if is_one:
            photos, scores = photos[0], scores[0]
        return (photos, scores) if return_scores else photos

    def save_pretrained(self, folder):
        """Write the fitted model to a folder, as JSON and safetensors.

        Parameters
        ----------
        folder : str or path
            The folder; it is made if it is not there. The gallery is not stored, and
            of a backbone the weights only. Parameters that decide what the network is
            have to be those of `fit`.
        """
        check_is_fitted(self)
        save_embedding(self, folder)

    @classmethod
    def from_pretrained(cls, folder, *, backbone=None):
        """Read a model that :meth:`save_pretrained` has written.

        Parameters
        ----------
        folder : str or path
            The folder. Nothing in it is run, and everything in it is checked.

        backbone : Module or callable, default=None
            What was the backbone, if there was one: it is code, so it is not stored.

        Returns
        -------
        model : HashtagEmbedding
            A fitted model that predicts as the saved one did. Its `random_state` is
            None, and its `word_vectors` an array.
        """
        return load_embedding(cls, folder, backbone)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "tag_vectors_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        tags.input_tags.two_d_array = self.backbone is None
        return tags
