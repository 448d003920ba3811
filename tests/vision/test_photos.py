# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One photo of any kind becomes upright RGB."""

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sklearn_geo.vision import PosteriorTransformer, read_photo
from tests.vision.photo_files import Small, pixels

PHOTO = pixels(1)[0]


def saved(tmp_path, image, name="photo.png", **options):
    image.save(tmp_path / name, **options)
    return tmp_path / name


@pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "webp"])
def test_files_without_loss(tmp_path, kind):
    options = {"lossless": True} if kind == "webp" else {}
    path = saved(tmp_path, Image.fromarray(PHOTO), f"photo.{kind}", **options)
    for name in (path, str(path), np.str_(path)):
        np.testing.assert_array_equal(read_photo(name), PHOTO)
    np.testing.assert_array_equal(read_photo(path.name, root=tmp_path), PHOTO)
    np.testing.assert_array_equal(read_photo(Image.open(path)), PHOTO)


def test_jpeg(tmp_path):
    flat = np.full((16, 16, 3), [200, 100, 50], np.uint8)
    path = saved(tmp_path, Image.fromarray(flat), "photo.jpg", quality=95)
    assert np.abs(read_photo(path).astype(int) - flat).max() <= 3


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, lambda a: a),
        (2, lambda a: a[:, ::-1]),
        (3, lambda a: a[::-1, ::-1]),
        (4, lambda a: a[::-1]),
        (5, lambda a: a.transpose(1, 0, 2)),
        # The camera was turned left: the picture has to be turned right.
        (6, lambda a: np.rot90(a, -1)),
        (7, lambda a: a.transpose(1, 0, 2)[::-1, ::-1]),
        (8, lambda a: np.rot90(a)),
    ],
)
def test_orientation_is_honoured(tmp_path, orientation, upright):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, Image.fromarray(PHOTO), exif=exif)
    np.testing.assert_array_equal(read_photo(path), upright(PHOTO))


def test_orientation_that_is_damaged(tmp_path):
    path = saved(tmp_path, Image.fromarray(PHOTO), exif=b"Exif\0\0nothing at all")
    np.testing.assert_array_equal(read_photo(path), PHOTO)


def test_grey_and_bilevel(tmp_path):
    grey = Image.fromarray(PHOTO[:, :, 0])
    expected = np.repeat(PHOTO[:, :, :1], 3, axis=2)
    np.testing.assert_array_equal(read_photo(saved(tmp_path, grey)), expected)
    black = saved(tmp_path, grey.point(lambda v: 255 * (v > 99)).convert("1"), "1.png")
    assert set(np.unique(read_photo(black))) == {0, 255}


def test_sixteen_bits(tmp_path):
    # 257 steps of 16 bits are one of 8; clipping would make all of it white.
    deep = np.array([[0, 257, 65535], [128, 129, 32896]], dtype=np.uint16)
    path = saved(tmp_path, Image.fromarray(deep))
    expected = [[0, 1, 255], [0, 1, 128]]
    assert read_photo(path)[..., 1].tolist() == expected
    old = Image.fromarray(deep.astype(np.int32))
    assert old.mode == "I"
    assert read_photo(old)[..., 2].tolist() == expected
    with pytest.raises(ValueError, match="more than 16 bits"):
        read_photo(Image.fromarray(np.array([[70000]], dtype=np.int32)))
    with pytest.raises(ValueError, match="the photo has pixels of floats"):
        read_photo(Image.fromarray(np.zeros((2, 2), dtype=np.float32)))


def test_what_is_transparent_is_put_on_white(tmp_path):
    red = np.array([[[200, 0, 0, 255], [200, 0, 0, 0], [200, 0, 0, 51]]], np.uint8)
    expected = [[[200, 0, 0], [255, 255, 255], [244, 204, 204]]]  # a fifth of red
    path = saved(tmp_path, Image.fromarray(red))
    assert read_photo(path).tolist() == expected
    assert read_photo(red).tolist() == expected
    floats = read_photo(red / 255)
    np.testing.assert_allclose(floats * 255, expected, atol=0.5)
    grey = Image.fromarray(red).convert("LA")
    assert read_photo(grey)[0, 1].tolist() == [255, 255, 255]


@pytest.mark.parametrize(
    ("clear", "expected"), [(0, [255, 1, 156]), (257, [0, 255, 156])]
)
def test_one_of_many_greys_may_be_transparent(tmp_path, clear, expected):
    # In 16 bits: a level of 8 bits is 257 levels of these, and 40000 is 155.6 of them.
    image = Image.fromarray(np.array([[0, 257, 40000]], dtype=np.uint16))
    try:
        path = saved(tmp_path, image, transparency=clear)
    except OSError:
        pytest.skip("this Pillow writes no 16 bits with a transparent level")
    assert read_photo(path)[0, :, 0].tolist() == expected
    assert read_photo(saved(tmp_path, image))[0, :, 0].tolist() == [0, 1, 156]


def test_palettes(tmp_path):
    image = Image.new("P", (3, 1))
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    image.putdata([2, 0, 1])
    expected = [[[70, 80, 90], [10, 20, 30], [40, 50, 60]]]
    assert read_photo(saved(tmp_path, image)).tolist() == expected
    # One colour of the palette is transparent, in two ways of saying so.
    for transparent in (0, bytes([0, 255, 255])):
        path = saved(tmp_path, image, transparency=transparent)
        assert read_photo(path)[0].tolist() == [
            [70, 80, 90],
            [255, 255, 255],
            [40, 50, 60],
        ]


def test_cmyk(tmp_path):
    # Cyan ink alone swallows red; black ink swallows everything.
    inks = np.array([[[255, 0, 0, 0], [0, 0, 0, 255], [0, 0, 0, 0]]], np.uint8)
    image = Image.new("CMYK", (3, 1))
    image.putdata([tuple(map(int, ink)) for ink in inks[0]])
    path = saved(tmp_path, image, "photo.tiff")
    assert read_photo(path)[0].tolist() == [[0, 255, 255], [0, 0, 0], [255] * 3]
    wide = image.resize((48, 16), Image.Resampling.NEAREST)
    jpeg = read_photo(saved(tmp_path, wide, "photo.jpg", quality=95))
    colours = jpeg[8, [8, 24, 40]].astype(int)
    assert np.abs(colours - [[0, 255, 255], [0, 0, 0], [255] * 3]).max() < 20


def test_of_an_animation_the_first_picture(tmp_path):
    first, second = (Image.new("RGB", (4, 4), colour) for colour in ("red", "blue"))
    path = saved(tmp_path, first, "a.gif", save_all=True, append_images=[second])
    assert read_photo(path)[0, 0].tolist() == [255, 0, 0]


def test_arrays():
    np.testing.assert_array_equal(read_photo(PHOTO), PHOTO)
    grey = PHOTO[..., :1]
    expected = np.repeat(grey, 3, axis=2)
    np.testing.assert_array_equal(read_photo(grey), expected)
    np.testing.assert_array_equal(read_photo(grey[..., 0]), expected)
    for same in (PHOTO.astype(np.int64), PHOTO.astype(np.uint16), PHOTO.tolist()):
        found = read_photo(same)
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, PHOTO)
    tensor = torch.from_numpy(PHOTO).permute(2, 0, 1)
    np.testing.assert_array_equal(read_photo(tensor), PHOTO)
    for floats in (PHOTO / 255, (PHOTO / 255).astype(np.float16)):
        found = read_photo(floats)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, PHOTO / 255, atol=1e-3)


@pytest.mark.parametrize(
    ("photo", "words"),
    [
        (None, "the photo is missing"),
        (float("nan"), "the photo is missing"),
        ("nowhere.jpg", "'nowhere.jpg' does not exist"),
        ("", "has no name"),
        ("https://example.org/a.jpg", "address on the web. Nothing is downloaded"),
        (Path("/"), "'/' is a folder"),
        (b"\xff\xd8", "a bytes is no photo: pass the name of a file"),
        (3, "a int is no photo"),
        (PHOTO.astype(float), r"a pixel of 25\d.*divide by 255"),
        (PHOTO.astype(int) * 2, "a pixel of 5.*Integers go from 0 to 255"),
        (PHOTO.astype(int) - 300, "a pixel of -300"),
        (np.full((2, 2, 3), np.nan), "a pixel of nan"),
        (np.zeros((2, 2, 3), bool), "the photo has pixels of type bool"),
        (np.zeros((2, 2, 5)), r"its shape is \(2, 2, 5\)"),
        (np.zeros(7), r"its shape is \(7,\)"),
        (np.zeros((0, 4, 3)), r"its shape is \(0, 4, 3\)"),
    ],
)
def test_words(photo, words):
    with pytest.raises(ValueError, match=words):
        read_photo(photo)


def test_damaged_files(tmp_path):
    whole = saved(tmp_path, Image.fromarray(pixels(1, 64, 64)[0]), "a.jpg").read_bytes()
    for name, content in {
        "cut.jpg": whole[: len(whole) // 2],
        "text.jpg": b"this is no photo",
        "empty.jpg": b"",
        "head.png": b"\x89PNG\r\n\x1a\n" + bytes(40),
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=rf"{name}' cannot be read: \w"):
            read_photo(tmp_path / name)


def test_bombs_are_refused(tmp_path, monkeypatch):
    path = saved(tmp_path, Image.fromarray(PHOTO))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200)
    with pytest.raises(ValueError, match="cannot be read: Image size"):
        read_photo(path)


def test_without_pillow(tmp_path):
    code = (
        "import sys; sys.modules['PIL'] = None\n"
        "import numpy as np\n"
        "from sklearn_geo.vision import read_photo\n"
        "assert read_photo(np.zeros((2, 2), np.uint8)).shape == (2, 2, 3)\n"
        "try: read_photo(sys.argv[1])\n"
        "except ImportError as error: print(error)\n"
    )
    path = saved(tmp_path, Image.fromarray(PHOTO))
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "pip install 'sklearn-geo[vision]'" in done.stdout


EPS = b"""%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 10 10
%%EndComments
(/tmp/evil) (w) file closefile
showpage
%%EOF
"""


def test_programs_are_not_run(tmp_path, monkeypatch):
    # Pillow gives them to Ghostscript, whatever the name of the file.
    started = []
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **_: started.append(args))
    path = tmp_path / "photo.jpg"
    path.write_bytes(EPS)
    with pytest.raises(ValueError, match=r"photo\.jpg': it is a program in EPS, which"):
        read_photo(path)
    assert not started


def test_a_name_that_no_file_can_have():
    with pytest.raises(ValueError, match=r"'xxx\w+' is no name of a file: .* too long"):
        read_photo("x" * 5000)


def test_lengths_that_lie_take_no_memory(tmp_path):
    # The pixels of a PNG say that they are 2 GB long.
    path, expected = tmp_path / "photo.png", pixels()[0]
    Image.fromarray(expected).save(path)
    data = bytearray(path.read_bytes())
    assert data[37:41] == b"IDAT"
    data[33:37] = b"\x7f\xff\xff\xff"
    path.write_bytes(data)
    tracemalloc.start()
    try:
        found = read_photo(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(found, expected)
    assert peak < 10**7


def test_what_is_no_picture_is_told_by_its_name(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("no picture")
    with pytest.raises(ValueError, match=r"notes\.txt' cannot .*notes\.txt'") as caught:
        read_photo(path)
    assert "_io." not in str(caught.value)


def test_small_files_are_not_huge_pictures(tmp_path):
    # A TIFF that says that it is 13,000 pixels wide and high, and has hardly any.
    path = tmp_path / "photo.tiff"
    Image.new("L", (20, 20)).save(path)
    data = path.read_bytes()
    entry = int.from_bytes(data[4:8], "little") + 2  # of the directory
    for _ in range(int.from_bytes(data[entry - 2 : entry], "little")):
        if int.from_bytes(data[entry : entry + 2], "little") in (256, 257):
            large = (4).to_bytes(2, "little") + (1).to_bytes(4, "little")
            large += (13_000).to_bytes(4, "little")
            data = data[: entry + 2] + large + data[entry + 12 :]
        entry += 12
    path.write_bytes(data)
    words = r"photo\.tiff': it says that it has 13000 x 13000 pixels, but has only"
    with (
        pytest.warns(Image.DecompressionBombWarning),
        pytest.raises(ValueError, match=words),
    ):
        read_photo(path)


def test_pixels_that_are_masked_are_not_uncovered():
    pixels = np.ma.array(np.full((2, 3, 3), 7, dtype=np.uint8))
    assert (read_photo(pixels) == 7).all()  # nothing is
    pixels[1, 2] = np.ma.masked
    with pytest.raises(ValueError, match=r"masked\. Fill them first"):
        read_photo(pixels)
    assert read_photo(pixels.filled(255))[1, 2].tolist() == [255, 255, 255]


def _cut_off(path):
    image = Image.fromarray(
        np.random.default_rng(0).integers(0, 256, (90, 90, 3), "u1")
    )
    image.save(path)
    path.write_bytes(path.read_bytes()[:-500])
    return Image.open(path)


def _closed(path):
    Image.fromarray(PHOTO).save(path)
    image = Image.open(path)
    image.close()
    return image


@pytest.mark.parametrize(
    ("opened", "words"),
    [(_cut_off, "truncated"), (_closed, "losed")],
    ids=["cut off", "closed"],
)
def test_images_that_cannot_be_decoded_are_photos_that_cannot_be_read(
    tmp_path, opened, words
):
    image = opened(tmp_path / "photo.jpg")
    with pytest.raises(ValueError, match=f"the image cannot be read: .*{words}"):
        read_photo(image)
    teacher = PosteriorTransformer(Small(), image_size=8, device="cpu").fit([PHOTO])
    with pytest.raises(ValueError, match="X, row 1: the image cannot be read"):
        teacher.transform([PHOTO, image])
    with pytest.warns(UserWarning, match="1 of 2 photos cannot be read.*row 0: the im"):
        rows = teacher.set_params(errors="nan").transform([image, PHOTO])
    assert np.isnan(rows[0]).all()
    np.testing.assert_allclose(rows[1], teacher.transform([PHOTO])[0], rtol=1e-5)
    image.close()


def test_grey_that_was_multiplied_by_how_opaque_it_is():
    # 25 of 255 at an opacity of 100 of 255 is 10: on white it adds 155.
    image = Image.new("La", (3, 2), (10, 100))
    found = read_photo(image)
    assert found.shape == (2, 3, 3)
    assert np.abs(found.astype(int) - (10 + 155)).max() <= 1
