# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Stores within stores: which of two folders is free, and what links lead to."""

import pytest

from sklearn_geo.nets import write_store
from sklearn_geo.nets._store_within import check_inner, free_folder, named_folder


def outer(folder, **content):
    """Write an outer store."""
    write_store(folder, "outer", content, {})
    return folder


def test_two_folders_by_turns(tmp_path):
    assert free_folder(tmp_path, "inner", "used") == "inner"
    outer(tmp_path, used="inner")
    assert free_folder(tmp_path, "inner", "used") == "inner"  # it is not there
    (tmp_path / "inner").mkdir()
    assert free_folder(tmp_path, "inner", "used") == "inner-2"
    assert free_folder(outer(tmp_path), "inner", "used") == "inner-2"  # an older one
    outer(tmp_path, used="inner-2")
    assert free_folder(tmp_path, "inner", "used") == "inner"


def test_names_of_strangers():
    assert named_folder({}, "inner", "used") == "inner"
    assert named_folder({"used": "inner-2"}, "inner", "used") == "inner-2"
    for name in ("inner-3", "../inner", "/inner", "", None, ["inner"]):
        with pytest.raises(ValueError, match=r"its used .* is none"):
            named_folder({"used": name}, "inner", "used")


@pytest.mark.parametrize("used", ["inner", "inner-2", None])
@pytest.mark.parametrize("to", ["away", "store/inside", "nowhere"])
def test_links_are_not_free(tmp_path, used, to):
    folder, free = tmp_path / "store", "inner-2" if used == "inner" else "inner"
    (tmp_path / "away").mkdir()
    (folder / "inside").mkdir(parents=True)
    if used is not None:
        outer(folder, used=used)
        (folder / used).mkdir()
    (folder / free).symlink_to(tmp_path / to)
    assert free_folder(folder, "inner", "used") == free
    assert not (folder / free).is_symlink()  # the link went, not what it leads to
    assert (tmp_path / "away").is_dir()
    assert (folder / "inside").is_dir()
    (folder / free).mkdir()


def test_a_link_that_is_in_use_stays(tmp_path):
    (tmp_path / "away").mkdir()
    folder = outer(tmp_path / "store", used="inner")
    (folder / "inner").symlink_to(tmp_path / "away")
    assert free_folder(folder, "inner", "used") == "inner-2"
    assert (folder / "inner").is_symlink()


def test_links_that_lead_out(tmp_path, monkeypatch):
    (tmp_path / "store" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to("store")  # what its owner calls the store is free
    monkeypatch.chdir(tmp_path / "store")
    inner = tmp_path / "store" / "inner-2"
    inner.symlink_to("inner")
    for path in (inner, tmp_path / "link" / "inner-2", "inner-2", "inner", "none"):
        check_inner(path)
    for to in (tmp_path, "..", ".", "nowhere/inner"):
        inner.unlink()
        inner.symlink_to(to)
        with pytest.raises(ValueError, match="inner-2 is a link that leads out"):
            check_inner("inner-2")
