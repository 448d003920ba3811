# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files that strangers have damaged: words or a good result, and nothing else."""

import warnings

import pytest

pytest.importorskip("resource")  # of Unix: memory and time are bounded by it

from tests.reliability import scale
from tests.reliability.hostile import Siege
from tests.reliability.mutations import bomb
from tests.reliability.readers import READERS

# Formats that differ in a name or a suffix only are tried less often by day.
LONG = 5_000
SOME = scale(20, LONG)
MORE = scale(60, LONG)
OFTEN = (
    "store",
    "partition S2Partition",
    "corpus",
    "unpacking",
    "YFCC100M",
    "photo PNG",
)


@pytest.fixture
def siege(request, tmp_path):
    siege = Siege(request.param, tmp_path)
    siege.check_good()
    return siege


READER = pytest.mark.parametrize("siege", READERS, indirect=True, ids=str)


@READER
def test_damage_is_told_or_harmless(siege):
    n = MORE if siege.reader.name.startswith(OFTEN) else SOME
    wrong = list(filter(None, map(siege.once, range(n))))
    assert not wrong, f"{len(wrong)} of {n}:\n" + "\n".join(wrong[:20])
    # Not all of it is refused at the door, or this would say little.
    assert sum(siege.said.values()) == n


@READER
def test_a_booby_trapped_pickle_is_no_file_of_any_kind(siege):
    trap = bomb(siege.crater)
    for name in siege.good:
        wrong = siege.read({**siege.good, name: trap}, measured=False)
        assert wrong is None, (name, wrong)
        assert not siege.crater.exists()


def test_the_trap_works(tmp_path):
    import pickle

    with warnings.catch_warnings():
        pickle.loads(bomb(tmp_path / "crater"))
    assert (tmp_path / "crater").is_dir()
