# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One classifier a scene concept: the paper's individual scene networks."""

import copy
import numbers

import numpy as np
from sklearn.base import _fit_context, clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._seeds import hand_down
from sklearn_geo._settings import check_strictly
from sklearn_geo.geolocation._classifier import HierarchicalCellClassifier
from sklearn_geo.geolocation._combine import softmax
from sklearn_geo.geolocation._held_out import calibration_rows, read_groups
from sklearn_geo.geolocation._masks import add_known
from sklearn_geo.geolocation._prediction import CellPredictor, check_same_cells
from sklearn_geo.geolocation._scene_files import load_networks, save_networks
from sklearn_geo.geolocation._scenes import read_scenes, scene_columns, scene_report
from sklearn_geo.nets import draw_seed, rows_in_memory, whole_trainings
from sklearn_geo.nets._usual import usual_torch


class SceneNetworks(CellPredictor):
    r"""A cell classifier for each kind of scene: indoor, natural, urban.

    A common classifier is trained on all photos. For every scene, a copy of it is then
    trained further on the photos that show that scene with some probability; a photo
    may teach several. At prediction, a photo goes to the network of its likeliest
    scene, or to all of them, mixed by the probabilities of scenes.

    Parameters
    ----------
    classifier : HierarchicalCellClassifier or FrozenEstimator, default=None
        The common classifier. It is cloned and fitted; one that is fitted, in a
        :class:`sklearn.frozen.FrozenEstimator`, is taken as it is. None is a
        :class:`HierarchicalCellClassifier` with its defaults.

    scene_estimator : estimator, default=None
        Says which scene a photo shows, by `predict_proba`. It is cloned and fitted to
        (X, scenes), unless it is frozen. None lets the common classifier learn scenes
        beside the cells (a multi-task network) and say it.

    threshold : float, default=0.3
        A photo teaches the networks of the scenes whose probability is above this.

    routing : {"argmax", "soft"}, default="argmax"
        "argmax" asks the network of the likeliest scene; "soft" mixes what all of them
        say, by the probabilities of scenes. Can be changed after `fit`.

    max_iter : int, default=5
        Number of epochs that a copy is trained on, at most.

    learning_rate_init : float, default=0.001
        Learning rate of their first epoch.

    calibration_fraction : float, default=0.1
        Share of the rows that no network sees, to calibrate :meth:`predict_region`; of
        users, if `fit` gets `groups`. None learns from all rows. A frozen classifier
        has seen the rows it was fitted to: calibrate on others then.

    random_state : int, RandomState instance or None, default=None
        Decides the held-out rows, and what the classifier and the scene estimator leave
        to chance where their own `random_state` is None.

    Attributes
    ----------
    common_ : HierarchicalCellClassifier
        The classifier of all scenes.

    networks_ : list of HierarchicalCellClassifier
        One a scene; the common one where a scene has too few rows.

    scene_estimator_ : estimator or None
        What says scenes, if that is not `common_`.

    scenes_ : ndarray of shape (n_scenes,)
        The scenes.

    scene_report_ : ndarray of shape (n_scenes,)
        A row a scene: "scene" (its number), "n_rows" that taught its network,
        "n_epochs", and "loss", the training loss of the last one (NaN without).

    cell_places_ : ndarray of shape (n_fine_cells, 2)
        Where each finest cell is.

    n_features_in_ : int
        Number of features seen in `fit`.

    See Also
    --------
    HierarchicalCellClassifier : The classifier; with scenes, the multi-task network.

    Notes
    -----
    Sections 3.2 to 3.4 of [1]_. With probabilities :math:`s_k(x)` of scenes and
    :math:`p_k` the distribution over cells of the network of scene `k`, which has
    learnt from the photos with :math:`s_k(x) > \tau_S = 0.3`,

    .. math::
        p(c \mid x) = p_{\arg\max_k s_k(x)}(c \mid x) \quad\text{or}\quad
        p(c \mid x) = \sum_k s_k(x)\, p_k(c \mid x).

    The first is the paper's. It fine-tunes for 5 epochs with a learning rate of 0.001.
    A scene whose rows are fewer than two, or lie in one cell, keeps the common network.

    References
    ----------
    .. [1] E. Müller-Budack, K. Pustu-Iren and R. Ewerth, "Geolocation Estimation of
       Photos using a Hierarchical Model and Scene Classification", ECCV 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geolocation import HierarchicalCellClassifier, SceneNetworks
    >>> from sklearn_geo.partition import S2Partition
    >>> rng = np.random.default_rng(0)
    >>> inside = np.arange(120) % 2 == 0
    >>> look = rng.choice([-1.0, 1.0], size=120)
    >>> X = np.column_stack([inside, look])
    >>> # Indoors a look means north, outdoors it means south.
    >>> y = np.column_stack([np.where(inside, look, -look) * 40, np.full(120, 10.0)])
    >>> model = SceneNetworks(
    ...     HierarchicalCellClassifier(S2Partition(60, 5), learning_rate_init=0.2),
    ...     max_iter=60, learning_rate_init=0.1, random_state=0,
    ... )
    >>> model.fit(X, y, scenes=np.where(inside, "indoor", "natural"))
    SceneNetworks(...)
    >>> model.predict([[1, 1], [0, 1]])
    array([[ 40.,  10.],
           [-40.,  10.]])
    """

    _parameter_constraints: dict = {
        "classifier": "no_validation",  # see _common
        "scene_estimator": "no_validation",
        "threshold": [Interval(numbers.Real, 0, 1, closed="left")],
        "routing": [StrOptions({"argmax", "soft"})],
        "max_iter": [Interval(numbers.Integral, 1, None, closed="left")],
        "learning_rate_init": [Interval(numbers.Real, 0, None, closed="neither")],
        "calibration_fraction": [Interval(numbers.Real, 0, 1, closed="neither"), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        classifier=None,
        *,
        scene_estimator=None,
        threshold=0.3,
        routing="argmax",
        max_iter=5,
        learning_rate_init=0.001,
        calibration_fraction=0.1,
        random_state=None,
    ):
        self.classifier = classifier
        self.scene_estimator = scene_estimator
        self.threshold = threshold
        self.routing = routing
        self.max_iter = max_iter
        self.learning_rate_init = learning_rate_init
        self.calibration_fraction = calibration_fraction
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, scenes=None, groups=None):
        """Fit the common classifier, and one for each scene.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_photos, n_features)
            Features, or whatever the classifier takes.

        y : array-like of shape (n_photos, 2)
            Latitude and longitude in degrees, or cells, as the classifier takes them.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts.

        scenes : array-like of shape (n_photos,) or (n_photos, n_scenes), default=None
            The scene of every photo, or probabilities of scenes. None asks the
            `scene_estimator`, which has to be frozen then.

        groups : array-like of shape (n_photos,), default=None
            Whose photos they are: users are held out whole, to calibrate regions and
            to watch the loss of networks. None holds out rows.

        Returns
        -------
        self : SceneNetworks
            The fitted networks.
        """
        with all_or_nothing(self):
            seed = draw_seed(self.random_state)
            model, is_frozen = self._common(seed)
            given, X = X, model._read_features(X, reset=not is_frozen)
            weights = self._read_weights(sample_weight, X)
            weights = np.ones(X.shape[0]) if weights is None else np.array(weights)
            groups = read_groups(groups, X.shape[0])
            held_out = self._hold_out(weights, seed, groups)
            weights[held_out] = 0.0
            self.scene_estimator_, scenes = self._fit_scene_estimator(
                X, scenes, weights, seed
            )
            self.scenes_, target = read_scenes(scenes, X.shape[0])
            taught = scenes if self.scene_estimator_ is None else None
            if is_frozen and taught is not None and model.scenes_ is None:
                raise ValueError(
                    "The frozen classifier has learnt no scenes, so it cannot say "
                    "which network a photo goes to. Pass scene_estimator=, or a "
                    "classifier that was fitted with scenes."
                )
            if not is_frozen:
                model.fit(given, y, sample_weight=weights, scenes=taught, groups=groups)
            self._check_scenes(model, names=target.ndim == 1)
            self._take_common(model)
            cells, places = self._true_cells(y, X)
            # Who interrupts wants no other network to be trained for long either.
            stopped = not is_frozen and model.net_.interrupted_
            self.networks_, rows = [], []
            for proba in scene_columns(target, len(self.scenes_)):
                own = np.where(proba > self.threshold, weights, 0.0)
                network = None
                inside = cells[(own > 0.0) & (cells >= 0)]
                if len(np.unique(inside)) > 1 and not stopped:
                    network = self._fine_tuned(given, y, own, taught, groups)
                    stopped = network.net_.interrupted_
                self.networks_.append(model if network is None else network)
                rows.append((len(inside), network))
            self.scene_report_ = scene_report(rows)
            self._forget_calibration()
            if len(held_out):
                places = None if places is None else places[held_out]
                users = None if groups is None else groups[held_out]
                self._calibrate(X[held_out], cells[held_out], places, users=users)
        return self

    def predict_scene_proba(self, X):
        """Return the probabilities of scenes that photos are routed by.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_photos, n_features)
            Features.

        Returns
        -------
        proba : ndarray of shape (n_photos, n_scenes)
            In the order of `scenes_`.
        """
        check_is_fitted(self)
        return self._scene_proba(self._read_features(X))

    def save_pretrained(self, folder):
        """Write the fitted networks to a folder, as JSON and safetensors.

        Parameters
        ----------
        folder : str or path
            The folder; it is made if it is not there. A `scene_estimator` is not
            stored.
        """
        check_is_fitted(self)
        save_networks(self, folder)

    @classmethod
    def from_pretrained(cls, folder, *, backbone=None, scene_estimator=None):
        """Read networks that :meth:`save_pretrained` has written.

        Parameters
        ----------
        folder : str or path
            The folder. Nothing in it is run, and the arrays are checked.

        backbone : callable, default=None
            What made the backbone of the classifier, if it has one.

        scene_estimator : estimator, default=None
            The fitted estimator that says scenes, if they had one.

        Returns
        -------
        model : SceneNetworks
            Fitted networks that predict as the saved ones did.
        """
        return load_networks(cls, folder, backbone, scene_estimator)

    @property
    def cells_(self):
        """The table of the finest cells."""
        return self.common_.cells_

    @property
    def partitions_(self):
        """The fitted partitions, from coarse to fine."""
        return self.common_.partitions_

    @property
    def cell_names_(self):
        """Names of the finest cells."""
        return self.common_.cell_names_

    @property
    def point(self):
        """How the classifier makes places of probabilities."""
        return self._settings().point

    @property
    def point_km(self):
        """The radius that `point` may need."""
        return self._settings().point_km

    @property
    def abstain_below(self):
        """The confidence below which there is no answer."""
        return self._settings().abstain_below

    def _settings(self):
        model = self.__dict__.get("common_", self.classifier)
        if isinstance(model, FrozenEstimator):
            model = model.estimator
        return HierarchicalCellClassifier() if model is None else model

    def _common(self, seed):
        """Return the classifier to fit, or the fitted one, and whether it is fitted."""
        model = self.classifier
        is_frozen = isinstance(model, FrozenEstimator)
        if is_frozen:
            model = model.estimator
            check_is_fitted(model)
        elif model is None:
            model = HierarchicalCellClassifier()
        if not isinstance(model, HierarchicalCellClassifier):
            raise TypeError(
                "classifier must be a HierarchicalCellClassifier, or one in a "
                f"FrozenEstimator; got a {type(model).__name__}."
            )
        if not is_frozen:
            # What is held out is held out from all networks, here.
            model = clone(model).set_params(calibration_fraction=None, warm_start=False)
            hand_down(model, seed)
        return model, is_frozen

    def _hold_out(self, weights, seed, groups):
        if self.calibration_fraction is None:
            return np.zeros(0, dtype=np.intp)
        counted = np.flatnonzero(weights)
        return calibration_rows(counted, self.calibration_fraction, seed, groups)[1]

    def _fit_scene_estimator(self, X, scenes, weights, seed):
        """Return what says scenes (None for the common classifier), and scenes."""
        estimator = self.scene_estimator
        if estimator is None:
            if scenes is None:
                raise ValueError(
                    "scenes are missing: pass scenes= to fit, one label or one row of "
                    "probabilities a photo, or a frozen scene_estimator."
                )
            return None, scenes
        if not isinstance(estimator, FrozenEstimator):
            if scenes is None:
                raise ValueError(
                    "scenes are missing: pass scenes= to fit, or freeze the "
                    "scene_estimator if it is fitted."
                )
            classes, target = read_scenes(scenes, X.shape[0])
            labels = target if target.ndim == 1 else target.argmax(axis=1)
            rows = np.flatnonzero(weights)
            never = np.setdiff1d(np.arange(len(classes)), labels[rows])
            if len(never):
                raise ValueError(
                    f"scenes: {classes[never].tolist()} are nobody's likeliest scene, "
                    "so that scene_estimator cannot learn them. Leave them out."
                )
            estimator = hand_down(clone(estimator), seed)
            with whole_trainings():
                counted = {}
                if has_fit_parameter(estimator, "sample_weight"):
                    counted["sample_weight"] = weights[rows]
                estimator.fit(X[rows], classes[labels[rows]], **counted)
        return estimator, estimator.predict_proba(X) if scenes is None else scenes

    def _check_scenes(self, model, *, names):
        """Refuse to route photos by other scenes than there are networks of."""
        router, name = self.scene_estimator_, "scene_estimator"
        known = getattr(router, "classes_", None)
        if router is None:
            known, name = model.scenes_, "the frozen classifier"
        if known is None:
            return
        known, own = np.asarray(known), np.asarray(self.scenes_)
        if known.dtype.kind in "iu" and np.array_equal(known, np.arange(len(known))):
            names = False  # it says their positions
        if len(known) != len(own) or (names and not (known == own).all()):
            raise ValueError(
                f"scenes: fit has {own.tolist()}, and {name} knows {known.tolist()}, "
                "so photos would go to networks of other scenes. Both have to be the "
                "same, in one order."
            )

    def _take_common(self, model):
        self.common_ = model
        for name in ("n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
            if hasattr(model, name):
                setattr(self, name, getattr(model, name))
        self.cell_places_ = model.cell_places_
        self.n_cells_ = model.n_cells_

    def _fine_tuned(self, X, y, weights, scenes, groups):
        """Return a copy of the common classifier that is trained further."""
        if groups is not None and len(np.unique(groups[weights > 0.0])) < 2:
            groups = None  # nobody else is there whose loss could be watched
        with usual_torch():  # copies made for inference could not be trained
            network = copy.deepcopy(self.common_)
        network.net_.history.clear()
        network.set_params(
            warm_start=True,
            calibration_fraction=None,
            max_iter=self.max_iter,
            learning_rate_init=self.learning_rate_init,
        )
        return network.fit(X, y, sample_weight=weights, scenes=scenes, groups=groups)

    def __sklearn_is_fitted__(self):
        # A fit that fails may have seen X, but it has learnt nothing.
        return hasattr(self, "calibration_scores_")

    def _read_features(self, X):
        return self.common_._read_features(X)

    def _true_cells(self, y, X):
        return self.common_._true_cells(y, X)

    def _scene_proba(self, X):
        if self.scene_estimator_ is None:
            return self.common_._scene_proba(X)
        return np.asarray(self.scene_estimator_.predict_proba(X), dtype=np.float64)

    def _answered_by(self):
        inside = self.common_._answered_by()
        own = {f"classifier__{name}": value for name, value in inside.items()}
        return super()._answered_by() | own

    def _check_storable(self):
        """Refuse what could not be read again as what it is, before it is written."""
        check_strictly(self)
        for network in (self.common_, *self.networks_):
            network._check_storable()

    def _log_scores(self, X, known):
        soft = self.routing == "soft"

        def said(network, part):
            scores = network._log_scores(part, None)
            # In double precision, that what one network holds unlikely keeps its order.
            return _proba(scores) if soft else scores

        for rows, scores in self._mixed(X, said):
            if soft:
                np.maximum(scores, np.finfo(np.float64).tiny, out=scores)
                np.log(scores, out=scores)
            add_known(scores, known, rows)
            yield rows, scores

    def _level_proba(self, X, level):
        return self._mixed(X, lambda network, part: network._level_proba(part, level))

    def _mixed(self, X, proba_of):
        """Yield slices of rows, and what the networks say of them together."""
        check_same_cells(self.common_, self.cell_places_, "Fit the networks again too.")
        for network in self.networks_:  # which answer as the common one is set to
            network.combine = self.common_.combine
            network.n_crops = self.common_.n_crops
        row_bytes = 3 * 8 * sum(self.n_cells_)
        size = rows_in_memory(row_bytes, X.shape[0])
        for rows in gen_batches(X.shape[0], size):
            part = X[rows]
            scenes = self._scene_proba(part)
            if self.routing == "argmax":
                scenes = scenes == scenes.max(axis=1, keepdims=True)
                # The first of equals.
                scenes = scenes & (np.cumsum(scenes, axis=1) == 1)
            total = None
            for number, network in enumerate(self.networks_):
                at = np.flatnonzero(scenes[:, number])
                if not len(at):
                    continue
                said = np.concatenate([p for _, p in proba_of(network, part[at])])
                if total is None:
                    total = np.zeros((part.shape[0], said.shape[1]), dtype=said.dtype)
                total[at] += scenes[at, number, np.newaxis].astype(said.dtype) * said
            yield rows, total


def _proba(parts):
    return ((rows, softmax(scores.astype(np.float64))) for rows, scores in parts)
