# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Layers asked by threads at once: hooks of torch have no regard to threads."""

from functools import partial

import numpy as np
import torch

from sklearn_geo.vision._network import Asked
from tests.at_once import at_once
from tests.vision.photo_files import Small


def test_threads_may_ask_two_layers_and_the_whole_of_one_network():
    # With hooks that are not kept apart, some 15 of 4,000 calls ended in "OrderedDict
    # mutated during iteration", or found that their hook was another thread's.
    network = Small().eval()
    views = torch.randn(8, 2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    doors = [
        Asked(network, layer, "features", torch.device("cpu"))
        for layer in ("pool", "body", "pool", None)
    ]
    expected = [[door(each).numpy() for each in views] for door in doors]

    def ask(number):
        for turn in range(500):
            which = (number + turn) % len(doors)
            said = doors[which](views[number]).numpy()
            np.testing.assert_allclose(said, expected[which][number], rtol=1e-4)

    at_once([partial(ask, number) for number in range(len(views))])
