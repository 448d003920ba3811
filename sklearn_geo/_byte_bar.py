# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How far a download is: a bar on a terminal, two lines elsewhere."""

import sys
import time

__all__ = ["ByteBar", "in_words"]

_WIDTH = 24
# Seconds between two drawings; more often costs time and flickers.
_PAUSE = 0.1


class ByteBar:
    """Show bytes as they come in, on the error stream like other progress bars.

    Parameters
    ----------
    name : str
        What is downloaded.

    verbose : int or bool
        0 shows nothing.
    """

    def __init__(self, name, verbose):
        self.name = name
        self.file = sys.stderr if verbose else None
        self.on_terminal = bool(verbose) and sys.stderr.isatty()
        self.done = self.start = 0
        self.total = None
        self.began = self.last = time.monotonic()

    def begin(self, address, done, total):
        """Say what comes from where, and how much of it is there."""
        self.done, self.start, self.total = done, done, total
        self.began = time.monotonic()
        if self.file is None or self.on_terminal:
            return
        size = "" if total is None else f" ({in_words(total)})"
        rest = f", going on after {in_words(done)}" if done else ""
        self.say(f"{self.name}{size} from {address}{rest}")

    def move(self, n_bytes):
        """Count bytes, and draw now and then."""
        self.done += n_bytes
        if self.on_terminal and time.monotonic() - self.last >= _PAUSE:
            self._draw()

    def end(self):
        """Say that all is there."""
        if self.on_terminal:
            self._draw()
            print(file=self.file)
        else:
            self.say(f"{self.name} is there: {in_words(self.done)}")

    def say(self, line):
        """Show a line of its own."""
        if self.file is not None:
            # A bar that was drawn stays above it.
            above = "\n" if self.on_terminal and self.done else ""
            print(f"{above}{line}", file=self.file, flush=True)

    def _draw(self):
        self.last = time.monotonic()
        speed = (self.done - self.start) / max(self.last - self.began, 1e-9)
        if self.total:
            share = min(self.done / self.total, 1.0)
            full = int(share * _WIDTH)
            shape = f"[{'#' * full}{'.' * (_WIDTH - full)}] {share:4.0%} of "
            shape += in_words(self.total)
        else:
            shape = in_words(self.done)
        # Blanks cover what is longer in the line before.
        line = f"\r{self.name} {shape}, {in_words(speed)}/s    "
        print(line, end="", file=self.file, flush=True)


def in_words(n_bytes):
    """Return a number of bytes for people, in powers of ten as on disks' labels."""
    for power, unit in ((9, "GB"), (6, "MB"), (3, "kB")):
        if n_bytes >= 10**power:
            return f"{n_bytes / 10**power:.1f} {unit}"
    return f"{n_bytes:.0f} bytes"
