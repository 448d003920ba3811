# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The long forms of fuzz and of damaged files, as many minutes as there are.

    python -m tests.reliability.nights --minutes 60
    python -m tests.reliability.nights functions "files store" --minutes 10 --jobs 1
    python -m tests.reliability.nights --again     # what was wrong, once it is mended
    python -m tests.reliability.nights --show
    python -m tests.reliability.nights --keep      # the counts, in docs/nights.csv

Thousands of examples a door take one processor many hours. Here they add up: every run
goes on with the next seeds, those doors first that had the least time so far, and a
door is done when it has had as many as `make nightly` asks for. What is counted and
what was wrong lies in ``build/nights``; an example is made anew by its seed alone. Who
ends a process, or hangs where no signal comes, is named too. Counts that were kept are
where another machine goes on.
"""

import argparse
import csv
import heapq
import importlib
import json
import os
import signal
import tempfile
import time
import traceback
import warnings
from functools import partial
from pathlib import Path

from tests.reliability.strategies import Draw

ROOT = Path(__file__).resolve().parents[2]
SECONDS_A_TURN = 2.0
# Of one example, before the process is taken for one that hangs.
MOST_SECONDS = 300
MOST_WRONG = 25
# What runs on all machines have come to, and the seed of a door's first example: the
# ones below were spent before this was kept.
KEPT = ROOT / "docs" / "nights.csv"
FIRST_SEED = 20_000
# What a door returns that has no more to try.
OVER = "over"


def _of_doors(module):
    module = _module(module)
    for name, door in module.DOORS.items():
        yield name, module.LONG, partial(_drawn, door.attack)


def _of_places():
    module = _module("places")
    for key in module.ENTRIES:
        yield (
            key,
            module.LONG,
            partial(_drawn, lambda d, k=key: module._door(k).attack(d)),
        )
    for subject in module.OURS:
        attack = partial(module._attack_settings, subject)
        yield f"{subject} settings", module.LONG, partial(_drawn, attack)
    yield from _of_doors("places")


def _of_methods(module):
    module = _module(module)
    for entries, until in ((module.ASKED, module.LONG), (module.TAUGHT, module.LEARN)):
        for entry in entries:
            yield str(entry), until, partial(_drawn, partial(_ask, module, entry))


def _ask(module, entry, draw):
    known = module.known(entry.subject)
    module.attack_method(entry.subject, known, entry.name, draw)


def _of_lives():
    module = _module("lives")
    for subject in module.MINE:
        yield str(subject), module.LONG, partial(_drawn, partial(module.live, subject))


def _of_files():
    from tests.reliability import readers, test_hostile_files

    for reader in readers.READERS:
        once = partial(_besieged, [], reader)
        yield reader.name, test_hostile_files.LONG, once


def _besieged(siege, reader, seed):
    from tests.reliability.hostile import Siege

    if not siege:  # made where it is first needed, in the process that asks
        siege.append(Siege(reader, tempfile.mkdtemp(prefix="nights-")))
        siege[0].check_good()
    wrong = siege[0].once(seed)
    assert wrong is None, wrong


def _of_walks():
    from tests.reliability import readers, test_walks

    for reader in readers.READERS:
        yield reader.name, test_walks.MOST, partial(_walked, [], reader)


def _walked(walk, reader, at):
    from tests.reliability.hostile import Siege
    from tests.reliability.walks import Walk

    if not walk:
        walk.append(Walk(Siege(reader, tempfile.mkdtemp(prefix="nights-"))))
        walk[0].siege.check_good()
    if at >= len(walk[0].steps):  # how many there are is known only here
        return OVER
    wrong = walk[0].once(at)
    assert wrong is None, wrong


def _drawn(attack, seed):
    attack(Draw(seed))


def _module(name):
    return importlib.import_module(f"tests.reliability.test_fuzz_{name}")


KINDS = {
    "functions": partial(_of_doors, "functions"),
    "metrics": partial(_of_doors, "metrics"),
    "made": partial(_of_doors, "made"),
    "displays": partial(_of_doors, "displays"),
    "pictures": partial(_of_doors, "pictures"),
    "places": _of_places,
    "networks": partial(_of_methods, "networks"),
    "photos": partial(_of_methods, "photos"),
    "lives": _of_lives,
    "files": _of_files,
    "walks": _of_walks,
}


class Target:
    """A door, how often it is to be tried, and what is known of it so far.

    Parameters
    ----------
    name : str
        Its kind and its name.

    until : int
        How many examples it is to have.

    once : callable
        ``once(seed)`` raises whatever is wrong, or returns `OVER`.

    folder : Path
        Where what is known is kept.

    kept : dict, default=None
        By names, the examples and seconds of runs elsewhere, see `read_kept`.
    """

    def __init__(self, name, until, once, folder, kept=None):
        self.name, self.until, self.once = name, until, once
        safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in name)
        self.path = folder / f"{safe}.json"
        self.examples, self.seconds = (kept or {}).get(name, (0, 0.0))
        self.wrong = {}
        if self.path.exists():
            known = json.loads(self.path.read_text("utf-8"))
            self.examples, self.seconds = known["examples"], known["seconds"]
            self.wrong, self.until = known["wrong"], known["until"]

    def __lt__(self, other):
        return self.seconds < other.seconds

    @property
    def first(self):
        """The first seed; the steps of a walk are counted from the first step."""
        return 0 if self.name.startswith("walks ") else FIRST_SEED

    def save(self):
        """Keep what is known."""
        known = {
            "name": self.name,
            "until": self.until,
            "examples": self.examples,
            "seconds": round(self.seconds, 2),
            "wrong": self.wrong,
        }
        self.path.write_text(json.dumps(known, indent=1), encoding="utf-8")

    def turn(self, until, say):
        """Try the next seeds for some seconds of the processor."""
        began = _spent()
        while self.examples < min(until, self.until):
            seed = self.first + self.examples
            say(f"{self.name}\n{seed}")
            self.examples += 1
            if self.note(seed) is OVER:
                self.examples = self.until = self.examples - 1
            if _spent() - began > SECONDS_A_TURN:
                break
        self.seconds += _spent() - began

    def note(self, seed):
        """Try one seed, note what is wrong with it, and return what it returns."""
        self.wrong.pop(str(seed), None)
        try:
            with warnings.catch_warnings():
                return self.once(seed)
        except Exception as error:
            if len(self.wrong) < MOST_WRONG:
                told = traceback.format_exception(error, limit=-6, chain=False)
                self.wrong[str(seed)] = "".join(told)[-3000:]
                print(f"WRONG {self.name}, seed {seed}: {_brief(error)}", flush=True)


def _spent():
    """Seconds of the processor, those of children that ended among them."""
    times = os.times()
    return sum(times[:4])


def _brief(error):
    return f"{type(error).__name__}: {error}".replace("\n", " ")[:300]


def _work(targets, end, until, again, said, fatal=()):
    """Give every target its turns until the time is over; runs in a child.

    What was wrong is tried again once, and not after it ended a child.
    """
    # One place in the file is written over again and again: it names what hangs.
    file = os.open(said, os.O_RDWR | os.O_CREAT | os.O_TRUNC)

    def say(text):
        os.pwrite(file, text.encode().ljust(400), 0)

    if again:
        for target in targets:
            for seed in list(target.wrong):
                if (target.name, seed) in fatal:
                    continue
                say(f"{target.name}\n{seed}")
                target.note(int(seed))
            target.save()
        return
    heap = [t for t in targets if t.examples < min(until, t.until)]
    heapq.heapify(heap)
    while heap and time.monotonic() < end:
        target = heapq.heappop(heap)
        target.turn(until, say)
        target.save()
        if target.examples < min(until, target.until):
            heapq.heappush(heap, target)


def _watch(make, end, until, again, folder, k):
    """Have a share of the targets tried, also after one of them ended the process."""
    said = folder / f"said-{k}"
    fatal = set()
    while True:
        targets = make()
        said.unlink(missing_ok=True)  # how old it is tells what hangs
        child = os.fork()
        if child == 0:
            code = 1
            try:
                _work(targets, end, until, again, said, fatal)
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        code = _wait(child, said)
        if code == 0:
            return
        words = said.read_text("utf-8") if said.exists() else ""
        if not words:  # nothing was tried: what ended it is printed above
            raise SystemExit(f"A process ended before it began: {code}")
        name, seed = words.split("\n")
        fatal.add((name, seed.strip()))
        target = next(t for t in make() if t.name == name)
        target.examples = max(target.examples, int(seed) + 1 - target.first)
        target.wrong[seed.strip()] = f"the process ended or hung: {code}"
        target.save()
        print(f"WRONG {name}, seed {seed.strip()}: the process ended, {code}")


def _wait(child, said):
    """Wait for a child; end it if it has said nothing new for minutes."""
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        if said.exists() and time.time() - said.stat().st_mtime > MOST_SECONDS:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.2)


def read_kept(path):
    """Return the examples and seconds that each door has had on any machine."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["door"]: (int(row["examples"]), float(row["seconds"]))
            for row in csv.DictReader(file)
        }


def write_kept(path, targets):
    """Keep what each door has had; doors that are not among these stay as they were."""
    known = read_kept(path) | {t.name: (t.examples, t.seconds) for t in targets}
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["door", "examples", "seconds"])
        for name, (examples, seconds) in sorted(known.items()):
            rows.writerow([name, examples, round(seconds)])


def show(targets):
    """Print what is known of each kind of target."""
    kinds = {}
    for target in targets:
        kinds.setdefault(target.name.split(" ")[0], []).append(target)
    print(f"{'kind':12} {'doors':>6} {'done':>6} {'fewest':>7} {'examples':>9} wrong")
    for kind, own in kinds.items():
        done = sum(t.examples >= t.until for t in own)
        examples = [t.examples for t in own]
        print(
            f"{kind:12} {len(own):6} {done:6} {min(examples):7} {sum(examples):9} "
            f"{sum(len(t.wrong) for t in own)}"
        )


def main():
    """Read the command line, attack, and print the counts."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.nights")
    parser.add_argument("what", nargs="*", help="beginnings of names: files, metrics")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--until", type=int, default=10**9, help="examples a door")
    parser.add_argument("--again", action="store_true", help="only what was wrong")
    parser.add_argument("--show", action="store_true", help="only print the counts")
    parser.add_argument("--keep", action="store_true", help="only write the counts")
    parser.add_argument("--kept", default=KEPT, type=Path, help="counts of all runs")
    parser.add_argument("--out", default=ROOT / "build" / "nights", help="folder")
    arguments = parser.parse_args()
    import torch

    torch.set_num_threads(1)  # a process that has threads of OpenMP is not forked
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # a card is not there for forked processes
    folder = Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    found = [
        (f"{kind} {name}", until, once)
        for kind, these in KINDS.items()
        if not arguments.what or any(w.split(" ")[0] == kind for w in arguments.what)
        for name, until, once in these()
    ]
    found = [
        each
        for each in found
        if not arguments.what or each[0].startswith(tuple(arguments.what))
    ]

    kept = read_kept(arguments.kept)

    def make(k=0, of=1):
        return [Target(*each, folder, kept) for each in found[k::of]]

    if arguments.keep:
        write_kept(arguments.kept, make())
    elif not arguments.show:
        end = time.monotonic() + 60 * arguments.minutes
        children = []
        for k in range(arguments.jobs):
            child = os.fork()
            if child == 0:
                part = partial(make, k, arguments.jobs)
                _watch(part, end, arguments.until, arguments.again, folder, k)
                os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)
    show(make())


if __name__ == "__main__":
    main()
