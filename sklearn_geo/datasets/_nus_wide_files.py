# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The files of NUS-WIDE: which there are for a split, and what is in their lines."""

import glob
import re

import numpy as np

from sklearn_geo.datasets._fields import labels, names
from sklearn_geo.datasets._geotags import photo_numbers
from sklearn_geo.datasets._opening import open_text
from sklearn_geo.datasets._reading import Column, first_line, join, read_table
from sklearn_geo.datasets._report import DataFileError, ReadReport
from sklearn_geo.datasets._row_files import RowFile, indicator_rows, number_rows

LISTS = {
    "train": "TrainImagelist.txt",
    "test": "TestImagelist.txt",
    "all": "Imagelist.txt",
}
# Names of features: the file of a split, that of all images, and how many numbers.
FEATURES = {
    "CH": ("{}_Normalized_CH.dat", "Normalized_CH.dat", 64),
    "CORR": ("{}_Normalized_CORR.dat", "Normalized_CORR.dat", 144),
    "EDH": ("{}_Normalized_EDH.dat", "Normalized_EDH.dat", 73),
    "WT": ("{}_Normalized_WT.dat", "Normalized_WT.dat", 128),
    "CM55": ("{}_Normalized_CM55.dat", "Normalized_CM55.dat", 225),
    "BoW": ("BoW_{}_int.dat", "BoW_int.dat", 500),
}
_TAG_LISTS = {"1k": ("TagList1k.txt",), "81": ("TagList81.txt", "Concepts81.txt")}
_TAG_FILES = {
    "1k": (("{}_Tags1k.dat", "{}_Tags1k.txt"), ("AllTags1k.txt", "AllTags1k.dat")),
    "81": (("{}_Tags81.txt", "{}_Tags81.dat"), ("AllTags81.txt", "AllTags81.dat")),
}
_USERS = ("id.userid.rawtags.txt", "id.userid.lemmtags.txt")
# One digit only: to begin at each of a thousand digits takes a million steps.
_IMAGE = re.compile(r"\d\.[A-Za-z]+$")
# One label of lake is this number as published (training, line 78,372).
_KNOWN_LABEL = "-1130179"


class Images:
    """The list of images of a split, and where they are among all images.

    Parameters
    ----------
    folder : Folder
        The data set.

    split : {"train", "test", "all"}
        Which images.

    report : ReadReport
        Where is counted what was put right.
    """

    def __init__(self, folder, split, report):
        self.folder, self.split, self.report = folder, split, report
        self.file = folder.get(LISTS[split], purpose=f"split={split!r}")
        self._positions = None

    def source(self):
        """Return the list itself."""
        return RowFile(self.file, image_files, "the image", report=self.report)

    def rows_of(self, of_split, of_all, convert, called, purpose):
        """Return the rows of a kind of file for the images of the split.

        Parameters
        ----------
        of_split, of_all : str or tuple of str
            Names of the file of a split, with {} for "Train" or "Test"; names of the
            file of all images, of which the rows of the split are picked.

        convert : callable
            See `RowFile`.

        called, purpose : str
            What a line is called, and what asks for it, in messages.
        """
        of_split = (of_split,) if isinstance(of_split, str) else of_split
        of_all = (of_all,) if isinstance(of_all, str) else of_all
        if self.split != "all":
            # Names of concepts are from the files: there may be braces in them.
            part = self.split.capitalize()
            own = [part.join(name.rsplit("{}", 1)) for name in of_split]
            file = self.folder.find(*own)
            if file is not None:
                return RowFile(file, convert, called, report=self.report)
            file = self.folder.get(*own, *of_all, purpose=purpose)
            at = self.positions()
            return RowFile(file, convert, called, at, report=self.report)
        file = self.folder.get(*of_all, purpose=purpose)
        return RowFile(file, convert, called, report=self.report)

    def positions(self):
        """Return where the images of the split are in the list of all images."""
        if self.split == "all":
            return None
        if self._positions is None:
            every = self.folder.get(LISTS["all"], purpose="files of all images")
            at = {name: row for row, name in enumerate(_read_images(every))}
            mine = _read_images(self.file)
            unknown = next((row for row, name in enumerate(mine) if name not in at), -1)
            if unknown >= 0:
                problem = f"is not in {every}"
                raise _misplaced(self.file, unknown, problem, mine[unknown])
            positions = np.array([at[name] for name in mine], dtype=np.int64)
            falls = np.flatnonzero(np.diff(positions) <= 0)
            if falls.size:
                row = int(falls[0]) + 1
                problem = f"comes earlier in {every}: the lists differ in their order"
                raise _misplaced(self.file, row, problem, mine[row])
            self._positions = positions
        return self._positions


def _misplaced(file, row, problem, value):
    remedy = "Use the lists of images, and the other files, of one release."
    return DataFileError(file, row + 1, problem, "the image", value, remedy)


def _read_images(file):
    """Return the images of a list."""
    lines = [line for _, line in open_text(file)]
    while lines and not lines[-1].strip():
        del lines[-1]
    try:
        return image_files(lines)
    except ValueError:
        pass
    for row, line in enumerate(lines):
        try:
            image_files([line])
        except ValueError as error:
            raise DataFileError(file, row + 1, str(error), "the image", line) from None
    raise AssertionError


def image_files(texts):
    r"""Convert lines of a list of images: "actor\0001_2124494179.jpg" and the like."""
    out = []
    for text in texts:
        name = "/".join(text.strip().replace("\\", "/").split("/")[-2:])
        if not _IMAGE.search(name):
            raise ValueError("is no file of an image")
        out.append(name)
    photo_numbers(out)  # which their places and users are looked up by
    return out


def tag_names(folder, tags):
    """Return the names of the columns of an indicator of tags."""
    return read_names(folder.get(*_TAG_LISTS[tags], purpose=f"tags={tags!r}"))


def read_names(file):
    """Return the names in a list of tags or concepts, one a line."""
    found = [line.strip() for _, line in open_text(file)]
    return [name for name in found if name]


def tag_source(images, tags, width):
    """Return the rows of tags: an indicator, or all words of an image."""
    purpose = f"tags={tags!r}"
    if tags != "all":
        convert = indicator_rows(width)
        return images.rows_of(*_TAG_FILES[tags], convert, "the row of tags", purpose)
    file = images.folder.get("All_Tags.txt", purpose=purpose)
    at = images.positions()
    return RowFile(file, _words, "the row of tags", at, report=images.report)


def _words(texts):
    """Convert lines of the number of a photo and its tags, delimited by blanks."""
    words = [text.split() for text in texts]
    if not all(words):
        raise ValueError("is empty")
    photo_numbers([row[0] for row in words])
    return words


def concept_sources(images, concepts):
    """Return the rows of labels of each concept."""
    out = {}
    for concept in concepts:
        name = glob.escape(concept)  # it is from a file
        out[f"concept {concept}"] = images.rows_of(
            f"Labels_{name}_{{}}.txt",
            f"Labels_{name}.txt",
            _labels(images.report if concept == "lake" else None),
            f"the label of {concept!r}",
            f"the concept {concept!r}",
        )
    return out


def _labels(report):
    """Make a converter of lines that are 0 or 1; with a report, or the known number."""

    def convert(texts):
        texts = [text.strip() for text in texts]
        kinds = set(texts)
        if report is not None and _KNOWN_LABEL in kinds:
            what = f"label is {_KNOWN_LABEL}, as published, taken as 0"
            if what not in report.notes:
                report.note("Labels_lake_Train.txt", None, what)
            kinds.remove(_KNOWN_LABEL)
        if not kinds <= {"0", "1"}:
            raise ValueError("is neither 0 nor 1")
        return np.array([text == "1" for text in texts], dtype=bool)

    return convert


def feature_source(images, name):
    """Return the rows of numbers of one kind of feature."""
    of_split, of_all, published = FEATURES[name]
    purpose = f"features={name!r}"
    source = images.rows_of(of_split, of_all, None, f"the row of {name}", purpose)
    width = len(first_line(source.file).split())
    if width != published:
        what = f"rows of {name} have {width} numbers, published are {published}"
        images.report.note(source.file, 1, what)
    source.convert = number_rows(width)
    return source


def read_users(folder, errors, report):
    """Return the users of photos by the photo's number; None if no file tells them.

    Parameters
    ----------
    folder : Folder
        The data set.

    errors : {"raise", "skip"}
        What to do about wrong lines.

    report : ReadReport
        Where they are counted.
    """
    file = folder.find(*_USERS)
    if file is None:
        return None
    columns = {
        "ids": Column(0, convert=photo_numbers, called="photo id"),
        "users": Column(1, convert=names, called="user id"),
    }
    own = ReadReport()  # its rows are not those of the split
    table = join(
        read_table([file], columns, n_columns=(2, 3), errors=errors, report=own)
    )
    report.take_over(own)
    return dict(zip(table["ids"].tolist(), table["users"], strict=True))


def read_urls(folder, errors, report):
    """Return the addresses of photos by the photo's number: the largest there is.

    Its parameters are those of `read_users`.
    """
    file = folder.get("NUS-WIDE-urls.txt", purpose="urls=True")
    sizes = ("url_Original", "url_Large", "url_Middle", "url_Small")
    columns = {"ids": Column("Photo_id", convert=photo_numbers, called="photo id")}
    for size in sizes:
        columns[size] = Column(size, convert=labels, called=size, optional=True)
    own = ReadReport()
    table = join(
        read_table(
            [file], columns, delimiter=None, header=True, errors=errors, report=own
        )
    )
    report.take_over(own)
    best = [""] * len(table["ids"])
    for size in sizes:
        given = table.get(size, best)
        # Where there is no such photo the file says "null".
        given = ["" if url == "null" else url for url in given]
        best = [b or url for b, url in zip(best, given, strict=True)]
    return dict(zip(table["ids"].tolist(), best, strict=True))
