# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The multi-modal paper's tables: its numbers, its splits, and every row of ours."""

import csv

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import wilcoxon

from sklearn_geo.geometry import haversine
from sklearn_geo.reproduce import __main__ as command_line
from sklearn_geo.reproduce import _multimodal_paper as paper
from sklearn_geo.reproduce._multimodal import QUICK, MultimodalSize, open_task
from sklearn_geo.reproduce._multimodal_data import (
    N_IM2GPS,
    deal_out,
    one_of_each_user,
    outdoor_probabilities,
    synthetic_task,
)
from sklearn_geo.reproduce._multimodal_first import fit_first, make_mesh, mesh_limits
from sklearn_geo.reproduce._multimodal_models import MeshModels
from sklearn_geo.reproduce._multimodal_rows import ROWS
from sklearn_geo.reproduce._multimodal_tables import BIAS, Judge, Judges
from sklearn_geo.reproduce._multimodal_yfcc import yfcc_task
from tests.reproduce.tagged import options, write_yfcc

TINY = MultimodalSize(1_500, 1, 20)
LOCALITIES = (
    "street 1 km", "city 25 km", "region 200 km", "country 750 km", "continent 2500 km",
)  # fmt: skip


@pytest.fixture(scope="module")
def task():
    return synthetic_task(1_500)


@pytest.fixture(scope="module")
def first(task):
    return fit_first("Coarse", task.first, 0)


# Numbers of the paper -----------------------------------------------------------------


def test_the_papers_numbers_are_those_printed():
    # Typed again from the paper, cells of each table's first and last rows.
    assert paper.MESHES["Fine"][:3] == (5000, 500, 6565)
    assert paper.MESHES["FineP"][:3] == (10000, 50, 4771)
    assert paper.CENTROIDS["Coarse", False] == (0.42, 6.89, 21.22, 38.53, 56.64)
    assert paper.CENTROIDS["FineP", True][2:] == (16.69, 31.07, 50.98)
    assert paper.OUTDOOR_ONLY["Coarse", True][:3] == (1.46, 12.15, 29.22)
    assert paper.OUTDOOR_ONLY["FineP", True][3] == 36.2
    assert paper.IM2GPS["Coarse", True] == (2.89, 18.47, 35.53, 56.17, 71.99)
    assert paper.IM2GPS["Fine", False][1] == 20.41
    assert paper.IM2GPS_OTHERS["Weyand et al. (2016)"][0] == 8.4
    assert paper.MODELS["Coarse", "M3", True] == (1.39, 12.52, 30.24, 49.17, 68.61)
    assert paper.MODELS["Fine", "M2", False][:2] == (4.82, 12.28)
    assert paper.BIAS_AND_ERRORS["Coarse", "user averaging"][0] == 0.9702
    assert paper.BIAS_AND_ERRORS["Fine", "M2"] == (0.3543, 8.277, 4311, 2140)
    assert paper.PAPER_WIDTH == 1626


def test_the_papers_tables_agree_with_each_other():
    for mesh in paper.MESHES:
        # Table 4 has all photos, by imagery centroid, as the last rows of Table 3.
        assert paper.OUTDOOR_ONLY[mesh, False] == paper.CENTROIDS[mesh, True]
    tables = paper.CENTROIDS, paper.OUTDOOR_ONLY, paper.IM2GPS, paper.MODELS
    for table in (*tables, paper.IM2GPS_OTHERS):
        for row in table.values():
            known = [number for number in row if number is not None]
            assert known == sorted(known)
            assert 0 < known[0] < known[-1] <= 100
    m1, m2 = (paper.BIAS_AND_ERRORS["Coarse", name] for name in ("M1", "M2"))
    assert m1[2] - m2[2] == paper.MEAN_GAIN_KM
    # No entropy is above that of cells which are all alike, in nats.
    for (mesh, _), row in paper.BIAS_AND_ERRORS.items():
        assert row[1] < np.log(paper.MESHES[mesh].n_cells)


def test_a_number_that_is_not_printed_is_no_share():
    row = paper.shares((None, 12.0), ["one", "two"])
    assert row == {"two": pytest.approx(0.12)}


# Photos -------------------------------------------------------------------------------


def test_no_user_is_in_two_parts(task):
    one, two, three = (set(p.users) for p in (task.first, task.second, task.test))
    assert len(one | two | three) == len(one) + len(two) + len(three)
    sizes = [len(part) for part in (task.first, task.second, task.test)]
    assert sum(sizes) == 1_500
    # 20 % are tested on, and 40 % of the rest teach M2 and M3.
    assert_allclose(np.divide(sizes, 1_500), [0.48, 0.32, 0.2], atol=0.03)


def test_parts_are_positions_of_photos():
    users = np.repeat(np.arange(40), 5)
    parts = deal_out(users, 3)
    assert_array_equal(np.sort(np.concatenate(parts)), np.arange(200))
    assert not np.array_equal(parts[2], deal_out(users, 4)[2])


def test_the_small_set_has_one_outdoor_photo_of_each_user(task):
    assert len(task.few) == len(set(task.few.users)) == N_IM2GPS == 237
    assert (task.few.outdoor > 0.5).all()
    assert "in place of Im2GPS" in task.few_title
    rng = np.random.default_rng(0)
    users = np.array([1, 1, 2, 2, 3])
    outdoor = np.array([0.2, 0.9, 0.8, 0.1, 0.3], dtype=np.float32)
    assert_array_equal(one_of_each_user(users, outdoor, rng), [1, 2])
    # Where nothing tells, any photo will do.
    assert_array_equal(users[one_of_each_user(users, None, rng)], [1, 2, 3])


def test_outdoors_is_what_is_not_indoors():
    scenes = [[0.5, 0.25, 0.25], [0.0, 0.0, 1.0]]
    # The second scene is half of the first group, the third belongs to the second.
    groups = [[1, 0], [1, 1], [0, 1]]
    kinds = [[1, 0], [0, 1]]
    found = outdoor_probabilities(scenes, [groups, kinds], [0])
    assert_allclose(found, [0.375, 1.0])
    assert found.dtype == np.float32


# Meshes -------------------------------------------------------------------------------


def test_limits_are_the_papers_for_as_many_photos():
    for name, mesh in paper.MESHES.items():
        assert mesh_limits(name, 14_000_000) == (mesh.limit, mesh.minimum)
    # A ten-thousandth of the photos: 10 ** -3 of the limits, and one at least.
    assert mesh_limits("Coarse", 1_400) == (8, 1)
    assert mesh_limits("FineP", 1_400) == (10, 1)
    assert mesh_limits("Fine", 1) == (2, 1)


@pytest.mark.parametrize("refine", ["delaunay", "midpoint"])
def test_the_coarse_mesh_is_made_of_some_places_and_filled_with_all(task, refine):
    places = task.first.places
    mesh = make_mesh("Coarse", places, 0, refine)
    assert mesh.refine == refine
    inside = (mesh.predict(places) >= 0).sum()
    # A seventh of the places could not fill it.
    assert mesh.cells_["count"].sum() == inside > len(places) / 2
    fine = make_mesh("Fine", places, 0, refine)
    assert fine.n_cells_ > mesh.n_cells_


def test_cells_have_two_places(first, task):
    cells = first.model.predict_cells(task.test.X)
    assert_array_equal(first.places_of(cells), first.model.predict(task.test.X))
    first.model.point = "center"
    try:
        centers = first.model.predict(task.test.X)
    finally:
        first.model.point = "mean"
    assert_array_equal(first.places_of(cells, imagery=False), centers)
    assert not np.allclose(centers, first.places_of(cells))


# Judging ------------------------------------------------------------------------------


def test_accuracies_and_errors_are_those_of_the_rows(task):
    judge = Judge(task.test, 20, rows=task.test.outdoor > 0.5)
    rng = np.random.default_rng(0)
    answers = task.test.places + rng.normal(scale=3.0, size=task.test.places.shape)
    answers[:, 0] = np.clip(answers[:, 0], -90, 90)
    rows = np.flatnonzero(task.test.outdoor > 0.5)
    km = haversine(task.test.places[rows], answers[rows], radius_km=6372.795)
    found = judge.accuracy(answers)
    assert list(found) == list(LOCALITIES)
    for name, limit in zip(LOCALITIES, (1, 25, 200, 750, 2500), strict=True):
        assert found[name].value == pytest.approx(np.mean(km <= limit))
    other = answers[::-1]
    result = judge.test(answers, other)
    gains = km - haversine(task.test.places[rows], other[rows], radius_km=6372.795)
    assert result["mean gain km"].value == pytest.approx(gains.mean())
    p = wilcoxon(gains).pvalue
    assert result["log10 p"].value == pytest.approx(np.log10(p))


def test_bias_counts_photos_in_cells_and_errors_count_all(first, task):
    judge = Judge(task.test, 20)
    true = first.true_cells(task.test.places)
    best = first.best_cells(task.test.places)
    found = judge.bias(first, true, best, first.places_of(best))
    counts = np.bincount(true[true >= 0], minlength=first.partition.n_cells_) + 1
    shares = counts / counts.sum()
    assert found["KL divergence"].value == 0.0
    entropy = -(shares * np.log(shares)).sum()
    assert found["entropy"].value == pytest.approx(entropy)
    km = haversine(task.test.places, first.places_of(best), radius_km=6372.795)
    assert found["mean error km"].value == pytest.approx(km.mean())
    assert found["median error km"].value == pytest.approx(np.median(km))
    assert found["median error km"].has_interval
    assert {measure.name for measure in BIAS} == set(found)
    nowhere = judge.bias(first, np.full(len(true), -1), best, first.places_of(best))
    assert set(nowhere) == {"mean error km", "median error km"}


def test_a_p_value_that_is_zero_has_a_logarithm(task):
    judge = Judge(task.test, 5)
    same = judge.test(task.test.places, task.test.places)
    assert same["log10 p"].value == 0.0
    far = np.roll(task.test.places, 1, axis=0)
    assert -300 <= judge.test(far, task.test.places)["log10 p, users"].value < -1


def test_nothing_to_judge_is_said(task):
    with pytest.raises(ValueError, match="Take more by --rows"):
        Judge(task.test, 5, rows=np.zeros(len(task.test), dtype=bool))


# Models -------------------------------------------------------------------------------


def test_models_are_taught_once_and_by_photos_new_to_m1(first, task):
    models = MeshModels(first, task, width=8, epochs=1)
    answer = models.m3()
    assert models.m3() is answer
    assert models.m2("paper") is not models.m2()
    for one in (models.m1(), answer, models.averaging(), models.averaging(48.0)):
        assert one.cells.shape == (len(task.test),)
        assert one.cells.max() < first.partition.n_cells_
        assert_array_equal(one.places, first.places_of(one.cells))
    # All photos of a user get one cell, unless the window is short.
    for user in np.unique(task.test.users)[:10]:
        of_user = task.test.users == user
        assert len(set(models.averaging().cells[of_user])) == 1
    assert not np.array_equal(models.averaging().cells, models.averaging(1.0).cells)


def test_indoor_photos_get_no_answer(first, task):
    models = MeshModels(first, task, width=8)
    places = models.m1_outdoor()
    assert_array_equal(~np.isnan(places[:, 0]), task.test.outdoor >= 0.5)
    judges = Judges(task, 5)
    assert len(judges.outdoor) == (task.test.outdoor >= 0.5).sum()


# Tables -------------------------------------------------------------------------------


def _read(folder, name):
    with open(folder / f"multimodal_{name}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sklearn_geo.reproduce._multimodal.QUICK", TINY)
        arguments = ["multimodal", "--quick", "--out", str(folder)]
        assert command_line.main(arguments) == 0
    return folder


def test_every_table_has_the_papers_rows_and_ours(quick):
    limits = _read(quick, "table1")
    assert [row["method"] for row in limits] == ["Coarse", "Fine", "FineP"]
    assert [float(row["cells paper"]) for row in limits] == [538, 6565, 4771]
    for name, n_rows in (("table3", 6), ("table4", 6), ("table5", 10)):
        rows = _read(quick, name)
        assert len(rows) == n_rows
        for row in rows:
            assert float(row["city 25 km paper"]) > 0.05
            shares = [row[locality] for locality in LOCALITIES if row[locality]]
            assert shares == sorted(shares, key=float)
    assert not any(_read(quick, "table5")[-1][name] for name in LOCALITIES)
    rows = _read(quick, "table6")
    printed = [row for row in rows if row["region 200 km paper"]]
    # The paper's eleven rows, and M1 of Table 3 twice.
    assert len(printed) == 13
    assert all(row["region 200 km"] and row["region 200 km low"] for row in rows)
    n_outdoor = sum(row["method"].endswith(", outdoor") for row in rows)
    assert n_outdoor == sum(row.outdoor for row in ROWS)
    assert float(rows[1]["region 200 km paper"]) == pytest.approx(0.2420)
    rows = _read(quick, "table7")
    assert sum(bool(row["entropy paper"]) for row in rows) == 8
    best = [row for row in rows if row["method"].startswith("best")]
    assert [float(row["KL divergence"]) for row in best] == [0.0, 0.0]
    rows = _read(quick, "wilcoxon")
    assert float(rows[0]["mean gain km paper"]) == 381
    assert {row["method"] for row in rows} == {"M1 to M2", "M2 to M3"}


def test_tables_agree_where_they_have_the_same_row(quick):
    centroids = {(row["group"], row["method"]): row for row in _read(quick, "table3")}
    outdoor = {(row["group"], row["method"]): row for row in _read(quick, "table4")}
    models = {(row["group"], row["method"]): row for row in _read(quick, "table6")}
    for name in LOCALITIES:
        for mesh in ("Coarse", "Fine"):
            same = centroids[mesh, "imagery centroid"][name]
            assert outdoor[mesh, "all photos"][name] == same
            assert models[f"{mesh} mesh", "M1"][name] == same
    inside = models["Coarse mesh, ours", "best, photos in a cell"]
    every = models["Coarse mesh", "best, imagery centroid"]
    assert float(inside["country 750 km"]) >= float(every["country 750 km"])
    assert 0 < float(outdoor["Coarse", "outdoor only"]["located"]) < 1


def test_pictures_are_drawn(quick):
    for name in ("table1", "table3", "table5", "table6", "table7", "wilcoxon"):
        assert (quick / f"multimodal_{name}.png").stat().st_size > 5_000


def test_what_is_printed_says_what_differs(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sklearn_geo.reproduce._multimodal.QUICK", TINY)
    write_yfcc(tmp_path, 1_500)
    arguments = ["multimodal", "--quick", "--data", str(tmp_path), "--seed", "1"]
    assert command_line.main(arguments) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "YFCC100M, 1,500 photos" in printed
    assert "A file outdoor.npy in the folder would tell" in printed
    assert "Table 4" not in printed
    assert "told outdoor" not in printed
    assert "NOT those of Im2GPS" in printed
    assert "(10.57)" in printed
    assert "--full has that" in printed
    assert "The data differ from the paper's" in printed


# YFCC100M -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("yfcc")
    write_yfcc(folder)
    return folder


@pytest.fixture(scope="module")
def written(folder):
    return write_yfcc(folder)[0]


def _every(task):
    return [task.first, task.second, task.test]


def test_each_photo_has_its_own_time_user_and_features(folder, written):
    read = yfcc_task(folder)
    at = {tuple(np.round(place, 5)): row for row, place in enumerate(written.places)}
    n_photos = 0
    for part in _every(read):
        rows = [at[tuple(np.round(place, 5))] for place in part.places]
        assert_array_equal(part.posted, written.posted[rows])
        assert_array_equal(part.users, [f"{u}@N00" for u in written.users[rows]])
        assert_allclose(part.X, written.data[rows].astype(np.float16))
        assert part.outdoor is None
        n_photos += len(part)
    assert n_photos == len(written.places)
    assert set(read.few.users) <= set(read.test.users)


def test_a_random_part_can_be_taken(folder, written):
    few = [yfcc_task(folder, n_photos=60, seed=seed) for seed in (0, 1, 0)]
    for each in few:
        assert sum(map(len, _every(each))) == 60
    assert not np.array_equal(few[0].test.places, few[1].test.places)
    assert_array_equal(few[0].test.X, few[2].test.X)


def test_outdoor_photos_are_told_by_a_file(tmp_path):
    photos, _ = write_yfcc(tmp_path, 300)
    ids = np.load(tmp_path / "feature_ids.npy")
    own = np.random.default_rng(0).random(300)
    own[0] = np.nan
    np.save(tmp_path / "outdoor.npy", own)
    read = yfcc_task(tmp_path)
    at = {tuple(np.round(place, 5)): row for row, place in enumerate(photos.places)}
    of_photo = np.zeros(300)
    of_photo[ids - 1000] = np.nan_to_num(own)
    for part in _every(read):
        rows = [at[tuple(np.round(place, 5))] for place in part.places]
        assert_allclose(part.outdoor, of_photo[rows], rtol=1e-6)
    np.save(tmp_path / "outdoor.npy", own[:-1])
    with pytest.raises(ValueError, match="for the 300 rows of features"):
        yfcc_task(tmp_path)


def test_outdoor_photos_are_told_by_scenes_and_a_table(tmp_path):
    write_yfcc(tmp_path, 300)
    scenes = np.tile([0.25, 0.75], (300, 1)).astype(np.float32)
    np.save(tmp_path / "scenes.npy", scenes)
    with pytest.raises(FileNotFoundError, match="which scenes are indoors"):
        yfcc_task(tmp_path)
    table = "scene,indoor,outdoor\nbar,1,0\nbeach,0,1\n"
    (tmp_path / "scene_table.csv").write_text(table)
    read = yfcc_task(tmp_path)
    assert_allclose(read.test.outdoor, 0.75)
    # Of a photo without scenes nothing says that it was taken outdoors.
    scenes[:30], scenes[30:60] = 0.0, np.nan
    np.save(tmp_path / "scenes.npy", scenes)
    told = np.concatenate([part.outdoor for part in _every(yfcc_task(tmp_path))])
    assert set(np.unique(told)) == {np.float32(0.0), np.float32(0.75)}
    assert (told == 0.0).sum() == 60
    assert "scene_table.csv" in " ".join(read.notes)
    (tmp_path / "scene_table.csv").write_text(table.replace("indoor", "inside"))
    with pytest.raises(ValueError, match="is called indoor"):
        yfcc_task(tmp_path)


def test_im2gps_is_read_where_it_is_there(tmp_path):
    write_yfcc(tmp_path, 200)
    lines = ["IMG_ID,AUTHOR,LAT,LON"]
    lines += [f"{row}_0123abcdef_1_12@N00.jpg,12@N00,{row}.5,-3.4" for row in (1, 2)]
    (tmp_path / "im2gps_places365.csv").write_text("\n".join(lines) + "\n")
    features = np.arange(10.0).reshape(2, 5)
    np.save(tmp_path / "im2gps_features.npy", features)
    read = yfcc_task(tmp_path)
    assert_array_equal(read.few.X, features)
    assert_array_equal(read.few.places, [[1.5, -3.4], [2.5, -3.4]])
    assert read.few_title == "the 2 photos of Im2GPS"
    assert "NOT" not in read.few_note
    np.save(tmp_path / "im2gps_features.npy", features[:, :4])
    with pytest.raises(ValueError, match="a row of 5 features"):
        yfcc_task(tmp_path)


def test_photos_without_a_time_are_left_out(tmp_path):
    write_yfcc(tmp_path, 200)
    file = tmp_path / "yfcc100m_dataset"
    first, *rest = file.read_text().splitlines()
    cells = first.split("\t")
    cells[4] = ""
    file.write_text("\n".join(["\t".join(cells), *rest]) + "\n")
    read = yfcc_task(tmp_path)
    assert sum(map(len, _every(read))) == 199
    assert "posted: 1." in read.notes[0]


# Options ------------------------------------------------------------------------------


def test_options_choose_what_is_computed(capsys):
    parser = command_line.make_parser()
    assert parser.parse_args(["multimodal"]).refine == "delaunay"
    assert command_line.main(["multimodal", "--quick", "--full"]) == 1
    assert "leave out one of them" in capsys.readouterr().err
    asked = options(rows=800)
    assert open_task(asked, QUICK).title == "800 synthetic photos"
