# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files from web servers: bounded, checked, and gone on with where they broke off."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import stat
import time
from pathlib import Path

from sklearn_geo._byte_bar import ByteBar, in_words
from sklearn_geo._file_lock import locked
from sklearn_geo._links import open_own
from sklearn_geo._web import (
    PATIENCE,
    RefusedError,
    UnreachedError,
    import_pooch,
    stream,
)
from sklearn_geo._whole_files import remove_parts, write_whole

__all__ = ["fetch_file", "parse_hash"]

_LONGEST_PAUSE = 60.0
_HASH = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")
_RANGE = re.compile(r"bytes (?:(\d{1,18})-\d{1,18}|\*)/(\d{1,18}|\*)", re.ASCII)


def fetch_file(
    addresses,
    path,
    *,
    known_hash=None,
    max_bytes,
    check=None,
    n_retries=3,
    delay=1.0,
    timeout=PATIENCE,
    verbose=0,
):
    """Return a file that was downloaded, now or before, after a check.

    What comes is written to `path` with ".part" added, and renamed when it is whole
    and checked. What a broken connection leaves there is gone on with by the next
    trial or the next call, if the server says that the file is still the same (by
    If-Range) or if its checksum is known. Of several processes one downloads, the
    others wait. The checksum of a file without a known one is noted beside it when it
    is seen first, with ".sha256" added, and compared whenever it is used again.

    Parameters
    ----------
    addresses : sequence of str
        Where the file is, http or https; one after the other is tried.

    path : path
        Where it is put.

    known_hash : str or None, default=None
        SHA-256 in 64 hexadecimal digits, with or without "sha256:" before them.

    max_bytes : int
        More than that is refused.

    check : callable or None, default=None
        Called with the path of what came; a ValueError says that it is something else.

    n_retries : int, default=3
        How often all addresses are tried again.

    delay : float, default=1.0
        Seconds before the first of these times, doubled before each other until it
        is a minute.

    timeout : float, default=30
        Seconds without a byte until a server is given up.

    verbose : int or bool, default=0
        Whether a bar is shown.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ConnectionError
        If it could not be had: not reached, refused, broken off.

    ValueError
        If what came, or what is there, is not what it should be.
    """
    path = Path(path)
    known_hash = parse_hash(known_hash)
    if not path.exists():
        import_pooch("A download", "A file that is put there by hand needs nothing.")
        path.parent.mkdir(parents=True, exist_ok=True)
        bar = ByteBar(path.name, verbose)
        others = f"{path.name}: another process downloads it. Waiting."
        lock = path.with_name(f".{path.name}.lock")
        with locked(lock, waiting=lambda: bar.say(others)):
            if not path.exists():
                remove_parts(path.parent)
                how = (known_hash, max_bytes, check, timeout, bar)
                digest = _download(addresses, path, how, n_retries, delay)
                _note_hash(path, digest)
                return path
    _verify(path, known_hash, check)
    return path


def parse_hash(known_hash):
    """Return the digits of a checksum that a user gave, or None for None."""
    if known_hash is None:
        return None
    match = _HASH.fullmatch(known_hash) if isinstance(known_hash, str) else None
    if match is None:
        raise ValueError(
            f"known_hash={known_hash!r}: use the SHA-256 of the file, 64 hexadecimal "
            "digits, as `sha256sum` prints it."
        )
    return match[1].lower()


def _download(addresses, path, how, n_retries, delay):
    """Download a file and return its checksum, whatever fails a few times."""
    part, left, failures, pause = _Part(path), list(addresses), {}, delay
    bar = how[-1]
    part.sweep()
    for trial in range(n_retries + 1):
        if trial:
            bar.say(f"{' '.join(map(str, failures.values()))} Again in {pause:g} s.")
            time.sleep(pause)
            # One that somebody wants longer is as long as that.
            pause = min(2.0 * pause, max(delay, _LONGEST_PAUSE))
        for address in list(left):
            try:
                digest = _attempt(address, part, *how)
            except UnreachedError as error:
                failures[address] = error
            except RefusedError as error:
                failures[address] = error
                if not error.passes:
                    left.remove(address)
            except ValueError as error:
                # It would be wrong the next time too.
                part.drop()
                failures[address] = error
                left.remove(address)
            except OSError as error:
                if error.errno is None:
                    raise
                # The disk, which says no name when it is full.
                raise OSError(error.errno, error.strerror, str(part.path)) from error
            else:
                os.replace(part.path, path)
                part.drop()
                bar.end()
                return digest
        if not left:
            break
    wrong = any(isinstance(error, ValueError) for error in failures.values())
    message = "\n".join(map(str, failures.values()))
    if part.n_bytes:
        message += (
            f"\n{in_words(part.n_bytes)} of it are kept in {part.path}; the next call "
            "goes on from there if the server can."
        )
    raise (ValueError if wrong else ConnectionError)(message)


def _attempt(address, part, known_hash, max_bytes, check, timeout, bar):
    """Ask once for a file, or the rest of it, and return its checksum."""
    start, same = part.resume_point(address, known_hash)
    headers = {}
    if start:
        headers["Range"] = f"bytes={start}-"
        if same is not None:
            headers["If-Range"] = same
    with open_own(part.path) as file:  # what is there is not lost yet
        write = _Writing(file, part, address, start, max_bytes, bar)
        try:
            stream(address, write, headers=headers, see=write.begin, timeout=timeout)
        except RefusedError as error:
            # Nothing is left to send: the part may be the whole.
            if error.status != 416 or not write.is_all(error.headers):
                if error.status == 416:
                    part.drop()
                    raise UnreachedError(
                        f"{error} It will be asked for from 0."
                    ) from error
                raise
        write.end()
        os.fsync(file.fileno())
    digest = _sha256(part.path)
    if known_hash not in (None, digest):
        if write.start:
            part.drop()
            raise UnreachedError(
                f"{address} changed while it was downloaded: its checksum is {digest}, "
                f"not {known_hash}."
            )
        raise ValueError(
            f"{address} is not the file that it should be: its SHA-256 is {digest}, "
            f"not {known_hash}. Nothing of it is kept."
        )
    if check is not None:
        try:
            check(part.path)
        except ValueError as error:
            raise ValueError(f"{address} {error}. Nothing of it is kept.") from error
    return digest


class _Part:
    """What is on disk of a file that is not whole yet, and a note on where it is from.

    Parameters
    ----------
    path : Path
        The file that it will be.
    """

    def __init__(self, path):
        self.path = path.with_name(f"{path.name}.part")
        self.note = path.with_name(f"{path.name}.part.json")

    @property
    def n_bytes(self):
        """Bytes that are there."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def sweep(self):
        """Delete links, and what else a stranger puts where only files can be."""
        for path in (self.path, self.note):
            with contextlib.suppress(FileNotFoundError):
                if not stat.S_ISREG(path.lstat().st_mode):
                    path.unlink()

    def drop(self):
        """Delete it."""
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)

    def read_note(self):
        """Return what the server said of the file, {} if that is not known."""
        try:
            note = json.loads(self.note.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return note if isinstance(note, dict) else {}

    def resume_point(self, address, known_hash):
        """Return how much to keep, and by what the server sees that it is the same.

        Nothing is kept if neither the server nor a checksum can tell.
        """
        note = self.read_note()
        same = note.get("etag") or note.get("modified")
        if note.get("address") != address or not isinstance(same, str):
            same = None
        keep = same is not None or (note and known_hash is not None)
        return (self.n_bytes if keep else 0), same


class _Writing:
    """A part that is being written.

    Parameters
    ----------
    file : file
        The part, opened for reading and writing.

    part : _Part
        Where it is.

    address : str
        Where it is from.

    start : int
        What of it is there.

    max_bytes : int
        What the whole may have.

    bar : ByteBar
        What shows it.
    """

    def __init__(self, file, part, address, start, max_bytes, bar):
        self.file = file
        self.part = part
        self.address = address
        self.start = start
        self.max_bytes = max_bytes
        self.bar = bar
        self.total = None

    def begin(self, response):
        """Decide by the head of the answer what to keep of the part."""
        headers = response.headers
        if response.status_code == 206 and self.start:
            self._check_rest(headers)
        elif response.status_code == 200:
            # All of it: the server knows no ranges, or the file is another one now.
            self.start = 0
            self.total = _length(headers)
        else:
            raise UnreachedError(
                f"{self.address}: the server answers {response.status_code} "
                f"{response.reason}, which was not asked for."
            )
        self._check_room()
        self.file.seek(self.start)
        self.file.truncate()
        etag = headers.get("ETag", "")
        note = {
            "address": self.address,
            # Weak ones promise the same content, not the same bytes.
            "etag": None if etag.startswith("W/") else etag or None,
            "modified": headers.get("Last-Modified"),
        }
        if _coded(headers):
            # Ranges would be of what is compressed, and what is kept is not.
            note = {}
        write_whole(self.part.note, json.dumps(note).encode())
        self.bar.begin(self.address, self.start, self.total)

    def _check_rest(self, headers):
        """Check that what comes is the rest of what is there."""
        match = _RANGE.fullmatch(headers.get("Content-Range", ""))
        etag = self.part.read_note().get("etag")
        other = etag is not None and headers.get("ETag", etag) != etag
        if match is None or match[1] != str(self.start) or other:
            self.part.drop()
            raise UnreachedError(
                f"{self.address}: what was sent is not the rest of the file that was "
                "begun. It will be asked for from 0."
            )
        self.total = None if match[2] == "*" else int(match[2])

    def _check_room(self):
        """Refuse what is too much, for anybody or for the disk."""
        if self.total is None:
            return
        if self.total > self.max_bytes:
            raise ValueError(
                f"{self.address} has {in_words(self.total)}, more than the "
                f"{in_words(self.max_bytes)} that it may have."
            )
        free = shutil.disk_usage(self.part.path.parent).free
        if self.total - self.start > free:
            raise OSError(
                f"{self.address} needs {in_words(self.total - self.start)}, and "
                f"{in_words(free)} are free in {self.part.path.parent}."
            )

    def write(self, data):
        """Write what came."""
        if self.file.tell() + len(data) > self.max_bytes:
            raise ValueError(
                f"{self.address} has more than the {in_words(self.max_bytes)} that it "
                "may have."
            )
        self.file.write(data)
        self.bar.move(len(data))

    def flush(self):
        """Leave it to the end."""

    def is_all(self, headers):
        """Return whether a server says that nothing comes after what is there."""
        match = _RANGE.fullmatch(headers.get("Content-Range", ""))
        return match is not None and match[2] == str(self.start)

    def end(self):
        """Check that all came that should."""
        self.file.flush()
        n_bytes = self.part.n_bytes
        if self.total is None or n_bytes == self.total:
            return
        if n_bytes > self.total:
            self.part.drop()
        raise UnreachedError(
            f"{self.address} broke off after {in_words(n_bytes)} of "
            f"{in_words(self.total)}."
        )


def _length(headers):
    """Return the bytes that an answer says it has, None if it does not say."""
    text = headers.get("Content-Length", "").strip()
    return int(text) if text.isdecimal() and not _coded(headers) else None


def _coded(headers):
    """Return whether the bytes on the way are not those of the file."""
    return headers.get("Content-Encoding", "identity") != "identity"


def _sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while data := file.read(1 << 20):
            digest.update(data)
    return digest.hexdigest()


def _verify(path, known_hash, check):
    """Compare a file with the checksum that is known, or with that of before."""
    digest, note = _sha256(path), _hash_note(path)
    if known_hash not in (None, digest):
        raise ValueError(
            f"{path} is not the file that it should be: its SHA-256 is {digest}, "
            f"not {known_hash}. Delete it to download it again."
        )
    try:
        before = note.read_text("utf-8").split()[0]
    except (OSError, ValueError, IndexError):
        before = None
    if digest == before:
        return
    if before is not None and known_hash is None:
        raise ValueError(
            f"{path} has changed since it was first used here: its SHA-256 is "
            f"{digest}, and was {before}. Delete it to download it again, or delete "
            f"{note.name} beside it if the change is yours."
        )
    if check is not None:
        try:
            check(path)
        except ValueError as error:
            raise ValueError(f"{path} {error}. Delete it.") from error
    _note_hash(path, digest)


def _hash_note(path):
    return path.with_name(f"{path.name}.sha256")


def _note_hash(path, digest):
    """Note a checksum as `sha256sum --check` reads it, where that can be written."""
    with contextlib.suppress(OSError):
        # What a process left that was killed just before.
        remove_parts(path.parent)
        _Part(path).drop()
        write_whole(_hash_note(path), f"{digest}  {path.name}\n".encode())
