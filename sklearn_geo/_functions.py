# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Functions of places that users pass."""


def ask_function(function, places, name):
    """Call a function that a user passed; if it fails, say what it was given.

    Parameters
    ----------
    function : callable
        Takes places.

    places : ndarray of shape (n_places, 2)
        What it is given.

    name : str
        The parameter that it was passed as.

    Returns
    -------
    object
        Whatever it returns.
    """
    try:
        return function(places)
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(
            f"{name}(places) failed with {type(error).__name__}: {error}. It is called "
            f"with an array of shape {places.shape} of latitudes and longitudes, and "
            "returns a value for each."
        ) from error
