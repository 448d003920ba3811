# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two processes that write one thing at once: it is one of the two, whole."""

import numpy as np
import pytest

from tests.datasets.server import Answer, Server
from tests.reliability import scale
from tests.reliability.faults import KINDS, needs_fork, same_as

pytestmark = needs_fork
QUICK = ("GPS2VecPlusTransformer", "UserAveragingGeolocator", "GeoTagCorpus", "S2Part")
CHOSEN = scale([kind for kind in KINDS if kind.name.startswith(QUICK)], KINDS)


@pytest.mark.parametrize("kind", CHOSEN, ids=str)
def test_two_that_save(children, tmp_path, kind):
    pickles = kind.pickled(tmp_path)
    said = [kind.ask(model) for model in kind.versions()]
    path = tmp_path / "there" / kind.file
    path.parent.mkdir()
    kind.save(0, path)
    seen = set()
    for _ in range(scale(1, 10)):
        two = [
            children.start("save", model=order, path=str(path), times=scale(4, 10))
            for order in (pickles, pickles[::-1])
        ]
        # Whoever reads meanwhile has one of the two, or hears that it was replaced.
        for _ in range(3):
            try:
                seen.update(found := same_as(kind.ask(kind.read(path)), said))
            except (ValueError, FileNotFoundError) as error:
                assert str(path.parent) in str(error)  # noqa: PT017
            else:
                assert found in ([0], [1])
        for child in two:
            code, words = child.end()
            assert code == 0, words["error"]
        assert same_as(kind.ask(kind.read(path)), said) in ([0], [1])
    assert seen <= {0, 1}
    left = [file.name for file in path.parent.rglob(".*")]
    assert left == []


def test_two_that_download(children, monkeypatch, tmp_path):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    content = np.random.default_rng(0).bytes(3_000_000)
    server = Server({"/data.bin": content})
    try:
        for number in range(scale(1, 10)):
            # The first connection breaks, so one goes on where it or the other was.
            server.plan["/data.bin"] = [Answer(stop_after=1_000_000)]
            path = tmp_path / str(number) / "data.bin"
            order = {"address": f"{server.url}/data.bin", "path": str(path)}
            two = [children.start("download", **order) for _ in range(2)]
            codes = [child.end()[0] for child in two]
            assert 0 in codes
            assert path.read_bytes() == content
            names = {each.name for each in path.parent.iterdir()}
            assert names == {".data.bin.lock", "data.bin", "data.bin.sha256"}
    finally:
        server.stop()


def test_two_that_share_a_cache(children, tmp_path):
    out = [tmp_path / f"{number}.npy" for number in range(3)]
    order = {"rows": [0, 40]}
    children.run("cache", folder=str(tmp_path / "whole"), out=str(out[2]), **order)
    for number in range(scale(1, 10)):
        folder = str(tmp_path / str(number))
        two = [
            children.start("cache", folder=folder, out=str(each), **order)
            for each in out[:2]
        ]
        for child in two:
            code, said = child.end()
            assert code == 0, said["error"]
        for each in out[:2]:
            np.testing.assert_array_equal(np.load(each), np.load(out[2]))


def test_two_fits_of_one_checkpoint(children, tmp_path):
    # The one that comes second is told so; what the first leaves is whole.
    out = [tmp_path / f"{number}.npy" for number in range(3)]
    children.run("fit", folder=str(tmp_path / "whole"), out=str(out[2]))
    for number in range(scale(1, 10)):
        folder = str(tmp_path / str(number))
        two = [children.start("fit", folder=folder, out=str(each)) for each in out[:2]]
        ended = [child.end() for child in two]
        assert 0 in [code for code, _ in ended]
        for (code, said), each in zip(ended, out, strict=False):
            if code:
                assert "another fit is using" in said["error"]
            else:
                np.testing.assert_array_equal(np.load(each), np.load(out[2]))
