# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Lists of photos for geolocation: MP-16, Im2GPS, Im2GPS3k, YFCC4k and YFCC26k."""

from sklearn.utils._param_validation import validate_params

from sklearn_geo.datasets._photo_bunch import READING, STREAMING
from sklearn_geo.datasets._photo_list_files import (
    IM2GPS,
    IM2GPS3K,
    MP16,
    YFCC4K,
    YFCC26K,
    list_files,
    open_list,
)
from sklearn_geo.datasets._reading import first_line
from sklearn_geo.datasets._yfcc import open_yfcc

_VALID = {name: READING[name] for name in READING if name != "located_only"}
_WITH_URLS = {"urls": "no_validation"}


@validate_params({**READING, **_WITH_URLS}, prefer_skip_nested_validation=True)
def load_mp16(
    path,
    *,
    urls=None,
    located_only=False,
    max_rows=None,
    errors="raise",
    as_frame=False,
):
    """Load the list of MP-16: 4.7 million photos that geolocation is learnt from.

    Parameters
    ----------
    path : str, path-like, or list of them
        The file `mp16_places365.csv` [1]_, plain or compressed, or the folder that
        holds it.

    urls : str or path-like, default=None
        The file `mp16_urls.csv`: from where photos may be downloaded. Many are gone.

    located_only : bool, default=False
        Read only what has a place. Otherwise places that are missing are NaN.

    max_rows : int, default=None
        Read so many rows at most.

    errors : {"raise", "skip"}, default="raise"
        Whether a line that cannot be read is an error, or is left out, counted and
        listed in `report`.

    as_frame : bool, default=False
        Make a DataFrame `frame` as well.

    Returns
    -------
    photos : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the following attributes; what the file does not
        tell is left out.

        ids : ndarray of int of shape (n_photos,)
            Numbers of the photos on Flickr, out of the names of files; -1 where these
            have none.
        files : ndarray of str
            Files of the photos, such as "e1/55/4763369508.jpg".
        users : ndarray of str
            Who took it.
        places, target : ndarray of shape (n_photos, 2)
            Latitude and longitude in degrees.
        scene_labels : ndarray of int16 of shape (n_photos, 3)
            The scene that a network of Places365 saw, among 3 (0 is indoor, 1 natural,
            2 urban), 16 and 365; -1 is missing.
        scene_probabilities : ndarray of shape (n_photos, 3)
            How sure it was of indoor, natural and urban.
        scene_label_names, scene_probability_names : list of str
            Names of these columns.
        urls : ndarray of str
            Addresses, empty where there is none. Only with `urls`.
        target_names : list of str
            Names of the columns of `target`.
        frame : DataFrame or None
            Only with `as_frame=True`: all of these as columns.
        report : ReadReport
            What was read, left out and put right.
        DESCR : str
            Description of the data set.

    Raises
    ------
    FileNotFoundError
        If there is no such file, or none in the folder.

    DataFileError
        At the first line that cannot be read; with any `errors` if the header lacks a
        column.

    See Also
    --------
    iter_mp16 : The same in chunks.
    load_im2gps3k : Photos to test with.
    sklearn_geo.geolocation.HierarchicalCellClassifier : Learns from such photos.

    Notes
    -----
    `mp16_places365.csv` has commas between columns, and a header: IMG_ID (the file of
    the photo), AUTHOR, LAT and LON (degrees); and, where they are, S3_Label, S16_Label
    and S365_Label (numbers of scenes) and Prob_indoor, Prob_natural and Prob_urban.
    `mp16_urls.csv` has no header, and two columns: the file of the photo, and its
    address. :func:`load_im2gps`, :func:`load_im2gps3k` and :func:`load_yfcc26k` read
    lists of the same form.

    The authors of the paper have since withdrawn what they had published with it, for
    ethical reasons: it locates people's photos. So these lists are read if you have
    them; they are not downloaded, and no copies are looked for.

    References
    ----------
    .. [1] E. Müller-Budack, K. Pustu-Iren, R. Ewerth, "Geolocation Estimation of
       Photos using a Hierarchical Model and Scene Classification", ECCV 2018.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn_geo.datasets import load_mp16
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "mp16_places365.csv")
    ...     with open(path, "w") as file:
    ...         print("IMG_ID,AUTHOR,LAT,LON,S3_Label,S16_Label,S365_Label", file=file)
    ...         print("0a/b1/1234567.jpg,12@N00,52.5,13.4,2,10,66", file=file)
    ...     photos = load_mp16(folder)
    >>> photos.ids, photos.places, photos.scene_labels
    (array([1234567]), array([[52.5, 13.4]]), array([[ 2, 10, 66]], dtype=int16))
    """
    reading = open_list(
        path,
        MP16,
        urls,
        as_frame,
        located_only,
        max_rows=max_rows,
        errors=errors,
    )
    return reading.whole()


@validate_params({**STREAMING, **_WITH_URLS}, prefer_skip_nested_validation=True)
def iter_mp16(
    path,
    *,
    chunk_rows=100_000,
    urls=None,
    located_only=False,
    max_rows=None,
    errors="raise",
    as_frame=False,
):
    """Read the list of MP-16 chunk by chunk.

    Parameters
    ----------
    path : str, path-like, or list of them
        As in :func:`load_mp16`.

    chunk_rows : int, default=100_000
        Rows in a chunk; the last one may have fewer.

    urls, located_only, max_rows, errors, as_frame : as there
        As in :func:`load_mp16`. The addresses are held in memory.

    Returns
    -------
    chunks : iterator of :class:`~sklearn.utils.Bunch`
        As :func:`load_mp16` returns them. All share one `report`, which grows.

    See Also
    --------
    load_mp16 : All of it at once; what is in a Bunch.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn_geo.datasets import iter_mp16
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "mp16_places365.csv")
    ...     with open(path, "w") as file:
    ...         print("IMG_ID,AUTHOR,LAT,LON", file=file)
    ...         for i in range(5):
    ...             print(f"0a/b1/{i}.jpg,12@N00,52.5,13.4", file=file)
    ...     [photos.ids.tolist() for photos in iter_mp16(path, chunk_rows=2)]
    [[0, 1], [2, 3], [4]]
    """
    reading = open_list(
        path,
        MP16,
        urls,
        as_frame,
        located_only,
        chunk_rows=chunk_rows,
        max_rows=max_rows,
        errors=errors,
    )
    return reading.chunks()


@validate_params(_VALID, prefer_skip_nested_validation=True)
def load_im2gps(path, *, max_rows=None, errors="raise", as_frame=False):
    """Load the list of Im2GPS: 237 photos to test geolocation with.

    Parameters
    ----------
    path : str, path-like, or list of them
        The file `im2gps_places365.csv` [1]_, or the folder that holds it. Its columns,
        and why it is not downloaded, are in the notes of :func:`load_mp16`.

    max_rows, errors, as_frame : as there
        As in :func:`load_mp16`.

    Returns
    -------
    photos : :class:`~sklearn.utils.Bunch`
        As :func:`load_mp16` returns it. Authors that have a part of the file's name
        before them are put right, and counted in `report`.

    See Also
    --------
    load_im2gps3k : More photos of this kind.

    References
    ----------
    .. [1] E. Müller-Budack, K. Pustu-Iren, R. Ewerth, "Geolocation Estimation of
       Photos using a Hierarchical Model and Scene Classification", ECCV 2018.
    .. [2] J. Hays, A. A. Efros, "IM2GPS: estimating geographic information from a
       single image", CVPR 2008.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn_geo.datasets import load_im2gps
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "im2gps_places365.csv")
    ...     with open(path, "w") as file:
    ...         print("IMG_ID,AUTHOR,LAT,LON", file=file)
    ...         name = "Oldtown_00003_123456_0123abcdef_1_12@N00.jpg"
    ...         print(f"{name},0123abcdef_1_12@N00,52.5,13.4", file=file)
    ...     photos = load_im2gps(folder)
    >>> photos.ids, photos.users
    (array([123456]), array(['12@N00'], dtype=object))
    """
    reading = open_list(path, IM2GPS, None, as_frame, max_rows=max_rows, errors=errors)
    return reading.whole()


@validate_params(_VALID, prefer_skip_nested_validation=True)
def load_im2gps3k(path, *, max_rows=None, errors="raise", as_frame=False):
    """Load the list of Im2GPS3k: 2,997 photos to test geolocation with.

    Parameters
    ----------
    path : str, path-like, or list of them
        The file `im2gps3k_places365.csv` [1]_, or the folder that holds it. In one of
        its versions the header has LAT and LON the wrong way round: this is seen from
        the numbers, put right, and noted in `report`. Its columns, and why it is not
        downloaded, are in the notes of :func:`load_mp16`.

    max_rows, errors, as_frame : as there
        As in :func:`load_mp16`.

    Returns
    -------
    photos : :class:`~sklearn.utils.Bunch`
        As :func:`load_mp16` returns it.

    See Also
    --------
    load_im2gps : The 237 photos that this set is made after.

    References
    ----------
    .. [1] E. Müller-Budack, K. Pustu-Iren, R. Ewerth, "Geolocation Estimation of
       Photos using a Hierarchical Model and Scene Classification", ECCV 2018.
    .. [2] N. Vo, N. Jacobs, J. Hays, "Revisiting IM2GPS in the Deep Learning Era",
       ICCV 2017.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn_geo.datasets import load_im2gps3k
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "im2gps3k_places365.csv")
    ...     with open(path, "w") as file:
    ...         print("IMG_ID,AUTHOR,LAT,LON", file=file)
    ...         print("123456_0123abcdef_1_12@N00.jpg,12@N00,52.5,13.4", file=file)
    ...     photos = load_im2gps3k(folder)
    >>> photos.ids, photos.places
    (array([123456]), array([[52.5, 13.4]]))
    """
    reading = open_list(
        path, IM2GPS3K, None, as_frame, max_rows=max_rows, errors=errors
    )
    return reading.whole()


@validate_params(_VALID, prefer_skip_nested_validation=True)
def load_yfcc4k(path, *, max_rows=None, errors="raise", as_frame=False):
    """Load the list of YFCC4k: 4,536 photos of YFCC100M to test geolocation with.

    Parameters
    ----------
    path : str, path-like, or list of them
        The file `yfcc4k_places365.csv`, with the columns in the notes of
        :func:`load_mp16`, or `yfcc4k.txt`, which comes with the photos and has the
        columns of YFCC100M; or the folder that holds one of them.

    max_rows, errors, as_frame : as there
        As in :func:`load_mp16`.

    Returns
    -------
    photos : :class:`~sklearn.utils.Bunch`
        As :func:`load_mp16` returns it; for `yfcc4k.txt` as :func:`load_yfcc100m` does.

    See Also
    --------
    load_im2gps3k : Photos that are easier to locate.

    References
    ----------
    .. [1] N. Vo, N. Jacobs, J. Hays, "Revisiting IM2GPS in the Deep Learning Era",
       ICCV 2017.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn_geo.datasets import load_yfcc4k
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "yfcc4k_places365.csv")
    ...     with open(path, "w") as file:
    ...         print("IMG_ID,AUTHOR,LAT,LON", file=file)
    ...         print("123456.jpg,12@N00,52.5,13.4", file=file)
    ...     photos = load_yfcc4k(folder)
    >>> photos.ids, photos.places
    (array([123456]), array([[52.5, 13.4]]))
    """
    patterns, what, descr = YFCC4K
    files = list_files(path, patterns, what)
    settings = {"max_rows": max_rows, "errors": errors}
    if "\t" in first_line(files[0]):
        reading = open_yfcc(files, "all", False, None, as_frame, descr, **settings)
    else:
        reading = open_list(path, YFCC4K, None, as_frame, **settings)
    return reading.whole()


@validate_params({**_VALID, **_WITH_URLS}, prefer_skip_nested_validation=True)
def load_yfcc26k(path, *, urls=None, max_rows=None, errors="raise", as_frame=False):
    """Load the list of YFCC26k: 25,600 photos of YFCC100M to validate with.

    Parameters
    ----------
    path : str, path-like, or list of them
        The file `yfcc25600_places365.csv` [1]_, or the folder that holds it. Its
        columns, and why it is not downloaded, are in the notes of :func:`load_mp16`.

    urls : str or path-like, default=None
        The file `yfcc25600_urls.csv`: from where photos may be downloaded. Some are
        gone.

    max_rows, errors, as_frame : as there
        As in :func:`load_mp16`.

    Returns
    -------
    photos : :class:`~sklearn.utils.Bunch`
        As :func:`load_mp16` returns it.

    See Also
    --------
    load_mp16 : The photos to learn from.

    References
    ----------
    .. [1] E. Müller-Budack, K. Pustu-Iren, R. Ewerth, "Geolocation Estimation of
       Photos using a Hierarchical Model and Scene Classification", ECCV 2018.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn_geo.datasets import load_yfcc26k
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "yfcc25600_places365.csv")
    ...     with open(path, "w") as file:
    ...         print("IMG_ID,AUTHOR,LAT,LON", file=file)
    ...         print("0a/b1/123456.jpg,12@N00,52.5,13.4", file=file)
    ...     photos = load_yfcc26k(folder)
    >>> photos.files.tolist(), photos.places
    (['0a/b1/123456.jpg'], array([[52.5, 13.4]]))
    """
    reading = open_list(path, YFCC26K, urls, as_frame, max_rows=max_rows, errors=errors)
    return reading.whole()
