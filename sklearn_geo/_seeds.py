# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One seed for all that an estimator holds."""


def hand_down(estimator, seed):
    """Seed what has no seed of its own.

    Parameters
    ----------
    estimator : estimator
        Changed in place, with all the estimators in it.

    seed : int
        For every `random_state` that is None.

    Returns
    -------
    estimator
        The same.
    """
    params = estimator.get_params()
    seeds = {
        name: seed
        for name, value in params.items()
        if (name == "random_state" or name.endswith("__random_state")) and value is None
    }
    if seeds:
        estimator.set_params(**seeds)
    return estimator
