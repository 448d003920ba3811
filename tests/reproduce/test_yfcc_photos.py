# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""YFCC100M as tagged photos: each with its own features, a vocabulary as published."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.reproduce._yfcc_photos import tag_indicator, yfcc_photos
from tests.reproduce.tagged import write_yfcc


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("yfcc")


@pytest.fixture(scope="module")
def written(folder):
    return write_yfcc(folder)


def test_each_photo_has_its_own_features_tags_and_user(folder, written):
    photos, names = written
    read = yfcc_photos(folder)
    # A place tells which photo it is.
    at = {tuple(np.round(place, 5)): row for row, place in enumerate(photos.places)}
    rows = [at[tuple(np.round(place, 5))] for place in read.places]
    assert len(set(rows)) == len(rows) > 300
    assert_allclose(read.X[:, 2:], photos.data[rows].astype(np.float16))
    assert_allclose(read.X[:, :2], read.places, atol=1e-4)
    assert_array_equal(read.users, [f"{u}@N00" for u in photos.users[rows]])
    columns = [names.index(name) for name in read.tag_names]
    assert_array_equal(read.y.toarray(), photos.tags[rows][:, columns].toarray() > 0)
    assert (np.diff(read.y.indptr) > 0).all()


def test_the_ten_most_frequent_tags_are_no_tags(folder, written):
    photos, names = written
    counts = np.asarray((photos.tags > 0).sum(axis=0)).ravel()
    read = yfcc_photos(folder)
    often = np.sort(counts)[::-1]
    kept = counts[[names.index(name) for name in read.tag_names]]
    assert kept.max() <= often[9]
    assert len(kept) == (counts >= 5).sum() - 10


def test_a_random_part_of_the_photos_can_be_taken(folder, written):
    few, others = (yfcc_photos(folder, n_photos=50, seed=seed) for seed in (0, 1))
    assert len(few.X) == few.y.shape[0] == len(few.places) == len(few.users) == 50
    assert not np.array_equal(few.places, others.places)
    again = yfcc_photos(folder, n_photos=50, seed=0)
    assert_array_equal(few.X, again.X)


def test_tags_are_lower_case_without_blanks_and_without_digits():
    rows = [["Old Town", "D90", "b"]] * 5 + [["old town", "c", "rare"]] * 5
    rows += [[f"often{'x' * k}" for k in range(10)]] * 20
    rows[0] = [*rows[0], "rare"]
    indicator, names = tag_indicator(rows)
    assert names == ["b", "c", "oldtown", "rare"]
    assert_array_equal(indicator.sum(axis=0), [5, 5, 10, 6])
    with pytest.raises(ValueError, match="Take more photos by --rows"):
        tag_indicator([["a"]] * 9)


def test_without_a_gazetteer_towns_are_cells(folder, written):
    read = yfcc_photos(folder)
    assert read.is_place is None
    assert set(read.regions) == {"town", "country"}
    assert len(set(read.regions["town"])) > len(set(read.regions["country"])) > 3
    assert any("S2 cells" in note for note in read.notes)


def test_a_gazetteer_tells_towns_countries_and_names(tmp_path):
    photos, names = write_yfcc(tmp_path, 300)
    counts = np.asarray((photos.tags > 0).sum(axis=0)).ravel()
    town = names[np.argsort(-counts, kind="stable")[12]]  # not one of the ten
    row = ["1", town.title(), town.title(), "", "1", "2", "P", "PPL", "XY"]
    rest = ["", "", "", "", "", "5000", "", "0", "", "2020-01-01"]
    other = [*row[:4], "45", "45", "P", "PPL", "ZZ"]
    other[0], other[1], other[2] = "2", "Elsewhere", "Elsewhere"
    lines = ["\t".join([*one, *rest]) for one in (row, other)]
    (tmp_path / "cities1000.txt").write_text("\n".join(lines) + "\n")
    read = yfcc_photos(tmp_path)
    assert set(read.regions["country"]) <= {"XY", "ZZ"}
    near = np.abs(read.places - [45.0, 45.0]).sum(axis=1) < 5
    assert (read.regions["country"][near] == "ZZ").all()
    assert read.is_place[read.tag_names.index(town)]
    assert not read.is_place.all()


def test_numbers_of_photos_may_be_text(tmp_path):
    write_yfcc(tmp_path, 200)
    expected = yfcc_photos(tmp_path)
    ids = np.load(tmp_path / "feature_ids.npy")
    (tmp_path / "feature_ids.npy").unlink()
    (tmp_path / "feature_ids.txt").write_text("\n".join(map(str, ids)) + "\n")
    assert_array_equal(yfcc_photos(tmp_path).X, expected.X)
    (tmp_path / "feature_ids.txt").write_text("one\n" * len(ids))
    with pytest.raises(ValueError, match="must hold the numbers of photos"):
        yfcc_photos(tmp_path)


def test_what_is_wrong_with_features_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has no features\.npy"):
        yfcc_photos(tmp_path)
    write_yfcc(tmp_path, 100)
    ids = np.load(tmp_path / "feature_ids.npy")
    for wrong, text in (
        (ids[:-1], "100 rows, but there are 99 feature_ids"),
        (np.append(ids[:-1], ids[0]), f"names photo {ids[0]} more than once"),
        (ids.astype(float), "must hold the numbers of photos"),
        (ids + 100_000, "none of the photos with features has a place"),
    ):
        np.save(tmp_path / "feature_ids.npy", wrong)
        with pytest.raises(ValueError, match=text):
            yfcc_photos(tmp_path)
    (tmp_path / "feature_ids.npy").unlink()
    with pytest.raises(FileNotFoundError, match="which tells whose features"):
        yfcc_photos(tmp_path)
    np.save(tmp_path / "features.npy", np.arange(5))
    with pytest.raises(ValueError, match="must hold floats, a row a photo"):
        yfcc_photos(tmp_path)
