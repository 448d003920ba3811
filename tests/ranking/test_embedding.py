# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import pickle
import tracemalloc
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from scipy.special import expit, softmax
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import estimator_checks_generator

from sklearn_geo.metrics import hashtag_accuracy_at_k
from sklearn_geo.ranking import HashtagEmbedding
from tests.contract import ADDITIONAL_CHECKS, OTHER_INPUT, check_name
from tests.ranking.tagged_photos import imbalanced, subjects

X, Y, SUBJECT = subjects()
NEW, NEW_Y, NEW_SUBJECT = subjects(200, seed=1)
NAMES = [f"{what}{n}" for what in ("sea", "snow", "city", "cat", "food") for n in "abc"]
# Word vectors: tags of one subject are near each other.
WORDS = np.repeat(np.eye(5, 6, dtype=np.float32), 3, axis=0) + 0.1
KINDS = {
    "mcc": {},
    "random": {"targets": "random"},
    "sampled": {"n_sampled_tags": 4},
    "random sampled": {"n_sampled_tags": 4, "targets": "random"},
    "no bias": {"use_bias": False},
    "mlc": {"supervision": "mlc"},
    "balanced": {"supervision": "mlc", "class_weight": "balanced"},
    "effective": {"supervision": "mlc", "class_weight": "effective"},
    "focal": {"supervision": "mlc", "class_weight": "focal"},
    "her": {"supervision": "her", "word_vectors": WORDS},
    "hidden": {"hidden_layer_sizes": (16,)},
}


def model(**params):
    settings = {"n_components": 8, "max_iter": 12, "learning_rate_init": 0.02}
    settings |= {"batch_size": 50, "device": "cpu", "random_state": 0}
    return HashtagEmbedding(**{**settings, **params})


@pytest.fixture(scope="module", params=KINDS)
def fitted(request):
    return model(**KINDS[request.param]).fit(X, Y)


@pytest.fixture(scope="module")
def mcc():
    return model(tag_names=NAMES).fit(X, Y)


# What is learnt -----------------------------------------------------------------------


def test_first_tags_are_of_the_subject(fitted):
    tags = fitted.predict_topk(NEW, 3)
    right = tags // 3 == NEW_SUBJECT[:, np.newaxis]
    assert right.mean() > 0.9
    assert fitted.score(NEW, NEW_Y) > 0.97


def test_photos_near_a_tag_are_of_its_subject(fitted):
    photos = fitted.index(NEW).retrieve(np.arange(15), 10)
    right = NEW_SUBJECT[photos] == np.arange(15)[:, np.newaxis] // 3
    assert right.mean() > 0.9


def test_tags_of_a_subject_are_near_each_other(fitted):
    near = fitted.tag_vectors_ @ fitted.tag_vectors_.T
    same = np.arange(15)[:, None] // 3 == np.arange(15) // 3
    off = ~np.eye(15, dtype=bool)
    assert near[same & off].mean() > near[~same].mean() + 0.3


def test_shapes_and_lengths(fitted):
    n_components = 6 if fitted.supervision == "her" else 8
    vectors = fitted.transform(NEW)
    assert vectors.shape == (200, n_components)
    assert vectors.dtype == fitted.tag_vectors_.dtype == np.float32
    assert fitted.tag_vectors_.shape == (15, n_components)
    for each in (vectors, fitted.tag_vectors_):
        np.testing.assert_allclose(np.linalg.norm(each, axis=1), 1, rtol=1e-5)
    assert fitted.n_components_ == n_components
    np.testing.assert_array_equal(fitted.tag_counts_, Y.sum(axis=0))
    assert (fitted.n_tags_, fitted.n_untagged_, fitted.n_iter_) == (15, 0, 12)


def test_softmax_beats_sigmoids_and_frequency_where_tags_are_unequal():
    # As in the paper. (With biases, sigmoids start at the frequencies and keep up.)
    found = []
    for seed in (0, 1):
        X, y = imbalanced(1200, seed)
        learn, test = slice(0, 800), slice(800, None)
        frequency = np.tile(np.asarray(y[learn].sum(axis=0)), (400, 1))
        row = [hashtag_accuracy_at_k(y[test], frequency, k=10)]
        for supervision in ("mlc", "mcc"):
            one = model(supervision=supervision, n_components=16, use_bias=False)
            one.set_params(learning_rate_init=0.005).fit(X[learn], y[learn])
            row.append(one.score(X[test], y[test]))
        found.append(row)
    frequency, mlc, mcc = np.mean(found, axis=0)
    assert mcc > mlc + 0.03
    assert mcc > frequency + 0.1


def test_word_vectors_suggest_a_tag_that_was_never_taught():
    # No photo of fit has tag 14, but food photos have its neighbours 12 and 13.
    taught = Y.toarray()
    taught[:, 14] = 0
    rows = taught.any(axis=1)
    her = model(**KINDS["her"]).fit(X[rows], taught[rows])
    assert her.tag_counts_[14] == 0
    photos, scores = her.index(NEW).retrieve(14, 20, return_scores=True)
    assert (NEW_SUBJECT[photos] == 4).mean() > 0.9
    assert (scores > 0.8).all()
    # A softmax pushes it away from everything.
    mcc = model().fit(X[rows], taught[rows])
    assert (mcc.predict_topk(NEW, 3) != 14).all()


def test_random_tags_learn_what_their_expectation_does(mcc):
    one = model(targets="random", max_iter=40).fit(X, Y).predict_proba(NEW)
    assert np.abs(one - mcc.predict_proba(NEW)).mean() < 0.02


def test_probabilities_are_those_of_a_tag_at_random(mcc):
    # Each of the three tags of a subject is a third; alike for all of its photos.
    shares = mcc.predict_proba(NEW).reshape(200, 5, 3)
    own = shares[np.arange(200), NEW_SUBJECT]
    assert np.abs(own.mean(axis=0) - 1 / 3).max() < 0.05


# How scores, vectors and probabilities belong together --------------------------------


@pytest.mark.parametrize("kind", ["mcc", "no bias", "mlc"])
def test_scores_are_products_of_vectors_and_biases(kind):
    one = model(normalize=False, **KINDS[kind]).fit(X, Y)
    scores = one.transform(NEW).astype(float) @ one.tag_vectors_.T
    if kind != "no bias":
        scores += one.net_.module_.biases.weight.detach().numpy()[:, 0]
    np.testing.assert_allclose(one.decision_function(NEW), scores, atol=1e-4)


def test_scores_of_word_vectors_are_cosines():
    vectors = WORDS * np.arange(1, 16)[:, np.newaxis]
    one = model(supervision="her", word_vectors=vectors, normalize=False).fit(X, Y)
    np.testing.assert_array_equal(one.tag_vectors_, vectors.astype(np.float32))
    photos = one.transform(NEW)
    cosines = photos @ vectors.T / np.linalg.norm(vectors, axis=1)
    cosines /= np.linalg.norm(photos, axis=1, keepdims=True)
    np.testing.assert_allclose(one.decision_function(NEW), cosines, atol=1e-5)


def test_probabilities(fitted):
    if fitted.supervision == "her":
        assert not hasattr(fitted, "predict_proba")
        return
    proba, scores = fitted.predict_proba(NEW), fitted.decision_function(NEW)
    if fitted.supervision == "mcc":
        np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)
        np.testing.assert_allclose(proba, softmax(scores, axis=1), atol=1e-6)
    else:
        np.testing.assert_allclose(proba, expit(scores), atol=1e-6)


def test_small_probabilities_are_kept():
    one = model(supervision="mlc").fit(X, Y)
    far = 4 * NEW  # far from the border: sigmoids of -20 and less
    scores = one.decision_function(far).astype(np.float64)
    assert (scores < -20).any()
    proba = one.predict_proba(far)
    assert proba.dtype == np.float32
    np.testing.assert_allclose(proba, 1 / (1 + np.exp(-scores)), rtol=1e-4)
    low = scores < 0
    order = np.argsort(scores[low])
    assert (np.diff(proba[low][order]) >= 0).all()


def test_probabilities_of_far_photos_are_finite(mcc):
    for kind in ("mcc", "mlc"):
        proba = model(**KINDS[kind]).fit(X, Y).predict_proba(1e4 * NEW)
        assert ((proba >= 0) & (proba <= 1)).all()


def test_rows_stand_alone(fitted):
    some = NEW[:5]
    for method in ("transform", "decision_function"):
        call = getattr(fitted, method)
        alone = np.concatenate([call(row[None]) for row in some])
        np.testing.assert_allclose(call(NEW)[:5], alone, atol=1e-5)


def test_blocks_of_rows_change_nothing(fitted):
    whole = fitted.predict_topk(NEW, 4, return_scores=True)
    with config_context(working_memory=0.01):
        parts = fitted.predict_topk(NEW, 4, return_scores=True)
        sizes = [block.nbytes for _, block in fitted._score_blocks(NEW)]
    assert max(sizes) <= 0.01 * 2**20
    for a, b in zip(whole, parts, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


# How it is trained --------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mcc", "random sampled", "her"])
def test_same_seed_same_numbers(kind):
    state = torch.random.get_rng_state()
    one, other = (model(**KINDS[kind], max_iter=2).fit(X, Y) for _ in range(2))
    np.testing.assert_array_equal(one.transform(NEW), other.transform(NEW))
    np.testing.assert_array_equal(one.tag_vectors_, other.tag_vectors_)
    third = model(**KINDS[kind], max_iter=2).set_params(random_state=1).fit(X, Y)
    assert not np.array_equal(one.transform(NEW), third.transform(NEW))
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_all_tags_sampled_trains_like_the_whole_softmax(solver):
    params = {"solver": solver, "max_iter": 3}
    whole = model(**params).fit(X, Y)
    sampled = model(n_sampled_tags=15, **params).fit(X, Y)
    np.testing.assert_allclose(
        whole.decision_function(NEW), sampled.decision_function(NEW), atol=2e-3
    )
    np.testing.assert_allclose(
        whole.history_["train_loss"], sampled.history_["train_loss"], rtol=1e-3
    )


def test_held_out_photos_are_judged_by_all_tags():
    watched = {"early_stopping": True, "max_iter": 3}
    sampled = model(n_sampled_tags=2, **watched).fit(X, Y)
    # The first weights of both are the same, so are the held-out photos.
    losses = sampled.history_["valid_loss"]
    whole = model(warm_start=True, **watched).fit(X, Y).history_["valid_loss"]
    assert abs(losses[0] - whole[0]) < 0.5
    assert np.isfinite(losses).all()
    best = model(n_sampled_tags=2, early_stopping=True, max_iter=8).fit(X, Y)
    assert best.history_["best"].any()


def test_a_warm_start_keeps_the_best_weights():
    early = {"early_stopping": True, "n_iter_no_change": 2, "warm_start": True}
    one = model(max_iter=8, **early).fit(X, Y)
    learnt, before = len(one.history_), one.decision_function(X)
    # Steps that are far too long make it worse, so that nothing is taken.
    one.set_params(learning_rate_init=3.0, solver="sgd").fit(X, Y)
    assert len(one.history_) == learnt + 2
    assert not one.history_["best"][learnt:].any()
    np.testing.assert_array_equal(one.decision_function(X), before)


def test_a_warm_start_takes_the_seed_that_is_set():
    first = model(warm_start=True, early_stopping=True, max_iter=2).fit(X, Y)
    for learn in ("fit", "partial_fit"):
        said = []
        for seed in (0, 5, 5, None):
            one = pickle.loads(pickle.dumps(first)).set_params(random_state=seed)
            said.append(getattr(one, learn)(X, Y).decision_function(NEW))
            assert one._seed == first._seed  # of the photos held out
        np.testing.assert_array_equal(said[1], said[2])
        np.testing.assert_array_equal(said[0], said[3])
        assert np.abs(said[0] - said[1]).max() > 1e-5


def test_many_photos_are_watched():
    many, tags = np.tile(X, (3, 1)), sparse.vstack([Y] * 3)
    assert np.isfinite(model(max_iter=2).fit(many, tags).history_["valid_loss"]).all()
    assert np.isnan(model(max_iter=2).fit(X, Y).history_["valid_loss"]).all()


def test_photos_without_weight_teach_nothing():
    wrong = sparse.csr_array(np.roll(Y.toarray(), 3, axis=1))
    both, tags = np.vstack([X, X]), sparse.vstack([Y, wrong])
    weight = np.repeat([1.0, 0.0], len(X))
    assert model().fit(both, tags, sample_weight=weight).score(NEW, NEW_Y) > 0.97
    first = model().fit(both, tags, sample_weight=1 - weight).predict_topk(NEW, 3)
    assert (first // 3 == (NEW_SUBJECT[:, None] + 1) % 5).mean() > 0.9


def test_warm_start_goes_on():
    one = model(warm_start=True, max_iter=3).fit(X, Y)
    loss = one.history_["train_loss"][-1]
    one.fit(X, Y)
    assert one.n_iter_ == 6
    assert one.history_["train_loss"][-1] < loss
    whole = model(max_iter=6).fit(X, Y)
    np.testing.assert_allclose(
        one.decision_function(NEW), whole.decision_function(NEW), atol=1e-4
    )


@pytest.mark.parametrize("kind", ["mcc", "random sampled", "balanced", "her"])
def test_partial_fit_is_one_epoch(kind):
    one = model(**KINDS[kind])
    for _ in range(10):
        one.partial_fit(X[:200], Y[:200]).partial_fit(X[200:], Y[200:])
    assert one.n_iter_ == 20
    assert one.score(NEW, NEW_Y) > 0.97
    np.testing.assert_array_equal(one.tag_counts_, Y[200:].sum(axis=0))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_components": 9}, "n_components is 9, and was 8 before"),
        ({"use_bias": False}, "use_bias is False"),
        ({"hidden_layer_sizes": (3,)}, "hidden_layer_sizes"),
        ({"supervision": "mlc"}, "supervision is 'mlc'"),
        ({"n_sampled_tags": 3}, "n_sampled_tags is 3"),
    ],
)
def test_another_network_cannot_go_on(change, message):
    one = model(warm_start=True, max_iter=1).fit(X, Y)
    with pytest.raises(ValueError, match=message):
        one.set_params(**change).fit(X, Y)
    with pytest.raises(ValueError, match="y has 14 tags, and had 15"):
        one.set_params(**model(warm_start=True).get_params()).fit(X, Y[:, :14])


def test_one_tag_is_a_flat_y():
    one = model(supervision="mlc", warm_start=True, max_iter=2)
    with pytest.warns(UserWarning, match="have no tag"):
        one.fit(X, Y[:, [0]].toarray().ravel())
    with pytest.warns(UserWarning, match="have no tag"):
        one.fit(X, Y[:, [0]].toarray().ravel())
    assert one.n_iter_ == 4
    assert one.tag_vectors_.shape == (1, 8)
    with pytest.raises(ValueError, match="requires y to be passed"):
        one.fit(X, None)


def test_other_word_vectors_cannot_go_on():
    one = model(warm_start=True, **KINDS["her"]).fit(X, Y)
    with pytest.raises(ValueError, match="word_vectors are others than before"):
        one.set_params(word_vectors=2 * WORDS).fit(X, Y)


def test_verbose_prints_an_epoch_a_line(capsys):
    model(max_iter=2).fit(X, Y)
    assert capsys.readouterr().out == ""
    model(max_iter=2, verbose=1).fit(X, Y)
    assert capsys.readouterr().out.count("Epoch ") == 2


def test_callbacks_hear_of_epochs():
    callback = pytest.importorskip("sklearn.callback")
    one = model(max_iter=3).set_callbacks(callback.ProgressBar())
    assert one.fit(X, Y).n_iter_ == 3


def test_memory_maps_are_read_in_batches(tmp_path):
    n_rows, n_columns = 4000, 500
    file = tmp_path / "features.npy"
    whole = np.lib.format.open_memmap(
        file, mode="w+", dtype=np.float16, shape=(n_rows, n_columns)
    )
    tags = np.arange(n_rows) % 7
    whole[:] = np.random.default_rng(0).normal(size=whole.shape)
    whole[np.arange(n_rows), tags] += 4
    whole.flush()
    mapped = np.load(file, mmap_mode="r")
    indicator = sparse.csr_array(np.eye(7)[tags])
    with config_context(working_memory=1):
        tracemalloc.start()
        one = model(max_iter=2).fit(mapped, indicator)
        vectors = one.transform(mapped)
        first = one.predict_topk(mapped, 1)[:, 0]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8 * n_rows * n_columns / 2  # in float64 it would be twice that
    assert vectors.shape == (n_rows, 8)
    assert (first == tags).mean() > 0.9


def test_scale_makes_units_of_no_matter():
    units = 10.0 ** np.arange(-4, 4)
    shifted = 100 + X.astype(np.float64)
    one, other = model().fit(shifted, Y), model().fit(shifted * units, Y)
    np.testing.assert_allclose(
        one.decision_function(shifted),
        other.decision_function(shifted * units),
        atol=0.05,
    )
    assert model(scale=None).fit(X, Y).score(NEW, NEW_Y) > 0.97


# Tags that are left out, photos that have none ----------------------------------------


def test_names_of_tags():
    frame = pd.DataFrame(Y.toarray(), columns=NAMES)
    one = model(max_iter=2).fit(X, frame)
    assert one.tag_names_ == NAMES
    given = model(max_iter=2, tag_names=NAMES).fit(X, Y).index(NEW)
    np.testing.assert_array_equal(
        given.retrieve(["snowa", "cata"], 4), given.retrieve([3, 9], 4)
    )
    with pytest.raises(ValueError, match="Did you mean 'snowa'"):
        given.retrieve("snowaa")


def test_omitted_tags_are_never_suggested():
    one = model(omit_tags=["snowa", "paris"], tag_names=NAMES).fit(X, Y)
    assert (one.predict_topk(NEW, 14) != 3).all()
    assert (one.predict_topk(NEW, 15)[:, -1] == -1).all()
    assert (one.decision_function(NEW)[:, 3] == -np.inf).all()
    assert one.predict(NEW).toarray()[:, 3].sum() == 0
    # It was learnt all the same.
    np.testing.assert_allclose(one.predict_proba(NEW).sum(axis=1), 1, rtol=1e-5)
    assert one.predict_proba(NEW)[NEW_SUBJECT == 1, 3].min() > 0.05


def test_suggested_tags(mcc):
    indicator = model(n_suggested=2).fit(X, Y).predict(NEW)
    assert sparse.issparse(indicator)
    assert (indicator.sum(axis=1) == 2).all()
    one = model(supervision="mlc", threshold=0.0).fit(X, Y)
    np.testing.assert_array_equal(
        one.predict(NEW).toarray(), one.predict_proba(NEW) >= 0.5
    )


@pytest.mark.parametrize("kind", ["mcc", "random", "random sampled", "mlc", "her"])
def test_photos_without_tags_are_passed_over(kind):
    bare = sparse.csr_array(Y.toarray() * (np.arange(len(X)) % 4 > 0)[:, np.newaxis])
    with pytest.warns(UserWarning, match="100 of 400 photos have no tag") as caught:
        one = model(**KINDS[kind]).fit(X, bare)
    assert caught[0].filename == __file__  # it points to who called fit
    assert one.n_untagged_ == 100
    assert one.history_["n_rows"][0] == 300
    assert one.score(NEW, NEW_Y) > 0.97
    with pytest.raises(ValueError, match=r"y, row 0: the photo has no tag \(100"):
        model(untagged="error").fit(X, bare)
    with pytest.raises(ValueError, match="No photo has a tag"):
        model().fit(X, 0 * Y)


def test_tags_without_word_vectors():
    words = WORDS.copy()
    words[[0, 1, 2, 5]] = 0
    n_lost = int((SUBJECT == 0).sum())
    own = Y.toarray()
    n_lost += int((own[:, 5] * (own.sum(axis=1) == 1)).sum())
    with pytest.warns(UserWarning, match="4 of 15 tags have no word vector") as caught:
        one = model(supervision="her", word_vectors=words, tag_names=NAMES).fit(X, Y)
    assert caught[0].filename == __file__
    assert f"{n_lost} photos have no other tags" in str(caught[0].message)
    assert "'seaa', 'seab', 'seac'" in str(caught[0].message)
    assert one.history_["n_rows"][0] == 400 - n_lost
    assert not np.isin(one.predict_topk(NEW, 15), [0, 1, 2, 5]).any()
    with pytest.raises(ValueError, match="'snowc' has no word vector"):
        one.index(NEW).retrieve("snowc")


def test_no_photo_with_a_word_vector():
    words = np.zeros((16, 2))
    words[15] = 1
    y = np.hstack([Y.toarray(), np.zeros((400, 1))])
    with pytest.raises(ValueError, match="No photo has a tag with a word vector"):
        model(supervision="her", word_vectors=words).fit(X, y)


# Searching ----------------------------------------------------------------------------


def test_search_goes_by_cosine(mcc):
    photos, scores = mcc.index(NEW).retrieve("snowa", 7, return_scores=True)
    assert photos.shape == scores.shape == (7,)
    cosines = mcc.transform(NEW) @ mcc.tag_vectors_[3]
    np.testing.assert_array_equal(photos, np.argsort(-cosines, kind="stable")[:7])
    np.testing.assert_allclose(scores, np.sort(cosines)[::-1][:7], rtol=1e-5)
    both = mcc.tag_vectors_[3] + mcc.tag_vectors_[4]
    assert (NEW_SUBJECT[mcc.retrieve(both, 7)] == 1).all()
    assert mcc.retrieve(NEW[:2] @ np.zeros((8, 8)) + 1.0, 3).shape == (2, 3)


def test_learning_on_forgets_the_gallery():
    one = model(max_iter=1, warm_start=True).fit(X, Y).index(NEW)
    assert one.gallery_.shape == (200, 8)
    with pytest.raises(NotFittedError, match="call index"):
        one.fit(X, Y).retrieve(0)


def test_search_beyond_the_gallery(mcc):
    one = clone(mcc).fit(X, Y)
    with pytest.raises(NotFittedError, match="call index"):
        one.retrieve("snowa")
    photos = one.index(NEW[:3]).retrieve(["snowa", "cata"], 5)
    assert photos.shape == (2, 5)
    assert (photos[:, 3:] == -1).all()
    with pytest.raises(ValueError, match="The gallery is empty"):
        one.index(NEW[:0])


# In scikit-learn's company ------------------------------------------------------------


def test_in_a_column_transformer_and_a_search():
    rows = np.hstack([np.zeros((400, 2)), X])
    columns = [("place", "passthrough", [0, 1]), ("photo", model(), slice(2, None))]
    out = ColumnTransformer(columns).fit_transform(rows, Y)
    np.testing.assert_array_equal(out[:, :2], 0)
    np.testing.assert_allclose(out[:, 2:], model().fit(X, Y).transform(X), rtol=1e-6)
    search = GridSearchCV(model(max_iter=4), {"n_components": [1, 6]}, cv=2)
    assert search.fit(X, Y).best_params_ == {"n_components": 6}


def test_frames_come_out_and_frozen_models_stay(mcc):
    frame = clone(mcc).set_output(transform="pandas").fit(X, Y).transform(NEW)
    assert list(frame.columns) == [f"embedding_{n}" for n in range(8)]
    np.testing.assert_allclose(frame, mcc.transform(NEW), rtol=1e-6)
    frozen = FrozenEstimator(mcc).fit(NEW, NEW_Y)
    np.testing.assert_array_equal(frozen.transform(NEW), mcc.transform(NEW))
    assert frozen.tag_vectors_ is mcc.tag_vectors_


def test_pickles(fitted):
    twin = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(twin.transform(NEW), fitted.transform(NEW))
    np.testing.assert_array_equal(twin.predict_topk(NEW), fitted.predict_topk(NEW))


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (X, Y[:399], "y has the tags of 399 photos, but X has 400 rows"),
        (X, None, "requires y to be passed"),
        (X, Y[:, :0], "no columns"),
        (np.where(X > 2.5, np.nan, X), Y, "Input X contains NaN"),
        (np.where(X > 2.5, np.inf, X).astype(np.float16), Y, "X contains infinity"),
        (X[0], Y, "1D array"),
        (sparse.csr_array(X), Y, "Sparse data was passed"),
        (X, [["sea"]] * 400, "holds words"),
        (X, -Y, "is negative"),
    ],
)
def test_bad_input(X, y, message):
    with pytest.raises((ValueError, TypeError), match=message):
        model().fit(X, y)


def test_scores_of_other_tags(mcc):
    with pytest.raises(ValueError, match="y has 14 tags, but fit had 15"):
        mcc.score(NEW, NEW_Y[:, :14])


def test_bad_weights_and_names():
    with pytest.raises(ValueError, match="Negative values"):
        model().fit(X, Y, sample_weight=-np.ones(400))
    with pytest.raises(ValueError, match="tag_names has 2 names, but y has 15"):
        model(tag_names=["a", "b"]).fit(X, Y)
    with pytest.raises(ValueError, match="pass word_vectors"):
        model(supervision="her").fit(X, Y)
    with pytest.raises(ValueError, match="hidden_layer_sizes must be whole numbers"):
        model(hidden_layer_sizes=(4, 0)).fit(X, Y)
    with pytest.raises(ValueError, match="omit_tags leaves no tag"):
        model(omit_tags=range(15)).fit(X, Y)


class _FoldsY(HashtagEmbedding):
    """Test-only: makes tags of the labels and numbers that the checks feed."""

    def _read_target(self, y, *args):
        return super()._read_target(_three_tags(y), *args)

    def score(self, X, y, sample_weight=None):
        return super().score(X, _three_tags(y), sample_weight)


def _three_tags(y):
    if y is None:
        return None
    y = np.asarray(y)
    if y.dtype.kind in "OUS":
        y = np.unique(y.ravel(), return_inverse=True)[1]
    first = y.reshape(len(y), -1)[:, 0].astype(np.float64)
    if not np.isfinite(first).all():
        return y
    return np.eye(3)[np.abs(np.round(first)).astype(int) % 3]


FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": "Batches are drawn at random "
    "among rows: a row of weight 2 is drawn once, two equal rows are drawn apart.",
}


def _checks():
    small = {"n_components": 4, "max_iter": 4, "random_state": 0, "n_suggested": 1}
    checks = list(estimator_checks_generator(_FoldsY(**small)))
    for name in ADDITIONAL_CHECKS:
        check = partial(getattr(estimator_checks, name), "_FoldsY")
        checks.append((_FoldsY(**small), check))
    for estimator, check in checks:
        name, marks = check_name(check), ()
        if name in FAILURES:
            marks = pytest.mark.xfail(reason=FAILURES[name], strict=True)
        yield pytest.param(estimator, check, id=name, marks=marks)


@pytest.mark.filterwarnings("ignore:X (does not have valid|has) feature names")
@pytest.mark.parametrize(("estimator", "check"), list(_checks()))
def test_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_parameters_are_documented():
    assert OTHER_INPUT["HashtagEmbedding"] == "tests.ranking.test_embedding"
    for parameter in HashtagEmbedding().get_params():
        assert f"\n{parameter} : " in inspect.getdoc(HashtagEmbedding)


def test_numbers_that_float32_does_not_hold_are_refused():
    X, y = np.eye(4), np.eye(4)
    model = HashtagEmbedding(n_components=2, max_iter=1, random_state=0, device="cpu")
    model.fit(X, y)
    X[3, 1] = -1e39
    for ask in (model.fit, lambda X, y: model.transform(X)):
        with pytest.raises(
            ValueError, match=r"X, row 3: -1e\+39 is beyond what float32"
        ):
            ask(X, y)


@pytest.mark.parametrize("bad", [1e39, 1e20, np.nan])
def test_vectors_to_search_for_that_are_too_large_are_refused(bad):
    model = HashtagEmbedding(n_components=2, max_iter=1, random_state=0, device="cpu")
    model.fit(np.eye(4), np.eye(4)).index(np.eye(4))
    with pytest.raises(ValueError, match="Vectors to search for must be finite"):
        model.retrieve([1.0, bad])


@pytest.mark.parametrize("X", [np.float64(1.0), (row for row in np.eye(2))])
def test_probabilities_of_what_is_no_table(X):
    model = HashtagEmbedding(n_components=2, max_iter=1, random_state=0, device="cpu")
    model.fit(np.eye(4), np.eye(4))
    with pytest.raises((TypeError, ValueError), match=r"2D array|float\(\) argument"):
        model.predict_proba(X)


def test_vectors_to_search_for_may_be_any_block_of_memory():
    model = HashtagEmbedding(n_components=2, max_iter=1, random_state=0, device="cpu")
    model.fit(np.eye(4), np.eye(4)).index(np.eye(4))
    vectors = np.array([[1.0, 0.0], [0.0, 1.0]])
    found = model.retrieve(memoryview(vectors), k=2)
    assert found.tolist() == model.retrieve(vectors, k=2).tolist()


def test_a_second_fit_that_fails_leaves_the_first():
    embedding = model(max_iter=2).fit(X, Y)
    before = embedding.decision_function(NEW)
    embedding.set_params(supervision="her", word_vectors=np.eye(3))
    with pytest.raises(ValueError, match="word_vectors"):
        embedding.fit(X[:, :-1], sparse.hstack([Y, Y]))
    assert np.array_equal(embedding.decision_function(NEW), before)


def test_a_part_that_fails_leaves_what_was_known_of_tags():
    embedding = model(max_iter=2).fit(X, Y)
    before = embedding.decision_function(NEW)
    with pytest.raises(ValueError, match="No photo has a tag"):
        embedding.partial_fit(X, Y * 0)
    assert np.array_equal(embedding.tag_counts_, Y.sum(axis=0))
    assert np.array_equal(embedding.decision_function(NEW), before)
