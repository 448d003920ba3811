# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""From photos and their teachers to networks, zone by zone."""

import numpy as np

from sklearn_geo.context._fit_zones import train_all
from sklearn_geo.context._inference import FALLBACK, FALLBACK_NAME
from sklearn_geo.context._short_memory import ShortMemory, SkippedZone
from sklearn_geo.context._zone_training import ZoneTask
from sklearn_geo.nets import LazyRows, rows_in_memory

__all__ = ["silence_untaught", "train_plan"]


def train_plan(
    plan,
    teachers,
    means,
    preset,
    *,
    weights,
    seed,
    rows_of,
    starts,
    fallback_rows,
    epochs=None,
    n_jobs=None,
    zones_at_once="auto",
):
    """Train the zones of a plan, and yield them as they are done.

    Parameters
    ----------
    plan : Plan
        What is learnt, and into what shape.

    teachers : Teachers
        The photos.

    means : MeanRows or dict of str to ndarray
        Mean teacher row of each context.

    preset : Preset
        How networks are trained.

    weights : ndarray of shape (n_photos,) or None
        What photos count.

    seed : int
        The seed of the fit.

    rows_of : dict of int to ndarray
        The photos of each zone to train.

    starts : callable
        From a zone to the weights to go on from, or None.

    fallback_rows : ndarray or None
        The photos that the network of the whole globe learns from, if there is one.

    epochs : int or None, default=None
        How many epochs at most.

    n_jobs, zones_at_once
        See :func:`train_all`.

    Yields
    ------
    TrainedZone or SkippedZone
        The zones.
    """
    photos_of = {**rows_of, FALLBACK: fallback_rows}
    zones = np.array(list(rows_of), dtype=int)
    names = dict(zip(rows_of, plan.regions.names(zones), strict=True))
    names[FALLBACK] = FALLBACK_NAME
    fresh = set()

    def task(zone, columns):
        rows, start = photos_of[zone], starts(zone)
        if start is None:
            fresh.add(zone)
        return ZoneTask(
            zone,
            names[zone],
            _features(columns, teachers.places, rows, zone),
            _targets(teachers, plan.networks, rows),
            None if weights is None else weights[rows],
            _zone_seed(seed, zone),
            start,
            epochs,
        )

    def task_or_skip(zone, columns):
        with ShortMemory() as memory:
            return task(zone, columns)
        return SkippedZone(zone, names[zone], len(photos_of[zone]), memory.why)

    def train(zones, columns, shape, **options):
        # Made when their turn comes.
        tasks = (task_or_skip(zone, columns) for zone in zones)
        for trained in train_all(tasks, shape, preset, **options):
            if isinstance(trained, SkippedZone):
                yield trained
                continue
            if trained.zone in fresh:  # the globe's sample, too, may lack a context
                rows = photos_of[trained.zone]
                silence_untaught(trained, shape, teachers, rows, means)
            yield trained

    # The network of the globe comes first: with it, whatever is interrupted or killed
    # later has an answer for every place.
    if fallback_rows is not None:
        shape = plan.fallback_architecture
        for trained in train([FALLBACK], plan.fallback_columns, shape):
            yield trained
            if not isinstance(trained, SkippedZone) and trained.interrupted:
                return
    # The largest first: they take longest, and equals come together.
    order = sorted(rows_of, key=lambda zone: (-len(rows_of[zone]), zone))
    options = {"n_jobs": n_jobs, "zones_at_once": zones_at_once}
    yield from train(order, plan.columns, plan.architecture, **options)


def silence_untaught(trained, architecture, teachers, rows, means):
    """Let a context that no photo of a zone teaches say the mean of all photos."""
    for number, names in enumerate(architecture.networks):
        start = 0
        for name in names:
            columns = slice(start, start + architecture.widths[name])
            start = columns.stop
            if teachers.teaches(rows, name):
                continue
            # Weights that come from a worker may be read-only: so these are copies.
            parts = [f"{number}.heads.weight", f"{number}.heads.bias"]
            weight, bias = (trained.weights[part].copy() for part in parts)
            weight[:, columns] = 0.0
            bias[columns] = np.log(means[name] + 1e-6 / architecture.widths[name])
            trained.weights.update(zip(parts, (weight, bias), strict=True))


def _features(columns, places, rows, zone):
    """Return the columns of photos, computed when asked for if they are many."""
    if len(rows) <= rows_in_memory(8 * columns.n_features, len(rows)):
        return columns(places[rows], zone)
    return LazyRows(
        (len(rows), columns.n_features), lambda at: columns(places[rows[at]], zone)
    )


def _targets(teachers, networks, rows):
    """Return teacher rows, gathered when asked for if they are many."""
    lazy = len(rows) > rows_in_memory(2 * teachers.bytes_a_row(), len(rows))

    def target(name):
        if not lazy:
            return teachers.rows(rows, name)
        return LazyRows(
            (len(rows), teachers.contexts.widths[name]),
            lambda at: teachers.rows(rows[at], name),
        )

    return tuple(tuple(target(name) for name in names) for names in networks)


def _zone_seed(seed, zone):
    """Give a zone chance of its own, whatever else is trained."""
    state = np.random.SeedSequence([seed, zone + 16]).generate_state(1)
    return int(state[0] >> 2)
