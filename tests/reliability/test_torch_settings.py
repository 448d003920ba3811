# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a user has set torch to for other work does not change what networks learn."""

import threading
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch

from sklearn_geo.nets._usual import usual_torch
from tests.reliability.subjects import SUBJECTS, answers

# PosteriorTransformer is given a network, which is its user's.
NETWORKS = {
    subject.name: subject
    for subject in SUBJECTS
    if subject.network and subject.name != "PosteriorTransformer"
}
TOGETHER = "GPS2VecPlusTransformer, zones at once"
_ONE = NETWORKS["GPS2VecPlusTransformer"]
NETWORKS[TOGETHER] = replace(
    _ONE, name=TOGETHER, make=lambda: _ONE.make().set_params(zones_at_once=4)
)


@contextmanager
def double_precision():
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


SETTINGS = {
    "double precision": double_precision,
    "no gradients": torch.no_grad,
    "inference mode": torch.inference_mode,
    "half precision": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    # What a card would be, which not every machine has: tensors are elsewhere.
    "another device": lambda: torch.device("meta"),
}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_learn_and_say_the_same(name, setting):
    subject, made = NETWORKS[name], SETTINGS[setting]
    rng = np.random.default_rng(0)
    X = subject.rows(rng, 40)
    targets = subject.targets(rng, X)
    known = subject.make().fit(X, **targets)
    expected = answers(subject, known, X)
    with made():
        other = subject.make().fit(X, **targets)
        found = [answers(subject, known, X), answers(subject, other, X)]
    found.append(answers(subject, other, X))
    for answer in found:
        for method, numbers in expected.items():
            np.testing.assert_array_equal(answer[method], numbers, err_msg=method)


def test_what_was_set_is_set_again():
    def state():
        return (
            torch.get_default_dtype(),
            torch.is_grad_enabled(),
            torch.is_inference_mode_enabled(),
            torch.is_autocast_enabled(),
            torch.empty(0).device.type,
        )

    usual = (torch.float32, True, False, False, "cpu")
    assert state() == usual
    with usual_torch():
        assert state() == usual
    with double_precision(), torch.device("meta"), torch.inference_mode():
        before = state()
        with usual_torch(), usual_torch():
            assert state() == usual
        assert state() == before


def test_autocast_is_off():
    rows = torch.ones(2, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert (rows @ rows).dtype == torch.bfloat16
        with usual_torch():
            assert (rows @ rows).dtype == torch.float32
        assert (rows @ rows).dtype == torch.bfloat16


def test_the_last_thread_sets_back_what_the_first_found():
    inside, leave = threading.Event(), threading.Event()

    def train():
        with usual_torch():
            inside.set()
            leave.wait(20)

    with double_precision():
        other = threading.Thread(target=train)
        other.start()
        assert inside.wait(20)
        with usual_torch():
            pass
        assert torch.get_default_dtype() == torch.float32  # the other goes on
        leave.set()
        other.join(20)
        assert torch.get_default_dtype() == torch.float64
