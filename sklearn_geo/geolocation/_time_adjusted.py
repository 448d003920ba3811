# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where a photo was taken, in the light of when it was posted."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._made_for import check_made_for
from sklearn_geo.geolocation._combine import log_softmax, softmax
from sklearn_geo.geolocation._cross_fit import score_parts
from sklearn_geo.geolocation._first_cells import FirstCells
from sklearn_geo.geolocation._masks import add_known
from sklearn_geo.geolocation._photo_columns import Given, check_times
from sklearn_geo.geolocation._time_learning import ENOUGH, TimeLearning
from sklearn_geo.geolocation._time_lessons import (
    CorrectionLesson,
    PaperLesson,
    corrector,
    paper_scores,
)
from sklearn_geo.geolocation._wrapper import WRAPPER_CONSTRAINTS, CellWrapper
from sklearn_geo.geolocation._wrapper_files import StoredTimes
from sklearn_geo.nets import TRAINING_CONSTRAINTS

__all__ = ["TimeAdjustedGeolocator"]


class TimeAdjustedGeolocator(StoredTimes, TimeLearning, CellWrapper):
    r"""Correct what a cell classifier says by the time a photo was posted.

    People post when they are awake: the hour in UTC says something about the longitude,
    and the month about the hemisphere. This estimator wraps another that says
    probabilities of cells, and learns what the posting time says beyond them, from
    photos that the wrapped estimator has not seen: model M2 of [1]_.

    Parameters
    ----------
    estimator : estimator
        What says probabilities of cells: a :class:`HierarchicalCellClassifier`,
        :class:`SceneNetworks`, or a Pipeline or search that ends in one. It is cloned
        and fitted, unless `cv` is "prefit" or it is a
        :class:`sklearn.frozen.FrozenEstimator`.

    times : str, int or None, default=None
        The column of X that tells when photos were posted, by name or position. It is
        no feature of the wrapped estimator. None expects an array `times` in each call.

    metadata : sequence of str or int, default=()
        Further columns of numbers that may tell of the place, or of how far the time is
        to be trusted, such as the probability that a photo was taken outdoors. They are
        standardised, and are no features of the wrapped estimator.

    time_zone : str or None, default=None
        Where clocks stood that tell no zone, see
        :class:`~sklearn_geo.encoding.PostingTimeEncoder`. None refuses them.

    missing_times : {"error", "neutral"}, default="error"
        What a missing time (NaT, None) gets: an error, or no correction, but for what
        `metadata` says. In the network of the paper, "neutral" is the middle of the
        day, the week and the year.

    preset : {"paper"} or None, default=None
        None is a correction of log probabilities, see Notes, which vanishes where times
        say nothing. "paper" is the network of Table 2 of [1]_, which makes new
        probabilities of the old ones and the time; it needs tens of thousands of
        photos.

    n_first : int or "auto", default="auto"
        How many cells of each photo to learn from, the likeliest. "auto" is 10 for the
        paper's network, which never sees others, and 100 for the correction, which
        corrects all cells in the end.

    shrinkage : float, default=1.0
        How strongly the correction is held back in learning: factor of its penalty.
        Not for the paper's network.

    hidden : sequence of int, default=(1626, 1626, 1626)
        Widths of the hidden layers of the paper's network, 542 * 3 in Table 2.

    dropout : float, default=0.5
        Share of outputs of each of its layers that are dropped in training.

    cv : int, splitter or "prefit", default=5
        Folds in which the wrapped estimator says what it says of photos it has not
        seen; a number makes folds of whole `groups`, if `fit` gets them. "prefit" takes
        `estimator` as fitted: X and y are then photos it has not learnt from. `fit`
        warns of others where it can tell: an estimator that was read from a folder does
        not know them.

    n_jobs : int or None, default=None
        Folds in which the wrapped estimator is fitted at the same time.

    solver : {"adam", "adagrad", "sgd"}, default="adam"
        The optimizer.

    learning_rate_init : float or "auto", default="auto"
        Learning rate of the first epoch. "auto" is 0.1, and for the paper's network
        0.005 until held-out photos gain no more, and then 0.001. The rate of the
        correction falls to a twentieth until the last epoch.

    batch_size : int or "auto", default="auto"
        Photos of a step. "auto" is 200 for the paper's network, else a tenth of the
        photos, from 16 to 1000.

    max_iter : int or "auto", default="auto"
        Largest number of epochs. "auto" is 12, and for the paper's network 200 at each
        learning rate.

    tol : float, default=1e-4
        By how much the watched loss must fall to count as better.

    n_iter_no_change : int or None, default=5
        Training ends after so many epochs in a row that were not better.

    validation_fraction : float, default=0.1
        Share of photos, or of whole `groups`, that the paper's network is watched on.

    device : str or torch.device, default="auto"
        "auto" is the first CUDA device if there is one, else the processor.

    mixed_precision : {"auto", "bfloat16", "float16"} or bool, default="auto"
        Halve the precision of products where it is safe, on an accelerator only.

    verbose : int, default=0
        0 prints nothing; 1 prints a line an epoch.

    warm_start : bool, default=False
        Let `fit` go on with the network there is. The wrapped estimator is fitted
        again, and must have the same cells. `preset` and `metadata` have to stay as
        they were, and for the paper's network `hidden` and `dropout`.

    random_state : int, RandomState instance or None, default=None
        Decides everything that is left to chance. Pass an int for the same numbers
        every time.

    Attributes
    ----------
    estimator_ : estimator
        The fitted wrapped estimator.

    strength_ : float
        The share of the correction that is used: 0, 0.25, 0.5, 0.75 or 1. With 0,
        answers are those of the wrapped estimator. Only for ``preset=None``.

    held_out_gain_ : float
        By how much the correction lowers the loss of photos held out, in nats a photo;
        0 if that is no more than chance. Only for ``preset=None``.

    net_ : EstimatorNet
        The skorch net; `net_.module_` is the network.

    history_ : ndarray
        A row an epoch, see :func:`~sklearn_geo.nets.history_table`.

    n_iter_ : int
        Number of epochs.

    left_out_ : ndarray of int
        Training photos that lie in no cell of the wrapped estimator.

    metadata_mean_, metadata_scale_ : ndarray of shape (n_metadata,)
        What standardises the columns `metadata`.

    n_features_in_ : int
        Number of columns of X, if it has columns.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of columns of X, if they are strings.

    See Also
    --------
    HierarchicalCellClassifier : What is usually wrapped.
    sklearn_geo.encoding.PostingTimeEncoder : The time as columns.

    Notes
    -----
    The correction is Bayes' rule. Let :math:`p_c` be what the wrapped estimator says of
    cell c. If the time t tells nothing of what a photo shows that the cell does not,

    .. math:: \log p(c | x, t) = \log p_c(x) + g_c(t) + const, \qquad
              g_c(t) = \log p(t | c) - \log p(t).

    Here :math:`g_c` is linear in waves of the hour, the day of the week and the season,
    with slopes that are smooth over the earth, and small ones that each cell has for
    itself (see :class:`~sklearn_geo.geolocation._time_network.Response`). It is
    normalised so that :math:`\mathrm{mean}_t\, e^{g_c(t)} = 1` in every cell: it can
    learn no shares of cells.

    Wrapped estimators are often too sure, and at a loss for some photos. So the first
    term has a factor a, which starts at 1 and departs from it only on strong evidence,
    and a share :math:`\epsilon` of photos, which is learnt, is answered by the shares
    of cells in place of :math:`p`:

    .. math:: p(c | x, t) = (1 - \epsilon)\, \mathrm{softmax}_c(a \log p + g(t))
              + \epsilon\, \mathrm{softmax}_c(\log share + g(t)).

    Columns `metadata` have an answer like g of their own; and they decide by a factor
    :math:`2\sigma(d^T m)` how far the time is trusted, and by :math:`e^{b^T m}` how far
    the photo is.

    Slopes start at zero and are penalised. Photos of one cell, day and group count as
    one, and photos of a cell that is mostly in their own fold are answered by shares:
    the fold's estimator cannot know it. Then networks taught without a fold judge its
    photos, in folds of whole groups, or of whole days of a cell: the share `strength_`
    of g is used whose loss is lowest. If the gain is within chance (a t test over
    groups), nothing of all this is used, and answers are those of the wrapped
    estimator. None of it is in the paper.

    With ``preset="paper"`` the input is (section 3.2 of [1]_) the vector of the 10
    largest probabilities divided by their sum, others zero; that sum; and
    :math:`((hour - 11.5) / 24, (day - 3.5) / 7, (month - 6.5) / 12)`. For N cells these
    are N + 4 columns. Table 2 reads: an input layer of N + 4 neurons with ReLU, hidden
    layers of 542 * 3 neurons with sigmoid, ReLU and sigmoid, all of them dense layers
    with 50 % dropout and batch normalisation, and N outputs with softmax. So the first
    layer is taken as dense from N + 4 to N + 4. Weights start as He et al. have it;
    Adam's rates are those of appendix A.2, and its early stopping watches the loss, not
    the accuracy. The Adaboost of that appendix is left out.

    References
    ----------
    .. [1] J. M. Johns, J. Rounds and M. J. Henry, "Multi-modal geolocation estimation
       using deep neural networks", arXiv:1712.09458, 2017.

    Examples
    --------
    Two cities look alike. In one of them it is night when the other posts:

    >>> import numpy as np
    >>> from sklearn_geo.geolocation import HierarchicalCellClassifier
    >>> from sklearn_geo.geolocation import TimeAdjustedGeolocator
    >>> from sklearn_geo.partition import S2Partition
    >>> rng = np.random.default_rng(0)
    >>> is_lima = rng.random(600) < 0.5
    >>> places = np.where(is_lima[:, None], [[-12.0, -77.0]], [[13.8, 100.5]])
    >>> hour = np.where(is_lima, 19, 7) + rng.normal(0, 3, 600)
    >>> posted = np.datetime64("2018-04-01") + (3600 * hour).astype("timedelta64[s]")
    >>> posted += np.arange(600).astype("timedelta64[D]")
    >>> X = rng.normal(0, 1, (600, 4))
    >>> base = HierarchicalCellClassifier(S2Partition(400, 5), max_iter=3)
    >>> model = TimeAdjustedGeolocator(base, time_zone="UTC", random_state=0)
    >>> model.fit(X[:400], places[:400], times=posted[:400])
    TimeAdjustedGeolocator(...)
    >>> model.strength_
    1.0
    >>> found = model.predict(X[400:], times=posted[400:])
    >>> bool(np.mean(np.abs(found - places[400:]).max(axis=1) < 1) > 0.9)
    True
    """

    _parameter_constraints: dict = {
        **TRAINING_CONSTRAINTS,
        **WRAPPER_CONSTRAINTS,
        "metadata": ["array-like"],
        "missing_times": [StrOptions({"error", "neutral"})],
        "preset": [StrOptions({"paper"}), None],
        "n_first": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "shrinkage": [Interval(Real, 0, None, closed="neither")],
        "hidden": ["array-like"],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "learning_rate_init": [
            Interval(Real, 0, None, closed="neither"),
            StrOptions({"auto"}),
        ],
        "batch_size": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"auto"}),
        ],
        "max_iter": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "device": "no_validation",  # see choose_device
    }
    for _name in (
        "groups",
        "shuffle",
        "early_stopping",
        "learning_rate_decay",
        "learning_rate_every",
        "momentum",
        "weight_decay",
    ):
        del _parameter_constraints[_name]
    del _name

    _clocks = True

    def __init__(
        self,
        estimator,
        *,
        times=None,
        metadata=(),
        time_zone=None,
        missing_times="error",
        preset=None,
        n_first="auto",
        shrinkage=1.0,
        hidden=(1626, 1626, 1626),
        dropout=0.5,
        cv=5,
        n_jobs=None,
        solver="adam",
        learning_rate_init="auto",
        batch_size="auto",
        max_iter="auto",
        tol=1e-4,
        n_iter_no_change=5,
        validation_fraction=0.1,
        device="auto",
        mixed_precision="auto",
        verbose=0,
        warm_start=False,
        random_state=None,
    ):
        self.estimator = estimator
        self.times = times
        self.metadata = metadata
        self.time_zone = time_zone
        self.missing_times = missing_times
        self.preset = preset
        self.n_first = n_first
        self.shrinkage = shrinkage
        self.hidden = hidden
        self.dropout = dropout
        self.cv = cv
        self.n_jobs = n_jobs
        self.solver = solver
        self.learning_rate_init = learning_rate_init
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.validation_fraction = validation_fraction
        self.device = device
        self.mixed_precision = mixed_precision
        self.verbose = verbose
        self.warm_start = warm_start
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, *, times=None, groups=None):
        """Fit what is wrapped, and learn what times say beyond it.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_columns)
            What the wrapped estimator reads, and columns of times and metadata.

        y : array-like of shape (n_photos, 2)
            Latitude and longitude in degrees, or whatever the wrapped estimator takes.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts.

        times : array-like of shape (n_photos,), default=None
            When photos were posted, where that is no column of X.

        groups : array-like of shape (n_photos,), default=None
            Whose photos they are. Photos of a user are held out together: they are
            alike, and single ones would not tell. None takes the column of groups of
            the wrapped estimator, if it has one.

        Returns
        -------
        self : TimeAdjustedGeolocator
            The fitted estimator.
        """
        self._check_widths()
        go_on = self.warm_start and hasattr(self, "net_")
        with all_or_nothing(self):
            photos = self._read_features(Given(X, times, groups), reset=not go_on)
            photos = self._with_owners(photos)
            weights = self._read_weights(sample_weight, photos)
            seed = self._draw_seed(go_on)
            first, base_folds = self._fit_cross(
                photos, y, weights, n_first=self._n_first(), seed=self._seed
            )
            taught, rows = self._taught(photos, y, weights, first, base_folds, go_on)
            lesson = self._lesson(taught)
            if self.preset is None:
                folds = self._judging_folds(taught.occasions, photos.groups, rows)
                nets = self._fold_nets(lesson, rows, folds, photos.groups, ENOUGH)
                self._judge(lesson, rows, folds, nets, photos.groups)
            self._learn(lesson, rows, photos.groups, seed=seed, go_on=go_on)
        return self

    def _cross_fit_as_wrapped(self, photos, y, weights, *, folds, n_first, n_jobs):
        """Fit, and say what is said of photos that neither part has seen.

        Parameters
        ----------
        photos : Photos
            As an outer wrapper has read them.

        y, weights, folds, n_first, n_jobs : as there
            See :func:`~sklearn_geo.geolocation._cross_fit.cross_fit`.

        Returns
        -------
        first : FirstCells
            Of all photos.
        """
        self._validate_params()
        self._check_widths()
        own = self._read_features(photos.given(), reset=True)
        seed = self._draw_seed(go_on=False)
        first, base_folds = self._fit_cross(
            own,
            y,
            weights,
            n_first=self._n_first(n_first),
            seed=seed,
            folds=folds,
            n_jobs=n_jobs,
        )
        taught, rows = self._taught(own, y, weights, first, base_folds, False)
        lesson = self._lesson(taught)
        nets = self._fold_nets(lesson, rows, folds, own.groups)
        if self.preset is None:
            self._judge(lesson, rows, folds, nets, own.groups)
        out = FirstCells.empty(len(own), first.n_cells, n_first)
        for number, net in nets.items():
            at = np.flatnonzero(folds == number)
            for part in np.array_split(at, max(1, len(at) // 4096)):
                out.put(part, softmax(self._said(net, lesson, part)))
        self._learn(lesson, rows, own.groups, seed=seed)
        return out

    # Prediction -----------------------------------------------------------------------

    def _read_features(self, X, reset=False):
        photos = super()._read_features(X, reset=reset)
        if photos.times is None:
            raise ValueError(
                "There are no times: set times= to the column of X that tells when "
                "photos were posted, or pass times= to this method, one for each photo."
            )
        if self.missing_times == "error":
            check_times(
                photos.times,
                'missing_times="neutral", so that nothing is made of their times',
            )
        return photos

    def _answered_by(self):
        found = super()._answered_by()
        if self.preset == "paper":
            found["n_first"] = self._n_first()
        return found

    def _log_scores(self, photos, known):
        self._check_same_cells()
        paper = self.preset == "paper"
        if paper != self._knows_all_anew():
            raise ValueError(
                f"preset={self.preset!r}, but this estimator was fitted with another "
                "one, which is another network. Fit it again."
            )
        check_made_for(
            getattr(self, "_made_for", None),
            {"metadata": self.metadata},
            "Each column has its own mean and scale: set it back, or fit it again.",
        )
        lesson = PaperLesson if paper else CorrectionLesson
        columns = lesson.columns_of(photos.times, self._standard(photos))
        correct = None
        if not paper and self.strength_:
            correct = corrector(self.net_.module_, self.strength_)
        for rows, scores in score_parts(self.estimator_, photos):
            own = columns[rows]
            if paper:
                first = FirstCells.of(softmax(scores), self._n_first())
                scores = paper_scores(self.net_, first, own)
            elif correct is not None:
                scores = correct(own, log_softmax(scores.astype(np.float64)))
            add_known(scores, known, rows)
            yield rows, scores

    def __sklearn_is_fitted__(self):
        return "net_" in self.__dict__
