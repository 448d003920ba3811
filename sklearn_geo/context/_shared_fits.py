# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Networks that were learnt from a corpus, for clones that would learn the same."""

import threading
import weakref

import joblib
import numpy as np

__all__ = ["keep_fit", "key_of", "latest_fit"]

# Parameters that do not decide what is learnt.
_ANSWERS = (
    "append_location",
    "blend_km",
    "corpus",
    "device",
    "max_loaded_zones",
    "missing_zone",
    "n_jobs",
    "output_layer",
    "verbose",
)
# By corpus, the fit that was made last: a search fits one candidate on all folds before
# it goes on to the next.
_latest = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def key_of(model):
    """Return what decides what a transformer learns from its corpus.

    Parameters
    ----------
    model : GPS2VecPlusTransformer
        The transformer.

    Returns
    -------
    str or None
        Equal for transformers that learn the same. None where chance decides, or where
        a folder is to be written.
    """
    params = model.get_params(deep=False)
    chance = params["random_state"]
    by_chance = not isinstance(chance, (int, np.integer))
    if model.corpus is None or by_chance or model.checkpoint_dir is not None:
        return None
    decisive = {name: params[name] for name in params if name not in _ANSWERS}
    if model.contexts is not None:  # joblib takes mappings in another order for equal
        decisive["contexts"] = tuple(model.contexts.items())
    fallback = model.missing_zone == "fallback"
    return joblib.hash((type(model).__qualname__, decisive, fallback))


def latest_fit(corpus, key):
    """Return what was learnt from a corpus last, if it is what is asked for.

    Parameters
    ----------
    corpus : GeoTagCorpus
        The corpus.

    key : str or None
        From :func:`key_of`.

    Returns
    -------
    FittedZones or None
        What was learnt. It is shared, and must not be changed.
    """
    if key is None:
        return None
    with _lock:
        kept_key, zones = _latest.get(corpus, (None, None))
    return zones if kept_key == key else None


def keep_fit(corpus, key, zones):
    """Keep what was learnt from a corpus until something else is, or it is gone.

    Parameters
    ----------
    corpus : GeoTagCorpus
        The corpus.

    key : str or None
        From :func:`key_of`; None keeps nothing.

    zones : FittedZones
        What was learnt.
    """
    if key is not None:
        with _lock:
            _latest[corpus] = (key, zones)
