# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How an estimator learns what posting times say, and how much of it to believe."""

from dataclasses import replace
from numbers import Integral

import numpy as np
from sklearn.model_selection import GroupShuffleSplit

from sklearn_geo.geolocation._cross_fit import folds_of_units
from sklearn_geo.geolocation._photo_columns import read_photos
from sklearn_geo.geolocation._set_once import SetOnceAround
from sklearn_geo.geolocation._time_lessons import (
    CorrectionLesson,
    PaperLesson,
    Taught,
    corrector,
    foreign,
    occasions,
    paper_scores,
)
from sklearn_geo.nets import (
    NetMixin,
    Training,
    split_rows,
    train_net,
    whole_trainings,
)
from sklearn_geo.nets._estimator import with_callbacks

__all__ = ["ENOUGH", "TimeLearning"]

# First cells: those of section 3.2, and as many as hold nearly all of what there is.
_PAPER_FIRST, _MANY_FIRST = 10, 100
# Appendix A.2 of the paper.
_PAPER_RATES, _PAPER_EPOCHS = (0.005, 0.001), 200
_RATE, _EPOCHS, _LAST_RATE = 0.1, 12, 0.05
# Folds that judge a correction, and photos after which they have judged enough.
_JUDGES, ENOUGH = 5, 20_000


class TimeLearning(SetOnceAround, NetMixin):
    """The part of :class:`TimeAdjustedGeolocator` that learns.

    A fitted estimator is `estimator_`, the weights of `net_`, `strength_`,
    `held_out_gain_`, `metadata_mean_`, `metadata_scale_` and `left_out_`, beside what
    wrappers have (`cell_places_`, `n_cells_`, calibration) and the names of columns;
    `_seed` is for a warm start. Nothing else is kept.
    """

    # What is taught -------------------------------------------------------------------

    def _check_widths(self):
        """Refuse what is no width of a layer, before hours of training."""
        for width in self.hidden:
            if not isinstance(width, Integral) or width < 1:
                raise ValueError(
                    f"hidden={self.hidden!r}: {width!r} is no width of a layer. Pass "
                    "whole numbers from 1 on, such as (1626, 1626, 1626)."
                )

    def _with_owners(self, photos):
        """Return photos with the groups that what is wrapped here has a column of."""
        inside = self.estimator
        while photos.groups is None and hasattr(inside, "_takes_photos"):
            column = getattr(inside, "groups", None)
            if column is not None:
                read = read_photos(photos.given(), groups=column)
                photos = replace(photos, groups=read.groups)
            inside = inside.estimator
        return photos

    def _n_first(self, least=1):
        if self.n_first != "auto":
            return self.n_first
        return _PAPER_FIRST if self.preset == "paper" else max(_MANY_FIRST, least)

    def _taught(self, photos, y, weights, first, folds, go_on):
        """Bundle what there is to learn from, and say which photos count."""
        cells = self._true_cells(y, photos)[0].astype(np.int64)
        counts = np.ones(len(cells), dtype=bool) if weights is None else weights > 0
        self.left_out_ = np.flatnonzero(counts & (cells < 0))
        cells = np.where(counts, cells, -1)
        rows = np.flatnonzero(cells >= 0)
        if len(rows) < 2:
            raise ValueError(
                f"Only {len(rows)} of n_samples={len(cells)} photos lie in a cell of "
                "the wrapped estimator: there is nothing to learn from. Was it fitted "
                "on another part of the world?"
            )
        if not go_on:
            columns = photos.metadata
            if columns is None:
                columns = np.zeros((len(cells), 0), dtype=np.float32)
            self.metadata_mean_ = columns[rows].mean(axis=0, dtype=np.float64)
            spread = columns[rows].std(axis=0, dtype=np.float64)
            self.metadata_scale_ = np.where(spread > 0.0, spread, 1.0)
            self._keep_settings()
        else:
            is_paper = self._knows_all_anew()
            self._check_goes_on(first.n_cells, self._n_known_cells(), is_paper)
        together = occasions(cells, photos.times, photos.groups)
        taught = Taught(
            first,
            photos.times,
            self._standard(photos),
            cells,
            weights,
            together,
            self.cell_places_,
            foreign(cells, folds),
        )
        return taught, rows

    def _knows_all_anew(self):
        """Tell whether the network there is is the paper's."""
        return hasattr(self.net_.module_, "trunk")

    def _n_known_cells(self):
        module = self.net_.module_
        is_paper = self._knows_all_anew()
        return module.n_outputs[0] if is_paper else len(module.log_share)

    def _architecture(self):
        found = super()._architecture() | {"metadata": self.metadata}
        if self.preset == "paper":
            found |= {"hidden": self.hidden, "dropout": self.dropout}
        return found

    def _standard(self, photos):
        if photos.metadata is None:
            return np.zeros((len(photos), 0))
        return (photos.metadata - self.metadata_mean_) / self.metadata_scale_

    def _lesson(self, taught):
        if self.preset == "paper":
            return PaperLesson(taught, tuple(self.hidden), self.dropout)
        return CorrectionLesson(taught, self.shrinkage, self._seed)

    # Learning -------------------------------------------------------------------------

    def _judging_folds(self, occasions, groups, rows):
        """Return folds of whole groups, or else of whole occasions, -1 for others."""
        units = occasions if groups is None else groups
        folds = np.full(len(units), -1)
        folds[rows] = folds_of_units(units[rows], _JUDGES, self._seed)
        return folds

    def _fold_nets(self, lesson, rows, folds, groups, n_enough=np.inf):
        """Train networks on all folds but one; stop when enough is held out."""
        nets, n_held_out = {}, 0
        for number in range(folds.max() + 1):
            learn = rows[folds[rows] != number]
            if len(learn) < 2:
                raise ValueError(
                    f"cv: without fold {number} only {len(learn)} photos lie in a cell "
                    "of the wrapped estimator. Use folds that are more alike."
                )
            net = None
            for stage in self._stages(lesson, learn, groups):
                training = Training.of(self, **stage.pop("settings"), verbose=0)
                stage |= {"training": training, "seed": self._seed, "net": net}
                with whole_trainings():
                    net = train_net(**stage)
            nets[number] = net
            n_held_out += len(rows) - len(learn)
            if n_held_out >= n_enough:
                break
        return nets

    @with_callbacks
    def _learn(self, lesson, rows, groups, *, seed, go_on=False):
        for stage in self._stages(lesson, rows, groups, go_on=go_on):
            self._train(**stage.pop("settings"), **stage, seed=seed, go_on=go_on)
            if self.net_.interrupted_:
                break
            go_on = True

    def _stages(self, lesson, rows, groups, *, go_on=False):
        """Yield what networks are trained with, one stage after the other."""
        paper, valid = self.preset == "paper", None
        if paper:
            rows, valid = self._held_out(rows, groups)
        size, epochs = self.batch_size, self.max_iter
        if epochs == "auto":
            epochs = _PAPER_EPOCHS if paper else _EPOCHS
        if size == "auto":
            size = 200 if paper else min(max(len(rows) // 10, 16), 1000)
        rates, decay = [self.learning_rate_init], 1.0
        if rates == ["auto"]:
            rates = _PAPER_RATES if paper else [_RATE]
        if not paper:
            decay = _LAST_RATE ** (1.0 / epochs)
        for rate in rates[-1:] if go_on else rates:
            yield {
                "module": lesson.network(rows),
                "criterion": lesson.criterion(rows),
                "data": lesson.data(rows),
                "valid": None if valid is None else lesson.data(valid),
                "settings": {
                    "early_stopping": False,
                    "learning_rate_init": rate,
                    "learning_rate_decay": decay,
                    "batch_size": size,
                    "max_iter": epochs,
                },
            }

    def _held_out(self, rows, groups):
        """Split photos in those to learn from and those to watch, by whole groups."""
        share = self.validation_fraction
        n_groups = 0 if groups is None else len(np.unique(groups[rows]))
        if n_groups > 1:
            if np.ceil(share * n_groups) >= n_groups:
                raise ValueError(
                    f"groups: of {n_groups} to learn from, validation_fraction="
                    f"{share:g} holds all out to watch their loss. Lower it, or pass "
                    "photos of more groups."
                )
            split = GroupShuffleSplit(1, test_size=share, random_state=self._seed)
            learn, valid = next(split.split(rows, groups=groups[rows]))
            return rows[np.sort(learn)], rows[np.sort(valid)]
        remedy = "Lower it, or pass more photos."
        learn, valid = split_rows(
            len(rows), share, self._seed, of="photos", remedy=remedy
        )
        return rows[learn], rows[valid]

    def _judge(self, lesson, rows, folds, nets, groups):
        """Ask photos held out how much of the correction is to be believed."""
        self.strength_, self.held_out_gain_ = 0.0, 0.0
        parts = [(net, rows[folds[rows] == number]) for number, net in nets.items()]
        # Of a fold without a photo in a cell there is nothing to ask.
        parts = [(net, part) for net, part in parts if len(part)]
        if parts:
            losses = np.concatenate([lesson.losses(net, at) for net, at in parts])
            units = lesson.taught.occasions if groups is None else groups
            self.strength_, self.held_out_gain_ = lesson.choose(
                losses, np.concatenate([part for _, part in parts]), units
            )

    def _said(self, net, lesson, rows):
        """Return scores of photos that were taught."""
        if self.preset == "paper":
            return paper_scores(net, lesson.taught.first[rows], lesson.columns[rows])
        if not self.strength_:
            return lesson.logs(rows)
        correct = corrector(net.module_, self.strength_)
        return correct(lesson.columns[rows], lesson.logs(rows))
