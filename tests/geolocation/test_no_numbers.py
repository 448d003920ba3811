# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is masked, infinite, or no number is told by its argument, and never read."""

import numpy as np
import pytest

from sklearn_geo.geolocation import (
    AlbumGeolocator,
    NeighborGeolocator,
    PriorGeolocator,
    SelectiveGeolocator,
    TimeAdjustedGeolocator,
    UserAveragingGeolocator,
)
from sklearn_geo.geolocation._photo_columns import Given, read_photos
from tests.geolocation.wrapping import album_photos, cells_of_towns, classifier, looks

FRAME, PLACES = album_photos(n_users=25)
LOOKS = looks(FRAME)
X = LOOKS.to_numpy()
N = len(X)
MASKED = np.arange(N) == 3
BASE = cells_of_towns(FRAME, PLACES)
N_CELLS = BASE.n_cells_[-1]
FIRST = np.arange(N_CELLS) < 2


def hidden(values):
    mask = np.zeros(np.shape(values), dtype=bool)
    mask[3] = True
    return np.ma.array(values, mask=mask)


# Masked -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        classifier(),
        NeighborGeolocator(3),
        SelectiveGeolocator(PriorGeolocator(), 0, threshold=0.0),
        UserAveragingGeolocator(classifier()),
    ],
    ids=lambda model: type(model).__name__,
)
def test_masked_features_are_refused(model):
    with pytest.raises(ValueError, match=r"^X, row 3: the value is masked"):
        model.fit(hidden(X), PLACES)
    more = {"groups": FRAME["user"]} if hasattr(model, "window_hours") else {}
    asked = model.fit(X, PLACES)
    with pytest.raises(ValueError, match=r"^X, row 3: the value is masked"):
        asked.predict(hidden(X), **more)
    # One that hides nothing is an array like others.
    plain = asked.predict(np.ma.array(X), **more)
    np.testing.assert_array_equal(plain, asked.predict(X, **more))


def test_masked_crops_are_refused():
    crops = np.stack([X, X], axis=1)
    with pytest.raises(ValueError, match=r"^X, row 3: the value is masked"):
        classifier().fit(hidden(crops), PLACES)


@pytest.mark.parametrize("name", ["times", "groups"])
def test_masked_times_and_groups_are_refused(name):
    times = FRAME["taken"].dt.tz_convert(None).to_numpy()
    users = np.unique(FRAME["user"], return_inverse=True)[1]
    more = {"times": times, "groups": users}
    model = UserAveragingGeolocator(BASE, cv="prefit", window_hours=3.0)
    model.set_params(time_zone="UTC").fit(LOOKS, PLACES)
    assert model.predict(LOOKS, **more).shape == (N, 2)
    with pytest.raises(ValueError, match=f"^{name}, row 3: the value is masked"):
        model.predict(LOOKS, **more | {name: hidden(more[name])})


@pytest.mark.parametrize(
    "values",
    [
        np.ma.array(np.ones(N_CELLS, dtype=bool), mask=FIRST),
        np.ma.array(np.arange(N_CELLS), mask=FIRST),
        np.ma.array(BASE.cell_names_, mask=FIRST),
        lambda places: np.ma.array(np.ones(len(places), dtype=bool), mask=FIRST),
    ],
    ids=["bools", "indices", "names", "function"],
)
def test_masked_cells_are_neither_possible_nor_not(values):
    with pytest.raises(ValueError, match=r"^mask.* is a masked array that hides"):
        BASE.predict(LOOKS, mask=values)


def test_what_the_words_about_masked_cells_propose_is_read():
    possible = np.ma.array(np.ones(N_CELLS, dtype=bool), mask=FIRST)
    proba = BASE.predict_proba(LOOKS, mask=possible.filled(False))
    assert not proba[:, FIRST].any()
    some = np.ma.array(np.arange(N_CELLS), mask=FIRST).compressed()
    np.testing.assert_array_equal(BASE.predict_proba(LOOKS, mask=some), proba)


def test_masked_scenes_and_groups_of_cells_are_called_what_they_are():
    with pytest.raises(ValueError, match=r"^scenes, row 3: the value is masked"):
        classifier().fit(X, PLACES, scenes=hidden(np.arange(N) % 2))
    model = classifier(calibration_fraction=0.3).fit(X, PLACES)
    n_cells = model.n_cells_[-1]
    by = np.ma.array(np.zeros(n_cells), mask=np.arange(n_cells) == 3)
    with pytest.raises(ValueError, match=r"^by, row 3: the value is masked"):
        model.predict_region(X, 0.5, by=by)


# Infinite -----------------------------------------------------------------------------


def test_users_whose_numbers_have_overflowed_are_not_one():
    with np.errstate(over="ignore"):
        users = np.array([70_000.0, 80_000.0, 1.0]).astype(np.float16)
    for groups in (users, users.tolist(), users.astype(object)):
        with pytest.raises(ValueError, match=r"^groups, row 0: the group is infinite"):
            read_photos(Given(np.zeros((3, 1)), None, groups))


# No numbers ---------------------------------------------------------------------------

NONE = {
    "text": np.full(N, "1"),
    "bytes": np.full(N, b"1"),
    "times": np.full(N, np.datetime64("2020-01-01")),
    "spans": np.full(N, np.timedelta64(1, "s")),
    "complex": np.full(N, 1.0 + 1.0j),
}


@pytest.mark.parametrize("kind", NONE)
def test_a_criterion_is_a_number(kind):
    model = SelectiveGeolocator(PriorGeolocator(), "worth", coverage=0.5)
    with pytest.raises(TypeError, match=r"^criterion='worth' holds something else"):
        model.fit(LOOKS.assign(worth=NONE[kind]), PLACES)
    model.set_params(criterion=lambda X: NONE[kind])
    with pytest.raises(TypeError, match=r"^criterion\(X\) holds something else"):
        model.fit(LOOKS, PLACES)


@pytest.mark.parametrize("kind", NONE)
def test_metadata_are_numbers(kind):
    given = Given(LOOKS.assign(more=NONE[kind]))
    with pytest.raises(TypeError, match="'more' holds something else than numbers"):
        read_photos(given, metadata=("more",))


def test_numbers_are_read_from_whatever_holds_them():
    worth = np.linspace(0.0, 1.0, N)
    model = SelectiveGeolocator(PriorGeolocator(), "worth", coverage=0.25)
    for values in (worth, worth.astype(object), worth.astype(np.longdouble)):
        model.fit(LOOKS.assign(worth=values), PLACES)
        assert model.threshold_ == np.sort(worth)[-int(np.ceil(0.25 * N))]


def test_a_criterion_that_fails_is_named():
    model = SelectiveGeolocator(PriorGeolocator(), lambda X: X["none"], threshold=0.0)
    for table in (X, LOOKS):
        with pytest.raises(ValueError, match=r"^criterion\(X\) failed with \w+Error: "):
            model.fit(table, PLACES)


# Numbers ------------------------------------------------------------------------------


def test_metadata_lose_no_digits_before_they_are_standardised():
    rng = np.random.default_rng(0)
    small = rng.random(N)
    far = 1e9 + small
    said = []
    for values in (far - 1e9, far):
        model = TimeAdjustedGeolocator(
            BASE, times="taken", metadata=("more",), cv="prefit", max_iter=2,
            device="cpu", random_state=0,
        )  # fmt: skip
        photos = LOOKS.assign(taken=FRAME["taken"], more=values)
        model.fit(photos, PLACES + 1e-9)
        assert model.metadata_scale_ == pytest.approx([small.std()], rel=1e-6)
        said.append(model.predict_proba(photos))
    np.testing.assert_allclose(said[0], said[1], atol=1e-5)
    with pytest.raises(ValueError, match=r"the column 'more', row 0: 1e\+60 is"):
        model.fit(photos.assign(more=1e60), PLACES)


def test_the_scale_of_a_prior_moves_nothing():
    prior = np.linspace(1.0, 2.0, N_CELLS)
    likely = BASE.predict_proba(LOOKS).astype(np.float64) * prior
    likely /= likely.sum(axis=1, keepdims=True)
    for scale in (1.0, 1e-300, 1e300):
        found = BASE.predict_proba(LOOKS, prior=scale * prior)
        np.testing.assert_allclose(found, likely, rtol=2e-6)
    # What is masked does not count as the largest.
    mask = np.arange(N_CELLS) > 0
    prior[0] = 1e300
    likely[:, 0] = 0.0
    likely /= likely.sum(axis=1, keepdims=True)
    found = BASE.predict_proba(LOOKS, prior=prior, mask=mask)
    np.testing.assert_allclose(found, likely, rtol=2e-6)


def test_the_scale_of_weights_moves_no_shares_of_an_album():
    weights = np.random.default_rng(0).integers(0, 4, N).astype(float)
    more = {"times": FRAME["taken"], "groups": FRAME["user"]}
    shares = []
    for scale in (1.0, 1e-6, 1e6):
        model = AlbumGeolocator(BASE, cv="prefit", max_iter=1, device="cpu", hidden=2)
        model.fit(LOOKS, PLACES + 1e-9, sample_weight=scale * weights, **more)
        shares.append(model.cell_shares_)
    cells = BASE.partitions_[-1].predict(PLACES)
    own = weights * (cells >= 0)
    counts = np.bincount(cells[own > 0], own[own > 0], N_CELLS)
    counts += 0.5 * own.sum() / np.count_nonzero(own)
    for found in shares:
        np.testing.assert_allclose(found, counts / counts.sum(), rtol=1e-12)
