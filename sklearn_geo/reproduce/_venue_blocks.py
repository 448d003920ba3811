# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The representations of venues, and the Pipeline that fuses some of them."""

from dataclasses import dataclass

import numpy as np
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.encoding import (
    SoftGridEncoder,
    UTMOneHotEncoder,
    VenueActivityEncoder,
)
from sklearn_geo.fusion import AttentionFusionClassifier
from sklearn_geo.neighbors import GeoNeighborTagPropagator, HashTagEncoder

__all__ = ["PLACE", "VenueSize", "activity_block", "photo_blocks", "venue_pipeline"]

#: The columns of a frame of venues that say where they are.
PLACE = ["latitude", "longitude"]
_NARROW = 16


@dataclass(frozen=True)
class VenueSize:
    """How much is computed.

    Parameters
    ----------
    n_venues, n_photos : int
        Rows of the synthetic world.

    n_splits : int
        Folds.

    hidden : int
        Width of the sub-networks of the fusion; the paper has 512.

    batch_size, max_iter : int
        Of the fusion; the paper has batches of 32.

    learning_rate_init : float
        Of the fusion; the paper's.

    student_hidden : tuple of int
        Widths of the students' networks; the paper has (512, 1024, 2048).

    student_batch_size, student_max_iter : int
        Of the students.

    student_learning_rate_init : float
        Of the students; the paper's.

    n_resamples : int
        Of the intervals.

    narrow : tuple of str
        Blocks that have little to say, whose sub-networks are 16 wide in a fusion. The
        paper's is "utm".

    See Also
    --------
    venue_blocks : Trains by these settings.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from sklearn_geo.reproduce import VenueSize
    >>> replace(VenueSize(), n_venues=200, n_splits=2).n_splits
    2
    """

    n_venues: int = 4000
    n_photos: int = 30_000
    n_splits: int = 5
    hidden: int = 512
    batch_size: int = 32
    max_iter: int = 50
    learning_rate_init: float = 0.001
    student_hidden: tuple = (128, 256)
    student_batch_size: int = 128
    student_max_iter: int = 30
    student_learning_rate_init: float = 0.001
    n_resamples: int = 1000
    narrow: tuple = ("utm",)


def venue_pipeline(blocks, *, size=None, attention="type", random_state=0, **settings):
    """Make the Pipeline from a frame of venues to their labels.

    Parameters
    ----------
    blocks : mapping of str to (transformer, list of str)
        The representations: what makes each, of which columns of the frame.

    size : VenueSize, default=None
        Settings of the networks.

    attention : {"type", "sample"} or None, default="type"
        How blocks are weighted. A single one has no weight and no auxiliary head: it
        is the paper's classifier, a hidden layer and a sigmoid.

    random_state : int, default=0
        Decides the first weights and the order of rows.

    **settings
        Further parameters of the classifier.

    Returns
    -------
    Pipeline
        A ColumnTransformer called "encode" and an AttentionFusionClassifier, "fuse".

    See Also
    --------
    photo_blocks : Representations.

    Examples
    --------
    >>> from sklearn_geo import UTMOneHotEncoder
    >>> from sklearn_geo.reproduce import venue_pipeline
    >>> zone = UTMOneHotEncoder(sparse_output=False), ["latitude", "longitude"]
    >>> venue_pipeline({"utm": zone}).named_steps.keys()
    dict_keys(['encode', 'fuse'])
    """
    size = VenueSize() if size is None else size
    encode = ColumnTransformer(
        [(name, encoder, columns) for name, (encoder, columns) in blocks.items()]
    ).set_output(transform="pandas")
    alone = len(blocks) == 1
    narrow = {name: _NARROW for name in size.narrow if name in blocks and not alone}
    fuse = AttentionFusionClassifier(
        blocks="auto",
        hidden=size.hidden,
        block_hidden=narrow,
        attention=None if alone else attention,
        aux_weight=0.0 if alone else 1.0,
        batch_size=size.batch_size,
        max_iter=size.max_iter,
        learning_rate_init=size.learning_rate_init,
        random_state=random_state,
    ).set_params(**settings)
    return Pipeline([("encode", encode), ("fuse", fuse)])


def activity_block(data):
    """Make the 34 columns of check-ins, B, with logarithms of the counts."""
    activity = VenueActivityEncoder(utc_offset="utc_offset").fit(data.checkins)
    # Shares are small, where log(1 + x) is nearly x: only counts change.
    log = FunctionTransformer(np.log1p, feature_names_out="one-to-one")
    return make_pipeline(FrozenEstimator(activity), log), ["venue"]


def photo_blocks(data, *, size=None, sigma_km=10.0, random_state=0, progress=None):
    """Make the representations of Table 5 over a corpus of photos.

    Parameters
    ----------
    data : VenueData
        The venues, and the photos around.

    size : VenueSize, default=None
        Settings of the students' networks.

    sigma_km : float, default=10.0
        Over how many kilometres tags are propagated.

    random_state : int, default=0
        Decides the students' first weights.

    progress : callable, default=None
        Called with what is trained.

    Returns
    -------
    dict of str to (transformer, list of str)
        The blocks "app", "utm", "hashtag", "tagfeature", "onehot" (GPS2Vec_onehot),
        "tag" (GPS2Vec), and "object" and "scene" where photos have looks. The students
        are trained here, on photos alone, and frozen.

    See Also
    --------
    venue_blocks : Takes these or those over check-ins, as data allow.

    Examples
    --------
    >>> from sklearn_geo.reproduce import VenueSize, photo_blocks, synthetic_venues
    >>> size = VenueSize(student_hidden=(4,), student_max_iter=1)
    >>> blocks = photo_blocks(synthetic_venues(20, 200), size=size)
    >>> sorted(blocks)
    ['app', 'hashtag', 'object', 'onehot', 'scene', 'tag', 'tagfeature', 'utm']
    """
    size = VenueSize() if size is None else size
    near = {"corpus": data.tags, "sparse_output": False}
    # Zones without a training venue have a column of zeros to learn from: none is made.
    zone = UTMOneHotEncoder(zones="seen", handle_unknown="ignore", sparse_output=False)
    blocks = {
        "app": activity_block(data),
        "utm": (zone, PLACE),
        "hashtag": (HashTagEncoder(**near), PLACE),
        "tagfeature": (GeoNeighborTagPropagator(sigma_km=sigma_km, **near), PLACE),
    }
    teacher = GeoNeighborTagPropagator(sigma_km=sigma_km)
    training = {
        "hidden": size.student_hidden,
        "batch_size": size.student_batch_size,
        "max_iter": size.student_max_iter,
        "learning_rate_init": size.student_learning_rate_init,
        "random_state": random_state,
    }
    students = {
        "tag": ({}, "GPS2Vec, the student of tags"),
        "onehot": (
            {"encoding": SoftGridEncoder(hard=True)},
            "GPS2Vec_onehot, the student of tags that reads a hard grid",
        ),
    }
    for name, (settings, text) in students.items():
        if progress is not None:
            progress(text)
        student = GPS2VecPlusTransformer(
            contexts={"tag": data.tags.n_tags},
            target_propagator=teacher,
            corpus=data.tags,
            **settings,
            **training,
        )
        blocks[name] = FrozenEstimator(student.fit(data.frame[PLACE])), PLACE
    if data.looks is not None:
        if progress is not None:
            progress("the student of objects and scenes")
        student = GPS2VecPlusTransformer(
            contexts={"object": "object_", "scene": "scene_"},
            corpus=data.looks,
            **training,
        )
        frozen = FrozenEstimator(student.fit(data.frame[PLACE]))
        for name in ("object", "scene"):
            blocks[name] = make_pipeline(frozen, _only(f"^{name}_")), PLACE
    return blocks


def _only(pattern):
    """Keep the columns whose names match."""
    return ColumnTransformer(
        [("only", "passthrough", make_column_selector(pattern))],
        verbose_feature_names_out=False,
    )
