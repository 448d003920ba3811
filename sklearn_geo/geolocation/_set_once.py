# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Settings that a network is made with once, and that later calls cannot change."""

import joblib

from sklearn_geo._made_for import SET_AFTER_FIT, check_made_for, made_for
from sklearn_geo._settings import check_strictly

__all__ = ["GO_ON", "SetOnce", "SetOnceAround"]

# The remedy where more is to be learnt.
GO_ON = (
    "What there is cannot go on with that: set it back, or fit anew with "
    "warm_start=False."
)
# That of wrappers, whose cells nobody has set.
_FREEZE = "Freeze its partitions, or fit anew with warm_start=False."


class SetOnce:
    """Mixin of estimators whose network is made for settings that they name."""

    def _architecture(self):
        """Return the settings that decide what the network is, by their names."""
        return {}

    def _keep_settings(self):
        """Remember the settings of the network that there is, or is to be."""
        self._made_for = made_for(self._architecture())

    def _check_settings(self, remedy):
        """Refuse settings that are others than those of the network there is."""
        # Estimators that were pickled before this was kept have none.
        before = getattr(self, "_made_for", None)
        check_made_for(before, self._architecture(), remedy)

    def _check_storable(self):
        """Refuse what could not be read again as what it is, before it is written."""
        check_strictly(self)
        self._check_settings(SET_AFTER_FIT)


class SetOnceAround(SetOnce):
    """Mixin of wrappers with a network that knows the cells of what they wrap."""

    def _architecture(self):
        return {"preset": self.preset}

    def _keep_settings(self):
        super()._keep_settings()
        self._known_cells = _told_cells(self)

    def _check_settings(self, remedy):
        super()._check_settings(remedy)
        known = getattr(self, "_known_cells", None)
        if known is not None and known != _told_cells(self):
            raise ValueError(
                "The wrapped estimator has other cells now than those that the network "
                f"knows. {_FREEZE if remedy == GO_ON else 'Fit again, to save.'}"
            )

    def _check_goes_on(self, n_cells, n_known, is_paper):
        """Refuse to go on with a network that was made for something else.

        Parameters
        ----------
        n_cells, n_known : int
            How many cells the wrapped estimator has now, and the network knows.

        is_paper : bool
            Whether the network is the paper's.
        """
        if (self.preset == "paper") != is_paper:
            raise ValueError(
                "warm_start=True, but the network there is was not made with "
                f"preset={self.preset!r}. Fit anew with warm_start=False."
            )
        if n_cells != n_known:
            raise ValueError(
                f"warm_start=True, but the wrapped estimator has {n_cells} cells now, "
                f"and the network knows {n_known}. {_FREEZE}"
            )
        self._check_settings(GO_ON)


def _told_cells(model):
    """Return what tells cells by their names, and by where their middles are."""
    table = model.cells_
    middles = [table[f"center_{name}"].tobytes() for name in ("latitude", "longitude")]
    return joblib.hash([table["name"].tolist(), middles])
