# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

from types import SimpleNamespace

import pytest

from sklearn_geo._all_or_nothing import all_or_nothing


@pytest.mark.parametrize("error", [ValueError, MemoryError, KeyboardInterrupt])
def test_what_fails_leaves_no_trace(error):
    kept = [1, 2]
    model = SimpleNamespace(changed=kept, deleted=3)

    def fit():
        with all_or_nothing(model):
            model.changed, model.new = [], 4
            del model.deleted
            raise error

    with pytest.raises(error):
        fit()
    assert vars(model) == {"changed": [1, 2], "deleted": 3}
    assert model.changed is kept


def test_what_does_not_fail_stays():
    model = SimpleNamespace(changed=1, deleted=3)
    with all_or_nothing(model):
        model.changed, model.new = 2, 4
        del model.deleted
    assert vars(model) == {"changed": 2, "new": 4}


def test_what_is_within_fails_alone():
    model = SimpleNamespace(number=1)

    def inner():
        with all_or_nothing(model):
            model.number = 3
            raise ValueError("inner")

    with all_or_nothing(model):
        model.number = 2
        with pytest.raises(ValueError, match="inner"):
            inner()
    assert model.number == 2
