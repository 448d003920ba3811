# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Run by tests as a process in which torch and skorch are not installed.

Encodes the places of a file by every zone store of a folder, and writes what they say
beside the stores.
"""

import pickle
import sys
from pathlib import Path


class NotInstalled:
    """Finds nothing where packages would be that are not there."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "skorch"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


if __name__ == "__main__":
    sys.meta_path.insert(0, NotInstalled())

    import numpy as np
    from sklearn.base import clone
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    import sklearn_geo.context
    from sklearn_geo.context import NumpyContextEncoder

    stores = Path(sys.argv[1])
    places = np.load(stores / "places.npy")
    for folder in sorted(path for path in stores.iterdir() if path.is_dir()):
        encoder = NumpyContextEncoder.from_pretrained(folder)
        said = encoder.transform(places)
        again = pickle.loads(pickle.dumps(encoder)).transform(places)
        pipeline = make_pipeline(FunctionTransformer(), clone(encoder))
        fitted = pipeline.fit_transform(places)
        for other in (again, fitted):
            if not np.array_equal(other, said, equal_nan=True):
                raise AssertionError(f"{folder.name}: a copy says something else")
        np.savez(
            folder.with_suffix(".npz"),
            said=said,
            names=encoder.get_feature_names_out().astype(str),
        )
    try:
        sklearn_geo.context.GPS2VecPlusTransformer  # noqa: B018
    except ModuleNotFoundError as error:
        print(error)
    print(sorted({"torch", "skorch"} & set(sys.modules)))
