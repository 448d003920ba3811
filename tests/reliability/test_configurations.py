# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whatever scikit-learn is set to, every estimator says the same."""

import numpy as np
import pytest
from sklearn import config_context, get_config

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
