# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Command line: `python -m sklearn_geo.reproduce TABLE`."""

import argparse
import importlib
import sys
import time
from pathlib import Path

from sklearn_geo.reproduce._tables import Progress

# What can be computed anew, and the module that does it. Each module has
# `add_arguments(parser)`, for options of its own, and `run(options, progress)`, which
# prints its tables row by row and returns a list of (file name, ResultTable), or of
# what else has `to_csv` and `plot`.
COMMANDS = {
    "venue": ("_venue", "Tables 3 and 5: categories of venues from check-ins"),
    "image": ("_image", "Tables 3 and 4: concepts of photos"),
    "zones": ("_zones", "Table 6: student and teacher, zone by zone"),
    "efficiency": ("_efficiency", "Table 7: how long it takes to encode a place"),
    "locsens-tagging": ("_locsens_tagging", "LocSens: which tags are suggested"),
    "locsens-retrieval": ("_locsens_retrieval", "LocSens: which photos are found"),
    "multimodal": (
        "_multimodal",
        "Multi-modal geolocation: Tables 3 to 7: photos by looks, time and owner",
    ),
}


def make_parser():
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m sklearn_geo.reproduce",
        description="Compute the tables of the papers on GPS2Vec+ (ACM Multimedia "
        "2021), LocSens (ECCV 2020) and multi-modal geolocation (submitted to ICLR "
        "2018) anew, and print them beside the papers' numbers. Without --data "
        "everything is synthetic.",
    )
    commands = parser.add_subparsers(dest="command", metavar="TABLE", required=True)
    for name, (module, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument(
            "--data",
            type=Path,
            metavar="FOLDER",
            help="real files in their published formats; else synthetic data",
        )
        command.add_argument(
            "--out",
            type=Path,
            metavar="FOLDER",
            help="also write the tables as CSV, and pictures of them",
        )
        command.add_argument(
            "--rows", type=_count, metavar="N", help="how many rows to score"
        )
        command.add_argument(
            "--folds",
            choices=("random", "block", "both"),
            default="both",
            help="any row in any fold, whole S2 cells, or a table for each "
            "(default: %(default)s)",
        )
        command.add_argument(
            "--seed", type=_seed, default=0, metavar="S", help="default: 0"
        )
        command.add_argument(
            "--quick", action="store_true", help="small, to see that it works"
        )
        _module(module).add_arguments(command)
    return parser


def main(arguments=None):
    """Run one command, and say where its files are.

    Parameters
    ----------
    arguments : list of str, default=None
        The command line; None is that of the process.

    Returns
    -------
    int
        0, or 1 where a file cannot be read or written.
    """
    options = make_parser().parse_args(arguments)
    start = time.perf_counter()
    progress = Progress()
    try:
        if options.out is not None:  # before anything takes its time
            options.out.mkdir(parents=True, exist_ok=True)
        tables = _module(COMMANDS[options.command][0]).run(options, progress)
        if options.out is not None:
            _write(tables, options.out)
    except (OSError, ValueError, ImportError) as error:
        progress.clear()
        print(f"{options.command}: {error}", file=sys.stderr)
        return 1
    print(f"\n{time.perf_counter() - start:.0f} s in all")
    return 0


def _module(name):
    return importlib.import_module(f"sklearn_geo.reproduce.{name}")


def _write(tables, folder):
    for name, table in tables:
        files = [folder / f"{name}.csv", folder / f"{name}.png"]
        table.to_csv(files[0])
        _save(table, files[1])
        print(f"\nWritten: {files[0]} and {files[1]}")


def _save(table, file):
    """Draw a table without a screen."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.close(table.plot(file))


def _count(text):
    # Written by hand: argparse would say "invalid _count value".
    if not text.strip().isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"must be 1 or more, a whole number; got {text}"
        )
    return int(text)


def _seed(text):
    # Some tables draw twice, by the double of it and one more.
    if not text.strip().isdecimal() or int(text) >= 2**31:
        raise argparse.ArgumentTypeError(
            f"must be a whole number from 0 to {2**31 - 1}; got {text}"
        )
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
