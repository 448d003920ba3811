# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from matplotlib.colors import LogNorm
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.encoding import (
    S2OneHotEncoder,
    UnitVectorEncoder,
    UTMOneHotEncoder,
)
from sklearn_geo.geometry import unit_vectors, utm_zone_names, utm_zones
from sklearn_geo.inspection import PlaceMapDisplay
from sklearn_geo.neighbors import GeoNeighborTagPropagator
from sklearn_geo.ranking import KernelTagger
from tests.inspection.common import check_geojson

UK = np.array([[51.4, -0.3], [53.5, -2.2], [54.9, -1.6], [50.1, -5.2]])
TAGS = pd.DataFrame({"beach": [0, 0, 1, 1], "rain": [1, 1, 1, 0]})


class Echo(TransformerMixin, BaseEstimator):
    """Give back the places, and count how many come at a time."""

    def __init__(self):
        self.sizes = []

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        self.sizes.append(len(X))
        return np.column_stack([X, X.sum(axis=1)])

    def get_feature_names_out(self, input_features=None):
        return np.array(["latitude", "longitude", "sum"], dtype=object)

    def __sklearn_is_fitted__(self):
        return True


def test_pixels_are_where_they_belong():
    display = PlaceMapDisplay.from_estimator(
        Echo(), columns=["latitude", "longitude"], extent=(0, 4, 0, 2), resolution=4
    )
    # Two rows of four square pixels of a degree (nearly square, at the equator).
    assert display.grid.shape == (2, 4)
    assert_allclose(display.places[0], [0.5, 0.5])
    assert_allclose(display.places[-1], [1.5, 3.5])
    latitude, longitude = (one.get_array() for one in display.pictures_)
    assert_allclose(latitude, [[0.5] * 4, [1.5] * 4])
    assert_allclose(longitude, [[0.5, 1.5, 2.5, 3.5]] * 2)
    picture = display.pictures_[0]
    assert picture.get_extent() == [0.0, 4.0, 0.0, 2.0]
    assert picture.origin == "lower"
    titles = [ax.get_title() for ax in display.axes_.ravel()]
    assert titles == ["latitude", "longitude"]
    assert display.ax_ is display.axes_[0, 0]
    assert display.figure_ is display.ax_.figure
    # One scale for both.
    assert len(display.colorbars_) == 1
    assert display.pictures_[0].norm is display.pictures_[1].norm
    assert display.pictures_[0].get_clim() == (0.5, 3.5)
    check_geojson(display.to_geojson(), 8)
    first = display.to_geojson()["features"][1]
    assert first["geometry"]["coordinates"] == [1.5, 0.5]
    assert first["properties"] == {"latitude": 0.5, "longitude": 1.5}


def test_across_the_antimeridian():
    photos = [[0.2, 179.0], [-0.3, -179.0]]
    display = PlaceMapDisplay.from_estimator(
        Echo(), columns=1, extent=(178, -178, -1, 1), resolution=4, photos=photos
    )
    # What is asked about lies in [-180, 180), what is drawn goes on beyond 180.
    (row,) = np.unique(display.pictures_[0].get_array(), axis=0)
    assert_allclose(row, [178.5, 179.5, -179.5, -178.5])
    assert display.ax_.get_xlim() == (178, 182)
    assert_allclose(display.photos_[0].get_xdata(), [179, 181])
    check_geojson(display.to_geojson(), 8)
    # Around the photos, if nothing is said.
    display = PlaceMapDisplay.from_estimator(Echo(), resolution=5, photos=photos)
    low, high = display.ax_.get_xlim()
    assert high - low == pytest.approx(2 * 1.16, rel=1e-6)  # 8 % on each side


def test_a_zone():
    display = PlaceMapDisplay.from_estimator(
        UTMOneHotEncoder().fit(UK), zone="30U", columns="utm_30U", resolution=16
    )
    assert set(utm_zone_names(utm_zones(display.places))) == {"30U"}
    assert_array_equal(display.pictures_[0].get_array(), 1.0)
    assert display.ax_.get_ylim() == (48, 56)


def test_teacher_beside_student_and_scales():
    teacher = GeoNeighborTagPropagator(2, sigma_km=100.0).fit(UK, TAGS)
    student = GPS2VecPlusTransformer(
        contexts={"tag": ["beach", "rain"]},
        target_propagator=GeoNeighborTagPropagator(2, sigma_km=100.0),
        hidden=(8,),
        min_samples=2,
        max_iter=2,
        random_state=0,
    ).fit(UK, TAGS)
    both = {"teacher": teacher, "student": student}
    asked = {"columns": ["beach", "tag_rain"], "zone": "30U", "resolution": 12}
    display = PlaceMapDisplay.from_estimator(both, photos=UK, share="column", **asked)
    assert display.axes_.shape == (2, 2)
    expected = teacher.transform(display.places).toarray()
    names = list(teacher.get_feature_names_out())
    for name in ("tag_beach", "tag_rain"):
        assert_allclose(display.values["teacher", name], expected[:, names.index(name)])
    said = student.transform(display.places)
    assert_allclose(display.values["student", "tag_rain"], said[:, 1])
    assert [ax.get_title() for ax in display.axes_[0]] == ["teacher", "student"]
    assert [ax.get_ylabel() for ax in display.axes_[:, 0]] == ["tag_beach", "tag_rain"]
    # A scale a tag, from the least to the most that either says of it.
    pictures = np.reshape(display.pictures_, (2, 2))
    assert pictures[0, 0].norm is pictures[0, 1].norm
    assert pictures[0, 0].norm is not pictures[1, 0].norm
    beach = [display.values[who, "tag_beach"] for who in both]
    assert pictures[0, 1].get_clim() == (np.min(beach), np.max(beach))
    assert len(display.colorbars_) == 2
    properties = display.to_geojson()["features"][0]["properties"]
    assert list(properties) == [
        f"{who}: {name}" for who in both for name in ("tag_beach", "tag_rain")
    ]
    display = PlaceMapDisplay.from_estimator(both, share="panel", **asked)
    assert len({id(one.norm) for one in display.pictures_}) == 4
    # One tag of both: they are in the titles, and the tag is what the colours are.
    asked["columns"] = {"teacher": "beach", "student": 0}
    display = PlaceMapDisplay.from_estimator(both, **asked)
    assert [ax.get_title() for ax in display.axes_[0]] == ["teacher", "student"]
    assert display.colorbars_[0].ax.get_ylabel() == "tag_beach"


def test_whatever_reads_places():
    vectors = UnitVectorEncoder().fit(UK)
    frame = pd.DataFrame(UK, columns=["lat", "lon"])
    table = ColumnTransformer([("place", UnitVectorEncoder(), ["lat", "lon"])])
    tables = [
        make_pipeline(FunctionTransformer(), vectors).fit(UK),
        make_pipeline(vectors, StandardScaler(with_std=False)).fit(UK),
        FrozenEstimator(vectors),
        table.fit(frame),
        UnitVectorEncoder().set_output(transform="pandas").fit(frame),
        make_pipeline(vectors, FunctionTransformer(sparse.csr_array)).fit(UK),
        FunctionTransformer(unit_vectors),
    ]
    for at, transformer in enumerate(tables):
        display = PlaceMapDisplay.from_estimator(
            transformer, columns=2, extent=(-10, 10, 0, 20), resolution=4
        )
        expected = np.sin(np.radians(display.places[:, 0]))
        if at == 1:
            expected -= np.sin(np.radians(UK[:, 0])).mean()
        (found,) = display.values.values()
        assert_allclose(found, expected, atol=1e-12)
    # By name, where it has names.
    display = PlaceMapDisplay.from_estimator(
        table, columns="place__x", extent=(-10, 10, 0, 20), resolution=4
    )
    assert list(display.values) == [("ColumnTransformer", "place__x")]
    # Columns that were fitted the other way round are asked the other way round.
    echo = Echo()
    echo.feature_names_in_ = np.array(["longitude", "latitude"], dtype=object)
    echo.n_features_in_ = 2
    display = PlaceMapDisplay.from_estimator(echo, columns=0, resolution=4)
    (found,) = display.values.values()
    assert_array_equal(found, display.places[:, 1])


def test_classifiers_of_places():
    y = np.array(["hill", "hill", "sea", "sea"])
    labels = np.column_stack([y == "sea", y == "hill"]).astype(int)
    vectors = UnitVectorEncoder()
    asked = {"extent": (-10, 10, 40, 60), "resolution": 4}
    model = make_pipeline(vectors, LogisticRegression()).fit(UK, y)
    display = PlaceMapDisplay.from_estimator(model, columns="sea", **asked)
    expected = model.predict_proba(display.places)
    assert_allclose(display.values["LogisticRegression", "sea"], expected[:, 1])
    # Several labels a place: a list of tables, or a table.
    forest = RandomForestClassifier(2, random_state=0).fit(UK, labels)
    display = PlaceMapDisplay.from_estimator(forest, columns=[0, 1], **asked)
    expected = forest.predict_proba(display.places)[1][:, 1]
    assert_allclose(display.values["RandomForestClassifier", "column 1"], expected)
    # A label that no photo has is likely nowhere.
    forest.fit(UK, labels * [1, 0])
    display = PlaceMapDisplay.from_estimator(forest, columns=1, **asked)
    assert_array_equal(display.pictures_[0].get_array(), 0.0)


def test_a_regressor_is_drawn_by_what_it_predicts():
    frame = pd.DataFrame(UK, columns=["lat", "lon"])
    model = make_pipeline(StandardScaler(), LinearRegression())
    model.fit(frame, 2 * frame["lat"] - frame["lon"])  # a plane, so known everywhere
    display = PlaceMapDisplay.from_estimator(model, photos=frame, resolution=5)
    latitude, longitude = display.places.T
    assert list(display.values) == [("LinearRegression", "prediction")]
    drawn = display.values["LinearRegression", "prediction"]
    assert_allclose(drawn, 2 * latitude - longitude)
    assert_allclose(display.pictures_[0].get_array().ravel(), drawn)
    # Of several targets each has a number, and no name.
    two = LinearRegression().fit(UK, UK[:, ::-1])
    display = PlaceMapDisplay.from_estimator(two, columns=1, resolution=4)
    assert_allclose(
        display.values["LinearRegression", "column 1"], display.places[:, 0], atol=1e-9
    )
    display = PlaceMapDisplay.from_estimator(
        GridSearchCV(Ridge(), {"alpha": [1.0]}, cv=2).fit(UK, UK[:, 0]), resolution=4
    )
    assert [name for _, name in display.values] == ["prediction"]


def test_the_column_that_differs_most_is_the_default():
    display = PlaceMapDisplay.from_estimator(
        Echo(), extent=(0, 10, 0, 10), resolution=10
    )
    assert list(display.values) == [("Echo", "sum")]


def _numbers(kind, X):
    """Return eight columns; two are equal and differ most, and that in a corner."""
    rng = np.random.default_rng(0)
    weights, shift = rng.uniform(0.4, 0.5, 8), rng.normal(size=8)
    latitude, longitude = np.radians(X).T
    table = np.sin(latitude[:, None] * 3 + shift) * weights + shift * 1e3
    table[:, 5] = -7.0 + 40.0 * ((latitude > 1.45) & (longitude > 2.8))
    table[:, 6] = table[:, 5]  # a tie
    table[:, 0] = 1e5 / 3.0
    if kind == "missing":
        table[latitude < 0.2] = np.nan
        table[::3, 3] = np.inf
    return sparse.csr_array(table) if kind == "sparse" else table


@pytest.mark.parametrize("kind", ["dense", "sparse", "missing"])
def test_the_column_that_differs_most_does_so_among_all_places(kind):
    made = FunctionTransformer(lambda X: _numbers(kind, X))
    for memory in (1024, 0.1, 0.01, 0.003):
        with sklearn.config_context(working_memory=memory):
            display = PlaceMapDisplay.from_estimator(made, resolution=60)
        assert list(display.values) == [("FunctionTransformer", "column 5")]
        plt.close(display.figure_)


@pytest.mark.parametrize("memory", [1024, 0.05])
def test_the_widest_cell_is_drawn(memory):
    encoder = S2OneHotEncoder(8).fit(np.random.default_rng(1).uniform(-60, 60, (60, 2)))
    with sklearn.config_context(working_memory=memory):
        display = PlaceMapDisplay.from_estimator(encoder, resolution=100)
    ((_, name),) = display.values
    spread = encoder.transform(display.places).toarray().std(axis=0)
    drawn = list(encoder.get_feature_names_out()).index(name)
    assert drawn == np.flatnonzero(spread >= spread.max() * (1 - 1e-9))[0]


def test_columns_without_differences_are_drawn_by_the_first():
    thirds = FunctionTransformer(lambda X: np.full((len(X), 3), [1 / 3, 1e9 / 7, 0.0]))
    for memory in (1024, 0.001):
        with sklearn.config_context(working_memory=memory):
            display = PlaceMapDisplay.from_estimator(thirds, resolution=30)
        assert list(display.values) == [("FunctionTransformer", "column 0")]


def test_places_are_asked_about_once_where_there_is_room():
    echo = Echo()
    PlaceMapDisplay.from_estimator(echo, resolution=160)
    assert echo.sizes == [1, 8192, 160 * 80 - 8192]
    echo = Echo()
    with sklearn.config_context(working_memory=0.2):
        PlaceMapDisplay.from_estimator(echo, resolution=160)
    assert sum(echo.sizes) == 1 + 2 * 160 * 80
    assert max(echo.sizes) * 16 * 3 <= 0.2 * 2**20


def test_memory_is_bounded():
    echo = Echo()
    with sklearn.config_context(working_memory=1):
        PlaceMapDisplay.from_estimator(echo, columns=0, resolution=160)
    # One to see the columns, then 160 by 80 places, 8192 at most at a time.
    assert echo.sizes == [1, 8192, 160 * 80 - 8192]
    sizes = []

    def wide(X):
        sizes.append(len(X))
        return np.ones((len(X), 999))

    with sklearn.config_context(working_memory=1):
        PlaceMapDisplay.from_estimator(
            FunctionTransformer(wide), columns=0, resolution=20
        )
    assert max(sizes) == 2**20 // (16 * 999)


def test_points_of_ones_own():
    places = np.random.default_rng(0).uniform([40, 0], [50, 10], (6000, 2))
    values = places[:, 0].copy()
    values[7] = np.nan
    display = PlaceMapDisplay.from_predictions(places, values, label="noise in dB")
    (points,) = display.pictures_
    assert points.get_rasterized()
    assert len(points.get_offsets()) == 6000
    assert points.get_array().mask.sum() == 1
    assert_array_equal(points.get_array()[1:], np.sort(np.delete(values, 7)))
    assert display.ax_.get_title() == ""
    assert display.colorbars_[0].ax.get_ylabel() == "noise in dB"
    few = PlaceMapDisplay.from_predictions(
        places[:10], sparse.csr_array(np.eye(10)[:, :2]), columns=["a", "b"]
    )
    assert list(few.values) == [("", "a"), ("", "b")]
    assert not few.pictures_[0].get_rasterized()
    models = {"a": places[:9, 0], "b": pd.DataFrame({"x": range(9), "y": range(9)})}
    display = PlaceMapDisplay.from_predictions(places[:9], models)
    # The first model has one column, the second two: three panels.
    assert display.axes_.shape == (2, 2)
    assert [ax is None for ax in display.axes_.ravel()] == [False, False, True, False]
    titles = [ax.get_title() for ax in display.axes_.ravel() if ax is not None]
    assert titles == ["a: value", "b: x", ""]
    series = PlaceMapDisplay.from_predictions(places[:2], pd.Series([1, 2], name="z"))
    assert list(series.values) == [("", "z")]


def test_axes_of_ones_own_and_norms():
    figure, axes = plt.subplots(1, 2)
    display = PlaceMapDisplay.from_predictions(
        UK, [[0.0, 1.0], [1.0, 10.0], [2.0, 100.0], [3.0, -1.0]], ax=axes, norm="log"
    )
    assert display.figure_ is figure
    assert list(display.axes_.ravel()) == list(axes)
    # Zero and what is below have no logarithm.
    assert isinstance(display.pictures_[0].norm, LogNorm)
    assert [one.get_array().mask.sum() for one in display.pictures_] == [1, 1]
    display.plot(norm="centered", colorbar=False)
    assert display.colorbars_ == []
    assert display.pictures_[0].get_clim() == (-100, 100)
    with pytest.raises(ValueError, match="There are 2 panels to draw, and ax holds 1"):
        display.plot(axes[0])
    with pytest.raises(ValueError, match="norm must be one of 'linear', 'log'"):
        display.plot(norm="lin")
    with pytest.raises(ValueError, match="share must be one of 'all'"):
        display.plot(share="both")


def test_the_same_column_has_one_scale_wherever_it_stands():
    first = pd.DataFrame({"a": [1, 2, 3, 4], "b": [10, 20, 30, 40], "c": [5, 6, 7, 8]})
    second = pd.DataFrame({"b": [0, 1, 2, 50], "d": [7, 8, 9, 9], "a": [3, 4, 5, 6]})
    display = PlaceMapDisplay.from_predictions(
        UK, {"x": first, "y": second}, share="column"
    )
    axes = display.axes_.ravel()
    clims = {
        ax.get_title(): one.get_clim()
        for ax, one in zip(axes, display.pictures_, strict=True)
    }
    assert clims["x: a"] == clims["y: a"] == (1, 6)
    assert clims["x: b"] == clims["y: b"] == (0, 50)
    # Nothing stands beside them that is not compared by its name.
    assert clims["x: c"] == (5, 8)
    assert clims["y: d"] == (7, 9)
    plt.close("all")


@pytest.mark.parametrize(("share", "ends"), [("all", (1, 40)), ("panel", (1, 4))])
def test_a_norm_without_ends_gets_those_of_its_panels(share, ends):
    norm = LogNorm()
    values = [[-1.0, 10.0], [2.0, 20.0], [1.0, 30.0], [4.0, 40.0]]
    display = PlaceMapDisplay.from_predictions(UK, values, norm=norm, share=share)
    display.figure_.canvas.draw()
    assert display.pictures_[0].get_clim() == ends
    assert display.pictures_[1].get_clim() == ((1, 40) if share == "all" else (10, 40))
    # It is the caller's own, for other pictures too; and one with ends is as it is.
    assert not norm.scaled()
    fixed = LogNorm(0.1, 1000)
    assert display.plot(norm=fixed, share=share).pictures_[1].norm is fixed
    half = display.plot(norm=LogNorm(vmax=90), share=share).pictures_[0]
    assert half.get_clim() == (1, 90)
    for wrong in (["log"], 3):
        with pytest.raises(ValueError, match="norm must be one of 'linear', 'log'"):
            display.plot(norm=wrong)
    plt.close("all")


def test_columns_without_a_name_and_tables_that_are_none():
    draw = PlaceMapDisplay.from_predictions
    nameless = draw(UK, pl.Series([1.0, 2.0, 3.0, 4.0]))
    assert nameless.to_geojson()["features"][0]["properties"] == {"value": 1.0}
    with pytest.raises(ValueError, match=r"values of a must be .* shape \(4, 2, 2\)"):
        draw(UK, {"a": np.ones((4, 2, 2))})
    with pytest.raises(ValueError, match="values names '1' more than once"):
        draw(UK, {1: np.ones(4), "1": np.zeros(4)})
    near = UnitVectorEncoder().fit(UK)
    display = PlaceMapDisplay.from_estimator(
        {1: near, 2: near}, columns={1: 0, 2: 1}, resolution=4
    )
    assert [who for who, _ in display.values] == ["1", "2"]
    plt.close("all")


def test_many_photos_are_pixels():
    photos = np.random.default_rng(0).uniform([40, 0], [50, 10], (6000, 2))
    display = PlaceMapDisplay.from_estimator(
        Echo(), columns=0, extent=(0, 10, 40, 45), resolution=4, photos=photos
    )
    (points,) = display.photos_
    inside = (photos[:, 0] <= 45).sum()
    assert len(points.get_xdata()) == inside
    assert not points.get_rasterized()  # few of them are in sight
    points = PlaceMapDisplay.from_estimator(
        Echo(), columns=0, resolution=4, photos=photos
    ).photos_[0]
    assert points.get_rasterized()


def test_unknown_columns():
    teacher = GeoNeighborTagPropagator(2).fit(UK, TAGS)

    def draw(columns, transformer=teacher):
        PlaceMapDisplay.from_estimator(transformer, columns=columns, resolution=4)

    with pytest.raises(ValueError, match=r"no column 'baech'\. Did you mean 'tag_bea"):
        draw("baech")
    with pytest.raises(
        ValueError, match=r"no column 'q'\. It has 2 columns: tag_beach"
    ):
        draw("q")
    with pytest.raises(ValueError, match="has 2 columns, numbered from 0; there is no"):
        draw(2)
    with pytest.raises(TypeError, match="a name or a number"):
        draw([1.5])
    with pytest.raises(ValueError, match="columns is empty"):
        draw([])
    with pytest.raises(ValueError, match="have no names, so there is no 'x'"):
        draw("x", FunctionTransformer())
    twice = pd.DataFrame({"a_sun": [1, 1, 1, 1], "b_sun": [0, 1, 0, 1]})
    ambiguous = GeoNeighborTagPropagator(2).fit(UK, twice)
    with pytest.raises(ValueError, match=r"'sun' could be several columns of .*a_sun"):
        draw("sun", ambiguous)
    with pytest.raises(ValueError, match=r"name every transformer once.*'b'; got 'a'"):
        draw({"a": 0}, {"a": teacher, "b": teacher})


def test_what_cannot_be_drawn():
    draw = PlaceMapDisplay.from_estimator
    with pytest.raises(NotFittedError, match="student is not fitted yet: fit it"):
        draw({"student": GPS2VecPlusTransformer()}, zone="30U")
    with pytest.raises(ValueError, match="32X"):
        draw(UnitVectorEncoder().fit(UK), zone="32X")
    for zone in ([], ["30U", "31U"], 30):
        with pytest.raises(TypeError, match="zone must be a text; got"):
            draw(UnitVectorEncoder().fit(UK), zone=zone)
    with pytest.raises(ValueError, match="once: by extent or by zone"):
        draw(UnitVectorEncoder().fit(UK), zone="30U", extent="world")
    with pytest.raises(ValueError, match="resolution must be a whole number"):
        draw(UnitVectorEncoder().fit(UK), resolution=1)
    with pytest.raises(TypeError, match=r"neither transform nor .*pipeline\[:-1\]"):
        draw(LinearSVC())
    with pytest.raises(TypeError, match="object has neither transform nor predict_p"):
        draw(object())
    with pytest.raises(ValueError, match="the mapping is empty"):
        draw({})
    wide = StandardScaler().fit(pd.DataFrame(np.eye(3), columns=["lat", "lon", "n"]))
    with pytest.raises(ValueError, match=r"reads 3 columns \(lat, lon, n\), and a map"):
        draw(wide)
    text = FunctionTransformer(lambda X: np.full((len(X), 1), "a", dtype=object))
    with pytest.raises(TypeError, match=r"hold no numbers \('a'\)"):
        draw(text, columns=0)
    places = np.random.default_rng(0).uniform([49, -5], [55, -1], (60, 2))
    model = GPS2VecPlusTransformer(
        hidden=(4,), min_samples=10, missing_zone="nan", max_iter=1, random_state=0
    ).fit(places, np.eye(2)[np.arange(60) % 2])
    with pytest.raises(ValueError, match=r"no number for any place.*zone_report_"):
        draw(model, zone="31U", columns=0, resolution=4)
    # A part of the region is enough.
    half = draw(model, extent=(-4, 4, 50, 54), columns=0, resolution=8)
    assert half.pictures_[0].get_array().mask.mean() == 0.5


def test_what_is_known_of_places_must_fit():
    draw = PlaceMapDisplay.from_predictions
    with pytest.raises(ValueError, match="values has 3 rows, and there are 4 places"):
        draw(UK, [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="columns names 1 columns, and values has 2"):
        draw(UK, np.ones((4, 2)), columns=["a"])
    with pytest.raises(ValueError, match="holds no column"):
        draw(UK, {})


def test_columns_have_names_of_their_own():
    places, values = [[0.0, 0.0], [0.0, 1.0]], [[1.0, 2.0], [3.0, 4.0]]
    draw = PlaceMapDisplay.from_predictions
    with pytest.raises(ValueError, match="columns names 'a' more than once"):
        draw(places, values, columns=["a", "a"])
    with pytest.raises(ValueError, match="values names '1' more than once"):
        draw(places, pd.DataFrame(values, columns=[1, "1"]))


@pytest.mark.parametrize("wrap", [FrozenEstimator, lambda tagger: tagger])
def test_tags_without_names_go_by_their_numbers(wrap):
    places = np.array([[0.0, 0.0], [10.0, 20.0], [-10.0, 30.0]])
    tagger = wrap(KernelTagger().fit(places, np.eye(3)))
    draw = partial(PlaceMapDisplay.from_estimator, tagger, resolution=10)
    assert draw(columns=2).ax_.get_title() == "column 2"
    words = r"have no names, so there is no 'c'. Give a number from 0 to 2\."
    with pytest.raises(ValueError, match=words):
        draw(columns="c")
    plt.close("all")
