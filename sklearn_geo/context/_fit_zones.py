# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""All zones, one after the other, side by side in workers, or many at once."""

from itertools import chain, islice

from joblib import Parallel, delayed, effective_n_jobs
from joblib.parallel import get_active_backend

from sklearn_geo.context._batched import train_zones
from sklearn_geo.context._batched_memory import zones_that_fit
from sklearn_geo.context._short_memory import SkippedZone
from sklearn_geo.context._zone_training import train_or_skip
from sklearn_geo.nets import choose_device

__all__ = ["train_all"]


def train_all(tasks, architecture, preset, *, n_jobs=None, zones_at_once="auto"):
    """Train zones, and yield each as soon as it is done.

    Parameters
    ----------
    tasks : iterable of ZoneTask or SkippedZone
        The zones, the largest first; they are made when their turn comes.

    architecture : Architecture
        The shape of their networks.

    preset : Preset
        How they are trained.

    n_jobs : int or None, default=None
        Number of workers. They are those of the joblib backend that is set:
        processes of this machine, or a cluster. Zones that are one computation have
        one worker.

    zones_at_once : "auto" or int, default="auto"
        How many zones are one computation. "auto" is one on a processor, and what the
        memory of an accelerator holds.

    Yields
    ------
    TrainedZone or SkippedZone
        The zones, in no particular order. After an interrupted one there are no more,
        but for those that were trained together with it.
    """
    together, tasks = zones_at_once, iter(tasks)
    if together == "auto":
        together, training = 1, preset.training
        # Processes of an `accelerate launch` share the steps of one zone.
        alone = training.device == "accelerate"
        device = None if alone else choose_device(training.device)
        if not alone and device.type != "cpu":
            first = list(islice(tasks, 1))
            sizes = [task.X.shape[0] for task in first if not _is_skipped(task)]
            n_photos = max(sizes, default=0)
            together = zones_that_fit(architecture, device, training, n_photos=n_photos)
            tasks = chain(first, tasks)
            del first  # the largest zone must not stay in memory for all others
    if together > 1:
        yield from _at_once(tasks, architecture, preset, together)
    elif effective_n_jobs(n_jobs) == 1:
        for task in tasks:
            trained = train_or_skip(task, architecture, preset)
            yield trained
            if not _is_skipped(trained) and trained.interrupted:
                return
    else:
        yield from _in_workers(tasks, architecture, preset, n_jobs)


def _at_once(tasks, architecture, preset, together):
    interrupted = False
    while not interrupted and (batch := list(islice(tasks, together))):
        yield from filter(_is_skipped, batch)
        batch = [task for task in batch if not _is_skipped(task)]
        # Of a bucket that is interrupted all zones come, as well as they are.
        for trained in train_zones(batch, architecture, preset):
            yield trained
            interrupted |= not _is_skipped(trained) and trained.interrupted


def _is_skipped(zone):
    return isinstance(zone, SkippedZone)


def _in_workers(tasks, architecture, preset, n_jobs):
    jobs = (delayed(train_or_skip)(task, architecture, preset) for task in tasks)
    options = {"n_jobs": n_jobs, "pre_dispatch": "n_jobs", "batch_size": 1}
    backend, _ = get_active_backend()
    if getattr(backend, "supports_return_generator", False):
        yield from Parallel(return_as="generator_unordered", **options)(jobs)
        return
    # Some clusters only return all at once: then so many that all workers have work.
    jobs, size = iter(jobs), 2 * effective_n_jobs(n_jobs)
    with Parallel(**options) as parallel:  # the same workers for all
        while batch := list(islice(jobs, size)):
            yield from parallel(batch)
