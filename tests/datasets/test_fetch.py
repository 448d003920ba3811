# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import inspect
import io
import shutil
import tarfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from sklearn_geo import datasets
from sklearn_geo.datasets import _addresses
from tests.datasets.server import Answer, Server

FETCHERS = [name for name in datasets.__all__ if name.startswith("fetch_")]
# What fetchers have that readers have not, in its order.
HOW = [
    "data_home",
    "download_if_missing",
    "known_hash",
    "mirror",
    "n_retries",
    "delay",
    "verbose",
]

TOWN = (
    "1\tInventon\tInventon\tErfund,Inv\t10.5\t20.25\tP\tPPL\tXX\t\t01\t\t\t\t5000"
    "\t\t120\tEurope/Berlin\t2024-01-02\n"
)
CHECKIN = "7\tv1\tc1\tHotel Bar\t40.5\t-74.25\t-240\tTue Apr 03 18:00:09 +0000 2012\n"
WORLD = {
    "dataset_TIST2015_Checkins.txt": "5\tv1\tTue Apr 03 18:00:06 +0000 2012\t540\n",
    "dataset_TIST2015_POIs.txt": "v1\t35.5\t139.75\tHotel Bar\tJP\n",
}


def zip_of(files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return file.getvalue()


def tar_of(files):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return file.getvalue()


def published():
    """Return small files as they are published, by name; ids and places invented."""
    cities = zip_of({"cities1000.txt": TOWN})
    folder = "dataset_tsmc2014/dataset_TSMC2014_"
    tags = "train1m/TextData/id.userid."
    return {
        "cities1000.zip": cities,
        "XX.zip": zip_of({"readme.txt": "words", "XX.txt": TOWN * 2}),
        "dataset_tsmc2014.zip": zip_of(
            {f"{folder}NYC.txt": CHECKIN, f"{folder}readme.txt": "words"}
        ),
        "dataset_TIST2015.zip": zip_of(WORLD),
        "ImageList.zip": zip_of(
            {"ImageList/TrainImagelist.txt": "sky\\0001_12345.jpg"}
        ),
        "ConceptsList.zip": zip_of({"ConceptsList/Concepts81.txt": "sky\nzebra\n"}),
        "Groundtruth.zip": zip_of(
            {
                "TrainTestLabels/Labels_sky_Train.txt": "1\n",
                "TrainTestLabels/Labels_zebra_Train.txt": "0\n",
            }
        ),
        "NUS_WID_Tags.zip": zip_of(
            {"TagList1k.txt": "sea\nside\n", "Train_Tags1k.dat": "1\t0\t\n"}
        ),
        "train1m-tag.tar.gz": tar_of(
            {
                f"{tags}rawtags.txt": "12345\t7@N01\tsea side\n",
                f"{tags}lemmtags.txt": "12345\t7@N01\tsea\n",
            }
        ),
    }


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("SKLEARN_GEO_DATA", str(tmp_path / "home"))
    server = Server({f"/data/{name}": data for name, data in published().items()})
    yield server
    server.stop()


@pytest.fixture
def how(server):
    return {"mirror": f"{server.url}/data", "delay": 0.001, "n_retries": 1}


def test_geonames(server, how, tmp_path):
    towns = datasets.fetch_geonames(**how)
    assert towns.names == ["Inventon"]
    assert towns.places.tolist() == [[10.5, 20.25]]
    path = tmp_path / "home" / "geonames" / "cities1000.zip"
    again = datasets.load_geonames(path)
    assert (again.places == towns.places).all()
    # From the disk now, from wherever; and what is read is chosen as by the reader.
    assert len(datasets.fetch_geonames(mirror="http://127.0.0.1:1").places) == 1
    assert len(server.served) == 1
    assert len(datasets.fetch_geonames(min_population=6000).places) == 0
    frame = datasets.fetch_geonames(as_frame=True).frame
    assert len(frame) == 1


def test_countries_of_geonames(server, how):
    assert len(datasets.fetch_geonames("XX", **how).places) == 2
    assert server.served[0].path == "/data/XX.zip"


@pytest.mark.parametrize(
    "which", ["Germany", "de", "cities2000", "../DE", "", 5, "DE\n"]
)
def test_tables_that_geonames_has_not(server, how, which):
    with pytest.raises(ValueError, match=r"which=.*: use 'cities500', .* such as 'DE'"):
        datasets.fetch_geonames(which, **how)
    assert server.served == []


def test_foursquare_tsmc2014(how):
    venues = datasets.fetch_foursquare_tsmc2014(**how)
    assert venues.places.tolist() == [[40.5, -74.25]]
    assert venues.checkins.utc_offset.tolist() == [-4]
    assert venues.town_names.tolist() == ["NYC"]
    with pytest.raises(FileNotFoundError, match="TKY"):
        datasets.fetch_foursquare_tsmc2014(city="TKY")


def test_foursquare_tist2015(how):
    venues = datasets.fetch_foursquare_tist2015(**how)
    assert venues.places.tolist() == [[35.5, 139.75]]
    assert venues.country.tolist() == ["JP"]
    with pytest.raises(ValueError, match="US"):
        datasets.fetch_foursquare_tist2015(countries="US")


def test_tags_of_a_million_photos(how, tmp_path):
    for tags, expected in (("raw", ["sea", "side"]), ("lemm", ["sea"])):
        photos = datasets.fetch_flickr1m(tags=tags, **how)
        assert photos.tags == [expected]
        assert photos.ids.tolist() == [12345]
    (folder,) = (tmp_path / "home" / "flickr1m").glob("train1m-tag-*")
    assert folder.is_dir()


def test_nus_wide(server, how, tmp_path):
    photos = datasets.fetch_nus_wide(**how)
    assert photos.ids.tolist() == [12345]
    assert photos.target.tolist() == [[1, 0]]
    assert photos.tags.toarray().tolist() == [[1, 0]]
    assert np.isnan(photos.places).all()
    assert len(server.served) == 4
    # What is put there by hand is found; nothing else is downloaded.
    (tmp_path / "home" / "nus_wide" / "geotags.txt").write_text("12345\t-2.5\t34.25\n")
    photos = datasets.fetch_nus_wide(located_only=True)
    assert photos.places.tolist() == [[-2.5, 34.25]]
    with pytest.raises(FileNotFoundError, match=r"has no BoW_Train_int\.dat"):
        datasets.fetch_nus_wide(features="BoW")
    assert len(server.served) == 4


@pytest.mark.parametrize("name", FETCHERS)
def test_fetchers_take_what_readers_take(name):
    fetch = inspect.signature(getattr(datasets, name)).parameters
    reader = name.replace("fetch_", "load_")
    load = inspect.signature(getattr(datasets, reader)).parameters
    reading = {key: p.default for key, p in load.items() if key != "path"}
    same = {key: p.default for key, p in fetch.items() if key in reading}
    assert same == reading
    assert [key for key in fetch if key in HOW] == HOW
    assert set(fetch) - set(reading) - {*HOW, "which"} == set()
    assert all(p.kind == p.KEYWORD_ONLY for key, p in fetch.items() if key != "which")


def folder_and_names(name):
    """Return where a fetcher looks for which files."""
    data_set = next(
        data_set
        for data_set in _addresses.DATA_SETS
        if data_set.folder == name.removeprefix("fetch_")
    )
    names = [file.name for file in data_set.files] or ["cities1000.zip"]
    return data_set.folder, names


@pytest.mark.parametrize("name", FETCHERS)
def test_what_a_person_puts_there_is_used(server, name, tmp_path):
    fetch = getattr(datasets, name)
    with pytest.raises(FileNotFoundError) as error:
        fetch(download_if_missing=False)
    message = str(error.value)
    folder, names = folder_and_names(name)
    home = tmp_path / "home" / folder
    assert f"in the folder {home}" in message
    assert all(f"under the name {file}\n" in message for file in names)
    assert "http" in message.split("under the name")[0]
    home.mkdir(parents=True, exist_ok=True)
    for name in names:
        (home / name).write_bytes(published()[name])
    photos = fetch(download_if_missing=False)
    assert len(photos.places) == 1
    assert len(fetch().places) == 1
    assert server.served == []


def test_without_a_connection(server, tmp_path):
    with pytest.raises(ConnectionError) as error:
        datasets.fetch_nus_wide(mirror="http://127.0.0.1:1/x", n_retries=0)
    lines = str(error.value).splitlines()
    home = tmp_path / "home" / "nus_wide"
    published = "https://lms.comp.nus.edu.sg/wp-content/uploads/2019/research/nuswide"
    assert lines[0] == "ImageList.zip could not be downloaded."
    assert lines[1].startswith("http://127.0.0.1:1/x/ImageList.zip cannot be rea")
    assert lines[2] == (
        "By hand: download these files on a machine that can, and put them in the "
        f"folder {home}:"
    )
    assert lines[3:] == [
        f"  {published}/ImageList.zip under the name ImageList.zip",
        f"  {published}/ConceptsList.zip under the name ConceptsList.zip",
        f"  {published}/Groundtruth.zip under the name Groundtruth.zip",
        f"  {published}/NUS_WID_Tags.zip under the name NUS_WID_Tags.zip",
        f"Then call again. See {published}/NUS-WIDE.html",
    ]


def names_by_hand(error):
    """Return the files that a message says to put there by hand."""
    words = "under the name "
    lines = str(error.value).splitlines()
    return [line.split(words)[1] for line in lines if words in line]


def test_only_what_is_missing_is_asked_for(server, how, tmp_path):
    datasets.fetch_nus_wide(**how)
    home = tmp_path / "home" / "nus_wide"
    (home / "Groundtruth.zip").unlink()
    with pytest.raises(FileNotFoundError, match=r"^Groundtruth\.zip: not in ") as error:
        datasets.fetch_nus_wide(download_if_missing=False)
    assert names_by_hand(error) == ["Groundtruth.zip"]
    assert "By hand: download the file on a machine that can, and put it" in str(
        error.value
    )
    (home / "ImageList.zip").unlink()
    with pytest.raises(FileNotFoundError) as error:
        datasets.fetch_nus_wide(download_if_missing=False)
    assert str(error.value).startswith("ImageList.zip and Groundtruth.zip: not in ")
    assert names_by_hand(error) == ["ImageList.zip", "Groundtruth.zip"]
    del server.served[:]
    assert len(datasets.fetch_nus_wide(**how).places) == 1
    assert [served.path for served in server.served] == [
        "/data/ImageList.zip",
        "/data/Groundtruth.zip",
    ]


def test_what_came_before_an_error_is_kept(server, how, tmp_path):
    groundtruth = server.files.pop("/data/Groundtruth.zip")
    with pytest.raises(ConnectionError, match=r"^Groundtruth\.zip could not") as error:
        datasets.fetch_nus_wide(**how)
    assert names_by_hand(error) == ["Groundtruth.zip", "NUS_WID_Tags.zip"]
    there = {path.name for path in (tmp_path / "home" / "nus_wide").glob("*.zip")}
    assert there == {"ImageList.zip", "ConceptsList.zip"}
    server.files["/data/Groundtruth.zip"] = groundtruth
    del server.served[:]
    assert len(datasets.fetch_nus_wide(**how).places) == 1
    assert [served.path for served in server.served] == [
        "/data/Groundtruth.zip",
        "/data/NUS_WID_Tags.zip",
    ]


def test_the_published_addresses_are_asked_one_after_the_other(
    server, monkeypatch, tmp_path
):
    # As a proxy the server is asked for whole addresses, whatever the machine.
    monkeypatch.setenv("http_proxy", server.url)
    path = "/~zhang_da/pub/dataset_tsmc2014.zip"
    server.files[path] = published()["dataset_tsmc2014.zip"]
    server.plan[path] = [Answer(status=404), Answer(status=502)]
    venues = datasets.fetch_foursquare_tsmc2014(n_retries=0)
    assert len(venues.places) == 1
    assert [served.status for served in server.served] == [404, 502, 200]


def test_addresses_are_whole():
    for data_set in _addresses.DATA_SETS:
        assert data_set.page.startswith("https://")
        for file in data_set.files:
            assert Path(file.name).name == file.name
            assert 10**7 <= file.max_bytes < 10**10
            for address in (*file.addresses, file.address_by_hand):
                assert address.startswith(("https://", "http://"))
                assert " " not in address


def test_pages_instead_of_files(server, how, tmp_path):
    page = b"\n<!DOCTYPE html><title>Too large to scan for viruses</title>"
    for name in ("dataset_TIST2015.zip", "train1m-tag.tar.gz"):
        server.files[f"/data/{name}"] = page
    words = r"(?s)is a web page, not the file: the server may ask .*By hand: download"
    with pytest.raises(ValueError, match=words):
        datasets.fetch_foursquare_tist2015(**how)
    with pytest.raises(ValueError, match=words):
        datasets.fetch_flickr1m(**how)
    assert len(server.served) == 2
    left = [path.name for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert {name[-5:] for name in left} == {".lock"}


def test_pages_that_a_person_saved(server, tmp_path):
    path = tmp_path / "home" / "flickr1m" / "train1m-tag.tar.gz"
    path.parent.mkdir(parents=True)
    path.write_text("<html>")
    for _ in range(2):
        with pytest.raises(ValueError, match=r"tag\.tar\.gz is a web page.* Delete it"):
            datasets.fetch_flickr1m()


@pytest.mark.parametrize(
    ("name", "file", "data", "words"),
    [
        ("geonames", "cities1000.zip", b"PK, but not all", "is no zip archive"),
        ("geonames", "cities1000.zip", zip_of({"a": "b" * 99})[:-9], "is no zip arch"),
        ("flickr1m", "train1m-tag.tar.gz", b"words", "is not compressed by gzip"),
        ("foursquare_tsmc2014", "dataset_tsmc2014.zip", b"", "is empty"),
    ],
    ids=["text", "part of a zip", "no gzip", "empty"],  # a zip tells the time
)
def test_files_of_another_kind(server, how, name, file, data, words):
    server.files[f"/data/{file}"] = data
    with pytest.raises(ValueError, match=f"(?s){words}.*By hand"):
        getattr(datasets, f"fetch_{name}")(**how)


def test_checksums_that_are_known(server, how):
    right = hashlib.sha256(published()["cities1000.zip"]).hexdigest()
    other = hashlib.sha256(b"another file").hexdigest()
    with pytest.raises(ValueError, match=f"its SHA-256 is {right}, not {other}"):
        datasets.fetch_geonames(known_hash=other, **how)
    datasets.fetch_geonames(known_hash=f"sha256:{right}", **how)
    datasets.fetch_geonames(known_hash={"cities1000.zip": right.upper()}, **how)
    # Of a file that is there too.
    with pytest.raises(ValueError, match=f"its SHA-256 is {right}, not {other}"):
        datasets.fetch_geonames(known_hash=other, **how)
    with pytest.raises(
        ValueError, match=r"known_hash has \['cities'\], which are not am"
    ):
        datasets.fetch_geonames(known_hash={"cities": right}, **how)
    with pytest.raises(ValueError, match=r"known_hash='abc': use the SHA-256"):
        datasets.fetch_geonames(known_hash="abc", **how)
    assert len(server.served) == 2


def test_checksums_of_several_files(server, how, tmp_path):
    hashes = {
        file.name: hashlib.sha256(published()[file.name]).hexdigest()
        for file in _addresses.NUS_WIDE.files
    }
    first, _, _, last = hashes
    with pytest.raises(
        ValueError, match=r"one checksum for 4 files: pass a dictionary"
    ):
        datasets.fetch_nus_wide(known_hash=hashes[first], **how)
    assert server.served == []
    # Of the last file it is wrong, and the files before are what they should be.
    wrong = hashes | {last: hashes[first]}
    with pytest.raises(
        ValueError, match=f"(?s)^{last} could.*is {hashes[last]}, not {hashes[first]}"
    ):
        datasets.fetch_nus_wide(known_hash=wrong, **how)
    there = {path.name for path in (tmp_path / "home" / "nus_wide").glob("*.zip")}
    assert there == set(hashes) - {last}
    datasets.fetch_nus_wide(known_hash=hashes, **how)
    datasets.fetch_nus_wide(known_hash={last: hashes[last]}, **how)
    with pytest.raises(ValueError, match=f"{first}.*is {hashes[first]}, not"):
        datasets.fetch_nus_wide(known_hash={first: hashes[last]}, **how)


def test_files_that_were_exchanged(server, how, tmp_path):
    datasets.fetch_geonames(**how)
    path = tmp_path / "home" / "geonames" / "cities1000.zip"
    path.write_bytes(zip_of({"cities1000.txt": TOWN * 3}))
    with pytest.raises(
        ValueError, match=r"cities1000\.zip has changed since it was fi"
    ):
        datasets.fetch_geonames(**how)
    path.with_name("cities1000.zip.sha256").unlink()
    assert len(datasets.fetch_geonames(**how).places) == 3


def test_archives_that_would_write_elsewhere(server, how, tmp_path):
    # One is read where it is, the other unpacked.
    evil = zip_of({"../../../evil_NYC.txt": "", "../dataset_TSMC2014_NYC.txt": CHECKIN})
    server.files["/data/dataset_tsmc2014.zip"] = evil
    assert len(datasets.fetch_foursquare_tsmc2014(**how).places) == 1
    tags = "id.userid.rawtags.txt"
    evil = tar_of({tags: "1\tu\tsea\n", f"../../../../{tags}": "1\tu\tsea\n"})
    server.files["/data/train1m-tag.tar.gz"] = evil
    with pytest.raises(ValueError, match="leads out of the folder"):
        datasets.fetch_flickr1m(**how)
    there = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert {name for name in there if name.endswith(".txt")} == set()


def test_a_download_goes_on(server, how):
    noise = np.random.default_rng(0).bytes(300_000).hex()
    data = zip_of({"cities1000.txt": TOWN, "noise": noise})
    path = "/data/cities1000.zip"
    server.files[path] = data
    server.plan[path] = [Answer(stop_after=200_000)]
    assert len(datasets.fetch_geonames(**how).places) == 1
    assert [served.status for served in server.served] == [200, 206]
    ended = time.monotonic() + 5.0
    while not server.served[1].n_bytes and time.monotonic() < ended:
        time.sleep(0.01)  # it counts what it has sent a moment after it is here
    assert server.served[1].n_bytes == len(data) - 3 * 65_536


def test_what_is_shown(server, how, capsys):
    datasets.fetch_geonames(**how)
    assert capsys.readouterr() == ("", "")
    shutil.rmtree(Path(datasets.get_data_home()) / "geonames")
    datasets.fetch_geonames(verbose=1, **how)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[0].startswith("cities1000.zip (")
    assert "cities1000.zip is there" in err


def test_another_data_home(server, how, tmp_path):
    datasets.fetch_geonames(data_home=tmp_path / "other", **how)
    assert (tmp_path / "other" / "geonames" / "cities1000.zip").exists()
    assert not (tmp_path / "home").exists()
    datasets.clear_data_home(tmp_path / "other")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("mirror", ["ftp://a/b", "/home/me/data", "", "example.org"])
def test_mirrors_that_are_no_addresses(server, mirror):
    with pytest.raises(ValueError, match=r"mirror=.*: use the address of a folder"):
        datasets.fetch_geonames(mirror=mirror)


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_retries": -1},
        {"n_retries": 1.5},
        {"delay": -0.1},
        {"verbose": "yes"},
        {"mirror": 5},
        {"data_home": 5},
        {"download_if_missing": 3},
        {"known_hash": 5},
    ],
)
def test_parameters_that_are_none(server, wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"The '{name}' parameter of fetch_geonames"):
        datasets.fetch_geonames(**wrong)
