# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The methods of the paper's Tables 3, 4 and 6, each a Pipeline over one data frame."""

from dataclasses import dataclass

import numpy as np
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline, make_pipeline

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.datasets._draw import import_pandas
from sklearn_geo.encoding import SoftGridEncoder, UTMOneHotEncoder
from sklearn_geo.fusion import AttentionFusionClassifier
from sklearn_geo.neighbors import (
    GeoNeighborTagPropagator,
    HashTagEncoder,
    JointNeighborTagPropagator,
    NeighborVoteAnnotator,
    VisualNeighborTagPropagator,
)
from sklearn_geo.reproduce._photo_task import PLACE

__all__ = ["QUICK", "Effort", "PhotoModels"]


@dataclass(frozen=True)
class Effort:
    """How much is computed.

    Parameters
    ----------
    hidden : tuple of int, default=(64, 128)
        Widths of the networks of a zone, which a processor trains in a minute; the
        paper's are 512, 1024 and 2048 units wide.

    max_iter : int, default=40
        Largest number of epochs of all networks.

    width, batch_size : int, default=512 and 64
        Width of a classifier's sub-networks, which is the paper's, and rows of a step.

    n_hashtags : int, default=200
        Tags that HashTag counts, as in the paper.

    learning_rate : float, default=0.001
        That of classifiers, as in the paper.
    """

    hidden: tuple = (64, 128)
    max_iter: int = 40
    width: int = 512
    batch_size: int = 64
    n_hashtags: int = 200
    learning_rate: float = 0.001


#: Enough to see that everything works.
QUICK = Effort((32,), 8, 64, 64, 40, 0.004)
_STUDENT = {"n_iter_no_change": 5, "fallback_samples": 4000, "zones_at_once": 16}


class PhotoModels:
    """Makes the methods for a task; students of places are trained once, when needed.

    Parameters
    ----------
    task : PhotoTask
        The photos, and the corpus.

    effort : Effort, default=Effort()
        How much is computed.

    seed : int, default=0
        Decides the first weights of all networks.

    progress : callable, default=None
        Called with a text before something takes long.
    """

    def __init__(self, task, *, effort=Effort(), seed=0, progress=None):
        self.task = task
        self.effort = effort
        self.seed = seed
        self._progress = progress or (lambda text: None)
        self._students = {}

    def contexts(self):
        """Return the contexts that the corpus can teach."""
        return [*self.task.contexts, "tag"]

    def fused(self, blocks, attention=None):
        """Make a Pipeline from places and looks to concepts.

        Parameters
        ----------
        blocks : sequence of str
            What the photo is described by: "utm", "object", "scene", "tag" (what
            networks learnt about the place), "onehot" (the same of tags, from hard
            cells), "tags" (propagated from photos nearby), "hashtag", "looks" (tags of
            similar photos), "joint" (of both), "app" (what the photo looks like).

        attention : {"type", "sample"} or None, default=None
            How blocks are weighted; None joins them as they are.

        Returns
        -------
        Pipeline
        """
        columns = ColumnTransformer([(name, *self._block(name)) for name in blocks])
        classifier = AttentionFusionClassifier(
            attention=attention,
            # A block alone has one head, as the paper's classifier of features.
            aux_weight=1.0 if len(blocks) > 1 else 0.0,
            hidden=self.effort.width,
            batch_size=self.effort.batch_size,
            learning_rate_init=self.effort.learning_rate,
            max_iter=self.effort.max_iter,
            random_state=self.seed,
        )
        return Pipeline(
            [
                ("columns", columns.set_output(transform="pandas")),
                ("fusion", classifier),
            ]
        )

    def voted(self):
        """Make the annotator of Kleban et al., which trains nothing."""
        return NeighborVoteAnnotator(location=PLACE)

    def _block(self, name):
        """Return the transformer of a block, and the columns that it reads."""
        corpus = {
            "corpus": self.task.corpus,
            "sparse_output": False,
            "dtype": np.float32,
        }
        if name == "app":
            return "passthrough", self.task.features
        if name == "utm":
            zones = UTMOneHotEncoder(
                zones="seen", handle_unknown="ignore", sparse_output=False
            )
            return zones, PLACE
        if name == "tags":
            return GeoNeighborTagPropagator(**corpus), PLACE
        if name == "hashtag":
            return HashTagEncoder(n_tags=self.effort.n_hashtags, **corpus), PLACE
        if name == "looks":
            voted = VisualNeighborTagPropagator(sigma=None, **corpus)
            return voted, self.task.features
        if name == "joint":
            joint = JointNeighborTagPropagator(location=PLACE, **corpus)
            return joint, [*PLACE, *self.task.features]
        if name in ("tag", "onehot"):
            return FrozenEstimator(self.student(name)), PLACE
        return make_pipeline(
            FrozenEstimator(self.student("visual")), _only(name)
        ), PLACE

    def student(self, name):
        """Return what networks learnt about places, zone by zone.

        Parameters
        ----------
        name : {"visual", "tag", "onehot"}
            Objects and scenes; tags; or tags learnt from hard cells.

        Returns
        -------
        GPS2VecPlusTransformer
            Fitted on the corpus.
        """
        if name not in self._students:
            self._progress(f"networks of {name} learn from the corpus")
            self._students[name] = self._learn(name)
        return self._students[name]

    def _learn(self, name):
        corpus = self.task.corpus
        places = import_pandas().DataFrame(corpus.places, columns=PLACE)
        encoder = GPS2VecPlusTransformer(
            hidden=self.effort.hidden,
            max_iter=self.effort.max_iter,
            random_state=self.seed,
            **_STUDENT,
        )
        encoder.set_output(transform="pandas")
        if name == "visual":
            encoder.set_params(contexts=self.task.contexts)
            return encoder.fit(places, self.task.visual)
        encoder.set_params(
            contexts={"tag": corpus.n_tags},
            target_propagator=GeoNeighborTagPropagator(dtype=np.float32),
        )
        if name == "onehot":
            encoder.set_params(encoding=SoftGridEncoder(hard=True))
        return encoder.fit(places, corpus.tags)


def _only(context):
    """Make a transformer that keeps the columns of one context."""
    select = make_column_selector(pattern=f"^{context}_")
    keep = ColumnTransformer(
        [("keep", "passthrough", select)], verbose_feature_names_out=False
    )
    return keep.set_output(transform="pandas")
