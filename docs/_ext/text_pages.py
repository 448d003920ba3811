# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What pages of plain text need: pictures in words, and lists inside of lists."""

from docutils import nodes
from sphinx_gallery.directives import imgsgnode


def _say_picture(translator, node):
    translator.add_text(f"[picture: {node['alt']}]")
    raise nodes.SkipNode


def _count_own_classifiers(translator, item):
    # Sphinx counts those of inner lists, too, and then loses the page.
    own = [part for part in item if isinstance(part, nodes.classifier)]
    translator._classifier_count_in_li = len(own)


def _nothing(translator, node):
    pass


def setup(app):
    """Tell the builder of text; all others keep what they do."""
    app.add_node(imgsgnode, override=True, text=(_say_picture, None))
    app.add_node(
        nodes.definition_list_item,
        override=True,
        text=(_count_own_classifiers, _nothing),
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
