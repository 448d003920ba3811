# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Crops of photos as a transformer."""

import inspect
import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from PIL import Image
from sklearn.base import clone
from sklearn.exceptions import SkipTestWarning
from sklearn.utils import estimator_html_repr
from sklearn.utils.estimator_checks import (
    check_param_validation,
    estimator_checks_generator,
)

from sklearn_geo import vision
from sklearn_geo.vision import EvenCrops
from tests.contract import OTHER_INPUT
from tests.vision.photo_files import pixels


def test_by_hand():
    # Columns are 0, 10, .., 40; squares of two begin at 0, 1.5 (which is 2) and 3.
    photo = np.repeat(np.arange(0, 50, 10, dtype=np.uint8)[None, :, None], 2, axis=0)
    crops = EvenCrops(3, size=2, dtype="uint8")(photo)
    assert crops.shape == (3, 2, 2, 3)
    assert crops[:, 0, :, 0].tolist() == [[0, 10], [20, 30], [30, 40]]
    assert (crops == crops[..., :1]).all()  # grey became RGB
    middle = EvenCrops(1, size=2, dtype="uint8")(photo)
    assert middle[:, 1, :, 2].tolist() == [[10, 20]]
    floats = EvenCrops(3, size=2)(photo)
    assert floats.dtype == np.float32
    np.testing.assert_allclose(floats * 255, crops, atol=1e-4)


def test_scaled_to_a_part_of_the_shorter_side():
    photo = pixels(1, 8, 12)[0]
    crops = EvenCrops(1, size=4, scale=0.5, dtype="uint8")(photo)
    np.testing.assert_array_equal(crops[0], photo[2:6, 4:8])


def test_bytes_are_scaled_as_pillow_does():
    photo = pixels(1, 40, 40)[0]
    expected = Image.fromarray(photo).resize((9, 9), Image.Resampling.BILINEAR)
    for dtype, most in (("uint8", 1), ("float32", 255)):
        crops = EvenCrops(1, size=9, dtype=dtype)(photo)[0] * np.float32(most)
        assert np.abs(crops - np.asarray(expected).astype(int)).max() <= 1
        np.testing.assert_allclose(crops, np.rint(crops), atol=1e-4)
    floats = EvenCrops(1, size=9)(photo / 255)[0] * 255
    assert np.abs(floats - crops).max() <= 1
    assert np.abs(floats - np.rint(floats)).max() > 0.1


def test_forms_of_photos(tmp_path):
    photos = pixels(4)
    names = []
    for i, photo in enumerate(photos):
        names.append(str(tmp_path / f"{i}.png"))
        Image.fromarray(photo).save(names[-1])
    cutter = EvenCrops(2, size=7)
    expected = np.stack([cutter(photo) for photo in photos])
    assert expected.shape == (4, 2, 7, 7, 3)
    frame = pd.DataFrame({"file": names}, index=range(7, 11))
    for form in (
        photos,
        np.moveaxis(photos, 3, 1),
        list(photos),
        tuple(photos),
        [Image.fromarray(photo) for photo in photos],
        names,
        np.array(names),
        np.array(names, dtype=object)[:, None],
        frame,
        frame["file"],
        frame["file"].astype("string"),
        pl.DataFrame({"file": names}),
        pl.Series(names),
        [names[0], photos[1], Image.fromarray(photos[2]), tmp_path / "3.png"],
    ):
        np.testing.assert_array_equal(cutter.transform(form), expected)
    relative = EvenCrops(2, size=7, root=tmp_path).transform([f"{i}.png" for i in "01"])
    np.testing.assert_array_equal(relative, expected[:2])
    upright = [photo.transpose(1, 0, 2) for photo in photos[:2]]
    mixed = cutter.transform([photos[0], *upright])  # of different sizes
    # Bytes are rounded after either direction.
    np.testing.assert_allclose(mixed[1], mixed[0].transpose(0, 2, 1, 3), atol=1.1 / 255)


def test_memory_maps_stay_as_they_are(tmp_path):
    photos = pixels(4)
    np.save(tmp_path / "photos.npy", photos)
    mapped = np.load(tmp_path / "photos.npy", mmap_mode="r")
    cutter = EvenCrops(2, size=7)
    np.testing.assert_array_equal(cutter.transform(mapped), cutter.transform(photos))


@pytest.mark.parametrize(
    ("X", "words"),
    [
        ("a.jpg", "X is 'a.jpg', not the photos of several rows"),
        (pixels(1)[0], r"shape \(20, 30, 3\).*single photo pass photo\[np.newaxis"),
        (np.zeros((4, 7)), r"shape \(4, 7\); a batch of images"),
        ([], "0 sample"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), "2 columns, but photos are one"),
        (3, "X is a int"),
        ([pixels(1)[0], "nowhere.jpg"], "X, row 1: the file 'nowhere.jpg' does not"),
        (np.zeros((2, 9, 9, 7)), "images have 1, 3 or 4 channels"),
        ([None], "X, row 0: the photo is missing"),
    ],
)
def test_words(X, words):
    with pytest.raises((ValueError, TypeError), match=words):
        EvenCrops(2, size=7).transform(X)


def test_single_images_are_told_apart():
    with pytest.raises(TypeError, match="X is a Image, not the photos"):
        EvenCrops().fit(Image.fromarray(pixels(1)[0]))
    with pytest.raises(ValueError, match=r"2 columns.*EvenCrops"):
        EvenCrops().fit(pd.DataFrame({"a": ["x"], "b": ["y"]}))


def test_it_is_stateless_and_copies():
    photos = pixels(3)
    cutter = EvenCrops(2, size=5)
    expected = cutter.transform(photos)
    assert cutter.fit(photos) is cutter
    for same in (clone(cutter), pickle.loads(pickle.dumps(cutter))):
        np.testing.assert_array_equal(same.transform(photos), expected)
    np.testing.assert_array_equal(cutter.transform(photos[1:2]), expected[1:2])
    with pytest.raises(ValueError, match="The 'n_crops' parameter"):
        EvenCrops(0)(photos[0])


# Checks about matrices leave out estimators that do not read any.
def _checks():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        return list(estimator_checks_generator(EvenCrops()))


@pytest.mark.parametrize(("estimator", "check"), _checks())
def test_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_parameters_are_validated():
    check_param_validation("EvenCrops", EvenCrops())


def test_its_place_in_the_contract():
    assert OTHER_INPUT["EvenCrops"].endswith("test_even_crops")
    assert "EvenCrops" in vision.__all__
    assert "sklearn_geo.vision.EvenCrops.html" in estimator_html_repr(EvenCrops())
    for parameter in EvenCrops().get_params():
        assert f"\n{parameter} : " in inspect.getdoc(EvenCrops)


@pytest.mark.parametrize(
    ("photo", "words"),
    [
        (np.zeros(3), r"its shape is \(3,\)"),
        (np.zeros((2, 2, 3), "M8[s]"), "the photo has pixels of type datetime64"),
        (None, "the photo is missing"),
    ],
)
def test_tensors_of_what_is_no_photo(photo, words):
    with pytest.raises(ValueError, match=words):
        EvenCrops(size=2).tensors(photo)


def test_tensors_of_other_numbers_of_pixels():
    bytes_ = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    expected = EvenCrops(1, size=2).tensors(bytes_)
    for dtype in (np.int64, ">i4"):
        assert (EvenCrops(1, size=2).tensors(bytes_.astype(dtype)) == expected).all()
    assert EvenCrops(1, size=1).tensors(np.ones((2, 2, 3), "f2")).tolist() == [
        [[[1.0]], [[1.0]], [[1.0]]]
    ]


def test_an_array_without_rows_is_no_batch():
    with pytest.raises(TypeError, match=r"X is a ndarray\. Pass a column of names"):
        EvenCrops().transform(np.array("a.jpg"))


def test_crops_of_floats_are_photos_again():
    white = np.ones((1, 37, 53, 3), np.float32)
    black = np.zeros_like(white)
    for size in (7, 16, 24, 90):
        crops = EvenCrops(3, size=size).transform(white)[0]
        assert crops.max() <= 1.0
        np.testing.assert_allclose(crops, 1.0, atol=1e-6)
        again = EvenCrops(1, size=size).transform(crops)
        np.testing.assert_allclose(again[:, 0], crops, atol=1e-6)
        assert not EvenCrops(3, size=size).transform(black).any()
