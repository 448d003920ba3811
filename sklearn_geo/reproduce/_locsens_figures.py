# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Figures 3 and 4 of the supplement of LocSens, as files beside the tables."""

from pathlib import Path

import numpy as np

from sklearn_geo.inspection import ContinentDisplay, TagFrequencyDisplay
from sklearn_geo.metrics import precision_by_region, precision_by_tag_frequency

__all__ = ["DisplayFiles", "figures"]

# Country granularity, and whose precision is drawn by continent.
_COUNTRY = 2
_BY_CONTINENT = {
    "sigma 0": "LocSens, sigma 0",
    "Multilinear, 0 km": "Multilinear, sigma 0",
    "Ceiling": "Ceiling",
}
_N_RESAMPLES = 500


class DisplayFiles:
    """A display that is written as a table is: its numbers, and its picture.

    Parameters
    ----------
    display : TagFrequencyDisplay or ContinentDisplay
        Not drawn yet.
    """

    def __init__(self, display):
        self.display = display

    def to_csv(self, path):
        """Write the numbers.

        Parameters
        ----------
        path : str or path
            The file. Its folder is made if it is not there.
        """
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.display.to_frame().to_csv(path, index=False)

    def plot(self, path):
        """Draw the picture, and save it.

        Parameters
        ----------
        path : str or path
            The file.

        Returns
        -------
        matplotlib.figure.Figure
            The picture.
        """
        self.display.plot()
        figure = self.display.figure_
        figure.savefig(path, dpi=150, bbox_inches="tight")
        return figure


def figures(judge, found, photos, train, kind):
    """Prepare the figures of a table.

    Parameters
    ----------
    judge : RetrievalJudge
        The queries.

    found : list of Found
        What methods found.

    photos : TaggedPhotos
        The photos.

    train : ndarray of int
        Those that teach.

    kind : str
        The kind of folds, for names of files.

    Returns
    -------
    list of (str, DisplayFiles)
        Figure 3, if some tags are frequent enough, and figure 4.
    """
    outcome = []
    settings = {"n_resamples": _N_RESAMPLES, "random_state": 0}
    counts = np.asarray(photos.y[train].sum(axis=0)).ravel()
    by_tag = {
        each.row.method: precision_by_tag_frequency(
            judge.frequent, each.of_tags, counts, **settings
        )
        for each in found
        if each.of_tags is not None
    }
    if by_tag:
        display = TagFrequencyDisplay(by_tag, tag_names=photos.tag_names)
        outcome.append((f"locsens_figure3_{kind}", DisplayFiles(display)))
    by_continent = {
        _BY_CONTINENT[each.row.method]: precision_by_region(
            judge.places,
            each.precision[:, _COUNTRY],
            photos.places[train],
            groups=judge.users,
            **settings,
        )
        for each in found
        if each.row.method in _BY_CONTINENT
    }
    display = ContinentDisplay(by_continent)
    outcome.append((f"locsens_figure4_{kind}", DisplayFiles(display)))
    return outcome
