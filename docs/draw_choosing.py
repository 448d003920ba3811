# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Draw the decision map of docs/choosing.rst: `python docs/draw_choosing.py`.

It is a picture of words, so it is written as an SVG by hand: sharp at any size, and the
words can be searched. It has a ground of its own, to be read on dark pages as well.
"""

from html import escape
from pathlib import Path

PATH = Path(__file__).parent / "pictures" / "choosing.svg"
START = "My rows have a place. What do I want to know?"
# What is wanted; its colour; and what to take in which case.
BRANCHES = (
    (
        "Something else about a row",
        "#0b5a8f",
        (
            ("a tree ensemble, or neighbours", "UnitVectorEncoder"),
            ("a linear model, region by region", "S2OneHotEncoder"),
            ("a linear model, a smooth map", "SphericalHarmonicsEncoder"),
            ("... with finer waves, in a country", "RandomFourierEncoder"),
            ("tagged photos of others around", "GeoNeighborTagPropagator"),
            ("... which may not be kept", "GPS2VecPlusTransformer"),
            ("check-ins of venues", "VenueActivityEncoder"),
            ("several such blocks together", "AttentionFusionClassifier"),
        ),
    ),
    (
        "The place itself, from features",
        "#8a4b00",
        (
            ("first of all, a baseline", "PriorGeolocator"),
            ("up to some thousand rows", "NeighborGeolocator"),
            ("many rows, or pixels", "HierarchicalCellClassifier"),
            ("... indoors and landscapes", "SceneNetworks"),
            ("... and the time of posting", "TimeAdjustedGeolocator"),
            ("... and whose: people who stay", "UserAveragingGeolocator"),
            ("... and whose: people who travel", "AlbumGeolocator"),
            ("answers only where it is sure", "SelectiveGeolocator"),
        ),
    ),
    (
        "Which tag or photo belongs there",
        "#1d6b3a",
        (
            ("tags of a place, by regions", "PlaceFrequencyTagger"),
            ("tags of a place, by distance", "KernelTagger"),
            ("tags of a photo, anywhere", "HashtagEmbedding"),
            ("tags of a photo at a place", "LocSensRanker"),
            ("... as a product of two models", "ProductTagger"),
            ("... only what is near", "RadiusFilter"),
            ("by neighbours' votes, untrained", "NeighborVoteAnnotator"),
            ("words of users, to be tags", "TagVectorizer"),
        ),
    ),
)
LAST = "Whatever it is: which rows will be asked about later? Split by that."
SPLITS = (
    ("in new regions", "S2BlockKFold"),
    ("at new places between", "BufferedSpatialKFold"),
    ("of new people", "UserDisjointShuffleSplit"),
    ("the same ones again", "KFold"),
)

INK, GROUND, PALE = "#1b1f24", "#ffffff", "#f3f5f7"
SANS = "font-family='Helvetica, Arial, sans-serif'"
MONO = "font-family='DejaVu Sans Mono, Menlo, Consolas, monospace'"
MARGIN, COLUMN, GAP, CARD, STEP = 16, 300, 18, 44, 54
WIDTH = 2 * MARGIN + 3 * COLUMN + 2 * GAP


def words(x, y, text, *, fill=INK, size=14, anchor="start", font=SANS, bold=False):
    """Return a line of text."""
    weight = " font-weight='bold'" if bold else ""
    return (
        f"<text x='{x}' y='{y}' fill='{fill}' font-size='{size}' {font}"
        f" text-anchor='{anchor}'{weight}>{escape(text)}</text>"
    )


def box(x, y, width, height, *, fill, line="none"):
    """Return a box with round corners."""
    return (
        f"<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='6'"
        f" fill='{fill}' stroke='{line}' stroke-width='1.5'/>"
    )


def card(x, y, width, case, name, color):
    """Return a box of one case, and what to take then."""
    return [
        box(x, y, width, CARD, fill=PALE, line=color),
        words(x + 10, y + 17, case, size=13),
        words(x + 10, y + 36, name, size=13, font=MONO, fill=color, bold=True),
    ]


def picture():
    """Return the SVG."""
    parts, middle = [], WIDTH / 2
    parts += [box(middle - 220, 14, 440, 38, fill=INK)]
    parts += [words(middle, 39, START, fill=GROUND, size=16, anchor="middle")]
    top = 92
    for at, (title, color, cases) in enumerate(BRANCHES):
        left = MARGIN + at * (COLUMN + GAP)
        centre = left + COLUMN / 2
        parts.append(
            f"<path d='M {middle} 52 V 72 H {centre} V {top}' fill='none'"
            f" stroke='{INK}' stroke-width='1.5'/>"
        )
        parts.append(box(left, top, COLUMN, 34, fill=color))
        parts.append(
            words(centre, top + 22, title, fill=GROUND, anchor="middle", bold=True)
        )
        for row, (case, name) in enumerate(cases):
            y = top + 46 + row * STEP
            step = y + CARD / 2
            parts.append(
                f"<path d='M {left + 8} {top + 34} V {step} H {left + 22}' fill='none'"
                f" stroke='{color}' stroke-width='1.5'/>"
            )
            parts += card(left + 22, y, COLUMN - 22, case, name, color)
    bottom = top + 46 + max(len(cases) for _, _, cases in BRANCHES) * STEP + 10
    parts.append(box(MARGIN, bottom, WIDTH - 2 * MARGIN, 34, fill=INK))
    parts.append(
        words(middle, bottom + 22, LAST, fill=GROUND, anchor="middle", bold=True)
    )
    width = (WIDTH - 2 * MARGIN - 3 * 12) / len(SPLITS)
    for at, (case, name) in enumerate(SPLITS):
        x = MARGIN + at * (width + 12)
        parts += card(round(x, 1), bottom + 44, round(width, 1), case, name, INK)
    height = bottom + 44 + CARD + 14
    return "\n".join(
        [
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}'"
            f" width='{WIDTH}' height='{height}' role='img'>",
            f"<title>{escape(START)}</title>",
            f"<rect width='{WIDTH}' height='{height}' fill='{GROUND}'/>",
            *parts,
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    PATH.write_text(picture(), encoding="utf-8")
