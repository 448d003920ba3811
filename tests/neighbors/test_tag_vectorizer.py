# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import pickle
import unicodedata
import warnings
from collections import Counter

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils import estimator_html_repr
from sklearn.utils.estimator_checks import (
    check_param_validation,
    estimator_checks_generator,
)

from sklearn_geo import neighbors
from sklearn_geo.neighbors import (
    GeoNeighborTagPropagator,
    GeoTagCorpus,
    TagVectorizer,
)
from tests.contract import OTHER_INPUT

ROWS = [["Sunset", "beach"], ["sunset", "café", "sunset"], [], ["CAFE", "the"]]
INDICATOR = np.array([[1, 0, 1], [0, 1, 1], [0, 0, 0], [0, 1, 0]])


def _dense(max_features=2000, **params):
    return TagVectorizer(max_features, sparse_output=False, **params)


def _names(rows, **params):
    return _dense(**params).fit(rows).get_feature_names_out().tolist()


def test_by_hand():
    vectorizer = _dense()
    np.testing.assert_array_equal(vectorizer.fit_transform(ROWS), INDICATOR)
    assert vectorizer.vocabulary_ == {"beach": 0, "cafe": 1, "sunset": 2}
    assert vectorizer.n_photos_.tolist() == [1, 2, 2]
    # Unknown tags are left out.
    new = [["museum"], "Cafe , BEACH,", None]
    np.testing.assert_array_equal(
        vectorizer.transform(new), [[0, 0, 0], [1, 1, 0], [0, 0, 0]]
    )
    assert vectorizer.inverse_transform(INDICATOR) == [
        ["beach", "sunset"],
        ["cafe", "sunset"],
        [],
        ["cafe"],
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda rows: [",".join(row) for row in rows],
        lambda rows: [tuple(row) for row in rows],
        lambda rows: [set(row) for row in rows],
        lambda rows: [np.array(row, dtype=str) for row in rows],
        lambda rows: np.array([",".join(row) for row in rows]),
        lambda rows: np.array([",".join(row) for row in rows])[:, np.newaxis],
        lambda rows: np.array([*rows], dtype=object),
        pd.Series,
        lambda rows: pd.DataFrame({"tags": rows}, index=range(5, 9)),
        lambda rows: pd.Series([",".join(row) or None for row in rows]),
        lambda rows: pd.Series(
            [",".join(row) or pd.NA for row in rows], dtype="string"
        ),
        lambda rows: pd.Series([row or np.nan for row in rows]),
        pl.Series,
        lambda rows: pl.DataFrame({"tags": rows}),
        lambda rows: pl.Series([",".join(row) or None for row in rows]),
        lambda rows: [ROWS[0], "sunset,café,sunset", None, ("CAFE", "the")],
    ],
)
def test_containers_do_not_matter(make):
    vectorizer = _dense()
    np.testing.assert_array_equal(vectorizer.fit_transform(make(ROWS)), INDICATOR)
    np.testing.assert_array_equal(vectorizer.transform(make(ROWS)), INDICATOR)


def test_delimiters():
    row = ["new york; sea,sun"]
    assert _names(row) == ["new york; sea", "sun"]
    assert _names(row, delimiter=";") == ["new york", "sea,sun"]
    assert _names(row, delimiter=None) == ["new", "sea,sun", "york;"]
    # In lists nothing is split.
    assert _names([["new york", " sea,  sun "]]) == ["new york", "sea, sun"]


def test_letters():
    # The second is "é" of two characters.
    row = [["Café", "Cafe\u0301", "cafe", "日本"]]
    assert _names(row) == ["cafe", "日本"]
    assert _names(row, strip_accents="ascii") == ["cafe"]
    assert _names(row, strip_accents=None) == ["cafe", "café", "日本"]
    assert _names(row, strip_accents=None, lowercase=False) == [
        *("Café", "cafe", "日本")
    ]
    assert _names(row, lowercase=False) == ["Cafe", "cafe", "日本"]
    assert _names([["İstanbul", "istanbul"]]) == ["istanbul"]


@pytest.mark.parametrize(
    "tag",
    [
        *(
            "서울",
            "ㅋㅋ",
            "ガラス",
            "カラス",
            "น้ำตก",
            "हिन्दी",
            "أحمد",
            "آب",
            "שלום",
            "தமிழ்",
        ),
        *("東京タワー", "①", "½", "x⁺", "ㄱ", "µ", "łodz"),
    ],
)
def test_other_scripts_stay_as_they_are_typed(tag):
    vectorizer = _dense().fit([[tag]])
    assert vectorizer.vocabulary_ == {tag: 0}
    decomposed = unicodedata.normalize("NFD", tag)
    assert vectorizer.transform([[decomposed]]).tolist() == [[1.0]]
    assert vectorizer.inverse_transform([[1]]) == [[tag]]


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("Việt Nam", "viet nam"),
        ("Ἀθῆναι", "αθηναι"),
        ("ёлка", "елка"),
        ("İzmir", "izmir"),
        ("\uff30\uff21\uff32\uff29\uff33", "paris"),  # full width
        ("\U0001d4dfaris", "paris"),  # mathematical
        ("ｶﾞﾗｽ", "ガラス"),
        ("cafe\u0301\u0323", "cafe"),
        ("東京 Café", "東京 cafe"),
        ("\ufb01nland", "finland"),  # "fi" of one character
        ("\ufb05reet", "street"),  # of a long s, which is a form as well
        ("\u1e9b", "s"),
        ("\u01c4ep", "dzep"),
        ("Ⅳ", "iv"),
        ("m²", "m2"),
        ("H₂O", "h2o"),
        ("שָׁלוֹם", "שלום"),
        ("\ufb2aמש", "שמש"),  # a letter with its point
        ("مُحَمَّد", "محمد"),
    ],
)
def test_accents_and_forms_of_letters(written, tag):
    assert _names([[written]]) == [tag]


def test_a_stored_vectorizer_of_earlier_finds_its_columns():
    vectorizer = _dense().fit([["sun", "서울", "café"]])
    # What was fitted when compatible letters were taken apart, and marks dropped.
    earlier = ["か", "cafe", unicodedata.normalize("NFD", "서울")]
    vectorizer.vocabulary_ = {tag: column for column, tag in enumerate(earlier)}
    del vectorizer._spelt_anew
    stored = pickle.loads(pickle.dumps(vectorizer))
    rows = [["が"], ["Café", "サ"], ["서울"]]
    assert stored.transform(rows).tolist() == np.eye(3).tolist()
    assert stored.fit(rows).get_feature_names_out().tolist() == [
        *("cafe", "が", "サ", "서울")
    ]
    assert stored.transform([["が"]]).tolist() == [[0.0, 1.0, 0.0, 0.0]]


@pytest.mark.parametrize("strip_accents", ["unicode", "ascii", None])
@pytest.mark.parametrize("lowercase", [True, False])
def test_spelling_a_spelt_tag_changes_nothing(strip_accents, lowercase):
    clean = _dense(strip_accents=strip_accents, lowercase=lowercase)._clean()
    for code in range(0x20, 0x20000, 1 if lowercase else 7):
        once = clean(f"{chr(code)}\u0301")
        assert clean(once) == once
        assert unicodedata.is_normalized("NFC", once)


@pytest.mark.parametrize("n_photos", [7, 100])
def test_shares_of_photos_are_exact(n_photos):
    for count in range(1, n_photos):
        rows = [["sun"]] * count + [["sea"]] * (n_photos - count)
        share = count / n_photos
        both = {"sun", "sea"}
        least = {"sun", "sea"} if 2 * count <= n_photos else {"sun"}
        most = {"sun"} if 2 * count < n_photos else both
        assert set(_names(rows, min_df=share)) == least
        assert set(_names(rows, max_df=share)) == most


def test_cameras():
    brand = ["Nikon", "nikond90", "NIKON D90", "Canon EOS 5D Mark II", "iphone4s"]
    place = ["canonbury", "fujisan", "nikonos wreck", "the nikon shop", "pixelated"]
    assert _names([brand + place]) == sorted(place)
    kept = ["canon eos 5d mark ii", "iphone4s", "nikon", "nikon d90", "nikond90"]
    assert _names([brand], camera_brands=None) == kept
    assert _names([brand], camera_brands=["NIKON", "i"]) == ["canon eos 5d mark ii"]
    assert _names([["a+1", "aa1"]], camera_brands=["a+"]) == ["aa1"]


def test_stop_tags():
    rows = [["The", "geotagged", "fire", "Été", "mill"]]
    assert _names(rows) == ["ete", "fire", "mill"]
    assert _names(rows, stop_tags=None) == ["ete", "fire", "geotagged", "mill", "the"]
    for stop_tags in (["été", "FIRE"], {"ete", "fire"}, np.array(["Ete", "fire"])):
        names = _names(rows, stop_tags=stop_tags)
        assert names == ["geotagged", "mill", "the"]


def test_machine_tags_tell_the_place():
    rows = [["geo:lat=51.5", "Flickr:user=ann", "time: 10=12", "a:b", "x=y", "1:a=b"]]
    plain = ["1:a=b", "a:b", "time: 10=12", "x=y"]
    assert _names(rows) == plain
    kept = sorted([*plain, "geo:lat=51.5", "flickr:user=ann"])
    assert _names(rows, machine_tags="keep") == kept


def test_frequencies():
    # Photos with tag: a 4, b 3, c 3, d 1. Twice in one photo is once.
    rows = [["a", "b", "c"], ["a", "c", "b"], ["a", "b", "c"], ["a", "d", "d", "d"]]

    def kept(**params):
        return "".join(_names(rows, stop_tags=None, **params))

    assert kept() == "abcd"
    assert [kept(max_features=n) for n in (1, 2, 3, 4, 9, None)] == [
        *("a", "ab", "abc", "abcd", "abcd", "abcd")
    ]
    assert kept(min_df=2) == kept(min_df=0.5) == kept(min_df=0.75) == "abc"
    assert kept(min_df=4) == kept(min_df=1.0) == "a"
    assert kept(max_df=3) == kept(max_df=0.75) == "bcd"
    assert kept(max_df=3, min_df=2, max_features=1) == "b"


_words = st.lists(st.sampled_from(["p", "q", "r", "s", "t", "u", "v", "w"]), max_size=6)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(_words, min_size=1, max_size=20),
    max_features=st.integers(1, 9),
    seed=st.integers(0, 99),
)
def test_vocabulary_is_that_of_a_counter_and_ties_do_not_depend_on_order(
    rows, max_features, seed
):
    counts = Counter(tag for row in rows for tag in set(row))
    if not counts:
        rows, counts = [*rows, ["p"]], Counter("p")
    best = sorted(counts, key=lambda tag: (-counts[tag], tag))[:max_features]
    vectorizer = _dense(max_features).fit(rows)
    assert vectorizer.get_feature_names_out().tolist() == sorted(best)
    assert vectorizer.n_photos_.tolist() == [counts[tag] for tag in sorted(best)]
    shuffled = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))]
    assert vectorizer.vocabulary_ == _dense(max_features).fit(shuffled).vocabulary_
    # The indicator is that of CountVectorizer, and says what was in the row.
    words = CountVectorizer(binary=True, analyzer=list, vocabulary=sorted(best))
    found = vectorizer.transform(rows)
    np.testing.assert_array_equal(found, words.transform(rows).toarray())
    back = vectorizer.inverse_transform(sparse.csr_array(found))
    assert back == [sorted(set(row) & set(best)) for row in rows]


def test_given_vocabulary():
    vectorizer = _dense(1, vocabulary=["The", "Café", "zoo"], min_df=9)
    rows = vectorizer.fit_transform(ROWS)
    np.testing.assert_array_equal(rows, [[0, 0, 0], [0, 1, 0], [0, 0, 0], [1, 1, 0]])
    assert vectorizer.get_feature_names_out().tolist() == ["the", "cafe", "zoo"]
    assert vectorizer.n_photos_.tolist() == [1, 2, 0]
    np.testing.assert_array_equal(vectorizer.transform(ROWS), rows)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int8, bool])
def test_output(dtype):
    for interface, kind in [("spmatrix", "spmatrix"), ("sparray", "sparray")]:
        try:
            context = config_context(sparse_interface=interface)
        except TypeError:  # scikit-learn before 1.9
            context, kind = config_context(), "spmatrix"
        with context:
            vectorizer = TagVectorizer(dtype=dtype)
            for rows in (vectorizer.fit_transform(ROWS), vectorizer.transform(ROWS)):
                assert isinstance(rows, getattr(sparse, kind, sparse.csr_matrix))
                assert rows.dtype == dtype
                assert rows.has_canonical_format
                np.testing.assert_array_equal(rows.toarray(), INDICATOR)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_and_column_transformer(library):
    frame = pd.DataFrame({"lat": [0.0] * 4, "tags": ROWS})
    frame = frame if library == "pandas" else pl.DataFrame(frame.to_dict("list"))
    columns = make_column_transformer((_dense(), "tags"), remainder="passthrough")
    out = columns.set_output(transform=library).fit_transform(frame)
    assert list(out.columns) == [
        *("tagvectorizer__beach", "tagvectorizer__cafe", "tagvectorizer__sunset"),
        "remainder__lat",
    ]
    np.testing.assert_array_equal(out.to_numpy()[:, :3], INDICATOR)


def test_names_reach_the_propagator():
    places = [[0.0, 0.0], [0.0, 0.001], [0.0, 5.0], [0.0, 9.0]]
    vectorizer = TagVectorizer()
    tags = vectorizer.fit_transform(ROWS)
    corpus = GeoTagCorpus(places, tags, tag_names=vectorizer.get_feature_names_out())
    encoder = GeoNeighborTagPropagator(2, corpus=corpus).fit(places)
    assert encoder.get_feature_names_out().tolist() == [
        *("tag_beach", "tag_cafe", "tag_sunset")
    ]


@pytest.mark.parametrize(
    ("X", "error", "words"),
    [
        ("sea,sun", TypeError, "not the tags of several photos"),
        (5, TypeError, "not the tags of several photos"),
        (sparse.eye(3), TypeError, "not the tags of several photos"),
        ([["sea"], 5], TypeError, "X, row 1: 5 is neither a list of tags"),
        ([["sea"], ["sun", 5]], TypeError, "X, row 1: the tag 5 is no string"),
        ([["sea"], b"sun"], TypeError, "X, row 1"),
        ([["sea"], {"sun": 1}], TypeError, "X, row 1"),
        (np.ones((3, 1)), TypeError, "X, row 0: 1.0 is neither"),
        (np.array([["sea", "sun"]]), ValueError, "X has 2 columns.*Select it"),
        (np.full((2, 2, 2), "sea"), ValueError, "shape .2, 2, 2."),
        ([], ValueError, r"0 sample\(s\)"),
        ([[], ["the", "nikon"]], ValueError, "vocabulary is empty.*delimiter"),
    ],
)
def test_refuses_what_is_no_column_of_tags(X, error, words):
    with pytest.raises(error, match=words):
        TagVectorizer().fit(X)
    if "vocabulary" not in words:
        with pytest.raises(error, match=words):
            TagVectorizer().fit(ROWS).transform(X)


@pytest.mark.parametrize(
    ("params", "error", "words"),
    [
        ({"max_features": 0}, ValueError, "'max_features' parameter"),
        ({"min_df": -1}, ValueError, "'min_df' parameter"),
        ({"max_df": 1.5}, ValueError, "'max_df' parameter"),
        ({"min_df": 3, "max_df": 2}, ValueError, "no tag could be between"),
        ({"min_df": 3}, ValueError, "vocabulary is empty"),
        ({"stop_tags": "english"}, ValueError, "'stop_tags' parameter"),
        ({"stop_tags": [1]}, TypeError, "stop_tags holds 1"),
        ({"camera_brands": [None]}, TypeError, "camera_brands holds None"),
        ({"delimiter": ""}, ValueError, "separates nothing"),
        ({"strip_accents": True}, ValueError, "'strip_accents' parameter"),
        ({"vocabulary": []}, ValueError, "vocabulary is empty"),
        ({"vocabulary": ["Sea", "sea"]}, ValueError, "the tag 'sea' twice"),
        ({"vocabulary": ["sea", " "]}, ValueError, "nothing is left"),
        ({"vocabulary": [3]}, TypeError, "vocabulary holds 3"),
        ({"dtype": str}, ValueError, "does not suit an indicator"),
    ],
)
def test_refuses_parameters(params, error, words):
    with pytest.raises(error, match=words):
        TagVectorizer(**params).fit(ROWS)


def test_inverse_transform_refuses_other_widths():
    with pytest.raises(ValueError, match="takes the 3 columns"):
        _dense().fit(ROWS).inverse_transform([[1, 0]])


def test_pickles_and_clones():
    vectorizer = _dense(stop_tags={"the"}).fit(ROWS)
    again = pickle.loads(pickle.dumps(vectorizer))
    np.testing.assert_array_equal(again.transform(ROWS), INDICATOR)
    with pytest.raises(NotFittedError):
        clone(vectorizer).transform(ROWS)


def _checks():
    """Return the checks that are not about matrices, which it does not read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        return list(estimator_checks_generator(TagVectorizer()))


@pytest.mark.parametrize(("estimator", "check"), _checks())
def test_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_parameters_are_validated():
    check_param_validation("TagVectorizer", TagVectorizer())


def test_its_place_in_the_contract():
    # The contract on places leaves it out by name, and counts on this module.
    assert OTHER_INPUT["TagVectorizer"].endswith("test_tag_vectorizer")
    assert "TagVectorizer" in neighbors.__all__
    html = estimator_html_repr(TagVectorizer())
    assert "sklearn_geo.neighbors.TagVectorizer.html" in html
    for parameter in TagVectorizer().get_params():
        assert f"\n{parameter} : " in inspect.getdoc(TagVectorizer)


@pytest.mark.parametrize("text", ['["sea", "sun"]', "['sea']", ' ["sea","sun"] '])
def test_lists_that_were_written_as_text_are_refused(text):
    with pytest.raises(ValueError, match=r"X, row 1: .* is a list that was written as"):
        TagVectorizer().fit(["beach", text])
    vectorizer = TagVectorizer().fit(["beach", "[sea]"])  # odd, but somebody's tags
    with pytest.raises(ValueError, match=r"map\(json\.loads\)"):
        vectorizer.transform([text])


@pytest.mark.parametrize(
    ("rows", "option"),
    [
        (["sea sun beach", "rain grey town", "fog"], "delimiter=None"),
        (["sea;sun", "rain; grey town"], 'delimiter=";"'),
        (["sea|sun", "rain|fog", "fog"], 'delimiter="|"'),
    ],
)
def test_a_delimiter_that_no_row_has_is_doubted(rows, option):
    with pytest.warns(UserWarning, match=rf"No row has the delimiter ',' .*{option}"):
        TagVectorizer().fit(rows)


@pytest.mark.parametrize(
    "rows",
    [
        ["coffee shop", "hotel", "pub"],  # two words are a tag
        ["sea sun beach", "rain grey town, fog"],  # the delimiter is there
        [["sea sun beach"], ["rain grey town"]],  # lists say what a tag is
        ["sea sun beach"],  # one row is no evidence
    ],
)
def test_tags_of_several_words_are_not_doubted(rows):
    TagVectorizer().fit(rows)  # warnings are errors


def test_a_second_fit_that_fails_leaves_the_first():
    vectorizer = _dense(vocabulary=["a", "b"]).fit([["a"], ["b"]])
    vectorizer.set_params(vocabulary=["x", "y", "z"])
    with pytest.raises(TypeError, match="row 1"):
        vectorizer.fit([["x"], 3.5])
    assert vectorizer.get_feature_names_out().tolist() == ["a", "b"]
    assert vectorizer.n_photos_.tolist() == [1, 1]
    assert vectorizer.transform([["b", "x"]]).tolist() == [[0, 1]]


def test_a_first_fit_that_fails_is_none():
    vectorizer = _dense(vocabulary=["a", "b"])
    with pytest.raises(TypeError, match="row 1"):
        vectorizer.fit([["a"], 3.5])
    with pytest.raises(NotFittedError):
        vectorizer.transform([["a"]])


@pytest.mark.parametrize(
    "params", [{"dtype": "U3"}, {"delimiter": ""}, {"strip_accents": "all"}]
)
def test_how_tags_are_read_is_looked_at_after_fit(params):
    vectorizer = _dense().fit(ROWS).set_params(**params)
    with pytest.raises(ValueError, match=next(iter(params))):
        vectorizer.transform(ROWS)


def test_one_endless_tag_among_thousands():
    # As texts of numpy they would all be as wide: forty gigabytes.
    words = [f"word{number}" for number in range(1_000)]
    endless = "x" * 10**7
    vectorizer = TagVectorizer(None).fit([words, [endless]])
    assert list(vectorizer.vocabulary_) == [*sorted(words), endless]


def test_narrow_floats():
    expected = np.array([[0, 1], [1, 0]])
    vectorizer = _dense(dtype=np.float16)
    found = vectorizer.fit_transform([["sea"], ["beach"]])
    assert found.dtype == vectorizer.transform([["sea"]]).dtype == np.float16
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match=r"^dtype=.*sparse_output=False"):
        TagVectorizer(dtype="float16").fit([["sea"]])
