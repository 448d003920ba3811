# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Benchmarks: ours, what a user would use instead, and the limit, in one run.

    python -m benchmarks [job ...] [--quick] [--json FILE] [--places FILE]

One file a job. A job asserts that the results are equal before it prints a time.
"""
