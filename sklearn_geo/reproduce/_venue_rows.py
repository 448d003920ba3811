# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What venues are annotated by: the rows of Table 5, and what the paper reports."""

from dataclasses import dataclass, field, replace

from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_geo.reproduce._scoring import COVERAGE, HAMMING, MAP
from sklearn_geo.reproduce._venue_blocks import venue_pipeline

__all__ = ["CONCATENATED", "VenueRow", "venue_rows"]

# Table 5 of the paper: Hamming loss, coverage error, mean average precision.
_PAPER = {
    "Baseline": (0.159, 2.129, 0.298),
    "OneHot": (0.165, 2.235, 0.210),
    "HashTag": (0.164, 2.200, 0.249),
    "TagFeature": (0.165, 2.198, 0.247),
    "GPS2Vec_onehot": (0.165, 2.224, 0.220),
    "GPS2Vec": (0.164, 2.189, 0.243),
    "Ours": (0.163, 2.154, 0.283),
    "OneHot + B": (0.152, 2.045, 0.337),
    "HashTag + B": (0.153, 2.060, 0.335),
    "TagFeature + B": (0.154, 2.075, 0.323),
    "GPS2Vec_onehot + B": (0.151, 2.034, 0.340),
    "GPS2Vec + B": (0.151, 2.029, 0.344),
    "Ours + B": (0.148, 1.962, 0.406),
}
# Table 3: contexts and check-ins, concatenated.
CONCATENATED, _PAPER_CONCATENATED = "Ours + B, concatenated", 0.376
_GROUPS = ("activity", "geo", "fusion", "scikit-learn on the same columns")

# Which blocks a row is made of, where there are photos and where there are none.
_OF_PHOTOS = {
    "OneHot": ("utm",),
    "HashTag": ("hashtag",),
    "TagFeature": ("tagfeature",),
    "GPS2Vec_onehot": ("onehot",),
    "GPS2Vec": ("tag",),
    "Ours": ("utm", "object", "scene", "tag"),
}
_OF_CITY = {**_OF_PHOTOS, "Ours": ("tagfeature", "quarter", "labels")}


@dataclass(frozen=True)
class VenueRow:
    """One row of the table: which representations, and what classifies them.

    Parameters
    ----------
    method : str
        What it is called.

    group : str
        The heading it stands under.

    blocks : tuple of str
        Its representations.

    model : {"fusion", "logistic", "boosting"}, default="fusion"
        The classifier.

    attention : {"type", "sample"} or None, default="type"
        How a fusion weights blocks.

    paper : dict of str to float, default={}
        What the paper reports.

    See Also
    --------
    venue_rows : The rows of Table 5.

    Examples
    --------
    >>> from sklearn_geo.reproduce import VenueRow
    >>> VenueRow("TagFeature + B", "fusion", ("app", "tagfeature")).attention
    'type'
    """

    method: str
    group: str
    blocks: tuple
    model: str = "fusion"
    attention: str | None = "type"
    paper: dict = field(default_factory=dict)

    def pipeline(self, blocks, size, random_state=0):
        """Make its Pipeline.

        Parameters
        ----------
        blocks : mapping of str to (transformer, list of str)
            All representations.

        size : VenueSize
            Settings of the networks.

        random_state : int, default=0
            Seed.

        Returns
        -------
        Pipeline
            From a frame of venues to probabilities of labels.
        """
        mine = {name: blocks[name] for name in self.blocks}
        model = venue_pipeline(
            mine, size=size, attention=self.attention, random_state=random_state
        )
        if self.model == "fusion":
            return model
        return Pipeline(
            [model.steps[0], ("classify", _classical(self.model, random_state))]
        )


def _classical(name, random_state):
    """Return what scikit-learn has to offer, a classifier for each label."""
    if name == "boosting":
        return OneVsRestClassifier(
            HistGradientBoostingClassifier(random_state=random_state)
        )
    logistic = OneVsRestClassifier(LogisticRegression(C=0.1, max_iter=1000))
    return make_pipeline(StandardScaler(), logistic)


def venue_rows(blocks):
    """List the rows of Table 5 that can be made of some representations.

    Parameters
    ----------
    blocks : collection of str
        Names of the representations.

    Returns
    -------
    list of VenueRow
        In the order of the paper; then Table 3's concatenation, and scikit-learn's own
        classifiers.

    See Also
    --------
    score_venues : What they are worth.

    Examples
    --------
    >>> from sklearn_geo.reproduce import venue_rows
    >>> rows = venue_rows(["app", "utm", "hashtag", "tagfeature", "onehot", "tag"])
    >>> rows[9].method, rows[9].blocks, rows[9].paper["mAP"]
    ('TagFeature + B', ('app', 'tagfeature'), 0.323)
    """
    of = _OF_CITY if "labels" in blocks else _OF_PHOTOS
    rows = [VenueRow("Baseline", _GROUPS[0], ("app",), paper=_paper("Baseline"))]
    for suffix, group, more in (("", _GROUPS[1], ()), (" + B", _GROUPS[2], ("app",))):
        for name, needed in of.items():
            mine = tuple(block for block in needed if block in blocks)
            method = name + suffix
            rows.append(VenueRow(method, group, more + mine, paper=_paper(method)))
    ours = rows[-1]
    rows.append(
        replace(
            ours,
            method=CONCATENATED,
            attention=None,
            paper={MAP.name: _PAPER_CONCATENATED},
        )
    )
    for title, model in (("logistic", "logistic"), ("boosted trees", "boosting")):
        for what, mine in (("B", ("app",)), ("Ours + B", ours.blocks)):
            rows.append(VenueRow(f"{what}, {title}", _GROUPS[3], mine, model=model))
    return rows


def _paper(method):
    numbers = zip((HAMMING, COVERAGE, MAP), _PAPER[method], strict=True)
    return {measure.name: number for measure, number in numbers}
