# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A batch of positives and their negatives, as blocks of numbers and back."""

from typing import NamedTuple

import torch

__all__ = ["TripletBatch", "replaced"]


class TripletBatch(NamedTuple):
    """Positives and negatives of a batch, every photo and tag in it once.

    Attributes
    ----------
    n_rows : int
        Number of positives.

    photos : Tensor of shape (n_rows + n_replaced, n_features)
        The photos of positives, then those that replace them.

    tags : Tensor of int of shape (n_tags,)
        All tags.

    places : Tensor of shape (n_rows, n_columns) or (n_rows * (1 + n_negatives), ...)
        Encoded places of positives, and of negatives if they have their own.

    heard : Tensor of shape (len(places),) or None
        0 where the place is silenced.

    tag : Tensor of int of shape (n_rows,)
        The tag of each positive, a position in `tags`.

    photo, other_tag, place : Tensor of int of shape (n_rows * n_negatives,)
        Photo, tag and place of each negative, positions in the above.
    """

    n_rows: int
    photos: torch.Tensor
    tags: torch.Tensor
    places: torch.Tensor
    heard: torch.Tensor | None
    tag: torch.Tensor
    photo: torch.Tensor
    other_tag: torch.Tensor
    place: torch.Tensor


def replaced(inputs):
    """Put a batch together that :class:`TripletRows` took apart.

    Parameters
    ----------
    inputs : Several
        Blocks: photos of positives, photos that replace them, tags, places, heard,
        positions of the tags of positives, and of the photos and tags of negatives.

    Returns
    -------
    TripletBatch
        The batch.
    """
    own, others, tags, places, heard, tag, photo, other_tag = inputs.blocks
    n_rows, n_negative = len(own), len(photo)
    if len(places) == n_rows:  # negatives are where their positive is
        place = torch.arange(n_rows, device=tag.device)
        place = place.repeat_interleave(n_negative // n_rows)
    else:
        place = torch.arange(n_rows, n_rows + n_negative, device=tag.device)
    photos = torch.cat([own, others])
    return TripletBatch(
        n_rows, photos, tags, places, heard, tag, photo, other_tag, place
    )
