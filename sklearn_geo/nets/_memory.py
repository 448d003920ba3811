# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How many rows are worked on together, by scikit-learn's `working_memory`."""

from sklearn import get_config

__all__ = ["rows_in_memory"]


def rows_in_memory(bytes_a_row, n_rows):
    """Say how many rows may be worked on together.

    Parameters
    ----------
    bytes_a_row : int
        What a row needs on its way.

    n_rows : int
        How many rows there are.

    Returns
    -------
    int
        At least 1; so many that they take `sklearn.get_config()["working_memory"]`.

    See Also
    --------
    net_outputs : Asks a net for so many rows at once.

    Examples
    --------
    >>> import sklearn
    >>> from sklearn_geo.nets import rows_in_memory
    >>> with sklearn.config_context(working_memory=1):  # mebibytes
    ...     rows_in_memory(1024, 5000)
    1024
    """
    allowed = int(get_config()["working_memory"] * 2**20)
    return max(1, min(n_rows, allowed // max(1, int(bytes_a_row))))
