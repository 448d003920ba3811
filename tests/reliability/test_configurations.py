# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whatever scikit-learn is set to, every estimator says the same."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context, get_config
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_geo import TagVectorizer
from sklearn_geo.encoding import (
    GridOneHotEncoder,
    PostingTimeEncoder,
    SoftGridEncoder,
    UTMOneHotEncoder,
)
from sklearn_geo.geolocation import NeighborGeolocator
from sklearn_geo.neighbors import NeighborVoteAnnotator
from sklearn_geo.partition import S2Partition
from tests.reliability.attack import same
from tests.reliability.subjects import SUBJECTS, answers

# All at once: they have nothing to do with each other. What transformers return is
# looked at elsewhere.
SETTINGS = {
    "assume_finite": True,
    "working_memory": 1,
    "enable_metadata_routing": True,
    "skip_parameter_validation": True,
    "print_changed_only": False,
    "display": "text",
    "sparse_interface": "sparray",
}


@pytest.mark.parametrize("subject", [s for s in SUBJECTS if s.methods], ids=str)
def test_settings_of_scikit_learn_change_no_answer(subject):
    rng = np.random.default_rng(0)
    X = subject.rows(rng, 60)
    targets = subject.targets(rng, X)
    asked = subject.rows(np.random.default_rng(1), 7)
    expected = answers(subject, subject.make().fit(X, **targets), asked)
    known = {name: SETTINGS[name] for name in SETTINGS.keys() & get_config().keys()}
    with config_context(**known):
        found = answers(subject, subject.make().fit(X, **targets), asked)
        assert type(subject.make()).__name__ in repr(subject.make())
    for name in expected:
        # Blocks of other sizes add up in another order.
        assert same(found[name], expected[name], loose=True), name


PLACES = [[48.0, 2.0], [49.0, 3.0], [48.1, 2.1]]
TIMES = pd.DataFrame({"taken": pd.to_datetime(["2014-05-01 12:00"], utc=True)})
TAGS = [["a"], ["b"], ["a"]]
# Estimators with a setting that has the right value and another type, the same with
# that type, what is fitted and what is asked.
LOOSE = [
    (GridOneHotEncoder(50, sparse_output=0), {"sparse_output": False}, [PLACES]),
    (UTMOneHotEncoder(sparse_output=0), {"sparse_output": False}, [PLACES]),
    (SoftGridEncoder(2, 2, 200, hard=1), {"hard": True}, [PLACES]),
    (PostingTimeEncoder(cyclic=1), {"cyclic": True}, [TIMES]),
    (TagVectorizer(lowercase=1), {"lowercase": True}, [TAGS]),
    (S2Partition(2, np.array(1)), {"min_per_cell": 1}, [PLACES]),
    (NeighborGeolocator(np.array(2)), {"n_neighbors": 2}, [PLACES, PLACES]),
    (
        NeighborVoteAnnotator(n_votes=np.array(2)),
        {"n_votes": 2},
        [[[*place, 1.0] for place in PLACES], ["a", "b", "a"]],
    ),
]


@pytest.mark.parametrize(
    ("estimator", "params", "data"), LOOSE, ids=lambda x: type(x).__name__
)
def test_what_is_skipped_in_fit_is_skipped_afterwards(estimator, params, data):
    ask = "predict" if hasattr(estimator, "predict") else "transform"
    strict = type(estimator)(**estimator.get_params() | params).fit(*data)
    expected = getattr(strict, ask)(data[0])
    with config_context(skip_parameter_validation=True):
        found = getattr(estimator.fit(*data), ask)(data[0])
    if hasattr(found, "toarray"):
        found, expected = found.toarray(), expected.toarray()
    assert_array_equal(found, expected)
    with pytest.raises(InvalidParameterError, match=f"'{next(iter(params))}' param"):
        getattr(estimator, ask)(data[0])


def test_what_is_skipped_is_looked_at_in_files(tmp_path):
    path = tmp_path / "cells.json"
    partition = S2Partition(2, 1).fit(PLACES)
    partition.save(path)
    before = path.read_text(encoding="utf-8")
    spoiled = before.replace('"uncovered": "drop"', '"uncovered": "keep"')
    assert spoiled != before
    with config_context(skip_parameter_validation=True):
        partition.set_params(uncovered="keep")
        with pytest.raises(InvalidParameterError, match="'uncovered' parameter"):
            partition.save(path)
        assert path.read_text(encoding="utf-8") == before
        path.write_text(spoiled, encoding="utf-8")
        with pytest.raises(ValueError, match=r"not those of .* 'uncovered' parameter"):
            S2Partition.load(path)
