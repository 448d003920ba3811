# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import pytest

from sklearn_geo.datasets import clear_data_home, get_data_home
from sklearn_geo.datasets._addresses import DATA_SETS


@pytest.fixture(autouse=True)
def nowhere(monkeypatch, tmp_path):
    monkeypatch.delenv("SKLEARN_GEO_DATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "user"))


def test_the_folder_of_the_user(tmp_path):
    folder = get_data_home()
    assert isinstance(folder, str)
    assert Path(folder) == tmp_path / "user" / "sklearn_geo_data"
    assert Path(folder).is_dir()
    assert get_data_home() == folder


@pytest.mark.parametrize("name", ["a folder", "~/elsewhere"])
def test_the_variable_and_then_the_parameter(monkeypatch, tmp_path, name):
    where = name if name[0] == "~" else str(tmp_path / name)
    there = str(tmp_path / "user" / "elsewhere") if name[0] == "~" else where
    monkeypatch.setenv("SKLEARN_GEO_DATA", where)
    assert get_data_home() == there
    monkeypatch.setenv("SKLEARN_GEO_DATA", str(tmp_path / "another"))
    assert get_data_home(where) == there
    assert get_data_home(Path(where)) == there
    assert not (tmp_path / "another").exists()


def test_an_empty_variable_is_none(monkeypatch, tmp_path):
    monkeypatch.setenv("SKLEARN_GEO_DATA", "")
    assert get_data_home() == str(tmp_path / "user" / "sklearn_geo_data")


def test_what_is_no_folder(tmp_path):
    with pytest.raises(ValueError, match="'data_home' parameter of get_data_home"):
        get_data_home(5)
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError, match="file"):
        get_data_home(tmp_path / "file")


def test_only_downloads_are_deleted(tmp_path):
    home = Path(get_data_home())
    for data_set in DATA_SETS:
        (home / data_set.folder).mkdir()
        (home / data_set.folder / "a.zip").write_text("")
    (home / "mine").mkdir()
    (home / "mine" / "work.txt").write_text("")
    clear_data_home()
    assert [path.name for path in home.iterdir()] == ["mine"]
    assert (home / "mine" / "work.txt").exists()
    (home / "mine" / "work.txt").unlink()
    (home / "mine").rmdir()
    clear_data_home()
    assert not home.exists()
    clear_data_home()  # nothing is there, which is fine
    assert not home.exists()


def test_links_are_deleted_and_not_followed(tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "cities1000.zip").write_text("")
    home = Path(get_data_home(tmp_path / "home"))
    try:
        (home / "geonames").symlink_to(tmp_path / "shared", target_is_directory=True)
    except OSError:
        pytest.skip("this user may make no links")
    clear_data_home(home)
    assert not home.exists()
    assert (tmp_path / "shared" / "cities1000.zip").exists()
    # A data home that is a link stays, for the next download.
    (tmp_path / "disk").mkdir()
    home.symlink_to(tmp_path / "disk", target_is_directory=True)
    clear_data_home(home)
    assert home.is_dir()


def test_data_sets_have_folders_of_their_own():
    folders = [data_set.folder for data_set in DATA_SETS]
    assert len(set(folders)) == len(folders)
    assert all(folder.isidentifier() for folder in folders)
