# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A zone for which memory runs out is left out, and named; the others are trained."""

import weakref

import joblib
import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.context import GPS2VecPlusTransformer, _batched, _zone_training
from sklearn_geo.context._short_memory import ShortMemory
from sklearn_geo.neighbors import GeoTagCorpus
from sklearn_geo.nets import Store
from tests.context.fits import N_UTM_ZONES, photos, transformer

# The zone in the middle of the eight, by number of photos.
SHORT = "32T"


def greedy(name=SHORT, error=MemoryError):
    """Return what trains zones, all but the one with this name."""
    train_zone = _zone_training.train_zone

    def train(task, *more):
        if name in ("all", task.name):
            if error is not MemoryError:
                raise error
            np.empty(1 << 60, dtype=np.uint8)  # more than any machine has
        return train_zone(task, *more)

    return train


def test_errors_that_say_that_memory_ran_out():
    for grab in (
        lambda: np.empty(1 << 60, dtype=np.uint8),
        lambda: bytes(1 << 60),
        lambda: torch.empty(1 << 60, dtype=torch.uint8),
    ):
        with ShortMemory() as memory:
            grab()
        assert memory.why
    with ShortMemory() as memory:
        raise torch.cuda.OutOfMemoryError("CUDA out of\n memory.")
    assert memory.why == "CUDA out of memory"
    for other in (
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
        ValueError("not enough memory"),
        OSError(12, "Cannot allocate memory"),
    ):
        with pytest.raises(type(other)), ShortMemory():
            raise other
    with ShortMemory() as memory:
        pass
    assert memory.why is None


def test_what_held_the_memory_is_gone():
    class Large:
        pass

    def run_out():
        held = Large()
        there.append(weakref.ref(held))
        raise MemoryError

    there = []
    with ShortMemory() as memory:
        run_out()
    assert memory.why == "there was no memory left"
    assert there[0]() is None


@pytest.fixture(scope="module")
def whole():
    return transformer(missing_zone="nan").fit(*photos())


@pytest.mark.parametrize(
    "error", [MemoryError, torch.cuda.OutOfMemoryError("CUDA out of memory.")]
)
def test_one_zone_is_skipped(monkeypatch, capsys, whole, error):
    places, y = photos()
    monkeypatch.setattr(_zone_training, "train_zone", greedy(error=error))
    model = transformer(missing_zone="nan", verbose=1)
    with pytest.warns(
        UserWarning,
        match=rf"ran out for 1 of 8 zones, which were skipped: {SHORT} \(\d\d photos\)",
    ):
        model.fit(places, y)
    assert model.skipped_zones_ == [SHORT]
    assert f"Zone {SHORT}: " in capsys.readouterr().out
    assert len(model.zone_report_) == N_UTM_ZONES - 1
    assert SHORT not in model.zone_report_["zone"]
    there = whole._zones.regions.locate(places)
    short = there == {r["name"]: z for z, r in whole._zones.records.items()}[SHORT]
    said = model.transform(places)
    assert np.isnan(said[short]).all()
    assert_array_equal(said[~short], whole.transform(places)[~short])
    # With memory again, photos of the zone teach it what they would have taught.
    monkeypatch.undo()
    model.update_zones(places[short], y[short])
    assert model.skipped_zones_ == []
    assert whole.skipped_zones_ == []
    assert np.isfinite(model.transform(places)).all()


def test_in_workers(monkeypatch, whole):
    places, y = photos()
    monkeypatch.setattr(_zone_training, "train_zone", greedy())
    model = transformer(missing_zone="nan", n_jobs=2)
    with (
        joblib.parallel_config("threading"),
        pytest.warns(UserWarning, match=f"skipped: {SHORT}"),
    ):
        model.fit(places, y)
    said = model.transform(places)
    there = ~np.isnan(said[:, 0])
    assert 250 < there.sum() < len(places)
    assert_array_equal(said[there], whole.transform(places)[there])


def test_where_photos_cannot_even_be_gathered(monkeypatch, whole):
    from sklearn_geo.context import _fitting

    features = _fitting._features

    def greedy(columns, places, rows, zone):
        if len(rows) == 38:
            raise MemoryError
        return features(columns, places, rows, zone)

    monkeypatch.setattr(_fitting, "_features", greedy)
    with pytest.warns(UserWarning, match=r"1 of 8 .*\. There was no memory left\."):
        model = transformer(missing_zone="nan").fit(*photos())
    assert len(model.skipped_zones_) == 1
    assert len(model.zone_report_) == N_UTM_ZONES - 1


def test_at_once(monkeypatch, whole):
    places, y = photos()
    learner = _batched._Learner.__init__

    def greedy(self, position, task, *more):
        if task.name == SHORT:
            raise MemoryError("Unable to allocate 3 TiB.")
        learner(self, position, task, *more)

    monkeypatch.setattr(_batched._Learner, "__init__", greedy)
    model = transformer(missing_zone="nan", zones_at_once=8)
    with pytest.warns(UserWarning, match=rf"{SHORT} .*\. Unable to allocate 3 TiB\."):
        model.fit(places, y)
    said = model.transform(places)
    there = ~np.isnan(said[:, 0])
    assert len(model.zone_report_) == N_UTM_ZONES - 1
    assert_allclose(said[there], whole.transform(places)[there], rtol=0, atol=1e-5)


def test_a_checkpoint_is_resumed_for_what_is_missing(
    monkeypatch, capsys, whole, tmp_path
):
    places, y = photos()
    monkeypatch.setattr(_zone_training, "train_zone", greedy())
    with pytest.warns(UserWarning, match="resume=True then trains only what is miss"):
        transformer(checkpoint_dir=tmp_path).fit(places, y)
    assert not Store(tmp_path).content["checkpoint"]["finished"]
    stranger = GPS2VecPlusTransformer.from_pretrained(tmp_path)
    assert len(stranger.zone_report_) == N_UTM_ZONES - 1
    assert stranger.skipped_zones_ == []
    monkeypatch.undo()
    capsys.readouterr()
    again = transformer(checkpoint_dir=tmp_path, resume=True, verbose=1)
    again.fit(places, y)
    assert capsys.readouterr().out.count("Zone ") == 1
    assert again.skipped_zones_ == []
    assert_array_equal(again.transform(places), whole.transform(places))
    assert Store(tmp_path).content["checkpoint"]["finished"]


def test_the_network_of_the_globe_may_be_skipped_too(monkeypatch):
    monkeypatch.setattr(_zone_training, "train_zone", greedy("fallback"))
    with pytest.warns(UserWarning, match=r"1 of 9 .*: fallback \(320 photos\)"):
        model = transformer("fallback").fit(*photos())
    assert np.isfinite(model.transform(photos()[0])).all()
    with pytest.raises(ValueError, match="there was no memory for it"):
        model.transform([[0.0, 0.0]])


@pytest.mark.parametrize("checkpoint", [False, True])
def test_nothing_learnt_is_an_error(monkeypatch, tmp_path, checkpoint):
    monkeypatch.setattr(_zone_training, "train_zone", greedy("all"))
    model = transformer(checkpoint_dir=tmp_path if checkpoint else None)
    with pytest.raises(MemoryError, match=r"for 8 of 8 zones.*Lower n_jobs"):
        model.fit(*photos())
    with pytest.raises(Exception, match="is not fitted yet"):
        model.transform(photos()[0])


def test_other_errors_are_no_matter_of_memory(monkeypatch):
    monkeypatch.setattr(
        _zone_training, "train_zone", greedy(error=RuntimeError("shapes differ"))
    )
    with pytest.raises(RuntimeError, match="shapes differ"):
        transformer().fit(*photos())


def test_what_was_learnt_in_part_is_not_shared(monkeypatch):
    places, y = photos()
    corpus = GeoTagCorpus(places, (y > 0.3).astype(float))
    params = {"contexts": None, "corpus": corpus, "missing_zone": "uniform"}
    monkeypatch.setattr(_zone_training, "train_zone", greedy())
    with pytest.warns(UserWarning, match="skipped"):
        transformer(**params).fit(places)
    monkeypatch.undo()
    assert transformer(**params).fit(places).skipped_zones_ == []
