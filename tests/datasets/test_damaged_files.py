# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""However a file is damaged: it is refused in words, or every line is accounted for."""

import warnings

import numpy as np
import pytest

from sklearn_geo.datasets import (
    DataFileError,
    load_mp16,
    load_placing,
    load_yfcc100m,
    load_yfcc100m_autotags,
)
from tests.datasets.written import photo_list, yfcc_line

N = 30
FORMATS = {
    "YFCC100M": (
        load_yfcc100m,
        "\n".join(yfcc_line(id=str(i), marker=str(i % 2)) for i in range(N)) + "\n",
        {"kind": "photos", "located_only": True, "fields": "all", "as_frame": True},
    ),
    "MP-16": (
        load_mp16,
        photo_list([f"a/{i}.jpg,{i}@N00,{i},{i * 4},1,2,3" for i in range(N)]),
        {"as_frame": True},
    ),
    "placing 2016": (
        load_placing,
        "\n".join(f"{i}\t{i:030x}\t13\t{i}\t1:a:b" for i in range(N)) + "\n",
        {},
    ),
    "placing 2015": (
        load_placing,
        "\n".join(f"{i:030x}\t0\t2015\t1\ta@b\t{i}\t3" for i in range(N)) + "\n",
        {"kind": "photos"},
    ),
    "autotags": (
        load_yfcc100m_autotags,
        "\n".join(f"{i}\tsea:0.5,a:1" for i in range(N)) + "\n",
        {},
    ),
}
PIECES = [b"\t", b"\n", b"\r\n", b'"', b"%", b"%E9", b"\0", b"\xff", b",", b"nan"]
PIECES += [
    b"1e400",
    b"-",
    b"9" * 25,
    "é\u2028".encode(),
    b"\\N",
    b"\x1e",
    b"\xef\xbb\xbf",
]


def damaged(data, rng):
    """Change bytes, put pieces in, take pieces out, double some, break the file off."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 2, 5, 30])):
        at, way = int(rng.integers(len(data))), rng.integers(4)
        if way == 0:
            data[at] = rng.integers(256)
        elif way == 1:
            data[at:at] = PIECES[rng.integers(len(PIECES))]
        elif way == 2:
            del data[at : at + rng.choice([1, 3, 50])]
            data = data or bytearray(b"x")
        else:
            start = int(rng.integers(len(data)))
            data[at:at] = data[start : start + 60]
    return bytes(data[: rng.integers(1, len(data) + 1)] if rng.random() < 0.2 else data)


@pytest.mark.parametrize("name", FORMATS)
def test_every_line_is_accounted_for(name, tmp_path, monkeypatch):
    load, text, settings = FORMATS[name]
    rng = np.random.default_rng(len(name))
    path, n_read, messages = tmp_path / "file", 0, []
    for _ in range(60):
        data = damaged(text.encode(), rng)
        path.write_bytes(data)
        block_bytes = int(rng.choice([64, 300, 10_000]))
        monkeypatch.setattr("sklearn_geo.datasets._opening.BLOCK_BYTES", block_bytes)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            try:
                report = load(path, errors="skip", **settings).report
            except DataFileError as error:
                messages.append(str(error))
                continue
        n_read += 1
        n_lines = data.count(b"\n") + (not data.endswith(b"\n"))
        n_lines -= load is load_mp16  # its header
        empty = report.notes.get("line is empty")
        n_empty = empty.count if empty else 0
        assert n_lines == (
            report.n_rows + report.n_skipped + report.n_filtered + n_empty
        )
    assert n_read >= 40
    assert all(message.startswith(str(path)) for message in messages)
