# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How a ranker learns: what is read, what is made, one level after the other."""

from copy import deepcopy
from functools import partial

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GroupShuffleSplit
from sklearn.utils.validation import has_fit_parameter

from sklearn_geo._blocks import blocks
from sklearn_geo._made_for import check_made_for
from sklearn_geo._numbers import is_whole, read_numbers
from sklearn_geo._seeds import hand_down
from sklearn_geo._tables import location_positions
from sklearn_geo.nets import (
    NetMixin,
    Training,
    rows_in_memory,
    split_rows,
    train_net,
    whole_trainings,
)
from sklearn_geo.nets._estimator import with_callbacks
from sklearn_geo.ranking._batches import PairLesson, TripletLesson
from sklearn_geo.ranking._levels import RankerState, plan_levels
from sklearn_geo.ranking._loss import PairLoss, TripletLoss
from sklearn_geo.ranking._multilinear import MultilinearNetwork
from sklearn_geo.ranking._photo_rows import PhotoRows, PhotoScaling
from sklearn_geo.ranking._place_prior import PlacePrior
from sklearn_geo.ranking._place_rows import (
    PlaceRows,
    evenly,
    fit_place_encoder,
    scales_of,
    without_names,
)
from sklearn_geo.ranking._scorers import make_scorer
from sklearn_geo.ranking._tag_search import LARGEST_VECTOR
from sklearn_geo.ranking._trunk import TrunkNetwork

__all__ = ["RankerTraining"]

# From here on "auto" can spare photos to watch the loss on.
_MANY_PHOTOS = 1_000
# Epochs over which places are let in, where they are.
_GROWING = 10
# How the scorer that lists candidates for the trunk is trained.
_QUICK_BATCH, _QUICK_SILENCE = 256, 0.1
# So many held-out photos say how much of the prior is believed.
_MANY_HELD_OUT = 2_000


class RankerTraining(NetMixin):
    """The training of :class:`LocSensRanker`, which has the parameters."""

    # Reading --------------------------------------------------------------------------

    def _read(self, X, *, reset):
        places, features = self._read_located(
            X, location=self.location, reset=reset, allow_missing=self.allow_missing
        )
        if not features.shape[1]:
            raise ValueError(
                "X has a place and nothing else, but LocSensRanker scores photos: put "
                "their features beside the two location columns. For a place alone see "
                "KernelTagger and PlaceFrequencyTagger."
            )
        return places, features

    def _architecture(self):
        """Return the parameters that decide what the network is, and what it reads."""
        names = ("scorer", "n_components", "embedding", "location_encoder")
        found = {name: getattr(self, name) for name in names}
        if self.scorer == "trunk":
            found["hidden_layer_sizes"] = self._widths()
        return {**found, "scale": self._kind_of_scale()}

    def _check_same(self, remedy):
        """Refuse parameters that are not those of the network there is."""
        check_made_for(self._made_for, self._architecture(), remedy)
        vectors = self._given_vectors()
        same = self._learns_tags
        if vectors is not None:
            same = not same and np.array_equal(vectors, self.tag_vectors_)
        if not same:
            raise ValueError(f"tag_vectors are others than before. {remedy}")

    def _widths(self):
        """Return the widths of the trunk."""
        hidden = tuple(self.hidden_layer_sizes)
        missing = self.scorer == "trunk" and not hidden
        if missing or not all(map(_is_width, hidden)):
            raise ValueError(
                "hidden_layer_sizes are the widths of the trunk, one or more whole "
                f"numbers of at least 1; got {self.hidden_layer_sizes!r}."
            )
        return tuple(map(int, hidden))

    def _kind_of_scale(self):
        if self.scale != "auto":
            return self.scale
        fixed = self.scorer == "trunk" or self.embedding is not None
        return "l2" if fixed else "standard"

    def _begin(self, features, places, indicator, tagged, sample_weight):
        """Fit what is fitted before the network is made."""
        rng = np.random.default_rng([self._seed, 1])
        self.embedding_ = None
        if self.embedding is not None:
            self.embedding_ = hand_down(
                self._unnamed(clone(self.embedding)), self._seed
            )
            with whole_trainings():
                self._fit_embedding(features, indicator, tagged, sample_weight)
        vectors = self._embedded(features)
        self._scaling = PhotoScaling(self._kind_of_scale()).fit(vectors, tagged, rng)
        known = places[tagged][~np.isnan(places[tagged, 0])]
        if not len(known):
            raise ValueError("All places are missing: there is nothing to learn of.")
        self._encoder = fit_place_encoder(
            self.location_encoder, self.scorer, known, self._seed
        )
        self._somewhere = known[0].tolist()
        self.tag_vectors_ = self._given_vectors()
        self._learns_tags = self.tag_vectors_ is None
        weights = None if sample_weight is None else sample_weight[tagged]
        counts = np.bincount(
            indicator[tagged].indices,
            None
            if weights is None
            else np.repeat(weights, np.diff(indicator[tagged].indptr)),
            minlength=self.n_tags_,
        )
        self._frequency = (counts + 0.5) / (counts.sum() + 0.5 * self.n_tags_)
        self._n_photo_columns = vectors.shape[1]

    def _unnamed(self, embedding):
        """Return an embedding that takes arrays; a frozen one may know names."""
        named = getattr(embedding, "feature_names_in_", None)
        if named is None or not isinstance(embedding, FrozenEstimator):
            return embedding
        names = getattr(self, "feature_names_in_", None)
        if names is not None:
            pair = location_positions(self.location, list(names), len(names))
            names = [names[at] for at in range(len(names)) if at not in pair]
            if names != [*named] and sorted(names) == sorted(named):
                raise ValueError(
                    "embedding was fitted on the features in another order: it reads "
                    f"{[*named[:3]]} and so on, but X has {names[:3]}."
                )
        return FrozenEstimator(without_names(embedding.estimator))

    def _fit_embedding(self, features, indicator, tagged, sample_weight):
        """Fit the embedding on what the ranker learns from."""
        if len(tagged) < len(features):
            features, indicator = features[tagged], indicator[tagged]
        if sample_weight is None or not has_fit_parameter(
            self.embedding_, "sample_weight"
        ):
            self.embedding_.fit(features, indicator)
        else:
            weight = sample_weight[tagged]
            self.embedding_.fit(features, indicator, sample_weight=weight)

    def _embedded(self, features):
        if self.embedding_ is None:
            return features
        return np.asarray(self.embedding_.transform(features), dtype=np.float32)

    def _photos(self, features):
        return PhotoRows(self._embedded(features), self._scaling)

    def _places(self, places):
        return PlaceRows(places, self._encoder, self.noise, self._somewhere)

    def _given_vectors(self):
        """Return vectors of tags, of length one, or None if they are to be learnt."""
        given = self.tag_vectors
        if given is None:
            given = getattr(self.embedding_, "tag_vectors_", None)
        given = getattr(given, "tag_vectors_", given)
        if given is None:
            return None
        if hasattr(given, "fit"):
            raise ValueError(
                f"tag_vectors is a {type(given).__name__} without tag_vectors_: fit it "
                "first, or pass it as embedding, which is fitted here."
            )
        vectors = self._check_vectors(given, "tag_vectors")
        if len(vectors) != self.n_tags_:
            raise ValueError(
                f"tag_vectors has {len(vectors)} rows, but y has {self.n_tags_} tags. "
                "Give one row a tag, in the order of the columns of y."
            )
        return vectors

    def _check_vectors(self, vectors, name, *, unit=True):
        try:
            vectors = np.atleast_2d(read_numbers(vectors, name))
        except (TypeError, ValueError):  # words, rows of different lengths
            vectors = np.empty(0)
        # NaN fails the comparison too; squares of such numbers are finite.
        fine = (np.abs(vectors) <= LARGEST_VECTOR).all()
        if vectors.ndim != 2 or not len(vectors) or not fine:
            raise ValueError(
                f"{name} must be rows of finite numbers, one a tag, and none beyond "
                f"{LARGEST_VECTOR:g}."
            )
        vectors = vectors.astype(np.float32)
        if not unit:
            return vectors
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        # Those of length one stay as they are, to the last bit.
        length[np.abs(length - 1.0) <= 1e-6] = 1.0
        return vectors / np.maximum(length, 1e-12)

    # Training -------------------------------------------------------------------------

    def _loss(self):
        if self.loss == "auto":
            return "softmax" if self.scorer == "multilinear" else "hinge"
        if self.loss == "softmax" and self.scorer == "trunk":
            raise ValueError(
                'loss="softmax" scores every tag for every photo, which the trunk '
                'cannot do in any reasonable time: use loss="hinge", or '
                'scorer="multilinear".'
            )
        return self.loss

    def _dropout(self):
        if self.location_dropout != "auto":
            return self.location_dropout
        if self.location_mode == "dropout":
            return 0.5
        return 0.1 if self.scorer == "multilinear" else 0.0

    def _watches(self, n_photos):
        if self.early_stopping == "auto":
            return n_photos >= _MANY_PHOTOS
        return self.early_stopping

    def _held_out(self, tagged, groups):
        """Split the photos in those to learn from and those to watch, or None."""
        if not self._watches(len(tagged)):
            return tagged, None
        if groups is not None and len(np.unique(groups[tagged])) > 1:
            split = GroupShuffleSplit(
                1, test_size=self.validation_fraction, random_state=self._seed
            )
            learn, valid = next(split.split(tagged, groups=groups[tagged]))
            return tagged[learn], tagged[np.sort(valid)]
        learn, valid = split_rows(len(tagged), self.validation_fraction, self._seed)
        return tagged[learn], tagged[valid]

    def _fit_prior(self, places, indicator, learn, sample_weight, groups):
        """Set what photos around a place say of it."""
        self._prior, self._whose = None, {}
        if not self._wants_prior():
            return
        at = learn[~np.isnan(places[learn, 0])]
        self._prior = self._prior_of(places, indicator, at, sample_weight, groups)
        self._prior.choose_smoothing(self._seed)
        own = np.full(len(places), -1)
        own[at] = np.arange(len(at))
        self._whose = {"groups": groups, "own": own}

    def _prior_of(self, places, indicator, at, sample_weight, groups):
        tags = indicator[at]
        if sample_weight is not None:
            tags = sparse.csr_array(tags.multiply(sample_weight[at][:, np.newaxis]))
        return PlacePrior(
            places[at],
            tags,
            self._frequency,
            scales_of(places[at], self._seed)[::-1],
            None if groups is None else groups[at],
        )

    def _settle_prior(self, rows, learn, valid, sample_weight):
        """Weigh the prior by photos held out, and let it know them afterwards."""
        scorer = make_scorer(self.states_[-1].module)
        groups, indicator = self._whose["groups"], rows["indicator"]
        module = scorer.module
        rest, share = self._prior.choose_shares(
            module.prior_share.item(),
            module.tag_bias.detach().cpu().numpy(),
            self._asked_now(scorer, rows, valid, groups),
        )
        self._settled = [rest, module.prior_share.item()]
        module.prior_share.data.fill_(share)
        module.scale(rest)
        places, smoothing = rows["places"].all, self._prior.smoothing
        both = np.sort(np.concatenate([learn, valid]))
        both = both[~np.isnan(places[both, 0])]
        self._prior = self._prior_of(places, indicator, both, sample_weight, groups)
        self._prior.smoothing = smoothing

    def _asked_now(self, scorer, rows, valid, groups):
        """Yield what the prior is weighed by, some photos at a time."""
        valid, places = evenly(valid, _MANY_HELD_OUT), rows["places"]
        for at in blocks(len(valid), rows_in_memory(32 * self.n_tags_, len(valid))):
            some = valid[at]
            vectors = scorer.photo_vectors(PhotoRows(rows["photos"].rows(some), None))
            told, known = places.told(some)
            heard = known.astype(np.float32)
            scores = scorer.of_tags(vectors, places.encoded(told), heard)
            whose = None if groups is None else groups[some]
            yield scores, rows["indicator"][some], told, known, whose

    def _wants_prior(self):
        softmax = self._loss() == "softmax"
        if self.place_prior is True and not softmax:
            raise ValueError(
                f'place_prior=True needs loss="softmax" and scorer="multilinear"; '
                f"here the loss is {self._loss()!r} and the scorer {self.scorer!r}. "
                'Leave place_prior="auto", or set place_prior=False.'
            )
        if self.place_prior != "auto":
            return self.place_prior
        return softmax and self.task == "tagging" and self.location_mode != "zeroed"

    @with_callbacks
    def _learn(self, rows, learn, valid, sample_weight, go_on):
        """Train level after level, and keep what is learnt at each."""
        levels = plan_levels(
            self.location_mode, self.sigma_km_schedule, self._dropout()
        )
        lesson, data = self._lesson(rows, learn, sample_weight, 0)
        watched, valid_data = None, None
        if valid is not None:
            watched, valid_data = self._lesson(rows, valid, sample_weight, 1)
        if go_on:  # the last level again
            levels = levels[-1:]
        else:
            self.states_ = []
        stopped = False
        for level in levels:
            for each in (lesson, watched):
                if each is not None:
                    sigma = level.sigma_km
                    each.sigma_km = 0.0 if np.isinf(sigma) else sigma
                    each.silence = level.silence
            if level.grows and not go_on and not stopped:
                self._grow(lesson, data, rows["seed"])
                stopped = self.net_.interrupted_
            first = not go_on and not self.states_
            self._train(
                self._network() if first else None,
                self._criterion(),
                data,
                seed=rows["seed"],
                valid=valid_data,
                go_on=not first,
                # A later level of the same fit begins with weights of another task.
                watch_start=go_on,
                early_stopping=False,
                draw=lesson.draw,
                # Who interrupts wants no other level to be trained for long either.
                epochs=0 if stopped else None,
            )
            stopped |= self.net_.interrupted_
            if go_on:
                self.states_ = self.states_[:-1]
            self.states_.append(self._state(level.sigma_km))
        self._finish(rows, learn, valid, sample_weight, stopped)

    def _grow(self, lesson, data, seed):
        """Let places in little by little."""
        n_epochs = min(_GROWING, self.max_iter)
        begun = len(self.net_.history)
        share = self.net_.module_.place_share

        def draw(epoch, rng, n_rows):
            share.fill_((epoch - begun + 1) / n_epochs)
            return lesson.draw(epoch, rng, n_rows)

        self._train(
            None,
            None,
            data,
            seed=seed,
            go_on=True,
            epochs=n_epochs,
            n_iter_no_change=None,
            early_stopping=False,
            draw=draw,
        )
        share.fill_(1.0)

    def _lesson(self, rows, at, sample_weight, number, pairs=False):
        seed = np.random.SeedSequence([rows["seed"], number]).generate_state(1)[0]
        common = {**rows, "at": at, "silence": 0.0, "seed": int(seed)}
        if pairs or self._loss() == "softmax":
            prior = {} if self._prior is None else {"prior": self._prior, **self._whose}
            lesson = PairLesson(**common, n_sampled_tags=self.n_sampled_tags, **prior)
        else:
            lesson = TripletLesson(
                **common,
                task=self.task,
                n_negatives=self.n_negatives,
                learnt=self._learns_tags,
            )
        weight = None if sample_weight is None else sample_weight[at]
        return lesson, lesson.data(weight)

    def _criterion(self):
        if self._loss() == "softmax":
            return partial(PairLoss, self.task)
        return partial(TripletLoss, self._loss(), self.margin)

    def _network(self, scorer=None):
        scorer = self.scorer if scorer is None else scorer
        learnt, vectors = self._learns_tags, self.tag_vectors_
        if learnt:
            rng = np.random.default_rng([self._seed, 2])
            vectors = rng.standard_normal(
                (self.n_tags_, self.n_components), dtype=np.float32
            ) / np.sqrt(np.float32(self.n_components))
        sizes = (self._n_photo_columns, self._n_place_columns(), vectors, learnt)
        if scorer == "trunk":
            return partial(
                TrunkNetwork,
                *sizes,
                n_components=self.n_components,
                hidden=self._widths(),
                weight_init=self.weight_init,
            )
        tags_compete = self.task == "tagging" and self._loss() == "softmax"
        tags_compete |= scorer != self.scorer  # for candidates they always do
        bias = np.log(self._frequency) if tags_compete else np.zeros(self.n_tags_)
        return partial(MultilinearNetwork, *sizes, bias, n_components=self.n_components)

    def _n_place_columns(self):
        return self._places(np.empty((0, 2))).n_columns

    def _state(self, sigma_km):
        module = deepcopy(self.net_.module_)
        table = self.net_.module_.table
        if not table.learnt:  # one table for all states
            module.table.weight = table.weight
        return RankerState(sigma_km, len(self.net_.history), module)

    def _finish(self, rows, learn, valid, sample_weight, stopped):
        """Keep what answers are made of."""
        exact, self._settled = self.states_[-1].sigma_km == 0, None
        if self._prior is not None and exact and valid is not None:
            self._settle_prior(rows, learn, valid, sample_weight)
        self._whose = {}
        self._scorers = {}
        if self._learns_tags:
            weight = self.states_[-1].module.table.weight
            self.tag_vectors_ = weight.detach().cpu().numpy()
        # Without it all tags and photos are asked about.
        if self.scorer == "trunk" and self.shortlist is not None and not stopped:
            self._quick = self._train_quick(rows, learn, valid, sample_weight)
        else:
            self._quick = None

    def _train_quick(self, rows, learn, valid, sample_weight):
        """Train the scorer that lists candidates for the trunk."""
        lesson, data = self._lesson(rows, learn, sample_weight, 2, pairs=True)
        lesson.silence = _QUICK_SILENCE
        watched = None
        if valid is not None:
            _, watched = self._lesson(rows, valid, sample_weight, 3, pairs=True)
        settings = Training.of(
            self,
            solver="adam",
            learning_rate_init=1e-3,
            learning_rate_decay=1.0,
            weight_decay=0.0,
            batch_size=_QUICK_BATCH,
            early_stopping=False,
            verbose=0,
        )
        net = train_net(
            self._network("multilinear"),
            partial(PairLoss, "tagging"),
            data,
            training=settings,
            seed=rows["seed"],
            valid=watched,
            draw=lesson.draw,
        )
        return net.module_


def _is_width(width):
    return is_whole(width) and width >= 1
