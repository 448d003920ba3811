# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import builtins
from functools import partial

import numpy as np
import pandas as pd
import pytest
import s2sphere
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import recall_score

from sklearn_geo.metrics import (
    accuracy_at_km,
    class_bias,
    continent_names,
    geo_score,
    hashtag_accuracy_at_k,
    macro_average_precision,
    mean_great_circle_error,
    median_great_circle_error,
    per_region_score,
    tag_coverage_at_k,
)
from sklearn_geo.metrics._regions import CONTINENT_BOXES

PARIS, BERLIN, SYDNEY = [48.86, 2.35], [52.52, 13.40], [-33.87, 151.21]
TRUE = np.array([PARIS, BERLIN, SYDNEY, PARIS])
PRED = np.array([PARIS, PARIS, SYDNEY, BERLIN])


@pytest.mark.parametrize(
    ("name", "places"),
    [
        (
            "Africa",
            {
                "Cairo": (30.04, 31.24),
                "Lagos": (6.45, 3.39),
                "Cape Town": (-33.92, 18.42),
                "Algiers": (36.75, 3.06),
                "Tunis": (36.81, 10.18),
                "Tripoli": (32.89, 13.19),
                "Addis Ababa": (9.03, 38.74),
                "Mogadishu": (2.05, 45.32),
                "Asmara": (15.34, 38.93),
                "Antananarivo": (-18.88, 47.51),
                "Port Louis": (-20.16, 57.50),
                "Praia": (14.93, -23.51),
                "Port Sudan": (19.62, 37.22),
                "Tristan da Cunha": (-37.07, -12.31),
                "Rodrigues": (-19.68, 63.42),
            },
        ),
        ("Antarctica", {"South pole": (-90, 0), "McMurdo": (-77.85, 166.67)}),
        (
            "Asia",
            {
                "Tokyo": (35.68, 139.69),
                "Jakarta": (-6.21, 106.85),
                "Delhi": (28.61, 77.21),
                "Ankara": (39.93, 32.86),
                "Nicosia": (35.19, 33.38),
                "Tel Aviv": (32.09, 34.78),
                "Jeddah": (21.49, 39.19),
                "Sanaa": (15.37, 44.19),
                "Dubai": (25.20, 55.27),
                "Novosibirsk": (55.03, 82.92),
                "Anadyr": (64.73, 177.51),
                "Uelen": (66.16, -169.81),
                "Manila": (14.60, 120.98),
                "Baku": (40.41, 49.87),
                "Yekaterinburg": (56.84, 60.61),
                "Wrangel Island": (71.23, 179.90),
                "Cape Arkticheskiy": (81.27, 95.73),
                "Istanbul, east": (41.18, 29.61),
                "Aden": (12.79, 45.02),
            },
        ),
        (
            "Europe",
            {
                "London": (51.51, -0.13),
                "Lisbon": (38.72, -9.14),
                "Ponta Delgada": (37.74, -25.68),
                "Reykjavik": (64.15, -21.94),
                "Malta": (35.90, 14.51),
                "Heraklion": (35.34, 25.13),
                "Malaga": (36.72, -4.42),
                "Kyiv": (50.45, 30.52),
                "Moscow": (55.76, 37.62),
                "Longyearbyen": (78.22, 15.65),
                "Istanbul, west": (41.01, 28.95),
                "Perm": (58.01, 56.23),
                "Jan Mayen": (70.98, -8.53),
                "Lampedusa": (35.50, 12.61),
                "Rudolf Island": (81.80, 58.60),
                "Flores": (39.45, -31.13),
                "Gavdos": (34.83, 24.08),
            },
        ),
        (
            "North America",
            {
                "New York": (40.71, -74.01),
                "Mexico City": (19.43, -99.13),
                "Nuuk": (64.18, -51.72),
                "Ittoqqortoormiit": (70.49, -21.97),
                "Anchorage": (61.22, -149.90),
                "Adak": (51.88, -176.66),
                "Panama City": (8.98, -79.52),
                "Havana": (23.11, -82.37),
                "Bridgetown": (13.10, -59.62),
                "Alert": (82.50, -62.35),
                "Kap Morris Jesup": (83.63, -32.67),
                "Nome": (64.50, -165.41),
                "Jaque": (7.52, -78.16),
                "Clipperton": (10.29, -109.21),
            },
        ),
        (
            "Oceania",
            {
                "Sydney": (-33.87, 151.21),
                "Auckland": (-36.85, 174.76),
                "Suva": (-18.14, 178.44),
                "Apia": (-13.83, -171.77),
                "Papeete": (-17.54, -149.57),
                "Honolulu": (21.31, -157.86),
                "Port Moresby": (-9.44, 147.18),
                "Guam": (13.44, 144.79),
                "Easter Island": (-27.11, -109.35),
                "the seam": (-17.0, 180.0),
                "Labasa": (-16.43, 179.37),
                "Taveuni": (-16.80, 179.98),
                "Midway": (28.21, -177.37),
                "Rapa": (-27.62, -144.34),
                "Wake": (19.28, 166.65),
            },
        ),
        (
            "South America",
            {
                "Bogota": (4.71, -74.07),
                "Caracas": (10.48, -66.90),
                "Buenos Aires": (-34.60, -58.38),
                "Quito": (-0.18, -78.47),
                "Galapagos": (-0.74, -90.31),
                "Ushuaia": (-54.80, -68.30),
                "Recife": (-8.05, -34.88),
            },
        ),
        ("Elsewhere", {"mid-Atlantic": (50, -40), "Indian Ocean": (-30, 80)}),
    ],
)
def test_continents(name, places):
    found = continent_names(np.array(list(places.values())))
    wrong = {
        place: box
        for place, box in zip(places, found.tolist(), strict=True)
        if box != name
    }
    assert not wrong


@settings(deadline=None, max_examples=50)
@given(st.floats(-90, 90), st.floats(-180, 180))
def test_every_place_has_a_continent_whatever_its_longitude_is_called(lat, lon):
    one, same = continent_names([[lat, lon], [lat, lon + 360]])
    # Rounding of the longitude may cross the border of a box.
    if continent_names([[lat, (lon + 360) - 360]])[0] == one:
        assert one == same


def test_no_places_have_no_continents():
    with pytest.raises(ValueError, match="places is empty"):
        continent_names(np.zeros((0, 2)))


def test_by_continent():
    table = per_region_score("accuracy_at_25km", TRUE, PRED, by="continent")
    assert list(table) == ["region", "count", "score"]
    assert table.region.tolist() == ["Europe", "Oceania"]
    assert table["count"].tolist() == [3, 1]
    assert table.score == pytest.approx([1 / 3, 1])


def test_by_utm_zone():
    table = per_region_score(geo_score, TRUE, TRUE, by="utm_zone")
    assert table.region.tolist() == ["31U", "33U", "56H"]
    assert table["count"].tolist() == [2, 1, 1]
    assert table.score.tolist() == [5000] * 3


@pytest.mark.parametrize("level", [0, 5, 30])
def test_by_s2_cell(level):
    table = per_region_score(geo_score, TRUE, TRUE, by=("s2", level))
    tokens = [
        s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(*place))
        .parent(level)
        .to_token()
        for place in TRUE
    ]
    regions, counts = np.unique(tokens, return_counts=True)
    assert table.region.tolist() == regions.tolist()
    assert table["count"].tolist() == counts.tolist()


@pytest.mark.parametrize(
    "labels",
    [
        ["fr", "de", "au", "fr"],
        np.array([2, 1, 0, 2]),
        pd.Series(["fr", "de", "au", "fr"], dtype="category"),
        lambda places: np.where(
            places[:, 0] < 0, "au", np.where(places[:, 0] > 50, "de", "fr")
        ),
    ],
)
def test_by_labels_and_functions(labels):
    table = per_region_score("accuracy_at_25km", TRUE, PRED, by=labels)
    assert table["count"].tolist() == [1, 1, 2]
    assert table.score.tolist() == [1, 0, 0.5]


def test_several_metrics_and_frames():
    metrics = {
        "near": "accuracy_at_25km",
        "median": median_great_circle_error,
        "far": partial(accuracy_at_km, km=2500),
    }
    table = per_region_score(metrics, TRUE, PRED, by="continent", as_frame=True)
    assert isinstance(table, pd.DataFrame)
    assert table.columns.tolist() == ["region", "count", "near", "median", "far"]
    assert table.far.tolist() == [1, 1]
    assert table["median"].tolist()[1] == 0
    # A metric that returns a vector makes as many columns.
    table = per_region_score(accuracy_at_km, TRUE, PRED, by="continent")
    assert table.score.shape == (2, 5)
    table = per_region_score(accuracy_at_km, TRUE, PRED, by="continent", as_frame=True)
    assert table.columns.tolist()[2:] == [f"score_{i}" for i in range(5)]
    assert table.score_4.tolist() == [1, 1]


def test_columns_of_frames_do_not_replace_each_other():
    vector = partial(accuracy_at_km, km=(1, 25))
    arguments = {"y_true": TRUE, "y_pred": PRED, "by": "continent"}
    for metrics in (
        {"near": vector, "near_1": "geo_score"},
        {"near_1": "geo_score", "near": vector},
    ):
        with pytest.raises(ValueError, match="two columns would be called 'near_1'"):
            per_region_score(metrics, **arguments, as_frame=True)
        table = per_region_score(metrics, **arguments)
        assert table.near.shape == (2, 2)
        assert table.near_1.shape == (2,)
    frame = per_region_score(
        {"near": vector, "near_2": "geo_score"}, **arguments, as_frame=True
    )
    assert frame.columns.tolist()[2:] == ["near_0", "near_1", "near_2"]


def test_what_metrics_return_has_one_shape():
    labels = ["a", "b", "a", "a"]
    each = partial(recall_score, average=None)
    with pytest.raises(
        ValueError, match=r"'score' returns \(2,\) in the region a, but \(1,\) in b"
    ):
        per_region_score(each, labels, labels, by=["a", "a", "b", "b"])
    table = per_region_score(
        partial(each, labels=["a", "b"], zero_division=0),
        labels,
        labels,
        by=["x", "x", "x", "y"],
    )
    assert table.score.tolist() == [[1, 1], [1, 0]]
    square = {"square": lambda true, pred: np.ones((2, 3))}
    arguments = {"y_true": TRUE, "y_pred": PRED, "by": "continent"}
    assert per_region_score(square, **arguments).square.shape == (2, 2, 3)
    with pytest.raises(ValueError, match=r"'square' returns a table of shape \(2, 3\)"):
        per_region_score(square, **arguments, as_frame=True)


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 60), st.integers(0, 2**31))
def test_regions_add_up_to_the_whole(n, seed):
    rng = np.random.default_rng(seed)
    true, pred = (
        np.column_stack([rng.uniform(-90, 90, n), rng.uniform(-180, 180, n)])
        for _ in range(2)
    )
    weights = rng.uniform(0.1, 2, n)
    labels = rng.integers(0, 4, n)
    for by in ("continent", "utm_zone", ("s2", 1), labels):
        table = per_region_score(mean_great_circle_error, true, pred, by=by)
        assert table["count"].sum() == n
        assert len(set(table.region)) == len(table.region)
        total = np.average(table.score, weights=table["count"])
        assert total == pytest.approx(mean_great_circle_error(true, pred))
    table = per_region_score(
        mean_great_circle_error, true, pred, by=labels, sample_weight=weights
    )
    mass = np.bincount(labels, weights=weights)
    total = np.average(table.score, weights=mass[mass > 0])
    whole = mean_great_circle_error(true, pred, sample_weight=weights)
    assert total == pytest.approx(whole)


def test_the_largest_region_is_one_that_counts():
    by = ["a", "a", "a", "b"]
    for weights, words in (
        ([0, 0, 0, 1], "No region with a photo of a weight above 0 has min_count=2 "),
        ([1, 1, 1, 1], "No region has min_count=9 "),
    ):
        one, n = ("b", 1) if weights[0] == 0 else ("a", 3)
        with pytest.raises(
            ValueError,
            match=f"^{words}photos or more; the largest one, {one}, has {n}.$",
        ):
            per_region_score(
                "geo_score",
                TRUE,
                PRED,
                by=by,
                sample_weight=weights,
                min_count=2 if weights[0] == 0 else 9,
            )


def test_the_largest_region_that_counts_is_named_among_several():
    by = ["a", "b", "b", "c"]
    with pytest.raises(ValueError, match=r"the largest one, b, has 2\.$"):
        per_region_score("geo_score", TRUE, PRED, by=by, min_count=5)
    with pytest.raises(ValueError, match=r"the largest one, a, has 1\.$"):
        per_region_score(
            "geo_score", TRUE, PRED, by=by, sample_weight=[1, 0, 0, 1], min_count=5
        )


def test_regions_that_do_not_count():
    table = per_region_score("geo_score", TRUE, PRED, by="continent", min_count=2)
    assert table.region.tolist() == ["Europe"]
    table = per_region_score(
        "geo_score", TRUE, PRED, by="continent", sample_weight=[1, 0, 0, 0]
    )
    assert table.region.tolist() == ["Europe"]
    assert table.score.tolist() == [5000]


def test_metrics_of_tags_take_places():
    truth = np.array([[1, 0], [0, 1], [1, 1], [1, 0]])
    score = np.array([[2, 1], [2, 1], [2, 1], [1, 2]])
    at_1 = partial(hashtag_accuracy_at_k, k=1)
    table = per_region_score(at_1, truth, score, by="continent", places=TRUE)
    assert table.score == pytest.approx([1 / 3, 1])
    # Table 6 of GPS2Vec+: average precision by zone, where some classes are missing.
    table = per_region_score(
        macro_average_precision, truth, score, by="utm_zone", places=TRUE
    )
    assert table.region.tolist() == ["31U", "33U", "56H"]
    assert table.score.tolist() == [1, 1, 1]
    with pytest.warns(UndefinedMetricWarning):
        table = per_region_score(
            "hashtag_accuracy_at_1", truth * 0, score, by="continent", places=TRUE
        )
    assert np.isnan(table.score).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"by": "country"}, "by='country' is no kind of region. Pass \"continent\""),
        ({"by": ("s2", 31)}, "a level from 0 to 30; got"),
        ({"by": ("s2",)}, "a level from 0 to 30; got"),
        ({"by": ("s2", -1)}, "a level from 0 to 30; got"),
        ({"by": ("s2", 2.5)}, "a level from 0 to 30; got"),
        ({"by": ("h3", 5)}, "Pass labels in an array or a list"),
        ({"by": ["a", "b"]}, "^by must hold one label for each of the 4 photos"),
        ({"by": lambda places: places}, r"^by\(places\) must hold one label"),
        ({"by": ["a", None, "b", "c"]}, "by, row 1: the label is missing"),
        ({"by": [0.0, 1.0, np.nan, 2.0]}, "by, row 2: the label is missing"),
        ({"places": TRUE[:2]}, "y_true has 4 rows but places has 2"),
        ({"places": [[0.0, 200.0], [99.0, 200.0]] * 2}, "^places, row 1: latitude 99"),
        ({"y_true": [0, 1, 2, 3]}, "say where the photos were taken by places="),
        ({"y_true": [0, 1, 2, 3]}, "^y_true "),
        ({"y_pred": PRED[:2]}, "y_true has 4 rows but y_pred has 2"),
        ({"metric": "accuracy"}, "There is no metric 'accuracy'"),
        ({"metric": {}}, "metric must name at least one metric"),
        ({"metric": {"count": "geo_score"}}, "columns already"),
        ({"metric": {"region": "geo_score"}}, "columns already"),
        ({"min_count": 1.5}, "min_count must be a whole number above 0"),
        ({"y_true": TRUE[:0], "y_pred": PRED[:0]}, "y_true is empty"),
        ({"by": ["a", np.nan, "b", "c"]}, "by, row 1: the label is missing"),
        ({"min_count": 0}, "min_count must be a whole number above 0"),
        ({"min_count": 9}, "the largest one, Europe, has 3"),
        ({"sample_weight": [1, 2]}, "one weight for each of the 4 rows"),
    ],
)
def test_bad_input(changes, words):
    arguments = {
        "metric": "geo_score",
        "y_true": TRUE,
        "y_pred": PRED,
        "by": "continent",
    }
    arguments.update(changes)
    metric, y_true, y_pred = (arguments.pop(k) for k in ("metric", "y_true", "y_pred"))
    with pytest.raises(ValueError, match=words):
        per_region_score(metric, y_true, y_pred, **arguments)


@pytest.mark.parametrize("by", ["continent", "utm_zone", ("s2", 3), lambda p: p[:, 0]])
@pytest.mark.parametrize(
    "metric",
    [
        "hashtag_accuracy_at_1",
        partial(tag_coverage_at_k, k=[1, 2]),
        {"error": "geo_score", "map": macro_average_precision},
    ],
)
def test_two_tags_are_no_places(metric, by):
    truth = np.array([[1, 0], [0, 1], [1, 1], [1, 0]])
    with pytest.raises(ValueError, match="A metric of tags needs places="):
        per_region_score(metric, truth, truth, by=by)


def test_coverage_where_a_region_has_no_tags():
    truth = np.array([[1, 0], [0, 1], [0, 0], [1, 0]])
    metric = partial(tag_coverage_at_k, k=[1, 2])
    with pytest.warns(UndefinedMetricWarning, match="No photo of y_true has a tag"):
        table = per_region_score(metric, truth, truth, by=list("aaba"))
    assert table.score[0].tolist() == [1, 1]
    assert np.isnan(table.score[1]).all()
    assert table.score.shape == (2, 2)


def test_class_bias_by_function_and_by_name():
    true, pred = [0, 0, 1, 1], [0, 1, 1, 1]
    expected = per_region_score("class_bias", true, pred, by=list("aabb"))
    for metric in (class_bias, partial(class_bias, pseudo_count=1.0)):
        table = per_region_score(metric, true, pred, by=list("aabb"))
        assert table.score.tolist() == expected.score.tolist()
    # Counts (2, 0) and (1, 1) become shares (3, 1) / 4 and (2, 2) / 4; then equal ones.
    a = 0.75 * np.log(0.75 / 0.5) + 0.25 * np.log(0.25 / 0.5)
    assert expected.score == pytest.approx([a, 0])


def test_keys_that_are_no_text():
    with pytest.raises(
        TypeError, match=r"the key 25 is not text.*use one such as '25'"
    ):
        per_region_score({25: "accuracy_at_25km"}, TRUE, PRED, by="continent")


def test_labels_of_64_bits_are_not_rounded():
    by = [2**63, 2**63 + 1, 5, 5]
    table = per_region_score("geo_score", TRUE, TRUE, by=by)
    assert table.region.tolist() == [5, 2**63, 2**63 + 1]
    with pytest.raises(TypeError, match=r"^by mixes values that cannot be sorted"):
        per_region_score("geo_score", TRUE, TRUE, by=["a", 1, 2, "b"])


def test_frames_without_pandas_say_what_to_install(monkeypatch):
    plain_import = builtins.__import__

    def without_pandas(name, *args, **kwargs):
        if name == "pandas":
            raise ImportError(name)
        return plain_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_pandas)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-geo\[pandas\]'"):
        per_region_score("geo_score", TRUE, PRED, by="continent", as_frame=True)


def test_rows_of_any_sparse_format_are_taken():
    truth = np.eye(4, dtype=int)
    for tags in (sparse.bsr_array(truth), sparse.coo_array(truth)):
        table = per_region_score(
            "macro_average_precision", tags, truth * 0.5, by=["a", "a", "b", "b"]
        )
        assert table.score.tolist() == [1.0, 1.0]


def test_weights_have_a_finite_sum():
    places = [[0.0, 0.0], [0.0, 1.0]]
    with pytest.raises(ValueError, match="sample_weight add up to infinity"):
        per_region_score(
            "geo_score", places, places, by="continent", sample_weight=[1e308] * 2
        )


def test_broken_sparse_matrices_are_refused():
    broken = sparse.csr_array(np.eye(2))
    broken.indices[-1] = 10**6
    for name, tags in (
        ("y_true", (broken, np.eye(2))),
        ("y_pred", (np.eye(2), broken)),
    ):
        with pytest.raises(ValueError, match=f"^{name} .*contradict each other"):
            per_region_score(lambda true, pred: 1.0, *tags, by=["a", "b"])


def test_functions_are_given_arrays_of_degrees():
    seen = []

    def by(places):
        seen.append(places)
        return np.arange(len(places))

    frame = pd.DataFrame(TRUE, columns=["lat", "lon"])
    for places in (None, TRUE.tolist(), frame):
        per_region_score("geo_score", TRUE, PRED, by=by, places=places)
        assert type(seen[-1]) is np.ndarray
        assert seen[-1].tolist() == TRUE.tolist()


@pytest.mark.parametrize(
    ("place", "name"),
    [
        # On the border of two boxes, where the first of them has the word: Antarctica
        # to 60 degrees south, and Greenland's sea to 10 degrees west.
        ([-60.0, 0.0], "Antarctica"),
        ([-60.0, 180.0], "Antarctica"),
        ([-90.0, -180.0], "Antarctica"),
        ([70.0, -10.0], "North America"),
        ([70.0, -9.99], "Europe"),
        # The Urals are put at 60 degrees east.
        ([60.0, 60.0], "Europe"),
        ([60.0, 60.01], "Asia"),
        # Boxes of one continent leave no gap between them.
        ([12.301, 36.0], "Africa"),
        ([50.0, 26.501], "Europe"),
        ([50.0, 29.101], "Europe"),
    ],
)
def test_borders_belong_to_the_first_box(place, name):
    assert continent_names([place]).tolist() == [name]


# Walks along parallels from west to east, and along meridians from south to north:
# where they start, then each line they cross and what comes after it, worked by hand.
# Names are short: North America is "N", South America "S", the sea between boxes "-".
PARALLELS = {
    83: "- -170 N -10 -",
    78: "- -170 N -10 - 0 E 60 A",
    71: "A -168.9 N -10 E 60 A",
    65: "A -168.9 N -25 E 60 A",
    55: "N -50 - -32 E 60 A",
    48: "- -170 N -50 - -32 E 60 A",
    45: "- -170 N -50 - -32 E 46 A",
    42: "- -170 N -50 - -32 E 29.1 A",
    38: "- -170 N -50 - -32 E 26.5 A",
    36.5: "- -170 N -50 - -32 E 0 F 12 E 26.5 A",
    35: "- -170 N -50 - -32 F 12 E 26.5 A",
    30: "O -120 N -50 - -32 F 34 A",
    20: "O -120 N -50 - -32 F 38 A 131 O",
    15: "O -120 N -50 - -32 F 41.5 A 131 O",
    10: "O -120 N -77.3 S -30 F 64 A 131 O",
    5: "O -120 - -93 S -30 F 64 A 131 O",
    -5: "O -93 S -30 F 64 A 131 O",
    -20: "O -93 S -30 F 64 - 110 O",
    -50: "O -93 S -30 - 110 O",
    -70: "T",
}
MERIDIANS = {
    -175: "T -60 O 30 - 50 N 60 A 75 -",
    -150: "T -60 O 30 N 84 -",
    -100: "T -60 O 0 - 7 N 84 -",
    -80: "T -60 S 7 N 84 -",
    -60: "T -60 S 13 N 84 -",
    -40: "T -60 S 13 - 59 N 84 -",
    -20: "T -60 - -40 F 36 E 67.5 N 84 -",
    -5: "T -60 - -40 F 36 E 72 -",
    6: "T -60 - -40 F 37.4 E 82 -",
    20: "T -60 - -40 F 34.5 E 82 -",
    28: "T -60 - -40 F 34.5 A 40.9 E 82 -",
    36: "T -60 - -40 F 24 A 43 E 82 -",
    40: "T -60 - -40 F 18 A 43 E 82 -",
    50: "T -60 - -40 F 12.3 A 47 E 82 -",
    100: "T -60 - -11 A 82 -",
    120: "T -60 O -11 A 82 -",
    140: "T -60 O 20 A 82 -",
}
SHORT = {
    **{"A": "Asia", "E": "Europe", "F": "Africa", "N": "North America"},
    **{"O": "Oceania", "S": "South America", "T": "Antarctica", "-": "Elsewhere"},
}


@pytest.mark.parametrize("walks", [PARALLELS, MERIDIANS], ids=["parallel", "meridian"])
def test_lines_between_continents(walks):
    for along, walk in walks.items():
        names, lines = walk.split()[::2], np.array(walk.split()[1::2], dtype=float)
        steps = np.arange(-179.75, 180.0, 0.5)
        if walks is MERIDIANS:
            steps = steps[np.abs(steps) < 90]
        across = np.concatenate([steps, lines - 0.001, lines + 0.001])
        places = np.column_stack([np.full(across.size, float(along)), across])
        found = continent_names(places if walks is PARALLELS else places[:, ::-1])
        expected = [SHORT[names[k]] for k in np.searchsorted(lines, across)]
        assert found.tolist() == expected


def test_who_calls_a_function_of_places_says_so():
    words = r"^by\(places\) failed with TypeError: .* of shape \(4, 2\)"
    with pytest.raises(TypeError, match=words):
        per_region_score("geo_score", TRUE, PRED, by=int)

    def refuse(places):
        raise ValueError("fewer places, please")

    words = r"^by\(places\) failed with ValueError: fewer places, please\. It is"
    with pytest.raises(ValueError, match=words):
        per_region_score("geo_score", TRUE, PRED, by=refuse)


def test_a_metric_that_fails_says_where():
    def picky(y_true, y_pred):
        if len(y_true) < 2:
            raise ValueError("one photo is not enough")
        return 0.0

    y = np.array([[48.9, 2.4], [48.9, 2.4], [40.7, -74.0]])
    words = r"'score' fails in the region b of 1 photos: one photo is not enough"
    with pytest.raises(ValueError, match=words):
        per_region_score(picky, y, y, by=["a", "a", "b"])

    def mistaken(y_true, y_pred):
        return y_true + "km"

    with pytest.raises(TypeError, match=r"^The metric 'score' fails in the region a "):
        per_region_score(mistaken, y, y, by=["a", "a", "b"])


@pytest.mark.parametrize("kind", [dict, set])
def test_mappings_and_sets_have_no_rows(kind):
    y = kind(zip("abcd", "efgh", strict=True))
    with pytest.raises(TypeError, match=f"A {kind.__name__} has no rows; pass arrays"):
        per_region_score(lambda a, b: 0.0, y, y, by=list("aabb"))


@pytest.mark.parametrize("kind", ["memoryview", "dask array", "dask frame"])
def test_rows_that_have_to_be_read_first(kind):
    y = np.array([[48.9, 2.4], [40.7, -74.0]])
    if kind == "memoryview":
        given = memoryview(y)
    else:
        given = pytest.importorskip("dask.array").from_array(y)
        if kind == "dask frame":
            given = pytest.importorskip("dask.dataframe").from_dask_array(
                given, columns=["lat", "lon"]
            )
    asked = {"by": ["a", "b"]}
    expected = per_region_score("geo_score", y, y, **asked)
    found = per_region_score("geo_score", given, given, **asked)
    np.testing.assert_array_equal(found["score"], expected["score"])


def test_boxes_that_end_at_180_hold_it():
    names = continent_names([[40, 179.9999], [40, 180], [40, -180], [78, 180]])
    assert names.tolist() == ["Asia"] * 4
    west = continent_names([[66, -180], [66, -179.9999]])
    assert west[0] == west[1]


def test_the_seam_by_the_rule_in_words():
    # The first box that holds -180; if none does, the first that holds 180.
    borders = {edge for box in CONTINENT_BOXES for edge in (box[1], box[3])}
    for latitude in sorted({*borders, *(b + 0.5 for b in borders if b < 90)}):
        expected = next(
            (
                name
                for meridian in (-180, 180)
                for name, south, west, north, east in CONTINENT_BOXES
                if south <= latitude <= north and west <= meridian <= east
            ),
            "Elsewhere",
        )
        for meridian in (-180, 180):
            assert continent_names([[latitude, meridian]]).tolist() == [expected]
