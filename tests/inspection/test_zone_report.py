# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import CenteredNorm, LogNorm
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline

from sklearn_geo.context import GPS2VecPlusTransformer, NumpyContextEncoder
from sklearn_geo.geometry import utm_zone_names, utm_zones
from sklearn_geo.inspection import ZoneReportDisplay
from sklearn_geo.metrics import per_region_score
from sklearn_geo.partition import KMeansPartition, S2Partition
from tests.inspection.common import check_geojson

# Thirty photos in 30U, twelve in 31U, and three in 32U.
CENTERS = np.repeat([[52.0, -3.0], [52.0, 3.0], [52.0, 9.0]], [30, 12, 3], axis=0)
PLACES = CENTERS + np.random.default_rng(0).uniform(-2, 2, (45, 2))
TEACHERS = np.eye(2)[np.arange(45) % 2]
SETTINGS = {"hidden": (4,), "min_samples": 10, "max_iter": 2, "random_state": 0}


@pytest.fixture(scope="module")
def model():
    return GPS2VecPlusTransformer(missing_zone="uniform", **SETTINGS).fit(
        PLACES, TEACHERS
    )


def _widths(bars):
    return [float(bar.get_width()) for bar in bars]


def _ticks(ax):
    return [text.get_text() for text in ax.get_yticklabels()]


def test_photos_and_what_falls_back(model):
    display = ZoneReportDisplay.from_estimator(model)
    assert display.zones_.get_array().tolist() == [30, 12]
    assert isinstance(display.zones_.norm, LogNorm)
    assert [path.get_extents().extents.tolist() for path in display.zones_.get_paths()]
    first, second = (path.get_extents() for path in display.zones_.get_paths())
    assert first.extents.tolist() == [-6, 48, 0, 56]
    assert second.extents.tolist() == [0, 48, 6, 56]
    (elsewhere,) = display.fallback_.get_paths()
    assert elsewhere.get_extents().extents.tolist() == [6, 48, 12, 56]
    (text,) = display.ax_.get_legend().get_texts()
    assert text.get_text() == "fall back: 1 zone with 3 photos"
    assert display.colorbar_.ax.get_ylabel() == "photos learnt from"
    assert _widths(display.bars_[0]) == [30, 12]
    assert _ticks(display.axes_[1])[:2] == ["30U", "31U"]
    assert {text.get_text() for text in display.ax_.texts} == {"30U", "31U"}
    assert display.figure_ is display.ax_.figure
    collection = display.to_geojson()
    check_geojson(collection, 3)
    assert [one["properties"] for one in collection["features"]] == [
        {"zone": "30U", "photos": 30, "value": 30.0, "falls_back": False},
        {"zone": "31U", "photos": 12, "value": 12.0, "falls_back": False},
        {"zone": "32U", "photos": 3, "value": None, "falls_back": True},
    ]
    frame = display.to_geodataframe()
    assert_allclose(frame.geometry.bounds.iloc[2], [6, 48, 12, 56])


def test_other_fields(model):
    display = ZoneReportDisplay.from_estimator(model, color_by="epochs", kind="bars")
    assert _widths(display.bars_[0]) == [2, 2]
    assert display.zones_ is None
    assert display.colorbar_ is None
    # How many photos that was stands beside the zone.
    assert _ticks(display.ax_)[:2] == ["30U (30)", "31U (12)"]
    assert display.ax_.get_xlabel() == "epochs of training"
    kl = ZoneReportDisplay.from_estimator(model, color_by="held_out_kl", label="KL")
    expected = model.zone_report_["held_out_kl"]
    assert_array_equal(kl.zones_.get_array(), np.ma.masked_invalid(expected))
    assert kl.axes_[1].get_xlabel() == "KL"
    with pytest.raises(ValueError, match="color_by must be one of 'photos', 'epochs'"):
        ZoneReportDisplay.from_estimator(model, color_by="loss")
    with pytest.raises(ValueError, match="kind must be one of 'both'"):
        display.plot(kind="all")


def test_wherever_the_transformer_is(model, tmp_path):
    table = ColumnTransformer([("place", FrozenEstimator(model), [0, 1])])
    X = np.column_stack([PLACES, PLACES])
    labels = np.arange(45) % 2
    model.save_pretrained(tmp_path / "store")
    for thing in (
        FrozenEstimator(model),
        make_pipeline(FrozenEstimator(model), LogisticRegression()).fit(PLACES, labels),
        Pipeline([("all", table.fit(X)), ("last", LogisticRegression())]),
        FeatureUnion([("one", model)]),
        NumpyContextEncoder.from_pretrained(tmp_path / "store"),
    ):
        display = ZoneReportDisplay.from_estimator(thing, kind="map")
        assert display.zones_.get_array().tolist() == [30, 12]
        assert display.fallback_ is not None
        assert display.bars_ == []
    with pytest.raises(ValueError, match="There are 2 transformers with zones in it"):
        ZoneReportDisplay.from_estimator(FeatureUnion([("a", model), ("b", model)]))
    with pytest.raises(TypeError, match="LogisticRegression has no networks of zones"):
        ZoneReportDisplay.from_estimator(LogisticRegression())
    with pytest.raises(NotFittedError):
        ZoneReportDisplay.from_estimator(GPS2VecPlusTransformer())


def test_cells_of_a_partition():
    partition = S2Partition(20, min_per_cell=1).fit(PLACES)
    model = GPS2VecPlusTransformer(
        regions=FrozenEstimator(partition), missing_zone="nan", **SETTINGS
    ).fit(PLACES, TEACHERS)
    display = ZoneReportDisplay.from_estimator(model)
    cells = {one["name"]: one["count"] for one in partition.cells_}
    known = model.zone_report_["zone"].tolist()
    assert [one["properties"]["zone"] for one in display.geojson["features"]] == known
    elsewhere = {
        one["properties"]["zone"]: one["properties"]["photos"]
        for one in display.fallback["features"]
    }
    assert elsewhere == {name: n for name, n in cells.items() if name not in known}
    # Scores of one's own cells.
    names = partition.cell_names_.tolist()
    display = ZoneReportDisplay.from_predictions(
        names, np.arange(float(len(names))), regions=partition
    )
    shapes = display.to_geodataframe().geometry
    assert shapes.geom_equals(partition.to_geopandas().geometry).all()
    near = names[0] + "x"
    with pytest.raises(ValueError, match=rf"no zone '{near}' in regions.*{names[0]}"):
        ZoneReportDisplay.from_predictions([near], [1.0], regions=partition)


def test_table_6_of_the_paper():
    zones = ["30U", "31U", "18T", "10S", "32T", "32U", "11S", "17T", "16T"]
    teacher = [0.246, 0.257, 0.254, 0.351, 0.279, 0.239, 0.301, 0.239, 0.295]
    student = [0.293, 0.282, 0.278, 0.351, 0.322, 0.234, 0.323, 0.253, 0.346]
    display = ZoneReportDisplay.from_predictions(
        zones, {"unsupervised": teacher, "supervised": student}, label="mAP", most=4
    )
    gains = np.subtract(student, teacher)
    assert_allclose(display.zones_.get_array(), gains)
    assert isinstance(display.zones_.norm, CenteredNorm)
    # No counts: the largest gains have bars.
    assert display.shown_ == ["16T", "30U", "32T", "31U"]
    assert _widths(display.bars_[0]) == [0.295, 0.246, 0.279, 0.257]
    assert _widths(display.bars_[1]) == [0.346, 0.293, 0.322, 0.282]
    label = display.colorbar_.ax.get_ylabel()
    assert label == "mAP: supervised minus unsupervised"
    assert display.axes_[1].get_title() == "the largest 4 of 9 zones"
    legend = [text.get_text() for text in display.axes_[1].get_legend().get_texts()]
    assert legend == ["unsupervised", "supervised"]
    properties = display.to_geojson()["features"][0]["properties"]
    assert properties == {"zone": "30U", "unsupervised": 0.246, "supervised": 0.293}


def test_scores_of_regions_and_axes_of_ones_own():
    y = np.arange(45) % 2
    table = per_region_score(
        lambda a, b: np.mean(a == b), y, np.zeros(45), by="utm_zone", places=PLACES
    )
    figure, axes = plt.subplots(1, 2)
    display = ZoneReportDisplay.from_predictions(
        table.region, table.score, counts=table["count"], ax=axes, norm="linear"
    )
    assert display.figure_ is figure
    assert list(display.axes_) == list(axes)
    assert display.shown_ == ["30U", "31U", "32U"]
    expected = [np.mean(y[utm_zone_names(utm_zones(PLACES)) == "31U"] == 0)]
    assert _widths(display.bars_[0])[1:2] == expected
    assert display.fallback_ is None
    # One zone without a number is grey, and has no bar.
    display = ZoneReportDisplay.from_predictions(["1N", "60N"], [np.nan, 2.0])
    assert display.zones_.get_array().mask.tolist() == [True, False]
    # On both sides of the antimeridian, in one piece.
    low, high = display.ax_.get_xlim()
    assert high - low < 20


def test_what_cannot_be_drawn(model):
    draw = ZoneReportDisplay.from_predictions
    with pytest.raises(ValueError, match="32X"):
        draw(["30U", "32X"], [1.0, 2.0])
    for kind in ("map", "bars"):
        with pytest.raises(ValueError, match=r"values as large as 1e\+308"):
            draw(["30U", "31U"], [-1e308, -1e308], kind=kind)
    with pytest.raises(ValueError, match="zones is empty"):
        draw([], [])
    with pytest.raises(TypeError, match="zones must be a list of names"):
        draw(sparse.csr_array(np.ones((2, 1))), [1.0, 2.0])
    with pytest.raises(ValueError, match="zones names '30U' more than once"):
        draw(["30U", "30U"], [1.0, 2.0])
    with pytest.raises(ValueError, match="values of a has 1 rows, but zones has 2"):
        draw(["30U", "31U"], {"a": [1.0]})
    with pytest.raises(ValueError, match="counts has 1 rows, but zones has 2"):
        draw(["30U", "31U"], [1.0, 2.0], counts=[1])
    masked = np.ma.array([1, 2], mask=[0, 1])
    with pytest.raises(ValueError, match=r"^counts, row 1: the value is masked"):
        draw(["30U", "31U"], [1.0, 2.0], counts=masked)
    with pytest.raises(ValueError, match="no number for any zone"):
        draw(["30U"], [np.nan])
    with pytest.raises(ValueError, match="there is no model"):
        draw(["30U"], {})
    with pytest.raises(ValueError, match='regions must be "utm" or a fitted'):
        draw(["30U"], [1.0], regions="s2")
    globe = GPS2VecPlusTransformer(regions=None, **SETTINGS).fit(PLACES, TEACHERS)
    with pytest.raises(ValueError, match="regions=None: one network for the whole"):
        ZoneReportDisplay.from_estimator(globe)
    few = {**SETTINGS, "min_samples": 1000}
    none = GPS2VecPlusTransformer(**few).fit(PLACES, TEACHERS)
    with pytest.raises(ValueError, match=r"No zone has networks.*Lower min_samples"):
        ZoneReportDisplay.from_estimator(none)


def test_a_value_that_is_infinite_is_refused():
    with pytest.raises(ValueError, match=r"values, zone 33U: it is infinite"):
        ZoneReportDisplay.from_predictions(["32U", "33U"], [1.0, -np.inf])


def test_a_zone_has_one_number_and_one_count():
    draw = ZoneReportDisplay.from_predictions
    with pytest.raises(ValueError, match=r"values must hold one number .* \(2, 2\)"):
        draw(["30U", "18T"], [[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(TypeError, match="counts must hold numbers"):
        draw(["30U", "18T"], [1.0, 2.0], counts=["many", "few"])
    for count in ([[7], [20]], pd.Series([7.0, 20.0], index=[1, 0])):
        display = draw(["30U", "18T"], [[1.0], [2.0]], counts=count)
        assert display.shown_ == ["18T", "30U"]
        labels = display.axes_[1].get_yticklabels()
        assert [text.get_text() for text in labels] == ["18T (20)", "30U (7)"]
        features = display.to_geojson()["features"]
        assert [one["properties"]["photos"] for one in features] == [7, 20]
        assert [one["properties"]["value"] for one in features] == [1.0, 2.0]
    for most in (0, -1, 1.5):
        with pytest.raises(ValueError, match="most must be a whole number, at least 1"):
            display.plot(most=most)
    plt.close("all")


def test_models_may_be_called_anything_but_the_same():
    draw = ZoneReportDisplay.from_predictions
    display = draw(["30U"], {"zone": [1.0], "photos": [2.0]}, counts=[7])
    properties = display.to_geojson()["features"][0]["properties"]
    assert properties == {
        "zone": "30U",
        "photos": 7,
        "value of zone": 1.0,
        "value of photos": 2.0,
    }
    with pytest.raises(ValueError, match="values names '1' more than once"):
        draw(["30U"], {1: [1.0], "1": [2.0]})
    plt.close("all")


def test_names_are_written_into_their_zones():
    around = np.array([[0.0, 178.0], [0.0, -60.0], [0.0, 60.0]])
    partition = KMeansPartition(3, random_state=0).fit(np.repeat(around, 5, axis=0))
    names = partition.cells_["name"]
    display = ZoneReportDisplay.from_predictions(
        names, [1.0, 2.0, 3.0], regions=partition, kind="map", extent="world"
    )
    found = {text.get_text(): text.get_position()[::-1] for text in display.ax_.texts}
    assert set(found) == set(names)
    cells = partition.predict(np.array(list(found.values())))
    assert names[cells].tolist() == list(found)
    # Of a zone that is half in sight the name stands in that half.
    display = ZoneReportDisplay.from_predictions(
        ["30U", "31U"], [1.0, 2.0], kind="map", extent=(-2, 9, 50, 53)
    )
    found = {text.get_text(): text.get_position() for text in display.ax_.texts}
    assert found == {"30U": (-1.0, 51.5), "31U": (3.0, 51.5)}
    plt.close("all")
