# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The cache: found again, kept apart, resumed after a kill, damaged."""

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.base import clone

from sklearn_geo.vision import EvenCrops, PosteriorTransformer
from sklearn_geo.vision import _row_cache as row_cache
from sklearn_geo.vision._network import fingerprint
from sklearn_geo.vision._row_cache import RowCache, key_of
from tests.vision.dying_posteriors import Slow
from tests.vision.photo_files import OtherForward, Small, pixels

PHOTOS = pixels(9)


class Counting(Small):
    """Counts the images that it is shown."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.shown = []

    def forward(self, images):
        self.shown.append(len(images))
        return super().forward(images)


def teacher(cache, module=None, **params):
    settings = {"image_size": 12, "device": "cpu", "batch_size": 4, "crops": 1}
    settings |= {"cache": cache, **params}
    return PosteriorTransformer(Small() if module is None else module, **settings)


def shown(model, X):
    """Return rows, and how many photos the network was shown for them."""
    counts = model.module_.shown
    # What it says of the picture of the cache does not count.
    model.transform(pixels(1, seed=99))
    before = sum(counts)
    rows = model.transform(X)
    return rows, sum(counts) - before


@pytest.fixture(name="files")
def _files(tmp_path):
    names = []
    for i, photo in enumerate(PHOTOS):
        names.append(str(tmp_path / f"{i}.png"))
        Image.fromarray(photo).save(names[-1])
    return names


@pytest.mark.parametrize("cache_key", ["stat", "content"])
def test_rows_are_found_again(tmp_path, files, cache_key):
    cache, expected = tmp_path / "cache", teacher(None).fit_transform(PHOTOS)
    model = teacher(cache, Counting(), cache_key=cache_key).fit(files)
    rows, n = shown(model, files[:6])
    np.testing.assert_allclose(rows, expected[:6], atol=1e-6)
    assert n == 6
    # Nothing is there that has code in it.
    kinds = {path.suffix for path in cache.rglob("*") if path.is_file()}
    assert kinds == {".json", ".safetensors"}
    # In another process, say: another object, another order, some photos new.
    again = teacher(str(cache), Counting(), cache_key=cache_key).fit(files)
    order = [8, 3, 0, 7, 5, 0]
    rows, n = shown(again, [files[i] for i in order])
    np.testing.assert_allclose(rows, expected[order], atol=1e-6)
    assert n == 2
    np.testing.assert_array_equal(shown(again, files)[0], shown(model, files)[0])
    assert shown(again, files)[1] == 0


def test_arrays_and_images_go_by_their_pixels(tmp_path, files):
    model = teacher(tmp_path / "cache", Counting()).fit(PHOTOS)
    rows, n = shown(model, PHOTOS)
    assert n == 9
    for same in (list(PHOTOS), [Image.fromarray(photo) for photo in PHOTOS]):
        found, n = shown(model, same)
        assert n == 0
        np.testing.assert_array_equal(found, rows)
    assert shown(model, PHOTOS / 255)[1] == 9  # floats may differ by a hair
    turned = [photo.reshape(30, 20, 3) for photo in PHOTOS]
    assert shown(model, turned)[1] == 9  # the same bytes are another photo


def test_a_photo_that_is_there_twice_is_shown_twice_at_most(tmp_path):
    model = teacher(tmp_path / "cache", Counting()).fit(PHOTOS)
    rows, n = shown(model, [PHOTOS[0]] * 20)
    assert n <= 4 + 4  # those that are in a batch before the first is done
    assert (rows == rows[0]).all()


def test_files_that_change_are_shown_again(tmp_path, files):
    moved = tmp_path / "elsewhere.png"
    for cache_key, n_moved in (("stat", 1), ("content", 0)):
        model = teacher(tmp_path / cache_key, Counting(), cache_key=cache_key)
        model.fit(files).transform(files)
        shutil.copy(files[0], moved)
        assert shown(model, [str(moved)])[1] == n_moved
        Image.fromarray(255 - PHOTOS[1]).save(files[1])
        rows, n = shown(model, files)
        assert n == 1
        expected = teacher(None).fit_transform(255 - PHOTOS[1:2])
        np.testing.assert_allclose(rows[1], expected[0], atol=1e-6)
        Image.fromarray(PHOTOS[1]).save(files[1])
        os.utime(files[1], ns=(1, 1))


def test_other_networks_and_settings_are_kept_apart(tmp_path):
    cache = tmp_path / "cache"
    other = Small()
    with torch.no_grad():
        other.head.bias[0] += 1e-3
    buffers = Small()
    buffers.body[1].running_mean[0] += 1e-3
    settings = [
        {},
        {"module": other},
        {"module": buffers},
        {"output": "logits"},
        {"output": "features", "layer": "pool"},
        {"crops": 2},
        {"image_size": 13},
        {"crops": EvenCrops(1, size=12, scale=0.5)},
        {"mean": None},
        {"std": 0.5},
        {"crops": lambda photo: photo[:12, :12]},
        {"crops": lambda photo: photo[8:, :12]},
    ]
    for _ in range(2):
        for params in settings:
            found = teacher(cache, **params).fit_transform(PHOTOS)
            expected = teacher(None, **params).fit_transform(PHOTOS)
            np.testing.assert_allclose(found, expected, atol=1e-6)
    folders = list(cache.iterdir())
    assert len(folders) == len(settings)
    manifest = json.loads((folders[0] / "manifest.json").read_text())
    assert {"network", "output", "layer", "mean", "crops"} <= set(manifest["content"])


def test_what_makes_no_difference_shares_a_folder(tmp_path):
    cache = tmp_path / "cache"
    for params in (
        {"crops": EvenCrops(1, size=12, dtype="uint8")},
        {"batch_size": 2},
        {"n_jobs": 2},
        {"class_names": list("abcd")},
        {"module": Small().eval()},
        {"module": Small},
    ):
        teacher(cache, **params).fit_transform(PHOTOS)
    assert len(list(cache.iterdir())) == 1


def test_networks_that_show_where_they_lie_are_found_again():
    class Shows(Small):
        def extra_repr(self):
            return f"act={object()!r}"

    one, two = Shows(), Shows()
    assert " at 0x" in repr(one)
    assert fingerprint(one) == fingerprint(two)
    assert fingerprint(one) != fingerprint(Small())


def test_a_network_that_is_trained_on_is_another(tmp_path):
    network = Small()
    model = teacher(tmp_path / "cache", network).fit(PHOTOS)
    before = model.transform(PHOTOS)
    with torch.no_grad():
        network.head.weight *= -1
    expected = teacher(None, network).fit_transform(PHOTOS)
    np.testing.assert_allclose(model.transform(PHOTOS), expected, atol=1e-6)
    assert np.abs(expected - before).max() > 0.01


def test_another_forward_is_refused(tmp_path):
    teacher(tmp_path / "cache").fit_transform(PHOTOS)
    # As if the code of the class had been edited since.
    edited = OtherForward()
    edited.__class__ = type("Small", (OtherForward,), {"__module__": Small.__module__})
    with pytest.raises(ValueError, match="the code of its forward was changed"):
        teacher(tmp_path / "cache", edited).fit_transform(PHOTOS)


def test_a_folder_that_is_deleted_is_made_again(tmp_path):
    model = teacher(tmp_path / "cache", Counting()).fit(PHOTOS)
    rows = model.transform(PHOTOS)
    shutil.rmtree(tmp_path / "cache")
    again, n = shown(model, PHOTOS)
    assert n == 9
    np.testing.assert_allclose(again, rows, atol=1e-6)
    assert list((tmp_path / "cache").rglob("rows-*"))


def test_a_folder_that_was_renamed_is_refused(tmp_path):
    cache = tmp_path / "cache"
    teacher(cache).fit_transform(PHOTOS)
    (one,) = cache.iterdir()
    teacher(cache, output="logits").fit_transform(PHOTOS)
    (other,) = set(cache.iterdir()) - {one}
    shutil.rmtree(one)
    other.rename(one)
    with pytest.raises(ValueError, match="answers of another network, or to other set"):
        teacher(cache).fit_transform(PHOTOS)


def test_random_crops_are_refused(tmp_path):
    rng = np.random.default_rng(0)

    def anywhere(photo):
        left = rng.integers(len(photo[0]) - 12)
        return photo[:12, left : left + 12]

    assert teacher(None, crops=anywhere).fit_transform(PHOTOS).shape == (9, 4)
    with pytest.raises(ValueError, match="crops gives something else each time"):
        teacher(tmp_path / "cache", crops=anywhere).fit_transform(PHOTOS)


def test_what_cannot_be_read_is_not_kept(tmp_path, files):
    model = teacher(tmp_path / "cache", Counting(), errors="nan").fit(files)
    missing = str(tmp_path / "later.png")
    with pytest.warns(UserWarning, match="1 of 2 photos cannot be read"):
        assert np.isnan(model.transform([files[0], missing])[1]).all()
    shutil.copy(files[1], missing)
    rows, n = shown(model, [files[0], missing])
    assert n == 1
    assert np.isfinite(rows).all()


def test_a_failed_run_keeps_what_it_did(tmp_path, files):
    model = teacher(tmp_path / "cache", Counting(), batch_size=2).fit(files)
    Path(files[6]).write_bytes(b"no photo")
    with pytest.raises(ValueError, match="row 6"):
        model.transform(files)
    Image.fromarray(PHOTOS[6]).save(files[6])
    again = teacher(tmp_path / "cache", Counting()).fit(files)
    assert shown(again, files)[1] == 3


def test_a_killed_run_goes_on(tmp_path):
    cache, root = tmp_path / "cache", Path(__file__).parents[2]
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.vision.dying_posteriors", str(cache)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=root,
        text=True,
    )
    for line in child.stdout:
        if int(line) > 40:
            child.kill()
            break
    child.wait()
    child.stdin.close()
    child.stdout.close()
    # A file that was being written when it died is no part of the cache.
    (folder,) = cache.iterdir()
    (folder / ".store-0123.part").write_bytes(b"half a fi")
    photos = pixels(60)
    model = PosteriorTransformer(Slow(), image_size=12, device="cpu", cache=cache)
    model.fit(photos)
    Slow.n_shown = -1  # the picture of the cache does not count
    rows = model.transform(photos)
    # It had been shown two pictures and nine batches of four, and died in the tenth:
    # four files of eight were written.
    assert Slow.n_shown == 60 - 32
    assert len(list(cache.iterdir())) == 1
    expected = PosteriorTransformer(Small(), image_size=12, device="cpu")
    np.testing.assert_allclose(rows, expected.fit_transform(photos), atol=1e-6)


def damage(path, how):
    data = bytearray(path.read_bytes())
    if how == "flipped":
        data[-5] ^= 64
    elif how == "cut":
        data = data[:-7]
    elif how == "empty":
        data = b""
    elif how == "header":
        data[20] ^= 255
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("how", ["flipped", "cut", "empty", "header"])
def test_damaged_files_are_told_of_and_made_again(tmp_path, how):
    cache = tmp_path / "cache"
    teacher(cache).fit(PHOTOS).transform(PHOTOS[:5])
    (first,) = cache.rglob("rows-*.safetensors")
    teacher(cache).fit(PHOTOS).transform(PHOTOS)
    damage(first, how)
    model = teacher(cache, batch_size=2).fit(PHOTOS)
    with pytest.warns(
        UserWarning, match=f"{first.name} is damaged and deleted"
    ) as told:
        rows = model.transform(PHOTOS)
    assert len(told) == 1
    np.testing.assert_allclose(rows, teacher(None).fit_transform(PHOTOS), atol=1e-6)
    # The same rows have the same name, and this file is whole.
    again = teacher(cache).fit(PHOTOS)
    np.testing.assert_array_equal(again.transform(PHOTOS), rows)


def test_files_of_something_else(tmp_path):
    cache = tmp_path / "cache"
    model = teacher(cache).fit(PHOTOS)
    rows = model.transform(PHOTOS)
    (folder,) = cache.iterdir()
    (folder / "notes.txt").write_text("mine")
    row_cache.write_block(folder, "rows", {"other": np.ones(3)})
    with pytest.warns(UserWarning, match="does not hold rows of this network"):
        np.testing.assert_array_equal(teacher(cache).fit_transform(PHOTOS), rows)
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_rows_that_no_network_says_are_not_taken(tmp_path, wrong):
    rows, keys = RowCache(tmp_path, {}, np.zeros(2)), [key_of(0), key_of(1)]
    values = np.array([[0.5, 0.5], [wrong, 0.5]], dtype=np.float32)
    # As a stranger can write it: its name says its checksum.
    arrays = {"keys": np.frombuffer(b"".join(keys), np.uint8).reshape(2, 16)}
    row_cache.write_block(rows.folder, "rows", arrays | {"rows": values})
    rows.refresh()
    with pytest.warns(UserWarning, match="deleted.*: it holds numbers that are not fi"):
        assert rows.get(keys[0]) is None
    assert rows.get(keys[1]) is None
    assert not list(rows.folder.glob("rows-*"))


def test_links_that_lead_out_are_not_followed(tmp_path):
    rows = RowCache(tmp_path / "cache", {}, np.zeros(2))
    secret = tmp_path / "secret"
    secret.write_text("mine")
    link = rows.folder / f"rows-{'0' * 16}.safetensors"
    link.symlink_to(secret)
    with pytest.warns(UserWarning, match="is damaged and deleted.* leads out of its f"):
        rows.refresh()
    assert not link.is_symlink()
    assert secret.read_text() == "mine"


@pytest.mark.parametrize("to", ["away", "cache/beside", "nowhere"])
def test_folders_that_are_links_are_refused(tmp_path, to):
    for name in ("away", "cache/beside"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "rows-0123456789abcdef.safetensors").write_text("mine")
    folder = RowCache(tmp_path / "cache", {}, np.zeros(2)).folder
    shutil.rmtree(folder)
    folder.symlink_to(tmp_path / to)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match=rf"cache: .*{folder.name} is a link, and"):
        RowCache(tmp_path / "cache", {}, np.zeros(2))
    assert sorted(tmp_path.rglob("*")) == before


def test_the_cache_itself_may_be_a_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "cache").symlink_to(tmp_path / "disk")
    rows = RowCache(tmp_path / "cache", {}, np.zeros(2))
    assert (tmp_path / "disk" / rows.folder.name / "manifest.json").is_file()


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_what_no_network_says_of_the_picture_is_refused(tmp_path, wrong):
    probe = np.array([wrong, 0.5], dtype=np.float32)
    RowCache(tmp_path, {}, probe)
    with pytest.raises(ValueError, match="the answers of a network with the same lay"):
        RowCache(tmp_path, {}, probe)


@pytest.mark.parametrize("text", ["", "{}", '{"format": "other"}'])
def test_a_damaged_manifest_is_written_again(tmp_path, text):
    cache = tmp_path / "cache"
    model = teacher(cache, Counting()).fit(PHOTOS)
    model.transform(PHOTOS)
    (manifest,) = cache.rglob("manifest.json")
    before = manifest.read_text()
    manifest.write_text(text)
    again = teacher(cache, Counting()).fit(PHOTOS)
    with pytest.warns(UserWarning, match=r"The manifest of .* is damaged"):
        again.transform(PHOTOS)
    assert manifest.read_text() == before
    assert shown(again, PHOTOS)[1] == 0


def test_folders_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"cache: .*file.* cannot be written to"):
        teacher(tmp_path / "file").fit_transform(PHOTOS)


def test_copies_do_not_carry_the_cache(tmp_path):
    model = teacher(tmp_path / "cache").fit(PHOTOS)
    rows = model.transform(PHOTOS)
    assert model.__getstate__()["_cache"] is None
    np.testing.assert_array_equal(clone(model).fit_transform(PHOTOS), rows)


def test_many_threads_share_one(tmp_path):
    model = teacher(tmp_path / "cache", n_jobs=2, batch_size=1).fit(PHOTOS)
    expected = teacher(None).fit_transform(PHOTOS)
    found = {}

    def work(i):
        found[i] = model.transform(np.roll(PHOTOS, i, axis=0))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for i, rows in found.items():
        np.testing.assert_allclose(rows, np.roll(expected, i, axis=0), atol=1e-6)


def test_processes_see_what_others_wrote(tmp_path):
    # Two caches of one folder are as good as two processes.
    settings, probe = {"network": "x"}, np.zeros(2)
    one, two = (RowCache(tmp_path, settings, probe) for _ in range(2))
    key = key_of("pixels", b"abc")
    one.add([key], [np.array([1.0, 2.0], dtype=np.float32)])
    assert key in one
    assert one.get(key).tolist() == [1.0, 2.0]  # not written yet
    two.refresh()
    assert key not in two
    one.flush()
    two.refresh()
    assert two.get(key).tolist() == [1.0, 2.0]
    assert two.get(key_of("pixels", b"abd")) is None


def test_keys():
    assert len(key_of("a")) == 16
    different = [("ab",), ("a", "b"), ("b", "a"), (b"ab", b""), ("a", 1), ("a", 12)]
    assert len({key_of(*parts) for parts in different}) == len(different)


def test_rows_are_written_now_and_then(tmp_path, monkeypatch):
    cache = RowCache(tmp_path, {}, np.zeros(1))
    row = np.zeros(1, dtype=np.float32)

    def n_files():
        return len(list(cache.folder.glob("rows-*")))

    monkeypatch.setattr(row_cache, "_ROWS_A_FILE", 3)
    for i in range(5):
        cache.add([key_of(i)], [row])
    assert n_files() == 1
    monkeypatch.setattr(row_cache, "_SECONDS_BETWEEN_FILES", 0.0)
    cache.add([key_of(5)], [row])
    assert n_files() == 2
    cache.flush()
    assert n_files() == 2
