# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""On an accelerator: the same learning, and pickles that go anywhere."""

import pickle

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_geo.ranking import HashtagEmbedding
from tests.ranking.tagged_photos import subjects

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="There is no CUDA device."
)

X, Y, SUBJECT = subjects()
WORDS = np.repeat(np.eye(5, 6, dtype=np.float32), 3, axis=0) + 0.1
KINDS = {
    "mcc": {},
    "random": {"targets": "random"},
    "sampled": {"n_sampled_tags": 4, "targets": "random"},
    "mlc": {"supervision": "mlc", "class_weight": "balanced"},
    "her": {"supervision": "her", "word_vectors": WORDS},
}


def model(device, **params):
    settings = {"n_components": 8, "max_iter": 12, "learning_rate_init": 0.02}
    settings |= {"batch_size": 50, "random_state": 0, "device": device}
    return HashtagEmbedding(**{**settings, **params})


@pytest.mark.parametrize("precision", [False, "auto"])
@pytest.mark.parametrize("kind", KINDS)
def test_learns_what_the_processor_learns(kind, precision):
    params = {**KINDS[kind], "mixed_precision": precision, "early_stopping": True}
    one, other = (model(device, **params).fit(X, Y) for device in ("cpu", "cuda"))
    assert other.net_.module_.tags.weight.device.type == "cuda"
    assert other.score(X, Y) > 0.97
    photos = other.index(X).retrieve(np.arange(15), 10)
    assert (SUBJECT[photos] == np.arange(15)[:, None] // 3).mean() > 0.9
    if not precision:
        np.testing.assert_allclose(
            one.decision_function(X), other.decision_function(X), atol=0.05
        )
    twin = pickle.loads(pickle.dumps(other))
    np.testing.assert_array_equal(twin.predict_topk(X, 3), other.predict_topk(X, 3))


def test_stores_are_read_on_the_processor(tmp_path):
    one = model("cuda").fit(X, Y)
    one.save_pretrained(tmp_path)
    twin = HashtagEmbedding.from_pretrained(tmp_path)
    np.testing.assert_allclose(twin.transform(X), one.transform(X), atol=1e-4)


def test_images():
    images = np.zeros((60, 3, 8, 8), dtype=np.uint8)
    hue = np.arange(60) % 3
    images[np.arange(60), hue] = 200
    backbone = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    one = model("cuda", backbone=backbone, max_iter=20).fit(images, np.eye(3)[hue])
    assert (one.predict_topk(images, 1)[:, 0] == hue).mean() > 0.9
    assert backbone[0].weight.device.type == "cpu"
