# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""From features to scores of cells, in pieces that stay in the cache."""

import copy

import numpy as np
import torch
from scipy import sparse
from sklearn import get_config
from sklearn.utils import gen_batches

from sklearn_geo.geolocation._combine import (
    has_orphans,
    merged_head,
    product_scores,
    softmax,
    sum_up,
)
from sklearn_geo.geolocation._tree import TreeMLP
from sklearn_geo.nets import RowData
from sklearn_geo.nets._outputs import check_outputs
from sklearn_geo.nets._usual import answering

# Scores of a piece of rows: large enough for a fast product, small enough for caches.
_PIECE_BYTES = 1 << 23
_PIECE_ROWS = (32, 1024)
# A merged head is kept beside the network's own only up to this size.
_MERGED_BYTES = 1 << 28


class CellScorer:
    """Scores of the cells of every level, by a fitted network and the hierarchy.

    Parameters
    ----------
    network : HeadedMLP
        The trunk and its heads: first one for each level, coarse to fine, or a single
        one for the finest cells if they are summed up a tree; then others.

    parents : list of ndarray of shape (n_fine_cells,)
        Ancestors of the fine cells.

    n_cells : list of int
        Number of cells of each level.

    combine : {"product", "finest", "tree_sum"}
        How levels make one score.

    Notes
    -----
    With linear heads and no lost ancestor, f* takes one matrix product instead of
    three (see `merged_head`). Scores are float64 for float64 features, and float32 for
    float32 or sparse ones.
    """

    def __init__(self, network, parents, n_cells, combine):
        self.network = network
        self.parents = parents
        self.n_cells = list(n_cells)
        self.combine = combine
        self._ready = {}

    def __getstate__(self):
        # What can be made again is not pickled.
        return {**self.__dict__, "_ready": {}}

    @property
    def n_fine(self):
        """Number of finest cells."""
        return self.n_cells[-1]

    @property
    def is_tree(self):
        """Whether there is one head for all levels, on the finest cells."""
        return isinstance(self.network, TreeMLP)

    def log_scores(self, X, log_prior=None):
        """Yield slices of rows, and the log scores of their finest cells.

        Parameters
        ----------
        X : array of shape (n_rows, n_features)
            Validated features.

        log_prior : ndarray of shape (1 or n_rows, n_fine_cells), default=None
            What to add.

        Yields
        ------
        rows : slice
            Which rows.

        scores : ndarray of shape (n_rows of the piece, n_fine_cells)
            Log probabilities up to a constant a row. The next piece may overwrite
            them.
        """
        head = self._head(X, "combined")
        for rows, features in self._pieces(X, head[0].shape[1]):
            scores = head[2](_product(features, *head[:2]))
            check_outputs(scores, rows.start)
            if log_prior is not None:
                scores += log_prior if len(log_prior) == 1 else log_prior[rows]
            yield rows, scores

    def level_proba(self, X, level):
        """Yield slices of rows, and the probabilities of the cells of a coarser level.

        Parameters
        ----------
        X : array of shape (n_rows, n_features)
            Validated features.

        level : int
            Which level; 0 is the coarsest.

        Yields
        ------
        rows : slice
            Which rows.

        proba : ndarray of shape (n_rows of the piece, n_cells of the level)
            Of the level's own head, or sums of fine probabilities for a tree.
        """
        if self.combine == "tree_sum":
            for rows, scores in self.log_scores(X):
                proba = softmax(scores)
                if level < len(self.parents):
                    proba = sum_up(proba, self.parents[level], self.n_cells[level])
                yield rows, proba
            return
        yield from self.head_proba(X, level)

    def head_proba(self, X, number):
        """Yield slices of rows, and the softmax of one head of the network."""
        for rows, scores in self.head_scores(X, number):
            yield rows, softmax(scores)

    def head_scores(self, X, number):
        """Yield slices of rows, and the outputs of one head of the network."""
        head = self._head(X, number)
        for rows, features in self._pieces(X, head[0].shape[1]):
            scores = _product(features, *head[:2])
            check_outputs(scores, rows.start)
            yield rows, scores

    def features(self, X):
        """Yield the features that the heads see, float32, piece by piece.

        Parameters
        ----------
        X : array of shape (n_rows, n_features)
            Validated features; there are hidden layers.

        Yields
        ------
        ndarray of float32 of shape (n_rows of the piece, n_last)
            Outputs of the last hidden layer.
        """
        for _, features in self._pieces(X, 0):
            yield features.float().cpu().numpy()

    def _pieces(self, X, n_outputs):
        """Yield slices of rows and their features, an array or sparse rows."""
        itemsize = self._dtype(X).itemsize
        widths = [part.shape[-1] for part in self.network.trunk.parameters()]
        # Of sparse rows there never is a dense block.
        width = n_outputs + sum(widths) + (0 if sparse.issparse(X) else X.shape[1])
        memory = int(get_config()["working_memory"] * 2**20)
        size = min(_PIECE_BYTES, memory // 3) // (itemsize * width)
        least, most = _PIECE_ROWS
        size = max(1, min(max(size, least), memory // (4 * itemsize * width), most))
        device = self.network.heads.weight.device
        network = self._network(X)
        is_linear = not len(network.trunk)
        data = None if self._dtype(X) == np.float64 else RowData(X)
        for rows in gen_batches(X.shape[0], size):
            if data is not None:
                inputs = data.take(rows).inputs
            else:
                inputs = torch.from_numpy(np.array(X[rows], dtype=np.float64))
            inputs = inputs.to(device)
            if not is_linear:
                with answering():
                    inputs = network.features(inputs)
            yield rows, inputs

    def _dtype(self, X):
        exact = not sparse.issparse(X) and X.dtype == np.float64
        return np.dtype(np.float64 if exact else np.float32)

    def _network(self, X):
        """Return the network in the precision of X, not training."""
        key = ("network", self._dtype(X))
        if key not in self._ready:
            network = self.network
            if self._dtype(X) == np.float64:
                network = copy.deepcopy(network).double()
            self._ready[key] = network.eval()
        return self._ready[key]

    def _head(self, X, which):
        """Return weight, bias and what turns the product into scores of cells."""
        key = ("head", which, self.combine, self._dtype(X))
        if key not in self._ready:
            heads = self._network(X).heads
            weight, bias = heads.weight.detach(), heads.bias.detach()
            if which == "combined":
                self._ready[key] = self._combined_head(weight, bias)
            else:
                self._ready[key] = (*_cut(weight, bias, *self._span(which)), _same)
        return self._ready[key]

    def _span(self, number):
        """Return the first and last column of a head."""
        ends = np.cumsum((0, *self.network.n_outputs))
        return int(ends[number]), int(ends[number + 1])

    def _combined_head(self, weight, bias):
        if self.is_tree:
            return (*_cut(weight, bias, *self._span(0)), _same)
        last = len(self.n_cells) - 1
        if self.combine == "finest" or last == 0:
            return (*_cut(weight, bias, *self._span(last)), _same)
        spans = [self._span(number) for number in range(last + 1)]
        n_bytes = self.n_fine * weight.shape[0] * weight.element_size()
        if not has_orphans(self.parents) and n_bytes <= _MERGED_BYTES:
            merged = merged_head(
                [weight[:, a:b].cpu().numpy() for a, b in spans],
                [bias[a:b].cpu().numpy() for a, b in spans],
                self.parents,
            )
            return (*(torch.from_numpy(x).to(weight.device) for x in merged), _same)

        def combined(logits):
            return product_scores([logits[:, a:b] for a, b in spans], self.parents)

        return (*_cut(weight, bias, 0, spans[-1][1]), combined)


def _same(scores):
    return scores


def _cut(weight, bias, start, stop):
    """Return columns as a matrix of their own, without a copy if they are all."""
    if start == 0 and stop == weight.shape[1]:
        return weight, bias
    return weight[:, start:stop].contiguous(), bias[start:stop]


def _product(features, weight, bias):
    """Multiply features by weights and return an array."""
    with answering():
        if not torch.is_tensor(features):
            return (features.product(weight) + bias).cpu().numpy()
        if weight.device.type != "cpu":
            return torch.addmm(bias, features, weight).cpu().numpy()
        # What overflows is refused where rows are known, see check_outputs.
        with np.errstate(over="ignore", invalid="ignore"):
            scores = features.numpy() @ weight.numpy()
            scores += bias.numpy()
        return scores
