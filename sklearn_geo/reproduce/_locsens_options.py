# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the two commands of the LocSens paper share: options, jobs, notes."""

from joblib import Parallel, delayed

from sklearn_geo.reproduce._locsens_models import FULL, QUICK, LocSensSize

__all__ = [
    "LOCSENS_DIFFERS",
    "add_locsens_arguments",
    "choose_size",
    "run_in_turn",
    "trunk_notes",
]

#: The last line of the tables.
LOCSENS_DIFFERS = (
    "The data differ from the paper's, 25 million photos with 100,000 tags, so its "
    "numbers are here for comparison only: what can agree is which row is better, and "
    "not by how much."
)


def add_locsens_arguments(parser):
    """Add the options of both commands.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        What reads the command line.
    """
    parser.add_argument(
        "--full",
        action="store_true",
        help="the trunk as wide as in the paper, which wants an accelerator",
    )
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="rows at a time (default: 1)"
    )
    # Place priors need training photos around; other users' are enough of a test.
    parser.set_defaults(folds="random")


def choose_size(options):
    """Return how much to draw and compute."""
    if options.quick and options.full:
        raise ValueError("--quick is small and --full is not: leave out one of them.")
    if options.quick:
        return QUICK
    return FULL if options.full else LocSensSize()


def run_in_turn(answer, models, rows, arguments, options, progress):
    """Yield the answers of methods in the order of rows, some computed at a time.

    Parameters
    ----------
    answer : callable
        Called with the models, a row and the arguments.

    models : LocSensModels
        Makes the methods.

    rows : sequence
        What is called by a `method`.

    arguments : tuple
        What else to call it with.

    options : argparse.Namespace
        With `jobs`.

    progress : Progress
        Says which row is waited for.

    Yields
    ------
    object
        What `answer` returns.
    """
    jobs = (delayed(answer)(models, row, *arguments) for row in rows)
    found = Parallel(n_jobs=options.jobs, return_as="generator", pre_dispatch="n_jobs")(
        jobs
    )
    for number, row in enumerate(rows):
        progress.bar(number, len(rows), row.method)
        answered = next(found)
        progress.clear()
        yield answered


def trunk_notes(size):
    """Say how the rows of the paper were computed."""
    width = "x".join(map(str, size.hidden))
    how = (
        "LocSens is the paper's trunk on vectors of MCC, trained by Adam, each level "
        "until it no longer gets better on users who are held out"
    )
    if size.is_narrow:
        return [
            f"{how}. It is {width} wide here, for a processor, where the paper's is "
            "2048x2048x2048x1024x512; --full has that."
        ]
    return [f"{how}; {width} wide."]
