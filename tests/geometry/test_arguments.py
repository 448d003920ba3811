# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whatever cannot be read as an array is told by the name of the argument."""

import pytest
import torch

from sklearn_geo import geometry

UNREADABLE = torch.ones(1, requires_grad=True)
FINEST = 1  # an id of either family


@pytest.mark.parametrize("family", ["s2", "triangle"])
@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [
        ("levels", (UNREADABLE,), "ids"),
        ("tokens", (UNREADABLE,), "ids"),
        ("parents", (UNREADABLE, 1), "ids"),
        ("parents", ([FINEST], UNREADABLE), "level"),
        ("contains", (UNREADABLE, [FINEST]), "cells"),
        ("contains", ([FINEST], UNREADABLE), "ids"),
        ("ids_from_tokens", (UNREADABLE,), "tokens"),
    ],
)
def test_ids(family, function, arguments, name):
    with pytest.raises(TypeError, match=f"^{name} cannot be read as an array"):
        getattr(geometry, f"{family}_{function}")(*arguments)


def test_validity_of_ids():
    with pytest.raises(TypeError, match=r"^ids cannot be read as an array"):
        geometry.s2_is_valid(UNREADABLE)


@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [
        (geometry.utm_zone_ids, (UNREADABLE,), "names"),
        (geometry.utm_zone_names, (UNREADABLE,), "zone ids"),
        (geometry.utm_project, ([[0.0, 0.0]], UNREADABLE), "zones"),
    ],
)
def test_zones(function, arguments, name):
    with pytest.raises(TypeError, match=f"^{name} cannot be read as an array"):
        function(*arguments)
