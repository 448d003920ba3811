# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where a photo was taken, in the light of the other photos of its user."""

from functools import partial
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_geo.geolocation._album_judge import judge_correction
from sklearn_geo.geolocation._album_messages import AlbumMessages, MessagesLoss
from sklearn_geo.geolocation._album_network import AlbumLSTM, ScoresLoss, shares_of
from sklearn_geo.geolocation._album_rows import AlbumLesson, AlbumRows, known_elsewhere
from sklearn_geo.geolocation._albums import by_user, check_times, like_lengths
from sklearn_geo.geolocation._cross_fit import first_cells, fold_numbers, proba_parts
from sklearn_geo.geolocation._photo_columns import Given, Photos
from sklearn_geo.geolocation._wrapper import WRAPPER_CONSTRAINTS, CellWrapper
from sklearn_geo.geolocation._wrapper_files import StoredAlbums
from sklearn_geo.nets import (
    TRAINING_CONSTRAINTS,
    NetMixin,
    Training,
    draw_seed,
    rows_in_memory,
    split_rows,
    train_net,
)
from sklearn_geo.nets._estimator import with_callbacks

__all__ = ["AlbumGeolocator"]

# Cells of a photo that are kept: section 3.2 of the paper.
_N_FIRST = 10
# Width, rate and epochs of the correction, and of the paper's network.
_HIDDEN, _PAPER_HIDDEN = 16, 256
_RATE, _PAPER_RATE = 0.05, 0.005
_EPOCHS, _PAPER_EPOCHS = 10, 200
# The rate of the last epoch of a correction, beside the first.
_LAST_RATE = 0.05
# Strength of the L2 penalty of a correction, over the number of photos.
_SHRINKAGE = 4.0
# Steps that a correction needs, however few users there are.
_STEPS = 150
# Folds that judge a correction, and photos after which they have judged enough.
_JUDGES, _ENOUGH = 2, 20_000
# Photos and padding of a batch at prediction.
_SLOTS = 4096


class AlbumGeolocator(StoredAlbums, NetMixin, CellWrapper):
    """Say of each photo what the photos before and after it tell of its place."""

    _parameter_constraints: dict = {
        **TRAINING_CONSTRAINTS,
        **WRAPPER_CONSTRAINTS,
        "album_size": [Interval(Integral, 1, None, closed="left")],
        "missing_times": [StrOptions({"error", "last"})],
        "preset": [StrOptions({"paper"}), None],
        "hidden": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "learning_rate_init": [
            Interval(Real, 0, None, closed="neither"),
            StrOptions({"auto"}),
        ],
        "max_iter": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "device": "no_validation",  # see choose_device
    }
    for _name in (
        "shuffle",
        "early_stopping",
        "learning_rate_decay",
        "learning_rate_every",
        "momentum",
        "mixed_precision",
        "weight_decay",
    ):
        del _parameter_constraints[_name]
    del _name

    def __init__(
        self,
        estimator,
        *,
        groups=None,
        times=None,
        time_zone=None,
        album_size=24,
        missing_times="error",
        preset=None,
        hidden="auto",
        cv=5,
        n_jobs=None,
        solver="adam",
        learning_rate_init="auto",
        batch_size=16,
        max_iter="auto",
        tol=1e-4,
        n_iter_no_change=10,
        validation_fraction=0.1,
        device="auto",
        verbose=0,
        warm_start=False,
        random_state=None,
    ):
        self.estimator = estimator
        self.groups = groups
        self.times = times
        self.time_zone = time_zone
        self.album_size = album_size
        self.missing_times = missing_times
        self.preset = preset
        self.hidden = hidden
        self.cv = cv
        self.n_jobs = n_jobs
        self.solver = solver
        self.learning_rate_init = learning_rate_init
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.validation_fraction = validation_fraction
        self.device = device
        self.verbose = verbose
        self.warm_start = warm_start
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, *, times=None, groups=None):
        """Fit what is wrapped, and learn what photos of an album tell each other."""
        go_on = self.warm_start and hasattr(self, "net_")
        photos = self._read_features(Given(X, times, groups), reset=not go_on)
        weights = self._read_weights(sample_weight, photos)
        if not go_on:
            self._seed = draw_seed(self.random_state)
        first, folds = self._fit_cross(
            photos, y, weights, n_first=_N_FIRST, seed=self._seed
        )
        cells = self._learnt_cells(photos, y, weights, first, go_on)
        if folds is not None:
            cells = np.where(known_elsewhere(cells, folds), cells, -1)
        rows = AlbumRows(first, photos.times)
        if self.preset is None:
            self._judge(rows, photos, cells, weights)
        else:
            self.corrects_, self.held_out_gain_ = True, np.nan
        self._learn(rows, photos, cells, weights, go_on=go_on)
        return self

    # What is taught -------------------------------------------------------------------

    def _learnt_cells(self, photos, y, weights, first, go_on):
        """Return the true cell of each photo, -1 for those that teach nothing."""
        cells = self._true_cells(y, photos)[0].astype(np.int64)
        counts = np.ones(len(cells), dtype=bool) if weights is None else weights > 0
        self.left_out_ = np.flatnonzero(counts & (cells < 0))
        cells = np.where(counts, cells, -1)
        if (cells >= 0).sum() < 2:
            raise ValueError(
                f"Only {(cells >= 0).sum()} of n_samples={len(cells)} photos lie in a "
                "cell of the wrapped estimator: there is nothing to learn from. Was it "
                "fitted on another part of the world?"
            )
        if not go_on:
            self.cell_shares_ = shares_of(cells, first.n_cells, weights)
        elif first.n_cells != len(self.cell_shares_):
            raise ValueError(
                f"warm_start=True, but the wrapped estimator has {first.n_cells} cells "
                f"now, and the network knows {len(self.cell_shares_)}. Freeze its "
                "partitions, or fit anew with warm_start=False."
            )
        return cells

    def _lesson(self, rows, photos, cells, weights, users=None):
        """Return what some users teach, None for all."""
        albums = by_user(photos.groups, photos.times)
        if users is not None:
            albums = albums.some(np.flatnonzero(users[albums.users]))
        teaches = np.add.reduceat(cells[albums.order] >= 0, albums.starts[:-1]) > 0
        albums = albums.some(np.flatnonzero(teaches))
        return AlbumLesson(
            rows, albums, self.album_size, cells, weights, self.batch_size
        )

    def _module(self):
        hidden = self.hidden
        if self.preset == "paper":
            hidden = _PAPER_HIDDEN if hidden == "auto" else hidden
            return partial(AlbumLSTM, len(self.cell_shares_), hidden)
        hidden = _HIDDEN if hidden == "auto" else hidden
        return partial(AlbumMessages, self.cell_places_, self.cell_shares_, hidden)

    def _criterion(self):
        return ScoresLoss if self.preset == "paper" else MessagesLoss

    # Learning -------------------------------------------------------------------------

    def _stage(self, lesson):
        """Return the settings of a training."""
        paper = self.preset == "paper"
        n_users, n_photos = len(lesson.users), len(lesson.users.order)
        epochs, rate, decay = self.max_iter, self.learning_rate_init, 1.0
        if epochs == "auto":
            steps = -(-n_users // self.batch_size)
            epochs = _PAPER_EPOCHS if paper else max(_EPOCHS, -(-_STEPS // steps))
        if rate == "auto":
            rate = _PAPER_RATE if paper else _RATE
        patience = {"n_iter_no_change": self.n_iter_no_change}
        if not paper:
            decay = _LAST_RATE ** (1.0 / epochs)
            patience = {"n_iter_no_change": None, "weight_decay": _SHRINKAGE / n_photos}
        return {
            "early_stopping": False,
            "learning_rate_init": rate,
            "learning_rate_decay": decay,
            "max_iter": epochs,
            "mixed_precision": False,
            **patience,
        }

    def _judge(self, rows, photos, cells, weights):
        """Ask users held out whether albums tell anything."""
        n_users = photos.groups.max() + 1
        n_folds = min(_JUDGES, n_users)
        nets, held_out, n_judged = [], [], 0
        if n_folds > 1:
            users = Photos(np.empty((n_users, 0)), groups=np.arange(n_users))
            folds = fold_numbers(n_folds, users, None, self._seed)
            for number in range(n_folds):
                lesson = self._lesson(rows, photos, cells, weights, folds != number)
                own = np.flatnonzero((folds == number)[photos.groups])
                if not len(lesson.users) or not (cells[own] >= 0).any():
                    continue
                training = Training.of(self, **self._stage(lesson) | {"verbose": 0})
                nets.append(
                    train_net(
                        self._module(),
                        self._criterion(),
                        lesson.data(),
                        training=training,
                        seed=self._seed,
                        draw=lesson.draw,
                    )
                )
                held_out.append(own)
                n_judged += len(own)
                if n_judged >= _ENOUGH:
                    break
        self.corrects_, self.held_out_gain_ = judge_correction(
            nets, held_out, rows, photos, cells, weights, self.album_size, self._seed
        )

    @with_callbacks
    def _learn(self, rows, photos, cells, weights, *, go_on):
        valid, users = None, None
        if self.preset == "paper":
            teaching = np.unique(photos.groups[cells >= 0])
            users = np.zeros(photos.groups.max() + 1, dtype=bool)
            users[teaching] = True
            if len(teaching) > 1:
                _, watched = split_rows(
                    len(teaching), self.validation_fraction, self._seed
                )
                users[teaching[watched]] = False
                lesson = self._lesson(rows, photos, cells, weights, ~users)
                valid = lesson.data()
        lesson = self._lesson(rows, photos, cells, weights, users)
        self._train(
            self._module(),
            self._criterion(),
            lesson.data(),
            seed=self._seed,
            valid=valid,
            go_on=go_on,
            draw=lesson.draw,
            **self._stage(lesson),
        )

    # Prediction -----------------------------------------------------------------------

    def _read_features(self, X, reset=False):
        photos = super()._read_features(X, reset=reset)
        if photos.groups is None:
            raise ValueError(
                "There are no groups: set groups= to the column of X that tells whose "
                "photo each is, or pass groups= to this method, one for each photo. "
                "For photos without owners see TimeAdjustedGeolocator."
            )
        check_times(photos.times, self.missing_times)
        return photos

    def _log_scores(self, photos, known):
        if not self.corrects_:
            yield from self._wrapped_scores(photos, known)
            return
        first = first_cells(self.estimator_, photos, _N_FIRST)
        rows = AlbumRows(first, photos.times)
        albums = by_user(photos.groups, photos.times, self.album_size)
        module = self.net_.module_.eval()
        device = next(module.parameters()).device
        for batch in like_lengths(albums.lengths, self._slots(len(photos))):
            padded = albums.padded(batch)
            blocks = rows.tensors(padded).to(device)
            with torch.inference_mode():
                scores = module.dense(module(blocks), blocks)
            there = padded >= 0
            scores = scores.cpu().numpy()[there]
            at = padded[there]
            if known is not None:
                scores += known if len(known) == 1 else known[at]
            yield at, scores

    def _slots(self, n_photos):
        """Return how many photos and how much padding a batch may have."""
        # Inputs, scores of all cells, those of photos, and what is done with them.
        return rows_in_memory(32 * (len(self.cell_shares_) + 4096), _SLOTS)

    def _wrapped_scores(self, photos, known):
        every = np.arange(len(photos))
        for rows, proba in proba_parts(self.estimator_, photos):
            scores = np.log(np.maximum(proba, np.finfo(np.float32).tiny))
            if known is not None:
                scores += known if len(known) == 1 else known[every[rows]]
            yield rows, scores

    def __sklearn_is_fitted__(self):
        return "net_" in self.__dict__
