# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Pure functions on arrays of places: the sphere, UTM, S2 and triangles."""

__all__ = []
