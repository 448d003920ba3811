# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What an estimator mixes in to hold a net: training, progress, history."""

from sklearn_geo.nets._held_out import hold_out
from sklearn_geo.nets._history import history_table
from sklearn_geo.nets._seeding import draw_seed
from sklearn_geo.nets._train_net import train_net
from sklearn_geo.nets._training import Training

try:  # scikit-learn 1.9
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # an older one has no callbacks to support

    class CallbackSupportMixin:
        """Stands in where scikit-learn has no callbacks."""

    def with_callbacks(method):
        """Return the method as it is."""
        return method


__all__ = ["CallbackSupportMixin", "NetMixin", "Progress", "with_callbacks"]


class NetMixin(CallbackSupportMixin):
    """For estimators that train one net: compose it, do not inherit it.

    The estimator has parameters named like the settings of :class:`Training` (those it
    wants to offer), validates its input, and calls :meth:`_train` in `fit`. That sets
    the attributes below and tells scikit-learn's callbacks (such as
    :class:`sklearn.callback.ProgressBar`) about every epoch.

    Attributes
    ----------
    net_ : EstimatorNet
        The skorch net; `net_.module_` is the network.

    history_ : ndarray
        A row an epoch, see :func:`history_table`.

    n_iter_ : int
        Number of epochs that the net has seen, earlier calls included.

    See Also
    --------
    train_net : Trains the net that the estimator holds.

    Examples
    --------
    >>> from functools import partial
    >>> import numpy as np
    >>> from sklearn.base import BaseEstimator
    >>> from sklearn_geo.nets import HeadedMLP, HeadsLoss, NetMixin, RowData
    >>> from sklearn_geo.nets import net_outputs
    >>> class Softmax(NetMixin, BaseEstimator):
    ...     def __init__(self, max_iter=60, learning_rate_init=0.1, random_state=None):
    ...         self.max_iter = max_iter
    ...         self.learning_rate_init = learning_rate_init
    ...         self.random_state = random_state
    ...
    ...     def fit(self, X, y):
    ...         network = partial(HeadedMLP, X.shape[1], [y.max() + 1])
    ...         return self._train(network, HeadsLoss, RowData(X, [y]), seed=0)
    ...
    ...     def predict(self, X):
    ...         parts = [logits.argmax(1) for _, (logits,) in net_outputs(self.net_, X)]
    ...         return np.concatenate(parts)
    >>> X = np.array([[-1.0], [1.0], [2.0]] * 9)
    >>> Softmax().fit(X, np.array([0, 1, 1] * 9)).predict(X[:3])
    array([0, 1, 1])
    """

    def _draw_seed(self, go_on):
        """Return the seed of a training; `_seed` is that of the first fit.

        Rows that are held out stay those of the first fit, whatever the seed is now.
        """
        same = go_on and self.random_state is None
        seed = self._seed if same else draw_seed(self.random_state)
        if not go_on:
            self._seed = seed
        return seed

    def _train(self, module, criterion, data, *, seed, **options):
        """Train `net_`, and set `history_` and `n_iter_`.

        Parameters
        ----------
        module, criterion : callable
            Make the network and its loss; a `functools.partial` of a class, say.

        data, valid : RowData
            Rows to learn from, and rows to watch. None holds out a share if
            `early_stopping`: that of the first fit, where :meth:`_draw_seed` drew it.

        seed : int
            From :func:`draw_seed`.

        go_on : bool, default=False
            Train the `net_` there is (warm start, `partial_fit`).

        epochs : int or None, default=None
            How many at most; None is `max_iter`.

        draw : callable or None, default=None
            Sampler, see :meth:`EstimatorNet.fit_loop`.

        watch_start : bool, default=False
            See :func:`train_net`.

        keep_steps : bool or None, default=None
            Keep what the optimizers remember; None does so for a `warm_start`.

        **settings
            Settings that win over the parameters of the estimator.

        Returns
        -------
        self
            The estimator.
        """
        # A fit that trains several nets opens and closes its own task around them.
        inside = hasattr(self, "_callback_fit_ctx")
        train = self._train_in_task if inside else self._train_as_task
        return train(module, criterion, data, seed=seed, **options)

    def _train_in_task(
        self,
        module,
        criterion,
        data,
        *,
        seed,
        valid=None,
        go_on=False,
        watch_start=False,
        epochs=None,
        draw=None,
        keep_steps=None,
        **settings,
    ):
        training = Training.of(self, **settings)
        most = training.max_iter if epochs is None else epochs
        if keep_steps is None:
            keep_steps = bool(getattr(self, "warm_start", False))
        if valid is None and training.early_stopping:
            first = vars(self).get("_seed", seed)
            data, valid = hold_out(data, training.validation_fraction, first)
        progress = Progress(self, most)
        net = train_net(
            module,
            criterion,
            data,
            training=training,
            seed=seed,
            valid=valid,
            net=self.net_ if go_on else None,
            watch_start=watch_start,
            epochs=most,
            draw=draw,
            on_epoch=progress,
            keep_steps=keep_steps,
        )
        self._take_net(net)
        progress.finish()
        return self

    _train_as_task = with_callbacks(_train_in_task)

    def _take_net(self, net):
        """Set the attributes that tell of a net."""
        self.net_ = net
        self.history_ = history_table(net.history)
        self.n_iter_ = len(self.history_)


class Progress:
    """Tell scikit-learn's callbacks about steps, where there are any callbacks.

    Parameters
    ----------
    estimator : CallbackSupportMixin
        What is fitted.

    n_steps : int
        How many steps there are at most.

    step : str, default="epoch"
        What a step is called.
    """

    def __init__(self, estimator, n_steps, step="epoch"):
        self._estimator, self._context, self._epoch = estimator, None, None
        self._step = step
        if not hasattr(estimator, "_init_callback_context"):
            return
        outer = getattr(estimator, "_callback_fit_ctx", None)
        if outer is None:
            self._context = estimator._init_callback_context(max_subtasks=n_steps)
        else:  # a fit that trains several nets has opened its own
            self._context = outer.subcontext("train", max_subtasks=n_steps)
        self._context.call_on_fit_task_begin(estimator=estimator)
        self._begin()

    def _begin(self):
        if len(self._context._children_map) < self._context.max_subtasks:
            self._epoch = self._context.subcontext(task_name=self._step)
            self._epoch.call_on_fit_task_begin(estimator=self._estimator)

    def __call__(self, record):
        """End a step and begin the next; say whether a callback wants to stop."""
        if self._context is None:
            return False
        stop = self._epoch.call_on_fit_task_end(
            estimator=self._estimator, metadata={"record": dict(record)}
        )
        if not stop:
            self._begin()
        return stop

    def finish(self):
        """End the task."""
        if self._context is not None:
            self._context.call_on_fit_task_end(estimator=self._estimator)
