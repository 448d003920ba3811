# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Dependencies: bounds, the oldest versions that are tested, and the page on them."""

import configparser
import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent


def requirements():
    """Return all requirements of setup.cfg: extra ("" for none) -> requirements."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    texts = {"": config.get("options", "install_requires")}
    for name in config.options("options.extras_require"):
        texts[name] = config.get("options.extras_require", name)
    return {
        name: [Requirement(line) for line in text.splitlines() if line]
        for name, text in texts.items()
    }


def bounds():
    """Return the lower bound of every package: name -> version."""
    found = {}
    for needs in requirements().values():
        for need in needs:
            (bound,) = need.specifier  # one bound each, and it is a lower one
            assert bound.operator == ">="
            assert found.setdefault(need.name, bound.version) == bound.version
    return found


def oldest():
    lines = (ROOT / "oldest.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    return dict(pin.split("==") for pin in pins)


def test_the_oldest_versions_are_those_that_are_promised():
    # Pages are made with the newest.
    made_by = {need.name for need in requirements()["docs"]}
    tested = {
        need.name
        for name, needs in requirements().items()
        for need in needs
        if name != "docs"
    }
    promised = {name: bounds()[name] for name in tested}
    assert made_by - tested  # or the line above leaves nothing out
    promised["distributed"] = promised["dask"]  # a part of it, of the same version
    # What matplotlib brings, and warns of with newer ones.
    promised["pyparsing"] = oldest()["pyparsing"]
    assert oldest().keys() == promised.keys()
    for name, version in oldest().items():
        bound = Version(promised[name]).release
        # 0.2 stands for its first release that is installable: 0.2.0, or 0.2.1.
        assert Version(version).release[: len(bound)] == bound, name
        assert Version(version) >= Version(promised[name])


def test_the_page_on_dependencies_has_each_with_its_bound_and_extras():
    page = (ROOT / "docs" / "dependencies.rst").read_text()
    named = {}
    for name, bound, extras in re.findall(
        r"^   \* - ``([\w.-]+)>=([\d.]+)``(?: \((.*)\))?$", page, re.MULTILINE
    ):
        named[name] = (bound, set(re.findall(r"``(\w+)``", extras)))
    assert {name: bound for name, (bound, _) in named.items()} == bounds()
    for name, (_, extras) in named.items():
        if not extras:
            assert name in {need.name for need in requirements()[""]}
        for extra in extras:
            assert name in {need.name for need in requirements()[extra]}
    # In an extra of users: the page says which.
    for extra, needs in requirements().items():
        if extra not in ("", "all", "docs", "test"):
            assert all(extra in named[need.name][1] for need in needs)
