# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One seed decides, and torch's own numbers stay as they were."""

import numpy as np
import pytest
import torch

from sklearn_geo.nets import choose_device, draw_seed, seeded


def test_seed_is_scikit_learns():
    expected = np.random.RandomState(5).randint(2**31 - 1)
    assert draw_seed(5) == expected
    assert draw_seed(np.random.RandomState(5)) == expected
    assert draw_seed(None) != draw_seed(None)


def test_block_is_seeded_and_leaves_no_trace():
    torch.manual_seed(11)
    before = torch.get_rng_state()
    with seeded(3):
        first = torch.rand(4)
        torch.manual_seed(99)
    assert torch.equal(torch.get_rng_state(), before)
    with seeded(3):
        assert torch.equal(torch.rand(4), first)
    expected = torch.Generator().manual_seed(3)
    assert torch.equal(torch.rand(4, generator=expected), first)


def test_block_that_fails_leaves_no_trace():
    before = torch.get_rng_state()
    with pytest.raises(ZeroDivisionError), seeded(3):
        torch.rand(1).item() / 0
    assert torch.equal(torch.get_rng_state(), before)


def test_devices():
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device(torch.device("cpu")) == torch.device("cpu")
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert choose_device("auto").type == expected
    with pytest.raises(ValueError, match="device='gpu' is no device of torch"):
        choose_device("gpu")
    with pytest.raises(ValueError, match=r"device=3.5 is no device"):
        choose_device(3.5)


def test_device_that_is_not_there(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto").type == "cpu"
    with pytest.raises(ValueError, match=r'sees no CUDA device.*device="auto"'):
        choose_device("cuda:0")


def test_a_device_that_is_one_too_many(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("cuda:1") == torch.device("cuda:1")
    for device in ("cuda:2", torch.device("cuda", 7)):
        with pytest.raises(ValueError, match=r"sees 2 CUDA devices on this machine"):
            choose_device(device)


@pytest.mark.parametrize("device", ["xla", "vulkan", "hpu", "mtia"])
def test_a_device_torch_was_not_built_for(device):
    with pytest.raises(ValueError, match=f"device='{device}': torch cannot compute"):
        choose_device(device)


def test_a_device_without_numbers_is_refused():
    with pytest.raises(ValueError, match="holds shapes and no numbers"):
        choose_device("meta")
