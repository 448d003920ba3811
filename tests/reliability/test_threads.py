# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One fitted estimator asked by eight threads at once says what it says to one."""

import functools
import pickle

import numpy as np
import pytest

from sklearn_geo.context import GPS2VecPlusTransformer, NumpyContextEncoder
from tests.at_once import at_once
from tests.reliability import scale
from tests.reliability.subjects import SUBJECTS, answers, photos, taught

N_THREADS = 8
N_ROUNDS = scale(1, 10)
# How many sets of rows a thread asks for, one after the other.
N_TURNS = scale(2, N_THREADS)


def named(name):
    """Return a subject."""
    return next(subject for subject in SUBJECTS if subject.name == name)


def assert_equal(first, second):
    """Compare answers, bit for bit."""
    assert type(first) is type(second)
    if isinstance(first, dict):
        assert first.keys() == second.keys()
        for name in first:
            assert_equal(first[name], second[name])
    elif isinstance(first, list | tuple):
        assert len(first) == len(second)
        for one, other in zip(first, second, strict=True):
            assert_equal(one, other)
    else:
        np.testing.assert_array_equal(first, second)


def ask_in_threads(make, ask, rows):
    """Ask a fresh estimator for rows in threads, and compare with one after the other.

    Every round has an estimator of its own, so that whatever it makes when it is first
    asked is made by all threads at once.
    """
    expected = [ask(make(), each) for each in rows]
    for _ in range(N_ROUNDS):
        shared = make()
        jobs = [functools.partial(ask, shared, each) for each in rows]
        for said, wanted in zip(at_once(jobs), expected, strict=True):
            assert_equal(said, wanted)
        # Once more, now that everything is made; each thread all rows in another order.
        jobs = [
            functools.partial(
                lambda turn, shared: [
                    ask(shared, rows[(turn + step) % len(rows)])
                    for step in range(N_TURNS)
                ],
                turn,
                shared,
            )
            for turn in range(N_THREADS)
        ]
        for turn, said in enumerate(at_once(jobs)):
            wanted = [expected[(turn + step) % len(rows)] for step in range(N_TURNS)]
            assert_equal(said, wanted)


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_asked_at_once(subject):
    if not subject.methods:
        pytest.skip("it is asked for photos, not with rows: see below")
    rng = np.random.default_rng(3)
    rows = [subject.rows(rng, 3 + number) for number in range(N_THREADS)]
    stored = pickle.dumps(taught(subject))
    ask = functools.partial(_answers, subject)
    ask_in_threads(lambda: pickle.loads(stored), ask, rows)


def _answers(subject, estimator, X):
    return answers(subject, estimator, X)


# Zone stores --------------------------------------------------------------------------

CORNERS = [(s, w) for s in (-40, 0, 40, 48) for w in (-120, -6, 0, 6, 12, 100)]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Write a store of two dozen zones."""
    rng = np.random.default_rng(0)
    places = np.repeat(np.array(CORNERS, dtype=float), 8, axis=0)
    places += rng.uniform([0.5, 0.5], [7.5, 5.5], places.shape)
    folder = tmp_path_factory.mktemp("zones")
    GPS2VecPlusTransformer(
        hidden=(4,), min_samples=5, max_iter=1, missing_zone="nearest", random_state=0
    ).fit(places, rng.dirichlet(np.ones(3), len(places))).save_pretrained(folder)
    return folder, places


@pytest.mark.parametrize(
    ("cls", "n_loaded", "blend_km"),
    [
        (GPS2VecPlusTransformer, 1, None),
        (GPS2VecPlusTransformer, 2, 30.0),
        (NumpyContextEncoder, 1, 30.0),
        (NumpyContextEncoder, 2, None),
    ],
)
def test_zones_come_and_go_while_others_read(store, cls, n_loaded, blend_km):
    folder, places = store
    rng = np.random.default_rng(1)
    # Half of the zones each, and never more than two of them in memory.
    rows = [places[rng.permutation(len(places))[:20]] for _ in range(N_THREADS)]

    def make():
        model = cls.from_pretrained(folder, max_loaded_zones=n_loaded)
        return model.set_params(blend_km=blend_km)

    ask_in_threads(make, lambda model, X: model.transform(X), rows)


def test_a_store_is_written_while_it_is_asked(store, tmp_path):
    folder, places = store
    model = GPS2VecPlusTransformer.from_pretrained(folder, max_loaded_zones=1)
    expected = model.transform(places)

    def write(number):
        model.save_pretrained(tmp_path / str(number))
        return GPS2VecPlusTransformer.from_pretrained(tmp_path / str(number)).transform(
            places
        )

    asks = [functools.partial(model.transform, places)] * (N_THREADS // 2)
    writes = [functools.partial(write, number) for number in range(N_THREADS // 2)]
    for said in at_once(asks + writes):
        assert_equal(said, expected)


def test_parameters_that_say_how_answers_are_given_stay_with_whom_they_are_set(store):
    # Two views of one store: what one gives out is no matter of the other.
    folder, places = store
    layers = [1, "softmax"] * (N_THREADS // 2)
    models = [
        GPS2VecPlusTransformer.from_pretrained(folder).set_params(output_layer=layer)
        for layer in layers
    ]
    expected = [model.transform(places) for model in models]
    jobs = [functools.partial(model.transform, places) for model in models]
    for said, wanted in zip(at_once(jobs), expected, strict=True):
        assert_equal(said, wanted)


# Read from folders --------------------------------------------------------------------


STORED = [subject for subject in SUBJECTS if hasattr(subject.cls, "save_pretrained")]


@pytest.mark.parametrize("subject", STORED, ids=str)
def test_read_from_a_folder_at_once(subject, tmp_path):
    # All read it at once, and then all ask the one that the first of them read.
    model = taught(subject)
    model.save_pretrained(tmp_path)
    rng = np.random.default_rng(4)
    rows = [subject.rows(rng, 4) for _ in range(N_THREADS)]
    serial = subject.cls.from_pretrained(tmp_path)
    expected = [answers(subject, serial, X) for X in rows]
    for _ in range(N_ROUNDS):
        read = at_once([lambda: subject.cls.from_pretrained(tmp_path)] * N_THREADS)
        for model in read[1:]:
            assert_equal(answers(subject, model, rows[0]), expected[0])
        jobs = [functools.partial(answers, subject, read[0], X) for X in rows]
        for said, wanted in zip(at_once(jobs), expected, strict=True):
            assert_equal(said, wanted)


# Galleries ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["multilinear", "trunk", "filter"])
def test_galleries_are_asked_at_once(name):
    rng = np.random.default_rng(6)
    gallery = photos(rng, 40)
    if name == "filter":
        subject = named("RadiusFilter")
    else:
        subject = named(f"LocSensRanker-{name}")
    model = taught(subject)
    stored = pickle.dumps(model)
    where = gallery[:N_THREADS, :2]

    def make():
        return pickle.loads(stored).index(gallery)

    def ask(shared, number):
        tag, place = number % 5, where[number]
        rows, scores = shared.retrieve([tag], [place], k=5, return_scores=True)
        return [np.asarray(rows), np.asarray(scores)]

    ask_in_threads(make, ask, list(range(N_THREADS)))


def test_a_gallery_that_is_replaced_while_it_is_asked():
    # An answer is of the gallery before or of the one after, not of both.
    rng = np.random.default_rng(7)
    galleries = [photos(rng, 30), photos(rng, 50)]
    subject = named("LocSensRanker-multilinear")
    model = taught(subject)
    where, expected = galleries[0][:1, :2], []
    for gallery in galleries:
        expected.append(model.index(gallery).retrieve([1], where, k=5))

    def replace(number):
        for turn in range(10):
            model.index(galleries[(number + turn) % 2])

    def ask():
        return [model.retrieve([1], where, k=5) for _ in range(20)]

    jobs = [functools.partial(replace, number) for number in range(2)] + [ask] * 6
    for said in at_once(jobs)[2:]:
        for rows in said:
            assert any(np.array_equal(rows, each) for each in expected)


# Fits ---------------------------------------------------------------------------------


def a_fit(subject):
    """Return what teaches an estimator that is made now, as `taught` does.

    What somebody's network draws when it is made is no matter of ours.
    """
    rng = np.random.default_rng(0)
    X = subject.rows(rng, 60)
    return functools.partial(subject.make().fit, X, **subject.targets(rng, X))


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_fits_with_one_seed_are_the_same_many_times(subject):
    if not subject.methods:
        pytest.skip("what it fits is fitted above")
    X = subject.rows(np.random.default_rng(8), 7)
    expected = answers(subject, taught(subject), X)
    # In every run of the suite fewer, since some fit many networks.
    fits = [a_fit(subject) for _ in range(scale(3, N_THREADS))]
    for model in at_once(fits):
        assert_equal(answers(subject, model, X), expected)


def test_fits_of_many_kinds_at_once():
    chosen = [subject for subject in SUBJECTS if subject.network and subject.methods]
    X = [subject.rows(np.random.default_rng(9), 5) for subject in chosen]
    expected = [
        answers(subject, taught(subject), rows)
        for subject, rows in zip(chosen, X, strict=True)
    ]
    models = at_once([a_fit(subject) for subject in chosen])
    for subject, model, rows, wanted in zip(chosen, models, X, expected, strict=True):
        assert_equal(answers(subject, model, rows), wanted)


def test_fits_do_not_touch_the_chance_of_others():
    import torch

    state = torch.get_rng_state()
    numbers = np.random.get_state()[1].copy()  # noqa: NPY002
    at_once([a_fit(named("LocSensRanker-trunk")) for _ in range(4)])
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(np.random.get_state()[1], numbers)  # noqa: NPY002
