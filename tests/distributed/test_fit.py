# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.frozen import FrozenEstimator

from sklearn_geo.context import GPS2VecPlusTransformer, _zone_training
from sklearn_geo.distributed import _fit, fit_zone_store
from sklearn_geo.distributed._spool import spool_part
from sklearn_geo.encoding import S2OneHotEncoder
from sklearn_geo.neighbors import GeoNeighborTagPropagator, GeoTagCorpus
from sklearn_geo.partition import S2Partition
from tests.distributed.photos import (
    LOCATION,
    GreedyPropagator,
    assert_same_weights,
    fit_in_memory,
    make_photos,
    make_transformer,
    write_parquet,
)

# dask reads Parquet with an argument that pandas 3.1 is going to drop.
pytestmark = pytest.mark.filterwarnings(
    "ignore:The inplace keyword in DataFrame.reset_index:DeprecationWarning"
)


@pytest.fixture
def frame():
    return make_photos()


def table(frame, n_parts=3):
    return dd.from_pandas(frame, npartitions=n_parts, sort=False)


def test_many_photos_equally_far_are_the_same_neighbours(tmp_path):
    frame = make_photos(digits=1, untagged=True)
    assert len(frame[LOCATION].drop_duplicates()) < len(frame) / 2
    alone = fit_in_memory(make_transformer(), frame)
    fitted = fit_zone_store(table(frame, 5), tmp_path, make_transformer())
    assert_same_weights(fitted, alone)


def test_places_in_no_zone_teach_the_globe_and_are_neighbours(frame, tmp_path):
    # Cells around the corner; those at the antimeridian are in no cell, or in few.
    west = frame[frame.latitude > 45.0][LOCATION]
    partition = S2Partition(max_per_cell=60, min_per_cell=20).fit(west)
    model = make_transformer(regions=FrozenEstimator(partition), min_samples=40)
    zones = partition.predict(frame[LOCATION])
    counts = np.bincount(zones + 1)
    assert counts[0] > 100  # in no cell
    assert ((counts[1:] > 0) & (counts[1:] < 40)).any()  # too few for networks
    assert (counts[1:] >= 40).sum() > 1
    alone = fit_in_memory(model, frame)
    fitted = fit_zone_store(table(frame), tmp_path, model)
    assert_same_weights(fitted, alone)
    read = GPS2VecPlusTransformer.from_pretrained(tmp_path)
    places = frame[LOCATION][:40]
    assert_array_equal(read.transform(places), alone.transform(places))


def test_cells_that_go_on_beyond_their_borders(frame, tmp_path):
    # Cells of a part of the corner, so that there are photos beyond them side by side.
    partition = S2Partition(max_per_cell=15, min_per_cell=5, uncovered="nearest")
    known = (frame.latitude > 48.0) & (frame.longitude < 12.0)
    partition = partition.fit(frame[known][LOCATION])
    assert (partition._locate(frame[LOCATION].to_numpy()) < 0).sum() > 200
    assert (partition.predict(frame[LOCATION]) >= 0).all()
    model = make_transformer(regions=FrozenEstimator(partition))
    fitted = fit_zone_store(table(frame), tmp_path, model)
    assert_same_weights(fitted, fit_in_memory(model, frame))


def test_dense_teachers_and_two_propagators(frame, tmp_path):
    model = make_transformer(
        networks=(("scene", "tag"),),
        target_propagator={
            "scene": GeoNeighborTagPropagator(3, radius_km=5, sparse_output=False),
            "tag": GeoNeighborTagPropagator(6, radius_km=30),
        },
    )
    alone = fit_in_memory(model, frame)
    assert_same_weights(fit_zone_store(table(frame), tmp_path, model), alone)


def test_a_zone_in_which_nobody_has_tags(frame, tmp_path):
    tags = [name for name in frame if name.startswith("tag_")]
    frame = frame.astype(dict.fromkeys(tags, float))
    frame.loc[frame.latitude < 10.0, tags] = np.nan
    alone = fit_in_memory(make_transformer(), frame)
    fitted = fit_zone_store(table(frame), tmp_path, make_transformer())
    assert_same_weights(fitted, alone)


@pytest.mark.parametrize("kind", ["zones", "cells"])
def test_what_no_propagated_tag_reaches(frame, tmp_path, monkeypatch, kind):
    # Tags are at the corner, in zones that learn and in others; some are in no cell.
    tags = [name for name in frame if name.startswith("tag_")]
    frame = frame.astype(dict.fromkeys(tags, float))
    frame.loc[frame.latitude < 10.0, tags] = np.nan
    frame.loc[frame.index[::7], tags] *= 9.0
    weights = np.random.default_rng(2).choice([0.0, 0.5, 2.0], len(frame))
    params = {"fallback_samples": 40}
    if kind == "cells":
        known = frame[(frame.longitude > 12.0) | (frame.latitude < 10.0)][LOCATION]
        partition = S2Partition(max_per_cell=60, min_per_cell=20).fit(known)
        assert (partition.predict(frame[LOCATION]) < 0).sum() > 50
        params["regions"] = FrozenEstimator(partition)
    model = make_transformer(**params)
    alone = fit_in_memory(model, frame, sample_weight=weights)
    shuffles = []
    means = _fit.means_of_propagated

    def counted(*args):
        shuffles.append(1)
        return means(*args)

    monkeypatch.setattr(_fit, "means_of_propagated", counted)
    fitted = fit_zone_store(
        table(frame.assign(weight=weights)), tmp_path, model, sample_weight="weight"
    )
    assert_same_weights(fitted, alone)
    assert len(shuffles) == 1
    kept = weights > 0
    places = frame[LOCATION][kept]
    propagator = GeoNeighborTagPropagator(4, radius_km=20, sparse_output=False)
    known = frame[kept][tags[0]].notna()
    propagator.fit(places[known], frame[kept][tags][known])
    rows = propagator.transform(places)
    sums = rows.sum(axis=1)
    rows = rows[sums > 0] / sums[sums > 0, np.newaxis]
    mean = weights[kept][sums > 0] @ rows / weights[kept][sums > 0].sum()
    silent = frame[LOCATION][frame.latitude < 10.0]
    zones = fitted._zones.regions.locate(silent.to_numpy())
    silent = silent[np.isin(zones, fitted._zones.shelf.zone_ids)]
    said = fitted.transform(silent)[:, 3:]
    assert_allclose(said, np.tile(mean, (len(silent), 1)), atol=1e-5)


def test_no_memory_for_what_no_propagated_tag_reaches(frame, tmp_path, monkeypatch):
    tags = [name for name in frame if name.startswith("tag_")]
    frame = frame.astype(dict.fromkeys(tags, float))
    frame.loc[frame.latitude < 10.0, tags] = np.nan
    whole = fit_in_memory(make_transformer(), frame)

    def short(*args):
        return {}, "there was none"

    monkeypatch.setattr(_fit, "means_of_propagated", short)
    with pytest.warns(UserWarning, match=r"There was none\."):
        fitted = fit_zone_store(table(frame), tmp_path, make_transformer())
    assert sorted(fitted.skipped_zones_) == ["1M", "1N", "60M", "60N"]
    monkeypatch.undo()
    again = fit_zone_store(table(frame), tmp_path, make_transformer(), resume=True)
    assert_same_weights(again, whole)


def test_a_propagator_with_a_corpus_of_its_own_needs_no_radius(frame, tmp_path):
    tags = frame[[name for name in frame if name.startswith("tag_")]]
    corpus = GeoTagCorpus(frame[LOCATION], tags)
    model = make_transformer(
        target_propagator={"tag": GeoNeighborTagPropagator(3, corpus=corpus)},
        min_samples=60,
    )
    alone = fit_in_memory(model, frame)
    assert_same_weights(fit_zone_store(table(frame), tmp_path, model), alone)


def test_what_photos_count(frame, tmp_path):
    weights = np.random.default_rng(1).choice([0.0, 0.5, 2.0], len(frame))
    alone = fit_in_memory(make_transformer(), frame, sample_weight=weights)
    weighted = frame.assign(weight=weights)
    fitted = fit_zone_store(
        table(weighted), tmp_path, make_transformer(), sample_weight="weight"
    )
    assert_same_weights(fitted, alone)
    assert fitted.zone_report_["photos"].sum() <= (weights > 0).sum()


def test_numbers_of_photos_decide_not_their_files(frame, tmp_path):
    alone = fit_in_memory(make_transformer(), frame)
    numbered = frame.assign(number=np.arange(len(frame)), user="somebody")
    files = write_parquet(
        numbered.sample(frac=1.0, random_state=0), tmp_path / "photos", 3
    )
    fitted = fit_zone_store(
        files,
        tmp_path / "store",
        make_transformer(),
        order="number",
        teachers=[name for name in frame if name not in LOCATION],
    )
    assert_same_weights(fitted, alone)


def test_numbers_of_photos_that_count_nothing_take_no_part(frame, tmp_path):
    weights = np.random.default_rng(1).choice([0.0, 1.0, 2.0], len(frame))
    alone = fit_in_memory(make_transformer(), frame, sample_weight=weights)
    numbered = frame.assign(number=np.arange(len(frame)), weight=weights)
    fitted = fit_zone_store(
        table(numbered.sample(frac=1.0, random_state=0)),
        tmp_path,
        make_transformer(),
        order="number",
        sample_weight="weight",
    )
    assert_same_weights(fitted, alone)


def test_photos_that_count_nothing_make_no_columns(frame, tmp_path):
    model = make_transformer(append_location=True, target_propagator=None)
    weights = np.where(frame.latitude.between(30, 45), 0.0, 1.0)  # all of 18T
    fitted = fit_zone_store(
        table(frame.assign(weight=weights)), tmp_path, model, sample_weight="weight"
    )
    names = fitted.get_feature_names_out().tolist()
    assert "utm_32U" in names
    assert "utm_18T" not in names
    alone = fit_in_memory(model, frame[weights > 0])
    assert alone.get_feature_names_out().tolist() == names
    assert_same_weights(fitted, alone)


def test_a_query_on_many_small_files(frame, tmp_path):
    # Dask puts such files together where few of their columns are read: so it would
    # for the sample of all, for which teachers do not matter.
    files = write_parquet(frame, tmp_path / "photos", 12)
    photos = dd.read_parquet(files)
    photos = photos[photos.longitude != 11.9]
    assert len(photos[LOCATION].optimize().to_delayed()) < 12
    model = make_transformer(fallback_samples=60)
    fitted = fit_zone_store(photos, tmp_path / "store", model)
    alone = fit_in_memory(model, photos.compute(scheduler="synchronous"))
    assert_same_weights(fitted, alone)


def test_one_network_for_the_globe_and_no_fallback(frame, tmp_path):
    for number, params in enumerate(
        ({"regions": None, "target_propagator": None}, {"missing_zone": "nearest"})
    ):
        folder = tmp_path / str(number)
        model = make_transformer(**params, append_location=True)
        fitted = fit_zone_store(table(frame), folder, model)
        alone = fit_in_memory(model, frame)
        for zone in alone._zones.shelf.zone_ids:
            for name, weights in alone._zones.shelf.get(zone).items():
                assert_array_equal(fitted._zones.shelf.get(zone)[name], weights)
        assert_array_equal(
            fitted.transform(frame[LOCATION]), alone.transform(frame[LOCATION])
        )


def test_parameters_stay_and_the_transformer_is_not_touched(frame, tmp_path):
    model = make_transformer(target_propagator=None)
    fitted = fit_zone_store(table(frame), tmp_path, model)
    assert not hasattr(model, "_zones")
    assert fitted.get_params()["checkpoint_dir"] is None
    assert fitted.get_params()["hidden"] == model.hidden
    assert list(fitted.feature_names_in_) == LOCATION
    assert set(fitted.history_["zone"]) > set(fitted.zone_report_["zone"])


class StopError(Exception):
    """What ends a run in the middle."""


@pytest.mark.parametrize("seed", [5, None])
def test_a_run_goes_on_where_it_was_stopped(frame, tmp_path, monkeypatch, seed):
    model = make_transformer(random_state=seed)
    take = _fit._Run._take
    done = []

    def take_three(run, result, zones, checkpoint):
        take(run, result, zones, checkpoint)
        done.append(result["zone"])
        # Whoever reads it meanwhile finds what is finished.
        read = GPS2VecPlusTransformer.from_pretrained(tmp_path)
        assert len(read.zone_report_) == len(done)
        if len(done) == 3:
            raise StopError

    monkeypatch.setattr(_fit._Run, "_take", take_three)
    with pytest.raises(StopError):
        fit_zone_store(table(frame), tmp_path, model)
    assert not list(tmp_path.glob(".photos-*"))
    (tmp_path / ".photos-of-a-run-that-was-killed").mkdir()
    trained = []

    def take_and_note(run, result, zones, checkpoint):
        take(run, result, zones, checkpoint)
        trained.extend([result["zone"]] if result["written"] else [])

    monkeypatch.setattr(_fit._Run, "_take", take_and_note)
    fitted = fit_zone_store(table(frame), tmp_path, model, resume=True)
    assert not set(done) & set(trained)
    assert sorted(done + trained) == fitted._zones.shelf.zone_ids
    assert not list(tmp_path.glob(".photos-*"))
    model.set_params(random_state=fitted._zones.seed if seed is None else seed)
    if seed is not None:
        assert_same_weights(fitted, fit_in_memory(model, frame))
    # There is nothing left to be done.
    trained.clear()
    again = fit_zone_store(
        table(frame), tmp_path, make_transformer(random_state=seed), resume=True
    )
    assert not trained
    assert_same_weights(again, fitted)


def short_of(name, monkeypatch):
    """Let there be no memory for the training of a zone."""
    train_zone = _zone_training.train_zone

    def greedy(task, *more):
        if task.name == name:
            np.empty(1 << 60, dtype=np.uint8)
        return train_zone(task, *more)

    monkeypatch.setattr(_zone_training, "train_zone", greedy)


@pytest.mark.parametrize("name", ["32U", "fallback"])
def test_a_zone_without_memory_is_left_out(frame, tmp_path, monkeypatch, capsys, name):
    whole = fit_in_memory(make_transformer(), frame)
    short_of(name, monkeypatch)
    n_tasks = len(whole.zone_report_) + 1
    with pytest.warns(UserWarning, match=rf"1 of {n_tasks} zones, .*: {name} \(\d+ ph"):
        fitted = fit_zone_store(table(frame), tmp_path, make_transformer(verbose=1))
    assert fitted.skipped_zones_ == [name]
    assert f"Zone {name}: " in capsys.readouterr().out
    left = fitted._zones.records
    assert left.keys() == {
        zone for zone, each in whole._zones.records.items() if each["name"] != name
    }
    for zone in left:
        for key, array in fitted._zones.shelf.get(zone).items():
            assert_array_equal(array, whole._zones.shelf.get(zone)[key])
    monkeypatch.undo()
    again = fit_zone_store(table(frame), tmp_path, make_transformer(), resume=True)
    assert again.skipped_zones_ == []
    assert_same_weights(again, whole)


def test_a_zone_without_memory_for_its_teachers(frame, tmp_path):
    # The network of the globe learns from its photos, too.
    (tmp_path / "mark").write_text("zone")
    propagator = GreedyPropagator(4, radius_km=20, mark=str(tmp_path / "mark"))
    model = make_transformer(target_propagator={"tag": propagator})
    with pytest.warns(
        UserWarning, match=r"2 of \d zones, .* 32U \(\d+ photos\), fallback \(\d+ ph"
    ):
        fitted = fit_zone_store(table(frame), tmp_path / "store", model)
    whole = fit_in_memory(make_transformer(), frame)
    assert len(fitted.zone_report_) == len(whole.zone_report_) - 1
    assert fitted.skipped_zones_ == ["32U", "fallback"]
    (tmp_path / "mark").write_text("")
    again = fit_zone_store(table(frame), tmp_path / "store", model, resume=True)
    assert_same_weights(again, whole)


def test_memory_for_no_zone_at_all(frame, tmp_path, monkeypatch):
    frame = frame[frame.longitude.between(11, 12) & (frame.latitude > 48)]
    short_of("32U", monkeypatch)
    model = make_transformer(missing_zone="nan", target_propagator=None)
    with pytest.raises(MemoryError, match="Memory ran out for 1 of 1 zones"):
        fit_zone_store(table(frame), tmp_path, model)
    assert not list(tmp_path.glob(".photos-*"))


def test_another_run_does_not_go_on(frame, tmp_path):
    model = make_transformer(target_propagator=None)
    fit_zone_store(table(frame), tmp_path, model)
    other = make_transformer(target_propagator=None, max_iter=3)
    with pytest.raises(ValueError, match="max_iter was '2' and is '3'"):
        fit_zone_store(table(frame), tmp_path, other, resume=True)
    changed = frame.assign(scene_city=frame.scene_city / 2)
    with pytest.raises(
        ValueError, match=r"^folder: .*another fit: photos, their parts, weights or num"
    ):
        fit_zone_store(table(changed), tmp_path, model, resume=True)
    again = fit_zone_store(table(frame), tmp_path, other)
    assert_same_weights(again, fit_in_memory(other, frame))


def test_verbose_prints_a_line_a_zone(frame, tmp_path, capsys):
    model = make_transformer(target_propagator=None, verbose=1)
    fitted = fit_zone_store(table(frame), tmp_path, model)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(fitted.zone_report_) + 1
    assert lines[-1].startswith("Zone fallback: 150 photos, 2 epochs, held-out KL")


def test_parts_without_rows(frame, tmp_path):
    parts = table(frame, 4).map_partitions(
        lambda part: part if part.index[0] else part[:0], meta=frame[:0]
    )
    model = make_transformer(target_propagator=None)
    fitted = fit_zone_store(parts, tmp_path, model)
    assert_same_weights(fitted, fit_in_memory(model, parts.compute()))


def refused(frame, tmp_path, error=ValueError, **options):
    """Return what a run says that does not begin."""
    model = options.pop("transformer", None) or make_transformer(
        **options.pop("params", {"target_propagator": None})
    )
    if isinstance(frame, pd.DataFrame):
        frame = table(frame)
    with pytest.raises(error) as raised:
        fit_zone_store(frame, tmp_path / "store", model, **options)
    assert not (tmp_path / "store").exists()
    return str(raised.value)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"target_propagator": {"tag": GeoNeighborTagPropagator()}},
            "Set radius_km, for example GeoNeighborTagPropagator(radius_km=50)",
        ),
        ({"regions": S2Partition()}, "regions=FrozenEstimator(partition.fit(sample))"),
        ({"encoding": S2OneHotEncoder()}, "learns from training places"),
        ({"pretrained": "folder"}, "pretrained must be None"),
        ({"checkpoint_dir": "folder"}, "folder is the checkpoint: use resume=True"),
        ({"min_samples": 10_000, "missing_zone": "nan"}, "Lower min_samples"),
        ({"hidden": ()}, "must be the widths of one or more layers"),
        ({"contexts": {"scene": 2, "tag": 4}}, "add up to 6 columns, but y has 7"),
    ],
)
def test_parameters_that_do_not_go_with_this(frame, tmp_path, params, message):
    assert message in refused(frame, tmp_path, params=params)


def test_what_is_no_table(frame, tmp_path):
    assert "from_pandas" in refused([frame], tmp_path, TypeError)
    message = refused(frame, tmp_path, TypeError, transformer=S2Partition())
    assert "transformer is a S2Partition" in message
    assert "no column 'lat'" in refused(frame, tmp_path, location=("lat", "lon"))
    message = refused(frame, tmp_path, location=("longitude", "latitude"))
    assert "look" in message
    assert "swapped" in message
    assert "no such column" in refused(frame, tmp_path, sample_weight="weight")
    assert "no such column" in refused(frame, tmp_path, order="number")
    assert "named twice" in refused(frame, tmp_path, teachers=["tag_sea", "tag_sea"])
    assert "no columns ['sea']" in refused(frame, tmp_path, teachers=["sea"])
    for names in ("tag_sea", {"tag_sea"}, iter(["tag_sea"])):
        message = refused(frame, tmp_path, TypeError, teachers=names)
        assert "teachers must be a list of names" in message
    assert "no teacher columns" in refused(frame[LOCATION], tmp_path)
    message = refused(
        frame.set_axis(range(frame.shape[1]), axis=1), tmp_path, TypeError
    )
    assert "the column 0 is called by no text" in message
    assert "photos has no rows" in refused(frame[:0], tmp_path)
    text = frame.assign(user="somebody")
    assert "the column 'user' has dtype" in refused(text, tmp_path, TypeError)


def test_a_column_is_one_thing(frame, tmp_path):
    frame = frame.assign(number=np.arange(len(frame)))
    said = refused(frame, tmp_path, order="number", sample_weight="number")
    assert said.startswith("order='number': this column is sample_weight already.")
    said = refused(frame, tmp_path, sample_weight="latitude")
    assert said.startswith("sample_weight='latitude': this column is location already.")


def test_the_folder_and_whether_to_go_on(frame, tmp_path):
    model = make_transformer(target_propagator=None)
    with pytest.raises(ValueError, match="folder must be a str or a path, not None"):
        fit_zone_store(table(frame), None, model)
    assert "resume must be" in refused(frame, tmp_path, TypeError, resume="no")
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"^folder: .*file is no folder\.$"):
        fit_zone_store(table(frame), tmp_path / "file", model)


def test_names_of_teachers_in_any_sequence(frame, tmp_path):
    names = [name for name in frame if name not in LOCATION]
    model = make_transformer(target_propagator=None)
    alone = fit_in_memory(model, frame)
    for number, teachers in enumerate((tuple(names), pd.Index(names), np.array(names))):
        folder = tmp_path / str(number)
        fitted = fit_zone_store(table(frame), folder, model, teachers=teachers)
        assert_same_weights(fitted, alone)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (1j, "Complex ones have no order"),
        ("heavy", "Convert text first"),
        (pd.Timestamp("2020-01-01"), "Times and spans of time are none"),
        (pd.Timedelta(1, "D"), "Times and spans of time are none"),
    ],
)
def test_weights_are_numbers(frame, tmp_path, column, message):
    weighted = frame.assign(weight=[column] * len(frame))
    said = refused(weighted, tmp_path, TypeError, sample_weight="weight")
    assert "sample_weight='weight' must hold numbers" in said
    assert message in said


@pytest.mark.parametrize("rows", [slice(None), slice(2)])
def test_weights_that_add_up_to_infinity(frame, tmp_path, rows):
    # In no part for themselves, but all together; or in the first one.
    weights = np.ones(len(frame))
    weights[rows] = 1.7e308 if rows == slice(2) else 1e307 / 12
    said = refused(frame.assign(w=weights), tmp_path, sample_weight="w")
    assert said.startswith("sample_weight adds up to infinity.")


@pytest.mark.parametrize("weighted", [False, True])
def test_places_in_no_cell_are_named_with_their_part(frame, tmp_path, weighted):
    frame = frame.sort_values("latitude", ascending=False, ignore_index=True)
    partition = S2Partition(max_per_cell=60, min_per_cell=1, uncovered="error")
    inside = frame[frame.latitude > 45.0]
    model = make_transformer(
        target_propagator=None, regions=FrozenEstimator(partition.fit(inside[LOCATION]))
    )
    first = len(table(frame).partitions[0])
    frame = frame.loc[: first + 5].copy()
    frame.loc[[2, first + 1], LOCATION] = [[0.0, 0.0], [0.0, 50.0]]
    frame["weight"] = 1.0
    frame.loc[2, "weight"] = 0.0 if weighted else 1.0
    frame.loc[first, "weight"] = 0.0 if weighted else 1.0
    parts = dd.concat(
        [dd.from_pandas(part, npartitions=1) for part in (frame[:first], frame[first:])]
    )
    said = refused(parts, tmp_path, transformer=model, sample_weight="weight")
    if weighted:
        where = "part 1, without photos of weight 0: X, row 0: the place (0.0, 50.0)"
        assert said.startswith(f"photos, {where} lies in no S2 cell")
    else:
        assert said.startswith("photos, part ")
        assert ": X, row 2: the place (0.0, 0.0)" in said or (
            ": X, row 1: the place (0.0, 50.0)" in said
        )


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("latitude", 95.0, "photos, part 1: places, row 3: latitude 95.0"),
        ("scene_city", -1.0, "photos, part 1: y, row 3, context 'scene': the row"),
        ("weight", -1.0, "photos, part 1: row 3: sample_weight=-1.0"),
    ],
)
def test_bad_rows_are_named(frame, tmp_path, column, value, message):
    frame = frame.assign(weight=1.0)
    first = table(frame).partitions[0].compute()
    frame.loc[len(first) + 3, column] = value
    assert message in refused(frame, tmp_path, sample_weight="weight")


def test_numbers_of_photos_have_to_be_theirs(frame, tmp_path):
    wrong = frame.assign(number=np.linspace(0.0, 1.0, len(frame)))
    assert "whole numbers from 0 on" in refused(wrong, tmp_path, order="number")
    wrong = frame.assign(number=-1)
    assert "dtype int64 and -1." in refused(wrong, tmp_path, order="number")
    wrong = frame.assign(number=np.arange(len(frame), dtype=np.uint64) + 2**63)
    message = refused(wrong, tmp_path, order="number")
    assert "dtype uint64 and 92233720368547" in message
    model = make_transformer(target_propagator=None, missing_zone="nan")
    twice = frame.assign(number=np.arange(len(frame)) // 2).sort_values("latitude")
    with pytest.raises(ValueError, match="Each photo needs a number of its own"):
        fit_zone_store(table(twice), tmp_path, model, order="number")


def test_a_folder_that_workers_do_not_share(frame, tmp_path, monkeypatch):
    # As if their files were on their own machines.
    def elsewhere(part, setup, number, folder):
        (tmp_path / "elsewhere").mkdir(exist_ok=True)
        return spool_part(part, setup, number, tmp_path / "elsewhere")

    monkeypatch.setattr(_fit, "spool_part", elsewhere)
    model = make_transformer(target_propagator=None)
    with pytest.raises(ValueError, match="a file system that all workers share"):
        fit_zone_store(table(frame), tmp_path / "store", model)


def test_a_table_that_is_another_when_it_is_read_again(frame, tmp_path):
    reads = []

    def shrinking(part):
        reads.append(len(part))
        return part[len(reads) :]

    model = make_transformer(target_propagator=None, missing_zone="nan")
    photos = table(frame, 1).map_partitions(shrinking, meta=frame[:0])
    reads.clear()
    with pytest.raises(ValueError, match="write it to Parquet first"):
        fit_zone_store(photos, tmp_path, model)


def test_a_table_whose_head_is_damaged_is_named(frame, tmp_path):
    files = write_parquet(frame, tmp_path / "photos", 1)
    (path,) = (tmp_path / "photos").iterdir()
    data = bytearray(path.read_bytes())
    # pandas keeps what it knows of columns in JSON, with this name among others.
    at = data.rindex(b"pandas_type")
    data[at : at + 6] = b"sadnap"
    path.write_bytes(data)
    for given in (files, [path]):
        with pytest.raises(ValueError, match="cannot be read as Parquet") as caught:
            fit_zone_store(given, tmp_path / "store", make_transformer())
        assert "photos" in str(caught.value)
