# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What networks learnt about places, where there is no torch."""

from sklearn.base import _fit_context

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo.base import GeoEstimator
from sklearn_geo.context._numpy_forward import NumpyModules
from sklearn_geo.context._pretrained import load_zones
from sklearn_geo.context._zone_reader import ZoneReader
from sklearn_geo.context._zones import Zones

__all__ = ["NumpyContextEncoder"]


class NumpyContextEncoder(ZoneReader, GeoEstimator):
    """Encode places by a zone store, without torch.

    Reads what :meth:`GPS2VecPlusTransformer.save_pretrained` has written, and says of
    places what :class:`GPS2VecPlusTransformer` says of them. Its networks are run by
    numpy, so that neither torch nor skorch has to be installed; it cannot learn.

    Parameters
    ----------
    pretrained : str or path
        Folder or address of the store. An address (``https://...``) needs ``pip install
        'sklearn-geo[data]'``; zones are fetched from there when they are needed.

    revision : str, default=None
        Folder within it that holds the version wanted, such as ``"v2"``.

    output_layer : "softmax" or int, default="softmax"
        What :meth:`transform` gives: the distributions of the contexts, or the values
        of a hidden layer of every trunk, counted from 1.

    append_location : bool, default=False
        Append a one-hot of the UTM zones of the training places.

    missing_zone : str, default="fallback"
        What places get whose zone has no networks, or that lie in no cell:

        - "fallback": what networks of the whole globe say, if they were trained;
        - "nearest": what the nearest zone with networks says at its edge; with
          `blend_km`, others speak too, the less the farther they are than it;
        - "uniform": the same share for everything in a context;
        - "nan": NaN;
        - "error": an error.

    blend_km : float, default=None
        Let the networks of all zones within this distance speak of a place, each the
        less the farther its border is.

    max_loaded_zones : int, default=8
        How many zones are in memory at most.

    Attributes
    ----------
    contexts_ : dict of str to int
        Number of columns of each context.

    networks_ : tuple of tuple of str
        The contexts that share a trunk.

    zone_report_ : ndarray of shape (n_zones,)
        A row a zone with networks, with the fields "zone", "photos", "epochs",
        "held_out_kl" and "seconds".

    n_features_in_ : int
        Number of columns seen in :meth:`fit`: two, latitude and longitude.

    feature_names_in_ : ndarray of shape (2,)
        Names of these columns, if they are strings.

    See Also
    --------
    GPS2VecPlusTransformer : What trains and writes stores, and encodes places by torch.

    Notes
    -----
    Numbers are those of :class:`GPS2VecPlusTransformer` to a few units in the last
    place of single precision: products are added up in another order. Nothing in a
    store is run, and every file is checked before it is used.

    The package itself asks for torch when it is installed. ``pip install --no-deps
    sklearn-geo`` does not; numpy, scipy, scikit-learn, joblib and safetensors are then
    all that this class needs.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from sklearn_geo.context import GPS2VecPlusTransformer, NumpyContextEncoder
    >>> rng = np.random.default_rng(0)
    >>> places = rng.uniform([48.0, 7.0], [49.0, 11.0], (600, 2))
    >>> beach = (places[:, 1] < 9.0).astype(float)
    >>> teachers = np.column_stack([beach, 1.0 - beach])  # of the tags "beach", "alps"
    >>> learnt = GPS2VecPlusTransformer(
    ...     contexts={"tag": 2}, hidden=(32,), random_state=0
    ... ).fit(places, teachers)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     learnt.save_pretrained(folder)
    ...     # On another machine, or a phone:
    ...     encoder = NumpyContextEncoder.from_pretrained(folder)
    ...     said = encoder.transform([[48.5, 7.5], [48.5, 10.5]])
    >>> said.round(1)
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    >>> encoder.get_feature_names_out()
    array(['tag_0', 'tag_1'], dtype=object)
    """

    _parameter_constraints: dict = {
        **ZoneReader._parameter_constraints,
        "pretrained": "no_validation",  # a path or an address
        "revision": [str, None],
    }

    def __init__(
        self,
        pretrained=None,
        *,
        revision=None,
        output_layer="softmax",
        append_location=False,
        missing_zone="fallback",
        blend_km=None,
        max_loaded_zones=8,
    ):
        self.pretrained = pretrained
        self.revision = revision
        self.output_layer = output_layer
        self.append_location = append_location
        self.missing_zone = missing_zone
        self.blend_km = blend_km
        self.max_loaded_zones = max_loaded_zones

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Open the store; nothing is learnt from the places.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        y : None
            Ignored.

        Returns
        -------
        self : NumpyContextEncoder
            The encoder.
        """
        with all_or_nothing(self):
            self._read_places(X, reset=True)
            if self.pretrained is None:
                raise ValueError(
                    "pretrained=None: name the folder or address of a zone store, "
                    "which GPS2VecPlusTransformer.save_pretrained(folder) writes."
                )
            _, zones, _ = load_zones(
                self.pretrained, self.revision, self.max_loaded_zones, Zones
            )
            self._answer_from(zones)
        return self

    @classmethod
    def from_pretrained(cls, folder_or_url, revision=None, max_loaded_zones=8):
        """Open a store with the parameters that were saved with it.

        Parameters
        ----------
        folder_or_url : str or path
            Folder or address of the store.

        revision : str, default=None
            Folder within it that holds the version wanted, such as ``"v2"``.

        max_loaded_zones : int, default=8
            How many zones are in memory at most.

        Returns
        -------
        encoder : NumpyContextEncoder
            A fitted encoder.
        """
        stored, zones, names = load_zones(
            folder_or_url, revision, max_loaded_zones, Zones
        )
        params = {
            **{name: stored[name] for name in cls._get_param_names() if name in stored},
            "pretrained": folder_or_url,
            "revision": revision,
            "max_loaded_zones": max_loaded_zones,
        }
        return cls._of_store(folder_or_url, params, zones, names)

    def _what_runs(self):
        return NumpyModules
