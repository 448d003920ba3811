# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos and small networks that the tests of this room share."""

import numpy as np
import torch
from torch import nn


def pixels(n=6, height=20, width=30, seed=0):
    """Return photos in bytes, channels last."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, height, width, 3)).astype(np.uint8)


class Small(nn.Module):
    """A network with everything that a large one has: batch norm, a head, dropout."""

    def __init__(self, n_classes=4, seed=0):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.body = nn.Sequential(
                nn.Conv2d(3, 5, 3, padding=1), nn.BatchNorm2d(5), nn.ReLU()
            )
            self.pool = nn.AdaptiveAvgPool2d(1)
            self.drop = nn.Dropout(0.5)
            self.head = nn.Linear(5, n_classes)
            self.unused = nn.Linear(2, 2)
            # As if it had been trained: running means that are not zero.
            self.body[1].running_mean.uniform_(-0.3, 0.3)
            self.body[1].running_var.uniform_(0.5, 2.0)

    def forward(self, images):
        features = self.pool(self.body(images)).flatten(1)
        return self.head(self.drop(features))


class OtherForward(Small):
    """The same layers and weights, with a forward that says something else."""

    def forward(self, images):
        return -3 * super().forward(images)
