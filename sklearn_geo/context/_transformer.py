# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""GPS2Vec+: what networks learnt about a place, zone by zone."""

import numbers
from contextlib import nullcontext
from functools import partial

import numpy as np
from sklearn.base import _fit_context
from sklearn.frozen import FrozenEstimator
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    StrOptions,
)
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._labels import check_rows
from sklearn_geo._settings import check_settings, check_strictly
from sklearn_geo._weights import check_weights
from sklearn_geo.base import GeoEstimator
from sklearn_geo.context._columns import default_encoding
from sklearn_geo.context._fitted import FittedZones, of_weight
from sklearn_geo.context._networks import ZoneModules
from sklearn_geo.context._numpy_forward import NumpyModules
from sklearn_geo.context._presets import PRESETS
from sklearn_geo.context._pretrained import export_one, load_zones, save_zones
from sklearn_geo.context._shared_fits import keep_fit, key_of, latest_fit
from sklearn_geo.context._zone_learner import BY_PRESET, ZoneLearner
from sklearn_geo.context._zone_reader import ZoneReader
from sklearn_geo.neighbors import GeoTagCorpus
from sklearn_geo.nets import TRAINING_CONSTRAINTS, choose_device, rows_in_memory
from sklearn_geo.partition._base import PlacePartition

__all__ = ["GPS2VecPlusTransformer"]


class GPS2VecPlusTransformer(ZoneLearner, ZoneReader, GeoEstimator):
    r"""Encode places by what networks learnt about them from photos.

    GPS2Vec+ [1]_: in every zone of the globe a small network reads where a place is,
    and says what photos taken around it are like: which objects and scenes are seen on
    them, which tags they carry. It learns that from *teachers*, distributions over
    objects, scenes or tags of many geotagged photos, and needs neither the photos nor
    their neighbours afterwards. What it says are columns for other tasks, such as the
    annotation of venues.

    Parameters
    ----------
    contexts : mapping, default=None
        Which columns of `y` belong to which context: a number of columns for each, in
        their order (``{"object": 1000, "scene": 365, "tag": 2000}``), a list of column
        names or positions, a slice, or what the names of its columns begin with
        (``{"scene": "scene_"}``). None goes by names that `FeatureUnion` and
        `ColumnTransformer` make, ``scene__beach``; otherwise all columns are one
        context, called "context".

    networks : sequence of sequence of str, default=None
        The contexts that share a trunk, such as ``(("object", "scene"), ("tag",))``.
        None lets "object" and "scene" share one, as in the paper, and gives every other
        context its own.

    preset : {"default", "paper"}, default="default"
        What the settings of the training are that are None below.

        - "paper": stochastic gradient descent with a learning rate of 0.001, momentum
          0.9 and batches of 32, from Glorot weights, until the divergence on photos
          held out has not fallen for 20 epochs (the paper does not say when it stops);
        - "default": Adam with the same learning rate and batches of 128, from weights
          after He and heads that start at the zone's mean teacher row. It comes to the
          paper's divergence in a small part of the time: see the user guide.

    encoding : transformer, default=None
        What describes a place to the networks. None is
        :class:`~sklearn_geo.encoding.SoftGridEncoder`, a grid in each zone, and
        :class:`~sklearn_geo.encoding.Sphere2VecEncoder` where `regions` is None.
        ``SoftGridEncoder(hard=True)`` makes GPS2Vec_onehot. Its parameters are set as
        ``encoding__sigma_km``, also while it is None.

    regions : "utm", partition or None, default="utm"
        What has networks of its own: UTM zones, the cells of a partition (a copy is
        fitted on the training places; wrap a fitted one in
        :class:`sklearn.frozen.FrozenEstimator`), or the whole globe (None).

    hidden : sequence of int, default=(512, 1024, 2048)
        Widths of the layers of a trunk.

    output_layer : "softmax" or int, default="softmax"
        What :meth:`transform` gives: the distributions of the contexts, or the values
        of a hidden layer of every trunk, counted from 1.

    append_location : bool, default=False
        Append a one-hot of the UTM zones of the training places, the paper's location
        context.

    target_propagator : transformer or mapping of str to transformer, default=None
        Makes the teacher rows of a context from its columns of `y`, raw tags then, as
        :class:`~sklearn_geo.neighbors.GeoNeighborTagPropagator` does. One that is
        given alone is for the context "tag", or for the only one. A photo is its own
        neighbour here, as in the paper.

    min_samples : int, default=128
        How many photos a zone needs for networks of its own. Below about a hundred,
        the network of the whole globe is the better one on photos held out.

    missing_zone : str, default="fallback"
        What places get whose zone has no networks, or that lie in no cell:

        - "fallback": what networks of the whole globe say. They are trained before the
          zones, on photos of which no zone has more than a fair share;
        - "nearest": what the nearest zone with networks says at its edge; with
          `blend_km`, others speak too, the less the farther they are than it;
        - "uniform": the same share for everything in a context;
        - "nan": NaN;
        - "error": an error.

    fallback_samples : int, default=50000
        How many photos the networks of the whole globe learn from at most, but at least
        one of each zone.

    blend_km : float, default=None
        Let the networks of all zones within this distance speak of a place, each the
        less the farther its border is. Without it, what is said of two places jumps
        where a border runs between them.

    corpus : GeoTagCorpus, default=None
        Photos and tags to learn from. :meth:`fit` then only looks at the columns of `X`
        and ignores `y`, which may be the labels of the task at hand. Photos without
        tags teach nothing, and those without tags of a context not that context, unless
        a `target_propagator` gives them some. With an int as `random_state` what was
        learnt from a corpus last is kept beside it, so that a search does not learn the
        same again for every fold.

    pretrained : str or path, default=None
        Folder or address of a transformer that was saved. :meth:`fit` loads it and
        ignores `y`; what is learnt is then decided by the folder, what is given out by
        the parameters `output_layer`, `append_location`, `missing_zone` and `blend_km`.

    max_loaded_zones : int, default=8
        How many zones that are read from a folder are kept in memory.

    checkpoint_dir : str or path, default=None
        A folder in which every zone is stored as soon as it is trained. The fitted
        transformer reads its zones from there, so that they are never in memory
        together.

    resume : bool, default=False
        Go on with what `checkpoint_dir` holds of the same fit, instead of anew.

    zones_at_once : "auto" or int, default="auto"
        How many zones are trained as one batched computation, by one worker: "auto" is
        one on a processor and many on an accelerator. It changes the speed, not what is
        learnt, but for rounding. Networks of less than a hundred units train faster at
        once on a processor, too.

    solver : {"adam", "adagrad", "sgd"}, default=None
        The optimizer. None is what `preset` says, here and in what follows.

    learning_rate_init : float, default=None
        Its learning rate.

    momentum : float, default=None
        Momentum of "sgd".

    batch_size : int, default=None
        Photos a step.

    max_iter : int, default=None
        Largest number of epochs.

    tol : float, default=None
        By how much the watched divergence must fall to count as better.

    n_iter_no_change : int, default=None
        Training ends after so many epochs in a row that were not better.

    early_stopping : bool, default=None
        Watch the divergence on photos held out, and keep the weights of the best epoch.

    validation_fraction : float, default=None
        The share of a zone's photos that is held out.

    device : str or torch.device, default="auto"
        "auto" is the first CUDA device if there is one, else the processor.

    mixed_precision : {"auto", "bfloat16", "float16"} or bool, default="auto"
        Halve the precision of products while training, on an accelerator only.

    n_jobs : int, default=None
        Number of zones that are trained side by side, in the workers of the joblib
        backend that is set: ``joblib.parallel_config("dask")`` spreads zones over a
        cluster. None is 1.

    verbose : int, default=0
        1 prints a line a zone, 2 also a line an epoch.

    random_state : int, RandomState instance or None, default=None
        Decides the first weights, shuffles, and which photos are held out, and seeds
        `regions` and `encoding` that have no seed of their own. Pass an int for the
        same numbers every time.

    Attributes
    ----------
    contexts_ : dict of str to int
        Number of columns of each context.

    networks_ : tuple of tuple of str
        The contexts that share a trunk.

    zone_report_ : ndarray of shape (n_zones,)
        A row a zone with networks, with the fields "zone", "photos", "epochs",
        "held_out_kl" and "seconds". The divergence is summed over contexts; a photo
        that misses one counts 0 there, and it is NaN if nothing was held out.

    history_ : ndarray
        A row an epoch of a network of a zone: "zone", "network" and the fields of
        :func:`~sklearn_geo.nets.history_table`. The networks of the whole globe are
        called "fallback". What was read from a store or a checkpoint has none.

    skipped_zones_ : list of str
        Names of the zones that the last training left out, because memory ran out. A
        transformer that was stored does not know of any.

    n_iter_ : int
        The largest number of epochs of a zone, or of the whole globe.

    n_features_in_ : int
        Number of columns seen in :meth:`fit`: two, latitude and longitude.

    feature_names_in_ : ndarray of shape (2,)
        Names of these columns, if they are strings.

    See Also
    --------
    NumpyContextEncoder : The same of a transformer that was saved, without torch.
    sklearn_geo.encoding.SoftGridEncoder : What the networks read.
    sklearn_geo.neighbors.GeoNeighborTagPropagator : The teacher of tags, and what to
        use instead where photos are at hand.
    sklearn_geo.encoding.UTMOneHotEncoder : The location context.

    Notes
    -----
    With :math:`g_k` the teachers of the contexts `k` of a network, :math:`f_k` its
    heads and :math:`x_i` the columns of the place of photo `i`, a network minimises
    (equations 1 and 2 of the paper)

    .. math::

        L(\theta) = \sum_k \sum_i D_{KL}\big(g_k(I_i) \,\|\, f_k(x_i; \theta)\big),
        \qquad D_{KL}(P \| Q) = \sum_j P_j \log \frac{P_j}{Q_j}.

    A trunk has three hidden layers of 512, 1024 and 2048 units with ReLU in the paper,
    and a head is a softmax.

    A context that no photo of a zone teaches says the mean teacher row of all photos
    there, weighted by `sample_weight`; with a `target_propagator`, of the rows that it
    makes. Rows do not depend on each other, and results do not depend on `n_jobs`.

    A zone for which memory runs out, of the machine or of the accelerator, is left out
    with a warning, and the others are trained; only where nothing at all was learnt it
    is a `MemoryError`. A checkpoint is then resumed like that of a fit that was killed.

    References
    ----------
    .. [1] Y. Yin, Y. Zhang, Z. Liu, Y. Liang, S. Wang, R. R. Shah and R. Zimmermann,
       "Learning Multi-context Aware Location Representations from Large-scale Geotagged
       Images", ACM Multimedia, 2021, sections 3.2 to 3.4.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.context import GPS2VecPlusTransformer
    >>> rng = np.random.default_rng(0)
    >>> places = rng.uniform([48.0, 7.0], [49.0, 11.0], (600, 2))
    >>> beach = (places[:, 1] < 9.0).astype(float)
    >>> teachers = np.column_stack([beach, 1.0 - beach])  # of the tags "beach", "alps"
    >>> encoder = GPS2VecPlusTransformer(
    ...     contexts={"tag": 2}, hidden=(32,), random_state=0
    ... ).fit(places, teachers)
    >>> encoder.transform([[48.5, 7.5], [48.5, 10.5]]).round(1)
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    >>> encoder.zone_report_["zone"]
    array(['32U'], dtype='<U3')
    """

    _parameter_constraints: dict = {
        **ZoneReader._parameter_constraints,
        "contexts": [HasMethods("items"), None],
        "networks": ["array-like", str, None],
        "preset": [StrOptions(set(PRESETS))],
        "encoding": [HasMethods(["fit", "transform", "get_feature_names_out"]), None],
        "regions": [StrOptions({"utm"}), PlacePartition, FrozenEstimator, None],
        "hidden": ["array-like"],
        "target_propagator": [
            HasMethods(["fit", "transform"]),
            HasMethods("items"),
            None,
        ],
        "min_samples": [Interval(numbers.Integral, 1, None, closed="left")],
        "fallback_samples": [Interval(numbers.Integral, 1, None, closed="left")],
        "corpus": [GeoTagCorpus, None],
        "pretrained": "no_validation",  # a path or an address
        "checkpoint_dir": "no_validation",  # a path
        "resume": ["boolean"],
        "zones_at_once": [
            StrOptions({"auto"}),
            Interval(numbers.Integral, 1, None, closed="left"),
        ],
        **{name: [*TRAINING_CONSTRAINTS[name], None] for name in BY_PRESET},
        "device": TRAINING_CONSTRAINTS["device"],
        "mixed_precision": TRAINING_CONSTRAINTS["mixed_precision"],
        "n_jobs": [numbers.Integral, None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }
    _answered_by = (*ZoneReader._answered_by, "device")

    def __init__(
        self,
        *,
        contexts=None,
        networks=None,
        preset="default",
        encoding=None,
        regions="utm",
        hidden=(512, 1024, 2048),
        output_layer="softmax",
        append_location=False,
        target_propagator=None,
        min_samples=128,
        missing_zone="fallback",
        fallback_samples=50_000,
        blend_km=None,
        corpus=None,
        pretrained=None,
        max_loaded_zones=8,
        checkpoint_dir=None,
        resume=False,
        zones_at_once="auto",
        solver=None,
        learning_rate_init=None,
        momentum=None,
        batch_size=None,
        max_iter=None,
        tol=None,
        n_iter_no_change=None,
        early_stopping=None,
        validation_fraction=None,
        device="auto",
        mixed_precision="auto",
        n_jobs=None,
        verbose=0,
        random_state=None,
    ):
        self.contexts = contexts
        self.networks = networks
        self.preset = preset
        self.encoding = encoding
        self.regions = regions
        self.hidden = hidden
        self.output_layer = output_layer
        self.append_location = append_location
        self.target_propagator = target_propagator
        self.min_samples = min_samples
        self.missing_zone = missing_zone
        self.fallback_samples = fallback_samples
        self.blend_km = blend_km
        self.corpus = corpus
        self.pretrained = pretrained
        self.max_loaded_zones = max_loaded_zones
        self.checkpoint_dir = checkpoint_dir
        self.resume = resume
        self.zones_at_once = zones_at_once
        self.solver = solver
        self.learning_rate_init = learning_rate_init
        self.momentum = momentum
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.device = device
        self.mixed_precision = mixed_precision
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state

    def set_params(self, **params):
        """Set parameters, also those of the encoder that `encoding=None` stands for.

        Parameters
        ----------
        **params : dict
            Parameters; ``encoding__sigma_km=10`` sets one of the encoder.

        Returns
        -------
        self : GPS2VecPlusTransformer
            The transformer.
        """
        nested = any(name.startswith("encoding__") for name in params)
        if nested and params.get("encoding", self.encoding) is None:
            regions = params.get("regions", self.regions)
            params = {**params, "encoding": default_encoding(regions)}
        return super().set_params(**params)

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, sample_weight=None):
        """Train the networks of all zones.

        Parameters
        ----------
        X : array-like of shape (n_photos, 2)
            Latitude and longitude in degrees.

        y : {array-like, sparse matrix, data frame} of shape (n_photos, n_columns)
            Teacher distributions of the contexts side by side. Rows are normalised to
            sum to 1 in each context; a photo that misses a context has NaN in all its
            columns. Ignored with `corpus` or `pretrained`.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts, for the networks and for the cells where `regions`
            is a partition. Ignored with `corpus` or `pretrained`.

        Returns
        -------
        self : GPS2VecPlusTransformer
            The fitted transformer.
        """
        self._check_parameters()
        # A first fit that fails has the zones that it has trained by then.
        again = hasattr(self, "_zones")
        with all_or_nothing(self) if again else nullcontext():
            places = self._read_places(X, reset=True)
            if self.pretrained is not None:
                _, zones, _ = load_zones(
                    self.pretrained, None, self.max_loaded_zones, FittedZones.of
                )
                self._answer_from(zones)
                return self
            photos = self._read_photos(places, y, sample_weight)
            key = key_of(self)
            zones = latest_fit(self.corpus, key)
            if zones is not None:
                self._answer_from(zones)
                return self
            self._begin(photos)
            if self._learn(photos, fresh=True):
                keep_fit(self.corpus, key, self._zones)
        return self

    @_fit_context(prefer_skip_nested_validation=False)
    def partial_fit(self, X, y=None, sample_weight=None):
        """Train on some photos for one epoch, and on others in the next call.

        With a `corpus` every call is one more epoch on all of it, and its photos are
        counted once, but once more after loading. `contexts`, `networks`, `regions`,
        `encoding` and `hidden` stay those of the first call.

        Parameters
        ----------
        X : array-like of shape (n_photos, 2)
            Latitude and longitude in degrees.

        y : {array-like, sparse matrix, data frame} of shape (n_photos, n_columns)
            Teacher distributions, the same columns in every call. From the second one
            on all photos may miss a context, unless a zone, or the whole globe, gets
            its first networks.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts.

        Returns
        -------
        self : GPS2VecPlusTransformer
            The transformer. A zone gets networks in the call in which it has seen
            `min_samples` photos, earlier calls included. A first call that trains no
            network at all is refused, and its photos do not count.
        """
        return self._more(X, y, sample_weight, epochs=1, early_stopping=False)

    @_fit_context(prefer_skip_nested_validation=False)
    def update_zones(self, X, y=None, sample_weight=None):
        """Train the zones that got new photos further, and leave the others alone.

        Parameters
        ----------
        X : array-like of shape (n_photos, 2)
            Places of the photos to learn from, in degrees.

        y : {array-like, sparse matrix, data frame} of shape (n_photos, n_columns)
            Teacher distributions, the same columns as in `fit`. All photos may miss a
            context, unless a zone gets its first networks.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts.

        Returns
        -------
        self : GPS2VecPlusTransformer
            The transformer. Zones that photos lie in are trained with all epochs, from
            the weights they have; zones that reach `min_samples` get networks. The
            network of the whole globe stays as it is, and so do `contexts`, `networks`,
            `regions`, `encoding` and `hidden`.
        """
        check_is_fitted(self)
        if self.corpus is not None:
            raise ValueError(
                "corpus holds all the photos there are to learn from. Set corpus=None "
                "to go on with new ones."
            )
        return self._more(X, y, sample_weight, fallback=False)

    def save_pretrained(self, folder, dtype="float32"):
        """Write the fitted transformer to a folder: a zone store.

        Parameters
        ----------
        folder : str or path
            The folder. A store that is there stays readable until this one is whole.
            Saved to the folder that it was read from, in its dtype, only zones trained
            since are written.

        dtype : {"float32", "float16", "int8"}, default="float32"
            How weights are stored: in 4, 2 or 1 bytes each.
        """
        check_is_fitted(self)
        # What is set now is what whoever loads it has to take.
        check_strictly(self)
        self._check_layer(self._zones.plan.hidden)
        save_zones(self, self._zones, folder, dtype)

    @classmethod
    def from_pretrained(cls, folder_or_url, revision=None, max_loaded_zones=8):
        """Read a transformer that :meth:`save_pretrained` has written.

        Networks of a zone are read when the first place in it is encoded, and checked
        then. Nothing in the folder is run.

        Parameters
        ----------
        folder_or_url : str or path
            The folder, or its address (``https://...``; needs ``pip install
            'sklearn-geo[data]'``), from which zones are fetched when they are needed.

        revision : str, default=None
            Folder within it that holds the version wanted, such as ``"v2"``.

        max_loaded_zones : int, default=8
            How many zones are in memory at most.

        Returns
        -------
        model : GPS2VecPlusTransformer
            A fitted transformer. Its parameters are those of the one that was saved,
            but for what a store does not hold: the random state, where things were on
            that machine, and what made teacher rows (`corpus`, `target_propagator`).
        """
        params, zones, names = load_zones(
            folder_or_url, revision, max_loaded_zones, FittedZones.of
        )
        params.update(zones.plan.params(), max_loaded_zones=max_loaded_zones)
        return cls._of_store(folder_or_url, params, zones, names)

    def export_onnx(self, zone, path):
        """Write the networks of one zone to a file of ONNX, for a phone.

        Parameters
        ----------
        zone : str
            Name of a zone that has networks, as in `zone_report_`, such as ``"30U"``.

        path : str or path
            The file.
        """
        check_is_fitted(self)
        check_settings(self, "output_layer")
        self._check_layer(self._zones.plan.hidden)
        export_one(self._zones, zone, path, self.output_layer)

    def numpy_forward(self, X):
        """Do what :meth:`transform` does, computed without torch.

        On a machine that has no torch use
        :class:`~sklearn_geo.context.NumpyContextEncoder`, which does the same.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        Returns
        -------
        X_out : ndarray of shape (n_places, n_columns), float32
            The same columns.
        """
        check_is_fitted(self)
        places = self._read_places(X, reset=False)
        return self._encode(places, self._answered_with(NumpyModules))

    def score(self, X, y, sample_weight=None):
        r"""Return minus the mean divergence from the teachers.

        Parameters
        ----------
        X : array-like of shape (n_photos, 2)
            Latitude and longitude in degrees.

        y : {array-like, sparse matrix, data frame} of shape (n_photos, n_columns)
            Teacher distributions, the columns that `fit` saw. What a
            `target_propagator` makes of raw tags is made of these photos' tags.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts; one of weight 0 is no neighbour either.

        Returns
        -------
        float
            :math:`-\frac1C \sum_c` of the mean KL(teacher || student) in context c,
            over the photos that do not miss it. A context that all photos miss is not
            among the `C`.
        """
        check_is_fitted(self)
        check_settings(self, "target_propagator")
        places = self._read_places(X, reset=False)
        matrix, names = self._read_teachers(y)
        check_rows(len(places), matrix, "y")
        self._zones.check_columns(matrix, names)
        weights = None
        if sample_weight is not None:
            weights = check_weights(sample_weight, places)
        photos, places, weights = of_weight(places, weights)
        numbers = np.arange(len(places)) if photos is None else photos
        teachers = self._zones.teachers(self, places, matrix, photos)
        teachers.check(some=True)
        inference = self._inference()
        total = {name: np.zeros(2) for name in self._zones.contexts.widths}
        n_columns = self._zones.architecture.n_outputs("softmax")
        size = rows_in_memory(24 * n_columns, len(places))
        for rows in gen_batches(len(places), size):
            said = np.empty((rows.stop - rows.start, n_columns), dtype=np.float32)
            inference.write(places[rows], said, "softmax", numbers=numbers[rows])
            self._zones.add_divergence(total, teachers, rows, said, weights)
        means = [loss / weight for loss, weight in total.values() if weight]
        return -float(np.mean(means))

    @property
    def skipped_zones_(self):
        """Names of the zones that the last training had no memory for."""
        check_is_fitted(self)
        return [zone.name for zone in getattr(self._zones, "skipped", [])]

    @property
    def n_iter_(self):
        """The largest number of epochs of a zone, or of the whole globe."""
        check_is_fitted(self)
        return max(record["epochs"] for record in self._zones.records.values())

    @property
    def history_(self):
        """A row an epoch of a network of a zone."""
        check_is_fitted(self)
        return self._zones.history()

    def _what_runs(self):
        return partial(ZoneModules, device=choose_device(self.device))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = self.corpus is None and self.pretrained is None
        tags.target_tags.one_d_labels = False
        tags.target_tags.two_d_labels = True
        tags.target_tags.single_output = False
        tags.target_tags.multi_output = True
        tags.target_tags.positive_only = True
        return tags
