# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Data sets of many files: found by name anywhere in a folder or its archives."""

import fnmatch
import os
import re
import zipfile
from pathlib import Path

from sklearn_geo.datasets._copies import alike, check_copy
from sklearn_geo.datasets._opening import DataFile, cut_off
from sklearn_geo.datasets._zip_files import open_zip

# Folders of data sets hold the photos too; there may be a quarter of a million.
_WILD = re.compile(r"[*?[]")
_ESCAPED = re.compile(r"\[([*?[])\]")
_NO_DATA = (".jpg", ".jpeg", ".png", ".gif", ".part")


class Folder:
    """The files of a data set, wherever they lie in a folder.

    Parameters
    ----------
    path : str or path-like
        A folder, with sub-folders and zip archives, or one zip archive.

    what : str
        What the data set is, for messages.

    described : str
        Where it is described, for messages.

    deep : bool, default=True
        Whether to look in sub-folders and archives.
    """

    def __init__(self, path, what, described, deep=True):
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(
                f"The path is a {type(path).__name__}. Pass the folder with the files."
            )
        self.path = Path(path).expanduser()
        self.what, self.described = what, described
        if not self.path.exists():
            raise FileNotFoundError(
                f"There is no folder {self.path}. Expected is {what}; see {described}."
            )
        if self.path.is_file() and not zipfile.is_zipfile(self.path):
            if self.path.suffix.lower() == ".zip":
                raise cut_off(self.path)
            raise NotADirectoryError(
                f"{self.path} is a file. Pass the folder that holds {what}; see "
                f"{described}."
            )
        self._files, self._others, self._cut_off = {}, {}, []
        # What is unpacked counts more than what is in an archive.
        for file in sorted(self._all(deep), key=lambda file: file.member is not None):
            name = file.name.lower()
            if name in self._files:
                self._others.setdefault(name, []).append(file)
            else:
                self._files[name] = file

    def _all(self, deep):
        archives = [self.path] if self.path.is_file() else []
        for folder, folders, names in os.walk(self.path):
            folders[:] = sorted(folders) if deep else []
            for name in sorted(names):
                path = os.path.join(folder, name)
                is_zip = name.lower().endswith(".zip")
                if not is_zip and (name.lower().endswith(_NO_DATA) or name[0] == "."):
                    continue
                if not os.path.isfile(path):  # whoever opens a pipe waits for ever
                    continue
                if not is_zip:
                    yield DataFile(path)
                elif deep:
                    archives.append(path)
        for path in archives:
            if not zipfile.is_zipfile(path):
                self._cut_off.append(path)
                continue
            with open_zip(path) as archive:
                for name in archive.namelist():
                    if not name.endswith("/") and "__MACOSX" not in name:
                        yield DataFile(str(path), name)

    def find(self, *patterns):
        """Return the first file that has one of these names, or None.

        Letter case, and .gz, .bz2 and .xz, do not matter; `*` stands for anything. It
        is an error if another file of that name is of another size.
        """
        for pattern in patterns:
            if pattern.lower() in self._files:
                return self._the_only(pattern.lower(), pattern)
            if not _WILD.search(pattern):  # to look for each name would be long
                continue
            names = fnmatch.filter(self._files, pattern.lower())
            if names:
                return self._the_only(min(names))
        return None

    def _the_only(self, name, written=None):
        """Return the file of a name, unless it is that of several data sets.

        Of files alike, one whose name has the letters asked for is meant.
        """
        file = self._files[name]
        files = [file, *alike(file, self._others.get(name, ()))]
        file, *others = [one for one in files if one.name == written] or files
        for other in others:
            check_copy(file, other)
        return file

    def get(self, *patterns, purpose=""):
        """Return the first file that has one of these names.

        Parameters
        ----------
        *patterns : str
            Names, in the order in which they are looked for.

        purpose : str, default=""
            What it is for: "split='train'".
        """
        file = self.find(*patterns)
        if file is not None:
            return file
        if self._cut_off:  # it may have been in there
            raise cut_off(self._cut_off[0])
        # Names of concepts, which are asked for, are from files too.
        wanted = " or ".join(_ESCAPED.sub(r"\1", name)[:200] for name in patterns)
        wanted += f" for {purpose[:200]}" if purpose else ""
        raise FileNotFoundError(
            f"The folder {self.path} has no {wanted} (looked "
            "for in its sub-folders and zip archives too, also as .gz, .bz2 or .xz"
            f"){self._what_there_is()}. Expected is {self.what}; see {self.described}."
        )

    def _what_there_is(self):
        names = sorted(file.name for file in self._files.values())
        if not names:
            return "; there is no file of data in it"
        more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
        return f"; it has only {', '.join(name[:200] for name in names[:5])}{more}"
