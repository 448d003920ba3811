# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C at any moment of a fit: what is left is fitted and answers, or says it is not.

A second fit that ends so leaves what the first had learnt, or what the second had.

A profiler of Python raises `KeyboardInterrupt` as the n-th call within the package
begins, so every moment can be hit, and hit again.
"""

import inspect
import os
import sys
import warnings
from contextlib import contextmanager, suppress
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import sklearn_geo
from sklearn_geo.nets import EstimatorNet
from tests.ranking.rankers import small
from tests.reliability import scale
from tests.reliability.attack import is_finite
from tests.reliability.faults import same_as
from tests.reliability.subjects import SUBJECTS, answers, nothing

N_MOMENTS = scale(1, 20)
WITHIN = os.sep + "sklearn_geo" + os.sep
ASKED = [subject for subject in SUBJECTS if subject.methods]
TAUGHT = [subject for subject in ASKED if subject.targets is not nothing]


def interrupted(call, at=None):
    """Call something, and interrupt it as call `at` within the package begins.

    Returns the number of calls that there were.
    """
    n_calls = 0

    def profiler(frame, event, _):
        nonlocal n_calls
        code = frame.f_code
        # What is raised while a generator is thrown away is heard by nobody.
        if event != "call" or code.co_flags & inspect.CO_GENERATOR:
            return
        if WITHIN in code.co_filename:
            n_calls += 1
            if n_calls == at:
                sys.setprofile(None)
                raise KeyboardInterrupt

    sys.setprofile(profiler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that training was interrupted
            call()
    finally:
        sys.setprofile(None)
    return n_calls


def lesson(subject, seed):
    """Return rows and targets."""
    rng = np.random.default_rng(seed)
    X = subject.rows(rng, 60)
    return {"X": X, **subject.targets(rng, X)}


@pytest.mark.parametrize("again", [False, True], ids=["first", "second"])
@pytest.mark.parametrize("subject", ASKED, ids=str)
def test_a_fit_that_is_interrupted(subject, again):
    asked = subject.rows(np.random.default_rng(2), 7)
    model = subject.make()
    n_calls = interrupted(lambda: model.fit(**lesson(subject, 0)))
    rng = np.random.default_rng(3 + again)
    for at in rng.integers(n_calls, size=N_MOMENTS) + 1:
        model, whole = subject.make(), []
        if again:
            whole = [answers(subject, model.fit(**lesson(subject, 0)), asked)]
        try:
            interrupted(lambda model=model: model.fit(**lesson(subject, 1)), int(at))
        except KeyboardInterrupt:
            raised = True
        else:
            raised = False
        try:
            said = answers(subject, model, asked)
        except NotFittedError:
            assert raised
            assert not again, f"call {at}: what the first fit had learnt is gone"
            continue
        for name, answer in said.items():
            assert is_finite(answer), (name, int(at))
        if again and raised:
            second = subject.make().fit(**lesson(subject, 1))
            whole.append(answers(subject, second, asked))
            assert same_as(said, whole), f"call {at}: neither the first nor the second"
        # Whatever had happened, the next fit is like any.
        model.fit(**lesson(subject, 0))
        answers(subject, model, asked)


@contextmanager
def at_epoch(number):
    """Interrupt the training of networks as an epoch begins; yields a list of all."""
    own, begun = EstimatorNet._epoch, []

    def epoch(*args):
        begun.append(len(begun) + 1)
        if len(begun) == number:
            raise KeyboardInterrupt
        return own(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EstimatorNet, "_epoch", epoch)
        yield begun


WITH_NETWORKS = [
    *(subject for subject in TAUGHT if subject.network),
    *(
        replace(
            next(s for s in SUBJECTS if s.name == f"LocSensRanker-{scorer}"),
            name=f"LocSensRanker-{scorer} of levels",
            make=lambda scorer=scorer: small(
                scorer=scorer,
                location_mode="sampling",
                sigma_km_schedule=(20_000, 200, 0),
                shortlist=3,
            ),
        )
        for scorer in ("multilinear", "trunk")
    ),
]


@pytest.mark.parametrize("subject", WITH_NETWORKS, ids=str)
def test_nothing_is_trained_after_ctrl_c(subject):
    # One network may have been interrupted; others are not trained for hours after it.
    with at_epoch(None) as begun:
        subject.make().fit(**lesson(subject, 0))
    if not begun:
        pytest.skip("what it wraps was fitted before")
    for number in {1, len(begun) // 2 + 1, len(begun)}:
        model = subject.make()
        with warnings.catch_warnings(), at_epoch(number) as done:
            warnings.simplefilter("ignore")  # that training was interrupted
            with suppress(KeyboardInterrupt):
                model.fit(**lesson(subject, 0))
        assert len(done) == number <= len(begun)


PLACES = [[48.1, 11.6], [40.7, -74.0]]
TAGS = [[1, 0], [0, 1], [1, 1]]


@pytest.mark.parametrize(
    ("estimator", "y"),
    [
        (sklearn_geo.GeoNeighborTagPropagator(), TAGS),
        (sklearn_geo.HashTagEncoder(), TAGS),
        (sklearn_geo.VisualNeighborTagPropagator(), TAGS),
        (sklearn_geo.JointNeighborTagPropagator(location=(0, 0)), TAGS),
        (sklearn_geo.NeighborVoteAnnotator(location=(0, 0)), TAGS),
        (sklearn_geo.RandomFourierEncoder(sigmas=()), None),
        (sklearn_geo.Sphere2VecEncoder(min_radius=9, max_radius=3), None),
        (sklearn_geo.SoftGridEncoder(1, 2, 3, regions="no such"), None),
        (sklearn_geo.S2OneHotEncoder(partition="no such"), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_first_fit_that_fails_has_learnt_nothing(estimator, y):
    estimator = clone(estimator)
    with pytest.raises(ValueError, match=r".{20}"):
        estimator.fit(PLACES, y)
    method = "predict" if hasattr(estimator, "predict") else "transform"
    with pytest.raises(NotFittedError):
        getattr(estimator, method)(PLACES)


@pytest.mark.parametrize("subject", TAUGHT, ids=str)
def test_a_second_fit_that_is_refused(subject):
    # Wider rows, and a target that is too short for them.
    asked = subject.rows(np.random.default_rng(2), 7)
    model = subject.make().fit(**lesson(subject, 0))
    before = answers(subject, model, asked)
    second = lesson(subject, 1)
    if hasattr(second["X"], "assign"):
        second["X"] = second["X"].assign(more=1.0)
    else:
        second["X"] = np.column_stack([second["X"], np.ones(60)])
    second["y"] = second["y"][:59]
    with pytest.raises(ValueError, match=r".{20}"):
        model.fit(**second)
    assert same_as(answers(subject, model, asked), [before]) == [0]


def test_a_second_fit_that_fails_leaves_neighbours_as_they_were():
    looks, places = np.eye(3), [[48.1, 11.6], [40.7, -74.0], [-33.9, 151.2]]
    model = sklearn_geo.NeighborGeolocator(1).fit(looks, places)
    model.set_params(ann=True)
    with pytest.raises(ValueError, match="ann=True needs dense features"):
        model.fit(sparse.csr_array(looks[::-1]), places)
    model.set_params(ann=False)
    np.testing.assert_allclose(model.predict(looks), places)
