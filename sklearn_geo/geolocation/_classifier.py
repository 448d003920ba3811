# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Features become a place by classification over the cells of several partitions."""

import numbers

from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._settings import check_strictly
from sklearn_geo.geolocation._cell_answers import CellAnswers
from sklearn_geo.geolocation._cell_training import CellTraining
from sklearn_geo.geolocation._combine import COMBINATIONS
from sklearn_geo.geolocation._examples import ExamplesMixin
from sklearn_geo.geolocation._files import load_classifier, save_classifier
from sklearn_geo.geolocation._inputs import read_inputs
from sklearn_geo.geolocation._levels import (
    are_fitted,
    is_of_cells,
    read_cells,
    read_partitions,
)
from sklearn_geo.geolocation._prediction import CellPredictor
from sklearn_geo.nets import TRAINING_CONSTRAINTS
from sklearn_geo.nets._mlp import ACTIVATIONS


class HierarchicalCellClassifier(
    CellTraining, CellAnswers, ExamplesMixin, CellPredictor
):
    r"""Predict where a photo was taken: classification over cells at several scales.

    The earth is cut into cells that hold similar numbers of training photos, in one
    partition or in several from coarse to fine. One network has a head, a softmax over
    the cells, for each partition. The finest cell is chosen by the product of the
    probabilities along its branch of the hierarchy, and answered with the mean of the
    training photos in it.

    Features can be anything: embeddings of images, words of a text (sparse), columns
    of a table. What the network makes of them also finds photos that look alike: see
    :meth:`index` and :meth:`retrieve`.

    Parameters
    ----------
    partitions : partition, list of partitions, CellHierarchy or None, default=None
        The cells, one partition or several from coarse to fine. They are cloned and
        fitted to the training places; one in a
        :class:`sklearn.frozen.FrozenEstimator` is taken as it is. None stands for the
        three of the paper, with limits scaled to the data (see Notes).

    hidden : tuple of int, default=()
        Widths of the layers that all heads share. () makes the heads linear.

    activation : {"relu", "tanh", "logistic", "gelu", "identity"}, default="relu"
        Activation of these layers.

    dropout : float, default=0.0
        Share of the outputs of these layers dropped in training.

    backbone : callable, default=None
        Makes a torch module that turns images into features, for X a batch of images.
        It takes floats in [0, 1] of shape (n, channels, height, width), and gives (n,
        d), or maps (n, d, h, w) that are averaged. None takes X as features.

    freeze_backbone : bool, default=False
        Train the heads only. Otherwise the backbone is trained with them.

    augment : bool, default=True
        Show random areas of the images, flipped at random, while training: at least
        70 % of an image, with a ratio of width to height between 3/4 and 4/3.

    image_size : int, default=224
        Height and width that images come to the backbone with.

    n_crops : int, default=1
        Number of square crops, evenly spaced along the longer side of an image, whose
        probabilities are averaged at prediction: 3 in the paper. Can be changed after
        `fit`.

    combine : {"product", "finest", "tree_sum"}, default="product"
        How the levels make one prediction:

        - "product": f*, the product of the levels' probabilities;
        - "finest": the head of the finest partition alone;
        - "tree_sum": there is one softmax, over the finest cells, and a coarser cell
          has the sum of the probabilities of the cells in it, in training too: levels
          never contradict each other.

        The first two can be changed after `fit`; regions ask to be calibrated again
        then.

    smoothing_km : float, default=None
        Distance over which the label of a cell spreads to others: their share falls to
        1 / e. None teaches the true cell alone.

    scene_weight : float, default=1.0
        Weight of the scenes' cross-entropy, if `fit` gets `scenes`.

    point : str, default="mean"
        The place that :meth:`predict` answers with:

        - "mean": the mean of the training places in the likeliest cell;
        - "center": the middle of the likeliest cell;
        - "median": the place with the smallest expected error;
        - "mode_within_km": the cell's place around which, within `point_km`, most
          probability lies;
        - "max_geoscore": the place with the largest expected GeoScore.

        The last three weigh the 256 likeliest cells. Can be changed after `fit`.

    point_km : float, default=25.0
        Radius of "mode_within_km".

    abstain_below : float, default=None
        :meth:`predict` answers NaN where the confidence is below this.

    calibration_fraction : float, default=0.1
        Share of the rows (or of users) that is held out, to calibrate
        :meth:`predict_region`. Users are held out whole if `fit` gets `groups`, and
        regions then keep their promise for new users, instead of for more photos of the
        same. None learns from all rows; regions then need :meth:`calibrate`.

    sampling_alpha : float or sequence of float, default=None
        Power of a cell's size in its chance of being drawn: 0 shows all finest cells
        alike, 1 or None the data as they are. Several, such as ``(0, 0.5, 1)``, take
        equal parts of the training one after the other.

    epoch_growth : float, default=None
        By how much every epoch is larger than the one before, 0.06 in the ICLR
        paper. None has epochs of all rows.

    epoch_rows_per_cell : int, default=200
        Rows a finest cell in the first epoch, if epochs grow.

    solver : {"adam", "adagrad", "sgd"}, default="adam"
        Optimizer of the network.

    learning_rate_init : float, default=0.01
        Learning rate of the first epoch.

    learning_rate_decay : float, default=1.0
        Factor on the learning rate after every `learning_rate_every` epochs.

    learning_rate_every : int, default=1
        Number of epochs between two steps of the learning rate.

    momentum : float, default=0.9
        Momentum of "sgd".

    weight_decay : float, default=0.0
        Strength of the L2 penalty.

    batch_size : int, default=200
        Rows of a step.

    max_iter : int, default=20
        Number of epochs, at most.

    tol : float, default=1e-4
        By how much the watched loss must fall to count as better.

    n_iter_no_change : int, default=3
        Training ends after so many epochs that were not better. None never does.

    early_stopping : "auto" or bool, default="auto"
        Watch the loss of a held-out share (besides the one for calibration), and keep
        the weights of the best epoch. "auto" does so for more than 10,000 rows. Photos
        of a user are held out together if `fit` gets `groups`.

    validation_fraction : float, default=0.1
        That share, of rows or of users.

    device : str, default="auto"
        "auto" is the first CUDA device if there is one, else the processor.

    mixed_precision : {"auto", "bfloat16", "float16"} or bool, default="auto"
        Halve the precision of products on an accelerator.

    verbose : int, default=0
        1 prints a line an epoch.

    warm_start : bool, default=False
        Go on with the cells and the network of the last `fit`. Pass the same rows (and
        groups), so that the same ones are held out; another `random_state` decides the
        order of rows, and not which are held out. What cells and network were made
        for (`partitions`, `hidden`, `activation`, `dropout`, "tree_sum", and all of
        `backbone` but `n_crops`) has to stay as it was; so it has in `partial_fit` and,
        but for `partitions`, in `save_pretrained`, which writes the fitted ones.

    random_state : int, RandomState instance or None, default=None
        Decides the held-out rows, the first weights and the order of rows, and seeds
        partitions that have no seed of their own.

    Attributes
    ----------
    partitions_ : list of partitions
        The fitted partitions, from coarse to fine.

    parents_ : list of ndarray of shape (n_fine_cells,)
        For each of them but the finest, the cell that each finest cell lies in; -1
        where it was dropped.

    n_cells_ : list of int
        Number of cells of each partition.

    cells_ : ndarray of shape (n_fine_cells,)
        The table of the finest cells.

    cell_names_ : ndarray of shape (n_fine_cells,)
        Their names.

    cell_places_ : ndarray of shape (n_fine_cells, 2)
        Where each finest cell is: the mean of its training places.

    left_out_ : ndarray of int
        Training rows that taught nothing, since their place lies in a dropped cell of
        the finest partition.

    scenes_ : ndarray of shape (n_scenes,) or None
        The scenes seen in `fit`.

    calibration_scores_ : ndarray of shape (n_held_out,) or None
        Tail masses of the true cells of held-out rows (-1 for those in no cell).

    calibration_groups_ : ndarray of int of shape (n_held_out,) or None
        Numbers of the groups of these rows. None if there were no groups, or nothing
        was held out.

    net_ : EstimatorNet
        The skorch net; `net_.module_` is the network.

    history_ : ndarray of shape (`n_iter_`,)
        A row an epoch: losses, learning rate, rows and seconds.

    n_iter_ : int
        Number of epochs.

    n_features_in_ : int
        Number of features seen in `fit`; of channels, for images.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of these features, if they are strings.

    See Also
    --------
    NeighborGeolocator : The place of the photos that look alike.
    PriorGeolocator : The place to bet on without looking.
    sklearn_geo.partition.S2Partition : Cells that follow the places.

    Notes
    -----
    **Prediction.** Section 3.4 of [1]_, in words and without an equation number; its
    Table 3 calls the rule f*. For a finest cell :math:`c` with ancestors
    :math:`a_l(c)` (or itself) in the coarser of :math:`L` partitions,

    .. math:: f^*(c) = p_L(c) \prod_{l=1}^{L-1} p_l(a_l(c)),

    each :math:`p_l` a softmax of its own. :meth:`predict_proba` normalises it over the
    finest cells. A partition that has dropped the ancestor of a cell says nothing about
    it: the other factors are then raised to :math:`L` over their number, so that the
    cell is judged by the geometric mean of what is known.

    **Loss.** The mean of the heads' cross-entropies (section 3.3), plus `scene_weight`
    times that of the scenes: the paper's multi-task network has the weight 1. A row
    teaches the heads whose partition kept its cell; if the finest did not, the row is
    left out.

    **Default partitions.** The paper has at least 50 photos in a cell and at most
    5000, 2000 and 1000, for 4,723,695 photos. For :math:`n` rows, or weights that add
    up to :math:`n`, these limits are multiplied by :math:`\sqrt{n / 4723695}`, rounded,
    and are 1 at least: cells and photos in a cell both grow as :math:`\sqrt n`.

    **The paper's training** of the heads on a pretrained backbone is ``solver="sgd",
    learning_rate_init=0.01, learning_rate_decay=0.5, learning_rate_every=5,
    weight_decay=1e-4, batch_size=128, max_iter=15, n_iter_no_change=None``.

    In scikit-learn's `cross_val_predict` with ``method="predict_proba"`` columns of y
    become labels, which makes no sense of places: loop over the folds instead, with
    frozen partitions, so that cells are the same in all of them.

    References
    ----------
    .. [1] E. Müller-Budack, K. Pustu-Iren and R. Ewerth, "Geolocation Estimation of
       Photos using a Hierarchical Model and Scene Classification", ECCV 2018.
    .. [2] J. M. Johns, J. Rounds and M. J. Henry, "Multi-modal geolocation estimation
       using deep neural networks", arXiv:1712.09458, 2017, appendix A.1 (class bias and
       growing epochs).

    Examples
    --------
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_geo.geolocation import HierarchicalCellClassifier
    >>> from sklearn_geo.partition import S2Partition
    >>> names = ["Oberhausen", "Neuhausen", "Unterhausen", "Villeneuve", "Villefort"]
    >>> places = [[51.5, 6.9], [47.7, 8.6], [48.4, 9.3], [44.2, 2.0], [44.4, 3.9]]
    >>> model = make_pipeline(
    ...     TfidfVectorizer(analyzer="char", ngram_range=(2, 3)),
    ...     HierarchicalCellClassifier(S2Partition(3, 1), random_state=0),
    ... )
    >>> model.fit(names, places).predict(["Hausen", "Ville"]).round(1)
    array([[49.2,  8.3],
           [44.3,  2.9]])
    """

    _parameter_constraints: dict = {
        **CellPredictor._parameter_constraints,
        **TRAINING_CONSTRAINTS,
        "partitions": "no_validation",  # see fit_levels
        "hidden": ["array-like"],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "dropout": [Interval(numbers.Real, 0, 1, closed="left")],
        "backbone": [callable, None],
        "freeze_backbone": ["boolean"],
        "augment": ["boolean"],
        "image_size": [Interval(numbers.Integral, 1, None, closed="left")],
        "n_crops": [Interval(numbers.Integral, 1, None, closed="left")],
        "combine": [StrOptions(set(COMBINATIONS))],
        "smoothing_km": [Interval(numbers.Real, 0, None, closed="neither"), None],
        "scene_weight": [Interval(numbers.Real, 0, None, closed="left")],
        "calibration_fraction": [Interval(numbers.Real, 0, 1, closed="neither"), None],
        "sampling_alpha": [
            Interval(numbers.Real, 0, None, closed="left"),
            "array-like",
            None,
        ],
        "epoch_growth": [Interval(numbers.Real, 0, None, closed="left"), None],
        "epoch_rows_per_cell": [Interval(numbers.Integral, 1, None, closed="left")],
        "early_stopping": ["boolean", StrOptions({"auto"})],
        "device": "no_validation",  # see choose_device
    }
    # A setting that this estimator does not offer.
    del _parameter_constraints["shuffle"]

    def __init__(
        self,
        partitions=None,
        *,
        hidden=(),
        activation="relu",
        dropout=0.0,
        backbone=None,
        freeze_backbone=False,
        augment=True,
        image_size=224,
        n_crops=1,
        combine="product",
        smoothing_km=None,
        scene_weight=1.0,
        point="mean",
        point_km=25.0,
        abstain_below=None,
        calibration_fraction=0.1,
        sampling_alpha=None,
        epoch_growth=None,
        epoch_rows_per_cell=200,
        solver="adam",
        learning_rate_init=0.01,
        learning_rate_decay=1.0,
        learning_rate_every=1,
        momentum=0.9,
        weight_decay=0.0,
        batch_size=200,
        max_iter=20,
        tol=1e-4,
        n_iter_no_change=3,
        early_stopping="auto",
        validation_fraction=0.1,
        device="auto",
        mixed_precision="auto",
        verbose=0,
        warm_start=False,
        random_state=None,
    ):
        self.partitions = partitions
        self.hidden = hidden
        self.activation = activation
        self.dropout = dropout
        self.backbone = backbone
        self.freeze_backbone = freeze_backbone
        self.augment = augment
        self.image_size = image_size
        self.n_crops = n_crops
        self.combine = combine
        self.smoothing_km = smoothing_km
        self.scene_weight = scene_weight
        self.point = point
        self.point_km = point_km
        self.abstain_below = abstain_below
        self.calibration_fraction = calibration_fraction
        self.sampling_alpha = sampling_alpha
        self.epoch_growth = epoch_growth
        self.epoch_rows_per_cell = epoch_rows_per_cell
        self.solver = solver
        self.learning_rate_init = learning_rate_init
        self.learning_rate_decay = learning_rate_decay
        self.learning_rate_every = learning_rate_every
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.device = device
        self.mixed_precision = mixed_precision
        self.verbose = verbose
        self.warm_start = warm_start
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, scenes=None, groups=None):
        """Fit the partitions to places and the network to features.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_photos, n_features)
            Features. Memory maps and sparse matrices stay as they are. Several crops a
            photo, of shape (n_photos, n_crops, n_features), may be given here and at
            prediction: one of them is shown at random while training, and at
            prediction their probabilities are averaged. With a `backbone`, images of
            shape (n_photos, channels, height, width) or (n_photos, height, width,
            channels), bytes or floats in [0, 1].

        y : array-like of shape (n_photos, 2), or of int of shape (n_photos,) or \
                (n_photos, n_partitions)
            Latitude and longitude in degrees. If all partitions are frozen, integers
            are read as cells: the finest, or one column a partition; -1 is none.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts, in the partitions, in the means of cells and in
            the loss.

        scenes : array-like of shape (n_photos,) or (n_photos, n_scenes), default=None
            The scene of every photo, or probabilities of scenes: a head more for a
            multi-task network.

        groups : array-like of shape (n_photos,), default=None
            Whose photos they are: users are held out whole, to calibrate regions and
            to watch the loss. None holds out rows.

        Returns
        -------
        self : HierarchicalCellClassifier
            The fitted classifier.
        """
        go_on = self.warm_start and self.__sklearn_is_fitted__()
        with all_or_nothing(self):
            return self._learn(X, y, sample_weight, scenes, groups, go_on=go_on)

    @_fit_context(prefer_skip_nested_validation=False)
    def partial_fit(self, X, y, sample_weight=None, scenes=None):
        """Learn from some rows in one epoch.

        The first call makes the cells, so give it many rows, or frozen partitions.
        Nothing is held out, so that there are no groups to keep apart: call
        :meth:`calibrate` before :meth:`predict_region`.

        Parameters
        ----------
        X, y, sample_weight, scenes : as there
            As in :meth:`fit`.

        Returns
        -------
        self : HierarchicalCellClassifier
            The classifier.
        """
        # Once it is fitted, scikit-learn leaves this out of partial_fit.
        check_strictly(self)
        go_on = self.__sklearn_is_fitted__()
        with all_or_nothing(self):
            return self._learn(X, y, sample_weight, scenes, go_on=go_on, epochs=1)

    def save_pretrained(self, folder):
        """Write the fitted classifier to a folder, as JSON and safetensors.

        Parameters
        ----------
        folder : str or path
            The folder; it is made if it is not there. No sample of the training places
            is written, by which wrappers notice photos that taught the classifier: one
            that is read again does not know them.
        """
        check_is_fitted(self)
        save_classifier(self, folder)

    @classmethod
    def from_pretrained(cls, folder, *, backbone=None):
        """Read a classifier that :meth:`save_pretrained` has written.

        Parameters
        ----------
        folder : str or path
            The folder. Nothing in it is run, and the arrays are checked.

        backbone : callable, default=None
            What made the backbone, if there is one: it is code, so it is not stored.
            Its weights are.

        Returns
        -------
        model : HierarchicalCellClassifier
            A fitted classifier that predicts as the saved one did. Its `partitions`
            are the fitted ones, frozen.
        """
        return load_classifier(cls, folder, backbone)

    def predict_scene_proba(self, X):
        """Return the probabilities of scenes, if `fit` got `scenes`.

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

    @property
    def cells_(self):
        """The table of the finest cells."""
        return self.partitions_[-1].cells_

    @property
    def cell_names_(self):
        """Names of the finest cells."""
        return self.partitions_[-1].cell_names_

    def _read_features(self, X, reset=False):
        return read_inputs(self, X, reset=reset)

    def _read_y(self, y, X):
        """Return places and None, or None and y if it holds cells."""
        partitions = read_partitions(self.partitions, 1)
        if y is not None and are_fitted(partitions) and is_of_cells(y, partitions):
            check_consistent_length(X, y)
            return None, y
        return self._read_target(y, X), None

    def _true_cells(self, y, X):
        places, given = self._read_y(y, X)
        if given is not None:
            return read_cells(given, self.n_cells_, self.parents_)[:, -1], None
        return self.partitions_[-1].predict(places), places

    def __sklearn_is_fitted__(self):
        return hasattr(self, "net_")
