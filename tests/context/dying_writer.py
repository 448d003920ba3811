# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A process whose children write to zone stores until they are killed.

It reads what to do and the name of a folder, starts a child, and prints its id; after
another line it waits for the child, and prints how it ended.
"""

import os
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sklearn_geo.context._checkpoint import Checkpoint
from sklearn_geo.context._zone_store import update_zones_in
from sklearn_geo.nets import Store
from tests.context.zones import CONTENT, KIND, zone

FINGERPRINT = {"hidden": [4], "seed": 0, "data": "2f7c"}
N_ZONES = 120
N_THREADS = 3


def add(folder):
    """Add the zones that are not in a checkpoint yet, several at the same time.

    The id of each goes into `added.txt` beside the folder when the checkpoint has said
    that the zone is safe.
    """
    log = os.open(
        Path(folder).parent / "added.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT
    )
    with Checkpoint(
        folder, FINGERPRINT, kind=KIND, content=CONTENT, resume=True
    ) as checkpoint:
        done = {record["id"] for record in checkpoint.finished()}

        def add_one(zone_id):
            checkpoint.add(*zone(zone_id))
            os.write(log, f"{zone_id}\n".encode())

        with ThreadPoolExecutor(N_THREADS) as threads:
            list(threads.map(add_one, [i for i in range(N_ZONES) if i not in done]))
        checkpoint.finish()


def update(folder):
    """Write the same new value into two zones of a store, again and again."""
    (value, _) = Store(folder).content["values"]
    while True:
        value += 1
        new = [zone(zone_id, value=value) for zone_id in (30, 31)]
        update_zones_in(folder, KIND, new, content={"values": [value, value]})


def main():
    """Start a child for each folder that is read."""
    while line := sys.stdin.readline():
        what, folder = line.rstrip("\n").split(" ", 1)
        child = os.fork()
        if child == 0:
            try:
                {"add": add, "update": update}[what](folder)
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        print(child, flush=True)
        sys.stdin.readline()  # until then its id is nobody else's
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
