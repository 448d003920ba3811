# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
