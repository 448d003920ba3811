# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How a classifier of cells learns: cells, rows held out, and the network."""

import numpy as np

from sklearn_geo._tables import reject_unread
from sklearn_geo.geolocation._cell_origin import CellOrigin
from sklearn_geo.geolocation._heads import level_target, make_loss, make_network
from sklearn_geo.geolocation._held_out import (
    calibration_rows,
    read_groups,
    watched_rows,
)
from sklearn_geo.geolocation._levels import (
    fit_levels,
    mean_places,
    read_cells,
    read_partitions,
    representatives,
)
from sklearn_geo.geolocation._sampling import CellSampler
from sklearn_geo.geolocation._scenes import read_scenes
from sklearn_geo.geolocation._seen import fingerprint
from sklearn_geo.geolocation._set_once import GO_ON, SetOnce
from sklearn_geo.nets import NetMixin, RowData, Training

__all__ = ["CellTraining"]

# From here on "auto" can spare rows to watch the loss on, as in scikit-learn.
_MANY_ROWS = 10_000


class CellTraining(SetOnce, NetMixin):
    """The training of :class:`HierarchicalCellClassifier`, which has the parameters."""

    def _learn(self, X, y, sample_weight, scenes, groups=None, *, go_on, epochs=None):
        if go_on:
            self._check_goes_on()
        X = self._read_features(X, reset=not go_on)
        if not go_on:
            self._X_ndim = X.ndim
        elif X.ndim != self._X_ndim:
            raise ValueError(
                f"X has {X.ndim} dimensions, and what was learnt from before has "
                f"{self._X_ndim}."
            )
        reject_unread(y, "y")
        places, given = self._read_y(y, X)
        weights = self._read_weights(sample_weight, X)
        groups = read_groups(groups, X.shape[0])
        seed = self._draw_seed(go_on)
        counted = np.arange(X.shape[0])
        if weights is not None:
            counted = np.flatnonzero(weights)
        held_out = np.zeros(0, dtype=np.intp)
        if self.calibration_fraction is not None and epochs is None:
            counted, held_out = calibration_rows(
                counted, self.calibration_fraction, self._seed, groups
            )
        if not go_on:
            self._fit_cells(places, weights, counted)
            self._keep_settings()
        if given is None:
            cells = np.column_stack([p.predict(places) for p in self.partitions_])
        else:
            cells = read_cells(given, self.n_cells_, self.parents_)
        self.left_out_ = counted[cells[counted, -1] < 0]
        counted = counted[cells[counted, -1] >= 0]
        self._check_cells(cells[counted, -1], X.shape[0], go_on)
        if not go_on:
            self.cell_places_ = representatives(self.partitions_[-1])
            if places is not None:
                self.cell_places_ = mean_places(
                    self.partitions_[-1],
                    places[counted],
                    cells[counted, -1],
                    None if weights is None else weights[counted],
                )
        self.scenes_, scene_target = read_scenes(
            scenes, X.shape[0], go_on=go_on, known=self.scenes_ if go_on else None
        )
        before = getattr(self, "_seen_places", None) if go_on else None
        self._seen_places = (
            before if places is None else fingerprint(places[counted], before)
        )
        targets = [
            level_target(self, cells[:, level], level)
            for level in range(len(self.n_cells_))
        ]
        if scene_target is not None:
            targets.append(scene_target)
        data = RowData(X, targets, weights, rows=counted)
        own = None if groups is None else groups[counted]
        self._train_cells(
            data, cells[:, -1], own, seed=seed, go_on=go_on, epochs=epochs
        )
        self._make_scorer()
        self._forget_examples()
        self._forget_calibration()
        if len(held_out):
            own_places = None if places is None else places[held_out]
            users = None if groups is None else groups[held_out]
            self._calibrate(X, cells[held_out, -1], own_places, held_out, users)
        return self

    def _architecture(self):
        names = ["hidden", "activation", "dropout", "backbone"]
        if self._X_ndim == 4:
            names += ["freeze_backbone", "augment", "image_size"]
        found = {name: getattr(self, name) for name in names}
        is_tree = self.combine == "tree_sum"
        found["combine"] = self.combine if is_tree else "product or finest"
        return found

    def _keep_settings(self):
        super()._keep_settings()
        self._cell_origin = CellOrigin(self.partitions, self.partitions_)

    def _check_goes_on(self):
        """Refuse to go on with other cells, or another network, than there are."""
        self._check_settings(GO_ON)
        # Estimators that were pickled before this was kept have none.
        origin = getattr(self, "_cell_origin", None)
        if origin is not None:
            origin.check(self.partitions, self.partitions_, GO_ON)

    def _fit_cells(self, places, weights, counted):
        own = None if places is None else places[counted]
        own_weights = None if weights is None else weights[counted]
        total = len(counted) if weights is None else float(own_weights.sum())
        partitions = read_partitions(self.partitions, total)
        self.partitions_, self.parents_ = fit_levels(
            partitions, own, own_weights, self._seed
        )
        self.n_cells_ = [partition.n_cells_ for partition in self.partitions_]

    def _check_cells(self, cells, n_rows, go_on):
        """Refuse rows that leave nothing to tell apart."""
        if not len(cells):
            raise ValueError(
                f"None of the n_samples={n_rows} places of y lies in a cell of the "
                "finest partition: was it fitted on other data? Fit it on these "
                "places, or lower its min_per_cell."
            )
        if (cells == cells[0]).all() and not go_on:
            name = str(self.cell_names_[cells[0]])
            raise ValueError(
                f"y has n_samples={n_rows} places in one class only: they all lie in "
                f"the cell {name!r} of the finest partition, and there is nothing to "
                "tell apart. Lower max_per_cell, or pass more places."
            )

    def _training(self):
        # What is watched is held out here, where a sampler can see which rows are left.
        return Training.of(self, early_stopping=False)

    def _train_cells(self, data, cells, groups, *, seed, go_on, epochs):
        valid, draw = None, None
        watch = self.early_stopping
        if watch == "auto":
            watch = len(data) > _MANY_ROWS
        if watch and epochs is None:
            data, valid = watched_rows(
                data, self.validation_fraction, self._seed, groups
            )
        if self.sampling_alpha is not None or self.epoch_growth is not None:
            draw = CellSampler(
                cells[data.rows],
                self.sampling_alpha,
                self.epoch_growth,
                self.epoch_rows_per_cell,
                self.max_iter,
            )
        self._train(
            make_network(self),
            make_loss(self),
            data,
            seed=seed,
            valid=valid,
            go_on=go_on,
            watch_start=True,
            epochs=epochs,
            draw=draw,
            early_stopping=False,
            keep_steps=self.warm_start or epochs is not None,
        )
