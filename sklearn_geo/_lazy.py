# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Front doors of packages that load what is behind a name when it is first used."""

import difflib
import importlib
import sys

__all__ = ["offer"]


def offer(package, table, others=()):
    """Make what a package's `__init__` needs to offer names lazily (PEP 562).

    Parameters
    ----------
    package : str
        Name of the package.

    table : dict of str to sequence of str
        The modules of the package, and the names that each gives to it. A module
        whose own name does not begin with an underscore is offered too.

    others : sequence of str, default=()
        Public names that the package defines itself.

    Returns
    -------
    getattr_, dir_ : callable
        Its `__getattr__` and `__dir__`.

    names : list of str
        Its `__all__`: all that it offers.
    """
    module_of = {name: module for module, names in table.items() for name in names}
    modules = {module for module in table if not module.startswith("_")}
    names = sorted([*modules, *module_of, *others])

    def getattr_(name):
        if name in modules:
            return importlib.import_module(f"{package}.{name}")
        if name not in module_of:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f". Did you mean {close[0]!r}?" if close else ""
            raise AttributeError(f"module {package!r} has no attribute {name!r}{hint}")
        module = importlib.import_module(f"{package}.{module_of[name]}")
        value = getattr(module, name)
        setattr(sys.modules[package], name, value)  # found at once from now on
        return value

    def dir_():
        return names

    return getattr_, dir_, names
