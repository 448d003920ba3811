# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Formulas as MathML: browsers draw it themselves, without a script from elsewhere."""

import html
import re

from docutils import nodes
from docutils.utils.math import latex2mathml
from sphinx.util import logging

logger = logging.getLogger(__name__)

# What docutils knows by another name.
_KNOWN = {
    r"\\dots\b": r"\\ldots",
    r"\\(big|Big)\b(?=\s*[(])": r"\\\1l",
    r"\\(big|Big)\b(?=\s*[)])": r"\\\1r",
}


def _mathml(node, *, inline):
    code = node.astext()
    for ours, known in _KNOWN.items():
        code = re.sub(ours, known, code)
    try:
        return latex2mathml.tex2mathml(code, as_block=not inline)
    except (SyntaxError, ValueError) as error:
        logger.warning("no MathML for %r: %s", code, error, location=node)
        return f"<code>{html.escape(node.astext())}</code>"


def _visit_inline(translator, node):
    translator.body.append(_mathml(node, inline=True))
    raise nodes.SkipNode


def _visit_block(translator, node):
    # A formula that is wider than a phone scrolls in its own box.
    translator.body.append(translator.starttag(node, "div", CLASS="formula"))
    translator.body.append(_mathml(node, inline=False))
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app):
    """Offer the renderer; `html_math_renderer = "mathml"` takes it."""
    app.add_html_math_renderer("mathml", (_visit_inline, None), (_visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
