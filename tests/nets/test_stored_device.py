# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pytest
import torch

from sklearn_geo import (
    AttentionFusionClassifier,
    HashtagEmbedding,
    HierarchicalCellClassifier,
    LocSensRanker,
)
from sklearn_geo.nets._stored_device import device_here, device_name
from sklearn_geo.partition import S2Partition

RNG = np.random.default_rng(0)
PLACES = RNG.uniform(-60, 60, (120, 2))
X = RNG.normal(size=(120, 4))
TAGS = (RNG.random((120, 5)) < 0.4).astype(int)
TAGS[:, 1] |= ~TAGS.any(axis=1)
SMALL = {"max_iter": 1, "random_state": 0, "device": "cpu"}


def cells():
    return HierarchicalCellClassifier(S2Partition(30, 1), hidden=(4,), **SMALL)


FITTED = {
    "cells": lambda: cells().fit(X, PLACES),
    "fusion": lambda: AttentionFusionClassifier(
        {"a": [0, 1], "b": [2, 3]}, **SMALL
    ).fit(X, TAGS[:, 0]),
    "embedding": lambda: HashtagEmbedding(n_components=3, **SMALL).fit(X, TAGS),
    "ranker": lambda: LocSensRanker(**SMALL).fit(np.hstack([PLACES, X]), TAGS),
}


@pytest.fixture
def card(monkeypatch):
    """Return what makes a machine one with a card, as far as it is asked."""

    def put(there=True):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: int(there))

    return put


@pytest.mark.parametrize("kind", FITTED)
def test_what_a_card_has_taught_is_read_without_one(kind, card, tmp_path):
    model = FITTED[kind]()
    expected = model.predict(X if kind != "ranker" else np.hstack([PLACES, X]))
    card()  # only now: a torch that is built for cards uses it in training
    model.set_params(device="cuda:0").save_pretrained(tmp_path)
    card(False)
    said = (
        r"stored with device='cuda:0', which is not on this machine\. It is read with"
    )
    with pytest.warns(UserWarning, match=said) as told:
        read = type(model).from_pretrained(tmp_path)
    assert told[0].filename == __file__
    assert read.device == "auto"
    found = read.predict(X if kind != "ranker" else np.hstack([PLACES, X]))
    np.testing.assert_array_equal(_dense(found), _dense(expected))


def _dense(found):
    return found.toarray() if hasattr(found, "toarray") else found


@pytest.mark.parametrize("kind", FITTED)
@pytest.mark.parametrize("device", ["nonsense", "meta", "xla"])
def test_a_device_that_is_none_is_not_stored(kind, device, tmp_path):
    model = FITTED[kind]()
    model.save_pretrained(tmp_path)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with pytest.raises(ValueError, match="device="):
        model.set_params(device=device).save_pretrained(tmp_path)
    assert before == {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}


@pytest.mark.parametrize("held", ["nonsense", "", "cuda:x", 7, None, "meta"])
def test_a_device_that_is_none_is_not_read(held):
    with pytest.raises(ValueError, match="device"):
        device_here(held)


def test_devices_that_are_here_are_kept():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for device in ("auto", "cpu", "accelerate", "cpu:0"):
            assert device_here(device_name(device)) == device
    assert device_name(torch.device("cpu")) == "cpu"


def test_one_card_of_many(card):
    card()
    assert device_here("cuda:0") == "cuda:0"
    with pytest.warns(UserWarning, match="'cuda:1', which is not on this machine"):
        assert device_here("cuda:1") == "auto"
