# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Venues to annotate, their check-ins, and what else is known of their places."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.utils import check_random_state

from sklearn_geo.neighbors import GeoTagCorpus

__all__ = ["VenueData", "read_venues", "synthetic_venues"]

_N_CATEGORIES, _N_TAGS, _MAX_TAGS = 10, 300, 2000
_FILES = {
    "dataset_TSMC2014_*": "check-ins of New York or Tokyo (Foursquare TSMC2014)",
    "dataset_TIST2015_*": "check-ins of the world (Foursquare TIST2015)",
}
# The parts of a day that check-ins are told apart by, on working days and at weekends:
# the hours at which they begin.
_PARTS = (0, 6, 10, 14, 18, 22)


@dataclass(frozen=True)
class VenueData:
    """Venues, and what may be learnt of their places.

    Parameters
    ----------
    name : str
        What to call them.

    frame : DataFrame of shape (n_venues, 3)
        The rows to annotate: "venue", "latitude" and "longitude".

    target : ndarray of shape (n_venues, n_labels)
        0/1 indicator of their labels.

    labels : list of str
        What the labels are called.

    checkins : DataFrame
        One row a check-in, of these venues and of others: "venue", "user", "time" and
        "utc_offset".

    tags : GeoTagCorpus
        What is tagged around: photos, or check-ins, whose venues are the groups.

    looks : GeoTagCorpus or None
        What photos show: posteriors of objects and of scenes, called so.

    from_checkins : bool
        Whether `tags` are made of check-ins because there are no photos.

    See Also
    --------
    read_venues : Makes it of files.
    synthetic_venues : Makes it up.

    Examples
    --------
    >>> from sklearn_geo.reproduce import synthetic_venues
    >>> data = synthetic_venues(20, 50)
    >>> data.places.shape, data.target.shape, data.labels[:2]
    ((20, 2), (20, 10), ['restaurant', 'shop'])
    """

    name: str
    frame: object
    target: np.ndarray
    labels: list
    checkins: object
    tags: GeoTagCorpus
    looks: GeoTagCorpus | None
    from_checkins: bool

    @property
    def places(self):
        """Latitude and longitude of the rows."""
        return self.frame[["latitude", "longitude"]].to_numpy()


def synthetic_venues(n_venues=2000, n_photos=12_000, *, seed=0):
    """Make venues, and photos of the same invented world.

    Parameters
    ----------
    n_venues : int, default=2000
        Number of venues.

    n_photos : int, default=12_000
        Number of photos.

    seed : int, default=0
        Draws venues, check-ins and photos. The world itself stays the same.

    Returns
    -------
    VenueData
        The venues.

    See Also
    --------
    read_venues : Real ones.

    Examples
    --------
    >>> from sklearn_geo.reproduce import synthetic_venues
    >>> data = synthetic_venues(20, 50)
    >>> list(data.frame.columns), data.target.shape, data.tags
    (['venue', 'latitude', 'longitude'], (20, 10), GeoTagCorpus(<50 photos, 300 tags>))
    """
    from sklearn_geo.datasets import make_checkins, make_geotagged_photos

    venues = make_checkins(
        n_venues, n_categories=_N_CATEGORIES, as_frame=True, random_state=seed
    )
    photos = make_geotagged_photos(n_photos, n_tags=_N_TAGS, random_state=seed + 1)
    names = [f"object_{name.removeprefix('object_')}" for name in photos.object_names]
    names += [f"scene_{name}" for name in photos.scene_names]
    return VenueData(
        name=f"{n_venues:,} synthetic venues",
        frame=_frame(venues.venues, venues.places),
        target=venues.target.to_numpy(),
        labels=list(venues.target_names),
        checkins=venues.checkins,
        tags=GeoTagCorpus(photos.places, photos.tags, tag_names=photos.tag_names),
        looks=GeoTagCorpus(
            photos.places, np.hstack([photos.objects, photos.scenes]), tag_names=names
        ),
        from_checkins=False,
    )


def read_venues(folder, *, city=None, n_rows=None, seed=0):
    """Read real check-ins, and tags of photos where there are some.

    Parameters
    ----------
    folder : path
        Holds `dataset_TSMC2014_*.txt` or `dataset_TIST2015_*.txt`, and maybe photos:
        lists of YFCC100M or of 1M Flickr.

    city : str, default=None
        Only this city: "NYC" or "TKY" for the first, a name for the others.

    n_rows : int, default=None
        How many of the labelled venues to annotate at most, drawn at random. All
        check-ins stay where they are.

    seed : int, default=0
        Draws them.

    Returns
    -------
    VenueData
        Venues with one of the six labels of the paper's Table 2 at least.

    Raises
    ------
    FileNotFoundError
        If there are no check-ins.

    ValueError
        If no label is seen ten times.

    See Also
    --------
    synthetic_venues : Venues for which no files are needed.

    Examples
    --------
    >>> from sklearn_geo.reproduce import read_venues
    >>> data = read_venues("foursquare", city="NYC", n_rows=1000)  # doctest: +SKIP
    >>> data.target.shape  # doctest: +SKIP
    (1000, 6)
    """
    venues = _read_checkins(Path(folder), city)
    located = np.isfinite(venues.places).all(axis=1)
    target = venues.target.to_numpy()
    rows = np.flatnonzero(located & target.any(axis=1))
    if n_rows is not None and n_rows < rows.size:
        rows = np.sort(check_random_state(seed).permutation(rows)[:n_rows])
    # What is very rare can be neither learnt nor tested.
    often = target[rows].sum(axis=0) >= 10
    if not often.any():
        raise ValueError(
            f"{folder} has {rows.size} venues with one of the labels "
            f"{', '.join(venues.target_names)}, which are too few to learn from."
        )
    photos = _read_photos(Path(folder))
    towns = " and ".join(np.unique(getattr(venues, "town_names", [])).tolist()[:3])
    return VenueData(
        name=f"{rows.size:,} venues" + (f" of {towns}" if towns else ""),
        frame=_frame(venues.venues[rows], venues.places[rows]),
        target=target[rows][:, often],
        labels=[n for n, keep in zip(venues.target_names, often, strict=True) if keep],
        checkins=venues.checkins,
        tags=_tags_of_checkins(venues, located) if photos is None else photos,
        looks=None,
        from_checkins=photos is None,
    )


def _frame(venues, places):
    import pandas as pd

    places = np.asarray(places)
    return pd.DataFrame(
        {"venue": venues, "latitude": places[:, 0], "longitude": places[:, 1]}
    )


def _read_checkins(folder, city):
    """Read the check-ins that a folder has."""
    from sklearn_geo.datasets import load_foursquare_tist2015, load_foursquare_tsmc2014

    if not folder.exists():
        raise FileNotFoundError(f"There is no folder {folder}.")
    names = [file.name for file in (folder.iterdir() if folder.is_dir() else [folder])]
    if any("TIST2015" in name for name in names):
        cities = None if city is None else [city]
        return load_foursquare_tist2015(folder, cities=cities, as_frame=True)
    try:
        return load_foursquare_tsmc2014(folder, city=city, as_frame=True)
    except FileNotFoundError as error:
        wanted = "; ".join(f"{name}: {what}" for name, what in _FILES.items())
        raise FileNotFoundError(
            f"{folder} has no check-ins. Looked for {wanted}. ({error})"
        ) from error


def _read_photos(folder):
    """Read the tags of photos that a folder has, None if there are none."""
    from sklearn_geo.datasets import load_flickr1m, load_yfcc100m
    from sklearn_geo.neighbors import TagVectorizer

    if not folder.is_dir():
        return None
    for load, pattern in (
        (load_yfcc100m, "yfcc100m_dataset*"),
        (load_flickr1m, "id.userid.*tags*"),
    ):
        if not any(folder.rglob(pattern)):
            continue
        photos = load(folder, located_only=True)
        vectorizer = TagVectorizer(max_features=_MAX_TAGS)
        tags = vectorizer.fit_transform(photos.tags)
        return GeoTagCorpus(
            photos.places, tags, tag_names=vectorizer.get_feature_names_out()
        )
    return None


def _tags_of_checkins(venues, located):
    """Make a corpus of venues whose tags are the times at which people check in.

    No label is in it. A venue counts as often as people come.
    """
    checkins = venues.checkins
    minutes = (checkins["utc_offset"].to_numpy() * 60).round().astype("timedelta64[m]")
    local = checkins["time"].dt.tz_localize(None).to_numpy() + minutes
    hours = local.astype("datetime64[h]").astype(np.int64)
    # 1970 began on a Thursday; Monday is 0 here.
    weekend = (hours // 24 + 3) % 7 >= 5
    part = np.searchsorted(_PARTS, hours % 24, side="right") - 1
    row_of = np.full(int(np.max(venues.venues)) + 1, -1)
    row_of[venues.venues] = np.arange(len(venues.venues))
    rows = row_of[checkins["venue"].to_numpy()]
    counts = sparse.csr_array(
        (np.ones(len(rows)), (rows, part + len(_PARTS) * weekend)),
        shape=(len(venues.venues), 2 * len(_PARTS)),
    )
    names = [f"{day}_{hour:02d}h" for day in ("weekday", "weekend") for hour in _PARTS]
    return GeoTagCorpus(
        venues.places[located],
        counts[located],
        groups=venues.venues[located],
        tag_names=names,
    )
