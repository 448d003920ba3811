# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import gzip
import io
import tarfile
import tracemalloc

import pytest

from sklearn_geo.datasets._tar_files import tar_files
from sklearn_geo.datasets._unpack import unpacked

NAMES = ["a", "d/b.txt", "x" * 98, "y" * 101, "\u00e9/\u00fc.txt", "z" * 250]
# The name that the header itself keeps of this one ends as those of folders do.
NAMES += ["p/" * 60 + "f", "q" * 90 + "/" + "r" * 90]
KINDS = [tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE]
NO_FILES = [tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE]
HUGE = b"\x80" + bytes(3) + b"\x10" + bytes(7)  # 2 ** 60


def head(name, kind, size=b"0", sparse=b""):
    """Return a header as it stands in an archive."""
    block = bytearray(tarfile.TarInfo(name).tobuf(tarfile.GNU_FORMAT))
    block[156:157], block[124:136] = kind, size.ljust(12, b"\0")
    block[386 : 386 + len(sparse)] = sparse
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def pax(kind=tarfile.XHDTYPE, **fields):
    """Return a header of pax."""
    records = b""
    for key, value in fields.items():
        record = f" {key.replace('_', '.')}={value}\n".encode()
        length = next(
            n for n in range(len(record), 10**8) if len(str(n)) + len(record) == n
        )
        records += str(length).encode() + record
    padding = bytes(-len(records) % 512)
    return head("pax", kind, b"%o" % len(records)) + records + padding


def read(data, **limits):
    limits = {"max_bytes": 10_000, "most": 1000} | limits
    files = tar_files(io.BytesIO(data), "data.tar", **limits)
    return [(name, b"".join(iter(data.read, b""))) for name, data in files]


@pytest.mark.parametrize(
    "form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
)
def test_all_files_of_all_formats(form):
    out, expected = io.BytesIO(), []
    everywhere = {"comment": "all"} if form == tarfile.PAX_FORMAT else None
    with tarfile.open(
        fileobj=out, mode="w", format=form, pax_headers=everywhere
    ) as archive:
        for number, name in enumerate(NAMES):
            if form == tarfile.USTAR_FORMAT and name[:1] in "yz":
                continue
            for kind in KINDS + NO_FILES:
                entry = tarfile.TarInfo(f"{name}{kind.hex()}")
                entry.type, entry.linkname = kind, "elsewhere"
                data = bytes([65 + number]) * (257 * number) if kind in KINDS else b""
                entry.size, entry.mtime = len(data), 1.5
                archive.addfile(entry, io.BytesIO(data))
                expected += [(entry.name, data)] if kind in KINDS else []
    assert read(out.getvalue()) == expected
    # What is not read is skipped.
    files = tar_files(io.BytesIO(out.getvalue()), "", max_bytes=10_000, most=1000)
    assert [name for name, _ in files] == [name for name, _ in expected]


def test_what_pax_says_of_a_file():
    data = pax(path="\u00fc", size=3, comment="c" * 1000) + head("a", b"0", b"7777")
    data += b"abc" + bytes(509) + pax(tarfile.XGLTYPE, path="all", size=9)
    assert read(data + head("b", b"0", b"2") + b"de") == [
        ("\u00fc", b"abc"),
        ("b", b"de"),
    ]
    for records in (b"9", b"0 a=b\n", b"99 path=b\n", b"x path=b\n", b"-3 path=b\n"):
        data = head("p", b"x", b"%o" % len(records)) + records.ljust(512, b"\0")
        with pytest.raises(tarfile.ReadError, match="a record that is none"):
            read(data + head("a", b"0"))
    for size in ("-1", "nan", "9" * 30):
        with pytest.raises(tarfile.ReadError, match="pax has a size"):
            read(pax(size=size) + head("a", b"0"))


def test_archives_that_break_off_or_are_none():
    data = head("a", b"0", b"3") + b"abc" + bytes(509)
    assert read(data) == read(data + bytes(512) + b"junk") == [("a", b"abc")]
    assert read(bytes(1024)) == []
    for broken in (b"", data[:100], data[:514], data + b"x" * 512, data + b"x"):
        with pytest.raises(tarfile.TarError):
            read(broken)


@pytest.mark.usefixtures("no_hanging")
@pytest.mark.parametrize("kind", [b"0", b"S", b"V", b"Z", b"x", b"g", b"L", b"K"])
@pytest.mark.parametrize("by_pax", [False, True])
def test_sizes_that_no_archive_has(tmp_path, kind, by_pax):
    path = tmp_path / "data.tar.gz"
    block = pax(size=2**60) + head("a", kind) if by_pax else head("a", kind, HUGE)
    path.write_bytes(gzip.compress(block + bytes(1024)))
    if by_pax and kind in b"xgLK":  # which have no such headers themselves
        assert list(unpacked(path, max_bytes=1000).iterdir()) == []
        return
    with pytest.raises(
        ValueError, match=r"data\.tar\.gz .*(sparse|,606,846,976 bytes)"
    ):
        unpacked(path, max_bytes=1000)
    assert list(tmp_path.iterdir()) == [path]


SPARSE = b"00000000001\0" * 8 + b"\x01" + b"00000000001\0"


@pytest.mark.parametrize(
    "start",
    [
        head("x", tarfile.GNUTYPE_SPARSE, sparse=SPARSE),
        pax(GNU_sparse_major=1, GNU_sparse_minor=0, GNU_sparse_realsize=1)
        + head("x", b"0"),
        pax(GNU_sparse_map="0,1", GNU_sparse_size=1) + head("x", b"0"),
    ],
)
def test_sparse_files_take_no_memory(tmp_path, start):
    # Lists of where the parts are have no end.
    more = b"00000000001\0" * 42 + b"\x01" + bytes(7)
    path = tmp_path / "data.tar.gz"
    path.write_bytes(gzip.compress(start + more * 20_000, 1))
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"data\.tar\.gz has a sparse file 'x'"):
        unpacked(path, max_bytes=10**9)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3e6


@pytest.mark.parametrize("apart", [True, False], ids=["of files", "of one file"])
def test_comments_are_not_kept(tmp_path, apart):
    comment = pax(comment="c" * 1_000_000)
    path = tmp_path / "data.tar.gz"
    with gzip.open(path, "wb", 1) as file:
        for _ in range(20):
            file.write(comment + (head("a", b"5") if apart else b""))
        file.write(head("a", b"0"))
    tracemalloc.start()
    unpacked(path, max_bytes=10**9)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6e6


def test_many_entries_that_are_no_files():
    data = head("a", b"5") * 20
    assert read(data, most=20) == []
    with pytest.raises(ValueError, match=r"data\.tar has more than 19 entries"):
        read(data, most=19)
