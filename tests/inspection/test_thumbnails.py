# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from PIL import Image
from scipy import sparse

from sklearn_geo.inspection._thumbnails import Thumbnails, pixels_of


@pytest.fixture
def ax():
    axes = plt.figure(figsize=(2, 2)).add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 1), ylim=(1, 0))
    return axes


def test_images_of_every_kind(tmp_path):
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    for value in (
        pixels,
        pixels.astype(np.int64),
        pixels / 255.0,
        (pixels / 255.0).astype(np.float32),
        Image.fromarray(pixels),
        tmp_path / "a.png",
        str(tmp_path / "a.png"),
    ):
        found = pixels_of(value, 0)
        assert found.dtype == np.uint8
        assert_array_equal(found, pixels)
    assert pixels_of(pixels[:, :, :1], 0).shape == (2, 4)
    assert pixels_of(pixels[:, :, 0] > 5, 0).max() == 255
    assert pixels_of(np.zeros((2, 2, 4), np.uint8), 0).shape == (2, 2, 4)


def test_large_images_are_made_small_and_upright(tmp_path):
    large = np.zeros((2000, 1000, 3), np.uint8)
    assert max(pixels_of(large, 0).shape) <= 640
    assert pixels_of(Image.fromarray(large), 0).shape == (320, 160, 3)
    # A camera held sideways: the tag says to turn it by a quarter.
    image = Image.fromarray(large[:400])
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.jpg", exif=exif)
    assert pixels_of(tmp_path / "a.jpg", 0).shape == (320, 128, 3)


@pytest.mark.parametrize(
    ("images", "photo"),
    [
        (np.zeros((3, 6, 4, 3), np.uint8), 2),
        ([np.zeros((6, 4, 3))] * 3, 0),
        ({7: np.zeros((6, 4))}, 7),
        (lambda photo: np.zeros((6, 4), np.uint8) if photo == 5 else None, 5),
    ],
)
def test_images_keep_their_shape(ax, images, photo):
    bounds = Thumbnails(images).draw(ax, photo, 0.0, 0.0, size=8)
    # 6 high and 4 wide: all of the height, two thirds of the width, in the middle.
    assert bounds == pytest.approx((1 / 6, 5 / 6, 0, 1))
    (image,) = ax.images
    assert image.get_extent() == pytest.approx((1 / 6, 5 / 6, 1, 0))
    assert not ax.patches


def test_glyphs_stand_for_images_that_are_missing(ax):
    features = np.random.default_rng(0).normal(size=(10, 4))
    some = Thumbnails({5: np.zeros((2, 2))}, features=features)
    assert some.draw(ax, 3, 0.0, 0.0, size=8, side=2.0) == (0, 2, 0, 2)
    assert not ax.images
    assert len(ax.patches) == 2
    assert not ax.texts
    Thumbnails(subjects=["sea", "hill"]).draw(ax, 1, 0.0, 0.0, size=8)
    assert ax.texts[-1].get_text() == "hill"
    Thumbnails().draw(ax, 12, 0.0, 0.0, size=8)
    assert ax.texts[-1].get_text() == "#12"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            np.zeros((3, 8, 8)),
            r"photo 4 must be .* got shape \(3, 8, 8\).*channels last",
        ),
        (np.zeros(5), r"got shape \(5,\)"),
        (np.zeros((0, 4, 3)), r"got shape \(0, 4, 3\)"),
        (np.array([["a"]]), "dtype <U1"),
        (np.full((2, 2), -1.5), "numbers from -1.5 to -1.5.*undo the normalisation"),
        (np.full((2, 2), np.nan), "numbers from nan"),
        (np.full((2, 2), 256), "numbers from 256 to 256. Pixels are whole numbers"),
        ("nowhere.jpg", "The thumbnail of photo 4 cannot be read.*nowhere"),
    ],
)
def test_what_is_no_image(value, words):
    with pytest.raises(ValueError, match=words):
        pixels_of(value, 4)


def test_what_is_no_list_of_images(ax, tmp_path):
    with pytest.raises(ValueError, match="got the path 'photos'"):
        Thumbnails("photos")
    with pytest.raises(ValueError, match="thumbnails holds 2 images, and photo 2 is"):
        Thumbnails(np.zeros((2, 4, 4))).draw(ax, 2, 0.0, 0.0, size=8)
    (tmp_path / "a.jpg").write_text("no image")
    with pytest.raises(ValueError, match="photo 0 cannot be read"):
        Thumbnails([tmp_path / "a.jpg"]).draw(ax, 0, 0.0, 0.0, size=8)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n%%EOF\n",
    ],
)
def test_files_that_are_no_pictures_are_named(tmp_path, data):
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    with pytest.raises(
        ValueError, match="thumbnail of photo 7 cannot be read"
    ) as caught:
        pixels_of(path, 7)
    assert str(path) in str(caught.value)


def test_photos_without_an_image_in_a_column_of_text(ax):
    paths = pd.Series(["a.png", None], dtype="str")
    Thumbnails(paths).draw(ax, 1, 0.0, 0.0, size=8)
    assert not ax.images
    assert [text.get_text() for text in ax.texts] == ["#1"]


def test_pixels_of_16_bits_are_made_8(tmp_path):
    deep = Image.fromarray(np.array([[0, 257, 25700, 65535]], dtype=np.uint16))
    deep.save(tmp_path / "deep.png")
    for value in (deep, tmp_path / "deep.png"):
        pixels = pixels_of(value, 0)
        assert_array_equal(pixels[0], np.repeat([[0], [1], [100], [255]], 3, axis=1))
    beyond = Image.fromarray(np.array([[70_000]], dtype=np.int32))
    with pytest.raises(ValueError, match=r"thumbnail of photo 3: .* more than 16 bits"):
        pixels_of(beyond, 3)


def test_what_is_clear_stays_so(tmp_path):
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    clear.save(tmp_path / "clear.png")
    palette = Image.new("P", (4, 4), 0)
    palette.save(tmp_path / "palette.png", transparency=0)
    for value in (clear, tmp_path / "clear.png", tmp_path / "palette.png"):
        assert (pixels_of(value, 0)[..., 3] == 0).all()
    assert pixels_of(Image.new("RGB", (4, 4)), 0).shape == (4, 4, 3)


def test_sparse_arrays_are_no_images():
    with pytest.raises(TypeError, match="image for each photo; got a csr array"):
        Thumbnails(sparse.csr_array(np.eye(3)))


def test_windows_of_a_series_are_no_images(ax):
    windows = pd.Series([1.0, 2.0, 3.0]).rolling(2)  # with parts, but no length
    with pytest.raises(TypeError, match="must be an image for each photo; got Rolling"):
        Thumbnails(windows).draw(ax, 1, 0.0, 0.0, size=8)
