# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""From a table that no machine holds to a zone store."""

import re
import secrets
import shutil
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.context._balanced import fair_share
from sklearn_geo.context._fetch import folder_of
from sklearn_geo.context._files import PROBES, content_of
from sklearn_geo.context._fingerprint import open_checkpoint
from sklearn_geo.context._fitted import FittedZones, zone_line
from sklearn_geo.context._inference import FALLBACK
from sklearn_geo.context._mean_rows import mean_rows
from sklearn_geo.context._presets import resolve
from sklearn_geo.context._propagators import propagators_of
from sklearn_geo.context._short_memory import check_memory, tell_of
from sklearn_geo.distributed._engine import (
    add_up,
    each_part,
    each_task,
    need_dask,
    parts_of,
)
from sklearn_geo.distributed._setup import Setup, minor_groups
from sklearn_geo.distributed._spool import Pieces, spool_part
from sklearn_geo.distributed._sums import means_of_propagated
from sklearn_geo.distributed._survey import (
    add_samples,
    add_surveys,
    left_out_part,
    sample_part,
    survey_part,
)
from sklearn_geo.distributed._table import layout_of, open_table, unreadable
from sklearn_geo.distributed._zones import (
    SampleJob,
    ZoneJob,
    do_zone,
    lost_fallback,
    lost_zone,
    train_fallback,
)

__all__ = ["fit_zone_store"]

# Photos on their way to their zones lie here, in the folder of the store.
_SPOOL = ".photos-"
# What a fit in memory calls the folder, and what it says of other photos.
_CHECKPOINT = "checkpoint_dir: "
_DIGESTS = re.compile(r"places was '\w+' and is '\w+'")


def fit_zone_store(
    photos,
    folder,
    transformer,
    *,
    location=("latitude", "longitude"),
    teachers=None,
    sample_weight=None,
    order=None,
    resume=False,
):
    """Train the networks of all zones on a table of photos that no machine holds.

    The zone store is the one that ``transformer.fit(X, y)`` and ``save_pretrained``
    would have written with all photos in memory: the weights are the same.

    Parameters
    ----------
    photos : dask.dataframe.DataFrame, or str, path or list of them
        The table, a row a photo; or the Parquet files that it is read from, such as
        ``"photos/*.parquet"``.

    folder : str or path
        The folder of the zone store. All workers have to see it under this name. A
        store is there, and can be read, from the first finished zone on.

    transformer : GPS2VecPlusTransformer
        An unfitted transformer, whose parameters say what is learnt.

    location : pair of str, default=("latitude", "longitude")
        The columns of latitude and longitude.

    teachers : list of str, default=None
        The teacher columns: what `fit` would get as y. None takes all that are named
        nowhere else.

    sample_weight : str, default=None
        Column with what a photo counts. One of weight 0 is as if it were not there.

    order : str, default=None
        Column with a number for each photo, from 0 on without gaps. It decides what is
        left to chance and to the order of rows, so that the same photos in other files
        give the same store, that of `fit` in this order. With gaps, the network of the
        whole globe learns from another sample than in `fit` where it cannot learn from
        all photos. None numbers rows as they lie in the files.

    resume : bool, default=False
        Go on with a run that was killed, and train only the zones that are missing.

    Returns
    -------
    GPS2VecPlusTransformer
        The fitted transformer; it loads zones from the folder when it needs them.

    See Also
    --------
    transform : Encode a dask collection of places.
    sklearn_geo.context.GPS2VecPlusTransformer : What is learnt, and how.

    Notes
    -----
    Tasks run on the cluster of the current ``distributed.Client``, or in this process
    if there is none.

    1. The table is read once to count photos by zone and to check every row, and its
       columns of places a second time to choose the sample that the network of the
       whole globe learns from; before that those of weights and numbers, where some
       photos are left out.
    2. It is read once more to be shuffled by zone. Each part becomes one file in the
       folder, in which the photos of a zone lie side by side. Where a
       `target_propagator` looks at photos up to `radius_km` away, each photo also goes
       to the other zones within that distance, whose photos it is a neighbour of, not
       one of them.
    3. Each zone is a task: it gathers its photos in the order of the table, makes their
       teachers, trains and writes its file.
    4. Where no row that a `target_propagator` makes in a zone teaches its context, the
       zone waits for the mean of all such rows, for which the table is read and
       shuffled again, by UTM zones.

    A task holds one part of the table, or the photos of one zone and those around it,
    or the sample of `fallback_samples` photos. The process that calls holds the number
    of photos of each zone, the places and numbers of the sample, and where the photos
    of each zone lie in each file: three numbers for each zone of each part; and, with
    `order`, the numbers of the photos of weight 0. The files take as much room as the
    table, twice as much with step 4, and are deleted in the end.

    A worker that dies takes no result along but those of its current tasks, which are
    repeated elsewhere. A zone for which memory runs out is left out with a warning, as
    in `transformer.fit`; so is one of which workers die again and again. With
    ``resume=True`` only these are trained.

    Examples
    --------
    >>> import tempfile
    >>> import dask.dataframe as dd
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn_geo.context import GPS2VecPlusTransformer
    >>> from sklearn_geo.distributed import fit_zone_store
    >>> rng = np.random.default_rng(0)
    >>> photos = pd.DataFrame(
    ...     {
    ...         "latitude": rng.uniform(46.0, 50.0, 300),
    ...         "longitude": rng.uniform(7.0, 16.0, 300),
    ...         "scene_sea": rng.uniform(0.1, 0.9, 300),
    ...     }
    ... )
    >>> photos["scene_city"] = 1.0 - photos["scene_sea"]
    >>> transformer = GPS2VecPlusTransformer(
    ...     contexts={"scene": "scene_"},
    ...     hidden=(8,),
    ...     max_iter=2,
    ...     min_samples=32,
    ...     random_state=0,
    ... )
    >>> table = dd.from_pandas(photos, npartitions=3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     fitted = fit_zone_store(table, folder, transformer)
    ...     print(fitted.zone_report_["zone"])
    ['32T' '32U' '33T' '33U']
    """
    need_dask()
    if not isinstance(resume, bool | np.bool_):
        raise TypeError(f"resume must be True or False; got {resume!r}.")
    folder = folder_of(folder, "folder")
    model = _checked(transformer)
    frame = open_table(photos)
    layout = layout_of(frame, location, teachers, sample_weight, order)
    run = _Run(frame, folder.absolute(), model, layout, bool(resume))
    try:
        survey = run.survey()
    except (AttributeError, KeyError) as error:
        if frame is photos:
            raise
        # What a file says of its columns is read with its first rows.
        raise unreadable(photos, error) from error
    with _about_arguments():
        return run.run(survey)


class _Run:
    """One fit, step by step."""

    def __init__(self, frame, folder, model, layout, resume):
        import pandas as pd

        self.frame = frame
        self.folder = folder
        self.model = model
        self.layout = layout
        # As a fit in memory, whose checkpoint the store is.
        self.fit = clone(model).set_params(checkpoint_dir=str(folder), resume=resume)
        names = pd.DataFrame(PROBES, columns=list(layout.location))
        for each in (self.model, self.fit):
            each._read_places(names, reset=True)
        before = FittedZones(model, PROBES, *self._no_rows(), seed=0)
        content_of(model, before)  # refuses what learns from places
        propagators = propagators_of(model.target_propagator, before.contexts)
        radius_km = _radius_km(propagators)
        self.setup = Setup(
            layout,
            before.plan,
            propagators,
            radius_km,
            resolve(model.preset, model._settings()),
            seed=0,
        )

    def run(self, survey):
        """Do all the steps after the survey."""
        zones = self._begin(survey)
        checkpoint = self._checkpoint(survey, zones)
        try:
            done = {record["id"] for record in checkpoint.finished()}
            spool = self._new_spool()
            try:
                self._train(survey, zones, checkpoint, done, spool)
            finally:
                shutil.rmtree(spool, ignore_errors=True)
            n_done = len(checkpoint.finished())
            n_tasks = n_done + len(zones.skipped)
            check_memory(zones.skipped, n_tasks, n_done)
            tell_of(zones.skipped, n_tasks)
            if not zones.skipped:
                checkpoint.finish(content_of(self.model, zones))
            zones.shelf = checkpoint.shelf(
                zones.shapes, max_loaded_zones=self.model.max_loaded_zones
            )
        finally:
            checkpoint.close()
        self.model._take(zones, list(self.layout.location))
        return self.model

    def _no_rows(self):
        names = list(self.layout.teachers)
        return np.empty((0, len(names))), names

    def survey(self):
        """Count the photos of each zone."""
        columns = self.layout.columns(teachers=True)
        tasks = parts_of(self.frame, columns, survey_part, self.setup)
        survey = add_up(tasks, add_surveys)
        if not survey.sizes.sum():
            raise ValueError(
                "photos has no rows"
                + (
                    " that count something."
                    if self.layout.weight
                    else ": there is nothing to learn from."
                )
            )
        return survey

    def _begin(self, survey):
        """Begin as `fit` does, with a place for each UTM zone instead of all places."""
        self.fit._begin((survey.somewhere, *self._no_rows(), None))
        zones = self.fit._zones
        count_of = survey.count_of()
        zones.photos_seen = {zone: n for zone, n in count_of.items() if zone >= 0}
        trained = sorted(
            zone for zone, n in zones.photos_seen.items() if n >= self.model.min_samples
        )
        if not trained and zones.fallback_columns is None:
            zones.refuse_to_train_nothing(self.model.min_samples)
        sizes = survey.sizes[np.argsort(survey.parts)]
        self.setup = replace(
            self.setup,
            plan=zones.plan,
            seed=zones.seed,
            first=np.cumsum(sizes) - sizes,
            means=mean_rows(survey.sums, self.setup.propagators),
            zones=np.array(trained, dtype=np.int64),
            beyond=self.setup.middles_of(survey.beyond) if len(survey.beyond) else {},
        )
        return zones

    def _checkpoint(self, survey, zones):
        digests = survey.digests[np.argsort(survey.parts)]
        read = SimpleNamespace(
            propagators=self.setup.propagators,
            places=digests,
            matrix=digests,
            photos=None,  # the digests tell them as well
        )
        return open_checkpoint(self.fit, zones, read, None, self.setup.preset)

    def _new_spool(self):
        for old in self.folder.glob(f"{_SPOOL}*"):  # of a run that was killed
            shutil.rmtree(old, ignore_errors=True)
        spool = self.folder / f"{_SPOOL}{secrets.token_hex(8)}"
        spool.mkdir()
        return spool

    def _train(self, survey, zones, checkpoint, done, spool):
        """Train what is not done."""
        fallback = zones.fallback_columns is not None and FALLBACK not in done
        left = [zone for zone in self.setup.zones.tolist() if zone not in done]
        if not left and not fallback:
            return
        sample = self._sample(survey) if fallback else None
        pieces = self._spool(spool)
        jobs = self._jobs(zones, survey.count_of(), sample, set(left), pieces)
        taught, silent, untaught = [], set(), False
        for result in each_task(do_zone, jobs, *self._shared(spool), lost=lost_zone):
            if result["silent"]:
                silent.add(result["zone"])
            else:
                self._take(result, zones, checkpoint)
            taught += [result["taught"]] if result["taught"] is not None else []
            untaught |= result["untaught"]
        if silent:
            # Once more, now that it is known what they are to say.
            why = self._mean_propagated(survey, spool)
            again = self._jobs(zones, survey.count_of(), None, silent, pieces)
            jobs = (job for job in again if job.trains)
            if why is not None:
                results = (lost_zone(job, why) for job in jobs)
            else:
                shared = self._shared(spool)
                results = each_task(do_zone, jobs, *shared, lost=lost_zone)
            for result in results:
                self._take(result, zones, checkpoint)
        if fallback:
            job = SampleJob(pieces.of(FALLBACK), sorted(taught))
            self._take(self._fallback(job, survey, spool, untaught), zones, checkpoint)

    def _fallback(self, job, survey, spool, untaught):
        """Train the network of the whole globe."""
        if untaught and self.setup.propagators:
            return lost_fallback(job, "photos of its sample have no teachers")

        def train():
            shared = self._shared(spool)
            (result,) = each_task(train_fallback, [job], *shared, lost=lost_fallback)
            return result

        result = train()
        if not result["silent"]:
            return result
        why = self._mean_propagated(survey, spool)
        return train() if why is None else lost_fallback(job, why)

    def _shared(self, spool):
        return self.setup, spool, self.folder

    def _mean_propagated(self, survey, spool):
        """Make the means those of all propagated rows, or say why there are none."""
        means, why = means_of_propagated(
            self.frame, self.setup, survey.somewhere, spool
        )
        if why is None:
            self.setup = replace(self.setup, means=means, means_are_known=True)
        return why

    def _sample(self, survey):
        """Choose the photos that the network of the whole globe learns from."""
        share = fair_share(survey.counts, self.model.fallback_samples)
        columns = self.layout.columns(teachers=False)
        left_out = self.setup.left_out
        if self.layout.weight and self.layout.order and (survey.counts > share).any():
            tasks = parts_of(self.frame, columns, left_out_part, self.setup)
            left_out = np.sort(add_up(tasks, np.concatenate))
        sampling = replace(self.setup, share=share, left_out=left_out)
        tasks = parts_of(self.frame, columns, sample_part, sampling)
        sample = add_up(tasks, partial(add_samples, share=share))
        minor = {}
        if self.setup.propagators:
            rows = np.flatnonzero(~np.isin(sample["zones"], self.setup.zones))
            groups = minor_groups(sample["places"][rows], sample["zones"][rows])
            for group in np.unique(groups).tolist():
                minor[group] = sample["places"][rows[groups == group]]
        self.setup = replace(
            self.setup, share=share, sampled=np.sort(sample["numbers"]), minor=minor
        )
        return sample

    def _spool(self, spool):
        columns = self.layout.columns(teachers=True)
        tasks = parts_of(self.frame, columns, spool_part, self.setup, spool)
        written = []
        for each in each_part(tasks):
            if not written and not (spool / each["file"]).exists():
                raise ValueError(
                    f"What workers write to {self.folder} is not there. Give a folder "
                    "of a file system that all workers share with this process."
                )
            written.append(each)
        pieces = Pieces(written)
        self.setup = replace(self.setup, files=pieces.files)
        return pieces

    def _jobs(self, zones, count_of, sample, left, pieces):
        """Yield what is to be done, the zone with most photos first."""
        # Zones that are done still make the teachers of their sampled photos.
        needed = left | set(self.setup.minor)
        if sample is not None and self.setup.propagators:
            needed |= set(sample["zones"].tolist()) & set(self.setup.zones.tolist())
        counts = {
            zone: len(self.setup.minor.get(zone, ())) or count_of[zone]
            for zone in needed
        }
        for zone in sorted(needed, key=lambda zone: (-counts[zone], zone)):
            name = zones.regions.names([zone])[0] if zone >= 0 else "outside"
            yield ZoneJob(zone, name, counts[zone], pieces.of(zone), zone in left)

    def _take(self, result, zones, checkpoint):
        if result["skipped"] is not None:
            zones.skipped.append(result["skipped"])
            if self.model.verbose:
                print(result["skipped"].line(), flush=True)
        if result["written"] is None:
            return
        checkpoint.take(result["written"])
        zones.histories[result["zone"]] = [result["histories"]]
        if self.model.verbose:
            print(zone_line(result["written"]["record"]), flush=True)


def _checked(transformer):
    """Return a copy of the transformer, with parameters that go with this."""
    if not isinstance(transformer, GPS2VecPlusTransformer):
        raise TypeError(
            f"transformer is a {type(transformer).__name__}. Pass an unfitted "
            "GPS2VecPlusTransformer, whose parameters say what is learnt."
        )
    model = clone(transformer)
    model._validate_params()
    model._check_parameters()
    for name, why in (
        ("corpus", "photos is what is learnt from"),
        ("pretrained", "nothing is left to be learnt with it"),
        ("checkpoint_dir", "folder is the checkpoint: use resume=True here"),
    ):
        if getattr(model, name) is not None:
            raise ValueError(f"transformer: {name} must be None; {why}.")
    regions = model.regions
    if not (regions is None or isinstance(regions, str | FrozenEstimator)):
        raise ValueError(
            f"regions={type(regions).__name__}() would be fitted on all places, which "
            "no machine holds. Fit it on a sample and freeze it: "
            "regions=FrozenEstimator(partition.fit(sample)), from sklearn.frozen."
        )
    return model


@contextmanager
def _about_arguments():
    """Call what is said of a checkpoint by the names of the arguments here."""
    try:
        yield
    except (OSError, ValueError) as error:
        text = getattr(error, "strerror", None) or str(error)
        if not text.startswith(_CHECKPOINT):
            raise
        text = f"folder: {text.removeprefix(_CHECKPOINT)}"
        text = _DIGESTS.sub("photos, their parts, weights or numbers are others", text)
        if isinstance(error, OSError):
            raise OSError(error.errno, text) from error
        raise ValueError(text) from error


def _radius_km(propagators):
    """Return how far propagators look, or refuse those that look everywhere."""
    radii = []
    for name, propagator in propagators.items():
        params = propagator.get_params(deep=False)
        if params.get("corpus") is not None:
            continue  # it looks at photos of its own
        if params.get("radius_km") is None:
            raise ValueError(
                f"target_propagator of {name!r}: {type(propagator).__name__} looks for "
                "neighbours however far they are, so a zone would need the photos of "
                "all others. Set radius_km, for example "
                "GeoNeighborTagPropagator(radius_km=50)."
            )
        radii.append(float(params["radius_km"]))
    return max(radii, default=None)
