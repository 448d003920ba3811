# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""On an accelerator: the same rows, the network of the caller left where it is."""

import pickle

import numpy as np
import pytest
import torch

from sklearn_geo.vision import PosteriorTransformer
from tests.vision.photo_files import Small, pixels

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="There is no CUDA device."
)

PHOTOS = pixels(20)


def teacher(module, device, **params):
    return PosteriorTransformer(module, image_size=16, device=device, **params)


@pytest.mark.parametrize("output", ["softmax", "logits"])
def test_the_same_rows(output):
    network = Small()
    expected = teacher(network, "cpu", output=output).fit_transform(PHOTOS)
    model = teacher(network, "cuda", output=output).fit(PHOTOS)
    np.testing.assert_allclose(model.transform(PHOTOS), expected, atol=1e-2)
    assert next(model.module_.parameters()).is_cuda
    assert not any(weight.is_cuda for weight in network.parameters())
    assert not any(buffer.is_cuda for buffer in network.buffers())


def test_a_network_that_is_there_is_shared():
    network = Small().cuda()
    model = teacher(network, "auto").fit(PHOTOS)
    assert model.module_.head.weight.data_ptr() == network.head.weight.data_ptr()
    other = teacher(network, "cpu").fit(PHOTOS)
    assert network.head.weight.is_cuda
    np.testing.assert_allclose(
        other.transform(PHOTOS), model.transform(PHOTOS), atol=1e-2
    )


def test_pickles_and_caches_go_to_machines_without(tmp_path):
    model = teacher(Small, "cuda", cache=tmp_path).fit(PHOTOS)
    rows = model.transform(PHOTOS)
    again = pickle.loads(pickle.dumps(model))
    assert not next(again.module_.parameters()).is_cuda
    assert next(model.module_.parameters()).is_cuda
    again.set_params(device="cpu")
    np.testing.assert_array_equal(again.transform(PHOTOS), rows)  # out of the cache
    assert len(list(tmp_path.iterdir())) == 1
