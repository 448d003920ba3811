# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The package's front door: lazy, complete and light."""

import configparser
import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import sklearn_geo

# Rooms some of whose modules import torch and skorch; every other room does without.
NETWORK_ROOMS = (
    "nets",
    "context",
    "vision",
    "distributed",
    "fusion",
    "geolocation",
    "ranking",
    "reproduce",
)
# Of these, rooms that load what is behind a name when it is first used.
LAZY_ROOMS = (
    "context",
    "distributed",
    "fusion",
    "nets",
    "ranking",
    "reproduce",
    "vision",
)
HEAVY = ("torch", "skorch", "pandas", "polars", "matplotlib", "geopandas")
ROOMS = sorted(
    module.name
    for module in pkgutil.iter_modules(sklearn_geo.__path__)
    if not module.name.startswith("_")
)

# Which rooms a room may import (DESIGN: arrows only run down), lowest first.
FLOORS = [
    ["base"],
    ["geometry"],
    ["nets"],
    ["metrics", "model_selection"],
    ["partition"],
    ["encoding"],
    ["neighbors"],
    ["context"],
    ["vision"],
    ["distributed"],
    ["fusion"],
    ["geolocation"],
    ["ranking"],
    ["datasets"],
    ["inspection"],
    ["reproduce"],
]


def run_in_fresh_interpreter(code):
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return json.loads(out.stdout)


def test_import_is_light():
    modules = run_in_fresh_interpreter(
        "import sklearn_geo, sys, json; print(json.dumps(sorted(sys.modules)))"
    )
    assert "sklearn_geo" in modules
    assert not set(HEAVY) & set(modules)
    assert "sklearn" not in modules


def test_using_every_public_name_stays_light():
    # The rooms of the ground floor need none of the heavy packages at all.
    networks = {*NETWORK_ROOMS}.union(*map(sklearn_geo._ROOMS.get, NETWORK_ROOMS))
    names = sorted(set(sklearn_geo.__all__) - networks)
    modules = run_in_fresh_interpreter(
        "import sklearn_geo, sys, json\n"
        f"for name in {names}: getattr(sklearn_geo, name)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    assert "sklearn_geo.encoding" in modules
    # scikit-learn imports pandas by itself where it is installed.
    assert not (set(HEAVY) - {"pandas"}) & set(modules)


def test_reading_a_zone_store_stays_light():
    modules = run_in_fresh_interpreter(
        "import sys, json\n"
        "from sklearn_geo.context import NumpyContextEncoder\n"
        "from sklearn_geo.nets import Store, rows_in_memory, write_store\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    assert "sklearn_geo.context._inference" in modules
    assert not (set(HEAVY) - {"pandas"}) & set(modules)


def test_every_room_is_offered():
    assert sorted(sklearn_geo._ROOMS) == ROOMS


@pytest.mark.parametrize("room", ROOMS)
def test_top_level_names_are_the_rooms_own(room):
    module = importlib.import_module(f"sklearn_geo.{room}")
    assert getattr(sklearn_geo, room) is module
    for name in sklearn_geo._ROOMS[room]:
        assert name in module.__all__
        assert getattr(sklearn_geo, name) is getattr(module, name)


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "base"])
def test_all_is_real_and_complete(room):
    module = importlib.import_module(f"sklearn_geo.{room}")
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:  # a lazy room has a name only once it is asked for
        assert hasattr(module, name)
    offered = {name for name in vars(module) if not name.startswith("_")}
    modules = {name for name in offered if inspect.ismodule(getattr(module, name))}
    # What a lazy room is made with is its only other name.
    tools = {"offer"} if room in LAZY_ROOMS else set()
    assert offered - modules - tools == set(module.__all__)


@pytest.mark.parametrize("room", LAZY_ROOMS)
def test_lazy_rooms_offer_what_their_modules_offer(room):
    module = importlib.import_module(f"sklearn_geo.{room}")
    for private, names in module._MODULES.items():
        there = importlib.import_module(f"sklearn_geo.{room}.{private}")
        assert set(names) <= set(there.__all__)
        for name in names:
            assert getattr(module, name) is getattr(there, name)
    assert dir(module) == module.__all__
    with pytest.raises(AttributeError, match=f"{room}' has no attribute 'Nothing'"):
        module.Nothing  # noqa: B018


def test_dir_and_unknown_names():
    assert set(dir(sklearn_geo)) == set(sklearn_geo.__all__)
    with pytest.raises(AttributeError, match="no attribute 'UTMOneHotEncodr'"):
        sklearn_geo.UTMOneHotEncodr  # noqa: B018


def test_extras_can_be_read_and_all_has_every_optional_one():
    config = configparser.ConfigParser()
    config.read(Path(__file__).parent.parent / "setup.cfg")
    extras = {
        name: set(config.get("options.extras_require", name).split())
        for name in config.options("options.extras_require")
    }
    optional = set().union(
        *(needs for name, needs in extras.items() if name not in ("test", "docs"))
    )
    assert extras["all"] == optional


def test_version_is_the_installed_one():
    assert metadata.version("sklearn-geo") == sklearn_geo.__version__


@pytest.mark.parametrize("room", ROOMS)
def test_arrows_only_run_down(room):
    package = Path(sklearn_geo.__file__).parent
    floor = next(i for i, rooms in enumerate(FLOORS) if room in rooms)
    above = {other for rooms in FLOORS[floor:] for other in rooms} - {room}
    files = (
        [package / f"{room}.py"]
        if room == "base"
        else sorted((package / room).rglob("*.py"))
    )
    for file in files:
        for other in above:
            assert f"sklearn_geo.{other}" not in "\n".join(
                line
                for line in file.read_text().splitlines()
                if line.lstrip().startswith(("from ", "import "))
            ), f"{file.name} imports upwards: {other}"
