# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sphinx configuration. Builds with -W and without a network."""

import ast
import re
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE / "_ext"), str(ROOT)]

import generated_pages
from docutils import nodes
from sphinx_gallery.directives import imgsgnode

import sklearn_geo

project = "sklearn_geo"
author = "The sklearn-geo developers"
copyright = "2026, The sklearn-geo developers"
release = version = sklearn_geo.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "mathml",
    "text_pages",
]
html_math_renderer = "mathml"
templates_path = ["_templates"]
exclude_patterns = ["_build", "generated/*.inc", "**/GALLERY_HEADER.rst"]
nitpicky = False
default_role = "literal"

autosummary_generate = True
# What classes inherit is said in their template: a default here would win over it.
autodoc_default_options = {"members": True}
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
numpydoc_xref_param_type = False

sphinx_gallery_conf = {
    "examples_dirs": str(ROOT / "examples"),
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    "ignore_pattern": r"(__init__|demo)\.py",
    "within_subsection_order": "gallery_order.ReaderOrder",
    "remove_config_comments": True,
    "show_memory": False,
    "plot_gallery": True,
    "abort_on_example_error": True,
    "download_all_examples": False,
    "reset_modules": ("matplotlib",),
    # Its table is sorted by scripts of other hosts.
    "write_computation_times": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "sklearn_geo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system is
html_show_sourcelink = False
# Pages without pages below them need no navigation at their side.
html_sidebars = {page.stem: [] for page in HERE.glob("*.rst")}
html_theme_options = {
    "show_prev_next": False,
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}

# A picture drawn without a screen; scikit-learn's deprecations are the tests' matter.
warnings.filterwarnings("ignore", message=".*FigureCanvasAgg is non-interactive.*")

# `sphinx -t generated` builds from pages that another build has just generated.
if not tags.has("generated"):  # noqa: F821  Sphinx hands it to this file
    generated_pages.write(HERE / "generated")


def unlink_inherited_references(app, what, name, obj, options, lines):
    """Turn references into scikit-learn's own pages, in what we inherit, to text."""
    for i, line in enumerate(lines):
        line = re.sub(r":(?:ref|term):`([^`<]+?)\s*<[^>`]+>`", r"\1", line)
        lines[i] = re.sub(r":(?:ref|term):`([^`]+)`", r"\1", line)


def name_pictures(app, doctree):
    """Give the pictures of examples, small and large, sentences for who hears them."""
    for image in doctree.findall(nodes.image):
        found = re.search(r"sphx_glr_(plot_\w+)_thumb", image["uri"])
        if found and not image.get("alt"):
            title = title_of_example(found[1])
            image["alt"] = f"The picture of the example: {title}"
    for image in doctree.findall(imgsgnode):
        name, number = re.search(r"sphx_glr_(plot_\w+)_(\d+)\.", image["uri"]).groups()
        alt = f"Picture {int(number)} of the example: {title_of_example(name)}."
        # Without titles on the figure, what is there is the name of the file.
        if image["alt"] != name.replace("_", " "):
            alt += f" It shows: {image['alt']}."
        image["alt"] = alt


def title_of_example(name):
    """Return the first line of an example."""
    text = (ROOT / "examples" / f"{name}.py").read_text()
    return ast.get_docstring(ast.parse(text)).splitlines()[0]


def setup(app):
    """Connect what this file adds to Sphinx."""
    app.connect("autodoc-process-docstring", unlink_inherited_references)
    app.connect("doctree-read", name_pictures)
