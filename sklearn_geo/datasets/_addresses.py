# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where published data sets are: the addresses of those who publish them, no copies.

What its publishers took back is neither asked for nor looked for elsewhere. None of
them publishes checksums.
"""

from dataclasses import dataclass

__all__ = [
    "DATA_SETS",
    "FLICKR1M",
    "GEONAMES",
    "NUS_WIDE",
    "TIST2015",
    "TSMC2014",
    "DataSet",
    "PublishedFile",
]

_MB = 10**6


@dataclass(frozen=True)
class PublishedFile:
    """A file that somebody publishes.

    Parameters
    ----------
    name : str
        Its name.

    addresses : tuple of str
        Where it is, most likely first.

    max_megabytes : int
        More than that is not it.

    by_hand : str or None, default=None
        Where a person downloads it, if not at the first address.
    """

    name: str
    addresses: tuple
    max_megabytes: int
    by_hand: str | None = None

    @property
    def max_bytes(self):
        """More than that is not it."""
        return self.max_megabytes * _MB

    @property
    def address_by_hand(self):
        """Where a person downloads it."""
        return self.by_hand or self.addresses[0]


@dataclass(frozen=True)
class DataSet:
    """Files that belong together.

    Parameters
    ----------
    folder : str
        Name of their folder in the data home.

    page : str
        Where they are described.

    files : tuple of PublishedFile
        The files.
    """

    folder: str
    page: str
    files: tuple = ()


# The institute of the authors had three names.
_ZHANG = tuple(
    f"http://www-public.{host}.eu/~zhang_da/pub/dataset_tsmc2014.zip"
    for host in ("imtbs-tsp", "tem-tsp", "it-sudparis")
)
_DRIVE = "0BwrgZ-IdrTotZ0U0ZER2ejI3VVk"
_DRIVE_KEY = "resourcekey=0-rlHp_JcRyFAxN7v5OAGldw"
_YANG = "https://sites.google.com/site/yangdingqi/home/foursquare-dataset"
_NUS = (
    "https://lms.comp.nus.edu.sg/wp-content/uploads/2019/research/nuswide",
    "http://dl.nextcenter.org/public/nuswide",
)


def _nus(name, max_megabytes):
    return PublishedFile(name, tuple(f"{at}/{name}" for at in _NUS), max_megabytes)


TSMC2014 = DataSet(
    "foursquare_tsmc2014", _YANG, (PublishedFile("dataset_tsmc2014.zip", _ZHANG, 200),)
)
TIST2015 = DataSet(
    "foursquare_tist2015",
    _YANG,
    (
        PublishedFile(
            "dataset_TIST2015.zip",
            (
                # The page for people asks before it sends large files; this does not.
                "https://drive.usercontent.google.com/download?export=download"
                f"&confirm=t&id={_DRIVE}&{_DRIVE_KEY}",
            ),
            4000,
            by_hand=f"https://drive.google.com/file/d/{_DRIVE}/view?{_DRIVE_KEY}",
        ),
    ),
)
# Its files are one a country and more, see `fetch_geonames`.
GEONAMES = DataSet("geonames", "https://download.geonames.org/export/dump/")
NUS_WIDE = DataSet(
    "nus_wide",
    f"{_NUS[0]}/NUS-WIDE.html",
    (
        _nus("ImageList.zip", 100),
        _nus("ConceptsList.zip", 10),
        _nus("Groundtruth.zip", 500),
        _nus("NUS_WID_Tags.zip", 1000),
    ),
)
FLICKR1M = DataSet(
    "flickr1m",
    "https://github.com/li-xirong/jingwei",
    (
        PublishedFile(
            "train1m-tag.tar.gz",
            ("http://lixirong.net/data/csur2016/train1m-tag.tar.gz",),
            2000,
        ),
    ),
)
DATA_SETS = (FLICKR1M, GEONAMES, NUS_WIDE, TIST2015, TSMC2014)
