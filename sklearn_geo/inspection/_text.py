# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Names that fit: broken into lines, made smaller, cut, in a font that has them."""

import re
import warnings
from functools import lru_cache

# How small names may become before they are cut.
_LEAST_SIZE = 0.72
# Where they may be broken: between words, and after a hyphen.
_PIECES = re.compile(r"[^\s-]*-+|[^\s-]+|\s+")


def literal(text):
    """Return a name that comes with the data so that it is drawn as it reads.

    matplotlib takes what is between two dollars for mathematics.
    """
    return readable(text).replace("$", r"\$")


def in_legend(name):
    """Return a name that legends show: matplotlib leaves out what begins with "_"."""
    return f" {name}" if name.startswith("_") else name


def readable(text):
    """Return a text without halves of characters, which no font can draw."""
    return str(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def write(ax, x, y, text, size, *, width, lines=1, align="center", **style):
    """Write a name into a box of a certain width.

    Parameters
    ----------
    ax : matplotlib Axes
        With one inch a number of units, in both directions.

    x, y : float
        Where the text is anchored: its middle in height; in width see `align`.

    text : str
        The name.

    size : float
        Points it is written in if it fits.

    width : float
        Of the box, in units of the axes.

    lines : int, default=1
        How many lines there is room for.

    align : {"center", "left", "right"}, default="center"
        What `x` is of the text.

    **style : dict
        Passed to `Axes.text`.

    Returns
    -------
    matplotlib Text
        What was written.
    """
    text = readable(text)
    style = {"parse_math": False, "family": families(text), **style}
    style |= {"va": "center_baseline" if lines == 1 else "center", "zorder": 5}
    drawn = ax.text(x, y, "", ha=align, fontsize=size, **style)
    room = width * units_in_pixels(ax)
    written, smaller = _fit(drawn, text, room, size, lines)
    drawn.set_text(written)
    drawn.set_fontsize(smaller)
    return drawn


def units_in_pixels(ax):
    """Return how many pixels a unit of the x axis is."""
    (left, _), (right, _) = ax.transData.transform([(0.0, 0.0), (1.0, 0.0)])
    return right - left


def _fit(drawn, text, room, size, n_lines):
    """Return a text, broken and cut so that it fits, and its size."""
    pieces = _PIECES.findall(text)
    for share in (1.0, 0.85, _LEAST_SIZE):
        drawn.set_fontsize(share * size)
        lines = _break(drawn, pieces, room)
        if len(lines) <= n_lines and all(_width(drawn, one) <= room for one in lines):
            return "\n".join(lines), share * size
    if n_lines > 1:
        # Words too long for a line, and languages without spaces, break anywhere.
        lines = _break(drawn, list(text), room)
    # What does not fit into the lines there are is cut, and so is a word too long.
    kept, rest = lines[: n_lines - 1], lines[n_lines - 1 :]
    kept = [*kept, _cut(drawn, "".join(rest) if n_lines > 1 else text, room)]
    return "\n".join(kept), _LEAST_SIZE * size


def _break(drawn, pieces, room):
    """Put as many pieces of a text as fit into each line."""
    lines = [""]
    for piece in pieces:
        longer = lines[-1] + piece
        if not lines[-1].strip() or _width(drawn, longer.rstrip()) <= room:
            lines[-1] = longer
        else:
            lines.append(piece.lstrip())
    return [one.strip() for one in lines if one.strip()] or [""]


def _cut(drawn, text, room):
    """Cut a text so that it fits, and say so by an ellipsis."""
    if _width(drawn, text) <= room:
        return text
    low, high = 1, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        fits = _width(drawn, f"{text[:middle].rstrip()}…") <= room
        low, high = (middle, high) if fits else (low, middle)
    return f"{text[:low].rstrip()}…"


def _width(drawn, text):
    drawn.set_text(text)
    with warnings.catch_warnings():
        # Characters without a font are told of once, when the figure is drawn.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not supp")
        return drawn.get_window_extent().width


def families(text):
    """Return the font families to write a text in: the usual one, and what it lacks."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties, findfont

    usual = list(rcParams["font.family"])
    first = findfont(FontProperties(family=usual))
    letters = frozenset(ord(one) for one in str(text) if not one.isspace())
    lacking = letters - _characters(first)
    return [*usual, *_families_with(lacking)] if lacking else usual


@lru_cache(maxsize=256)
def _families_with(letters):
    """Look through the fonts that are installed for those that have some letters."""
    from matplotlib.font_manager import fontManager

    found, lacking = [], set(letters)
    for entry in fontManager.ttflist:
        # The font of last resort has a box for every character.
        resort = entry.name.startswith("Last Resort")
        if resort or entry.style != "normal" or entry.name in found:
            continue
        held = lacking & _characters(entry.fname)
        if held:
            found.append(entry.name)
            lacking -= held
        if not lacking:
            break
    return tuple(found)


@lru_cache(maxsize=1024)
def _characters(path):
    """Return the code points that a font file has."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(path).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()
