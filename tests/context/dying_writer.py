# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A process whose children add zones to a checkpoint until they are killed.

It reads the name of a folder, starts a child, and prints its id; after another line
it waits for the child, and prints how it ended. A child writes the id of each zone into
`added.txt` beside the folder when the checkpoint has said that the zone is safe.
"""

import os
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sklearn_geo.context._checkpoint import Checkpoint
from tests.context.zones import CONTENT, KIND, zone

FINGERPRINT = {"hidden": [4], "seed": 0, "data": "2f7c"}
N_ZONES = 120
N_THREADS = 3


def add_zones(folder):
    """Add the zones that are not there yet, several at the same time."""
    log = os.open(
        Path(folder).parent / "added.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT
    )
    with Checkpoint(
        folder, FINGERPRINT, kind=KIND, content=CONTENT, resume=True
    ) as checkpoint:
        done = {record["id"] for record in checkpoint.finished()}

        def add(zone_id):
            checkpoint.add(*zone(zone_id))
            os.write(log, f"{zone_id}\n".encode())

        with ThreadPoolExecutor(N_THREADS) as threads:
            list(threads.map(add, [i for i in range(N_ZONES) if i not in done]))
        checkpoint.finish()


def main():
    """Start a child for each folder that is read."""
    while line := sys.stdin.readline():
        child = os.fork()
        if child == 0:
            try:
                add_zones(line.strip())
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
