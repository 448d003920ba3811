# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Put the pages beside themselves as plain text, and say where: llms.txt.

`python docs/plain_text.py docs/_build/text docs/_build/html` is run after both were
built. Readers who are programs, or who use a terminal, get `guide.txt` for
`guide.html`, a list of all such pages in `llms.txt`, and the whole guide as one file in
`llms-full.txt`.
"""

import re
import shutil
import sys
from pathlib import Path

HEAD = """\
# sklearn_geo

> scikit-learn estimators for rows that have a latitude and a longitude: encoders of
> places, what was seen around them, photo geolocation, and which tags, photos and
> places belong together.

A place is a row of two columns, latitude and longitude, in degrees, in that order.
Every piece is an ordinary scikit-learn estimator. Each page below is plain text; the
same name with .html is for people.
"""


def title_and_line(text):
    """Return the title of a page of text, and its first sentence."""
    blocks = [block.strip() for block in text.split("\n\n") if block.strip()]
    title = blocks[0].splitlines()[0].strip(' "')
    prose = next((b for b in blocks[1:] if b[0].isalnum() and b[-1] in ".:?!"), "")
    sentence = re.split(r"(?<=[.?!:])\s", " ".join(prose.split()))[0].rstrip(":")
    return title, sentence


def order_of(text):
    """Return the pages in the order in which the front pages list them."""
    pages = ["index", "getting_started"]
    for front in ("guide", "project"):
        source = Path(__file__).with_name(f"{front}.rst").read_text(encoding="utf-8")
        _, *trees = source.split(".. toctree::")
        found = re.findall(r"^   (\w+)$", "".join(trees), flags=re.MULTILINE)
        pages += [front, *found]
    rest = sorted(
        str(path.relative_to(text).with_suffix(""))
        for path in text.rglob("*.txt")
        if str(path.relative_to(text).with_suffix("")) not in pages
    )
    return pages, rest


def main(text, html):
    """Copy the pages of text and write the lists."""
    pages, rest = order_of(text)
    lines, whole = [HEAD], []
    for heading, names in (("Guide", pages), ("Classes, functions, examples", rest)):
        lines.append(f"## {heading}\n")
        for name in names:
            page = text / f"{name}.txt"
            words = page.read_text(encoding="utf-8")
            target = html / f"{name}.txt"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(page, target)
            title, sentence = title_and_line(words)
            lines.append(f"- [{title}]({name}.txt)" + f": {sentence}" * bool(sentence))
            if names is pages:
                whole.append(words)
        lines.append("")
    (html / "llms.txt").write_text("\n".join(lines), encoding="utf-8")
    (html / "llms-full.txt").write_text("\n\n".join(whole), encoding="utf-8")
    print(f"{len(pages) + len(rest)} pages of text, listed in {html / 'llms.txt'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
