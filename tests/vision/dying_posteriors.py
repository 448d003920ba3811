# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Shows photos to a network until it is killed: a process of test_row_cache.py."""

import sys

import sklearn_geo.vision._row_cache as row_cache
from sklearn_geo.vision import PosteriorTransformer
from tests.vision.photo_files import Small, pixels


class Slow(Small):
    """Says how many photos it has been shown."""

    n_shown = 0

    def forward(self, images):
        Slow.n_shown += len(images) // 3
        print(Slow.n_shown, flush=True)
        if Slow.n_shown > 40:
            sys.stdin.read()  # until somebody kills it
        return super().forward(images)


if __name__ == "__main__":
    # The class as others import it: a network is known by where its class is from.
    from tests.vision.dying_posteriors import Slow

    row_cache._ROWS_A_FILE, row_cache._SECONDS_BETWEEN_FILES = 8, 1e9
    PosteriorTransformer(
        Slow(), image_size=12, batch_size=4, device="cpu", cache=sys.argv[1]
    ).fit_transform(pixels(60))
