# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Zones for which memory ran out: they are left out and named, and the rest goes on."""

import warnings
from dataclasses import dataclass

from sklearn_geo.nets._ran_out import ran_out

__all__ = ["ShortMemory", "SkippedZone", "check_memory", "tell_of"]

_REMEDIES = (
    "Lower n_jobs, zones_at_once, batch_size or hidden, or cut large zones by a "
    "partition as regions; with a checkpoint_dir, resume=True then trains only what is "
    "missing."
)


@dataclass
class SkippedZone:
    """A zone that was not trained.

    Attributes
    ----------
    zone : int
        Its id.

    name : str
        Its name.

    n_photos : int
        Number of photos.

    why : str
        What was said of the memory.
    """

    zone: int
    name: str
    n_photos: int
    why: str

    def line(self):
        """Say it in a line."""
        return f"Zone {self.name}: {self.n_photos:,} photos, skipped: {self.why}"


class ShortMemory:
    """A `with` in which memory may run out, of the machine or of a card.

    After it the error is gone, and with it all that it held.

    Attributes
    ----------
    why : str or None
        What was said of the memory; None if there was enough.
    """

    why = None

    def __enter__(self):
        """Begin."""
        return self

    def __exit__(self, kind, error, trace):
        """Note what was said, unless it was about anything else."""
        if error is None or not ran_out(error):
            return False
        self.why = _words_of(error)
        return True


def _words_of(error):
    """Return what an error says, in one line that ends without a stop."""
    text = " ".join(str(error).split()).rstrip(".")
    text = text or "there was no memory left"
    return text if len(text) <= 200 else f"{text[:197]}..."


def tell_of(skipped, n_tasks):
    """Warn of zones that were skipped.

    Parameters
    ----------
    skipped : list of SkippedZone
        They.

    n_tasks : int
        How many zones were to be trained.
    """
    if skipped:
        warnings.warn(
            f"{_told(skipped, n_tasks)} They have no networks, and places in them get "
            f"what missing_zone says; see skipped_zones_. {_REMEDIES}",
            UserWarning,
            stacklevel=5,
        )


def check_memory(skipped, n_tasks, n_known):
    """Refuse a fit that has learnt nothing at all.

    Parameters
    ----------
    skipped, n_tasks
        See :func:`tell_of`.

    n_known : int
        How many zones have networks.
    """
    if skipped and not n_known:
        raise MemoryError(f"{_told(skipped, n_tasks)} {_REMEDIES}")


def _told(skipped, n_tasks):
    some = ", ".join(f"{each.name} ({each.n_photos:,} photos)" for each in skipped[:10])
    more = f" and {len(skipped) - 10} more" if len(skipped) > 10 else ""
    return (
        f"Memory ran out for {len(skipped)} of {n_tasks} zones, which were skipped: "
        f"{some}{more}. {skipped[0].why[:1].upper()}{skipped[0].why[1:]}."
    )
