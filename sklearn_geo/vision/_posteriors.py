# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What any torch network says of photos: posteriors or features, one row a photo."""

import numbers
import os
import warnings

import numpy as np
import torch
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted
from torch import nn

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._missing import is_missing
from sklearn_geo._settings import check_settings
from sklearn_geo.base import GeoEstimator
from sklearn_geo.nets import choose_device
from sklearn_geo.nets._estimator import CallbackSupportMixin, with_callbacks
from sklearn_geo.nets._ran_out import ran_out
from sklearn_geo.nets._strict_json import to_json
from sklearn_geo.vision._network import (
    Asked,
    fingerprint,
    make_network,
    put_on,
    shared_copy,
    weights_state,
)
from sklearn_geo.vision._photo_rows import as_row_error, photo_rows
from sklearn_geo.vision._photos import PhotoError, photo_path, read_photo
from sklearn_geo.vision._row_cache import RowCache
from sklearn_geo.vision._showing import Showing, tell_of_bad
from sklearn_geo.vision._telling import Teller
from sklearn_geo.vision._views import Views

__all__ = ["PosteriorTransformer"]

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class PosteriorTransformer(CallbackSupportMixin, TransformerMixin, GeoEstimator):
    r"""Say what a network sees on photos: one row a photo, one column a class.

    Any torch network will do: it is passed as a module, and nothing is downloaded. It
    is shown several crops of a photo; the rows are its posteriors, averaged over the
    crops, or the features of one of its layers. Such rows are the teachers of
    :class:`~sklearn_geo.context.GPS2VecPlusTransformer` (objects and scenes), and the
    features of :class:`~sklearn_geo.geolocation.HierarchicalCellClassifier`.

    X is one column of names of files, a list of images of Pillow or of arrays, or one
    array of shape (n_photos, height, width, channels). Photos of any size and mode
    become RGB, the right way up (see :func:`read_photo`).

    Parameters
    ----------
    module : Module or callable
        The network, or a function or class without arguments that makes it. It takes
        float images (n, 3, height, width). The network is not changed, and neither
        copied nor trained; see Notes.

    output : {"softmax", "sigmoid", "logits", "features"}, default="softmax"
        What is made of the outputs of a crop before crops are averaged: "softmax"
        where one class is true, "sigmoid" where several can be; "logits" and
        "features" leave them as they are.

    layer : str or None, default=None
        Name of the layer whose outputs are taken, as in ``module.named_modules()``:
        with ``output="features"`` mostly the last but one, such as "avgpool". Maps
        are averaged. None takes what the network gives in the end.

    crops : int, EvenCrops or callable, default=3
        How many squares of a photo are shown, evenly spaced along the longer side. A
        function gets the photo as an array (height, width, 3), of uint8 or of float32
        between 0 and 1, and returns (n_crops, height, width, 3), or one view.

    image_size : int, default=224
        Height and width of the crops, where `crops` is a number.

    mean : array-like of shape (3,), float or None, default=(0.485, 0.456, 0.406)
        Subtracted from red, green and blue, which are between 0 and 1. The default is
        that of networks trained on ImageNet and Places; None subtracts nothing.

    std : array-like of shape (3,), float or None, default=(0.229, 0.224, 0.225)
        What the channels are divided by after that; None leaves it out.

    class_names : array-like of str or None, default=None
        What the columns are called.

    prefix : str or None, default=None
        What stands before that, as in "object_tabby". None is "class", or "feature"
        with ``output="features"``.

    root : str, path or None, default=None
        Folder that names of files are relative to.

    batch_size : int, default=32
        How many photos are shown at once, each with all its crops.

    errors : {"raise", "nan"}, default="raise"
        What happens with photos that are missing or cannot be read: an error that
        names the first, or rows of NaN and one warning that names some.

    cache : str, path or None, default=None
        Folder where rows are kept, and found again by this or another process. See
        Notes.

    cache_key : {"stat", "content"}, default="stat"
        By what a file is found again: its path, size and time of change, or its bytes,
        which takes reading it. Arrays and images go by their pixels.

    device : str or torch.device, default="auto"
        Where the network computes; "auto" is the first CUDA device if there is one.

    n_jobs : int or None, default=None
        How many threads read, decode and crop photos while the network computes.

    verbose : bool or int, default=0
        1 prints a line about once a second. scikit-learn's
        :class:`~sklearn.callback.ProgressBar` works, too.

    Attributes
    ----------
    module_ : Module
        The network that is asked, in eval mode.

    n_outputs_ : int
        Number of columns.

    class_names_ : list of str
        What they are called, without the prefix.

    feature_names_in_ : ndarray of shape (1,)
        Name of the column seen in :meth:`fit`. Defined only when `X` is a data frame.

    See Also
    --------
    EvenCrops : The crops.
    SceneHierarchy : From the posteriors of 365 scenes to those of 16 and of 3.
    sklearn_geo.context.GPS2VecPlusTransformer : Learns places from such rows.

    Notes
    -----
    With crops :math:`v_1, \dots, v_K` of a photo and the outputs :math:`f` of a crop,
    its row is

    .. math:: \frac1K \sum_{k=1}^K \operatorname{softmax}\big(f(v_k)\big),

    so that posteriors are averaged, not logits (section 3.4 of [1]_). The network is in
    eval mode, and no row depends on others in its batch.

    **Copies.** A network passed as a module is not copied, by `fit`, by `clone` or by a
    search within one process: all share its weights, and only their mode and device are
    their own. So it must not be trained on meanwhile: what it says would change.
    `copy.deepcopy` copies the weights, once; so do pickles, for which the classes of
    the network have to be importable. With ``n_jobs`` processes of a search every task
    gets a pickle: pass a function that makes the network there, and only a reference
    to that travels.

    **Cache.** Every network, with `output`, `layer`, crops and normalisation, has a
    folder of its own in `cache`, named after a checksum of all its weights. Rows are
    written about every ten seconds, and when `transform` ends or fails: a run that is
    killed goes on where it was. Files are safetensors and JSON, never pickles; one that
    is damaged is told of in a warning, and what was in it is computed again. Several
    processes may share a cache.

    References
    ----------
    .. [1] E. Müller-Budack, K. Pustu-Iren and R. Ewerth, "Geolocation Estimation of
       Photos using a Hierarchical Model and Scene Classification", ECCV 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from torch import nn
    >>> from sklearn_geo.vision import PosteriorTransformer
    >>> network = nn.Sequential(
    ...     nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2)
    ... )
    >>> photos = np.random.default_rng(0).integers(0, 256, (5, 30, 40, 3), np.uint8)
    >>> teacher = PosteriorTransformer(
    ...     network, class_names=["beach", "forest"], prefix="scene", image_size=16
    ... )
    >>> posteriors = teacher.fit_transform(photos)
    >>> posteriors.shape, posteriors.sum(axis=1).round(4).tolist()
    ((5, 2), [1.0, 1.0, 1.0, 1.0, 1.0])
    >>> teacher.get_feature_names_out()
    array(['scene_beach', 'scene_forest'], dtype=object)
    """

    _parameter_constraints: dict = {
        "module": "no_validation",  # see `make_network`
        "output": [StrOptions({"softmax", "sigmoid", "logits", "features"})],
        "layer": [str, None],
        "crops": [Interval(numbers.Integral, 1, None, closed="left"), callable],
        "image_size": [Interval(numbers.Integral, 1, None, closed="left")],
        "mean": [
            "array-like",
            Interval(numbers.Real, None, None, closed="neither"),
            None,
        ],
        "std": ["array-like", Interval(numbers.Real, 0, None, closed="neither"), None],
        "class_names": ["array-like", None],
        "prefix": [str, None],
        "root": [str, os.PathLike, None],
        "batch_size": [Interval(numbers.Integral, 1, None, closed="left")],
        "errors": [StrOptions({"raise", "nan"})],
        "cache": [str, os.PathLike, None],
        "cache_key": [StrOptions({"stat", "content"})],
        "device": "no_validation",  # torch knows what a device is
        "n_jobs": [numbers.Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        module,
        *,
        output="softmax",
        layer=None,
        crops=3,
        image_size=224,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        class_names=None,
        prefix=None,
        root=None,
        batch_size=32,
        errors="raise",
        cache=None,
        cache_key="stat",
        device="auto",
        n_jobs=None,
        verbose=0,
    ):
        self.module = module
        self.output = output
        self.layer = layer
        self.crops = crops
        self.image_size = image_size
        self.mean = mean
        self.std = std
        self.class_names = class_names
        self.prefix = prefix
        self.root = root
        self.batch_size = batch_size
        self.errors = errors
        self.cache = cache
        self.cache_key = cache_key
        self.device = device
        self.n_jobs = n_jobs
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None):
        """Take the network, and find out what it gives; nothing is learnt.

        Parameters
        ----------
        X : array-like of shape (n_photos,) or (n_photos, height, width, channels)
            Names of files, images of Pillow or arrays. No photo is read.

        y : None
            Ignored.

        Returns
        -------
        self : PosteriorTransformer
            The transformer itself.
        """
        with all_or_nothing(self):
            photo_rows(X, self, reset=True)
            device = choose_device(self.device)
            self.module_ = make_network(self.module)
            # What it shares weights with, also after `set_params(module=...)`.
            self._source = self.module if isinstance(self.module, nn.Module) else None
            self._cache = None
            raw = self._first_answer(device, self._probe(self._views(), device))
            self._warn_if_posteriors(raw)
            self.n_outputs_ = raw.shape[1]
            self.class_names_ = self._read_class_names()
        return self

    def transform(self, X):
        """Show photos to the network.

        Parameters
        ----------
        X : array-like of shape (n_photos,) or (n_photos, height, width, channels)
            Names of files, images of Pillow or arrays.

        Returns
        -------
        ndarray of shape (n_photos, n_outputs), float32
            A row a photo.
        """
        check_is_fitted(self, "n_outputs_")
        self._validate_params()  # how photos are shown may have been set after fit
        rows = photo_rows(X, self)
        if self.errors == "raise":
            self._check_files(rows)
        # Callbacks keep their task with the estimator that they are told of: threads
        # that share this one have one each.
        told = object.__new__(type(self))
        told.__dict__.update(self.__dict__)
        out, bad = told._tell_of(self._show, rows)
        tell_of_bad(bad, len(rows))  # how deep the rest is depends on scikit-learn
        return out

    @with_callbacks
    def _tell_of(self, show, rows):
        """Show photos, and tell callbacks and lines of it."""
        tell = Teller(self, len(rows))
        out = show(rows, tell)
        tell.finish()
        return out

    def _show(self, rows, tell):
        """Return what the network, or the cache, says of photos, and the bad ones."""
        device, views = choose_device(self.device), self._views()
        asked = self._asked(device)
        showing = Showing(
            asked,
            views,
            self._open_cache(asked, views, device),
            root=self.root,
            cache_key=self.cache_key,
            errors=self.errors,
            batch_size=int(self.batch_size),
            n_threads=effective_n_jobs(self.n_jobs),
            tell=tell,
        )
        return showing.rows_of(rows, self.n_outputs_), showing.bad

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Ignored: there is one column of input.

        Returns
        -------
        ndarray of str objects of shape (n_outputs,)
            The names, such as "object_tabby".
        """
        check_is_fitted(self, "n_outputs_")
        check_settings(self, "prefix", "output")  # they may have been set after fit
        prefix = self.prefix
        if prefix is None:
            prefix = "feature" if self.output == "features" else "class"
        joint = f"{prefix}_" if prefix else ""
        return np.array([joint + name for name in self.class_names_], dtype=object)

    def _views(self):
        return Views(self.crops, self.image_size, self.mean, self.std)

    def _asked(self, device):
        last = self._channels_last and device.type == "cpu"
        return Asked(self.module_, self.layer, self.output, device, channels_last=last)

    def _probe(self, views, device):
        return views.normalised(views.of_a_picture(int(self.image_size)).to(device))

    def _first_answer(self, device, views):
        """Return what the network says of a picture, and find out which layout fits."""
        self._channels_last = True
        try:
            return self._asked(device).raw_rows(views)
        except (RuntimeError, AssertionError):
            self._channels_last = False
        try:
            return self._asked(device).raw_rows(views)
        except (RuntimeError, AssertionError) as error:  # shapes that do not fit
            if ran_out(error):
                raise
            raise ValueError(
                f"The network cannot be shown images of shape {tuple(views.shape)}: "
                f"{error}. Set image_size to what it was trained on; images are RGB."
            ) from error

    def _warn_if_posteriors(self, raw):
        """Warn where a softmax would be put on top of another."""
        ends = raw.shape[1] > 1 and bool((raw >= 0).all())
        if self.output == "softmax" and ends:
            off = float((raw.sum(dim=1) - 1).abs().max())
            if off < 1e-4:
                warnings.warn(
                    "The network gives probabilities already: its outputs are not "
                    "negative and sum to 1. A second softmax flattens them; pass "
                    'output="features" to take them as they are.',
                    stacklevel=4,  # whoever called fit, above the decorator
                )

    def _read_class_names(self):
        if self.class_names is None:
            return [str(column) for column in range(self.n_outputs_)]
        names = [str(name) for name in self.class_names]
        if len(names) != self.n_outputs_:
            raise ValueError(
                f"class_names has {len(names)} names, but the network gives "
                f"{self.n_outputs_} outputs. Pass one name an output, in their order."
            )
        # ImageNet has two cranes: the second is called after its column as well.
        taken = set(names)
        for column, name in enumerate(names):
            if name in names[:column]:
                new = f"{name}_{column}"
                while new in taken:
                    new += "_"
                names[column] = new
                taken.add(new)
        return names

    def _check_files(self, rows):
        """Raise for the first file that is not there, before hours of work."""
        for row, photo in enumerate([] if isinstance(rows, np.ndarray) else rows):
            try:
                if is_missing(photo):
                    read_photo(photo)  # which says so
                if isinstance(photo, (str, os.PathLike)):
                    photo_path(photo, self.root)
            except PhotoError as error:
                raise as_row_error(error, row) from error

    def _open_cache(self, asked, views, device):
        """Return the cache of the network as it is now, or None."""
        if self.cache is None:
            return None
        about = {"output": self.output, "layer": self.layer, **views.described()}
        state = (str(self.cache), to_json(about), weights_state(self.module_))
        known = self._cache is not None and self._cache[1].folder.is_dir()
        if not known or state[2] is None or self._cache[0] != state:
            settings = {"network": fingerprint(self.module_), **about}
            said = asked(self._probe(views, device)).mean(dim=0).cpu().numpy()
            self._cache = (state, RowCache(self.cache, settings, said))
        self._cache[1].refresh()
        return self._cache[1]

    def __sklearn_clone__(self):
        # scikit-learn copies what is no estimator, and this may be gigabytes.
        shell = object.__new__(type(self))
        vars(shell).update(vars(self), module=None)
        twin = BaseEstimator.__sklearn_clone__(shell)
        twin.module = self.module
        return twin

    def __getstate__(self):
        state = dict(super().__getstate__())
        if "n_outputs_" not in state:
            return state
        state["_cache"] = None
        if state["_source"] is not None:
            state.pop("module_")  # it is made of `_source` again, which is `module`
        else:
            # Whoever reads it may have no such device.
            state["module_"] = put_on(shared_copy(self.module_), torch.device("cpu"))
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if "n_outputs_" in state and "module_" not in state:
            self.module_ = make_network(self._source)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags
