# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import copy
import pickle

import numpy as np
import pytest
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_geo.context import GPS2VecPlusTransformer, NumpyContextEncoder
from sklearn_geo.encoding import SoftGridEncoder, Sphere2VecEncoder
from sklearn_geo.partition import S2Partition

RNG = np.random.default_rng(0)
PLACES = RNG.uniform([46.0, 8.0], [50.0, 11.0], (60, 2))
TEACHERS = np.hstack([RNG.dirichlet(np.ones(2), 60), RNG.dirichlet(np.ones(2), 60)])
CONTEXTS = {"scene": 2, "tag": 2}


def make(**params):
    return GPS2VecPlusTransformer(
        **{
            "contexts": CONTEXTS,
            "hidden": (6, 5),
            "min_samples": 10,
            "max_iter": 1,
            "random_state": 0,
            "device": "cpu",
            **params,
        }
    )


@pytest.fixture(scope="module")
def fitted():
    return make().fit(PLACES, TEACHERS)


@pytest.mark.parametrize("parts", ["fit", "partial_fit", "from_pretrained", "pickled"])
@pytest.mark.parametrize(
    "params",
    [
        {"hidden": (7,)},
        {"contexts": {"tag": 2, "scene": 2}},
        {"contexts": {"scene": 1, "tag": 3}},
        {"contexts": None},
        {"networks": (("scene", "tag"),)},
        {"regions": None},
        {"regions": S2Partition(20, 1)},
        {"encoding": Sphere2VecEncoder()},
        {"encoding__sigma_km": 7.0},
    ],
)
def test_networks_of_other_shapes_cannot_go_on(fitted, tmp_path, parts, params):
    model = copy.deepcopy(fitted)
    if parts == "partial_fit":
        model = make().partial_fit(PLACES, TEACHERS)
    elif parts == "from_pretrained":
        model.save_pretrained(tmp_path)
        model = GPS2VecPlusTransformer.from_pretrained(tmp_path)
    elif parts == "pickled":
        model = pickle.loads(pickle.dumps(model))
    before, name = model.transform(PLACES), next(iter(params)).split("__")[0]
    old = getattr(model, name)
    model.set_params(**params)
    for go_on in (model.partial_fit, model.update_zones):
        with pytest.raises(ValueError, match=rf"^{name} is .*goes on with the netw"):
            go_on(PLACES, TEACHERS)
    assert np.array_equal(model.transform(PLACES), before)
    if "encoding__sigma_km" not in params or parts != "from_pretrained":
        model.set_params(**{name: old}).partial_fit(PLACES, TEACHERS)
        assert set(model.zone_report_["epochs"]) == {2}
    if parts != "from_pretrained":  # where all the others are said too
        model.set_params(**params).fit(PLACES, TEACHERS)  # anew


def test_equal_parameters_are_the_same():
    model = make(encoding=None, regions=S2Partition(20, 1)).fit(PLACES, TEACHERS)
    model.set_params(
        contexts=dict(CONTEXTS),
        hidden=[6, 5],
        encoding=SoftGridEncoder(),  # what None is
        regions=S2Partition(20, 1),
        n_jobs=1,
        max_iter=2,
    )
    model.partial_fit(PLACES, TEACHERS)
    assert model.n_iter_ == 2


@pytest.mark.parametrize("kind", ["torch", "numpy"])
@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("missing_zone", "nonsense"),
        ("blend_km", -5.0),
        ("max_loaded_zones", 0),
        ("output_layer", 0),
        ("output_layer", "last"),
        ("append_location", "no"),
    ],
)
def test_what_fit_would_refuse_is_refused_when_set_later(
    fitted, tmp_path, kind, parameter, value
):
    model = copy.deepcopy(fitted)
    model.save_pretrained(tmp_path)
    held = sorted((p.name, p.read_bytes()) for p in tmp_path.iterdir() if p.is_file())
    if kind == "numpy":
        model = NumpyContextEncoder.from_pretrained(tmp_path)
    before = model.transform(PLACES)
    old = getattr(model, parameter)
    model.set_params(**{parameter: value})
    asked = [lambda: model.transform(PLACES[:1]), lambda: model.fit(PLACES, TEACHERS)]
    if parameter in ("output_layer", "append_location"):
        asked.append(model.get_feature_names_out)
    if kind == "torch":
        asked.append(lambda: model.numpy_forward(PLACES[:1]))
        asked.append(lambda: model.save_pretrained(tmp_path))
    for ask in asked:
        with pytest.raises(InvalidParameterError, match=f"The '{parameter}' param"):
            ask()
    now = sorted((p.name, p.read_bytes()) for p in tmp_path.iterdir() if p.is_file())
    assert now == held
    model.set_params(**{parameter: old})
    assert np.array_equal(model.transform(PLACES), before)


@pytest.mark.parametrize("value", [0, "last"])
def test_no_other_layer_is_exported(fitted, tmp_path, value):
    model = copy.deepcopy(fitted).set_params(output_layer=value)
    with pytest.raises(InvalidParameterError, match="The 'output_layer' param"):
        model.export_onnx("32U", tmp_path / "zone.onnx")
    model.set_params(output_layer=3)
    with pytest.raises(ValueError, match=r"output_layer=3, but hidden=\(6, 5\) has 2"):
        model.export_onnx("32U", tmp_path / "zone.onnx")
    assert not list(tmp_path.iterdir())


def test_no_other_propagator_is_scored_with(fitted):
    model = copy.deepcopy(fitted).set_params(target_propagator=5)
    with pytest.raises(InvalidParameterError, match="The 'target_propagator' param"):
        model.score(PLACES, TEACHERS)


@pytest.mark.parametrize("kind", [GPS2VecPlusTransformer, NumpyContextEncoder])
def test_fewer_zones_stay_in_memory_when_fewer_may(fitted, tmp_path, kind):
    fitted.save_pretrained(tmp_path)
    model = kind.from_pretrained(tmp_path)
    model.transform(PLACES)
    assert len(model._zones.shelf.loaded_zones) == 2
    model.set_params(max_loaded_zones=1).transform(PLACES)
    assert len(model._zones.shelf.loaded_zones) == 1


def test_names_of_a_layer_that_is_not_there(fitted):
    model = copy.deepcopy(fitted).set_params(output_layer=3)
    with pytest.raises(ValueError, match=r"output_layer=3, but hidden=\(6, 5\) has 2"):
        model.get_feature_names_out()
