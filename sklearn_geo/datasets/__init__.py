# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Data: synthetic worlds of photos and check-ins, and readers of published files."""

from sklearn_geo.datasets._checkins import make_checkins
from sklearn_geo.datasets._coastline import make_coastline
from sklearn_geo.datasets._data_home import clear_data_home, get_data_home
from sklearn_geo.datasets._fetch_tagged import fetch_flickr1m, fetch_nus_wide
from sklearn_geo.datasets._fetch_venues import (
    fetch_foursquare_tist2015,
    fetch_foursquare_tsmc2014,
    fetch_geonames,
)
from sklearn_geo.datasets._flickr1m import iter_flickr1m, load_flickr1m
from sklearn_geo.datasets._foursquare_tist2015 import (
    iter_foursquare_tist2015,
    load_foursquare_tist2015,
)
from sklearn_geo.datasets._foursquare_tsmc2014 import (
    iter_foursquare_tsmc2014,
    load_foursquare_tsmc2014,
)
from sklearn_geo.datasets._geonames import iter_geonames, load_geonames
from sklearn_geo.datasets._nus_wide import iter_nus_wide, load_nus_wide
from sklearn_geo.datasets._photo_lists import (
    iter_mp16,
    load_im2gps,
    load_im2gps3k,
    load_mp16,
    load_yfcc4k,
    load_yfcc26k,
)
from sklearn_geo.datasets._photos import make_geotagged_photos
from sklearn_geo.datasets._placing import iter_placing, load_placing
from sklearn_geo.datasets._report import DataFileError, ReadReport
from sklearn_geo.datasets._town_names import make_town_names
from sklearn_geo.datasets._venue_labels import venue_labels
from sklearn_geo.datasets._yfcc import iter_yfcc100m, load_yfcc100m
from sklearn_geo.datasets._yfcc_packs import (
    load_yfcc100m_autotags,
    load_yfcc100m_hashes,
)

__all__ = [
    "DataFileError",
    "ReadReport",
    "clear_data_home",
    "fetch_flickr1m",
    "fetch_foursquare_tist2015",
    "fetch_foursquare_tsmc2014",
    "fetch_geonames",
    "fetch_nus_wide",
    "get_data_home",
    "iter_flickr1m",
    "iter_foursquare_tist2015",
    "iter_foursquare_tsmc2014",
    "iter_geonames",
    "iter_mp16",
    "iter_nus_wide",
    "iter_placing",
    "iter_yfcc100m",
    "load_flickr1m",
    "load_foursquare_tist2015",
    "load_foursquare_tsmc2014",
    "load_geonames",
    "load_im2gps",
    "load_im2gps3k",
    "load_mp16",
    "load_nus_wide",
    "load_placing",
    "load_yfcc4k",
    "load_yfcc26k",
    "load_yfcc100m",
    "load_yfcc100m_autotags",
    "load_yfcc100m_hashes",
    "make_checkins",
    "make_coastline",
    "make_geotagged_photos",
    "make_town_names",
    "venue_labels",
]
