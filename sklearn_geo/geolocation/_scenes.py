# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Scenes of photos as something to learn beside the cells."""

import numpy as np

from sklearn_geo._labels import first_missing, label_array


def read_scenes(scenes, n_rows, *, go_on=False, known=None):
    """Validate scenes.

    Parameters
    ----------
    scenes : array-like of shape (n_rows,) or (n_rows, n_scenes), or None
        One label a row, or probabilities of scenes.

    n_rows : int
        Number of rows.

    go_on : bool, default=False
        Whether a fitted classifier learns more.

    known : ndarray or None, default=None
        The scenes it has learnt so far.

    Returns
    -------
    classes : ndarray of shape (n_scenes,), or None
        The scenes: sorted labels, or the numbers of the columns.

    target : ndarray or None
        Their numbers, int64, or distributions whose rows sum to 1.
    """
    if scenes is None:
        if known is not None:
            raise ValueError(
                f"This classifier has learnt {len(known)} scenes: pass scenes= again."
            )
        return None, None
    if go_on and known is None:
        raise ValueError(
            "This classifier has learnt no scenes so far, and its network has no head "
            "for them. Pass scenes= to the first call, or fit a new one."
        )
    labels = label_array(scenes, "scenes")
    if labels.shape[:1] != (n_rows,) or labels.ndim > 2:
        raise ValueError(
            f"scenes must hold one label, or one row of probabilities, for each of the "
            f"{n_rows} rows; got shape {labels.shape}."
        )
    if labels.ndim == 2:
        return _read_probabilities(labels, known)
    row = first_missing(labels)
    if row is not None:
        raise ValueError(
            f"scenes, row {row}: the scene is missing. Give such rows a label of their "
            'own, such as "unknown".'
        )
    classes = np.unique(labels) if known is None else known
    numbers = np.searchsorted(classes, labels)
    wrong = classes[np.minimum(numbers, len(classes) - 1)] != labels
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"scenes, row {row}: {labels.tolist()[row]!r} was not among the scenes of "
            f"the first call, {classes.tolist()!r:.80}."
        )
    if len(classes) < 2:
        raise ValueError(
            f"scenes are all {classes.tolist()[0]!r}: there is nothing to tell apart."
        )
    return classes, numbers.astype(np.int64)


def scene_columns(target, n_scenes):
    """Yield the probabilities of each scene, of a target of :func:`read_scenes`."""
    for number in range(n_scenes):
        yield target[:, number] if target.ndim == 2 else target == number


def _read_probabilities(scenes, known):
    values = np.asarray(scenes, dtype=np.float64)
    if known is not None and len(known) != values.shape[1]:
        raise ValueError(
            f"scenes has {values.shape[1]} columns; there were {len(known)} before."
        )
    wrong = ~(np.isfinite(values) & (values >= 0.0)).all(axis=1)
    sums = values.sum(axis=1)
    wrong |= ~(sums > 0.0)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"scenes, row {row}: probabilities are finite, not negative and not all "
            "zero. Pass one column a scene, or one label a row."
        )
    return np.arange(values.shape[1]), values / sums[:, np.newaxis]


def scene_report(taught):
    """Return a table that tells how the network of each scene was taught.

    Parameters
    ----------
    taught : list of (int, HierarchicalCellClassifier or None)
        By scene, how many rows it had, and its network, if it has one of its own.

    Returns
    -------
    ndarray of shape (n_scenes,)
        See :class:`SceneNetworks`.
    """
    rows = []
    for number, (n_rows, network) in enumerate(taught):
        losses = [] if network is None else network.history_["train_loss"]
        # None of an epoch that was interrupted.
        rows.append(
            (number, n_rows, len(losses), losses[-1] if len(losses) else np.nan)
        )
    kinds = [("scene", np.int64), ("n_rows", np.int64), ("n_epochs", np.int64)]
    return np.array(rows, dtype=[*kinds, ("loss", np.float64)])
