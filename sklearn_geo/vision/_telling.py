# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How far photos have come that a network is shown, in lines and to callbacks."""

from sklearn_geo.neighbors._progress import Progress as Lines
from sklearn_geo.nets._estimator import Progress

__all__ = ["Teller"]


class Teller:
    """Tells of photos that are done, by lines and to callbacks.

    Parameters
    ----------
    transformer : PosteriorTransformer
        Whose photos they are.

    n_photos : int
        How many there are.
    """

    def __init__(self, transformer, n_photos):
        name = type(transformer).__name__
        self._lines = Lines(name, n_photos, transformer.verbose)
        self._batch = int(transformer.batch_size)
        self._n_steps = -(-n_photos // self._batch)
        self._steps = Progress(transformer, self._n_steps, step="batch")
        self._n_done, self._n_told = 0, 0

    def __call__(self, n_photos):
        self._lines.advance(n_photos)
        self._n_done += n_photos
        while self._n_told < self._n_done // self._batch:
            self._step()

    def _step(self):
        self._n_told += 1
        self._steps({"photos": self._n_done})

    def finish(self):
        """End the last step, which may have fewer photos, and the task."""
        while self._n_told < self._n_steps:
            self._step()
        self._steps.finish()
