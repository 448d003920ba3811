# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What networks say of photos, against a loop written by hand."""

import copy
import inspect
import pickle
import warnings
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from joblib import parallel_config
from PIL import Image
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline, make_union
from sklearn.utils import estimator_html_repr
from sklearn.utils.estimator_checks import (
    check_param_validation,
    estimator_checks_generator,
)
from torch import nn

from sklearn_geo import GPS2VecPlusTransformer, vision
from sklearn_geo.vision import EvenCrops, PosteriorTransformer
from tests.at_once import at_once
from tests.contract import OTHER_INPUT
from tests.vision.photo_files import Small, pixels

MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
PHOTOS = pixels(7)


def teacher(module=None, **params):
    settings = {"image_size": 12, "device": "cpu", "batch_size": 3, **params}
    return PosteriorTransformer(Small() if module is None else module, **settings)


def by_hand(photos, network, n_crops=3, size=12, mean=MEAN, std=STD, act="softmax"):
    """Return means over crops, one photo and one crop at a time."""
    network = copy.deepcopy(network).eval()
    rows = []
    for photo in photos:
        said = []
        for crop in EvenCrops(n_crops, size=size)(photo):
            view = ((crop - mean) / std).astype(np.float32).transpose(2, 0, 1)
            with torch.no_grad():
                outputs = network(torch.from_numpy(view)[None])[0].double()
            said.append(
                {
                    "softmax": lambda o: o.exp() / o.exp().sum(),
                    "sigmoid": lambda o: 1 / (1 + (-o).exp()),
                    "logits": lambda o: o,
                }[act](outputs)
            )
        rows.append(torch.stack(said).mean(dim=0).numpy())
    return np.array(rows)


@pytest.mark.parametrize("output", ["softmax", "sigmoid", "logits"])
def test_against_a_loop(output):
    found = teacher(output=output).fit_transform(PHOTOS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, by_hand(PHOTOS, Small(), act=output), atol=1e-5)
    if output == "softmax":
        np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-6)


def test_crops_and_normalisation():
    one = teacher(crops=1, image_size=9).fit_transform(PHOTOS)
    np.testing.assert_allclose(one, by_hand(PHOTOS, Small(), 1, 9), atol=1e-5)
    plain = teacher(mean=None, std=None).fit_transform(PHOTOS)
    np.testing.assert_allclose(
        plain, by_hand(PHOTOS, Small(), mean=0, std=1), atol=1e-5
    )
    # As some networks want it: from -1 to 1.
    even = teacher(mean=0.5, std=[0.5, 0.5, 0.5]).fit_transform(PHOTOS)
    np.testing.assert_allclose(
        even, by_hand(PHOTOS, Small(), mean=0.5, std=0.5), atol=1e-5
    )
    given = teacher(crops=EvenCrops(2, size=10)).fit_transform(PHOTOS)
    np.testing.assert_allclose(given, by_hand(PHOTOS, Small(), 2, 10), atol=1e-5)


def test_crops_by_a_function():
    def middle(photo):
        return photo[4:16, 9:21]

    def two(photo):
        return torch.from_numpy(np.stack([photo[:12, :12], photo[8:, 18:]]))

    def twice_if_dark(photo):
        return np.stack([photo[:12, :12]] * (1 + (photo.mean() < 127)))

    cut = [photo[4:16, 9:21] for photo in PHOTOS]
    expected = by_hand(cut, Small(), 1)
    for crops in (middle, lambda photo: Image.fromarray(middle(photo)),
                  lambda photo: middle(photo).transpose(2, 0, 1) / 255):  # fmt: skip
        found = teacher(crops=crops).fit_transform(PHOTOS)
        np.testing.assert_allclose(found, expected, atol=1e-5)
    corners = [
        by_hand([photo[:12, :12] for photo in PHOTOS], Small(), 1),
        by_hand([photo[8:, 18:] for photo in PHOTOS], Small(), 1),
    ]
    model = teacher(crops=EvenCrops(1, size=20)).fit(PHOTOS).set_params(crops=two)
    found = model.transform(PHOTOS)
    np.testing.assert_allclose(found, np.mean(corners, axis=0), atol=1e-5)
    # Another number of views for every photo.
    found = teacher(crops=twice_if_dark).fit_transform(PHOTOS)
    np.testing.assert_allclose(found, corners[0], atol=1e-5)
    with pytest.raises(ValueError, match=r"row 0: crops made something of shape \(2,"):
        model.set_params(crops=lambda photo: photo[0, :2]).transform(PHOTOS)
    with pytest.raises(ValueError, match="row 1: crops fails on it with KeyError: "):
        model.set_params(crops=lambda photo: {127: photo}[photo.min()]).transform(
            [PHOTOS[0] * 0 + 127, PHOTOS[0] * 0 + 255]
        )
    with pytest.raises(ValueError, match="views of different shapes"):
        model.set_params(crops=lambda photo: photo).transform(
            [PHOTOS[0], PHOTOS[1][:15]]
        )


def test_features_of_a_layer():
    network = Small().eval()
    views = np.stack([EvenCrops(3, size=12)(photo) for photo in PHOTOS])
    views = torch.from_numpy((views - MEAN) / STD).float().permute(0, 1, 4, 2, 3)
    with torch.no_grad():
        maps = network.body(views.flatten(0, 1)).unflatten(0, (7, 3))
    expected = maps.mean(dim=(1, 3, 4)).numpy()
    # Maps are averaged, so that pooling makes no difference here.
    for layer in ("pool", "body", "body.2"):
        model = teacher(output="features", layer=layer)
        found = model.fit_transform(PHOTOS)
        np.testing.assert_allclose(found, expected, atol=1e-5)
    assert model.n_outputs_ == 5
    assert model.get_feature_names_out()[-1] == "feature_4"
    with pytest.raises(ValueError, match="layer='fc': the network has no such layer"):
        teacher(layer="fc").fit(PHOTOS)
    with pytest.raises(ValueError, match="is not used when images are shown"):
        teacher(layer="unused").fit(PHOTOS)


def test_the_rest_of_the_network_is_not_computed():
    class Rest(nn.Module):
        def forward(self, inputs):
            raise AssertionError("nobody asked for this")

    network = nn.Sequential(nn.Conv2d(3, 4, 3), Rest())
    assert teacher(network, layer="0", output="features").fit_transform(
        PHOTOS
    ).shape == (7, 4)


def test_forms_of_photos(tmp_path):
    expected = teacher().fit_transform(PHOTOS)
    names = []
    for i, photo in enumerate(PHOTOS):
        names.append(str(tmp_path / f"{i}.png"))
        Image.fromarray(photo).save(names[-1])
    model = teacher(n_jobs=2).fit(PHOTOS)
    for form in (
        np.moveaxis(PHOTOS, 3, 1),
        torch.from_numpy(PHOTOS),
        list(PHOTOS),
        [Image.fromarray(photo) for photo in PHOTOS],
        names,
        pd.Series(names),
        pd.DataFrame({"file": names}),
        pl.DataFrame({"file": names}),
        np.array(names)[:, None],
        [names[0], *PHOTOS[1:6], Image.open(names[6])],
    ):
        np.testing.assert_allclose(model.transform(form), expected, atol=1e-6)
    both = model.transform([*PHOTOS[:2] / 255, *PHOTOS[2:]])
    np.testing.assert_allclose(both, expected, atol=2e-3)
    # Floats are not rounded to bytes when they are scaled.
    np.testing.assert_allclose(model.transform(PHOTOS / 255), expected, atol=2e-3)
    short = teacher(root=tmp_path).fit_transform(["3.png", "1.png"])
    np.testing.assert_allclose(short, expected[[3, 1]], atol=1e-6)


def test_rows_do_not_depend_on_others():
    model = teacher().fit(PHOTOS)
    whole = model.transform(PHOTOS)
    for i in range(7):
        np.testing.assert_allclose(
            model.transform(PHOTOS[i : i + 1])[0], whole[i], atol=1e-6
        )
    order = np.random.default_rng(0).permutation(7)
    np.testing.assert_allclose(model.transform(PHOTOS[order]), whole[order], atol=1e-6)
    for settings in ({"batch_size": 100}, {"batch_size": 1}, {"n_jobs": 3}):
        again = clone(model).set_params(**settings).fit_transform(PHOTOS)
        np.testing.assert_allclose(again, whole, atol=1e-6)


def test_the_network_is_left_alone():
    network = Small().train()
    before = {name: w.clone() for name, w in network.state_dict().items()}
    random = torch.get_rng_state()
    model = teacher(network).fit(PHOTOS)
    first = model.transform(PHOTOS)
    assert network.training
    assert network.drop.training
    assert all(weight.requires_grad for weight in network.parameters())
    assert not network.head._forward_hooks
    for name, weight in network.state_dict().items():
        assert torch.equal(weight, before[name])
    assert torch.equal(torch.get_rng_state(), random)
    network.eval()
    network.train()
    np.testing.assert_array_equal(model.transform(PHOTOS), first)


def test_weights_are_shared_and_not_copied():
    network = Small()
    model = teacher(network).fit(PHOTOS)
    twin = clone(model)
    assert twin.module is network
    with pytest.raises(NotFittedError):
        twin.transform(PHOTOS)
    twin.fit(PHOTOS)
    for mine, own in (
        (model.module_.head.weight, network.head.weight),
        (twin.module_.head.weight, network.head.weight),
        (twin.module_.body[1].running_mean, network.body[1].running_mean),
    ):
        assert mine.data_ptr() == own.data_ptr()
    assert twin.module_ is not model.module_
    # Trained on, it says something else; that is documented.
    before = model.transform(PHOTOS)
    with torch.no_grad():
        network.head.bias += torch.tensor([5.0, 0, 0, 0])
    assert (model.transform(PHOTOS)[:, 0] > before[:, 0]).all()


def test_clones_keep_everything_else():
    crops = EvenCrops(2, size=12)
    model = teacher(crops=crops, class_names=list("abcd"), prefix="scene")
    model.set_output(transform="pandas")
    twin = clone(model)
    assert twin.crops is not crops
    assert twin.get_params(deep=False).keys() == model.get_params(deep=False).keys()
    assert twin.prefix == "scene"
    out = twin.fit(PHOTOS).transform(PHOTOS)
    assert list(out.columns) == ["scene_a", "scene_b", "scene_c", "scene_d"]


def test_pickles_hold_weights_once():
    wide = nn.Sequential(nn.Conv2d(3, 500, 10), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model = teacher(wide).fit(PHOTOS)
    expected = model.transform(PHOTOS)
    n_bytes = 4 * sum(weight.numel() for weight in wide.parameters())
    data = pickle.dumps(model)
    assert len(data) < 1.1 * n_bytes
    again = pickle.loads(data)
    np.testing.assert_array_equal(again.transform(PHOTOS), expected)
    shared = again.module_[0].weight.data_ptr()
    assert shared == again.module[0].weight.data_ptr()
    twin = copy.deepcopy(model)
    np.testing.assert_array_equal(twin.transform(PHOTOS), expected)
    assert twin.module is not wide
    # What was fitted is what is kept, whatever the parameter says now.
    other = pickle.loads(pickle.dumps(model.set_params(module=Small())))
    np.testing.assert_array_equal(other.transform(PHOTOS), expected)


def test_a_function_makes_the_network():
    for make in (Small, partial(Small, 4, seed=0)):
        model = teacher(make).fit(PHOTOS)
        expected = teacher().fit_transform(PHOTOS)
        np.testing.assert_allclose(model.transform(PHOTOS), expected, atol=1e-6)
        assert clone(model).module is make
        assert len(pickle.dumps(clone(model))) < 1_000  # no weights in there
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(again.transform(PHOTOS), model.transform(PHOTOS))
    with pytest.raises(TypeError, match="it made a int"):
        teacher(int).fit(PHOTOS)
    with pytest.raises(TypeError, match="module is a str"):
        teacher("resnet50").fit(PHOTOS)


def test_networks_of_other_kinds():
    class Wrapped(nn.Module):
        def __init__(self, answer):
            super().__init__()
            self.inner, self.answer = Small(), answer

        def forward(self, images):
            return self.answer(self.inner(images))

    expected = teacher().fit_transform(PHOTOS)
    mapping = Wrapped(lambda outputs: {"logits": outputs})
    np.testing.assert_allclose(teacher(mapping).fit_transform(PHOTOS), expected)
    for answer, words in (
        (lambda outputs: (outputs, outputs), "module gives something that is no"),
        (lambda outputs: outputs[0], r"of shape \(4,\) for 3 images"),
        (lambda outputs: outputs[:, None], r"of shape \(3, 1, 4\) for 3 images"),
    ):
        with pytest.raises(ValueError, match=words):
            teacher(Wrapped(answer)).fit(PHOTOS)
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 2))
    with pytest.raises(ValueError, match=r"images of shape \(3, 3, 12, 12\).*image_si"):
        teacher(flat).fit(PHOTOS)
    assert teacher(flat, image_size=8).fit_transform(PHOTOS).shape == (7, 2)
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "Lazy modules are a new feature"
        )  # in torch 2.2
        lazy = nn.LazyLinear(2)
    with pytest.raises(ValueError, match="lazy layers"):
        teacher(nn.Sequential(nn.Flatten(), lazy)).fit(PHOTOS)
    tied = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1))
    tied[1].weight = tied[0].weight
    copied = teacher(tied).fit(PHOTOS).module_
    assert copied[1].weight is copied[0].weight


def test_networks_that_keep_what_they_saw():
    class Keeps(Small):
        def forward(self, images):
            self.last = super().forward(images)
            return self.last

    network = Keeps().train()
    network(torch.rand(2, 3, 12, 12))
    assert network.last.requires_grad  # torch refuses to copy it
    found = teacher(network).fit(PHOTOS).transform(PHOTOS)
    fresh = Small()
    fresh.load_state_dict(network.state_dict())
    np.testing.assert_allclose(found, by_hand(PHOTOS, fresh), atol=1e-5)


def test_half_precision_stays_so():
    network = Small().to(torch.bfloat16)
    model = teacher(network).fit(PHOTOS)
    assert model.module_.head.weight.dtype == torch.bfloat16
    found = model.transform(PHOTOS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, teacher().fit_transform(PHOTOS), atol=0.05)


def test_networks_that_call_view():
    class Views(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = Small().body, nn.Linear(5 * 144, 3)

        def forward(self, images):
            return self.head(self.body(images).view(len(images), -1))

    network = Views()
    expected = by_hand(PHOTOS, network)
    np.testing.assert_allclose(
        teacher(network).fit_transform(PHOTOS), expected, atol=1e-5
    )


def test_a_second_softmax_is_told_of():
    network = nn.Sequential(Small(), nn.Softmax(dim=1))
    with pytest.warns(UserWarning, match="gives probabilities already"):
        teacher(network).fit(PHOTOS)
    found = teacher(network, output="features").fit_transform(PHOTOS)
    np.testing.assert_allclose(found, teacher().fit_transform(PHOTOS), atol=1e-6)


def test_outputs_that_are_no_numbers():
    class Broken(Small):
        def forward(self, images):
            outputs = super().forward(images)
            outputs[images.mean(dim=(1, 2, 3)) < -1.9] = np.nan
            return outputs

    black = PHOTOS.copy()
    black[4] = 0
    with pytest.raises(ValueError, match="row 4: the network gives NaN or infinity"):
        teacher(Broken()).fit(PHOTOS).transform(black)


def bad_rows(tmp_path):
    names = []
    for i, photo in enumerate(PHOTOS):
        names.append(str(tmp_path / f"{i}.png"))
        Image.fromarray(photo).save(names[-1])
    (tmp_path / "2.png").write_bytes(b"no photo")
    names[4], names[5] = None, str(tmp_path / "gone.png")
    return names


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_photos_that_cannot_be_read(tmp_path, n_jobs):
    names = bad_rows(tmp_path)
    model = teacher(n_jobs=n_jobs).fit(names)
    # What is not there is said before anything is computed.
    with pytest.raises(ValueError, match=r"X, row 5: the file .*gone.png' does not"):
        model.transform([*names[:4], names[0], *names[5:]])
    with pytest.raises(ValueError, match="X, row 4: the photo is missing"):
        model.transform(names)
    with pytest.raises(ValueError, match=r"X, row 2: the file .*2.png' cannot be"):
        model.transform(names[:4])
    model.set_params(errors="nan")
    with pytest.warns(UserWarning, match=r"3 of 7 photos.*row 2: .*2.png.*row 4:"):
        found = model.transform(names)
    assert np.isnan(found).all(axis=1).tolist() == [i in (2, 4, 5) for i in range(7)]
    good = [0, 1, 3, 6]
    expected = teacher().fit_transform(PHOTOS[good])
    np.testing.assert_allclose(found[good], expected, atol=1e-6)


def test_many_bad_rows_are_named_shortly():
    model = teacher(errors="nan").fit(PHOTOS)
    with pytest.warns(UserWarning, match=r"1,200 of 1,200 photos.*row 4: .*; \.\.\.\."):
        found = model.transform([None] * 1200)
    assert np.isnan(found).all()


def test_names_of_columns():
    model = teacher(class_names=["cat", "dog", "cat", "sea"], prefix="object")
    names = model.fit(PHOTOS).get_feature_names_out()
    assert names.tolist() == ["object_cat", "object_dog", "object_cat_2", "object_sea"]
    assert model.class_names_ == ["cat", "dog", "cat_2", "sea"]
    plain = teacher(class_names=np.array(list("abcd")), prefix="").fit(PHOTOS)
    assert plain.get_feature_names_out().tolist() == list("abcd")
    assert teacher().fit(PHOTOS).get_feature_names_out()[0] == "class_0"
    with pytest.raises(ValueError, match="has 2 names, but the network gives 4"):
        teacher(class_names=["a", "b"]).fit(PHOTOS)


def test_frames(tmp_path):
    names = []
    for i, photo in enumerate(PHOTOS):
        names.append(f"{i}.png")
        Image.fromarray(photo).save(tmp_path / names[-1])
    frame = pd.DataFrame({"file": names}, index=range(30, 37))
    model = teacher(root=tmp_path).set_output(transform="pandas").fit(frame)
    assert model.feature_names_in_.tolist() == ["file"]
    out = model.transform(frame)
    assert out.index.tolist() == frame.index.tolist()
    assert out.columns.tolist() == [f"class_{i}" for i in range(4)]
    polars = clone(model).set_output(transform="polars").fit_transform(frame)
    np.testing.assert_allclose(polars.to_numpy(), out.to_numpy(), atol=1e-6)
    with pytest.raises(ValueError, match="feature names should match"):
        model.transform(frame.rename(columns={"file": "name"}))
    model.fit(PHOTOS)
    assert not hasattr(model, "feature_names_in_")


def test_in_a_pipeline_that_is_searched():
    y = np.array([0, 1, 0, 1, 0, 1, 0])
    pipeline = make_pipeline(teacher(), LogisticRegression())
    search = GridSearchCV(
        pipeline, {"posteriortransformer__crops": [1, 3]}, cv=2, n_jobs=2
    )
    with parallel_config(backend="threading"):
        search.fit(PHOTOS, y)
    assert search.predict(PHOTOS).shape == (7,)


def test_two_networks_teach_contexts():
    objects = teacher(class_names=list("abcd"), prefix="object")
    scenes = teacher(Small(3, seed=1), class_names=["x", "y", "z"], prefix="scene")
    union = make_union(objects, scenes).set_output(transform="pandas")
    union.set_params(verbose_feature_names_out=False)
    photos = pixels(40, 14, 18)
    teachers = union.fit_transform(photos)
    places = np.random.default_rng(0).uniform([48, 0], [50, 3], (40, 2))
    student = GPS2VecPlusTransformer(
        contexts={"object": "object_", "scene": "scene_"},
        hidden=(4,),
        max_iter=1,
        min_samples=5,
        random_state=0,
    ).fit(places, teachers)
    assert student.get_feature_names_out().tolist() == list(teachers.columns)


def test_progress(capsys, monkeypatch):
    pytest.importorskip("sklearn.callback")
    told = []

    class Count:
        def setup(self, estimator, context):
            told.append(("setup", context.max_subtasks))

        def on_fit_task_begin(self, estimator, context, **more):
            told.append(("begin", context.task_name))

        def on_fit_task_end(self, estimator, context, **more):
            told.append(("end", context.task_name))

        def teardown(self, estimator, context):
            told.append(("teardown",))

    model = teacher().fit(PHOTOS)
    model.set_callbacks(Count())
    model.transform(PHOTOS)
    # Seven photos, three a batch.
    assert told[0] == ("setup", 3)
    assert told.count(("end", "batch")) == 3
    assert told[-1] == ("teardown",)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr("sklearn_geo.neighbors._progress._SECONDS_BETWEEN_LINES", 0.0)
    model.set_params(verbose=1).transform(PHOTOS)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" rows")[0] for line in lines] == [
        f"[PosteriorTransformer] {n} of 7" for n in (3, 6, 7)
    ]
    with pytest.raises(ValueError, match="row 0"):
        model.transform(["nowhere.png"])
    assert told[-1] == ("teardown",)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"std": [1, 0, 1]}, "channels are divided by it"),
        ({"mean": [1, 2]}, "mean=.* must be three numbers"),
        ({"mean": ["a", "b", "c"]}, "mean=.* must be three numbers"),
        ({"device": "gpu"}, "no device of torch"),
        ({"crops": 0}, "The 'crops' parameter"),
        ({"output": "proba"}, "The 'output' parameter"),
    ],
)
def test_settings_that_make_no_sense(params, words):
    with pytest.raises(ValueError, match=words):
        teacher(**params).fit(PHOTOS)


# Checks about matrices leave out estimators that do not read any.
def _checks():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        return list(estimator_checks_generator(teacher()))


@pytest.mark.parametrize(("estimator", "check"), _checks())
def test_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_parameters_are_validated():
    check_param_validation("PosteriorTransformer", teacher())


def test_its_place_in_the_contract():
    assert OTHER_INPUT["PosteriorTransformer"].endswith("test_posteriors")
    assert "PosteriorTransformer" in vision.__all__
    html = estimator_html_repr(teacher())
    assert "sklearn_geo.vision.PosteriorTransformer.html" in html
    for parameter in teacher().get_params():
        assert f"\n{parameter} : " in inspect.getdoc(PosteriorTransformer)


def test_warnings_are_those_of_who_asks():
    asked = teacher(errors="nan").fit(PHOTOS)
    with pytest.warns(UserWarning, match="1 of 2 photos cannot be read") as caught:
        asked.transform([PHOTOS[0], None])
    with pytest.warns(UserWarning, match="gives probabilities already") as more:
        teacher(nn.Sequential(Small(), nn.Softmax(dim=1))).fit(PHOTOS)
    assert {caught[0].filename, more[0].filename} == {__file__}


@pytest.mark.parametrize("name", ["root", "cache"])
def test_what_is_no_path_is_refused(name):
    with pytest.raises(ValueError, match=f"'{name}' parameter .* Got 3 instead"):
        teacher(**{name: 3}).fit(PHOTOS)


def test_threads_that_share_a_transformer_have_their_own_rows():
    # Layers are asked by hooks of torch, which all threads run through.
    X = pixels(16, 12, 14)
    model = PosteriorTransformer(Small(), layer="pool", image_size=8, device="cpu")
    expected = model.fit(X).transform(X)

    def ask(number):
        rows = slice(2 * number, 2 * number + 2)
        return [model.transform(X[rows]) for _ in range(10)]

    found = at_once([partial(ask, number) for number in range(8)])
    for number, said in enumerate(found):
        for each in said:
            np.testing.assert_allclose(
                each, expected[2 * number : 2 * number + 2], rtol=1e-5
            )


def test_parameters_set_after_fit_are_checked_too():
    X = pixels(2, 12, 14)
    model = PosteriorTransformer(Small(), image_size=8, device="cpu").fit(X)
    with pytest.raises(ValueError, match="'batch_size' parameter"):
        model.set_params(batch_size="auto").transform(X)


@pytest.mark.parametrize("with_cache", [False, True])
def test_another_layer_after_fit_asks_for_another_fit(tmp_path, with_cache):
    cache = tmp_path if with_cache else None
    model = teacher(output="features", layer="pool", cache=cache).fit(PHOTOS)
    width = model.transform(PHOTOS).shape[1]
    model.set_params(layer=None)
    with pytest.raises(ValueError, match=rf"outputs now, and gave {width} in fit: .*F"):
        model.transform(PHOTOS)
    assert model.fit_transform(PHOTOS).shape[1] != width


class Fails(nn.Module):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def forward(self, images):
        raise self.error


def test_memory_that_ran_out_is_not_blamed_on_the_shape_of_images():
    error = torch.cuda.OutOfMemoryError("CUDA out of memory.")
    with pytest.raises(torch.cuda.OutOfMemoryError, match="out of memory"):
        teacher(Fails(error)).fit(PHOTOS)
    error = RuntimeError("sizes do not fit")
    with pytest.raises(ValueError, match=r"of shape \(3, 3, 12, 12\): sizes do not"):
        teacher(Fails(error)).fit(PHOTOS)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"n_crops": 0}, "'n_crops' parameter of EvenCrops"),
        ({"n_crops": "3"}, "'n_crops' parameter of EvenCrops"),
        ({"size": 0}, "'size' parameter of EvenCrops"),
        ({"scale": 2.0}, "'scale' parameter of EvenCrops"),
    ],
)
def test_crops_are_checked_as_if_they_were_alone(settings, words):
    with pytest.raises(ValueError, match=words):
        teacher(crops=EvenCrops(**settings)).fit(PHOTOS)
    model = teacher(crops=EvenCrops(1, size=12)).fit(PHOTOS)
    model.crops.set_params(**settings)
    with pytest.raises(ValueError, match=words):
        model.transform(PHOTOS)


def test_names_are_made_with_what_fit_would_take():
    model = teacher(class_names=list("abcd")).fit(PHOTOS)
    assert model.set_params(prefix="x").get_feature_names_out()[0] == "x_a"
    with pytest.raises(ValueError, match="'prefix' parameter of PosteriorTransformer"):
        model.set_params(prefix=5).get_feature_names_out()
    with pytest.raises(ValueError, match="'output' parameter of PosteriorTransformer"):
        model.set_params(prefix=None, output="feature").get_feature_names_out()
