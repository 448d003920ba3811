# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import datetime

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo.datasets._checkin_times import parse_time, parse_times

FORM = "%a %b %d %H:%M:%S %z %Y"


def test_random_times_agree_with_strptime():
    rng = np.random.default_rng(0)
    zones = [0, 0, 330, -210, 720]
    moments = [
        datetime.datetime.fromtimestamp(
            int(rng.integers(0, 4_000_000_000)),
            datetime.timezone(datetime.timedelta(minutes=zones[i % len(zones)])),
        )
        for i in range(500)
    ]
    times, good = parse_times([moment.strftime(FORM) for moment in moments])
    assert good.all()
    expected = [int(moment.timestamp()) for moment in moments]
    assert_array_equal(times.astype(np.int64), expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "Tue Apr 31 18:00:09 +0000 2012",
        "Wed Feb 29 18:00:09 +0000 2013",
        "Mon Feb 29 18:00:09 +0000 2100",
        "Tue Apr 00 18:00:09 +0000 2012",
        "Tue Apr 03 24:00:09 +0000 2012",
        "Tue Apr 03 18:60:09 +0000 2012",
        "Tue Apr 03 18:00:09 0000 2012",
        "Tue Apx 03 18:00:09 +0000 2012",
        "Tue Apr 03 18:00:09 +0000 201",
        "Tue Apr 03 18:00:09 +0000 20122",
        "Tue Apr 0\u0663 18:00:09 +0000 2012",
        "Tue \u014apr 03 18:00:09 +0000 2012",
        "Tue Apr 03 18-00-09 +0000 2012",
    ],
)
def test_what_is_no_time(text):
    times, good = parse_times(["Tue Apr 03 18:00:09 +0000 2012", text])
    assert_array_equal(good, [True, False])
    assert np.isnat(times[1])
    with pytest.raises(ValueError, match="is not a time such as"):
        parse_time(text)


def test_no_times():
    times, good = parse_times([])
    assert times.shape == good.shape == (0,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tue Apr 03 18:00:09 +0000 2012", "2012-04-03T18:00:09"),
        ("Tue Apr 03 18:00:09 -0330 2012", "2012-04-03T21:30:09"),
        ("Fri Feb 29 23:59:59 +0000 2008", "2008-02-29T23:59:59"),
        ("2012-04-03T18:00:09Z", "2012-04-03T18:00:09"),
        ("2012-04-03 18:00:09+02:00", "2012-04-03T16:00:09"),
        ("2012-04-03 18:00:09", "2012-04-03T18:00:09"),
    ],
)
def test_one_time(text, expected):
    assert parse_time(text) == np.datetime64(expected, "s")
