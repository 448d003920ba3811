# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Every place of good files damaged in every way: words or a good result."""

import io
import json

import numpy as np
import pytest
from safetensors.numpy import load, save

pytest.importorskip("resource")  # of Unix: memory and time are bounded by it

from tests.reliability import scale
from tests.reliability.hostile import Siege
from tests.reliability.readers import READERS
from tests.reliability.walks import LONG, Walk, steps_of, text_of

# No walk has more steps.
MOST = 15_000
SOME = scale(6, MOST)


@pytest.mark.parametrize("reader", READERS, ids=str)
def test_every_step_is_told_or_harmless(reader, tmp_path):
    siege = Siege(reader, tmp_path)
    siege.check_good()
    walk = Walk(siege)
    n = len(walk.steps[:SOME])
    wrong = list(filter(None, map(walk.once, range(n))))
    assert len(walk.steps) <= MOST
    assert not wrong, f"{len(wrong)} of {n}:\n" + "\n".join(wrong[:20])
    assert sum(siege.said.values()) >= n >= 6


def test_what_is_walked_is_read(tmp_path):
    # A walk through what nobody parses, or refuses at the door, would say little.
    reader = next(r for r in READERS if r.name == "partition KMeansPartition json")
    siege = Siege(reader, tmp_path)
    walk = Walk(siege)
    assert list(map(walk.once, range(150))) == [None] * 150
    assert siege.said["read"] > 10
    assert siege.said["ValueError"] > 50


def made(data, name):
    return {step.words: step.make() for step in steps_of({name: data})}


def test_steps_through_json():
    steps = made(b'{"a": [1, 2], "b": null}', "x.json")
    for words, text in {
        "json ['a'] left out": '{"b":null}',
        "json ['a'] twice, then None": '{"a":[1,2],"a":null,"b":null}',
        "json ['b'] called 'x'": '{"a":[1,2],"x":null}',
        "json ['a'] exchanged with 'b'": '{"a":null,"b":[1,2]}',
        "json ['a'] backwards": '{"a":[2,1],"b":null}',
        "json ['a'] one more": '{"a":[1,2,2],"b":null}',
        "json ['a'][0] left out": '{"a":[2],"b":null}',
        "json ['a'][1] = 3": '{"a":[1,3],"b":null}',
        "json ['a'][1] = NaN": '{"a":[1,NaN],"b":null}',
        "json ['b'] = \ud800": '{"a":[1,2],"b":"\\ud800"}',
        "json  = []": "[]",
    }.items():
        assert steps[words].decode() == text
    assert f'"b":"{LONG}"'.encode() in steps[f"json ['b'] = {LONG[:60]}"]


def test_steps_through_the_header_of_safetensors_keep_its_length_right():
    good = save({"w": np.arange(3.0)})
    steps = made(good, "x.safetensors")
    for data in steps.values():
        n = int.from_bytes(data[:8], "little")
        assert data[8 + n :] == good[-24:]
    # Its numbers may be taken for others of the same size.
    taken = steps["safetensors ['w']['dtype'] = f64"]
    assert json.loads(taken[8:-24])["w"]["dtype"] == "f64"
    assert load(steps["safetensors ['w'] backwards"])["w"].tolist() == [0, 1, 2]


def test_steps_through_the_header_of_numpy_keep_its_length_right():
    out = io.BytesIO()
    np.save(out, np.arange(3.0))
    steps = made(out.getvalue(), "x.npy")
    again = np.load(io.BytesIO(steps["numpy  backwards"]))
    assert again.tolist() == [0, 1, 2]
    again = np.load(io.BytesIO(steps["numpy ['descr'] = <i8"]))
    assert again.tolist() == np.arange(3.0).view(np.int64).tolist()
    assert b"'shape':(1099511627776,)" in steps["numpy ['shape'] = (1099511627776,)"]


def test_steps_through_a_table():
    steps = made(b"a,b\r\n1,2\r\n3,4\r\n", "x.csv")
    for words, text in {
        "a mark before it": b"\xef\xbb\xbfa,b\r\n1,2\r\n3,4\r\n",
        "CR": b"a,b\r1,2\r3,4\r",
        "line 0 field 1 left out": b"a\r\n1,2\r\n3,4\r\n",
        "line 0 field 0 twice": b"a,a,b\r\n1,2\r\n3,4\r\n",
        "line 1 field 0 with an open quote": b'a,b\r\n"1,2\r\n3,4\r\n',
        "line 1 field 1 = b'nan'": b"a,b\r\n1,nan\r\n3,4\r\n",
        "line 1 backwards": b"a,b\r\n2,1\r\n3,4\r\n",
        "line 2 left out": b"a,b\r\n1,2\r\n",
        "line 2 empty fields": b"a,b\r\n1,2\r\n,\r\n",
    }.items():
        assert steps[words] == text
    assert len(steps["line 1 field 0 of 10 MB"]) > 10**7
    assert steps["line 1 field 0 a million times"].count(b"1,") == 10**6


def test_steps_through_bytes():
    good = bytes(range(200)) + b"x" * 800
    steps = made(good, "x.zip")
    assert steps["byte 3 is 255"] == good[:3] + b"\xff" + good[4:]
    assert steps["byte 0 is one less"] == b"\xff" + good[1:]
    assert steps["bytes 4 on are ffffff7f"] == good[:4] + b"\xff\xff\xff\x7f" + good[8:]
    assert steps["cut off at byte 159"] == good[:159]
    assert steps["byte 920 left out"] == steps["byte 999 left out"] == good[:-1]
    assert steps["byte 0 twice"] == b"\0" + good
    assert "cut off at byte 160" not in steps
    assert len(steps) == (160 + 80) * 20


def test_parts_are_written_once():
    held = {"a": (1,), "b": [True, None, "x"]}
    assert text_of(held, literal=True) == "{'a':(1,),'b':[True,None,'x']}"
    assert text_of({"b": [True, None, "x"]}) == '{"b":[true,null,"x"]}'
