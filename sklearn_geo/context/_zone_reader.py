# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What fitted transformers do with zones, whatever runs the networks."""

import abc
import numbers

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._settings import check_settings, check_strictly
from sklearn_geo.context._inference import Inference
from sklearn_geo.encoding._feature_names import check_input_features

__all__ = ["ZoneReader"]


class ZoneReader(TransformerMixin, abc.ABC):
    """Say what the networks of zones say of places.

    A class that inherits this has the parameters below, hands over its zones to
    :meth:`_answer_from`, and says by :meth:`_what_runs` what runs their networks.
    """

    _parameter_constraints: dict = {
        "output_layer": [
            StrOptions({"softmax"}),
            Interval(numbers.Integral, 1, None, closed="left"),
        ],
        "append_location": ["boolean"],
        "missing_zone": [
            StrOptions({"fallback", "nearest", "uniform", "nan", "error"})
        ],
        "blend_km": [Interval(numbers.Real, 0, None, closed="neither"), None],
        "max_loaded_zones": [Interval(numbers.Integral, 1, None, closed="left")],
    }
    # Parameters that decide who answers; the others decide what is asked.
    _answered_by = ("missing_zone", "blend_km", "max_loaded_zones")

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
        return self._encode(self._read_places(X, reset=False), self._inference())

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
        check_settings(self, "output_layer", "append_location")
        self._check_layer(self._zones.plan.hidden)
        names = self._zones.feature_names(self.output_layer)
        if self.append_location:
            names += list(self._zones.location_encoder.get_feature_names_out())
        return np.array(names, dtype=object)

    @property
    def contexts_(self):
        """Number of columns of each context."""
        check_is_fitted(self)
        return dict(self._zones.contexts.widths)

    @property
    def networks_(self):
        """The contexts that share a trunk."""
        check_is_fitted(self)
        return self._zones.networks

    @property
    def zone_report_(self):
        """A row a zone: its photos, epochs, held-out divergence and seconds."""
        check_is_fitted(self)
        return self._zones.report()

    @classmethod
    def _of_store(cls, folder, params, zones, names):
        """Make a fitted transformer of what :func:`load_zones` has read."""
        try:
            model = cls(**params)
            check_strictly(model)
            model._take(zones, names)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{folder} holds parameters that {cls.__name__} does not take: "
                f"{error!s:.500}"
            ) from error
        return model

    def _answer_from(self, zones):
        """Answer from these zones from now on."""
        self._check_layer(zones.plan.hidden)
        self._zones = zones
        self._answering = {}

    def _take(self, zones, names):
        """Become a transformer that was stored, for columns with these names."""
        self._answer_from(zones)
        self.n_features_in_ = 2
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)

    @abc.abstractmethod
    def _what_runs(self):
        """Return what makes networks ready to run of architecture and weights."""

    def _check_layer(self, hidden):
        """Refuse a layer that networks with such trunks do not have."""
        if self.output_layer == "softmax":
            return
        if self.output_layer > len(hidden):
            raise ValueError(
                f"output_layer={self.output_layer}, but hidden={hidden!r} has "
                f'{len(hidden)} layers. Count them from 1, or use "softmax".'
            )
        if self.missing_zone == "uniform":
            raise ValueError(
                'missing_zone="uniform" is a distribution, and output_layer='
                f"{self.output_layer} gives values of a hidden layer. Use "
                '"fallback", "nearest", "nan" or "error".'
            )

    def _encode(self, places, inference):
        # Parameters may have been changed after fit.
        check_settings(self, "output_layer", "append_location")
        self._check_layer(self._zones.plan.hidden)
        n_said = self._zones.architecture.n_outputs(self.output_layer)
        location = self._zones.location_encoder if self.append_location else None
        n_zones = 0 if location is None else len(location.zones_)
        out = np.empty((len(places), n_said + n_zones), dtype=np.float32)
        inference.write(places, out[:, :n_said], self.output_layer)
        if location is not None:
            out[:, n_said:] = location.transform(places)
        return out

    def _inference(self):
        """Return what answers, made anew when a parameter of it has changed."""
        key = tuple(str(getattr(self, name)) for name in self._answered_by)
        inference = self._answering.get(key)
        if inference is None:
            inference = self._answered_with(self._what_runs())
            # Other threads may be here, too: what this call found is its own.
            self._answering.clear()
            self._answering[key] = inference
        return inference

    def _answered_with(self, make_modules):
        check_settings(self, "missing_zone", "blend_km", "max_loaded_zones")
        self._zones.shelf.keep_at_most(self.max_loaded_zones)
        return Inference(
            self._zones,
            make_modules,
            missing_zone=self.missing_zone,
            blend_km=self.blend_km,
            max_loaded_zones=self.max_loaded_zones,
        )

    def __getstate__(self):
        state = super().__getstate__()
        if "_answering" in state:  # what is loaded can be loaded again
            state = {**state, "_answering": {}}
        return state

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_zones")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
