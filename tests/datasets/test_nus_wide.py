# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""NUS-WIDE's files, written by hand in small. Ids, tags and places are invented."""

import gzip
import re
import warnings
import zipfile

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn import config_context, get_config

from sklearn_geo.datasets import DataFileError, iter_nus_wide, load_nus_wide

# All images, in order: which split, tags (of 4), the concepts sky, lake, zebra, words.
IMAGES = [
    ("train", "actor\\0001_101.jpg", "0110", "100", "red film"),
    ("test", "actor\\0002_102.jpg", "0000", "010", ""),
    ("train", "lake\\0003_103.jpg", "1000", "110", "café water sky"),
    ("train", "zebra\\0004_104.jpg", "1001", "001", "africa"),
    ("test", "zebra\\0005_105.jpg", "0001", "101", "africa red"),
    ("train", "zebra\\0006_106.jpg", "0000", "000", ""),
]
CONCEPTS = ["sky", "lake", "zebra"]
TAGS = ["africa", "film", "red", "water"]
GEOTAGS = "104\t-2.3\t34.8\n102\t1.0\t103.9\n101\t0\t0\n"
FEATURES = {"CH": 2, "BoW": 3}


def numbers(row, width):
    """Return the features of the image in a row, of which we know what they are."""
    return [10 * row + column for column in range(width)]


def lines(values):
    return "".join(f"{value}\n" for value in values)


def names_of(split):
    """Return the texts of the files of one split, or of all images."""
    rows = [i for i, image in enumerate(IMAGES) if split in (image[0], "all")]
    part = "" if split == "all" else split.capitalize()
    tags = {
        "1k": "".join("\t".join(IMAGES[i][2]) + "\t\n" for i in rows),
        "81": "".join(" ".join(IMAGES[i][3]) + " \n" for i in rows),
    }
    texts = {f"ImageList/{part}Imagelist.txt": lines(IMAGES[i][1] for i in rows)}
    if part:
        texts[f"NUS_WID_Tags/{part}_Tags1k.dat"] = tags["1k"]
        texts[f"NUS_WID_Tags/{part}_Tags81.txt"] = tags["81"]
    else:
        texts["NUS_WID_Tags/AllTags1k.txt"] = tags["1k"]
        texts["NUS_WID_Tags/AllTags81.txt"] = tags["81"]
        texts["NUS_WID_Tags/All_Tags.txt"] = lines(
            f"{101 + i}      {IMAGES[i][4]}" for i in rows
        )
    for column, concept in enumerate(CONCEPTS):
        labels = lines(IMAGES[i][3][column] for i in rows)
        where = f"TrainTestLabels/Labels_{concept}_{part}.txt"
        where = where if part else f"AllLabels/Labels_{concept}.txt"
        texts[f"Groundtruth/{where}"] = labels
    for name, width in FEATURES.items():
        file = f"{part}_Normalized_CH.dat" if name == "CH" else f"BoW_{part}_int.dat"
        file = file if part else {"CH": "Normalized_CH.dat", "BoW": "BoW_int.dat"}[name]
        texts[f"Low_Level_Features/{file}"] = "".join(
            " ".join(map(str, numbers(i, width))) + " \n" for i in rows
        )
    return texts


def write(folder, splits=("train", "test", "all"), geotags=GEOTAGS):
    texts = {
        "ConceptsList/Concepts81.txt": lines(CONCEPTS),
        "NUS_WID_Tags/TagList1k.txt": lines(TAGS),
    }
    if geotags is not None:
        texts["NUS-WIDE-geo-tags.txt"] = geotags
    for split in splits:
        texts |= names_of(split)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return folder


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path)


def expected(split):
    return [i for i, image in enumerate(IMAGES) if split in (image[0], "all")]


@pytest.mark.parametrize("split", ["train", "test", "all"])
@pytest.mark.parametrize("source", ["own", "picked"])
def test_fields(tmp_path, split, source):
    # Files of the split, or those of all images with the lists of the split.
    write(tmp_path)
    if source == "picked":
        for path in tmp_path.rglob("*"):
            if re.search("(?:Train|Test)_|_(?:Train|Test)", path.name):
                path.unlink()
    rows = expected(split)
    photos = load_nus_wide(tmp_path, split=split, features=["CH", "BoW"])
    assert_array_equal(photos.ids, [101 + i for i in rows])
    files = [IMAGES[i][1].replace("\\", "/") for i in rows]
    assert_array_equal(photos.files, files)
    assert_array_equal(
        photos.tags.toarray(), [[int(t) for t in IMAGES[i][2]] for i in rows]
    )
    assert photos.tags.dtype == np.int32
    assert_array_equal(photos.tag_names, TAGS)
    target = [[int(c) for c in IMAGES[i][3]] for i in rows]
    assert_array_equal(photos.target, target)
    assert photos.target_names == CONCEPTS
    assert_array_equal(photos.features.BoW, [numbers(i, 3) for i in rows])
    assert_array_equal(photos.features.CH, [numbers(i, 2) for i in rows])
    assert photos.data.shape == (len(rows), 5)
    assert photos.data.dtype == np.float32
    assert np.shares_memory(photos.data, photos.features.BoW)
    assert photos.feature_names == ["CH_0", "CH_1", "BoW_0", "BoW_1", "BoW_2"]
    places = {102: (1.0, 103.9), 104: (-2.3, 34.8)}
    nowhere = (np.nan, np.nan)
    assert_array_equal(photos.places, [places.get(i, nowhere) for i in photos.ids])
    assert photos.users is None
    assert photos.urls is None
    assert photos.report.n_rows == len(rows)
    assert f":Number of photos: {len(rows)}" in photos.DESCR


def test_all_words_of_a_photo(folder):
    photos = load_nus_wide(folder, tags="all")
    words = [["red", "film"], ["café", "water", "sky"], ["africa"], []]
    assert photos.tags == words
    assert photos.tag_names is None
    photos = load_nus_wide(folder, tags="all", split="all", located_only=True)
    assert photos.tags == [[], ["africa"]]


def test_other_tags(folder):
    photos = load_nus_wide(folder, tags="81", concepts=None)
    assert_array_equal(photos.tag_names, CONCEPTS)
    assert_array_equal(photos.tags.toarray()[1], [1, 1, 0])
    assert photos.target.shape == (4, 0)
    assert load_nus_wide(folder, tags=None).tags is None


@pytest.mark.skipif(
    "sparse_interface" not in get_config(),
    reason="scikit-learn asks for sparse arrays or matrices from 1.9 on",
)
def test_sparse_arrays_are_a_setting(folder):
    with config_context(sparse_interface="sparray"):
        assert isinstance(load_nus_wide(folder).tags, sparse.csr_array)


def test_some_concepts(folder):
    photos = load_nus_wide(folder, concepts=["zebra", "sky"])
    assert photos.target_names == ["zebra", "sky"]
    assert_array_equal(photos.target, [[0, 1], [0, 1], [1, 0], [0, 0]])
    assert load_nus_wide(folder, concepts="lake").target.shape == (4, 1)


def test_only_photos_with_a_place(folder):
    photos = load_nus_wide(folder, located_only=True, features="CH")
    assert_array_equal(photos.ids, [104])
    assert_array_equal(photos.target, [[0, 0, 1]])
    assert_array_equal(photos.data, [numbers(3, 2)])
    assert_array_equal(photos.tags.toarray(), [[1, 0, 0, 1]])
    assert photos.report.n_filtered == 3


def test_without_geotags(tmp_path):
    write(tmp_path, geotags=None)
    photos = load_nus_wide(tmp_path)
    assert np.isnan(photos.places).all()
    assert "there is no list of geotags, places are NaN" in photos.report.notes
    with pytest.raises(FileNotFoundError, match="needs a list of geotags"):
        load_nus_wide(tmp_path, located_only=True)
    other = tmp_path / "where.txt"
    other.write_text("lon,lat,photo\n7,5,actor\\0001_101.jpg\n")
    assert_array_equal(load_nus_wide(tmp_path, geotags=other).places[0], [5, 7])


def test_users_and_addresses(folder):
    users = "101\tme@N00\tred film\n104\tyou@N00\tafrica\n"
    (folder / "id.userid.rawtags.txt").write_text(users)
    head = "Photo_file  Photo_id  url_Large  url_Middle  url_Small  url_Original"
    row = "C:\\ImageData\\Flickr\\actor\\0001_{}.jpg      {}     {}  {}  {}   null "
    urls = [
        row.format(101, 101, "http://a/l.jpg", "http://a/m.jpg", "http://a/s.jpg"),
        row.format(103, 103, "null", "null", "http://c/s.jpg"),
        row.format(104, 104, "null", "null", "null"),
    ]
    (folder / "NUS-WIDE-urls.txt").write_text("\r\n".join([head, *urls]))
    photos = load_nus_wide(folder, urls=True, as_frame=True)
    assert_array_equal(photos.users, ["me@N00", "", "you@N00", ""])
    assert_array_equal(photos.urls, ["http://a/l.jpg", "http://c/s.jpg", "", ""])
    assert list(photos.frame.columns) == [
        "id",
        "file",
        "latitude",
        "longitude",
        "user",
        "url",
    ]
    assert list(photos.target.columns) == CONCEPTS
    assert photos.data.shape == (4, 0)


def test_wrong_lines_about_users_and_addresses(folder):
    (folder / "id.userid.rawtags.txt").write_text("x\tme\tred\n103\tyou\tafrica\n")
    urls = "Photo_id url_Large\n101 http://nullarbor/l.jpg\n103\n"
    (folder / "NUS-WIDE-urls.txt").write_text(urls)
    with pytest.raises(DataFileError, match=r"rawtags\.txt, line 1: photo id"):
        load_nus_wide(folder)
    with pytest.warns(UserWarning, match="2 rows were skipped"):
        photos = load_nus_wide(folder, urls=True, errors="skip")
    assert_array_equal(photos.ids, [101, 103, 104, 106])
    assert_array_equal(photos.users, ["", "you", "", ""])
    assert_array_equal(photos.urls, ["http://nullarbor/l.jpg", "", "", ""])
    assert photos.report.n_skipped == 2
    found = [each.examples[0][1:] for each in photos.report.problems.values()]
    assert found == [(1, "x"), (3, None)]


@pytest.mark.parametrize("chunk_rows", [1, 3, 100])
def test_streaming_gives_the_same(folder, chunk_rows):
    whole = load_nus_wide(folder, split="all", features="BoW")
    chunks = list(
        iter_nus_wide(folder, split="all", features="BoW", chunk_rows=chunk_rows)
    )
    assert [len(chunk.ids) for chunk in chunks] == [chunk_rows] * (6 // chunk_rows) + (
        [6] if chunk_rows == 100 else []
    )
    for name in ("ids", "files", "places", "target", "data"):
        joined = np.concatenate([chunk[name] for chunk in chunks])
        assert_array_equal(joined, whole[name])
    tags = sparse.vstack([chunk.tags for chunk in chunks])
    assert_array_equal(tags.toarray(), whole.tags.toarray())


def test_few_rows(folder):
    photos = load_nus_wide(folder, max_rows=2)
    assert_array_equal(photos.ids, [101, 103])
    chunks = iter_nus_wide(folder, split="all", chunk_rows=2, max_rows=5)
    assert [len(chunk.ids) for chunk in chunks] == [2, 2, 1]
    photos = load_nus_wide(folder, split="all", max_rows=1, located_only=True)
    assert_array_equal(photos.ids, [102])
    (folder / "NUS-WIDE-geo-tags.txt").write_text("999 1 1\n")
    photos = load_nus_wide(folder, located_only=True)
    assert photos.ids.shape == (0,)
    assert photos.tags.shape == (0, 4)
    assert photos.target.shape == (0, 3)


def test_archives_as_published(tmp_path):
    write(tmp_path)
    whole = load_nus_wide(tmp_path, features="CH")
    for name in ("ImageList", "ConceptsList", "Groundtruth", "NUS_WID_Tags"):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            for path in sorted((tmp_path / name).rglob("*.*")):
                archive.write(path, path.relative_to(tmp_path))
                path.unlink()
    path = tmp_path / "Low_Level_Features" / "Train_Normalized_CH.dat"
    (path.parent / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    photos = load_nus_wide(tmp_path, features="CH")
    assert_array_equal(photos.data, whole.data)
    assert_array_equal(photos.target, whole.target)
    assert_array_equal(photos.tags.toarray(), whole.tags.toarray())


def test_line_ends_of_windows_and_none_at_the_end(folder):
    for path in folder.rglob("*Train*"):
        if path.is_file():
            text = path.read_text().rstrip("\n").replace("\n", "\r\n")
            path.write_text(text, newline="")
    photos = load_nus_wide(folder, features="BoW")
    assert_array_equal(photos.ids, [101, 103, 104, 106])
    assert_array_equal(photos.target[:, 0], [1, 1, 0, 0])


def test_the_label_that_is_wrong_as_published(folder):
    path = folder / "Groundtruth" / "TrainTestLabels" / "Labels_lake_Train.txt"
    path.write_text("0\n-1130179\n0\n0\n")
    photos = load_nus_wide(folder)
    assert_array_equal(photos.target[:, 1], 0)
    assert photos.report.notes["label is -1130179, as published, taken as 0"].count == 1


@pytest.mark.parametrize("features", [["CH", "CH"], ("BoW", "CH", "BoW")])
def test_no_feature_is_asked_for_twice(folder, features):
    with pytest.raises(ValueError, match=f"features=.*'{features[-1]}' is there twice"):
        load_nus_wide(folder, features=features)


@pytest.mark.parametrize(
    ("file", "text", "line", "match"),
    [
        ("Labels_sky_Train.txt", "1\n2\n0\n0\n", 2, "of 'sky' '2' is neither 0"),
        ("Labels_sky_Train.txt", "1\n-1130179\n0\n0\n", 2, "is neither 0 nor 1"),
        ("Labels_sky_Train.txt", "1\n\n0\n0\n", 2, "'' is neither 0 nor 1"),
        (
            "Train_Tags1k.dat",
            "0\t1\t1\t0\n1\t0\t0\t2\n0\t0\t0\t0\n0\t0\t0\t0\n",
            2,
            r"the row of tags '1\\t0\\t0\\t2' has something else than 0 and 1",
        ),
        (
            "Train_Tags1k.dat",
            "0\t1\t1\t0\n1\t0\t0\n0\t0\t0\t0\n0\t0\t0\t0\n",
            2,
            "has not 4 columns of 0 and 1",
        ),
        ("BoW_Train_int.dat", "1 2 3\n4 x 6\n0 0 0\n0 0 0", 2, "that is no number"),
        ("BoW_Train_int.dat", "1 2 3\n4 5\n0 0 0\n0 0 0\n", 2, "'4 5' has not 3"),
        ("BoW_Train_int.dat", "1 2 3\n4 5\n6 0 0 0\n0 0 0\n", 2, "has not 3 numbers"),
        ("BoW_Train_int.dat", "1 2 3\n4 inf 5\n6 0 0\n0 0 0\n", 2, "is not finite"),
        ("BoW_Train_int.dat", "1 2 3\n4 1 5\n6 0 0\n0 0", 4, "has not 3 numbers"),
        ("TrainImagelist.txt", "a\\1_101.jpg\ncat\nz\\4_104.jpg\nz\\6_106.jpg\n", 2,
         "'cat' is no file of an image"),
        ("TrainImagelist.txt", "a\\1_101.jpg\nb\\x7.jpg\nz\\4_104.jpg\nz\\6_106.jpg\n",
         2, "'b..x7.jpg' is neither the number of a photo nor a file named by it"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named_or_its_photo_skipped(folder, file, text, line, match):
    (path,) = folder.rglob(file)
    path.write_text(text, newline="")
    with pytest.raises(DataFileError, match=match) as caught:
        load_nus_wide(folder, features="BoW")
    assert (caught.value.path, caught.value.line) == (str(path), line)
    with pytest.warns(UserWarning, match="rows were skipped"):
        photos = load_nus_wide(folder, features="BoW", errors="skip")
    left = [i for i in (0, 2, 3, 5) if (0, 2, 3, 5).index(i) != line - 1]
    if "6 0 0 0" in text:  # two rows are wrong
        left.remove(3)
    assert_array_equal(photos.ids, [101 + i for i in left])
    assert photos.report.n_skipped == 4 - len(left)
    assert photos.tags.shape == (len(left), 4)
    if file != "Labels_sky_Train.txt":
        assert_array_equal(photos.target[:, 0], [int(IMAGES[i][3][0]) for i in left])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        chunks = list(
            iter_nus_wide(folder, features="BoW", errors="skip", chunk_rows=2)
        )
    assert_array_equal(np.concatenate([c.ids for c in chunks]), photos.ids)
    assert len(caught) == 1


def test_long_names_of_concepts_are_shown_shortly(folder):
    (path,) = folder.rglob("Concepts81.txt")
    path.write_text("y" * 9999 + "\n")
    words = "has no Labels_y{193} or Labels_y{193} for the concept 'y{187} .looked for"
    with pytest.raises(FileNotFoundError, match=words):
        load_nus_wide(folder)


@pytest.mark.parametrize("concept", ["{", "a}b", "{0}", "x{}"])
def test_concepts_with_braces(folder, concept):
    (path,) = folder.rglob("Concepts81.txt")
    path.write_text(f"sky\n{concept}\n")
    with pytest.raises(FileNotFoundError, match=re.escape(f"Labels_{concept}_Train.t")):
        load_nus_wide(folder)
    labels = folder / f"Labels_{concept}_Train.txt"
    labels.write_text("0\n1\n0\n1\n")
    photos = load_nus_wide(folder)
    assert photos.target_names == ["sky", concept]
    assert photos.target[:, 1].tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    "file", ["Labels_lake_Train.txt", "Train_Tags1k.dat", "BoW_Train_int.dat"]
)
def test_files_of_another_length(folder, file):
    (path,) = folder.rglob(file)
    rows = path.read_text().splitlines(keepends=True)
    for few in (rows[:3], rows[:1]):
        path.write_text("".join(few))
        with pytest.raises(DataFileError, match="ends here, before the list of") as e:
            load_nus_wide(folder, features="BoW", errors="skip")
        assert (e.value.path, e.value.line) == (str(path), len(few))
    path.write_text("".join([*rows, rows[0]]))
    with pytest.raises(DataFileError, match="goes on here, after the end") as e:
        list(iter_nus_wide(folder, features="BoW", chunk_rows=2))
    assert e.value.line == 5


def test_lists_that_differ_in_their_order(tmp_path):
    write(tmp_path, splits=("all",))
    path = tmp_path / "ImageList" / "TrainImagelist.txt"
    path.write_text("zebra\\0004_104.jpg\nactor\\0001_101.jpg\n")
    with pytest.raises(DataFileError, match="differ in their order") as caught:
        load_nus_wide(tmp_path)
    assert caught.value.line == 2
    path.write_text("zebra\\0004_104.jpg\nzebra\\0009_999.jpg\n")
    with pytest.raises(DataFileError, match=r"0009_999\.jpg' is not in"):
        load_nus_wide(tmp_path)


def test_words_of_other_photos(folder):
    path = folder / "NUS_WID_Tags" / "All_Tags.txt"
    rows = path.read_text().splitlines(keepends=True)
    path.write_text("".join([rows[1], rows[0], *rows[2:]]))
    with pytest.raises(DataFileError, match=r"All_Tags\.txt, 102: the two differ"):
        load_nus_wide(folder, tags="all")


def test_an_archive_that_breaks_off(folder):
    (path,) = folder.rglob("Train_Tags1k.dat")
    data = gzip.compress(path.read_bytes())
    path.write_bytes(data[:-6])
    with pytest.raises(DataFileError, match="the compressed file breaks off"):
        load_nus_wide(folder)


def test_what_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file of data in it"):
        load_nus_wide(tmp_path)
    (tmp_path / "notes.txt").write_text("a\n")
    with pytest.raises(
        FileNotFoundError, match=r"has no TrainImagelist\.txt .*it has only notes\.txt"
    ):
        load_nus_wide(tmp_path)
    write(tmp_path, splits=("train",))
    with pytest.raises(FileNotFoundError, match=r"no TestImagelist\.txt for split='te"):
        load_nus_wide(tmp_path, split="test")
    with pytest.raises(
        FileNotFoundError,
        match=r"Train_Normalized_WT\.dat or Normalized_WT\.dat for features='WT'",
    ):
        load_nus_wide(tmp_path, features=["WT"])
    with pytest.raises(FileNotFoundError, match=r"has no All_Tags\.txt for tags='all'"):
        load_nus_wide(tmp_path, tags="all")
    with pytest.raises(FileNotFoundError, match=r"has no NUS-WIDE-urls\.txt"):
        load_nus_wide(tmp_path, urls=True)
    (path,) = tmp_path.rglob("Labels_zebra_Train.txt")
    path.unlink()
    with pytest.raises(
        FileNotFoundError,
        match=r"Labels_zebra_Train\.txt or Labels_zebra\.txt for the concept 'zebra'",
    ):
        load_nus_wide(tmp_path)
    with pytest.raises(NotADirectoryError, match="is a file"):
        load_nus_wide(tmp_path / "notes.txt")


@pytest.mark.parametrize(
    ("kwargs", "match"),
    [
        ({"features": "SIFT"}, "'SIFT' is not known. Known are CH, CORR"),
        ({"concepts": ["sea"]}, "'sea' is not known. Known are sky, lake, zebra"),
        ({"geotag_columns": (0, 1)}, "must be three"),
    ],
)
def test_what_is_not_known(folder, kwargs, match):
    with pytest.raises(ValueError, match=match):
        load_nus_wide(folder, **kwargs)


def test_rows_of_features_of_another_length_are_noted(tmp_path):
    write(tmp_path)
    photos = load_nus_wide(tmp_path, features="CH", tags=None)
    assert photos.data.shape[1] == 2
    assert "rows of CH have 2 numbers, published are 64" in photos.report.notes


@pytest.mark.parametrize("concept", ["s*", "sk?", "sk[y]"])
def test_wild_cards_in_names_of_concepts_stand_for_themselves(folder, concept):
    (path,) = folder.rglob("Concepts81.txt")
    path.write_text(f"sky\n{concept}\n")
    with pytest.raises(FileNotFoundError, match=re.escape(f"Labels_{concept}_Train.t")):
        load_nus_wide(folder)  # and not the labels of the sky
    (folder / f"Labels_{concept}_Train.txt").write_text("0\n1\n0\n1\n")
    assert load_nus_wide(folder).target[:, 1].tolist() == [0, 1, 0, 1]
