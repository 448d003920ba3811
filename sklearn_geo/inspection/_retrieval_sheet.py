# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The photos that one tag finds in several cities, a row a city."""

import numpy as np

from sklearn_geo._answers import final
from sklearn_geo.base import check_places
from sklearn_geo.inspection._columns import need_method
from sklearn_geo.inspection._export import ShowsPlaces, collection_of, frame_of
from sklearn_geo.inspection._gallery import (
    check_gallery,
    distances_of,
    read_tag,
    right_answers,
    tag_column,
    tag_position,
)
from sklearn_geo.inspection._map import plain, point_feature
from sklearn_geo.inspection._sheet import (
    blank,
    check_lists,
    coordinates,
    fix_limits,
    frame,
    grid_axes,
    kilometres,
    number,
    read_asked,
)
from sklearn_geo.inspection._text import write
from sklearn_geo.inspection._thumbnails import Thumbnails
from sklearn_geo.inspection._words import check_flags, read_names

# Units of the grid: a photo is 1 wide and 1 high.
_NAMES, _GAP, _CAPTION, _TITLE, _FOOT = 1.5, 0.09, 0.2, 0.5, 0.3
_ROW = 1.0 + _CAPTION + 0.1
# Of a text in its usual size.
_TEXT_LINE = 0.145


class RetrievalSheetDisplay(ShowsPlaces):
    """Contact sheet of the photos that one tag finds in several cities.

    Figures 1 and 5 of the LocSens paper [1]_: bridges in San Francisco, London and
    Sydney. Whether place and tag were both heard is seen at a glance.

    Parameters
    ----------
    tag : str
        What was asked for.

    places : ndarray of shape (n_places, 2)
        Where it was asked for.

    place_names : list of str
        What the places are called.

    ranked : ndarray of int64, of shape (n_places, k)
        The photos found, best first; -1 where a list has ended.

    scores : ndarray of shape (n_places, k), default=None
        Their scores.

    distances_km : ndarray of shape (n_places, k), default=None
        How far they are from the place asked about, NaN if it is not known.

    right : ndarray of shape (n_places, k), bool, default=None
        Whether they have the tag, and are near enough.

    km : float, default=inf
        How far is near enough.

    gallery_places : ndarray of shape (n_photos, 2), default=None
        Where the photos of the gallery were taken.

    thumbnails : array, sequence or callable, default=None
        An image a photo of the gallery; see :meth:`from_predictions`.

    features : array-like of shape (n_photos, n_features), default=None
        What photos are like, for glyphs.

    subjects : array-like of shape (n_photos,), default=None
        A label a photo, for glyphs.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the sheet.

    figure_ : matplotlib Figure
        Figure that holds them.

    frames_ : list of list of matplotlib Rectangle or None
        The frames of the photos of every place; None where there is no photo.

    captions_ : list of list of matplotlib Text or None
        What is written below them.

    See Also
    --------
    TaggingSheetDisplay : The tags of one photo in several cities.
    sklearn_geo.metrics.precision_at_k_within_km : The number behind the picture.

    Notes
    -----
    A sheet shows a handful of queries that somebody has chosen. It tells what a model
    does, not how well: for that there is the mean over all queries, and its interval.

    Where there are no images, glyphs stand for the photos: photos with similar
    `features` have similar shapes and colours, photos of the same subject one colour.

    References
    ----------
    .. [1] Gomez, R., Gibert, J., Gomez, L., Karatzas, D. "Location Sensitive Image
       Retrieval and Tagging", ECCV 2020.

    Examples
    --------
    >>> from sklearn_geo.inspection import RetrievalSheetDisplay
    >>> display = RetrievalSheetDisplay.from_predictions(
    ...     "bridge",
    ...     {"London": (51.5, -0.1), "Sydney": (-33.9, 151.2)},
    ...     [[0, 2], [1, -1]],
    ...     gallery_places=[[51.51, -0.08], [-33.85, 151.21], [48.86, 2.35]],
    ...     has_tag=[1, 1, 1],
    ...     km=200,
    ... )
    >>> display.distances_km.round(1)
    array([[  1.8, 341.4],
           [  5.6,   nan]])
    >>> display.right
    array([[ True, False],
           [ True, False]])
    """

    def __init__(
        self,
        tag,
        places,
        place_names,
        ranked,
        *,
        scores=None,
        distances_km=None,
        right=None,
        km=np.inf,
        gallery_places=None,
        thumbnails=None,
        features=None,
        subjects=None,
    ):
        self.tag = tag
        self.places = places
        self.place_names = place_names
        self.ranked = ranked
        self.scores = scores
        self.distances_km = distances_km
        self.right = right
        self.km = km
        self.gallery_places = gallery_places
        self.thumbnails = thumbnails
        self.features = features
        self.subjects = subjects

    @classmethod
    def from_ranker(
        cls,
        ranker,
        tag,
        places,
        *,
        k=5,
        place_names=None,
        granularity=None,
        within_km=None,
        gallery_tags=None,
        tag_names=None,
        ax=None,
        **kwargs,
    ):
        """Ask a ranker for a tag in several places, and draw what it finds.

        Parameters
        ----------
        ranker : object
            With a gallery and a method ``retrieve(tag, place, k, return_scores=True)``,
            such as a `LocSensRanker` or a `RadiusFilter` after `index`.

        tag : str or int
            What to ask for: the name of a tag, or its number.

        places : mapping of str to pair of float, or array-like of shape (n_places, 2)
            Where: latitudes and longitudes in degrees, by name. None, or a pair of NaN,
            is anywhere, for rankers that allow it.

        k : int, default=5
            How many photos to show for each place.

        place_names : sequence of str, default=None
            Names of places that are no mapping.

        granularity : str, default=None
            Passed to `retrieve` if given: "street", "city" and so on.

        within_km : float, default=None
            Passed to `retrieve` if given: how far photos may be.

        gallery_tags : {array-like, sparse array or matrix} of shape (n_photos, n_tags)
            The tag indicator of the gallery, to tell which photos have the tag. Columns
            that have names of tags may come in any order.

        tag_names : sequence of str, default=None
            What the tags are called. None takes what the ranker calls them.

        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`from_predictions`: `gallery_places`, `thumbnails`, `km` and
            so on.

        Returns
        -------
        RetrievalSheetDisplay
            The display.
        """
        remedy = "Pass a fitted ranker, such as LocSensRanker or RadiusFilter."
        need_method(ranker, "ranker", "retrieve", remedy=remedy)
        names, places = read_asked(places, place_names, allow_missing=True)
        tag = read_tag(tag)
        asked = {"granularity": granularity, "within_km": within_km}
        asked = {key: value for key, value in asked.items() if value is not None}
        lists, scores = [], []
        for place in places:
            found, score = ranker.retrieve(tag, place, k=k, return_scores=True, **asked)
            lists.append(np.ravel(found))
            scores.append(np.ravel(score))
        if tag_names is None:
            tag_names = getattr(final(ranker), "tag_names_", None)
        tag_names = None if tag_names is None else read_names(tag_names, "tag_names")
        title = tag if isinstance(tag, str) else f"tag {tag}"
        if title != tag and tag_names is not None:
            n_tags = len(tag_names)
            title = tag_names[tag_position(tag, tag_names, n_tags, needs="tag_names")]
        if gallery_tags is not None and "has_tag" not in kwargs:
            kwargs["has_tag"] = tag_column(gallery_tags, tag, tag_names)
        return cls.from_predictions(
            title,
            places,
            np.array(lists),
            np.array(scores),
            place_names=names,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        tag,
        places,
        ranked,
        scores=None,
        *,
        place_names=None,
        gallery_places=None,
        has_tag=None,
        km=np.inf,
        thumbnails=None,
        features=None,
        subjects=None,
        ax=None,
        **kwargs,
    ):
        """Draw photos that were found.

        Parameters
        ----------
        tag : str
            What was asked for.

        places : mapping of str to pair of float, or array-like of shape (n_places, 2)
            Where it was asked for. None, or a pair of NaN, is anywhere.

        ranked : array-like of int, of shape (n_places, k)
            The photos found for each place: their rows in the gallery, best first, with
            -1 where a list has ended.

        scores : array-like of shape (n_places, k), default=None
            Their scores.

        place_names : sequence of str, default=None
            Names of places that are no mapping.

        gallery_places : array-like of shape (n_photos, 2), default=None
            Where the photos of the gallery were taken, to write how far they are. A
            pair of NaN is a photo without a place.

        has_tag : array-like of shape (n_photos,), default=None
            Whether each photo of the gallery has the tag, 0 or 1. Those that have it,
            and are near enough, are framed.

        km : float, default=inf
            How far a photo may be to be right, as in `precision_at_k_within_km`.

        thumbnails : array, sequence, mapping or callable, default=None
            An image a photo of the gallery: arrays, paths or images of Pillow; a
            mapping from the number of a photo holds those there are. Or a function that
            makes one of the number of a photo, called for those that are shown. Photos
            whose image is None get a glyph.

        features : array-like of shape (n_photos, n_features), default=None
            What photos are like, for glyphs.

        subjects : array-like of shape (n_photos,), default=None
            A label a photo, for glyphs.

        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        RetrievalSheetDisplay
            The display.
        """
        names, places = read_asked(places, place_names, allow_missing=True)
        ranked, scores = check_lists(ranked, scores, len(places), name="ranked")
        distances = None
        if gallery_places is not None:
            gallery_places = check_places(
                gallery_places, name="gallery_places", allow_missing=True
            )
            check_gallery(ranked, len(gallery_places), "gallery_places")
            distances = distances_of(places, ranked, gallery_places)
        right = None
        if has_tag is not None:
            right = right_answers(has_tag, places, ranked, distances, km)
        display = cls(
            str(tag),
            places,
            names,
            ranked,
            scores=scores,
            distances_km=distances,
            right=right,
            km=km,
            gallery_places=gallery_places,
            thumbnails=thumbnails,
            features=features,
            subjects=subjects,
        )
        return display.plot(ax, **kwargs)

    def plot(self, ax=None, *, show_scores=True):
        """Draw the sheet.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; new axes that fill a figure if None.

        show_scores : bool, default=True
            Whether to write scores below the photos, if there are any.

        Returns
        -------
        RetrievalSheetDisplay
            The display, with its artists.
        """
        check_flags(show_scores=show_scores)
        pictures = Thumbnails(
            self.thumbnails, features=self.features, subjects=self.subjects
        )
        n_rows, n_columns = self.ranked.shape
        width = max(_NAMES + n_columns * (1.0 + _GAP) + _GAP, 3.8)
        height = _TITLE + n_rows * _ROW + _FOOT
        self.ax_, self.figure_, size = grid_axes(ax, width, height)
        self._write_title(width, height, size)
        self.frames_, self.captions_ = [], []
        for row in range(n_rows):
            top = _TITLE + row * _ROW
            self._write_place(row, top, size)
            frames, captions = [], []
            for column in range(n_columns):
                left = _NAMES + _GAP + column * (1.0 + _GAP)
                photo = int(self.ranked[row, column])
                if photo < 0:
                    blank(self.ax_, left, top, 1.0, 1.0)
                    frames.append(None)
                    captions.append(None)
                    continue
                bounds = pictures.draw(self.ax_, photo, left, top, size=0.95 * size)
                right = self.right is not None and bool(self.right[row, column])
                frames.append(frame(self.ax_, bounds, right=right))
                text = self._caption(row, column, show_scores)
                captions.append(
                    write(
                        self.ax_,
                        left + 0.5,
                        min(bounds[3], top + 1.0) + 0.6 * _CAPTION,
                        text,
                        0.8 * size,
                        width=1.0 + 0.5 * _GAP,
                        color="0.2",
                    )
                )
            self.frames_.append(frames)
            self.captions_.append(captions)
        fix_limits(self.ax_, width, height)
        return self

    def _caption(self, row, column, show_scores):
        parts = []
        anywhere = np.isnan(self.places[row]).any()
        if self.distances_km is not None and not anywhere:
            km = self.distances_km[row, column]
            parts.append("no place" if np.isnan(km) else kilometres(km))
        if self.scores is not None and show_scores:
            parts.append(number(self.scores[row, column]))
        return " | ".join(parts) if parts else f"#{self.ranked[row, column]}"

    def _write_title(self, width, height, size):
        ax, middle = self.ax_, 0.5 * _TITLE
        style = {"align": "left", "width": width - 2 * _GAP, "weight": "bold"}
        write(ax, _GAP, middle, self.tag, 1.35 * size, **style)
        notes = []
        if self.right is not None:
            near = "" if np.isinf(self.km) else f" and is within {kilometres(self.km)}"
            notes.append(f"framed: has the tag{near}")
        if (self.ranked < 0).any():
            notes.append("dashed: no answer")
        if notes:
            style = {"align": "left", "width": width - 2 * _GAP, "color": "0.35"}
            write(
                ax, _GAP, height - 0.5 * _FOOT, "; ".join(notes), 0.85 * size, **style
            )

    def _write_place(self, row, top, size):
        name, where = self.place_names[row], coordinates(self.places[row], "anywhere")
        style = {"align": "left", "width": _NAMES - 2 * _GAP}
        text = write(self.ax_, _GAP, top + 0.44, name, size, lines=3, **style)
        if name != where:
            half = 0.5 * _TEXT_LINE * (1 + text.get_text().count("\n"))
            below = top + 0.44 + half + 0.1
            write(self.ax_, _GAP, below, where, 0.72 * size, color="0.4", **style)

    def to_frame(self):
        """Return what is shown as a pandas DataFrame.

        Returns
        -------
        DataFrame
            A row an answer, with the columns `place`, `rank` (from 1), `photo`,
            `score`, `km` and `right`, None where it is not known.
        """
        return frame_of({key: list(values) for key, values in self._answers().items()})

    def to_geojson(self):
        """Return the photos that were found, as points.

        Returns
        -------
        dict
            A FeatureCollection, with the properties `place`, `rank`, `photo`, `score`,
            `km` and `right`. Photos without a place are left out.
        """
        if self.gallery_places is None:
            raise ValueError(
                "The display does not know where the photos were taken: pass "
                "gallery_places."
            )
        table = self._answers()
        features = []
        for at, photo in enumerate(table["photo"]):
            place = self.gallery_places[photo]
            if not np.isnan(place).any():
                one = {key: plain(values[at]) for key, values in table.items()}
                features.append(point_feature(place, one))
        return collection_of(features)

    def _answers(self):
        rows, columns = np.nonzero(self.ranked >= 0)
        table = {
            "place": [self.place_names[row] for row in rows],
            "rank": (columns + 1).tolist(),
            "photo": self.ranked[rows, columns].tolist(),
        }
        for key, values in (
            ("score", self.scores),
            ("km", self.distances_km),
            ("right", self.right),
        ):
            known = values is not None
            table[key] = values[rows, columns].tolist() if known else [None] * len(rows)
        return table
