#!/bin/sh
# Build the wheel, install it into an empty environment and import it there.
set -eu
BIN="$(pwd)/${VENV:-.venv}/bin"
ROOT="$(pwd)"
WORK="$(mktemp -d)"
trap 'rm -rf "$WORK"' EXIT

"$BIN/python" -m build --wheel --outdir "$WORK/dist" . >"$WORK/build.log" 2>&1 ||
    { cat "$WORK/build.log"; exit 1; }
"$BIN/python" -m venv "$WORK/empty"
"$WORK/empty/bin/python" -m pip install --quiet -c "$ROOT/constraints.txt" "$WORK"/dist/*.whl
cd "$WORK"
"$WORK/empty/bin/python" -W error - <<'PYTHON'
import sys

import numpy as np

import sklearn_geo

assert not {"torch", "pandas", "matplotlib"} & set(sys.modules)
assert "site-packages" in sklearn_geo.__file__, sklearn_geo.__file__
for name in sklearn_geo.__all__:
    getattr(sklearn_geo, name)
places = np.array([[48.137, 11.575], [51.5, -0.13]])
names = sklearn_geo.UTMOneHotEncoder().fit(places).inverse_transform(
    sklearn_geo.UTMOneHotEncoder().fit_transform(places)
)
assert [str(name) for name in np.ravel(names)] == ["32U", "30U"], names
photos = sklearn_geo.datasets.make_geotagged_photos(200, random_state=0)
assert photos.places.shape == (200, 2)
print(f"The wheel of sklearn_geo {sklearn_geo.__version__} imports and works.")
PYTHON
