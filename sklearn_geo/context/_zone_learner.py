# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How a transformer learns: photos are read, a seed is drawn, zones are trained."""

import numbers

from sklearn_geo._labels import check_rows
from sklearn_geo._made_for import check_made_for, made_for
from sklearn_geo._settings import check_strictly
from sklearn_geo._weights import check_weights
from sklearn_geo.context._columns import default_encoding
from sklearn_geo.context._fingerprint import stored_seed
from sklearn_geo.context._fitted import FittedZones
from sklearn_geo.context._propagators import photos_that_teach
from sklearn_geo.context._teachers import open_teachers
from sklearn_geo.nets import draw_seed
from sklearn_geo.nets._estimator import CallbackSupportMixin, with_callbacks

__all__ = ["BY_PRESET", "ZoneLearner"]

_GOES_ON = (
    "Training goes on with the networks there are: set it back, or call fit to learn "
    "anew."
)
# Settings of the training that None leaves to the preset.
BY_PRESET = (
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


class ZoneLearner(CallbackSupportMixin):
    """The training of :class:`GPS2VecPlusTransformer`, which has the parameters."""

    def _check_parameters(self):
        hidden = tuple(self.hidden)
        if not hidden or not all(
            isinstance(width, numbers.Integral) and width > 0 for width in hidden
        ):
            raise ValueError(
                f"hidden={self.hidden!r} must be the widths of one or more layers, "
                "whole numbers above zero, such as (512, 1024, 2048)."
            )
        if self.pretrained is None:
            self._check_layer(hidden)

    def _read_photos(self, places, y, sample_weight):
        """Return places, teacher rows, their names and weights to learn from."""
        weights = None
        if sample_weight is not None:
            weights = check_weights(sample_weight, places)
        if self.corpus is not None:
            corpus = self.corpus
            names = None if corpus.tag_names is None else list(corpus.tag_names)
            places, tags = corpus.places, corpus.tags
            tagged = photos_that_teach(self)
            if tagged is not None:
                places, tags = places[tagged], tags[tagged]
            return places, tags, names, None
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None. Pass teacher distributions, or give corpus= or pretrained=."
            )
        matrix, names = self._read_teachers(y)
        check_rows(len(places), matrix, "y")
        return places, matrix, names, weights

    def _read_teachers(self, y):
        """Read teacher rows; the conformance tests make some of any labels here."""
        return open_teachers(y)

    def _begin(self, photos):
        """Read the parameters that say what is learnt, and draw the seed."""
        seed = None
        if (
            self.checkpoint_dir is not None
            and self.resume
            and self.random_state is None
        ):
            seed = stored_seed(self.checkpoint_dir)
        if seed is None:
            seed = draw_seed(self.random_state)
        self._zones = FittedZones(self, *photos, seed=seed)
        self._made_for = made_for(self._architecture())

    def _answer_from(self, zones):
        super()._answer_from(zones)
        self._made_for = made_for(self._architecture())

    def _architecture(self):
        """Return the parameters that decide what networks are, and what they read."""
        names = ("networks", "regions", "encoding", "hidden")
        found = {name: getattr(self, name) for name in names}
        if self.encoding is None:
            found["encoding"] = default_encoding(self.regions)
        contexts = self.contexts
        if contexts is not None:  # whose order counts
            contexts = tuple(contexts.items())
        return {"contexts": contexts, **found}

    def _more(self, X, y, sample_weight, *, fallback=True, epochs=None, **settings):
        # Once it is fitted, scikit-learn leaves this out of partial_fit.
        check_strictly(self)
        self._check_parameters()
        if self.pretrained is not None:
            raise ValueError(
                "pretrained is what fit loads. To go on with stored networks use "
                "GPS2VecPlusTransformer.from_pretrained(folder)."
            )
        first = not hasattr(self, "_zones")
        places = self._read_places(X, reset=first)
        photos = self._read_photos(places, y, sample_weight)
        if first:
            self._begin(photos)
        else:
            before = getattr(self, "_made_for", None)
            check_made_for(before, self._architecture(), _GOES_ON)
            self._zones.check_columns(photos[1], photos[2])
            self._zones = self._zones.copy()  # others may share them
        self._learn(photos, fresh=first, fallback=fallback, epochs=epochs, **settings)
        return self

    @with_callbacks
    def _learn(self, photos, *, fresh, fallback=True, epochs=None, **settings):
        self._answering = {}
        try:
            return self._zones.learn(
                self,
                *photos,
                overrides={**self._settings(), **settings},
                fresh=fresh,
                fallback=fallback,
                epochs=epochs,
            )
        except BaseException:
            if not len(self._zones.shelf):
                del self._zones  # who has learnt nothing is not fitted
            raise

    def _settings(self):
        """Return the settings of the training, None for what the preset says."""
        return {
            **{name: getattr(self, name) for name in BY_PRESET},
            "device": self.device,
            "mixed_precision": self.mixed_precision,
            "verbose": max(0, int(self.verbose) - 1),
        }
