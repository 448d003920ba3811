# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Look at the built site as its readers do: links, pictures, and a phone's screen.

`python docs/check_site.py docs/_build/html` says what is wrong, one line a fault, and
how many pages it looked at. A browser is used if there is one: Chromium, with
Playwright for Python to tell it what to do. Nothing is loaded from other hosts.
"""

import argparse
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
SHOWN = {
    "front page": "index.html",
    "gallery": "auto_examples/index.html",
    "example": "auto_examples/plot_three_grids.html",
    "class": "generated/sklearn_geo.encoding.UTMOneHotEncoder.html",
}


class Page(HTMLParser):
    """What a page has: links out of it, targets in it, pictures."""

    def __init__(self, path):
        super().__init__()
        self.links, self.ids, self.pictures, self.scripts = [], set(), [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        """Note what there is."""
        found = dict(attributes)
        self.ids.update(found[key] for key in ("id", "name") if found.get(key))
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag == "img":
            self.pictures.append((found.get("src"), found.get("alt")))
        if tag in ("script", "link", "img", "iframe"):
            source = found.get("src") or found.get("href")
            is_page = tag == "link" and found.get("rel") not in ("stylesheet", "icon")
            if source and not is_page:
                self.scripts.append(source)


def html_pages(root):
    """Return the pages; what the theme keeps in `_static` is none."""
    return [
        path for path in sorted(root.rglob("*.html")) if "_static" not in path.parts
    ]


def check_pages(root):
    """Yield what is wrong in the files: links, pictures, other hosts."""
    pages = {path: Page(path) for path in html_pages(root)}
    for path, page in pages.items():
        name = path.relative_to(root)
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link == "#":
                continue
            target = path
            if parts.path:
                target = (path.parent / unquote(parts.path)).resolve()
            if not target.exists():
                yield f"{name}: the link {link} leads nowhere"
            elif (
                parts.fragment
                and target.suffix == ".html"
                and unquote(parts.fragment) not in pages[target].ids
            ):
                yield f"{name}: the page of {link} has no such part"
        for source, alternative in page.pictures:
            if not (alternative or "").strip():
                yield f"{name}: the picture {source} has no alternative text"
        for source in page.scripts:
            if urlsplit(source).netloc:
                yield f"{name}: {source} is loaded from another host"
    if not pages:
        yield f"{root} holds no pages: build them first"


def browse(root, browser_path, screenshots):
    """Yield what a browser finds: console errors, and pages too wide for a phone."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox"]
        )
        context = browser.new_context(viewport=PHONE)
        # Whatever wants the network is a fault, and does not get it.
        context.route(lambda url: not url.startswith("file:"), lambda r: r.abort())
        view = context.new_page()
        errors = []
        view.on("pageerror", lambda error: errors.append(str(error)))
        view.on(
            "console",
            lambda said: errors.append(said.text) if said.type == "error" else None,
        )
        for path in html_pages(root):
            name = path.relative_to(root)
            errors.clear()
            view.goto(path.as_uri(), wait_until="load")
            for error in errors:
                yield f"{name}: {error}"
            width = view.evaluate("document.documentElement.scrollWidth")
            if width > PHONE["width"]:
                yield f"{name}: {width} pixels wide on a screen of {PHONE['width']}"
        if screenshots:
            _screenshots(browser, root, screenshots)
        browser.close()


def _screenshots(browser, root, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for screen, size in (("desk", DESK), ("phone", PHONE)):
        view = browser.new_context(viewport=size).new_page()
        for what, page in SHOWN.items():
            view.goto((root / page).as_uri(), wait_until="load")
            view.screenshot(path=folder / f"{what} {screen}.png", full_page=True)


def main(arguments=None):
    """Print the faults; the exit status says whether there are any."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path, help="folder of the built pages")
    parser.add_argument("--screenshots", type=Path, help="where to put pictures")
    given = parser.parse_args(arguments)
    root = given.site.resolve()
    faults = list(check_pages(root))
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print(
            "No browser: console errors and widths were NOT looked at. "
            "On Debian: apt-get install chromium-headless-shell"
        )
    else:
        faults += browse(root, browser, given.screenshots)
    print("\n".join(faults))
    n_pages = len(html_pages(root))
    print(f"{n_pages} pages, {len(faults)} faults, browser: {browser or 'none'}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
