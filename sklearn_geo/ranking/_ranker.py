# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which tag, which photo and which place belong together."""

from collections.abc import Callable
from numbers import Integral, Real

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._labels import check_groups, check_rows
from sklearn_geo._made_for import made_for
from sklearn_geo._weights import check_weights
from sklearn_geo.base import GeoEstimator
from sklearn_geo.nets import TRAINING_CONSTRAINTS
from sklearn_geo.ranking._ranker_answers import RankerAnswers
from sklearn_geo.ranking._ranker_files import load_ranker, save_ranker
from sklearn_geo.ranking._ranker_training import RankerTraining
from sklearn_geo.ranking._tagger import TaggerMixin

__all__ = ["LocSensRanker"]


class LocSensRanker(RankerAnswers, RankerTraining, GeoEstimator):
    r"""Rank tags for photos, and photos for tags, in the light of the place.

    LocSens [1]_ scores triplets of a photo, a tag and a place: the higher, the better
    they go together. For a photo and its place that ranks tags; for a tag and a place
    that is asked for it ranks photos. Photos come as features of a network, such as
    those that :class:`HashtagEmbedding` learns from tags.

    Parameters
    ----------
    task : {"tagging", "retrieval"}, default="tagging"
        What a triplet that goes together is compared with. For "tagging" its photo or
        its tag is replaced, by a fair coin; for "retrieval" always the photo, so that
        frequent tags are no better off. A multilinear scorer trained for "tagging" does
        both.

    scorer : {"multilinear", "trunk"}, default="multilinear"
        A form that is linear in photo, tag and place, so that a query is one product
        with a matrix that is kept; or the deep trunk of [1]_, which every triplet has
        to pass.

    loss : {"auto", "hinge", "logistic", "softmax"}, default="auto"
        "hinge" is the margin ranking loss of [1]_, "logistic" its smooth form.
        "softmax" tells a tag of the photo from all tags, and the photo from the others
        of the batch; only the multilinear scorer can afford it. "auto" is "softmax"
        there, and "hinge" for the trunk.

    location : "auto" or pair of str or int, default=(0, 1)
        The latitude and the longitude column of X, by name or position. "auto" goes by
        names. All other columns are the features of the photo.

    location_mode : {"raw", "zeroed", "dropout", "sampling"}, default="raw"
        Places as they are; silenced; silenced until that has converged and then let in
        little by little, while a share (`location_dropout`) stays silenced; or told
        roughly first and then more and more exactly, with a state kept at every level
        of `sigma_km_schedule`.

    sigma_km_schedule : callable or sequence, default=(20000, 2000, 1000, 200, 0)
        Standard deviations of the noise for "sampling", in km, descending. Each level
        is trained until it has converged. A callable is asked for level 0, 1, ... until
        it returns 0 or None. The default are the published sigmas of 1, 0.1, 0.05, 0.01
        and 0, where 1 is from pole to pole.

    noise : {"sphere", "paper"}, default="sphere"
        Noise on the globe, or in the square of normalised coordinates, which is twice
        as wide east-west and throws places over the pole to the other pole.

    location_encoder : {"auto", "pair"} or transformer, default="auto"
        What the network sees of a place. "pair" is the published
        :math:`((lat + 90) / 180, (lon + 180) / 360)`; any encoder of
        :mod:`sklearn_geo.encoding` will do. "auto" is "pair" for the trunk, and for the
        multilinear scorer waves as fine as the places of `fit` are dense.

    location_dropout : float or "auto", default="auto"
        Share of places that are silenced in training, so that the network knows what
        to say without a place. "auto" is 0.5 for "dropout", else 0.1 for the
        multilinear scorer and 0 for the trunk.

    place_prior : bool or "auto", default="auto"
        Add to the score of a tag how much likelier it is around the place than
        anywhere, by a kernel over the nearest photos of `fit`. It is a product of
        experts to begin with, and the network learns what is more than that, from
        photos of other users (`groups`) around. How much of it is believed is found on
        held-out photos, so that most have a true tag among the first ten. It ranks tags
        only, and needs ``loss="softmax"``. "auto" has it for tagging.

    allow_missing : bool, default=False
        Let a pair of NaN stand for a missing place: it is silenced.

    embedding : HashtagEmbedding or other transformer, default=None
        What turns features into vectors of photos, and has vectors of tags. It is
        cloned and fitted on the features and y; wrap it in
        :class:`sklearn.frozen.FrozenEstimator` to keep one that is fitted.

    tag_vectors : array-like of shape (n_tags, n_columns) or estimator, default=None
        Vectors of tags (or what has them as `tag_vectors_`), which stay as they are.
        None takes those of `embedding`, and learns them if there is none.

    scale : {"auto", "l2", "standard"} or None, default="auto"
        How features are scaled: photos of length one, or columns of mean zero and
        variance one and then photos of length one. "auto" is "l2" with an `embedding`
        or for the trunk, else "standard".

    n_components : int, default=300
        Width that photos, tags and places are brought to.

    hidden_layer_sizes : sequence of int, default=(2048, 2048, 2048, 1024, 512)
        Widths of the trunk.

    weight_init : {"he", "paper"}, default="he"
        Weights that the trunk begins with: of a size that keeps the scale of what
        passes, or the published N(0, 0.01), which takes far longer to leave the plateau
        where all triplets score alike.

    n_negatives : int, default=6
        Negatives of each positive, for "hinge" and "logistic".

    margin : float, default=0.1
        By how much a positive is to lead, for "hinge".

    n_sampled_tags : int or None, default=8192
        With a larger vocabulary, "softmax" compares with so many tags a step, drawn
        evenly, which stand for all others. None compares with all.

    shortlist : int or None, default=500
        How many candidates the trunk ranks, in :meth:`predict_topk`, :meth:`predict`
        and :meth:`retrieve`: those that a multilinear scorer, trained beside it, finds
        best. None lets it score everything, which takes seconds a query.
        :meth:`decision_function` always does.

    tag_names : sequence of str, default=None
        Names of the columns of y; None takes those of a data frame.

    omit_tags : collection of str or int, default=None
        Tags that are never suggested, such as the names of places.

    n_suggested : int, default=10
        How many tags :meth:`predict` suggests.

    threshold : float, default=None
        Suggest all tags that score at least as much, instead of `n_suggested`.

    untagged : {"skip", "error"}, default="skip"
        Whether photos without tags are passed over, with a warning that counts them.

    solver : {"adam", "adagrad", "sgd"}, default="adam"
        The optimizer.

    learning_rate_init : float, default=0.001
        Learning rate of the first epoch.

    learning_rate_decay : float, default=1.0
        Factor on the learning rate after every `learning_rate_every` epochs.

    learning_rate_every : int, default=1
        Number of epochs between two steps of the learning rate.

    momentum : float, default=0.9
        Momentum of "sgd".

    weight_decay : float, default=0.0
        Strength of the L2 penalty.

    batch_size : int, default=128
        Photos a step.

    max_iter : int, default=100
        Largest number of epochs of a level.

    tol : float, default=1e-4
        By how much the watched loss must fall to count as better.

    n_iter_no_change : int or None, default=5
        A level ends after so many epochs in a row that were not better.

    early_stopping : bool or "auto", default="auto"
        Watch the loss of held-out photos, and keep the weights of the best epoch.
        "auto" does so from 1,000 photos on. Photos of a user are held out together if
        `fit` gets `groups`: they are alike, and single ones would not tell.

    validation_fraction : float, default=0.1
        Share of photos (or of users) held out.

    device : str or torch.device, default="auto"
        "auto" is the first CUDA device if there is one, else the processor.

    mixed_precision : {"auto", "bfloat16", "float16"} or bool, default="auto"
        Halve the precision of products where it is safe, on an accelerator only.

    verbose : int, default=0
        0 prints nothing; 1 prints a line an epoch.

    warm_start : bool, default=False
        Let `fit` go on with the last state there is, instead of beginning anew;
        held-out photos are drawn as they were.

    random_state : int, RandomState instance or None, default=None
        Decides everything that is left to chance. Pass an int for the same numbers
        every time.

    Attributes
    ----------
    states_ : list of RankerState
        What was learnt at each level: its `sigma_km` and its network, `module`.

    tag_vectors_ : ndarray of shape (n_tags, n_columns)
        Vectors of tags.

    tag_names_ : list of str or None
        Names of tags.

    tag_counts_ : ndarray of int of shape (n_tags,)
        On how many photos of the last `fit` each tag was.

    n_tags_ : int
        Number of tags.

    classes_ : ndarray of int of shape (n_tags,)
        Numbers of the tags, for `cross_val_predict`.

    n_untagged_ : int
        Number of photos without tags, which were passed over.

    embedding_ : transformer or None
        The fitted `embedding`.

    net_ : EstimatorNet
        The skorch net of the last level.

    history_ : ndarray
        A row an epoch, see :func:`~sklearn_geo.nets.history_table`.

    n_iter_ : int
        Number of epochs.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of columns of X, if they are strings.

    See Also
    --------
    HashtagEmbedding : Photos and tags in one space, without places.
    ProductTagger : The product of two models, which has to be beaten.
    RadiusFilter : Photos within a radius, ranked by the tag.

    Notes
    -----
    The published settings are ``scorer="trunk"`` with ``solver="sgd"``,
    ``weight_decay=1e-4``, ``batch_size=1024``, ``weight_init="paper"`` and a
    `learning_rate_init` of 0.2 that is lowered by hand. Its trunk has 13 million
    weights: scoring 100,000 tags for one photo takes 2.6 TFLOP. The multilinear scorer
    needs one product of a matrix and a vector.

    `granularity` picks the state of the largest sigma that is at most half the
    distance: exact places for "street", "city" and "region" (1, 25, 200 km), 200 km for
    "country" (750 km), 1000 km for "continent" (2500 km), and the first state for
    "anywhere". With a single state there is nothing to pick.

    A silenced place is the zero vector where the network expects the vector of a place.

    Photos of one album are alike, so hold out whole users when you measure, see
    :class:`~sklearn_geo.model_selection.UserDisjointShuffleSplit`.

    References
    ----------
    .. [1] R. Gomez, J. Gibert, L. Gomez, D. Karatzas, "Location Sensitive Image
       Retrieval and Tagging", ECCV 2020.

    Examples
    --------
    The same photo of a road has another word in Costa Rica:

    >>> import numpy as np
    >>> from sklearn_geo.ranking import LocSensRanker
    >>> rng = np.random.default_rng(0)
    >>> places = np.where(rng.random((400, 1)) < 0.5, [[9.9, -84.1]], [[55.9, -3.2]])
    >>> places += rng.normal(size=(400, 2))
    >>> is_road, is_here = rng.random(400) < 0.5, places[:, 0] < 30
    >>> features = np.where(is_road[:, None], [[2.0, 0.0]], [[0.0, 2.0]])
    >>> features = features + rng.normal(0, 0.1, (400, 2))
    >>> words = np.array(["carretera", "road", "sea"])
    >>> tags = np.where(is_road, np.where(is_here, 0, 1), 2)[:, None] == np.arange(3)
    >>> ranker = LocSensRanker(n_components=16, tag_names=words, random_state=0)
    >>> ranker.fit(np.hstack([places, features]), tags)
    LocSensRanker(...)
    >>> road = [[9.9, -84.1, 2.0, 0.0], [55.9, -3.2, 2.0, 0.0]]
    >>> [str(words[tag]) for tag, in ranker.predict_topk(road, 1)]
    ['carretera', 'road']

    And the other way round, the photos that a word and a place call for:

    >>> found = ranker.index(np.hstack([places, features])).retrieve(
    ...     "carretera", [9.9, -84.1], k=20
    ... )
    >>> bool(is_road[found].all())
    True
    """

    _parameter_constraints: dict = {
        **TRAINING_CONSTRAINTS,
        **TaggerMixin._tagger_constraints,
        **TaggerMixin._untagged_constraint,
        "task": [StrOptions({"tagging", "retrieval"})],
        "scorer": [StrOptions({"multilinear", "trunk"})],
        "loss": [StrOptions({"auto", "hinge", "logistic", "softmax"})],
        "location": "no_validation",  # see location_positions
        "location_mode": [StrOptions({"raw", "zeroed", "dropout", "sampling"})],
        "sigma_km_schedule": ["array-like", Callable],
        "noise": [StrOptions({"sphere", "paper"})],
        "location_encoder": [
            StrOptions({"auto", "pair"}),
            HasMethods(["fit", "transform"]),
        ],
        "location_dropout": [
            Interval(Real, 0, 1, closed="left"),
            StrOptions({"auto"}),
        ],
        "place_prior": ["boolean", StrOptions({"auto"})],
        "allow_missing": ["boolean"],
        "embedding": [HasMethods(["fit", "transform"]), None],
        "tag_vectors": "no_validation",  # see _given_vectors
        "scale": [StrOptions({"auto", "l2", "standard"}), None],
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "hidden_layer_sizes": ["array-like"],
        "weight_init": [StrOptions({"he", "paper"})],
        "n_negatives": [Interval(Integral, 1, None, closed="left")],
        "margin": [Interval(Real, 0, None, closed="left")],
        "n_sampled_tags": [Interval(Integral, 1, None, closed="left"), None],
        "shortlist": [Interval(Integral, 1, None, closed="left"), None],
        "early_stopping": ["boolean", StrOptions({"auto"})],
        "device": "no_validation",  # see choose_device
    }
    del _parameter_constraints["shuffle"]

    def __init__(
        self,
        task="tagging",
        *,
        scorer="multilinear",
        loss="auto",
        location=(0, 1),
        location_mode="raw",
        sigma_km_schedule=(20_000, 2_000, 1_000, 200, 0),
        noise="sphere",
        location_encoder="auto",
        location_dropout="auto",
        place_prior="auto",
        allow_missing=False,
        embedding=None,
        tag_vectors=None,
        scale="auto",
        n_components=300,
        hidden_layer_sizes=(2048, 2048, 2048, 1024, 512),
        weight_init="he",
        n_negatives=6,
        margin=0.1,
        n_sampled_tags=8_192,
        shortlist=500,
        tag_names=None,
        omit_tags=None,
        n_suggested=10,
        threshold=None,
        untagged="skip",
        solver="adam",
        learning_rate_init=1e-3,
        learning_rate_decay=1.0,
        learning_rate_every=1,
        momentum=0.9,
        weight_decay=0.0,
        batch_size=128,
        max_iter=100,
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
        self.task = task
        self.scorer = scorer
        self.loss = loss
        self.location = location
        self.location_mode = location_mode
        self.sigma_km_schedule = sigma_km_schedule
        self.noise = noise
        self.location_encoder = location_encoder
        self.location_dropout = location_dropout
        self.place_prior = place_prior
        self.allow_missing = allow_missing
        self.embedding = embedding
        self.tag_vectors = tag_vectors
        self.scale = scale
        self.n_components = n_components
        self.hidden_layer_sizes = hidden_layer_sizes
        self.weight_init = weight_init
        self.n_negatives = n_negatives
        self.margin = margin
        self.n_sampled_tags = n_sampled_tags
        self.shortlist = shortlist
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

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, groups=None):
        """Learn what belongs together.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_features)
            Features of photos, and the latitude and longitude in two columns.

        y : {array-like, sparse array or matrix, data frame} of shape (n_photos, n_tags)
            1 where the photo has the tag.

        sample_weight : array-like of shape (n_photos,), default=None
            Weights of photos. Their scale does not matter: they are divided by their
            mean over the photos with a tag and a weight above 0, and others teach
            nothing.

        groups : array-like of shape (n_photos,), default=None
            Whose photo it is: users are held out whole if there is early stopping.

        Returns
        -------
        self : LocSensRanker
            The fitted estimator.
        """
        go_on = self.warm_start and self.__sklearn_is_fitted__()
        with all_or_nothing(self):
            places, features = self._read(X, reset=not go_on)
            if sample_weight is not None:
                sample_weight = check_weights(sample_weight, places)
            if groups is not None:
                check_rows(len(places), groups, "groups")
                _, groups = check_groups(groups, len(places))
            if go_on:
                self._check_same("Set warm_start=False to learn anew.")
            indicator = self._read_target(y, len(places), go_on)
            tagged, sample_weight = self._lessons(indicator, sample_weight)
            tagged = np.arange(len(places)) if tagged is None else tagged
            seed = self._draw_seed(go_on)
            if not go_on:
                self._made_for = made_for(self._architecture())
                self._begin(features, places, indicator, tagged, sample_weight)
            rows = {
                "photos": self._photos(features),
                "places": self._places(places),
                "indicator": indicator,
                "seed": seed,
            }
            learn, valid = self._held_out(tagged, groups)
            self._fit_prior(places, indicator, learn, sample_weight, groups)
            self._learn(rows, learn, valid, sample_weight, go_on)
            self._gallery = None
        return self

    def save_pretrained(self, folder):
        """Write the fitted model to a folder, as JSON and safetensors.

        Parameters
        ----------
        folder : str or path
            The folder; it is made if it is not there. The gallery is not stored. A
            `location_encoder` has to be one of this library, and an `embedding` a
            :class:`HashtagEmbedding`, which gets a sub-folder of its own. Parameters
            that decide what the network is have to be those of `fit`.
        """
        check_is_fitted(self)
        save_ranker(self, folder)

    @classmethod
    def from_pretrained(cls, folder):
        """Read a model that :meth:`save_pretrained` has written.

        Parameters
        ----------
        folder : str or path
            The folder. Nothing in it is run, and everything in it is checked.

        Returns
        -------
        model : LocSensRanker
            A fitted model that scores as the saved one did. Its `random_state` is None,
            and its `tag_vectors` an array if they were given.
        """
        return load_ranker(cls, folder)

    def __sklearn_is_fitted__(self):
        return bool(getattr(self, "states_", None))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.allow_missing
        return tags
