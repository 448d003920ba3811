# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The tags that one photo gets in several cities, a column a city."""

from collections import Counter

import numpy as np

from sklearn_geo._answers import final
from sklearn_geo.inspection._columns import need_method
from sklearn_geo.inspection._export import frame_of
from sklearn_geo.inspection._gallery import read_true_tags
from sklearn_geo.inspection._glyphs import as_row
from sklearn_geo.inspection._photo_at import features_of, photo_at
from sklearn_geo.inspection._sheet import (
    RIGHT,
    blank,
    check_lists,
    coordinates,
    fix_limits,
    frame,
    grid_axes,
    number,
    read_asked,
)
from sklearn_geo.inspection._text import write
from sklearn_geo.inspection._thumbnails import Thumbnails
from sklearn_geo.inspection._words import check_flags, read_names

# Units of the grid.
_PHOTO, _COLUMN, _HEAD, _LINE, _FOOT = 2.0, 1.9, 0.62, 0.3, 0.3
_GAP, _BETWEEN = 0.12, 0.2
_MOST_COLUMNS = 4


class TaggingSheetDisplay:
    """Contact sheet of the tags that one photo gets in several cities.

    Figures 4 and 5 of the LocSens paper and of its supplementary material [1]_: a road
    is a *carretera* in Costa Rica and an *interstate* in Chicago.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        Where the photo was said to be taken; NaN is no place.

    place_names : list of str
        What the places are called.

    tags : ndarray of int64, of shape (n_places, k)
        The tags suggested, best first; -1 where a list has ended.

    scores : ndarray of shape (n_places, k), default=None
        Their scores.

    tag_names : sequence of str, default=None
        What tags are called.

    true_tags : sequence of int, default=None
        The tags that the photo has.

    thumbnail : array, path or image, default=None
        The photo.

    features : array-like of shape (n_features,), default=None
        What it is like, for a glyph.

    subject : str, default=None
        A label, for a glyph.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the sheet.

    figure_ : matplotlib Figure
        Figure that holds them.

    texts_ : list of list of matplotlib Text or None
        The tags of every place; None where there is none.

    bars_ : list of list of matplotlib Rectangle or None
        Their scores.

    frames_ : list of list of matplotlib Rectangle or None
        The frames of tags that are right.

    See Also
    --------
    RetrievalSheetDisplay : The photos of one tag in several cities.
    sklearn_geo.metrics.hashtag_accuracy_at_k : The number behind the picture.

    Notes
    -----
    Tags in bold are in the list of one place alone: they are what the place adds. Bars
    are scores, all to one scale, from 0 for scores that are probabilities, otherwise
    from somewhat below the least that is shown.

    References
    ----------
    .. [1] Gomez, R., Gibert, J., Gomez, L., Karatzas, D. "Location Sensitive Image
       Retrieval and Tagging", ECCV 2020, and its supplementary material.

    Examples
    --------
    >>> from sklearn_geo.inspection import TaggingSheetDisplay
    >>> display = TaggingSheetDisplay.from_predictions(
    ...     {"Chicago": (41.9, -87.6), "San José": (9.9, -84.1)},
    ...     [[0, 1], [0, 2]],
    ...     [[0.5, 0.2], [0.5, 0.3]],
    ...     tag_names=["road", "interstate", "carretera"],
    ...     true_tags=["carretera"],
    ... )
    >>> [[text.get_text() for text in texts] for texts in display.texts_]
    [['road', 'interstate'], ['road', 'carretera']]
    """

    def __init__(
        self,
        places,
        place_names,
        tags,
        *,
        scores=None,
        tag_names=None,
        true_tags=None,
        thumbnail=None,
        features=None,
        subject=None,
    ):
        self.places = places
        self.place_names = place_names
        self.tags = tags
        self.scores = scores
        self.tag_names = tag_names
        self.true_tags = true_tags
        self.thumbnail = thumbnail
        self.features = features
        self.subject = subject

    @classmethod
    def from_ranker(
        cls,
        ranker,
        photo,
        places,
        *,
        k=5,
        place_names=None,
        location=None,
        granularity=None,
        tag_names=None,
        ax=None,
        **kwargs,
    ):
        """Ask a ranker for the tags of a photo in several places, and draw them.

        Parameters
        ----------
        ranker : estimator
            Fitted, with a method ``predict_topk(X, k, return_scores=True)``, such as a
            `LocSensRanker` or a `ProductTagger`.

        photo : array-like of shape (n_features,), or data frame of one row
            A row of X, as the ranker reads it; its place is replaced. For a ranker that
            reads arrays it may be the features alone, without the place.

        places : mapping of str to pair of float, or array-like of shape (n_places, 2)
            Where the photo is said to be taken, by name. None, or a pair of NaN, is no
            place at all, for rankers that allow it.

        k : int, default=5
            How many tags to show for each place.

        place_names : sequence of str, default=None
            Names of places that are no mapping.

        location : pair of int or str, default=None
            The columns of latitude and longitude. None asks the ranker.

        granularity : str, default=None
            Passed to `predict_topk` if given: "street", "city" and so on.

        tag_names : sequence of str, default=None
            What the tags are called. None takes what the ranker calls them.

        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`from_predictions`: `true_tags`, `thumbnail` and so on.

        Returns
        -------
        TaggingSheetDisplay
            The display.
        """
        remedy = "Pass a fitted ranker or tagger, such as LocSensRanker."
        need_method(ranker, "ranker", "predict_topk", remedy=remedy)
        names, places = read_asked(places, place_names, allow_missing=True)
        X, pair = photo_at(ranker, photo, places, location)
        asked = {} if granularity is None else {"granularity": granularity}
        tags, scores = ranker.predict_topk(X, k=k, return_scores=True, **asked)
        if tag_names is None:
            tag_names = getattr(final(ranker), "tag_names_", None)
        kwargs.setdefault("features", features_of(X, pair))
        return cls.from_predictions(
            places,
            tags,
            scores,
            place_names=names,
            tag_names=tag_names,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        places,
        tags,
        scores=None,
        *,
        place_names=None,
        tag_names=None,
        true_tags=None,
        thumbnail=None,
        features=None,
        subject=None,
        ax=None,
        **kwargs,
    ):
        """Draw tags that were suggested.

        Parameters
        ----------
        places : mapping of str to pair of float, or array-like of shape (n_places, 2)
            Where the photo was said to be taken. None, or a pair of NaN, is no place.

        tags : array-like of int, of shape (n_places, k)
            The tags suggested for each place, best first; -1 where a list has ended.

        scores : array-like of shape (n_places, k), default=None
            Their scores.

        place_names : sequence of str, default=None
            Names of places that are no mapping.

        tag_names : sequence of str, default=None
            What tags are called; None calls them by their numbers.

        true_tags : sequence of str or int, or of bool, or sparse row, default=None
            The tags that the photo has, by name or number, or True for each that it
            has, or its row of an indicator that is sparse. They are framed. Names that
            are none of `tag_names` are passed over.

        thumbnail : array, path or image of Pillow, default=None
            The photo. None draws a glyph.

        features : array-like of shape (n_features,), default=None
            What the photo is like, for a glyph.

        subject : str, default=None
            A label of the photo, for a glyph.

        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        TaggingSheetDisplay
            The display.
        """
        names, places = read_asked(places, place_names, allow_missing=True)
        tags, scores = check_lists(tags, scores, len(places), name="tags")
        if tag_names is not None:
            tag_names = read_names(tag_names, "tag_names")
            if tags.max() >= len(tag_names):
                raise ValueError(
                    f"There is a tag {tags.max()} among tags, and tag_names has only "
                    f"{len(tag_names)} names."
                )
        display = cls(
            places,
            names,
            tags,
            scores=scores,
            tag_names=tag_names,
            true_tags=read_true_tags(true_tags, tag_names),
            thumbnail=thumbnail,
            features=features,
            subject=subject,
        )
        return display.plot(ax, **kwargs)

    def plot(self, ax=None, *, show_scores=True):
        """Draw the sheet.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; new axes that fill a figure if None.

        show_scores : bool, default=True
            Whether to write scores beside the tags, if there are any.

        Returns
        -------
        TaggingSheetDisplay
            The display, with its artists.
        """
        check_flags(show_scores=show_scores)
        n_places, k = self.tags.shape
        n_columns = min(n_places, _MOST_COLUMNS)
        n_banks = -(-n_places // n_columns)
        bank = _HEAD + k * _LINE + _BETWEEN
        width = _PHOTO + 2 * _GAP + n_columns * (_COLUMN + _GAP)
        height = _GAP + max(n_banks * bank - _BETWEEN, _PHOTO) + _GAP + _FOOT
        self.ax_, self.figure_, size = grid_axes(ax, width, height)
        self._draw_photo(size)
        often = Counter(self.tags[self.tags >= 0].tolist())
        self.texts_, self.bars_, self.frames_ = [], [], []
        for at in range(n_places):
            row, column = divmod(at, n_columns)
            left = _PHOTO + 2 * _GAP + column * (_COLUMN + _GAP)
            top = _GAP + row * bank
            self._write_place(at, left, top, size)
            texts, bars, frames = [], [], []
            for line in range(k):
                box = (left, top + _HEAD + line * _LINE)
                drawn = self._draw_tag(at, line, box, often, size, show_scores)
                for parts, part in zip((texts, bars, frames), drawn, strict=True):
                    parts.append(part)
            self.texts_.append(texts)
            self.bars_.append(bars)
            self.frames_.append(frames)
        self._write_notes(width, height, size)
        fix_limits(self.ax_, width, height)
        return self

    def _draw_photo(self, size):
        features = self.features
        pictures = Thumbnails(
            None if self.thumbnail is None else [self.thumbnail],
            features=None if features is None else as_row(features),
            subjects=None if self.subject is None else [self.subject],
        )
        bounds = pictures.draw(self.ax_, 0, _GAP, _GAP, size=1.3 * size, side=_PHOTO)
        frame(self.ax_, bounds, right=False)

    def _write_place(self, at, left, top, size):
        name, where = self.place_names[at], coordinates(self.places[at])
        style = {"align": "left", "width": _COLUMN}
        own = name != where
        write(
            self.ax_,
            left,
            top + (0.2 if own else 0.35),
            name,
            1.1 * size,
            lines=2,
            weight="bold",
            **style,
        )
        if own:
            write(self.ax_, left, top + 0.47, where, 0.75 * size, color="0.4", **style)

    def _draw_tag(self, at, line, box, often, size, show_scores):
        """Draw one tag; return its text, its bar and its frame."""
        from matplotlib.patches import Rectangle

        (left, top), inner = box, _LINE - 0.06
        tag = int(self.tags[at, line])
        if tag < 0:
            blank(self.ax_, left, top, _COLUMN, inner)
            return None, None, None
        self.ax_.add_patch(
            Rectangle((left, top), _COLUMN, inner, facecolor="0.965", lw=0, zorder=1)
        )
        bar = None
        room = _COLUMN - 0.12
        if self.scores is not None:
            share = self._share(self.scores[at, line])
            bar = Rectangle(
                (left, top), share * _COLUMN, inner, facecolor="#CFE3F1", lw=0, zorder=2
            )
            self.ax_.add_patch(bar)
            if show_scores:
                room -= 0.48
                write(
                    self.ax_,
                    left + _COLUMN - 0.06,
                    top + 0.5 * inner,
                    number(self.scores[at, line]),
                    0.78 * size,
                    width=0.44,
                    align="right",
                    color="0.3",
                )
        alone = len(self.tags) > 1 and often[tag] == 1
        text = write(
            self.ax_,
            left + 0.06,
            top + 0.5 * inner,
            self._name(tag),
            size,
            width=room,
            align="left",
            weight="bold" if alone else "normal",
        )
        around = None
        if self.true_tags is not None and tag in self.true_tags:
            bounds = (left, left + _COLUMN, top, top + inner)
            around = frame(self.ax_, bounds, right=True)
            around.set_linewidth(2.0)
            around.set_edgecolor(RIGHT)
        return text, bar, around

    def _share(self, score):
        """Return which part of a line a score fills."""
        scores = self.scores[self.tags >= 0]
        scores = scores[np.isfinite(scores)]
        if not np.isfinite(score):
            return 0.0
        least, most = float(scores.min()), float(scores.max())
        low = 0.0 if least >= 0.0 and most <= 1.0 else least - 0.15 * (most - least)
        return 1.0 if most == low else (float(score) - low) / (most - low)

    def _name(self, tag):
        return f"tag {tag}" if self.tag_names is None else self.tag_names[tag]

    def _write_notes(self, width, height, size):
        notes = []
        if self.true_tags is not None:
            notes.append("framed: the photo has the tag")
        if len(self.tags) > 1:
            notes.append("bold: in one place only")
        if (self.tags < 0).any():
            notes.append("dashed: no answer")
        if notes:
            style = {"align": "left", "width": width - 2 * _GAP, "color": "0.35"}
            write(
                self.ax_,
                _GAP,
                height - 0.5 * _FOOT,
                "; ".join(notes),
                0.85 * size,
                **style,
            )

    def to_frame(self):
        """Return what is shown as a pandas DataFrame.

        Returns
        -------
        DataFrame
            A row a suggestion, with the columns `place`, `rank` (from 1), `tag` (its
            name, or its number), `score` and `right`, None where it is not known.
        """
        rows, columns = np.nonzero(self.tags >= 0)
        tags = self.tags[rows, columns].tolist()
        names, none = self.tag_names, [None] * len(tags)
        return frame_of(
            {
                "place": [self.place_names[row] for row in rows],
                "rank": (columns + 1).tolist(),
                "tag": tags if names is None else [names[tag] for tag in tags],
                "score": none
                if self.scores is None
                else self.scores[rows, columns].tolist(),
                "right": none
                if self.true_tags is None
                else [tag in self.true_tags for tag in tags],
            }
        )
