# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A fitted wrapper as a folder, and what it wraps as a folder in that."""

from functools import partial
from inspect import signature
from pathlib import Path

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._file_lock import folder_locked
from sklearn_geo._settings import check_strictly
from sklearn_geo.geolocation._cell_regions import CALIBRATION
from sklearn_geo.geolocation._files import (
    WRONG,
    calibrated_by,
    changed,
    count,
    read_calibrated_by,
    read_feature_names,
)
from sklearn_geo.geolocation._plain_params import plain_params, read_params
from sklearn_geo.geolocation._set_once import SetOnce
from sklearn_geo.nets import (
    HeadsLoss,
    Store,
    Training,
    get_weights,
    net_from_weights,
    write_store,
)
from sklearn_geo.nets._history import history_columns, read_history
from sklearn_geo.nets._mapped_arrays import checksum
from sklearn_geo.nets._store_within import check_inner, free_folder, named_folder
from sklearn_geo.nets._stored_device import device_here, device_name
from sklearn_geo.nets._weights import check_weights

__all__ = ["StoredAlbums", "StoredTimes", "StoredWrapper"]

# The estimators that write themselves to a folder.
_STORED = (
    "AlbumGeolocator",
    "HierarchicalCellClassifier",
    "SceneNetworks",
    "TimeAdjustedGeolocator",
    "UserAveragingGeolocator",
)
_INSIDE, _MANIFEST = "estimator", "manifest.json"
_FIELD = "estimator_folder"
# Wrappers in one another. scikit-learn prints each four times for the one around it:
# five take a second, ten an hour, and sixty more than Python calls in one another.
_DEEPEST = 5
# Parameters that are no plain values.
_NO_VALUES = ("estimator", "cv", "random_state")


class StoredWrapper(SetOnce):
    """Mixin of wrappers that are written to a folder, with what they wrap.

    A subclass names in `_learnt` what its `fit` sets beside `estimator_` and `net_`:
    numbers and arrays. One with a network says by `_network_parts(weights, tables)`
    what makes it and its loss.
    """

    _learnt: tuple = ()
    # Those of them that are not set where nothing is judged, as in the paper.
    _judged: tuple = ()

    def save_pretrained(self, folder):
        """Write the fitted estimator to a folder, as JSON and safetensors.

        The wrapped estimator goes to the folder `estimator` in it, by its own
        `save_pretrained`; written over, to `estimator-2` and `estimator` by turns. It
        must be a `HierarchicalCellClassifier`, `SceneNetworks` or another wrapper, of
        which five at most are in one another: the steps of a pipeline are code, which
        is not stored. Settings that networks were made for have to be those of `fit`.

        Parameters
        ----------
        folder : str or path
            The folder; it is made if it is not there.
        """
        check_is_fitted(self)
        check_storable(self)
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with folder_locked(folder):
            self._save(folder)

    def _save(self, folder):
        """Write what is wrapped, and then what names it."""
        params = self.get_params(deep=False)
        params = plain_params({k: v for k, v in params.items() if k not in _NO_VALUES})
        if "device" in params:
            params["device"] = device_name(params["device"])
        inside = stored_estimator(self.estimator_)
        within = free_folder(folder, _INSIDE, _FIELD)
        inside.save_pretrained(folder / within)
        names = getattr(self, "feature_names_in_", None)
        content = {
            "params": params,
            "estimator": type(inside).__name__,
            _FIELD: within,
            "estimator_checksum": _checksum_inside(folder / within),
            "n_features": getattr(self, "n_features_in_", None),
            "feature_names": names,
            "seed": getattr(self, "_seed", None),
            "calibrated_by": calibrated_by(self),
        }
        tables = {
            name: np.asarray(getattr(self, name))
            for name in (*CALIBRATION, *self._learnt)
            if getattr(self, name, None) is not None
        }
        tables |= self._more_tables()
        blocks = {"tables": tables}
        if hasattr(self, "net_"):
            tables |= history_columns(self.history_)
            blocks["network"] = get_weights(self.net_)
        write_store(folder, type(self).__name__, content, blocks)

    @classmethod
    def from_pretrained(cls, folder, *, backbone=None, scene_estimator=None):
        """Read an estimator that :meth:`save_pretrained` has written.

        Parameters
        ----------
        folder : str or path
            The folder. Nothing in it is run, and the arrays are checked.

        backbone : callable, default=None
            What made the backbone of the classifier inside, if it has one: it is code,
            so it is not stored.

        scene_estimator : estimator, default=None
            The fitted estimator that says scenes, if there are scene networks inside
            that had one.

        Returns
        -------
        model : estimator
            A fitted estimator that predicts as the saved one did. Its `estimator` is
            the fitted one, frozen, and its `cv` is "prefit".
        """
        more = {"backbone": backbone, "scene_estimator": scene_estimator}
        return cls._read(folder, more, 1)

    @classmethod
    def _read(cls, folder, more, depth):
        """Read a wrapper that is in `depth - 1` others."""
        store = Store(folder, kind=cls.__name__)
        content = store.content
        try:
            params = read_params(content["params"])
            if "device" in params:
                params["device"] = device_here(params["device"], stacklevel=4)
            wrapped = str(content["estimator"])
            path = Path(folder) / _named(content, folder)
            _check_inside(folder, path, wrapped, content["estimator_checksum"])
        except WRONG as error:
            raise changed(folder, error) from error
        inside = _read_inside(folder, path, wrapped, more, depth)
        tables = store.load("tables")
        try:
            model = cls(FrozenEstimator(inside), **params, cv="prefit")
            check_strictly(model)
            model._restore(content, tables)
        except WRONG as error:
            raise changed(folder, error) from error
        if "network" in store.names:
            model._restore_network(store.load("network"), tables, folder)
        elif hasattr(model, "_network_parts"):
            raise changed(folder, "it has no network")
        return model

    def _more_tables(self):
        """Return arrays of what is learnt that is no attribute."""
        return {}

    def _restore(self, content, tables):
        """Set what `fit` sets, but for the network."""
        if content["n_features"] is not None:
            self.n_features_in_ = count(content, "n_features")
        read_feature_names(self, content["feature_names"])
        if content["seed"] is not None:
            self._seed = count(content, "seed")
        self._take(self.estimator)
        read_calibrated_by(self, content)
        for name in (*CALIBRATION, *self._learnt):
            if name in tables:
                value = tables[name]
                # Where nothing was held out, nothing is known of a gain.
                known = value.dtype.kind != "f" or np.isfinite(value).all()
                if not known and name != "held_out_gain_":
                    raise ValueError(f"{name} holds numbers that are not finite")
                setattr(self, name, value if value.ndim else value.item())
            elif name in self._learnt and (
                name not in self._judged or self.preset is None
            ):
                raise ValueError(f"it does not say its {name}")

    def _restore_network(self, weights, tables, folder):
        try:
            module, criterion = self._network_parts(weights, tables)
            history = read_history(tables)
            check_weights(weights, module)
            net = net_from_weights(
                module,
                criterion,
                weights,
                training=Training.of(self, **_fixed(self)),
                seed=self._seed,
            )
        except WRONG as error:
            raise changed(folder, error) from error
        net.history.extend(history)
        self._take_net(net)
        self._keep_settings()


class StoredTimes(StoredWrapper):
    """How :class:`TimeAdjustedGeolocator` is stored."""

    _learnt = (
        "strength_",
        "held_out_gain_",
        "metadata_mean_",
        "metadata_scale_",
        "left_out_",
    )
    _judged = ("strength_", "held_out_gain_")

    def _more_tables(self):
        if self.preset == "paper":
            return {}
        return {"penalty": np.asarray(self.net_.criterion_.shrinkage)}

    def _network_parts(self, weights, tables):
        from sklearn_geo.geolocation._time_network import (
            CorrectionLoss,
            TimeCorrection,
            paper_network,
        )

        n_cells, n_metadata = len(self.cell_places_), len(self.metadata_mean_)
        if self.preset == "paper":
            n_inputs = n_cells + 4 + n_metadata
            network = paper_network(n_inputs, n_cells, tuple(self.hidden), self.dropout)
            return network, HeadsLoss
        metadata = weights.get("metadata.reference", np.zeros((1, n_metadata)))
        network = partial(
            TimeCorrection,
            weights["time.reference"],
            self.cell_places_,
            np.exp(weights["log_share"]),
            metadata,
        )
        return network, partial(CorrectionLoss, float(tables["penalty"]))


class StoredAlbums(StoredWrapper):
    """How :class:`AlbumGeolocator` is stored."""

    _learnt = ("cell_shares_", "corrects_", "held_out_gain_", "left_out_")

    def _network_parts(self, weights, tables):
        if len(self.cell_shares_) != len(self.cell_places_):
            raise ValueError(
                f"it knows {len(self.cell_shares_)} cells, and what it wraps "
                f"{len(self.cell_places_)}"
            )
        if not (self.cell_shares_ > 0).all():
            raise ValueError("cell_shares_ holds a share of nothing")
        return self._module(), self._criterion()


def check_storable(model):
    """Refuse what cannot be written, or read again, before anything is."""
    depth, around = 0, []
    while isinstance(model, StoredWrapper):
        depth += 1
        around.append(model)
        model = stored_estimator(model.estimator_)
    if depth > _DEEPEST:
        raise ValueError(
            f"There are {depth} wrappers in one another, and {_DEEPEST} at most are "
            "stored. Wrap what is inside fewer times."
        )
    for each in (*around, model):
        each._check_storable()


def stored_estimator(estimator):
    """Return the estimator that can be written in the place of another.

    Parameters
    ----------
    estimator : estimator
        Fitted. Frozen ones, searches and pipelines of one step are what they hold.

    Returns
    -------
    estimator
        One with `save_pretrained`.
    """
    import sklearn_geo.geolocation as room

    while True:
        inside = getattr(estimator, "best_estimator_", None)
        if isinstance(estimator, FrozenEstimator):
            inside = estimator.estimator
        elif isinstance(estimator, Pipeline):
            steps = [step for _, step in estimator.steps if not _does_nothing(step)]
            if len(steps) > 1:
                names = ", ".join(type(step).__name__ for step in steps[:-1])
                raise ValueError(
                    f"The wrapped estimator is a Pipeline with {names}, which cannot "
                    "be stored: steps are code. Transform X before the wrapper, fit "
                    'the last step on that, wrap it with cv="prefit" and save this; '
                    "or pickle the whole with joblib.dump, to be read where it is "
                    "trusted."
                )
            inside = steps[-1]
        if inside is None:
            break
        estimator = inside
    name = type(estimator).__name__
    if name not in _STORED or type(estimator) is not getattr(room, name, None):
        raise ValueError(
            f"The wrapped estimator is a {name}, which cannot be stored. Wrap one of "
            f"{', '.join(_STORED)}; or pickle the whole with joblib.dump, to be read "
            "where it is trusted."
        )
    return estimator


def _does_nothing(step):
    return step is None or (isinstance(step, str) and step == "passthrough")


def _fixed(model):
    """Return settings that are "auto" until a training is begun."""
    fixed = {"early_stopping": False}
    defaults = Training()
    for name in ("learning_rate_init", "batch_size", "max_iter"):
        if getattr(model, name, None) == "auto":
            fixed[name] = getattr(defaults, name)
    return fixed


def _named(content, folder):
    try:
        return named_folder(content, _INSIDE, _FIELD)
    except ValueError as error:
        raise changed(folder, str(error)) from error


def _checksum_inside(path):
    return checksum((path / _MANIFEST).read_bytes())


def _check_inside(folder, path, name, digest):
    """Refuse a wrapped estimator that is not the one that was written here."""
    if name not in _STORED:
        raise changed(folder, f"it wraps a {name!r:.60}, which is never stored")
    check_inner(path)
    Store(path, kind=name)  # says what is wrong with it
    if _checksum_inside(path) != digest:
        raise changed(
            folder, f"{path} holds another {name} than the one that was written with it"
        )


def _read_inside(folder, path, name, more, depth):
    import sklearn_geo.geolocation as room

    cls = getattr(room, name)
    if issubclass(cls, StoredWrapper):
        if depth == _DEEPEST:
            raise ValueError(
                f"{path} is a wrapper within {depth} others. No more than {_DEEPEST} "
                "in one another are read."
            )
        return cls._read(path, more, depth + 1)
    takes = signature(cls.from_pretrained).parameters
    more = {key: value for key, value in more.items() if value is not None}
    for key in more:
        if key not in takes:
            raise ValueError(
                f"{folder} wraps a {name}, which takes no {key}. Leave it out."
            )
    return cls.from_pretrained(path, **more)
