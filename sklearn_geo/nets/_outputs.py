# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a network says of rows, a few rows at a time."""

import itertools

import numpy as np
import torch
from sklearn.utils import gen_batches

from sklearn_geo._numbers import all_finite
from sklearn_geo.nets._memory import rows_in_memory
from sklearn_geo.nets._row_data import RowData
from sklearn_geo.nets._usual import answering

__all__ = ["check_outputs", "net_outputs"]


def net_outputs(net, X, *, bytes_a_row=None, method=None):
    """Yield what a net says of the rows of X, in chunks of bounded memory.

    Parameters
    ----------
    net : EstimatorNet or Module
        The network.

    X : ndarray, memmap or sparse array of shape (n_rows, ...)
        Features.

    bytes_a_row : int or None, default=None
        What a row needs on its way through the network; None reckons it from the
        widths of its weights.

    method : str or None, default=None
        Method of the network to call, such as "features"; None calls it.

    Yields
    ------
    rows : slice
        Which rows.

    outputs : tuple of Tensor
        What the network says of them, on the processor, in float32.

    See Also
    --------
    train_net : Makes the net that is asked.
    rows_in_memory : How many rows are asked at once.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.nets import HeadedMLP, net_outputs
    >>> network = HeadedMLP(2, [3], init="zeros")
    >>> for rows, (logits,) in net_outputs(network, np.ones((4, 2))):
    ...     print(rows, tuple(logits.shape))
    slice(0, 4, None) (4, 3)
    """
    module = getattr(net, "module_", net)
    device = _device_of(module)
    if bytes_a_row is None:
        bytes_a_row = _bytes_a_row(module, X)
    data = RowData(X)
    call = module if method is None else getattr(module, method)
    module.eval()
    n_rows = len(data)
    if not n_rows:  # scikit-learn's batches begin at one row
        return
    for rows in gen_batches(n_rows, rows_in_memory(bytes_a_row, n_rows)):
        with answering():
            outputs = call(data.take(rows).inputs.to(device))
        if isinstance(outputs, torch.Tensor):
            outputs = (outputs,)
        outputs = tuple(output.to("cpu", torch.float32) for output in outputs)
        for output in outputs:
            check_outputs(output.numpy(), rows.start)
        yield rows, outputs


def _device_of(module):
    """Return where a network is; one that holds nothing is on the processor."""
    tensors = itertools.chain(module.parameters(), module.buffers())
    first = next(tensors, None)
    return torch.device("cpu") if first is None else first.device


def check_outputs(outputs, first=0):
    """Refuse what a network makes of rows that are too much for its numbers.

    Parameters
    ----------
    outputs : ndarray of shape (n_rows, ...)
        What it says.

    first : int, default=0
        Which row of X the first of these is.
    """
    if all_finite(outputs):
        return
    row = int(np.argwhere(~np.isfinite(outputs))[0, 0])
    raise ValueError(
        f"X, row {first + row}: the network's answer is not finite. Its features are "
        "too large for float32, in which networks compute: scale them first, for "
        "example with StandardScaler, and look for outliers. Or its weights are, if "
        "the folder is damaged that it was read from: copy it again."
    )


def _bytes_a_row(module, X):
    """Reckon the inputs and twice the outputs of every layer, in float32."""
    shape = X.shape[1:]
    width = int(np.prod(shape)) if not hasattr(X, "indptr") else 0
    for part in module.modules():
        weight = getattr(part, "weight", None)
        if isinstance(weight, torch.Tensor) and weight.dim() >= 2:
            bias = getattr(part, "bias", None)
            n_out = len(bias) if bias is not None else max(weight.shape[:2])
            # A convolution has its outputs all over the image.
            n_out *= int(np.prod(shape[-2:])) if weight.dim() == 4 else 1
            width += 2 * n_out
    return 4 * max(width, 1)
