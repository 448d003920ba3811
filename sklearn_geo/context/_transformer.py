# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""GPS2Vec+: what networks learnt about a place, zone by zone."""

import numbers

import numpy as np
from sklearn.base import TransformerMixin, _fit_context
from sklearn.frozen import FrozenEstimator
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    Options,
    StrOptions,
)
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from sklearn_geo._labels import check_rows
from sklearn_geo.base import GeoEstimator
from sklearn_geo.context._columns import default_encoding
from sklearn_geo.context._fitted import FittedZones
from sklearn_geo.context._inference import Inference
from sklearn_geo.context._presets import PRESETS
from sklearn_geo.context._teachers import open_teachers
from sklearn_geo.encoding import UTMOneHotEncoder
from sklearn_geo.encoding._feature_names import check_input_features
from sklearn_geo.nets import TRAINING_CONSTRAINTS, draw_seed, rows_in_memory
from sklearn_geo.nets._estimator import CallbackSupportMixin, with_callbacks
from sklearn_geo.neighbors import GeoTagCorpus
from sklearn_geo.partition._base import PlacePartition

__all__ = ["GPS2VecPlusTransformer"]

# Settings of the training that None leaves to the preset.
_BY_PRESET = (
    "solver",
    "learning_rate_init",
    "momentum",
    "batch_size",
    "max_iter",
    "tol",
    "n_iter_no_change",
    "early_stopping",
    "validation_fraction",
)


class GPS2VecPlusTransformer(CallbackSupportMixin, TransformerMixin, GeoEstimator):
    r"""Encode places by what networks learnt about them from photos.

    DOC
    """

    _parameter_constraints: dict = {
        "contexts": [HasMethods("items"), None],
        "networks": ["array-like", str, None],
        "preset": [StrOptions(set(PRESETS))],
        "encoding": [HasMethods(["fit", "transform", "get_feature_names_out"]), None],
        "regions": [StrOptions({"utm"}), PlacePartition, FrozenEstimator, None],
        "hidden": ["array-like"],
        "output_layer": [
            StrOptions({"softmax"}),
            Interval(numbers.Integral, 1, None, closed="left"),
        ],
        "append_location": ["boolean"],
        "target_propagator": [
            HasMethods(["fit", "transform"]),
            HasMethods("items"),
            None,
        ],
        "min_samples": [Interval(numbers.Integral, 1, None, closed="left")],
        "missing_zone": [
            StrOptions({"fallback", "nearest", "uniform", "nan", "error"})
        ],
        "fallback_samples": [Interval(numbers.Integral, 1, None, closed="left")],
        "blend_km": [Interval(numbers.Real, 0, None, closed="neither"), None],
        "corpus": [GeoTagCorpus, None],
        "pretrained": "no_validation",  # a path or an address
        "max_loaded_zones": [Interval(numbers.Integral, 1, None, closed="left")],
        "checkpoint_dir": "no_validation",  # a path
        "resume": ["boolean"],
        "zones_at_once": [
            StrOptions({"auto"}),
            Interval(numbers.Integral, 1, None, closed="left"),
        ],
        **{name: [*TRAINING_CONSTRAINTS[name], None] for name in _BY_PRESET},
        "device": TRAINING_CONSTRAINTS["device"],
        "mixed_precision": TRAINING_CONSTRAINTS["mixed_precision"],
        "n_jobs": [numbers.Integral, None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

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
        min_samples=32,
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

    @_fit_context(prefer_skip_nested_validation=True)
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
            What every photo counts. Ignored with `corpus` or `pretrained`.

        Returns
        -------
        self : GPS2VecPlusTransformer
            The fitted transformer.
        """
        self._check_parameters()
        places = self._read_places(X, reset=True)
        if self.pretrained is not None:
            self._take_pretrained()
            return self
        photos = self._read_photos(places, y, sample_weight)
        self._seed = draw_seed(self.random_state)
        self._zones = FittedZones(self, *photos, seed=self._seed)
        self._learn(photos, fresh=True)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None):
        """Train on some photos for one epoch, and on others in the next call.

        Parameters
        ----------
        X : array-like of shape (n_photos, 2)
            Latitude and longitude in degrees.

        y : {array-like, sparse matrix, data frame} of shape (n_photos, n_columns)
            Teacher distributions, the same columns in every call.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts.

        Returns
        -------
        self : GPS2VecPlusTransformer
            The transformer. A zone gets networks in the call in which it has seen
            `min_samples` photos, earlier calls included.
        """
        return self._more(X, y, sample_weight, epochs=1, early_stopping=False)

    @_fit_context(prefer_skip_nested_validation=True)
    def update_zones(self, X, y=None, sample_weight=None):
        """Train the zones that got new photos further, and leave the others alone.

        Parameters
        ----------
        X : array-like of shape (n_photos, 2)
            Places of the photos to learn from, in degrees.

        y : {array-like, sparse matrix, data frame} of shape (n_photos, n_columns)
            Teacher distributions, the same columns as in `fit`.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts.

        Returns
        -------
        self : GPS2VecPlusTransformer
            The transformer. Zones that photos lie in are trained with all epochs, from
            the weights they have; zones that reach `min_samples` get networks. The
            network of the whole globe stays as it is.
        """
        check_is_fitted(self)
        return self._more(X, y, sample_weight, fallback=False)

    def _more(self, X, y, sample_weight, *, fallback=True, epochs=None, **settings):
        self._check_parameters()
        if self.corpus is not None or self.pretrained is not None:
            raise ValueError(
                "New photos come with this call, so corpus and pretrained must be "
                "None. To go on with stored networks use "
                "GPS2VecPlusTransformer.from_pretrained(folder)."
            )
        first = not hasattr(self, "_zones")
        places = self._read_places(X, reset=first)
        photos = self._read_photos(places, y, sample_weight)
        if first:
            self._seed = draw_seed(self.random_state)
            self._zones = FittedZones(self, *photos, seed=self._seed)
        else:
            self._zones.check_columns(photos[1], photos[2])
        self._learn(photos, fresh=first, fallback=fallback, epochs=epochs, **settings)
        return self

    def transform(self, X):
        """Say what the networks learnt about places.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        Returns
        -------
        X_out : ndarray of shape (n_places, n_columns), float32
            Distributions of the contexts side by side (or values of a hidden layer),
            and the UTM zone if `append_location`.
        """
        check_is_fitted(self)
        places = self._read_places(X, reset=False)
        n_said = self._zones.architecture.n_outputs(self.output_layer)
        location = self._zones.location_encoder if self.append_location else None
        n_zones = 0 if location is None else len(location.get_feature_names_out())
        out = np.empty((len(places), n_said + n_zones), dtype=np.float32)
        self._inference().write(places, out[:, :n_said], self.output_layer)
        if location is not None:
            out[:, n_said:] = location.transform(places)
        return out

    def score(self, X, y, sample_weight=None):
        """Return minus the mean divergence from the teachers.

        Parameters
        ----------
        X : array-like of shape (n_photos, 2)
            Latitude and longitude in degrees.

        y : {array-like, sparse matrix, data frame} of shape (n_photos, n_columns)
            Teacher distributions, the columns that `fit` saw. What a
            `target_propagator` makes of raw tags is made of these photos' tags.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts.

        Returns
        -------
        float
            :math:`-\\frac1C \\sum_c` of the mean KL(teacher || student) in context c,
            over the photos that do not miss it.
        """
        check_is_fitted(self)
        places = self._read_places(X, reset=False)
        matrix, names = self._read_teachers(y)
        check_rows(len(places), matrix, "y")
        self._zones.check_columns(matrix, names)
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, places)
        teachers = self._zones.teachers(self, places, matrix)
        teachers.check()
        inference = self._inference()
        total = {name: np.zeros(2) for name in self._zones.contexts.widths}
        n_columns = self._zones.architecture.n_outputs("softmax")
        size = rows_in_memory(24 * n_columns, len(places))
        for rows in gen_batches(len(places), size):
            said = np.empty((rows.stop - rows.start, n_columns), dtype=np.float32)
            inference.write(places[rows], said, "softmax")
            self._zones.add_divergence(total, teachers, rows, said, weights)
        means = [loss / weight for loss, weight in total.values() if weight]
        return -float(np.mean(means))

    def get_feature_names_out(self, input_features=None):
        """Give the names of the columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only compared with the names seen in :meth:`fit`.

        Returns
        -------
        feature_names_out : ndarray of shape (n_columns,), object
            Such as ``scene_beach``, ``tag_17`` where teachers have no names,
            ``tag_layer2_0017`` for a hidden layer, and ``utm_30U``.
        """
        check_is_fitted(self)
        check_input_features(self, input_features)
        names = self._zones.feature_names(self.output_layer)
        if self.append_location:
            names += list(self._zones.location_encoder.get_feature_names_out())
        return np.array(names, dtype=object)

    @property
    def contexts_(self):
        """Number of columns of each context."""
        return dict(self._zones.contexts.widths)

    @property
    def networks_(self):
        """The contexts that share a trunk."""
        return self._zones.networks

    @property
    def zone_report_(self):
        """A row a zone: its photos, epochs, held-out divergence and seconds."""
        return self._zones.report()

    @property
    def history_(self):
        """A row an epoch of a network of a zone."""
        return self._zones.history()

    @with_callbacks
    def _learn(self, photos, *, fresh, fallback=True, epochs=None, **settings):
        self._inference_of = None
        overrides = {name: getattr(self, name) for name in _BY_PRESET}
        overrides.update(
            device=self.device,
            mixed_precision=self.mixed_precision,
            verbose=max(0, int(self.verbose) - 1),
            **settings,
        )
        self._zones.learn(
            self,
            *photos,
            overrides=overrides,
            fresh=fresh,
            fallback=fallback,
            epochs=epochs,
        )

    def _check_parameters(self):
        hidden = tuple(self.hidden)
        if not hidden or not all(
            isinstance(width, numbers.Integral) and width > 0 for width in hidden
        ):
            raise ValueError(
                f"hidden={self.hidden!r} must be the widths of one or more layers, "
                "whole numbers above zero, such as (512, 1024, 2048)."
            )
        if self.output_layer == "softmax":
            return
        if self.output_layer > len(hidden):
            raise ValueError(
                f"output_layer={self.output_layer}, but hidden={self.hidden!r} has "
                f'{len(hidden)} layers. Count them from 1, or use "softmax".'
            )
        if self.missing_zone == "uniform":
            raise ValueError(
                'missing_zone="uniform" is a distribution, and output_layer='
                f"{self.output_layer} gives values of a hidden layer. Use "
                '"fallback", "nearest", "nan" or "error".'
            )

    def _read_photos(self, places, y, sample_weight):
        """Return places, teacher rows, their names and weights to learn from."""
        if self.corpus is not None:
            corpus = self.corpus
            names = None if corpus.tag_names is None else list(corpus.tag_names)
            return corpus.places, corpus.tags, names, None
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None. Pass teacher distributions, or give corpus= or pretrained=."
            )
        matrix, names = self._read_teachers(y)
        check_rows(len(places), matrix, "y")
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(
                sample_weight, places, ensure_non_negative=True
            )
            if not weights.any():
                raise ValueError(
                    "sample_weight is zero everywhere: there is no photo to learn from."
                )
        return places, matrix, names, weights

    def _read_teachers(self, y):
        """Read teacher rows; the conformance tests make some of any labels here."""
        return open_teachers(y)

    def _inference(self):
        """Return what answers, made anew when a parameter of it has changed."""
        key = (
            self.missing_zone,
            self.blend_km,
            str(self.device),
            self.max_loaded_zones,
        )
        if getattr(self, "_inference_of", None) is None or self._inference_of[0] != key:
            zones = self._zones
            self._inference_of = (
                key,
                Inference(
                    zones.regions,
                    zones.columns,
                    zones.fallback_columns,
                    zones.shelf,
                    zones.architecture,
                    zones.fallback_architecture,
                    missing_zone=self.missing_zone,
                    blend_km=self.blend_km,
                    device=self.device,
                    max_loaded_zones=self.max_loaded_zones,
                ),
            )
        return self._inference_of[1]

    def __getstate__(self):
        state = super().__getstate__()
        # What is loaded can be loaded again.
        return {**state, "_inference_of": None} if "_inference_of" in state else state

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_zones")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = self.corpus is None and self.pretrained is None
        tags.target_tags.one_d_labels = False
        tags.target_tags.two_d_labels = True
        tags.target_tags.single_output = False
        tags.target_tags.multi_output = True
        tags.target_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = []
        return tags
