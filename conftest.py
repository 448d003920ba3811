# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What doctests and tests share: pictures are closed when a test ends."""

import sys

import pytest


@pytest.fixture(autouse=True)
def close_figures():
    """Close what a test or an example of a docstring has drawn."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
