# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The folder in which downloaded data are kept."""

import os
import shutil
from pathlib import Path

from sklearn.utils._param_validation import validate_params

from sklearn_geo.datasets._addresses import DATA_SETS

__all__ = ["clear_data_home", "get_data_home"]

_VARIABLE = "SKLEARN_GEO_DATA"
_CONSTRAINTS = {"data_home": [str, os.PathLike, None]}


def _data_home(data_home):
    return Path(
        data_home or os.environ.get(_VARIABLE) or "~/sklearn_geo_data"
    ).expanduser()


@validate_params(_CONSTRAINTS, prefer_skip_nested_validation=True)
def get_data_home(data_home=None):
    """Return the folder in which downloaded data are kept, and make it.

    It is the folder that the environment variable SKLEARN_GEO_DATA names, and
    `sklearn_geo_data` in the user's home folder otherwise. "~" is that home folder.

    Parameters
    ----------
    data_home : str or path-like, default=None
        Another folder, which is returned.

    Returns
    -------
    data_home : str
        The path.

    See Also
    --------
    clear_data_home : Delete what is in it.

    Examples
    --------
    >>> import os
    >>> import tempfile
    >>> from sklearn_geo.datasets import get_data_home
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     home = get_data_home(os.path.join(folder, "data"))
    ...     print(os.path.isdir(home), os.path.basename(home))
    True data
    """
    folder = _data_home(data_home)
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


@validate_params(_CONSTRAINTS, prefer_skip_nested_validation=True)
def clear_data_home(data_home=None):
    """Delete what the `fetch_` functions keep.

    Only the folders of these data sets are deleted, and the data home if nothing else
    is in it: so a wrong path costs nothing but downloads.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder. None is what :func:`get_data_home` returns.

    See Also
    --------
    get_data_home : The folder.

    Examples
    --------
    >>> from sklearn_geo.datasets import clear_data_home
    >>> clear_data_home()  # doctest: +SKIP
    """
    home = _data_home(data_home)
    for data_set in DATA_SETS:
        folder = home / data_set.folder
        if folder.is_symlink():
            # The files may be others' too, and rmtree follows no links anyway.
            folder.unlink()
        elif folder.is_dir():
            shutil.rmtree(folder)
    if home.is_dir() and not home.is_symlink() and not any(home.iterdir()):
        home.rmdir()
