# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import doctest
import inspect

import numpy as np
import pytest
from sklearn.metrics import coverage_error, hamming_loss

from sklearn_geo import metrics


def test_all_is_sorted_and_complete():
    assert metrics.__all__ == sorted(metrics.__all__)
    public = {
        name
        for name, value in vars(metrics).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert public == set(metrics.__all__)


@pytest.mark.parametrize("name", metrics.__all__)
def test_every_public_name_is_documented(name):
    docstring = inspect.getdoc(getattr(metrics, name))
    sections = ["Parameters", "Returns", "Examples"]
    if inspect.isclass(getattr(metrics, name)):
        sections.remove("Returns")
    if name == "get_geo_scorer_names":
        sections.remove("Parameters")
    places = [
        docstring.find(f"{section}\n{'-' * len(section)}") for section in sections
    ]
    assert -1 not in places, f"{name} lacks one of {sections}"
    assert places == sorted(places)
    examples = doctest.DocTestParser().get_examples(docstring)
    assert any(example.want for example in examples), f"{name} shows no result"


def test_table_5_counts_ranks_from_one_as_scikit_learn_does():
    # GPS2Vec+, table 2: shares of the six venue categories. Whoever ranks them by these
    # shares needs .404 * 1 + .207 * 2 + .198 * 3 + .131 * 4 + .035 * 5 + .025 * 6 =
    # 2.261 ranks; the weakest row of table 5 has 2.235. Whoever predicts none at all
    # errs on one label in six, .1667; the weakest row has .165.
    counts = np.array([404, 207, 198, 131, 35, 25])
    y_true = np.repeat(np.eye(6), counts, axis=0)
    y_score = np.tile(counts.astype(float), (1000, 1))
    assert coverage_error(y_true, y_score) == pytest.approx(2.261)
    assert hamming_loss(y_true, np.zeros_like(y_true)) == pytest.approx(1 / 6)
