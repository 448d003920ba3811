# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables 3 and 4: every row, computed on users that were not trained on."""

import csv

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo.metrics import macro_average_precision
from sklearn_geo.reproduce import Progress, _image
from sklearn_geo.reproduce import __main__ as command_line
from sklearn_geo.reproduce._image import TABLE_3, TABLE_4, Judge
from sklearn_geo.reproduce._photo_models import PhotoModels
from sklearn_geo.reproduce._photo_task import synthetic_task
from tests.reproduce.photos import TINY, options, write_nus_wide

_NOT_COMPUTED = {"Qian et al.", "Li et al."}


@pytest.fixture(scope="module")
def models():
    return PhotoModels(synthetic_task(300, 300), effort=TINY)


@pytest.fixture(scope="module")
def judge(models):
    return Judge(models, "random", n_resamples=20)


def _run(monkeypatch, **given):
    monkeypatch.setattr(_image, "QUICK", TINY)
    monkeypatch.setattr(_image, "_N_RESAMPLES", 20)
    return _image.run(options(quick=True, **given), Progress())


def test_all_rows_of_the_paper_are_there_and_computed(monkeypatch, capsys, tmp_path):
    tables = dict(_run(monkeypatch, rows=300, corpus=300, folds="random"))
    assert list(tables) == ["image_table3_random", "image_table4_random"]
    for table, methods in zip(tables.values(), (TABLE_3, TABLE_4), strict=True):
        assert [row.method for row in table.rows] == [m.name for m in methods]
        assert [row.paper["mAP"] for row in table.rows] == [m.paper for m in methods]
        for row in table.rows:
            if row.method in _NOT_COMPUTED:
                assert not row.values
            else:
                estimate = row.values["mAP"]
                assert 0.0 < estimate.low <= estimate.high < 1.0
                assert row.seconds > 0.0
    # Gains are over the first row, and the paper's are its own numbers'.
    first, *_, last = tables["image_table3_random"].rows
    gain = last.values["mAP"].value - first.values["mAP"].value
    assert last.values["gain"].value == pytest.approx(gain)
    assert last.paper["gain"] == pytest.approx(0.282)
    printed = capsys.readouterr().out
    assert "(0.348)" in printed
    assert "users kept apart" in printed
    assert "the data differ" in " ".join(printed.split()).lower()
    table.to_csv(tmp_path / "table4.csv")
    with open(tmp_path / "table4.csv", newline="", encoding="utf-8") as file:
        rows = {row["method"]: row for row in csv.DictReader(file)}
    assert float(rows["Ours + V"]["mAP paper"]) == 0.348
    assert rows["Li et al."]["mAP"] == ""
    assert float(rows["Visual"]["mAP"]) == table.rows[0].values["mAP"].value


def test_no_user_of_a_test_photo_is_in_training_or_in_the_corpus(judge):
    users = judge.task.users
    tested = set(users[judge.test])
    assert not tested & set(users[judge.train])
    assert not tested & set(judge.task.corpus.groups)


def test_the_score_is_that_of_the_photos_that_were_held_out(judge):
    score, _ = judge.score(("app",))
    X, y = judge.task.X, judge.y
    model = judge.models.fused(("app",)).fit(X.iloc[judge.train], y[judge.train])
    said = model.predict_proba(X.iloc[judge.test])
    expected = macro_average_precision(y[judge.test], said)
    assert score.value == pytest.approx(expected)


def test_a_method_is_computed_once(judge):
    assert judge.score(("utm",))[0] is judge.score(("utm",))[0]


def test_rare_concepts_are_left_out(judge):
    assert (judge.y[judge.train].sum(axis=0) >= 10).all()
    assert judge.y[judge.test].any(axis=0).all()
    assert len(judge.concepts) < judge.task.y.shape[1]


def test_blocks_of_a_method_are_those_of_the_columns(models):
    task = models.task
    pipeline = models.fused(("utm", "object", "scene", "tag", "app"), "type")
    pipeline.fit(task.X, task.y.to_numpy()[:, :2])
    fusion = pipeline[-1]
    widths = {name: len(columns) for name, columns in fusion.blocks_.items()}
    assert widths == {
        "utm": widths["utm"],
        "object": task.contexts["object"],
        "scene": task.contexts["scene"],
        "tag": task.corpus.n_tags,
        "app": len(task.features),
    }
    # The distributions of a context sum to one.
    columns = pipeline[:-1].transform(task.X)
    for context in ("object", "scene", "tag"):
        rows = columns.filter(regex=f"^{context}__").to_numpy()
        np.testing.assert_allclose(rows.sum(axis=1), 1.0, rtol=1e-4)


def test_tags_of_test_photos_reach_no_encoder(models):
    # A photo has none: the frame is all that a Pipeline is given.
    assert list(models.task.X.columns) == [
        "latitude",
        "longitude",
        *models.task.features,
    ]
    corpus = models.task.corpus
    for name in ("tags", "hashtag", "looks", "joint"):
        encoder, _ = models._block(name)
        assert encoder.corpus is corpus


def test_students_are_trained_once(models):
    assert models.student("tag") is models.student("tag")
    hard = models.student("onehot").transform(models.task.X[["latitude", "longitude"]])
    assert hard.shape == (300, models.task.corpus.n_tags)


def test_nus_wide_leaves_out_contexts_that_nothing_teaches(
    monkeypatch, capsys, tmp_path
):
    write_nus_wide(tmp_path)
    tables = dict(_run(monkeypatch, data=tmp_path, folds="random"))
    rows = {row.method: row for row in tables["image_table3_random"].rows}
    for name in ("Object", "Scene", "Obj.+Sce.", "Obj.+Sce.+Tag"):
        assert not rows[name].values
    for name in ("UTM", "Tag", "UTM+Obj.+Sce.+Tag", "Contexts + App., attention"):
        assert rows[name].values
    # What is left of these two is the same.
    printed = " ".join(capsys.readouterr().out.split())
    assert "The data teach no object and no scene context" in printed
    assert "NUS-WIDE, " in printed
    assert_array_equal(
        [bool(row.values) for row in tables["image_table4_random"].rows],
        [m.name not in _NOT_COMPUTED for m in TABLE_4],
    )


@pytest.mark.parametrize("command", ["image", "zones"])
def test_a_folder_without_photos_is_said_in_words(command, capsys, tmp_path):
    assert command_line.main([command, "--data", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{command}: ")
    assert "list of geotags" in said
    assert "Traceback" not in said


def test_options_of_photos_are_known():
    options = command_line.make_parser().parse_args(["zones", "--corpus", "7"])
    assert options.corpus == 7
    assert not hasattr(command_line.make_parser().parse_args(["venue"]), "corpus")
