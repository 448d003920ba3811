# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A process whose children fit, and wait at every line they print to be killed.

It reads lines of JSON, and forks a child for each, which saves what came out of its
fit. A child that is asked to wait goes on after a line that it prints when it reads
one; so whoever reads can act while a zone is being trained, however fast or slow the
machine is.
"""

import json
import os
import signal
import sys
import traceback
import warnings

import numpy as np

# Torch imports half of itself at the first step: once here, not in every child.
import torch._dynamo  # noqa: F401

from tests.context.fits import photos, transformer


def say(line):
    """Print a line past all buffers."""
    os.write(1, f"{line}\n".encode())


def hear():
    """Read a line and nothing beyond it, so that the other process can read on."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            os._exit(1)
        line += byte
    return line.decode().rstrip("\n")


class Waiting:
    """Standard output that waits for an answer to every line."""

    def __init__(self, answers):
        self._line, self._answers = "", answers

    def write(self, text):
        """Send whole lines."""
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            say(f"line {line}")
            if self._answers:
                hear()
        return len(text)

    def flush(self):
        """Do nothing: lines are sent when they are whole."""


def fit(order):
    """Fit, and save what the transformer says of the photos, and what it warned of."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.stdout = Waiting(order["waits"])
    places, y = photos(order["kind"])
    model = transformer(order["kind"], **order["params"])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(places, y)
    said = model.transform(places)
    words = [str(warning.message) for warning in caught]
    np.savez(order["out"], said=said, zones=model.zone_report_["zone"], warned=words)


def main():
    """Fork a child for each line that is read."""
    while True:
        order = json.loads(hear())
        child = os.fork()
        if child == 0:
            try:
                os.setpgid(0, 0)
                fit(order)
                os._exit(0)
            except BaseException as error:
                traceback.print_exc()
                say(f"error {type(error).__name__}")
                os._exit(1)
        say(f"pid {child}")
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        say("ended")
        hear()  # until then the id of the child is nobody else's
        _, status = os.waitpid(child, 0)
        say(f"code {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
