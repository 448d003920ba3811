# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The tables of LocSens: every row, on users that taught nothing, both means apart."""

import csv

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sklearn_geo.geometry import haversine
from sklearn_geo.reproduce import Progress
from sklearn_geo.reproduce import __main__ as command_line
from sklearn_geo.reproduce import _locsens_retrieval as retrieval
from sklearn_geo.reproduce import _locsens_tagging as tagging
from sklearn_geo.reproduce._locsens_models import vectors_by_company
from sklearn_geo.reproduce._locsens_options import choose_size
from sklearn_geo.reproduce._locsens_task import synthetic_photos
from tests.reproduce.tagged import TINY, options, write_yfcc


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr("sklearn_geo.reproduce._locsens_options.QUICK", TINY)


@pytest.fixture(scope="module")
def photos():
    return synthetic_photos(300, 30)


def _values(row):
    return {name: estimate.value for name, estimate in row.values.items()}


def test_tagging_has_every_row_with_the_papers_numbers(tiny, capsys):
    tables = dict(tagging.run(options(), Progress()))
    names = ("accuracy", "coverage", "omitted")
    assert list(tables) == [f"locsens_tagging_{name}_random" for name in names]
    for table in tables.values():
        assert [row.method for row in table.rows] == [r.method for r in tagging.ROWS]
        for row in table.rows:
            assert all(0.0 <= value <= 1.0 for value in _values(row).values())
    accuracy, coverage, omitted = (
        {row.method: row for row in table.rows} for table in tables.values()
    )
    for row in accuracy.values():
        one, ten, fifty = _values(row).values()
        assert one <= ten <= fifty
        assert row.values["A@10"].low <= ten <= row.values["A@10"].high
    for row in coverage.values():
        assert row.values["%cpred"].value <= row.values["%pred"].value
    # By hand, of the notes: what the paper reports.
    assert accuracy["LocSens, raw"].paper["A@50"] == pytest.approx(0.8585)
    assert accuracy["Town Frequency"].paper["A@1"] == pytest.approx(0.5141)
    assert coverage["MCC"].paper["%cpred"] == pytest.approx(0.1515)
    assert omitted["Country Frequency"].paper["A@10"] == pytest.approx(0.1721)
    assert not omitted["HER"].paper
    printed = " ".join(capsys.readouterr().out.split())
    assert "(68.2)" in printed
    assert "The data differ from the paper's" in printed
    assert "4 wide here" in printed  # the trunk


def test_the_hit_rate_is_that_of_the_lists(photos):
    _, test = photos.split("random", 0)
    judge = tagging.TaggingJudge(photos, test, 10)
    y = photos.y[test].toarray() > 0
    lists = np.tile(np.arange(20), (len(test), 1))
    expected = y[:, :10].any(axis=1).mean()
    assert judge.accuracy(lists)["A@10"].value == pytest.approx(expected)
    kept = y & ~photos.is_place
    kept = kept[kept.any(axis=1)]
    rest = np.flatnonzero(~photos.is_place)
    lists = np.tile(rest, (len(test), 1))
    expected = kept[:, rest[:10]].any(axis=1).mean()
    assert judge.accuracy_omitted(lists)["A@10"].value == pytest.approx(expected)


def test_names_of_places_are_on_no_list_that_omits_them(photos):
    train, test = photos.split("random", 0)
    models = tagging.LocSensModels(photos, train, TINY)
    names = set(np.flatnonzero(photos.is_place).tolist())
    for row in tagging.ROWS[:3]:
        lists, omitted, _ = tagging._answer(models, row, test, photos.is_place)
        assert set(lists.ravel().tolist()) & names
        assert not set(omitted.ravel().tolist()) & names


def test_users_are_apart(photos):
    train, test = photos.split("random", 0)
    assert not set(photos.users[train]) & set(photos.users[test])


def test_retrieval_has_every_row_and_figures(tiny, capsys, tmp_path):
    arguments = ["locsens-retrieval", "--quick", "--out", str(tmp_path)]
    assert command_line.main(arguments) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "14.07 and 42.18" in printed
    rows = {}
    for name in ("far", "near"):
        file = tmp_path / f"locsens_retrieval_{name}_random.csv"
        with open(file, newline="", encoding="utf-8") as opened:
            for row in csv.DictReader(opened):
                rows.setdefault(row["method"], {}).update(row)
    assert list(rows) == [row.method for row in retrieval.ROWS]
    distances = [measure.name for measure in retrieval._DISTANCES]
    ceiling = [float(rows["Ceiling"][name]) for name in distances]
    for row in rows.values():
        numbers = [float(row[name]) for name in distances]
        assert sorted(numbers, reverse=True) == numbers
        assert all(np.less_equal(numbers, np.add(ceiling, 1e-9)))
    # What a filter finds lies within its radius.
    within = rows["MCC within 200 km"]
    assert within["anywhere"] == within["750 km"] == within["200 km"]
    assert float(rows["sigma 0.05"]["2500 km paper"]) == pytest.approx(0.3125)
    for name in ("tags", "far", "near"):
        assert (tmp_path / f"locsens_retrieval_{name}_random.png").is_file()
    for name in ("figure3", "figure4"):
        assert (tmp_path / f"locsens_{name}_random.png").stat().st_size > 5_000
        assert (tmp_path / f"locsens_{name}_random.csv").is_file()


def test_queries_are_tags_and_places_of_photos_of_the_gallery(photos):
    _, test = photos.split("random", 0)
    judge = retrieval.RetrievalJudge(photos, test, TINY)
    assert len(judge.tags) == TINY.n_queries
    assert (judge.gallery_tags.toarray()[judge.asked, judge.tags] > 0).all()
    assert_array_equal(judge.places, photos.places[test[judge.asked]])
    counts = (photos.y[test].toarray() > 0).sum(axis=0)
    assert_array_equal(judge.frequent, np.flatnonzero(counts >= 10))


@pytest.mark.parametrize("alone", [False, True])
def test_precision_is_that_of_a_loop(photos, alone):
    _, test = photos.split("random", 0)
    judge = retrieval.RetrievalJudge(photos, test, TINY, exclude_self=alone)
    rng = np.random.default_rng(0)
    lists = np.array([
        rng.permutation(len(test))[: judge.n_listed] for _ in judge.tags
    ])  # fmt: skip
    lists[:, 0] = judge.asked  # each finds itself
    lists[:, 1:][lists[:, 1:] == judge.asked[:, None]] = -1
    found = judge.found(retrieval.ROWS[0], lists, 0.0)
    y = photos.y[test].toarray() > 0
    for query, (tag, place) in enumerate(zip(judge.tags, judge.places, strict=True)):
        answers = [p for p in lists[query] if p >= 0]
        if alone:
            answers = [p for p in answers if p != judge.asked[query]]
        found_at = judge.gallery_places[answers[:10]]
        km = haversine(np.tile(place, (len(found_at), 1)), found_at)
        right = [y[p, tag] for p in answers[:10]]
        for at, limit in enumerate(retrieval._KM):
            hits = sum(r and d <= limit for r, d in zip(right, km, strict=True))
            assert found.precision[query, at] == pytest.approx(hits / 10)


def test_a_state_answers_for_its_sigma(photos):
    train, test = photos.split("random", 0)
    models = retrieval.LocSensModels(photos, train, TINY)
    work = next(w for w in retrieval.WORK if w.method == "Multilinear, sampling")
    model = models.fit(models.multilinear("retrieval", "sampling"), "all")
    judge = retrieval.RetrievalJudge(photos, test, TINY)
    found = retrieval._answer(models, work, judge)
    assert [s.sigma_km for s in model.states_] == [r.sigma_km for r in work.rows]
    model.index(models.read("all", test))
    for state, each in zip(list(model.states_), found, strict=True):
        model.states_ = [state]  # the only one there is
        model._scorers = {}
        lists = model.retrieve(judge.tags, judge.places, 10)
        expected = judge.found(each.row, lists, 0.0)
        assert_allclose(each.precision, expected.precision)


def test_tags_that_go_together_have_like_vectors():
    # 0, 1 and 2 are always together, 3 and 4 are, and 5 is alone.
    rows = [[1, 1, 1, 0, 0, 0]] * 2 + [[0, 0, 0, 1, 1, 0]] * 12 + [[0, 0, 0, 0, 0, 1]]
    vectors = vectors_by_company(sparse.csr_array(np.array(rows)), 1)[:, 0]
    # By hand: 36 pairs, of which 0 has four, two with 1; so log (2 * 36 / (4 * 4)).
    # The leading singular value of that block is twice as much, and its vector even.
    expected = np.sqrt(2.0 * np.log(9.0 / 2.0) / 3.0)
    assert_allclose(np.abs(vectors), [expected] * 3 + [0.0] * 3, atol=1e-9)
    assert len(set(np.sign(vectors[:3]))) == 1
    with pytest.raises(ValueError, match="No photo has two tags"):
        vectors_by_company(sparse.csr_array(np.eye(3)), 2)


def test_real_photos_go_through_both_commands(tiny, capsys, tmp_path):
    write_yfcc(tmp_path)
    tables = dict(tagging.run(options(data=tmp_path), Progress()))
    # Nothing tells names of places.
    assert "locsens_tagging_omitted_random" not in tables
    retrieval.run(options(data=tmp_path, exclude_self=True), Progress())
    printed = " ".join(capsys.readouterr().out.split())
    assert "YFCC100M, " in printed
    assert "GeoNames in the folder would tell" in printed
    assert "itself is no answer" in printed


def test_options_are_checked():
    with pytest.raises(ValueError, match="leave out one of them"):
        choose_size(options(full=True))
    assert choose_size(options(quick=False, full=True)).n_components == 300
    parser = command_line.make_parser()
    assert parser.parse_args(["locsens-tagging"]).folds == "random"
    assert parser.parse_args(["venue"]).folds == "both"
