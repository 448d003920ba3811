# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import copy
import json
import os
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.base import clone

from sklearn_geo.neighbors import GeoNeighborTagPropagator, GeoTagCorpus

PLACES = [[48.86, 2.29], [48.85, 2.35], [40.69, -74.04], [0.0, 190.0]]
TAGS = [[1, 0, 2], [0, 1, 0], [0, 0, 1], [0, 0, 0]]


def _corpus(**params):
    params = {
        "features": np.arange(8, dtype=np.float32).reshape(4, 2),
        "groups": ["ann", "bob", "ann", "cy"],
        "tag_names": ["tower", "église", "statue"],
        **params,
    }
    return GeoTagCorpus(PLACES, TAGS, **params)


def _assert_same(one, other):
    np.testing.assert_array_equal(one.places, other.places)
    np.testing.assert_array_equal(one.tags.toarray(), other.tags.toarray())
    assert one.tags.dtype == other.tags.dtype
    assert one.tag_names == other.tag_names
    for name in ("features", "groups"):
        mine, yours = getattr(one, name), getattr(other, name)
        if mine is None:
            assert yours is None
        else:
            np.testing.assert_array_equal(mine, yours)
            assert mine.dtype == yours.dtype
    for mine, yours in zip(
        one.index.nearest(PLACES, 4), other.index.nearest(PLACES, 4), strict=True
    ):
        np.testing.assert_array_equal(mine, yours)


def test_a_corpus_holds_what_it_was_given():
    corpus = _corpus()
    np.testing.assert_array_equal(corpus.places[:3], PLACES[:3])
    np.testing.assert_array_equal(corpus.places[3], [0.0, -170.0])
    np.testing.assert_array_equal(corpus.tags.toarray(), TAGS)
    assert isinstance(corpus.tags, sparse.csr_array)
    assert corpus.tags.nnz == 4
    assert corpus.features.dtype == np.float32
    np.testing.assert_array_equal(corpus.groups, ["ann", "bob", "ann", "cy"])
    assert corpus.tag_names == ("tower", "église", "statue")
    assert (len(corpus), corpus.n_photos, corpus.n_tags) == (4, 4, 3)
    assert repr(corpus) == "GeoTagCorpus(<4 photos, 3 tags>)"
    np.testing.assert_array_equal(corpus.index.nearest([[48.85, 2.36]], 2)[1], [[1, 0]])
    bare = GeoTagCorpus(PLACES, TAGS)
    assert bare.features is None
    assert bare.groups is None
    assert bare.tag_names is None


@pytest.mark.parametrize(
    "make",
    [
        np.array,
        lambda tags: np.array(tags, dtype=np.uint8),
        lambda tags: np.asfortranarray(tags, dtype=np.float64),
        sparse.csr_matrix,
        sparse.csr_array,
        sparse.csc_array,
        sparse.coo_matrix,
        sparse.lil_array,
        sparse.dok_matrix,
        pd.DataFrame,
        lambda tags: pd.DataFrame(tags).astype(pd.SparseDtype("int64", 0)),
        lambda tags: pl.DataFrame(np.array(tags)),
    ],
)
def test_tags_of_any_kind(make):
    corpus = GeoTagCorpus(PLACES, make(TAGS))
    np.testing.assert_array_equal(corpus.tags.toarray(), TAGS)
    assert corpus.tags.dtype == np.float64


def test_tags_written_in_an_odd_way():
    # Duplicate entries that add up, out of order, with zeros and wide indices.
    tags = sparse.csr_array(
        (
            np.array([1.0, 0.0, 1.0, 1.0], dtype=np.float32),
            np.array([2, 1, 2, 0], dtype=np.int64),
            np.array([0, 4, 4], dtype=np.int64),
        ),
        shape=(2, 3),
    )
    corpus = GeoTagCorpus(PLACES[:2], tags)
    np.testing.assert_array_equal(corpus.tags.toarray(), [[1, 0, 2], [0, 0, 0]])
    np.testing.assert_array_equal(corpus.tags.indices, [0, 2])
    assert corpus.tags.dtype == np.float32
    assert tags.nnz == 4
    np.testing.assert_array_equal(tags.indices, [2, 1, 2, 0])


def test_names_come_from_columns_unless_given():
    frame = pd.DataFrame(TAGS, columns=["a", "b", 3])
    assert GeoTagCorpus(PLACES, frame).tag_names == ("a", "b", "3")
    assert GeoTagCorpus(PLACES, frame, tag_names=list("xyz")).tag_names == (
        "x",
        "y",
        "z",
    )


def test_a_corpus_never_changes():
    places, tags = np.array(PLACES), sparse.csr_array(np.array(TAGS, dtype=float))
    features = np.ones((4, 2))
    corpus = GeoTagCorpus(places, tags, features)
    for array in (corpus.places, corpus.tags.data, corpus.features):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0
    with pytest.raises(AttributeError, match="never changes, so 'places' cannot"):
        corpus.places = places
    with pytest.raises(AttributeError, match="never changes"):
        del corpus._tags
    # Nor does it change with what it was made of, nor change that.
    places[:], tags.data[:], features[:] = 0, 7, 7
    np.testing.assert_array_equal(corpus.places[:3], PLACES[:3])
    np.testing.assert_array_equal(corpus.tags.toarray(), TAGS)
    np.testing.assert_array_equal(corpus.features, np.ones((4, 2)))


def test_copies_and_clones_are_the_corpus_itself():
    corpus = _corpus()
    assert copy.copy(corpus) is corpus
    assert copy.deepcopy(corpus) is corpus
    assert clone(corpus, safe=False) is corpus
    encoder = GeoNeighborTagPropagator(corpus=corpus)
    assert clone(encoder).corpus is corpus
    assert clone(encoder).fit(PLACES).corpus_ is corpus
    assert copy.deepcopy({"nested": [corpus]})["nested"][0] is corpus


@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
def test_pickles(protocol):
    for corpus in (_corpus(), GeoTagCorpus(PLACES, TAGS)):
        again = pickle.loads(pickle.dumps(corpus, protocol=protocol))
        _assert_same(again, corpus)
        assert not again.places.flags.writeable


def test_workers_map_a_corpus_into_memory():
    rng = np.random.default_rng(0)
    places = rng.uniform(-60, 60, size=(5000, 2))
    tags = sparse.csr_array(rng.random((5000, 300)) < 0.05, dtype=np.float64)
    corpus = GeoTagCorpus(places, tags, rng.normal(size=(5000, 30)), np.arange(5000))

    def look(corpus):
        import mmap

        def backing(array):
            while array is not None and not isinstance(array, mmap.mmap):
                array = getattr(array, "base", None)
            return array is not None

        large = [
            *(corpus.places, corpus.features, corpus._group_codes),
            *(corpus.tags.data, corpus.tags.indices, corpus.index._distinct),
            *(corpus.index._order, corpus.index._tree.data),
        ]
        found = corpus.index.nearest([[0.0, 0.0]], 5)[1]
        return [backing(array) for array in large], found

    (first, found), (second, _) = Parallel(n_jobs=2, max_nbytes=10_000)(
        delayed(look)(corpus) for _ in range(2)
    )
    assert all(first)
    assert all(second)
    np.testing.assert_array_equal(found, corpus.index.nearest([[0.0, 0.0]], 5)[1])


@pytest.mark.parametrize("mmap_mode", ["r", None])
@pytest.mark.parametrize("groups", [None, [3, 1, 3, 2], ["ann", "bob", "ann", "ö"]])
def test_save_and_load(tmp_path, groups, mmap_mode):
    for corpus in (_corpus(groups=groups), GeoTagCorpus(PLACES, TAGS, groups=groups)):
        corpus.save(tmp_path / "corpus")
        again = GeoTagCorpus.load(tmp_path / "corpus", mmap_mode=mmap_mode)
        _assert_same(again, corpus)


def test_a_saved_corpus_is_no_pickle(tmp_path):
    _corpus(groups=np.array(["ann", "bob", "ann", "cy"], dtype=object)).save(tmp_path)
    assert sorted(path.name.split("-")[0] for path in tmp_path.iterdir()) == [
        "corpus.json",
        "features",
        "group_codes",
        "group_values",
        "places",
        "tags_data",
        "tags_indices",
        "tags_indptr",
    ]
    for path in tmp_path.glob("*.npy"):
        assert np.load(path, allow_pickle=False).dtype.kind in "fiU"


def test_a_loaded_corpus_can_be_replaced_where_it_lies(tmp_path):
    _corpus().save(tmp_path)
    loaded = GeoTagCorpus.load(tmp_path)
    GeoTagCorpus(PLACES[:1], TAGS[:1]).save(tmp_path)
    _assert_same(loaded, _corpus())
    again = GeoTagCorpus.load(tmp_path)
    assert (again.n_photos, again.features, again.groups) == (1, None, None)


def _file_of(folder, name):
    (path,) = folder.glob(f"{name}-*.npy")
    return path


def test_folders_hold_two_corpora_at_most(tmp_path):
    for number in range(4):
        _corpus(features=np.full((4, 2), number)).save(tmp_path)
    assert len(list(tmp_path.glob("features-*"))) == 2
    assert len(list(tmp_path.glob("places-*"))) == 1
    assert GeoTagCorpus.load(tmp_path).features[0, 0] == 3


def test_a_corpus_of_version_1_is_read(tmp_path):
    _corpus().save(tmp_path)
    path = tmp_path / "corpus.json"
    manifest = json.loads(path.read_text("utf-8")) | {"version": 1}
    for name, entry in manifest["arrays"].items():
        (tmp_path / entry.pop("file")).rename(tmp_path / f"{name}.npy")
    path.write_text(json.dumps(manifest), "utf-8")
    _assert_same(GeoTagCorpus.load(tmp_path), _corpus())
    # Its files go when nobody reads them any more.
    for _ in range(2):
        _corpus().save(tmp_path)
        _assert_same(GeoTagCorpus.load(tmp_path), _corpus())
    assert not (tmp_path / "places.npy").exists()
    assert len(list(tmp_path.iterdir())) == 8


@pytest.mark.parametrize("n_files", range(8))
def test_a_save_that_dies_leaves_the_corpus_before(tmp_path, monkeypatch, n_files):
    replace, left = os.replace, iter(range(n_files))

    def dying(*paths):
        next(left)  # StopIteration is as good an end as any
        replace(*paths)

    new = _corpus(features=np.ones((4, 2)))
    for before in (False, True):
        folder = tmp_path / str(before)
        if before:
            _corpus().save(folder)
        left = iter(range(n_files))
        monkeypatch.setattr(os, "replace", dying)
        with pytest.raises(StopIteration):
            new.save(folder)
        monkeypatch.undo()
        if before:
            _assert_same(GeoTagCorpus.load(folder), _corpus())
        else:
            with pytest.raises(FileNotFoundError, match="There is no corpus"):
                GeoTagCorpus.load(folder)
        # What is there is no reason not to try again.
        new.save(folder)
        _assert_same(GeoTagCorpus.load(folder), new)


def test_save_refuses_a_folder_of_something_else(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="holds files, but no corpus"):
        _corpus().save(tmp_path)


def test_load_refuses_what_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no corpus"):
        GeoTagCorpus.load(tmp_path)
    with pytest.raises(ValueError, match='mmap_mode must be "r" or None'):
        GeoTagCorpus.load(tmp_path, mmap_mode="r+")
    _corpus().save(tmp_path)
    _file_of(tmp_path, "places").unlink()
    with pytest.raises(FileNotFoundError, match=r"incomplete: no places-\w+\.npy"):
        GeoTagCorpus.load(tmp_path)


@pytest.mark.parametrize("name", ["corpus.json", "places"])
def test_load_follows_no_links_that_lead_out(tmp_path, name):
    _corpus().save(tmp_path / "corpus")
    file = tmp_path / "corpus" / name
    file = file if file.suffix else _file_of(tmp_path / "corpus", name)
    file.rename(tmp_path / "outside")
    try:
        file.symlink_to(tmp_path / "outside")
    except OSError:
        pytest.skip("this file system or user makes no links")
    with pytest.raises(ValueError, match="is a link that leads out of its folder"):
        GeoTagCorpus.load(tmp_path / "corpus")


def test_load_refuses_files_that_changed(tmp_path):
    _corpus().save(tmp_path)
    path = _file_of(tmp_path, "tags_data")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"tags_data-\w+\.npy is damaged"):
        GeoTagCorpus.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "array", "words"),
    [
        ("tags_indices", np.array([0, 2, 1, 99]), "damaged"),
        ("tags_indptr", np.array([0, 2, 3, 4, 400]), "damaged"),
        ("tags_data", np.array([1.0, 2.0, -1.0, 1.0]), "negative"),
        ("places", np.zeros((3, 2)), "damaged"),
        ("places", np.full((4, 2), 99.0), "damaged.*latitude 99"),
        ("group_codes", np.array([0, 1, 0, 77]), "point nowhere"),
        ("group_codes", np.array([0.0, 1.0, 0.0, 2.0]), "point nowhere"),
        ("features", np.array([{"a": 1}] * 4, dtype=object), "damaged"),
    ],
)
def test_load_checks_the_content_too(tmp_path, name, array, words):
    _corpus().save(tmp_path)
    np.save(_file_of(tmp_path, name), array)
    with pytest.raises(ValueError, match=words):
        GeoTagCorpus.load(tmp_path, verify=False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "something else"}, "describes no corpus"),
        ({"version": 3}, "later version of sklearn-geo"),
        ({"n_photos": "4"}, "describes no corpus"),
        ({"n_photos": 5}, "damaged"),
        ({"tag_names": ["a"]}, "damaged"),
        ({"tag_names": "abc"}, "describes no corpus"),
        ({"arrays": {}}, "it has no places"),
        ({"arrays": {"places": 1}}, "describes no corpus"),
        ({"arrays": []}, "describes no corpus"),
        (
            {"arrays": {"places": {"sha256": "", "file": "../../etc/passwd"}}},
            "describes no corpus",
        ),
        ({"arrays": {"places": {"sha256": "", "file": 7}}}, "describes no corpus"),
    ],
)
def test_load_refuses_a_foreign_manifest(tmp_path, change, words):
    _corpus().save(tmp_path)
    path = tmp_path / "corpus.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | change))
    with pytest.raises(ValueError, match=words):
        GeoTagCorpus.load(tmp_path)
    path.write_text("{")
    with pytest.raises(ValueError, match="describes no corpus"):
        GeoTagCorpus.load(tmp_path)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"tags": TAGS[:3]}, r"has \d rows, but"),
        ({"features": np.ones((3, 2))}, r"has \d rows, but"),
        ({"groups": [1, 2, 3]}, r"has \d rows, but"),
        ({"groups": ["a", None, "b", "c"]}, "groups, row 1: the group is missing"),
        ({"groups": [1.0, 2.0, np.nan, 3.0]}, "groups, row 2: the group is missing"),
        ({"tag_names": ["a", "b"]}, "tag_names has 2 names, but tags has 3 columns"),
        ({"tag_names": ["a", "b", "a"]}, r"more than one column for the tags \['a'\]"),
        ({"tags": np.zeros((4, 0))}, "tags has no columns"),
        ({"tags": [[1, 0], [0, -1], [0, 0], [-1, 0]]}, "tags, row 1, column 1: -1.0"),
        ({"tags": [["sea"], ["sun"], ["sea", "sun"], []]}, "MultiLabelBinarizer"),
        ({"places": [[0.0, 0.0]] * 3 + [[91.0, 0.0]]}, "row 3: latitude 91"),
        ({"features": [[0.0], [1.0], [np.nan], [1.0]]}, "features contains NaN"),
    ],
)
def test_refuses_parts_that_do_not_fit(params, words):
    parts = {"places": PLACES, "tags": TAGS, **params}
    with pytest.raises(ValueError, match=words):
        GeoTagCorpus(**parts)


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        (np.array(["a", 1, "b", 2], dtype=object), "mixes text and numbers"),
        (np.array([1, 2, 3, 4], dtype="M8[D]"), "Name groups by text or numbers"),
    ],
)
def test_refuses_groups_of_odd_types(groups, words):
    with pytest.raises(TypeError, match=words):
        GeoTagCorpus(PLACES, TAGS, groups=groups)


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="came with numpy 2")
def test_groups_are_text_of_any_length():
    groups = np.array(["ann", "b", "ann", "eve"], dtype="T")
    corpus = GeoTagCorpus(PLACES, TAGS, groups=groups)
    assert corpus._group_values.tolist() == ["ann", "b", "eve"]
    assert corpus._group_codes.tolist() == [0, 1, 0, 2]


def test_a_full_disk_is_said_whatever_the_arrays_have_got_of_it(tmp_path):
    # The header of the file with the places fits, and a part of them.
    resource = pytest.importorskip("resource")
    places, tags = np.zeros((60, 2)), np.eye(60, 4)
    before = GeoTagCorpus(places + 1.0, tags)
    before.save(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for room in (130, 200, 1_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
        try:
            with pytest.raises(OSError, match="File too large") as caught:
                GeoTagCorpus(places, tags).save(tmp_path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert str(tmp_path) in str(caught.value)
        np.testing.assert_array_equal(GeoTagCorpus.load(tmp_path).places, places + 1.0)


@pytest.mark.parametrize("given", ["frame", "view"])
@pytest.mark.parametrize("columns", [["lat", "lon"], None])
def test_a_frame_that_is_written_to_later(given, columns):
    before = np.arange(8.0).reshape(4, 2)
    places = pd.DataFrame(before.copy(), columns=columns)
    looks = pd.DataFrame({"look": np.ones(4)})
    parts = places, TAGS, looks
    if given == "view":  # which pandas 3 makes read-only
        parts = places.to_numpy(), TAGS, looks.to_numpy()
        parts[0].flags.writeable = parts[2].flags.writeable = False
    corpus = GeoTagCorpus(*parts)
    places.iloc[0, 0] = looks.iloc[0, 0] = 77.0
    np.testing.assert_array_equal(corpus.places, before)
    np.testing.assert_array_equal(corpus.features, np.ones((4, 1)))


def test_a_map_that_nobody_writes_to_is_not_copied(tmp_path):
    np.save(tmp_path / "looks.npy", np.ones((4, 2)))
    for mode, same in (("r", True), ("c", False)):
        looks = np.load(tmp_path / "looks.npy", mmap_mode=mode)
        corpus = GeoTagCorpus(PLACES, TAGS, looks)
        assert np.shares_memory(corpus.features, looks) is same


@pytest.mark.parametrize(
    ("names", "error", "match"),
    [
        ({"a", "b", "c"}, ValueError, "^tag_names is a set, which has no order"),
        ({"a": 1, "b": 0, "c": 2}, ValueError, r"^tag_names is a mapping.*sorted\("),
        ("abc", TypeError, "^tag_names is one name, 'abc'"),
        (pd.DataFrame({"n": list("abc")}), TypeError, "^tag_names is a frame"),
        (np.array([["a"], ["b"], ["c"]]), ValueError, r"^tag_names has the shape \(3"),
        (["a", None, "c"], ValueError, "^tag_names, column 1: the name is missing"),
        (pd.Series(["a", "b", np.nan]), ValueError, "column 2: the name is missing"),
    ],
)
def test_what_is_no_name_for_each_tag(names, error, match):
    with pytest.raises(error, match=match):
        GeoTagCorpus(PLACES, TAGS, tag_names=names)


def test_the_vocabulary_of_a_vectorizer_names_tags():
    names = {"a": 0, "b": 1, "c": 2}
    assert GeoTagCorpus(PLACES, TAGS, tag_names=names).tag_names == ("a", "b", "c")
    shown = GeoTagCorpus(PLACES, TAGS, tag_names=pd.Index(["x", 2, "z"]))
    assert shown.tag_names == ("x", "2", "z")


def test_an_indicator_that_is_given_other_arrays():
    corpus = _corpus()
    before, tags = corpus.tags.toarray(), corpus.tags
    assert np.shares_memory(tags.data, corpus.tags.data)
    tags.data = np.zeros(tags.nnz)
    assert corpus.n_photos == 4
    np.testing.assert_array_equal(corpus.tags.toarray(), before)
    encoder = GeoNeighborTagPropagator(1, corpus=corpus).fit(PLACES)
    np.testing.assert_allclose(
        encoder.transform(PLACES[:1]).toarray(), [[1 / 3, 0, 2 / 3]]
    )
