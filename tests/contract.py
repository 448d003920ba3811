# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every public estimator signs, and the table of honest exceptions.

scikit-learn's checks feed matrices of one to ten columns with values around 100.
An estimator that reads exactly (latitude, longitude) refuses most of them, and has
to. So the whole set runs twice:

- on a *folded* subclass, whose only change is that the domain hook of
  `sklearn_geo.base` maps any finite matrix onto the globe. Everything passes there.
- on the public class, with `EXPECTED_FAILURES`: one sentence a check, strict, so that
  an entry that stops failing fails the suite.
"""

import atexit
import importlib
import inspect
import pkgutil
import tempfile
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.fixes import parse_version

import sklearn_geo
from sklearn_geo.neighbors import GeoTagCorpus
from sklearn_geo.partition import S2Partition

# Checks of scikit-learn that its own common set does not run on other people's
# estimators.
ADDITIONAL_CHECKS = (
    "check_param_validation",
    "check_dataframe_column_names_consistency",
    "check_transformer_get_feature_names_out",
    "check_transformer_get_feature_names_out_pandas",
    "check_set_output_transform",
    "check_set_output_transform_pandas",
    "check_global_output_transform_pandas",
    "check_set_output_transform_polars",
    "check_global_set_output_transform_polars",
)
OUTPUT_CHECKS = tuple(name for name in ADDITIONAL_CHECKS if "output" in name)


@dataclass
class Case:
    """How the contract makes one public estimator, and teaches it."""

    params: dict = field(default_factory=dict)
    # Frames cannot hold sparse blocks: what to set before asking for frames.
    frame_params: dict = field(default_factory=dict)
    # What asks for more than a single row has: what to set before there is one.
    one_row_params: dict = field(default_factory=dict)
    # Y for n places, or None for estimators that learn nothing from it.
    make_y: callable = lambda n: None


def _tags(n):
    return (np.random.RandomState(7).rand(n, 6) < 0.4).astype(float)


def _quarters():
    """Return GeoJSON that cuts the globe in four."""
    features = []
    for west in (-180, -90, 0, 90):
        east = west + 90
        ring = [[west, -90], [east, -90], [east, 90], [west, 90], [west, -90]]
        quarter = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": {}, "geometry": quarter})
    return {"type": "FeatureCollection", "features": features}


# With a corpus fit ignores y, which scikit-learn's checks make labels of a task;
# tests/context/test_transformer.py runs them with y as the teachers.
_LEARNER = {
    "corpus": GeoTagCorpus(
        np.random.RandomState(3).uniform([48, 0], [56, 12], (60, 2)),
        np.random.RandomState(3).rand(60, 3),
    ),
    "hidden": (4,),
    "max_iter": 2,
    "min_samples": 5,
    "random_state": 0,
}


def _zone_store():
    """Write a zone store, and return its folder, which this process deletes."""
    folder = tempfile.TemporaryDirectory(prefix="zone-store-")
    atexit.register(folder.cleanup)
    learner = sklearn_geo.GPS2VecPlusTransformer(**_LEARNER)
    learner.fit(np.zeros((1, 2))).save_pretrained(folder.name)
    return folder.name


CASES = {
    "AreaPartition": Case(params={"areas": _quarters()}),
    "CellHierarchy": Case(
        params={"partitions": [S2Partition(8, 1), S2Partition(4, 1)]}
    ),
    "GPS2VecPlusTransformer": Case(params=_LEARNER),
    "GeoNeighborTagPropagator": Case(
        # fit_transform must leave a photo out, and scikit-learn's checks want it to
        # equal transform.
        params={"n_neighbors": 5, "exclude_self": False},
        frame_params={"sparse_output": False},
        make_y=_tags,
    ),
    "GridOneHotEncoder": Case(frame_params={"sparse_output": False}),
    "HashTagEncoder": Case(
        params={"radii_km": (1, 500, 5000), "exclude_self": False},
        frame_params={"sparse_output": False},
        make_y=_tags,
    ),
    "KMeansPartition": Case(
        params={"n_cells": 3, "random_state": 0}, one_row_params={"n_cells": 1}
    ),
    "NumpyContextEncoder": Case(params={"pretrained": _zone_store()}),
    "RandomFourierEncoder": Case(params={"n_frequencies": 4, "random_state": 0}),
    "S2OneHotEncoder": Case(frame_params={"sparse_output": False}),
    "S2Partition": Case(params={"max_per_cell": 4, "min_per_cell": 1}),
    "SinusoidalEncoder": Case(),
    "SoftGridEncoder": Case(params={"n_rows": 3, "n_cols": 2, "sigma_km": 200}),
    "Sphere2VecEncoder": Case(params={"n_scales": 3}),
    "SphericalHarmonicsEncoder": Case(params={"degree": 3}),
    "TrianglePartition": Case(params={"max_per_cell": 4, "min_per_cell": 1}),
    "UTMOneHotEncoder": Case(
        params={"zones": "seen", "handle_unknown": "ignore"},
        frame_params={"sparse_output": False},
    ),
    "UnitVectorEncoder": Case(),
}

COLUMNS = (
    "It feeds a matrix whose number of columns is not two; this estimator reads "
    "exactly (latitude, longitude) and points to ColumnTransformer."
)
LATITUDES = (
    "It feeds values beyond 90 in the first of two columns; a latitude there is "
    "refused, naming the row."
)
WORDS = (
    "It feeds a matrix of another width with one row, or with NaN, and wants an error "
    "about that; the error is about the width, which comes first."
)

# One table: the check, and why a public class that reads a place cannot pass it.
# An estimator that differs has its own row below.
EXPECTED_FAILURES = {
    **dict.fromkeys(
        (
            "check_dataframe_column_names_consistency",
            "check_dict_unchanged",
            "check_dont_overwrite_parameters",
            "check_dtype_object",
            "check_estimators_dtypes",
            "check_estimators_pickle",
            "check_f_contiguous_array_estimator",
            "check_fit2d_predict1d",
            "check_fit_score_takes_y",
            "check_global_output_transform_pandas",
            "check_global_set_output_transform_polars",
            "check_methods_sample_order_invariance",
            "check_methods_subset_invariance",
            "check_n_features_in_after_fitting",
            "check_pipeline_consistency",
            "check_positive_only_tag_during_fit",
            "check_set_output_transform",
            "check_set_output_transform_pandas",
            "check_set_output_transform_polars",
            "check_transformer_data_not_an_array",
            "check_transformer_general",
            "check_transformer_get_feature_names_out",
            "check_transformer_get_feature_names_out_pandas",
        ),
        COLUMNS,
    ),
    **dict.fromkeys(
        ("check_fit_check_is_fitted", "check_fit_idempotent", "check_n_features_in"),
        LATITUDES,
    ),
    **dict.fromkeys(("check_estimators_nan_inf", "check_fit2d_1sample"), WORDS),
}
# A check that came with scikit-learn 1.9.
ZERO_WEIGHTS = ["check_all_zero_sample_weights_error"]
if parse_version(sklearn.__version__) < parse_version("1.9"):
    ZERO_WEIGHTS = []
# Estimators whose fit takes weights are also checked with those.
WEIGHTED = dict.fromkeys(
    (
        *ZERO_WEIGHTS,
        "check_sample_weight_equivalence_on_dense_data",
        "check_sample_weights_list",
    ),
    COLUMNS,
)
EXPECTED_FAILURES_OF = {
    "AreaPartition": WEIGHTED,
    "CellHierarchy": WEIGHTED,
    "GPS2VecPlusTransformer": {
        **WEIGHTED,
        "check_transformer_n_iter": COLUMNS,
    },
    "KMeansPartition": {**WEIGHTED, "check_transformer_n_iter": COLUMNS},
    "S2Partition": WEIGHTED,
    "TrianglePartition": WEIGHTED,
}

# Estimators whose X is something else than the two columns of a place, so that neither
# the fold nor our contract on places means anything to them. The module named here runs
# scikit-learn's checks on the class itself, or on a subclass that folds, with no
# expected failures.
OTHER_INPUT = {
    "AlbumGeolocator": "tests.geolocation.test_album_geolocator",
    "AttentionFusionClassifier": "tests.fusion.test_classifier",
    "AttentionFusionRegressor": "tests.fusion.test_regressor",
    "EvenCrops": "tests.vision.test_even_crops",
    "HashtagEmbedding": "tests.ranking.test_embedding",
    "HierarchicalCellClassifier": "tests.geolocation.test_classifier",
    "JointNeighborTagPropagator": "tests.neighbors.test_joint",
    "KernelTagger": "tests.ranking.test_kernel_tagger",
    "LocSensRanker": "tests.ranking.test_ranker",
    "NeighborGeolocator": "tests.geolocation.test_neighbors",
    "NeighborVoteAnnotator": "tests.neighbors.test_annotator",
    "PlaceFrequencyTagger": "tests.ranking.test_place_frequency",
    "PosteriorTransformer": "tests.vision.test_posteriors",
    "PostingTimeEncoder": "tests.encoding.test_posting_time",
    "PriorGeolocator": "tests.geolocation.test_prior",
    "ProductTagger": "tests.ranking.test_product_tagger",
    "RadiusFilter": "tests.ranking.test_radius_filter",
    "SceneHierarchy": "tests.vision.test_scene_hierarchy",
    "SceneNetworks": "tests.geolocation.test_scene_networks",
    "SelectiveGeolocator": "tests.geolocation.test_selective",
    "TagVectorizer": "tests.neighbors.test_tag_vectorizer",
    "UserAveragingGeolocator": "tests.geolocation.test_user_averaging",
    "TimeAdjustedGeolocator": "tests.geolocation.test_time_adjusted",
    "VenueActivityEncoder": "tests.encoding.test_venue_activity",
    "VisualNeighborTagPropagator": "tests.neighbors.test_visual",
}


def public_modules():
    """Yield every public room of the package."""
    for module in pkgutil.iter_modules(sklearn_geo.__path__):
        if not module.name.startswith("_") and module.name != "base":
            yield importlib.import_module(f"sklearn_geo.{module.name}")


def _is_estimator(thing):
    return (
        inspect.isclass(thing)
        and issubclass(thing, BaseEstimator)
        and not inspect.isabstract(thing)
        # The skorch net behind an estimator is a part of it, and signs nothing.
        and not hasattr(thing, "initialize_module")
    )


def public_estimators():
    """Return the classes that read a place in a public `__all__`, sorted by name."""
    found = {
        getattr(room, name)
        for room in public_modules()
        for name in getattr(room, "__all__", ())
        if _is_estimator(getattr(room, name)) and name not in OTHER_INPUT
    }
    return sorted(found, key=lambda cls: cls.__name__)


def written_estimators():
    """Return every estimator class written anywhere in the package, public or not."""
    found = set()
    for module in pkgutil.walk_packages(sklearn_geo.__path__, "sklearn_geo."):
        if module.name == "sklearn_geo.base":
            continue
        for name, thing in vars(importlib.import_module(module.name)).items():
            ours = _is_estimator(thing) and thing.__module__.startswith("sklearn_geo")
            if ours and name not in OTHER_INPUT:
                found.add((name, thing))
    return found


def make(cls, **overrides):
    """Make an estimator of a public class as the contract wants it."""
    return cls(**{**_case(cls).params, **overrides})


def _case(cls):
    name = _public_name(cls)
    if name not in CASES:
        raise LookupError(f"{name} is public: add it to CASES in tests/contract.py.")
    return CASES[name]


def _public_name(cls):
    return cls.__name__.removeprefix("Folded")


def fold(matrix):
    """Map any finite matrix onto the globe, row by row, continuously."""
    degrees = np.asarray(matrix, dtype=np.float64) * 7.0
    latitude = np.rad2deg(np.arcsin(np.sin(np.deg2rad(degrees[:, 0]))))
    rest = degrees[:, 1:].sum(axis=1) if degrees.shape[1] > 1 else 0.5 * degrees[:, 0]
    longitude = np.remainder(rest + 180.0, 360.0) - 180.0
    longitude[longitude >= 180.0] = -180.0
    return np.column_stack([np.clip(latitude, -90.0, 90.0), longitude])


class TakesFlatTags:
    """Test-only: makes one column of a flat y, which scikit-learn's checks feed.

    A tag indicator has a column a tag, so what learns from one refuses labels.
    """

    def _read_tags(self, y):
        flat = np.asarray(y)  # what is sparse becomes a single object here
        return super()._read_tags(flat.reshape(-1, 1) if flat.ndim == 1 else y)


class TakesLabelsAsTeachers:
    """Test-only: makes teacher rows of the labels that scikit-learn's checks feed.

    Labels of a task are refused by what learns from distributions over many things.
    """

    def _read_teachers(self, y):
        labels = np.asarray(y)
        if labels.ndim == 2 and labels.shape[1] > 1:
            return super()._read_teachers(y)
        _, codes = np.unique(labels.ravel(), return_inverse=True)
        n_columns = self._zones.n_columns if hasattr(self, "_zones") else 3
        rows = 1.0 + (codes[:, np.newaxis] % np.arange(2, n_columns + 2))
        return rows, None


class _FoldedHook(TakesFlatTags, TakesLabelsAsTeachers):
    def _to_places(self, X, names):
        finite = np.isfinite(X).all(axis=1)
        if not finite.all():  # the message of the real hook, which checks it first
            return super()._to_places(np.resize(X[~finite], (1, 2)), None)
        return super()._to_places(fold(X), None)


def folded(cls):
    """Return the test-only subclass of a public class that folds its input."""
    name = f"Folded{cls.__name__}"
    if name not in globals():
        globals()[name] = type(name, (_FoldedHook, cls), {"__module__": __name__})
    return globals()[name]


def check_name(check):
    """Return the name of a check, which scikit-learn wraps in a partial or two."""
    while isinstance(check, partial):
        check = check.func
    return check.__name__


def checks_of(cls):
    """Yield (estimator, check) for the common set and the additional checks."""
    yield from estimator_checks_generator(make(cls))
    case = _case(cls)
    for name in ADDITIONAL_CHECKS:
        params = case.frame_params if name in OUTPUT_CHECKS else {}
        check = getattr(estimator_checks, name)
        yield make(cls, **params), partial(check, cls.__name__)


def expected_failures(cls):
    """Return check -> reason for a public class."""
    return {**EXPECTED_FAILURES, **EXPECTED_FAILURES_OF.get(cls.__name__, {})}


def need_routed_searches():
    """Skip what scikit-learn 1.7 cannot do: route to the score of what is searched."""
    if parse_version(sklearn.__version__) < parse_version("1.8"):
        pytest.skip(
            "A search over a pipeline in scikit-learn 1.7 asks the pipeline, and "
            "not its last step, what its score has requested."
        )
