# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which fits go on with the zones of another one, and which are other fits."""

import json

import numpy as np
import pytest

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.context._fingerprint import renewed

RNG = np.random.default_rng(0)
# All at one place, so that places do not tell which photos are meant.
PLACES = np.tile([[45.0, 8.0]], (60, 1))
TEACHERS = RNG.dirichlet(np.ones(4), 60)


def model_of(folder, contexts, **params):
    return GPS2VecPlusTransformer(
        contexts=contexts,
        networks=(("a", "b"),),
        hidden=(4,),
        max_iter=1,
        min_samples=5,
        random_state=0,
        checkpoint_dir=folder,
        **params,
    )


@pytest.mark.parametrize(
    ("contexts", "what"),
    [
        ({"a": [2, 3], "b": [0, 1]}, "columns"),
        ({"a": [1, 0], "b": [2, 3]}, "columns"),
        ({"b": [2, 3], "a": [0, 1]}, "contexts"),
        ({"b": 2, "a": 2}, "contexts"),
    ],
)
def test_other_columns_are_another_fit(tmp_path, contexts, what):
    model_of(tmp_path, {"a": [0, 1], "b": [2, 3]}).fit(PLACES, TEACHERS)
    again = model_of(tmp_path, contexts, resume=True)
    with pytest.raises(ValueError, match=f"of another fit: {what} was"):
        again.fit(PLACES, TEACHERS)


def test_the_same_columns_in_other_words_are_the_same_fit(tmp_path):
    first = model_of(tmp_path, {"a": [0, 1], "b": [2, 3]}).fit(PLACES, TEACHERS)
    seconds = first.zone_report_["seconds"]
    again = model_of(tmp_path, {"a": 2, "b": 2}, resume=True)
    assert (again.fit(PLACES, TEACHERS).zone_report_["seconds"] == seconds).all()


def test_other_photos_of_weight_0_are_another_fit(tmp_path):
    weights = np.repeat([0.0, 1.0], [20, 40])
    contexts = {"a": 2, "b": 2}
    model_of(tmp_path, contexts).fit(PLACES, TEACHERS, sample_weight=weights)
    again = model_of(tmp_path, contexts, resume=True)
    with pytest.raises(ValueError, match="of another fit: photos was"):
        again.fit(PLACES, TEACHERS, sample_weight=weights[::-1])
    again.fit(PLACES, TEACHERS, sample_weight=weights)


def as_before(folder):
    """Let a checkpoint say what one said that only counted columns."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    fingerprint = manifest["content"]["checkpoint"]["fingerprint"]
    del fingerprint["columns"]
    fingerprint.pop("photos", None)
    fingerprint["contexts"] = {"a": 2, "b": 2}
    path.write_text(json.dumps(manifest), encoding="utf-8")


def test_what_was_begun_before_columns_were_told_goes_on(tmp_path):
    contexts = {"a": [0, 1], "b": [2, 3]}
    first = model_of(tmp_path, contexts).fit(PLACES, TEACHERS)
    as_before(tmp_path)
    other = model_of(tmp_path, {"a": [2, 3], "b": [0, 1]}, resume=True)
    with pytest.raises(ValueError, match="of another fit: columns was"):
        other.fit(PLACES, TEACHERS)
    again = model_of(tmp_path, contexts, resume=True).fit(PLACES, TEACHERS)
    assert (again.zone_report_["seconds"] == first.zone_report_["seconds"]).all()


def test_what_was_begun_before_does_not_tell_photos_of_weight_0(tmp_path):
    weights = np.repeat([0.0, 1.0], [20, 40])
    contexts = {"a": 2, "b": 2}
    model_of(tmp_path, contexts).fit(PLACES, TEACHERS, sample_weight=weights)
    as_before(tmp_path)
    again = model_of(tmp_path, contexts, resume=True)
    with pytest.raises(ValueError, match="of another fit: photos was not set and is"):
        again.fit(PLACES, TEACHERS, sample_weight=weights)


@pytest.mark.parametrize("content", [None, {}, {"contexts": [3]}, {"contexts": 3}])
def test_what_cannot_be_read_stays_as_it_is(content):
    fingerprint = {"contexts": {"a": 2}}
    assert renewed(fingerprint, content) == {"contexts": {"a": 2}}
    assert renewed("odd", content) == "odd"
