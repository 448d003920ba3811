# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""AttentionFusionRegressor: several representations of a row become numbers."""

import numpy as np
from scipy import sparse
from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import r2_score

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._same_names import same_names
from sklearn_geo._tables import reject_unread
from sklearn_geo.fusion._base import FusionBase
from sklearn_geo.fusion._truth import read_truth

__all__ = ["AttentionFusionRegressor"]

# What sums of numbers, weighted or not, have to stay below to be finite.
_LARGEST = 1e307


class AttentionFusionRegressor(RegressorMixin, FusionBase):
    r"""Predict numbers from several blocks of columns, each weighted by its worth.

    All but the heads is that of :class:`AttentionFusionClassifier`: a sub-network a
    block, weights of blocks, auxiliary heads in training.

    Parameters
    ----------
    blocks : "auto", mapping of str to columns, or None, default="auto"
        Which columns belong together, as for :class:`AttentionFusionClassifier`.

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

    dropout : float, default=0.0
        Share of the outputs of the sub-networks dropped in training.

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
    AttentionFusionClassifier : The same for labels, with the formulas.

    Notes
    -----
    The loss is equation 5 of the paper with squared errors, and the heads are linear.
    Targets are standardised while the network learns.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.fusion import AttentionFusionRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 6))
    >>> y = 3 * X[:, 0] - X[:, 5]
    >>> model = AttentionFusionRegressor(
    ...     {"where": [0, 1], "what": [2, 3, 4, 5]}, hidden=64, random_state=0
    ... ).fit(X[:300], y[:300])
    >>> model.score(X[300:], y[300:]) > 0.9
    True
    """

    _parameter_constraints: dict = {**FusionBase._parameter_constraints}

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
        dropout=0.0,
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
        self.dropout = dropout
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
        """Learn numbers from blocks of columns.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Features, block beside block.

        y : array-like of shape (n_rows,) or (n_rows, n_targets)
            The numbers.

        sample_weight : array-like of shape (n_rows,), default=None
            What each row counts. Their scale does not matter: they are divided by
            their mean. A row of weight 0 is as if it were not there.

        Returns
        -------
        self : AttentionFusionRegressor
            The fitted regressor.
        """
        reject_unread(y, "y")
        with all_or_nothing(self):
            return self._fit(X, y, sample_weight)

    def predict(self, X):
        """Return the numbers.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Features.

        Returns
        -------
        y : ndarray of shape (n_rows,) or (n_rows, n_targets)
            As in `fit`.
        """
        scores = self._scores(X)
        found = scores * self._spread + self._center
        return found[:, 0] if self._is_flat else found

    def score(self, X, y, sample_weight=None):
        """Return R squared, averaged over the columns of y.

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
            At most 1.
        """
        with np.errstate(over="ignore", invalid="ignore"):  # of squares of huge numbers
            found = self._r_squared(X, y, sample_weight)
        if not np.isfinite(found):
            raise ValueError(
                "R squared is not a number: it takes two rows with a weight, and "
                "numbers whose squares are finite."
            )
        return found

    def _r_squared(self, X, y, sample_weight=None):
        predicted = self.predict(X)
        _refuse_sparse(y)
        names = getattr(self, "_y_names", None)
        y, weights = read_truth(y, sample_weight, len(predicted), names, np.float64)
        n_columns = y.reshape(len(y), -1).shape[1]
        if n_columns != len(self._center):
            raise ValueError(
                f"y has {n_columns} columns, and {len(self._center)} were learnt."
            )
        if weights is not None:
            counted = weights > 0.0
            y, predicted, weights = y[counted], predicted[counted], weights[counted]
        return r2_score(y, predicted, sample_weight=weights)

    def _read_target(self, y, names, sample_weight, go_on):
        _refuse_sparse(y)
        y = np.asarray(y, dtype=np.float64)
        columns = y.reshape(len(y), -1)
        largest = np.abs(columns).max(initial=0.0)
        if largest > _LARGEST / len(columns):
            raise ValueError(
                f"y holds numbers as large as {largest:g}: their sums are beyond what "
                "float64 holds. Scale y down first."
            )
        if sample_weight is not None and sample_weight.max() > 1.0:
            heaviest = sample_weight.max()
            if largest > _LARGEST / len(columns) / heaviest:
                sample_weight = sample_weight / heaviest
        if go_on:
            if columns.shape[1] != len(self._center):
                raise ValueError(
                    f"warm_start: y has {columns.shape[1]} columns, and had "
                    f"{len(self._center)} before."
                )
            names = same_names(
                names,
                getattr(self, "_y_names", None),
                what="warm_start: the columns of y",
                remedy="Or fit a new regressor.",
            )
        else:
            self._center = np.average(columns, axis=0, weights=sample_weight)
            # Squares of parts of the largest, so that none overflows or vanishes.
            away = np.abs(columns - self._center)
            most = away.max(axis=0)
            most[most == 0.0] = 1.0
            squares = np.average((away / most) ** 2, axis=0, weights=sample_weight)
            spread = most * np.sqrt(squares)
            self._spread = np.where(spread > 0.0, spread, 1.0)
        self._y_names, self._is_flat = names, y.ndim == 1
        return ((columns - self._center) / self._spread).astype(np.float32), None

    def _kind(self):
        return "numbers"

    def _n_outputs(self):
        return len(self._center)

    def _own_measure(self):
        """Return what `block_importance` measures by default: R squared."""
        return type(self)._r_squared

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _refuse_sparse(y):
    if sparse.issparse(y):
        raise TypeError("y is sparse. Pass y.toarray(): numbers are learnt dense.")
