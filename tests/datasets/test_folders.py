# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import os
import zipfile

import pytest

from sklearn_geo.datasets import DataFileError
from sklearn_geo.datasets._folders import Folder


def folder_of(path, **kwargs):
    return Folder(path, "the data", "the page", **kwargs)


def test_files_are_found_anywhere(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "Tags.TXT.gz").write_bytes(b"")
    (tmp_path / "photo.jpg").write_bytes(b"")
    (tmp_path / ".tags2.txt").write_bytes(b"")
    with zipfile.ZipFile(tmp_path / "a" / "more.zip", "w") as archive:
        archive.writestr("in/labels.txt", "1\n")
        archive.writestr("__MACOSX/in/labels2.txt", "1\n")
        archive.writestr("in/tags.txt", "from the archive\n")
    folder = folder_of(tmp_path)
    assert folder.find("tags.txt").path.endswith("Tags.TXT.gz")
    assert folder.find("nothing.txt", "Labels.txt").member == "in/labels.txt"
    assert folder.find("*bel*").member == "in/labels.txt"
    for absent in ("photo.jpg", "labels2.txt", "tags2.txt", "more.zip"):
        assert folder.find(absent) is None
    assert folder_of(tmp_path, deep=False).find("*") is None
    assert folder_of(tmp_path / "a" / "more.zip").find("tags.txt") is not None


def test_what_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has no a\.txt or b\.txt for tea"):
        folder_of(tmp_path).get("a.txt", "b.txt", purpose="tea")
    for number in range(7):
        (tmp_path / f"{number}.txt").write_text("")
    with pytest.raises(FileNotFoundError, match=r"only 0\.txt, .*4\.txt and 2 more\."):
        folder_of(tmp_path).get("a.txt")
    with pytest.raises(FileNotFoundError, match=r"There is no folder .*Expected is"):
        folder_of(tmp_path / "x")
    with pytest.raises(NotADirectoryError, match="Pass the folder that holds the data"):
        folder_of(tmp_path / "1.txt")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_pipes_are_no_files(tmp_path, no_hanging):
    (tmp_path / "in").mkdir()
    for name in ("tags.txt", "more.zip"):
        os.mkfifo(tmp_path / name)
    with pytest.raises(FileNotFoundError, match=r"has no tags\.txt .* no file of data"):
        folder_of(tmp_path).get("tags.txt")
    (tmp_path / "in" / "tags.txt").write_text("sea")
    assert folder_of(tmp_path).get("tags.txt").path.endswith("in/tags.txt")


def test_an_archive_without_its_end_is_told(tmp_path):
    (tmp_path / "more.zip").write_bytes(b"PK\x03\x04 and then it broke off")
    (tmp_path / "a.txt").write_text("")
    assert folder_of(tmp_path).get("a.txt").name == "a.txt"
    for where in (tmp_path, tmp_path / "more.zip"):
        with pytest.raises(DataFileError, match=r"more\.zip: .* that is cut off"):
            folder_of(where).get("b.txt")


def test_two_files_of_one_name_are_told_unless_they_are_as_long(tmp_path):
    for place in ("one", "two", "zipped"):
        (tmp_path / place).mkdir()
    one, two = (tmp_path / place / "tags.txt" for place in ("one", "two"))
    one.write_text("sea sun")
    two.write_text("sea sun")
    (tmp_path / "two" / "tags.txt.gz").write_bytes(b"short")
    for name, text in (("a.zip", "red"), ("b.zip", "green")):
        with zipfile.ZipFile(tmp_path / "zipped" / name, "w") as archive:
            archive.writestr("in/tags.txt", text)
            archive.writestr("in/names.txt", text)
    assert folder_of(tmp_path).find("tags.txt").path == str(one)
    two.write_text("sea")
    with pytest.raises(
        DataFileError, match=r"one.tags.*two.tags\.txt has the same nam"
    ):
        folder_of(tmp_path).find("x", "Tags.txt")
    with pytest.raises(DataFileError, match=r"two.tags\.txt has the same name and ano"):
        folder_of(tmp_path).get("*ags*")
    two.unlink()
    assert folder_of(tmp_path).find("tags.txt").path == str(one)
    match = r"a\.zip:in/names\.txt: .*b\.zip:in/names\.txt has the same name"
    with pytest.raises(DataFileError, match=match):
        folder_of(tmp_path).find("names.txt")


def test_letters_tell_files_of_two_collections_apart(tmp_path):
    for folder, name, text in (
        ("a", "concepts81.txt", "sky\n"),
        ("b", "Concepts81.txt", "sky\nsea\n"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
    folder = folder_of(tmp_path)
    for name in ("Concepts81.txt", "concepts81.txt"):
        assert folder.find(name).name == name
    with pytest.raises(DataFileError, match=r"has the same name and another size"):
        folder.find("CONCEPTS81.txt")
