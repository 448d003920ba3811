# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Synthetic geotagged photos."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_geo._numbers import reject_spans
from sklearn_geo.datasets._albums import (
    draw_albums,
    draw_spots,
    draw_times,
    spread_photos,
)
from sklearn_geo.datasets._draw import import_pandas, named_streams
from sklearn_geo.datasets._looks import Looks, scene_tables
from sklearn_geo.datasets._subjects import (
    SCENE_GROUPS,
    SCENE_KINDS,
    SUBJECTS,
    scene_kind_table,
    subject_tables,
)
from sklearn_geo.datasets._tags import (
    TagContext,
    draw_tags,
    make_vocabulary,
    tag_strings,
)
from sklearn_geo.datasets._terrain import temperature
from sklearn_geo.datasets._world import N_COUNTRIES, make_world
from sklearn_geo.geometry import destination

_STREAMS = (
    "albums",
    "spots",
    "places",
    "subjects",
    "times",
    "tags",
    "features",
    "objects",
    "scenes",
    "gps",
    "labels",
)
# Share of photos that show what their album is about, whatever else is around.
_THEME_SHARE = 0.35
# One receiver in fifty is far off.
_BAD_GPS_SHARE, _BAD_GPS_FACTOR = 0.02, 20.0

_DESCR = """\
SYNTHETIC geotagged photos: no real photo, person, town or tag is among them
-----------------------------------------------------------------------------

**What it is**: {n_photos} invented photos by {n_users} invented users, drawn by
`sklearn_geo.datasets.make_geotagged_photos`. Anything learnt from or measured on these
data says something about methods, and nothing about the world.

**What is lifelike**: coastlines (a degree coarse) and climate; hot spots whose sizes
follow Zipf's law, with empty oceans and thin deserts between them; users who live
somewhere, travel, and shoot albums; tags of four kinds (places, terrain,
words of the region, noise) whose frequencies follow Zipf's law; GPS noise, and some
photos geotagged with the middle of their town; image features and object and scene
posteriors that depend on the place and on the subject; posting times that follow the
sun, evenings, weekends and seasons.

**What is not**: everything else. In particular there are no images, borders are
straight, a language region speaks one language, and time is solar time.

:Number of photos: {n_photos}
:Features: {n_features} image features in `data`; {n_objects} object and {n_scenes}
    scene posteriors; {n_tags} tags
:Target: latitude and longitude in degrees
"""


@validate_params(
    {
        "n_photos": [Interval(Integral, 1, None, closed="left")],
        "n_users": [Interval(Integral, 1, None, closed="left"), None],
        "n_tags": [Interval(Integral, 10, None, closed="left")],
        "n_towns": [Interval(Integral, 1, 20_000, closed="both")],
        "n_features": [Interval(Integral, 1, None, closed="left")],
        "n_objects": [Interval(Integral, 2, None, closed="left")],
        "n_scenes": [Interval(Integral, 2, None, closed="left")],
        "language_regions": [Interval(Integral, 1, N_COUNTRIES, closed="both")],
        "mean_tags": [Interval(Real, 1, 60_000, closed="right")],
        "album_size": [Interval(Real, 1, None, closed="left")],
        "album_spread_km": [Interval(Real, 0, None, closed="left")],
        "gps_noise_km": [Interval(Real, 0, None, closed="left")],
        "default_geotags": [Interval(Real, 0, 1, closed="both")],
        "place_signal": [Interval(Real, 0, 60_000, closed="both")],
        "subject_signal": [Interval(Real, 0, 60_000, closed="both")],
        "place_subjects": [Interval(Real, 0, 60_000, closed="both")],
        "tag_signal": [Interval(Real, 0, 1, closed="both")],
        "language_signal": [Interval(Real, 0, 1, closed="both")],
        "album_signal": [Interval(Real, 0, 1, closed="both")],
        "daylight": [Interval(Real, 0, 1, closed="both")],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
        "world_seed": [Interval(Integral, 0, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_geotagged_photos(
    n_photos=10_000,
    n_users=None,
    n_tags=1000,
    *,
    n_towns=2000,
    n_features=64,
    n_objects=50,
    n_scenes=24,
    language_regions=8,
    mean_tags=5.0,
    album_size=8.0,
    album_spread_km=1.0,
    gps_noise_km=0.02,
    default_geotags=0.01,
    place_signal=1.0,
    subject_signal=1.0,
    place_subjects=1.0,
    tag_signal=1.0,
    language_signal=1.0,
    album_signal=1.0,
    daylight=1.0,
    return_X_y=False,
    as_frame=False,
    world_seed=0,
    random_state=None,
):
    """Make synthetic geotagged photos of an invented, lifelike world.

    Everything is synthetic: coastlines and climate are roughly those of the earth, but
    no town, user, tag or photo is real. The traits that methods for geotagged photos
    live on are all there, each with a parameter that turns it down or off and leaves
    the other traits as they are.

    Parameters
    ----------
    n_photos : int, default=10_000
        Number of photos. Time and memory grow linearly with it.

    n_users : int, default=None
        Number of users, each of whom has at least one photo. Their activity follows
        Zipf's law. By default one for every 25 photos.

    n_tags : int, default=1000
        Size of the vocabulary.

    n_towns : int, default=2000
        Number of hot spots: towns and, some of them, parks in the wild.

    n_features : int, default=64
        Number of image features.

    n_objects : int, default=50
        Number of objects that photos have posteriors over.

    n_scenes : int, default=24
        Number of scenes that photos have posteriors over. The first 24 are the
        subjects; further ones are variants of them.

    language_regions : int, default=8
        Number of regions that have words of their own for subjects; 1 for a world
        with a single language.

    mean_tags : float, default=5.0
        Tags a photo is given on average, repetitions included, if none had more than
        15: those beyond are cut off, which lowers the mean of large ones. There are 1
        to 15.

    album_size : float, default=8.0
        Photos after which an album ends, on average. Albums are shorter than that
        where their user has no more photos.

    album_spread_km : float, default=1.0
        Distance of a photo from the spot of its album on average.

    gps_noise_km : float, default=0.02
        Typical error of a geotag. One photo in fifty is off by twenty times as much.

    default_geotags : float, default=0.01
        Share of photos geotagged with the middle of the nearest town.

    place_signal : float, default=1.0
        How much of the place is seen in features and posteriors. With 0 they show the
        subject only, and so a place only as far as the subject is typical of it.

    subject_signal : float, default=1.0
        How much of the subject is seen in features and posteriors.

    place_subjects : float, default=1.0
        How strongly what photos show follows the place, in the logarithm of how often
        a subject is found there. With 0 they show the same things everywhere.

    tag_signal : float, default=1.0
        Share of photos tagged for what they are; others get another photo's tags.

    language_signal : float, default=1.0
        Share of words that are in the language of the region; others are in any.

    album_signal : float, default=1.0
        Share of photos that are in their own album. The others swap their user and
        album with each other at random, so with 0 an album is no hint of a place.

    daylight : float, default=1.0
        Share of albums posted at hours that follow the sun where they were shot, and
        strength of the seasons. With 0 times are no hint of a place.

    return_X_y : bool, default=False
        Return `(data, target)` instead of a Bunch.

    as_frame : bool, default=False
        Return `data`, `target`, `objects` and `scenes` as pandas DataFrames, and the
        metadata as `frame`.

    world_seed : int, default=0
        Names the world: its towns, their names, and what places and subjects look
        like. Data sets of one world can serve as each other's corpus or test set. Its
        towns depend on `n_towns` too, its words on `n_tags` and `language_regions`.

    random_state : int, RandomState instance or None, default=None
        Draws the users and their photos. Pass an int for the same photos every time.

    Returns
    -------
    photos : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes below; rows are in random order.

        data : ndarray of shape (n_photos, n_features), float32, or DataFrame
            Image features.
        target : ndarray of shape (n_photos, 2) or DataFrame
            The geotags, latitude and longitude in degrees; the same as `places`.
        feature_names, target_names : list of str
            Names of the columns of `data` and `target`.
        frame : DataFrame or None
            Only with `as_frame=True`: latitude, longitude, user, album, posted (with
            the time zone UTC), and tags as one string delimited by commas.
        places : ndarray of shape (n_photos, 2)
            The geotags, with GPS noise.
        true_places : ndarray of shape (n_photos, 2)
            Where the photos were taken.
        users, albums : ndarray of int of shape (n_photos,)
            Who took a photo, in which album.
        posted : ndarray of datetime64[s] of shape (n_photos,)
            When it was posted, in coordinated universal time.
        tags : CSR matrix of shape (n_photos, n_tags), int32
            Indicator of the tags; an array where the setting `sparse_interface` of
            scikit-learn says so.
        tag_names, tag_kinds : ndarray of str of shape (n_tags,)
            What a tag says, and whether it is a "place", a "terrain", a "word" for
            the subject in the language of a region, or "noise".
        tag_meanings : ndarray of int of shape (n_tags, language_regions)
            Subject that a word stands for in each language, -1 for none.
        objects : ndarray of shape (n_photos, n_objects), float32, or DataFrame
            Posteriors over objects; rows sum to 1.
        object_names : list of str
            Names of the objects.
        scenes : ndarray of shape (n_photos, n_scenes), float32, or DataFrame
            Posteriors over scenes; rows sum to 1.
        scene_names, scene_group_names, scene_kind_names : list of str
            Names of the scenes, of the 16 groups, and of the 3 kinds of scene.
        scene_membership : ndarray of shape (n_scenes, 16)
            1 where a scene belongs to a group; some belong to two.
        scene_group_kinds : ndarray of shape (16, 3)
            1 where a group is indoor, urban or nature.
        subject : ndarray of int of shape (n_photos,)
            What a photo shows, a position in `subject_names`.
        subject_names : list of str
            Names of the subjects.
        town, country, language : ndarray of int of shape (n_photos,)
            Nearest hot spot, country and language region of the true place.
        towns : ndarray of shape (n_towns, 2)
            Places of the hot spots, the largest first. Numbers of photos follow that
            roughly: users take most photos around their homes, which are in no park.
        town_names, country_names : ndarray of str
            Invented names, which sound like the language of their region.
        country_language : ndarray of int
            Language region of each country.
        DESCR : str
            Description of the data set.

    (data, target) : tuple if `return_X_y` is True
        Image features and geotags.

    Raises
    ------
    ValueError
        If there are more users than photos.

    ImportError
        If `as_frame=True` and pandas is not installed.

    See Also
    --------
    make_checkins : Venues and check-ins of the same worlds.

    Notes
    -----
    A user has a home town and makes stays: at home, in a town around it, or far away.
    A stay has albums on consecutive days. An album is shot at a landmark, somewhere in
    town, or on an excursion, within a few km and hours, and has a theme.

    Subjects depend on the place (no beach without a coast). Words for subjects depend
    on the language region. Some words belong to one language, as "carretera" belongs to
    the road in Costa Rica [1]_. Others are found in all languages with another meaning
    in each, so that such a tag is told only by subject and region together.

    Photos taken indoors show less of the place than those taken outdoors.

    References
    ----------
    .. [1] R. Gomez, J. Gibert, L. Gomez, D. Karatzas, "Location Sensitive Image
       Retrieval and Tagging", ECCV 2020.

    Examples
    --------
    >>> from sklearn_geo.datasets import make_geotagged_photos
    >>> photos = make_geotagged_photos(500, random_state=0)
    >>> photos.data.shape, photos.places.shape, photos.tags.shape
    ((500, 64), (500, 2), (500, 1000))
    >>> photos.users.max() + 1, photos.posted.dtype
    (np.int64(20), dtype('<M8[s]'))
    >>> print(photos.DESCR.splitlines()[0])
    SYNTHETIC geotagged photos: no real photo, person, town or tag is among them
    """
    reject_spans(locals())
    pandas = import_pandas() if as_frame else None
    n_photos, n_tags = int(n_photos), int(n_tags)  # True is one
    n_features, n_scenes = int(n_features), int(n_scenes)
    n_users = max(1, n_photos // 25) if n_users is None else int(n_users)
    if n_users > n_photos:
        raise ValueError(
            f"n_users={n_users} is more than n_photos={n_photos}, but each user has at "
            "least one photo. Lower n_users or raise n_photos."
        )
    world = make_world(int(world_seed), int(n_towns), int(language_regions))
    rng = named_streams(random_state, _STREAMS)

    shot = draw_albums(world, n_photos, n_users, album_size, rng["albums"])
    spots = draw_spots(world, shot.town, rng["spots"])
    true_places = spread_photos(spots, shot.album, album_spread_km, rng["places"])
    traits = world.traits(true_places)
    subject = _draw_subjects(
        world, spots, shot.album, traits, float(place_subjects), rng["subjects"]
    )
    country, _ = world.nearest("countries", true_places)
    language = world.country_language[country]
    town, _ = world.nearest("towns", true_places)
    places = _geotag(
        true_places, world.towns[town], gps_noise_km, default_geotags, rng["gps"]
    )

    vocabulary = make_vocabulary(world, n_tags, language_regions)
    context = TagContext(
        places=true_places,
        traits=traits,
        warmth=temperature(true_places),
        subject=subject,
        language=language,
        album=shot.album,
    )
    tags = draw_tags(
        vocabulary, world, context, mean_tags, tag_signal, language_signal, rng["tags"]
    )
    looks = Looks(world, true_places, traits, subject, place_signal, subject_signal)
    scene_names, scene_membership = scene_tables(n_scenes)
    users, albums = _mix_labels(shot, album_signal, rng["labels"])
    width = len(str(n_objects - 1))
    photos = Bunch(
        data=looks.features(n_features, rng["features"]),
        target=places,
        feature_names=[f"image_{k}" for k in range(n_features)],
        target_names=["latitude", "longitude"],
        frame=None,
        places=places,
        true_places=true_places,
        users=users,
        albums=albums,
        posted=draw_times(spots, shot, daylight, rng["times"]),
        tags=tags,
        tag_names=vocabulary.names,
        tag_kinds=vocabulary.kinds,
        tag_meanings=vocabulary.meanings,
        objects=looks.objects(n_objects, rng["objects"]),
        object_names=[f"object_{k:0{width}d}" for k in range(n_objects)],
        scenes=looks.scenes(n_scenes, rng["scenes"]),
        scene_names=[f"scene_{name}" for name in scene_names],
        scene_membership=scene_membership,
        scene_group_names=list(SCENE_GROUPS),
        scene_group_kinds=scene_kind_table(),
        scene_kind_names=list(SCENE_KINDS),
        subject=subject,
        subject_names=[each.name for each in SUBJECTS],
        town=town,
        country=country,
        language=language,
        # The world is shared and cannot be written to; copies can.
        towns=world.towns.copy(),
        town_names=world.town_names.copy(),
        country_names=world.country_names.copy(),
        country_language=world.country_language.copy(),
        DESCR=_DESCR.format(
            n_photos=n_photos,
            n_users=n_users,
            n_features=n_features,
            n_objects=n_objects,
            n_scenes=n_scenes,
            n_tags=n_tags,
        ),
    )
    if as_frame:
        _to_frames(photos, pandas)
    return (photos.data, photos.target) if return_X_y else photos


def _draw_subjects(world, spots, album, traits, strength, rng):
    """Return what each photo shows: its album's theme, or what there is around."""
    theme = _subjects_at(world.traits(spots), strength, rng)[album]
    around = _subjects_at(traits, strength, rng)
    return np.where(rng.random(album.size) < _THEME_SHARE, theme, around)


def _subjects_at(traits, strength, rng):
    """Draw a subject for each row of traits, by what is found in such places."""
    popularity, _, likes, _ = subject_tables()
    logits = popularity + strength * sum(
        traits[:, [trait]] * likes[trait] for trait in range(traits.shape[1])
    )
    # The largest of logits plus Gumbel noise is a draw from their softmax.
    return np.argmax(logits + rng.gumbel(size=logits.shape), axis=1)


def _geotag(true_places, middles, noise_km, default_share, rng):
    """Return the geotags of photos taken at their true places."""
    n_photos = len(true_places)
    # Beyond this, and long before, it is anywhere; larger products may be infinite.
    km = min(noise_km, 1e15) * rng.rayleigh(size=n_photos)
    km = np.where(rng.random(n_photos) < _BAD_GPS_SHARE, _BAD_GPS_FACTOR * km, km)
    places = destination(true_places, rng.uniform(0.0, 360.0, n_photos), km)
    by_default = rng.random(n_photos) < default_share
    return np.where(by_default[:, np.newaxis], middles, places)


def _mix_labels(shot, album_signal, rng):
    """Return users and albums, some of them swapped among photos at random."""
    mixed = np.flatnonzero(rng.random(shot.user.size) >= album_signal)
    source = np.arange(shot.user.size)
    source[mixed] = rng.permutation(mixed)
    return shot.user[source], shot.album[source]


def _to_frames(photos, pandas):
    """Turn the tables of a Bunch into DataFrames and add the metadata as one."""
    for key, names in (
        ("data", photos.feature_names),
        ("target", photos.target_names),
        ("objects", photos.object_names),
        ("scenes", photos.scene_names),
    ):
        photos[key] = pandas.DataFrame(photos[key], columns=names)
    photos.frame = pandas.DataFrame(
        {
            "latitude": photos.places[:, 0],
            "longitude": photos.places[:, 1],
            "user": photos.users,
            "album": photos.albums,
            "posted": pandas.Series(photos.posted).dt.tz_localize("UTC"),
            "tags": tag_strings(photos.tags, photos.tag_names),
        }
    )
