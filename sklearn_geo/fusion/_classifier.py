# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""AttentionFusionClassifier: several representations of a row become its labels."""

import numpy as np
from scipy import sparse
from scipy.special import expit, softmax
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.metrics import accuracy_score
from sklearn.utils._param_validation import StrOptions

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._labels import class_array
from sklearn_geo._numbers import naming
from sklearn_geo._same_names import same_names
from sklearn_geo._tables import reject_unread
from sklearn_geo.fusion._base import FusionBase
from sklearn_geo.fusion._calibration import calibrated, fit_calibration
from sklearn_geo.fusion._labels import LabelReader, refuse_lists, refuse_missing
from sklearn_geo.fusion._truth import read_truth
from sklearn_geo.metrics import macro_average_precision

__all__ = ["AttentionFusionClassifier"]


class AttentionFusionClassifier(ClassifierMixin, FusionBase):
    r"""Classify rows by several blocks of columns, each weighted by what it is worth.

    Where something is, what photos show there, what people tag there, and what is known
    of the thing itself: each of these is a block of columns. Every block has a small
    network of its own; what they say is weighted and joined, and the joined features
    are classified. This is the fusion of GPS2Vec+ [1]_, and works for any blocks.

    Labels are of one class a row (binary or multi-class) or of several (a 0/1
    indicator), as y says.

    Parameters
    ----------
    blocks : "auto", mapping of str to columns, or None, default="auto"
        Which columns belong together. "auto" reads it off the names of the columns,
        ``block__column``, that FeatureUnion and ColumnTransformer give with
        ``set_output(transform="pandas")``; columns without names are one block, with a
        warning. A mapping has the columns of each block: a slice, positions, names,
        patterns such as ``"tag_*"``, or a mask; :func:`blocks_of` makes one from a
        fitted union. None is one block.

    hidden : int, default=512
        Width of the sub-network of a block.

    block_hidden : mapping of str to int, default=None
        Widths of particular blocks. None is ``{"utm": 16}``, as in the paper.

    attention : {"type", "sample"} or None, default="type"
        What the weight of a block depends on: on the block alone, as in the paper; on
        the row as well; or on nothing, all being 1 (plain concatenation).

    aux_weight : float or mapping of str to float, default=1.0
        :math:`\lambda_k`, what the loss of each block alone counts. 0 has no auxiliary
        heads.

    missing_block : {"error", "mask"}, default="error"
        What NaN means: an error, or that the row misses the block. It is then left
        out of the row, and the weights of its other blocks grow to the same sum.

    scale : {"robust", "standard"} or None, default="robust"
        How columns are scaled before they are learnt from. "robust" takes the median
        off, divides by the distance of the quartiles and bends what is far out, so that
        counts with long tails do no harm; "standard" takes mean and standard deviation.
        Wide blocks are then held down, so that hundreds of columns do not drown a few:
        by 32 over the mean square of a row, if that is less than 1. Sparse blocks are
        divided by their largest size instead, and stay sparse.

    class_weight : "balanced", mapping, list of mappings or None, default=None
        Weights of classes. For several labels a row, of the 0 and the 1 of all labels
        or, in a list, of each. "balanced" lets all count the same in the sum.

    dropout : float, default=0.2
        Share of the outputs of the sub-networks dropped in training; 0 in the paper.

    calibrate : bool, default=False
        Correct probabilities on held-out rows: by a temperature for classes, by Platt's
        line for each of several labels.

    solver : {"adam", "adagrad", "sgd"}, default="adam"
        Optimizer.

    learning_rate_init : float, default=0.001
        Learning rate.

    momentum : float, default=0.9
        Momentum of "sgd".

    weight_decay : float, default=0.0
        Strength of the L2 penalty.

    batch_size : int, default=128
        Rows of a step.

    max_iter : int, default=60
        Number of epochs, at most.

    tol : float, default=1e-4
        By how much the watched loss must fall to count as better.

    n_iter_no_change : int, default=5
        Training ends after so many epochs that were not better. None never does.

    early_stopping : "auto" or bool, default="auto"
        Watch the loss of a held-out share, and keep the weights of the best epoch.
        "auto" does so from 1,000 rows on.

    validation_fraction : float, default=0.1
        That share.

    device : str, default="auto"
        "auto" is the first CUDA device if there is one, else the processor.

    mixed_precision : {"auto", "bfloat16", "float16"} or bool, default="auto"
        Halve the precision of products on an accelerator.

    verbose : int, default=0
        1 prints a line an epoch.

    warm_start : bool, default=False
        Go on with the network of the last `fit`; held-out rows are drawn as they were.

    random_state : int, RandomState instance or None, default=None
        Decides the held-out rows, the first weights and the order of rows.

    Attributes
    ----------
    attention_ : dict of str to float
        :math:`\alpha_k` of each block; with ``attention="sample"``, its weighted mean
        over the rows of `fit`.

    blocks_ : dict of str to ndarray of int
        The columns of each block.

    block_names_ : list of str
        Their names.

    classes_ : ndarray of shape (n_classes,)
        The classes; for several labels a row, their positions.

    label_names_ : list of str
        What classes or labels are called: the names of the columns of y, if it has any.

    calibration_ : tuple of ndarray or None
        Slope and shift of each output, if `calibrate`.

    net_ : EstimatorNet
        The skorch net; `net_.module_` is the network.

    history_ : ndarray of shape (`n_iter_`,)
        A row an epoch: losses, learning rate, rows and seconds.

    n_iter_ : int
        Number of epochs.

    n_features_in_ : int
        Number of features seen in `fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of these features, if they are strings.

    See Also
    --------
    AttentionFusionRegressor : The same for numbers.
    sklearn_geo.inspection.AttentionDisplay : Its weights as bars.

    Notes
    -----
    **Fusion.** Block :math:`k` has :math:`h_k = \operatorname{relu}(V_k x_k + c_k)`,
    and equation 4 of [1]_ joins

    .. math:: h = \alpha_1 h_1 \frown \alpha_2 h_2 \frown \dots \frown \alpha_K h_K

    (:math:`\frown` is concatenation; the paper prints the third summand twice as the
    fourth) with :math:`\alpha_k = \sigma(u \cdot e_k + u_0)`, where :math:`e_k` is the
    one-hot indicator of the block: one number a block, for all rows. With
    ``attention="sample"`` it is :math:`\sigma(u \cdot e_k + v_k \cdot h_k + u_0)`,
    another for each row. They begin at 1/2, and :math:`u` and :math:`u_0` learn ten
    times as fast as the rest: at the pace of the others they would hardly move before
    the others have fitted.

    **Loss.** Equation 5 of [1]_,

    .. math:: L = L(y, \phi(W h + b)) + \sum_k \lambda_k L(y, \phi(W_k h_k + b_k)),

    where :math:`\phi` is a sigmoid and the loss binary cross-entropy, averaged over the
    labels; for one class of more than two a row, a softmax and its cross-entropy.
    Predictions come from the main head, :math:`\phi(W h + b)`.

    **What is not the paper's** by default: the scaling, the dropout, the early stopping
    and batches of 128; ``scale=None, dropout=0, early_stopping=False, batch_size=32``
    is.

    **What the weights say.** :math:`\alpha_k` tells how much of :math:`h_k` is let
    through. The size of :math:`W` matters as much, so it is a hint, not a measure:
    :meth:`block_importance` measures.

    References
    ----------
    .. [1] Y. Yin et al., "Learning Multi-context Aware Location Representations from
       Large-scale Geotagged Images", ACM Multimedia, 2021, section 4.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.fusion import AttentionFusionClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 6))
    >>> y = X[:, 0] > 0  # "where" has all there is to know
    >>> model = AttentionFusionClassifier(
    ...     {"where": [0, 1], "what": [2, 3, 4, 5]}, hidden=64, random_state=0
    ... ).fit(X[:300], y[:300])
    >>> model.score(X[300:], y[300:]) > 0.9
    True
    >>> importance = model.block_importance(X[300:], y[300:])
    >>> importance["where"] > 0.3 > importance["what"]
    True
    """

    _parameter_constraints: dict = {
        **FusionBase._parameter_constraints,
        "class_weight": [StrOptions({"balanced"}), dict, list, None],
        "calibrate": ["boolean"],
    }

    def __init__(
        self,
        blocks="auto",
        *,
        hidden=512,
        block_hidden=None,
        attention="type",
        aux_weight=1.0,
        missing_block="error",
        scale="robust",
        class_weight=None,
        dropout=0.2,
        calibrate=False,
        solver="adam",
        learning_rate_init=0.001,
        momentum=0.9,
        weight_decay=0.0,
        batch_size=128,
        max_iter=60,
        tol=1e-4,
        n_iter_no_change=5,
        early_stopping="auto",
        validation_fraction=0.1,
        device="auto",
        mixed_precision="auto",
        verbose=0,
        warm_start=False,
        random_state=None,
    ):
        self.blocks = blocks
        self.hidden = hidden
        self.block_hidden = block_hidden
        self.attention = attention
        self.aux_weight = aux_weight
        self.missing_block = missing_block
        self.scale = scale
        self.class_weight = class_weight
        self.dropout = dropout
        self.calibrate = calibrate
        self.solver = solver
        self.learning_rate_init = learning_rate_init
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

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Learn labels from blocks of columns.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Features, block beside block.

        y : {array-like, sparse matrix} of shape (n_rows,) or (n_rows, n_labels)
            A class a row, or 0/1 for each label.

        sample_weight : array-like of shape (n_rows,), default=None
            What each row counts. Their scale does not matter: they are divided by
            their mean. A row of weight 0 is as if it were not there, but that its
            class is one of `classes_`.

        Returns
        -------
        self : AttentionFusionClassifier
            The fitted classifier.
        """
        refuse_lists(y)
        reject_unread(y, "y")
        with all_or_nothing(self):
            return self._fit(X, class_array(y), sample_weight)

    def predict_proba(self, X):
        """Return probabilities of classes, or of labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Features.

        Returns
        -------
        proba : ndarray of shape (n_rows, n_classes)
            Rows sum to one for classes. Labels have a probability each.
        """
        scores = self._calibrated_scores(X)
        if self._labels.kind == "classes":
            return softmax(scores, axis=1)
        proba = expit(scores)
        if self._labels.is_multilabel:
            return proba
        return np.column_stack([1.0 - proba[:, 0], proba[:, 0]])

    def decision_function(self, X):
        """Return scores before the sigmoid or softmax.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Features.

        Returns
        -------
        scores : ndarray of shape (n_rows,) or (n_rows, n_classes)
            One column for two classes, where positive is the second.
        """
        scores = self._calibrated_scores(X)
        return scores[:, 0] if self._is_binary else scores

    def predict(self, X):
        """Return the likeliest class, or the labels that are likelier than not.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Features.

        Returns
        -------
        y : ndarray of shape (n_rows,) or (n_rows, n_labels)
            As in `fit`.
        """
        scores = self._calibrated_scores(X)
        if self._labels.is_multilabel:
            return (scores > 0.0).astype(np.int64)
        if self._is_binary:
            return self.classes_[(scores[:, 0] > 0.0).astype(np.intp)]
        return self.classes_[scores.argmax(axis=1)]

    def score(self, X, y, sample_weight=None):
        """Return the share of rows whose class, or labels, are all right.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Features.

        y : array-like
            As in `fit`.

        sample_weight : array-like of shape (n_rows,), default=None
            What each row counts.

        Returns
        -------
        float
            Between 0 and 1.
        """
        found = self.predict(X)
        y, weights = self._read_truth(y, sample_weight, len(found))
        if self._labels.is_multilabel:
            y = self._labels.indicator(y)
        elif sparse.issparse(y):
            raise TypeError("y is sparse, and classes are dense: pass y.toarray().")
        refuse_missing(y)
        with naming("y"):
            return accuracy_score(y, found, sample_weight=weights)

    @property
    def _is_binary(self):
        return self._labels.n_outputs == 1 and not self._labels.is_multilabel

    def _calibrated_scores(self, X):
        # Scores first: they say that an estimator is not fitted.
        scores = self._scores(X)
        return calibrated(scores, self.calibration_)

    def _read_target(self, y, names, sample_weight, go_on):
        labels = LabelReader(y, names)
        if go_on:
            before = self._labels
            same = labels.is_multilabel == before.is_multilabel
            if not (same and np.array_equal(labels.classes, before.classes)):
                raise ValueError(
                    "warm_start: y has other classes than before. Fit a new classifier."
                )
            labels.names = same_names(
                names if labels.is_multilabel else None,
                before.names,
                what="warm_start: the labels",
                remedy="Or fit a new classifier.",
            )
        labels.warn_of_empty(y if sample_weight is None else y[sample_weight > 0.0])
        self._labels = labels
        self.classes_, self.label_names_ = labels.classes, labels.names
        return labels.target(y), labels.balance(self.class_weight, y, sample_weight)

    def _read_truth(self, y, sample_weight, n_rows):
        names = self._labels.names if self._labels.is_multilabel else None
        return read_truth(y, sample_weight, n_rows, names)

    def _kind(self):
        return self._labels.kind

    def _n_outputs(self):
        return self._labels.n_outputs

    def _holds_out(self, n_rows):
        return self.calibrate or super()._holds_out(n_rows)

    def _after_training(self, valid):
        self.calibration_ = None
        if not self.calibrate:
            return
        scores, targets = [], []
        for batch in valid.batches(max(self.batch_size, 256)):
            inputs = batch.inputs.to(self.net_.device)
            scores.append(self.net_.module_(inputs).detach().cpu().double().numpy())
            targets.append(batch.targets[0].numpy())
        weight = valid.sample_weight
        weight = None if weight is None else weight[valid.rows].astype(np.float64)
        kind = "labels" if self._labels.is_multilabel else "classes"
        self.calibration_ = fit_calibration(
            np.concatenate(scores), np.concatenate(targets), kind, weight
        )

    def _own_measure(self):
        """Return what `block_importance` measures by default: mAP over the classes."""

        def measure(model, X, y, sample_weight=None):
            proba = model.predict_proba(X)
            y, weights = model._read_truth(y, sample_weight, len(proba))
            truth = model._labels.indicator(y)
            truth = truth if sparse.issparse(truth) else truth.astype(np.int64)
            return macro_average_precision(truth, proba, sample_weight=weights)

        return measure

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
