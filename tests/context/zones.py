# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Small zones whose weights say which zone they are of, for tests of stores."""

import numpy as np

SHAPES = {
    "0.trunk.0.weight": (3, 4),
    "0.trunk.0.bias": (4,),
    "0.heads.weight": (4, 2),
    "0.heads.bias": (2,),
}
KIND = "GPS2VecPlusTransformer"
CONTENT = {"params": {"hidden": [4]}, "contexts": {"tag": 2}}
NAMES = {30: "30U", 31: "31U", -2: "fallback", 7: "7", 8: "São Tomé"}


def zone(zone_id, value=None):
    """Make the record and the weights of a zone; all weights have one value."""
    value = zone_id if value is None else value
    weights = {
        name: np.full(shape, value, dtype=np.float32) for name, shape in SHAPES.items()
    }
    name = NAMES.get(zone_id, f"{zone_id}A")
    record = {"name": name, "photos": 100 + zone_id, "epochs": 3, "seconds": 0.5}
    return zone_id, {**record, "held_out_kl": 1.25}, weights


def value_of(weights):
    """Return the one value of a zone's weights; fail if there are several."""
    values = {float(v) for array in weights.values() for v in array.ravel()}
    assert len(values) == 1
    return values.pop()
