# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What classification and regression by fusion share: everything but the heads."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import partial
from numbers import Integral, Real

import numpy as np
from scipy.special import expit
from sklearn import get_config
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import (
    check_is_fitted,
    validate_data,
)

from sklearn_geo._entries import summed
from sklearn_geo._made_for import SET_AFTER_FIT
from sklearn_geo._numbers import naming, reject_masked
from sklearn_geo._settings import check_strictly
from sklearn_geo._tables import check_sparse
from sklearn_geo._weights import check_weights
from sklearn_geo.base import GeoEstimator
from sklearn_geo.fusion._blocks import read_blocks
from sklearn_geo.fusion._files import load_fusion, save_fusion
from sklearn_geo.fusion._importance import drop_one_block
from sklearn_geo.fusion._labels import column_texts
from sklearn_geo.fusion._loss import FusionLoss
from sklearn_geo.fusion._network import FusionNetwork
from sklearn_geo.fusion._rows import BlockReader, check_values
from sklearn_geo.fusion._scaling import SCALES, Scaling
from sklearn_geo.nets import (
    TRAINING_CONSTRAINTS,
    NetMixin,
    RowData,
    hold_out,
    net_outputs,
)
from sklearn_geo.nets._outputs import _bytes_a_row

# The paper's widths: 512, but of the location itself, which has little to say.
PAPER_WIDTHS = {"utm": 16}
# From here on "auto" can spare rows to watch the loss on.
_MANY_ROWS = 1_000
_ROWS_A_TIME = 2_048


class FusionBase(NetMixin, GeoEstimator, ABC):
    """Fit blocks of columns by sub-networks that are fused.

    A subclass has `_read_target`, which turns y into what the loss takes and learns
    what the outputs mean, `_kind` of the loss, and `_n_outputs`.
    """

    _parameter_constraints: dict = {
        **TRAINING_CONSTRAINTS,
        "blocks": "no_validation",  # see read_blocks
        "hidden": [Interval(Integral, 1, None, closed="left")],
        "block_hidden": [Mapping, None],
        "attention": [StrOptions({"type", "sample"}), None],
        "aux_weight": [Interval(Real, 0, None, closed="left"), Mapping],
        "missing_block": [StrOptions({"error", "mask"})],
        "scale": [StrOptions(set(SCALES)), None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "early_stopping": ["boolean", StrOptions({"auto"})],
        "device": "no_validation",  # see choose_device
    }
    del _parameter_constraints["learning_rate_decay"]
    del _parameter_constraints["learning_rate_every"]
    del _parameter_constraints["shuffle"]

    @abstractmethod
    def _read_target(self, y, names, sample_weight, go_on):
        """Return what a row teaches, and what labels weigh.

        `names` are those of the columns of y, None if it has none.
        """

    @abstractmethod
    def _kind(self):
        """Return which loss it is, see :class:`FusionLoss`."""

    @abstractmethod
    def _n_outputs(self):
        """Return the number of outputs."""

    def _fit(self, X, y, sample_weight):
        go_on = self.warm_start and hasattr(self, "net_")
        check_sparse(X)
        check_sparse(y, "y")
        reject_masked(X, "X")
        reject_masked(y, "y")
        y_names = column_texts(y)
        with naming("X or y"):
            X, y = validate_data(
                self,
                X,
                y,
                accept_sparse="csr",
                dtype=[np.float64, np.float32],
                ensure_all_finite="allow-nan",
                multi_output=True,
                reset=not go_on,
            )
        X, y, rows = summed(X), summed(y), None
        if sample_weight is not None:
            sample_weight = check_weights(sample_weight, X)
            if not sample_weight.all():  # others are as if they were not there
                rows = np.flatnonzero(sample_weight)
        names = getattr(self, "feature_names_in_", None)
        blocks = read_blocks(self.blocks, X.shape[1], names)
        if go_on:
            self._check_same(blocks, "warm_start goes on with the network there is.")
        self.blocks_, self.block_names_ = blocks, list(blocks)
        check_values(X, self.blocks_, self.missing_block)
        target, balance = self._read_target(y, y_names, sample_weight, go_on)
        seed = self._draw_seed(go_on)
        if not go_on:
            self._reader = BlockReader(
                list(self.blocks_.values()), self.missing_block == "mask"
            ).fit(X, self.scale, rows)
        data = RowData(self._reader.rows(X), [target], sample_weight, rows=rows)
        learn, valid = self._held_out(data)
        loss = partial(FusionLoss, self._kind(), self._aux_weights(), balance)
        if not go_on:
            self._made_for = self._architecture()
        self._train(
            None if go_on else self._network(self._scaling(X, rows)),
            loss,
            learn,
            seed=seed,
            valid=valid if self._watches(len(data)) else None,
            go_on=go_on,
            watch_start=True,
            early_stopping=False,
        )
        self._after_training(valid)
        self._set_attention(data)
        return self

    def _blocks_now(self):
        """Return the columns that `blocks` names now."""
        names = getattr(self, "feature_names_in_", None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # fit has said what there is to say
            return read_blocks(self.blocks, self.n_features_in_, names)

    def _architecture(self):
        """Return the parameters that decide what the network is."""
        names = ("attention", "missing_block", "scale", "dropout")
        found = {name: getattr(self, name) for name in names}
        found["hidden or block_hidden"] = self._widths()
        found["aux_weight"] = "none" if not any(self._aux_weights()) else "some"
        return found

    def _check_same(self, blocks, remedy):
        """Refuse parameters that are not those of the network there is."""
        same = list(blocks) == self.block_names_ and all(
            np.array_equal(columns, self.blocks_[name])
            for name, columns in blocks.items()
        )
        if not same:
            raise ValueError(f"blocks are others than before. {remedy}")
        for name, value in self._architecture().items():
            before = self._made_for[name]
            if value != before:
                raise ValueError(f"{name} is {value!r}, and was {before!r}. {remedy}")

    def _scaling(self, X, rows):
        """Return the scaling of each block; None where the network has none."""
        found = [None] * len(self.blocks_)
        for number, is_sparse in enumerate(self._reader.sparse):
            if self.scale is not None and not is_sparse:
                part = self._reader.dense_part(X, number)
                found[number] = Scaling.of(self.scale, *part, rows)
        return found

    def _network(self, scaling):
        return partial(
            FusionNetwork,
            list(self.blocks_.values()),
            self._widths(),
            self._n_outputs(),
            scaling=scaling,
            attention=self.attention,
            auxiliary=any(self._aux_weights()),
            dropout=float(self.dropout),
            sparse_blocks=self._reader.sparse,
            masks=self.missing_block == "mask",
        )

    def _watches(self, n_rows):
        if self.early_stopping == "auto":
            return n_rows >= _MANY_ROWS
        return self.early_stopping

    def _holds_out(self, n_rows):
        return self._watches(n_rows)

    def _held_out(self, data):
        if not self._holds_out(len(data)):
            return data, None
        return hold_out(data, self.validation_fraction, self._seed)

    def _after_training(self, valid):
        """Do what needs the trained network and the rows held out, if any."""

    def _widths(self):
        widths = PAPER_WIDTHS if self.block_hidden is None else self.block_hidden
        if self.block_hidden is not None:
            self._check_names("block_hidden", widths)
            for name, width in widths.items():
                if not isinstance(width, Integral) or width < 1:
                    raise ValueError(
                        f"block_hidden[{name!r}] must be a whole number of at least "
                        f"1; got {width!r}."
                    )
        return [widths.get(name, self.hidden) for name in self.block_names_]

    def _aux_weights(self):
        weights = self.aux_weight
        if not isinstance(weights, Mapping):
            return [float(weights)] * len(self.blocks_)
        self._check_names("aux_weight", weights)
        found = [weights.get(name, 1.0) for name in self.block_names_]
        if not all(isinstance(each, Real) and 0.0 <= each < np.inf for each in found):
            raise ValueError(
                "aux_weight must have numbers that are not negative; got "
                f"{dict(weights)!r}."
            )
        return [float(weight) for weight in found]

    def _check_names(self, parameter, mapping):
        unknown = sorted(set(mapping) - set(self.blocks_))
        if unknown:
            raise ValueError(
                f"{parameter} names {', '.join(map(repr, unknown))}, but the blocks "
                f"are {', '.join(map(repr, self.block_names_))}."
            )

    def _set_attention(self, data):
        if self.attention == "sample":
            total, counts = np.zeros(len(self.blocks_)), data.sample_weight
            counts = np.ones(data.X.shape[0]) if counts is None else counts
            for part, (weights,) in self._outputs(data.X, method="weights"):
                taught = counts[part] > 0.0
                total += counts[part][taught] @ weights.double().numpy()[taught]
            means = total / counts.sum(dtype=np.float64)
        elif self.attention == "type":
            module = self.net_.module_
            logits = (module.of_type + module.of_all).detach().cpu().double().numpy()
            means = expit(logits)
        else:
            means = np.ones(len(self.blocks_))
        self.attention_ = dict(zip(self.block_names_, means.tolist(), strict=True))

    def _read_rows(self, X):
        """Validate X of a method other than fit; return what the network reads."""
        check_is_fitted(self)
        check_sparse(X)
        reject_masked(X, "X")
        with naming("X"):
            X = validate_data(
                self,
                X,
                accept_sparse="csr",
                dtype=[np.float64, np.float32],
                ensure_all_finite="allow-nan",
                reset=False,
            )
        X = summed(X)
        masks = self._reader.masks
        check_values(X, self.blocks_, "mask" if masks else "error")
        return self._reader.rows(X)

    def _outputs(self, rows, method=None):
        # Not as many rows as memory holds: what lies between two layers stays in cache.
        memory = int(get_config()["working_memory"] * 2**20)
        reckoned = _bytes_a_row(self.net_.module_, rows)
        at_least = max(reckoned, memory // _ROWS_A_TIME)
        return net_outputs(self.net_, rows, bytes_a_row=at_least, method=method)

    def _scores(self, X):
        """Return the outputs of the main head, in float64."""
        rows = self._read_rows(X)
        scores = np.empty((rows.shape[0], self._n_outputs()))
        dropped = getattr(self, "_dropped", None)
        if dropped is not None:
            return dropped.scores(self, rows, scores)
        for part, (outputs,) in self._outputs(rows):
            scores[part] = outputs.numpy()
        return scores

    def attention_weights(self, X):
        r"""Return how much of each block is let through, row by row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Features.

        Returns
        -------
        weights : ndarray of shape (n_rows, n_blocks)
            :math:`\alpha_k`, in the order of `block_names_`. With
            ``attention="type"`` all rows are alike; a block that a row misses has 0,
            and the others of the row more.
        """
        rows = self._read_rows(X)
        weights = np.empty((rows.shape[0], len(self.blocks_)))
        for part, (some,) in self._outputs(rows, method="weights"):
            weights[part] = some.numpy()
        return weights

    def block_importance(self, X, y, *, sample_weight=None, scoring=None):
        """Return what the score loses when a block is dropped, one at a time.

        A dropped block adds the same to every row: what it adds on average over X,
        weighted. The network is not trained again.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Rows that were not learnt from, for honest numbers.

        y : array-like
            Their targets.

        sample_weight : array-like of shape (n_rows,), default=None
            Their weights.

        scoring : str, callable or None, default=None
            What is lost, as in scikit-learn. None is the mean of the average precision
            over classes or labels, and R squared of numbers.

        Returns
        -------
        importance : dict of str to float
            The score with all blocks minus the score without each: positive if the
            block helps.
        """
        return drop_one_block(self, X, y, sample_weight, scoring)

    def save_pretrained(self, folder):
        """Write the fitted estimator to a folder, as JSON and safetensors.

        Parameters
        ----------
        folder : str or path
            The folder; it is made if it is not there.
        """
        check_is_fitted(self)
        check_strictly(self)
        self._check_same(self._blocks_now(), SET_AFTER_FIT)
        save_fusion(self, folder)

    @classmethod
    def from_pretrained(cls, folder):
        """Read an estimator that :meth:`save_pretrained` has written.

        Parameters
        ----------
        folder : str or path
            The folder. Nothing in it is run, and everything in it is checked.

        Returns
        -------
        model
            A fitted estimator that predicts as the saved one did. Its `random_state` is
            None.
        """
        return load_fusion(cls, folder)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self.missing_block == "mask"
        return tags

    def __sklearn_is_fitted__(self):
        return hasattr(self, "attention_")
