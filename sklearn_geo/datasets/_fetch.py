# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What all fetchers share: the files of a data set, downloaded or put there by hand."""

import os
import zipfile
from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import Path

from sklearn.utils._param_validation import Interval

from sklearn_geo._download import fetch_file, parse_hash
from sklearn_geo.datasets._data_home import get_data_home

__all__ = ["FETCHING", "fetched"]

# How all fetchers download; what they read is checked by the readers.
FETCHING = {
    "data_home": [str, os.PathLike, None],
    "download_if_missing": ["boolean"],
    "known_hash": [str, Mapping, None],
    "mirror": [str, None],
    "n_retries": [Interval(Integral, 0, None, closed="left")],
    "delay": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
}
# Seconds without a byte until a server is given up.
_PATIENCE = 30


def fetched(
    data_set,
    *,
    files=None,
    data_home,
    download_if_missing,
    known_hash,
    mirror,
    n_retries,
    delay,
    verbose,
):
    """Return the files of a data set, after a download of those that are missing.

    Parameters
    ----------
    data_set : DataSet
        The data set.

    files : sequence of PublishedFile or None, default=None
        Which files of it. None is all.

    data_home, download_if_missing : as there
        Where it is kept, as users give them.

    known_hash, mirror, n_retries, delay, verbose : as there
        As users give them.

    Returns
    -------
    list of Path
        The files, in the order of `files`.

    Raises
    ------
    FileNotFoundError
        If a file is missing that must not be downloaded.

    ConnectionError
        If a file could not be had.

    ValueError
        If a file is not what it should be.
    """
    files = data_set.files if files is None else files
    hashes = _hashes(files, known_hash)
    folder = Path(get_data_home(data_home)) / data_set.folder
    missing = [file for file in files if not (folder / file.name).exists()]
    if missing and not download_if_missing:
        names = " and ".join(file.name for file in missing)
        raise FileNotFoundError(
            f"{names}: not in {folder}, and download_if_missing=False.\n"
            f"{_by_hand(data_set, missing, folder)}"
        )
    paths = []
    for file in files:
        try:
            path = fetch_file(
                _addresses(file, mirror),
                folder / file.name,
                known_hash=hashes.get(file.name),
                max_bytes=file.max_bytes,
                check=_check,
                n_retries=n_retries,
                delay=delay,
                timeout=_PATIENCE,
                verbose=verbose,
            )
        except (ConnectionError, ValueError) as error:
            if file not in missing:
                raise
            kind = ValueError if isinstance(error, ValueError) else ConnectionError
            left = missing[missing.index(file) :]
            raise kind(
                f"{file.name} could not be downloaded.\n{error}\n"
                f"{_by_hand(data_set, left, folder)}"
            ) from error
        paths.append(path)
    return paths


def _hashes(files, known_hash):
    """Return the checksums that a user knows, by the names of files."""
    names = [file.name for file in files]
    if known_hash is None:
        return {}
    if isinstance(known_hash, str):
        if len(names) > 1:
            raise ValueError(
                f"known_hash is one checksum for {len(names)} files: pass a dictionary "
                f"with some of {names} as keys."
            )
        return {names[0]: parse_hash(known_hash)}
    unknown = set(known_hash) - set(names)
    if unknown:
        raise ValueError(
            f"known_hash has {sorted(map(str, unknown))}, which are not among the "
            f"files {names}."
        )
    return {name: parse_hash(text) for name, text in known_hash.items()}


def _addresses(file, mirror):
    """Return where a file is looked for."""
    if mirror is None:
        return file.addresses
    if not mirror.startswith(("http://", "https://")):
        raise ValueError(
            f"mirror={mirror!r}: use the address of a folder, which begins with "
            "http:// or https://. Files that you have are put in the data home."
        )
    return (f"{mirror.rstrip('/')}/{file.name}",)


def _by_hand(data_set, files, folder):
    """Return what a person can do without this machine's connection."""
    one = len(files) == 1
    lines = [
        f"By hand: download {'the file' if one else 'these files'} on a machine that "
        f"can, and put {'it' if one else 'them'} in the folder {folder}:"
    ]
    for file in files:
        lines.append(f"  {file.address_by_hand} under the name {file.name}")
    lines.append(f"Then call again. See {data_set.page}")
    return "\n".join(lines)


def _check(path):
    """Refuse what is not of the kind that the name says."""
    # What is being downloaded has ".part" after its name.
    name = path.name.removesuffix(".part").lower()
    with open(path, "rb") as file:
        head = file.read(512)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise ValueError(
            "is a web page, not the file: the server may ask people something first"
        )
    if not head:
        raise ValueError("is empty")
    if name.endswith(".zip") and not zipfile.is_zipfile(path):
        raise ValueError("is no zip archive, or is not all of it")
    if name.endswith(".gz") and head[:2] != b"\x1f\x8b":
        raise ValueError("is not compressed by gzip, as its name says")
