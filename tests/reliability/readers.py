# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Every reader of the package, with a small good set of files for it to read."""

import bz2
import gzip
import hashlib
import io
import json
import lzma
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from PIL import Image

from sklearn_geo import datasets
from sklearn_geo.datasets._unpack import unpacked
from sklearn_geo.inspection._land import lines_of, read_land
from sklearn_geo.inspection._thumbnails import pixels_of
from sklearn_geo.neighbors import GeoTagCorpus
from sklearn_geo.nets import Store
from sklearn_geo.nets._mapped_arrays import checksum
from sklearn_geo.partition import AreaPartition
from sklearn_geo.ranking import read_word_vectors
from sklearn_geo.reproduce._yfcc_photos import read_features
from sklearn_geo.vision import read_photo, read_scene_table
from sklearn_geo.vision._row_cache import RowCache
from tests.datasets import (
    test_flickr1m,
    test_foursquare,
    test_foursquare_tist2015,
    test_geonames,
    test_nus_wide,
)
from tests.datasets.written import photo_list, yfcc_line
from tests.reliability.archives import write_tar, write_zip
from tests.reliability.subjects import SUBJECTS, answers, but_promised, taught

__all__ = ["READERS", "Reader"]


@dataclass(frozen=True)
class Reader:
    """One reader.

    Parameters
    ----------
    name : str
        What it is called in tests.

    files : callable
        Returns a good set: names and bytes.

    read : callable
        Takes the folder in which the set lies, and reads all that can be read of it.

    sign : callable or None, default=None
        Puts checksums right after damage, so that what is behind them is attacked too.

    links : bool, default=True
        Whether links and pipes are put in the place of files. A user's own list of
        photos may be a link to wherever he likes.

    finite : bool, default=True
        Whether all numbers that are read are finite. Places of photos may be unknown.

    most : int, default=2**20 * 48
        How much memory reading may take whatever the files are. Pillow takes pictures
        of 89 million pixels, in three bytes each and copied once, without a warning.
    """

    name: str
    files: Callable
    read: Callable
    sign: Callable | None = None
    links: bool = True
    finite: bool = True
    most: int = 48 << 20

    def __str__(self):
        return self.name


def files_of(write):
    """Return the files that a function writes into a folder."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(Path(folder).rglob("*"))
            if path.is_file() and not path.name.endswith(".lock")
        }


def signed(files, rng):
    """Put names and checksums of stores right, as whoever writes a store could."""
    files = dict(files)
    for name in [n for n in files if n.endswith("manifest.json")]:
        try:
            manifest = json.loads(files[name])
            blocks = list(manifest["blocks"].values())
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
            continue
        folder = name.removesuffix("manifest.json")
        for entry in blocks:
            try:
                data = files[folder + entry["file"]]
                digest = checksum(data)
                before = folder + entry["file"]
                stem = entry["file"].rsplit("-", 1)[0]
            except (TypeError, KeyError, AttributeError):
                continue
            entry |= {"file": f"{stem}-{digest[:16]}.safetensors"}
            entry |= {"bytes": len(data), "checksum": digest}
            files[folder + entry["file"]] = files.pop(before)
        if json.loads(files[name]) != manifest:  # else it stays as strange as it is
            files[name] = json.dumps(manifest).encode()
    outer = files.get("manifest.json")
    inner = next((n for n in files if n.endswith("/manifest.json")), None)
    if isinstance(outer, bytes) and inner and isinstance(files[inner], bytes):
        digest = checksum(files[inner]).encode()
        for old in _digests(outer):
            outer = outer.replace(old, digest)
        files["manifest.json"] = outer
    return files


def _digests(manifest):
    """Yield what the manifest of a wrapper says of the store that lies in it."""
    try:
        content = json.loads(manifest)["content"]
        digest = content["estimator_checksum"]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return
    if isinstance(digest, str) and len(digest) == 64:
        yield digest.encode()


# Models -------------------------------------------------------------------------------


def _models():
    """Yield a reader for every estimator that is stored in a folder."""
    for subject in SUBJECTS:
        if not hasattr(subject.cls, "save_pretrained"):
            continue
        files = cache(
            lambda subject=subject: files_of(
                lambda folder: taught(subject).save_pretrained(folder)
            )
        )

        def read(folder, subject=subject):
            model = subject.cls.from_pretrained(folder)
            X = subject.rows(np.random.default_rng(1), 12)
            try:
                said = answers(subject, model, X)
            except ValueError as error:  # what it was made of may have other columns
                # In scikit-learn's words, which have the names of columns in them.
                words = str(error)[:1000]
                raise ValueError(f"{folder}, when asked: {words}") from error
            except TypeError as error:  # or name another column of X as a time
                if not str(error).startswith("times holds numbers, not times."):
                    raise
                raise ValueError(f"{folder}, when asked: {error}") from error
            said = {name: but_promised(model, name, said[name]) for name in said}
            if hasattr(model, "get_feature_names_out"):
                said["names"] = model.get_feature_names_out()
            return said

        yield Reader(f"model {subject}", files, read, signed)
    zones = next(s for s in SUBJECTS if s.name == "GPS2VecPlusTransformer")
    stored = cache(lambda: files_of(lambda at: taught(zones).save_pretrained(at)))
    X = zones.rows(np.random.default_rng(1), 12)

    def read_numpy(folder):
        from sklearn_geo import NumpyContextEncoder

        return _asked(NumpyContextEncoder.from_pretrained(folder), folder, X)

    def read_parameter(folder):
        return _asked(zones.cls(pretrained=str(folder)).fit(X), folder, X)

    def read_store(folder):
        store = Store(folder)
        return [store.load(name) for name in store.names]

    yield Reader("zones in numpy", stored, read_numpy, signed)
    yield Reader("zones by pretrained=", stored, read_parameter, signed)
    yield Reader("store", stored, read_store, signed, finite=False)

    def fit(folder, resume):
        rng = np.random.default_rng(0)
        rows = zones.rows(rng, 60)
        params = {"checkpoint_dir": folder, "resume": resume}
        return zones.make().set_params(**params).fit(rows, **zones.targets(rng, rows))

    def resume(folder):
        return fit(folder, True).transform(X)

    checkpoint = cache(lambda: files_of(lambda folder: fit(folder, False)))
    yield Reader("checkpoint", checkpoint, resume, signed)


def _asked(model, folder, X):
    """Return what zones say; the network of the whole globe may not be there."""
    try:
        return model.transform(X)
    except ValueError as error:
        if "needs the network of the whole globe" not in str(error):
            raise
        raise ValueError(f"{folder}, when asked: {error}") from error


# Cells --------------------------------------------------------------------------------


def _cells():
    """Yield a reader for every partition, as JSON and as CSV, and for areas."""
    for subject in SUBJECTS:
        if not hasattr(subject.cls, "load") or not hasattr(subject.cls, "save"):
            continue
        for suffix in ("json", "csv"):
            name = f"cells.{suffix}"
            files = cache(
                lambda subject=subject, name=name: files_of(
                    lambda folder: taught(subject).save(folder / name)
                )
            )

            def read(folder, subject=subject, name=name):
                cells = subject.cls.load(folder / name)
                X = subject.rows(np.random.default_rng(1), 12)
                said = {"cells": cells.cells_} | answers(subject, cells, X)
                said["names"] = cells.get_feature_names_out()
                return said

            yield Reader(f"partition {subject} {suffix}", files, read, links=False)
    square = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]
    hole = [[2, 2], [2, 4], [4, 4], [4, 2], [2, 2]]
    shapes = [
        {"type": "Polygon", "coordinates": [square, hole]},
        {"type": "MultiPolygon", "coordinates": [[[[20 + x, y] for x, y in square]]]},
    ]
    features = [
        {"type": "Feature", "id": i, "properties": {"name": f"n{i}"}, "geometry": shape}
        for i, shape in enumerate(shapes)
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    X = np.array([[1.0, 1.0], [3.0, 3.0], [5.0, 25.0], [50.0, 50.0]])

    def read_areas(folder):
        areas = AreaPartition(str(folder / "areas.geojson")).fit(X)
        return areas.transform(X), areas.cells_

    def land(folder):
        return list(lines_of(read_land(folder / "areas.geojson")))

    yield Reader("areas", lambda: {"areas.geojson": text}, read_areas, links=False)
    yield Reader("coastline", lambda: {"areas.geojson": text}, land, links=False)


# Published data -----------------------------------------------------------------------


def _written(write):
    return cache(lambda: files_of(write))


def _text(name, text, encoding="utf-8"):
    return lambda: {name: text.encode(encoding)}


def _nus_wide(folder):
    for split in ("train", "test", "all"):
        for name, text in test_nus_wide.names_of(split).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
    (folder / "Concepts81.txt").write_text("sky\nlake\nzebra\n")
    (folder / "TagList1k.txt").write_text("africa\nfilm\nred\nwater\n")
    (folder / "NUS-WIDE-geo-tags.txt").write_text(test_nus_wide.GEOTAGS)


def _flickr1m(folder):
    (folder / "id.userid.rawtags.txt").write_bytes(test_flickr1m.RAW.encode())
    (folder / "id.userid.lemmtags.txt").write_bytes(test_flickr1m.LEMM.encode())
    (folder / "flickr_geotags.txt").write_text(test_flickr1m.GEOTAGS)


YFCC = "\n".join(yfcc_line(id=str(i), marker=str(i % 2)) for i in range(8)) + "\n"


def _yfcc_database(folder):
    with sqlite3.connect(folder / "yfcc100m_dataset.sql") as database:
        rows = [line.split("\t") for line in YFCC.split("\n")[:-1]]
        names = ",".join(f"c{i}" for i in range(len(rows[0])))
        database.execute(f"CREATE TABLE yfcc100m_dataset ({names})")
        marks = ",".join("?" * len(rows[0]))
        database.executemany(f"INSERT INTO yfcc100m_dataset VALUES ({marks})", rows)
    database.close()


def _tables():
    """Yield a reader for every published format, alone and compressed."""
    frame = {"fields": "all", "as_frame": True}
    lists = "a/{0}1.jpg,{0}@N00,{0}.5,{0}4,1,2,3"
    lists = photo_list([lists.format(i) for i in range(1, 8)])
    placing = "".join(f"{i}\t{i:030x}\t13\t{i}\t1:a:b,2:c:d\n" for i in range(8))
    locale = "".join(f"{i:030x}\t0\t2015\t1\ta@b\t{i}\t3\n" for i in range(8))
    tags = "".join(f"{i}\tsea:0.5,a:1\n" for i in range(8))
    hashes = "".join(f"{i}\t{i:030x}\n" for i in range(8))
    towns = test_geonames.as_text(test_geonames.ROWS)
    visits = test_foursquare.as_text(test_foursquare.ROWS)
    zipped = write_zip([("yfcc100m_dataset-0", YFCC.encode())])
    load = datasets.load_yfcc100m
    for name, files, read in [
        ("YFCC100M", _text("yfcc100m_dataset-0", YFCC), partial(load, **frame)),
        ("YFCC100M zip", lambda: {"yfcc.zip": zipped}, load),
        ("YFCC100M SQLite", _written(_yfcc_database), load),
        ("placing 2016", _text("photos", placing), datasets.load_placing),
        ("placing 2015", _text("photos", locale), datasets.load_placing),
        ("MP-16", _text("mp16_places365.csv", lists), datasets.load_mp16),
        ("Im2GPS", _text("im2gps_places365.csv", lists), datasets.load_im2gps),
        ("Im2GPS3k", _text("im2gps3k_places365.csv", lists), datasets.load_im2gps3k),
        ("YFCC4k", _text("yfcc4k_places365.csv", lists), datasets.load_yfcc4k),
        ("YFCC26k", _text("yfcc25600_places365.csv", lists), datasets.load_yfcc26k),
        ("autotags", _text("tags", tags), datasets.load_yfcc100m_autotags),
        ("hashes", _text("hashes", hashes), datasets.load_yfcc100m_hashes),
        ("GeoNames", _text("cities1000.txt", towns), datasets.load_geonames),
        (
            "TSMC2014",
            _text("dataset_TSMC2014_NYC.txt", visits, "latin-1"),
            datasets.load_foursquare_tsmc2014,
        ),
        (
            "TIST2015",
            _written(test_foursquare_tist2015.write),
            datasets.load_foursquare_tist2015,
        ),
        ("Flickr1M", _written(_flickr1m), datasets.load_flickr1m),
        ("NUS-WIDE", _written(_nus_wide), datasets.load_nus_wide),
    ]:
        single = name.startswith(("placing", "autotags", "hashes"))

        (first, *_) = files()

        def whole(folder, read=read, single=single and first):
            return read(folder / single if single else folder)

        def skipping(folder, read=read, single=single and first):
            return read(folder / single if single else folder, errors="skip")

        yield Reader(name, files, whole, links=False, finite=False)
        yield Reader(f"{name} skip", files, skipping, links=False, finite=False)
    for suffix, pack in ((".gz", gzip), (".bz2", bz2), (".xz", lzma)):
        data = pack.compress(placing.encode())
        yield Reader(
            f"placing{suffix}",
            lambda data=data, suffix=suffix: {f"photos{suffix}": data},
            lambda at, suffix=suffix: datasets.load_placing(at / f"photos{suffix}"),
            links=False,
            finite=False,
        )


# The rest -----------------------------------------------------------------------------


def _corpus(folder):
    rng = np.random.default_rng(0)
    places = rng.uniform(-80, 80, (20, 2))
    tags = (rng.random((20, 5)) < 0.4).astype(float)
    GeoTagCorpus(places, tags, rng.random((20, 3)), rng.integers(4, size=20)).save(
        folder / "corpus"
    )


def _sign_corpus(files, rng):
    files, name = dict(files), "corpus/corpus.json"
    name = next((n for n in files if n.endswith(".json")), name)
    try:
        manifest = json.loads(files[name])
        for key, entry in manifest["arrays"].items():
            before = f"corpus/{entry['file']}"
            digest = hashlib.sha256(files[before]).hexdigest()
            entry |= {"sha256": digest, "file": f"{key}-{digest[:16]}.npy"}
            files[f"corpus/{entry['file']}"] = files.pop(before)
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return files
    return files | {name: json.dumps(manifest).encode()}


def _read_corpus(folder, mmap_mode="r"):
    corpus = GeoTagCorpus.load(folder / "corpus", mmap_mode=mmap_mode)
    near = corpus.index.nearest([[1.0, 2.0]], 2) if corpus.n_photos > 1 else ()
    return corpus.places, corpus.tags, corpus.features, near


SETTINGS, PROBE = {"layers": 1}, np.array([0.25, 0.75], dtype=np.float32)


def _row_cache(folder):
    rows = RowCache(folder, SETTINGS, PROBE)
    rows.add([bytes([i] * 16) for i in range(5)], np.eye(5, 2, dtype=np.float32))
    rows.flush()


def _read_rows(folder):
    rows = RowCache(folder, SETTINGS, PROBE)
    return [rows.get(bytes([i] * 16)) for i in range(5) if bytes([i] * 16) in rows]


def _sign_rows(files, rng):
    files = signed(files, rng)
    for name in [n for n in files if "rows-" in n and isinstance(files[n], bytes)]:
        folder = name.rsplit("/", 1)[0]
        data = files.pop(name)
        files[f"{folder}/rows-{checksum(data)[:16]}.safetensors"] = data
    return files


def _picture(kind, **how):
    rng = np.random.default_rng(0)
    out = io.BytesIO()
    image = Image.fromarray(rng.integers(0, 255, (24, 20, 3)).astype(np.uint8))
    image.save(out, kind, **how)
    return {f"photo.{kind.lower()}": out.getvalue()}


def _photos():
    """Yield a reader for pictures of every kind that cameras and the web have."""
    for kind in ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "PPM"):
        name = f"photo.{kind.lower()}"
        files = cache(lambda kind=kind: _picture(kind))
        yield Reader(
            f"photo {kind}",
            files,
            lambda at, name=name: read_photo(at / name),
            links=False,
            most=600 << 20,
        )
    yield Reader(
        "thumbnail",
        cache(lambda: _picture("PNG")),
        lambda at: pixels_of(at / "photo.png", 3),
        links=False,
        most=600 << 20,
    )


TREE = [("lists/tags.txt", b"a b c"), ("lists/deep/x.txt", b""), ("readme", b"words")]


def _read_archive(name, folder):
    made = unpacked(folder / name, max_bytes=1 << 20)
    return [path.read_bytes() for path in made.rglob("*") if path.is_file()]


def _features(folder):
    np.save(folder / "features.npy", np.ones((5, 3), dtype=np.float16))
    np.save(folder / "feature_ids.npy", np.arange(5))


def _others():
    vectors = "the 1.5 2.5 -1\nbeach 0 1e3 2\nnew york 1 1 1\n"
    scenes = ",kind,,place,\ncategory,in,out,home,work\n'/b/barn',0,1,1,1\n"
    scenes += "'/b/bar',1,0,,1\n'/c/cave',0,1,1,0\n"
    yield Reader("corpus", _written(_corpus), _read_corpus, _sign_corpus)
    yield Reader(
        "corpus in memory",
        _written(_corpus),
        lambda at: _read_corpus(at, None),
        _sign_corpus,
    )
    yield Reader("row cache", _written(_row_cache), _read_rows, _sign_rows)
    yield Reader(
        "word vectors",
        _text("vectors.txt", vectors),
        lambda at: read_word_vectors(at / "vectors.txt"),
        links=False,
    )
    packed = gzip.compress(vectors.encode())
    yield Reader(
        "word vectors gz",
        lambda: {"vectors.txt": packed},
        lambda at: read_word_vectors(at / "vectors.txt", ["beach", "new york"]),
        links=False,
    )
    yield Reader(
        "scene table",
        _text("scenes.csv", scenes),
        lambda at: read_scene_table(at / "scenes.csv"),
        links=False,
    )
    for name, data in [
        ("data.zip", write_zip(TREE)),
        ("data.tar", write_tar(TREE)),
        ("data.tar.gz", gzip.compress(write_tar(TREE))),
    ]:
        yield Reader(
            f"unpacking {name}",
            lambda name=name, data=data: {name: data},
            lambda at, name=name: _read_archive(name, at),
            links=False,
        )
    yield Reader(
        "features", _written(_features), read_features, links=False, finite=False
    )


def _all():
    for some in (_models, _cells, _tables, _photos, _others):
        yield from some()


READERS = list(_all())
