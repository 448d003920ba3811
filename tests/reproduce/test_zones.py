# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Table 6: zones in the order of their photos, and who is better there."""

import csv

import numpy as np
import pytest

from sklearn_geo.metrics import macro_average_precision
from sklearn_geo.reproduce import Progress, _zones
from sklearn_geo.reproduce._zones import PAPER, zone_rows
from tests.reproduce.photos import TINY, options

# Places of zones 30U, 31U and 18T, by hand.
_IN_30U, _IN_31U, _IN_18T = [51.5, -1.0], [50.0, 2.0], [42.0, -75.0]


def _photos():
    places = np.array([_IN_30U] * 40 + [_IN_31U] * 20 + [_IN_18T] * 10)
    users = np.arange(70)
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (70, 3))
    y[::7] = 1
    return places, users, y, rng.random((70, 3)), rng.random((70, 3))


def test_zones_come_in_the_order_of_their_photos_and_then_all():
    places, users, y, one, two = _photos()
    said = {"unsupervised": one, "supervised": two}
    rows = list(zone_rows(places, users, y, said, n_zones=2))
    assert [row.method for row in rows] == ["30U (40)", "31U (20)", "all (70)"]
    first, _, last = rows
    assert first.values["unsupervised"].value == pytest.approx(
        macro_average_precision(y[:40], one[:40])
    )
    assert last.values["supervised"].value == pytest.approx(
        macro_average_precision(y, two)
    )
    assert first.paper == {
        "unsupervised": 0.246,
        "supervised": 0.293,
        "gain": pytest.approx(0.047),
    }
    assert last.paper == {}


def test_gains_are_differences_on_the_same_resamples():
    places, users, y, one, _ = _photos()
    rows = zone_rows(places, users, y, {"unsupervised": one, "supervised": one})
    for row in rows:
        gain = row.values["gain"]
        assert gain.value == gain.low == gain.high == 0.0
        assert row.values["supervised"].low < row.values["supervised"].high


def test_perfect_students_beat_teachers_that_say_the_opposite():
    places, users, y, _, _ = _photos()
    said = {"unsupervised": 1.0 - y, "supervised": y + 0.0}
    for row in zone_rows(places, users, y, said):
        assert row.values["supervised"].value == 1.0
        assert row.values["gain"].low > 0.0


def test_a_zone_of_two_users_has_no_interval_and_no_row():
    places, users, y, one, two = _photos()
    users[60:65], users[65:] = 60, 61
    said = {"unsupervised": one, "supervised": two}
    names = [row.method for row in zone_rows(places, users, y, said)]
    assert names == ["30U (40)", "31U (20)", "all (70)"]


def test_concepts_of_few_users_do_not_count():
    places, users, y, one, two = _photos()
    y[:40, 0] = 0
    y[:6, 0], users[:6] = 1, np.repeat([0, 1], 3)  # six photos of two users
    said = {"unsupervised": one, "supervised": two}
    first = next(zone_rows(places, users, y, said))
    assert first.values["supervised"].value == pytest.approx(
        macro_average_precision(y[:40, 1:], two[:40, 1:])
    )


def test_the_papers_gains_are_those_it_prints():
    gains = {zone: round(100 * (s - t), 1) for zone, (t, s) in PAPER.items()}
    assert gains == {
        "30U": 4.7,
        "31U": 2.5,
        "18T": 2.4,
        "10S": 0.0,
        "32T": 4.3,
        "32U": -0.5,
        "11S": 2.2,
        "17T": 1.4,
        "16T": 5.1,
    }


def test_the_table_is_computed_printed_and_written(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(_zones, "QUICK", TINY)
    monkeypatch.setattr(_zones, "_N_RESAMPLES", 20)
    ((name, table),) = _zones.run(options(rows=400, corpus=300, quick=True), Progress())
    assert name == "zones_table6"
    *zones, everywhere = table.rows
    assert {row.group for row in zones} == {"zones"}
    assert 2 <= len(zones) <= 9
    counts = [int(row.method.split("(")[1].strip(")")) for row in zones]
    assert counts == sorted(counts, reverse=True)
    assert everywhere.method == "all (400)"
    printed = " ".join(capsys.readouterr().out.split())
    assert "The student is ahead in" in printed
    assert "It need not be" in printed
    table.to_csv(tmp_path / "table6.csv")
    with open(tmp_path / "table6.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(table.rows)
    for row in rows:
        gain = float(row["supervised"]) - float(row["unsupervised"])
        assert float(row["gain"]) == pytest.approx(gain)
