# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Posteriors of photos by a small convolutional network, against a bare torch loop."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks._harness import Goal, Job
from sklearn_geo.vision import PosteriorTransformer

N_CROPS, SIZE, BATCH, N_CLASSES = 3, 96, 32, 365
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def _network():
    def layers(n_in, n_out):
        convolution = nn.Conv2d(n_in, n_out, 3, stride=2, padding=1, bias=False)
        return [convolution, nn.BatchNorm2d(n_out), nn.ReLU()]

    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            *layers(3, 24),
            *layers(24, 48),
            *layers(48, 96),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(96, N_CLASSES),
        )


def make(n):
    rng = np.random.default_rng(0)
    photos = rng.integers(0, 256, (n, 144, 192, 3), dtype=np.uint8)
    network = _network()
    model = PosteriorTransformer(
        network, crops=N_CROPS, image_size=SIZE, batch_size=BATCH, device="cpu"
    )
    return photos, network.eval(), model.fit(photos)


def ours(inputs):
    photos, _, model = inputs
    return model.transform(photos)


def bare_torch(inputs):
    """Cut, scale, normalise, ask and average, with everything known in advance."""
    photos, network, _ = inputs
    mean, std = (torch.tensor(v).reshape(1, 3, 1, 1) for v in (MEAN, STD))
    rows = []
    with torch.inference_mode():
        for start in range(0, len(photos), BATCH):
            crops = []
            for photo in photos[start : start + BATCH]:
                image = torch.from_numpy(photo).permute(2, 0, 1)[None]
                for left in (0, 24, 48):
                    square = image[..., left : left + 144]
                    crops.append(
                        functional.interpolate(
                            square, (SIZE, SIZE), mode="bilinear", antialias=True
                        )
                    )
            views = (torch.cat(crops).float() / 255 - mean) / std
            said = network(views).softmax(dim=1)
            rows.append(said.reshape(-1, N_CROPS, N_CLASSES).mean(dim=1))
    return torch.cat(rows).numpy()


def check(inputs, results):
    np.testing.assert_allclose(
        results["ours"], results["bare torch"], rtol=1e-4, atol=1e-7
    )


JOB = Job(
    name="vision_posteriors",
    question=f"posteriors of {N_CLASSES} classes, {N_CROPS} crops of {SIZE} pixels of "
    "each photo, from decoded arrays",
    make=make,
    runners={"ours": ours, "bare torch": bare_torch},
    check=check,
    goals=(Goal("ours", "bare torch", at_most=1.1),),
    unit="photos",
    sizes=(64, 512),
    quick_sizes=(64,),
    repeats=5,
    notes="Photos of 144 x 192 pixels, batches of 32 photos, on the processor.",
)
