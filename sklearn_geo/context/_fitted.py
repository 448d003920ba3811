# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a fit of GPS2VecPlusTransformer leaves behind, and how it grows."""

import copy
import warnings
from contextlib import closing

import numpy as np
from scipy import sparse

from sklearn_geo.context._balanced import balanced_rows
from sklearn_geo.context._files import content_of
from sklearn_geo.context._fingerprint import digest_of, open_checkpoint
from sklearn_geo.context._fitting import train_plan
from sklearn_geo.context._inference import FALLBACK, FALLBACK_NAME
from sklearn_geo.context._plan import make_plan
from sklearn_geo.context._presets import resolve
from sklearn_geo.context._propagators import fit_propagators, photos_that_teach
from sklearn_geo.context._row_names import rows_named
from sklearn_geo.context._short_memory import SkippedZone, check_memory, tell_of
from sklearn_geo.context._teachers import Teachers
from sklearn_geo.context._zone_shelf import ZoneShelf
from sklearn_geo.context._zones import Zones, fit_location
from sklearn_geo.nets import history_table
from sklearn_geo.nets._estimator import Progress

__all__ = ["FittedZones", "of_weight", "zone_line"]


class FittedZones(Zones):
    """Zones that learn, and what they learnt along the way.

    Parameters
    ----------
    model : GPS2VecPlusTransformer
        Whose parameters say what is learnt.

    places : ndarray of shape (n_photos, 2)
        Training places.

    matrix : ndarray or csr_array of shape (n_photos, n_columns)
        Teacher rows.

    names : list of str or None
        Names of their columns.

    weights : ndarray of shape (n_photos,), default=None
        What every photo counts; zones are not laid by photos of weight 0.

    seed : int
        Decides everything that is left to chance.
    """

    def __init__(self, model, places, matrix, names, weights=None, *, seed):
        _, places, weights = of_weight(places, weights)
        self._set(
            plan=make_plan(model, places, matrix.shape[1], names, seed, weights),
            location_encoder=fit_location("seen", places),
            seed=seed,
            column_names=names,
            photos_seen={},
            shelf=ZoneShelf(max_loaded_zones=model.max_loaded_zones),
        )

    @classmethod
    def of(cls, **parts):
        """Make one of parts that were stored."""
        zones = cls.__new__(cls)
        zones._set(**parts)
        return zones

    def _set(self, **parts):
        super().__init__(**parts)
        self.histories = {}
        # Digests of the places of corpora whose photos are among those seen.
        self.counted = frozenset()
        # The zones that the last training had no memory for.
        self.skipped = []

    def learn(
        self,
        model,
        places,
        matrix,
        names,
        weights,
        *,
        overrides,
        fresh,
        fallback,
        epochs,
    ):
        """Train zones: all, or those that the photos lie in.

        Parameters
        ----------
        model : GPS2VecPlusTransformer
            The transformer.

        places, matrix, names, weights
            The photos.

        overrides : dict
            Settings of the training that win over the preset where they are not None.

        fresh : bool
            Whether this is the beginning.

        fallback : bool
            Whether the network of the whole globe is trained too.

        epochs : int or None
            How many epochs at most.

        Returns
        -------
        bool
            Whether all zones were trained, none was interrupted, and none skipped.
        """
        preset = resolve(model.preset, overrides)
        photos, places, weights = of_weight(places, weights)
        corpus = model.corpus if fresh else None
        some = not fresh  # later photos may all miss what earlier ones taught
        propagators = fit_propagators(
            model.target_propagator,
            self.contexts,
            places,
            matrix,
            corpus,
            photos,
            some=some,
        )
        teachers = Teachers(
            matrix,
            self.contexts,
            propagators,
            places,
            photos,
            are_tags=model.corpus is not None,
        )
        means = teachers.check(weights, some=some)
        whose, rows = "X", photos
        if model.corpus is not None:
            whose, rows = "corpus", photos_that_teach(model)
        with rows_named(rows, name=whose):
            zones = self.regions.locate(places)
        # Photos of a corpus are the same in every call.
        corpus = None if model.corpus is None else digest_of(places)
        counted = getattr(self, "counted", frozenset())  # pickles of before have none
        again = corpus in counted
        seen, rows_of = self._rows_to_train(zones, model.min_samples, again=again)
        fallback_rows = None
        if fallback and self.fallback_columns is not None:
            fallback_rows = balanced_rows(zones, model.fallback_samples, self.seed)
        if means.untaught:
            globe = [] if fallback_rows is None else [FALLBACK]
            self._refuse_new_zones([*globe, *rows_of], means.untaught, teachers.source)
        self.photos_seen = seen
        if corpus is not None:
            self.counted = counted | {corpus}
        if not rows_of and fallback_rows is None and not len(self.shelf):
            self.refuse_to_train_nothing(model.min_samples)
        checkpoint = None
        if fresh and model.checkpoint_dir is not None:
            checkpoint = open_checkpoint(model, self, teachers, weights, preset, epochs)
            done = {record["id"] for record in checkpoint.finished()}
            rows_of = {zone: at for zone, at in rows_of.items() if zone not in done}
            fallback_rows = None if FALLBACK in done else fallback_rows
        known = set(self.shelf.zone_ids)
        trained = train_plan(
            self.plan,
            teachers,
            means,
            preset,
            weights=weights,
            seed=self.seed,
            rows_of=rows_of,
            starts=lambda zone: self.shelf.get(zone) if zone in known else None,
            fallback_rows=fallback_rows,
            epochs=epochs,
            n_jobs=model.n_jobs,
            zones_at_once=model.zones_at_once,
        )
        n_tasks = len(rows_of) + (fallback_rows is not None)
        progress = Progress(model, n_tasks, "zone")
        if checkpoint is None:
            return self._take_all(model, trained, progress, n_tasks, self._keep)
        with checkpoint:
            unfinished = ZoneShelf()

            def put(zone, record):
                # Half a training is not what a fit that is resumed would come to.
                keep = unfinished.put if zone.interrupted else checkpoint.add
                keep(zone.zone, record, zone.weights)

            def left():
                return len(unfinished) + len(checkpoint.finished())

            whole = self._take_all(model, trained, progress, n_tasks, put, left)
            if whole:
                checkpoint.finish(content_of(model, self))
            self.shelf = checkpoint.shelf(
                self.shapes, max_loaded_zones=model.max_loaded_zones
            )
            for zone, record, weights in unfinished.items():
                self.shelf.put(zone, record, weights)
        return whole

    def copy(self):
        """Return zones that can be trained further without changing these."""
        twin = copy.copy(self)
        twin.shelf = copy.copy(self.shelf)
        twin.photos_seen = dict(self.photos_seen)
        twin.histories = {zone: list(past) for zone, past in self.histories.items()}
        return twin

    def _keep(self, zone, record):
        self.shelf.put(zone.zone, record, zone.weights)

    def _take_all(self, model, trained, progress, n_tasks, put, left=None):
        """Put zones away as they come; say whether all of them came, and whole."""
        n_whole, interrupted, self.skipped = 0, False, []

        def n_known():
            return len(self.shelf) if left is None else left()

        with closing(trained):
            try:
                for zone in trained:
                    if isinstance(zone, SkippedZone):
                        self.skipped.append(zone)
                        if model.verbose:
                            print(zone.line(), flush=True)
                        continue
                    record = self._record(zone)
                    put(zone, record)
                    zone.weights = None
                    n_whole += not zone.interrupted
                    interrupted |= zone.interrupted
                    if model.verbose:
                        print(zone_line(record), flush=True)
                    if progress(record):
                        break
            except KeyboardInterrupt:
                if not n_known():
                    raise
                interrupted = True
        check_memory(self.skipped, n_tasks, n_known())
        tell_of(self.skipped, n_tasks)
        if interrupted:
            warnings.warn(
                f"The fit was interrupted after {n_whole} of {n_tasks} zones. The "
                "transformer is fitted, and knows what it had learnt by then.",
                UserWarning,
                stacklevel=4,
            )
        progress.finish()
        return n_whole == n_tasks

    def refuse_to_train_nothing(self, min_samples):
        """Say that no zone has enough photos, and what to do then."""
        raise ValueError(
            f"No zone has min_samples={min_samples} photos (the largest has "
            f"{max(self.photos_seen.values(), default=0)}), so that no network "
            'would be trained. Lower min_samples, or use missing_zone="fallback".'
        )

    def _refuse_new_zones(self, zones, untaught, source):
        """Refuse to make networks that have nothing to say in a context."""
        new = [zone for zone in zones if zone not in self.shelf]
        if not new:
            return
        whose, remedy = "the whole globe", "."
        if new[0] != FALLBACK:
            whose = f"zone {self.regions.names(new[:1])[0]}"
            remedy = ", or raise min_samples."
        raise ValueError(
            f"{source}: no photo teaches the context {untaught[0]!r}, and {whose} "
            f"would get its first networks. Add photos that teach it{remedy}"
        )

    def _rows_to_train(self, zones, min_samples, *, again):
        """Return the photos of each zone that has networks or is to get some.

        Before them, how many photos of each zone were seen by now: none is new if they
        are seen again.
        """
        seen = dict(self.photos_seen)
        order = np.argsort(zones, kind="stable")
        present, starts = np.unique(zones[order], return_index=True)
        rows_of = {}
        for zone, rows in zip(
            present.tolist(), np.split(order, starts[1:]), strict=True
        ):
            if zone < 0:  # in no cell of a partition
                continue
            seen[zone] = seen.get(zone, 0) + (0 if again else len(rows))
            if seen[zone] >= min_samples or zone in self.shelf:
                rows_of[zone] = rows
        return seen, rows_of

    def _record(self, trained):
        """Say what is known of a zone now, and keep its history."""
        zone = trained.zone
        self.histories.setdefault(zone, []).append(trained.histories)
        photos = trained.n_photos
        name = FALLBACK_NAME
        if zone != FALLBACK:
            photos = self.photos_seen[zone]
            name = self.regions.names([zone])[0]
        record = trained.record(name, photos)
        before = self.shelf.record(zone)
        if before is not None:  # trained further
            record["epochs"] += before["epochs"]
            record["seconds"] += before["seconds"]
        return record

    def check_columns(self, matrix, names):
        """Refuse teacher rows that are not those that `fit` saw."""
        if matrix.shape[1] != self.n_columns:
            raise ValueError(
                f"y has {matrix.shape[1]} columns, but the contexts "
                f"{dict(self.contexts.widths)} of this transformer have "
                f"{self.n_columns}."
            )
        if names is None or self.column_names is None or names == self.column_names:
            return
        missing = sorted(set(self.column_names) - set(names))[:5]
        raise ValueError(
            "y has other columns than in fit"
            + (f": it lacks {missing}." if missing else ", or another order of them.")
            + " Select them as X was selected, y[names_seen_in_fit]."
        )

    def teachers(self, model, places, matrix, photos):
        """Return teachers of photos that are not learnt from."""
        propagators = fit_propagators(
            model.target_propagator,
            self.contexts,
            places,
            matrix,
            photos=photos,
            some=True,
        )
        return Teachers(matrix, self.contexts, propagators, places, photos)

    def add_divergence(self, total, teachers, rows, said, weights):
        """Add the divergences of some rows to (sum, weight) by context."""
        start = 0
        weights = np.ones(len(said)) if weights is None else weights[rows]
        for name, width in self.contexts.widths.items():
            teacher = teachers.rows(rows, name)
            if sparse.issparse(teacher):
                present = np.diff(teacher.indptr) > 0
                teacher = teacher.toarray()
            else:
                present = ~np.isnan(teacher[:, 0])
            student = said[:, start : start + width].astype(np.float64)
            start += width
            losses = divergence(teacher[present], student[present])
            total[name] += [
                float(losses @ weights[present]),
                float(weights[present].sum()),
            ]

    def history(self):
        """Return a row an epoch."""
        parts, labels = [], []
        for zone in sorted(self.histories):
            name = self.shelf.record(zone)["name"]
            for histories in self.histories[zone]:
                for number, history in enumerate(histories):
                    table = history_table(history)
                    parts.append(table)
                    labels += [(name, number)] * len(table)
        epochs = np.concatenate(parts) if parts else history_table([])
        width = max([1, *(len(name) for name, _ in labels)])
        kind = [("zone", f"U{width}"), ("network", np.int64), *epochs.dtype.descr]
        table = np.zeros(len(epochs), dtype=kind)
        for field in epochs.dtype.names:
            table[field] = epochs[field]
        if labels:
            table["zone"], table["network"] = zip(*labels, strict=True)
        return table


def of_weight(places, weights):
    """Return the photos that count, or None where all do; their places and weights."""
    if weights is None or weights.all():
        return None, places, weights
    photos = np.flatnonzero(weights)  # of a memory map nothing is copied
    return photos, places[photos], weights[photos]


def divergence(teacher, student):
    """Return KL(teacher || student) of rows, a probability of nothing held tiny."""
    tiny = np.finfo(np.float32).tiny
    teacher = teacher.astype(np.float64)
    logs = np.log(np.maximum(student, tiny))
    logs = np.log(teacher, where=teacher > 0, out=np.zeros_like(teacher)) - logs
    return np.einsum("ij,ij->i", teacher, logs)


def zone_line(record):
    """Say in a line what is known of a zone."""
    return (
        f"Zone {record['name']}: {record['photos']:,} photos, {record['epochs']} "
        f"epochs, held-out KL {record['held_out_kl']:.4f} ({record['seconds']:.1f} s)"
    )
