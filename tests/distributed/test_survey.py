# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.base import check_places
from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.context._balanced import balanced_rows, fair_share
from sklearn_geo.context._plan import make_plan
from sklearn_geo.distributed._photos import Layout
from sklearn_geo.distributed._setup import Setup
from sklearn_geo.distributed._survey import (
    add_samples,
    add_surveys,
    sample_part,
    survey_part,
)
from sklearn_geo.geometry import utm_zones
from tests.distributed.photos import LOCATION, make_photos

TEACHERS = ("scene_beach", "scene_city", "scene_forest", "tag_sea", "tag_sun")


def make_setup(**fields):
    model = GPS2VecPlusTransformer(contexts={"scene": "scene_", "tag": "tag_"})
    plan = make_plan(model, np.zeros((1, 2)), len(TEACHERS), list(TEACHERS), 0)
    layout = Layout(tuple(LOCATION), TEACHERS, None, None)
    return Setup(layout, plan, {"tag": None}, None, None, 3, **fields)


def cut(frame, ends):
    return [
        frame[start:stop] for start, stop in zip([0, *ends], [*ends, None], strict=True)
    ]


def surveys_of(frame, ends):
    setup = make_setup()
    return [
        survey_part(part, setup, number) for number, part in enumerate(cut(frame, ends))
    ]


def test_a_survey_by_hand():
    frame = pd.DataFrame(
        [
            [48.0, 11.0, 1.0, 3.0, 0.0, 1, 0],
            [41.0, 11.0, np.nan, np.nan, np.nan, 0, 0],
            [-33.9, 151.2, 0.0, 2.0, 2.0, 1, 1],
        ],
        columns=[*LOCATION, *TEACHERS],
    )
    survey = add_surveys(surveys_of(frame, [2]))
    assert survey.sizes.tolist() == [2, 1]
    zones = utm_zones(frame[LOCATION].to_numpy())
    assert survey.count_of() == {int(zones[0]): 1, int(zones[1]): 1, int(zones[2]): 1}
    # Rows are normalised; who misses scenes, or has no tags, adds nothing.
    assert survey.sums["scene"].tolist() == [0.25, 1.25, 0.5]
    assert survey.sums["tag"].tolist() == [1.5, 0.5]
    assert len(survey.somewhere) == len(np.unique(utm_zones(frame[LOCATION])))


def test_a_survey_of_photos_that_count():
    frame = pd.DataFrame(
        [
            [48.0, 11.0, 1.0, 3.0, 0.0, 4, 0, 2.0],
            [41.0, 11.0, 1.0, 0.0, 0.0, 1, 0, 0.0],
            [48.0, 11.0, 0.0, 2.0, 2.0, 1, 1, 0.5],
        ],
        columns=[*LOCATION, *TEACHERS, "weight"],
    )
    setup = make_setup()
    setup.layout = replace(setup.layout, weight="weight")
    survey = survey_part(frame, setup, 0)
    assert survey.sizes.tolist() == [2]
    assert survey.sums["scene"].tolist() == [0.5, 1.75, 0.25]
    assert survey.sums["tag"].tolist() == [2.25, 0.25]
    assert survey.somewhere.tolist() == [[48.0, 11.0]]


def test_ranks_by_hand():
    setup = make_setup(left_out=np.array([0, 3, 4, 9]))
    assert setup.ranks(np.array([1, 2, 5, 8, 11])).tolist() == [0, 1, 2, 5, 7]


@pytest.mark.parametrize("ends", [[], [100], [7, 7, 300, 470]])
def test_parts_add_up_to_the_whole_in_any_grouping(ends):
    frame = make_photos(untagged=True)
    surveys = surveys_of(frame, ends)
    whole = surveys_of(frame, [])[0]
    halves = [surveys[::2], surveys[1::2]]
    tree = add_surveys([add_surveys(half) for half in halves if half])
    for survey in (add_surveys(surveys), tree):
        assert survey.count_of() == whole.count_of()
        assert survey.sizes.sum() == len(frame)
        assert sorted(survey.parts) == list(range(len(ends) + 1))
        for name in ("scene", "tag"):
            assert_allclose(survey.sums[name], whole.sums[name], rtol=1e-12)
        assert_array_equal(
            utm_zones(survey.somewhere), np.unique(utm_zones(frame[LOCATION]))
        )


def test_digests_tell_photos_apart():
    frame = make_photos().dropna(ignore_index=True)
    first = surveys_of(frame, [])[0].digests
    assert_array_equal(surveys_of(frame.copy(), [])[0].digests, first)
    for column in (*LOCATION, *TEACHERS):
        changed = frame.copy()
        changed.loc[:1, column] = changed.loc[:1, column].to_numpy()[::-1] + 1
        assert (surveys_of(changed, [])[0].digests != first).any()


@pytest.mark.parametrize("n_most", [1, 20, 150, 10_000])
@pytest.mark.parametrize("ends", [[], [100, 101, 400]])
def test_the_sample_is_that_of_all_photos_at_once(n_most, ends):
    frame = make_photos()
    zones = utm_zones(frame[LOCATION])
    share = fair_share(np.unique(zones, return_counts=True)[1], n_most)
    parts = cut(frame[LOCATION], ends)
    setup = make_setup(first=np.array([0, *ends]), share=share)
    samples = [sample_part(part, setup, number) for number, part in enumerate(parts)]
    sample = add_samples(samples[::-1], share)
    expected = balanced_rows(zones, n_most, 3)
    assert_array_equal(np.sort(sample["numbers"]), expected)
    assert_array_equal(sample["zones"], zones[sample["numbers"]])
    places = check_places(frame[LOCATION])  # longitudes beyond 180 are wrapped
    assert_array_equal(sample["places"], places[sample["numbers"]])


@pytest.mark.parametrize("order", [None, "number"])
def test_a_bad_row_is_named_by_where_it_lies(order):
    frame = make_photos(60)[[*LOCATION, *TEACHERS]].copy()
    frame["weight"] = np.r_[np.zeros(10), np.ones(50)]
    frame["number"] = np.arange(60)[::-1]
    tags = ["tag_sea", "tag_sun"]
    frame[tags] = 1.0
    frame.loc[frame.index[[3, 40, 50]], tags] = -1.0, -2.0
    setup = make_setup()
    setup.layout = replace(setup.layout, weight="weight", order=order)
    setup.propagators.clear()
    words = r"^photos, part 2: y, row 40, context 'tag'.*\(1 more row like it\.\)"
    with pytest.raises(ValueError, match=words):
        survey_part(frame, setup, 2)
    # Of photos that count nothing nothing is asked.
    survey = survey_part(frame.drop(index=frame.index[[40, 50]]), setup, 2)
    assert survey.sizes.tolist() == [48]
    assert survey.sums["tag"].tolist() == [24.0, 24.0]
