# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Lazy front doors, on packages that are written for it."""

import importlib
import pickle
import sys

import pytest


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """Write a package of two modules, one of which cannot be imported."""
    folder = tmp_path / "lazyshop"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from sklearn_geo._lazy import offer\n"
        "VERSION = '1'\n"
        "__getattr__, __dir__, __all__ = offer(__name__, {\n"
        "    '_good': ('Bread', 'Milk'), '_bad': ('Poison',), 'cellar': ('Wine',)\n"
        "}, others=['VERSION'])\n"
    )
    (folder / "_good.py").write_text("class Bread: pass\nclass Cheese: pass\n")
    (folder / "_bad.py").write_text("raise ImportError('no torch here')\n")
    (folder / "cellar.py").write_text("class Wine: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("lazyshop")
    for name in [name for name in sys.modules if name.startswith("lazyshop")]:
        del sys.modules[name]


def test_names_load_their_module_and_no_other(shop):
    assert shop.__all__ == dir(shop)
    assert shop.__all__ == ["Bread", "Milk", "Poison", "VERSION", "Wine", "cellar"]
    assert "lazyshop._good" not in sys.modules
    bread = shop.Bread
    assert bread is sys.modules["lazyshop._good"].Bread
    assert vars(shop)["Bread"] is bread
    assert "lazyshop.cellar" not in sys.modules
    assert shop.Wine is shop.cellar.Wine
    assert "lazyshop._bad" not in sys.modules


def test_names_that_are_not_offered(shop):
    with pytest.raises(AttributeError, match="'lazyshop' has no attribute 'Cheese'"):
        shop.Cheese  # noqa: B018
    with pytest.raises(AttributeError, match=r"'lazyshop\._good' has no attribute"):
        shop.Milk  # noqa: B018


def test_a_name_that_is_nearly_one_is_proposed(shop):
    with pytest.raises(AttributeError, match=r"'Bred'\. Did you mean 'Bread'\?"):
        shop.Bred  # noqa: B018


def test_an_import_that_fails_says_why_each_time(shop):
    for _ in range(2):
        with pytest.raises(ImportError, match="no torch here"):
            shop.Poison  # noqa: B018


def test_from_import_and_pickle(shop):
    from lazyshop import Bread

    assert type(pickle.loads(pickle.dumps(Bread()))) is Bread
