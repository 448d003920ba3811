# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How an album geolocator learns: one album a user an epoch, and who judges it."""

from functools import partial

import numpy as np

from sklearn_geo.geolocation._album_judge import judge_correction
from sklearn_geo.geolocation._album_messages import AlbumMessages, MessagesLoss
from sklearn_geo.geolocation._album_network import AlbumLSTM, ScoresLoss, shares_of
from sklearn_geo.geolocation._album_rows import AlbumLesson
from sklearn_geo.geolocation._albums import by_user
from sklearn_geo.geolocation._cross_fit import folds_of_units
from sklearn_geo.geolocation._set_once import SetOnceAround
from sklearn_geo.nets import (
    NetMixin,
    Training,
    split_rows,
    train_net,
    whole_trainings,
)
from sklearn_geo.nets._estimator import with_callbacks

__all__ = ["AlbumLearning"]

# Width, rate and epochs of the correction, and of the paper's network.
_HIDDEN, _PAPER_HIDDEN = 16, 256
_RATE, _PAPER_RATE = 0.1, 0.005
_EPOCHS, _PAPER_EPOCHS = 20, 200
# The rate of the last epoch of a correction, beside the first.
_LAST_RATE = 0.05
# Strength of the L2 penalty of a correction, over the number of photos.
_SHRINKAGE = 10.0
# Steps that a correction needs, however few users there are.
_STEPS = 600
# Folds that judge a correction, and photos after which they have judged enough.
_JUDGES, _ENOUGH = 2, 20_000


class AlbumLearning(SetOnceAround, NetMixin):
    """The training of :class:`AlbumGeolocator`, which has the parameters."""

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
            self._keep_settings()
        else:
            is_paper = isinstance(self.net_.module_, AlbumLSTM)
            self._check_goes_on(first.n_cells, len(self.cell_shares_), is_paper)
        return cells

    def _architecture(self):
        return super()._architecture() | {"hidden": self._width()}

    def _lesson(self, rows, photos, cells, weights, users=None):
        """Return what some users teach, None for all."""
        albums = by_user(photos.groups, photos.times)
        if users is not None:
            albums = albums.some(np.flatnonzero(users[albums.users]))
        teaches = np.add.reduceat(cells[albums.order] >= 0, albums.starts[:-1]) > 0
        albums = albums.some(np.flatnonzero(teaches))
        return AlbumLesson(
            rows, albums, self.album_size, cells, weights, int(self.batch_size)
        )

    def _width(self):
        if self.hidden != "auto":
            return int(self.hidden)
        return _PAPER_HIDDEN if self.preset == "paper" else _HIDDEN

    def _module(self):
        if self.preset == "paper":
            return partial(AlbumLSTM, len(self.cell_shares_), self._width())
        return partial(
            AlbumMessages, self.cell_places_, self.cell_shares_, self._width()
        )

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
        # Users who teach nothing have nothing to say here either.
        teaching = np.unique(photos.groups[cells >= 0])
        folds = np.full(photos.groups.max() + 1, -1)
        folds[teaching] = folds_of_units(teaching, _JUDGES, self._seed)
        nets, held_out, n_judged = [], [], 0
        for number in range(folds.max() + 1):
            lesson = self._lesson(rows, photos, cells, weights, folds != number)
            own = np.flatnonzero((folds == number)[photos.groups])
            if not len(lesson.users) or not (cells[own] >= 0).any():
                continue
            training = Training.of(self, **self._stage(lesson) | {"verbose": 0})
            with whole_trainings():
                net = train_net(
                    self._module(),
                    self._criterion(),
                    lesson.data(),
                    training=training,
                    seed=self._seed,
                    draw=lesson.draw,
                )
            nets.append(net)
            held_out.append(own)
            n_judged += len(own)
            if n_judged >= _ENOUGH:
                break
        self.corrects_, self.held_out_gain_ = judge_correction(
            nets, held_out, rows, photos, cells, weights, self.album_size, self._seed
        )

    @with_callbacks
    def _learn(self, rows, photos, cells, weights, *, seed, go_on):
        valid, users = None, None
        if self.preset == "paper":
            teaching = np.unique(photos.groups[cells >= 0])
            users = np.zeros(photos.groups.max() + 1, dtype=bool)
            users[teaching] = True
            if len(teaching) > 1:
                _, watched = split_rows(
                    len(teaching),
                    self.validation_fraction,
                    self._seed,
                    of="users",
                    remedy="Lower it, or pass photos of more users.",
                )
                users[teaching[watched]] = False
                lesson = self._lesson(rows, photos, cells, weights, ~users)
                valid = lesson.data()
        lesson = self._lesson(rows, photos, cells, weights, users)
        self._train(
            self._module(),
            self._criterion(),
            lesson.data(),
            seed=seed,
            valid=valid,
            go_on=go_on,
            draw=lesson.draw,
            **self._stage(lesson),
        )
