# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Texts and lists that are none are named by their argument, whichever display."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from sklearn_geo.inspection import (
    AttentionDisplay,
    CellMapDisplay,
    ContinentDisplay,
    CoverageDisplay,
    DistanceCurveDisplay,
    FoldScoresDisplay,
    LongitudeHourDisplay,
    PerClassDisplay,
    PlaceMapDisplay,
    RetrievalSheetDisplay,
    TagFrequencyDisplay,
    TaggingSheetDisplay,
    ZoneReportDisplay,
)
from sklearn_geo.partition import S2Partition

PLACES = np.array([[48.9, 2.4], [45.8, 4.8], [-33.9, 151.2]])
CELLS = S2Partition(1, 1).fit(PLACES)
SCORES = np.eye(3)[:, :2]
LISTS = np.eye(3, dtype=int)
WRONG = [pd.NA, 0.5 + 1j, np.datetime64("2020-01-01"), {"a": {}}, object()]


def _displays():
    """Return, by argument, the displays that take it; flags by themselves."""
    quick = {"n_resamples": 9}

    def curve(**given):
        return DistanceCurveDisplay.from_predictions(PLACES, PLACES, **quick, **given)

    def coverage(**given):
        return CoverageDisplay.from_predictions(
            PLACES, {0.5: [[0]] * 3}, partition=CELLS, **quick, **given
        )

    def continents(**given):
        return ContinentDisplay.from_predictions(PLACES, [1, 0, 1], **quick, **given)

    def frequency(**given):
        return TagFrequencyDisplay.from_predictions(
            [0, 1, 1], [1.0, 0.0, 1.0], [3, 30], **quick, **given
        )

    def classes(**given):
        quick = {"confidence_level": None} | given
        return PerClassDisplay.from_predictions(SCORES, SCORES, **quick)

    def attention(**given):
        return AttentionDisplay.from_predictions(SCORES, **given)

    def folds(**given):
        return FoldScoresDisplay.from_scores({"a": [0.5, 0.6]}, **given)

    def zones(**given):
        return ZoneReportDisplay.from_predictions(["31U", "32T"], [0.1, 0.2], **given)

    def cells(**given):
        return CellMapDisplay.from_predictions(PLACES, PLACES, partition=CELLS, **given)

    def values(**given):
        return PlaceMapDisplay.from_predictions(PLACES, np.arange(3.0), **given)

    def tags(**given):
        return TaggingSheetDisplay.from_predictions(
            PLACES, np.eye(3, dtype=int), **given
        )

    def found(**given):
        return RetrievalSheetDisplay.from_predictions("sea", PLACES, LISTS, **given)

    def hours(**given):
        return LongitudeHourDisplay.from_places(
            PLACES, np.arange(3).astype("M8[h]"), time_zone="UTC", **given
        )

    return {
        "name": (curve, coverage, continents, frequency, classes),
        "label": (zones, cells, values),
        "measure": (attention, folds, continents, frequency),
        "block_names": (attention,),
        "class_names": (classes,),
        "classes": (classes,),
        "columns": (values,),
        "tag_names": (tags, frequency),
        "place_names": (tags, found),
        "order": (attention, folds, continents, classes),
        "kind": (zones,),
        "share": (values,),
        "per_user": (hours,),
        "limits_km": (curve,),
        "coastline": (cells, values, zones),
        "thumbnails": (found,),
        "importance": (attention,),
        "confidence_level": (classes, curve, continents, frequency),
    }, {
        "annotate": (attention, continents),
        "colorbar": (cells, values, zones),
        "graticule": (cells, values, zones),
        "localities": (curve,),
        "points": (frequency,),
        "show_scores": (tags, found),
        "sizes": (coverage,),
        "sun": (hours,),
    }


DISPLAYS, FLAGS = _displays()


@pytest.mark.parametrize("argument", DISPLAYS)
@pytest.mark.parametrize("value", WRONG, ids=lambda value: type(value).__name__)
def test_what_is_no_text_nor_list_is_named(argument, value):
    mapping = isinstance(value, dict)
    if mapping and argument in {"coastline", "thumbnails", "importance"}:
        pytest.skip("a dict is one of the forms of this argument")
    for draw in DISPLAYS[argument]:
        draw()
        if mapping and argument.endswith(("names", "classes", "columns")):
            continue  # its keys are names
        with pytest.raises((TypeError, ValueError), match=rf"\b{argument}\b"):
            draw(**{argument: value})


@pytest.mark.parametrize("argument", FLAGS)
def test_what_is_neither_true_nor_false_is_named(argument):
    for draw in FLAGS[argument]:
        draw(**{argument: np.False_})
        for value in (pd.NA, np.array([True, False])):
            with pytest.raises(TypeError, match=rf"^{argument} must be True or False"):
                draw(**{argument: value})


def test_ends_of_an_axis_of_distances():
    (curve,) = DISPLAYS["limits_km"]
    assert curve(limits_km=[0.5, 2000]).ax_.get_xlim() == (0.5, 2000.0)
    for limits in ((0, 1), (1, np.inf), (np.nan, 1), (2, 1), (1, 2, 3)):
        with pytest.raises(ValueError, match="limits_km must be two distances"):
            curve(limits_km=limits)


def test_letters_of_small_sheets_can_be_drawn():
    (found,), (tags, _) = DISPLAYS["thumbnails"], DISPLAYS["tag_names"]
    for draw in (found, tags):
        axes = plt.figure(figsize=(0.5, 0.5)).subplots()
        draw(ax=axes).figure_.savefig(io.BytesIO(), format="png")


def test_tags_of_a_photo_are_a_list():
    tags, _ = DISPLAYS["tag_names"]
    for wrong in (0.5, 1j, np.float64(1)):
        with pytest.raises(TypeError, match="true_tags must be a list of tags"):
            tags(true_tags=wrong)


def test_thumbnails_that_are_no_arrays():
    tags, _ = DISPLAYS["tag_names"]
    learning = torch.ones((2, 3), requires_grad=True)
    for wrong in (learning, learning.detach().to_sparse(), [[1, 2], [3]]):
        with pytest.raises(ValueError, match="thumbnail of photo 0 is no array"):
            tags(thumbnail=wrong)


def test_a_gallery_without_photos_has_no_glyphs():
    (found,) = DISPLAYS["thumbnails"]
    with pytest.raises(ValueError, match="features has 0 rows, and photo 1 is to be"):
        found(features=np.ones((0, 3)))


def test_sheets_read_images_by_number():
    (found,) = DISPLAYS["thumbnails"]
    assert len(found(thumbnails=memoryview(np.ones((3, 4, 5)))).ax_.images) == 9
    for images in ([None] * 3, [np.ones((2, 3)), np.ones((4, 1)), None], {}, str):
        if images is str:
            images = lambda photo: None  # noqa: E731
        assert found(thumbnails=images).thumbnails is images


def test_halves_of_characters_cannot_be_drawn():
    """A name that comes with the data is mended; what the caller writes is refused."""
    for argument in ("name", "label", "measure"):
        for draw in DISPLAYS[argument]:
            with pytest.raises(ValueError, match=f"^{argument} holds half a character"):
                draw(**{argument: "\ud800"})
    with pytest.raises(ValueError, match=r"name of values holds half a char.*\\ud800"):
        PlaceMapDisplay.from_predictions(PLACES, {"\ud800": np.arange(3.0)})
